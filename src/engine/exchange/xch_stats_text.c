// SPDX-License-Identifier: Apache-2.0
// xch_stats_text: trades, bars and the day's figures in the venue's words (venue-api.md 5.3), made only for
// streams that somebody wants.
#include "engine/exchange/xch.h"

static struct jw begin(struct exchange *x, const struct xch_market *m, const char *event)
{
    struct jw w = jw_begin(x->text, sizeof x->text);
    jw_lit(&w, "{\"e\":");
    jw_str(&w, event);
    jw_lit(&w, ",\"E\":");
    xch_put_ms(&w, x->now_ns);
    jw_lit(&w, ",\"s\":");
    jw_str(&w, m->ins.symbol);
    return w;
}

static void put_value(struct jw *w, const struct instrument *ins, const char *key, int64_t price_e8)
{
    jw_cstr(w, key);
    jw_dec(w, price_e8, 8, ins->price_decimals);
}

static void put_lots(struct jw *w, const struct instrument *ins, const char *key, int64_t lots)
{
    jw_cstr(w, key);
    xch_put_qty(w, ins, lots);
}

static void put_id(struct jw *w, const char *key, uint64_t id)
{
    jw_cstr(w, key);
    jw_uint(w, id);
}

static void put_money(struct jw *w, const char *key, int64_t v_e8)
{
    jw_cstr(w, key);
    jw_e8(w, v_e8);
}

void xch_publish_trade(struct exchange *x, struct xch_market *m, const struct xch_trade *t,
                       const struct xch_sink *out)
{
    if (!out || !out->wanted || !xch_wanted(m, XS_TRADE, out)) {
        return;
    }
    struct jw w = begin(x, m, "trade");
    put_id(&w, ",\"t\":", t->id);
    jw_lit(&w, ",\"p\":");
    xch_put_price(&w, &m->ins, t->price_ticks);
    put_lots(&w, &m->ins, ",\"q\":", t->qty_lots);
    jw_lit(&w, ",\"T\":");
    xch_put_ms(&w, t->time_ns);
    jw_cstr(&w, x->spot ? ",\"m\":" : ",\"X\":\"MARKET\",\"m\":");
    jw_bool(&w, t->side == SIDE_SELL);
    jw_lit(&w, "}");
    xch_send(x, &w, XO_MARKET_TEXT, m->stream[XS_TRADE], out);
}

static void put_kline(struct jw *w, const struct instrument *ins, const struct xch_kline *k)
{
    put_id(w, ",\"f\":", k->first_id);
    put_id(w, ",\"L\":", k->last_id);
    put_value(w, ins, ",\"o\":", k->open_e8);
    put_value(w, ins, ",\"c\":", k->close_e8);
    put_value(w, ins, ",\"h\":", k->high_e8);
    put_value(w, ins, ",\"l\":", k->low_e8);
    put_lots(w, ins, ",\"v\":", k->lots);
    put_id(w, ",\"n\":", k->trades);
}

void xch_publish_kline(struct exchange *x, struct xch_market *m, enum xch_interval interval, bool closed,
                       const struct xch_sink *out)
{
    enum xch_stream stream = (enum xch_stream)(XS_KLINE + interval);
    struct xch_kline k;
    if (!out || !out->wanted || !xch_wanted(m, stream, out) ||
        !xch_bar_running(&m->stats.bars[XCH_SERIES_LAST], interval, &k)) {
        return;
    }
    struct jw w = begin(x, m, "kline");
    jw_lit(&w, ",\"k\":{\"t\":");
    jw_int(&w, k.open_ms);
    jw_lit(&w, ",\"T\":");
    jw_int(&w, k.close_ms);
    jw_lit(&w, ",\"s\":");
    jw_str(&w, m->ins.symbol);
    jw_lit(&w, ",\"i\":");
    jw_str(&w, xch_interval_name(interval));
    put_kline(&w, &m->ins, &k);
    jw_lit(&w, ",\"x\":");
    jw_bool(&w, closed);
    put_money(&w, ",\"q\":", k.quote_e8);
    put_lots(&w, &m->ins, ",\"V\":", k.buy_lots);
    put_money(&w, ",\"Q\":", k.buy_quote_e8);
    jw_lit(&w, ",\"B\":\"0\"}}");
    xch_send(x, &w, XO_MARKET_TEXT, m->stream[stream], out);
}

static void publish_mini(struct exchange *x, struct xch_market *m, const struct xch_ticker *t,
                         const struct xch_sink *out)
{
    const struct instrument *ins = &m->ins;
    struct jw w = begin(x, m, "24hrMiniTicker");
    put_value(&w, ins, ",\"c\":", t->last_e8);
    put_value(&w, ins, ",\"o\":", t->open_e8);
    put_value(&w, ins, ",\"h\":", t->high_e8);
    put_value(&w, ins, ",\"l\":", t->low_e8);
    put_lots(&w, ins, ",\"v\":", t->lots);
    put_money(&w, ",\"q\":", t->quote_e8);
    jw_lit(&w, "}");
    xch_send(x, &w, XO_MARKET_TEXT, m->stream[XS_MINI], out);
}

// Spot tells the best prices and the close before the window as well.
static void put_spot_best(struct jw *w, const struct xch_market *m, const struct xch_ticker *t)
{
    struct level bid = {0}, ask = {0};
    xch_best(m, SIDE_BUY, &bid);
    xch_best(m, SIDE_SELL, &ask);
    put_value(w, &m->ins, ",\"x\":", t->prev_close_e8);
    jw_lit(w, ",\"b\":");
    xch_put_price(w, &m->ins, bid.ticks);
    put_lots(w, &m->ins, ",\"B\":", bid.lots);
    jw_lit(w, ",\"a\":");
    xch_put_price(w, &m->ins, ask.ticks);
    put_lots(w, &m->ins, ",\"A\":", ask.lots);
}

static void publish_ticker(struct exchange *x, struct xch_market *m, const struct xch_ticker *t,
                           const struct xch_sink *out)
{
    const struct instrument *ins = &m->ins;
    struct jw w = begin(x, m, "24hrTicker");
    put_value(&w, ins, ",\"p\":", t->last_e8 - t->open_e8);
    jw_lit(&w, ",\"P\":");
    jw_dec(&w, muldiv_round(t->last_e8 - t->open_e8, 100 * E8, t->open_e8), 8, 3);
    put_value(&w, ins, ",\"w\":", t->weighted_e8);
    put_value(&w, ins, ",\"c\":", t->last_e8);
    put_lots(&w, ins, ",\"Q\":", t->last_lots);
    put_value(&w, ins, ",\"o\":", t->open_e8);
    put_value(&w, ins, ",\"h\":", t->high_e8);
    put_value(&w, ins, ",\"l\":", t->low_e8);
    put_lots(&w, ins, ",\"v\":", t->lots);
    put_money(&w, ",\"q\":", t->quote_e8);
    jw_lit(&w, ",\"O\":");
    jw_int(&w, t->open_ms);
    jw_lit(&w, ",\"C\":");
    jw_int(&w, t->close_ms);
    put_id(&w, ",\"F\":", t->first_id);
    put_id(&w, ",\"L\":", t->last_id);
    put_id(&w, ",\"n\":", t->trades);
    if (x->spot) {
        put_spot_best(&w, m, t);
    }
    jw_lit(&w, "}");
    xch_send(x, &w, XO_MARKET_TEXT, m->stream[XS_TICKER], out);
}

void xch_publish_tickers(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    struct xch_ticker t;
    if (!out || !out->wanted || !exchange_ticker(x, m->ins.id, &t)) {
        return;
    }
    if (xch_wanted(m, XS_MINI, out)) {
        publish_mini(x, m, &t, out);
    }
    if (xch_wanted(m, XS_TICKER, out)) {
        publish_ticker(x, m, &t, out);
    }
}
