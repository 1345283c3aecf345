// SPDX-License-Identifier: Apache-2.0
// sim_clerk: the clerk without its thread: one request after another over one keep-alive connection of the
// simulated net, built, read and decoded by the same codec; time-outs and lost answers as live/rest_call.c
// tells them.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/text.h"
#include "live/clerk.h"
#include "sim/sim.h"
#include "wire/decode.h"
#include "wire/http1.h"

enum { JOBS_MAX = 64, BODY_MAX = 512 * 1024, CLERKS_MAX = VENUE_COUNT };

struct done {
    struct done *next;
    uint32_t tag;
    struct answer a;
};

struct clerk {
    struct clerk_setup s;
    char symbols[INSTRUMENT_MAX][24];
    struct clerk_job job[JOBS_MAX];
    unsigned head, count;
    bool busy, sent, up;
    int64_t deadline_ns, sent_ns;
    struct sim_conn *conn;
    struct http1_parser parser;
    char body[BODY_MAX], wire[CLERK_TEXT_MAX + 1024];
    struct done *first, *last;
};

static struct clerk *clerks[CLERKS_MAX];
static size_t clerks_n;

static void begin_next(struct clerk *c);

struct clerk *__wrap_clerk_start(const struct clerk_setup *s, struct error *e);
void __wrap_clerk_stop(struct clerk *c);
bool __wrap_clerk_submit(struct clerk *c, const struct clerk_job *job);
const struct answer *__wrap_clerk_next(struct clerk *c, uint32_t *tag);
void __wrap_clerk_release(struct clerk *c);

static const struct clerk_job *current(const struct clerk *c)
{
    return &c->job[c->head % JOBS_MAX];
}

static void finish(struct clerk *c, struct done *d)
{
    d->tag = current(c)->tag;
    d->a.sent_mono_ns = c->sent_ns;
    d->a.received_mono_ns = clock_mono_ns();
    d->next = NULL;
    if (c->last) {
        c->last->next = d;
    } else {
        c->first = d;
    }
    c->last = d;
    c->head++;
    c->count--;
    c->busy = false;
    begin_next(c);
}

static void finish_without(struct clerk *c, const char *why)
{
    struct done *d = calloc(1, sizeof *d);
    CHECK(d);
    d->a.kind = current(c)->kind;
    d->a.lost = c->sent;
    d->a.not_sent = !c->sent;
    d->a.retry_after_s = d->a.used_weight = d->a.order_count = -1;
    text_copy(d->a.msg, sizeof d->a.msg, why);
    finish(c, d);
}

static void finish_with(struct clerk *c)
{
    struct done *d = calloc(1, sizeof *d);
    CHECK(d);
    d->a.http_status = c->parser.status;
    d->a.retry_after_s = c->parser.retry_after_s;
    d->a.used_weight = c->parser.used_weight_1m;
    d->a.order_count = c->parser.order_count_1m;
    wire_decode_answer((enum request_kind)current(c)->kind, c->parser.body, c->parser.body_len,
                       (const char(*)[24])c->symbols, c->s.wanted.instrument_count, &d->a);
    bool keep = c->parser.keep_alive;
    if (!keep) {
        sim_conn_close(c->conn);
        c->conn = NULL;
        c->up = false;
    }
    finish(c, d);
}

static void send_current(struct clerk *c)
{
    const struct clerk_job *j = current(c);
    size_t n = http1_build(c->wire, sizeof c->wire, j->method, "127.0.0.1", j->path, j->text, j->text_len,
                           c->s.api_key);
    CHECK(n > 0);
    http1_parser_init(&c->parser, c->body, sizeof c->body);
    c->sent = true;
    c->sent_ns = clock_mono_ns();
    sim_conn_send(c->conn, c->wire, n);
}

static void on_open(void *ctx)
{
    struct clerk *c = ctx;
    c->up = true;
    if (c->busy && !c->sent) {
        send_current(c);
    }
}

static void on_data(void *ctx, const char *p, size_t n)
{
    struct clerk *c = ctx;
    if (!c->busy || !c->sent) {
        return;
    }
    http1_feed(&c->parser, p, n);
    if (c->parser.state == HTTP1_DONE) {
        finish_with(c);
    } else if (c->parser.state == HTTP1_BAD) {
        sim_conn_close(c->conn);
        c->conn = NULL;
        c->up = false;
        finish_without(c, "an answer that is no HTTP/1.1");
    }
}

static void on_closed(void *ctx)
{
    struct clerk *c = ctx;
    c->conn = NULL;
    c->up = false;
    if (c->busy) {
        finish_without(c, "connection closed");
    }
}

static const struct sim_client_ops OPS = {on_open, on_data, on_closed};

// A job that waited too long is found overdue by the next look (live/clerk.c: its signature is old).
static void begin_next(struct clerk *c)
{
    if (c->busy || c->count == 0) {
        return;
    }
    c->busy = true;
    c->sent = false;
    c->sent_ns = 0;
    c->deadline_ns = current(c)->queued_ns + current(c)->timeout_ns;
    if (c->deadline_ns <= clock_mono_ns()) {
        return;
    }
    if (c->up) {
        send_current(c);
    } else if (!c->conn) {
        c->conn = sim_conn_open(c->s.port, SIM_CLERK, &OPS, c);
    }
}

int64_t sim_clerk_next_ns(void)
{
    int64_t t = SIM_NEVER;
    for (size_t i = 0; i < clerks_n; i++) {
        if (clerks[i]->busy && clerks[i]->deadline_ns < t) {
            t = clerks[i]->deadline_ns;
        }
    }
    return t;
}

void sim_clerk_on_time(void)
{
    for (size_t i = 0; i < clerks_n; i++) {
        struct clerk *c = clerks[i];
        if (c->busy && c->deadline_ns <= clock_mono_ns()) {
            if (c->conn) {
                sim_conn_close(c->conn);
                c->conn = NULL;
                c->up = false;
            }
            finish_without(c, "no answer in time");
        }
    }
}

bool sim_clerk_has_answers(void)
{
    for (size_t i = 0; i < clerks_n; i++) {
        if (clerks[i]->first) {
            return true;
        }
    }
    return false;
}

// --------------------------------------------------------------------------------------------------- swapped

struct clerk *__wrap_clerk_start(const struct clerk_setup *s, struct error *e)
{
    (void)e;
    struct clerk *c = calloc(1, sizeof *c);
    CHECK(c && clerks_n < CLERKS_MAX);
    c->s = *s;
    for (uint32_t i = 0; i < s->wanted.instrument_count; i++) {
        text_copy(c->symbols[i], sizeof c->symbols[i], s->wanted.instruments[i].symbol);
    }
    clerks[clerks_n++] = c;
    return c;
}

void __wrap_clerk_stop(struct clerk *c)
{
    for (struct done *d = c->first, *next; d; d = next) {
        next = d->next;
        free(d);
    }
    for (size_t i = 0; i < clerks_n; i++) {
        if (clerks[i] == c) {
            clerks[i] = clerks[--clerks_n];
        }
    }
    free(c);
}

bool __wrap_clerk_submit(struct clerk *c, const struct clerk_job *job)
{
    if (c->count == JOBS_MAX) {
        return false;
    }
    struct clerk_job *to = &c->job[(c->head + c->count++) % JOBS_MAX];
    *to = *job;
    to->queued_ns = clock_mono_ns();
    begin_next(c);
    return true;
}

const struct answer *__wrap_clerk_next(struct clerk *c, uint32_t *tag)
{
    if (!c->first) {
        return NULL;
    }
    *tag = c->first->tag;
    return &c->first->a;
}

void __wrap_clerk_release(struct clerk *c)
{
    struct done *d = c->first;
    c->first = d->next;
    c->last = c->first ? c->last : NULL;
    free(d);
}
