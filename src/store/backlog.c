// SPDX-License-Identifier: Apache-2.0
// backlog: records as they came, one behind the other in one block that grows by doubling and is emptied by
// each commit. Events that make no row (market data, timers) are kept as a count, since the database counts
// them.
#include "store/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { FIRST_BYTES = 1 << 20, KIND_COUNTED = REC_TYPE_COUNT }; // KIND_COUNTED: a run of events without rows

struct counted {
    uint64_t last_seq, events;
};

struct backlog {
    struct session_db *db;
    char *mem;
    size_t used, cap, max;
    size_t newest; // offset of the newest record, while `used` is not 0
    bool behind;
    uint64_t lost;
};

struct backlog *backlog_new(struct session_db *db, size_t max_bytes)
{
    struct backlog *b = calloc(1, sizeof *b);
    if (b) {
        b->db = db;
        b->max = max_bytes;
        b->cap = FIRST_BYTES < max_bytes ? FIRST_BYTES : max_bytes;
        b->mem = malloc(b->cap);
    }
    if (b && !b->mem) {
        free(b);
        b = NULL;
    }
    return b;
}

void backlog_free(struct backlog *b)
{
    if (b) {
        free(b->mem);
        free(b);
    }
}

static bool has_row(const struct event *ev)
{
    switch ((enum event_type)ev->type) {
    case EV_BOOK_SNAPSHOT:
    case EV_BOOK_DIFF:
    case EV_TRADE:
    case EV_TOUCH:
    case EV_MARK:
    case EV_TIMER:
        return false;
    default:
        return true;
    }
}

static bool make_room(struct backlog *b, size_t n)
{
    size_t cap = b->cap;
    while (cap < b->used + n && cap < b->max) {
        cap = cap * 2 < b->max ? cap * 2 : b->max;
    }
    if (cap < b->used + n) {
        return false;
    }
    char *mem = cap == b->cap ? b->mem : realloc(b->mem, cap);
    if (!mem) {
        return false;
    }
    b->mem = mem;
    b->cap = cap;
    return true;
}

static struct record *append(struct backlog *b, uint32_t type, const void *payload, size_t bytes,
                             int64_t wall_ns)
{
    size_t n = (sizeof(struct record) + bytes + 7) & ~(size_t)7;
    if (!make_room(b, n)) {
        b->lost++;
        return NULL;
    }
    struct record *r = (struct record *)(void *)(b->mem + b->used);
    *r = (struct record){.type = type, .bytes = (uint32_t)bytes, .wall_ns = wall_ns};
    memcpy(r + 1, payload, bytes);
    b->newest = b->used;
    b->used += n;
    return r;
}

static bool count_event(struct backlog *b, const struct event *ev)
{
    struct record *r = b->used ? (struct record *)(void *)(b->mem + b->newest) : NULL;
    struct counted one = {ev->seq, 1};
    if (!r || r->type != KIND_COUNTED) {
        return append(b, KIND_COUNTED, &one, sizeof one, 0) != NULL;
    }
    struct counted *c = (struct counted *)(void *)(r + 1);
    c->last_seq = ev->seq;
    c->events++;
    return true;
}

static bool write_one(struct backlog *b, const struct record *r, struct error *e)
{
    const void *p = record_payload(r);
    switch (r->type) {
    case REC_EVENT:
        return session_db_event(b->db, p, e);
    case REC_ACTION:
        return session_db_action(b->db, p, r->wall_ns, e);
    case REC_POSTING:
        return session_db_posting(b->db, p, r->wall_ns, e);
    case REC_SNAPSHOT:
        return session_db_sample(b->db, p, e);
    case REC_GAP: {
        const struct record_gap *g = p;
        return session_db_gap(b->db, g->seq_from, g->seq_to, r->wall_ns, e);
    }
    default: {
        const struct counted *c = p;
        session_db_count(b->db, c->last_seq, c->events);
        return true;
    }
    }
}

bool backlog_take(struct backlog *b, enum record_type type, const void *payload, size_t bytes,
                  int64_t wall_ns)
{
    CHECK(type == REC_EVENT || type == REC_ACTION || type == REC_POSTING || type == REC_SNAPSHOT ||
          type == REC_GAP);
    if (type == REC_EVENT && !has_row(payload)) {
        if (!b->behind) {
            session_db_count(b->db, ((const struct event *)payload)->seq, 1);
        }
        return count_event(b, payload);
    }
    const struct record *r = append(b, type, payload, bytes, wall_ns);
    if (r && !b->behind) {
        b->behind = !write_one(b, r, &(struct error){0});
    }
    return r != NULL;
}

static bool write_again(struct backlog *b, struct error *e)
{
    for (size_t at = 0; at < b->used;) {
        const struct record *r = (const struct record *)(const void *)(b->mem + at);
        if (!write_one(b, r, e)) {
            return false;
        }
        at += (sizeof *r + r->bytes + 7) & ~(size_t)7;
    }
    return true;
}

bool backlog_commit(struct backlog *b, struct error *e)
{
    if (!b->behind && session_db_pending(b->db) == 0) {
        return true; // counts alone wait for the next row
    }
    if ((b->behind && !write_again(b, e)) || !session_db_commit(b->db, e)) {
        b->behind = true;
        return false;
    }
    b->behind = false;
    b->used = 0;
    return true;
}

bool backlog_is_behind(const struct backlog *b)
{
    return b->behind;
}

uint64_t backlog_lost(const struct backlog *b)
{
    return b->lost;
}
