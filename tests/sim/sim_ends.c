// SPDX-License-Identifier: Apache-2.0
// sim_ends: the ends of the net as the shipped code knows them, function by function: ws_links, tls_conn,
// venue_net. Nothing is decided here; what travels and when is sim_net.c's business.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/text.h"
#include "sim/sim_net.h"

static int next_fd = FD_FIRST;

// ----------------------------------------------------------------------------------------- swapped: tls_conn

struct tls_conn *__wrap_tls_conn_new(const char *host, uint16_t port, bool tls, const char *ca_pem,
                                     struct error *e);
void __wrap_tls_conn_free(struct tls_conn *c);
bool __wrap_tls_conn_open(struct tls_conn *c);
enum tls_state __wrap_tls_conn_step(struct tls_conn *c);
enum tls_state __wrap_tls_conn_state(const struct tls_conn *c);
void __wrap_tls_conn_close(struct tls_conn *c);
enum tls_result __wrap_tls_conn_read(struct tls_conn *c, char *to, size_t cap, size_t *got);
enum tls_result __wrap_tls_conn_write(struct tls_conn *c, const char *from, size_t n);
int __wrap_tls_conn_fd(const struct tls_conn *c);
bool __wrap_tls_conn_wants_write(const struct tls_conn *c);
uint64_t __wrap_tls_conn_bytes_out(const struct tls_conn *c);
uint64_t __wrap_tls_conn_handshakes(const struct tls_conn *c);
const char *__wrap_tls_conn_error(const struct tls_conn *c);
const char *__wrap_tls_conn_authority(const struct tls_conn *c);

struct tls_conn *__wrap_tls_conn_new(const char *host, uint16_t port, bool tls, const char *ca_pem,
                                     struct error *e)
{
    (void)tls;
    (void)ca_pem;
    (void)e;
    struct tls_conn *c = calloc(1, sizeof *c);
    CHECK(c);
    snprintf(c->authority, sizeof c->authority, "%s:%u", host, (unsigned)port);
    c->port = port;
    c->fd = -1;
    return c;
}

void __wrap_tls_conn_free(struct tls_conn *c)
{
    if (c) {
        __wrap_tls_conn_close(c);
        free(c->rx);
        free(c);
    }
}

bool __wrap_tls_conn_open(struct tls_conn *c)
{
    CHECK(c->state == TLS_DOWN);
    c->conn = sim_conn_new(c->port, SIM_ORDER);
    c->conn->tls = c;
    c->fd = next_fd++;
    c->state = TLS_CONNECTING;
    c->closed = false;
    c->rx_n = c->rx_at = 0;
    return true;
}

// A failure is found by the next step, as on a socket.
enum tls_state __wrap_tls_conn_step(struct tls_conn *c)
{
    if (c->state == TLS_CONNECTING && c->closed) {
        c->state = TLS_DOWN;
    }
    if (c->state == TLS_CONNECTING && c->conn && c->conn->client_open) {
        c->state = TLS_UP;
        c->handshakes++;
    }
    return c->state;
}

enum tls_state __wrap_tls_conn_state(const struct tls_conn *c)
{
    return c->state;
}

void __wrap_tls_conn_close(struct tls_conn *c)
{
    if (c->conn) {
        sim_conn_close(c->conn);
    }
    c->conn = NULL;
    c->state = TLS_DOWN;
    c->fd = -1;
}

enum tls_result __wrap_tls_conn_read(struct tls_conn *c, char *to, size_t cap, size_t *got)
{
    size_t n = c->rx_n - c->rx_at;
    if (n == 0) {
        return c->closed ? TLS_BROKEN : TLS_AGAIN;
    }
    *got = n < cap ? n : cap;
    memcpy(to, c->rx + c->rx_at, *got);
    c->rx_at += *got;
    return TLS_DONE;
}

enum tls_result __wrap_tls_conn_write(struct tls_conn *c, const char *from, size_t n)
{
    if (!c->conn) {
        return TLS_BROKEN;
    }
    sim_conn_send(c->conn, from, n);
    c->bytes_out += n;
    return TLS_DONE;
}

int __wrap_tls_conn_fd(const struct tls_conn *c)
{
    return c->fd;
}

bool __wrap_tls_conn_wants_write(const struct tls_conn *c)
{
    (void)c;
    return false;
}

uint64_t __wrap_tls_conn_bytes_out(const struct tls_conn *c)
{
    return c->bytes_out;
}

uint64_t __wrap_tls_conn_handshakes(const struct tls_conn *c)
{
    return c->handshakes;
}

const char *__wrap_tls_conn_error(const struct tls_conn *c)
{
    return c->error;
}

const char *__wrap_tls_conn_authority(const struct tls_conn *c)
{
    return c->authority;
}

// ----------------------------------------------------------------------------------------- swapped: ws_links

struct ws_links *__wrap_ws_links_new(const struct ws_links_config *c, struct error *e);
void __wrap_ws_links_free(struct ws_links *w);
bool __wrap_ws_links_connect(struct ws_links *w, struct ws_at at, const char *path);
void __wrap_ws_links_close(struct ws_links *w, struct ws_at at);
bool __wrap_ws_links_send(struct ws_links *w, struct ws_at at, const char *text, size_t n);
void __wrap_ws_links_watch_order(struct ws_links *w, uint8_t venue, int which, int fd, bool want_write);
void __wrap_ws_links_arm(struct ws_links *w, int64_t deadline_ns);
bool __wrap_ws_links_service(struct ws_links *w, bool spin);
uint64_t __wrap_ws_links_bytes(const struct ws_links *w);
int64_t __wrap_ws_links_last_ns(const struct ws_links *w, uint8_t venue, enum link_id link);

struct ws_links *__wrap_ws_links_new(const struct ws_links_config *c, struct error *e)
{
    (void)e;
    sim_links = calloc(1, sizeof *sim_links);
    CHECK(sim_links);
    sim_links->c = *c;
    sim_links->deadline_ns = world.now_ns;
    memset(sim_links->watch, -1, sizeof sim_links->watch);
    return sim_links;
}

void __wrap_ws_links_free(struct ws_links *w)
{
    for (int i = 0; i < CONNS; i++) {
        if (sim_conns[i].used && sim_conns[i].ws) {
            sim_release(&sim_conns[i]);
        }
    }
    free(w);
    sim_links = NULL;
}

bool __wrap_ws_links_connect(struct ws_links *w, struct ws_at at, const char *path)
{
    if (w->link[at.venue][at.link][at.which]) {
        return false;
    }
    struct sim_conn *c = sim_conn_new(w->c.site[at.venue].port, at.link == LINK_USER ? SIM_USER : SIM_MARKET);
    c->ws = true;
    c->at = at;
    text_copy(c->path, sizeof c->path, path);
    w->link[at.venue][at.link][at.which] = c;
    return true;
}

void __wrap_ws_links_close(struct ws_links *w, struct ws_at at)
{
    struct sim_conn *c = w->link[at.venue][at.link][at.which];
    if (c && c->closes_ns == SIM_NEVER) {
        sim_drain(&c->dir[SIM_DOWN]);
        c->closes_ns = world.now_ns + NS_PER_MS;
    }
}

bool __wrap_ws_links_send(struct ws_links *w, struct ws_at at, const char *text, size_t n)
{
    struct sim_conn *c = w->link[at.venue][at.link][at.which];
    if (!c || !c->client_open) {
        return false;
    }
    sim_push_data(c, SIM_UP, text, n, 0);
    return true;
}

void __wrap_ws_links_watch_order(struct ws_links *w, uint8_t venue, int which, int fd, bool want_write)
{
    (void)want_write;
    w->watch[venue][which] = fd;
}

void __wrap_ws_links_arm(struct ws_links *w, int64_t deadline_ns)
{
    w->deadline_ns = deadline_ns < w->deadline_ns ? deadline_ns : w->deadline_ns;
}

bool __wrap_ws_links_service(struct ws_links *w, bool spin)
{
    (void)w;
    (void)spin;
    return sim_step();
}

uint64_t __wrap_ws_links_bytes(const struct ws_links *w)
{
    return w->bytes;
}

int64_t __wrap_ws_links_last_ns(const struct ws_links *w, uint8_t venue, enum link_id link)
{
    return w->last_ns[venue][link];
}

// ---------------------------------------------------------------------------------------- swapped: venue_net

struct venue_net *__wrap_venue_net_new(const struct venue_net_config *c, const struct venue_net_handler *h,
                                       struct error *e);
void __wrap_venue_net_free(struct venue_net *n);
uint16_t __wrap_venue_net_port(const struct venue_net *n);
int __wrap_venue_net_clients(const struct venue_net *n);
void __wrap_venue_net_answer(struct venue_net *n, int conn, struct venue_answer_head h, const char *body,
                             size_t body_len);
void __wrap_venue_net_upgrade(struct venue_net *n, int conn, const char *ws_key);
bool __wrap_venue_net_send(struct venue_net *n, int conn, const struct venue_piece *piece, size_t count);
void __wrap_venue_net_close(struct venue_net *n, int conn);
void __wrap_venue_net_flush(struct venue_net *n);
size_t __wrap_venue_net_watch(struct venue_net *n, struct pollfd *p);
void __wrap_venue_net_serve(struct venue_net *n, const struct pollfd *p, size_t count, int64_t mono_ns);

struct venue_net *__wrap_venue_net_new(const struct venue_net_config *c, const struct venue_net_handler *h,
                                       struct error *e)
{
    (void)e;
    struct venue_net *n = calloc(1, sizeof *n);
    CHECK(n && sim_nets_n < VENUE_COUNT);
    n->on = *h;
    n->c = *c;
    n->site = (enum venue_id)sim_nets_n;
    n->port = (uint16_t)(PORT_FIRST + sim_nets_n);
    sim_nets[sim_nets_n++] = n;
    return n;
}

void __wrap_venue_net_free(struct venue_net *n)
{
    for (int i = 0; n && i < CONNS; i++) {
        if (sim_conns[i].used && sim_conns[i].site == n->site) {
            sim_release(&sim_conns[i]);
        }
    }
    for (size_t i = 0; i < sim_nets_n; i++) {
        if (sim_nets[i] == n) {
            sim_nets[i] = sim_nets[--sim_nets_n];
        }
    }
    free(n);
}

uint16_t __wrap_venue_net_port(const struct venue_net *n)
{
    return n->port;
}

int __wrap_venue_net_clients(const struct venue_net *n)
{
    int k = 0;
    for (int i = 0; i < CONNS; i++) {
        k += sim_conns[i].used && sim_conns[i].venue_open && sim_conns[i].site == n->site;
    }
    return k;
}

void __wrap_venue_net_answer(struct venue_net *n, int conn, struct venue_answer_head h, const char *body,
                             size_t body_len)
{
    struct sim_conn *c = &sim_conns[conn];
    CHECK(c->used && c->site == n->site);
    if (c->ws) { // the opening was refused
        sim_push(c, SIM_DOWN, WHAT_CLOSE, 0, 0);
        c->venue_open = false;
        return;
    }
    sim_answer(c, &h, body, body_len);
}

void __wrap_venue_net_upgrade(struct venue_net *n, int conn, const char *ws_key)
{
    (void)n;
    (void)ws_key;
    sim_push(&sim_conns[conn], SIM_DOWN, WHAT_OPEN, 0, 0);
}

bool __wrap_venue_net_send(struct venue_net *n, int conn, const struct venue_piece *piece, size_t count)
{
    struct sim_conn *c = &sim_conns[conn];
    size_t total = 0;
    CHECK(c->used && c->ws && c->site == n->site);
    if (!c->venue_open) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        total += piece[i].n;
    }
    if (c->dir[SIM_DOWN].bytes > VENUE_OUT_MAX) {
        sim_cut_now(c); // a reader slower than its stream
        return false;
    }
    sim_send(c, piece, count, total);
    return true;
}

void __wrap_venue_net_close(struct venue_net *n, int conn)
{
    (void)n;
    struct sim_conn *c = &sim_conns[conn];
    if (c->used && c->venue_open) {
        sim_venue_forgets(c);
        sim_push(c, SIM_DOWN, WHAT_CLOSE, 0, 0);
    }
}

void __wrap_venue_net_flush(struct venue_net *n)
{
    (void)n;
}

// The world waits, not the venue: venue_server_run, which calls these two, does not run here.
size_t __wrap_venue_net_watch(struct venue_net *n, struct pollfd *p)
{
    (void)n;
    (void)p;
    CHECK(false);
    return 0;
}

void __wrap_venue_net_serve(struct venue_net *n, const struct pollfd *p, size_t count, int64_t mono_ns)
{
    (void)n;
    (void)p;
    (void)count;
    (void)mono_ns;
    CHECK(false);
}
