// SPDX-License-Identifier: Apache-2.0
// venue_hello: see the header. jansson does the quoting, since the certificate holds newlines.
#include "live/venue_hello.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

size_t venue_hello_format(const struct venue_hello *h, char *buf, size_t cap)
{
    json_t *o =
        json_pack("{s:s,s:s,s:i,s:b,s:i,s:i,s:s,s:s,s:s,s:s,s:s,s:f,s:I}", "rest", h->rest, "ws", h->ws,
                  "port", (int)h->port, "tls", (int)h->tls, "pid", (int)h->pid, "chain_id", (int)h->chain_id,
                  "user", h->user, "signer", h->signer, "signer_key", h->signer_key, "ca_pem", h->ca_pem,
                  "market", h->market, "speed", h->speed, "lap_ms", (json_int_t)h->lap_ms);
    if (!o) {
        return 0;
    }
    size_t n = json_dumpb(o, buf, cap, JSON_COMPACT);
    json_decref(o);
    if (n == 0 || n + 2 > cap) {
        return 0;
    }
    buf[n++] = '\n';
    buf[n] = 0;
    return n;
}

static bool take_text(const json_t *o, const char *key, char *to, size_t cap, struct error *e)
{
    const char *s = json_string_value(json_object_get(o, key));
    if (!s || strlen(s) >= cap) {
        return error_set(e, EXIT_UNAVAILABLE,
                         "embedded venue: its first line lacks \"%s\"; is it the same build?", key);
    }
    text_copy(to, cap, s);
    return true;
}

static bool take_int(const json_t *o, const char *key, json_int_t min, json_int_t max, json_int_t *to,
                     struct error *e)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max) {
        return error_set(e, EXIT_UNAVAILABLE,
                         "embedded venue: its first line lacks \"%s\"; is it the same build?", key);
    }
    *to = json_integer_value(v);
    return true;
}

bool venue_hello_parse(struct venue_hello *h, const char *line, size_t n, struct error *e)
{
    memset(h, 0, sizeof *h);
    json_error_t why;
    json_t *o = n <= VENUE_HELLO_MAX ? json_loadb(line, n, JSON_DISABLE_EOF_CHECK, &why) : NULL;
    if (!json_is_object(o)) {
        json_decref(o);
        return error_set(e, EXIT_UNAVAILABLE,
                         "embedded venue: its first line is not JSON; is it the same build?");
    }
    json_int_t port = 0, pid = 0, chain = 0, lap_ms = 0;
    bool ok =
        take_text(o, "rest", h->rest, sizeof h->rest, e) && take_text(o, "ws", h->ws, sizeof h->ws, e) &&
        take_text(o, "user", h->user, sizeof h->user, e) &&
        take_text(o, "signer", h->signer, sizeof h->signer, e) &&
        take_text(o, "signer_key", h->signer_key, sizeof h->signer_key, e) &&
        take_text(o, "ca_pem", h->ca_pem, sizeof h->ca_pem, e) &&
        take_text(o, "market", h->market, sizeof h->market, e) && take_int(o, "port", 1, 65535, &port, e) &&
        take_int(o, "pid", 1, INT32_MAX, &pid, e) && take_int(o, "chain_id", 1, INT32_MAX, &chain, e) &&
        take_int(o, "lap_ms", 1, INT64_MAX / NS_PER_S, &lap_ms, e);
    h->tls = json_is_true(json_object_get(o, "tls"));
    h->speed = json_number_value(json_object_get(o, "speed"));
    h->lap_ms = lap_ms;
    h->port = (uint16_t)port;
    h->pid = (int32_t)pid;
    h->chain_id = (uint32_t)chain;
    json_decref(o);
    return ok;
}
