// SPDX-License-Identifier: Apache-2.0
// venue_rest_trade: placing, changing, cancelling and reading single orders. venue-api.md 3.3, 3.6.
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/decimal.h"
#include "engine/exchange/exchange.h"
#include "live/venue_rest_call.h"

static void put_amounts(struct venue_call *c, const struct instrument *ins, const struct xch_order *o,
                        bool with_time)
{
    struct jw *w = &c->w;
    int64_t filled = instrument_qty_e8(ins, o->cum_lots);
    vj_dec(w, "price", instrument_price_e8(ins, o->price_ticks), ins->price_decimals);
    vj_e8(w, "avgPrice", filled ? muldiv_round(o->cum_quote_e8, E8, filled) : 0);
    vj_qty(w, "origQty", ins, o->qty_lots);
    vj_qty(w, "executedQty", ins, o->cum_lots);
    if (!with_time || !call_is_binance(c)) {
        vj_qty(w, "cumQty", ins, o->cum_lots);
    }
    vj_e8(w, "cumQuote", o->cum_quote_e8);
}

static void put_contract_fields(struct venue_call *c, const struct instrument *ins, const struct xch_order *o)
{
    struct jw *w = &c->w;
    vj_bool(w, "reduceOnly", o->reduce_only);
    vj_bool(w, "closePosition", o->close_position);
    vj_text(w, "positionSide", "BOTH");
    vj_text(w, "workingType", o->mark_triggers ? "MARK_PRICE" : "CONTRACT_PRICE");
    vj_bool(w, "priceProtect", o->price_protect);
    if (strcmp(o->orig_type, "TRAILING_STOP_MARKET") == 0) {
        vj_price(w, "activatePrice", ins, o->activation_ticks);
        vj_dec(w, "priceRate", o->callback_pct_e8, 1);
    }
    if (call_is_binance(c)) {
        vj_text(w, "priceMatch", "NONE");
        vj_text(w, "selfTradePreventionMode", xch_stp_name(o->stp));
        vj_int(w, "goodTillDate", 0);
    }
}

void trade_put_order(struct venue_call *c, const struct xch_order *o, bool with_time)
{
    const struct instrument *ins = exchange_instrument(c->v->exchange, o->symbol);
    struct jw *w = &c->w;
    CHECK(ins != NULL);
    vj_open(w, '{');
    vj_uint(w, "orderId", o->order_id);
    vj_text(w, "symbol", o->symbol);
    vj_text(w, "status", xch_status_name(o->status));
    vj_text(w, "clientOrderId", o->client_id);
    put_amounts(c, ins, o, with_time);
    vj_text(w, "timeInForce", o->tif[0] ? o->tif : "GTC");
    vj_text(w, "type", o->type);
    vj_text(w, "side", o->side == SIDE_BUY ? "BUY" : "SELL");
    vj_dec(w, "stopPrice", instrument_price_e8(ins, o->stop_ticks), o->stop_ticks ? ins->price_decimals : 0);
    vj_text(w, "origType", o->orig_type[0] ? o->orig_type : o->type);
    if (exchange_is_spot(c->v->exchange)) {
        vj_int(w, "orderListId", -1);
    } else {
        put_contract_fields(c, ins, o);
    }
    if (with_time) {
        vj_ms(w, "time", o->created_ns);
    }
    vj_ms(w, "updateTime", o->updated_ns);
    vj_close(w, '}');
}

// -------------------------------------------------------------------------------------- reading a new order

static int32_t read_amounts(struct venue_call *c, struct xch_order_request *r)
{
    const struct {
        const char *key;
        uint8_t *has;
        int64_t *e8;
    } AMOUNTS[] = {
        {"price", &r->has_price, &r->price_e8},
        {"quantity", &r->has_qty, &r->qty_e8},
        {"quoteOrderQty", &r->has_quote_qty, &r->quote_qty_e8},
        {"stopPrice", &r->has_stop, &r->stop_price_e8},
        {"activationPrice", &r->has_activation, &r->activation_e8},
        {"callbackRate", &r->has_callback, &r->callback_pct_e8},
    };
    int32_t code = 0;
    for (size_t i = 0; code == 0 && i < COUNT_OF(AMOUNTS); i++) {
        code = call_amount(c, AMOUNTS[i].key, AMOUNTS[i].has, AMOUNTS[i].e8);
    }
    return code;
}

static int32_t read_flags(struct venue_call *c, struct xch_order_request *r)
{
    char text[24];
    bool reduce, close, protect;
    int32_t code = call_bool(c, "reduceOnly", false, &reduce);
    code = code ? code : call_bool(c, "closePosition", false, &close);
    code = code ? code : call_bool(c, "priceProtect", false, &protect);
    if (code) {
        return code;
    }
    r->reduce_only = reduce;
    r->close_position = close;
    r->price_protect = protect;
    if (call_text(c, "workingType", text, sizeof text)) {
        r->mark_triggers = strcmp(text, "MARK_PRICE") == 0;
        if (!r->mark_triggers && strcmp(text, "CONTRACT_PRICE") != 0) {
            return call_refuse(c, -4031, "Invalid working type.");
        }
    }
    if (call_text(c, "positionSide", text, sizeof text) && strcmp(text, "BOTH") != 0) {
        return call_refuse(c, -4061, "Order's position side does not match user's setting.");
    }
    return 0;
}

static int32_t read_stp(struct venue_call *c, struct xch_order_request *r)
{
    const char *key = call_is_binance(c) ? "selfTradePreventionMode" : "stpMode";
    char text[24];
    enum xch_stp stp = XCH_STP_DEFAULT;
    int found = call_param(c, key, text, sizeof text);
    bool none = call_is_binance(c) && strcmp(text, "NONE") == 0;
    if (found && !none && (found < 0 || !xch_stp_parse(text, &stp))) {
        return call_invalid(c, key);
    }
    r->stp = (uint8_t)stp;
    return 0;
}

// What the venues offer and this one does not.
static int32_t refuse_unknown_kinds(struct venue_call *c)
{
    static const char *const KEYS[] = {"pegPriceType", "priceMatch"};
    char text[24];
    for (size_t i = 0; i < COUNT_OF(KEYS); i++) {
        if (call_text(c, KEYS[i], text, sizeof text) && strcmp(text, "NONE") != 0) {
            return call_refuse(c, -1020, "This operation is not supported: orders pegged to the book.");
        }
    }
    return 0;
}

int32_t trade_read(struct venue_call *c, struct xch_order_request *r)
{
    char side[8];
    *r = (struct xch_order_request){0};
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
    code = read_amounts(c, r);
    code = code ? code : read_flags(c, r);
    code = code ? code : read_stp(c, r);
    return code ? code : refuse_unknown_kinds(c);
}

// Conditional orders have an endpoint of their own at Binance (venue-api.md 1.2).
static int32_t read_plain(struct venue_call *c, struct xch_order_request *r)
{
    int32_t code = trade_read(c, r);
    bool conditional = strcmp(r->type, "LIMIT") != 0 && strcmp(r->type, "MARKET") != 0;
    bool known = strncmp(r->type, "STOP", 4) == 0 || strncmp(r->type, "TAKE_PROFIT", 11) == 0 ||
                 strcmp(r->type, "TRAILING_STOP_MARKET") == 0;
    return code == 0 && conditional && known && call_is_binance(c)
               ? call_refuse(c, -4120, "Order type not supported for this endpoint; use the algo order one.")
               : code;
}

// ------------------------------------------------------------------------------------------ single requests

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
    struct xch_order_request r;
    struct xch_order o;
    char form[12];
    int32_t code = read_plain(c, &r);
    if (code) {
        return code;
    }
    bool has_form = call_text(c, "newOrderRespType", form, sizeof form);
    bool full = has_form && exchange_is_spot(c->v->exchange) && strcmp(form, "FULL") == 0;
    bool result = full || (has_form && strcmp(form, "RESULT") == 0);
    if (has_form && !result && strcmp(form, "ACK") != 0) {
        return call_refuse(c, -1136, "Invalid newOrderRespType.");
    }
    code = exchange_place(c->v->exchange, &r, c->now_ns, &o, &c->msg, c->out);
    if (code) {
        return code;
    }
    bool waits =
        result && strcmp(o.tif, "GTX") != 0 && (strcmp(o.type, "MARKET") == 0 || strcmp(o.tif, "GTC") != 0);
    if (!waits) {
        as_accepted(&o);
    }
    trade_put_order(c, &o, false);
    return 0;
}

int32_t rest_test(struct venue_call *c)
{
    struct xch_order_request r;
    int32_t code = read_plain(c, &r);
    code = code ? code : exchange_test(c->v->exchange, &r, c->now_ns, &c->msg);
    if (code == 0) {
        jw_lit(&c->w, "{}");
    }
    return code;
}

// orderId (it wins) or origClientOrderId.
int32_t trade_read_handle(struct venue_call *c, const struct instrument **ins, uint64_t *id, char *client_id,
                          size_t cap)
{
    int64_t v;
    *id = 0;
    client_id[0] = 0;
    int32_t code = call_symbol(c, ins);
    if (code) {
        return code;
    }
    if (!call_int(c, "orderId", 0, &v) || v < 0) {
        return call_missing(c, "orderId");
    }
    *id = (uint64_t)v;
    if (!call_text(c, "origClientOrderId", client_id, cap) && v == 0) {
        return call_refuse(c, -1102,
                           "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
    }
    return 0;
}

int32_t rest_amend(struct venue_call *c)
{
    const struct instrument *ins;
    uint64_t id;
    uint8_t has_price, has_qty;
    int64_t price, qty;
    char client_id[CLIENT_ID_MAX];
    struct xch_order o;
    int32_t code = trade_read_handle(c, &ins, &id, client_id, sizeof client_id);
    code = code ? code : call_amount(c, "quantity", &has_qty, &qty);
    code = code ? code : call_amount(c, "price", &has_price, &price);
    if (code == 0 && (!has_qty || !has_price)) {
        code = call_missing(c, has_qty ? "price" : "quantity");
    }
    code = code ? code
                : exchange_amend(c->v->exchange, ins->symbol, id, client_id, price, qty, c->now_ns, &o,
                                 &c->msg, c->out);
    if (code == 0) {
        trade_put_order(c, &o, false);
    }
    return code;
}

int32_t rest_cancel(struct venue_call *c)
{
    const struct instrument *ins;
    uint64_t id;
    char client_id[CLIENT_ID_MAX];
    struct xch_order o;
    int32_t code = trade_read_handle(c, &ins, &id, client_id, sizeof client_id);
    code = code ? code
                : exchange_cancel(c->v->exchange, ins->symbol, id, client_id, c->now_ns, &o, &c->msg, c->out);
    if (code == 0) {
        trade_put_order(c, &o, false);
    }
    return code;
}

int32_t rest_query(struct venue_call *c)
{
    const struct instrument *ins;
    uint64_t id;
    char client_id[CLIENT_ID_MAX];
    struct xch_order o;
    int32_t code = trade_read_handle(c, &ins, &id, client_id, sizeof client_id);
    code = code ? code : exchange_query(c->v->exchange, ins->symbol, id, client_id, &o, &c->msg);
    if (code == 0) {
        trade_put_order(c, &o, true);
    }
    return code;
}

int32_t rest_open_order(struct venue_call *c)
{
    const struct instrument *ins;
    uint64_t id;
    char client_id[CLIENT_ID_MAX];
    struct xch_order o;
    int32_t code = trade_read_handle(c, &ins, &id, client_id, sizeof client_id);
    code = code ? code : exchange_query_open(c->v->exchange, ins->symbol, id, client_id, &o, &c->msg);
    if (code == 0) {
        trade_put_order(c, &o, true);
    }
    return code;
}

int32_t rest_open_orders(struct venue_call *c)
{
    const struct instrument *ins;
    struct xch_order *row = c->v->rows.order;
    int32_t code = call_symbol_or_all(c, &ins);
    if (code) {
        return code;
    }
    size_t n = exchange_open_orders(c->v->exchange, ins ? ins->symbol : NULL, row, XCH_ORDERS_MAX);
    vj_open(&c->w, '[');
    for (size_t i = 0; i < n; i++) {
        // a conditional order that waits is listed by Binance's algo endpoint
        if (!call_is_binance(c) || !row[i].waiting) {
            trade_put_order(c, &row[i], true);
        }
    }
    vj_close(&c->w, ']');
    return 0;
}

// The spot side may name some of them; its code is a number, that of Aster's futures a text (venue-api.md
// 3.1).
int32_t rest_cancel_all(struct venue_call *c)
{
    const struct instrument *ins;
    bool listed = false;
    int32_t code = call_symbol(c, &ins);
    if (code == 0 && exchange_is_spot(c->v->exchange)) {
        code = batch_cancel_listed(c, ins, &listed);
    }
    if (code == 0 && !listed) {
        code = exchange_cancel_all(c->v->exchange, ins->symbol, c->now_ns, &c->msg, c->out);
    }
    if (code == 0) {
        c->w.n = 0;
        vj_open(&c->w, '{');
        vj_raw(&c->w, "code", c->v->site == VENUE_ASTER ? "\"200\"" : "200");
        vj_text(&c->w, "msg", "The operation of cancel all open order is done.");
        vj_close(&c->w, '}');
    }
    return code;
}

// Its nonce is that of the request which it is to displace: once it has been accepted here, that one is
// expired (venue-api.md 2.4).
int32_t rest_noop(struct venue_call *c)
{
    call_success(c);
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
        code = call_missing(c, "countdownTime");
    }
    code = code ? code : exchange_countdown(c->v->exchange, ins->symbol, ms, c->now_ns, &c->msg);
    if (code == 0) {
        vj_open(&c->w, '{');
        vj_text(&c->w, "symbol", ins->symbol);
        vj_key(&c->w, "countdownTime");
        jw_dec(&c->w, ms, 0, 0);
        vj_close(&c->w, '}');
    }
    return code;
}
