// SPDX-License-Identifier: Apache-2.0
// xch_match: who trades with whom. Resting orders wait in the recorded queue by the risk-averse model
// (quant.md 12.1): a trade at our price eats the quantity ahead first, a trade through it or the opposite
// best reaching it fills in full. Taker orders walk the displayed book; what they took is not there for the
// next one until the level is restated.
//
// The recording tells best prices more often than depth, so the touch stands before the book whenever it is
// newer. It does not model our impact on others: keep orders small against the level.
#include "engine/exchange/xch.h"

static bool touch_is_newer(const struct xch_market *m)
{
    return m->touch_valid && m->touch.bid_lots > 0 && m->touch.ask_lots > 0 &&
           (!m->live || m->touch.update_id >= book_last_id(m->book));
}

static struct level touch_level(const struct xch_market *m, enum side side)
{
    return side == SIDE_BUY ? (struct level){m->touch.bid_ticks, m->touch.bid_lots}
                            : (struct level){m->touch.ask_ticks, m->touch.ask_lots};
}

uint64_t xch_seen_id(const struct xch_market *m)
{
    uint64_t book = m->live ? book_last_id(m->book) : 0;
    return m->touch_valid && m->touch.update_id > book ? m->touch.update_id : book;
}

bool xch_best(const struct xch_market *m, enum side side, struct level *out)
{
    if (touch_is_newer(m)) {
        *out = touch_level(m, side);
        return true;
    }
    return m->live && book_best(m->book, side, out);
}

int64_t xch_displayed(const struct xch_market *m, enum side side, int64_t ticks)
{
    if (touch_is_newer(m)) {
        struct level t = touch_level(m, side);
        if (ticks == t.ticks) {
            return t.lots;
        }
        if (xch_better(side, ticks, t.ticks)) {
            return 0;
        }
    }
    return m->live ? book_qty(m->book, side, ticks) : 0;
}

// ----------------------------------------------------------------------------------------- what takers took

static struct xch_used *used_find(struct xch_market *m, enum side side, int64_t ticks)
{
    int k = xch_side_index(side);
    for (uint32_t i = 0; i < m->used_count[k]; i++) {
        if (m->used[k][i].ticks == ticks) {
            return &m->used[k][i];
        }
    }
    return NULL;
}

static int64_t used_lots(const struct xch_market *m, enum side side, int64_t ticks)
{
    int k = xch_side_index(side);
    for (uint32_t i = 0; i < m->used_count[k]; i++) {
        if (m->used[k][i].ticks == ticks) {
            return m->used[k][i].lots;
        }
    }
    return m->used_count[k] == XCH_USED_MAX ? INT64_MAX : 0; // no room to remember: count the level as taken
}

static void used_add(struct xch_market *m, enum side side, int64_t ticks, int64_t lots)
{
    int k = xch_side_index(side);
    struct xch_used *u = used_find(m, side, ticks);
    if (!u) {
        CHECK(m->used_count[k] < XCH_USED_MAX);
        u = &m->used[k][m->used_count[k]++];
        *u = (struct xch_used){.ticks = ticks};
    }
    u->lots += lots;
    u->seen_id = xch_seen_id(m);
}

void xch_used_clear(struct xch_market *m, enum side side, int64_t ticks, uint64_t update_id)
{
    struct xch_used *u = used_find(m, side, ticks);
    if (u && update_id > u->seen_id) {
        *u = m->used[xch_side_index(side)][--m->used_count[xch_side_index(side)]];
    }
}

void xch_used_clear_better(struct xch_market *m, enum side side, int64_t ticks)
{
    int k = xch_side_index(side);
    for (uint32_t i = 0; i < m->used_count[k];) {
        if (xch_better(side, m->used[k][i].ticks, ticks)) {
            m->used[k][i] = m->used[k][--m->used_count[k]];
        } else {
            i++;
        }
    }
}

static int64_t available(const struct xch_market *m, enum side side, struct level l)
{
    int64_t used = used_lots(m, side, l.ticks);
    return used >= l.lots ? 0 : l.lots - used;
}

// ---------------------------------------------------------------------------------------------- taker walks

// The displayed side, best first, as of the newest news.
static size_t displayed_levels(struct exchange *x, const struct xch_market *m, enum side side)
{
    size_t n = m->live ? book_top(m->book, side, x->top, XCH_WALK_MAX) : 0;
    if (!touch_is_newer(m)) {
        return n;
    }
    struct level t = touch_level(m, side);
    size_t skip = 0;
    while (skip < n && !xch_better(side, t.ticks, x->top[skip].ticks)) {
        skip++; // levels the newer touch says are gone, and its own
    }
    size_t kept = n - skip < XCH_WALK_MAX ? n - skip : XCH_WALK_MAX - 1;
    for (size_t i = 0; i < kept; i++) {
        size_t j =
            skip == 0 ? kept - 1 - i : i; // moving up or down by one must not overwrite what is still needed
        x->top[j + 1] = x->top[j + skip];
    }
    x->top[0] = t;
    return kept + 1;
}

size_t xch_plan(struct exchange *x, const struct xch_market *m, enum side side, int64_t limit_ticks,
                int64_t want, int64_t *lots)
{
    enum side book_side = -side;
    size_t n = displayed_levels(x, m, book_side), planned = 0, fresh = 0;
    size_t room = XCH_USED_MAX - m->used_count[xch_side_index(book_side)];
    *lots = 0;
    for (size_t i = 0; i < n && *lots < want && fresh < room; i++) {
        struct level l = x->top[i];
        if (xch_better(book_side, limit_ticks, l.ticks)) {
            break;
        }
        int64_t can = available(m, book_side, l);
        if (can <= 0) {
            continue;
        }
        int64_t take = can < want - *lots ? can : want - *lots;
        x->walk[planned++] = (struct level){l.ticks, take};
        *lots += take;
        fresh++;
    }
    return planned;
}

void xch_take(struct exchange *x, struct xch_slot *s, size_t levels, const struct xch_sink *out)
{
    struct xch_market *m = &x->market[s->o.instrument];
    enum side book_side = -s->o.side;
    for (size_t i = 0; i < levels && s->open; i++) {
        used_add(m, book_side, x->walk[i].ticks, x->walk[i].lots);
        xch_order_fill(x, s, x->walk[i].lots, instrument_price_e8(&m->ins, x->walk[i].ticks), false,
                       FILL_ORDINARY, out);
    }
}

// ------------------------------------------------------------------------------------------- resting orders

// An order in the book of this market, on this side.
static bool concerns(const struct exchange *x, uint32_t i, uint16_t instrument, enum side side)
{
    const struct xch_order *o = &x->slot[x->open[i]].o;
    return o->instrument == instrument && o->side == side && !o->waiting;
}

struct xch_slot *xch_own_best(struct exchange *x, uint16_t instrument, enum side side)
{
    struct xch_slot *best = NULL;
    for (uint32_t i = 0; i < x->open_count; i++) {
        struct xch_slot *s = &x->slot[x->open[i]];
        if (concerns(x, i, instrument, side) &&
            (!best || xch_better(side, s->o.price_ticks, best->o.price_ticks))) {
            best = s;
        }
    }
    return best;
}

static int64_t leaves(const struct exchange *x, const struct xch_order *o)
{
    int64_t left = o->qty_lots - o->cum_lots;
    if (o->reduce_only) {
        int64_t pos = x->market[o->instrument].pos.lots * -o->side; // what this side can close
        left = pos <= 0 ? 0 : pos < left ? pos : left;
    }
    return left;
}

void xch_match_trade(struct exchange *x, struct xch_market *m, const struct ev_trade *t,
                     const struct xch_sink *out)
{
    enum side side = -t->side; // a seller meets our bids
    int64_t taken = 0;         // of this trade, by our own orders that stood earlier at the same price
    for (uint32_t i = 0; i < x->open_count;) {
        uint32_t before = x->open_count;
        struct xch_slot *s = &x->slot[x->open[i]];
        if (concerns(x, i, m->ins.id, side)) {
            int64_t lots = 0, left = leaves(x, &s->o);
            if (s->o.price_ticks == t->price_ticks && !s->hidden) {
                int64_t reach = xch_queue_trade(&s->o.front_lots, t->qty_lots) - taken;
                lots = reach < 0 ? 0 : reach < left ? reach : left;
                taken += lots;
            } else if (xch_better(side, s->o.price_ticks, t->price_ticks)) {
                lots = left;
            }
            if (lots > 0) {
                xch_order_fill(x, s, lots, instrument_price_e8(&m->ins, s->o.price_ticks), true,
                               FILL_ORDINARY, out);
            }
        }
        i += x->open_count == before;
    }
    xch_sweep_reduce_only(x, m, out);
}

void xch_match_level(struct exchange *x, struct xch_market *m, enum side side, int64_t ticks, int64_t lots,
                     uint64_t update_id)
{
    for (uint32_t i = 0; i < x->open_count; i++) {
        struct xch_slot *s = &x->slot[x->open[i]];
        if (concerns(x, i, m->ins.id, side) && s->o.price_ticks == ticks && update_id > s->seen_id) {
            xch_queue_level(&s->o.front_lots, lots);
        }
    }
}

static void match_best_side(struct exchange *x, struct xch_market *m, enum side side, uint64_t update_id,
                            const struct xch_sink *out)
{
    struct level own_side, opposite;
    bool have_own = xch_best(m, side, &own_side), have_opposite = xch_best(m, -side, &opposite);
    for (uint32_t i = 0; i < x->open_count;) {
        uint32_t before = x->open_count;
        struct xch_slot *s = &x->slot[x->open[i]];
        if (concerns(x, i, m->ins.id, side)) {
            if (have_own && update_id > s->seen_id && xch_better(side, s->o.price_ticks, own_side.ticks)) {
                xch_queue_level(&s->o.front_lots, 0); // nobody else stands at our price any more
            }
            bool crossed = have_opposite && !xch_better(side, opposite.ticks, s->o.price_ticks);
            int64_t left = leaves(x, &s->o);
            if (crossed && left > 0 && available(m, -side, opposite) > 0) {
                xch_order_fill(x, s, left, instrument_price_e8(&m->ins, s->o.price_ticks), true,
                               FILL_ORDINARY, out);
            }
        }
        i += x->open_count == before;
    }
}

void xch_match_best(struct exchange *x, struct xch_market *m, uint64_t update_id, const struct xch_sink *out)
{
    if (x->open_count == 0) {
        return;
    }
    match_best_side(x, m, SIDE_BUY, update_id, out);
    match_best_side(x, m, SIDE_SELL, update_id, out);
    xch_sweep_reduce_only(x, m, out);
}
