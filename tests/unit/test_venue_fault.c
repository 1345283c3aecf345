// SPDX-License-Identifier: Apache-2.0
// Tries to break the venue's misbehaviour: words that mean something else than they say, a fault that strikes
// the wrong request, an order executed that should not be and the reverse, held answers that overtake each
// other on one connection or reach a connection that took the place of a dead one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "live/venue_hold.h"
#include "live/venue_verdict.h"

static struct venue_faults f;

static void set(const char *words)
{
    struct error e = {0};
    if (!venue_fault_set(&f, words, &e)) {
        fail_msg("%s: %s", words, e.text);
    }
}

static void test_words(void **state)
{
    (void)state;
    static const char *const BAD[] = {"",
                                      "place-503",
                                      "nonsense 20%",
                                      "place-503 120%",
                                      "place-503 -1%",
                                      "place-503 0.2",
                                      "place-503 20% 5ms",
                                      "place-reject 20% 5",
                                      "place-reject 20% -2019 x0",
                                      "report-delay 20% -250",
                                      "report-delay 20% 99999 h",
                                      "report-delay 20% 250ms x3 x4 x5 x6 x7",
                                      "report-delay 20% 250ms xx"};
    venue_faults_init(&f, 1);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct error e = {0};
        if (venue_fault_set(&f, BAD[i], &e)) {
            fail_msg("\"%s\" was taken", BAD[i]);
        }
        assert_true(e.text[0] != 0 && strchr(e.text, '\n') == NULL);
    }
    for (int i = 0; i < VF_COUNT; i++) {
        assert_int_equal(f.knob[i].rate_ppm, 0);
    }
    set("report-delay  12.5 %   250 ms  x3");
    assert_int_equal(f.knob[VF_REPORT_DELAY].rate_ppm, 125000);
    assert_true(f.knob[VF_REPORT_DELAY].amount == 250 * NS_PER_MS);
    assert_int_equal(f.knob[VF_REPORT_DELAY].left, 3);
    set("place-reject 100% -4164");
    assert_true(f.knob[VF_PLACE_REJECT].amount == -4164);
    set("place-reject off");
    assert_false(venue_fault_is_on(&f, VF_PLACE_REJECT));
    set("off");
    assert_false(venue_fault_is_on(&f, VF_REPORT_DELAY));
}

static void test_rates_and_counts(void **state)
{
    (void)state;
    int n = 0;
    venue_faults_init(&f, 7);
    set("read-503 25%");
    for (int i = 0; i < 40000; i++) {
        n += venue_fault_strikes(&f, VF_READ_503, NULL);
    }
    assert_in_range(n, 9500, 10500);
    set("read-503 100% x2");
    for (n = 0; venue_fault_strikes(&f, VF_READ_503, NULL); n++) {
        assert_true(n < 3);
    }
    assert_int_equal(n, 2);
    assert_false(venue_fault_strikes(&f, VF_HTML, NULL));
    char json[4096];
    size_t n_json = venue_faults_json(&f, json, sizeof json);
    assert_int_equal(n_json, strlen(json));
    assert_non_null(strstr(json, "\"read-503\":{\"rate_ppm\":1000000,\"left\":0"));
}

static struct venue_request request(const char *method, const char *path, const char *body)
{
    struct venue_request r = {.body = body, .body_len = strlen(body)};
    strcpy(r.method, method);
    strcpy(r.path, path);
    return r;
}

static void test_verdicts(void **state)
{
    (void)state;
    struct venue_verdict v;
    struct venue_request place = request("POST", "/fapi/v3/order", "a=1&signature=0x00");
    struct venue_request batch = request("POST", "/fapi/v1/batchOrders", "a=1&signature=00");
    struct venue_request cancel = request("DELETE", "/fapi/v3/allOpenOrders", "a=1&signature=0x00");
    struct venue_request read = request("GET", "/fapi/v3/openOrders", "");
    struct venue_request open = request("GET", "/fapi/v3/depth", "");
    read.query = "symbol=X&signature=0x00";
    read.query_len = strlen(read.query);
    venue_faults_init(&f, 3);
    venue_verdict_find(&v, &f, &place, true, 0);
    assert_true(v.serve && !v.replace && !v.silent && v.hold_ns == 0);

    set("place-503 100%");
    venue_verdict_find(&v, &f, &place, true, 0);
    assert_true(v.serve && v.replace && v.status == 503); // executed and unknown
    venue_verdict_find(&v, &f, &batch, true, 0);
    assert_true(v.serve && v.replace);
    venue_verdict_find(&v, &f, &cancel, true, 0);
    assert_true(v.serve && !v.replace);
    set("off");
    set("place-lost 100%");
    venue_verdict_find(&v, &f, &place, true, 0);
    assert_true(!v.serve && v.replace && v.status == 503);
    set("off");
    set("place-silent 100%");
    venue_verdict_find(&v, &f, &place, true, 0);
    assert_true(v.serve && v.silent);
    set("off");
    set("cancel-reject 100% -2011");
    venue_verdict_find(&v, &f, &cancel, true, 0);
    assert_true(!v.serve && v.status == 400);
    assert_non_null(strstr(v.body, "-2011"));
    venue_verdict_find(&v, &f, &place, true, 0);
    assert_true(v.serve && !v.replace);
    set("off");
    set("clock 100%");
    venue_verdict_find(&v, &f, &read, false, 0);
    assert_non_null(strstr(v.body, "-1021"));
    venue_verdict_find(&v, &f, &place, true, 0);
    assert_non_null(strstr(v.body, "-4225"));
    venue_verdict_find(&v, &f, &open, true, 0);
    assert_true(v.serve && !v.replace); // nothing signed, no clock
    set("off");
    set("ban 100% 3s x1");
    venue_verdict_find(&v, &f, &open, true, NS_PER_S);
    assert_true(!v.serve && v.status == 418 && v.retry_after_s == 3);
    venue_verdict_find(&v, &f, &place, true, 2 * NS_PER_S);
    assert_int_equal(v.status, 418);
    venue_verdict_find(&v, &f, &place, true, 4 * NS_PER_S);
    assert_true(v.serve);
}

static struct {
    char said[1024];
} log_;

static void say_answer(void *ctx, int conn, struct venue_answer_head h, const char *body, size_t n)
{
    (void)ctx;
    char t[64];
    snprintf(t, sizeof t, "%d:%d:%.*s ", conn, h.status, (int)n, body);
    strcat(log_.said, t);
}

static void say_silence(void *ctx, int conn)
{
    (void)ctx;
    char t[32];
    snprintf(t, sizeof t, "%d:silence ", conn);
    strcat(log_.said, t);
}

static void say_report(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    strncat(log_.said, text, n);
    strcat(log_.said, " ");
}

static void test_holding(void **state)
{
    (void)state;
    struct venue_hold_handler h = {NULL, say_answer, say_silence, say_report};
    struct venue_hold *v = venue_hold_new(&h);
    struct venue_answer_head ok = {.status = 200};
    log_.said[0] = 0;
    venue_hold_answer(v, 100, 0, 1, ok, "now", 3);
    venue_hold_answer(v, 100, 50, 1, ok, "late", 4);
    venue_hold_answer(v, 101, 0, 1, ok, "behind", 6); // the same connection: its order holds
    venue_hold_answer(v, 101, 0, 2, ok, "other", 5);
    venue_hold_report(v, 102, 30, "held", 4);
    venue_hold_report(v, 103, 0, "passes", 6);
    assert_string_equal(log_.said, "1:200:now 2:200:other passes ");
    assert_int_equal(venue_hold_advance(v, 110), 132);
    venue_hold_advance(v, 1000);
    assert_string_equal(log_.said, "1:200:now 2:200:other passes held 1:200:late 1:200:behind ");
    log_.said[0] = 0;
    venue_hold_answer(v, 1000, 50, 3, ok, NULL, 0);
    venue_hold_answer(v, 1000, 50, 4, ok, "dead", 4);
    venue_hold_forget(v, 4); // its number may be another connection's by then
    assert_true(venue_hold_advance(v, 2000) == INT64_MAX);
    assert_string_equal(log_.said, "3:silence ");
    log_.said[0] = 0;
    for (int i = 0; i < VENUE_HELD_MAX + 3; i++) { // full: the oldest leave early, none is lost
        venue_hold_report(v, 3000, 1000 + i, "r", 1);
    }
    assert_string_equal(log_.said, "r r r ");
    venue_hold_advance(v, 10000);
    assert_int_equal(strlen(log_.said), 2 * (VENUE_HELD_MAX + 3));
    venue_hold_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_rates_and_counts),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_holding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
