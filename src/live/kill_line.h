// SPDX-License-Identifier: Apache-2.0
// kill_line: the ways from the console to the hot thread. The fence is one atomic that the order connection
// reads between signing and writing; setting it needs no lock, no ring and no step of the engine. Operator
// commands travel in a bounded ring; an eventfd wakes the hot thread.
//
// Writers: console and pump threads (commands under a mutex of their own, never held by the hot thread).
// Reader: hot.
#ifndef TT_LIVE_KILL_LINE_H
#define TT_LIVE_KILL_LINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ring.h"
#include "engine/event.h"

struct kill_line {
    _Atomic int fence;           // 1: only close-only requests pass
    _Atomic int64_t kill_key_ns; // monotonic time of a kill key not yet taken by the hot thread; 0 none
    int wake_fd;                 // eventfd
    pthread_mutex_t producers;
    struct ring commands; // of struct kill_line_command
};

struct kill_line_command {
    struct ev_operator op;
    uint16_t instrument;
};

bool kill_line_init(struct kill_line *k, struct error *e);
// Once its threads are gone; a zeroed line that was never opened: nothing happens.
void kill_line_free(struct kill_line *k);

// Any thread; wait-free: fence up, kill noted, hot thread woken.
void kill_line_kill(struct kill_line *k, int64_t key_mono_ns);
// Console threads. False: ring full.
bool kill_line_send(struct kill_line *k, const struct ev_operator *op, uint16_t instrument);
// Wake the hot thread (snapshot wish, stop).
void kill_line_wake(struct kill_line *k);

// Hot thread: lower the fence after a release, unless a kill key is pending.
void kill_line_release(struct kill_line *k);

// Hot thread: time of a pending kill key (then 0 until the next), next command or false, drain of the
// eventfd.
int64_t kill_line_take_kill(struct kill_line *k);
bool kill_line_take(struct kill_line *k, struct kill_line_command *out);
void kill_line_drain(struct kill_line *k);

#endif
