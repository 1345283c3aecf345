// SPDX-License-Identifier: Apache-2.0
#include "store/account_db.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ACCOUNT_SCHEMA_VERSION = 1, BUSY_MS = 2000 };

struct account_db {
    sqlite3 *db;
};

static const char CREATE[] =
    "CREATE TABLE IF NOT EXISTS runs (epoch INTEGER PRIMARY KEY, session_id TEXT NOT NULL,"
    " started_ns INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS nonces (signer TEXT PRIMARY KEY, last_us INTEGER NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS trades (venue INTEGER, symbol TEXT, last_id INTEGER NOT NULL,"
    " PRIMARY KEY (venue, symbol)) STRICT;"
    "CREATE TABLE IF NOT EXISTS days (day INTEGER PRIMARY KEY, start_equity_e8 INTEGER NOT NULL,"
    " pnl_e8 INTEGER NOT NULL) STRICT;";

static bool failed(struct account_db *a, const char *path, struct error *e)
{
    return error_set(
        e, EXIT_DATA,
        "account database %s: %s: if it is damaged, move it away (nonces then start at the clock)", path,
        sqlite3_errmsg(a->db));
}

static bool exec(struct account_db *a, const char *sql)
{
    return sqlite3_exec(a->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

// One integer of one row; false: no such row (or the statement failed).
static bool ask(struct account_db *a, const char *sql, const char *text, int64_t number, int64_t *out)
{
    sqlite3_stmt *s = NULL;
    bool row = false;
    if (sqlite3_prepare_v2(a->db, sql, -1, &s, NULL) == SQLITE_OK) {
        sqlite3_bind_text(s, 1, text, -1, SQLITE_STATIC);
        sqlite3_bind_int64(s, 2, number);
        row = sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) == SQLITE_INTEGER;
        *out = row ? sqlite3_column_int64(s, 0) : 0;
    }
    sqlite3_finalize(s);
    return row;
}

static bool tell(struct account_db *a, const char *sql, const char *text, int64_t one, int64_t two,
                 int64_t three)
{
    sqlite3_stmt *s = NULL;
    bool done = false;
    if (sqlite3_prepare_v2(a->db, sql, -1, &s, NULL) == SQLITE_OK) {
        sqlite3_bind_text(s, 1, text, -1, SQLITE_STATIC);
        sqlite3_bind_int64(s, 2, one);
        sqlite3_bind_int64(s, 3, two);
        sqlite3_bind_int64(s, 4, three);
        done = sqlite3_step(s) == SQLITE_DONE;
    }
    sqlite3_finalize(s);
    return done;
}

// synchronous before journal_mode: without it a crash can bring the roll-back journal back and empty the
// file.
static bool prepare(struct account_db *a, const char *path, struct error *e)
{
    int64_t version = 0;
    sqlite3_busy_timeout(a->db, BUSY_MS);
    sqlite3_db_config(a->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (!exec(a, "PRAGMA trusted_schema=OFF") || !exec(a, "PRAGMA synchronous=EXTRA") ||
        !exec(a, "PRAGMA journal_mode=WAL") || !ask(a, "PRAGMA user_version", NULL, 0, &version)) {
        return failed(a, path, e);
    }
    if (version != 0 && version != ACCOUNT_SCHEMA_VERSION) {
        return error_set(e, EXIT_DATA, "account database %s: version %lld, this program knows %d", path,
                         (long long)version, ACCOUNT_SCHEMA_VERSION);
    }
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA user_version=%d", ACCOUNT_SCHEMA_VERSION);
    return (exec(a, CREATE) && exec(a, sql)) || failed(a, path, e);
}

struct account_db *account_db_open(const char *path, struct error *e)
{
    struct account_db *a = calloc(1, sizeof *a);
    if (!a) {
        error_set(e, EXIT_OS, "out of memory for the account database");
        return NULL;
    }
    int fd =
        open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); // SQLite would take the umask's mode
    if (fd < 0) {
        error_set(e, EXIT_CANT_CREATE, "account database %s: %m", path);
        free(a);
        return NULL;
    }
    close(fd);
    bool open_ok = sqlite3_open_v2(path, &a->db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK;
    if (!open_ok || !prepare(a, path, e)) {
        if (!open_ok) {
            failed(a, path, e);
        }
        account_db_close(a);
        return NULL;
    }
    return a;
}

void account_db_close(struct account_db *a)
{
    if (a) {
        sqlite3_close(a->db);
        free(a);
    }
}

bool account_db_begin(struct account_db *a, uint32_t epoch, const char *session_id, int64_t wall_ns,
                      struct error *e)
{
    return tell(a, "INSERT INTO runs (session_id, epoch, started_ns) VALUES (?1, ?2, ?3)", session_id, epoch,
                wall_ns, 0) ||
           error_set(e, EXIT_DATA, "account database: the run cannot be written: %s", sqlite3_errmsg(a->db));
}

uint32_t account_db_epoch(struct account_db *a)
{
    int64_t v = 0;
    ask(a, "SELECT max(epoch) FROM runs", NULL, 0, &v);
    return (uint32_t)v;
}

uint64_t account_db_nonce(struct account_db *a, const char *signer)
{
    int64_t v = 0;
    ask(a, "SELECT last_us FROM nonces WHERE signer = ?1", signer, 0, &v);
    return v > 0 ? (uint64_t)v : 0;
}

uint64_t account_db_trade(struct account_db *a, int venue, const char *symbol)
{
    int64_t v = 0;
    ask(a, "SELECT last_id FROM trades WHERE symbol = ?1 AND venue = ?2", symbol, venue, &v);
    return v > 0 ? (uint64_t)v : 0;
}

bool account_db_day(struct account_db *a, int64_t day, int64_t *pnl_e8)
{
    *pnl_e8 = 0;
    return ask(a, "SELECT pnl_e8 FROM days WHERE day = ?2 AND ?1 IS NULL", NULL, day, pnl_e8);
}

bool account_db_keep_nonce(struct account_db *a, const char *signer, uint64_t last_us)
{
    return tell(a,
                "INSERT INTO nonces VALUES (?1, ?2) ON CONFLICT (signer) DO UPDATE"
                " SET last_us = max(last_us, excluded.last_us)",
                signer, (int64_t)last_us, 0, 0);
}

bool account_db_keep_trade(struct account_db *a, int venue, const char *symbol, uint64_t last_id)
{
    return tell(a,
                "INSERT INTO trades (symbol, venue, last_id) VALUES (?1, ?2, ?3) ON CONFLICT (venue, symbol)"
                " DO UPDATE SET last_id = max(last_id, excluded.last_id)",
                symbol, venue, (int64_t)last_id, 0);
}

bool account_db_keep_day(struct account_db *a, int64_t day, int64_t start_equity_e8, int64_t pnl_e8)
{
    return tell(a, "INSERT OR REPLACE INTO days SELECT ?2, ?3, ?4 WHERE ?1 IS NULL", NULL, day,
                start_equity_e8, pnl_e8);
}
