// SPDX-License-Identifier: Apache-2.0
#include "live/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/text.h"
#include "config/hosts.h"
#include "live/keys.h"

enum { EMBEDDED_RECV_WINDOW_MS = 2000 }; // design.md 12

// The network that mode and configuration agree on; NETWORK_AUTO with *e when they do not.
static enum network agree_network(const struct config_access *a, const char *venue, enum run_mode mode,
                                  struct error *e)
{
    enum network wanted = mode == MODE_TESTNET ? NETWORK_TESTNET : NETWORK_MAINNET;
    enum network said = (enum network)a->network;
    if (said == NETWORK_AUTO || said == wanted) {
        return wanted;
    }
    if (mode == MODE_PAPER) { // public data only: either network will do
        return said;
    }
    error_set(e, EXIT_USAGE, "[venue.%s] network = %s contradicts --%s: correct one of the two", venue,
              said == NETWORK_TESTNET ? "testnet" : "mainnet", mode == MODE_TESTNET ? "testnet" : "live");
    return NETWORK_AUTO;
}

static bool read_ca(struct endpoint *ep, const char *venue, const char *path, struct error *e)
{
    FILE *f = fopen(path, "re");
    if (!f) {
        return error_set(e, EXIT_NO_INPUT, "[venue.%s] ca_file %s: %m", venue, path);
    }
    size_t n = fread(ep->ca_pem, 1, sizeof ep->ca_pem, f);
    bool bad = ferror(f) || n == sizeof ep->ca_pem || memchr(ep->ca_pem, 0, n) ||
               !memmem(ep->ca_pem, n, "-----BEGIN CERTIFICATE-----", 27);
    fclose(f);
    if (bad) {
        ep->ca_pem[0] = 0;
        return error_set(e, EXIT_NO_INPUT, "[venue.%s] ca_file %s: not a PEM certificate of at most %d bytes",
                         venue, path, ENDPOINT_CA_MAX - 1);
    }
    ep->ca_pem[n] = 0;
    return true;
}

static bool take_url(char *host, uint16_t *port, bool *tls, bool *loopback, const char *text,
                     const char *venue, struct error *e)
{
    struct url u;
    bool ok = url_parse(&u, text);
    CHECK(ok); // config_check has read it
    if (!u.tls && !url_is_loopback(&u)) {
        return error_set(e, EXIT_USAGE, "[venue.%s] %s: without TLS only on loopback: write %s://", venue,
                         text, u.ws ? "wss" : "https");
    }
    text_copy(host, sizeof u.host, u.host);
    *port = u.port;
    *tls = u.tls;
    *loopback = url_is_loopback(&u);
    return true;
}

static bool set_hosts(struct endpoint *ep, const struct config_access *a, const char *venue, struct error *e)
{
    struct venue_hosts h = venue_hosts((enum venue_id)ep->venue, (enum network)ep->network);
    bool ws_loopback = false;
    if (!take_url(ep->host, &ep->port, &ep->tls, &ep->loopback, *a->rest ? a->rest : h.rest, venue, e)) {
        return false;
    }
    if (*a->rest && !*a->ws) { // one server for both
        memcpy(ep->ws_host, ep->host, sizeof ep->ws_host);
        ep->ws_port = ep->port;
        ep->ws_tls = ep->tls;
        return true;
    }
    if (!take_url(ep->ws_host, &ep->ws_port, &ep->ws_tls, &ws_loopback, *a->ws ? a->ws : h.ws, venue, e)) {
        return false;
    }
    return ws_loopback == ep->loopback ||
           error_set(e, EXIT_USAGE, "[venue.%s] rest and ws: one is on loopback, the other is not", venue);
}

bool endpoint_from_config(struct endpoint *ep, const struct config *c, enum venue_id venue,
                          enum run_mode mode, struct error *e)
{
    CHECK((unsigned)venue < VENUE_COUNT && (mode == MODE_PAPER || mode == MODE_TESTNET || mode == MODE_LIVE));
    const struct config_access *a = &c->access[venue];
    const char *name = config_venue_name(venue);
    memset(ep, 0, sizeof *ep);
    ep->venue = (uint8_t)venue;
    ep->auth = (uint8_t)a->auth;
    ep->network = (uint8_t)agree_network(a, name, mode, e);
    if (ep->network == NETWORK_AUTO || !set_hosts(ep, a, name, e) ||
        (*a->ca_file && !read_ca(ep, name, a->ca_file, e))) {
        return false;
    }
    // What is only watched needs no key; where one is named all the same, its account is watched too.
    bool key = config_trades_venue(c, venue) || c->access[venue].key_file[0];
    ep->keys = mode != MODE_PAPER && key;
    ep->chain_id = a->chain_id                      ? (uint32_t)a->chain_id
                   : ep->network == NETWORK_TESTNET ? ASTER_CHAIN_TESTNET
                                                    : ASTER_CHAIN_MAINNET;
    snprintf(ep->name, sizeof ep->name, "%s@%s", name,
             ep->loopback                     ? "loopback"
             : ep->network == NETWORK_TESTNET ? "testnet"
                                              : "mainnet");
    return true;
}

bool endpoint_from_hello(struct endpoint *ep, const struct venue_hello *h, enum venue_id venue,
                         struct error *e)
{
    CHECK((unsigned)venue < VENUE_COUNT);
    const char *name = config_venue_name(venue);
    memset(ep, 0, sizeof *ep);
    ep->venue = (uint8_t)venue;
    ep->auth = venue == VENUE_BINANCE ? AUTH_HMAC : AUTH_EIP712;
    ep->network = NETWORK_MAINNET;
    ep->embedded = ep->loopback = ep->keys = true;
    ep->tls = ep->ws_tls = h->tls;
    ep->port = ep->ws_port = h->site[venue].port;
    ep->chain_id = h->chain_id;
    text_copy(ep->host, sizeof ep->host, "127.0.0.1");
    text_copy(ep->ws_host, sizeof ep->ws_host, "127.0.0.1");
    text_copy(ep->ca_pem, sizeof ep->ca_pem, h->ca_pem);
    snprintf(ep->name, sizeof ep->name, "%s@embedded", name);
    if (ep->port == 0) {
        return error_set(e, EXIT_UNAVAILABLE,
                         "the embedded venue has no market for the %s instruments: take them out of "
                         "[instruments], or give it a tape of theirs with --market",
                         name);
    }
    ep->signer = ep->auth == AUTH_HMAC
                     ? signer_new_hmac(h->api_key, h->api_secret, EMBEDDED_RECV_WINDOW_MS, e)
                     : signer_new_eip712(h->signer_key, h->user, h->signer, h->chain_id, true, e);
    return ep->signer != NULL;
}

void endpoint_free(struct endpoint *ep)
{
    signer_free(ep->signer);
    ep->signer = NULL;
    keys_let_go(&ep->key_fd);
}
