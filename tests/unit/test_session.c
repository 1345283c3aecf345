// SPDX-License-Identifier: Apache-2.0
// test_session: tries to make the session trade before it may, believe a book with a hole in it, connect in a
// loop, or fall over text: the start sequence step by step, gaps, stale snapshots, lost and silent links, bad
// messages. Virtual time, a scripted venue, no sockets.
#include "session_rig.h"

// ------------------------------------------------------------------------------------------------------
// market texts

static void market_text(struct rig *r, const char *text)
{
    rig_text(r, LINK_MARKET, 0, text);
}

static void diff(struct rig *r, uint64_t first, uint64_t last, uint64_t prev)
{
    char text[400];
    snprintf(text, sizeof text,
             "{\"stream\":\"ethusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1767225600104,"
             "\"T\":1767225600098,\"s\":\"ETHUSDT\",\"U\":%llu,\"u\":%llu,\"pu\":%llu,"
             "\"b\":[[\"3120.40\",\"1.204\"]],\"a\":[[\"3120.41\",\"0.330\"]]}}",
             (unsigned long long)first, (unsigned long long)last, (unsigned long long)prev);
    market_text(r, text);
}

static void mark(struct rig *r)
{
    market_text(r, "{\"e\":\"markPriceUpdate\",\"E\":1767225600000,\"s\":\"ETHUSDT\",\"p\":\"3121.07\","
                   "\"i\":\"3120.88\",\"P\":\"3119.94\",\"r\":\"0.0001\",\"T\":1767240000000}");
}

static void set_depth(struct rig *r, uint64_t last_id)
{
    rig_answer_init(r, &r->depth, RQ_DEPTH);
    struct wire_depth *d = &r->depth.u.depth;
    *d = (struct wire_depth){.last_id = last_id, .bids = 1, .asks = 1};
    d->price_e8[0] = 3120 * E8;
    d->price_e8[1] = 3121 * E8;
    d->qty_e8[0] = d->qty_e8[1] = E8;
}

static enum book_state last_book_state(const struct rig *r, enum book_reason *reason)
{
    for (size_t i = r->events; i-- > 0;) {
        const struct event *ev = rig_event_at(r, i);
        if (ev->type == EV_BOOK_STATE && ev->instrument == ETH) {
            *reason = (enum book_reason)ev->u.book_state.reason;
            return (enum book_state)ev->u.book_state.state;
        }
    }
    *reason = BOOK_REASON_NONE;
    return BOOK_EMPTY;
}

static void assert_book(const struct rig *r, enum book_state state, enum book_reason reason)
{
    enum book_reason why;
    assert_int_equal(last_book_state(r, &why), state);
    assert_int_equal(why, reason);
}

// A session with a live book of ETHUSDT whose last id is 110.
static struct rig *live_rig(void)
{
    struct rig *r = rig_new();
    rig_start(r);
    set_depth(r, 105);
    diff(r, 101, 107, 100);
    rig_serve(r);
    diff(r, 108, 110, 107);
    assert_book(r, BOOK_LIVE, BOOK_REASON_NONE);
    rig_clear(r);
    r->commands = 0;
    return r;
}

// -------------------------------------------------------------------------------------------------------------
// start

static void test_start_sequence(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->venue_ahead_ns = 700 * NS_PER_MS;
    r->open[ETH].rows = 1;
    r->open[ETH].u.orders[0] =
        (struct wire_order){.order_id = 77, .price_e8 = 3100 * E8, .qty_e8 = E8 / 10, .side = SIDE_BUY};
    text_copy(r->open[ETH].u.orders[0].symbol, 24, "ETHUSDT");
    text_copy(r->open[ETH].u.orders[0].client_id, 40, "ttM0000001-1");
    text_copy(r->open[ETH].u.orders[0].status, 20, "NEW");
    session_start(r->s, r->now, r->wall, &r->out);
    // nothing signed before the clock is known
    assert_int_equal(rig_count_requests(r, RQ_TIME), 1);
    assert_int_equal(rig_count_requests(r, RQ_EXCHANGE_INFO), 1);
    assert_int_equal(rig_count_requests(r, RQ_LISTEN_KEY), 0);
    rig_serve(r);
    struct session_status st;
    session_status(r->s, &st);
    assert_true(llabs(st.clock_offset_ns - 700 * NS_PER_MS) <= NS_PER_MS);
    assert_string_equal(
        rig_last_command(r, LC_CONNECT, LINK_MARKET)->text,
        "/stream?streams=ethusdt@depth@100ms/ethusdt@aggTrade/ethusdt@bookTicker/ethusdt@markPrice@1s/"
        "btcusdt@depth@100ms/btcusdt@aggTrade/btcusdt@bookTicker/btcusdt@markPrice@1s");
    assert_string_equal(rig_last_command(r, LC_CONNECT, LINK_USER)->text, "/ws/abcdef");
    assert_int_equal(rig_count_requests(r, RQ_MARGIN_TYPE), 2);
    assert_int_equal(rig_count_requests(r, RQ_LEVERAGE), 2);
    assert_int_equal(rig_count_requests(r, RQ_OPEN_ORDERS), 0);
    assert_false(rig_ready(r));
    // instruments by configured order, default fees first, the venue's own after
    assert_string_equal(rig_nth(r, EV_INSTRUMENT, 0)->u.instrument_rev.symbol, "ETHUSDT");
    assert_int_equal(rig_nth(r, EV_INSTRUMENT, 0)->instrument, ETH);
    assert_int_equal(rig_nth(r, EV_INSTRUMENT, 0)->u.instrument_rev.maker_fee_e8, 10000);
    assert_int_equal(r->count[EV_INSTRUMENT], 4);
    assert_int_equal(session_instrument(r->s, ETH)->maker_fee_e8, 5000);
    assert_int_equal(session_instrument(r->s, BTC)->leverage, 3);
    rig_open(r, LINK_MARKET);
    rig_open(r, LINK_USER);
    assert_false(rig_ready(r));
    rig_run(r, 20 * NS_PER_MS);
    assert_true(rig_ready(r));
    const struct ev_order *o = rig_report(r, "ttM0000001-1", RK_STATE);
    assert_non_null(o);
    assert_int_equal(o->price_ticks, 310000);
    assert_int_equal(o->qty_lots, 100);
    assert_int_equal(r->count[EV_ACCOUNT], 2 + 2 + 1); // open orders, positions, balance
    rig_free(r);
}

static void test_settings_already_so(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->margin_code = -4046;
    rig_start(r);
    assert_true(rig_ready(r));
    rig_free(r);
}

// A venue with lower limits than the configuration supposes must not be found out by its refusals.
static void test_the_venues_own_rate_limits_rule(void **state)
{
    (void)state;
    static struct answer a;
    struct rig *r = rig_new();
    r->withhold = UINT64_C(1) << RQ_EXCHANGE_INFO;
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    size_t at = rig_request(r, RQ_EXCHANGE_INFO);
    rig_fill_default(r, &r->command[at].rq, &a);
    a.weight_limit_min = 600;
    a.order_limit_min = 30;
    rig_answer(r, at, &a);
    struct session_status st;
    session_status(r->s, &st);
    assert_int_equal(st.weight_limit, 600);
    assert_int_equal(st.orders_limit, 30);
    rig_free(r);
}

static void test_hedge_mode_is_refused(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->hedge = 1;
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 0)->u.account.kind, AK_CONFIG);
    rig_open(r, LINK_MARKET);
    rig_open(r, LINK_USER);
    rig_run(r, 3 * NS_PER_S);
    assert_false(rig_ready(r));
    r->hedge = 0; // a person changed it
    rig_run(r, 40 * NS_PER_S);
    assert_true(rig_ready(r));
    rig_free(r);
}

static void test_failing_start_is_repeated_with_back_off(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->withhold = UINT64_MAX;
    session_start(r->s, r->now, r->wall, &r->out);
    size_t asked = 0;
    for (int second = 0; second < 120; second++) {
        static struct answer lost;
        rig_answer_init(r, &lost, RQ_TIME);
        lost.lost = 1;
        lost.http_status = 0;
        for (size_t i = 0; i < r->commands; i++) {
            if (!r->done[i]) {
                asked++;
                rig_answer(r, i, &lost);
            }
        }
        rig_run(r, NS_PER_S);
    }
    assert_in_range(asked, 12, 24); // 1, 2, 4, 8, 16, 30, 30 s for two questions
    r->withhold = 0;
    assert_int_equal(rig_count_commands(r, LC_CONNECT, LINK_MARKET), 0);
    rig_run(r, 31 * NS_PER_S);
    assert_true(rig_count_commands(r, LC_CONNECT, LINK_MARKET) > 0);
    rig_free(r);
}

// --------------------------------------------------------------------------------------------------------------
// book

static void test_gap_and_resync(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    diff(r, 116, 120, 115); // 111..115 are missing
    assert_book(r, BOOK_STALE, BOOK_REASON_GAP);
    assert_int_equal(r->count[EV_BOOK_DIFF], 0);
    set_depth(r, 112); // older than the buffer
    rig_run(r, 1100 * NS_PER_MS);
    assert_int_equal(rig_count_requests(r, RQ_DEPTH), 1);
    assert_int_equal(r->count[EV_BOOK_SNAPSHOT], 0);
    set_depth(r, 118);
    uint64_t id = 121;
    for (; id < 160 && r->count[EV_BOOK_SNAPSHOT] == 0; id++) {
        diff(r, id, id, id - 1);
        rig_run(r, 100 * NS_PER_MS);
    }
    assert_int_equal(r->count[EV_BOOK_SNAPSHOT], 1);
    assert_int_equal(r->count[EV_BOOK_DIFF], id - 121 + 1); // 116..120 and all kept since, once each
    assert_book(r, BOOK_LIVE, BOOK_REASON_NONE);
    struct session_status st;
    session_status(r->s, &st);
    assert_int_equal(st.gaps, 1);
    rig_free(r);
}

static void test_three_useless_snapshots_reconnect(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    diff(r, 200, 210, 199);
    set_depth(r, 112);
    for (int i = 0; i < 12 && rig_count_commands(r, LC_CLOSE, LINK_MARKET) == 0; i++) {
        rig_run(r, NS_PER_S);
        diff(r, 211 + (uint64_t)i, 211 + (uint64_t)i, 210 + (uint64_t)i);
    }
    assert_int_equal(rig_count_requests(r, RQ_DEPTH), 3);
    assert_int_equal(rig_count_commands(r, LC_CLOSE, LINK_MARKET), 1);
    rig_free(r);
}

static void test_snapshot_requests_are_limited(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    uint64_t id = 1000;
    size_t asked = 0;
    for (int i = 0; i < 1200;
         i++, id += 10) { // two minutes of nothing but gaps, each healed by the next snapshot
        diff(r, id, id + 1, id - 1);
        mark(r);
        set_depth(r, id);
        rig_run(r, 100 * NS_PER_MS);
        asked += rig_count_requests(r, RQ_DEPTH);
        r->events = r->commands = 0;
    }
    assert_in_range(asked, 60, 121); // one a second, 40 a minute
    assert_in_range(asked, 60, 82);
    rig_free(r);
}

static void test_duplicates_and_foreign_streams(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    diff(r, 108, 110, 107);
    assert_int_equal(r->count[EV_BOOK_DIFF], 0);
    // a symbol that is not the stream's, an unknown one, a top-N copy: never routed
    market_text(r, "{\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1,\"T\":1,"
                   "\"s\":\"ETHUSDT\","
                   "\"U\":111,\"u\":112,\"pu\":110,\"b\":[],\"a\":[]}}");
    market_text(r, "{\"stream\":\"ethusdt@depth5@100ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":1,\"T\":1,"
                   "\"s\":\"ETHUSDT\","
                   "\"U\":111,\"u\":112,\"pu\":110,\"b\":[],\"a\":[]}}");
    market_text(
        r, "{\"e\":\"depthUpdate\",\"E\":1,\"T\":1,\"s\":\"XRPUSDT\",\"U\":111,\"u\":112,\"pu\":110,\"b\":[],"
           "\"a\":[]}");
    assert_int_equal(r->events, 0);
    struct session_status st;
    session_status(r->s, &st);
    assert_int_equal(st.duplicates, 1);
    assert_int_equal(st.bad_messages, 3);
    diff(r, 111, 112, 110); // the true chain goes on
    assert_int_equal(r->count[EV_BOOK_DIFF], 1);
    rig_free(r);
}

static void test_senseless_levels_are_a_gap_not_a_level(void **state)
{
    (void)state;
    static const char *const LEVELS[] = {"[\"3120.405\",\"1\"]", "[\"3120.40\",\"1.0005\"]",
                                         "[\"0.00\",\"1\"]"};
    for (size_t i = 0; i < sizeof LEVELS / sizeof LEVELS[0]; i++) {
        struct rig *r = live_rig();
        char text[300];
        snprintf(text, sizeof text,
                 "{\"e\":\"depthUpdate\",\"E\":1,\"T\":1,\"s\":\"ETHUSDT\",\"U\":111,\"u\":112,\"pu\":110,"
                 "\"b\":[%s],\"a\":[]}",
                 LEVELS[i]);
        market_text(r, text);
        assert_int_equal(r->events, 0);
        diff(r, 113, 114, 112);
        assert_book(r, BOOK_STALE, BOOK_REASON_GAP);
        rig_free(r);
    }
}

static void test_kept_diffs_are_bounded(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    r->withhold = UINT64_C(1) << RQ_DEPTH;
    diff(r, 200, 210, 199);
    for (uint64_t id = 211; id < 211 + 3000; id++) {
        rig_pass(r, NS_PER_MS);
        diff(r, id, id, id - 1);
    }
    size_t at = rig_request(r, RQ_DEPTH);
    rig_clear(r);
    set_depth(r, 215); // from before the buffer started over
    rig_answer(r, at, &r->depth);
    assert_int_equal(r->count[EV_BOOK_SNAPSHOT], 0);
    r->withhold = 0;
    set_depth(r, 3200);
    rig_run(r, 5 * NS_PER_S);
    assert_int_equal(r->count[EV_BOOK_SNAPSHOT], 1);
    assert_in_range(r->count[EV_BOOK_DIFF], 5, 1024);
    rig_free(r);
}

static void test_engine_asks_for_a_snapshot(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    struct action a = {.type = ACT_REQUEST_SNAPSHOT, .instrument = ETH};
    session_on_action(r->s, &a, r->now, r->wall, &r->out);
    assert_book(r, BOOK_STALE, BOOK_REASON_SNAPSHOT);
    set_depth(r, 112);
    diff(r, 111, 113, 110);
    rig_run(r, 1100 * NS_PER_MS);
    assert_book(r, BOOK_LIVE, BOOK_REASON_NONE);
    rig_free(r);
}

static void test_silent_book(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    rig_run(r, 1400 * NS_PER_MS);
    assert_int_equal(r->count[EV_BOOK_STATE], 0);
    rig_run(r, 200 * NS_PER_MS);
    assert_book(r, BOOK_STALE, BOOK_REASON_SILENT);
    diff(r, 111, 112, 110);
    assert_book(r, BOOK_LIVE, BOOK_REASON_NONE);
    rig_free(r);
}

// ------------------------------------------------------------------------------------------- trades, touch,
// mark price

static void test_small_messages(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    market_text(r, "{\"e\":\"aggTrade\",\"E\":1767225600095,\"s\":\"ETHUSDT\",\"a\":7001,\"p\":\"3120.41\","
                   "\"q\":\"0.120\","
                   "\"f\":88120,\"l\":88122,\"T\":1767225600090,\"m\":true}");
    market_text(r,
                "{\"e\":\"bookTicker\",\"u\":991,\"E\":1767225600106,\"T\":1767225600105,\"s\":\"BTCUSDT\","
                "\"b\":\"93012.4\",\"B\":\"1.204\",\"a\":\"93012.5\",\"A\":\"0.330\"}");
    market_text(r, "{\"e\":\"markPriceUpdate\",\"E\":1767225600000,\"s\":\"ETHUSDT\",\"p\":\"3121.07384210\","
                   "\"i\":\"3120.88412095\",\"P\":\"3119.94\",\"r\":\"-0.00004113\",\"T\":1767240000000}");
    market_text(r, "{\"e\":\"trade\",\"E\":1,\"T\":1,\"s\":\"ETHUSDT\",\"t\":5,\"p\":\"9999.00\",\"q\":\"1\","
                   "\"X\":\"INSURANCE_FUND\",\"m\":true}");
    assert_int_equal(r->events, 3);
    const struct event *t = rig_nth(r, EV_TRADE, 0);
    assert_int_equal(t->u.trade.price_ticks, 312041);
    assert_int_equal(t->u.trade.qty_lots, 120);
    assert_int_equal(t->u.trade.side, SIDE_SELL); // the buyer was the maker: the taker sold
    assert_int_equal(t->u.trade.trade_id, 7001);
    assert_int_equal(t->venue_ns, INT64_C(1767225600090) * NS_PER_MS);
    const struct event *u = rig_nth(r, EV_TOUCH, 0);
    assert_int_equal(u->instrument, BTC);
    assert_int_equal(u->u.touch.bid_ticks, 930124);
    assert_int_equal(u->u.touch.ask_lots, 330);
    const struct event *m = rig_nth(r, EV_MARK, 0);
    assert_int_equal(m->u.mark.mark_e8, INT64_C(312107384210));
    assert_int_equal(m->u.mark.funding_rate_e8, -4113);
    assert_int_equal(m->flags, 0);
    rig_free(r);
}

// -------------------------------------------------------------------------------------------------------------
// links

static void test_silent_link_is_closed_and_reopened(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    rig_run(r, 4900 * NS_PER_MS);
    assert_int_equal(rig_count_commands(r, LC_CLOSE, LINK_MARKET), 0);
    rig_run(r, 200 * NS_PER_MS);
    assert_int_equal(rig_count_commands(r, LC_CLOSE, LINK_MARKET), 1);
    assert_int_equal(rig_count_commands(r, LC_CONNECT, LINK_MARKET), 0);
    rig_close(r, LINK_MARKET);
    assert_book(r, BOOK_STALE, BOOK_REASON_SILENT);
    rig_run(r, NS_PER_MS);
    assert_int_equal(rig_count_commands(r, LC_CONNECT, LINK_MARKET), 1); // the first retry at once
    rig_free(r);
}

static void test_reconnects_back_off_and_end(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    int64_t last = r->now;
    int64_t wait[8];
    rig_close(r, LINK_MARKET);
    for (int i = 0; i < 8; i++) {
        size_t before = rig_count_commands(r, LC_CONNECT, LINK_MARKET);
        last = r->now;
        while (rig_count_commands(r, LC_CONNECT, LINK_MARKET) == before) {
            rig_run(r, 10 * NS_PER_MS);
        }
        wait[i] = r->now - last;
        rig_close(r, LINK_MARKET);
    }
    assert_in_range(wait[0], 0, 1000 * NS_PER_MS); // at once, but one connect a second
    assert_in_range(wait[2], 1600 * NS_PER_MS, 2500 * NS_PER_MS);
    assert_in_range(wait[4], 6400 * NS_PER_MS, 9700 * NS_PER_MS);
    assert_in_range(wait[7], 24000 * NS_PER_MS, 36100 * NS_PER_MS);
    rig_free(r);
}

// Connects that succeed and break at once, for an hour: never more than one a second, and 60 in any 5
// minutes.
static void test_flapping_link_is_bounded(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    size_t connects = 0;
    int64_t last = 0;
    rig_close(r, LINK_MARKET);
    for (int64_t end = r->now + 3600 * NS_PER_S; r->now < end;) {
        rig_run(r, 50 * NS_PER_MS);
        if (rig_count_commands(r, LC_CONNECT, LINK_MARKET)) {
            assert_true(last == 0 || r->now - last >= 950 * NS_PER_MS);
            last = r->now;
            connects++;
            rig_open(r, LINK_MARKET);
            rig_close(r, LINK_MARKET);
        }
        r->events = r->commands = 0;
    }
    assert_in_range(connects, 100, 150); // 30 s +- 20 % apart in the end
    rig_free(r);
}

static void test_bad_messages_close_the_link(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    for (int i = 0; i < 9; i++) {
        market_text(r, "{\"e\":\"depthUpdate\"");
    }
    assert_int_equal(rig_count_commands(r, LC_CLOSE, LINK_MARKET), 0);
    market_text(r, "[1,2");
    assert_int_equal(rig_count_commands(r, LC_CLOSE, LINK_MARKET), 1);
    rig_free(r);
}

static void test_lost_link_makes_books_stale(void **state)
{
    (void)state;
    struct rig *r = live_rig();
    rig_close(r, LINK_MARKET);
    assert_book(r, BOOK_STALE, BOOK_REASON_LINK);
    rig_run(r, 1100 * NS_PER_MS);
    rig_open(r, LINK_MARKET);
    assert_book(r, BOOK_SYNCING, BOOK_REASON_LINK);
    set_depth(r, 305);
    diff(r, 301, 310, 300);
    rig_run(r, 1100 * NS_PER_MS);
    assert_book(r, BOOK_LIVE, BOOK_REASON_NONE);
    rig_free(r);
}

// Paper and recording have no key: for an hour nothing may need one.
static void test_public_only_signs_nothing(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->config.public_only = 1;
    session_init(r->s, session_size(), &r->config);
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    rig_open(r, LINK_MARKET);
    for (int i = 0; i < 3600; i++) {
        rig_pass(r, NS_PER_S);
        rig_serve(r);
    }
    for (size_t k = 0; k < r->commands; k++) {
        const struct link_cmd *c = &r->command[k];
        assert_false(c->type == LC_REQUEST && c->rq.signed_);
        assert_false(c->type == LC_CONNECT && (c->link == LINK_USER || c->link == LINK_ORDER));
    }
    assert_true(rig_ready(r));
    assert_int_equal(r->count[EV_ACCOUNT], 0);
    assert_true(r->count[EV_INSTRUMENT] >= 2);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_sequence),
        cmocka_unit_test(test_settings_already_so),
        cmocka_unit_test(test_the_venues_own_rate_limits_rule),
        cmocka_unit_test(test_hedge_mode_is_refused),
        cmocka_unit_test(test_failing_start_is_repeated_with_back_off),
        cmocka_unit_test(test_gap_and_resync),
        cmocka_unit_test(test_three_useless_snapshots_reconnect),
        cmocka_unit_test(test_snapshot_requests_are_limited),
        cmocka_unit_test(test_duplicates_and_foreign_streams),
        cmocka_unit_test(test_senseless_levels_are_a_gap_not_a_level),
        cmocka_unit_test(test_kept_diffs_are_bounded),
        cmocka_unit_test(test_engine_asks_for_a_snapshot),
        cmocka_unit_test(test_silent_book),
        cmocka_unit_test(test_small_messages),
        cmocka_unit_test(test_silent_link_is_closed_and_reopened),
        cmocka_unit_test(test_reconnects_back_off_and_end),
        cmocka_unit_test(test_flapping_link_is_bounded),
        cmocka_unit_test(test_bad_messages_close_the_link),
        cmocka_unit_test(test_lost_link_makes_books_stale),
        cmocka_unit_test(test_public_only_signs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
