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
#include "live/venue_cert.h"
#include "live/venue_control.h"
#include "live/venue_command.h"
#include "live/venue_site.h"
#include "wire/hex.h"
#include "wire/secret.h"
#include "wire/sign.h"

enum { EVENTS_PER_PASS = 64 }; // then the sockets are served, however late the market is
#define PRICE_BOUND_E8 (INT64_C(1000000) * E8)
#define IDLE_NS        NS_PER_S // look around at least so often
// A venue that opens has a past: every instrument a last price, the minute before its bars. That much of the
// tape (at most half a lap) is played, at its own times, before the first client is heard.
#define PAST_NS (60 * NS_PER_S)

struct venue_server {
    struct venue_server_config cfg;
    struct market_player *player;
    struct venue_site *site[VENUE_COUNT]; // NULL: not served
    struct player_site feed[VENUE_COUNT]; // the same, as the player wants it
    SSL_CTX *tls;
    struct venue_control *control; // NULL: none
    int64_t wall_minus_mono_ns;    // the venue's clock is steady: wall time at start, then monotonic
    int64_t parent_gone_ns;        // monotonic; 0: alive
    int64_t last_client_ns;
};

void venue_server_config_default(struct venue_server_config *c)
{
    *c = (struct venue_server_config){.speed_milli = 1000,
                                      .wallet_e8 = 50 * E8,
                                      .post_only_form = POST_ONLY_BY_SITE,
                                      .nonce_window_ms = 10000,
                                      .ws_life_ns = 86400 * NS_PER_S,
                                      .listen_key_ns = 3600 * NS_PER_S,
                                      .parent_fd = -1,
                                      .linger_ns = 60 * NS_PER_S,
                                      .fault_seed = 1};
}

static int64_t venue_now(const struct venue_server *s)
{
    return clock_mono_ns() + s->wall_minus_mono_ns;
}

// ---------------------------------------------------------------------------------------------------- start

static bool no_memory(struct error *e)
{
    return error_set(e, EXIT_OS, "embedded venue: no memory");
}

// Some recordings know no bounds. 0 would mean none, but clients of others take it for a number and refuse
// every price.
static void bound_prices(struct instrument *ins)
{
    ins->min_price_ticks = ins->min_price_ticks ? ins->min_price_ticks : 1;
    ins->max_price_ticks = ins->max_price_ticks ? ins->max_price_ticks : PRICE_BOUND_E8 / ins->tick_e8;
}

static bool make_exchange(struct venue_server *v, struct venue_site *s, enum venue_id id, struct error *e)
{
    const struct venue_server_config *c = &v->cfg;
    struct xch_config *xc = calloc(1, sizeof *xc);
    uint64_t seed = 0;
    if (!xc || RAND_bytes((unsigned char *)&seed, sizeof seed) != 1) {
        free(xc);
        return error_set(e, EXIT_OS, "embedded venue: no memory or no entropy");
    }
    xch_config_default(xc);
    xc->wallet_e8 = xc->balance_e8[CURRENCY_USDT] = c->wallet_e8;
    xc->maker_fee_e8 = c->maker_fee_e8;
    xc->taker_fee_e8 = c->taker_fee_e8;
    xc->post_only_form = c->post_only_form != POST_ONLY_BY_SITE ? c->post_only_form
                         : id == VENUE_BINANCE                  ? 2
                                                                : 0; // venue-api.md 4.4
    xc->dialect = id == VENUE_BINANCE ? XCH_DIALECT_BINANCE : XCH_DIALECT_ASTER;
    xc->funding_period_ns = c->funding_period_ns;
    xc->seed = seed;
    xc->instrument_count = (uint32_t)market_player_instruments(v->player, id, xc->instruments);
    for (uint32_t i = 0; i < xc->instrument_count; i++) {
        bound_prices(&xc->instruments[i]);
    }
    s->exchange = exchange_new(xc);
    free(xc);
    return s->exchange || no_memory(e);
}

static bool random_text(char to[VENUE_API_KEY_LEN + 1])
{
    uint8_t bytes[VENUE_API_KEY_LEN / 2];
    bool ok = RAND_bytes(bytes, sizeof bytes) == 1;
    hex_encode(to, bytes, sizeof bytes);
    to[VENUE_API_KEY_LEN] = 0;
    secret_wipe(bytes, sizeof bytes);
    return ok;
}

// Fresh addresses, keys and secrets: nobody who was not told can trade here.
static bool make_credentials(struct venue_hello *h, struct venue_credentials *who, struct error *e)
{
    if (!eip712_generate(h->user_key, h->user) || !eip712_generate(h->signer_key, h->signer) ||
        !random_text(h->api_key) || !random_text(h->api_secret)) {
        return error_set(e, EXIT_OS, "embedded venue: no entropy for its wallet");
    }
    h->chain_id = who->chain_id = ASTER_CHAIN_MAINNET;
    text_copy(who->user, sizeof who->user, h->user);
    text_copy(who->signer, sizeof who->signer, h->signer);
    text_copy(who->api_key, sizeof who->api_key, h->api_key);
    text_copy(who->api_secret, sizeof who->api_secret, h->api_secret);
    return true;
}

static bool make_rest(struct venue_site *s, enum venue_id id, const struct venue_server_config *c,
                      const struct venue_credentials *who, struct error *e)
{
    s->rest = calloc(1, sizeof *s->rest);
    if (!s->rest) {
        return no_memory(e);
    }
    venue_rest_init(s->rest, id, s->exchange);
    s->rest->listen_ns = c->listen_key_ns;
    s->rest->sink = &s->sink;
    struct venue_limits *l = &s->rest->limits;
    l->weight_limit = c->weight_limit ? c->weight_limit : l->weight_limit;
    l->order_limit = c->order_limit ? c->order_limit : l->order_limit;
    return venue_auth_init(&s->rest->auth, who, c->nonce_window_ms, e);
}

static bool make_net(struct venue_server *v, struct venue_site *s, enum venue_id id, struct error *e)
{
    const struct venue_dialect *d = &venue_dialects[id];
    struct venue_net_handler handler = venue_site_handler(s);
    struct venue_net_config net = {.port = v->cfg.port[id],
                                   .tls = v->tls,
                                   .ping_ns = v->cfg.ping_ns ? v->cfg.ping_ns : d->ping_s * NS_PER_S,
                                   .pong_ns = v->cfg.pong_ns ? v->cfg.pong_ns : d->pong_s * NS_PER_S,
                                   .ws_life_ns = v->cfg.ws_life_ns};
    s->net = venue_net_new(&net, &handler, e);
    if (!s->net) {
        return false;
    }
    s->sink = venue_site_sink(s);
    return venue_streams_init(&s->streams, id, s->net, s->exchange) || no_memory(e);
}

static void tell_site(const struct venue_server *v, enum venue_id id, struct venue_hello_site *h)
{
    const struct venue_site *s = v->site[id];
    bool tls = v->tls != NULL;
    h->port = venue_net_port(s->net);
    snprintf(h->rest, sizeof h->rest, "%s://127.0.0.1:%u", tls ? "https" : "http", (unsigned)h->port);
    snprintf(h->ws, sizeof h->ws, "%s://127.0.0.1:%u", tls ? "wss" : "ws", (unsigned)h->port);
    market_player_text(v->player, id, h->market, sizeof h->market);
}

static bool start_site(struct venue_server *v, enum venue_id id, const struct venue_credentials *who,
                       struct venue_hello *h, struct error *e)
{
    struct venue_site *s = v->site[id] = calloc(1, sizeof *s);
    if (!s) {
        return no_memory(e);
    }
    s->id = id;
    s->wall_minus_mono_ns = &v->wall_minus_mono_ns;
    venue_faults_init(&s->faults, v->cfg.fault_seed + (uint64_t)id);
    if (!venue_site_hold_new(s)) {
        return no_memory(e);
    }
    if (!make_exchange(v, s, id, e) || !make_rest(s, id, &v->cfg, who, e) || !make_net(v, s, id, e)) {
        return false;
    }
    v->feed[id] = (struct player_site){s->exchange, &s->sink};
    tell_site(v, id, &h->site[id]);
    if (h->port == 0) { // the first site, Aster futures when it is served
        const struct venue_hello_site *first = &h->site[id];
        h->port = first->port;
        text_copy(h->rest, sizeof h->rest, first->rest);
        text_copy(h->ws, sizeof h->ws, first->ws);
        text_copy(h->market, sizeof h->market, first->market);
    }
    return true;
}

// Which sites, and on which ports: what was asked for, or what the tapes feed.
static bool choose_sites(struct venue_server *v, struct error *e)
{
    struct venue_server_config *c = &v->cfg;
    bool asked = c->site[VENUE_ASTER] || c->site[VENUE_SPOT] || c->site[VENUE_BINANCE];
    uint16_t given[VENUE_COUNT];
    uint32_t n = 0;
    memcpy(given, c->port, sizeof given);
    for (int i = 0; i < VENUE_COUNT; i++) {
        struct instrument ins[INSTRUMENT_MAX];
        bool fed = market_player_instruments(v->player, (enum venue_id)i, ins) > 0;
        if (c->site[i] && !fed) {
            return error_set(e, EXIT_DATA,
                             "embedded venue: no tape feeds the site %s; `ticktower tape info` shows what a "
                             "tape holds",
                             venue_dialects[i].name);
        }
        c->site[i] = asked ? c->site[i] : fed;
        if (c->site[i]) {
            c->port[i] = c->ports > 1 ? given[n] : given[0] ? (uint16_t)(given[0] + n) : 0;
            n++;
        }
    }
    if ((c->ports > 1 && c->ports != n) || (c->ports == 1 && given[0] && given[0] + n - 1 > 65535)) {
        return error_set(e, EXIT_USAGE, "--port: want one number, or one for each of the %u sites served",
                         (unsigned)n);
    }
    return true;
}

static bool start(struct venue_server *v, struct venue_hello *h, struct error *e)
{
    struct venue_credentials who = {0};
    v->player = market_player_open(v->cfg.markets, v->cfg.market_count, v->cfg.speed_milli, e);
    if (!v->player || !choose_sites(v, e)) {
        return false;
    }
    v->tls = v->cfg.plain ? NULL : venue_cert_context(h->ca_pem, sizeof h->ca_pem, e);
    bool ok = (v->tls || v->cfg.plain) && make_credentials(h, &who, e);
    h->tls = v->tls != NULL;
    h->speed = v->cfg.speed_milli / 1000.0;
    h->lap_ms = (market_player_lap_ns(v->player) + NS_PER_MS - 1) / NS_PER_MS;
    for (int i = 0; i < VENUE_COUNT; i++) {
        ok = ok && (!v->cfg.site[i] || start_site(v, (enum venue_id)i, &who, h, e));
    }
    secret_wipe(&who, sizeof who);
    struct venue_site *futures = v->site[VENUE_ASTER], *spot = v->site[VENUE_SPOT];
    if (ok && futures && spot) { // money goes between these two
        futures->rest->sister = spot->rest;
        spot->rest->sister = futures->rest;
    }
    return ok;
}

static void on_control_line(void *ctx, char *line, char *reply, size_t cap)
{
    struct venue_server *v = ctx;
    venue_command_run(v->site, line, reply, cap);
}

// The faults that the command line wants, and the way in for more.
static bool set_faults(struct venue_server *v, struct error *e)
{
    char line[256], reply[CONTROL_REPLY_MAX];
    for (size_t i = 0; i < v->cfg.fault_count; i++) {
        size_t site = strcspn(v->cfg.faults[i], ": ");
        bool named = v->cfg.faults[i][site] == ':';
        snprintf(line, sizeof line, "%.*s%s fault %s", named ? (int)site : 0, v->cfg.faults[i],
                 named ? ":" : "", v->cfg.faults[i] + (named ? site + 1 : 0));
        venue_command_run(v->site, line, reply, sizeof reply);
        if (!strstr(reply, "\"ok\":true")) {
            return error_set(e, EXIT_USAGE, "--fault %.60s: %.200s", v->cfg.faults[i], reply);
        }
    }
    struct venue_control_handler h = {v, on_control_line};
    v->control = v->cfg.control_path ? venue_control_new(v->cfg.control_path, &h, e) : NULL;
    return v->control || !v->cfg.control_path;
}

struct venue_server *venue_server_new(const struct venue_server_config *c, struct venue_hello *hello,
                                      struct error *e)
{
    struct venue_server *s = calloc(1, sizeof *s);
    memset(hello, 0, sizeof *hello);
    if (!s) {
        no_memory(e);
        return NULL;
    }
    s->cfg = *c;
    if (!start(s, hello, e) || !set_faults(s, e)) {
        venue_server_free(s);
        venue_hello_wipe(hello);
        return NULL;
    }
    return s;
}

static void free_site(struct venue_site *s)
{
    venue_net_free(s->net);
    venue_streams_free(&s->streams);
    if (s->rest) {
        venue_auth_end(&s->rest->auth);
    }
    exchange_free(s->exchange);
    venue_hold_free(s->hold);
    free(s->rest);
    free(s);
}

void venue_server_free(struct venue_server *s)
{
    for (int i = 0; s && i < VENUE_COUNT; i++) {
        if (s->site[i]) {
            free_site(s->site[i]);
        }
    }
    if (s) {
        venue_control_free(s->control);
        market_player_close(s->player);
        SSL_CTX_free(s->tls);
        free(s);
    }
}

// ------------------------------------------------------------------------------------------------------ run

int64_t venue_server_advance(struct venue_server *v)
{
    market_player_run(v->player, venue_now(v), EVENTS_PER_PASS, v->feed);
    int64_t next = market_player_next_ns(v->player);
    for (int i = 0; i < VENUE_COUNT; i++) {
        if (v->site[i]) {
            int64_t t = venue_site_advance(v->site[i], venue_now(v));
            next = t < next ? t : next;
        }
    }
    int64_t wait = next - venue_now(v);
    return wait < 0 ? 0 : wait < IDLE_NS ? wait : IDLE_NS;
}

static bool abandoned(struct venue_server *v, int64_t mono_ns)
{
    for (int i = 0; i < VENUE_COUNT; i++) {
        if (v->site[i] && venue_net_clients(v->site[i]->net) > 0) {
            v->last_client_ns = mono_ns;
        }
    }
    int64_t since = v->parent_gone_ns > v->last_client_ns ? v->parent_gone_ns : v->last_client_ns;
    return v->parent_gone_ns != 0 && mono_ns - since >= v->cfg.linger_ns;
}

// Wait for the sockets of all sites, at most wait_ns, and serve them. False: asked to stop.
static bool poll_all(struct venue_server *v, int stop_fd, int64_t wait_ns)
{
    struct pollfd p[VENUE_COUNT * VENUE_WATCH_MAX + CONTROL_WATCH_MAX + 2];
    size_t n = 2;
    p[0] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
    p[1] = (struct pollfd){.fd = v->parent_gone_ns ? -1 : v->cfg.parent_fd, .events = POLLIN};
    for (int i = 0; i < VENUE_COUNT; i++) {
        if (v->site[i]) {
            v->site[i]->watched = venue_net_watch(v->site[i]->net, p + n);
            n += v->site[i]->watched;
        }
    }
    size_t control = n, controls = v->control ? venue_control_watch(v->control, p + n) : 0;
    n += controls;
    struct timespec ts = {wait_ns / NS_PER_S, wait_ns % NS_PER_S};
    if (ppoll(p, n, &ts, NULL) < 0) { // interrupted: nothing is known of the descriptors
        for (size_t i = 0; i < n; i++) {
            p[i].revents = 0;
        }
    }
    int64_t mono = clock_mono_ns();
    for (size_t i = 0, at = 2; i < VENUE_COUNT; i++) {
        if (v->site[i]) {
            venue_net_serve(v->site[i]->net, p + at, v->site[i]->watched, mono);
            at += v->site[i]->watched;
        }
    }
    if (controls) {
        venue_control_serve(v->control, p + control, controls);
    }
    char byte;
    if (p[1].revents && read(v->cfg.parent_fd, &byte, 1) <= 0) {
        v->parent_gone_ns = mono;
    }
    return p[0].revents == 0;
}

// Time passes at every exchange together, up to now_ns: what the tape says, and what is due meanwhile.
static void play_past(struct venue_server *v, int64_t now_ns)
{
    for (int64_t t; (t = market_player_next_ns(v->player)) <= now_ns;) {
        for (int i = 0; i < VENUE_COUNT; i++) {
            if (v->site[i] && exchange_next_deadline(v->site[i]->exchange) <= t) {
                exchange_on_time(v->site[i]->exchange, t, &v->site[i]->sink);
            }
        }
        if (market_player_run(v->player, t, EVENTS_PER_PASS, v->feed) == 0) {
            return;
        }
    }
}

void venue_server_begin(struct venue_server *v)
{
    int64_t begun = clock_mono_ns(), half = market_player_lap_ns(v->player) / 2;
    int64_t past = PAST_NS * 1000 / v->cfg.speed_milli;
    v->wall_minus_mono_ns = clock_wall_ns() - begun;
    v->last_client_ns = begun;
    int64_t now = begun + v->wall_minus_mono_ns;
    market_player_start(v->player, now - (past < half ? past : half));
    play_past(v, now);
}

bool venue_server_run(struct venue_server *v, int stop_fd, struct error *e)
{
    venue_server_begin(v);
    int64_t begun = clock_mono_ns();
    for (bool go_on = true; go_on;) {
        int64_t wait = venue_server_advance(v), mono = clock_mono_ns();
        bool over = v->cfg.run_ns && mono - begun >= v->cfg.run_ns;
        go_on = !over && !abandoned(v, mono) && poll_all(v, stop_fd, wait);
    }
    const char *why = market_player_error(v->player);
    return !why[0] || error_set(e, EXIT_DATA, "%s", why);
}
