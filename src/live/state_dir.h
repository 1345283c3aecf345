// SPDX-License-Identifier: Apache-2.0
// state_dir: where a run keeps what must last: one directory per account, 0700, with its sessions; session
// names; the epoch of client order ids, durable before the first order of a run.
//
// <state>/sim, <state>/paper, <state>/testnet-ALIAS, <state>/live-ALIAS. One run at a time: the file `lock`
// in it is held (flock) until state_dir_close or the end of the process, however it ends.
#ifndef TT_LIVE_STATE_DIR_H
#define TT_LIVE_STATE_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/event.h"

struct state_dir {
    char root[320];      // <state>/<account>
    char sessions[352];  // <root>/sessions
    char session_id[32]; // 20261122T081530Z-ab12
    char tape[416], db[416];
    char account_db[352]; // <root>/account.db
    uint32_t epoch;
    int lock_fd;
};

// The default state directory: $XDG_STATE_HOME/ticktower, else ~/.local/state/ticktower.
bool state_dir_default(char *to, unsigned cap, struct error *e);
// "sim", "paper", "testnet-ALIAS", "live-ALIAS".
void state_dir_account(char *to, unsigned cap, enum run_mode mode, const char *alias);
// Make the directories, take the lock, choose a session name, take the next epoch (written and synced before
// return). False with *e: also when another run holds it, or (testnet, live) others can enter it.
bool state_dir_open(struct state_dir *s, const char *base, enum run_mode mode, const char *alias,
                    struct error *e);
void state_dir_close(struct state_dir *s); // gives the lock back; once more: nothing happens
// Nobody holds the lock of <base>/<account> now (a look, no promise).
bool state_dir_is_free(const char *base, enum run_mode mode, const char *alias);

#endif
