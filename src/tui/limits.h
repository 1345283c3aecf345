// SPDX-License-Identifier: Apache-2.0
// limits: how each risk limit is called on the screen and in the palette, and its unit.
#ifndef TT_TUI_LIMITS_H
#define TT_TUI_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/config.h"

enum limit_unit { UNIT_USDT, UNIT_COUNT, UNIT_PERCENT };

struct limit_label {
    const char *word; // palette: "limit gross 40"
    const char *name; // panel, at most 12 columns
    enum limit_unit unit;
};

const struct limit_label *limit_label(enum limit_id id);
// The limit of a palette word; LIMIT_COUNT when there is none.
enum limit_id limit_find(const char *word);
// "15000", "3", "2.5%" in the unit of the limit. False when malformed or not above zero.
bool limit_parse(enum limit_id id, const char *text, int64_t *value);
// The number alone, right-aligned (see format.h).
char *limit_format(char *buf, int width, enum limit_id id, int64_t value);

#endif
