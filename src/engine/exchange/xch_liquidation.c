// SPDX-License-Identifier: Apache-2.0
// xch_liquidation: what happens when the money no longer covers the maintenance margin (venue-api.md 7.4):
// first a call at 80 %, then every order that could use the money is cancelled and the positions are handed
// over at their bankruptcy price, where the margin balance is exactly used up; the liquidation fee comes on
// top and what it leaves below zero is paid by the insurance fund. Cross positions stand for each other: each
// gives up its share, by maintenance margin, of what is left. An isolated one stands alone.
#include "engine/exchange/xch.h"

struct cover { // money against what it must cover
    int64_t balance_e8, maintenance_e8;
};

static bool called(const struct cover *c)
{
    return c->maintenance_e8 > 0 &&
           (__int128)c->maintenance_e8 * 10 >= (__int128)c->balance_e8 * 8; // ratio of 80 %
}

static bool short_of(const struct cover *c)
{
    return c->maintenance_e8 > 0 && c->balance_e8 < c->maintenance_e8;
}

// Price at which the position has lost exactly `share` of the money against its value at mark.
static int64_t bankruptcy_e8(const struct xch_market *m, int64_t mark_e8, int64_t share_e8)
{
    int64_t qty_e8 = instrument_qty_e8(&m->ins, xch_abs(m->pos.lots));
    int64_t away = muldiv_round(share_e8, E8, qty_e8);
    int64_t price = m->pos.lots > 0 ? mark_e8 - away : mark_e8 + away;
    return price > 0 ? price : 1;
}

static void close_at(struct exchange *x, struct xch_market *m, int64_t price_e8, const struct xch_sink *out)
{
    char id[CLIENT_ID_MAX];
    struct jw w = jw_begin(id, sizeof id);
    jw_lit(&w, "autoclose-");
    jw_uint(&w, ++x->next_auto_id);
    CHECK(jw_end(&w) > 0);
    xch_close_position(x, m, id, price_e8, FILL_LIQUIDATION, out);
}

static void insure(struct exchange *x, const struct xch_market *m, int64_t missing_e8,
                   const struct xch_sink *out)
{
    if (missing_e8 <= 0) {
        return;
    }
    xch_pay(x, XI_INSURANCE_CLEAR, m, x->market[0].ins.settle, missing_e8, 0, out);
    xch_publish_account(x, NULL, "INSURANCE_CLEAR", missing_e8, out);
}

// ---------------------------------------------------------------------------------------------------- cross

static struct cover cross_cover(const struct exchange *x)
{
    struct xch_account a;
    exchange_account(x, &a);
    return (struct cover){a.cross_wallet_e8 + a.cross_unrealised_e8, a.cross_maintenance_e8};
}

// The cross position that needs the most.
static struct xch_market *neediest(struct exchange *x, struct xch_position *p)
{
    struct xch_market *found = NULL;
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        struct xch_position q;
        xch_position_of(x, &x->market[i], &q);
        if (!q.isolated && q.lots && (!found || q.maintenance_e8 > p->maintenance_e8)) {
            found = &x->market[i];
            *p = q;
        }
    }
    return found;
}

static void liquidate_cross(struct exchange *x, const struct xch_sink *out)
{
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        xch_cancel_market(x, &x->market[i], OS_EXPIRED, false, out);
    }
    struct cover c = cross_cover(x);
    for (uint32_t i = 0; i < x->cfg.instrument_count && short_of(&c); i++, c = cross_cover(x)) {
        struct xch_position p = {0};
        struct xch_market *m = neediest(x, &p);
        CHECK(m && p.maintenance_e8 > 0); // something needs cover, so there is a position
        int64_t share = muldiv_round(c.balance_e8, p.maintenance_e8, c.maintenance_e8);
        close_at(x, m, bankruptcy_e8(m, p.mark_e8, share), out);
    }
}

// Fees and funding come out of the cross wallet; what it does not have, isolated positions give up from their
// margin (venue-api.md 7.2). Returns what is still missing.
static int64_t draw_isolated(struct exchange *x, int64_t missing_e8, const struct xch_sink *out)
{
    for (uint32_t i = 0; i < x->cfg.instrument_count && missing_e8 > 0; i++) {
        struct xch_position p;
        xch_position_of(x, &x->market[i], &p);
        int64_t take = p.isolated_wallet_e8 < missing_e8 ? p.isolated_wallet_e8 : missing_e8;
        if (take > 0) {
            x->market[i].extra_e8 -= take;
            missing_e8 -= take;
            xch_publish_account(x, &x->market[i], "MARGIN_TRANSFER", 0, out);
        }
    }
    return missing_e8;
}

static void check_cross(struct exchange *x, const struct xch_sink *out)
{
    struct cover c = cross_cover(x);
    if (called(&c) && !x->called) {
        xch_publish_margin_call(x, NULL, out);
    }
    x->called = called(&c);
    if (short_of(&c)) {
        liquidate_cross(x, out);
    }
    struct xch_account a;
    struct xch_position p;
    exchange_account(x, &a);
    if (a.cross_wallet_e8 < 0 && !neediest(x, &p)) {
        insure(x, NULL, draw_isolated(x, -a.cross_wallet_e8, out), out);
    }
}

// ------------------------------------------------------------------------------------------------- isolated

static void check_isolated(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    struct xch_position p;
    xch_position_of(x, m, &p);
    struct cover c = {p.isolated_wallet_e8 + p.unrealised_e8, p.maintenance_e8};
    if (called(&c) && !m->called) {
        xch_publish_margin_call(x, m, out);
    }
    m->called = called(&c);
    if (!short_of(&c)) {
        return;
    }
    xch_cancel_market(x, m, OS_EXPIRED, false, out);
    int64_t before = x->wallet_e8;
    close_at(x, m, bankruptcy_e8(m, p.mark_e8, c.balance_e8), out);
    insure(x, m, before - x->wallet_e8 - p.isolated_wallet_e8, out); // no more is lost than was set apart
}

void xch_risk_check(struct exchange *x, const struct xch_sink *out)
{
    check_cross(x, out); // first: it may draw on isolated margin
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        if (x->market[i].isolated && x->market[i].pos.lots) {
            check_isolated(x, &x->market[i], out);
        }
    }
}
