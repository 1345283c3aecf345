// SPDX-License-Identifier: Apache-2.0
// glyphs: every non-ASCII glyph the console uses, and its ASCII neighbour. All have wcwidth 1.
#ifndef TT_TUI_GLYPHS_H
#define TT_TUI_GLYPHS_H

#include <stddef.h>
#include <stdint.h>

enum glyph {
    GLYPH_HLINE = 0x2500,
    GLYPH_VLINE = 0x2502,
    GLYPH_TEE_RIGHT = 0x251c,
    GLYPH_TEE_DOWN = 0x252c,
    GLYPH_TEE_UP = 0x2534,
    GLYPH_TEE_LEFT = 0x2524,
    GLYPH_ARROW = 0x2192,
    GLYPH_LAST = 0x25c2,
    GLYPH_FOCUS = 0x25b8,
    GLYPH_TRADE = 0x25ae,
    GLYPH_GAUGE_LEFT = 0x2595,
    GLYPH_GAUGE_RIGHT = 0x258f,
    GLYPH_MODE_LEFT = 0x258c,
    GLYPH_MODE_RIGHT = 0x2590,
};

enum { GLYPH_LEVELS = 8 };

// Sparkline glyph of level 0..7 (the lowest is visible: a blank is a gap).
uint32_t glyph_spark(int level);
// Horizontal bar cell filled to eighths 0..8; 0 is the empty cell of a gauge.
uint32_t glyph_bar(int eighths);

// The glyph if it is known (or ASCII), else '?': nothing else reaches a screen.
uint32_t glyph_screen(uint32_t glyph);
// Its ASCII neighbour.
uint32_t glyph_ascii(uint32_t glyph);

// All non-ASCII glyphs, for the test of their width.
const uint32_t *glyph_table(size_t *count);

#endif
