// SPDX-License-Identifier: Apache-2.0
#include "live/latency.h"

#include <string.h>

#include "base/check.h"
#include "base/clock.h"

static _Thread_local struct latency *bound;

static void on_probe(enum probe_point point)
{
    if (bound) {
        bound->stamp[point] = clock_mono_ns();
    }
}

void latency_bind(struct latency *l)
{
    bound = l;
    probe_hook = on_probe;
}

void latency_message(struct latency *l, int64_t received_ns, bool market)
{
    l->market = market;
    memset(l->stamp, 0, sizeof l->stamp);
    l->stamp[PROBE_RECEIVED] = received_ns;
    l->signed_at_message_ns = l->signed_ns;
}

// Record the way from one stamp to another when both were passed, in this order.
static void between(struct latency *l, enum station st, enum probe_point from, enum probe_point to)
{
    if (l->stamp[from] && l->stamp[to] >= l->stamp[from]) {
        hist_add(&l->station[st], l->stamp[to] - l->stamp[from]);
    }
}

void latency_step_done(struct latency *l, int64_t step_ns)
{
    hist_add(&l->station[ST_ENGINE_STEP], step_ns);
    if (!l->stamp[PROBE_DECODED]) {
        return; // not a market message
    }
    between(l, ST_RECV_DECODE, PROBE_RECEIVED, PROBE_DECODED);
    between(l, ST_BOOK_FEATURES, PROBE_DECODED, PROBE_FEATURES);
    between(l, ST_DECIDE, PROBE_FEATURES, PROBE_DECIDED);
    l->stamp[PROBE_DECODED] = 0; // once per message, though it may cause several steps
}

static struct latency_tag *find_tag(struct latency *l, uint8_t venue, uint32_t tag)
{
    CHECK(venue < VENUE_COUNT);
    return &l->tag[venue][tag % LATENCY_TAGS];
}

void latency_submitted(struct latency *l, uint8_t venue, uint32_t tag)
{
    *find_tag(l, venue, tag) =
        (struct latency_tag){l->stamp[PROBE_RECEIVED], l->signed_at_message_ns, l->market};
}

void latency_written(struct latency *l, uint8_t venue, uint32_t tag, int64_t written_ns)
{
    struct latency_tag *t = find_tag(l, venue, tag);
    if (l->stamp[PROBE_SIGNED] > l->stamp[PROBE_ENCODED]) {
        l->signed_ns += l->stamp[PROBE_SIGNED] - l->stamp[PROBE_ENCODED];
    }
    between(l, ST_SIGN, PROBE_ENCODED, PROBE_SIGNED);
    between(l, ST_WRITE, PROBE_SIGNED, PROBE_WRITTEN);
    between(l, ST_ENCODE, PROBE_DECIDED, PROBE_ENCODED);
    if (t->received_ns && written_ns >= t->received_ns && !t->market) {
        hist_add(&l->station[ST_ANSWER_TO_ORDER], written_ns - t->received_ns);
    } else if (t->received_ns && written_ns >= t->received_ns) {
        hist_add(&l->station[ST_TICK_TO_ORDER], written_ns - t->received_ns);
        hist_add(&l->window, written_ns - t->received_ns);
        int64_t sign_ns = l->signed_ns - t->signed_ns;
        hist_add(&l->station[ST_TICK_TO_ORDER_LESS_SIGN], written_ns - t->received_ns - sign_ns);
    }
    t->received_ns = 0;
}
