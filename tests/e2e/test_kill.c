// SPDX-License-Identifier: Apache-2.0
// Tries to break the emergency key: F at random moments in the real program on a pseudo-terminal, at 1x and at 10x, with
// both instruments quoted and positions held; with the terminal's reader stopped and after Ctrl-S; two and three times in
// a row; in dialogs and text fields; and the End key, split at every byte, which must never flatten. Judged by the tape
// (what left, what the venue answered), not by the screen.
//
// KILLS: presses per run (default 4; `make kill-drill` takes 200).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <glob.h>
#include <sqlite3.h>
#include <termios.h>

#include "base/rng.h"
#include "e2e/kill_drill.h"
#include "e2e/term.h"

struct run {
    struct term t;
    char state[64];
    char config[128];
    int64_t pressed_ns[DRILL_KILLS];   // when the byte of each fresh F was given to the terminal
    unsigned presses;
};

static const int64_t WINDOW_NS = NS_PER_S;

static const char CONFIG[] = "[account]\nalias = drill\ncapital = 5000 USDT\n[instruments]\nquote = ETHUSDT BTCUSDT\nwatch =\n"
                             "[strategy.maker]\norder_value = 200 USDT\n"
                             "[risk]\norder_value = 400 USDT\nposition_value = 2500 USDT\ngross_value = 5000 USDT\n"
                             "day_loss = 20 %\ndrawdown = 30 %\n"
                             "[kill]\naccept_window = 1 s\n[sim]\nwallet = 5000 USDT\n";

static void expect(struct run *r, const char *text, int ms)
{
    if (!term_await(&r->t, text, ms)) {
        term_dump(&r->t);
        fail_msg("the screen does not show \"%s\"", text);
    }
}

static void start(struct run *r, const char *speed)
{
    static char program[512];
    const char *b = getenv("B");
    memset(r, 0, sizeof *r);
    snprintf(program, sizeof program, "%s/ticktower", b ? b : "build");
    strcpy(r->state, "/tmp/ticktower-kill-XXXXXX");
    assert_non_null(mkdtemp(r->state));
    snprintf(r->config, sizeof r->config, "%s/drill.conf", r->state);
    FILE *f = fopen(r->config, "w");
    assert_non_null(f);
    fputs(CONFIG, f);
    fclose(f);
    const char *argv[] = {program, "run", "--ascii", "--config", r->config, "--state", r->state, "--speed", speed,
                          NULL};
    assert_true(term_start(&r->t, 48, 160, argv, NULL));
    expect(r, "KILL F armed", 20000);
    expect(r, "QUOTE", 20000);
}

static void press(struct run *r, const char *keys)
{
    r->pressed_ns[r->presses++ % DRILL_KILLS] = clock_mono_ns();
    term_keys(&r->t, keys);
}

// The echo line: what was sent and answered, with the milliseconds that each took. An F pressed again begins nothing, but
// its echo follows the kill to its end as well.
static void check_echo(struct run *r, bool single)
{
    char row[1024];
    expect(r, "FLAT verified +", 2000);
    expect(r, "SEALED +", 2000);
    term_row(&r->t, r->t.rows - 2, row);
    int stages = 0;
    for (const char *c = row; (c = strstr(c, " +")) != NULL; c += 2) {
        char *end;
        double ms = strtod(c + 2, &end);
        stages += ms > 0 && strncmp(end, " ms", 3) == 0;
    }
    if (stages < (single ? 4 : 2) || !strstr(row, "F FLATTEN") || !strstr(row, "OK")) {
        fail_msg("not the echo of a kill: %s", row);
    }
}

static void release(struct run *r)
{
    term_run(&r->t, 700);            // the stray guard counts letters of the last 600 ms
    term_type(&r->t, ":release drill\r");
    expect(r, "KILL F armed", 5000);
    term_type(&r->t, ":resume all\r");
    term_run(&r->t, 700);
}

static bool session_file(const struct run *r, const char *ending, char *path, size_t cap)
{
    char pattern[256];
    glob_t g;
    snprintf(pattern, sizeof pattern, "%s/sim/sessions/*.%s", r->state, ending);
    bool one = glob(pattern, 0, NULL, &g) == 0 && g.gl_pathc == 1;
    snprintf(path, cap, "%s", one ? g.gl_pathv[0] : "");
    globfree(&g);
    return one;
}

static void remove_state(const struct run *r)
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

static int64_t ask_db(const char *path, const char *sql)
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
static void judge(const struct drill *d)
{
    assert_int_equal(d->opened_after, 0);
    assert_int_equal(d->not_flat, 0);
    assert_int_equal(d->not_sealed, 0);
    assert_int_equal(d->cancels_timed, d->kills);
    // A write that was under way when the key came may end after it, but not by more than the thread can be away.
    assert_true(d->late_max_ns < 20 * NS_PER_MS);
}

// End the program, judge its tape, keep nothing when it was good.
static struct drill finish(struct run *r)
{
    char tape[512];
    char db[512];
    struct drill d = {0};
    kill(r->t.pid, SIGTERM);
    int code = term_finish(&r->t, 30000);
    assert_int_equal(code, 0);
    assert_true(session_file(r, "tape", tape, sizeof tape));
    assert_true(session_file(r, "db", db, sizeof db));
    print_message("%s\n", tape);
    assert_true(drill_tape(tape, WINDOW_NS, &d));
    judge(&d);
    // One flatten each, however often the key came: the engine's own account of it.
    assert_int_equal(ask_db(db, "SELECT count(*) FROM operator_actions WHERE verb = 'flatten'"), d.presses);
    assert_int_equal(ask_db(db, "SELECT count(*) FROM orders WHERE strategy = 'kill' AND NOT close_only"), 0);
    remove_state(r);
    return d;
}

static unsigned presses(void)
{
    const char *k = getenv("KILLS");
    return k ? (unsigned)strtoul(k, NULL, 10) : 4;
}

static void print_times(struct run *r, struct drill *d, const char *speed)
{
    unsigned n = d->kills;
    print_message("speed %s: %u presses, %u kills (%u with a position), %u releases, %u closing orders, %u and %u orders "
                  "placed; risk added after a fence %u, writes under way at the key %u (latest %.3f ms)\n",
                  speed, d->presses, n, d->with_position, d->releases, d->closes, d->placed[0], d->placed[1],
                  d->opened_after, d->late_writes, (double)d->late_max_ns / 1e6);
    print_message("speed %s: key to first cancel byte p50 %.3f ms, p95 %.3f ms, max %.3f ms of %u; key to FLAT p50 %.1f "
                  "ms, p95 %.1f ms, max %.1f ms\n",
                  speed, (double)drill_quantile(d->to_cancel_ns, n, 50) / 1e6,
                  (double)drill_quantile(d->to_cancel_ns, n, 95) / 1e6,
                  (double)drill_quantile(d->to_cancel_ns, n, 100) / 1e6, d->cancels_timed,
                  (double)drill_quantile(d->to_flat_ns, n, 50) / 1e6, (double)drill_quantile(d->to_flat_ns, n, 95) / 1e6,
                  (double)drill_quantile(d->to_flat_ns, n, 100) / 1e6);
    (void)r;
}

static void drill_at(const char *speed, uint64_t seed)
{
    struct run r;
    struct rng rng;
    rng_seed(&rng, seed);
    start(&r, speed);
    unsigned extra = 0;
    for (unsigned i = 0; i <= presses(); i++) {
        term_run(&r.t, 200 + (int)rng_below(&rng, 2500));
        press(&r, i % 3 == 2 ? "FFF" : "F");
        extra += i % 3 == 2 ? 2 : 0;
        expect(&r, "KILL F SEALED", 20000);
        check_echo(&r, i % 3 != 2);
        if (i < presses()) {
            release(&r);
        }
    }
    struct drill d = finish(&r);
    print_times(&r, &d, speed);
    assert_int_equal(d.kills, presses() + 1);
    assert_int_equal(d.presses, presses() + 1 + extra);
    assert_int_equal(d.releases, presses());
    assert_true(d.placed[0] > 0 && d.placed[1] > 0);
    assert_true(presses() < 4 || d.with_position > 0);
    if (presses() >= 40) {
        assert_true(drill_quantile(d.to_cancel_ns, d.kills, 50) <= NS_PER_MS);
        assert_true(drill_quantile(d.to_cancel_ns, d.kills, 95) <= 5 * NS_PER_MS);
    }
}

static void at_1x(void **state)
{
    (void)state;
    drill_at("1", 11);
}

static void at_10x(void **state)
{
    (void)state;
    drill_at("10", 12);
}

// Nobody reads what the program writes: the pseudo-terminal's buffer fills and stays full. The key must act all the same.
static void with_a_stalled_reader(void **state)
{
    (void)state;
    struct run r;
    start(&r, "10");
    term_run(&r.t, 1500);
    r.t.stalled = true;
    term_run(&r.t, 3000);
    press(&r, "F");
    term_run(&r.t, 4000);
    r.t.stalled = false;
    expect(&r, "KILL F SEALED", 15000);
    struct drill d = finish(&r);
    assert_int_equal(d.kills, 1);
    assert_true(d.to_flat_ns[0] < 3 * NS_PER_S);
    print_message("nobody reading: first cancel byte after %.3f ms, FLAT after %.1f ms\n", (double)d.to_cancel_ns[0] / 1e6,
                  (double)d.to_flat_ns[0] / 1e6);
}

// Ctrl-S where the line discipline acts on it (`stty ixon` behind the console's back): output stands still, keys do not.
static void after_ctrl_s(void **state)
{
    (void)state;
    struct run r;
    struct termios modes;
    start(&r, "10");
    term_keys(&r.t, "\023");           // in raw mode only a byte, which must do nothing
    term_run(&r.t, 1500);
    int tty = open(ptsname(r.t.fd), O_RDWR | O_NOCTTY);
    assert_true(tty >= 0 && tcgetattr(tty, &modes) == 0);
    assert_false(modes.c_iflag & IXON);
    modes.c_iflag |= IXON;
    assert_int_equal(tcsetattr(tty, TCSANOW, &modes), 0);
    term_keys(&r.t, "\023");
    term_run(&r.t, 200);
    size_t before = r.t.bytes;
    term_run(&r.t, 3000);
    assert_int_equal(r.t.bytes, before);
    press(&r, "F");
    term_run(&r.t, 4000);
    assert_int_equal(r.t.bytes, before);
    term_keys(&r.t, "\021");
    expect(&r, "KILL F SEALED", 15000);
    close(tty);
    struct drill d = finish(&r);
    assert_int_equal(d.kills, 1);
    assert_true(d.to_flat_ns[0] < 3 * NS_PER_S);
    print_message("after Ctrl-S: first cancel byte after %.3f ms, FLAT after %.1f ms\n", (double)d.to_cancel_ns[0] / 1e6,
                  (double)d.to_flat_ns[0] / 1e6);
}

// A key that opens something, a text that shows that it is open.
static void in_dialogs_and_fields(void **state)
{
    (void)state;
    static const struct { const char *keys, *shows; } OPEN[] = {
        {"?", "any key leaves"}, {"q", "QUIT?"}, {":", NULL}, {":lim", ":lim"}, {":log\r", "OPERATOR LOG"},
        {"5", NULL}, {"8", NULL}, {"+", "CONFIRM"}, {":limit gross 6000\r", "type  raise"},
    };
    struct run r;
    start(&r, "10");
    unsigned n = sizeof OPEN / sizeof *OPEN;
    for (unsigned i = 0; i < n; i++) {
        term_run(&r.t, 600);
        term_type(&r.t, OPEN[i].keys);
        if (OPEN[i].shows) {
            expect(&r, OPEN[i].shows, 2000);
        }
        term_run(&r.t, 700);
        press(&r, "F");
        expect(&r, "KILL F SEALED", 15000);
        term_keys(&r.t, "\033");
        term_run(&r.t, 300);
        term_keys(&r.t, "\033");
        term_run(&r.t, 300);
        term_keys(&r.t, "1");
        if (i + 1 < n) {
            release(&r);
        }
    }
    struct drill d = finish(&r);
    assert_int_equal(d.kills, n);
}

// Typing in the wrong window: an F within a word is held (fence and cancels at once, nothing closed); one more closes.
static void in_the_middle_of_typing(void **state)
{
    (void)state;
    struct run r;
    start(&r, "10");
    term_run(&r.t, 2000);
    term_type(&r.t, "hurry");
    term_keys(&r.t, "F");
    expect(&r, "FENCE UP", 2000);
    term_run(&r.t, 500);
    press(&r, "F");
    expect(&r, "KILL F SEALED", 15000);
    struct drill d = finish(&r);
    assert_int_equal(d.kills, 1);
}

static void end_key_never_flattens(void **state)
{
    (void)state;
    static const char *const KEYS[] = {"\033[F", "\033OF", "\033[1;2F", "\033[1;5F", "\033[4~", "\033[8~"};
    static const int GAPS[] = {0, 30, 600};
    struct run r;
    start(&r, "1");
    for (size_t k = 0; k < sizeof KEYS / sizeof *KEYS; k++) {
        for (size_t g = 0; g < sizeof GAPS / sizeof *GAPS; g++) {
            for (size_t cut = 1; cut < strlen(KEYS[k]); cut++) {
                char head[16] = "";
                memcpy(head, KEYS[k], cut);
                term_keys(&r.t, head);
                term_run(&r.t, GAPS[g]);
                term_keys(&r.t, KEYS[k] + cut);
                term_run(&r.t, 30);
            }
        }
        for (const char *c = KEYS[k]; *c; c++) {
            char one[2] = {*c, 0};
            term_keys(&r.t, one);
            term_run(&r.t, 200);
        }
    }
    expect(&r, "KILL F armed", 2000);
    struct drill d = finish(&r);
    assert_int_equal(d.presses, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_1x),
        cmocka_unit_test(at_10x),
        cmocka_unit_test(with_a_stalled_reader),
        cmocka_unit_test(after_ctrl_s),
        cmocka_unit_test(in_dialogs_and_fields),
        cmocka_unit_test(in_the_middle_of_typing),
        cmocka_unit_test(end_key_never_flattens),
    };
    const char *only = getenv("KILL_ONLY");
    if (only) {
        cmocka_set_test_filter(only);
    }
    return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
