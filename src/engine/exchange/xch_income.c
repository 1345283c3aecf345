// SPDX-License-Identifier: Apache-2.0
// xch_income: every change of the account's money goes through xch_pay and leaves a line in the log, so that
// the start plus the log is the wallet at any time; funding and transfers.
#include <string.h>

#include "engine/exchange/xch.h"

static const char *const NAMES[XI_TYPE_COUNT] = {
    "", "TRANSFER", "REALIZED_PNL", "FUNDING_FEE", "COMMISSION", "INSURANCE_CLEAR"};

const char *xch_income_name(enum xch_income_type type)
{
    CHECK((unsigned)type < XI_TYPE_COUNT);
    return NAMES[type];
}

enum xch_income_type xch_income_parse(const char *name)
{
    int type = XI_TRANSFER;
    while (type < XI_TYPE_COUNT && strcmp(name, NAMES[type]) != 0) {
        type++;
    }
    return (enum xch_income_type)type;
}

void xch_pay(struct exchange *x, enum xch_income_type type, const struct xch_market *m, enum currency asset,
             int64_t amount_e8, uint64_t trade_id, const struct xch_sink *out)
{
    if (amount_e8 == 0) {
        return;
    }
    *(x->spot ? &x->balance_e8[asset] : &x->wallet_e8) += amount_e8;
    x->account_ns = x->now_ns;
    struct xch_income *i = &x->income[x->incomes++ % XCH_INCOME_MAX];
    *i = (struct xch_income){.type = (uint8_t)type,
                             .asset = (uint8_t)asset,
                             .instrument = m ? m->ins.id : INSTRUMENT_NONE,
                             .amount_e8 = amount_e8,
                             .time_ns = x->now_ns,
                             .tran_id = x->next_tran_id++,
                             .trade_id = trade_id};
    if (out && out->income) {
        out->income(out->ctx, i);
    }
}

void xch_settle_funding(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    const struct xch_mark *k = &m->mark;
    if (k->mark_e8 == 0) {
        return;
    }
    x->funding[x->fundings++ % XCH_FUNDING_MAX] = (struct xch_funding){
        .instrument = m->ins.id, .rate_e8 = k->rate_e8, .mark_e8 = k->mark_e8, .time_ns = k->funding_due_ns};
    if (m->pos.lots == 0) {
        return;
    }
    int64_t pay = xch_funding_payment_e8(&m->ins, m->pos.lots, k->mark_e8, k->rate_e8);
    xch_pay(x, XI_FUNDING_FEE, m, m->ins.settle, pay, 0, out);
    if (pay) {
        xch_publish_account(x, m->isolated ? m : NULL, "FUNDING_FEE", pay, out);
    }
}

static bool has_asset(const struct exchange *x, enum currency asset)
{
    bool found = false;
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        const struct xch_market *m = &x->market[i];
        found |= m->ins.settle == asset || (x->spot && m->base == asset);
    }
    return found && asset != CURRENCY_NONE;
}

static int64_t free_e8(const struct exchange *x, enum currency asset)
{
    if (x->spot) {
        return x->balance_e8[asset] - xch_spot_locked_e8(x, asset);
    }
    struct xch_account a;
    exchange_account(x, &a);
    return a.available_e8 < a.wallet_e8 ? a.available_e8 : a.wallet_e8; // unrealised profit stays here
}

int32_t exchange_transfer(struct exchange *x, enum currency asset, int64_t amount_e8, int64_t now_ns,
                          uint64_t *tran_id, const char **msg, const struct xch_sink *out)
{
    xch_set_now(x, now_ns);
    if ((unsigned)asset >= CURRENCY_COUNT || !has_asset(x, asset)) {
        return xch_refuse(-1108, "Invalid asset.", msg);
    }
    if (amount_e8 == 0 || amount_e8 < -XCH_MONEY_MAX_E8 || amount_e8 > XCH_MONEY_MAX_E8) {
        return xch_refuse(-4055, "Amount must be positive.", msg);
    }
    int64_t held = x->spot ? x->balance_e8[asset] : x->wallet_e8;
    if (amount_e8 > 0 && held > XCH_MONEY_MAX_E8 - amount_e8) {
        return xch_refuse(-1130, "Data sent for parameter 'amount' is not valid.", msg);
    }
    if (amount_e8 < 0 && -amount_e8 > free_e8(x, asset)) {
        return xch_refuse(-2018, "Balance is insufficient.", msg);
    }
    *tran_id = x->next_tran_id;
    xch_pay(x, XI_TRANSFER, NULL, asset, amount_e8, 0, out);
    xch_publish_account(x, NULL, amount_e8 > 0 ? "DEPOSIT" : "WITHDRAW", amount_e8, out);
    return 0;
}
