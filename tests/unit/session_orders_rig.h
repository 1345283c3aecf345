// SPDX-License-Identifier: Apache-2.0
// session_orders_rig: orders, answers and user messages for the tests of orders, on top of session_rig: a
// session that is ready, and one order of ETHUSDT in every stage.
#ifndef TT_TESTS_SESSION_ORDERS_RIG_H
#define TT_TESTS_SESSION_ORDERS_RIG_H

#include "session_rig.h"

#define BIT64(kind) (UINT64_C(1) << (kind))

static inline struct rig *ready_rig_of(enum dialect_id dialect)
{
    struct rig *r = rig_new_of(dialect);
    rig_start(r);
    assert_true(rig_ready(r));
    r->withhold = BIT64(RQ_PLACE) | BIT64(RQ_CANCEL) | BIT64(RQ_CANCEL_ALL) | BIT64(RQ_QUERY_ORDER) |
                  BIT64(RQ_TRADES) | BIT64(RQ_DEADMAN) | BIT64(RQ_AMEND) | BIT64(RQ_BATCH_PLACE) |
                  BIT64(RQ_BATCH_CANCEL);
    return r;
}

static inline struct rig *ready_rig(void)
{
    return ready_rig_of(DIALECT_ASTER_V3);
}

static inline struct action place_action(const char *id)
{
    struct action a = {.type = ACT_PLACE,
                       .instrument = ETH,
                       .side = SIDE_SELL,
                       .tif = TIF_GTX,
                       .price_ticks = 312040,
                       .qty_lots = 250,
                       .cause_seq = 7};
    text_copy(a.client_id, sizeof a.client_id, id);
    return a;
}

static inline void act(struct rig *r, struct action a)
{
    session_on_action(r->s, &a, r->now, r->wall, &r->out);
}

static inline void sent(struct rig *r, size_t at)
{
    session_on_sent(r->s, r->command[at].rq.tag, r->now, r->now, r->wall, &r->out);
}

// Place and hand over; returns the place of the request.
static inline size_t place_sent(struct rig *r, const char *id)
{
    act(r, place_action(id));
    size_t at = rig_request(r, RQ_PLACE);
    sent(r, at);
    return at;
}

static struct answer g_answer;

static inline void answer_error(struct rig *r, size_t at, int32_t http, int32_t code)
{
    rig_answer_init(r, &g_answer, (enum request_kind)r->command[at].rq.kind);
    g_answer.http_status = http;
    g_answer.code = code;
    text_copy(g_answer.msg, sizeof g_answer.msg, "the venue's words");
    rig_answer(r, at, &g_answer);
}

static inline void answer_lost(struct rig *r, size_t at)
{
    rig_answer_init(r, &g_answer, (enum request_kind)r->command[at].rq.kind);
    g_answer.lost = 1;
    g_answer.http_status = 0;
    rig_answer(r, at, &g_answer);
}

static inline void answer_order(struct rig *r, size_t at, const char *status, int64_t cum_e8)
{
    rig_answer_init(r, &g_answer, (enum request_kind)r->command[at].rq.kind);
    struct wire_order *w = &g_answer.u.order;
    text_copy(w->symbol, sizeof w->symbol, "ETHUSDT");
    text_copy(w->status, sizeof w->status, status);
    text_copy(w->tif, sizeof w->tif, "GTX");
    w->order_id = 48120077;
    w->price_e8 = 312040000000;
    w->qty_e8 = 25000000;
    w->cum_e8 = cum_e8;
    w->side = SIDE_SELL;
    rig_answer(r, at, &g_answer);
}

static struct user_msg g_user;
static uint64_t g_user_order_id = 48120077;

static inline void user_order(struct rig *r, const char *id, const char *exec, const char *status,
                              uint64_t trade_id, int64_t last_e8, int64_t cum_e8)
{
    memset(&g_user, 0, sizeof g_user);
    g_user.kind = UM_ORDER;
    g_user.event_ms = g_user.transaction_ms = r->wall / NS_PER_MS;
    struct wire_order *w = &g_user.order;
    text_copy(w->symbol, sizeof w->symbol, "ETHUSDT");
    text_copy(w->client_id, sizeof w->client_id, id);
    text_copy(w->exec, sizeof w->exec, exec);
    text_copy(w->status, sizeof w->status, status);
    text_copy(w->fee_asset, sizeof w->fee_asset, "USDT");
    w->order_id = g_user_order_id;
    w->trade_id = trade_id;
    w->price_e8 = w->last_price_e8 = 312040000000;
    w->qty_e8 = 25000000;
    w->last_qty_e8 = last_e8;
    w->cum_e8 = cum_e8;
    w->fee_e8 = 1560200;
    w->side = SIDE_SELL;
    w->maker = 1;
    session_on_user(r->s, 0, &g_user, r->now, r->wall, &r->out);
}

static inline size_t cancel_sent(struct rig *r, const char *id)
{
    struct action a = {.type = ACT_CANCEL, .instrument = ETH};
    text_copy(a.client_id, sizeof a.client_id, id);
    act(r, a);
    size_t at = rig_request(r, RQ_CANCEL);
    sent(r, at);
    return at;
}

#endif
