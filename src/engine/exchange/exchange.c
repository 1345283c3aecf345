// SPDX-License-Identifier: Apache-2.0
// exchange: the state of the simulated exchange and its wiring: what each market event and each tick of time
// does, in which order. The work is done in the rooms beside it (xch.h).
#include "engine/exchange/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "engine/exchange/xch.h"

// Bounds of a market event that its arithmetic can bear: a price below ten million, a level below a billion
// units.
#define QTY_MAX_E8 (INT64_C(1000000000) * E8)

void xch_config_default(struct xch_config *c)
{
    *c = (struct xch_config){.wallet_e8 = 50 * E8,
                             .balance_e8[CURRENCY_USDT] = 50 * E8,
                             .depth_batch_ns = 100 * NS_PER_MS,
                             .mark_period_ns = NS_PER_S,
                             .stp = XCH_STP_TAKER,
                             .rules = {.market_take_bound_e8 = E8 / 20,
                                       .trigger_protect_e8 = E8 / 20,
                                       .liquidation_fee_e8 = E8 / 40,
                                       .interest_e8 = XCH_INTEREST_E8,
                                       .funding_cap_e8 = XCH_FUNDING_CAP_E8,
                                       .max_algo_orders = 100},
                             .leverage = 20,
                             .seed = 1};
}

static void name_streams(struct xch_market *m)
{
    static const char *const REST[XS_KLINE] = {
        "@depth@100ms",  "@aggTrade",      "@bookTicker",    "@markPrice@1s", "@forceOrder", "@trade",
        "@depth5@100ms", "@depth10@100ms", "@depth20@100ms", "@miniTicker",   "@ticker"};
    for (int i = 0; i < XS_COUNT; i++) {
        char lower[24] = "";
        for (size_t k = 0; k < sizeof lower - 1 && m->ins.symbol[k]; k++) {
            char c = m->ins.symbol[k];
            lower[k] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        }
        struct jw w = jw_begin(m->stream[i], sizeof m->stream[i]);
        jw_cstr(&w, lower);
        if (i < XS_KLINE) {
            jw_cstr(&w, REST[i]);
        } else {
            jw_lit(&w, "@kline_");
            jw_cstr(&w, xch_interval_name((enum xch_interval)(i - XS_KLINE)));
        }
        CHECK(jw_end(&w) > 0);
    }
}

static void market_init(struct xch_market *m, const struct xch_config *c, uint32_t i, void *book)
{
    m->ins = c->instruments[i];
    m->ins.id = (uint16_t)i;
    m->base = xch_base_currency(&m->ins);
    m->brackets = c->brackets[i];
    if (m->brackets.count == 0) {
        m->brackets.count = XCH_BRACKETS;
        memcpy(m->brackets.row, xch_brackets, sizeof xch_brackets);
    }
    name_streams(m);
    m->book = book_init(book);
    m->leverage = c->leverage < m->brackets.row[0].leverage ? c->leverage : m->brackets.row[0].leverage;
    for (int k = 0; k < XCH_SERIES_COUNT; k++) {
        m->stats.bars[k].last_min = -1;
    }
    xch_mark_init(m, &c->rules);
}

// Every instrument of one kind, and in a spot market both its assets known by name.
static bool one_kind(const struct xch_config *c)
{
    for (uint32_t i = 0; i < c->instrument_count; i++) {
        const struct instrument *ins = &c->instruments[i];
        CHECK(ins->tick_e8 > 0 && ins->lot_e8 > 0 && ins->kind == c->instruments[0].kind);
        CHECK(ins->kind == INSTRUMENT_LINEAR || ins->kind == INSTRUMENT_SPOT);
        CHECK(c->brackets[i].count <= XCH_BRACKETS_MAX);
        if (ins->kind == INSTRUMENT_SPOT &&
            (xch_base_currency(ins) == CURRENCY_NONE || ins->settle == CURRENCY_NONE)) {
            return false;
        }
    }
    return true;
}

static void start_account(struct exchange *x, const struct xch_config *c)
{
    uint64_t seed = c->seed;
    x->spot = c->instruments[0].kind == INSTRUMENT_SPOT;
    x->wallet_e8 = x->spot ? 0 : c->wallet_e8;
    if (x->spot) {
        memcpy(x->balance_e8, c->balance_e8, sizeof x->balance_e8);
    }
    x->oldest = x->newest = XCH_NO_SLOT;
    x->next_order_id = 10000000 + splitmix64(&seed) % 1000000000;
    x->next_trade_id = 10000000 + splitmix64(&seed) % 1000000000;
    x->next_tran_id = 10000000 + splitmix64(&seed) % 1000000000;
}

struct exchange *exchange_new(const struct xch_config *c)
{
    CHECK(c->instrument_count > 0 && c->instrument_count <= INSTRUMENT_MAX && c->leverage > 0);
    struct exchange *x = one_kind(c) ? calloc(1, sizeof *x) : NULL;
    size_t each = (book_size() + 63) & ~(size_t)63;
    uint8_t *books = x ? malloc(each * c->instrument_count + 64) : NULL;
    if (!books) {
        free(x);
        return NULL;
    }
    x->cfg = *c;
    x->books = books;
    books += -(uintptr_t)books & 63; // each book starts on a cache line
    start_account(x, c);
    for (uint32_t i = 0; i < c->instrument_count; i++) {
        market_init(&x->market[i], c, i, books + i * each);
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

void xch_set_now(struct exchange *x, int64_t now_ns)
{
    x->now_ns = now_ns > x->now_ns ? now_ns : x->now_ns;
    if (x->account_ns == 0) {
        x->account_ns = x->now_ns; // the first deposit: clients take a balance of time 0 for none
    }
}

// -------------------------------------------------------------------------------------------- market events

static bool sane_level(const struct xch_market *m, int64_t ticks, int64_t lots)
{
    return ticks > 0 && ticks <= XCH_PRICE_MAX_E8 / m->ins.tick_e8 && lots >= 0 &&
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
    xch_stats_trade(x, m, t, ev->venue_ns, out);
    bool same =
        g->due_ns && g->price_ticks == t->price_ticks && g->side == t->side && g->venue_ns == ev->venue_ns;
    if (same) {
        g->lots += t->qty_lots;
        g->last_id = t->trade_id;
    } else {
        xch_stats_agg(x, m, out);
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
    xch_trigger(x, m, out);
}

void exchange_on_market(struct exchange *x, const struct event *ev, int64_t now_ns,
                        const struct xch_sink *out)
{
    if (ev->instrument >= x->cfg.instrument_count) {
        return;
    }
    xch_set_now(x, now_ns);
    struct xch_market *m = &x->market[ev->instrument];
    const struct ev_touch *t = &ev->u.touch;
    const struct ev_trade *r = &ev->u.trade;
    if (ev->type == EV_TOUCH && (ev->flags & XCH_INDEX_TOUCH)) {
        if (t->bid_ticks > 0 && t->bid_ticks <= XCH_PRICE_MAX_E8 && t->ask_ticks > 0 &&
            t->ask_ticks <= XCH_PRICE_MAX_E8) {
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
    } else if (ev->type == EV_MARK) {
        xch_mark_on_told(x, m, &ev->u.mark);
    } else if (ev->type == EV_BOOK_SNAPSHOT && sane_book(m, &ev->u.book)) {
        on_snapshot(x, m, &ev->u.book, out);
    } else if (ev->type == EV_BOOK_DIFF && sane_book(m, &ev->u.book)) {
        on_diff(x, m, ev, out);
    }
}

void exchange_on_seam(struct exchange *x, int lap, int64_t now_ns, const struct xch_sink *out)
{
    xch_set_now(x, now_ns);
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        struct xch_market *m = &x->market[i];
        char id[CLIENT_ID_MAX];
        struct jw w = jw_begin(id, sizeof id);
        jw_lit(&w, "seam-");
        jw_int(&w, lap);
        jw_lit(&w, "-");
        jw_cstr(&w, m->ins.symbol);
        CHECK(jw_end(&w) > 0);
        xch_stats_agg(x, m, out);
        xch_batch_flush(x, m, out);
        xch_cancel_market(x, m, OS_EXPIRED, false, out);
        xch_close_position(x, m, id, xch_value_price_e8(m), FILL_SEAM, out);
        book_clear(m->book);
        m->live = m->touch_valid = false;
        m->chain_broken = true;
        m->diff_id = 0;
        m->used_count[0] = m->used_count[1] = 0;
    }
}

// ----------------------------------------------------------------------------------------------------- time

static bool market_on_time(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    if (m->agg.due_ns && m->agg.due_ns <= x->now_ns) {
        xch_stats_agg(x, m, out);
    }
    if (m->batch.due_ns && m->batch.due_ns <= x->now_ns) {
        xch_batch_flush(x, m, out);
    }
    if (m->countdown_due_ns && m->countdown_due_ns <= x->now_ns) {
        m->countdown_due_ns = 0;
        xch_cancel_market(x, m, OS_CANCELED, x->cfg.countdown_keeps_stops, out);
    }
    bool marked = xch_mark_on_time(x, m, out);
    xch_stats_on_time(x, m, out);
    return marked;
}

void exchange_on_time(struct exchange *x, int64_t now_ns, const struct xch_sink *out)
{
    xch_set_now(x, now_ns);
    bool marked = false;
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        marked |= market_on_time(x, &x->market[i], out);
    }
    for (uint32_t i = 0; marked && i < x->cfg.instrument_count; i++) {
        xch_trigger(x, &x->market[i], out);
    }
    if (marked && !x->spot) {
        xch_risk_check(x, out);
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
        int64_t mark = xch_mark_deadline(m), stats = xch_stats_deadline(m);
        t = mark < t ? mark : t;
        t = stats < t ? stats : t;
    }
    return t;
}
