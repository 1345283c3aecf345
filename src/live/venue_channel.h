// SPDX-License-Identifier: Apache-2.0
// venue_channel: the stream names of one site and what stands behind each: which text of the exchange, how
// often, by which of Binance's path prefixes. venue-api.md 5.3, 1.3.
//
// The exchange publishes each kind of text at its quickest pace under one name (a source); everything slower
// or broader is made from these: the newest text of a period, several depth diffs as one, the texts of all
// symbols as one array. Nothing is kept or merged for a channel without listeners. Owner: the caller's one
// thread.
#ifndef TT_LIVE_VENUE_CHANNEL_H
#define TT_LIVE_VENUE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/exchange/exchange.h"
#include "live/venue_merge.h"

enum { CHANNEL_NAME_MAX = 48, SOURCE_CHANNELS_MAX = 4, SOURCE_SLOTS = 2048 };

enum channel_route { ROUTE_PUBLIC = 1, ROUTE_MARKET = 2, ROUTE_PRIVATE = 4, ROUTE_ANY = 7 };

enum channel_kind {
    CK_PASS,       // every text of the source at once
    CK_NEWEST,     // the newest text of a period, of each symbol that had one
    CK_DIFF,       // the depth diffs of a period as one
    CK_ARRAY,      // the newest texts of all symbols that had one, as one array
    CK_CONTINUOUS, // every candle at once, in the words of Binance's continuous contract stream
};

struct channel {
    char name[CHANNEL_NAME_MAX];
    uint8_t kind, routes;
    uint16_t source_kind;         // row of the table of sources
    int64_t period_ns, offset_ns; // due at multiples of the period, each symbol at a moment of its own
    uint64_t listeners;           // bit: connection
    int64_t due_ns;               // 0: nothing waits
    uint32_t changed;             // bit: symbol that has news
    struct depth_merge *merge;    // CK_DIFF with listeners
};

struct source {
    char name[CHANNEL_NAME_MAX];
    uint16_t symbol, channels;
    uint16_t channel[SOURCE_CHANNELS_MAX];
    char *text; // newest, when a channel needs it later
    size_t n, cap;
};

struct channel_table {
    struct channel *channel;
    struct source *source;
    uint32_t channels, symbols;
    uint16_t slot[SOURCE_SLOTS]; // hash of source names: index + 1
};

// The channels of a site for the symbols of its exchange. False: out of memory.
bool channel_table_init(struct channel_table *t, enum venue_id site, const struct exchange *x);
void channel_table_free(struct channel_table *t);
// -1: nobody publishes that name.
int channel_find(const struct channel_table *t, const char *name);
struct source *channel_source(struct channel_table *t, const char *stream);
// Source of a symbol that feeds the channel.
static inline struct source *channel_feed(struct channel_table *t, const struct channel *c, uint32_t symbol)
{
    return &t->source[(size_t)c->source_kind * t->symbols + symbol];
}

#endif
