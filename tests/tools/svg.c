// SPDX-License-Identifier: Apache-2.0
// svg: see svg.h. A run of cells with equal attributes is one <text> whose width is fixed by textLength, so
// that columns stand still whatever font the viewer has. Reversed cells get a rectangle behind them.
#include "tools/svg.h"

#include <stdint.h>

enum { CELL_W = 8, CELL_H = 17, BASELINE = 13, MARGIN = 8 };
enum { PAPER = 0x101317, INK = 0xd0d4d8 }; // what "the terminal's own" colours are in the picture

// The 256 colours as xterm has them.
static uint32_t palette_rgb(int32_t index)
{
    static const uint32_t BASIC[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
                                       0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
                                       0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
    static const uint32_t STEP[6] = {0x00, 0x5f, 0x87, 0xaf, 0xd7, 0xff};
    if (index < 16) {
        return BASIC[index];
    }
    if (index < 232) {
        int32_t i = index - 16;
        return STEP[i / 36] << 16 | STEP[i / 6 % 6] << 8 | STEP[i % 6];
    }
    uint32_t grey = 8 + 10 * (uint32_t)(index - 232);
    return grey << 16 | grey << 8 | grey;
}

static uint32_t rgb(int32_t colour, uint32_t own)
{
    return colour >= 0 && colour < 256 ? palette_rgb(colour) : own;
}

static bool same_look(struct vt_cell a, struct vt_cell b)
{
    return a.bold == b.bold && a.reverse == b.reverse && a.underline == b.underline && a.fg == b.fg &&
           a.bg == b.bg;
}

static void put_glyph(FILE *out, uint32_t g)
{
    if (g == '<' || g == '&' || g == '>') {
        fputs(g == '<' ? "&lt;" : g == '>' ? "&gt;" : "&amp;", out);
    } else if (g < 0x80) {
        fputc((int)g, out);
    } else if (g < 0x800) {
        fprintf(out, "%c%c", (int)(0xc0 | g >> 6), (int)(0x80 | (g & 0x3f)));
    } else {
        fprintf(out, "%c%c%c", (int)(0xe0 | (g >> 12 & 0x0f)), (int)(0x80 | (g >> 6 & 0x3f)),
                (int)(0x80 | (g & 0x3f)));
    }
}

static void put_box(FILE *out, int row, int col, int cols, uint32_t fill)
{
    fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n",
            MARGIN + col * CELL_W, MARGIN + row * CELL_H, cols * CELL_W, CELL_H, fill);
}

static void put_text(FILE *out, const struct vt *vt, int row, int from, int to, struct vt_cell look,
                     uint32_t ink)
{
    fprintf(out, "<text x=\"%d\" y=\"%d\" textLength=\"%d\"", MARGIN + from * CELL_W,
            MARGIN + row * CELL_H + BASELINE, (to - from) * CELL_W);
    if (ink != INK) {
        fprintf(out, " fill=\"#%06x\"", ink);
    }
    fputs(look.bold ? " font-weight=\"bold\"" : "", out);
    fputs(look.underline ? " text-decoration=\"underline\"" : "", out);
    fputc('>', out);
    for (int col = from; col < to; col++) {
        put_glyph(out, vt_cell_at(vt, row, col).glyph);
    }
    fputs("</text>\n", out);
}

// Cells [from, to) of one look: the box of reversed or coloured paper, then the text without its blank ends.
static void put_run(FILE *out, const struct vt *vt, int row, int from, int to)
{
    struct vt_cell look = vt_cell_at(vt, row, from);
    uint32_t ink = rgb(look.fg, INK);
    uint32_t paper = rgb(look.bg, PAPER);
    if (look.reverse) {
        uint32_t swap = ink;
        ink = paper;
        paper = swap;
    }
    if (paper != PAPER) {
        put_box(out, row, from, to - from, paper);
    }
    while (from < to && vt_cell_at(vt, row, from).glyph == ' ') {
        from++;
    }
    while (from < to && vt_cell_at(vt, row, to - 1).glyph == ' ') {
        to--;
    }
    if (from < to) {
        put_text(out, vt, row, from, to, look, ink);
    }
}

bool svg_write(FILE *out, const struct vt *vt, const char *title)
{
    int width = 2 * MARGIN + vt_cols(vt) * CELL_W;
    int height = 2 * MARGIN + vt_rows(vt) * CELL_H;
    fprintf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
        "role=\"img\">\n"
        "<!-- SPDX-License-Identifier: Apache-2.0. Made by `make screenshots`. -->\n<title>%s</title>\n"
        "<rect width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n"
        "<g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"13.3\" fill=\"#%06x\" "
        "xml:space=\"preserve\" style=\"white-space:pre\">\n",
        width, height, width, height, title, width, height, PAPER, INK);
    for (int row = 0; row < vt_rows(vt); row++) {
        for (int col = 0; col < vt_cols(vt);) {
            int end = col + 1;
            while (end < vt_cols(vt) && same_look(vt_cell_at(vt, row, end), vt_cell_at(vt, row, col))) {
                end++;
            }
            put_run(out, vt, row, col, end);
            col = end;
        }
    }
    fputs("</g>\n</svg>\n", out);
    return fflush(out) == 0 && !ferror(out);
}
