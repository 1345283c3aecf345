// SPDX-License-Identifier: Apache-2.0
// scan_fields: see scan_fields.h.
#include "engine/venue/scan_fields.h"

static uint8_t slot_of(const struct field_table *t, const char *key, size_t n)
{
    if (n == 1) {
        return (unsigned char)key[0] < 128 ? t->letter[(unsigned char)key[0]] : 0;
    }
    for (size_t i = 0; i < t->n_words; i++) {
        if (t->words[i].n == n && memcmp(key, t->words[i].word, n) == 0) {
            return t->words[i].slot;
        }
    }
    return 0;
}

// One value. Returns the first byte after it.
static const char *value_span(const char *p, const char *end, struct span *v)
{
    static const uint8_t TYPE[128] = {['"'] = SPAN_STRING, ['t'] = SPAN_TRUE,   ['f'] = SPAN_FALSE,
                                      ['n'] = SPAN_NULL,   ['{'] = SPAN_NESTED, ['['] = SPAN_NESTED};
    const char *after = scan_skip_value(p, end, 1);
    if (!after) {
        return NULL;
    }
    bool number = *p == '-' || is_digit(*p);
    v->type = number ? SPAN_NUMBER : TYPE[(unsigned char)*p & 127];
    bool text = v->type == SPAN_STRING;
    v->at = p + text;
    v->n = (uint32_t)(after - p - (text ? 2 : 0));
    return after;
}

static bool is_odd(const struct span *v)
{
    return v->type == SPAN_NESTED ||
           (v->type == SPAN_NUMBER && (v->n > 15 || memchr(v->at, 'e', v->n) || memchr(v->at, 'E', v->n)));
}

const char *scan_fields(const char *p, const char *end, const struct field_table *table, struct fields *out)
{
    out->seen = 0;
    out->odd = false;
    p = skip_blank(p + 1, end);
    if (p < end && *p == '}') {
        return p + 1;
    }
    for (;;) {
        const char *close = p < end && *p == '"' ? string_end(p + 1, end) : NULL;
        if (!close) {
            return NULL;
        }
        uint8_t slot = slot_of(table, p + 1, (size_t)(close - p - 1));
        p = skip_blank(close + 1, end);
        if (p >= end || *p != ':' || (out->seen >> slot & 1 && slot)) {
            return NULL;
        }
        out->seen |= UINT64_C(1) << slot;
        p = skip_blank(p + 1, end);
        p = p < end ? value_span(p, end, &out->at[slot]) : NULL;
        out->odd |= p && slot == 0 && is_odd(&out->at[0]);
        p = p ? skip_blank(p, end) : NULL;
        if (!p || p >= end || (*p != ',' && *p != '}')) {
            return NULL;
        }
        if (*p++ == '}') {
            return p;
        }
        p = skip_blank(p, end);
    }
}
