// SPDX-License-Identifier: Apache-2.0
// arrival: see the header. The ring holds one byte per step and side; a histogram of its content is kept up
// to date, so a fit only needs one pass of suffix sums.
#include "engine/strategy/arrival.h"

#include <string.h>

#include "base/clock.h"
#include "base/dmath.h"
#include "engine/strategy/quoting.h"

#define STEP_NS (100 * NS_PER_MS)
#define FIT_NS  (5 * NS_PER_S)

// Depth d_j = j + 0.5 ticks was reached when twice the distance is at least 2 j + 1: an order there would
// have traded.
static uint8_t depth_code(int64_t twice_distance)
{
    if (twice_distance <= 0) {
        return 1;
    }
    int64_t ticks = (twice_distance + 1) / 2;
    return (uint8_t)(1 + (ticks > ARRIVAL_DEPTHS ? ARRIVAL_DEPTHS : ticks));
}

void arrival_on_trade(struct arrival *a, enum side aggressor, int64_t price_ticks)
{
    if (a->mid2_ticks == 0) {
        return;
    }
    int64_t twice = (2 * price_ticks - a->mid2_ticks) * (int64_t)aggressor;
    uint8_t code = depth_code(twice);
    uint8_t *open = &a->open[aggressor == SIDE_SELL];
    *open = code > *open ? code : *open;
}

static void push_step(struct arrival *a, uint8_t buys, uint8_t sells)
{
    uint8_t *cell = a->reached[a->next];
    if (a->filled == ARRIVAL_STEPS) {
        a->histogram[cell[0]]--;
        a->histogram[cell[1]]--;
    } else {
        a->filled++;
    }
    cell[0] = buys;
    cell[1] = sells;
    a->histogram[buys]++;
    a->histogram[sells]++;
    a->next = (a->next + 1) % ARRIVAL_STEPS;
}

static void fit(struct arrival *a)
{
    double depth[ARRIVAL_DEPTHS], counts[ARRIVAL_DEPTHS];
    uint32_t beyond = 0;
    for (int j = ARRIVAL_DEPTHS - 1; j >= 0; j--) {
        beyond += a->histogram[j + 2];
        depth[j] = (double)j + 0.5;
        counts[j] = (double)beyond;
    }
    double side_seconds = 2 * (double)a->filled * 0.1;
    if (quoting_arrival_fit(depth, counts, ARRIVAL_DEPTHS, side_seconds, &a->a, &a->k)) {
        a->fitted = 1; // else the last fit stays
    }
}

void arrival_on_time(struct arrival *a, int64_t now_ns, int64_t mid2_ticks)
{
    if (a->step_end_ns == 0) {
        a->step_end_ns = now_ns + STEP_NS;
        a->next_fit_ns = now_ns + FIT_NS;
        a->mid2_ticks = mid2_ticks;
        return;
    }
    if (now_ns < a->step_end_ns) {
        return;
    }
    if (a->mid2_ticks != 0) {
        push_step(a, a->open[0], a->open[1]);
    }
    int64_t passed = (now_ns - a->step_end_ns) / STEP_NS;
    for (int64_t i = 0; i < passed && i < ARRIVAL_STEPS && a->mid2_ticks != 0; i++) {
        push_step(a, 0, 0); // nothing traded in the steps between
    }
    a->step_end_ns += (passed + 1) * STEP_NS;
    memset(a->open, 0, sizeof a->open);
    a->mid2_ticks = mid2_ticks;
    if (now_ns >= a->next_fit_ns) {
        a->next_fit_ns = now_ns + FIT_NS;
        fit(a);
    }
}

void arrival_break(struct arrival *a)
{
    memset(a->open, 0, sizeof a->open);
    a->mid2_ticks = 0;
}

double arrival_rate(const struct arrival *a, double depth_ticks)
{
    return a->fitted ? a->a * dmath_exp(-a->k * depth_ticks) : DMATH_NAN;
}
