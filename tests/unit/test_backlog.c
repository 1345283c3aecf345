// SPDX-License-Identifier: Apache-2.0
// Tries to lose rows of the session database: another program holds it for longer than anybody waits, again
// and again, between events and in mid-batch; memory that is full. In the end the rows and the counts are
// those of a run that nobody disturbed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <unistd.h>
#include <cmocka.h>

#include "store/backlog.h"

static char dir[64], path[96];
static struct session_db *db;
static struct backlog *backlog;
static sqlite3 *other;

static int setup(void **state)
{
    (void)state;
    struct error e = {0};
    const struct session_db_info info = {
        .session_id = "s", .mode = "sim", .venue = "v", .build = "b", .config = ""};
    snprintf(dir, sizeof dir, "/tmp/tt-backlog-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/s.db", dir);
    db = session_db_create(path, &info, &e);
    assert_non_null(db);
    session_db_set_patience(db, 1);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char name[128];
    static const char *const SUFFIX[] = {"", "-wal", "-shm"};
    sqlite3_close(other);
    backlog_free(backlog);
    for (size_t i = 0; i < COUNT_OF(SUFFIX); i++) {
        snprintf(name, sizeof name, "%s%s", path, SUFFIX[i]);
        unlink(name);
    }
    return rmdir(dir);
}

static void hold(bool on)
{
    assert_int_equal(sqlite3_exec(other, on ? "BEGIN IMMEDIATE" : "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
}

static int64_t ask(const char *sql)
{
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(other, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t v = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return v;
}

static bool take_fill(uint64_t seq)
{
    static struct event ev;
    event_init(&ev, EV_ORDER, 0, 0);
    ev.seq = seq;
    ev.wall_ns = (int64_t)seq;
    ev.u.order = (struct ev_order){.kind = RK_FILL,
                                   .side = SIDE_BUY,
                                   .trade_id = seq,
                                   .last_lots = 1,
                                   .cum_lots = 1,
                                   .qty_lots = 1,
                                   .last_price_e8 = E8,
                                   .status = OS_FILLED};
    snprintf(ev.u.order.client_id, sizeof ev.u.order.client_id, "c%u", (unsigned)seq);
    return backlog_take(backlog, REC_EVENT, &ev, ev.size, ev.wall_ns);
}

static bool take_quote(uint64_t seq)
{
    static struct event ev;
    event_init(&ev, EV_TOUCH, 0, 0);
    ev.seq = seq;
    return backlog_take(backlog, REC_EVENT, &ev, ev.size, 0);
}

static bool take_posting(uint64_t seq)
{
    struct posting p = {.seq = seq, .amount_e8 = 5, .debit = 0, .credit = 1, .currency = CURRENCY_USDT};
    return backlog_take(backlog, REC_POSTING, &p, sizeof p, 1);
}

static void test_a_held_database_loses_nothing(void **state)
{
    (void)state;
    struct error e = {0};
    backlog = backlog_new(db, 64 << 20);
    uint64_t seq = 0;
    for (int round = 0; round < 20; round++) {
        bool held = round % 3 == 1;
        for (int i = 0; i < 10; i++) {
            if (i == 4 && held) {
                hold(true);
            }
            assert_true(take_quote(++seq) && take_fill(++seq) && take_posting(seq) && take_posting(seq));
            if (i == 3 && held) { // for `other` the file is free only between two transactions of ours
                assert_true(backlog_commit(backlog, &e));
            }
        }
        assert_true(backlog_is_behind(backlog) || !held);
        assert_int_equal(backlog_commit(backlog, &e), !held);
        if (held) {
            assert_non_null(strstr(e.text, "another program holds it"));
            hold(false);
            assert_true(round % 2 || backlog_commit(backlog, &e)); // at times the next batch comes first
        }
    }
    assert_true(backlog_commit(backlog, &e));
    assert_false(backlog_is_behind(backlog));
    assert_int_equal(backlog_lost(backlog), 0);
    assert_int_equal(ask("SELECT count(*) FROM fills"), 200);
    assert_int_equal(ask("SELECT count(*) FROM ledger"), 400);
    assert_int_equal(ask("SELECT sum(amount_e8) FROM ledger"), 2000);
    assert_int_equal(ask("SELECT count(*) FROM order_reports"), 200);
    assert_int_equal(ask("SELECT last_seq FROM sessions"), (int64_t)seq);
    assert_int_equal(ask("SELECT events FROM sessions"), (int64_t)seq);
    assert_true(session_db_close(db, NULL, 1, &e));
}

static void test_full_memory_is_counted(void **state)
{
    (void)state;
    struct error e = {0};
    backlog = backlog_new(db, 4096);
    hold(true);
    uint64_t kept = 0;
    for (uint64_t seq = 1; seq <= 100; seq++) {
        kept += take_fill(seq);
    }
    assert_true(kept > 5 && kept < 20);
    assert_int_equal(backlog_lost(backlog), 100 - kept);
    hold(false);
    assert_true(backlog_commit(backlog, &e));
    assert_int_equal(ask("SELECT count(*) FROM fills"), (int64_t)kept);
    assert_true(session_db_close(db, NULL, 1, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_held_database_loses_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_memory_is_counted, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
