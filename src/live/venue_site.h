// SPDX-License-Identifier: Apache-2.0
// venue_site: one venue of the embedded venue's process: what its sockets, its exchange and its faults do to
// each other. Owner: the venue's thread.
#ifndef TT_LIVE_VENUE_SITE_H
#define TT_LIVE_VENUE_SITE_H

#include "live/venue_fault.h"
#include "live/venue_hold.h"
#include "live/venue_rest.h"
#include "live/venue_stream.h"

struct venue_site {
    enum venue_id id;
    const int64_t *wall_minus_mono_ns; // the process's venue clock: steady, wall time at its start
    struct exchange *exchange;
    struct venue_rest *rest;
    struct venue_net *net;
    struct venue_streams streams;
    struct xch_sink sink;
    struct venue_faults faults;
    struct venue_hold *hold;
    uint64_t external; // orders placed by hand so far
    size_t watched;    // descriptors of the last poll
};

int64_t venue_site_now(const struct venue_site *s); // the venue's clock
// What the site does with what its sockets hear, and with what its exchange tells.
struct venue_net_handler venue_site_handler(struct venue_site *s);
struct xch_sink venue_site_sink(struct venue_site *s);
bool venue_site_hold_new(struct venue_site *s); // false: no memory
// Everything that is due; returns when the next thing is.
int64_t venue_site_advance(struct venue_site *s, int64_t now_ns);

#endif
