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
    RQ_BATCH_PLACE,  // decoded as an array of order objects and errors, like RQ_PLACE: orders[], code each
    RQ_BATCH_CANCEL, // the same
    RQ_SET_MULTI_ASSETS, // {"code":200}
    RQ_SET_STP,          // {"code":200}
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
    RQ_ACCOUNT, // futures of every path revision, and spot
    RQ_BRACKETS,
    RQ_INCOME,
    RQ_FUNDING_INFO,
    RQ_FUNDING_RATE, // settled rates
    RQ_PREMIUM,      // mark, index, running rate
    RQ_KLINES,
    RQ_TICKER,        // 24hr, price and bookTicker
    RQ_MARKET_TRADES, // trades, historicalTrades, aggTrades
    RQ_MULTI_ASSETS,
    RQ_STP_MODE,
    RQ_ADL,
    RQ_TRANSFER, // between spot and perp
    RQ_COUNT
};

struct wire_order { // order object of REST answers, `o` of ORDER_TRADE_UPDATE, spot's executionReport
    char symbol[24];
    char client_id[CLIENT_ID_MAX];
    uint64_t order_id, trade_id;
    int64_t price_e8, avg_price_e8, stop_price_e8, qty_e8, cum_e8, last_qty_e8, last_price_e8;
    int64_t fee_e8, realised_e8;
    int64_t cum_quote_e8; // filled quote amount; 0 where it is not told
    int64_t trade_time_ms, update_time_ms, created_ms;
    char fee_asset[12];
    char exec[16];   // x: NEW TRADE CANCELED REJECTED EXPIRED CALCULATED AMENDMENT; "" in REST answers
    char status[20]; // X / status
    char type[24], tif[12];
    char orig_type[24];    // before a trigger
    char position_side[8]; // BOTH in one-way mode; "" on spot
    int8_t side;           // enum side, 0 unknown
    uint8_t maker, reduce_only, close_position;
    int32_t code; // element of a batch answer: its error, negative; 0: the order fields are filled
};

struct wire_position {
    char symbol[24];
    char position_side[8], margin_type[12];
    int64_t qty_e8, entry_e8, mark_e8, unrealised_e8, liquidation_e8, isolated_e8;
    int64_t maint_e8, realised_e8; // maintenance margin; accumulated realised before fees (user stream)
    int64_t max_notional_e8;       // at this leverage; INT64_MAX: beyond 92 billion, 0 not told
    int32_t leverage;
    int64_t update_time_ms;
};

struct wire_balance {
    char asset[16];
    int64_t wallet_e8; // spot: free + locked
    int64_t cross_e8, change_e8;
    int64_t available_e8; // spot: free
    int64_t locked_e8;    // spot
    int64_t unrealised_e8;
    int64_t update_time_ms;
};

struct wire_trade { // userTrades row
    char symbol[24];
    uint64_t id, order_id;
    int64_t price_e8, qty_e8, quote_qty_e8, fee_e8, realised_e8, time_ms;
    char fee_asset[12];
    int8_t side;
    uint8_t maker;
};

enum { ANSWER_ROWS_MAX = 64, ANSWER_BATCH_MAX = 10, ANSWER_DEPTH_MAX = 1000, ANSWER_KLINES_MAX = 320 };

// What an account may and holds, beside its balances. Totals are 0 where the venue's revision leaves them
// out.
struct wire_account {
    struct wire_balance balances[ANSWER_ROWS_MAX]; // first, as in RQ_BALANCE; answer.rows of them
    struct wire_position positions[ANSWER_ROWS_MAX];
    uint32_t position_rows;
    int32_t fee_tier;
    uint8_t has_permissions; // the next three were told
    uint8_t can_trade, can_deposit, can_withdraw;
    uint8_t spot; // balances are free and locked
    int64_t wallet_e8, unrealised_e8, margin_balance_e8, initial_e8, maint_e8, available_e8, max_withdraw_e8;
    int64_t update_time_ms;
};

// What exchangeInfo says of a symbol beside struct instrument.
enum { // the first four are 1 << enum tif
    TIFS_GTC = 1,
    TIFS_IOC = 2,
    TIFS_FOK = 4,
    TIFS_GTX = 8,
    TIFS_HIDDEN = 16,
    TIFS_GTD = 32
};
enum {
    ORDER_TYPE_LIMIT = 1,
    ORDER_TYPE_MARKET = 2,
    ORDER_TYPE_STOP = 4,
    ORDER_TYPE_STOP_MARKET = 8,
    ORDER_TYPE_TAKE_PROFIT = 16,
    ORDER_TYPE_TAKE_PROFIT_MARKET = 32,
    ORDER_TYPE_TRAILING = 64
};

struct wire_symbol {
    uint32_t tifs, types;           // masks of the above; 0: not told
    uint8_t notional_not_market;    // NOTIONAL with applyMinToMarket false: market orders are free of it
    int32_t max_algo_orders;        // 0: none told
    int64_t max_notional_e8;        // spot; 0 none
    int64_t bid_down_e8, ask_up_e8; // PERCENT_PRICE_BY_SIDE: the two bounds that struct instrument lacks
    int64_t trigger_protect_e8, take_bound_e8, liquidation_fee_e8;
    int64_t onboard_ms;
};

struct wire_bracket { // one bracket of one symbol, ascending
    char symbol[24];
    int32_t bracket, leverage;
    int64_t floor_e8, cap_e8; // notional; cap INT64_MAX: beyond 92 billion
    int64_t maint_e8;         // ratio
    int64_t cum_e8;
};

struct wire_income {
    char symbol[24], type[40], asset[12], info[40];
    int64_t income_e8, time_ms;
    uint64_t tran_id, trade_id; // 0 absent
};

struct wire_funding_info {
    char symbol[24];
    int32_t interval_h;
    int64_t interest_e8, cap_e8, floor_e8, time_ms;
};

struct wire_funding {
    char symbol[24];
    int64_t rate_e8, mark_e8, time_ms; // mark 0: not told
};

struct wire_premium {
    char symbol[24];
    int64_t mark_e8, index_e8, settle_e8, rate_e8, interest_e8, next_funding_ms, time_ms;
};

struct wire_kline {
    int64_t open_ms, close_ms;
    int64_t open_e8, high_e8, low_e8, close_e8, volume_e8, quote_volume_e8, taker_base_e8, taker_quote_e8;
    int64_t trades;
};

struct wire_ticker { // what a ticker does not carry is 0
    char symbol[24];
    int64_t last_e8, last_qty_e8, bid_e8, bid_qty_e8, ask_e8, ask_qty_e8;
    int64_t open_e8, high_e8, low_e8, average_e8, change_e8, change_percent_e8, volume_e8, quote_volume_e8;
    int64_t open_ms, close_ms, time_ms, trades;
};

struct wire_market_trade {
    uint64_t id, first_id, last_id; // first and last: aggTrades only
    int64_t price_e8, qty_e8, time_ms;
    uint8_t buyer_is_maker;
};

struct wire_adl {
    char symbol[24];
    int32_t both, longs, shorts; // 0 to 4, -1 not told
};

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
    int32_t http_status;              // 0 when not_sent or lost
    int32_t code;                     // venue error code (negative), 0 none
    int32_t retry_after_s;            // header, -1 absent
    int32_t used_weight, order_count; // headers, -1 absent
    uint32_t rows_total; // RQ_OPEN_ORDERS: entries of the venue's array; more than `rows` when they do not
                         // fit: then `rows` is a part, and the session says so
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
        struct {
            struct instrument instruments[INSTRUMENT_MAX]; // the same
            struct wire_symbol symbols[INSTRUMENT_MAX];    // of each of them
        } info;
        struct wire_account account;
        struct wire_bracket brackets[ANSWER_ROWS_MAX];
        struct wire_income income[ANSWER_ROWS_MAX];
        struct wire_funding_info funding_info[ANSWER_ROWS_MAX];
        struct wire_funding funding[ANSWER_ROWS_MAX];
        struct wire_premium premium[ANSWER_ROWS_MAX];
        struct wire_kline klines[ANSWER_KLINES_MAX];
        struct wire_ticker tickers[ANSWER_ROWS_MAX];
        struct wire_market_trade market_trades[ANSWER_ROWS_MAX];
        struct wire_adl adl[ANSWER_ROWS_MAX];
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
            uint8_t on;
        } multi_assets;
        struct {
            uint64_t tran_id;
            char status[16]; // SUCCESS
        } transfer;
        struct {
            char mode[16]; // EXPIRE_TAKER, EXPIRE_MAKER, EXPIRE_BOTH
        } stp;
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
    char reason[24]; // a.m
    uint8_t spot;    // UM_ORDER, UM_ACCOUNT: executionReport, outboundAccountPosition
    uint8_t
        has_modes; // UM_CONFIG: the next three are from `ai`; otherwise position[0] has symbol and leverage
    uint8_t multi_assets, hedge, fee_in_token;
    int64_t cross_e8; // UM_MARGIN_CALL: cw, 0 when it is about an isolated position
    struct wire_order order;
    struct wire_balance balance[8];
    struct wire_position position[ANSWER_ROWS_MAX];
};

#endif
