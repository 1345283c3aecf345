// SPDX-License-Identifier: Apache-2.0
// xch_depth: re-batches the recording's diffs to the period of the published stream: of each level only the
// newest quantity, U of the first diff, u of the last, pu chained from batch to batch.
#include <string.h>

#include "engine/exchange/xch.h"

static uint32_t slot_of(int8_t side, int64_t ticks)
{
    uint64_t h = ((uint64_t)ticks << 1 | (side > 0)) * UINT64_C(0x9e3779b97f4a7c15); // Fibonacci hashing
    return (uint32_t)(h >> 51) & (XCH_PENDING_SLOTS - 1);
}

static void put(struct xch_batch *b, int8_t side, struct level l)
{
    uint32_t s = slot_of(side, l.ticks);
    for (; b->slot[s]; s = (s + 1) & (XCH_PENDING_SLOTS - 1)) {
        uint32_t i = b->slot[s] - 1u;
        if (b->level[i].ticks == l.ticks && b->side[i] == side) {
            b->level[i].lots = l.lots;
            return;
        }
    }
    CHECK(b->count < XCH_PENDING_MAX);
    b->level[b->count] = l;
    b->side[b->count] = side;
    b->slot[s] = (uint16_t)++b->count;
}

void xch_batch_drop(struct xch_market *m)
{
    struct xch_batch *b = &m->batch;
    memset(b->slot, 0, sizeof b->slot);
    b->count = 0;
    b->due_ns = 0;
}

// U as told. A spot client chains by U = previous u + 1, so it says that as long as nothing is missing, and
// anything else when something is.
static uint64_t first_id(const struct exchange *x, const struct xch_market *m)
{
    const struct xch_batch *b = &m->batch;
    if (!x->spot || m->published_id == 0) {
        return b->first_id;
    }
    uint64_t next = m->published_id + 1;
    return !m->chain_broken ? next : b->first_id == next && next < b->last_id ? next + 1 : b->first_id;
}

void xch_batch_flush(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    struct xch_batch *b = &m->batch;
    if (b->due_ns == 0) {
        return;
    }
    uint64_t prev = m->published_id;
    if (m->chain_broken || prev == 0) {
        prev = b->prev_id;
        prev -= prev == m->published_id && prev != 0; // it must not look like the next link of the old chain
    }
    xch_publish_depth(x, m, first_id(x, m), prev, out);
    xch_publish_partial(x, m, out);
    m->chain_broken = false;
    m->published_id = b->last_id;
    b->flushed_ns = x->now_ns;
    xch_batch_drop(m);
}

void xch_batch_add(struct exchange *x, struct xch_market *m, const struct ev_book *d, int64_t venue_ns,
                   const struct xch_sink *out)
{
    struct xch_batch *b = &m->batch;
    bool gap = m->diff_id != 0 && (x->spot ? d->first_id > m->diff_id + 1 : d->prev_id != m->diff_id);
    if (gap || b->count + d->bids + d->asks > XCH_PENDING_MAX) {
        xch_batch_flush(x, m, out);
    }
    m->chain_broken |= gap;
    if (b->due_ns == 0) {
        int64_t grid = b->flushed_ns + x->cfg.depth_batch_ns;
        b->due_ns = grid > x->now_ns ? grid : x->now_ns;
        b->first_id = d->first_id;
        b->prev_id = d->prev_id;
    }
    b->last_id = d->last_id;
    b->venue_ns = venue_ns;
    m->diff_id = d->last_id;
    for (uint32_t i = 0; i < d->bids + d->asks; i++) {
        put(b, i < d->bids ? SIDE_BUY : SIDE_SELL, d->levels[i]);
    }
    if (b->due_ns <= x->now_ns) {
        xch_batch_flush(x, m, out);
    }
}
