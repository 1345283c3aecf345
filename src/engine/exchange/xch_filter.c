// SPDX-License-Identifier: Apache-2.0
// xch_filter: every check of a new order that needs neither queue nor account: parameters by type
// (venue-api.md 3.3.1), grid and bounds, percent price, minimum notional, number of orders (3.2.1), in
// integers; codes and their order as there.
#include <string.h>

#include "engine/exchange/xch.h"

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
            return xch_refuse(-1100, "Illegal characters found in parameter 'newClientOrderId'.", msg);
        }
    }
    return n > 36 ? xch_refuse(-4015, "Client order id length should be less than 36 chars", msg) : 0;
}

struct kind {
    const char *name;
    bool market, conditional, trailing, may_close, on_spot;
};

static const struct kind KINDS[] = {
    {"LIMIT", false, false, false, false, true},
    {"MARKET", true, false, false, false, true},
    {"STOP", false, true, false, false, true},
    {"STOP_MARKET", true, true, false, true, true},
    {"TAKE_PROFIT", false, true, false, false, true},
    {"TAKE_PROFIT_MARKET", true, true, false, true, true},
    {"TRAILING_STOP_MARKET", true, true, true, false, false},
};

static const struct kind *kind_of(const char *type)
{
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (strcmp(type, KINDS[i].name) == 0) {
            return &KINDS[i];
        }
    }
    return NULL;
}

static int32_t check_tif(const struct exchange *x, const struct xch_order_request *r, const struct kind *k,
                         struct xch_checked *c, const char **msg)
{
    static const struct {
        const char *name;
        enum tif tif;
    } TIFS[] = {{"GTC", TIF_GTC}, {"IOC", TIF_IOC}, {"FOK", TIF_FOK}, {"GTX", TIF_GTX}, {"HIDDEN", TIF_GTC}};
    size_t known = COUNT_OF(TIFS) - (x->cfg.dialect == XCH_DIALECT_BINANCE); // Binance has no HIDDEN
    c->tif = k->market ? TIF_IOC : TIF_GTC;
    if (k->market && !k->conditional && r->tif[0]) {
        return xch_refuse(-1114, "Parameter 'timeInForce' sent when not required.", msg);
    }
    if (k->market || (k->conditional && !r->tif[0])) {
        return 0;
    }
    if (!r->tif[0]) {
        return xch_refuse(
            -1102, "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed.", msg);
    }
    for (size_t i = 0; i < known; i++) {
        if (strcmp(r->tif, TIFS[i].name) == 0) {
            c->tif = TIFS[i].tif;
            return 0;
        }
    }
    return xch_refuse(-1115, "Invalid timeInForce.", msg);
}

static int32_t check_close(const struct xch_order_request *r, const struct kind *k, const char **msg)
{
    if (!k->may_close) {
        return xch_refuse(-4020, "Target strategy invalid for this order type with closePosition.", msg);
    }
    if (r->has_qty) {
        return xch_refuse(-4137, "Quantity must be zero with closePosition equals true.", msg);
    }
    return r->reduce_only ? xch_refuse(-1106, "Parameter 'reduceOnly' sent when not required.", msg) : 0;
}

static int32_t check_amount(const struct exchange *x, const struct xch_order_request *r, const struct kind *k,
                            const char **msg)
{
    if (r->close_position) {
        return check_close(r, k, msg);
    }
    if (r->has_quote_qty) {
        bool fits = x->spot && k->market && !k->conditional && r->side == SIDE_BUY && !r->has_qty;
        return fits ? 0 : xch_refuse(-1128, "Combination of optional parameters invalid.", msg);
    }
    return r->has_qty
               ? 0
               : xch_refuse(-1102,
                            "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed.",
                            msg);
}

static int32_t check_trigger_params(const struct xch_order_request *r, const struct kind *k, const char **msg)
{
    bool needs_stop = k->conditional && !k->trailing;
    if (needs_stop && !r->has_stop) {
        return xch_refuse(-1102,
                          "Mandatory parameter 'stopPrice' was not sent, was empty/null, or malformed.", msg);
    }
    if (!needs_stop && r->has_stop) {
        return xch_refuse(-1106, "Parameter 'stopPrice' sent when not required.", msg);
    }
    if (!k->trailing) {
        return r->has_callback || r->has_activation
                   ? xch_refuse(-1106, "Parameter 'callbackRate' sent when not required.", msg)
                   : 0;
    }
    if (!r->has_callback) {
        return xch_refuse(
            -1102, "Mandatory parameter 'callbackRate' was not sent, was empty/null, or malformed.", msg);
    }
    return r->callback_pct_e8 < E8 / 10 || r->callback_pct_e8 > 5 * E8
               ? xch_refuse(-1130, "Data sent for parameter 'callbackRate' is not valid.", msg)
               : 0;
}

static int32_t check_params(const struct exchange *x, const struct xch_order_request *r,
                            struct xch_checked *c, const char **msg)
{
    const struct kind *k = kind_of(r->type);
    if (r->side != SIDE_BUY && r->side != SIDE_SELL) {
        return xch_refuse(-1117, "Invalid side.", msg);
    }
    if (!k || (x->spot && !k->on_spot)) {
        return xch_refuse(-1116, "Invalid orderType.", msg);
    }
    if (x->spot && (r->reduce_only || r->close_position)) {
        return xch_refuse(-1106, "Parameter 'reduceOnly' sent when not required.", msg);
    }
    c->market = k->market;
    c->conditional = k->conditional;
    int32_t code = check_amount(x, r, k, msg);
    code = code ? code : check_tif(x, r, k, c, msg);
    if (code == 0 && k->market != !r->has_price) {
        code =
            k->market
                ? xch_refuse(-1106, "Parameter 'price' sent when not required.", msg)
                : xch_refuse(-1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed.",
                             msg);
    }
    return code ? code : check_trigger_params(r, k, msg);
}

// Bounds and step of one number on its grid; a bound of 0 is off. codes: too small, too big, off the step.
static int32_t check_grid(int64_t v_e8, int64_t step_e8, int64_t min, int64_t max, const int32_t codes[3],
                          const char *const texts[3], int64_t *steps, const char **msg)
{
    *steps = v_e8 / step_e8;
    if (min && (__int128)v_e8 < (__int128)min * step_e8) {
        return xch_refuse(codes[0], texts[0], msg);
    }
    if (max && (__int128)v_e8 > (__int128)max * step_e8) {
        return xch_refuse(codes[1], texts[1], msg);
    }
    return v_e8 % step_e8 ? xch_refuse(codes[2], texts[2], msg) : 0;
}

static int32_t check_price(const struct instrument *ins, int64_t price_e8, int64_t *ticks, const char **msg)
{
    static const int32_t CODES[3] = {-4013, -4002, -4014};
    static const char *const TEXTS[3] = {"Price less than min price.", "Price greater than max price.",
                                         "Price not increased by tick size."};
    if (price_e8 <= 0) {
        return xch_refuse(-4001, "Price less than 0.", msg);
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
        return xch_refuse(-4003, "Quantity less than or equal to zero.", msg);
    }
    return check_grid(qty_e8, ins->lot_e8, market ? ins->market_min_qty_lots : ins->min_qty_lots,
                      market ? ins->market_max_qty_lots : ins->max_qty_lots, CODES, TEXTS, lots, msg);
}

static int32_t check_stop(const struct instrument *ins, const struct xch_order_request *r,
                          struct xch_checked *c, const char **msg)
{
    static const int32_t CODES[3] = {-4013, -4007, -4014};
    static const char *const TEXTS[3] = {"Stop price less than min price.",
                                         "Stop price greater than max price.",
                                         "Stop price not increased by tick size."};
    if (r->has_stop && r->stop_price_e8 <= 0) {
        return xch_refuse(-4006, "Stop price less than zero.", msg);
    }
    if (r->has_activation && r->activation_e8 <= 0) {
        return xch_refuse(-4135, "Invalid activation price.", msg);
    }
    int32_t code = r->has_stop ? check_grid(r->stop_price_e8, ins->tick_e8, ins->min_price_ticks,
                                            ins->max_price_ticks, CODES, TEXTS, &c->stop_ticks, msg)
                               : 0;
    return code || !r->has_activation
               ? code
               : check_grid(r->activation_e8, ins->tick_e8, ins->min_price_ticks, ins->max_price_ticks, CODES,
                            TEXTS, &c->activation_ticks, msg);
}

// Perpetuals bound the side that could be run over; spot bounds both. A STOP is measured at its own trigger.
static int32_t check_percent(const struct exchange *x, const struct xch_market *m,
                             const struct xch_order_request *r, const char **msg)
{
    const struct instrument *ins = &m->ins;
    int64_t ref = r->has_stop ? r->stop_price_e8 : x->spot ? xch_value_price_e8(m) : m->mark.mark_e8;
    if (ref <= 0) {
        return 0;
    }
    bool high = ins->percent_up_e8 && (__int128)r->price_e8 * E8 > (__int128)ref * ins->percent_up_e8;
    bool low = ins->percent_down_e8 && (__int128)r->price_e8 * E8 < (__int128)ref * ins->percent_down_e8;
    if (high && (x->spot || r->side == SIDE_BUY)) {
        return r->has_stop
                   ? xch_refuse(-4183, "Price is higher than stop price multiplier cap.", msg)
                   : xch_refuse(-4016, "Limit price can't be higher than the PERCENT_PRICE bound.", msg);
    }
    if (low && (x->spot || r->side == SIDE_SELL)) {
        return r->has_stop
                   ? xch_refuse(-4184, "Price is lower than stop price multiplier floor.", msg)
                   : xch_refuse(-4024, "Limit price can't be lower than the PERCENT_PRICE bound.", msg);
    }
    return 0;
}

static int32_t check_notional(const struct exchange *x, const struct xch_market *m,
                              const struct xch_order_request *r, const char **msg)
{
    int64_t value = xch_value_price_e8(m);
    int64_t price = r->has_price ? r->price_e8 : r->has_stop ? r->stop_price_e8 : value;
    int64_t dear = price > value ? price : value; // margin is measured at mark, whatever the limit
    __int128 notional = r->has_quote_qty ? r->quote_qty_e8 : (__int128)price * r->qty_e8 / E8;
    if (notional > XCH_MONEY_MAX_E8 || (__int128)dear * r->qty_e8 / E8 > XCH_MONEY_MAX_E8) {
        return xch_refuse(-2027, "Exceeded the maximum allowable position at current leverage.", msg);
    }
    if (r->reduce_only || r->close_position || price <= 0 || notional >= m->ins.min_notional_e8) {
        return 0;
    }
    return x->spot ? xch_refuse(-5076, "The order's value is below the minimum notional.", msg)
                   : xch_refuse(-4164,
                                "Order's notional must be no smaller than the minimum (unless you choose "
                                "reduce only).",
                                msg);
}

static int32_t check_count(const struct exchange *x, const struct xch_market *m, bool conditional,
                           const char **msg)
{
    int32_t open = 0, waiting = 0, algos = x->cfg.rules.max_algo_orders;
    for (uint32_t i = 0; i < x->open_count; i++) {
        const struct xch_order *o = &x->slot[x->open[i]].o;
        open += o->instrument == m->ins.id;
        waiting += o->instrument == m->ins.id && o->waiting;
    }
    if (conditional && algos && waiting >= algos) {
        return xch_refuse(-4045, "Reach max stop order limit.", msg);
    }
    if ((m->ins.max_open_orders && open >= m->ins.max_open_orders) || x->open_count >= XCH_ORDERS_MAX - 1) {
        return xch_refuse(-2025, "Reach max open order limit.", msg);
    }
    return 0;
}

int32_t xch_filter_values(const struct exchange *x, const struct xch_market *m,
                          const struct xch_order_request *r, struct xch_checked *c, const char **msg)
{
    *c = (struct xch_checked){0};
    int32_t code = check_params(x, r, c, msg);
    code = code ? code : check_client_id(r->client_id, msg);
    if (code == 0 && !c->market) {
        code = check_price(&m->ins, r->price_e8, &c->price_ticks, msg);
    }
    code = code ? code : check_stop(&m->ins, r, c, msg);
    if (code == 0 && r->has_quote_qty && r->quote_qty_e8 <= 0) {
        code = xch_refuse(-4003, "Quantity less than or equal to zero.", msg);
    }
    if (code == 0 && r->has_qty) {
        code = check_qty(&m->ins, c->market, r->qty_e8, &c->qty_lots, msg);
    }
    if (code == 0 && !c->market) {
        code = check_percent(x, m, r, msg);
    }
    return code ? code : check_notional(x, m, r, msg);
}

int32_t xch_filter(const struct exchange *x, const struct xch_market *m, const struct xch_order_request *r,
                   struct xch_checked *c, const char **msg)
{
    int32_t code = xch_filter_values(x, m, r, c, msg);
    return code ? code : check_count(x, m, c->conditional, msg);
}
