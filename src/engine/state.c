// SPDX-License-Identifier: Apache-2.0
// state: see the header. A table gives each cause its level and how it ends; state_update folds the causes
// that act.
#include "engine/state.h"

#include "engine/engine_state.h"

struct cause_def {
    enum trading_state level;
    bool held;    // acts for risk.hold_ns after the condition has gone
    bool latched; // ends by cause_end only
    const char *text;
};

static const struct cause_def DEF[CAUSE_COUNT] = {
    [CAUSE_START] = {TS_QUIET, false, false, "starting: reading instruments, orders, positions, balance"},
    [CAUSE_QUIT] = {TS_QUIET, false, true, "ending: cancelling and verifying"},
    [CAUSE_USER_LINK] = {TS_QUIET, false, false, "account stream down or not yet reconciled"},
    [CAUSE_ORDER_LINK] = {TS_QUIET, false, false, "order connection down"},
    [CAUSE_CLOCK] = {TS_QUIET, false, false, "clock over 1 s from the venue's"},
    [CAUSE_STORE] = {TS_QUIET, true, false, "record ring three quarters full"},
    [CAUSE_LAG] = {TS_QUIET, true, false, "market data over 250 ms late"},
    [CAUSE_FROZEN] = {TS_QUIET, false, false, "the process stood still: reading orders and positions anew"},
    [CAUSE_BUDGET] = {TS_QUIET, false, false, "venue's rate budget nearly used up"},
    [CAUSE_DEADMAN] = {TS_QUIET, true, false, "dead-man's switch could not be wound up"},
    [CAUSE_MARGIN] = {TS_REDUCE, true, false, "the venue refused for want of margin"},
    [CAUSE_AUTH] = {TS_QUIET, false, true, "signature, key or clock refused: see the codes, then resume"},
    [CAUSE_CONFIG] = {TS_QUIET, false, true,
                      "account settings differ at the venue: fix them, then :reconcile"},
    [CAUSE_UNATTENDED] = {TS_REDUCE, false, false, "High alarms unread for 10 min"},
    [CAUSE_LOSS] = {TS_REDUCE, false, true, "loss limit reached"},
    [CAUSE_BOOK] = {TS_QUIET, false, false, "book not live"},
    [CAUSE_MARK] = {TS_REDUCE, true, false, "mark price old, unknown or over 1 % from the index"},
    [CAUSE_POSITION] = {TS_REDUCE, false, true,
                        "position is not the venue's: :reconcile accepts the venue's"},
    [CAUSE_CANCEL_FAIL] = {TS_QUIET, false, false, "cancels keep failing"},
};

void cause_set(struct engine *e, enum cause c, uint16_t scope, bool on)
{
    CHECK((unsigned)c < CAUSE_COUNT);
    struct cause_state *s = &e->causes.of[c][scope_column(scope)];
    if (s->on == on) {
        return;
    }
    s->on = on;
    if (on) {
        s->since_ns = e->now_ns;
        s->acts = 1;
    } else {
        s->gone_ns = e->now_ns;
    }
}

void cause_pulse(struct engine *e, enum cause c, uint16_t scope)
{
    cause_set(e, c, scope, true);
    cause_set(e, c, scope, false);
}

bool cause_acts(const struct engine *e, enum cause c, uint16_t scope)
{
    CHECK((unsigned)c < CAUSE_COUNT);
    return e->causes.of[c][scope_column(scope)].acts;
}

void cause_end(struct engine *e, enum cause c, uint16_t scope)
{
    CHECK((unsigned)c < CAUSE_COUNT);
    struct cause_state *s = &e->causes.of[c][scope_column(scope)];
    s->on = 0;
    s->acts = 0;
}

static void settle(struct engine *e, unsigned col)
{
    enum trading_state worst = TS_RUN;
    uint8_t ruling = CAUSE_COUNT;
    for (int c = 0; c < CAUSE_COUNT; c++) {
        struct cause_state *s = &e->causes.of[c][col];
        if (!s->acts) {
            continue;
        }
        int64_t hold = DEF[c].held ? e->config.risk.hold_ns : 0;
        if (!s->on && !DEF[c].latched && e->now_ns - s->gone_ns >= hold) {
            s->acts = 0;
            continue;
        }
        if (DEF[c].level > worst) {
            worst = DEF[c].level;
            ruling = (uint8_t)c;
        }
    }
    if (e->kill.latched) {
        worst = TS_KILLED;
    }
    e->causes.state[col] = (uint8_t)worst;
    e->causes.ruling[col] = ruling;
}

// A change of the whole program's state is told with its cause: a state without a word would look like a
// program asleep.
static void tell_change(struct engine *e, uint8_t before)
{
    uint8_t now = e->causes.shown;
    if (!e->ready || now == before) {
        return;
    }
    char text[80];
    struct fmt f = fmt_begin(text, sizeof text);
    fmt_str(&f, "state ");
    fmt_str(&f, trading_state_name((enum trading_state)now));
    fmt_str(&f, now == TS_RUN || now == TS_KILLED ? "" : ": ");
    fmt_str(&f, now == TS_RUN || now == TS_KILLED ? "" : state_reason(e, INSTRUMENT_NONE));
    action_log(e, INSTRUMENT_NONE, text);
}

// What is shown as the program's: a venue that we trade on drags it down, one that we watch does not.
static void fold_shown(struct engine *e)
{
    struct causes *c = &e->causes;
    uint8_t was = c->shown;
    c->shown = c->state[SCOPE_PROGRAM];
    c->shown_ruling = c->ruling[SCOPE_PROGRAM];
    for (uint8_t v = 0; v < VENUE_MAX; v++) {
        unsigned col = scope_column(scope_of_venue(v));
        if (e->venue[v].counts && c->state[col] > c->shown) {
            c->shown = c->state[col];
            c->shown_ruling = c->ruling[col];
        }
    }
    tell_change(e, was);
}

static void obey(struct causes *c, uint16_t i, unsigned col)
{
    if (c->state[col] > c->state[i]) {
        c->state[i] = c->state[col];
        c->ruling[i] = c->ruling[col];
    }
}

void state_update(struct engine *e)
{
    settle(e, SCOPE_PROGRAM);
    for (uint8_t v = 0; v < VENUE_MAX; v++) {
        if (e->venue[v].used) {
            settle(e, scope_column(scope_of_venue(v)));
        }
    }
    fold_shown(e);
    e->risk.trading_state = e->causes.state[SCOPE_PROGRAM];
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (!instrument_known(e, i)) {
            continue;
        }
        uint8_t before = e->causes.state[i];
        settle(e, i);
        obey(&e->causes, i, scope_column(scope_of_venue(e->ins[i].def.venue)));
        obey(&e->causes, i, SCOPE_PROGRAM);
        e->risk.fact[i].trading_state = e->causes.state[i];
        e->ins[i].dirty_quotes |= before != e->causes.state[i];
    }
}

enum trading_state state_of(const struct engine *e, uint16_t scope)
{
    return (enum trading_state)(scope == INSTRUMENT_NONE ? e->causes.shown
                                                         : e->causes.state[scope_column(scope)]);
}

const char *state_reason(const struct engine *e, uint16_t scope)
{
    if (e->kill.latched) {
        return e->kill.sealed ? "killed and sealed: :release and the account's alias" : "killed";
    }
    uint8_t c = scope == INSTRUMENT_NONE ? e->causes.shown_ruling : e->causes.ruling[scope_column(scope)];
    return c < CAUSE_COUNT ? DEF[c].text : "";
}

const char *trading_state_name(enum trading_state s)
{
    static const char *const NAME[] = {"RUN", "REDUCE", "QUIET", "KILLED", "HALT"};
    CHECK((unsigned)s < COUNT_OF(NAME));
    return NAME[s];
}
