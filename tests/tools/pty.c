// SPDX-License-Identifier: Apache-2.0
// pty: see pty.h.
#include "tools/pty.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

void pty_start(struct pty *p, int rows, int cols, int (*run)(void *arg), void *arg)
{
    memset(p, 0, sizeof *p);
    struct winsize w = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    p->child = forkpty(&p->master, NULL, NULL, &w);
    if (p->child < 0) {
        perror("forkpty");
        abort();
    }
    if (p->child == 0) {
        _exit(run(arg));
    }
    (void)fcntl(p->master, F_SETFL, O_NONBLOCK);
    p->vt = vt_new(rows, cols);
    p->log = malloc(PTY_LOG_MAX);
    if (!p->log) {
        abort();
    }
}

static void keep(struct pty *p, const uint8_t *bytes, size_t n)
{
    size_t room = PTY_LOG_MAX - p->log_len;
    size_t kept = n < room ? n : room;
    memcpy(p->log + p->log_len, bytes, kept);
    p->log_len += kept;
    p->bytes += n;
}

size_t pty_pump(struct pty *p, int ms)
{
    int64_t until = clock_mono_ns() + ms * NS_PER_MS;
    size_t total = 0;
    for (;;) {
        int64_t left = until - clock_mono_ns();
        struct pollfd fd = {.fd = p->closed ? -1 : p->master, .events = POLLIN};
        (void)poll(&fd, 1, left > 0 ? (int)(left / NS_PER_MS) + 1 : 0);
        uint8_t buf[65536];
        ssize_t n = fd.revents ? read(p->master, buf, sizeof buf) : 0;
        if (n > 0) {
            keep(p, buf, (size_t)n);
            vt_write(p->vt, buf, (size_t)n);
            total += (size_t)n;
        } else if (fd.revents & (POLLHUP | POLLERR)) {
            p->closed = true;
        }
        if (clock_mono_ns() >= until) {
            return total;
        }
    }
}

bool pty_wait_text(struct pty *p, const char *text, int ms)
{
    for (int t = 0; t < ms; t += 10) {
        pty_pump(p, 10);
        if (vt_find(p->vt, text) >= 0) {
            return true;
        }
    }
    return false;
}

bool pty_wait_gone(struct pty *p, const char *text, int ms)
{
    for (int t = 0; t < ms; t += 10) {
        pty_pump(p, 10);
        if (vt_find(p->vt, text) < 0) {
            return true;
        }
    }
    return false;
}

void pty_type(struct pty *p, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t w = write(p->master, bytes, n);
        if (w > 0) {
            bytes += w;
            n -= (size_t)w;
        } else {
            pty_pump(p, 1);
        }
    }
}

void pty_keys(struct pty *p, const char *keys)
{
    pty_type(p, keys, strlen(keys));
}

void pty_resize(struct pty *p, int rows, int cols)
{
    struct winsize w = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    vt_resize(p->vt, rows, cols);
    (void)ioctl(p->master, TIOCSWINSZ, &w);
}

void pty_log_reset(struct pty *p)
{
    p->log_len = 0;
}

int pty_finish(struct pty *p, int ms)
{
    int status = 0;
    int result = -1;
    for (int t = 0; t < ms && result < 0; t += 10) {
        pty_pump(p, 10);
        if (waitpid(p->child, &status, WNOHANG) == p->child) {
            result = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
        }
    }
    if (result < 0) {
        kill(p->child, SIGKILL);
        waitpid(p->child, &status, 0);
    }
    pty_pump(p, 5);
    close(p->master);
    vt_free(p->vt);
    free(p->log);
    return result;
}

void pty_print(struct pty *p)
{
    char buf[4 * VT_COLS_MAX + 1];
    for (int row = 0; row < vt_rows(p->vt); row++) {
        fprintf(stderr, "%s\n", vt_row(p->vt, row, buf));
    }
}
