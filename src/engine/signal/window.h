// SPDX-License-Identifier: Apache-2.0
// window: sums of a few integers over the last w, for two widths at once. Time is cut into slots of a grid;
// events of one slot share an entry, so the ring can never overflow, however many events come. The window at
// `now` holds the slots after slot(now) - width. Integers: what leaves is exactly what came in, so there is
// no drift.
//
// Owner: struct features. The ring's entries are the caller's array, a power of two above the larger width in
// slots.
#ifndef TT_ENGINE_SIGNAL_WINDOW_H
#define TT_ENGINE_SIGNAL_WINDOW_H

#include <stdint.h>

enum { WINDOW_VALUES = 6, WINDOW_WIDTHS = 2 };

struct window_entry {
    int64_t slot;
    int64_t v[WINDOW_VALUES];
};

struct window {
    int64_t grid_ns;
    int64_t width[WINDOW_WIDTHS]; // slots
    uint32_t mask;                // entries - 1
    uint32_t head;                // entries ever written
    uint32_t tail[WINDOW_WIDTHS]; // first entry inside
    int64_t sum[WINDOW_WIDTHS][WINDOW_VALUES];
};

void window_init(struct window *w, uint32_t entries, int64_t grid_ns, int64_t width0_ns, int64_t width1_ns);
// Drop what has left by `now` (time never goes back).
void window_advance(struct window *w, const struct window_entry *ring, int64_t now_ns);
// Add x to value `which` at `now`.
void window_add(struct window *w, struct window_entry *ring, int64_t now_ns, int which, int64_t x);

#endif
