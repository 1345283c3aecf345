// SPDX-License-Identifier: Apache-2.0
#include "live/venue_site.h"

#include <string.h>

#include "base/clock.h"
#include "live/venue_verdict.h"

int64_t venue_site_now(const struct venue_site *s)
{
    return clock_mono_ns() + *s->wall_minus_mono_ns;
}

// ------------------------------------------------------------------------------------ out of the exchange

static void tell_user(struct venue_site *s, const char *text, size_t n)
{
    int64_t hold_ns = 0, now = venue_site_now(s);
    if (venue_fault_strikes(&s->faults, VF_REPORT_DROP, NULL)) {
        return;
    }
    if (!venue_fault_strikes(&s->faults, VF_REPORT_DELAY, &hold_ns)) {
        hold_ns = 0;
    }
    venue_hold_report(s->hold, now, hold_ns, text, n);
    if (venue_fault_strikes(&s->faults, VF_REPORT_TWICE, NULL)) {
        venue_hold_report(s->hold, now, hold_ns, text, n);
    }
}

static void on_publish(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n)
{
    struct venue_site *s = ctx;
    if (type != XO_MARKET_TEXT) {
        tell_user(s, text, n);
        return;
    }
    bool lost = venue_fault_strikes(&s->faults, VF_MARKET_SILENT, NULL) ||
                (venue_fault_is_on(&s->faults, VF_DEPTH_GAP) && strstr(stream, "@depth@") &&
                 venue_fault_strikes(&s->faults, VF_DEPTH_GAP, NULL));
    if (!lost) {
        venue_streams_market(&s->streams, stream, text, n, venue_site_now(s));
    }
}

static bool is_wanted(void *ctx, const char *stream)
{
    struct venue_site *s = ctx;
    return venue_streams_wanted(&s->streams, stream);
}

struct xch_sink venue_site_sink(struct venue_site *s)
{
    return (struct xch_sink){.ctx = s, .publish = on_publish, .wanted = is_wanted};
}

// -------------------------------------------------------------------------------------------- what is held

static void say_answer(void *ctx, int conn, struct venue_answer_head h, const char *body, size_t n)
{
    struct venue_site *s = ctx;
    venue_net_answer(s->net, conn, h, body, n);
}

static void say_silence(void *ctx, int conn)
{
    struct venue_site *s = ctx;
    venue_net_close(s->net, conn);
}

static void say_report(void *ctx, const char *text, size_t n)
{
    struct venue_site *s = ctx;
    venue_streams_user(&s->streams, text, n);
}

bool venue_site_hold_new(struct venue_site *s)
{
    struct venue_hold_handler h = {s, say_answer, say_silence, say_report};
    s->hold = venue_hold_new(&h);
    return s->hold != NULL;
}

// ---------------------------------------------------------------------------------------------- requests

static void open_stream(struct venue_site *s, int conn, const struct venue_request *r)
{
    static const char BODY[] = "{\"code\":-1125,\"msg\":\"No such stream path or listenKey.\"}";
    if (strcmp(r->method, "GET") == 0 && venue_streams_open(&s->streams, conn, r, s->rest->listen_key)) {
        venue_net_upgrade(s->net, conn, r->ws_key);
    } else {
        venue_net_answer(s->net, conn, VENUE_ANSWER_LAST(400), BODY, sizeof BODY - 1);
    }
}

static bool is_wallet_path(const struct venue_site *s, const char *path)
{
    return venue_dialects[s->id].wallet_auth && strstr(path, "/v3/") != NULL;
}

static void on_request(void *ctx, int conn, const struct venue_request *r)
{
    struct venue_site *s = ctx;
    int64_t now = venue_site_now(s);
    struct venue_verdict v;
    venue_verdict_find(&v, &s->faults, r, is_wallet_path(s, r->path), now);
    if (r->upgrade && !v.replace) {
        open_stream(s, conn, r);
        return;
    }
    bool had_key = s->rest->listen_key[0] != 0;
    struct venue_answer_head h = {v.status, -1, -1, -1, v.retry_after_s, r->keep_alive && !r->upgrade,
                                  v.html};
    struct venue_rest_answer a = {.body = v.body, .body_len = strlen(v.body)};
    if (v.serve) {
        a = venue_rest_serve(s->rest, r, now, &s->sink);
    }
    if (!v.replace) {
        h = (struct venue_answer_head){a.status,        a.used_weight, a.order_count, a.order_count_10s,
                                       a.retry_after_s, r->keep_alive, false};
    }
    const char *body = v.silent ? NULL : v.replace ? v.body : a.body;
    venue_hold_answer(s->hold, now, v.hold_ns, conn, h, body, v.replace ? strlen(v.body) : a.body_len);
    if (had_key && !s->rest->listen_key[0]) {
        venue_streams_end_user(&s->streams, false, now);
    }
}

static bool on_message(void *ctx, int conn, const char *text, size_t n)
{
    struct venue_site *s = ctx;
    return venue_streams_message(&s->streams, conn, text, n, venue_site_now(s), s->rest->listen_key);
}

static bool on_control(void *ctx, int conn)
{
    struct venue_site *s = ctx;
    return venue_streams_control(&s->streams, conn, venue_site_now(s));
}

static void on_closed(void *ctx, int conn)
{
    struct venue_site *s = ctx;
    venue_hold_forget(s->hold, conn);
    venue_streams_close(&s->streams, conn);
}

struct venue_net_handler venue_site_handler(struct venue_site *s)
{
    return (struct venue_net_handler){s, on_request, on_message, on_control, on_closed};
}

// --------------------------------------------------------------------------------------------------- time

int64_t venue_site_advance(struct venue_site *s, int64_t now_ns)
{
    if (exchange_next_deadline(s->exchange) <= now_ns) {
        exchange_on_time(s->exchange, now_ns, &s->sink);
    }
    if (venue_rest_expire_key(s->rest, now_ns)) {
        venue_streams_end_user(&s->streams, true, now_ns);
    }
    int64_t held = venue_hold_advance(s->hold, now_ns);
    int64_t slow = venue_streams_on_time(&s->streams, now_ns), next = exchange_next_deadline(s->exchange);
    venue_net_flush(s->net);
    next = slow < next ? slow : next;
    return held < next ? held : next;
}
