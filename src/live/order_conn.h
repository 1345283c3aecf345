// SPDX-License-Identifier: Apache-2.0
// order_conn: the order connection: our own HTTP/1.1 over one warm TLS connection, one request in flight.
// Requests wait in bounded queues by lane (kill, cancel, dead-man, place, read). A request is encoded,
// signed, then the fence is read, then its bytes are handed to the connection as one TLS record. What left us
// is known to the byte.
//
// Owner: the hot thread. Callbacks run inside order_conn_work and order_conn_process only, never inside
// _submit.
#ifndef TT_LIVE_ORDER_CONN_H
#define TT_LIVE_ORDER_CONN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/venue/answer.h"
#include "engine/venue/session.h"
#include "wire/sign.h"

struct order_conn_setup {
    const char *host; // address and certificate name
    uint16_t port;
    bool tls;
    const char *ca_pem; // trust this certificate only; NULL: the system's store
    struct signer *signer;
    struct nonce *nonce; // one per signer: shared by all its connections; NULL: this connection's own
    _Atomic int *fence;  // read between signing and writing
    void *ctx;
    // The last byte of request `tag` was handed over at mono_ns.
    void (*sent)(void *ctx, uint32_t tag, enum request_kind kind, int64_t mono_ns);
    // Dropped before any byte left: DROP_FENCE, DROP_AGE, DROP_LINK (queue full or connection not up in
    // time).
    void (*dropped)(void *ctx, uint32_t tag, enum drop_reason why);
    // Answer, or lost / not_sent; valid during the call.
    void (*answer)(void *ctx, uint32_t tag, const struct answer *a);
    void (*state)(void *ctx, bool up, const char *reason);
};

struct order_conn;

struct order_conn *order_conn_new(const struct order_conn_setup *s, struct error *e);
void order_conn_free(struct order_conn *oc); // NULL-safe

// Keep connected from now on (reconnects with back-off by itself).
void order_conn_connect(struct order_conn *oc);
// Queue a request (copied). A full lane: `dropped` with DROP_LINK at the next order_conn_work.
void order_conn_submit(struct order_conn *oc, const struct request *rq);
// Do one thing that does not need the socket to become ready: drop an overdue request, write the next one.
// True when something was done (call again).
bool order_conn_work(struct order_conn *oc);
// The socket is ready, or time passed: handshake, read answers, time-outs, reconnects.
void order_conn_process(struct order_conn *oc);

// Go through encoding and signing with a request that is never sent, so that the next real one finds code,
// tables and contexts in the cache (orders are rare: tens a second among thousands of messages). About 25 us,
// no system call.
void order_conn_warm(struct order_conn *oc);

bool order_conn_is_up(const struct order_conn *oc);
// Up, nothing in flight, nothing waiting.
bool order_conn_idle(const struct order_conn *oc);

// For the poll loop. fd changes after a reconnect; -1 while there is none.
int order_conn_fd(const struct order_conn *oc);
bool order_conn_wants_write(const struct order_conn *oc);
int64_t order_conn_deadline(const struct order_conn *oc); // monotonic; INT64_MAX none

// Sign a text that another connection will send (one nonce source per signer). Returns the new length, 0: no
// room.
size_t order_conn_sign(struct order_conn *oc, char *text, size_t n, size_t cap);
// The venue's clock minus our monotonic one, for nonces and timestamps: our wall clock, which may step, is
// asked only before the first call.
void order_conn_set_venue_clock(struct order_conn *oc, int64_t venue_minus_mono_ns);

uint64_t order_conn_handshakes(const struct order_conn *oc);
int64_t order_conn_rtt_ns(const struct order_conn *oc); // last round trip; 0 none

#endif
