// SPDX-License-Identifier: Apache-2.0
// test_session_orders: tries to make the session say something else than it means, or believe an answer it
// did not get: refusals of every class, requests dropped before a byte left, cancels, budgets at their end,
// bans. Texts of requests are compared byte for byte.
#include "session_orders_rig.h"

// -------------------------------------------------------------------------------------------------------------
// texts

static void test_place_text_and_reports(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    act(r, place_action("ttM0000001-h"));
    size_t at = rig_request(r, RQ_PLACE);
    const struct request *rq = &r->command[at].rq;
    assert_string_equal(rq->method, "POST");
    assert_string_equal(rq->path, "/fapi/v3/order");
    assert_string_equal(rq->text,
                        "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=GTX&quantity=0.250&price=3120.40&"
                        "newClientOrderId=ttM0000001-h&newOrderRespType=ACK");
    assert_int_equal(rq->text_len, strlen(rq->text));
    assert_int_equal(rq->signed_ && rq->on_order_link && !rq->close_only, 1);
    assert_int_equal(rq->lane, LANE_PLACE);
    assert_int_equal(rq->not_after_ns, r->now + 50 * NS_PER_MS);
    assert_int_equal(rq->cause_seq, 7);
    sent(r, at);
    assert_int_equal(rig_report(r, "ttM0000001-h", RK_SENT)->request_mono_ns, r->now);
    rig_pass(r, NS_PER_MS);
    answer_order(r, at, "NEW", 0);
    const struct ev_order *o = rig_report(r, "ttM0000001-h", RK_ACCEPTED);
    assert_int_equal(o->order_id, 48120077);
    assert_int_equal(o->source, SOURCE_ANSWER);
    rig_run(r, 60 * NS_PER_S);
    assert_null(rig_report(r, "ttM0000001-h", RK_DOUBT));
    rig_free(r);
}

static void test_kill_texts(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    struct action a = place_action("ttK0000001-2");
    a.tif = TIF_IOC;
    a.reduce_only = a.close_only = 1;
    act(r, a);
    const struct request *rq = &r->command[rig_request(r, RQ_PLACE)].rq;
    assert_string_equal(rq->text,
                        "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=IOC&quantity=0.250&price=3120.40&"
                        "reduceOnly=true&newClientOrderId=ttK0000001-2&newOrderRespType=ACK");
    assert_int_equal(rq->lane, LANE_KILL);
    assert_int_equal(rq->close_only, 1);
    act(r, (struct action){.type = ACT_CANCEL_ALL, .instrument = BTC, .close_only = 1});
    rq = &r->command[rig_request(r, RQ_CANCEL_ALL)].rq;
    assert_string_equal(rq->method, "DELETE");
    assert_string_equal(rq->path, "/fapi/v3/allOpenOrders");
    assert_string_equal(rq->text, "symbol=BTCUSDT");
    assert_int_equal(rq->lane == LANE_KILL && rq->close_only && rq->not_after_ns == 0, 1);
    act(r, (struct action){.type = ACT_DEADMAN, .instrument = ETH, .value = 30000});
    rq = &r->command[rig_request(r, RQ_DEADMAN)].rq;
    assert_string_equal(rq->text, "symbol=ETHUSDT&countdownTime=30000");
    assert_int_equal(rq->lane, LANE_DEADMAN);
    rig_free(r);
}

static void test_cancel_texts(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    struct action a = {.type = ACT_CANCEL, .instrument = ETH};
    text_copy(a.client_id, sizeof a.client_id, "web:a/b 1"); // somebody else's id
    act(r, a);
    assert_string_equal(r->command[rig_request(r, RQ_CANCEL)].rq.text,
                        "symbol=ETHUSDT&origClientOrderId=web%3Aa%2Fb%201");
    a.order_id = 991;
    act(r, a);
    assert_string_equal(r->command[rig_request(r, RQ_CANCEL)].rq.text, "symbol=ETHUSDT&orderId=991");
    rig_free(r);
}

// -----------------------------------------------------------------------------------------------------------
// answers

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        int32_t http, code;
        enum report_kind want;
    } CASES[] = {
        {400, -2019, RK_REJECTED}, {400, -4164, RK_REJECTED}, {400, -1102, RK_REJECTED},
        {200, -2019, RK_REJECTED}, // an error body with status 200
        {429, -1015, RK_REJECTED}, {400, -4225, RK_REJECTED}, {401, 0, RK_REJECTED},
        {400, -2021, RK_EXPIRED},  {400, -5022, RK_EXPIRED},  {400, -2010, RK_EXPIRED},
        {400, -1007, RK_DOUBT},    {400, -1000, RK_DOUBT},    {503, 0, RK_DOUBT},
        {503, -1015, RK_DOUBT},    {500, 0, RK_DOUBT},        {408, 0, RK_DOUBT},
        {403, 0, RK_DOUBT},        {400, -1016, RK_DOUBT},    {400, -9999, RK_DOUBT},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct rig *r = ready_rig();
        size_t at = place_sent(r, "a");
        answer_error(r, at, CASES[i].http, CASES[i].code);
        const struct ev_order *o = rig_report(r, "a", CASES[i].want);
        if (!o) {
            fail_msg("HTTP %d code %d: wanted report %d", CASES[i].http, CASES[i].code, (int)CASES[i].want);
        }
        assert_int_equal(o->code, CASES[i].code);
        assert_int_equal(r->count[EV_ORDER], 2); // and nothing else but RK_SENT
        rig_free(r);
    }
}

// A refusal that shows our picture to be wrong makes us look: at the account, the instruments, the clock.
static void test_refusals_refresh_the_picture(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    rig_run(r, 15 * NS_PER_S); // past the burst of clock probes
    r->commands = 0;
    answer_error(r, place_sent(r, "m"), 400, -2019);
    rig_run(r, 600 * NS_PER_MS);
    assert_int_equal(rig_count_requests(r, RQ_POSITIONS), 1);
    assert_int_equal(rig_count_requests(r, RQ_OPEN_ORDERS), 2);
    assert_int_equal(rig_count_requests(r, RQ_EXCHANGE_INFO), 0);
    answer_error(r, place_sent(r, "f"), 400, -4164);
    rig_run(r, 10100 * NS_PER_MS);
    assert_int_equal(rig_count_requests(r, RQ_EXCHANGE_INFO), 1);
    assert_int_equal(rig_count_requests(r, RQ_TIME), 0);
    answer_error(r, place_sent(r, "c"), 400, -4225);
    rig_run(r, 100 * NS_PER_MS);
    assert_int_equal(rig_count_requests(r, RQ_TIME), 1);
    rig_free(r);
}

static void test_would_cross_only_for_post_only(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    struct action a = place_action("ioc");
    a.tif = TIF_IOC;
    act(r, a);
    size_t at = rig_request(r, RQ_PLACE);
    sent(r, at);
    answer_error(r, at, 400, -2010);
    assert_non_null(rig_report(r, "ioc", RK_REJECTED));
    at = place_sent(r, "gtx");
    answer_order(r, at, "EXPIRED", 0); // the form of an answer that waited for the result
    assert_string_equal(rig_report(r, "gtx", RK_EXPIRED)->text, "would cross");
    rig_free(r);
}

static void test_filled_at_once(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    size_t at = place_sent(r, "x");
    answer_order(r, at, "PARTIALLY_FILLED", 10000000);
    assert_non_null(rig_report(r, "x", RK_ACCEPTED));
    const struct ev_order *o = rig_report(r, "x", RK_STATE);
    assert_int_equal(o->status, OS_PARTIAL);
    assert_int_equal(o->cum_lots, 100);
    rig_free(r);
}

static void test_not_sent(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    act(r, place_action("age"));
    size_t at = rig_request(r, RQ_PLACE);
    r->done[at] = 1;
    session_on_dropped(r->s, r->command[at].rq.tag, DROP_AGE, r->now, r->wall, &r->out);
    assert_int_equal(rig_report(r, "age", RK_NOT_SENT)->drop_reason, DROP_AGE);
    act(r, place_action("tls"));
    at = rig_request(r, RQ_PLACE);
    rig_answer_init(r, &g_answer, RQ_PLACE);
    g_answer.not_sent = 1;
    g_answer.http_status = 0;
    rig_answer(r, at, &g_answer);
    assert_int_equal(rig_report(r, "tls", RK_NOT_SENT)->drop_reason, DROP_LINK);
    struct session_status st;
    session_status(r->s, &st);
    assert_int_equal(st.orders_used, 0); // neither counts
    rig_free(r);
}

static void test_nothing_is_placed_before_ready(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    act(r, place_action("early"));
    assert_int_equal(rig_report(r, "early", RK_NOT_SENT)->drop_reason, DROP_LINK);
    assert_int_equal(rig_count_requests(r, RQ_PLACE), 0);
    rig_free(r);
    r = ready_rig();
    rig_close(r, LINK_USER); // blind to fills: no new risk
    act(r, place_action("blind"));
    assert_int_equal(rig_report(r, "blind", RK_NOT_SENT)->drop_reason, DROP_LINK);
    struct action a = place_action("kill");
    a.close_only = a.reduce_only = 1;
    a.tif = TIF_IOC;
    act(r, a);
    assert_int_equal(rig_count_requests(r, RQ_PLACE), 1);
    rig_free(r);
}

// ------------------------------------------------------------------------------------------------------------
// cancel

static void test_cancel(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    answer_order(r, cancel_sent(r, "c1"), "CANCELED", 10000000);
    assert_int_equal(rig_report(r, "c1", RK_CANCELED)->cum_lots, 100);
    // unknown order: refused, and asked for at once; filled meanwhile
    answer_error(r, cancel_sent(r, "c2"), 400, -2011);
    assert_int_equal(rig_report(r, "c2", RK_CANCEL_REJECTED)->code, -2011);
    rig_run(r, NS_PER_MS);
    answer_order(r, rig_request(r, RQ_QUERY_ORDER), "FILLED", 25000000);
    assert_int_equal(rig_report(r, "c2", RK_STATE)->status, OS_FILLED);
    // nobody knows
    answer_error(r, cancel_sent(r, "c3"), 503, 0);
    assert_non_null(rig_report(r, "c3", RK_CANCEL_DOUBT));
    rig_run(r, 310 * NS_PER_MS);
    answer_order(r, rig_request(r, RQ_QUERY_ORDER), "NEW", 0);
    assert_int_equal(rig_report(r, "c3", RK_STATE)->status, OS_NEW);
    rig_free(r);
}

static void test_cancel_with_a_bad_nonce_is_tried_once_more(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    answer_error(r, cancel_sent(r, "n"), 400, -4225);
    assert_null(rig_report(r, "n", RK_CANCEL_REJECTED));
    assert_int_equal(rig_count_requests(r, RQ_CANCEL), 2);
    answer_error(r, rig_request(r, RQ_CANCEL), 400, -4225);
    assert_non_null(rig_report(r, "n", RK_CANCEL_REJECTED));
    assert_int_equal(rig_count_requests(r, RQ_CANCEL), 2);
    rig_run(r, NS_PER_MS);
    assert_true(rig_count_requests(r, RQ_TIME) >= 1); // the clock is asked for
    rig_free(r);
}

static void test_cancel_all(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    struct action a = {.type = ACT_CANCEL_ALL, .instrument = BTC};
    act(r, a);
    size_t at = rig_request(r, RQ_CANCEL_ALL);
    sent(r, at);
    assert_non_null(rig_report(r, "", RK_SENT));
    rig_answer_init(r, &g_answer, RQ_CANCEL_ALL);
    rig_answer(r, at, &g_answer);
    assert_non_null(rig_report(r, "", RK_CANCEL_ALL_DONE));
    assert_int_equal(rig_event_at(r, r->events - 1)->instrument, BTC);
    act(r, a);
    at = rig_request(r, RQ_CANCEL_ALL);
    sent(r, at);
    rig_run(r, 1010 * NS_PER_MS);
    assert_non_null(rig_report(r, "", RK_CANCEL_DOUBT));
    rig_free(r);
}

// -----------------------------------------------------------------------------------------------------------
// budgets

static void test_placements_leave_the_reserve(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    size_t placed = 0;
    for (int i = 0; i < 1200; i++) {
        char id[16];
        snprintf(id, sizeof id, "o%d", i);
        r->commands = 0;
        act(r, place_action(id));
        if (rig_count_requests(r, RQ_PLACE) == 0) {
            assert_int_equal(rig_report(r, id, RK_NOT_SENT)->drop_reason, DROP_BUDGET);
            break;
        }
        placed++;
        size_t at = rig_request(r, RQ_PLACE);
        sent(r, at);
        answer_order(r, at, "NEW", 0);
        r->events = 0;
    }
    assert_int_equal(placed, 900);
    assert_int_equal(r->count[EV_BUDGET], 4); // orders at 25, 50, 75; weight at 25
    struct action a = place_action("kill");
    a.close_only = a.reduce_only = 1;
    act(r, a);
    assert_int_equal(rig_count_requests(r, RQ_PLACE), 1);
    cancel_sent(r, "o1");
    rig_free(r);
}

static void test_ban_is_obeyed(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    size_t at = place_sent(r, "b");
    rig_answer_init(r, &g_answer, RQ_PLACE);
    g_answer.http_status = 418;
    g_answer.code = -1003;
    g_answer.retry_after_s = 120;
    rig_answer(r, at, &g_answer);
    r->commands = 0;
    rig_clear(r);
    struct action a = {.type = ACT_CANCEL, .instrument = ETH};
    text_copy(a.client_id, sizeof a.client_id, "b");
    act(r, a);
    act(r, place_action("b2"));
    act(r, (struct action){.type = ACT_CANCEL_ALL, .instrument = ETH, .close_only = 1});
    act(r, (struct action){.type = ACT_READ, .instrument = ETH, .close_only = 1, .read_id = 9});
    rig_run(r, 118 * NS_PER_S);
    for (size_t i = 0; i < r->commands; i++) {
        assert_int_not_equal(r->command[i].type, LC_REQUEST); // not one request
    }
    assert_int_equal(rig_report(r, "b", RK_NOT_SENT)->drop_reason, DROP_BUDGET);
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 0)->u.account.kind, AK_READ_FAILED);
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 0)->u.account.read_id, 9);
    rig_run(r, 60 * NS_PER_S);
    assert_true(rig_count_requests(r, RQ_OPEN_ORDERS) > 0);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_place_text_and_reports),
        cmocka_unit_test(test_kill_texts),
        cmocka_unit_test(test_cancel_texts),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_refusals_refresh_the_picture),
        cmocka_unit_test(test_would_cross_only_for_post_only),
        cmocka_unit_test(test_filled_at_once),
        cmocka_unit_test(test_not_sent),
        cmocka_unit_test(test_nothing_is_placed_before_ready),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_with_a_bad_nonce_is_tried_once_more),
        cmocka_unit_test(test_cancel_all),
        cmocka_unit_test(test_placements_leave_the_reserve),
        cmocka_unit_test(test_ban_is_obeyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
