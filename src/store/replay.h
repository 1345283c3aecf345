// SPDX-License-Identifier: Apache-2.0
// replay: a tape through an engine of its own, step by step: the flight recorder's player. A session tape
// brings its configuration and every event, so the engine repeats every action; a market tape is watched
// only: instruments come from its header, nothing is quoted.
//
// Owner: one thread. Allocates when opened, never while stepping.
#ifndef TT_STORE_REPLAY_H
#define TT_STORE_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/snapshot.h"
#include "store/tape.h"

enum replay_result {
    REPLAY_STEPPED, // one event went through the engine
    REPLAY_GAP, // events are missing before the next one: replay_missing(); stepping on is possible, but from
                // here on the engine does not know what it knew then
    REPLAY_END,
    REPLAY_FAILED, // damage, or an order of events that no engine wrote: *e says where
};

struct replay;

struct replay *replay_open(const char *path, struct error *e);
void replay_close(struct replay *r); // NULL-safe

enum replay_result replay_step(struct replay *r, struct error *e);
// Back to before the first event, with a fresh engine.
bool replay_rewind(struct replay *r, struct error *e);

const struct tape_reader *replay_tape(const struct replay *r);
const struct engine *replay_engine(const struct replay *r);
const struct actions *replay_actions(const struct replay *r); // of the last step
// The last event stepped; NULL before the first.
const struct event *replay_event(const struct replay *r);
// Monotonic time of the next event; INT64_MAX at the end or where the tape is damaged.
int64_t replay_next_mono_ns(struct replay *r);
uint64_t replay_events(const struct replay *r); // stepped since the start
uint64_t replay_action_count(const struct replay *r);
uint64_t replay_missing(const struct replay *r); // events lost so far, by gaps

// Fill a snapshot: the engine's part, and what a player knows of the shell (mode, times, links, paths).
void replay_snapshot(const struct replay *r, struct snapshot *s);

// -- proof

struct replay_proof {
    bool same;                   // every checkpoint that could be reached agrees, and there was one
    uint64_t verified_seq;       // last checkpoint that agrees; 0 none
    uint64_t checkpoints;        // compared
    uint64_t differs_seq;        // first checkpoint that does not; 0 none
    uint64_t hash, hash_on_tape; // at differs_seq, else at verified_seq
    uint64_t events, actions;
    uint64_t gap;   // events missing on the tape; nothing behind the first gap is compared
    bool truncated; // the tape has no end: crashed, or being written
};

// Step the whole tape and compare the action hash at each checkpoint. False: *e (damage, no session tape);
// the proof holds what was compared before.
bool replay_verify(const char *path, struct replay_proof *proof, struct error *e);

#endif
