// SPDX-License-Identifier: Apache-2.0
// value: one configured quantity, text with a unit <-> integer. Used by config.c and by the commands' flags
// (`--for 30s` takes the same durations).
#ifndef TT_CONFIG_VALUE_H
#define TT_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

// Parse a number with a unit; blanks between the two may be left out. False with a short remedy in *why.
bool value_parse(enum config_unit unit, const char *text, int64_t *out, const char **why);
// Print it in a unit that keeps it exact; buf needs 48 bytes. Returns the length.
size_t value_format(enum config_unit unit, int64_t v, char *buf);

#endif
