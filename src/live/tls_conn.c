// SPDX-License-Identifier: Apache-2.0
// tls_conn: see tls_conn.h. OpenSSL reads and writes through a small BIO of ours on send() and recv(): it
// counts what the kernel took, raises no SIGPIPE and keeps the reason of a failure.
#include "live/tls_conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/text.h"

enum { ADDRESSES_MAX = 8, HOST_MAX = 128 };

struct address {
    struct sockaddr_storage sa;
    socklen_t len;
};

struct tls_conn {
    // -- immutable after tls_conn_new
    char host[HOST_MAX];
    char authority[HOST_MAX + 16];
    bool tls, host_is_address;
    SSL_CTX *ctx;
    BIO_METHOD *method;
    struct address address[ADDRESSES_MAX];
    size_t addresses;
    // -- of the running connection
    enum tls_state state;
    int fd;
    SSL *ssl;
    bool wants_write, saw_end;
    int io_errno; // of the last failed send or recv
    size_t at;    // address to try next
    // -- since new
    uint64_t bytes_out, handshakes;
    char error[200];
};

// ------------------------------------------------------------------------------------------------------ the
// socket

static int socket_send(struct tls_conn *c, const char *from, size_t n)
{
    ssize_t sent = send(c->fd, from, n, MSG_NOSIGNAL);
    if (sent < 0) {
        c->io_errno = errno;
        return -1;
    }
    c->bytes_out += (uint64_t)sent;
    return (int)sent;
}

static int socket_recv(struct tls_conn *c, char *to, size_t cap)
{
    ssize_t got = recv(c->fd, to, cap, 0);
    if (got < 0) {
        c->io_errno = errno;
        return -1;
    }
    c->saw_end |= got == 0;
    return (int)got;
}

static bool would_block(const struct tls_conn *c)
{
    return c->io_errno == EAGAIN || c->io_errno == EWOULDBLOCK || c->io_errno == EINTR;
}

static int bio_write(BIO *b, const char *from, int n)
{
    struct tls_conn *c = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    int sent = socket_send(c, from, (size_t)n);
    if (sent < 0 && would_block(c)) {
        BIO_set_retry_write(b);
    }
    return sent;
}

static int bio_read(BIO *b, char *to, int cap)
{
    struct tls_conn *c = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    int got = socket_recv(c, to, (size_t)cap);
    if (got < 0 && would_block(c)) {
        BIO_set_retry_read(b);
    }
    return got;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
    (void)num;
    (void)ptr;
    const struct tls_conn *c = BIO_get_data(b);
    return cmd == BIO_CTRL_FLUSH || (cmd == BIO_CTRL_EOF && c->saw_end);
}

static BIO_METHOD *make_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK | 0xff, "socket without SIGPIPE");
    if (m) {
        BIO_meth_set_write(m, bio_write);
        BIO_meth_set_read(m, bio_read);
        BIO_meth_set_ctrl(m, bio_ctrl);
    }
    return m;
}

// --------------------------------------------------------------------------------------------------------
// setting up

static bool resolve(struct tls_conn *c, uint16_t port, struct error *e)
{
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    int rc = getaddrinfo(c->host, service, &hints, &list);
    if (rc != 0) {
        return error_set(e, EXIT_UNAVAILABLE,
                         "host %s: %s: check the name in the configuration and the network", c->host,
                         gai_strerror(rc));
    }
    for (struct addrinfo *a = list; a && c->addresses < ADDRESSES_MAX; a = a->ai_next) {
        if (a->ai_addrlen <= sizeof c->address[0].sa) {
            memcpy(&c->address[c->addresses].sa, a->ai_addr, a->ai_addrlen);
            c->address[c->addresses++].len = a->ai_addrlen;
        }
    }
    freeaddrinfo(list);
    return c->addresses > 0 ||
           error_set(e, EXIT_UNAVAILABLE, "host %s has no address: check the name", c->host);
}

// Every certificate of the text becomes an anchor.
static bool trust(SSL_CTX *ctx, const char *pem)
{
    BIO *text = BIO_new_mem_buf(pem, -1);
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    int count = 0;
    for (X509 *x; text && (x = PEM_read_bio_X509(text, NULL, NULL, NULL)); count++) {
        X509_STORE_add_cert(store, x);
        X509_free(x);
    }
    BIO_free(text);
    ERR_clear_error(); // the end of the text is an error to PEM_read
    X509_STORE_set_flags(store,
                         X509_V_FLAG_PARTIAL_CHAIN); // a server's own certificate may be named as the anchor
    return count > 0;
}

static bool make_context(struct tls_conn *c, const char *ca_pem, struct error *e)
{
    static const unsigned char ALPN[] = "\x08http/1.1";
    c->ctx = SSL_CTX_new(TLS_client_method());
    c->method = make_method();
    if (!c->ctx || !c->method) {
        return error_set(e, EXIT_OS, "TLS: OpenSSL gives no context: check memory and its configuration");
    }
    SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_clear_mode(c->ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_protos(c->ctx, ALPN, sizeof ALPN - 1);
    if (ca_pem && *ca_pem) {
        return trust(c->ctx, ca_pem) ||
               error_set(e, EXIT_USAGE, "certificate to trust for %s: no PEM certificate in it", c->host);
    }
    return SSL_CTX_set_default_verify_paths(c->ctx) == 1 ||
           error_set(e, EXIT_OS, "TLS: the system's certificates cannot be read: install ca-certificates");
}

static bool is_address(const char *host)
{
    unsigned char raw[16];
    return inet_pton(AF_INET, host, raw) == 1 || inet_pton(AF_INET6, host, raw) == 1;
}

struct tls_conn *tls_conn_new(const char *host, uint16_t port, bool tls, const char *ca_pem, struct error *e)
{
    if (!host || !*host || strlen(host) >= HOST_MAX) {
        error_set(e, EXIT_USAGE, "host: want a name or address of 1 to %d characters", HOST_MAX - 1);
        return NULL;
    }
    struct tls_conn *c = calloc(1, sizeof *c);
    if (!c) {
        error_set(e, EXIT_OS, "no memory for a connection");
        return NULL;
    }
    c->fd = -1;
    c->tls = tls;
    text_copy(c->host, sizeof c->host, host);
    c->host_is_address = is_address(host);
    bool v6 = strchr(host, ':') != NULL;
    snprintf(c->authority, sizeof c->authority, port == (tls ? 443 : 80) ? "%s%s%s" : "%s%s%s:%u",
             v6 ? "[" : "", host, v6 ? "]" : "", port);
    if (!resolve(c, port, e) || (tls && !make_context(c, ca_pem, e))) {
        tls_conn_free(c);
        return NULL;
    }
    return c;
}

void tls_conn_free(struct tls_conn *c)
{
    if (!c) {
        return;
    }
    tls_conn_close(c);
    SSL_CTX_free(c->ctx);
    BIO_meth_free(c->method);
    free(c);
}

// ------------------------------------------------------------------------------------------------------ up
// and down

static void drop_socket(struct tls_conn *c)
{
    SSL_free(c->ssl);
    c->ssl = NULL;
    if (c->fd >= 0) {
        close(c->fd);
    }
    c->fd = -1;
    c->state = TLS_DOWN;
    c->wants_write = false;
}

// Why the last call failed, in words. `what` names the step.
static void note(struct tls_conn *c, const char *what, int error_number)
{
    char why[128] = "closed by the other side";
    unsigned long code = ERR_peek_error();
    long verify = c->ssl ? SSL_get_verify_result(c->ssl) : X509_V_OK;
    if (verify != X509_V_OK) {
        snprintf(why, sizeof why, "certificate: %s", X509_verify_cert_error_string(verify));
    } else if (error_number) {
        text_copy(why, sizeof why,
                  strerrordesc_np(error_number) ? strerrordesc_np(error_number) : "unknown error");
    } else if (code && ERR_reason_error_string(code)) {
        text_copy(why, sizeof why, ERR_reason_error_string(code));
    }
    snprintf(c->error, sizeof c->error, "%s %.80s: %.100s", what, c->authority, why);
}

// A step of opening failed: the next attempt takes the next address.
static void fail_open(struct tls_conn *c, const char *what, int error_number)
{
    note(c, what, error_number);
    drop_socket(c);
    c->at = (c->at + 1) % c->addresses;
}

bool tls_conn_open(struct tls_conn *c)
{
    CHECK(c->state == TLS_DOWN);
    const struct address *a = &c->address[c->at];
    c->saw_end = false;
    c->fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        fail_open(c, "socket for", errno);
        return false;
    }
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(c->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (connect(c->fd, (const struct sockaddr *)&a->sa, a->len) != 0 && errno != EINPROGRESS) {
        fail_open(c, "connect to", errno);
        return false;
    }
    c->state = TLS_CONNECTING;
    c->wants_write = true;
    return true;
}

static bool begin_handshake(struct tls_conn *c)
{
    BIO *b = BIO_new(c->method);
    c->ssl = SSL_new(c->ctx);
    if (!b || !c->ssl) {
        BIO_free(b);
        fail_open(c, "TLS memory for", ENOMEM);
        return false;
    }
    BIO_set_data(b, c);
    BIO_set_init(b, 1);
    SSL_set_bio(c->ssl, b, b);
    SSL_set_connect_state(c->ssl);
    bool ok;
    if (c->host_is_address) {
        ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c->ssl), c->host) == 1;
    } else {
        SSL_set_hostflags(c->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        ok = SSL_set1_host(c->ssl, c->host) == 1 && SSL_set_tlsext_host_name(c->ssl, c->host) == 1;
    }
    if (!ok) { // without a name to check there is no verification: never go on
        fail_open(c, "TLS name check for", EINVAL);
        return false;
    }
    c->state = TLS_HANDSHAKE;
    return true;
}

static void step_connect(struct tls_conn *c)
{
    int error_number = 0;
    socklen_t len = sizeof error_number;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error_number, &len);
    if (error_number) {
        fail_open(c, "connect to", error_number);
        return;
    }
    struct sockaddr_storage peer;
    len = sizeof peer;
    if (getpeername(c->fd, (struct sockaddr *)&peer, &len) != 0) {
        if (errno != ENOTCONN) {
            fail_open(c, "connect to", errno);
        }
        return; // still on its way
    }
    c->wants_write = false;
    if (!c->tls) {
        c->state = TLS_UP;
        c->handshakes++;
        return;
    }
    begin_handshake(c);
}

static void step_handshake(struct tls_conn *c)
{
    ERR_clear_error();
    c->io_errno = 0;
    int rc = SSL_do_handshake(c->ssl);
    if (rc == 1) {
        c->state = TLS_UP;
        c->wants_write = false;
        c->handshakes++;
        return;
    }
    int why = SSL_get_error(c->ssl, rc);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        c->wants_write = why == SSL_ERROR_WANT_WRITE;
        return;
    }
    fail_open(c, "TLS handshake with", why == SSL_ERROR_SYSCALL ? c->io_errno : 0);
}

enum tls_state tls_conn_step(struct tls_conn *c)
{
    if (c->state == TLS_CONNECTING) {
        step_connect(c);
    }
    if (c->state == TLS_HANDSHAKE) {
        step_handshake(c);
    }
    return c->state;
}

void tls_conn_close(struct tls_conn *c)
{
    if (c->state == TLS_UP && c->ssl) {
        ERR_clear_error();
        SSL_shutdown(c->ssl); // one alert, unanswered; a full socket just loses it
    }
    drop_socket(c);
}

// -------------------------------------------------------------------------------------------------------------
// data

// What a failed SSL_read or SSL_write means.
static enum tls_result ssl_verdict(struct tls_conn *c, int rc, const char *what)
{
    int why = SSL_get_error(c->ssl, rc);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        c->wants_write = why == SSL_ERROR_WANT_WRITE;
        return TLS_AGAIN;
    }
    note(c, what, why == SSL_ERROR_SYSCALL ? c->io_errno : 0);
    return TLS_BROKEN;
}

static enum tls_result plain_verdict(struct tls_conn *c, const char *what)
{
    if (would_block(c)) {
        return TLS_AGAIN;
    }
    note(c, what, c->io_errno);
    return TLS_BROKEN;
}

enum tls_result tls_conn_read(struct tls_conn *c, char *to, size_t cap, size_t *got)
{
    CHECK(c->state == TLS_UP && cap > 0);
    c->io_errno = 0;
    if (!c->tls) {
        int n = socket_recv(c, to, cap);
        if (n <= 0) {
            return plain_verdict(c, "read from");
        }
        *got = (size_t)n;
        return TLS_DONE;
    }
    ERR_clear_error();
    int rc = SSL_read_ex(c->ssl, to, cap, got);
    return rc == 1 ? TLS_DONE : ssl_verdict(c, rc, "read from");
}

enum tls_result tls_conn_write(struct tls_conn *c, const char *from, size_t n)
{
    CHECK(c->state == TLS_UP && n > 0 && n <= TLS_WRITE_MAX);
    c->io_errno = 0;
    c->wants_write = false;
    if (!c->tls) {
        int sent = socket_send(c, from, n);
        if (sent < 0) {
            enum tls_result r = plain_verdict(c, "write to");
            c->wants_write = r == TLS_AGAIN;
            return r;
        }
        // A short write on loopback means a reader that stopped: the rest cannot follow as "one buffer", so
        // give up.
        return (size_t)sent == n ? TLS_DONE : TLS_BROKEN;
    }
    ERR_clear_error();
    size_t done = 0;
    int rc = SSL_write_ex(c->ssl, from, n, &done);
    return rc == 1 ? TLS_DONE : ssl_verdict(c, rc, "write to");
}

int tls_conn_fd(const struct tls_conn *c)
{
    return c->fd;
}

bool tls_conn_wants_write(const struct tls_conn *c)
{
    return c->wants_write;
}

enum tls_state tls_conn_state(const struct tls_conn *c)
{
    return c->state;
}

uint64_t tls_conn_bytes_out(const struct tls_conn *c)
{
    return c->bytes_out;
}

uint64_t tls_conn_handshakes(const struct tls_conn *c)
{
    return c->handshakes;
}

const char *tls_conn_error(const struct tls_conn *c)
{
    return c->error;
}

const char *tls_conn_authority(const struct tls_conn *c)
{
    return c->authority;
}

static void name_text(char *to, size_t cap, const X509_NAME *name)
{
    char raw[256] = "";
    X509_NAME_get_text_by_NID((X509_NAME *)name, NID_commonName, raw, (int)sizeof raw);
    text_sanitise(to, cap, raw, strlen(raw));
}

bool tls_conn_describe(const struct tls_conn *c, struct tls_facts *out)
{
    memset(out, 0, sizeof *out);
    X509 *peer = c->state == TLS_UP && c->ssl ? SSL_get1_peer_certificate(c->ssl) : NULL;
    if (!peer) {
        return false;
    }
    struct tm end;
    text_copy(out->protocol, sizeof out->protocol, SSL_get_version(c->ssl));
    name_text(out->subject, sizeof out->subject, X509_get_subject_name(peer));
    name_text(out->issuer, sizeof out->issuer, X509_get_issuer_name(peer));
    if (ASN1_TIME_to_tm(X509_get0_notAfter(peer), &end) == 1) {
        out->not_after_s = (int64_t)timegm(&end);
    }
    X509_free(peer);
    return true;
}
