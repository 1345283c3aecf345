// SPDX-License-Identifier: Apache-2.0
#include "live/venue_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static const int64_t HELLO_TIMEOUT_NS = 10 * NS_PER_S;

// In the child: only async-signal-safe calls until exec.
static void exec_venue(const char *const *argv, int out, int life)
{
    char life_text[16];
    const char *args[VENUE_ARGS_MAX];
    size_t n = 0;
    snprintf(life_text, sizeof life_text, "%d", life);
    args[n++] = "ticktower";
    args[n++] = "venue";
    args[n++] = "--json";
    args[n++] = "--parent-pipe";
    args[n++] = life_text;
    for (size_t i = 0; argv[i] && n < VENUE_ARGS_MAX - 1; i++) {
        args[n++] = argv[i];
    }
    args[n] = NULL;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); // Ctrl-C at our terminal is for the console alone
    if (dup2(out, STDOUT_FILENO) < 0 || fcntl(life, F_SETFD, 0) < 0) {
        _exit(EXIT_OS);
    }
    execv("/proc/self/exe", (char *const *)args);
    _exit(EXIT_OS);
}

static bool read_line(int fd, char *line, size_t cap, size_t *n, struct error *e)
{
    int64_t end = clock_mono_ns() + HELLO_TIMEOUT_NS;
    for (*n = 0; *n + 1 < cap;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left_ms = (end - clock_mono_ns()) / NS_PER_MS;
        if (left_ms <= 0 || poll(&p, 1, (int)left_ms) == 0) {
            return error_set(e, EXIT_UNAVAILABLE, "the embedded venue did not start within 10 s");
        }
        ssize_t got = read(fd, line + *n, cap - 1 - *n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return error_set(e, 0, "the embedded venue ended while starting");
        }
        *n += (size_t)got;
        if (memchr(line, '\n', *n)) {
            return true;
        }
    }
    return error_set(e, EXIT_SOFTWARE, "the embedded venue's first line is too long");
}

// It ended by itself: with an exit code it has said why, in a line of its own, and a second one would only
// repeat it.
static void tell_end(struct error *e, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status)) {
        e->exit_code = WEXITSTATUS(status);
        e->text[0] = 0;
    } else {
        e->exit_code = EXIT_UNAVAILABLE;
    }
}

bool venue_child_start(struct venue_child *v, const char *const *argv, struct error *e)
{
    int out[2];
    int life[2];
    char line[VENUE_HELLO_MAX];
    size_t n;
    memset(v, 0, sizeof *v);
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(life, O_CLOEXEC) != 0) {
        return error_set(e, EXIT_OS, "no descriptors left for the embedded venue: raise `ulimit -n`");
    }
    v->pid = fork();
    if (v->pid == 0) {
        exec_venue(argv, out[1], life[0]);
    }
    close(out[1]);
    close(life[0]);
    v->out_fd = out[0];
    v->life_fd = life[1];
    if (v->pid < 0) {
        return error_set(e, EXIT_OS, "cannot start the embedded venue: %m");
    }
    if (!read_line(v->out_fd, line, sizeof line, &n, e) || !venue_hello_parse(&v->hello, line, n, e)) {
        explicit_bzero(line, sizeof line);
        int status = venue_child_stop(v);
        if (e && e->exit_code == 0) {
            tell_end(e, status);
        }
        return false;
    }
    explicit_bzero(line, sizeof line);
    return true;
}

int venue_child_stop(struct venue_child *v)
{
    int status = 0;
    if (v->pid <= 0) {
        return status;
    }
    pid_t gone = waitpid(v->pid, &status, WNOHANG);
    if (gone == 0) {
        kill(v->pid, SIGTERM);
    }
    for (int i = 0; gone == 0 && i < 200; i++) {
        usleep(10000);
        gone = waitpid(v->pid, &status, WNOHANG);
    }
    if (gone == 0) {
        kill(v->pid, SIGKILL);
        waitpid(v->pid, &status, 0);
    }
    v->pid = 0;
    close(v->out_fd);
    close(v->life_fd);
    return status;
}
