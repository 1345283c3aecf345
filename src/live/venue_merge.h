// SPDX-License-Identifier: Apache-2.0
// venue_merge: several depthUpdate texts of one symbol as one: of each level only the newest quantity, U of
// the first, u and T of the last, pu of the first. What the slower depth streams send. venue-api.md 5.3.2.
//
// Owner: the caller's one thread. Allocates when it grows, bounded by MERGE_LEVELS_MAX levels.
#ifndef TT_LIVE_VENUE_MERGE_H
#define TT_LIVE_VENUE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MERGE_LEVELS_MAX = 16384 };

struct depth_merge;

struct depth_merge *depth_merge_new(void); // NULL: out of memory
void depth_merge_free(struct depth_merge *m);

enum merge_result {
    MERGE_OK,
    MERGE_FLUSH_FIRST, // it does not continue what is held, or there is no room: write that out, then again
    MERGE_BAD          // not a depthUpdate
};
enum merge_result depth_merge_add(struct depth_merge *m, const char *text, size_t n);
bool depth_merge_empty(const struct depth_merge *m);
// The merged event, told at now_ms; empties the merge. Length, 0 when there is nothing. *text is valid until
// the next call.
size_t depth_merge_take(struct depth_merge *m, int64_t now_ms, const char **text);

#endif
