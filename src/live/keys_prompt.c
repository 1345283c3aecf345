// SPDX-License-Identifier: Apache-2.0
#include "live/keys_prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "wire/secret.h"

static const int64_t PATIENCE_NS = 120 * NS_PER_S;

bool keys_can_prompt(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    bool ok = fd >= 0 && tcgetpgrp(fd) == getpgrp(); // in the background nobody can answer
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static void say(int fd, const char *text)
{
    ssize_t n = write(fd, text, strlen(text));
    (void)n; // a terminal that takes nothing gives no answer either
}

// One key; 0: nobody, or the terminal is gone.
static char next_key(int fd, int64_t end_ns)
{
    char c = 0;
    int64_t left_ms = (end_ns - clock_mono_ns()) / NS_PER_MS;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (left_ms <= 0 || poll(&p, 1, (int)left_ms) <= 0 || read(fd, &c, 1) != 1) {
        return 0;
    }
    return c;
}

static bool read_keys(int fd, bool echo, char *to, struct error *e)
{
    enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, DELETE = 127 };
    int64_t end_ns = clock_mono_ns() + PATIENCE_NS;
    size_t n = 0;
    for (;;) {
        char c = next_key(fd, end_ns);
        if (c == '\n' || c == '\r') {
            to[n] = 0;
            return n > 0 || error_set(e, EXIT_USAGE, "nothing was typed");
        }
        if (c == 0 || c == CTRL_C || c == CTRL_D) {
            return error_set(e, EXIT_USAGE, c ? "given up at the prompt" : "no answer at the terminal");
        }
        if (c == BACKSPACE || c == DELETE) {
            n -= n > 0;
            if (echo) {
                say(fd, "\b \b");
            }
        } else if (c < 0x20 || n + 1 == KEY_PROMPT_MAX) {
            return error_set(e, EXIT_USAGE, "that line is too long, or holds control characters");
        } else {
            to[n++] = c;
            if (echo && write(fd, &c, 1) != 1) {
                return error_set(e, EXIT_USAGE, "the terminal is gone");
            }
        }
    }
}

// The terminal's own echo and signals are off meanwhile: every way out passes the line that restores them.
static bool ask(const char *label, bool echo, char *to, struct error *e)
{
    struct termios old;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || tcgetattr(fd, &old) != 0) {
        if (fd >= 0) {
            close(fd);
        }
        return error_set(e, EXIT_USAGE, "no terminal to ask on");
    }
    struct termios raw = old;
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(fd, TCSAFLUSH, &raw); // what was typed ahead is no answer
    say(fd, label);
    bool ok = read_keys(fd, echo, to, e);
    if (!ok) {
        secret_wipe(to, KEY_PROMPT_MAX);
    }
    say(fd, "\r\n");
    tcsetattr(fd, TCSAFLUSH, &old);
    close(fd);
    return ok;
}

bool keys_prompt(const char *label, char *to, struct error *e)
{
    return ask(label, false, to, e);
}

bool keys_prompt_word(const char *label, char *to, struct error *e)
{
    return ask(label, true, to, e);
}
