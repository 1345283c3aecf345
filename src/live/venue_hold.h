// SPDX-License-Identifier: Apache-2.0
// venue_hold: what a site says later than it could: answers to requests and user-stream messages that a fault
// holds back. Answers of one connection keep their order (one that is held holds those behind it); messages
// overtake each other. Bounded: when full, the oldest leaves early. Owner: the venue's thread.
#ifndef TT_LIVE_VENUE_HOLD_H
#define TT_LIVE_VENUE_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "live/venue_http.h"

enum { VENUE_HELD_MAX = 256 };

struct venue_hold;

struct venue_hold_handler {
    void *ctx;
    void (*answer)(void *ctx, int conn, struct venue_answer_head h, const char *body, size_t n);
    void (*silence)(void *ctx, int conn); // the connection is to be closed instead of an answer
    void (*report)(void *ctx, const char *text, size_t n);
};

struct venue_hold *venue_hold_new(const struct venue_hold_handler *h); // NULL: no memory
void venue_hold_free(struct venue_hold *v);                            // NULL-safe

// Hold (or, when hold_ns is 0 and nothing of this connection waits, say at once). body NULL: silence.
void venue_hold_answer(struct venue_hold *v, int64_t now_ns, int64_t hold_ns, int conn,
                       struct venue_answer_head h, const char *body, size_t n);
void venue_hold_report(struct venue_hold *v, int64_t now_ns, int64_t hold_ns, const char *text, size_t n);
void venue_hold_forget(struct venue_hold *v, int conn); // the connection is gone
// Say what is due; returns when the next thing is, INT64_MAX never.
int64_t venue_hold_advance(struct venue_hold *v, int64_t now_ns);

#endif
