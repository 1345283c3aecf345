// SPDX-License-Identifier: Apache-2.0
// keys: the one table of key bindings. The dispatcher and the help overlay both read it.
#ifndef TT_TUI_KEYS_H
#define TT_TUI_KEYS_H

#include <stddef.h>

#include "tui/ui.h"

enum key_group { KEYS_EMERGENCY, KEYS_TRADE, KEYS_MOVE, KEYS_OTHER, KEYS_REPLAY, KEYS_GROUPS };

struct binding {
    int code;  // enum term_key or character
    int value; // TK_CTRL: the control byte
    enum key_group group;
    const char *name, *help; // help NULL: another way to the binding above, not listed
    void (*act)(struct ui *ui, const struct ui_world *w, int code);
};

const struct binding *keys_table(size_t *n);
const char *keys_group_name(enum key_group g);
// The binding of a key in the deck and the views, NULL when it has none.
const struct binding *keys_find(const struct key *k);

// The actions, by subject (ui_trade.c, ui_move.c).
void act_kill(struct ui *ui, const struct ui_world *w, int code);
void act_pull(struct ui *ui, const struct ui_world *w, int code);
void act_cancel(struct ui *ui, const struct ui_world *w, int code);
void act_pause(struct ui *ui, const struct ui_world *w, int code);
void act_size(struct ui *ui, const struct ui_world *w, int code);
void act_spread(struct ui *ui, const struct ui_world *w, int code);
void act_undo(struct ui *ui, const struct ui_world *w, int code);
void act_ack(struct ui *ui, const struct ui_world *w, int code);
void act_shelve(struct ui *ui, const struct ui_world *w, int code);
void act_export(struct ui *ui, const struct ui_world *w, int code);
void act_focus(struct ui *ui, const struct ui_world *w, int code);
void act_view(struct ui *ui, const struct ui_world *w, int code);
void act_scroll(struct ui *ui, const struct ui_world *w, int code);
void act_escape(struct ui *ui, const struct ui_world *w, int code);
void act_overlay(struct ui *ui, const struct ui_world *w, int code);
void act_repaint(struct ui *ui, const struct ui_world *w, int code);
void act_suspend(struct ui *ui, const struct ui_world *w, int code);
void act_transport(struct ui *ui, const struct ui_world *w, int code);

// Pause or resume the maker of an instrument, with its confirmation in LIVE and its undo. Used by `p` and the
// palette.
void trade_pause(struct ui *ui, const struct ui_world *w, int instrument, bool resume);
void trade_size(struct ui *ui, const struct ui_world *w, int step);
void trade_spread(struct ui *ui, const struct ui_world *w, int step);

#endif
