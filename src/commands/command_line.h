// SPDX-License-Identifier: Apache-2.0
// command_line: how every subcommand reads its options and says what is wrong: getopt_long underneath, one
// form of line on top ("ticktower run: unknown option --x; see ticktower run --help"). One command line at a
// time (getopt's globals).
#ifndef TT_COMMANDS_COMMAND_LINE_H
#define TT_COMMANDS_COMMAND_LINE_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"

enum { COMMAND_LINE_END = -1, COMMAND_LINE_OPERAND = 1, COMMAND_LINE_BAD = '?' };

struct command_line {
    int argc;
    char **argv;         // argv[0]: the subcommand's name
    const char *letters; // single-letter options as getopt wants them
    const struct option
        *options;      // ends with a row of zeros; `val` above 255 or one of the letters. -h is "help"
    const char *value; // of the option last returned, or the operand; NULL none
};

struct command_line command_line_begin(int argc, char **argv, const char *letters,
                                       const struct option *options);
// The next option's `val`; operands in their place as COMMAND_LINE_OPERAND; then COMMAND_LINE_END.
// COMMAND_LINE_BAD with *e: not an option of this command, a value is missing, or one was given where none
// belongs.
int command_line_next(struct command_line *l, struct error *e);

// Say that this operand (or, for COMMAND_LINE_BAD, what *e holds) does not belong here; returns the exit
// code.
int command_line_stray(const struct command_line *l, int c, struct error *e);

// A number with its unit (config/value.h) from min to max; false with *e, which names the flag.
bool command_line_number(enum config_unit unit, const char *flag, const char *text, int64_t min, int64_t max,
                         int64_t *out, struct error *e);

// "ticktower COMMAND: text" on standard error behind what was printed so far (nothing when the text is empty:
// a child process has said why); returns the exit code in *e.
int command_fail(const char *command, const struct error *e);

#endif
