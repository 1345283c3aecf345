// SPDX-License-Identifier: Apache-2.0
// payload_stage: a session with a live book of ETHUSDT at last id 991204400, put back to exactly this state
// after each case in microseconds: its memory is a private mapping of a file in memory, and giving the
// touched pages back restores them. Beside it a small book that only follows the session's events.
#ifndef TT_TESTS_PROTOCOL_PAYLOAD_STAGE_H
#define TT_TESTS_PROTOCOL_PAYLOAD_STAGE_H

#include <jansson.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit/session_rig.h"

#include "engine/venue/dialect.h"
#include "wire/decode.h"

enum { MIRROR_LEVELS = 64 };

struct mirror {
    uint8_t state; // enum book_state
    uint8_t overflow;
    uint64_t last_id;
    uint32_t n[2];                       // bids, asks
    struct level side[2][MIRROR_LEVELS]; // ascending ticks
};

struct stage {
    struct rig *r;
    void *mem;
    size_t bytes;
    int fd;
    size_t pending; // the request under test, SIZE_MAX none
    struct mirror book, start;
    size_t commands;
    uint64_t count[EV_TYPE_COUNT];
    int64_t now, wall;
};

static struct stage *g_stage; // the rig's callback finds its book here
static struct answer g_decoded;

static inline void mirror_set(struct mirror *m, int side, struct level l)
{
    struct level *rows = m->side[side];
    uint32_t i = 0;
    while (i < m->n[side] && rows[i].ticks < l.ticks) {
        i++;
    }
    bool there = i < m->n[side] && rows[i].ticks == l.ticks;
    if (l.lots == 0 && there) {
        memmove(rows + i, rows + i + 1, (--m->n[side] - i) * sizeof *rows);
    } else if (l.lots != 0 && there) {
        rows[i] = l;
    } else if (l.lots != 0 && m->n[side] < MIRROR_LEVELS) {
        memmove(rows + i + 1, rows + i, (m->n[side]++ - i) * sizeof *rows);
        rows[i] = l;
    } else if (l.lots != 0) {
        m->overflow = 1;
    }
}

static inline bool mirror_same_levels(const struct mirror *a, const struct mirror *b)
{
    return a->n[0] == b->n[0] && a->n[1] == b->n[1] && !a->overflow && !b->overflow &&
           memcmp(a->side[0], b->side[0], a->n[0] * sizeof a->side[0][0]) == 0 &&
           memcmp(a->side[1], b->side[1], a->n[1] * sizeof a->side[1][0]) == 0;
}

static inline void stage_on_book(struct rig *r, const struct event *ev)
{
    (void)r;
    struct mirror *m = &g_stage->book;
    if (ev->instrument != ETH) {
        return;
    }
    if (ev->type == EV_BOOK_STATE) {
        m->state = ev->u.book_state.state;
        return;
    }
    if (ev->type == EV_BOOK_SNAPSHOT) {
        m->n[0] = m->n[1] = 0;
    }
    const struct ev_book *b = &ev->u.book;
    m->last_id = b->last_id;
    for (uint32_t i = 0; i < b->bids + b->asks; i++) {
        mirror_set(m, i >= b->bids, b->levels[i]);
    }
}

static inline void stage_market(struct stage *s, const char *text, size_t n)
{
    static char buf[1 << 16];
    assert_true(n + 16 <= sizeof buf);
    memcpy(buf, text, n);
    memcpy(buf + n, "0\"]],[\"1\",\"2\"]}}", 16); // what a scanner that reads too far would believe
    session_on_market(s->r->s, LINK_MARKET, 0, buf, n, s->r->now, s->r->wall, &s->r->out);
}

static inline void stage_diff(struct stage *s, uint64_t first, uint64_t last, uint64_t prev)
{
    char text[400];
    int n =
        snprintf(text, sizeof text,
                 "{\"e\":\"depthUpdate\",\"E\":1767225600004,\"T\":1767225600003,\"s\":\"ETHUSDT\","
                 "\"U\":%llu,\"u\":%llu,\"pu\":%llu,\"b\":[[\"3120.00\",\"2.000\"],[\"3119.90\",\"1.5\"]],"
                 "\"a\":[[\"3121.00\",\"4.000\"]]}",
                 (unsigned long long)first, (unsigned long long)last, (unsigned long long)prev);
    stage_market(s, text, (size_t)n);
}

static inline void stage_depth(struct stage *s, uint64_t last_id)
{
    rig_answer_init(s->r, &s->r->depth, RQ_DEPTH);
    struct wire_depth *d = &s->r->depth.u.depth;
    *d = (struct wire_depth){.last_id = last_id, .bids = 2, .asks = 2};
    const int64_t prices[4] = {311900, 311800, 312200, 312300}; // ticks of 0.01
    for (size_t i = 0; i < 4; i++) {
        d->price_e8[i] = prices[i] * 1000000;
        d->qty_e8[i] = (int64_t)(i + 1) * E8;
    }
}

static inline size_t stage_pending(const struct rig *r, enum request_kind kind)
{
    for (size_t i = 0; i < r->commands; i++) {
        if (r->command[i].type == LC_REQUEST && r->command[i].rq.kind == kind && !r->done[i]) {
            return i;
        }
    }
    return SIZE_MAX;
}

static inline struct action stage_place(void)
{
    struct action a = {.type = ACT_PLACE,
                       .instrument = ETH,
                       .side = SIDE_SELL,
                       .tif = TIF_GTX,
                       .price_ticks = 312040,
                       .qty_lots = 250,
                       .cause_seq = 7};
    text_copy(a.client_id, sizeof a.client_id, "tta-1a2b-000017");
    return a;
}

// An order is on its way, so that answers and user messages are about something.
static inline void stage_order(struct stage *s)
{
    struct rig *r = s->r;
    struct action a = stage_place();
    session_on_action(r->s, &a, r->now, r->wall, &r->out);
    size_t at = stage_pending(r, RQ_PLACE);
    if (at != SIZE_MAX) {
        session_on_sent(r->s, r->command[at].rq.tag, r->now, r->now, r->wall, &r->out);
    }
}

// The venue's instruments, as its fixture says them: a grid of 0.01 and 0.001 (spot 0.0001).
static inline void stage_answer_info(struct rig *r, const char *info)
{
    static const char WANTED[1][24] = {"ETHUSDT"};
    size_t at = stage_pending(r, RQ_EXCHANGE_INFO);
    if (at != SIZE_MAX) {
        rig_answer_init(r, &g_decoded, RQ_EXCHANGE_INFO);
        wire_decode_answer(RQ_EXCHANGE_INFO, info, strlen(info), WANTED, 1, &g_decoded);
        assert_int_equal(g_decoded.malformed, 0);
        rig_answer(r, at, &g_decoded);
    }
}

static inline void stage_keep(struct stage *s)
{
    struct rig *r = s->r;
    assert_int_equal(munmap(s->mem, s->bytes), 0);
    void *p = mmap(s->mem, s->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, s->fd, 0);
    assert_ptr_equal(p, s->mem);
    s->start = s->book;
    s->commands = r->commands;
    memcpy(s->count, r->count, sizeof s->count);
    s->now = r->now;
    s->wall = r->wall;
    r->events = 0;
}

// Everything as it was at stage_keep.
static inline void stage_restore(struct stage *s)
{
    struct rig *r = s->r;
    assert_int_equal(madvise(s->mem, s->bytes, MADV_DONTNEED), 0);
    s->book = s->start;
    r->commands = s->commands;
    r->events = 0;
    memcpy(r->count, s->count, sizeof s->count);
    r->now = s->now;
    r->wall = s->wall;
    if (s->pending != SIZE_MAX) {
        r->done[s->pending] = 0;
    }
}

// kind: this question of the session is left open (RQ_NONE: none). live: the book is in step; otherwise its
// snapshot is what is asked for, and diffs up to 991204418 wait for it.
static inline struct stage *stage_new(enum dialect_id dialect, uint8_t venue, const char *info,
                                      enum request_kind kind, bool live)
{
    struct stage *s = calloc(1, sizeof *s);
    g_stage = s;
    struct rig *r = s->r = rig_new();
    free(r->s);
    r->config.dialect = (uint8_t)dialect;
    r->config.venue = venue;
    r->config.instrument_count = 1;
    r->config.instruments[ETH].venue = venue;
    r->on_book = stage_on_book;
    s->bytes = (session_size() + 4095) & ~(size_t)4095;
    s->fd = memfd_create("session", MFD_CLOEXEC);
    assert_int_equal(ftruncate(s->fd, (off_t)s->bytes), 0);
    s->mem = mmap(NULL, s->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
    assert_ptr_not_equal(s->mem, MAP_FAILED);
    r->s = session_init(s->mem, s->bytes, &r->config);
    r->withhold = UINT64_C(1) << RQ_EXCHANGE_INFO | UINT64_C(1) << RQ_PLACE | UINT64_C(1) << kind;
    session_start(r->s, r->now, r->wall, &r->out);
    rig_open(r, LINK_ORDER);
    rig_serve(r);
    uint32_t opened = 0;
    for (int i = 0; i < 3; i++) { // some questions wait for other answers, some links for them
        static const enum link_id LINKS[] = {LINK_MARKET, LINK_MARKET2, LINK_USER};
        for (size_t k = 0; k < COUNT_OF(LINKS); k++) {
            if (!(opened >> k & 1) && rig_count_commands(r, LC_CONNECT, LINKS[k])) {
                rig_open(r, LINKS[k]);
                opened |= 1u << k;
            }
        }
        if (kind != RQ_EXCHANGE_INFO) {
            stage_answer_info(r, info);
        }
        rig_run(r, 10 * NS_PER_MS);
    }
    stage_depth(s, 991204390);
    if (live) {
        stage_diff(s, 991204380, 991204400, 991204379);
        rig_serve(r);
        stage_order(s);
    } else {
        stage_diff(s, 991204410, 991204418, 991204409);
    }
    s->pending = stage_pending(r, kind);
    stage_keep(s);
    return s;
}

static inline void stage_free(struct stage *s)
{
    munmap(s->mem, s->bytes);
    close(s->fd);
    free(s->r);
    free(s);
}

#endif
