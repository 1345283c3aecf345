// SPDX-License-Identifier: Apache-2.0
// history: see history.h.
#include "tui/history.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

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

// Advance the market clock of instrument n by the time since the last sample, at most one column: a pause is no gap.
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

int64_t history_axis(struct history *h, const struct snap_instrument *i, int instrument, int rows)
{
    struct ladder_axis *a = &h->ins[instrument].axis;
    int64_t middle = middle_ticks(i);
    if (middle <= 0 || rows <= 0) {
        return a->rows == rows ? a->top_ticks : 0;
    }
    int64_t below_top = a->top_ticks - middle; // row of the touch
    bool centred = below_top >= rows / 3 && below_top <= rows - 1 - rows / 3;
    if (a->top_ticks == 0 || a->rows != rows || !centred) {
        a->top_ticks = middle + rows / 2;
        a->rows = rows;
    }
    return a->top_ticks;
}
