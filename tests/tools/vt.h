// SPDX-License-Identifier: Apache-2.0
// vt: a terminal emulator (libvterm) as the eye of a test: bytes in, an array of cells out.
#ifndef TT_TESTS_TOOLS_VT_H
#define TT_TESTS_TOOLS_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VT_ROWS_MAX = 210, VT_COLS_MAX = 510 };

struct vt_cell {
    uint32_t glyph; // 0x20 when blank
    bool bold, reverse, underline;
    int32_t fg, bg; // palette index, -1 the default
};

struct vt;

struct vt *vt_new(int rows, int cols);
void vt_free(struct vt *vt);
void vt_resize(struct vt *vt, int rows, int cols);
void vt_write(struct vt *vt, const void *bytes, size_t n);
struct vt_cell vt_cell_at(const struct vt *vt, int row, int col);
// A row as UTF-8 with trailing blanks cut. buf: 4 * VT_COLS_MAX + 1 bytes.
char *vt_row(const struct vt *vt, int row, char *buf);
// First row that contains the text, -1 when none does.
int vt_find(const struct vt *vt, const char *text);
int vt_rows(const struct vt *vt);
int vt_cols(const struct vt *vt);
// Do both show the same glyphs and attributes? On a difference: where.
bool vt_same(const struct vt *a, const struct vt *b, int *row, int *col);

#endif
