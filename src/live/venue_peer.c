// SPDX-License-Identifier: Apache-2.0
#include "live/venue_peer.h"

#include <stdio.h>
#include <unistd.h>

enum { LINES_MAX = 100000 };

bool venue_peer_is_ours(uint16_t peer_port, uint16_t our_port)
{
    FILE *f = fopen("/proc/net/tcp", "re");
    if (!f) {
        return true;
    }
    char line[512];
    bool ours = true;
    for (int i = 0; i < LINES_MAX && fgets(line, sizeof line, f); i++) {
        unsigned local, local_port, remote, remote_port, uid;
        if (sscanf(line, " %*d: %x:%x %x:%x %*x %*x:%*x %*x:%*x %*x %u", &local, &local_port, &remote,
                   &remote_port, &uid) == 5 &&
            local_port == peer_port && remote_port == our_port) {
            ours = uid == 0 || uid == (unsigned)geteuid();
            break;
        }
    }
    fclose(f);
    return ours;
}
