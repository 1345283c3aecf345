// SPDX-License-Identifier: Apache-2.0
// panel_tape: the last trades of the market, newest first; the letter says who was the aggressor.
#include <stdio.h>

#include "tui/format.h"
#include "tui/glyphs.h"
#include "tui/view.h"

enum { BAR_COL = 40 };

// Length of the size bar, in proportion to the largest of the shown trades.
static int bar_cells(int64_t lots, int64_t largest, int room)
{
    int n = largest > 0 ? (int)((double)lots / (double)largest * room + 0.5) : 0;
    return n < 1 ? 1 : n > room ? room : n;
}

static int64_t largest_of(const struct snap_instrument *i, int n)
{
    int64_t largest = 0;
    for (int k = 0; k < n; k++) {
        largest = i->trade[k].qty_lots > largest ? i->trade[k].qty_lots : largest;
    }
    return largest;
}

void panel_tape(const struct pane *p, const struct view *v)
{
    const struct snap_instrument *i = view_focus(v);
    char time[FORMAT_MAX];
    char qty[FORMAT_MAX];
    char price[FORMAT_MAX];
    bool wide = p->cols >= BAR_COL + 6;
    pane_title(p, 0, wide ? "TAPE  UTC, aggressor, quantity, price" : "TAPE");
    int n = p->rows - 1;
    n = n > (int)i->trades ? (int)i->trades : n;
    n = n > SNAP_TRADES ? SNAP_TRADES : n;
    int64_t largest = largest_of(i, n);
    for (int k = 0; k < n; k++) {
        const struct snap_trade *t = &i->trade[k];
        enum role role = t->side == SIDE_BUY ? ROLE_BID : ROLE_ASK;
        if (wide) {
            format_clock_ms(time, t->wall_ns);
        } else {
            format_minute_ms(time, t->wall_ns);
        }
        int col = pane_text(p, k + 1, wide ? 1 : 0, ROLE_LABEL, time);
        pane_print(p, k + 1, col + 2, role, "%c %s  %s", t->side == SIDE_BUY ? 'B' : 'S',
                   format_qty(qty, 9, &i->def, t->qty_lots, 0),
                   format_price(price, 10, &i->def, t->price_ticks, 0));
        if (wide) {
            pane_fill(p, k + 1, BAR_COL, bar_cells(t->qty_lots, largest, p->cols - BAR_COL - 1), role,
                      GLYPH_TRADE);
        }
    }
    if (n == 0 && p->rows > 1) {
        pane_text(p, 1, 1, ROLE_STALE, "no trade yet");
    }
}
