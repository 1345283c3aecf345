// SPDX-License-Identifier: Apache-2.0
// keys: see keys.h. F is the only capital letter, and lower-case f is bound to nothing, so that Caps Lock
// cannot turn a command into a flatten.
#include "tui/keys.h"

enum { CTRL_C = 3, CTRL_L = 12, CTRL_Z = 26 };

static const struct binding TABLE[] = {
    {TK_KILL, 0, KEYS_EMERGENCY, "F", "cancel all, close all, stop; in every screen, dialog and field",
     act_kill},
    {' ', 0, KEYS_EMERGENCY, "Space", "pull all quotes, pause all, keep positions; a blank in text fields",
     act_pull},
    {'x', 0, KEYS_EMERGENCY, "x", "cancel all orders of the symbol in focus", act_cancel},
    {'p', 0, KEYS_TRADE, "p", "pause / resume the maker", act_pause},
    {'-', 0, KEYS_TRADE, "-", "order size down (x0.8)", act_size},
    {'+', 0, KEYS_TRADE, "+", "order size up (x1.25)", act_size},
    {'=', 0, KEYS_TRADE, "=", NULL, act_size},
    {'[', 0, KEYS_TRADE, "[ ]", "spread narrower / wider", act_spread},
    {']', 0, KEYS_TRADE, "]", NULL, act_spread},
    {'z', 0, KEYS_TRADE, "z", "undo, within 60 s", act_undo},
    {TK_TAB, 0, KEYS_MOVE, "Tab", "next symbol, Shift-Tab back", act_focus},
    {TK_BACKTAB, 0, KEYS_MOVE, "Shift-Tab", NULL, act_focus},
    {'1', 0, KEYS_MOVE, "1 5 8", "deck, orders, latency", act_view},
    {'2', 0, KEYS_MOVE, "2", NULL, act_view},
    {'3', 0, KEYS_MOVE, "3", NULL, act_view},
    {'4', 0, KEYS_MOVE, "4", NULL, act_view},
    {'5', 0, KEYS_MOVE, "5", NULL, act_view},
    {'6', 0, KEYS_MOVE, "6", NULL, act_view},
    {'7', 0, KEYS_MOVE, "7", NULL, act_view},
    {'8', 0, KEYS_MOVE, "8", NULL, act_view},
    {'9', 0, KEYS_MOVE, "9", NULL, act_view},
    {'0', 0, KEYS_MOVE, "0", NULL, act_view},
    {'j', 0, KEYS_MOVE, "j k", "move in the list", act_scroll},
    {'k', 0, KEYS_MOVE, "k", NULL, act_scroll},
    {TK_DOWN, 0, KEYS_MOVE, "Down", NULL, act_scroll},
    {TK_UP, 0, KEYS_MOVE, "Up", NULL, act_scroll},
    {TK_PAGE_DOWN, 0, KEYS_MOVE, "PgDn", NULL, act_scroll},
    {TK_PAGE_UP, 0, KEYS_MOVE, "PgUp", NULL, act_scroll},
    {TK_HOME, 0, KEYS_MOVE, "Home", NULL, act_scroll},
    {TK_ESC, 0, KEYS_MOVE, "Esc", "back; never quits", act_escape},
    {':', 0, KEYS_OTHER, ":", "command; Tab completes", act_overlay},
    {'a', 0, KEYS_OTHER, "a", "acknowledge newest alarm", act_ack},
    {'s', 0, KEYS_OTHER, "s", "shelve newest alarm", act_shelve},
    {'e', 0, KEYS_OTHER, "e", "export the session", act_export},
    {'?', 0, KEYS_OTHER, "?", "this help; :log what was done", act_overlay},
    {TK_CTRL, CTRL_L, KEYS_OTHER, "Ctrl-L", "repaint", act_repaint},
    {'q', 0, KEYS_OTHER, "q", "quit; asks first", act_overlay},
    {TK_CTRL, CTRL_C, KEYS_OTHER, "Ctrl-C", NULL, act_overlay},
    {TK_CTRL, CTRL_Z, KEYS_OTHER, "Ctrl-Z", NULL, act_suspend},
    {'r', 0, KEYS_REPLAY, "r", "run / hold", act_transport},
    {',', 0, KEYS_REPLAY, ", .", "slower / faster", act_transport},
    {'.', 0, KEYS_REPLAY, ".", NULL, act_transport},
    {'<', 0, KEYS_REPLAY, "< >", "step back / forward", act_transport},
    {'>', 0, KEYS_REPLAY, ">", NULL, act_transport},
};

const struct binding *keys_table(size_t *n)
{
    *n = sizeof TABLE / sizeof *TABLE;
    return TABLE;
}

const char *keys_group_name(enum key_group g)
{
    static const char *const NAME[KEYS_GROUPS] = {"EMERGENCY", "TRADE", "MOVE", "OTHER", "REPLAY"};
    return NAME[g];
}

const struct binding *keys_find(const struct key *k)
{
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        if (TABLE[i].code == k->code && (k->code != TK_CTRL || TABLE[i].value == k->value)) {
            return &TABLE[i];
        }
    }
    return NULL;
}
