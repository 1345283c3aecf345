// SPDX-License-Identifier: Apache-2.0
// xch_publish: what the exchange says, in the venue's words: market payloads of venue-api.md 5.3, user
// payloads of 5.5. Written by literals and integers into one scratch buffer; nothing here decides anything.
#include <string.h>

#include "engine/exchange/xch.h"
#include "engine/exchange/xch_json.h"

static void put_ms(struct jw *w, int64_t ns)
{
    jw_int(w, ns / NS_PER_MS);
}

static void put_price(struct jw *w, const struct instrument *ins, int64_t ticks)
{
    jw_dec(w, instrument_price_e8(ins, ticks), 8, ins->price_decimals);
}

static void put_qty(struct jw *w, const struct instrument *ins, int64_t lots)
{
    jw_dec(w, instrument_qty_e8(ins, lots), 8, ins->qty_decimals);
}

static void send(struct exchange *x, struct jw *w, enum xch_out_type type, const char *stream,
                 const struct xch_sink *out)
{
    size_t n = jw_end(w);
    CHECK(n > 0);
    out->publish(out->ctx, type, stream, x->text, n);
}

static bool wanted(const struct xch_sink *out)
{
    return out && out->publish;
}

static struct jw begin(struct exchange *x)
{
    return jw_begin(x->text, sizeof x->text);
}

static void put_level(struct jw *w, const struct instrument *ins, struct level l, bool first)
{
    jw_cstr(w, first ? "[" : ",[");
    put_price(w, ins, l.ticks);
    jw_lit(w, ",");
    if (l.lots == 0) {
        jw_lit(w, "\"0\"");
    } else {
        put_qty(w, ins, l.lots);
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

void xch_publish_depth(struct exchange *x, struct xch_market *m, uint64_t prev_id, const struct xch_sink *out)
{
    if (!wanted(out)) {
        return;
    }
    struct jw w = begin(x);
    jw_lit(&w, "{\"e\":\"depthUpdate\",\"E\":");
    put_ms(&w, x->now_ns);
    jw_lit(&w, ",\"T\":");
    put_ms(&w, m->batch.venue_ns);
    jw_lit(&w, ",\"s\":");
    jw_str(&w, m->ins.symbol);
    jw_lit(&w, ",\"U\":");
    jw_uint(&w, m->batch.first_id);
    jw_lit(&w, ",\"u\":");
    jw_uint(&w, m->batch.last_id);
    jw_lit(&w, ",\"pu\":");
    jw_uint(&w, prev_id);
    jw_lit(&w, ",\"b\":[");
    put_batch_side(&w, m, SIDE_BUY);
    jw_lit(&w, "],\"a\":[");
    put_batch_side(&w, m, SIDE_SELL);
    jw_lit(&w, "]}");
    send(x, &w, XO_MARKET_TEXT, m->stream_depth, out);
}

void xch_publish_touch(struct exchange *x, struct xch_market *m, int64_t venue_ns, const struct xch_sink *out)
{
    if (!wanted(out)) {
        return;
    }
    struct jw w = begin(x);
    jw_lit(&w, "{\"e\":\"bookTicker\",\"u\":");
    jw_uint(&w, m->touch.update_id);
    jw_lit(&w, ",\"E\":");
    put_ms(&w, x->now_ns);
    jw_lit(&w, ",\"T\":");
    put_ms(&w, venue_ns);
    jw_lit(&w, ",\"s\":");
    jw_str(&w, m->ins.symbol);
    jw_lit(&w, ",\"b\":");
    put_price(&w, &m->ins, m->touch.bid_ticks);
    jw_lit(&w, ",\"B\":");
    put_qty(&w, &m->ins, m->touch.bid_lots);
    jw_lit(&w, ",\"a\":");
    put_price(&w, &m->ins, m->touch.ask_ticks);
    jw_lit(&w, ",\"A\":");
    put_qty(&w, &m->ins, m->touch.ask_lots);
    jw_lit(&w, "}");
    send(x, &w, XO_MARKET_TEXT, m->stream_touch, out);
}

void xch_publish_agg(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    struct xch_agg *g = &m->agg;
    if (g->due_ns == 0) {
        return;
    }
    g->due_ns = 0;
    m->agg_id++;
    if (!wanted(out)) {
        return;
    }
    struct jw w = begin(x);
    jw_lit(&w, "{\"e\":\"aggTrade\",\"E\":");
    put_ms(&w, x->now_ns);
    jw_lit(&w, ",\"s\":");
    jw_str(&w, m->ins.symbol);
    jw_lit(&w, ",\"a\":");
    jw_uint(&w, m->agg_id);
    jw_lit(&w, ",\"p\":");
    put_price(&w, &m->ins, g->price_ticks);
    jw_lit(&w, ",\"q\":");
    put_qty(&w, &m->ins, g->lots);
    jw_lit(&w, ",\"f\":");
    jw_uint(&w, g->first_id);
    jw_lit(&w, ",\"l\":");
    jw_uint(&w, g->last_id);
    jw_lit(&w, ",\"T\":");
    put_ms(&w, g->venue_ns);
    jw_lit(&w, ",\"m\":");
    jw_bool(&w, g->side == SIDE_SELL);
    jw_lit(&w, "}");
    send(x, &w, XO_MARKET_TEXT, m->stream_trade, out);
}

void xch_publish_mark(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    if (!wanted(out)) {
        return;
    }
    int64_t index = m->mark.index_e8 ? m->mark.index_e8 : m->mark.mark_e8;
    struct jw w = begin(x);
    jw_lit(&w, "{\"e\":\"markPriceUpdate\",\"E\":");
    put_ms(&w, x->now_ns);
    jw_lit(&w, ",\"s\":");
    jw_str(&w, m->ins.symbol);
    jw_lit(&w, ",\"p\":");
    jw_e8(&w, m->mark.mark_e8);
    jw_lit(&w, ",\"i\":");
    jw_e8(&w, index);
    jw_lit(&w, ",\"P\":");
    jw_e8(&w, index);
    jw_lit(&w, ",\"r\":");
    jw_e8(&w, m->mark.rate_e8);
    jw_lit(&w, ",\"T\":");
    put_ms(&w, m->mark.funding_due_ns);
    jw_lit(&w, "}");
    send(x, &w, XO_MARKET_TEXT, m->stream_mark, out);
}

// ---------------------------------------------------------------------------------------------- user stream

const char *xch_status_name(uint8_t status)
{
    static const char *const NAMES[] = {"NEW",      "PARTIALLY_FILLED", "FILLED",
                                        "CANCELED", "EXPIRED",          "REJECTED"};
    CHECK(status < COUNT_OF(NAMES));
    return NAMES[status];
}

static const char *exec_name(enum report_kind exec, const struct xch_fill *f)
{
    if (f) {
        return f->kind == FILL_LIQUIDATION ? "CALCULATED" : "TRADE";
    }
    return exec == RK_ACCEPTED ? "NEW" : exec == RK_CANCELED ? "CANCELED" : "EXPIRED";
}

static int64_t open_notional_e8(const struct exchange *x, const struct instrument *ins, enum side side)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < x->open_count; i++) {
        const struct xch_order *o = &x->slot[x->open[i]].o;
        if (o->instrument == ins->id && o->side == side) {
            sum += instrument_notional_e8(ins, instrument_price_e8(ins, o->price_ticks),
                                          o->qty_lots - o->cum_lots);
        }
    }
    return sum;
}

static void put_order_head(struct jw *w, const struct instrument *ins, const struct xch_order *o)
{
    int64_t filled = instrument_qty_e8(ins, o->cum_lots);
    jw_lit(w, "\"s\":");
    jw_str(w, o->symbol);
    jw_lit(w, ",\"c\":");
    jw_str(w, o->client_id);
    jw_lit(w, ",\"S\":");
    jw_str(w, o->side == SIDE_BUY ? "BUY" : "SELL");
    jw_lit(w, ",\"o\":");
    jw_str(w, o->type);
    jw_lit(w, ",\"f\":");
    jw_str(w, o->tif);
    jw_lit(w, ",\"q\":");
    put_qty(w, ins, o->qty_lots);
    jw_lit(w, ",\"p\":");
    put_price(w, ins, o->price_ticks);
    jw_lit(w, ",\"ap\":");
    jw_e8(w, filled ? muldiv_round(o->cum_quote_e8, E8, filled) : 0);
    jw_lit(w, ",\"sp\":\"0\"");
}

static void put_execution(struct jw *w, const struct instrument *ins, const struct xch_order *o,
                          const struct xch_fill *f)
{
    jw_lit(w, ",\"X\":");
    jw_str(w, xch_status_name(o->status));
    jw_lit(w, ",\"i\":");
    jw_uint(w, o->order_id);
    jw_lit(w, ",\"l\":");
    put_qty(w, ins, f ? f->qty_lots : 0);
    jw_lit(w, ",\"z\":");
    put_qty(w, ins, o->cum_lots);
    jw_lit(w, ",\"L\":");
    jw_dec(w, f ? f->price_e8 : 0, 8, f && f->kind != FILL_ORDINARY ? 8 : ins->price_decimals);
    if (f) {
        jw_lit(w, ",\"N\":\"USDT\",\"n\":");
        jw_e8(w, f->fee_e8);
    }
    jw_lit(w, ",\"T\":");
    put_ms(w, o->updated_ns);
    jw_lit(w, ",\"t\":");
    jw_uint(w, f ? f->trade_id : 0);
}

void xch_publish_order(struct exchange *x, const struct xch_order *o, enum report_kind exec,
                       const struct xch_fill *f, const struct xch_sink *out)
{
    if (!wanted(out)) {
        return;
    }
    const struct instrument *ins = &x->market[o->instrument].ins;
    struct jw w = begin(x);
    jw_lit(&w, "{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":");
    put_ms(&w, x->now_ns);
    jw_lit(&w, ",\"T\":");
    put_ms(&w, o->updated_ns);
    jw_lit(&w, ",\"o\":{");
    put_order_head(&w, ins, o);
    jw_lit(&w, ",\"x\":");
    jw_str(&w, exec_name(exec, f));
    put_execution(&w, ins, o, f);
    jw_lit(&w, ",\"b\":");
    jw_e8(&w, open_notional_e8(x, ins, SIDE_BUY));
    jw_lit(&w, ",\"a\":");
    jw_e8(&w, open_notional_e8(x, ins, SIDE_SELL));
    jw_lit(&w, ",\"m\":");
    jw_bool(&w, f && f->maker);
    jw_lit(&w, ",\"R\":");
    jw_bool(&w, o->reduce_only);
    jw_lit(&w, ",\"wt\":\"CONTRACT_PRICE\",\"ot\":");
    jw_str(&w, o->type);
    jw_lit(&w, ",\"ps\":\"BOTH\",\"cp\":false,\"rp\":");
    jw_e8(&w, f ? f->realised_e8 : 0);
    jw_lit(&w, "}}");
    send(x, &w, XO_ORDER, "", out);
}

static void put_account_position(struct jw *w, const struct exchange *x, const struct xch_market *m)
{
    struct xch_position p;
    xch_position_of(x, m, &p);
    jw_lit(w, "{\"s\":");
    jw_str(w, m->ins.symbol);
    jw_lit(w, ",\"pa\":");
    put_qty(w, &m->ins, p.lots);
    jw_lit(w, ",\"ep\":");
    jw_e8(w, p.entry_e8);
    jw_lit(w, ",\"cr\":");
    jw_e8(w, m->realised_e8);
    jw_lit(w, ",\"up\":");
    jw_e8(w, p.unrealised_e8);
    jw_lit(w, ",\"mt\":");
    jw_str(w, m->isolated ? "isolated" : "cross");
    jw_lit(w, ",\"iw\":");
    jw_e8(w, p.isolated_wallet_e8);
    jw_lit(w, ",\"ps\":\"BOTH\"}");
}

void xch_publish_account(struct exchange *x, const struct xch_market *m, const char *reason,
                         int64_t change_e8, bool with_position, const struct xch_sink *out)
{
    if (!wanted(out)) {
        return;
    }
    int64_t cross = x->wallet_e8;
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        struct xch_position p;
        xch_position_of(x, &x->market[i], &p);
        cross -= p.isolated_wallet_e8;
    }
    struct jw w = begin(x);
    jw_lit(&w, "{\"e\":\"ACCOUNT_UPDATE\",\"E\":");
    put_ms(&w, x->now_ns);
    jw_lit(&w, ",\"T\":");
    put_ms(&w, x->account_ns);
    jw_lit(&w, ",\"a\":{\"m\":");
    jw_str(&w, reason);
    jw_lit(&w, ",\"B\":[{\"a\":\"USDT\",\"wb\":");
    jw_e8(&w, x->wallet_e8);
    jw_lit(&w, ",\"cw\":");
    jw_e8(&w, cross);
    jw_lit(&w, ",\"bc\":");
    jw_e8(&w, change_e8);
    jw_lit(&w, "}],\"P\":[");
    if (with_position) {
        put_account_position(&w, x, m);
    }
    jw_lit(&w, "]}}");
    send(x, &w, XO_ACCOUNT, "", out);
}

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
    put_ms(&w, now_ns);
    jw_lit(&w, ",\"T\":");
    put_ms(&w, now_ns);
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
