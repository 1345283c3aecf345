// SPDX-License-Identifier: Apache-2.0
// doctor_market: instruments with their smallest orders against our limits, and whether the streams' server
// takes a WebSocket.
#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/text.h"
#include "live/doctor_internal.h"
#include "live/tls_conn.h"

static const int64_t STREAM_TIMEOUT_NS = 5 * NS_PER_S;

// ------------------------------------------------------------------------------------------------------------
// instruments

static int64_t ask_price_e8(struct visit *v, const char *symbol)
{
    char text[64];
    snprintf(text, sizeof text, "symbol=%s&limit=5", symbol);
    if (!visit_ask(v, RQ_DEPTH, text, CHECK_YELLOW, "book")) {
        return 0;
    }
    const struct wire_depth *d = &v->answer.u.depth;
    return d->asks ? d->price_e8[d->bids] : d->bids ? d->price_e8[0] : 0;
}

// The least that the filters let through, as value at this price.
static int64_t smallest_value_e8(const struct instrument *ins, int64_t price_e8)
{
    int64_t lot_value = instrument_notional_e8(ins, price_e8, 1);
    int64_t lots = ins->min_qty_lots > 1 ? ins->min_qty_lots : 1;
    if (lot_value > 0 && lots < (ins->min_notional_e8 + lot_value - 1) / lot_value) {
        lots = (ins->min_notional_e8 + lot_value - 1) / lot_value;
    }
    return instrument_notional_e8(ins, price_e8, lots);
}

// Against [risk] order_value and position_value; what capital would do when they are shares of it.
static void tell_smallest(struct visit *v, const struct instrument *ins, bool quoted, int64_t price_e8)
{
    int64_t value = smallest_value_e8(ins, price_e8);
    int64_t position = v->c->limit[LIMIT_POSITION_VALUE];
    int64_t order = v->c->limit[LIMIT_ORDER_VALUE];
    double money = (double)value / 1e8;
    if (value > position && position > 0) {
        double need = (double)value * (double)v->c->capital_e8 / (double)position / 1e8;
        checks_add(
            v->out, CHECK_YELLOW, v->group, ins->symbol,
            "smallest order %.2f USDT is above position_value %.2f: %s; a capital of %.0f USDT in these "
            "proportions would do",
            money, (double)position / 1e8, quoted ? "it will not be quoted" : "watched only", need + 1);
    } else if (value > order) {
        checks_add(v->out, CHECK_YELLOW, v->group, ins->symbol,
                   "smallest order %.2f USDT is above [risk] order_value %.2f: raise it, or it is not quoted",
                   money, (double)order / 1e8);
    } else {
        checks_add(v->out, CHECK_GREEN, v->group, ins->symbol, "trading, smallest order %.2f USDT", money);
    }
}

static void look_at_instrument(struct visit *v, const struct instrument *ins, const char *symbol, bool quoted)
{
    if (!ins) {
        checks_add(
            v->out, CHECK_RED, v->group, symbol,
            "not offered there, or with filters this program cannot use: take it out of [instruments]");
    } else if (ins->status != INSTRUMENT_TRADING) {
        checks_add(v->out, quoted ? CHECK_RED : CHECK_YELLOW, v->group, symbol,
                   "is not trading now: wait, or take it out of [instruments]");
    } else {
        int64_t price_e8 = ask_price_e8(v, symbol);
        if (price_e8 > 0) {
            tell_smallest(v, ins, quoted, price_e8);
        }
    }
}

void visit_instruments(struct visit *v)
{
    struct instrument found[INSTRUMENT_MAX];
    if (!visit_ask(v, RQ_EXCHANGE_INFO, "", CHECK_RED, "instruments")) {
        return;
    }
    uint32_t count = v->answer.rows < INSTRUMENT_MAX ? v->answer.rows : INSTRUMENT_MAX;
    memcpy(found, v->answer.u.instruments, count * sizeof found[0]);
    for (uint32_t i = 0; i < v->engine.instrument_count; i++) {
        const struct instrument_config *want = &v->engine.instruments[i];
        const struct instrument *ins = NULL;
        for (uint32_t k = 0; k < count; k++) {
            ins = strcmp(found[k].symbol, want->symbol) == 0 ? &found[k] : ins;
        }
        if (want->venue == v->ep->venue) {
            look_at_instrument(v, ins, want->symbol, want->quote);
        }
    }
}

// ------------------------------------------------------------------------------------------------------------
// streams

static void stream_path(const struct visit *v, char *to, size_t cap)
{
    char symbol[24] = "btcusdt";
    for (uint32_t i = v->engine.instrument_count; i-- > 0;) {
        if (v->engine.instruments[i].venue == v->ep->venue) {
            text_copy(symbol, sizeof symbol, v->engine.instruments[i].symbol);
        }
    }
    for (char *p = symbol; *p; p++) {
        *p = (char)tolower((unsigned char)*p);
    }
    snprintf(to, cap, "%s/stream?streams=%s@aggTrade", v->ep->venue == VENUE_BINANCE ? "/market" : "",
             symbol);
}

static bool wait_for(struct tls_conn *c, int64_t end_ns)
{
    int64_t left_ms = (end_ns - clock_mono_ns()) / NS_PER_MS;
    struct pollfd p = {.fd = tls_conn_fd(c),
                       .events = (short)(POLLIN | (tls_conn_wants_write(c) ? POLLOUT : 0))};
    return left_ms > 0 && poll(&p, 1, (int)left_ms) >= 0;
}

static bool connect_stream(struct tls_conn *c, int64_t end_ns)
{
    if (!tls_conn_open(c)) {
        return false;
    }
    for (;;) {
        enum tls_state s = tls_conn_step(c);
        if (s == TLS_UP || s == TLS_DOWN || !wait_for(c, end_ns)) {
            return s == TLS_UP;
        }
    }
}

// Ask for a WebSocket and read the status line: 101 means that streams will flow.
static int upgrade_status(struct tls_conn *c, const char *path, int64_t end_ns)
{
    char text[512];
    size_t have = 0;
    int n = snprintf(text, sizeof text,
                     "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGlja3Rvd2VyIGRvY3Rvcg==\r\n\r\n",
                     path, tls_conn_authority(c));
    if (n < 0 || n >= (int)sizeof text || tls_conn_write(c, text, (size_t)n) != TLS_DONE) {
        return 0;
    }
    while (have < 12) {
        size_t got = 0;
        enum tls_result r = tls_conn_read(c, text + have, sizeof text - 1 - have, &got);
        if (r == TLS_BROKEN || (r == TLS_AGAIN && !wait_for(c, end_ns))) {
            return 0;
        }
        have += r == TLS_DONE ? got : 0;
    }
    text[have] = 0;
    int status = 0;
    return sscanf(text, "HTTP/1.1 %3d", &status) == 1 ? status : 0;
}

void visit_streams(struct visit *v)
{
    struct error e = {0};
    char path[96];
    const struct endpoint *ep = v->ep;
    int64_t end_ns = clock_mono_ns() + STREAM_TIMEOUT_NS;
    struct tls_conn *c = tls_conn_new(ep->ws_host, ep->ws_port, ep->ws_tls, endpoint_ca(ep), &e);
    stream_path(v, path, sizeof path);
    if (!c) {
        checks_add(v->out, CHECK_RED, v->group, "streams", "%s", e.text);
    } else if (!connect_stream(c, end_ns)) {
        const char *why = tls_conn_error(c);
        checks_add(v->out, CHECK_RED, v->group, "streams", "%s", *why ? why : "no connection within 5 s");
    } else {
        int status = upgrade_status(c, path, end_ns);
        checks_add(v->out, status == 101 ? CHECK_GREEN : CHECK_RED, v->group, "streams",
                   status == 101 ? "%s, port %u, takes WebSockets"
                                 : "%s, port %u: no WebSocket at %s (HTTP %d)",
                   ep->ws_host, ep->ws_port, path, status);
    }
    tls_conn_free(c);
}
