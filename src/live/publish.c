// SPDX-License-Identifier: Apache-2.0
#include "live/publish.h"

#include <string.h>

enum { FRESH = 4 };

void publish_init(struct publish *p)
{
    memset(p, 0, sizeof *p);
    p->back = 0;
    p->front = 2;
    atomic_store(&p->middle, 1U);
}

struct snapshot *publish_back(struct publish *p)
{
    return &p->slot[p->back];
}

void publish_commit(struct publish *p)
{
    // Release: the slot's content before its index; acquire: the reader is done with the slot we get back.
    unsigned old = atomic_exchange_explicit(&p->middle, p->back | FRESH, memory_order_acq_rel);
    p->back = old & 3U;
}

const struct snapshot *publish_read(struct publish *p, bool *is_new)
{
    bool fresh = (atomic_load_explicit(&p->middle, memory_order_relaxed) & FRESH) != 0;
    if (fresh) {
        unsigned old = atomic_exchange_explicit(&p->middle, p->front, memory_order_acq_rel);
        p->front = old & 3U;
    }
    if (is_new) {
        *is_new = fresh;
    }
    return &p->slot[p->front];
}

void publish_ask(struct publish *p)
{
    atomic_store_explicit(&p->wanted, true, memory_order_release);
}

bool publish_take_wish(struct publish *p)
{
    return atomic_load_explicit(&p->wanted, memory_order_relaxed) &&
           atomic_exchange_explicit(&p->wanted, false, memory_order_acq_rel);
}
