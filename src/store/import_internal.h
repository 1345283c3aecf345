// SPDX-License-Identifier: Apache-2.0
// import_internal: what the two passes of the importer share. Private to src/store/import_*.c.
#ifndef TT_STORE_IMPORT_INTERNAL_H
#define TT_STORE_IMPORT_INTERNAL_H

#include "engine/venue/scan.h"
#include "store/import_binance.h"
#include "store/line_reader.h"

// One recorded file while it is read.
struct import_source {
    const struct import_options *options;
    struct import_file_report *report;
    const char *path;
    struct line_reader *reader;
    int64_t receive_ns;  // of the line in hand, as recorded
    struct scan_msg msg; // of the line in hand
};

enum import_next { IMPORT_MESSAGE, IMPORT_END, IMPORT_ERROR };

// Open / read the next well-formed line; bad ones are counted in report->bad and told when `tell`. Too many:
// IMPORT_ERROR.
bool import_source_open(struct import_source *s, const struct import_options *o, size_t index,
                        struct import_file_report *report, struct error *e);
enum import_next import_source_next(struct import_source *s, bool tell, struct error *e);
// The line in hand is bad after all (off the grid).
enum import_next import_source_reject(struct import_source *s, bool tell, const char *why, struct error *e);
void import_source_close(struct import_source *s);

// First pass: fills report->file[] (instrument, delays) and report->clock_offset_ns.
bool import_survey(const struct import_options *o, struct import_report *report, struct error *e);

// The known grid and filters of a symbol, when it is a known one and all values seen (their greatest common
// divisors) lie on it.
bool import_known(const char *symbol, int kind, int64_t tick_e8, int64_t lot_e8, struct instrument *ins);

#endif
