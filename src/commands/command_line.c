// SPDX-License-Identifier: Apache-2.0
#include "commands/command_line.h"

#include <stdio.h>
#include <string.h>

#include "config/value.h"

struct command_line command_line_begin(int argc, char **argv, const char *letters,
                                       const struct option *options)
{
    optind = 0; // GNU: start over
    opterr = 0;
    return (struct command_line){.argc = argc, .argv = argv, .letters = letters, .options = options};
}

static bool refuse(const struct command_line *l, int c, struct error *e)
{
    const char *word = l->argv[optind > 1 ? optind - 1 : 1];
    if (c == ':') {
        return error_set(e, EXIT_USAGE, "%s needs a value; see ticktower %s --help", word, l->argv[0]);
    }
    if (optopt > 255) {
        return error_set(e, EXIT_USAGE, "%s: no value belongs there; see ticktower %s --help", word,
                         l->argv[0]);
    }
    if (optopt != 0) {
        return error_set(e, EXIT_USAGE, "unknown option -%c; see ticktower %s --help", optopt, l->argv[0]);
    }
    return error_set(e, EXIT_USAGE, "unknown option %s; see ticktower %s --help", word, l->argv[0]);
}

static int help_option(const struct option *o)
{
    while (o->name && strcmp(o->name, "help") != 0) {
        o++;
    }
    return o->name ? o->val : COMMAND_LINE_BAD;
}

int command_line_next(struct command_line *l, struct error *e)
{
    char letters[16];
    snprintf(letters, sizeof letters, "-:h%s", l->letters); // operands in their place; our own messages
    int c = getopt_long(l->argc, l->argv, letters, l->options, NULL);
    if (c == '?' || c == ':') {
        refuse(l, c, e);
        return COMMAND_LINE_BAD;
    }
    if (c == 'h') {
        return help_option(l->options);
    }
    l->value = optarg;
    if (c == -1 && optind < l->argc) { // behind "--"
        l->value = l->argv[optind++];
        return COMMAND_LINE_OPERAND;
    }
    return c;
}

int command_line_stray(const struct command_line *l, int c, struct error *e)
{
    if (c == COMMAND_LINE_OPERAND) {
        error_set(e, EXIT_USAGE, "unexpected argument %s; see ticktower %s --help", l->value, l->argv[0]);
    }
    return command_fail(l->argv[0], e);
}

bool command_line_number(enum config_unit unit, const char *flag, const char *text, int64_t min, int64_t max,
                         int64_t *out, struct error *e)
{
    const char *why;
    char lo[48];
    char hi[48];
    if (!value_parse(unit, text, out, &why)) {
        return error_set(e, EXIT_USAGE, "%s %.40s: %s", flag, text, why);
    }
    if (*out < min || *out > max) {
        value_format(unit, min, lo);
        value_format(unit, max, hi);
        return error_set(e, EXIT_USAGE, "%s %.40s: out of range, from %s to %s", flag, text, lo, hi);
    }
    return true;
}

int command_fail(const char *command, const struct error *e)
{
    fflush(stdout);
    if (e->text[0]) {
        fprintf(stderr, "ticktower %s: %s\n", command, e->text);
    }
    return e->exit_code;
}
