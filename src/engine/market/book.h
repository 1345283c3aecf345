// SPDX-License-Identifier: Apache-2.0
// book: one instrument's order book as a tick ladder in pages of 64 ticks: a directory of 65,536 pages around
// the touch, a three-level 64-ary bitmap to find the next used page, and a small sorted overflow for levels
// that have no page. The directory is re-based when the touch leaves its middle half (1,048,576 ticks from
// its centre).
//
// Owner: the engine's (or the exchange's) thread. Fixed size (below 2 MiB), no pointers, no allocation.
// Quantities are absolute. Cost on a 2-core machine (make bench): about 12 ns for an update with both touches
// read.
#ifndef TT_ENGINE_MARKET_BOOK_H
#define TT_ENGINE_MARKET_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/event.h"

struct book; // opaque: defined in book.c; size by book_size()

size_t book_size(void);
struct book *book_init(void *mem);

// Forget everything.
void book_clear(struct book *b);
// Clear, then load (EV_BOOK_SNAPSHOT). Levels may come in any order; zero quantities are ignored.
void book_load(struct book *b, const struct ev_book *s);
// Apply one diff (EV_BOOK_DIFF): absolute quantities, zero removes, removing an absent level is normal.
void book_apply(struct book *b, const struct ev_book *d);
// Set one level of one side to an absolute quantity (0 removes). ticks >= 0, lots >= 0.
void book_set(struct book *b, enum side side, int64_t ticks, int64_t lots);

// Best level; false when the side is empty (*out is then not written). side: SIDE_BUY = bids.
bool book_best(const struct book *b, enum side side, struct level *out);
// Both best levels; false when a side is empty (their levels are then meaningless).
bool book_touch(const struct book *b, struct level *bid, struct level *ask);
// Quantity displayed at a price; 0 when none.
int64_t book_qty(const struct book *b, enum side side, int64_t ticks);
// Copy up to n best levels, best first; returns how many.
size_t book_top(const struct book *b, enum side side, struct level *out, size_t n);
// Lots of all levels at limit_ticks or better; O(pages of 64 ticks in between).
int64_t book_depth_lots(const struct book *b, enum side side, int64_t limit_ticks);
// Number of levels on a side.
size_t book_count(const struct book *b, enum side side);
// Levels given up since book_init because a side had no room (1,536 pages + 4,096 levels); always the
// farthest ones.
uint64_t book_dropped(const struct book *b);
// True when both sides exist and best bid < best ask.
bool book_is_sane(const struct book *b);
// u of the last event applied.
uint64_t book_last_id(const struct book *b);

#endif
