// SPDX-License-Identifier: Apache-2.0
#include "live/crash.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/error.h"
#include "base/fmt.h"
#include "base/sanitizer.h"

static void (*restore_terminal)(void);
static char stack[64 * 1024]; // a stack overflow needs another stack to speak on

static _Noreturn void leave(const char *line, size_t n)
{
    if (restore_terminal) {
        restore_terminal();
    }
    ssize_t done = write(STDERR_FILENO, line, n);
    (void)done;
    _exit(EXIT_SOFTWARE);
}

static void on_signal(int sig)
{
    char line[160];
    struct fmt f = fmt_begin(line, sizeof line);
    fmt_str(&f, "ticktower: fatal signal ");
    fmt_int(&f, sig);
    fmt_str(&f, sig == SIGSEGV ? " (SIGSEGV)" : "");
    fmt_str(&f, "; the session's tape and database hold everything up to the last second\n");
    leave(line, f.len);
}

static void on_check(const char *what, const char *file, int line)
{
    char text[320];
    struct fmt f = fmt_begin(text, sizeof text);
    fmt_str(&f, "ticktower: broken invariant: ");
    fmt_str(&f, what);
    fmt_str(&f, " at ");
    fmt_str(&f, file);
    fmt_char(&f, ':');
    fmt_int(&f, line);
    fmt_str(&f, "; please report this line with the session's tape\n");
    leave(text, f.len);
}

void crash_install(void (*restore)(void))
{
    static const int FATAL[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = on_signal;
    sa.sa_flags = (int)(SA_ONSTACK | SA_RESETHAND);
    restore_terminal = restore;
    tt_check_hook = on_check;
    sigaltstack(&ss, NULL);
#if !SANITIZED_ADDRESS && !SANITIZED_THREAD // theirs say more
    for (size_t i = 0; i < COUNT_OF(FATAL); i++) {
        sigaction(FATAL[i], &sa, NULL);
    }
#else
    (void)FATAL;
#endif
}
