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
#include "store/backlog.h"
#include "store/export.h"
#include "store/record.h"

static const int64_t FLUSH_NS = NS_PER_S, COMMIT_NS = 200 * NS_PER_MS, RETRY_NS = NS_PER_S;
static const int64_t LAST_TRY_NS = 5 * NS_PER_S; // for a database that is held when the run ends

enum { BACKLOG_BYTES = 64 << 20 }; // rows of a database that cannot be written (failure-modes.md D1)

struct store_thread {
    struct ring *records;
    struct live_shared *shared;
    struct account_keeper *account; // NULL: none
    struct tape_writer *tape;
    struct session_db *db;
    struct backlog *backlog;
    char db_path[512], export_dir[512];
    pthread_t thread;
    _Atomic int stop, export_wanted;
    // -- store thread only
    int64_t flush_ns, commit_ns, retry_ns;
    struct error error;                // first thing that could not be stored
    struct error db_error, tape_error; // why the one or the other is behind
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

// The tape takes nothing now (disk full): what comes waits in the ring and is tried again; a loss only if
// that lasts.
static void note_tape(struct store_thread *t, const struct error *e)
{
    if (!atomic_exchange(&t->shared->store_failed, 1)) {
        live_shared_note(t->shared, e->text);
    }
    t->tape_error = *e;
}

// The database is an answer book made from the tape's events: when memory for it is full the session goes on
// without the row, and says so.
static void keep_row(struct store_thread *t, const struct record *r)
{
    if (!backlog_take(t->backlog, (enum record_type)r->type, record_payload(r), r->bytes, r->wall_ns)) {
        struct error e = {0};
        error_set(&e, EXIT_CANT_CREATE,
                  "database %s: could not be written for so long that rows are lost; the tape has them",
                  t->db_path);
        complain(t, &e);
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
            bool senseless = e.exit_code == EXIT_SOFTWARE; // that record will never be taken
            senseless ? complain(t, &e) : note_tape(t, &e);
            return senseless;
        }
        keep_row(t, r);
        return true;
    case REC_ACTION:
    case REC_POSTING:
    case REC_SNAPSHOT:
        keep_row(t, r);
        return true;
    case REC_HASH: {
        const struct record_hash *h = p;
        return tape_append_hash(t->tape, h->seq, h->action_hash, &e) || (note_tape(t, &e), false);
    }
    case REC_GAP: {
        const struct record_gap *g = p;
        keep_row(t, r);
        return tape_append_gap(t->tape, g->seq_from, g->seq_to, &e) || (note_tape(t, &e), false);
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
        if (t->account) {
            account_keeper_note(t->account, r);
        }
        ring_release_spsc(t->records);
    }
    return true;
}

// A database that cannot be written now is no loss yet: its rows wait in memory, and a person is told.
static void commit(struct store_thread *t, int64_t now)
{
    struct error e = {0};
    bool was_behind = backlog_is_behind(t->backlog);
    bool ok = backlog_commit(t->backlog, &e);
    t->commit_ns = now + (ok ? COMMIT_NS : RETRY_NS);
    if (!ok && !was_behind) {
        live_shared_note(t->shared, e.text);
    } else if (ok && was_behind) {
        live_shared_note(t->shared, "the session database is written again, nothing was lost");
    }
    t->db_error = e;
}

static void flush(struct store_thread *t, int64_t now, bool force)
{
    struct error e = {0};
    if (force || now >= t->flush_ns) {
        t->flush_ns = now + FLUSH_NS;
        bool ok = tape_flush(t->tape, false, &e);
        if (!ok) {
            note_tape(t, &e);
        } else if (!t->failed) {
            atomic_store(&t->shared->store_failed, 0);
        }
        atomic_store(&t->shared->store_bytes, tape_bytes(t->tape));
    }
    if (force || now >= t->commit_ns) {
        commit(t, now);
    }
    if (t->account) {
        account_keeper_save(t->account, now, force);
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
    if (!drain(t)) {
        complain(t, &t->tape_error);
    }
    int64_t end = clock_mono_ns() + LAST_TRY_NS;
    do {
        flush(t, clock_mono_ns(), true);
    } while (backlog_is_behind(t->backlog) && clock_mono_ns() < end);
    if (backlog_is_behind(t->backlog)) {
        complain(t, &t->db_error);
    }
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
    t->account = s->account;
    text_copy(t->db_path, sizeof t->db_path, s->db_path);
    text_copy(t->export_dir, sizeof t->export_dir, s->export_dir);
    t->tape = tape_create(s->tape_path, &s->header, s->config, 3, e);
    t->db = t->tape ? session_db_create(s->db_path, &s->info, e) : NULL;
    t->backlog = t->db ? backlog_new(t->db, BACKLOG_BYTES) : NULL;
    if (!t->backlog || pthread_create(&t->thread, NULL, run, t) != 0) {
        if (t->db) {
            error_set(e, EXIT_OS, "the store thread cannot start: out of memory, or raise `ulimit -u`");
            session_db_close(t->db, NULL, clock_wall_ns(), NULL);
        }
        backlog_free(t->backlog);
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
    backlog_free(t->backlog);
    bool ok = !t->failed;
    if (!ok) {
        *e = t->error;
    }
    free(t);
    return ok;
}
