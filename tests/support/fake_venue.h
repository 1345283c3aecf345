// SPDX-License-Identifier: Apache-2.0
// fake_venue: a small venue for tests of the engine alone: it answers actions with events after delays,
// matches against the touch it is told, and can be made to lose answers, refuse, fill late, or answer reads
// with failure. It keeps its own truth (orders, position, wallet) with arithmetic of its own, so that a test
// can compare. For tests only.
//
// One instrument table, any number of instruments, each at its own venue (one object plays them all); time is
// the test's. Events wait in one list ordered by (time, number).
#ifndef TT_TESTS_SUPPORT_FAKE_VENUE_H
#define TT_TESTS_SUPPORT_FAKE_VENUE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/rng.h"
#include "engine/engine.h"
#include "engine/snapshot.h"
#include "support/grids.h"

enum { FV_ORDERS = 8192, FV_QUEUE = 8192, FV_SMALL = 512 };

struct fv_order {
    char client_id[CLIENT_ID_MAX];
    uint64_t id;
    uint16_t ins;
    int8_t side;
    uint8_t tif, reduce_only, open;
    int64_t ticks, lots, cum;
    int64_t dark_until; // its reports are not heard before
};

struct fv_item {
    int64_t at;
    uint64_t n;
    _Alignas(8) char ev[FV_SMALL]; // an event without levels
};

struct fv_action { // an action on its way to the venue
    int64_t at;
    uint64_t n;
    struct action a;
    int64_t sent_ns;
};

struct fake_venue {
    struct engine *e;
    void *mem;
    struct actions out;
    struct hist *steps;           // when set: how long engine_step took, by type of event
    struct event ev, book, inbox; // being built; a book; being delivered
    struct rng rng;
    int64_t dark_until; // of the order in the report being built
    int64_t now, latency_ns;
    uint64_t seq, next_n, next_order, next_trade, next_update;
    struct instrument ins[INSTRUMENT_MAX];
    int n_ins;
    struct ev_touch touch[INSTRUMENT_MAX];
    int64_t move_ticks; // of the test market, per 100 ms
    int64_t depth_lots; // an IOC takes at most so much at the touch
    struct fv_order order[FV_ORDERS];
    int n_orders;
    struct fv_item queue[FV_QUEUE];
    int n_queue;
    struct fv_action way[FV_QUEUE];
    int n_way;
    int64_t position[INSTRUMENT_MAX];
    int64_t cash_e8, fees_e8; // all that was paid and received for fills; fees
    // The same by venue, fees taken off; spot: what lies there, fees of purchases are taken in base units.
    int64_t venue_cash_e8[VENUE_MAX], venue_base_e8[VENUE_MAX];
    // -- faults
    int fence;           // since the flatten: only close-only orders pass
    int gone[VENUE_MAX]; // requests to this venue vanish
    int lose_answer_pct; // place executed, answer and reports lost until a query
    int refuse_cancels, fail_reads, mute_stream, dead, mute_out;
    int64_t late_fill_ns; // reports of fills are late by this
    // -- seen
    uint64_t places, cancels, cancel_alls, deadmen, reads, snapshots, plain_after_fence, requests;
    int64_t deadman_ms[INSTRUMENT_MAX], deadman_at[INSTRUMENT_MAX];
    int quit, quit_code, fence_opened;
    uint64_t asked[VENUE_MAX]; // requests, by venue
    uint64_t undead;           // placements that rested without an armed countdown
    char last_log[120], last_alarm[120];
};

static inline struct instrument fv_eth(uint16_t id)
{
    return grid_traded(grid_eth(id));
}

static inline struct instrument fv_btc(uint16_t id)
{
    return grid_traded(grid_btc(id));
}

static inline void fv_take_actions(struct fake_venue *v);

// Hand one event to the engine and take its actions.
static inline void fv_step(struct fake_venue *v, struct event *ev)
{
    ev->seq = ++v->seq;
    ev->mono_ns = v->now;
    ev->wall_ns = INT64_C(1723161255000000000) + v->now;
    ev->venue = ev->instrument < INSTRUMENT_MAX ? v->ins[ev->instrument].venue : ev->venue;
    int64_t begin = v->steps ? clock_mono_ns() : 0;
    engine_step(v->e, ev, &v->out);
    if (v->steps) {
        hist_add(&v->steps[ev->type], clock_mono_ns() - begin);
    }
    fv_take_actions(v);
}

static inline void fv_later(struct fake_venue *v, int64_t delay, const struct event *ev)
{
    if (v->n_queue == FV_QUEUE || ev->size > FV_SMALL) {
        abort();
    }
    struct fv_item *q = &v->queue[v->n_queue++];
    q->at = v->now + delay;
    q->n = ++v->next_n;
    memcpy(q->ev, ev, ev->size);
}

static inline struct ev_order *fv_report(struct fake_venue *v, const struct fv_order *o,
                                         enum report_kind kind, enum report_source source)
{
    event_init(&v->ev, EV_ORDER, o->ins, 0);
    v->dark_until = kind == RK_SENT || kind == RK_DOUBT || source == SOURCE_QUERY ? 0 : o->dark_until;
    struct ev_order *r = &v->ev.u.order;
    memcpy(r->client_id, o->client_id, CLIENT_ID_MAX);
    r->order_id = o->id;
    r->price_ticks = o->ticks;
    r->qty_lots = o->lots;
    r->cum_lots = o->cum;
    r->side = o->side;
    r->tif = o->tif;
    r->reduce_only = o->reduce_only;
    r->kind = (uint8_t)kind;
    r->source = (uint8_t)source;
    r->status = o->cum >= o->lots ? OS_FILLED : o->cum ? OS_PARTIAL : OS_NEW;
    return r;
}

static inline void fv_tell(struct fake_venue *v, int64_t delay)
{
    bool stream = v->ev.type == EV_ORDER && v->ev.u.order.source == SOURCE_STREAM;
    if (v->ev.type == EV_ORDER && v->now + delay < v->dark_until) {
        delay = v->dark_until - v->now;
    }
    if (!(v->mute_stream && stream)) {
        fv_later(v, delay, &v->ev);
    }
}

static inline void fv_push_position(struct fake_venue *v, uint16_t i, int64_t delay)
{
    if (v->ins[i].kind == INSTRUMENT_SPOT) {
        return; // spot knows wallets only
    }
    event_init(&v->ev, EV_ACCOUNT, i, 0);
    v->ev.u.account =
        (struct ev_account){.kind = AK_POSITION, .reason = AR_ORDER, .position_lots = v->position[i]};
    fv_tell(v, delay);
}

// Book one fill on the venue's side: cash-flow form, on purpose another arithmetic than the ledger's.
static inline void fv_fill(struct fake_venue *v, struct fv_order *o, int64_t ticks, int64_t lots, bool maker)
{
    const struct instrument *d = &v->ins[o->ins];
    int64_t value = (int64_t)((__int128)ticks * d->tick_e8 * lots * d->lot_e8 / E8);
    int64_t fee = (int64_t)((__int128)value * (maker ? d->maker_fee_e8 : d->taker_fee_e8) / E8);
    o->cum += lots;
    o->open = o->open && o->cum < o->lots;
    v->position[o->ins] += o->side * lots;
    v->cash_e8 -= o->side * value;
    bool in_base = d->kind == INSTRUMENT_SPOT && o->side == SIDE_BUY;
    int64_t base_fee = (int64_t)((__int128)lots * d->lot_e8 * d->taker_fee_e8 / E8);
    v->fees_e8 += in_base ? 0 : fee;
    v->venue_cash_e8[d->venue] -= o->side * value + (in_base ? 0 : fee);
    if (d->kind == INSTRUMENT_SPOT) {
        v->venue_base_e8[d->venue] += o->side * lots * d->lot_e8 - (in_base ? base_fee : 0);
    }
    struct ev_order *r = fv_report(v, o, RK_FILL, SOURCE_STREAM);
    r->trade_id = ++v->next_trade;
    r->last_lots = lots;
    r->last_price_e8 = ticks * d->tick_e8;
    r->fee_e8 = in_base ? base_fee : fee;
    r->fee_currency = in_base ? (uint8_t)instrument_base(d) : CURRENCY_USDT;
    r->maker = maker;
    fv_tell(v, v->latency_ns + v->late_fill_ns);
    fv_push_position(v, o->ins, v->latency_ns + v->late_fill_ns);
}

static inline struct fv_order *fv_find(struct fake_venue *v, const struct action *a)
{
    for (int i = v->n_orders - 1; i >= 0; i--) {
        if (strcmp(v->order[i].client_id, a->client_id) == 0) {
            return &v->order[i];
        }
    }
    return NULL;
}

static inline void fv_end(struct fake_venue *v, struct fv_order *o, enum report_kind kind)
{
    o->open = 0;
    fv_report(v, o, kind, SOURCE_STREAM);
    fv_tell(v, v->latency_ns);
}

static inline void fv_do_place(struct fake_venue *v, const struct fv_action *w)
{
    const struct action *a = &w->a;
    const struct ev_touch *t = &v->touch[a->instrument];
    if (v->n_orders == FV_ORDERS) {
        abort();
    }
    struct fv_order *o = &v->order[v->n_orders++];
    *o = (struct fv_order){.id = ++v->next_order,
                           .ins = a->instrument,
                           .side = a->side,
                           .tif = a->tif,
                           .reduce_only = a->reduce_only,
                           .open = 1,
                           .ticks = a->price_ticks,
                           .lots = a->qty_lots};
    memcpy(o->client_id, a->client_id, CLIENT_ID_MAX);
    bool lost = v->lose_answer_pct && (int)rng_below(&v->rng, 100) < v->lose_answer_pct;
    int64_t best = a->side == SIDE_BUY ? t->ask_ticks : t->bid_ticks;
    bool crosses = a->side == SIDE_BUY ? a->price_ticks >= best : a->price_ticks <= best;
    if (lost) {
        o->dark_until = v->now + 1400 * NS_PER_MS;
        fv_report(v, o, RK_DOUBT, SOURCE_LOCAL)->order_id = 0;
        fv_tell(v, 1000 * NS_PER_MS);
    } else {
        fv_report(v, o, RK_ACCEPTED, SOURCE_ANSWER)->request_mono_ns = w->sent_ns;
        fv_tell(v, v->latency_ns);
    }
    if (a->tif == TIF_GTX && crosses) {
        fv_end(v, o, RK_EXPIRED);
    } else if (a->tif == TIF_IOC) {
        int64_t lots = o->lots < v->depth_lots ? o->lots : v->depth_lots;
        int64_t can = a->side == SIDE_BUY ? -v->position[o->ins] : v->position[o->ins];
        bool bound = a->reduce_only && v->ins[o->ins].kind == INSTRUMENT_LINEAR; // spot knows no reduce-only
        lots = bound && lots > can ? (can > 0 ? can : 0) : lots;
        if (crosses && lots > 0) {
            fv_fill(v, o, best, lots, false);
        }
        if (o->open) {
            fv_end(v, o, RK_EXPIRED);
        }
    }
    if (lost && o->open) { // the session's query finds it in the end
        fv_report(v, o, RK_STATE, SOURCE_QUERY);
        fv_tell(v, 1300 * NS_PER_MS);
    }
    bool armed =
        v->deadman_ms[o->ins] > 0 && v->now - v->deadman_at[o->ins] < v->deadman_ms[o->ins] * NS_PER_MS;
    v->undead += o->open && !armed && v->ins[o->ins].kind == INSTRUMENT_LINEAR;
}

static inline void fv_do_cancel(struct fake_venue *v, const struct fv_action *w)
{
    struct fv_order *o = fv_find(v, &w->a);
    if (!o || !o->open || v->refuse_cancels) {
        struct fv_order none = {.ins = w->a.instrument, .side = w->a.side};
        memcpy(none.client_id, w->a.client_id, CLIENT_ID_MAX);
        struct ev_order *r = fv_report(v, o ? o : &none, RK_CANCEL_REJECTED, SOURCE_ANSWER);
        r->code = -2011;
        fv_tell(v, v->latency_ns);
        if (o) { // and the session asks what became of it
            r = fv_report(v, o, RK_STATE, SOURCE_QUERY);
            r->status = o->open             ? (o->cum ? OS_PARTIAL : OS_NEW)
                        : o->cum >= o->lots ? OS_FILLED
                                            : OS_CANCELED;
            fv_tell(v, 300 * NS_PER_MS);
        }
        return;
    }
    fv_end(v, o, RK_CANCELED);
    fv_report(v, o, RK_CANCELED, SOURCE_ANSWER);
    fv_tell(v, v->latency_ns);
}

static inline void fv_do_cancel_all(struct fake_venue *v, const struct fv_action *w)
{
    for (int i = 0; i < v->n_orders; i++) {
        if (v->order[i].open && v->order[i].ins == w->a.instrument && !v->refuse_cancels) {
            fv_end(v, &v->order[i], RK_CANCELED);
        }
    }
    struct fv_order none = {.ins = w->a.instrument};
    fv_report(v, &none, v->refuse_cancels ? RK_CANCEL_REJECTED : RK_CANCEL_ALL_DONE, SOURCE_ANSWER)
        ->request_mono_ns = w->sent_ns;
    fv_tell(v, v->latency_ns);
}

static inline void fv_do_read(struct fake_venue *v, const struct fv_action *w)
{
    uint16_t i = w->a.instrument;
    struct ev_account acc = {.kind = w->a.sub ? AK_POSITION : AK_OPEN_ORDERS,
                             .reason = AR_READ,
                             .from_read = 1,
                             .request_mono_ns = w->sent_ns,
                             .read_id = w->a.read_id};
    if (v->fail_reads) {
        acc.kind = AK_READ_FAILED;
    } else if (w->a.sub && v->ins[i].kind == INSTRUMENT_SPOT) {
        acc.kind = AK_BALANCE;
        acc.currency = (uint8_t)instrument_base(&v->ins[i]);
        acc.wallet_e8 = v->venue_base_e8[v->ins[i].venue];
    } else if (w->a.sub) {
        acc.position_lots = v->position[i];
        acc.entry_e8 = v->touch[i].bid_ticks * v->ins[i].tick_e8;
    } else {
        for (int n = 0; n < v->n_orders; n++) {
            if (v->order[n].open && v->order[n].ins == i) {
                fv_report(v, &v->order[n], RK_STATE, SOURCE_QUERY)->request_mono_ns = w->sent_ns;
                fv_tell(v, v->latency_ns);
                acc.count++;
            }
        }
    }
    event_init(&v->ev, EV_ACCOUNT, i, 0);
    v->ev.u.account = acc;
    fv_tell(v, v->latency_ns);
}

static inline void fv_arrive(struct fake_venue *v, const struct fv_action *w)
{
    v->requests++;
    v->asked[v->ins[w->a.instrument].venue]++;
    if (v->gone[v->ins[w->a.instrument].venue]) {
        return;
    }
    switch (w->a.type) {
    case ACT_PLACE:
        fv_do_place(v, w);
        break;
    case ACT_CANCEL:
        fv_do_cancel(v, w);
        break;
    case ACT_CANCEL_ALL:
        fv_do_cancel_all(v, w);
        break;
    case ACT_READ:
        fv_do_read(v, w);
        break;
    case ACT_DEADMAN:
        v->deadman_ms[w->a.instrument] = w->a.value;
        v->deadman_at[w->a.instrument] = v->now;
        break;
    default:
        break;
    }
}

// The bytes leave: RK_SENT, or RK_NOT_SENT at the fence.
static inline void fv_send(struct fake_venue *v, const struct action *a)
{
    struct fv_order o = {.ins = a->instrument,
                         .side = a->side,
                         .tif = a->tif,
                         .ticks = a->price_ticks,
                         .lots = a->qty_lots,
                         .reduce_only = a->reduce_only};
    memcpy(o.client_id, a->client_id, CLIENT_ID_MAX);
    bool order = a->type == ACT_PLACE || a->type == ACT_CANCEL || a->type == ACT_CANCEL_ALL;
    if (a->type == ACT_PLACE && v->fence && !a->close_only) {
        v->plain_after_fence++;
        fv_report(v, &o, RK_NOT_SENT, SOURCE_LOCAL)->drop_reason = DROP_FENCE;
        fv_tell(v, 10000);
        return;
    }
    if (order) {
        fv_report(v, &o, RK_SENT, SOURCE_LOCAL)->request_mono_ns = v->now + 10000;
        fv_tell(v, 10000);
    }
    if (v->n_way == FV_QUEUE) {
        abort();
    }
    if (!v->dead) {
        v->way[v->n_way++] = (struct fv_action){v->now + v->latency_ns, ++v->next_n, *a, v->now + 10000};
    }
}

static inline void fv_take_actions(struct fake_venue *v)
{
    for (uint32_t i = 0; i < v->out.count; i++) { // each action names its cause
        if (v->out.a[i].cause_seq != v->seq) {
            abort();
        }
    }
    for (uint32_t i = 0; i < v->out.count && !v->mute_out; i++) {
        const struct action *a = &v->out.a[i];
        v->places += a->type == ACT_PLACE;
        v->cancels += a->type == ACT_CANCEL;
        v->cancel_alls += a->type == ACT_CANCEL_ALL;
        v->deadmen += a->type == ACT_DEADMAN;
        v->reads += a->type == ACT_READ;
        v->snapshots += a->type == ACT_REQUEST_SNAPSHOT;
        if (a->type == ACT_QUIT) {
            v->quit = 1;
            v->quit_code = (int)a->value;
        } else if (a->type == ACT_FENCE_OPEN) {
            v->fence = 0;
            v->fence_opened++;
        } else if (a->type == ACT_ALARM) {
            snprintf(a->level == ALARM_LOG ? v->last_log : v->last_alarm, 120, "%s %s", a->client_id,
                     a->text);
            if (getenv("FV_TRACE")) {
                fprintf(stderr, "%9.3f %s %s\n", (double)v->now / 1e9, a->client_id, a->text);
            }
        } else if (a->type == ACT_PLACE || a->type == ACT_CANCEL || a->type == ACT_CANCEL_ALL ||
                   a->type == ACT_READ || a->type == ACT_DEADMAN) {
            fv_send(v, a);
        }
    }
}

// Resting orders that the touch has passed are filled at their price.
static inline void fv_match(struct fake_venue *v, uint16_t i)
{
    for (int n = 0; n < v->n_orders; n++) {
        struct fv_order *o = &v->order[n];
        bool hit =
            o->side == SIDE_BUY ? v->touch[i].ask_ticks <= o->ticks : v->touch[i].bid_ticks >= o->ticks;
        if (o->open && o->ins == i && hit) {
            fv_fill(v, o, o->ticks, o->lots - o->cum, true);
        }
    }
}

// Everything due up to `until`: reports to the engine, requests at the venue, the engine's timers; in order
// of time.
static inline void fv_run(struct fake_venue *v, int64_t until)
{
    for (;;) {
        int q = -1, w = -1;
        for (int i = 0; i < v->n_queue; i++) {
            q = q < 0 || v->queue[i].at < v->queue[q].at ||
                        (v->queue[i].at == v->queue[q].at && v->queue[i].n < v->queue[q].n)
                    ? i
                    : q;
        }
        for (int i = 0; i < v->n_way; i++) {
            w = w < 0 || v->way[i].at < v->way[w].at ||
                        (v->way[i].at == v->way[w].at && v->way[i].n < v->way[w].n)
                    ? i
                    : w;
        }
        int64_t tq = q < 0 ? INT64_MAX : v->queue[q].at, tw = w < 0 ? INT64_MAX : v->way[w].at;
        int64_t tt = engine_next_deadline(v->e);
        int64_t t = tq < tw ? tq : tw;
        t = tt < t ? tt : t;
        if (t > until) {
            break;
        }
        v->now = t > v->now ? t : v->now;
        if (tw == t) {
            struct fv_action a = v->way[w];
            v->way[w] = v->way[--v->n_way];
            fv_arrive(v, &a);
        } else if (tq == t) {
            memcpy(&v->inbox, v->queue[q].ev, FV_SMALL);
            v->queue[q] = v->queue[--v->n_queue];
            fv_step(v, &v->inbox);
        } else {
            event_init(&v->ev, EV_TIMER, INSTRUMENT_NONE, 0);
            v->ev.u.timer.deadline_ns = tt;
            fv_step(v, &v->ev);
        }
    }
    v->now = until > v->now ? until : v->now;
}

static inline void fv_now(struct fake_venue *v)
{
    fv_step(v, &v->ev);
}

static inline void fv_link_at(struct fake_venue *v, uint8_t venue, enum link_id link, enum link_state state)
{
    event_init(&v->ev, EV_LINK, INSTRUMENT_NONE, 0);
    v->ev.venue = venue;
    v->ev.u.link.link = (uint8_t)link;
    v->ev.u.link.state = (uint8_t)state;
    fv_now(v);
}

static inline void fv_mark(struct fake_venue *v, uint16_t i)
{
    const struct ev_touch *t = &v->touch[i];
    event_init(&v->ev, EV_MARK, i, 0);
    int64_t mid = (t->bid_ticks + t->ask_ticks) * v->ins[i].tick_e8 / 2;
    v->ev.u.mark = (struct ev_mark){.mark_e8 = mid, .index_e8 = mid, .funding_rate_e8 = 10000};
    fv_now(v);
}

static inline void fv_link(struct fake_venue *v, enum link_id link, enum link_state state)
{
    fv_link_at(v, VENUE_ASTER, link, state);
}

// Levels of one side: zeros where the last book was, then twenty levels.
static inline uint32_t fv_side(struct level *l, int64_t old, int64_t best, int step, bool snapshot)
{
    uint32_t n = 0;
    for (int64_t k = -30; k < 30 && !snapshot; k++) {
        l[n++] = (struct level){old + k, 0};
    }
    for (int k = 0; k < 20; k++) {
        l[n++] = (struct level){best + step * k, 2000 + 10 * k};
    }
    return n;
}

// A synthetic book with a touch one tick wide, to the engine; own orders it passes are filled.
static inline void fv_book(struct fake_venue *v, uint16_t i, int64_t bid_ticks, bool snapshot)
{
    struct event *ev = &v->book;
    event_init(ev, snapshot ? EV_BOOK_SNAPSHOT : EV_BOOK_DIFF, i, 0);
    struct ev_book *b = &ev->u.book;
    b->prev_id = v->next_update;
    b->first_id = b->last_id = ++v->next_update;
    int64_t old = v->touch[i].bid_ticks;
    b->bids = fv_side(b->levels, old, bid_ticks, -1, snapshot);
    b->asks = fv_side(b->levels + b->bids, old, bid_ticks + 1, 1, snapshot);
    ev->size = (uint32_t)event_size((enum event_type)ev->type, b->bids + b->asks);
    v->touch[i] = (struct ev_touch){bid_ticks, 2000, bid_ticks + 1, 2000, v->next_update};
    fv_match(v, i);
    fv_step(v, ev);
}

static inline void fv_trade(struct fake_venue *v, uint16_t i, enum side side, int64_t lots)
{
    event_init(&v->ev, EV_TRADE, i, 0);
    int64_t at = side == SIDE_BUY ? v->touch[i].ask_ticks : v->touch[i].bid_ticks;
    v->ev.u.trade = (struct ev_trade){
        .price_ticks = at, .qty_lots = lots, .trade_id = ++v->next_trade, .side = (int8_t)side};
    fv_now(v);
}

static inline void fv_account(struct fake_venue *v, uint16_t i, enum account_kind kind, int64_t value)
{
    event_init(&v->ev, EV_ACCOUNT, i, 0);
    struct ev_account *a = &v->ev.u.account;
    *a = (struct ev_account){.kind = (uint8_t)kind,
                             .reason = AR_READ,
                             .from_read = 1,
                             .request_mono_ns = v->now,
                             .currency = CURRENCY_USDT,
                             .wallet_e8 = value,
                             .position_lots = value};
    fv_now(v);
}

static inline void fv_book_state(struct fake_venue *v, uint16_t i, enum book_state state,
                                 enum book_reason reason)
{
    event_init(&v->ev, EV_BOOK_STATE, i, 0);
    v->ev.u.book_state = (struct ev_book_state){.state = (uint8_t)state, .reason = (uint8_t)reason};
    fv_now(v);
}

static enum run_mode fv_start_mode = MODE_SIM;

// Engine at RUN with ETH (0) quoted and BTC (1) watched, 50 USDT, both books live. config NULL: the defaults.
static inline void fv_start(struct fake_venue *v, const struct engine_config *config, uint64_t seed)
{
    struct engine_config c;
    engine_config_default(&c);
    memset(v, 0, sizeof *v);
    v->mem = aligned_alloc(64, (engine_size() + 63) / 64 * 64);
    v->e = engine_init(v->mem, engine_size(), config ? config : &c);
    v->now = NS_PER_S;
    v->latency_ns = 200000;
    v->depth_lots = 1000000;
    v->move_ticks = 9;
    rng_seed(&v->rng, seed);
    v->ins[0] = fv_eth(0);
    v->ins[1] = fv_btc(1);
    v->n_ins = 2;
    event_init(&v->ev, EV_START, INSTRUMENT_NONE, 0);
    v->ev.u.start =
        (struct ev_start){.epoch = 77, .mode = (uint8_t)fv_start_mode, .equity_start_e8 = 50 * E8};
    fv_now(v);
    fv_link(v, LINK_MARKET, LINK_UP);
    fv_link(v, LINK_USER, LINK_UP);
    fv_link(v, LINK_ORDER, LINK_UP);
    for (uint16_t i = 0; i < 2; i++) {
        event_init(&v->ev, EV_INSTRUMENT, i, 0);
        v->ev.u.instrument_rev = v->ins[i];
        fv_now(v);
    }
    fv_account(v, INSTRUMENT_NONE, AK_BALANCE, 50 * E8);
    for (uint16_t i = 0; i < 2; i++) {
        fv_account(v, i, AK_OPEN_ORDERS, 0);
        fv_account(v, i, AK_POSITION, 0);
        fv_book(v, i, i ? 618000 : 268000, true);
        fv_book_state(v, i, BOOK_LIVE, BOOK_REASON_NONE);
        fv_mark(v, i);
    }
    fv_run(v, v->now + 200 * NS_PER_MS);
}

static inline void fv_free(struct fake_venue *v)
{
    free(v->mem);
    v->mem = NULL;
}

// The usual test market, a random walk of ETH in steps of 100 ms with trades; BTC stands still. steps of it.
static inline void fv_market(struct fake_venue *v, int steps)
{
    for (int k = 0; k < steps; k++) {
        int64_t move = (int64_t)rng_below(&v->rng, (uint64_t)(2 * v->move_ticks + 1)) - v->move_ticks;
        fv_run(v, v->now + 50 * NS_PER_MS);
        fv_trade(v, 0, rng_below(&v->rng, 2) ? SIDE_BUY : SIDE_SELL, 1 + (int64_t)rng_below(&v->rng, 50));
        fv_run(v, v->now + 50 * NS_PER_MS);
        fv_book(v, 0, v->touch[0].bid_ticks + move, false);
        if (k % 10 == 0) {
            fv_book(v, 1, v->touch[1].bid_ticks, false);
            fv_mark(v, 0);
            fv_mark(v, 1);
        }
    }
}

// A copy of the whole world: engine block (no pointers inside), venue, what is on its way.
static inline void fv_clone(struct fake_venue *to, const struct fake_venue *from)
{
    void *mem = to->mem ? to->mem : aligned_alloc(64, (engine_size() + 63) / 64 * 64);
    memcpy(to, from, sizeof *to);
    memcpy(mem, from->mem, engine_size());
    to->mem = mem;
    to->e = (struct engine *)mem;
}

// Worst case of the quoted instrument as the venue sees it, in lots: position and all that rests on either
// side.
static inline int64_t fv_worst_lots(const struct fake_venue *v, uint16_t i)
{
    int64_t buy = v->position[i], sell = -v->position[i];
    for (int n = 0; n < v->n_orders; n++) {
        const struct fv_order *o = &v->order[n];
        if (o->open && o->ins == i) {
            *(o->side == SIDE_BUY ? &buy : &sell) += o->lots - o->cum;
        }
    }
    return buy > sell ? buy : sell;
}

static inline int fv_open_orders(const struct fake_venue *v)
{
    int n = 0;
    for (int i = 0; i < v->n_orders; i++) {
        n += v->order[i].open;
    }
    return n;
}

static inline struct ev_operator *fv_op(struct fake_venue *v, enum verb verb, uint16_t i)
{
    event_init(&v->ev, EV_OPERATOR, i, 0);
    v->ev.u.op.verb = (uint8_t)verb;
    v->ev.u.op.key_mono_ns = v->now;
    return &v->ev.u.op;
}

#endif
