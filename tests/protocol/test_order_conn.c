// SPDX-License-Identifier: Apache-2.0
// test_order_conn: tries to break the order connection and the blocking calls against a real TLS server on
// loopback (a thread of this program): answers in pieces, connections cut before and after the write,
// silence, garbage, extra bytes, wrong certificates, a fence that falls between signing and writing, orders
// that grow old while being signed, full lanes, and a thousand mixed requests that may cost one handshake
// only.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/probe.h"
#include "live/order_conn.h"
#include "live/rest_call.h"
#include "support/count_malloc.h"
#include "wire/decode.h"

static void *crypto_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
#ifdef COUNTS_MALLOC
    return __libc_malloc(n); // OpenSSL's own are not counted here: the program gives it a pool
#else
    return malloc(n);
#endif
}

static void *crypto_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return realloc(p, n);
}

static void crypto_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

// --------------------------------------------------------------------------------------------------------
// the other side

enum mode {
    M_ANSWER, // an order object with the id that was asked for
    M_BYTES,  // the same, each byte a record of its own
    M_CHUNKED,
    M_NO_LENGTH,   // ends by closing
    M_CLOSE,       // Connection: close
    M_SILENT,      // never answers
    M_CUT,         // reads the request, then closes
    M_CUT_HALF,    // sends half an answer, then closes
    M_RESET_FIRST, // resets the connection right after the handshake
    M_GARBAGE,
    M_EXTRA,   // more bytes than the answer has
    M_UNASKED, // speaks right after the handshake
    M_ERROR,   // {"code":-2011}
};

enum { LOG_MAX = 4096 };

static struct {
    int listener;
    uint16_t port;
    SSL_CTX *ctx;
    char *pem;
    pthread_t thread;
    _Atomic int mode, connections, requests, resets;
    pthread_mutex_t lock;
    char log[LOG_MAX][80]; // "METHOD path client-id"
    char last[8192];       // last request, whole
} server = {.lock = PTHREAD_MUTEX_INITIALIZER};

static EVP_PKEY *make_key(void)
{
    return EVP_EC_gen("P-256");
}

static void add_extension(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(e);
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
}

static X509 *make_certificate(EVP_PKEY *key, const char *names)
{
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"test",
                               -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    add_extension(x, NID_subject_alt_name, names);
    X509_sign(x, key, EVP_sha256());
    return x;
}

static char *pem_of(X509 *x)
{
    BIO *b = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(b, x);
    char *data;
    long n = BIO_get_mem_data(b, &data);
    char *text = calloc(1, (size_t)n + 1); // a BIO's text has no end mark
    assert_non_null(text);
    memcpy(text, data, (size_t)n);
    BIO_free(b);
    return text;
}

// Reads one whole request; returns its length, 0 when the peer is gone.
static size_t read_request(SSL *ssl, char *buf, size_t cap)
{
    size_t n = 0;
    for (;;) {
        buf[n] = 0;
        char *end = strstr(buf, "\r\n\r\n");
        if (end) {
            const char *length = strstr(buf, "Content-Length: ");
            size_t want =
                (size_t)(end - buf) + 4 + (length && length < end ? strtoul(length + 16, NULL, 10) : 0);
            if (n >= want) {
                return n;
            }
        }
        int got = SSL_read(ssl, buf + n, (int)(cap - 1 - n));
        if (got <= 0) {
            return 0;
        }
        n += (size_t)got;
    }
}

static void value_of(const char *request, const char *name, char *to, size_t cap)
{
    const char *at = strstr(request, name);
    size_t n = at ? strcspn(at + strlen(name), "& \r\n") : 0;
    snprintf(to, cap, "%.*s", (int)n, at ? at + strlen(name) : "");
}

static void log_request(const char *request, char *id, size_t cap)
{
    value_of(request, "lientOrderId=", id, cap);
    int at = atomic_fetch_add(&server.requests, 1) % LOG_MAX;
    pthread_mutex_lock(&server.lock);
    snprintf(server.log[at], sizeof server.log[0], "%.*s %.30s", (int)strcspn(request, "?H"), request, id);
    snprintf(server.last, sizeof server.last, "%s", request);
    pthread_mutex_unlock(&server.lock);
}

static void send_pieces(SSL *ssl, const char *text, size_t piece)
{
    for (size_t n = strlen(text); n;) {
        size_t k = n < piece ? n : piece;
        if (SSL_write(ssl, text, (int)k) <= 0) {
            return;
        }
        text += k;
        n -= k;
    }
}

// False: close this connection.
static bool answer_request(SSL *ssl, const char *request, const char *id)
{
    char body[512], text[1024];
    bool time = strstr(request, "/time") != NULL;
    snprintf(body, sizeof body,
             "{\"orderId\":17,\"symbol\":\"ETHUSDT\",\"status\":\"NEW\",\"clientOrderId\":\"%s\",\"price\":"
             "\"1.0\",\"origQty\":"
             "\"1\",\"executedQty\":\"0\",\"side\":\"BUY\",\"updateTime\":5}",
             id);
    if (time) {
        strcpy(body, "{\"serverTime\":1767225600007}");
    }
    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nX-MBX-USED-WEIGHT-1M: 3\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    int mode = atomic_load(&server.mode);
    switch (mode) {
    case M_BYTES:
        send_pieces(ssl, text, 1);
        return true;
    case M_CHUNKED:
        snprintf(text, sizeof text,
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n0\r\n\r\n", strlen(body),
                 body);
        send_pieces(ssl, text, 7);
        return true;
    case M_NO_LENGTH:
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n\r\n%s", body);
        send_pieces(ssl, text, 50);
        return false;
    case M_CLOSE:
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(body), body);
        send_pieces(ssl, text, 5000);
        return false;
    case M_SILENT:
        return true;
    case M_CUT:
        return false;
    case M_CUT_HALF:
        text[strlen(text) / 2] = 0;
        send_pieces(ssl, text, 5000);
        return false;
    case M_GARBAGE:
        send_pieces(ssl, "SSH-2.0-OpenSSH_9.2\r\n\r\n", 5000);
        return true;
    case M_EXTRA:
        strcat(text, "HTTP/1.1 200 OK\r\n");
        send_pieces(ssl, text, 5000);
        return true;
    case M_ERROR:
        send_pieces(ssl,
                    "HTTP/1.1 400 Bad\r\nContent-Length: 34\r\n\r\n{\"code\":-2011,\"msg\":\"Unknown one\"}",
                    5000);
        return true;
    default:
        send_pieces(ssl, text, 5000);
        return true;
    }
}

static void serve(int fd)
{
    SSL *ssl = SSL_new(server.ctx);
    SSL_set_fd(ssl, fd);
    static char request[8192]; // one connection at a time
    if (SSL_accept(ssl) == 1) {
        atomic_fetch_add(&server.connections, 1);
        if (atomic_load(&server.mode) == M_RESET_FIRST) {
            struct linger hard = {1, 0};
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
            SSL_free(ssl);
            close(fd);
            atomic_fetch_add(&server.resets, 1);
            return;
        }
        if (atomic_load(&server.mode) == M_UNASKED) {
            send_pieces(ssl, "HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n", 5000);
        }
        while (read_request(ssl, request, sizeof request)) {
            char id[40];
            log_request(request, id, sizeof id);
            if (!answer_request(ssl, request, id)) {
                break;
            }
        }
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    close(fd);
}

static void *server_main(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept(server.listener, NULL, NULL);
        if (fd < 0) {
            return NULL; // the listener was shut down
        }
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        serve(fd);
    }
}

static int listen_on_loopback(uint16_t *port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof sa;
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(listen(fd, 16), 0);
    getsockname(fd, (struct sockaddr *)&sa, &len);
    *port = ntohs(sa.sin_port);
    return fd;
}

static int start_server(void **state)
{
    (void)state;
    EVP_PKEY *key = make_key();
    X509 *x = make_certificate(key, "IP:127.0.0.1");
    server.pem = pem_of(x);
    server.ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(server.ctx, x);
    SSL_CTX_use_PrivateKey(server.ctx, key);
    X509_free(x);
    EVP_PKEY_free(key);
    server.listener = listen_on_loopback(&server.port);
    return pthread_create(&server.thread, NULL, server_main, NULL);
}

static int stop_server(void **state)
{
    (void)state;
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.listener);
    SSL_CTX_free(server.ctx);
    free(server.pem);
    return 0;
}

// -------------------------------------------------------------------------------------------------------------
// our side

static struct {
    _Atomic int fence;
    int sent, answers, lost, not_sent, malformed, drops[5];
    int ups, downs;
    uint32_t order[LOG_MAX]; // tags in the order of their answers
    int64_t sent_ns;
    char reason[128];
    int resubmits; // the answer callback asks for so many more
    struct order_conn *oc;
} seen;

static struct signer *signer;
static const char KEY[] = "4fd0a42218f3eae43a6ce26d22544e986139a01e5b34a62db53757ffca81bae1";
static const char USER[] = "0x63DD5aCC6b1aa0f563956C0e534DD30B6dcF7C4e";

static struct request make_request(uint32_t tag, enum lane lane, const char *method)
{
    struct request rq = {
        .tag = tag, .kind = RQ_PLACE, .lane = (uint8_t)lane, .signed_ = 1, .timeout_ns = 2 * NS_PER_S};
    rq.close_only = lane != LANE_PLACE;
    strcpy(rq.method, method);
    strcpy(rq.path, "/fapi/v3/order");
    rq.text_len = (uint16_t)snprintf(rq.text, sizeof rq.text, "symbol=ETHUSDT&newClientOrderId=t%u", tag);
    return rq;
}

static void on_sent(void *ctx, uint32_t tag, enum request_kind kind, int64_t mono_ns)
{
    (void)ctx;
    (void)tag;
    assert_int_equal(kind, RQ_PLACE);
    seen.sent++;
    seen.sent_ns = mono_ns;
}

static void on_dropped(void *ctx, uint32_t tag, enum drop_reason why)
{
    (void)ctx;
    (void)tag;
    seen.drops[why]++;
}

static void on_answer(void *ctx, uint32_t tag, const struct answer *a)
{
    (void)ctx;
    seen.lost += a->lost;
    seen.not_sent += a->not_sent;
    seen.malformed += a->malformed;
    if (!a->lost && !a->not_sent && !a->malformed && a->code == 0) {
        char want[16];
        snprintf(want, sizeof want, "t%u", tag);
        assert_string_equal(a->u.order.client_id, want); // its own answer, not another's
        assert_true(a->received_mono_ns >= a->sent_mono_ns && a->sent_mono_ns == seen.sent_ns);
    }
    seen.order[seen.answers++ % LOG_MAX] = tag;
    if (seen.resubmits > 0) {
        seen.resubmits--;
        struct request rq = make_request(tag + 1, LANE_PLACE, tag % 2 ? "POST" : "DELETE");
        order_conn_submit(seen.oc, &rq);
    }
}

static void on_state(void *ctx, bool up, const char *reason)
{
    (void)ctx;
    seen.ups += up;
    seen.downs += !up;
    snprintf(seen.reason, sizeof seen.reason, "%s", reason);
}

static struct order_conn *make_conn(const char *host, uint16_t port, const char *pem)
{
    memset(&seen, 0, sizeof seen);
    struct order_conn_setup s = {.host = host,
                                 .port = port,
                                 .tls = true,
                                 .ca_pem = pem,
                                 .signer = signer,
                                 .fence = &seen.fence,
                                 .sent = on_sent,
                                 .dropped = on_dropped,
                                 .answer = on_answer,
                                 .state = on_state};
    struct error e;
    struct order_conn *oc = order_conn_new(&s, &e);
    if (!oc) {
        fail_msg("%s", e.text);
    }
    seen.oc = oc;
    order_conn_connect(oc);
    return oc;
}

static void turn(struct order_conn *oc)
{
    struct pollfd p = {order_conn_fd(oc), (short)(POLLIN | (order_conn_wants_write(oc) ? POLLOUT : 0)), 0};
    int64_t left = order_conn_deadline(oc) - clock_mono_ns();
    int ms = left < 0 ? 0 : left / NS_PER_MS < 20 ? (int)(left / NS_PER_MS) + 1 : 20;
    poll(&p, 1, ms);
    order_conn_process(oc);
    while (order_conn_work(oc)) {
    }
}

#define RUN_UNTIL(oc, condition)                                                                             \
    do {                                                                                                     \
        int64_t end_ = clock_mono_ns() + 10 * NS_PER_S;                                                      \
        while (!(condition)) {                                                                               \
            if (clock_mono_ns() > end_) {                                                                    \
                fail_msg("10 s without: %s (last reason: %s)", #condition, seen.reason);                     \
            }                                                                                                \
            turn(oc);                                                                                        \
        }                                                                                                    \
    } while (0)

static struct order_conn *connected(enum mode mode)
{
    atomic_store(&server.mode, mode);
    struct order_conn *oc = make_conn("127.0.0.1", server.port, server.pem);
    RUN_UNTIL(oc, seen.ups == 1);
    return oc;
}

static void ask(struct order_conn *oc, uint32_t tag)
{
    struct request rq = make_request(tag, LANE_PLACE, "POST");
    order_conn_submit(oc, &rq);
}

// ----------------------------------------------------------------------------------------------------------------
// tests

static void answers_in_every_form(void **state)
{
    (void)state;
    const enum mode kept[] = {M_ANSWER, M_BYTES, M_CHUNKED};
    struct order_conn *oc = connected(M_ANSWER);
    for (uint32_t i = 0; i < 3; i++) {
        atomic_store(&server.mode, kept[i]);
        ask(oc, i);
        RUN_UNTIL(oc, seen.answers == (int)i + 1);
    }
    assert_int_equal(order_conn_handshakes(oc), 1);
    const enum mode closing[] = {M_NO_LENGTH, M_CLOSE};
    for (uint32_t i = 0; i < 2;
         i++) { // whole answers all the same; the next request takes a new connection at once
        atomic_store(&server.mode, closing[i]);
        ask(oc, 3 + i);
        RUN_UNTIL(oc, seen.answers == 4 + (int)i);
        RUN_UNTIL(oc, seen.ups == 2 + (int)i);
    }
    atomic_store(&server.mode, M_ERROR);
    ask(oc, 5);
    RUN_UNTIL(oc, seen.answers == 6);
    assert_int_equal(seen.lost + seen.not_sent + seen.malformed, 0);
    assert_int_equal(seen.sent, 6);
    assert_int_equal(order_conn_handshakes(oc), 3);
    assert_true(order_conn_rtt_ns(oc) > 0);
    order_conn_free(oc);
}

static void requests_are_signed(void **state)
{
    (void)state;
    struct order_conn *oc = connected(M_ANSWER);
    char *at, address[43];
    uint64_t last = 0;
    for (uint32_t i = 0; i < 3; i++) {
        // Nonces go on rising when the clock goes back.
        order_conn_set_venue_clock(oc, clock_wall_ns() - clock_mono_ns() - (int64_t)i * NS_PER_S);
        ask(oc, i);
        RUN_UNTIL(oc, seen.answers == (int)i + 1);
        pthread_mutex_lock(&server.lock);
        char *body = strstr(server.last, "\r\n\r\n") + 4;
        at = strstr(body, "&signature=");
        assert_non_null(at);
        assert_true(eip712_recover(address, ASTER_CHAIN_MAINNET, body, (size_t)(at - body), at + 11));
        uint64_t nonce = strtoull(strstr(body, "nonce=") + 6, NULL, 10);
        pthread_mutex_unlock(&server.lock);
        assert_string_equal(address, "0x21cf8ae13bb72632562c6fff438652ba1a151bb0");
        assert_true(nonce > last);
        last = nonce;
    }
    struct request rq = make_request(9, LANE_READ, "GET"); // unsigned, in the query
    rq.signed_ = 0;
    order_conn_submit(oc, &rq);
    RUN_UNTIL(oc, seen.answers == 4);
    assert_non_null(
        strstr(server.last, "GET /fapi/v3/order?symbol=ETHUSDT&newClientOrderId=t9 HTTP/1.1\r\n"));
    order_conn_free(oc);
}

static void lanes_in_order(void **state)
{
    (void)state;
    struct order_conn *oc = connected(M_ANSWER);
    const enum lane lanes[] = {LANE_READ,  LANE_PLACE, LANE_DEADMAN, LANE_CANCEL, LANE_KILL,
                               LANE_PLACE, LANE_KILL,  LANE_CANCEL,  LANE_READ};
    const uint32_t want[] = {4, 6, 3, 7, 2, 1, 5, 0, 8};
    for (uint32_t i = 0; i < 9; i++) {
        struct request rq = make_request(i, lanes[i], "POST");
        order_conn_submit(oc, &rq);
    }
    RUN_UNTIL(oc, seen.answers == 9);
    assert_memory_equal(seen.order, want, sizeof want);
    order_conn_free(oc);
}

// After the write and before the answer everything may have happened: lost. The next connection serves again.
static void cut_after_write_is_lost(void **state)
{
    (void)state;
    const enum mode modes[] = {M_CUT, M_CUT_HALF, M_GARBAGE};
    for (int i = 0; i < 3; i++) {
        struct order_conn *oc = connected(modes[i]);
        ask(oc, 1);
        RUN_UNTIL(oc, seen.answers == 1);
        assert_int_equal(seen.lost, 1);
        assert_int_equal(seen.not_sent, 0);
        assert_int_equal(seen.sent, 1);
        atomic_store(&server.mode, M_ANSWER);
        ask(oc, 2);
        RUN_UNTIL(oc, seen.answers == 2);
        assert_int_equal(seen.lost, 1);
        assert_int_equal(order_conn_handshakes(oc), 2);
        order_conn_free(oc);
    }
}

// A connection that is known dead to the kernel takes no byte: definitely not sent.
static void cut_before_write_is_not_sent(void **state)
{
    (void)state;
    int resets = atomic_load(&server.resets);
    struct order_conn *oc = connected(M_RESET_FIRST);
    while (atomic_load(&server.resets) == resets) {
        usleep(1000);
    }
    usleep(20000); // the reset is in the kernel; the connection has not been read since
    ask(oc, 1);
    while (order_conn_work(oc)) {
    }
    assert_int_equal(seen.not_sent, 1);
    assert_int_equal(seen.lost + seen.sent, 0);
    order_conn_free(oc);
}

static void silence_is_lost_and_reopens(void **state)
{
    (void)state;
    struct order_conn *oc = connected(M_SILENT);
    struct request rq = make_request(1, LANE_PLACE, "POST");
    rq.timeout_ns = 100 * NS_PER_MS;
    order_conn_submit(oc, &rq);
    ask(oc, 2); // must not go out behind the silent one
    int64_t start = clock_mono_ns();
    RUN_UNTIL(oc, seen.answers == 1);
    int64_t took = clock_mono_ns() - start;
    assert_true(took >= 100 * NS_PER_MS && took < 600 * NS_PER_MS);
    assert_int_equal(seen.lost, 1);
    assert_int_equal(seen.sent, 1);
    assert_string_equal(seen.reason, "no answer in time");
    atomic_store(&server.mode, M_ANSWER);
    RUN_UNTIL(oc, seen.answers == 2);
    assert_int_equal(seen.lost, 1);
    order_conn_free(oc);
}

static void a_kill_does_not_wait(void **state)
{
    (void)state;
    struct order_conn *oc = connected(M_SILENT);
    struct request rq = make_request(1, LANE_PLACE, "POST");
    rq.timeout_ns = 5 * NS_PER_S;
    order_conn_submit(oc, &rq);
    RUN_UNTIL(oc, seen.sent == 1);
    int64_t start = clock_mono_ns();
    struct request kill = make_request(2, LANE_KILL, "DELETE");
    order_conn_submit(oc, &kill);
    RUN_UNTIL(oc, seen.lost == 1);
    assert_true(clock_mono_ns() - start < NS_PER_S);
    atomic_store(&server.mode, M_ANSWER);
    RUN_UNTIL(oc, seen.answers == 2);
    order_conn_free(oc);
}

static _Atomic int *hook_fence;
static int hook_sleep_us;

static void between_sign_and_write(enum probe_point point)
{
    if (point == PROBE_SIGNED) {
        if (hook_fence) {
            atomic_store(hook_fence, 1);
        }
        usleep((useconds_t)hook_sleep_us);
    }
}

static void fence_between_sign_and_write(void **state)
{
    (void)state;
    struct order_conn *oc = connected(M_ANSWER);
    int before = atomic_load(&server.requests);
    hook_fence = &seen.fence;
    hook_sleep_us = 0;
    probe_hook = between_sign_and_write;
    ask(oc, 1);
    ask(oc, 2); // waiting: dropped too
    while (order_conn_work(oc)) {
    }
    probe_hook = NULL;
    assert_int_equal(seen.drops[DROP_FENCE], 2);
    assert_int_equal(seen.sent + seen.answers, 0);
    struct request cancel = make_request(3, LANE_CANCEL, "DELETE"); // close-only passes
    order_conn_submit(oc, &cancel);
    RUN_UNTIL(oc, seen.answers == 1);
    ask(oc, 4);
    RUN_UNTIL(oc, seen.drops[DROP_FENCE] == 3);
    atomic_store(&seen.fence, 0);
    ask(oc, 5);
    RUN_UNTIL(oc, seen.answers == 2);
    assert_int_equal(atomic_load(&server.requests) - before, 2); // the venue never saw the others
    order_conn_free(oc);
}

static void too_old_to_send(void **state)
{
    (void)state;
    struct order_conn *oc = connected(M_ANSWER);
    struct request rq = make_request(1, LANE_PLACE, "POST");
    rq.not_after_ns = clock_mono_ns() - 1;
    order_conn_submit(oc, &rq);
    assert_true(order_conn_deadline(oc) < clock_mono_ns());
    RUN_UNTIL(oc, seen.drops[DROP_AGE] == 1);
    hook_fence = NULL;
    hook_sleep_us = 60000; // grows old while it is being signed
    probe_hook = between_sign_and_write;
    rq.not_after_ns = clock_mono_ns() + 50 * NS_PER_MS;
    order_conn_submit(oc, &rq);
    RUN_UNTIL(oc, seen.drops[DROP_AGE] == 2);
    probe_hook = NULL;
    assert_int_equal(seen.sent, 0);
    order_conn_free(oc);
}

static void link_never_up(void **state)
{
    (void)state;
    uint16_t port;
    int fd = listen_on_loopback(&port);
    close(fd); // nobody listens there now
    struct order_conn *oc = make_conn("127.0.0.1", port, server.pem);
    struct request rq = make_request(1, LANE_CANCEL, "DELETE");
    rq.timeout_ns = 50 * NS_PER_MS;
    order_conn_submit(oc, &rq);
    RUN_UNTIL(oc, seen.drops[DROP_LINK] == 1);
    assert_int_equal(seen.ups, 0);
    assert_true(seen.downs >= 1);
    assert_non_null(strstr(seen.reason, "refused"));
    int64_t wait = order_conn_deadline(oc) - clock_mono_ns();
    assert_true(wait > 500 * NS_PER_MS && wait < 1300 * NS_PER_MS); // back-off, not a storm
    order_conn_free(oc);
}

// Back-off is for peace. A kill that waits tries again each second (failure-modes.md 4), and leaves the pace
// of later attempts as it was.
static void a_kill_does_not_back_off(void **state)
{
    (void)state;
    uint16_t port;
    int fd = listen_on_loopback(&port);
    close(fd);
    struct order_conn *oc = make_conn("127.0.0.1", port, server.pem);
    RUN_UNTIL(oc, seen.downs == 3);
    assert_true(order_conn_deadline(oc) - clock_mono_ns() > 2500 * NS_PER_MS);
    struct request rq = make_request(1, LANE_KILL, "DELETE");
    rq.timeout_ns = 4 * NS_PER_S;
    order_conn_submit(oc, &rq);
    int64_t began = clock_mono_ns();
    RUN_UNTIL(oc, seen.downs == 6);
    int64_t took = clock_mono_ns() - began;
    assert_true(took > 1900 * NS_PER_MS && took < 3500 * NS_PER_MS); // three attempts, a second apart
    RUN_UNTIL(oc, seen.drops[DROP_LINK] == 1);
    assert_true(order_conn_deadline(oc) - clock_mono_ns() > 2500 * NS_PER_MS);
    order_conn_free(oc);
}

static void full_lane(void **state)
{
    (void)state;
    struct order_conn *oc = connected(M_ANSWER);
    for (uint32_t i = 0; i < 300; i++) {
        ask(oc, i);
    }
    assert_int_equal(seen.drops[DROP_LINK], 0); // never from inside submit
    assert_int_equal(order_conn_deadline(oc), 0);
    RUN_UNTIL(oc, seen.answers == 256);
    assert_int_equal(seen.drops[DROP_LINK], 44);
    for (uint32_t i = 0; i < 256; i++) {
        assert_int_equal(seen.order[i], i);
    }
    order_conn_free(oc);
}

static void bytes_nobody_asked_for(void **state)
{
    (void)state;
    struct order_conn *oc = connected(M_EXTRA);
    ask(oc, 1);
    RUN_UNTIL(oc, seen.downs == 1); // the answer counts, the connection does not
    assert_int_equal(seen.answers, 1);
    assert_int_equal(seen.lost, 0);
    order_conn_free(oc);
    oc = connected(M_UNASKED);
    RUN_UNTIL(oc, seen.downs == 1);
    order_conn_free(oc);
}

static void certificates(void **state)
{
    (void)state;
    atomic_store(&server.mode, M_ANSWER);
    EVP_PKEY *key = make_key();
    X509 *x = make_certificate(key, "IP:127.0.0.1");
    char *other = pem_of(x); // same name, other key
    X509_free(x);
    EVP_PKEY_free(key);
    struct order_conn *oc = make_conn("127.0.0.1", server.port, other);
    RUN_UNTIL(oc, seen.downs == 1);
    assert_int_equal(seen.ups, 0);
    assert_non_null(strstr(seen.reason, "certificate"));
    order_conn_free(oc);
    oc = make_conn("localhost", server.port, server.pem);   // right key, wrong name
    RUN_UNTIL(oc, strstr(seen.reason, "hostname") != NULL); // (first ::1 may refuse)
    assert_int_equal(seen.ups, 0);
    order_conn_free(oc);
    struct order_conn_setup s = {.host = "127.0.0.1", .port = 1, .tls = true, .ca_pem = "no certificate"};
    struct error e;
    assert_null(order_conn_new(&s, &e));
    assert_non_null(strstr(e.text, "PEM"));
    s.host = "no.such.host.invalid";
    s.ca_pem = NULL;
    assert_null(order_conn_new(&s, &e));
    assert_non_null(strstr(e.text, "no.such.host.invalid"));
    free(other);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void a_thousand_on_one_handshake(void **state)
{
    (void)state;
    static int64_t rtt[1000];
    struct order_conn *oc = connected(M_ANSWER);
    ask(oc, 0);
    RUN_UNTIL(oc, seen.answers == 1);
    seen.resubmits = 1000;
    ask(oc, 1);
#ifdef COUNTS_MALLOC
    unsigned long before = mallocs;
#endif
    int64_t start = clock_mono_ns();
    for (int done = 1; done < 1001;) {
        turn(oc);
        assert_true(clock_mono_ns() - start < 20 * NS_PER_S);
        if (seen.answers > done) {
            rtt[(done = seen.answers) - 2] = order_conn_rtt_ns(oc);
        }
    }
    int64_t each = (clock_mono_ns() - start) / 1000;
#ifdef COUNTS_MALLOC
    assert_int_equal(mallocs - before, 0); // ours; OpenSSL's own go through its pool
#endif
    assert_int_equal(order_conn_handshakes(oc), 1);
    assert_int_equal(seen.lost + seen.not_sent + seen.malformed + seen.downs, 0);
    qsort(rtt, 1000, sizeof rtt[0], by_value);
    print_message("%ld us for each signed order; round trip p50 %ld us, p99 %ld us\n", (long)(each / 1000),
                  (long)(rtt[500] / 1000), (long)(rtt[990] / 1000));
    order_conn_free(oc);
}

static void blocking_calls(void **state)
{
    (void)state;
    static struct answer a;
    struct error e;
    atomic_store(&server.mode, M_ANSWER);
    struct rest *r = rest_new("127.0.0.1", server.port, true, server.pem, "the-key", &e);
    assert_non_null(r);
    int before = atomic_load(&server.connections);
    const char *body;
    size_t n;
    for (int i = 0; i < 3; i++) {
        rest_call(r, RQ_TIME, "GET", "/fapi/v3/time", "", 0, NS_PER_S, NULL, 0, &a, &body, &n);
        assert_int_equal(a.lost + a.not_sent + a.malformed, 0);
        assert_int_equal(a.u.time.server_ms, 1767225600007);
        assert_int_equal(a.used_weight, 3);
        assert_string_equal(body, "{\"serverTime\":1767225600007}");
    }
    assert_non_null(strstr(server.last, "X-MBX-APIKEY: the-key\r\n"));
    assert_int_equal(atomic_load(&server.connections) - before, 1);
    const enum mode modes[] = {M_BYTES, M_CHUNKED, M_NO_LENGTH, M_CLOSE, M_EXTRA, M_ANSWER};
    for (int i = 0; i < 6; i++) {
        atomic_store(&server.mode, modes[i]);
        rest_call(r, RQ_TIME, "GET", "/fapi/v3/time", "", 0, 2 * NS_PER_S, NULL, 0, &a, NULL, NULL);
        assert_int_equal(a.lost + a.not_sent + a.malformed, 0);
    }
    const enum mode bad[] = {M_SILENT, M_CUT, M_CUT_HALF, M_GARBAGE};
    for (int i = 0; i < 4; i++) {
        atomic_store(&server.mode, bad[i]);
        int64_t start = clock_mono_ns();
        rest_call(r, RQ_TIME, "GET", "/fapi/v3/time", "", 0, 100 * NS_PER_MS, NULL, 0, &a, NULL, NULL);
        assert_int_equal(a.lost, 1);
        assert_true(clock_mono_ns() - start < NS_PER_S);
    }
    atomic_store(&server.mode, M_ANSWER);
    rest_call(r, RQ_TIME, "GET", "/fapi/v3/time", "", 0, NS_PER_S, NULL, 0, &a, NULL, NULL);
    assert_int_equal(a.lost + a.not_sent, 0);
    rest_free(r);
    uint16_t port;
    close(listen_on_loopback(&port));
    r = rest_new("127.0.0.1", port, true, server.pem, NULL, &e);
    rest_call(r, RQ_TIME, "GET", "/fapi/v3/time", "", 0, NS_PER_S, NULL, 0, &a, &body, &n);
    assert_int_equal(a.not_sent, 1);
    assert_int_equal(n, 0);
    rest_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_in_every_form),
        cmocka_unit_test(requests_are_signed),
        cmocka_unit_test(lanes_in_order),
        cmocka_unit_test(cut_after_write_is_lost),
        cmocka_unit_test(cut_before_write_is_not_sent),
        cmocka_unit_test(silence_is_lost_and_reopens),
        cmocka_unit_test(a_kill_does_not_wait),
        cmocka_unit_test(fence_between_sign_and_write),
        cmocka_unit_test(too_old_to_send),
        cmocka_unit_test(link_never_up),
        cmocka_unit_test(a_kill_does_not_back_off),
        cmocka_unit_test(full_lane),
        cmocka_unit_test(bytes_nobody_asked_for),
        cmocka_unit_test(certificates),
        cmocka_unit_test(a_thousand_on_one_handshake),
        cmocka_unit_test(blocking_calls),
    };
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1) {
        return 1;
    }
    signal(SIGPIPE, SIG_DFL); // the client must not need it ignored ...
    sigset_t pipe_only;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    wire_json_init();
    signer = signer_new_eip712(KEY, USER, NULL, ASTER_CHAIN_MAINNET, true, NULL);
    pthread_sigmask(SIG_BLOCK, &pipe_only, NULL); // ... the test's own server, written with SSL_set_fd, does
    start_server(NULL);
    pthread_sigmask(SIG_UNBLOCK, &pipe_only, NULL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    stop_server(NULL);
    signer_free(signer);
    return failed;
}
