// SPDX-License-Identifier: Apache-2.0
// rest_call: one REST request after another over one keep-alive connection, blocking with a time-out; for the
// clerk and for tests. Same codec and TLS connection as the order connection.
#ifndef TT_LIVE_REST_CALL_H
#define TT_LIVE_REST_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/venue/answer.h"

struct rest;
struct tls_conn;

struct rest *rest_new(const char *host, uint16_t port, bool tls, const char *ca_pem, const char *api_key,
                      struct error *e);
void rest_free(struct rest *r); // NULL-safe
// The connection as it stands after the last call.
const struct tls_conn *rest_connection(const struct rest *r);

// Send `text` (final, signed where it must be) and wait for the answer. Fills *out by wire_decode_answer with
// `kind`; not_sent / lost when it could not be had. Reconnects when the kept connection was closed meanwhile
// (only before any byte was written). `wanted` limits exchangeInfo. *body / *body_n (may be NULL): the raw
// body, valid until the next call.
void rest_call(struct rest *r, enum request_kind kind, const char *method, const char *path, const char *text,
               size_t text_len, int64_t timeout_ns, const char (*wanted)[24], size_t n_wanted,
               struct answer *out, const char **body, size_t *body_n);

#endif
