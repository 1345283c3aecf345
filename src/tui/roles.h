// SPDX-License-Identifier: Apache-2.0
// roles: what a cell means. The screen turns a role into attributes (console-design.md 3); panels never name
// a colour, and every role has a word or mark beside it, so that the screen can be read with all attributes
// removed.
#ifndef TT_TUI_ROLES_H
#define TT_TUI_ROLES_H

enum role {
    ROLE_TEXT,
    ROLE_LABEL, // grid, titles, units
    ROLE_BID,
    ROLE_ASK,
    ROLE_OWN,    // own orders
    ROLE_STRONG, // state words
    ROLE_ALARM_HIGH,
    ROLE_ALARM_MEDIUM,
    ROLE_ALARM_LOW,
    ROLE_STALE,
    ROLE_MODE_LIVE, // the reversed line of real money
    ROLE_INPUT,     // text field, dialog
    ROLE_COUNT
};

struct role_look {
    short foreground; // palette index, -1 the terminal's own
    unsigned bold : 1, dim : 1, reverse : 1, underline : 1;
};

// colours: what the terminal offers (0: none, or not wanted).
struct role_look role_look(enum role role, int colours);

#endif
