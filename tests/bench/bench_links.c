// SPDX-License-Identifier: Apache-2.0
// Our links on loopback against raw TCP in the same run and the same waiting mode: a WebSocket message over
// TLS to an echo and back (ws_links), an order request over TLS and its answer (order_conn in the loop of
// ws_links, unsigned: no arithmetic, only the way), and as many bytes over a bare socket. Rounds take turns,
// so that what else the machine does meets all alike. Goal: at most 2.5 times raw TCP (p50).
//
// Two modes. Spinning: both sides ask the kernel without waiting. Sleeping: both sides wait in poll; there
// the guest kernel's own halt polling keeps a core awake through the short raw round trip and not through the
// longer one, so that its ratio says as much about the machine as about us.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hist.h"
#include "live/order_conn.h"
#include "live/venue_cert.h"
#include "live/venue_net.h"
#include "live/ws_links.h"
#include "wire/decode.h"

enum { ROUNDS = 8, PER_ROUND = 500, WARM_UP = 200, MESSAGE = 190, ORDER = 420 };

static const char ANSWER[] =
    "{\"orderId\":48120077,\"symbol\":\"ETHUSDT\",\"status\":\"NEW\",\"clientOrderId\":\"ttM0000001-1\","
    "\"price\":"
    "\"3120.40\",\"avgPrice\":\"0.00000\",\"origQty\":\"0.250\",\"executedQty\":\"0\",\"cumQty\":\"0\","
    "\"cumQuote\":\"0\","
    "\"timeInForce\":\"GTX\",\"type\":\"LIMIT\",\"reduceOnly\":false,\"closePosition\":false,\"side\":"
    "\"SELL\","
    "\"positionSide\":\"BOTH\",\"stopPrice\":\"0\",\"workingType\":\"CONTRACT_PRICE\",\"priceProtect\":false,"
    "\"origType\":\"LIMIT\",\"updateTime\":1767225600140}";

enum spinner { SPIN_NOBODY, SPIN_RAW, SPIN_LINKS };
static _Atomic int *g_spinner; // which server may spin now; shared with the servers

// ------------------------------------------------------------------------------------------------ servers

static int listen_here(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 1) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &n) != 0) {
        perror("bench_links: listen");
        exit(1);
    }
    *port = ntohs(a.sin_port);
    return fd;
}

static void set_nodelay(int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void serve_raw(int listener)
{
    char buf[4096];
    int fd = accept(listener, NULL, NULL);
    set_nodelay(fd);
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        bool spin = atomic_load(g_spinner) == SPIN_RAW;
        if (!spin) {
            poll(&p, 1, 50);
        }
        ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            continue;
        }
        if (n <= 0 || send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n) {
            _exit(0);
        }
    }
}

static void on_request(void *ctx, int conn, const struct venue_request *r)
{
    struct venue_net *net = *(struct venue_net **)ctx;
    if (r->upgrade) {
        venue_net_upgrade(net, conn, r->ws_key);
    } else {
        venue_net_answer(net, conn, (struct venue_answer_head){200, 1, 1, -1, -1, true, false}, ANSWER,
                         sizeof ANSWER - 1);
    }
}

static bool on_message(void *ctx, int conn, const char *text, size_t n)
{
    struct venue_piece p = {text, n};
    return venue_net_send(*(struct venue_net **)ctx, conn, &p, 1);
}

static void on_server_closed(void *ctx, int conn)
{
    (void)ctx;
    (void)conn;
}

static void serve_net(struct venue_net *net)
{
    for (;;) {
        struct pollfd p[VENUE_WATCH_MAX];
        size_t n = venue_net_watch(net, p);
        poll(p, (nfds_t)n, atomic_load(g_spinner) == SPIN_LINKS ? 0 : 50);
        venue_net_serve(net, p, n, clock_mono_ns());
        venue_net_flush(net);
    }
}

// ------------------------------------------------------------------------------------------------- client

static struct {
    struct ws_links *links;
    struct order_conn *orders;
    bool open, order_up, came;
    int64_t sent_ns;
    struct hist raw_small, raw_large, wss, order;
    struct hist *to;
    bool spin;
} b;

static void on_open(void *ctx, struct ws_at at)
{
    (void)ctx;
    (void)at;
    b.open = true;
}

static void on_text(void *ctx, struct ws_at at, const char *text, size_t n, int64_t received_ns)
{
    (void)ctx;
    (void)at;
    (void)text;
    (void)received_ns;
    if (n == MESSAGE && b.to) {
        hist_add(b.to, clock_mono_ns() - b.sent_ns);
    }
    b.came = true;
}

static void on_closed(void *ctx, struct ws_at at, const char *reason)
{
    (void)ctx;
    (void)at;
    fprintf(stderr, "bench_links: WebSocket closed: %s\n", reason);
    exit(1);
}

static void nothing(void *ctx)
{
    (void)ctx;
}

static void watch(void)
{
    while (order_conn_work(b.orders)) {
    }
    ws_links_watch_order(b.links, VENUE_ASTER, 0, order_conn_fd(b.orders), order_conn_wants_write(b.orders));
    ws_links_arm(b.links, clock_mono_ns() + 50 * NS_PER_MS);
}

static void on_timer(void *ctx)
{
    (void)ctx;
    order_conn_process(b.orders);
    watch();
}

static void on_order_io(void *ctx, uint8_t venue, int which)
{
    (void)ctx;
    (void)venue;
    (void)which;
    order_conn_process(b.orders);
    watch();
}

static void on_sent(void *ctx, uint32_t tag, enum request_kind kind, int64_t ns)
{
    (void)ctx;
    (void)tag;
    (void)kind;
    (void)ns;
}

static void on_dropped(void *ctx, uint32_t tag, enum drop_reason why)
{
    (void)ctx;
    (void)tag;
    fprintf(stderr, "bench_links: an order was dropped (%d)\n", why);
    exit(1);
}

static void on_answer(void *ctx, uint32_t tag, const struct answer *a)
{
    (void)ctx;
    (void)tag;
    if (a->http_status != 200 || a->u.order.order_id != 48120077) {
        fprintf(stderr, "bench_links: HTTP %d\n", a->http_status);
        exit(1);
    }
    if (b.to) {
        hist_add(b.to, clock_mono_ns() - b.sent_ns);
    }
    b.came = true;
}

static void on_state(void *ctx, bool up, const char *reason)
{
    (void)ctx;
    (void)reason;
    b.order_up = up;
}

static void wait_for(const bool *flag)
{
    int64_t end = clock_mono_ns() + 10 * NS_PER_S;
    while (!*flag) {
        if (clock_mono_ns() > end || !ws_links_service(b.links, b.spin)) {
            fprintf(stderr, "bench_links: nothing came within 10 s\n");
            exit(1);
        }
    }
}

static void round_wss(int n)
{
    static char message[MESSAGE];
    memset(message, 'x', sizeof message);
    for (int i = 0; i < n; i++) {
        b.came = false;
        b.sent_ns = clock_mono_ns();
        ws_links_send(b.links, (struct ws_at){VENUE_ASTER, LINK_MARKET, 0}, message, sizeof message);
        wait_for(&b.came);
    }
}

static void round_order(int n)
{
    static struct request rq;
    static uint32_t tag;
    rq = (struct request){
        .on_order_link = 1, .kind = RQ_PLACE, .lane = LANE_PLACE, .timeout_ns = 2 * NS_PER_S};
    strcpy(rq.method, "POST");
    strcpy(rq.path, "/fapi/v3/order");
    rq.text_len = 250;
    memset(rq.text, 'x', rq.text_len);
    for (int i = 0; i < n; i++) {
        rq.tag = ++tag;
        b.came = false;
        b.sent_ns = clock_mono_ns();
        order_conn_submit(b.orders, &rq);
        watch();
        wait_for(&b.came);
    }
}

static void round_raw(int fd, size_t bytes, int n)
{
    static char buf[4096];
    for (int i = 0; i < n; i++) {
        int64_t at = clock_mono_ns();
        if (send(fd, buf, bytes, MSG_NOSIGNAL) != (ssize_t)bytes) {
            exit(1);
        }
        for (size_t got = 0; got < bytes;) {
            struct pollfd p = {.fd = fd, .events = POLLIN};
            if (!b.spin) {
                poll(&p, 1, 1000);
            }
            ssize_t r = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
            if (r == 0 || (r < 0 && errno != EAGAIN)) {
                exit(1);
            }
            got += r > 0 ? (size_t)r : 0;
        }
        if (b.to) {
            hist_add(b.to, clock_mono_ns() - at);
        }
    }
}

static void tell(const char *name, const struct hist *h, const struct hist *raw)
{
    int64_t p50 = hist_quantile(h, 500000), r50 = hist_quantile(raw, 500000);
    int64_t p95 = hist_quantile(h, 950000), r95 = hist_quantile(raw, 950000);
    printf("%-34s p50 %6.1f us  p95 %6.1f us   raw TCP %6.1f  %6.1f   ratio %.2f  %.2f\n", name,
           (double)p50 / 1e3, (double)p95 / 1e3, (double)r50 / 1e3, (double)r95 / 1e3,
           (double)p50 / (double)r50, (double)p95 / (double)r95);
}

// The server of the round that comes spins too, if anybody does; the other one sleeps.
static void round_begins(struct hist *to, bool counted, enum spinner who)
{
    b.to = counted ? to : NULL;
    atomic_store(g_spinner, b.spin ? (int)who : (int)SPIN_NOBODY);
    usleep(60000); // longer than a server's longest sleep
}

static void run_mode(int fd, bool spin)
{
    b.spin = spin;
    memset(&b.raw_small, 0, sizeof b.raw_small);
    memset(&b.raw_large, 0, sizeof b.raw_large);
    memset(&b.wss, 0, sizeof b.wss);
    memset(&b.order, 0, sizeof b.order);
    for (int r = -1; r < ROUNDS; r++) { // the first is not counted
        int n = r < 0 ? WARM_UP : PER_ROUND;
        round_begins(&b.raw_small, r >= 0, SPIN_RAW);
        round_raw(fd, MESSAGE, n);
        round_begins(&b.wss, r >= 0, SPIN_LINKS);
        round_wss(n);
        round_begins(&b.raw_large, r >= 0, SPIN_RAW);
        round_raw(fd, ORDER, n);
        round_begins(&b.order, r >= 0, SPIN_LINKS);
        round_order(n);
    }
    printf("%s\n", spin ? "both sides spinning" : "both sides sleeping in poll");
    tell("  wss echo, 190 bytes", &b.wss, &b.raw_small);
    tell("  order and answer, 0.4 + 0.6 kB", &b.order, &b.raw_large);
}

static void connect_all(uint16_t port, const char *pem, struct error *e)
{
    struct ws_links_config wc = {.wake_fd = eventfd(0, EFD_NONBLOCK),
                                 .on = {.open = on_open,
                                        .text = on_text,
                                        .closed = on_closed,
                                        .wake = nothing,
                                        .timer = on_timer,
                                        .order_io = on_order_io}};
    static _Atomic int fence;
    struct order_conn_setup os = {.host = "127.0.0.1",
                                  .port = port,
                                  .tls = true,
                                  .ca_pem = pem,
                                  .fence = &fence,
                                  .sent = on_sent,
                                  .dropped = on_dropped,
                                  .answer = on_answer,
                                  .state = on_state};
    wc.site[VENUE_ASTER] = (struct ws_site){.host = "127.0.0.1", .port = port, .tls = true, .ca_pem = pem};
    b.links = ws_links_new(&wc, e);
    b.orders = order_conn_new(&os, e);
    if (!b.links || !b.orders ||
        !ws_links_connect(b.links, (struct ws_at){VENUE_ASTER, LINK_MARKET, 0}, "/ws")) {
        fprintf(stderr, "bench_links: %s\n", e->text);
        exit(1);
    }
    order_conn_connect(b.orders);
    watch();
    wait_for(&b.open);
    wait_for(&b.order_up);
}

int main(void)
{
    static char pem[8192];
    struct error e = {0};
    uint16_t raw_port;
    struct venue_net *net = NULL;
    struct venue_net_handler h = {&net, on_request, on_message, NULL, on_server_closed};
    wire_json_init();
    g_spinner = mmap(NULL, sizeof *g_spinner, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int listener = listen_here(&raw_port);
    SSL_CTX *tls = venue_cert_context(pem, sizeof pem, &e);
    struct venue_net_config nc = {
        .tls = tls, .ping_ns = 3600 * NS_PER_S, .pong_ns = 3600 * NS_PER_S, .ws_life_ns = 3600 * NS_PER_S};
    net = tls ? venue_net_new(&nc, &h, &e) : NULL;
    if (!net) {
        fprintf(stderr, "bench_links: %s\n", e.text);
        return 1;
    }
    uint16_t port = venue_net_port(net);
    fflush(stdout);
    pid_t raw = fork();
    if (raw == 0) {
        serve_raw(listener);
    }
    pid_t server = fork();
    if (server == 0) {
        serve_net(net);
    }
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(raw_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        perror("bench_links: connect");
        return 1;
    }
    set_nodelay(fd);
    connect_all(port, pem, &e);
    run_mode(fd, true);
    run_mode(fd, false);
    kill(raw, SIGKILL);
    kill(server, SIGKILL);
    waitpid(raw, NULL, 0);
    waitpid(server, NULL, 0);
    return 0;
}
