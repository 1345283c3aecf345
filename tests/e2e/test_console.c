// SPDX-License-Identifier: Apache-2.0
// The console on a real pseudo-terminal, read through a terminal emulator. Tries to break: mode, kill state
// and position at every size; ASCII and no-colour forms; the kill key behind a terminal that takes no bytes,
// in every dialog and field; End split by time; resizing at any moment; leaving, hang-up and signals; the
// byte budget of the link.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/clock.h"
#include "e2e/console_child.h"

static const struct child_options DECK = {.rows = 24, .cols = 80};

static void start_and_wait(struct child *c, const struct child_options *o)
{
    child_start(c, o);
    if (!pty_wait_text(&c->pty, "KILL", 3000)) {
        pty_print(&c->pty);
        fail_msg("no first screen");
    }
    child_play(c, 2, 8, 2);
}

static void need_text(struct child *c, const char *text)
{
    if (!pty_wait_text(&c->pty, text, 1500)) {
        pty_print(&c->pty);
        fail_msg("not on the screen: %s", text);
    }
}

static int kills(const struct child *c)
{
    return atomic_load(&c->shared->kills);
}

static bool wait_kills(struct child *c, int count, int ms)
{
    for (int t = 0; t < ms && kills(c) < count; t += 2) {
        pty_pump(&c->pty, 2);
    }
    return kills(c) >= count;
}

// ------------------------------------------------------------------------------------------------- forms and
// sizes

// Walk the output: escape sequences apart from text. Calls back for each SGR parameter; counts text bytes >=
// 0x7f.
struct bytes_seen {
    size_t high, controls, colours;
};

static void see_sgr(struct bytes_seen *seen, const uint8_t *p, size_t n)
{
    int v = 0;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && p[i] >= '0' && p[i] <= '9') {
            v = v * 10 + (p[i] - '0');
        } else {
            seen->colours += (v >= 30 && v <= 49) || (v >= 90 && v <= 107);
            v = 0;
        }
    }
}

static struct bytes_seen look_at_bytes(const uint8_t *log, size_t n)
{
    struct bytes_seen seen = {0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        if (log[i] == 0x1b && i + 1 < n && log[i + 1] == '[') {
            size_t from = i + 2;
            for (i = from; i < n && (log[i] < 0x40 || log[i] > 0x7e); i++) {
            }
            if (i < n && log[i] == 'm') {
                see_sgr(&seen, log + from, i - from);
            }
        } else if (log[i] == 0x1b) {
            i += i + 1 < n && (log[i + 1] == '(' || log[i + 1] == ')') ? 2 : 1;
        } else {
            seen.high += log[i] > 0x7e;
            seen.controls +=
                log[i] < 0x20 && log[i] != '\r' && log[i] != '\n' && log[i] != '\b' && log[i] != 0x0f;
        }
    }
    return seen;
}

static void check_width_of_glyphs(const struct child *c)
{
    for (int row = 0; row < vt_rows(c->pty.vt); row++) {
        for (int col = 0; col < vt_cols(c->pty.vt); col++) {
            uint32_t g = vt_cell_at(c->pty.vt, row, col).glyph;
            if (wcwidth((wchar_t)g) != 1) {
                fail_msg("glyph U+%04X at %d,%d is not one column wide", g, row, col);
            }
        }
    }
}

static bool row_has(const struct child *c, int row, const char *text)
{
    char buf[4 * VT_COLS_MAX + 1];
    return strstr(vt_row(c->pty.vt, row, buf), text) != NULL;
}

// In words, or as a row of the table of positions.
static bool shows_position(const struct child *c)
{
    return vt_find(c->pty.vt, "LONG 0.008 @ 2680.12") >= 0 ||
           vt_find(c->pty.vt, "ETHUSDT   +0.008    2,680.12") >= 0;
}

static void check_form(int cols, int rows, bool ascii, int mono)
{
    struct child c;
    struct child_options o = {
        .rows = rows, .cols = cols, .ascii = ascii, .mono = mono == 1, .no_color = mono == 2};
    start_and_wait(&c, &o);
    bool full = rows >= 16 && cols >= 60;
    bool good =
        row_has(&c, 0, "SIM") && row_has(&c, 0, "KILL") && (full ? row_has(&c, rows - 1, "[SIM]") : true);
    bool placed = full ? shows_position(&c) && row_has(&c, 0, "KILL F armed") : true;
    if (!good || !placed) {
        pty_print(&c.pty);
        fail_msg("mode, kill state or position is missing at %dx%d", cols, rows);
    }
    check_width_of_glyphs(&c);
    struct bytes_seen seen = look_at_bytes(c.pty.log, c.pty.log_len);
    assert_int_equal(seen.controls, 0);
    assert_true(!ascii || seen.high == 0);
    assert_true(ascii || !full || seen.high > 0);
    assert_true(!mono || seen.colours == 0);
    assert_true(mono || !full || seen.colours > 0);
    assert_int_equal(child_end(&c), CONSOLE_ENGINE_GONE);
}

static void test_forms_and_sizes(void **state)
{
    (void)state;
    static const int SIZES[][2] = {{60, 16}, {80, 24}, {100, 30}, {160, 48}, {200, 60}, {10, 3}};
    for (size_t s = 0; s < sizeof SIZES / sizeof *SIZES; s++) {
        for (int form = 0; form < 4; form++) {
            check_form(SIZES[s][0], SIZES[s][1], form & 1, form & 2 ? 1 + (int)(s & 1) : 0);
        }
    }
}

static void test_live_stands_in_all_corners(void **state)
{
    (void)state;
    static const int SIZES[][2] = {{60, 16}, {80, 24}, {120, 30}, {160, 48}};
    for (size_t s = 0; s < sizeof SIZES / sizeof *SIZES; s++) {
        struct child c;
        int cols = SIZES[s][0];
        int rows = SIZES[s][1];
        struct child_options o = {.rows = rows, .cols = cols, .mode = MODE_LIVE, .mono = true};
        start_and_wait(&c, &o);
        char first[4 * VT_COLS_MAX + 1];
        char last[4 * VT_COLS_MAX + 1];
        vt_row(c.pty.vt, 0, first);
        vt_row(c.pty.vt, rows - 1, last);
        assert_true(strncmp(first, "[LIVE]", 6) == 0 && strcmp(first + strlen(first) - 5, " LIVE") == 0);
        assert_true(strncmp(last, "LIVE", 4) == 0 && strcmp(last + strlen(last) - 6, "[LIVE]") == 0);
        for (int col = 0; col < cols; col++) {
            assert_true(vt_cell_at(c.pty.vt, 0, col).reverse);
        }
        pty_keys(&c.pty, "?"); // also behind an overlay
        need_text(&c, "HELP");
        assert_true(row_has(&c, 0, "[LIVE]") && row_has(&c, rows - 1, "[LIVE]"));
        child_end(&c);
    }
}

static void test_dumb_unknown_and_tiny_terminals_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *term;
        int rows, cols;
        const char *says;
    } CASES[] = {{"dumb", 24, 80, "TERM=dumb"},
                 {"no-such-terminal", 24, 80, "unknown"},
                 {"vt100", 5, 30, "needs 60x16"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct child c;
        struct child_options o = {
            .rows = CASES[i].rows, .cols = CASES[i].cols, .term = CASES[i].term, .check = true};
        child_start(&c, &o);
        pty_pump(&c.pty, 200);
        c.pty.log[c.pty.log_len < PTY_LOG_MAX ? c.pty.log_len : PTY_LOG_MAX - 1] = 0;
        assert_non_null(strstr((const char *)c.pty.log, CASES[i].says));
        assert_int_equal(child_end(&c), EXIT_USAGE);
    }
}

// --------------------------------------------------------------------------------------------------- the
// kill key

static void test_kill_key_in_every_dialog_and_field(void **state)
{
    (void)state;
    static const struct {
        const char *keys, *shows;
    } PLACES[] = {
        {"", "BOOK"},
        {"?", "HELP"},
        {"q", "QUIT?"},
        {":", "abort-flatten"},
        {":sym e", ":sym e"},
        {"+", "CONFIRM"},
        {"s", "SHELVE"},
        {":log\r", "OPERATOR LOG"},
        {":limit gross 900\r", "type  raise"},
        {"5", "ORDERS & FILLS"},
        {"8", "SHARE"},
        {"\x1b", "BOOK"},
    };
    struct child c;
    struct child_options o = {.rows = 40, .cols = 100};
    start_and_wait(&c, &o);
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        for (const char *k = PLACES[i].keys; *k; k++) {
            pty_type(&c.pty, k, 1);
            pty_pump(&c.pty, *k == 0x1b ? 60 : 20);
        }
        need_text(&c, PLACES[i].shows);
        pty_pump(&c.pty, 700); // typing just before would be held
        int before = kills(&c);
        int ops = atomic_load(&c.shared->ops);
        pty_keys(&c.pty, "F");
        if (!wait_kills(&c, before + 1, 300)) {
            fail_msg("F did not act in \"%s\"", PLACES[i].keys);
        }
        child_wait_ops(&c, ops + 1, 300);
        assert_true(child_find_op(&c, ops, VERB_FLATTEN) >= 0);
        pty_keys(&c.pty, "\x1b");
        pty_pump(&c.pty, 60);
        pty_keys(&c.pty, "\x1b");
        pty_pump(&c.pty, 60);
    }
    child_end(&c);
}

static void test_end_never_kills(void **state)
{
    (void)state;
    static const char *const ENDS[] = {"\x1b[F", "\x1bOF", "\x1b[1;2F"};
    struct child c;
    start_and_wait(&c, &DECK);
    for (size_t e = 0; e < sizeof ENDS / sizeof *ENDS; e++) {
        for (size_t at = 1; at < strlen(ENDS[e]); at++) {
            for (int gap = 0; gap < 2; gap++) {
                pty_type(&c.pty, ENDS[e], at);
                pty_pump(&c.pty, gap ? 200 : 35);
                pty_keys(&c.pty, ENDS[e] + at);
                pty_pump(&c.pty, 20);
            }
        }
    }
    assert_int_equal(kills(&c), 0);
    pty_keys(&c.pty, "\x1b[200~FFFFFFFF sell all F\x1b[201~");
    need_text(&c, "paste ignored");
    assert_int_equal(kills(&c), 0);
    child_end(&c);
}

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

// The reader of the terminal stops (Ctrl-S of the emulator, dead link): F acts all the same, at once; when
// the reader goes on, the screen is whole again.
static void test_kill_key_while_the_terminal_takes_no_bytes(void **state)
{
    (void)state;
    enum { PRESSES = 21 };
    struct child c;
    struct child_options o = {.rows = 48, .cols = 160};
    start_and_wait(&c, &o);
    for (int i = 0; i < 25; i++) { // nobody reads: the terminal's buffer fills
        for (int k = 0; k < 4; k++) {
            snapgen_shake(&c.gen);
        }
        child_publish(&c);
        usleep(100000);
    }
    int stuck[2] = {0, 0};
    for (int i = 0; i < 2;
         i++) { // what the terminal holds grows no more, though the market moves: it is stalled
        assert_int_equal(ioctl(c.pty.master, FIONREAD, &stuck[i]), 0);
        snapgen_shake(&c.gen);
        child_publish(&c);
        usleep(300000);
    }
    assert_true(stuck[0] > 1000 && stuck[0] == stuck[1]);
    int64_t took_ns[PRESSES];
    for (int i = 0; i < PRESSES; i++) {
        int before = kills(&c);
        int64_t from_ns = clock_mono_ns();
        assert_int_equal(write(c.pty.master, "F", 1), 1);
        for (int t = 0; t < 1000 && kills(&c) == before; t++) {
            usleep(100);
        }
        assert_int_equal(kills(&c), before + 1);
        took_ns[i] = atomic_load(&c.shared->kill_ns) - from_ns;
        usleep(40000);
    }
    qsort(took_ns, PRESSES, sizeof *took_ns, compare_ns);
    print_message("stalled: key to kill_now p50 %lld us, worst %lld us\n",
                  (long long)took_ns[PRESSES / 2] / 1000, (long long)took_ns[PRESSES - 1] / 1000);
    assert_true(took_ns[PRESSES / 2] < 5 * NS_PER_MS);
    assert_true(child_find_op(&c, 0, VERB_FLATTEN) >= 0);
    snapgen_init(&c.gen, 1, MODE_SIM);
    c.gen.s.seq = 1 << 20;
    child_publish(&c);
    need_text(&c, "ETHUSDT   +0.008    2,680.12");
    pty_pump(&c.pty, 300);
    assert_true(row_has(&c, 47, "[SIM]") && row_has(&c, 0, "KILL F armed"));
    child_end(&c);
}

static void test_held_kill_cancels_and_asks(void **state)
{
    (void)state;
    struct child c;
    start_and_wait(&c, &DECK);
    pty_keys(&c.pty, "hgdw"); // letters that mean nothing here, as somebody typing in the wrong window
    pty_pump(&c.pty, 100);
    pty_keys(&c.pty, "F");
    assert_true(wait_kills(&c, 1, 300));
    need_text(&c, "F again within");
    assert_true(child_wait_ops(&c, 3, 300) >= 3);
    assert_int_equal(child_find_op(&c, 0, VERB_FLATTEN), -1);
    int pull = child_find_op(&c, 0, VERB_PULL);
    int cancel = child_find_op(&c, 0, VERB_CANCEL);
    assert_true(pull >= 0 && cancel >= 0 && c.shared->op[pull].sub == OPERATOR_HELD);
    pty_keys(&c.pty, "F");
    assert_true(wait_kills(&c, 2, 300));
    child_wait_ops(&c, 4, 300);
    assert_true(child_find_op(&c, 0, VERB_FLATTEN) >= 0);
    assert_true(pty_wait_gone(&c.pty, "F again within", 1000));
    child_end(&c);
}

static void test_kill_with_a_full_command_ring_is_sent_later(void **state)
{
    (void)state;
    struct child c;
    start_and_wait(&c, &DECK);
    atomic_store(&c.shared->refuse_sends, true);
    pty_keys(&c.pty, "F");
    assert_true(wait_kills(&c, 1, 300));
    pty_pump(&c.pty, 300);
    atomic_store(&c.shared->refuse_sends, false);
    child_wait_ops(&c, 1, 1000);
    assert_int_equal(child_find_op(&c, 0, VERB_FLATTEN), 0);
    child_end(&c);
}

// ----------------------------------------------------------------------------------------------------------
// keys

static void type_and_expect(struct child *c, const char *keys, enum verb verb, uint16_t instrument,
                            int64_t value)
{
    int from = atomic_load(&c->shared->ops);
    for (const char *k = keys; *k; k++) {
        pty_type(&c->pty, k, 1);
        pty_pump(&c->pty, 25);
    }
    child_wait_ops(c, from + 1, 500);
    int at = child_find_op(c, from, verb);
    if (at < 0) {
        pty_print(&c->pty);
        fail_msg("\"%s\" did not send verb %d", keys, (int)verb);
    }
    assert_int_equal(c->shared->op_instrument[at], instrument);
    assert_int_equal(c->shared->op[at].value, value);
    assert_int_equal(c->shared->op[at].actor, ACTOR_OPERATOR);
    assert_true(c->shared->op[at].frame > 0);
}

static void test_keys_send_commands(void **state)
{
    (void)state;
    struct child c;
    start_and_wait(&c, &DECK);
    type_and_expect(&c, "p", VERB_PAUSE, 1, 0);
    type_and_expect(&c, "z", VERB_RESUME, 1, 0);
    type_and_expect(&c, "x", VERB_CANCEL, 1, 0);
    type_and_expect(&c, " ", VERB_PULL, INSTRUMENT_NONE, 0);
    type_and_expect(&c, "-", VERB_SIZE, 1, -1);
    type_and_expect(&c, "+y", VERB_SIZE, 1, 1); // beyond the configured size it asks
    type_and_expect(&c, "]", VERB_SPREAD, 1, 1);
    type_and_expect(&c, "[", VERB_SPREAD, 1, -1);
    type_and_expect(&c, "\tx", VERB_CANCEL, 0, 0);
    type_and_expect(&c, "\x1b[Zx", VERB_CANCEL, 1, 0);
    type_and_expect(&c, "a", VERB_ACK, INSTRUMENT_NONE, 7);
    type_and_expect(&c, "s2", VERB_SHELVE, INSTRUMENT_NONE, 7);
    type_and_expect(&c, ":sym btc\rx", VERB_CANCEL, 0, 0);
    type_and_expect(&c, ":pause eth\r", VERB_PAUSE, 1, 0);
    type_and_expect(&c, ":rec\t\r", VERB_RECONCILE, INSTRUMENT_NONE, 0);
    type_and_expect(&c, ":limit gross 40\r", VERB_LIMIT, INSTRUMENT_NONE, 40 * E8);
    type_and_expect(&c, ":limit gross 60\rraise\r", VERB_LIMIT, INSTRUMENT_NONE, 60 * E8);
    type_and_expect(&c, ":abort-flatten\rabort\r", VERB_ABORT_FLATTEN, INSTRUMENT_NONE, 0);
    type_and_expect(&c, ":release sim-one\r", VERB_RELEASE, INSTRUMENT_NONE, 0);
    int last = atomic_load(&c.shared->ops) - 1;
    assert_string_equal(c.shared->op[last].word, "sim-one");
    pty_keys(&c.pty, "e");
    need_text(&c, "export started");
    assert_int_equal(atomic_load(&c.shared->exports), 1);
    child_end(&c);
}

// Nothing of this may send anything: lower-case f, other capitals, refused words, absent views, keys under an
// overlay.
static void test_keys_that_do_nothing(void **state)
{
    (void)state;
    struct child c;
    start_and_wait(&c, &DECK);
    static const char *const QUIET[] = {
        "f",  "P",  "X",     "Q", "A", ":limit gross 60\rno\r", ":abort-flatten\rx\r", "?p",      "?x",
        "q3", "+n", "s\x1b", "2", "9", ":nonsense\r",           ":limit gross\r",      ":p x\x1b"};
    for (size_t i = 0; i < sizeof QUIET / sizeof *QUIET; i++) {
        for (const char *k = QUIET[i]; *k; k++) {
            pty_type(&c.pty, k, 1);
            pty_pump(&c.pty, 30);
        }
        pty_pump(&c.pty, 60);
        if (atomic_load(&c.shared->ops) != 0) {
            fail_msg("\"%s\" sent verb %d", QUIET[i], c.shared->op[0].verb);
        }
    }
    pty_keys(&c.pty, "2");
    need_text(&c, "view 2 (book heat) is not in this version");
    pty_keys(&c.pty, ":PAUSE\r");
    need_text(&c, "capitals are not accepted");
    assert_int_equal(atomic_load(&c.shared->ops), 0);
    child_end(&c);
}

static void test_size_up_is_limited_to_one_step_a_second(void **state)
{
    (void)state;
    struct child c;
    child_start(&c, &DECK);
    c.gen.s.ins[1].size_steps = -8; // below the configured size no question is asked
    child_publish(&c);
    need_text(&c, "KILL F armed");
    pty_pump(&c.pty, 200);
    for (int i = 0; i < 6; i++) {
        pty_keys(&c.pty, "+");
        pty_pump(&c.pty, 60);
    }
    need_text(&c, "5 dropped");
    assert_int_equal(atomic_load(&c.shared->ops), 1);
    child_end(&c);
}

static void test_replay_has_transport_and_no_orders(void **state)
{
    (void)state;
    struct child c;
    struct child_options o = {.rows = 24, .cols = 80, .mode = MODE_REPLAY};
    start_and_wait(&c, &o);
    need_text(&c, "REPLAY");
    need_text(&c, "KILL F off");
    pty_keys(&c.pty, "r");
    pty_pump(&c.pty, 100);
    assert_int_equal(atomic_load(&c.shared->transport_verb), 'r');
    pty_keys(&c.pty, "p");
    need_text(&c, "nothing to command in a replay");
    assert_int_equal(atomic_load(&c.shared->ops), 0);
    pty_keys(&c.pty, "q");
    assert_int_equal(pty_finish(&c.pty, 2000), CONSOLE_QUIT);
}

// ------------------------------------------------------------------------------------------------ coming and
// going

static void test_terminal_is_given_back(void **state)
{
    (void)state;
    struct child c;
    struct termios before;
    struct termios during;
    struct termios after;
    child_start(&c, &DECK);
    assert_int_equal(tcgetattr(c.pty.master, &before),
                     0); // the child has not had the time to change it, or the next holds
    need_text(&c, "KILL F armed");
    assert_int_equal(tcgetattr(c.pty.master, &during), 0);
    assert_true(!(during.c_lflag & (ICANON | ECHO | ISIG)) && !(during.c_iflag & IXON));
    pty_keys(&c.pty, "q1");
    child_wait_ops(&c, 1, 500);
    assert_int_equal(c.shared->op[0].verb, VERB_QUIT);
    assert_int_equal(c.shared->op[0].value, QUIT_CANCEL);
    atomic_store(&c.shared->finished, true);
    pty_pump(&c.pty, 500);
    assert_int_equal(tcgetattr(c.pty.master, &after), 0);
    assert_true((after.c_lflag & (ICANON | ECHO | ISIG)) == (ICANON | ECHO | ISIG));
    c.pty.log[c.pty.log_len < PTY_LOG_MAX ? c.pty.log_len : PTY_LOG_MAX - 1] = 0;
    assert_non_null(strstr((const char *)c.pty.log, "\x1b[?2004h"));
    const char *leave = strstr((const char *)c.pty.log, "\x1b[?1049l");
    assert_non_null(leave);
    assert_non_null(strstr(leave, "\x1b[?2004l"));
    assert_int_equal(pty_finish(&c.pty, 1000), CONSOLE_QUIT);
}

static void test_hang_up(void **state)
{
    (void)state;
    for (int how = 0; how < 2; how++) {
        struct child c;
        start_and_wait(&c, &DECK);
        if (how == 0) {
            kill(c.pty.child, SIGHUP);
            assert_int_equal(pty_finish(&c.pty, 1000), CONSOLE_HANGUP);
        } else { // the master goes away
            close(c.pty.master);
            c.pty.master = -1;
            c.pty.closed = true;
            assert_int_equal(pty_finish(&c.pty, 1000), CONSOLE_HANGUP);
        }
    }
}

static void test_terminate_asks_the_engine_then_leaves(void **state)
{
    (void)state;
    struct child c;
    start_and_wait(&c, &DECK);
    kill(c.pty.child, SIGTERM);
    child_wait_ops(&c, 1, 500);
    assert_int_equal(child_find_op(&c, 0, VERB_QUIT), 0);
    assert_int_equal(c.shared->op[0].actor, ACTOR_RULE);
    kill(c.pty.child, SIGTERM);
    assert_int_equal(pty_finish(&c.pty, 1000), CONSOLE_QUIT);
}

static void test_continue_sets_raw_mode_again(void **state)
{
    (void)state;
    struct child c;
    start_and_wait(&c, &DECK);
    struct termios t;
    kill(c.pty.child, SIGSTOP);
    usleep(20000);
    assert_int_equal(tcgetattr(c.pty.master, &t), 0);
    t.c_lflag |= ICANON | ECHO;
    assert_int_equal(tcsetattr(c.pty.master, TCSANOW, &t), 0);
    kill(c.pty.child, SIGCONT);
    child_play(&c, 4, 8, 2);
    assert_int_equal(tcgetattr(c.pty.master, &t), 0);
    assert_true(!(t.c_lflag & (ICANON | ECHO)));
    pty_keys(&c.pty, "F");
    assert_true(wait_kills(&c, 1, 300));
    child_end(&c);
}

static void test_resize_storm(void **state)
{
    (void)state;
    struct child c;
    struct rng rng;
    rng_seed(&rng, 3);
    start_and_wait(&c, &DECK);
    for (int i = 0; i < 150; i++) {
        pty_resize(&c.pty, 1 + (int)rng_below(&rng, 100), 1 + (int)rng_below(&rng, 300));
        snapgen_shake(&c.gen);
        child_publish(&c);
        pty_pump(&c.pty, (int)rng_below(&rng, 4) == 0 ? 70 : 5);
    }
    snapgen_init(&c.gen, 1, MODE_SIM);
    c.gen.s.seq = 1 << 20;
    child_publish(&c);
    pty_resize(&c.pty, 24, 80);
    pty_pump(&c.pty, 600);
    need_text(&c, "LONG 0.008 @ 2680.12");
    assert_true(row_has(&c, 23, "[SIM]") && row_has(&c, 0, "KILL F armed"));
    assert_int_equal(child_end(&c), CONSOLE_ENGINE_GONE);
}

// ------------------------------------------------------------------------------------------------------ byte
// budget

static void test_bytes_on_the_link(void **state)
{
    (void)state;
    struct child c;
    struct child_options o = {.rows = 48, .cols = 160};
    start_and_wait(&c, &o);
    child_play(&c, 10, 8, 2);
    uint64_t from = c.pty.bytes;
    child_play(&c, 30, 8, 2);
    uint64_t calm = (c.pty.bytes - from) / 30;
    child_play(&c, 10, 0, 0);
    from = c.pty.bytes;
    child_play(&c, 30, 0, 0);
    uint64_t paused = (c.pty.bytes - from) / 3;
    print_message("160x48: calm %llu B a frame, paused %llu B/s\n", (unsigned long long)calm,
                  (unsigned long long)paused);
    assert_true(calm > 0 && calm <= 4096);
    assert_true(paused <= 300);
    child_end(&c);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms_and_sizes),
        cmocka_unit_test(test_live_stands_in_all_corners),
        cmocka_unit_test(test_dumb_unknown_and_tiny_terminals_are_refused),
        cmocka_unit_test(test_kill_key_in_every_dialog_and_field),
        cmocka_unit_test(test_end_never_kills),
        cmocka_unit_test(test_kill_key_while_the_terminal_takes_no_bytes),
        cmocka_unit_test(test_held_kill_cancels_and_asks),
        cmocka_unit_test(test_kill_with_a_full_command_ring_is_sent_later),
        cmocka_unit_test(test_keys_send_commands),
        cmocka_unit_test(test_keys_that_do_nothing),
        cmocka_unit_test(test_size_up_is_limited_to_one_step_a_second),
        cmocka_unit_test(test_replay_has_transport_and_no_orders),
        cmocka_unit_test(test_terminal_is_given_back),
        cmocka_unit_test(test_hang_up),
        cmocka_unit_test(test_terminate_asks_the_engine_then_leaves),
        cmocka_unit_test(test_continue_sets_raw_mode_again),
        cmocka_unit_test(test_resize_storm),
        cmocka_unit_test(test_bytes_on_the_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
