// SPDX-License-Identifier: Apache-2.0
// The table of subcommands and nothing else.
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/error.h"
#include "commands/commands.h"
#include "live/alloc_pool.h"
#include "wire/decode.h"

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *help;
} COMMANDS[] = {
    {"run", cmd_run, "trade: on the embedded venue, on paper, on a test network, or live"},
    {"replay", cmd_replay, "step through a recorded session, or prove it with --verify"},
    {"export", cmd_export, "copy a session's database to one file"},
    {"import", cmd_import, "convert recorded market data to a tape"},
    {"record", cmd_record, "write a market tape from a venue's public streams"},
    {"tape", cmd_tape, "look into a tape"},
    {"venue", cmd_venue, "the embedded venue alone"},
    {"doctor", cmd_doctor, "look at everything that a run needs, before it"},
    {"config", cmd_config, "print or check the configuration"},
    {"version", cmd_version, "print versions"},
};

static int help(void)
{
    fputs("usage: ticktower [COMMAND] [OPTIONS]\n\n"
          "Without a command: `run`, the console on the embedded venue with a recorded market.\n\n",
          stdout);
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++) {
        printf("  %-10s %s\n", COMMANDS[i].name, COMMANDS[i].help);
    }
    fputs("\n`ticktower COMMAND --help` explains each. Manual: ticktower(1).\n", stdout);
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    alloc_pool_install(); // before any library allocates
    wire_json_init();
    static char run[] = "run";
    static char *bare[] = {run, NULL};
    if (argc < 2 || (argv[1][0] == '-' && strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0 &&
                     strcmp(argv[1], "--version") != 0)) {
        // Without a command: run, with whatever options there are.
        if (argc < 2) {
            return cmd_run(1, bare);
        }
        argv[0] = run;
        return cmd_run(argc, argv);
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        return help();
    }
    if (strcmp(name, "--version") == 0) {
        name = "version";
    }
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++) {
        if (strcmp(name, COMMANDS[i].name) == 0) {
            return COMMANDS[i].main(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "ticktower: unknown command %s; `ticktower --help` lists them\n", name);
    return EXIT_USAGE;
}
