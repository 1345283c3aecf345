// SPDX-License-Identifier: Apache-2.0
// pty: a child process on a pseudo-terminal of its own, its output kept and shown to an emulator.
#ifndef TT_TESTS_TOOLS_PTY_H
#define TT_TESTS_TOOLS_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/vt.h"

enum { PTY_LOG_MAX = 1 << 22 };

struct pty {
    pid_t child;
    int master;
    struct vt *vt;
    uint64_t bytes; // read so far
    uint8_t *log;   // the first PTY_LOG_MAX bytes since pty_log_reset
    size_t log_len;
    bool closed; // the child's side is gone
};

// Fork; the child gets the terminal as its controlling one (stdin, stdout, stderr) and runs `run(arg)`, whose
// result is its exit status. Aborts when the system refuses.
void pty_start(struct pty *p, int rows, int cols, int (*run)(void *arg), void *arg);
// Read what there is for `ms` milliseconds and feed the emulator. Returns the bytes read.
size_t pty_pump(struct pty *p, int ms);
// Until the text is on the screen, at most `ms`. False: it never was.
bool pty_wait_text(struct pty *p, const char *text, int ms);
bool pty_wait_gone(struct pty *p, const char *text, int ms);
void pty_type(struct pty *p, const char *bytes, size_t n);
void pty_keys(struct pty *p, const char *keys);
void pty_resize(struct pty *p, int rows, int cols);
void pty_log_reset(struct pty *p);
// Wait for the child to end (reading its output), at most `ms`; its exit status, -1 when it had to be killed.
int pty_finish(struct pty *p, int ms);
// Print the screen to stderr.
void pty_print(struct pty *p);

#endif
