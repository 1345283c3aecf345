// SPDX-License-Identifier: Apache-2.0
// vpin: flow toxicity from signed trades (quant.md 2.2) as a stream: the last 50 volume buckets, sum |buys -
// sells| over sum of sizes, and the rank of the present value in its own history of a day.
//
// Bucket size: a given number of lots, or adaptive: at the start of each bucket one fiftieth of the volume of
// a minute, by an average over the last 5 minutes, so that the 50 buckets span about the last minute. All
// quantities are integers: bucket ends are exact. The history takes one value each 6 s (16,384 at most) in
// 256 steps of 1/256.
//
// Owner: struct features. No pointers.
#ifndef TT_ENGINE_SIGNAL_VPIN_H
#define TT_ENGINE_SIGNAL_VPIN_H

#include <stdint.h>

enum { VPIN_BUCKETS = 50, VPIN_STEPS = 256, VPIN_HISTORY = 16384, VPIN_RANK_MIN = 20 };

struct vpin {
    int64_t fixed_lots;        // 0: adaptive
    int64_t first_ns, last_ns; // trades; 0 none yet
    double volume_per_s;       // EWMA, tau 300 s, not corrected for its start
    double start_weight;       // share of the EWMA that still stands for the time before the first trade
    // -- open bucket
    int64_t bucket_lots, filled_lots, net_lots;
    // -- complete buckets
    int64_t size[VPIN_BUCKETS], imbalance[VPIN_BUCKETS];
    int64_t size_sum, imbalance_sum;
    uint64_t complete;
    // -- history of values
    int64_t sampled_ns;
    uint32_t histogram[VPIN_STEPS];
    uint32_t head, tail;           // entries ever added and dropped
    uint32_t second[VPIN_HISTORY]; // since first_ns
    uint8_t step[VPIN_HISTORY];
};

void vpin_init(struct vpin *v);
// side: +1 buyer is the aggressor. lots > 0.
void vpin_on_trade(struct vpin *v, int64_t now_ns, int side, int64_t lots);
// 0..1; NaN before 50 complete buckets.
double vpin_value(const struct vpin *v);
// Share of the history below the present value, the equal ones counted half; NaN before 20 values.
double vpin_quantile(const struct vpin *v);

#endif
