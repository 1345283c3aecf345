// SPDX-License-Identifier: Apache-2.0
// test_session_links: tries to make a planned change of connection lose or double a message: two connections
// that cut the same updates into different pieces and lag behind each other, a second one that fails, is
// silent or is ahead, a first one that breaks half way; fills and funding told twice. Then streams that are
// acknowledged and never come, in the dialects with one and with two market links.
#include "session_orders_rig.h"

#include "base/rng.h"

static const int64_t AGE_NS = 100 * NS_PER_S; // of a connection, in these tests

static const char *stream_of(uint16_t instrument)
{
    return instrument == ETH ? "ETHUSDT" : "BTCUSDT";
}

// Updates first..last of an instrument; update n sets the quantity of one of eight bids and asks to n lots.
static void diff_at(struct rig *r, unsigned which, uint16_t instrument, uint64_t first, uint64_t last)
{
    char text[4000];
    char side[2][1500] = {"", ""};
    size_t n[2] = {0, 0};
    for (uint64_t id = first; id <= last; id++) {
        size_t k = id / 8 % 2;
        n[k] += (size_t)snprintf(side[k] + n[k], sizeof side[k] - n[k], "%s[\"%d.00\",\"%llu.%03llu\"]",
                                 n[k] ? "," : "", (int)(k ? 3121 : 3100) + (int)(id % 8),
                                 (unsigned long long)id / 1000, (unsigned long long)id % 1000);
    }
    bool spot = dialect_get((enum dialect_id)r->config.dialect)->spot;
    snprintf(text, sizeof text,
             "{\"e\":\"depthUpdate\",\"E\":1767225600104,%s\"s\":\"%s\",\"U\":%llu,\"u\":%llu,%s\"b\":[%s],"
             "\"a\":[%s]}",
             spot ? "" : "\"T\":1767225600098,", stream_of(instrument), (unsigned long long)first,
             (unsigned long long)last, "%PU%", side[0], side[1]);
    char pu[40] = "";
    if (!spot) {
        snprintf(pu, sizeof pu, "\"pu\":%llu,", (unsigned long long)first - 1);
    }
    char *at = strstr(text, "%PU%");
    char whole[4000];
    snprintf(whole, sizeof whole, "%.*s%s%s", (int)(at - text), text, pu, at + 4);
    rig_text(r, LINK_MARKET, which, whole);
}

static void set_depth(struct rig *r, uint64_t last_id)
{
    rig_answer_init(r, &r->depth, RQ_DEPTH);
    struct wire_depth *d = &r->depth.u.depth;
    *d = (struct wire_depth){.last_id = last_id, .bids = 1, .asks = 1};
    d->price_e8[0] = 3000 * E8;
    d->price_e8[1] = 3200 * E8;
    d->qty_e8[0] = d->qty_e8[1] = E8;
}

static void mark_at(struct rig *r, unsigned which, uint16_t instrument)
{
    const struct dialect *d = dialect_get((enum dialect_id)r->config.dialect);
    if (d->spot) {
        return;
    }
    char text[300];
    snprintf(text, sizeof text,
             "{\"e\":\"markPriceUpdate\",\"E\":%lld,\"s\":\"%s\",\"p\":\"3121.07\",\"i\":\"3120.88\",\"P\":"
             "\"3119.94\","
             "\"r\":\"0.00004113\",\"T\":1767240000000}",
             (long long)(r->wall / NS_PER_MS), stream_of(instrument));
    rig_text(r, d->stream_at[STREAM_MARK] ? LINK_MARKET2 : LINK_MARKET, which, text);
}

static uint64_t g_id; // newest update on the first connection

// Half a second of life: a diff of each instrument ten times a second, marks.
static void live_on(struct rig *r, unsigned which, int64_t ns)
{
    for (int64_t end = r->now + ns; r->now < end;) {
        g_id++;
        diff_at(r, which, ETH, g_id, g_id);
        diff_at(r, which, BTC, g_id, g_id);
        if (g_id % 10 == 0) {
            mark_at(r, which, ETH);
            mark_at(r, which, BTC);
        }
        rig_run(r, 100 * NS_PER_MS);
    }
}

// Both books live; the connections are AGE_NS old, and the second one has been asked for.
static struct rig *aged_rig(enum dialect_id dialect)
{
    struct rig *r = rig_new_of(dialect);
    r->config.reconnect_after_ns = AGE_NS;
    rig_configure(r);
    rig_start(r);
    set_depth(r, 100);
    g_id = 98;
    live_on(r, 0, 3 * NS_PER_S);
    assert_int_equal(r->count[EV_BOOK_STATE], 2); // both live
    for (int i = 0; i < 2000 && rig_count_commands(r, LC_CONNECT, LINK_MARKET) == 0; i++) {
        r->commands = 0;
        live_on(r, 0, 500 * NS_PER_MS);
    }
    const struct link_cmd *c = rig_last_command(r, LC_CONNECT, LINK_MARKET);
    assert_int_equal(c->which, 1);
    assert_non_null(strstr(c->text, "ethusdt@depth@100ms"));
    rig_clear(r);
    return r;
}

static const enum dialect_id DIALECTS[] = {DIALECT_ASTER_V3, DIALECT_ASTER_V1, DIALECT_ASTER_SPOT,
                                           DIALECT_ASTER_SPOT_V1, DIALECT_BINANCE};

static size_t closes(const struct rig *r, enum link_id link, unsigned which)
{
    size_t n = 0;
    for (size_t i = 0; i < r->commands; i++) {
        n += r->command[i].type == LC_CLOSE && r->command[i].link == link && r->command[i].which == which;
    }
    return n;
}

static void assert_calm(const struct rig *r)
{
    struct session_status st;
    session_status(r->s, &st);
    assert_int_equal(r->count[EV_BOOK_STATE], 0); // never stale
    assert_int_equal(st.gaps, 0);
}

// ------------------------------------------------------------------------------------------- planned change

static void test_change_keeps_the_books(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof DIALECTS / sizeof DIALECTS[0]; k++) {
        struct rig *r = aged_rig(DIALECTS[k]);
        rig_open_at(r, LINK_MARKET, 1);
        uint64_t at = g_id;
        diff_at(r, 1, ETH, at + 3, at + 4); // the new one is ahead: not yet
        assert_int_equal(r->count[EV_BOOK_DIFF], 0);
        diff_at(r, 0, ETH, at + 1, at + 4);
        diff_at(r, 0, ETH, at + 5, at + 5);
        diff_at(r, 1, ETH, at + 5, at + 6); // cut otherwise: overlaps, and goes further
        assert_int_equal(r->count[EV_BOOK_DIFF], 3);
        assert_int_equal(closes(r, LINK_MARKET, 0), 0); // the other book is not there yet
        diff_at(r, 0, ETH, at + 6, at + 6);             // old news
        assert_int_equal(r->count[EV_BOOK_DIFF], 3);
        diff_at(r, 1, BTC, at, at); // repeats what we have: it goes on from here
        assert_int_equal(closes(r, LINK_MARKET, 0), 1);
        assert_int_equal(closes(r, LINK_MARKET, 1), 0);
        diff_at(r, 0, ETH, at + 7, at + 7); // left behind: not heard
        assert_int_equal(r->count[EV_BOOK_DIFF], 3);
        rig_close_at(r, LINK_MARKET, 0);
        g_id = at + 6;
        diff_at(r, 1, BTC, at + 1, at + 6);
        live_on(r, 1, 3 * NS_PER_S);
        assert_calm(r);
        diff_at(r, 1, ETH, g_id + 2, g_id + 2); // from now on a hole is a hole again
        assert_int_equal(r->count[EV_BOOK_STATE], 1);
        rig_free(r);
    }
}

// -- the same at random: quantities of an independent book after every event

enum { LEVELS = 16, UPDATES = 400 };

static int64_t g_book[LEVELS];
static uint64_t g_last;
static uint64_t g_seen;

static void truth_at(uint64_t id, int64_t *book)
{
    memset(book, 0, LEVELS * sizeof *book);
    for (uint64_t n = id > 40 ? id - 40 : 1; n <= id; n++) {
        book[n / 8 % 2 * 8 + n % 8] = (int64_t)n;
    }
}

static void on_book(struct rig *r, const struct event *ev)
{
    (void)r;
    if (ev->type != EV_BOOK_DIFF || ev->instrument != ETH) {
        return;
    }
    const struct ev_book *b = &ev->u.book;
    assert_true(b->last_id > g_last);
    for (uint32_t i = 0; i < b->bids + b->asks; i++) {
        bool ask = i >= b->bids;
        int64_t level = b->levels[i].ticks / 100 - (ask ? 3121 : 3100);
        g_book[(ask ? 8 : 0) + level] = b->levels[i].lots;
    }
    g_last = b->last_id;
    if (g_seen++ > 40) {
        int64_t truth[LEVELS];
        truth_at(g_last, truth);
        assert_memory_equal(g_book, truth, sizeof truth);
    }
}

// Each connection tells the updates in pieces of its own, up to where it is; one lags behind the other.
static void test_change_with_any_pieces(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 20240808);
    for (int round = 0; round < 60; round++) {
        struct rig *r = aged_rig(DIALECTS[(size_t)round % (sizeof DIALECTS / sizeof DIALECTS[0])]);
        r->on_book = on_book;
        g_last = g_id;
        g_seen = 0;
        uint64_t told[2] = {g_id, g_id + rng_below(&rng, 30)}; // the second begins where it was opened
        bool second = false;
        size_t closed = 0;
        for (uint64_t venue = g_id; venue < g_id + UPDATES; venue += 2) {
            if (!second && venue > g_id + 50 + rng_below(&rng, 50)) {
                rig_open_at(r, LINK_MARKET, 1);
                second = true;
                told[1] = venue + rng_below(&rng, 10);
            }
            unsigned which = second ? (unsigned)rng_below(&rng, 2) : 0;
            uint64_t to = told[which] + 1 + rng_below(&rng, 9);
            if (to <= venue) {
                diff_at(r, which, ETH, told[which] + 1, to);
                diff_at(r, which, BTC, told[which] + 1, to);
                told[which] = to;
            }
            rig_run(r, (int64_t)rng_below(&rng, 20) * NS_PER_MS);
            closed += closes(r, LINK_MARKET, 0);
            r->commands = 0;
        }
        assert_int_equal(closed, 1);
        assert_calm(r);
        rig_free(r);
    }
}

static void test_second_connection_fails(void **state)
{
    (void)state;
    struct rig *r = aged_rig(DIALECT_ASTER_V3);
    r->commands = 0;
    rig_close_at(r, LINK_MARKET, 1); // refused at once
    live_on(r, 0, 60 * NS_PER_S);
    size_t tries = rig_count_commands(r, LC_CONNECT, LINK_MARKET);
    assert_in_range(tries, 2, 8); // again, with back-off; each without an answer for 10 s
    assert_int_equal(closes(r, LINK_MARKET, 0), 0);
    rig_open_at(r, LINK_MARKET, 1); // too late or in time: whatever it is, the first goes on
    live_on(r, 0, 40 * NS_PER_S);   // and the second never says a word
    assert_int_equal(closes(r, LINK_MARKET, 0), 0);
    assert_calm(r);
    rig_free(r);
}

static void test_first_breaks_while_the_second_is_there(void **state)
{
    (void)state;
    struct rig *r = aged_rig(DIALECT_BINANCE);
    rig_open_at(r, LINK_MARKET, 1);
    diff_at(r, 1, ETH, g_id + 1, g_id + 1);
    rig_close_at(r, LINK_MARKET, 0);
    const struct ev_book_state *b = &rig_nth(r, EV_BOOK_STATE, 0)->u.book_state;
    assert_int_equal(rig_nth(r, EV_BOOK_STATE, 0)->instrument, BTC); // not reached: anew
    assert_int_equal(b->state, BOOK_SYNCING);
    assert_int_equal(r->count[EV_BOOK_STATE], 1);
    g_id++;
    live_on(r, 1, NS_PER_S);
    assert_int_equal(rig_count_commands(r, LC_CONNECT, LINK_MARKET), 1);
    rig_free(r);
}

static void test_first_breaks_before_the_second_is_there(void **state)
{
    (void)state;
    struct rig *r = aged_rig(DIALECT_ASTER_V3);
    rig_close_at(r, LINK_MARKET, 0);
    assert_int_equal(r->count[EV_BOOK_STATE], 2); // the ordinary way: both stale
    rig_run(r, 1200 * NS_PER_MS);
    assert_int_equal(rig_last_command(r, LC_CONNECT, LINK_MARKET)->which, 0);
    rig_open_at(r, LINK_MARKET, 0);
    set_depth(r, g_id + 5);
    live_on(r, 0, 3 * NS_PER_S);
    assert_int_equal(r->count[EV_BOOK_STATE], 6);
    rig_free(r);
}

static void test_prints_and_touches_are_told_once(void **state)
{
    (void)state;
    struct rig *r = aged_rig(DIALECT_ASTER_V3);
    rig_open_at(r, LINK_MARKET, 1);
    rig_clear(r);
    for (unsigned which = 0; which < 2; which++) {
        for (int id = 1; id <= 3; id++) {
            char text[300];
            snprintf(text, sizeof text,
                     "{\"e\":\"aggTrade\",\"E\":1767225600095,\"s\":\"ETHUSDT\",\"a\":%d,\"p\":\"3120.41\","
                     "\"q\":\"0.120\","
                     "\"f\":88120,\"l\":88122,\"T\":1767225600090,\"m\":true}",
                     id);
            rig_text(r, LINK_MARKET, which, text);
            snprintf(
                text, sizeof text,
                "{\"e\":\"bookTicker\",\"u\":%d,\"E\":1767225600106,\"T\":1767225600105,\"s\":\"ETHUSDT\","
                "\"b\":\"3120.40\",\"B\":\"1.204\",\"a\":\"3120.41\",\"A\":\"0.330\"}",
                id);
            rig_text(r, LINK_MARKET, which, text);
        }
        mark_at(r, which, ETH);
    }
    assert_int_equal(r->count[EV_TRADE], 3);
    assert_int_equal(r->count[EV_TOUCH], 3);
    assert_int_equal(r->count[EV_MARK], 1);
    rig_free(r);
}

// -------------------------------------------------------------------------------------------- user stream

static void user_funding(struct rig *r, unsigned which, int64_t wallet_e8, int64_t event_ms)
{
    memset(&g_user, 0, sizeof g_user);
    g_user.kind = UM_ACCOUNT;
    g_user.balances = 1;
    g_user.event_ms = event_ms;
    text_copy(g_user.reason, sizeof g_user.reason, "FUNDING_FEE");
    text_copy(g_user.balance[0].asset, 12, "USDT");
    g_user.balance[0].wallet_e8 = wallet_e8;
    session_on_user(r->s, which, &g_user, r->now, r->wall, &r->out);
}

static void test_user_messages_count_once(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    r->config.reconnect_after_ns = AGE_NS;
    rig_configure(r);
    rig_start(r);
    for (int i = 0; i < 300 && rig_count_commands(r, LC_CONNECT, LINK_USER) == 0; i++) {
        r->commands = 0;
        rig_run(r, NS_PER_S);
    }
    assert_int_equal(rig_last_command(r, LC_CONNECT, LINK_USER)->which, 1);
    assert_string_equal(rig_last_command(r, LC_CONNECT, LINK_USER)->text, "/ws/abcdef");
    rig_open_at(r, LINK_USER, 1);
    rig_clear(r);
    r->commands = 0;
    int64_t ms = r->wall / NS_PER_MS;
    user_funding(r, 1, 49 * E8, ms); // the new one first
    user_funding(r, 0, 49 * E8, ms);
    user_funding(r, 0, 48 * E8, ms + 1); // then the old one first
    user_funding(r, 1, 48 * E8, ms + 1);
    user_funding(r, 0, 48 * E8, ms + 1); // and once more by the same: a message of its own
    assert_int_equal(r->count[EV_ACCOUNT], 3);
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 0)->u.account.change_e8, -E8);
    assert_int_equal(rig_nth(r, EV_ACCOUNT, 1)->u.account.change_e8, -E8);
    assert_true(rig_ready(r));
    rig_run(r, 2100 * NS_PER_MS);
    assert_int_equal(closes(r, LINK_USER, 0), 1);
    rig_close_at(r, LINK_USER, 0);
    assert_true(rig_ready(r)); // never away
    rig_run(r, 600 * NS_PER_MS);
    assert_true(rig_count_requests(r, RQ_OPEN_ORDERS) >= 2); // and compared with reads
    user_funding(r, 0, 40 * E8, ms + 5);
    user_funding(r, 1, 47 * E8, ms + 6);
    assert_int_equal(rig_nth(r, EV_ACCOUNT, r->count[EV_ACCOUNT] - 1)->u.account.wallet_e8, 47 * E8);
    rig_free(r);
}

// Acknowledged over REST, and not a word on the stream: a dead stream.
static void test_silent_user_stream(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    size_t at = place_sent(r, "a");
    rig_pass(r, 3 * NS_PER_MS);
    answer_order(r, at, "NEW", 0);
    rig_run(r, 4900 * NS_PER_MS);
    assert_int_equal(closes(r, LINK_USER, 0), 0);
    rig_run(r, 200 * NS_PER_MS);
    assert_int_equal(closes(r, LINK_USER, 0), 1);
    rig_close(r, LINK_USER);
    rig_run(r, 1100 * NS_PER_MS);
    assert_true(rig_count_commands(r, LC_CONNECT, LINK_USER) == 1);
    rig_free(r);
}

static void test_event_before_the_answer_is_no_silence(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    size_t at = place_sent(r, "a");
    rig_pass(r, NS_PER_MS);
    user_order(r, "a", "NEW", "NEW", 0, 0, 0);
    rig_pass(r, NS_PER_MS);
    answer_order(r, at, "NEW", 0);
    rig_run(r, 30 * NS_PER_S);
    assert_int_equal(closes(r, LINK_USER, 0), 0);
    rig_free(r);
}

// ------------------------------------------------------------------------------------------- two market
// links

static void test_binance_needs_two_links(void **state)
{
    (void)state;
    struct rig *r = rig_new_of(DIALECT_BINANCE);
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    assert_string_equal(rig_last_command(r, LC_CONNECT, LINK_MARKET)->text,
                        "/public/stream?streams=ethusdt@depth@100ms/ethusdt@bookTicker/btcusdt@depth@100ms/"
                        "btcusdt@bookTicker");
    assert_string_equal(rig_last_command(r, LC_CONNECT, LINK_MARKET2)->text,
                        "/market/stream?streams=ethusdt@aggTrade/ethusdt@markPrice@1s/btcusdt@aggTrade/"
                        "btcusdt@markPrice@1s");
    assert_string_equal(rig_last_command(r, LC_CONNECT, LINK_USER)->text, "/private/ws?listenKey=abcdef");
    rig_free(r);
}

// The fault of 2026-04-23: subscribed, acknowledged, and nothing comes. Here: prints, but no marks.
static void test_routing_fault(void **state)
{
    (void)state;
    struct rig *r = ready_rig_of(DIALECT_BINANCE);
    set_depth(r, 100);
    g_id = 98;
    for (int i = 0; i < 99; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "{\"e\":\"aggTrade\",\"E\":1767225600095,\"s\":\"ETHUSDT\",\"a\":%d,\"p\":\"3120.41\",\"q\":"
                 "\"0.120\","
                 "\"f\":1,\"l\":1,\"T\":1767225600090,\"m\":true}",
                 i);
        g_id++;
        diff_at(r, 0, ETH, g_id, g_id);
        diff_at(r, 0, BTC, g_id, g_id);
        rig_text(r, LINK_MARKET2, 0, text);
        rig_run(r, 100 * NS_PER_MS);
    }
    assert_int_equal(closes(r, LINK_MARKET2, 0), 0);
    live_on(r, 0, 300 * NS_PER_MS); // no mark among these
    assert_int_equal(closes(r, LINK_MARKET2, 0), 1);
    assert_int_equal(closes(r, LINK_MARKET, 0), 0); // the books stay
    bool said = false;
    for (size_t i = 0; i < r->events; i++) {
        const struct event *ev = rig_event_at(r, i);
        said |= ev->type == EV_LINK && ev->u.link.link == LINK_MARKET2 &&
                strstr(ev->u.link.text, "routing fault");
    }
    assert_true(said);
    rig_free(r);
}

static void test_marks_that_stop(void **state)
{
    (void)state;
    struct rig *r = ready_rig_of(DIALECT_ASTER_V3);
    set_depth(r, 100);
    g_id = 98;
    live_on(r, 0, 20 * NS_PER_S);
    assert_int_equal(closes(r, LINK_MARKET, 0), 0);
    for (int i = 0; i < 70; i++) {
        g_id++;
        diff_at(r, 0, ETH, g_id, g_id);
        diff_at(r, 0, BTC, g_id, g_id);
        rig_run(r, 100 * NS_PER_MS);
    }
    assert_int_equal(closes(r, LINK_MARKET, 0), 1);
    rig_free(r);
}

// Listed only after the connections were made: subscribed on them, not by connecting anew.
static void test_late_listing_is_subscribed(void **state)
{
    (void)state;
    static struct answer a;
    struct rig *r = rig_new_of(DIALECT_BINANCE);
    r->withhold = BIT64(RQ_EXCHANGE_INFO);
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    size_t at = rig_request(r, RQ_EXCHANGE_INFO);
    rig_fill_default(r, &r->command[at].rq, &a);
    a.rows = 1; // BTCUSDT only
    rig_answer(r, at, &a);
    rig_open(r, LINK_MARKET);
    rig_open(r, LINK_MARKET2);
    set_depth(r, 2);
    g_id = 0;
    assert_null(strstr(rig_last_command(r, LC_CONNECT, LINK_MARKET)->text, "ethusdt"));
    r->withhold = 0;
    for (int i = 0; i < 700; i++) {
        r->commands = 0;
        mark_at(r, 0, BTC);
        g_id++;
        diff_at(r, 0, BTC, g_id, g_id);
        rig_run(r, NS_PER_S);
        if (rig_count_commands(r, LC_SEND, LINK_MARKET2)) {
            break;
        }
    }
    assert_string_equal(
        rig_last_command(r, LC_SEND, LINK_MARKET)->text,
        "{\"method\":\"SUBSCRIBE\",\"params\":[\"ethusdt@depth@100ms\",\"ethusdt@bookTicker\"],\"id\":1}");
    assert_string_equal(
        rig_last_command(r, LC_SEND, LINK_MARKET2)->text,
        "{\"method\":\"SUBSCRIBE\",\"params\":[\"ethusdt@aggTrade\",\"ethusdt@markPrice@1s\"],\"id\":1}");
    rig_text(r, LINK_MARKET, 0, "{\"result\":null,\"id\":1}");
    assert_int_equal(closes(r, LINK_MARKET, 0), 0);
    rig_text(r, LINK_MARKET, 0, "{\"code\":2,\"msg\":\"Invalid request\",\"id\":1}");
    assert_int_equal(closes(r, LINK_MARKET, 0), 1); // the next connection names all streams in its path
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_change_keeps_the_books),
        cmocka_unit_test(test_change_with_any_pieces),
        cmocka_unit_test(test_second_connection_fails),
        cmocka_unit_test(test_first_breaks_while_the_second_is_there),
        cmocka_unit_test(test_first_breaks_before_the_second_is_there),
        cmocka_unit_test(test_prints_and_touches_are_told_once),
        cmocka_unit_test(test_user_messages_count_once),
        cmocka_unit_test(test_silent_user_stream),
        cmocka_unit_test(test_event_before_the_answer_is_no_silence),
        cmocka_unit_test(test_binance_needs_two_links),
        cmocka_unit_test(test_routing_fault),
        cmocka_unit_test(test_marks_that_stop),
        cmocka_unit_test(test_late_listing_is_subscribed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
