// SPDX-License-Identifier: Apache-2.0
// `ticktower config`: the commented default configuration, or a check of a file.
#include <stdio.h>
#include <stdlib.h>

#include "commands/command_line.h"
#include "commands/commands.h"
#include "config/config.h"

static const char HELP[] =
    "usage: ticktower config            print the default configuration, every key explained\n"
    "       ticktower config FILE       check FILE and print the configuration that results, without "
    "comments\n"
    "       ticktower config --man      print the list of keys in mdoc form (for ticktower.conf(5))\n";

enum { TEXT_CAP = 128 * 1024, OPT_MAN = 256, OPT_HELP };

static int print_text(size_t (*make)(char *, size_t))
{
    char *text = malloc(TEXT_CAP);
    size_t n = text ? make(text, TEXT_CAP) : 0;
    size_t done = n ? fwrite(text, 1, n, stdout) : 0;
    free(text);
    return n && done == n && fflush(stdout) == 0 ? EXIT_OK : EXIT_CANT_CREATE;
}

static int check_file(const char *path)
{
    struct config c;
    struct error e = {0};
    config_default(&c);
    if (!config_load(&c, path, &e)) {
        return command_fail("config", &e);
    }
    char text[16384];
    size_t n = config_format(&c, text, sizeof text);
    fwrite(text, 1, n, stdout);
    return EXIT_OK;
}

int cmd_config(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"man", no_argument, NULL, OPT_MAN}, {"help", no_argument, NULL, OPT_HELP}, {NULL, 0, NULL, 0}};
    const char *path = NULL;
    bool man = false;
    struct error e = {0};
    struct command_line l = command_line_begin(argc, argv, "", OPTIONS);
    for (int c; (c = command_line_next(&l, &e)) != COMMAND_LINE_END;) {
        if (c == OPT_HELP) {
            fputs(HELP, stdout);
            return EXIT_OK;
        }
        if (c == OPT_MAN) {
            man = true;
        } else if (c == COMMAND_LINE_OPERAND && !path) {
            path = l.value;
        } else {
            return command_line_stray(&l, c, &e);
        }
    }
    return man    ? print_text(config_format_man)
           : path ? check_file(path)
                  : print_text(config_format_commented);
}
