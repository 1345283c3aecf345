// SPDX-License-Identifier: Apache-2.0
// export: VACUUM INTO from a read-only connection of its own: one read transaction sees one consistent state,
// the writer goes on meanwhile. The copy is made under a temporary name, taken out of WAL mode, checked,
// synced, and then linked to its name, which fails when that name is taken: nothing is ever overwritten.
#include "store/export.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/schema.h"
#include "store/session_db.h"

enum { BUSY_MS = 5000, PATH_CAP = 1024 };

#define EXPORT_MARK "-export-"

// --------------------------------------------------------------------------------------------------- reading

static bool fail_source(sqlite3 *db, const char *path, struct error *e)
{
    int code = sqlite3_errcode(db);
    const char *remedy = code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? "damaged, or not a database"
                         : code == SQLITE_BUSY                           ? "another program holds it"
                                                                         : "check the file and its directory";
    return error_set(e, code == SQLITE_BUSY || code == SQLITE_CANTOPEN ? EXIT_NO_INPUT : EXIT_DATA,
                     "database %s: cannot read: %s; %s", path, sqlite3_errmsg(db), remedy);
}

// The single integer of a pragma or query; false on any error.
static bool ask_int(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *s = NULL;
    bool ok = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
    *out = ok ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return ok;
}

static bool source_is_ours(sqlite3 *db, const char *path, struct error *e)
{
    int64_t id = 0, version = 0;
    if (!ask_int(db, "PRAGMA application_id", &id) || !ask_int(db, "PRAGMA user_version", &version)) {
        return fail_source(db, path, e);
    }
    if (id != SESSION_APPLICATION_ID) {
        return error_set(e, EXIT_DATA, "database %s: not a ticktower session", path);
    }
    if (version < 1 || version > SESSION_SCHEMA_VERSION) {
        return error_set(e, EXIT_DATA, "database %s: schema version %lld; this program knows 1 to %d", path,
                         (long long)version, SESSION_SCHEMA_VERSION);
    }
    return true;
}

static bool file_is_readable(const char *path, struct error *e)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return error_set(e, EXIT_NO_INPUT, "database %s: %s", path, strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return error_set(e, EXIT_NO_INPUT, "database %s: not a regular file", path);
    }
    return true;
}

static sqlite3 *source_open(const char *path, struct error *e)
{
    if (!file_is_readable(path, e)) {
        return NULL;
    }
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        fail_source(db, path, e);
        sqlite3_close(db);
        return NULL;
    }
    sqlite3_busy_timeout(db, BUSY_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (sqlite3_exec(db, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON", NULL, NULL, NULL) !=
        SQLITE_OK) {
        fail_source(db, path, e);
        sqlite3_close(db);
        return NULL;
    }
    if (!source_is_ours(db, path, e)) {
        sqlite3_close(db);
        return NULL;
    }
    return db;
}

// --------------------------------------------------------------------------------------------------- writing

static bool fail_target(const char *path, const char *why, struct error *e)
{
    return error_set(e, EXIT_CANT_CREATE, "export %s: cannot write: %s; nothing was left behind", path, why);
}

// VACUUM INTO fills an empty file; making it ourselves gives it its mode from the start.
static bool empty_create(const char *tmp, const char *out, struct error *e)
{
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail_target(out, strerror(errno), e);
    }
    close(fd);
    return true;
}

static bool copy(sqlite3 *db, const char *db_path, const char *tmp, const char *out, struct error *e)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(db, "VACUUM INTO ?", -1, &s, NULL) != SQLITE_OK) {
        return fail_source(db, db_path, e);
    }
    sqlite3_bind_text(s, 1, tmp, -1, SQLITE_STATIC);
    int rc = sqlite3_step(s);
    sqlite3_finalize(s);
    if (rc == SQLITE_DONE) {
        return true;
    }
    int code = sqlite3_errcode(db);
    bool target =
        code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
    return target ? fail_target(out, sqlite3_errmsg(db), e) : fail_source(db, db_path, e);
}

// One file on its own: no WAL mode, structure checked.
static bool finish(const char *tmp, const char *out, struct error *e)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    bool ok = sqlite3_open_v2(tmp, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK &&
              sqlite3_exec(db, "PRAGMA trusted_schema=OFF; PRAGMA journal_mode=DELETE", NULL, NULL, NULL) ==
                  SQLITE_OK;
    if (!ok) {
        fail_target(out, sqlite3_errmsg(db), e);
    } else if (sqlite3_prepare_v2(db, "PRAGMA quick_check", -1, &s, NULL) != SQLITE_OK ||
               sqlite3_step(s) != SQLITE_ROW || strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0) {
        ok = error_set(e, EXIT_DATA,
                       "export %s: the copy does not pass quick_check: the session database is damaged", out);
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    return ok;
}

static bool sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

// Give the finished copy its name, if that is still free.
static bool name_it(const char *tmp, const char *out, struct error *e)
{
    if (!sync_file(tmp)) {
        return fail_target(out, strerror(errno), e);
    }
    if (link(tmp, out) == 0) {
        return true;
    }
    if (errno == EPERM || errno == EOPNOTSUPP) { // a file system without hard links
        struct stat st;
        if (lstat(out, &st) != 0 && errno == ENOENT && rename(tmp, out) == 0) {
            return true;
        }
        errno = EEXIST;
    }
    return error_set(e, EXIT_CANT_CREATE, "export %s: %s%s", out, strerror(errno),
                     errno == EEXIST ? "; choose another name with -o" : "");
}

bool export_session(const char *db_path, const char *out_path, struct error *e)
{
    struct stat st;
    char tmp[PATH_CAP];
    if (lstat(out_path, &st) == 0) {
        return error_set(e, EXIT_CANT_CREATE, "export %s: exists already; choose another name with -o",
                         out_path);
    }
    if (snprintf(tmp, sizeof tmp, "%s.%ld.tmp", out_path, (long)getpid()) >= (int)sizeof tmp) {
        return error_set(e, EXIT_CANT_CREATE, "export %.200s: the path is too long", out_path);
    }
    sqlite3 *db = source_open(db_path, e);
    if (!db) {
        return false;
    }
    unlink(tmp);
    bool ok = empty_create(tmp, out_path, e) && copy(db, db_path, tmp, out_path, e);
    sqlite3_close(db);
    ok = ok && finish(tmp, out_path, e) && name_it(tmp, out_path, e);
    unlink(tmp);
    return ok;
}

// ----------------------------------------------------------------------------------------------------- names

static bool ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s), k = strlen(suffix);
    return n > k && strcmp(s + n - k, suffix) == 0;
}

// Session ids begin with the UTC time of their start, so the greatest name is the newest; copies are not
// sessions.
static void newest_in(const char *dir, char best[PATH_CAP])
{
    DIR *d = opendir(dir);
    for (struct dirent *f; d && (f = readdir(d)) != NULL;) {
        const char *slash = strrchr(best, '/');
        char path[PATH_CAP];
        if (ends_with(f->d_name, ".db") && !strstr(f->d_name, EXPORT_MARK) &&
            (!slash || strcmp(f->d_name, slash + 1) > 0) &&
            snprintf(path, sizeof path, "%s/%s", dir, f->d_name) < (int)sizeof path) {
            memcpy(best, path, sizeof path);
        }
    }
    if (d) {
        closedir(d);
    }
}

// Sessions lie in <state>/<mode>/sessions. Calls `see` with each such folder.
static void each_folder(const char *state_dir, void (*see)(void *ctx, const char *dir), void *ctx)
{
    DIR *d = opendir(state_dir);
    for (struct dirent *f; d && (f = readdir(d)) != NULL;) {
        char dir[PATH_CAP];
        if (f->d_name[0] != '.' &&
            snprintf(dir, sizeof dir, "%s/%s/sessions", state_dir, f->d_name) < (int)sizeof dir) {
            see(ctx, dir);
        }
    }
    if (d) {
        closedir(d);
    }
}

static void see_newest(void *ctx, const char *dir)
{
    newest_in(dir, ctx);
}

struct wanted {
    const char *id;
    char path[PATH_CAP];
};

static void see_wanted(void *ctx, const char *dir)
{
    struct wanted *w = ctx;
    char path[PATH_CAP];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s/%s%s", dir, w->id, ends_with(w->id, ".db") ? "" : ".db");
    if (n < (int)sizeof path && stat(path, &st) == 0) {
        memcpy(w->path, path, sizeof path);
    }
}

static bool copy_path(const char *path, char *out, size_t cap, struct error *e)
{
    int n = snprintf(out, cap, "%s", path);
    return (n > 0 && (size_t)n < cap) || error_set(e, EXIT_NO_INPUT, "%.200s: the path is too long", path);
}

bool export_find(const char *what, const char *state_dir, char *out, size_t cap, struct error *e)
{
    if (!what || strcmp(what, "latest") == 0) {
        char best[PATH_CAP] = "";
        each_folder(state_dir, see_newest, best);
        return best[0] ? copy_path(best, out, cap, e)
                       : error_set(e, EXIT_NO_INPUT, "no session below %s; name the database", state_dir);
    }
    struct stat st;
    if (strchr(what, '/') || stat(what, &st) == 0) {
        return copy_path(what, out, cap, e);
    }
    struct wanted w = {.id = what};
    each_folder(state_dir, see_wanted, &w);
    return w.path[0] ? copy_path(w.path, out, cap, e)
                     : error_set(e, EXIT_NO_INPUT, "no session %.200s below %s", what, state_dir);
}

void export_default_name(const char *db_path, const char *dir, long long wall_ns, char *out, size_t cap)
{
    const char *slash = strrchr(db_path, '/');
    const char *base = slash ? slash + 1 : db_path;
    size_t n = strlen(base);
    n = ends_with(base, ".db") ? n - 3 : n;
    time_t s = (time_t)(wall_ns / 1000000000);
    struct tm tm;
    char stamp[32] = "";
    gmtime_r(&s, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    snprintf(out, cap, "%s/%.*s" EXPORT_MARK "%s.%03lld.db", dir, (int)n, base, stamp,
             wall_ns / 1000000 % 1000);
}
