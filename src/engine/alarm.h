// SPDX-License-Identifier: Apache-2.0
// alarm: conditions in, alarms out. A condition must hold for its delay before it becomes an alarm and must
// be gone for its delay before the alarm clears; a cleared alarm stays until somebody acknowledged it
// (console-design.md 2). The table of alarms (code, level, delays) is in alarm.c.
//
// Not here: what an alarm makes the engine do. The rules act on their conditions at once and without the
// delay. Owner: the engine. Fixed size, no pointers.
#ifndef TT_ENGINE_ALARM_H
#define TT_ENGINE_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/scope.h"
#include "engine/snapshot.h"

enum alarm_id {
    ALARM_RISK_BREACH,  // a hard limit was reached
    ALARM_KILL_UNCONF,  // flatten not verified in time
    ALARM_MD_STALE,     // book of the instrument not fit to quote on
    ALARM_USR_LOST,     // blind to our own fills
    ALARM_ORD_LOST,     // no way to send
    ALARM_POS_MISMATCH, // the venue's position is not ours
    ALARM_CANCEL_FAIL,  // cancels keep failing
    ALARM_RUNAWAY,      // the same decision over and over
    ALARM_VENUE_CONFIG, // account settings differ from what we rely on
    ALARM_QUIT_UNVER,   // the run could not be verified as closed
    ALARM_FROZEN,       // the process did not run for half a second or more
    ALARM_T2O_BUDGET,
    ALARM_FEED_LAG,
    ALARM_REJECT_RATE,
    ALARM_LIMIT_80,
    ALARM_RATE_BUDGET, // the venue's rate budget is almost used up
    ALARM_STORE_RING,  // the record ring is filling
    ALARM_CLOCK_SKEW,
    ALARM_EXTERNAL, // raised by another station (console): code and text come with it
    ALARM_COUNT
};

struct alarm_key {    // state of one condition in one scope (scope.h)
    int64_t since_ns; // when the condition last changed
    int64_t shelved_until_ns;
    int64_t raised_ns[3]; // last times it was raised, newest first
    uint32_t number;      // of the standing entry, 0 none
    uint8_t on;
    uint8_t pad[3];
    char text[80];
};

struct alarms {
    struct alarm_key key[ALARM_COUNT][SCOPE_COLUMNS];
    uint8_t cap[SCOPE_COLUMNS];           // enum alarm_level: no alarm of this scope ranks higher; 0: no cap
    struct snap_alarm entry[SNAP_ALARMS]; // newest first
    int64_t entry_mono_ns[SNAP_ALARMS];
    struct snap_alarm unlisted; // raised while the list was full of more urgent ones
    uint32_t count;
    uint32_t last_number;
    uint32_t evicted; // alarms that had to leave the list unread
    uint32_t active;  // conditions on or entries standing: 0 = nothing to poll
};

// Alarms of this scope rank no higher than `level` from now on: what is only watched is nobody's emergency.
void alarm_cap(struct alarms *a, uint16_t scope, enum alarm_level level);

// State that the condition holds or does not. True on the rising edge: then call alarm_describe.
bool alarm_set(struct alarms *a, enum alarm_id id, uint16_t scope, bool on, int64_t now_ns);
void alarm_describe(struct alarms *a, enum alarm_id id, uint16_t scope, const char *text);
bool alarm_is_on(const struct alarms *a, enum alarm_id id, uint16_t scope);

// Move on in time: raise what has held long enough, clear what is gone, end shelving. Returns the entry of
// one alarm that was raised by this call (call again until NULL; at most one per condition and instant),
// valid until the next.
const struct snap_alarm *alarm_poll(struct alarms *a, int64_t now_ns, int64_t wall_ns);

// An alarm that another station decided on. Low level.
const struct snap_alarm *alarm_external(struct alarms *a, const char *text, int64_t now_ns, int64_t wall_ns);

// number 0: the newest one not acknowledged. False: no such alarm.
bool alarm_ack(struct alarms *a, uint32_t number);
// High alarms cannot be shelved. False: no such alarm, or High.
bool alarm_shelve(struct alarms *a, uint32_t number, int minutes, int64_t now_ns);

// Unacknowledged standing alarms of a level; the age of the oldest such High one (0 none).
uint32_t alarm_unacked(const struct alarms *a, enum alarm_level level);
int64_t alarm_oldest_high_ns(const struct alarms *a, int64_t now_ns);
const char *alarm_code(enum alarm_id id);

#endif
