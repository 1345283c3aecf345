// SPDX-License-Identifier: Apache-2.0
#include "live/venue_rest.h"

#include <string.h>

#include "base/check.h"
#include "live/venue_rest_call.h"

struct route {
    const char *method, *path;
    int32_t weight;
    bool signed_, order; // order: counts against the order limit
    int32_t (*serve)(struct venue_call *c);
};

static const struct route ROUTES[] = {
    {"POST", "/fapi/v3/order", 1, true, true, rest_place},
    {"DELETE", "/fapi/v3/order", 1, true, false, rest_cancel},
    {"GET", "/fapi/v3/order", 1, true, false, rest_query},
    {"DELETE", "/fapi/v3/allOpenOrders", 1, true, false, rest_cancel_all},
    {"GET", "/fapi/v3/openOrder", 1, true, false, rest_open_order},
    {"GET", "/fapi/v3/openOrders", 1, true, false, rest_open_orders},
    {"POST", "/fapi/v3/countdownCancelAll", 10, true, false, rest_countdown},
    {"GET", "/fapi/v3/userTrades", 5, true, false, rest_user_trades},
    {"GET", "/fapi/v3/balance", 5, true, false, rest_balance},
    {"GET", "/fapi/v3/positionRisk", 5, true, false, rest_position_risk},
    {"GET", "/fapi/v3/accountWithJoinMargin", 5, true, false, rest_account},
    {"GET", "/fapi/v3/commissionRate", 20, true, false, rest_commission},
    {"POST", "/fapi/v3/leverage", 1, true, false, rest_leverage},
    {"GET", "/fapi/v3/leverageBracket", 1, true, false, rest_leverage_bracket},
    {"POST", "/fapi/v3/marginType", 1, true, false, rest_margin_type},
    {"GET", "/fapi/v3/positionSide/dual", 30, true, false, rest_dual_get},
    {"POST", "/fapi/v3/positionSide/dual", 1, true, false, rest_dual_set},
    {"POST", "/fapi/v3/listenKey", 1, true, false, rest_listen_new},
    {"PUT", "/fapi/v3/listenKey", 1, true, false, rest_listen_renew},
    {"DELETE", "/fapi/v3/listenKey", 1, true, false, rest_listen_close},
    {"GET", "/fapi/v3/ping", 1, false, false, rest_ping},
    {"GET", "/fapi/v3/time", 1, false, false, rest_time},
    {"GET", "/fapi/v3/exchangeInfo", 1, false, false, rest_exchange_info},
    {"GET", "/fapi/v3/depth", 2, false, false, rest_depth},
    {"GET", "/fapi/v3/premiumIndex", 1, false, false, rest_premium_index},
    {"GET", "/fapi/v3/fundingInfo", 1, false, false, rest_funding_info},
    {"GET", "/fapi/v3/ticker/bookTicker", 1, false, false, rest_book_ticker},
};

// ----------------------------------------------------------------------------------------------- parameters

bool call_text(struct venue_call *c, const char *key, char *to, size_t cap)
{
    return venue_http_param(c->text, c->len, key, to, cap) == 1 && to[0];
}

int32_t call_need(struct venue_call *c, const char *key, char *to, size_t cap)
{
    static const struct {
        const char *key, *msg;
    } MISSING[] = {
#define M(k) {k, "Mandatory parameter '" k "' was not sent, was empty/null, or malformed."}
        M("symbol"),           M("side"), M("type"), M("leverage"), M("marginType"), M("countdownTime"),
        M("dualSidePosition"),
#undef M
    };
    if (call_text(c, key, to, cap)) {
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(MISSING); i++) {
        if (strcmp(MISSING[i].key, key) == 0) {
            return call_refuse(c, -1102, MISSING[i].msg);
        }
    }
    return call_refuse(c, -1102, "A mandatory parameter was not sent, was empty/null, or malformed.");
}

bool call_int(struct venue_call *c, const char *key, int64_t def, int64_t *to)
{
    char text[24];
    int found = venue_http_param(c->text, c->len, key, text, sizeof text);
    *to = def;
    return found == 0 || (found == 1 && decimal_parse(text, strlen(text), 0, to));
}

int32_t call_symbol_or_all(struct venue_call *c, const struct instrument **ins)
{
    char symbol[24];
    *ins = NULL;
    int found = venue_http_param(c->text, c->len, "symbol", symbol, sizeof symbol);
    if (found == 0) {
        return 0;
    }
    *ins = found == 1 ? exchange_instrument(c->v->exchange, symbol) : NULL;
    return *ins ? 0 : call_refuse(c, -1121, "Invalid symbol.");
}

int32_t call_symbol(struct venue_call *c, const struct instrument **ins)
{
    int32_t code = call_symbol_or_all(c, ins);
    return code == 0 && !*ins ? call_refuse(c, -1102,
                                            "Mandatory parameter 'symbol' was not sent, was empty/null, or "
                                            "malformed.")
                              : code;
}

// ------------------------------------------------------------------------------------------------- dispatch

static const struct route *find_route(const struct venue_request *r, bool *path_known)
{
    *path_known = false;
    for (size_t i = 0; i < COUNT_OF(ROUTES); i++) {
        if (strcmp(ROUTES[i].path, r->path) == 0) {
            *path_known = true;
            if (strcmp(ROUTES[i].method, r->method) == 0) {
                return &ROUTES[i];
            }
        }
    }
    return NULL;
}

// Depth and the calls that may leave the symbol out weigh by what they ask for (venue-api.md 3.2, 3.3).
static int32_t weight_of(struct venue_call *c, const struct route *rt)
{
    char symbol[24];
    int64_t limit;
    if (rt->serve == rest_depth) {
        return !call_int(c, "limit", 500, &limit) ? rt->weight
               : limit > 500                      ? 20
               : limit > 100                      ? 10
               : limit > 50                       ? 5
                                                  : 2;
    }
    bool one = call_text(c, "symbol", symbol, sizeof symbol);
    if (rt->serve == rest_open_orders && !one) {
        return 40;
    }
    return rt->serve == rest_book_ticker && !one ? 2 : rt->weight;
}

static struct venue_rest_answer finish(struct venue_call *c, struct venue_rest_answer a, int status,
                                       int32_t code)
{
    if (code) {
        c->w = jw_begin(c->v->body, sizeof c->v->body);
        jw_lit(&c->w, "{\"code\":");
        jw_int(&c->w, code);
        jw_lit(&c->w, ",\"msg\":");
        jw_str(&c->w, c->msg);
        jw_lit(&c->w, "}");
    }
    a.status = status;
    a.body = c->v->body;
    a.body_len = jw_end(&c->w);
    a.used_weight = c->v->limits.weight;
    CHECK(a.body_len > 0);
    return a;
}

struct venue_rest_answer venue_rest_serve(struct venue_rest *v, const struct venue_request *r, int64_t now_ns,
                                          const struct xch_sink *out)
{
    bool in_body = r->body_len > 0;
    struct venue_call c = {.v = v,
                           .text = in_body ? r->body : r->query,
                           .len = in_body ? r->body_len : r->query_len,
                           .now_ns = now_ns,
                           .out = out,
                           .msg = ""};
    struct venue_rest_answer a = {.used_weight = -1, .order_count = -1, .retry_after_s = -1};
    bool path_known;
    const struct route *rt = find_route(r, &path_known);
    c.w = jw_begin(v->body, sizeof v->body);
    if (!rt) {
        c.msg = path_known ? "Request method is not supported." : "Path not found.";
        return finish(&c, a, path_known ? 405 : 404, -1020);
    }
    int64_t now_ms = now_ns / NS_PER_MS;
    int32_t code = venue_limits_count(&v->limits, now_ms, weight_of(&c, rt), rt->order, &a.retry_after_s);
    if (rt->order) {
        a.order_count = v->limits.orders;
    }
    if (code) {
        c.msg = code == -1003 ? "Too many requests; see the header Retry-After." : "Too many new orders.";
        return finish(&c, a, 429, code);
    }
    if (in_body && r->query_len > 0) {
        c.msg = "Send the parameters in the query or in the body, not in both.";
        return finish(&c, a, 400, -1128);
    }
    code = rt->signed_ ? venue_auth_check(&v->auth, c.text, c.len, now_ms, &c.msg) : 0;
    if (code == 0) {
        code = rt->serve(&c);
    }
    return finish(&c, a, code ? 400 : 200, code);
}

bool venue_rest_expire_key(struct venue_rest *v, int64_t now_ns)
{
    bool gone = v->listen_key[0] && now_ns >= v->listen_until_ns;
    if (gone) {
        v->listen_key[0] = 0;
    }
    return gone;
}
