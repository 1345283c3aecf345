// SPDX-License-Identifier: Apache-2.0
// Tries to break the exchange with the whole shipped recording and thousands of random orders, in virtual
// time, across a seam: a naive client that knows only the published texts must hold the exchange's own book
// at every batch; no order is filled beyond its quantity or worse than its limit; wallet and position equal a
// recomputation from the fills; the same inputs give the same bytes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/rng.h"
#include "engine/exchange/exchange.h"
#include "engine/market/position.h"
#include "engine/venue/scan.h"
#include "live/market_player.h"

#define TAPE     "config/market/usdm-20240808.tape"
#define START_NS (INT64_C(1767225600) * NS_PER_S)

enum { TICKS = 1 << 24, SIDES = 2 }; // levels stand as far away as ten times the price

struct client { // what one market looks like from outside
    int32_t *lots[SIDES];
    uint64_t last_id;
    bool synced;
    int gaps;
    uint64_t batches;
};

static struct {
    struct exchange *x;
    struct market_player *player;
    struct xch_sink sink;
    struct instrument ins[INSTRUMENT_MAX];
    size_t instruments;
    struct client *client;
    struct position pos[INSTRUMENT_MAX]; // from the fills alone
    int64_t wallet_e8;
    uint64_t hash, texts, fills, maker_fills, seams;
    bool follow_books;
    int64_t now_ns;
} run;

static uint16_t instrument_of(const char *symbol)
{
    for (size_t i = 0; i < run.instruments; i++) {
        if (strcmp(run.ins[i].symbol, symbol) == 0) {
            return (uint16_t)i;
        }
    }
    fail_msg("unknown symbol %s", symbol);
    return 0;
}

static void forget(struct client *c)
{
    for (int k = 0; k < SIDES; k++) {
        free(c->lots[k]);
        c->lots[k] = calloc(TICKS, sizeof *c->lots[k]);
        assert_non_null(c->lots[k]);
    }
}

static void apply(struct client *c, const struct instrument *ins, const struct scan_msg *m)
{
    for (uint32_t k = 0; k < m->bids + m->asks; k++) {
        int64_t ticks = m->level[k].price_e8 / ins->tick_e8;
        assert_in_range(ticks, 1, TICKS - 1);
        c->lots[k >= m->bids][ticks] = (int32_t)(m->level[k].qty_e8 / ins->lot_e8);
    }
}

// Rule 5.4 as a patient client does it: after a gap it takes a snapshot at once.
static void on_depth(const struct scan_msg *m)
{
    uint16_t i = instrument_of(m->symbol);
    struct client *c = &run.client[i];
    if (c->synced && m->prev_id != c->last_id) {
        c->synced = false;
        c->gaps++;
        forget(c);
    }
    if (!c->synced) {
        static char json[512 * 1024];
        static struct scan_msg snap;
        size_t n = exchange_depth_json(run.x, m->symbol, 1000, run.now_ns, json, sizeof json - 16);
        assert_true(n > 0 && scan_market(json, n, &snap));
        assert_true(snap.last_id >= m->prev_id && snap.last_id <= m->last_id);
        apply(c, &run.ins[i], &snap);
        c->synced = true;
    }
    assert_true(m->last_id > c->last_id);
    c->last_id = m->last_id;
    c->batches++;
    apply(c, &run.ins[i], m);
}

static void on_publish(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n)
{
    static struct scan_msg m;
    (void)ctx;
    run.texts++;
    run.hash = hash64(run.hash, text, n);
    if (run.follow_books && type == XO_MARKET_TEXT && strstr(stream, "@depth")) {
        static char copy[300 * 1024];
        memcpy(copy, text, n);
        assert_true(scan_market(copy, n, &m));
        on_depth(&m);
    }
}

static void on_report(void *ctx, enum report_kind exec, const struct xch_order *o, const struct xch_fill *f)
{
    (void)ctx;
    const struct instrument *ins = &run.ins[o->instrument];
    assert_true(o->front_lots >= 0 && o->cum_lots >= 0 && o->cum_lots <= o->qty_lots);
    if (exec != RK_FILL) {
        return;
    }
    bool limit = strcmp(o->type, "LIMIT") == 0;
    int64_t bound = instrument_price_e8(ins, o->price_ticks);
    assert_true(!limit || (f->maker              ? f->price_e8 == bound
                           : o->side == SIDE_BUY ? f->price_e8 <= bound
                                                 : f->price_e8 >= bound));
    int64_t realised = position_fill(&run.pos[o->instrument], ins, o->side * f->qty_lots, f->price_e8);
    assert_int_equal(realised, f->realised_e8);
    assert_true(!o->reduce_only || llabs(run.pos[o->instrument].lots + o->side * -f->qty_lots) >=
                                       llabs(run.pos[o->instrument].lots));
    run.wallet_e8 += realised - f->fee_e8;
    run.fills++;
    run.maker_fills += f->maker;
    run.seams += f->kind == FILL_SEAM;
}

// The client's book against the exchange's, level by level, 500 a side: its snapshot knew 1000, and what lay
// beyond it cannot know as it moves nearer.
static void compare_books(uint16_t i)
{
    static char json[512 * 1024];
    static struct scan_msg snap;
    const struct client *c = &run.client[i];
    size_t n = exchange_depth_json(run.x, run.ins[i].symbol, 500, run.now_ns, json, sizeof json - 16);
    assert_true(n > 0 && scan_market(json, n, &snap));
    if (!c->synced || snap.last_id != c->last_id) {
        return; // a batch is waiting
    }
    int64_t bid = TICKS, ask = 0;
    for (uint32_t k = 0; k < snap.bids + snap.asks; k++) {
        bool is_ask = k >= snap.bids;
        int64_t ticks = snap.level[k].price_e8 / run.ins[i].tick_e8;
        for (int64_t t = is_ask ? ask + 1 : ticks + 1;
             t < (is_ask ? ticks : bid) && (k > 0 && k != snap.bids); t++) {
            assert_int_equal(c->lots[is_ask][t], 0); // nothing between two levels of the exchange
        }
        assert_int_equal(c->lots[is_ask][ticks], snap.level[k].qty_e8 / run.ins[i].lot_e8);
        *(is_ask ? &ask : &bid) = ticks;
    }
}

static void random_order(struct rng *r, uint64_t number)
{
    static const char *const TIFS[] = {"GTC", "IOC", "FOK", "GTX", "GTX", "GTX"};
    struct xch_order_request q = {.has_qty = 1};
    struct xch_order o;
    struct ev_touch t;
    const char *msg = "";
    uint16_t i = (uint16_t)rng_below(r, run.instruments);
    const struct instrument *ins = &run.ins[i];
    if (!exchange_touch(run.x, i, &t)) {
        return;
    }
    snprintf(q.symbol, sizeof q.symbol, "%s", ins->symbol);
    snprintf(q.client_id, sizeof q.client_id, "r-%llu", (unsigned long long)number);
    q.side = rng_below(r, 2) ? SIDE_BUY : SIDE_SELL;
    q.reduce_only = rng_below(r, 4) == 0;
    bool market = rng_below(r, 8) == 0;
    snprintf(q.type, sizeof q.type, "%s", market ? "MARKET" : "LIMIT");
    snprintf(q.tif, sizeof q.tif, "%s", market ? "" : TIFS[rng_below(r, 6)]);
    q.has_price = !market;
    int64_t ticks = (rng_below(r, 2) ? t.bid_ticks : t.ask_ticks) + (int64_t)rng_below(r, 21) - 10;
    q.price_e8 = market ? 0 : instrument_price_e8(ins, ticks);
    q.qty_e8 = instrument_qty_e8(ins, 1 + (int64_t)rng_below(r, 300));
    int32_t code = exchange_place(run.x, &q, run.now_ns, &o, &msg, &run.sink);
    assert_true(code == 0 || code == -2022 || code == -2019 || code == -4164 || code == -2025);
}

static void random_cancel(struct rng *r)
{
    static struct xch_order open[XCH_ORDERS_MAX];
    struct xch_order o;
    const char *msg;
    size_t n = exchange_open_orders(run.x, NULL, open, XCH_ORDERS_MAX);
    if (n == 0) {
        return;
    }
    const struct xch_order *v = &open[rng_below(r, n)];
    if (rng_below(r, 20) == 0) {
        assert_int_equal(exchange_cancel_all(run.x, v->symbol, run.now_ns, &msg, &run.sink), 0);
    } else {
        assert_int_equal(
            exchange_cancel(run.x, v->symbol, v->order_id, NULL, run.now_ns, &o, &msg, &run.sink), 0);
    }
}

static void check_account(void)
{
    struct xch_position p[INSTRUMENT_MAX];
    size_t n = exchange_positions(run.x, p, INSTRUMENT_MAX);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(p[i].lots, run.pos[i].lots);
    }
    assert_int_equal(exchange_wallet_e8(run.x), run.wallet_e8);
}

static void play(uint64_t seed, int64_t seconds, bool follow_books)
{
    static struct xch_config c;
    static const char *const PATHS[] = {TAPE};
    struct error e = {0};
    struct rng r;
    memset(&run, 0, sizeof run);
    rng_seed(&r, seed);
    run.player = market_player_open(PATHS, 1, 1000, &e);
    assert_non_null(run.player);
    xch_config_default(&c);
    c.wallet_e8 = run.wallet_e8 = 200000 * E8;
    c.instrument_count =
        (uint32_t)(run.instruments = market_player_instruments(run.player, VENUE_ASTER, c.instruments));
    memcpy(run.ins, c.instruments, sizeof run.ins);
    run.x = exchange_new(&c);
    run.sink = (struct xch_sink){.publish = on_publish, .report = on_report};
    run.hash = HASH64_START;
    run.follow_books = follow_books;
    run.client = calloc(run.instruments, sizeof *run.client);
    assert_non_null(run.client);
    for (size_t i = 0; i < run.instruments; i++) {
        forget(&run.client[i]);
    }
    market_player_start(run.player, START_NS);
    uint64_t number = 0, steps = 0;
    for (run.now_ns = START_NS; run.now_ns < START_NS + seconds * NS_PER_S; steps++) {
        int64_t a = market_player_next_ns(run.player), b = exchange_next_deadline(run.x);
        run.now_ns = a < b ? a > run.now_ns ? a : run.now_ns : b > run.now_ns ? b : run.now_ns;
        const struct player_site sites[VENUE_COUNT] = {[VENUE_ASTER] = {run.x, &run.sink}};
        market_player_run(run.player, run.now_ns, 1, sites);
        exchange_on_time(run.x, run.now_ns, &run.sink);
        if (rng_below(&r, 40) == 0) {
            rng_below(&r, 2) ? random_order(&r, number++) : random_cancel(&r);
            check_account();
        }
        if (follow_books && steps % 256 == 0) {
            compare_books((uint16_t)(steps / 256 % run.instruments));
        }
    }
    assert_string_equal(market_player_error(run.player), "");
}

static void stop(void)
{
    market_player_close(run.player);
    exchange_free(run.x);
    for (size_t i = 0; i < run.instruments; i++) {
        free(run.client[i].lots[0]);
        free(run.client[i].lots[1]);
    }
    free(run.client);
}

static void test_a_whole_lap_and_the_seam_with_random_orders(void **state)
{
    (void)state;
    play(7, 350, true);
    check_account();
    assert_int_equal(market_player_lap(run.player), 1);
    for (size_t i = 0; i < run.instruments; i++) {
        assert_int_equal(run.client[i].gaps, 1); // the seam, and nothing else
        assert_true(run.client[i].batches > 3000);
    }
    assert_true(run.fills > 500 && run.maker_fills > 100 && run.maker_fills < run.fills);
    assert_true(run.seams > 0);
    stop();
}

static void test_same_inputs_same_bytes(void **state)
{
    (void)state;
    play(11, 20, false);
    uint64_t hash = run.hash, texts = run.texts;
    stop();
    play(11, 20, false);
    assert_true(run.hash == hash && run.texts == texts && texts > 1000);
    stop();
    play(12, 20, false);
    assert_true(run.hash != hash);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_lap_and_the_seam_with_random_orders),
        cmocka_unit_test(test_same_inputs_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
