// SPDX-License-Identifier: Apache-2.0
// ui_trade: keys that command the engine. Reducing risk is one key; adding risk needs a fresh screen, a rate,
// and in LIVE or beyond the configured size a `y`.
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "tui/keys.h"

static const int64_t STEP_NS = NS_PER_S; // one step of + or narrower a second

// name: INSTRUMENT_NAME_MAX bytes.
static const char *symbol_of(const struct ui_world *w, int instrument, char *name)
{
    bool one = instrument >= 0 && instrument < INSTRUMENT_MAX && instrument < (int)w->s->instrument_count;
    return one ? instrument_name(&w->s->ins[instrument].def, name) : "all";
}

static struct ui_command named(const struct ui_world *w, enum verb verb, int instrument,
                               const char *verb_text)
{
    struct ui_command c = ui_command(w, verb, instrument);
    char name[INSTRUMENT_NAME_MAX];
    snprintf(c.text, sizeof c.text, "%s %.24s", verb_text, symbol_of(w, instrument, name));
    return c;
}

static void ask(struct ui *ui, const struct ui_command *c)
{
    ui->pending = *c;
    ui->overlay = OVERLAY_CONFIRM;
}

// A key that adds risk acts on what the operator sees; a stale screen shows something else.
static bool screen_fresh(struct ui *ui, const struct ui_world *w, const char *what)
{
    if (!w->screen_stale) {
        return true;
    }
    ui_say(ui, w, ROLE_ALARM_LOW, "%s: not done, the screen was behind; look and press again", what);
    return false;
}

void act_kill(struct ui *ui, const struct ui_world *w, int code)
{
    (void)ui;
    (void)w;
    (void)code; // the pump acted before this key came here
}

void act_pull(struct ui *ui, const struct ui_world *w, int code)
{
    (void)code;
    struct ui_command c = named(w, VERB_PULL, INSTRUMENT_NONE, "pull");
    (void)ui_send(ui, w, &c);
}

void act_cancel(struct ui *ui, const struct ui_world *w, int code)
{
    (void)code;
    struct ui_command c = named(w, VERB_CANCEL, ui->focus, "cancel");
    (void)ui_send(ui, w, &c);
}

void trade_pause(struct ui *ui, const struct ui_world *w, int instrument, bool resume)
{
    struct ui_command c =
        named(w, resume ? VERB_RESUME : VERB_PAUSE, instrument, resume ? "resume maker" : "pause maker");
    if (resume && (w->s->shell.fence || w->s->kill.latched)) {
        ui_say(ui, w, ROLE_TEXT, "%s: the fence is up; :release and the account's alias first", c.text);
        return;
    }
    if (resume && !screen_fresh(ui, w, c.text)) {
        return;
    }
    if (resume && w->s->mode == MODE_LIVE) {
        ask(ui, &c);
    } else {
        (void)ui_send(ui, w, &c);
    }
}

void act_pause(struct ui *ui, const struct ui_world *w, int code)
{
    (void)code;
    trade_pause(ui, w, ui->focus, w->s->ins[ui->focus].maker_paused != 0);
}

static bool rate_ok(struct ui *ui, const struct ui_world *w, int64_t *last_ns, const char *what)
{
    if (*last_ns && w->now_ns - *last_ns < STEP_NS) {
        ui->dropped++;
        ui_say(ui, w, ROLE_TEXT, "%s: one step a second, %u dropped", what, ui->dropped);
        return false;
    }
    *last_ns = w->now_ns;
    return true;
}

void trade_size(struct ui *ui, const struct ui_world *w, int step)
{
    struct ui_command c = named(w, VERB_SIZE, ui->focus, step > 0 ? "size +" : "size -");
    c.op.value = step;
    if (step < 0) {
        (void)ui_send(ui, w, &c);
        return;
    }
    if (!screen_fresh(ui, w, c.text) || !rate_ok(ui, w, &ui->grow_ns, c.text)) {
        return;
    }
    if (w->s->ins[ui->focus].size_steps >= 0) { // beyond the configured size
        ask(ui, &c);
    } else {
        (void)ui_send(ui, w, &c);
    }
}

void act_size(struct ui *ui, const struct ui_world *w, int code)
{
    trade_size(ui, w, code == '-' ? -1 : 1);
}

void trade_spread(struct ui *ui, const struct ui_world *w, int step)
{
    struct ui_command c = named(w, VERB_SPREAD, ui->focus, step > 0 ? "spread ]" : "spread [");
    c.op.value = step;
    if (step < 0 && (!screen_fresh(ui, w, c.text) || !rate_ok(ui, w, &ui->narrow_ns, c.text))) {
        return;
    }
    (void)ui_send(ui, w, &c);
}

void act_spread(struct ui *ui, const struct ui_world *w, int code)
{
    trade_spread(ui, w, code == '[' ? -1 : 1);
}

static bool adds_risk(const struct ui_command *c)
{
    return c->op.verb == VERB_RESUME || (c->op.verb == VERB_SIZE && c->op.value > 0) ||
           (c->op.verb == VERB_SPREAD && c->op.value < 0);
}

void act_undo(struct ui *ui, const struct ui_world *w, int code)
{
    (void)code;
    if (!ui->undo_until_ns) {
        ui_say(ui, w, ROLE_TEXT, "nothing to undo");
        return;
    }
    struct ui_command c = ui->undo;
    c.op.frame = w->s->seq;
    c.op.key_mono_ns = w->now_ns;
    if (adds_risk(&c) && !screen_fresh(ui, w, c.text)) {
        return;
    }
    ui->undo_until_ns = 0;
    if (adds_risk(&c) && w->s->mode == MODE_LIVE) {
        ask(ui, &c);
    } else {
        (void)ui_send(ui, w, &c);
    }
}

// The newest alarm that still wants something; NULL when there is none.
static const struct snap_alarm *newest_alarm(const struct ui_world *w)
{
    for (uint32_t i = 0; i < w->s->alarm_count && i < SNAP_ALARMS; i++) {
        if (w->s->alarm[i].level != ALARM_LOG && !w->s->alarm[i].acked) {
            return &w->s->alarm[i];
        }
    }
    return NULL;
}

void act_ack(struct ui *ui, const struct ui_world *w, int code)
{
    (void)code;
    const struct snap_alarm *a = newest_alarm(w);
    if (!a) {
        ui_say(ui, w, ROLE_TEXT, "no alarm to acknowledge");
        return;
    }
    struct ui_command c = ui_command(w, VERB_ACK, INSTRUMENT_NONE);
    c.op.value = a->number;
    snprintf(c.text, sizeof c.text, "acknowledge %.16s", a->code);
    (void)ui_send(ui, w, &c);
}

void act_shelve(struct ui *ui, const struct ui_world *w, int code)
{
    (void)code;
    const struct snap_alarm *a = newest_alarm(w);
    if (!a) {
        ui_say(ui, w, ROLE_TEXT, "no alarm to shelve");
    } else if (a->level == ALARM_HIGH) {
        ui_say(ui, w, ROLE_TEXT, "%.16s is a High alarm: it cannot be shelved", a->code);
    } else {
        struct ui_command c = ui_command(w, VERB_SHELVE, INSTRUMENT_NONE);
        c.op.value = a->number;
        snprintf(c.text, sizeof c.text, "shelve %.16s", a->code);
        ui->pending = c;
        ui->overlay = OVERLAY_SHELVE;
    }
}
