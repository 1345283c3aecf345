// SPDX-License-Identifier: Apache-2.0
// gate: what must be true before a run may trade real money, beside what doctor sees: the configuration says
// so in its own words, and a person types the account's name. Each thing that is missing gets a row of its
// own with the remedy. Owner: main, before threads.
#ifndef TT_LIVE_GATE_H
#define TT_LIVE_GATE_H

#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"
#include "live/checks.h"

// The configuration of a live run: path NULL: none was given.
void gate_config(struct checks *out, const struct config *c, const char *path);

// Where a key was put that it does not belong to: the environment. A row in any mode.
void gate_environment(struct checks *out);

// Ask at the terminal for the account's name; nothing else will do, and nothing piped in is read. `what`:
// what will be traded with, for the question.
bool gate_typed_word(const char *alias, const char *what, struct error *e);

// The red rows, one line each, then how many; returns false when there are any.
bool gate_tell(const struct checks *c, const char *command, FILE *to);

#endif
