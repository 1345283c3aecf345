// SPDX-License-Identifier: Apache-2.0
// hosts: where each venue lives on each network (venue-api.md 1.1, facts as of November 2026), and the one
// reader of addresses. [venue.NAME] rest and ws in the configuration override the table.
#ifndef TT_CONFIG_HOSTS_H
#define TT_CONFIG_HOSTS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

struct url {
    char host[128]; // name or literal address, without brackets
    uint16_t port;  // 443 and 80 by scheme when not given
    bool tls;       // https, wss
    bool ws;        // ws, wss
};

// "https://host[:port]" and the like; no path, user or query. False when it is anything else.
bool url_parse(struct url *u, const char *text);
// 127.0.0.0/8, ::1, localhost.
bool url_is_loopback(const struct url *u);

struct venue_hosts {
    const char *rest, *ws;
};
// network: NETWORK_MAINNET or NETWORK_TESTNET.
struct venue_hosts venue_hosts(enum venue_id venue, enum network network);

#endif
