// SPDX-License-Identifier: Apache-2.0
// engine: the one function. Same events in, same actions out, byte for byte.
//
// The engine reads no clock, opens no socket, allocates nothing, takes no lock, reads no atomic, calls no
// libm beyond sqrt. All its state lives in one caller-given block without absolute pointers, so it can be
// copied (checkpoint). Owner: one thread (hot, replay or backtest); nobody else may touch it.
#ifndef TT_ENGINE_ENGINE_H
#define TT_ENGINE_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/config.h"
#include "engine/event.h"

struct engine;
struct snapshot;

// Bytes that engine_init needs (64-byte aligned).
size_t engine_size(void);
struct engine *engine_init(void *mem, size_t bytes, const struct engine_config *config);

// One step. Fills out->a[0..count); at most ACTIONS_MAX (more is a broken invariant). Events must come with
// seq + 1 and mono_ns that never goes back.
void engine_step(struct engine *e, const struct event *ev, struct actions *out);

// Monotonic time at which the engine wants an EV_TIMER, INT64_MAX when none. The shell injects one event per
// deadline.
int64_t engine_next_deadline(const struct engine *e);

// Fill the engine's part of the snapshot (everything outside `shell`).
void engine_snapshot(const struct engine *e, struct snapshot *s);

// Running hash over all actions so far (HASH64_START before the first).
uint64_t engine_action_hash(const struct engine *e);

// Sum over all ledger accounts of a currency; zero after every event, by construction and by test.
int64_t engine_ledger_sum_e8(const struct engine *e, enum currency c);

// Ledger movements of the last step, for the store: pairs of postings. Valid until the next step.
struct posting;
const struct posting *engine_postings(const struct engine *e, size_t *count);

#endif
