// SPDX-License-Identifier: Apache-2.0
// Tries to break what general clients ask about a market: bars, day figures, trade lists and partial books,
// recomputed by a naive reader of the raw trade stream over the recorded market, across minutes and the seam;
// bars that begin at the wrong minute of the wrong week or month; texts made for nobody.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "unit/exchange_play.h"
#include "unit/exchange_rig.h"

enum { TRADES_MAX = 1 << 20, MINUTES_MAX = 64 };

struct seen { // a trade as the stream told it
    uint64_t id;
    int64_t price_e8, qty_e8, ms;
    bool buy; // the taker bought
};

static struct {
    struct play p;
    struct seen *trade[INSTRUMENT_MAX];
    size_t trades[INSTRUMENT_MAX];
    uint64_t agg_last[INSTRUMENT_MAX], agg_id[INSTRUMENT_MAX];
    size_t aggs, closed[XCH_INTERVALS], running, tickers, minis, partials;
    char last[1 << 16];
} k;

static int64_t e8(const json_t *o, const char *key)
{
    int64_t v = 0;
    const char *text = json_string_value(json_object_get(o, key));
    assert_true(text && decimal_parse_e8(text, strlen(text), &v));
    return v;
}

static int64_t num(const json_t *o, const char *key)
{
    assert_true(json_is_integer(json_object_get(o, key)));
    return json_integer_value(json_object_get(o, key));
}

// A bar added up from the trades seen in start .. end (ms); false when there was none.
static bool naive(uint16_t i, int64_t start_ms, int64_t end_ms, struct xch_kline *out)
{
    const struct instrument *ins = &k.p.ins[i];
    memset(out, 0, sizeof *out);
    for (size_t n = 0; n < k.trades[i]; n++) {
        const struct seen *t = &k.trade[i][n];
        if (t->ms < start_ms || t->ms > end_ms) {
            continue;
        }
        int64_t lots = t->qty_e8 / ins->lot_e8, quote = instrument_notional_e8(ins, t->price_e8, lots);
        if (out->trades++ == 0) {
            out->open_e8 = out->high_e8 = out->low_e8 = t->price_e8;
            out->first_id = t->id;
        }
        out->high_e8 = t->price_e8 > out->high_e8 ? t->price_e8 : out->high_e8;
        out->low_e8 = t->price_e8 < out->low_e8 ? t->price_e8 : out->low_e8;
        out->close_e8 = t->price_e8;
        out->last_id = t->id;
        out->lots += lots;
        out->quote_e8 += quote;
        out->buy_lots += t->buy ? lots : 0;
        out->buy_quote_e8 += t->buy ? quote : 0;
    }
    return out->trades > 0;
}

static void expect_same(const struct xch_kline *a, const struct xch_kline *b)
{
    assert_int_equal(a->open_e8, b->open_e8);
    assert_int_equal(a->high_e8, b->high_e8);
    assert_int_equal(a->low_e8, b->low_e8);
    assert_int_equal(a->close_e8, b->close_e8);
    assert_int_equal(a->lots, b->lots);
    assert_int_equal(a->quote_e8, b->quote_e8);
    assert_int_equal(a->buy_lots, b->buy_lots);
    assert_int_equal(a->buy_quote_e8, b->buy_quote_e8);
    assert_int_equal(a->trades, b->trades);
    assert_int_equal(a->first_id, b->first_id);
    assert_int_equal(a->last_id, b->last_id);
}

static void on_trade(const json_t *m, uint16_t i)
{
    assert_true(k.trades[i] < TRADES_MAX);
    struct seen *t = &k.trade[i][k.trades[i]++];
    *t = (struct seen){(uint64_t)num(m, "t"), e8(m, "p"), e8(m, "q"), num(m, "E"),
                       json_is_false(json_object_get(m, "m"))};
    assert_true(k.trades[i] == 1 || t->id > t[-1].id);
}

// Every aggregate holds what its trades hold, and none is left out.
static void on_agg(const json_t *m, uint16_t i)
{
    uint64_t first = (uint64_t)num(m, "f"), last = (uint64_t)num(m, "l");
    int64_t sum = 0;
    size_t n = k.trades[i];
    while (n > 0 && k.trade[i][n - 1].id >= first) {
        const struct seen *t = &k.trade[i][--n];
        if (t->id <= last) {
            sum += t->qty_e8;
            assert_int_equal(t->price_e8, e8(m, "p"));
        }
    }
    assert_int_equal(sum, e8(m, "q"));
    assert_true(n == 0 || k.trade[i][n - 1].id == k.agg_last[i]);
    assert_int_equal((uint64_t)num(m, "a"), k.agg_id[i] + 1);
    k.agg_id[i]++;
    k.agg_last[i] = last;
    k.aggs++;
}

static void on_kline(const json_t *m, uint16_t i, const char *name)
{
    const json_t *o = json_object_get(m, "k");
    const struct instrument *ins = &k.p.ins[i];
    enum xch_interval interval = xch_interval_parse(json_string_value(json_object_get(o, "i")));
    assert_string_equal(name, xch_interval_name(interval));
    bool closed = json_is_true(json_object_get(o, "x"));
    struct xch_kline want, got = {.open_e8 = e8(o, "o"),
                                  .high_e8 = e8(o, "h"),
                                  .low_e8 = e8(o, "l"),
                                  .close_e8 = e8(o, "c"),
                                  .lots = e8(o, "v") / ins->lot_e8,
                                  .quote_e8 = e8(o, "q"),
                                  .buy_lots = e8(o, "V") / ins->lot_e8,
                                  .buy_quote_e8 = e8(o, "Q"),
                                  .first_id = (uint64_t)num(o, "f"),
                                  .last_id = (uint64_t)num(o, "L"),
                                  .trades = (uint64_t)num(o, "n")};
    assert_true(num(m, "E") >= num(o, "t") && (closed || num(m, "E") <= num(o, "T")));
    assert_true(!closed || num(m, "E") == num(o, "T") + 1); // told when it ends, not later
    if (!naive(i, num(o, "t"), num(o, "T"), &want)) {       // the minute has just begun
        want.open_e8 = want.high_e8 = want.low_e8 = want.close_e8 = k.trade[i][k.trades[i] - 1].price_e8;
    }
    expect_same(&got, &want);
    k.closed[interval] += closed;
    k.running += !closed;
}

static void on_partial(const json_t *m, uint16_t i, size_t levels)
{
    static char json[1 << 16];
    size_t n = exchange_depth_json(k.p.x, k.p.ins[i].symbol, (int)levels, k.p.now_ns, json, sizeof json);
    json_t *d = json_loadb(json, n, 0, NULL);
    assert_non_null(d);
    assert_true(json_equal(json_object_get(m, "b"), json_object_get(d, "bids")));
    assert_true(json_equal(json_object_get(m, "a"), json_object_get(d, "asks")));
    assert_int_equal(json_array_size(json_object_get(m, "b")), levels);
    assert_int_equal(num(m, "u"), num(d, "lastUpdateId"));
    json_decref(d);
    k.partials++;
}

static void on_ticker(const json_t *m, uint16_t i, bool mini)
{
    struct xch_kline want;
    assert_true(naive(i, 0, INT64_MAX, &want));
    assert_int_equal(e8(m, "o"), want.open_e8);
    assert_int_equal(e8(m, "h"), want.high_e8);
    assert_int_equal(e8(m, "l"), want.low_e8);
    assert_int_equal(e8(m, "c"), want.close_e8);
    assert_int_equal(e8(m, "v") / k.p.ins[i].lot_e8, want.lots);
    assert_int_equal(e8(m, "q"), want.quote_e8);
    if (!mini) {
        assert_int_equal((uint64_t)num(m, "n"), want.trades);
        assert_int_equal((uint64_t)num(m, "F"), want.first_id);
        assert_int_equal((uint64_t)num(m, "L"), want.last_id);
        assert_int_equal(e8(m, "p"), want.close_e8 - want.open_e8);
        int64_t average = muldiv_round(want.quote_e8, E8, instrument_qty_e8(&k.p.ins[i], want.lots));
        assert_in_range(e8(m, "w") - average + k.p.ins[i].tick_e8, 0, 2 * k.p.ins[i].tick_e8);
    }
    k.minis += mini;
    k.tickers += !mini;
}

static void on_publish(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n)
{
    (void)ctx;
    const char *at = strchr(stream, '@');
    if (type != XO_MARKET_TEXT || strcmp(at, "@depth@100ms") == 0 || strcmp(at, "@bookTicker") == 0 ||
        strcmp(at, "@markPrice@1s") == 0) {
        return;
    }
    json_t *m = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(m);
    uint16_t i = exchange_instrument(k.p.x, json_string_value(json_object_get(m, "s")))->id;
    if (strcmp(at, "@trade") == 0) {
        on_trade(m, i);
    } else if (strcmp(at, "@aggTrade") == 0) {
        on_agg(m, i);
    } else if (strncmp(at, "@kline_", 7) == 0) {
        on_kline(m, i, at + 7);
    } else if (strncmp(at, "@depth", 6) == 0) {
        on_partial(m, i, strtoul(at + 6, NULL, 10));
    } else {
        on_ticker(m, i, strcmp(at, "@miniTicker") == 0);
    }
    json_decref(m);
}

// Only every eighth running bar is wanted: adding all up each time would be slow.
static bool wanted(void *ctx, const char *stream)
{
    static uint32_t n;
    (void)ctx;
    bool dear = strstr(stream, "@kline_") || strstr(stream, "icker") || strstr(stream, "@depth");
    bool ends = k.p.now_ns % (60 * NS_PER_S) == 0;
    return !dear || ends || n++ % 8 == 0;
}

static void compare_reads(uint16_t i)
{
    static struct xch_kline bars[XCH_KLINES_MAX];
    static struct xch_trade tape[XCH_TAPE_MAX];
    static const enum xch_interval INTERVALS[] = {XCH_1M, XCH_3M, XCH_5M, XCH_1H, XCH_1D, XCH_1W, XCH_1MO};
    for (size_t v = 0; v < COUNT_OF(INTERVALS); v++) {
        size_t n = exchange_klines(k.p.x, i, XCH_SERIES_LAST, INTERVALS[v], NULL, bars, XCH_KLINES_MAX);
        assert_true(n > 0);
        for (size_t b = 0; b < n; b++) {
            struct xch_kline want;
            assert_true(b == 0 || bars[b].open_ms == bars[b - 1].close_ms + 1); // without holes
            if (naive(i, bars[b].open_ms, bars[b].close_ms, &want)) {
                expect_same(&bars[b], &want);
            }
        }
    }
    size_t n = exchange_trades(k.p.x, i, NULL, tape, XCH_TAPE_MAX);
    assert_int_equal(n, XCH_TAPE_MAX);
    for (size_t t = 0; t < n; t++) {
        const struct seen *s = &k.trade[i][k.trades[i] - n + t];
        assert_true(tape[t].id == s->id &&
                    instrument_price_e8(&k.p.ins[i], tape[t].price_ticks) == s->price_e8);
    }
    struct xch_range r = {.from_id = tape[990].id};
    assert_int_equal(exchange_trades(k.p.x, i, &r, tape, XCH_TAPE_MAX), 10);
    assert_int_equal(exchange_agg_trades(k.p.x, i, NULL, tape, 5), 5);
    assert_int_equal(tape[4].id, k.agg_id[i]);
    n = exchange_klines(k.p.x, i, XCH_SERIES_MARK, XCH_1M, NULL, bars, XCH_KLINES_MAX);
    assert_true(n >= 7 && bars[1].trades == 60); // one sample a second
    assert_true(bars[1].low_e8 > 0 && bars[1].low_e8 <= bars[1].high_e8 && bars[1].lots == 0);
}

static void test_recorded_market_added_up_naively(void **state)
{
    (void)state;
    memset(&k, 0, sizeof k);
    xch_config_default(&k.p.cfg);
    k.p.sink = (struct xch_sink){.publish = on_publish, .wanted = wanted};
    play_open(&k.p, 3, VENUE_ASTER);
    for (size_t i = 0; i < k.p.instruments; i++) {
        k.trade[i] = calloc(TRADES_MAX, sizeof *k.trade[i]);
        assert_non_null(k.trade[i]);
    }
    play_until(&k.p, 421, NULL); // seven minutes and a bit, over the seam
    for (uint16_t i = 0; i < k.p.instruments; i++) {
        compare_reads(i);
    }
    print_message(
        "%zu + %zu trades, %zu aggregates, %zu closed minutes, %zu running bars, %zu partial books\n",
        k.trades[0], k.trades[1], k.aggs, k.closed[XCH_1M], k.running, k.partials);
    assert_int_equal(k.closed[XCH_1M], 7 * k.p.instruments);
    assert_int_equal(k.closed[XCH_5M], 1 * k.p.instruments);
    assert_int_equal(k.closed[XCH_1H], 0);
    assert_true(k.running > 1000 && k.tickers > 50 && k.minis > 50 && k.partials > 500);
    for (size_t i = 0; i < k.p.instruments; i++) {
        free(k.trade[i]);
    }
    play_close(&k.p);
}

// ------------------------------------------------------------------------------------------------------ rig

static void start(int64_t unix_s)
{
    struct xch_config c;
    struct instrument ins = rig_instrument();
    static const struct level BID = {268000, 1000}, ASK = {268010, 1000};
    xch_config_default(&c);
    rig_start(&c, &ins, 1);
    rig.now_ns = unix_s * NS_PER_S;
    rig_snapshot(&BID, &ASK, 1);
}

static int teardown(void **state)
{
    (void)state;
    exchange_free(rig.x);
    rig.x = NULL;
    return 0;
}

static void test_bars_begin_with_their_week_and_month(void **state)
{
    (void)state;
    static const struct {
        int64_t now, week, month, three; // Unix seconds
    } CASES[] = {
        {1709210096, 1708905600, 1706745600, 1709164800}, // Thu 2024-02-29 12:34:56: Mon 26, 1 February
        {1709251200, 1708905600, 1709251200, 1709164800}, // Fri 2024-03-01 00:00:00
        {1735689599, 1735516800, 1733011200, 1735603200}, // Tue 2024-12-31 23:59:59
        {1704067200, 1704067200, 1704067200, 1703980800}, // Mon 2024-01-01
        {4107542399, 4106937600, 4105123200, 4107283200}, // Sun 2100-02-28: no leap year
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct xch_kline b;
        start(CASES[i].now);
        rig_trade(SIDE_BUY, 268010, 1);
        assert_int_equal(exchange_klines(rig.x, 0, XCH_SERIES_LAST, XCH_1W, NULL, &b, 1), 1);
        assert_int_equal(b.open_ms, CASES[i].week * 1000);
        assert_int_equal(b.close_ms, (CASES[i].week + INT64_C(7) * 86400) * 1000 - 1);
        assert_int_equal(exchange_klines(rig.x, 0, XCH_SERIES_LAST, XCH_1MO, NULL, &b, 1), 1);
        assert_int_equal(b.open_ms, CASES[i].month * 1000);
        assert_int_equal(exchange_klines(rig.x, 0, XCH_SERIES_LAST, XCH_3D, NULL, &b, 1), 1);
        assert_int_equal(b.open_ms, CASES[i].three * 1000);
        assert_int_equal(exchange_klines(rig.x, 0, XCH_SERIES_LAST, XCH_1D, NULL, &b, 1), 1);
        assert_int_equal(b.open_ms, CASES[i].now / 86400 * 86400 * 1000);
    }
    assert_int_equal(xch_interval_parse("1m"), XCH_1M);
    assert_int_equal(xch_interval_parse("1M"), XCH_1MO);
    assert_int_equal(xch_interval_parse("7m"), XCH_INTERVALS);
}

static void test_silent_minutes_and_ranges(void **state)
{
    (void)state;
    static struct xch_kline b[XCH_KLINES_MAX + 1];
    start(1767225600);
    struct xch_ticker t;
    assert_false(exchange_ticker(rig.x, 0, &t));
    assert_int_equal(exchange_klines(rig.x, 0, XCH_SERIES_LAST, XCH_1M, NULL, b, 10), 0);
    rig_trade(SIDE_BUY, 268010, 5);
    rig_time(INT64_C(3000) * 60 * NS_PER_S); // two days without a trade
    size_t n = exchange_klines(rig.x, 0, XCH_SERIES_LAST, XCH_1M, NULL, b, XCH_KLINES_MAX + 1);
    assert_int_equal(n, XCH_KLINES_MAX);
    assert_int_equal(b[n - 1].open_ms, rig.now_ns / NS_PER_MS / 60000 * 60000);
    assert_true(b[0].open_e8 == 2680 * E8 + E8 / 10 && b[0].trades == 0 && b[0].lots == 0);
    rig_trade(SIDE_SELL, 267000, 5);
    assert_true(exchange_ticker(rig.x, 0, &t));
    assert_int_equal(t.trades, 1);
    assert_int_equal(t.high_e8 - t.low_e8, 268010 * INT64_C(1000000) - 267000 * INT64_C(1000000));
    struct xch_range r = {.start_ms = b[10].open_ms, .end_ms = b[19].open_ms};
    assert_int_equal(exchange_klines(rig.x, 0, XCH_SERIES_LAST, XCH_1M, &r, b + 100, 100), 10);
    assert_int_equal(b[100].open_ms, r.start_ms);
    assert_int_equal(exchange_klines(rig.x, 0, XCH_SERIES_LAST, XCH_1M, &r, b + 100, 3), 3);
    assert_int_equal(b[100].open_ms, r.start_ms); // with a start: the oldest
    r.start_ms = 0;
    assert_int_equal(exchange_klines(rig.x, 0, XCH_SERIES_LAST, XCH_1M, &r, b + 100, 3), 3);
    assert_int_equal(b[102].open_ms, r.end_ms); // without: the newest
}

static size_t cold;

static void count_cold(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n)
{
    (void)ctx;
    (void)text;
    (void)n;
    const char *at = strchr(stream, '@');
    cold += type == XO_MARKET_TEXT && strcmp(at, "@aggTrade") != 0 && strcmp(at, "@bookTicker") != 0 &&
            strcmp(at, "@depth@100ms") != 0 && strcmp(at, "@markPrice@1s") != 0;
}

static bool nothing(void *ctx, const char *stream)
{
    (void)ctx;
    (void)stream;
    return false;
}

static void test_no_text_for_nobody(void **state)
{
    (void)state;
    start(1767225600);
    rig.sink = (struct xch_sink){.publish = count_cold};
    for (int i = 0; i < 200; i++) {
        rig_trade(SIDE_BUY, 268010 + i % 3, 5);
        rig_diff(SIDE_BUY, 267000, 5 + i);
        rig_time(NS_PER_S);
    }
    assert_int_equal(cold, 0);
    start(1767225600);
    rig.sink.wanted = nothing;
    rig_trade(SIDE_BUY, 268010, 5);
    rig_diff(SIDE_BUY, 267000, 5);
    rig_touch(268000, 5, 268010, 5);
    rig_time(NS_PER_S);
    assert_true(rig.depths == 0 && rig.trades == 0 && !rig.touch[0] && !rig.mark[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded_market_added_up_naively),
        cmocka_unit_test_teardown(test_bars_begin_with_their_week_and_month, teardown),
        cmocka_unit_test_teardown(test_silent_minutes_and_ranges, teardown),
        cmocka_unit_test_teardown(test_no_text_for_nobody, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
