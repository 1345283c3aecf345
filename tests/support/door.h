// SPDX-License-Identifier: Apache-2.0
// door: a risk gate that is wide open but real, and real grids of two instruments, so that tests of orders
// and ledger get their orders the only way there is: through risk_approve().
#ifndef TT_TESTS_SUPPORT_DOOR_H
#define TT_TESTS_SUPPORT_DOOR_H

#include <string.h>

#include "engine/order/order.h"
#include "engine/risk/risk.h"
#include "support/grids.h"

// Everything known, everything live, nothing limits but the grid. Instrument 0 is BTC at 61800, 1 is ETH at
// 2600.
static inline void door_open(struct risk *r, int64_t mono_ns)
{
    const struct risk_config wide = {.limit = {[LIMIT_ORDER_VALUE] = 100000000 * E8,
                                               [LIMIT_POSITION_VALUE] = 900000000 * E8,
                                               [LIMIT_GROSS_VALUE] = 900000000 * E8,
                                               [LIMIT_OPEN_ORDERS] = 200,
                                               [LIMIT_ORDER_RATE] = RISK_RATE_MAX,
                                               [LIMIT_COLLAR] = E8 / 20,
                                               [LIMIT_DAY_LOSS] = E8 / 5,
                                               [LIMIT_DRAWDOWN] = E8 * 3 / 10},
                                     .book_stale_ns = 1500000000,
                                     .repeat_per_s = RISK_REPEAT_MAX};
    risk_init(r, &wide, 1000000 * E8);
    risk_start(r, 1000000 * E8, 0, 0);
    r->trading_state = TS_RUN;
    const struct instrument defs[2] = {grid_btc(0), grid_eth(1)};
    const int64_t marks[2] = {61800 * E8, 2600 * E8};
    for (int i = 0; i < 2; i++) {
        r->fact[i] = (struct risk_fact){.def = defs[i],
                                        .mark_e8 = marks[i],
                                        .mark_mono_ns = mono_ns,
                                        .book_mono_ns = mono_ns,
                                        .book_state = BOOK_LIVE,
                                        .trading_state = TS_RUN};
    }
}

// Place through the door; ORDER_NONE when refused.
static inline uint16_t door_place(struct risk *r, struct orders *o, struct order_intent in, int64_t mono_ns,
                                  struct action *out)
{
    struct approved_order *a = risk_approve(r, &in, &o->exposures, mono_ns, NULL);
    return a != NULL ? order_place(o, a, (struct order_stamp){.seq = 1, .mono_ns = mono_ns}, out)
                     : (uint16_t)ORDER_NONE;
}

#endif
