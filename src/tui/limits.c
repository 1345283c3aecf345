// SPDX-License-Identifier: Apache-2.0
// limits: see limits.h. One table; USDT values and fractions are 1e-8, counts are counts.
#include "tui/limits.h"

#include <string.h>

#include "base/check.h"
#include "tui/format.h"

static const struct limit_label LABEL[LIMIT_COUNT] = {
    [LIMIT_ORDER_VALUE] = {"order", "order USDT", UNIT_USDT},
    [LIMIT_POSITION_VALUE] = {"position", "position", UNIT_USDT},
    [LIMIT_GROSS_VALUE] = {"gross", "gross USDT", UNIT_USDT},
    [LIMIT_OPEN_ORDERS] = {"open-orders", "open orders", UNIT_COUNT},
    [LIMIT_ORDER_RATE] = {"rate", "orders/s", UNIT_COUNT},
    [LIMIT_COLLAR] = {"collar", "collar %", UNIT_PERCENT},
    [LIMIT_DAY_LOSS] = {"day-loss", "day loss %", UNIT_PERCENT},
    [LIMIT_DRAWDOWN] = {"drawdown", "drawdown %", UNIT_PERCENT},
};

const struct limit_label *limit_label(enum limit_id id)
{
    CHECK((unsigned)id < LIMIT_COUNT);
    return &LABEL[id];
}

enum limit_id limit_find(const char *word)
{
    for (int i = 0; i < LIMIT_COUNT; i++) {
        if (strcmp(LABEL[i].word, word) == 0) {
            return (enum limit_id)i;
        }
    }
    return LIMIT_COUNT;
}

bool limit_parse(enum limit_id id, const char *text, int64_t *value)
{
    enum limit_unit unit = limit_label(id)->unit;
    size_t n = strlen(text);
    if (unit == UNIT_PERCENT && n && text[n - 1] == '%') {
        n--;
    }
    int scale = unit == UNIT_USDT ? 8 : unit == UNIT_COUNT ? 0 : 6; // 1 % = 1e6 in 1e-8
    return decimal_parse(text, n, scale, value) && *value > 0;
}

char *limit_format(char *buf, int width, enum limit_id id, int64_t value)
{
    switch (limit_label(id)->unit) {
    case UNIT_COUNT:
        return format_int(buf, width, value, FORMAT_GROUP);
    case UNIT_PERCENT:
        return format_e8(buf, width, value * 100, 2, 0);
    case UNIT_USDT:
        break;
    }
    bool large = value >= 1000 * E8;
    return format_e8(buf, width, value, large ? 0 : 2, FORMAT_GROUP);
}
