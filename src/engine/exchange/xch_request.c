// SPDX-License-Identifier: Apache-2.0
// xch_request: place, amend, cancel: a request is checked in full before anything changes, and what was
// accepted runs to its end before the call returns. Self-trade prevention happens here: a taker never meets
// an own resting order, one of the two ends first.
#include <string.h>

#include "engine/exchange/xch.h"

enum { AMENDS_MAX = 10000 }; // venue-api.md 3.3.2

int64_t xch_take_bound(const struct exchange *x, const struct xch_market *m, enum side side)
{
    int64_t bound = x->cfg.rules.market_take_bound_e8, value = xch_value_price_e8(m);
    if (bound == 0) {
        return side == SIDE_BUY ? INT64_MAX : 0;
    }
    return (value + side * muldiv_floor(value, bound, E8)) / m->ins.tick_e8;
}

static int32_t post_only_refusal(const struct exchange *x, bool amend, const char **msg)
{
    if (x->cfg.post_only_form == 2) {
        return xch_refuse(-5022, "The post-only order would take and is rejected.", msg);
    }
    return x->cfg.post_only_form == 1 || amend ? xch_refuse(-2021, "Order would immediately trigger.", msg)
                                               : 0;
}

bool xch_would_take(struct exchange *x, const struct xch_market *m, enum side side, int64_t price_ticks)
{
    struct level l;
    const struct xch_slot *own = xch_own_best(x, m->ins.id, -side);
    return (xch_best(m, -side, &l) && !xch_better(-side, price_ticks, l.ticks)) ||
           (own && !xch_better(-side, price_ticks, own->o.price_ticks));
}

// --------------------------------------------------------------------------------------------- taker orders

static int64_t wants(const struct xch_market *m, const struct xch_order *o)
{
    int64_t left = o->qty_lots - o->cum_lots;
    if (o->reduce_only) {
        int64_t can = m->pos.lots * -(int64_t)o->side;
        left = can < left ? can : left;
    }
    return left < 0 ? 0 : left;
}

// Take what lies before our own best order, or all there is; true when that own order is what stops us.
static bool take_step(struct exchange *x, struct xch_market *m, struct xch_slot *s, int64_t limit,
                      struct xch_slot **own, const struct xch_sink *out)
{
    const enum side side = s->o.side == SIDE_BUY ? SIDE_BUY : SIDE_SELL;
    int64_t total;
    *own = xch_own_best(x, m->ins.id, -side);
    bool meets = *own && !xch_better(-side, limit, (*own)->o.price_ticks);
    size_t n = xch_plan(x, m, side, meets ? (*own)->o.price_ticks - side : limit, wants(m, &s->o), &total);
    xch_take(x, s, n, out);
    return s->open && meets && wants(m, &s->o) > 0;
}

static void take(struct exchange *x, struct xch_market *m, struct xch_slot *s, int64_t limit,
                 const struct xch_sink *out)
{
    struct xch_slot *own;
    for (int guard = 0; guard < XCH_ORDERS_MAX && take_step(x, m, s, limit, &own, out); guard++) {
        if (s->o.stp != XCH_STP_TAKER) {
            xch_order_end(x, own, OS_EXPIRED, out);
        }
        if (s->o.stp != XCH_STP_MAKER) {
            xch_order_end(x, s, OS_EXPIRED, out);
            return;
        }
    }
}

static bool fills_whole(struct exchange *x, struct xch_market *m, const struct xch_slot *s, int64_t limit)
{
    const enum side side = s->o.side == SIDE_BUY ? SIDE_BUY : SIDE_SELL;
    const struct xch_slot *own = xch_own_best(x, m->ins.id, -side);
    int64_t total;
    if (own && s->o.stp != XCH_STP_MAKER && !xch_better(-side, limit, own->o.price_ticks)) {
        limit = own->o.price_ticks - side;
    }
    xch_plan(x, m, side, limit, wants(m, &s->o), &total);
    return total == s->o.qty_lots - s->o.cum_lots;
}

void xch_run_order(struct exchange *x, struct xch_market *m, struct xch_slot *s, bool market, enum tif tif,
                   const struct xch_sink *out)
{
    const enum side side = s->o.side == SIDE_BUY ? SIDE_BUY : SIDE_SELL;
    bool takes = market || xch_would_take(x, m, side, s->o.price_ticks);
    int64_t limit = market ? xch_take_bound(x, m, side) : s->o.price_ticks;
    if (takes && tif != TIF_GTX && (tif != TIF_FOK || fills_whole(x, m, s, limit))) {
        take(x, m, s, limit, out);
    }
    bool rests = !market && (tif == TIF_GTC || (tif == TIF_GTX && !takes));
    if (s->open && !rests) {
        xch_order_end(x, s, OS_EXPIRED, out);
    }
    xch_sweep_reduce_only(x, m, out);
}

// ---------------------------------------------------------------------------------------------------- place

int32_t xch_cover_check(struct exchange *x, const struct xch_market *m, const struct xch_order *o,
                        int64_t lots, bool market, int64_t price_ticks, const char **msg)
{
    const enum side side = o->side == SIDE_BUY ? SIDE_BUY : SIDE_SELL;
    if (x->spot) {
        return xch_spot_check(x, m, side, lots, market, price_ticks, msg);
    }
    if (o->reduce_only) {
        return xch_reduce_check(x, m, side, lots, msg);
    }
    return xch_margin_check(x, m, side, lots,
                            market ? xch_value_price_e8(m) : instrument_price_e8(&m->ins, price_ticks), msg);
}

static int32_t check_state(struct exchange *x, const struct xch_market *m, const struct xch_order_request *r,
                           const char **msg)
{
    if (m->ins.status != INSTRUMENT_TRADING) {
        return xch_refuse(-4022, "Market status is not trading.", msg);
    }
    if (!m->live) {
        return xch_refuse(-1112, "No orders on book for symbol.", msg);
    }
    if (r->client_id[0] && xch_order_find_open(x, m->ins.id, 0, r->client_id)) {
        return x->cfg.dialect == XCH_DIALECT_BINANCE ? xch_refuse(-4116, "ClientOrderId is duplicated.", msg)
                                                     : xch_refuse(-2010, "Duplicate order sent.", msg);
    }
    return 0;
}

// A market order whose first counterparty already stands beyond PERCENT_PRICE.
static int32_t check_counterparty(const struct xch_market *m, enum side side, const char **msg)
{
    struct level best;
    int64_t mark = m->mark.mark_e8;
    if (mark <= 0 || !xch_best(m, -side, &best)) {
        return 0;
    }
    __int128 price = (__int128)instrument_price_e8(&m->ins, best.ticks) * E8;
    bool high = side == SIDE_BUY && m->ins.percent_up_e8 && price > (__int128)mark * m->ins.percent_up_e8;
    bool low = side == SIDE_SELL && m->ins.percent_down_e8 && price < (__int128)mark * m->ins.percent_down_e8;
    return high || low ? xch_refuse(-4131,
                                    "The counterparty's best price does not meet the PERCENT_PRICE filter "
                                    "limit.",
                                    msg)
                       : 0;
}

static int32_t check_order(struct exchange *x, const struct xch_market *m, const struct xch_order_request *r,
                           struct xch_checked *c, const char **msg)
{
    int32_t code = xch_filter(x, m, r, c, msg);
    code = code ? code : check_state(x, m, r, msg);
    if (code || c->conditional) {
        xch_trigger_default(m, r, c);
        return code ? code : xch_trigger_check(m, r, c, msg);
    }
    if (c->market && (code = check_counterparty(m, r->side, msg)) != 0) {
        return code;
    }
    if (r->has_quote_qty && (c->qty_lots = xch_spot_lots_for(x, m, r->quote_qty_e8)) == 0) {
        return xch_refuse(-2020, "Unable to fill.", msg);
    }
    struct xch_order o = {.side = r->side, .reduce_only = r->reduce_only};
    return xch_cover_check(x, m, &o, c->qty_lots, c->market, c->price_ticks, msg);
}

// Everything that may refuse an order. *m and *c are what was asked for.
static int32_t check_request(struct exchange *x, const struct xch_order_request *r, int64_t now_ns,
                             struct xch_market **m, struct xch_checked *c, const char **msg)
{
    xch_set_now(x, now_ns);
    *m = xch_market_of(x, r->symbol);
    if (!*m) {
        return xch_refuse(-1121, "Invalid symbol.", msg);
    }
    int32_t code = check_order(x, *m, r, c, msg);
    bool takes =
        code == 0 && !c->conditional && c->tif == TIF_GTX && xch_would_take(x, *m, r->side, c->price_ticks);
    return takes ? post_only_refusal(x, false, msg) : code;
}

int32_t exchange_test(struct exchange *x, const struct xch_order_request *r, int64_t now_ns, const char **msg)
{
    struct xch_market *m;
    struct xch_checked c;
    return check_request(x, r, now_ns, &m, &c, msg);
}

int32_t exchange_place(struct exchange *x, const struct xch_order_request *r, int64_t now_ns,
                       struct xch_order *o, const char **msg, const struct xch_sink *out)
{
    struct xch_market *m;
    struct xch_checked c;
    int32_t code = check_request(x, r, now_ns, &m, &c, msg);
    if (code) {
        return code;
    }
    struct xch_slot *s = xch_order_new(x, m, r, &c, out);
    if (!c.conditional) {
        xch_run_order(x, m, s, c.market, c.tif, out);
    }
    *o = s->o;
    return 0;
}

// ---------------------------------------------------------------------------------------------------- amend

static enum tif tif_of(const struct xch_order *o)
{
    return strcmp(o->tif, "GTX") == 0 ? TIF_GTX : TIF_GTC; // what rests is one of the two
}

static int32_t check_amend(struct exchange *x, const struct xch_market *m, struct xch_slot *s,
                           int64_t price_e8, int64_t qty_e8, struct xch_checked *c, const char **msg)
{
    struct xch_order *o = &s->o;
    struct xch_order_request r = {.type = "LIMIT",
                                  .side = o->side,
                                  .has_price = 1,
                                  .has_qty = 1,
                                  .reduce_only = o->reduce_only,
                                  .price_e8 = price_e8,
                                  .qty_e8 = qty_e8};
    memcpy(r.tif, o->tif, sizeof r.tif);
    if (strcmp(o->type, "LIMIT") != 0) {
        return xch_refuse(-1020, "Only LIMIT orders can be modified.", msg);
    }
    if (o->amends >= AMENDS_MAX) {
        return xch_refuse(-2010, "Exceed maximum modify order limit.", msg);
    }
    int32_t code = xch_filter_values(x, m, &r, c, msg);
    if (code == 0 && c->qty_lots <= o->cum_lots) {
        code = xch_refuse(-1130, "Data sent for parameter 'quantity' is not valid.", msg);
    }
    if (code == 0 && tif_of(o) == TIF_GTX && xch_would_take(x, m, o->side, c->price_ticks)) {
        code = post_only_refusal(x, true, msg);
    }
    if (code) {
        return code;
    }
    int64_t before = o->qty_lots;
    o->qty_lots = o->cum_lots; // what it reserves now is free for what it will reserve
    code = xch_cover_check(x, m, o, c->qty_lots - o->cum_lots, false, c->price_ticks, msg);
    o->qty_lots = before;
    return code;
}

int32_t exchange_amend(struct exchange *x, const char *symbol, uint64_t order_id, const char *client_id,
                       int64_t price_e8, int64_t qty_e8, int64_t now_ns, struct xch_order *o,
                       const char **msg, const struct xch_sink *out)
{
    xch_set_now(x, now_ns);
    struct xch_market *m = xch_market_of(x, symbol);
    struct xch_checked c;
    if (!m) {
        return xch_refuse(-1121, "Invalid symbol.", msg);
    }
    struct xch_slot *s = xch_order_find_open(x, m->ins.id, order_id, client_id ? client_id : "");
    if (!s) {
        return xch_refuse(-2013, "Order does not exist.", msg);
    }
    int32_t code = check_amend(x, m, s, price_e8, qty_e8, &c, msg);
    if (code) {
        return code;
    }
    s->o.price_ticks = c.price_ticks;
    s->o.qty_lots = c.qty_lots;
    s->o.amends++;
    s->o.updated_ns = x->now_ns;
    xch_order_requeue(x, s);
    xch_order_report(x, s, RK_AMENDED, out);
    xch_run_order(x, m, s, false, tif_of(&s->o), out);
    *o = s->o;
    return 0;
}

// --------------------------------------------------------------------------------------------------- cancel

int32_t exchange_cancel(struct exchange *x, const char *symbol, uint64_t order_id, const char *client_id,
                        int64_t now_ns, struct xch_order *o, const char **msg, const struct xch_sink *out)
{
    xch_set_now(x, now_ns);
    struct xch_market *m = xch_market_of(x, symbol);
    if (!m) {
        return xch_refuse(-1121, "Invalid symbol.", msg);
    }
    struct xch_slot *s = xch_order_find_open(x, m->ins.id, order_id, client_id ? client_id : "");
    if (!s) {
        return xch_refuse(-2011, "Unknown order sent.", msg);
    }
    xch_order_end(x, s, OS_CANCELED, out);
    *o = s->o;
    return 0;
}

int32_t exchange_cancel_all(struct exchange *x, const char *symbol, int64_t now_ns, const char **msg,
                            const struct xch_sink *out)
{
    xch_set_now(x, now_ns);
    struct xch_market *m = xch_market_of(x, symbol);
    if (!m) {
        return xch_refuse(-1121, "Invalid symbol.", msg);
    }
    xch_cancel_market(x, m, OS_CANCELED, false, out);
    return 0;
}

int32_t exchange_countdown(struct exchange *x, const char *symbol, int64_t ms, int64_t now_ns,
                           const char **msg)
{
    xch_set_now(x, now_ns);
    struct xch_market *m = xch_market_of(x, symbol);
    if (!m) {
        return xch_refuse(-1121, "Invalid symbol.", msg);
    }
    if (ms > INT64_C(24) * 3600 * 1000) {
        return xch_refuse(
            -1102, "Mandatory parameter 'countdownTime' was not sent, was empty/null, or malformed.", msg);
    }
    m->countdown_due_ns = ms > 0 ? x->now_ns + ms * NS_PER_MS : 0;
    return 0;
}
