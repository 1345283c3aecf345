// SPDX-License-Identifier: Apache-2.0
// order_rig: a table of orders behind an open door, and the words to tell it what a venue would: place,
// report, fill. After each report the sums are recomputed naively.
#ifndef TT_TESTS_SUPPORT_ORDER_RIG_H
#define TT_TESTS_SUPPORT_ORDER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/door.h"

enum { ETH = 1, QTY = 10, PRICE = 260000 };

struct world {
    struct risk risk;
    struct orders o;
    struct event ev;
    int64_t now;
    uint64_t next_id, next_trade;
};

static struct world *W;

static inline int setup(void **state)
{
    (void)state;
    W = calloc(1, sizeof *W);
    assert_non_null(W);
    W->now = 1000000000;
    W->next_id = 7000;
    W->next_trade = 900;
    door_open(&W->risk, W->now);
    orders_init(&W->o, 4711);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    free(W);
    return 0;
}

static inline void fresh(void)
{
    teardown(NULL);
    setup(NULL);
}

static inline struct order_intent intent(int8_t side, int64_t price, int64_t qty)
{
    return (struct order_intent){.instrument = ETH,
                                 .strategy = STRATEGY_MAKER,
                                 .side = side,
                                 .tif = TIF_GTX,
                                 .price_ticks = price,
                                 .qty_lots = qty};
}

static inline uint16_t place(int8_t side, int64_t price, int64_t qty)
{
    struct action a;
    W->now += 20000000;
    W->risk.fact[ETH].book_mono_ns = W->risk.fact[ETH].mark_mono_ns = W->now;
    const uint16_t s = door_place(&W->risk, &W->o, intent(side, price, qty), W->now, &a);
    assert_int_not_equal(s, ORDER_NONE);
    assert_int_equal(a.type, ACT_PLACE);
    assert_string_equal(a.client_id, W->o.slot[s].client_id);
    orders_check(&W->o);
    return s;
}

// A report about the order in a slot, with its ids and terms filled in.
static inline struct ev_order *report(uint16_t s, enum report_kind kind, enum report_source source)
{
    const struct order *x = &W->o.slot[s];
    event_init(&W->ev, EV_ORDER, x->instrument, 0);
    W->ev.mono_ns = ++W->now;
    W->ev.wall_ns = 1723161600000000000 + W->now;
    struct ev_order *r = &W->ev.u.order;
    memcpy(r->client_id, x->client_id, CLIENT_ID_MAX);
    r->order_id = x->order_id;
    r->price_ticks = x->price_ticks;
    r->qty_lots = x->qty_lots;
    r->cum_lots = x->cum_lots;
    r->side = x->side;
    r->kind = (uint8_t)kind;
    r->source = (uint8_t)source;
    r->fee_currency = CURRENCY_USDT;
    return r;
}

static inline struct order_effect apply(void)
{
    const struct order_effect e = order_apply(&W->o, &W->ev);
    orders_check(&W->o);
    return e;
}

static inline struct order_effect tell(uint16_t s, enum report_kind kind, enum report_source source)
{
    report(s, kind, source);
    return apply();
}

static inline struct order_effect fill(uint16_t s, uint64_t trade_id, int64_t lots, int64_t cum)
{
    struct ev_order *r = report(s, RK_FILL, SOURCE_STREAM);
    r->trade_id = trade_id;
    r->last_lots = lots;
    r->cum_lots = cum;
    r->last_price_e8 = PRICE * E8 / 100;
    r->fee_e8 = 100;
    r->maker = 1;
    r->status = cum >= r->qty_lots ? OS_FILLED : OS_PARTIAL;
    return apply();
}

static inline struct order_effect accept(uint16_t s)
{
    report(s, RK_ACCEPTED, SOURCE_STREAM)->order_id = ++W->next_id;
    return apply();
}

static inline uint16_t open_order(int8_t side, int64_t price, int64_t qty)
{
    const uint16_t s = place(side, price, qty);
    tell(s, RK_SENT, SOURCE_LOCAL);
    accept(s);
    assert_int_equal(W->o.slot[s].state, ORD_OPEN);
    return s;
}

static inline bool cancel(uint16_t s)
{
    struct action a;
    return order_cancel(&W->o, s, (struct order_stamp){.seq = 2, .mono_ns = W->now}, false, &a);
}

static inline const struct exposure *eth(void)
{
    return &W->o.exposures.ins[ETH];
}

static inline void a_report_of(const char *client_id, uint64_t order_id, enum report_kind kind)
{
    event_init(&W->ev, EV_ORDER, ETH, 0);
    W->ev.mono_ns = ++W->now;
    struct ev_order *r = &W->ev.u.order;
    memcpy(r->client_id, client_id, strlen(client_id));
    r->order_id = order_id;
    r->kind = (uint8_t)kind;
    r->source = SOURCE_QUERY;
    r->status = OS_NEW;
    r->side = SIDE_SELL;
    r->price_ticks = PRICE + 50;
    r->qty_lots = 20;
}

#endif
