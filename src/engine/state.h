// SPDX-License-Identifier: Apache-2.0
// state: the trading state as the lowest of many causes. A cause is a named condition with a level; the
// engine says when it begins and when it is gone, and the state follows: down at once, up by itself only for
// causes that allow it (failure-modes.md 1). The state of the program and that of an instrument are computed
// alike; the lower one rules.
//
// Owner: the engine.
#ifndef TT_ENGINE_STATE_H
#define TT_ENGINE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/event.h"
#include "engine/snapshot.h"

enum cause {
    // of the whole program
    CAUSE_START,      // QUIET  until instruments, orders, positions and balance are known
    CAUSE_QUIT,       // QUIET  the run is ending
    CAUSE_USER_LINK,  // QUIET  blind to fills; gone after a reconciliation
    CAUSE_ORDER_LINK, // QUIET
    CAUSE_CLOCK,      // QUIET  venue clock over 1 s away
    CAUSE_STORE,      // QUIET  record ring three quarters full
    CAUSE_LAG,        // QUIET  market data over 250 ms late
    CAUSE_FROZEN,     // QUIET  the process stood still; until orders and positions are read anew (T4)
    CAUSE_BUDGET,     // QUIET  venue's rate budget nearly used up
    CAUSE_DEADMAN,    // QUIET  the venue's countdown was not wound up twice (N10)
    CAUSE_MARGIN,     // REDUCE  the venue refused for want of margin (V7)
    CAUSE_AUTH,       // QUIET, op  signatures or clock refused twice in a row (V12)
    CAUSE_CONFIG,     // QUIET, op  account settings differ
    CAUSE_UNATTENDED, // REDUCE  High alarms unread for 10 min (real money only)
    CAUSE_LOSS,       // REDUCE, op  loss limit reached
    // of an instrument
    CAUSE_BOOK,        // QUIET  no live, fresh, sane book
    CAUSE_MARK,        // REDUCE  mark unknown, old, or over 1 % from index
    CAUSE_POSITION,    // REDUCE, op  the venue's position is not ours
    CAUSE_CANCEL_FAIL, // QUIET  cancels keep failing; gone when no order is left
    CAUSE_COUNT
};

struct cause_state {
    int64_t since_ns;
    int64_t gone_ns; // condition gone since; acts until the hold is over
    uint8_t on;      // condition holds
    uint8_t acts;    // the state still obeys it
    uint8_t pad[6];
};

struct causes {
    struct cause_state of[CAUSE_COUNT][INSTRUMENT_MAX + 1]; // last column: the program
    uint8_t state[INSTRUMENT_MAX + 1];                      // enum trading_state
    uint8_t ruling[INSTRUMENT_MAX + 1];                     // enum cause that sets it; CAUSE_COUNT none
    uint8_t pad[6];
};

struct engine;

// The condition holds or not. instrument: INSTRUMENT_NONE for the program.
void cause_set(struct engine *e, enum cause c, uint16_t instrument, bool on);
// It happened: on and off at once, for causes that act on for a while.
void cause_pulse(struct engine *e, enum cause c, uint16_t instrument);
bool cause_acts(const struct engine *e, enum cause c, uint16_t instrument);
// The operator (or a proof) ends a cause that does not end by itself.
void cause_end(struct engine *e, enum cause c, uint16_t instrument);
// Recompute all states and hand them to risk.
void state_update(struct engine *e);
// Of the instrument, the program's included; INSTRUMENT_NONE: the program's.
enum trading_state state_of(const struct engine *e, uint16_t instrument);
// Why below RUN, one line; "" at RUN.
const char *state_reason(const struct engine *e, uint16_t instrument);
const char *trading_state_name(enum trading_state s);

#endif
