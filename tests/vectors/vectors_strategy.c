// SPDX-License-Identifier: Apache-2.0
// vectors_strategy: the quoting formulas of quant.md 4 before a file of worked cases.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "engine/strategy/quoting.h"
#include "vectors.h"

static json_t *run_spec_spread(const json_t *in)
{
    struct spec_spread s = {NAN, NAN, NAN, NAN};
    if (!quoting_spec_spread(vector_num(in, "sigma"), vector_num(in, "T"), vector_num(in, "A"),
                             vector_num(in, "tick"), vector_num(in, "price"), vector_num(in, "maker_fee_bps"),
                             vector_num(in, "min_edge_bps"), &s)) {
        s = (struct spec_spread){NAN, NAN, NAN, NAN};
    }
    return json_pack("{s:o,s:o,s:o,s:o}", "raw", vector_real(s.raw), "floor", vector_real(s.floor), "spread",
                     vector_real(s.spread), "half", vector_real(s.half));
}
VECTOR(spec_spread, run_spec_spread)

static json_t *run_avellaneda_stoikov(const json_t *in)
{
    struct as_quote q;
    if (!quoting_avellaneda_stoikov(vector_num(in, "s"), vector_num(in, "q"), vector_num(in, "gamma"),
                                    vector_num(in, "sigma"), vector_num(in, "tau"), vector_num(in, "k"),
                                    &q)) {
        q = (struct as_quote){NAN, NAN, NAN, NAN};
    }
    return json_pack("{s:o,s:o,s:o,s:o}", "reservation", vector_real(q.reservation), "spread",
                     vector_real(q.spread), "bid", vector_real(q.bid), "ask", vector_real(q.ask));
}
VECTOR(avellaneda_stoikov, run_avellaneda_stoikov)

static json_t *run_glft(const json_t *in)
{
    struct glft_quote g;
    if (!quoting_glft(vector_num(in, "A"), vector_num(in, "k"), vector_num(in, "gamma"),
                      vector_num(in, "sigma"), vector_num(in, "q"), vector_num(in, "delta"), &g)) {
        g = (struct glft_quote){NAN, NAN, NAN, NAN, NAN, NAN};
    }
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "c1", vector_real(g.c1), "c2", vector_real(g.c2),
                     "half_spread", vector_real(g.half_spread), "skew", vector_real(g.skew), "bid_depth",
                     vector_real(g.bid_depth), "ask_depth", vector_real(g.ask_depth));
}
VECTOR(glft, run_glft)

static json_t *run_arrival_fit(const json_t *in)
{
    size_t n, m;
    double *depth = vector_nums(in, "depth_ticks", &n);
    double *counts = vector_nums(in, "counts", &m);
    double a = NAN, k = NAN;
    if (!quoting_arrival_fit(depth, counts, n < m ? n : m, vector_num(in, "seconds"), &a, &k)) {
        a = k = NAN;
    }
    free(depth);
    free(counts);
    return json_pack("{s:o,s:o}", "A", vector_real(a), "k", vector_real(k));
}
VECTOR(arrival_fit, run_arrival_fit)

static json_t *run_inventory_skew(const json_t *in)
{
    struct skew_quote q;
    if (!quoting_inventory_skew(vector_num(in, "mid"), vector_num(in, "half"), vector_num(in, "q"),
                                vector_num(in, "q_max"), vector_num(in, "skew_max"), &q)) {
        q = (struct skew_quote){NAN, NAN, NAN, NAN};
    }
    return json_pack("{s:o,s:o,s:o,s:o}", "bid", vector_real(q.bid), "ask", vector_real(q.ask),
                     "bid_size_mult", vector_real(q.bid_size_mult), "ask_size_mult",
                     vector_real(q.ask_size_mult));
}
VECTOR(inventory_skew, run_inventory_skew)

static json_t *run_layers(const json_t *in)
{
    struct level out[64];
    size_t n = (size_t)vector_int(in, "n");
    json_t *rows = json_array();
    if (n <= 64 &&
        quoting_layers((enum side)vector_int(in, "side"), vector_num(in, "ref"), n,
                       vector_num(in, "half_ticks"), vector_num(in, "step_ticks"), vector_num(in, "tick"),
                       vector_int(in, "total_steps"), vector_num(in, "growth"), out)) {
        for (size_t i = 0; i < n; i++) {
            json_array_append_new(rows,
                                  json_pack("[I,I]", (json_int_t)out[i].ticks, (json_int_t)out[i].lots));
        }
    }
    return json_pack("{s:o}", "layers", rows);
}
VECTOR(layers, run_layers)

// A decimal string of the input in 1e-8; 0 (= bound not given) when it is missing.
static int64_t text_e8(const json_t *in, const char *key)
{
    const char *s = vector_str(in, key);
    int64_t v = 0;
    return decimal_parse_e8(s, strlen(s), &v) ? v : 0;
}

static json_t *run_round_order(const json_t *in)
{
    struct round_request r = {
        .side = (int8_t)vector_int(in, "side"),
        .post_only = vector_bool(in, "post_only"),
        .reduce_only = vector_bool(in, "reduce_only"),
        .price_e8 = text_e8(in, "price"),
        .qty_e8 = text_e8(in, "qty"),
        .tick_e8 = text_e8(in, "tick"),
        .step_e8 = text_e8(in, "step"),
        .min_qty_e8 = text_e8(in, "min_qty"),
        .max_qty_e8 = text_e8(in, "max_qty"),
        .min_notional_e8 = text_e8(in, "min_notional"),
        .best_bid_e8 = text_e8(in, "best_bid"),
        .best_ask_e8 = text_e8(in, "best_ask"),
    };
    if (r.tick_e8 <= 0 || r.step_e8 <= 0) {
        return NULL;
    }
    struct rounded o = quoting_round_order(&r);
    return json_pack("{s:I,s:I,s:s}", "price_ticks", (json_int_t)o.price_ticks, "qty_steps",
                     (json_int_t)o.qty_lots, "result", quoting_round_result_name(o.result));
}
VECTOR(round_order, run_round_order)
