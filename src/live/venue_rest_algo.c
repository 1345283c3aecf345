// SPDX-License-Identifier: Apache-2.0
// venue_rest_algo: Binance's endpoint of its own for conditional orders (venue-api.md 1.2). To the exchange
// they are orders like all others that wait for their trigger; here they have other names: algoId,
// clientAlgoId, triggerPrice, algoStatus. Once triggered they are ordinary orders. Fields: Binance's public
// reference.
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "live/venue_rest_call.h"

static bool is_conditional(const struct xch_order *o)
{
    return strcmp(o->type, "LIMIT") != 0 && strcmp(o->type, "MARKET") != 0;
}

static const char *algo_status(const struct xch_order *o)
{
    return o->waiting                 ? "NEW"
           : !is_conditional(o)       ? "TRIGGERED"
           : o->status == OS_CANCELED ? "CANCELED"
           : o->status == OS_EXPIRED  ? "EXPIRED"
           : o->status == OS_REJECTED ? "REJECTED"
                                      : "FINISHED";
}

static void put_trailing(struct jw *w, const struct instrument *ins, const struct xch_order *o)
{
    bool trailing = strcmp(o->orig_type, "TRAILING_STOP_MARKET") == 0;
    if (trailing) {
        vj_price(w, "activatePrice", ins, o->activation_ticks);
        vj_dec(w, "callbackRate", o->callback_pct_e8, 1);
    } else {
        vj_text(w, "activatePrice", "");
        vj_text(w, "callbackRate", "");
    }
}

// What became of it once it was triggered; the order goes by the same id.
static void put_actual(struct jw *w, const struct instrument *ins, const struct xch_order *o, bool single)
{
    char id[24] = "";
    bool placed = !is_conditional(o);
    int64_t filled = instrument_qty_e8(ins, o->cum_lots);
    if (placed) {
        snprintf(id, sizeof id, "%llu", (unsigned long long)o->order_id);
    }
    vj_text(w, "actualOrderId", id);
    if (single) {
        vj_text(w, "actualType", placed ? o->type : "");
        vj_qty(w, "actualQty", ins, o->cum_lots);
    }
    vj_e8(w, "actualPrice", filled ? muldiv_round(o->cum_quote_e8, E8, filled) : 0);
}

enum algo_answer { ALGO_PLACED, ALGO_SINGLE, ALGO_LISTED }; // each tells a little more or less

static void put_algo(struct venue_call *c, const struct xch_order *o, enum algo_answer kind)
{
    const struct instrument *ins = exchange_instrument(c->v->exchange, o->symbol);
    struct jw *w = &c->w;
    CHECK(ins != NULL);
    vj_open(w, '{');
    vj_uint(w, "algoId", o->order_id);
    vj_text(w, "clientAlgoId", o->client_id);
    vj_text(w, "algoType", "CONDITIONAL");
    vj_text(w, "orderType", o->orig_type);
    vj_text(w, "symbol", o->symbol);
    vj_text(w, "side", o->side == SIDE_BUY ? "BUY" : "SELL");
    vj_text(w, "positionSide", "BOTH");
    vj_text(w, "timeInForce", o->tif[0] ? o->tif : "GTC");
    vj_qty(w, "quantity", ins, o->qty_lots);
    vj_text(w, "algoStatus", algo_status(o));
    if (kind != ALGO_PLACED) {
        put_actual(w, ins, o, kind == ALGO_SINGLE);
    }
    vj_price(w, "triggerPrice", ins, o->stop_ticks);
    vj_price(w, "price", ins, o->price_ticks);
    vj_raw(w, "icebergQuantity", "null");
    vj_text(w, "selfTradePreventionMode", xch_stp_name(o->stp));
    vj_text(w, "workingType", o->mark_triggers ? "MARK_PRICE" : "CONTRACT_PRICE");
    vj_text(w, "priceMatch", "NONE");
    vj_bool(w, "closePosition", o->close_position);
    vj_bool(w, "priceProtect", o->price_protect);
    vj_bool(w, "reduceOnly", o->reduce_only);
    put_trailing(w, ins, o);
    vj_ms(w, "createTime", o->created_ns);
    vj_ms(w, "updateTime", o->updated_ns);
    vj_ms(w, "triggerTime", is_conditional(o) ? 0 : o->updated_ns);
    vj_int(w, "goodTillDate", 0);
    vj_close(w, '}');
}

int32_t rest_algo_place(struct venue_call *c)
{
    struct xch_order_request r;
    struct xch_order o;
    char algo_type[16];
    int32_t code = call_need(c, "algoType", algo_type, sizeof algo_type);
    if (code == 0 && strcmp(algo_type, "CONDITIONAL") != 0) {
        code = call_invalid(c, "algoType");
    }
    code = code ? code : trade_read(c, &r);
    code = code ? code : call_amount(c, "triggerPrice", &r.has_stop, &r.stop_price_e8);
    code = code ? code : call_amount(c, "activatePrice", &r.has_activation, &r.activation_e8);
    if (code) {
        return code;
    }
    if (call_param(c, "clientAlgoId", r.client_id, sizeof r.client_id) < 0) {
        return call_refuse(c, -4015, "Client order id length should be less than 36 chars");
    }
    if (strcmp(r.type, "LIMIT") == 0 || strcmp(r.type, "MARKET") == 0) {
        return call_refuse(c, -1116, "Invalid orderType.");
    }
    code = exchange_place(c->v->exchange, &r, c->now_ns, &o, &c->msg, c->out);
    if (code == 0) {
        put_algo(c, &o, ALGO_PLACED);
    }
    return code;
}

// algoId (it wins) or clientAlgoId; the symbol need not be sent.
static int32_t find_algo(struct venue_call *c, bool open_only, struct xch_order *o)
{
    const struct instrument *all[INSTRUMENT_MAX];
    int64_t id;
    char client_id[CLIENT_ID_MAX] = "";
    if (!call_int(c, "algoId", 0, &id) || id < 0) {
        return call_missing(c, "algoId");
    }
    if (!call_text(c, "clientAlgoId", client_id, sizeof client_id) && id == 0) {
        return call_refuse(c, -1102,
                           "Param 'algoId' or 'clientAlgoId' must be sent, but both were empty/null!");
    }
    size_t n = exchange_instruments(c->v->exchange, all);
    int32_t code = -2013;
    for (size_t i = 0; code && i < n; i++) {
        code = exchange_query(c->v->exchange, all[i]->symbol, (uint64_t)id, client_id, o, &c->msg);
    }
    bool known = code == 0 && strcmp(o->orig_type, "LIMIT") != 0 && strcmp(o->orig_type, "MARKET") != 0;
    return known && (o->waiting || !open_only) ? 0
           : open_only                         ? call_refuse(c, -2011, "Unknown order sent.")
                                               : call_refuse(c, -2013, "Order does not exist.");
}

int32_t rest_algo_cancel(struct venue_call *c)
{
    struct xch_order o;
    int32_t code = find_algo(c, true, &o);
    code = code ? code
                : exchange_cancel(c->v->exchange, o.symbol, o.order_id, "", c->now_ns, &o, &c->msg, c->out);
    if (code == 0) {
        vj_open(&c->w, '{');
        vj_uint(&c->w, "algoId", o.order_id);
        vj_text(&c->w, "clientAlgoId", o.client_id);
        vj_text(&c->w, "code", "200");
        vj_text(&c->w, "msg", "success");
        vj_close(&c->w, '}');
    }
    return code;
}

int32_t rest_algo_query(struct venue_call *c)
{
    struct xch_order o;
    int32_t code = find_algo(c, false, &o);
    if (code == 0) {
        put_algo(c, &o, ALGO_SINGLE);
    }
    return code;
}

static void put_list(struct venue_call *c, size_t n)
{
    const struct xch_order *row = c->v->rows.order;
    vj_open(&c->w, '[');
    for (size_t i = 0; i < n; i++) {
        if (strcmp(row[i].orig_type, "LIMIT") != 0 && strcmp(row[i].orig_type, "MARKET") != 0) {
            put_algo(c, &row[i], ALGO_LISTED);
        }
    }
    vj_close(&c->w, ']');
}

int32_t rest_algo_open(struct venue_call *c)
{
    const struct instrument *ins;
    struct xch_order *row = c->v->rows.order;
    int32_t code = call_symbol_or_all(c, &ins);
    if (code) {
        return code;
    }
    size_t n = exchange_open_orders(c->v->exchange, ins ? ins->symbol : NULL, row, XCH_ORDERS_MAX), kept = 0;
    for (size_t i = 0; i < n; i++) {
        row[kept] = row[i];
        kept += row[i].waiting;
    }
    put_list(c, kept);
    return 0;
}

int32_t rest_algo_all(struct venue_call *c)
{
    const struct instrument *ins;
    struct xch_range r;
    size_t limit;
    int32_t code = call_symbol(c, &ins);
    code = code ? code : call_range(c, "algoId", 500, 1000, &r, &limit);
    if (code == 0) {
        put_list(c, exchange_orders(c->v->exchange, ins->symbol, &r, c->v->rows.order, limit));
    }
    return code;
}

int32_t rest_algo_cancel_all(struct venue_call *c)
{
    const struct instrument *ins;
    struct xch_order *row = c->v->rows.order;
    int32_t code = call_symbol(c, &ins);
    if (code) {
        return code;
    }
    size_t n = exchange_open_orders(c->v->exchange, ins->symbol, row, XCH_ORDERS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct xch_order o;
        if (row[i].waiting) {
            exchange_cancel(c->v->exchange, ins->symbol, row[i].order_id, "", c->now_ns, &o, &c->msg, c->out);
        }
    }
    jw_lit(&c->w, "{\"code\":200,\"msg\":\"The operation of cancel all open order is done.\"}");
    return 0;
}
