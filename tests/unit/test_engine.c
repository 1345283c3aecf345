// SPDX-License-Identifier: Apache-2.0
// Tries to break the engine as a whole, against a venue that keeps its own books: answers that get lost, late
// fills, dead links, silent books, foreign trades, cancels that fail, orders of a former life, limits that
// are lowered, a run that ends; and the promise under it all: the same events give the same actions, also
// from a copied block.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "support/fake_venue.h"
#include "support/recording.h"
#include "unit/random_event.h"

static struct fake_venue V, W;
static struct snapshot S;

static const struct snapshot *look(void)
{
    engine_snapshot(V.e, &S);
    return &S;
}

static int setup(void **state)
{
    (void)state;
    fv_start(&V, NULL, 11);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fv_free(&V);
    fv_free(&W);
    return 0;
}

// A market that trades with us: fast enough for volatility, with a spread pinned by A so that quotes stand
// near.
static void near_quotes(struct fake_venue *v)
{
    struct engine_config c;
    engine_config_default(&c);
    c.maker.spread_a_e8 = 1000 * E8;
    fv_free(v);
    fv_start(v, &c, 11);
    v->move_ticks = 30;
}

// Until n quotes rest, at most 20 s.
static void until_open(int n)
{
    for (int k = 0; k < 400 && (fv_open_orders(&V) != n || V.n_way > 0 || V.n_queue > 0); k++) {
        fv_market(&V, k % 2);
        fv_run(&V, V.now + 20 * NS_PER_MS);
    }
    assert_int_equal(fv_open_orders(&V), n);
}

static void until_position(void)
{
    for (int k = 0; k < 400 && V.position[0] == 0; k++) {
        fv_market(&V, 1);
    }
    fv_run(&V, V.now + 20 * NS_PER_MS);
    assert_int_not_equal(V.position[0], 0);
}

static void press(enum verb verb, uint16_t instrument, int64_t value, const char *word)
{
    struct ev_operator *op = fv_op(&V, verb, instrument);
    op->value = value;
    snprintf(op->word, sizeof op->word, "%s", word);
    fv_now(&V);
}

static const struct snap_echo *last_echo(void)
{
    return &look()->echo[0];
}

static bool has_alarm(const char *code)
{
    look();
    for (uint32_t i = 0; i < S.alarm_count; i++) {
        if (strcmp(S.alarm[i].code, code) == 0 && !S.alarm[i].cleared) {
            return true;
        }
    }
    return false;
}

static int64_t naive_pnl_e8(const struct fake_venue *v)
{
    int64_t mark = (v->touch[0].bid_ticks + v->touch[0].ask_ticks) * v->ins[0].tick_e8 / 2;
    return v->cash_e8 - v->fees_e8 + (int64_t)((__int128)v->position[0] * v->ins[0].lot_e8 * mark / E8);
}

// ------------------------------------------------------------------------------------------- it trades

static void test_quotes_fill_and_the_books_agree(void **state)
{
    (void)state;
    near_quotes(&V);
    for (int k = 0; k < 60; k++) {
        fv_market(&V, 10);
        assert_int_equal(engine_ledger_sum_e8(V.e, CURRENCY_USDT), 0);
        assert_true(fv_worst_lots(&V, 0) <= 9); // 25 USDT of ETH
    }
    fv_mark(&V, 0);
    fv_run(&V, V.now + 5 * NS_PER_MS);
    look();
    assert_int_equal(S.trading_state, TS_RUN);
    assert_true(S.fills > 20 && S.orders_sent > 50);
    assert_int_equal(S.ins[0].position_lots, V.position[0]);
    assert_int_equal(V.undead, 0); // no order rested without an armed countdown
    assert_int_equal(S.pnl.fees_e8, V.fees_e8);
    int64_t net = S.pnl.realised_e8 + S.pnl.unrealised_e8 - S.pnl.fees_e8;
    int64_t off = net - naive_pnl_e8(&V);
    assert_true(off > -1000 && off < 1000); // rounding of the half tick in mark: far below a cent
    assert_int_equal(S.equity_e8, 50 * E8 + net);
    assert_int_equal(S.ins[1].orders_sent, 0);
    assert_non_null(strstr(S.ins[1].capital_hint, "BTCUSDT needs"));
}

static void test_real_recording_gets_quotes(void **state)
{
    (void)state;
    static struct event ev;
    struct recording r;
    recording_open(&r);
    int64_t base = V.now;
    while (recording_next(&r, &ev)) {
        if (ev.mono_ns > 15 * NS_PER_S) {
            continue; // diffs end here; the reader wants to reach its end
        }
        fv_run(&V, base + ev.mono_ns - NS_PER_S);
        fv_step(&V, &ev);
        if (V.now - base > NS_PER_S / 2 && V.seq % 50 == 0) {
            struct snapshot *s = &S;
            engine_snapshot(V.e, s);
            V.touch[0] = (struct ev_touch){s->ins[0].bid[0].ticks, s->ins[0].bid[0].lots,
                                           s->ins[0].ask[0].ticks, s->ins[0].ask[0].lots, 0};
            fv_match(&V, 0);
            fv_mark(&V, 0);
        }
    }
    look();
    assert_true(S.orders_sent > 4);
    assert_int_equal(S.ins[0].maker_quoting, 1);
    assert_true(S.ins[0].quote_bid_ticks < S.ins[0].bid[0].ticks &&
                S.ins[0].quote_ask_ticks > S.ins[0].ask[0].ticks);
    assert_true(S.ins[0].quote_ask_ticks - S.ins[0].quote_bid_ticks < 800); // 30 bp of 2680
}

// ----------------------------------------------------------------------------------------- determinism

static uint64_t block_hash(const struct fake_venue *v)
{
    return hash64(HASH64_START, v->mem, engine_size());
}

static void test_same_events_same_actions_from_a_copy_too(void **state)
{
    (void)state;
    near_quotes(&V);
    V.lose_answer_pct = 5;
    fv_market(&V, 150);
    fv_clone(&W, &V);
    assert_int_equal(engine_action_hash(W.e), engine_action_hash(V.e));
    fv_market(&V, 150);
    fv_market(&W, 150);
    assert_int_equal(engine_action_hash(W.e), engine_action_hash(V.e));
    assert_int_equal(block_hash(&W), block_hash(&V));
    uint64_t before = engine_action_hash(V.e);
    fv_market(&V, 10);
    assert_int_not_equal(engine_action_hash(V.e), before); // and the hash sees what happens
}

// ----------------------------------------------------------------------------------------------- doubt

static void test_lost_answers_never_double_the_exposure(void **state)
{
    (void)state;
    near_quotes(&V);
    V.lose_answer_pct = 40;
    for (int k = 0; k < 400; k++) {
        fv_market(&V, 1);
        assert_true(fv_worst_lots(&V, 0) <= 9);
    }
    assert_true(look()->doubts > 5);
    V.lose_answer_pct = 0;
    fv_market(&V, 50);
    fv_run(&V, V.now + 3 * NS_PER_S);
    look();
    assert_int_equal(S.ins[0].position_lots, V.position[0]);
    assert_int_equal(fv_open_orders(&V), (int)S.open_orders);
}

static void test_late_fills_are_money(void **state)
{
    (void)state;
    near_quotes(&V);
    V.late_fill_ns = 400 * NS_PER_MS;
    fv_market(&V, 300);
    V.late_fill_ns = 0;
    fv_run(&V, V.now + NS_PER_S);
    look();
    assert_true(S.fills > 10);
    assert_int_equal(S.ins[0].position_lots, V.position[0]);
    assert_int_equal(engine_ledger_sum_e8(V.e, CURRENCY_USDT), 0);
}

// ---------------------------------------------------------------------------------------------- faults

static void test_a_silent_book_pulls_its_quotes_and_recovers(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 100);
    until_open(2);
    fv_run(&V, V.now + 1700 * NS_PER_MS);
    assert_int_equal(fv_open_orders(&V), 0);
    look();
    assert_int_equal(S.ins[0].trading_state, TS_QUIET);
    assert_int_equal(S.trading_state, TS_RUN); // of that instrument only
    assert_int_equal(S.ins[0].book_reason, BOOK_REASON_SILENT);
    assert_false(has_alarm("MD-STALE")); // pulled at once, but not yet worth a bell
    fv_run(&V, V.now + 2100 * NS_PER_MS);
    assert_true(has_alarm("MD-STALE"));
    fv_market(&V, 60);
    until_open(2);
    assert_false(has_alarm("MD-STALE"));
}

static void test_a_gap_pulls_and_a_snapshot_brings_back(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 100);
    fv_book_state(&V, 0, BOOK_SYNCING, BOOK_REASON_GAP);
    fv_run(&V, V.now + 5 * NS_PER_MS);
    assert_int_equal(fv_open_orders(&V), 0);
    assert_int_equal(look()->ins[0].gaps, 1);
    fv_book(&V, 0, V.touch[0].bid_ticks, true);
    fv_book_state(&V, 0, BOOK_LIVE, BOOK_REASON_NONE);
    fv_market(&V, 30);
    until_open(2);
}

static void test_a_crossed_book_asks_for_another(void **state)
{
    (void)state;
    fv_market(&V, 20);
    uint64_t asked = V.snapshots;
    struct event *ev = &V.book;
    event_init(ev, EV_BOOK_DIFF, 0, 1);
    ev->u.book.bids = 1;
    ev->u.book.last_id = ++V.next_update;
    ev->u.book.levels[0] = (struct level){V.touch[0].ask_ticks + 3, 5};
    fv_step(&V, ev);
    assert_int_equal(look()->ins[0].trading_state, TS_QUIET);
    fv_run(&V, V.now + 400 * NS_PER_MS);
    assert_int_equal(V.snapshots, asked + 1);
    assert_int_equal(look()->ins[0].book_state, BOOK_STALE);
}

static void test_blind_to_fills_means_quiet_until_reconciled(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 100);
    V.mute_stream = 1;
    fv_link(&V, LINK_USER, LINK_DOWN);
    fv_run(&V, V.now + 20 * NS_PER_MS);
    assert_int_equal(look()->trading_state, TS_QUIET);
    assert_int_equal(fv_open_orders(&V), 0);
    uint64_t places = V.places;
    fv_market(&V, 40);
    assert_int_equal(V.places, places);
    assert_true(has_alarm("USR-LOST"));
    V.mute_stream = 0;
    V.fail_reads = 1;
    fv_link(&V, LINK_USER, LINK_UP);
    fv_market(&V, 20);
    assert_int_equal(V.places, places); // up, but nothing is known yet
    V.fail_reads = 0;
    fv_market(&V, 30);
    assert_int_equal(look()->trading_state, TS_RUN);
    assert_true(V.places > places);
}

// A link that flapped until the session gave it up (N13) is tried again when a person says so, and only then.
static void test_reconcile_asks_for_links_that_were_given_up(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 20);
    uint64_t before = V.snapshots;
    press(VERB_RECONCILE, INSTRUMENT_NONE, 0, "");
    assert_int_equal(V.snapshots, before);
    event_init(&V.ev, EV_LINK, INSTRUMENT_NONE, 0);
    V.ev.u.link.link = LINK_MARKET;
    V.ev.u.link.state = LINK_DOWN;
    fv_now(&V);
    press(VERB_RECONCILE, INSTRUMENT_NONE, 0, "");
    fv_run(&V, V.now + 20 * NS_PER_MS);
    assert_true(V.snapshots > before);
}

static void test_a_position_that_moves_without_us(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 60);
    V.position[0] += 5; // somebody else's hand
    fv_push_position(&V, 0, 0);
    fv_market(&V, 5);
    assert_int_equal(look()->trading_state, TS_RUN); // one push may be a race
    fv_market(&V, 60);
    look();
    assert_int_equal(S.ins[0].trading_state, TS_REDUCE);
    assert_true(has_alarm("POS-MISMATCH"));
    assert_int_equal(fv_open_orders(&V), 0);
    press(VERB_RESUME, 0, 0, "");
    assert_int_equal(last_echo()->refused, 1); // while the cause lasts
    press(VERB_RECONCILE, INSTRUMENT_NONE, 0, "");
    fv_market(&V, 60);
    look();
    assert_int_equal(S.ins[0].position_lots, V.position[0]);
    assert_int_equal(S.ins[0].trading_state, TS_RUN);
    assert_int_equal(engine_ledger_sum_e8(V.e, CURRENCY_USDT), 0);
}

static void test_cancels_that_fail_stop_the_instrument(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 60);
    until_open(2);
    V.refuse_cancels = 1;
    uint64_t places = V.places;
    fv_market(&V, 60);
    assert_true(has_alarm("CANCEL-FAIL"));
    assert_true(V.cancel_alls > 0);
    assert_true(V.places <= places + 2); // no replacement beside an order that may still rest
    assert_true(V.cancels < 40);         // and no storm of cancels
    V.refuse_cancels = 0;
    fv_market(&V, 120);
    assert_false(has_alarm("CANCEL-FAIL"));
    assert_true(V.places > places + 2);
}

// From 75 % on the session refuses placements, the rest being kept for cancels: asking again and again would
// only make orders that never were.
static void test_a_spent_budget_is_not_knocked_at(void **state)
{
    (void)state;
    near_quotes(&V);
    until_open(2);
    event_init(&V.ev, EV_BUDGET, INSTRUMENT_NONE, 0);
    V.ev.u.budget = (struct ev_budget){.lane = 1, .used_pct = 75, .used = 900, .limit = 1200};
    fv_now(&V);
    uint64_t places = V.places, cancels = V.cancels;
    fv_market(&V, 30);
    assert_int_equal(V.places, places);
    assert_true(V.cancels > cancels); // what is wrong goes all the same
    assert_non_null(strstr(look()->ins[0].why, "rate budget"));
    event_init(&V.ev, EV_BUDGET, INSTRUMENT_NONE, 0);
    V.ev.u.budget = (struct ev_budget){.lane = 1, .used_pct = 0, .used = 0, .limit = 1200};
    fv_now(&V);
    fv_market(&V, 30);
    assert_true(V.places > places);
}

static void test_a_refused_budget_stops_new_orders(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 60);
    event_init(&V.ev, EV_BUDGET, INSTRUMENT_NONE, 0);
    V.ev.u.budget = (struct ev_budget){.lane = 1, .used_pct = 90, .used = 1080, .limit = 1200};
    fv_now(&V);
    uint64_t places = V.places;
    fv_market(&V, 20);
    assert_int_equal(V.places, places);
    assert_int_equal(fv_open_orders(&V), 0);
    event_init(&V.ev, EV_BUDGET, INSTRUMENT_NONE, 0);
    V.ev.u.budget = (struct ev_budget){.lane = 1, .used_pct = 25, .used = 300, .limit = 1200};
    fv_now(&V);
    fv_market(&V, 20);
    assert_true(V.places > places);
}

static void test_a_frozen_process_trusts_nothing_old(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 60);
    V.now += 3 * NS_PER_S;                            // nobody stepped the engine
    fv_book(&V, 0, V.touch[0].bid_ticks + 40, false); // what waited in the socket
    assert_int_equal(look()->ins[0].trading_state, TS_QUIET);
    assert_non_null(strstr(V.last_log, "state QUIET: the process stood still"));
    assert_true(has_alarm("FROZEN"));
    assert_int_equal(S.trading_state, TS_QUIET); // all of it, also what the books do not tell
    V.fail_reads = 1;
    fv_market(&V, 20);
    assert_int_equal(look()->trading_state, TS_QUIET); // books move, but the venue was not heard yet
    V.fail_reads = 0;
    fv_market(&V, 40);
    assert_int_equal(look()->ins[0].trading_state, TS_RUN);
    fv_market(&V, 60);
    assert_false(has_alarm("FROZEN"));
}

// The newest open order turns out to be refused, on the stream.
static void refuse_one(int32_t code)
{
    int n = V.n_orders - 1;
    while (n > 0 && !V.order[n].open) {
        n--;
    }
    struct fv_order *o = &V.order[n];
    o->open = 0;
    struct ev_order *r = fv_report(&V, o, RK_REJECTED, SOURCE_STREAM);
    r->code = code;
    fv_now(&V);
}

static void test_refusals_that_mean_more_than_one_order(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 60);
    until_open(2);
    refuse_one(-2019); // margin
    assert_int_equal(look()->trading_state, TS_REDUCE);
    uint64_t places = V.places;
    fv_market(&V, 290);
    assert_int_equal(V.places, places); // not for 30 s
    fv_market(&V, 40);
    assert_true(V.places > places);
    until_open(2);
    refuse_one(-1022);
    assert_int_equal(look()->trading_state, TS_RUN); // one bad signature may be an accident
    refuse_one(-1022);
    assert_int_equal(look()->trading_state, TS_QUIET);
    fv_market(&V, 400);
    assert_int_equal(look()->trading_state, TS_QUIET); // two are not: the operator's
    press(VERB_RESUME, INSTRUMENT_NONE, 0, "");
    fv_market(&V, 12);
    assert_int_equal(look()->trading_state, TS_RUN);
}

static void test_a_countdown_that_cannot_be_wound_up(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 60);
    for (int k = 0; k < 2; k++) {
        assert_int_equal(look()->trading_state, TS_RUN);
        event_init(&V.ev, EV_LINK, INSTRUMENT_NONE, 0);
        V.ev.u.link.link = LINK_ORDER;
        V.ev.u.link.state = LINK_UP;
        snprintf(V.ev.u.link.text, sizeof V.ev.u.link.text, "dead-man's switch not refreshed");
        fv_now(&V);
        fv_run(&V, V.now + 50 * NS_PER_MS);
    }
    assert_int_equal(look()->trading_state, TS_QUIET);
    assert_int_equal(fv_open_orders(&V), 0);
    fv_market(&V, 320);
    assert_int_equal(look()->trading_state, TS_RUN);
}

// ----------------------------------------------------------------------------------------------- start

static void test_leftovers_are_cancelled_before_anything_starts(void **state)
{
    (void)state;
    fv_free(&V);
    struct engine_config c;
    engine_config_default(&c);
    memset(&V, 0, sizeof V);
    V.mem = aligned_alloc(64, (engine_size() + 63) / 64 * 64);
    V.e = engine_init(V.mem, engine_size(), &c);
    V.now = NS_PER_S;
    V.latency_ns = 200000;
    V.ins[0] = fv_eth(0);
    V.ins[1] = fv_btc(1);
    V.order[V.n_orders++] = (struct fv_order){
        .client_id = "ttm0000012-9", .id = 5, .side = SIDE_BUY, .open = 1, .ticks = 267000, .lots = 2};
    V.position[0] = 3;
    V.touch[0].bid_ticks = 268000;
    event_init(&V.ev, EV_START, INSTRUMENT_NONE, 0);
    V.ev.u.start.epoch = 1000;
    fv_now(&V);
    fv_link(&V, LINK_USER, LINK_UP);
    fv_link(&V, LINK_ORDER, LINK_UP);
    for (uint16_t i = 0; i < 2; i++) {
        event_init(&V.ev, EV_INSTRUMENT, i, 0);
        V.ev.u.instrument_rev = V.ins[i];
        fv_now(&V);
    }
    fv_account(&V, INSTRUMENT_NONE, AK_BALANCE, 50 * E8);
    assert_int_equal(look()->trading_state, TS_QUIET);
    fv_run(&V, V.now + 6 * NS_PER_S); // nobody reads for the engine: it asks by itself
    look();
    assert_int_equal(fv_open_orders(&V), 0);
    assert_int_equal(S.trading_state, TS_RUN);
    assert_int_equal(S.ins[0].position_lots, 3);
    assert_int_equal(V.places, 0);
    assert_int_equal(engine_ledger_sum_e8(V.e, CURRENCY_USDT), 0);
}

static void test_real_money_starts_paused(void **state)
{
    (void)state;
    fv_free(&V);
    struct engine_config c;
    engine_config_default(&c);
    fv_start(&V, &c, 1);
    fv_market(&V, 100);
    assert_true(V.places > 0); // the same way, in SIM, quotes
    fv_free(&V);
    fv_start_mode = MODE_LIVE;
    fv_start(&V, &c, 1);
    fv_start_mode = MODE_SIM;
    fv_market(&V, 100);
    assert_int_equal(V.places, 0);
    assert_int_equal(look()->ins[0].maker_paused, 1);
    press(VERB_RESUME, 0, 0, "");
    fv_market(&V, 20);
    assert_true(V.places > 0);
}

// -------------------------------------------------------------------------------------------- operator

static void test_pull_pause_resume_cancel_and_their_echoes(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 100);
    until_open(2);
    press(VERB_PULL, INSTRUMENT_NONE, 0, "");
    fv_run(&V, V.now + 5 * NS_PER_MS);
    const struct snap_echo *x = last_echo();
    assert_int_equal(x->cancels_sent, 2);
    assert_int_equal(x->cancels_acked, 2);
    assert_true(x->first_write_ns > 0 && x->first_write_ns <= 20000);
    assert_true(x->acked_ns >= 400000 && x->done_ns == x->acked_ns);
    assert_int_equal(fv_open_orders(&V), 0);
    assert_int_equal(S.strategy[0].state, 2);
    uint64_t places = V.places;
    fv_market(&V, 30);
    assert_int_equal(V.places, places);
    press(VERB_RESUME, 0, 0, "");
    fv_market(&V, 10);
    assert_true(V.places > places);
    until_open(2);
    press(VERB_CANCEL, 0, 0, "");
    fv_run(&V, V.now + 5 * NS_PER_MS);
    assert_int_equal(fv_open_orders(&V), 0);
    assert_int_equal(last_echo()->cancels_acked, 2);
    fv_market(&V, 12);
    until_open(2); // cancelled, not paused
    press(VERB_PAUSE, 7, 0, "");
    assert_int_equal(last_echo()->refused, 1);
}

static void test_size_and_spread_steps(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 60);
    look();
    int64_t width = S.ins[0].quote_ask_ticks - S.ins[0].quote_bid_ticks;
    press(VERB_SPREAD, 0, 25, "");
    look();
    int64_t wider = S.ins[0].quote_ask_ticks - S.ins[0].quote_bid_ticks;
    assert_true(wider >= width + 49 && wider <= width + 51); // 25 on each side, rounding aside
    press(VERB_SIZE, 0, 1, "");
    press(VERB_SIZE, 0, 1, "");
    assert_int_equal(last_echo()->refused, 1); // once per second
    press(VERB_SIZE, 0, -1, "");
    press(VERB_SIZE, 0, -1, "");
    assert_int_equal(last_echo()->refused, 0);
    assert_int_equal(S.ins[0].size_steps, -1);
}

static void test_limits_fall_at_once_and_rise_by_word(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 60);
    struct ev_operator *op = fv_op(&V, VERB_LIMIT, INSTRUMENT_NONE);
    op->sub = LIMIT_POSITION_VALUE;
    op->value = 4 * E8; // below the venue's smallest order
    fv_now(&V);
    fv_run(&V, V.now + 5 * NS_PER_MS);
    assert_int_equal(fv_open_orders(&V), 0);
    assert_non_null(strstr(look()->ins[0].why, "smallest order"));
    op = fv_op(&V, VERB_LIMIT, INSTRUMENT_NONE);
    op->sub = LIMIT_POSITION_VALUE;
    op->value = 25 * E8;
    fv_now(&V);
    assert_int_equal(last_echo()->refused, 1);
    op = fv_op(&V, VERB_LIMIT, INSTRUMENT_NONE);
    op->sub = LIMIT_POSITION_VALUE;
    op->value = 25 * E8;
    snprintf(op->word, sizeof op->word, "raise");
    fv_now(&V);
    assert_int_equal(last_echo()->refused, 0);
    fv_market(&V, 10);
    until_open(2);
    op = fv_op(&V, VERB_LIMIT, INSTRUMENT_NONE);
    op->sub = LIMIT_DAY_LOSS;
    op->value = 21 * E8 / 100; // above the ceiling, word or not
    snprintf(op->word, sizeof op->word, "raise");
    fv_now(&V);
    assert_int_equal(last_echo()->refused, 1);
    op = fv_op(&V, VERB_LIMIT, INSTRUMENT_NONE);
    op->sub = 200;
    fv_now(&V);
    assert_int_equal(last_echo()->refused, 1);
}

static void test_a_loss_limit_flattens(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 100);
    until_position();
    struct ev_operator *op = fv_op(&V, VERB_LIMIT, INSTRUMENT_NONE);
    op->sub = LIMIT_DAY_LOSS;
    op->value = E8 / 10000; // 1 bp of 50 USDT: half a cent
    fv_now(&V);
    int64_t move = V.position[0] > 0 ? -400 : 400;
    fv_book(&V, 0, V.touch[0].bid_ticks + move, false);
    fv_mark(&V, 0);
    fv_run(&V, V.now + NS_PER_S);
    look();
    assert_int_equal(S.trading_state, TS_KILLED);
    assert_true(has_alarm("RISK-BREACH"));
    assert_int_equal(V.position[0], 0);
    assert_int_equal(S.echo[0].actor, ACTOR_RULE);
    assert_true(S.echo[0].flat_ns > 0);
}

// ------------------------------------------------------------------------------------------ quit, seam

static void test_quit_is_verified_or_says_so(void **state)
{
    (void)state;
    near_quotes(&V);
    fv_market(&V, 100);
    fv_clone(&W, &V);
    press(VERB_QUIT, INSTRUMENT_NONE, QUIT_CANCEL, "");
    fv_run(&V, V.now + 5 * NS_PER_S);
    assert_int_equal(fv_open_orders(&V), 0);
    assert_int_equal(V.quit, 0); // a read inside the acceptance window proves nothing
    fv_run(&V, V.now + 6 * NS_PER_S);
    assert_int_equal(V.quit, 1);
    assert_int_equal(V.quit_code, EXIT_OK);
    W.dead = 1; // requests vanish
    fv_op(&W, VERB_QUIT, INSTRUMENT_NONE)->value = QUIT_CANCEL;
    fv_now(&W);
    fv_run(&W, W.now + 14 * NS_PER_S);
    assert_int_equal(W.quit, 0);
    fv_run(&W, W.now + 2 * NS_PER_S);
    assert_int_equal(W.quit, 1);
    assert_int_equal(W.quit_code, EXIT_UNVERIFIED);
}

static void test_the_seam_is_booked_as_seam(void **state)
{
    (void)state;
    near_quotes(&V);
    until_position();
    press(VERB_PULL, INSTRUMENT_NONE, 0, ""); // nothing of ours may trade in between
    fv_run(&V, V.now + 20 * NS_PER_MS);
    int64_t lots = V.position[0];
    assert_int_not_equal(lots, 0);
    int64_t entry_e8 = look()->ins[0].entry_e8;
    event_init(&V.ev, EV_ORDER, 0, 0);
    struct ev_order *r = &V.ev.u.order;
    snprintf(r->client_id, sizeof r->client_id, "seam-2-ETHUSDT");
    r->kind = RK_FILL;
    r->source = SOURCE_STREAM;
    r->status = OS_FILLED;
    r->fill_kind = FILL_SEAM;
    r->side = lots > 0 ? SIDE_SELL : SIDE_BUY;
    r->qty_lots = r->cum_lots = r->last_lots = lots > 0 ? lots : -lots;
    r->last_price_e8 = entry_e8 + 7 * V.ins[0].tick_e8; // a mark that is not the entry
    r->trade_id = ++V.next_trade;
    r->fee_currency = CURRENCY_USDT;
    V.position[0] = 0;
    fv_now(&V);
    fv_push_position(&V, 0, 0);
    fv_run(&V, V.now + 300 * NS_PER_MS);
    look();
    assert_int_equal(S.ins[0].position_lots, 0);
    assert_int_not_equal(S.pnl.seam_e8, 0);
    assert_int_equal(S.alarm_count, 0); // no mismatch, no foreign trade
    assert_int_equal(S.trading_state, TS_RUN);
    assert_int_equal(engine_ledger_sum_e8(V.e, CURRENCY_USDT), 0);
}

static void test_funding_and_deposits(void **state)
{
    (void)state;
    event_init(&V.ev, EV_ACCOUNT, 0, 0);
    V.ev.u.account = (struct ev_account){.kind = AK_BALANCE,
                                         .reason = AR_FUNDING,
                                         .currency = CURRENCY_USDT,
                                         .wallet_e8 = 50 * E8 - 777,
                                         .change_e8 = -777};
    fv_now(&V);
    assert_int_equal(look()->pnl.funding_e8, -777);
    event_init(&V.ev, EV_ACCOUNT, INSTRUMENT_NONE, 0);
    V.ev.u.account = (struct ev_account){.kind = AK_BALANCE,
                                         .reason = AR_WITHDRAW,
                                         .currency = CURRENCY_USDT,
                                         .wallet_e8 = 30 * E8 - 777,
                                         .change_e8 = -20 * E8};
    fv_now(&V);
    look();
    assert_int_equal(S.wallet_e8, 30 * E8 - 777);
    assert_int_equal(S.trading_state, TS_RUN); // a withdrawal is no loss
    assert_int_equal(engine_ledger_sum_e8(V.e, CURRENCY_USDT), 0);
}

// -------------------------------------------------------------------------------------------- nonsense

static void test_any_valid_event_is_survived(void **state)
{
    (void)state;
    static struct event ev;
    struct rng r;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        fv_free(&V);
        fv_start(&V, NULL, seed);
        V.mute_out = 1;
        rng_seed(&r, seed);
        for (int n = 0; n < 2000; n++) {
            random_event(&r, &ev, 40);
            if (ev.type == EV_START || !event_valid(&ev, ev.size)) {
                continue;
            }
            V.now += (int64_t)rng_below(&r, 200 * NS_PER_MS);
            fv_step(&V, &ev);
            assert_true(V.out.count <= ACTIONS_MAX);
            assert_int_equal(engine_ledger_sum_e8(V.e, CURRENCY_USDT), 0);
        }
        look();
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_quotes_fill_and_the_books_agree),
        T(test_real_recording_gets_quotes),
        T(test_same_events_same_actions_from_a_copy_too),
        T(test_lost_answers_never_double_the_exposure),
        T(test_late_fills_are_money),
        T(test_a_silent_book_pulls_its_quotes_and_recovers),
        T(test_a_gap_pulls_and_a_snapshot_brings_back),
        T(test_a_crossed_book_asks_for_another),
        T(test_blind_to_fills_means_quiet_until_reconciled),
        T(test_reconcile_asks_for_links_that_were_given_up),
        T(test_a_position_that_moves_without_us),
        T(test_cancels_that_fail_stop_the_instrument),
        T(test_a_spent_budget_is_not_knocked_at),
        T(test_a_refused_budget_stops_new_orders),
        T(test_a_frozen_process_trusts_nothing_old),
        T(test_refusals_that_mean_more_than_one_order),
        T(test_a_countdown_that_cannot_be_wound_up),
        T(test_leftovers_are_cancelled_before_anything_starts),
        T(test_real_money_starts_paused),
        T(test_pull_pause_resume_cancel_and_their_echoes),
        T(test_size_and_spread_steps),
        T(test_limits_fall_at_once_and_rise_by_word),
        T(test_a_loss_limit_flattens),
        T(test_quit_is_verified_or_says_so),
        T(test_the_seam_is_booked_as_seam),
        T(test_funding_and_deposits),
        T(test_any_valid_event_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
