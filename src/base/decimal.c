// SPDX-License-Identifier: Apache-2.0
#include "base/decimal.h"

#include <string.h>

#include "base/check.h"

static const int64_t POW10[19] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
};

bool decimal_parse(const char *s, size_t n, int scale, int64_t *out)
{
    CHECK(scale >= 0 && scale <= 18);
    size_t i = 0;
    bool negative = false;
    if (i < n && (s[i] == '-' || s[i] == '+')) {
        negative = s[i++] == '-';
    }
    uint64_t v = 0;
    int places = -1; // -1 before the point, then digits seen after it
    size_t digits = 0;
    for (; i < n; i++) {
        if (s[i] == '.' && places < 0) {
            places = 0;
            continue;
        }
        if (s[i] < '0' || s[i] > '9') {
            return false;
        }
        unsigned d = (unsigned)(s[i] - '0');
        digits++;
        if (places >= scale) {
            if (d != 0) {
                return false;
            }
            continue;
        }
        if (v > (UINT64_MAX - d) / 10) {
            return false;
        }
        v = v * 10 + d;
        places += places >= 0;
    }
    if (digits == 0) {
        return false;
    }
    uint64_t k = (uint64_t)POW10[scale - (places < 0 ? 0 : places)];
    if (v > (uint64_t)INT64_MAX / k) {
        return false;
    }
    v *= k;
    *out = negative ? -(int64_t)v : (int64_t)v;
    return true;
}

bool decimal_parse_e8(const char *s, size_t n, int64_t *out)
{
    return decimal_parse(s, n, 8, out);
}

size_t decimal_digits(char *buf, uint64_t v)
{
    char tmp[20];
    size_t at = sizeof tmp;
    do {
        tmp[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    memcpy(buf, tmp + at, sizeof tmp - at);
    return sizeof tmp - at;
}

size_t decimal_format(char *buf, int64_t v, int scale, int decimals)
{
    CHECK(scale >= 0 && scale <= 18 && decimals >= 0 && decimals <= scale);
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
    u /= (uint64_t)POW10[scale - decimals];
    uint64_t whole = u / (uint64_t)POW10[decimals];
    uint64_t part = u % (uint64_t)POW10[decimals];
    size_t len = 0;
    if (v < 0 && u != 0) {
        buf[len++] = '-';
    }
    len += decimal_digits(buf + len, whole);
    if (decimals) {
        buf[len++] = '.';
        for (int i = decimals - 1; i >= 0; i--) {
            buf[len + (size_t)i] = (char)('0' + part % 10);
            part /= 10;
        }
        len += (size_t)decimals;
    }
    buf[len] = 0;
    return len;
}

int decimal_places_of_step(int64_t step_e8)
{
    CHECK(step_e8 > 0);
    int places = 8;
    while (places > 0 && step_e8 % 10 == 0) {
        step_e8 /= 10;
        places--;
    }
    return places;
}

int64_t muldiv_floor(int64_t a, int64_t b, int64_t c)
{
    CHECK(c > 0);
    __int128 p = (__int128)a * b;
    __int128 q = p / c;
    if (p % c < 0) {
        q--;
    }
    CHECK(q <= INT64_MAX && q >= INT64_MIN);
    return (int64_t)q;
}

int64_t muldiv_round(int64_t a, int64_t b, int64_t c)
{
    CHECK(c > 0);
    __int128 p = (__int128)a * b;
    __int128 half = c / 2;
    __int128 q = p >= 0 ? (p + half) / c : -((-p + half) / c);
    CHECK(q <= INT64_MAX && q >= INT64_MIN);
    return (int64_t)q;
}
