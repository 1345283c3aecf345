// SPDX-License-Identifier: Apache-2.0
// xch_conditional: orders that wait for a price (venue-api.md 4.3). They are no part of the book, reserve
// nothing and are checked against money and position when they trigger; what the check refuses then EXPIRES.
// A triggered order goes on as LIMIT or MARKET under its own id; its first type stays in orig_type.
#include <string.h>

#include "base/text.h"
#include "engine/exchange/xch.h"

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

// Rising price triggers: a stop that buys, a profit that sells.
static bool on_rise(const char *type, int8_t side)
{
    return starts(type, "TAKE_PROFIT") ? side == SIDE_SELL : side == SIDE_BUY;
}

static int64_t reference_e8(const struct xch_market *m, bool mark)
{
    int64_t price = mark ? m->mark.mark_e8 : m->mark.last_e8;
    return price ? price : xch_value_price_e8(m);
}

int32_t xch_trigger_check(const struct xch_market *m, const struct xch_order_request *r,
                          const struct xch_checked *c, const char **msg)
{
    int64_t now = reference_e8(m, r->mark_triggers && !r->has_callback);
    int64_t at = instrument_price_e8(&m->ins, r->has_callback ? c->activation_ticks : c->stop_ticks);
    bool hit;
    if (r->has_callback) {
        hit = r->has_activation && (r->side == SIDE_BUY ? at >= now : at <= now);
    } else {
        hit = on_rise(r->type, r->side) ? now >= at : now <= at;
    }
    return hit && now > 0 ? xch_refuse(-2021, "Order would immediately trigger.", msg) : 0;
}

void xch_trigger_default(const struct xch_market *m, const struct xch_order_request *r, struct xch_checked *c)
{
    if (r->has_callback && !r->has_activation) {
        c->activation_ticks = reference_e8(m, false) / m->ins.tick_e8;
    }
}

// Follows the last price to its best and triggers when it comes back by the callback rate.
static bool trails(const struct xch_market *m, struct xch_slot *s)
{
    int64_t last = reference_e8(m, false), at = instrument_price_e8(&m->ins, s->o.activation_ticks);
    bool buys = s->o.side == SIDE_BUY;
    if (last <= 0) {
        return false;
    }
    if (s->extreme_e8 == 0 || (buys ? last < s->extreme_e8 : last > s->extreme_e8)) {
        s->extreme_e8 = last;
    }
    int64_t back = muldiv_round(s->extreme_e8, s->o.callback_pct_e8, 100 * E8);
    return buys ? s->extreme_e8 <= at && last >= s->extreme_e8 + back
                : s->extreme_e8 >= at && last <= s->extreme_e8 - back;
}

static bool protected_now(const struct exchange *x, const struct xch_market *m, const struct xch_order *o)
{
    int64_t mark = m->mark.mark_e8, last = m->mark.last_e8, bound = x->cfg.rules.trigger_protect_e8;
    return o->price_protect && bound && mark && last &&
           (__int128)xch_abs(mark - last) * E8 > (__int128)mark * bound;
}

static bool triggers(const struct exchange *x, const struct xch_market *m, struct xch_slot *s)
{
    const struct xch_order *o = &s->o;
    if (o->callback_pct_e8) {
        return trails(m, s) && !protected_now(x, m, o);
    }
    int64_t now = reference_e8(m, o->mark_triggers), at = instrument_price_e8(&m->ins, o->stop_ticks);
    bool hit = on_rise(o->type, o->side) ? now >= at : now <= at;
    return now > 0 && hit && !protected_now(x, m, o);
}

static enum tif tif_of(const char *tif)
{
    return strcmp(tif, "IOC") == 0   ? TIF_IOC
           : strcmp(tif, "FOK") == 0 ? TIF_FOK
           : strcmp(tif, "GTX") == 0 ? TIF_GTX
                                     : TIF_GTC;
}

static void run(struct exchange *x, struct xch_market *m, struct xch_slot *s, const struct xch_sink *out)
{
    struct xch_order *o = &s->o;
    const char *msg;
    bool market = o->price_ticks == 0;
    int64_t closes = -m->pos.lots * o->side; // lots this side can close
    if (o->close_position) {
        o->qty_lots = closes > 0 ? closes : 0;
        o->reduce_only = 1;
    }
    bool covered =
        o->qty_lots > 0 && (!o->reduce_only || closes > 0) &&
        (o->reduce_only || xch_cover_check(x, m, o, o->qty_lots, market, o->price_ticks, &msg) == 0);
    if (!covered) {
        xch_order_end(x, s, OS_EXPIRED, out);
        return;
    }
    o->waiting = 0;
    x->waiting_count--;
    o->updated_ns = x->now_ns;
    xch_publish_algo(x, o, "TRIGGERED", out);
    text_copy(o->type, sizeof o->type, market ? "MARKET" : "LIMIT");
    xch_order_requeue(x, s);
    xch_order_report(x, s, RK_ACCEPTED, out);
    xch_run_order(x, m, s, market, market ? TIF_IOC : tif_of(o->tif), out);
}

static struct xch_slot *next_triggered(struct exchange *x, struct xch_market *m)
{
    struct xch_slot *first = NULL;
    for (uint32_t i = 0; i < x->open_count; i++) {
        struct xch_slot *s = &x->slot[x->open[i]];
        if (s->o.waiting && s->o.instrument == m->ins.id && triggers(x, m, s) && !first) {
            first = s; // the others are looked at too: trailing ones follow the price here
        }
    }
    return first;
}

void xch_trigger(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    struct xch_slot *s;
    while (x->waiting_count > 0 && m->live && (s = next_triggered(x, m)) != NULL) {
        run(x, m, s, out); // it waits no longer, whatever became of it: the loop ends
    }
}
