// SPDX-License-Identifier: Apache-2.0
// xch_formula: the published formulas of funding, mark price, margin and queue, in integers, free of any
// state, so that vectors and tests can call them alone. Prices, money and rates are 1e-8; a rate of 1 bp is
// 10000.
#ifndef TT_ENGINE_EXCHANGE_XCH_FORMULA_H
#define TT_ENGINE_EXCHANGE_XCH_FORMULA_H

#include <stddef.h>
#include <stdint.h>

#include "engine/event.h"

#define XCH_INTEREST_E8    INT64_C(10000)   // 0.01 % per 8 h: venue-api.md 7.2
#define XCH_FUNDING_CAP_E8 INT64_C(2000000) // 2 %: fundingFeeCap of the sample, floor its negative

// Premium of one moment: (max(0, impact bid - index) - max(0, index - impact ask)) / index. venue-api.md 7.2.
int64_t xch_premium_e8(int64_t impact_bid_e8, int64_t impact_ask_e8, int64_t index_e8);
// [P + clamp(I - P, -0.05 %, +0.05 %)] / (8 / hours), then clamped to floor..cap.
int64_t xch_funding_rate_e8(int64_t premium_e8, int64_t interest_e8, int32_t hours, int64_t floor_e8,
                            int64_t cap_e8);
// Money a position receives (negative: pays): -lots x mark x rate.
int64_t xch_funding_payment_e8(const struct instrument *ins, int64_t lots, int64_t mark_e8, int64_t rate_e8);
// Average price of taking `notional_e8` from levels (best first); what is there when the book is thinner; 0
// if empty.
int64_t xch_impact_price_e8(const struct instrument *ins, const struct level *levels, size_t n,
                            int64_t notional_e8);
struct xch_bracket {
    int64_t floor_e8, cap_e8; // notional
    int64_t mmr_e8, cum_e8;   // maintenance rate, amount subtracted
    int32_t leverage;
};
// The default table: first rows as the sample of venue-api.md 3.4.3, continued in its manner; the venues' own
// differ by symbol.
enum { XCH_BRACKETS = 7 };
extern const struct xch_bracket xch_brackets[XCH_BRACKETS];

// (W + c - Q E) / (|Q| m - Q) in the bracket that holds the result, cost_e8 = Q E signed; 0 = none.
// venue-api.md 7.4.
int64_t xch_liquidation_e8(const struct instrument *ins, const struct xch_bracket *b, size_t n, int64_t lots,
                           int64_t cost_e8, int64_t wallet_e8);
// Maintenance margin of a notional by its bracket; beyond the last cap the last bracket goes on.
int64_t xch_maintenance_e8(const struct xch_bracket *b, size_t n, int64_t notional_e8);
int64_t xch_median3(int64_t a, int64_t b, int64_t c);

// Risk-averse queue, quant.md 12.1. A trade of v lots at our price with *front ahead of us: the lots that
// reach us.
int64_t xch_queue_trade(int64_t *front_lots, int64_t v_lots);
// The level changed to new_lots: cancels happen behind us.
void xch_queue_level(int64_t *front_lots, int64_t new_lots);

#endif
