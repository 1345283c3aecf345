// SPDX-License-Identifier: Apache-2.0
// test_session_settings: tries to let an account trade that is not set up as configured, or a venue go on
// that refuses our key or clock: settings that differ, drift, cannot be set or are not offered; brackets that
// make no sense; funding that the stream did not tell of, and funding that it did; listen keys near their
// end; 403, 451, bans; more open orders than can be read.
#include "session_orders_rig.h"

static size_t told_config(const struct rig *r, enum account_config what)
{
    size_t n = 0;
    for (size_t i = 0; i < r->events; i++) {
        const struct event *ev = rig_event_at(r, i);
        n += ev->type == EV_ACCOUNT && ev->u.account.kind == AK_CONFIG &&
             ev->u.account.count == (uint32_t)what;
    }
    return n;
}

static size_t told_link(const struct rig *r, enum link_id link, const char *part)
{
    size_t n = 0;
    for (size_t i = 0; i < r->events; i++) {
        const struct event *ev = rig_event_at(r, i);
        n += ev->type == EV_LINK && ev->u.link.link == link && strstr(ev->u.link.text, part);
    }
    return n;
}

// ----------------------------------------------------------------------------------------------------
// settings

static void test_multi_assets_is_switched_off(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->withhold = BIT64(RQ_MULTI_ASSETS);
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    for (int i = 0; i < 3; i++) {
        rig_answer_init(r, &g_answer, RQ_MULTI_ASSETS);
        g_answer.u.multi_assets.on = 1;
        rig_answer(r, rig_request(r, RQ_MULTI_ASSETS), &g_answer);
        assert_int_equal(rig_count_requests(r, RQ_SET_MULTI_ASSETS), 1); // once
        assert_int_equal(told_config(r, CONFIG_MULTI_ASSETS), i > 0);    // it did not help: said once
        rig_run(r, 10 * NS_PER_S);
    }
    for (size_t i = 0; i < r->commands; i++) {
        if (r->command[i].rq.kind == RQ_SET_MULTI_ASSETS) {
            assert_string_equal(r->command[i].rq.text, "multiAssetsMargin=false");
        }
    }
    rig_free(r);
}

static void test_self_trade_prevention_is_set_and_read_back(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->withhold = BIT64(RQ_STP_MODE);
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    rig_answer_init(r, &g_answer, RQ_STP_MODE);
    text_copy(g_answer.u.stp.mode, 16, "EXPIRE_TAKER");
    rig_answer(r, rig_request(r, RQ_STP_MODE), &g_answer);
    bool set = false;
    for (size_t i = 0; i < r->commands; i++) {
        set |=
            r->command[i].rq.kind == RQ_SET_STP && strcmp(r->command[i].rq.text, "stpMode=EXPIRE_MAKER") == 0;
    }
    assert_true(set);
    rig_run(r, 2 * NS_PER_S);
    rig_answer_init(r, &g_answer, RQ_STP_MODE);
    text_copy(g_answer.u.stp.mode, 16, "EXPIRE_MAKER");
    rig_answer(r, rig_request(r, RQ_STP_MODE), &g_answer);
    assert_int_equal(told_config(r, CONFIG_STP), 0);
    rig_free(r);
}

// Whatever the venue does not offer (404) must neither hold up the start nor be asked for in a loop.
static void test_what_is_not_offered(void **state)
{
    (void)state;
    static const enum request_kind KINDS[] = {RQ_MULTI_ASSETS, RQ_STP_MODE, RQ_BRACKETS, RQ_FUNDING_INFO};
    struct rig *r = rig_new();
    for (size_t k = 0; k < 4; k++) {
        r->withhold |= BIT64(KINDS[k]);
    }
    session_start(r->s, r->now, r->wall, &r->out);
    rig_open(r, LINK_ORDER);
    rig_serve(r);
    rig_open(r, LINK_MARKET);
    rig_open(r, LINK_USER);
    rig_run(r, 10 * NS_PER_MS);
    for (size_t i = 0; i < r->commands; i++) {
        if (!r->done[i] && r->command[i].type == LC_REQUEST && (r->withhold >> r->command[i].rq.kind & 1)) {
            answer_error(r, i, 404, 0);
        }
    }
    assert_true(rig_ready(r));
    rig_run(r, 300 * NS_PER_S);
    for (size_t k = 0; k < 4; k++) {
        assert_in_range(rig_count_requests(r, KINDS[k]), 1, 2);
    }
    rig_free(r);
}

// Somebody changes leverage and margin type by hand: seen with the next read of positions, told once, set
// anew; quiet again when it is right.
static void test_drift_is_seen(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    r->withhold |= BIT64(RQ_POSITIONS);
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 400 && rig_count_requests(r, RQ_POSITIONS) <= (size_t)i; k++) {
            rig_run(r, 100 * NS_PER_MS);
        }
        rig_answer_init(r, &g_answer, RQ_POSITIONS);
        g_answer.rows = 1;
        text_copy(g_answer.u.positions[0].symbol, 24, "ETHUSDT");
        text_copy(g_answer.u.positions[0].margin_type, 12, "ISOLATED"); // any case
        g_answer.u.positions[0].leverage = i < 3 ? 20 : 3;
        rig_answer(r, rig_request(r, RQ_POSITIONS), &g_answer);
    }
    assert_int_equal(told_config(r, CONFIG_LEVERAGE), 1);
    assert_int_equal(told_config(r, CONFIG_MARGIN), 0);
    assert_int_equal(rig_count_requests(r, RQ_LEVERAGE), 1); // set anew, once
    rig_run(r, 601 * NS_PER_S);
    assert_true(rig_count_requests(r, RQ_POSITION_MODE) >= 1); // and the modes are asked for again
    rig_free(r);
}

static void test_config_events_that_do_no_harm(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    rig_run(r, 10 * NS_PER_S);
    rig_clear(r);
    memset(&g_user, 0, sizeof g_user);
    g_user.kind = UM_CONFIG;
    g_user.positions = 1;
    g_user.position[0].leverage = 3; // as configured
    session_on_user(r->s, 0, &g_user, r->now, r->wall, &r->out);
    assert_int_equal(told_config(r, CONFIG_CHANGED), 0);
    g_user.position[0].leverage = 125;
    session_on_user(r->s, 0, &g_user, r->now, r->wall, &r->out);
    assert_int_equal(told_config(r, CONFIG_CHANGED), 1);
    rig_free(r);
}

// What does not trade is asked about each minute, so that it is not missed when it trades again.
static void test_halted_instrument_is_watched(void **state)
{
    (void)state;
    static struct answer info;
    struct rig *r = ready_rig();
    r->withhold |= BIT64(RQ_EXCHANGE_INFO);
    size_t asked = 0;
    for (int second = 0; second < 900; second++) {
        rig_run(r, NS_PER_S);
        for (size_t i = 0; i < r->commands; i++) {
            if (!r->done[i] && r->command[i].rq.kind == RQ_EXCHANGE_INFO) {
                rig_fill_default(r, &r->command[i].rq, &info);
                info.u.info.instruments[1].status = asked++ < 3 ? INSTRUMENT_HALTED : INSTRUMENT_TRADING;
                rig_answer(r, i, &info);
            }
        }
        r->commands = 0;
    }
    assert_int_equal(asked, 4); // at 600 s, then 660, 720, 780; from then on every ten minutes
    rig_free(r);
}

// ----------------------------------------------------------------------------------------- brackets, funding

static void add_bracket(struct answer *a, int64_t cap_e8, int64_t ratio_e8, int64_t cum_e8)
{
    struct wire_bracket *b = &a->u.brackets[a->rows++];
    *b = (struct wire_bracket){.bracket = (int32_t)a->rows,
                               .leverage = 100,
                               .cap_e8 = cap_e8,
                               .maint_e8 = ratio_e8,
                               .cum_e8 = cum_e8};
    text_copy(b->symbol, sizeof b->symbol, "ETHUSDT");
}

static void test_brackets(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->withhold = BIT64(RQ_BRACKETS);
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    size_t at = 0;
    while (r->command[at].rq.kind != RQ_BRACKETS || strcmp(r->command[at].rq.text, "symbol=ETHUSDT") != 0) {
        at++;
    }
    rig_answer_init(r, &g_answer, RQ_BRACKETS);
    add_bracket(&g_answer, 50000 * E8, 500000, 0);
    add_bracket(&g_answer, 250000 * E8, 1000000, 250 * E8);
    rig_answer(r, at, &g_answer);
    const struct margin_table *t = session_margin(r->s, ETH);
    assert_int_equal(t->count, 2);
    assert_int_equal(t->bracket[1].ratio_e8, 1000000);
    assert_int_equal(r->count[EV_MARGIN], 1);
    assert_int_equal(rig_nth(r, EV_MARGIN, 0)->u.margin.bracket[0].cap_e8, 50000 * E8);
    // a day later, and senseless: the old table stays
    r->commands = 0;
    for (int i = 0; i < 90 && rig_count_requests(r, RQ_BRACKETS) == 0; i++) {
        r->commands = 0;
        r->events = 0;
        rig_run(r, 1000 * NS_PER_S);
    }
    rig_answer_init(r, &g_answer, RQ_BRACKETS);
    add_bracket(&g_answer, 50000 * E8, 500000, 0);
    add_bracket(&g_answer, 40000 * E8, 1000000, 250 * E8);
    for (size_t i = 0; i < r->commands; i++) {
        if (!r->done[i] && r->command[i].rq.kind == RQ_BRACKETS) {
            rig_answer(r, i, &g_answer);
        }
    }
    assert_int_equal(session_margin(r->s, ETH)->bracket[1].cap_e8, 250000 * E8);
    rig_free(r);
}

static void test_funding_terms(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->withhold = BIT64(RQ_FUNDING_INFO);
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    rig_answer_init(r, &g_answer, RQ_FUNDING_INFO);
    g_answer.rows = 1; // a venue that lists only what differs
    g_answer.u.funding_info[0] =
        (struct wire_funding_info){.interval_h = 4, .cap_e8 = 3000000, .floor_e8 = -3000000};
    text_copy(g_answer.u.funding_info[0].symbol, 24, "ETHUSDT");
    rig_answer(r, rig_request(r, RQ_FUNDING_INFO), &g_answer);
    assert_int_equal(session_instrument(r->s, ETH)->funding_interval_h, 4);
    assert_int_equal(session_margin(r->s, ETH)->funding_cap_e8, 3000000);
    assert_int_equal(session_margin(r->s, BTC)->funding_interval_h, 0);
    rig_run(r, 601 * NS_PER_S); // exchangeInfo again does not undo it
    assert_int_equal(session_instrument(r->s, ETH)->funding_interval_h, 4);
    rig_free(r);
}

// No table of terms: four hours between the last two payments.
static void test_funding_interval_from_payments(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->withhold = BIT64(RQ_FUNDING_INFO) | BIT64(RQ_FUNDING_RATE);
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    assert_int_equal(rig_count_requests(r, RQ_FUNDING_RATE), 0);
    answer_error(r, rig_request(r, RQ_FUNDING_INFO), 404, 0);
    assert_int_equal(rig_count_requests(r, RQ_FUNDING_RATE), 2);
    for (size_t i = 0; i < r->commands; i++) {
        if (!r->done[i] && r->command[i].rq.kind == RQ_FUNDING_RATE) {
            bool eth = strcmp(r->command[i].rq.text, "symbol=ETHUSDT&limit=2") == 0;
            rig_answer_init(r, &g_answer, RQ_FUNDING_RATE);
            g_answer.rows = 2;
            g_answer.u.funding[0].time_ms = 1767225600000;
            g_answer.u.funding[1].time_ms = eth ? 1767225600000 + 14400007 : 1; // and a senseless one
            rig_answer(r, i, &g_answer);
        }
    }
    rig_run(r, 601 * NS_PER_S); // and exchangeInfo again does not undo it
    assert_int_equal(session_instrument(r->s, ETH)->funding_interval_h, 4);
    assert_int_equal(session_instrument(r->s, BTC)->funding_interval_h, 0);
    rig_free(r);
}

static void mark_with_funding(struct rig *r, int64_t next_ms)
{
    char text[300];
    snprintf(text, sizeof text,
             "{\"e\":\"markPriceUpdate\",\"E\":%lld,\"s\":\"ETHUSDT\",\"p\":\"3121.07\",\"i\":\"3120.88\","
             "\"P\":\"3119.94\","
             "\"r\":\"0.00004113\",\"T\":%lld}",
             (long long)(r->wall / NS_PER_MS), (long long)next_ms);
    rig_text(r, LINK_MARKET, 0, text);
}

// Time passes, with a mark and a change of the book each second.
static void run_with_marks(struct rig *r, int64_t ns, int64_t next_ms)
{
    for (int64_t end = r->now + ns; r->now < end;) {
        mark_with_funding(r, next_ms);
        rig_text(r, LINK_MARKET, 0,
                 "{\"e\":\"depthUpdate\",\"E\":1,\"T\":1,\"s\":\"ETHUSDT\",\"U\":1,\"u\":1,\"pu\":0,\"b\":[],"
                 "\"a\":[]}");
        rig_run(r, NS_PER_S);
    }
}

static void user_account(struct rig *r, const char *reason, int64_t wallet_e8, int64_t position_e8)
{
    memset(&g_user, 0, sizeof g_user);
    g_user.kind = UM_ACCOUNT;
    g_user.balances = g_user.positions = 1;
    g_user.event_ms = r->wall / NS_PER_MS;
    text_copy(g_user.reason, sizeof g_user.reason, reason);
    text_copy(g_user.balance[0].asset, 12, "USDT");
    g_user.balance[0].wallet_e8 = wallet_e8;
    text_copy(g_user.position[0].symbol, 24, "ETHUSDT");
    g_user.position[0].qty_e8 = position_e8;
    session_on_user(r->s, 0, &g_user, r->now, r->wall, &r->out);
}

// Funding passes while we hold: the history has two payments, the stream told of one. Only the other is told,
// and only once however often the history is read.
static void test_missed_funding_is_told(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    r->withhold |= BIT64(RQ_INCOME) | BIT64(RQ_POSITIONS);
    r->depth.u.depth.last_id = 1;
    int64_t due = r->wall / NS_PER_MS + 60000;
    user_account(r, "ORDER", 50 * E8, 25000000);
    run_with_marks(r, 61 * NS_PER_S, due);
    mark_with_funding(r, due + 28800000);
    user_account(r, "FUNDING_FEE", 49 * E8, 25000000); // -1
    run_with_marks(r, 18 * NS_PER_S, due + 28800000);
    assert_int_equal(rig_count_requests(r, RQ_INCOME), 0); // a venue charges up to 15 s after its time
    run_with_marks(r, 2 * NS_PER_S, due + 28800000);
    size_t at = rig_request(r, RQ_INCOME);
    assert_non_null(strstr(r->command[at].rq.text, "incomeType=FUNDING_FEE&startTime="));
    rig_clear(r);
    for (int round = 0; round < 2; round++) {
        rig_answer_init(r, &g_answer, RQ_INCOME);
        g_answer.rows = 2;
        for (uint32_t k = 0; k < 2; k++) {
            struct wire_income *w = &g_answer.u.income[k];
            *w = (struct wire_income){
                .income_e8 = k ? -E8 : -E8 / 2, .time_ms = due + 1000 + k, .tran_id = 700 + k};
            text_copy(w->symbol, 24, "ETHUSDT");
            text_copy(w->type, 40, "FUNDING_FEE");
            text_copy(w->asset, 12, "USDT");
        }
        rig_answer(r, rig_request(r, RQ_INCOME), &g_answer);
        run_with_marks(r, 21 * NS_PER_S, due + (round + 2) * 28800000); // the next one passes
    }
    size_t funding = 0;
    for (size_t i = 0; i < r->events; i++) {
        const struct event *ev = rig_event_at(r, i);
        if (ev->type == EV_ACCOUNT && ev->u.account.reason == AR_FUNDING) {
            funding++;
            assert_int_equal(ev->u.account.change_e8, -E8 / 2);
            assert_int_equal(ev->instrument, ETH);
        }
    }
    assert_int_equal(funding, 1);
    rig_free(r);
}

// ----------------------------------------------------------------------------------------------- key and
// clock

static void test_second_refusal_of_the_key_stops_the_venue(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    answer_error(r, place_sent(r, "a"), 400, -2015);
    assert_true(rig_ready(r)); // one may be an accident
    rig_pass(r, 10 * NS_PER_MS);
    answer_error(r, place_sent(r, "b"), 400, -2015);
    assert_false(rig_ready(r));
    assert_int_equal(told_link(r, LINK_REST, "stopped"), 1);
    act(r, place_action("c"));
    assert_int_equal(rig_report(r, "c", RK_NOT_SENT)->drop_reason, DROP_LINK);
    r->commands = 0;
    rig_run(r, 120 * NS_PER_S);
    assert_int_equal(rig_count_requests(r, RQ_OPEN_ORDERS), 0); // no loop of refused reads
    act(r, (struct action){.type = ACT_CANCEL_ALL, .instrument = ETH, .close_only = 1});
    assert_int_equal(rig_count_requests(r, RQ_CANCEL_ALL), 1);                // what takes risk away is tried
    act(r, (struct action){.type = ACT_REQUEST_SNAPSHOT, .instrument = ETH}); // a person reconciles
    rig_run(r, NS_PER_S);
    assert_true(rig_count_requests(r, RQ_OPEN_ORDERS) > 0);
    rig_free(r);
}

static void test_clock_refusals(void **state)
{
    (void)state;
    struct rig *r = ready_rig_of(DIALECT_BINANCE);
    size_t first = place_sent(r, "a"), same_time = place_sent(r, "b");
    answer_error(r, first, 400, -1021);
    answer_error(r, same_time, 400, -1021); // of the same moment: no second time
    assert_true(rig_ready(r));
    rig_run(r, 20 * NS_PER_S); // the clock is set right
    assert_true(rig_count_requests(r, RQ_TIME) > 0);
    answer_order(r, place_sent(r, "c"), "NEW", 0); // and it works
    user_order(r, "c", "NEW", "NEW", 0, 0, 0);
    answer_error(r, place_sent(r, "d"), 400, -1021);
    assert_true(rig_ready(r));                                                      // a first time again
    r->withhold |= BIT64(RQ_OPEN_ORDERS) | BIT64(RQ_POSITIONS) | BIT64(RQ_BALANCE); // nothing signed works
    rig_run(r, 20 * NS_PER_S);
    answer_error(r, place_sent(r, "e"), 400, -1021);
    assert_false(rig_ready(r));
    rig_free(r);
}

static void test_firewall_and_region(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    r->withhold |= BIT64(RQ_OPEN_ORDERS);
    rig_run(r, 11 * NS_PER_S);
    answer_error(r, rig_request(r, RQ_OPEN_ORDERS), 403, 0);
    assert_int_equal(told_link(r, LINK_REST, "firewall"), 1);
    act(r, place_action("a"));
    assert_int_equal(rig_report(r, "a", RK_NOT_SENT)->drop_reason, DROP_BUDGET);
    r->commands = 0;
    rig_run(r, 50 * NS_PER_S);
    assert_int_equal(rig_count_requests(r, RQ_OPEN_ORDERS), 0); // not for a minute
    rig_free(r);
    r = ready_rig_of(DIALECT_BINANCE);
    answer_error(r, place_sent(r, "a"), 451, 0);
    assert_false(rig_ready(r));
    rig_free(r);
}

// PUT fails for half an hour: a new key before the old one ends, taken over by a second connection.
static void test_key_that_cannot_be_renewed(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    r->withhold |= BIT64(RQ_LISTEN_KEY_RENEW) | BIT64(RQ_LISTEN_KEY);
    size_t renewals = 0;
    for (int minute = 0; minute < 59 && rig_count_requests(r, RQ_LISTEN_KEY) == 0; minute++) {
        r->commands = 0;
        r->events = 0;
        rig_run(r, 60 * NS_PER_S);
        for (size_t i = 0; i < r->commands; i++) {
            if (!r->done[i] && r->command[i].rq.kind == RQ_LISTEN_KEY_RENEW) {
                answer_error(r, i, 500, -1000);
                renewals++;
            }
        }
    }
    assert_in_range(renewals, 30, 37); // each minute from the 20th on
    rig_answer_init(r, &g_answer, RQ_LISTEN_KEY);
    text_copy(g_answer.u.listen.key, sizeof g_answer.u.listen.key, "newkey");
    rig_answer(r, rig_request(r, RQ_LISTEN_KEY), &g_answer);
    const struct link_cmd *c = rig_last_command(r, LC_CONNECT, LINK_USER);
    assert_string_equal(c->text, "/ws/newkey");
    assert_int_equal(c->which, 1);
    assert_true(rig_ready(r)); // the old one goes on meanwhile
    rig_open_at(r, LINK_USER, 1);
    rig_run(r, 3 * NS_PER_S);
    rig_close_at(r, LINK_USER, 0);
    assert_true(rig_ready(r));
    rig_free(r);
}

// ------------------------------------------------------------------------------------------------------
// lists

static void test_more_open_orders_than_can_be_read(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    size_t at = place_sent(r, "doubtful");
    answer_lost(r, at);
    r->withhold |= BIT64(RQ_OPEN_ORDERS);
    rig_run(r, 12 * NS_PER_S);
    rig_clear(r);
    act(r, (struct action){.type = ACT_READ, .instrument = ETH, .read_id = 9});
    rig_answer_init(r, &g_answer, RQ_OPEN_ORDERS);
    memset(g_answer.u.orders, 0, sizeof g_answer.u.orders);
    g_answer.rows = ANSWER_ROWS_MAX;
    g_answer.rows_total = 200;
    for (uint32_t i = 0; i < ANSWER_ROWS_MAX; i++) {
        struct wire_order *w = &g_answer.u.orders[i];
        text_copy(w->symbol, sizeof w->symbol, "ETHUSDT");
        snprintf(w->client_id, sizeof w->client_id, "x%u", i);
        text_copy(w->status, sizeof w->status, "NEW");
        w->order_id = i + 1;
        w->qty_e8 = 25000000;
        w->price_e8 = 312040000000;
        w->side = SIDE_SELL;
    }
    rig_answer(r, rig_request(r, RQ_OPEN_ORDERS), &g_answer);
    assert_non_null(rig_report(r, "x0", RK_STATE));                              // what is shown is told
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 0)->u.account.kind, AK_READ_FAILED); // and never called complete
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 0)->u.account.read_id, 9);
    assert_int_equal(told_link(r, LINK_REST, "200 open orders"), 1);
    for (int i = 0; i < 300; i++) { // a list with a part missing proves no absence
        rig_run(r, 100 * NS_PER_MS);
        for (size_t k = 0; k < r->commands; k++) {
            if (!r->done[k] && r->command[k].rq.kind == RQ_QUERY_ORDER) {
                answer_error(r, k, 400, -2013);
            } else if (!r->done[k] && r->command[k].rq.kind == RQ_TRADES) {
                rig_answer_init(r, &g_answer, RQ_TRADES);
                rig_answer(r, k, &g_answer);
            } else if (!r->done[k] && r->command[k].rq.kind == RQ_OPEN_ORDERS) {
                rig_answer_init(r, &g_answer, RQ_OPEN_ORDERS);
                g_answer.rows_total = 200;
                rig_answer(r, k, &g_answer);
            }
        }
        r->commands = 0;
        assert_null(rig_report(r, "doubtful", RK_ABSENT));
        r->events = 0;
    }
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multi_assets_is_switched_off),
        cmocka_unit_test(test_self_trade_prevention_is_set_and_read_back),
        cmocka_unit_test(test_what_is_not_offered),
        cmocka_unit_test(test_drift_is_seen),
        cmocka_unit_test(test_config_events_that_do_no_harm),
        cmocka_unit_test(test_halted_instrument_is_watched),
        cmocka_unit_test(test_brackets),
        cmocka_unit_test(test_funding_terms),
        cmocka_unit_test(test_funding_interval_from_payments),
        cmocka_unit_test(test_missed_funding_is_told),
        cmocka_unit_test(test_second_refusal_of_the_key_stops_the_venue),
        cmocka_unit_test(test_clock_refusals),
        cmocka_unit_test(test_firewall_and_region),
        cmocka_unit_test(test_key_that_cannot_be_renewed),
        cmocka_unit_test(test_more_open_orders_than_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
