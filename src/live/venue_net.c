// SPDX-License-Identifier: Apache-2.0
#include "live/venue_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "live/venue_peer.h"
#include "live/venue_ws.h"

#define IDLE_REQUEST_NS (10 * NS_PER_S)  // a handshake or request must be whole within this
#define IDLE_KEEP_NS    (300 * NS_PER_S) // keep-alive without a request
#define CLOSING_NS      (5 * NS_PER_S)   // a close frame and what stands before it must be gone by then

enum { CLOSE_GOING_AWAY = 1001, CLOSE_PROTOCOL = 1002, CLOSE_POLICY = 1008 };

enum { IN_CAP = VENUE_REQUEST_MAX + WS_CLIENT_MESSAGE_MAX, READ_MAX = 16 * 1024 };

struct out_queue {
    char *data;
    size_t head, len, cap; // bytes at data + head
};

struct conn {
    int fd;           // -1: free
    SSL *ssl;         // NULL: plain
    bool accepted;    // TLS handshake done
    bool ws, closing; // closing: no more reading; close when the queue is empty
    bool want_write;
    bool continued; // this request was told "100 Continue"
    uint32_t peer_ip;
    int64_t opened_ns, last_rx_ns, last_ping_ns, last_pong_ns, closing_ns;
    char *in;
    size_t in_len;
    char *message; // fragments of one text message
    size_t message_len;
    bool in_message;
    struct out_queue out;
};

struct venue_net {
    struct venue_net_handler handler;
    struct venue_net_config cfg;
    int owner[VENUE_WATCH_MAX]; // connection of each watched descriptor
    int listen_fd;
    uint16_t port;
    int clients;
    int64_t now_ns;
    struct conn conn[VENUE_CONNS_MAX];
};

// ----------------------------------------------------------------------------------------------- life cycle

static int listen_loopback(uint16_t port, uint16_t *bound, struct error *e)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) != 0) {
        error_set(e, EXIT_OS, "embedded venue: cannot listen on 127.0.0.1:%u: %s; choose another with --port",
                  (unsigned)port, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    *bound = ntohs(a.sin_port);
    return fd;
}

struct venue_net *venue_net_new(const struct venue_net_config *c, const struct venue_net_handler *h,
                                struct error *e)
{
    struct venue_net *n = calloc(1, sizeof *n);
    if (!n) {
        error_set(e, EXIT_OS, "embedded venue: no memory");
        return NULL;
    }
    n->handler = *h;
    n->cfg = *c;
    for (int i = 0; i < VENUE_CONNS_MAX; i++) {
        n->conn[i].fd = -1;
    }
    if (c->tls) {
        SSL_CTX_up_ref(c->tls);
    }
    n->now_ns = clock_mono_ns();
    n->listen_fd = listen_loopback(c->port, &n->port, e);
    if (n->listen_fd < 0) {
        venue_net_free(n);
        return NULL;
    }
    return n;
}

static void conn_close(struct venue_net *n, int i)
{
    struct conn *c = &n->conn[i];
    if (c->fd < 0) {
        return;
    }
    n->handler.closed(n->handler.ctx, i);
    if (c->ssl) {
        if (c->accepted) {
            SSL_shutdown(c->ssl);
        }
        SSL_free(c->ssl);
        ERR_clear_error();
    }
    close(c->fd);
    free(c->in);
    free(c->message);
    free(c->out.data);
    *c = (struct conn){.fd = -1};
    n->clients--;
}

// Too slow for what it asked for: a reset, since an orderly end would wait behind the bytes it does not read.
static void conn_cut(struct venue_net *n, int i)
{
    struct linger now = {1, 0};
    setsockopt(n->conn[i].fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    conn_close(n, i);
}

void venue_net_close(struct venue_net *n, int conn)
{
    conn_close(n, conn);
}

void venue_net_free(struct venue_net *n)
{
    if (!n) {
        return;
    }
    for (int i = 0; i < VENUE_CONNS_MAX; i++) {
        conn_close(n, i);
    }
    if (n->listen_fd >= 0) {
        close(n->listen_fd);
    }
    SSL_CTX_free(n->cfg.tls);
    free(n);
}

uint16_t venue_net_port(const struct venue_net *n)
{
    return n->port;
}

int venue_net_clients(const struct venue_net *n)
{
    return n->clients;
}

static bool conn_open(struct venue_net *n, int i, int fd, uint32_t peer_ip)
{
    int one = 1;
    struct conn *c = &n->conn[i];
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    *c = (struct conn){.fd = fd,
                       .opened_ns = n->now_ns,
                       .last_rx_ns = n->now_ns,
                       .last_ping_ns = n->now_ns,
                       .peer_ip = peer_ip,
                       .accepted = !n->cfg.tls};
    c->in = malloc(IN_CAP);
    c->ssl = n->cfg.tls ? SSL_new(n->cfg.tls) : NULL;
    n->clients++;
    if (!c->in || (n->cfg.tls && (!c->ssl || SSL_set_fd(c->ssl, fd) != 1))) {
        conn_close(n, i);
        return false;
    }
    if (c->ssl) {
        SSL_set_accept_state(c->ssl);
    }
    return true;
}

static void accept_all(struct venue_net *n)
{
    for (int k = 0; k < VENUE_CONNS_MAX; k++) {
        struct sockaddr_in a = {0};
        socklen_t len = sizeof a;
        int fd = accept4(n->listen_fd, (struct sockaddr *)&a, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        int i = 0;
        while (i < VENUE_CONNS_MAX && n->conn[i].fd >= 0) {
            i++;
        }
        if (i == VENUE_CONNS_MAX || !venue_peer_is_ours(ntohs(a.sin_port), n->port)) {
            close(fd);
        } else {
            conn_open(n, i, fd, ntohl(a.sin_addr.s_addr));
        }
    }
}

// -------------------------------------------------------------------------------------------------- writing

static bool out_room(struct out_queue *q, size_t more)
{
    if (q->head && q->head + q->len + more > q->cap) {
        memmove(q->data, q->data + q->head, q->len);
        q->head = 0;
    }
    if (q->len + more <= q->cap) {
        return true;
    }
    if (q->len + more > VENUE_OUT_MAX) {
        return false;
    }
    size_t cap = q->cap ? q->cap : (size_t)16 * 1024;
    while (cap < q->len + more) {
        cap *= 2;
    }
    char *data = realloc(q->data, cap);
    if (!data) {
        return false;
    }
    q->data = data;
    q->cap = cap;
    return true;
}

static void out_put(struct out_queue *q, const void *p, size_t n)
{
    memcpy(q->data + q->head + q->len, p, n);
    q->len += n;
}

// Bytes written, 0 would block, -1 broken.
static ssize_t conn_write(struct conn *c, const char *p, size_t n)
{
    if (!c->ssl) {
        ssize_t k = send(c->fd, p, n, MSG_NOSIGNAL);
        return k >= 0 ? k : errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    size_t done = 0;
    ERR_clear_error();
    int r = SSL_write_ex(c->ssl, p, n, &done);
    if (r == 1) {
        return (ssize_t)done;
    }
    int why = SSL_get_error(c->ssl, r);
    return why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ ? 0 : -1;
}

static void conn_flush(struct venue_net *n, int i)
{
    struct conn *c = &n->conn[i];
    while (c->fd >= 0 && c->accepted && c->out.len) {
        ssize_t k = conn_write(c, c->out.data + c->out.head, c->out.len);
        if (k < 0) {
            conn_close(n, i);
            return;
        }
        if (k == 0) {
            break;
        }
        c->out.head += (size_t)k;
        c->out.len -= (size_t)k;
    }
    if (c->out.len == 0) {
        c->out.head = 0;
        if (c->closing) {
            conn_close(n, i);
            return;
        }
    }
    c->want_write = c->out.len > 0;
}

void venue_net_flush(struct venue_net *n)
{
    for (int i = 0; i < VENUE_CONNS_MAX; i++) {
        if (n->conn[i].fd >= 0 && n->conn[i].out.len && !n->conn[i].want_write) {
            conn_flush(n, i);
        }
    }
}

void venue_net_answer(struct venue_net *n, int conn, struct venue_answer_head h, const char *body,
                      size_t body_len)
{
    struct conn *c = &n->conn[conn];
    char head[512];
    size_t k = venue_http_head(head, sizeof head, &h, body_len);
    k = venue_http_add_date(head, sizeof head, k, clock_wall_ns() / NS_PER_S);
    if (c->fd < 0) {
        return;
    }
    if (!out_room(&c->out, k + body_len)) {
        conn_cut(n, conn);
        return;
    }
    out_put(&c->out, head, k);
    out_put(&c->out, body, body_len);
    c->closing |= !h.keep_alive;
}

void venue_net_upgrade(struct venue_net *n, int conn, const char *ws_key)
{
    struct conn *c = &n->conn[conn];
    char head[256];
    size_t k = ws_accept(head, sizeof head, ws_key);
    if (!out_room(&c->out, k)) {
        conn_cut(n, conn);
        return;
    }
    out_put(&c->out, head, k);
    c->ws = true;
    c->opened_ns = c->last_ping_ns = c->last_pong_ns = n->now_ns;
}

static bool send_frame(struct venue_net *n, int conn, enum ws_opcode op, const struct venue_piece *piece,
                       size_t count)
{
    struct conn *c = &n->conn[conn];
    uint8_t head[WS_FRAME_HEAD_MAX];
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += piece[i].n;
    }
    if (c->fd < 0 || !c->ws || c->closing) {
        return false;
    }
    if (!out_room(&c->out, total + sizeof head)) {
        conn_cut(n, conn);
        return false;
    }
    size_t k = ws_frame_head(head, op, total);
    out_put(&c->out, head, k);
    for (size_t i = 0; i < count; i++) {
        out_put(&c->out, piece[i].p, piece[i].n);
    }
    return true;
}

bool venue_net_send(struct venue_net *n, int conn, const struct venue_piece *piece, size_t count)
{
    return send_frame(n, conn, WS_TEXT, piece, count);
}

void venue_net_end(struct venue_net *n, int conn, uint16_t code)
{
    struct conn *c = &n->conn[conn];
    const char body[2] = {(char)(code >> 8), (char)(code & 0xff)};
    struct venue_piece piece = {body, sizeof body};
    if (send_frame(n, conn, WS_CLOSE, &piece, 1)) {
        c->closing = true;
        c->closing_ns = n->now_ns;
    }
}

// -------------------------------------------------------------------------------------------------- reading

// Bytes read, 0 nothing now, -1 ended or broken.
static ssize_t conn_read(struct conn *c, char *to, size_t cap)
{
    if (!c->ssl) {
        ssize_t k = recv(c->fd, to, cap, 0);
        return k > 0 ? k : k < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }
    size_t done = 0;
    ERR_clear_error();
    int r = SSL_read_ex(c->ssl, to, cap, &done);
    if (r == 1) {
        return (ssize_t)done;
    }
    int why = SSL_get_error(c->ssl, r);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static void refuse(struct venue_net *n, int i, enum venue_parse why)
{
    static const char BODY[] = "{\"code\":-1100,\"msg\":\"Malformed HTTP request.\"}";
    int status = why == VP_TOO_LARGE ? 413 : why == VP_UNSUPPORTED ? 501 : 400;
    venue_net_answer(n, i, VENUE_ANSWER_LAST(status), BODY, sizeof BODY - 1);
}

static void take(struct conn *c, size_t n)
{
    memmove(c->in, c->in + n, c->in_len - n);
    c->in_len -= n;
}

// The client waits for our word before it sends the body.
static void invite_body(struct conn *c)
{
    static const char GO_ON[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!c->continued && out_room(&c->out, sizeof GO_ON - 1)) {
        out_put(&c->out, GO_ON, sizeof GO_ON - 1);
        c->continued = true;
    }
}

// True when something was used up and more may be waiting.
static bool serve_http(struct venue_net *n, int i)
{
    struct conn *c = &n->conn[i];
    struct venue_request r;
    enum venue_parse p = venue_http_parse(&r, c->in, c->in_len);
    if (p == VP_MORE) {
        if (r.expects_continue) {
            invite_body(c);
        }
        return false;
    }
    c->continued = false;
    r.peer_ip = c->peer_ip;
    if (p != VP_DONE) {
        refuse(n, i, p);
        return false;
    }
    n->handler.request(n->handler.ctx, i, &r);
    if (c->fd < 0) {
        return false;
    }
    take(c, r.total);
    return !c->closing;
}

static bool ws_control(struct venue_net *n, int i, const struct ws_frame *f)
{
    struct conn *c = &n->conn[i];
    struct venue_piece echo = {f->payload, f->payload_len};
    if (f->opcode == WS_CLOSE) {
        send_frame(n, i, WS_CLOSE, &echo, 1);
        c->closing = true;
        c->closing_ns = n->now_ns;
        return true;
    }
    if (f->opcode == WS_PONG) {
        c->last_pong_ns = n->now_ns;
    }
    if (n->handler.control && !n->handler.control(n->handler.ctx, i)) {
        venue_net_end(n, i, CLOSE_POLICY);
        return true;
    }
    return f->opcode != WS_PING || send_frame(n, i, WS_PONG, &echo, 1);
}

static void ws_message(struct venue_net *n, int i, const char *text, size_t len)
{
    if (!n->handler.message(n->handler.ctx, i, text, len)) {
        venue_net_end(n, i, CLOSE_POLICY);
    }
}

// Collect fragments; false: protocol error.
static bool ws_data(struct venue_net *n, int i, const struct ws_frame *f)
{
    struct conn *c = &n->conn[i];
    bool first = f->opcode != WS_CONTINUE;
    if (f->opcode == WS_BINARY || first == c->in_message) {
        return false;
    }
    if (first && f->fin) {
        ws_message(n, i, f->payload, f->payload_len);
        return true;
    }
    if (!c->message && !(c->message = malloc(WS_CLIENT_MESSAGE_MAX))) {
        return false;
    }
    c->message_len = first ? 0 : c->message_len;
    if (f->payload_len > WS_CLIENT_MESSAGE_MAX - c->message_len) {
        return false;
    }
    memcpy(c->message + c->message_len, f->payload, f->payload_len);
    c->message_len += f->payload_len;
    c->in_message = !f->fin;
    if (f->fin) {
        ws_message(n, i, c->message, c->message_len);
    }
    return true;
}

static bool serve_ws(struct venue_net *n, int i)
{
    struct conn *c = &n->conn[i];
    struct ws_frame f;
    enum ws_parse p = ws_frame_parse(&f, c->in, c->in_len);
    if (p == WS_MORE) {
        return false;
    }
    bool ok = p == WS_DONE && (f.opcode >= WS_CLOSE ? ws_control(n, i, &f) : ws_data(n, i, &f));
    if (c->fd < 0) {
        return false;
    }
    if (!ok) {
        venue_net_end(n, i, CLOSE_PROTOCOL);
        return false;
    }
    take(c, f.total);
    return !c->closing;
}

static void conn_serve(struct venue_net *n, int i)
{
    struct conn *c = &n->conn[i];
    while (c->fd >= 0 && !c->closing && (c->ws ? serve_ws(n, i) : serve_http(n, i))) {
    }
    if (c->fd >= 0) {
        conn_flush(n, i); // the answer leaves before anything else is looked at
    }
}

static void conn_on_readable(struct venue_net *n, int i)
{
    struct conn *c = &n->conn[i];
    if (!c->accepted) {
        ERR_clear_error();
        int r = SSL_do_handshake(c->ssl), why = r == 1 ? SSL_ERROR_NONE : SSL_get_error(c->ssl, r);
        c->accepted = r == 1;
        c->want_write = why == SSL_ERROR_WANT_WRITE;
        if (r != 1 && why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
            conn_close(n, i);
        }
        if (r != 1) {
            return;
        }
    }
    for (int k = 0; k < 16 && c->fd >= 0; k++) { // at most 256 KiB of one client per pass
        size_t room = IN_CAP - c->in_len;
        ssize_t got = room ? conn_read(c, c->in + c->in_len, room < READ_MAX ? room : READ_MAX) : -1;
        if (got < 0) {
            conn_close(n, i);
            return;
        }
        if (got == 0) {
            return;
        }
        c->last_rx_ns = n->now_ns;
        c->in_len += c->closing ? 0 : (size_t)got;
        conn_serve(n, i);
    }
}

// ----------------------------------------------------------------------------------------------------- loop

static void keep_ws(struct venue_net *n, int i)
{
    struct conn *c = &n->conn[i];
    if (n->now_ns - c->last_pong_ns > n->cfg.pong_ns) {
        conn_close(n, i);
        return;
    }
    if (n->now_ns - c->opened_ns > n->cfg.ws_life_ns) {
        venue_net_end(n, i, CLOSE_GOING_AWAY);
        return;
    }
    if (n->now_ns - c->last_ping_ns > n->cfg.ping_ns) {
        c->last_ping_ns = n->now_ns;
        send_frame(n, i, WS_PING, NULL, 0);
    }
}

static void house_keeping(struct venue_net *n)
{
    for (int i = 0; i < VENUE_CONNS_MAX; i++) {
        struct conn *c = &n->conn[i];
        if (c->fd < 0) {
            continue;
        }
        if (c->ws && !c->closing) {
            keep_ws(n, i);
            continue;
        }
        int64_t limit = c->accepted && c->in_len == 0 ? IDLE_KEEP_NS : IDLE_REQUEST_NS;
        if (n->now_ns - (c->ws ? c->closing_ns : c->last_rx_ns) > (c->ws ? CLOSING_NS : limit)) {
            conn_close(n, i);
        }
    }
}

size_t venue_net_watch(struct venue_net *n, struct pollfd *p)
{
    size_t count = 0;
    p[count++] = (struct pollfd){.fd = n->listen_fd, .events = POLLIN};
    for (int i = 0; i < VENUE_CONNS_MAX; i++) {
        if (n->conn[i].fd >= 0) {
            n->owner[count] = i;
            p[count++] = (struct pollfd){.fd = n->conn[i].fd,
                                         .events = (short)(POLLIN | (n->conn[i].want_write ? POLLOUT : 0))};
        }
    }
    return count;
}

void venue_net_serve(struct venue_net *n, const struct pollfd *p, size_t count, int64_t mono_ns)
{
    n->now_ns = mono_ns;
    for (size_t k = 1; k < count; k++) {
        int i = n->owner[k];
        if (p[k].revents & POLLOUT) {
            n->conn[i].want_write = false;
            conn_flush(n, i);
        }
        if (n->conn[i].fd == p[k].fd && (p[k].revents & (POLLIN | POLLHUP | POLLERR))) {
            conn_on_readable(n, i);
        }
    }
    if (p[0].revents) {
        accept_all(n);
    }
    house_keeping(n);
}
