// SPDX-License-Identifier: Apache-2.0
// Tries to break the kill switch: pressed at every event of a running market, pressed again and again, with
// answers lost, fills late, cancels refused, reads failing, a thin book, dust, a dead venue, before anything
// is known, and released too early. Every time the venue's own books must end empty, and not one ordinary
// order may pass the fence.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/kill_slice.h"
#include "support/fake_venue.h"

static struct fake_venue V, W;
static struct snapshot S;

static const struct snapshot *look(const struct fake_venue *v)
{
    engine_snapshot(v->e, &S);
    return &S;
}

// A market that fills us: spread pinned so that quotes stand near, moves large.
static int setup(void **state)
{
    (void)state;
    struct engine_config c;
    engine_config_default(&c);
    c.maker.spread_a_e8 = 1000 * E8;
    fv_start(&V, &c, 5);
    V.move_ticks = 30;
    fv_market(&V, 120);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fv_free(&V);
    fv_free(&W);
    return 0;
}

static void until_position(struct fake_venue *v)
{
    for (int k = 0; k < 400 && v->position[0] == 0; k++) {
        fv_market(v, 1);
    }
    fv_run(v, v->now + 20 * NS_PER_MS);
    assert_int_not_equal(v->position[0], 0);
}

static void press_f(struct fake_venue *v)
{
    v->fence = 1; // the console's part
    fv_op(v, VERB_FLATTEN, INSTRUMENT_NONE);
    fv_now(v);
}

static void press(struct fake_venue *v, enum verb verb, const char *word)
{
    struct ev_operator *op = fv_op(v, verb, INSTRUMENT_NONE);
    snprintf(op->word, sizeof op->word, "%s", word);
    fv_now(v);
}

static void assert_flat(struct fake_venue *v)
{
    look(v);
    assert_int_equal(fv_open_orders(v), 0);
    assert_int_equal(v->position[0], 0);
    assert_true(S.kill.phase == KP_FLAT || S.kill.phase == KP_SEALED);
    assert_int_equal(S.trading_state, TS_KILLED);
    assert_int_equal(v->plain_after_fence, 0);
    assert_int_equal(engine_ledger_sum_e8(v->e, CURRENCY_USDT), 0);
}

static bool has_alarm(const struct fake_venue *v, const char *code)
{
    look(v);
    for (uint32_t i = 0; i < S.alarm_count; i++) {
        if (strcmp(S.alarm[i].code, code) == 0 && !S.alarm[i].cleared) {
            return true;
        }
    }
    return false;
}

// ------------------------------------------------------------------------------- at every moment, flat

static void kill_here(const struct fake_venue *world, uint64_t *with_position, uint64_t *with_orders)
{
    fv_clone(&W, world);
    *with_position += W.position[0] != 0;
    *with_orders += fv_open_orders(&W) > 0;
    press_f(&W);
    fv_run(&W, W.now + 1500 * NS_PER_MS);
    assert_flat(&W);
    assert_int_equal(S.kill.flattens, 1);
    assert_true(S.echo[0].flat_ns > 0 && S.echo[0].flat_ns < 500 * NS_PER_MS);
    assert_true(S.echo[0].first_write_ns > 0 && S.echo[0].first_write_ns < NS_PER_MS);
    assert_int_equal(S.echo[0].cancels_sent, 2);
    assert_int_equal(S.echo[0].cancels_acked, 2);
}

// In steps much finer than a request's way, so that orders, cancels and fills are caught in the air too.
static void test_at_every_moment_of_a_market(void **state)
{
    (void)state;
    uint64_t with_position = 0, with_orders = 0;
    for (int k = 0; k < 60; k++) {
        fv_market(&V, 1);
        for (int fine = 0; fine < 6; fine++) {
            kill_here(&V, &with_position, &with_orders);
            fv_run(&V, V.now + 70000);
        }
    }
    assert_true(with_position > 30 && with_orders > 100); // the moments were worth it
}

static void test_at_every_moment_with_lost_answers_and_late_fills(void **state)
{
    (void)state;
    uint64_t with_position = 0;
    V.lose_answer_pct = 30;
    V.late_fill_ns = 300 * NS_PER_MS;
    for (int k = 0; k < 150; k++) {
        fv_market(&V, 1);
        fv_clone(&W, &V);
        with_position += W.position[0] != 0;
        press_f(&W);
        fv_run(&W, W.now + 4 * NS_PER_S);
        assert_flat(&W);
        assert_int_equal(S.kill.flattens, 1);
    }
    assert_true(with_position > 10);
}

// A held F: the console raised the fence, pulled and cancelled, and nobody confirmed. Without a way to open
// the fence the run could only be ended by a kill.
static void test_held_press_is_released_by_the_alias(void **state)
{
    (void)state;
    V.fence = 1;
    fv_op(&V, VERB_PULL, INSTRUMENT_NONE);
    fv_now(&V);
    press(&V, VERB_RELEASE, "sim-51");
    assert_int_equal(look(&V)->echo[0].refused, 1);
    assert_int_equal(V.fence_opened, 0);
    press(&V, VERB_RELEASE, "sim-50");
    assert_int_equal(look(&V)->echo[0].refused, 0);
    assert_int_equal(V.fence_opened, 1);
    uint64_t places = V.places;
    fv_market(&V, 30);
    assert_int_equal(V.places, places); // paused by the pull
    press(&V, VERB_RESUME, "");
    fv_market(&V, 30);
    assert_true(V.places > places);
}

static void test_sealed_only_after_the_window_then_released_by_the_alias(void **state)
{
    (void)state;
    until_position(&V);
    press_f(&V);
    fv_run(&V, V.now + 9 * NS_PER_S);
    assert_flat(&V);
    assert_int_equal(S.kill.phase, KP_FLAT);
    press(&V, VERB_RELEASE, "sim-50");
    assert_int_equal(look(&V)->echo[0].refused, 1);
    fv_run(&V, V.now + 2 * NS_PER_S);
    assert_int_equal(look(&V)->kill.phase, KP_SEALED);
    press(&V, VERB_RELEASE, "sim-51");
    assert_int_equal(look(&V)->echo[0].refused, 1);
    press(&V, VERB_RESUME, "");
    assert_int_equal(look(&V)->echo[0].refused, 1);
    assert_int_equal(V.fence_opened, 0);
    press(&V, VERB_RELEASE, "sim-50");
    look(&V);
    assert_int_equal(S.echo[0].refused, 0);
    assert_int_equal(S.trading_state, TS_RUN);
    assert_int_equal(V.fence_opened, 1);
    uint64_t places = V.places;
    fv_market(&V, 30);
    assert_int_equal(V.places, places); // released is not resumed
    press(&V, VERB_RESUME, "");
    fv_market(&V, 360); // marks had stopped: 30 s without that fault first
    assert_true(V.places > places);
    assert_int_equal(V.undead, 0); // the countdown was wound up again before the first order
    press_f(&V);
    fv_run(&V, V.now + NS_PER_S);
    assert_flat(&V);
    assert_int_equal(S.kill.flattens, 2);
}

// Everything at once, by seed: layers, slow and fast links, lost answers, late fills, a thin book, cancels
// refused and reads failing for the first second and a half.
static void test_random_faults_heal_into_flat_and_sealed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct engine_config c;
        engine_config_default(&c);
        c.maker.spread_a_e8 = 1000 * E8;
        c.maker.layers = (uint8_t)(1 + seed % 3);
        c.maker.layer_step_ticks = 15;
        fv_free(&V);
        fv_start(&V, &c, seed);
        V.move_ticks = 20 + (int64_t)seed * 5;
        struct rng r;
        rng_seed(&r, seed * 77);
        for (int k = 0; k < 40; k++) {
            fv_market(&V, 1 + (int)rng_below(&r, 5));
            V.lose_answer_pct = rng_below(&r, 3) ? 0 : (int)rng_below(&r, 60);
            V.late_fill_ns = rng_below(&r, 3) ? 0 : (int64_t)rng_below(&r, 800 * NS_PER_MS);
            V.latency_ns = 50000 + (int64_t)rng_below(&r, rng_below(&r, 10) ? 400000 : 50 * NS_PER_MS);
            fv_run(&V, V.now + (int64_t)rng_below(&r, 3 * NS_PER_MS));
            assert_true(fv_worst_lots(&V, 0) <= 9);
            assert_int_equal(V.undead, 0);
            fv_clone(&W, &V);
            W.depth_lots = 1 + (int64_t)rng_below(&r, 20);
            W.refuse_cancels = rng_below(&r, 5) == 0;
            W.fail_reads = rng_below(&r, 5) == 0;
            press_f(&W);
            fv_run(&W, W.now + 1500 * NS_PER_MS);
            W.refuse_cancels = W.fail_reads = 0;
            W.late_fill_ns = 0;
            fv_run(&W, W.now + 6 * NS_PER_S);
            assert_flat(&W);
            assert_int_equal(S.kill.flattens, 1);
            assert_int_equal(S.ins[0].position_lots, 0);
            fv_run(&W, W.now + 12 * NS_PER_S);
            assert_int_equal(look(&W)->kill.phase, KP_SEALED);
        }
    }
}

// ----------------------------------------------------------------------------------------- again, stop

static void test_f_f_f_is_one_flatten(void **state)
{
    (void)state;
    until_position(&V);
    for (int k = 0; k < 20; k++) {
        press_f(&V);
        fv_run(&V, V.now + 3 * NS_PER_MS);
    }
    fv_run(&V, V.now + NS_PER_S);
    assert_flat(&V);
    assert_int_equal(S.kill.flattens, 1);
    assert_true(V.cancel_alls <= 2 * 3 + 4);
}

static void test_abort_stops_closing_and_nothing_else(void **state)
{
    (void)state;
    until_position(&V);
    V.depth_lots = 0; // slices find nobody
    int64_t before = V.position[0];
    press_f(&V);
    fv_run(&V, V.now + 300 * NS_PER_MS);
    uint64_t places = V.places;
    press(&V, VERB_ABORT_FLATTEN, "stop");
    assert_int_equal(look(&V)->echo[0].refused, 1);
    press(&V, VERB_ABORT_FLATTEN, "abort");
    fv_run(&V, V.now + 12 * NS_PER_S);
    look(&V);
    assert_int_equal(V.position[0], before);
    assert_int_equal(S.kill.phase, KP_ABORTED);
    assert_int_equal(S.trading_state, TS_KILLED);
    assert_true(V.places <= places + 1);
    assert_int_equal(fv_open_orders(&V), 0);
    V.depth_lots = 1000;
    press_f(&V); // and F still flattens
    fv_run(&V, V.now + 2 * NS_PER_S);
    assert_flat(&V);
    assert_int_equal(S.kill.flattens, 2);
}

// ---------------------------------------------------------------------------------------------- faults

static void test_refused_cancels_are_repeated_and_alarmed(void **state)
{
    (void)state;
    fv_market(&V, 20);
    V.refuse_cancels = 1;
    press_f(&V);
    fv_run(&V, V.now + 3 * NS_PER_S);
    assert_true(has_alarm(&V, "KILL-UNCONF"));
    assert_int_equal(look(&V)->kill.phase, KP_UNCONF);
    V.refuse_cancels = 0;
    fv_run(&V, V.now + 2 * NS_PER_S);
    assert_flat(&V);
    assert_false(has_alarm(&V, "KILL-UNCONF"));
}

static void test_failed_reads_are_never_flat(void **state)
{
    (void)state;
    until_position(&V);
    V.fail_reads = 1;
    press_f(&V);
    fv_run(&V, V.now + 4 * NS_PER_S);
    look(&V);
    assert_int_equal(V.position[0], 0);        // it is flat,
    assert_int_equal(S.kill.phase, KP_UNCONF); // but nobody has said so
    assert_int_equal(S.echo[0].flat_ns, 0);
    V.fail_reads = 0;
    fv_run(&V, V.now + 2 * NS_PER_S);
    assert_flat(&V);
}

static void test_a_dead_venue_gets_bounded_requests_and_an_alarm(void **state)
{
    (void)state;
    until_position(&V);
    V.dead = 1;
    press_f(&V);
    uint64_t before = V.places + V.cancels + V.cancel_alls + V.reads;
    fv_run(&V, V.now + 20 * NS_PER_S);
    uint64_t sent = V.places + V.cancels + V.cancel_alls + V.reads - before;
    assert_true(has_alarm(&V, "KILL-UNCONF"));
    assert_true(sent < 20 * 30);
    assert_true(sent > 20);
    assert_int_equal(look(&V)->echo[0].flat_ns, 0);
}

static void test_what_lands_after_flat_is_swept_and_closed(void **state)
{
    (void)state;
    fv_market(&V, 20);
    press_f(&V);
    fv_run(&V, V.now + 3 * NS_PER_S);
    assert_flat(&V);
    // An order of ours that was queued at the venue for three seconds, and its fill, heard on the stream.
    struct fv_order *o = &V.order[V.n_orders++];
    *o = (struct fv_order){.client_id = "ttm000002p-zz",
                           .id = ++V.next_order,
                           .side = SIDE_BUY,
                           .open = 1,
                           .ticks = V.touch[0].bid_ticks - 5,
                           .lots = 4};
    fv_fill(&V, o, o->ticks, 2, true);
    fv_run(&V, V.now + 50 * NS_PER_MS);
    fv_run(&V, V.now + 4 * NS_PER_S);
    assert_flat(&V);
    fv_run(&V, V.now + 11 * NS_PER_S);
    assert_int_equal(look(&V)->kill.phase, KP_SEALED);
}

// The same, but nobody tells: only the next read can show it.
static void test_what_lands_unheard_is_found_by_reading(void **state)
{
    (void)state;
    fv_market(&V, 20);
    press_f(&V);
    fv_run(&V, V.now + 3 * NS_PER_S);
    assert_flat(&V);
    V.position[0] = 3;
    V.order[V.n_orders++] = (struct fv_order){.client_id = "web_17",
                                              .id = ++V.next_order,
                                              .side = SIDE_SELL,
                                              .open = 1,
                                              .ticks = V.touch[0].ask_ticks + 50,
                                              .lots = 4};
    fv_run(&V, V.now + 12 * NS_PER_S);
    assert_flat(&V);
    fv_run(&V, V.now + 11 * NS_PER_S);
    assert_int_equal(look(&V)->kill.phase, KP_SEALED);
}

static void test_before_anything_is_known(void **state)
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
    V.depth_lots = 100;
    press_f(&V);
    fv_run(&V, V.now + NS_PER_S);
    assert_int_equal(look(&V)->trading_state, TS_KILLED);
    event_init(&V.ev, EV_START, INSTRUMENT_NONE, 0);
    fv_now(&V);
    V.ins[0] = fv_eth(0);
    V.position[0] = -3;
    V.order[V.n_orders++] =
        (struct fv_order){.client_id = "x", .id = 1, .side = SIDE_BUY, .open = 1, .ticks = 267000, .lots = 2};
    event_init(&V.ev, EV_INSTRUMENT, 0, 0);
    V.ev.u.instrument_rev = V.ins[0];
    fv_now(&V);
    fv_book(&V, 0, 268000, true);
    fv_run(&V, V.now + 4 * NS_PER_S);
    assert_flat(&V);
}

static void test_quit_with_flatten(void **state)
{
    (void)state;
    until_position(&V);
    V.fence = 1;
    fv_op(&V, VERB_QUIT, INSTRUMENT_NONE)->value = QUIT_FLATTEN;
    fv_now(&V);
    fv_run(&V, V.now + 14 * NS_PER_S);
    assert_flat(&V);
    assert_int_equal(V.quit, 1);
    assert_int_equal(V.quit_code, EXIT_OK);
}

// ---------------------------------------------------------------------------------------------- slices

static void test_a_thin_book_is_taken_in_slices(void **state)
{
    (void)state;
    V.position[0] += 2000; // a position from elsewhere, taken over by the operator
    press(&V, VERB_PULL, "");
    fv_push_position(&V, 0, 0);
    press(&V, VERB_RECONCILE, "");
    fv_run(&V, V.now + 100 * NS_PER_MS);
    assert_true(look(&V)->ins[0].position_lots >= 1990);
    V.depth_lots = 150;
    uint64_t places = V.places;
    int64_t begin = V.now;
    press_f(&V);
    for (int k = 0; k < 400 && V.position[0] != 0; k++) {
        fv_run(&V, V.now + 10 * NS_PER_MS);
    }
    uint64_t slices = V.places - places;
    assert_int_equal(V.position[0], 0);
    assert_true(slices >= 2000 / 150);
    assert_true(V.now - begin >= (int64_t)(slices - 1) * 100 * NS_PER_MS);
    fv_run(&V, V.now + 500 * NS_PER_MS);
    assert_flat(&V);
    for (int n = 0; n < V.n_orders; n++) {
        const struct fv_order *o = &V.order[n];
        assert_true(o->tif != TIF_IOC || o->reduce_only);
    }
}

static void test_the_collar_doubles_without_progress(void **state)
{
    (void)state;
    until_position(&V);
    V.depth_lots = 0;
    int from = V.n_orders;
    press_f(&V);
    fv_run(&V, V.now + 9 * NS_PER_S);
    int64_t first = V.order[from].ticks, last = V.order[V.n_orders - 1].ticks;
    int64_t mid = V.touch[0].bid_ticks, near = first > mid ? first - mid : mid - first,
            far = last > mid ? last - mid : mid - last;
    assert_true(near > mid * 40 / 10000 && near < mid * 60 / 10000);
    assert_true(far > mid * 280 / 10000 && far < mid * 320 / 10000);
    assert_true(V.n_orders - from <= 91); // never closer than 100 ms
}

static void test_slice_sizes(void **state)
{
    (void)state;
    struct instrument d = fv_eth(0);
    struct engine_config c;
    engine_config_default(&c);
    struct book *b = book_init(aligned_alloc(64, (book_size() + 63) / 64 * 64));
    for (int k = 0; k < 10; k++) {
        book_set(b, SIDE_BUY, 268000 - k, 100);
    }
    struct slice_input in = {&d, &c.kill, b, true, 10000, 2680 * E8, c.kill.collar_e8};
    struct slice s = kill_slice(&in);
    assert_int_equal(s.side, SIDE_SELL);
    assert_int_equal(s.price_ticks, 266660); // 2680 less 50 bp
    assert_int_equal(s.qty_lots, 200);       // 20 % of the thousand that is visible
    in.position_lots = 7;
    assert_int_equal(kill_slice(&in).qty_lots, 7);
    d.max_qty_lots = 40;
    in.position_lots = 10000;
    assert_int_equal(kill_slice(&in).qty_lots, 40);
    in.book_fresh = false;
    assert_int_equal(kill_slice(&in).qty_lots, 10); // a quarter of the largest order
    d.min_qty_lots = 30;
    in.book_fresh = true;
    in.position_lots = 65; // 40 would leave dust of 25: the rest goes after, never below the minimum
    assert_true(kill_slice(&in).qty_lots == 40 || kill_slice(&in).qty_lots == 35);
    in.position_lots = 29;
    assert_int_equal(kill_slice(&in).qty_lots, 0);
    assert_true(kill_is_dust(&d, 29, 0) && !kill_is_dust(&d, 30, 0) && !kill_is_dust(&d, 0, 0));
    d = fv_eth(0);
    in.position_lots = -50;
    in.collar_e8 = 3000000 * 3; // 9 %, beyond PERCENT_PRICE of 5 %
    s = kill_slice(&in);
    assert_int_equal(s.side, SIDE_BUY);
    assert_int_equal(s.price_ticks, 281400);
    book_clear(b);
    assert_int_equal(kill_slice(&in).qty_lots, 1); // nothing visible: the minimum still asks
    free(b);
}

static void test_dust_is_flat_and_said(void **state)
{
    (void)state;
    until_position(&V);
    event_init(&V.ev, EV_INSTRUMENT, 0, 0);
    V.ins[0].min_qty_lots = 100; // the venue changed its filter under our position
    V.ev.u.instrument_rev = V.ins[0];
    fv_now(&V);
    fv_mark(&V, 0);
    press_f(&V);
    fv_run(&V, V.now + NS_PER_S);
    look(&V);
    assert_int_equal(S.kill.phase, KP_FLAT);
    assert_non_null(strstr(V.last_log, "dust"));
    assert_int_not_equal(V.position[0], 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_at_every_moment_of_a_market),
        T(test_at_every_moment_with_lost_answers_and_late_fills),
        T(test_held_press_is_released_by_the_alias),
        T(test_random_faults_heal_into_flat_and_sealed),
        T(test_sealed_only_after_the_window_then_released_by_the_alias),
        T(test_f_f_f_is_one_flatten),
        T(test_abort_stops_closing_and_nothing_else),
        T(test_refused_cancels_are_repeated_and_alarmed),
        T(test_failed_reads_are_never_flat),
        T(test_a_dead_venue_gets_bounded_requests_and_an_alarm),
        T(test_what_lands_after_flat_is_swept_and_closed),
        T(test_what_lands_unheard_is_found_by_reading),
        T(test_before_anything_is_known),
        T(test_quit_with_flatten),
        T(test_a_thin_book_is_taken_in_slices),
        T(test_the_collar_doubles_without_progress),
        cmocka_unit_test(test_slice_sizes),
        T(test_dust_is_flat_and_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
