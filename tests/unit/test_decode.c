// SPDX-License-Identifier: Apache-2.0
// test_decode: tries to break the JSON decoders: every payload of tests/data/vectors/venue.json and of the
// venue's documents, whole (fields must come out right), cut at every byte, with every byte changed, and
// asked for under the wrong kind; error bodies under HTTP 200; HTML; numbers as text and text as numbers; too
// many rows; grids that do not start at zero. In steady state no memory may be allocated.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "engine/venue/error_class.h"
#include "support/count_malloc.h"
#include "wire/decode.h"
#include "wire/decode_fast.h"
#include "wire/json.h"

static struct answer answer; // large: never on the stack
static struct user_msg msg;

static void ask(enum request_kind kind, int32_t status, const char *body)
{
    answer.http_status = status;
    wire_decode_answer(kind, body, strlen(body), NULL, 0, &answer);
    assert_int_equal(answer.kind, kind);
}

static bool hear(const char *text)
{
    return wire_decode_user(text, strlen(text), &msg);
}

// ------------------------------------------------------------------------------------------------------------
// orders

static const char ORDER[] =
    "{\"orderId\":48120077,\"symbol\":\"ETHUSDT\",\"status\":\"NEW\",\"clientOrderId\":\"pw-1a2b-000017\","
    "\"price\":\"3120.40\","
    "\"avgPrice\":\"0.00000\",\"origQty\":\"0.250\",\"executedQty\":\"0\",\"cumQty\":\"0\",\"cumQuote\":"
    "\"0\","
    "\"timeInForce\":\"GTX\",\"type\":\"LIMIT\",\"reduceOnly\":false,\"closePosition\":false,\"side\":"
    "\"SELL\","
    "\"positionSide\":\"BOTH\",\"stopPrice\":\"0\",\"workingType\":\"CONTRACT_PRICE\",\"priceProtect\":false,"
    "\"origType\":\"LIMIT\",\"updateTime\":1767225600140}";

static void order_answer(void **state)
{
    (void)state;
    const enum request_kind kinds[] = {RQ_PLACE, RQ_CANCEL, RQ_AMEND, RQ_QUERY_ORDER};
    for (size_t i = 0; i < 4; i++) {
        ask(kinds[i], 200, ORDER);
        const struct wire_order *o = &answer.u.order;
        assert_int_equal(answer.malformed, 0);
        assert_int_equal(answer.code, 0);
        assert_int_equal(o->order_id, 48120077);
        assert_string_equal(o->symbol, "ETHUSDT");
        assert_string_equal(o->client_id, "pw-1a2b-000017");
        assert_string_equal(o->status, "NEW");
        assert_string_equal(o->tif, "GTX");
        assert_int_equal(o->price_e8, 312040000000);
        assert_int_equal(o->qty_e8, 25000000);
        assert_int_equal(o->cum_e8, 0);
        assert_int_equal(o->side, SIDE_SELL);
        assert_int_equal(o->update_time_ms, 1767225600140);
        assert_string_equal(o->exec, "");
    }
    // numbers as text and the reverse; a Java zero
    ask(RQ_PLACE, 200,
        "{\"orderId\":\"7\",\"symbol\":\"X\",\"status\":\"NEW\",\"clientOrderId\":12,\"price\":3120.4,"
        "\"avgPrice\":\"0E-8\",\"origQty\":1,\"executedQty\":\"0\",\"side\":\"BUY\",\"reduceOnly\":\"TRUE\","
        "\"updateTime\":\"1767225600140\",\"new\":{\"a\":[1,2]}}");
    assert_int_equal(answer.malformed, 0);
    assert_int_equal(answer.u.order.order_id, 7);
    assert_string_equal(answer.u.order.client_id, "12");
    assert_int_equal(answer.u.order.price_e8, 312040000000);
    assert_int_equal(answer.u.order.qty_e8, 100000000);
    assert_int_equal(answer.u.order.reduce_only, 1);
    assert_int_equal(answer.u.order.update_time_ms, 1767225600140);
}

// Each field that matters, taken away, makes the answer malformed; each other one does not.
static void fields_that_matter(void **state)
{
    (void)state;
    const char *matter[] = {"orderId", "symbol", "status", "clientOrderId", "origQty", "executedQty", "side"};
    json_t *whole = json_loads(ORDER, 0, NULL);
    const char *key;
    json_t *value;
    json_object_foreach(whole, key, value)
    {
        json_t *part = json_copy(whole);
        json_object_del(part, key);
        char *text = json_dumps(part, 0);
        ask(RQ_PLACE, 200, text);
        int want = 0;
        for (size_t i = 0; i < sizeof matter / sizeof matter[0]; i++) {
            want |= strcmp(matter[i], key) == 0;
        }
        assert_int_equal(answer.malformed, want);
        free(text);
        json_decref(part);
    }
    json_decref(whole);
}

static void errors(void **state)
{
    (void)state;
    ask(RQ_PLACE, 400, "{\"code\":-2019,\"msg\":\"Margin is insufficient.\"}");
    assert_int_equal(answer.code, -2019);
    assert_int_equal(answer.malformed, 0);
    assert_string_equal(answer.msg, "Margin is insufficient.");
    ask(RQ_OPEN_ORDERS, 200,
        "{\"code\":\"-1003\",\"msg\":\"\\u0007bell and \\u00e9\"}"); // under 200, code as text
    assert_int_equal(answer.code, -1003);
    assert_null(strchr(answer.msg, 7)); // nothing that a terminal would act on
    ask(RQ_CANCEL_ALL, 200, "{\"code\":\"200\",\"msg\":\"done\"}");
    assert_int_equal(answer.code | answer.malformed, 0);
    ask(RQ_CANCEL_ALL, 200, "{\"code\":200,\"msg\":\"done\"}");
    assert_int_equal(answer.code | answer.malformed, 0);
    ask(RQ_CANCEL_ALL, 200, "{}");
    assert_int_equal(answer.malformed, 1);
    ask(RQ_PLACE, 503, "<html><body>\x1b[2Jdown</body></html>");
    assert_int_equal(answer.malformed, 1);
    assert_null(strchr(answer.msg, 27));
    assert_non_null(strstr(answer.msg, "down"));
    ask(RQ_PLACE, 500, ORDER); // an order under a 500: do not believe it
    assert_int_equal(answer.malformed, 1);
    ask(RQ_PLACE, 200, "");
    assert_int_equal(answer.malformed, 1);
    ask(RQ_PLACE, 200, "[]");
    assert_int_equal(answer.malformed, 1);
    ask(RQ_PLACE, 200, "\"ok\"");
    assert_int_equal(answer.malformed, 1);
}

static void batch(void **state)
{
    (void)state;
    char text[2048];
    snprintf(text, sizeof text, "[%s,{\"code\":-2011,\"msg\":\"Unknown order sent.\"},%s]", ORDER, ORDER);
    ask(RQ_CANCEL, 200, text);
    assert_int_equal(answer.malformed, 0);
    assert_int_equal(answer.rows, 3);
    assert_int_equal(answer.u.orders[0].code, 0);
    assert_int_equal(answer.u.orders[1].code, -2011);
    assert_int_equal(answer.u.orders[1].order_id, 0);
    assert_int_equal(answer.u.orders[2].order_id, 48120077);
}

static char *many(size_t n, const char *row)
{
    char *text = malloc(n * (strlen(row) + 1) + 3);
    size_t at = 0;
    text[at++] = '[';
    for (size_t i = 0; i < n; i++) {
        at += (size_t)sprintf(text + at, "%s%s", i ? "," : "", row);
    }
    strcpy(text + at, "]");
    return text;
}

static void row_limits(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 66; n++) {
        char *text = many(n, ORDER);
        ask(RQ_OPEN_ORDERS, 200, text);
        assert_int_equal(answer.malformed, 0);
        assert_int_equal(answer.rows, n > ANSWER_ROWS_MAX ? ANSWER_ROWS_MAX : n);
        assert_int_equal(answer.rows_total, n); // how many there are is known even when they do not fit
        free(text);
    }
    // 300 flat symbols before the one position that is held: it must come first
    char *flat = many(300, "{\"symbol\":\"X\",\"positionAmt\":\"0\"}");
    char *text = malloc(strlen(flat) + 100);
    sprintf(text, "%.*s,{\"symbol\":\"ETHUSDT\",\"positionAmt\":\"-0.250\"}]", (int)strlen(flat) - 1, flat);
    ask(RQ_POSITIONS, 200, text);
    assert_int_equal(answer.malformed, 0);
    assert_int_equal(answer.rows, ANSWER_ROWS_MAX);
    assert_string_equal(answer.u.positions[0].symbol, "ETHUSDT");
    assert_int_equal(answer.u.positions[0].qty_e8, -25000000);
    free(flat);
    free(text);
    text = many(65, "{\"symbol\":\"X\",\"positionAmt\":\"1\"}"); // too many held: unknown, not part of it
    ask(RQ_POSITIONS, 200, text);
    assert_int_equal(answer.malformed, 1);
    free(text);
    text = many(11, ORDER);
    ask(RQ_PLACE, 200, text);
    assert_int_equal(answer.malformed, 1);
    free(text);
    text = many(70, "{\"id\":9,\"orderId\":4,\"symbol\":\"X\",\"side\":\"BUY\",\"price\":\"1\",\"qty\":\"1\","
                    "\"commission\":"
                    "\"-0.01560200\",\"commissionAsset\":\"USDT\",\"maker\":true,\"time\":5}");
    ask(RQ_TRADES, 200, text);
    assert_int_equal(answer.rows, ANSWER_ROWS_MAX);
    assert_int_equal(answer.u.trades[63].fee_e8, -1560200);
    free(text);
}

// ----------------------------------------------------------------------------------------------------- other
// answers

static void account_reads(void **state)
{
    (void)state;
    ask(RQ_BALANCE, 200,
        "[{\"accountAlias\":\"pwA1\",\"asset\":\"USDT\",\"balance\":\"1042.11830000\",\"crossWalletBalance\":"
        "\"1042.1\",\"availableBalance\":\"988.02140000\",\"updateTime\":1767225600001}]");
    assert_int_equal(answer.rows, 1);
    assert_int_equal(answer.u.balances[0].wallet_e8, 104211830000);
    assert_int_equal(answer.u.balances[0].available_e8, 98802140000);
    ask(RQ_POSITIONS, 200,
        "[{\"symbol\":\"ETHUSDT\",\"positionAmt\":\"-0.250\",\"entryPrice\":\"3120.4000000000123\","
        "\"markPrice\":"
        "\"3121.07384210\",\"unRealizedProfit\":\"-0.16846053\",\"liquidationPrice\":\"4988.21\","
        "\"leverage\":\"10\","
        "\"marginType\":\"cross\",\"isolatedMargin\":\"0.00000000\",\"positionSide\":\"BOTH\",\"updateTime\":"
        "1767225601002}]");
    const struct wire_position *p = &answer.u.positions[0];
    assert_int_equal(answer.rows, 1);
    assert_int_equal(p->qty_e8, -25000000);
    assert_int_equal(p->entry_e8, 312040000000); // digits beyond 1e-8 of a computed figure are cut
    assert_int_equal(p->unrealised_e8, -16846053);
    assert_int_equal(p->leverage, 10);
    assert_string_equal(p->margin_type, "cross");
    ask(RQ_POSITIONS, 200, "[{\"symbol\":\"X\",\"positionAmt\":\"0.123456789\"}]"); // a quantity is never cut
    assert_int_equal(answer.malformed, 1);
    ask(RQ_ACCOUNT, 200,
        "{\"assets\":[{\"asset\":\"USDT\",\"walletBalance\":\"5\",\"availableBalance\":\"4\"}],\"positions\":"
        "[]}");
    assert_int_equal(answer.u.balances[0].wallet_e8, 500000000);
    ask(RQ_COMMISSION, 200,
        "{\"symbol\":\"ETHUSDT\",\"makerCommissionRate\":\"-0.000050\",\"takerCommissionRate\":\"0."
        "000400\"}");
    assert_int_equal(answer.u.commission.maker_e8, -5000);
    assert_int_equal(answer.u.commission.taker_e8, 40000);
    ask(RQ_POSITION_MODE, 200, "{\"dualSidePosition\":true}");
    assert_int_equal(answer.u.mode.hedge, 1);
    ask(RQ_LEVERAGE, 200, "{\"leverage\":10,\"maxNotionalValue\":\"1000000\",\"symbol\":\"ETHUSDT\"}");
    assert_int_equal(answer.u.leverage.leverage, 10);
    ask(RQ_MARGIN_TYPE, 400, "{\"code\":-4046,\"msg\":\"No need\"}");
    assert_int_equal(venue_error_class(400, answer.code), 'N');
    ask(RQ_DEADMAN, 200, "{\"symbol\":\"ETHUSDT\",\"countdownTime\":\"60000\"}");
    assert_int_equal(answer.u.deadman.countdown_ms, 60000);
    ask(RQ_TIME, 200, "{\"serverTime\":1767225600007}");
    assert_int_equal(answer.u.time.server_ms, 1767225600007);
    ask(RQ_LISTEN_KEY, 200,
        "{\"listenKey\":\"pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1\"}");
    assert_int_equal(strlen(answer.u.listen.key), 64);
    ask(RQ_LISTEN_KEY, 200, "{\"listenKey\":\"\"}");
    assert_int_equal(answer.malformed, 1);
    ask(RQ_LISTEN_KEY_RENEW, 200, "{}");
    assert_int_equal(answer.malformed, 0);
}

static void depth(void **state)
{
    (void)state;
    ask(RQ_DEPTH, 200,
        "{\"lastUpdateId\":991204417,\"E\":1767225600120,\"T\":1767225600112,\"bids\":[[\"93012.4\",\"1."
        "204\"],"
        "[\"93012.3\",\"2\"]],\"asks\":[[\"93012.5\",\"0.330\"]]}");
    const struct wire_depth *d = &answer.u.depth;
    assert_int_equal(answer.malformed, 0);
    assert_int_equal(d->last_id, 991204417);
    assert_int_equal(d->bids, 2);
    assert_int_equal(d->asks, 1);
    assert_int_equal(d->price_e8[1], 9301230000000);
    assert_int_equal(d->qty_e8[2], 33000000);
    char *side = many(1000, "[\"93012.5\",\"0.330\"]");
    char *text = malloc(2 * strlen(side) + 100);
    sprintf(text, "{\"lastUpdateId\":1,\"bids\":%s,\"asks\":%s}", side, side);
    uint64_t spills = json_spills();
    ask(RQ_DEPTH, 200, text);
    assert_int_equal(answer.malformed, 0);
    assert_int_equal(d->bids + d->asks, 2000);
    assert_int_equal(json_spills(), spills); // the largest snapshot fits the arena
    free(side);
    side = many(1001, "[\"1\",\"1\"]");
    sprintf(text, "{\"lastUpdateId\":1,\"bids\":%s,\"asks\":[]}", side);
    ask(RQ_DEPTH, 200, text);
    assert_int_equal(answer.malformed, 1);
    free(side);
    free(text);
}

// -------------------------------------------------------------------------------------------------------
// exchangeInfo

static const char INFO[] =
    "{\"timezone\":\"UTC\",\"rateLimits\":[{\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\","
    "\"intervalNum\":1,"
    "\"limit\":2400},{\"rateLimitType\":\"ORDERS\",\"interval\":\"SECOND\",\"intervalNum\":10,\"limit\":300},"
    "{\"rateLimitType\":\"ORDERS\",\"interval\":\"MINUTE\",\"intervalNum\":1,\"limit\":1200}],"
    "\"symbols\":[{\"symbol\":\"BTCUSDT\",\"contractType\":\"PERPETUAL\",\"status\":\"SETTLING\","
    "\"baseAsset\":\"BTC\","
    "\"quoteAsset\":\"USDT\",\"marginAsset\":\"USDT\",\"filters\":["
    "{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"0\",\"maxPrice\":\"0\",\"tickSize\":\"0.1\"},"
    "{\"filterType\":\"LOT_SIZE\",\"minQty\":\"0.001\",\"maxQty\":\"1000\",\"stepSize\":\"0.001\"}]},"
    "{\"symbol\":\"ETHUSDT\",\"contractType\":\"PERPETUAL\",\"status\":\"TRADING\",\"baseAsset\":\"ETH\","
    "\"quoteAsset\":\"USDT\",\"marginAsset\":\"USDT\",\"pricePrecision\":2,\"filters\":["
    "{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"%s\",\"maxPrice\":\"100000\",\"tickSize\":\"%s\"},"
    "{\"filterType\":\"LOT_SIZE\",\"minQty\":\"%s\",\"maxQty\":\"10000\",\"stepSize\":\"0.001\"},"
    "{\"filterType\":\"MARKET_LOT_SIZE\",\"minQty\":\"0.0015\",\"maxQty\":\"2000\",\"stepSize\":\"0.0001\"},"
    "{\"filterType\":\"MAX_NUM_ORDERS\",\"limit\":200},{\"filterType\":\"MIN_NOTIONAL\",\"notional\":\"5\"},"
    "{\"filterType\":\"NEW_ONE\",\"limit\":\"x\"},"
    "{\"filterType\":\"PERCENT_PRICE\",\"multiplierUp\":\"1.0500\",\"multiplierDown\":\"0.9500\","
    "\"multiplierDecimal\":4}]}]}";

static void info(const char *min_price, const char *tick, const char *min_qty)
{
    static const char wanted[2][24] = {"ETHUSDT", "SOLUSDT"};
    char text[4096];
    snprintf(text, sizeof text, INFO, min_price, tick, min_qty);
    answer.http_status = 200;
    wire_decode_answer(RQ_EXCHANGE_INFO, text, strlen(text), wanted, 2, &answer);
    assert_int_equal(answer.malformed, 0);
}

static void exchange_info(void **state)
{
    (void)state;
    info("1.00", "0.01", "0.001");
    assert_int_equal(answer.rows, 1);
    assert_int_equal(answer.weight_limit_min, 2400);
    assert_int_equal(answer.order_limit_min, 1200);
    const struct instrument *i = &answer.u.instruments[0];
    assert_string_equal(i->symbol, "ETHUSDT");
    assert_int_equal(i->kind, INSTRUMENT_LINEAR);
    assert_int_equal(i->settle, CURRENCY_USDT);
    assert_int_equal(i->status, INSTRUMENT_TRADING);
    assert_int_equal(i->tick_e8, 1000000);
    assert_int_equal(i->lot_e8, 100000);
    assert_int_equal(i->price_decimals, 2);
    assert_int_equal(i->qty_decimals, 3);
    assert_int_equal(i->min_price_ticks, 100);
    assert_int_equal(i->max_price_ticks, 10000000);
    assert_int_equal(i->min_qty_lots, 1);
    assert_int_equal(i->max_qty_lots, 10000000);
    assert_int_equal(i->market_min_qty_lots, 2); // 0.0015 is between lots: rounded to the stricter side
    assert_int_equal(i->market_max_qty_lots, 2000000);
    assert_int_equal(i->min_notional_e8, 500000000);
    assert_int_equal(i->percent_up_e8, 105000000);
    assert_int_equal(i->max_open_orders, 200);
    info("0.005", "0.01", "0.001");
    assert_int_equal(answer.rows, 0);
    assert_string_equal(answer.msg, "ETHUSDT refused: minPrice is not a multiple of tickSize");
    info("1", "0", "0.001");
    assert_int_equal(answer.rows, 0);
    info("1", "-0.01", "0.001");
    assert_int_equal(answer.rows, 0);
    info("1", "0.01", "0.0005");
    assert_int_equal(answer.rows, 0);
    info("1", "nonsense", "0.001");
    assert_int_equal(answer.rows, 0);
    info("99999999999999999999", "0.01", "0.001");
    assert_int_equal(answer.rows, 0);
    char text[4096];
    snprintf(text, sizeof text, INFO, "1", "0.01", "0.001");
    ask(RQ_EXCHANGE_INFO, 200, text); // nothing asked for by name: what trades
    assert_int_equal(answer.rows, 1);
    ask(RQ_EXCHANGE_INFO, 200, "{\"symbols\":{}}");
    assert_int_equal(answer.malformed, 1);
}

// ---------------------------------------------------------------------------------------------------------
// user stream

static const char TRADE[] =
    "{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1767225601006,\"T\":1767225601002,\"o\":{\"s\":\"ETHUSDT\",\"c\":"
    "\"pw-1a2b-000017\","
    "\"S\":\"SELL\",\"o\":\"LIMIT\",\"f\":\"GTX\",\"q\":\"0.250\",\"p\":\"3120.40\",\"ap\":\"3120.40000\","
    "\"sp\":\"0\","
    "\"x\":\"TRADE\",\"X\":\"PARTIALLY_FILLED\",\"i\":48120077,\"l\":\"0.100\",\"z\":\"0.100\",\"L\":\"3120."
    "40\",\"N\":\"USDT\","
    "\"n\":\"0.01560200\",\"T\":1767225601002,\"t\":900123,\"b\":\"0\",\"a\":\"468.06000\",\"m\":true,\"R\":"
    "false,"
    "\"wt\":\"CONTRACT_PRICE\",\"ot\":\"LIMIT\",\"ps\":\"BOTH\",\"cp\":false,\"rp\":\"0\"}}";
static const char ACCOUNT[] = "{\"e\":\"ACCOUNT_UPDATE\",\"E\":1767225601007,\"T\":1767225601002,\"a\":{"
                              "\"m\":\"ORDER\",\"B\":[{\"a\":\"USDT\",\"wb\":"
                              "\"1042.10269800\",\"cw\":\"1042.10269800\",\"bc\":\"0\"}],\"P\":[{\"s\":"
                              "\"ETHUSDT\",\"pa\":\"-0.100\",\"ep\":\"3120.40000\","
                              "\"cr\":\"12.40110000\",\"up\":\"-0.06738000\",\"mt\":\"cross\",\"iw\":\"0."
                              "00000000\",\"ps\":\"BOTH\"}]}}";
static const char CALL[] =
    "{\"e\":\"MARGIN_CALL\",\"E\":1767225700000,\"cw\":\"41.20110000\",\"p\":[{\"s\":\"ETHUSDT\",\"ps\":"
    "\"BOTH\",\"pa\":\"-3.100\","
    "\"mt\":\"CROSSED\",\"iw\":\"0\",\"mp\":\"3333.10\",\"up\":\"-659.37\",\"mm\":\"51.66\"}]}";

static void user_stream(void **state)
{
    (void)state;
    assert_true(hear(TRADE));
    assert_int_equal(msg.kind, UM_ORDER);
    assert_int_equal(msg.event_ms, 1767225601006);
    assert_int_equal(msg.transaction_ms, 1767225601002);
    assert_string_equal(msg.order.exec, "TRADE");
    assert_int_equal(msg.order.trade_id, 900123);
    assert_int_equal(msg.order.last_qty_e8, 10000000);
    assert_int_equal(msg.order.last_price_e8, 312040000000);
    assert_int_equal(msg.order.fee_e8, 1560200);
    assert_string_equal(msg.order.fee_asset, "USDT");
    assert_int_equal(msg.order.maker, 1);
    assert_true(hear(ACCOUNT));
    assert_int_equal(msg.kind, UM_ACCOUNT);
    assert_string_equal(msg.reason, "ORDER");
    assert_int_equal(msg.balances, 1);
    assert_int_equal(msg.balance[0].wallet_e8, 104210269800);
    assert_int_equal(msg.positions, 1);
    assert_int_equal(msg.position[0].qty_e8, -10000000);
    assert_true(hear(CALL));
    assert_int_equal(msg.kind, UM_MARGIN_CALL);
    assert_int_equal(msg.position[0].mark_e8, 333310000000);
    assert_true(hear("{\"e\":\"ACCOUNT_CONFIG_UPDATE\",\"E\":1,\"T\":1,\"ac\":{\"s\":\"ETHUSDT\",\"l\":5}}"));
    assert_int_equal(msg.kind, UM_CONFIG);
    assert_int_equal(msg.position[0].leverage, 5);
    assert_true(hear("{\"e\":\"ACCOUNT_CONFIG_UPDATE\",\"E\":1,\"ai\":{\"j\":true,\"f\":true,\"d\":false}}"));
    assert_int_equal(msg.has_modes & msg.multi_assets, 1);
    assert_int_equal(msg.hedge, 0);
    assert_true(hear("{\"e\":\"listenKeyExpired\",\"E\":1576653824250}"));
    assert_int_equal(msg.kind, UM_KEY_EXPIRED);
    assert_int_equal(msg.event_ms, 1576653824250);
    assert_true(hear("{\"e\":\"listenKeyExpired\",\"E\":\"1576653824250\",\"listenKey\":\"x\"}"));
    assert_int_equal(msg.kind, UM_KEY_EXPIRED);
    assert_int_equal(msg.event_ms, 1576653824250);
    assert_true(hear("{\"e\":\"announcement\",\"en\":{\"t\":\"hello\"}}"));
    assert_int_equal(msg.kind, UM_IGNORED);
    assert_true(hear("{\"stream\":\"key\",\"data\":{\"e\":\"listenKeyExpired\",\"E\":1}}"));
    assert_int_equal(msg.kind, UM_KEY_EXPIRED);
    assert_false(hear("[]"));
    assert_false(hear("{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1}"));
    assert_false(hear("{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1,\"o\":[]}"));
    assert_false(hear("{\"e\":\"ACCOUNT_UPDATE\",\"E\":1,\"a\":{\"m\":\"ORDER\",\"B\":{}}}"));
    assert_false(hear(""));
}

// A fill without price, quantity or trade id would corrupt the ledger: malformed. So would a negative one.
static void fills_must_be_whole(void **state)
{
    (void)state;
    const char *keys[] = {"l", "L", "t", "m", "z", "q", "i", "c", "s", "S", "x", "X"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_t *whole = json_loads(TRADE, 0, NULL);
        json_object_del(json_object_get(whole, "o"), keys[i]);
        char *text = json_dumps(whole, 0);
        assert_false(hear(text));
        free(text);
        json_decref(whole);
    }
    json_t *whole = json_loads(TRADE, 0, NULL);
    json_object_set_new(json_object_get(whole, "o"), "l", json_string("-0.1"));
    char *text = json_dumps(whole, 0);
    assert_false(hear(text));
    free(text);
    json_decref(whole);
}

static void many_assets(void **state)
{
    (void)state;
    char text[2048] = "{\"e\":\"ACCOUNT_UPDATE\",\"E\":1,\"a\":{\"m\":\"DEPOSIT\",\"B\":[";
    for (int i = 0; i < 20; i++) {
        sprintf(text + strlen(text), "{\"a\":\"A%d\",\"wb\":\"1\"},", i);
    }
    strcat(text, "{\"a\":\"USDT\",\"wb\":\"7\"}]}}");
    assert_true(hear(text));
    assert_int_equal(msg.balances, 8);
    assert_string_equal(msg.balance[0].asset, "USDT"); // the one that counts is not pushed out
}

// --------------------------------------------------------------------------------------------------- damage
// and memory

static void damage_one(const char *text, enum request_kind kind)
{
    static const char bytes[] = {'"', '{', '}', '[',  ',', ':', '0',        '9',
                                 '-', 'e', '.', '\\', 'u', 0,   (char)0xff, ' '};
    size_t n = strlen(text);
    for (size_t cut = 0; cut < n; cut++) {
        char *copy = malloc(cut ? cut : 1); // exact size: a read beyond it shows under ASan and valgrind
        memcpy(copy, text, cut);
        answer.http_status = 200;
        wire_decode_answer(kind, copy, cut, NULL, 0, &answer);
        assert_true(answer.malformed || answer.code < 0);
        assert_false(wire_decode_user(copy, cut, &msg));
        free(copy);
    }
    char *copy = malloc(n);
    for (size_t at = 0; at < n; at++) {
        for (size_t b = 0; b < sizeof bytes; b++) {
            memcpy(copy, text, n);
            copy[at] = bytes[b];
            answer.http_status = 200;
            wire_decode_answer(kind, copy, n, NULL, 0, &answer);
            assert_true(answer.rows <= 64);
            wire_decode_user(copy, n, &msg);
            assert_true(msg.balances <= 8 && msg.positions <= ANSWER_ROWS_MAX);
        }
    }
    free(copy);
}

static void damage(void **state)
{
    (void)state;
    char text[4096];
    snprintf(text, sizeof text, INFO, "1", "0.01", "0.001");
    damage_one(text, RQ_EXCHANGE_INFO);
    damage_one(ORDER, RQ_PLACE);
    damage_one(TRADE, RQ_QUERY_ORDER);
    damage_one(ACCOUNT, RQ_ACCOUNT);
    damage_one(CALL, RQ_POSITIONS);
    json_t *root = json_load_file("tests/data/vectors/venue.json", 0, NULL);
    assert_non_null(root);
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(root, "payloads"), i, row)
    {
        char *payload = json_dumps(json_object_get(row, "payload"), JSON_COMPACT);
        damage_one(payload, (enum request_kind)(i % RQ_COUNT));
        for (int k = 0; k < RQ_COUNT; k++) { // and under every wrong question
            ask((enum request_kind)k, 200, payload);
        }
        hear(payload);
        free(payload);
    }
    json_decref(root);
}

// Numbers at the edges of int64, of doubles and of nesting.
static void hostile_numbers(void **state)
{
    (void)state;
    const char *values[] = {"9223372036854775807",
                            "-9223372036854775808",
                            "9223372036854775808",
                            "1e400",
                            "-1e308",
                            "1e18",
                            "0.5",
                            "\"92233720368.54775807\"",
                            "\"92233720368.54775808\"",
                            "\"1e18\"",
                            "\"1e-18\"",
                            "\"1e19\"",
                            "\"e\"",
                            "\"-\"",
                            "\".\"",
                            "\"1e\"",
                            "\"0e99\"",
                            "\"1.2.3\"",
                            "\"\"",
                            "null",
                            "true",
                            "[]",
                            "{}",
                            "\"0.0000000000000000000000000000000000000000000001\"",
                            "\"0.00000000x\""};
    char text[512];
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        snprintf(text, sizeof text,
                 "{\"serverTime\":%s,\"symbol\":\"X\",\"makerCommissionRate\":%s,\"takerCommissionRate\":%s,"
                 "\"countdownTime\":%s,\"leverage\":%s,\"lastUpdateId\":%s,\"bids\":[[%s,%s]],\"asks\":[]}",
                 values[i], values[i], values[i], values[i], values[i], values[i], values[i], values[i]);
        ask(RQ_TIME, 200, text);
        ask(RQ_COMMISSION, 200, text);
        ask(RQ_DEADMAN, 200, text);
        ask(RQ_LEVERAGE, 200, text);
        ask(RQ_DEPTH, 200, text);
    }
    size_t n = 100000; // deep nesting ends in an error, not in a stack overflow
    char *deep = malloc(n + 1);
    memset(deep, '[', n);
    deep[n] = 0;
    ask(RQ_OPEN_ORDERS, 200, deep);
    assert_int_equal(answer.malformed, 1);
    assert_false(hear(deep));
    free(deep);
}

// The quick way for orders is really taken for what venues send, also with a member more, reads the same as
// jansson, and leaves every changed text to jansson or agrees with it.
static void quick_orders(void **state)
{
    (void)state;
    static struct wire_order o;
    static struct answer slow;
    static struct user_msg slow_msg;
    static const char BYTES[] = "\"{}[],:-.0e \\x\x80";
    int64_t event_ms, transaction_ms;
    char text[1024];
    assert_true(decode_fast_order(ORDER, strlen(ORDER), &o));
    assert_true(decode_fast_update(TRADE, strlen(TRADE), &o, &event_ms, &transaction_ms));
    snprintf(text, sizeof text, "%.*s,\"orderListId\":-1,\"selfTradePreventionMode\":\"NONE\"}",
             (int)strlen(ORDER) - 1, ORDER);
    assert_true(decode_fast_order(text, strlen(text), &o));
    const char *texts[] = {ORDER, TRADE};
    for (size_t which = 0; which < 2; which++) {
        size_t n = strlen(texts[which]);
        for (size_t at = 0; at < n; at++) {
            for (size_t b = 0; b < sizeof BYTES; b++) {
                memcpy(text, texts[which], n);
                text[at] = BYTES[b];
                answer.http_status = slow.http_status = 200;
                wire_decode_answer(RQ_PLACE, text, n, NULL, 0, &answer);
                wire_decode_answer_slow(RQ_PLACE, text, n, NULL, 0, &slow);
                assert_int_equal(answer.malformed, slow.malformed);
                assert_memory_equal(&answer.u.order, &slow.u.order, answer.rows ? sizeof slow.u.order : 0);
                bool ok = wire_decode_user(text, n, &msg);
                assert_int_equal(ok, wire_decode_user_slow(text, n, &slow_msg));
                assert_true(!ok || memcmp(&msg.order, &slow_msg.order, sizeof msg.order) == 0);
                assert_true(!ok || (msg.event_ms == slow_msg.event_ms && msg.kind == slow_msg.kind));
            }
        }
    }
}

static void *decode_on_a_thread(void *arg)
{
    struct user_msg *m = arg;
    for (int i = 0; i < 100; i++) {
        if (!wire_decode_user(TRADE, strlen(TRADE), m)) {
            return NULL;
        }
    }
    return arg;
}

static void no_allocation(void **state)
{
    (void)state;
    hear(TRADE); // the thread's arena exists from here on
#ifdef COUNTS_MALLOC
    unsigned long before = mallocs;
    for (int i = 0; i < 1000; i++) {
        hear(TRADE);
        hear(ACCOUNT);
        ask(RQ_PLACE, 200, ORDER);
        ask(RQ_PLACE, 400, "{\"code\":-2019,\"msg\":\"Margin is insufficient.\"}");
        ask(RQ_PLACE, 400, "<html>");
    }
    assert_int_equal(mallocs - before, 0);
#endif
    // larger than the arena: falls back to malloc, decodes, and gives all back (LeakSanitizer watches)
    char *text = many(40000, "{\"symbol\":\"X\",\"positionAmt\":\"0\",\"a\":\"b\"}");
    uint64_t spills = json_spills();
    ask(RQ_POSITIONS, 200, text);
    assert_int_equal(answer.malformed, 0);
    assert_int_equal(json_spills(), spills + 1);
    free(text);
    pthread_t t[2];
    static struct user_msg m[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&t[i], NULL, decode_on_a_thread, &m[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        void *ok;
        pthread_join(t[i], &ok);
        assert_non_null(ok);
        assert_int_equal(m[i].order.trade_id, 900123);
    }
}

static void error_classes(void **state)
{
    (void)state;
    const struct {
        int32_t http, code;
        char class;
        bool unknown;
    } rows[] = {
        {400, -1007, 'U', true},  {503, 0, 'U', true},      {400, -4225, 'C', false},
        {400, -4164, 'F', false}, {400, -2013, 'S', false}, {400, -1125, 'L', false},
        {400, -1102, 'P', false}, {429, 0, 'R', false},     {418, 0, 'R', false},
        {403, 0, 'U', true},      {401, 0, 'A', false},     {200, 0, 0, false},
        {200, -1000, 'U', true},  {400, -1001, 'U', true},  {400, -31415, 'U', true},
        {503, -1008, 'R', false}, {500, -2019, 'M', true},  {408, 0, 'U', true},
        {400, -5022, 'F', false}, {400, -4046, 'N', false}, {400, -1016, 'T', true},
        {400, 0, 'P', false},     {400, -4168, 'S', false}, {400, -2019, 'M', false},
        {400, -4141, 'K', false}, {400, -4033, 'X', false}, {400, -2015, 'A', false},
        {400, -1015, 'R', false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(wire_error_class(rows[i].http, rows[i].code), rows[i].class);
        assert_int_equal(venue_outcome_unknown(rows[i].http, rows[i].code), rows[i].unknown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_answer),    cmocka_unit_test(fields_that_matter),
        cmocka_unit_test(errors),          cmocka_unit_test(batch),
        cmocka_unit_test(row_limits),      cmocka_unit_test(account_reads),
        cmocka_unit_test(depth),           cmocka_unit_test(exchange_info),
        cmocka_unit_test(user_stream),     cmocka_unit_test(fills_must_be_whole),
        cmocka_unit_test(many_assets),     cmocka_unit_test(damage),
        cmocka_unit_test(hostile_numbers), cmocka_unit_test(no_allocation),
        cmocka_unit_test(error_classes),   cmocka_unit_test(quick_orders),
    };
    wire_json_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
