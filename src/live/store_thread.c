// SPDX-License-Identifier: Apache-2.0
#include "live/store_thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/export.h"
#include "store/record.h"

static const int64_t FLUSH_NS = NS_PER_S, COMMIT_NS = 200 * NS_PER_MS, RETRY_NS = NS_PER_S;

struct store_thread {
    struct ring *records;
    struct live_shared *shared;
    struct tape_writer *tape;
    struct session_db *db;
    char db_path[512], export_dir[512];
    pthread_t thread;
    _Atomic int stop, export_wanted;
    // -- store thread only
    int64_t flush_ns, commit_ns, retry_ns;
    uint64_t lost_rows;
    struct error error;         // first thing that could not be stored
    bool failed;
};

static void complain(struct store_thread *t, const struct error *e)
{
    if (!t->failed) {
        t->error = *e;
        t->failed = true;
    }
    atomic_store(&t->shared->store_failed, 1);
    live_shared_note(t->shared, e->text);
}

// The database is an answer book made from the tape's events: when it cannot take a row the session goes on without the
// row, and says so.
static void check_row(struct store_thread *t, bool ok, const struct error *e)
{
    if (!ok) {
        t->lost_rows++;
        complain(t, e);
    }
}

// False: the tape is not ready (disk full); keep the record and come back.
static bool take(struct store_thread *t, const struct record *r)
{
    struct error e = {0};
    const void *p = record_payload(r);
    switch (r->type) {
    case REC_EVENT:
        if (!tape_append(t->tape, p, &e)) {
            complain(t, &e);
            return e.exit_code == EXIT_SOFTWARE;
        }
        check_row(t, session_db_event(t->db, p, &e), &e);
        return true;
    case REC_ACTION:
        check_row(t, session_db_action(t->db, p, r->wall_ns, &e), &e);
        return true;
    case REC_POSTING:
        check_row(t, session_db_posting(t->db, p, r->wall_ns, &e), &e);
        return true;
    case REC_SNAPSHOT:
        check_row(t, session_db_sample(t->db, p, &e), &e);
        return true;
    case REC_HASH: {
        const struct record_hash *h = p;
        return tape_append_hash(t->tape, h->seq, h->action_hash, &e) || (complain(t, &e), false);
    }
    case REC_GAP: {
        const struct record_gap *g = p;
        check_row(t, session_db_gap(t->db, g->seq_from, g->seq_to, r->wall_ns, &e), &e);
        return tape_append_gap(t->tape, g->seq_from, g->seq_to, &e) || (complain(t, &e), false);
    }
    default:
        return true;
    }
}

static bool drain(struct store_thread *t)
{
    const struct record *r;
    while ((r = record_peek(t->records)) != NULL) {
        if (!take(t, r)) {
            t->retry_ns = clock_mono_ns() + RETRY_NS;
            return false;
        }
        ring_release_spsc(t->records);
    }
    return true;
}

static void flush(struct store_thread *t, int64_t now, bool force)
{
    struct error e = {0};
    if (force || now >= t->flush_ns) {
        t->flush_ns = now + FLUSH_NS;
        bool ok = tape_flush(t->tape, false, &e);
        if (!ok) {
            complain(t, &e);
        } else if (!t->failed) {
            atomic_store(&t->shared->store_failed, 0);
        }
        atomic_store(&t->shared->store_bytes, tape_bytes(t->tape));
    }
    if (force || now >= t->commit_ns) {
        t->commit_ns = now + COMMIT_NS;
        if (!session_db_commit(t->db, &e)) {
            complain(t, &e);
        }
    }
}

static void make_export(struct store_thread *t)
{
    char path[1024];
    char note[1200];
    struct error e = {0};
    flush(t, clock_mono_ns(), true);
    export_default_name(t->db_path, t->export_dir, clock_wall_ns(), path, sizeof path);
    if (export_session(t->db_path, path, &e)) {
        const char *name = strrchr(path, '/'); // the name first: a narrow screen cuts the end
        snprintf(note, sizeof note, "exported %.500s in %.500s", name ? name + 1 : path, t->export_dir);
    } else {
        snprintf(note, sizeof note, "export failed: %s", e.text);
    }
    live_shared_note(t->shared, note);
}

static void *run(void *arg)
{
    struct store_thread *t = arg;
    pthread_setname_np(pthread_self(), "tt-store");
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 15);
    const struct timespec pause = {.tv_nsec = 20 * NS_PER_MS};
    while (!atomic_load(&t->stop)) {
        int64_t now = clock_mono_ns();
        if (now >= t->retry_ns) {
            drain(t);
        }
        flush(t, now, false);
        if (atomic_exchange(&t->export_wanted, 0)) {
            make_export(t);
        }
        nanosleep(&pause, NULL);
    }
    drain(t);
    flush(t, clock_mono_ns(), true);
    return NULL;
}

struct store_thread *store_thread_start(const struct store_setup *s, struct error *e)
{
    struct store_thread *t = calloc(1, sizeof *t);
    if (!t) {
        error_set(e, EXIT_OS, "out of memory for the store");
        return NULL;
    }
    t->records = s->records;
    t->shared = s->shared;
    text_copy(t->db_path, sizeof t->db_path, s->db_path);
    text_copy(t->export_dir, sizeof t->export_dir, s->export_dir);
    t->tape = tape_create(s->tape_path, &s->header, s->config, 3, e);
    t->db = t->tape ? session_db_create(s->db_path, &s->info, e) : NULL;
    if (!t->db || pthread_create(&t->thread, NULL, run, t) != 0) {
        if (t->db) {
            error_set(e, EXIT_OS, "the store thread cannot start: raise `ulimit -u`");
            session_db_close(t->db, NULL, clock_wall_ns(), NULL);
        }
        tape_close(t->tape, NULL);
        free(t);
        return NULL;
    }
    return t;
}

void store_thread_export(struct store_thread *t)
{
    atomic_store(&t->export_wanted, 1);
}

bool store_thread_stop(struct store_thread *t, struct error *e)
{
    atomic_store(&t->stop, 1);
    pthread_join(t->thread, NULL);
    struct error closing = {0};
    if (!tape_close(t->tape, &closing)) {
        complain(t, &closing);
    }
    if (!session_db_close(t->db, NULL, clock_wall_ns(), &closing)) {
        complain(t, &closing);
    }
    bool ok = !t->failed;
    if (!ok) {
        *e = t->error;
    }
    free(t);
    return ok;
}
