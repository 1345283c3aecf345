// SPDX-License-Identifier: Apache-2.0
// hot_venue: what the hot thread keeps for one venue: the session, the order connection and its spare, the
// nonces of its signer, the commands that wait for its links, the clerk that does its slow requests. It
// carries out what the session commands and tells the session what became of it.
//
// Nothing re-enters: a call enters the session once; its events go to hot at once, its commands are queued
// here and worked off by hot_venue_work. Owner: the hot thread (new and free: before and after it).
#ifndef TT_LIVE_HOT_VENUE_H
#define TT_LIVE_HOT_VENUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/exchange/paper.h"
#include "engine/snapshot.h"
#include "engine/venue/session.h"
#include "live/clerk.h"
#include "live/latency.h"
#include "live/ws_links.h"
#include "wire/sign.h"

struct hot_venue_setup {
    const char *host; // NULL: this venue is not of the run
    uint16_t port;
    bool tls;
    const char *ws_host; // of the streams
    uint16_t ws_port;
    bool ws_tls;
    const char *ca_pem; // NULL: the system's store
    struct signer *signer;
    struct nonce *nonce; // the signer's; venues that sign with one key share it. NULL: its own
    struct clerk *clerk; // its own: a slow venue must not delay another's requests
    struct session_config session;
    // Orders are matched here instead of at the venue; the session is public_only then. NULL: they go out.
    const struct paper_config *paper;
};

// What all venues of the hot thread share, and where a venue puts what it hears. Outlives the venue.
struct hot_venue_env {
    _Atomic int *fence;
    struct ws_links *links;
    struct latency *latency;
    void *ctx;
    // An event of the session: to be numbered and stepped now; dies with the call.
    void (*event)(void *ctx, struct event *ev);
    // The last byte of a cancel was handed over.
    void (*cancel_written)(void *ctx, int64_t mono_ns);
};

struct hot_venue;

struct hot_venue *hot_venue_new(const struct hot_venue_setup *s, const struct hot_venue_env *env,
                                struct error *e);
void hot_venue_free(struct hot_venue *v); // NULL-safe

void hot_venue_start(struct hot_venue *v);
void hot_venue_on_action(struct hot_venue *v, const struct action *a);
// No more actions wait: what the session collects for one request may leave.
void hot_venue_flush(struct hot_venue *v);
// Carry out one command of the session. False: none waits.
bool hot_venue_run_command(struct hot_venue *v);
// Let the order connections do one thing, or tell the session what they wrote. False: nothing to do.
bool hot_venue_work(struct hot_venue *v);
// All queues are empty: what sockets and times to watch.
void hot_venue_watch(struct hot_venue *v);

void hot_venue_on_open(struct hot_venue *v, struct ws_at at);
void hot_venue_on_text(struct hot_venue *v, struct ws_at at, const char *text, size_t n, int64_t received_ns);
void hot_venue_on_closed(struct hot_venue *v, struct ws_at at, const char *reason);
void hot_venue_on_clerk(struct hot_venue *v);
void hot_venue_on_time(struct hot_venue *v, int64_t now_ns);
// Order connection `which` is ready, or time passed.
void hot_venue_process(struct hot_venue *v, int which);
// Walk the way of an order without one (order_conn_warm).
void hot_venue_warm(struct hot_venue *v);

// What the snapshot tells of this venue's links, clock, budgets and account; name and market are left alone.
void hot_venue_fill_site(const struct hot_venue *v, int64_t now_ns, struct snap_site *x);
uint64_t hot_venue_nonce_us(const struct hot_venue *v); // the highest given out
uint64_t hot_venue_handshakes(const struct hot_venue *v);

#endif
