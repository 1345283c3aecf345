// SPDX-License-Identifier: Apache-2.0
// history: see history.h.
#include "tui/history.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

enum { AXIS_LEVELS = 5 };
static const int64_t REGROUP_NS = 10 * NS_PER_S;

void history_init(struct history *h)
{
    memset(h, 0, sizeof *h);
    for (size_t i = 0; i < INSTRUMENT_MAX; i++) {
        for (size_t f = 0; f < SNAP_FEATURES; f++) {
            for (size_t c = 0; c < HISTORY_COLUMNS; c++) {
                h->ins[i].feature[f].column[c] = NAN;
            }
        }
    }
    for (size_t c = 0; c < HISTORY_EQUITY; c++) {
        h->equity[c] = NAN;
    }
}

static uint64_t market_mark(const struct snap_instrument *i)
{
    return i->book_update_id * 31 + (uint64_t)(i->trades ? i->trade[0].wall_ns : 0);
}

static void new_column(struct history *h, int n)
{
    h->ins[n].at = (h->ins[n].at + 1) % HISTORY_COLUMNS;
    for (size_t f = 0; f < SNAP_FEATURES; f++) {
        h->ins[n].feature[f].column[h->ins[n].at] = NAN;
    }
}

// Advance the market clock of instrument n by the time since the last sample, at most one column: a pause is
// no gap.
static void advance(struct history *h, int n, int64_t now_ns)
{
    int64_t step = now_ns - h->ins[n].sampled_ns;
    h->ins[n].sampled_ns = now_ns;
    if (step < 0 || step > HISTORY_COLUMN_NS) {
        step = step < 0 ? 0 : HISTORY_COLUMN_NS;
    }
    h->ins[n].market_ns += step;
    if (h->ins[n].market_ns - h->ins[n].column_ns >= HISTORY_COLUMN_NS) {
        h->ins[n].column_ns += HISTORY_COLUMN_NS;
        new_column(h, n);
    }
}

static void add_instrument(struct history *h, const struct snapshot *s, int n)
{
    const struct snap_instrument *i = &s->ins[n];
    uint64_t mark = market_mark(i);
    if (mark == h->ins[n].mark) {
        return;
    }
    h->ins[n].mark = mark;
    advance(h, n, s->mono_ns);
    h->ins[n].ever_valid |= i->feature_valid;
    for (size_t f = 0; f < SNAP_FEATURES; f++) {
        if (i->feature_valid >> f & 1) {
            h->ins[n].feature[f].column[h->ins[n].at] = (float)i->feature[f].value;
        }
    }
}

void history_add(struct history *h, const struct snapshot *s)
{
    for (uint32_t n = 0; n < s->instrument_count && n < INSTRUMENT_MAX; n++) {
        add_instrument(h, s, (int)n);
    }
    if (s->seq && (h->equity_ns == 0 || s->mono_ns - h->equity_ns >= HISTORY_EQUITY_NS)) {
        h->equity_ns = s->mono_ns;
        h->equity_at = (h->equity_at + 1) % HISTORY_EQUITY;
        h->equity[h->equity_at] = (float)((double)s->equity_e8 / 1e8);
    }
}

double history_feature(const struct history *h, int instrument, int feature, int back)
{
    if (back < 0 || back >= HISTORY_COLUMNS) {
        return NAN;
    }
    int at = (h->ins[instrument].at - back + HISTORY_COLUMNS) % HISTORY_COLUMNS;
    return (double)h->ins[instrument].feature[feature].column[at];
}

double history_equity(const struct history *h, int back)
{
    if (back < 0 || back >= HISTORY_EQUITY) {
        return NAN;
    }
    return (double)h->equity[(h->equity_at - back + HISTORY_EQUITY) % HISTORY_EQUITY];
}

static int64_t middle_ticks(const struct snap_instrument *i)
{
    if (i->bids && i->asks) {
        return i->bid[0].ticks + (i->ask[0].ticks - i->bid[0].ticks + 1) / 2;
    }
    return i->bids ? i->bid[0].ticks : i->asks ? i->ask[0].ticks : 0;
}

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

// How far from the middle what must be in sight reaches: own orders, and the best five levels of each side.
static int64_t reach_ticks(const struct snapshot *s, int instrument, int64_t middle)
{
    const struct snap_instrument *i = &s->ins[instrument];
    int64_t reach = 1;
    for (uint32_t k = 0; k < AXIS_LEVELS; k++) {
        int64_t bid = k < i->bids ? distance(middle, i->bid[k].ticks) : 0;
        int64_t ask = k < i->asks ? distance(middle, i->ask[k].ticks) : 0;
        reach = bid > reach ? bid : reach;
        reach = ask > reach ? ask : reach;
    }
    for (uint32_t k = 0; k < s->order_count && k < SNAP_ORDERS; k++) {
        int64_t own = s->order[k].price_ticks > 0 ? distance(middle, s->order[k].price_ticks) : 0;
        reach = s->order[k].instrument == instrument && own > reach ? own : reach;
    }
    return reach;
}

// The smallest group of the 1-2-5 series that shows `reach` ticks on each side, wherever the touch stands.
static int64_t group_for(int64_t reach, int rows)
{
    int64_t half = rows / 3 > 1 ? rows / 3 : 1;
    int64_t group = 1;
    for (int k = 0; k < 15 && group * half < reach; k++) {
        group = k % 3 == 1 ? group / 2 * 5 : group * 2; // 1 2 5 10 20 50
    }
    return group;
}

// Widen at once, narrow only when two steps would do and the last change is some time ago: rows must not
// flicker.
static void regroup(struct ladder_axis *a, int64_t wanted, int64_t now_ns)
{
    bool narrow = wanted * 2 < a->group && now_ns - a->grouped_ns > REGROUP_NS;
    if (a->group == 0 || wanted > a->group || narrow) {
        a->group = wanted;
        a->grouped_ns = now_ns;
        a->top_ticks = 0;
    }
}

struct ladder_axis history_axis(struct history *h, const struct snapshot *s, int instrument, int rows)
{
    struct ladder_axis *a = &h->ins[instrument].axis;
    int64_t middle = middle_ticks(&s->ins[instrument]);
    if (rows <= 0 || (middle <= 0 && a->rows != rows)) {
        return (struct ladder_axis){.group = 1};
    }
    if (middle <= 0) {
        return *a; // the book is gone: the axis stays
    }
    regroup(a, group_for(reach_ticks(s, instrument, middle), rows), s->mono_ns);
    int64_t row = (a->top_ticks - middle) / a->group; // of the touch
    bool centred = row >= rows / 3 && row <= rows - 1 - rows / 3;
    if (a->top_ticks == 0 || a->rows != rows || !centred) {
        a->top_ticks = (middle / a->group + rows / 2) * a->group;
        a->rows = rows;
    }
    return *a;
}
