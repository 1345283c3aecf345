// SPDX-License-Identifier: Apache-2.0
// venue_verdict: what the turned-on faults do to one request: served as ever, served and answered otherwise,
// not served at all; and when the answer leaves. Pure: no I/O, no clock. Owner: the venue's thread.
#ifndef TT_LIVE_VENUE_VERDICT_H
#define TT_LIVE_VENUE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "live/venue_fault.h"
#include "live/venue_http.h"

struct venue_verdict {
    bool serve;            // the venue executes it
    bool replace;          // the answer is the one below, not the venue's own
    bool silent;           // no answer: the connection is closed
    int status;            // of the replacing answer
    int32_t retry_after_s; // -1 absent
    int64_t hold_ns;       // the answer leaves so much later
    bool html;             // of the replacing answer, else JSON
    char body[256];
};

// wallet: the request is of a path signed with EIP-712 (its clock error is -4225, else -1021). now_ns: the
// venue's wall clock.
void venue_verdict_find(struct venue_verdict *v, struct venue_faults *f, const struct venue_request *r,
                        bool wallet, int64_t now_ns);

#endif
