// SPDX-License-Identifier: Apache-2.0
// Tries to lose what strategies of other people wait for: the last text of a bar, which alone says that it is
// over (x true), while trades go on at the turn of the minute; and, in Binance's dialect, conditional orders
// on the user stream. The exchange and the streams are the shipped ones; the sockets are replaced by a list.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/check.h"
#include "live/venue_net.h"
#include "live/venue_stream.h"
#include "unit/exchange_rig.h"

static struct venue_streams streams;

static struct said {
    char name[48];
    bool closed;
    int64_t open_ms;
    char text[768];
} said[8192];
static size_t said_n;
static json_t *user; // what the user stream told

bool venue_net_send(struct venue_net *n, int conn, const struct venue_piece *piece, size_t count)
{
    (void)n;
    assert_int_equal(conn, 0);
    assert_int_equal(count, 5); // combined
    assert_true(said_n < COUNT_OF(said));
    struct said *s = &said[said_n++];
    snprintf(s->name, sizeof s->name, "%s", piece[1].p);
    snprintf(s->text, sizeof s->text, "%.*s", (int)piece[3].n, piece[3].p);
    json_t *o = json_loadb(piece[3].p, piece[3].n, 0, NULL);
    const json_t *k = json_object_get(o, "k");
    s->closed = json_is_true(json_object_get(k, "x"));
    s->open_ms = json_integer_value(json_object_get(k, "t"));
    json_decref(o);
    return true;
}

void venue_net_close(struct venue_net *n, int conn)
{
    (void)n;
    (void)conn;
}

static void publish(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n)
{
    (void)ctx;
    if (type == XO_MARKET_TEXT) {
        venue_streams_market(&streams, stream, text, n, rig.now_ns);
    } else if (user) {
        json_array_append_new(user, json_loadb(text, n, 0, NULL));
    }
}

static bool wanted(void *ctx, const char *stream)
{
    (void)ctx;
    return venue_streams_wanted(&streams, stream);
}

static void start(enum venue_id site, const char *names)
{
    static struct xch_config c;
    struct instrument ins = rig_instrument();
    struct level bid = {268000, 50}, ask = {268010, 50};
    struct venue_request r = {.path = "/stream"};
    char query[256];
    xch_config_default(&c);
    c.dialect = site == VENUE_BINANCE ? XCH_DIALECT_BINANCE : XCH_DIALECT_ASTER;
    c.wallet_e8 = 1000 * E8;
    rig_start(&c, &ins, 1);
    assert_true(venue_streams_init(&streams, site, NULL, rig.x));
    rig.sink = (struct xch_sink){.publish = publish, .wanted = wanted};
    snprintf(query, sizeof query, "streams=%s", names);
    snprintf(r.path, sizeof r.path, "%s", site == VENUE_BINANCE ? "/market/stream" : "/stream");
    r.query = query;
    r.query_len = strlen(query);
    assert_true(venue_streams_open(&streams, 0, &r, ""));
    said_n = 0;
    user = json_array();
    rig_snapshot(&bid, &ask, 1);
    rig_trade(SIDE_BUY, 268010, 1);
}

static int teardown(void **state)
{
    (void)state;
    venue_streams_close(&streams, 0);
    venue_streams_free(&streams);
    exchange_free(rig.x);
    rig.x = NULL;
    json_decref(user);
    user = NULL;
    return 0;
}

static void pass(int64_t add_ns)
{
    rig_time(add_ns);
    venue_streams_on_time(&streams, rig.now_ns);
}

// Every bar is told open, then over once, in order, and nothing of it comes after its end.
static void check_bars(const char *name, int64_t minutes, size_t want)
{
    size_t closed = 0;
    int64_t last = 0;
    bool over = false;
    for (size_t i = 0; i < said_n; i++) {
        if (strcmp(said[i].name, name) == 0) {
            assert_true(said[i].open_ms == last ? !over : said[i].open_ms > last);
            last = said[i].open_ms;
            over = said[i].closed;
            closed += over;
            assert_int_equal(last % (minutes * 60000), 0);
        }
    }
    assert_int_equal(closed, want);
}

static void test_every_bar_ends(void **state)
{
    (void)state;
    static const enum venue_id SITE[] = {VENUE_ASTER, VENUE_BINANCE};
    for (size_t k = 0; k < COUNT_OF(SITE); k++) {
        start(SITE[k], "ethusdt@kline_1m/ethusdt@kline_3m/ethusdt_perpetual@continuousKline_1m");
        int64_t begun = rig.now_ns / (60 * NS_PER_S);
        for (int i = 0; i < 7 * 60 * 20; i++) { // seven minutes, a trade each 50 ms, also at the very turn
            rig_trade(i % 2 ? SIDE_BUY : SIDE_SELL, 268000 + i % 7, 1 + i % 3);
            pass(50 * NS_PER_MS);
        }
        size_t minutes = (size_t)(rig.now_ns / (60 * NS_PER_S) - begun);
        assert_true(minutes >= 7);
        check_bars("ethusdt@kline_1m", 1, minutes);
        check_bars("ethusdt@kline_3m", 3,
                   (size_t)(rig.now_ns / (180 * NS_PER_S) - begun * 60 * NS_PER_S / (180 * NS_PER_S)));
        check_bars("ethusdt_perpetual@continuousKline_1m", 1, SITE[k] == VENUE_BINANCE ? minutes : 0);
        teardown(state);
    }
}

static void test_bars_of_a_contract(void **state)
{
    (void)state;
    start(VENUE_BINANCE, "ethusdt@kline_1m/ethusdt_perpetual@continuousKline_1m");
    rig_trade(SIDE_SELL, 268000, 2);
    pass(300 * NS_PER_MS);
    pass(300 * NS_PER_MS);
    json_t *plain = NULL, *cont = NULL;
    for (size_t i = 0; i < said_n; i++) {
        json_t **to = strchr(said[i].name, '_') < strchr(said[i].name, '@') ? &cont : &plain;
        json_decref(*to);
        *to = json_loads(said[i].text, 0, NULL);
    }
    assert_true(plain && cont);
    assert_string_equal(json_string_value(json_object_get(cont, "e")), "continuous_kline");
    assert_string_equal(json_string_value(json_object_get(cont, "ps")), "ETHUSDT");
    assert_string_equal(json_string_value(json_object_get(cont, "ct")), "PERPETUAL");
    assert_null(json_object_get(cont, "s"));
    json_object_del(json_object_get(plain, "k"), "s"); // the rest of the bar is the same
    assert_true(json_equal(json_object_get(plain, "k"), json_object_get(cont, "k")));
    json_decref(plain);
    json_decref(cont);
}

// -------------------------------------------------------------------------------------- conditional orders

static int32_t stop(const char *id, enum side side, int64_t ticks)
{
    struct xch_order_request r = {.symbol = "ETHUSDT",
                                  .side = (int8_t)side,
                                  .has_qty = 1,
                                  .qty_e8 = 10 * 100000,
                                  .has_stop = 1,
                                  .stop_price_e8 = ticks * 1000000};
    struct xch_order o;
    const char *msg = "";
    snprintf(r.client_id, sizeof r.client_id, "%s", id);
    snprintf(r.type, sizeof r.type, "STOP_MARKET");
    return exchange_place(rig.x, &r, rig.now_ns, &o, &msg, &rig.sink);
}

// "e:X" of everything about this order, in order.
static void told(const char *id, char *to, size_t cap)
{
    size_t i, n = 0;
    json_t *e;
    to[0] = 0;
    json_array_foreach(user, i, e)
    {
        const json_t *o = json_object_get(e, "o");
        const char *name = json_string_value(json_object_get(o, "caid"));
        name = name ? name : json_string_value(json_object_get(o, "c"));
        if (name && strcmp(name, id) == 0) {
            n += (size_t)snprintf(to + n, cap - n, "%s:%s ", json_string_value(json_object_get(e, "e")),
                                  json_string_value(json_object_get(o, "X")));
        }
    }
}

static void test_conditional_orders_are_told_in_their_own_event(void **state)
{
    (void)state;
    struct xch_order o;
    const char *msg = "";
    char text[512];
    start(VENUE_BINANCE, "ethusdt@kline_1m");
    assert_int_equal(stop("goes", SIDE_BUY, 268050), 0);
    assert_int_equal(stop("stays", SIDE_BUY, 269000), 0);
    assert_int_equal(exchange_cancel(rig.x, "ETHUSDT", 0, "stays", rig.now_ns, &o, &msg, &rig.sink), 0);
    rig_trade(SIDE_BUY, 268060, 1);
    told("stays", text, sizeof text);
    assert_string_equal(text, "ALGO_UPDATE:NEW ALGO_UPDATE:CANCELED ");
    told("goes", text, sizeof text);
    assert_string_equal(text, "ALGO_UPDATE:NEW ALGO_UPDATE:TRIGGERED ORDER_TRADE_UPDATE:NEW "
                              "ORDER_TRADE_UPDATE:FILLED ");
    const json_t *a = json_object_get(json_array_get(user, 0), "o");
    assert_true(json_is_integer(json_object_get(a, "aid")));
    assert_string_equal(json_string_value(json_object_get(a, "at")), "CONDITIONAL");
    assert_string_equal(json_string_value(json_object_get(a, "o")), "STOP_MARKET");
    assert_string_equal(json_string_value(json_object_get(a, "tp")), "2680.50");
    assert_string_equal(json_string_value(json_object_get(a, "q")), "0.010");
    assert_string_equal(json_string_value(json_object_get(a, "ai")), "");
    teardown(state);

    start(VENUE_ASTER, "ethusdt@kline_1m"); // there it is an order like others
    assert_int_equal(stop("goes", SIDE_BUY, 268050), 0);
    rig_trade(SIDE_BUY, 268060, 1);
    told("goes", text, sizeof text);
    assert_string_equal(text, "ORDER_TRADE_UPDATE:NEW ORDER_TRADE_UPDATE:NEW ORDER_TRADE_UPDATE:FILLED ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_bar_ends),
        cmocka_unit_test_teardown(test_bars_of_a_contract, teardown),
        cmocka_unit_test_teardown(test_conditional_orders_are_told_in_their_own_event, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
