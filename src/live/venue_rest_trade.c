// SPDX-License-Identifier: Apache-2.0
// venue_rest_trade: placing, cancelling and reading orders and executions. venue-api.md 3.3.
#include <string.h>

#include "base/check.h"
#include "base/decimal.h"
#include "engine/exchange/exchange.h"
#include "live/venue_rest_call.h"

static void put_order(struct venue_call *c, const struct xch_order *o, bool with_time)
{
    const struct instrument *ins = exchange_instrument(c->v->exchange, o->symbol);
    struct jw *w = &c->w;
    int64_t filled = instrument_qty_e8(ins, o->cum_lots);
    jw_lit(w, "{\"orderId\":");
    jw_uint(w, o->order_id);
    jw_lit(w, ",\"symbol\":");
    jw_str(w, o->symbol);
    jw_lit(w, ",\"status\":");
    jw_str(w, xch_status_name(o->status));
    jw_lit(w, ",\"clientOrderId\":");
    jw_str(w, o->client_id);
    jw_lit(w, ",\"price\":");
    jw_dec(w, instrument_price_e8(ins, o->price_ticks), 8, ins->price_decimals);
    jw_lit(w, ",\"avgPrice\":");
    jw_e8(w, filled ? muldiv_round(o->cum_quote_e8, E8, filled) : 0);
    jw_lit(w, ",\"origQty\":");
    jw_dec(w, instrument_qty_e8(ins, o->qty_lots), 8, ins->qty_decimals);
    jw_lit(w, ",\"executedQty\":");
    jw_dec(w, filled, 8, ins->qty_decimals);
    jw_lit(w, ",\"cumQty\":");
    jw_dec(w, filled, 8, ins->qty_decimals);
    jw_lit(w, ",\"cumQuote\":");
    jw_e8(w, o->cum_quote_e8);
    jw_lit(w, ",\"timeInForce\":");
    jw_str(w, o->tif);
    jw_lit(w, ",\"type\":");
    jw_str(w, o->type);
    jw_lit(w, ",\"reduceOnly\":");
    jw_bool(w, o->reduce_only);
    jw_lit(w, ",\"closePosition\":false,\"side\":");
    jw_str(w, o->side == SIDE_BUY ? "BUY" : "SELL");
    jw_lit(w, ",\"positionSide\":\"BOTH\",\"stopPrice\":\"0\",\"workingType\":\"CONTRACT_PRICE\","
              "\"priceProtect\":false,"
              "\"origType\":");
    jw_str(w, o->type);
    if (with_time) {
        jw_lit(w, ",\"time\":");
        jw_int(w, o->created_ns / NS_PER_MS);
    }
    jw_lit(w, ",\"updateTime\":");
    jw_int(w, o->updated_ns / NS_PER_MS);
    jw_lit(w, "}");
}

static bool parse_amount(struct venue_call *c, const char *key, uint8_t *has, int64_t *e8)
{
    char text[40];
    int found = call_param(c, key, text, sizeof text);
    *has = found == 1 && text[0]; // sent empty is as good as not sent
    return found == 0 || (found == 1 && (!text[0] || decimal_parse_e8(text, strlen(text), e8)));
}

static int32_t read_order(struct venue_call *c, struct xch_order_request *r)
{
    char side[8], reduce[8], position_side[12];
    int32_t code = call_need(c, "symbol", r->symbol, sizeof r->symbol);
    code = code ? code : call_need(c, "side", side, sizeof side);
    code = code ? code : call_need(c, "type", r->type, sizeof r->type);
    if (code) {
        return code;
    }
    r->side = strcmp(side, "BUY") == 0 ? SIDE_BUY : strcmp(side, "SELL") == 0 ? SIDE_SELL : 0;
    if (call_param(c, "timeInForce", r->tif, sizeof r->tif) < 0) {
        return call_refuse(c, -1115, "Invalid timeInForce.");
    }
    if (call_param(c, "newClientOrderId", r->client_id, sizeof r->client_id) < 0) {
        return call_refuse(c, -4015, "Client order id length should be less than 36 chars");
    }
    if (call_text(c, "positionSide", position_side, sizeof position_side) &&
        strcmp(position_side, "BOTH") != 0) {
        return call_refuse(c, -4061, "Order's position side does not match user's setting.");
    }
    if (!parse_amount(c, "price", &r->has_price, &r->price_e8)) {
        return call_refuse(c, -1111, "Precision is over the maximum defined for this asset.");
    }
    if (!parse_amount(c, "quantity", &r->has_qty, &r->qty_e8)) {
        return call_refuse(c, -1111, "Precision is over the maximum defined for this asset.");
    }
    int found = call_param(c, "reduceOnly", reduce, sizeof reduce);
    r->reduce_only = found == 1 && strcmp(reduce, "true") == 0;
    if (found != 0 && !r->reduce_only && (found < 0 || strcmp(reduce, "false") != 0)) {
        return call_refuse(c, -1130, "Data sent for parameter 'reduceOnly' is not valid.");
    }
    return 0;
}

// ACK tells the order as it was accepted; RESULT waits for what became of MARKET, IOC and FOK
// (venue-api.md 3.3.1).
static void as_accepted(struct xch_order *o)
{
    o->status = OS_NEW;
    o->cum_lots = 0;
    o->cum_quote_e8 = 0;
    o->updated_ns = o->created_ns;
}

int32_t rest_place(struct venue_call *c)
{
    struct xch_order_request r = {0};
    struct xch_order o;
    char form[12];
    int32_t code = read_order(c, &r);
    if (code) {
        return code;
    }
    bool has_form = call_text(c, "newOrderRespType", form, sizeof form);
    if (has_form && strcmp(form, "ACK") != 0 && strcmp(form, "RESULT") != 0) {
        return call_refuse(c, -1136, "Invalid newOrderRespType.");
    }
    code = exchange_place(c->v->exchange, &r, c->now_ns, &o, &c->msg, c->out);
    if (code) {
        return code;
    }
    bool waits = has_form && strcmp(form, "RESULT") == 0 && strcmp(o.tif, "GTX") != 0 &&
                 (strcmp(o.type, "MARKET") == 0 || strcmp(o.tif, "GTC") != 0);
    if (!waits) {
        as_accepted(&o);
    }
    put_order(c, &o, false);
    return 0;
}

// orderId (it wins) or origClientOrderId.
static int32_t read_handle(struct venue_call *c, const struct instrument **ins, uint64_t *id, char *client_id,
                           size_t cap)
{
    int64_t v;
    int32_t code = call_symbol(c, ins);
    if (code) {
        return code;
    }
    if (!call_int(c, "orderId", 0, &v) || v < 0) {
        return call_refuse(c, -1102,
                           "Mandatory parameter 'orderId' was not sent, was empty/null, or malformed.");
    }
    *id = (uint64_t)v;
    if (!call_text(c, "origClientOrderId", client_id, cap) && v == 0) {
        return call_refuse(c, -1102,
                           "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
    }
    return 0;
}

int32_t rest_cancel(struct venue_call *c)
{
    const struct instrument *ins;
    uint64_t id;
    char client_id[CLIENT_ID_MAX] = "";
    struct xch_order o;
    int32_t code = read_handle(c, &ins, &id, client_id, sizeof client_id);
    code = code ? code
                : exchange_cancel(c->v->exchange, ins->symbol, id, client_id, c->now_ns, &o, &c->msg, c->out);
    if (code == 0) {
        put_order(c, &o, false);
    }
    return code;
}

static int32_t find_order(struct venue_call *c, struct xch_order *o)
{
    const struct instrument *ins;
    uint64_t id;
    char client_id[CLIENT_ID_MAX] = "";
    int32_t code = read_handle(c, &ins, &id, client_id, sizeof client_id);
    return code ? code : exchange_query(c->v->exchange, ins->symbol, id, client_id, o, &c->msg);
}

int32_t rest_query(struct venue_call *c)
{
    struct xch_order o;
    int32_t code = find_order(c, &o);
    if (code == 0) {
        put_order(c, &o, true);
    }
    return code;
}

int32_t rest_open_order(struct venue_call *c)
{
    struct xch_order o;
    int32_t code = find_order(c, &o);
    if (code == 0 && o.status != OS_NEW && o.status != OS_PARTIAL) {
        code = call_refuse(c, -2013, "Order does not exist.");
    }
    if (code == 0) {
        put_order(c, &o, true);
    }
    return code;
}

int32_t rest_open_orders(struct venue_call *c)
{
    static struct xch_order rows[XCH_ORDERS_MAX];
    const struct instrument *ins;
    int32_t code = call_symbol_or_all(c, &ins);
    if (code) {
        return code;
    }
    size_t n = exchange_open_orders(c->v->exchange, ins ? ins->symbol : NULL, rows, XCH_ORDERS_MAX);
    jw_lit(&c->w, "[");
    for (size_t i = 0; i < n; i++) {
        jw_cstr(&c->w, i ? "," : "");
        put_order(c, &rows[i], true);
    }
    jw_lit(&c->w, "]");
    return 0;
}

int32_t rest_cancel_all(struct venue_call *c)
{
    const struct instrument *ins;
    int32_t code = call_symbol(c, &ins);
    code = code ? code : exchange_cancel_all(c->v->exchange, ins->symbol, c->now_ns, &c->msg, c->out);
    if (code == 0) {
        jw_lit(&c->w, "{\"code\":\"200\",\"msg\":\"The operation of cancel all open order is done.\"}");
    }
    return code;
}

// Its nonce is that of the request which it is to displace: once it has been accepted here, that one is
// expired (venue-api.md 2.4).
int32_t rest_noop(struct venue_call *c)
{
    jw_lit(&c->w, "{\"code\":200,\"msg\":\"success\"}");
    return 0;
}

int32_t rest_countdown(struct venue_call *c)
{
    const struct instrument *ins;
    char text[24];
    int64_t ms = -1;
    int32_t code = call_symbol(c, &ins);
    code = code ? code : call_need(c, "countdownTime", text, sizeof text);
    if (code == 0 && (!call_int(c, "countdownTime", -1, &ms) || ms < 0)) {
        code = call_refuse(c, -1102,
                           "Mandatory parameter 'countdownTime' was not sent, was empty/null, or malformed.");
    }
    code = code ? code : exchange_countdown(c->v->exchange, ins->symbol, ms, c->now_ns, &c->msg);
    if (code == 0) {
        jw_lit(&c->w, "{\"symbol\":");
        jw_str(&c->w, ins->symbol);
        jw_lit(&c->w, ",\"countdownTime\":");
        jw_dec(&c->w, ms, 0, 0);
        jw_lit(&c->w, "}");
    }
    return code;
}

static void put_fill(struct venue_call *c, const struct xch_fill *f)
{
    const struct instrument *ins = exchange_instrument(c->v->exchange, f->order.symbol);
    struct jw *w = &c->w;
    jw_lit(w, "{\"id\":");
    jw_uint(w, f->trade_id);
    jw_lit(w, ",\"orderId\":");
    jw_uint(w, f->order.order_id);
    jw_lit(w, ",\"symbol\":");
    jw_str(w, f->order.symbol);
    jw_lit(w, ",\"side\":");
    jw_str(w, f->order.side == SIDE_BUY ? "BUY" : "SELL");
    jw_lit(w, ",\"positionSide\":\"BOTH\",\"price\":");
    jw_dec(w, f->price_e8, 8, f->kind == FILL_ORDINARY ? ins->price_decimals : 8);
    jw_lit(w, ",\"qty\":");
    jw_dec(w, instrument_qty_e8(ins, f->qty_lots), 8, ins->qty_decimals);
    jw_lit(w, ",\"quoteQty\":");
    jw_e8(w, instrument_notional_e8(ins, f->price_e8, f->qty_lots));
    jw_lit(w, ",\"commission\":");
    jw_e8(w, -f->fee_e8); // negative for paid, as in the published sample
    jw_lit(w, ",\"commissionAsset\":\"USDT\",\"realizedPnl\":");
    jw_e8(w, f->realised_e8);
    jw_lit(w, ",\"maker\":");
    jw_bool(w, f->maker);
    jw_lit(w, ",\"buyer\":");
    jw_bool(w, f->order.side == SIDE_BUY);
    jw_lit(w, ",\"time\":");
    jw_int(w, f->time_ns / NS_PER_MS);
    jw_lit(w, "}");
}

// The newest `limit` without fromId or times, the oldest that match with them; ascending.
int32_t rest_user_trades(struct venue_call *c)
{
    static struct xch_fill rows[XCH_TRADES_MAX];
    const struct instrument *ins;
    int64_t limit, from, start, end;
    int32_t code = call_symbol(c, &ins);
    if (code) {
        return code;
    }
    if (!call_int(c, "limit", 500, &limit) || !call_int(c, "fromId", -1, &from) ||
        !call_int(c, "startTime", 0, &start) || !call_int(c, "endTime", INT64_MAX, &end) || limit < 1 ||
        limit > 1000) {
        return call_refuse(c, -1130, "Data sent for a parameter is not valid.");
    }
    size_t n =
        exchange_fills(c->v->exchange, ins->symbol, from > 0 ? (uint64_t)from : 0, rows, XCH_TRADES_MAX);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t ms = rows[i].time_ns / NS_PER_MS;
        if (ms >= start && ms <= end) {
            rows[kept++] = rows[i];
        }
    }
    size_t first = from < 0 && start == 0 && kept > (size_t)limit ? kept - (size_t)limit : 0;
    jw_lit(&c->w, "[");
    for (size_t i = first; i < kept && i < first + (size_t)limit; i++) {
        jw_cstr(&c->w, i > first ? "," : "");
        put_fill(c, &rows[i]);
    }
    jw_lit(&c->w, "]");
    return 0;
}
