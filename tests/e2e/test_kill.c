// SPDX-License-Identifier: Apache-2.0
// Tries to break the emergency key: F at random moments in the real program on a pseudo-terminal, at 1x and
// at 10x, with both instruments quoted and positions held; with the terminal's reader stopped and after
// Ctrl-S; two and three times in a row; in dialogs and text fields; and the End key, split at every byte,
// which must never flatten. Judged by the tape (what left, what the venue answered), not by the screen.
//
// KILLS: presses per run (default 4; `make kill-drill` takes 200). KILL_ONLY: a test's name, KILL_KEEP: leave
// the files.
#include "e2e/kill_run.h"

#include <termios.h>

#include "base/rng.h"

static void start(struct run *r, const char *speed)
{
    const char *program = run_prepare(r);
    const char *argv[] = {program,   "run",    "--ascii", "--config", r->config,
                          "--state", r->state, "--speed", speed,      NULL};
    assert_true(term_start(&r->t, 48, 160, argv, NULL));
    run_expect(r, "KILL F armed", 20000);
    run_expect(r, "QUOTE", 20000);
}

// The echo line: what was sent and answered, with the milliseconds that each took. An F pressed again begins
// nothing, but its echo follows the kill to its end as well.
static void check_echo(struct run *r, bool single)
{
    char row[1024];
    run_expect(r, "SEALED +", 2000);
    term_row(&r->t, r->t.rows - 2, row);
    int stages = 0;
    for (const char *c = row; (c = strstr(c, " +")) != NULL; c += 2) {
        char *end;
        double ms = strtod(c + 2, &end);
        stages += ms > 0 && strncmp(end, " ms", 3) == 0;
    }
    if (stages < (single ? 4 : 2) || !strstr(row, "F FLATTEN") || !strstr(row, "FLAT") ||
        !strstr(row, "OK")) {
        fail_msg("not the echo of a kill: %s", row);
    }
}

static void release(struct run *r)
{
    term_run(&r->t, 700); // the stray guard counts letters of the last 600 ms
    term_type(&r->t, ":release drill\r");
    run_expect(r, "KILL F armed", 5000);
    term_type(&r->t, ":resume all\r");
    term_run(&r->t, 700);
}

static struct drill finish(struct run *r)
{
    kill(r->t.pid, SIGTERM);
    int code = term_finish(&r->t, 30000);
    assert_int_equal(code, 0);
    return run_judged(r);
}

static unsigned presses(void)
{
    const char *k = getenv("KILLS");
    return k ? (unsigned)strtoul(k, NULL, 10) : 4;
}

static void print_times(struct drill *d, const char *speed)
{
    unsigned n = d->kills;
    print_message("speed %s: %u presses, %u kills (%u with a position), %u releases, %u closing orders, %u "
                  "and %u orders "
                  "placed; risk added after a fence %u, writes under way at the key %u (latest %.3f ms)\n",
                  speed, d->presses, n, d->with_position, d->releases, d->closes, d->placed[0], d->placed[1],
                  d->opened_after, d->late_writes, (double)d->late_max_ns / 1e6);
    print_message("speed %s: key to first cancel byte p50 %.3f ms, p95 %.3f ms, max %.3f ms of %u; key to "
                  "FLAT p50 %.1f "
                  "ms, p95 %.1f ms, max %.1f ms\n",
                  speed, (double)drill_quantile(d->to_cancel_ns, n, 50) / 1e6,
                  (double)drill_quantile(d->to_cancel_ns, n, 95) / 1e6,
                  (double)drill_quantile(d->to_cancel_ns, n, 100) / 1e6, d->cancels_timed,
                  (double)drill_quantile(d->to_flat_ns, n, 50) / 1e6,
                  (double)drill_quantile(d->to_flat_ns, n, 95) / 1e6,
                  (double)drill_quantile(d->to_flat_ns, n, 100) / 1e6);
}

static int rows_with(struct run *r, const char *text)
{
    char row[1024];
    int n = 0;
    for (int i = 0; i < r->t.rows; i++) {
        term_row(&r->t, i, row);
        n += strstr(row, text) != NULL;
    }
    return n;
}

// At least one kill must have something to close: wait for the first fill (on a busy machine it takes a
// while), then press whenever.
static void await_position(struct run *r)
{
    int flat = rows_with(r, "flat");
    for (int i = 0; i < 600 && flat > 0 && rows_with(r, "flat") == flat; i++) {
        term_run(&r->t, 100);
    }
}

static void drill_at(const char *speed, uint64_t seed)
{
    struct run r;
    struct rng rng;
    rng_seed(&rng, seed);
    start(&r, speed);
    unsigned extra = 0;
    await_position(&r);
    for (unsigned i = 0; i <= presses(); i++) {
        term_run(&r.t, i == 0 ? 1 : 200 + (int)rng_below(&rng, 2500));
        term_keys(&r.t, i % 3 == 2 ? "FFF" : "F");
        extra += i % 3 == 2 ? 2 : 0;
        run_expect(&r, "KILL F SEALED", 20000);
        check_echo(&r, i % 3 != 2);
        if (i % 4 == 1) {
            term_keys(&r.t, "F"); // once more when all is done: nothing is begun, and nothing is timed
            run_expect(&r, "already SEALED", 2000);
            extra++;
        }
        if (i < presses()) {
            release(&r);
        }
    }
    struct drill d = finish(&r);
    print_times(&d, speed);
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
    drill_at(FAST, 12);
}

// Nobody reads what the program writes: the pseudo-terminal's buffer fills and stays full. The key must act
// all the same.
static void with_a_stalled_reader(void **state)
{
    (void)state;
    struct run r;
    start(&r, FAST);
    term_run(&r.t, 1500);
    r.t.stalled = true;
    term_run(&r.t, 3000);
    term_keys(&r.t, "F");
    term_run(&r.t, 4000);
    r.t.stalled = false;
    run_expect(&r, "KILL F SEALED", 15000);
    release(&r);
    // The console had noticed, and its alarm can be shelved: one dialog more to press F in.
    term_keys(&r.t, "s");
    run_expect(&r, "SHELVE", 2000);
    term_run(&r.t, 700);
    term_keys(&r.t, "F");
    run_expect(&r, "KILL F SEALED", 15000);
    struct drill d = finish(&r);
    assert_int_equal(d.kills, 2);
    assert_true(d.to_flat_ns[0] < 3 * NS_PER_S);
    print_message("nobody reading: first cancel byte after %.3f ms, FLAT after %.1f ms\n",
                  (double)d.to_cancel_ns[0] / 1e6, (double)d.to_flat_ns[0] / 1e6);
}

// Ctrl-S where the line discipline acts on it (`stty ixon` behind the console's back): output stands still,
// keys do not.
static void after_ctrl_s(void **state)
{
    (void)state;
    struct run r;
    struct termios modes;
    start(&r, FAST);
    term_keys(&r.t, "\023"); // in raw mode only a byte, which must do nothing
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
    term_keys(&r.t, "F");
    term_run(&r.t, 4000);
    assert_int_equal(r.t.bytes, before);
    term_keys(&r.t, "\021");
    run_expect(&r, "KILL F SEALED", 15000);
    close(tty);
    struct drill d = finish(&r);
    assert_int_equal(d.kills, 1);
    assert_true(d.to_flat_ns[0] < 3 * NS_PER_S);
    print_message("after Ctrl-S: first cancel byte after %.3f ms, FLAT after %.1f ms\n",
                  (double)d.to_cancel_ns[0] / 1e6, (double)d.to_flat_ns[0] / 1e6);
}

// A key that opens something, a text that shows that it is open.
static void in_dialogs_and_fields(void **state)
{
    (void)state;
    static const struct {
        const char *keys, *shows;
    } OPEN[] = {
        {"?", "any key leaves"},
        {"q", "QUIT?"},
        {":", NULL},
        {":lim", ":lim"},
        {":log\r", "OPERATOR LOG"},
        {"5", NULL},
        {"8", NULL},
        {"+", "CONFIRM"},
        {":limit gross 6000\r", "type  raise"},
    };
    struct run r;
    start(&r, FAST);
    unsigned n = sizeof OPEN / sizeof *OPEN;
    for (unsigned i = 0; i < n; i++) {
        term_run(&r.t, 600);
        term_type(&r.t, OPEN[i].keys);
        if (OPEN[i].shows) {
            run_expect(&r, OPEN[i].shows, 2000);
        }
        term_run(&r.t, 700);
        term_keys(&r.t, "F");
        run_expect(&r, "KILL F SEALED", 15000);
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

// Typing in the wrong window: an F within a word is held (fence and cancels at once, nothing closed); one
// more closes.
static void in_the_middle_of_typing(void **state)
{
    (void)state;
    struct run r;
    start(&r, FAST);
    term_run(&r.t, 2000);
    term_type(&r.t, "hurry");
    term_keys(&r.t, "F");
    run_expect(&r, "FENCE UP", 2000);
    term_run(&r.t, 500);
    term_keys(&r.t, "F");
    run_expect(&r, "KILL F SEALED", 15000);
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
    run_expect(&r, "KILL F armed", 2000);
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
