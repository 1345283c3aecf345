// SPDX-License-Identifier: Apache-2.0
// kill_slice: reference price +- collar, inside the venue's own bounds; a fifth of what is visible there, at
// least the venue's minimum, at most its maximum, never more than is left. With a stale book a quarter of the
// maximum bounds it, for what was visible may have gone.
#include "engine/kill_slice.h"

#include "base/check.h"
#include "base/decimal.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

// Smallest order at a price. Perpetuals exempt reduce-only orders from the minimum notional, spot has none.
static int64_t min_order_lots(const struct instrument *ins, int64_t price_e8)
{
    int64_t lots = most(ins->min_qty_lots, 1);
    if (ins->kind == INSTRUMENT_SPOT && ins->min_notional_e8 > 0 && price_e8 > 0) {
        int64_t one = instrument_notional_e8(ins, price_e8, 1);
        lots = most(lots, ceil_div(ins->min_notional_e8, most(one, 1)));
        lots += instrument_notional_e8(ins, price_e8, lots) < ins->min_notional_e8;
    }
    return lots;
}

bool kill_is_dust(const struct instrument *ins, int64_t position_lots, int64_t price_e8)
{
    int64_t lots = position_lots < 0 ? -position_lots : position_lots;
    return lots > 0 && lots < min_order_lots(ins, price_e8);
}

// The collar, not beyond PERCENT_PRICE (both ends are applied to both sides, as risk does) and the price
// range.
static int64_t limit_ticks(const struct slice_input *in, int8_t side)
{
    const struct instrument *d = in->ins;
    int64_t mark = in->reference_e8, tick = d->tick_e8;
    int64_t off = muldiv_floor(mark, in->collar_e8, E8), ticks;
    if (side == SIDE_BUY) {
        int64_t high = d->percent_up_e8 ? muldiv_floor(mark, d->percent_up_e8, E8) : INT64_MAX;
        ticks = least(mark + off, high) / tick;
        return d->max_price_ticks ? least(ticks, d->max_price_ticks) : ticks;
    }
    int64_t low = d->percent_down_e8 ? muldiv_floor(mark, d->percent_down_e8, E8) + 1 : 0;
    ticks = ceil_div(most(mark - off, low), tick);
    return most(most(ticks, d->min_price_ticks), 1);
}

static int64_t size_lots(const struct slice_input *in, int64_t price_ticks, int64_t rest, int64_t visible)
{
    const struct instrument *d = in->ins;
    int64_t max_order = d->max_qty_lots > 0 ? d->max_qty_lots : INT64_MAX;
    int64_t min_order = min_order_lots(d, price_ticks * d->tick_e8);
    int64_t part = in->book_fresh ? muldiv_floor(visible, in->config->slice_pct_e8, E8)
                                  : least(visible, max_order == INT64_MAX ? rest : max_order / 4);
    int64_t lots = least(least(most(part, min_order), rest), max_order);
    if (rest - lots > 0 && rest - lots < min_order && rest <= max_order) {
        lots = rest; // leave no dust behind
    }
    return lots >= min_order ? lots : 0;
}

struct slice kill_slice(const struct slice_input *in)
{
    CHECK(in->position_lots != 0 && in->reference_e8 > 0 && in->collar_e8 >= 0);
    struct slice s = {.side = in->position_lots > 0 ? SIDE_SELL : SIDE_BUY};
    s.price_ticks = limit_ticks(in, s.side);
    enum side from = s.side == SIDE_SELL ? SIDE_BUY : SIDE_SELL;
    int64_t visible = book_depth_lots(in->book, from, s.price_ticks);
    int64_t rest = in->position_lots < 0 ? -in->position_lots : in->position_lots;
    s.qty_lots = size_lots(in, s.price_ticks, rest, visible);
    return s;
}
