// SPDX-License-Identifier: Apache-2.0
// Tries to break the emergency key: F at random moments in the real program on a pseudo-terminal, at 1x and at 10x, also
// with the terminal's reader stopped, twice and three times in a row, in dialogs and text fields; and the End key, split
// at every byte, which must never flatten. Judged by the tape (what left, what the venue answered), not by the screen.
//
// KILLS: presses per run (default 6; `make kill-drill` takes 200).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>

#include "base/rng.h"
#include "e2e/kill_drill.h"
#include "e2e/term.h"

struct run {
    struct term t;
    char state[64];
    char config[128];
    char tape[512];
};

static const char CONFIG[] = "[account]\nalias = drill\ncapital = 5000 USDT\n[instruments]\nquote = ETHUSDT BTCUSDT\nwatch =\n"
                             "[strategy.maker]\norder_value = 200 USDT\n"
                             "[risk]\norder_value = 400 USDT\nposition_value = 2500 USDT\ngross_value = 5000 USDT\n"
                             "day_loss = 20 %\ndrawdown = 30 %\n"
                             "[kill]\naccept_window = 1 s\n[sim]\nwallet = 5000 USDT\n";

static void start(struct run *r, const char *speed)
{
    static char program[512];
    const char *b = getenv("B");
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
    if (!term_await(&r->t, "KILL F armed", 15000) || !term_await(&r->t, "QUOTING", 20000)) {
        term_dump(&r->t);
        fail_msg("the deck did not come up");
    }
}

static void expect(struct run *r, const char *text, int ms)
{
    if (!term_await(&r->t, text, ms)) {
        term_dump(&r->t);
        fail_msg("the screen does not show \"%s\"", text);
    }
}

static void release(struct run *r)
{
    expect(r, "SEALED", 20000);
    term_run(&r->t, 700);            // the stray guard counts letters of the last 600 ms
    term_keys(&r->t, ":release drill\r");
    expect(r, "KILL F armed", 5000);
    term_run(&r->t, 700);
    term_keys(&r->t, ":resume\r");
    term_run(&r->t, 700);
}

static struct drill finish(struct run *r)
{
    char pattern[256];
    glob_t g;
    struct drill d = {0};
    term_run(&r->t, 700);
    kill(r->t.pid, SIGTERM);
    int code = term_finish(&r->t, 30000);
    assert_int_equal(code, 0);
    snprintf(pattern, sizeof pattern, "%s/sim/sessions/*.tape", r->state);
    assert_int_equal(glob(pattern, 0, NULL, &g), 0);
    assert_true(drill_tape(g.gl_pathv[0], &d));
    globfree(&g);
    return d;
}

static unsigned presses(void)
{
    const char *k = getenv("KILLS");
    return k ? (unsigned)strtoul(k, NULL, 10) : 6;
}

static void drill_at(const char *speed, uint64_t seed)
{
    struct run r;
    struct rng rng;
    rng_seed(&rng, seed);
    start(&r, speed);
    for (unsigned i = 0; i < presses(); i++) {
        term_run(&r.t, 200 + (int)rng_below(&rng, 2500));
        term_keys(&r.t, i % 3 == 2 ? "FFF" : "F");
        release(&r);
    }
    term_keys(&r.t, "F");
    expect(&r, "SEALED", 20000);
    struct drill d = finish(&r);
    print_message("speed %s: %u kills in the tape, %u released, %u risk-adding orders after a fence, %u empty reads\n",
                  speed, d.kills, d.releases, d.opened_after, d.flat_reads);
    assert_true(d.kills >= presses() + 1);
    assert_int_equal(d.releases, presses());
    assert_int_equal(d.opened_after, 0);
    assert_true(d.flat_reads >= presses() + 1);
    assert_int_equal(d.position_left, 0);
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

// Ctrl-S in spirit: nobody reads what the program writes. The key must act all the same.
static void with_a_stalled_reader(void **state)
{
    (void)state;
    struct run r;
    start(&r, "10");
    r.t.stalled = true;
    term_run(&r.t, 1500);
    term_keys(&r.t, "F");
    term_run(&r.t, 4000);
    r.t.stalled = false;
    expect(&r, "SEALED", 15000);
    struct drill d = finish(&r);
    assert_int_equal(d.kills, 1);
    assert_int_equal(d.opened_after, 0);
    assert_true(d.flat_reads >= 1);
    assert_int_equal(d.position_left, 0);
}

static void in_dialogs_and_fields(void **state)
{
    (void)state;
    static const char *const OPENERS[] = {"?", "q", ":", "5", "8"};
    for (size_t i = 0; i < sizeof OPENERS / sizeof *OPENERS; i++) {
        struct run r;
        start(&r, "1");
        term_keys(&r.t, OPENERS[i]);
        term_run(&r.t, 800);
        term_keys(&r.t, "F");
        expect(&r, "SEALED", 15000);
        term_keys(&r.t, "\033");
        struct drill d = finish(&r);
        assert_int_equal(d.kills, 1);
        assert_int_equal(d.opened_after, 0);
    }
}

static void end_key_never_flattens(void **state)
{
    (void)state;
    static const char *const KEYS[] = {"\033[F", "\033OF", "\033[1;2F", "\033[1;5F"};
    static const int GAPS[] = {0, 30, 200, 900};
    struct run r;
    start(&r, "1");
    for (size_t k = 0; k < sizeof KEYS / sizeof *KEYS; k++) {
        for (size_t g = 0; g < sizeof GAPS / sizeof *GAPS; g++) {
            for (const char *c = KEYS[k]; *c; c++) {
                char one[2] = {*c, 0};
                term_keys(&r.t, one);
                if (GAPS[g]) {
                    term_run(&r.t, GAPS[g]);
                }
            }
            term_run(&r.t, 50);
        }
    }
    expect(&r, "KILL F armed", 2000);
    struct drill d = finish(&r);
    assert_int_equal(d.kills, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_1x),
        cmocka_unit_test(at_10x),
        cmocka_unit_test(with_a_stalled_reader),
        cmocka_unit_test(in_dialogs_and_fields),
        cmocka_unit_test(end_key_never_flattens),
    };
    return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
