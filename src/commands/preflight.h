// SPDX-License-Identifier: Apache-2.0
// preflight: what `run` and `doctor` do alike before anything trades: find the venues of a configuration,
// open their keys, look at everything. Owner: main, before threads.
#ifndef TT_COMMANDS_PREFLIGHT_H
#define TT_COMMANDS_PREFLIGHT_H

#include <stdbool.h>

#include "base/error.h"
#include "commands/run_options.h"
#include "live/checks.h"
#include "live/endpoint.h"
#include "live/venue_child.h"

struct preflight {
    struct checks checks;
    struct endpoint endpoint[VENUE_COUNT];
    bool used[VENUE_COUNT]; // an instrument lives there
};

// "sim", "paper", "testnet", "live"; -1 for another word.
const char *preflight_mode_name(enum run_mode mode);
int preflight_mode_named(const char *name);

// The embedded venue as a child, with this configuration's account and fees.
bool preflight_start_venue(struct venue_child *v, const struct run_options *o, struct error *e);

// sim: the endpoints of the embedded venue; the secrets in *hello are wiped. False with *e.
bool preflight_embedded(struct preflight *p, const struct config *c, struct venue_hello *hello,
                        struct error *e);

// paper, testnet, live: endpoints and keys; what fails becomes a red row and is skipped. keys: open them.
// prompt: a person may be asked for one.
void preflight_outside(struct preflight *p, const struct config *c, enum run_mode mode, bool keys,
                       bool prompt);

// Look at the host and at every venue whose endpoint stands.
void preflight_look(struct preflight *p, const struct config *c, enum run_mode mode, const char *state);

void preflight_free(struct preflight *p); // signers

#endif
