// SPDX-License-Identifier: Apache-2.0
// A day of venue life in virtual time, seeded: tries to make our client lose an order, book a fill twice,
// believe a wrong book, disagree with the venue about money, miss an alarm or never recover, by everything
// the venue and the network may do (sim_faults.c has the list). By itself a day of one hour with every kind
// of fault; HOURS=24 SEED=n for longer ones (`make venue-day`).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"
#include "live/hot.h"
#include "live/session_setup.h"
#include "live/venue_server.h"
#include "sim/sim.h"
#include "wire/decode.h"
#include "wire/sign.h"

static const char CONFIG[] = "[account]\nalias = sim-day\ncapital = 5000 USDT\n"
                             "[instruments]\nquote = ETHUSDT BTCUSDT\nwatch =\n"
                             "[strategy.maker]\nlayers = 2\norder_value = 300 USDT\n"
                             "[risk]\norder_value = 600 USDT\nposition_value = 2500 USDT\n"
                             "gross_value = 5000 USDT\nday_loss = 20 %\ndrawdown = 30 %\n";

static struct {
    struct config config;
    struct venue_hello hello;
    struct kill_line line;
    struct live_shared shared;
    struct publish *publish;
    struct clerk *clerk;
    struct signer *signer;
    struct hot *hot;
} run;

static void start_venue(bool short_day)
{
    static const char *const MARKETS[] = {"config/market/usdm-20240808.tape",
                                          "config/market/spot-20240808.tape",
                                          "config/market/coinm-20240808.tape"};
    struct venue_server_config c;
    struct error e = {0};
    venue_server_config_default(&c);
    c.markets = MARKETS;
    c.market_count = 3;
    c.site[VENUE_ASTER] = true;
    c.plain = true;
    c.wallet_e8 = 100000 * E8;
    if (short_day) { // what a day brings once comes more often
        c.listen_key_ns = 6 * 60 * NS_PER_S;
        c.ws_life_ns = 25 * 60 * NS_PER_S;
    }
    world.at_venue = true;
    world.venue = venue_server_new(&c, &run.hello, &e);
    if (!world.venue) {
        sim_fail("venue: %s", e.text);
    }
    venue_server_begin(world.venue);
    world.at_venue = false;
}

static void start_client(bool short_day)
{
    struct error e = {0};
    struct hot_setup s = {.mode = MODE_SIM, .seed = world.seed, .epoch = 7};
    config_default(&run.config);
    run.publish = memory_new_aligned(sizeof *run.publish);
    if (!config_parse(&run.config, "day", CONFIG, sizeof CONFIG - 1, &e) || !run.publish ||
        !kill_line_init(&run.line, &e)) {
        sim_fail("client: %s", e.text);
    }
    publish_init(run.publish);
    live_shared_init(&run.shared);
    const struct venue_hello_site *site = &run.hello.site[VENUE_ASTER];
    struct clerk_setup cs = {.host = "127.0.0.1", .port = site->port, .wake_fd = run.line.wake_fd};
    config_engine(&run.config, &cs.wanted);
    run.clerk = clerk_start(&cs, &e);
    run.signer = signer_new_eip712(run.hello.signer_key, run.hello.user, run.hello.signer, run.hello.chain_id,
                                   true, &e);
    if (!run.signer) {
        sim_fail("client: %s", e.text);
    }
    config_engine(&run.config, &s.engine);
    s.venue[VENUE_ASTER] = (struct hot_venue_setup){.host = "127.0.0.1",
                                                    .port = site->port,
                                                    .ws_host = "127.0.0.1",
                                                    .ws_port = site->port,
                                                    .signer = run.signer,
                                                    .clerk = run.clerk};
    session_setup_make(&s.venue[VENUE_ASTER].session, &run.config, VENUE_ASTER, AUTH_EIP712);
    s.venue[VENUE_ASTER].session.derived_market = 1;
    s.venue[VENUE_ASTER].session.info_refresh_ns = 60 * NS_PER_S; // failure-modes.md V15
    if (short_day) {
        s.venue[VENUE_ASTER].session.listen_renew_ns = 2 * 60 * NS_PER_S;
        s.venue[VENUE_ASTER].session.reconnect_after_ns = 20 * 60 * NS_PER_S;
    }
    s.publish = run.publish;
    s.line = &run.line;
    s.shared = &run.shared;
    run.hot = hot_start(&s, &e);
    if (!run.hot) {
        sim_fail("client: %s", e.text);
    }
}

// The person at the console.
static void operate(enum verb verb, int64_t value, const char *word)
{
    struct ev_operator op = {
        .actor = ACTOR_OPERATOR, .verb = (uint8_t)verb, .value = value, .key_mono_ns = clock_mono_ns()};
    text_copy(op.word, sizeof op.word, word);
    if (!kill_line_send(&run.line, &op, INSTRUMENT_NONE)) {
        sim_fail("the kill line is full");
    }
    sim_wake_client();
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void report(double took)
{
    const struct sim_counts *c = &sim_counts;
    char at[32];
    sim_time_text(at);
    printf("seed %llu: %s virtual in %.1f s; %llu events, actions %016llx\n", (unsigned long long)world.seed,
           at, took, (unsigned long long)c->events, (unsigned long long)sim_action_hash());
    printf("books equal to the venue's %llu times (20 levels a side), %llu times (500 a side)\n",
           (unsigned long long)c->book_compares, (unsigned long long)c->book_deep_compares);
    printf(
        "accounts equal %llu times; %llu orders placed, each accounted for; %llu trades, %llu of them at a "
        "seam; %llu fundings\n",
        (unsigned long long)c->settles, (unsigned long long)c->placed, (unsigned long long)c->fills,
        (unsigned long long)c->seams, (unsigned long long)c->fundings);
    sim_faults_report();
}

int main(void)
{
    const char *seed = getenv("SEED"), *hours = getenv("HOURS");
    double length = hours && *hours ? strtod(hours, NULL) : 1.5;
    bool short_day = length <= 1.5; // ends when every kind of fault has happened
    wire_json_init();
    sim_world_init(seed && *seed ? strtoull(seed, NULL, 0) : 1);
    sim_net_init();
    sim_check_init();
    sim_faults_init(world.now_ns + (int64_t)(length * 3600e9), short_day, operate);
    double begun = seconds();
    start_venue(short_day);
    start_client(short_day);
    static struct snapshot last;
    int code = hot_join(run.hot, &last);
    if (code != EXIT_OK) {
        sim_fail("the run ended with exit code %d", code);
    }
    report(seconds() - begun);
    clerk_stop(run.clerk);
    signer_free(run.signer);
    kill_line_free(&run.line);
    venue_server_free(world.venue);
    free(run.publish);
    sim_check_free();
    return EXIT_SUCCESS;
}
