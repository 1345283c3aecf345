// SPDX-License-Identifier: Apache-2.0
// sim_inject: how things go wrong: on the links, at the venue's front, on its streams, in its tables, with
// our clock and our process. One fault at a time; inject_heal ends it.
#ifndef TT_SIM_INJECT_H
#define TT_SIM_INJECT_H

#include "sim/sim.h"

enum inject {
    INJECT_CUT,       // link class: breaks once
    INJECT_GONE,      // link class: breaks, and connects are refused
    INJECT_HALF_OPEN, // link class: nothing comes from the venue any more, and no error
    INJECT_PARTITION, // every link gone
    INJECT_DEAF,      // the venue hears nothing of us, we hear it
    INJECT_SLOW,      // link class, or SIM_CLASSES for all: latency
    INJECT_FLAP,      // both sockets break again and again
    INJECT_FRONT,     // enum front: what becomes of requests
    INJECT_STREAM,    // enum stream_fault: what becomes of messages
    INJECT_OUTAGE,    // maintenance: requests refused, sockets gone
    INJECT_CLOCK,     // seconds by which our wall clock is wrong
    INJECT_FREEZE,    // our process stands still
    INJECT_HALT,      // the first instrument is not traded
    INJECT_NOTIONAL,  // the second instrument's least order value rises above our quotes
    INJECT_FUNDING,   // funding twice as often from now on
};

// What the venue's front does with requests while a fault acts.
enum front {
    FRONT_OPEN,
    FRONT_MAINTENANCE,    // 503 with -1016
    FRONT_LIMIT,          // 429 with -1003
    FRONT_BAN,            // 418
    FRONT_ORDER_LIMIT,    // 429 with -1015, placements
    FRONT_HTML,           // 403, a page of HTML
    FRONT_UNKNOWN,        // 503 on placements, executed or not
    FRONT_CANCEL_UNKNOWN, // the same on cancels
    FRONT_TIMEOUT_CODE,   // -1007 on both
    FRONT_CUT_AFTER,      // the connection breaks before the answer, executed or not
    FRONT_LATE,           // executed, answered late
    FRONT_CLOCK,          // -1021
    FRONT_MARGIN,         // -2019
    FRONT_INVISIBLE,      // 503 on placements, executed; queries say -2013 for a while
    FRONT_NO_RENEWAL,     // the listen key cannot be kept alive
};

enum stream_fault {
    STREAM_WHOLE,
    STREAM_USER_TWICE, // reports come twice
    STREAM_USER_LATE,  // after the answers
    STREAM_USER_LOST,  // one fill report is never sent
    STREAM_GAP,        // a depth update is never sent
    STREAM_DEPTH_TWICE,
    STREAM_DEPTH_FROZEN,
};

void inject_init(void);
void inject_begin(enum inject how, int what);
void inject_act(void); // twice a second while it acts
void inject_heal(void);
// Some end by themselves: a ban, a freeze, a key that ran out, a message that was lost.
bool inject_has_end(enum inject how, int what);
bool inject_is_over(void);
uint64_t inject_touched(void);           // requests or messages that were changed
uint64_t inject_sent_while_banned(void); // invariant 30
bool inject_hides_reports(void);         // both sides cannot agree while it acts

#endif
