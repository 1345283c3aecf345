// SPDX-License-Identifier: Apache-2.0
// terminfo: what the console asks of the terminal description beyond ncurses' own calls.
#ifndef TT_TUI_TERMINFO_H
#define TT_TUI_TERMINFO_H

#include <stdbool.h>
#include <stddef.h>

// Does terminfo know this terminal, and can it place the cursor and clear the screen?
bool terminfo_usable(const char *name, int fd);
// After newterm: the strings that leave the screen.
void terminfo_leave_text(char *buf, size_t cap);

#endif
