// SPDX-License-Identifier: Apache-2.0
// market_route: which recorded instrument feeds which site of the embedded venue, and as what. Private to
// market_player.
//
// Aster's futures get the linear perpetuals, the spot site the spot instruments that have a book, the Binance
// site the coin-margined (inverse) perpetuals told as linear ones: BTCUSD_PERP becomes BTCUSDT, a level of n
// contracts of u dollars at price p becomes n x u / p base units, rounded down to 0.001 and never to nothing;
// prices and update ids stay. The best bid and ask of a spot is the index of every perpetual of its name.
#ifndef TT_LIVE_MARKET_ROUTE_H
#define TT_LIVE_MARKET_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/event.h"
#include "store/tape.h"

enum { ROUTE_TAPES_MAX = 8 };

enum route_role { ROUTE_NONE, ROUTE_MARKET, ROUTE_INDEX };

// What becomes of one recorded instrument at one site.
struct route {
    uint8_t role;
    bool inverse;        // told as linear
    uint16_t instrument; // its id at that site's exchange
};

struct route_table {
    struct route route[ROUTE_TAPES_MAX][INSTRUMENT_MAX][VENUE_COUNT]; // [tape][id in the tape][site]
    struct instrument site[VENUE_COUNT][INSTRUMENT_MAX];              // in the order of their ids
    size_t instruments[VENUE_COUNT];
    int tape[VENUE_COUNT]; // the first tape that feeds the site; -1: none does
    int64_t begin_ns;      // wall time of the recording from which on every book is known
};

// Reads the beginnings of the tapes and leaves them rewound. False: two tapes hold the same market, or none
// holds any; *e names the file.
bool route_make(struct route_table *t, struct tape_reader *const *readers, const char *const *paths, size_t n,
                struct error *e);

// The event as the site's exchange takes it: instrument, units and flags; times and ids are the caller's.
// `from` is the instrument in the tape's header.
void route_event(const struct route *r, const struct instrument *from, struct event *ev);

// Base units in lots of `lot_e8` that `contracts_e8` contracts of `contract_e8` dollars are at a price:
// rounded down, but at least one lot when there is anything. 0 when the price is not positive.
int64_t route_contracts_to_lots(int64_t contracts_e8, int64_t contract_e8, int64_t price_e8, int64_t lot_e8);

#endif
