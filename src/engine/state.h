// SPDX-License-Identifier: Apache-2.0
// state: the trading state as the lowest of many causes. A cause is a named condition with a level; the
// engine says when it begins and when it is gone, and the state follows: down at once, up by itself only for
// causes that allow it (failure-modes.md 1). Causes are of an instrument, of a venue or of the whole program
// (scope.h); an instrument obeys the lowest of its own state, its venue's and the program's, and no other
// venue's. What is shown as the program's state is the lowest of its own and of the venues that we trade on.
//
// Owner: the engine.
#ifndef TT_ENGINE_STATE_H
#define TT_ENGINE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/event.h"
#include "engine/scope.h"
#include "engine/snapshot.h"

enum cause {
    CAUSE_START,      // QUIET  program, venue: until instruments, orders, positions and balance are known
    CAUSE_QUIT,       // QUIET  program: the run is ending
    CAUSE_USER_LINK,  // QUIET  venue: blind to fills; gone after a reconciliation
    CAUSE_ORDER_LINK, // QUIET  venue
    CAUSE_CLOCK,      // QUIET  venue: its clock over 1 s away
    CAUSE_STORE,      // QUIET  program: record ring three quarters full
    CAUSE_LAG,        // QUIET  venue: market data over 250 ms late
    CAUSE_FROZEN,     // QUIET  program: it stood still; until orders and positions are read anew (T4)
    CAUSE_BUDGET,     // QUIET  venue: its rate budget nearly used up
    CAUSE_DEADMAN,    // QUIET  venue: its countdown was not wound up twice (N10)
    CAUSE_MARGIN,     // REDUCE  venue: it refused for want of margin (V7)
    CAUSE_AUTH,       // QUIET, op  venue: signatures or clock refused twice in a row (V12)
    CAUSE_CONFIG,     // QUIET, op  venue: account settings differ
    CAUSE_UNATTENDED, // REDUCE  program: High alarms unread for 10 min (real money only)
    CAUSE_LOSS,       // REDUCE, op  program: loss limit reached
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
    struct cause_state of[CAUSE_COUNT][SCOPE_COLUMNS];
    uint8_t state[SCOPE_COLUMNS];  // enum trading_state
    uint8_t ruling[SCOPE_COLUMNS]; // enum cause that sets it; CAUSE_COUNT none
    uint8_t shown, shown_ruling;   // of the program and the venues that we trade on
    uint8_t pad[4];
};

struct engine;

// The condition holds or not.
void cause_set(struct engine *e, enum cause c, uint16_t scope, bool on);
// It happened: on and off at once, for causes that act on for a while.
void cause_pulse(struct engine *e, enum cause c, uint16_t scope);
bool cause_acts(const struct engine *e, enum cause c, uint16_t scope);
// The operator (or a proof) ends a cause that does not end by itself.
void cause_end(struct engine *e, enum cause c, uint16_t scope);
// Recompute all states and hand them to risk.
void state_update(struct engine *e);
// Of the instrument, its venue's and the program's included; of the venue alone; INSTRUMENT_NONE: what is
// shown as the program's.
enum trading_state state_of(const struct engine *e, uint16_t scope);
// Why below RUN, one line; "" at RUN.
const char *state_reason(const struct engine *e, uint16_t scope);
const char *trading_state_name(enum trading_state s);

#endif
