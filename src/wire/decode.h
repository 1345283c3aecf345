// SPDX-License-Identifier: Apache-2.0
// decode: JSON of REST answers and user-stream messages to the plain structs of engine/venue/answer.h, by
// jansson.
//
// jansson allocates from a per-thread arena that is reset after each message (wire_json_init, once per
// program, before threads), so the hot thread never calls malloc here. Accepts integers where strings are
// documented and the reverse, ignores unknown fields, sanitises text. A missing or malformed field that
// matters makes the message malformed.
#ifndef TT_WIRE_DECODE_H
#define TT_WIRE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/venue/answer.h"

// Route jansson through the arenas. Call once at the start of main.
void wire_json_init(void);

// Decode the body of an answer to a question of this kind. http_status, header fields and times of *out must
// be set by the caller before (the rest is set here); `wanted` / n_wanted limit RQ_EXCHANGE_INFO to these
// symbols (0: the first INSTRUMENT_MAX that trade). Never fails: what cannot be read becomes malformed = 1;
// an error body fills code and msg. Decide on a negative code, not on the status alone.
//
// Which rows come when there are more than fit: positions and balances: those that are not zero, then others;
// trades: the first (oldest) ANSWER_ROWS_MAX, so ask on with fromId; open orders: the first, and rows_total
// says how many there are. An instrument that cannot be used (minPrice off the grid, a filter missing) is
// left out and msg says why. An array answers RQ_PLACE or RQ_CANCEL of a batch: rows in request order, each
// with its own code.
void wire_decode_answer(enum request_kind kind, const char *body, size_t n, const char (*wanted)[24],
                        size_t n_wanted, struct answer *out);

// Decode a user-stream message (futures). False: malformed (drop and count). Unknown event types are
// UM_IGNORED.
bool wire_decode_user(const char *text, size_t n, struct user_msg *out);

// The same two without the quick way for orders (decode_fast.h), for tests that compare.
void wire_decode_answer_slow(enum request_kind kind, const char *body, size_t n, const char (*wanted)[24],
                             size_t n_wanted, struct answer *out);
bool wire_decode_user_slow(const char *text, size_t n, struct user_msg *out);

// The same as venue_error_class (engine/venue/error_class.h).
char wire_error_class(int32_t http_status, int32_t code);

#endif
