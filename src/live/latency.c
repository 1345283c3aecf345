// SPDX-License-Identifier: Apache-2.0
#include "live/latency.h"

#include <string.h>

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

void latency_submitted(struct latency *l, uint32_t tag)
{
    l->received_of_tag[tag % LATENCY_TAGS] = l->stamp[PROBE_RECEIVED];
    l->market_of_tag[tag % LATENCY_TAGS] = l->market;
    l->signed_of_tag[tag % LATENCY_TAGS] = l->signed_at_message_ns;
}

void latency_written(struct latency *l, uint32_t tag, int64_t written_ns)
{
    int64_t *received = &l->received_of_tag[tag % LATENCY_TAGS];
    if (l->stamp[PROBE_SIGNED] > l->stamp[PROBE_ENCODED]) {
        l->signed_ns += l->stamp[PROBE_SIGNED] - l->stamp[PROBE_ENCODED];
    }
    between(l, ST_SIGN, PROBE_ENCODED, PROBE_SIGNED);
    between(l, ST_WRITE, PROBE_SIGNED, PROBE_WRITTEN);
    between(l, ST_ENCODE, PROBE_DECIDED, PROBE_ENCODED);
    if (*received && written_ns >= *received && !l->market_of_tag[tag % LATENCY_TAGS]) {
        hist_add(&l->station[ST_ANSWER_TO_ORDER], written_ns - *received);
    } else if (*received && written_ns >= *received) {
        hist_add(&l->station[ST_TICK_TO_ORDER], written_ns - *received);
        hist_add(&l->window, written_ns - *received);
        int64_t sign_ns = l->signed_ns - l->signed_of_tag[tag % LATENCY_TAGS];
        hist_add(&l->station[ST_TICK_TO_ORDER_LESS_SIGN], written_ns - *received - sign_ns);
    }
    *received = 0;
}
