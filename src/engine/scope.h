// SPDX-License-Identifier: Apache-2.0
// scope: what a cause of the trading state or an alarm is about: one instrument, one venue, or the whole
// program. A number, so that it travels where an instrument's id does: below INSTRUMENT_MAX that instrument,
// SCOPE_VENUE + v that venue, INSTRUMENT_NONE the program.
#ifndef TT_ENGINE_SCOPE_H
#define TT_ENGINE_SCOPE_H

#include <stdint.h>

#include "base/check.h"
#include "engine/market/instrument.h"

enum { SCOPE_VENUE = 0x100, SCOPE_PROGRAM = INSTRUMENT_MAX + VENUE_MAX, SCOPE_COLUMNS = SCOPE_PROGRAM + 1 };

static inline uint16_t scope_of_venue(uint8_t venue)
{
    return (uint16_t)(SCOPE_VENUE + venue);
}

// Column of a table with SCOPE_COLUMNS: instruments, venues, program.
static inline unsigned scope_column(uint16_t scope)
{
    if (scope == INSTRUMENT_NONE) {
        return SCOPE_PROGRAM;
    }
    if (scope < INSTRUMENT_MAX) {
        return scope;
    }
    CHECK(scope >= SCOPE_VENUE && scope < SCOPE_VENUE + VENUE_MAX);
    return INSTRUMENT_MAX + scope - SCOPE_VENUE;
}

#endif
