// SPDX-License-Identifier: Apache-2.0
// test_session_account: tries to make the session mistake the account: reads that fail or show a part, fills
// while the user stream is away, a stream that is up and silent, keys that end.
#include "session_orders_rig.h"

// -------------------------------------------------------------------------------------------------------------
// reads

static void test_kill_reads(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    r->withhold |= UINT64_C(1) << RQ_OPEN_ORDERS | UINT64_C(1) << RQ_POSITIONS;
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
    r->withhold &= ~(UINT64_C(1) << RQ_TRADES);
    rig_close(r, LINK_USER);
    r->commands = 0;
    r->withhold |= UINT64_C(1) << RQ_LISTEN_KEY; // no way back yet
    rig_run(r, 10 * NS_PER_S);
    assert_in_range(rig_count_requests(r, RQ_OPEN_ORDERS), 18, 24);
    assert_in_range(rig_count_requests(r, RQ_TRADES), 16, 24);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill_reads),
        cmocka_unit_test(test_reconciliation_goes_on),
        cmocka_unit_test(test_fills),
        cmocka_unit_test(test_account_update),
        cmocka_unit_test(test_expired_listen_key),
        cmocka_unit_test(test_gap_of_the_user_stream),
        cmocka_unit_test(test_polling_while_the_user_stream_is_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
