// SPDX-License-Identifier: Apache-2.0
#include "live/venue_hold.h"

#include <stdlib.h>
#include <string.h>

struct held {
    int64_t due_ns; // 0: free
    uint64_t order; // of what is due at the same time, the first held goes first
    int conn;       // -1: a report
    bool silence;
    struct venue_answer_head head;
    char *text;
    size_t n;
};

struct venue_hold {
    struct venue_hold_handler h;
    uint64_t orders;
    size_t count;
    struct held held[VENUE_HELD_MAX];
};

struct venue_hold *venue_hold_new(const struct venue_hold_handler *h)
{
    struct venue_hold *v = calloc(1, sizeof *v);
    if (v) {
        v->h = *h;
    }
    return v;
}

void venue_hold_free(struct venue_hold *v)
{
    for (size_t i = 0; v && i < VENUE_HELD_MAX; i++) {
        free(v->held[i].text);
    }
    free(v);
}

static void say(struct venue_hold *v, struct held *x)
{
    struct held now = *x;
    *x = (struct held){0};
    v->count--;
    if (now.conn < 0) {
        v->h.report(v->h.ctx, now.text, now.n);
    } else if (now.silence) {
        v->h.silence(v->h.ctx, now.conn);
    } else {
        v->h.answer(v->h.ctx, now.conn, now.head, now.text, now.n);
    }
    free(now.text);
}

static struct held *earliest(struct venue_hold *v)
{
    struct held *best = NULL;
    for (size_t i = 0; i < VENUE_HELD_MAX && v->count > 0; i++) {
        struct held *x = &v->held[i];
        if (x->due_ns &&
            (!best || x->due_ns < best->due_ns || (x->due_ns == best->due_ns && x->order < best->order))) {
            best = x;
        }
    }
    return best;
}

// A place for one more; NULL when there is no memory for its text (it is then said at once).
static struct held *hold(struct venue_hold *v, int64_t due_ns, const char *text, size_t n)
{
    if (v->count == VENUE_HELD_MAX) {
        say(v, earliest(v));
    }
    char *copy = malloc(n + 1);
    if (!copy) {
        return NULL;
    }
    memcpy(copy, text, n);
    for (size_t i = 0; i < VENUE_HELD_MAX; i++) {
        struct held *x = &v->held[i];
        if (!x->due_ns) {
            *x = (struct held){.due_ns = due_ns, .order = ++v->orders, .conn = -1, .text = copy, .n = n};
            v->count++;
            return x;
        }
    }
    free(copy);
    return NULL;
}

// When the last held answer of this connection leaves; 0: none is held.
static int64_t behind(const struct venue_hold *v, int conn)
{
    int64_t last = 0;
    for (size_t i = 0; i < VENUE_HELD_MAX && v->count > 0; i++) {
        const struct held *x = &v->held[i];
        last = x->due_ns && x->conn == conn && x->due_ns > last ? x->due_ns : last;
    }
    return last;
}

void venue_hold_answer(struct venue_hold *v, int64_t now_ns, int64_t hold_ns, int conn,
                       struct venue_answer_head h, const char *body, size_t n)
{
    int64_t last = behind(v, conn), due = now_ns + hold_ns > last ? now_ns + hold_ns : last;
    struct held *x = hold_ns > 0 || last ? hold(v, due, body ? body : "", n) : NULL;
    if (x) {
        x->conn = conn;
        x->silence = !body;
        x->head = h;
    } else if (body) {
        v->h.answer(v->h.ctx, conn, h, body, n);
    } else {
        v->h.silence(v->h.ctx, conn);
    }
}

void venue_hold_report(struct venue_hold *v, int64_t now_ns, int64_t hold_ns, const char *text, size_t n)
{
    if (hold_ns <= 0 || !hold(v, now_ns + hold_ns, text, n)) {
        v->h.report(v->h.ctx, text, n);
    }
}

void venue_hold_forget(struct venue_hold *v, int conn)
{
    for (size_t i = 0; i < VENUE_HELD_MAX; i++) {
        struct held *x = &v->held[i];
        if (x->due_ns && x->conn == conn) {
            free(x->text);
            *x = (struct held){0};
            v->count--;
        }
    }
}

int64_t venue_hold_advance(struct venue_hold *v, int64_t now_ns)
{
    for (struct held *x; (x = earliest(v)) != NULL;) {
        if (x->due_ns > now_ns) {
            return x->due_ns;
        }
        say(v, x);
    }
    return INT64_MAX;
}
