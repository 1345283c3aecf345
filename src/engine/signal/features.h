// SPDX-License-Identifier: Apache-2.0
// features: forty streaming figures of one instrument, in the fixed order of quant.md 3.7, each O(1) per
// event. What one of them means is written as a batch function in formulas.h; tests hold the two equal.
//
// Time is the event's mono_ns. The best quotes come from whichever is newer, book or touch stream (by update
// id); deeper levels come from the book. Windowed sums have a resolution of 1 ms (up to 1 s) and 10 ms
// (beyond), which bounds their rings whatever the rate of events. A figure that cannot be computed is NaN and
// its validity bit is 0.
//
// Owner: the engine's thread. struct features holds no pointers and has a fixed size; it may be copied as
// bytes.
#ifndef TT_ENGINE_SIGNAL_FEATURES_H
#define TT_ENGINE_SIGNAL_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/event.h"
#include "engine/market/book.h"
#include "engine/market/instrument.h"

// The index is part of every model's version: never renumber.
enum feature_id {
    FEATURE_SPREAD,       // ticks
    FEATURE_MICROPRICE,   // minus mid, ticks; without a fitted table its fall-back, the weighted mid
    FEATURE_WEIGHTED_MID, // minus mid, ticks
    FEATURE_IMBALANCE_1,
    FEATURE_IMBALANCE_3,
    FEATURE_IMBALANCE_5,
    FEATURE_IMBALANCE_10,
    FEATURE_IMBALANCE_WEIGHTED, // 10 levels, exp(-0.5 (k - 1))
    FEATURE_DEPTH_BID_5,        // ln(1 + depth within 5 bps / average level)
    FEATURE_DEPTH_ASK_5,
    FEATURE_DEPTH_BID_20,
    FEATURE_DEPTH_ASK_20,
    FEATURE_SLOPE_BID, // ln of lots per bps over 10 levels
    FEATURE_SLOPE_ASK,
    FEATURE_OFI_100MS, // divided by the average best quantity
    FEATURE_OFI_1S,
    FEATURE_OFI_5S,
    FEATURE_OFI_30S,
    FEATURE_MLOFI_1, // level 1 to 3 over 1 s, divided by the average of the first 3 levels
    FEATURE_MLOFI_2,
    FEATURE_MLOFI_3,
    FEATURE_TRADE_IMBALANCE_1S,
    FEATURE_TRADE_IMBALANCE_5S,
    FEATURE_TRADE_IMBALANCE_30S,
    FEATURE_VPIN_QUANTILE, // of its own last day
    FEATURE_INTENSITY_BUY, // ln of events per second
    FEATURE_INTENSITY_SELL,
    FEATURE_KYLE,      // lambda times the average trade, ticks
    FEATURE_SIGMA_10S, // relative per sqrt(second)
    FEATURE_SIGMA_300S,
    FEATURE_SIGMA_RATIO,
    FEATURE_MOMENTUM_100MS, // log return / (sigma sqrt(h))
    FEATURE_MOMENTUM_500MS,
    FEATURE_MOMENTUM_1S,
    FEATURE_MOMENTUM_5S,
    FEATURE_MOMENTUM_30S,
    FEATURE_MOMENTUM_60S,
    FEATURE_BASIS,       // (mid - index) / index, bps
    FEATURE_FUNDING,     // rate in bps times the share of the interval that is left
    FEATURE_LEAD_RETURN, // of the leading venue; no lead-lag engine yet: never valid
    FEATURE_COUNT
};
_Static_assert(FEATURE_COUNT == 40, "the feature vector has 40 slots");

// Figures in natural units, for the maker and the screen. NaN: not known (yet).
struct feature_raw {
    double mid_ticks;
    double sigma_rel;   // relative per sqrt(second): the 300 s EWMA, before it is warm (30 s) the 10 s one
    double sigma_ticks; // the same, ticks per sqrt(second)
    double sigma_10s, sigma_300s;
    double buys_per_s,
        sells_per_s; // market orders, EWMA of 30 s corrected for its start; NaN in the first 10 s
    double vpin;     // 0..1
    double vpin_quantile;
    double bucket_lots; // VPIN bucket in use
    double best_lots;   // average quantity at the touch
    double level_lots;  // average quantity of one of the first 10 levels
    double trade_lots;  // average trade
};

struct features;

size_t features_size(void);
// mem: features_size() bytes, 8-byte aligned. Bucket size adaptive.
struct features *features_init(void *mem);
// Tick size and funding interval; call before the first event and at each revision.
void features_set_instrument(struct features *f, const struct instrument *ins);
// VPIN bucket in lots; 0 (the default) adapts: one fiftieth of a minute's volume, by the average of the last
// 5 minutes.
void features_set_vpin_bucket(struct features *f, int64_t lots);

// The next quotes do not follow the last ones (snapshot, gap, seam): no flow and no return is computed
// across.
void features_reset_book(struct features *f);

// After the event was applied to the book. ev: EV_BOOK_SNAPSHOT or EV_BOOK_DIFF.
void features_on_book(struct features *f, const struct book *b, const struct event *ev);
void features_on_touch(struct features *f, const struct event *ev); // EV_TOUCH
void features_on_trade(struct features *f, const struct event *ev); // EV_TRADE
void features_on_mark(struct features *f, const struct event *ev);  // EV_MARK

// The 40 values as of the last event, NaN where the bit of features_valid is 0.
const double *features_values(const struct features *f);
uint64_t features_valid(const struct features *f);
// EWMA z-score (alpha 1e-3, clip 5) of one feature; NaN during its first 1000 updates or while not valid.
double features_z(const struct features *f, enum feature_id id);
struct feature_raw features_raw(const struct features *f);

// "spread", "imbalance 10", ...: at most 20 characters, for screens and exports.
const char *feature_name(enum feature_id id);
const char *feature_unit(enum feature_id id);

#endif
