// SPDX-License-Identifier: Apache-2.0
// line: one line of text from pieces, in a caller's buffer, cut at its end, always terminated; for code that may not use
// the printf family (engine/).
#ifndef TT_BASE_LINE_H
#define TT_BASE_LINE_H

#include <stddef.h>
#include <stdint.h>

struct line {
    char *buf;
    size_t cap, len;   // len < cap
};

// Start an empty line; cap > 0.
struct line line_start(char *buf, size_t cap);
void line_text(struct line *l, const char *s);
void line_int(struct line *l, int64_t v);
// v / 1e8 with so many decimals (0..8), rounded to nearest.
void line_e8(struct line *l, int64_t v, int decimals);
// A fraction in 1e-8 as percent with two decimals: 3000000 -> "3.00 %".
void line_percent(struct line *l, int64_t fraction_e8);

#endif
