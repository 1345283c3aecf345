// SPDX-License-Identifier: Apache-2.0
// layout: which panel stands where, for every size of the screen (console-design.md 4.4). Pure arithmetic.
//
// Rows from the top: two status lines, the body, the hint line (only while an instrument cannot be quoted),
// the source line (what is being played), the echo, the keys. Panels in the body include their title row.
#ifndef TT_TUI_LAYOUT_H
#define TT_TUI_LAYOUT_H

#include <stdbool.h>

enum layout_kind {
    LAYOUT_LINE,    // under 60x16: one line
    LAYOUT_COMPACT, // 60x16 .. 79x23
    LAYOUT_TWO,     // 80x24 and wider: ladder and tape left, the rest right
    LAYOUT_THREE,   // from 120 columns
    LAYOUT_WIDE     // 160x48 and more: everything
};

enum panel_id {
    PANEL_BOOK,
    PANEL_TAPE,
    PANEL_FEATURES,
    PANEL_MODEL,
    PANEL_STRATEGIES,
    PANEL_POSITION,
    PANEL_LIMITS,
    PANEL_LATENCY,
    PANEL_ORDERS,
    PANEL_ALERTS,
    PANEL_COUNT
};

enum view_id { VIEW_DECK = 1, VIEW_ORDERS = 5, VIEW_LATENCY = 8 };

struct rect {
    int row, col, rows, cols; // rows 0: not shown
};

struct rule_line {
    int col, row, rows; // vertical line; rows 0: none
};

struct layout {
    enum layout_kind kind;
    int rows, cols;
    bool deck_line; // status line 2 is that of the deck (else it carries position and P&L)
    struct rect panel[PANEL_COUNT];
    struct rect zoom; // where a view other than the deck draws; rows 0 in the deck
    struct rect body;
    struct rule_line rule[2];
    int hint_row, source_row, echo_row, keys_row; // -1: not shown
};

void layout_compute(struct layout *l, int rows, int cols, enum view_id view, bool hint);

#endif
