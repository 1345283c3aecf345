// SPDX-License-Identifier: Apache-2.0
// venue_peer: whose is a loopback TCP connection? The kernel lists the owner of every socket in
// /proc/net/tcp.
#ifndef TT_LIVE_VENUE_PEER_H
#define TT_LIVE_VENUE_PEER_H

#include <stdbool.h>
#include <stdint.h>

// True when the socket at the other end of a 127.0.0.1 connection (its port, our port) belongs to our user or
// to root, or when the kernel does not tell.
bool venue_peer_is_ours(uint16_t peer_port, uint16_t our_port);

#endif
