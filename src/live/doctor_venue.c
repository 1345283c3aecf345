// SPDX-License-Identifier: Apache-2.0
// doctor_venue: one venue from the outside in: can it be reached, is it the right server, does its clock
// agree; then instruments, streams and the account. Every question is a harmless read.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "engine/venue/dialect.h"
#include "live/doctor_internal.h"
#include "live/tls_conn.h"

enum { TIME_PROBES = 5, CERT_WARN_DAYS = 14, KEY_WARN_DAYS = 7 };
static const int64_t ASK_TIMEOUT_NS = 5 * NS_PER_S;
static const int64_t OFFSET_WARN_NS = NS_PER_S / 2, OFFSET_STOP_NS = NS_PER_S; // design.md 12

static const struct request_form *form_of(const struct visit *v, enum request_kind kind)
{
    const struct dialect *d = dialect_of((enum venue_id)v->ep->venue, (enum auth_scheme)v->ep->auth);
    CHECK(d); // config_check refuses what a venue does not offer
    // Spot's account is where its balances are read from, with the rights in the same answer.
    return &d->form[kind == RQ_ACCOUNT && !d->form[kind].path ? RQ_BALANCE : kind];
}

bool visit_offers(const struct visit *v, enum request_kind kind)
{
    return form_of(v, kind)->path != NULL;
}

// ------------------------------------------------------------------------------------------------------------
// asking

static size_t sign_text(struct visit *v, char *text, size_t n, size_t cap)
{
    int64_t venue_ns = clock_wall_ns() + v->offset_ns;
    uint64_t stamp = v->ep->auth == AUTH_HMAC ? (uint64_t)(venue_ns / NS_PER_MS)
                                              : nonce_next(&v->nonce, venue_ns / NS_PER_US);
    return signer_sign(v->ep->signer, text, n, cap, stamp);
}

// What a refusal means for the person in front of it (venue-api.md 6.7).
static const char *remedy(int32_t code)
{
    switch (code) {
    case -1021:
        return "; our clock and the venue's disagree: see the row clock";
    case -1022:
        return "; the signature does not fit: check key, user, auth and chain_id";
    case -2014:
    case -2015:
        return "; the key is unknown or revoked, lacks the right, or this address is not on its list";
    case -4225:
        return "; the nonce is not of this time, or another process uses the same key";
    default:
        return "";
    }
}

bool visit_ask(struct visit *v, enum request_kind kind, const char *text, enum check_level fail,
               const char *name)
{
    char wire[1024];
    size_t n = text_copy(wire, sizeof wire, text);
    const struct request_form *form = form_of(v, kind);
    if (form->signed_) {
        n = sign_text(v, wire, n, sizeof wire);
    }
    const char *path = form->path;
    struct answer *a = &v->answer;
    char wanted[INSTRUMENT_MAX][24];
    size_t count = 0;
    for (uint32_t i = 0; i < v->engine.instrument_count; i++) {
        if (v->engine.instruments[i].venue == v->ep->venue) {
            text_copy(wanted[count++], sizeof wanted[0], v->engine.instruments[i].symbol);
        }
    }
    rest_call(v->rest, kind, form->method, path, wire, n, ASK_TIMEOUT_NS, (const char(*)[24])wanted, count, a,
              NULL, NULL);
    explicit_bzero(wire, sizeof wire); // signatures and keys' ids are nobody's business
    if (a->not_sent || a->lost) {
        checks_add(v->out, fail, v->group, name, "%s: %s", path, a->msg);
    } else if (a->code || a->http_status >= 400 || a->malformed) {
        checks_add(v->out, fail, v->group, name, "%s: HTTP %d, code %d %s%s%s", path, a->http_status, a->code,
                   a->msg, a->malformed ? " (not the answer to this question)" : "", remedy(a->code));
    } else {
        return true;
    }
    return false;
}

// ------------------------------------------------------------------------------------------------------------
// reach, TLS, clock

static void look_at_tls(struct visit *v)
{
    struct tls_facts f;
    if (!v->ep->tls) {
        checks_add(v->out, CHECK_YELLOW, v->group, "tls", "plain HTTP, which is taken on loopback only");
        return;
    }
    if (!tls_conn_describe(rest_connection(v->rest), &f)) {
        checks_add(v->out, CHECK_YELLOW, v->group, "tls",
                   "the server closes after each answer: not looked at");
        return;
    }
    int64_t days = (f.not_after_s - clock_wall_ns() / NS_PER_S) / 86400;
    bool short_lived = days < CERT_WARN_DAYS && !v->ep->embedded;
    checks_add(v->out, short_lived ? CHECK_YELLOW : CHECK_GREEN, v->group, "tls",
               "%s, certificate of %s by %s, verified against %s, ends in %lld days", f.protocol, f.subject,
               f.issuer, v->ep->ca_pem[0] ? "the given one only" : "the system's store", (long long)days);
}

// The offset of the quickest of a few answers: half its round trip is the greatest error.
static bool look_at_clock(struct visit *v)
{
    int64_t best_rtt = INT64_MAX;
    for (int i = 0; i < TIME_PROBES; i++) {
        if (!visit_ask(v, RQ_TIME, "", CHECK_RED, "reach")) {
            return false;
        }
        const struct answer *a = &v->answer;
        int64_t rtt = a->received_mono_ns - a->sent_mono_ns;
        int64_t mid_wall = clock_wall_ns() - (clock_mono_ns() - a->received_mono_ns) - rtt / 2;
        if (rtt < best_rtt) {
            best_rtt = rtt;
            v->offset_ns = a->u.time.server_ms * NS_PER_MS + NS_PER_MS / 2 - mid_wall;
        }
    }
    checks_add(v->out, CHECK_GREEN, v->group, "reach", "%s, port %u, answers in %.1f ms", v->ep->host,
               v->ep->port, (double)best_rtt / 1e6);
    int64_t off = llabs(v->offset_ns);
    checks_add(v->out,
               off >= OFFSET_STOP_NS   ? CHECK_RED
               : off >= OFFSET_WARN_NS ? CHECK_YELLOW
                                       : CHECK_GREEN,
               v->group, "clock", "the venue's is %+.3f s off ours%s", (double)v->offset_ns / 1e9,
               off >= OFFSET_STOP_NS   ? ": above 1 s nothing is sent; set this clock right (chrony, "
                                         "systemd-timesyncd)"
               : off >= OFFSET_WARN_NS ? ": set this clock right before it becomes 1 s"
                                       : "");
    return true;
}

void doctor_venue(struct checks *out, enum run_mode mode, const struct config *c, struct endpoint *ep)
{
    struct error e = {0};
    struct visit *v = calloc(1, sizeof *v);
    if (!v) {
        checks_add(out, CHECK_RED, config_venue_name((enum venue_id)ep->venue), "reach", "out of memory");
        return;
    }
    v->out = out;
    v->mode = mode;
    v->c = c;
    v->ep = ep;
    v->group = config_venue_name((enum venue_id)ep->venue);
    v->nonce.last_us = ep->nonce_us;
    config_engine(c, &v->engine);
    v->rest = rest_new(ep->host, ep->port, ep->tls, endpoint_ca(ep),
                       ep->signer ? signer_api_key(ep->signer) : NULL, &e);
    if (!v->rest) {
        checks_add(out, CHECK_RED, v->group, "reach", "%s", e.text);
    } else if (look_at_clock(v)) {
        look_at_tls(v);
        visit_streams(v);
        visit_instruments(v);
        if (ep->signer) {
            visit_account(v);
        }
    }
    ep->nonce_us = v->nonce.last_us;
    rest_free(v->rest);
    free(v);
}

// ------------------------------------------------------------------------------------------------------------
// the key

void doctor_key(struct checks *out, enum run_mode mode, const struct endpoint *ep, const struct key_info *k,
                int64_t wall_s)
{
    static const char *const SOURCES[] = {"", "file", "systemd credential", "typed at"};
    const char *group = config_venue_name((enum venue_id)ep->venue);
    checks_add(out, CHECK_GREEN, group, "key", "%s %.160s%s%s", SOURCES[k->source], k->from,
               k->address[0] ? ", signs as " : "", k->address);
    if (!k->locked) {
        checks_add(out, mode == MODE_LIVE ? CHECK_RED : CHECK_YELLOW, group, "key-memory",
                   "the system would not lock the key's memory: raise `ulimit -l` (LimitMEMLOCK in systemd)");
    }
    if (k->expires_s && k->expires_s - wall_s < (int64_t)KEY_WARN_DAYS * 86400) {
        checks_add(out, CHECK_YELLOW, group, "key-expiry",
                   "the key ends in %lld days: make a new one in time",
                   (long long)((k->expires_s - wall_s) / 86400));
    } else if (!k->expires_s && k->source != KEY_PROMPT) {
        checks_add(out, CHECK_YELLOW, group, "key-expiry",
                   "not stated: no read tells when a key ends; write `expires = YYYY-MM-DD` into its file");
    }
    const char *seen =
        ep->venue == VENUE_BINANCE
            ? "only another host of the venue (api.binance.com, apiRestrictions) would tell whether "
              "this key may withdraw, and it is not asked"
            : "no read of this venue's API tells whether this key may withdraw";
    checks_add(out, k->no_withdraw_stated ? CHECK_GREEN : CHECK_YELLOW, group, "withdraw",
               "%s; %s: look at the venue's page of keys that nothing but trading is allowed",
               k->no_withdraw_stated ? "the key's file says no"
                                     : "not stated (`withdraw = no` in the key's file)",
               seen);
}
