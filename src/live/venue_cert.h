// SPDX-License-Identifier: Apache-2.0
// venue_cert: a self-signed EC P-256 certificate for 127.0.0.1 and localhost, made in memory at start: no
// file, no key that outlives the process.
#ifndef TT_LIVE_VENUE_CERT_H
#define TT_LIVE_VENUE_CERT_H

#include <openssl/ssl.h>

#include "base/error.h"

// A server context that uses a fresh certificate, and that certificate as PEM text. NULL with *e on failure.
SSL_CTX *venue_cert_context(char *pem, size_t cap, struct error *e);

#endif
