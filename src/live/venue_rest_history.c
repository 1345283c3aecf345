// SPDX-License-Identifier: Apache-2.0
// venue_rest_history: what happened: orders, executions, income, margin changes. All ascending in time.
// venue-api.md 3.3.2, 3.4, 3.6.
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/decimal.h"
#include "live/venue_rest_call.h"

#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)

// A window of at most seven days between two times that are both given.
static int32_t check_window(struct venue_call *c, const struct xch_range *r)
{
    return r->start_ms && r->end_ms && r->end_ms - r->start_ms > WEEK_MS
               ? call_refuse(c, -4165, "Invalid time interval: at most 7 days.")
               : 0;
}

int32_t rest_all_orders(struct venue_call *c)
{
    const struct instrument *ins;
    struct xch_range r;
    size_t limit;
    struct xch_order *row = c->v->rows.order;
    int32_t code = call_symbol(c, &ins);
    code = code ? code : call_range(c, "orderId", 500, 1000, &r, &limit);
    code = code ? code : check_window(c, &r);
    if (code) {
        return code;
    }
    size_t n = exchange_orders(c->v->exchange, ins->symbol, &r, row, limit);
    vj_open(&c->w, '[');
    for (size_t i = 0; i < n; i++) {
        bool plain = strcmp(row[i].type, "LIMIT") == 0 || strcmp(row[i].type, "MARKET") == 0;
        if (plain || !call_is_binance(c)) { // what never triggered is in Binance's algo list
            trade_put_order(c, &row[i], true);
        }
    }
    vj_close(&c->w, ']');
    return 0;
}

// Orders by which the venue closed positions. There is no auto-deleverage here.
int32_t rest_force_orders(struct venue_call *c)
{
    const struct instrument *ins;
    struct xch_range r;
    char type[16] = "";
    size_t limit;
    struct xch_order *row = c->v->rows.order;
    int32_t code = call_symbol_or_all(c, &ins);
    code = code ? code : call_range(c, NULL, 50, 100, &r, &limit);
    if (code) {
        return code;
    }
    bool has_type = call_text(c, "autoCloseType", type, sizeof type);
    bool adl = strcmp(type, "ADL") == 0;
    if (has_type && !adl && strcmp(type, "LIQUIDATION") != 0) {
        return call_invalid(c, "autoCloseType");
    }
    size_t n = adl ? 0 : exchange_force_orders(c->v->exchange, ins ? ins->symbol : NULL, &r, row, limit);
    vj_open(&c->w, '[');
    for (size_t i = 0; i < n; i++) {
        trade_put_order(c, &row[i], true);
    }
    vj_close(&c->w, ']');
    return 0;
}

// ------------------------------------------------------------------------------------------------ own trades

static void put_fill(struct venue_call *c, const struct xch_fill *f)
{
    const struct instrument *ins = exchange_instrument(c->v->exchange, f->order.symbol);
    struct jw *w = &c->w;
    bool spot = exchange_is_spot(c->v->exchange);
    // Aster's futures tell it negative for paid (venue-api.md 3.4)
    int64_t commission = c->v->site == VENUE_ASTER ? -f->fee_e8 : f->fee_e8;
    CHECK(ins != NULL);
    vj_open(w, '{');
    vj_text(w, "symbol", f->order.symbol);
    vj_uint(w, "id", f->trade_id);
    vj_uint(w, "orderId", f->order.order_id);
    vj_text(w, "side", f->order.side == SIDE_BUY ? "BUY" : "SELL");
    vj_dec(w, "price", f->price_e8, f->kind == FILL_ORDINARY ? ins->price_decimals : 8);
    vj_qty(w, "qty", ins, f->qty_lots);
    vj_e8(w, "quoteQty", instrument_notional_e8(ins, f->price_e8, f->qty_lots));
    vj_e8(w, "commission", commission);
    vj_text(w, "commissionAsset", currency_name(f->fee_asset ? f->fee_asset : ins->settle));
    vj_ms(w, "time", f->time_ns);
    if (spot) {
        vj_int(w, "counterpartyId", 0);
        vj_raw(w, "createUpdateId", "null");
    } else {
        vj_e8(w, "realizedPnl", f->realised_e8);
        vj_text(w, "marginAsset", currency_name(ins->settle));
        vj_text(w, "positionSide", "BOTH");
    }
    vj_bool(w, "maker", f->maker);
    vj_bool(w, "buyer", f->order.side == SIDE_BUY);
    vj_close(w, '}');
}

int32_t rest_user_trades(struct venue_call *c)
{
    const struct instrument *ins;
    struct xch_range r;
    size_t limit;
    int64_t order_id;
    bool spot = exchange_is_spot(c->v->exchange);
    struct xch_fill *row = c->v->rows.fill;
    int32_t code = spot ? call_symbol_or_all(c, &ins) : call_symbol(c, &ins);
    code = code ? code : call_range(c, "fromId", 500, COUNT_OF(c->v->rows.fill), &r, &limit);
    code = code ? code : check_window(c, &r);
    if (code) {
        return code;
    }
    if (!call_int(c, "orderId", 0, &order_id) || order_id < 0) {
        return call_invalid(c, "orderId");
    }
    if (r.from_id && (r.start_ms || r.end_ms)) {
        return call_refuse(c, -1128, "Combination of optional parameters invalid: fromId and times.");
    }
    if (order_id && !ins) {
        return call_missing(c, "symbol");
    }
    size_t n =
        exchange_user_trades(c->v->exchange, ins ? ins->symbol : NULL, (uint64_t)order_id, &r, row, limit);
    vj_open(&c->w, '[');
    for (size_t i = 0; i < n; i++) {
        put_fill(c, &row[i]);
    }
    vj_close(&c->w, ']');
    return 0;
}

// --------------------------------------------------------------------------------------------------- income

// A trade id as text, "" when there is none.
static void put_trade_id(struct jw *w, uint64_t id)
{
    char text[24] = "";
    if (id) {
        snprintf(text, sizeof text, "%llu", (unsigned long long)id);
    }
    vj_text(w, "tradeId", text);
}

static int32_t read_income(struct venue_call *c, const char *type_key, size_t *n)
{
    const struct instrument *ins;
    struct xch_range r;
    char type[40];
    size_t limit;
    enum xch_income_type which = XI_ANY;
    int32_t code = call_symbol_or_all(c, &ins);
    code = code ? code : call_range(c, NULL, 100, COUNT_OF(c->v->rows.income), &r, &limit);
    if (code) {
        return code;
    }
    if (call_text(c, type_key, type, sizeof type)) {
        which = xch_income_parse(type);
    }
    // a type that never happens here (WELCOME_BONUS and the like) has no rows
    *n = which == XI_TYPE_COUNT
             ? 0
             : exchange_income(c->v->exchange, ins ? ins->symbol : NULL, which, &r, c->v->rows.income, limit);
    return 0;
}

int32_t rest_income(struct venue_call *c)
{
    const struct instrument *all[INSTRUMENT_MAX];
    const struct xch_income *row = c->v->rows.income;
    struct jw *w = &c->w;
    size_t n = 0;
    int32_t code = read_income(c, "incomeType", &n);
    if (code) {
        return code;
    }
    size_t symbols = exchange_instruments(c->v->exchange, all);
    vj_open(w, '[');
    for (size_t i = 0; i < n; i++) {
        vj_open(w, '{');
        vj_text(w, "symbol", row[i].instrument < symbols ? all[row[i].instrument]->symbol : "");
        vj_text(w, "incomeType", xch_income_name(row[i].type));
        vj_e8(w, "income", row[i].amount_e8);
        vj_text(w, "asset", currency_name(row[i].asset));
        vj_text(w, "info", xch_income_name(row[i].type));
        vj_ms(w, "time", row[i].time_ns);
        vj_uint(w, "tranId", row[i].tran_id);
        put_trade_id(w, row[i].trade_id);
        vj_close(w, '}');
    }
    vj_close(w, ']');
    return 0;
}

// The spot side's ledger. Its field names stand in no public sample: those of the futures' income are used.
int32_t rest_transaction_history(struct venue_call *c)
{
    char asset[12] = "";
    const struct xch_income *row = c->v->rows.income;
    struct jw *w = &c->w;
    size_t n = 0;
    int32_t code = read_income(c, "type", &n);
    if (code) {
        return code;
    }
    call_text(c, "asset", asset, sizeof asset);
    vj_open(w, '[');
    for (size_t i = 0; i < n; i++) {
        const char *name = currency_name(row[i].asset);
        if (!asset[0] || strcmp(asset, name) == 0) {
            vj_open(w, '{');
            vj_uint(w, "tranId", row[i].tran_id);
            vj_text(w, "asset", name);
            vj_text(w, "type", xch_income_name(row[i].type));
            vj_e8(w, "amount", row[i].amount_e8);
            vj_ms(w, "time", row[i].time_ns);
            put_trade_id(w, row[i].trade_id);
            vj_close(w, '}');
        }
    }
    vj_close(w, ']');
    return 0;
}

int32_t rest_margin_history(struct venue_call *c)
{
    const struct instrument *ins;
    struct xch_range r;
    size_t limit;
    int64_t type;
    const struct xch_margin_change *row = c->v->rows.margin;
    struct jw *w = &c->w;
    int32_t code = call_symbol(c, &ins);
    code = code ? code : call_range(c, NULL, XCH_MARGIN_LOG_MAX, 1000, &r, &limit);
    if (code) {
        return code;
    }
    if (!call_int(c, "type", 0, &type) || type < 0 || type > 2) {
        return call_invalid(c, "type");
    }
    limit = limit < XCH_MARGIN_LOG_MAX ? limit : XCH_MARGIN_LOG_MAX;
    size_t n = exchange_margin_log(c->v->exchange, ins->symbol, &r, c->v->rows.margin, limit);
    vj_open(w, '[');
    for (size_t i = 0; i < n; i++) {
        int64_t amount = row[i].amount_e8;
        if (type == 0 || (type == 1) == (amount > 0)) {
            vj_open(w, '{');
            vj_text(w, "symbol", ins->symbol);
            vj_int(w, "type", amount > 0 ? 1 : 2);
            vj_e8(w, "amount", amount > 0 ? amount : -amount);
            vj_text(w, "asset", currency_name(ins->settle));
            vj_ms(w, "time", row[i].time_ns);
            vj_text(w, "positionSide", "BOTH");
            vj_close(w, '}');
        }
    }
    vj_close(w, ']');
    return 0;
}
