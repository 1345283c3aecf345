// SPDX-License-Identifier: Apache-2.0
// answer: what a REST answer or a user-stream message says, decoded but not yet interpreted. The JSON is read
// in wire/decode.c (on whichever thread holds the bytes); the session turns these structs into events.
// Decimals are integers in 1e-8; times milliseconds as on the wire; text is sanitised.
#ifndef TT_ENGINE_VENUE_ANSWER_H
#define TT_ENGINE_VENUE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/event.h"

enum request_kind {
    RQ_NONE,
    RQ_PLACE,
    RQ_CANCEL,
    RQ_CANCEL_ALL,
    RQ_AMEND,
    RQ_DEADMAN,
    RQ_QUERY_ORDER, // order connection
    RQ_OPEN_ORDERS,
    RQ_POSITIONS,
    RQ_BALANCE,
    RQ_TRADES, // reads
    RQ_EXCHANGE_INFO,
    RQ_DEPTH,
    RQ_TIME,
    RQ_LISTEN_KEY,
    RQ_LISTEN_KEY_RENEW,
    RQ_COMMISSION,
    RQ_POSITION_MODE,
    RQ_LEVERAGE,
    RQ_MARGIN_TYPE,
    RQ_ACCOUNT,
    RQ_COUNT
};

struct wire_order { // order object of REST answers and `o` of ORDER_TRADE_UPDATE
    char symbol[24];
    char client_id[CLIENT_ID_MAX];
    uint64_t order_id, trade_id;
    int64_t price_e8, avg_price_e8, stop_price_e8, qty_e8, cum_e8, last_qty_e8, last_price_e8;
    int64_t fee_e8, realised_e8;
    int64_t trade_time_ms, update_time_ms;
    char fee_asset[12];
    char exec[16];   // x: NEW TRADE CANCELED EXPIRED CALCULATED AMENDMENT; "" in REST answers
    char status[20]; // X / status
    char type[24], tif[12];
    int8_t side; // enum side, 0 unknown
    uint8_t maker, reduce_only, close_position;
    int32_t code; // element of a batch answer: its error, negative; 0: the order fields are filled
};

struct wire_position {
    char symbol[24];
    char position_side[8], margin_type[12];
    int64_t qty_e8, entry_e8, mark_e8, unrealised_e8, liquidation_e8, isolated_e8;
    int32_t leverage;
    int64_t update_time_ms;
};

struct wire_balance {
    char asset[12];
    int64_t wallet_e8, cross_e8, available_e8, change_e8;
    int64_t update_time_ms;
};

struct wire_trade { // userTrades row
    char symbol[24];
    uint64_t id, order_id;
    int64_t price_e8, qty_e8, fee_e8, realised_e8, time_ms;
    char fee_asset[12];
    int8_t side;
    uint8_t maker;
};

enum { ANSWER_ROWS_MAX = 64, ANSWER_BATCH_MAX = 10, ANSWER_DEPTH_MAX = 1000 };

struct wire_depth {
    uint64_t last_id;
    int64_t event_ms, transaction_ms;
    uint32_t bids, asks;
    int64_t price_e8[2 * ANSWER_DEPTH_MAX], qty_e8[2 * ANSWER_DEPTH_MAX]; // bids then asks, best first
};

struct answer {
    uint8_t kind;     // enum request_kind of the question
    uint8_t not_sent; // 1: no byte of the request left us (definite); other fields are empty
    uint8_t lost;     // 1: sent, but the answer never came (connection broke, timeout): unknown
    uint8_t
        malformed; // 1: the body was not what this question gets (HTML, truncated JSON): unknown for writes
    int32_t http_status;                       // 0 when not_sent or lost
    int32_t code;                              // venue error code (negative), 0 none
    int32_t retry_after_s;                     // header, -1 absent
    int32_t used_weight, order_count;          // headers, -1 absent
    int32_t weight_limit_min, order_limit_min; // RQ_EXCHANGE_INFO: rateLimits per minute, 0 absent
    uint32_t rows;                             // entries of the union's array in use
    char msg[128];
    int64_t sent_mono_ns, received_mono_ns;
    union {
        struct wire_order order;
        struct wire_order orders[ANSWER_ROWS_MAX];
        struct wire_position positions[ANSWER_ROWS_MAX];
        struct wire_balance balances[ANSWER_ROWS_MAX];
        struct wire_trade trades[ANSWER_ROWS_MAX];
        struct instrument instruments[INSTRUMENT_MAX]; // only the symbols asked for; id and venue unset
        struct wire_depth depth;
        struct {
            int64_t maker_e8, taker_e8;
            char symbol[24];
        } commission;
        struct {
            int64_t server_ms;
        } time;
        struct {
            char key[96];
        } listen;
        struct {
            uint8_t hedge;
        } mode;
        struct {
            char symbol[24];
            int32_t leverage;
            int64_t max_notional_e8;
        } leverage;
        struct {
            char symbol[24];
            int64_t countdown_ms;
        } deadman;
    } u;
};

enum user_kind { UM_IGNORED, UM_ORDER, UM_ACCOUNT, UM_MARGIN_CALL, UM_CONFIG, UM_KEY_EXPIRED };

struct user_msg {
    uint8_t kind; // enum user_kind
    uint32_t balances, positions;
    int64_t event_ms, transaction_ms;
    char reason[24];   // a.m
    uint8_t has_modes; // UM_CONFIG: the next two are from `ai`; otherwise position[0] has symbol and leverage
    uint8_t multi_assets, hedge;
    struct wire_order order;
    struct wire_balance balance[8];
    struct wire_position position[ANSWER_ROWS_MAX];
};

#endif
