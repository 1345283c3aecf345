// SPDX-License-Identifier: Apache-2.0
// Tries to break the paper account with the recorded market and thousands of random orders in virtual time: a
// naive book-keeper that hears only its events must hold the wallet and the position that its reads tell;
// nothing arrives sooner than both ways take, nothing overtakes, no order vanishes without a terminal report;
// foreign instruments and orders before the account is open are refused, not lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/rng.h"
#include "engine/exchange/paper.h"
#include "engine/market/position.h"
#include "support/recording.h"

enum { ORDERS = 20000, ETH = 2, ENTRY_MS = 7, ANSWER_MS = 5 };
#define WALL (INT64_C(1767225600) * NS_PER_S)

struct own {
    int64_t sent_ns, qty, cum;
    int accepted, done;
};

static struct {
    struct paper *p;
    struct paper_out out;
    struct instrument ins;
    int64_t mono, last_news_ns;
    struct own own[ORDERS];
    size_t placed, sent, fills, rejected, not_sent, expired, reads, failed_reads;
    struct position pos;
    int64_t wallet_e8, told_wallet_e8, told_lots, last_balance_ns;
    uint8_t link[LINK_COUNT];
    bool wallet_known;
} t;

static struct own *own_of(const char *id)
{
    unsigned k = 0;
    assert_int_equal(sscanf(id, "p-%u", &k), 1);
    assert_in_range(k, 0, ORDERS - 1);
    return &t.own[k];
}

static void take_order(const struct ev_order *o)
{
    if (o->client_id[0] == 0 || o->kind == RK_STATE) {
        return;
    }
    struct own *w = own_of(o->client_id);
    if (o->kind == RK_SENT) {
        t.sent++;
        return;
    }
    if (o->kind == RK_NOT_SENT) {
        t.not_sent++;
        w->done = 1;
        return;
    }
    assert_true(t.mono - w->sent_ns >= (ENTRY_MS + ANSWER_MS) * NS_PER_MS);
    if (o->kind == RK_CANCEL_REJECTED) {
        assert_true(o->code == -2011);
        return;
    }
    assert_int_equal(w->done, 0); // nothing after the end
    switch ((enum report_kind)o->kind) {
    case RK_ACCEPTED:
        assert_int_equal(w->accepted++, 0);
        break;
    case RK_FILL: {
        assert_int_equal(w->accepted, 1);
        w->cum += o->last_lots;
        assert_int_equal(w->cum, o->cum_lots);
        assert_true(w->cum <= w->qty);
        int64_t realised = position_fill(&t.pos, &t.ins, o->side * o->last_lots, o->last_price_e8);
        t.wallet_e8 += realised - o->fee_e8;
        t.fills++;
        w->done = w->cum == w->qty;
        break;
    }
    case RK_CANCELED:
    case RK_EXPIRED:
        t.expired++;
        w->done = 1;
        break;
    case RK_REJECTED:
        assert_true(o->code < 0);
        assert_true(o->text[0] != 0);
        t.rejected++;
        w->done = 1;
        break;
    default:
        fail_msg("report %d", o->kind);
    }
}

static void take(void *ctx, struct event *ev)
{
    (void)ctx;
    assert_int_equal(ev->venue, VENUE_BINANCE);
    if (ev->type == EV_LINK) {
        t.link[ev->u.link.link] = ev->u.link.state;
        return;
    }
    if (ev->type == EV_ORDER) {
        assert_int_equal(ev->instrument, ETH);
        take_order(&ev->u.order);
        return;
    }
    assert_int_equal(ev->type, EV_ACCOUNT);
    const struct ev_account *a = &ev->u.account;
    if (a->kind == AK_BALANCE) {
        if (!t.wallet_known) {
            t.wallet_known = true;
            t.wallet_e8 = a->wallet_e8;
        }
        t.told_wallet_e8 = a->wallet_e8;
        assert_int_equal(a->wallet_e8, t.wallet_e8); // news come in the order of what happened
    } else if (a->kind == AK_POSITION) {
        assert_int_equal(a->position_lots, t.pos.lots);
        t.told_lots = a->position_lots;
    } else if (a->kind == AK_READ_FAILED) {
        t.failed_reads++;
    } else {
        t.reads++;
    }
}

static void instrument(void)
{
    static struct event ev;
    event_init(&ev, EV_INSTRUMENT, ETH, 0);
    t.ins = (struct instrument){.id = ETH,
                                .venue = VENUE_BINANCE,
                                .kind = INSTRUMENT_LINEAR,
                                .settle = CURRENCY_USDT,
                                .price_decimals = 2,
                                .qty_decimals = 3,
                                .symbol = "ETHUSDT",
                                .tick_e8 = 1000000,
                                .lot_e8 = 100000,
                                .contract_e8 = E8,
                                .min_qty_lots = 1,
                                .min_notional_e8 = 5 * E8,
                                .maker_fee_e8 = 10000,
                                .taker_fee_e8 = 40000,
                                .funding_interval_h = 8};
    ev.u.instrument_rev = t.ins;
    paper_on_event(t.p, &ev, t.mono, WALL + t.mono, &t.out);
}

static void start(void)
{
    memset(&t, 0, sizeof t);
    struct paper_config c = {.venue = VENUE_BINANCE,
                             .leverage = 20,
                             .instrument_count = 3,
                             .wallet_e8 = 5000 * E8,
                             .entry_ns = ENTRY_MS * NS_PER_MS,
                             .answer_ns = ANSWER_MS * NS_PER_MS,
                             .reconcile_ns = 3 * NS_PER_S,
                             .seed = 7};
    strcpy(c.instruments[ETH].symbol, "ETHUSDT");
    c.instruments[ETH].venue = VENUE_BINANCE; // 0 and 1 are another venue's
    t.mono = NS_PER_S;
    t.out.event = take;
    t.p = paper_new(&c);
    assert_non_null(t.p);
}

static void act(struct action *a)
{
    assert_true(paper_on_action(t.p, a, t.mono, WALL + t.mono, &t.out));
}

static void place(struct rng *r, int64_t bid, int64_t ask)
{
    static const uint8_t TIF[] = {TIF_GTC, TIF_IOC, TIF_FOK, TIF_GTX};
    struct action a = {.type = ACT_PLACE, .instrument = ETH, .tif = TIF[rng_below(r, 4)]};
    a.side = rng_below(r, 2) ? SIDE_BUY : SIDE_SELL;
    a.reduce_only = rng_below(r, 8) == 0;
    a.qty_lots = (int64_t)rng_below(r, 60); // some are below the least value, some are zero
    a.qty_lots += a.qty_lots == 0;
    int64_t off = (int64_t)rng_below(r, 40) - 10;
    a.price_ticks = a.side == SIDE_BUY ? bid - off : ask + off;
    snprintf(a.client_id, sizeof a.client_id, "p-%zu", t.placed);
    t.own[t.placed++] = (struct own){.sent_ns = t.mono, .qty = a.qty_lots};
    act(&a);
}

static void advance(int64_t to_ns)
{
    for (int k = 0; paper_next_deadline(t.p) <= to_ns; k++) {
        assert_true(k < 10000);
        int64_t at = paper_next_deadline(t.p);
        t.mono = at > t.mono ? at : t.mono;
        paper_on_time(t.p, t.mono, WALL + t.mono, &t.out);
    }
    t.mono = to_ns;
}

static void test_before_opening(void **state)
{
    (void)state;
    start();
    struct action a = {
        .type = ACT_PLACE, .instrument = ETH, .side = SIDE_BUY, .qty_lots = 1, .price_ticks = 1};
    strcpy(a.client_id, "p-0");
    act(&a);
    assert_int_equal(t.not_sent, 1);
    struct action read = {.type = ACT_READ, .instrument = 0};
    act(&read);
    assert_int_equal(t.failed_reads, 1);
    struct action alarm = {.type = ACT_ALARM};
    assert_false(paper_on_action(t.p, &alarm, t.mono, WALL + t.mono, &t.out));
    assert_true(paper_next_deadline(t.p) == INT64_MAX);
    instrument();
    assert_int_equal(t.link[LINK_ORDER], LINK_UP);
    advance(t.mono + NS_PER_S);
    assert_true(t.wallet_known);
    paper_free(t.p);
}

static void test_random_hour(void **state)
{
    (void)state;
    static struct event ev;
    static struct recording rec;
    struct rng r;
    rng_seed(&r, 11);
    start();
    instrument();
    recording_open(&rec);
    int64_t bid = 0, ask = 0;
    while (recording_next(&rec, &ev)) {
        ev.instrument = ETH;
        ev.venue = VENUE_BINANCE;
        advance(NS_PER_S + ev.mono_ns);
        paper_on_event(t.p, &ev, t.mono, WALL + t.mono, &t.out);
        if (ev.type == EV_TRADE) {
            bid = ev.u.trade.price_ticks - 1;
            ask = ev.u.trade.price_ticks + 1;
        }
        if (bid && t.placed < ORDERS && rng_below(&r, 3) == 0) {
            place(&r, bid, ask);
        }
        if (t.placed && rng_below(&r, 6) == 0) {
            struct action a = {.type = ACT_CANCEL, .instrument = ETH};
            size_t k = t.placed - 1 - rng_below(&r, t.placed < 50 ? (uint32_t)t.placed : 50);
            snprintf(a.client_id, sizeof a.client_id, "p-%zu", k);
            if (!t.own[k].done) {
                act(&a);
            }
        }
    }
    struct action all = {.type = ACT_CANCEL_ALL, .instrument = ETH};
    act(&all);
    advance(t.mono + 10 * NS_PER_S);
    for (size_t k = 0; k < t.placed; k++) {
        assert_int_equal(t.own[k].done, 1);
    }
    assert_true(t.fills > 200 && t.rejected > 50 && t.expired > 200 && t.reads > 3);
    assert_int_equal(t.told_wallet_e8, t.wallet_e8);
    assert_int_equal(t.told_lots, t.pos.lots);
    assert_true(t.wallet_e8 != 5000 * E8);
    printf("%zu orders, %zu fills, %zu refused\n", t.placed, t.fills, t.rejected);
    paper_free(t.p);
}

static int64_t g_amended_ticks, g_amend_code;

static void take_amend(void *ctx, struct event *ev)
{
    (void)ctx;
    if (ev->type == EV_ORDER && ev->u.order.kind == RK_AMENDED) {
        g_amended_ticks = ev->u.order.price_ticks;
        assert_int_equal(ev->u.order.qty_lots, 7);
    } else if (ev->type == EV_ORDER && ev->u.order.kind == RK_AMEND_REJECTED) {
        g_amend_code = ev->u.order.code;
    }
}

static void test_amend(void **state)
{
    (void)state;
    static struct event ev;
    start();
    t.out.event = take_amend;
    instrument();
    event_init(&ev, EV_BOOK_SNAPSHOT, ETH, 2);
    ev.u.book.last_id = 5;
    ev.u.book.bids = ev.u.book.asks = 1;
    ev.u.book.levels[0] = (struct level){260000, 1000};
    ev.u.book.levels[1] = (struct level){260010, 1000};
    paper_on_event(t.p, &ev, t.mono, WALL + t.mono, &t.out);
    struct action a = {.type = ACT_PLACE, .instrument = ETH, .tif = TIF_GTX, .side = SIDE_BUY, .qty_lots = 5};
    a.price_ticks = 259900;
    strcpy(a.client_id, "p-0");
    act(&a);
    a.type = ACT_AMEND;
    a.price_ticks = 259950;
    a.qty_lots = 7;
    act(&a);
    advance(t.mono + NS_PER_S);
    assert_int_equal(g_amended_ticks, 259950);
    assert_int_equal(g_amend_code, 0);
    a.price_ticks = 260020; // a post-only order must not become a taker
    act(&a);
    strcpy(a.client_id, "p-1"); // nor can what is not there be changed
    advance(t.mono + NS_PER_S);
    assert_true(g_amend_code < 0);
    g_amend_code = 0;
    act(&a);
    advance(t.mono + NS_PER_S);
    assert_int_equal(g_amend_code, -2013);
    paper_free(t.p);
}

static void test_grid_change_ends_the_account(void **state)
{
    (void)state;
    static struct event ev;
    start();
    instrument();
    event_init(&ev, EV_INSTRUMENT, ETH, 0);
    ev.u.instrument_rev = t.ins;
    ev.u.instrument_rev.tick_e8 *= 10;
    paper_on_event(t.p, &ev, t.mono, WALL + t.mono, &t.out);
    assert_int_equal(t.link[LINK_ORDER], LINK_DOWN);
    struct action a = {
        .type = ACT_PLACE, .instrument = ETH, .side = SIDE_BUY, .qty_lots = 1, .price_ticks = 1};
    strcpy(a.client_id, "p-0");
    act(&a);
    assert_int_equal(t.not_sent, 1);
    paper_free(t.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_opening),
        cmocka_unit_test(test_random_hour),
        cmocka_unit_test(test_amend),
        cmocka_unit_test(test_grid_change_ends_the_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
