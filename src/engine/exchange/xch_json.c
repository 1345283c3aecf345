// SPDX-License-Identifier: Apache-2.0
#include "engine/exchange/xch_json.h"

#include <string.h>

#include "base/decimal.h"

struct jw jw_begin(char *buf, size_t cap)
{
    return (struct jw){.buf = buf, .cap = cap};
}

void jw_raw(struct jw *w, const char *s, size_t n)
{
    if (w->full || n >= w->cap - w->n) {
        w->full = true;
        return;
    }
    memcpy(w->buf + w->n, s, n);
    w->n += n;
}

void jw_cstr(struct jw *w, const char *s)
{
    jw_raw(w, s, strlen(s));
}

void jw_str(struct jw *w, const char *s)
{
    jw_lit(w, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') {
            jw_lit(w, "\\");
        }
        char as_is = (char)c;
        jw_raw(w, c < 0x20 || c > 0x7e ? "?" : &as_is, 1);
    }
    jw_lit(w, "\"");
}

void jw_uint(struct jw *w, uint64_t v)
{
    char digits[20];
    size_t n = decimal_digits(digits, v);
    jw_raw(w, digits, n);
}

void jw_int(struct jw *w, int64_t v)
{
    if (v < 0) {
        jw_lit(w, "-");
    }
    jw_uint(w, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void jw_bool(struct jw *w, bool v)
{
    jw_cstr(w, v ? "true" : "false");
}

void jw_dec(struct jw *w, int64_t v, int scale, int decimals)
{
    char tmp[40];
    tmp[0] = '"';
    size_t n = 1 + decimal_format(tmp + 1, v, scale, decimals);
    tmp[n++] = '"';
    jw_raw(w, tmp, n);
}

void jw_e8(struct jw *w, int64_t v_e8)
{
    jw_dec(w, v_e8, 8, 8);
}

size_t jw_end(struct jw *w)
{
    if (w->full || w->cap == 0) {
        return 0;
    }
    w->buf[w->n] = 0;
    return w->n;
}
