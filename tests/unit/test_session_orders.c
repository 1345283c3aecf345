// SPDX-License-Identifier: Apache-2.0
// test_session_orders: tries to make the session lose an order: answers that never come, come late or come
// twice, "no such order" too early, fills while the user stream is away, refusals of every class, budgets at
// their end, bans. Texts of requests are compared byte for byte.
#include "session_rig.h"

#include "base/rng.h"

static struct rig *ready_rig(void)
{
    struct rig *r = rig_new();
    rig_start(r);
    assert_true(rig_ready(r));
    r->withhold = 1u << RQ_PLACE | 1u << RQ_CANCEL | 1u << RQ_CANCEL_ALL | 1u << RQ_QUERY_ORDER |
                  1u << RQ_TRADES | 1u << RQ_DEADMAN;
    return r;
}

static struct action place_action(const char *id)
{
    struct action a = {.type = ACT_PLACE,
                       .instrument = ETH,
                       .side = SIDE_SELL,
                       .tif = TIF_GTX,
                       .price_ticks = 312040,
                       .qty_lots = 250,
                       .cause_seq = 7};
    text_copy(a.client_id, sizeof a.client_id, id);
    return a;
}

static void act(struct rig *r, struct action a)
{
    session_on_action(r->s, &a, r->now, r->wall, &r->out);
}

static void sent(struct rig *r, size_t at)
{
    session_on_sent(r->s, r->command[at].rq.tag, r->now, r->now, r->wall, &r->out);
}

// Place and hand over; returns the place of the request.
static size_t place_sent(struct rig *r, const char *id)
{
    act(r, place_action(id));
    size_t at = rig_request(r, RQ_PLACE);
    sent(r, at);
    return at;
}

static struct answer g_answer;

static void answer_error(struct rig *r, size_t at, int32_t http, int32_t code)
{
    rig_answer_init(r, &g_answer, (enum request_kind)r->command[at].rq.kind);
    g_answer.http_status = http;
    g_answer.code = code;
    text_copy(g_answer.msg, sizeof g_answer.msg, "the venue's words");
    rig_answer(r, at, &g_answer);
}

static void answer_lost(struct rig *r, size_t at)
{
    rig_answer_init(r, &g_answer, (enum request_kind)r->command[at].rq.kind);
    g_answer.lost = 1;
    g_answer.http_status = 0;
    rig_answer(r, at, &g_answer);
}

static void answer_order(struct rig *r, size_t at, const char *status, int64_t cum_e8)
{
    rig_answer_init(r, &g_answer, (enum request_kind)r->command[at].rq.kind);
    struct wire_order *w = &g_answer.u.order;
    text_copy(w->symbol, sizeof w->symbol, "ETHUSDT");
    text_copy(w->status, sizeof w->status, status);
    text_copy(w->tif, sizeof w->tif, "GTX");
    w->order_id = 48120077;
    w->price_e8 = 312040000000;
    w->qty_e8 = 25000000;
    w->cum_e8 = cum_e8;
    w->side = SIDE_SELL;
    rig_answer(r, at, &g_answer);
}

static struct user_msg g_user;
static uint64_t g_user_order_id = 48120077;

static void user_order(struct rig *r, const char *id, const char *exec, const char *status, uint64_t trade_id,
                       int64_t last_e8, int64_t cum_e8)
{
    memset(&g_user, 0, sizeof g_user);
    g_user.kind = UM_ORDER;
    g_user.event_ms = g_user.transaction_ms = r->wall / NS_PER_MS;
    struct wire_order *w = &g_user.order;
    text_copy(w->symbol, sizeof w->symbol, "ETHUSDT");
    text_copy(w->client_id, sizeof w->client_id, id);
    text_copy(w->exec, sizeof w->exec, exec);
    text_copy(w->status, sizeof w->status, status);
    text_copy(w->fee_asset, sizeof w->fee_asset, "USDT");
    w->order_id = g_user_order_id;
    w->trade_id = trade_id;
    w->price_e8 = w->last_price_e8 = 312040000000;
    w->qty_e8 = 25000000;
    w->last_qty_e8 = last_e8;
    w->cum_e8 = cum_e8;
    w->fee_e8 = 1560200;
    w->side = SIDE_SELL;
    w->maker = 1;
    session_on_user(r->s, 0, &g_user, r->now, r->wall, &r->out);
}

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
            r->withhold |= 1u << RQ_OPEN_ORDERS;
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

// ------------------------------------------------------------------------------------------------------------
// cancel

static size_t cancel_sent(struct rig *r, const char *id)
{
    struct action a = {.type = ACT_CANCEL, .instrument = ETH};
    text_copy(a.client_id, sizeof a.client_id, id);
    act(r, a);
    size_t at = rig_request(r, RQ_CANCEL);
    sent(r, at);
    return at;
}

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

// -------------------------------------------------------------------------------------------------------------
// reads

static void test_kill_reads(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    r->withhold |= 1u << RQ_OPEN_ORDERS | 1u << RQ_POSITIONS;
    act(r, (struct action){.type = ACT_READ, .instrument = ETH, .close_only = 1, .read_id = 41});
    const struct request *rq = &r->command[rig_request(r, RQ_OPEN_ORDERS)].rq;
    assert_string_equal(rq->text, "symbol=ETHUSDT");
    assert_int_equal(rq->on_order_link && rq->lane == LANE_KILL && rq->close_only, 1);
    rig_answer_init(r, &g_answer, RQ_OPEN_ORDERS);
    rig_answer(r, rig_request(r, RQ_OPEN_ORDERS), &g_answer);
    const struct ev_account *e = &rig_nth(r, EV_ACCOUNT, 0)->u.account;
    assert_int_equal(e->kind, AK_OPEN_ORDERS);
    assert_int_equal(e->count, 0);
    assert_int_equal(e->read_id, 41);
    assert_int_equal(e->request_mono_ns, r->now - r->latency_ns);
    act(r, (struct action){.type = ACT_READ, .instrument = ETH, .sub = 1, .read_id = 42});
    rq = &r->command[rig_request(r, RQ_POSITIONS)].rq;
    assert_int_equal(rq->on_order_link, 0);
    rig_answer_init(r, &g_answer, RQ_POSITIONS);
    g_answer.rows = 1;
    text_copy(g_answer.u.positions[0].symbol, 24, "ETHUSDT");
    g_answer.u.positions[0].qty_e8 = -25000000;
    g_answer.u.positions[0].entry_e8 = 312040000000;
    rig_answer(r, rig_request(r, RQ_POSITIONS), &g_answer);
    e = &rig_nth(r, EV_ACCOUNT, 1)->u.account;
    assert_int_equal(e->kind, AK_POSITION);
    assert_int_equal(e->position_lots, -250);
    assert_int_equal(e->from_read, 1);
    act(r, (struct action){.type = ACT_READ, .instrument = ETH, .sub = 1, .read_id = 43});
    answer_lost(r, rig_request(r, RQ_POSITIONS));
    e = &rig_nth(r, EV_ACCOUNT, 2)->u.account;
    assert_int_equal(e->kind, AK_READ_FAILED);
    assert_int_equal(e->read_id, 43);
    rig_free(r);
}

static void test_reconciliation_goes_on(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    rig_run(r, 61 * NS_PER_S);
    assert_in_range(rig_count_requests(r, RQ_OPEN_ORDERS), 12, 14); // two instruments, every 10 s
    assert_in_range(rig_count_requests(r, RQ_POSITIONS), 2, 3);
    assert_in_range(rig_count_requests(r, RQ_BALANCE), 2, 3);
    assert_in_range(rig_count_requests(r, RQ_TIME), 4, 6); // the burst at start, then once a minute
    rig_run(r, 1200 * NS_PER_S);
    assert_in_range(rig_count_requests(r, RQ_LISTEN_KEY_RENEW), 1, 1);
    assert_in_range(rig_count_requests(r, RQ_EXCHANGE_INFO), 2, 2);
    rig_free(r);
}

// -------------------------------------------------------------------------------------------------------
// user stream

static void test_fills(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    user_order(r, "ttM0000001-1", "TRADE", "PARTIALLY_FILLED", 900123, 10000000, 10000000);
    const struct ev_order *o = rig_report(r, "ttM0000001-1", RK_FILL);
    assert_int_equal(o->last_lots, 100);
    assert_int_equal(o->cum_lots, 100);
    assert_int_equal(o->last_price_e8, 312040000000);
    assert_int_equal(o->fee_e8, 1560200);
    assert_int_equal(o->fee_currency, CURRENCY_USDT);
    assert_int_equal(o->status, OS_PARTIAL);
    assert_int_equal(o->maker && o->fill_kind == FILL_ORDINARY && o->trade_id == 900123, 1);
    user_order(r, "autoclose-17", "TRADE", "FILLED", 900124, 10000000, 10000000);
    assert_int_equal(rig_report(r, "autoclose-17", RK_FILL)->fill_kind, FILL_LIQUIDATION);
    user_order(r, "adl_autoclose", "TRADE", "FILLED", 900125, 10000000, 10000000);
    assert_int_equal(rig_report(r, "adl_autoclose", RK_FILL)->fill_kind, FILL_ADL);
    user_order(r, "seam-3-ETHUSDT", "TRADE", "FILLED", 900126, 10000000, 10000000);
    assert_int_equal(rig_report(r, "seam-3-ETHUSDT", RK_FILL)->fill_kind, FILL_SEAM);
    user_order(r, "e", "EXPIRED", "EXPIRED", 0, 0, 0);
    assert_non_null(rig_report(r, "e", RK_EXPIRED));
    rig_free(r);
}

static void test_account_update(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    memset(&g_user, 0, sizeof g_user);
    g_user.kind = UM_ACCOUNT;
    g_user.balances = g_user.positions = 1;
    text_copy(g_user.reason, sizeof g_user.reason, "FUNDING_FEE");
    text_copy(g_user.balance[0].asset, 12, "USDT");
    text_copy(g_user.position[0].symbol, 24, "ETHUSDT");
    g_user.balance[0].wallet_e8 = 49 * E8;
    g_user.position[0].qty_e8 = 25000000;
    session_on_user(r->s, 0, &g_user, r->now, r->wall, &r->out);
    const struct event *b = rig_nth(r, EV_ACCOUNT, 0);
    assert_int_equal(b->u.account.reason, AR_FUNDING);
    assert_int_equal(b->u.account.change_e8, -E8); // the change of the wallet: it was 50
    assert_int_equal(b->instrument, ETH);          // isolated: the position names it
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 1)->u.account.position_lots, 250);
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 1)->u.account.from_read, 0);
    rig_free(r);
}

static void test_expired_listen_key(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    g_user = (struct user_msg){.kind = UM_KEY_EXPIRED};
    session_on_user(r->s, 0, &g_user, r->now, r->wall, &r->out);
    assert_int_equal(rig_count_commands(r, LC_CLOSE, LINK_USER), 1);
    rig_close(r, LINK_USER);
    rig_run(r, 1100 * NS_PER_MS);
    assert_int_equal(rig_count_requests(r, RQ_LISTEN_KEY), 1);
    assert_int_equal(rig_count_commands(r, LC_CONNECT, LINK_USER), 1);
    assert_false(rig_ready(r));
    rig_open(r, LINK_USER);
    assert_false(rig_ready(r)); // not before everything was read again
    rig_run(r, 100 * NS_PER_MS);
    assert_true(rig_ready(r));
    rig_free(r);
}

static bool asked_for_trades(const struct rig *r, const char *text)
{
    for (size_t i = 0; i < r->commands; i++) {
        if (r->command[i].rq.kind == RQ_TRADES && strcmp(r->command[i].rq.text, text) == 0) {
            return true;
        }
    }
    return false;
}

// Trades 101 and 102 happen while the stream is away; it comes back with 103 before the trades were asked
// for.
static void test_gap_of_the_user_stream(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    user_order(r, "t", "TRADE", "PARTIALLY_FILLED", 100, 10000000, 10000000);
    rig_close(r, LINK_USER);
    rig_run(r, 100 * NS_PER_MS);
    size_t reads = rig_count_requests(r, RQ_OPEN_ORDERS);
    rig_open(r, LINK_USER);
    user_order(r, "t", "TRADE", "PARTIALLY_FILLED", 103, 2000000, 15000000);
    rig_run(r, 600 * NS_PER_MS);
    assert_true(rig_count_requests(r, RQ_OPEN_ORDERS) >= reads + 2);
    assert_true(asked_for_trades(r, "symbol=ETHUSDT&fromId=101&limit=64"));
    // lost again before that was answered: still from 101 on
    r->commands = 0;
    rig_close(r, LINK_USER);
    rig_run(r, 600 * NS_PER_MS);
    assert_true(asked_for_trades(r, "symbol=ETHUSDT&fromId=101&limit=64"));
    rig_free(r);
}

static void test_polling_while_the_user_stream_is_away(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    r->withhold &= ~(1u << RQ_TRADES);
    rig_close(r, LINK_USER);
    r->commands = 0;
    r->withhold |= 1u << RQ_LISTEN_KEY; // no way back yet
    rig_run(r, 10 * NS_PER_S);
    assert_in_range(rig_count_requests(r, RQ_OPEN_ORDERS), 18, 24);
    assert_in_range(rig_count_requests(r, RQ_TRADES), 16, 24);
    rig_free(r);
}

// ------------------------------------------------------------------------------------------- whatever the
// venue says

static struct rng g_rng;

// Small, huge, negative: numbers that arithmetic trips over.
static int64_t odd_number(void)
{
    static const int64_t ODD[] = {0,           1, -1, 100000, 25000000, INT64_MAX, INT64_MIN, INT64_MAX / 2,
                                  312040000000};
    return rng_below(&g_rng, 3) ? ODD[rng_below(&g_rng, sizeof ODD / sizeof ODD[0])]
                                : (int64_t)rng_next(&g_rng);
}

static void odd_text(char *to, size_t cap)
{
    static const char *const ODD[] = {"",     "ETHUSDT",  "BTCUSDT",     "XRPUSDT", "NEW", "FILLED",
                                      "USDT", "EXPIRED",  "CANCELED",    "TRADE",   "o1",  "autoclose-1",
                                      "GTX",  "isolated", "FUNDING_FEE", "cross",   "BTC", "CALCULATED"};
    text_copy(to, cap, ODD[rng_below(&g_rng, sizeof ODD / sizeof ODD[0])]);
}

static void odd_order(struct wire_order *w)
{
    odd_text(w->symbol, sizeof w->symbol);
    odd_text(w->client_id, sizeof w->client_id);
    odd_text(w->status, sizeof w->status);
    odd_text(w->exec, sizeof w->exec);
    odd_text(w->tif, sizeof w->tif);
    odd_text(w->fee_asset, sizeof w->fee_asset);
    w->order_id = (uint64_t)odd_number();
    w->trade_id = (uint64_t)odd_number();
    w->price_e8 = odd_number();
    w->qty_e8 = odd_number();
    w->cum_e8 = odd_number();
    w->last_qty_e8 = odd_number();
    w->last_price_e8 = odd_number();
    w->fee_e8 = odd_number();
    w->update_time_ms = odd_number();
    w->side = (int8_t)((int)rng_below(&g_rng, 3) - 1);
}

static void odd_rows(struct answer *a)
{
    a->rows = (uint32_t)rng_below(&g_rng, 4);
    for (uint32_t i = 0; i < a->rows; i++) {
        struct wire_position *p = &a->u.positions[i];
        switch (a->kind) {
        case RQ_POSITIONS:
            odd_text(p->symbol, sizeof p->symbol);
            odd_text(p->margin_type, sizeof p->margin_type);
            p->qty_e8 = odd_number();
            p->entry_e8 = odd_number();
            break;
        case RQ_BALANCE:
            odd_text(a->u.balances[i].asset, sizeof a->u.balances[i].asset);
            a->u.balances[i].wallet_e8 = odd_number();
            break;
        case RQ_TRADES:
            odd_text(a->u.trades[i].symbol, sizeof a->u.trades[i].symbol);
            a->u.trades[i].id = (uint64_t)odd_number();
            a->u.trades[i].qty_e8 = odd_number();
            a->u.trades[i].fee_e8 = odd_number();
            a->u.trades[i].time_ms = odd_number();
            a->u.trades[i].side = SIDE_BUY;
            break;
        case RQ_TIME:
            a->u.time.server_ms = odd_number();
            break;
        default:
            odd_order(&a->u.orders[i]);
            break;
        }
    }
}

static void odd_answer(struct rig *r, size_t at)
{
    static const int32_t CODES[] = {0,     0,     0,     -2011, -2013, -1007,
                                    -4225, -2019, -1125, -4046, -1003, INT32_MIN};
    static const int32_t STATUS[] = {200, 200, 200, 400, 503, 429, 0, 403, 999};
    rig_answer_init(r, &g_answer, (enum request_kind)r->command[at].rq.kind);
    if (rng_below(&g_rng, 2)) {
        g_answer.code = CODES[rng_below(&g_rng, sizeof CODES / sizeof CODES[0])];
        g_answer.http_status = STATUS[rng_below(&g_rng, sizeof STATUS / sizeof STATUS[0])];
    }
    g_answer.lost = rng_below(&g_rng, 8) == 0;
    g_answer.malformed = rng_below(&g_rng, 8) == 0;
    g_answer.not_sent = rng_below(&g_rng, 8) == 0;
    g_answer.used_weight = rng_below(&g_rng, 4) ? -1 : (int32_t)odd_number();
    g_answer.retry_after_s = rng_below(&g_rng, 4) ? 1 : (int32_t)rng_below(&g_rng, 5) - 1;
    odd_rows(&g_answer);
    if (rng_below(&g_rng, 3) == 0 && r->command[at].rq.kind == RQ_EXCHANGE_INFO) {
        g_answer.rows = 1;
        g_answer.u.instruments[0] = rig_instrument("ETHUSDT", rng_below(&g_rng, 2) ? 1 : 1000000);
    }
    rig_answer(r, at, &g_answer);
}

static void odd_action(struct rig *r)
{
    static const uint16_t TYPES[] = {ACT_PLACE,   ACT_PLACE, ACT_CANCEL,          ACT_CANCEL_ALL,
                                     ACT_DEADMAN, ACT_READ,  ACT_REQUEST_SNAPSHOT};
    struct action a = place_action("o1");
    a.type = TYPES[rng_below(&g_rng, sizeof TYPES / sizeof TYPES[0])];
    a.instrument = (uint16_t)rng_below(&g_rng, 3);
    a.close_only = a.reduce_only = rng_below(&g_rng, 3) == 0;
    a.tif = (uint8_t)rng_below(&g_rng, 4);
    a.sub = (uint8_t)rng_below(&g_rng, 2);
    snprintf(a.client_id, sizeof a.client_id, "o%d", (int)rng_below(&g_rng, 50));
    act(r, a);
}

static void odd_user(struct rig *r)
{
    memset(&g_user, 0, sizeof g_user);
    g_user.kind = (uint8_t)rng_below(&g_rng, 6);
    g_user.event_ms = odd_number();
    g_user.transaction_ms = odd_number();
    g_user.balances = (uint32_t)rng_below(&g_rng, 3);
    g_user.positions = (uint32_t)rng_below(&g_rng, 3);
    odd_text(g_user.reason, sizeof g_user.reason);
    odd_order(&g_user.order);
    for (int i = 0; i < 3; i++) {
        odd_text(g_user.balance[i].asset, sizeof g_user.balance[i].asset);
        g_user.balance[i].wallet_e8 = odd_number() / 4;
        odd_text(g_user.position[i].symbol, sizeof g_user.position[i].symbol);
        g_user.position[i].qty_e8 = odd_number();
    }
    session_on_user(r->s, 0, &g_user, r->now, r->wall, &r->out);
}

// Requests are answered with anything, late, never, dropped or sent; links come and go; time jumps. Nothing
// must fail but the venue: every event stays valid (the rig checks), no assertion breaks, timers stay
// bounded.
static void test_whatever_the_venue_says(void **state)
{
    (void)state;
    rng_seed(&g_rng, 4711);
    for (int round = 0; round < 40; round++) {
        struct rig *r = ready_rig();
        r->withhold = ~0u;
        for (int step = 0; step < 1500; step++) {
            r->events = 0;
            switch (rng_below(&g_rng, 8)) {
            case 0:
                odd_user(r);
                break;
            case 1:
                (rng_below(&g_rng, 2) ? rig_open : rig_close)(r, (enum link_id)rng_below(&g_rng, LINK_COUNT));
                break;
            case 2:
                rig_run(r, (int64_t)rng_below(&g_rng, 3000) * NS_PER_MS);
                break;
            case 3:
            case 4:
                odd_action(r);
                break;
            default:
                for (size_t i = 0; i < r->commands; i++) {
                    if (!r->done[i] && rng_below(&g_rng, 2)) {
                        sent(r, i);
                    }
                    if (!r->done[i] && rng_below(&g_rng, 2)) {
                        odd_answer(r, i);
                    } else if (!r->done[i] && rng_below(&g_rng, 4) == 0) {
                        r->done[i] = 1;
                        session_on_dropped(r->s, r->command[i].rq.tag, DROP_FENCE, r->now, r->wall, &r->out);
                    }
                }
                if (r->commands > RIG_COMMANDS / 2) {
                    r->commands = 0; // the rest is never answered
                }
                break;
            }
        }
        rig_free(r);
    }
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
        cmocka_unit_test(test_queries_follow_the_schedule),
        cmocka_unit_test(test_absence_needs_every_proof),
        cmocka_unit_test(test_open_orders_show_it_after_all),
        cmocka_unit_test(test_late_answer_beats_the_timer),
        cmocka_unit_test(test_stream_ends_the_doubt),
        cmocka_unit_test(test_overdue_then_lost_is_told_once),
        cmocka_unit_test(test_found_with_fills_fetches_trades),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_with_a_bad_nonce_is_tried_once_more),
        cmocka_unit_test(test_cancel_all),
        cmocka_unit_test(test_placements_leave_the_reserve),
        cmocka_unit_test(test_ban_is_obeyed),
        cmocka_unit_test(test_kill_reads),
        cmocka_unit_test(test_reconciliation_goes_on),
        cmocka_unit_test(test_fills),
        cmocka_unit_test(test_account_update),
        cmocka_unit_test(test_expired_listen_key),
        cmocka_unit_test(test_gap_of_the_user_stream),
        cmocka_unit_test(test_polling_while_the_user_stream_is_away),
        cmocka_unit_test(test_whatever_the_venue_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
