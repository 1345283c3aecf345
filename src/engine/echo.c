// SPDX-License-Identifier: Apache-2.0
// echo: each operator action with what became of it: sent, answered, verified, refused. The newest eight; an
// order remembers by sequence number whose cancel or close it is (engine_state.h, order_note).
#include <string.h>

#include "base/text.h"
#include "engine/engine_state.h"

struct echo *echo_new(struct engine *e, enum actor actor, enum verb verb, uint16_t instrument,
                      int64_t key_mono_ns)
{
    memmove(&e->echo[1], &e->echo[0], sizeof e->echo - sizeof e->echo[0]);
    e->echo_count += e->echo_count < SNAP_ECHOES;
    struct echo *x = &e->echo[0];
    memset(x, 0, sizeof *x);
    x->s.seq = e->seq;
    x->s.wall_ns = e->wall_ns;
    x->s.actor = (uint8_t)actor;
    x->s.verb = (uint8_t)verb;
    x->s.instrument = instrument;
    x->key_mono_ns = key_mono_ns > 0 && key_mono_ns <= e->now_ns ? key_mono_ns : e->now_ns;
    return x;
}

struct echo *echo_find(struct engine *e, uint64_t seq)
{
    for (uint32_t i = 0; i < e->echo_count && seq != 0; i++) {
        if (e->echo[i].s.seq == seq) {
            return &e->echo[i];
        }
    }
    return NULL;
}

int64_t echo_since(const struct echo *x, int64_t at_ns)
{
    return at_ns > x->key_mono_ns ? at_ns - x->key_mono_ns : 1;
}

void echo_text(struct echo *x, const char *text)
{
    text_copy(x->s.text, sizeof x->s.text, text);
}

void echo_refuse(struct echo *x, const char *why)
{
    x->s.refused = 1;
    echo_text(x, why);
}

void echo_done(struct engine *e, struct echo *x)
{
    x->s.done_ns = x->s.done_ns ? x->s.done_ns : echo_since(x, e->now_ns);
}

void echo_on_write(struct engine *e, uint64_t seq, int64_t at_ns)
{
    struct echo *x = echo_find(e, seq);
    if (x && x->s.first_write_ns == 0) {
        x->s.first_write_ns = echo_since(x, at_ns);
    }
}

void echo_on_done(struct engine *e, uint16_t slot)
{
    struct echo *x = echo_find(e, e->note[slot].echo_seq);
    if (!x) {
        return;
    }
    if (order_at(&e->orders, slot)->close_only) {
        x->s.closes_acked++;
        return;
    }
    x->s.cancels_acked++;
    if (x->s.verb != VERB_FLATTEN && x->s.cancels_acked >= x->s.cancels_sent) {
        x->s.acked_ns = x->s.acked_ns ? x->s.acked_ns : echo_since(x, e->now_ns);
        echo_done(e, x);
    }
}
