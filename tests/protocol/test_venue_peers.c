// SPDX-License-Identifier: Apache-2.0
// What clients written elsewhere (python-binance, Binance's own connectors, cryptofeed, ccxt) stumbled over
// at the embedded venue, each as one test that fails without the remedy. They ask at once, without waiting
// for a market to begin; they use parameters and paths that our own client never does.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "protocol/venue_client.h"

static struct vc_venue venue;
static struct vc_conn *site[VENUE_COUNT];
static const char *const PREFIX[VENUE_COUNT] = {"/fapi/v1/", "/api/v1/", "/fapi/v1/"};
static const char *const SYMBOL[] = {"BTCUSDT", "ETHUSDT"};

static int setup(void **state)
{
    (void)state;
    static const char *const ARGS[] = {"--wallet", "10000",
                                       "--market", "config/market/coinm-20240808.tape",
                                       "--market", "config/market/spot-20240808.tape",
                                       "--plain",  NULL};
    vc_start(&venue, ARGS);
    for (int i = 0; i < VENUE_COUNT; i++) {
        site[i] = vc_connect_port(&venue, venue.hello.site[i].port);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < VENUE_COUNT; i++) {
        vc_close(site[i]);
    }
    return vc_stop(&venue);
}

static json_t *public_read(int id, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "%s%s", PREFIX[id], name);
    int status = vc_call_text(site[id], "GET", path, text);
    if (status != 200) {
        fail_msg("%s %s: %d %s", path, text, status, site[id]->body);
    }
    return vc_json(site[id]);
}

static double number(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    assert_non_null(s);
    return strtod(s, NULL);
}

// The very first requests: a client that trades at once divides by these prices.
static void test_a_venue_opens_with_a_past(void **state)
{
    (void)state;
    for (int id = 0; id < VENUE_COUNT; id++) {
        for (size_t i = 0; i < COUNT_OF(SYMBOL); i++) {
            char text[64];
            snprintf(text, sizeof text, "symbol=%s", SYMBOL[i]);
            json_t *best = public_read(id, "ticker/bookTicker", text);
            json_t *last = public_read(id, "ticker/price", text);
            json_t *day = public_read(id, "ticker/24hr", text);
            json_t *trades = public_read(id, "trades", text);
            assert_true(number(best, "bidPrice") > 0 && number(best, "askPrice") > number(best, "bidPrice"));
            assert_true(number(last, "price") > 0);
            assert_true(number(day, "lowPrice") > 0 && number(day, "volume") > 0);
            assert_true(json_array_size(trades) > 0);
            int64_t now = clock_wall_ns() / NS_PER_MS;
            int64_t first = json_integer_value(json_object_get(json_array_get(trades, 0), "time"));
            assert_true(first > now - 70000 && first <= now);
            snprintf(text, sizeof text, "symbol=%s&interval=1m", SYMBOL[i]);
            json_t *bars = public_read(id, "klines", text);
            assert_true(json_array_size(bars) >= 2); // one is over
            json_decref(best);
            json_decref(last);
            json_decref(day);
            json_decref(trades);
            json_decref(bars);
        }
    }
}

// A bound of 0 means none by the book; clients that compare prices with it refuse every order.
static void test_price_bounds_are_numbers(void **state)
{
    (void)state;
    for (int id = 0; id < VENUE_COUNT; id++) {
        json_t *info = public_read(id, "exchangeInfo", "");
        for (size_t i = 0; i < json_array_size(json_object_get(info, "symbols")); i++) {
            const json_t *s = json_array_get(json_object_get(info, "symbols"), i);
            const json_t *f = json_array_get(json_object_get(s, "filters"), 0);
            double min = number(f, "minPrice"), tick = number(f, "tickSize");
            assert_string_equal(json_string_value(json_object_get(f, "filterType")), "PRICE_FILTER");
            assert_true(min >= tick && number(f, "maxPrice") >= 100000);
        }
        json_decref(info);
    }
}

static int raw(struct vc_conn *c, const char *method, const char *target)
{
    char text[256];
    int n = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\n\r\n", method, target);
    return vc_exchange(c, text, (size_t)n);
}

static void test_a_target_with_its_host(void **state)
{
    (void)state;
    struct vc_conn *c = site[VENUE_BINANCE];
    assert_int_equal(raw(c, "GET", "http://127.0.0.1:80/fapi/v1/time?a=b"), 200);
    assert_non_null(strstr(c->body, "serverTime"));
    assert_int_equal(raw(c, "GET", "HTTPS://fapi/fapi/v1/depth?symbol=ETHUSDT&limit=5"), 200);
    assert_int_equal(raw(c, "GET", "http://host/http://host/fapi/v1/time"), 404);
}

// Clients set their clock by it, and unicorn-binance dates what it has used by it.
static void test_answers_are_dated(void **state)
{
    (void)state;
    struct vc_conn *c = vc_connect_port(&venue, venue.hello.site[VENUE_BINANCE].port);
    static const char ASK[] = "GET /fapi/v1/ping HTTP/1.1\r\nHost: x\r\n\r\n";
    char text[1024], want[2][64];
    size_t n = 0;
    time_t now = time(NULL);
    vc_write(c, ASK, sizeof ASK - 1);
    while (n < sizeof text - 1 && !(n > 6 && memcmp(text + n - 6, "\r\n\r\n{}", 6) == 0)) {
        ssize_t k = vc_read(c, text + n, sizeof text - 1 - n);
        assert_true(k > 0);
        n += (size_t)k;
    }
    text[n] = 0;
    for (int i = 0; i < 2; i++, now++) {
        strftime(want[i], sizeof want[i], "\r\nDate: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime(&now));
    }
    assert_true(strstr(text, want[0]) || strstr(text, want[1]));
    vc_close(c);
}

// What a triggered order became, where a client asks for the order that waited.
static void test_a_triggered_order_tells_what_it_became(void **state)
{
    (void)state;
    struct vc_conn *c = site[VENUE_BINANCE];
    json_t *best = public_read(VENUE_BINANCE, "ticker/bookTicker", "symbol=BTCUSDT"), *o;
    json_t *last = public_read(VENUE_BINANCE, "ticker/price", "symbol=BTCUSDT");
    double price = number(last, "price");
    bool falls = price >= number(best, "askPrice"); // the next trade at the other side of the book triggers
    char text[256], id[32];
    bool done = false;
    snprintf(text, sizeof text,
             "algoType=CONDITIONAL&symbol=BTCUSDT&side=%s&type=STOP_MARKET&quantity=0.001&triggerPrice=%.1f",
             falls ? "SELL" : "BUY", falls ? price - 0.1 : price + 0.1);
    assert_int_equal(vc_call_hmac(c, "POST", "/fapi/v1/algoOrder", text), 200);
    o = vc_json(c);
    assert_null(json_object_get(o, "actualOrderId"));
    snprintf(id, sizeof id, "algoId=%lld", json_integer_value(json_object_get(o, "algoId")));
    json_decref(o);
    for (int i = 0; i < 1200 && !done; i++) {
        assert_int_equal(vc_call_hmac(c, "GET", "/fapi/v1/algoOrder", id), 200);
        o = vc_json(c);
        done = strcmp(json_string_value(json_object_get(o, "algoStatus")), "TRIGGERED") == 0;
        assert_string_equal(json_string_value(json_object_get(o, "actualOrderId")),
                            done ? id + strlen("algoId=") : "");
        assert_string_equal(json_string_value(json_object_get(o, "actualType")), done ? "MARKET" : "");
        assert_true(done ? number(o, "actualPrice") > 0 && number(o, "actualQty") > 0.0009
                         : number(o, "actualQty") == 0);
        json_decref(o);
        usleep(done ? 0 : 50000);
    }
    assert_true(done);
    json_decref(best);
    json_decref(last);
}

// ccxt's fetch_status, python-binance's and Binance's own client's questions about fees and indicators.
static void test_questions_at_start(void **state)
{
    (void)state;
    struct vc_conn *c = site[VENUE_BINANCE];
    assert_int_equal(vc_call_text(c, "GET", "/sapi/v1/system/status", ""), 200);
    assert_string_equal(c->body, "{\"status\":0,\"msg\":\"normal\"}");
    assert_int_equal(vc_call_hmac(c, "GET", "/fapi/v1/feeBurn", ""), 200);
    assert_string_equal(c->body, "{\"feeBurn\":false}");
    assert_int_equal(vc_call_hmac(c, "POST", "/fapi/v1/feeBurn", "feeBurn=false"), 200);
    assert_int_equal(vc_call_hmac(c, "POST", "/fapi/v1/feeBurn", "feeBurn=true"), 400);
    assert_int_equal(vc_call_hmac(c, "GET", "/fapi/v1/apiTradingStatus", ""), 200);
    json_t *o = vc_json(c);
    assert_true(json_is_object(json_object_get(o, "indicators")));
    assert_true(json_is_integer(json_object_get(o, "updateTime")));
    json_decref(o);
    assert_int_equal(vc_call_text(c, "GET", "/fapi/v1/feeBurn", ""), 401);
}

// eth-account prints a signature without 0x. All of its digits count nevertheless.
static void test_a_signature_without_0x(void **state)
{
    (void)state;
    struct vc_conn *c = site[VENUE_ASTER];
    for (int i = -1; i < 130; i += 13) {
        char text[2048] = "";
        size_t n =
            signer_sign(venue.signer, text, 0, sizeof text, nonce_next(&venue.nonce, clock_wall_ns() / 1000));
        text[n] = 0;
        char *hex = strstr(text, "signature=0x") + strlen("signature=");
        memmove(hex, hex + 2, strlen(hex + 2) + 1);
        assert_int_equal(strlen(hex), 130);
        if (i >= 0) {
            hex[i] = hex[i] == '0' ? '1' : '0';
        }
        int status = vc_call_text(c, "GET", "/fapi/v3/balance", text);
        assert_int_equal(status, i < 0 ? 200 : 400);
        assert_true(i < 0 || vc_code(c) == -1022);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_venue_opens_with_a_past),
        cmocka_unit_test(test_price_bounds_are_numbers),
        cmocka_unit_test(test_a_target_with_its_host),
        cmocka_unit_test(test_questions_at_start),
        cmocka_unit_test(test_answers_are_dated),
        cmocka_unit_test(test_a_triggered_order_tells_what_it_became),
        cmocka_unit_test(test_a_signature_without_0x),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
