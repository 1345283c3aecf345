// SPDX-License-Identifier: Apache-2.0
// Tries to be a client that nobody here wrote: pipelined requests, bodies in chunks, bodies that wait to be
// invited, old HTTP, the other name of this machine in the certificate; then one that asks too much, and one
// that asks on while it is refused; and WebSockets that live too long, do not pong, or outlive their key.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/x509v3.h>

#include "protocol/venue_client.h"

static struct vc_venue venue;

static int setup(void **state)
{
    (void)state;
    static const char *const ARGS[] = {"--wallet", "1000",
                                       "--market", "config/market/coinm-20240808.tape",
                                       "--market", "config/market/spot-20240808.tape",
                                       "--plain",  NULL};
    vc_start(&venue, ARGS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return vc_stop(&venue);
}

// Read until the connection holds `count` answers or nothing comes any more.
static size_t read_answers(struct vc_conn *c, char *to, size_t cap, int count)
{
    size_t n = 0;
    to[0] = 0;
    for (int seen = 0; seen < count && n + 1 < cap;) {
        ssize_t k = vc_read(c, to + n, cap - n - 1);
        if (k <= 0) {
            break;
        }
        n += (size_t)k;
        to[n] = 0;
        seen = 0;
        for (const char *p = to; (p = strstr(p, "HTTP/1.1 ")) != NULL; p++) {
            const char *body = strstr(p, "\r\n\r\n"), *length = strstr(p, "Content-Length: ");
            bool whole = body && length && strlen(body + 4) >= strtoul(length + 16, NULL, 10);
            seen += whole;
        }
    }
    return n;
}

static void ask(struct vc_conn *c, const char *text)
{
    vc_write(c, text, strlen(text));
}

static void test_pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    static char got[65536];
    char all[8192] = "";
    static const char *const PATHS[] = {"ping", "time", "nothing", "ticker/price?symbol=ETHUSDT"};
    static const char *const WANT[] = {"{}", "serverTime", "-1020", "\"price\""};
    struct vc_conn *c = vc_connect(&venue);
    for (int i = 0; i < 20; i++) {
        size_t n = strlen(all);
        snprintf(all + n, sizeof all - n,
                 "GET /fapi/v1/%s HTTP/1.1\r\nhost: localhost\r\nuser-agent: x\r\naccept-encoding: gzip, "
                 "deflate, br\r\nconnection: keep-alive\r\n\r\n",
                 PATHS[i % 4]);
    }
    ask(c, all);
    read_answers(c, got, sizeof got, 20);
    const char *p = got;
    for (int i = 0; i < 20; i++) {
        p = strstr(p, "\r\n\r\n");
        assert_non_null(p);
        const char *next = strstr(p, "HTTP/1.1 ");
        const char *hit = strstr(p, WANT[i % 4]);
        assert_true(hit && (!next || hit < next));
        p = next ? next : p;
    }
    vc_close(c);
}

// The body of a signed request, in chunks and after an invitation, as some clients send it.
static void test_chunked_and_invited_bodies(void **state)
{
    (void)state;
    char text[1024] = "symbol=ETHUSDT&leverage=9", head[512], got[4096], chunk[1200];
    struct vc_conn *c = vc_connect(&venue);
    for (int round = 0; round < 2; round++) {
        strcpy(text, "symbol=ETHUSDT&leverage=9");
        size_t n =
            signer_sign(venue.hmac, text, strlen(text), sizeof text, (uint64_t)(clock_wall_ns() / NS_PER_MS));
        text[n] = 0;
        int h = snprintf(head, sizeof head,
                         "POST /fapi/v1/leverage HTTP/1.1\r\nHost: 127.0.0.1\r\nx-mbx-apikey: %s\r\n",
                         venue.hello.api_key);
        if (round == 0) {
            snprintf(head + h, sizeof head - (size_t)h, "Transfer-Encoding: chunked\r\n\r\n");
            ask(c, head);
            snprintf(chunk, sizeof chunk, "5\r\n%.5s\r\n%zx\r\n%s\r\n0\r\n\r\n", text, n - 5, text + 5);
            ask(c, chunk);
        } else {
            snprintf(head + h, sizeof head - (size_t)h, "Content-Length: %zu\r\nExpect: 100-continue\r\n\r\n",
                     n);
            ask(c, head);
            ssize_t k = vc_read(c, got, sizeof got - 1);
            assert_true(k > 0);
            got[k] = 0;
            assert_string_equal(got, "HTTP/1.1 100 Continue\r\n\r\n");
            ask(c, text);
        }
        read_answers(c, got, sizeof got, 1);
        assert_true(strncmp(got, "HTTP/1.1 200 ", 13) == 0);
        assert_non_null(strstr(got, "\"leverage\":9"));
    }
    vc_close(c);
}

static void test_old_http_closes(void **state)
{
    (void)state;
    char got[4096];
    struct vc_conn *c = vc_connect(&venue);
    ask(c, "GET /fapi/v3/ping HTTP/1.0\r\n\r\n");
    read_answers(c, got, sizeof got, 2); // ends at the end of the connection
    assert_non_null(strstr(got, "Connection: close"));
    char byte;
    assert_int_equal(vc_read(c, &byte, 1), 0);
    vc_close(c);
}

static void test_certificate_is_good_for_localhost(void **state)
{
    (void)state;
    static const char *const ARGS[] = {NULL};
    static const struct {
        const char *name;
        long want;
    } CASES[] = {{"localhost", 1}, {"elsewhere", 0}};
    struct vc_venue v;
    vc_start(&v, ARGS);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct sockaddr_in a = {.sin_family = AF_INET,
                                .sin_port = htons(v.hello.port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
        SSL *s = SSL_new(v.tls);
        X509_VERIFY_PARAM_set1_host(SSL_get0_param(s), CASES[i].name, 0);
        SSL_set_tlsext_host_name(s, CASES[i].name);
        SSL_set_fd(s, fd);
        assert_int_equal(SSL_connect(s) == 1, CASES[i].want);
        SSL_free(s);
        close(fd);
    }
    assert_int_equal(vc_stop(&v), 0);
}

// ---------------------------------------------------------------------------------------------------- limits

static struct vc_conn *connect_from(struct vc_venue *v, uint32_t ip)
{
    struct vc_conn *c = calloc(1, sizeof *c);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(ip)};
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(v->hello.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->v = v;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(c->fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(c->fd, (struct sockaddr *)&to, sizeof to), 0);
    return c;
}

// Refused, then banned for asking on; another address is served; what the minute had used is told each time.
static void test_who_asks_on_while_refused_is_banned(void **state)
{
    (void)state;
    static const char *const ARGS[] = {"--plain", "--weight-limit", "30", NULL};
    struct vc_venue v;
    vc_start(&v, ARGS);
    struct vc_conn *c = vc_connect(&v);
    int refused = 0, status = 200;
    for (int i = 0; i < 200 && status != 418; i++) { // a minute may roll over meanwhile
        status = vc_call_text(c, "GET", "/fapi/v1/ping", "");
        refused = status == 429 ? refused + 1 : status == 200 ? 0 : refused;
        assert_true(c->used_weight >= 0 && c->used_weight <= 30);
        assert_true(status == 200 || c->retry_after > 0);
    }
    assert_int_equal(status, 418);
    assert_int_equal(refused, 20);
    assert_int_equal(vc_code(c), -1003);
    assert_in_range(c->retry_after, 110, 120);
    struct vc_conn *other = connect_from(&v, 0x7f000002);
    assert_int_equal(vc_call_text(other, "GET", "/fapi/v1/ping", ""), 200);
    assert_int_equal(vc_call_text(c, "GET", "/fapi/v1/ping", ""), 418);
    vc_close(other);
    vc_close(c);
    assert_int_equal(vc_stop(&v), 0);
}

static void test_order_limit_has_no_retry_after(void **state)
{
    (void)state;
    static const char *const ARGS[] = {"--plain",
                                       "--order-limit",
                                       "3",
                                       "--sites",
                                       "binance",
                                       "--market",
                                       "config/market/coinm-20240808.tape",
                                       NULL};
    static const char ORDER[] = "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=1&price=1";
    struct vc_venue v;
    vc_start(&v, ARGS);
    struct vc_conn *c = vc_connect(&v);
    int status = 0;
    for (int i = 0; i < 10 && status != 429; i++) {
        status = vc_call_hmac(c, "POST", "/fapi/v1/order", ORDER);
        assert_true(c->order_count >= 1 && c->order_count <= 3);
    }
    assert_int_equal(status, 429);
    assert_int_equal(vc_code(c), -1015);
    assert_int_equal(c->retry_after, -1);
    assert_int_equal(vc_call_hmac(c, "DELETE", "/fapi/v1/allOpenOrders", "symbol=ETHUSDT"), 200);
    vc_close(c);
    assert_int_equal(vc_stop(&v), 0);
}

// ------------------------------------------------------------------------------------------ life of
// WebSockets

static void test_pings_come_and_who_does_not_pong_is_cut(void **state)
{
    (void)state;
    static const char *const ARGS[] = {"--plain", "--ping", "200ms", "--pong", "900ms", NULL};
    struct vc_venue v;
    char text[65536];
    vc_start(&v, ARGS);
    struct vc_conn *good = vc_connect(&v), *bad = vc_connect(&v);
    assert_true(vc_ws_open(good, "/ws") && vc_ws_open(bad, "/ws"));
    int pings = 0, op = 0;
    int64_t until = clock_mono_ns() + 2500 * NS_PER_MS;
    while (clock_mono_ns() < until) {
        op = vc_ws_next(good, text, sizeof text, 100);
        if (op == 9) {
            pings++;
            vc_ws_send(good, 10, text, strlen(text));
        }
        assert_true(op >= 0);
    }
    assert_in_range(pings, 5, 13);
    while ((op = vc_ws_next(bad, text, sizeof text, 1000)) == 9) {
    }
    assert_true(op == -1 || op == 8);
    vc_close(good);
    vc_close(bad);
    assert_int_equal(vc_stop(&v), 0);
}

static void test_no_websocket_outlives_its_day(void **state)
{
    (void)state;
    static const char *const ARGS[] = {"--plain", "--ws-life", "1s", NULL};
    struct vc_venue v;
    char text[65536];
    vc_start(&v, ARGS);
    struct vc_conn *c = vc_connect(&v), *rest = vc_connect(&v);
    int64_t begun = clock_mono_ns();
    assert_true(vc_ws_open(c, "/ws/ethusdt@bookTicker"));
    int op;
    while ((op = vc_ws_next(c, text, sizeof text, 3000)) == 1) {
    }
    assert_true(op == -1 || op == 8);
    assert_in_range((clock_mono_ns() - begun) / NS_PER_MS, 950, 2500);
    assert_int_equal(vc_call_text(rest, "GET", "/fapi/v3/ping", ""), 200); // HTTP has no such end
    vc_close(rest);
    vc_close(c);
    assert_int_equal(vc_stop(&v), 0);
}

// The key ends: its stream says so and stays open; a renewed key lives on; the spot site wants to be told
// which key, and every site has its own.
static void test_listen_keys_end_at_each_site(void **state)
{
    (void)state;
    static const char *const ARGS[] = {
        "--plain", "--listen-key", "1s", "--market", "config/market/spot-20240808.tape", NULL};
    struct vc_venue v;
    char path[160], text[256];
    vc_start(&v, ARGS);
    struct vc_conn *c = vc_connect(&v), *spot = vc_connect_port(&v, v.hello.site[VENUE_SPOT].port);
    struct vc_conn *user = vc_connect(&v);
    assert_int_equal(vc_call(c, "POST", "/fapi/v3/listenKey", "", NULL), 200);
    json_t *o = vc_json(c);
    snprintf(path, sizeof path, "/ws/%s", json_string_value(json_object_get(o, "listenKey")));
    json_decref(o);
    assert_true(vc_ws_open(user, path));
    assert_int_equal(vc_call(spot, "POST", "/api/v3/listenKey", "", NULL), 200);
    o = vc_json(spot);
    const char *key = json_string_value(json_object_get(o, "listenKey"));
    assert_string_not_equal(key, path + 4);
    snprintf(text, sizeof text, "listenKey=%s", key);
    json_decref(o);
    assert_int_equal(vc_call(spot, "PUT", "/api/v3/listenKey", "", NULL), 400);
    assert_int_equal(vc_code(spot), -1102);
    assert_int_equal(vc_call(spot, "PUT", "/api/v3/listenKey", "listenKey=other", NULL), 400);
    assert_int_equal(vc_code(spot), -1125);
    for (int i = 0; i < 3; i++) { // three times 0.6 s: only renewal keeps it
        usleep(600000);
        assert_int_equal(vc_call(spot, "PUT", "/api/v3/listenKey", text, NULL), 200);
    }
    json_t *m = vc_ws_json(user, 1000);
    assert_non_null(m);
    assert_string_equal(json_string_value(json_object_get(m, "e")), "listenKeyExpired");
    json_decref(m);
    assert_int_equal(vc_call(c, "PUT", "/fapi/v3/listenKey", "", NULL), 400);
    assert_int_equal(vc_code(c), -1125);
    assert_int_equal(vc_call(spot, "DELETE", "/api/v3/listenKey", text, NULL), 200);
    assert_int_equal(vc_call(spot, "DELETE", "/api/v3/listenKey", text, NULL), 400);
    vc_close(user);
    vc_close(spot);
    vc_close(c);
    assert_int_equal(vc_stop(&v), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipelined_requests_are_answered_in_order),
        cmocka_unit_test(test_chunked_and_invited_bodies),
        cmocka_unit_test(test_old_http_closes),
        cmocka_unit_test(test_certificate_is_good_for_localhost),
        cmocka_unit_test(test_who_asks_on_while_refused_is_banned),
        cmocka_unit_test(test_order_limit_has_no_retry_after),
        cmocka_unit_test(test_pings_come_and_who_does_not_pong_is_cut),
        cmocka_unit_test(test_no_websocket_outlives_its_day),
        cmocka_unit_test(test_listen_keys_end_at_each_site),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
