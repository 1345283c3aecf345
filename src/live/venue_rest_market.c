// SPDX-License-Identifier: Apache-2.0
// venue_rest_market: the public answers: instruments with their filters, depth, mark price, funding, best
// prices. venue-api.md 3.2.
#include <string.h>

#include "base/check.h"
#include "engine/exchange/xch_formula.h"
#include "live/venue_rest_call.h"

int32_t rest_ping(struct venue_call *c)
{
    jw_lit(&c->w, "{}");
    return 0;
}

int32_t rest_time(struct venue_call *c)
{
    jw_lit(&c->w, "{\"serverTime\":");
    jw_int(&c->w, c->now_ns / NS_PER_MS);
    jw_lit(&c->w, "}");
    return 0;
}

static void put_price(struct jw *w, const struct instrument *ins, int64_t ticks)
{
    jw_dec(w, ticks * ins->tick_e8, 8, ins->price_decimals);
}

static void put_qty(struct jw *w, const struct instrument *ins, int64_t lots)
{
    jw_dec(w, lots * ins->lot_e8, 8, ins->qty_decimals);
}

static void put_lot_filter(struct jw *w, const struct instrument *ins, const char *name, int64_t min,
                           int64_t max)
{
    jw_lit(w, "{\"filterType\":");
    jw_str(w, name);
    jw_lit(w, ",\"minQty\":");
    put_qty(w, ins, min);
    jw_lit(w, ",\"maxQty\":");
    put_qty(w, ins, max);
    jw_lit(w, ",\"stepSize\":");
    put_qty(w, ins, 1);
    jw_lit(w, "},");
}

static void put_filters(struct jw *w, const struct instrument *ins)
{
    jw_lit(w, "\"filters\":[{\"filterType\":\"PRICE_FILTER\",\"minPrice\":");
    put_price(w, ins, ins->min_price_ticks);
    jw_lit(w, ",\"maxPrice\":");
    put_price(w, ins, ins->max_price_ticks);
    jw_lit(w, ",\"tickSize\":");
    put_price(w, ins, 1);
    jw_lit(w, "},");
    put_lot_filter(w, ins, "LOT_SIZE", ins->min_qty_lots, ins->max_qty_lots);
    put_lot_filter(w, ins, "MARKET_LOT_SIZE", ins->market_min_qty_lots, ins->market_max_qty_lots);
    jw_lit(w, "{\"filterType\":\"MAX_NUM_ORDERS\",\"limit\":");
    jw_int(w, ins->max_open_orders);
    jw_lit(w, "},{\"filterType\":\"MAX_NUM_ALGO_ORDERS\",\"limit\":0},{\"filterType\":\"MIN_NOTIONAL\","
              "\"notional\":");
    jw_dec(w, ins->min_notional_e8, 8, ins->min_notional_e8 % E8 ? 8 : 0);
    jw_lit(w, "},{\"filterType\":\"PERCENT_PRICE\",\"multiplierUp\":");
    jw_dec(w, ins->percent_up_e8, 8, 4);
    jw_lit(w, ",\"multiplierDown\":");
    jw_dec(w, ins->percent_down_e8, 8, 4);
    jw_lit(w, ",\"multiplierDecimal\":\"4\"}]");
}

// "ETHUSDT" -> "ETH": every instrument here is quoted and settled in USDT.
static void base_asset(const struct instrument *ins, char *to, size_t cap)
{
    const char *name = currency_name(ins->settle);
    size_t n = strlen(ins->symbol), k = strlen(name);
    size_t base = n > k && strcmp(ins->symbol + n - k, name) == 0 ? n - k : n;
    base = base < cap ? base : cap - 1;
    memcpy(to, ins->symbol, base);
    to[base] = 0;
}

static void put_symbol(struct jw *w, const struct instrument *ins)
{
    char base[24];
    base_asset(ins, base, sizeof base);
    jw_lit(w, "{\"symbol\":");
    jw_str(w, ins->symbol);
    jw_lit(w, ",\"pair\":");
    jw_str(w, ins->symbol);
    jw_lit(w, ",\"contractType\":\"PERPETUAL\",\"status\":");
    jw_str(w, ins->status == INSTRUMENT_TRADING ? "TRADING" : "SETTLING");
    jw_lit(w, ",\"baseAsset\":");
    jw_str(w, base);
    jw_lit(w, ",\"quoteAsset\":\"USDT\",\"marginAsset\":\"USDT\",\"pricePrecision\":");
    jw_int(w, ins->price_decimals);
    jw_lit(w, ",\"quantityPrecision\":");
    jw_int(w, ins->qty_decimals);
    jw_lit(w,
           ",\"baseAssetPrecision\":8,\"quotePrecision\":8,\"deliveryDate\":4133404800000,\"onboardDate\":"
           "1627628400000,\"maintMarginPercent\":\"2.5000\",\"requiredMarginPercent\":\"5.0000\","
           "\"underlyingType\":\"COIN\",\"underlyingSubType\":[\"Top\"],\"settlePlan\":0,\"triggerProtect\":"
           "\"0.0500\",\"liquidationFee\":\"0.000000\",\"marketTakeBound\":\"0.05\",");
    put_filters(w, ins);
    jw_lit(w, ",\"OrderType\":[\"LIMIT\",\"MARKET\"],\"timeInForce\":[\"GTC\",\"IOC\",\"FOK\",\"GTX\"]}");
}

int32_t rest_exchange_info(struct venue_call *c)
{
    const struct instrument *ins[INSTRUMENT_MAX];
    size_t n = exchange_instruments(c->v->exchange, ins);
    jw_lit(&c->w, "{\"timezone\":\"UTC\",\"serverTime\":");
    jw_int(&c->w, c->now_ns / NS_PER_MS);
    jw_lit(
        &c->w,
        ",\"futuresType\":\"U_MARGINED\",\"rateLimits\":[{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":"
        "\"MINUTE\",\"intervalNum\":1,\"limit\":");
    jw_int(&c->w, c->v->limits.weight_limit);
    jw_lit(&c->w, "},{\"rateLimitType\":\"ORDERS\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":");
    jw_int(&c->w, c->v->limits.order_limit);
    jw_lit(&c->w, "}],\"exchangeFilters\":[],\"assets\":[{\"asset\":\"USDT\",\"marginAvailable\":true,"
                  "\"autoAssetExchange\":null}],\"symbols\":[");
    for (size_t i = 0; i < n; i++) {
        if (i) {
            jw_lit(&c->w, ",");
        }
        put_symbol(&c->w, ins[i]);
    }
    jw_lit(&c->w, "]}");
    return 0;
}

int32_t rest_depth(struct venue_call *c)
{
    static const int64_t LIMITS[] = {5, 10, 20, 50, 100, 500, 1000};
    const struct instrument *ins;
    int64_t limit;
    int32_t code = call_symbol(c, &ins);
    if (code) {
        return code;
    }
    bool known = false;
    if (call_int(c, "limit", venue_dialects[c->v->site].depth_default, &limit)) {
        for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++) {
            known |= LIMITS[i] == limit;
        }
    }
    if (!known) {
        return call_refuse(c, -4021, "Invalid depth limit.");
    }
    size_t n = exchange_depth_json(c->v->exchange, ins->symbol, (int)limit, c->now_ns, c->w.buf, c->w.cap);
    CHECK(n > 0);
    c->w.n = n;
    return 0;
}

typedef void put_one(struct venue_call *c, const struct instrument *ins);

// An object for the symbol asked for, an array of all without one.
static int32_t one_or_all(struct venue_call *c, put_one *put, bool always_array)
{
    const struct instrument *ins, *all[INSTRUMENT_MAX];
    int32_t code = call_symbol_or_all(c, &ins);
    if (code) {
        return code;
    }
    size_t n = 1;
    all[0] = ins;
    if (!ins) {
        n = exchange_instruments(c->v->exchange, all);
    }
    bool array = always_array || !ins;
    jw_cstr(&c->w, array ? "[" : "");
    for (size_t i = 0; i < n; i++) {
        jw_cstr(&c->w, i ? "," : "");
        put(c, all[i]);
    }
    jw_cstr(&c->w, array ? "]" : "");
    return 0;
}

static void put_premium(struct venue_call *c, const struct instrument *ins)
{
    struct ev_mark m;
    exchange_mark(c->v->exchange, ins->id, &m);
    jw_lit(&c->w, "{\"symbol\":");
    jw_str(&c->w, ins->symbol);
    jw_lit(&c->w, ",\"markPrice\":");
    jw_e8(&c->w, m.mark_e8);
    jw_lit(&c->w, ",\"indexPrice\":");
    jw_e8(&c->w, m.index_e8);
    jw_lit(&c->w, ",\"estimatedSettlePrice\":");
    jw_e8(&c->w, m.index_e8);
    jw_lit(&c->w, ",\"lastFundingRate\":");
    jw_e8(&c->w, m.funding_rate_e8);
    jw_lit(&c->w, ",\"nextFundingTime\":");
    jw_int(&c->w, m.next_funding_ns / NS_PER_MS);
    jw_lit(&c->w, ",\"interestRate\":");
    jw_e8(&c->w, XCH_INTEREST_E8);
    jw_lit(&c->w, ",\"time\":");
    jw_int(&c->w, c->now_ns / NS_PER_MS);
    jw_lit(&c->w, "}");
}

int32_t rest_premium_index(struct venue_call *c)
{
    return one_or_all(c, put_premium, false);
}

static void put_funding_info(struct venue_call *c, const struct instrument *ins)
{
    jw_lit(&c->w, "{\"symbol\":");
    jw_str(&c->w, ins->symbol);
    jw_lit(&c->w, ",\"interestRate\":");
    jw_e8(&c->w, XCH_INTEREST_E8);
    jw_lit(&c->w, ",\"time\":");
    jw_int(&c->w, c->now_ns / NS_PER_MS);
    jw_lit(&c->w, ",\"fundingIntervalHours\":");
    jw_int(&c->w, ins->funding_interval_h > 0 ? ins->funding_interval_h : 8);
    jw_lit(&c->w, ",\"fundingFeeCap\":0.02,\"fundingFeeFloor\":-0.02}");
    _Static_assert(XCH_FUNDING_CAP_E8 == 2000000, "the cap printed above");
}

int32_t rest_funding_info(struct venue_call *c)
{
    return one_or_all(c, put_funding_info, true);
}

static void put_book_ticker(struct venue_call *c, const struct instrument *ins)
{
    struct ev_touch t = {0};
    exchange_touch(c->v->exchange, ins->id, &t);
    jw_lit(&c->w, "{\"symbol\":");
    jw_str(&c->w, ins->symbol);
    jw_lit(&c->w, ",\"bidPrice\":");
    put_price(&c->w, ins, t.bid_ticks);
    jw_lit(&c->w, ",\"bidQty\":");
    put_qty(&c->w, ins, t.bid_lots);
    jw_lit(&c->w, ",\"askPrice\":");
    put_price(&c->w, ins, t.ask_ticks);
    jw_lit(&c->w, ",\"askQty\":");
    put_qty(&c->w, ins, t.ask_lots);
    jw_lit(&c->w, ",\"time\":");
    jw_int(&c->w, c->now_ns / NS_PER_MS);
    jw_lit(&c->w, "}");
}

int32_t rest_book_ticker(struct venue_call *c)
{
    return one_or_all(c, put_book_ticker, false);
}
