// SPDX-License-Identifier: Apache-2.0
// market_path: where the shipped markets lie: beside the build tree, or where `make install` put them.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "live/market_player.h"

static const char *const SHIPPED[MARKET_DEFAULTS] = {"usdm-20240808.tape", "spot-20240808.tape",
                                                     "coinm-20240808.tape"};

static void default_path(const char *name, char *to, size_t cap)
{
    static const char *const FOLDERS[] = {"../config/market",
                                          "../share/ticktower/market"}; // from the program
    char exe[2048];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    char *slash = n > 0 ? (exe[n] = 0, strrchr(exe, '/')) : NULL;
    for (size_t i = 0; slash && i < sizeof FOLDERS / sizeof FOLDERS[0]; i++) {
        snprintf(to, cap, "%.*s/%s/%s", (int)(slash - exe), exe, FOLDERS[i], name);
        if (access(to, R_OK) == 0) {
            return;
        }
    }
    snprintf(to, cap, "config/market/%s", name);
}

size_t market_default_paths(struct market_defaults *d, const char *paths[MARKET_DEFAULTS])
{
    for (size_t i = 0; i < MARKET_DEFAULTS; i++) {
        default_path(SHIPPED[i], d->path[i], sizeof d->path[i]);
        paths[i] = d->path[i];
    }
    return MARKET_DEFAULTS;
}
