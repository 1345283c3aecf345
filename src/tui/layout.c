// SPDX-License-Identifier: Apache-2.0
// layout: see layout.h. A column is a stack of panels with a least and a greatest height; rows that are left
// over are dealt one at a time in the order of the stack's wishes, and the last panel takes the rest.
#include "tui/layout.h"

#include <string.h>

enum { STACK_MAX = 6 };

struct slot {
    enum panel_id id;
    int min, max; // rows with the title
};

// Give each panel its least height, then deal the rest; the filler (last slot) takes what nobody wants.
static void stack(struct layout *l, const struct slot *slots, int n, struct rect area)
{
    int height[STACK_MAX];
    int left = area.rows;
    for (int i = 0; i < n; i++) {
        height[i] = slots[i].min < left ? slots[i].min : left;
        left -= height[i];
    }
    for (bool dealt = true; left > 0 && dealt;) {
        dealt = false;
        for (int i = 0; i < n && left > 0; i++) {
            if (height[i] < slots[i].max) {
                height[i]++;
                left--;
                dealt = true;
            }
        }
    }
    height[n - 1] += left;
    int row = area.row;
    for (int i = 0; i < n; i++) {
        l->panel[slots[i].id] = (struct rect){row, area.col, height[i], area.cols};
        row += height[i];
    }
}

static void compact(struct layout *l)
{
    struct rect b = l->body;
    int position = 3;
    l->panel[PANEL_BOOK] = (struct rect){b.row, b.col, b.rows - position, b.cols};
    l->panel[PANEL_POSITION] = (struct rect){b.row + b.rows - position, b.col, position, b.cols};
}

static const struct slot SIDE[] = {
    {PANEL_FEATURES, 4, 12}, {PANEL_MODEL, 2, 2},  {PANEL_STRATEGIES, 3, 6},
    {PANEL_POSITION, 4, 4},  {PANEL_LIMITS, 3, 9}, {PANEL_ALERTS, 2, 2},
};

static void two(struct layout *l)
{
    struct rect b = l->body;
    int extra = l->cols - 80;
    int left = 41 + (extra < 20 ? extra : 20);
    int tape = 4 + (b.rows - 18) / 4;
    l->panel[PANEL_BOOK] = (struct rect){b.row, 0, b.rows - tape, left};
    l->panel[PANEL_TAPE] = (struct rect){b.row + b.rows - tape, 0, tape, left};
    stack(l, SIDE, 6, (struct rect){b.row, left + 1, b.rows, l->cols - left - 1});
    l->rule[0] = (struct rule_line){left, b.row, b.rows};
}

static void three(struct layout *l)
{
    struct rect b = l->body;
    int left = 48;
    int right = 44 + (l->cols - 120) / 4;
    int middle = l->cols - left - right - 2;
    l->panel[PANEL_BOOK] = (struct rect){b.row, 0, b.rows, left};
    int orders = b.rows / 3;
    l->panel[PANEL_TAPE] = (struct rect){b.row, left + 1, b.rows - orders, middle};
    l->panel[PANEL_ORDERS] = (struct rect){b.row + b.rows - orders, left + 1, orders, middle};
    stack(l, SIDE, 6, (struct rect){b.row, left + middle + 2, b.rows, right});
    l->rule[0] = (struct rule_line){left, b.row, b.rows};
    l->rule[1] = (struct rule_line){left + middle + 1, b.row, b.rows};
}

static const struct slot WIDE_MIDDLE[] = {
    {PANEL_FEATURES, 15, 21},
    {PANEL_MODEL, 2, 2},
    {PANEL_LATENCY, 12, 12},
    {PANEL_TAPE, 7, 7},
};
static const struct slot WIDE_RIGHT[] = {
    {PANEL_STRATEGIES, 7, 8},
    {PANEL_POSITION, 9, 13},
    {PANEL_LIMITS, 9, 9},
    {PANEL_ORDERS, 6, 6},
};

static void wide(struct layout *l, enum view_id view)
{
    struct rect b = l->body;
    int right = 54 + (l->cols - 160) / 4;
    int left = 52;
    int middle = l->cols - left - right - 2;
    int alerts = 5 + (b.rows - 43) / 6;
    int upper = b.rows - alerts;
    int right_col = left + middle + 2;
    stack(l, WIDE_RIGHT, 4, (struct rect){b.row, right_col, upper, right});
    l->rule[1] = (struct rule_line){right_col - 1, b.row, view == VIEW_DECK ? upper : b.rows};
    if (view != VIEW_DECK) {
        l->zoom = (struct rect){b.row, 0, b.rows, right_col - 1};
        l->panel[PANEL_ALERTS] = (struct rect){b.row + upper, right_col, alerts, right};
        return;
    }
    l->panel[PANEL_BOOK] = (struct rect){b.row, 0, b.rows, left};
    stack(l, WIDE_MIDDLE, 4, (struct rect){b.row, left + 1, upper, middle});
    l->panel[PANEL_ALERTS] = (struct rect){b.row + upper, left + 1, alerts, l->cols - left - 1};
    l->rule[0] = (struct rule_line){left, b.row, b.rows};
}

static enum layout_kind kind_of(int rows, int cols)
{
    if (cols < 60 || rows < 16) {
        return LAYOUT_LINE;
    }
    if (cols < 80 || rows < 24) {
        return LAYOUT_COMPACT;
    }
    if (cols >= 160 && rows >= 48) {
        return LAYOUT_WIDE;
    }
    return cols >= 120 ? LAYOUT_THREE : LAYOUT_TWO;
}

void layout_compute(struct layout *l, int rows, int cols, enum view_id view, bool hint)
{
    memset(l, 0, sizeof *l);
    l->kind = kind_of(rows, cols);
    l->rows = rows;
    l->cols = cols;
    l->hint_row = l->source_row = l->echo_row = l->keys_row = -1;
    if (l->kind == LAYOUT_LINE) {
        return;
    }
    l->keys_row = rows - 1;
    l->echo_row = rows - 2;
    l->source_row = rows - 3;
    l->hint_row = hint && l->kind != LAYOUT_COMPACT ? rows - 4 : -1;
    int end = l->hint_row >= 0 ? l->hint_row : l->source_row;
    l->body = (struct rect){2, 0, end - 2, cols};
    l->deck_line = view == VIEW_DECK && l->kind != LAYOUT_COMPACT;
    if (l->kind == LAYOUT_WIDE) {
        l->deck_line = true; // the right column with the position stays in every view
        wide(l, view);
    } else if (view != VIEW_DECK) {
        l->zoom = l->body;
    } else if (l->kind == LAYOUT_COMPACT) {
        compact(l);
    } else if (l->kind == LAYOUT_TWO) {
        two(l);
    } else {
        three(l);
    }
}
