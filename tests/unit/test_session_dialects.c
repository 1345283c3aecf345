// SPDX-License-Identifier: Apache-2.0
// test_session_dialects: the same life of an order in every dialect, answer first and event first, tries to
// find one where the session loses a report, tells a terminal state twice, or asks about what it knows; then
// what only one venue has: spot's balances and book chain, the forms of "would cross", the 503s that mean
// three things, what a listen key's renewal carries.
#include "session_orders_rig.h"

#include "engine/venue/error_class.h"

static const enum dialect_id ALL[] = {DIALECT_ASTER_V3, DIALECT_ASTER_V1, DIALECT_ASTER_SPOT,
                                      DIALECT_ASTER_SPOT_V1, DIALECT_BINANCE};
#define EACH(d) (size_t d = 0; d < sizeof ALL / sizeof ALL[0]; d++)

static size_t reports(const struct rig *r, const char *id, enum report_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < r->events; i++) {
        const struct event *ev = rig_event_at(r, i);
        n += ev->type == EV_ORDER && ev->u.order.kind == kind && strcmp(ev->u.order.client_id, id) == 0 &&
             ev->venue == r->config.venue;
    }
    return n;
}

static void test_place_in_both_orders(void **state)
{
    (void)state;
    for
        EACH(d)
        {
            for (int event_first = 0; event_first < 2; event_first++) {
                struct rig *r = ready_rig_of(ALL[d]);
                size_t at = place_sent(r, "o");
                assert_string_equal(r->command[at].rq.path, dialect_get(ALL[d])->form[RQ_PLACE].path);
                if (event_first) {
                    user_order(r, "o", "NEW", "NEW", 0, 0, 0);
                    rig_pass(r, NS_PER_MS);
                    answer_order(r, at, "NEW", 0);
                } else {
                    answer_order(r, at, "NEW", 0);
                    rig_pass(r, NS_PER_MS);
                    user_order(r, "o", "NEW", "NEW", 0, 0, 0);
                }
                assert_int_equal(reports(r, "o", RK_ACCEPTED), 2);
                assert_int_equal(rig_report(r, "o", RK_ACCEPTED)->order_id, 48120077);
                rig_run(r, 3 * NS_PER_S);
                assert_int_equal(rig_count_requests(r, RQ_QUERY_ORDER), 0);
                assert_null(rig_report(r, "o", RK_DOUBT));
                rig_free(r);
            }
        }
}

static void test_fill_before_the_answer(void **state)
{
    (void)state;
    for
        EACH(d)
        {
            struct rig *r = ready_rig_of(ALL[d]);
            size_t at = place_sent(r, "o");
            user_order(r, "o", "TRADE", "FILLED", 71, 25000000, 25000000);
            rig_pass(r, NS_PER_MS);
            answer_order(r, at, "NEW", 0); // what it was when the answer was written
            assert_int_equal(reports(r, "o", RK_FILL), 1);
            assert_int_equal(rig_report(r, "o", RK_FILL)->last_lots, 250);
            assert_int_equal(reports(r, "o", RK_ACCEPTED), 1);
            at = place_sent(r, "p"); // the answer already shows the fill that the stream tells later
            answer_order(r, at, "FILLED", 25000000);
            assert_int_equal(rig_report(r, "p", RK_STATE)->cum_lots, 250);
            user_order(r, "p", "TRADE", "FILLED", 72, 25000000, 25000000);
            assert_int_equal(reports(r, "p", RK_FILL), 1);
            rig_free(r);
        }
}

static void test_cancel_in_both_orders(void **state)
{
    (void)state;
    for
        EACH(d)
        {
            for (int event_first = 0; event_first < 2; event_first++) {
                struct rig *r = ready_rig_of(ALL[d]);
                size_t at = cancel_sent(r, "o");
                assert_string_equal(r->command[at].rq.method, "DELETE");
                if (event_first) {
                    user_order(r, "o", "CANCELED", "CANCELED", 0, 0, 10000000);
                    answer_error(r, at, 400, -2011); // it is gone, as the stream told
                } else {
                    answer_order(r, at, "CANCELED", 10000000);
                    user_order(r, "o", "CANCELED", "CANCELED", 0, 0, 10000000);
                }
                assert_int_equal(rig_report(r, "o", RK_CANCELED)->cum_lots, 100);
                assert_int_equal(reports(r, "o", RK_CANCELED) + reports(r, "o", RK_CANCEL_REJECTED), 2);
                assert_null(rig_report(r, "o", RK_CANCEL_DOUBT));
                rig_free(r);
            }
        }
}

// A fill while the cancel is under way: told by the stream, and the cancel's refusal leads to a query only.
static void test_fill_races_the_cancel(void **state)
{
    (void)state;
    for
        EACH(d)
        {
            struct rig *r = ready_rig_of(ALL[d]);
            size_t at = cancel_sent(r, "o");
            user_order(r, "o", "TRADE", "FILLED", 71, 25000000, 25000000);
            answer_error(r, at, 400, -2011);
            rig_run(r, 10 * NS_PER_MS);
            answer_order(r, rig_request(r, RQ_QUERY_ORDER), "FILLED", 25000000);
            assert_int_equal(reports(r, "o", RK_FILL), 1);
            assert_int_equal(rig_report(r, "o", RK_STATE)->status, OS_FILLED);
            rig_free(r);
        }
}

static void test_lost_answer_then_event(void **state)
{
    (void)state;
    for
        EACH(d)
        {
            struct rig *r = ready_rig_of(ALL[d]);
            size_t at = place_sent(r, "o");
            answer_lost(r, at);
            assert_int_equal(reports(r, "o", RK_DOUBT), 1);
            user_order(r, "o", "EXPIRED", "EXPIRED", 0, 0, 0);
            assert_int_equal(reports(r, "o", RK_EXPIRED), 1);
            rig_run(r, 5 * NS_PER_S);
            assert_int_equal(rig_count_requests(r, RQ_QUERY_ORDER), 0);
            rig_free(r);
        }
}

static void test_would_cross_everywhere(void **state)
{
    (void)state;
    static const int32_t FORMS[] = {-2021, -2010, -5022};
    for
        EACH(d)
        {
            for (size_t k = 0; k < 3; k++) {
                struct rig *r = ready_rig_of(ALL[d]);
                answer_error(r, place_sent(r, "o"), 400, FORMS[k]);
                assert_int_equal(reports(r, "o", RK_EXPIRED), 1);
                assert_int_equal(rig_count_requests(r, RQ_QUERY_ORDER), 0);
                rig_free(r);
            }
        }
}

// ------------------------------------------------------------------------------------------------------
// texts

static void test_place_texts(void **state)
{
    (void)state;
    static const char *const TEXT[] = {
        [DIALECT_ASTER_V3] =
            "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=IOC&quantity=0.250&price=3120.40&"
            "reduceOnly=true&newClientOrderId=o&newOrderRespType=ACK",
        [DIALECT_ASTER_V1] =
            "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=IOC&quantity=0.250&price=3120.40&"
            "reduceOnly=true&newClientOrderId=o&newOrderRespType=ACK",
        [DIALECT_ASTER_SPOT] =
            "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=IOC&quantity=0.250&price=3120.40&"
            "newClientOrderId=o&newOrderRespType=ACK",
        [DIALECT_ASTER_SPOT_V1] =
            "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=IOC&quantity=0.250&price=3120.40&"
            "newClientOrderId=o&newOrderRespType=ACK",
        [DIALECT_BINANCE] =
            "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=IOC&quantity=0.250&price=3120.40&"
            "reduceOnly=true&newClientOrderId=o&newOrderRespType=ACK&"
            "selfTradePreventionMode=EXPIRE_MAKER",
    };
    for
        EACH(d)
        {
            struct rig *r = ready_rig_of(ALL[d]);
            struct action a = place_action("o");
            a.tif = TIF_IOC;
            a.reduce_only = 1;
            act(r, a);
            assert_string_equal(r->command[rig_request(r, RQ_PLACE)].rq.text, TEXT[ALL[d]]);
            rig_free(r);
        }
}

static void test_key_renewal(void **state)
{
    (void)state;
    for
        EACH(d)
        {
            struct rig *r = ready_rig_of(ALL[d]);
            r->withhold |= BIT64(RQ_LISTEN_KEY_RENEW);
            rig_run(r, 1201 * NS_PER_S);
            const struct request *rq = &r->command[rig_request(r, RQ_LISTEN_KEY_RENEW)].rq;
            const struct dialect *x = dialect_get(ALL[d]);
            assert_string_equal(rq->text, x->spot ? "listenKey=abcdef" : "");
            assert_int_equal(rq->signed_, x->auth == AUTH_EIP712);
            rig_free(r);
        }
}

// -------------------------------------------------------------------------------------------------------
// spot

static void test_spot_needs_no_positions(void **state)
{
    (void)state;
    struct rig *r = ready_rig_of(DIALECT_ASTER_SPOT);
    rig_run(r, 40 * NS_PER_S);
    static const enum request_kind NEVER[] = {RQ_POSITIONS,    RQ_LEVERAGE, RQ_MARGIN_TYPE,  RQ_POSITION_MODE,
                                              RQ_MULTI_ASSETS, RQ_BRACKETS, RQ_FUNDING_INFO, RQ_STP_MODE};
    for (size_t i = 0; i < sizeof NEVER / sizeof NEVER[0]; i++) {
        assert_int_equal(rig_count_requests(r, NEVER[i]), 0);
    }
    act(r, (struct action){.type = ACT_DEADMAN, .instrument = ETH, .value = 30000});
    assert_int_equal(rig_count_requests(r, RQ_DEADMAN), 0);
    assert_true(rig_count_requests(r, RQ_BALANCE) >= 1);
    assert_true(rig_ready(r));
    rig_free(r);
}

static void test_spot_balances(void **state)
{
    (void)state;
    struct rig *r = ready_rig_of(DIALECT_ASTER_SPOT);
    r->withhold |= BIT64(RQ_BALANCE);
    act(r, (struct action){.type = ACT_READ, .instrument = ETH, .sub = 1, .read_id = 5});
    size_t at = rig_request(r, RQ_BALANCE);
    assert_string_equal(r->command[at].rq.path, "/api/v3/account");
    rig_answer_init(r, &g_answer, RQ_BALANCE);
    g_answer.rows = 3;
    text_copy(g_answer.u.balances[0].asset, 12, "ETH");
    g_answer.u.balances[0].wallet_e8 = 125000000; // free and locked
    text_copy(g_answer.u.balances[1].asset, 12, "NOSUCH");
    text_copy(g_answer.u.balances[2].asset, 12, "USDT");
    g_answer.u.balances[2].wallet_e8 = 50 * E8;
    rig_answer(r, at, &g_answer);
    assert_int_equal(r->count[EV_ACCOUNT], 3); // of what has a name here, and BTC, which is not there
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 0)->u.account.currency, CURRENCY_ETH);
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 0)->u.account.wallet_e8, 125000000);
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 0)->u.account.read_id, 5);
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 1)->u.account.currency, CURRENCY_USDT);
    memset(&g_user, 0, sizeof g_user);
    g_user.kind = UM_ACCOUNT;
    g_user.spot = 1;
    g_user.balances = 2;
    text_copy(g_user.reason, sizeof g_user.reason, "ORDER");
    text_copy(g_user.balance[0].asset, 12, "ETH");
    g_user.balance[0].wallet_e8 = 100000000;
    text_copy(g_user.balance[1].asset, 12, "USDT");
    g_user.balance[1].wallet_e8 = 51 * E8;
    session_on_user(r->s, 0, &g_user, r->now, r->wall, &r->out);
    assert_int_equal(r->count[EV_ACCOUNT], 5);
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 3)->u.account.reason, AR_ORDER);
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 3)->venue, VENUE_SPOT);
    rig_free(r);
}

// Only the instruments of its own venue are a session's; ids stay those of the whole table.
static void test_instruments_of_another_venue(void **state)
{
    (void)state;
    struct rig *r = rig_new_of(DIALECT_BINANCE);
    r->config.instruments[ETH].venue = VENUE_ASTER;
    rig_configure(r);
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    assert_null(session_instrument(r->s, ETH));
    assert_int_equal(session_instrument(r->s, BTC)->venue, VENUE_BINANCE);
    assert_int_equal(session_instrument(r->s, BTC)->id, BTC);
    assert_null(strstr(rig_last_command(r, LC_CONNECT, LINK_MARKET)->text, "ethusdt"));
    rig_open(r, LINK_ORDER);
    rig_open(r, LINK_MARKET);
    rig_open(r, LINK_MARKET2);
    rig_open(r, LINK_USER);
    rig_run(r, 10 * NS_PER_MS);
    assert_true(rig_ready(r));
    act(r, place_action("foreign")); // ETH
    assert_int_equal(rig_report(r, "foreign", RK_NOT_SENT)->drop_reason, DROP_LINK);
    for (size_t i = 0; i < r->events; i++) {
        assert_int_equal(rig_event_at(r, i)->venue, VENUE_BINANCE);
    }
    rig_free(r);
}

// -----------------------------------------------------------------------------------------------------
// errors

static void test_503_means_three_things_on_binance(void **state)
{
    (void)state;
    static const struct {
        int32_t code;
        const char *msg;
        bool binance, aster; // unknown there?
    } CASES[] = {
        {-1000, "Unknown error, please check your request or try again later.", true, true},
        {0, "Service Unavailable.", false, true},
        {-1008, "Request throttled by system-level protection.", false, false},
        {-1001, "Internal error; unable to process your request. Please try again.", false, true},
        {0, "<html>", true, true},
        {-1007, "Timeout waiting for response from backend server.", true, true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct dialect *b = dialect_get(DIALECT_BINANCE), *a = dialect_get(DIALECT_ASTER_V3);
        assert_int_equal(dialect_outcome_unknown(b, 503, CASES[i].code, CASES[i].msg), CASES[i].binance);
        assert_int_equal(dialect_outcome_unknown(a, 503, CASES[i].code, CASES[i].msg), CASES[i].aster);
    }
    struct rig *r = ready_rig_of(DIALECT_BINANCE);
    size_t at = place_sent(r, "o");
    rig_answer_init(r, &g_answer, RQ_PLACE);
    g_answer.http_status = 503;
    g_answer.code = -1001;
    text_copy(g_answer.msg, sizeof g_answer.msg, CASES[3].msg);
    rig_answer(r, at, &g_answer);
    assert_int_equal(reports(r, "o", RK_REJECTED), 1);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_place_in_both_orders),
        cmocka_unit_test(test_fill_before_the_answer),
        cmocka_unit_test(test_cancel_in_both_orders),
        cmocka_unit_test(test_fill_races_the_cancel),
        cmocka_unit_test(test_lost_answer_then_event),
        cmocka_unit_test(test_would_cross_everywhere),
        cmocka_unit_test(test_place_texts),
        cmocka_unit_test(test_key_renewal),
        cmocka_unit_test(test_spot_needs_no_positions),
        cmocka_unit_test(test_spot_balances),
        cmocka_unit_test(test_instruments_of_another_venue),
        cmocka_unit_test(test_503_means_three_things_on_binance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
