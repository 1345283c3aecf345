// SPDX-License-Identifier: Apache-2.0
#include "live/venue_routes.h"

#include <string.h>

#include "base/check.h"

enum { V1 = 1, V2 = 2, V3 = 4, V4 = 8, V13 = V1 | V3, V23 = V2 | V3 };

// Sites in the order of enum venue_id: Aster futures, Aster spot, Binance USD-M. venue-api.md 3.2 to 3.7;
// weights of Binance where they differ are Binance's own (its public reference).
static const struct venue_route ROUTES[] = {
    // orders first: the path that must be quick
    {"POST", "order", {V13, V13, 0}, SEC_SIGNED, 1, SCALE_FIXED, 1, 1, rest_place},
    {"POST", "order", {0, 0, V1}, SEC_SIGNED, 1, SCALE_FIXED, 0, 0, rest_place},
    {"DELETE", "order", {V13, V13, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_cancel},
    {"GET", "order", {V13, V13, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_query},
    {"PUT", "order", {V3, 0, V1}, SEC_SIGNED, 1, SCALE_FIXED, 1, 1, rest_amend},
    {"POST", "order/test", {V13, V13, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_test},
    {"DELETE", "allOpenOrders", {V13, V13, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_cancel_all},
    {"POST", "batchOrders", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_batch_place},
    {"PUT", "batchOrders", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_batch_amend},
    {"DELETE", "batchOrders", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_batch_cancel},
    {"POST", "countdownCancelAll", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 10, 10, rest_countdown},
    {"GET", "openOrder", {V13, V13, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_open_order},
    {"GET", "openOrders", {V13, V13, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 40, rest_open_orders},
    {"GET", "allOrders", {V13, V13, V1}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_all_orders},
    {"POST", "noop", {V3, V3, 0}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_noop},
    {"POST", "algoOrder", {0, 0, V1}, SEC_SIGNED, 1, SCALE_FIXED, 0, 0, rest_algo_place},
    {"DELETE", "algoOrder", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_algo_cancel},
    {"GET", "algoOrder", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_algo_query},
    {"GET", "openAlgoOrders", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 40, rest_algo_open},
    {"GET", "allAlgoOrders", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_algo_all},
    {"DELETE", "algoOpenOrders", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_algo_cancel_all},
    // account
    {"GET", "balance", {V23, 0, V23}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_balance},
    {"GET", "positionRisk", {V23, 0, V23}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_position_risk},
    {"GET", "accountWithJoinMargin", {V3, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_account},
    {"GET", "account", {V3 | V4, 0, V23}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_account},
    {"GET", "account", {0, V13, 0}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_spot_account},
    {"GET", "userTrades", {V13, V13, V1}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_user_trades},
    {"GET", "income", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 30, 30, rest_income},
    {"GET", "transactionHistory", {0, V13, 0}, SEC_SIGNED, 0, SCALE_FIXED, 30, 30, rest_transaction_history},
    {"GET", "forceOrders", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 20, 50, rest_force_orders},
    {"GET", "adlQuantile", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_adl_quantile},
    {"GET", "commissionRate", {V13, V13, V1}, SEC_SIGNED, 0, SCALE_FIXED, 20, 20, rest_commission},
    {"POST", "leverage", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_leverage},
    {"GET", "leverageBracket", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_leverage_bracket},
    {"GET", "remainingOpenableNotionalValue", {V1, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 20, 20, rest_openable},
    {"POST", "marginType", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_margin_type},
    {"POST", "positionMargin", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_position_margin},
    {"GET", "positionMargin/history", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_margin_history},
    {"GET", "positionSide/dual", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 30, 30, rest_dual_get},
    {"POST", "positionSide/dual", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_dual_set},
    {"GET", "multiAssetsMargin", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 30, 30, rest_multi_get},
    {"POST", "multiAssetsMargin", {V13, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_multi_set},
    {"GET", "stpMode", {V3, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 30, 30, rest_stp_get},
    {"POST", "stpMode", {V3, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_stp_set},
    {"GET", "accountConfig", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_account_config},
    {"GET", "symbolConfig", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_symbol_config},
    {"GET", "rateLimit/order", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_order_limits},
    {"POST", "asset/wallet/transfer", {V13, V13, 0}, SEC_SIGNED, 0, SCALE_FIXED, 5, 5, rest_transfer},
    {"POST", "listenKey", {V13, V13, V1}, SEC_USER_STREAM, 0, SCALE_FIXED, 1, 1, rest_listen_new},
    {"PUT", "listenKey", {V13, V13, V1}, SEC_USER_STREAM, 0, SCALE_FIXED, 1, 1, rest_listen_renew},
    {"DELETE", "listenKey", {V13, V13, V1}, SEC_USER_STREAM, 0, SCALE_FIXED, 1, 1, rest_listen_close},
    {"GET", "sapi/v1/capital/config/getall", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 10, 10, rest_coins},
    {"GET", "sapi/v1/system/status", {0, 0, V1}, SEC_NONE, 0, SCALE_FIXED, 1, 1, rest_system_status},
    {"GET", "feeBurn", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 30, 30, rest_fee_burn_get},
    {"POST", "feeBurn", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_fee_burn_set},
    {"GET", "apiTradingStatus", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 10, rest_trading_status},
    {"GET", "sapi/v1/margin/allPairs", {0, 0, V1}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_none},
    {"GET", "builder", {V3, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_none},
    // market data
    {"GET", "ping", {V13, V13, V1}, SEC_NONE, 0, SCALE_FIXED, 1, 1, rest_ping},
    {"GET", "time", {V13, V13, V1}, SEC_NONE, 0, SCALE_FIXED, 1, 1, rest_time},
    {"GET", "exchangeInfo", {V13, V13, V1}, SEC_NONE, 0, SCALE_FIXED, 1, 1, rest_exchange_info},
    {"GET", "depth", {V13, V13, V1}, SEC_NONE, 0, SCALE_DEPTH, 2, 2, rest_depth},
    {"GET", "trades", {V13, V13, V1}, SEC_NONE, 0, SCALE_FIXED, 1, 1, rest_trades},
    {"GET",
     "historicalTrades",
     {V13, V13, V1},
     SEC_MARKET_DATA,
     0,
     SCALE_FIXED,
     20,
     20,
     rest_historical_trades},
    {"GET", "aggTrades", {V13, V13, V1}, SEC_NONE, 0, SCALE_FIXED, 20, 20, rest_agg_trades},
    {"GET", "klines", {V13, V13, V1}, SEC_NONE, 0, SCALE_KLINES, 1, 1, rest_klines},
    {"GET", "continuousKlines", {0, 0, V1}, SEC_NONE, 0, SCALE_KLINES, 1, 1, rest_continuous_klines},
    {"GET", "indexPriceKlines", {V13, 0, V1}, SEC_NONE, 0, SCALE_KLINES, 1, 1, rest_index_klines},
    {"GET", "markPriceKlines", {V13, 0, V1}, SEC_NONE, 0, SCALE_KLINES, 1, 1, rest_mark_klines},
    {"GET", "premiumIndex", {V13, 0, V1}, SEC_NONE, 0, SCALE_FIXED, 1, 1, rest_premium_index},
    {"GET", "fundingRate", {V13, 0, V1}, SEC_NONE, 0, SCALE_FIXED, 1, 1, rest_funding_rate},
    {"GET", "fundingInfo", {V13, 0, V1}, SEC_NONE, 0, SCALE_FIXED, 1, 1, rest_funding_info},
    {"GET", "indexreferences", {V3, 0, 0}, SEC_NONE, 0, SCALE_FIXED, 1, 1, rest_index_references},
    {"GET", "constituents", {0, 0, V1}, SEC_NONE, 0, SCALE_FIXED, 2, 2, rest_index_references},
    {"GET", "openInterest", {0, 0, V1}, SEC_NONE, 0, SCALE_FIXED, 1, 1, rest_open_interest},
    {"GET", "ticker/24hr", {V13, V13, V1}, SEC_NONE, 0, SCALE_FIXED, 1, 40, rest_day_ticker},
    {"GET", "ticker/price", {V13, V13, V1 | V2}, SEC_NONE, 0, SCALE_FIXED, 1, 2, rest_price_ticker},
    {"GET", "ticker/bookTicker", {V13, V13, V1}, SEC_NONE, 0, SCALE_FIXED, 1, 2, rest_book_ticker},
    // what clients ask at their start and this venue has none of; and what it does not do
    {"GET", "builder", {V3, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_empty_list},
    {"POST", "approveBuilder", {V3, 0, 0}, SEC_NONE, 0, SCALE_FIXED, 1, 1, rest_unsupported},
    {"POST", "chase", {V3, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_unsupported},
    {"POST", "placeStrategyOrder", {V3, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 50, 50, rest_unsupported},
    {"POST", "updateStrategyOrder", {V3, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 50, 50, rest_unsupported},
    {"GET", "mmp", {V3, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_unsupported},
    {"POST", "mmp", {V3, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_unsupported},
    {"DELETE", "mmp", {V3, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_unsupported},
    {"POST", "mmpReset", {V3, 0, 0}, SEC_SIGNED, 0, SCALE_FIXED, 1, 1, rest_unsupported},
};

const struct venue_route *venue_route_at(size_t i)
{
    return i < COUNT_OF(ROUTES) ? &ROUTES[i] : NULL;
}

// Behind the site's prefix: "v3/order" -> 3 and "order"; NULL when it is no such path.
static const char *split(enum venue_id site, const char *path, int *version)
{
    const char *prefix = venue_dialects[site].prefix;
    size_t n = strlen(prefix);
    if (site == VENUE_BINANCE && strncmp(path, "/sapi/v1/", 9) == 0) {
        *version = 1; // the wallet's own paths, in the table with their prefix
        return path + 1;
    }
    const char *p = path + n;
    if (strncmp(path, prefix, n) != 0 || p[0] != 'v' || p[1] < '1' || p[1] > '4' || p[2] != '/') {
        return NULL;
    }
    *version = p[1] - '0';
    return p + 3;
}

const struct venue_route *venue_route_find(enum venue_id site, const char *method, const char *path,
                                           int *version, bool *path_known)
{
    const char *name = split(site, path, version);
    *path_known = false;
    for (size_t i = 0; name && i < COUNT_OF(ROUTES); i++) {
        const struct venue_route *rt = &ROUTES[i];
        if ((rt->version[site] >> (*version - 1) & 1) && strcmp(rt->name, name) == 0) {
            *path_known = true;
            if (strcmp(rt->method, method) == 0) {
                return rt;
            }
        }
    }
    return NULL;
}

int32_t venue_route_weight(const struct venue_route *rt, struct venue_call *c)
{
    static const int16_t DEPTH[][2] = {{50, 2}, {100, 5}, {500, 10}, {INT16_MAX, 20}};
    static const int16_t KLINES[][2] = {{99, 1}, {499, 2}, {1000, 5}, {INT16_MAX, 10}};
    char symbol[24];
    int64_t limit;
    if (rt->scale == SCALE_FIXED) {
        return call_text(c, "symbol", symbol, sizeof symbol) ? rt->weight : rt->weight_all;
    }
    const int16_t(*steps)[2] = rt->scale == SCALE_DEPTH ? DEPTH : KLINES;
    int64_t def = rt->scale == SCALE_DEPTH ? venue_dialects[c->v->site].depth_default : 500;
    if (!call_int(c, "limit", def, &limit)) {
        return rt->weight;
    }
    size_t i = 0;
    while (steps[i][0] < INT16_MAX && limit > steps[i][0]) {
        i++;
    }
    return steps[i][1];
}
