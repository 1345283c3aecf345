// SPDX-License-Identifier: Apache-2.0
// vt: see vt.h.
#include "tools/vt.h"

#include <stdlib.h>
#include <string.h>
#include <vterm.h>

struct vt {
    VTerm *term;
    VTermScreen *screen;
    int rows, cols;
};

struct vt *vt_new(int rows, int cols)
{
    struct vt *vt = calloc(1, sizeof *vt);
    if (!vt) {
        abort();
    }
    vt->rows = rows;
    vt->cols = cols;
    vt->term = vterm_new(rows, cols);
    vterm_set_utf8(vt->term, 1);
    vt->screen = vterm_obtain_screen(vt->term);
    vterm_screen_enable_altscreen(vt->screen, 1);
    vterm_screen_reset(vt->screen, 1);
    return vt;
}

void vt_free(struct vt *vt)
{
    vterm_free(vt->term);
    free(vt);
}

void vt_resize(struct vt *vt, int rows, int cols)
{
    vt->rows = rows;
    vt->cols = cols;
    vterm_set_size(vt->term, rows, cols);
}

void vt_write(struct vt *vt, const void *bytes, size_t n)
{
    vterm_input_write(vt->term, bytes, n);
}

static int32_t colour_of(const VTermColor *c, bool fg)
{
    if (fg ? VTERM_COLOR_IS_DEFAULT_FG(c) : VTERM_COLOR_IS_DEFAULT_BG(c)) {
        return -1;
    }
    return VTERM_COLOR_IS_INDEXED(c) ? c->indexed.idx : 0x1000000;
}

struct vt_cell vt_cell_at(const struct vt *vt, int row, int col)
{
    VTermScreenCell cell;
    VTermPos pos = {row, col};
    memset(&cell, 0, sizeof cell);
    vterm_screen_get_cell(vt->screen, pos, &cell);
    return (struct vt_cell){.glyph = cell.chars[0] ? cell.chars[0] : ' ',
                            .bold = cell.attrs.bold,
                            .reverse = cell.attrs.reverse,
                            .underline = cell.attrs.underline != 0,
                            .fg = colour_of(&cell.fg, true),
                            .bg = colour_of(&cell.bg, false)};
}

static size_t put_utf8(char *to, uint32_t g)
{
    if (g < 0x80) {
        to[0] = (char)g;
        return 1;
    }
    if (g < 0x800) {
        to[0] = (char)(0xc0 | g >> 6);
        to[1] = (char)(0x80 | (g & 0x3f));
        return 2;
    }
    to[0] = (char)(0xe0 | (g >> 12 & 0x0f));
    to[1] = (char)(0x80 | (g >> 6 & 0x3f));
    to[2] = (char)(0x80 | (g & 0x3f));
    return 3;
}

char *vt_row(const struct vt *vt, int row, char *buf)
{
    size_t n = 0;
    size_t end = 0;
    for (int col = 0; col < vt->cols; col++) {
        struct vt_cell c = vt_cell_at(vt, row, col);
        n += put_utf8(buf + n, c.glyph);
        end = c.glyph != ' ' ? n : end;
    }
    buf[end] = 0;
    return buf;
}

int vt_find(const struct vt *vt, const char *text)
{
    char buf[4 * VT_COLS_MAX + 1];
    for (int row = 0; row < vt->rows; row++) {
        if (strstr(vt_row(vt, row, buf), text)) {
            return row;
        }
    }
    return -1;
}

int vt_rows(const struct vt *vt)
{
    return vt->rows;
}

int vt_cols(const struct vt *vt)
{
    return vt->cols;
}

static bool same_cell(struct vt_cell a, struct vt_cell b)
{
    return a.glyph == b.glyph && a.bold == b.bold && a.reverse == b.reverse && a.underline == b.underline &&
           a.fg == b.fg && a.bg == b.bg;
}

bool vt_same(const struct vt *a, const struct vt *b, int *row, int *col)
{
    for (*row = 0; *row < a->rows; ++*row) {
        for (*col = 0; *col < a->cols; ++*col) {
            if (!same_cell(vt_cell_at(a, *row, *col), vt_cell_at(b, *row, *col))) {
                return false;
            }
        }
    }
    return true;
}
