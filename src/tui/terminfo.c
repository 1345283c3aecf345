// SPDX-License-Identifier: Apache-2.0
// terminfo: the few things that need term.h, whose macros would pollute everything else.
#include "tui/terminfo.h"

#include <curses.h>
#include <string.h>
#include <term.h>

bool terminfo_usable(const char *name, int fd)
{
    int status = 0;
    if (!name || setupterm(name, fd, &status) != OK || !cur_term) {
        return false;
    }
    bool usable = cursor_address != NULL && clear_screen != NULL;
    del_curterm(cur_term);
    return usable;
}

static size_t add(char *buf, size_t n, size_t cap, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    if (n + len + 1 > cap) {
        return n;
    }
    memcpy(buf + n, text ? text : "", len);
    buf[n + len] = 0;
    return n + len;
}

void terminfo_leave_text(char *buf, size_t cap)
{
    size_t n = add(buf, 0, cap, "");
    n = add(buf, n, cap, exit_attribute_mode);
    n = add(buf, n, cap, exit_ca_mode);
    add(buf, n, cap, cursor_normal);
}
