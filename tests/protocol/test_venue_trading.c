// SPDX-License-Identifier: Apache-2.0
// Tries to trade at the three sites of the embedded venue in ways that could go wrong: half of a batch is
// bad, an order is changed into something impossible, a request is displaced by its own nonce, money is moved
// twice, a conditional order is sent where it does not belong, settings are set to what they are.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "protocol/venue_client.h"

static struct vc_venue venue;
static struct vc_conn *aster, *spot, *binance;
static double ask;

static int setup(void **state)
{
    (void)state;
    static const char *const ARGS[] = {"--wallet", "10000",
                                       "--market", "config/market/coinm-20240808.tape",
                                       "--market", "config/market/spot-20240808.tape",
                                       "--plain",  NULL};
    vc_start(&venue, ARGS);
    aster = vc_connect_port(&venue, venue.hello.site[VENUE_ASTER].port);
    spot = vc_connect_port(&venue, venue.hello.site[VENUE_SPOT].port);
    binance = vc_connect_port(&venue, venue.hello.site[VENUE_BINANCE].port);
    for (int i = 0; i < 100 && ask < 1; i++) {
        usleep(20000);
        assert_int_equal(vc_call_text(aster, "GET", "/fapi/v3/ticker/bookTicker", "symbol=ETHUSDT"), 200);
        json_t *o = vc_json(aster);
        ask = strtod(json_string_value(json_object_get(o, "askPrice")), NULL);
        json_decref(o);
    }
    assert_true(ask > 1000);
    usleep(300000); // the other two have their books as well
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    vc_close(aster);
    vc_close(spot);
    vc_close(binance);
    return vc_stop(&venue);
}

static void expect(struct vc_conn *c, int status, int want_status, int want_code)
{
    int code = want_code || status != 200 ? vc_code(c) : 0;
    if (status != want_status || code != want_code) {
        fail_msg("%d %d, want %d %d: %.300s", status, code, want_status, want_code, c->body);
    }
}

static long long integer(const json_t *o, const char *key)
{
    return (long long)json_integer_value(json_object_get(o, key));
}

static const char *str(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    assert_non_null(s);
    return s;
}

static size_t open_orders(struct vc_conn *c)
{
    if (c == binance) {
        assert_int_equal(vc_call_hmac(c, "GET", "/fapi/v1/openOrders", "symbol=ETHUSDT"), 200);
    } else {
        const char *path = c == spot ? "/api/v3/openOrders" : "/fapi/v3/openOrders";
        assert_int_equal(vc_call(c, "GET", path, "symbol=ETHUSDT", NULL), 200);
    }
    json_t *o = vc_json(c);
    size_t n = json_array_size(o);
    json_decref(o);
    return n;
}

// ----------------------------------------------------------------------------------------------------
// batches

static void batch_param(char *to, size_t cap, const char *json)
{
    size_t n = (size_t)snprintf(to, cap, "batchOrders=");
    assert_true(percent_encode(to + n, cap - n, json, strlen(json)) > 0);
}

// Good and bad side by side: each gets its own answer, in order, and only the good ones rest.
static void test_a_batch_answers_one_by_one(void **state)
{
    (void)state;
    char json[1500], text[1900];
    snprintf(
        json, sizeof json,
        "[{\"symbol\":\"ETHUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"timeInForce\":\"GTX\",\"quantity\":"
        "\"0.010\",\"price\":\"%.2f\",\"newClientOrderId\":\"b-1\"},"
        "{\"symbol\":\"ETHUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"timeInForce\":\"GTX\",\"quantity\":"
        "\"0.0001\",\"price\":\"%.2f\"},{\"symbol\":\"NOPE\",\"side\":\"BUY\",\"type\":\"MARKET\","
        "\"quantity\":1},17,"
        "{\"symbol\":\"ETHUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"timeInForce\":\"GTC\",\"quantity\":0."
        "02,"
        "\"price\":%.2f,\"newClientOrderId\":\"b-2\"}]",
        ask - 50, ask - 50, ask - 60);
    batch_param(text, sizeof text, json);
    expect(aster, vc_call(aster, "POST", "/fapi/v3/batchOrders", text, NULL), 200, 0);
    assert_true(aster->order_count >= 5); // each counts
    json_t *o = vc_json(aster);
    assert_int_equal(json_array_size(o), 5);
    assert_string_equal(str(json_array_get(o, 0), "status"), "NEW");
    assert_true(integer(json_array_get(o, 1), "code") < 0);
    assert_int_equal(integer(json_array_get(o, 2), "code"), -1121);
    assert_int_equal(integer(json_array_get(o, 3), "code"), -1102);
    assert_string_equal(str(json_array_get(o, 4), "clientOrderId"), "b-2");
    long long second = integer(json_array_get(o, 4), "orderId");
    json_decref(o);
    assert_int_equal(open_orders(aster), 2);
    snprintf(text, sizeof text, "symbol=ETHUSDT&orderIdList=%%5B%lld%%2C1%%5D", second);
    expect(aster, vc_call_hmac(aster, "DELETE", "/fapi/v1/batchOrders", text), 200, 0);
    o = vc_json(aster);
    assert_int_equal(json_array_size(o), 2);
    assert_string_equal(str(json_array_get(o, 0), "status"), "CANCELED");
    assert_int_equal(integer(json_array_get(o, 1), "code"), -2011);
    json_decref(o);
    expect(aster,
           vc_call(aster, "DELETE", "/fapi/v3/batchOrders",
                   "symbol=ETHUSDT&origClientOrderIdList=%5B%22b-1%22%5D", NULL),
           200, 0);
    assert_int_equal(open_orders(aster), 0);
}

static void test_batches_have_their_sizes(void **state)
{
    (void)state;
    char text[1900];
    batch_param(text, sizeof text, "[{},{},{},{},{},{}]");
    expect(aster, vc_call(aster, "POST", "/fapi/v3/batchOrders", text, NULL), 400, -4082);
    batch_param(text, sizeof text, "[]");
    expect(aster, vc_call(aster, "POST", "/fapi/v3/batchOrders", text, NULL), 400, -4082);
    batch_param(text, sizeof text, "{\"symbol\":\"ETHUSDT\"}");
    expect(aster, vc_call(aster, "POST", "/fapi/v3/batchOrders", text, NULL), 400, -1130);
    expect(aster, vc_call(aster, "POST", "/fapi/v3/batchOrders", "", NULL), 400, -1102);
    expect(aster,
           vc_call(aster, "DELETE", "/fapi/v3/batchOrders",
                   "symbol=ETHUSDT&orderIdList=%5B1,2,3,4,5,6,7,8,9,10,11%5D", NULL),
           400, -4032);
    expect(aster, vc_call(aster, "DELETE", "/fapi/v3/batchOrders", "symbol=ETHUSDT", NULL), 400, -1102);
    expect(spot, vc_call(spot, "POST", "/api/v3/batchOrders", "", NULL), 404, -1020);
}

// ------------------------------------------------------------------------------------------------ one order

static void test_amend_changes_price_and_keeps_the_order_when_it_cannot(void **state)
{
    (void)state;
    char text[512];
    snprintf(
        text, sizeof text,
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.010&price=%.2f&newClientOrderId=m-1",
        ask - 50);
    expect(binance, vc_call_hmac(binance, "POST", "/fapi/v1/order", text), 200, 0);
    snprintf(text, sizeof text, "symbol=ETHUSDT&side=BUY&origClientOrderId=m-1&quantity=0.015&price=%.2f",
             ask - 55);
    expect(binance, vc_call_hmac(binance, "PUT", "/fapi/v1/order", text), 200, 0);
    json_t *o = vc_json(binance);
    assert_string_equal(str(o, "origQty"), "0.015");
    json_decref(o);
    snprintf(text, sizeof text, "symbol=ETHUSDT&origClientOrderId=m-1&quantity=0.015&price=%.3f",
             floor(ask) + 0.005);
    expect(binance, vc_call_hmac(binance, "PUT", "/fapi/v1/order", text), 400, -4014);
    expect(binance,
           vc_call_hmac(binance, "PUT", "/fapi/v1/order", "symbol=ETHUSDT&origClientOrderId=m-1&price=9"),
           400, -1102);
    expect(binance, vc_call_hmac(binance, "GET", "/fapi/v1/order", "symbol=ETHUSDT&origClientOrderId=m-1"),
           200, 0);
    o = vc_json(binance);
    assert_string_equal(str(o, "status"), "NEW");
    assert_true(fabs(strtod(str(o, "price"), NULL) - (ask - 55)) < 0.006);
    json_decref(o);
    expect(aster, vc_call_hmac(aster, "PUT", "/fapi/v1/order", text), 405, -1020); // v3 only
    expect(binance, vc_call_hmac(binance, "DELETE", "/fapi/v1/order", "symbol=ETHUSDT&origClientOrderId=m-1"),
           200, 0);
}

static void test_order_test_places_nothing(void **state)
{
    (void)state;
    expect(aster,
           vc_call(aster, "POST", "/fapi/v3/order/test", "symbol=ETHUSDT&side=BUY&type=MARKET&quantity=0.010",
                   NULL),
           200, 0);
    expect(aster,
           vc_call(aster, "POST", "/fapi/v3/order/test",
                   "symbol=ETHUSDT&side=BUY&type=MARKET&quantity=0.0101", NULL),
           400, -4023);
    expect(
        spot,
        vc_call(spot, "POST", "/api/v3/order/test", "symbol=ETHUSDT&side=SELL&type=MARKET&quantity=5", NULL),
        400, -2018);
    assert_int_equal(open_orders(aster), 0);
}

// The noop comes first with the order's own nonce: the order is refused when it comes, and nothing rests.
static void test_noop_displaces_the_request_of_its_nonce(void **state)
{
    (void)state;
    char order[1024], noop[1024] = "";
    snprintf(order, sizeof order,
             "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.010&price=%.2f", ask - 50);
    uint64_t nonce = nonce_next(&venue.nonce, clock_wall_ns() / 1000);
    size_t n = signer_sign(venue.signer, order, strlen(order), sizeof order, nonce);
    order[n] = 0;
    n = signer_sign(venue.signer, noop, 0, sizeof noop, nonce);
    noop[n] = 0;
    expect(aster, vc_call_text(aster, "POST", "/fapi/v3/noop", noop), 200, 0);
    expect(aster, vc_call_text(aster, "POST", "/fapi/v3/order", order), 400, -4225);
    assert_int_equal(open_orders(aster), 0);
    expect(aster, vc_call_text(aster, "POST", "/fapi/v3/noop", noop), 400, -4225); // nothing left to displace
}

// Binance keeps conditional orders apart; what waits there is not among the open orders.
static void test_conditional_orders_have_their_place(void **state)
{
    (void)state;
    char text[512];
    snprintf(text, sizeof text, "symbol=ETHUSDT&side=SELL&type=STOP_MARKET&quantity=0.010&stopPrice=%.2f",
             ask - 90);
    expect(binance, vc_call_hmac(binance, "POST", "/fapi/v1/order", text), 400, -4120);
    snprintf(text, sizeof text,
             "algoType=CONDITIONAL&symbol=ETHUSDT&side=SELL&type=STOP_MARKET&quantity=0.010&triggerPrice=%.2f"
             "&clientAlgoId=stop-1",
             ask - 90);
    expect(binance, vc_call_hmac(binance, "POST", "/fapi/v1/algoOrder", text), 200, 0);
    json_t *o = vc_json(binance);
    assert_string_equal(str(o, "algoStatus"), "NEW");
    assert_string_equal(str(o, "clientAlgoId"), "stop-1");
    long long id = integer(o, "algoId");
    json_decref(o);
    assert_int_equal(open_orders(binance), 0);
    expect(binance, vc_call_hmac(binance, "GET", "/fapi/v1/openAlgoOrders", ""), 200, 0);
    o = vc_json(binance);
    assert_int_equal(json_array_size(o), 1);
    json_decref(o);
    snprintf(text, sizeof text, "algoId=%lld", id);
    expect(binance, vc_call_hmac(binance, "DELETE", "/fapi/v1/algoOrder", text), 200, 0);
    expect(binance, vc_call_hmac(binance, "DELETE", "/fapi/v1/algoOrder", text), 400, -2011);
    expect(binance, vc_call_hmac(binance, "GET", "/fapi/v1/algoOrder", "clientAlgoId=stop-1"), 200, 0);
    o = vc_json(binance);
    assert_string_equal(str(o, "algoStatus"), "CANCELED");
    json_decref(o);
    snprintf(text, sizeof text, "symbol=ETHUSDT&side=SELL&type=STOP_MARKET&quantity=0.010&stopPrice=%.2f",
             ask - 90);
    expect(aster, vc_call(aster, "POST", "/fapi/v3/order", text, NULL), 200, 0);
    assert_int_equal(open_orders(aster), 1);
    expect(aster, vc_call(aster, "DELETE", "/fapi/v3/allOpenOrders", "symbol=ETHUSDT", NULL), 200, 0);
}

// ----------------------------------------------------------------------------------------- spot and
// transfers

static double usdt(struct vc_conn *c)
{
    bool futures = c != spot;
    assert_int_equal(vc_call(c, "GET", futures ? "/fapi/v3/balance" : "/api/v3/account", "", NULL), 200);
    json_t *o = vc_json(c), *row = json_array_get(futures ? o : json_object_get(o, "balances"), 0);
    assert_string_equal(str(row, "asset"), "USDT");
    double v = strtod(str(row, futures ? "availableBalance" : "free"), NULL);
    json_decref(o);
    return v;
}

static void test_money_moves_once_and_is_never_made(void **state)
{
    (void)state;
    double f = usdt(aster), s = usdt(spot);
    static const char OUT[] = "amount=12.5&asset=USDT&clientTranId=t-1&kindType=FUTURE_SPOT";
    expect(aster, vc_call(aster, "POST", "/fapi/v3/asset/wallet/transfer", OUT, NULL), 200, 0);
    assert_true(fabs(usdt(aster) - (f - 12.5)) < 1e-8 && fabs(usdt(spot) - (s + 12.5)) < 1e-8);
    expect(aster, vc_call(aster, "POST", "/fapi/v3/asset/wallet/transfer", OUT, NULL), 400, -4115);
    expect(spot,
           vc_call(spot, "POST", "/api/v3/asset/wallet/transfer",
                   "amount=12.5&asset=USDT&clientTranId=t-2&kindType=SPOT_FUTURE", NULL),
           200, 0);
    assert_true(fabs(usdt(aster) - f) < 1e-8 && fabs(usdt(spot) - s) < 1e-8);
    static const struct {
        const char *text;
        int code;
    } BAD[] = {
        {"amount=999999&asset=USDT&clientTranId=t-3&kindType=SPOT_FUTURE", -2018},
        {"amount=-1&asset=USDT&clientTranId=t-4&kindType=SPOT_FUTURE", -4055},
        {"amount=1&asset=ETH&clientTranId=t-5&kindType=SPOT_FUTURE", -1108},
        {"amount=1&asset=USDT&clientTranId=t-6&kindType=UP", -1130},
        {"amount=1&asset=USDT&kindType=SPOT_FUTURE", -1102},
        {"amount=1&asset=USDT&kindType=SPOT_FUTURE&clientTranId="
         "0123456789012345678901234567890123456789012345678901234567890123",
         -4114},
    };
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        expect(spot, vc_call(spot, "POST", "/api/v3/asset/wallet/transfer", BAD[i].text, NULL), 400,
               BAD[i].code);
    }
    assert_true(fabs(usdt(aster) - f) < 1e-8 && fabs(usdt(spot) - s) < 1e-8);
    expect(binance, vc_call_hmac(binance, "POST", "/fapi/v1/asset/wallet/transfer", OUT), 404, -1020);
}

// Bought for money, sold by quantity; what was bought is there, and no more can be sold than that.
static void test_spot_buys_for_money_and_sells_what_it_has(void **state)
{
    (void)state;
    double before = usdt(spot);
    expect(spot,
           vc_call(spot, "POST", "/api/v3/order",
                   "symbol=ETHUSDT&side=BUY&type=MARKET&quoteOrderQty=100&newOrderRespType=FULL", NULL),
           200, 0);
    json_t *o = vc_json(spot);
    assert_string_equal(str(o, "status"), "FILLED");
    double cost = strtod(str(o, "cumQuote"), NULL), got = strtod(str(o, "executedQty"), NULL);
    json_decref(o);
    assert_true(cost > 95 && cost <= 100 && got > 0.03);
    assert_true(usdt(spot) <= before - cost && usdt(spot) > before - cost - 0.2); // its fee
    char text[256];
    snprintf(text, sizeof text, "symbol=ETHUSDT&side=SELL&type=MARKET&quantity=%.5f", got + 0.001);
    expect(spot, vc_call(spot, "POST", "/api/v3/order", text, NULL), 400, -2018);
    snprintf(text, sizeof text,
             "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=GTX&quantity=%.5f&price=%.2f"
             "&newClientOrderId=s-1",
             got, ask + 60);
    expect(spot, vc_call_hmac(spot, "POST", "/api/v1/order", text), 200, 0);
    expect(spot,
           vc_call(spot, "DELETE", "/api/v3/allOpenOrders",
                   "symbol=ETHUSDT&origClientOrderIdList=%5B%22s-1%22%5D", NULL),
           200, 0);
    o = vc_json(spot);
    assert_int_equal(integer(o, "code"), 200); // a number here, a text at the futures
    json_decref(o);
    assert_int_equal(open_orders(spot), 0);
    snprintf(text, sizeof text, "symbol=ETHUSDT&side=SELL&type=MARKET&quantity=%.5f", got);
    expect(spot, vc_call(spot, "POST", "/api/v3/order", text, NULL), 200, 0);
}

// ---------------------------------------------------------------------------------------------------
// settings

static void test_settings_are_kept_and_what_cannot_be_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text;
        int status, code;
    } CASES[] = {
        {"/fapi/v3/stpMode", "stpMode=EXPIRE_BOTH", 200, 0},
        {"/fapi/v3/stpMode", "stpMode=NEVER", 400, -1130},
        {"/fapi/v3/stpMode", "", 400, -1102},
        {"/fapi/v3/multiAssetsMargin", "multiAssetsMargin=True", 200, 0},
        {"/fapi/v3/marginType", "symbol=BTCUSDT&marginType=ISOLATED", 400, -4168},
        {"/fapi/v3/multiAssetsMargin", "multiAssetsMargin=false", 200, 0},
        {"/fapi/v3/marginType", "symbol=BTCUSDT&marginType=ISOLATED", 200, 0},
        {"/fapi/v3/marginType", "symbol=BTCUSDT&marginType=ISOLATED", 400, -4046},
        {"/fapi/v3/positionMargin", "symbol=BTCUSDT&amount=1&type=1", 400, -4054},
        {"/fapi/v3/positionMargin", "symbol=BTCUSDT&amount=1&type=3", 400, -1130},
        {"/fapi/v3/positionSide/dual", "dualSidePosition=false", 400, -4059},
        {"/fapi/v3/positionSide/dual", "dualSidePosition=true", 400, -1020},
        {"/fapi/v3/leverage", "symbol=ETHUSDT&leverage=126", 400, -4028},
        {"/fapi/v3/leverage", "symbol=ETHUSDT&leverage=5", 200, 0},
        {"/fapi/v3/chase", "symbol=ETHUSDT&side=BUY", 400, -1020},
        {"/fapi/v3/mmp", "symbol=ETHUSDT", 400, -1020},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        expect(aster, vc_call(aster, "POST", CASES[i].path, CASES[i].text, NULL), CASES[i].status,
               CASES[i].code);
    }
    assert_int_equal(vc_call(aster, "GET", "/fapi/v3/stpMode", "", NULL), 200);
    json_t *o = vc_json(aster);
    assert_string_equal(str(o, "stpMode"), "EXPIRE_BOTH");
    json_decref(o);
}

// Parameters may stand in query and body; where a name stands in both, the query's is used
// (venue-api.md 2.2).
static void test_query_wins_over_body(void **state)
{
    (void)state;
    char message[1024], request[4096], signature[65];
    static const char QUERY[] = "symbol=ETHUSDT&leverage=11";
    int n = snprintf(message, sizeof message, "%ssymbol=BTCUSDT&leverage=12&timestamp=%lld", QUERY,
                     (long long)(clock_wall_ns() / NS_PER_MS));
    assert_true(signer_hmac_hex(venue.hmac, signature, message, (size_t)n));
    char body[512];
    int k = snprintf(body, sizeof body, "%s&signature=%s", message + sizeof QUERY - 1, signature);
    n = snprintf(
        request, sizeof request,
        "POST /fapi/v1/leverage?%s HTTP/1.1\r\nHost: x\r\nX-MBX-APIKEY: %s\r\nContent-Length: %d\r\n\r\n%s",
        QUERY, venue.hello.api_key, k, body);
    expect(binance, vc_exchange(binance, request, (size_t)n), 200, 0);
    json_t *o = vc_json(binance);
    assert_string_equal(str(o, "symbol"), "ETHUSDT");
    assert_int_equal(integer(o, "leverage"), 11);
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_batch_answers_one_by_one),
        cmocka_unit_test(test_batches_have_their_sizes),
        cmocka_unit_test(test_amend_changes_price_and_keeps_the_order_when_it_cannot),
        cmocka_unit_test(test_order_test_places_nothing),
        cmocka_unit_test(test_noop_displaces_the_request_of_its_nonce),
        cmocka_unit_test(test_conditional_orders_have_their_place),
        cmocka_unit_test(test_money_moves_once_and_is_never_made),
        cmocka_unit_test(test_spot_buys_for_money_and_sells_what_it_has),
        cmocka_unit_test(test_settings_are_kept_and_what_cannot_be_is_refused),
        cmocka_unit_test(test_query_wins_over_body),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
