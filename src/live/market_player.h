// SPDX-License-Identifier: Apache-2.0
// market_player: plays recorded market tapes into the exchange: in real time or at a steady speed, in the
// order in which the recording saw the messages, over and over.
//
// Each lap adds offsets to update and trade ids, so that they keep rising, and to times; between laps it
// tells the exchange that there is a seam. The best bid and ask of a spot instrument serve as index of the
// perpetual of the same symbol. Owner: one thread. Opens files; otherwise no I/O but reading them.
#ifndef TT_LIVE_MARKET_PLAYER_H
#define TT_LIVE_MARKET_PLAYER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/exchange/exchange.h"

enum { PLAYER_TAPES_MAX = 8, PLAYER_SPEED_MIN_MILLI = 100, PLAYER_SPEED_MAX_MILLI = 100000 };

// Path of the market that comes with the program (beside the build, else installed, else config/market here).
void market_default_path(char *to, size_t cap);

struct market_player;

// Open the tapes and check that they fit together: at least one perpetual, none twice. speed_milli: 1000 =
// real time.
struct market_player *market_player_open(const char *const *paths, size_t n, int32_t speed_milli,
                                         struct error *e);
void market_player_close(struct market_player *p);

// The perpetuals, in the order of their ids at the exchange.
size_t market_player_instruments(const struct market_player *p, struct instrument out[INSTRUMENT_MAX]);
// What is played, for people, what matters first, since a narrow screen cuts the end: source, day and span,
// what is derived instead of recorded, symbols, origin.
void market_player_text(const struct market_player *p, char *to, size_t cap);

// The first event is due at now_ns (any time line that does not go back; the venue's wall clock).
void market_player_start(struct market_player *p, int64_t now_ns);
// When the next event is due.
int64_t market_player_next_ns(const struct market_player *p);
// Feed everything due at now_ns, at most max events; returns how many.
size_t market_player_run(struct market_player *p, int64_t now_ns, size_t max, struct exchange *x,
                         const struct xch_sink *out);
// How long a lap takes at its speed.
int64_t market_player_lap_ns(const struct market_player *p);
int market_player_lap(const struct market_player *p);
// Damage met while reading ("" when none): the lap ended early there.
const char *market_player_error(const struct market_player *p);

#endif
