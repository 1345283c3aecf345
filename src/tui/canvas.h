// SPDX-License-Identifier: Apache-2.0
// canvas: the screen as a grid of cells, in memory. Panels draw here and never see curses or the terminal.
//
// A cell is one glyph of width 1 (BMP) and a role; what a role looks like is decided in roles.h. In ASCII
// form every glyph is replaced by its ASCII neighbour when it is put down, so no panel needs two forms.
// Owner: the drawing thread. Allocates once, in canvas_init.
#ifndef TT_TUI_CANVAS_H
#define TT_TUI_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/roles.h"

enum { CANVAS_ROWS_MAX = 200, CANVAS_COLS_MAX = 500 };

struct cell {
    uint16_t glyph;
    uint16_t role; // enum role
};

struct canvas {
    int rows, cols;
    bool utf8;
    struct cell *cell; // CANVAS_ROWS_MAX * CANVAS_COLS_MAX, row-major with stride cols
};

// A rectangle of a canvas: what a panel may draw on. Coordinates inside are relative; everything outside is
// clipped.
struct pane {
    struct canvas *canvas;
    int row, col, rows, cols;
};

bool canvas_init(struct canvas *c, bool utf8);
void canvas_free(struct canvas *c);
// Set the size (clamped to the maximum) and blank everything.
void canvas_reset(struct canvas *c, int rows, int cols);
struct pane canvas_pane(struct canvas *c, int row, int col, int rows, int cols);

// Put UTF-8 text (every glyph of width 1); returns the column after it, also when it was clipped.
int pane_text(const struct pane *p, int row, int col, enum role role, const char *text);
int pane_print(const struct pane *p, int row, int col, enum role role, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
// Text that ends before column `end`.
void pane_right(const struct pane *p, int row, int end, enum role role, const char *text);
// Columns that UTF-8 text takes.
int pane_columns(const char *text);
void pane_glyph(const struct pane *p, int row, int col, enum role role, uint32_t glyph);
void pane_fill(const struct pane *p, int row, int col, int cols, enum role role, uint32_t glyph);
// "- TITLE -----" over the whole width.
void pane_title(const struct pane *p, int row, const char *title);
// Give an area another role and keep its glyphs (reverse a line).
void pane_role(const struct pane *p, int row, int col, int cols, enum role role);
// Part of a pane, clipped to it.
struct pane pane_inner(const struct pane *p, int row, int col, int rows, int cols);

#endif
