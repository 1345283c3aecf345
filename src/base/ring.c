// SPDX-License-Identifier: Apache-2.0
// Each record is an 8-byte size word and its bytes, padded to 8. A size word of SKIP says "the rest of the
// lap is padding": it is written when a record would wrap.
#include "base/ring.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

static const uint64_t SKIP = UINT64_MAX;

static size_t padded(size_t n)
{
    return 8 + ((n + 7) & ~(size_t)7);
}

bool ring_init_spsc(struct ring *r, size_t cap)
{
    CHECK(cap >= 4096 && (cap & (cap - 1)) == 0);
    memset(r, 0, sizeof *r);
    r->data = aligned_alloc(64, cap);
    r->cap = cap;
    if (r->data) {
        memset(r->data, 0, cap); // take the page faults now, not on the producer's path
    }
    return r->data != NULL;
}

void ring_free(struct ring *r)
{
    free(r->data);
    r->data = NULL;
}

static bool has_room(struct ring *r, size_t head, size_t need)
{
    if (head + need - r->tail_seen <= r->cap) {
        return true;
    }
    // Acquire: the consumer has finished reading what lies before its tail.
    r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
    return head + need - r->tail_seen <= r->cap;
}

void *ring_reserve_spsc(struct ring *r, size_t n)
{
    CHECK(n <= r->cap / 4);
    size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    size_t at = head & (r->cap - 1);
    size_t size = padded(n);
    size_t skip = at + size > r->cap ? r->cap - at : 0;
    if (!has_room(r, head, skip + size)) {
        return NULL;
    }
    if (skip) {
        memcpy(r->data + at, &SKIP, 8);
        at = 0;
    }
    uint64_t n64 = n;
    memcpy(r->data + at, &n64, 8);
    r->reserved = skip + size;
    return r->data + at + 8;
}

void ring_commit_spsc(struct ring *r)
{
    CHECK(r->reserved > 0);
    size_t head = atomic_load_explicit(&r->head, memory_order_relaxed) + r->reserved;
    r->reserved = 0;
    if (head - r->tail_seen > r->high_water) {
        r->high_water = head - r->tail_seen;
    }
    // Release: size word and payload become visible before the new head.
    atomic_store_explicit(&r->head, head, memory_order_release);
}

bool ring_push_spsc(struct ring *r, const void *p, size_t n)
{
    void *to = ring_reserve_spsc(r, n);
    if (!to) {
        return false;
    }
    memcpy(to, p, n);
    ring_commit_spsc(r);
    return true;
}

int ring_used_pct_spsc(struct ring *r)
{
    r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
    size_t used = atomic_load_explicit(&r->head, memory_order_relaxed) - r->tail_seen;
    return (int)(used * 100 / r->cap);
}

const void *ring_peek_spsc(struct ring *r, size_t *n)
{
    size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    for (;;) {
        if (tail == r->head_seen) {
            // Acquire pairs with the producer's commit.
            r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
            if (tail == r->head_seen) {
                return NULL;
            }
        }
        size_t at = tail & (r->cap - 1);
        uint64_t size;
        memcpy(&size, r->data + at, 8);
        if (size != SKIP) {
            *n = (size_t)size;
            r->peeked = padded((size_t)size);
            return r->data + at + 8;
        }
        tail += r->cap - at;
        atomic_store_explicit(&r->tail, tail, memory_order_release);
    }
}

void ring_release_spsc(struct ring *r)
{
    CHECK(r->peeked > 0);
    size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed) + r->peeked;
    r->peeked = 0;
    atomic_store_explicit(&r->tail, tail, memory_order_release);
}
