// SPDX-License-Identifier: Apache-2.0
// recording: reads the small market recording of tests/data/recording line by line into events. For tests
// only; run from the repository root. A line that does not parse ends the test program.
#ifndef TT_TESTS_RECORDING_H
#define TT_TESTS_RECORDING_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "engine/event.h"

#define RECORDING_ETH "tests/data/recording/ethusdt_20240808.txt.gz"

struct recording {
    gzFile file;
    char line[128];
    int have_line; // a line was read ahead
    int64_t first_ms;
};

static inline void recording_die(const char *why)
{
    fprintf(stderr, "%s: %s (run from the repository root)\n", RECORDING_ETH, why);
    exit(1);
}

static inline void recording_open(struct recording *r)
{
    r->file = gzopen(RECORDING_ETH, "rb");
    r->have_line = 0;
    r->first_ms = 0;
    if (!r->file) {
        recording_die("cannot open");
    }
}

static inline int recording_line(struct recording *r)
{
    if (!r->have_line) {
        r->have_line = gzgets(r->file, r->line, sizeof r->line) != NULL;
    }
    return r->have_line;
}

// Levels follow bids first, then asks.
static inline void recording_levels(struct recording *r, struct ev_book *b)
{
    while (recording_line(r) && (r->line[0] == 'b' || r->line[0] == 'a')) {
        struct level *l = &b->levels[b->bids + b->asks];
        if (b->bids + b->asks == EV_LEVELS_MAX ||
            sscanf(r->line + 1, "%" SCNd64 " %" SCNd64, &l->ticks, &l->lots) != 2) {
            recording_die("bad level");
        }
        if (r->line[0] == 'b') {
            b->bids++;
        } else {
            b->asks++;
        }
        r->have_line = 0;
    }
}

// Next event: snapshot, diff or trade, mono_ns counted from the first time stamp. 0 at the end.
static inline int recording_next(struct recording *r, struct event *ev)
{
    int64_t ms = 0;
    if (!recording_line(r)) {
        gzclose(r->file);
        return 0;
    }
    r->have_line = 0;
    if (r->line[0] == 'T') {
        event_init(ev, EV_TRADE, 0, 0);
        int side;
        struct ev_trade *t = &ev->u.trade;
        if (sscanf(r->line + 1, "%" SCNd64 " %" SCNd64 " %" SCNd64 " %d", &ms, &t->price_ticks, &t->qty_lots,
                   &side) != 4) {
            recording_die("bad trade");
        }
        t->side = (int8_t)side;
    } else {
        event_init(ev, r->line[0] == 'S' ? EV_BOOK_SNAPSHOT : EV_BOOK_DIFF, 0, 0);
        struct ev_book *b = &ev->u.book;
        const char *form =
            r->line[0] == 'S' ? "%*c %" SCNu64 : "%*c %" SCNd64 " %" SCNu64 " %" SCNu64 " %" SCNu64;
        int n = r->line[0] == 'S' ? sscanf(r->line, form, &b->last_id)
                                  : sscanf(r->line, form, &ms, &b->first_id, &b->last_id, &b->prev_id);
        if (n != (r->line[0] == 'S' ? 1 : 4)) {
            recording_die("bad book line");
        }
        recording_levels(r, b);
        ev->size = (uint32_t)event_size((enum event_type)ev->type, (size_t)b->bids + b->asks);
    }
    r->first_ms = r->first_ms ? r->first_ms : ms;
    ev->mono_ns = 1000000000 + (ms ? (ms - r->first_ms) * 1000000 : 0);
    ev->venue_ns = ms * 1000000;
    return 1;
}

#endif
