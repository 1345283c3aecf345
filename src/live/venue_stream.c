// SPDX-License-Identifier: Apache-2.0
#include "live/venue_stream.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"

_Static_assert(VENUE_CONNS_MAX <= 64, "a bit of channel.listeners for each connection");

enum silent { SILENT = -1, USER_STREAM = -2 }; // subscription.channel without a channel

bool venue_streams_init(struct venue_streams *s, enum venue_id site, struct venue_net *net,
                        const struct exchange *x)
{
    *s = (struct venue_streams){.site = site, .net = net, .next_due_ns = INT64_MAX};
    return channel_table_init(&s->table, site, x);
}

void venue_streams_free(struct venue_streams *s)
{
    for (int i = 0; i < VENUE_CONNS_MAX; i++) {
        free(s->client[i].sub);
    }
    channel_table_free(&s->table);
    free(s->joined);
}

// -------------------------------------------------------------------------------------------- subscriptions

static uint32_t streams_max(const struct venue_streams *s)
{
    return s->site == VENUE_ASTER ? 200 : STREAMS_MAX; // venue-api.md 6.1
}

static bool listen(struct venue_streams *s, int conn, const struct stream_client *c, struct subscription *b)
{
    struct channel *ch = b->channel >= 0 ? &s->table.channel[b->channel] : NULL;
    if (!ch || !(ch->routes & c->routes)) {
        b->channel = b->channel == USER_STREAM ? USER_STREAM : SILENT;
        return true;
    }
    if (ch->kind == CK_DIFF && !ch->merge && !(ch->merge = depth_merge_new())) {
        return false;
    }
    ch->listeners |= UINT64_C(1) << conn;
    return true;
}

static void forget(struct venue_streams *s, int conn, const struct subscription *b)
{
    if (b->channel < 0) {
        return;
    }
    struct channel *ch = &s->table.channel[b->channel];
    ch->listeners &= ~(UINT64_C(1) << conn);
    if (ch->listeners == 0) {
        depth_merge_free(ch->merge);
        ch->merge = NULL;
        ch->due_ns = 0;
        ch->changed = 0;
    }
}

static bool room(struct stream_client *c)
{
    if (c->count < c->cap) {
        return true;
    }
    uint32_t cap = c->cap ? 2 * c->cap : 16;
    struct subscription *sub = realloc(c->sub, cap * sizeof *sub);
    if (!sub) {
        return false;
    }
    c->sub = sub;
    c->cap = cap;
    return true;
}

bool venue_streams_subscribe(struct venue_streams *s, int conn, const char *name, size_t n, const char *key)
{
    struct stream_client *c = &s->client[conn];
    if (n == 0 || n >= STREAM_NAME_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < c->count; i++) {
        if (strncmp(c->sub[i].name, name, n) == 0 && c->sub[i].name[n] == 0) {
            return true;
        }
    }
    if (c->count == streams_max(s) || !room(c)) {
        return false;
    }
    struct subscription *b = &c->sub[c->count];
    text_sanitise(b->name, sizeof b->name, name, n);
    bool is_key = key[0] && (c->routes & ROUTE_PRIVATE) && strcmp(b->name, key) == 0;
    b->channel = is_key ? USER_STREAM : channel_find(&s->table, b->name);
    c->user |= is_key;
    if (!listen(s, conn, c, b)) {
        return false;
    }
    c->count++;
    return true;
}

void venue_streams_unsubscribe(struct venue_streams *s, int conn, const char *name)
{
    struct stream_client *c = &s->client[conn];
    for (uint32_t i = 0; i < c->count; i++) {
        if (strcmp(c->sub[i].name, name) == 0) {
            c->user &= c->sub[i].channel != USER_STREAM;
            forget(s, conn, &c->sub[i]);
            memmove(&c->sub[i], &c->sub[i + 1],
                    (--c->count - i) * sizeof c->sub[i]); // the list keeps its order
            return;
        }
    }
}

// -------------------------------------------------------------------------------------------------- opening

struct stream_path {
    uint8_t routes;
    bool combined;
    const char *tail; // behind /ws/, "" when there is none
};

// /ws, /ws/a/b, /stream; at Binance behind /public, /market or /private, or retired without (1.3).
static bool parse_path(const struct venue_streams *s, const char *path, struct stream_path *p)
{
    static const struct {
        const char *prefix;
        uint8_t routes;
    } PREFIXES[] = {{"/public/", ROUTE_PUBLIC}, {"/market/", ROUTE_MARKET}, {"/private/", ROUTE_PRIVATE}};
    *p = (struct stream_path){.routes = ROUTE_ANY, .tail = ""};
    if (s->site == VENUE_BINANCE) {
        p->routes = ROUTE_PUBLIC | ROUTE_PRIVATE;
        for (size_t i = 0; i < COUNT_OF(PREFIXES); i++) {
            size_t n = strlen(PREFIXES[i].prefix);
            if (strncmp(path, PREFIXES[i].prefix, n) == 0) {
                p->routes = PREFIXES[i].routes;
                path += n - 1;
                break;
            }
        }
    }
    p->combined = strcmp(path, "/stream") == 0;
    if (strncmp(path, "/ws/", 4) == 0) {
        p->tail = path + 4;
    }
    return p->combined || p->tail[0] || strcmp(path, "/ws") == 0 || strcmp(path, "/ws/") == 0;
}

// "a/b/c": streams, of which one may be the listen key.
static bool add_names(struct venue_streams *s, int conn, const char *p, const char *key)
{
    while (*p) {
        size_t n = strcspn(p, "/");
        bool is_key = key[0] && n == strlen(key) && memcmp(p, key, n) == 0;
        if (!is_key && n >= 60 && !memchr(p, '@', n)) {
            return false; // looks like a listen key and is none (any more)
        }
        if (n && !venue_streams_subscribe(s, conn, p, n, key)) {
            return false;
        }
        p += n + (p[n] == '/');
    }
    return true;
}

// The names of the request: behind /ws/, in streams=, in listenKey=.
static bool add_request(struct venue_streams *s, int conn, const struct venue_request *r,
                        const struct stream_path *p, const char *key)
{
    char names[8192] = "", tail[sizeof r->path + 2], asked[STREAM_NAME_MAX] = "";
    int n = snprintf(tail, sizeof tail, "p=%s", p->tail);
    if (p->tail[0] && (venue_http_param(tail, (size_t)n, "p", names, sizeof names) != 1 ||
                       !add_names(s, conn, names, key))) {
        return false;
    }
    if (p->combined && (venue_http_param(r->query, r->query_len, "streams", names, sizeof names) < 0 ||
                        !add_names(s, conn, names, key))) {
        return false;
    }
    int has_key = venue_http_param(r->query, r->query_len, "listenKey", asked, sizeof asked);
    if (has_key == 0) {
        return true;
    }
    return has_key == 1 && key[0] && strcmp(asked, key) == 0 &&
           venue_streams_subscribe(s, conn, asked, strlen(asked), key);
}

bool venue_streams_open(struct venue_streams *s, int conn, const struct venue_request *r,
                        const char *listen_key)
{
    struct stream_path p;
    if (!parse_path(s, r->path, &p)) {
        return false;
    }
    s->client[conn] = (struct stream_client){.active = true, .combined = p.combined, .routes = p.routes};
    if (!add_request(s, conn, r, &p, listen_key)) {
        venue_streams_close(s, conn);
        return false;
    }
    return true;
}

void venue_streams_close(struct venue_streams *s, int conn)
{
    struct stream_client *c = &s->client[conn];
    for (uint32_t i = 0; i < c->count; i++) {
        forget(s, conn, &c->sub[i]);
    }
    free(c->sub);
    *c = (struct stream_client){0};
}

// -------------------------------------------------------------------------------------------------- fan-out

static void send_event(struct venue_streams *s, int conn, const char *name, const char *text, size_t n)
{
    struct venue_piece plain = {text, n};
    struct venue_piece wrapped[5] = {
        {"{\"stream\":\"", 11}, {name, strlen(name)}, {"\",\"data\":", 9}, {text, n}, {"}", 1}};
    bool combined = s->client[conn].combined;
    venue_net_send(s->net, conn, combined ? wrapped : &plain, combined ? 5 : 1);
}

static void send_channel(struct venue_streams *s, const struct channel *c, const char *text, size_t n)
{
    for (uint64_t left = c->listeners; left; left &= left - 1) {
        send_event(s, __builtin_ctzll(left), c->name, text, n);
    }
}

// {"e":"kline","E":..,"s":..,"k":{..}} as {"e":"continuous_kline","E":..,"ps":..,"ct":"PERPETUAL","k":{..}}.
static void send_continuous(struct venue_streams *s, const struct channel *c, const char *text, size_t n)
{
    json_t *o = json_loadb(text, n, 0, NULL), *k = json_object_get(o, "k");
    if (json_object_del(k, "s") == 0) {
        json_t *out =
            json_pack("{s:s, s:O, s:O, s:s, s:O}", "e", "continuous_kline", "E", json_object_get(o, "E"),
                      "ps", json_object_get(o, "s"), "ct", "PERPETUAL", "k", k);
        char *words = out ? json_dumps(out, JSON_COMPACT) : NULL;
        if (words) {
            send_channel(s, c, words, strlen(words));
        }
        free(words);
        json_decref(out);
    }
    json_decref(o);
}

static bool keep(struct source *src, const char *text, size_t n)
{
    if (n > src->cap) {
        char *p = realloc(src->text, 2 * n);
        if (!p) {
            return false;
        }
        src->text = p;
        src->cap = 2 * n;
    }
    memcpy(src->text, text, n);
    src->n = n;
    return true;
}

static void plan(struct venue_streams *s, struct channel *c, int64_t now_ns)
{
    if (c->due_ns == 0) {
        c->due_ns = ((now_ns - c->offset_ns) / c->period_ns + 1) * c->period_ns + c->offset_ns;
    }
    s->next_due_ns = c->due_ns < s->next_due_ns ? c->due_ns : s->next_due_ns;
}

static void send_merged(struct venue_streams *s, struct channel *c, int64_t now_ns)
{
    const char *text;
    size_t n = depth_merge_take(c->merge, now_ns / NS_PER_MS, &text);
    if (n) {
        send_channel(s, c, text, n);
    }
}

static void gather(struct venue_streams *s, struct channel *c, const char *text, size_t n, int64_t now_ns)
{
    if (depth_merge_add(c->merge, text, n) == MERGE_FLUSH_FIRST) {
        send_merged(s, c, now_ns);
        depth_merge_add(c->merge, text, n);
    }
}

void venue_streams_market(struct venue_streams *s, const char *stream, const char *text, size_t n,
                          int64_t now_ns)
{
    struct source *src = channel_source(&s->table, stream);
    bool kept = false;
    for (uint32_t i = 0; src && i < src->channels; i++) {
        struct channel *c = &s->table.channel[src->channel[i]];
        if (c->listeners == 0) {
            continue;
        }
        if (c->kind == CK_PASS) {
            send_channel(s, c, text, n);
            continue;
        }
        if (c->kind == CK_CONTINUOUS) {
            send_continuous(s, c, text, n);
            continue;
        }
        if (c->kind == CK_DIFF) {
            gather(s, c, text, n, now_ns);
        } else if (kept || (kept = keep(src, text, n))) {
            c->changed |= UINT32_C(1) << src->symbol;
        }
        plan(s, c, now_ns);
    }
}

bool venue_streams_wanted(struct venue_streams *s, const char *stream)
{
    const struct source *src = channel_source(&s->table, stream);
    for (uint32_t i = 0; src && i < src->channels; i++) {
        if (s->table.channel[src->channel[i]].listeners) {
            return true;
        }
    }
    return false;
}

// All news of the channel's symbols as one array.
static void send_array(struct venue_streams *s, const struct channel *c)
{
    size_t need = 2, n = 0;
    for (uint32_t left = c->changed; left; left &= left - 1) {
        need += channel_feed(&s->table, c, (uint32_t)__builtin_ctz(left))->n + 1;
    }
    if (need > s->joined_cap) {
        char *p = realloc(s->joined, 2 * need);
        if (!p) {
            return;
        }
        s->joined = p;
        s->joined_cap = 2 * need;
    }
    for (uint32_t left = c->changed; left; left &= left - 1) {
        const struct source *src = channel_feed(&s->table, c, (uint32_t)__builtin_ctz(left));
        s->joined[n] = n ? ',' : '[';
        n++;
        memcpy(s->joined + n, src->text, src->n);
        n += src->n;
    }
    s->joined[n++] = ']';
    send_channel(s, c, s->joined, n);
}

static void send_due(struct venue_streams *s, struct channel *c, int64_t now_ns)
{
    if (c->kind == CK_DIFF) {
        send_merged(s, c, now_ns);
    } else if (c->kind == CK_ARRAY && c->changed) {
        send_array(s, c);
    } else {
        for (uint32_t left = c->changed; left; left &= left - 1) {
            const struct source *src = channel_feed(&s->table, c, (uint32_t)__builtin_ctz(left));
            send_channel(s, c, src->text, src->n);
        }
    }
    c->changed = 0;
    c->due_ns = 0;
}

int64_t venue_streams_on_time(struct venue_streams *s, int64_t now_ns)
{
    if (now_ns < s->next_due_ns) {
        return s->next_due_ns;
    }
    s->next_due_ns = INT64_MAX;
    for (uint32_t i = 0; i < s->table.channels; i++) {
        struct channel *c = &s->table.channel[i];
        if (c->due_ns && c->due_ns <= now_ns) {
            send_due(s, c, now_ns);
        }
        if (c->due_ns && c->due_ns < s->next_due_ns) {
            s->next_due_ns = c->due_ns;
        }
    }
    return s->next_due_ns;
}

// ---------------------------------------------------------------------------------------------- user stream

void venue_streams_user(struct venue_streams *s, const char *text, size_t n)
{
    for (int i = 0; i < VENUE_CONNS_MAX; i++) {
        const struct stream_client *c = &s->client[i];
        for (uint32_t k = 0; c->active && c->user && k < c->count; k++) {
            if (c->sub[k].channel == USER_STREAM) {
                send_event(s, i, c->sub[k].name, text, n);
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
