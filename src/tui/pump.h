// SPDX-License-Identifier: Apache-2.0
// pump: the terminal, owned by one thread of its own, so that a stalled link can block nobody.
//
// The pump opens the tty anew with O_NONBLOCK, sets raw mode and bracketed paste, reads the keys and copies
// frames from a pipe to the tty without ever blocking. The drawing thread writes a frame into the pipe, then
// PUMP_FENCE; the pump swallows the fence when the last byte before it was taken by the terminal and gives
// the credit for the next frame. So at most one frame is under way, nothing is dropped, and the keys work
// while the terminal takes no bytes.
//
// The kill key acts here, before anybody else hears of it: on_kill is called from the pump thread.
#ifndef TT_TUI_PUMP_H
#define TT_TUI_PUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "tui/decoder.h"

// Never part of UTF-8 and never sent by ncurses.
enum { PUMP_FENCE = 0xff };

// The largest frame: the pump must be able to hold it whole, so that the drawing thread never waits in
// write().
enum { PUMP_FRAME_MAX = 4 << 20 };

struct pump_config {
    const char *tty_path; // NULL: /dev/tty
    bool stray_guard;
    void *ctx;
    // F was pressed. held: fence and cancel now, the flatten waits for one more F. Wait-free up to a short
    // lock.
    void (*on_kill)(void *ctx, int64_t key_mono_ns, bool held);
};

struct pump;

// Open the terminal and start the thread. NULL and one line in *e when the terminal cannot be had. Allocates.
struct pump *pump_start(const struct pump_config *c, struct error *e);

// The write end of the frame pipe (blocking), for ncurses and the fence; owned by the pump.
int pump_frame_fd(const struct pump *p);
// Readable when keys, a credit or a hang-up wait; pump_clear empties it. For poll.
int pump_wake_fd(const struct pump *p);
void pump_clear(struct pump *p);

// Drawing thread: next key, false when none waits.
bool pump_next_key(struct pump *p, struct key *k);
// Drawing thread: frames whose last byte the terminal has taken, since the start.
uint64_t pump_frames_done(const struct pump *p);
// Bytes that the terminal has taken, since the start.
uint64_t pump_bytes(const struct pump *p);
// The terminal is gone: hang-up, end of file or I/O error. It is not touched again.
bool pump_hung_up(const struct pump *p);
// Rows and columns of the terminal; false when unknown or 0.
bool pump_size(const struct pump *p, int *rows, int *cols);
// A text field is open (it refuses capitals): see guard.h.
void pump_set_field(struct pump *p, bool open);
// After SIGCONT: raw mode and bracketed paste once more.
void pump_raw_again(struct pump *p);
// A hang-up seen by somebody else (SIGHUP).
void pump_hang_up(struct pump *p);

// Stop the thread and give the terminal back as it was. What is still in the pipe is written for at most 300
// ms.
void pump_stop(struct pump *p);

// For the crash path only: restore the terminal of the running pump, if any. Async-signal-safe. `leave` is
// what ncurses would send to leave the screen; pump_set_leave stores it.
void pump_set_leave(const char *leave);
void pump_emergency_restore(void);

#endif
