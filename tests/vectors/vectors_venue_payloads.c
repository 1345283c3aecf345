// SPDX-License-Identifier: Apache-2.0
// vectors_venue_payloads: real stream payloads through the program's own decoders: user messages
// (wire/decode), market messages and replies (engine/venue/scan). What was read is laid out under the names
// of meaning that the cases use.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/venue/scan.h"
#include "vectors_venue.h"
#include "wire/decode.h"

static struct user_msg msg;
static struct scan_msg market;

// ----------------------------------------------------------------------------------------------------------------
// user stream

static void put_balance(json_t *got, const char *p, const struct wire_balance *b, bool spot)
{
    fact_text(got, p, "asset", b->asset);
    fact_e8(got, p, "wallet|wallet_balance|balance|total|wb", b->wallet_e8);
    if (spot) {
        fact_e8(got, p, "free", b->available_e8);
        fact_e8(got, p, "locked", b->locked_e8);
        return;
    }
    fact_e8(got, p, "cross|cross_wallet|cw", b->cross_e8);
    fact_e8(got, p, "change|balance_change|bc", b->change_e8);
}

static void put_account_message(json_t *got)
{
    char p[40];
    fact_text(got, "", "reason|m", msg.reason);
    fact_int(got, "", "balances|assets", msg.balances);
    fact_int(got, "", "positions", msg.positions);
    for (uint32_t i = 0; i < msg.balances; i++) {
        const struct wire_balance *b = &msg.balance[i];
        snprintf(p, sizeof p, "%s.", b->asset);
        put_balance(got, p, b, msg.spot);
        snprintf(p, sizeof p, "balances.%u.", i);
        put_balance(got, p, b, msg.spot);
    }
    for (uint32_t i = 0; i < msg.positions; i++) {
        const struct wire_position *x = &msg.position[i];
        const char *const names[] = {x->position_side, x->symbol}; // LONG.amt, BTCUSDT.amt
        for (size_t k = 0; k < 2; k++) {
            snprintf(p, sizeof p, "%s.", names[k]);
            fact_position(got, p, x);
        }
        snprintf(p, sizeof p, "%s.%s.", x->symbol, x->position_side);
        fact_position(got, p, x);
        snprintf(p, sizeof p, "%u.", i);
        fact_position(got, p, x);
    }
    if (msg.positions) {
        fact_position(got, "", &msg.position[0]); // a case about one position may leave its name out
    }
    if (msg.balances && !msg.positions) {
        put_balance(got, "", &msg.balance[0], msg.spot);
    }
}

static void put_config_message(json_t *got)
{
    fact_text(got, "", "kind", msg.has_modes ? "account" : "leverage");
    if (msg.has_modes) {
        fact_bool(got, "", "multi_assets|multi_assets_mode|j", msg.multi_assets);
        fact_bool(got, "", "hedge_mode|hedge|dual_side|d", msg.hedge);
        fact_bool(got, "", "fee_in_token|fee_token|f", msg.fee_in_token);
    } else {
        fact_text(got, "", "symbol|s", msg.position[0].symbol);
        fact_int(got, "", "leverage|l", msg.position[0].leverage);
    }
}

static void run_user(const char *text, json_t *got)
{
    if (!wire_decode_user(text, strlen(text), &msg)) {
        fact_text(got, "", "malformed", "");
        return;
    }
    fact_int(got, "", "event_time|E", msg.event_ms);
    fact_int(got, "", "transaction_time|T|last_update", msg.transaction_ms);
    fact_bool(got, "", "ignored|ignore", msg.kind == UM_IGNORED);
    switch (msg.kind) {
    case UM_ORDER:
        fact_text(got, "", "kind", "order");
        fact_order(got, "", &msg.order);
        return;
    case UM_ACCOUNT:
        put_account_message(got);
        return;
    case UM_MARGIN_CALL:
        fact_text(got, "", "kind", "margin_call");
        fact_e8(got, "", "cross_wallet|cross|cw", msg.cross_e8);
        put_account_message(got);
        return;
    case UM_CONFIG:
        put_config_message(got);
        return;
    case UM_KEY_EXPIRED:
        fact_text(got, "", "kind", "listenKeyExpired");
        fact_bool(got, "", "expired|listen_key_expired|key_expired", true);
        return;
    default:
        fact_text(got, "", "kind", "ignored");
        return;
    }
}

// ----------------------------------------------------------------------------------------------------------------
// market

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
        fact_e8(got, "", key, best->price_e8);
        fact_e8(got, "", qty_key, best->qty_e8);
    }
}

static uint32_t removals(uint32_t from, uint32_t n)
{
    uint32_t k = 0;
    for (uint32_t i = from; i < from + n; i++) {
        k += market.level[i].qty_e8 == 0;
    }
    return k;
}

static void put_depth_message(json_t *got)
{
    uint32_t gone = removals(0, market.bids);
    uint32_t gone_asks = removals(market.bids, market.asks);
    fact_bool(got, "", "is_partial|partial", market.kind != SCAN_DEPTH);
    fact_int(got, "", "U|first_id|first_update_id", (int64_t)market.first_id);
    fact_int(got, "", "last_id|last_update_id|final_id", (int64_t)market.last_id);
    json_object_set_new(got, "u", json_integer((json_int_t)market.last_id)); // beside U
    fact_int(got, "", "pu|prev_id|previous_id|prev_update_id", (int64_t)market.prev_id);
    fact_int(got, "", "bids|bid_levels", market.bids);
    fact_int(got, "", "asks|ask_levels", market.asks);
    fact_int(got, "", "removals|deletes|removed|deletions", gone + gone_asks);
    fact_int(got, "", "bid_removals|bid_deletes|bids_removed", gone);
    fact_int(got, "", "ask_removals|ask_deletes|asks_removed", gone_asks);
    put_best(got, "best_bid|bid", "best_bid_qty|bid_qty", market.level, market.bids, 1);
    put_best(got, "best_ask|ask", "best_ask_qty|ask_qty", market.level + market.bids, market.asks, -1);
    for (uint32_t i = 0; i < market.bids + market.asks; i++) {
        char p[32];
        bool bid = i < market.bids;
        snprintf(p, sizeof p, "%s.%u.", bid ? "b" : "a", bid ? i : i - market.bids);
        fact_e8(got, p, "price|0", market.level[i].price_e8);
        fact_e8(got, p, "qty|1", market.level[i].qty_e8);
    }
}

static void put_trade_message(json_t *got)
{
    const char *taker = market.buyer_is_maker ? "SELL" : "BUY";
    fact_int(got, "", "trade_id|agg_id|aggregate_id|id|a", (int64_t)market.trade_id);
    fact_int(got, "", "first_trade_id|first_id|f", (int64_t)market.first_trade_id);
    fact_int(got, "", "last_trade_id|last_id|l", (int64_t)market.last_trade_id);
    fact_e8(got, "", "price|p", market.price_e8);
    fact_e8(got, "", "qty|quantity|q", market.qty_e8);
    fact_bool(got, "", "buyer_is_maker|buyer_maker|is_buyer_maker|m", market.buyer_is_maker);
    fact_text(got, "", "taker_side|aggressor|side|taker|aggressor_side", taker);
    fact_bool(got, "", "drop|not_market", market.not_market);
    fact_int(got, "", "trade_time|time", market.transaction_ms);
}

static void put_kline_message(json_t *got)
{
    const struct scan_kline *k = &market.u.kline;
    fact_text(got, "", "interval|i", k->interval);
    fact_bool(got, "", "closed|is_closed|final|x", k->closed);
    fact_int(got, "", "open_time|start|t", k->open_ms);
    fact_int(got, "", "close_time|end", k->close_ms);
    fact_e8(got, "", "open|o", k->open_e8);
    fact_e8(got, "", "high|h", k->high_e8);
    fact_e8(got, "", "low|l", k->low_e8);
    fact_e8(got, "", "close|c", k->close_e8);
    fact_e8(got, "", "volume|base_volume|v", k->volume_e8);
    fact_e8(got, "", "quote_volume", k->quote_volume_e8);
    fact_e8(got, "", "taker_buy_base|taker_base", k->taker_base_e8);
    fact_e8(got, "", "taker_buy_quote|taker_quote", k->taker_quote_e8);
    fact_int(got, "", "trades|count|n", k->trades);
}

static void put_force_order(json_t *got)
{
    const struct scan_force *f = &market.u.force;
    fact_text(got, "", "side", f->side > 0 ? "BUY" : "SELL");
    fact_text(got, "", "status", f->status);
    fact_text(got, "", "type|order_type", f->type);
    fact_text(got, "", "tif|time_in_force", f->tif);
    fact_e8(got, "", "qty|quantity|original", f->qty_e8);
    fact_e8(got, "", "price", f->price_e8);
    fact_e8(got, "", "avg|average|avg_price|average_price", f->average_e8);
    fact_e8(got, "", "last_qty|last_filled|last", f->last_qty_e8);
    fact_e8(got, "", "filled|cum|cumulative|cum_filled", f->filled_e8);
    fact_int(got, "", "time|trade_time", market.transaction_ms);
}

static void put_market(json_t *got)
{
    fact_text(got, "", "symbol|s", market.symbol);
    fact_text(got, "", "stream", market.stream);
    fact_int(got, "", "event_time|E", market.event_ms);
    fact_bool(got, "", "ignored|ignore", market.kind == SCAN_OTHER);
    switch ((enum scan_kind)market.kind) {
    case SCAN_DEPTH:
    case SCAN_DEPTH_PARTIAL:
    case SCAN_DEPTH_SNAPSHOT:
        fact_int(got, "", "transaction_time|T", market.transaction_ms);
        put_depth_message(got);
        return;
    case SCAN_TRADE:
        put_trade_message(got);
        return;
    case SCAN_TOUCH:
        fact_int(got, "", "transaction_time|T", market.transaction_ms);
        fact_e8(got, "", "bid|best_bid", market.price_e8);
        fact_e8(got, "", "bid_qty|best_bid_qty", market.qty_e8);
        fact_e8(got, "", "ask|best_ask", market.ask_price_e8);
        fact_e8(got, "", "ask_qty|best_ask_qty", market.ask_qty_e8);
        fact_int(got, "", "update_id|u|last_id", (int64_t)market.last_id);
        return;
    case SCAN_MARK:
        fact_e8(got, "", "mark|mark_price|p", market.mark_e8);
        fact_e8(got, "", "index|index_price|i", market.index_e8);
        fact_e8(got, "", "settle|estimated_settle|settle_price|estimated_settle_price", market.settle_e8);
        fact_e8(got, "", "funding_rate|rate|funding|r", market.funding_rate_e8);
        fact_int(got, "", "next_funding|next_funding_time|T", market.next_funding_ms);
        return;
    case SCAN_REPLY:
        fact_text(got, "", "kind", market.reply_code ? "control_error" : "control");
        fact_int(got, "", "code", market.reply_code);
        fact_int(got, "", "id", market.reply_id);
        fact_bool(got, "", "ok|accepted|success", market.reply_code == 0);
        fact_bool(got, "", "is_error", market.reply_code != 0);
        return;
    case SCAN_KLINE:
        put_kline_message(got);
        return;
    case SCAN_FORCE_ORDER:
        put_force_order(got);
        return;
    case SCAN_OTHER:
        fact_text(got, "", "kind", "ignored");
        return;
    }
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
        fact_text(got, "", "malformed", "");
    } else {
        put_market(got);
    }
    return true;
}

bool vectors_payload_facts(const json_t *item, const char *text, json_t *got)
{
    const char *where = vector_str(item, "where");
    if (strcmp(vector_str(item, "kind"), "rest") == 0) {
        return vectors_answer(where, text, got);
    }
    if (strncmp(where, "user", 4) == 0) {
        run_user(text, got);
        return true;
    }
    return run_market(text, got);
}

static void run_payload(const json_t *item, struct vector_tally *t)
{
    char *text = json_dumps(json_object_get(item, "payload"), JSON_COMPACT | JSON_ENCODE_ANY);
    json_t *got = json_object();
    if (!vectors_payload_facts(item, text, got)) {
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
