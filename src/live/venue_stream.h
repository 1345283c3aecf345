// SPDX-License-Identifier: Apache-2.0
// venue_stream: who listens to what on one site: stream paths, the subscriptions of each WebSocket, its
// control messages and their limits, and the fan-out of one event to all who want it. venue-api.md 1.3, 5.
//
// A name nobody publishes is accepted and stays silent, as at the real venue; so is, at Binance, a stream of
// another path prefix, and a /market stream on the retired paths without prefix. Owner: one thread.
#ifndef TT_LIVE_VENUE_STREAM_H
#define TT_LIVE_VENUE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/exchange/exchange.h"
#include "live/venue_channel.h"
#include "live/venue_net.h"

enum { STREAMS_MAX = 1024, STREAM_NAME_MAX = 72, MESSAGES_MAX = 10 };

struct subscription {
    char name[STREAM_NAME_MAX]; // as the client wrote it
    int32_t channel;            // index, or below 0: enum silent
};

struct stream_client {
    bool active, user; // user: the account's stream
    bool combined;
    uint8_t routes; // enum channel_route: what this path carries
    uint32_t count, cap;
    struct subscription *sub;
    int64_t message_ns[MESSAGES_MAX]; // of the last ones, a ring
    uint32_t messages;
};

struct venue_streams {
    enum venue_id site;
    struct venue_net *net;
    struct channel_table table;
    struct stream_client client[VENUE_CONNS_MAX];
    int64_t next_due_ns; // INT64_MAX: none
    char *joined;        // scratch of an array
    size_t joined_cap;
};

bool venue_streams_init(struct venue_streams *s, enum venue_id site, struct venue_net *net,
                        const struct exchange *x);
void venue_streams_free(struct venue_streams *s);

// A connection asks for `path` (with query): false when there is no such stream path, or when it names a
// listen key that is not `listen_key` ("" when there is none). On true the client is registered with the
// streams that the path names.
bool venue_streams_open(struct venue_streams *s, int conn, const struct venue_request *r,
                        const char *listen_key);
void venue_streams_close(struct venue_streams *s, int conn);
// One name; false: one too many (200 at Aster, 1024 elsewhere), or too long. Unsubscribing from what is not
// subscribed is no error.
bool venue_streams_subscribe(struct venue_streams *s, int conn, const char *name, size_t n,
                             const char *listen_key);
void venue_streams_unsubscribe(struct venue_streams *s, int conn, const char *name);
// A control message; false: too many of them, cut the connection.
bool venue_streams_message(struct venue_streams *s, int conn, const char *text, size_t n, int64_t now_ns,
                           const char *listen_key);
// A ping or pong of the client, which counts as a message.
bool venue_streams_control(struct venue_streams *s, int conn, int64_t now_ns);
// What the exchange publishes.
void venue_streams_market(struct venue_streams *s, const char *stream, const char *text, size_t n,
                          int64_t now_ns);
// Does anybody listen to what is made of this stream of the exchange?
bool venue_streams_wanted(struct venue_streams *s, const char *stream);
void venue_streams_user(struct venue_streams *s, const char *text, size_t n);
// Time passes: send what the slower streams gathered. Returns when the next of them is due.
int64_t venue_streams_on_time(struct venue_streams *s, int64_t now_ns);
// The listen key is gone: say so to its clients (expired) or close them.
void venue_streams_end_user(struct venue_streams *s, bool expired, int64_t now_ns);

#endif
