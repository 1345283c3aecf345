// SPDX-License-Identifier: Apache-2.0
// path: see path.h. Entries older than the largest span may be overwritten: only the newest of them can be
// asked for, and its index is kept from being lapped because at most one entry is written per slot.
#include "engine/signal/path.h"

#include <string.h>

#include "base/check.h"
#include "base/dmath.h"

void path_init(struct path *p, uint32_t entries, int64_t grid_ns, const int64_t span_ns[PATH_SPANS])
{
    memset(p, 0, sizeof *p);
    p->grid_ns = grid_ns;
    p->mask = entries - 1;
    for (int i = 0; i < PATH_SPANS; i++) {
        p->span[i] = span_ns[i] / grid_ns;
        CHECK((entries & p->mask) == 0 && p->span[i] + 1 < entries);
    }
}

void path_clear(struct path *p)
{
    p->head = 0;
    memset(p->passed, 0, sizeof p->passed);
}

static void advance(struct path *p, const struct path_entry *ring, int64_t slot, int span)
{
    uint32_t i = p->passed[span];
    while (i != p->head && ring[i & p->mask].slot <= slot - p->span[span]) {
        i++;
    }
    p->passed[span] = i;
}

void path_push(struct path *p, struct path_entry *ring, int64_t now_ns, double value)
{
    int64_t slot = now_ns / p->grid_ns;
    for (int i = 0; i < PATH_SPANS; i++) {
        advance(p, ring, slot, i); // so that no index is lapped by the write below
    }
    if (p->head != 0 && ring[(p->head - 1) & p->mask].slot == slot) {
        ring[(p->head - 1) & p->mask].value = value;
        return;
    }
    ring[p->head++ & p->mask] = (struct path_entry){slot, value};
}

double path_before(struct path *p, const struct path_entry *ring, int64_t now_ns, int span)
{
    advance(p, ring, now_ns / p->grid_ns, span);
    uint32_t i = p->passed[span];
    return i == 0 ? DMATH_NAN : ring[(i - 1) & p->mask].value;
}
