// SPDX-License-Identifier: Apache-2.0
// venue_rest_account: what the account holds: balance, account, positions, in the shapes of Aster (one for
// all its versions) and of Binance's second and third revision. venue-api.md 3.4, 3.6; Binance's public
// reference.
#include <string.h>

#include "base/check.h"
#include "base/decimal.h"
#include "live/venue_rest_call.h"

// Binance's third revision leaves out what is a setting and lists only what is not empty.
static bool is_slim(const struct venue_call *c)
{
    return call_is_binance(c) && c->version == 3;
}

// Money that nothing has happened to yet came in when the account began: clients take 0 for an asset that was
// never held.
static int64_t updated(const struct venue_call *c, const struct xch_account *a)
{
    return a->updated_ns ? a->updated_ns : c->v->funded_ns;
}

int32_t rest_balance(struct venue_call *c)
{
    struct xch_account a;
    struct jw *w = &c->w;
    exchange_account(c->v->exchange, &a);
    vj_open(w, '[');
    vj_open(w, '{');
    vj_text(w, "accountAlias", "sim");
    vj_text(w, "asset", "USDT");
    vj_e8(w, "balance", a.wallet_e8);
    vj_e8(w, "crossWalletBalance", a.cross_wallet_e8);
    vj_e8(w, "crossUnPnl", a.cross_unrealised_e8);
    vj_e8(w, "availableBalance", a.available_e8);
    vj_e8(w, "maxWithdrawAmount", a.available_e8);
    vj_bool(w, "marginAvailable", true);
    vj_ms(w, "updateTime", updated(c, &a));
    vj_close(w, '}');
    vj_close(w, ']');
    return 0;
}

// ------------------------------------------------------------------------------------------------- positions

struct position_view {
    const struct instrument *ins;
    const struct xch_position *p;
    int64_t notional_e8;    // signed, at mark
    int64_t bid_e8, ask_e8; // value of the open orders of each side
    int64_t break_even_e8;  // entry, moved by the fee of opening and closing as taker
};

static struct position_view view_of(struct venue_call *c, const struct instrument *ins,
                                    const struct xch_position *p)
{
    struct position_view v = {.ins = ins, .p = p};
    int64_t maker, taker;
    struct xch_order *row = c->v->rows.order;
    size_t n = exchange_open_orders(c->v->exchange, ins->symbol, row, XCH_ORDERS_MAX);
    for (size_t i = 0; i < n; i++) {
        int64_t left = row[i].qty_lots - row[i].cum_lots;
        int64_t value = instrument_notional_e8(ins, instrument_price_e8(ins, row[i].price_ticks), left);
        *(row[i].side == SIDE_BUY ? &v.bid_e8 : &v.ask_e8) += row[i].waiting ? 0 : value;
    }
    v.notional_e8 = instrument_notional_e8(ins, p->mark_e8, p->lots);
    exchange_fee_rates(c->v->exchange, ins->id, &maker, &taker);
    int64_t fee = muldiv_round(p->entry_e8, 2 * taker, E8);
    v.break_even_e8 = p->lots > 0 ? p->entry_e8 + fee : p->lots < 0 ? p->entry_e8 - fee : 0;
    return v;
}

static void put_margins(struct jw *w, const struct xch_position *p)
{
    vj_e8(w, "initialMargin", p->initial_margin_e8 + p->order_margin_e8);
    vj_e8(w, "maintMargin", p->maintenance_e8);
    vj_e8(w, "positionInitialMargin", p->initial_margin_e8);
    vj_e8(w, "openOrderInitialMargin", p->order_margin_e8);
}

static void put_leverage(struct jw *w, int32_t leverage)
{
    vj_key(w, "leverage");
    jw_dec(w, leverage, 0, 0);
}

static void put_amount(struct jw *w, const struct position_view *v)
{
    vj_dec(w, "positionAmt", instrument_qty_e8(v->ins, v->p->lots), v->ins->qty_decimals);
}

// 0 without decimals: none.
static void put_or_zero(struct jw *w, const char *key, int64_t v_e8)
{
    vj_dec(w, key, v_e8, v_e8 ? 8 : 0);
}

static void put_position_risk(struct venue_call *c, const struct position_view *v)
{
    struct jw *w = &c->w;
    const struct xch_position *p = v->p;
    vj_open(w, '{');
    vj_text(w, "symbol", v->ins->symbol);
    put_amount(w, v);
    vj_e8(w, "entryPrice", p->entry_e8);
    if (call_is_binance(c)) {
        vj_e8(w, "breakEvenPrice", v->break_even_e8);
    }
    vj_e8(w, "markPrice", p->mark_e8);
    vj_e8(w, "unRealizedProfit", p->unrealised_e8);
    put_or_zero(w, "liquidationPrice", p->liquidation_e8);
    if (is_slim(c)) {
        put_margins(w, p);
        vj_text(w, "marginAsset", currency_name(v->ins->settle));
        vj_int(w, "adl", p->lots ? 1 : 0);
        vj_e8(w, "bidNotional", v->bid_e8);
        vj_e8(w, "askNotional", v->ask_e8);
    } else {
        put_leverage(w, p->leverage);
        vj_dec(w, "maxNotionalValue", p->max_notional_e8, 0);
        vj_text(w, "marginType", p->isolated ? "isolated" : "cross");
        vj_text(w, "isAutoAddMargin", "false");
    }
    vj_e8(w, "isolatedMargin", p->isolated_wallet_e8 ? p->isolated_wallet_e8 + p->unrealised_e8 : 0);
    vj_text(w, "positionSide", "BOTH");
    put_or_zero(w, "notional", v->notional_e8);
    put_or_zero(w, "isolatedWallet", p->isolated_wallet_e8);
    vj_ms(w, "updateTime", p->updated_ns);
    vj_close(w, '}');
}

static void put_account_position(struct venue_call *c, const struct position_view *v)
{
    struct jw *w = &c->w;
    const struct xch_position *p = v->p;
    vj_open(w, '{');
    vj_text(w, "symbol", v->ins->symbol);
    vj_text(w, "positionSide", "BOTH");
    put_amount(w, v);
    vj_e8(w, "unrealizedProfit", p->unrealised_e8);
    put_margins(w, p);
    if (is_slim(c)) {
        vj_e8(w, "isolatedMargin", p->isolated_wallet_e8 ? p->isolated_wallet_e8 + p->unrealised_e8 : 0);
    } else {
        put_leverage(w, p->leverage);
        vj_bool(w, "isolated", p->isolated);
        vj_e8(w, "entryPrice", p->entry_e8);
        vj_dec(w, "maxNotional", p->max_notional_e8, 0);
    }
    if (call_is_binance(c) && !is_slim(c)) {
        vj_e8(w, "breakEvenPrice", v->break_even_e8);
        vj_e8(w, "bidNotional", v->bid_e8);
        vj_e8(w, "askNotional", v->ask_e8);
    }
    put_or_zero(w, "notional", v->notional_e8);
    put_or_zero(w, "isolatedWallet", p->isolated_wallet_e8);
    vj_ms(w, "updateTime", p->updated_ns);
    vj_close(w, '}');
}

typedef void put_position(struct venue_call *c, const struct position_view *v);

// Every position of the answer's shape, or that of one symbol.
static void put_positions(struct venue_call *c, const struct instrument *only, put_position *put)
{
    const struct instrument *all[INSTRUMENT_MAX];
    struct xch_position p[INSTRUMENT_MAX];
    size_t n = exchange_positions(c->v->exchange, p, INSTRUMENT_MAX);
    exchange_instruments(c->v->exchange, all);
    vj_open(&c->w, '[');
    for (size_t i = 0; i < n; i++) {
        struct position_view v = view_of(c, all[i], &p[i]);
        bool empty = p[i].lots == 0 && v.bid_e8 == 0 && v.ask_e8 == 0;
        if ((!only || only == all[i]) && !(is_slim(c) && empty)) {
            put(c, &v);
        }
    }
    vj_close(&c->w, ']');
}

int32_t rest_position_risk(struct venue_call *c)
{
    const struct instrument *ins;
    int32_t code = call_symbol_or_all(c, &ins);
    if (code == 0) {
        put_positions(c, ins, put_position_risk);
    }
    return code;
}

// --------------------------------------------------------------------------------------------------- account

static void put_asset(struct venue_call *c, const struct xch_account *a)
{
    struct jw *w = &c->w;
    int64_t orders = a->order_margin_e8, positions = a->position_margin_e8;
    vj_open(w, '{');
    vj_text(w, "asset", "USDT");
    vj_e8(w, "walletBalance", a->wallet_e8);
    vj_e8(w, "unrealizedProfit", a->unrealised_e8);
    vj_e8(w, "marginBalance", a->wallet_e8 + a->unrealised_e8);
    vj_e8(w, "maintMargin", a->maintenance_e8);
    vj_e8(w, "initialMargin", positions + orders);
    vj_e8(w, "positionInitialMargin", positions);
    vj_e8(w, "openOrderInitialMargin", orders);
    vj_e8(w, "crossWalletBalance", a->cross_wallet_e8);
    vj_e8(w, "crossUnPnl", a->cross_unrealised_e8);
    vj_e8(w, "availableBalance", a->available_e8);
    vj_e8(w, "maxWithdrawAmount", a->available_e8);
    vj_bool(w, "marginAvailable", true);
    vj_ms(w, "updateTime", updated(c, a));
    vj_close(w, '}');
}

static void put_totals(struct jw *w, const struct xch_account *a)
{
    vj_e8(w, "totalInitialMargin", a->position_margin_e8 + a->order_margin_e8);
    vj_e8(w, "totalMaintMargin", a->maintenance_e8);
    vj_e8(w, "totalWalletBalance", a->wallet_e8);
    vj_e8(w, "totalUnrealizedProfit", a->unrealised_e8);
    vj_e8(w, "totalMarginBalance", a->wallet_e8 + a->unrealised_e8);
    vj_e8(w, "totalPositionInitialMargin", a->position_margin_e8);
    vj_e8(w, "totalOpenOrderInitialMargin", a->order_margin_e8);
    vj_e8(w, "totalCrossWalletBalance", a->cross_wallet_e8);
    vj_e8(w, "totalCrossUnPnl", a->cross_unrealised_e8);
    vj_e8(w, "availableBalance", a->available_e8);
    vj_e8(w, "maxWithdrawAmount", a->available_e8);
}

static void put_rights(struct jw *w, int64_t updated_ns)
{
    vj_int(w, "feeTier", 0);
    vj_bool(w, "canTrade", true);
    vj_bool(w, "canDeposit", false);
    vj_bool(w, "canWithdraw", false);
    vj_ms(w, "updateTime", updated_ns);
}

int32_t rest_account(struct venue_call *c)
{
    struct xch_account a;
    struct jw *w = &c->w;
    exchange_account(c->v->exchange, &a);
    vj_open(w, '{');
    if (!is_slim(c)) {
        put_rights(w, updated(c, &a));
    }
    if (call_is_binance(c) && !is_slim(c)) {
        vj_bool(w, "multiAssetsMargin", exchange_multi_assets(c->v->exchange));
        vj_int(w, "tradeGroupId", -1);
    }
    put_totals(w, &a);
    vj_key(w, "assets");
    vj_open(w, '[');
    put_asset(c, &a);
    vj_close(w, ']');
    vj_key(w, "positions");
    put_positions(c, NULL, put_account_position);
    vj_close(w, '}');
    return 0;
}

int32_t rest_spot_account(struct venue_call *c)
{
    struct xch_balance b[CURRENCY_COUNT];
    struct xch_account a;
    struct jw *w = &c->w;
    size_t n = exchange_balances(c->v->exchange, b);
    exchange_account(c->v->exchange, &a);
    vj_open(w, '{');
    put_rights(w, updated(c, &a));
    vj_bool(w, "canBurnAsset", false);
    vj_key(w, "balances");
    vj_open(w, '[');
    for (size_t i = 0; i < n; i++) {
        vj_open(w, '{');
        vj_text(w, "asset", currency_name(b[i].asset));
        vj_e8(w, "free", b[i].free_e8);
        vj_e8(w, "locked", b[i].locked_e8);
        vj_close(w, '}');
    }
    vj_close(w, ']');
    vj_close(w, '}');
    return 0;
}

// Nobody else holds positions here, so nobody is deleveraged before or after us: the lowest rank of those who
// hold one.
int32_t rest_adl_quantile(struct venue_call *c)
{
    const struct instrument *ins, *all[INSTRUMENT_MAX];
    struct xch_position p[INSTRUMENT_MAX];
    struct jw *w = &c->w;
    int32_t code = call_symbol_or_all(c, &ins);
    if (code) {
        return code;
    }
    size_t n = exchange_positions(c->v->exchange, p, INSTRUMENT_MAX);
    exchange_instruments(c->v->exchange, all);
    vj_open(w, '[');
    for (size_t i = 0; i < n; i++) {
        if (p[i].lots && (!ins || ins == all[i])) {
            vj_open(w, '{');
            vj_text(w, "symbol", all[i]->symbol);
            vj_raw(w, "adlQuantile",
                   p[i].lots > 0 ? "{\"LONG\":1,\"SHORT\":0,\"BOTH\":1}"
                                 : "{\"LONG\":0,\"SHORT\":1,\"BOTH\":1}");
            vj_close(w, '}');
        }
    }
    vj_close(w, ']');
    return 0;
}
