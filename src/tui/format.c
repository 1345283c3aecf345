// SPDX-License-Identifier: Apache-2.0
// format: see format.h.
#include "tui/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

// Right-align text in the field, or fill the field with '#'.
static char *field(char *buf, int width, const char *text)
{
    int len = (int)strlen(text);
    if (width <= 0) {
        memcpy(buf, text, (size_t)len + 1);
        return buf;
    }
    if (width >= FORMAT_MAX) {
        width = FORMAT_MAX - 1;
    }
    if (len > width) {
        memset(buf, '#', (size_t)width);
    } else {
        memset(buf, ' ', (size_t)(width - len));
        memcpy(buf + width - len, text, (size_t)len);
    }
    buf[width] = 0;
    return buf;
}

// Insert thousands separators into [sign]digits[.digits].
static void group(char *text)
{
    char out[FORMAT_MAX];
    size_t sign = text[0] == '-' || text[0] == '+';
    size_t digits = strspn(text + sign, "0123456789");
    size_t n = 0;
    for (size_t i = 0; text[i] && n + 2 < sizeof out; i++) {
        size_t left = sign + digits - i;
        if (i > sign && i < sign + digits && left % 3 == 0) {
            out[n++] = ',';
        }
        out[n++] = text[i];
    }
    out[n] = 0;
    memcpy(text, out, n + 1);
}

static const int64_t POW10[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

// v is scaled by 10^decimals already.
static char *scaled(char *buf, int width, int64_t v, int decimals, unsigned flags)
{
    char text[FORMAT_MAX];
    char digits[32];
    decimal_format(digits, v, decimals, decimals);
    snprintf(text, sizeof text, "%s%s", (flags & FORMAT_SIGN) && v >= 0 ? "+" : "", digits);
    if (flags & FORMAT_GROUP) {
        group(text);
    }
    return field(buf, width, text);
}

char *format_e8(char *buf, int width, int64_t v_e8, int decimals, unsigned flags)
{
    decimals = decimals < 0 ? 0 : decimals > 8 ? 8 : decimals;
    return scaled(buf, width, muldiv_round(v_e8, 1, POW10[8 - decimals]), decimals, flags);
}

char *format_int(char *buf, int width, int64_t v, unsigned flags)
{
    return scaled(buf, width, v, 0, flags);
}

char *format_real(char *buf, int width, double v, int decimals, unsigned flags)
{
    if (!isfinite(v)) {
        return field(buf, width, isnan(v) ? "-" : "inf!");
    }
    if (fabs(v) > 9e9) {
        return field(buf, width > 0 ? width : 1, "##########################################");
    }
    return format_e8(buf, width, (int64_t)llround(v * 1e8), decimals, flags);
}

char *format_price_e8(char *buf, int width, const struct instrument *ins, int64_t price_e8, unsigned flags)
{
    return format_e8(buf, width, price_e8, ins->price_decimals, flags);
}

char *format_price(char *buf, int width, const struct instrument *ins, int64_t ticks, unsigned flags)
{
    return format_price_e8(buf, width, ins, instrument_price_e8(ins, ticks), flags);
}

char *format_qty(char *buf, int width, const struct instrument *ins, int64_t lots, unsigned flags)
{
    int64_t qty_e8 = instrument_qty_e8(ins, lots);
    for (int decimals = ins->qty_decimals; decimals > 0; decimals--) {
        format_e8(buf, width, qty_e8, decimals, flags);
        if (buf[0] != '#') {
            return buf;
        }
    }
    return format_e8(buf, width, qty_e8, 0, flags);
}

char *format_us(char *buf, int width, int64_t ns)
{
    bool small = ns < 1000 * NS_PER_US;
    return format_e8(buf, width, ns * 100000, small ? 1 : 0, FORMAT_GROUP);
}

char *format_ms(char *buf, int width, int64_t ns)
{
    return format_e8(buf, width, ns * 100, 2, 0);
}

char *format_age(char *buf, int width, int64_t ns)
{
    char text[FORMAT_MAX];
    int64_t s = ns < 0 ? 0 : ns / NS_PER_S;
    if (s < 60) {
        snprintf(text, sizeof text, "%" PRId64 "s", s);
    } else if (s < 3600) {
        snprintf(text, sizeof text, "%" PRId64 "m", s / 60);
    } else if (s < 86400) {
        snprintf(text, sizeof text, "%" PRId64 "h", s / 3600);
    } else {
        snprintf(text, sizeof text, "%" PRId64 "d", s / 86400);
    }
    return field(buf, width, text);
}

static char *clock_part(char *buf, int64_t wall_ns, size_t from, size_t len)
{
    char text[32];
    clock_format_utc(text, wall_ns < 0 ? 0 : wall_ns);
    memcpy(buf, text + from, len);
    buf[len] = 0;
    return buf;
}

// "2026-11-22T08:15:30.123Z"
char *format_clock(char *buf, int64_t wall_ns)
{
    return clock_part(buf, wall_ns, 11, 8);
}

char *format_clock_ms(char *buf, int64_t wall_ns)
{
    return clock_part(buf, wall_ns, 11, 12);
}

char *format_minute_ms(char *buf, int64_t wall_ns)
{
    return clock_part(buf, wall_ns, 14, 9);
}

char *format_until(char *buf, int64_t ns)
{
    int64_t s = ns <= 0 ? 0 : ns / NS_PER_S;
    if (s == 0) {
        return field(buf, 0, "0");
    }
    snprintf(buf, FORMAT_MAX, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600 % 1000, s / 60 % 60, s % 60);
    return buf;
}
