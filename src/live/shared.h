// SPDX-License-Identifier: Apache-2.0
// shared: the few status words that threads leave for each other, all atomics or written before the threads
// start.
#ifndef TT_LIVE_SHARED_H
#define TT_LIVE_SHARED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/market/instrument.h"

struct live_shared {
    _Atomic uint64_t store_bytes;         // tape size so far
    _Atomic int store_failed;             // 1: the store refuses records (disk full, I/O error)
    _Atomic uint64_t handshakes;          // TLS handshakes of the order connection
    _Atomic uint64_t nonce_us[VENUE_MAX]; // highest nonce given out, by venue
    pthread_mutex_t note_lock;
    char note[512]; // last message of the store; under note_lock
};

void live_shared_init(struct live_shared *s);
// Leave / copy the note (store thread writes, console side reads; never the hot thread).
void live_shared_note(struct live_shared *s, const char *text);
void live_shared_read_note(struct live_shared *s, char *to, unsigned cap);

#endif
