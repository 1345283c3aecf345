// SPDX-License-Identifier: Apache-2.0
// endpoint: one venue as a run reaches it: hosts of REST and streams, what certificate to trust, and who
// signs. Made from the configuration (testnet, live, paper) or from the embedded venue's hello line (sim), so
// that everything behind it need not know which.
//
// The dialect (paths, names) follows from venue and auth; this struct does not hold it. Owner: whoever made
// it; it must outlive the parts that use it (strings are theirs by pointer), the signer belongs to it.
#ifndef TT_LIVE_ENDPOINT_H
#define TT_LIVE_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/config.h"
#include "engine/event.h"
#include "live/venue_hello.h"
#include "wire/sign.h"

enum { ENDPOINT_CA_MAX = 16384 };

struct endpoint {
    uint8_t venue;   // enum venue_id
    uint8_t auth;    // enum auth_scheme
    uint8_t network; // enum network; never auto
    bool embedded;   // the embedded venue of this run
    bool loopback;   // REST stays on this machine
    bool tls, ws_tls;
    bool keys; // a signer belongs here in this mode; public data only: false
    uint16_t port, ws_port;
    char host[128], ws_host[128];
    char name[40]; // "aster@testnet", "aster@mainnet", "aster@loopback": for screen and records
    char ca_pem[ENDPOINT_CA_MAX]; // the only certificates to trust; "": the system's store
    uint32_t chain_id;            // of EIP-712
    struct signer *signer;        // NULL until keys_open (live/keys.h) or endpoint_from_hello
    int key_fd;                   // its file, held so that no other process signs with it; 0: none
    uint64_t nonce_us;            // the signer's highest nonce so far: who signs next starts above
};

// Hosts, certificate and scheme for MODE_PAPER, MODE_TESTNET or MODE_LIVE; no key is read (live/keys.h does).
// False with *e: network against mode, plain HTTP beyond loopback, ca_file unreadable.
bool endpoint_from_config(struct endpoint *ep, const struct config *c, enum venue_id venue,
                          enum run_mode mode, struct error *e);

// The embedded venue's site for this venue, with its throw-away key as signer; the key in *h is wiped by the
// caller.
bool endpoint_from_hello(struct endpoint *ep, const struct venue_hello *h, enum venue_id venue,
                         struct error *e);

// NULL or "" as rest_new, tls_conn_new and ws_links_new want it.
static inline const char *endpoint_ca(const struct endpoint *ep)
{
    return ep->ca_pem[0] ? ep->ca_pem : NULL;
}

void endpoint_free(struct endpoint *ep); // frees the signer, gives its key file back

#endif
