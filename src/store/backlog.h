// SPDX-License-Identifier: Apache-2.0
// backlog: what the session database has not committed yet, kept in memory. A database that cannot be written
// for a while (another program holds it, the disk is full) rolls its open transaction back; then the same
// records are written again, which the database is made for, and nothing is lost (failure-modes.md D1, D7).
// The tape is not its business.
//
// Owner: the store thread.
#ifndef TT_STORE_BACKLOG_H
#define TT_STORE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/record.h"
#include "store/session_db.h"

struct backlog;

// At most max_bytes are kept. NULL: no memory.
struct backlog *backlog_new(struct session_db *db, size_t max_bytes);
void backlog_free(struct backlog *b);

// One record for the database. False: it did not fit any more and is lost; counted.
bool backlog_take(struct backlog *b, enum record_type type, const void *payload, size_t bytes,
                  int64_t wall_ns);
// Commit, after a failure by writing everything kept again. False with the reason: it stays kept, try again
// later.
bool backlog_commit(struct backlog *b, struct error *e);
// The database could not take something and is behind since.
bool backlog_is_behind(const struct backlog *b);
uint64_t backlog_lost(const struct backlog *b);

#endif
