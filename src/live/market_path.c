// SPDX-License-Identifier: Apache-2.0
// market_path: where the shipped market lies: beside the build tree, or where `make install` put it.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "live/market_player.h"

#define SHIPPED "usdm-20240808.tape"

void market_default_path(char *to, size_t cap)
{
    static const char *const FOLDERS[] = {"../config/market",
                                          "../share/ticktower/market"}; // from the program
    char exe[2048];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    char *slash = n > 0 ? (exe[n] = 0, strrchr(exe, '/')) : NULL;
    for (size_t i = 0; slash && i < sizeof FOLDERS / sizeof FOLDERS[0]; i++) {
        snprintf(to, cap, "%.*s/%s/%s", (int)(slash - exe), exe, FOLDERS[i], SHIPPED);
        if (access(to, R_OK) == 0) {
            return;
        }
    }
    snprintf(to, cap, "config/market/%s", SHIPPED);
}
