// SPDX-License-Identifier: Apache-2.0
// test_http1: tries to break the HTTP/1.1 codec: every answer cut at every byte (and fed byte by byte),
// truncated at every byte, with every byte changed; chunked bodies; lengths that lie, differ, overflow;
// bodies larger than the buffer; requests that do not fit or would smuggle a line.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "wire/http1.h"

#define CRLF "\r\n"

struct good {
    const char *text, *body;
    int status, keep_alive, retry, weight, orders;
    int until_close; // ends only when the peer closes
};

static const struct good ANSWERS[] = {
    {"HTTP/1.1 200 OK" CRLF "Content-Length: 14" CRLF "X-MBX-USED-WEIGHT-1M: 37" CRLF
     "x-mbx-order-count-1m:12" CRLF CRLF "{\"orderId\":17}",
     "{\"orderId\":17}", 200, 1, -1, 37, 12, 0},
    {"HTTP/1.1 429 Too Many" CRLF "Retry-After:  7 " CRLF "Connection: close" CRLF
     "Content-Length: 2" CRLF CRLF "{}",
     "{}", 429, 0, 7, -1, -1, 0},
    {"HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF "5" CRLF "hello" CRLF "1;name=value" CRLF
     " " CRLF "00a" CRLF "0123456789" CRLF "0" CRLF "Expires: never" CRLF CRLF,
     "hello 0123456789", 200, 1, -1, -1, -1, 0},
    {"HTTP/1.1 204 No Content" CRLF CRLF, "", 204, 1, -1, -1, -1, 0},
    {"HTTP/1.1 200" CRLF "Content-Length: 0" CRLF CRLF, "", 200, 1, -1, -1, -1, 0},
    {"HTTP/1.1 100 Continue" CRLF "Content-Length: 9" CRLF CRLF "HTTP/1.1 200 OK" CRLF
     "content-length: 3" CRLF CRLF "abc",
     "abc", 200, 1, -1, -1, -1, 0},
    {"HTTP/1.0 200 OK" CRLF "Content-Length: 1" CRLF CRLF "x", "x", 200, 0, -1, -1, -1, 0},
    {"HTTP/1.0 200 OK" CRLF "Connection: Foo, Keep-Alive" CRLF "Content-Length: 1" CRLF CRLF "x", "x", 200, 1,
     -1, -1, -1, 0},
    {"HTTP/1.1 503 Service Unavailable" CRLF "Server: x" CRLF CRLF "<html>down</html>", "<html>down</html>",
     503, 0, -1, -1, -1, 1},
    {"HTTP/1.1 200 OK\nContent-Length: 4\nContent-Length: 4\n\n{  }", "{  }", 200, 1, -1, -1, -1,
     0}, // bare LF
};

static void assert_answer(const struct http1_parser *p, const struct good *g)
{
    assert_int_equal(p->state, HTTP1_DONE);
    assert_int_equal(p->status, g->status);
    assert_int_equal(p->keep_alive, g->keep_alive);
    assert_int_equal(p->retry_after_s, g->retry);
    assert_int_equal(p->used_weight_1m, g->weight);
    assert_int_equal(p->order_count_1m, g->orders);
    assert_int_equal(p->body_len, strlen(g->body));
    assert_string_equal(p->body, g->body);
}

// Feeds from an exactly sized heap copy, so that a sanitizer or valgrind sees every read past the end.
static size_t feed_copy(struct http1_parser *p, const char *s, size_t n)
{
    char *copy = malloc(n ? n : 1);
    memcpy(copy, s, n);
    size_t used = http1_feed(p, copy, n);
    free(copy);
    return used;
}

static void every_split(void **state)
{
    (void)state;
    char body[256];
    struct http1_parser p;
    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        const struct good *g = &ANSWERS[i];
        size_t n = strlen(g->text);
        for (size_t a = 0; a <= n; a++) {
            for (size_t b = a; b <= n; b++) {
                http1_parser_init(&p, body, sizeof body);
                assert_int_equal(feed_copy(&p, g->text, a), a);
                assert_int_equal(feed_copy(&p, g->text + a, b - a), b - a);
                assert_int_equal(feed_copy(&p, g->text + b, n - b), n - b);
                if (g->until_close) {
                    assert_int_equal(p.state, HTTP1_UNTIL_CLOSE);
                    http1_on_close(&p);
                }
                assert_answer(&p, g);
            }
        }
        http1_parser_init(&p, body, sizeof body);
        for (size_t a = 0; a < n; a++) {
            assert_int_equal(feed_copy(&p, g->text + a, 1), 1);
        }
        http1_on_close(&p);
        assert_answer(&p, g);
    }
}

static void stops_at_the_end(void **state)
{
    (void)state;
    char body[256], two[512];
    struct http1_parser p;
    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        if (ANSWERS[i].until_close) {
            continue;
        }
        size_t n = strlen(ANSWERS[i].text);
        strcpy(two, ANSWERS[i].text);
        strcat(two, "HTTP/1.1 200 OK");
        http1_parser_init(&p, body, sizeof body);
        assert_int_equal(http1_feed(&p, two, strlen(two)), n);
        assert_answer(&p, &ANSWERS[i]);
        assert_int_equal(http1_feed(&p, two, 5), 0);
    }
}

static void truncated_is_bad(void **state)
{
    (void)state;
    char body[256];
    struct http1_parser p;
    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        size_t n = strlen(ANSWERS[i].text);
        size_t head =
            ANSWERS[i].until_close ? (size_t)(strstr(ANSWERS[i].text, CRLF CRLF) - ANSWERS[i].text) + 4 : n;
        for (size_t a = 0; a < head; a++) {
            http1_parser_init(&p, body, sizeof body);
            feed_copy(&p, ANSWERS[i].text, a);
            assert_int_not_equal(p.state, HTTP1_DONE);
            http1_on_close(&p);
            assert_int_equal(p.state, HTTP1_BAD);
            assert_int_equal(p.keep_alive, 0);
        }
    }
}

static const char *const BAD[] = {
    "HTTP/2 200" CRLF CRLF,
    "HTP/1.1 200 OK" CRLF CRLF,
    "HTTP/1.1 20 OK" CRLF CRLF,
    "HTTP/1.1 2000 OK" CRLF CRLF,
    "HTTP/1.1 099 OK" CRLF CRLF,
    "HTTP/1.1 600 OK" CRLF CRLF,
    "HTTP/1.1 101 Switching Protocols" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "Content-Length: 2" CRLF "Content-Length: 3" CRLF CRLF "abc",
    "HTTP/1.1 200 OK" CRLF "Content-Length: -1" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "Content-Length: 1x" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "Content-Length:" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "Content-Length: 18446744073709551617" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "Content-Length: 99999999" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "Content-Length: 3" CRLF "Transfer-Encoding: chunked" CRLF CRLF "0" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: gzip, chunked" CRLF CRLF "0" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF "Transfer-Encoding: chunked" CRLF CRLF
    "0" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "Content-Encoding: gzip" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "No colon here" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "Content-Length : 3" CRLF CRLF "abc",
    "HTTP/1.1 200 OK" CRLF "A: b" CRLF " folded" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF ": nameless" CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF CRLF,
    "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF "g" CRLF,
    "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF "-1" CRLF,
    "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF "fffffffffffffffff" CRLF,
    "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF "ffffffff" CRLF,
    "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF "2" CRLF "abc" CRLF "0" CRLF CRLF,
};

static void bad_answers(void **state)
{
    (void)state;
    char body[256];
    struct http1_parser p;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        size_t n = strlen(BAD[i]);
        for (size_t a = 0; a <= n; a++) {
            http1_parser_init(&p, body, sizeof body);
            feed_copy(&p, BAD[i], a);
            feed_copy(&p, BAD[i] + a, n - a);
            assert_int_equal(p.state, HTTP1_BAD);
        }
    }
}

static void oversized(void **state)
{
    (void)state;
    char body[64], line[5000], text[8000];
    struct http1_parser p;
    for (size_t n = 0; n < 80; n++) { // a buffer of 64 takes 47 bytes, by length, by chunks, until close
        char payload[81];
        memset(payload, 'x', n);
        payload[n] = 0;
        const char *form[] = {"HTTP/1.1 200 OK" CRLF "Content-Length: %zu" CRLF CRLF "%s",
                              "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF "%zx" CRLF
                              "%s" CRLF "0" CRLF CRLF,
                              "HTTP/1.1 200 OK" CRLF "A: %zu" CRLF CRLF "%s"};
        for (int f = 0; f < 3; f++) {
            if (f == 1 && n == 0) {
                continue;
            }
            snprintf(text, sizeof text, form[f], n, payload);
            http1_parser_init(&p, body, sizeof body);
            http1_feed(&p, text, strlen(text));
            http1_on_close(&p);
            assert_int_equal(p.state, n <= 47 ? HTTP1_DONE : HTTP1_BAD);
        }
    }
    memset(line, 'c', sizeof line - 1); // a cookie of 5 kB is skipped ...
    line[sizeof line - 1] = 0;
    snprintf(text, sizeof text,
             "HTTP/1.1 200 OK" CRLF "Content-Length: 2" CRLF "Set-Cookie: %s" CRLF CRLF "{}", line);
    http1_parser_init(&p, body, sizeof body);
    http1_feed(&p, text, strlen(text));
    assert_int_equal(p.state, HTTP1_DONE);
    assert_string_equal(p.body, "{}");
    memset(line, ' ', 4000); // ... a length of 5 kB is not
    snprintf(text, sizeof text, "HTTP/1.1 200 OK" CRLF "Content-Length: 2%s" CRLF CRLF "{}", line);
    http1_parser_init(&p, body, sizeof body);
    http1_feed(&p, text, strlen(text));
    assert_int_equal(p.state, HTTP1_BAD);
    http1_parser_init(&p, body, sizeof body); // endless heads end
    http1_feed(&p, "HTTP/1.1 200 OK" CRLF, 17);
    int lines = 0;
    for (; p.state == HTTP1_HEAD && lines < 1000; lines++) {
        http1_feed(&p, "A: b" CRLF, 6);
    }
    assert_int_equal(p.state, HTTP1_BAD);
    assert_true(lines < 200);
    http1_parser_init(&p, body, sizeof body);
    size_t fed = 0;
    for (; p.state == HTTP1_HEAD && fed < 1000000; fed++) {
        http1_feed(&p, "y", 1);
    }
    assert_int_equal(p.state, HTTP1_BAD);
}

static void changed_bytes_never_crash(void **state)
{
    (void)state;
    char body[64], text[512];
    struct http1_parser p;
    struct rng r;
    rng_seed(&r, 7);
    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        size_t n = strlen(ANSWERS[i].text);
        for (size_t at = 0; at < n; at++) {
            for (int c = 0; c < 256; c++) {
                memcpy(text, ANSWERS[i].text, n);
                text[at] = (char)c;
                http1_parser_init(&p, body, sizeof body);
                size_t cut = rng_below(&r, n + 1);
                size_t used = feed_copy(&p, text, cut);
                assert_true(used <= cut);
                feed_copy(&p, text + used, n - used);
                http1_on_close(&p);
                assert_true(p.state == HTTP1_DONE || p.state == HTTP1_BAD);
                assert_true(p.body_len <= sizeof body - 17);
                assert_int_equal(p.body[p.body_len], 0);
            }
        }
    }
}

static void requests(void **state)
{
    (void)state;
    char buf[512];
    size_t n =
        http1_build(buf, sizeof buf, "POST", "fapi.example:443", "/fapi/v3/order", "symbol=X&a=b", 12, NULL);
    const char *want =
        "POST /fapi/v3/order HTTP/1.1" CRLF "Host: fapi.example:443" CRLF
        "User-Agent: ticktower/" TT_VERSION CRLF "Content-Type: application/x-www-form-urlencoded" CRLF
        "Content-Length: 12" CRLF CRLF "symbol=X&a=b";
    assert_int_equal(n, strlen(want));
    assert_memory_equal(buf, want, n);
    for (size_t cap = 0; cap < n; cap++) {
        assert_int_equal(
            http1_build(buf, cap, "POST", "fapi.example:443", "/fapi/v3/order", "symbol=X&a=b", 12, NULL), 0);
    }
    n = http1_build(buf, sizeof buf, "GET", "h", "/p", "a=b", 3, "key");
    want = "GET /p?a=b HTTP/1.1" CRLF "Host: h" CRLF "User-Agent: ticktower/" TT_VERSION CRLF
           "X-MBX-APIKEY: key" CRLF CRLF;
    assert_int_equal(n, strlen(want));
    assert_memory_equal(buf, want, n);
    n = http1_build(buf, sizeof buf - 1, "PUT", "h", "/p", NULL, 0, NULL);
    assert_true(n > 0);
    buf[n] = 0;
    assert_non_null(strstr(buf, "Content-Length: 0" CRLF CRLF));
    assert_null(strstr(buf, "Content-Type"));
    assert_int_equal(http1_build(buf, sizeof buf, "GET", "h\r\nX: y", "/p", NULL, 0, NULL), 0);
    assert_int_equal(http1_build(buf, sizeof buf, "GET", "h", "/p q", NULL, 0, NULL), 0);
    assert_int_equal(http1_build(buf, sizeof buf, "GET", "h", "/p", NULL, 0, "k\n"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split),      cmocka_unit_test(stops_at_the_end),
        cmocka_unit_test(truncated_is_bad), cmocka_unit_test(bad_answers),
        cmocka_unit_test(oversized),        cmocka_unit_test(changed_bytes_never_crash),
        cmocka_unit_test(requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
