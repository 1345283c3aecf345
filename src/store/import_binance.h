// SPDX-License-Identifier: Apache-2.0
// import_binance: raw recorded Binance stream lines (receive stamp, blank, JSON as received; a REST depth
// snapshot bare) to a market tape. Two passes: the survey learns each file's symbol, kind, grid and clock;
// the merge writes events in the order of corrected receive time.
//
// The receive clock's offset: receive - E is feed delay plus offset; the smallest such difference over all
// files is taken as the offset, ONE for all files (of one day), so that differences between feeds keep their
// meaning and no event is received before it was sent. Tapes that are to be played together are imported with
// each other's files as clock files: then one offset holds for all of them. What remains is the delay above
// the (unknown) smallest delay.
#ifndef TT_STORE_IMPORT_BINANCE_H
#define TT_STORE_IMPORT_BINANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/market/instrument.h"

enum import_kind {
    IMPORT_AUTO = -1,
    IMPORT_LINEAR = INSTRUMENT_LINEAR,
    IMPORT_SPOT = INSTRUMENT_SPOT,
    IMPORT_INVERSE = INSTRUMENT_INVERSE
};

struct import_options {
    size_t files; // 1..INSTRUMENT_MAX: one instrument a file
    const char *path[INSTRUMENT_MAX];
    int kind[INSTRUMENT_MAX];                  // enum import_kind
    size_t clock_files;                        // further files of the recording, read for the clock alone,
    const char *clock_path[INSTRUMENT_MAX];    // so that several tapes of one recording share an offset
    const char *origin;                        // for the tape's header; NULL: the file names
    bool spot_all;                             // spot: depth and trades too, not only the touch
    int level;                                 // zstd, 1..19
    uint64_t bad_lines_max;                    // stop when there are more
    void (*warn)(void *ctx, const char *line); // "FILE:LINE: reason"; may be NULL
    void *ctx;
};

struct import_file_report {
    struct instrument instrument;
    bool grid_known; // from the table of known symbols, else detected from the data
    bool cut;        // packed file ends in the middle
    uint64_t lines, bad;
    uint64_t snapshots, diffs, trades, touches, marks; // written
    uint64_t not_market;                               // trades with X other than MARKET: dropped
    uint64_t early;                        // before the tape begins (no book snapshot yet): dropped
    uint64_t old_diffs;                    // diffs that the snapshot already contains, duplicates: dropped
    uint64_t unsynced_diffs;               // diffs that no snapshot joins (after a gap): dropped
    uint64_t left_out;                     // spot depth and trades that were not asked for
    uint64_t gaps, crossed;                // holes in the chain; updates after which bid >= ask
    int64_t delay_min_ns, delay_median_ns; // receive - E as recorded
};

struct import_report {
    size_t files;
    struct import_file_report file[INSTRUMENT_MAX];
    int64_t clock_offset_ns;             // removed: corrected = receive - offset
    int64_t first_wall_ns, last_wall_ns; // corrected
    uint64_t events, bytes;
    uint64_t bad;
};

// Import to the tape `out` (must not exist; removed again on failure). False: *e says file, line and reason.
bool import_binance(const struct import_options *o, const char *out, struct import_report *report,
                    struct error *e);

#endif
