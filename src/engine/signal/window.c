// SPDX-License-Identifier: Apache-2.0
// window: one ring, two tails. Sums wrap like unsigned numbers instead of overflowing: quantities are bounded
// at the door (event_valid), so a wrap needs a hostile venue, and it must not be undefined behaviour.
#include "engine/signal/window.h"

#include <string.h>

#include "base/check.h"

static int64_t wrapping_add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t wrapping_sub(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

void window_init(struct window *w, uint32_t entries, int64_t grid_ns, int64_t width0_ns, int64_t width1_ns)
{
    memset(w, 0, sizeof *w);
    w->grid_ns = grid_ns;
    w->width[0] = width0_ns / grid_ns;
    w->width[1] = width1_ns / grid_ns;
    w->mask = entries - 1;
    CHECK((entries & w->mask) == 0 && w->width[0] <= w->width[1] && w->width[1] < entries);
}

static void drop_before(struct window *w, const struct window_entry *ring, int which, int64_t slot)
{
    uint32_t tail = w->tail[which];
    while (tail != w->head && ring[tail & w->mask].slot <= slot) {
        for (int i = 0; i < WINDOW_VALUES; i++) {
            w->sum[which][i] = wrapping_sub(w->sum[which][i], ring[tail & w->mask].v[i]);
        }
        tail++;
    }
    w->tail[which] = tail;
}

void window_advance(struct window *w, const struct window_entry *ring, int64_t now_ns)
{
    int64_t slot = now_ns / w->grid_ns;
    drop_before(w, ring, 0, slot - w->width[0]);
    drop_before(w, ring, 1, slot - w->width[1]);
}

void window_add(struct window *w, struct window_entry *ring, int64_t now_ns, int which, int64_t x)
{
    int64_t slot = now_ns / w->grid_ns;
    window_advance(w, ring, now_ns);
    struct window_entry *e = &ring[(w->head - 1) & w->mask];
    if (w->head == w->tail[1] || e->slot != slot) {
        e = &ring[w->head++ & w->mask];
        memset(e, 0, sizeof *e);
        e->slot = slot;
        CHECK(w->head - w->tail[1] <= w->mask + 1);
    }
    e->v[which] = wrapping_add(e->v[which], x);
    w->sum[0][which] = wrapping_add(w->sum[0][which], x);
    w->sum[1][which] = wrapping_add(w->sum[1][which], x);
}
