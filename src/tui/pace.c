// SPDX-License-Identifier: Apache-2.0
// pace: see pace.h.
#include "tui/pace.h"

#include "base/clock.h"

static const int64_t CALM_NS = 10 * NS_PER_S;
enum { STEPS = 4 };

void pace_init(struct pace *p, int fps, int64_t now_ns)
{
    *p = (struct pace){.fps_max = fps < 1 ? 1 : fps > 20 ? 20 : fps, .calm_ns = now_ns, .second_ns = now_ns};
}

int pace_fps(const struct pace *p)
{
    static const int DIVISOR[STEPS] = {1, 2, 5, 10};
    int fps = p->fps_max / DIVISOR[p->step];
    return fps < 1 ? 1 : fps;
}

int64_t pace_interval_ns(const struct pace *p)
{
    return NS_PER_S / pace_fps(p);
}

static void step_down(struct pace *p, int64_t now_ns)
{
    if (p->step + 1 < STEPS) {
        p->step++;
    }
    p->calm_ns = now_ns;
}

void pace_late(struct pace *p, int64_t now_ns)
{
    if (now_ns - p->calm_ns > NS_PER_S / 2) { // one step per half second at most
        step_down(p, now_ns);
    }
}

void pace_tick(struct pace *p, int64_t now_ns, uint64_t bytes)
{
    if (now_ns - p->second_ns >= NS_PER_S) {
        p->bytes_per_s = (int64_t)(bytes - p->second_bytes) * NS_PER_S / (now_ns - p->second_ns);
        p->second_ns = now_ns;
        p->second_bytes = bytes;
        if (p->bytes_per_s > PACE_BYTES_PER_S_MAX) {
            step_down(p, now_ns);
        }
    }
    if (p->step > 0 && now_ns - p->calm_ns >= CALM_NS) {
        p->step--;
        p->calm_ns = now_ns;
    }
}
