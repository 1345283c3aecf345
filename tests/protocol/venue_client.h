// SPDX-License-Identifier: Apache-2.0
// venue_client: a minimal client of the embedded venue for tests and benchmarks: blocking OpenSSL sockets,
// our HTTP/1.1 codec for answers, a WebSocket handshake and frames written out by hand. It shares no code
// with the server's side, so that a misreading of the protocol would have to be made twice. Every wait is
// bounded.
#ifndef TT_TESTS_VENUE_CLIENT_H
#define TT_TESTS_VENUE_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "commands/commands.h"
#include "live/venue_hello.h"
#include "wire/http1.h"
#include "wire/sign.h"

#define VC_MARKET "config/market/usdm-20240808.tape"

struct vc_venue {
    pid_t pid;
    struct venue_hello hello;
    SSL_CTX *tls;
    struct signer *signer, *hmac;
    struct nonce nonce;
    int handshakes;
};

// Start `ticktower venue` in a child with these further arguments (NULL-terminated). close_fd: a descriptor
// that the child must not keep (-1: none).
static inline void vc_start_without(struct vc_venue *v, const char *const *args, int close_fd)
{
    int p[2];
    memset(v, 0, sizeof *v);
    CHECK(pipe(p) == 0);
    fflush(stdout);
    v->pid = fork();
    CHECK(v->pid >= 0);
    if (v->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); // a test that fails leaves nobody behind
        char *argv[32] = {(char *)"venue", (char *)"--market", (char *)VC_MARKET};
        int argc = 3;
        for (; *args && argc < 31; args++) {
            argv[argc++] = (char *)*args;
        }
        dup2(p[1], STDOUT_FILENO);
        close(p[0]);
        close(p[1]);
        close(close_fd);
        _exit(cmd_venue(argc, argv));
    }
    close(p[1]);
    char line[VENUE_HELLO_MAX];
    size_t n = 0;
    while (n < sizeof line && (n == 0 || line[n - 1] != '\n')) {
        ssize_t k = read(p[0], line + n, sizeof line - n);
        CHECK(k > 0);
        n += (size_t)k;
    }
    close(p[0]);
    struct error e = {0};
    CHECK(venue_hello_parse(&v->hello, line, n, &e));
    v->signer = signer_new_eip712(v->hello.signer_key, v->hello.user, NULL, v->hello.chain_id, true, &e);
    v->hmac = signer_new_hmac(v->hello.api_key, v->hello.api_secret, 5000, &e);
    CHECK(v->signer && v->hmac);
    if (v->hello.tls) {
        v->tls = SSL_CTX_new(TLS_client_method());
        BIO *b = BIO_new_mem_buf(v->hello.ca_pem, -1);
        X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
        CHECK(x && X509_STORE_add_cert(SSL_CTX_get_cert_store(v->tls), x) == 1);
        SSL_CTX_set_verify(v->tls, SSL_VERIFY_PEER, NULL);
        X509_free(x);
        BIO_free(b);
    }
}

static inline void vc_start(struct vc_venue *v, const char *const *args)
{
    vc_start_without(v, args, -1);
}

// Ask it to stop; returns its exit code.
static inline int vc_stop(struct vc_venue *v)
{
    int status = 0;
    if (v->pid > 0) {
        kill(v->pid, SIGTERM);
        waitpid(v->pid, &status, 0);
    }
    signer_free(v->signer);
    signer_free(v->hmac);
    SSL_CTX_free(v->tls);
    v->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct vc_conn {
    struct vc_venue *v;
    int fd;
    SSL *ssl;
    char body[2 * 1024 * 1024];
    char in[1024 * 1024]; // WebSocket bytes not yet used
    size_t in_len;
    int32_t used_weight, order_count, retry_after; // headers of the last answer
    int64_t rtt_ns;                                // of the last request
};

static inline struct vc_conn *vc_connect_port(struct vc_venue *v, uint16_t port)
{
    struct vc_conn *c = calloc(1, sizeof *c);
    struct timeval limit = {5, 0};
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    c->v = v;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(c->fd, (struct sockaddr *)&a, sizeof a) == 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (v->tls) {
        c->ssl = SSL_new(v->tls);
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c->ssl), "127.0.0.1");
        SSL_set_fd(c->ssl, c->fd);
        CHECK(SSL_connect(c->ssl) == 1);
        v->handshakes++;
    }
    return c;
}

static inline struct vc_conn *vc_connect(struct vc_venue *v)
{
    return vc_connect_port(v, v->hello.port);
}

static inline void vc_close(struct vc_conn *c)
{
    if (c->ssl) {
        SSL_free(c->ssl);
    }
    close(c->fd);
    free(c);
}

static inline ssize_t vc_read(struct vc_conn *c, char *to, size_t cap)
{
    return c->ssl ? SSL_read(c->ssl, to, (int)(cap > 65536 ? 65536 : cap)) : read(c->fd, to, cap);
}

static inline void vc_write(struct vc_conn *c, const char *p, size_t n)
{
    ssize_t k = c->ssl ? SSL_write(c->ssl, p, (int)n) : write(c->fd, p, n);
    CHECK(k == (ssize_t)n);
}

// Send a built request and read its answer; the body is in c->body. Returns the HTTP status, -1 when the peer
// closed.
static inline int vc_exchange(struct vc_conn *c, const char *request, size_t n)
{
    struct http1_parser p;
    char buf[65536];
    http1_parser_init(&p, c->body, sizeof c->body);
    int64_t begun = clock_mono_ns();
    vc_write(c, request, n);
    while (p.state != HTTP1_DONE && p.state != HTTP1_BAD) {
        ssize_t k = vc_read(c, buf, sizeof buf);
        if (k <= 0) {
            return -1;
        }
        http1_feed(&p, buf, (size_t)k);
    }
    c->rtt_ns = clock_mono_ns() - begun;
    c->used_weight = p.used_weight_1m;
    c->order_count = p.order_count_1m;
    c->retry_after = p.retry_after_s;
    return p.state == HTTP1_DONE ? p.status : -1;
}

static inline int vc_call_text(struct vc_conn *c, const char *method, const char *path, const char *text)
{
    char request[8192];
    size_t n = http1_build(request, sizeof request, method, "127.0.0.1", path, text, strlen(text), NULL);
    CHECK(n > 0);
    return vc_exchange(c, request, n);
}

// Sign the business text with a fresh nonce and call. signed_text (2048 bytes) may be NULL.
static inline int vc_call(struct vc_conn *c, const char *method, const char *path, const char *business,
                          char *signed_text)
{
    char text[2048];
    snprintf(text, sizeof text, "%s", business);
    size_t n = signer_sign(c->v->signer, text, strlen(text), sizeof text,
                           nonce_next(&c->v->nonce, clock_wall_ns() / 1000));
    CHECK(n > 0);
    text[n] = 0;
    if (signed_text) {
        memcpy(signed_text, text, n + 1);
    }
    return vc_call_text(c, method, path, text);
}

// Sign with the API key instead and send its header.
static inline int vc_call_hmac(struct vc_conn *c, const char *method, const char *path, const char *business)
{
    char text[2048], request[8192];
    snprintf(text, sizeof text, "%s", business);
    size_t n =
        signer_sign(c->v->hmac, text, strlen(text), sizeof text, (uint64_t)(clock_wall_ns() / NS_PER_MS));
    CHECK(n > 0);
    n = http1_build(request, sizeof request, method, "localhost", path, text, n, c->v->hello.api_key);
    CHECK(n > 0);
    return vc_exchange(c, request, n);
}

static inline json_t *vc_json(const struct vc_conn *c)
{
    json_error_t why;
    json_t *o = json_loads(c->body, 0, &why);
    CHECK(o != NULL);
    return o;
}

static inline int vc_code(const struct vc_conn *c)
{
    json_t *o = vc_json(c);
    int code = (int)json_integer_value(json_object_get(o, "code"));
    json_decref(o);
    return code;
}

// ------------------------------------------------------------------------------------------------ WebSocket

// True when the venue switched protocols.
static inline bool vc_ws_open(struct vc_conn *c, const char *path)
{
    char text[4096];
    int n = snprintf(text, sizeof text,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: "
                     "keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                     "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                     path);
    vc_write(c, text, (size_t)n);
    for (;;) {
        ssize_t k = vc_read(c, c->in + c->in_len, sizeof c->in - c->in_len - 1);
        if (k <= 0) {
            return false;
        }
        c->in_len += (size_t)k;
        c->in[c->in_len] = 0;
        char *end = strstr(c->in, "\r\n\r\n");
        if (end) {
            // the answer to the sample key of RFC 6455, 1.3
            bool ok = strstr(c->in, " 101 ") && strstr(c->in, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
            size_t used = (size_t)(end + 4 - c->in);
            memmove(c->in, c->in + used, c->in_len - used);
            c->in_len -= used;
            return ok;
        }
    }
}

static inline void vc_ws_send(struct vc_conn *c, int opcode, const char *text, size_t n)
{
    char frame[4096];
    static const char MASK[4] = {0x37, (char)0xfa, 0x21, 0x3d};
    CHECK(n < 4000);
    size_t at = 2;
    frame[0] = (char)(0x80 | opcode);
    frame[1] = (char)(0x80 | (n < 126 ? n : 126));
    if (n >= 126) {
        frame[2] = (char)(n >> 8);
        frame[3] = (char)n;
        at = 4;
    }
    memcpy(frame + at, MASK, 4);
    for (size_t i = 0; i < n; i++) {
        frame[at + 4 + i] = (char)(text[i] ^ MASK[i & 3]);
    }
    vc_write(c, frame, at + 4 + n);
}

// A whole frame out of c->in: payload is copied to text (terminated). 0: not there yet.
static inline int vc_ws_take(struct vc_conn *c, char *text, size_t cap)
{
    const unsigned char *u = (const unsigned char *)c->in;
    size_t len = c->in_len >= 2 ? u[1] & 0x7f : 0, at = 2;
    if (c->in_len < 2) {
        return 0;
    }
    size_t wide = len == 126 ? 2 : len == 127 ? 8 : 0;
    if (c->in_len < at + wide) {
        return 0;
    }
    if (wide) {
        len = 0;
        for (size_t i = 0; i < wide; i++) {
            len = len << 8 | u[at + i];
        }
        at += wide;
    }
    if (c->in_len < at + len) {
        return 0;
    }
    CHECK(len < cap && (u[0] & 0x80) && !(u[1] & 0x80));
    int opcode = u[0] & 0x0f;
    memcpy(text, c->in + at, len);
    text[len] = 0;
    memmove(c->in, c->in + at + len, c->in_len - at - len);
    c->in_len -= at + len;
    return opcode;
}

// Next frame within ms: its opcode, 0 when none came, -1 when the connection ended.
static inline int vc_ws_next(struct vc_conn *c, char *text, size_t cap, int ms)
{
    int64_t until = clock_mono_ns() + ms * NS_PER_MS;
    for (;;) {
        int op = vc_ws_take(c, text, cap);
        if (op) {
            return op;
        }
        int64_t left = (until - clock_mono_ns()) / NS_PER_MS;
        struct pollfd p = {c->fd, POLLIN, 0};
        if (!(c->ssl && SSL_pending(c->ssl)) && poll(&p, 1, left > 0 ? (int)left : 0) <= 0) {
            return 0;
        }
        ssize_t k = vc_read(c, c->in + c->in_len, sizeof c->in - c->in_len);
        if (k <= 0) {
            return -1;
        }
        c->in_len += (size_t)k;
    }
}

// Next text frame as JSON within ms; NULL when none came.
static inline json_t *vc_ws_json(struct vc_conn *c, int ms)
{
    static char text[1024 * 1024];
    int op = vc_ws_next(c, text, sizeof text, ms);
    return op == 1 ? json_loads(text, 0, NULL) : NULL;
}

#endif
