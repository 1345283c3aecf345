// SPDX-License-Identifier: Apache-2.0
// keys: where a venue's key comes from, and every reason to refuse it. Sources, the first that is there: the
// key file of [venue.NAME], the systemd credential ticktower-NAME-NETWORK, a prompt without echo on the
// terminal. Never the command line, never the environment.
//
// The key's text is read into locked memory (wire/secret.h), becomes a signer and is wiped; nothing else in
// the program ever holds it. Owner: main, before threads exist.
//
// Key file: lines `name = value`, # comments, at most 4 KiB:
//   venue = aster | spot | binance      network = mainnet | testnet       both needed
//   signer_key = 64 hex digits          for eip712; signer = 0x..., its address, may be stated too
//   api_key = ...    secret = ...       for hmac
//   expires = 2027-01-31                optional: the last day of the key
//   withdraw = no                       optional: what the operator gave it; yes is refused
#ifndef TT_LIVE_KEYS_H
#define TT_LIVE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "live/endpoint.h"

enum key_source { KEY_NONE, KEY_FILE, KEY_CREDENTIAL, KEY_PROMPT };

// What may be said of a key that was taken.
struct key_info {
    uint8_t source; // enum key_source
    bool locked;    // its memory cannot be swapped
    bool no_withdraw_stated;
    int64_t expires_s;          // end of its last day, Unix time UTC; 0: not stated
    char from[CONFIG_TEXT_MAX]; // path, or "the terminal"
    char address[44];           // of the signer (eip712), else ""
};

// Fill ep->signer. wall_s: Unix time now (expiry). prompt: a person may be asked. False with *e, one line
// with the remedy, never a part of the key. ep->keys must be set.
bool keys_open(struct endpoint *ep, const struct config *c, int64_t wall_s, bool prompt,
               struct key_info *info, struct error *e);

// The environment holds something that is named like a key of ours: refused, since every process of this user
// can read it there. False with *e, which names the variable, not its value.
bool keys_check_environment(struct error *e);

// From here on no core is written and no process of the same user can look into our memory.
void keys_harden_process(void);

// Two processes never share a signer (venue-api.md 2.4): the key's file is locked while its signer lives. One
// file may serve two venues of one process. Takes the descriptor: kept in *held, or closed. False: another
// process has it.
bool keys_hold(int fd, int *held);
void keys_let_go(int *held); // once more: nothing happens

// Owner, mode and place of a file that must be ours alone: a regular file, not a link, 0600 or stricter, in a
// directory that nobody else can write to; a key not inside a repository. Returns a descriptor, -1 with *e.
int keys_open_private_file(const char *what, const char *path, bool key, struct error *e);

#endif
