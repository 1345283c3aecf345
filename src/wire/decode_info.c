// SPDX-License-Identifier: Apache-2.0
// decode_info: see decode_info.h; fields and filters: venue-api.md 3.2.1. The grid is zero-based: an
// instrument whose minimum price or quantity lies off it is refused, because every later sum would be wrong
// by the same amount.
#include "wire/decode_info.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "wire/json.h"

// --------------------------------------------------------------------------------------------------------
// filters

// All decimals of a symbol's filters, in 1e-8; 0 = no bound.
struct filters {
    int64_t tick, min_price, max_price;
    int64_t step, min_qty, max_qty, market_min_qty, market_max_qty;
    int64_t min_notional, up, down;
    int32_t max_orders;
    struct wire_symbol more;
};

static void read_filter(struct json_reader *r, const char *type, struct filters *f)
{
    if (strcmp(type, "PRICE_FILTER") == 0) {
        json_read_e8(r, "tickSize", &f->tick, REQUIRED);
        json_read_e8(r, "minPrice", &f->min_price, REQUIRED);
        json_read_e8(r, "maxPrice", &f->max_price, REQUIRED);
    } else if (strcmp(type, "LOT_SIZE") == 0) {
        json_read_e8(r, "stepSize", &f->step, REQUIRED);
        json_read_e8(r, "minQty", &f->min_qty, REQUIRED);
        json_read_e8(r, "maxQty", &f->max_qty, REQUIRED);
    } else if (strcmp(type, "MARKET_LOT_SIZE") == 0) {
        json_read_e8(r, "minQty", &f->market_min_qty, REQUIRED);
        json_read_e8(r, "maxQty", &f->market_max_qty, REQUIRED);
    } else if (strcmp(type, "MIN_NOTIONAL") == 0 || strcmp(type, "NOTIONAL") == 0) {
        bool futures = json_object_get(r->object, "notional") != NULL;
        uint8_t to_market = 1;
        json_read_e8(r, futures ? "notional" : "minNotional", &f->min_notional, REQUIRED);
        json_read_bound(r, "maxNotional", &f->more.max_notional_e8);
        json_read_bool(r, "applyMinToMarket", &to_market, OPTIONAL);
        json_read_bool(r, "applyToMarket", &to_market, OPTIONAL);
        f->more.notional_not_market = !to_market;
    } else if (strcmp(type, "MAX_NOTIONAL") == 0) {
        json_read_bound(r, "maxNotional", &f->more.max_notional_e8);
    } else if (strcmp(type, "PERCENT_PRICE_BY_SIDE") == 0) {
        json_read_e8(r, "bidMultiplierUp", &f->up, REQUIRED);
        json_read_e8(r, "bidMultiplierDown", &f->more.bid_down_e8, REQUIRED);
        json_read_e8(r, "askMultiplierUp", &f->more.ask_up_e8, REQUIRED);
        json_read_e8(r, "askMultiplierDown", &f->down, REQUIRED);
    } else if (strcmp(type, "PERCENT_PRICE") == 0) {
        json_read_e8(r, "multiplierUp", &f->up, REQUIRED);
        json_read_e8(r, "multiplierDown", &f->down, REQUIRED);
    } else if (strcmp(type, "MAX_NUM_ORDERS") == 0) {
        json_read_i32(r, json_object_get(r->object, "limit") ? "limit" : "maxNumOrders", &f->max_orders,
                      REQUIRED);
    } else if (strcmp(type, "MAX_NUM_ALGO_ORDERS") == 0) {
        bool futures = json_object_get(r->object, "limit") != NULL;
        json_read_i32(r, futures ? "limit" : "maxNumAlgoOrders", &f->more.max_algo_orders, REQUIRED);
    }
}

static bool read_filters(const json_t *rows, struct filters *f)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        struct json_reader r = {json_array_get(rows, i), false};
        char type[32] = "";
        json_read_note(&r, "filterType", type, sizeof type);
        read_filter(&r, type, f);
        if (r.bad) {
            return false;
        }
    }
    return true;
}

// Why these filters cannot be used, NULL when they can.
static const char *refuse(const struct filters *f)
{
    const int64_t all[] = {f->min_price,
                           f->max_price,
                           f->min_qty,
                           f->max_qty,
                           f->market_min_qty,
                           f->market_max_qty,
                           f->min_notional,
                           f->up,
                           f->down,
                           f->max_orders,
                           f->more.max_algo_orders,
                           f->more.bid_down_e8,
                           f->more.ask_up_e8};
    if (f->tick <= 0) {
        return "no tick size";
    }
    if (f->step <= 0) {
        return "no lot size";
    }
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i] < 0) {
            return "a negative bound";
        }
    }
    if (f->min_price % f->tick != 0) {
        return "minPrice is not a multiple of tickSize";
    }
    return f->min_qty % f->step != 0 ? "minQty is not a multiple of stepSize" : NULL;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

static void apply_filters(struct instrument *ins, const struct filters *f)
{
    CHECK(f->tick > 0 && f->step > 0); // refuse() let them pass
    ins->tick_e8 = f->tick;
    ins->lot_e8 = f->step;
    ins->price_decimals = (uint8_t)decimal_places_of_step(f->tick);
    ins->qty_decimals = (uint8_t)decimal_places_of_step(f->step);
    ins->min_price_ticks = f->min_price / f->tick;
    ins->max_price_ticks = f->max_price / f->tick;
    ins->min_qty_lots = f->min_qty / f->step;
    ins->max_qty_lots = f->max_qty / f->step;
    ins->market_min_qty_lots = ceil_div(f->market_min_qty, f->step);
    ins->market_max_qty_lots = f->market_max_qty / f->step;
    ins->min_notional_e8 = f->min_notional;
    ins->percent_up_e8 = f->up;
    ins->percent_down_e8 = f->down;
    ins->max_open_orders = f->max_orders;
}

// --------------------------------------------------------------------------------------------------------
// symbols

// Perpetuals margined in the quote asset are linear, in the base asset inverse; rows without a contract are
// spot.
static bool read_kind(const json_t *row, struct instrument *ins)
{
    struct json_reader r = {row, false};
    char base[16] = "", quote[16] = "", margin[16] = "", status[24] = "";
    json_read_note(&r, "baseAsset", base, sizeof base);
    json_read_note(&r, "quoteAsset", quote, sizeof quote);
    json_read_note(&r, "marginAsset", margin, sizeof margin);
    json_read_note(&r, json_object_get(row, "status") ? "status" : "contractStatus", status, sizeof status);
    bool contract = json_object_get(row, "contractType") != NULL;
    const char *settle = contract && margin[0] ? margin : quote;
    ins->kind = !contract                   ? INSTRUMENT_SPOT
                : strcmp(settle, base) == 0 ? INSTRUMENT_INVERSE
                                            : INSTRUMENT_LINEAR;
    ins->settle = (uint8_t)currency_parse(settle, strlen(settle));
    ins->status = strcmp(status, "TRADING") == 0 ? INSTRUMENT_TRADING : INSTRUMENT_HALTED;
    ins->contract_e8 = E8;
    if (ins->kind == INSTRUMENT_INVERSE) {
        json_read_e8(&r, "contractSize", &ins->contract_e8, REQUIRED);
    }
    return !r.bad && ins->contract_e8 > 0;
}

struct word_bit {
    const char *word;
    uint32_t bit;
};

static const struct word_bit TIF_WORDS[] = {{"GTC", TIFS_GTC}, {"IOC", TIFS_IOC},       {"FOK", TIFS_FOK},
                                            {"GTX", TIFS_GTX}, {"HIDDEN", TIFS_HIDDEN}, {"GTD", TIFS_GTD}};
static const struct word_bit TYPE_WORDS[] = {{"LIMIT", ORDER_TYPE_LIMIT},
                                             {"MARKET", ORDER_TYPE_MARKET},
                                             {"STOP", ORDER_TYPE_STOP},
                                             {"STOP_MARKET", ORDER_TYPE_STOP_MARKET},
                                             {"TAKE_PROFIT", ORDER_TYPE_TAKE_PROFIT},
                                             {"TAKE_PROFIT_MARKET", ORDER_TYPE_TAKE_PROFIT_MARKET},
                                             {"TRAILING_STOP_MARKET", ORDER_TYPE_TRAILING}};

// The words of a list that are known here, as a mask.
static uint32_t mask_of(const json_t *list, const struct word_bit *known, size_t n)
{
    uint32_t mask = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        for (size_t k = 0; word && k < n; k++) {
            mask |= strcmp(word, known[k].word) == 0 ? known[k].bit : 0;
        }
    }
    return mask;
}

// What is not a filter: the order types are `OrderType` in Aster's document and `orderTypes` elsewhere.
static bool read_more(const json_t *row, struct wire_symbol *more)
{
    struct json_reader r = {row, false};
    const json_t *types = json_object_get(row, "orderTypes");
    more->types =
        mask_of(types ? types : json_object_get(row, "OrderType"), TYPE_WORDS, COUNT_OF(TYPE_WORDS));
    more->tifs = mask_of(json_object_get(row, "timeInForce"), TIF_WORDS, COUNT_OF(TIF_WORDS));
    json_read_e8_cut(&r, "triggerProtect", &more->trigger_protect_e8, OPTIONAL);
    json_read_e8_cut(&r, "marketTakeBound", &more->take_bound_e8, OPTIONAL);
    json_read_e8_cut(&r, "liquidationFee", &more->liquidation_fee_e8, OPTIONAL);
    json_read_i64(&r, "onboardDate", &more->onboard_ms, OPTIONAL);
    return !r.bad;
}

// NULL when *ins and *more were filled, otherwise why not.
static const char *read_symbol(const json_t *row, struct instrument *ins, struct wire_symbol *more)
{
    struct filters f = {0};
    if (!read_more(row, &f.more)) {
        return "a bound cannot be read";
    }
    if (!read_kind(row, ins) || !read_filters(json_object_get(row, "filters"), &f)) {
        return "a filter cannot be read";
    }
    const char *why = refuse(&f);
    if (!why && ins->settle == CURRENCY_NONE) {
        why = "its settlement currency is not known here";
    }
    if (!why) {
        apply_filters(ins, &f);
        ins->funding_interval_h = 8;
        *more = f.more;
    }
    return why;
}

static bool is_wanted(const char *symbol, const char (*wanted)[24], size_t n_wanted)
{
    for (size_t i = 0; i < n_wanted; i++) {
        if (strcmp(symbol, wanted[i]) == 0) {
            return true;
        }
    }
    return n_wanted == 0 && strncmp(symbol, "TEST", 4) != 0; // the venue's own test symbols are never picked
}

static void read_rate_limits(const json_t *rows, struct answer *out)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        struct json_reader r = {json_array_get(rows, i), false};
        char type[24] = "", interval[12] = "";
        int32_t count = 0, limit = 0;
        json_read_note(&r, "rateLimitType", type, sizeof type);
        json_read_note(&r, "interval", interval, sizeof interval);
        json_read_i32(&r, "intervalNum", &count, REQUIRED);
        json_read_i32(&r, "limit", &limit, REQUIRED);
        if (r.bad || count != 1 || limit <= 0 || strcmp(interval, "MINUTE") != 0) {
            continue;
        }
        if (strcmp(type, "REQUEST_WEIGHT") == 0) {
            out->weight_limit_min = limit;
        } else if (strcmp(type, "ORDERS") == 0) {
            out->order_limit_min = limit;
        }
    }
}

bool decode_exchange_info(const json_t *root, const char (*wanted)[24], size_t n_wanted, struct answer *out)
{
    const json_t *rows = json_object_get(root, "symbols");
    if (!json_is_array(rows)) {
        return false;
    }
    read_rate_limits(json_object_get(root, "rateLimits"), out);
    for (size_t i = 0; i < json_array_size(rows) && out->rows < INSTRUMENT_MAX; i++) {
        struct json_reader r = {json_array_get(rows, i), false};
        struct instrument *ins = &out->u.info.instruments[out->rows];
        memset(ins, 0, sizeof *ins);
        json_read_text(&r, "symbol", ins->symbol, sizeof ins->symbol, REQUIRED);
        if (r.bad || !is_wanted(ins->symbol, wanted, n_wanted)) {
            continue; // an odd name is not one of ours
        }
        const char *why = read_symbol(r.object, ins, &out->u.info.symbols[out->rows]);
        if (why) {
            snprintf(out->msg, sizeof out->msg, "%s refused: %s", ins->symbol, why);
        } else if (n_wanted || ins->status == INSTRUMENT_TRADING) {
            out->rows++;
        }
    }
    return true;
}
