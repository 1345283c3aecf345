// SPDX-License-Identifier: Apache-2.0
// screen: a canvas onto a terminal through ncurses, which writes into the pump's pipe and never on the tty.
//
// One refresh per frame, then the pump's fence; nothing at all when no cell changed. Sizes come from the
// caller (the real tty): ncurses sees only a pipe. Owner: the drawing thread; one screen at a time (ncurses
// is global).
#ifndef TT_TUI_SCREEN_H
#define TT_TUI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "tui/canvas.h"

struct screen;

// Is this TERM usable? Checks that terminfo knows it and that it can place the cursor. One line in *e.
bool screen_check_term(const char *term, struct error *e);

// mono: no colour at all. fd: where ncurses writes; blocking; not owned.
struct screen *screen_open(const char *term, int fd, bool mono, int rows, int cols, struct error *e);
void screen_resize(struct screen *s, int rows, int cols);
// Palette: mono or as rich as the terminal is.
void screen_set_mono(struct screen *s, bool mono);
// The next frame repaints every cell.
void screen_repaint(struct screen *s);
// Write the cells that differ from the last frame; true when a frame (and its fence) went into the pipe.
bool screen_show(struct screen *s, const struct canvas *c);
// Ring the terminal's bell with the next frame.
void screen_bell(struct screen *s);
// Leave the alternate screen, and forget.
void screen_close(struct screen *s);

// What the terminal needs to leave the screen in a crash: written to buf, at most cap - 1 bytes.
void screen_leave_text(char *buf, size_t cap);

#endif
