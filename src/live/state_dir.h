// SPDX-License-Identifier: Apache-2.0
// state_dir: where a run keeps what must last: <state>/sim/sessions, one directory per account, 0700; session
// names; the epoch of client order ids, durable before the first order of a run.
#ifndef TT_LIVE_STATE_DIR_H
#define TT_LIVE_STATE_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct state_dir {
    char root[320];      // <state>/<mode>
    char sessions[352];  // <root>/sessions
    char session_id[32]; // 20261122T081530Z-ab12
    char tape[416], db[416];
    uint32_t epoch;
};

// The default state directory: $XDG_STATE_HOME/ticktower, else ~/.local/state/ticktower.
bool state_dir_default(char *to, unsigned cap, struct error *e);
// Make the directories, choose a session name, take the next epoch (written and synced before return).
bool state_dir_open(struct state_dir *s, const char *base, const char *mode, struct error *e);

#endif
