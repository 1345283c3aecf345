// SPDX-License-Identifier: Apache-2.0
// Tries to catch the venue's streams in a lie: slower depth that is not what the quick one told, streams that
// come by a path they do not belong to, limits that are not kept, control messages that are not answered as
// venue-api.md 5.2 says. Over TLS, at ten times the recorded speed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "protocol/venue_client.h"

static struct vc_venue venue;

static int setup(void **state)
{
    (void)state;
    static const char *const ARGS[] = {"--speed",  "10",
                                       "--market", "config/market/coinm-20240808.tape",
                                       "--market", "config/market/spot-20240808.tape",
                                       NULL};
    vc_start(&venue, ARGS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return vc_stop(&venue);
}

static struct vc_conn *open_at(enum venue_id site, const char *path)
{
    struct vc_conn *c = vc_connect_port(&venue, venue.hello.site[site].port);
    assert_true(vc_ws_open(c, path));
    return c;
}

static void send_text(struct vc_conn *c, const char *text)
{
    vc_ws_send(c, 1, text, strlen(text));
}

// The next answer to a control message; events are passed over. NULL: the connection ended.
static json_t *answer(struct vc_conn *c)
{
    for (int i = 0; i < 5000; i++) {
        json_t *m = vc_ws_json(c, 2000);
        if (!m || json_object_get(m, "result") || json_object_get(m, "code")) {
            return m;
        }
        json_decref(m);
    }
    return NULL;
}

static long long id_of(const json_t *o, const char *key)
{
    assert_true(json_is_integer(json_object_get(o, key)));
    return json_integer_value(json_object_get(o, key));
}

// ------------------------------------------------------------------------------------------- merged speeds

enum { QUICK_MAX = 80 };

// Levels of `side` that the quick events from .. to tell, the newest of each price.
static json_t *newest_levels(json_t *const *quick, size_t n, long long from, long long to, const char *side)
{
    json_t *want = json_object();
    for (size_t k = 0; k < n; k++) {
        size_t i;
        json_t *pair;
        if (id_of(quick[k], "U") < from || id_of(quick[k], "u") > to) {
            continue;
        }
        json_array_foreach(json_object_get(quick[k], side), i, pair)
        {
            json_object_set(want, json_string_value(json_array_get(pair, 0)), json_array_get(pair, 1));
        }
    }
    return want;
}

static void check_merged(const json_t *slow, json_t *const *quick, size_t n, const char *side)
{
    json_t *want = newest_levels(quick, n, id_of(slow, "U"), id_of(slow, "u"), side);
    const json_t *got = json_object_get(slow, side);
    size_t i;
    json_t *pair;
    assert_int_equal(json_array_size(got), json_object_size(want));
    json_array_foreach(got, i, pair)
    {
        const json_t *w = json_object_get(want, json_string_value(json_array_get(pair, 0)));
        assert_non_null(w);
        assert_string_equal(json_string_value(w), json_string_value(json_array_get(pair, 1)));
    }
    json_decref(want);
}

static void merged_speed(enum venue_id site, const char *path, const char *slow_name, bool chained)
{
    struct vc_conn *c = open_at(site, path);
    json_t *quick[QUICK_MAX];
    size_t n = 0, slows = 0;
    long long last = 0;
    while (slows < 3) {
        json_t *m = vc_ws_json(c, 3000);
        assert_non_null(m);
        json_t *data = json_incref(json_object_get(m, "data"));
        if (strcmp(json_string_value(json_object_get(m, "stream")), slow_name) != 0) {
            assert_true(n < QUICK_MAX);
            quick[n++] = data;
        } else {
            if (slows > 0) { // the first may hold what came before the first quick one
                assert_true(chained ? id_of(data, "pu") == last : id_of(data, "U") == last + 1);
                check_merged(data, quick, n, "b");
                check_merged(data, quick, n, "a");
            }
            last = id_of(data, "u");
            slows++;
            json_decref(data);
        }
        json_decref(m);
    }
    assert_true(n >= 6);
    while (n) {
        json_decref(quick[--n]);
    }
    vc_close(c);
}

static void test_slower_depth_is_the_quick_one_merged(void **state)
{
    (void)state;
    merged_speed(VENUE_ASTER, "/stream?streams=ethusdt@depth@100ms/ethusdt@depth@500ms",
                 "ethusdt@depth@500ms", true);
    merged_speed(VENUE_BINANCE, "/public/stream?streams=ethusdt@depth@100ms/ethusdt@depth", "ethusdt@depth",
                 true);
    merged_speed(VENUE_SPOT, "/stream?streams=ethusdt@depth@100ms/ethusdt@depth", "ethusdt@depth", false);
}

// -------------------------------------------------------------------------------------------------- routes

// Which of depth (1) and mark price (2) come by this path within a second and a half?
static int heard(const char *path)
{
    static const char ADD[] =
        "{\"method\":\"SUBSCRIBE\",\"params\":[\"ethusdt@depth@100ms\",\"ethusdt@markPrice@1s\"],\"id\":1}";
    struct vc_conn *c = open_at(VENUE_BINANCE, path);
    int found = 0;
    send_text(c, ADD);
    int64_t until = clock_mono_ns() + 1500 * NS_PER_MS;
    while (clock_mono_ns() < until) {
        json_t *m = vc_ws_json(c, 200);
        const char *e = json_string_value(json_object_get(m, "e"));
        found |= e && strcmp(e, "depthUpdate") == 0 ? 1 : 0;
        found |= e && strcmp(e, "markPriceUpdate") == 0 ? 2 : 0;
        json_decref(m);
    }
    vc_close(c);
    return found;
}

static void test_binance_streams_keep_to_their_prefix(void **state)
{
    (void)state;
    assert_int_equal(heard("/public/ws"), 1);
    assert_int_equal(heard("/market/ws"), 2);
    assert_int_equal(heard("/private/ws"), 0);
    assert_int_equal(heard("/ws"), 1); // retired: acknowledges, and is silent about /market streams
    struct vc_conn *c = vc_connect_port(&venue, venue.hello.site[VENUE_BINANCE].port);
    assert_false(vc_ws_open(c, "/private/ws?listenKey=nonsense"));
    vc_close(c);
    c = vc_connect_port(&venue, venue.hello.site[VENUE_ASTER].port);
    assert_false(vc_ws_open(c, "/public/ws"));
    vc_close(c);
}

// -------------------------------------------------------------------------------------------------- limits

static int close_code(struct vc_conn *c)
{
    char text[65536];
    for (int i = 0; i < 5000; i++) {
        int op = vc_ws_next(c, text, sizeof text, 2000);
        if (op == 8) {
            return (unsigned char)text[0] << 8 | (unsigned char)text[1];
        }
        if (op <= 0) {
            return op;
        }
    }
    return 0;
}

static void test_one_message_too_many_in_a_second_ends_it(void **state)
{
    (void)state;
    static const int LIMIT[] = {[VENUE_ASTER] = 10, [VENUE_SPOT] = 5, [VENUE_BINANCE] = 10};
    for (int site = 0; site < VENUE_COUNT; site++) {
        struct vc_conn *c = open_at((enum venue_id)site, "/ws");
        for (int i = 0; i < LIMIT[site]; i++) {
            send_text(c, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":1}");
        }
        for (int i = 0; i < LIMIT[site]; i++) {
            json_t *m = answer(c);
            assert_non_null(m);
            json_decref(m);
        }
        vc_ws_send(c, 9, "", 0); // a ping counts
        assert_int_equal(close_code(c), 1008);
        vc_close(c);
    }
}

static void subscribe_many(struct vc_conn *c, int from, int n)
{
    char text[4000];
    size_t at = (size_t)snprintf(text, sizeof text, "{\"method\":\"SUBSCRIBE\",\"params\":[");
    for (int i = 0; i < n; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%s\"s%d@x\"", i ? "," : "", from + i);
    }
    snprintf(text + at, sizeof text - at, "],\"id\":1}");
    send_text(c, text);
}

static void test_streams_of_a_connection_are_limited(void **state)
{
    (void)state;
    static const int LIMIT[] = {[VENUE_ASTER] = 200, [VENUE_BINANCE] = 1024};
    for (int site = 0; site < VENUE_COUNT; site += VENUE_BINANCE) {
        struct vc_conn *c = open_at((enum venue_id)site, "/ws");
        int have = 0;
        for (; have < LIMIT[site]; have += 200) {
            int n = LIMIT[site] - have < 200 ? LIMIT[site] - have : 200;
            subscribe_many(c, have, n);
            json_t *m = answer(c);
            assert_true(json_is_null(json_object_get(m, "result")));
            json_decref(m);
        }
        subscribe_many(c, 5000, 1);
        json_t *m = answer(c);
        assert_int_equal(id_of(m, "code"), 2);
        json_decref(m);
        vc_close(c);
    }
}

// ---------------------------------------------------------------------------------------- control messages

static void test_ids_and_errors_of_control_messages(void **state)
{
    (void)state;
    static const struct {
        enum venue_id site;
        int code; // 99: accepted
        const char *id, *text;
    } CASES[] = {
        {VENUE_ASTER, 99, "7", "{\"method\":\"SUBSCRIBE\",\"params\":[],\"id\":7}"},
        {VENUE_ASTER, 99, "null", "{\"method\":\"SUBSCRIBE\",\"params\":[]}"}, // clients send none
        {VENUE_ASTER, 2, NULL, "{\"method\":\"SUBSCRIBE\",\"params\":[],\"id\":\"7\"}"},
        {VENUE_ASTER, 2, NULL, "{\"method\":\"SUBSCRIBE\",\"params\":[],\"id\":1.5}"},
        {VENUE_BINANCE, 99, "\"a-1\"", "{\"method\":\"SUBSCRIBE\",\"params\":[],\"id\":\"a-1\"}"},
        {VENUE_BINANCE, 2, NULL, "{\"method\":\"SUBSCRIBE\",\"params\":[],\"id\":\"\\\"},{\"}"},
        {VENUE_ASTER, 0, NULL, "{\"method\":\"GET_PROPERTY\",\"params\":[\"colour\"],\"id\":1}"},
        {VENUE_ASTER, 1, NULL, "{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",1],\"id\":1}"},
        {VENUE_ASTER, 2, NULL, "{\"method\":7,\"id\":1}"},
        {VENUE_ASTER, 2, NULL, "[]"},
        {VENUE_ASTER, 3, NULL, "{\"method\":"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct vc_conn *c = open_at(CASES[i].site, "/ws");
        send_text(c, CASES[i].text);
        json_t *m = answer(c);
        assert_non_null(m);
        if (CASES[i].code != 99) {
            assert_int_equal(id_of(m, "code"), CASES[i].code);
        } else {
            char *id = json_dumps(json_object_get(m, "id"), JSON_ENCODE_ANY);
            assert_string_equal(id, CASES[i].id);
            free(id);
        }
        json_decref(m);
        vc_close(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slower_depth_is_the_quick_one_merged),
        cmocka_unit_test(test_binance_streams_keep_to_their_prefix),
        cmocka_unit_test(test_one_message_too_many_in_a_second_ends_it),
        cmocka_unit_test(test_streams_of_a_connection_are_limited),
        cmocka_unit_test(test_ids_and_errors_of_control_messages),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
