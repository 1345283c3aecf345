// SPDX-License-Identifier: Apache-2.0
#include "base/hist.h"

#include <stddef.h>

static size_t bucket_of(uint64_t v)
{
    if (v < HIST_SUB) {
        return (size_t)v;
    }
    unsigned top = 63U - (unsigned)__builtin_clzll(v); // v in [2^top, 2^(top+1)), top >= 4
    size_t i = (size_t)(top - 3) * HIST_SUB + (size_t)((v >> (top - 4)) & (HIST_SUB - 1));
    return i < HIST_BUCKETS ? i : HIST_BUCKETS - 1;
}

static int64_t upper_edge(size_t i)
{
    if (i < HIST_SUB) {
        return (int64_t)i;
    }
    unsigned top = (unsigned)(i / HIST_SUB) + 3;
    uint64_t step = UINT64_C(1) << (top - 4);
    return (int64_t)((UINT64_C(1) << top) + (i % HIST_SUB + 1) * step - 1);
}

void hist_add(struct hist *h, int64_t ns)
{
    if (ns < 0) {
        ns = 0;
    }
    h->count++;
    h->sum_ns += ns;
    if (ns > h->max_ns) {
        h->max_ns = ns;
    }
    h->bucket[bucket_of((uint64_t)ns)]++;
}

int64_t hist_quantile(const struct hist *h, int q_ppm)
{
    if (h->count == 0) {
        return 0;
    }
    uint64_t rank = (h->count * (uint64_t)q_ppm + 999999) / 1000000;
    if (rank == 0) {
        rank = 1;
    }
    uint64_t seen = 0;
    for (size_t i = 0; i < HIST_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= rank) {
            int64_t e = upper_edge(i);
            return e < h->max_ns ? e : h->max_ns;
        }
    }
    return h->max_ns;
}

int64_t hist_bucket_upper_ns(int i)
{
    return upper_edge((size_t)i);
}

void hist_merge(struct hist *a, const struct hist *b)
{
    a->count += b->count;
    a->sum_ns += b->sum_ns;
    if (b->max_ns > a->max_ns) {
        a->max_ns = b->max_ns;
    }
    for (size_t i = 0; i < HIST_BUCKETS; i++) {
        a->bucket[i] += b->bucket[i];
    }
}
