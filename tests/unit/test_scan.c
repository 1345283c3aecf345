// SPDX-License-Identifier: Apache-2.0
// test_scan: tries to make the hot scanner disagree with jansson: on every recorded line, on the same lines
// with keys in another order, blanks, unknown nested fields and quoted integers, and on tens of thousands of
// damaged copies. What jansson calls malformed must be refused, what is well-formed must give the same
// verdict and the same integers. Each message lies at the very end of a heap block with 16 bytes of
// misleading text behind it, so that reading past the allowance is seen by the sanitizers and believing it is
// seen here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/decimal.h"
#include "base/rng.h"
#include "engine/venue/scan.h"
#include "support/scan_oracle.h"

enum { LINES_MAX = 6000 };

static char *g_line[LINES_MAX];
static size_t g_lines;
static struct scan_msg g_got;
static struct rng g_rng;

static void load_lines(const char *path)
{
    static char line[1 << 20];
    gzFile f = gzopen(path, "rb");
    if (!f) {
        fail_msg("%s is missing: run from the repository's root", path);
    }
    while (gzgets(f, line, sizeof line) && g_lines < LINES_MAX) {
        line[strcspn(line, "\n")] = 0;
        g_line[g_lines++] = strdup(strchr(line, '{'));
    }
    gzclose(f);
}

static int setup(void **state)
{
    (void)state;
    rng_seed(&g_rng, 20240808);
    load_lines("tests/data/usdm_lines.jsonl.gz");
    load_lines("tests/data/spot_lines.jsonl.gz");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < g_lines; i++) {
        free(g_line[i]);
    }
    return 0;
}

// The scanner on a copy whose block ends 16 bytes after the message.
static bool scan_copy(const char *text, size_t n)
{
    static const char BAIT[16] = {'0', '"', ']', ',', '[', '"', '1', '"',
                                  ',', '"', '2', '"', ']', ']', '}', '}'};
    char *block = malloc(n + 16);
    memcpy(block, text, n);
    memcpy(block + n, BAIT, 16);
    memset(&g_got, 0xa5, sizeof g_got);
    bool ok = scan_market(block, n, &g_got);
    free(block);
    return ok;
}

static struct {
    size_t both_accept, both_refuse, malformed, skipped;
} g_tally;

static void compare(const char *text, size_t n)
{
    const char *why = "";
    bool ok = scan_copy(text, n);
    char *scratch = malloc(n + 1);
    enum oracle_result r = oracle_compare(text, n, ok, &g_got, scratch, &why);
    free(scratch);
    g_tally.both_accept += r == ORACLE_ACCEPT;
    g_tally.both_refuse += r == ORACLE_REFUSE;
    g_tally.malformed += r == ORACLE_MALFORMED;
    g_tally.skipped += r == ORACLE_SKIPPED;
    if (r == ORACLE_DIFFERS) {
        fail_msg("%s: %.*s", why, (int)(n < 2000 ? n : 2000), text);
    }
}

// --------------------------------------------------------------------------------------------------------------
// tests

static void test_recorded_lines(void **state)
{
    (void)state;
    size_t kinds[16] = {0};
    for (size_t i = 0; i < g_lines; i++) {
        compare(g_line[i], strlen(g_line[i]));
        kinds[g_got.kind]++;
    }
    assert_int_equal(g_tally.both_accept, g_lines);
    assert_true(kinds[SCAN_DEPTH] > 300 && kinds[SCAN_TRADE] > 300 && kinds[SCAN_TOUCH] > 1000);
    assert_true(kinds[SCAN_MARK] >= 5);
    assert_int_equal(kinds[SCAN_DEPTH_SNAPSHOT], 3);
    assert_int_equal(kinds[SCAN_OTHER] + kinds[SCAN_REPLY], 0);
}

// The same object with keys in random order, integers quoted at random and strange members in between.
static json_t *disguise(const json_t *object)
{
    const char *keys[64];
    size_t n = 0;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        keys[n++] = key;
    }
    for (size_t i = n; i > 1; i--) {
        size_t j = rng_below(&g_rng, i);
        const char *t = keys[i - 1];
        keys[i - 1] = keys[j];
        keys[j] = t;
    }
    json_t *to = json_object();
    for (size_t i = 0; i < n; i++) {
        json_t *v = json_object_get(object, keys[i]);
        if (rng_below(&g_rng, 4) == 0) {
            char name[40];
            snprintf(name, sizeof name, "x%zu%s", i, rng_below(&g_rng, 2) ? "y\"\\z" : "");
            json_object_set_new(to, name,
                                json_pack("{s:[i,s,{s:n,s:f}],s:b,s:{},s:[]}", "b", 1, "]}\\\"", "u", "e",
                                          -1.5e-7, "a", 1, "o", "q"));
        }
        if (strcmp(keys[i], "data") == 0 && rng_below(&g_rng, 2)) {
            json_object_set_new(to, "E",
                                json_string("outside")); // a field of the envelope, not of the message
            json_object_set_new(to, "b", json_pack("[[ss]]", "1", "2"));
        }
        if (json_is_integer(v) && rng_below(&g_rng, 3) == 0) {
            json_object_set_new(to, keys[i], json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(v)));
        } else if (json_is_object(v)) {
            json_object_set_new(to, keys[i], disguise(v));
        } else {
            json_object_set(to, keys[i], v);
        }
    }
    return to;
}

static void test_disguised_lines(void **state)
{
    (void)state;
    size_t before = g_tally.both_accept;
    size_t n = 0;
    for (size_t i = 0; i < g_lines; i += 3, n++) {
        json_t *root = json_loads(g_line[i], 0, NULL);
        json_t *other = disguise(root);
        size_t flags = rng_below(&g_rng, 2) ? JSON_COMPACT : JSON_INDENT(rng_below(&g_rng, 4));
        char *text = json_dumps(other, flags | JSON_PRESERVE_ORDER);
        compare(text, strlen(text));
        free(text);
        json_decref(other);
        json_decref(root);
    }
    assert_int_equal(g_tally.both_accept - before, n);
}

// Damage a copy in place at random; only structural characters, so that "malformed" means the same to both.
static size_t damage(char *to, const char *from, size_t n)
{
    static const char ALPHABET[] = "\"\"\"{}[]:,,.0123456789-+eE tfnabsupAB";
    memcpy(to, from, n);
    for (uint64_t k = 1 + rng_below(&g_rng, 3); k > 0 && n > 2; k--) {
        size_t at = rng_below(&g_rng, n);
        switch (rng_below(&g_rng, 6)) {
        case 0: // cut off
            n = rng_below(&g_rng, 4) ? n : at;
            break;
        case 1: // remove a stretch
            at = at + 8 < n ? at : 0;
            memmove(to + at, to + at + 4, n - at - 4 < n ? n - at - 4 : 0);
            n -= 4 < n ? 4 : 0;
            break;
        case 2: // insert
            memmove(to + at + 1, to + at, n - at);
            to[at] = ALPHABET[rng_below(&g_rng, sizeof ALPHABET - 1)];
            n++;
            break;
        case 3: { // repeat a stretch
            size_t len = n - at < 24 ? n - at : 24;
            memmove(to + at + len, to + at, n - at);
            n += len;
            break;
        }
        default:
            to[at] = ALPHABET[rng_below(&g_rng, sizeof ALPHABET - 1)];
        }
    }
    return n;
}

static void test_damaged_lines(void **state)
{
    (void)state;
    static char text[1 << 20];
    memset(&g_tally, 0, sizeof g_tally);
    for (int round = 0; round < 60000; round++) {
        const char *line = g_line[rng_below(&g_rng, g_lines)];
        size_t n = strlen(line);
        if (n < 4000 || round % 50 == 0) {
            compare(text, damage(text, line, n));
        }
    }
    assert_true(g_tally.malformed > 10000 && g_tally.both_accept > 3000 && g_tally.both_refuse > 1000);
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < g_lines; i += 200) {
        size_t n = strlen(g_line[i]);
        for (size_t cut = 0; cut < n && cut < 3000; cut++) {
            if (scan_copy(g_line[i], cut)) {
                fail_msg("accepted the first %zu bytes of %s", cut, g_line[i]);
            }
        }
    }
}

static void test_arbitrary_bytes(void **state)
{
    (void)state;
    char text[300];
    for (int round = 0; round < 40000; round++) {
        size_t n = rng_below(&g_rng, sizeof text);
        const char *line = g_line[rng_below(&g_rng, g_lines)];
        size_t have = strlen(line) < n ? strlen(line) : n;
        for (size_t i = 0; i < n; i++) {
            text[i] = i < have && rng_below(&g_rng, 20) ? line[i] : (char)rng_next(&g_rng);
        }
        compare(text, n);
    }
}

static bool touch_price(const char *price, int64_t *out)
{
    char text[256];
    int n = snprintf(text, sizeof text,
                     "{\"u\":7,\"s\":\"X\",\"b\":\"%s\",\"B\":\"1\",\"a\":\"2\",\"A\":\"3\"}", price);
    bool ok = scan_copy(text, (size_t)n);
    *out = g_got.price_e8;
    return ok;
}

static void test_decimals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t e8;
    } CASES[] = {
        {"0", true, 0},
        {"1.12345678", true, 112345678},
        {"1.123456789", false, 0},
        {"1.1234567800000000000000", true, 112345678},
        {"92233720368.54775807", true, INT64_MAX},
        {"92233720368.54775808", false, 0},
        {"1000000000000000", false, 0},
        {"0000000000000001", true, 100000000},
        {"1234567.12345678", true, 123456712345678},
        {"1e5", false, 0},
        {"", false, 0},
        {".", false, 0},
        {"-1", false, 0},
        {"1.2.3", false, 0},
        {" 1", false, 0},
        {"NaN", false, 0},
        {"1,5", false, 0},
        {"0x10", false, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        int64_t got;
        assert_int_equal(touch_price(CASES[i].text, &got), CASES[i].ok);
        if (CASES[i].ok) {
            assert_int_equal(got, CASES[i].e8);
        }
    }
}

static void test_too_many_levels(void **state)
{
    (void)state;
    static char text[400000];
    for (size_t extra = 0; extra < 2; extra++) {
        size_t n = (size_t)snprintf(text, sizeof text,
                                    "{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"X\",\"U\":1,\"u\":2,"
                                    "\"a\":[],\"b\":[");
        for (size_t i = 0; i < SCAN_LEVELS_MAX + extra; i++) {
            n += (size_t)snprintf(text + n, sizeof text - n, "%s[\"%zu\",\"1\"]", i ? "," : "", i + 1);
        }
        n += (size_t)snprintf(text + n, sizeof text - n, "]}");
        assert_int_equal(scan_copy(text, n), extra == 0);
    }
}

static void test_other_messages(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int kind;
    } CASES[] = {
        {"{\"result\":null,\"id\":11}", true, SCAN_REPLY},
        {"{\"code\":2,\"msg\":\"Invalid request: request ID must be an unsigned integer\"}", true,
         SCAN_REPLY},
        {"{\"e\":\"forceOrder\",\"E\":1,\"o\":{\"s\":\"BTCUSDT\",\"q\":\"0.014\",\"X\":\"FILLED\"}}", false,
         0},
        {"{\"e\":\"kline\",\"E\":1,\"s\":\"ETHUSDT\",\"k\":{\"i\":\"1m\",\"x\":false}}", false, 0},
        {"{\"e\":\"depthUpdate\",\"E\":1,\"U\":1,\"u\":2,\"b\":[],\"a\":[]}", false, 0},
        {"{\"e\":\"depthUpdate\",\"E\":1,\"s\":\"X\",\"U\":3,\"u\":2,\"b\":[],\"a\":[]}", false, 0},
        {"[{\"e\":\"24hrMiniTicker\"}]", true, SCAN_OTHER},
        {"{}", true, SCAN_OTHER},
        {"null", false, 0},
        {"{\"a\":\"\\\"}", false, 0},
        {"{\"\\\":1}", false, 0},
        {"{\"e\":\"trade\",\"E\":1,\"T\":1,\"s\":\"X\",\"t\":5,\"p\":\"1\",\"q\":\"1\",\"X\":\"INSURANCE_"
         "FUND\","
         "\"m\":true}",
         true, SCAN_TRADE},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_int_equal(scan_copy(CASES[i].text, strlen(CASES[i].text)), CASES[i].ok);
        if (CASES[i].ok) {
            assert_int_equal(g_got.kind, CASES[i].kind);
        }
    }
    assert_int_equal(g_got.not_market, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded_lines),  cmocka_unit_test(test_disguised_lines),
        cmocka_unit_test(test_damaged_lines),   cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_arbitrary_bytes), cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_too_many_levels), cmocka_unit_test(test_other_messages),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
