// SPDX-License-Identifier: Apache-2.0
// xch_orders: the life of an order at the venue: a slot from acceptance to its end, its executions with what
// they do to money and position, and every report about it. Done orders stay readable until their slot is
// needed again.
#include <string.h>

#include "base/text.h"
#include "engine/exchange/xch.h"

static void report(struct exchange *x, const struct xch_order *o, enum report_kind exec,
                   const struct xch_fill *f, const struct xch_sink *out)
{
    if (out && out->report) {
        out->report(out->ctx, exec, o, f);
    }
    xch_publish_order(x, o, exec, f, out);
    if (x->spot) {
        xch_publish_account(x, &x->market[o->instrument], "ORDER", 0, out); // what is locked has changed
    }
}

void xch_order_report(struct exchange *x, const struct xch_slot *s, enum report_kind exec,
                      const struct xch_sink *out)
{
    report(x, &s->o, exec, NULL, out);
}

// ---------------------------------------------------------------------------------------------------- slots

static void unlink_slot(struct exchange *x, struct xch_slot *s)
{
    *(s->older == XCH_NO_SLOT ? &x->oldest : &x->slot[s->older].newer) = s->newer;
    *(s->newer == XCH_NO_SLOT ? &x->newest : &x->slot[s->newer].older) = s->older;
}

static void link_newest(struct exchange *x, struct xch_slot *s)
{
    uint16_t index = (uint16_t)(s - x->slot);
    s->older = x->newest;
    s->newer = XCH_NO_SLOT;
    *(x->newest == XCH_NO_SLOT ? &x->oldest : &x->slot[x->newest].newer) = index;
    x->newest = index;
}

static struct xch_slot *free_slot(struct exchange *x)
{
    CHECK(x->open_count < XCH_ORDERS_MAX);
    while (x->slot[x->next_slot].open) {
        x->next_slot = (x->next_slot + 1) % XCH_HISTORY_MAX;
    }
    struct xch_slot *s = &x->slot[x->next_slot];
    x->next_slot = (x->next_slot + 1) % XCH_HISTORY_MAX;
    if (s->o.order_id) {
        unlink_slot(x, s);
    }
    return s;
}

static struct xch_slot *open_slot(struct exchange *x, struct xch_market *m)
{
    struct xch_slot *s = free_slot(x);
    memset(s, 0, sizeof *s);
    link_newest(x, s);
    text_copy(s->o.symbol, sizeof s->o.symbol, m->ins.symbol);
    s->o.instrument = m->ins.id;
    s->o.order_id = x->next_order_id++;
    s->o.status = OS_NEW;
    s->o.stp = x->cfg.stp ? x->cfg.stp : XCH_STP_TAKER;
    s->o.created_ns = s->o.updated_ns = x->now_ns;
    s->open = true;
    x->open[x->open_count++] = (uint16_t)(s - x->slot);
    return s;
}

static uint32_t open_index(const struct exchange *x, const struct xch_slot *s)
{
    uint16_t index = (uint16_t)(s - x->slot);
    uint32_t i = 0;
    while (x->open[i] != index) {
        i++;
        CHECK(i < x->open_count);
    }
    return i;
}

static void close_slot(struct exchange *x, struct xch_slot *s)
{
    uint32_t i = open_index(x, s);
    memmove(&x->open[i], &x->open[i + 1], (x->open_count - i - 1) * sizeof x->open[0]);
    x->open_count--;
    x->waiting_count -= s->o.waiting;
    s->o.waiting = 0;
    s->open = false;
}

void xch_order_requeue(struct exchange *x, struct xch_slot *s)
{
    const struct xch_market *m = &x->market[s->o.instrument];
    uint32_t i = open_index(x, s);
    memmove(&x->open[i], &x->open[i + 1], (x->open_count - i - 1) * sizeof x->open[0]);
    x->open[x->open_count - 1] = (uint16_t)(s - x->slot);
    s->o.front_lots = xch_displayed(m, s->o.side, s->o.price_ticks);
    s->seen_id = xch_seen_id(m);
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

// --------------------------------------------------------------------------------------------------- orders

static void name_order(struct exchange *x, struct xch_order *o, const char *client_id)
{
    text_copy(o->client_id, sizeof o->client_id, client_id);
    if (!client_id[0]) {
        struct jw w = jw_begin(o->client_id, sizeof o->client_id);
        jw_lit(&w, "auto-");
        jw_uint(&w, x->next_auto_id++);
        CHECK(jw_end(&w) > 0);
    }
}

struct xch_slot *xch_order_new(struct exchange *x, struct xch_market *m, const struct xch_order_request *r,
                               const struct xch_checked *c, const struct xch_sink *out)
{
    struct xch_slot *s = open_slot(x, m);
    struct xch_order *o = &s->o;
    name_order(x, o, r->client_id);
    text_copy(o->type, sizeof o->type, r->type);
    text_copy(o->orig_type, sizeof o->orig_type, r->type);
    text_copy(o->tif, sizeof o->tif, r->tif[0] ? r->tif : "GTC");
    s->hidden = strcmp(o->tif, "HIDDEN") == 0;
    o->side = r->side;
    o->reduce_only = r->reduce_only;
    o->close_position = r->close_position;
    o->mark_triggers = r->mark_triggers;
    o->price_protect = r->price_protect;
    o->stp = r->stp ? r->stp : o->stp;
    o->waiting = c->conditional;
    o->price_ticks = c->price_ticks;
    o->qty_lots = c->qty_lots;
    o->stop_ticks = c->stop_ticks;
    o->activation_ticks = c->activation_ticks;
    o->callback_pct_e8 = r->has_callback ? r->callback_pct_e8 : 0;
    o->quote_qty_e8 = r->has_quote_qty ? r->quote_qty_e8 : 0;
    x->waiting_count += o->waiting;
    s->extreme_e8 = m->mark.last_e8;
    if (!o->waiting) {
        o->front_lots = xch_displayed(m, r->side, c->price_ticks);
        s->seen_id = xch_seen_id(m);
    }
    report(x, o, RK_ACCEPTED, NULL, out);
    return s;
}

void xch_order_end(struct exchange *x, struct xch_slot *s, enum order_status status,
                   const struct xch_sink *out)
{
    s->o.status = (uint8_t)status;
    s->o.updated_ns = x->now_ns;
    close_slot(x, s);
    report(x, &s->o, status == OS_CANCELED ? RK_CANCELED : RK_EXPIRED, NULL, out);
}

// ---------------------------------------------------------------------------------------------------- fills

void exchange_fee_rates(const struct exchange *x, uint16_t instrument, int64_t *maker_e8, int64_t *taker_e8)
{
    CHECK(instrument < x->cfg.instrument_count);
    const struct instrument *ins = &x->market[instrument].ins;
    *maker_e8 = x->cfg.maker_fee_e8 ? x->cfg.maker_fee_e8 : ins->maker_fee_e8;
    *taker_e8 = x->cfg.taker_fee_e8 ? x->cfg.taker_fee_e8 : ins->taker_fee_e8;
}

// Spot rounds down: the fees of the parts of an order then never exceed what was held back for the whole.
static int64_t fee_of(const struct exchange *x, uint16_t instrument, bool maker, enum fill_kind kind,
                      int64_t notional_e8)
{
    int64_t maker_e8, taker_e8;
    exchange_fee_rates(x, instrument, &maker_e8, &taker_e8);
    int64_t rate = kind == FILL_SEAM          ? 0
                   : kind == FILL_LIQUIDATION ? x->cfg.rules.liquidation_fee_e8
                   : maker                    ? maker_e8
                                              : taker_e8;
    return x->spot ? muldiv_floor(notional_e8, rate, E8) : muldiv_round(notional_e8, rate, E8);
}

// What a fill does to the position; the profit it realised.
static int64_t book_position(struct xch_market *m, int64_t signed_lots, int64_t price_e8)
{
    int64_t before = m->pos.lots;
    int64_t realised = position_fill(&m->pos, &m->ins, signed_lots, price_e8);
    if (m->pos.lots == 0 || (before ^ m->pos.lots) < 0) {
        m->extra_e8 = 0; // closed: what was added goes back to the cross wallet
    }
    m->realised_e8 += realised;
    return realised;
}

static void count_fill(struct exchange *x, struct xch_slot *s, int64_t lots, int64_t notional_e8)
{
    s->o.cum_lots += lots;
    s->o.cum_quote_e8 += notional_e8;
    s->o.status = s->o.cum_lots == s->o.qty_lots ? OS_FILLED : OS_PARTIAL;
    s->o.updated_ns = x->now_ns;
    if (s->o.status == OS_FILLED) {
        close_slot(x, s);
    }
}

void xch_order_fill(struct exchange *x, struct xch_slot *s, int64_t lots, int64_t price_e8, bool maker,
                    enum fill_kind kind, const struct xch_sink *out)
{
    struct xch_market *m = &x->market[s->o.instrument];
    CHECK(s->open && !s->o.waiting && lots > 0 && s->o.cum_lots + lots <= s->o.qty_lots);
    int64_t notional = instrument_notional_e8(&m->ins, price_e8, lots), realised = 0;
    int64_t fee = fee_of(x, m->ins.id, maker, kind, notional);
    uint64_t trade_id = x->next_trade_id++;
    if (x->spot) {
        xch_spot_settle(x, m, s->o.side, lots, notional);
    } else {
        realised = book_position(m, s->o.side * lots, price_e8);
    }
    xch_pay(x, XI_REALIZED_PNL, m, m->ins.settle, realised, trade_id, out);
    xch_pay(x, XI_COMMISSION, m, m->ins.settle, -fee, trade_id, out);
    m->updated_ns = x->account_ns = x->now_ns;
    count_fill(x, s, lots, notional);
    struct xch_fill *f = &x->fill[x->fills++ % XCH_TRADES_MAX];
    *f = (struct xch_fill){.order = s->o,
                           .trade_id = trade_id,
                           .qty_lots = lots,
                           .price_e8 = price_e8,
                           .fee_e8 = fee,
                           .realised_e8 = realised,
                           .time_ns = x->now_ns,
                           .maker = maker,
                           .kind = (uint8_t)kind,
                           .fee_asset = m->ins.settle};
    report(x, &s->o, RK_FILL, f, out);
    if (!x->spot) {
        xch_publish_account(x, m, "ORDER", 0, out);
    }
    if (kind == FILL_LIQUIDATION) {
        xch_publish_force(x, m, f, out);
    }
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
    text_copy(s->o.orig_type, sizeof s->o.orig_type, s->o.type);
    text_copy(s->o.tif, sizeof s->o.tif, "IOC");
    s->o.side = m->pos.lots > 0 ? SIDE_SELL : SIDE_BUY;
    s->o.reduce_only = 1;
    s->o.qty_lots = xch_abs(m->pos.lots);
    s->o.price_ticks = kind == FILL_LIQUIDATION ? price_e8 / m->ins.tick_e8 : 0;
    xch_order_fill(x, s, s->o.qty_lots, price_e8, false, kind, out);
}

void xch_cancel_market(struct exchange *x, const struct xch_market *m, enum order_status status,
                       bool keep_waiting, const struct xch_sink *out)
{
    for (uint32_t i = 0; i < x->open_count;) {
        struct xch_slot *s = &x->slot[x->open[i]];
        if (s->o.instrument == m->ins.id && !(keep_waiting && s->o.waiting)) {
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
        if (s->o.instrument == m->ins.id && s->o.reduce_only && !s->o.waiting &&
            m->pos.lots * s->o.side >= 0) {
            xch_order_end(x, s, OS_EXPIRED, out);
        } else {
            i++;
        }
    }
}
