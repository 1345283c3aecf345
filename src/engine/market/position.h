// SPDX-License-Identifier: Apache-2.0
// position: average-cost arithmetic of one linear position in integers; used by the ledger and by the
// exchange alike, so that both sides of the wire compute the same cent.
#ifndef TT_ENGINE_MARKET_POSITION_H
#define TT_ENGINE_MARKET_POSITION_H

#include <stdint.h>

#include "engine/market/instrument.h"

struct position {
    int64_t lots;    // signed; 0 = flat
    int64_t cost_e8; // signed money paid for what is open: sum of signed notional; 0 when flat
};

// Book a fill of signed lots (buy > 0) at price_e8. Returns the realised profit in 1e-8 (before fees). A
// reduction releases cost in proportion, rounded to nearest; the rest stays, so that realised + open cost is
// exact. A flip through zero closes all and re-opens the rest at the fill price.
int64_t position_fill(struct position *p, const struct instrument *ins, int64_t signed_lots,
                      int64_t price_e8);

// Unrealised profit at mark_e8.
int64_t position_unrealised_e8(const struct position *p, const struct instrument *ins, int64_t mark_e8);

// Average entry price in 1e-8, rounded to nearest; 0 when flat.
int64_t position_entry_e8(const struct position *p, const struct instrument *ins);

#endif
