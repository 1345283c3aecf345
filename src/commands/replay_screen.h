// SPDX-License-Identifier: Apache-2.0
// replay_screen: a tape on the console's screens, in real time times a factor: run and hold, step, seek.
// Threads: the caller's draws (tui/console.h), one of its own steps the engine and publishes snapshots.
// Nothing can be commanded: there is no venue, and the past does not change.
#ifndef TT_COMMANDS_REPLAY_SCREEN_H
#define TT_COMMANDS_REPLAY_SCREEN_H

#include "store/replay.h"
#include "tui/console.h"

// Show `r` (owned by this call until it returns) at speed_x100 / 100 times real time. `console` carries the
// appearance (glyphs, colours, fps); the rest of it is filled here. Returns the exit code; *e when not
// EXIT_OK.
int replay_screen(struct replay *r, int64_t speed_x100, struct console_config *console, struct error *e);

#endif
