// SPDX-License-Identifier: Apache-2.0
// xch_filter: every check of a new order that needs neither queue nor account: parameters by type, grid and
// bounds, percent price, minimum notional, number of orders. venue-api.md 3.2.1, in integers; codes and their
// order as there.
#include <string.h>

#include "engine/exchange/xch.h"

// Beyond this notional the sums of the account would leave int64; no filter of a real venue lets it through.
#define NOTIONAL_MAX_E8 ((__int128)10000000000 * E8)

static int32_t refuse(int32_t code, const char *text, const char **msg)
{
    *msg = text;
    return code;
}

static bool client_id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == ':' || c == '/' || c == '_' || c == '-';
}

static int32_t check_client_id(const char *id, const char **msg)
{
    size_t n = strlen(id);
    for (size_t i = 0; i < n; i++) {
        if (!client_id_char(id[i])) {
            return refuse(-1100, "Illegal characters found in parameter 'newClientOrderId'.", msg);
        }
    }
    return n > 36 ? refuse(-4015, "Client order id length should be less than 36 chars", msg) : 0;
}

static int32_t check_limit_params(const struct xch_order_request *r, struct xch_checked *c, const char **msg)
{
    static const struct {
        const char *name;
        enum tif tif;
    } TIFS[] = {{"GTC", TIF_GTC}, {"IOC", TIF_IOC}, {"FOK", TIF_FOK}, {"GTX", TIF_GTX}};
    if (!r->tif[0]) {
        return refuse(-1102, "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed.",
                      msg);
    }
    if (!r->has_price) {
        return refuse(-1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed.", msg);
    }
    for (size_t i = 0; i < COUNT_OF(TIFS); i++) {
        if (strcmp(r->tif, TIFS[i].name) == 0) {
            c->tif = TIFS[i].tif;
            return 0;
        }
    }
    return refuse(-1115, "Invalid timeInForce.", msg);
}

static int32_t check_params(const struct xch_order_request *r, struct xch_checked *c, const char **msg)
{
    if (r->side != SIDE_BUY && r->side != SIDE_SELL) {
        return refuse(-1117, "Invalid side.", msg);
    }
    c->market = strcmp(r->type, "MARKET") == 0;
    if (!c->market && strcmp(r->type, "LIMIT") != 0) {
        return refuse(-1116, "Invalid orderType.", msg);
    }
    if (!r->has_qty) {
        return refuse(-1102, "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed.",
                      msg);
    }
    if (!c->market) {
        return check_limit_params(r, c, msg);
    }
    c->tif = TIF_IOC;
    if (r->tif[0]) {
        return refuse(-1114, "Parameter 'timeInForce' sent when not required.", msg);
    }
    return r->has_price ? refuse(-1106, "Parameter 'price' sent when not required.", msg) : 0;
}

// Bounds and step of one number on its grid; a bound of 0 is off. codes: too small, too big, off the step.
static int32_t check_grid(int64_t v_e8, int64_t step_e8, int64_t min, int64_t max, const int32_t codes[3],
                          const char *const texts[3], int64_t *steps, const char **msg)
{
    *steps = v_e8 / step_e8;
    if (min && (__int128)v_e8 < (__int128)min * step_e8) {
        return refuse(codes[0], texts[0], msg);
    }
    if (max && (__int128)v_e8 > (__int128)max * step_e8) {
        return refuse(codes[1], texts[1], msg);
    }
    return v_e8 % step_e8 ? refuse(codes[2], texts[2], msg) : 0;
}

static int32_t check_price(const struct instrument *ins, int64_t price_e8, int64_t *ticks, const char **msg)
{
    static const int32_t CODES[3] = {-4013, -4002, -4014};
    static const char *const TEXTS[3] = {"Price less than min price.", "Price greater than max price.",
                                         "Price not increased by tick size."};
    if (price_e8 <= 0) {
        return refuse(-4001, "Price less than 0.", msg);
    }
    return check_grid(price_e8, ins->tick_e8, ins->min_price_ticks, ins->max_price_ticks, CODES, TEXTS, ticks,
                      msg);
}

static int32_t check_qty(const struct instrument *ins, bool market, int64_t qty_e8, int64_t *lots,
                         const char **msg)
{
    static const int32_t CODES[3] = {-4004, -4005, -4023};
    static const char *const TEXTS[3] = {"Quantity less than min quantity.",
                                         "Quantity greater than max quantity.",
                                         "Quantity not increased by step size."};
    if (qty_e8 <= 0) {
        return refuse(-4003, "Quantity less than or equal to zero.", msg);
    }
    return check_grid(qty_e8, ins->lot_e8, market ? ins->market_min_qty_lots : ins->min_qty_lots,
                      market ? ins->market_max_qty_lots : ins->max_qty_lots, CODES, TEXTS, lots, msg);
}

static int32_t check_percent(const struct instrument *ins, enum side side, int64_t price_e8, int64_t mark_e8,
                             const char **msg)
{
    if (mark_e8 <= 0) {
        return 0;
    }
    if (side == SIDE_BUY && ins->percent_up_e8 &&
        (__int128)price_e8 * E8 > (__int128)mark_e8 * ins->percent_up_e8) {
        return refuse(-4016, "Limit price can't be higher than the PERCENT_PRICE bound above mark.", msg);
    }
    if (side == SIDE_SELL && ins->percent_down_e8 &&
        (__int128)price_e8 * E8 < (__int128)mark_e8 * ins->percent_down_e8) {
        return refuse(-4024, "Limit price can't be lower than the PERCENT_PRICE bound below mark.", msg);
    }
    return 0;
}

static int32_t check_notional(const struct instrument *ins, const struct xch_order_request *r,
                              int64_t price_e8, const char **msg)
{
    __int128 notional = (__int128)price_e8 * r->qty_e8 / E8;
    if (notional > NOTIONAL_MAX_E8) {
        return refuse(-2027, "Exceeded the maximum allowable position at current leverage.", msg);
    }
    if (!r->reduce_only && price_e8 > 0 && notional < ins->min_notional_e8) {
        return refuse(-4164,
                      "Order's notional must be no smaller than the minimum (unless you choose reduce only).",
                      msg);
    }
    return 0;
}

static int32_t check_count(const struct exchange *x, const struct xch_market *m, const char **msg)
{
    int32_t open = 0;
    for (uint32_t i = 0; i < x->open_count; i++) {
        open += x->slot[x->open[i]].o.instrument == m->ins.id;
    }
    if ((m->ins.max_open_orders && open >= m->ins.max_open_orders) || x->open_count >= XCH_ORDERS_MAX - 1) {
        return refuse(-2025, "Reach max open order limit.", msg);
    }
    return 0;
}

int32_t xch_filter(const struct exchange *x, const struct xch_market *m, const struct xch_order_request *r,
                   struct xch_checked *c, const char **msg)
{
    *c = (struct xch_checked){0};
    int32_t code = check_params(r, c, msg);
    if (code == 0) {
        code = check_client_id(r->client_id, msg);
    }
    if (code == 0 && !c->market) {
        code = check_price(&m->ins, r->price_e8, &c->price_ticks, msg);
    }
    if (code == 0) {
        code = check_qty(&m->ins, c->market, r->qty_e8, &c->qty_lots, msg);
    }
    if (code == 0 && !c->market) {
        code = check_percent(&m->ins, r->side, r->price_e8, m->mark.mark_e8, msg);
    }
    if (code == 0) {
        code = check_notional(&m->ins, r, c->market ? xch_value_price_e8(m) : r->price_e8, msg);
    }
    return code ? code : check_count(x, m, msg);
}
