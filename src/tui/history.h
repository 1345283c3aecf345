// SPDX-License-Identifier: Apache-2.0
// history: what the console remembers between snapshots: the last minute of each feature, equity, the
// ladder's axis.
//
// One column is HISTORY_COLUMN_NS of *market* time: while neither the book nor the trades of an instrument
// move, its sparklines stand still (and cost no bytes). A column holds the last value seen in it; NaN is a
// gap. Owner: the drawing thread. Times are the snapshot's.
#ifndef TT_TUI_HISTORY_H
#define TT_TUI_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/snapshot.h"

enum { HISTORY_COLUMNS = 60, HISTORY_EQUITY = 96 };
#define HISTORY_COLUMN_NS (3 * INT64_C(1000000000)) // 20 columns are the last 60 s
#define HISTORY_EQUITY_NS (15 * INT64_C(1000000000))

// Ladder rows are a static price axis; it moves only when the touch leaves the middle third. A row holds
// `group` ticks, so many that our own orders and the best levels are in sight.
struct ladder_axis {
    int64_t top_ticks;  // price of the first row, a multiple of group; 0 = not set
    int64_t group;      // 1, 2, 5, 10, 20 ... ticks
    int64_t grouped_ns; // when the group was last changed
    int rows;
};

struct series {
    float column[HISTORY_COLUMNS]; // a ring; column[at] is the newest
};

struct history {
    struct {
        struct series feature[SNAP_FEATURES];
        int64_t column_ns; // start of the newest column; 0 = none yet
        int at;
        uint64_t mark;     // what the market looked like when last sampled
        int64_t market_ns; // market time spent in all columns so far
        int64_t sampled_ns;
        uint64_t ever_valid; // features that were valid once
        struct ladder_axis axis;
    } ins[INSTRUMENT_MAX];
    float equity[HISTORY_EQUITY]; // USDT, a ring
    int equity_at;
    int64_t equity_ns;
};

void history_init(struct history *h);
// Take a snapshot into account; does nothing for one already seen.
void history_add(struct history *h, const struct snapshot *s);
// Value `back` columns ago (0: newest) or NaN.
double history_feature(const struct history *h, int instrument, int feature, int back);
double history_equity(const struct history *h, int back);
// Keep the axis of an instrument for `rows` rows. top_ticks of the result is 0 without a book.
struct ladder_axis history_axis(struct history *h, const struct snapshot *s, int instrument, int rows);

#endif
