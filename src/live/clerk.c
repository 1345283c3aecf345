// SPDX-License-Identifier: Apache-2.0
#include "live/clerk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/ring.h"
#include "base/text.h"
#include "live/rest_call.h"

enum { JOB_RING_BYTES = 256 * 1024, ANSWER_RING_BYTES = 1024 * 1024 };

struct clerk {
    struct ring jobs, answers; // hot -> clerk, clerk -> hot
    int job_fd, wake_fd;       // eventfds: clerk's own, hot's
    pthread_t thread;
    _Atomic int stop;
    struct rest *rest;
    struct answer *answer; // clerk thread's scratch
    struct engine_config wanted;
    char symbols[INSTRUMENT_MAX][24];
};

size_t answer_bytes(const struct answer *a)
{
    size_t head = offsetof(struct answer, u);
    size_t rows = a->rows;
    switch (a->kind) {
    case RQ_OPEN_ORDERS:
        return head + rows * sizeof a->u.orders[0];
    case RQ_POSITIONS:
        return head + rows * sizeof a->u.positions[0];
    case RQ_BALANCE:
        return head + rows * sizeof a->u.balances[0];
    case RQ_ACCOUNT:
        return head + sizeof a->u.account;
    case RQ_EXCHANGE_INFO:
        return head + sizeof a->u.info;
    case RQ_BRACKETS:
        return head + rows * sizeof a->u.brackets[0];
    case RQ_INCOME:
        return head + rows * sizeof a->u.income[0];
    case RQ_FUNDING_INFO:
        return head + rows * sizeof a->u.funding_info[0];
    case RQ_FUNDING_RATE:
        return head + rows * sizeof a->u.funding[0];
    case RQ_PREMIUM:
        return head + rows * sizeof a->u.premium[0];
    case RQ_KLINES:
        return head + rows * sizeof a->u.klines[0];
    case RQ_TICKER:
        return head + rows * sizeof a->u.tickers[0];
    case RQ_MARKET_TRADES:
        return head + rows * sizeof a->u.market_trades[0];
    case RQ_ADL:
        return head + rows * sizeof a->u.adl[0];
    case RQ_TRADES:
        return head + rows * sizeof a->u.trades[0];
    case RQ_DEPTH:
        return sizeof *a;
    default:
        return head + ANSWER_BATCH_MAX * sizeof a->u.order; // batches; the small ones fit
    }
}

static void wake(int fd)
{
    uint64_t one = 1;
    ssize_t n = write(fd, &one, sizeof one);
    (void)n; // a full counter: a wake-up is pending anyway
}

// The answer ring holds every answer that can be outstanding; when it is full the hot thread is not reading,
// so wait.
static void deliver(struct clerk *c, uint32_t tag)
{
    size_t n = answer_bytes(c->answer);
    CHECK(n <= sizeof *c->answer);
    for (int tries = 0; tries < 10000 && !atomic_load(&c->stop); tries++) {
        uint8_t *to = ring_reserve_spsc(&c->answers, 8 + n);
        if (to) {
            memcpy(to, &tag, sizeof tag);
            memcpy(to + 8, c->answer, n);
            ring_commit_spsc(&c->answers);
            wake(c->wake_fd);
            return;
        }
        usleep(1000);
    }
}

// Behind requests that hang a queue builds up, and each has its nonce or timestamp from before: sent late
// they would be refused, which reads like a wrong clock.
static void drop_job(struct clerk *c, const struct clerk_job *j)
{
    struct answer *a = c->answer;
    memset(a, 0, offsetof(struct answer, u));
    a->kind = j->kind;
    a->not_sent = 1;
    a->retry_after_s = a->used_weight = a->order_count = -1;
    a->received_mono_ns = clock_mono_ns();
    text_copy(a->msg, sizeof a->msg, "waited too long behind other requests");
}

static void do_job(struct clerk *c, const struct clerk_job *j)
{
    int64_t left_ns = j->queued_ns + j->timeout_ns - clock_mono_ns();
    if (left_ns <= 0) {
        drop_job(c, j);
    } else {
        rest_call(c->rest, (enum request_kind)j->kind, j->method, j->path, j->text, j->text_len, left_ns,
                  (const char(*)[24])c->symbols, c->wanted.instrument_count, c->answer, NULL, NULL);
    }
    deliver(c, j->tag);
}

static void *run(void *arg)
{
    struct clerk *c = arg;
    pthread_setname_np(pthread_self(), "tt-clerk");
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 15);
    while (!atomic_load(&c->stop)) {
        uint64_t n;
        ssize_t got = read(c->job_fd, &n, sizeof n); // blocks
        (void)got;
        struct clerk_job job;
        size_t size;
        const void *p;
        while (!atomic_load(&c->stop) && (p = ring_peek_spsc(&c->jobs, &size)) != NULL) {
            CHECK(size == sizeof job);
            memcpy(&job, p, sizeof job);
            ring_release_spsc(&c->jobs);
            do_job(c, &job);
        }
    }
    return NULL;
}

static void destroy(struct clerk *c)
{
    rest_free(c->rest);
    ring_free(&c->jobs);
    ring_free(&c->answers);
    free(c->answer);
    if (c->job_fd >= 0) {
        close(c->job_fd);
    }
    free(c);
}

struct clerk *clerk_start(const struct clerk_setup *s, struct error *e)
{
    struct clerk *c = memory_new_aligned(sizeof *c);
    if (!c) {
        error_set(e, EXIT_OS, "out of memory for the clerk");
        return NULL;
    }
    c->job_fd = eventfd(0, EFD_CLOEXEC);
    c->wake_fd = s->wake_fd;
    c->wanted = s->wanted;
    for (uint32_t i = 0; i < s->wanted.instrument_count; i++) {
        text_copy(c->symbols[i], sizeof c->symbols[i], s->wanted.instruments[i].symbol);
    }
    c->answer = malloc(sizeof *c->answer);
    bool ok = c->job_fd >= 0 && c->answer && ring_init_spsc(&c->jobs, JOB_RING_BYTES) &&
              ring_init_spsc(&c->answers, ANSWER_RING_BYTES);
    if (!ok) {
        error_set(e, EXIT_OS, "out of memory or descriptors for the clerk");
    }
    c->rest = ok ? rest_new(s->host, s->port, s->tls, s->ca_pem, s->api_key, e) : NULL;
    if (c->rest && pthread_create(&c->thread, NULL, run, c) == 0) {
        return c;
    }
    if (c->rest) {
        error_set(e, EXIT_OS, "the clerk thread cannot start: raise `ulimit -u`");
    }
    destroy(c);
    return NULL;
}

void clerk_stop(struct clerk *c)
{
    if (!c) {
        return;
    }
    atomic_store(&c->stop, 1);
    wake(c->job_fd);
    pthread_join(c->thread, NULL);
    destroy(c);
}

bool clerk_submit(struct clerk *c, const struct clerk_job *job)
{
    struct clerk_job *to = ring_reserve_spsc(&c->jobs, sizeof *to);
    if (!to) {
        return false;
    }
    *to = *job;
    to->queued_ns = clock_mono_ns();
    ring_commit_spsc(&c->jobs);
    wake(c->job_fd);
    return true;
}

const struct answer *clerk_next(struct clerk *c, uint32_t *tag)
{
    size_t n;
    const uint8_t *p = ring_peek_spsc(&c->answers, &n);
    if (!p) {
        return NULL;
    }
    memcpy(tag, p, sizeof *tag);
    return (const struct answer *)(const void *)(p + 8);
}

void clerk_release(struct clerk *c)
{
    ring_release_spsc(&c->answers);
}
