// SPDX-License-Identifier: Apache-2.0
// ws_links: libwebsockets as the hot thread's one poll loop: the market and user WebSocket links, the order
// connection's socket (adopted as a raw descriptor), the operator line's eventfd and one timer. It moves
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

enum { WS_MESSAGE_MAX = 4 * 1024 * 1024, WS_PADDING = 16, WS_ORDER_SOCKETS = 2 };

struct ws_links_callbacks {
    void *ctx;
    void (*open)(void *ctx, enum link_id link);
    // One whole text message; WS_PADDING readable bytes follow. received_ns: when its first bytes were handed
    // to us.
    void (*text)(void *ctx, enum link_id link, const char *text, size_t n, int64_t received_ns);
    void (*closed)(void *ctx, enum link_id link, const char *reason);
    void (*wake)(void *ctx);
    void (*timer)(void *ctx);
    void (*order_io)(void *ctx, int which); // an order connection's socket is readable or writable
};

struct ws_links_config {
    const char *host; // address and certificate name of the streams
    uint16_t port;
    bool tls;
    const char *ca_pem; // trust this certificate only; NULL: the system's store
    int wake_fd;        // eventfd to watch
    struct ws_links_callbacks on;
};

struct ws_links;

struct ws_links *ws_links_new(const struct ws_links_config *c, struct error *e);
void ws_links_free(struct ws_links *w);

// Start connecting LINK_MARKET or LINK_USER to a path; the outcome arrives as open or closed.
bool ws_links_connect(struct ws_links *w, enum link_id link, const char *path);
void ws_links_close(struct ws_links *w, enum link_id link);
// Queue a text message (at most 2048 bytes, 8 waiting); false when full or not open.
bool ws_links_send(struct ws_links *w, enum link_id link, const char *text, size_t n);

// For order connection `which` (0, 1): watch this socket (a duplicate is taken) for reading, and for writing
// once when want_write. -1: none.
void ws_links_watch_order(struct ws_links *w, int which, int fd, bool want_write);
// Call timer() at this monotonic time or earlier; only ever brings the next call forward.
void ws_links_arm(struct ws_links *w, int64_t deadline_ns);

// One round: waits (spin: does not wait), then calls back. False when the loop itself is broken.
bool ws_links_service(struct ws_links *w, bool spin);
uint64_t ws_links_bytes(const struct ws_links *w);
int64_t ws_links_last_ns(const struct ws_links *w,
                         enum link_id link); // monotonic time of the last byte; 0 never

#endif
