// SPDX-License-Identifier: Apache-2.0
// Tries to break the order table by mass: lives of orders whose reports arrive shuffled, doubled and on two
// paths, floods that wrap the table and the memory of fills, strangers, garbage; also the queue estimate and
// the client ids.
#include "base/check.h"
#include "base/rng.h"
#include "support/order_rig.h"
#include "unit/random_event.h"

// --------------------------------------------------------------------------------------------------- queue

static void queue_as_in_the_worked_case(void **state)
{
    (void)state;
    const uint16_t s = open_order(SIDE_BUY, PRICE, QTY);
    const struct order *x = order_at(&W->o, s);
    assert_int_equal(x->ahead_lots, -1);
    order_on_level(&W->o, ETH, SIDE_BUY, PRICE, 3); // unknown stays unknown
    assert_int_equal(x->ahead_lots, -1);
    order_set_ahead(&W->o, s, 10); // quant.md 12.1, risk-averse
    order_on_level(&W->o, ETH, SIDE_BUY, PRICE, 25);
    order_on_level(&W->o, ETH, SIDE_BUY, PRICE, 18);
    assert_int_equal(x->ahead_lots, 10);
    order_on_trade(&W->o, ETH, SIDE_SELL, PRICE, 6);
    assert_int_equal(x->ahead_lots, 4);
    order_on_level(&W->o, ETH, SIDE_BUY, PRICE, 9);
    assert_int_equal(x->ahead_lots, 4);
    order_on_trade(&W->o, ETH, SIDE_BUY, PRICE, 6);      // hits the other side
    order_on_trade(&W->o, ETH, SIDE_SELL, PRICE + 1, 6); // above us
    order_on_level(&W->o, ETH, SIDE_SELL, PRICE, 1);
    assert_int_equal(x->ahead_lots, 4);
    order_on_trade(&W->o, ETH, SIDE_SELL, PRICE, 5);
    assert_int_equal(x->ahead_lots, 0);
    const uint16_t t = open_order(SIDE_SELL, PRICE + 10, QTY);
    order_set_ahead(&W->o, t, 30);
    order_on_trade(&W->o, ETH, SIDE_BUY, PRICE + 11, 1); // through our price
    assert_int_equal(order_at(&W->o, t)->ahead_lots, 0);
}

// ----------------------------------------------------------------------------------------------- client id

static void client_ids_go_there_and_back(void **state)
{
    (void)state;
    char id[CLIENT_ID_MAX];
    order_id_format(STRATEGY_MAKER, 1, 35, id);
    assert_string_equal(id, "ttm0000001-z");
    order_id_format(STRATEGY_KILL, UINT32_MAX, UINT64_MAX, id);
    assert_string_equal(id, "ttk1z141z3-3w5e11264sgsf");
    assert_true(strlen(id) <= 36); // the venue's maximum
    struct rng g;
    rng_seed(&g, 5);
    for (int i = 0; i < 2000; i++) {
        const enum strategy_id s = (enum strategy_id)rng_below(&g, STRATEGY_COUNT);
        const uint32_t epoch = (uint32_t)rng_next(&g);
        const uint64_t n = rng_next(&g) >> rng_below(&g, 64);
        enum strategy_id s2;
        uint32_t epoch2;
        uint64_t n2;
        order_id_format(s, epoch, n, id);
        assert_true(order_id_parse(id, &s2, &epoch2, &n2));
        assert_true(s == s2 && epoch == epoch2 && n == n2);
    }
}

static void foreign_ids_are_not_ours(void **state)
{
    (void)state;
    static const char *const FOREIGN[] = {"",
                                          "tt",
                                          "ttm",
                                          "web_1",
                                          "ttm0000001",
                                          "ttm0000001-",
                                          "ttz0000001-1",
                                          "ttm000001-1",
                                          "ttm0000001_1",
                                          "ttm0000001-1A",
                                          "ttmzzzzzzz-1",
                                          "ttm0000001-zzzzzzzzzzzzz",
                                          "ttm0000001-11111111111111",
                                          "autoclose-123456",
                                          "adl_autoclose",
                                          "ttm 000001-1"};
    enum strategy_id s;
    uint32_t epoch;
    uint64_t n;
    for (size_t i = 0; i < COUNT_OF(FOREIGN); i++) {
        assert_false(order_id_parse(FOREIGN[i], &s, &epoch, &n));
    }
    char unterminated[CLIENT_ID_MAX];
    memset(unterminated, '1', sizeof unterminated);
    memcpy(unterminated, "ttm0000001-", 11);
    assert_false(order_id_parse(unterminated, &s, &epoch, &n));
}

// ------------------------------------------------------------------------------------------ shuffled lives

enum { LIFE_MAX = 64 };

struct life {
    struct event ev[LIFE_MAX];
    int n;
    int64_t filled;
    enum order_state end;
};

static struct life *L;

static struct ev_order *note(uint16_t s, enum report_kind kind, enum report_source source)
{
    struct event *ev = &L->ev[L->n++];
    assert_true(L->n <= LIFE_MAX);
    report(s, kind, source)->order_id = 100000 + s;
    memcpy(ev, &W->ev, event_size(EV_ORDER, 0));
    return &ev->u.order;
}

// What a venue would say of one order: accepted on two paths, some fills, an end; the truth is known here.
static void write_life(struct rng *g, uint16_t s)
{
    L->n = 0;
    L->filled = 0;
    note(s, RK_ACCEPTED, SOURCE_STREAM)->cum_lots = 0;
    note(s, RK_ACCEPTED, SOURCE_ANSWER)->cum_lots = 0;
    while (rng_below(g, 3) != 0 && L->filled < QTY) {
        const int64_t lots = 1 + (int64_t)rng_below(g, (uint64_t)(QTY - L->filled));
        L->filled += lots;
        struct ev_order *r = note(s, RK_FILL, SOURCE_STREAM);
        r->trade_id = ++W->next_trade;
        r->last_lots = lots;
        r->cum_lots = L->filled;
        r->last_price_e8 = 2600 * E8;
    }
    static const enum report_kind ENDS[] = {RK_CANCELED, RK_EXPIRED};
    const enum report_kind end = ENDS[rng_below(g, 2)];
    L->end = L->filled == QTY ? ORD_FILLED : end == RK_CANCELED ? ORD_CANCELED : ORD_EXPIRED;
    if (L->end != ORD_FILLED) {
        note(s, end, SOURCE_STREAM)->cum_lots = L->filled;
        note(s, RK_CANCEL_REJECTED, SOURCE_ANSWER);
    }
    for (int dup = (int)rng_below(g, 6); dup > 0 && L->n < LIFE_MAX; dup--, L->n++) {
        memcpy(&L->ev[L->n], &L->ev[rng_below(g, (uint64_t)L->n)], event_size(EV_ORDER, 0));
    }
}

static void any_order_of_reports_ends_the_same(void **state)
{
    (void)state;
    L = calloc(1, sizeof *L);
    assert_non_null(L);
    struct rng g;
    rng_seed(&g, 20240808);
    int64_t posted_total = 0, truth_total = 0;
    for (int round = 0; round < 400; round++) {
        const uint16_t s = place(rng_below(&g, 2) ? SIDE_BUY : SIDE_SELL, PRICE, QTY);
        write_life(&g, s);
        int64_t posted = 0;
        for (int i = L->n; i > 0; i--) {
            const size_t k = rng_below(&g, (uint64_t)i);
            L->ev[k].mono_ns = ++W->now;
            const struct order_effect e = order_apply(&W->o, &L->ev[k]);
            orders_check(&W->o);
            posted +=
                e.flags & EFF_FILL ? (e.fill.signed_lots < 0 ? -e.fill.signed_lots : e.fill.signed_lots) : 0;
            memmove(&L->ev[k], &L->ev[k + 1], ((size_t)i - k - 1) * sizeof L->ev[0]);
        }
        const struct order *x = order_at(&W->o, s);
        assert_int_equal(posted, L->filled);
        assert_int_equal(x->filled_lots, L->filled);
        assert_int_equal(x->state, L->end);
        assert_int_equal(order_missed_lots(x), 0);
        posted_total += posted;
        truth_total += L->filled;
    }
    assert_true(truth_total > 1000);
    assert_int_equal(posted_total, truth_total);
    assert_int_equal(W->o.exposures.live, 0);
    free(L);
}

// -------------------------------------------------------------------------------------- floods and garbage

static void the_table_wraps_and_forgets_the_oldest_finished(void **state)
{
    (void)state;
    const uint16_t kept = open_order(SIDE_SELL, PRICE + 100, QTY);
    char first[CLIENT_ID_MAX];
    const uint16_t f = open_order(SIDE_BUY, PRICE, QTY);
    memcpy(first, W->o.slot[f].client_id, sizeof first);
    fill(f, ++W->next_trade, QTY, QTY);
    const uint64_t old_trade = W->next_trade;
    for (int i = 0; i < 5000; i++) {
        W->now += 20000000;
        W->risk.fact[ETH].book_mono_ns = W->risk.fact[ETH].mark_mono_ns = W->now;
        struct action a;
        const uint16_t s = door_place(&W->risk, &W->o, intent(SIDE_BUY, PRICE - i % 9, QTY), W->now, &a);
        report(s, RK_FILL, SOURCE_STREAM)->order_id = ++W->next_id;
        W->ev.u.order.trade_id = ++W->next_trade;
        W->ev.u.order.last_lots = W->ev.u.order.cum_lots = QTY;
        W->ev.u.order.last_price_e8 = E8;
        assert_true(order_apply(&W->o, &W->ev).flags & EFF_FILL);
    }
    orders_check(&W->o);
    assert_int_equal(order_find(&W->o, first), ORDER_NONE);
    assert_int_equal(W->o.slot[kept].state, ORD_OPEN);
    assert_int_equal(eth()->orders, 1);
    // A fill older than the memory of trade ids, redelivered on an order that is complete: still a duplicate.
    const uint16_t s = W->o.done_tail;
    report(s, RK_FILL, SOURCE_STREAM)->trade_id = old_trade;
    W->ev.u.order.last_lots = W->ev.u.order.cum_lots = QTY;
    W->ev.u.order.last_price_e8 = E8;
    assert_true(apply().flags & EFF_DUPLICATE);
}

static void strangers_cannot_overrun_the_table(void **state)
{
    (void)state;
    const uint16_t ours = open_order(SIDE_BUY, PRICE, QTY);
    for (uint64_t i = 1; i < ORDERS_MAX; i++) {
        a_report_of("", 50000 + i, RK_ACCEPTED);
        assert_false(order_apply(&W->o, &W->ev).flags & EFF_FULL);
    }
    orders_check(&W->o);
    a_report_of("", 1, RK_ACCEPTED);
    assert_true(apply().flags & EFF_FULL);
    struct risk_verdict v;
    const struct order_intent in = intent(SIDE_BUY, PRICE, QTY);
    W->risk.fact[ETH].def.max_open_orders = 0;
    assert_null(risk_approve(&W->risk, &in, &W->o.exposures, W->now, &v));
    assert_int_equal(v.refusal, REFUSED_OPEN_ORDERS);
    assert_int_equal(W->o.slot[ours].state, ORD_OPEN);
}

static void garbage_does_no_harm(void **state)
{
    (void)state;
    struct rng g;
    rng_seed(&g, 99);
    for (int i = 0; i < 40; i++) {
        place(i % 2 ? SIDE_BUY : SIDE_SELL, PRICE + (i % 2 ? -i : i), QTY);
    }
    for (int i = 0; i < 60000; i++) {
        event_init(&W->ev, EV_ORDER, (uint16_t)rng_below(&g, 10), 0);
        random_order(&g, &W->ev.u.order);
        struct ev_order *r = &W->ev.u.order;
        W->ev.mono_ns = ++W->now;
        r->order_id = rng_below(&g, 60);
        r->trade_id = rng_below(&g, 500);
        r->last_price_e8 = random_number(&g);
        r->fee_e8 = random_number(&g);
        if (rng_below(&g, 2)) { // one of our orders
            const struct order *x = &W->o.slot[rng_below(&g, 40)];
            memcpy(r->client_id, x->client_id, CLIENT_ID_MAX);
            W->ev.instrument = x->instrument;
            r->side = x->side;
            r->cum_lots = (int64_t)rng_below(&g, 14);
            r->last_lots = (int64_t)rng_below(&g, 5);
        }
        if (rng_below(&g, 50) == 0) {
            memset(r->client_id, 'x', CLIENT_ID_MAX); // unterminated
        }
        order_apply(&W->o, &W->ev);
        if (i % 16 == 0) {
            orders_check(&W->o);
        }
    }
    orders_check(&W->o);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(queue_as_in_the_worked_case),
        T(client_ids_go_there_and_back),
        T(foreign_ids_are_not_ours),
        T(any_order_of_reports_ends_the_same),
        T(the_table_wraps_and_forgets_the_oldest_finished),
        T(strangers_cannot_overrun_the_table),
        T(garbage_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
