// SPDX-License-Identifier: Apache-2.0
// tls_conn: one non-blocking client connection, TCP with TLS on it (or bare TCP for a loopback venue without
// TLS). A buffer handed to tls_conn_write is one TLS record; the bytes that the socket really took are
// counted, so that the caller can tell "nothing left us" from "something may have".
//
// TLS 1.2 or newer, ALPN http/1.1, SNI, certificate and host name (or address) always verified. No memory of
// ours in steady state; OpenSSL keeps its buffers (SSL_MODE_RELEASE_BUFFERS is cleared). No SIGPIPE: bytes go
// by send().
//
// Owner: one thread. Names are resolved in tls_conn_new (blocking) and kept: a reconnect asks no resolver,
// and the certificate decides whether the peer is the right one.
#ifndef TT_LIVE_TLS_CONN_H
#define TT_LIVE_TLS_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct tls_conn;

enum tls_state { TLS_DOWN, TLS_CONNECTING, TLS_HANDSHAKE, TLS_UP };
enum tls_result { TLS_DONE, TLS_AGAIN, TLS_BROKEN };
enum { TLS_WRITE_MAX = 16384 }; // one record

// host: name or literal address, of the connection and of the certificate. ca_pem: trust these certificates
// only; NULL or "": the system's store. NULL with *e: unknown host, unreadable certificate, no memory.
struct tls_conn *tls_conn_new(const char *host, uint16_t port, bool tls, const char *ca_pem, struct error *e);
void tls_conn_free(struct tls_conn *c); // NULL-safe

// Start to connect (to the next address after a failure). False: failed at once, see tls_conn_error. Only
// when DOWN.
bool tls_conn_open(struct tls_conn *c);
// Go on with connecting and handshake after the socket became ready; any number of calls is fine. Returns the
// state: TLS_DOWN means it failed.
enum tls_state tls_conn_step(struct tls_conn *c);
enum tls_state tls_conn_state(const struct tls_conn *c);
// Close at once (with a TLS close alert if that is possible without waiting).
void tls_conn_close(struct tls_conn *c);

// TLS_DONE: *got > 0 bytes. TLS_AGAIN: nothing now. TLS_BROKEN: closed by the peer or failed
// (tls_conn_error); the caller calls tls_conn_close. Only when UP.
enum tls_result tls_conn_read(struct tls_conn *c, char *to, size_t cap, size_t *got);
// Hand over n (<= TLS_WRITE_MAX) bytes as one record. TLS_AGAIN: call again with the same buffer when
// writable.
enum tls_result tls_conn_write(struct tls_conn *c, const char *from, size_t n);

int tls_conn_fd(const struct tls_conn *c);           // -1 when DOWN
bool tls_conn_wants_write(const struct tls_conn *c); // poll for writability too
uint64_t
tls_conn_bytes_out(const struct tls_conn *c); // that the kernel took, handshakes included; never goes back
uint64_t tls_conn_handshakes(const struct tls_conn *c);   // completed, since new
const char *tls_conn_error(const struct tls_conn *c);     // last failure, one line; "" before any
const char *tls_conn_authority(const struct tls_conn *c); // for the Host header: "host" or "host:port"

// What the running connection is made of, for a person. False: not UP, or no TLS.
struct tls_facts {
    char protocol[16]; // "TLSv1.3"
    char subject[96], issuer[96];
    int64_t not_after_s; // end of the peer's certificate, Unix time
};
bool tls_conn_describe(const struct tls_conn *c, struct tls_facts *out);

#endif
