// SPDX-License-Identifier: Apache-2.0
// term: a program on a pseudo-terminal, its screen kept by libvterm: start it, send keys, read the screen,
// stop reading on purpose. For end-to-end tests; one thread, no globals.
#ifndef TT_TESTS_TERM_H
#define TT_TESTS_TERM_H

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vterm.h>

#include "base/clock.h"
#include "base/sanitizer.h"

// Speed of sessions in which much is to happen. ThreadSanitizer cannot follow at 10x on a busy machine: the
// market's data would be late, and late data is not quoted on.
#if SANITIZED_THREAD
#define FAST "4"
#else
#define FAST "10"
#endif

struct term {
    pid_t pid;
    int fd; // master
    int rows, cols;
    VTerm *vt;
    VTermScreen *screen;
    size_t bytes; // read so far
    bool stalled; // do not read
};

static inline void term_screen(struct term *t, int rows, int cols)
{
    t->rows = rows;
    t->cols = cols;
    t->vt = vterm_new(rows, cols);
    vterm_set_utf8(t->vt, 1);
    t->screen = vterm_obtain_screen(t->vt);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_reset(t->screen, 1);
}

// argv NULL-terminated; env: extra "K=V" strings, NULL-terminated (may be NULL).
static inline bool term_start(struct term *t, int rows, int cols, const char *const *argv,
                              const char *const *env)
{
    memset(t, 0, sizeof *t);
    struct winsize ws = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    t->pid = forkpty(&t->fd, NULL, NULL, &ws);
    if (t->pid < 0) {
        return false;
    }
    if (t->pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        setenv("LANG", "C.UTF-8", 1);
        for (int i = 0; env && env[i]; i++) {
            putenv((char *)env[i]);
        }
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    fcntl(t->fd, F_SETFL, O_NONBLOCK);
    term_screen(t, rows, cols);
    return true;
}

// Take in what the program writes, for so long (or less when it ends). Returns false when it has ended.
static inline bool term_run(struct term *t, int ms)
{
    int64_t end = clock_mono_ns() + ms * NS_PER_MS;
    char buf[65536];
    for (;;) {
        int left = (int)((end - clock_mono_ns()) / NS_PER_MS);
        if (left < 0) {
            return true;
        }
        if (t->stalled) {
            usleep(1000);
            continue;
        }
        struct pollfd p = {.fd = t->fd, .events = POLLIN};
        if (poll(&p, 1, left > 10 ? 10 : left) > 0) {
            ssize_t n = read(t->fd, buf, sizeof buf);
            if (n <= 0) {
                return false;
            }
            t->bytes += (size_t)n;
            vterm_input_write(t->vt, buf, (size_t)n);
        }
    }
}

// One row as text (ASCII; other glyphs become '?'), trailing blanks kept; out needs cols + 1 bytes.
static inline void term_row(struct term *t, int row, char *out)
{
    for (int c = 0; c < t->cols; c++) {
        VTermScreenCell cell;
        VTermPos pos = {.row = row, .col = c};
        vterm_screen_get_cell(t->screen, pos, &cell);
        uint32_t ch = cell.chars[0];
        out[c] = ch == 0 ? ' ' : ch < 127 ? (char)ch : '?';
    }
    out[t->cols] = 0;
}

static inline bool term_shows(struct term *t, const char *text)
{
    char row[1024];
    for (int r = 0; r < t->rows; r++) {
        term_row(t, r, row);
        if (strstr(row, text)) {
            return true;
        }
    }
    return false;
}

// Run until the screen shows text; false after the time-out or when the program ended.
static inline bool term_await(struct term *t, const char *text, int timeout_ms)
{
    int64_t end = clock_mono_ns() + timeout_ms * NS_PER_MS;
    while (clock_mono_ns() < end) {
        if (term_shows(t, text)) {
            return true;
        }
        if (!term_run(t, 20)) {
            return term_shows(t, text);
        }
    }
    return term_shows(t, text);
}

static inline void term_keys(struct term *t, const char *keys)
{
    size_t n = strlen(keys);
    ssize_t done = write(t->fd, keys, n);
    (void)done;
}

// Keys as a hand gives them: one at a time (the console refuses bursts).
static inline void term_type(struct term *t, const char *keys)
{
    for (; *keys; keys++) {
        char one[2] = {*keys, 0};
        term_keys(t, one);
        term_run(t, 25);
    }
}

static inline void term_resize(struct term *t, int rows, int cols)
{
    struct winsize ws = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    t->rows = rows;
    t->cols = cols;
    vterm_set_size(t->vt, rows, cols);
    ioctl(t->fd, TIOCSWINSZ, &ws);
}

static inline void term_dump(struct term *t)
{
    char row[1024];
    for (int r = 0; r < t->rows; r++) {
        term_row(t, r, row);
        fprintf(stderr, "|%s|\n", row);
    }
}

// Wait for the program's end; its exit code, -1 after the time-out (then it is killed).
static inline int term_finish(struct term *t, int timeout_ms)
{
    int status = 0;
    int64_t end = clock_mono_ns() + timeout_ms * NS_PER_MS;
    pid_t got = 0;
    while (clock_mono_ns() < end && (got = waitpid(t->pid, &status, WNOHANG)) == 0) {
        if (!term_run(t, 20)) {
            usleep(10000);
        }
    }
    if (got == 0) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, &status, 0);
    }
    close(t->fd);
    vterm_free(t->vt);
    return got > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#endif
