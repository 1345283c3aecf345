// SPDX-License-Identifier: Apache-2.0
// ring: bounded single-producer/single-consumer queue of variable-size records, on C11 atomics.
//
// Records are 8-byte aligned, contiguous in memory (a record never wraps), written in place: reserve, fill,
// commit; peek, use, release. A full ring is the producer's to handle: reserve returns NULL and nothing is
// lost silently. Head and tail stand on cache lines of their own. `high_water` is the producer's: most bytes
// ever in use.
#ifndef TT_BASE_RING_H
#define TT_BASE_RING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
    // -- immutable after ring_init
    uint8_t *data;
    size_t cap; // power of two
    // -- producer only
    alignas(64) _Atomic size_t head; // bytes ever written
    size_t tail_seen;
    size_t reserved; // bytes of the open reservation, padding included
    size_t high_water;
    // -- consumer only
    alignas(64) _Atomic size_t tail; // bytes ever consumed
    size_t head_seen;
    size_t peeked; // bytes of the record last peeked, padding included
};

// cap: bytes, a power of two >= 4096. Allocates once; false when memory is refused.
bool ring_init_spsc(struct ring *r, size_t cap);
void ring_free(struct ring *r);

// Producer: room for n bytes (n <= cap / 4), or NULL when full. One reservation at a time.
void *ring_reserve_spsc(struct ring *r, size_t n);
// Producer: publish the reservation (release order: the consumer sees the record's bytes whole).
void ring_commit_spsc(struct ring *r);
// Producer: copy and publish; false when full.
bool ring_push_spsc(struct ring *r, const void *p, size_t n);
// Producer: percent of the ring in use, 0..100.
int ring_used_pct_spsc(struct ring *r);

// Consumer: the oldest record and its size, or NULL when empty. Stays valid until ring_release_spsc.
const void *ring_peek_spsc(struct ring *r, size_t *n);
void ring_release_spsc(struct ring *r);

#endif
