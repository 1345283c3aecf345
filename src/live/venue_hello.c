// SPDX-License-Identifier: Apache-2.0
// venue_hello: see the header. jansson does the quoting, since the certificate holds newlines.
#include "live/venue_hello.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"

static const char *const SITE_NAMES[VENUE_COUNT] = {"aster", "spot", "binance"};

// Texts of the line and where they live.
static const struct field {
    const char *key;
    size_t at, cap;
} FIELDS[] = {
#define F(name)                                                                                              \
    {                                                                                                        \
#name, offsetof(struct venue_hello, name), sizeof((struct venue_hello *)0)->name                     \
    }
    F(rest),       F(ws),      F(user),       F(user_key), F(signer),
    F(signer_key), F(api_key), F(api_secret), F(ca_pem),   F(market),
#undef F
};

static json_t *pack_sites(const struct venue_hello *h)
{
    json_t *list = json_array();
    for (int i = 0; i < VENUE_COUNT; i++) {
        const struct venue_hello_site *s = &h->site[i];
        if (s->port) {
            json_array_append_new(list,
                                  json_pack("{s:s,s:s,s:s,s:i,s:s}", "name", SITE_NAMES[i], "rest", s->rest,
                                            "ws", s->ws, "port", (int)s->port, "market", s->market));
        }
    }
    return list;
}

size_t venue_hello_format(const struct venue_hello *h, char *buf, size_t cap)
{
    json_t *o = json_pack("{s:i,s:b,s:i,s:i,s:f,s:I,s:o}", "port", (int)h->port, "tls", (int)h->tls, "pid",
                          (int)h->pid, "chain_id", (int)h->chain_id, "speed", h->speed, "lap_ms",
                          (json_int_t)h->lap_ms, "sites", pack_sites(h));
    if (!o) {
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++) {
        json_object_set_new(o, FIELDS[i].key, json_string((const char *)h + FIELDS[i].at));
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

static bool lacks(const char *key, struct error *e)
{
    return error_set(e, EXIT_UNAVAILABLE,
                     "embedded venue: its first line lacks \"%s\"; is it the same build?", key);
}

static bool take_text(const json_t *o, const char *key, char *to, size_t cap, struct error *e)
{
    const char *s = json_string_value(json_object_get(o, key));
    if (!s || strlen(s) >= cap) {
        return lacks(key, e);
    }
    text_copy(to, cap, s);
    return true;
}

static bool take_int(const json_t *o, const char *key, json_int_t min, json_int_t max, json_int_t *to,
                     struct error *e)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max) {
        return lacks(key, e);
    }
    *to = json_integer_value(v);
    return true;
}

static bool take_site(struct venue_hello *h, const json_t *o, struct error *e)
{
    const char *name = json_string_value(json_object_get(o, "name"));
    json_int_t port = 0;
    for (int i = 0; name && i < VENUE_COUNT; i++) {
        struct venue_hello_site *s = &h->site[i];
        if (strcmp(SITE_NAMES[i], name) != 0) {
            continue;
        }
        bool ok =
            take_text(o, "rest", s->rest, sizeof s->rest, e) && take_text(o, "ws", s->ws, sizeof s->ws, e) &&
            take_text(o, "market", s->market, sizeof s->market, e) && take_int(o, "port", 1, 65535, &port, e);
        s->port = (uint16_t)port;
        return ok;
    }
    return lacks("sites", e);
}

static bool take_sites(struct venue_hello *h, const json_t *o, struct error *e)
{
    const json_t *list = json_object_get(o, "sites");
    bool ok = json_array_size(list) > 0 || lacks("sites", e);
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        ok = take_site(h, json_array_get(list, i), e);
    }
    return ok;
}

static bool take_all(struct venue_hello *h, const json_t *o, struct error *e)
{
    json_int_t port = 0, pid = 0, chain = 0, lap_ms = 0;
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++) {
        if (!take_text(o, FIELDS[i].key, (char *)h + FIELDS[i].at, FIELDS[i].cap, e)) {
            return false;
        }
    }
    bool ok = take_int(o, "port", 1, 65535, &port, e) && take_int(o, "pid", 1, INT32_MAX, &pid, e) &&
              take_int(o, "chain_id", 1, INT32_MAX, &chain, e) &&
              take_int(o, "lap_ms", 1, INT64_MAX / NS_PER_S, &lap_ms, e) && take_sites(h, o, e);
    h->tls = json_is_true(json_object_get(o, "tls"));
    h->speed = json_number_value(json_object_get(o, "speed"));
    h->lap_ms = lap_ms;
    h->port = (uint16_t)port;
    h->pid = (int32_t)pid;
    h->chain_id = (uint32_t)chain;
    return ok;
}

bool venue_hello_parse(struct venue_hello *h, const char *line, size_t n, struct error *e)
{
    memset(h, 0, sizeof *h);
    json_error_t why;
    json_t *o = n <= VENUE_HELLO_MAX ? json_loadb(line, n, JSON_DISABLE_EOF_CHECK, &why) : NULL;
    bool ok = json_is_object(o)
                  ? take_all(h, o, e)
                  : error_set(e, EXIT_UNAVAILABLE,
                              "embedded venue: its first line is not JSON; is it the same build?");
    json_decref(o);
    return ok;
}

void venue_hello_wipe(struct venue_hello *h)
{
    explicit_bzero(h->user_key, sizeof h->user_key);
    explicit_bzero(h->signer_key, sizeof h->signer_key);
    explicit_bzero(h->api_secret, sizeof h->api_secret);
}
