// SPDX-License-Identifier: Apache-2.0
// snapgen: snapshots for tests of the screen: a seeded market of two instruments that moves like one (levels
// change, trades print, quotes rest with a queue ahead), with positions, limits, alarms and latencies of
// plausible size.
#ifndef TT_TESTS_E2E_SNAPGEN_H
#define TT_TESTS_E2E_SNAPGEN_H

#include "base/rng.h"
#include "engine/snapshot.h"

struct snapgen {
    struct rng rng;
    struct snapshot s;
    int64_t mid_ticks[2];
};

void snapgen_init(struct snapgen *g, uint64_t seed, enum run_mode mode);
// The same ETHUSDT at two more venues: spot and Binance, watched only.
void snapgen_venues(struct snapgen *g);
// Advance by dt_ns: `levels` level changes and `trades` trades on each instrument; zeros: a paused market
// whose clock runs.
void snapgen_step(struct snapgen *g, int64_t dt_ns, int levels, int trades);
// Change everything that can change: positions, alarms, kill phase, link states, book states, echoes.
void snapgen_shake(struct snapgen *g);

#endif
