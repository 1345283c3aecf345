// SPDX-License-Identifier: Apache-2.0
// table: the rows behind config.h; seen by src/config only.
#ifndef TT_CONFIG_TABLE_H
#define TT_CONFIG_TABLE_H

#include "config/config.h"

struct config_row {
    const char *section, *key;
    enum config_unit unit;
    size_t offset;       // of the int64_t / text / symbols in struct config
    const char *value;   // default, as text
    int64_t min, max;    // inclusive, in the internal unit; max 0: no upper bound; texts: max is the room
    const char *choices; // CU_CHOICE: words separated by blanks
    const char *help;    // one or two sentences
};

extern const struct config_row CONFIG_TABLE[];
extern const size_t CONFIG_ROWS;

#endif
