// SPDX-License-Identifier: Apache-2.0
// venue_server: the embedded venue as one process serves it: up to three sites (Aster futures, Aster spot,
// Binance USD-M; venue-api.md), each a simulated exchange of its own on a loopback port of its own, fed by a
// market player. Ties venue_net (sockets), venue_rest (REST) and the streams together; the market is in
// market_player, the trading in engine/exchange. One wallet and one API key open all sites.
//
// Written on OpenSSL and poll instead of libwebsockets: signatures are over the query's own bytes, which lws
// decodes away; DELETE carries a body; and all that happens at one moment leaves in one TLS record per
// client. Owner: the one thread of the venue process.
#ifndef TT_LIVE_VENUE_SERVER_H
#define TT_LIVE_VENUE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "live/venue_hello.h"

enum { POST_ONLY_BY_SITE = UINT8_MAX };

struct venue_server_config {
    const char *const *markets; // tape files
    size_t market_count;
    int32_t speed_milli;        // 1000: real time
    bool site[VENUE_COUNT];     // which to serve; none: those that the tapes feed
    uint16_t port[VENUE_COUNT]; // of the sites served, in order; 0: any free one
    uint32_t ports;             // given: 0 none, 1 the first one's (the others follow), else one for each
    bool plain;                 // HTTP and WS without TLS
    int64_t wallet_e8;
    int64_t maker_fee_e8, taker_fee_e8; // 0: the instruments' own
    uint8_t post_only_form;             // exchange.h; POST_ONLY_BY_SITE: -5022 at Binance, else EXPIRED
    int32_t weight_limit, order_limit;  // per minute; 0: as the site's venue has it
    int64_t nonce_window_ms;
    int64_t ping_ns, pong_ns;  // of WebSockets; 0: as the site's venue has it
    int64_t ws_life_ns;        // a WebSocket is cut at this age
    int64_t listen_key_ns;     // how long a listen key lives
    int64_t funding_period_ns; // 0: as the symbols have it
    int parent_fd;             // -1: none; otherwise its end of file means that the parent is gone
    int64_t linger_ns;         // after the parent is gone: stay so long after the last client left
    int64_t run_ns;            // 0: until told to stop
    const char *const *faults; // commands carried out at the start (venue_command.h), as `fault ...`
    size_t fault_count;
    uint64_t fault_seed;
    const char *control_path; // unix socket for the process's owner; NULL: none
};

void venue_server_config_default(struct venue_server_config *c);

struct venue_server;

// Opens market and ports, makes certificate and wallet, fills the hello. NULL with *e.
struct venue_server *venue_server_new(const struct venue_server_config *c, struct venue_hello *hello,
                                      struct error *e);
// Serve until stop_fd is readable, the parent is gone for long enough, or the time is over. False with *e:
// the market could not be read on (events before that were whole).
bool venue_server_run(struct venue_server *s, int stop_fd, struct error *e);
void venue_server_free(struct venue_server *s);

// What venue_server_run is made of, for the simulator, which has no sockets to wait for: the market begins
// now; do everything that is due and return the nanoseconds until the next thing is (at most a second).
void venue_server_begin(struct venue_server *s);
int64_t venue_server_advance(struct venue_server *s);

#endif
