// SPDX-License-Identifier: Apache-2.0
// arrival: how often market orders reach how deep. Every 100 ms the greatest distance from the mid at the
// step's start that buys and sells reached (each side is a sample of its own); every 5 s ln(lambda) = ln A -
// k d is fitted over the last 10 minutes (quant.md 4.4). Queue position is ignored, so A is too high for a
// large-tick symbol.
//
// Owner: the engine. Fixed size, no pointers. Cost: O(1) per trade and step; one fit of 70 depths each 5 s.
#ifndef TT_ENGINE_STRATEGY_ARRIVAL_H
#define TT_ENGINE_STRATEGY_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/event.h"

enum { ARRIVAL_STEPS = 6000, ARRIVAL_DEPTHS = 70 };

struct arrival {
    uint8_t reached[ARRIVAL_STEPS][2]; // per step and side: 0 no trade, else 1 + whole ticks from mid, capped
    uint32_t histogram[ARRIVAL_DEPTHS + 2]; // of what is in the ring
    uint32_t next, filled;                  // steps
    int64_t step_end_ns;                    // of the open step; 0 not started
    int64_t next_fit_ns;
    int64_t mid2_ticks; // twice the mid at the start of the open step; 0 unknown
    uint8_t open[2];    // of the open step: buys, sells
    uint8_t fitted;     // a and k hold a fit
    uint8_t pad[5];
    double a; // 1/s, one side
    double k; // 1/tick
};

// A market trade of the given aggressor.
void arrival_on_trade(struct arrival *a, enum side aggressor, int64_t price_ticks);
// Time passes; mid2_ticks: best bid + best ask now, 0 unknown. Closes steps and refits when due.
void arrival_on_time(struct arrival *a, int64_t now_ns, int64_t mid2_ticks);
// A gap or seam: the open step is not to be believed.
void arrival_break(struct arrival *a);
// Expected market orders per second and side that reach depth_ticks; NaN without a fit.
double arrival_rate(const struct arrival *a, double depth_ticks);

#endif
