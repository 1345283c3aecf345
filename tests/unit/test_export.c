// SPDX-License-Identifier: Apache-2.0
// Tries to break the export: a copy taken while a writer commits must be whole; nothing may be overwritten or
// left behind; what is missing, damaged, foreign or from the future gets one line and the right exit code.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sqlite3.h>
#include <cmocka.h>

#include "base/check.h"
#include "store/export.h"
#include "store/session_db.h"

static char dir[64], state_dir_path[96], sessions[128], source[192], target[192];

static void remove_all(void)
{
    char command[160];
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/tt-exp-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(state_dir_path, sizeof state_dir_path, "%s/sim", dir);
    snprintf(sessions, sizeof sessions, "%s/sessions", state_dir_path);
    assert_true(mkdir(state_dir_path, 0700) == 0 && mkdir(sessions, 0700) == 0);
    snprintf(source, sizeof source, "%s/20240808T235416Z-ab12.db", sessions);
    snprintf(target, sizeof target, "%s/out.db", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_all();
    return 0;
}

static struct session_db *create(const char *path)
{
    struct error e = {0};
    const struct session_db_info info = {.session_id = "x", .mode = "sim", .venue = "v", .build = "b"};
    struct session_db *db = session_db_create(path, &info, &e);
    assert_non_null(db);
    return db;
}

static void post(struct session_db *db, uint64_t seq)
{
    struct error e = {0};
    struct posting p = {
        .seq = seq, .amount_e8 = 5, .debit = ACCOUNT_FEES, .credit = ACCOUNT_CASH, .currency = CURRENCY_USDT};
    assert_true(session_db_posting(db, &p, 1, &e));
}

static int64_t ask(const char *path, const char *sql)
{
    sqlite3 *c = NULL;
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_open_v2(path, &c, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(c, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t v = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(c);
    return v;
}

static void test_copy_of_a_running_session(void **state)
{
    (void)state;
    struct session_db *db = create(source);
    struct error e = {0};
    for (uint64_t seq = 1; seq <= 100; seq++) {
        post(db, seq);
    }
    assert_true(session_db_commit(db, &e));
    post(db, 101); // in an open transaction of the writer
    if (!export_session(source, target, &e)) {
        fail_msg("%s", e.text);
    }
    post(db, 102); // the writer was not disturbed
    assert_true(session_db_close(db, NULL, 9, &e));
    assert_int_equal(ask(target, "SELECT count(*) FROM ledger"), 100);
    assert_int_equal(ask(target, "SELECT sum(sum_e8) FROM ledger_sum"), 0);
    assert_int_equal(ask(target, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode='delete'"), 1);
    assert_int_equal(ask(source, "SELECT count(*) FROM ledger"), 102);
    struct stat st;
    assert_int_equal(stat(target, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    char command[256];
    snprintf(command, sizeof command, "test $(ls %s | wc -l) = 2",
             dir); // out.db and sim/: no -wal, no temporary
    assert_int_equal(system(command), 0);
}

static void test_an_export_can_be_exported(void **state)
{
    (void)state;
    struct error e = {0};
    char again[192];
    assert_true(session_db_close(create(source), NULL, 9, &e));
    assert_true(export_session(source, target, &e));
    snprintf(again, sizeof again, "%s/again.db", dir);
    assert_true(export_session(target, again, &e));
    assert_int_equal(ask(again, "SELECT ended_ns FROM sessions"), 9);
}

static void expect(const char *from, const char *to, int code, const char *word)
{
    struct error e = {0};
    assert_false(export_session(from, to, &e));
    assert_int_equal(e.exit_code, code);
    assert_null(strchr(e.text, '\n'));
    if (!strstr(e.text, word)) {
        fail_msg("\"%s\" does not say \"%s\"", e.text, word);
    }
}

static void test_nothing_is_overwritten(void **state)
{
    (void)state;
    struct error e = {0};
    assert_true(session_db_close(create(source), NULL, 9, &e));
    assert_true(export_session(source, target, &e));
    struct stat before, after;
    assert_int_equal(stat(target, &before), 0);
    expect(source, target, EXIT_CANT_CREATE, "exists already");
    expect(source, source, EXIT_CANT_CREATE, "exists already");
    assert_int_equal(stat(target, &after), 0);
    assert_true(before.st_ino == after.st_ino && before.st_size == after.st_size);
    char link_path[192];
    snprintf(link_path, sizeof link_path, "%s/link.db", dir);
    assert_int_equal(symlink("/tmp/tt-nowhere-at-all", link_path), 0);
    expect(source, link_path, EXIT_CANT_CREATE, "exists already"); // a dangling link is not followed
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static void set_pragma(const char *path, const char *pragma)
{
    sqlite3 *c = NULL;
    assert_int_equal(sqlite3_open(path, &c), SQLITE_OK);
    assert_int_equal(sqlite3_exec(c, pragma, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(c);
}

static void test_what_is_no_session(void **state)
{
    (void)state;
    struct error e = {0};
    expect(source, target, EXIT_NO_INPUT, "No such file");
    expect(dir, target, EXIT_NO_INPUT, "not a regular file");
    write_file(source, "", 0);
    expect(source, target, EXIT_DATA, "not a ticktower session");
    write_file(source,
               "this is not a database, but long enough to be taken for one at a glance, perhaps ........",
               90);
    expect(source, target, EXIT_DATA, "damaged, or not a database");
    unlink(source);
    assert_true(session_db_close(create(source), NULL, 9, &e));
    set_pragma(source, "PRAGMA user_version=3");
    expect(source, target, EXIT_DATA, "schema version 3");
    set_pragma(source, "PRAGMA user_version=1; PRAGMA application_id=5");
    expect(source, target, EXIT_DATA, "not a ticktower session");
    expect(source, "/nonexistent/dir/out.db", EXIT_DATA, "not a ticktower");
    set_pragma(source, "PRAGMA application_id=1414808642");
    expect(source, "/nonexistent/dir/out.db", EXIT_CANT_CREATE, "cannot write");
    assert_true(export_session(source, target, &e));
}

// Pages overwritten in the middle: the copy fails with one line and leaves nothing, or is whole.
static void test_damaged_pages(void **state)
{
    (void)state;
    struct error e = {0};
    struct session_db *db = create(source);
    for (uint64_t seq = 1; seq <= 5000; seq++) {
        post(db, seq);
    }
    assert_true(session_db_close(db, NULL, 9, &e));
    FILE *f = fopen(source, "r+b");
    fseek(f, 0, SEEK_END);
    long pages = ftell(f) / 4096;
    assert_true(pages > 40);
    int refused = 0;
    for (long page = 1; page < pages; page += pages / 20) {
        uint8_t old[4096], junk[4096];
        memset(junk, 0xa5, sizeof junk);
        fseek(f, page * 4096, SEEK_SET);
        assert_int_equal(fread(old, 1, sizeof old, f), sizeof old);
        fseek(f, page * 4096, SEEK_SET);
        assert_int_equal(fwrite(junk, 1, sizeof junk, f), sizeof junk);
        fflush(f);
        memset(&e, 0, sizeof e);
        if (!export_session(source, target, &e)) {
            refused++;
            assert_int_equal(e.exit_code, EXIT_DATA);
            assert_int_not_equal(access(target, F_OK), 0);
        }
        unlink(target);
        fseek(f, page * 4096, SEEK_SET);
        assert_int_equal(fwrite(old, 1, sizeof old, f), sizeof old);
        fflush(f);
    }
    fclose(f);
    assert_true(refused > 5);
}

static void test_names(void **state)
{
    (void)state;
    struct error e = {0};
    char got[256], name[256];
    assert_false(export_find(NULL, dir, got, sizeof got, &e));
    assert_int_equal(e.exit_code, EXIT_NO_INPUT);
    write_file(source, "", 0);
    export_default_name(source, sessions, 1723161255123000000, name, sizeof name);
    assert_non_null(strstr(name, "/sessions/20240808T235416Z-ab12-export-20240808T235415Z.123.db"));
    write_file(name, "", 0);
    assert_true(export_find("latest", dir, got, sizeof got, &e));
    assert_string_equal(got, source); // a copy is not a session
    assert_true(export_find("20240808T235416Z-ab12", dir, got, sizeof got, &e));
    assert_string_equal(got, source);
    assert_true(export_find(source, dir, got, sizeof got, &e));
    assert_false(export_find("20240101T000000Z-0000", dir, got, sizeof got, &e));
    assert_int_equal(e.exit_code, EXIT_NO_INPUT);
    char later[192];
    snprintf(later, sizeof later, "%s/20240809T000000Z-0000.db", sessions);
    write_file(later, "", 0);
    assert_true(export_find(NULL, dir, got, sizeof got, &e));
    assert_string_equal(got, later);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_copy_of_a_running_session, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_export_can_be_exported, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_is_overwritten, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_session, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
