// SPDX-License-Identifier: Apache-2.0
// store_thread: takes the record ring to disk: the session's tape and its database. The hot thread never
// waits for it: a disk that is full or slow makes the ring fill, which is an alarm and, at the end, a gap
// block; never a silent loss.
#ifndef TT_LIVE_STORE_THREAD_H
#define TT_LIVE_STORE_THREAD_H

#include <stdbool.h>

#include "base/error.h"
#include "base/ring.h"
#include "live/account_keeper.h"
#include "live/shared.h"
#include "store/session_db.h"
#include "store/tape.h"

struct store_setup {
    struct ring *records;
    struct live_shared *shared;
    struct account_keeper *account; // told of every record, by the store thread; NULL: none
    const char *tape_path, *db_path, *export_dir;
    struct tape_header header;
    const char *config;
    struct session_db_info info;
};

struct store_thread;

// Create tape and database, then start the thread.
struct store_thread *store_thread_start(const struct store_setup *s, struct error *e);
// Any thread: make a copy of the session database soon; the outcome appears as the shared note.
void store_thread_export(struct store_thread *t);
// After the producer has ended: drain the ring, close both files, end the thread, free. False: something was
// not stored.
bool store_thread_stop(struct store_thread *t, struct error *e);

#endif
