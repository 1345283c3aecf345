// SPDX-License-Identifier: Apache-2.0
// venue_stream: who listens to what: stream names, the subscriptions of each WebSocket, its control messages,
// and the fan-out of one event to all who want it. venue-api.md 5.1, 5.2.
//
// The venue makes depth each 100 ms and mark prices each second; the slower names of the same streams are
// served at that pace too. A name nobody publishes is accepted and stays silent, as at the real venue.
#ifndef TT_LIVE_VENUE_STREAM_H
#define TT_LIVE_VENUE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/exchange/exchange.h"
#include "live/venue_net.h"

enum { STREAMS_MAX = 200, STREAM_NAME_MAX = 72, MESSAGES_PER_S = 10 };

struct subscription {
    char name[STREAM_NAME_MAX]; // as the client wrote it
    char source[48];            // the exchange's stream it stands for; "" when nobody publishes it
};

struct stream_client {
    bool active, user; // user: the account's stream
    bool combined;
    uint32_t count;
    struct subscription *sub; // STREAMS_MAX entries
    int64_t second;           // of the message count
    int32_t messages;
};

struct venue_streams {
    struct venue_net *net;
    const struct exchange *exchange;
    struct stream_client client[VENUE_CONNS_MAX];
};

// A connection asks for `path` (with query): false when there is no such stream path. *user: the path names
// listen_key. On true the client is registered with the streams that the path names.
bool venue_streams_open(struct venue_streams *s, int conn, const struct venue_request *r,
                        const char *listen_key);
void venue_streams_close(struct venue_streams *s, int conn);
// A control message; false: too many, cut the connection.
bool venue_streams_message(struct venue_streams *s, int conn, const char *text, size_t n, int64_t now_ns);
void venue_streams_market(struct venue_streams *s, const char *stream, const char *text, size_t n);
void venue_streams_user(struct venue_streams *s, const char *text, size_t n);
// The listen key is gone: say so to its clients (expired) or close them.
void venue_streams_end_user(struct venue_streams *s, bool expired, int64_t now_ns);

#endif
