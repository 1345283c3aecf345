// SPDX-License-Identifier: Apache-2.0
// venue_rest_quote: prices and trades of the market as played: depth, trades, aggregate trades, candles,
// tickers. Never of own orders. venue-api.md 3.2, 3.6.
#include <string.h>

#include "base/check.h"
#include "live/venue_rest_call.h"

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
        for (size_t i = 0; i < COUNT_OF(LIMITS); i++) {
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

// --------------------------------------------------------------------------------------------------- trades

static void put_trade(struct venue_call *c, const struct instrument *ins, const struct xch_trade *t)
{
    struct jw *w = &c->w;
    bool spot = exchange_is_spot(c->v->exchange);
    int64_t notional = instrument_notional_e8(ins, instrument_price_e8(ins, t->price_ticks), t->qty_lots);
    vj_open(w, '{');
    vj_uint(w, "id", t->id);
    vj_price(w, "price", ins, t->price_ticks);
    vj_qty(w, "qty", ins, t->qty_lots);
    vj_e8(w, spot ? "baseQty" : "quoteQty", notional); // the spot side's name for the same money
    vj_ms(w, "time", t->time_ns);
    vj_bool(w, "isBuyerMaker", t->side == SIDE_SELL);
    vj_close(w, '}');
}

static void put_agg_trade(struct venue_call *c, const struct instrument *ins, const struct xch_trade *t)
{
    struct jw *w = &c->w;
    vj_open(w, '{');
    vj_uint(w, "a", t->id);
    vj_price(w, "p", ins, t->price_ticks);
    vj_qty(w, "q", ins, t->qty_lots);
    vj_uint(w, "f", t->first_id);
    vj_uint(w, "l", t->last_id);
    vj_ms(w, "T", t->time_ns);
    vj_bool(w, "m", t->side == SIDE_SELL);
    vj_close(w, '}');
}

typedef size_t read_trades(const struct exchange *x, uint16_t instrument, const struct xch_range *r,
                           struct xch_trade *out, size_t max);
typedef void write_trade(struct venue_call *c, const struct instrument *ins, const struct xch_trade *t);

static int32_t list_trades(struct venue_call *c, const char *id_key, read_trades *read, write_trade *write)
{
    const struct instrument *ins;
    struct xch_range r;
    size_t limit;
    struct xch_trade *row = c->v->rows.trade;
    int32_t code = call_symbol(c, &ins);
    code = code ? code : call_range(c, id_key, 500, XCH_TAPE_MAX, &r, &limit);
    if (code) {
        return code;
    }
    size_t n = read(c->v->exchange, ins->id, &r, row, limit);
    vj_open(&c->w, '[');
    for (size_t i = 0; i < n; i++) {
        write(c, ins, &row[i]);
    }
    vj_close(&c->w, ']');
    return 0;
}

int32_t rest_trades(struct venue_call *c)
{
    return list_trades(c, NULL, exchange_trades, put_trade);
}

int32_t rest_historical_trades(struct venue_call *c)
{
    return list_trades(c, "fromId", exchange_trades, put_trade);
}

int32_t rest_agg_trades(struct venue_call *c)
{
    return list_trades(c, "fromId", exchange_agg_trades, put_agg_trade);
}

// -------------------------------------------------------------------------------------------------- candles

static void put_quoted(struct jw *w, int64_t v_e8, int decimals)
{
    vj_item(w);
    jw_dec(w, v_e8, 8, decimals);
}

static void put_plain(struct jw *w, int64_t v)
{
    vj_item(w);
    jw_int(w, v);
}

// Twelve places. In candles of mark and index those of volume mean nothing and trades are samples.
static void put_kline(struct venue_call *c, const struct instrument *ins, const struct xch_kline *k,
                      bool last)
{
    struct jw *w = &c->w;
    int price = last ? ins->price_decimals : 8, qty = ins->qty_decimals;
    vj_open(w, '[');
    put_plain(w, k->open_ms);
    put_quoted(w, k->open_e8, price);
    put_quoted(w, k->high_e8, price);
    put_quoted(w, k->low_e8, price);
    put_quoted(w, k->close_e8, price);
    put_quoted(w, last ? instrument_qty_e8(ins, k->lots) : 0, last ? qty : 0);
    put_plain(w, k->close_ms);
    put_quoted(w, last ? k->quote_e8 : 0, last ? 8 : 0);
    put_plain(w, (int64_t)k->trades);
    put_quoted(w, last ? instrument_qty_e8(ins, k->buy_lots) : 0, last ? qty : 0);
    put_quoted(w, last ? k->buy_quote_e8 : 0, last ? 8 : 0);
    put_quoted(w, 0, 0);
    vj_close(w, ']');
}

static int32_t klines(struct venue_call *c, const char *name_key, enum xch_series series)
{
    const struct instrument *ins;
    struct xch_range r;
    char name[8];
    size_t limit;
    struct xch_kline *row = c->v->rows.kline;
    int32_t code = call_instrument(c, name_key, &ins);
    code = code ? code : call_need(c, "interval", name, sizeof name);
    code = code ? code : call_range(c, NULL, 500, XCH_KLINES_MAX, &r, &limit);
    if (code) {
        return code;
    }
    enum xch_interval interval = xch_interval_parse(name);
    if (interval == XCH_INTERVALS) {
        return call_refuse(c, -1120, "Invalid interval.");
    }
    size_t n = exchange_klines(c->v->exchange, ins->id, series, interval, &r, row, limit);
    vj_open(&c->w, '[');
    for (size_t i = 0; i < n; i++) {
        put_kline(c, ins, &row[i], series == XCH_SERIES_LAST);
    }
    vj_close(&c->w, ']');
    return 0;
}

int32_t rest_klines(struct venue_call *c)
{
    return klines(c, "symbol", XCH_SERIES_LAST);
}

int32_t rest_continuous_klines(struct venue_call *c)
{
    char type[24];
    int32_t code = call_need(c, "contractType", type, sizeof type);
    if (code == 0 && strcmp(type, "PERPETUAL") != 0) {
        code = call_refuse(c, -4104, "Invalid contract type.");
    }
    return code ? code : klines(c, "pair", XCH_SERIES_LAST);
}

int32_t rest_mark_klines(struct venue_call *c)
{
    return klines(c, "symbol", XCH_SERIES_MARK);
}

int32_t rest_index_klines(struct venue_call *c)
{
    return klines(c, "pair", XCH_SERIES_INDEX);
}

// -------------------------------------------------------------------------------------------------- tickers

static void put_touch(struct venue_call *c, const struct instrument *ins, const struct ev_touch *t)
{
    vj_price(&c->w, "bidPrice", ins, t->bid_ticks);
    vj_qty(&c->w, "bidQty", ins, t->bid_lots);
    vj_price(&c->w, "askPrice", ins, t->ask_ticks);
    vj_qty(&c->w, "askQty", ins, t->ask_lots);
}

static void put_book_ticker(struct venue_call *c, const struct instrument *ins)
{
    struct ev_touch t = {0};
    exchange_touch(c->v->exchange, ins->id, &t);
    vj_open(&c->w, '{');
    vj_text(&c->w, "symbol", ins->symbol);
    put_touch(c, ins, &t);
    vj_ms(&c->w, "time", c->now_ns);
    if (!exchange_is_spot(c->v->exchange)) {
        vj_uint(&c->w, "lastUpdateId", t.update_id);
    }
    vj_close(&c->w, '}');
}

int32_t rest_book_ticker(struct venue_call *c)
{
    return call_one_or_all(c, put_book_ticker, false);
}

static void put_price_ticker(struct venue_call *c, const struct instrument *ins)
{
    struct xch_ticker t = {0};
    exchange_ticker(c->v->exchange, ins->id, &t);
    vj_open(&c->w, '{');
    vj_text(&c->w, "symbol", ins->symbol);
    vj_dec(&c->w, "price", t.last_e8, ins->price_decimals);
    vj_ms(&c->w, "time", c->now_ns);
    vj_close(&c->w, '}');
}

int32_t rest_price_ticker(struct venue_call *c)
{
    return call_one_or_all(c, put_price_ticker, false);
}

static void put_day_prices(struct venue_call *c, const struct instrument *ins, const struct xch_ticker *t)
{
    struct jw *w = &c->w;
    int64_t change = t->last_e8 - t->open_e8;
    vj_dec(w, "priceChange", change, ins->price_decimals);
    vj_dec(w, "priceChangePercent", t->open_e8 ? muldiv_round(change, 100 * E8, t->open_e8) : 0, 3);
    vj_dec(w, "weightedAvgPrice", t->weighted_e8, ins->price_decimals);
    if (!call_is_binance(c)) {
        vj_dec(w, "prevClosePrice", t->prev_close_e8, ins->price_decimals);
    }
    vj_dec(w, "lastPrice", t->last_e8, ins->price_decimals);
    vj_qty(w, "lastQty", ins, t->last_lots);
    vj_dec(w, "openPrice", t->open_e8, ins->price_decimals);
    vj_dec(w, "highPrice", t->high_e8, ins->price_decimals);
    vj_dec(w, "lowPrice", t->low_e8, ins->price_decimals);
    vj_qty(w, "volume", ins, t->lots);
    vj_e8(w, "quoteVolume", t->quote_e8);
    vj_int(w, "openTime", t->open_ms);
    vj_int(w, "closeTime", t->close_ms);
    vj_uint(w, "firstId", t->first_id);
    vj_uint(w, "lastId", t->last_id);
    vj_uint(w, "count", t->trades);
}

static void put_day_ticker(struct venue_call *c, const struct instrument *ins)
{
    struct xch_ticker t = {0};
    struct ev_touch touch = {0};
    exchange_ticker(c->v->exchange, ins->id, &t);
    exchange_touch(c->v->exchange, ins->id, &touch);
    vj_open(&c->w, '{');
    vj_text(&c->w, "symbol", ins->symbol);
    put_day_prices(c, ins, &t);
    if (exchange_is_spot(c->v->exchange)) {
        vj_text(&c->w, "baseAsset", currency_name(xch_base_currency(ins)));
        vj_text(&c->w, "quoteAsset", currency_name(ins->settle));
        put_touch(c, ins, &touch);
    }
    vj_close(&c->w, '}');
}

int32_t rest_day_ticker(struct venue_call *c)
{
    return call_one_or_all(c, put_day_ticker, false);
}
