// SPDX-License-Identifier: Apache-2.0
#include "engine/exchange/xch_formula.h"

#include "base/decimal.h"

#define DAMPER_E8 INT64_C(50000) // 0.05 %

const struct xch_bracket xch_brackets[XCH_BRACKETS] = {
    {0, 50000 * E8, 500000, 0, 125},
    {50000 * E8, 250000 * E8, 1000000, 250 * E8, 50},
    {250000 * E8, 1000000 * E8, 2500000, 4000 * E8, 20},
    {1000000 * E8, 5000000 * E8, 5000000, 29000 * E8, 10},
    {5000000 * E8, 20000000 * E8, 12500000, 404000 * E8, 4},
    {20000000 * E8, 50000000 * E8, 25000000, 2904000 * E8, 2},
    {50000000 * E8, 100000000 * E8, 50000000, 15404000 * E8, 1},
};

static int64_t clamp(int64_t v, int64_t lo, int64_t hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

int64_t xch_premium_e8(int64_t impact_bid_e8, int64_t impact_ask_e8, int64_t index_e8)
{
    if (index_e8 <= 0) {
        return 0;
    }
    int64_t above = impact_bid_e8 > index_e8 ? impact_bid_e8 - index_e8 : 0;
    int64_t below = index_e8 > impact_ask_e8 ? index_e8 - impact_ask_e8 : 0;
    return muldiv_round(above - below, E8, index_e8);
}

int64_t xch_funding_rate_e8(int64_t premium_e8, int64_t interest_e8, int32_t hours, int64_t floor_e8,
                            int64_t cap_e8)
{
    int64_t f = premium_e8 + clamp(interest_e8 - premium_e8, -DAMPER_E8, DAMPER_E8);
    return clamp(muldiv_round(f, hours, 8), floor_e8, cap_e8);
}

int64_t xch_funding_payment_e8(const struct instrument *ins, int64_t lots, int64_t mark_e8, int64_t rate_e8)
{
    return -muldiv_round(instrument_notional_e8(ins, mark_e8, lots), rate_e8, E8);
}

int64_t xch_impact_price_e8(const struct instrument *ins, const struct level *levels, size_t n,
                            int64_t notional_e8)
{
    __int128 money = 0, base = 0; // 1e-16 quote, 1e-8 base
    const __int128 want = (__int128)notional_e8 * E8;
    for (size_t i = 0; i < n && money < want; i++) {
        __int128 price = (__int128)levels[i].ticks * ins->tick_e8;
        __int128 qty = (__int128)levels[i].lots * ins->lot_e8;
        if (price <= 0) {
            continue;
        }
        if (money + price * qty > want) {
            qty = (want - money) / price;
            if (qty == 0) {
                break;
            }
        }
        money += price * qty;
        base += qty;
    }
    return base == 0 ? 0 : (int64_t)(money / base);
}

int64_t xch_maintenance_e8(const struct xch_bracket *b, size_t n, int64_t notional_e8)
{
    int64_t size = notional_e8 < 0 ? -notional_e8 : notional_e8;
    size_t i = 0;
    while (i + 1 < n && size >= b[i].cap_e8) {
        i++;
    }
    return muldiv_round(size, b[i].mmr_e8, E8) - b[i].cum_e8;
}

int64_t xch_liquidation_e8(const struct instrument *ins, const struct xch_bracket *b, size_t n, int64_t lots,
                           int64_t cost_e8, int64_t wallet_e8)
{
    if (lots == 0) {
        return 0;
    }
    __int128 q = (__int128)lots * ins->lot_e8; // signed base, 1e-8
    __int128 size = q < 0 ? -q : q;
    int64_t price = 0;
    for (size_t i = 0; i < n; i++) {
        __int128 den = size * b[i].mmr_e8 - q * E8;                             // 1e-16
        __int128 num = ((__int128)wallet_e8 + b[i].cum_e8 - cost_e8) * E8 * E8; // 1e-24
        __int128 p = den == 0 ? 0 : num / den;                                  // 1e-8
        price = p <= 0 || p > INT64_MAX ? 0 : (int64_t)p;
        if (price != 0 && size * price / E8 < b[i].cap_e8) {
            break;
        }
    }
    return price;
}

int64_t xch_median3(int64_t a, int64_t b, int64_t c)
{
    int64_t lo = a < b ? a : b, hi = a < b ? b : a;
    return c < lo ? lo : c > hi ? hi : c;
}

int64_t xch_queue_trade(int64_t *front_lots, int64_t v_lots)
{
    int64_t left = *front_lots - v_lots;
    *front_lots = left < 0 ? 0 : left;
    return left < 0 ? -left : 0;
}

void xch_queue_level(int64_t *front_lots, int64_t new_lots)
{
    if (new_lots < *front_lots) {
        *front_lots = new_lots;
    }
}
