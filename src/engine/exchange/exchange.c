// SPDX-License-Identifier: Apache-2.0
// exchange: the state of the simulated exchange and its wiring: what each market event, request and tick of
// time does, in which order. The work is done in the rooms beside it (xch.h).
#include "engine/exchange/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/text.h"
#include "engine/exchange/xch.h"
#include "engine/exchange/xch_json.h"

// Bounds of a market event that its arithmetic can bear: a price below ten million, a level below a billion
// units.
#define PRICE_MAX_E8         (INT64_C(10000000) * E8)
#define QTY_MAX_E8           (INT64_C(1000000000) * E8)
#define MARKET_TAKE_BOUND_E8 (E8 / 20) // marketTakeBound 0.05: how far from mark a market order may fill

void xch_config_default(struct xch_config *c)
{
    *c = (struct xch_config){.wallet_e8 = 50 * E8,
                             .depth_batch_ns = 100 * NS_PER_MS,
                             .mark_period_ns = NS_PER_S,
                             .leverage = 20,
                             .seed = 1};
}

static void stream_name(char *to, size_t cap, const char *symbol, const char *rest)
{
    struct jw w = jw_begin(to, cap);
    jw_cstr(&w, symbol);
    jw_cstr(&w, rest);
    CHECK(jw_end(&w) > 0);
}

static void market_init(struct xch_market *m, const struct instrument *ins, uint16_t id, int32_t leverage,
                        void *book)
{
    m->ins = *ins;
    m->ins.id = id;
    for (size_t i = 0; i < sizeof m->lower - 1 && ins->symbol[i]; i++) {
        char c = ins->symbol[i];
        m->lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    stream_name(m->stream_depth, sizeof m->stream_depth, m->lower, "@depth@100ms");
    stream_name(m->stream_trade, sizeof m->stream_trade, m->lower, "@aggTrade");
    stream_name(m->stream_touch, sizeof m->stream_touch, m->lower, "@bookTicker");
    stream_name(m->stream_mark, sizeof m->stream_mark, m->lower, "@markPrice@1s");
    m->book = book_init(book);
    m->leverage = leverage;
    xch_mark_init(m);
}

struct exchange *exchange_new(const struct xch_config *c)
{
    CHECK(c->instrument_count > 0 && c->instrument_count <= INSTRUMENT_MAX && c->leverage > 0);
    struct exchange *x = calloc(1, sizeof *x);
    size_t each = (book_size() + 63) & ~(size_t)63;
    uint8_t *books = x ? malloc(each * c->instrument_count + 64) : NULL;
    if (!books) {
        free(x);
        return NULL;
    }
    x->cfg = *c;
    x->books = books;
    books += -(uintptr_t)books & 63; // each book starts on a cache line
    x->wallet_e8 = c->wallet_e8;
    uint64_t seed = c->seed;
    x->next_order_id = 10000000 + splitmix64(&seed) % 1000000000;
    x->next_trade_id = 10000000 + splitmix64(&seed) % 1000000000;
    for (uint32_t i = 0; i < c->instrument_count; i++) {
        CHECK(c->instruments[i].kind == INSTRUMENT_LINEAR && c->instruments[i].tick_e8 > 0 &&
              c->instruments[i].lot_e8 > 0);
        market_init(&x->market[i], &c->instruments[i], (uint16_t)i, c->leverage, books + i * each);
    }
    return x;
}

void exchange_free(struct exchange *x)
{
    if (x) {
        free(x->books);
        free(x);
    }
}

struct xch_market *xch_market_of(struct exchange *x, const char *symbol)
{
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        if (strcmp(x->market[i].ins.symbol, symbol) == 0) {
            return &x->market[i];
        }
    }
    return NULL;
}

static void set_now(struct exchange *x, int64_t now_ns)
{
    x->now_ns = now_ns > x->now_ns ? now_ns : x->now_ns;
}

// -------------------------------------------------------------------------------------------- market events

static bool sane_level(const struct xch_market *m, int64_t ticks, int64_t lots)
{
    return ticks > 0 && ticks <= PRICE_MAX_E8 / m->ins.tick_e8 && lots >= 0 &&
           lots <= QTY_MAX_E8 / m->ins.lot_e8;
}

static bool sane_book(const struct xch_market *m, const struct ev_book *d)
{
    if ((uint64_t)d->bids + d->asks > EV_LEVELS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < d->bids + d->asks; i++) {
        if (!sane_level(m, d->levels[i].ticks, d->levels[i].lots)) {
            return false;
        }
    }
    return true;
}

static void on_snapshot(struct exchange *x, struct xch_market *m, const struct ev_book *s,
                        const struct xch_sink *out)
{
    xch_batch_flush(x, m, out);
    book_load(m->book, s);
    m->live = true;
    m->chain_broken = true;
    m->diff_id = 0;
    m->used_count[0] = m->used_count[1] = 0;
    xch_match_best(x, m, s->last_id, out);
}

static void on_diff(struct exchange *x, struct xch_market *m, const struct event *ev,
                    const struct xch_sink *out)
{
    const struct ev_book *d = &ev->u.book;
    if (!m->live || d->last_id <= book_last_id(m->book)) {
        return; // before the snapshot, or already part of it
    }
    book_apply(m->book, d);
    xch_batch_add(x, m, d, ev->venue_ns, out);
    bool busy = x->open_count > 0 || m->used_count[0] > 0 || m->used_count[1] > 0;
    for (uint32_t i = 0; busy && i < d->bids + d->asks; i++) {
        enum side side = i < d->bids ? SIDE_BUY : SIDE_SELL;
        xch_used_clear(m, side, d->levels[i].ticks, d->last_id);
        xch_match_level(x, m, side, d->levels[i].ticks, d->levels[i].lots, d->last_id);
    }
    xch_match_best(x, m, d->last_id, out);
}

static void on_touch(struct exchange *x, struct xch_market *m, const struct event *ev,
                     const struct xch_sink *out)
{
    struct ev_touch old = m->touch;
    bool had = m->touch_valid;
    const struct ev_touch *t = &ev->u.touch;
    if (had && t->update_id < old.update_id) {
        return;
    }
    m->touch = *t;
    m->touch_valid = true;
    xch_publish_touch(x, m, ev->venue_ns, out);
    if (!had || old.bid_ticks != t->bid_ticks || old.bid_lots != t->bid_lots) {
        xch_used_clear(m, SIDE_BUY, t->bid_ticks, t->update_id);
        xch_used_clear_better(m, SIDE_BUY, t->bid_ticks);
    }
    if (!had || old.ask_ticks != t->ask_ticks || old.ask_lots != t->ask_lots) {
        xch_used_clear(m, SIDE_SELL, t->ask_ticks, t->update_id);
        xch_used_clear_better(m, SIDE_SELL, t->ask_ticks);
    }
    xch_match_level(x, m, SIDE_BUY, t->bid_ticks, t->bid_lots, t->update_id);
    xch_match_level(x, m, SIDE_SELL, t->ask_ticks, t->ask_lots, t->update_id);
    xch_match_best(x, m, t->update_id, out);
}

static void on_trade(struct exchange *x, struct xch_market *m, const struct event *ev,
                     const struct xch_sink *out)
{
    const struct ev_trade *t = &ev->u.trade;
    struct xch_agg *g = &m->agg;
    bool same =
        g->due_ns && g->price_ticks == t->price_ticks && g->side == t->side && g->venue_ns == ev->venue_ns;
    if (same) {
        g->lots += t->qty_lots;
        g->last_id = t->trade_id;
    } else {
        xch_publish_agg(x, m, out);
        *g = (struct xch_agg){.price_ticks = t->price_ticks,
                              .lots = t->qty_lots,
                              .venue_ns = ev->venue_ns,
                              .due_ns = x->now_ns + XCH_AGG_HOLD_NS,
                              .first_id = t->trade_id,
                              .last_id = t->trade_id,
                              .side = t->side};
    }
    xch_mark_on_trade(x, m, instrument_price_e8(&m->ins, t->price_ticks));
    xch_match_trade(x, m, t, out);
}

void exchange_on_market(struct exchange *x, const struct event *ev, int64_t now_ns,
                        const struct xch_sink *out)
{
    if (ev->instrument >= x->cfg.instrument_count) {
        return;
    }
    set_now(x, now_ns);
    struct xch_market *m = &x->market[ev->instrument];
    const struct ev_touch *t = &ev->u.touch;
    const struct ev_trade *r = &ev->u.trade;
    if (ev->type == EV_TOUCH && (ev->flags & XCH_INDEX_TOUCH)) {
        if (t->bid_ticks > 0 && t->bid_ticks <= PRICE_MAX_E8 && t->ask_ticks > 0 &&
            t->ask_ticks <= PRICE_MAX_E8) {
            xch_mark_on_index(x, m, t->bid_ticks, t->ask_ticks);
        }
    } else if (ev->type == EV_TOUCH) {
        if (sane_level(m, t->bid_ticks, t->bid_lots) && sane_level(m, t->ask_ticks, t->ask_lots) &&
            t->bid_ticks < t->ask_ticks) {
            on_touch(x, m, ev, out);
        }
    } else if (ev->type == EV_TRADE) {
        if (sane_level(m, r->price_ticks, r->qty_lots) && r->qty_lots > 0 &&
            (r->side == SIDE_BUY || r->side == SIDE_SELL)) {
            on_trade(x, m, ev, out);
        }
    } else if (ev->type == EV_BOOK_SNAPSHOT && sane_book(m, &ev->u.book)) {
        on_snapshot(x, m, &ev->u.book, out);
    } else if (ev->type == EV_BOOK_DIFF && sane_book(m, &ev->u.book)) {
        on_diff(x, m, ev, out);
    }
}

void exchange_on_seam(struct exchange *x, int lap, int64_t now_ns, const struct xch_sink *out)
{
    set_now(x, now_ns);
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        struct xch_market *m = &x->market[i];
        char id[CLIENT_ID_MAX];
        struct jw w = jw_begin(id, sizeof id);
        jw_lit(&w, "seam-");
        jw_int(&w, lap);
        jw_lit(&w, "-");
        jw_cstr(&w, m->ins.symbol);
        CHECK(jw_end(&w) > 0);
        xch_publish_agg(x, m, out);
        xch_batch_flush(x, m, out);
        xch_cancel_market(x, m, OS_EXPIRED, out);
        xch_close_position(x, m, id, xch_value_price_e8(m), FILL_SEAM, out);
        book_clear(m->book);
        m->live = m->touch_valid = false;
        m->chain_broken = true;
        m->diff_id = 0;
        m->used_count[0] = m->used_count[1] = 0;
    }
}

// ----------------------------------------------------------------------------------------------------- time

void exchange_on_time(struct exchange *x, int64_t now_ns, const struct xch_sink *out)
{
    set_now(x, now_ns);
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        struct xch_market *m = &x->market[i];
        if (m->agg.due_ns && m->agg.due_ns <= x->now_ns) {
            xch_publish_agg(x, m, out);
        }
        if (m->batch.due_ns && m->batch.due_ns <= x->now_ns) {
            xch_batch_flush(x, m, out);
        }
        if (m->countdown_due_ns && m->countdown_due_ns <= x->now_ns) {
            m->countdown_due_ns = 0;
            xch_cancel_market(x, m, OS_CANCELED, out);
        }
        xch_mark_on_time(x, m, out);
    }
}

static int64_t earlier(int64_t a, int64_t due)
{
    return due && due < a ? due : a;
}

int64_t exchange_next_deadline(const struct exchange *x)
{
    int64_t t = INT64_MAX;
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        const struct xch_market *m = &x->market[i];
        t = earlier(earlier(earlier(t, m->agg.due_ns), m->batch.due_ns), m->countdown_due_ns);
        int64_t mark = xch_mark_deadline(m);
        t = mark < t ? mark : t;
    }
    return t;
}

// ------------------------------------------------------------------------------------------------- requests

static int32_t refuse(int32_t code, const char *text, const char **msg)
{
    *msg = text;
    return code;
}

// The worst price a taker order may reach: its limit, the bound around mark, and never our own resting order.
static int64_t taker_limit(const struct exchange *x, const struct xch_market *m, enum side side,
                           const struct xch_checked *c, bool *meets_own)
{
    int64_t limit = c->price_ticks, own = 0;
    if (c->market) {
        int64_t mark = xch_value_price_e8(m);
        int64_t bound = mark + side * muldiv_floor(mark, MARKET_TAKE_BOUND_E8, E8);
        limit = bound / m->ins.tick_e8;
    }
    *meets_own = xch_own_best(x, m->ins.id, -side, &own) && !xch_better(-side, limit, own);
    return *meets_own ? own - side : limit;
}

static int32_t post_only_refusal(const struct exchange *x, const char **msg)
{
    if (x->cfg.post_only_form == 1) {
        return refuse(-2021, "Order would immediately trigger.", msg);
    }
    if (x->cfg.post_only_form == 2) {
        return refuse(-5022, "The post-only order would take and is rejected.", msg);
    }
    return 0;
}

static bool crosses(const struct exchange *x, const struct xch_market *m, enum side side, int64_t price_ticks)
{
    struct level l;
    int64_t own;
    return (xch_best(m, -side, &l) && !xch_better(-side, price_ticks, l.ticks)) ||
           (xch_own_best(x, m->ins.id, -side, &own) && !xch_better(-side, price_ticks, own));
}

// The order has been accepted: what it takes at once, and what becomes of the rest.
static void run_taker(struct exchange *x, struct xch_market *m, struct xch_slot *s,
                      const struct xch_checked *c, const struct xch_sink *out)
{
    bool meets_own;
    const enum side side = s->o.side == SIDE_BUY ? SIDE_BUY : SIDE_SELL;
    int64_t limit = taker_limit(x, m, side, c, &meets_own), total, want = s->o.qty_lots;
    if (s->o.reduce_only) {
        int64_t can = m->pos.lots * -(int64_t)side;
        want = can < want ? can : want;
    }
    size_t levels = xch_plan(x, m, side, limit, want, &total);
    if (c->tif != TIF_FOK || total == s->o.qty_lots) {
        xch_take(x, s, levels, out);
    }
    if (s->open && (c->tif != TIF_GTC || meets_own)) {
        xch_order_end(x, s, OS_EXPIRED, out);
    }
}

static int32_t check_order(struct exchange *x, const struct xch_market *m, const struct xch_order_request *r,
                           struct xch_checked *c, const char **msg)
{
    int32_t code = xch_filter(x, m, r, c, msg);
    if (code) {
        return code;
    }
    if (m->ins.status != INSTRUMENT_TRADING) {
        return refuse(-4022, "Market status is not trading.", msg);
    }
    if (!m->live) {
        return refuse(-1112, "No orders on book for symbol.", msg);
    }
    if (r->client_id[0] && xch_order_find_open(x, m->ins.id, 0, r->client_id)) {
        return refuse(-2010, "Duplicate order sent.", msg);
    }
    if (r->reduce_only) {
        return xch_reduce_check(x, m, r->side, c->qty_lots, msg);
    }
    return xch_margin_check(x, m, r->side, c->qty_lots, c->market ? xch_value_price_e8(m) : r->price_e8, msg);
}

int32_t exchange_place(struct exchange *x, const struct xch_order_request *r, int64_t now_ns,
                       struct xch_order *o, const char **msg, const struct xch_sink *out)
{
    set_now(x, now_ns);
    struct xch_market *m = xch_market_of(x, r->symbol);
    struct xch_checked c;
    if (!m) {
        return refuse(-1121, "Invalid symbol.", msg);
    }
    int32_t code = check_order(x, m, r, &c, msg);
    if (code) {
        return code;
    }
    bool takes = c.market || crosses(x, m, r->side, c.price_ticks);
    if (takes && c.tif == TIF_GTX && (code = post_only_refusal(x, msg)) != 0) {
        return code;
    }
    struct xch_slot *s = xch_order_new(x, m, r, c.price_ticks, c.qty_lots, out);
    if (takes && c.tif == TIF_GTX) {
        xch_order_end(x, s, OS_EXPIRED, out);
    } else if (takes || c.tif == TIF_IOC || c.tif == TIF_FOK) {
        run_taker(x, m, s, &c, out);
    }
    xch_sweep_reduce_only(x, m, out);
    *o = s->o;
    return 0;
}

int32_t exchange_cancel(struct exchange *x, const char *symbol, uint64_t order_id, const char *client_id,
                        int64_t now_ns, struct xch_order *o, const char **msg, const struct xch_sink *out)
{
    set_now(x, now_ns);
    struct xch_market *m = xch_market_of(x, symbol);
    if (!m) {
        return refuse(-1121, "Invalid symbol.", msg);
    }
    struct xch_slot *s = xch_order_find_open(x, m->ins.id, order_id, client_id ? client_id : "");
    if (!s) {
        return refuse(-2011, "Unknown order sent.", msg);
    }
    xch_order_end(x, s, OS_CANCELED, out);
    *o = s->o;
    return 0;
}

int32_t exchange_cancel_all(struct exchange *x, const char *symbol, int64_t now_ns, const char **msg,
                            const struct xch_sink *out)
{
    set_now(x, now_ns);
    struct xch_market *m = xch_market_of(x, symbol);
    if (!m) {
        return refuse(-1121, "Invalid symbol.", msg);
    }
    xch_cancel_market(x, m, OS_CANCELED, out);
    return 0;
}

int32_t exchange_countdown(struct exchange *x, const char *symbol, int64_t ms, int64_t now_ns,
                           const char **msg)
{
    set_now(x, now_ns);
    struct xch_market *m = xch_market_of(x, symbol);
    if (!m) {
        return refuse(-1121, "Invalid symbol.", msg);
    }
    if (ms > INT64_C(24) * 3600 * 1000) {
        return refuse(-1102,
                      "Mandatory parameter 'countdownTime' was not sent, was empty/null, or malformed.", msg);
    }
    m->countdown_due_ns = ms > 0 ? x->now_ns + ms * NS_PER_MS : 0;
    return 0;
}

// ---------------------------------------------------------------------------------------------------- reads

int32_t exchange_query(const struct exchange *x, const char *symbol, uint64_t order_id, const char *client_id,
                       struct xch_order *o, const char **msg)
{
    const struct xch_order *found = NULL;
    if (!exchange_instrument(x, symbol)) {
        return refuse(-1121, "Invalid symbol.", msg);
    }
    for (uint32_t i = 0; i < XCH_ORDERS_MAX; i++) {
        const struct xch_order *s = &x->slot[i].o;
        bool hit = order_id ? s->order_id == order_id
                            : client_id && client_id[0] && strcmp(s->client_id, client_id) == 0;
        if (hit && s->order_id && strcmp(s->symbol, symbol) == 0 &&
            (!found || s->order_id > found->order_id)) {
            found = s;
        }
    }
    if (!found) {
        return refuse(-2013, "Order does not exist.", msg);
    }
    *o = *found;
    return 0;
}

size_t exchange_open_orders(const struct exchange *x, const char *symbol, struct xch_order *out, size_t max)
{
    size_t n = 0;
    for (uint32_t i = 0; i < x->open_count && n < max; i++) {
        const struct xch_order *o = &x->slot[x->open[i]].o;
        if (!symbol || strcmp(o->symbol, symbol) == 0) {
            out[n++] = *o;
        }
    }
    return n;
}

size_t exchange_fills(const struct exchange *x, const char *symbol, uint64_t from_trade_id,
                      struct xch_fill *out, size_t max)
{
    size_t n = 0;
    uint64_t first = x->fills > XCH_TRADES_MAX ? x->fills - XCH_TRADES_MAX : 0;
    for (uint64_t i = first; i < x->fills && n < max; i++) {
        const struct xch_fill *f = &x->fill[i % XCH_TRADES_MAX];
        if (f->trade_id >= from_trade_id && (!symbol || strcmp(f->order.symbol, symbol) == 0)) {
            out[n++] = *f;
        }
    }
    return n;
}

int64_t exchange_wallet_e8(const struct exchange *x)
{
    return x->wallet_e8;
}

const struct instrument *exchange_instrument(const struct exchange *x, const char *symbol)
{
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        if (strcmp(x->market[i].ins.symbol, symbol) == 0) {
            return &x->market[i].ins;
        }
    }
    return NULL;
}

size_t exchange_instruments(const struct exchange *x, const struct instrument **out)
{
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        out[i] = &x->market[i].ins;
    }
    return x->cfg.instrument_count;
}

void exchange_mark(const struct exchange *x, uint16_t instrument, struct ev_mark *out)
{
    CHECK(instrument < x->cfg.instrument_count);
    const struct xch_mark *k = &x->market[instrument].mark;
    *out = (struct ev_mark){.mark_e8 = k->mark_e8,
                            .index_e8 = k->index_e8 ? k->index_e8 : k->mark_e8,
                            .funding_rate_e8 = k->rate_e8,
                            .next_funding_ns = k->funding_due_ns};
}

bool exchange_touch(const struct exchange *x, uint16_t instrument, struct ev_touch *out)
{
    CHECK(instrument < x->cfg.instrument_count);
    const struct xch_market *m = &x->market[instrument];
    struct level bid, ask;
    if (!xch_best(m, SIDE_BUY, &bid) || !xch_best(m, SIDE_SELL, &ask)) {
        return false;
    }
    *out = (struct ev_touch){bid.ticks, bid.lots, ask.ticks, ask.lots, xch_seen_id(m)};
    return true;
}
