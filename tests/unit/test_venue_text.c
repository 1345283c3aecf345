// SPDX-License-Identifier: Apache-2.0
// Tries to break the text work of the embedded venue: requests and frames cut at every byte, lengths that
// lie, bodies in chunks, parameters that look alike, and a hello line with each field missing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "live/venue_hello.h"
#include "live/venue_http.h"
#include "live/venue_ws.h"

static void test_request_is_whole_at_its_last_byte_and_not_before(void **state)
{
    (void)state;
    static const char TWO[] =
        "DELETE /fapi/v3/order?x=%20 HTTP/1.1\r\nhost: a\r\nContent-LENGTH: 5\r\n\r\na=b&cGET /";
    size_t first = sizeof TWO - 1 - 5;
    struct venue_request r;
    for (size_t n = 0; n < first; n++) {
        char *cut = malloc(n + 1); // so that a read past the end is seen
        memcpy(cut, TWO, n);
        assert_int_equal(venue_http_parse(&r, cut, n), VP_MORE);
        free(cut);
    }
    char copy[sizeof TWO];
    memcpy(copy, TWO, sizeof TWO);
    assert_int_equal(venue_http_parse(&r, copy, sizeof TWO - 1), VP_DONE);
    assert_int_equal(r.total, first);
    assert_string_equal(r.method, "DELETE");
    assert_string_equal(r.path, "/fapi/v3/order");
    assert_true(r.query_len == 5 && memcmp(r.query, "x=%20", 5) == 0); // as sent: it may be signed
    assert_true(r.body_len == 5 && memcmp(r.body, "a=b&c", 5) == 0);
    assert_true(r.keep_alive && !r.upgrade && !r.api_key[0]);
}

// A body in chunks is joined in place when its last byte is there, and nothing is touched before.
static void test_chunked_body_is_joined(void **state)
{
    (void)state;
    static const char TEXT[] =
        "\r\nPOST /fapi/v1/order HTTP/1.1\r\nX-MBX-APIKEY:  abc \r\nExpect: 100-Continue\r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n04;x=y\r\n&c=d\r\n0\r\nT: u\r\n\r\nGET";
    struct venue_request r;
    for (size_t n = 0; n < sizeof TEXT - 4; n++) {
        char *cut = malloc(n + 1);
        memcpy(cut, TEXT, n);
        assert_int_equal(venue_http_parse(&r, cut, n), VP_MORE);
        assert_memory_equal(cut, TEXT, n);
        assert_int_equal(r.expects_continue, memmem(TEXT, n, "\r\n\r\n", 4) != NULL);
        free(cut);
    }
    char copy[sizeof TEXT];
    memcpy(copy, TEXT, sizeof TEXT);
    assert_int_equal(venue_http_parse(&r, copy, sizeof TEXT - 1), VP_DONE);
    assert_int_equal(r.total, sizeof TEXT - 4);
    assert_true(r.body_len == 7 && memcmp(r.body, "a=b&c=d", 7) == 0);
    assert_string_equal(r.api_key, "abc");
}

static void test_lying_requests_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum venue_parse want;
    } CASES[] = {
        {"GET /a HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", VP_BAD},
        {"GET /a HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", VP_BAD},
        {"GET /a HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", VP_BAD},
        {"GET /a HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", VP_TOO_LARGE},
        {"GET /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", VP_UNSUPPORTED},
        {"GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", VP_BAD},
        {"GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", VP_BAD},
        {"GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n\r\n", VP_BAD},
        {"GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", VP_BAD},
        {"GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n", VP_TOO_LARGE},
        {"GET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", VP_BAD},
        {"\r\n\r\n", VP_BAD},
        {"GET /a HTTP/2.0\r\n\r\n", VP_BAD},
        {"GETGETGET /a HTTP/1.1\r\n\r\n", VP_BAD},
        {"GET a HTTP/1.1\r\n\r\n", VP_BAD},
        {"GET /a HTTP/1.1\r\nno colon\r\n\r\n", VP_BAD},
        {"GET /a HTTP/1.0\r\n\r\n", VP_DONE},
    };
    struct venue_request r;
    char copy[256];
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        memcpy(copy, CASES[i].text, strlen(CASES[i].text) + 1);
        enum venue_parse got = venue_http_parse(&r, copy, strlen(copy));
        assert_int_equal(got, CASES[i].want);
    }
    assert_false(r.keep_alive); // HTTP/1.0
    char *head = malloc(VENUE_HEAD_MAX);
    memset(head, 'a', VENUE_HEAD_MAX);
    assert_int_equal(venue_http_parse(&r, head, VENUE_HEAD_MAX), VP_TOO_LARGE);
    free(head);
}

static void test_parameters(void **state)
{
    (void)state;
    static const char TEXT[] =
        "symbol=ETHUSDT&sym=x&list=%5B%22a%22%5D&empty=&bad=%5&bad2=%zz&nul=%00&long=abcdefgh";
    char v[8];
    size_t n = sizeof TEXT - 1;
    assert_int_equal(venue_http_param(TEXT, n, "symbol", v, sizeof v), 1);
    assert_string_equal(v, "ETHUSDT");
    assert_int_equal(venue_http_param(TEXT, n, "sym", v, sizeof v), 1);
    assert_string_equal(v, "x");
    assert_int_equal(venue_http_param(TEXT, n, "list", v, sizeof v), 1);
    assert_string_equal(v, "[\"a\"]");
    assert_int_equal(venue_http_param(TEXT, n, "empty", v, sizeof v), 1);
    assert_int_equal(venue_http_param(TEXT, n, "ymbol", v, sizeof v), 0);
    memset(v, 'x', sizeof v);
    assert_int_equal(venue_http_param(TEXT, n, "bad", v, sizeof v), -1);
    assert_string_equal(v, ""); // never half a value, never an unterminated one
    assert_int_equal(venue_http_param(TEXT, n, "bad2", v, sizeof v), -1);
    assert_int_equal(venue_http_param(TEXT, n, "nul", v, sizeof v), -1);
    memset(v, 'x', sizeof v);
    assert_int_equal(venue_http_param(TEXT, n, "long", v, sizeof v), -1);
    assert_string_equal(v, "");
}

static void test_frames_of_every_length_class_cut_anywhere(void **state)
{
    (void)state;
    static const size_t SIZES[] = {0, 1, 125, 126, 300, 65535, 65536};
    for (size_t k = 0; k < sizeof SIZES / sizeof SIZES[0]; k++) {
        size_t len = SIZES[k], head;
        char *f = malloc(len + 14);
        uint8_t server[WS_FRAME_HEAD_MAX];
        head = ws_frame_head(server, WS_TEXT, len);
        memcpy(f, server, head);
        f[1] = (char)(f[1] | 0x80); // a client masks
        memset(f + head, 0x5a, 4);
        memset(f + head + 4, 'q' ^ 0x5a, len);
        struct ws_frame out;
        for (size_t n = 0; n < head + 4 + len; n += n < 20 ? 1 : 997) {
            assert_int_equal(ws_frame_parse(&out, f, n), WS_MORE);
        }
        assert_int_equal(ws_frame_parse(&out, f, head + 4 + len), WS_DONE);
        assert_true(out.fin && out.opcode == WS_TEXT && out.payload_len == len &&
                    out.total == head + 4 + len);
        assert_true(len == 0 || (out.payload[0] == 'q' && out.payload[len - 1] == 'q'));
        free(f);
    }
    static const char *const BAD[] = {"\x81\x05hello", "\xc1\x80zzzz", "\x83\x80zzzz", "\x09\x80zzzz",
                                      "\x89\xfe\xffzzzzzz"};
    struct ws_frame out;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        char copy[32];
        memcpy(copy, BAD[i], strlen(BAD[i]));
        assert_int_equal(ws_frame_parse(&out, copy, strlen(BAD[i])), WS_BAD);
    }
    char huge[16] = {(char)0x81, (char)0xff, 0, 0, 0, 1, 0, 0, 0, 0}; // 4 GiB announced
    assert_int_equal(ws_frame_parse(&out, huge, sizeof huge), WS_BAD);
}

static void test_hello_survives_the_pipe_and_misses_no_field(void **state)
{
    (void)state;
    struct venue_hello h = {.rest = "https://127.0.0.1:4",
                            .ws = "wss://127.0.0.1:4",
                            .port = 4,
                            .tls = true,
                            .pid = 77,
                            .chain_id = 1666,
                            .user = "0xab",
                            .user_key = "0x12",
                            .signer = "0xcd",
                            .signer_key = "0xef",
                            .api_key = "key",
                            .api_secret = "secret",
                            .ca_pem = "-----BEGIN\nx\n",
                            .market = "a \"market\"",
                            .speed = 10,
                            .lap_ms = 34480,
                            .site[VENUE_ASTER] = {4, "https://127.0.0.1:4", "wss://127.0.0.1:4", "m"},
                            .site[VENUE_BINANCE] = {6, "https://127.0.0.1:6", "wss://127.0.0.1:6", "n"}};
    static const char *const FIELDS[] = {
        "rest",       "ws",      "port",   "pid",        "chain_id", "user",  "user_key", "signer",
        "signer_key", "api_key", "market", "api_secret", "ca_pem",   "sites", "lap_ms",   "name"};
    struct venue_hello got;
    struct error e;
    char line[VENUE_HELLO_MAX];
    size_t n = venue_hello_format(&h, line, sizeof line);
    assert_true(n > 0 && line[n - 1] == '\n');
    assert_true(venue_hello_parse(&got, line, n, &e));
    assert_memory_equal(&got, &h, sizeof h);
    for (size_t k = 0; k + 1 < n; k++) {
        assert_false(venue_hello_parse(&got, line, k, &e)); // cut short
    }
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        char name[32], copy[VENUE_HELLO_MAX];
        memcpy(copy, line, n + 1);
        snprintf(name, sizeof name, "\"%s\":", FIELDS[i]);
        char *at = strstr(copy, name);
        assert_non_null(at);
        at[1] = '~';
        assert_false(venue_hello_parse(&got, copy, n, &e));
    }
    assert_int_equal(venue_hello_format(&h, line, 20), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_is_whole_at_its_last_byte_and_not_before),
        cmocka_unit_test(test_chunked_body_is_joined),
        cmocka_unit_test(test_lying_requests_are_refused),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_frames_of_every_length_class_cut_anywhere),
        cmocka_unit_test(test_hello_survives_the_pipe_and_misses_no_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
