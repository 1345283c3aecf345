// SPDX-License-Identifier: Apache-2.0
// position: average cost as one signed sum of money, so that nothing is lost to rounding: after every fill
//     cost_e8 = sum of signed notional of all fills + sum of realised profit
// holds to the last 1e-8. An average price exists only for people (position_entry_e8). No fees, no funding
// here.
#include "engine/market/position.h"

#include <stdbool.h>

#include "base/check.h"

static int64_t abs64(int64_t v)
{
    CHECK(v != INT64_MIN);
    return v < 0 ? -v : v;
}

static int64_t add64(int64_t a, int64_t b)
{
    int64_t r;
    bool overflow = __builtin_add_overflow(a, b, &r);
    CHECK(!overflow);
    return r;
}

// Close `lots` (unsigned, at most what is open) against the signed notional that the fill paid for them.
static int64_t position_close(struct position *p, int64_t lots, int64_t paid_e8)
{
    int64_t open = abs64(p->lots);
    CHECK(lots > 0 && lots <= open);
    int64_t released = lots == open ? p->cost_e8 : muldiv_round(p->cost_e8, lots, open);
    p->cost_e8 -= released;
    p->lots += p->lots > 0 ? -lots : lots;
    return -add64(paid_e8, released);
}

static void position_open(struct position *p, int64_t signed_lots, int64_t paid_e8)
{
    p->lots = add64(p->lots, signed_lots);
    p->cost_e8 = add64(p->cost_e8, paid_e8);
}

int64_t position_fill(struct position *p, const struct instrument *ins, int64_t signed_lots, int64_t price_e8)
{
    int64_t paid_e8 = instrument_notional_e8(ins, price_e8, signed_lots);
    bool reduces = (p->lots > 0 && signed_lots < 0) || (p->lots < 0 && signed_lots > 0);
    if (!reduces) {
        position_open(p, signed_lots, paid_e8);
        return 0;
    }
    int64_t open = abs64(p->lots);
    if (abs64(signed_lots) <= open) {
        return position_close(p, abs64(signed_lots), paid_e8);
    }
    // Through zero. The two parts share the fill's notional exactly: the second gets what the first leaves.
    int64_t closing = signed_lots > 0 ? open : -open;
    int64_t paid_closing_e8 = instrument_notional_e8(ins, price_e8, closing);
    int64_t realised_e8 = position_close(p, open, paid_closing_e8);
    position_open(p, signed_lots - closing, paid_e8 - paid_closing_e8);
    return realised_e8;
}

int64_t position_unrealised_e8(const struct position *p, const struct instrument *ins, int64_t mark_e8)
{
    return add64(instrument_notional_e8(ins, mark_e8, p->lots), -p->cost_e8);
}

int64_t position_entry_e8(const struct position *p, const struct instrument *ins)
{
    if (p->lots == 0) {
        return 0;
    }
    int64_t base_e8 = muldiv_round(abs64(p->lots), ins->lot_e8, 1);
    if (ins->contract_e8 != E8) {
        base_e8 = muldiv_round(base_e8, ins->contract_e8, E8);
    }
    return base_e8 == 0 ? 0 : muldiv_round(abs64(p->cost_e8), E8, base_e8);
}
