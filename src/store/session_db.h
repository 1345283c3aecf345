// SPDX-License-Identifier: Apache-2.0
// session_db: one SQLite database per session: what was sent, filled, booked, measured and done, in a
// documented schema (schema.h, ticktower-session(5)). The tape holds every event; this holds the answers.
//
// Calls only collect into the running transaction; session_db_commit ends it. A batch that touched orders,
// fills, postings or account rows is committed with synchronous=FULL, any other with NORMAL. Numbers are
// integers with their unit in the column's name. Prepared statements only.
//
// Owner: the store thread. A false return leaves the rows since the last commit undone and names file and
// remedy in *e; the caller keeps its records and tries again, or goes on without (the tape has them).
#ifndef TT_STORE_SESSION_DB_H
#define TT_STORE_SESSION_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/event.h"
#include "engine/order/ledger.h"
#include "engine/snapshot.h"

enum { SESSION_SCHEMA_VERSION = 2 };

struct session_db;

struct session_db_info {
    const char *session_id; // also the name of the file, without ".db"
    const char *mode;       // "sim", "paper", ...
    const char *venue;      // "sim@loopback"
    const char *market;     // what is being played; "" when live
    const char *build;      // program version
    const char *config;     // full configuration text
    const char *tape_path;
    int64_t started_wall_ns;
};

// Create the database (must not exist), schema included, mode 0600.
struct session_db *session_db_create(const char *path, const struct session_db_info *info, struct error *e);
// EV_START, EV_INSTRUMENT, EV_ORDER, EV_ACCOUNT, EV_LINK, EV_BUDGET, EV_LOAD, EV_BOOK_STATE, EV_OPERATOR make
// rows; market data does not.
bool session_db_event(struct session_db *db, const struct event *ev, struct error *e);
// ACT_PLACE makes the order's row, ACT_ALARM an alert; wall_ns: when. Others are counted in `sessions`.
// `events` more that make no row, the last of them with this seq.
void session_db_count(struct session_db *db, uint64_t last_seq, uint64_t events);
bool session_db_action(struct session_db *db, const struct action *a, int64_t wall_ns, struct error *e);
bool session_db_posting(struct session_db *db, const struct posting *p, int64_t wall_ns, struct error *e);
// Features, positions, equity: at most one sample per second of snapshot wall time, further ones are skipped.
// Latency histograms are replaced by their newest state. The newest snapshot of all is kept and sampled at
// the close.
bool session_db_sample(struct session_db *db, const struct snapshot *s, struct error *e);
// Events seq_from..seq_to never reached the store.
bool session_db_gap(struct session_db *db, uint64_t seq_from, uint64_t seq_to, int64_t wall_ns,
                    struct error *e);
bool session_db_commit(struct session_db *db, struct error *e);
// Rows waiting for a commit.
uint64_t session_db_pending(const struct session_db *db);
// How long a write waits for another program that holds the file, in ms (default 2000).
void session_db_set_patience(struct session_db *db, int ms);
// Last sample (NULL: the newest snapshot that came), end time, commit, close. NULL-safe. The handle is gone
// afterwards, also when false is returned.
bool session_db_close(struct session_db *db, const struct snapshot *last, int64_t ended_wall_ns,
                      struct error *e);

#endif
