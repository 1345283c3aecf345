// SPDX-License-Identifier: Apache-2.0
// echo: one line that says what was done, by whom, and how far it has come. It grows in place as answers
// arrive; a stage without an answer shows ".." and its age. Held kill, typed text and the console's own
// messages take its place.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tui/format.h"
#include "tui/guard.h"
#include "tui/limits.h"
#include "tui/overlay.h"
#include "tui/ui.h"
#include "tui/view.h"

static const int64_t MESSAGE_NS = 15 * NS_PER_S;

struct line {
    char text[ECHO_MAX];
    size_t n;
};

static void add(struct line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct line *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int wrote = vsnprintf(l->text + l->n, sizeof l->text - l->n, fmt, ap);
    va_end(ap);
    if (wrote > 0) {
        l->n = l->n + (size_t)wrote < sizeof l->text ? l->n + (size_t)wrote : sizeof l->text - 1;
    }
}

static const char *verb_text(uint8_t verb)
{
    static const char *const TEXT[VERB_COUNT] = {
        [VERB_NONE] = "-",
        [VERB_FLATTEN] = "F FLATTEN",
        [VERB_PULL] = "Space PULL",
        [VERB_CANCEL] = "x CANCEL",
        [VERB_PAUSE] = "p PAUSE",
        [VERB_RESUME] = "p RESUME",
        [VERB_SIZE] = "SIZE",
        [VERB_SPREAD] = "SPREAD",
        [VERB_LIMIT] = "LIMIT",
        [VERB_ACK] = "a ACK",
        [VERB_SHELVE] = "s SHELVE",
        [VERB_RELEASE] = "RELEASE",
        [VERB_ABORT_FLATTEN] = "ABORT FLATTEN",
        [VERB_QUIT] = "q QUIT",
        [VERB_RECONCILE] = "RECONCILE",
        [VERB_ADD_ALARM] = "ALARM",
    };
    return verb < VERB_COUNT ? TEXT[verb] : "?";
}

static const char *actor_text(uint8_t actor)
{
    return actor == ACTOR_OPERATOR ? "you" : actor == ACTOR_REMOTE ? "remote" : "auto";
}

static void add_after(struct line *l, int64_t ns)
{
    char ms[FORMAT_MAX];
    if (ns > 0) {
        add(l, " +%s ms", format_e8(ms, 0, ns * 100, ns < 100 * NS_PER_MS ? 1 : 0, 0));
    }
}

static void add_target(struct line *l, const struct snapshot *s, const struct snap_echo *e)
{
    if (e->verb == VERB_SIZE || e->verb == VERB_SPREAD) {
        add(l, " %+lld", (long long)e->value);
    }
    if (e->verb == VERB_PAUSE || e->verb == VERB_RESUME || e->verb == VERB_SIZE || e->verb == VERB_SPREAD) {
        add(l, " maker");
    }
    if (e->verb == VERB_LIMIT && e->sub < LIMIT_COUNT) {
        char value[FORMAT_MAX];
        enum limit_id id = (enum limit_id)e->sub;
        add(l, " %s %s", limit_label(id)->word, limit_format(value, 0, id, e->value));
    }
    bool none = e->verb == VERB_ACK || e->verb == VERB_SHELVE || e->verb == VERB_LIMIT ||
                e->verb == VERB_RELEASE || e->verb == VERB_QUIT;
    if (e->instrument < s->instrument_count) {
        char name[INSTRUMENT_NAME_MAX];
        add(l, " %.12s", instrument_name(&s->ins[e->instrument].def, name));
    } else if (!none) {
        add(l, " all");
    }
}

// A stage that waits: ".." and how long.
static void add_wait(struct line *l, const struct snapshot *s, const struct snap_echo *e)
{
    char age[FORMAT_MAX];
    add(l, ".. %s", format_age(age, 0, s->wall_ns - e->wall_ns));
}

// A flatten and a quit send one request for each symbol that cancels whatever is open there, also where we
// know of nothing.
static bool sweeps(const struct snap_echo *e)
{
    return e->verb == VERB_FLATTEN || e->verb == VERB_QUIT;
}

static void add_requests(struct line *l, const struct snap_echo *e, const char *arrow)
{
    uint32_t sent = e->cancels_sent + e->closes_sent;
    if (e->cancels_sent && sweeps(e)) {
        add(l, "%scancel-all", arrow);
        add_after(l, e->first_write_ns);
    } else if (e->cancels_sent) {
        add(l, "%s%u cancel%s", arrow, e->cancels_sent, e->cancels_sent == 1 ? "" : "s");
        add_after(l, e->first_write_ns);
    }
    if (e->closes_sent) {
        add(l, "%s%u close%s", e->cancels_sent ? ", " : arrow, e->closes_sent,
            e->closes_sent == 1 ? "" : "s");
    }
    if (sent) {
        add(l, "%sACK %u/%u", arrow, e->cancels_acked + e->closes_acked, sent);
        add_after(l, e->acked_ns);
    }
}

static void add_verified(struct line *l, const struct snapshot *s, const struct snap_echo *e,
                         const char *arrow)
{
    const char *word = e->verb == VERB_QUIT && e->value == QUIT_CANCEL ? "no orders" : "FLAT";
    char left[FORMAT_MAX];
    if (!e->flat_ns) {
        add(l, "%s%s", arrow, word);
        add_wait(l, s, e);
        return;
    }
    add(l, "%s%s", arrow, word);
    add_after(l, e->flat_ns);
    if (e->sealed_ns) {
        add(l, "%sSEALED", arrow);
        add_after(l, e->sealed_ns);
    } else if (s->kill.seal_due_mono_ns) {
        int64_t left_ns = s->kill.seal_due_mono_ns - s->mono_ns;
        add(l, "%sSEALED in %s", arrow, format_age(left, 0, left_ns > 0 ? left_ns + NS_PER_S - 1 : 0));
    }
}

// short_form: the clock in seconds, no target; of the stages before FLAT, once that is reached,
// only when the first byte was sent.
static void format_line(struct line *l, const struct snapshot *s, const struct snap_echo *e,
                        const char *arrow, bool short_form)
{
    char clock[FORMAT_MAX];
    l->n = 0;
    l->text[0] = 0;
    format_clock_ms(clock, e->wall_ns);
    add(l, "%.*s %s: %s", short_form ? 8 : 12, clock, actor_text(e->actor), verb_text(e->verb));
    if (!short_form || !sweeps(e)) {
        add_target(l, s, e);
    }
    if (e->refused) {
        add(l, "%sFAIL %.95s", arrow, e->text);
        return;
    }
    if (!short_form || !e->flat_ns) {
        add_requests(l, e, arrow);
    } else if (e->first_write_ns) {
        add(l, "%ssent", arrow);
        add_after(l, e->first_write_ns);
    }
    if (sweeps(e)) {
        add_verified(l, s, e, arrow);
    }
    if (e->done_ns) {
        add(l, "  OK");
        if (!e->cancels_sent && !e->flat_ns) {
            add_after(l, e->done_ns);
        }
    }
    if (e->text[0]) {
        add(l, "  %.95s", e->text);
    }
}

void echo_format(char *buf, const struct snapshot *s, const struct snap_echo *e, const char *arrow, int cols)
{
    struct line l;
    format_line(&l, s, e, arrow, false);
    if (pane_columns(l.text) > cols) {
        format_line(&l, s, e, arrow, true);
    }
    memcpy(buf, l.text, l.n + 1);
}

static void draw_held(const struct pane *p, const struct view *v)
{
    char notional[FORMAT_MAX];
    int64_t gross_e8 = 0;
    const struct snapshot *s = v->now;
    for (uint32_t i = 0; i < s->instrument_count; i++) {
        const struct snap_instrument *ins = &s->ins[i];
        int64_t lots = ins->position_lots < 0 ? -ins->position_lots : ins->position_lots;
        double value = (double)instrument_qty_e8(&ins->def, lots) * ((double)ins->mark_e8 / 1e8);
        gross_e8 += value < 9e17 ? (int64_t)value : 0;
    }
    int64_t left_ns = v->ui->held_kill_ns - v->clock_ns;
    pane_print(p, 0, 0, ROLE_ALARM_HIGH, "FENCE UP, cancelling. F again within %lld s to close %s USDT",
               (long long)(left_ns > 0 ? left_ns / NS_PER_S + 1 : 0),
               format_e8(notional, 0, gross_e8, 2, FORMAT_GROUP));
}

static void draw_field(const struct pane *p, const struct view *v)
{
    const struct ui *ui = v->ui;
    int col;
    if (ui->overlay == OVERLAY_PALETTE) {
        col = pane_print(p, 0, 0, ROLE_STRONG, ":%s", ui->field);
        pane_glyph(p, 0, col, ROLE_INPUT, ' ');
        char list[192];
        pane_print(p, 0, col + 2, ROLE_LABEL, "%s", ui_palette_describe(ui->field, list, sizeof list));
        return;
    }
    const char *word = ui->pending.op.verb == VERB_LIMIT ? "raise" : "abort";
    col = pane_print(p, 0, 0, ROLE_STRONG, "%s: type  %s  to confirm: %s", ui->pending.text, word, ui->field);
    pane_glyph(p, 0, col, ROLE_INPUT, ' ');
}

// A message stands until something newer happens; one that is no alarm, for 15 s at most.
static bool message_stands(const struct view *v)
{
    const struct ui *ui = v->ui;
    uint64_t newest = v->now->echo_count ? v->now->echo[0].seq : 0;
    bool alarm = ui->message_role == ROLE_ALARM_HIGH || ui->message_role == ROLE_ALARM_MEDIUM;
    return ui->message_ns && ui->message_echo_seq == newest &&
           (alarm || v->clock_ns - ui->message_ns < MESSAGE_NS);
}

// The store's note (export done, disk full) has the line while it is news, and the free end of it later.
static bool note_is_news(const struct view *v)
{
    return v->note && v->note[0] && v->note_ns >= v->ui->message_ns && v->clock_ns - v->note_ns < MESSAGE_NS;
}

static void draw_note(const struct pane *p, const struct view *v, int end)
{
    const char *note = v->note ? v->note : "";
    if (note[0] && end + 2 + (int)strlen(note) < p->cols) {
        pane_right(p, 0, p->cols, ROLE_LABEL, note);
    } else if (note[0] && end == 0) {
        pane_text(p, 0, 0, ROLE_LABEL, note);
    }
}

static void draw_newest(const struct pane *p, const struct view *v)
{
    const struct snap_echo *e = &v->now->echo[0];
    char text[ECHO_MAX];
    if (v->now->echo_count == 0) {
        draw_note(p, v, 0);
        return;
    }
    echo_format(text, v->now, e, view_arrow(p), p->cols);
    draw_note(p, v, pane_text(p, 0, 0, e->refused ? ROLE_ALARM_HIGH : ROLE_TEXT, text));
}

void echo_draw(const struct pane *p, const struct view *v)
{
    if (v->ui->held_kill_ns) {
        draw_held(p, v);
    } else if (ui_in_field(v->ui) && v->clock_ns - v->ui->message_ns > 2 * NS_PER_S) {
        draw_field(p, v);
    } else if (note_is_news(v)) {
        pane_text(p, 0, 0, ROLE_STRONG, v->note);
    } else if (message_stands(v)) {
        pane_text(p, 0, 0, v->ui->message_role, v->ui->message);
    } else {
        draw_newest(p, v);
    }
}
