// SPDX-License-Identifier: Apache-2.0
// screen: see screen.h. ncurses keeps its own picture of the terminal; we keep the last canvas, so that only
// runs of changed cells are handed over and an unchanged frame costs no byte.
#include "tui/screen.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "tui/pump.h"
#include "tui/terminfo.h"

struct screen {
    SCREEN *term;
    FILE *out, *in;
    int fd;
    int rows, cols;
    int colours; // of the terminal, 0 when it has none or none is wanted
    bool mono;
    bool all;  // repaint every cell
    bool bell; // ring with the next frame
    attr_t attr[ROLE_COUNT];
    short pair[ROLE_COUNT];
    struct cell *shown; // last canvas, stride cols
    cchar_t line[CANVAS_COLS_MAX];
};

bool screen_check_term(const char *term, struct error *e)
{
    if (!term || !*term || strcmp(term, "dumb") == 0) {
        return error_set(e, EXIT_USAGE,
                         "TERM=%s cannot show the console; set TERM (xterm-256color) or use --headless",
                         term && *term ? term : "(unset)");
    }
    if (!terminfo_usable(term, STDOUT_FILENO)) {
        return error_set(e, EXIT_USAGE,
                         "TERM=%s is unknown or cannot place the cursor; set TERM or use --headless", term);
    }
    return true;
}

static attr_t attributes(struct role_look look)
{
    return (look.bold ? A_BOLD : 0) | (look.dim ? A_DIM : 0) | (look.reverse ? A_REVERSE : 0) |
           (look.underline ? A_UNDERLINE : 0);
}

// Pairs 1.. hold one foreground each; pair 0 is the terminal's own.
static void load_roles(struct screen *s)
{
    int colours = s->mono ? 0 : s->colours;
    short next = 1;
    for (int r = 0; r < ROLE_COUNT; r++) {
        struct role_look look = role_look((enum role)r, colours);
        s->attr[r] = attributes(look);
        s->pair[r] = 0;
        if (look.foreground >= 0) {
            init_pair(next, look.foreground, -1);
            s->pair[r] = next++;
        }
    }
}

// REP (repeat the character) is in the description of xterm, but not in every emulator that claims to be one
// (libvterm, so editors' terminals). ncurses leaves it alone only where the locale is UTF-8, and keeps its
// own copy of the description; what we draw without a UTF-8 locale is ASCII, which is the same in both.
static void no_repeat(void)
{
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
}

// newterm installs handlers of its own for INT, TERM, TSTP and WINCH; the program's stay.
static SCREEN *newterm_quietly(const char *term, FILE *out, FILE *in)
{
    static const int SIGNALS[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    struct sigaction before[COUNT_OF(SIGNALS)];
    for (size_t i = 0; i < COUNT_OF(SIGNALS); i++) {
        sigaction(SIGNALS[i], NULL, &before[i]);
    }
    no_repeat();
    SCREEN *made = newterm(term, out, in);
    for (size_t i = 0; i < COUNT_OF(SIGNALS); i++) {
        sigaction(SIGNALS[i], &before[i], NULL);
    }
    return made;
}

static bool open_files(struct screen *s, int fd)
{
    int copy = dup(fd);
    s->out = copy >= 0 ? fdopen(copy, "w") : NULL;
    s->in = fopen("/dev/null", "r"); // keys are the pump's
    if (!s->out && copy >= 0) {
        close(copy);
    }
    return s->out && s->in;
}

static void screen_free(struct screen *s)
{
    if (s->out) {
        fclose(s->out);
    }
    if (s->in) {
        fclose(s->in);
    }
    free(s->shown);
    free(s);
}

static void set_up(struct screen *s, bool mono)
{
    nonl();
    curs_set(0);
    leaveok(stdscr, TRUE);
    if (!mono && has_colors()) {
        start_color();
        use_default_colors();
        s->colours = COLORS;
    }
    s->mono = s->colours == 0;
    load_roles(s);
}

struct screen *screen_open(const char *term, int fd, bool mono, int rows, int cols, struct error *e)
{
    struct screen *s = calloc(1, sizeof *s);
    if (!s) {
        error_set(e, EXIT_OS, "console: no memory");
        return NULL;
    }
    s->fd = fd;
    s->shown = calloc((size_t)CANVAS_ROWS_MAX * CANVAS_COLS_MAX, sizeof *s->shown);
    if (!s->shown || !open_files(s, fd) || !(s->term = newterm_quietly(term, s->out, s->in))) {
        error_set(e, EXIT_USAGE, "TERM=%s: ncurses cannot start (%s); use --headless", term, strerror(errno));
        screen_free(s);
        return NULL;
    }
    set_up(s, mono);
    screen_resize(s, rows, cols);
    return s;
}

void screen_resize(struct screen *s, int rows, int cols)
{
    rows = rows < 1 ? 1 : rows > CANVAS_ROWS_MAX ? CANVAS_ROWS_MAX : rows;
    cols = cols < 1 ? 1 : cols > CANVAS_COLS_MAX ? CANVAS_COLS_MAX : cols;
    if (rows != s->rows || cols != s->cols) {
        resizeterm(rows, cols);
        s->rows = rows;
        s->cols = cols;
    }
    s->all = true; // the terminal may have re-wrapped what it showed
}

void screen_set_mono(struct screen *s, bool mono)
{
    s->mono = mono || s->colours == 0;
    load_roles(s);
    s->all = true;
}

void screen_repaint(struct screen *s)
{
    s->all = true;
}

static void put_run(struct screen *s, const struct cell *from, int row, int col, int n)
{
    for (int i = 0; i < n; i++) {
        wchar_t glyph[2] = {(wchar_t)from[i].glyph, 0};
        setcchar(&s->line[i], glyph, s->attr[from[i].role], s->pair[from[i].role], NULL);
    }
    mvadd_wchnstr(row, col, s->line, n);
}

static bool same(const struct cell *a, const struct cell *b)
{
    return a->glyph == b->glyph && a->role == b->role;
}

// Hand over the runs of a row that differ; true when there are any.
static bool put_row(struct screen *s, const struct canvas *c, int row)
{
    const struct cell *now = c->cell + (size_t)row * (size_t)c->cols;
    struct cell *was = s->shown + (size_t)row * (size_t)c->cols;
    bool any = false;
    for (int col = 0; col < c->cols;) {
        int end = col;
        while (end < c->cols && (s->all || !same(&now[end], &was[end]))) {
            end++;
        }
        if (end > col) {
            put_run(s, now + col, row, col, end - col);
            any = true;
        }
        col = end + 1;
    }
    memcpy(was, now, (size_t)c->cols * sizeof *was);
    return any;
}

static void fence(const struct screen *s)
{
    uint8_t b = PUMP_FENCE;
    while (write(s->fd, &b, 1) < 0 && errno == EINTR) {
    }
}

bool screen_show(struct screen *s, const struct canvas *c)
{
    CHECK(c->rows == s->rows && c->cols == s->cols);
    if (s->all) {
        clearok(curscr, TRUE);
    }
    bool any = false;
    for (int row = 0; row < c->rows; row++) {
        any |= put_row(s, c, row);
    }
    s->all = false;
    if (!any) {
        return false;
    }
    if (s->bell) {
        s->bell = false;
        beep();
    }
    refresh();
    fence(s);
    return true;
}

void screen_bell(struct screen *s)
{
    s->bell = true;
}

void screen_close(struct screen *s)
{
    endwin();
    fence(s);
    delscreen(s->term);
    screen_free(s);
}

void screen_leave_text(char *buf, size_t cap)
{
    terminfo_leave_text(buf, cap);
}
