// SPDX-License-Identifier: Apache-2.0
// order_id: client order ids. "tt", strategy letter, epoch (base 36, 7 digits), "-", counter (base 36). The
// epoch is durable before the first order of a run, so an id is unique for ever though only the counter lives
// in memory.
#include <string.h>

#include "base/check.h"
#include "engine/order/order.h"

enum { EPOCH_DIGITS = 7, COUNTER_DIGITS_MAX = 13 }; // 36^7 > 2^32, 36^13 > 2^64

static const char LETTERS[STRATEGY_COUNT + 1] = "xmflke"; // indexed by enum strategy_id
static const char DIGITS[37] = "0123456789abcdefghijklmnopqrstuvwxyz";

// Base-36 digits of v, at least `width`, at `to`; returns how many.
static size_t base36(char *to, uint64_t v, size_t width)
{
    char reversed[COUNTER_DIGITS_MAX];
    size_t n = 0;
    while (v > 0 || n < width) {
        CHECK(n < COUNTER_DIGITS_MAX);
        reversed[n++] = DIGITS[v % 36];
        v /= 36;
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = reversed[n - 1 - i];
    }
    return n;
}

void order_id_format(enum strategy_id s, uint32_t epoch, uint64_t counter, char *buf)
{
    CHECK((unsigned)s < STRATEGY_COUNT);
    memset(buf, 0, CLIENT_ID_MAX);
    buf[0] = 't';
    buf[1] = 't';
    buf[2] = LETTERS[s];
    size_t n = 3 + base36(buf + 3, epoch, EPOCH_DIGITS);
    buf[n++] = '-';
    base36(buf + n, counter, 1);
}

static bool parse36(const char *s, size_t n, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        const char *d = s[i] != '\0' ? strchr(DIGITS, s[i]) : NULL;
        if (d == NULL || __builtin_mul_overflow(v, 36, &v) ||
            __builtin_add_overflow(v, (uint64_t)(d - DIGITS), &v)) {
            return false;
        }
    }
    *out = v;
    return n > 0;
}

bool order_id_parse(const char *id, enum strategy_id *s, uint32_t *epoch, uint64_t *counter)
{
    const size_t n = strnlen(id, CLIENT_ID_MAX);
    const size_t head = 3 + EPOCH_DIGITS;
    if (n <= head + 1 || n - head - 1 > COUNTER_DIGITS_MAX || id[0] != 't' || id[1] != 't' ||
        id[head] != '-') {
        return false;
    }
    const char *letter = strchr(LETTERS, id[2]);
    uint64_t e;
    if (letter == NULL || *letter == '\0' || !parse36(id + 3, EPOCH_DIGITS, &e) || e > UINT32_MAX) {
        return false;
    }
    if (!parse36(id + head + 1, n - head - 1, counter)) {
        return false;
    }
    *s = (enum strategy_id)(letter - LETTERS);
    *epoch = (uint32_t)e;
    return true;
}
