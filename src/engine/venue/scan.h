// SPDX-License-Identifier: Apache-2.0
// scan: the hot-stream scanner. One pass over the JSON of a market message to fixed point; no allocation, any
// key order, unknown fields (scalars, and nested values) skipped. About 1 ns per byte; everything else goes
// through jansson in wire/decode.c, which is also the oracle of its differential tests.
//
// Input needs 16 readable bytes after `n` (their content does not matter). Prices and quantities are 1e-8.
#ifndef TT_ENGINE_VENUE_SCAN_H
#define TT_ENGINE_VENUE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scan_kind {
    SCAN_OTHER,
    SCAN_DEPTH,
    SCAN_TRADE,
    SCAN_TOUCH,
    SCAN_MARK,
    SCAN_REPLY,
    SCAN_DEPTH_SNAPSHOT,
    SCAN_DEPTH_PARTIAL, // the whole top N: told from diffs by the stream's name, or by the keys bids and asks
    SCAN_KLINE,
    SCAN_FORCE_ORDER,
};

enum { SCAN_LEVELS_MAX = 4080 };

struct scan_level {
    int64_t price_e8, qty_e8;
};

struct scan_kline {
    char interval[8];
    uint8_t closed; // the candle is complete; until then it changes
    int64_t open_ms, close_ms, trades;
    int64_t open_e8, high_e8, low_e8, close_e8, volume_e8, quote_volume_e8, taker_base_e8, taker_quote_e8;
};

struct scan_force { // somebody's liquidation; symbol and time are in scan_msg
    char status[24], type[24], tif[8];
    int8_t side; // enum side
    int64_t price_e8, average_e8, qty_e8, last_qty_e8, filled_e8;
};

struct scan_msg {
    uint8_t kind; // enum scan_kind; SCAN_OTHER: well-formed, not for us
    uint8_t buyer_is_maker;
    uint8_t has_stream; // combined envelope
    uint8_t not_market; // trade with X other than MARKET
    uint32_t bids, asks;
    char symbol[24]; // s, upper case; zero-terminated
    char stream[48]; // envelope's stream name
    int64_t event_ms, transaction_ms;
    uint64_t first_id, last_id, prev_id; // U u pu; lastUpdateId in last_id; bookTicker u in last_id
    uint64_t trade_id, first_trade_id, last_trade_id;
    int64_t price_e8, qty_e8;         // trade; touch: bid
    int64_t ask_price_e8, ask_qty_e8; // touch
    int64_t mark_e8, index_e8, settle_e8, funding_rate_e8, next_funding_ms;
    int64_t reply_id, reply_code; // SCAN_REPLY: {"result":null,"id":n} or {"code":..,"msg":..}
    union {
        struct scan_kline kline; // SCAN_KLINE
        struct scan_force force; // SCAN_FORCE_ORDER
    } u;
    struct scan_level level[SCAN_LEVELS_MAX]; // bids first, then asks
};

// False: malformed, truncated, out of range, too many levels: the message must be dropped and counted.
bool scan_market(const char *text, size_t n, struct scan_msg *out);

#endif
