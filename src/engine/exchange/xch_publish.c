// SPDX-License-Identifier: Apache-2.0
// xch_publish: the market in the venue's words: payloads of venue-api.md 5.3 and GET depth. Written by
// literals and integers into one scratch buffer; nothing here decides anything. Spot says less: no pu and no
// T in depth, no e, E, T in the best prices.
#include <string.h>

#include "engine/exchange/xch.h"

void xch_put_ms(struct jw *w, int64_t ns)
{
    jw_int(w, ns / NS_PER_MS);
}

void xch_put_price(struct jw *w, const struct instrument *ins, int64_t ticks)
{
    jw_dec(w, instrument_price_e8(ins, ticks), 8, ins->price_decimals);
}

void xch_put_qty(struct jw *w, const struct instrument *ins, int64_t lots)
{
    jw_dec(w, instrument_qty_e8(ins, lots), 8, ins->qty_decimals);
}

void xch_send(struct exchange *x, struct jw *w, enum xch_out_type type, const char *stream,
              const struct xch_sink *out)
{
    size_t n = jw_end(w);
    CHECK(n > 0);
    out->publish(out->ctx, type, stream, x->text, n);
}

bool xch_wanted(const struct xch_market *m, enum xch_stream stream, const struct xch_sink *out)
{
    if (!out || !out->publish) {
        return false;
    }
    return out->wanted ? out->wanted(out->ctx, m->stream[stream]) : stream < XS_HOT;
}

// {"e":"<event>","E":<now>,"s":"<symbol>"
static struct jw begin_event(struct exchange *x, const struct xch_market *m, const char *event)
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

// ---------------------------------------------------------------------------------------------------- depth

static void put_level(struct jw *w, const struct instrument *ins, struct level l, bool first)
{
    jw_cstr(w, first ? "[" : ",[");
    xch_put_price(w, ins, l.ticks);
    jw_lit(w, ",");
    if (l.lots == 0) {
        jw_lit(w, "\"0\"");
    } else {
        xch_put_qty(w, ins, l.lots);
    }
    jw_lit(w, "]");
}

static void put_batch_side(struct jw *w, const struct xch_market *m, int8_t side)
{
    bool first = true;
    for (uint32_t i = 0; i < m->batch.count; i++) {
        if (m->batch.side[i] == side) {
            put_level(w, &m->ins, m->batch.level[i], first);
            first = false;
        }
    }
}

void xch_publish_depth(struct exchange *x, struct xch_market *m, uint64_t first_id, uint64_t prev_id,
                       const struct xch_sink *out)
{
    if (!xch_wanted(m, XS_DEPTH, out)) {
        return;
    }
    struct jw w = begin_event(x, m, "depthUpdate");
    if (!x->spot) {
        jw_lit(&w, ",\"T\":");
        xch_put_ms(&w, m->batch.venue_ns);
    }
    jw_lit(&w, ",\"U\":");
    jw_uint(&w, first_id);
    jw_lit(&w, ",\"u\":");
    jw_uint(&w, m->batch.last_id);
    if (!x->spot) {
        jw_lit(&w, ",\"pu\":");
        jw_uint(&w, prev_id);
    }
    jw_lit(&w, ",\"b\":[");
    put_batch_side(&w, m, SIDE_BUY);
    jw_lit(&w, "],\"a\":[");
    put_batch_side(&w, m, SIDE_SELL);
    jw_lit(&w, "]}");
    xch_send(x, &w, XO_MARKET_TEXT, m->stream[XS_DEPTH], out);
}

static void put_top(struct jw *w, struct exchange *x, const struct xch_market *m, enum side side,
                    size_t levels)
{
    size_t n = m->live ? book_top(m->book, side, x->top, levels) : 0;
    for (size_t i = 0; i < n; i++) {
        put_level(w, &m->ins, x->top[i], i == 0);
    }
}

static void put_tops(struct jw *w, struct exchange *x, const struct xch_market *m, size_t levels,
                     const char *bids, const char *asks)
{
    jw_cstr(w, bids);
    put_top(w, x, m, SIDE_BUY, levels);
    jw_cstr(w, asks);
    put_top(w, x, m, SIDE_SELL, levels);
    jw_lit(w, "]");
}

static void publish_top(struct exchange *x, struct xch_market *m, enum xch_stream stream, size_t levels,
                        const struct xch_sink *out)
{
    if (!xch_wanted(m, stream, out)) {
        return;
    }
    struct jw w = begin_event(x, m, "depthUpdate");
    jw_lit(&w, ",\"T\":");
    xch_put_ms(&w, m->batch.venue_ns);
    jw_lit(&w, ",\"U\":");
    jw_uint(&w, m->batch.first_id);
    if (!x->spot) {
        jw_lit(&w, ",\"pu\":");
        jw_uint(&w, m->published_id);
    }
    jw_lit(&w, ",\"u\":");
    jw_uint(&w, book_last_id(m->book));
    put_tops(&w, x, m, levels, ",\"b\":[", "],\"a\":[");
    if (x->spot) { // the venue's pages name the sides in words, its clients read the letters
        jw_lit(&w, ",\"lastUpdateId\":");
        jw_uint(&w, book_last_id(m->book));
        put_tops(&w, x, m, levels, ",\"bids\":[", "],\"asks\":[");
    }
    jw_lit(&w, "}");
    xch_send(x, &w, XO_MARKET_TEXT, m->stream[stream], out);
}

void xch_publish_partial(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    publish_top(x, m, XS_DEPTH5, 5, out);
    publish_top(x, m, XS_DEPTH10, 10, out);
    publish_top(x, m, XS_DEPTH20, 20, out);
}

void xch_publish_touch(struct exchange *x, struct xch_market *m, int64_t venue_ns, const struct xch_sink *out)
{
    if (!xch_wanted(m, XS_TOUCH, out)) {
        return;
    }
    struct jw w = jw_begin(x->text, sizeof x->text);
    jw_cstr(&w, x->spot ? "{\"u\":" : "{\"e\":\"bookTicker\",\"u\":");
    jw_uint(&w, m->touch.update_id);
    if (!x->spot) {
        jw_lit(&w, ",\"E\":");
        xch_put_ms(&w, x->now_ns);
        jw_lit(&w, ",\"T\":");
        xch_put_ms(&w, venue_ns);
    }
    jw_lit(&w, ",\"s\":");
    jw_str(&w, m->ins.symbol);
    jw_lit(&w, ",\"b\":");
    xch_put_price(&w, &m->ins, m->touch.bid_ticks);
    jw_lit(&w, ",\"B\":");
    xch_put_qty(&w, &m->ins, m->touch.bid_lots);
    jw_lit(&w, ",\"a\":");
    xch_put_price(&w, &m->ins, m->touch.ask_ticks);
    jw_lit(&w, ",\"A\":");
    xch_put_qty(&w, &m->ins, m->touch.ask_lots);
    jw_lit(&w, "}");
    xch_send(x, &w, XO_MARKET_TEXT, m->stream[XS_TOUCH], out);
}

// -------------------------------------------------------------------------------------------- trades, mark,
// forced

void xch_publish_agg(struct exchange *x, struct xch_market *m, const struct xch_trade *t,
                     const struct xch_sink *out)
{
    if (!xch_wanted(m, XS_AGG, out)) {
        return;
    }
    struct jw w = begin_event(x, m, "aggTrade");
    jw_lit(&w, ",\"a\":");
    jw_uint(&w, t->id);
    jw_lit(&w, ",\"p\":");
    xch_put_price(&w, &m->ins, t->price_ticks);
    jw_lit(&w, ",\"q\":");
    xch_put_qty(&w, &m->ins, t->qty_lots);
    jw_lit(&w, ",\"f\":");
    jw_uint(&w, t->first_id);
    jw_lit(&w, ",\"l\":");
    jw_uint(&w, t->last_id);
    jw_lit(&w, ",\"T\":");
    xch_put_ms(&w, t->time_ns);
    jw_lit(&w, ",\"m\":");
    jw_bool(&w, t->side == SIDE_SELL);
    jw_lit(&w, "}");
    xch_send(x, &w, XO_MARKET_TEXT, m->stream[XS_AGG], out);
}

void xch_publish_mark(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    if (!xch_wanted(m, XS_MARK, out)) {
        return;
    }
    int64_t index = m->mark.index_e8 ? m->mark.index_e8 : m->mark.mark_e8;
    struct jw w = begin_event(x, m, "markPriceUpdate");
    jw_lit(&w, ",\"p\":");
    jw_e8(&w, m->mark.mark_e8);
    jw_lit(&w, ",\"i\":");
    jw_e8(&w, index);
    jw_lit(&w, ",\"P\":");
    jw_e8(&w, index);
    jw_lit(&w, ",\"r\":");
    jw_e8(&w, m->mark.rate_e8);
    jw_lit(&w, ",\"T\":");
    xch_put_ms(&w, m->mark.funding_due_ns);
    jw_lit(&w, "}");
    xch_send(x, &w, XO_MARKET_TEXT, m->stream[XS_MARK], out);
}

void xch_publish_force(struct exchange *x, struct xch_market *m, const struct xch_fill *f,
                       const struct xch_sink *out)
{
    if (!xch_wanted(m, XS_FORCE, out)) {
        return;
    }
    const struct xch_order *o = &f->order;
    struct jw w = jw_begin(x->text, sizeof x->text);
    jw_lit(&w, "{\"e\":\"forceOrder\",\"E\":");
    xch_put_ms(&w, x->now_ns);
    jw_lit(&w, ",\"o\":{\"s\":");
    jw_str(&w, m->ins.symbol);
    jw_lit(&w, ",\"S\":");
    jw_str(&w, o->side == SIDE_BUY ? "BUY" : "SELL");
    jw_lit(&w, ",\"o\":\"LIMIT\",\"f\":\"IOC\",\"q\":");
    xch_put_qty(&w, &m->ins, o->qty_lots);
    jw_lit(&w, ",\"p\":");
    xch_put_price(&w, &m->ins, o->price_ticks);
    jw_lit(&w, ",\"ap\":");
    jw_e8(&w, f->price_e8);
    jw_lit(&w, ",\"X\":\"FILLED\",\"l\":");
    xch_put_qty(&w, &m->ins, f->qty_lots);
    jw_lit(&w, ",\"z\":");
    xch_put_qty(&w, &m->ins, o->cum_lots);
    jw_lit(&w, ",\"T\":");
    xch_put_ms(&w, f->time_ns);
    jw_lit(&w, "}}");
    xch_send(x, &w, XO_MARKET_TEXT, m->stream[XS_FORCE], out);
}

// ------------------------------------------------------------------------------------------------------ GET
// depth

size_t exchange_depth_json(const struct exchange *x, const char *symbol, int limit, int64_t now_ns, char *buf,
                           size_t cap)
{
    const struct instrument *ins = exchange_instrument(x, symbol);
    if (!ins || limit < 1 || limit > XCH_WALK_MAX) {
        return 0;
    }
    const struct xch_market *m = &x->market[ins->id];
    struct level top[XCH_WALK_MAX];
    struct jw w = jw_begin(buf, cap);
    jw_lit(&w, "{\"lastUpdateId\":");
    jw_uint(&w, m->live ? book_last_id(m->book) : 0);
    jw_lit(&w, ",\"E\":");
    xch_put_ms(&w, now_ns);
    jw_lit(&w, ",\"T\":");
    xch_put_ms(&w, now_ns);
    for (int k = 0; k < 2; k++) {
        size_t n = m->live ? book_top(m->book, k == 0 ? SIDE_BUY : SIDE_SELL, top, (size_t)limit) : 0;
        jw_cstr(&w, k == 0 ? ",\"bids\":[" : "],\"asks\":[");
        for (size_t i = 0; i < n; i++) {
            put_level(&w, ins, top[i], i == 0);
        }
    }
    jw_lit(&w, "]}");
    return jw_end(&w);
}
