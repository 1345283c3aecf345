// SPDX-License-Identifier: Apache-2.0
// kill_slice: price and size of the next closing slice of one instrument (failure-modes.md 4.5). Facts in,
// numbers out.
#ifndef TT_ENGINE_KILL_SLICE_H
#define TT_ENGINE_KILL_SLICE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/config.h"
#include "engine/event.h"
#include "engine/market/book.h"
#include "engine/market/instrument.h"

struct slice_input {
    const struct instrument *ins;
    const struct kill_config *config;
    const struct book *book;
    bool book_fresh;
    int64_t position_lots; // signed, not 0
    int64_t reference_e8;  // mark, or the best substitute; > 0
    int64_t collar_e8;
};

struct slice {
    int8_t side;
    int64_t price_ticks, qty_lots; // qty 0: dust, nothing that the venue would take
};

struct slice kill_slice(const struct slice_input *in);
// |position| below the venue's minimum quantity, or on spot, which exempts nobody, below its minimum notional
// at price_e8 (0: not known): cannot be closed by an order.
bool kill_is_dust(const struct instrument *ins, int64_t position_lots, int64_t price_e8);

#endif
