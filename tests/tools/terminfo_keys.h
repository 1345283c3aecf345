// SPDX-License-Identifier: Apache-2.0
// terminfo_keys: all key strings that terminfo knows of a terminal, its extended ones included.
#ifndef TT_TESTS_TOOLS_TERMINFO_KEYS_H
#define TT_TESTS_TOOLS_TERMINFO_KEYS_H

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>

enum { TERMINFO_KEYS_MAX = 512 };

static size_t terminfo_add(const char *name, char **keys, size_t n)
{
    const char *s = tigetstr(name);
    if (!s || s == (const char *)-1 || !*s || n == TERMINFO_KEYS_MAX) {
        return n;
    }
    keys[n] = strdup(s);
    return n + 1;
}

// Fills keys; returns how many. They are the caller's: terminfo_keys_free.
static inline size_t terminfo_keys(const char *term, char **keys)
{
    static const char *const EXTENDED[] = {"kDC",  "kDN",  "kEND", "kHOM", "kIC",
                                           "kLFT", "kNXT", "kPRV", "kRIT", "kUP"};
    int status;
    size_t n = 0;
    if (setupterm(term, 1, &status) != OK) {
        return 0;
    }
    for (int i = 0; strnames[i]; i++) {
        if (strnames[i][0] == 'k') {
            n = terminfo_add(strnames[i], keys, n);
        }
    }
    for (size_t i = 0; i < sizeof EXTENDED / sizeof *EXTENDED; i++) {
        for (char m = '3'; m <= '8'; m++) {
            char name[8] = {0};
            strcpy(name, EXTENDED[i]);
            name[strlen(name)] = m;
            n = terminfo_add(name, keys, n);
        }
    }
    return n;
}

static inline void terminfo_keys_free(char **keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(keys[i]);
    }
}

#endif
