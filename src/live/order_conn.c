// SPDX-License-Identifier: Apache-2.0
// order_conn: see order_conn.h. Three small machines in one struct: the connection (down, opening, up;
// back-off), the queues, and the one request in flight. Each function changes its own state first and calls
// back last, so that a callback may submit again.
//
// One request in flight and no pipelining: an answer that never comes would otherwise make every later one
// doubtful.
#include "live/order_conn.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/probe.h"
#include "base/rng.h"
#include "base/text.h"
#include "live/tls_conn.h"
#include "wire/decode.h"
#include "wire/http1.h"

enum {
    LANE_CAP = 256,      // as many as one engine step can ask for (ACTIONS_MAX)
    OVERFLOW_MAX = 1024, // tags that found their lane full and wait to be told so
    SIGNED_TEXT_MAX = REQUEST_TEXT_MAX + 512,
    WIRE_MAX = SIGNED_TEXT_MAX + 1024,
    BODY_MAX = 256 * 1024,
    READS_MAX = 64, // of 16 KiB each per call
    TRIES_MAX = 60, // connections after a failure in TRIES_NS (design.md 12)
};
static const int64_t OPEN_TIMEOUT_NS = 5 * NS_PER_S;
static const int64_t KILL_OPEN_NS =
    NS_PER_S; // a kill that waits: attempts so far apart, whatever the back-off
static const int64_t KILL_OPEN_TIMEOUT_NS = 2 * NS_PER_S;
static const int64_t TRIES_NS = 300 * NS_PER_S;
static const int64_t BACKOFF_MAX_NS = 30 * NS_PER_S;
static const int64_t DEFAULT_TIMEOUT_NS = 10 * NS_PER_S; // of a request that names none
static const int64_t KILL_PATIENCE_NS =
    100 * NS_PER_MS; // or four round trips: how long a kill waits behind an answer

struct lane_queue {
    struct request rq[LANE_CAP];
    int64_t queued_ns[LANE_CAP];
    unsigned head, count;
};

struct flight {
    bool busy;
    bool written; // OpenSSL has taken the whole record
    struct request rq;
    uint64_t bytes_before; // of the connection, when the record was handed over
    int64_t begun_ns; // just before the write: a round trip is counted from here, since send() may not return
                      // before the peer has answered (same machine, same core)
    int64_t written_ns, deadline_ns;
    size_t wire_len;
};

struct order_conn {
    struct order_conn_setup s;
    struct tls_conn *tls;
    // -- connection
    bool wanted;
    int64_t opened_ns, next_open_ns;
    unsigned fails;              // failures since the last answer
    int64_t tries_ns[TRIES_MAX]; // when the last reconnects after a failure were, ring
    unsigned tries;
    struct rng jitter;
    // -- signing
    struct nonce own_nonce;
    struct nonce *nonce;
    int64_t venue_minus_mono_ns; // 0: not told
    // -- queues
    struct lane_queue lane[LANE_COUNT];
    uint32_t overflow[OVERFLOW_MAX];
    unsigned overflow_head, overflow_count;
    // -- the request in flight
    struct flight flight;
    struct http1_parser parser;
    int64_t rtt_ns;
    struct answer answer;
    char text[SIGNED_TEXT_MAX], wire[WIRE_MAX], in[TLS_WRITE_MAX], body[BODY_MAX];
};

// ---------------------------------------------------------------------------------------------------- set
// up, sign

struct order_conn *order_conn_new(const struct order_conn_setup *s, struct error *e)
{
    struct order_conn *oc = calloc(1, sizeof *oc);
    if (!oc) {
        error_set(e, EXIT_OS, "no memory for the order connection");
        return NULL;
    }
    oc->s = *s;
    oc->nonce = s->nonce ? s->nonce : &oc->own_nonce;
    oc->tls = tls_conn_new(s->host, s->port, s->tls, s->ca_pem, e);
    if (!oc->tls) {
        free(oc);
        return NULL;
    }
    oc->s.host = oc->s.ca_pem = NULL; // the caller's texts need not live on
    rng_seed(&oc->jitter, (uint64_t)clock_mono_ns());
    return oc;
}

void order_conn_free(struct order_conn *oc)
{
    if (oc) {
        tls_conn_free(oc->tls);
        free(oc);
    }
}

size_t order_conn_sign(struct order_conn *oc, char *text, size_t n, size_t cap)
{
    int64_t told = oc->venue_minus_mono_ns;
    int64_t venue_ns = told ? clock_mono_ns() + told : clock_wall_ns();
    bool hmac = signer_api_key(oc->s.signer) != NULL;
    uint64_t stamp = hmac ? (uint64_t)(venue_ns / NS_PER_MS) : nonce_next(oc->nonce, venue_ns / NS_PER_US);
    return signer_sign(oc->s.signer, text, n, cap, stamp);
}

void order_conn_set_venue_clock(struct order_conn *oc, int64_t venue_minus_mono_ns)
{
    oc->venue_minus_mono_ns = venue_minus_mono_ns;
}

// ----------------------------------------------------------------------------------------------------------
// queues

void order_conn_submit(struct order_conn *oc, const struct request *rq)
{
    CHECK(rq->lane < LANE_COUNT && rq->text_len <= REQUEST_TEXT_MAX);
    struct lane_queue *q = &oc->lane[rq->lane];
    if (q->count == LANE_CAP) {
        CHECK(oc->overflow_count < OVERFLOW_MAX); // the session's own table of requests is far smaller
        oc->overflow[(oc->overflow_head + oc->overflow_count++) % OVERFLOW_MAX] = rq->tag;
        return;
    }
    unsigned at = (q->head + q->count++) % LANE_CAP;
    request_copy(&q->rq[at], rq);
    q->queued_ns[at] = clock_mono_ns();
}

static void pop(struct lane_queue *q)
{
    q->count--;
    q->head =
        q->count ? (q->head + 1) % LANE_CAP : 0; // an empty queue starts over in memory that is still warm
}

static struct lane_queue *first_waiting(struct order_conn *oc)
{
    for (int i = 0; i < LANE_COUNT; i++) {
        if (oc->lane[i].count) {
            return &oc->lane[i];
        }
    }
    return NULL;
}

static int64_t timeout_of(const struct request *rq)
{
    return rq->timeout_ns > 0 ? rq->timeout_ns : DEFAULT_TIMEOUT_NS;
}

// The time from which on a waiting request is not sent any more.
static int64_t waits_until(const struct request *rq, int64_t queued_ns)
{
    int64_t link = queued_ns + timeout_of(rq);
    return rq->not_after_ns > 0 && rq->not_after_ns < link ? rq->not_after_ns : link;
}

// May these bytes go out now? Read at the last moment: after signing, before the write.
static enum drop_reason refusal(const struct order_conn *oc, const struct request *rq, int64_t queued_ns,
                                int64_t now)
{
    if (!rq->close_only && oc->s.fence && atomic_load(oc->s.fence)) {
        return DROP_FENCE;
    }
    if (rq->not_after_ns > 0 && now > rq->not_after_ns) {
        return DROP_AGE;
    }
    return now > queued_ns + timeout_of(rq) ? DROP_LINK : DROP_NONE;
}

// ---------------------------------------------------------------------------------------------------- down
// and back

static int64_t backoff_ns(struct order_conn *oc)
{
    unsigned doublings = oc->fails - 1 < 5 ? oc->fails - 1 : 5;
    int64_t delay = NS_PER_S << doublings;
    delay = delay < BACKOFF_MAX_NS ? delay : BACKOFF_MAX_NS;
    return delay + (int64_t)rng_below(&oc->jitter, (uint64_t)(delay * 2 / 5)) - delay / 5; // +-20 %
}

static bool kill_waits(const struct order_conn *oc)
{
    return oc->lane[LANE_KILL].count > 0;
}

// When the next attempt is due. A kill does not wait for the back-off.
static int64_t open_due_ns(const struct order_conn *oc)
{
    int64_t soon = oc->opened_ns + KILL_OPEN_NS;
    return kill_waits(oc) && soon < oc->next_open_ns ? soon : oc->next_open_ns;
}

// When an attempt that hangs is given up.
static int64_t open_ends_ns(const struct order_conn *oc)
{
    return oc->opened_ns + (kill_waits(oc) ? KILL_OPEN_TIMEOUT_NS : OPEN_TIMEOUT_NS);
}

// At once after a connection that worked, then 1 s doubling to 30 s; never twice within a second nor 60 times
// in 5 minutes.
static void schedule_open(struct order_conn *oc, int64_t now, bool failure)
{
    oc->next_open_ns = now;
    if (!failure) {
        return;
    }
    if (oc->fails) {
        oc->next_open_ns = now + backoff_ns(oc);
    } else if (oc->next_open_ns < oc->opened_ns + NS_PER_S) {
        oc->next_open_ns = oc->opened_ns + NS_PER_S;
    }
    if (kill_waits(oc)) {
        return; // its attempts are not of those that are counted
    }
    int64_t *oldest = &oc->tries_ns[oc->tries++ % TRIES_MAX];
    if (*oldest && oc->next_open_ns < *oldest + TRIES_NS) {
        oc->next_open_ns = *oldest + TRIES_NS;
    }
    *oldest = oc->next_open_ns;
}

// Deliver what oc->answer holds for the request in flight, which ends here.
static void deliver(struct order_conn *oc)
{
    CHECK(oc->flight.busy);
    oc->flight.busy = false;
    oc->answer.sent_mono_ns = oc->flight.written_ns;
    oc->s.answer(oc->s.ctx, oc->flight.rq.tag, &oc->answer);
}

// No answer: lost when a byte may have left us, not_sent when none did.
static void deliver_nothing(struct order_conn *oc, const char *why)
{
    struct answer *a = &oc->answer;
    bool left = tls_conn_bytes_out(oc->tls) != oc->flight.bytes_before;
    memset(a, 0, offsetof(struct answer, u));
    a->kind = oc->flight.rq.kind;
    a->lost = left;
    a->not_sent = !left;
    a->retry_after_s = a->used_weight = a->order_count = -1;
    a->received_mono_ns = clock_mono_ns();
    text_copy(a->msg, sizeof a->msg, why);
    deliver(oc);
}

// The connection ends. failure: not the orderly end after an answer.
static void go_down(struct order_conn *oc, const char *reason, bool failure)
{
    char why[TEXT_MAX];
    text_copy(why, sizeof why, reason);
    bool undelivered = oc->flight.busy;
    tls_conn_close(oc->tls);
    schedule_open(oc, clock_mono_ns(), failure);
    oc->fails += failure;
    if (undelivered) {
        deliver_nothing(oc, why);
    }
    oc->s.state(oc->s.ctx, false, why);
}

static void open_failed(struct order_conn *oc, int64_t now)
{
    oc->fails++;
    schedule_open(oc, now, true);
    oc->s.state(oc->s.ctx, false, tls_conn_error(oc->tls));
}

void order_conn_connect(struct order_conn *oc)
{
    oc->wanted = true;
}

static void go_up(struct order_conn *oc)
{
    oc->s.state(oc->s.ctx, true, "");
}

static void advance_opening(struct order_conn *oc, int64_t now)
{
    if (tls_conn_state(oc->tls) == TLS_DOWN) {
        if (!oc->wanted || now < open_due_ns(oc)) {
            return;
        }
        oc->opened_ns = now;
        if (!tls_conn_open(oc->tls)) {
            open_failed(oc, now);
            return;
        }
    }
    switch (tls_conn_step(oc->tls)) {
    case TLS_UP:
        go_up(oc);
        break;
    case TLS_DOWN:
        open_failed(oc, now);
        break;
    default:
        if (now > open_ends_ns(oc)) {
            tls_conn_close(oc->tls);
            oc->fails++;
            schedule_open(oc, now, true);
            oc->s.state(oc->s.ctx, false, "connection not established in time");
        }
        break;
    }
}

// ----------------------------------------------------------------------------------------------------------
// sending

// Text, signature, HTTP head: everything but the write.
static void encode(struct order_conn *oc)
{
    struct flight *f = &oc->flight;
    const char *api_key = oc->s.signer ? signer_api_key(oc->s.signer) : NULL;
    size_t n = f->rq.text_len;
    memcpy(oc->text, f->rq.text, n);
    if (f->rq.signed_) {
        CHECK(oc->s.signer);
        n = order_conn_sign(oc, oc->text, n, sizeof oc->text);
        CHECK(n > 0);
    }
    f->wire_len = http1_build(oc->wire, sizeof oc->wire, f->rq.method, tls_conn_authority(oc->tls),
                              f->rq.path, oc->text, n, api_key);
    CHECK(f->wire_len > 0);
}

void order_conn_warm(struct order_conn *oc)
{
    static const char TEXT[] = "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.001&price=1.00&"
                               "newClientOrderId=warm&newOrderRespType=ACK";
    if (oc->flight.busy || !oc->s.signer) {
        return; // the scratch buffers are in use
    }
    memcpy(oc->text, TEXT, sizeof TEXT - 1);
    size_t n = signer_sign(oc->s.signer, oc->text, sizeof TEXT - 1, sizeof oc->text, 1);
    CHECK(n > 0);
    (void)http1_build(oc->wire, sizeof oc->wire, "POST", tls_conn_authority(oc->tls), "/", oc->text, n,
                      signer_api_key(oc->s.signer));
}

// Hand the record over, or go on doing so.
static void write_record(struct order_conn *oc)
{
    struct flight *f = &oc->flight;
    enum tls_result r = tls_conn_write(oc->tls, oc->wire, f->wire_len);
    if (r == TLS_BROKEN) {
        go_down(oc, tls_conn_error(oc->tls), true);
    } else if (r == TLS_DONE) {
        f->written = true;
        f->written_ns = clock_mono_ns();
        f->deadline_ns = f->written_ns + timeout_of(&f->rq);
        probe_mark(PROBE_WRITTEN);
        oc->s.sent(oc->s.ctx, f->rq.tag, (enum request_kind)f->rq.kind, f->written_ns);
    }
}

static void send_next(struct order_conn *oc, struct lane_queue *q)
{
    struct flight *f = &oc->flight;
    int64_t queued_ns = q->queued_ns[q->head];
    request_copy(&f->rq, &q->rq[q->head]);
    pop(q);
    probe_mark(PROBE_ENCODED);
    encode(oc);
    probe_mark(PROBE_SIGNED);
    int64_t now = clock_mono_ns();
    enum drop_reason why = refusal(oc, &f->rq, queued_ns, now);
    if (why != DROP_NONE) {
        oc->s.dropped(oc->s.ctx, f->rq.tag, why);
        return;
    }
    f->busy = true;
    f->written = false;
    f->begun_ns = now;
    f->written_ns = 0;
    f->deadline_ns = now + timeout_of(&f->rq);
    f->bytes_before = tls_conn_bytes_out(oc->tls);
    http1_parser_init(&oc->parser, oc->body, sizeof oc->body);
    write_record(oc);
}

// One overdue or fenced request at the head of a lane; false when there is none.
static bool drop_one(struct order_conn *oc, int64_t now)
{
    if (oc->overflow_count) {
        uint32_t tag = oc->overflow[oc->overflow_head];
        oc->overflow_head = (oc->overflow_head + 1) % OVERFLOW_MAX;
        oc->overflow_count--;
        oc->s.dropped(oc->s.ctx, tag, DROP_LINK);
        return true;
    }
    for (int i = 0; i < LANE_COUNT; i++) {
        struct lane_queue *q = &oc->lane[i];
        enum drop_reason why =
            q->count ? refusal(oc, &q->rq[q->head], q->queued_ns[q->head], now) : DROP_NONE;
        if (why != DROP_NONE) {
            uint32_t tag = q->rq[q->head].tag;
            pop(q);
            oc->s.dropped(oc->s.ctx, tag, why);
            return true;
        }
    }
    return false;
}

bool order_conn_work(struct order_conn *oc)
{
    if (drop_one(oc, clock_mono_ns())) {
        return true;
    }
    struct lane_queue *q = first_waiting(oc);
    if (!q || oc->flight.busy || tls_conn_state(oc->tls) != TLS_UP) {
        return false;
    }
    send_next(oc, q);
    return true;
}

static bool waiting(const struct order_conn *oc)
{
    for (int i = 0; i < LANE_COUNT; i++) {
        if (oc->lane[i].count) {
            return true;
        }
    }
    return false;
}

bool order_conn_is_up(const struct order_conn *oc)
{
    return tls_conn_state(oc->tls) == TLS_UP;
}

bool order_conn_idle(const struct order_conn *oc)
{
    return tls_conn_state(oc->tls) == TLS_UP && !oc->flight.busy && !oc->overflow_count && !waiting(oc);
}

// ----------------------------------------------------------------------------------------------------------
// answers

static void on_answer(struct order_conn *oc)
{
    struct answer *a = &oc->answer;
    const struct http1_parser *p = &oc->parser;
    a->http_status = p->status;
    a->retry_after_s = p->retry_after_s;
    a->used_weight = p->used_weight_1m;
    a->order_count = p->order_count_1m;
    a->received_mono_ns = clock_mono_ns();
    wire_decode_answer((enum request_kind)oc->flight.rq.kind, p->body, p->body_len, NULL, 0, a);
    oc->rtt_ns = a->received_mono_ns - oc->flight.begun_ns;
    oc->fails = 0;
    deliver(oc);
}

// Bytes have come. False: the connection is down now.
static bool on_bytes(struct order_conn *oc, size_t n)
{
    if (!oc->flight.busy || !oc->flight.written) {
        go_down(oc, "bytes from the venue that no request asked for", true);
        return false;
    }
    size_t used = http1_feed(&oc->parser, oc->in, n);
    if (oc->parser.state == HTTP1_BAD) {
        go_down(oc, "an answer that is no HTTP/1.1", true);
        return false;
    }
    if (oc->parser.state != HTTP1_DONE) {
        return true;
    }
    bool keep = oc->parser.keep_alive && used == n;
    on_answer(oc);
    if (!keep) {
        go_down(oc,
                used == n ? "closed after the answer, as the venue wished" : "more bytes than the answer has",
                used != n);
    }
    return keep;
}

// The peer closed or the read failed. An answer without a length ends so.
static void on_broken(struct order_conn *oc)
{
    if (oc->flight.busy && oc->flight.written) {
        http1_on_close(&oc->parser);
        if (oc->parser.state == HTTP1_DONE) {
            on_answer(oc);
            go_down(oc, "closed after the answer", false);
            return;
        }
    }
    go_down(oc, tls_conn_error(oc->tls), true);
}

static void read_answers(struct order_conn *oc)
{
    for (int i = 0; i < READS_MAX; i++) {
        size_t n = 0;
        switch (tls_conn_read(oc->tls, oc->in, sizeof oc->in, &n)) {
        case TLS_AGAIN:
            return;
        case TLS_BROKEN:
            on_broken(oc);
            return;
        default:
            if (!on_bytes(oc, n)) {
                return;
            }
        }
    }
}

// When the request in flight is given up. A kill does not wait out the patience that others have.
static int64_t flight_deadline(const struct order_conn *oc)
{
    const struct flight *f = &oc->flight;
    const struct lane_queue *kill = &oc->lane[LANE_KILL];
    if (!kill->count || f->rq.lane == LANE_KILL) {
        return f->deadline_ns;
    }
    int64_t patience = 4 * oc->rtt_ns > KILL_PATIENCE_NS ? 4 * oc->rtt_ns : KILL_PATIENCE_NS;
    int64_t impatient = kill->queued_ns[kill->head] + patience;
    return impatient < f->deadline_ns ? impatient : f->deadline_ns;
}

// A write that the socket would not take yet. The fence still holds as long as nothing has left us.
static void resume_write(struct order_conn *oc)
{
    const struct flight *f = &oc->flight;
    bool nothing_left = tls_conn_bytes_out(oc->tls) == f->bytes_before;
    if (nothing_left && !f->rq.close_only && oc->s.fence && atomic_load(oc->s.fence)) {
        go_down(oc, "fence set while a write waited", true);
        return;
    }
    write_record(oc);
}

void order_conn_process(struct order_conn *oc)
{
    if (tls_conn_state(oc->tls) != TLS_UP) {
        advance_opening(oc, clock_mono_ns());
        return;
    }
    if (oc->flight.busy && !oc->flight.written) {
        resume_write(oc);
    }
    if (tls_conn_state(oc->tls) == TLS_UP) {
        read_answers(oc);
    }
    if (oc->flight.busy && clock_mono_ns() > flight_deadline(oc)) {
        go_down(oc, "no answer in time", true);
    }
}

// ------------------------------------------------------------------------------------------------- for the
// poll loop

int order_conn_fd(const struct order_conn *oc)
{
    return tls_conn_fd(oc->tls);
}

bool order_conn_wants_write(const struct order_conn *oc)
{
    bool waiting = oc->flight.busy && !oc->flight.written;
    return waiting || tls_conn_wants_write(oc->tls);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t order_conn_deadline(const struct order_conn *oc)
{
    int64_t t = oc->overflow_count ? 0 : INT64_MAX;
    for (int i = 0; i < LANE_COUNT; i++) {
        const struct lane_queue *q = &oc->lane[i];
        if (q->count) {
            t = earlier(t, waits_until(&q->rq[q->head], q->queued_ns[q->head]));
        }
    }
    if (oc->flight.busy) {
        t = earlier(t, flight_deadline(oc));
    }
    enum tls_state state = tls_conn_state(oc->tls);
    if (state == TLS_DOWN && oc->wanted) {
        t = earlier(t, open_due_ns(oc));
    } else if (state == TLS_CONNECTING || state == TLS_HANDSHAKE) {
        t = earlier(t, open_ends_ns(oc));
    }
    return t;
}

uint64_t order_conn_handshakes(const struct order_conn *oc)
{
    return tls_conn_handshakes(oc->tls);
}

int64_t order_conn_rtt_ns(const struct order_conn *oc)
{
    return oc->rtt_ns;
}
