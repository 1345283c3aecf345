// SPDX-License-Identifier: Apache-2.0
#include "live/venue_rest.h"

#include <string.h>

#include "base/check.h"
#include "live/venue_routes.h"

#define LISTEN_NS (3600 * NS_PER_S) // a key lives 60 minutes: venue-api.md 3.5

const struct venue_dialect venue_dialects[VENUE_COUNT] = {
    {.name = "aster",
     .prefix = "/fapi/",
     .wallet_auth = true,
     .weight_limit = 2400,
     .order_limit = 1200,
     .ping_s = 300,
     .pong_s = 900,
     .depth_default = 500},
    {.name = "spot",
     .prefix = "/api/",
     .wallet_auth = true,
     .spot = true,
     .weight_limit = 6000,
     .order_limit = 6000,
     .order_limit_10s = 300,
     .ping_s = 180,
     .pong_s = 600,
     .depth_default = 100},
    {.name = "binance",
     .prefix = "/fapi/",
     .weight_limit = 2400,
     .order_limit = 1200,
     .order_limit_10s = 300,
     .ping_s = 180,
     .pong_s = 600,
     .depth_default = 500},
};

enum venue_id venue_site_of(const char *name, size_t n)
{
    int i = 0;
    while (i < VENUE_COUNT &&
           (strlen(venue_dialects[i].name) != n || memcmp(venue_dialects[i].name, name, n) != 0)) {
        i++;
    }
    return (enum venue_id)i;
}

void venue_rest_init(struct venue_rest *v, enum venue_id site, struct exchange *x)
{
    const struct venue_dialect *d = &venue_dialects[site];
    v->site = site;
    v->exchange = x;
    v->listen_key[0] = 0;
    v->listen_ns = LISTEN_NS;
    venue_limits_init(&v->limits, d->weight_limit, d->order_limit, d->order_limit_10s);
}

// ------------------------------------------------------------------------------------------------- dispatch

static struct venue_rest_answer finish(struct venue_call *c, struct venue_rest_answer a, int status,
                                       int32_t code)
{
    if (code) {
        c->w = jw_begin(c->v->body, sizeof c->v->body);
        call_put_error(c, code);
    }
    a.status = status;
    a.body = c->v->body;
    a.body_len = jw_end(&c->w);
    CHECK(a.body_len > 0);
    return a;
}

// How an error code arrives (venue-api.md 6.3).
static int status_of(int32_t code)
{
    switch (code) {
    case 0:
        return 200;
    case -2014:
    case -2015:
        return 401;
    case -1015:
        return 429;
    default:
        return 400;
    }
}

// Paths of the wallet generation are signed by a wallet. The older ones carry an API key; without one, a
// wallet's signature is as good there.
static int32_t authenticate(struct venue_call *c, const struct venue_request *r, enum venue_security need)
{
    struct venue_auth *a = &c->v->auth;
    char signer[64];
    int64_t now_ms = c->now_ns / NS_PER_MS;
    bool wallet_site = venue_dialects[c->v->site].wallet_auth;
    bool wallet =
        wallet_site && (c->version == 3 || (!r->api_key[0] && call_text(c, "signer", signer, sizeof signer)));
    if (need == SEC_NONE || (wallet && need == SEC_MARKET_DATA)) {
        return 0;
    }
    if (wallet) {
        return venue_auth_wallet(a, r, now_ms, &c->msg);
    }
    return need == SEC_SIGNED ? venue_auth_hmac(a, r, now_ms, &c->msg) : venue_auth_key(a, r, &c->msg);
}

static int32_t run(struct venue_call *c, const struct venue_request *r, const struct venue_route *rt,
                   struct venue_rest_answer *a)
{
    struct venue_limits *l = &c->v->limits;
    int32_t code = authenticate(c, r, rt->security);
    if (code) {
        return code;
    }
    if (rt->orders) {
        code = venue_limits_orders(l, c->now_ns / NS_PER_MS, rt->orders);
        c->orders_counted = true;
        c->msg = "Too many new orders; the limit is told in exchangeInfo.";
    }
    code = code ? code : rt->serve(c);
    if (c->orders_counted) {
        a->order_count = l->orders;
        a->order_count_10s = l->order_limit_10s ? l->orders_10s : -1;
    }
    return code;
}

struct venue_rest_answer venue_rest_serve(struct venue_rest *v, const struct venue_request *r, int64_t now_ns,
                                          const struct xch_sink *out)
{
    struct venue_call c = {.v = v,
                           .query = {r->query, r->query_len},
                           .body = {r->body, r->body_len},
                           .now_ns = now_ns,
                           .out = out,
                           .msg = ""};
    struct venue_rest_answer a = {
        .used_weight = -1, .order_count = -1, .order_count_10s = -1, .retry_after_s = -1};
    bool path_known;
    v->funded_ns = v->funded_ns ? v->funded_ns : now_ns;
    const struct venue_route *rt = venue_route_find(v->site, r->method, r->path, &c.version, &path_known);
    c.w = jw_begin(v->body, sizeof v->body);
    int status = venue_limits_weight(&v->limits, r->peer_ip, now_ns / NS_PER_MS,
                                     rt ? venue_route_weight(rt, &c) : 1, &a.used_weight, &a.retry_after_s);
    if (status != 200) {
        c.msg = status == 418 ? "Way too many requests; this address is banned until Retry-After has passed."
                              : "Too many requests; wait as long as Retry-After says.";
        return finish(&c, a, status, -1003);
    }
    if (!rt) {
        c.msg = path_known ? "Request method is not supported." : "Path not found.";
        return finish(&c, a, path_known ? 405 : 404, -1020);
    }
    int32_t code = run(&c, r, rt, &a);
    return finish(&c, a, status_of(code), code);
}

bool venue_rest_expire_key(struct venue_rest *v, int64_t now_ns)
{
    bool gone = v->listen_key[0] && now_ns >= v->listen_until_ns;
    if (gone) {
        v->listen_key[0] = 0;
    }
    return gone;
}
