// SPDX-License-Identifier: Apache-2.0
// operator: the verbs. The console validates and shows; here it is decided, and each verb leaves an echo that
// says what was done or why not. Verbs that lower risk act at once; those that raise it are bounded, paced or
// need a typed word.
#include <string.h>

#include "base/text.h"
#include "engine/engine_state.h"

enum { SIZE_STEPS_MAX = 10, SPREAD_TICKS_MAX = 100000, SHELVE_MIN_MAX = 60 };

// Calls f on the event's instrument, or on each known one when the target is everything. Returns how many.
typedef void (*on_instrument)(struct engine *e, uint16_t i, struct echo *x, int64_t value);

static uint32_t each_target(struct engine *e, const struct event *ev, struct echo *x, on_instrument f)
{
    uint32_t n = 0;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (instrument_known(e, i) && (ev->instrument == i || ev->instrument == INSTRUMENT_NONE)) {
            f(e, i, x, ev->u.op.value);
            n++;
        }
    }
    if (n == 0) {
        echo_refuse(x, "no such instrument");
    }
    return n;
}

// Nothing to wait for: the verb is done with this event.
static void done_now(struct engine *e, struct echo *x)
{
    x->s.acked_ns = x->s.acked_ns ? x->s.acked_ns : echo_since(x, e->now_ns);
    echo_done(e, x);
}

static void done_unless_cancelling(struct engine *e, struct echo *x)
{
    if (x->s.cancels_sent == 0) {
        done_now(e, x);
    }
}

// ---------------------------------------------------------------------------------- less risk: at once

static void cancel_one(struct engine *e, uint16_t i, struct echo *x, int64_t value)
{
    (void)value;
    struct instrument_state *s = &e->ins[i];
    x->s.cancels_sent += quotes_cancel_all(e, i, x->s.seq);
    maker_on_refused(&s->maker, SIDE_BUY,
                     e->now_ns); // a breath before quoting again, so that the effect is seen
    maker_on_refused(&s->maker, SIDE_SELL, e->now_ns);
}

static void pause_one(struct engine *e, uint16_t i, struct echo *x, int64_t value)
{
    e->ins[i].paused = 1;
    e->ins[i].dirty_quotes = 1;
    cancel_one(e, i, x, value);
}

// Pressed again: nothing new is begun, and the echo follows the kill that runs.
static void do_flatten(struct engine *e, struct echo *x)
{
    if (kill_flatten(e, x->s.seq)) {
        return;
    }
    const struct echo *first = echo_find(e, e->kill.echo_seq);
    echo_text(x, e->kill.sealed ? "already SEALED"
                 : e->kill.flat ? "already FLAT, sealing"
                                : "under way: sent again what is not acknowledged");
    x->s.flat_ns = first ? first->s.flat_ns : 0;
    if (e->kill.sealed) {
        done_now(e, x);
    }
}

static void do_quit(struct engine *e, const struct ev_operator *op, struct echo *x)
{
    if (op->value == QUIT_STAY) {
        done_now(e, x);
    } else if (op->value == QUIT_CANCEL || op->value == QUIT_FLATTEN) {
        kill_quit(e, op->value == QUIT_FLATTEN, x->s.seq);
    } else {
        echo_refuse(x, "quit: stay, cancel or flatten");
    }
}

// ---------------------------------------------------------------------------- more risk: with a reason

static const char *why_not_resume(const struct engine *e, uint16_t i)
{
    if (e->kill.latched) {
        return "killed: release it first";
    }
    if (!e->ready || e->kill.sweeping) {
        return state_reason(e, INSTRUMENT_NONE);
    }
    uint16_t venue = scope_of_venue(e->ins[i].def.venue);
    if (cause_acts(e, CAUSE_CONFIG, venue) || cause_acts(e, CAUSE_POSITION, i)) {
        return state_reason(e, i);
    }
    return NULL;
}

static void resume_one(struct engine *e, uint16_t i, struct echo *x, int64_t value)
{
    (void)value;
    const char *no = why_not_resume(e, i);
    if (no) {
        echo_refuse(x, no); // H6: while the cause lasts
        return;
    }
    e->ins[i].paused = 0;
    e->ins[i].dirty_quotes = 1;
}

// A session that was refused twice sends nothing but what closes until it is told to try again (V12).
static void end_refusals(struct engine *e, uint8_t venue)
{
    uint16_t i = 0;
    while (i < INSTRUMENT_MAX && !(e->ins[i].configured && e->ins[i].def.venue == venue)) {
        i++;
    }
    if (cause_acts(e, CAUSE_AUTH, scope_of_venue(venue)) && i < INSTRUMENT_MAX) {
        action_new(e, ACT_REQUEST_SNAPSHOT, i);
        if (!cause_acts(e, CAUSE_CONFIG, scope_of_venue(venue))) {
            alarm_set(&e->alarms, ALARM_VENUE_CONFIG, scope_of_venue(venue), false, e->now_ns);
        }
    }
    cause_end(e, CAUSE_AUTH, scope_of_venue(venue));
    e->venue[venue].auth_failures = 0;
}

// A strategy that repeated itself, and latched losses, are part of what resuming means to release.
static void resume_strategies(struct engine *e, struct echo *x)
{
    if (e->risk.stopped[STRATEGY_MAKER] && !x->s.refused) {
        risk_resume_strategy(&e->risk, STRATEGY_MAKER);
        alarm_set(&e->alarms, ALARM_RUNAWAY, INSTRUMENT_NONE, false, e->now_ns);
    }
    for (uint8_t v = 0; v < VENUE_MAX && !x->s.refused; v++) {
        end_refusals(e, v);
    }
    if (e->risk.latched && !x->s.refused) {
        char text[96] = "";
        if (risk_release(&e->risk, text, sizeof text)) {
            cause_end(e, CAUSE_LOSS, INSTRUMENT_NONE);
        } else {
            echo_refuse(x, text);
        }
    }
}

static void size_one(struct engine *e, uint16_t i, struct echo *x, int64_t value)
{
    struct instrument_state *s = &e->ins[i];
    if (value > 0 && s->size_raised_ns && e->now_ns - s->size_raised_ns < NS_PER_S) {
        echo_refuse(x, "at most one step up per second");
    } else if (value > 0 && s->size_steps < SIZE_STEPS_MAX) {
        s->size_steps++;
        s->size_raised_ns = e->now_ns;
    } else if (value < 0 && s->size_steps > -SIZE_STEPS_MAX) {
        s->size_steps--;
    } else {
        echo_refuse(x, "no further step");
    }
    s->dirty_quotes = 1;
}

static void spread_one(struct engine *e, uint16_t i, struct echo *x, int64_t value)
{
    struct instrument_state *s = &e->ins[i];
    int64_t ticks =
        s->spread_adjust_ticks + (value > SPREAD_TICKS_MAX || value < -SPREAD_TICKS_MAX ? 0 : value);
    if (value == 0 || ticks > SPREAD_TICKS_MAX || ticks < -SPREAD_TICKS_MAX ||
        ticks == s->spread_adjust_ticks) {
        echo_refuse(x, "no such step");
        return;
    }
    s->spread_adjust_ticks = (int32_t)ticks;
    s->dirty_quotes = 1;
}

static void do_limit(struct engine *e, const struct ev_operator *op, struct echo *x)
{
    char text[96] = "";
    enum limit_id id = (enum limit_id)op->sub;
    if (op->sub >= LIMIT_COUNT) {
        echo_refuse(x, "no such limit");
    } else if (risk_limit_is_raise(&e->risk, id, op->value) &&
               strncmp(op->word, "raise", sizeof op->word) != 0) {
        echo_refuse(x, "raising a limit needs the typed word: raise");
    } else if (!risk_set_limit(&e->risk, id, op->value, text, sizeof text)) {
        echo_refuse(x, text);
    } else {
        e->config.risk.limit[id] = op->value;
        e->equity_due = 1; // a lowered loss limit may be reached already
        for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
            e->ins[i].dirty_quotes = 1;
        }
    }
}

static void do_release(struct engine *e, const struct ev_operator *op, struct echo *x)
{
    if (e->config.account_alias[0] == 0 || strncmp(op->word, e->config.account_alias, sizeof op->word) != 0) {
        echo_refuse(x, "release needs the account's alias as typed word");
        return;
    }
    const char *no = kill_release(e);
    if (no) {
        echo_refuse(x, no);
        return;
    }
    char text[96] = "";
    if (e->risk.latched && risk_release(&e->risk, text, sizeof text)) {
        cause_end(e, CAUSE_LOSS, INSTRUMENT_NONE);
    }
    echo_text(x, text[0] ? text : "released; strategies stay paused until resumed");
}

static void do_abort(struct engine *e, const struct ev_operator *op, struct echo *x)
{
    if (strncmp(op->word, "abort", sizeof op->word) != 0) {
        echo_refuse(x, "needs the typed word: abort");
    } else if (!kill_abort(e)) {
        echo_refuse(x, "nothing is being closed");
    } else {
        echo_text(x, "closing stopped; orders stay cancelled, KILLED stays");
    }
}

static void reconcile_one(struct engine *e, uint16_t i, struct echo *x, int64_t value)
{
    (void)x;
    (void)value;
    e->ins[i].venue.accept_venue = 1;
    e->ins[i].venue.position_read_id = 0; // a fresh read, not the answer of one under way
    const struct venue_state *v = venue_of(e, i);
    if (v->link[LINK_MARKET] != LINK_UP || v->link[LINK_USER] != LINK_UP) {
        action_new(e, ACT_REQUEST_SNAPSHOT,
                   i); // the session may have given the link up (N13): this is its second chance
    }
    read_orders(e, i);
    read_position(e, i);
}

static void do_reconcile(struct engine *e, const struct event *ev, struct echo *x)
{
    each_target(e, ev, x, reconcile_one);
    for (uint8_t v = 0; v < VENUE_MAX; v++) {
        bool here = ev->instrument == INSTRUMENT_NONE ||
                    (instrument_known(e, ev->instrument) && e->ins[ev->instrument].def.venue == v);
        if (here) {
            end_refusals(e, v);
            cause_end(e, CAUSE_CONFIG, scope_of_venue(v));
            alarm_set(&e->alarms, ALARM_VENUE_CONFIG, scope_of_venue(v), false, e->now_ns);
        }
    }
}

// ---------------------------------------------------------------------------------------------- alarms

static void do_alarm(struct engine *e, const struct ev_operator *op, struct echo *x)
{
    uint32_t number = op->value > 0 && op->value <= UINT32_MAX ? (uint32_t)op->value : 0;
    if (op->verb == VERB_ACK) {
        if (!alarm_ack(&e->alarms, number)) {
            echo_refuse(x, "no such alarm");
        }
    } else if (op->verb == VERB_SHELVE) {
        int minutes = op->sub >= 1 && op->sub <= SHELVE_MIN_MAX ? op->sub : 5;
        if (!alarm_shelve(&e->alarms, number, minutes, e->now_ns)) {
            echo_refuse(x, "no such alarm, or a High one");
        }
    } else {
        char text[sizeof op->word];
        text_copy(text, sizeof text, op->word);
        alarm_external(&e->alarms, text, e->now_ns, e->wall_ns);
    }
}

// ----------------------------------------------------------------------------------------------- verbs

static void act(struct engine *e, const struct event *ev, struct echo *x)
{
    const struct ev_operator *op = &ev->u.op;
    switch ((enum verb)op->verb) {
    case VERB_FLATTEN:
        do_flatten(e, x);
        return; // done when SEALED
    case VERB_QUIT:
        do_quit(e, op, x);
        return;
    case VERB_PULL:
        for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
            if (instrument_known(e, i)) {
                pause_one(e, i, x, 0);
            }
        }
        break;
    case VERB_CANCEL:
        each_target(e, ev, x, cancel_one);
        break;
    case VERB_PAUSE:
        each_target(e, ev, x, pause_one);
        break;
    case VERB_RESUME:
        each_target(e, ev, x, resume_one);
        resume_strategies(e, x);
        break;
    case VERB_SIZE:
        each_target(e, ev, x, size_one);
        break;
    case VERB_SPREAD:
        each_target(e, ev, x, spread_one);
        break;
    case VERB_LIMIT:
        do_limit(e, op, x);
        break;
    case VERB_RELEASE:
        do_release(e, op, x);
        break;
    case VERB_ABORT_FLATTEN:
        do_abort(e, op, x);
        break;
    case VERB_RECONCILE:
        do_reconcile(e, ev, x);
        break;
    case VERB_ACK:
    case VERB_SHELVE:
    case VERB_ADD_ALARM:
        do_alarm(e, op, x);
        break;
    case VERB_NONE:
    case VERB_COUNT:
        echo_refuse(x, "no such verb");
        break;
    }
    done_unless_cancelling(e, x);
}

void operator_on_event(struct engine *e, const struct event *ev)
{
    const struct ev_operator *op = &ev->u.op;
    struct echo *x = echo_new(e, (enum actor)op->actor, (enum verb)op->verb, ev->instrument, op->key_mono_ns);
    x->s.strategy = op->strategy ? op->strategy : STRATEGY_MAKER;
    x->s.value = op->value;
    x->s.sub = op->sub;
    act(e, ev, x);
}

void operator_by_rule(struct engine *e, enum verb verb, const char *why)
{
    CHECK(verb == VERB_FLATTEN);
    action_log(e, INSTRUMENT_NONE, why);
    if (e->kill.latched && e->kill.closing) {
        return; // already doing what the rule wants
    }
    struct echo *x = echo_new(e, ACTOR_RULE, verb, INSTRUMENT_NONE, 0);
    echo_text(x, why);
    kill_flatten(e, x->s.seq);
}
