// SPDX-License-Identifier: Apache-2.0
// xch_orders: the life of an order at the venue: a slot from acceptance to its end, its executions with what
// they do to wallet and position, and every report about it. Done orders stay readable until their slot is
// needed again.
#include <string.h>

#include "base/text.h"
#include "engine/exchange/xch.h"
#include "engine/exchange/xch_json.h"

static void report(struct exchange *x, const struct xch_order *o, enum report_kind exec,
                   const struct xch_fill *f, const struct xch_sink *out)
{
    if (out && out->report) {
        out->report(out->ctx, exec, o, f);
    }
    xch_publish_order(x, o, exec, f, out);
}

static struct xch_slot *free_slot(struct exchange *x)
{
    CHECK(x->open_count < XCH_ORDERS_MAX);
    while (x->slot[x->next_slot].open) {
        x->next_slot = (x->next_slot + 1) % XCH_ORDERS_MAX;
    }
    struct xch_slot *s = &x->slot[x->next_slot];
    x->next_slot = (x->next_slot + 1) % XCH_ORDERS_MAX;
    return s;
}

static struct xch_slot *open_slot(struct exchange *x, struct xch_market *m)
{
    struct xch_slot *s = free_slot(x);
    memset(s, 0, sizeof *s);
    text_copy(s->o.symbol, sizeof s->o.symbol, m->ins.symbol);
    s->o.instrument = m->ins.id;
    s->o.order_id = x->next_order_id++;
    s->o.status = OS_NEW;
    s->o.created_ns = s->o.updated_ns = x->now_ns;
    s->open = true;
    x->open[x->open_count++] = (uint16_t)(s - x->slot);
    return s;
}

struct xch_slot *xch_order_new(struct exchange *x, struct xch_market *m, const struct xch_order_request *r,
                               int64_t price_ticks, int64_t qty_lots, const struct xch_sink *out)
{
    struct xch_slot *s = open_slot(x, m);
    text_copy(s->o.client_id, sizeof s->o.client_id, r->client_id);
    if (!r->client_id[0]) {
        struct jw w = jw_begin(s->o.client_id, sizeof s->o.client_id);
        jw_lit(&w, "auto-");
        jw_uint(&w, x->next_auto_id++);
        jw_end(&w);
    }
    text_copy(s->o.type, sizeof s->o.type, r->type);
    text_copy(s->o.tif, sizeof s->o.tif, r->tif[0] ? r->tif : "GTC");
    s->o.side = r->side;
    s->o.reduce_only = r->reduce_only;
    s->o.price_ticks = price_ticks;
    s->o.qty_lots = qty_lots;
    s->o.front_lots = xch_displayed(m, r->side, price_ticks);
    s->seen_id = xch_seen_id(m);
    report(x, &s->o, RK_ACCEPTED, NULL, out);
    return s;
}

struct xch_slot *xch_order_find_open(struct exchange *x, uint16_t instrument, uint64_t order_id,
                                     const char *client_id)
{
    for (uint32_t i = 0; i < x->open_count; i++) {
        struct xch_slot *s = &x->slot[x->open[i]];
        if (s->o.instrument == instrument &&
            (order_id ? s->o.order_id == order_id : strcmp(s->o.client_id, client_id) == 0)) {
            return s;
        }
    }
    return NULL;
}

static void close_slot(struct exchange *x, struct xch_slot *s)
{
    uint16_t index = (uint16_t)(s - x->slot);
    uint32_t i = 0;
    while (x->open[i] != index) {
        i++;
    }
    memmove(&x->open[i], &x->open[i + 1], (x->open_count - i - 1) * sizeof x->open[0]);
    x->open_count--;
    s->open = false;
}

void xch_order_end(struct exchange *x, struct xch_slot *s, enum order_status status,
                   const struct xch_sink *out)
{
    s->o.status = (uint8_t)status;
    s->o.updated_ns = x->now_ns;
    close_slot(x, s);
    report(x, &s->o, status == OS_CANCELED ? RK_CANCELED : RK_EXPIRED, NULL, out);
}

void exchange_fee_rates(const struct exchange *x, uint16_t instrument, int64_t *maker_e8, int64_t *taker_e8)
{
    CHECK(instrument < x->cfg.instrument_count);
    const struct instrument *ins = &x->market[instrument].ins;
    *maker_e8 = x->cfg.maker_fee_e8 ? x->cfg.maker_fee_e8 : ins->maker_fee_e8;
    *taker_e8 = x->cfg.taker_fee_e8 ? x->cfg.taker_fee_e8 : ins->taker_fee_e8;
}

static int64_t fee_rate(const struct exchange *x, uint16_t instrument, bool maker)
{
    int64_t maker_e8, taker_e8;
    exchange_fee_rates(x, instrument, &maker_e8, &taker_e8);
    return maker ? maker_e8 : taker_e8;
}

void xch_order_fill(struct exchange *x, struct xch_slot *s, int64_t lots, int64_t price_e8, bool maker,
                    enum fill_kind kind, const struct xch_sink *out)
{
    struct xch_market *m = &x->market[s->o.instrument];
    CHECK(s->open && lots > 0 && s->o.cum_lots + lots <= s->o.qty_lots);
    int64_t notional = instrument_notional_e8(&m->ins, price_e8, lots);
    int64_t fee = kind == FILL_SEAM ? 0 : muldiv_round(notional, fee_rate(x, m->ins.id, maker), E8);
    int64_t realised = position_fill(&m->pos, &m->ins, s->o.side * lots, price_e8);
    m->realised_e8 += realised;
    m->updated_ns = x->account_ns = x->now_ns;
    x->wallet_e8 += realised - fee;
    s->o.cum_lots += lots;
    s->o.cum_quote_e8 += notional;
    s->o.status = s->o.cum_lots == s->o.qty_lots ? OS_FILLED : OS_PARTIAL;
    s->o.updated_ns = x->now_ns;
    if (s->o.status == OS_FILLED) {
        close_slot(x, s);
    }
    struct xch_fill *f = &x->fill[x->fills++ % XCH_TRADES_MAX];
    *f = (struct xch_fill){.order = s->o,
                           .trade_id = x->next_trade_id++,
                           .qty_lots = lots,
                           .price_e8 = price_e8,
                           .fee_e8 = fee,
                           .realised_e8 = realised,
                           .time_ns = x->now_ns,
                           .maker = maker,
                           .kind = (uint8_t)kind};
    report(x, &s->o, RK_FILL, f, out);
    xch_publish_account(x, m, "ORDER", 0, true, out);
}

void xch_close_position(struct exchange *x, struct xch_market *m, const char *client_id, int64_t price_e8,
                        enum fill_kind kind, const struct xch_sink *out)
{
    if (m->pos.lots == 0 || price_e8 <= 0) {
        return;
    }
    struct xch_slot *s = open_slot(x, m);
    text_copy(s->o.client_id, sizeof s->o.client_id, client_id);
    text_copy(s->o.type, sizeof s->o.type, kind == FILL_LIQUIDATION ? "LIQUIDATION" : "MARKET");
    text_copy(s->o.tif, sizeof s->o.tif, "IOC");
    s->o.side = m->pos.lots > 0 ? SIDE_SELL : SIDE_BUY;
    s->o.reduce_only = 1;
    s->o.qty_lots = m->pos.lots > 0 ? m->pos.lots : -m->pos.lots;
    xch_order_fill(x, s, s->o.qty_lots, price_e8, false, kind, out);
}

void xch_cancel_market(struct exchange *x, const struct xch_market *m, enum order_status status,
                       const struct xch_sink *out)
{
    for (uint32_t i = 0; i < x->open_count;) {
        struct xch_slot *s = &x->slot[x->open[i]];
        if (s->o.instrument == m->ins.id) {
            xch_order_end(x, s, status, out);
        } else {
            i++;
        }
    }
}

void xch_sweep_reduce_only(struct exchange *x, const struct xch_market *m, const struct xch_sink *out)
{
    for (uint32_t i = 0; i < x->open_count;) {
        struct xch_slot *s = &x->slot[x->open[i]];
        if (s->o.instrument == m->ins.id && s->o.reduce_only && m->pos.lots * s->o.side >= 0) {
            xch_order_end(x, s, OS_EXPIRED, out);
        } else {
            i++;
        }
    }
}
