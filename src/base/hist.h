// SPDX-License-Identifier: Apache-2.0
// hist: a log-linear histogram of nanoseconds; fixed size, no allocation, pointer-free (it travels in the
// snapshot).
//
// Buckets: 16 linear steps per power of two from 1 ns to 2^36 ns (68 s): relative error at most 1/16. One
// writer; a reader takes a copy (the snapshot), never the live struct.
#ifndef TT_BASE_HIST_H
#define TT_BASE_HIST_H

#include <stdint.h>

enum { HIST_SUB = 16, HIST_BUCKETS = 34 * HIST_SUB };

struct hist {
    uint64_t count;
    int64_t sum_ns;
    int64_t max_ns;
    uint32_t bucket[HIST_BUCKETS];
};

// Add one duration; negative counts as 0, beyond the range as the last bucket (max_ns stays exact).
void hist_add(struct hist *h, int64_t ns);

// Smallest bucket upper edge such that at least q_ppm / 1e6 of the samples are at or below it; 0 when empty.
// Never above max_ns.
int64_t hist_quantile(const struct hist *h, int q_ppm);

// Largest duration that bucket i (0..HIST_BUCKETS-1) counts, ns.
int64_t hist_bucket_upper_ns(int i);

// Add all of b to a.
void hist_merge(struct hist *a, const struct hist *b);

#endif
