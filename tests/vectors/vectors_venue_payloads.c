// SPDX-License-Identifier: Apache-2.0
// vectors_venue_payloads: real payloads through the program's own decoders: answers and user messages
// (wire/decode), market messages (engine/venue/scan). What was read is laid out under the names of meaning
// that the cases use; a case about something that the program does not read (klines, tickers, spot accounts)
// is skipped.
#include "vectors_venue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "engine/venue/error_class.h"
#include "engine/venue/scan.h"
#include "wire/decode.h"

static struct answer answer; // large
static struct user_msg msg;
static struct scan_msg market;

// -----------------------------------------------------------------------------------------------------
// laying out facts

static void put_text(json_t *got, const char *prefix, const char *key, const char *text)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", prefix, key);
    json_object_set_new(got, name, json_string(text));
}

static void put_int(json_t *got, const char *prefix, const char *key, int64_t v)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", prefix, key);
    json_object_set_new(got, name, json_integer(v));
}

static void put_bool(json_t *got, const char *prefix, const char *key, bool v)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", prefix, key);
    json_object_set_new(got, name, json_boolean(v));
}

static void put_e8(json_t *got, const char *prefix, const char *key, int64_t e8)
{
    char text[32];
    decimal_format(text, e8, 8, 8);
    put_text(got, prefix, key, text);
}

static const char *side_name(int8_t side)
{
    return side == SIDE_BUY ? "BUY" : side == SIDE_SELL ? "SELL" : "";
}

static bool is_terminal(const char *status)
{
    static const char *const ends[] = {"FILLED", "CANCELED", "EXPIRED", "REJECTED"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (strcmp(status, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

// Both the wire's names and words for the same meaning.
static void put_order(json_t *got, const char *p, const struct wire_order *o)
{
    const char *const text[][2] = {
        {"symbol", o->symbol},
        {"clientOrderId", o->client_id},
        {"client_id", o->client_id},
        {"status", o->status},
        {"type", o->type},
        {"timeInForce", o->tif},
        {"tif", o->tif},
        {"side", side_name(o->side)},
        {"exec", o->exec},
        {"execution", o->exec},
        {"fee_asset", o->fee_asset},
        {"commission_asset", o->fee_asset},
    };
    const struct {
        const char *key;
        int64_t v;
    } e8[] = {
        {"price", o->price_e8},
        {"avgPrice", o->avg_price_e8},
        {"avg", o->avg_price_e8},
        {"stopPrice", o->stop_price_e8},
        {"stop_price", o->stop_price_e8},
        {"origQty", o->qty_e8},
        {"qty", o->qty_e8},
        {"executedQty", o->cum_e8},
        {"filled", o->cum_e8},
        {"cum", o->cum_e8},
        {"last_qty", o->last_qty_e8},
        {"last_price", o->last_price_e8},
        {"fee", o->fee_e8},
        {"commission", o->fee_e8},
        {"realised", o->realised_e8},
    };
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        put_text(got, p, text[i][0], text[i][1]);
    }
    for (size_t i = 0; i < sizeof e8 / sizeof e8[0]; i++) {
        put_e8(got, p, e8[i].key, e8[i].v);
    }
    put_int(got, p, "orderId", (int64_t)o->order_id);
    put_int(got, p, "order_id", (int64_t)o->order_id);
    put_int(got, p, "trade_id", (int64_t)o->trade_id);
    put_int(got, p, "updateTime", o->update_time_ms);
    put_int(got, p, "trade_time", o->trade_time_ms);
    put_bool(got, p, "terminal", is_terminal(o->status));
    put_bool(got, p, "maker", o->maker);
    put_bool(got, p, "reduceOnly", o->reduce_only);
    put_bool(got, p, "reduce_only", o->reduce_only);
    put_bool(got, p, "closePosition", o->close_position);
}

static void put_position(json_t *got, const char *p, const struct wire_position *x)
{
    put_text(got, p, "symbol", x->symbol);
    put_text(got, p, "positionSide", x->position_side);
    put_text(got, p, "marginType", x->margin_type);
    put_e8(got, p, "positionAmt", x->qty_e8);
    put_e8(got, p, "amt", x->qty_e8);
    put_e8(got, p, "entryPrice", x->entry_e8);
    put_e8(got, p, "entry", x->entry_e8);
    put_e8(got, p, "markPrice", x->mark_e8);
    put_e8(got, p, "mark", x->mark_e8);
    put_e8(got, p, "unRealizedProfit", x->unrealised_e8);
    put_e8(got, p, "unrealised", x->unrealised_e8);
    put_e8(got, p, "liquidationPrice", x->liquidation_e8);
    put_e8(got, p, "isolated_wallet", x->isolated_e8);
    put_e8(got, p, "isolatedMargin", x->isolated_e8);
    put_int(got, p, "leverage", x->leverage);
    put_int(got, p, "updateTime", x->update_time_ms);
}

static void row_prefix(char *to, size_t cap, size_t i)
{
    snprintf(to, cap, "%zu.", i);
}

// ----------------------------------------------------------------------------------------------------------------
// answers

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
    {"allOpenOrders", "DELETE", RQ_CANCEL_ALL},
    {"batchOrders", "POST", RQ_PLACE},
    {"batchOrders", "DELETE", RQ_CANCEL},
    {"countdownCancelAll", "POST", RQ_DEADMAN},
    {"positionRisk", "GET", RQ_POSITIONS},
    {"balance", "GET", RQ_BALANCE},
    {"userTrades", "GET", RQ_TRADES},
    {"exchangeInfo", "GET", RQ_EXCHANGE_INFO},
    {"depth", "GET", RQ_DEPTH},
    {"time", "GET", RQ_TIME},
    {"listenKey", "POST", RQ_LISTEN_KEY},
    {"listenKey", "PUT", RQ_LISTEN_KEY_RENEW},
    {"commissionRate", "GET", RQ_COMMISSION},
    {"positionSide/dual", NULL, RQ_POSITION_MODE},
    {"leverage", "POST", RQ_LEVERAGE},
    {"marginType", "POST", RQ_MARGIN_TYPE},
    {"accountWithJoinMargin", "GET", RQ_ACCOUNT},
};

// "GET /fapi/v3/depth (note)" -> kind; false when the program does not ask this.
static bool kind_of(const char *where, enum request_kind *kind)
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

static void put_instruments(json_t *got)
{
    for (uint32_t i = 0; i < answer.rows; i++) {
        const struct instrument *x = &answer.u.instruments[i];
        char p[40];
        snprintf(p, sizeof p, "%s.", x->symbol);
        const struct {
            const char *key;
            int64_t v;
        } e8[] = {
            {"tick", x->tick_e8},
            {"tickSize", x->tick_e8},
            {"step", x->lot_e8},
            {"stepSize", x->lot_e8},
            {"min_price", x->min_price_ticks * x->tick_e8},
            {"max_price", x->max_price_ticks * x->tick_e8},
            {"min_qty", x->min_qty_lots * x->lot_e8},
            {"max_qty", x->max_qty_lots * x->lot_e8},
            {"market_max_qty", x->market_max_qty_lots * x->lot_e8},
            {"min_notional", x->min_notional_e8},
            {"mult_up", x->percent_up_e8},
            {"mult_down", x->percent_down_e8},
        };
        for (size_t k = 0; k < sizeof e8 / sizeof e8[0]; k++) {
            put_e8(got, p, e8[k].key, e8[k].v);
            put_e8(got, i ? p : "", e8[k].key, e8[k].v); // a case about one symbol may leave its name out
        }
        put_bool(got, p, "trading", x->status == INSTRUMENT_TRADING);
        put_int(got, p, "max_orders", x->max_open_orders);
    }
    put_int(got, "", "symbols", answer.rows);
    put_int(got, "", "weight_limit", answer.weight_limit_min);
    put_int(got, "", "order_limit", answer.order_limit_min);
}

static void put_trade(json_t *got, const char *p, const struct wire_trade *x)
{
    put_int(got, p, "id", (int64_t)x->id);
    put_int(got, p, "orderId", (int64_t)x->order_id);
    put_text(got, p, "symbol", x->symbol);
    put_text(got, p, "side", side_name(x->side));
    put_e8(got, p, "price", x->price_e8);
    put_e8(got, p, "qty", x->qty_e8);
    put_e8(got, p, "commission", x->fee_e8);
    put_text(got, p, "commissionAsset", x->fee_asset);
    put_e8(got, p, "realizedPnl", x->realised_e8);
    put_bool(got, p, "maker", x->maker);
    put_int(got, p, "time", x->time_ms);
}

static void put_depth(json_t *got)
{
    const struct wire_depth *d = &answer.u.depth;
    put_int(got, "", "lastUpdateId", (int64_t)d->last_id);
    put_int(got, "", "bids", d->bids);
    put_int(got, "", "asks", d->asks);
    if (d->bids && d->asks) {
        put_e8(got, "", "best_bid", d->price_e8[0]);
        put_e8(got, "", "best_bid_qty", d->qty_e8[0]);
        put_e8(got, "", "best_ask", d->price_e8[d->bids]);
        put_e8(got, "", "best_ask_qty", d->qty_e8[d->bids]);
    }
}

static void put_rows(json_t *got)
{
    char p[16];
    put_int(got, "", "count", answer.rows);
    for (uint32_t i = 0; i < answer.rows; i++) {
        row_prefix(p, sizeof p, i);
        switch (answer.kind) {
        case RQ_POSITIONS:
            put_position(got, p, &answer.u.positions[i]);
            break;
        case RQ_BALANCE:
        case RQ_ACCOUNT:
            put_text(got, p, "asset", answer.u.balances[i].asset);
            put_e8(got, p, "balance", answer.u.balances[i].wallet_e8);
            put_e8(got, p, "walletBalance", answer.u.balances[i].wallet_e8);
            put_e8(got, p, "crossWalletBalance", answer.u.balances[i].cross_e8);
            put_e8(got, p, "availableBalance", answer.u.balances[i].available_e8);
            put_int(got, p, "updateTime", answer.u.balances[i].update_time_ms);
            break;
        case RQ_TRADES:
            put_trade(got, p, &answer.u.trades[i]);
            break;
        default:
            if (answer.u.orders[i].code) {
                put_int(got, p, "code", answer.u.orders[i].code);
                put_bool(got, p, "is_error", true);
            } else {
                put_order(got, p, &answer.u.orders[i]);
            }
            break;
        }
    }
}

static void put_answer(json_t *got)
{
    switch (answer.kind) {
    case RQ_PLACE:
    case RQ_CANCEL:
    case RQ_AMEND:
    case RQ_QUERY_ORDER:
        put_order(got, "", &answer.u.order);
        put_rows(got);
        break;
    case RQ_OPEN_ORDERS:
    case RQ_POSITIONS:
    case RQ_BALANCE:
    case RQ_ACCOUNT:
    case RQ_TRADES:
        put_rows(got);
        break;
    case RQ_EXCHANGE_INFO:
        put_instruments(got);
        break;
    case RQ_DEPTH:
        put_depth(got);
        break;
    case RQ_DEADMAN:
        put_text(got, "", "symbol", answer.u.deadman.symbol);
        put_int(got, "", "countdownTime", answer.u.deadman.countdown_ms);
        break;
    case RQ_TIME:
        put_int(got, "", "serverTime", answer.u.time.server_ms);
        break;
    case RQ_LISTEN_KEY:
        put_text(got, "", "listenKey", answer.u.listen.key);
        break;
    case RQ_COMMISSION:
        put_text(got, "", "symbol", answer.u.commission.symbol);
        put_e8(got, "", "makerCommissionRate", answer.u.commission.maker_e8);
        put_e8(got, "", "takerCommissionRate", answer.u.commission.taker_e8);
        put_e8(got, "", "maker", answer.u.commission.maker_e8);
        put_e8(got, "", "taker", answer.u.commission.taker_e8);
        break;
    case RQ_POSITION_MODE:
        put_bool(got, "", "dualSidePosition", answer.u.mode.hedge);
        put_bool(got, "", "hedge_mode", answer.u.mode.hedge);
        break;
    case RQ_LEVERAGE:
        put_text(got, "", "symbol", answer.u.leverage.symbol);
        put_int(got, "", "leverage", answer.u.leverage.leverage);
        put_e8(got, "", "maxNotionalValue", answer.u.leverage.max_notional_e8);
        break;
    default:
        break;
    }
}

static bool run_answer(const char *where, const char *text, json_t *got)
{
    enum request_kind kind;
    bool is_error = strncmp(text, "{\"code\":-", 9) == 0; // an error body reads the same under every question
    if (!kind_of(where, &kind) && !is_error) {
        return false;
    }
    memset(&answer, 0, sizeof answer);
    answer.http_status = is_error ? 400 : 200;
    wire_decode_answer(kind, text, strlen(text), NULL, 0, &answer);
    put_bool(got, "", "is_error", answer.code < 0);
    if (answer.code < 0) {
        char class[2] = {venue_error_class(answer.http_status, answer.code), 0};
        put_int(got, "", "code", answer.code);
        put_text(got, "", "msg", answer.msg);
        put_text(got, "", "class", class);
    } else if (answer.malformed) {
        put_text(got, "", "malformed", answer.msg);
    } else {
        put_answer(got);
    }
    return true;
}

// ----------------------------------------------------------------------------------------------------------------
// streams

static void put_account_message(json_t *got)
{
    put_text(got, "", "reason", msg.reason);
    put_int(got, "", "balances", msg.balances);
    put_int(got, "", "positions", msg.positions);
    for (uint32_t i = 0; i < msg.balances; i++) {
        char p[20];
        snprintf(p, sizeof p, "%s.", msg.balance[i].asset);
        put_e8(got, p, "wallet", msg.balance[i].wallet_e8);
        put_e8(got, p, "cross", msg.balance[i].cross_e8);
        put_e8(got, p, "change", msg.balance[i].change_e8);
    }
    for (uint32_t i = 0; i < msg.positions; i++) {
        const struct wire_position *x = &msg.position[i];
        char p[40];
        snprintf(p, sizeof p, "%s.", x->position_side); // LONG.amt
        put_position(got, p, x);
        snprintf(p, sizeof p, "%s.", x->symbol); // BTCUSDT.amt
        put_position(got, p, x);
        row_prefix(p, sizeof p, i);
        put_position(got, p, x);
        if (msg.positions == 1) {
            put_position(got, "", x);
        }
    }
}

static bool run_user(const char *text, json_t *got)
{
    if (!wire_decode_user(text, strlen(text), &msg)) {
        put_text(got, "", "malformed", "");
        return true;
    }
    put_int(got, "", "event_time", msg.event_ms);
    switch (msg.kind) {
    case UM_ORDER:
        put_text(got, "", "kind", "order");
        put_order(got, "", &msg.order);
        return true;
    case UM_ACCOUNT:
        put_account_message(got);
        return true;
    case UM_MARGIN_CALL:
        put_text(got, "", "kind", "margin_call");
        put_account_message(got);
        return true;
    case UM_CONFIG:
        put_text(got, "", "kind", msg.has_modes ? "account" : "leverage");
        if (msg.has_modes) {
            put_bool(got, "", "multi_assets", msg.multi_assets);
            put_bool(got, "", "hedge_mode", msg.hedge);
        } else {
            put_text(got, "", "symbol", msg.position[0].symbol);
            put_int(got, "", "leverage", msg.position[0].leverage);
        }
        return true;
    case UM_KEY_EXPIRED:
        put_text(got, "", "kind", "listenKeyExpired");
        put_bool(got, "", "expired", true);
        return true;
    default:
        return false;
    }
}

static void put_best(json_t *got, const char *key, const char *qty_key, const struct scan_level *rows,
                     uint32_t n, int sign)
{
    const struct scan_level *best = NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (rows[i].qty_e8 > 0 && (!best || (rows[i].price_e8 - best->price_e8) * sign > 0)) {
            best = &rows[i];
        }
    }
    if (best) {
        put_e8(got, "", key, best->price_e8);
        put_e8(got, "", qty_key, best->qty_e8);
    }
}

static void put_depth_message(json_t *got)
{
    put_int(got, "", "first_id", (int64_t)market.first_id);
    put_int(got, "", "last_id", (int64_t)market.last_id);
    put_int(got, "", "prev_id", (int64_t)market.prev_id);
    put_int(got, "", "U", (int64_t)market.first_id);
    put_int(got, "", "u", (int64_t)market.last_id);
    put_int(got, "", "pu", (int64_t)market.prev_id);
    put_int(got, "", "bids", market.bids);
    put_int(got, "", "asks", market.asks);
    put_best(got, "best_bid", "best_bid_qty", market.level, market.bids, 1);
    put_best(got, "best_ask", "best_ask_qty", market.level + market.bids, market.asks, -1);
}

static void put_trade_message(json_t *got)
{
    put_int(got, "", "trade_id", (int64_t)market.trade_id);
    put_int(got, "", "agg_id", (int64_t)market.trade_id);
    put_int(got, "", "first_trade_id", (int64_t)market.first_trade_id);
    put_int(got, "", "last_trade_id", (int64_t)market.last_trade_id);
    put_e8(got, "", "price", market.price_e8);
    put_e8(got, "", "qty", market.qty_e8);
    put_bool(got, "", "buyer_is_maker", market.buyer_is_maker);
    put_text(got, "", "taker_side", market.buyer_is_maker ? "SELL" : "BUY");
    put_text(got, "", "aggressor", market.buyer_is_maker ? "SELL" : "BUY");
    put_int(got, "", "trade_time", market.transaction_ms);
}

static bool run_market(const char *text, json_t *got)
{
    static char padded[65536];
    size_t n = strlen(text);
    if (n + 16 > sizeof padded) {
        return false;
    }
    memcpy(padded, text, n + 1); // the scanner may read 16 bytes beyond
    if (!scan_market(padded, n, &market)) {
        put_text(got, "", "malformed", "");
        return true;
    }
    put_text(got, "", "symbol", market.symbol);
    put_int(got, "", "event_time", market.event_ms);
    put_int(got, "", "transaction_time", market.transaction_ms);
    switch (market.kind) {
    case SCAN_DEPTH:
        put_depth_message(got);
        return true;
    case SCAN_TRADE:
        put_trade_message(got);
        return true;
    case SCAN_TOUCH:
        put_e8(got, "", "bid", market.price_e8);
        put_e8(got, "", "bid_qty", market.qty_e8);
        put_e8(got, "", "ask", market.ask_price_e8);
        put_e8(got, "", "ask_qty", market.ask_qty_e8);
        put_int(got, "", "update_id", (int64_t)market.last_id);
        return true;
    case SCAN_MARK:
        put_e8(got, "", "mark", market.mark_e8);
        put_e8(got, "", "index", market.index_e8);
        put_e8(got, "", "settle", market.settle_e8);
        put_e8(got, "", "funding_rate", market.funding_rate_e8);
        put_int(got, "", "next_funding", market.next_funding_ms);
        put_int(got, "", "next_funding_time", market.next_funding_ms);
        return true;
    case SCAN_REPLY:
        put_text(got, "", "kind", market.reply_code ? "control_error" : "control");
        put_int(got, "", "code", market.reply_code);
        put_int(got, "", "id", market.reply_id);
        put_bool(got, "", "ok", market.reply_code == 0);
        return true;
    default:
        return false; // well-formed, and not for us
    }
}

static void run_payload(const json_t *item, struct vector_tally *t)
{
    const char *where = vector_str(item, "where");
    char *text = json_dumps(json_object_get(item, "payload"), JSON_COMPACT | JSON_ENCODE_ANY);
    json_t *got = json_object();
    bool known;
    if (strcmp(vector_str(item, "kind"), "rest") == 0) {
        known = !strstr(where, "(spot)") && run_answer(where, text, got);
    } else if (strncmp(where, "user", 4) == 0) {
        known = run_user(text, got);
    } else {
        known = run_market(text, got);
    }
    if (!known) {
        t->skipped++;
    } else if (json_object_get(got, "malformed")) {
        vector_report(t, vector_str(item, "id"), false, "refused as malformed");
    } else {
        vectors_compare(t, vector_str(item, "id"), got, json_object_get(item, "expect"));
    }
    json_decref(got);
    free(text);
}

void vectors_payloads(const json_t *list, struct vector_tally *t)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        run_payload(json_array_get(list, i), t);
    }
}
