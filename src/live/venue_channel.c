// SPDX-License-Identifier: Apache-2.0
#include "live/venue_channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"

_Static_assert(INSTRUMENT_MAX <= 32, "a bit of channel.changed for each symbol");

enum { FUTURES = 1, SPOT = 2, BINANCE = 4, ALL = 7 }; // sites that have a name

// What the exchange publishes, by symbol: <symbol><name>.
enum source_kind {
    SK_DEPTH,
    SK_DEPTH5,
    SK_DEPTH10,
    SK_DEPTH20,
    SK_AGG,
    SK_TRADE,
    SK_TOUCH,
    SK_MARK,
    SK_FORCE,
    SK_MINI,
    SK_TICKER,
    SK_KLINE
};
static const char *const SOURCES[] = {
    "@depth@100ms", "@depth5@100ms", "@depth10@100ms", "@depth20@100ms", "@aggTrade", "@trade",
    "@bookTicker",  "@markPrice@1s", "@forceOrder",    "@miniTicker",    "@ticker",   "@kline_1m",
    "@kline_3m",    "@kline_5m",     "@kline_15m",     "@kline_30m",     "@kline_1h", "@kline_2h",
    "@kline_4h",    "@kline_6h",     "@kline_8h",      "@kline_12h",     "@kline_1d", "@kline_3d",
    "@kline_1w",    "@kline_1M"};

struct row {
    const char *name; // behind the symbol, or of all symbols when it begins with '!'
    enum source_kind source;
    enum channel_kind kind;
    int32_t period_ms;
    uint8_t routes, sites;
};
static const struct row ROWS[] = {
    {"@depth@100ms", SK_DEPTH, CK_PASS, 0, ROUTE_PUBLIC, ALL},
    {"@depth", SK_DEPTH, CK_DIFF, 250, ROUTE_PUBLIC, FUTURES | BINANCE},
    {"@depth@500ms", SK_DEPTH, CK_DIFF, 500, ROUTE_PUBLIC, FUTURES | BINANCE},
    {"@depth", SK_DEPTH, CK_DIFF, 1000, ROUTE_PUBLIC, SPOT},
    {"@depth5@100ms", SK_DEPTH5, CK_PASS, 0, ROUTE_PUBLIC, ALL},
    {"@depth5", SK_DEPTH5, CK_NEWEST, 250, ROUTE_PUBLIC, FUTURES | BINANCE},
    {"@depth5@500ms", SK_DEPTH5, CK_NEWEST, 500, ROUTE_PUBLIC, FUTURES | BINANCE},
    {"@depth5", SK_DEPTH5, CK_NEWEST, 1000, ROUTE_PUBLIC, SPOT},
    {"@depth10@100ms", SK_DEPTH10, CK_PASS, 0, ROUTE_PUBLIC, ALL},
    {"@depth10", SK_DEPTH10, CK_NEWEST, 250, ROUTE_PUBLIC, FUTURES | BINANCE},
    {"@depth10@500ms", SK_DEPTH10, CK_NEWEST, 500, ROUTE_PUBLIC, FUTURES | BINANCE},
    {"@depth10", SK_DEPTH10, CK_NEWEST, 1000, ROUTE_PUBLIC, SPOT},
    {"@depth20@100ms", SK_DEPTH20, CK_PASS, 0, ROUTE_PUBLIC, ALL},
    {"@depth20", SK_DEPTH20, CK_NEWEST, 250, ROUTE_PUBLIC, FUTURES | BINANCE},
    {"@depth20@500ms", SK_DEPTH20, CK_NEWEST, 500, ROUTE_PUBLIC, FUTURES | BINANCE},
    {"@depth20", SK_DEPTH20, CK_NEWEST, 1000, ROUTE_PUBLIC, SPOT},
    {"@aggTrade", SK_AGG, CK_PASS, 0, ROUTE_MARKET, ALL},
    // Sources disagree on the prefix of raw trades: both (venue-api.md 1.3).
    {"@trade", SK_TRADE, CK_PASS, 0, ROUTE_PUBLIC | ROUTE_MARKET, SPOT | BINANCE},
    {"@bookTicker", SK_TOUCH, CK_PASS, 0, ROUTE_PUBLIC, ALL},
    {"!bookTicker", SK_TOUCH, CK_PASS, 0, ROUTE_PUBLIC, ALL},
    {"@markPrice@1s", SK_MARK, CK_PASS, 0, ROUTE_MARKET, FUTURES | BINANCE},
    {"@markPrice", SK_MARK, CK_NEWEST, 3000, ROUTE_MARKET, FUTURES | BINANCE},
    {"!markPrice@arr@1s", SK_MARK, CK_ARRAY, 1000, ROUTE_MARKET, FUTURES | BINANCE},
    {"!markPrice@arr", SK_MARK, CK_ARRAY, 3000, ROUTE_MARKET, FUTURES | BINANCE},
    {"@forceOrder", SK_FORCE, CK_NEWEST, 1000, ROUTE_MARKET, FUTURES | BINANCE},
    {"!forceOrder@arr", SK_FORCE, CK_NEWEST, 1000, ROUTE_MARKET, FUTURES | BINANCE},
    {"@miniTicker", SK_MINI, CK_NEWEST, 500, ROUTE_MARKET, ALL},
    {"!miniTicker@arr", SK_MINI, CK_ARRAY, 1000, ROUTE_MARKET, ALL},
    {"@ticker", SK_TICKER, CK_NEWEST, 500, ROUTE_MARKET, ALL},
    {"!ticker@arr", SK_TICKER, CK_ARRAY, 1000, ROUTE_MARKET, ALL},
};
enum { SOURCE_KINDS = COUNT_OF(SOURCES), KLINES = SOURCE_KINDS - SK_KLINE };

static uint32_t hash_of(const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const char *p = name; *p; p++) {
        h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3); // FNV-1a
    }
    return (uint32_t)(h >> 24) & (SOURCE_SLOTS - 1);
}

static void lower(char *to, const char *symbol, size_t cap)
{
    size_t i = 0;
    for (; i < cap - 1 && symbol[i]; i++) {
        char c = symbol[i];
        to[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    to[i] = 0;
}

static void add_source(struct channel_table *t, size_t kind, uint32_t symbol, const char *low)
{
    size_t i = kind * t->symbols + symbol;
    struct source *s = &t->source[i];
    s->symbol = (uint16_t)symbol;
    CHECK(snprintf(s->name, sizeof s->name, "%s%s", low, SOURCES[kind]) < (int)sizeof s->name);
    uint32_t h = hash_of(s->name);
    while (t->slot[h]) {
        h = (h + 1) & (SOURCE_SLOTS - 1);
    }
    t->slot[h] = (uint16_t)(i + 1);
}

static void feed(struct channel_table *t, size_t kind, uint32_t symbol, uint32_t channel)
{
    struct source *s = &t->source[kind * t->symbols + symbol];
    CHECK(s->channels < SOURCE_CHANNELS_MAX);
    s->channel[s->channels++] = (uint16_t)channel;
}

static void add_channel(struct channel_table *t, const char *symbol, uint32_t index, const struct row *r)
{
    struct channel *c = &t->channel[t->channels++];
    CHECK(snprintf(c->name, sizeof c->name, "%s%s", symbol, r->name) < (int)sizeof c->name);
    c->kind = (uint8_t)r->kind;
    c->routes = r->routes;
    c->source_kind = (uint16_t)r->source;
    c->period_ns = r->period_ms * NS_PER_MS;
    c->offset_ns = c->period_ns / (t->symbols + 1) * index;
}

static void add_symbol(struct channel_table *t, uint32_t symbol, const char *name, uint8_t site)
{
    char low[24];
    lower(low, name, sizeof low);
    for (size_t k = 0; k < SOURCE_KINDS; k++) {
        add_source(t, k, symbol, low);
    }
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (ROWS[i].sites & site && ROWS[i].name[0] != '!') {
            feed(t, ROWS[i].source, symbol, t->channels);
            add_channel(t, low, symbol, &ROWS[i]);
        }
    }
    for (size_t k = SK_KLINE; k < SOURCE_KINDS; k++) {
        // The exchange paces candles itself, and tells the end of each at once: none may be passed over.
        struct row r = {SOURCES[k], (enum source_kind)k, CK_PASS, 0, ROUTE_MARKET, ALL};
        feed(t, k, symbol, t->channels);
        add_channel(t, low, symbol, &r);
        if (site & BINANCE) {
            char full[CHANNEL_NAME_MAX];
            snprintf(full, sizeof full, "_perpetual@continuousKline_%s", strchr(SOURCES[k], '_') + 1);
            r = (struct row){full, (enum source_kind)k, CK_CONTINUOUS, 0, ROUTE_MARKET, BINANCE};
            feed(t, k, symbol, t->channels);
            add_channel(t, low, symbol, &r);
        }
    }
}

bool channel_table_init(struct channel_table *t, enum venue_id site, const struct exchange *x)
{
    static const uint8_t SITE[] = {[VENUE_ASTER] = FUTURES, [VENUE_SPOT] = SPOT, [VENUE_BINANCE] = BINANCE};
    const struct instrument *ins[INSTRUMENT_MAX];
    *t = (struct channel_table){.symbols = (uint32_t)exchange_instruments(x, ins)};
    CHECK(t->symbols * SOURCE_KINDS <= SOURCE_SLOTS / 2);
    t->channel =
        calloc(t->symbols * (COUNT_OF(ROWS) + (size_t)2 * KLINES) + COUNT_OF(ROWS), sizeof *t->channel);
    t->source = calloc((size_t)t->symbols * SOURCE_KINDS, sizeof *t->source);
    if (!t->channel || !t->source) {
        channel_table_free(t);
        return false;
    }
    for (uint32_t i = 0; i < t->symbols; i++) {
        add_symbol(t, i, ins[i]->symbol, SITE[site]);
    }
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        for (uint32_t k = 0; ROWS[i].name[0] == '!' && ROWS[i].sites & SITE[site] && k < t->symbols; k++) {
            feed(t, ROWS[i].source, k, t->channels);
            if (k + 1 == t->symbols) {
                add_channel(t, "", 0, &ROWS[i]);
            }
        }
    }
    return true;
}

void channel_table_free(struct channel_table *t)
{
    for (uint32_t i = 0; t->channel && i < t->channels; i++) {
        depth_merge_free(t->channel[i].merge);
    }
    for (size_t i = 0; t->source && i < (size_t)t->symbols * SOURCE_KINDS; i++) {
        free(t->source[i].text);
    }
    free(t->channel);
    free(t->source);
    *t = (struct channel_table){0};
}

int channel_find(const struct channel_table *t, const char *name)
{
    for (uint32_t i = 0; i < t->channels; i++) {
        if (strcmp(t->channel[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

struct source *channel_source(struct channel_table *t, const char *stream)
{
    for (uint32_t h = hash_of(stream); t->slot[h]; h = (h + 1) & (SOURCE_SLOTS - 1)) {
        struct source *s = &t->source[t->slot[h] - 1u];
        if (strcmp(s->name, stream) == 0) {
            return s;
        }
    }
    return NULL;
}
