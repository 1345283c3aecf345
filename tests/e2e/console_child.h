// SPDX-License-Identifier: Apache-2.0
// console_child: console_run in a child process on a pty, fed with snapshots by the test; what it sends comes
// back through shared memory.
#ifndef TT_TESTS_E2E_CONSOLE_CHILD_H
#define TT_TESTS_E2E_CONSOLE_CHILD_H

#include <stdatomic.h>

#include "e2e/snapgen.h"
#include "live/publish.h"
#include "tools/pty.h"
#include "tui/console.h"

enum { CHILD_OPS = 512 };

struct child_shared {
    struct publish snapshots;
    _Atomic int kills;       // calls of kill_now
    _Atomic int64_t kill_ns; // when the last one was made
    _Atomic int ops;
    struct ev_operator op[CHILD_OPS];
    uint16_t op_instrument[CHILD_OPS];
    _Atomic int exports, transports;
    _Atomic char transport_verb;
    _Atomic bool finished, refuse_sends;
};

struct child {
    struct pty pty;
    struct child_shared *shared; // mapped in both
    struct snapgen gen;
};

struct child_options {
    int rows, cols;
    const char *term; // NULL: xterm-256color
    enum run_mode mode;
    bool ascii, mono, no_color, check; // check: call console_check and leave
};

void child_start(struct child *c, const struct child_options *o);
// Publish the generator's snapshot.
void child_publish(struct child *c);
// `frames` steps of 100 ms of a market with so many changes and trades each, shown in real time.
void child_play(struct child *c, int frames, int levels, int trades);
// Until `count` commands were sent, at most ms; how many there are.
int child_wait_ops(struct child *c, int count, int ms);
// Has this verb been sent since command `from`? Its index or -1.
int child_find_op(const struct child *c, int from, enum verb verb);
// End the console (finished) and return its enum console_end, -1 when it did not end.
int child_end(struct child *c);

#endif
