// SPDX-License-Identifier: Apache-2.0
#include "commands/preflight.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "base/text.h"
#include "live/doctor.h"
#include "live/gate.h"

static const struct {
    enum run_mode mode;
    const char *name;
} MODES[] = {{MODE_SIM, "sim"}, {MODE_PAPER, "paper"}, {MODE_TESTNET, "testnet"}, {MODE_LIVE, "live"}};

const char *preflight_mode_name(enum run_mode mode)
{
    for (size_t i = 0; i < COUNT_OF(MODES); i++) {
        if (MODES[i].mode == mode) {
            return MODES[i].name;
        }
    }
    return "";
}

int preflight_mode_named(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(MODES); i++) {
        if (strcmp(MODES[i].name, name) == 0) {
            return (int)MODES[i].mode;
        }
    }
    return -1;
}

// "a 20 %, b 5 %" as one --fault each; text is cut into pieces.
static bool add_faults(char *text, const char **argv, size_t *n, struct error *e)
{
    char *save = NULL;
    for (char *w = strtok_r(text, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
        if (*n + 2 > VENUE_ARGS_MAX - 16) {
            return error_set(e, EXIT_USAGE, "[sim] faults: too many at once");
        }
        argv[(*n)++] = "--fault";
        argv[(*n)++] = w + strspn(w, " ");
    }
    return true;
}

bool preflight_start_venue(struct venue_child *v, const struct run_options *o, struct error *e)
{
    const char *argv[VENUE_ARGS_MAX];
    char wallet[32], maker[32], taker[32], window[24], funding[32], faults[CONFIG_TEXT_MAX];
    const struct config *c = &o->config;
    size_t n = 0;
    for (int i = 0; i < o->markets; i++) {
        argv[n++] = "--market";
        argv[n++] = o->market[i];
    }
    text_copy(faults, sizeof faults, c->sim.faults);
    if (!add_faults(faults, argv, &n, e)) {
        return false;
    }
    if (o->control) {
        argv[n++] = "--control";
        argv[n++] = o->control;
    }
    if (c->sim.funding_period_ns) {
        snprintf(funding, sizeof funding, "%" PRId64 "ms", c->sim.funding_period_ns / NS_PER_MS);
        argv[n++] = "--funding-period";
        argv[n++] = funding;
    }
    snprintf(window, sizeof window, "%" PRId64, c->kill.accept_window_ns / NS_PER_MS);
    decimal_format(wallet, c->sim.wallet_e8, 8, 8);
    decimal_format(maker, c->sim.maker_fee_e8, 8, 8);
    decimal_format(taker, c->sim.taker_fee_e8, 8, 8);
    const char *const more[] = {"--speed",     o->speed, "--wallet",       wallet, "--maker-fee", maker,
                                "--taker-fee", taker,    "--nonce-window", window, NULL};
    memcpy(&argv[n], more, sizeof more);
    return venue_child_start(v, argv, e);
}

bool preflight_embedded(struct preflight *p, const struct config *c, struct venue_hello *hello,
                        struct error *e)
{
    bool ok = true;
    for (enum venue_id v = VENUE_ASTER; v < VENUE_COUNT && ok; v++) {
        p->used[v] = config_uses_venue(c, v);
        ok = !p->used[v] || endpoint_from_hello(&p->endpoint[v], hello, v, e);
    }
    venue_hello_wipe(hello);
    return ok;
}

// One venue's endpoint and key. False: rows say why, and there is nothing to visit.
static bool open_outside(struct preflight *p, const struct config *c, enum venue_id v, enum run_mode mode,
                         bool keys, bool prompt)
{
    struct endpoint *ep = &p->endpoint[v];
    struct key_info k;
    struct error e = {0};
    const char *group = config_venue_name(v);
    int64_t wall_s = clock_wall_ns() / NS_PER_S;
    if (!endpoint_from_config(ep, c, v, mode, &e)) {
        checks_add(&p->checks, CHECK_RED, group, "endpoint", "%s", e.text);
        return false;
    }
    keys = keys && ep->keys;
    if (keys && !keys_open(ep, c, wall_s, prompt, &k, &e)) {
        checks_add(&p->checks, CHECK_RED, group, "key", "%s", e.text);
    } else if (keys) {
        doctor_key(&p->checks, mode, ep, &k, wall_s);
    } else if (!ep->keys && mode != MODE_PAPER) {
        checks_add(&p->checks, CHECK_GREEN, group, "key", "none needed: watched only, public data");
    }
    return true;
}

void preflight_outside(struct preflight *p, const struct config *c, enum run_mode mode, bool keys,
                       bool prompt)
{
    if (mode != MODE_PAPER) { // paper reads no key, wherever one lies
        gate_environment(&p->checks);
    }
    for (enum venue_id v = VENUE_ASTER; v < VENUE_COUNT; v++) {
        p->used[v] = config_uses_venue(c, v) && open_outside(p, c, v, mode, keys, prompt);
    }
    if (mode != MODE_PAPER) {
        keys_harden_process();
    }
}

void preflight_look(struct preflight *p, const struct config *c, enum run_mode mode, const char *state)
{
    doctor_host(&p->checks, mode, state);
    for (enum venue_id v = VENUE_ASTER; v < VENUE_COUNT; v++) {
        if (p->used[v]) {
            doctor_venue(&p->checks, mode, c, &p->endpoint[v]);
        }
    }
}

void preflight_free(struct preflight *p)
{
    for (enum venue_id v = VENUE_ASTER; v < VENUE_COUNT; v++) {
        endpoint_free(&p->endpoint[v]);
    }
}
