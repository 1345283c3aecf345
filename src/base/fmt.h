// SPDX-License-Identifier: Apache-2.0
// fmt: one-line texts without the printf family: append pieces to a caller-given buffer. Always
// zero-terminated, never past the buffer; what does not fit is cut. For engine/ (pure), and wherever a format
// string would be a risk.
#ifndef TT_BASE_FMT_H
#define TT_BASE_FMT_H

#include <stddef.h>
#include <stdint.h>

struct fmt {
    char *buf;
    size_t cap; // bytes at buf, >= 1
    size_t len; // characters so far, < cap
};

// Start an empty line in buf (cap >= 1).
struct fmt fmt_begin(char *buf, size_t cap);
// Append a C string.
void fmt_str(struct fmt *f, const char *s);
void fmt_char(struct fmt *f, char c);
void fmt_int(struct fmt *f, int64_t v);
// v / 10^scale with `decimals` places, rounded to nearest (ties away from zero).
void fmt_dec(struct fmt *f, int64_t v, int scale, int decimals);
// An e8 amount with two places: "25.00".
void fmt_money(struct fmt *f, int64_t v_e8);
// An e8 fraction in percent with two places: "3.00 %".
void fmt_pct(struct fmt *f, int64_t fraction_e8);
// Nanoseconds as seconds with one place: "1.5 s".
void fmt_secs(struct fmt *f, int64_t ns);

#endif
