// SPDX-License-Identifier: Apache-2.0
// pace: how often to draw. Pure. The rate steps down 10 -> 5 -> 2 -> 1 Hz when the terminal has not taken a
// frame by the time the next is due, or takes more bytes a second than the cap; up one step after 10 s of
// calm.
#ifndef TT_TUI_PACE_H
#define TT_TUI_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum { PACE_BYTES_PER_S_MAX = 40000 };

struct pace {
    int fps_max;       // wanted
    int step;          // how many steps below it
    int64_t calm_ns;   // when the last step down, or the last step up, was
    int64_t second_ns; // begin of the second being counted
    uint64_t second_bytes;
    int64_t bytes_per_s;
};

void pace_init(struct pace *p, int fps, int64_t now_ns);
// Frames a second now.
int pace_fps(const struct pace *p);
int64_t pace_interval_ns(const struct pace *p);
// A frame is due, but the last one has not been taken.
void pace_late(struct pace *p, int64_t now_ns);
// Time passes: total bytes the terminal has taken so far.
void pace_tick(struct pace *p, int64_t now_ns, uint64_t bytes);

#endif
