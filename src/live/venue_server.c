// SPDX-License-Identifier: Apache-2.0
#include "live/venue_server.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"
#include "engine/exchange/exchange.h"
#include "live/market_player.h"
#include "live/venue_rest.h"
#include "live/venue_stream.h"
#include "wire/sign.h"

enum { EVENTS_PER_PASS = 64 }; // then the sockets are served, however late the market is
#define IDLE_NS NS_PER_S       // look around at least so often

struct venue_server {
    struct venue_server_config cfg;
    struct venue_net *net;
    struct market_player *player;
    struct exchange *exchange;
    struct venue_rest *rest;
    struct venue_streams streams;
    struct xch_sink sink;
    int64_t wall_minus_mono_ns; // the venue's clock is steady: wall time at start, then monotonic
    int64_t parent_gone_ns;     // monotonic; 0: alive
    int64_t last_client_ns;
};

void venue_server_config_default(struct venue_server_config *c)
{
    *c = (struct venue_server_config){.speed_milli = 1000,
                                      .wallet_e8 = 50 * E8,
                                      .weight_limit = 2400,
                                      .order_limit = 1200,
                                      .nonce_window_ms = 10000,
                                      .parent_fd = -1,
                                      .linger_ns = 60 * NS_PER_S};
}

static int64_t venue_now(const struct venue_server *s)
{
    return clock_mono_ns() + s->wall_minus_mono_ns;
}

// --------------------------------------------------------------------------------------------------- events

static void on_publish(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n)
{
    struct venue_server *s = ctx;
    if (type == XO_MARKET_TEXT) {
        venue_streams_market(&s->streams, stream, text, n);
    } else {
        venue_streams_user(&s->streams, text, n);
    }
}

static void open_stream(struct venue_server *s, int conn, const struct venue_request *r)
{
    static const char BODY[] = "{\"code\":-1125,\"msg\":\"No such stream path or listenKey.\"}";
    if (strcmp(r->method, "GET") == 0 && venue_streams_open(&s->streams, conn, r, s->rest->listen_key)) {
        venue_net_upgrade(s->net, conn, r->ws_key);
    } else {
        venue_net_answer(s->net, conn, (struct venue_answer_head){400, -1, -1, -1, false}, BODY,
                         sizeof BODY - 1);
    }
}

static void on_request(void *ctx, int conn, const struct venue_request *r)
{
    struct venue_server *s = ctx;
    if (r->upgrade) {
        open_stream(s, conn, r);
        return;
    }
    bool had_key = s->rest->listen_key[0] != 0;
    struct venue_rest_answer a = venue_rest_serve(s->rest, r, venue_now(s), &s->sink);
    struct venue_answer_head h = {a.status, a.used_weight, a.order_count, a.retry_after_s, r->keep_alive};
    venue_net_answer(s->net, conn, h, a.body, a.body_len);
    if (had_key && !s->rest->listen_key[0]) {
        venue_streams_end_user(&s->streams, false, venue_now(s));
    }
}

static bool on_message(void *ctx, int conn, const char *text, size_t n)
{
    struct venue_server *s = ctx;
    return venue_streams_message(&s->streams, conn, text, n, venue_now(s));
}

static void on_closed(void *ctx, int conn)
{
    struct venue_server *s = ctx;
    venue_streams_close(&s->streams, conn);
}

// ---------------------------------------------------------------------------------------------------- start

static bool make_exchange(struct venue_server *s, struct error *e)
{
    struct xch_config *xc = calloc(1, sizeof *xc);
    uint64_t seed = 0;
    if (!xc || RAND_bytes((unsigned char *)&seed, sizeof seed) != 1) {
        free(xc);
        return error_set(e, EXIT_OS, "embedded venue: no memory or no entropy");
    }
    xch_config_default(xc);
    xc->wallet_e8 = s->cfg.wallet_e8;
    xc->maker_fee_e8 = s->cfg.maker_fee_e8;
    xc->taker_fee_e8 = s->cfg.taker_fee_e8;
    xc->post_only_form = s->cfg.post_only_form;
    xc->seed = seed;
    xc->instrument_count = (uint32_t)market_player_instruments(s->player, VENUE_ASTER, xc->instruments);
    if (xc->instrument_count == 0) {
        free(xc);
        return error_set(e, EXIT_DATA,
                         "%s: no perpetual in it; `ticktower tape info` shows what a tape holds",
                         s->cfg.markets[0]);
    }
    s->exchange = exchange_new(xc);
    free(xc);
    return s->exchange || error_set(e, EXIT_OS, "embedded venue: no memory");
}

// A fresh user address and a fresh API wallet: nobody who was not told can trade here.
static bool make_wallet(struct venue_server *s, struct venue_hello *h, struct error *e)
{
    char user_key[67];
    bool ok = eip712_generate(user_key, h->user) && eip712_generate(h->signer_key, h->signer);
    memset(user_key, 0, sizeof user_key);
    if (!ok) {
        return error_set(e, EXIT_OS, "embedded venue: no entropy for its wallet");
    }
    struct venue_auth *a = &s->rest->auth;
    *a = (struct venue_auth){.chain_id = ASTER_CHAIN_MAINNET, .nonce_window_ms = s->cfg.nonce_window_ms};
    text_copy(a->user, sizeof a->user, h->user);
    text_copy(a->signer, sizeof a->signer, h->signer);
    h->chain_id = a->chain_id;
    s->rest->limits =
        (struct venue_limits){.weight_limit = s->cfg.weight_limit, .order_limit = s->cfg.order_limit};
    s->rest->exchange = s->exchange;
    return true;
}

static bool start(struct venue_server *s, struct venue_hello *h, struct error *e)
{
    struct venue_net_handler handler = {s, on_request, on_message, on_closed};
    struct venue_net_config net = {s->cfg.port, s->cfg.plain};
    s->player = market_player_open(s->cfg.markets, s->cfg.market_count, s->cfg.speed_milli, e);
    if (!s->player || !make_exchange(s, e)) {
        return false;
    }
    s->rest = calloc(1, sizeof *s->rest);
    if (!s->rest) {
        return error_set(e, EXIT_OS, "embedded venue: no memory");
    }
    s->net = venue_net_new(&net, &handler, h->ca_pem, sizeof h->ca_pem, e);
    if (!s->net || !make_wallet(s, h, e)) {
        return false;
    }
    s->streams.net = s->net;
    s->streams.exchange = s->exchange;
    s->sink = (struct xch_sink){.ctx = s, .publish = on_publish};
    h->port = venue_net_port(s->net);
    h->tls = !s->cfg.plain;
    h->speed = s->cfg.speed_milli / 1000.0;
    snprintf(h->rest, sizeof h->rest, "%s://127.0.0.1:%u", h->tls ? "https" : "http", (unsigned)h->port);
    snprintf(h->ws, sizeof h->ws, "%s://127.0.0.1:%u", h->tls ? "wss" : "ws", (unsigned)h->port);
    market_player_text(s->player, VENUE_ASTER, h->market, sizeof h->market);
    h->lap_ms = (market_player_lap_ns(s->player) + NS_PER_MS - 1) / NS_PER_MS;
    return true;
}

struct venue_server *venue_server_new(const struct venue_server_config *c, struct venue_hello *hello,
                                      struct error *e)
{
    struct venue_server *s = calloc(1, sizeof *s);
    memset(hello, 0, sizeof *hello);
    if (!s) {
        error_set(e, EXIT_OS, "embedded venue: no memory");
        return NULL;
    }
    s->cfg = *c;
    if (!start(s, hello, e)) {
        venue_server_free(s);
        return NULL;
    }
    return s;
}

void venue_server_free(struct venue_server *s)
{
    if (s) {
        venue_net_free(s->net);
        market_player_close(s->player);
        exchange_free(s->exchange);
        free(s->rest);
        free(s);
    }
}

// ------------------------------------------------------------------------------------------------------ run

// Everything that is due now; returns when the next thing is.
static int64_t advance(struct venue_server *s)
{
    int64_t now = venue_now(s);
    const struct player_site sites[VENUE_COUNT] = {[VENUE_ASTER] = {s->exchange, &s->sink}};
    market_player_run(s->player, now, EVENTS_PER_PASS, sites);
    if (exchange_next_deadline(s->exchange) <= now) {
        exchange_on_time(s->exchange, now, &s->sink);
    }
    if (venue_rest_expire_key(s->rest, now)) {
        venue_streams_end_user(&s->streams, true, now);
    }
    int64_t a = market_player_next_ns(s->player), b = exchange_next_deadline(s->exchange);
    return a < b ? a : b;
}

static bool abandoned(struct venue_server *s, int64_t mono_ns)
{
    if (venue_net_clients(s->net) > 0) {
        s->last_client_ns = mono_ns;
    }
    int64_t since = s->parent_gone_ns > s->last_client_ns ? s->parent_gone_ns : s->last_client_ns;
    return s->parent_gone_ns != 0 && mono_ns - since >= s->cfg.linger_ns;
}

bool venue_server_run(struct venue_server *s, int stop_fd, struct error *e)
{
    int64_t begun = clock_mono_ns();
    s->wall_minus_mono_ns = clock_wall_ns() - begun;
    s->last_client_ns = begun;
    market_player_start(s->player, venue_now(s));
    for (;;) {
        int64_t wait = advance(s) - venue_now(s);
        int64_t mono = clock_mono_ns();
        venue_net_flush(s->net);
        if (abandoned(s, mono) || (s->cfg.run_ns && mono - begun >= s->cfg.run_ns)) {
            break;
        }
        struct pollfd extra[2] = {{.fd = stop_fd, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
        extra[1].fd = s->parent_gone_ns ? -1 : s->cfg.parent_fd;
        venue_net_poll(s->net, wait < 0 ? 0 : wait < IDLE_NS ? wait : IDLE_NS, extra, 2);
        if (extra[0].revents) {
            break;
        }
        char byte;
        if (extra[1].revents && read(s->cfg.parent_fd, &byte, 1) <= 0) {
            s->parent_gone_ns = clock_mono_ns();
        }
    }
    const char *why = market_player_error(s->player);
    return !why[0] || error_set(e, EXIT_DATA, "%s", why);
}
