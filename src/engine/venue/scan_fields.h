// SPDX-License-Identifier: Apache-2.0
// scan_fields: one flat object walked once: a span for each key of a table, everything else skipped by the
// grammar. For the messages that are not so frequent that they deserve a pass of their own; and the readers
// of such spans. Strings are not unescaped: a text with a backslash is refused by span_name and span_text.
#ifndef TT_ENGINE_VENUE_SCAN_FIELDS_H
#define TT_ENGINE_VENUE_SCAN_FIELDS_H

#include <string.h>

#include "engine/venue/scan_text.h"

enum { FIELDS_MAX = 64 };

struct field_word { // a key of two letters or more
    const char *word;
    uint8_t n, slot;
};

struct field_table {
    uint8_t letter[128]; // keys of one letter: slot, 0 unknown
    const struct field_word *words;
    size_t n_words;
};

struct fields {
    uint64_t seen; // bit per slot; bit 0: some key that the table does not have
    bool odd;      // an unknown member is nested, or a number of more than 15 characters or with an exponent
    struct span at[FIELDS_MAX];
};

// p: at '{'. Returns the first byte after the matching '}', NULL: malformed, or a key of the table twice.
const char *scan_fields(const char *p, const char *end, const struct field_table *table, struct fields *out);

static inline bool span_is(const struct span *v, const char *text, size_t n)
{
    return v->type == SPAN_STRING && v->n == n && memcmp(v->at, text, n) == 0;
}

static inline bool span_is_scalar(const struct span *v)
{
    return v->type == SPAN_STRING || v->type == SPAN_NUMBER;
}

// A decimal, quoted or not, in 1e-8, of either sign.
static inline bool span_e8(const struct span *v, int64_t *out)
{
    return span_is_scalar(v) && e8_any(v->at, v->n, out);
}

// A non-negative integer up to INT64_MAX, quoted or not: digits only.
static inline bool span_int(const struct span *v, int64_t *out)
{
    if (!span_is_scalar(v) || v->n == 0) {
        return false;
    }
    uint64_t fast;
    unsigned frac;
    bool point;
    if (v->n <= SCAN_NUMBER_FAST && digits16(v->at, v->n, &fast, &frac, &point) && !point) {
        *out = (int64_t)fast;
        return true;
    }
    for (uint32_t i = 0; i < v->n; i++) {
        if (!is_digit(v->at[i])) {
            return false;
        }
    }
    return decimal_parse(v->at, v->n, 0, out);
}

static inline bool span_bool(const struct span *v, uint8_t *out)
{
    *out = v->type == SPAN_TRUE;
    return v->type == SPAN_TRUE || v->type == SPAN_FALSE;
}

// A name of printable ASCII without blanks and escapes that fits; `to` has room for cap bytes, a multiple of
// 8. Reads at most 8 bytes beyond.
static inline bool span_name(const struct span *v, char *to, uint32_t cap)
{
    if (v->type != SPAN_STRING || v->n == 0 || v->n >= cap) {
        return false;
    }
    for (uint32_t i = 0; i < v->n; i += 8) {
        __m128i s = _mm_loadl_epi64((const __m128i *)(const void *)(v->at + i));
        __m128i odd =
            _mm_or_si128(_mm_cmplt_epi8(s, _mm_set1_epi8('!')), _mm_cmpeq_epi8(s, _mm_set1_epi8(0x7f)));
        odd = _mm_or_si128(odd, _mm_cmpeq_epi8(s, _mm_set1_epi8('\\')));
        uint32_t left = v->n - i;
        uint32_t in = left >= 8 ? 0xff : (1u << left) - 1;
        if ((uint32_t)_mm_movemask_epi8(odd) & in) {
            return false;
        }
        _mm_storel_epi64((__m128i *)(void *)(to + i), s);
    }
    to[v->n] = 0;
    return true;
}

#endif
