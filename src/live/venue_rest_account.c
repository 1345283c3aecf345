// SPDX-License-Identifier: Apache-2.0
// venue_rest_account: balance, positions, account, fees, settings and the listen key. venue-api.md 3.4, 3.5.
#include <string.h>

#include "base/check.h"
#include "base/decimal.h"
#include "engine/exchange/xch_formula.h"
#include "live/venue_rest_call.h"

static void field(struct jw *w, const char *name, int64_t v_e8)
{
    jw_lit(w, ",");
    jw_str(w, name);
    jw_lit(w, ":");
    jw_e8(w, v_e8);
}

static void put_update_time(struct jw *w, int64_t ns)
{
    jw_lit(w, ",\"updateTime\":");
    jw_int(w, ns / NS_PER_MS);
}

// Wallet and unrealised profit outside isolated positions.
static void cross_part(const struct exchange *x, int64_t *wallet, int64_t *unrealised)
{
    struct xch_position p[INSTRUMENT_MAX];
    size_t n = exchange_positions(x, p, INSTRUMENT_MAX);
    *wallet = exchange_wallet_e8(x);
    *unrealised = 0;
    for (size_t i = 0; i < n; i++) {
        *wallet -= p[i].isolated_wallet_e8;
        *unrealised += p[i].isolated ? 0 : p[i].unrealised_e8;
    }
}

int32_t rest_balance(struct venue_call *c)
{
    struct xch_account a;
    int64_t cross, cross_pnl;
    exchange_account(c->v->exchange, &a);
    cross_part(c->v->exchange, &cross, &cross_pnl);
    jw_lit(&c->w, "[{\"accountAlias\":\"sim\",\"asset\":\"USDT\"");
    field(&c->w, "balance", a.wallet_e8);
    field(&c->w, "crossWalletBalance", cross);
    field(&c->w, "crossUnPnl", cross_pnl);
    field(&c->w, "availableBalance", a.available_e8);
    field(&c->w, "maxWithdrawAmount", a.available_e8);
    jw_lit(&c->w, ",\"marginAvailable\":true");
    put_update_time(&c->w, a.updated_ns);
    jw_lit(&c->w, "}]");
    return 0;
}

static void put_leverage(struct jw *w, int32_t leverage)
{
    jw_lit(w, ",\"leverage\":");
    jw_dec(w, leverage, 0, 0);
}

static void put_position_risk(struct venue_call *c, const struct instrument *ins,
                              const struct xch_position *p)
{
    struct jw *w = &c->w;
    jw_lit(w, "{\"symbol\":");
    jw_str(w, ins->symbol);
    jw_lit(w, ",\"positionAmt\":");
    jw_dec(w, instrument_qty_e8(ins, p->lots), 8, ins->qty_decimals);
    field(w, "entryPrice", p->entry_e8);
    field(w, "markPrice", p->mark_e8);
    field(w, "unRealizedProfit", p->unrealised_e8);
    jw_lit(w, ",\"liquidationPrice\":");
    jw_dec(w, p->liquidation_e8, 8, p->liquidation_e8 ? 8 : 0);
    put_leverage(w, p->leverage);
    jw_lit(w, ",\"maxNotionalValue\":\"1000000\",\"marginType\":");
    jw_str(w, p->isolated ? "isolated" : "cross");
    field(w, "isolatedMargin", p->isolated_wallet_e8 ? p->isolated_wallet_e8 + p->unrealised_e8 : 0);
    jw_lit(w, ",\"isAutoAddMargin\":\"false\",\"positionSide\":\"BOTH\"");
    put_update_time(w, p->updated_ns);
    jw_lit(w, "}");
}

int32_t rest_position_risk(struct venue_call *c)
{
    const struct instrument *ins, *all[INSTRUMENT_MAX];
    struct xch_position p[INSTRUMENT_MAX];
    int32_t code = call_symbol_or_all(c, &ins);
    if (code) {
        return code;
    }
    size_t n = exchange_positions(c->v->exchange, p, INSTRUMENT_MAX);
    exchange_instruments(c->v->exchange, all);
    bool first = true;
    jw_lit(&c->w, "[");
    for (size_t i = 0; i < n; i++) {
        if (!ins || ins->id == p[i].instrument) {
            jw_cstr(&c->w, first ? "" : ",");
            put_position_risk(c, all[i], &p[i]);
            first = false;
        }
    }
    jw_lit(&c->w, "]");
    return 0;
}

static void put_totals(struct jw *w, const struct xch_account *a, int64_t cross, int64_t cross_pnl)
{
    jw_lit(w, "{\"feeTier\":0,\"canTrade\":true,\"canDeposit\":false,\"canWithdraw\":false");
    put_update_time(w, a->updated_ns);
    field(w, "totalInitialMargin", a->position_margin_e8 + a->order_margin_e8);
    field(w, "totalMaintMargin", a->maintenance_e8);
    field(w, "totalWalletBalance", a->wallet_e8);
    field(w, "totalUnrealizedProfit", a->unrealised_e8);
    field(w, "totalMarginBalance", a->wallet_e8 + a->unrealised_e8);
    field(w, "totalPositionInitialMargin", a->position_margin_e8);
    field(w, "totalOpenOrderInitialMargin", a->order_margin_e8);
    field(w, "totalCrossWalletBalance", cross);
    field(w, "totalCrossUnPnl", cross_pnl);
    field(w, "availableBalance", a->available_e8);
    field(w, "maxWithdrawAmount", a->available_e8);
    jw_lit(w, ",\"assets\":[{\"asset\":\"USDT\"");
    field(w, "walletBalance", a->wallet_e8);
    field(w, "unrealizedProfit", a->unrealised_e8);
    field(w, "marginBalance", a->wallet_e8 + a->unrealised_e8);
    field(w, "maintMargin", a->maintenance_e8);
    field(w, "initialMargin", a->position_margin_e8 + a->order_margin_e8);
    field(w, "positionInitialMargin", a->position_margin_e8);
    field(w, "openOrderInitialMargin", a->order_margin_e8);
    field(w, "crossWalletBalance", cross);
    field(w, "crossUnPnl", cross_pnl);
    field(w, "availableBalance", a->available_e8);
    field(w, "maxWithdrawAmount", a->available_e8);
    jw_lit(w, ",\"marginAvailable\":true");
    put_update_time(w, a->updated_ns);
    jw_lit(w, "}],\"positions\":[");
}

static void put_account_position(struct jw *w, const struct instrument *ins, const struct xch_position *p)
{
    jw_lit(w, "{\"symbol\":");
    jw_str(w, ins->symbol);
    field(w, "initialMargin", p->initial_margin_e8 + p->order_margin_e8);
    field(w, "maintMargin", p->maintenance_e8);
    field(w, "unrealizedProfit", p->unrealised_e8);
    field(w, "positionInitialMargin", p->initial_margin_e8);
    field(w, "openOrderInitialMargin", p->order_margin_e8);
    put_leverage(w, p->leverage);
    jw_lit(w, ",\"isolated\":");
    jw_bool(w, p->isolated);
    field(w, "entryPrice", p->entry_e8);
    jw_lit(w, ",\"maxNotional\":\"1000000\",\"positionSide\":\"BOTH\",\"positionAmt\":");
    jw_dec(w, instrument_qty_e8(ins, p->lots), 8, ins->qty_decimals);
    put_update_time(w, p->updated_ns);
    jw_lit(w, "}");
}

int32_t rest_account(struct venue_call *c)
{
    struct xch_account a;
    struct xch_position p[INSTRUMENT_MAX];
    const struct instrument *all[INSTRUMENT_MAX];
    int64_t cross, cross_pnl;
    exchange_account(c->v->exchange, &a);
    cross_part(c->v->exchange, &cross, &cross_pnl);
    size_t n = exchange_positions(c->v->exchange, p, INSTRUMENT_MAX);
    exchange_instruments(c->v->exchange, all);
    put_totals(&c->w, &a, cross, cross_pnl);
    for (size_t i = 0; i < n; i++) {
        jw_cstr(&c->w, i ? "," : "");
        put_account_position(&c->w, all[i], &p[i]);
    }
    jw_lit(&c->w, "]}");
    return 0;
}

int32_t rest_commission(struct venue_call *c)
{
    const struct instrument *ins;
    int32_t code = call_symbol(c, &ins);
    if (code) {
        return code;
    }
    int64_t maker, taker;
    exchange_fee_rates(c->v->exchange, ins->id, &maker, &taker);
    jw_lit(&c->w, "{\"symbol\":");
    jw_str(&c->w, ins->symbol);
    field(&c->w, "makerCommissionRate", maker);
    field(&c->w, "takerCommissionRate", taker);
    jw_lit(&c->w, "}");
    return 0;
}

int32_t rest_leverage(struct venue_call *c)
{
    const struct instrument *ins;
    char text[12];
    int64_t leverage = 0;
    int32_t code = call_symbol(c, &ins);
    code = code ? code : call_need(c, "leverage", text, sizeof text);
    if (code == 0 && (!call_int(c, "leverage", 0, &leverage) || leverage < 1 || leverage > 1000)) {
        code = call_refuse(c, -4028, "Leverage is not valid.");
    }
    code = code ? code
                : exchange_set_leverage(c->v->exchange, ins->symbol, (int32_t)leverage, c->now_ns, &c->msg,
                                        c->out);
    if (code == 0) {
        jw_lit(&c->w, "{\"leverage\":");
        jw_int(&c->w, leverage);
        jw_lit(&c->w, ",\"maxNotionalValue\":\"1000000\",\"symbol\":");
        jw_str(&c->w, ins->symbol);
        jw_lit(&c->w, "}");
    }
    return code;
}

// A fraction as a JSON number: unlike every other decimal this one is documented so.
static void put_number(struct jw *w, int64_t v_e8)
{
    char text[40];
    decimal_format(text, v_e8, 8, 4);
    jw_cstr(w, text);
}

static void put_brackets(struct jw *w, const struct instrument *ins)
{
    jw_lit(w, "{\"symbol\":");
    jw_str(w, ins->symbol);
    jw_lit(w, ",\"brackets\":[");
    for (int i = 0; i < XCH_BRACKETS; i++) {
        const struct xch_bracket *b = &xch_brackets[i];
        jw_cstr(w, i ? ",{\"bracket\":" : "{\"bracket\":");
        jw_int(w, i + 1);
        jw_lit(w, ",\"initialLeverage\":");
        jw_int(w, b->leverage);
        jw_lit(w, ",\"notionalCap\":");
        jw_int(w, b->cap_e8 / E8);
        jw_lit(w, ",\"notionalFloor\":");
        jw_int(w, b->floor_e8 / E8);
        jw_lit(w, ",\"maintMarginRatio\":");
        put_number(w, b->mmr_e8);
        jw_lit(w, ",\"cum\":");
        jw_int(w, b->cum_e8 / E8);
        jw_lit(w, "}");
    }
    jw_lit(w, "]}");
}

int32_t rest_leverage_bracket(struct venue_call *c)
{
    const struct instrument *ins, *all[INSTRUMENT_MAX];
    int32_t code = call_symbol_or_all(c, &ins);
    if (code) {
        return code;
    }
    if (ins) {
        put_brackets(&c->w, ins);
        return 0;
    }
    size_t n = exchange_instruments(c->v->exchange, all);
    jw_lit(&c->w, "[");
    for (size_t i = 0; i < n; i++) {
        jw_cstr(&c->w, i ? "," : "");
        put_brackets(&c->w, all[i]);
    }
    jw_lit(&c->w, "]");
    return 0;
}

int32_t rest_margin_type(struct venue_call *c)
{
    const struct instrument *ins;
    char type[16];
    int32_t code = call_symbol(c, &ins);
    code = code ? code : call_need(c, "marginType", type, sizeof type);
    if (code == 0 && strcmp(type, "ISOLATED") != 0 && strcmp(type, "CROSSED") != 0) {
        code = call_refuse(c, -1130, "Data sent for parameter 'marginType' is not valid.");
    }
    code = code ? code : exchange_set_isolated(c->v->exchange, ins->symbol, type[0] == 'I', &c->msg);
    if (code == 0) {
        jw_lit(&c->w, "{\"code\":200,\"msg\":\"success\"}");
    }
    return code;
}

// This venue has one-way positions only.
int32_t rest_dual_get(struct venue_call *c)
{
    jw_lit(&c->w, "{\"dualSidePosition\":false}");
    return 0;
}

int32_t rest_dual_set(struct venue_call *c)
{
    char text[8];
    int32_t code = call_need(c, "dualSidePosition", text, sizeof text);
    if (code) {
        return code;
    }
    return strcmp(text, "true") == 0 ? call_refuse(c, -1020, "This venue has no hedge mode.")
                                     : call_refuse(c, -4059, "No need to change position side.");
}

static void put_key(struct venue_call *c)
{
    jw_lit(&c->w, "{\"listenKey\":");
    jw_str(&c->w, c->v->listen_key);
    jw_lit(&c->w, "}");
}

int32_t rest_listen_new(struct venue_call *c)
{
    if (!c->v->listen_key[0] && !venue_auth_token(&c->v->auth, c->v->listen_key)) {
        c->v->listen_key[0] = 0;
        return call_refuse(c, -1000, "An unknown error occured while processing the request.");
    }
    c->v->listen_until_ns = c->now_ns + c->v->listen_ns;
    put_key(c);
    return 0;
}

int32_t rest_listen_renew(struct venue_call *c)
{
    if (!c->v->listen_key[0]) {
        return call_refuse(c, -1125, "This listenKey does not exist.");
    }
    c->v->listen_until_ns = c->now_ns + c->v->listen_ns;
    jw_lit(&c->w, "{}");
    return 0;
}

int32_t rest_listen_close(struct venue_call *c)
{
    c->v->listen_key[0] = 0;
    jw_lit(&c->w, "{}");
    return 0;
}
