// SPDX-License-Identifier: Apache-2.0
// market_player: plays recorded market tapes into the exchanges of up to three sites, on one clock: in real
// time or at a steady speed, in the order in which the recording saw the messages, over and over.
//
// Which tape feeds which site is decided by the kind of its instruments (market_route.h): linear perpetuals
// feed Aster's futures, spot books the spot site, coin-margined perpetuals, told as linear ones, the Binance
// site; the best bid and ask of a spot is the index of the perpetuals of its name at every site. Each lap
// adds offsets to update and trade ids, so that they keep rising, and to times; between laps every exchange
// is told that there is a seam, all at the same moment. What was recorded before the last of the books was
// known is played at once when a lap begins, without its trades and prices. Owner: one thread. Opens files;
// otherwise no I/O but reading them.
#ifndef TT_LIVE_MARKET_PLAYER_H
#define TT_LIVE_MARKET_PLAYER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/exchange/exchange.h"

enum { PLAYER_TAPES_MAX = 8, PLAYER_SPEED_MIN_MILLI = 100, PLAYER_SPEED_MAX_MILLI = 100000 };

// The tapes that come with the program (beside the build, else installed, else config/market here).
enum { MARKET_DEFAULTS = 3, MARKET_PATH_MAX = 4096 };
struct market_defaults {
    char path[MARKET_DEFAULTS][MARKET_PATH_MAX];
};
// Fills *d and points paths[0..] into it; returns how many.
size_t market_default_paths(struct market_defaults *d, const char *paths[MARKET_DEFAULTS]);

// One site's end: where its market goes and who hears what that exchange publishes.
struct player_site {
    struct exchange *exchange; // NULL: this site is not served
    const struct xch_sink *out;
};

struct market_player;

// Open the tapes and check that they fit together: a market for at least one site, none twice. speed_milli:
// 1000 = real time.
struct market_player *market_player_open(const char *const *paths, size_t n, int32_t speed_milli,
                                         struct error *e);
void market_player_close(struct market_player *p);

// What a site trades, in the order of the ids at its exchange; 0: nothing here feeds it.
size_t market_player_instruments(const struct market_player *p, enum venue_id site,
                                 struct instrument out[INSTRUMENT_MAX]);
// What is played at a site, for people, what matters first, since a narrow screen cuts the end: source, day
// and span, what is derived instead of recorded, symbols, origin. "" when nothing feeds it.
void market_player_text(const struct market_player *p, enum venue_id site, char *to, size_t cap);

// The first event is due at now_ns (any time line that does not go back; the venue's wall clock).
void market_player_start(struct market_player *p, int64_t now_ns);
// When the next event is due.
int64_t market_player_next_ns(const struct market_player *p);
// Feed everything due at now_ns, at most max recorded events; returns how many. site[enum venue_id].
size_t market_player_run(struct market_player *p, int64_t now_ns, size_t max,
                         const struct player_site site[VENUE_COUNT]);
// How long a lap takes at its speed.
int64_t market_player_lap_ns(const struct market_player *p);
int market_player_lap(const struct market_player *p);
// Damage met while reading ("" when none): the lap ended early there.
const char *market_player_error(const struct market_player *p);

#endif
