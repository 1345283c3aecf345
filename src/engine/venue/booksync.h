// SPDX-License-Identifier: Apache-2.0
// booksync: joins a depth snapshot to the diff stream (venue-api.md 5.4): buffers diffs until the snapshot is
// there, checks U / u / pu, finds gaps, duplicates and stale snapshots. It holds no book: it says which
// events to forward.
#ifndef TT_ENGINE_VENUE_BOOKSYNC_H
#define TT_ENGINE_VENUE_BOOKSYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sync_state { SYNC_IDLE, SYNC_BUFFERING, SYNC_LIVE };
enum sync_verdict {
    SYNC_APPLY,  // forward this diff
    SYNC_BUFFER, // keep it (the caller stores the bytes) until a snapshot comes
    SYNC_DROP,   // old or duplicate
    SYNC_GAP,    // chain broken: book invalid; this diff is the first of a new buffer
};

enum { ONE_FEED, TWO_FEEDS, TWO_FEEDS_ENDING };

struct booksync {
    uint8_t state;       // enum sync_state
    uint8_t spot;        // spot rules: U == previous u + 1, no pu
    uint8_t first_after; // next applied diff is the first after the snapshot
    uint8_t two_feeds; // two connections tell the same chain: what overlaps is applied, since quantities are
                       // absolute; TWO_FEEDS_ENDING until a diff follows exactly again
    uint64_t last_id;  // u of the last diff applied, or lastUpdateId of the snapshot
    uint64_t gaps, duplicates;
};

void booksync_init(struct booksync *s, bool spot);
void booksync_reset(struct booksync *s); // link lost or resync wanted: BUFFERING
// Is this diff of a second connection one that continues (or repeats) what we have? While not, ignore it: the
// first connection may be behind.
bool booksync_continues(const struct booksync *s, uint64_t first_id, uint64_t prev_id);
enum sync_verdict booksync_on_diff(struct booksync *s, uint64_t first_id, uint64_t last_id, uint64_t prev_id);
// A snapshot came; oldest_first_id / oldest_prev_id are of the oldest buffered diff with u >= last_id (0 when
// none). True: use it (state LIVE; then offer the buffered diffs to booksync_on_diff in order). False: older
// than the buffer.
bool booksync_on_snapshot(struct booksync *s, uint64_t last_id, uint64_t oldest_first_id,
                          uint64_t oldest_prev_id);

#endif
