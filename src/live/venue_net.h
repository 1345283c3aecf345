// SPDX-License-Identifier: Apache-2.0
// venue_net: the sockets of the embedded venue: listening on loopback, TLS, HTTP/1.1 and WebSocket
// connections of one site. What a request or message means is the server's business (venue_server.c), which
// also waits: one poll for all its sites.
//
// Outgoing bytes are gathered per connection and written once per pass: everything that happened at one
// moment is one TLS record, or few. A queue is bounded: a reader slower than its stream is cut off, it never
// holds up the venue. Only the user who started the venue may connect (where the kernel tells whose a
// loopback connection is). Owner: one thread.
#ifndef TT_LIVE_VENUE_NET_H
#define TT_LIVE_VENUE_NET_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "live/venue_http.h"

enum { VENUE_CONNS_MAX = 64, VENUE_WATCH_MAX = VENUE_CONNS_MAX + 1, VENUE_OUT_MAX = 8 * 1024 * 1024 };

struct venue_net;

struct venue_net_handler {
    void *ctx;
    // A whole request: answer it with venue_net_answer, or turn it into a WebSocket with venue_net_upgrade.
    void (*request)(void *ctx, int conn, const struct venue_request *r);
    // A text message of a WebSocket; false: cut the connection.
    bool (*message)(void *ctx, int conn, const char *text, size_t n);
    // A ping or pong of a WebSocket; false: cut the connection. May be NULL.
    bool (*control)(void *ctx, int conn);
    void (*closed)(void *ctx, int conn);
};

struct venue_net_config {
    uint16_t port;          // 0: any free one
    struct ssl_ctx_st *tls; // shared by reference; NULL: plain
    int64_t ping_ns;        // WebSockets: ping so often,
    int64_t pong_ns;        // cut when no pong came for so long,
    int64_t ws_life_ns;     // and cut at this age (venue-api.md 5.1)
};

struct venue_net *venue_net_new(const struct venue_net_config *c, const struct venue_net_handler *h,
                                struct error *e); // NULL with *e
void venue_net_free(struct venue_net *n);
uint16_t venue_net_port(const struct venue_net *n);
int venue_net_clients(const struct venue_net *n);

void venue_net_answer(struct venue_net *n, int conn, struct venue_answer_head h, const char *body,
                      size_t body_len);
void venue_net_upgrade(struct venue_net *n, int conn, const char *ws_key);
struct venue_piece {
    const char *p;
    size_t n;
};
// Queue one text frame made of these pieces; false: the connection is gone or was cut for being too slow.
bool venue_net_send(struct venue_net *n, int conn, const struct venue_piece *piece, size_t count);
void venue_net_close(struct venue_net *n, int conn);
// Orderly end of a WebSocket: what is queued, a close frame with this code (RFC 6455, 7.4), then the end.
void venue_net_end(struct venue_net *n, int conn, uint16_t code);
// Write what is queued.
void venue_net_flush(struct venue_net *n);

// What to poll for: fills p[0 .. VENUE_WATCH_MAX), returns how many.
size_t venue_net_watch(struct venue_net *n, struct pollfd *p);
// Serve what the poll of just these found (their revents; all zero: only the clock moved): requests are
// answered and written in this pass. mono_ns: now, monotonic.
void venue_net_serve(struct venue_net *n, const struct pollfd *p, size_t count, int64_t mono_ns);

#endif
