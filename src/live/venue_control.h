// SPDX-License-Identifier: Apache-2.0
// venue_control: the way in for whoever owns the embedded venue's process: a unix socket (mode 0600; the
// kernel says whose the other end is, and only our own user and root are heard). One command a line, one line
// of JSON back. It moves bytes; what a command does is the handler's business. Owner: the venue's thread.
#ifndef TT_LIVE_VENUE_CONTROL_H
#define TT_LIVE_VENUE_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { CONTROL_CLIENTS_MAX = 4, CONTROL_WATCH_MAX = CONTROL_CLIENTS_MAX + 1, CONTROL_REPLY_MAX = 8192 };

struct venue_control;

struct venue_control_handler {
    void *ctx;
    // `line` without its newline; `reply` gets at most cap bytes, terminated, without newline.
    void (*command)(void *ctx, char *line, char *reply, size_t cap);
};

// Listen at `path`, which must not exist. NULL with *e.
struct venue_control *venue_control_new(const char *path, const struct venue_control_handler *h,
                                        struct error *e);
void venue_control_free(struct venue_control *c); // removes the path; NULL-safe

// What to poll for: fills p[0 .. CONTROL_WATCH_MAX), returns how many.
size_t venue_control_watch(const struct venue_control *c, struct pollfd *p);
void venue_control_serve(struct venue_control *c, const struct pollfd *p, size_t count);

// The other side: send one line, print the answer's line to `reply`. False with *e.
bool venue_control_tell(const char *path, const char *line, char *reply, size_t cap, struct error *e);

#endif
