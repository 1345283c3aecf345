// SPDX-License-Identifier: Apache-2.0
// Tries to find a field that is missing, misnamed, of the wrong JSON type or not of that venue, in every
// answer of the three sites of the embedded venue, over the shipped recordings, after a few trades. The field
// lists are those of venue-api.md 3 and of Binance's public reference: written here, not taken from the
// server.
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "protocol/venue_client.h"

static struct vc_venue venue;
static struct vc_conn *site[VENUE_COUNT];

// Signed as each site's newest paths are.
static int call(int id, const char *method, const char *path, const char *business)
{
    return id == VENUE_BINANCE ? vc_call_hmac(site[id], method, path, business)
                               : vc_call(site[id], method, path, business, NULL);
}

static void must(int id, const char *method, const char *path, const char *business)
{
    int status = call(id, method, path, business);
    if (status != 200) {
        fail_msg("%s %s %s: %d %s", method, path, business, status, site[id]->body);
    }
}

static const char *const ORDER[VENUE_COUNT] = {"/fapi/v3/order", "/api/v3/order", "/fapi/v1/order"};

static double best_ask(int id)
{
    static const char *const PATH[VENUE_COUNT] = {"/fapi/v3/ticker/bookTicker", "/api/v3/ticker/bookTicker",
                                                  "/fapi/v1/ticker/bookTicker"};
    for (int i = 0; i < 100; i++) {
        assert_int_equal(vc_call_text(site[id], "GET", PATH[id], "symbol=ETHUSDT"), 200);
        json_t *o = vc_json(site[id]);
        double ask = strtod(json_string_value(json_object_get(o, "askPrice")), NULL);
        json_decref(o);
        if (ask > 0) {
            return ask;
        }
        usleep(20000);
    }
    fail_msg("no book");
    return 0;
}

// A position or a holding, a resting order, a conditional one, some history.
static void trade_a_little(int id)
{
    char text[256];
    double ask = best_ask(id);
    must(id, "POST", ORDER[id], "symbol=ETHUSDT&side=BUY&type=MARKET&quantity=0.020");
    snprintf(
        text, sizeof text,
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.010&price=%.2f&newClientOrderId=rests",
        ask - 40);
    must(id, "POST", ORDER[id], text);
    snprintf(text, sizeof text, "symbol=ETHUSDT&side=SELL&type=STOP_MARKET&quantity=0.010&%s=%.2f",
             id == VENUE_BINANCE ? "algoType=CONDITIONAL&triggerPrice" : "stopPrice", ask - 100);
    must(id, "POST", id == VENUE_BINANCE ? "/fapi/v1/algoOrder" : ORDER[id], text);
    if (id == VENUE_ASTER) {
        must(id, "POST", "/fapi/v3/asset/wallet/transfer",
             "amount=5&asset=USDT&clientTranId=a1&kindType=FUTURE_SPOT");
        must(id, "POST", "/fapi/v3/marginType", "symbol=BTCUSDT&marginType=ISOLATED");
        must(id, "POST", ORDER[id], "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001");
        must(id, "POST", "/fapi/v3/positionMargin", "symbol=BTCUSDT&amount=3&type=1");
    }
}

static int setup(void **state)
{
    (void)state;
    static const char *const ARGS[] = {"--wallet", "10000",
                                       "--market", "config/market/coinm-20240808.tape",
                                       "--market", "config/market/spot-20240808.tape",
                                       "--plain",  "--funding-period",
                                       "1s",       NULL};
    vc_start(&venue, ARGS);
    for (int i = 0; i < VENUE_COUNT; i++) {
        site[i] = vc_connect_port(&venue, venue.hello.site[i].port);
    }
    for (int i = 0; i < VENUE_COUNT; i++) {
        trade_a_little(i);
    }
    sleep(2); // two settlements of funding
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < VENUE_COUNT; i++) {
        vc_close(site[i]);
    }
    return vc_stop(&venue);
}

// -----------------------------------------------------------------------------------------------------
// shapes

static bool is_decimal(const char *s)
{
    s += *s == '-';
    if (!isdigit((unsigned char)*s)) {
        return false;
    }
    while (isdigit((unsigned char)*s)) {
        s++;
    }
    if (*s == '.') {
        do {
            s++;
        } while (isdigit((unsigned char)*s));
    }
    return *s == 0;
}

// d decimal text, s text, i integer, n number, b truth, a array, o object, z null.
static bool fits(const json_t *v, char type)
{
    switch (type) {
    case 'd':
        return json_is_string(v) && is_decimal(json_string_value(v));
    case 's':
        return json_is_string(v);
    case 'i':
        return json_is_integer(v);
    case 'n':
        return json_is_number(v);
    case 'b':
        return json_is_boolean(v);
    case 'a':
        return json_is_array(v);
    case 'o':
        return json_is_object(v);
    default:
        return json_is_null(v);
    }
}

// Exactly these fields with these types: "symbol:s price:d".
static void check_fields(const json_t *o, const char *shape, const char *where, const char *body)
{
    char copy[2048], *save = NULL;
    size_t n = 0;
    if (!json_is_object(o)) {
        fail_msg("%s: no object: %.300s", where, body);
    }
    snprintf(copy, sizeof copy, "%s", shape);
    for (char *f = strtok_r(copy, " ", &save); f; f = strtok_r(NULL, " ", &save), n++) {
        char *colon = strchr(f, ':');
        assert_non_null(colon);
        *colon = 0;
        const json_t *v = json_object_get(o, f);
        if (!v || !fits(v, colon[1])) {
            char *got = v ? json_dumps(v, JSON_ENCODE_ANY) : NULL;
            fail_msg("%s: %s should be %c, is %s", where, f, colon[1], got ? got : "absent");
        }
    }
    if (json_object_size(o) != n) {
        fail_msg("%s: has %zu fields, want %zu: %.600s", where, json_object_size(o), n, body);
    }
}

// Walk "symbols.0.filters.1".
static const json_t *walk(const json_t *o, const char *path)
{
    char copy[128], *save = NULL;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *step = strtok_r(copy, ".", &save); step && o; step = strtok_r(NULL, ".", &save)) {
        o = isdigit((unsigned char)*step) ? json_array_get(o, strtoul(step, NULL, 10))
                                          : json_object_get(o, step);
    }
    return o;
}

enum { A = VENUE_ASTER, S = VENUE_SPOT, B = VENUE_BINANCE };

#define RATE_LIMIT "rateLimitType:s interval:s intervalNum:i limit:i"
#define FUTURES_SYMBOL                                                                                       \
    "symbol:s pair:s contractType:s status:s baseAsset:s quoteAsset:s marginAsset:s pricePrecision:i "       \
    "quantityPrecision:i baseAssetPrecision:i quotePrecision:i deliveryDate:i onboardDate:i "                \
    "maintMarginPercent:d requiredMarginPercent:d underlyingType:s underlyingSubType:a settlePlan:i "        \
    "triggerProtect:d liquidationFee:d marketTakeBound:d filters:a orderTypes:a timeInForce:a"
#define DAY                                                                                                  \
    "symbol:s priceChange:d priceChangePercent:d weightedAvgPrice:d lastPrice:d lastQty:d "                  \
    "openPrice:d highPrice:d lowPrice:d volume:d quoteVolume:d openTime:i closeTime:i firstId:i lastId:i "   \
    "count:i "
#define BOOK_TICKER "symbol:s bidPrice:d bidQty:d askPrice:d askQty:d time:i"
#define PREMIUM                                                                                              \
    "symbol:s markPrice:d indexPrice:d estimatedSettlePrice:d lastFundingRate:d nextFundingTime:i "          \
    "interestRate:d time:i"
#define ORDER_CORE                                                                                           \
    "orderId:i symbol:s status:s clientOrderId:s price:d avgPrice:d origQty:d executedQty:d cumQuote:d "     \
    "timeInForce:s type:s side:s stopPrice:d origType:s updateTime:i time:i "
#define ORDER_FUTURES "reduceOnly:b closePosition:b positionSide:s workingType:s priceProtect:b "
#define TRADE_CORE                                                                                           \
    "symbol:s id:i orderId:i side:s price:d qty:d quoteQty:d commission:d commissionAsset:s time:i maker:b " \
    "buyer:b "
#define INCOME "symbol:s incomeType:s income:d asset:s info:s time:i tranId:i tradeId:s"
#define BALANCE                                                                                              \
    "accountAlias:s asset:s balance:d crossWalletBalance:d crossUnPnl:d availableBalance:d "                 \
    "maxWithdrawAmount:d marginAvailable:b updateTime:i"
#define TOTALS                                                                                               \
    "totalInitialMargin:d totalMaintMargin:d totalWalletBalance:d totalUnrealizedProfit:d "                  \
    "totalMarginBalance:d totalPositionInitialMargin:d totalOpenOrderInitialMargin:d "                       \
    "totalCrossWalletBalance:d totalCrossUnPnl:d availableBalance:d maxWithdrawAmount:d assets:a "           \
    "positions:a "
#define RIGHTS "feeTier:i canTrade:b canDeposit:b canWithdraw:b updateTime:i "
#define ASSET                                                                                                \
    "asset:s walletBalance:d unrealizedProfit:d marginBalance:d maintMargin:d initialMargin:d "              \
    "positionInitialMargin:d openOrderInitialMargin:d crossWalletBalance:d crossUnPnl:d availableBalance:d " \
    "maxWithdrawAmount:d marginAvailable:b updateTime:i"
#define MARGINS "initialMargin:d maintMargin:d positionInitialMargin:d openOrderInitialMargin:d "
#define POSITION                                                                                             \
    "symbol:s positionSide:s positionAmt:d unrealizedProfit:d notional:d isolatedWallet:d "                  \
    "updateTime:i " MARGINS
#define RISK                                                                                                 \
    "symbol:s positionAmt:d entryPrice:d markPrice:d unRealizedProfit:d liquidationPrice:d "                 \
    "isolatedMargin:d positionSide:s notional:d isolatedWallet:d updateTime:i "
#define RISK_SETTINGS "leverage:d maxNotionalValue:d marginType:s isAutoAddMargin:s "
#define BRACKET       "bracket:i initialLeverage:i notionalCap:i notionalFloor:i maintMarginRatio:n cum:n"
#define COMMISSION    "symbol:s makerCommissionRate:d takerCommissionRate:d"
#define BINANCE_ORDER ORDER_CORE ORDER_FUTURES "priceMatch:s selfTradePreventionMode:s goodTillDate:i"

static const struct shape {
    int id;
    char how; // - public, s signed as the newest paths, h signed with the API key
    const char *path, *query, *at, *fields;
} SHAPES[] = {
    {A, '-', "/fapi/v3/exchangeInfo", "", "",
     "timezone:s serverTime:i futuresType:s rateLimits:a exchangeFilters:a assets:a symbols:a"},
    {S, '-', "/api/v3/exchangeInfo", "", "",
     "timezone:s serverTime:i rateLimits:a exchangeFilters:a assets:a symbols:a"},
    {A, '-', "/fapi/v1/exchangeInfo", "", "rateLimits.1", RATE_LIMIT},
    {B, '-', "/fapi/v1/exchangeInfo", "", "rateLimits.2", RATE_LIMIT},
    {A, '-', "/fapi/v3/exchangeInfo", "", "assets.0", "asset:s marginAvailable:b autoAssetExchange:z"},
    {A, '-', "/fapi/v3/exchangeInfo", "", "symbols.1", FUTURES_SYMBOL},
    {B, '-', "/fapi/v1/exchangeInfo", "", "symbols.1", FUTURES_SYMBOL " maxMoveOrderLimit:i"},
    {S, '-', "/api/v3/exchangeInfo", "", "symbols.0",
     "symbol:s status:s baseAsset:s quoteAsset:s pricePrecision:i quantityPrecision:i baseAssetPrecision:i "
     "quotePrecision:i ocoAllowed:b filters:a orderTypes:a timeInForce:a"},
    {A, '-', "/fapi/v3/exchangeInfo", "", "symbols.0.filters.0",
     "filterType:s minPrice:d maxPrice:d tickSize:d"},
    {A, '-', "/fapi/v3/exchangeInfo", "", "symbols.0.filters.1", "filterType:s minQty:d maxQty:d stepSize:d"},
    {A, '-', "/fapi/v3/exchangeInfo", "", "symbols.0.filters.3", "filterType:s limit:i"},
    {A, '-', "/fapi/v3/exchangeInfo", "", "symbols.0.filters.5", "filterType:s notional:d"},
    {S, '-', "/api/v3/exchangeInfo", "", "symbols.0.filters.5", "filterType:s minNotional:d"},
    {A, '-', "/fapi/v3/exchangeInfo", "", "symbols.0.filters.6",
     "filterType:s multiplierUp:d multiplierDown:d multiplierDecimal:d"},
    {A, '-', "/fapi/v3/depth", "symbol=ETHUSDT&limit=5", "", "lastUpdateId:i E:i T:i bids:a asks:a"},
    {A, '-', "/fapi/v3/trades", "symbol=ETHUSDT&limit=2", "0",
     "id:i price:d qty:d quoteQty:d time:i isBuyerMaker:b"},
    {S, '-', "/api/v1/trades", "symbol=ETHUSDT&limit=2", "0",
     "id:i price:d qty:d baseQty:d time:i isBuyerMaker:b"},
    {A, '-', "/fapi/v3/historicalTrades", "symbol=ETHUSDT&fromId=0", "0",
     "id:i price:d qty:d quoteQty:d time:i isBuyerMaker:b"},
    {A, '-', "/fapi/v3/aggTrades", "symbol=ETHUSDT", "0", "a:i p:d q:d f:i l:i T:i m:b"},
    {B, '-', "/fapi/v1/aggTrades", "symbol=ETHUSDT", "0", "a:i p:d q:d f:i l:i T:i m:b"},
    {A, '-', "/fapi/v3/premiumIndex", "symbol=ETHUSDT", "", PREMIUM},
    {B, '-', "/fapi/v1/premiumIndex", "", "1", PREMIUM},
    {A, '-', "/fapi/v3/fundingRate", "symbol=ETHUSDT", "0", "symbol:s fundingRate:d fundingTime:i"},
    {B, '-', "/fapi/v1/fundingRate", "", "0", "symbol:s fundingRate:d fundingTime:i markPrice:d"},
    {A, '-', "/fapi/v3/fundingInfo", "", "0",
     "symbol:s interestRate:d time:i fundingIntervalHours:i fundingFeeCap:n fundingFeeFloor:n"},
    {A, '-', "/fapi/v3/ticker/24hr", "symbol=ETHUSDT", "", DAY "prevClosePrice:d"},
    {S, '-', "/api/v3/ticker/24hr", "", "1",
     DAY "prevClosePrice:d baseAsset:s quoteAsset:s bidPrice:d bidQty:d askPrice:d askQty:d"},
    {B, '-', "/fapi/v1/ticker/24hr", "", "0", DAY},
    {B, '-', "/fapi/v2/ticker/price", "symbol=ETHUSDT", "", "symbol:s price:d time:i"},
    {A, '-', "/fapi/v3/ticker/bookTicker", "symbol=ETHUSDT", "", BOOK_TICKER " lastUpdateId:i"},
    {S, '-', "/api/v3/ticker/bookTicker", "symbol=ETHUSDT", "", BOOK_TICKER},
    {A, '-', "/fapi/v3/indexreferences", "symbol=ETHUSDT", "", "symbol:s time:i references:a"},
    {B, '-', "/fapi/v1/openInterest", "symbol=ETHUSDT", "", "symbol:s openInterest:d time:i"},
    // orders
    {A, 's', "/fapi/v3/order", "symbol=ETHUSDT&origClientOrderId=rests", "",
     ORDER_CORE ORDER_FUTURES "cumQty:d"},
    {A, 'h', "/fapi/v1/openOrders", "symbol=ETHUSDT", "1", ORDER_CORE ORDER_FUTURES "cumQty:d"},
    {S, 's', "/api/v3/openOrders", "", "0", ORDER_CORE "cumQty:d orderListId:i"},
    {S, 'h', "/api/v1/order", "symbol=ETHUSDT&origClientOrderId=rests", "",
     ORDER_CORE "cumQty:d orderListId:i"},
    {B, 's', "/fapi/v1/openOrders", "", "0", BINANCE_ORDER},
    {B, 's', "/fapi/v1/allOrders", "symbol=ETHUSDT", "0", BINANCE_ORDER},
    {B, 's', "/fapi/v1/openAlgoOrders", "", "0",
     "algoId:i clientAlgoId:s algoType:s orderType:s symbol:s side:s positionSide:s timeInForce:s quantity:d "
     "algoStatus:s actualOrderId:s actualPrice:d triggerPrice:d price:d icebergQuantity:z "
     "selfTradePreventionMode:s workingType:s "
     "priceMatch:s closePosition:b priceProtect:b reduceOnly:b activatePrice:s callbackRate:s createTime:i "
     "updateTime:i triggerTime:i goodTillDate:i"},
    {A, 's', "/fapi/v3/userTrades", "symbol=ETHUSDT", "0",
     TRADE_CORE "realizedPnl:d marginAsset:s positionSide:s"},
    {B, 's', "/fapi/v1/userTrades", "symbol=ETHUSDT", "0",
     TRADE_CORE "realizedPnl:d marginAsset:s positionSide:s"},
    {S, 's', "/api/v3/userTrades", "", "0", TRADE_CORE "counterpartyId:i createUpdateId:z"},
    // account
    {A, 's', "/fapi/v3/balance", "", "0", BALANCE},
    {A, 'h', "/fapi/v2/balance", "", "0", BALANCE},
    {B, 's', "/fapi/v3/balance", "", "0", BALANCE},
    {A, 's', "/fapi/v3/accountWithJoinMargin", "", "", RIGHTS TOTALS},
    {A, 'h', "/fapi/v4/account", "", "assets.0", ASSET},
    {A, 'h', "/fapi/v4/account", "", "positions.1",
     POSITION "leverage:d isolated:b entryPrice:d maxNotional:d"},
    {B, 's', "/fapi/v3/account", "", "", TOTALS},
    {B, 's', "/fapi/v3/account", "", "assets.0", ASSET},
    {B, 's', "/fapi/v3/account", "", "positions.0", POSITION "isolatedMargin:d"},
    {B, 's', "/fapi/v2/account", "", "", RIGHTS TOTALS "multiAssetsMargin:b tradeGroupId:i"},
    {B, 's', "/fapi/v2/account", "", "positions.1",
     POSITION
     "leverage:d isolated:b entryPrice:d maxNotional:d breakEvenPrice:d bidNotional:d askNotional:d"},
    {A, 's', "/fapi/v3/positionRisk", "symbol=ETHUSDT", "0", RISK RISK_SETTINGS},
    {A, 'h', "/fapi/v2/positionRisk", "", "0", RISK RISK_SETTINGS},
    {B, 's', "/fapi/v2/positionRisk", "", "0", RISK RISK_SETTINGS "breakEvenPrice:d"},
    {B, 's', "/fapi/v3/positionRisk", "", "0",
     RISK MARGINS "breakEvenPrice:d marginAsset:s adl:i bidNotional:d askNotional:d"},
    {S, 's', "/api/v3/account", "", "", RIGHTS "canBurnAsset:b balances:a"},
    {S, 'h', "/api/v1/account", "", "balances.2", "asset:s free:d locked:d"},
    {A, 's', "/fapi/v3/income", "", "0", INCOME},
    {B, 's', "/fapi/v1/income", "incomeType=FUNDING_FEE", "0", INCOME},
    {A, 's', "/fapi/v3/income", "incomeType=TRANSFER", "0", INCOME},
    {A, 's', "/fapi/v3/positionMargin/history", "symbol=BTCUSDT", "0",
     "symbol:s type:i amount:d asset:s time:i positionSide:s"},
    // settings
    {A, 's', "/fapi/v3/commissionRate", "symbol=ETHUSDT", "", COMMISSION},
    {S, 's', "/api/v3/commissionRate", "symbol=ETHUSDT", "", COMMISSION},
    {A, 's', "/fapi/v3/leverageBracket", "symbol=ETHUSDT", "", "symbol:s brackets:a"},
    {B, 's', "/fapi/v1/leverageBracket", "", "0", "symbol:s notionalCoef:n brackets:a"},
    {A, 's', "/fapi/v3/leverageBracket", "symbol=ETHUSDT", "brackets.0", BRACKET},
    {A, 's', "/fapi/v3/positionSide/dual", "", "", "dualSidePosition:b"},
    {A, 's', "/fapi/v3/multiAssetsMargin", "", "", "multiAssetsMargin:b"},
    {A, 's', "/fapi/v3/stpMode", "", "", "stpMode:s"},
    {A, 's', "/fapi/v3/adlQuantile", "", "0.adlQuantile", "LONG:i SHORT:i BOTH:i"},
    {B, 's', "/fapi/v1/accountConfig", "", "",
     RIGHTS "dualSidePosition:b multiAssetsMargin:b tradeGroupId:i"},
    {B, 's', "/fapi/v1/symbolConfig", "symbol=ETHUSDT", "0",
     "symbol:s marginType:s isAutoAddMargin:b leverage:i maxNotionalValue:d"},
    {B, 's', "/fapi/v1/rateLimit/order", "", "0", RATE_LIMIT},
};

static void test_every_answer_has_the_fields_of_its_venue(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SHAPES); i++) {
        const struct shape *s = &SHAPES[i];
        struct vc_conn *c = site[s->id];
        char where[160];
        snprintf(where, sizeof where, "%s %s?%s at \"%s\"",
                 s->id == A   ? "aster"
                 : s->id == S ? "spot"
                              : "binance",
                 s->path, s->query, s->at);
        int status = s->how == '-'   ? vc_call_text(c, "GET", s->path, s->query)
                     : s->how == 'h' ? vc_call_hmac(c, "GET", s->path, s->query)
                                     : call(s->id, "GET", s->path, s->query);
        if (status != 200) {
            fail_msg("%s: %d %.300s", where, status, c->body);
        }
        json_t *o = vc_json(c);
        check_fields(walk(o, s->at), s->fields, where, c->body);
        json_decref(o);
    }
}

// Candles are arrays of twelve, and their interval and range are what was asked for.
static void test_candles(void **state)
{
    (void)state;
    static const char TYPES[] = "iddddd"
                                "id"
                                "iddd";
    static const struct {
        int id;
        const char *path, *query;
    } CASES[] = {
        {A, "/fapi/v3/klines", "symbol=ETHUSDT&interval=1m"},
        {A, "/fapi/v1/markPriceKlines", "symbol=ETHUSDT&interval=5m&limit=1"},
        {A, "/fapi/v3/indexPriceKlines", "pair=ETHUSDT&interval=1h"},
        {S, "/api/v3/klines", "symbol=BTCUSDT&interval=1d"},
        {B, "/fapi/v1/klines", "symbol=BTCUSDT&interval=1w&limit=1500"},
        {B, "/fapi/v1/indexPriceKlines", "pair=BTCUSDT&interval=1M"},
        {B, "/fapi/v1/continuousKlines", "pair=BTCUSDT&contractType=PERPETUAL&interval=1m"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct vc_conn *c = site[CASES[i].id];
        assert_int_equal(vc_call_text(c, "GET", CASES[i].path, CASES[i].query), 200);
        json_t *o = vc_json(c), *k = json_array_get(o, 0);
        assert_int_equal(json_array_size(k), 12);
        for (size_t n = 0; n < 12; n++) {
            assert_true(fits(json_array_get(k, n), TYPES[n]));
        }
        double low = strtod(json_string_value(json_array_get(k, 3)), NULL);
        double high = strtod(json_string_value(json_array_get(k, 2)), NULL);
        double close = strtod(json_string_value(json_array_get(k, 4)), NULL);
        assert_true(low > 0 && low <= close && close <= high);
        assert_true(json_integer_value(json_array_get(k, 6)) > json_integer_value(json_array_get(k, 0)));
        json_decref(o);
    }
    assert_int_equal(vc_call_text(site[A], "GET", "/fapi/v3/klines", "symbol=ETHUSDT&interval=7m"), 400);
    assert_int_equal(vc_code(site[A]), -1120);
    assert_int_equal(vc_call_text(site[A], "GET", "/fapi/v3/klines", "symbol=ETHUSDT"), 400);
    assert_int_equal(vc_code(site[A]), -1102);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_answer_has_the_fields_of_its_venue),
        cmocka_unit_test(test_candles),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
