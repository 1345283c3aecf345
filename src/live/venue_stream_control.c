// SPDX-License-Identifier: Apache-2.0
// venue_stream_control: the messages a WebSocket client may send: SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS,
// SET_PROPERTY, GET_PROPERTY, their answers and errors, and how many of them a second bears. venue-api.md
// 5.1, 5.2.
//
// `id` is an unsigned integer and is echoed. A missing id is accepted and answered by null, since clients of
// the real venues send none; Binance takes text of at most 36 letters, digits, '-' and '_' as well.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "live/venue_stream.h"

enum { ID_TEXT_MAX = 36 };

struct control {
    struct venue_streams *s;
    int conn;
    struct stream_client *c;
    const char *listen_key;
    const json_t *params;
    char id[ID_TEXT_MAX + 3]; // as JSON
};

static bool send_text(const struct control *m, const char *text)
{
    struct venue_piece p = {text, strlen(text)};
    return venue_net_send(m->s->net, m->conn, &p, 1);
}

static bool refuse(const struct control *m, int code, const char *msg)
{
    char text[160];
    snprintf(text, sizeof text, "{\"code\":%d,\"msg\":\"%s\"}", code, msg);
    return send_text(m, text);
}

static bool answer(const struct control *m, const char *result)
{
    struct venue_piece p[5] = {
        {"{\"result\":", 10}, {result, strlen(result)}, {",\"id\":", 6}, {m->id, strlen(m->id)}, {"}", 1}};
    return venue_net_send(m->s->net, m->conn, p, 5);
}

static bool list_subscriptions(const struct control *m)
{
    if (json_array_size(m->params) > 0) {
        return refuse(m, 2, "Invalid request: too many parameters");
    }
    json_t *list = json_array();
    for (uint32_t i = 0; i < m->c->count; i++) {
        json_array_append_new(list, json_string(m->c->sub[i].name));
    }
    char *text = json_dumps(list, JSON_COMPACT);
    bool ok = text && answer(m, text);
    free(text);
    json_decref(list);
    return ok;
}

static bool change_subscriptions(const struct control *m, bool add)
{
    size_t i;
    json_t *name;
    if (!json_is_array(m->params) || json_array_size(m->params) > STREAMS_MAX) {
        return refuse(m, 2, "Invalid request: params must be an array of stream names");
    }
    json_array_foreach(m->params, i, name)
    {
        if (!json_is_string(name)) {
            return refuse(m, 2, "Invalid request: params must be an array of stream names");
        }
    }
    json_array_foreach(m->params, i, name)
    {
        const char *text = json_string_value(name);
        if (!add) {
            venue_streams_unsubscribe(m->s, m->conn, text);
        } else if (!venue_streams_subscribe(m->s, m->conn, text, strlen(text), m->listen_key)) {
            return refuse(m, 2, "Invalid request: too many streams, or a name too long");
        }
    }
    return answer(m, "null");
}

static bool property(const struct control *m, bool set)
{
    const char *name = json_string_value(json_array_get(m->params, 0));
    const json_t *value = json_array_get(m->params, 1);
    if (!name) {
        return refuse(m, 2, "Invalid request: property name must be a string");
    }
    if (json_array_size(m->params) > (set ? 2 : 1)) {
        return refuse(m, 2, "Invalid request: too many parameters");
    }
    if (strcmp(name, "combined") != 0) {
        return refuse(m, 0, "Unknown property");
    }
    if (!set) {
        return answer(m, m->c->combined ? "true" : "false");
    }
    if (!json_is_boolean(value)) {
        return refuse(m, 1, "Invalid value type: expected Boolean");
    }
    m->c->combined = json_is_true(value);
    return answer(m, "null");
}

static bool plain_text(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= ID_TEXT_MAX &&
           strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == n;
}

static bool read_id(struct control *m, const json_t *id)
{
    if (!id || json_is_null(id)) {
        snprintf(m->id, sizeof m->id, "null");
        return true;
    }
    if (json_is_integer(id) && json_integer_value(id) >= 0) {
        snprintf(m->id, sizeof m->id, "%lld", (long long)json_integer_value(id));
        return true;
    }
    const char *text = json_string_value(id);
    if (m->s->site == VENUE_BINANCE && text && plain_text(text)) {
        snprintf(m->id, sizeof m->id, "\"%s\"", text);
        return true;
    }
    return false;
}

static bool serve(struct control *m, const json_t *o)
{
    const json_t *method = json_object_get(o, "method");
    const char *name = json_string_value(method);
    m->params = json_object_get(o, "params");
    if (!read_id(m, json_object_get(o, "id"))) {
        return refuse(m, 2, "Invalid request: request ID must be an unsigned integer");
    }
    if (!method) {
        return refuse(m, 2, "Invalid request: missing field `method`");
    }
    if (name && (strcmp(name, "SUBSCRIBE") == 0 || strcmp(name, "UNSUBSCRIBE") == 0)) {
        return change_subscriptions(m, name[0] == 'S');
    }
    if (name && strcmp(name, "LIST_SUBSCRIPTIONS") == 0) {
        return list_subscriptions(m);
    }
    if (name && (strcmp(name, "SET_PROPERTY") == 0 || strcmp(name, "GET_PROPERTY") == 0)) {
        return property(m, name[0] == 'S');
    }
    return refuse(m, 2, "Invalid request: unknown method");
}

bool venue_streams_control(struct venue_streams *s, int conn, int64_t now_ns)
{
    struct stream_client *c = &s->client[conn];
    uint32_t max = s->site == VENUE_SPOT ? MESSAGES_MAX / 2 : MESSAGES_MAX; // a second; venue-api.md 6.1
    int64_t *oldest = &c->message_ns[c->messages % max];
    if (!c->active || (c->messages >= max && now_ns - *oldest < NS_PER_S)) {
        return false;
    }
    *oldest = now_ns;
    c->messages++;
    return true;
}

bool venue_streams_message(struct venue_streams *s, int conn, const char *text, size_t n, int64_t now_ns,
                           const char *listen_key)
{
    if (!venue_streams_control(s, conn, now_ns)) {
        return false;
    }
    struct control m = {.s = s, .conn = conn, .c = &s->client[conn], .listen_key = listen_key};
    json_t *o = json_loadb(text, n, 0, NULL);
    if (json_is_object(o)) {
        serve(&m, o);
    } else {
        refuse(&m, o ? 2 : 3, o ? "Invalid request: not an object" : "Invalid JSON");
    }
    json_decref(o);
    return true;
}
