// SPDX-License-Identifier: Apache-2.0
// instrument: value, parsing and printing on an instrument's grid. All arithmetic is integer through 128
// bits: the exact product first, one rounding at the end. Filters (minimum notional and so on) are applied by
// risk and exchange.
#include "engine/market/instrument.h"

#include <string.h>

#include "base/check.h"

static __int128 mul128(__int128 a, __int128 b)
{
    __int128 r;
    bool overflow = __builtin_mul_overflow(a, b, &r);
    CHECK(!overflow);
    return r;
}

// To nearest, ties away from zero; d > 0.
static __int128 round_div128(__int128 n, __int128 d)
{
    __int128 q = n / d;
    __int128 rest = n % d;
    if (rest < 0) {
        rest = -rest;
    }
    if (rest >= d - rest) {
        q += n < 0 ? -1 : 1;
    }
    return q;
}

int64_t instrument_notional_e8(const struct instrument *ins, int64_t price_e8, int64_t qty_lots)
{
    CHECK(ins->kind != INSTRUMENT_INVERSE);
    __int128 base_e8 = mul128(qty_lots, ins->lot_e8);
    __int128 exact = mul128(base_e8, price_e8);
    __int128 unit = E8;
    if (ins->contract_e8 != E8) {
        exact = mul128(exact, ins->contract_e8);
        unit *= E8;
    }
    __int128 v = round_div128(exact, unit);
    CHECK(v <= INT64_MAX && v >= INT64_MIN);
    return (int64_t)v;
}

// Text -> multiples of step_e8, exact and not negative.
static bool parse_steps(const char *s, size_t n, int64_t step_e8, int64_t *steps)
{
    int64_t v;
    if (!decimal_parse_e8(s, n, &v) || v < 0 || v % step_e8 != 0) {
        return false;
    }
    *steps = v / step_e8;
    return true;
}

bool instrument_parse_price(const struct instrument *ins, const char *s, size_t n, int64_t *ticks)
{
    return parse_steps(s, n, ins->tick_e8, ticks);
}

bool instrument_parse_qty(const struct instrument *ins, const char *s, size_t n, int64_t *lots)
{
    return parse_steps(s, n, ins->lot_e8, lots);
}

size_t instrument_format_price(const struct instrument *ins, int64_t ticks, char *buf)
{
    return decimal_format(buf, instrument_price_e8(ins, ticks), 8, ins->price_decimals);
}

size_t instrument_format_qty(const struct instrument *ins, int64_t lots, char *buf)
{
    return decimal_format(buf, instrument_qty_e8(ins, lots), 8, ins->qty_decimals);
}

static const char *const CURRENCY_NAMES[CURRENCY_COUNT] = {
    [CURRENCY_NONE] = "-",  [CURRENCY_USDT] = "USDT", [CURRENCY_USDC] = "USDC",
    [CURRENCY_BTC] = "BTC", [CURRENCY_ETH] = "ETH",
};

const char *currency_name(enum currency c)
{
    return (unsigned)c < CURRENCY_COUNT ? CURRENCY_NAMES[c] : "-";
}

enum currency currency_parse(const char *s, size_t n)
{
    for (int c = CURRENCY_NONE + 1; c < CURRENCY_COUNT; c++) {
        if (strlen(CURRENCY_NAMES[c]) == n && memcmp(CURRENCY_NAMES[c], s, n) == 0) {
            return (enum currency)c;
        }
    }
    return CURRENCY_NONE;
}

enum currency instrument_base(const struct instrument *ins)
{
    if (ins->base != CURRENCY_NONE) {
        return (enum currency)ins->base;
    }
    const char *settle = currency_name((enum currency)ins->settle);
    size_t n = strnlen(ins->symbol, sizeof ins->symbol), tail = strlen(settle);
    bool ends = n > tail && memcmp(ins->symbol + n - tail, settle, tail) == 0;
    return ends ? currency_parse(ins->symbol, n - tail) : CURRENCY_NONE;
}

const char *venue_name(uint8_t venue)
{
    static const char *const NAMES[VENUE_COUNT] = {
        [VENUE_ASTER] = "aster", [VENUE_SPOT] = "spot", [VENUE_BINANCE] = "binance"};
    return venue < VENUE_COUNT ? NAMES[venue] : "?";
}

const char *instrument_name(const struct instrument *ins, char *buf)
{
    static const char *const TAIL[VENUE_COUNT] = {
        [VENUE_ASTER] = "", [VENUE_SPOT] = ".spot", [VENUE_BINANCE] = ".bin"};
    const char *tail = ins->venue < VENUE_COUNT ? TAIL[ins->venue] : ".?";
    size_t n = strnlen(ins->symbol, sizeof ins->symbol), settle = strlen(currency_name(CURRENCY_USDT));
    bool usdt = n > settle && memcmp(ins->symbol + n - settle, currency_name(CURRENCY_USDT), settle) == 0;
    n -= ins->venue != VENUE_ASTER && usdt ? settle : 0;
    memcpy(buf, ins->symbol, n);
    memcpy(buf + n, tail, strlen(tail) + 1);
    return buf;
}

// liqPrice = (W + c - Q x E) / (|Q| x m - Q), with the bracket's m and c.
static int64_t liquidation_in(const struct margin_bracket *b, int64_t qty_e8, int64_t entry_e8,
                              int64_t margin_e8)
{
    int64_t size_e8 = qty_e8 < 0 ? -qty_e8 : qty_e8;
    __int128 above = (__int128)margin_e8 + b->cum_e8 - (__int128)qty_e8 * entry_e8 / E8;
    __int128 below = (__int128)size_e8 * b->ratio_e8 / E8 - qty_e8;
    if (below == 0) {
        return 0;
    }
    __int128 price = above * E8 / below;
    return price > 0 && price < INT64_MAX ? (int64_t)price : 0;
}

int64_t margin_liquidation_e8(const struct margin_table *t, const struct instrument *ins, int64_t lots,
                              int64_t entry_e8, int64_t margin_e8)
{
    int64_t qty_e8 = instrument_qty_e8(ins, lots);
    int64_t price = 0;
    for (uint32_t i = 0; lots != 0 && i < t->count && i < BRACKETS_MAX; i++) {
        price = liquidation_in(&t->bracket[i], qty_e8, entry_e8, margin_e8);
        if (price && instrument_notional_e8(ins, price, lots < 0 ? -lots : lots) <= t->bracket[i].cap_e8) {
            return price;
        }
    }
    return price;
}
