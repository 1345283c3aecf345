// SPDX-License-Identifier: Apache-2.0
// latency: what the probes say, as histograms per station. Owner: the hot thread; the snapshot takes copies.
#ifndef TT_LIVE_LATENCY_H
#define TT_LIVE_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hist.h"
#include "base/probe.h"
#include "engine/snapshot.h"

enum { LATENCY_TAGS = 1024 }; // requests remembered from submit to write, by venue and tag

struct latency {
    int64_t stamp[PROBE_COUNT]; // of the message in hand; 0 = not passed
    struct latency_tag {
        int64_t received_ns; // of the message that caused it; 0 none
        int64_t signed_ns;   // spent on signing when that message was received
        bool market;         // a market message
    } tag[VENUE_COUNT][LATENCY_TAGS];
    int64_t signed_ns;            // spent on signing, ever
    bool market;                  // the message in hand is a market message
    int64_t signed_at_message_ns; // the same when the message in hand was received
    struct hist station[ST_COUNT];
    struct hist window; // tick to order since the last latency_window_reset, for load events
};

// Make `l` the target of the probes of this thread (sets probe_hook once).
void latency_bind(struct latency *l);
// A message was taken from a socket at received_ns: forget the stamps of the one before.
// market: a market message, whose orders count as tick to order; else they count as answer to order.
void latency_message(struct latency *l, int64_t received_ns, bool market);
// Decode, book and decide stations of the message in hand; call when its step is done.
void latency_step_done(struct latency *l, int64_t step_ns);
// Request `tag` of a venue's session was submitted because of the message in hand.
void latency_submitted(struct latency *l, uint8_t venue, uint32_t tag);
// Its last byte was handed over at written_ns. "Less sign" leaves out all signing since the message was
// received: that of requests written before this one for the same message too.
void latency_written(struct latency *l, uint8_t venue, uint32_t tag, int64_t written_ns);

#endif
