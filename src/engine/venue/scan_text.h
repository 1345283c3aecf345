// SPDX-License-Identifier: Apache-2.0
// scan_text: the leaves of the hot scanner: decimal text to integers by byte shuffles, the end of a string,
// any JSON value skipped. Private to scan.c and scan_skip.c. Every load reads at most 16 bytes from a place
// inside the message, which the caller's 16 bytes of allowance cover.
#ifndef TT_ENGINE_VENUE_SCAN_TEXT_H
#define TT_ENGINE_VENUE_SCAN_TEXT_H

#include <smmintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decimal.h"

enum { SCAN_NUMBER_FAST = 16 }; // characters that the short way takes

// Where a value lies. Strings without their quotes; a nested value with its brackets.
enum span_type { SPAN_STRING, SPAN_NUMBER, SPAN_TRUE, SPAN_FALSE, SPAN_NULL, SPAN_LEVELS, SPAN_NESTED };

struct span {
    const char *at;
    uint32_t n;
    uint32_t type; // enum span_type
};

// ----------------------------------------------------------------------------------------------------------
// numbers

// A shuffle that moves `width` bytes to the right end of 16: element i of SLIDE + width is i - (16 - width);
// a negative index gives zero.
static const int8_t SLIDE[33] = {-16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0,
                                 1,   2,   3,   4,   5,   6,   7,   8,  9,  10, 11, 12, 13, 14, 15, 16};
// Element i of ONES + frac is -1 for all but the last `frac` bytes: digits before the point move over it.
static const int8_t ONES[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
static const int64_t SCALE_E8[9] = {100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};

// The 1..16 characters at s, digits with at most one point, as the integer of all digits and the number of
// digits after the point. False: anything else. Reads 16 bytes.
static inline bool digits16(const char *s, unsigned n, uint64_t *value, unsigned *frac, bool *point)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)s);
    unsigned in = (1u << n) - 1;
    unsigned dot = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('.'))) & in;
    __m128i d = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    unsigned digit = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(9)), d)) & in;
    if ((digit | dot) != in || (dot & (dot - 1)) != 0 || digit == 0) {
        return false;
    }
    unsigned at = (unsigned)__builtin_ctz(dot | 1u << n);
    unsigned width = n + (dot == 0);
    unsigned f = width - 1 - at;
    __m128i from = _mm_loadu_si128((const __m128i *)(const void *)(SLIDE + width));
    from = _mm_add_epi8(from, _mm_loadu_si128((const __m128i *)(const void *)(ONES + f)));
    d = _mm_shuffle_epi8(d, from);
    d = _mm_maddubs_epi16(d, _mm_set1_epi16(10 | 1 << 8));
    d = _mm_madd_epi16(d, _mm_set1_epi32(100 | 1 << 16));
    d = _mm_packus_epi32(d, d);
    d = _mm_madd_epi16(d, _mm_set1_epi32(10000 | 1 << 16));
    uint64_t x = (uint64_t)_mm_cvtsi128_si64(d);
    *value = (x & UINT32_MAX) * 100000000 + (x >> 32);
    *frac = f;
    *point = dot != 0;
    return true;
}

// Non-negative decimal text in 1e-8, the short way; n in 1..16. False: let the slow way decide.
static inline bool e8_fast(const char *s, unsigned n, int64_t *out)
{
    uint64_t v;
    unsigned frac;
    bool point;
    return digits16(s, n, &v, &frac, &point) && frac <= 8 &&
           !__builtin_mul_overflow((int64_t)v, SCALE_E8[frac], out);
}

static inline bool e8_any(const char *s, size_t n, int64_t *out)
{
    if (n - 1 < SCAN_NUMBER_FAST && e8_fast(s, (unsigned)n, out)) {
        return true;
    }
    return decimal_parse_e8(s, n, out);
}

// ---------------------------------------------------------------------------------------------- skipping any
// value

static inline const char *skip_blank(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')) {
        p++;
    }
    return p;
}

// p: first byte after the opening quote. Returns the closing quote, NULL when there is none before the end.
static inline const char *string_end(const char *p, const char *end)
{
    while (p < end) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        unsigned quote = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
        unsigned escape = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
        unsigned both = quote | escape;
        if (both == 0) {
            p += 16;
            continue;
        }
        unsigned at = (unsigned)__builtin_ctz(both);
        p += at;
        if (quote >> at & 1) {
            return p < end ? p : NULL;
        }
        p += 2;
    }
    return NULL;
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

// JSON number grammar. Returns the first byte after it, NULL when there is none.
const char *scan_number_end(const char *p, const char *end);
// Is the word (true, false, null) at p? Returns the first byte after it, NULL when not.
const char *scan_skip_word(const char *p, const char *end, const char *word, size_t n);
// Any well-formed value; depth: how deep p already is (nesting is bounded). Returns the first byte after it.
const char *scan_skip_value(const char *p, const char *end, int depth);

#endif
