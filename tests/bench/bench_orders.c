// SPDX-License-Identifier: Apache-2.0
// Order round trips on the warm connection: 1000 requests, POST and DELETE in turn, each signed (EIP-712) and
// verified by the embedded venue, which plays its market meanwhile on the same cores. Prints round trips
// (last byte handed over to answer read) and TLS handshakes.
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hist.h"
#include "live/order_conn.h"
#include "live/venue_hello.h"
#include "wire/decode.h"

enum { REQUESTS = 1000 };

struct bench {
    struct order_conn *oc;
    struct hist rtt;
    uint64_t order_id;
    unsigned done, refused;
    bool up, answered;
};

static void on_sent(void *ctx, uint32_t tag, enum request_kind kind, int64_t ns)
{
    (void)ctx;
    (void)tag;
    (void)kind;
    (void)ns;
}

static void on_dropped(void *ctx, uint32_t tag, enum drop_reason why)
{
    struct bench *b = ctx;
    (void)tag;
    (void)why;
    b->refused++;
    b->answered = true;
}

static void on_answer(void *ctx, uint32_t tag, const struct answer *a)
{
    struct bench *b = ctx;
    (void)tag;
    b->answered = true;
    if (a->http_status != 200 || a->code) {
        if (b->refused++ == 0) {
            fprintf(stderr, "refused: HTTP %d, code %d %s\n", a->http_status, a->code, a->msg);
        }
        return;
    }
    b->order_id = a->u.order.order_id;
    hist_add(&b->rtt, a->received_mono_ns - a->sent_mono_ns);
}

static void on_state(void *ctx, bool up, const char *reason)
{
    (void)reason;
    ((struct bench *)ctx)->up = up;
}

static pid_t start_venue(struct venue_hello *hello)
{
    char program[4096];
    char line[VENUE_HELLO_MAX];
    int out[2];
    size_t n = 0;
    struct error e = {0};
    const char *b = getenv("B");
    snprintf(program, sizeof program, "%s/ticktower", b ? b : "build");
    if (pipe(out) != 0) {
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        execl(program, "ticktower", "venue", "--wallet", "100000", "--order-limit", "1000000",
              "--weight-limit", "1000000", "--for", "120s", (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    while (n + 1 < sizeof line && !memchr(line, '\n', n)) {
        ssize_t got = read(out[0], line + n, sizeof line - 1 - n);
        if (got <= 0) {
            return -1;
        }
        n += (size_t)got;
    }
    if (!venue_hello_parse(hello, line, n, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return -1;
    }
    return pid;
}

static void make_request(struct bench *b, struct request *rq, unsigned i)
{
    memset(rq, 0, sizeof *rq);
    rq->tag = i + 1;
    rq->signed_ = 1;
    rq->on_order_link = 1;
    rq->lane = LANE_PLACE;
    rq->timeout_ns = 2 * NS_PER_S;
    bool place = i % 2 == 0;
    rq->kind = place ? RQ_PLACE : RQ_CANCEL;
    strcpy(rq->method, place ? "POST" : "DELETE");
    strcpy(rq->path, "/fapi/v3/order");
    int n = place
                ? snprintf(rq->text, sizeof rq->text,
                           "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.010&price=2600.00&"
                           "newClientOrderId=bench-%u",
                           i)
                : snprintf(rq->text, sizeof rq->text, "symbol=ETHUSDT&orderId=%llu",
                           (unsigned long long)b->order_id);
    rq->text_len = (uint16_t)n;
}

// Run the connection until *flag, at most 5 s.
static bool run_until(struct bench *b, const bool *flag)
{
    int64_t end = clock_mono_ns() + 5 * NS_PER_S;
    while (!*flag && clock_mono_ns() < end) {
        while (order_conn_work(b->oc)) {
        }
        if (*flag) {
            break;
        }
        struct pollfd p = {.fd = order_conn_fd(b->oc),
                           .events = (short)(POLLIN | (order_conn_wants_write(b->oc) ? POLLOUT : 0))};
        poll(&p, 1, 20);
        order_conn_process(b->oc);
    }
    return *flag;
}

int main(void)
{
    static struct bench b;
    static struct request rq;
    struct venue_hello hello;
    struct error e = {0};
    wire_json_init();
    pid_t venue = start_venue(&hello);
    if (venue <= 0) {
        fprintf(stderr, "the venue did not start\n");
        return 1;
    }
    struct signer *signer =
        signer_new_eip712(hello.signer_key, hello.user, hello.signer, hello.chain_id, true, &e);
    _Atomic int fence = 0;
    struct order_conn_setup s = {.host = "127.0.0.1",
                                 .port = hello.port,
                                 .tls = hello.tls,
                                 .ca_pem = hello.ca_pem,
                                 .signer = signer,
                                 .fence = &fence,
                                 .ctx = &b,
                                 .sent = on_sent,
                                 .dropped = on_dropped,
                                 .answer = on_answer,
                                 .state = on_state};
    b.oc = signer ? order_conn_new(&s, &e) : NULL;
    if (!b.oc) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    order_conn_connect(b.oc);
    order_conn_process(b.oc);
    bool ok = run_until(&b, &b.up);
    sleep(1); // let the market begin
    for (unsigned i = 0; ok && i < REQUESTS; i++) {
        make_request(&b, &rq, i);
        b.answered = false;
        order_conn_submit(b.oc, &rq);
        ok = run_until(&b, &b.answered);
        b.done += ok;
        usleep(2000); // orders come apart, not in a row: both sides go to sleep in between
    }
    printf("order_round_trip n %u refused %u  p50 %.1f us  p95 %.1f us  p99 %.1f us  handshakes %llu\n",
           b.done, b.refused, (double)hist_quantile(&b.rtt, 500000) / 1e3,
           (double)hist_quantile(&b.rtt, 950000) / 1e3, (double)hist_quantile(&b.rtt, 990000) / 1e3,
           (unsigned long long)order_conn_handshakes(b.oc));
    ok = ok && b.refused == 0 && order_conn_handshakes(b.oc) == 1;
    order_conn_free(b.oc);
    signer_free(signer);
    kill(venue, SIGTERM);
    waitpid(venue, NULL, 0);
    return ok ? 0 : 1;
}
