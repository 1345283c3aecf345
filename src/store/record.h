// SPDX-License-Identifier: Apache-2.0
// record: what travels on the record ring from the hot thread to the store thread, in the order of events. A
// record is a 16-byte head and a payload; records lie contiguous in the ring (base/ring.h), 8-byte aligned.
//
// Producer: the hot thread, after each step: the event (tape and database), then the step's actions and
// postings, and about once a second a snapshot and a checkpoint. When the ring is full the producer counts
// what it could not write and sends one REC_GAP as soon as there is room: nothing is lost silently. Consumer:
// the store thread.
//
// A snapshot is large (some 150 KiB): give the ring at least 4 MiB; a record is at most a quarter of it.
#ifndef TT_STORE_RECORD_H
#define TT_STORE_RECORD_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/ring.h"
#include "engine/event.h"
#include "engine/order/ledger.h"
#include "engine/snapshot.h"

enum { RECORD_STREAM_MIN = 1024 }; // bytes from which a copy goes past the cache

enum record_type {
    REC_EVENT,    // struct event, its `size` bytes: to the tape; orders, account, operator and alarms to the
                  // database
    REC_ACTION,   // struct action
    REC_POSTING,  // struct posting
    REC_SNAPSHOT, // struct snapshot: features, positions, latency; sampled
    REC_HASH,     // struct record_hash: checkpoint for replay --verify
    REC_GAP,      // struct record_gap: these events did not fit the ring
    REC_EXPORT,   // struct record_export: make a copy of the session database now
    REC_STOP,     // no payload: nothing follows; close tape and database
    REC_TYPE_COUNT
};

struct record {
    uint32_t type;   // enum record_type
    uint32_t bytes;  // payload
    int64_t wall_ns; // when it was handed over
    // payload follows
};

struct record_hash {
    uint64_t seq; // after this event
    uint64_t action_hash;
};

struct record_gap {
    uint64_t seq_from, seq_to;
};

struct record_export {
    char path[256]; // "" : the store chooses <session id>-<UTC time>.db in the session folder
};

_Static_assert(sizeof(struct record) % 8 == 0, "payload stays aligned");

static inline const void *record_payload(const struct record *r)
{
    return r + 1;
}

// Producer: room for a record with this payload, or NULL when the ring is full; fill the payload at
// record_payload, then ring_commit_spsc.
static inline void *record_reserve(struct ring *ring, enum record_type type, size_t bytes, int64_t wall_ns)
{
    struct record *r = ring_reserve_spsc(ring, sizeof *r + bytes);
    if (!r) {
        return NULL;
    }
    *r = (struct record){.type = (uint32_t)type, .bytes = (uint32_t)bytes, .wall_ns = wall_ns};
    return r + 1;
}

// Copy past the cache (8-byte aligned, as ring records are): the reader is another core, and the producer's
// own cache has better use than yesterday's events.
static inline void record_stream(void *to, const void *from, size_t n)
{
    long long *t = to;
    const char *f = from;
    for (; n >= 8; n -= 8, f += 8, t++) {
        long long word;
        memcpy(&word, f, 8);
        _mm_stream_si64(t, word);
    }
    memcpy(t, f, n);
    _mm_sfence(); // before the commit makes the record visible
}

// Producer: copy and commit; false when the ring is full.
static inline bool record_put(struct ring *ring, enum record_type type, const void *payload, size_t bytes,
                              int64_t wall_ns)
{
    void *to = record_reserve(ring, type, bytes, wall_ns);
    if (!to) {
        return false;
    }
    if (bytes >= RECORD_STREAM_MIN) {
        record_stream(to, payload, bytes);
    } else if (bytes) {
        memcpy(to, payload, bytes);
    }
    ring_commit_spsc(ring);
    return true;
}

static inline bool record_put_event(struct ring *ring, const struct event *ev)
{
    return record_put(ring, REC_EVENT, ev, ev->size, ev->wall_ns);
}

// Consumer: the oldest record, whole and of a plausible size, or NULL when the ring is empty; then
// ring_release_spsc.
static inline const struct record *record_peek(struct ring *ring)
{
    size_t n = 0;
    const struct record *r = ring_peek_spsc(ring, &n);
    if (r) {
        CHECK(n >= sizeof *r && r->type < REC_TYPE_COUNT && r->bytes <= n - sizeof *r);
    }
    return r;
}

#endif
