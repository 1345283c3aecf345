// SPDX-License-Identifier: Apache-2.0
// kill_drill: what the tape of a session says about its kills: every F against every order byte that left and
// every answer the venue gave. Reads the tape only, so it judges what really happened, not what the screen
// says.
//
// A kill begins with the first VERB_FLATTEN and ends with the next VERB_RELEASE (or the tape). An RK_SENT
// names no request: the first one of a client id is the order itself, later ones are its cancels, one without
// an id is a cancel-all. The hot thread reports a write at once, so an RK_SENT behind the VERB_FLATTEN left
// behind it.
#ifndef TT_TESTS_KILL_DRILL_H
#define TT_TESTS_KILL_DRILL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "engine/event.h"
#include "store/tape.h"

enum { DRILL_IDS = 1 << 17, DRILL_KILLS = 4096, DRILL_INSTRUMENTS = 8 };

struct drill {
    unsigned presses; // flatten commands in the tape
    unsigned kills;   // those that began a kill
    unsigned releases;
    unsigned with_position; // kills that found a position
    unsigned closes;        // closing orders sent
    unsigned opened_after;  // orders handed to the wire after a kill, before its release, that can add risk
    unsigned
        late_writes; // orders whose write ended between the key and the kill's event: begun before the fence
    int64_t late_max_ns; // the latest of them after the key
    unsigned
        not_flat; // kills whose end the venue had not answered empty, orders and position of each instrument
    unsigned not_sealed; // kills released though an order byte had left within the acceptance window
    unsigned placed[DRILL_INSTRUMENTS];
    unsigned cancels_timed;
    int64_t to_cancel_ns[DRILL_KILLS]; // key to first cancel byte, of each kill
    int64_t to_flat_ns[DRILL_KILLS];   // key to the last of the venue's empty answers that make it FLAT
};

struct drill_leg {
    bool known;
    int64_t lots;          // as the venue last told it (pushes and reads)
    int64_t last_place_ns; // when an order byte last left
    int64_t empty_orders_ns,
        empty_position_ns; // request times of the newest reads, when they were empty; else 0
};

struct drill_state {
    bool killed, timed, flat;
    int64_t key_ns, window_ns;
    struct drill_leg leg[DRILL_INSTRUMENTS];
    uint64_t *ids;         // open-addressed set of hashes of client ids sent
    int64_t recent_ns[64]; // when the last orders were written
    unsigned recent;
    struct drill d;
};

// True the first time.
static inline bool drill_first(struct drill_state *s, const char *client_id)
{
    uint64_t h = hash64(HASH64_START, client_id, strlen(client_id)) | 1;
    for (size_t i = h % DRILL_IDS;; i = (i + 1) % DRILL_IDS) {
        if (s->ids[i] == h) {
            return false;
        }
        if (s->ids[i] == 0) {
            s->ids[i] = h;
            return true;
        }
    }
}

static inline bool drill_closes(const struct ev_order *o)
{
    return o->reduce_only && o->tif == TIF_IOC && strncmp(o->client_id, "ttk", 3) == 0;
}

static inline void drill_cancel_sent(struct drill_state *s, const struct ev_order *o)
{
    if (s->killed && !s->timed) {
        s->timed = true;
        s->d.to_cancel_ns[s->d.cancels_timed++ % DRILL_KILLS] = o->request_mono_ns - s->key_ns;
    }
}

static inline void drill_place_sent(struct drill_state *s, struct drill_leg *l, uint16_t i,
                                    const struct ev_order *o)
{
    s->d.placed[i]++;
    l->last_place_ns = o->request_mono_ns;
    s->recent_ns[s->recent++ % 64] = o->request_mono_ns;
    if (s->killed && drill_closes(o)) {
        s->d.closes++;
        l->empty_orders_ns = l->empty_position_ns = 0;
        s->flat = false;
    } else if (s->killed) {
        s->d.opened_after++;
        fprintf(stderr, "after the kill: %s %lld lots at %lld ticks, %.3f ms after the key\n", o->client_id,
                (long long)o->qty_lots, (long long)o->price_ticks,
                (double)(o->request_mono_ns - s->key_ns) / 1e6);
    }
}

static inline void drill_order(struct drill_state *s, uint16_t i, const struct ev_order *o)
{
    struct drill_leg *l = &s->leg[i];
    switch (o->kind) {
    case RK_SENT:
        if (o->client_id[0] == 0 || !drill_first(s, o->client_id)) {
            drill_cancel_sent(s, o);
        } else {
            drill_place_sent(s, l, i, o);
        }
        break;
    case RK_FILL:
        l->empty_position_ns = 0;
        break;
    default:
        break;
    }
}

static inline bool drill_leg_empty(const struct drill_leg *l, int64_t since_ns)
{
    return l->empty_orders_ns >= since_ns && l->empty_position_ns >= since_ns;
}

static inline bool drill_all_empty(const struct drill_state *s, int64_t window_ns)
{
    int64_t last = 0;
    for (int i = 0; i < DRILL_INSTRUMENTS; i++) {
        last = s->leg[i].last_place_ns > last ? s->leg[i].last_place_ns : last;
    }
    for (int i = 0; i < DRILL_INSTRUMENTS; i++) {
        int64_t since = window_ns ? last + window_ns : s->leg[i].last_place_ns;
        if (s->leg[i].known && !drill_leg_empty(&s->leg[i], since > s->key_ns ? since : s->key_ns)) {
            return false;
        }
    }
    return true;
}

static inline void drill_kill(struct drill_state *s, const struct event *ev)
{
    int64_t key_ns = ev->u.op.key_mono_ns;
    s->d.presses++;
    if (s->killed) {
        return;
    }
    bool position = false;
    s->killed = true;
    s->timed = s->flat = false;
    s->key_ns = key_ns;
    s->d.kills++;
    for (int i = 0; i < DRILL_INSTRUMENTS; i++) {
        position |= s->leg[i].lots != 0;
        s->leg[i].empty_orders_ns = s->leg[i].empty_position_ns = 0;
    }
    s->d.with_position += position;
    for (int i = 0; i < 64; i++) {
        int64_t after = s->recent_ns[i] - key_ns;
        if (after > 0) {
            s->d.late_writes++;
            s->d.late_max_ns = after > s->d.late_max_ns ? after : s->d.late_max_ns;
        }
    }
}

// The kill ends here (release, or the end of the tape): was it what it had to be?
static inline void drill_end(struct drill_state *s)
{
    if (s->killed) {
        s->d.not_flat += !drill_all_empty(s, 0);
        s->d.not_sealed += !drill_all_empty(s, s->window_ns);
        s->killed = false;
    }
}

static inline void drill_account(struct drill_state *s, const struct event *ev)
{
    const struct ev_account *a = &ev->u.account;
    if (ev->instrument >= DRILL_INSTRUMENTS) {
        return;
    }
    struct drill_leg *l = &s->leg[ev->instrument];
    if (a->kind == AK_POSITION) {
        l->lots = a->position_lots;
    }
    if (!a->from_read) {
        return; // only answers to questions count as proof
    }
    if (a->kind == AK_OPEN_ORDERS) {
        l->empty_orders_ns = a->count == 0 ? a->request_mono_ns : 0;
    } else if (a->kind == AK_POSITION) {
        l->empty_position_ns = a->position_lots == 0 ? a->request_mono_ns : 0;
    }
    if (s->killed && !s->flat && drill_all_empty(s, 0)) {
        s->flat = true;
        s->d.to_flat_ns[(s->d.kills - 1) % DRILL_KILLS] = ev->mono_ns - s->key_ns;
    }
}

static inline void drill_event(struct drill_state *s, const struct event *ev)
{
    switch (ev->type) {
    case EV_INSTRUMENT:
        if (ev->instrument < DRILL_INSTRUMENTS && ev->u.instrument_rev.kind == INSTRUMENT_LINEAR) {
            s->leg[ev->instrument].known = true;
        }
        break;
    case EV_OPERATOR:
        if (ev->u.op.verb == VERB_FLATTEN) {
            drill_kill(s, ev);
        } else if (ev->u.op.verb == VERB_RELEASE) {
            s->d.releases++;
            drill_end(s);
        }
        break;
    case EV_ORDER:
        if (ev->instrument < DRILL_INSTRUMENTS) {
            drill_order(s, ev->instrument, &ev->u.order);
        }
        break;
    case EV_ACCOUNT:
        drill_account(s, ev);
        break;
    default:
        break;
    }
}

// Judge the tape; window_ns: the venue's acceptance window. False: it cannot be read to its end.
static inline bool drill_tape(const char *path, int64_t window_ns, struct drill *out)
{
    struct error e = {0};
    struct tape_reader *r = tape_open(path, &e);
    if (!r) {
        fprintf(stderr, "%s\n", e.text);
        return false;
    }
    struct drill_state *s = calloc(1, sizeof *s);
    uint64_t *ids = calloc(DRILL_IDS, sizeof *ids);
    if (!s || !ids) {
        abort();
    }
    s->ids = ids;
    s->window_ns = window_ns;
    const struct event *ev;
    while ((ev = tape_next(r, &e)) != NULL) {
        drill_event(s, ev);
    }
    drill_end(s);
    bool whole = e.text[0] == 0 && tape_gaps(r) == 0;
    tape_reader_close(r);
    *out = s->d;
    free(ids);
    free(s);
    return whole;
}

static inline int drill_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// The value that q percent of the n values do not exceed (sorts them); 0 when there are none.
static inline int64_t drill_quantile(int64_t *values, unsigned n, unsigned q)
{
    n = n < DRILL_KILLS ? n : DRILL_KILLS;
    qsort(values, n, sizeof *values, drill_compare);
    unsigned at = (n * q + 99) / 100;
    return n ? values[at ? at - 1 : 0] : 0;
}

#endif
