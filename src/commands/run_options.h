// SPDX-License-Identifier: Apache-2.0
// run_options: the command line of `ticktower run`.
#ifndef TT_COMMANDS_RUN_OPTIONS_H
#define TT_COMMANDS_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"
#include "engine/event.h"

enum { RUN_MARKETS_MAX = 4 };

struct run_options {
    struct config config;
    enum run_mode mode;                  // sim, paper, testnet, live
    const char *config_path;             // NULL: defaults
    const char *market[RUN_MARKETS_MAX]; // tapes; none: the shipped one
    int markets;
    const char *control; // socket path of the embedded venue's commands; NULL: none
    const char *state;   // NULL: the default state directory
    const char *speed;   // text for the venue; "1"
    int64_t for_ns;      // 0: until told to stop
    uint64_t seed;
    bool headless, resume, json, spin, ascii, utf8, mono;
    bool help;
};

// False with one line in *e when an argument is not understood.
bool run_options_parse(struct run_options *o, int argc, char **argv, struct error *e);
extern const char RUN_HELP[];

#endif
