// SPDX-License-Identifier: Apache-2.0
// Adapters of the simulated exchange: the risk-averse queue, the venue's filters through a whole order
// placement, and the funding rate.
#include "vectors_exchange.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/decimal.h"
#include "engine/exchange/exchange.h"
#include "engine/exchange/xch_formula.h"

// Only the model that the exchange uses; the probabilistic ones are not in this program.
static json_t *run_queue(const json_t *in)
{
    if (strcmp(vector_str(in, "kind"), "risk_averse") != 0) {
        return NULL;
    }
    double lot = vector_num(in, "lot");
    int64_t front = llround(vector_num(in, "front") / lot), filled = 0;
    json_t *fronts = json_array(), *ev;
    size_t i;
    json_array_foreach(json_object_get(in, "events"), i, ev)
    {
        if (strcmp(json_string_value(json_array_get(ev, 0)), "trade") == 0) {
            filled += xch_queue_trade(&front, llround(vector_at(ev, 1) / lot));
        } else {
            xch_queue_level(&front, llround(vector_at(ev, 2) / lot));
        }
        json_array_append_new(fronts, vector_real((double)front * lot));
    }
    return json_pack("{s:o, s:o}", "front", fronts, "filled", vector_real((double)filled));
}
VECTOR(queue_model, run_queue)

static int64_t e8_of(const json_t *o, const char *key)
{
    const char *s = vector_str(o, key);
    int64_t v = 0;
    CHECK(decimal_parse_e8(s, strlen(s), &v));
    return v;
}

static struct instrument instrument_of(const json_t *s)
{
    struct instrument i = {.kind = INSTRUMENT_LINEAR, .settle = CURRENCY_USDT, .contract_e8 = E8};
    snprintf(i.symbol, sizeof i.symbol, "%s", vector_str(s, "symbol"));
    i.tick_e8 = e8_of(s, "tick");
    i.lot_e8 = e8_of(s, "step");
    i.price_decimals = (uint8_t)decimal_places_of_step(i.tick_e8);
    i.qty_decimals = (uint8_t)decimal_places_of_step(i.lot_e8);
    i.min_price_ticks = e8_of(s, "min_price") / i.tick_e8;
    i.max_price_ticks = e8_of(s, "max_price") / i.tick_e8;
    i.min_qty_lots = i.market_min_qty_lots = e8_of(s, "min_qty") / i.lot_e8;
    i.max_qty_lots = e8_of(s, "max_qty") / i.lot_e8;
    i.market_max_qty_lots = e8_of(s, "market_max_qty") / i.lot_e8;
    i.min_notional_e8 = e8_of(s, "min_notional");
    i.percent_up_e8 = e8_of(s, "mult_up");
    i.percent_down_e8 = e8_of(s, "mult_down");
    return i;
}

// An exchange whose mark is the mid of one tick around the wanted price.
static struct exchange *exchange_of(const json_t *s)
{
    struct xch_config *c = calloc(1, sizeof *c);
    struct event *ev = calloc(1, sizeof *ev);
    CHECK(c && ev);
    xch_config_default(c);
    c->wallet_e8 = 100000000 * E8;
    c->instrument_count = 1;
    c->instruments[0] = instrument_of(s);
    struct exchange *x = exchange_new(c);
    CHECK(x != NULL);
    int64_t mark = e8_of(s, "mark") / c->instruments[0].tick_e8;
    event_init(ev, EV_BOOK_SNAPSHOT, 0, 2);
    ev->u.book.last_id = 1;
    ev->u.book.bids = ev->u.book.asks = 1;
    ev->u.book.levels[0] = (struct level){mark - 1, 1000};
    ev->u.book.levels[1] = (struct level){mark + 1, 1000};
    exchange_on_market(x, ev, 1, NULL);
    exchange_on_time(x, 1, NULL);
    free(c);
    free(ev);
    return x;
}

static const char *filter_name(int32_t code, bool market)
{
    switch (code) {
    case -4001:
    case -4013:
    case -4002:
    case -4014:
        return "PRICE_FILTER";
    case -4003:
    case -4004:
    case -4005:
    case -4023:
        return market ? "MARKET_LOT_SIZE" : "LOT_SIZE";
    case -4016:
    case -4024:
        return "PERCENT_PRICE";
    case -4164:
        return "MIN_NOTIONAL";
    case 0:
    case -2022:
    case -2019:
        return NULL; // past the filters
    default:
        return "UNEXPECTED";
    }
}

static const char *run_filter(struct exchange *x, const char *symbol, const json_t *c)
{
    struct xch_order_request r = {0};
    struct xch_order o;
    const char *msg = "";
    bool market = strcmp(vector_str(c, "type"), "MARKET") == 0;
    snprintf(r.symbol, sizeof r.symbol, "%s", symbol);
    snprintf(r.type, sizeof r.type, "%s", vector_str(c, "type"));
    snprintf(r.tif, sizeof r.tif, "%s", market ? "" : "GTC");
    r.side = strcmp(vector_str(c, "side"), "BUY") == 0 ? SIDE_BUY : SIDE_SELL;
    r.reduce_only = vector_bool(c, "reduce_only");
    r.has_qty = 1;
    r.qty_e8 = e8_of(c, "qty");
    r.has_price = !market;
    r.price_e8 = market ? 0 : e8_of(c, "price");
    return filter_name(exchange_place(x, &r, 1, &o, &msg, NULL), market);
}

void vectors_venue_filters(const json_t *filters, struct vector_tally *t)
{
    const json_t *symbol = json_object_get(filters, "symbol");
    json_t *c;
    size_t i;
    json_array_foreach(json_object_get(filters, "cases"), i, c)
    {
        char id[32], why[128];
        struct exchange *x = exchange_of(symbol);
        const json_t *expect = json_object_get(c, "expect");
        const char *want = json_string_value(json_object_get(expect, "reason"));
        const char *got = run_filter(x, vector_str(symbol, "symbol"), c);
        bool ok = (got == NULL) == vector_bool(expect, "ok") && (!got || !want || strcmp(got, want) == 0);
        snprintf(id, sizeof id, "filters.%zu", i + 1);
        snprintf(why, sizeof why, "got %s, want %s", got ? got : "ok", want ? want : "ok");
        vector_report(t, id, ok, why);
        exchange_free(x);
    }
}

void vectors_venue_funding(const json_t *funding, struct vector_tally *t)
{
    json_t *c;
    size_t i;
    json_array_foreach(funding, i, c)
    {
        char id[32], why[128];
        int64_t got =
            xch_funding_rate_e8(e8_of(c, "premium_avg"), e8_of(c, "interest"),
                                (int32_t)vector_int(c, "interval_hours"), e8_of(c, "floor"), e8_of(c, "cap"));
        int64_t want = e8_of(c, "expect_rate");
        snprintf(id, sizeof id, "funding.%zu", i + 1);
        snprintf(why, sizeof why, "got %lld e-8, want %lld e-8", (long long)got, (long long)want);
        vector_report(t, id, got == want, why);
    }
}
