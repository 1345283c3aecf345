// SPDX-License-Identifier: Apache-2.0
// vectors_venue: shared by the files that put the program's venue code before worked cases.
#ifndef TT_TESTS_VECTORS_VENUE_H
#define TT_TESTS_VECTORS_VENUE_H

#include <jansson.h>

#include "engine/venue/answer.h"
#include "vectors.h"

// One run per group of the file; each item is passed, failed or skipped in the tally.
void vectors_payloads(const json_t *list, struct vector_tally *t);
void vectors_book_sync(const json_t *list, struct vector_tally *t);
// The facts of one payload item, decoded from `text` (its own payload, or a changed one); false when the
// program does not read this. A refused text has the fact "malformed".
bool vectors_payload_facts(const json_t *item, const char *text, json_t *got);
// The kind of question behind "GET /fapi/v3/depth (note)"; false when the program does not ask it.
bool vectors_request_kind(const char *where, enum request_kind *kind);
// A REST payload of a `where` like "GET /fapi/v3/depth (spot)"; false when the program does not ask this.
bool vectors_answer(const char *where, const char *text, json_t *got);
void vectors_order_events(const json_t *list, struct vector_tally *t);
void vectors_filters(const json_t *group, struct vector_tally *t);

// Decimal text, integer or real to 1e-8; false when it is none.
bool vector_e8(const json_t *value, int64_t *e8);

// -- facts: one value under a prefix ("0.", "USDT.", "") and each of several names, "qty|origQty"; a name
// that is there already stays.
void fact_text(json_t *got, const char *prefix, const char *names, const char *text);
void fact_int(json_t *got, const char *prefix, const char *names, int64_t v);
void fact_bool(json_t *got, const char *prefix, const char *names, bool v);
void fact_e8(json_t *got, const char *prefix, const char *names, int64_t e8);
// Words of a mask, as a list in the order of the words.
void fact_mask(json_t *got, const char *prefix, const char *names, uint32_t mask, const char *const *words);

void fact_order(json_t *got, const char *prefix, const struct wire_order *o);
void fact_position(json_t *got, const char *prefix, const struct wire_position *p);

// What we got beside what is wanted, member by member; names compare without case and underscores (open_time
// is openTime). Decimals compare as exact values, a wanted member that
// `got` does not have makes the case skipped (the program does not read it) unless another one differs.
void vectors_compare(struct vector_tally *t, const char *id, const json_t *got, const json_t *want);

#endif
