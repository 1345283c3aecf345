// SPDX-License-Identifier: Apache-2.0
// overlay: help (generated from the binding table), the quit and confirm dialogs, the operator log. Status,
// echo and key lines stay free, so mode, kill state and the last action can be seen behind every dialog.
#include "tui/overlay.h"

#include <stdio.h>
#include <string.h>

#include "tui/format.h"
#include "tui/glyphs.h"
#include "tui/keys.h"
#include "tui/view.h"

static void blank(const struct pane *p)
{
    for (int row = 0; row < p->rows; row++) {
        pane_fill(p, row, 0, p->cols, ROLE_TEXT, ' ');
    }
}

static void draw_binding(const struct pane *p, int row, const struct binding *b)
{
    pane_print(p, row, 1, ROLE_STRONG, "%-7s", b->name);
    pane_text(p, row, 9, ROLE_TEXT, b->help);
}

// The bindings of one group from row on; returns the next free row.
static int draw_group(const struct pane *p, int row, enum key_group g, bool heading)
{
    size_t n;
    const struct binding *t = keys_table(&n);
    if (heading) {
        pane_text(p, row++, 1, ROLE_LABEL, keys_group_name(g));
    }
    for (size_t i = 0; i < n; i++) {
        if (t[i].group == g && t[i].help) {
            draw_binding(p, row++, &t[i]);
        }
    }
    return row;
}

static void draw_help(const struct pane *p, const struct view *v)
{
    blank(p);
    pane_title(p, 0, "? HELP   any key leaves, F acts");
    int row = draw_group(p, 1, KEYS_EMERGENCY, false);
    struct pane left = pane_inner(p, row, 0, p->rows - row, p->cols / 2);
    struct pane right = pane_inner(p, row, p->cols / 2, p->rows - row, p->cols - p->cols / 2);
    int next = draw_group(&left, 0, KEYS_TRADE, true);
    draw_group(&left, next, KEYS_MOVE, true);
    next = draw_group(&right, 0, v->has_orders ? KEYS_OTHER : KEYS_REPLAY, true);
    draw_group(&right, next, v->has_orders ? KEYS_REPLAY : KEYS_OTHER, true);
}

static struct pane dialog(const struct pane *p, int rows, int cols, const char *title)
{
    cols = cols < p->cols ? cols : p->cols;
    rows = rows < p->rows ? rows : p->rows;
    struct pane d = pane_inner(p, (p->rows - rows) / 2, (p->cols - cols) / 2, rows, cols);
    blank(&d);
    pane_title(&d, 0, title);
    pane_fill(&d, d.rows - 1, 0, d.cols, ROLE_LABEL, GLYPH_HLINE);
    for (int row = 1; row < d.rows - 1; row++) {
        pane_glyph(&d, row, 0, ROLE_LABEL, GLYPH_VLINE);
        pane_glyph(&d, row, d.cols - 1, ROLE_LABEL, GLYPH_VLINE);
    }
    return d;
}

static void draw_quit(const struct pane *p, const struct view *v)
{
    const struct snapshot *s = v->now;
    int rows = 5 + (int)s->instrument_count + v->ui->quitting;
    struct pane d = dialog(p, rows, 60, "QUIT?");
    int row = 1;
    for (uint32_t i = 0; i < s->instrument_count; i++) {
        char text[64];
        char name[INSTRUMENT_NAME_MAX];
        pane_print(&d, row++, 2, ROLE_TEXT, "%-10.12s %s", instrument_name(&s->ins[i].def, name),
                   view_position_text(text, &s->ins[i]));
    }
    pane_print(&d, row++, 2, ROLE_STRONG, "1  cancel %u orders, leave positions as they are", s->open_orders);
    pane_text(&d, row++, 2, ROLE_STRONG, "2  cancel orders and close positions, then leave");
    pane_text(&d, row++, 2, ROLE_STRONG, "3  stay (also Esc)");
    if (v->ui->quitting) {
        pane_text(&d, row, 2, ROLE_TEXT, "4  leave without the venue's answer (10 s after asking)");
    }
}

static void draw_confirm(const struct pane *p, const struct view *v)
{
    struct pane d = dialog(p, 4, 60, "CONFIRM");
    pane_print(&d, 1, 2, ROLE_STRONG, "%s", v->ui->pending.text);
    pane_text(&d, 2, 2, ROLE_TEXT, "y does it, any other key does not");
}

static void draw_shelve(const struct pane *p, const struct view *v)
{
    struct pane d = dialog(p, 4, 60, "SHELVE");
    pane_print(&d, 1, 2, ROLE_STRONG, "%s", v->ui->pending.text);
    pane_text(&d, 2, 2, ROLE_TEXT, "1  5 min   2  15 min   3  60 min   Esc no");
}

static void draw_log(const struct pane *p, const struct view *v)
{
    const struct snapshot *s = v->now;
    char text[ECHO_MAX];
    blank(p);
    pane_title(p, 0, "OPERATOR LOG  newest first; all of it is in the session database");
    for (uint32_t i = 0; i < s->echo_count && i < SNAP_ECHOES && (int)i + 1 < p->rows; i++) {
        echo_format(text, s, &s->echo[i], view_arrow(p), p->cols - 1);
        pane_text(p, (int)i + 1, 1, s->echo[i].refused ? ROLE_ALARM_LOW : ROLE_TEXT, text);
    }
    if (s->echo_count == 0) {
        pane_text(p, 1, 1, ROLE_LABEL, "nothing yet");
    }
}

void overlay_draw(const struct pane *p, const struct view *v)
{
    switch (v->ui->overlay) {
    case OVERLAY_HELP:
        draw_help(p, v);
        break;
    case OVERLAY_LOG:
        draw_log(p, v);
        break;
    case OVERLAY_QUIT:
        draw_quit(p, v);
        break;
    case OVERLAY_CONFIRM:
        draw_confirm(p, v);
        break;
    case OVERLAY_SHELVE:
        draw_shelve(p, v);
        break;
    case OVERLAY_PALETTE:
    case OVERLAY_WORD: // in the echo line
    case OVERLAY_NONE:
        break;
    }
}
