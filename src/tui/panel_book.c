// SPDX-License-Identifier: Apache-2.0
// panel_book: the ladder. A static price axis (history_axis moves and groups it), price in the middle, bids
// left, asks right, own orders outermost as size~quantity ahead. The touch form for small screens shows the
// best levels.
#include <stdio.h>
#include <string.h>

#include "tui/format.h"
#include "tui/glyphs.h"
#include "tui/view.h"

struct columns {
    int own_bid, bid, price, ask, own_ask, own_width, qty_width, price_width, sum_width;
};

static struct columns columns_of(int width)
{
    struct columns c = {.own_width = 8, .qty_width = 8, .price_width = 9};
    int extra = width - 41;
    c.sum_width = extra >= 18 ? 9 : 0; // cumulative depth outside, where there is room
    extra -= 2 * c.sum_width;
    int gap = extra > 0 ? extra / 4 : 0;
    gap = gap > 3 ? 3 : gap;
    c.own_bid = c.sum_width;
    c.bid = c.own_bid + c.own_width + gap;
    c.price = c.bid + c.qty_width + gap;
    c.ask = c.price + c.price_width + gap;
    c.own_ask = c.ask + c.qty_width + gap;
    return c;
}

// "12.5" without the zero before the point, to save a column: ".050".
static const char *lean(const char *qty)
{
    return qty[0] == '0' && qty[1] == '.' ? qty + 1 : qty;
}

// The price whose row shows a level: bids fall to the row below, asks rise to the row above, so that no row
// is better than what it shows.
static int64_t row_of(int64_t ticks, int64_t group, bool bid)
{
    int64_t down = ticks / group * group;
    return bid || down == ticks ? down : down + group;
}

// Own orders of a row: "size~ahead", summed; false when there are none. Where the cell is narrow the quantity
// ahead loses its decimal rather than touching the quantity beside it.
static bool own_text(char *buf, size_t cap, const struct view *v, int64_t ticks, bool bid, int width)
{
    int64_t group = v->axis.group;
    const struct snapshot *s = v->held;
    const struct instrument *def = &view_focus(v)->def;
    int64_t lots = 0;
    int64_t ahead = INT64_MAX;
    for (uint32_t i = 0; i < s->order_count && i < SNAP_ORDERS; i++) {
        const struct snap_order *o = &s->order[i];
        bool here = o->instrument == v->focus && (o->side == SIDE_BUY) == bid &&
                    row_of(o->price_ticks, group, bid) == ticks;
        if (here) {
            lots += o->qty_lots - o->cum_lots;
            ahead = o->ahead_lots >= 0 && o->ahead_lots < ahead ? o->ahead_lots : ahead;
        }
    }
    if (lots <= 0) {
        return false;
    }
    char size[FORMAT_MAX];
    char front[FORMAT_MAX] = "?";
    format_qty(size, 0, def, lots, 0);
    int64_t e8 = ahead == INT64_MAX ? 0 : instrument_qty_e8(def, ahead);
    for (int decimals = e8 < 100 * E8 ? 1 : 0; decimals >= 0; decimals--) {
        if (ahead != INT64_MAX) {
            format_e8(front, 0, e8, decimals, 0);
        }
        snprintf(buf, cap, "%s~%s", lean(size), lean(front));
        if ((int)strlen(buf) < width) {
            break;
        }
    }
    return true;
}

struct row_sum {
    int64_t lots;  // of the row
    int64_t depth; // from the touch to the row
};

static struct row_sum sum_row(const struct view *v, int64_t ticks, bool bid)
{
    const struct snap_instrument *i = view_focus(v);
    const struct level *side = bid ? i->bid : i->ask;
    uint32_t n = bid ? i->bids : i->asks;
    struct row_sum sum = {0, 0};
    for (uint32_t k = 0; k < n && k < SNAP_LEVELS; k++) {
        int64_t row = row_of(side[k].ticks, v->axis.group, bid);
        sum.lots += row == ticks ? side[k].lots : 0;
        sum.depth += (bid ? row >= ticks : row <= ticks) ? side[k].lots : 0;
    }
    return sum;
}

// A quantity in a cell of `width`, one column left free: a fine grid (spot) gives up decimals rather than
// touch the price beside it.
static char *cell_qty(char *buf, int width, const struct instrument *def, int64_t lots)
{
    for (int decimals = def->qty_decimals; decimals >= 0; decimals--) {
        format_e8(buf, 0, instrument_qty_e8(def, lots), decimals, 0);
        if ((int)strlen(buf) < width || decimals == 0) {
            return format_e8(buf, width, instrument_qty_e8(def, lots), decimals, 0);
        }
    }
    return buf;
}

// Draws one side of a row; true when the market has something there.
static bool draw_side(const struct pane *p, const struct view *v, int row, int64_t ticks,
                      const struct columns *c, bool bid, bool stale)
{
    const struct instrument *def = &view_focus(v)->def;
    char buf[FORMAT_MAX];
    char own[2 * FORMAT_MAX];
    struct row_sum sum = sum_row(v, ticks, bid);
    enum role role = stale ? ROLE_STALE : bid ? ROLE_BID : ROLE_ASK;
    if (sum.lots > 0) {
        pane_text(p, row, bid ? c->bid : c->ask, role, cell_qty(buf, c->qty_width, def, sum.lots));
        if (c->sum_width) {
            int col = bid ? 0 : c->own_ask + c->own_width;
            pane_text(p, row, col, ROLE_LABEL, cell_qty(buf, c->sum_width, def, sum.depth));
        }
    }
    if (own_text(own, sizeof own, v, ticks, bid, c->own_width)) {
        int end = bid ? c->own_bid + c->own_width : c->own_ask + c->own_width;
        pane_right(p, row, end, ROLE_OWN, own);
    }
    return sum.lots > 0;
}

static void draw_last(const struct pane *p, const struct view *v, int row, int64_t ticks,
                      const struct columns *c, bool at_ask)
{
    const struct snap_instrument *i = view_focus(v);
    if (i->trades == 0) {
        return;
    }
    bool sold = i->trade[0].side == SIDE_SELL; // the aggressor sold: it printed at a bid
    if (row_of(i->trade[0].price_ticks, v->axis.group, sold) == ticks) {
        int col = (at_ask ? c->own_ask : c->ask) + 1;
        pane_text(p, row, col, ROLE_STRONG, p->canvas->utf8 ? "\xe2\x97\x82last" : "<last");
    }
}

static void draw_row(const struct pane *p, const struct view *v, int row, int64_t ticks,
                     const struct columns *c, bool stale)
{
    const struct snap_instrument *i = view_focus(v);
    char buf[FORMAT_MAX];
    bool at_ask = sum_row(v, ticks, false).lots > 0;
    draw_last(p, v, row, ticks, c, at_ask);
    bool any = draw_side(p, v, row, ticks, c, true, stale);
    any |= draw_side(p, v, row, ticks, c, false, stale);
    enum role role = stale ? ROLE_STALE : any ? ROLE_TEXT : ROLE_LABEL;
    pane_text(p, row, c->price, role, format_price(buf, c->price_width, &i->def, ticks, 0));
}

static const char *reason_text(const struct snap_instrument *i)
{
    static const char *const REASON[] = {"", "gap", "silent", "crossed", "link down", "snapshot", "frozen"};
    return i->book_reason < sizeof REASON / sizeof *REASON ? REASON[i->book_reason] : "";
}

static void draw_title(const struct pane *p, const struct view *v, bool stale)
{
    const struct snap_instrument *i = view_focus(v);
    char title[96];
    char age[FORMAT_MAX];
    char buf[INSTRUMENT_NAME_MAX];
    const char *name = instrument_name(&i->def, buf);
    static const char *const STATE[] = {"EMPTY", "SYNCING", "", "STALE"};
    if (stale) {
        snprintf(title, sizeof title, "BOOK %s %s? %s %s", name,
                 i->book_state <= BOOK_STALE && STATE[i->book_state][0] ? STATE[i->book_state] : "STALE",
                 format_age(age, 0, view_book_age_ns(v, i)), reason_text(i));
    } else {
        char tick[FORMAT_MAX];
        snprintf(title, sizeof title, "BOOK %s  row %s  mine~ahead", name,
                 format_price(tick, 0, &i->def, v->axis.group > 0 ? v->axis.group : 1, 0));
    }
    pane_title(p, 0, title);
    if (stale) {
        pane_role(p, 0, 2, (int)strlen(title), ROLE_STRONG);
    }
}

void panel_book(const struct pane *p, const struct view *v)
{
    const struct snap_instrument *i = view_focus(v);
    bool stale = view_book_stale(v, i);
    struct columns c = columns_of(p->cols);
    draw_title(p, v, stale);
    pane_right(p, 1, c.own_bid + c.own_width, ROLE_LABEL, "MINE");
    pane_right(p, 1, c.bid + c.qty_width, ROLE_LABEL, "BID");
    pane_right(p, 1, c.price + c.price_width, ROLE_LABEL, "PRICE");
    pane_right(p, 1, c.ask + c.qty_width, ROLE_LABEL, "ASK");
    pane_right(p, 1, c.own_ask + c.own_width, ROLE_LABEL, "MINE");
    if (c.sum_width) {
        pane_right(p, 1, c.sum_width, ROLE_LABEL, "DEPTH");
        pane_right(p, 1, c.own_ask + c.own_width + c.sum_width, ROLE_LABEL, "DEPTH");
    }
    if (v->axis.top_ticks <= 0) {
        pane_text(p, 3, 2, ROLE_STALE, "no book yet");
        return;
    }
    for (int row = 2; row < p->rows; row++) {
        int64_t ticks = v->axis.top_ticks - (row - 2) * v->axis.group;
        if (ticks > 0) {
            draw_row(p, v, row, ticks, &c, stale);
        }
    }
}

void panel_book_touch(const struct pane *p, const struct view *v)
{
    const struct snap_instrument *i = view_focus(v);
    bool stale = view_book_stale(v, i);
    char buf[FORMAT_MAX];
    draw_title(p, v, stale);
    for (int k = 0; k + 1 < p->rows && k < SNAP_LEVELS; k++) {
        char own[2 * FORMAT_MAX];
        int row = k + 1;
        if ((uint32_t)k < i->bids) {
            pane_text(p, row, 8, stale ? ROLE_STALE : ROLE_BID,
                      format_qty(buf, 9, &i->def, i->bid[k].lots, 0));
            pane_text(p, row, 18, stale ? ROLE_STALE : ROLE_BID,
                      format_price(buf, 10, &i->def, i->bid[k].ticks, 0));
            if (own_text(own, sizeof own, v, i->bid[k].ticks, 1, true)) {
                pane_right(p, row, 8, ROLE_OWN, own);
            }
        }
        pane_glyph(p, row, 29, ROLE_LABEL, GLYPH_VLINE);
        if ((uint32_t)k < i->asks) {
            pane_text(p, row, 30, stale ? ROLE_STALE : ROLE_ASK,
                      format_price(buf, 10, &i->def, i->ask[k].ticks, 0));
            pane_text(p, row, 41, stale ? ROLE_STALE : ROLE_ASK,
                      format_qty(buf, 9, &i->def, i->ask[k].lots, 0));
            if (own_text(own, sizeof own, v, i->ask[k].ticks, 1, false)) {
                pane_right(p, row, 59, ROLE_OWN, own);
            }
        }
    }
}
