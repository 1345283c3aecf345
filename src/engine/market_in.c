// SPDX-License-Identifier: Apache-2.0
// market_in: market events into books, touches, marks, trades and features; and the question whether a book
// may be quoted on: live by the session, fresh, sane, not contradicted by trades, and not older than our own
// sleep.
#include <string.h>

#include "base/probe.h"
#include "engine/engine_state.h"

#define CROSSED_RESYNC_NS (250 * NS_PER_MS) // M5
#define OUTSIDE_STALE_NS  (500 * NS_PER_MS) // M6
#define SNAPSHOT_AGAIN_NS (5 * NS_PER_S)
#define FROZEN_NS         (100 * NS_PER_MS) // updates that waited in the socket meanwhile are read by then

#define PRICE_MAX_E8          (INT64_C(100000000) * E8) // of one unit
#define LOT_VALUE_MAX_E8      (INT64_C(1000000) * E8)   // of one lot
#define ORDER_VALUE_MAX_E8    (INT64_C(100000000) * E8) // of the smallest order
#define POSITION_VALUE_MAX_E8 (INT64_C(1000000000) * E8)
#define LOTS_MAX              (INT64_C(1) << 52)
#define BASE_MAX_E8           (INT64_C(1000000) * E8) // base units of a lot, or of a contract
#define FEE_MAX_E8            (E8 / 10)

enum { OUTSIDE_TICKS = 3, FAT_PRINT_PCT = 5, STALE_GAPS = 5 };

// ----------------------------------------------------------------------------------------- instruments

static const struct instrument_config *find_config(const struct engine *e, const struct instrument *def)
{
    for (uint32_t i = 0; i < e->config.instrument_count; i++) {
        const struct instrument_config *c = &e->config.instruments[i];
        if (c->venue == def->venue && strncmp(c->symbol, def->symbol, sizeof c->symbol) == 0) {
            return c;
        }
    }
    return NULL;
}

// Filters that our arithmetic can hold and that some venue might mean; anything else is not an instrument but
// a fault.
static bool instrument_is_sane(const struct instrument *d)
{
    int64_t product;
    bool grid = d->id < INSTRUMENT_MAX && d->venue < VENUE_MAX && d->tick_e8 > 0 && d->lot_e8 > 0 &&
                d->lot_e8 <= BASE_MAX_E8 && d->contract_e8 > 0 && d->contract_e8 <= BASE_MAX_E8;
    bool fits = !__builtin_mul_overflow(d->max_price_ticks, d->tick_e8, &product) &&
                !__builtin_mul_overflow(d->min_price_ticks, d->tick_e8, &product) &&
                !__builtin_mul_overflow(d->max_qty_lots, d->lot_e8, &product) &&
                !__builtin_mul_overflow(d->min_qty_lots, d->lot_e8, &product);
    bool money = d->min_notional_e8 >= 0 && d->min_notional_e8 <= LOT_VALUE_MAX_E8 &&
                 d->maker_fee_e8 > -FEE_MAX_E8 && d->maker_fee_e8 < FEE_MAX_E8 &&
                 d->taker_fee_e8 > -FEE_MAX_E8 && d->taker_fee_e8 < FEE_MAX_E8;
    bool band = d->percent_up_e8 >= 0 && d->percent_up_e8 <= 10 * E8 && d->percent_down_e8 >= 0 &&
                d->percent_down_e8 <= E8;
    return grid && fits && money && band && d->min_price_ticks >= 0 && d->max_price_ticks >= 0 &&
           d->min_qty_lots >= 0 && d->max_qty_lots >= 0 && d->leverage >= 0 && d->leverage <= 1000;
}

// Value of lots at a price, as wide as it takes; the price is in range.
static __int128 wide_value_e8(const struct instrument *d, int64_t lots, int64_t price_e8)
{
    __int128 lot_e8 = (__int128)d->lot_e8 * d->contract_e8 / E8; // base units of one lot
    return lot_e8 * price_e8 / E8 * (lots < 0 ? -lots : lots);
}

// Two such quantities can be told apart in 1e-8 units too, however little one of them is worth.
static bool quantity_fits(const struct instrument *d, int64_t lots)
{
    __int128 qty_e8 = (__int128)lots * d->lot_e8;
    return qty_e8 >= -INT64_MAX / 2 && qty_e8 <= INT64_MAX / 2;
}

bool market_position_is_sane(const struct engine *e, uint16_t i, int64_t lots, int64_t price_e8)
{
    int64_t known = market_value_price_e8(e, i), high = known > price_e8 ? known : price_e8;
    return high > 0 && high <= PRICE_MAX_E8 && lots > -LOTS_MAX && lots < LOTS_MAX &&
           quantity_fits(&e->ins[i].def, lots) &&
           wide_value_e8(&e->ins[i].def, lots, high) <= POSITION_VALUE_MAX_E8;
}

// A price of this instrument that is worth believing: in range, and within a factor of ten of what we last
// knew (M8).
bool market_price_is_sane(const struct engine *e, uint16_t i, int64_t price_e8)
{
    const struct instrument *d = &e->ins[i].def;
    if (price_e8 <= 0 || price_e8 > PRICE_MAX_E8) {
        return false;
    }
    int64_t least = d->min_qty_lots > 1 ? d->min_qty_lots : 1;
    if (wide_value_e8(d, 1, price_e8) > LOT_VALUE_MAX_E8 ||
        wide_value_e8(d, least, price_e8) > ORDER_VALUE_MAX_E8 ||
        wide_value_e8(d, e->ledger.total[i].lots, price_e8) > POSITION_VALUE_MAX_E8) {
        return false;
    }
    int64_t known = market_value_price_e8(e, i);
    if (known == 0 && d->kind == INSTRUMENT_LINEAR) {
        known = position_entry_e8(&e->ledger.total[i], d);
    }
    return known <= 0 || (price_e8 / 10 <= known && known / 10 <= price_e8);
}

static bool ticks_are_sane(const struct engine *e, uint16_t i, int64_t ticks)
{
    int64_t price_e8;
    return !__builtin_mul_overflow(ticks, e->ins[i].def.tick_e8, &price_e8) &&
           market_price_is_sane(e, i, price_e8);
}

// A changed grid: ticks of the old one mean nothing any more (V15).
static void change_grid(struct engine *e, uint16_t i, const struct instrument *old,
                        const struct instrument *now)
{
    struct instrument_state *s = &e->ins[i];
    s->mark.mark_e8 = e->risk.fact[i].mark_e8 = 0; // until the next one, which is judged by the new grid
    if (old->tick_e8 != now->tick_e8) {
        book_clear(engine_book(e, i));
        memset(&s->touch, 0, sizeof s->touch);
        s->last_trade_ticks = 0;
        s->book_state = BOOK_SYNCING;
        action_new(e, ACT_REQUEST_SNAPSHOT, i);
    }
    if (old->lot_e8 != now->lot_e8 && !ledger_relot(&e->ledger, i, old->lot_e8, now->lot_e8)) {
        cause_set(e, CAUSE_POSITION, i, true);
        action_log(e, i, "the new lot does not fit the position");
    }
}

static void on_instrument(struct engine *e, const struct instrument *def)
{
    if (!instrument_is_sane(def)) {
        action_log(e, INSTRUMENT_NONE, "an instrument with absurd filters was refused");
        return;
    }
    struct instrument_state *s = &e->ins[def->id];
    struct instrument old = s->def;
    if (old.tick_e8 > 0 && (old.kind != def->kind || old.settle != def->settle || old.venue != def->venue ||
                            strncmp(old.symbol, def->symbol, sizeof old.symbol) != 0)) {
        action_log(e, def->id, "an instrument that became another one was refused");
        return;
    }
    const struct instrument_config *c = find_config(e, def);
    s->def = *def;
    s->configured = c != NULL;
    s->quoted = c && c->quote && def->kind == INSTRUMENT_LINEAR;
    e->risk.fact[def->id].def = *def;
    features_set_instrument(engine_features(e, def->id), def);
    if (old.tick_e8 == 0) {
        s->book_state = BOOK_EMPTY;
        cause_set(e, CAUSE_BOOK, def->id, true);
        alarm_cap(&e->alarms, def->id, venue_of(e, def->id)->counts ? ALARM_HIGH : ALARM_LOW);
        s->paused =
            e->mode == MODE_TESTNET || e->mode == MODE_LIVE; // READY is paused where money is at stake
    } else if (old.tick_e8 != def->tick_e8 || old.lot_e8 != def->lot_e8 ||
               old.contract_e8 != def->contract_e8 || old.min_qty_lots != def->min_qty_lots) {
        change_grid(e, def->id, &old, def);
        quotes_cancel_all(e, def->id, 0);
    }
    s->dirty_quotes = 1;
}

// ----------------------------------------------------------------------------------------------- books

int64_t market_value_price_e8(const struct engine *e, uint16_t i)
{
    const struct instrument_state *s = &e->ins[i];
    if (s->mark.mark_e8 > 0) {
        return s->mark.mark_e8;
    }
    if (s->touch.bid_ticks > 0 && s->touch.ask_ticks > 0) {
        return (s->touch.bid_ticks + s->touch.ask_ticks) * s->def.tick_e8 / 2;
    }
    return s->last_trade_ticks * s->def.tick_e8;
}

// The median of the gaps between updates, followed by steps of a sixteenth: integer, O(1), and robust to
// pauses.
static void note_gap(struct instrument_state *s, int64_t now_ns)
{
    int64_t gap = s->book_mono_ns ? now_ns - s->book_mono_ns : 0;
    if (gap <= 0) {
        return;
    }
    if (s->gap_median_ns == 0) {
        s->gap_median_ns = gap;
    }
    int64_t step = s->gap_median_ns / 16 + 1;
    s->gap_median_ns += gap > s->gap_median_ns ? step : -step;
}

static int64_t stale_after_ns(const struct engine *e, const struct instrument_state *s)
{
    int64_t by_gap = STALE_GAPS * s->gap_median_ns;
    return by_gap > e->config.risk.book_stale_ns ? by_gap : e->config.risk.book_stale_ns;
}

static void ask_snapshot(struct engine *e, uint16_t i)
{
    struct instrument_state *s = &e->ins[i];
    if (s->snapshot_asked_ns == 0 || e->now_ns - s->snapshot_asked_ns >= SNAPSHOT_AGAIN_NS) {
        s->snapshot_asked_ns = e->now_ns;
        action_new(e, ACT_REQUEST_SNAPSHOT, i);
    }
}

static void set_book_state(struct engine *e, uint16_t i, enum book_state state, enum book_reason reason)
{
    e->ins[i].book_state = (uint8_t)state;
    e->ins[i].book_reason = (uint8_t)reason;
    e->risk.fact[i].book_state = (uint8_t)state;
    e->ins[i].dirty_quotes = 1;
}

// Trades that stay outside the book although it moves on say that one of the two streams stands still (M6):
// judged when a trade comes; forgiven as soon as the last trade lies inside again.
static void watch_outside(struct engine *e, uint16_t i, bool by_trade)
{
    struct instrument_state *s = &e->ins[i];
    struct level bid, ask;
    const struct book *b = engine_book(e, i);
    if (s->last_trade_ticks == 0 || !book_best(b, SIDE_BUY, &bid) || !book_best(b, SIDE_SELL, &ask)) {
        return;
    }
    bool outside =
        s->last_trade_ticks < bid.ticks - OUTSIDE_TICKS || s->last_trade_ticks > ask.ticks + OUTSIDE_TICKS;
    if (!outside) {
        s->outside_since_ns = 0;
        s->outside = 0;
    } else if (by_trade) {
        s->outside_since_ns = s->outside_since_ns ? s->outside_since_ns : e->now_ns;
        s->outside = e->now_ns - s->outside_since_ns > OUTSIDE_STALE_NS;
    }
}

// Is the book fit to quote on? Tells state, risk and alarms; called when the book or the time moved.
static void judge_book(struct engine *e, uint16_t i)
{
    struct instrument_state *s = &e->ins[i];
    struct risk_fact *f = &e->risk.fact[i];
    bool live = s->book_state == BOOK_LIVE && s->frozen_ns == 0;
    bool crossed = live && !book_is_sane(engine_book(e, i));
    bool silent = live && e->now_ns - s->book_mono_ns > stale_after_ns(e, s);
    bool outside = live && s->outside;
    s->crossed_since_ns = !crossed ? 0 : s->crossed_since_ns ? s->crossed_since_ns : e->now_ns;
    bool crossed_long = crossed && e->now_ns - s->crossed_since_ns > CROSSED_RESYNC_NS;
    if (crossed_long || outside) {
        set_book_state(e, i, BOOK_STALE, crossed_long ? BOOK_REASON_CROSSED : BOOK_REASON_FROZEN);
        s->outside_since_ns = s->outside = 0;
        ask_snapshot(e, i);
    }
    if (silent) {
        s->book_reason = BOOK_REASON_SILENT;
    }
    f->book_suspect = crossed || silent || outside || s->frozen_ns;
    f->book_mono_ns = s->book_mono_ns;
    f->book_stale_ns = stale_after_ns(e, s);
    bool unfit = !live || crossed || silent || outside;
    cause_set(e, CAUSE_BOOK, i, unfit);
    if (alarm_set(&e->alarms, ALARM_MD_STALE, i, unfit && s->configured && e->ready, e->now_ns)) {
        char text[80];
        struct fmt t = fmt_begin(text, sizeof text);
        fmt_instrument(&t, e, i);
        fmt_str(&t, crossed   ? "book crossed"
                    : silent  ? "book silent"
                    : outside ? "trades outside the book"
                              : "book not live");
        bool ours = venue_of(e, i)->counts;
        fmt_str(&t, ours ? ", quotes pulled, resyncing by itself" : ", watched only, resyncing by itself");
        alarm_describe(&e->alarms, ALARM_MD_STALE, i, text);
    }
}

// Spot has no mark: limits value it at the middle of the touch.
static void value_spot(struct engine *e, uint16_t i)
{
    int64_t mid_e8 = market_value_price_e8(e, i);
    if (e->ins[i].def.kind == INSTRUMENT_SPOT && mid_e8 > 0) {
        e->risk.fact[i].mark_e8 = mid_e8;
        e->risk.fact[i].mark_mono_ns = e->now_ns;
        e->equity_due |= e->ledger.total[i].lots != 0;
    }
}

// Best bid and ask from the book, unless the touch stream is already further on.
static void touch_from_book(struct engine *e, uint16_t i)
{
    const struct book *b = engine_book(e, i);
    struct ev_touch *t = &e->ins[i].touch;
    struct level bid = {0, 0}, ask = {0, 0};
    book_best(b, SIDE_BUY, &bid);
    book_best(b, SIDE_SELL, &ask);
    if (t->update_id > book_last_id(b)) {
        return;
    }
    if (!ticks_are_sane(e, i, bid.ticks) || !ticks_are_sane(e, i, ask.ticks)) {
        bid = ask = (struct level){0, 0}; // an empty side, or a wild one: nothing to quote on
    }
    *t = (struct ev_touch){bid.ticks, bid.lots, ask.ticks, ask.lots, book_last_id(b)};
    value_spot(e, i);
}

// Our orders' queues after the levels moved.
static void queues_from_book(struct engine *e, uint16_t i)
{
    for (uint16_t s = order_first(&e->orders, i); s != ORDER_NONE; s = order_next(&e->orders, s)) {
        const struct order *o = order_at(&e->orders, s);
        if (o->state == ORD_OPEN || o->state == ORD_PART) {
            enum side side = (enum side)o->side;
            order_on_level(&e->orders, i, side, o->price_ticks,
                           book_qty(engine_book(e, i), side, o->price_ticks));
        }
    }
}

static void on_book(struct engine *e, const struct event *ev)
{
    uint16_t i = ev->instrument;
    struct instrument_state *s = &e->ins[i];
    struct book *b = engine_book(e, i);
    if (ev->type == EV_BOOK_SNAPSHOT) {
        book_load(b, &ev->u.book);
        features_reset_book(engine_features(e, i));
        memset(&s->touch, 0, sizeof s->touch);
        s->snapshot_asked_ns = 0;
    } else {
        book_apply(b, &ev->u.book);
    }
    note_gap(s, e->now_ns);
    s->book_mono_ns = e->now_ns;
    if (s->frozen_ns && e->now_ns - s->frozen_ns >= FROZEN_NS) {
        s->frozen_ns = 0;
    }
    touch_from_book(e, i);
    watch_outside(e, i, false);
    queues_from_book(e, i);
    maker_on_market(&s->maker);
    arrival_on_time(&s->arrival, e->now_ns, s->touch.bid_ticks + s->touch.ask_ticks);
    s->dirty_quotes = 1;
    probe_mark(PROBE_BOOKED);
    features_on_book(engine_features(e, i), b, ev);
    probe_mark(PROBE_FEATURES);
    judge_book(e, i);
}

static void on_book_state(struct engine *e, const struct event *ev)
{
    uint16_t i = ev->instrument;
    struct instrument_state *s = &e->ins[i];
    enum book_state state = (enum book_state)ev->u.book_state.state;
    s->gaps += ev->u.book_state.reason == BOOK_REASON_GAP && state != BOOK_LIVE;
    if (state != BOOK_LIVE) {
        arrival_break(&s->arrival);
        features_reset_book(engine_features(e, i));
    } else {
        s->book_mono_ns = s->book_mono_ns ? s->book_mono_ns : e->now_ns;
    }
    set_book_state(e, i, state, (enum book_reason)ev->u.book_state.reason);
    judge_book(e, i);
}

// --------------------------------------------------------------------------------------- single prices

// More than 5 % from the middle in one event needs a second source (M8).
static bool is_fat(const struct engine *e, uint16_t i, int64_t ticks)
{
    const struct instrument_state *s = &e->ins[i];
    int64_t mid2 = s->touch.bid_ticks + s->touch.ask_ticks;
    if (!ticks_are_sane(e, i, ticks)) {
        return true;
    }
    if (s->touch.bid_ticks <= 0 || s->touch.ask_ticks <= 0) {
        return false;
    }
    int64_t off = 2 * ticks - mid2;
    return off * 100 > mid2 * FAT_PRINT_PCT || -off * 100 > mid2 * FAT_PRINT_PCT;
}

static void on_touch(struct engine *e, const struct event *ev)
{
    uint16_t i = ev->instrument;
    struct instrument_state *s = &e->ins[i];
    const struct ev_touch *t = &ev->u.touch;
    if (is_fat(e, i, t->bid_ticks) || is_fat(e, i, t->ask_ticks) || t->bid_ticks >= t->ask_ticks ||
        (t->update_id && t->update_id < s->touch.update_id)) {
        return;
    }
    bool moved = t->bid_ticks != s->touch.bid_ticks || t->ask_ticks != s->touch.ask_ticks;
    s->touch = *t;
    value_spot(e, i);
    if (moved) {
        maker_on_market(&s->maker);
    }
    s->dirty_quotes |= moved || s->quote_pending;
    arrival_on_time(&s->arrival, e->now_ns, t->bid_ticks + t->ask_ticks);
    probe_mark(PROBE_BOOKED);
    features_on_touch(engine_features(e, i), ev);
    probe_mark(PROBE_FEATURES);
}

static void on_trade(struct engine *e, const struct event *ev)
{
    uint16_t i = ev->instrument;
    struct instrument_state *s = &e->ins[i];
    const struct ev_trade *t = &ev->u.trade;
    if (is_fat(e, i, t->price_ticks)) {
        return;
    }
    s->last_trade_ticks = t->price_ticks;
    s->trade[s->trade_next] = (struct snap_trade){.wall_ns = ev->venue_ns ? ev->venue_ns : ev->wall_ns,
                                                  .price_ticks = t->price_ticks,
                                                  .qty_lots = t->qty_lots,
                                                  .side = t->side};
    s->trade_next = (s->trade_next + 1) % SNAP_TRADES;
    s->trade_count += s->trade_count < SNAP_TRADES;
    s->dirty_quotes |= s->quote_pending;
    watch_outside(e, i, true);
    arrival_on_time(&s->arrival, e->now_ns, s->touch.bid_ticks + s->touch.ask_ticks);
    arrival_on_trade(&s->arrival, (enum side)t->side, t->price_ticks);
    order_on_trade(&e->orders, i, (enum side)t->side, t->price_ticks, t->qty_lots);
    probe_mark(PROBE_BOOKED);
    features_on_trade(engine_features(e, i), ev);
    probe_mark(PROBE_FEATURES);
}

// Mark and index more than 1 % apart, or a mark that came and stopped coming: no new risk (M9). Before the
// first mark the door refuses every order anyway; that is the start, not a fault to wait out.
static void judge_mark(struct engine *e, uint16_t i)
{
    const struct instrument_state *s = &e->ins[i];
    int64_t off = s->mark.mark_e8 - s->mark.index_e8;
    bool apart = s->mark.index_e8 > 0 && (off > s->mark.index_e8 / 100 || -off > s->mark.index_e8 / 100);
    bool old = s->mark.mark_e8 > 0 && e->now_ns - s->mark_mono_ns > RISK_MARK_STALE_NS;
    cause_set(e, CAUSE_MARK, i, apart || (old && e->ready));
}

static bool mark_is_sane(const struct engine *e, uint16_t i, const struct ev_mark *m)
{
    return market_price_is_sane(e, i, m->mark_e8) && m->index_e8 >= 0 && m->index_e8 <= PRICE_MAX_E8 &&
           m->funding_rate_e8 >= -E8 && m->funding_rate_e8 <= E8 && m->next_funding_ns >= 0;
}

static void on_mark(struct engine *e, const struct event *ev)
{
    uint16_t i = ev->instrument;
    struct instrument_state *s = &e->ins[i];
    if (!mark_is_sane(e, i, &ev->u.mark)) {
        return; // the one we have grows old, and that is judged
    }
    s->mark = ev->u.mark;
    s->mark_mono_ns = e->now_ns;
    s->mark_derived = (ev->flags & EVF_DERIVED) != 0;
    e->risk.fact[i].mark_e8 = s->mark.mark_e8;
    e->risk.fact[i].mark_mono_ns = e->now_ns;
    features_on_mark(engine_features(e, i), ev);
    judge_mark(e, i);
    equity_update(e);
    s->dirty_quotes = 1;
}

void market_on_event(struct engine *e, const struct event *ev)
{
    if (ev->type == EV_INSTRUMENT) {
        on_instrument(e, &ev->u.instrument_rev);
        return;
    }
    if (!instrument_known(e, ev->instrument)) {
        return; // a stream of something we never heard of (M13)
    }
    switch ((enum event_type)ev->type) {
    case EV_BOOK_SNAPSHOT:
    case EV_BOOK_DIFF:
        on_book(e, ev);
        break;
    case EV_BOOK_STATE:
        on_book_state(e, ev);
        break;
    case EV_TRADE:
        on_trade(e, ev);
        break;
    case EV_TOUCH:
        on_touch(e, ev);
        break;
    case EV_MARK:
        on_mark(e, ev);
        break;
    default:
        break;
    }
}

void market_housekeeping(struct engine *e)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (instrument_known(e, i)) {
            struct instrument_state *s = &e->ins[i];
            judge_book(e, i);
            judge_mark(e, i);
            arrival_on_time(&s->arrival, e->now_ns, s->touch.bid_ticks + s->touch.ask_ticks);
            s->dirty_quotes |= s->quoted; // ages and back-offs pass without events
        }
    }
}
