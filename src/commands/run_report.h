// SPDX-License-Identifier: Apache-2.0
// run_report: what `ticktower run --headless` prints at its end, from the last snapshot.
#ifndef TT_COMMANDS_RUN_REPORT_H
#define TT_COMMANDS_RUN_REPORT_H

#include <stdio.h>

#include "engine/snapshot.h"

struct run_totals {
    double seconds;
    uint64_t handshakes; // TLS handshakes of the order connection
    long rss_kib;
    int exit_code;
    bool stored; // tape and database are complete
};

void run_report_json(FILE *to, const struct snapshot *s, const struct run_totals *t);
void run_report_text(FILE *to, const struct snapshot *s, const struct run_totals *t);
// Name of a station as in JSON and the database: "tick_to_order".
const char *station_name(enum station st);

#endif
