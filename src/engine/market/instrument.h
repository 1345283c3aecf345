// SPDX-License-Identifier: Apache-2.0
// instrument: what can be traded, its grid and its filters; and the one function that gives value.
//
// Prices are ticks (price / tick), quantities lots (qty / lot), both zero-based int64. Between venues compare
// e8 prices, never ticks. Money is int64 in 1e-8 and travels with its currency.
#ifndef TT_ENGINE_MARKET_INSTRUMENT_H
#define TT_ENGINE_MARKET_INSTRUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"

enum { INSTRUMENT_MAX = 8, INSTRUMENT_NONE = 0xffff, VENUE_MAX = 4 };

// Venues of one run; in events, actions and instruments. Each has a session, links and keys of its own.
enum venue_id {
    VENUE_ASTER,
    VENUE_SPOT,
    VENUE_BINANCE,
    VENUE_COUNT
}; // Aster futures, Aster spot, Binance USD-M
_Static_assert((int)VENUE_COUNT <= (int)VENUE_MAX, "venues fit");

enum currency { CURRENCY_NONE, CURRENCY_USDT, CURRENCY_USDC, CURRENCY_BTC, CURRENCY_ETH, CURRENCY_COUNT };

enum instrument_kind { INSTRUMENT_LINEAR, INSTRUMENT_SPOT, INSTRUMENT_INVERSE }; // inverse is read-only

enum instrument_status { INSTRUMENT_TRADING, INSTRUMENT_HALTED };

struct instrument {
    uint16_t id; // index in the engine's table
    uint8_t venue;
    uint8_t kind;           // enum instrument_kind
    uint8_t status;         // enum instrument_status
    uint8_t settle;         // enum currency
    uint8_t price_decimals; // to print a price of this grid
    uint8_t qty_decimals;
    char symbol[24];                          // upper case, printable ASCII, e.g. "ETHUSDT"
    int64_t tick_e8;                          // price step, > 0
    int64_t lot_e8;                           // quantity step in base units (contracts when inverse), > 0
    int64_t contract_e8;                      // base units per contract; E8 for linear; inverse: USD
    int64_t min_price_ticks, max_price_ticks; // 0 disables
    int64_t min_qty_lots, max_qty_lots;       // limit-like orders; 0 disables
    int64_t market_min_qty_lots, market_max_qty_lots;
    int64_t min_notional_e8; // not applied to reduce-only
    int64_t percent_up_e8,
        percent_down_e8;                // PERCENT_PRICE against mark, e.g. 105000000 / 95000000; 0 disables
    int64_t maker_fee_e8, taker_fee_e8; // rate as a fraction in 1e-8: 5000 = 0.5 bp; negative = rebate
    int32_t max_open_orders;            // 0 disables
    int32_t leverage;
    int32_t funding_interval_h;
    uint8_t tif_mask; // bit 1 << enum tif (event.h): what orders may ask for; 0: not told, all
    uint8_t base;     // enum currency of the base asset; CURRENCY_NONE unknown
    uint8_t pad[2];
};

// Margin brackets and funding terms of an instrument: apart from it, since few need them. Ascending by
// notional; maintenance margin = notional * ratio - cum in the bracket that holds the notional (venue-api.md
// 7.4).
enum { BRACKETS_MAX = 10 }; // a longer table is cut: what lies beyond the last is not known
struct margin_bracket {
    int64_t cap_e8; // notional up to which it holds; INT64_MAX no end
    int64_t cum_e8;
    int32_t ratio_e8; // maintenance margin as a fraction
    int32_t leverage; // highest initial leverage
};
struct margin_table {
    uint32_t count;                           // 0: not told
    int32_t funding_interval_h;               // 0: not told
    int64_t funding_cap_e8, funding_floor_e8; // per interval; both 0: not told
    struct margin_bracket bracket[BRACKETS_MAX];
};

// Price at which a position is liquidated, one-way (venue-api.md 7.4): margin_e8 is what stands behind it (of
// an isolated position its own wallet). 0: none, or no brackets told.
int64_t margin_liquidation_e8(const struct margin_table *t, const struct instrument *ins, int64_t lots,
                              int64_t entry_e8, int64_t margin_e8);

// Notional of qty_lots at price_e8 in settle currency, 1e-8, exact then rounded to nearest. Linear and spot
// only.
int64_t instrument_notional_e8(const struct instrument *ins, int64_t price_e8, int64_t qty_lots);

static inline int64_t instrument_price_e8(const struct instrument *ins, int64_t price_ticks)
{
    return price_ticks * ins->tick_e8;
}

static inline int64_t instrument_qty_e8(const struct instrument *ins, int64_t qty_lots)
{
    return qty_lots * ins->lot_e8;
}

// Decimal text -> ticks / lots, exact; false when off the grid or malformed.
bool instrument_parse_price(const struct instrument *ins, const char *s, size_t n, int64_t *ticks);
bool instrument_parse_qty(const struct instrument *ins, const char *s, size_t n, int64_t *lots);

// Plain decimal text with the grid's decimals; buf needs 32 bytes. Returns the length.
size_t instrument_format_price(const struct instrument *ins, int64_t ticks, char *buf);
size_t instrument_format_qty(const struct instrument *ins, int64_t lots, char *buf);

// Currency of the base asset ("ETHUSDT": ETH), CURRENCY_NONE when it is none of ours.
enum currency instrument_base(const struct instrument *ins);

// "aster", "spot", "binance"; "?" for a number that is none.
const char *venue_name(uint8_t venue);
// What it is called on screens and in messages: the symbol; on another venue than Aster futures the base and
// the venue, short enough for the narrowest cell: "ETHUSDT", "ETH.spot", "ETH.bin" (settled in anything but
// USDT: "ETHUSDC.bin"). buf needs INSTRUMENT_NAME_MAX bytes. Returns buf.
enum { INSTRUMENT_NAME_MAX = 32 };
const char *instrument_name(const struct instrument *ins, char *buf);

// "USDT" etc.; currency_parse returns CURRENCY_NONE for an unknown name.
const char *currency_name(enum currency c);
enum currency currency_parse(const char *s, size_t n);

#endif
