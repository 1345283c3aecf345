// SPDX-License-Identifier: Apache-2.0
// frame: the whole screen from one view: layout, status, panels, rules, overlay.
#include "tui/glyphs.h"
#include "tui/ui.h"
#include "tui/view.h"

typedef void (*panel_fn)(const struct pane *p, const struct view *v);

static const panel_fn PANELS[PANEL_COUNT] = {
    [PANEL_BOOK] = panel_book,
    [PANEL_TAPE] = panel_tape,
    [PANEL_FEATURES] = panel_features,
    [PANEL_MODEL] = panel_model,
    [PANEL_STRATEGIES] = panel_strategies,
    [PANEL_POSITION] = panel_position,
    [PANEL_LIMITS] = panel_limits,
    [PANEL_LATENCY] = panel_latency,
    [PANEL_ORDERS] = panel_orders,
    [PANEL_ALERTS] = panel_alerts,
};

static bool any_hint(const struct snapshot *s)
{
    for (uint32_t i = 0; i < s->instrument_count; i++) {
        if (s->ins[i].capital_hint[0]) {
            return true;
        }
    }
    return false;
}

static struct pane rect_pane(struct canvas *c, struct rect r)
{
    return canvas_pane(c, r.row, r.col, r.rows, r.cols);
}

static void draw_panels(struct canvas *c, const struct view *v)
{
    const struct layout *l = v->layout;
    for (int k = 0; k < PANEL_COUNT; k++) {
        if (l->panel[k].rows > 0) {
            struct pane p = rect_pane(c, l->panel[k]);
            panel_fn draw = k == PANEL_BOOK && l->kind == LAYOUT_COMPACT ? panel_book_touch : PANELS[k];
            draw(&p, v);
        }
    }
    if (l->zoom.rows > 0) {
        struct pane p = rect_pane(c, l->zoom);
        if (v->ui->view == VIEW_ORDERS) {
            zoom_orders(&p, v);
        } else {
            zoom_latency(&p, v);
        }
    }
}

static bool is_rule(const struct canvas *c, int row, int col)
{
    uint16_t dash = c->utf8 ? GLYPH_HLINE : '-';
    return col >= 0 && col < c->cols && c->cell[row * c->cols + col].glyph == dash;
}

static void draw_rules(struct canvas *c, const struct layout *l)
{
    struct pane all = canvas_pane(c, 0, 0, c->rows, c->cols);
    for (int k = 0; k < 2; k++) {
        const struct rule_line *r = &l->rule[k];
        for (int row = r->row; row < r->row + r->rows; row++) {
            bool left = is_rule(c, row, r->col - 1);
            bool right = is_rule(c, row, r->col + 1);
            uint32_t g = left && right ? (row == r->row ? GLYPH_TEE_DOWN : GLYPH_TEE_UP)
                         : right       ? GLYPH_TEE_RIGHT
                         : left        ? GLYPH_TEE_LEFT
                                       : GLYPH_VLINE;
            pane_glyph(&all, row, r->col, ROLE_LABEL, g);
        }
    }
}

// Terminals without a way to switch automatic margins off (screen, tmux, linux) cannot write the last cell
// without scrolling; ncurses' detour by insertion is not understood everywhere. So nobody draws there.
static void blank_last_cell(struct canvas *c)
{
    struct pane all = canvas_pane(c, 0, 0, c->rows, c->cols);
    pane_glyph(&all, c->rows - 1, c->cols - 1, ROLE_TEXT, ' ');
}

static void draw_lines(struct canvas *c, const struct view *v)
{
    const struct layout *l = v->layout;
    struct pane p = canvas_pane(c, 0, 0, 2, l->cols);
    status_draw(&p, v);
    if (l->hint_row >= 0) {
        p = canvas_pane(c, l->hint_row, 0, 1, l->cols);
        hint_draw(&p, v);
    }
    p = canvas_pane(c, l->source_row, 0, 1, l->cols);
    source_draw(&p, v);
    p = canvas_pane(c, l->echo_row, 0, 1, l->cols);
    echo_draw(&p, v);
    p = canvas_pane(c, l->keys_row, 0, 1, l->cols);
    keys_draw(&p, v);
}

void frame_draw(struct canvas *c, struct view *v, struct history *h, int rows, int cols)
{
    struct layout l;
    canvas_reset(c, rows, cols);
    layout_compute(&l, c->rows, c->cols, v->ui->view, any_hint(v->held));
    v->layout = &l;
    if (l.kind == LAYOUT_LINE) {
        struct pane p = canvas_pane(c, 0, 0, 1, l.cols);
        status_line_draw(&p, v);
        blank_last_cell(c);
        v->layout = NULL;
        return;
    }
    v->axis = history_axis(h, v->held, v->focus, l.panel[PANEL_BOOK].rows - 2);
    draw_panels(c, v);
    draw_rules(c, &l);
    draw_lines(c, v);
    struct pane body = canvas_pane(c, l.body.row, 0, l.body.rows + (l.hint_row >= 0) + 1, l.cols);
    overlay_draw(&body, v);
    blank_last_cell(c);
    v->layout = NULL; // it lives on this stack
}
