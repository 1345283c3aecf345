// SPDX-License-Identifier: Apache-2.0
// Tries to break: units (a fraction read as a percent costs money), unknown and doubled keys, bounds, the
// round trip that replays depend on, and the shipped file drifting from the table.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "config/config.h"
#include "config/hosts.h"
#include "config/value.h"

static void units(void **state)
{
    (void)state;
    int64_t v = 0;
    const char *why;
    assert_true(value_parse(CU_FRACTION, "3 %", &v, &why) && v == 3000000);
    assert_true(value_parse(CU_FRACTION, "0.5bp", &v, &why) && v == 5000);
    assert_false(value_parse(CU_FRACTION, "0.03", &v, &why));
    assert_true(value_parse(CU_DURATION, "250 ms", &v, &why) && v == 250 * NS_PER_MS);
    assert_true(value_parse(CU_DURATION, "30s", &v, &why) && v == 30 * NS_PER_S);
    assert_false(value_parse(CU_DURATION, "30", &v, &why));
    assert_false(value_parse(CU_DURATION, "0.1 ns", &v, &why));
    assert_false(value_parse(CU_MONEY, "8", &v, &why));
    assert_false(value_parse(CU_MONEY, "8 EUR", &v, &why));
    assert_false(value_parse(CU_COUNT, "1.5", &v, &why));
    assert_false(value_parse(CU_COUNT, "", &v, &why));
    assert_false(value_parse(CU_COUNT, "1e3", &v, &why));
    assert_false(value_parse(CU_DURATION, "9999999999 h", &v, &why));
}

static void round_trip(void **state)
{
    (void)state;
    struct config a;
    struct config b;
    struct error e = {0};
    config_default(&a);
    a.limit[LIMIT_DAY_LOSS] = 1234567;
    a.maker.min_life_ns = 1500001;
    a.capital_e8 = 12345678901;
    strcpy(a.access[VENUE_SPOT].rest, "https://127.0.0.1:4711");
    strcpy(a.access[VENUE_ASTER].key_file, "/keys/aster");
    a.access[VENUE_BINANCE].network = NETWORK_TESTNET;
    a.watch = (struct config_symbols){
        .count = 2, .name = {"BTCUSDT", "ETHUSDT"}, .venue = {VENUE_ASTER, VENUE_SPOT}};
    char text[16384];
    size_t n = config_format(&a, text, sizeof text);
    assert_true(n > 0);
    config_default(&b);
    assert_true(config_parse(&b, "mem", text, n, &e));
    memset(b.written, 0, sizeof b.written);
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(config_hash(&a), config_hash(&b));
}

static void expect_error(const char *text, const char *part)
{
    struct config c;
    struct error e = {0};
    config_default(&c);
    assert_false(config_parse(&c, "f.conf", text, strlen(text), &e));
    if (!strstr(e.text, part)) {
        print_error("got: %s\n", e.text);
    }
    assert_non_null(strstr(e.text, part));
    assert_int_equal(e.exit_code, EXIT_USAGE);
}

static void refusals(void **state)
{
    (void)state;
    expect_error("[risk]\nday_los = 3 %\n", "f.conf:2: [risk] day_los: unknown key");
    expect_error("[risk]\nday_loss = 0.03\n", "f.conf:2:");
    expect_error("[risk]\nday_loss = 25 %\n", "out of range");
    expect_error("[risk]\nday_loss = 3 %\nday_loss = 4 %\n", "f.conf:3:");
    expect_error("[kill]\nday_loss = 3 %\n", "did you mean section [risk]");
    expect_error("[risk\n", "f.conf:1:");
    expect_error("[account]\nalias = Fred\n", "a-z");
    expect_error("[instruments]\nwatch = ETHUSDT\n", "twice");
    expect_error("[strategy.maker]\norder_value = 11 USDT\n", "no quote could pass");
    expect_error("[strategy.maker]\nmodel = magic\n", "specified glft");
}

// A line that the library's buffer cannot hold: refused whole, never cut into two; a comment of that length
// is none of its business, and the lines behind it keep their numbers.
static void long_lines(void **state)
{
    (void)state;
    char text[1024];
    for (int n = 150; n < 600; n++) {
        snprintf(text, sizeof text, "[risk]\nday_loss = 3 %%%*s\n", n, "day_loss = 4 %");
        expect_error(text, "f.conf:2:");
        snprintf(text, sizeof text, "# %*s\n[risk]\nday_loss = 0.03\n", n, "x");
        expect_error(text, "f.conf:3: [risk] day_loss = 0.03");
    }
}

static void ceilings(void **state)
{
    (void)state;
    struct engine_config ec;
    engine_config_default(&ec);
    assert_int_equal(ec.risk.limit[LIMIT_DAY_LOSS], 3000000);
    assert_int_equal(ec.risk.limit[LIMIT_DRAWDOWN], 10000000);
    assert_int_equal(ec.instrument_count, 2);
    assert_string_equal(ec.instruments[0].symbol, "ETHUSDT");
    assert_int_equal(ec.instruments[0].quote, 1);
    assert_int_equal(ec.instruments[1].quote, 0);
}

static void shipped_file_is_the_table(void **state)
{
    (void)state;
    char want[32768];
    size_t n = config_format_commented(want, sizeof want);
    assert_true(n > 0);
    FILE *f = fopen("config/ticktower.conf", "re");
    assert_non_null(f);
    char got[32768];
    size_t m = fread(got, 1, sizeof got, f);
    fclose(f);
    assert_int_equal(m, n);
    assert_memory_equal(got, want, n);
    struct config c;
    struct config d;
    struct error e;
    config_default(&c);
    config_default(&d);
    assert_true(config_load(&c, "config/ticktower.conf", &e));
    assert_true(config_is_written(&c, "risk", "day_loss"));
    memset(c.written, 0, sizeof c.written);
    assert_memory_equal(&c, &d, sizeof c);
}

// A symbol belongs to a venue; the same name at two venues is two instruments.
static void venues_of_symbols(void **state)
{
    (void)state;
    static const char TEXT[] = "[instruments]\nquote = ETHUSDT\nwatch = spot:ETHUSDT binance:BTCUSDT\n";
    struct config c;
    struct error e = {0};
    struct engine_config ec;
    config_default(&c);
    assert_true(config_parse(&c, "mem", TEXT, strlen(TEXT), &e));
    config_engine(&c, &ec);
    assert_int_equal(ec.instrument_count, 3);
    assert_int_equal(ec.instruments[0].venue, VENUE_ASTER);
    assert_int_equal(ec.instruments[1].venue, VENUE_SPOT);
    assert_string_equal(ec.instruments[1].symbol, "ETHUSDT");
    assert_int_equal(ec.instruments[2].venue, VENUE_BINANCE);
    assert_true(config_uses_venue(&c, VENUE_SPOT));
    config_visit_only_asked(&c); // a file asked
    assert_true(config_uses_venue(&c, VENUE_BINANCE) && !config_trades_venue(&c, VENUE_BINANCE));
    // Unasked: all three in the embedded venue, elsewhere only where something is quoted.
    config_default(&c);
    assert_true(config_uses_venue(&c, VENUE_SPOT) && config_uses_venue(&c, VENUE_BINANCE));
    config_visit_only_asked(&c);
    assert_false(config_uses_venue(&c, VENUE_SPOT) || config_uses_venue(&c, VENUE_BINANCE));
    assert_int_equal(c.watch.count, 1);
    assert_string_equal(c.watch.name[0], "BTCUSDT");
    expect_error("[instruments]\nwatch = moon:ETHUSDT\n", "no such venue");
    expect_error("[instruments]\nwatch = spot:\n", "upper-case symbols");
    expect_error("[instruments]\nwatch = aster:ETHUSDT\n", "twice");
}

// What stands in a file is told from what is merely the default: the live gate wants its limits written down.
static void written_keys(void **state)
{
    (void)state;
    static const char TEXT[] = "[risk]\nday_loss = 3 %\n";
    struct config c;
    struct error e = {0};
    config_default(&c);
    assert_true(config_parse(&c, "mem", TEXT, strlen(TEXT), &e));
    assert_true(config_is_written(&c, "risk", "day_loss"));
    assert_false(config_is_written(&c, "risk", "drawdown"));
    assert_false(config_is_written(&c, "risk", "no such key"));
}

static void addresses(void **state)
{
    (void)state;
    struct url u;
    assert_true(url_parse(&u, "https://fapi.asterdex.com") && u.tls && !u.ws && u.port == 443);
    assert_string_equal(u.host, "fapi.asterdex.com");
    assert_true(url_parse(&u, "ws://[::1]:8080") && !u.tls && u.ws && u.port == 8080 && url_is_loopback(&u));
    assert_true(url_parse(&u, "https://127.0.0.1:43121") && url_is_loopback(&u));
    assert_true(url_parse(&u, "https://127.0.0.1.example.com") && !url_is_loopback(&u));
    static const char *const BAD[] = {
        "",           "fapi.asterdex.com", "https://",         "https://a/b", "https://a:0",
        "https://a:", "https://a:65536",   "https://u@a",      "ftp://a",     "https://a b",
        "https://[a", "https://a:1x",      "https://[::1]x:1", "https:///x"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_false(url_parse(&u, BAD[i]));
    }
    for (enum venue_id v = VENUE_ASTER; v < VENUE_COUNT; v++) {
        for (enum network n = NETWORK_MAINNET; n <= NETWORK_TESTNET; n++) {
            struct venue_hosts h = venue_hosts(v, n);
            assert_true(url_parse(&u, h.rest) && u.tls && !u.ws && !url_is_loopback(&u));
            assert_true(url_parse(&u, h.ws) && u.tls && u.ws);
        }
    }
    expect_error("[venue.aster]\nrest = wss://a\n", "rest wants https");
    expect_error("[venue.aster]\nws = https://a\n", "ws wants wss");
    expect_error("[venue.aster]\nuser = 0x12\n", "40 hex");
    expect_error("[venue.binance]\nauth = eip712\n", "hmac only");
    expect_error("[venue.aster]\nkey_file = keys\n", "absolute path");
}

// A key pasted where its file's name belongs is refused without being repeated.
static void keys_are_not_repeated(void **state)
{
    (void)state;
    static const char KEY[] = "4fd0a42218f3eae43a6ce26d22544e986139a01e5b34a62db53757ffca81bae1";
    char text[256];
    struct config c;
    struct error e = {0};
    static const char *const WHERE[] = {"venue.aster]\nkey_file", "venue.aster]\nuser", "account]\nalias",
                                        "venue.aster]\nkey", "risk]\nday_loss"};
    for (size_t i = 0; i < sizeof WHERE / sizeof *WHERE; i++) {
        snprintf(text, sizeof text, "[%s = %s\n", WHERE[i], KEY);
        config_default(&c);
        assert_false(config_parse(&c, "mem", text, strlen(text), &e));
        assert_null(strstr(e.text, "4fd0a42218f3"));
    }
}

static void examples_load(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"config/example-50.conf", "config/example-500.conf",
                                        "config/example-5k.conf", "config/example-50k.conf"};
    for (size_t i = 0; i < 4; i++) {
        struct config c;
        struct error e = {0};
        config_default(&c);
        if (!config_load(&c, NAMES[i], &e)) {
            fail_msg("%s", e.text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(venues_of_symbols),
        cmocka_unit_test(written_keys),
        cmocka_unit_test(addresses),
        cmocka_unit_test(keys_are_not_repeated),
        cmocka_unit_test(refusals),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(ceilings),
        cmocka_unit_test(shipped_file_is_the_table),
        cmocka_unit_test(examples_load),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
