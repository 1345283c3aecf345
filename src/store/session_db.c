// SPDX-License-Identifier: Apache-2.0
// session_db: connection, transactions and prepared statements of the session database. What becomes a row is
// decided in session_rows.c (events, actions, postings) and session_sample.c (snapshots).
//
// Durability: the file is created with synchronous=EXTRA and only then put into WAL mode (without it a crash
// can bring the roll-back journal back and empty the file). synchronous cannot change inside a transaction,
// so the first row about money ends a light transaction (cheap: nothing is synced) and begins one that will
// be synced when it commits.
#include "store/session_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "engine/signal/features.h"
#include "store/schema.h"
#include "store/session_internal.h"

enum { BUSY_MS = 2000 };

static const char *const SQL[Q_COUNT] = {
    [Q_SESSION] = ("INSERT INTO sessions (session_id, schema_version, mode, venue, market, build, tape_path,"
                   " config_text, started_ns) VALUES (?,?,?,?,?,?,?,?,?)"),
    [Q_SESSION_START] = "UPDATE sessions SET epoch=?, seed=?, config_hash=?, equity_start_e8=?, day_pnl_e8=?",
    [Q_SESSION_COUNT] = "UPDATE sessions SET last_seq=?, events=?, actions=?, action_hash=?",
    [Q_SESSION_END] = "UPDATE sessions SET ended_ns=?",
    [Q_CONFIGURATION] = "INSERT OR REPLACE INTO configuration VALUES (?,?,?)",
    [Q_INSTRUMENT] = "INSERT OR REPLACE INTO instruments VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [Q_ORDER] =
        ("INSERT OR IGNORE INTO orders (client_id, instrument, strategy, side, tif, reduce_only, close_only,"
         " price_ticks, qty_lots, cause_seq, intent_ns, status) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"),
    [Q_ORDER_REPORT] = "INSERT OR REPLACE INTO order_reports VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    // 1 sent, 2 first answer, 3 done, 4 order id, 5 cum, 6 status, 7 code, 8 reason, 9 client id. An order
    // that was believed never accepted may come back to life; any other end is final.
    [Q_ORDER_UPDATE] =
        ("UPDATE orders SET sent_ns = coalesce(sent_ns, ?1), ack_ns = coalesce(ack_ns, ?2),"
         " status = CASE WHEN ?6 IS NULL OR (?6 = 'open' AND status = 'partial') OR (done_ns IS NOT NULL"
         "  AND ?3 IS NULL AND status NOT IN ('rejected', 'not_sent', 'absent')) THEN status ELSE ?6 END,"
         " done_ns = coalesce(done_ns, ?3), order_id = CASE WHEN ?4 <> 0 THEN ?4 ELSE order_id END,"
         " cum_lots = max(cum_lots, ?5), code = CASE WHEN ?7 <> 0 THEN ?7 ELSE code END,"
         " reason = CASE WHEN ?8 <> '' THEN ?8 ELSE reason END WHERE client_id = ?9"),
    [Q_FILL] = "INSERT OR IGNORE INTO fills VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [Q_LEDGER] = "INSERT OR REPLACE INTO ledger VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [Q_ACCOUNT] = "INSERT OR REPLACE INTO account_reports VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [Q_FUNDING] = "INSERT OR REPLACE INTO funding VALUES (?,?,?,?,?,?,?)",
    [Q_POSITION] = "INSERT OR REPLACE INTO positions VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [Q_EQUITY] = "INSERT OR REPLACE INTO equity VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [Q_WALLET] = "INSERT OR REPLACE INTO venue_wallets VALUES (?,?,?,?,?,?)",
    [Q_STRATEGY] = "INSERT OR REPLACE INTO strategy_pnl VALUES (?,?,?,?,?,?,?,?,?)",
    [Q_FEATURE] = "INSERT OR REPLACE INTO features VALUES (?,?,?,?,?,?)",
    [Q_FEATURE_NAME] = "INSERT INTO feature_names VALUES (?,?)",
    [Q_PREDICTION] = "INSERT OR REPLACE INTO predictions VALUES (?,?,?,?,?,?,?,?,?)",
    [Q_STATION] = "INSERT OR REPLACE INTO latency_stations VALUES (?,?,?,?,?,?,?,?,?)",
    [Q_BUCKET] = "INSERT OR REPLACE INTO latency_buckets VALUES (?,?,?)",
    [Q_ALERT] = "INSERT OR REPLACE INTO alerts VALUES (?,?,?,?,?,?,?)",
    [Q_OPERATOR] = ("INSERT OR REPLACE INTO operator_actions (seq, wall_ns, actor, verb, instrument,"
                    " strategy, sub, value, frame, key_mono_ns, word) VALUES (?,?,?,?,?,?,?,?,?,?,?)"),
    [Q_ECHO] = ("UPDATE operator_actions SET first_write_ns=?, acked_ns=?, flat_ns=?, sealed_ns=?, done_ns=?,"
                " refused=?, answer=? WHERE seq=?"),
    [Q_LINK] = "INSERT OR REPLACE INTO links VALUES (?,?,?,?,?,?,?,?)",
    [Q_BOOK_STATE] = "INSERT OR REPLACE INTO book_states VALUES (?,?,?,?,?,?)",
    [Q_BUDGET] = "INSERT OR REPLACE INTO budgets VALUES (?,?,?,?,?,?,?)",
    [Q_LOAD] = "INSERT OR REPLACE INTO loads VALUES (?,?,?,?,?,?)",
    [Q_GAP] = "INSERT OR REPLACE INTO gaps VALUES (?,?,?)",
};

// ---------------------------------------------------------------------------------------------------- errors

static const char *remedy_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "free space on that file system";
    case SQLITE_IOERR:
        return "the disk reports errors: use another one";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program holds it: close that program";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "the file is damaged: move it aside, the tape holds every event";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return "check the file, its directory and their permissions";
    default:
        return "the tape holds every event";
    }
}

// Name what happened and undo the open transaction.
static bool fail(struct session_db *db, const char *doing, struct error *e)
{
    int code = sqlite3_extended_errcode(db->sql);
    bool damaged = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
    error_set(e, damaged ? EXIT_DATA : EXIT_CANT_CREATE, "database %s: cannot %s: %s; %s", db->path, doing,
              sqlite3_errmsg(db->sql), remedy_of(code));
    if (db->open_transaction) {
        sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL); // SQLite may have rolled back already
        db->open_transaction = false;
    }
    db->now = db->committed;
    return false;
}

static bool run(struct session_db *db, const char *sql, struct error *e)
{
    return sqlite3_exec(db->sql, sql, NULL, NULL, NULL) == SQLITE_OK || fail(db, "write", e);
}

// ---------------------------------------------------------------------------------------------- transactions

static bool transaction_end(struct session_db *db, struct error *e)
{
    if (db->open_transaction && !run(db, "COMMIT", e)) {
        return false;
    }
    db->open_transaction = false;
    return true;
}

static bool transaction_need(struct session_db *db, enum weight weight, struct error *e)
{
    bool full = weight == WEIGHT_MONEY;
    if (db->open_transaction && (db->full || !full)) {
        return true;
    }
    if (!transaction_end(db, e)) {
        return false;
    }
    if (full != db->full && !run(db, full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", e)) {
        return false;
    }
    db->full = full;
    if (!run(db, "BEGIN IMMEDIATE", e)) {
        return false;
    }
    db->open_transaction = true;
    return true;
}

// ------------------------------------------------------------------------------------------------------ rows

struct row row_begin(struct session_db *db, enum query q, enum weight weight, struct error *e)
{
    struct row r = {.db = db};
    if (transaction_need(db, weight, e)) {
        r.stmt = db->stmt[q];
    }
    return r;
}

void row_int(struct row *r, int64_t v)
{
    if (r->stmt) {
        sqlite3_bind_int64(r->stmt, ++r->at, v);
    }
}

void row_real(struct row *r, double v)
{
    if (r->stmt) {
        sqlite3_bind_double(r->stmt, ++r->at, v); // a NaN becomes null
    }
}

void row_text(struct row *r, const char *s)
{
    if (r->stmt) {
        sqlite3_bind_text(r->stmt, ++r->at, s, -1, SQLITE_TRANSIENT);
    }
}

void row_null(struct row *r)
{
    if (r->stmt) {
        sqlite3_bind_null(r->stmt, ++r->at);
    }
}

void row_instrument(struct row *r, uint16_t instrument)
{
    if (instrument == INSTRUMENT_NONE) {
        row_null(r);
    } else {
        row_int(r, instrument);
    }
}

void row_time(struct row *r, int64_t ns)
{
    if (ns == 0) {
        row_null(r);
    } else {
        row_int(r, ns);
    }
}

bool row_end(struct row *r, struct error *e)
{
    if (!r->stmt) {
        return false; // row_begin has said why
    }
    CHECK(r->at == sqlite3_bind_parameter_count(r->stmt));
    int rc = sqlite3_step(r->stmt);
    bool ok = rc == SQLITE_DONE || fail(r->db, "write", e);
    sqlite3_reset(r->stmt);
    r->db->now.pending += ok;
    return ok;
}

// -------------------------------------------------------------------------------------------------- creating

static bool file_create(const char *path, struct error *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return error_set(e, EXIT_CANT_CREATE, "database %s: cannot create: %s%s", path, strerror(errno),
                         errno == EEXIST ? "; choose another name or move it away" : "");
    }
    close(fd); // before SQLite opens it: closing a second descriptor would drop SQLite's locks
    return true;
}

static bool is_wal(struct session_db *db)
{
    sqlite3_stmt *s = NULL;
    bool wal = sqlite3_prepare_v2(db->sql, "PRAGMA journal_mode=WAL", -1, &s, NULL) == SQLITE_OK &&
               sqlite3_step(s) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(s, 0), "wal") == 0;
    sqlite3_finalize(s);
    return wal;
}

static bool schema_create(struct session_db *db, struct error *e)
{
    char head[128];
    snprintf(head, sizeof head, "PRAGMA application_id=%d; PRAGMA user_version=%d;", SESSION_APPLICATION_ID,
             SESSION_SCHEMA_VERSION);
    return run(db,
               "PRAGMA trusted_schema=OFF; PRAGMA cache_size=-512; PRAGMA synchronous=EXTRA; BEGIN IMMEDIATE",
               e) &&
           run(db, head, e) && run(db, SESSION_SCHEMA, e) && run(db, "COMMIT", e) &&
           (is_wal(db) || fail(db, "enter WAL mode", e)) && run(db, "PRAGMA synchronous=NORMAL", e);
}

static bool statements_prepare(struct session_db *db, struct error *e)
{
    for (int q = 0; q < Q_COUNT; q++) {
        CHECK(SQL[q]);
        if (sqlite3_prepare_v3(db->sql, SQL[q], -1, SQLITE_PREPARE_PERSISTENT, &db->stmt[q], NULL) !=
            SQLITE_OK) {
            return fail(db, "prepare", e);
        }
    }
    return true;
}

static bool session_row(struct session_db *db, const struct session_db_info *info, struct error *e)
{
    struct row r = row_begin(db, Q_SESSION, WEIGHT_MONEY, e);
    row_text(&r, info->session_id);
    row_int(&r, SESSION_SCHEMA_VERSION);
    row_text(&r, info->mode);
    row_text(&r, info->venue);
    row_text(&r, info->market ? info->market : "");
    row_text(&r, info->build);
    row_text(&r, info->tape_path ? info->tape_path : "");
    row_text(&r, info->config ? info->config : "");
    row_int(&r, info->started_wall_ns);
    return row_end(&r, e);
}

static char *trim(char *s)
{
    while (*s == ' ' || *s == '\t') {
        s++;
    }
    size_t n = strlen(s);
    while (n > 0 && strchr(" \t\r", s[n - 1])) {
        s[--n] = '\0';
    }
    return s;
}

// `[section]` and `key = value` of the configuration text, for those who ask in SQL. The whole text is in
// `sessions`.
static bool configuration_rows(struct session_db *db, const char *config, struct error *e)
{
    char *text = strdup(config ? config : "");
    if (!text) {
        return error_set(e, EXIT_OS, "database %s: no memory", db->path);
    }
    char section[64] = "", *at = text, *line;
    bool ok = true;
    while (ok && (line = strsep(&at, "\n")) != NULL) {
        line = trim(line);
        char *equals = strchr(line, '='), *end = strrchr(line, ']');
        if (*line == '[' && end) {
            *end = '\0';
            snprintf(section, sizeof section, "%s", line + 1);
        } else if (*line != '#' && *line != ';' && equals) {
            *equals = '\0';
            struct row r = row_begin(db, Q_CONFIGURATION, WEIGHT_MONEY, e);
            row_text(&r, section);
            row_text(&r, trim(line));
            row_text(&r, trim(equals + 1));
            ok = row_end(&r, e);
        }
    }
    free(text);
    return ok;
}

static bool feature_name_rows(struct session_db *db, struct error *e)
{
    bool ok = true;
    for (int i = 0; ok && i < FEATURE_COUNT; i++) {
        struct row r = row_begin(db, Q_FEATURE_NAME, WEIGHT_MONEY, e);
        row_int(&r, i);
        row_text(&r, feature_name((enum feature_id)i));
        ok = row_end(&r, e);
    }
    return ok;
}

static bool database_open(struct session_db *db, const struct session_db_info *info, struct error *e)
{
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
    if (sqlite3_open_v2(db->path, &db->sql, flags, NULL) != SQLITE_OK) {
        return fail(db, "open", e);
    }
    sqlite3_busy_timeout(db->sql, BUSY_MS);
    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return schema_create(db, e) && statements_prepare(db, e) && session_row(db, info, e) &&
           configuration_rows(db, info->config, e) && feature_name_rows(db, e) && session_db_commit(db, e);
}

static void database_free(struct session_db *db)
{
    for (int q = 0; q < Q_COUNT; q++) {
        sqlite3_finalize(db->stmt[q]);
    }
    sqlite3_close(db->sql);
    free(db->skipped);
    free(db->path);
    free(db);
}

struct session_db *session_db_create(const char *path, const struct session_db_info *info, struct error *e)
{
    struct session_db *db = calloc(1, sizeof *db);
    if (db) {
        db->path = strdup(path);
        db->skipped = calloc(1, sizeof *db->skipped);
    }
    if (!db || !db->path || !db->skipped) {
        error_set(e, EXIT_OS, "database %s: no memory", path);
        if (db) {
            database_free(db);
        }
        return NULL;
    }
    bool made = file_create(path, e);
    if (!made || !database_open(db, info, e)) {
        database_free(db);
        if (made) {
            unlink(path);
        }
        return NULL;
    }
    return db;
}

// ---------------------------------------------------------------------------------------- commit and closing

static bool counts_row(struct session_db *db, struct error *e)
{
    char hash[20];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)db->now.action_hash);
    struct row r = row_begin(db, Q_SESSION_COUNT, WEIGHT_LIGHT, e);
    row_int(&r, (int64_t)db->now.last_seq);
    row_int(&r, (int64_t)db->now.events);
    row_int(&r, (int64_t)db->now.actions);
    row_text(&r, hash);
    return row_end(&r, e);
}

bool session_db_commit(struct session_db *db, struct error *e)
{
    if (db->now.pending == 0) {
        return true;
    }
    if (!counts_row(db, e) || !transaction_end(db, e)) {
        return false;
    }
    db->now.pending = 0;
    db->committed = db->now;
    return true;
}

void session_db_set_patience(struct session_db *db, int ms)
{
    sqlite3_busy_timeout(db->sql, ms);
}

uint64_t session_db_pending(const struct session_db *db)
{
    return db->now.pending;
}

bool session_db_close(struct session_db *db, const struct snapshot *last, int64_t ended_wall_ns,
                      struct error *e)
{
    if (!db) {
        return true;
    }
    db->now.sample_wall_ns = db->now.buckets_wall_ns = 0; // the last sample is always taken
    last = last || db->skipped->wall_ns == 0 ? last : db->skipped;
    bool ok = !last || session_db_sample(db, last, e);
    if (ok) {
        struct row r = row_begin(db, Q_SESSION_END, WEIGHT_MONEY, e);
        row_int(&r, ended_wall_ns);
        ok = row_end(&r, e) && session_db_commit(db, e);
    }
    if (ok && sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != SQLITE_OK) {
        ok = sqlite3_errcode(db->sql) == SQLITE_BUSY || fail(db, "fold the -wal into the file", e);
    }
    database_free(db);
    return ok;
}
