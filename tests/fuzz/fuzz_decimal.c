// SPDX-License-Identifier: Apache-2.0
// Tries to break the decimal parsers: any bytes as decimal text, at every scale, against a plain reading of
// the same bytes in 128 bits. The short way of the hot scanner must say the same as the long one, and what
// was read must print and read back as itself.
#include <string.h>

#include "base/check.h"
#include "base/decimal.h"
#include "engine/venue/scan_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PLAIN_MAX = 200 };

// A sign, digits with at most one point among them, digit by digit; digits beyond the scale must be zero.
static bool plain_parse(const char *s, size_t n, int scale, int64_t *out)
{
    size_t i = n > 0 && (s[0] == '-' || s[0] == '+');
    bool negative = i && s[0] == '-';
    unsigned __int128 v = 0;
    int places = -1; // before the point
    size_t digits = 0;
    for (; i < n; i++) {
        if (s[i] == '.' && places < 0) {
            places = 0;
            continue;
        }
        if (s[i] < '0' || s[i] > '9') {
            return false;
        }
        digits++;
        if (places >= 0 && places++ >= scale) {
            if (s[i] != '0') {
                return false;
            }
            continue;
        }
        v = v * 10 + (unsigned)(s[i] - '0');
        if (v > (unsigned __int128)1 << 100) {
            return false;
        }
    }
    if (digits == 0) {
        return false;
    }
    for (int k = places < 0 ? 0 : places < scale ? places : scale; k < scale; k++) {
        v *= 10;
        if (v > (unsigned __int128)1 << 100) {
            return false;
        }
    }
    if (v > INT64_MAX) {
        return false;
    }
    *out = negative ? -(int64_t)v : (int64_t)v;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[PLAIN_MAX + 17];
    if (size < 1 || size > PLAIN_MAX) {
        return 0;
    }
    int scale = data[0] % 19;
    size_t n = size - 1;
    memcpy(text, data + 1, n);
    memset(text + n, '7', 16); // what the fast way may read, and must not believe
    int64_t got = 0, want = 0, fast = 0;
    bool ok = decimal_parse(text, n, scale, &got);
    CHECK(ok == plain_parse(text, n, scale, &want));
    CHECK(!ok || got == want);
    ok = decimal_parse_e8(text, n, &got);
    CHECK(ok == plain_parse(text, n, 8, &want) && (!ok || got == want));
    CHECK(e8_any(text, n, &fast) == ok && (!ok || fast == got));
    if (ok) {
        char again[32];
        size_t m = decimal_format(again, got, 8, 8);
        CHECK(m < sizeof again && decimal_parse_e8(again, m, &want) && want == got);
    }
    return 0;
}
