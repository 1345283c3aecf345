// SPDX-License-Identifier: Apache-2.0
// console: the operator's screen and keys. Reads snapshots, sends operator commands, touches nothing else.
//
// Two threads: the console (calls console_run; draws with ncurses into a pipe, never on the tty) and the
// terminal pump (started by it; copies frames to the tty without blocking and reads the keys, so that a
// stalled terminal can delay neither a key nor the engine). The emergency key acts in the pump: it calls
// `kill_now` before anything else.
#ifndef TT_TUI_CONSOLE_H
#define TT_TUI_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/event.h"
#include "live/publish.h"

enum console_end { CONSOLE_QUIT, CONSOLE_HANGUP, CONSOLE_ENGINE_GONE, CONSOLE_ERROR };

struct console_config {
    struct publish *snapshots;
    void *ctx; // passed to the callbacks
    // Send an operator command to the engine (fills actor, key time; false: ring full). Both threads call it,
    // under the console's own lock.
    bool (*send)(void *ctx, const struct ev_operator *op, uint16_t instrument);
    // The kill line: set the fence and wake the hot thread. Must be wait-free; called from the pump.
    void (*kill_now)(void *ctx, int64_t key_mono_ns);
    // Request an export; the answer comes as a note. May be NULL.
    bool (*export_now)(void *ctx);
    // Copy the newest message for the operator that is no echo (export done, disk full); "" for none. NULL:
    // it is in snapshot.shell.note.
    void (*note)(void *ctx, char *to, size_t cap);
    // Replay transport: verb 'r' run/hold, ',' slower, '.' faster, '<' '>' step, 'g' seek to value ns. NULL
    // when live.
    void (*transport)(void *ctx, char verb, int64_t value);
    // True when the run is over (engine done or gone): leave.
    bool (*finished)(void *ctx);
    bool ascii, utf8, mono; // --ascii, --utf8, --mono; NO_COLOR is honoured
    int fps;                // 10
    bool stray_guard;       // console-design.md 5.1; default on
    const char *tty_path;   // NULL: /dev/tty
    const char *linkloss;   // policy on hang-up, shown on line 2; NULL: the default of the mode
};

// Check the terminal before anything else is started: TERM known and not dumb, a tty, at least 60x16. One
// line in *e. Sets LC_CTYPE from the environment and removes LINES and COLUMNS from it, so call it before the
// first thread.
bool console_check(const struct console_config *c, struct error *e);

// Run the console on the calling thread until the end. Blocks SIGHUP, SIGTERM, SIGINT, SIGWINCH, SIGCONT,
// SIGTSTP, SIGTTIN and SIGTTOU (the program should have done so before its first thread) and takes them by
// signalfd. Lowers the priority of the calling thread to nice 15; the pump keeps the caller's.
//   CONSOLE_QUIT         the operator (or SIGTERM) asked to leave; VERB_QUIT was sent, and it is done or
//   overdue CONSOLE_HANGUP       the terminal is gone and is not touched again: apply the hang-up policy
//   CONSOLE_ENGINE_GONE  `finished` without a quit
//   CONSOLE_ERROR        it could not start; *e says why
// A held F (tui/guard.h) calls kill_now and sends VERB_PULL and VERB_CANCEL with sub = OPERATOR_HELD: the
// fence is up, nothing is latched; VERB_RELEASE must open the fence again, a further F sends VERB_FLATTEN.
// `transport` also gets 's' (speed x100 in value) from the palette.
enum console_end console_run(const struct console_config *c, struct error *e);

// Crash path only, async-signal-safe: give the terminal of a running console back. Does nothing otherwise.
void console_restore_terminal(void);

enum { OPERATOR_HELD = 1 };

#endif
