// SPDX-License-Identifier: Apache-2.0
// console_child: see console_child.h.
#include "e2e/console_child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"

static bool on_send(void *ctx, const struct ev_operator *op, uint16_t instrument)
{
    struct child_shared *s = ctx;
    int at = atomic_load(&s->ops);
    if (at >= CHILD_OPS || atomic_load(&s->refuse_sends)) {
        return false;
    }
    s->op[at] = *op;
    s->op_instrument[at] = instrument;
    atomic_store(&s->ops, at + 1);
    return true;
}

static void on_kill_now(void *ctx, int64_t key_ns)
{
    struct child_shared *s = ctx;
    (void)key_ns;
    atomic_store(&s->kill_ns, clock_mono_ns());
    atomic_fetch_add(&s->kills, 1);
}

static bool on_export(void *ctx)
{
    struct child_shared *s = ctx;
    atomic_fetch_add(&s->exports, 1);
    return true;
}

static void on_transport(void *ctx, char verb, int64_t value)
{
    struct child_shared *s = ctx;
    (void)value;
    atomic_store(&s->transport_verb, verb);
    atomic_fetch_add(&s->transports, 1);
}

static bool on_finished(void *ctx)
{
    struct child_shared *s = ctx;
    return atomic_load(&s->finished);
}

struct start {
    struct child_shared *shared;
    const struct child_options *options;
};

static int run(void *arg)
{
    const struct start *start = arg;
    const struct child_options *o = start->options;
    setenv("TERM", o->term ? o->term : "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    if (o->no_color) {
        setenv("NO_COLOR", "1", 1);
    } else {
        unsetenv("NO_COLOR");
    }
    struct console_config c = {.snapshots = &start->shared->snapshots,
                               .ctx = start->shared,
                               .send = on_send,
                               .kill_now = on_kill_now,
                               .export_now = on_export,
                               .finished = on_finished,
                               .transport = o->mode == MODE_REPLAY ? on_transport : NULL,
                               .ascii = o->ascii,
                               .mono = o->mono,
                               .fps = 10,
                               .stray_guard = true};
    struct error e = {0};
    bool fine = console_check(&c, &e);
    if (o->check) {
        printf("%s\r\n", fine ? "fine" : e.text);
        fflush(stdout);
        return fine ? 0 : e.exit_code;
    }
    int end = (int)console_run(&c, &e);
    if (end == CONSOLE_ERROR) {
        fprintf(stderr, "console: %s\r\n", e.text);
    }
    return end;
}

void child_start(struct child *c, const struct child_options *o)
{
    memset(c, 0, sizeof *c);
    c->shared = mmap(NULL, sizeof *c->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c->shared == MAP_FAILED) {
        abort();
    }
    publish_init(&c->shared->snapshots);
    snapgen_init(&c->gen, 1, o->mode);
    child_publish(c);
    struct start start = {c->shared, o};
    pty_start(&c->pty, o->rows, o->cols, run, &start);
}

void child_publish(struct child *c)
{
    *publish_back(&c->shared->snapshots) = c->gen.s;
    publish_commit(&c->shared->snapshots);
}

void child_play(struct child *c, int frames, int levels, int trades)
{
    for (int i = 0; i < frames; i++) {
        snapgen_step(&c->gen, 100 * NS_PER_MS, levels, trades);
        child_publish(c);
        pty_pump(&c->pty, 100);
    }
}

int child_wait_ops(struct child *c, int count, int ms)
{
    for (int t = 0; t < ms && atomic_load(&c->shared->ops) < count; t += 5) {
        pty_pump(&c->pty, 5);
    }
    return atomic_load(&c->shared->ops);
}

int child_find_op(const struct child *c, int from, enum verb verb)
{
    for (int i = from; i < atomic_load(&c->shared->ops); i++) {
        if (c->shared->op[i].verb == verb) {
            return i;
        }
    }
    return -1;
}

int child_end(struct child *c)
{
    atomic_store(&c->shared->finished, true);
    int end = pty_finish(&c->pty, 2000);
    munmap(c->shared, sizeof *c->shared);
    return end;
}
