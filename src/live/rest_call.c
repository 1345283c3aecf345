// SPDX-License-Identifier: Apache-2.0
// rest_call: see rest_call.h. A poll loop around tls_conn and the codec: connect if needed, write once, read
// to the end.
#include "live/rest_call.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "live/tls_conn.h"
#include "wire/decode.h"
#include "wire/http1.h"

enum { BODY_CAP = HTTP1_BODY_MAX + 32, TEXT_CAP = 3072, API_KEY_MAX = 160 };

struct rest {
    struct tls_conn *tls;
    char api_key[API_KEY_MAX]; // "" none
    struct http1_parser parser;
    char wire[TEXT_CAP + 1024], in[TLS_WRITE_MAX];
    char *body;
};

struct rest *rest_new(const char *host, uint16_t port, bool tls, const char *ca_pem, const char *api_key,
                      struct error *e)
{
    struct rest *r = calloc(1, sizeof *r);
    if (r) {
        r->body = malloc(BODY_CAP);
    }
    if (!r || !r->body) {
        error_set(e, EXIT_OS, "no memory for REST calls (needs 4 MiB)");
        rest_free(r);
        return NULL;
    }
    if (api_key && text_copy(r->api_key, sizeof r->api_key, api_key) != strlen(api_key)) {
        error_set(e, EXIT_USAGE, "API key: longer than %d characters", API_KEY_MAX - 1);
        rest_free(r);
        return NULL;
    }
    r->tls = tls_conn_new(host, port, tls, ca_pem, e);
    if (!r->tls) {
        rest_free(r);
        return NULL;
    }
    return r;
}

void rest_free(struct rest *r)
{
    if (r) {
        tls_conn_free(r->tls);
        free(r->body);
        free(r);
    }
}

const struct tls_conn *rest_connection(const struct rest *r)
{
    return r->tls;
}

// Wait until the socket is ready or the time is over. False: over.
static bool wait_ready(const struct rest *r, bool for_write, int64_t deadline_ns)
{
    int64_t left = deadline_ns - clock_mono_ns();
    if (left <= 0) {
        return false;
    }
    struct pollfd p = {tls_conn_fd(r->tls), (short)(POLLIN | (for_write ? POLLOUT : 0)), 0};
    int64_t ms = left / NS_PER_MS + 1;
    int n = poll(&p, 1, ms < 60000 ? (int)ms : 60000);
    return n > 0 || (n < 0 && errno == EINTR) || clock_mono_ns() < deadline_ns;
}

// A kept connection may have been closed, or have data nobody asked for: then it is of no use.
static void drop_if_stale(struct rest *r)
{
    size_t n;
    if (tls_conn_state(r->tls) == TLS_UP && tls_conn_read(r->tls, r->in, sizeof r->in, &n) != TLS_AGAIN) {
        tls_conn_close(r->tls);
    }
}

static bool connect_by(struct rest *r, int64_t deadline_ns)
{
    drop_if_stale(r);
    if (tls_conn_state(r->tls) == TLS_DOWN && !tls_conn_open(r->tls)) {
        return false;
    }
    for (;;) {
        switch (tls_conn_step(r->tls)) {
        case TLS_UP:
            return true;
        case TLS_DOWN:
            return false;
        default:
            if (!wait_ready(r, tls_conn_wants_write(r->tls), deadline_ns)) {
                tls_conn_close(r->tls);
                return false;
            }
        }
    }
}

static bool write_by(struct rest *r, size_t n, int64_t deadline_ns)
{
    for (;;) {
        enum tls_result w = tls_conn_write(r->tls, r->wire, n);
        if (w != TLS_AGAIN) {
            return w == TLS_DONE;
        }
        if (!wait_ready(r, true, deadline_ns)) {
            return false;
        }
    }
}

// True: the parser holds a whole answer.
static bool read_by(struct rest *r, int64_t deadline_ns)
{
    http1_parser_init(&r->parser, r->body, BODY_CAP);
    while (r->parser.state != HTTP1_DONE && r->parser.state != HTTP1_BAD) {
        size_t n = 0;
        switch (tls_conn_read(r->tls, r->in, sizeof r->in, &n)) {
        case TLS_DONE:
            if (http1_feed(&r->parser, r->in, n) != n) {
                r->parser.keep_alive = 0; // bytes behind the answer
            }
            break;
        case TLS_BROKEN:
            http1_on_close(&r->parser);
            r->parser.keep_alive = 0;
            break;
        default:
            if (!wait_ready(r, tls_conn_wants_write(r->tls), deadline_ns)) {
                return false;
            }
        }
    }
    return r->parser.state == HTTP1_DONE;
}

static void no_answer(struct rest *r, enum request_kind kind, bool sent, const char *why, struct answer *out)
{
    memset(out, 0, offsetof(struct answer, u));
    out->kind = (uint8_t)kind;
    out->lost = sent;
    out->not_sent = !sent;
    out->retry_after_s = out->used_weight = out->order_count = -1;
    text_copy(out->msg, sizeof out->msg, why);
    if (tls_conn_state(r->tls) != TLS_DOWN) {
        tls_conn_close(r->tls); // a late answer must not meet the next question
    }
}

static void fill_answer(struct rest *r, enum request_kind kind, const char (*wanted)[24], size_t n_wanted,
                        struct answer *out)
{
    out->http_status = r->parser.status;
    out->retry_after_s = r->parser.retry_after_s;
    out->used_weight = r->parser.used_weight_1m;
    out->order_count = r->parser.order_count_1m;
    wire_decode_answer(kind, r->body, r->parser.body_len, wanted, n_wanted, out);
    if (!r->parser.keep_alive) {
        tls_conn_close(r->tls);
    }
}

void rest_call(struct rest *r, enum request_kind kind, const char *method, const char *path, const char *text,
               size_t text_len, int64_t timeout_ns, const char (*wanted)[24], size_t n_wanted,
               struct answer *out, const char **body, size_t *body_n)
{
    int64_t deadline_ns = clock_mono_ns() + timeout_ns;
    int64_t sent_ns = 0;
    size_t n = http1_build(r->wire, sizeof r->wire, method, tls_conn_authority(r->tls), path, text, text_len,
                           r->api_key[0] ? r->api_key : NULL);
    r->body[0] = 0;
    r->parser.body_len = 0;
    if (n == 0) {
        no_answer(r, kind, false, "request too long", out);
    } else if (!connect_by(r, deadline_ns)) {
        no_answer(r, kind, false, tls_conn_error(r->tls), out);
    } else {
        uint64_t before = tls_conn_bytes_out(r->tls);
        bool written = write_by(r, n, deadline_ns);
        sent_ns = clock_mono_ns();
        if (!written || !read_by(r, deadline_ns)) {
            bool left = tls_conn_bytes_out(r->tls) != before;
            no_answer(r, kind, left,
                      written ? "no answer in time, or none that is HTTP/1.1" : tls_conn_error(r->tls), out);
            r->parser.body_len = 0;
        } else {
            fill_answer(r, kind, wanted, n_wanted, out);
        }
    }
    out->sent_mono_ns = sent_ns;
    out->received_mono_ns = clock_mono_ns();
    if (body) {
        *body = r->body;
        *body_n = r->parser.body_len;
    }
}
