// SPDX-License-Identifier: Apache-2.0
// venue_rest_market: what the venue says of its symbols: exchangeInfo with every filter, mark price, funding,
// the sources of the index. venue-api.md 3.2.1 to 3.2.3, 3.6.
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
    vj_open(&c->w, '{');
    vj_ms(&c->w, "serverTime", c->now_ns);
    vj_close(&c->w, '}');
    return 0;
}

// -------------------------------------------------------------------------------------------- exchangeInfo

static void put_lot_filter(struct jw *w, const struct instrument *ins, const char *name, int64_t min,
                           int64_t max)
{
    vj_open(w, '{');
    vj_text(w, "filterType", name);
    vj_qty(w, "minQty", ins, min);
    vj_qty(w, "maxQty", ins, max);
    vj_qty(w, "stepSize", ins, 1);
    vj_close(w, '}');
}

static void put_count_filter(struct jw *w, const char *name, int64_t limit)
{
    vj_open(w, '{');
    vj_text(w, "filterType", name);
    vj_int(w, "limit", limit);
    vj_close(w, '}');
}

static int money_decimals(int64_t v_e8)
{
    return v_e8 % E8 ? 8 : 0;
}

// The spot side has its own words for the smallest value of an order, and says it twice.
static void put_notional_filters(struct jw *w, const struct instrument *ins, bool spot)
{
    int64_t min = ins->min_notional_e8;
    vj_open(w, '{');
    vj_text(w, "filterType", "MIN_NOTIONAL");
    vj_dec(w, spot ? "minNotional" : "notional", min, money_decimals(min));
    vj_close(w, '}');
    if (spot) {
        vj_open(w, '{');
        vj_text(w, "filterType", "NOTIONAL");
        vj_dec(w, "minNotional", min, money_decimals(min));
        vj_bool(w, "applyMinToMarket", true);
        vj_bool(w, "applyMaxToMarket", true);
        vj_text(w, "avgPriceMins", "5");
        vj_close(w, '}');
    }
}

static void put_percent_filters(struct jw *w, const struct instrument *ins, bool spot)
{
    vj_open(w, '{');
    vj_text(w, "filterType", "PERCENT_PRICE");
    vj_dec(w, "multiplierUp", ins->percent_up_e8, 4);
    vj_dec(w, "multiplierDown", ins->percent_down_e8, 4);
    vj_text(w, "multiplierDecimal", "4");
    vj_close(w, '}');
    if (spot) {
        vj_open(w, '{');
        vj_text(w, "filterType", "PERCENT_PRICE_BY_SIDE");
        vj_dec(w, "bidMultiplierUp", ins->percent_up_e8, 4);
        vj_dec(w, "bidMultiplierDown", ins->percent_down_e8, 4);
        vj_dec(w, "askMultiplierUp", ins->percent_up_e8, 4);
        vj_dec(w, "askMultiplierDown", ins->percent_down_e8, 4);
        vj_text(w, "avgPriceMins", "5");
        vj_text(w, "multiplierDecimal", "4");
        vj_close(w, '}');
    }
}

static void put_filters(struct venue_call *c, const struct instrument *ins)
{
    struct jw *w = &c->w;
    bool spot = exchange_is_spot(c->v->exchange);
    vj_key(w, "filters");
    vj_open(w, '[');
    vj_open(w, '{');
    vj_text(w, "filterType", "PRICE_FILTER");
    vj_price(w, "minPrice", ins, ins->min_price_ticks);
    vj_price(w, "maxPrice", ins, ins->max_price_ticks);
    vj_price(w, "tickSize", ins, 1);
    vj_close(w, '}');
    put_lot_filter(w, ins, "LOT_SIZE", ins->min_qty_lots, ins->max_qty_lots);
    put_lot_filter(w, ins, "MARKET_LOT_SIZE", ins->market_min_qty_lots, ins->market_max_qty_lots);
    put_count_filter(w, "MAX_NUM_ORDERS", ins->max_open_orders);
    put_count_filter(w, "MAX_NUM_ALGO_ORDERS", exchange_rules(c->v->exchange)->max_algo_orders);
    put_notional_filters(w, ins, spot);
    put_percent_filters(w, ins, spot);
    if (c->v->site == VENUE_BINANCE) {
        vj_open(w, '{');
        vj_text(w, "filterType", "POSITION_RISK_CONTROL");
        vj_text(w, "positionControlSide", "NONE");
        vj_close(w, '}');
    }
    vj_close(w, ']');
}

// "ETHUSDT" -> "ETH".
static void base_asset(const struct instrument *ins, char *to, size_t cap)
{
    const char *name = currency_name(ins->settle);
    size_t n = strlen(ins->symbol), k = strlen(name);
    size_t base = n > k && strcmp(ins->symbol + n - k, name) == 0 ? n - k : n;
    base = base < cap ? base : cap - 1;
    memcpy(to, ins->symbol, base);
    to[base] = 0;
}

static void put_contract(struct venue_call *c, const struct instrument *ins)
{
    struct jw *w = &c->w;
    const struct xch_rules *rules = exchange_rules(c->v->exchange);
    vj_text(w, "pair", ins->symbol);
    vj_text(w, "contractType", "PERPETUAL");
    vj_text(w, "marginAsset", currency_name(ins->settle));
    vj_int(w, "deliveryDate", INT64_C(4133404800000)); // never: the venues' own constant
    vj_int(w, "onboardDate", INT64_C(1627628400000));
    vj_text(w, "maintMarginPercent", "2.5000");
    vj_text(w, "requiredMarginPercent", "5.0000");
    vj_text(w, "underlyingType", "COIN");
    vj_raw(w, "underlyingSubType", "[\"Top\"]");
    vj_int(w, "settlePlan", 0);
    vj_dec(w, "triggerProtect", rules->trigger_protect_e8, 4);
    vj_dec(w, "liquidationFee", rules->liquidation_fee_e8, 6);
    vj_dec(w, "marketTakeBound", rules->market_take_bound_e8, 2);
    if (c->v->site == VENUE_BINANCE) {
        vj_int(w, "maxMoveOrderLimit", 10000);
    }
}

static void put_order_types(struct jw *w, bool spot)
{
    vj_raw(w, "orderTypes",
           spot ? "[\"LIMIT\",\"MARKET\",\"STOP\",\"STOP_MARKET\",\"TAKE_PROFIT\",\"TAKE_PROFIT_MARKET\"]"
                : "[\"LIMIT\",\"MARKET\",\"STOP\",\"STOP_MARKET\",\"TAKE_PROFIT\",\"TAKE_PROFIT_MARKET\","
                  "\"TRAILING_STOP_MARKET\"]");
    vj_raw(w, "timeInForce", "[\"GTC\",\"IOC\",\"FOK\",\"GTX\"]");
}

static void put_symbol(struct venue_call *c, const struct instrument *ins)
{
    struct jw *w = &c->w;
    bool spot = exchange_is_spot(c->v->exchange);
    char base[24];
    base_asset(ins, base, sizeof base);
    vj_open(w, '{');
    vj_text(w, "symbol", ins->symbol);
    vj_text(w, "status", ins->status == INSTRUMENT_TRADING ? "TRADING" : "SETTLING");
    vj_text(w, "baseAsset", base);
    vj_text(w, "quoteAsset", currency_name(ins->settle));
    vj_int(w, "pricePrecision", ins->price_decimals);
    vj_int(w, "quantityPrecision", ins->qty_decimals);
    vj_int(w, "baseAssetPrecision", 8);
    vj_int(w, "quotePrecision", 8);
    if (spot) {
        vj_bool(w, "ocoAllowed", false);
    } else {
        put_contract(c, ins);
    }
    put_filters(c, ins);
    put_order_types(w, spot);
    vj_close(w, '}');
}

static void put_limit(struct jw *w, const char *type, const char *interval, int n, int32_t limit)
{
    if (limit) {
        vj_open(w, '{');
        vj_text(w, "rateLimitType", type);
        vj_text(w, "interval", interval);
        vj_int(w, "intervalNum", n);
        vj_int(w, "limit", limit);
        vj_close(w, '}');
    }
}

static void put_order_limits(struct venue_call *c)
{
    put_limit(&c->w, "ORDERS", "MINUTE", 1, c->v->limits.order_limit);
    put_limit(&c->w, "ORDERS", "SECOND", 10, c->v->limits.order_limit_10s);
}

int32_t rest_order_limits(struct venue_call *c)
{
    vj_open(&c->w, '[');
    put_order_limits(c);
    vj_close(&c->w, ']');
    return 0;
}

static void put_assets(struct venue_call *c)
{
    struct xch_balance b[CURRENCY_COUNT];
    size_t n = exchange_balances(c->v->exchange, b);
    vj_key(&c->w, "assets");
    vj_open(&c->w, '[');
    for (size_t i = 0; i < n; i++) {
        vj_open(&c->w, '{');
        vj_text(&c->w, "asset", currency_name(b[i].asset));
        if (!exchange_is_spot(c->v->exchange)) {
            vj_bool(&c->w, "marginAvailable", true);
            vj_raw(&c->w, "autoAssetExchange", "null");
        }
        vj_close(&c->w, '}');
    }
    vj_close(&c->w, ']');
}

int32_t rest_exchange_info(struct venue_call *c)
{
    const struct instrument *ins[INSTRUMENT_MAX];
    struct jw *w = &c->w;
    size_t n = exchange_instruments(c->v->exchange, ins);
    vj_open(w, '{');
    vj_text(w, "timezone", "UTC");
    vj_ms(w, "serverTime", c->now_ns);
    if (!exchange_is_spot(c->v->exchange)) {
        vj_text(w, "futuresType", "U_MARGINED");
    }
    vj_key(w, "rateLimits");
    vj_open(w, '[');
    put_limit(w, "REQUEST_WEIGHT", "MINUTE", 1, c->v->limits.weight_limit);
    put_order_limits(c);
    vj_close(w, ']');
    vj_raw(w, "exchangeFilters", "[]");
    put_assets(c);
    vj_key(w, "symbols");
    vj_open(w, '[');
    for (size_t i = 0; i < n; i++) {
        put_symbol(c, ins[i]);
    }
    vj_close(w, ']');
    vj_close(w, '}');
    return 0;
}

// --------------------------------------------------------------------------------------- mark and funding

static void put_premium(struct venue_call *c, const struct instrument *ins)
{
    struct ev_mark m;
    exchange_mark(c->v->exchange, ins->id, &m);
    vj_open(&c->w, '{');
    vj_text(&c->w, "symbol", ins->symbol);
    vj_e8(&c->w, "markPrice", m.mark_e8);
    vj_e8(&c->w, "indexPrice", m.index_e8);
    vj_e8(&c->w, "estimatedSettlePrice", m.index_e8);
    vj_e8(&c->w, "lastFundingRate", m.funding_rate_e8);
    vj_ms(&c->w, "nextFundingTime", m.next_funding_ns);
    vj_e8(&c->w, "interestRate", exchange_rules(c->v->exchange)->interest_e8);
    vj_ms(&c->w, "time", c->now_ns);
    vj_close(&c->w, '}');
}

int32_t rest_premium_index(struct venue_call *c)
{
    return call_one_or_all(c, put_premium, false);
}

static int32_t interval_hours(const struct instrument *ins)
{
    return ins->funding_interval_h > 0 ? ins->funding_interval_h : 8;
}

static void put_funding_info(struct venue_call *c, const struct instrument *ins)
{
    const struct xch_rules *rules = exchange_rules(c->v->exchange);
    vj_open(&c->w, '{');
    vj_text(&c->w, "symbol", ins->symbol);
    vj_e8(&c->w, "interestRate", rules->interest_e8);
    vj_ms(&c->w, "time", c->now_ns);
    vj_int(&c->w, "fundingIntervalHours", interval_hours(ins));
    vj_number(&c->w, "fundingFeeCap", rules->funding_cap_e8, 4);
    vj_number(&c->w, "fundingFeeFloor", -rules->funding_cap_e8, 4);
    vj_close(&c->w, '}');
}

// Binance lists only the symbols that differ from 8 hours (venue-api.md 1.2).
static void put_funding_info_binance(struct venue_call *c, const struct instrument *ins)
{
    const struct xch_rules *rules = exchange_rules(c->v->exchange);
    if (interval_hours(ins) != 8) {
        vj_open(&c->w, '{');
        vj_text(&c->w, "symbol", ins->symbol);
        vj_e8(&c->w, "adjustedFundingRateCap", rules->funding_cap_e8);
        vj_e8(&c->w, "adjustedFundingRateFloor", -rules->funding_cap_e8);
        vj_int(&c->w, "fundingIntervalHours", interval_hours(ins));
        vj_bool(&c->w, "disclaimer", false);
        vj_close(&c->w, '}');
    }
}

int32_t rest_funding_info(struct venue_call *c)
{
    bool binance = c->v->site == VENUE_BINANCE;
    return call_one_or_all(c, binance ? put_funding_info_binance : put_funding_info, true);
}

int32_t rest_funding_rate(struct venue_call *c)
{
    const struct instrument *ins, *all[INSTRUMENT_MAX];
    struct xch_range r;
    size_t limit, max = COUNT_OF(c->v->rows.funding);
    int32_t code = call_symbol_or_all(c, &ins);
    code = code ? code : call_range(c, NULL, 100, max, &r, &limit);
    if (code) {
        return code;
    }
    struct xch_funding *row = c->v->rows.funding;
    size_t n = exchange_funding_history(c->v->exchange, ins ? ins->symbol : NULL, &r, row, limit);
    exchange_instruments(c->v->exchange, all);
    vj_open(&c->w, '[');
    for (size_t i = 0; i < n; i++) {
        vj_open(&c->w, '{');
        vj_text(&c->w, "symbol", all[row[i].instrument]->symbol);
        vj_e8(&c->w, "fundingRate", row[i].rate_e8);
        vj_ms(&c->w, "fundingTime", row[i].time_ns);
        if (c->v->site == VENUE_BINANCE) {
            vj_e8(&c->w, "markPrice", row[i].mark_e8);
        }
        vj_close(&c->w, '}');
    }
    vj_close(&c->w, ']');
    return 0;
}

// ------------------------------------------------------------------------------------- index, open interest

// The index of this venue has one source: the recorded spot market of the same name.
int32_t rest_index_references(struct venue_call *c)
{
    const struct instrument *ins;
    int32_t code = call_symbol(c, &ins);
    if (code) {
        return code == -1121
                   ? call_refuse(c, -1000, "An unknown error occurred while processing the request.")
                   : code;
    }
    bool binance = c->v->site == VENUE_BINANCE;
    struct ev_mark m;
    exchange_mark(c->v->exchange, ins->id, &m);
    vj_open(&c->w, '{');
    vj_text(&c->w, "symbol", ins->symbol);
    vj_ms(&c->w, "time", c->now_ns);
    vj_key(&c->w, binance ? "constituents" : "references");
    vj_open(&c->w, '[');
    vj_open(&c->w, '{');
    vj_text(&c->w, "exchange", "binance");
    vj_text(&c->w, "symbol", ins->symbol);
    if (binance) {
        vj_e8(&c->w, "price", m.index_e8);
    }
    vj_e8(&c->w, "weight", E8);
    vj_close(&c->w, '}');
    vj_close(&c->w, ']');
    vj_close(&c->w, '}');
    return 0;
}

// Only this account holds positions here, so its size is all the open interest there is.
int32_t rest_open_interest(struct venue_call *c)
{
    const struct instrument *ins;
    struct xch_position p[INSTRUMENT_MAX];
    int32_t code = call_symbol(c, &ins);
    if (code) {
        return code;
    }
    size_t n = exchange_positions(c->v->exchange, p, INSTRUMENT_MAX);
    CHECK(ins->id < n);
    int64_t lots = p[ins->id].lots;
    vj_open(&c->w, '{');
    vj_text(&c->w, "symbol", ins->symbol);
    vj_qty(&c->w, "openInterest", ins, lots < 0 ? -lots : lots);
    vj_ms(&c->w, "time", c->now_ns);
    vj_close(&c->w, '}');
    return 0;
}
