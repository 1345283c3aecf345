// SPDX-License-Identifier: Apache-2.0
// ws_links: libwebsockets as the hot thread's one poll loop: the WebSocket links of every venue (each link
// twice, so that a planned change of connection can open the second before it closes the first), the order
// connections' sockets (adopted as raw descriptors), the operator line's eventfd and one timer. It moves
// bytes and tells what happened; it decides nothing.
//
// Owner: the thread that calls ws_links_service; all callbacks run inside it.
#ifndef TT_LIVE_WS_LINKS_H
#define TT_LIVE_WS_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/event.h"

enum { WS_MESSAGE_MAX = 4 * 1024 * 1024, WS_PADDING = 16, WS_WHICH = 2, WS_ORDER_SOCKETS = 2 };

// One WebSocket connection: whose, what it carries, and which of the link's two it is.
struct ws_at {
    uint8_t venue; // enum venue_id
    uint8_t link;  // enum link_id: one that is a WebSocket
    uint8_t which; // 0, 1
};

struct ws_links_callbacks {
    void *ctx;
    void (*open)(void *ctx, struct ws_at at);
    // One whole text message; WS_PADDING readable bytes follow. received_ns: when its first bytes were handed
    // to us.
    void (*text)(void *ctx, struct ws_at at, const char *text, size_t n, int64_t received_ns);
    void (*closed)(void *ctx, struct ws_at at, const char *reason);
    void (*wake)(void *ctx);
    void (*timer)(void *ctx);
    // An order connection's socket is readable or writable.
    void (*order_io)(void *ctx, uint8_t venue, int which);
};

struct ws_site {
    const char *host; // address and certificate name of the streams; NULL: this venue is not used
    uint16_t port;
    bool tls;
    const char *ca_pem; // trust this certificate only; NULL: the system's store
};

struct ws_links_config {
    struct ws_site site[VENUE_COUNT]; // by enum venue_id; at least one is used
    int wake_fd;                      // eventfd to watch
    struct ws_links_callbacks on;
};

struct ws_links;

struct ws_links *ws_links_new(const struct ws_links_config *c, struct error *e);
void ws_links_free(struct ws_links *w);

// Start connecting to a path; the outcome arrives as open or closed. The first time allocates.
bool ws_links_connect(struct ws_links *w, struct ws_at at, const char *path);
void ws_links_close(struct ws_links *w, struct ws_at at);
// Queue a text message (at most 2048 bytes, 8 waiting); false when full or not open.
bool ws_links_send(struct ws_links *w, struct ws_at at, const char *text, size_t n);

// For order connection `which` (0, 1) of a venue: watch this socket (a duplicate is taken) for reading, and
// for writing once when want_write. -1: none.
void ws_links_watch_order(struct ws_links *w, uint8_t venue, int which, int fd, bool want_write);
// Call timer() at this monotonic time or earlier; only ever brings the next call forward.
void ws_links_arm(struct ws_links *w, int64_t deadline_ns);

// One round: waits (spin: does not wait), then calls back. False when the loop itself is broken.
bool ws_links_service(struct ws_links *w, bool spin);
uint64_t ws_links_bytes(const struct ws_links *w);
// Monotonic time of the last byte on either connection of a link; 0 never.
int64_t ws_links_last_ns(const struct ws_links *w, uint8_t venue, enum link_id link);

#endif
