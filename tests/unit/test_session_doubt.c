// SPDX-License-Identifier: Apache-2.0
// test_session_doubt: tries to make the session lose an order: answers that never come, come late or come
// twice, "no such order" too early, proofs of absence with one missing.
#include "session_orders_rig.h"

// -------------------------------------------------------------------------------------------------------------
// doubt

static void test_queries_follow_the_schedule(void **state)
{
    (void)state;
    static const int64_t AT_MS[] = {300, 1000, 3000, 10000, 20000};
    struct rig *r = ready_rig();
    size_t at = place_sent(r, "lost");
    answer_lost(r, at);
    assert_non_null(rig_report(r, "lost", RK_DOUBT));
    int64_t begun = r->now;
    for (size_t i = 0; i < 5; i++) {
        while (rig_count_requests(r, RQ_QUERY_ORDER) == i) {
            rig_run(r, NS_PER_MS);
        }
        assert_in_range(r->now - begun, AT_MS[i] * NS_PER_MS, (AT_MS[i] + 10) * NS_PER_MS);
        size_t q = rig_request(r, RQ_QUERY_ORDER);
        assert_string_equal(r->command[q].rq.text, "symbol=ETHUSDT&origClientOrderId=lost");
        assert_int_equal(r->command[q].rq.on_order_link, 0);
        answer_error(r, q, 503, 0); // no evidence
    }
    size_t q = r->commands;
    rig_run(r, 10 * NS_PER_S);
    q = rig_request(r, RQ_QUERY_ORDER);
    answer_order(r, q, "NEW", 0);
    assert_int_equal(rig_report(r, "lost", RK_STATE)->source, SOURCE_QUERY);
    size_t asked = rig_count_requests(r, RQ_QUERY_ORDER);
    rig_run(r, 120 * NS_PER_S);
    assert_int_equal(rig_count_requests(r, RQ_QUERY_ORDER), asked);
    rig_free(r);
}

// Our trades, as the venue tells them: none, or one of an order that nobody here knows.
static void answer_trades(struct rig *r, size_t at, bool strange)
{
    rig_answer_init(r, &g_answer, RQ_TRADES);
    g_answer.rows = strange;
    g_answer.u.trades[0] = (struct wire_trade){.id = 900,
                                               .order_id = 4711,
                                               .price_e8 = 312040000000,
                                               .qty_e8 = 25000000,
                                               .side = SIDE_SELL,
                                               .time_ms = r->wall / NS_PER_MS};
    text_copy(g_answer.u.trades[0].symbol, 24, "ETHUSDT");
    text_copy(g_answer.u.trades[0].fee_asset, 8, "USDT");
    rig_answer(r, at, &g_answer);
}

enum { ALL_PROOFS, NO_LIST, NO_TRADES, STRANGE_TRADE, PROOF_CASES };

// "No such order" to every query: not a word before the window has passed, two answers after it, the open
// orders, and our trades without one that this order may have made.
static void test_absence_needs_every_proof(void **state)
{
    (void)state;
    for (int miss = 0; miss < PROOF_CASES; miss++) {
        struct rig *r = ready_rig();
        int64_t sent_ns = r->now;
        size_t at = place_sent(r, "gone");
        answer_lost(r, at);
        if (miss == NO_LIST) {
            r->withhold |= UINT64_C(1) << RQ_OPEN_ORDERS;
        }
        int64_t first_proof = 0;
        while (r->now < sent_ns + 40 * NS_PER_S && !rig_report(r, "gone", RK_ABSENT)) {
            rig_run(r, 5 * NS_PER_MS);
            for (size_t i = 0; i < r->commands; i++) {
                if (!r->done[i] && r->command[i].rq.kind == RQ_TRADES && miss != NO_TRADES) {
                    answer_trades(r, i, miss == STRANGE_TRADE);
                } else if (!r->done[i] && r->command[i].rq.kind == RQ_QUERY_ORDER) {
                    if (!first_proof && r->now >= sent_ns + 11 * NS_PER_S) {
                        first_proof = r->now;
                    }
                    answer_error(r, i, 400, -2013);
                }
            }
        }
        if (miss) {
            assert_null(rig_report(r, "gone", RK_ABSENT));
        } else {
            assert_non_null(rig_report(r, "gone", RK_ABSENT));
            assert_true(r->now >= first_proof + 2 * NS_PER_S);
            assert_in_range(r->now - sent_ns, 13 * NS_PER_S, 20 * NS_PER_S);
        }
        rig_free(r);
    }
}

static void test_open_orders_show_it_after_all(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    size_t at = place_sent(r, "hidden");
    answer_lost(r, at);
    r->open[ETH].rows = 1; // queries lag, the list does not
    struct wire_order *w = &r->open[ETH].u.orders[0];
    text_copy(w->symbol, sizeof w->symbol, "ETHUSDT");
    text_copy(w->client_id, sizeof w->client_id, "hidden");
    text_copy(w->status, sizeof w->status, "NEW");
    w->qty_e8 = 25000000;
    w->price_e8 = 312040000000;
    w->side = SIDE_SELL;
    int64_t last_query = 0;
    for (int i = 0; i < 4000; i++) {
        rig_run(r, 10 * NS_PER_MS);
        for (size_t k = 0; k < r->commands; k++) {
            if (!r->done[k] && r->command[k].rq.kind == RQ_QUERY_ORDER) {
                answer_error(r, k, 400, -2013);
                last_query = r->now;
            }
        }
        r->commands = 0;
    }
    assert_true(r->now - last_query > 25 * NS_PER_S); // the list, 10 s after the start, ended the doubt
    assert_null(rig_report(r, "hidden", RK_ABSENT));
    assert_non_null(rig_report(r, "hidden", RK_STATE));
    rig_free(r);
}

static void test_late_answer_beats_the_timer(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    size_t at = place_sent(r, "late");
    rig_run(r, 990 * NS_PER_MS);
    assert_null(rig_report(r, "late", RK_DOUBT));
    rig_run(r, 20 * NS_PER_MS);
    assert_non_null(rig_report(r, "late", RK_DOUBT));
    answer_order(r, at, "NEW", 0);
    assert_non_null(rig_report(r, "late", RK_ACCEPTED));
    size_t asked = rig_count_requests(r, RQ_QUERY_ORDER);
    rig_run(r, 60 * NS_PER_S);
    assert_int_equal(rig_count_requests(r, RQ_QUERY_ORDER), asked);
    rig_free(r);
}

static void test_stream_ends_the_doubt(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    size_t at = place_sent(r, "seen");
    answer_lost(r, at);
    user_order(r, "seen", "NEW", "NEW", 0, 0, 0);
    assert_int_equal(rig_report(r, "seen", RK_ACCEPTED)->source, SOURCE_STREAM);
    rig_run(r, 60 * NS_PER_S);
    assert_int_equal(rig_count_requests(r, RQ_QUERY_ORDER), 0);
    rig_free(r);
}

static void test_overdue_then_lost_is_told_once(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    size_t at = place_sent(r, "once");
    rig_run(r, 1010 * NS_PER_MS);
    rig_clear(r);
    answer_lost(r, at);
    assert_int_equal(r->count[EV_ORDER], 0);
    rig_free(r);
}

static void test_found_with_fills_fetches_trades(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    g_user_order_id = 47;
    user_order(r, "older", "TRADE", "FILLED", 500, 25000000, 25000000);
    g_user_order_id = 48120077;
    size_t at = place_sent(r, "f");
    answer_lost(r, at);
    rig_run(r, 310 * NS_PER_MS);
    answer_order(r, rig_request(r, RQ_QUERY_ORDER), "FILLED", 25000000);
    rig_run(r, 600 * NS_PER_MS);
    size_t t = rig_request(r, RQ_TRADES);
    assert_string_equal(r->command[t].rq.text, "symbol=ETHUSDT&fromId=501&limit=64");
    rig_answer_init(r, &g_answer, RQ_TRADES);
    g_answer.rows = 1;
    struct wire_trade *w = &g_answer.u.trades[0];
    text_copy(w->symbol, sizeof w->symbol, "ETHUSDT");
    text_copy(w->fee_asset, sizeof w->fee_asset, "USDT");
    *w = (struct wire_trade){.id = 501,
                             .order_id = 48120077,
                             .price_e8 = 312040000000,
                             .qty_e8 = 25000000,
                             .fee_e8 = -3900500,
                             .side = SIDE_SELL,
                             .maker = 1,
                             .time_ms = 1767225601002};
    text_copy(w->symbol, sizeof w->symbol, "ETHUSDT");
    text_copy(w->fee_asset, sizeof w->fee_asset, "USDT");
    rig_answer(r, t, &g_answer);
    const struct ev_order *o = rig_report(r, "f", RK_FILL); // the row has no client id: remembered
    assert_non_null(o);
    assert_int_equal(o->fill_kind, FILL_MISSED);
    assert_int_equal(o->trade_id, 501);
    assert_int_equal(o->fee_e8, 3900500);
    assert_int_equal(o->last_lots, 250);
    rig_free(r);
}

// The report of a fill never comes, that of a later one does, then a cancel finds the order gone: the trades
// must be asked for from before the order was placed, not from the last one seen (O8).
static void test_a_lost_fill_older_than_the_last_one_seen(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    g_user_order_id = 47;
    user_order(r, "older", "TRADE", "FILLED", 500, 25000000, 25000000);
    g_user_order_id = 48120077;
    answer_order(r, place_sent(r, "f"), "NEW", 0);
    g_user_order_id = 49;
    user_order(r, "later", "TRADE", "FILLED", 502, 25000000, 25000000); // 501 was f's, and is lost
    g_user_order_id = 48120077;
    answer_error(r, cancel_sent(r, "f"), 400, -2011);
    rig_run(r, NS_PER_MS);
    answer_order(r, rig_request(r, RQ_QUERY_ORDER), "FILLED", 25000000);
    rig_run(r, 600 * NS_PER_MS);
    assert_string_equal(r->command[rig_request(r, RQ_TRADES)].rq.text, "symbol=ETHUSDT&fromId=501&limit=64");
    rig_free(r);
}

// Asked for by name, without a doubt before: what a person or a restart wants to know.
static void test_query_of_one_order(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    struct action a = {.type = ACT_READ, .instrument = ETH, .sub = 2};
    text_copy(a.client_id, sizeof a.client_id, "old");
    act(r, a);
    assert_int_equal(r->count[EV_ORDER], 0); // nothing is in doubt by being asked for
    rig_run(r, NS_PER_MS);
    size_t at = rig_request(r, RQ_QUERY_ORDER);
    assert_string_equal(r->command[at].rq.text, "symbol=ETHUSDT&origClientOrderId=old");
    answer_order(r, at, "PARTIALLY_FILLED", 10000000);
    assert_int_equal(rig_report(r, "old", RK_STATE)->cum_lots, 100);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries_follow_the_schedule),
        cmocka_unit_test(test_absence_needs_every_proof),
        cmocka_unit_test(test_open_orders_show_it_after_all),
        cmocka_unit_test(test_late_answer_beats_the_timer),
        cmocka_unit_test(test_stream_ends_the_doubt),
        cmocka_unit_test(test_overdue_then_lost_is_told_once),
        cmocka_unit_test(test_found_with_fills_fetches_trades),
        cmocka_unit_test(test_query_of_one_order),
        cmocka_unit_test(test_a_lost_fill_older_than_the_last_one_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
