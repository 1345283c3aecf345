// SPDX-License-Identifier: Apache-2.0
#include "base/fmt.h"

#include "base/check.h"
#include "base/decimal.h"

struct fmt fmt_begin(char *buf, size_t cap)
{
    CHECK(cap >= 1);
    buf[0] = 0;
    return (struct fmt){buf, cap, 0};
}

void fmt_char(struct fmt *f, char c)
{
    if (f->len + 1 < f->cap) {
        f->buf[f->len++] = c;
        f->buf[f->len] = 0;
    }
}

void fmt_str(struct fmt *f, const char *s)
{
    while (*s && f->len + 1 < f->cap) {
        f->buf[f->len++] = *s++;
    }
    f->buf[f->len] = 0;
}

void fmt_dec(struct fmt *f, int64_t v, int scale, int decimals)
{
    CHECK(decimals >= 0 && decimals <= scale && scale <= 18);
    int64_t unit = 1;
    for (int i = decimals; i < scale; i++) {
        unit *= 10;
    }
    char text[32];
    if (unit > 1 && v > INT64_MIN + unit && v < INT64_MAX - unit) {
        v += v < 0 ? -(unit / 2) : unit / 2;
    }
    decimal_format(text, v, scale, decimals);
    fmt_str(f, text);
}

void fmt_int(struct fmt *f, int64_t v)
{
    fmt_dec(f, v, 0, 0);
}

void fmt_money(struct fmt *f, int64_t v_e8)
{
    fmt_dec(f, v_e8, 8, 2);
}

void fmt_pct(struct fmt *f, int64_t fraction_e8)
{
    fmt_dec(f, fraction_e8, 6, 2);
    fmt_str(f, " %");
}

void fmt_secs(struct fmt *f, int64_t ns)
{
    fmt_dec(f, ns, 9, 1);
    fmt_str(f, " s");
}
