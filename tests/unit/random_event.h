// SPDX-License-Identifier: Apache-2.0
// random_event: valid events of every type with random bytes in every field, padding included, for property
// tests.
#ifndef TT_TESTS_RANDOM_EVENT_H
#define TT_TESTS_RANDOM_EVENT_H

#include <string.h>

#include "base/rng.h"
#include "engine/event.h"

// Small numbers often, large ones sometimes: what varints and differences must survive.
static inline int64_t random_number(struct rng *r)
{
    return (int64_t)(rng_next(r) >> rng_below(r, 64));
}

static inline int64_t random_grid(struct rng *r)
{
    return random_number(r) & ((INT64_C(1) << 52) - 1);
}

static inline void random_text(struct rng *r, char *s, size_t cap)
{
    size_t n = rng_below(r, cap);
    for (size_t i = 0; i < n; i++) {
        s[i] = (char)(0x20 + rng_below(r, 0x5f));
    }
    s[n] = '\0';
}

static inline void random_order(struct rng *r, struct ev_order *o)
{
    random_text(r, o->client_id, sizeof o->client_id);
    random_text(r, o->text, sizeof o->text);
    o->price_ticks = random_grid(r);
    o->qty_lots = random_grid(r);
    o->cum_lots = random_grid(r);
    o->last_lots = random_grid(r);
    o->kind = (uint8_t)rng_below(r, RK_CANCEL_ALL_DONE + 1);
    o->status = (uint8_t)rng_below(r, OS_REJECTED + 1);
    o->side = rng_below(r, 2) ? SIDE_BUY : SIDE_SELL;
    o->source = (uint8_t)rng_below(r, SOURCE_QUERY + 1);
    o->drop_reason = (uint8_t)rng_below(r, DROP_LINK + 1);
    o->fill_kind = (uint8_t)rng_below(r, FILL_MISSED + 1);
    o->fee_currency = (uint8_t)rng_below(r, CURRENCY_COUNT);
    o->tif = (uint8_t)rng_below(r, TIF_GTX + 1);
}

static inline void random_instrument(struct rng *r, struct instrument *i)
{
    memset(i->symbol, 0, sizeof i->symbol);
    memcpy(i->symbol, "ETHUSDT", 7);
    i->id = (uint16_t)rng_below(r, INSTRUMENT_MAX);
    i->venue = (uint8_t)rng_below(r, VENUE_MAX);
    i->kind = (uint8_t)rng_below(r, 3);
    i->status = (uint8_t)rng_below(r, 2);
    i->settle = (uint8_t)rng_below(r, CURRENCY_COUNT);
    i->price_decimals = (uint8_t)rng_below(r, 9);
    i->qty_decimals = (uint8_t)rng_below(r, 9);
    int64_t *grid[] = {&i->tick_e8,
                       &i->lot_e8,
                       &i->contract_e8,
                       &i->min_price_ticks,
                       &i->max_price_ticks,
                       &i->min_qty_lots,
                       &i->max_qty_lots,
                       &i->market_min_qty_lots,
                       &i->market_max_qty_lots,
                       &i->min_notional_e8,
                       &i->percent_up_e8,
                       &i->percent_down_e8};
    for (size_t k = 0; k < COUNT_OF(grid); k++) {
        *grid[k] = random_grid(r) | 1;
    }
}

// Bring the enumerated and bounded fields of a payload of random bytes into range.
static inline void random_payload_fix(struct rng *r, struct event *ev)
{
    switch ((enum event_type)ev->type) {
    case EV_START:
        ev->u.start.mode = (uint8_t)rng_below(r, MODE_LIVE + 1);
        break;
    case EV_INSTRUMENT:
        random_instrument(r, &ev->u.instrument_rev);
        break;
    case EV_BOOK_STATE:
        ev->u.book_state.state = (uint8_t)rng_below(r, BOOK_STALE + 1);
        ev->u.book_state.reason = (uint8_t)rng_below(r, BOOK_REASON_FROZEN + 1);
        break;
    case EV_TRADE:
        ev->u.trade.price_ticks = random_grid(r);
        ev->u.trade.qty_lots = random_grid(r);
        ev->u.trade.side = rng_below(r, 2) ? SIDE_BUY : SIDE_SELL;
        break;
    case EV_TOUCH:
        ev->u.touch.bid_ticks = random_grid(r);
        ev->u.touch.bid_lots = random_grid(r);
        ev->u.touch.ask_ticks = random_grid(r);
        ev->u.touch.ask_lots = random_grid(r);
        break;
    case EV_MARK:
        ev->u.mark.mark_e8 = random_grid(r);
        ev->u.mark.index_e8 = random_grid(r);
        break;
    case EV_ORDER:
        random_order(r, &ev->u.order);
        break;
    case EV_ACCOUNT:
        ev->u.account.kind = (uint8_t)rng_below(r, AK_CONFIG + 1);
        ev->u.account.reason = (uint8_t)rng_below(r, AR_READ + 1);
        ev->u.account.currency = (uint8_t)rng_below(r, CURRENCY_COUNT);
        ev->u.account.position_lots = -random_grid(r);
        break;
    case EV_LINK:
        ev->u.link.link = (uint8_t)rng_below(r, LINK_COUNT);
        ev->u.link.state = (uint8_t)rng_below(r, LINK_UP + 1);
        random_text(r, ev->u.link.text, sizeof ev->u.link.text);
        break;
    case EV_BUDGET:
        ev->u.budget.lane = (uint8_t)rng_below(r, 2);
        ev->u.budget.used_pct = (uint8_t)rng_below(r, 101);
        break;
    case EV_MARGIN:
        memset(&ev->u.margin, 0, sizeof ev->u.margin);
        ev->u.margin.count = (uint32_t)rng_below(r, BRACKETS_MAX + 1);
        for (uint32_t i = 0; i < ev->u.margin.count; i++) {
            ev->u.margin.bracket[i] = (struct margin_bracket){.cap_e8 = (int64_t)(i + 1) * E8,
                                                              .cum_e8 = random_grid(r),
                                                              .ratio_e8 = (int32_t)rng_below(r, E8 + 1),
                                                              .leverage = (int32_t)rng_below(r, 126)};
        }
        break;
    case EV_OPERATOR:
        ev->u.op.actor = (uint8_t)rng_below(r, ACTOR_RULE + 1);
        ev->u.op.verb = (uint8_t)rng_below(r, VERB_COUNT);
        ev->u.op.strategy = (uint8_t)rng_below(r, STRATEGY_COUNT);
        random_text(r, ev->u.op.word, sizeof ev->u.op.word);
        break;
    default:
        break;
    }
}

static inline void random_bytes(struct rng *r, void *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ((uint8_t *)p)[i] = (uint8_t)rng_next(r);
    }
}

// Header: type and size stay; seq and mono_ns are the caller's.
static inline void random_header(struct rng *r, struct event *ev)
{
    bool wild = rng_below(r, 4) == 0;
    ev->instrument = rng_below(r, 5) ? (uint16_t)rng_below(r, INSTRUMENT_MAX) : (uint16_t)INSTRUMENT_NONE;
    ev->venue = (uint8_t)rng_below(r, VENUE_MAX);
    ev->flags = wild ? (uint8_t)rng_next(r) : 0;
    ev->pad0 = wild ? (uint16_t)rng_next(r) : 0;
    ev->pad1 = wild ? (uint32_t)rng_next(r) : 0;
    ev->pad2 = wild ? (int64_t)rng_next(r) : 0;
    ev->wall_ns = wild ? (int64_t)rng_next(r) : random_number(r);
    ev->venue_ns = wild ? (int64_t)rng_next(r) : random_number(r) / 1000000 * 1000000;
    ev->venue_event_ns = wild ? (int64_t)rng_next(r) : ev->venue_ns;
}

static inline void random_event(struct rng *r, struct event *ev, size_t levels_max)
{
    enum event_type type = (enum event_type)(EV_START + rng_below(r, EV_TYPE_COUNT - EV_START));
    bool book = type == EV_BOOK_SNAPSHOT || type == EV_BOOK_DIFF;
    size_t levels = book ? rng_below(r, levels_max + 1) : 0;
    event_init(ev, type, 0, levels);
    random_header(r, ev);
    if (!book) {
        if (rng_below(r, 3)) {
            random_bytes(r, &ev->u, ev->size - EVENT_HEAD);
        }
        random_payload_fix(r, ev);
        return;
    }
    ev->u.book.first_id = (uint64_t)random_number(r);
    ev->u.book.last_id = (uint64_t)random_number(r);
    ev->u.book.prev_id = rng_next(r);
    ev->u.book.bids = (uint32_t)rng_below(r, levels + 1);
    ev->u.book.asks = (uint32_t)levels - ev->u.book.bids;
    for (size_t i = 0; i < levels; i++) {
        ev->u.book.levels[i] = (struct level){.ticks = random_grid(r), .lots = random_grid(r)};
    }
}

#endif
