// SPDX-License-Identifier: Apache-2.0
// Tries to break the order state machine: every state against every report by a table written by hand, then
// the rows O1..O17 of failure-modes.md that belong here, one by one. Shuffles, floods and garbage are
// test_order_flood.c.
#include "base/check.h"
#include "support/order_rig.h"

// ----------------------------------------------------------------------------------------- the whole graph

// An order brought into a state, cheapest way there.
static uint16_t in_state(enum order_state want)
{
    const uint16_t s = place(SIDE_BUY, PRICE, QTY);
    if (want != ORD_INTENT && want != ORD_NOT_SENT) {
        tell(s, RK_SENT, SOURCE_LOCAL);
    }
    if (want == ORD_OPEN || want == ORD_PART || want == ORD_FILLED || want == ORD_CANCELED ||
        want == ORD_EXPIRED) {
        accept(s);
    }
    switch (want) {
    case ORD_PART:
        fill(s, ++W->next_trade, 3, 3);
        break;
    case ORD_FILLED:
        fill(s, ++W->next_trade, QTY, QTY);
        break;
    case ORD_UNKNOWN:
        tell(s, RK_DOUBT, SOURCE_LOCAL);
        break;
    case ORD_CANCELED:
        tell(s, RK_CANCELED, SOURCE_STREAM);
        break;
    case ORD_EXPIRED:
        tell(s, RK_EXPIRED, SOURCE_STREAM);
        break;
    case ORD_REJECTED:
        tell(s, RK_REJECTED, SOURCE_ANSWER);
        break;
    case ORD_NOT_SENT:
        tell(s, RK_NOT_SENT, SOURCE_LOCAL);
        break;
    case ORD_ABSENT:
        tell(s, RK_DOUBT, SOURCE_LOCAL);
        tell(s, RK_ABSENT, SOURCE_QUERY);
        break;
    default:
        break;
    }
    assert_int_equal(W->o.slot[s].state, want);
    return s;
}

enum stimulus {
    S_SENT,
    S_ACCEPTED,
    S_PARTFILL,
    S_FULLFILL,
    S_CANCELED,
    S_EXPIRED,
    S_REJECTED_ANSWER,
    S_REJECTED_STREAM,
    S_NOT_SENT,
    S_DOUBT,
    S_ABSENT,
    S_CANCEL_REJECTED,
    S_CANCEL_DOUBT,
    S_STATE_NEW,
    S_STATE_FILLED,
    S_STATE_CANCELED,
    S_ANSWER_NEW,
    S_COUNT
};

static void stimulate(uint16_t s, enum stimulus what)
{
    const int64_t done = W->o.slot[s].filled_lots;
    switch (what) {
    case S_SENT:
        tell(s, RK_SENT, SOURCE_LOCAL);
        break;
    case S_ACCEPTED:
        tell(s, RK_ACCEPTED, SOURCE_STREAM);
        break;
    case S_ANSWER_NEW:
        tell(s, RK_ACCEPTED, SOURCE_ANSWER);
        break;
    case S_PARTFILL:
        fill(s, ++W->next_trade, 1, done + 1);
        break;
    case S_FULLFILL:
        fill(s, ++W->next_trade, QTY - done > 0 ? QTY - done : 1, QTY);
        break;
    case S_CANCELED:
        tell(s, RK_CANCELED, SOURCE_STREAM);
        break;
    case S_EXPIRED:
        tell(s, RK_EXPIRED, SOURCE_STREAM);
        break;
    case S_REJECTED_ANSWER:
        tell(s, RK_REJECTED, SOURCE_ANSWER);
        break;
    case S_REJECTED_STREAM:
        tell(s, RK_REJECTED, SOURCE_STREAM);
        break;
    case S_NOT_SENT:
        tell(s, RK_NOT_SENT, SOURCE_LOCAL);
        break;
    case S_DOUBT:
        tell(s, RK_DOUBT, SOURCE_LOCAL);
        break;
    case S_ABSENT:
        tell(s, RK_ABSENT, SOURCE_QUERY);
        break;
    case S_CANCEL_REJECTED:
        tell(s, RK_CANCEL_REJECTED, SOURCE_ANSWER);
        break;
    case S_CANCEL_DOUBT:
        tell(s, RK_CANCEL_DOUBT, SOURCE_LOCAL);
        break;
    case S_STATE_NEW:
        report(s, RK_STATE, SOURCE_QUERY)->status = OS_NEW;
        apply();
        break;
    case S_STATE_FILLED:
        report(s, RK_STATE, SOURCE_QUERY)->status = OS_FILLED;
        W->ev.u.order.cum_lots = QTY;
        apply();
        break;
    default:
        report(s, RK_STATE, SOURCE_QUERY)->status = OS_CANCELED;
        apply();
        break;
    }
}

// Columns: the states from INTENT to ABSENT; a letter is the state that the report leads to:
// Intent Sent Open Part Unknown Filled Canceled Expired Rejected Not-sent Absent.
static const struct {
    enum stimulus what;
    const char *to;
} GRAPH_BY_HAND[] = {
    /*                    I S O P U F C E R N A */
    {S_SENT, "S S O P U F C E R N A"},
    {S_ACCEPTED, "O O O P O F C E O O O"},   // ABSENT, NOT_SENT, REJECTED by answer: the stream knows better
    {S_ANSWER_NEW, "O O O P O F C E R N A"}, // an answer does not raise the dead
    {S_PARTFILL, "P P P P P F C E P P P"},
    {S_FULLFILL, "F F F F F F C E F F F"},
    {S_CANCELED, "C C C C C F C E R N A"},
    {S_EXPIRED, "E E E E E F C E R N A"},
    {S_REJECTED_ANSWER, "R R O P R F C E R N A"}, // seen open or filled: a refusal by answer is contradicted
    {S_REJECTED_STREAM, "R R R P R F C E R N A"},
    {S_NOT_SENT, "N U O P U F C E R N A"},        // "sent" and "not sent" is doubt
    {S_DOUBT, "U U O P U F C E R N A"},           // evidence was there first
    {S_ABSENT, "A A U U A F C E R N A"},          // an order we saw is not absent: ask
    {S_CANCEL_REJECTED, "I S O P U F C E R N A"}, // "ask", never "gone"
    {S_CANCEL_DOUBT, "I S U U U F C E R N A"},
    {S_STATE_NEW, "O O O P O F C E O O O"},
    {S_STATE_FILLED, "F F F F F F C E F F F"},
    {S_STATE_CANCELED, "C C C C C F C E R N A"},
};

static char letter(enum order_state s)
{
    return "-ISOPUFCERNA"[s];
}

static void every_state_against_every_report(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(GRAPH_BY_HAND), S_COUNT);
    for (size_t i = 0; i < COUNT_OF(GRAPH_BY_HAND); i++) {
        for (enum order_state from = ORD_INTENT; from <= ORD_ABSENT; from++) {
            fresh();
            const uint16_t s = in_state(from);
            stimulate(s, GRAPH_BY_HAND[i].what);
            const char want = GRAPH_BY_HAND[i].to[2 * (from - ORD_INTENT)];
            const char got = letter((enum order_state)W->o.slot[s].state);
            if (got != want) {
                fail_msg("stimulus %d from %s: got %c, want %c", GRAPH_BY_HAND[i].what,
                         order_state_name(from), got, want);
            }
            stimulate(s, GRAPH_BY_HAND[i].what); // said twice, nothing more happens to a finished order
            if (!order_state_is_live((enum order_state)W->o.slot[s].state)) {
                assert_true(eth()->orders == 0);
            }
        }
    }
}

static void the_graph_has_no_way_out_of_an_end(void **state)
{
    (void)state;
    for (enum order_state to = ORD_FREE; to <= ORD_ABSENT; to++) {
        assert_false(order_step_allowed(ORD_FILLED, to));
        assert_false(order_step_allowed(ORD_CANCELED, to));
        assert_false(order_step_allowed(ORD_EXPIRED, to));
        assert_false(order_step_allowed(to, ORD_FREE));
        assert_false(to != ORD_FREE && order_step_allowed(to, ORD_INTENT));
    }
}

// ----------------------------------------------------------------------------------------------- rows of O

static void o1_fill_while_cancel_is_in_flight(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    assert_true(cancel(s));
    assert_false(cancel(s)); // one is under way
    struct order_effect e = fill(s, 1, QTY, QTY);
    assert_true((e.flags & (EFF_FILL | EFF_DONE)) == (EFF_FILL | EFF_DONE) && e.new_state == ORD_FILLED);
    e = tell(s, RK_CANCEL_REJECTED, SOURCE_ANSWER);
    assert_int_equal(e.flags, 0); // expected, nothing to alarm about
}

static void o2_amend_below_what_is_filled(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    fill(s, 1, 6, 6);
    report(s, RK_AMENDED, SOURCE_STREAM)->qty_lots = 5;
    const struct order_effect e = apply();
    assert_int_equal(e.new_state, ORD_FILLED);
    assert_int_equal(eth()->buy_lots, 0);
}

static void o2_amend_to_another_price_and_quantity(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    order_set_ahead(&W->o, s, 40);
    fill(s, 1, 4, 4);
    struct ev_order *r = report(s, RK_AMENDED, SOURCE_STREAM);
    r->qty_lots = 12;
    r->price_ticks = PRICE + 7;
    apply();
    assert_int_equal(eth()->buy_lots, 8); // total, not remaining
    assert_int_equal(eth()->best_buy_ticks, PRICE + 7);
    assert_int_equal(W->o.slot[s].ahead_lots, -1);
}

static void o3_cancelled_with_a_filled_part(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_SELL, PRICE, QTY);
    fill(s, 1, 4, 4);
    const struct order_effect e = tell(s, RK_CANCELED, SOURCE_STREAM);
    assert_int_equal(e.new_state, ORD_CANCELED);
    assert_int_equal(W->o.slot[s].cum_lots, 4);
    assert_int_equal(eth()->sell_lots, 0);
}

static void o4_late_fill_is_posted(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    tell(s, RK_CANCELED, SOURCE_ANSWER);
    const struct order_effect e = fill(s, 1, 4, 4);
    assert_true((e.flags & (EFF_FILL | EFF_LATE)) == (EFF_FILL | EFF_LATE));
    assert_int_equal(e.fill.signed_lots, 4);
    assert_int_equal(e.new_state, ORD_CANCELED);
    assert_int_equal(e.missed_lots, 0);
}

static void o5_duplicate_fill_is_counted_and_dropped(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    fill(s, 1, 4, 4);
    fill(s, 2, 3, 7);
    const struct order_effect e = fill(s, 1, 4, 4);
    assert_true((e.flags & EFF_DUPLICATE) && !(e.flags & EFF_FILL));
    assert_int_equal(W->o.duplicates, 1);
    assert_int_equal(W->o.slot[s].filled_lots, 7);
    // The same trade number on another instrument is another trade.
    struct action a;
    struct order_intent in = intent(SIDE_BUY, 618000, 1);
    in.instrument = 0;
    const uint16_t t = door_place(&W->risk, &W->o, in, W->now, &a);
    assert_true(fill(t, 1, 1, 1).flags & EFF_FILL);
}

static void o7_fills_out_of_order(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    struct order_effect e = fill(s, 2, 3, 7);
    assert_true(e.flags & EFF_MISSED); // O8: 4 lots of an earlier fill have not come
    assert_int_equal(e.missed_lots, 4);
    assert_true(order_missed_since(&W->o, ETH) == W->now);
    e = fill(s, 1, 4, 4); // cum goes back: it is the maximum that counts
    assert_int_equal(W->o.slot[s].cum_lots, 7);
    assert_int_equal(e.missed_lots, 0);
    assert_true(order_missed_since(&W->o, ETH) == INT64_MAX);
    assert_int_equal(eth()->buy_lots, 3);
}

static void o8_missed_fill_counts_until_it_comes(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    fill(s, 1, 4, 4);
    report(s, RK_CANCELED, SOURCE_STREAM)->cum_lots = 9;
    struct order_effect e = apply();
    assert_true(e.flags & EFF_MISSED);
    assert_int_equal(e.missed_lots, 5);
    assert_int_equal(eth()->buy_lots, 5); // it is, or will be, in the position
    assert_int_equal(eth()->orders, 0);
    e = fill(s, 2, 5, 9);
    assert_true((e.flags & EFF_FILL) && e.missed_lots == 0);
    assert_int_equal(eth()->buy_lots, 0);
}

static void o8_settled_by_adjustment_then_it_comes_after_all(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    report(s, RK_CANCELED, SOURCE_STREAM)->cum_lots = 6;
    apply();
    order_settle_missed(&W->o, ETH);
    orders_check(&W->o);
    assert_int_equal(eth()->buy_lots, 0);
    assert_true(order_missed_since(&W->o, ETH) == INT64_MAX);
    const struct order_effect e = fill(s, 1, 6, 6);
    assert_true((e.flags & (EFF_FILL | EFF_SETTLED)) == (EFF_FILL | EFF_SETTLED));
    assert_false(e.flags & EFF_OVERFILL);
    assert_true(fill(s, 1, 6, 6).flags & EFF_DUPLICATE);
}

static void o9_a_former_life_is_adopted(void **state)
{
    (void)state;
    char id[CLIENT_ID_MAX];
    order_id_format(STRATEGY_MAKER, 4710, 99, id);
    a_report_of(id, 5, RK_STATE);
    W->ev.u.order.status = OS_PARTIAL;
    W->ev.u.order.cum_lots = 8;
    struct order_effect e = apply();
    assert_true((e.flags & (EFF_ADOPTED | EFF_ACCEPTED)) == (EFF_ADOPTED | EFF_ACCEPTED));
    assert_false(e.flags & (EFF_MISSED | EFF_SPLIT_BRAIN | EFF_EXTERNAL));
    assert_int_equal(W->o.slot[e.slot].strategy, STRATEGY_MAKER);
    assert_int_equal(eth()->sell_lots, 12); // what it filled before is in the position that was read
    // A trade from before, redelivered, is part of that.
    struct ev_order *r = report(e.slot, RK_FILL, SOURCE_QUERY);
    r->trade_id = 1;
    r->last_lots = 8;
    r->cum_lots = 8;
    r->last_price_e8 = E8;
    assert_true(apply().flags & EFF_DUPLICATE);
    assert_true(fill(e.slot, 2, 12, 20).new_state == ORD_FILLED);
}

static void o9_history_of_unknown_orders_is_not_adopted(void **state)
{
    (void)state;
    a_report_of("somebody-1", 5, RK_CANCELED);
    const struct order_effect e = apply();
    assert_int_equal(e.slot, ORDER_NONE);
    assert_int_equal(W->o.adopted, 0);
}

static void a_stranger_is_external_and_counts(void **state)
{
    (void)state;
    a_report_of("web_abc", 5, RK_ACCEPTED);
    struct order_effect e = apply();
    assert_true((e.flags & EFF_EXTERNAL) && W->o.slot[e.slot].strategy == STRATEGY_EXTERNAL);
    assert_true(W->o.slot[e.slot].flags & ORDF_EXTERNAL);
    assert_int_equal(eth()->sell_lots, 20);
    // Amended by its owner, seen by the next read of open orders.
    a_report_of("web_abc", 5, RK_STATE);
    W->ev.u.order.qty_lots = 30;
    apply();
    assert_int_equal(eth()->sell_lots, 30);
    // Known by the venue's id alone.
    a_report_of("", 5, RK_EXPIRED);
    e = apply();
    assert_int_equal(e.new_state, ORD_EXPIRED);
    assert_int_equal(eth()->sell_lots, 0);
}

static void d11_our_prefix_from_the_future_is_split_brain(void **state)
{
    (void)state;
    char id[CLIENT_ID_MAX];
    order_id_format(STRATEGY_MAKER, 4712, 1, id);
    a_report_of(id, 5, RK_ACCEPTED);
    assert_true(apply().flags & EFF_SPLIT_BRAIN);
    order_id_format(STRATEGY_MAKER, 4711, W->o.counter + 1, id);
    a_report_of(id, 6, RK_ACCEPTED);
    assert_true(apply().flags & EFF_SPLIT_BRAIN);
}

static void o10_each_of_a_batch_by_itself(void **state)
{
    (void)state;
    uint16_t s[4];
    for (int i = 0; i < 4; i++) {
        s[i] = place(SIDE_BUY, PRICE - i, QTY);
        tell(s[i], RK_SENT, SOURCE_LOCAL);
    }
    tell(s[0], RK_ACCEPTED, SOURCE_ANSWER);
    tell(s[1], RK_REJECTED, SOURCE_ANSWER);
    tell(s[2], RK_DOUBT, SOURCE_LOCAL);
    tell(s[3], RK_DOUBT, SOURCE_LOCAL);
    assert_int_equal(eth()->buy_lots, 3 * QTY);
    assert_int_equal(eth()->doubts, 2);
    tell(s[3], RK_ABSENT, SOURCE_QUERY);
    assert_int_equal(eth()->buy_lots, 2 * QTY);
}

static void doubt_is_exposure_until_evidence(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    fill(s, 1, 4, 4);
    assert_true(cancel(s));
    struct order_effect e = tell(s, RK_CANCEL_DOUBT, SOURCE_LOCAL);
    assert_true((e.flags & (EFF_DOUBT | EFF_CANCEL_FAILED)) == (EFF_DOUBT | EFF_CANCEL_FAILED));
    assert_int_equal(eth()->buy_lots, 6);
    assert_true(cancel(s)); // cancels are idempotent: repeating is safe
    e = tell(s, RK_ABSENT, SOURCE_QUERY);
    assert_true((e.flags & EFF_RESOLVED) && e.new_state == ORD_CANCELED); // it was taken once: it ended
    assert_int_equal(eth()->buy_lots, 0);
}

static void absent_stays_on_watch(void **state)
{
    (void)state;
    const uint16_t s = in_state(ORD_ABSENT);
    assert_int_equal(eth()->buy_lots, 0);
    const struct order_effect e = fill(s, 1, 4, 4);
    assert_true((e.flags & (EFF_FILL | EFF_REVIVED)) == (EFF_FILL | EFF_REVIVED));
    assert_int_equal(eth()->buy_lots, 6);
    assert_int_equal(eth()->best_buy_ticks, PRICE);
}

static void a_rejection_by_stream_is_not_undone_by_a_slow_read(void **state)
{
    (void)state;
    const uint16_t s = in_state(ORD_SENT);
    tell(s, RK_REJECTED, SOURCE_STREAM);
    report(s, RK_STATE, SOURCE_QUERY)->status = OS_NEW;
    assert_int_equal(apply().new_state, ORD_REJECTED);
}

static void a_cancel_does_not_overtake_its_place(void **state)
{
    (void)state;
    const uint16_t s = place(SIDE_BUY, PRICE, QTY);
    assert_false(cancel(s));
    const struct order_effect e = tell(s, RK_SENT, SOURCE_LOCAL);
    assert_true(e.flags & EFF_CANCEL_NOW);
    assert_true(cancel(s));
    // The same when the answer is quicker than the news that it left.
    const uint16_t t = place(SIDE_BUY, PRICE, QTY);
    assert_false(cancel(t));
    assert_true(accept(t).flags & EFF_CANCEL_NOW);
    // Nothing to cancel when it is filled or was never sent.
    const uint16_t u = place(SIDE_BUY, PRICE, QTY);
    assert_false(cancel(u));
    assert_false(tell(u, RK_NOT_SENT, SOURCE_LOCAL).flags & EFF_CANCEL_NOW);
    assert_false(cancel(u));
}

static void beyond_the_quantity_is_told(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    const struct order_effect e = fill(s, 1, QTY + 3, QTY + 3);
    assert_true((e.flags & (EFF_FILL | EFF_OVERFILL)) == (EFF_FILL | EFF_OVERFILL));
    assert_int_equal(e.fill.signed_lots, QTY + 3); // money is real
    assert_int_equal(eth()->buy_lots, 0);
}

static void one_client_id_with_two_venue_ids_is_two_orders(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    report(s, RK_ACCEPTED, SOURCE_STREAM)->order_id = 999999;
    const struct order_effect e = apply();
    assert_true(e.flags & EFF_CONFLICT);
    assert_int_not_equal(e.slot, s);
    assert_int_equal(eth()->buy_lots, 2 * QTY);
}

static void an_order_does_not_change_side(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    report(s, RK_CANCELED, SOURCE_STREAM)->side = SIDE_SELL;
    assert_true(apply().flags & EFF_INVALID);
    assert_int_equal(W->o.slot[s].state, ORD_OPEN);
}

static void a_forced_fill_needs_no_order(void **state)
{
    (void)state;
    a_report_of("seam-1-ETHUSDT", 0, RK_FILL);
    struct ev_order *r = &W->ev.u.order;
    r->trade_id = 77;
    r->last_lots = 5;
    r->last_price_e8 = 2600 * E8;
    r->fill_kind = FILL_SEAM;
    struct order_effect e = apply();
    assert_true((e.flags & (EFF_FILL | EFF_FORCED)) == (EFF_FILL | EFF_FORCED));
    assert_int_equal(e.fill.signed_lots, -5);
    assert_int_equal(e.slot, ORDER_NONE);
    W->ev.u.order.trade_id = 77;
    assert_true(apply().flags & EFF_DUPLICATE);
}

static void fills_without_trade_ids_go_by_cum(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    assert_int_equal(fill(s, 0, 4, 4).fill.signed_lots, 4);
    assert_true(fill(s, 0, 4, 4).flags & EFF_DUPLICATE);
    assert_int_equal(fill(s, 0, 5, 7).fill.signed_lots, 3); // overlaps: only what is new
}

// ----------------------------------------------------------------------------------------------------- O15

static jmp_buf caught;

static void on_check(const char *what, const char *file, int line)
{
    (void)what;
    (void)file;
    (void)line;
    longjmp(caught, 1);
}

// True when the call trips one of our own assertions.
#define TRIPS(call) (tt_check_hook = on_check, setjmp(caught) == 0 ? ((void)(call), false) : true)

static void o15_an_approval_is_good_once_and_only_now(void **state)
{
    (void)state;
    struct action a;
    const struct order_stamp at = {.seq = 1, .mono_ns = W->now};
    const struct order_intent in = intent(SIDE_BUY, PRICE, QTY);
    struct approved_order *ok = risk_approve(&W->risk, &in, &W->o.exposures, W->now, NULL);
    assert_non_null(ok);
    order_place(&W->o, ok, at, &a);
    assert_true(TRIPS(order_place(&W->o, ok, at, &a))); // twice
    ok = risk_approve(&W->risk, &in, &W->o.exposures, W->now, NULL);
    assert_non_null(ok);
    tell(0, RK_SENT, SOURCE_LOCAL); // an order changed in between
    assert_true(TRIPS(order_place(&W->o, ok, at, &a)));
    assert_true(TRIPS(order_place(&W->o, NULL, at, &a)));
    tt_check_hook = NULL;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(every_state_against_every_report),
        T(the_graph_has_no_way_out_of_an_end),
        T(o1_fill_while_cancel_is_in_flight),
        T(o2_amend_below_what_is_filled),
        T(o2_amend_to_another_price_and_quantity),
        T(o3_cancelled_with_a_filled_part),
        T(o4_late_fill_is_posted),
        T(o5_duplicate_fill_is_counted_and_dropped),
        T(o7_fills_out_of_order),
        T(o8_missed_fill_counts_until_it_comes),
        T(o8_settled_by_adjustment_then_it_comes_after_all),
        T(o9_a_former_life_is_adopted),
        T(o9_history_of_unknown_orders_is_not_adopted),
        T(a_stranger_is_external_and_counts),
        T(d11_our_prefix_from_the_future_is_split_brain),
        T(o10_each_of_a_batch_by_itself),
        T(doubt_is_exposure_until_evidence),
        T(absent_stays_on_watch),
        T(a_rejection_by_stream_is_not_undone_by_a_slow_read),
        T(a_cancel_does_not_overtake_its_place),
        T(beyond_the_quantity_is_told),
        T(one_client_id_with_two_venue_ids_is_two_orders),
        T(an_order_does_not_change_side),
        T(a_forced_fill_needs_no_order),
        T(fills_without_trade_ids_go_by_cum),
        T(o15_an_approval_is_good_once_and_only_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
