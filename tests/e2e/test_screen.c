// SPDX-License-Identifier: Apache-2.0
// Drawing without a console around it: frame -> canvas -> ncurses -> pipe -> emulator. Tries to break: a
// screen that was drawn in a thousand small steps must equal the canvas and a full repaint, on every kind of
// terminal, at random sizes; an unchanged frame costs nothing; every glyph is one column wide.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include "base/clock.h"
#include "base/sanitizer.h"
#include "e2e/snapgen.h"
#include "tools/vt.h"
#include "tui/glyphs.h"
#include "tui/pump.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include "tui/view.h"

// The drawing runs in child processes; there a failure must end the child, not jump into the parent's list of
// tests.
#define NEED(cond, ...)                                                                                      \
    do {                                                                                                     \
        if (!(cond)) {                                                                                       \
            fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                                  \
            fprintf(stderr, __VA_ARGS__);                                                                    \
            fprintf(stderr, "\n");                                                                           \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

struct bench {
    int pipe[2];
    struct screen *screen;
    struct canvas canvas;
    struct history history;
    struct ui ui;
    struct snapgen gen;
    struct snapshot held;
    struct rng rng;
    struct vt *vt;
    int rows, cols;
    size_t frame_bytes;
};

static void bench_init(struct bench *b, const char *term, bool utf8, bool mono, int rows, int cols)
{
    struct error e = {0};
    struct ui_ports none = {0};
    memset(b, 0, sizeof *b);
    NEED(pipe(b->pipe) == 0, "pipe");
    NEED(fcntl(b->pipe[1], F_SETPIPE_SZ, 1 << 20) > 0, "pipe size");
    (void)fcntl(b->pipe[0], F_SETFL, O_NONBLOCK);
    b->rows = rows;
    b->cols = cols;
    b->screen = screen_open(term, b->pipe[1], mono, rows, cols, &e);
    NEED(b->screen, "%s", e.text);
    NEED(canvas_init(&b->canvas, utf8), "memory");
    history_init(&b->history);
    ui_init(&b->ui, &none);
    snapgen_init(&b->gen, 5, MODE_SIM);
    rng_seed(&b->rng, 11);
    b->vt = vt_new(rows, cols);
}

static void bench_free(struct bench *b)
{
    screen_close(b->screen);
    canvas_free(&b->canvas);
    vt_free(b->vt);
    close(b->pipe[0]);
    close(b->pipe[1]);
}

// What the pump would do: everything up to the fence goes to the terminal.
static void take_frame(struct bench *b, struct vt *vt)
{
    static uint8_t buf[1 << 20];
    ssize_t n;
    b->frame_bytes = 0;
    while ((n = read(b->pipe[0], buf, sizeof buf)) > 0) {
        size_t kept = 0;
        for (ssize_t i = 0; i < n; i++) {
            if (buf[i] != PUMP_FENCE) {
                buf[kept++] = buf[i];
            }
        }
        vt_write(vt, buf, kept);
        b->frame_bytes += kept;
    }
}

static void draw(struct bench *b)
{
    b->held = b->gen.s;
    history_add(&b->history, &b->gen.s);
    struct view v = {.now = &b->gen.s,
                     .held = &b->held,
                     .history = &b->history,
                     .ui = &b->ui,
                     .focus = b->ui.focus,
                     .clock_ns = b->gen.s.mono_ns,
                     .fps = 10,
                     .linkloss = "exit",
                     .has_orders = true};
    frame_draw(&b->canvas, &v, &b->history, b->rows, b->cols);
}

static void shake_ui(struct bench *b)
{
    static const enum view_id VIEWS[] = {VIEW_DECK, VIEW_DECK, VIEW_ORDERS, VIEW_LATENCY};
    if (rng_below(&b->rng, 10) == 0) {
        b->ui.view = VIEWS[rng_below(&b->rng, 4)];
        b->ui.overlay =
            (enum overlay)(rng_below(&b->rng, 2) ? OVERLAY_NONE : rng_below(&b->rng, OVERLAY_LOG + 1));
        b->ui.focus = (int)rng_below(&b->rng, b->gen.s.instrument_count);
        b->ui.quitting = rng_below(&b->rng, 2);
    }
}

static void check_against_canvas(const struct bench *b)
{
    for (int row = 0; row < b->rows; row++) {
        for (int col = 0; col < b->cols; col++) {
            uint32_t want = b->canvas.cell[row * b->cols + col].glyph;
            uint32_t have = vt_cell_at(b->vt, row, col).glyph;
            NEED(want == have, "cell %d,%d of %dx%d shows U+%04X, not U+%04X", row, col, b->cols, b->rows,
                 have, want);
        }
    }
}

static void check_against_repaint(struct bench *b)
{
    int row;
    int col;
    struct vt *fresh = vt_new(b->rows, b->cols);
    screen_repaint(b->screen);
    NEED(screen_show(b->screen, &b->canvas), "a repaint drew nothing");
    take_frame(b, fresh);
    NEED(vt_same(b->vt, fresh, &row, &col), "cell %d,%d differs from a full repaint", row, col);
    vt_free(fresh);
}

static void steps(struct bench *b, int n)
{
    for (int i = 0; i < n; i++) {
        snapgen_shake(&b->gen);
        shake_ui(b);
        draw(b);
        screen_show(b->screen, &b->canvas);
        take_frame(b, b->vt);
        if (i % 10 == 9) {
            check_against_canvas(b);
        }
        if (i % 100 == 99) {
            check_against_repaint(b);
        }
    }
}

// ncurses is global: every terminal gets a process of its own.
static void in_child(void (*run)(const char *term, bool utf8, bool mono), const char *term, bool utf8,
                     bool mono)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        run(term, utf8, mono);
        _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail_msg("%s utf8=%d mono=%d failed", term, utf8, mono);
    }
}

static void run_steps(const char *term, bool utf8, bool mono)
{
    struct bench *b = calloc(1, sizeof *b);
    NEED(b, "memory");
    bench_init(b, term, utf8, mono, 48, 160);
    steps(b, 1000);
    bench_free(b);
    free(b);
}

static void test_small_steps_equal_a_repaint(void **state)
{
    (void)state;
    static const char *const TERMS[] = {"xterm-256color", "tmux-256color", "screen",
                                        "linux",          "vt100",         "xterm"};
    for (size_t i = 0; i < sizeof TERMS / sizeof *TERMS; i++) {
        in_child(run_steps, TERMS[i], i % 2 == 0, i == 3);
    }
}

static void run_sizes(const char *term, bool utf8, bool mono)
{
    struct bench *b = calloc(1, sizeof *b);
    NEED(b, "memory");
    bench_init(b, term, utf8, mono, 24, 80);
    for (int i = 0; i < 150; i++) {
        b->rows = 1 + (int)rng_below(&b->rng, 100);
        b->cols = 1 + (int)rng_below(&b->rng, 300);
        vt_resize(b->vt, b->rows, b->cols);
        screen_resize(b->screen, b->rows, b->cols);
        steps(b, 3);
        check_against_canvas(b);
    }
    bench_free(b);
    free(b);
}

static void test_random_sizes(void **state)
{
    (void)state;
    in_child(run_sizes, "xterm-256color", true, false);
    in_child(run_sizes, "screen-256color", false, true);
}

// ---- several venues

static bool shows(const struct bench *b, int row, const char *text)
{
    char line[512];
    int n = 0;
    for (int col = 0; col < b->cols && n < 511; col++) {
        uint32_t g = b->canvas.cell[row * b->cols + col].glyph;
        line[n++] = g < 0x80 ? (char)g : '#';
    }
    line[n] = 0;
    return strstr(line, text) != NULL;
}

static bool shows_somewhere(const struct bench *b, const char *text)
{
    bool found = false;
    for (int row = 0; row < b->rows; row++) {
        found |= shows(b, row, text);
    }
    return found;
}

// Each instrument says in the first line, in its book and in the line of the market where it is traded.
static void check_focus(struct bench *b, int focus, const char *name, const char *first, const char *market)
{
    char title[64];
    b->ui.focus = focus;
    draw(b);
    snprintf(title, sizeof title, "BOOK %s ", name);
    NEED(shows_somewhere(b, title), "%dx%d: no \"%s\"", b->cols, b->rows, title);
    NEED(shows(b, 0, first), "%dx%d: no \"%s\" in the first line", b->cols, b->rows, first);
    NEED(shows(b, b->rows - 3, market), "%dx%d: no \"%s\"", b->cols, b->rows, market);
    NEED(shows(b, 0, "0L "), "%dx%d: alarm counts touch the clock", b->cols, b->rows);
    NEED(shows(b, b->rows - 1, "[SIM]"), "%dx%d: the mode is gone", b->cols, b->rows);
}

static void check_links(struct bench *b)
{
    b->ui.view = VIEW_LATENCY;
    b->ui.focus = 1;
    b->gen.s.shell.site[VENUE_BINANCE].link[LINK_USER] = LINK_DOWN;
    draw(b);
    NEED(shows_somewhere(b, " aster   OK 0s    -        OK 3s    OK  OK"), "no links of aster");
    NEED(shows_somewhere(b, " spot    OK 0s    -        OK 3s    --  OK"), "no links of spot");
    NEED(shows_somewhere(b, " binance OK 0s    OK       DN 3s    --  OK"), "no links of binance");
    NEED(shows_somewhere(b, "59/2400"), "no budget of binance");
    b->ui.view = VIEW_DECK;
}

static void run_venues(const char *term, bool utf8, bool mono)
{
    static const int SIZE[][2] = {{24, 80}, {30, 120}, {48, 160}};
    struct bench *b = calloc(1, sizeof *b);
    NEED(b, "memory");
    bench_init(b, term, utf8, mono, 24, 80);
    snapgen_venues(&b->gen);
    for (int k = 0; k < 3; k++) {
        b->rows = SIZE[k][0];
        b->cols = SIZE[k][1];
        bool wide = b->cols >= 120;
        check_focus(b, 1, "ETHUSDT", wide ? "aster@embedded   ETHUSDT " : "ETHUSDT RUN",
                    "aster: Binance USD-M");
        check_focus(b, 2, "ETH.spot", wide ? "spot@embedded    ETH.spot " : "ETH.spo RUN",
                    "spot: Binance spot");
        check_focus(b, 3, "ETH.bin", wide ? "binance@embedded ETH.bin " : "ETH.bin RUN",
                    "binance: COIN-M shown as linear");
        NEED(shows(b, 0, "ord --"), "a resting order connection is not an alarm");
        check_links(b);
    }
    NEED(shows_somewhere(b, " ETH.spot    flat"), "no row of the spot position");
    for (int i = 0; i < 60; i++) { // and nothing that four instruments do breaks any size
        b->rows = 1 + (int)rng_below(&b->rng, 60);
        b->cols = 1 + (int)rng_below(&b->rng, 200);
        vt_resize(b->vt, b->rows, b->cols);
        screen_resize(b->screen, b->rows, b->cols);
        steps(b, 3);
        check_against_canvas(b);
    }
    bench_free(b);
    free(b);
}

static void test_each_venue_is_named_as_what_it_is(void **state)
{
    (void)state;
    in_child(run_venues, "xterm-256color", false, false);
}

static void run_unchanged(const char *term, bool utf8, bool mono)
{
    struct bench *b = calloc(1, sizeof *b);
    NEED(b, "memory");
    bench_init(b, term, utf8, mono, 48, 160);
    draw(b);
    NEED(screen_show(b->screen, &b->canvas), "nothing was drawn");
    take_frame(b, b->vt);
    NEED(b->frame_bytes > 1000 && b->frame_bytes < 16384, "a full repaint took %zu bytes", b->frame_bytes);
    draw(b);
    NEED(!screen_show(b->screen, &b->canvas), "an unchanged frame was sent");
    take_frame(b, b->vt);
    NEED(b->frame_bytes == 0, "an unchanged frame took %zu bytes", b->frame_bytes);
    bench_free(b);
    free(b);
}

static void test_unchanged_frame_costs_nothing(void **state)
{
    (void)state;
    in_child(run_unchanged, "xterm-256color", true, false);
}

static void run_timed(const char *term, bool utf8, bool mono)
{
    enum { FRAMES = 100 };
    struct bench *b = calloc(1, sizeof *b);
    NEED(b, "memory");
    bench_init(b, term, utf8, mono, 48, 160);
    int64_t best_ns = INT64_MAX;
    size_t bytes = 0;
    for (int i = 0; i < FRAMES; i++) {
        snapgen_step(&b->gen, 100 * NS_PER_MS, 8, 2);
        int64_t from_ns = clock_mono_ns();
        draw(b);
        screen_show(b->screen, &b->canvas);
        int64_t took_ns = clock_mono_ns() - from_ns;
        best_ns = took_ns < best_ns ? took_ns : best_ns;
        take_frame(b, b->vt);
        bytes += i > 0 ? b->frame_bytes : 0;
    }
    fprintf(stderr, "160x48 calm: best frame %lld us, %zu B a frame without holding digits\n",
            (long long)best_ns / 1000, bytes / (FRAMES - 1));
    NEED(bytes / (FRAMES - 1) <= 4096, "%zu bytes a frame", bytes / (FRAMES - 1));
    NEED(best_ns <= (SANITIZED_THREAD ? 10 : 2) * NS_PER_MS, "%lld ns a frame", (long long)best_ns);
    bench_free(b);
    free(b);
}

static void test_frame_budget(void **state)
{
    (void)state;
    in_child(run_timed, "xterm-256color", true, false);
}

static void test_glyphs_are_one_column_wide(void **state)
{
    (void)state;
    size_t n;
    const uint32_t *g = glyph_table(&n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(wcwidth((wchar_t)g[i]), 1);
        uint32_t ascii = glyph_ascii(g[i]);
        assert_true(ascii >= 0x20 && ascii <= 0x7e);
    }
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_glyphs_are_one_column_wide),
        cmocka_unit_test(test_small_steps_equal_a_repaint),
        cmocka_unit_test(test_random_sizes),
        cmocka_unit_test(test_each_venue_is_named_as_what_it_is),
        cmocka_unit_test(test_unchanged_frame_costs_nothing),
        cmocka_unit_test(test_frame_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
