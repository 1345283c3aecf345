// SPDX-License-Identifier: Apache-2.0
// venue_rest_settings: what the account is set to, and setting it: fees, leverage, brackets, margin and
// position mode, self-trade prevention; money between spot and futures; listen keys. venue-api.md 3.4 to 3.6.
#include <string.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/text.h"
#include "live/venue_rest_call.h"

int32_t rest_empty_list(struct venue_call *c)
{
    jw_lit(&c->w, "[]");
    return 0;
}

int32_t rest_unsupported(struct venue_call *c)
{
    return call_refuse(c, -1020, "This operation is not supported.");
}

static void put_flag(struct venue_call *c, const char *key, bool v)
{
    vj_open(&c->w, '{');
    vj_bool(&c->w, key, v);
    vj_close(&c->w, '}');
}

static int32_t done(struct venue_call *c, int32_t code)
{
    if (code == 0) {
        call_success(c);
    }
    return code;
}

// ---------------------------------------------------------------------------------------- fees and leverage

int32_t rest_commission(struct venue_call *c)
{
    const struct instrument *ins;
    int64_t maker, taker;
    int32_t code = call_symbol(c, &ins);
    if (code) {
        return code;
    }
    exchange_fee_rates(c->v->exchange, ins->id, &maker, &taker);
    vj_open(&c->w, '{');
    vj_text(&c->w, "symbol", ins->symbol);
    vj_dec(&c->w, "makerCommissionRate", maker, 6);
    vj_dec(&c->w, "takerCommissionRate", taker, 6);
    vj_close(&c->w, '}');
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
    int32_t x = (int32_t)leverage;
    code = code ? code : exchange_set_leverage(c->v->exchange, ins->symbol, x, c->now_ns, &c->msg, c->out);
    if (code == 0) {
        vj_open(&c->w, '{');
        vj_int(&c->w, "leverage", leverage);
        vj_dec(&c->w, "maxNotionalValue", exchange_max_notional_e8(c->v->exchange, ins->id, x), 0);
        vj_text(&c->w, "symbol", ins->symbol);
        vj_close(&c->w, '}');
    }
    return code;
}

static void put_brackets(struct venue_call *c, const struct instrument *ins)
{
    struct jw *w = &c->w;
    size_t n;
    const struct xch_bracket *row = exchange_brackets(c->v->exchange, ins->id, &n);
    vj_open(w, '{');
    vj_text(w, "symbol", ins->symbol);
    if (call_is_binance(c)) {
        vj_number(w, "notionalCoef", E8, 2);
    }
    vj_key(w, "brackets");
    vj_open(w, '[');
    for (size_t i = 0; i < n; i++) {
        vj_open(w, '{');
        vj_int(w, "bracket", (int64_t)i + 1);
        vj_int(w, "initialLeverage", row[i].leverage);
        vj_int(w, "notionalCap", row[i].cap_e8 / E8);
        vj_int(w, "notionalFloor", row[i].floor_e8 / E8);
        vj_number(w, "maintMarginRatio", row[i].mmr_e8, 4);
        vj_number(w, "cum", row[i].cum_e8, row[i].cum_e8 % E8 ? 8 : 0);
        vj_close(w, '}');
    }
    vj_close(w, ']');
    vj_close(w, '}');
}

int32_t rest_leverage_bracket(struct venue_call *c)
{
    return call_one_or_all(c, put_brackets, false);
}

// How much more could be opened at a leverage (v1 only).
int32_t rest_openable(struct venue_call *c)
{
    const struct instrument *ins;
    struct xch_position p[INSTRUMENT_MAX];
    int64_t leverage;
    char text[12];
    int32_t code = call_symbol(c, &ins);
    code = code ? code : call_need(c, "leverage", text, sizeof text);
    if (code == 0 && (!call_int(c, "leverage", 0, &leverage) || leverage < 1 || leverage > 125)) {
        code = call_refuse(c, -4028, "Leverage is not valid.");
    }
    if (code) {
        return code;
    }
    exchange_positions(c->v->exchange, p, INSTRUMENT_MAX);
    int64_t held = instrument_notional_e8(ins, p[ins->id].mark_e8, p[ins->id].lots);
    int64_t most = exchange_max_notional_e8(c->v->exchange, ins->id, (int32_t)leverage);
    int64_t left = most - (held < 0 ? -held : held);
    vj_open(&c->w, '{');
    vj_text(&c->w, "symbol", ins->symbol);
    vj_int(&c->w, "leverage", leverage);
    vj_e8(&c->w, "remainingOpenableNotionalValue", left > 0 ? left : 0);
    vj_close(&c->w, '}');
    return 0;
}

// ---------------------------------------------------------------------------------------- margin and modes

int32_t rest_margin_type(struct venue_call *c)
{
    const struct instrument *ins;
    char type[16];
    int32_t code = call_symbol(c, &ins);
    code = code ? code : call_need(c, "marginType", type, sizeof type);
    if (code == 0 && strcmp(type, "ISOLATED") != 0 && strcmp(type, "CROSSED") != 0) {
        code = call_invalid(c, "marginType");
    }
    code = code ? code : exchange_set_isolated(c->v->exchange, ins->symbol, type[0] == 'I', &c->msg);
    return done(c, code);
}

int32_t rest_position_margin(struct venue_call *c)
{
    const struct instrument *ins;
    uint8_t has;
    int64_t amount = 0, type = 0;
    int32_t code = call_symbol(c, &ins);
    code = code ? code : call_amount(c, "amount", &has, &amount);
    if (code == 0 && !has) {
        code = call_missing(c, "amount");
    }
    if (code == 0 && (!call_int(c, "type", 0, &type) || (type != 1 && type != 2))) {
        code = type ? call_invalid(c, "type") : call_missing(c, "type");
    }
    if (code == 0 && amount <= 0) {
        code = call_refuse(c, -4055, "Amount must be positive.");
    }
    code = code ? code
                : exchange_position_margin(c->v->exchange, ins->symbol, type == 1 ? amount : -amount,
                                           c->now_ns, &c->msg, c->out);
    if (code == 0) {
        vj_open(&c->w, '{');
        vj_number(&c->w, "amount", amount, 8);
        vj_int(&c->w, "code", 200);
        vj_text(&c->w, "msg", "Successfully modify position margin.");
        vj_int(&c->w, "type", type);
        vj_close(&c->w, '}');
    }
    return code;
}

// This venue has one-way positions only.
int32_t rest_dual_get(struct venue_call *c)
{
    put_flag(c, "dualSidePosition", false);
    return 0;
}

// A flag that must be sent.
static int32_t need_flag(struct venue_call *c, const char *key, bool *to)
{
    char text[8];
    int32_t code = call_need(c, key, text, sizeof text);
    return code ? code : call_bool(c, key, false, to);
}

int32_t rest_dual_set(struct venue_call *c)
{
    bool dual;
    int32_t code = need_flag(c, "dualSidePosition", &dual);
    return done(c, code ? code : exchange_set_dual(c->v->exchange, dual, &c->msg));
}

int32_t rest_multi_get(struct venue_call *c)
{
    put_flag(c, "multiAssetsMargin", exchange_multi_assets(c->v->exchange));
    return 0;
}

int32_t rest_multi_set(struct venue_call *c)
{
    bool on;
    int32_t code = need_flag(c, "multiAssetsMargin", &on);
    return done(c, code ? code : exchange_set_multi_assets(c->v->exchange, on, c->now_ns, &c->msg, c->out));
}

int32_t rest_stp_get(struct venue_call *c)
{
    vj_open(&c->w, '{');
    vj_text(&c->w, "stpMode", xch_stp_name(exchange_stp(c->v->exchange)));
    vj_close(&c->w, '}');
    return 0;
}

int32_t rest_stp_set(struct venue_call *c)
{
    char text[24];
    enum xch_stp stp;
    int32_t code = call_need(c, "stpMode", text, sizeof text);
    if (code == 0 && !xch_stp_parse(text, &stp)) {
        code = call_invalid(c, "stpMode");
    }
    if (code == 0) {
        exchange_set_stp(c->v->exchange, stp);
    }
    return done(c, code);
}

// Binance: the settings in one answer.
int32_t rest_account_config(struct venue_call *c)
{
    struct xch_account a;
    exchange_account(c->v->exchange, &a);
    vj_open(&c->w, '{');
    vj_int(&c->w, "feeTier", 0);
    vj_bool(&c->w, "canTrade", true);
    vj_bool(&c->w, "canDeposit", false);
    vj_bool(&c->w, "canWithdraw", false);
    vj_bool(&c->w, "dualSidePosition", false);
    vj_ms(&c->w, "updateTime", a.updated_ns);
    vj_bool(&c->w, "multiAssetsMargin", exchange_multi_assets(c->v->exchange));
    vj_int(&c->w, "tradeGroupId", -1);
    vj_close(&c->w, '}');
    return 0;
}

static void put_symbol_config(struct venue_call *c, const struct instrument *ins)
{
    struct xch_position p[INSTRUMENT_MAX];
    exchange_positions(c->v->exchange, p, INSTRUMENT_MAX);
    const struct xch_position *mine = &p[ins->id];
    vj_open(&c->w, '{');
    vj_text(&c->w, "symbol", ins->symbol);
    vj_text(&c->w, "marginType", mine->isolated ? "ISOLATED" : "CROSSED");
    vj_bool(&c->w, "isAutoAddMargin", false);
    vj_int(&c->w, "leverage", mine->leverage);
    vj_dec(&c->w, "maxNotionalValue", mine->max_notional_e8, 0);
    vj_close(&c->w, '}');
}

int32_t rest_symbol_config(struct venue_call *c)
{
    return call_one_or_all(c, put_symbol_config, true);
}

// -------------------------------------------------------------------------------- between spot and futures

// clientTranId: under 64 characters, not used before (venue-api.md 3.4; the last 64 are remembered).
static int32_t check_transfer_id(struct venue_call *c, char id[64])
{
    int found = call_param(c, "clientTranId", id, 64);
    if (found < 0) {
        return call_refuse(c, -4114, "Client transaction id length should be less than 64 chars.");
    }
    if (found == 0 || !id[0]) {
        return call_missing(c, "clientTranId");
    }
    for (uint32_t i = 0; i < VENUE_TRANSFERS_MAX; i++) {
        if (strcmp(c->v->transfer_id[i], id) == 0) {
            return call_refuse(c, -4115, "Client transaction id is duplicated.");
        }
    }
    return 0;
}

// Which end pays: kindType says it, wherever the request came in. Futures and spot are each other's sister.
static int32_t find_ends(struct venue_call *c, struct venue_rest **from, struct venue_rest **to)
{
    char kind[24];
    int32_t code = call_need(c, "kindType", kind, sizeof kind);
    bool to_spot = strcmp(kind, "FUTURE_SPOT") == 0;
    if (code) {
        return code;
    }
    if (!to_spot && strcmp(kind, "SPOT_FUTURE") != 0) {
        return call_invalid(c, "kindType");
    }
    if (!c->v->sister) {
        return call_refuse(c, -1020, "This operation is not supported: the other account is not served.");
    }
    bool here_pays = (c->v->site == VENUE_SPOT) != to_spot;
    *from = here_pays ? c->v : c->v->sister;
    *to = here_pays ? c->v->sister : c->v;
    return 0;
}

// Each end hears of it on its own stream.
static const struct xch_sink *sink_of(const struct venue_call *c, const struct venue_rest *end)
{
    return end == c->v ? c->out : end->sink;
}

int32_t rest_transfer(struct venue_call *c)
{
    struct venue_rest *from = NULL, *to = NULL;
    char asset[12] = "", id[64] = "";
    uint8_t has;
    int64_t amount = 0;
    uint64_t out_id, in_id;
    int32_t code = call_amount(c, "amount", &has, &amount);
    code = code ? code : call_need(c, "asset", asset, sizeof asset);
    code = code ? code : check_transfer_id(c, id);
    code = code ? code : find_ends(c, &from, &to);
    CHECK(code != 0 || (from && to)); // a refusal is never 0
    if (code == 0 && (!has || amount <= 0)) {
        code = has ? call_refuse(c, -4055, "Amount must be positive.") : call_missing(c, "amount");
    }
    enum currency what = currency_parse(asset, strlen(asset));
    if (code == 0 && what != CURRENCY_USDT) { // the only asset that both ends know
        code = call_refuse(c, -1108, "Invalid asset.");
    }
    code = code ? code
                : exchange_transfer(from->exchange, what, -amount, c->now_ns, &out_id, &c->msg,
                                    sink_of(c, from));
    code = code ? code
                : exchange_transfer(to->exchange, what, amount, c->now_ns, &in_id, &c->msg, sink_of(c, to));
    if (code == 0) {
        text_copy(c->v->transfer_id[c->v->transfers++ % VENUE_TRANSFERS_MAX], 64, id);
        vj_open(&c->w, '{');
        vj_uint(&c->w, "tranId", out_id);
        vj_text(&c->w, "status", "SUCCESS");
        vj_close(&c->w, '}');
    }
    return code;
}

// --------------------------------------------------------------------------------------------- listen keys

static void put_key(struct venue_call *c)
{
    vj_open(&c->w, '{');
    vj_text(&c->w, "listenKey", c->v->listen_key);
    vj_close(&c->w, '}');
}

int32_t rest_listen_new(struct venue_call *c)
{
    const char *site = venue_dialects[c->v->site].name;
    if (!c->v->listen_key[0] && !venue_auth_token(&c->v->auth, site, c->v->listen_key)) {
        c->v->listen_key[0] = 0;
        return call_refuse(c, -1000, "An unknown error occurred while processing the request.");
    }
    c->v->listen_until_ns = c->now_ns + c->v->listen_ns;
    put_key(c);
    return 0;
}

// The spot side names the key, the futures know which it is.
static int32_t check_key(struct venue_call *c)
{
    char key[VENUE_LISTEN_KEY_LEN + 2];
    bool spot = exchange_is_spot(c->v->exchange);
    int found = call_param(c, "listenKey", key, sizeof key);
    if (spot && found == 0) {
        return call_missing(c, "listenKey");
    }
    bool right = c->v->listen_key[0] && (!spot || strcmp(key, c->v->listen_key) == 0);
    return right ? 0 : call_refuse(c, -1125, "This listenKey does not exist.");
}

int32_t rest_listen_renew(struct venue_call *c)
{
    int32_t code = check_key(c);
    if (code) {
        return code;
    }
    c->v->listen_until_ns = c->now_ns + c->v->listen_ns;
    if (call_is_binance(c)) {
        put_key(c);
    } else {
        jw_lit(&c->w, "{}");
    }
    return 0;
}

int32_t rest_listen_close(struct venue_call *c)
{
    int32_t code = exchange_is_spot(c->v->exchange) ? check_key(c) : 0;
    if (code == 0) {
        c->v->listen_key[0] = 0;
        jw_lit(&c->w, "{}");
    }
    return code;
}
