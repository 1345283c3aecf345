// SPDX-License-Identifier: Apache-2.0
#include "config/value.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/decimal.h"

struct unit {
    enum config_unit kind;
    const char *name;
    int64_t scale; // one unit in the internal unit
};

// From large to small per kind: value_format takes the first that divides the value, else the last.
static const struct unit UNITS[] = {
    {CU_MONEY, "USDT", E8},
    {CU_FRACTION, "%", E8 / 100},
    {CU_FRACTION, "bp", E8 / 10000},
    {CU_DURATION, "h", 3600 * NS_PER_S},
    {CU_DURATION, "min", 60 * NS_PER_S},
    {CU_DURATION, "s", NS_PER_S},
    {CU_DURATION, "ms", NS_PER_MS},
    {CU_DURATION, "us", NS_PER_US},
    {CU_DURATION, "ns", 1},
    {CU_COUNT, "", 1},
    {CU_TICKS, "tick", 1},
    {CU_TICKS, "ticks", 1},
    {CU_NUMBER, "", E8},
};

static const char *remedy(enum config_unit unit)
{
    switch (unit) {
    case CU_MONEY:
        return "write an amount with its currency, like 8 USDT";
    case CU_FRACTION:
        return "write a share with its unit, like 3 % or 0.5 bp (a bare fraction is refused)";
    case CU_DURATION:
        return "write a time with its unit, like 250 ms, 30 s, 20 min or 12 h";
    case CU_TICKS:
        return "write a whole number of ticks, like 3 ticks";
    case CU_COUNT:
        return "write a whole number";
    default:
        return "write a decimal number, like 0.05";
    }
}

bool value_parse(enum config_unit unit, const char *text, int64_t *out, const char **why)
{
    *why = remedy(unit);
    size_t n = strspn(text, "+-.0123456789");
    const char *name = text + n + strspn(text + n, " \t");
    for (size_t i = 0; i < COUNT_OF(UNITS); i++) {
        const struct unit *u = &UNITS[i];
        int64_t e8;
        if (u->kind != unit || strcmp(u->name, name) != 0) {
            continue;
        }
        if (!decimal_parse_e8(text, n, &e8)) {
            *why = "not a plain decimal number of at most 8 places";
            return false;
        }
        __int128 v = (__int128)e8 * u->scale;
        if (v % E8 != 0 || v / E8 > INT64_MAX || v / E8 < INT64_MIN) {
            *why = "too fine or too large for its unit";
            return false;
        }
        *out = (int64_t)(v / E8);
        return true;
    }
    return false;
}

static const struct unit *unit_for(enum config_unit unit, int64_t v)
{
    const struct unit *last = NULL;
    for (size_t i = 0; i < COUNT_OF(UNITS); i++) {
        if (UNITS[i].kind == unit) {
            last = &UNITS[i];
            if (v % last->scale == 0 && (unit != CU_TICKS || v == 1)) {
                return last;
            }
        }
    }
    CHECK(last != NULL);
    return last;
}

size_t value_format(enum config_unit unit, int64_t v, char *buf)
{
    const struct unit *u = unit_for(unit, v);
    char num[40];
    __int128 e8 = (__int128)v * E8 / u->scale;
    CHECK(e8 <= INT64_MAX && e8 >= INT64_MIN);
    size_t len = decimal_format(num, (int64_t)e8, 8, 8);
    while (num[len - 1] == '0') {
        len--;
    }
    len -= num[len - 1] == '.';
    num[len] = 0;
    return (size_t)snprintf(buf, 48, "%s%s%s", num, u->name[0] ? " " : "", u->name);
}
