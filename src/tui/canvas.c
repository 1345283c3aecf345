// SPDX-License-Identifier: Apache-2.0
// canvas: see canvas.h. Clipping happens in one place (put), so a panel can be wrong about its width and hurt
// nobody.
#include "tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/glyphs.h"

bool canvas_init(struct canvas *c, bool utf8)
{
    *c = (struct canvas){.utf8 = utf8};
    c->cell = calloc((size_t)CANVAS_ROWS_MAX * CANVAS_COLS_MAX, sizeof *c->cell);
    return c->cell != NULL;
}

void canvas_free(struct canvas *c)
{
    free(c->cell);
    c->cell = NULL;
}

void canvas_reset(struct canvas *c, int rows, int cols)
{
    c->rows = rows < 1 ? 1 : rows > CANVAS_ROWS_MAX ? CANVAS_ROWS_MAX : rows;
    c->cols = cols < 1 ? 1 : cols > CANVAS_COLS_MAX ? CANVAS_COLS_MAX : cols;
    struct cell blank = {' ', ROLE_TEXT};
    for (int i = 0; i < c->rows * c->cols; i++) {
        c->cell[i] = blank;
    }
}

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

struct pane canvas_pane(struct canvas *c, int row, int col, int rows, int cols)
{
    struct pane p = {.canvas = c, .row = clamp(row, 0, c->rows), .col = clamp(col, 0, c->cols)};
    p.rows = clamp(rows, 0, c->rows - p.row);
    p.cols = clamp(cols, 0, c->cols - p.col);
    return p;
}

struct pane pane_inner(const struct pane *p, int row, int col, int rows, int cols)
{
    struct pane in = {.canvas = p->canvas};
    int top = clamp(row, 0, p->rows);
    int left = clamp(col, 0, p->cols);
    in.row = p->row + top;
    in.col = p->col + left;
    in.rows = clamp(rows, 0, p->rows - top);
    in.cols = clamp(cols, 0, p->cols - left);
    return in;
}

static void put(const struct pane *p, int row, int col, enum role role, uint32_t glyph)
{
    if (row < 0 || row >= p->rows || col < 0 || col >= p->cols) {
        return;
    }
    struct canvas *c = p->canvas;
    uint32_t shown = c->utf8 ? glyph_screen(glyph) : glyph_ascii(glyph);
    c->cell[(p->row + row) * c->cols + p->col + col] =
        (struct cell){.glyph = (uint16_t)shown, .role = (uint16_t)role};
}

// Next code point of valid UTF-8 (our own literals); anything else gives '?' and moves on one byte.
static uint32_t next_glyph(const unsigned char **s)
{
    const unsigned char *b = *s;
    if (b[0] < 0x80) {
        *s += 1;
        return b[0];
    }
    if ((b[0] & 0xe0) == 0xc0 && (b[1] & 0xc0) == 0x80) {
        *s += 2;
        return (uint32_t)(b[0] & 0x1f) << 6 | (b[1] & 0x3f);
    }
    if ((b[0] & 0xf0) == 0xe0 && (b[1] & 0xc0) == 0x80 && (b[2] & 0xc0) == 0x80) {
        *s += 3;
        return (uint32_t)(b[0] & 0x0f) << 12 | (uint32_t)(b[1] & 0x3f) << 6 | (b[2] & 0x3f);
    }
    *s += 1;
    return '?';
}

int pane_text(const struct pane *p, int row, int col, enum role role, const char *text)
{
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        put(p, row, col++, role, next_glyph(&s));
    }
    return col;
}

int pane_print(const struct pane *p, int row, int col, enum role role, const char *fmt, ...)
{
    char buf[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(buf, sizeof buf, fmt, ap);
    va_end(ap);
    return pane_text(p, row, col, role, buf);
}

int pane_columns(const char *text)
{
    int cols = 0;
    for (const unsigned char *s = (const unsigned char *)text; *s; cols++) {
        next_glyph(&s);
    }
    return cols;
}

void pane_right(const struct pane *p, int row, int end, enum role role, const char *text)
{
    pane_text(p, row, end - pane_columns(text), role, text);
}

void pane_glyph(const struct pane *p, int row, int col, enum role role, uint32_t glyph)
{
    put(p, row, col, role, glyph);
}

void pane_fill(const struct pane *p, int row, int col, int cols, enum role role, uint32_t glyph)
{
    for (int i = 0; i < cols && i < p->cols; i++) {
        put(p, row, col + i, role, glyph);
    }
}

void pane_title(const struct pane *p, int row, const char *title)
{
    pane_fill(p, row, 0, p->cols, ROLE_LABEL, GLYPH_HLINE);
    put(p, row, 1, ROLE_LABEL, ' ');
    int end = pane_text(p, row, 2, ROLE_LABEL, title);
    put(p, row, end, ROLE_LABEL, ' ');
}

void pane_role(const struct pane *p, int row, int col, int cols, enum role role)
{
    for (int i = col; i < col + cols; i++) {
        if (row >= 0 && row < p->rows && i >= 0 && i < p->cols) {
            p->canvas->cell[(p->row + row) * p->canvas->cols + p->col + i].role = (uint16_t)role;
        }
    }
}
