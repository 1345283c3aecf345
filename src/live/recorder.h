// SPDX-License-Identifier: Apache-2.0
// recorder: writes a market tape from venues' public streams: the sessions of a trading run without engine,
// account and key. What the session makes of the bytes goes to the tape as it is: snapshots and diffs whose
// chain was checked, trades, best prices, mark prices, each with the time of receipt.
//
// Owner: the thread that calls recorder_run. Slow requests run on the clerk threads.
#ifndef TT_LIVE_RECORDER_H
#define TT_LIVE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"

struct recorder_setup {
    const struct config *config; // instruments (quote and watch), hosts
    const char *path;            // must not exist
    int64_t run_ns;              // 0: until stop_fd is readable
    int64_t start_limit_ns;      // all instruments must be known by then
    int stop_fd;
};

struct recorder_report {
    uint64_t events[VENUE_COUNT]; // written
    uint64_t breaks;              // times a book had to be read anew
    uint64_t bytes;               // of the tape
    int64_t first_wall_ns, last_wall_ns;
};

// False with *e: a host or certificate in the configuration is wrong, the venue did not tell its instruments
// in time, or the tape cannot be written (what was written before is whole).
bool recorder_run(const struct recorder_setup *s, struct recorder_report *r, struct error *e);

#endif
