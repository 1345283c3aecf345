// SPDX-License-Identifier: Apache-2.0
#include "live/venue_stream.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

// ---------------------------------------------------------------------------------------------------- names

static bool known_symbol(const struct exchange *x, const char *lower, size_t n)
{
    char symbol[24];
    if (n == 0 || n >= sizeof symbol) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char c = lower[i];
        if (c >= 'A' && c <= 'Z') {
            return false;
        }
        symbol[i] = (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
    }
    symbol[n] = 0;
    return exchange_instrument(x, symbol) != NULL;
}

// The exchange's stream behind a name, "" when there is none.
static void source_of(const struct exchange *x, const char *name, char *to, size_t cap)
{
    static const char *const SAME[][2] = {
        {"@depth@100ms", "@depth@100ms"}, {"@depth", "@depth@100ms"},     {"@depth@500ms", "@depth@100ms"},
        {"@aggTrade", "@aggTrade"},       {"@bookTicker", "@bookTicker"}, {"@markPrice@1s", "@markPrice@1s"},
        {"@markPrice", "@markPrice@1s"},
    };
    const char *at = strchr(name, '@');
    to[0] = 0;
    if (!at || !known_symbol(x, name, (size_t)(at - name))) {
        return;
    }
    for (size_t i = 0; i < sizeof SAME / sizeof SAME[0]; i++) {
        if (strcmp(at, SAME[i][0]) == 0) {
            snprintf(to, cap, "%.*s%s", (int)(at - name), name, SAME[i][1]);
        }
    }
}

static bool subscribe(struct venue_streams *s, struct stream_client *c, const char *name, size_t n)
{
    if (n == 0 || n >= STREAM_NAME_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < c->count; i++) {
        if (strncmp(c->sub[i].name, name, n) == 0 && c->sub[i].name[n] == 0) {
            return true;
        }
    }
    if (c->count == STREAMS_MAX) {
        return false;
    }
    struct subscription *b = &c->sub[c->count++];
    text_sanitise(b->name, sizeof b->name, name, n);
    source_of(s->exchange, b->name, b->source, sizeof b->source);
    return true;
}

static void unsubscribe(struct stream_client *c, const char *name)
{
    for (uint32_t i = 0; i < c->count; i++) {
        if (strcmp(c->sub[i].name, name) == 0) {
            c->sub[i] = c->sub[--c->count];
            return;
        }
    }
}

// ---------------------------------------------------------------------------------------------- connections

// "a/b/c": streams, of which one may be the listen key.
static bool add_names(struct venue_streams *s, struct stream_client *c, const char *p, size_t n,
                      const char *listen_key)
{
    while (n) {
        const char *slash = memchr(p, '/', n);
        size_t k = slash ? (size_t)(slash - p) : n;
        bool is_key = listen_key[0] && k == strlen(listen_key) && memcmp(p, listen_key, k) == 0;
        if (!is_key && k >= 60 && !memchr(p, '@', k)) {
            return false; // looks like a listen key and is none (any more)
        }
        c->user |= is_key;
        if (!subscribe(s, c, p, k)) {
            return false;
        }
        size_t step = slash ? k + 1 : k;
        p += step;
        n -= step;
    }
    return true;
}

bool venue_streams_open(struct venue_streams *s, int conn, const struct venue_request *r,
                        const char *listen_key)
{
    struct stream_client *c = &s->client[conn];
    char names[8192] = "";
    bool combined = strcmp(r->path, "/stream") == 0;
    bool raw = strcmp(r->path, "/ws") == 0 || strncmp(r->path, "/ws/", 4) == 0;
    if ((!raw && !combined) ||
        (combined && venue_http_param(r->query, r->query_len, "streams", names, sizeof names) < 0)) {
        return false;
    }
    *c = (struct stream_client){.active = true, .combined = combined};
    c->sub = calloc(STREAMS_MAX, sizeof *c->sub);
    const char *list = combined ? names : strlen(r->path) > 4 ? r->path + 4 : "";
    if (!c->sub || !add_names(s, c, list, strlen(list), listen_key)) {
        venue_streams_close(s, conn);
        return false;
    }
    return true;
}

void venue_streams_close(struct venue_streams *s, int conn)
{
    free(s->client[conn].sub);
    s->client[conn] = (struct stream_client){0};
}

// ----------------------------------------------------------------------------------------- control messages

static bool reply(struct venue_streams *s, int conn, const char *text)
{
    struct venue_piece p = {text, strlen(text)};
    return venue_net_send(s->net, conn, &p, 1);
}

static bool reply_error(struct venue_streams *s, int conn, int code, const char *msg)
{
    char text[160];
    snprintf(text, sizeof text, "{\"code\":%d,\"msg\":\"%s\"}", code, msg);
    return reply(s, conn, text);
}

static bool reply_result(struct venue_streams *s, int conn, const char *result, json_int_t id)
{
    char text[64];
    struct venue_piece p[3] = {{"{\"result\":", 10}, {result, strlen(result)}, {text, 0}};
    p[2].n = (size_t)snprintf(text, sizeof text, ",\"id\":%lld}", (long long)id);
    return venue_net_send(s->net, conn, p, 3);
}

static bool list_subscriptions(struct venue_streams *s, int conn, const struct stream_client *c,
                               json_int_t id)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < c->count; i++) {
        json_array_append_new(list, json_string(c->sub[i].name));
    }
    char *text = json_dumps(list, JSON_COMPACT);
    bool ok = text && reply_result(s, conn, text, id);
    free(text);
    json_decref(list);
    return ok;
}

static bool change_subscriptions(struct venue_streams *s, int conn, struct stream_client *c,
                                 const json_t *params, bool add, json_int_t id)
{
    size_t i;
    json_t *name;
    if (!json_is_array(params) || json_array_size(params) > STREAMS_MAX) {
        return reply_error(s, conn, 2, "Invalid request: params must be an array of stream names");
    }
    json_array_foreach(params, i, name)
    {
        if (!json_is_string(name)) {
            return reply_error(s, conn, 2, "Invalid request: params must be an array of stream names");
        }
        if (!add) {
            unsubscribe(c, json_string_value(name));
        } else if (!subscribe(s, c, json_string_value(name), json_string_length(name))) {
            return reply_error(s, conn, 2, "Invalid request: too many streams, or a name too long");
        }
    }
    return reply_result(s, conn, "null", id);
}

static bool property(struct venue_streams *s, int conn, struct stream_client *c, const json_t *params,
                     bool set, json_int_t id)
{
    const char *name = json_string_value(json_array_get(params, 0));
    const json_t *value = json_array_get(params, 1);
    if (!name) {
        return reply_error(s, conn, 2, "Invalid request: property name must be a string");
    }
    if (strcmp(name, "combined") != 0) {
        return reply_error(s, conn, 0, "Unknown property");
    }
    if (!set) {
        return reply_result(s, conn, c->combined ? "true" : "false", id);
    }
    if (!json_is_boolean(value)) {
        return reply_error(s, conn, 1, "Invalid value type: expected Boolean");
    }
    c->combined = json_is_true(value);
    return reply_result(s, conn, "null", id);
}

static bool serve(struct venue_streams *s, int conn, struct stream_client *c, const json_t *o)
{
    const char *method = json_string_value(json_object_get(o, "method"));
    const json_t *id = json_object_get(o, "id"), *params = json_object_get(o, "params");
    if (!json_is_integer(id) || json_integer_value(id) < 0) {
        return reply_error(s, conn, 2, "Invalid request: request ID must be an unsigned integer");
    }
    json_int_t n = json_integer_value(id);
    if (!method) {
        return reply_error(s, conn, 2, "Invalid request: missing field `method`");
    }
    if (strcmp(method, "SUBSCRIBE") == 0 || strcmp(method, "UNSUBSCRIBE") == 0) {
        return change_subscriptions(s, conn, c, params, method[0] == 'S', n);
    }
    if (strcmp(method, "LIST_SUBSCRIPTIONS") == 0) {
        return list_subscriptions(s, conn, c, n);
    }
    if (strcmp(method, "SET_PROPERTY") == 0 || strcmp(method, "GET_PROPERTY") == 0) {
        return property(s, conn, c, params, method[0] == 'S', n);
    }
    return reply_error(s, conn, 2, "Invalid request: unknown method");
}

bool venue_streams_message(struct venue_streams *s, int conn, const char *text, size_t n, int64_t now_ns)
{
    struct stream_client *c = &s->client[conn];
    if (now_ns / NS_PER_S != c->second) {
        c->second = now_ns / NS_PER_S;
        c->messages = 0;
    }
    if (!c->active || ++c->messages > MESSAGES_PER_S) {
        return false;
    }
    json_error_t why;
    json_t *o = json_loadb(text, n, 0, &why);
    bool ok = json_is_object(o) ? serve(s, conn, c, o) : reply_error(s, conn, 3, "Invalid JSON");
    json_decref(o);
    return ok;
}

// -------------------------------------------------------------------------------------------------- fan-out

static void send_event(struct venue_streams *s, int conn, const struct stream_client *c, const char *name,
                       const char *text, size_t n)
{
    struct venue_piece plain = {text, n};
    struct venue_piece wrapped[5] = {
        {"{\"stream\":\"", 11}, {name, strlen(name)}, {"\",\"data\":", 9}, {text, n}, {"}", 1}};
    venue_net_send(s->net, conn, c->combined ? wrapped : &plain, c->combined ? 5 : 1);
}

void venue_streams_market(struct venue_streams *s, const char *stream, const char *text, size_t n)
{
    for (int i = 0; i < VENUE_CONNS_MAX; i++) {
        struct stream_client *c = &s->client[i];
        for (uint32_t k = 0; c->active && k < c->count; k++) {
            if (strcmp(c->sub[k].source, stream) == 0) {
                send_event(s, i, c, c->sub[k].name, text, n);
            }
        }
    }
}

void venue_streams_user(struct venue_streams *s, const char *text, size_t n)
{
    for (int i = 0; i < VENUE_CONNS_MAX; i++) {
        struct stream_client *c = &s->client[i];
        for (uint32_t k = 0; c->active && c->user && k < c->count; k++) {
            if (!strchr(c->sub[k].name, '@')) {
                send_event(s, i, c, c->sub[k].name, text, n);
                break;
            }
        }
    }
}

void venue_streams_end_user(struct venue_streams *s, bool expired, int64_t now_ns)
{
    char text[64];
    int n = snprintf(text, sizeof text, "{\"e\":\"listenKeyExpired\",\"E\":%lld}",
                     (long long)(now_ns / NS_PER_MS));
    if (expired) {
        venue_streams_user(s, text, (size_t)n); // the socket stays open and is silent from now on
    }
    for (int i = 0; i < VENUE_CONNS_MAX; i++) {
        if (s->client[i].active && s->client[i].user) {
            s->client[i].user = false;
            if (!expired) {
                venue_net_close(s->net, i);
            }
        }
    }
}
