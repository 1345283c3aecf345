// SPDX-License-Identifier: Apache-2.0
// alarm: see the header. One key per (condition, scope) holds the timing; the list of entries is what a
// person sees. A Low or Medium alarm that would be raised a fourth time within a minute is shelved for ten
// minutes instead.
#include "engine/alarm.h"

#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"

#define DELAY_ON  (2 * NS_PER_S)
#define DELAY_OFF (5 * NS_PER_S)

#define SHELVE_AUTO_NS (600 * NS_PER_S)

struct alarm_def {
    const char *code;
    enum alarm_level level;
    int64_t on_ns, off_ns;
};

// Levels: console-design.md 2. Conditions that are themselves the end of a wait have no further delay.
static const struct alarm_def DEF[ALARM_COUNT] = {
    [ALARM_RISK_BREACH] = {"RISK-BREACH", ALARM_HIGH, 0, DELAY_OFF},
    [ALARM_KILL_UNCONF] = {"KILL-UNCONF", ALARM_HIGH, 0, 0},
    [ALARM_MD_STALE] = {"MD-STALE", ALARM_HIGH, DELAY_ON, DELAY_OFF},
    [ALARM_USR_LOST] = {"USR-LOST", ALARM_HIGH, 3 * NS_PER_S, DELAY_OFF},
    [ALARM_ORD_LOST] = {"ORD-LOST", ALARM_HIGH, 3 * NS_PER_S, DELAY_OFF},
    [ALARM_POS_MISMATCH] = {"POS-MISMATCH", ALARM_HIGH, 0, 0},
    [ALARM_CANCEL_FAIL] = {"CANCEL-FAIL", ALARM_HIGH, 0, DELAY_OFF},
    [ALARM_RUNAWAY] = {"RUNAWAY", ALARM_HIGH, 0, DELAY_OFF},
    [ALARM_VENUE_CONFIG] = {"VENUE-CONFIG", ALARM_HIGH, 0, DELAY_OFF},
    [ALARM_QUIT_UNVER] = {"QUIT-UNVER", ALARM_HIGH, 0, 0},
    [ALARM_FROZEN] = {"FROZEN", ALARM_HIGH, 0, DELAY_OFF},
    [ALARM_T2O_BUDGET] = {"T2O-BUDGET", ALARM_MEDIUM, 10 * NS_PER_S, DELAY_OFF},
    [ALARM_FEED_LAG] = {"FEED-LAG", ALARM_MEDIUM, 0, DELAY_OFF},
    [ALARM_REJECT_RATE] = {"REJECT-RATE", ALARM_MEDIUM, DELAY_ON, DELAY_OFF},
    [ALARM_LIMIT_80] = {"LIMIT-80", ALARM_MEDIUM, DELAY_ON, DELAY_OFF},
    [ALARM_RATE_BUDGET] = {"RATE-BUDGET", ALARM_MEDIUM, 0, DELAY_OFF},
    [ALARM_STORE_RING] = {"STORE-RING", ALARM_MEDIUM, 0, DELAY_OFF},
    [ALARM_CLOCK_SKEW] = {"CLOCK-SKEW", ALARM_LOW, DELAY_ON, DELAY_OFF},
    [ALARM_EXTERNAL] = {"CONSOLE", ALARM_LOW, 0, 0},
};

static struct alarm_key *key_of(struct alarms *a, enum alarm_id id, uint16_t scope)
{
    CHECK((unsigned)id < ALARM_COUNT);
    return &a->key[id][scope_column(scope)];
}

static enum alarm_level level_of(const struct alarms *a, enum alarm_id id, unsigned column)
{
    enum alarm_level cap = (enum alarm_level)a->cap[column];
    return cap && cap < DEF[id].level ? cap : DEF[id].level;
}

void alarm_cap(struct alarms *a, uint16_t scope, enum alarm_level level)
{
    a->cap[scope_column(scope)] = (uint8_t)level;
}

const char *alarm_code(enum alarm_id id)
{
    CHECK((unsigned)id < ALARM_COUNT);
    return DEF[id].code;
}

bool alarm_set(struct alarms *a, enum alarm_id id, uint16_t scope, bool on, int64_t now_ns)
{
    struct alarm_key *k = key_of(a, id, scope);
    if (k->on == on) {
        return false;
    }
    k->on = on;
    k->since_ns = now_ns;
    a->active += on;
    return on;
}

void alarm_describe(struct alarms *a, enum alarm_id id, uint16_t scope, const char *text)
{
    struct alarm_key *k = key_of(a, id, scope);
    text_copy(k->text, sizeof k->text, text);
}

bool alarm_is_on(const struct alarms *a, enum alarm_id id, uint16_t scope)
{
    CHECK((unsigned)id < ALARM_COUNT);
    return a->key[id][scope_column(scope)].on;
}

// -------------------------------------------------------------------------------------------- the list

static struct snap_alarm *find_entry(struct alarms *a, uint32_t number)
{
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->entry[i].number == number) {
            return &a->entry[i];
        }
    }
    return NULL;
}

// The entry goes. A condition that still holds keeps its number, so that it does not raise the same alarm
// anew.
static void remove_entry(struct alarms *a, uint32_t i)
{
    for (size_t k = 0; k < (size_t)ALARM_COUNT * SCOPE_COLUMNS; k++) {
        struct alarm_key *key = &a->key[k / SCOPE_COLUMNS][k % SCOPE_COLUMNS];
        if (key->number == a->entry[i].number && !key->on) {
            key->number = 0;
        }
    }
    a->count--;
    memmove(&a->entry[i], &a->entry[i + 1], (a->count - i) * sizeof a->entry[0]);
    memmove(&a->entry_mono_ns[i], &a->entry_mono_ns[i + 1], (a->count - i) * sizeof a->entry_mono_ns[0]);
}

// Make room for one of `level`: the oldest cleared one goes first, then the oldest of the lowest level. False
// when all that stand are more urgent.
static bool evict_for(struct alarms *a, enum alarm_level level)
{
    uint32_t worst = a->count - 1;
    for (uint32_t i = a->count; i-- > 0;) {
        const struct snap_alarm *x = &a->entry[i], *w = &a->entry[worst];
        if (x->cleared > w->cleared || (x->cleared == w->cleared && x->level < w->level)) {
            worst = i;
        }
    }
    a->evicted += !a->entry[worst].acked;
    if (!a->entry[worst].cleared && a->entry[worst].level > level) {
        return false;
    }
    remove_entry(a, worst);
    return true;
}

static struct snap_alarm *add_entry(struct alarms *a, enum alarm_id id, enum alarm_level level,
                                    const char *text, int64_t now_ns, int64_t wall_ns)
{
    struct snap_alarm *x = &a->unlisted;
    if (a->count < SNAP_ALARMS || evict_for(a, level)) {
        memmove(&a->entry[1], &a->entry[0], a->count * sizeof a->entry[0]);
        memmove(&a->entry_mono_ns[1], &a->entry_mono_ns[0], a->count * sizeof a->entry_mono_ns[0]);
        a->count++;
        a->entry_mono_ns[0] = now_ns;
        x = &a->entry[0];
    }
    memset(x, 0, sizeof *x);
    x->number = ++a->last_number;
    x->level = (uint8_t)level;
    x->wall_ns = wall_ns;
    text_copy(x->code, sizeof x->code, DEF[id].code);
    text_copy(x->text, sizeof x->text, text);
    return x;
}

// ------------------------------------------------------------------------------------------------ time

// True when raising now would be the fourth time within a minute.
static bool repeats_too_often(const struct alarm_key *k, int64_t now_ns)
{
    return k->raised_ns[2] != 0 && now_ns - k->raised_ns[2] < 60 * NS_PER_S;
}

static const struct snap_alarm *raise(struct alarms *a, enum alarm_id id, unsigned column, int64_t now_ns,
                                      int64_t wall_ns)
{
    struct alarm_key *k = &a->key[id][column];
    enum alarm_level level = level_of(a, id, column);
    if (level != ALARM_HIGH && repeats_too_often(k, now_ns)) {
        k->shelved_until_ns = now_ns + SHELVE_AUTO_NS;
    }
    k->raised_ns[2] = k->raised_ns[1];
    k->raised_ns[1] = k->raised_ns[0];
    k->raised_ns[0] = now_ns;
    struct snap_alarm *old = find_entry(a, k->number);
    if (old) { // back before anybody acknowledged that it had cleared: the same line stands again
        old->cleared = 0;
        old->cleared_wall_ns = 0;
        text_copy(old->text, sizeof old->text, k->text);
        old->shelved = k->shelved_until_ns > now_ns;
        return NULL;
    }
    struct snap_alarm *x = add_entry(a, id, level, k->text, now_ns, wall_ns);
    x->shelved = k->shelved_until_ns > now_ns;
    k->number = x->number;
    return x;
}

static void clear(struct alarms *a, struct snap_alarm *x, int64_t wall_ns)
{
    x->cleared = 1;
    x->cleared_wall_ns = wall_ns;
    if (x->acked) {
        remove_entry(a, (uint32_t)(x - a->entry));
    }
}

// What time does to one condition. Returns a fresh entry or NULL; counts the key in *active while it needs
// polling.
static const struct snap_alarm *poll_key(struct alarms *a, enum alarm_id id, unsigned column, int64_t now_ns,
                                         int64_t wall_ns, uint32_t *active)
{
    struct alarm_key *k = &a->key[id][column];
    if (!k->on && !k->number) {
        return NULL;
    }
    struct snap_alarm *x = k->number ? find_entry(a, k->number) : NULL;
    bool evicted = k->number && !x; // the list was full: silent until the condition has gone once
    bool standing = x && !x->cleared;
    *active += k->on || standing;
    if (k->shelved_until_ns && k->shelved_until_ns <= now_ns) {
        k->shelved_until_ns = 0;
        if (x) {
            x->shelved = 0;
        }
    }
    if (k->on && !standing && !evicted && now_ns - k->since_ns >= DEF[id].on_ns) {
        return raise(a, id, column, now_ns, wall_ns);
    }
    if (!k->on && standing && now_ns - k->since_ns >= DEF[id].off_ns) {
        clear(a, x, wall_ns);
    }
    if (!k->on && evicted) {
        k->number = 0;
    }
    return NULL;
}

const struct snap_alarm *alarm_poll(struct alarms *a, int64_t now_ns, int64_t wall_ns)
{
    if (a->active == 0) {
        return NULL;
    }
    uint32_t active = 0;
    for (int id = 0; id < ALARM_COUNT; id++) {
        for (unsigned i = 0; i < SCOPE_COLUMNS; i++) {
            const struct snap_alarm *fresh = poll_key(a, (enum alarm_id)id, i, now_ns, wall_ns, &active);
            if (fresh) {
                return fresh;
            }
        }
    }
    a->active = active;
    return NULL;
}

const struct snap_alarm *alarm_external(struct alarms *a, const char *text, int64_t now_ns, int64_t wall_ns)
{
    struct snap_alarm *x = add_entry(a, ALARM_EXTERNAL, DEF[ALARM_EXTERNAL].level, text, now_ns, wall_ns);
    x->cleared = 1; // an occurrence, not a condition: stands until acknowledged
    x->cleared_wall_ns = wall_ns;
    return x;
}

// ---------------------------------------------------------------------------------------------- people

bool alarm_ack(struct alarms *a, uint32_t number)
{
    for (uint32_t i = 0; i < a->count; i++) {
        struct snap_alarm *x = &a->entry[i];
        if (number ? x->number != number : x->acked) {
            continue;
        }
        x->acked = 1;
        if (x->cleared) {
            remove_entry(a, i);
        }
        return true;
    }
    return false;
}

bool alarm_shelve(struct alarms *a, uint32_t number, int minutes, int64_t now_ns)
{
    for (int id = 0; id < ALARM_COUNT; id++) {
        for (int i = 0; i < SCOPE_COLUMNS; i++) {
            struct alarm_key *k = &a->key[id][i];
            struct snap_alarm *x = k->number ? find_entry(a, k->number) : NULL;
            if (!x || (number ? x->number != number : x != &a->entry[0]) || x->level == ALARM_HIGH) {
                continue;
            }
            k->shelved_until_ns = now_ns + (int64_t)minutes * 60 * NS_PER_S;
            x->shelved = 1;
            a->active++;
            return true;
        }
    }
    return false;
}

uint32_t alarm_unacked(const struct alarms *a, enum alarm_level level)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        n += a->entry[i].level == level && !a->entry[i].acked && !a->entry[i].shelved;
    }
    return n;
}

int64_t alarm_oldest_high_ns(const struct alarms *a, int64_t now_ns)
{
    int64_t oldest = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        int64_t age = now_ns - a->entry_mono_ns[i];
        if (a->entry[i].level == ALARM_HIGH && !a->entry[i].acked && age > oldest) {
            oldest = age;
        }
    }
    return oldest;
}
