// SPDX-License-Identifier: Apache-2.0
// kill_run: one run of the real program for the kill tests: its own state directory and configuration, its
// screen, and after its end its tape and database, judged.
#ifndef TT_TESTS_KILL_RUN_H
#define TT_TESTS_KILL_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>
#include <limits.h>
#include <sqlite3.h>

#include "e2e/kill_drill.h"
#include "e2e/term.h"

struct run {
    struct term t;
    char state[64];
    char config[128];
};

static const int64_t RUN_WINDOW_NS = NS_PER_S;

static const char RUN_CONFIG[] =
    "[account]\nalias = drill\ncapital = 5000 USDT\n"
    "[instruments]\nquote = ETHUSDT BTCUSDT\nwatch =\n"
    "[strategy.maker]\norder_value = 200 USDT\n"
    "[risk]\norder_value = 400 USDT\nposition_value = 2500 USDT\ngross_value = 5000 USDT\n"
    "day_loss = 20 %\ndrawdown = 30 %\n"
    "[kill]\naccept_window = 1 s\n[sim]\nwallet = 5000 USDT\n";

// A state directory and a configuration of this run's own; the program's path (B: where it was built).
static inline const char *run_prepare(struct run *r)
{
    static char program[PATH_MAX];
    const char *b = getenv("B");
    char path[512];
    memset(r, 0, sizeof *r);
    snprintf(path, sizeof path, "%s/ticktower", b ? b : "build");
    assert_non_null(realpath(path, program));
    strcpy(r->state, "/tmp/ticktower-kill-XXXXXX");
    assert_non_null(mkdtemp(r->state));
    snprintf(r->config, sizeof r->config, "%s/drill.conf", r->state);
    FILE *f = fopen(r->config, "w");
    assert_non_null(f);
    fputs(RUN_CONFIG, f);
    fclose(f);
    return program;
}

static inline void run_expect(struct run *r, const char *text, int ms)
{
    if (!term_await(&r->t, text, ms)) {
        term_dump(&r->t);
        fail_msg("the screen does not show \"%s\"", text);
    }
}

static inline bool run_file(const struct run *r, const char *ending, char *path, size_t cap)
{
    char pattern[256];
    glob_t g;
    snprintf(pattern, sizeof pattern, "%s/sim/sessions/*.%s", r->state, ending);
    bool one = glob(pattern, 0, NULL, &g) == 0 && g.gl_pathc == 1;
    snprintf(path, cap, "%s", one ? g.gl_pathv[0] : "");
    globfree(&g);
    return one;
}

static inline void run_remove(const struct run *r)
{
    char pattern[3][160];
    snprintf(pattern[0], sizeof pattern[0], "%s/sim/sessions/*", r->state);
    snprintf(pattern[1], sizeof pattern[1], "%s/sim/*", r->state);
    snprintf(pattern[2], sizeof pattern[2], "%s/*", r->state);
    for (int i = 0; i < 3; i++) {
        glob_t g;
        if (glob(pattern[i], 0, NULL, &g) == 0) {
            for (size_t k = 0; k < g.gl_pathc; k++) {
                remove(g.gl_pathv[k]);
            }
            globfree(&g);
        }
    }
    rmdir(r->state);
}

static inline int64_t run_ask_db(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    int64_t v = -1;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
        v = sqlite3_column_int64(st, 0);
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    return v;
}

// What every run must show, whatever was pressed when.
static inline void run_judge(const struct drill *d)
{
    assert_int_equal(d->opened_after, 0);
    assert_int_equal(d->not_flat, 0);
    assert_int_equal(d->not_sealed, 0);
    assert_int_equal(d->cancels_timed, d->kills);
    // A write that was under way when the key came may end after it, but not by more than the thread can be
    // away.
    assert_true(d->late_max_ns < 20 * NS_PER_MS);
}

// The program has ended: judge its tape, and keep nothing when it was good.
static inline struct drill run_judged(struct run *r)
{
    char tape[512];
    char db[512];
    struct drill d = {0};
    assert_true(run_file(r, "tape", tape, sizeof tape));
    assert_true(run_file(r, "db", db, sizeof db));
    print_message("%s\n", tape);
    assert_true(drill_tape(tape, RUN_WINDOW_NS, &d));
    run_judge(&d);
    // The engine's own account: one flatten for each kill, however often the key came.
    assert_int_equal(run_ask_db(db, "SELECT count(*) FROM operator_actions WHERE verb = 'flatten'"),
                     d.presses);
    assert_int_equal(
        run_ask_db(db, "SELECT count(*) FROM operator_actions WHERE verb = 'flatten' AND answer = ''"),
        d.kills);
    // The program's own figure has a sample of each kill (and of an F pressed again or held back by the stray
    // guard, when there was something to cancel), and none that waited for another cancel.
    int64_t held = run_ask_db(db, "SELECT count(*) FROM operator_actions WHERE verb = 'pull'");
    int64_t timed = run_ask_db(db, "SELECT count FROM latency_stations WHERE station = 'key_to_cancel'");
    assert_true(d.kills == 0 || (timed >= d.kills && timed <= d.presses + held));
    assert_true(run_ask_db(db, "SELECT max_ns FROM latency_stations WHERE station = 'key_to_cancel'") <
                200 * NS_PER_MS);
    assert_int_equal(run_ask_db(db, "SELECT count(*) FROM orders WHERE strategy = 'kill' AND NOT close_only"),
                     0);
    if (!getenv("KILL_KEEP")) {
        run_remove(r);
    }
    return d;
}

#endif
