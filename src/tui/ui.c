// SPDX-License-Identifier: Apache-2.0
// ui: see ui.h. This file holds the dispatch, the dialogs and the text field; what a key of the deck does
// stands in ui_trade.c and ui_move.c, what a palette verb does in palette.c.
#include "tui/ui.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "tui/guard.h"
#include "tui/keys.h"

static const int64_t UNDO_NS = 60 * NS_PER_S;
static const int64_t LEAVE_ANYWAY_NS = 10 * NS_PER_S;

void ui_init(struct ui *ui, const struct ui_ports *ports)
{
    *ui = (struct ui){.ports = *ports, .view = VIEW_DECK, .past_at = -1};
}

bool ui_in_field(const struct ui *ui)
{
    return ui->overlay == OVERLAY_PALETTE || ui->overlay == OVERLAY_WORD;
}

void ui_say(struct ui *ui, const struct ui_world *w, enum role role, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(ui->message, sizeof ui->message, fmt, ap);
    va_end(ap);
    ui->message_role = role;
    ui->message_ns = w->now_ns;
    ui->message_echo_seq = w->s->echo_count ? w->s->echo[0].seq : 0;
}

struct ui_command ui_command(const struct ui_world *w, enum verb verb, int instrument)
{
    struct ui_command c = {.instrument = (uint16_t)instrument};
    c.op.actor = ACTOR_OPERATOR;
    c.op.verb = (uint8_t)verb;
    c.op.strategy = STRATEGY_MAKER;
    c.op.key_mono_ns = w->now_ns;
    c.op.frame = w->s->seq;
    return c;
}

bool ui_sends(const struct ui *ui, const struct ui_world *w)
{
    return ui->ports.send && w->s->mode != MODE_REPLAY && w->s->mode != MODE_BACKTEST;
}

// The reverse of a command, for `z`. False: it has none.
static bool reverse_of(const struct ui_command *c, struct ui_command *r)
{
    *r = *c;
    switch ((enum verb)c->op.verb) {
    case VERB_PULL:
    case VERB_PAUSE:
        r->op.verb = VERB_RESUME;
        break;
    case VERB_RESUME:
        r->op.verb = VERB_PAUSE;
        break;
    case VERB_SIZE:
    case VERB_SPREAD:
        r->op.value = -c->op.value;
        break;
    default:
        return false;
    }
    const char *verb = r->op.verb == VERB_RESUME  ? "resume"
                       : r->op.verb == VERB_PAUSE ? "pause"
                       : r->op.verb == VERB_SIZE  ? (r->op.value > 0 ? "size +" : "size -")
                                                  : (r->op.value > 0 ? "spread ]" : "spread [");
    char text[sizeof r->text];
    const char *target = strchr(c->text, ' ');
    snprintf(text, sizeof text, "%s%s", verb, target ? target : "");
    text_copy(r->text, sizeof r->text, text);
    return true;
}

bool ui_send(struct ui *ui, const struct ui_world *w, const struct ui_command *c)
{
    if (!ui_sends(ui, w)) {
        ui_say(ui, w, ROLE_TEXT, "%s: there is nothing to command in a replay", c->text);
        return false;
    }
    if (!ui->ports.send(ui->ports.ctx, &c->op, c->instrument)) {
        ui_say(ui, w, ROLE_ALARM_HIGH, "%s: NOT SENT, the command queue is full; F still works", c->text);
        return false;
    }
    struct ui_command r;
    if (reverse_of(c, &r)) {
        ui->undo = r;
        ui->undo_until_ns = w->now_ns + UNDO_NS;
    }
    ui_say(ui, w, ROLE_TEXT, "%s: sent", c->text);
    return true;
}

// -------------------------------------------------------------------------------------------------------
// text field

static void field_set(struct ui *ui, const char *text)
{
    ui->field_len = text_copy(ui->field, sizeof ui->field, text);
}

static void field_close(struct ui *ui)
{
    ui->overlay = OVERLAY_NONE;
    field_set(ui, "");
    ui->past_at = -1;
}

static bool field_takes(int code)
{
    return (code >= 'a' && code <= 'z') || (code >= '0' && code <= '9') ||
           (code && code < 0x7f && strchr(" -+.:%/_", code));
}

static void field_type(struct ui *ui, const struct ui_world *w, int code)
{
    if (code >= 'A' && code <= 'Z') {
        ui_say(ui, w, ROLE_ALARM_LOW, "capitals are not accepted here (Caps Lock?)");
    } else if (field_takes(code) && ui->field_len + 1 < sizeof ui->field) {
        ui->field[ui->field_len++] = (char)code;
        ui->field[ui->field_len] = 0;
    }
}

static void remember_line(struct ui *ui, const char *line)
{
    memmove(ui->past[1], ui->past[0], sizeof ui->past - sizeof ui->past[0]);
    text_copy(ui->past[0], sizeof ui->past[0], line);
}

static void recall_line(struct ui *ui, int step)
{
    int at = ui->past_at + step;
    if (at < 0) {
        ui->past_at = -1;
        field_set(ui, "");
    } else if (at < UI_PAST && ui->past[at][0]) {
        ui->past_at = at;
        field_set(ui, ui->past[at]);
    }
}

static void palette_enter(struct ui *ui, const struct ui_world *w)
{
    char line[UI_FIELD_MAX];
    text_copy(line, sizeof line, ui->field);
    field_close(ui);
    if (line[0]) {
        remember_line(ui, line);
        (void)ui_palette_run(ui, line, w);
    }
}

static void word_enter(struct ui *ui, const struct ui_world *w)
{
    struct ui_command c = ui->pending;
    c.op.frame = w->s->seq;
    c.op.key_mono_ns = w->now_ns; // this key decides, not the one that asked
    text_copy(c.op.word, sizeof c.op.word, ui->field);
    field_close(ui);
    bool raise = c.op.verb == VERB_LIMIT && strcmp(c.op.word, "raise") != 0;
    bool abort_word = c.op.verb == VERB_ABORT_FLATTEN && strcmp(c.op.word, "abort") != 0;
    if (raise || abort_word) {
        ui_say(ui, w, ROLE_TEXT, "%s: not done, the word was not typed", c.text);
        return;
    }
    (void)ui_send(ui, w, &c);
}

static void field_key(struct ui *ui, const struct key *k, const struct ui_world *w)
{
    bool palette = ui->overlay == OVERLAY_PALETTE;
    switch (k->code) {
    case TK_ESC:
        field_close(ui);
        break;
    case TK_BACKSPACE:
        if (ui->field_len > 0) {
            ui->field[--ui->field_len] = 0;
        } else {
            field_close(ui);
        }
        break;
    case TK_ENTER:
        palette ? palette_enter(ui, w) : word_enter(ui, w);
        break;
    case TK_TAB:
        if (palette && ui_palette_complete(ui->field, sizeof ui->field)) {
            ui->field_len = strlen(ui->field);
        }
        break;
    case TK_UP:
    case TK_DOWN:
        if (palette) {
            recall_line(ui, k->code == TK_UP ? 1 : -1);
        }
        break;
    case TK_CTRL:
        if (k->value == 3) {
            field_close(ui);
        }
        break;
    default:
        field_type(ui, w, k->code);
    }
}

// ----------------------------------------------------------------------------------------------------------
// dialogs

static void quit_send(struct ui *ui, const struct ui_world *w, enum quit_choice choice, const char *text)
{
    ui->overlay = OVERLAY_NONE;
    if (!ui_sends(ui, w)) {
        ui->want_leave = true;
        return;
    }
    struct ui_command c = ui_command(w, VERB_QUIT, INSTRUMENT_NONE);
    c.op.value = choice;
    text_copy(c.text, sizeof c.text, text);
    if (ui_send(ui, w, &c) && !ui->quitting) {
        ui->quitting = true;
        ui->quit_ns = w->now_ns;
    }
}

static void quit_key(struct ui *ui, const struct key *k, const struct ui_world *w)
{
    if (k->code == '1') {
        quit_send(ui, w, QUIT_CANCEL, "quit: cancel orders, leave positions");
    } else if (k->code == '2') {
        quit_send(ui, w, QUIT_FLATTEN, "quit: cancel orders, close positions");
    } else if (k->code == '4' && ui->quitting && w->now_ns - ui->quit_ns > LEAVE_ANYWAY_NS) {
        ui->want_leave = true;
    } else if (k->code == '3' || k->code == TK_ESC || k->code == 'q') {
        ui->overlay = OVERLAY_NONE;
    }
}

static void confirm_key(struct ui *ui, const struct key *k, const struct ui_world *w)
{
    ui->overlay = OVERLAY_NONE;
    if (k->code == 'y') {
        struct ui_command c = ui->pending;
        c.op.frame = w->s->seq;
        c.op.key_mono_ns = k->mono_ns;
        (void)ui_send(ui, w, &c);
    } else {
        ui_say(ui, w, ROLE_TEXT, "%s: not done", ui->pending.text);
    }
}

static void shelve_key(struct ui *ui, const struct key *k, const struct ui_world *w)
{
    static const uint8_t MINUTES[] = {5, 15, 60};
    ui->overlay = OVERLAY_NONE;
    if (k->code >= '1' && k->code <= '3') {
        struct ui_command c = ui->pending;
        c.op.sub = MINUTES[k->code - '1'];
        (void)ui_send(ui, w, &c);
    }
}

static void overlay_key(struct ui *ui, const struct key *k, const struct ui_world *w)
{
    switch (ui->overlay) {
    case OVERLAY_PALETTE:
    case OVERLAY_WORD:
        field_key(ui, k, w);
        break;
    case OVERLAY_QUIT:
        quit_key(ui, k, w);
        break;
    case OVERLAY_CONFIRM:
        confirm_key(ui, k, w);
        break;
    case OVERLAY_SHELVE:
        shelve_key(ui, k, w);
        break;
    case OVERLAY_HELP:
    case OVERLAY_LOG:
        ui->overlay = OVERLAY_NONE;
        break; // any key leaves; it does nothing else
    case OVERLAY_NONE:
        break;
    }
}

// ---------------------------------------------------------------------------------------------------------
// dispatch

static void on_held_kill(struct ui *ui, const struct key *k)
{
    ui->held_kill_ns = k->mono_ns + GUARD_CONFIRM_NS;
}

// Keys that are news, not commands. True: handled.
static bool on_news(struct ui *ui, const struct key *k, const struct ui_world *w)
{
    bool kill = k->code == TK_KILL || k->code == TK_KILL_HELD;
    if (kill && !ui_sends(ui, w)) {
        ui_say(ui, w, ROLE_TEXT, "F: there is nothing to flatten in a replay");
        return true;
    }
    switch (k->code) {
    case TK_KILL:
        ui->held_kill_ns = 0;
        ui_say(ui, w, ROLE_STRONG,
               "F: fence set, cancel all and close all sent"); // until the engine's echo comes
        return true;
    case TK_KILL_HELD:
        on_held_kill(ui, k);
        return true;
    case TK_PASTE:
        ui_say(ui, w, ROLE_TEXT, "paste ignored, %d bytes", k->value);
        return true;
    case TK_BURST:
        ui_say(ui, w, ROLE_TEXT, "%d keys in 20 ms are a paste: ignored", k->value);
        return true;
    case TK_UNKNOWN:
    case TK_FUNCTION:
        return true;
    default:
        return false;
    }
}

void ui_key(struct ui *ui, const struct key *k, const struct ui_world *w)
{
    ui->keys++;
    if (on_news(ui, k, w)) {
        return;
    }
    bool repaint = k->code == TK_CTRL && k->value == 12;
    if (ui->overlay != OVERLAY_NONE && !repaint) {
        // Space pulls in every dialog that is not a text field.
        if (k->code == ' ' && !ui_in_field(ui)) {
            act_pull(ui, w, ' ');
        } else {
            overlay_key(ui, k, w);
        }
        return;
    }
    const struct binding *b = keys_find(k);
    if (b) {
        b->act(ui, w, k->code);
    }
}

void ui_tick(struct ui *ui, const struct ui_world *w)
{
    if (ui->held_kill_ns && w->now_ns > ui->held_kill_ns) {
        ui->held_kill_ns = 0;
        ui_say(ui, w, ROLE_ALARM_MEDIUM,
               "flatten not confirmed: orders cancelled, strategies paused, fence up; :release lifts it");
    }
    if (ui->undo_until_ns && w->now_ns > ui->undo_until_ns) {
        ui->undo_until_ns = 0;
    }
    if (ui->focus >= (int)w->s->instrument_count) {
        ui->focus = 0;
    }
}
