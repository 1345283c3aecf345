// SPDX-License-Identifier: Apache-2.0
// kill_drill: what the tape of a session says about its kills: every F against every order byte. Reads the tape only, so
// it judges what really left, not what the screen says.
#ifndef TT_TESTS_KILL_DRILL_H
#define TT_TESTS_KILL_DRILL_H

#include <stdio.h>
#include <string.h>

#include "engine/event.h"
#include "store/tape.h"

struct drill {
    unsigned kills;             // flatten commands in the tape
    unsigned releases;
    unsigned opened_after;      // orders handed to the wire after a kill, before its release, that can add risk
    unsigned fills_after;       // fills of such orders
    unsigned flat_reads;        // venue answers "no open orders" after a kill
    unsigned position_left;     // instruments whose last venue-answered position after the last kill is not zero
};

enum { DRILL_IDS = 65536 };

struct drill_state {
    bool killed;
    int64_t last_lots[INSTRUMENT_MAX];
    struct drill d;
};

static inline bool drill_is_kill_order(const struct ev_order *o)
{
    return o->reduce_only && strncmp(o->client_id, "ttk", 3) == 0;
}

static inline void drill_order(struct drill_state *s, const struct event *ev)
{
    const struct ev_order *o = &ev->u.order;
    // A cancel is RK_SENT as well: it has no quantity. An order's bytes: quantity and price.
    if (s->killed && o->kind == RK_SENT && o->qty_lots > 0 && o->side != 0 && o->status == OS_NEW &&
        !drill_is_kill_order(o)) {
        s->d.opened_after++;
    }
}

static inline void drill_event(struct drill_state *s, const struct event *ev)
{
    switch (ev->type) {
    case EV_OPERATOR:
        if (ev->u.op.verb == VERB_FLATTEN) {
            s->d.kills++;
            s->killed = true;
        } else if (ev->u.op.verb == VERB_RELEASE) {
            s->d.releases++;
            s->killed = false;
        }
        break;
    case EV_ORDER:
        drill_order(s, ev);
        break;
    case EV_ACCOUNT:
        if (s->killed && ev->u.account.kind == AK_OPEN_ORDERS && ev->u.account.from_read && ev->u.account.count == 0) {
            s->d.flat_reads++;
        }
        if (ev->u.account.kind == AK_POSITION && ev->instrument < INSTRUMENT_MAX) {
            s->last_lots[ev->instrument] = ev->u.account.position_lots;
        }
        break;
    default:
        break;
    }
}

static inline bool drill_tape(const char *path, struct drill *out)
{
    struct error e = {0};
    struct tape_reader *r = tape_open(path, &e);
    if (!r) {
        fprintf(stderr, "%s\n", e.text);
        return false;
    }
    struct drill_state s = {0};
    const struct event *ev;
    while ((ev = tape_next(r, &e)) != NULL) {
        drill_event(&s, ev);
    }
    tape_reader_close(r);
    for (int i = 0; i < INSTRUMENT_MAX; i++) {
        s.d.position_left += s.last_lots[i] != 0;
    }
    *out = s.d;
    return e.text[0] == 0;
}

#endif
