// SPDX-License-Identifier: Apache-2.0
// publish: the snapshot's triple buffer: one writer (hot or replay thread), one reader (console), one atomic
// index. The writer never waits and the reader always gets the newest whole snapshot.
#ifndef TT_LIVE_PUBLISH_H
#define TT_LIVE_PUBLISH_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "engine/snapshot.h"

struct publish {
    struct snapshot slot[3];
    alignas(64) _Atomic unsigned middle; // index of the slot between the two sides, | 4 when it is new
    alignas(64) unsigned back;           // writer only
    alignas(64) unsigned front;          // reader only
    alignas(64) _Atomic bool wanted;     // reader asks, writer fills at the end of its step
};

void publish_init(struct publish *p);
// Writer: the slot to fill, then publish_commit.
struct snapshot *publish_back(struct publish *p);
void publish_commit(struct publish *p);
// Reader: newest whole snapshot (the one before when nothing new came); valid until the next call.
const struct snapshot *publish_read(struct publish *p, bool *is_new);
// Reader: ask for a fresh one. Writer: take the wish.
void publish_ask(struct publish *p);
bool publish_take_wish(struct publish *p);

#endif
