// SPDX-License-Identifier: Apache-2.0
// venue_child: the embedded venue as a child process: a fresh copy of this program (`ticktower venue`),
// started before any thread exists, that tells where it listens over a pipe. It outlives a crash of its
// parent by 60 s, so that kills and restarts can be tested; an orderly end of the run ends it.
#ifndef TT_LIVE_VENUE_CHILD_H
#define TT_LIVE_VENUE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "live/venue_hello.h"

enum { VENUE_ARGS_MAX = 64 };

struct venue_child {
    pid_t pid;
    int out_fd;  // its standard output: the hello line
    int life_fd; // we hold the writing end; EOF tells the child that we are gone
    struct venue_hello hello;
};

// argv: what follows `venue` on its command line, NULL-terminated (at most VENUE_ARGS_MAX - 6 words). Waits
// at most 10 s for the hello line. False with an empty text: the venue ended with an exit code (in *e) and
// has told why, in one line.
bool venue_child_start(struct venue_child *v, const char *const *argv, struct error *e);
// End this process (SIGTERM, after 2 s SIGKILL) and wait for it. Returns its wait status. Call once more:
// nothing happens.
int venue_child_stop(struct venue_child *v);

#endif
