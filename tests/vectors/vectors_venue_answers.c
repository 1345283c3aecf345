// SPDX-License-Identifier: Apache-2.0
// vectors_venue_answers: real REST payloads through the program's own decoders (wire/decode).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/venue/error_class.h"
#include "vectors_venue.h"
#include "wire/decode.h"

static struct answer answer; // large

static const struct {
    const char *path;   // behind the version
    const char *method; // NULL: any
    enum request_kind kind;
} ANSWERS[] = {
    {"order", "POST", RQ_PLACE},
    {"order", "DELETE", RQ_CANCEL},
    {"order", "PUT", RQ_AMEND},
    {"order", "GET", RQ_QUERY_ORDER},
    {"openOrder", "GET", RQ_QUERY_ORDER},
    {"openOrders", "GET", RQ_OPEN_ORDERS},
    {"allOrders", "GET", RQ_OPEN_ORDERS},
    {"forceOrders", "GET", RQ_OPEN_ORDERS},
    {"allOpenOrders", "DELETE", RQ_CANCEL_ALL},
    {"batchOrders", "POST", RQ_PLACE},
    {"batchOrders", "PUT", RQ_PLACE},
    {"batchOrders", "DELETE", RQ_CANCEL},
    {"countdownCancelAll", "POST", RQ_DEADMAN},
    {"noop", "POST", RQ_CANCEL_ALL},
    {"positionRisk", "GET", RQ_POSITIONS},
    {"balance", "GET", RQ_BALANCE},
    {"userTrades", "GET", RQ_TRADES},
    {"myTrades", "GET", RQ_TRADES},
    {"income", "GET", RQ_INCOME},
    {"exchangeInfo", "GET", RQ_EXCHANGE_INFO},
    {"depth", "GET", RQ_DEPTH},
    {"time", "GET", RQ_TIME},
    {"ping", "GET", RQ_LISTEN_KEY_RENEW},
    {"listenKey", "POST", RQ_LISTEN_KEY},
    {"listenKey", "PUT", RQ_LISTEN_KEY_RENEW},
    {"listenKey", "DELETE", RQ_LISTEN_KEY_RENEW},
    {"commissionRate", "GET", RQ_COMMISSION},
    {"positionSide/dual", NULL, RQ_POSITION_MODE},
    {"multiAssetsMargin", NULL, RQ_MULTI_ASSETS},
    {"stpMode", NULL, RQ_STP_MODE},
    {"leverage", "POST", RQ_LEVERAGE},
    {"marginType", "POST", RQ_MARGIN_TYPE},
    {"positionMargin", "POST", RQ_MARGIN_TYPE},
    {"leverageBracket", "GET", RQ_BRACKETS},
    {"adlQuantile", "GET", RQ_ADL},
    {"accountWithJoinMargin", "GET", RQ_ACCOUNT},
    {"account", "GET", RQ_ACCOUNT},
    {"asset/wallet/transfer", "POST", RQ_TRANSFER},
    {"klines", "GET", RQ_KLINES},
    {"indexPriceKlines", "GET", RQ_KLINES},
    {"markPriceKlines", "GET", RQ_KLINES},
    {"premiumIndex", "GET", RQ_PREMIUM},
    {"fundingRate", "GET", RQ_FUNDING_RATE},
    {"fundingInfo", "GET", RQ_FUNDING_INFO},
    {"ticker/24hr", "GET", RQ_TICKER},
    {"ticker/price", "GET", RQ_TICKER},
    {"ticker/bookTicker", "GET", RQ_TICKER},
    {"trades", "GET", RQ_MARKET_TRADES},
    {"historicalTrades", "GET", RQ_MARKET_TRADES},
    {"aggTrades", "GET", RQ_MARKET_TRADES},
};

// "GET /fapi/v3/depth (note)" -> kind; false when the program does not ask this.
bool vectors_request_kind(const char *where, enum request_kind *kind)
{
    char method[8] = "", path[64] = "";
    *kind = RQ_NONE;
    if (strcmp(where, "any") == 0) {
        return true;
    }
    if (sscanf(where, "%7s %63s", method, path) != 2) {
        return false;
    }
    const char *at = strstr(path, "/v");
    at = at ? strchr(at + 1, '/') : NULL;
    for (size_t i = 0; at && i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        if (strcmp(at + 1, ANSWERS[i].path) == 0 &&
            (!ANSWERS[i].method || strcmp(method, ANSWERS[i].method) == 0)) {
            *kind = ANSWERS[i].kind;
            return true;
        }
    }
    return false;
}

// ----------------------------------------------------------------------------------------------------------------
// one row of each list

static void put_instrument(json_t *got, const char *p, uint32_t i)
{
    static const char *const TIFS[] = {"GTC", "IOC", "FOK", "GTX", "HIDDEN", "GTD", NULL};
    static const char *const TYPES[] = {
        "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET",
        NULL};
    const struct instrument *x = &answer.u.info.instruments[i];
    const struct wire_symbol *m = &answer.u.info.symbols[i];
    fact_text(got, p, "symbol", x->symbol);
    fact_e8(got, p, "tick|tickSize", x->tick_e8);
    fact_e8(got, p, "step|stepSize|lot", x->lot_e8);
    fact_e8(got, p, "min_price", x->min_price_ticks * x->tick_e8);
    fact_e8(got, p, "max_price", x->max_price_ticks * x->tick_e8);
    fact_e8(got, p, "min_qty", x->min_qty_lots * x->lot_e8);
    fact_e8(got, p, "max_qty", x->max_qty_lots * x->lot_e8);
    fact_e8(got, p, "market_min_qty", x->market_min_qty_lots * x->lot_e8);
    fact_e8(got, p, "market_max_qty", x->market_max_qty_lots * x->lot_e8);
    fact_e8(got, p, "min_notional|notional", x->min_notional_e8);
    fact_e8(got, p, "max_notional", m->max_notional_e8);
    fact_e8(got, p, "mult_up|multiplierUp|bidMultiplierUp", x->percent_up_e8);
    fact_e8(got, p, "mult_down|multiplierDown|askMultiplierDown", x->percent_down_e8);
    fact_e8(got, p, "bidMultiplierDown", m->bid_down_e8);
    fact_e8(got, p, "askMultiplierUp", m->ask_up_e8);
    fact_e8(got, p, "triggerProtect", m->trigger_protect_e8);
    fact_e8(got, p, "marketTakeBound", m->take_bound_e8);
    fact_e8(got, p, "liquidationFee", m->liquidation_fee_e8);
    fact_bool(got, p, "trading|is_trading", x->status == INSTRUMENT_TRADING);
    fact_text(got, p, "status", x->status == INSTRUMENT_TRADING ? "TRADING" : "HALTED");
    fact_text(got, p, "quote|quoteAsset|marginAsset|settle", currency_name((enum currency)x->settle));
    fact_int(got, p, "max_orders|max_num_orders|maxOpenOrders", x->max_open_orders);
    fact_int(got, p, "max_algo_orders|max_num_algo_orders", m->max_algo_orders);
    fact_int(got, p, "price_decimals", x->price_decimals);
    fact_int(got, p, "qty_decimals|quantity_decimals", x->qty_decimals);
    fact_mask(got, p, "timeInForce|tif", m->tifs, TIFS);
    fact_mask(got, p, "orderTypes|OrderType|types", m->types, TYPES);
    fact_bool(got, p, "fok|has_fok|fok_allowed|supports_fok", m->tifs & TIFS_FOK);
    fact_bool(got, p, "hidden|has_hidden|hidden_allowed|supports_hidden", m->tifs & TIFS_HIDDEN);
    fact_bool(got, p, "post_only|has_gtx|gtx_allowed|supports_gtx", m->tifs & TIFS_GTX);
}

static void put_trade(json_t *got, const char *p, const struct wire_trade *x)
{
    const char *side = x->side == SIDE_BUY ? "BUY" : "SELL";
    fact_int(got, p, "id|trade_id", (int64_t)x->id);
    fact_int(got, p, "orderId", (int64_t)x->order_id);
    fact_text(got, p, "symbol", x->symbol);
    fact_text(got, p, "side", side);
    fact_bool(got, p, "buyer|isBuyer", x->side == SIDE_BUY);
    fact_e8(got, p, "price", x->price_e8);
    fact_e8(got, p, "qty", x->qty_e8);
    fact_e8(got, p, "quoteQty", x->quote_qty_e8);
    fact_e8(got, p, "commission|fee", x->fee_e8);
    fact_e8(got, p, "commission_abs|commission_magnitude|fee_magnitude|fee_paid|abs_commission",
            x->fee_e8 < 0 ? -x->fee_e8 : x->fee_e8);
    fact_text(got, p, "commissionAsset|fee_asset", x->fee_asset);
    fact_e8(got, p, "realizedPnl|realised|realised_pnl|realized", x->realised_e8);
    fact_bool(got, p, "maker|isMaker", x->maker);
    fact_int(got, p, "time", x->time_ms);
}

static void put_balance(json_t *got, const char *p, const struct wire_balance *b, bool spot)
{
    fact_text(got, p, "asset", b->asset);
    fact_e8(got, p, "balance|walletBalance|wallet|total", b->wallet_e8);
    fact_e8(got, p, "crossWalletBalance|cross", b->cross_e8);
    fact_e8(got, p, "availableBalance|available", b->available_e8);
    fact_e8(got, p, "crossUnPnl|unrealizedProfit|unrealised", b->unrealised_e8);
    fact_int(got, p, "updateTime", b->update_time_ms);
    if (spot) {
        fact_e8(got, p, "free", b->available_e8);
        fact_e8(got, p, "locked", b->locked_e8);
    }
}

static void put_income(json_t *got, const char *p, const struct wire_income *x)
{
    fact_text(got, p, "symbol", x->symbol);
    fact_text(got, p, "incomeType|type", x->type);
    fact_e8(got, p, "income|amount", x->income_e8);
    fact_text(got, p, "asset", x->asset);
    fact_text(got, p, "info", x->info);
    fact_int(got, p, "time", x->time_ms);
    fact_int(got, p, "tranId", (int64_t)x->tran_id);
    fact_int(got, p, "tradeId", (int64_t)x->trade_id);
}

static void put_bracket(json_t *got, const char *p, const struct wire_bracket *b)
{
    fact_text(got, p, "symbol", b->symbol);
    fact_int(got, p, "bracket", b->bracket);
    fact_int(got, p, "initialLeverage|leverage|max_leverage", b->leverage);
    fact_e8(got, p, "notionalCap|cap", b->cap_e8);
    fact_e8(got, p, "notionalFloor|floor", b->floor_e8);
    fact_e8(got, p, "maintMarginRatio|ratio|maint_ratio", b->maint_e8);
    fact_e8(got, p, "cum", b->cum_e8);
}

static void put_funding_info(json_t *got, const char *p, const struct wire_funding_info *x)
{
    fact_text(got, p, "symbol", x->symbol);
    fact_int(got, p, "fundingIntervalHours|interval_hours", x->interval_h);
    fact_e8(got, p, "interestRate|interest", x->interest_e8);
    fact_e8(got, p, "fundingFeeCap|cap|adjustedFundingRateCap", x->cap_e8);
    fact_e8(got, p, "fundingFeeFloor|floor|adjustedFundingRateFloor", x->floor_e8);
    fact_int(got, p, "time", x->time_ms);
}

static void put_funding(json_t *got, const char *p, const struct wire_funding *x)
{
    fact_text(got, p, "symbol", x->symbol);
    fact_e8(got, p, "fundingRate|rate", x->rate_e8);
    fact_int(got, p, "fundingTime|time", x->time_ms);
    fact_e8(got, p, "markPrice|mark", x->mark_e8);
}

static void put_premium(json_t *got, const char *p, const struct wire_premium *x)
{
    fact_text(got, p, "symbol", x->symbol);
    fact_e8(got, p, "markPrice|mark", x->mark_e8);
    fact_e8(got, p, "indexPrice|index", x->index_e8);
    fact_e8(got, p, "estimatedSettlePrice|settle|estimated_settle", x->settle_e8);
    fact_e8(got, p, "lastFundingRate|rate|funding_rate", x->rate_e8);
    fact_e8(got, p, "interestRate|interest", x->interest_e8);
    fact_int(got, p, "nextFundingTime|next_funding", x->next_funding_ms);
    fact_int(got, p, "time", x->time_ms);
}

static void put_kline(json_t *got, const char *p, const struct wire_kline *k)
{
    fact_int(got, p, "open_time", k->open_ms);
    fact_int(got, p, "close_time", k->close_ms);
    fact_e8(got, p, "open", k->open_e8);
    fact_e8(got, p, "high", k->high_e8);
    fact_e8(got, p, "low", k->low_e8);
    fact_e8(got, p, "close", k->close_e8);
    fact_e8(got, p, "volume", k->volume_e8);
    fact_e8(got, p, "quote_volume", k->quote_volume_e8);
    fact_e8(got, p, "taker_buy_base", k->taker_base_e8);
    fact_e8(got, p, "taker_buy_quote", k->taker_quote_e8);
    fact_int(got, p, "trades|count|samples", k->trades);
}

static void put_ticker(json_t *got, const char *p, const struct wire_ticker *t)
{
    fact_text(got, p, "symbol", t->symbol);
    fact_e8(got, p, "lastPrice|last|price", t->last_e8);
    fact_e8(got, p, "lastQty", t->last_qty_e8);
    fact_e8(got, p, "bidPrice|bid|best_bid", t->bid_e8);
    fact_e8(got, p, "bidQty|best_bid_qty", t->bid_qty_e8);
    fact_e8(got, p, "askPrice|ask|best_ask", t->ask_e8);
    fact_e8(got, p, "askQty|best_ask_qty", t->ask_qty_e8);
    fact_e8(got, p, "openPrice|open", t->open_e8);
    fact_e8(got, p, "highPrice|high", t->high_e8);
    fact_e8(got, p, "lowPrice|low", t->low_e8);
    fact_e8(got, p, "weightedAvgPrice|vwap", t->average_e8);
    fact_e8(got, p, "priceChange|change", t->change_e8);
    fact_e8(got, p, "priceChangePercent|change_percent|percentage", t->change_percent_e8);
    fact_e8(got, p, "volume", t->volume_e8);
    fact_e8(got, p, "quoteVolume", t->quote_volume_e8);
    fact_int(got, p, "openTime", t->open_ms);
    fact_int(got, p, "closeTime", t->close_ms);
    fact_int(got, p, "count|trades", t->trades);
    fact_int(got, p, "time", t->time_ms);
}

static void put_market_trade(json_t *got, const char *p, const struct wire_market_trade *t)
{
    fact_int(got, p, "id|trade_id|agg_id|a", (int64_t)t->id);
    fact_int(got, p, "first_id|first_trade_id|f", (int64_t)t->first_id);
    fact_int(got, p, "last_id|last_trade_id|l", (int64_t)t->last_id);
    fact_e8(got, p, "price|p", t->price_e8);
    fact_e8(got, p, "qty|q", t->qty_e8);
    fact_int(got, p, "time|T", t->time_ms);
    fact_bool(got, p, "isBuyerMaker|m", t->buyer_is_maker);
    fact_text(got, p, "taker_side|aggressor|side", t->buyer_is_maker ? "SELL" : "BUY");
}

// The order, or the error that stands in its place.
static void put_order(json_t *got, const char *p, const struct wire_order *o)
{
    fact_bool(got, p, "is_error", o->code != 0);
    if (o->code) {
        fact_int(got, p, "code", o->code);
    } else {
        fact_order(got, p, o);
    }
}

// ----------------------------------------------------------------------------------------------------------------
// answers

static void put_row(json_t *got, const char *p, uint32_t i)
{
    switch (answer.kind) {
    case RQ_POSITIONS:
        fact_position(got, p, &answer.u.positions[i]);
        return;
    case RQ_BALANCE:
    case RQ_ACCOUNT:
        put_balance(got, p, &answer.u.balances[i], answer.kind == RQ_ACCOUNT && answer.u.account.spot);
        return;
    case RQ_TRADES:
        put_trade(got, p, &answer.u.trades[i]);
        return;
    case RQ_EXCHANGE_INFO:
        put_instrument(got, p, i);
        return;
    case RQ_BRACKETS:
        put_bracket(got, p, &answer.u.brackets[i]);
        return;
    case RQ_INCOME:
        put_income(got, p, &answer.u.income[i]);
        return;
    case RQ_FUNDING_INFO:
        put_funding_info(got, p, &answer.u.funding_info[i]);
        return;
    case RQ_FUNDING_RATE:
        put_funding(got, p, &answer.u.funding[i]);
        return;
    case RQ_PREMIUM:
        put_premium(got, p, &answer.u.premium[i]);
        return;
    case RQ_KLINES:
        put_kline(got, p, &answer.u.klines[i]);
        return;
    case RQ_TICKER:
        put_ticker(got, p, &answer.u.tickers[i]);
        return;
    case RQ_MARKET_TRADES:
        put_market_trade(got, p, &answer.u.market_trades[i]);
        return;
    case RQ_ADL:
        fact_text(got, p, "symbol", answer.u.adl[i].symbol);
        fact_int(got, p, "BOTH", answer.u.adl[i].both);
        fact_int(got, p, "LONG", answer.u.adl[i].longs);
        fact_int(got, p, "SHORT", answer.u.adl[i].shorts);
        return;
    default:
        put_order(got, p, &answer.u.orders[i]);
        return;
    }
}

// What a row is called besides its number: its symbol or asset.
static const char *row_name(uint32_t i)
{
    switch (answer.kind) {
    case RQ_POSITIONS:
        return answer.u.positions[i].symbol;
    case RQ_BALANCE:
    case RQ_ACCOUNT:
        return answer.u.balances[i].asset;
    case RQ_EXCHANGE_INFO:
        return answer.u.info.instruments[i].symbol;
    case RQ_FUNDING_INFO:
        return answer.u.funding_info[i].symbol;
    case RQ_PREMIUM:
        return answer.u.premium[i].symbol;
    case RQ_TICKER:
        return answer.u.tickers[i].symbol;
    default:
        return "";
    }
}

static void put_rows(json_t *got, bool list)
{
    char p[48];
    if (list) {
        fact_int(got, "", "rows|count|length", answer.rows);
    }
    for (uint32_t i = 0; i < answer.rows; i++) {
        snprintf(p, sizeof p, "%u.", i);
        put_row(got, p, i);
        snprintf(p, sizeof p, "%s.", row_name(i));
        if (p[0] != '.') {
            put_row(got, p, i);
        }
    }
    if (answer.rows) {
        put_row(got, "", 0); // a case about one row may leave its name out
    }
}

static void put_account(json_t *got)
{
    const struct wire_account *a = &answer.u.account;
    fact_int(got, "", "balances|assets", answer.rows);
    fact_int(got, "", "positions", a->position_rows);
    fact_int(got, "", "feeTier", a->fee_tier);
    fact_bool(got, "", "canTrade", a->can_trade);
    fact_bool(got, "", "canDeposit", a->can_deposit);
    fact_bool(got, "", "canWithdraw", a->can_withdraw);
    fact_e8(got, "", "totalWalletBalance", a->wallet_e8);
    fact_e8(got, "", "totalUnrealizedProfit", a->unrealised_e8);
    fact_e8(got, "", "totalMarginBalance", a->margin_balance_e8);
    fact_e8(got, "", "totalInitialMargin", a->initial_e8);
    fact_e8(got, "", "totalMaintMargin", a->maint_e8);
    fact_e8(got, "", "availableBalance", a->available_e8);
    fact_e8(got, "", "maxWithdrawAmount", a->max_withdraw_e8);
    fact_int(got, "", "updateTime", a->update_time_ms);
    for (uint32_t i = 0; i < a->position_rows; i++) {
        char p[48];
        snprintf(p, sizeof p, "%s.", a->positions[i].symbol);
        fact_position(got, p, &a->positions[i]);
        snprintf(p, sizeof p, "positions.%u.", i);
        fact_position(got, p, &a->positions[i]);
    }
}

static void put_depth(json_t *got)
{
    const struct wire_depth *d = &answer.u.depth;
    fact_int(got, "", "lastUpdateId|last_update_id|last_id", (int64_t)d->last_id);
    fact_int(got, "", "bids", d->bids);
    fact_int(got, "", "asks", d->asks);
    fact_int(got, "", "event_time|E|output_time", d->event_ms);
    fact_int(got, "", "transaction_time|T", d->transaction_ms);
    if (d->bids && d->asks) {
        fact_e8(got, "", "best_bid|bid", d->price_e8[0]);
        fact_e8(got, "", "best_bid_qty|bid_qty", d->qty_e8[0]);
        fact_e8(got, "", "best_ask|ask", d->price_e8[d->bids]);
        fact_e8(got, "", "best_ask_qty|ask_qty", d->qty_e8[d->bids]);
    }
}

static void put_small(json_t *got)
{
    switch (answer.kind) {
    case RQ_DEADMAN:
        fact_text(got, "", "symbol", answer.u.deadman.symbol);
        fact_int(got, "", "countdownTime", answer.u.deadman.countdown_ms);
        return;
    case RQ_TIME:
        fact_int(got, "", "serverTime", answer.u.time.server_ms);
        return;
    case RQ_LISTEN_KEY:
        fact_text(got, "", "listenKey", answer.u.listen.key);
        fact_int(got, "", "length|listenKey_length|key_length", (int64_t)strlen(answer.u.listen.key));
        return;
    case RQ_COMMISSION:
        fact_text(got, "", "symbol", answer.u.commission.symbol);
        fact_e8(got, "", "makerCommissionRate|maker", answer.u.commission.maker_e8);
        fact_e8(got, "", "takerCommissionRate|taker", answer.u.commission.taker_e8);
        return;
    case RQ_POSITION_MODE:
        fact_bool(got, "", "dualSidePosition|hedge_mode|hedge", answer.u.mode.hedge);
        return;
    case RQ_MULTI_ASSETS:
        fact_bool(got, "", "multiAssetsMargin|multi_assets", answer.u.multi_assets.on);
        return;
    case RQ_STP_MODE:
        fact_text(got, "", "stpMode|mode", answer.u.stp.mode);
        return;
    case RQ_LEVERAGE:
        fact_text(got, "", "symbol", answer.u.leverage.symbol);
        fact_int(got, "", "leverage", answer.u.leverage.leverage);
        fact_e8(got, "", "maxNotionalValue", answer.u.leverage.max_notional_e8);
        return;
    case RQ_TRANSFER:
        fact_int(got, "", "tranId", (int64_t)answer.u.transfer.tran_id);
        fact_text(got, "", "status", answer.u.transfer.status);
        fact_bool(got, "", "success|ok", strcmp(answer.u.transfer.status, "SUCCESS") == 0);
        return;
    default:
        fact_bool(got, "", "success|ok|empty", true); // {} or code 200: nothing but that it went well
        fact_int(got, "", "code", 200);
        fact_text(got, "", "msg", answer.msg);
        return;
    }
}

static void put_answer(json_t *got, bool list)
{
    switch (answer.kind) {
    case RQ_DEPTH:
        put_depth(got);
        return;
    case RQ_EXCHANGE_INFO:
        fact_int(got, "", "symbols", answer.rows);
        fact_int(got, "", "weight_limit|request_weight|request_weight_limit", answer.weight_limit_min);
        fact_int(got, "", "order_limit|orders|orders_limit", answer.order_limit_min);
        put_rows(got, list);
        return;
    case RQ_ACCOUNT:
        put_account(got);
        put_rows(got, list);
        return;
    case RQ_BRACKETS:
        fact_int(got, "", "brackets", answer.rows);
        put_rows(got, list);
        return;
    case RQ_PLACE:
    case RQ_CANCEL:
    case RQ_AMEND:
    case RQ_QUERY_ORDER:
    case RQ_OPEN_ORDERS:
    case RQ_POSITIONS:
    case RQ_BALANCE:
    case RQ_TRADES:
    case RQ_INCOME:
    case RQ_FUNDING_INFO:
    case RQ_FUNDING_RATE:
    case RQ_PREMIUM:
    case RQ_KLINES:
    case RQ_TICKER:
    case RQ_MARKET_TRADES:
    case RQ_ADL:
        put_rows(got, list);
        return;
    default:
        put_small(got);
        return;
    }
}

bool vectors_answer(const char *where, const char *text, json_t *got)
{
    enum request_kind kind;
    bool is_error = strncmp(text, "{\"code\":-", 9) == 0 ||
                    strncmp(text, "{\"code\":\"-", 10) == 0; // reads the same under every question
    if (!vectors_request_kind(where, &kind) && !is_error) {
        return false;
    }
    memset(&answer, 0, sizeof answer);
    answer.http_status = is_error ? 400 : 200;
    wire_decode_answer(kind, text, strlen(text), NULL, 0, &answer);
    fact_bool(got, "", "is_error", answer.code < 0);
    if (answer.code < 0) {
        char class[2] = {venue_error_class(answer.http_status, answer.code), 0};
        fact_int(got, "", "code", answer.code);
        fact_text(got, "", "msg|message", answer.msg);
        fact_text(got, "", "class", class);
        fact_bool(got, "", "unknown|execution_unknown|execution_unknown_for_order",
                  venue_outcome_unknown(answer.http_status, answer.code));
    } else if (answer.malformed) {
        fact_text(got, "", "malformed", answer.msg);
    } else {
        put_answer(got, text[0] == '[');
    }
    return true;
}
