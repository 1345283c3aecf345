// SPDX-License-Identifier: Apache-2.0
// session_rig: a session with virtual time and a scripted venue around it, for test_session*.c. Every event
// it emits is checked by event_valid; events and commands are kept for the test to look at. The scripted
// venue answers what it is not told to withhold.
#ifndef TT_TESTS_SESSION_RIG_H
#define TT_TESTS_SESSION_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "engine/event.h"
#include "engine/venue/session.h"

enum { RIG_EVENTS = 4096, RIG_COMMANDS = 1024, RIG_EVENT_BYTES = 512 };

enum { ETH = 0, BTC = 1 };

struct rig_event {
    union {
        struct {
            char bytes[RIG_EVENT_BYTES];
        } raw;
        uint64_t align;
    } u;
};

struct rig {
    struct session *s;
    struct session_out out;
    struct session_config config;
    int64_t now, wall;
    int64_t venue_ahead_ns; // venue clock minus ours
    int64_t latency_ns;
    uint64_t withhold; // bit per request kind: the test answers these itself
    uint8_t hedge;
    int32_t margin_code;   // answer code of RQ_MARGIN_TYPE
    struct answer depth;   // what RQ_DEPTH is answered with
    struct answer open[2]; // what RQ_OPEN_ORDERS is answered with, per instrument
    struct rig_event event[RIG_EVENTS];
    size_t events;
    uint64_t count[EV_TYPE_COUNT];
    struct link_cmd command[RIG_COMMANDS];
    uint8_t done[RIG_COMMANDS]; // answered
    size_t commands, served;
    void (*on_book)(struct rig *r, const struct event *ev); // book events come here as well
};

static inline const struct event *rig_event_at(const struct rig *r, size_t i)
{
    return (const struct event *)(const void *)&r->event[i];
}

static inline void rig_on_event(void *ctx, struct event *ev)
{
    struct rig *r = ctx;
    if (!event_valid(ev, ev->size)) {
        fail_msg("the session emitted an invalid %s", event_type_name((enum event_type)ev->type));
    }
    r->count[ev->type]++;
    if (r->on_book &&
        (ev->type == EV_BOOK_SNAPSHOT || ev->type == EV_BOOK_DIFF || ev->type == EV_BOOK_STATE)) {
        r->on_book(r, ev);
    }
    if (r->events < RIG_EVENTS) {
        size_t n = ev->size < RIG_EVENT_BYTES ? ev->size : RIG_EVENT_BYTES;
        memcpy(&r->event[r->events++], ev, n);
    }
}

static inline void rig_on_command(void *ctx, const struct link_cmd *cmd)
{
    struct rig *r = ctx;
    assert_true(r->commands < RIG_COMMANDS);
    r->done[r->commands] = cmd->type != LC_REQUEST;
    struct link_cmd *to = &r->command[r->commands++];
    memcpy(to, cmd, sizeof *to);
}

static inline struct instrument rig_instrument(const char *symbol, int64_t tick_e8)
{
    struct instrument ins = {.kind = INSTRUMENT_LINEAR,
                             .settle = CURRENCY_USDT,
                             .tick_e8 = tick_e8,
                             .lot_e8 = 100000,
                             .contract_e8 = E8,
                             .min_qty_lots = 1,
                             .max_qty_lots = 10000000,
                             .min_notional_e8 = 5 * E8,
                             .qty_decimals = 3};
    ins.price_decimals = (uint8_t)decimal_places_of_step(tick_e8);
    text_copy(ins.symbol, sizeof ins.symbol, symbol);
    return ins;
}

static inline void rig_answer_init(const struct rig *r, struct answer *a, enum request_kind kind)
{
    memset(a, 0, offsetof(struct answer, u) + 4096);
    a->kind = (uint8_t)kind;
    a->http_status = 200;
    a->retry_after_s = a->used_weight = a->order_count = -1;
    a->sent_mono_ns = r->now - r->latency_ns;
    a->received_mono_ns = r->now;
}

static inline void rig_clear(struct rig *r)
{
    r->events = 0;
    memset(r->count, 0, sizeof r->count);
}

static inline void rig_answer(struct rig *r, size_t at, const struct answer *a)
{
    r->done[at] = 1;
    session_on_answer(r->s, r->command[at].rq.tag, a, r->now, r->wall, &r->out);
}

static inline void rig_fill_default(struct rig *r, const struct request *rq, struct answer *a)
{
    rig_answer_init(r, a, (enum request_kind)rq->kind);
    switch (rq->kind) {
    case RQ_TIME:
        a->u.time.server_ms = (r->wall - r->latency_ns / 2 + r->venue_ahead_ns) / NS_PER_MS;
        break;
    case RQ_EXCHANGE_INFO:
        a->rows = 2;
        a->u.instruments[0] = rig_instrument("BTCUSDT", 10000000);
        a->u.instruments[1] = rig_instrument("ETHUSDT", 1000000);
        break;
    case RQ_LISTEN_KEY:
        text_copy(a->u.listen.key, sizeof a->u.listen.key, "abcdef");
        break;
    case RQ_POSITION_MODE:
        a->u.mode.hedge = r->hedge;
        break;
    case RQ_STP_MODE:
        text_copy(a->u.stp.mode, sizeof a->u.stp.mode, "EXPIRE_MAKER");
        break;
    case RQ_MARGIN_TYPE:
        a->code = r->margin_code;
        a->http_status = r->margin_code < 0 ? 400 : 200;
        break;
    case RQ_COMMISSION:
        a->u.commission.maker_e8 = 5000;
        a->u.commission.taker_e8 = 40000;
        break;
    case RQ_BALANCE:
        a->rows = 1;
        text_copy(a->u.balances[0].asset, sizeof a->u.balances[0].asset, "USDT");
        a->u.balances[0].wallet_e8 = 50 * E8;
        break;
    default:
        break;
    }
}

// Answer, in order, everything unanswered that is not withheld.
static inline void rig_serve(struct rig *r)
{
    static struct answer a;
    for (size_t i = 0; i < r->commands; i++) {
        const struct request *rq = &r->command[i].rq;
        if (r->done[i] || (r->withhold >> rq->kind & 1)) {
            continue;
        }
        r->now += r->latency_ns;
        r->wall += r->latency_ns;
        if (rq->kind == RQ_DEPTH || rq->kind == RQ_OPEN_ORDERS) {
            bool btc = strstr(rq->text, "symbol=BTC") != NULL;
            a = rq->kind == RQ_DEPTH ? r->depth : r->open[btc ? BTC : ETH];
            a.sent_mono_ns = r->now - r->latency_ns;
            a.received_mono_ns = r->now;
        } else {
            rig_fill_default(r, rq, &a);
        }
        rig_answer(r, i, &a);
    }
}

static inline void rig_pass(struct rig *r, int64_t ns)
{
    r->now += ns;
    r->wall += ns;
}

// Let time pass, with the session called at each of its deadlines, serving requests.
static inline void rig_run(struct rig *r, int64_t ns)
{
    int64_t until = r->now + ns;
    int calls = 0;
    rig_serve(r);
    while (session_next_deadline(r->s) <= until) {
        int64_t at = session_next_deadline(r->s);
        rig_pass(r, at > r->now ? at - r->now : 0);
        session_on_time(r->s, r->now, r->wall, &r->out);
        rig_serve(r);
        assert_true(++calls < 20000); // no storm of timers
    }
    if (until > r->now) {
        rig_pass(r, until - r->now);
    }
}

static inline void rig_open_at(struct rig *r, enum link_id link, unsigned which)
{
    session_on_open(r->s, link, which, r->now, r->wall, &r->out);
}

static inline void rig_close_at(struct rig *r, enum link_id link, unsigned which)
{
    session_on_closed(r->s, link, which, "test", r->now, r->wall, &r->out);
}

static inline void rig_open(struct rig *r, enum link_id link)
{
    rig_open_at(r, link, 0);
}

static inline void rig_close(struct rig *r, enum link_id link)
{
    rig_close_at(r, link, 0);
}

// A text message of a market link.
static inline void rig_text(struct rig *r, enum link_id link, unsigned which, const char *text)
{
    static char buf[1 << 20];
    size_t n = strlen(text);
    memcpy(buf, text, n);
    memset(buf + n, '"', 16);
    session_on_market(r->s, link, which, buf, n, r->now, r->wall, &r->out);
}

static inline enum venue_id rig_venue_of(enum dialect_id dialect)
{
    const struct dialect *d = dialect_get(dialect);
    return d->spot ? VENUE_SPOT : dialect == DIALECT_BINANCE ? VENUE_BINANCE : VENUE_ASTER;
}

static inline struct rig *rig_new_of(enum dialect_id dialect)
{
    struct rig *r = calloc(1, sizeof *r);
    r->config = (struct session_config){
        .venue = (uint8_t)rig_venue_of(dialect),
        .dialect = (uint8_t)dialect,
        .instrument_count = 2,
        .ack_timeout_ns = NS_PER_S,
        .book_stale_ns = 1500 * NS_PER_MS,
        .accept_window_ns = 11 * NS_PER_S,
        .order_max_age_ns = 50 * NS_PER_MS,
        .reconcile_orders_ns = 10 * NS_PER_S,
        .reconcile_positions_ns = 30 * NS_PER_S,
        .listen_renew_ns = 1200 * NS_PER_S,
        .info_refresh_ns = 600 * NS_PER_S,
        .clock_probe_ns = 60 * NS_PER_S,
        .weight_limit_min = 2400,
        .order_limit_min = 1200,
        .leverage = 3,
        .isolated = 1,
    };
    text_copy(r->config.instruments[ETH].symbol, 24, "ETHUSDT");
    text_copy(r->config.instruments[BTC].symbol, 24, "BTCUSDT");
    r->config.instruments[ETH].venue = r->config.instruments[BTC].venue = r->config.venue;
    r->now = 1000 * NS_PER_S;
    r->wall = INT64_C(1767225600) * NS_PER_S;
    r->latency_ns = 2 * NS_PER_MS;
    r->out = (struct session_out){r, rig_on_event, rig_on_command};
    rig_answer_init(r, &r->depth, RQ_DEPTH);
    rig_answer_init(r, &r->open[0], RQ_OPEN_ORDERS);
    rig_answer_init(r, &r->open[1], RQ_OPEN_ORDERS);
    r->s = session_init(malloc(session_size()), session_size(), &r->config);
    return r;
}

static inline struct rig *rig_new(void)
{
    return rig_new_of(DIALECT_ASTER_V3);
}

// The same session from its beginning, after a change of r->config.
static inline void rig_configure(struct rig *r)
{
    memset(r->s, 0, session_size());
    r->s = session_init(r->s, session_size(), &r->config);
}

static inline void rig_free(struct rig *r)
{
    free(r->s);
    free(r);
}

static inline bool rig_ready(const struct rig *r)
{
    struct session_status st;
    session_status(r->s, &st);
    return st.ready;
}

// Through the whole start sequence until orders may be placed.
static inline void rig_start(struct rig *r)
{
    session_start(r->s, r->now, r->wall, &r->out);
    rig_open(r, LINK_ORDER);
    rig_serve(r);
    rig_open(r, LINK_MARKET);
    rig_open(r, LINK_MARKET2); // ignored where there is none
    rig_open(r, LINK_USER);
    rig_run(r, 10 * NS_PER_MS);
    rig_clear(r);
    r->commands = 0;
}

// Newest unanswered request of a kind; fails when there is none.
static inline size_t rig_request(const struct rig *r, enum request_kind kind)
{
    for (size_t i = r->commands; i-- > 0;) {
        if (r->command[i].type == LC_REQUEST && r->command[i].rq.kind == kind && !r->done[i]) {
            return i;
        }
    }
    fail_msg("no request of kind %d waits", (int)kind);
    return 0;
}

static inline size_t rig_count_requests(const struct rig *r, enum request_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < r->commands; i++) {
        n += r->command[i].type == LC_REQUEST && r->command[i].rq.kind == kind;
    }
    return n;
}

static inline size_t rig_count_commands(const struct rig *r, enum link_cmd_type type, enum link_id link)
{
    size_t n = 0;
    for (size_t i = 0; i < r->commands; i++) {
        n += r->command[i].type == type && r->command[i].link == link;
    }
    return n;
}

static inline const struct link_cmd *rig_last_command(const struct rig *r, enum link_cmd_type type,
                                                      enum link_id link)
{
    for (size_t i = r->commands; i-- > 0;) {
        if (r->command[i].type == type && r->command[i].link == link) {
            return &r->command[i];
        }
    }
    fail_msg("no command of type %d for link %d", (int)type, (int)link);
    return NULL;
}

// The n-th (0 first) kept event of a type, NULL when there are fewer.
static inline const struct event *rig_nth(const struct rig *r, enum event_type type, size_t n)
{
    for (size_t i = 0; i < r->events; i++) {
        if (rig_event_at(r, i)->type == type && n-- == 0) {
            return rig_event_at(r, i);
        }
    }
    return NULL;
}

// Newest report of a kind about an order; NULL when there is none.
static inline const struct ev_order *rig_report(const struct rig *r, const char *client_id,
                                                enum report_kind kind)
{
    for (size_t i = r->events; i-- > 0;) {
        const struct event *ev = rig_event_at(r, i);
        if (ev->type == EV_ORDER && ev->u.order.kind == kind &&
            strcmp(ev->u.order.client_id, client_id) == 0) {
            return &ev->u.order;
        }
    }
    return NULL;
}

#endif
