// SPDX-License-Identifier: Apache-2.0
// glyphs: see glyphs.h. One table; a glyph that is not in it cannot be drawn.
#include "tui/glyphs.h"

#include "base/check.h"

// Sparklines and bars first, then the rest by use. Same index in both tables.
static const uint32_t SCREEN[] = {
    0x2581,           0x2582,           0x2583,          0x2584,         0x2585,
    0x2586,           0x2587,           0x2588, // sparkline; the last is also the full bar
    0x258f,           0x258e,           0x258d,          0x258c,         0x258b,
    0x258a,           0x2589, // one to seven eighths from the left
    GLYPH_HLINE,      GLYPH_VLINE,      GLYPH_TEE_RIGHT, GLYPH_TEE_DOWN, GLYPH_TEE_UP,
    GLYPH_TEE_LEFT,   GLYPH_ARROW,      GLYPH_LAST,      GLYPH_FOCUS,    GLYPH_TRADE,
    GLYPH_GAUGE_LEFT, GLYPH_MODE_RIGHT, 0x03a3,          0x2265,         0x2264,
    0x00b1,           0x00b5,           0x2248,          0x00d7, // sum, >=, <=, plus-minus, micro, about,
                                                                 // times
};
static const char ASCII[] =
    ".:-=+*#@"
    "......." // a partial eighth rounds below in glyph_bar; alone it is a gauge's empty cell
    "-|++++"
    "><>#[]"
    "S><~u~x";

_Static_assert(sizeof ASCII - 1 == sizeof SCREEN / sizeof *SCREEN, "one neighbour for each glyph");

uint32_t glyph_spark(int level)
{
    return SCREEN[level < 0 ? 0 : level >= GLYPH_LEVELS ? GLYPH_LEVELS - 1 : level];
}

uint32_t glyph_bar(int eighths)
{
    CHECK(eighths >= 0 && eighths <= 8);
    return eighths == 0 ? ' ' : eighths == 8 ? 0x2588 : SCREEN[GLYPH_LEVELS + eighths - 1];
}

static int find(uint32_t glyph)
{
    for (size_t i = 0; i < sizeof SCREEN / sizeof *SCREEN; i++) {
        if (SCREEN[i] == glyph) {
            return (int)i;
        }
    }
    return -1;
}

uint32_t glyph_screen(uint32_t glyph)
{
    if (glyph >= 0x20 && glyph <= 0x7e) {
        return glyph;
    }
    return find(glyph) >= 0 ? glyph : '?';
}

uint32_t glyph_ascii(uint32_t glyph)
{
    if (glyph >= 0x20 && glyph <= 0x7e) {
        return glyph;
    }
    int at = find(glyph);
    return at >= 0 ? (uint32_t)ASCII[at] : '?';
}

const uint32_t *glyph_table(size_t *count)
{
    *count = sizeof SCREEN / sizeof *SCREEN;
    return SCREEN;
}
