// SPDX-License-Identifier: Apache-2.0
// Tries to break the player with the three shipped tapes: the book of the coin-margined perpetual told as a
// linear one against a naive book of the recorded contracts, converted apart; every best bid and ask of every
// site at the moment the recording saw it (one clock, so lead and lag stay); laps in which ids keep rising at
// every site and all begin together; tapes that do not fit together.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "engine/exchange/exchange.h"
#include "engine/venue/scan.h"
#include "live/market_player.h"
#include "live/market_route.h"

#define USDM     "config/market/usdm-20240808.tape"
#define SPOT     "config/market/spot-20240808.tape"
#define COINM    "config/market/coinm-20240808.tape"
#define START_NS (INT64_C(1767225600) * NS_PER_S)

static const char *const ALL[] = {USDM, SPOT, COINM};

enum { CONTRACT_TICKS = 1 << 24 };

static struct {
    struct market_player *player;
    struct exchange *x[VENUE_COUNT];
    struct xch_sink sink[VENUE_COUNT];
    struct player_site site[VENUE_COUNT];
    int64_t now_ns;
    uint64_t touches[VENUE_COUNT], last_id[VENUE_COUNT][2];
    struct tape_reader *tape[VENUE_COUNT]; // what the site's touches are compared with
    int64_t begin_ns;
    int seam_touches[VENUE_COUNT];
} run;

// The next recorded touch of a market of this site that is told at all.
static const struct event *next_touch(int v)
{
    struct error e = {0};
    const struct event *ev;
    do {
        ev = tape_next(run.tape[v], &e);
    } while (ev && (ev->type != EV_TOUCH || ev->instrument > 1 || ev->wall_ns < run.begin_ns));
    return ev;
}

static void on_publish(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n)
{
    int v = (int)((struct xch_sink *)ctx - run.sink);
    if (type != XO_MARKET_TEXT || !strstr(stream, "@bookTicker")) {
        return;
    }
    static char copy[4096];
    static struct scan_msg m;
    assert_true(n < sizeof copy - 64);
    memcpy(copy, text, n);
    assert_true(scan_market(copy, n, &m));
    int i = strcmp(m.symbol, "BTCUSDT") == 0 ? 0 : 1;
    assert_true(m.last_id >= run.last_id[v][i]);
    run.last_id[v][i] = m.last_id;
    run.touches[v]++;
    if (run.tape[v] && market_player_lap(run.player) == 0) {
        const struct event *ev = next_touch(v);
        assert_non_null(ev);
        const struct instrument *ins = &tape_header(run.tape[v])->instruments[ev->instrument];
        assert_int_equal(run.now_ns - START_NS, ev->wall_ns - run.begin_ns);
        assert_true(m.last_id == ev->u.touch.update_id);
        assert_true(m.price_e8 == instrument_price_e8(ins, ev->u.touch.bid_ticks));
        assert_true(m.ask_price_e8 == instrument_price_e8(ins, ev->u.touch.ask_ticks));
    }
}

static void open_all(int32_t speed_milli)
{
    static struct xch_config c;
    struct error e = {0};
    memset(&run, 0, sizeof run);
    run.player = market_player_open(ALL, 3, speed_milli, &e);
    if (!run.player) {
        fail_msg("%s", e.text);
    }
    for (int v = 0; v < VENUE_COUNT; v++) {
        xch_config_default(&c);
        c.instrument_count = (uint32_t)market_player_instruments(run.player, (enum venue_id)v, c.instruments);
        assert_int_equal(c.instrument_count, 2);
        assert_int_equal(c.instruments[1].venue, v);
        if (c.instruments[0].kind != INSTRUMENT_LINEAR) {
            continue;
        }
        run.x[v] = exchange_new(&c);
        run.sink[v] = (struct xch_sink){.ctx = &run.sink[v], .publish = on_publish};
        run.site[v] = (struct player_site){run.x[v], &run.sink[v]};
    }
    market_player_start(run.player, START_NS);
}

static void close_all(void)
{
    for (int v = 0; v < VENUE_COUNT; v++) {
        exchange_free(run.x[v]);
        tape_reader_close(run.tape[v]);
    }
    market_player_close(run.player);
}

static void play_until(int64_t end_ns)
{
    while ((run.now_ns = market_player_next_ns(run.player)) < end_ns) {
        assert_true(market_player_run(run.player, run.now_ns, 1, run.site) == 1);
        for (int v = 0; v < VENUE_COUNT; v++) {
            if (run.x[v] && exchange_next_deadline(run.x[v]) <= run.now_ns) {
                exchange_on_time(run.x[v], run.now_ns, &run.sink[v]);
            }
        }
    }
}

// ----------------------------------------------------------------------------------------- contracts to
// linear

// The recorded book in contracts at the moment `until_ns` of the recording, from the tape alone.
static int64_t *contracts_of(uint16_t id, int64_t until_ns, uint64_t *last_id)
{
    struct error e = {0};
    struct tape_reader *t = tape_open(COINM, &e);
    int64_t *lots = calloc(2 * (size_t)CONTRACT_TICKS, sizeof *lots);
    assert_true(t && lots);
    for (const struct event *ev; (ev = tape_next(t, &e)) != NULL && ev->wall_ns < until_ns;) {
        if (ev->instrument == id && (ev->type == EV_BOOK_SNAPSHOT || ev->type == EV_BOOK_DIFF)) {
            const struct ev_book *b = &ev->u.book;
            for (uint32_t k = 0; k < b->bids + b->asks; k++) {
                assert_in_range(b->levels[k].ticks, 1, CONTRACT_TICKS - 1);
                lots[(k >= b->bids ? CONTRACT_TICKS : 0) + b->levels[k].ticks] = b->levels[k].lots;
            }
            *last_id = b->last_id;
        }
    }
    tape_reader_close(t);
    return lots;
}

static void test_contracts_become_base_units(void **state)
{
    (void)state;
    // 7 contracts of 100 dollars at 61,804.7: 0.011326... bitcoin; one at 250,000: 0.0004, told as 0.001.
    assert_int_equal(route_contracts_to_lots(7 * E8, 100 * E8, 618047 * (E8 / 10), E8 / 1000), 11);
    assert_int_equal(route_contracts_to_lots(E8, 100 * E8, 250000 * E8, E8 / 1000), 1);
    assert_int_equal(route_contracts_to_lots(0, 100 * E8, 61000 * E8, E8 / 1000), 0);
    assert_int_equal(route_contracts_to_lots(E8, 100 * E8, 0, E8 / 1000), 0);
    assert_true(route_contracts_to_lots(INT64_MAX, INT64_MAX, 1, 1) > 0); // absurd, but no overflow
    open_all(1000);
    int64_t span_ns = 60 * NS_PER_S + 777 * NS_PER_MS;
    play_until(START_NS + span_ns);
    run.begin_ns = 0;
    static const int64_t DOLLARS[] = {100, 10}, TICKS_A_DOLLAR[] = {10, 100};
    static const char *const SYMBOL[] = {"BTCUSDT", "ETHUSDT"};
    struct error e = {0};
    struct tape_reader *t = tape_open(COINM, &e);
    int64_t begin_ns = 0; // the later of the two first snapshots
    for (const struct event *ev; begin_ns == 0 || (ev = tape_next(t, &e)) != NULL;) {
        ev = begin_ns == 0 ? tape_next(t, &e) : ev;
        begin_ns = ev->type == EV_BOOK_SNAPSHOT ? ev->wall_ns : begin_ns;
        if (ev->wall_ns > begin_ns + 10 * NS_PER_S) {
            break;
        }
    }
    tape_reader_close(t);
    for (uint16_t i = 0; i < 2; i++) {
        static char json[512 * 1024];
        static struct scan_msg m;
        uint64_t last_id = 0;
        int64_t *lots = contracts_of(i, begin_ns + span_ns, &last_id);
        size_t n =
            exchange_depth_json(run.x[VENUE_BINANCE], SYMBOL[i], 500, run.now_ns, json, sizeof json - 16);
        assert_true(n > 0 && scan_market(json, n, &m));
        assert_true(m.last_id == last_id && m.bids == 500 && m.asks == 500);
        for (uint32_t k = 0; k < m.bids + m.asks; k++) {
            int64_t ticks = m.level[k].price_e8 / (E8 / TICKS_A_DOLLAR[i]);
            int64_t contracts = lots[(k >= m.bids ? CONTRACT_TICKS : 0) + ticks];
            int64_t thousandths = contracts * DOLLARS[i] * TICKS_A_DOLLAR[i] * 1000 / ticks;
            assert_true(contracts > 0);
            assert_int_equal(m.level[k].qty_e8 / (E8 / 1000), thousandths > 0 ? thousandths : 1);
        }
        int64_t missing = 0; // nothing between the levels told
        for (int64_t p = m.level[499].price_e8 / (E8 / TICKS_A_DOLLAR[i]);
             p <= m.level[0].price_e8 / (E8 / TICKS_A_DOLLAR[i]); p++) {
            missing += lots[p] > 0;
        }
        assert_int_equal(missing, 500);
        free(lots);
    }
    close_all();
}

// ---------------------------------------------------------------------------------------------------- one
// clock

static void test_every_price_at_its_moment(void **state)
{
    (void)state;
    struct error e = {0};
    open_all(1000);
    // The three tapes' own times, less the moment at which the last of the six books began.
    for (size_t k = 0; k < 3; k++) {
        struct tape_reader *t = tape_open(ALL[k], &e);
        const struct event *ev;
        for (int n = 0; n < 20000 && (ev = tape_next(t, &e)) != NULL; n++) {
            bool first = ev->type == EV_BOOK_SNAPSHOT && ev->wall_ns > run.begin_ns;
            run.begin_ns = first ? ev->wall_ns : run.begin_ns;
        }
        tape_reader_close(t);
    }
    run.tape[VENUE_ASTER] = tape_open(USDM, &e);
    run.tape[VENUE_SPOT] = tape_open(SPOT, &e);
    run.tape[VENUE_BINANCE] = tape_open(COINM, &e);
    play_until(START_NS + 30 * NS_PER_S);
    for (int v = 0; v < VENUE_COUNT; v++) {
        assert_true(!run.x[v] || run.touches[v] > 2000);
    }
    struct ev_mark a, b;
    exchange_mark(run.x[VENUE_ASTER], 0, &a);
    exchange_mark(run.x[VENUE_BINANCE], 0, &b);
    assert_true(a.index_e8 > 0 && a.index_e8 == b.index_e8); // one spot is the index of both
    close_all();
}

static void test_laps_of_all_sites_together(void **state)
{
    (void)state;
    open_all(100000);
    int64_t lap_ns = market_player_lap_ns(run.player);
    assert_in_range(lap_ns, 3430 * NS_PER_MS, 3440 * NS_PER_MS); // 343.4 s at 100 times
    play_until(START_NS + lap_ns - NS_PER_MS);
    assert_int_equal(market_player_lap(run.player), 0);
    uint64_t before[VENUE_COUNT];
    memcpy(before, run.touches, sizeof before);
    play_until(START_NS + 2 * lap_ns + lap_ns / 10);
    assert_int_equal(market_player_lap(run.player), 2); // ids never went back: on_publish
    for (int v = 0; v < VENUE_COUNT; v++) {
        assert_true(!run.x[v] || (run.touches[v] > 2 * before[v] && run.touches[v] < 3 * before[v]));
    }
    assert_string_equal(market_player_error(run.player), "");
    close_all();
}

// -------------------------------------------------------------------------------------------- what fits
// together

static void expect_refused(const char *a, const char *b, const char *word)
{
    struct error e = {0};
    const char *const paths[] = {a, b};
    assert_null(market_player_open(paths, b ? 2 : 1, 1000, &e));
    if (!strstr(e.text, word)) {
        fail_msg("\"%s\" does not say \"%s\"", e.text, word);
    }
}

static void test_tapes_that_do_not_fit(void **state)
{
    (void)state;
    expect_refused(USDM, USDM, "already played from another tape");
    expect_refused(COINM, COINM, "already played from another tape");
    expect_refused(SPOT, SPOT, "already played from another tape");
    expect_refused("tests/data/session-demo.tape", NULL, "not a market tape");
    expect_refused("/tmp/tt-no-such-tape", NULL, "cannot open");
}

static void test_each_site_says_what_it_plays(void **state)
{
    (void)state;
    struct error e = {0};
    struct instrument ins[INSTRUMENT_MAX];
    char text[400];
    const char *const usdm[] = {USDM};
    struct market_player *p = market_player_open(usdm, 1, 1000, &e);
    assert_int_equal(market_player_instruments(p, VENUE_ASTER, ins), 2);
    assert_int_equal(market_player_instruments(p, VENUE_SPOT, ins),
                     0); // best bid and ask alone are no market
    assert_int_equal(market_player_instruments(p, VENUE_BINANCE, ins), 0);
    market_player_text(p, VENUE_BINANCE, text, sizeof text);
    assert_string_equal(text, "");
    market_player_close(p);
    p = market_player_open(ALL, 3, 1000, &e);
    market_player_text(p, VENUE_ASTER, text, sizeof text);
    assert_non_null(strstr(text, "Binance USD-M and spot 2024-08-08 23:54-00:00Z; derived: mark"));
    market_player_text(p, VENUE_SPOT, text, sizeof text);
    assert_non_null(strstr(text, "Binance spot 2024-08-08 23:54-00:00Z; derived: aggTrade; BTCUSDT,ETHUSDT"));
    market_player_text(p, VENUE_BINANCE, text, sizeof text);
    assert_non_null(strstr(text, "COIN-M shown as linear BTCUSDT,ETHUSDT: BTCUSD_PERP,ETHUSD_PERP "
                                 "2024-08-08 23:54-00:00Z; derived: quantity"));
    market_player_instruments(p, VENUE_BINANCE, ins);
    assert_string_equal(ins[1].symbol, "ETHUSDT");
    assert_true(ins[1].kind == INSTRUMENT_LINEAR && ins[1].tick_e8 == E8 / 100 &&
                ins[1].lot_e8 == E8 / 1000 && ins[1].contract_e8 == E8 && ins[1].settle == CURRENCY_USDT);
    market_player_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contracts_become_base_units),  cmocka_unit_test(test_every_price_at_its_moment),
        cmocka_unit_test(test_laps_of_all_sites_together),   cmocka_unit_test(test_tapes_that_do_not_fit),
        cmocka_unit_test(test_each_site_says_what_it_plays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
