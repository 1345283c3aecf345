// SPDX-License-Identifier: Apache-2.0
// venue_fault: how a site of the embedded venue misbehaves on purpose: answers 503 after executing, holds
// answers or reports back, tells things twice or not at all, refuses, bans, goes silent (the V and O rows of
// the catalogue of failures). Each kind has a rate, an amount and a number of times; a seeded generator
// draws, so that a run can be repeated.
//
// Words here, deeds in venue_server.c and venue_rest. No I/O. Owner: the venue's thread.
#ifndef TT_LIVE_VENUE_FAULT_H
#define TT_LIVE_VENUE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/rng.h"

enum venue_fault {
    VF_PLACE_503,     // new orders: executed, then answered 503
    VF_PLACE_LOST,    // answered 503 and not executed
    VF_PLACE_SILENT,  // executed, then the connection is closed without an answer
    VF_PLACE_REJECT,  // refused with code `amount`
    VF_CANCEL_503,    // cancels: executed, then answered 503
    VF_CANCEL_LOST,   // answered 503 and not executed
    VF_CANCEL_REJECT, // refused with code `amount`
    VF_READ_503,      // signed reads
    VF_HTML,          // signed requests: a page of HTML instead of JSON, HTTP 500, not executed
    VF_ANSWER_DELAY,  // order answers come `amount` ns later: the user stream is first
    VF_REPORT_DELAY,  // user-stream messages come `amount` ns later; later ones overtake them
    VF_REPORT_TWICE,  // user-stream messages come twice
    VF_REPORT_DROP,   // user-stream messages are lost
    VF_INVISIBLE,     // queries do not find orders younger than `amount` ns (each order is drawn for once)
    VF_CLOCK,         // signed requests: refused for their nonce or timestamp
    VF_SIGNATURE,     // signed requests: -1022
    VF_LIMIT,         // requests: 429 with Retry-After `amount` ns
    VF_BAN,           // one strike: 418 for everything for `amount` ns
    VF_MAINTENANCE,   // all requests: 503 and -1016
    VF_MARKET_SILENT, // market messages are lost
    VF_DEPTH_GAP,     // depth messages alone are lost
    VF_COUNT
};

struct venue_fault_knob {
    int32_t rate_ppm; // 0: off
    int32_t left;     // strikes left; -1: no end
    int64_t amount;   // nanoseconds or a negative code, by kind
    uint64_t strikes; // so far
};

struct venue_faults {
    struct rng rng;
    int64_t banned_until_ns; // the venue's wall clock
    struct venue_fault_knob knob[VF_COUNT];
};

void venue_faults_init(struct venue_faults *f, uint64_t seed);

// Does it strike now? Draws, and takes one of the strikes left. *amount may be NULL.
bool venue_fault_strikes(struct venue_faults *f, enum venue_fault kind, int64_t *amount);
// Some knob of those that concern this kind of thing is turned on: a cheap question for hot places.
static inline bool venue_fault_is_on(const struct venue_faults *f, enum venue_fault kind)
{
    return f->knob[kind].rate_ppm > 0 && f->knob[kind].left != 0;
}

// One knob by words: `NAME RATE [AMOUNT] [xN]`, e.g. "place-503 20 %", "report-delay 100% 250ms x3",
// "place-reject 10% -2019"; `NAME off`; `off` alone turns all off. False with *e.
bool venue_fault_set(struct venue_faults *f, const char *words, struct error *e);
// All knobs that are on or have struck, as one JSON object; returns the length (cap 4096 suffices).
size_t venue_faults_json(const struct venue_faults *f, char *buf, size_t cap);
// Names with one line each, for --help.
const char *venue_fault_help(void);

#endif
