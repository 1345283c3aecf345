// SPDX-License-Identifier: Apache-2.0
// path: the recent path of one price, to ask "what was it h ago?" for three spans h at once. Slots of a time
// grid hold the last price of their slot, so the ring cannot overflow; each span has an index that only moves
// forward.
//
// The answer at `now` is the last price of a slot at or before slot(now) - h. Owner: struct features; the
// ring is the caller's array, a power of two above the largest span in slots.
#ifndef TT_ENGINE_SIGNAL_PATH_H
#define TT_ENGINE_SIGNAL_PATH_H

#include <stdint.h>

enum { PATH_SPANS = 3 };

struct path_entry {
    int64_t slot;
    double value;
};

struct path {
    int64_t grid_ns;
    int64_t span[PATH_SPANS]; // slots, ascending
    uint32_t mask;
    uint32_t head;               // entries written since path_clear
    uint32_t passed[PATH_SPANS]; // entries whose slot is at or before slot(now) - span
    uint32_t pad;
};

void path_init(struct path *p, uint32_t entries, int64_t grid_ns, const int64_t span_ns[PATH_SPANS]);
// Forget the past: the next price does not follow from it.
void path_clear(struct path *p);
void path_push(struct path *p, struct path_entry *ring, int64_t now_ns, double value);
// Price `span` ago as of now, NaN before the history. Time never goes back.
double path_before(struct path *p, const struct path_entry *ring, int64_t now_ns, int span);

#endif
