// SPDX-License-Identifier: Apache-2.0
// vectors_risk: quant.md 7.1, 7.2, 7.4 (Kelly, ladder, position, Wilson) before sizing.h, and the account
// of 12.2 before the engine's own ledger, in integers.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/dmath.h"
#include "engine/order/ledger.h"
#include "engine/risk/sizing.h"
#include "vectors.h"

static json_t *run_kelly(const json_t *in)
{
    const struct kelly k = sizing_kelly(vector_num(in, "p"), vector_num(in, "b"), vector_num(in, "a"),
                                        vector_num(in, "fraction"));
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "full", vector_real(k.full), "used", vector_real(k.used),
                     "growth_full", vector_real(k.growth_full), "growth_used", vector_real(k.growth_used),
                     "edge", vector_real(k.edge));
}
VECTOR(kelly, run_kelly)

static json_t *run_ladder(const json_t *in)
{
    size_t n;
    double *capitals = vector_nums(in, "capitals", &n);
    for (size_t i = 0; i < n; i++) {
        capitals[i] = sizing_ladder(capitals[i]);
    }
    json_t *out = json_pack("{s:o}", "risk", vector_reals(capitals, n));
    free(capitals);
    return out;
}
VECTOR(ladder_risk, run_ladder)

static json_t *run_position(const json_t *in)
{
    const struct sizing_in s = {
        .capital = vector_num(in, "capital"),
        .kelly_full = vector_num(in, "kelly_full"),
        .fraction = vector_num(in, "fraction"),
        .stop = vector_num(in, "stop_frac"),
        .max_share = vector_num(in, "max_frac"),
        .committed = vector_num(in, "committed"),
        .min_position = vector_num(in, "min_position"),
        .venue_min = vector_num(in, "venue_min"),
        .open_positions = (int32_t)vector_int(in, "open_positions"),
        .max_positions = (int32_t)vector_int(in, "max_positions"),
    };
    const struct sizing got = sizing_position(&s);
    return json_pack("{s:o, s:o}", "stake", vector_real(got.stake), "position", vector_real(got.position));
}
VECTOR(position_size, run_position)

static json_t *run_wilson(const json_t *in)
{
    const struct wilson w =
        sizing_wilson(vector_int(in, "successes"), vector_int(in, "n"), vector_num(in, "z"));
    return json_pack("{s:o, s:o}", "lo", vector_real(w.lo), "hi", vector_real(w.hi));
}
VECTOR(wilson, run_wilson)

static int64_t e8(double v)
{
    return (int64_t)dmath_round(v * (double)E8);
}

static double real(int64_t v_e8)
{
    return (double)v_e8 / (double)E8;
}

// Fills [side, price, quantity, maker] through the ledger; lots of 1e-8, so any decimal quantity is whole.
static void post_fills(struct ledger *l, const struct instrument *ins, const json_t *in)
{
    size_t n;
    double *side = vector_column(in, "fills", 0, &n), *price = vector_column(in, "fills", 1, &n);
    double *qty = vector_column(in, "fills", 2, &n);
    for (size_t i = 0; i < n; i++) {
        const json_t *row = json_array_get(json_object_get(in, "fills"), i);
        const bool maker = json_is_true(json_array_get(row, 3));
        struct order_fill f = {.signed_lots = side[i] > 0 ? e8(qty[i]) : -e8(qty[i]),
                               .price_e8 = e8(price[i]),
                               .maker = maker,
                               .strategy = STRATEGY_MAKER,
                               .fee_currency = CURRENCY_USDT};
        const double notional = price[i] * qty[i];
        f.fee_e8 = e8(notional * vector_num(in, maker ? "maker" : "taker"));
        ledger_begin_step(l);
        CHECK(ledger_fill(l, i, ins, &f).posted);
        ledger_check(l);
    }
    free(side);
    free(price);
    free(qty);
}

static json_t *run_account(const json_t *in)
{
    const struct instrument ins = {.settle = CURRENCY_USDT, .tick_e8 = 1, .lot_e8 = 1, .contract_e8 = E8};
    struct ledger *l = calloc(1, sizeof *l);
    CHECK(l != NULL);
    ledger_init(l);
    post_fills(l, &ins, in);
    size_t n;
    double *funding = vector_nums(in, "funding", &n);
    for (size_t i = 0; i < n; i++) {
        ledger_begin_step(l);
        ledger_funding(l, i, &ins, VENUE_ASTER, CURRENCY_USDT, e8(funding[i]));
    }
    free(funding);
    const struct snap_pnl p = ledger_pnl_instrument(l, &ins, e8(vector_num(in, "mark")));
    const struct position *pos = &l->total[0];
    json_t *out =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "position", vector_real(real(pos->lots)), "avg_entry",
                  vector_real(pos->lots != 0 ? real(position_entry_e8(pos, &ins)) : DMATH_NAN), "realised",
                  vector_real(real(p.realised_e8)), "fees", vector_real(real(p.fees_e8)), "unrealised",
                  vector_real(real(p.unrealised_e8)), "net", vector_real(real(pnl_net_e8(&p))));
    free(l);
    return out;
}
VECTOR(account, run_account)
