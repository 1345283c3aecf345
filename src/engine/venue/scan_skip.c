// SPDX-License-Identifier: Apache-2.0
// scan_skip: values of fields that nobody reads, walked over by the grammar of JSON. The bytes inside their
// strings are not checked.
#include <string.h>

#include "engine/venue/scan_text.h"

enum { NEST_MAX = 32 };

const char *scan_number_end(const char *p, const char *end)
{
    p += p < end && *p == '-';
    const char *whole = p;
    while (p < end && is_digit(*p)) {
        p++;
    }
    if (p == whole || (*whole == '0' && p - whole > 1)) {
        return NULL;
    }
    if (p < end && *p == '.') {
        const char *part = ++p;
        while (p < end && is_digit(*p)) {
            p++;
        }
        if (p == part) {
            return NULL;
        }
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < end && (*p == '+' || *p == '-');
        const char *power = p;
        while (p < end && is_digit(*p)) {
            p++;
        }
        if (p == power) {
            return NULL;
        }
    }
    return p;
}

const char *scan_skip_word(const char *p, const char *end, const char *word, size_t n)
{
    return (size_t)(end - p) >= n && memcmp(p, word, n) == 0 ? p + n : NULL;
}

// p: after '{' or '['. Returns the first byte after the closing one.
static const char *skip_members(const char *p, const char *end, bool object, int depth)
{
    char close = object ? '}' : ']';
    p = skip_blank(p, end);
    if (p < end && *p == close) {
        return p + 1;
    }
    for (;;) {
        if (object) {
            p = skip_blank(p, end);
            if (p >= end || *p != '"' || !(p = string_end(p + 1, end))) {
                return NULL;
            }
            p = skip_blank(p + 1, end);
            if (p >= end || *p++ != ':') {
                return NULL;
            }
        }
        p = scan_skip_value(p, end, depth);
        if (!p) {
            return NULL;
        }
        p = skip_blank(p, end);
        if (p >= end || (*p != ',' && *p != close)) {
            return NULL;
        }
        if (*p++ == close) {
            return p;
        }
    }
}

const char *scan_skip_value(const char *p, const char *end, int depth)
{
    p = skip_blank(p, end);
    if (p >= end || depth >= NEST_MAX) {
        return NULL;
    }
    switch (*p) {
    case '"':
        p = string_end(p + 1, end);
        return p ? p + 1 : NULL;
    case '{':
        return skip_members(p + 1, end, true, depth + 1);
    case '[':
        return skip_members(p + 1, end, false, depth + 1);
    case 't':
        return scan_skip_word(p, end, "true", 4);
    case 'f':
        return scan_skip_word(p, end, "false", 5);
    case 'n':
        return scan_skip_word(p, end, "null", 4);
    default:
        return scan_number_end(p, end);
    }
}
