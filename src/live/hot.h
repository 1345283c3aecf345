// SPDX-License-Identifier: Apache-2.0
// hot: the one hot thread. It owns the engine and, per venue, the market and user links, the order
// connection and the session (hot_venue.h): from the socket's bytes to the order's bytes there is no hop, no
// lock and no system call but the I/O itself. It assigns the one order of events of all venues, writes every
// event, action and posting to the record ring, and publishes the snapshot when asked.
#ifndef TT_LIVE_HOT_H
#define TT_LIVE_HOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ring.h"
#include "engine/engine.h"
#include "engine/snapshot.h"
#include "live/hot_venue.h"
#include "live/kill_line.h"
#include "live/publish.h"
#include "live/shared.h"

struct hot_setup {
    struct engine_config engine;
    enum run_mode mode;
    uint64_t seed, config_hash;
    uint32_t epoch;     // of client order ids; durable before hot_start
    int64_t day_pnl_e8; // of this UTC day so far, from earlier runs
    bool spin;
    struct hot_venue_setup venue[VENUE_COUNT]; // by enum venue_id; host NULL: not of this run
    struct publish *publish;
    struct kill_line *line;
    struct ring *records;       // to the store thread; NULL: nothing is recorded
    struct live_shared *shared; // status words of the other threads
    struct snap_shell shell;    // texts for the screen
    int64_t lap_ns,
        lap_mono_ns; // a recorded market starts over each lap_ns, first at lap_mono_ns; 0: it does not
};

struct hot;

// Build everything and start the thread. All pointers must outlive hot_join.
struct hot *hot_start(const struct hot_setup *s, struct error *e);
// The engine said that it is done, or the loop broke.
bool hot_finished(const struct hot *h);
// Ask the thread to end without waiting for the engine (the last resort after VERB_QUIT).
void hot_stop(struct hot *h);
// Wait for the thread; *last gets the final snapshot. Returns the exit code the engine gave (EXIT_UNVERIFIED
// when it was stopped before). Frees everything.
int hot_join(struct hot *h, struct snapshot *last);

#endif
