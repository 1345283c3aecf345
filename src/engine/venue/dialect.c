// SPDX-License-Identifier: Apache-2.0
// dialect: see dialect.h. Paths and weights: venue-api.md 3.2 to 3.7; streams 5.1 and 5.3; limits 6.1. A
// family of paths is one macro over its version, what a member does differently stands behind it.
#include "engine/venue/dialect.h"

#include <string.h>

#include "base/check.h"

// The designated entries of a family are overridden on purpose by those that follow it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif

// clang-format off
// Orders, as far as futures and spot share them; `p` is the prefix with the version.
#define ORDERS(p) \
    [RQ_PLACE] = {"POST", p "/order", 1, 1, 1, 1}, \
    [RQ_CANCEL] = {"DELETE", p "/order", 1, 1, 1, 0}, \
    [RQ_CANCEL_ALL] = {"DELETE", p "/allOpenOrders", 1, 1, 1, 0}, \
    [RQ_QUERY_ORDER] = {"GET", p "/order", 1, 0, 1, 0}, \
    [RQ_OPEN_ORDERS] = {"GET", p "/openOrders", 1, 0, 1, 0}, \
    [RQ_TRADES] = {"GET", p "/userTrades", 1, 0, 5, 0}, \
    [RQ_COMMISSION] = {"GET", p "/commissionRate", 1, 0, 20, 0}

#define PUBLIC(p) \
    [RQ_EXCHANGE_INFO] = {"GET", p "/exchangeInfo", 0, 0, 1, 0}, \
    [RQ_DEPTH] = {"GET", p "/depth", 0, 0, 20, 0}, \
    [RQ_TIME] = {"GET", p "/time", 0, 0, 1, 0}

// Listen keys: signed, or with the key's header only.
#define LISTEN(p, sign) \
    [RQ_LISTEN_KEY] = {"POST", p "/listenKey", sign, 0, 1, 0}, \
    [RQ_LISTEN_KEY_RENEW] = {"PUT", p "/listenKey", sign, 0, 1, 0}

#define FUTURES(p) ORDERS(p), PUBLIC(p), \
    [RQ_AMEND] = {"PUT", p "/order", 1, 1, 1, 1}, \
    [RQ_BATCH_PLACE] = {"POST", p "/batchOrders", 1, 1, 5, 1}, \
    [RQ_BATCH_CANCEL] = {"DELETE", p "/batchOrders", 1, 1, 1, 0}, \
    [RQ_DEADMAN] = {"POST", p "/countdownCancelAll", 1, 1, 10, 0}, \
    [RQ_POSITIONS] = {"GET", p "/positionRisk", 1, 0, 5, 0}, \
    [RQ_BALANCE] = {"GET", p "/balance", 1, 0, 5, 0}, \
    [RQ_ACCOUNT] = {"GET", p "/account", 1, 0, 5, 0}, \
    [RQ_POSITION_MODE] = {"GET", p "/positionSide/dual", 1, 0, 30, 0}, \
    [RQ_LEVERAGE] = {"POST", p "/leverage", 1, 0, 1, 0}, \
    [RQ_MARGIN_TYPE] = {"POST", p "/marginType", 1, 0, 1, 0}, \
    [RQ_MULTI_ASSETS] = {"GET", p "/multiAssetsMargin", 1, 0, 30, 0}, \
    [RQ_SET_MULTI_ASSETS] = {"POST", p "/multiAssetsMargin", 1, 0, 1, 0}, \
    [RQ_BRACKETS] = {"GET", p "/leverageBracket", 1, 0, 1, 0}, \
    [RQ_INCOME] = {"GET", p "/income", 1, 0, 30, 0}, \
    [RQ_FUNDING_INFO] = {"GET", p "/fundingInfo", 0, 0, 1, 0}, \
    [RQ_FUNDING_RATE] = {"GET", p "/fundingRate", 0, 0, 1, 0}

#define SPOT(p) ORDERS(p), PUBLIC(p), [RQ_BALANCE] = {"GET", p "/account", 1, 0, 5, 0}
// clang-format on

#define FUTURES_STREAMS                                                                                      \
    {                                                                                                        \
        [STREAM_DEPTH] = "@depth@100ms", [STREAM_TRADE] = "@aggTrade", [STREAM_TOUCH] = "@bookTicker",       \
        [STREAM_MARK] = "@markPrice@1s"                                                                      \
    }
#define SPOT_STREAMS                                                                                         \
    {                                                                                                        \
        [STREAM_DEPTH] = "@depth@100ms", [STREAM_TRADE] = "@aggTrade", [STREAM_TOUCH] = "@bookTicker"        \
    }

enum { ALL_TIFS = 1 << TIF_GTC | 1 << TIF_IOC | 1 << TIF_FOK | 1 << TIF_GTX };

// venue-api.md 4.4: which form a venue uses is not certain, so every one is understood everywhere.
#define CROSS_CODES                                                                                          \
    {                                                                                                        \
        -2021, -2010, -5022                                                                                  \
    }

#define ASTER_FUTURES                                                                                        \
    .market_path = {"/stream?streams="}, .stream = FUTURES_STREAMS, .depth_joins_by_pu = 1,                  \
    .streams_per_message = 50, .messages_per_s = 10, .streams_per_link = 200, .user_path = "/ws/",           \
    .reduce_only = 1, .place_batch_max = 5, .cancel_batch_max = 10, .client_id_max = 36,                     \
    .tif_mask = ALL_TIFS, .cross_codes = CROSS_CODES, .weight_limit_min = 2400, .order_limit_min = 1200

#define ASTER_SPOT                                                                                           \
    .spot = 1, .market_path = {"/stream?streams="}, .stream = SPOT_STREAMS, .streams_per_message = 50,       \
    .messages_per_s = 5, .streams_per_link = 1024, .user_path = "/ws/", .key_in_renewal = 1,                 \
    .client_id_max = 36, .tif_mask = ALL_TIFS, .cross_codes = CROSS_CODES, .weight_limit_min = 1200,         \
    .order_limit_min = 100

static const struct dialect TABLE[DIALECT_COUNT] = {
    [DIALECT_ASTER_V3] =
        {.name = "aster-v3",
         .id = DIALECT_ASTER_V3,
         .auth = AUTH_EIP712,
         .form = {FUTURES("/fapi/v3"),
                  LISTEN("/fapi/v3", 1), [RQ_ACCOUNT] = {"GET", "/fapi/v3/accountWithJoinMargin", 1, 0, 5, 0},
                  [RQ_STP_MODE] = {"GET", "/fapi/v3/stpMode", 1, 0, 30, 0},
                  [RQ_SET_STP] = {"POST", "/fapi/v3/stpMode", 1, 0, 1, 0}},
         ASTER_FUTURES},
    [DIALECT_ASTER_V1] = {.name = "aster-v1",
                          .id = DIALECT_ASTER_V1,
                          .auth = AUTH_HMAC,
                          .form = {FUTURES("/fapi/v1"),
                                   LISTEN("/fapi/v1", 0), [RQ_AMEND] = {NULL, NULL, 0, 0, 0, 0},
                                   [RQ_ACCOUNT] = {"GET", "/fapi/v4/account", 1, 0, 5, 0},
                                   [RQ_BALANCE] = {"GET", "/fapi/v2/balance", 1, 0, 5, 0},
                                   [RQ_POSITIONS] = {"GET", "/fapi/v2/positionRisk", 1, 0, 5, 0}},
                          ASTER_FUTURES},
    [DIALECT_ASTER_SPOT] = {.name = "aster-spot-v3",
                            .id = DIALECT_ASTER_SPOT,
                            .auth = AUTH_EIP712,
                            .form = {SPOT("/api/v3"), LISTEN("/api/v3", 1)},
                            ASTER_SPOT},
    [DIALECT_ASTER_SPOT_V1] = {.name = "aster-spot-v1",
                               .id = DIALECT_ASTER_SPOT_V1,
                               .auth = AUTH_HMAC,
                               .form = {SPOT("/api/v1"), LISTEN("/api/v1", 0)},
                               ASTER_SPOT},
    [DIALECT_BINANCE] =
        {.name = "binance",
         .id = DIALECT_BINANCE,
         .auth = AUTH_HMAC,
         .form = {FUTURES("/fapi/v1"),
                  LISTEN("/fapi/v1", 0), [RQ_ACCOUNT] = {"GET", "/fapi/v3/account", 1, 0, 5, 0},
                  [RQ_BALANCE] = {"GET", "/fapi/v3/balance", 1, 0, 5, 0},
                  [RQ_POSITIONS] = {"GET", "/fapi/v3/positionRisk", 1, 0, 5, 0}},
         .market_path = {"/public/stream?streams=", "/market/stream?streams="},
         .stream = FUTURES_STREAMS,
         .stream_at = {[STREAM_TRADE] = 1, [STREAM_MARK] = 1},
         .depth_joins_by_pu = 1,
         .streams_per_message = 50,
         .messages_per_s = 10,
         .streams_per_link = 200, // 1024 by the document; clients commonly stop here
         .user_path = "/private/ws?listenKey=",
         .reduce_only = 1,
         .amend_names_side = 1,
         .place_batch_max = 5,
         .cancel_batch_max = 10,
         .client_id_max = 36,
         .tif_mask = ALL_TIFS,
         .stp_name = "selfTradePreventionMode",
         .cross_codes = CROSS_CODES,
         .weight_limit_min = 2400,
         .order_limit_min = 1200,
         .order_limit_10s = 300,
         .server_error = {{"Unknown error", FATE_UNKNOWN},
                          {"Service Unavailable", FATE_REFUSED},
                          {"Request throttled", FATE_REFUSED},
                          {"Internal error", FATE_REFUSED}}},
};

#pragma GCC diagnostic pop

const struct dialect *dialect_get(enum dialect_id id)
{
    CHECK((unsigned)id < DIALECT_COUNT);
    return &TABLE[id];
}

const struct dialect *dialect_find(const char *name)
{
    for (int i = 0; i < DIALECT_COUNT; i++) {
        if (strcmp(TABLE[i].name, name) == 0) {
            return &TABLE[i];
        }
    }
    return NULL;
}

const struct dialect *dialect_of(enum venue_id venue, enum auth_scheme auth)
{
    static const struct {
        uint8_t venue, auth, dialect;
    } PAIRS[] = {
        {VENUE_ASTER, AUTH_EIP712, DIALECT_ASTER_V3},  {VENUE_ASTER, AUTH_HMAC, DIALECT_ASTER_V1},
        {VENUE_SPOT, AUTH_EIP712, DIALECT_ASTER_SPOT}, {VENUE_SPOT, AUTH_HMAC, DIALECT_ASTER_SPOT_V1},
        {VENUE_BINANCE, AUTH_HMAC, DIALECT_BINANCE},
    };
    for (unsigned i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        if (PAIRS[i].venue == venue && PAIRS[i].auth == auth) {
            return &TABLE[PAIRS[i].dialect];
        }
    }
    return NULL;
}
