// SPDX-License-Identifier: Apache-2.0
// checks: the list that doctor fills and the live gate reads: one row for each thing looked at, green, yellow
// or red, with what was seen and, where it is not green, the remedy.
//
// Red forbids live. Yellow is for a person to know. A row that could not be looked at is never green.
// Owner: the one thread that fills it.
#ifndef TT_LIVE_CHECKS_H
#define TT_LIVE_CHECKS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum check_level { CHECK_GREEN, CHECK_YELLOW, CHECK_RED };

enum { CHECKS_MAX = 128 };

struct check {
    uint8_t level; // enum check_level
    char group[16], name[24];
    char text[320];
};

struct checks {
    uint32_t count;
    uint32_t by_level[3];
    struct check row[CHECKS_MAX];
};

// One more row (printf-style text; made printable). A full list turns its last row red and counts on.
void checks_add(struct checks *c, enum check_level level, const char *group, const char *name,
                const char *fmt, ...) __attribute__((format(printf, 5, 6)));

const char *check_level_name(enum check_level level); // "green" ...

// Lines for a person; colour: with ANSI colours. For a script: one JSON object.
void checks_print(const struct checks *c, FILE *to, int colour);
void checks_print_json(const struct checks *c, const char *mode, FILE *to);

#endif
