// SPDX-License-Identifier: Apache-2.0
// `ticktower config`: the commented default configuration, or a check of a file.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "commands/commands.h"
#include "config/config.h"

static const char HELP[] =
    "usage: ticktower config            print the default configuration, every key explained\n"
    "       ticktower config FILE       check FILE and print the configuration that results, without comments\n"
    "       ticktower config --man      print the list of keys in mdoc form (for ticktower.conf(5))\n";

enum { TEXT_CAP = 128 * 1024 };

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
        fprintf(stderr, "ticktower config: %s\n", e.text);
        return e.exit_code;
    }
    char text[16384];
    size_t n = config_format(&c, text, sizeof text);
    fwrite(text, 1, n, stdout);
    return EXIT_OK;
}

int cmd_config(int argc, char **argv)
{
    if (argc == 1) {
        return print_text(config_format_commented);
    }
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(HELP, stdout);
        return EXIT_OK;
    }
    if (argc == 2 && strcmp(argv[1], "--man") == 0) {
        return print_text(config_format_man);
    }
    if (argc == 2 && argv[1][0] != '-') {
        return check_file(argv[1]);
    }
    fprintf(stderr, "ticktower config: unknown argument %s; see ticktower config --help\n", argv[argc - 1]);
    return EXIT_USAGE;
}
