// SPDX-License-Identifier: Apache-2.0
// doctor_account: what the venue says of the account and of our right to trade on it: signed reads only.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/decimal.h"
#include "live/doctor_internal.h"

// Shown with two places: this is for eyes.
static double usdt(int64_t e8)
{
    return (double)e8 / 1e8;
}

static enum check_level red_if_real(const struct visit *v)
{
    return v->mode == MODE_TESTNET || v->mode == MODE_LIVE ? CHECK_RED : CHECK_YELLOW;
}

static bool look_at_rights(struct visit *v)
{
    if (!visit_ask(v, RQ_ACCOUNT, "", CHECK_RED, "rights")) {
        return false;
    }
    const struct wire_account *a = &v->answer.u.account;
    if (!a->has_permissions) {
        checks_add(v->out, CHECK_YELLOW, v->group, "rights",
                   "signed reads work; the venue does not say canTrade");
    } else if (!a->can_trade) {
        checks_add(v->out, CHECK_RED, v->group, "rights",
                   "the account may not trade (canTrade is false): allow it at the venue");
    } else {
        checks_add(v->out, CHECK_GREEN, v->group, "rights", "signed reads work, the account may trade%s",
                   a->can_withdraw ? "; canWithdraw is of the account, not of this key" : "");
    }
    return true;
}

static void look_at_wallet(struct visit *v)
{
    const struct wire_account *a = &v->answer.u.account;
    int64_t have = a->spot ? 0 : a->margin_balance_e8;
    for (uint32_t i = 0; i < v->answer.rows && i < ANSWER_ROWS_MAX && have == 0; i++) {
        if (strcmp(a->balances[i].asset, "USDT") == 0) {
            have = a->balances[i].wallet_e8;
        }
    }
    bool less = have < v->c->capital_e8;
    checks_add(v->out,
               have <= 0 ? CHECK_RED
               : less    ? CHECK_YELLOW
                         : CHECK_GREEN,
               v->group, "wallet", "%.2f USDT, [account] capital %.2f%s", usdt(have), usdt(v->c->capital_e8),
               have <= 0 ? ": nothing to trade with; transfer some"
               : less    ? ": limits that are shares of capital shrink with it"
                         : "");
}

static void look_at_modes(struct visit *v)
{
    if (visit_offers(v, RQ_POSITION_MODE) &&
        visit_ask(v, RQ_POSITION_MODE, "", red_if_real(v), "position-mode")) {
        bool hedge = v->answer.u.mode.hedge;
        checks_add(
            v->out, hedge ? CHECK_RED : CHECK_GREEN, v->group, "position-mode", "%s",
            hedge ? "hedge mode, where the kill's reduce-only orders are refused: set one-way mode at the "
                    "venue"
                  : "one-way");
    }
    if (visit_offers(v, RQ_MULTI_ASSETS) && visit_ask(v, RQ_MULTI_ASSETS, "", CHECK_YELLOW, "multi-assets")) {
        bool on = v->answer.u.multi_assets.on;
        checks_add(
            v->out, on ? red_if_real(v) : CHECK_GREEN, v->group, "multi-assets", "%s",
            on ? "on: other coins would be margin, and isolated margin is refused: set it off at the venue"
               : "off");
    }
}

static void look_at_fees(struct visit *v, const char *symbol)
{
    char text[48];
    char name[40];
    snprintf(text, sizeof text, "symbol=%s", symbol);
    snprintf(name, sizeof name, "fees %s", symbol);
    if (!visit_ask(v, RQ_COMMISSION, text, CHECK_YELLOW, name)) {
        return;
    }
    int64_t maker = v->answer.u.commission.maker_e8;
    int64_t taker = v->answer.u.commission.taker_e8;
    bool same = maker == v->c->sim.maker_fee_e8 && taker == v->c->sim.taker_fee_e8;
    checks_add(v->out, same ? CHECK_GREEN : CHECK_YELLOW, v->group, name, "maker %.2f bp, taker %.2f bp%s",
               (double)maker / 1e4, (double)taker / 1e4,
               same ? "" : ": these are charged; the simulation's differ ([sim] maker_fee, taker_fee)");
}

// Leverage, margin and position of one instrument.
static void tell_position(struct visit *v, const struct wire_position *p)
{
    char name[40];
    bool isolated = strncasecmp(p->margin_type, "iso", 3) == 0;
    bool as_wanted = p->leverage == (int32_t)v->c->venue.leverage && isolated == (v->c->venue.margin == 1);
    snprintf(name, sizeof name, "margin %s", p->symbol);
    checks_add(v->out, as_wanted ? CHECK_GREEN : CHECK_YELLOW, v->group, name, "%s, %dx%s",
               isolated ? "isolated" : "crossed", p->leverage,
               as_wanted ? "" : ": a run sets what [venue] leverage and margin say, and stops when refused");
    if (p->qty_e8 != 0) {
        checks_add(v->out, CHECK_YELLOW, v->group, "position",
                   "%s %.8g at %.8g is open, not by this run: it is "
                   "adopted at the start and counts against the limits",
                   p->symbol, usdt(p->qty_e8), usdt(p->entry_e8));
    }
}

static bool is_ours(const struct visit *v, const char *symbol)
{
    for (uint32_t i = 0; i < v->engine.instrument_count; i++) {
        if (v->engine.instruments[i].venue == v->ep->venue &&
            strcmp(v->engine.instruments[i].symbol, symbol) == 0) {
            return true;
        }
    }
    return false;
}

static void look_at_positions(struct visit *v)
{
    uint32_t others = 0;
    if (!visit_offers(v, RQ_POSITIONS) || !visit_ask(v, RQ_POSITIONS, "", red_if_real(v), "positions")) {
        return;
    }
    const struct answer *a = &v->answer;
    for (uint32_t i = 0; i < a->rows && i < ANSWER_ROWS_MAX; i++) {
        const struct wire_position *p = &a->u.positions[i];
        if (is_ours(v, p->symbol)) {
            tell_position(v, p);
        } else {
            others += p->qty_e8 != 0;
        }
    }
    if (others) {
        checks_add(v->out, CHECK_YELLOW, v->group, "positions",
                   "%u open in instruments that are not configured: nobody here watches them", others);
    }
}

static void look_at_orders(struct visit *v)
{
    if (!visit_ask(v, RQ_OPEN_ORDERS, "", red_if_real(v), "open-orders")) {
        return;
    }
    uint32_t own = 0;
    const struct answer *a = &v->answer;
    for (uint32_t i = 0; i < a->rows && i < ANSWER_ROWS_MAX; i++) {
        own += strncmp(a->u.orders[i].client_id, "tt", 2) == 0;
    }
    checks_add(v->out, a->rows ? CHECK_YELLOW : CHECK_GREEN, v->group, "open-orders",
               a->rows ? "%u, of them %u from an earlier run (those are cancelled at the start), %u of others"
                       : "none",
               a->rows, own, a->rows - own);
}

void visit_account(struct visit *v)
{
    if (!look_at_rights(v)) {
        return; // every further read would say the same
    }
    look_at_wallet(v);
    look_at_modes(v);
    look_at_positions(v);
    look_at_orders(v);
    for (uint32_t i = 0; i < v->engine.instrument_count; i++) {
        if (v->engine.instruments[i].venue == v->ep->venue) {
            look_at_fees(v, v->engine.instruments[i].symbol);
        }
    }
}
