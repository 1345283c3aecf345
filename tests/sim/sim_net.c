// SPDX-License-Identifier: Apache-2.0
// sim_net: the network between the two sides. A connection is an ordered stream each way that delays, stalls
// or breaks; a break loses the tail and is the only loss (failure-modes.md 7). WebSockets carry whole
// messages, the others bytes, which the venue's own HTTP parser reads.
//
// The client's ends are ws_links, tls_conn (the order connections) and the clerk's; the venue's end is
// venue_net. All three are replaced here, function by function.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/text.h"
#include "sim/sim_net.h"

struct sim_conn sim_conns[CONNS];
static struct sim_rules rules[VENUE_COUNT][SIM_CLASSES];
struct venue_net *sim_nets[VENUE_COUNT];
size_t sim_nets_n;
struct ws_links *sim_links;
static struct rng jitter;
static uint64_t messages;
static void (*door)(const struct sim_request *r, struct sim_verdict *v);
static bool (*filter)(enum venue_id site, enum sim_class c, const char *text, size_t n, int *extra,
                      int64_t *delay_ns);

void sim_net_init(void)
{
    sim_rng(&jitter, "net");
    memset(sim_conns, 0, sizeof sim_conns);
    for (int v = 0; v < VENUE_COUNT; v++) {
        for (int c = 0; c < SIM_CLASSES; c++) {
            rules[v][c] = SIM_RULES_USUAL;
        }
    }
}

struct sim_rules *sim_rules(enum venue_id site, enum sim_class c)
{
    return &rules[site][c];
}

void sim_net_set_door(void (*f)(const struct sim_request *r, struct sim_verdict *v))
{
    door = f;
}

void sim_net_set_filter(bool (*f)(enum venue_id site, enum sim_class c, const char *text, size_t n,
                                  int *extra, int64_t *delay_ns))
{
    filter = f;
}

// --------------------------------------------------------------------------------------------------- streams

struct chunk *sim_push(struct sim_conn *c, enum sim_direction d, enum what what, size_t n, int64_t extra_ns)
{
    const struct sim_rules *r = &rules[c->site][c->class];
    struct stream *s = &c->dir[d];
    struct chunk *k = malloc(sizeof *k + n + WS_PADDING);
    CHECK(k);
    int64_t due = world.now_ns + r->latency_ns + extra_ns +
                  (r->jitter_ns ? (int64_t)rng_below(&jitter, (uint64_t)r->jitter_ns) : 0);
    due = due > s->last_due_ns ? due : s->last_due_ns + 1;
    *k = (struct chunk){.due_ns = due, .n = n, .what = what};
    memset(k->data + n, 0, WS_PADDING);
    s->last_due_ns = due;
    s->bytes += n;
    s->count++;
    if (s->tail) {
        s->tail->next = k;
    } else {
        s->head = k;
    }
    s->tail = k;
    return k;
}

void sim_push_data(struct sim_conn *c, enum sim_direction d, const char *p, size_t n, int64_t extra_ns)
{
    memcpy(sim_push(c, d, WHAT_DATA, n, extra_ns)->data, p, n);
}

static struct chunk *pop(struct stream *s)
{
    struct chunk *k = s->head;
    s->head = k->next;
    s->tail = s->head ? s->tail : NULL;
    s->bytes -= k->n;
    s->count--;
    return k;
}

void sim_drain(struct stream *s)
{
    while (s->head) {
        free(pop(s));
    }
}

static int64_t head_due_ns(const struct sim_conn *c, enum sim_direction d)
{
    const struct stream *s = &c->dir[d];
    int64_t stalled = rules[c->site][c->class].stalled_until_ns[d];
    if (!s->head) {
        return SIM_NEVER;
    }
    return s->head->due_ns > stalled ? s->head->due_ns : stalled;
}

// ----------------------------------------------------------------------------------------------- connections

static int index_of(const struct sim_conn *c)
{
    return (int)(c - sim_conns);
}

static struct venue_net *net_of(const struct sim_conn *c)
{
    for (size_t i = 0; i < sim_nets_n; i++) {
        if (sim_nets[i]->site == c->site) {
            return sim_nets[i];
        }
    }
    CHECK(false);
    return NULL;
}

struct sim_conn *sim_conn_new(uint16_t port, enum sim_class class)
{
    enum venue_id site = VENUE_COUNT;
    for (size_t i = 0; i < sim_nets_n; i++) {
        site = sim_nets[i]->port == port ? sim_nets[i]->site : site;
    }
    CHECK(site < VENUE_COUNT);
    for (int i = 0; i < CONNS; i++) {
        if (!sim_conns[i].used) {
            sim_conns[i] =
                (struct sim_conn){.used = true, .site = site, .class = class, .closes_ns = SIM_NEVER};
            sim_push(&sim_conns[i], SIM_UP, WHAT_OPEN, 0, 0);
            return &sim_conns[i];
        }
    }
    CHECK(false); // more connections than the venue takes
    return NULL;
}

void sim_venue_forgets(struct sim_conn *c)
{
    if (c->venue_open) {
        c->venue_open = false;
        world.at_venue = true;
        net_of(c)->on.closed(net_of(c)->on.ctx, index_of(c));
        world.at_venue = false;
    }
    sim_drain(&c->dir[SIM_UP]);
    free(c->in);
    c->in = NULL;
    c->in_n = 0;
}

void sim_release(struct sim_conn *c)
{
    sim_venue_forgets(c);
    sim_drain(&c->dir[SIM_DOWN]);
    c->used = false;
}

static void ws_gone(struct sim_conn *c, const char *why)
{
    struct ws_at at = c->at;
    sim_links->link[at.venue][at.link][at.which] = NULL;
    sim_release(c);
    sim_links->c.on.closed(sim_links->c.on.ctx, at, why);
}

static void tell_order_io(const struct tls_conn *t)
{
    for (int v = 0; v < VENUE_COUNT; v++) {
        for (int w = 0; w < WS_ORDER_SOCKETS; w++) {
            if (sim_links->watch[v][w] == t->fd) {
                sim_links->c.on.order_io(sim_links->c.on.ctx, (uint8_t)v, w);
                return;
            }
        }
    }
}

// The client hears that the connection is gone.
static void client_loses(struct sim_conn *c, const char *why)
{
    if (c->ws) {
        ws_gone(c, why);
    } else if (c->tls) {
        struct tls_conn *t = c->tls;
        t->closed = true;
        t->conn = NULL;
        text_copy(t->error, sizeof t->error, why);
        sim_release(c);
        tell_order_io(t);
    } else {
        const struct sim_client_ops *ops = c->ops;
        void *ctx = c->ctx;
        sim_release(c);
        ops->closed(ctx);
    }
}

void sim_net_cut(enum venue_id site, enum sim_class class)
{
    for (int i = 0; i < CONNS; i++) {
        struct sim_conn *c = &sim_conns[i];
        if (c->used && c->site == site && c->class == class) {
            sim_venue_forgets(c);
            sim_drain(&c->dir[SIM_DOWN]);
            sim_push(c, SIM_DOWN, WHAT_CLOSE, 0, 0);
        }
    }
}

size_t sim_net_in_flight(enum venue_id site, enum sim_class class)
{
    size_t n = 0;
    for (int i = 0; i < CONNS; i++) {
        const struct sim_conn *c = &sim_conns[i];
        if (c->used && c->site == site && c->class == class) {
            n += c->dir[SIM_UP].count + c->dir[SIM_DOWN].count;
        }
    }
    return n;
}

uint64_t sim_net_messages(void)
{
    return messages;
}

// ---------------------------------------------------------------------------------------- at the venue's end

void sim_cut_now(struct sim_conn *c)
{
    sim_venue_forgets(c);
    sim_drain(&c->dir[SIM_DOWN]);
    sim_push(c, SIM_DOWN, WHAT_CLOSE, 0, 0);
}

static void open_ws(struct sim_conn *c)
{
    char text[5000];
    struct venue_request r;
    int n = snprintf(text, sizeof text,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                     c->path);
    CHECK(n > 0 && (size_t)n < sizeof text);
    if (venue_http_parse(&r, text, (size_t)n) != VP_DONE || !r.upgrade) {
        sim_fail("the venue does not understand the opening of %s", c->path);
    }
    net_of(c)->on.request(net_of(c)->on.ctx, index_of(c), &r);
}

static void arrive_open(struct sim_conn *c)
{
    if (rules[c->site][c->class].refused) {
        sim_push(c, SIM_DOWN, WHAT_CLOSE, 0, 0);
        return;
    }
    c->venue_open = true;
    c->opened_ns = world.now_ns;
    if (c->ws) {
        open_ws(c);
    } else {
        sim_push(c, SIM_DOWN, WHAT_OPEN, 0, 0);
    }
}

static void answer_bytes_push(struct sim_conn *c, const struct venue_answer_head *h, const char *body,
                              size_t n, int64_t delay_ns)
{
    char *bytes = malloc(1024 + n);
    CHECK(bytes);
    size_t head = venue_http_head(bytes, 1024, h, n);
    CHECK(head > 0);
    memcpy(bytes + head, body, n);
    sim_push_data(c, SIM_DOWN, bytes, head + n, delay_ns);
    free(bytes);
    if (!h->keep_alive) {
        sim_push(c, SIM_DOWN, WHAT_CLOSE, 0, delay_ns);
    }
}

static void answer_instead(struct sim_conn *c)
{
    const struct sim_verdict *v = &c->verdict;
    struct venue_answer_head h = {.status = v->status,
                                  .used_weight = -1,
                                  .order_count = -1,
                                  .retry_after_s = v->retry_after_s,
                                  .keep_alive = true};
    answer_bytes_push(c, &h, v->body, strlen(v->body), v->delay_ns);
}

void sim_send(struct sim_conn *c, const struct venue_piece *piece, size_t count, size_t total)
{
    struct chunk *k = sim_push(c, SIM_DOWN, WHAT_DATA, total, 0);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(k->data + at, piece[i].p, piece[i].n);
        at += piece[i].n;
    }
    sim_check_published(c->path, k->data, k->n); // behind the text there are zeros
    int extra = 0;
    int64_t delay_ns = 0;
    if (filter && !filter(c->site, c->class, k->data, k->n, &extra, &delay_ns)) {
        k->n = 0; // lost: an empty message is not delivered
    }
    if (world.now_ns + delay_ns > k->due_ns) {
        k->due_ns = c->dir[SIM_DOWN].last_due_ns = world.now_ns + delay_ns;
    }
    for (; extra > 0 && k->n; extra--) {
        sim_push_data(c, SIM_DOWN, k->data, k->n, 0);
    }
}

void sim_answer(struct sim_conn *c, const struct venue_answer_head *h, const char *body, size_t n)
{
    if (c->verdict.door == DOOR_EXECUTE_HIDE) {
        answer_instead(c);
    } else if (c->verdict.door != DOOR_EXECUTE_CUT) {
        answer_bytes_push(c, h, body, n, c->verdict.door == DOOR_EXECUTE_LATE ? c->verdict.delay_ns : 0);
    }
}

static void arrive_request(struct sim_conn *c, const struct venue_request *r)
{
    c->request = (struct sim_request){.site = c->site, .via = c->class};
    text_copy(c->request.method, sizeof c->request.method, r->method);
    text_copy(c->request.path, sizeof c->request.path, r->path);
    c->request.text = r->body_len ? r->body : r->query;
    c->request.text_len = r->body_len ? r->body_len : r->query_len;
    c->verdict = (struct sim_verdict){.door = DOOR_PASS, .retry_after_s = -1, .body = ""};
    if (door) {
        door(&c->request, &c->verdict);
    }
    switch (c->verdict.door) {
    case DOOR_ANSWER:
        answer_instead(c);
        return;
    case DOOR_SWALLOW:
        return;
    case DOOR_CUT:
        sim_cut_now(c);
        return;
    default:
        break;
    }
    net_of(c)->on.request(net_of(c)->on.ctx, index_of(c), r);
    if (c->verdict.door == DOOR_EXECUTE_CUT) {
        sim_cut_now(c);
    }
}

static void arrive_bytes(struct sim_conn *c, const char *p, size_t n)
{
    struct venue_request r;
    c->in = realloc(c->in, c->in_n + n);
    CHECK(c->in);
    memcpy(c->in + c->in_n, p, n);
    c->in_n += n;
    while (c->venue_open && c->in_n > 0) {
        enum venue_parse got = venue_http_parse(&r, c->in, c->in_n);
        if (got == VP_MORE) {
            return;
        }
        if (got != VP_DONE) {
            sim_fail("the venue does not understand a request of ours: %.200s", c->in);
        }
        size_t total = r.total;
        arrive_request(c, &r);
        if (c->venue_open) {
            c->in_n -= total;
            memmove(c->in, c->in + total, c->in_n);
        }
    }
}

static void arrive_at_venue(struct sim_conn *c, const struct chunk *k)
{
    world.at_venue = true;
    switch (k->what) {
    case WHAT_OPEN:
        arrive_open(c);
        break;
    case WHAT_CLOSE:
        world.at_venue = false;
        sim_release(c); // the client has let go of it before
        break;
    case WHAT_DATA:
        if (!c->venue_open) {
            break;
        }
        if (!c->ws) {
            arrive_bytes(c, k->data, k->n);
        } else if (!net_of(c)->on.message(net_of(c)->on.ctx, index_of(c), k->data, k->n)) {
            sim_cut_now(c);
        }
        break;
    }
    world.at_venue = false;
}

// --------------------------------------------------------------------------------------- at the client's end

static void receive_bytes(struct tls_conn *t, const char *p, size_t n)
{
    if (t->rx_at == t->rx_n) {
        t->rx_at = t->rx_n = 0;
    }
    if (t->rx_n + n > t->rx_cap) {
        t->rx_cap = 2 * (t->rx_n + n);
        t->rx = realloc(t->rx, t->rx_cap);
        CHECK(t->rx);
    }
    memcpy(t->rx + t->rx_n, p, n);
    t->rx_n += n;
}

static void arrive_ws(struct sim_conn *c, const struct chunk *k)
{
    struct ws_at at = c->at;
    if (k->what == WHAT_OPEN) {
        c->client_open = true;
        sim_links->c.on.open(sim_links->c.on.ctx, at);
        return;
    }
    if (k->n == 0) {
        return; // lost
    }
    sim_links->bytes += k->n;
    sim_links->last_ns[at.venue][at.link] = world.now_ns;
    messages++;
    sim_links->c.on.text(sim_links->c.on.ctx, at, k->data, k->n, world.now_ns);
}

static void arrive_at_client(struct sim_conn *c, const struct chunk *k)
{
    if (k->what == WHAT_CLOSE) {
        client_loses(c, c->client_open ? "closed by the venue" : "connection refused");
    } else if (c->ws) {
        arrive_ws(c, k);
    } else if (c->tls) {
        if (k->what == WHAT_OPEN) {
            c->client_open = true;
        } else {
            receive_bytes(c->tls, k->data, k->n);
        }
        tell_order_io(c->tls);
    } else if (k->what == WHAT_OPEN) {
        c->client_open = true;
        c->ops->open(c->ctx);
    } else {
        c->ops->data(c->ctx, k->data, k->n);
    }
}

// ----------------------------------------------------------------------------------------------------- turns

// The last moment at which a pong came: pings are answered at once, unless one direction is stalled.
static int64_t silent_since_ns(const struct sim_conn *c)
{
    const struct sim_rules *r = &rules[c->site][c->class];
    bool stalled = r->stalled_until_ns[SIM_UP] > world.now_ns || r->stalled_until_ns[SIM_DOWN] > world.now_ns;
    return stalled && r->stalled_since_ns > c->opened_ns ? r->stalled_since_ns
           : stalled                                     ? c->opened_ns
                                                         : SIM_NEVER;
}

// libwebsockets pings when nothing came for 5 s and gives up after 11 s without a sign of life (ws_links.c).
// On a stalled stream nothing comes; where the venue sends by itself, that is a sign of life too.
static int64_t client_gives_up_ns(const struct sim_conn *c)
{
    static const int64_t HANGUP_NS = 11 * NS_PER_S;
    const struct sim_rules *r = &rules[c->site][c->class];
    bool deaf = r->stalled_until_ns[SIM_DOWN] > world.now_ns;
    bool mute = r->stalled_until_ns[SIM_UP] > world.now_ns;
    if (!c->ws || !c->client_open || c->closes_ns != SIM_NEVER || (!deaf && !mute)) {
        return SIM_NEVER;
    }
    int64_t last = sim_links->last_ns[c->at.venue][c->at.link];
    return (last > r->stalled_since_ns ? last : r->stalled_since_ns) + HANGUP_NS;
}

// WebSockets end at an age, or when no pong came for long (venue-api.md 5.1).
static int64_t life_ends_ns(const struct sim_conn *c)
{
    if (!c->ws || !c->venue_open) {
        return SIM_NEVER;
    }
    const struct venue_net_config *n = &net_of(c)->c;
    int64_t age = c->opened_ns + n->ws_life_ns, silent = silent_since_ns(c);
    int64_t dead = silent == SIM_NEVER ? SIM_NEVER : silent + n->ping_ns + n->pong_ns;
    return age < dead ? age : dead;
}

static int64_t due_of(const struct sim_conn *c, bool client_runs)
{
    int64_t t = head_due_ns(c, SIM_UP), u;
    if (client_runs) {
        u = head_due_ns(c, SIM_DOWN);
        t = u < t ? u : t;
        t = c->closes_ns < t ? c->closes_ns : t;
        u = client_gives_up_ns(c);
        t = u < t ? u : t;
    }
    u = life_ends_ns(c);
    return u < t ? u : t;
}

int64_t sim_net_next_ns(bool client_runs)
{
    int64_t t = SIM_NEVER;
    for (int i = 0; i < CONNS; i++) {
        if (sim_conns[i].used) {
            int64_t u = due_of(&sim_conns[i], client_runs);
            t = u < t ? u : t;
        }
    }
    return t;
}

static bool deliver_one(struct sim_conn *c, bool client_runs)
{
    if (client_runs && c->closes_ns <= world.now_ns) {
        ws_gone(c, "closed by us");
        return false;
    }
    if (client_runs && client_gives_up_ns(c) <= world.now_ns) {
        ws_gone(c, "no pong");
        return false;
    }
    if (head_due_ns(c, SIM_UP) <= world.now_ns) {
        struct chunk *k = pop(&c->dir[SIM_UP]);
        arrive_at_venue(c, k);
        free(k);
        return true;
    }
    if (life_ends_ns(c) <= world.now_ns) {
        sim_log("the venue ends a %s connection: its age, or no pong",
                c->class == SIM_USER ? "user" : "market");
        sim_venue_forgets(c);
        sim_push(c, SIM_DOWN, WHAT_CLOSE, 0, 0);
        return true;
    }
    struct chunk *k = pop(&c->dir[SIM_DOWN]);
    arrive_at_client(c, k);
    free(k);
    return false;
}

// True: the venue acted.
bool sim_net_deliver(bool client_runs)
{
    for (int i = 0; i < CONNS; i++) {
        if (sim_conns[i].used && due_of(&sim_conns[i], client_runs) <= world.now_ns) {
            return deliver_one(&sim_conns[i], client_runs);
        }
    }
    return false;
}

void sim_net_client_timer(int64_t *deadline_ns)
{
    *deadline_ns = sim_links ? sim_links->deadline_ns : SIM_NEVER;
}

void sim_net_call_timer(void)
{
    sim_links->deadline_ns = SIM_NEVER;
    sim_links->c.on.timer(sim_links->c.on.ctx);
}

void sim_net_call_wake(void)
{
    sim_links->c.on.wake(sim_links->c.on.ctx);
}

// ------------------------------------------------------------------------------------ the clerk's connection

struct sim_conn *sim_conn_open(uint16_t port, enum sim_class class, const struct sim_client_ops *ops,
                               void *ctx)
{
    struct sim_conn *c = sim_conn_new(port, class);
    c->ops = ops;
    c->ctx = ctx;
    return c;
}

void sim_conn_send(struct sim_conn *c, const char *p, size_t n)
{
    sim_push_data(c, SIM_UP, p, n, 0);
}

// The client lets go; the venue hears of it behind what was sent before.
void sim_conn_close(struct sim_conn *c)
{
    if (!c->client_open) { // never established: nobody there has heard of it
        sim_release(c);
        return;
    }
    static const struct sim_client_ops NONE = {0};
    sim_drain(&c->dir[SIM_DOWN]);
    c->client_open = false;
    c->ops = &NONE;
    c->tls = NULL;
    sim_push(c, SIM_UP, WHAT_CLOSE, 0, 0);
}
