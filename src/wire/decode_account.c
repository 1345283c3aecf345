// SPDX-License-Identifier: Apache-2.0
// decode_account: what is asked about an account: positions, balances, the account of every revision (futures
// with assets and positions, spot with free and locked), own trades, income, brackets, fees
// (venue-api.md 3.4, 3.6). Amounts that the venue computed may carry more digits than 1e-8 and are cut;
// quantities may not.
#include <string.h>

#include "base/text.h"
#include "wire/decode_order.h"
#include "wire/decode_rows.h"
#include "wire/json.h"

// ---------------------------------------------------------------------------------------------------------
// positions

static bool one_position(const json_t *row, struct wire_position *p)
{
    memset(p, 0, sizeof *p);
    struct json_reader r = {row, false};
    uint8_t isolated = 2;
    json_read_text(&r, "symbol", p->symbol, sizeof p->symbol, REQUIRED);
    json_read_e8(&r, "positionAmt", &p->qty_e8, REQUIRED);
    json_read_text(&r, "positionSide", p->position_side, sizeof p->position_side, OPTIONAL);
    json_read_e8_cut(&r, "entryPrice", &p->entry_e8, OPTIONAL);
    json_read_e8_cut(&r, "markPrice", &p->mark_e8, OPTIONAL);
    json_read_e8_cut(&r, "unRealizedProfit", &p->unrealised_e8, OPTIONAL);
    json_read_e8_cut(&r, "unrealizedProfit", &p->unrealised_e8, OPTIONAL); // the account's spelling
    json_read_e8_cut(&r, "liquidationPrice", &p->liquidation_e8, OPTIONAL);
    json_read_e8_cut(&r, "isolatedWallet", &p->isolated_e8, OPTIONAL);
    json_read_e8_cut(&r, "isolatedMargin", &p->isolated_e8, OPTIONAL);
    json_read_e8_cut(&r, "maintMargin", &p->maint_e8, OPTIONAL);
    json_read_bound(&r, "maxNotional", &p->max_notional_e8);
    json_read_bound(&r, "maxNotionalValue", &p->max_notional_e8);
    json_read_text(&r, "marginType", p->margin_type, sizeof p->margin_type, OPTIONAL);
    json_read_bool(&r, "isolated", &isolated, OPTIONAL); // the account's way to say marginType
    json_read_i32(&r, "leverage", &p->leverage, OPTIONAL);
    json_read_i64(&r, "updateTime", &p->update_time_ms, OPTIONAL);
    if (isolated < 2 && !p->margin_type[0]) {
        text_copy(p->margin_type, sizeof p->margin_type, isolated ? "isolated" : "cross");
    }
    return !r.bad;
}

// Two passes: rows that hold something first, so that a list of every symbol of the venue cannot push them
// out. False as well when more are held than there is room for: not known, rather than half known.
static bool read_positions(const json_t *rows, struct wire_position *to, uint32_t *count)
{
    if (!json_is_array(rows)) {
        return false;
    }
    for (int zero = 0; zero < 2; zero++) {
        for (size_t i = 0; i < json_array_size(rows); i++) {
            struct wire_position p;
            if (!one_position(json_array_get(rows, i), &p)) {
                return false;
            }
            if ((p.qty_e8 == 0) != zero) {
                continue;
            }
            if (*count == ANSWER_ROWS_MAX) {
                return zero;
            }
            to[(*count)++] = p;
        }
    }
    return true;
}

bool decode_positions(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    return read_positions(root, out->u.positions, &out->rows);
}

// ---------------------------------------------------------------------------------------------------------
// balances

static bool one_balance(const json_t *row, struct wire_balance *b)
{
    memset(b, 0, sizeof *b);
    struct json_reader r = {row, false};
    json_read_text(&r, "asset", b->asset, sizeof b->asset, REQUIRED);
    if (json_object_get(row, "free")) { // spot
        json_read_e8_cut(&r, "free", &b->available_e8, REQUIRED);
        json_read_e8_cut(&r, "locked", &b->locked_e8, REQUIRED);
        return !r.bad && !__builtin_add_overflow(b->available_e8, b->locked_e8, &b->wallet_e8);
    }
    json_read_e8_cut(&r, json_object_get(row, "balance") ? "balance" : "walletBalance", &b->wallet_e8,
                     REQUIRED);
    json_read_e8_cut(&r, "crossWalletBalance", &b->cross_e8, OPTIONAL);
    json_read_e8_cut(&r, "availableBalance", &b->available_e8, OPTIONAL);
    json_read_e8_cut(&r, "crossUnPnl", &b->unrealised_e8, OPTIONAL);
    json_read_e8_cut(&r, "unrealizedProfit", &b->unrealised_e8, OPTIONAL);
    json_read_i64(&r, "updateTime", &b->update_time_ms, OPTIONAL);
    return !r.bad;
}

// Those that hold something first; of the empty ones as many as fit.
static bool read_balances(const json_t *rows, struct wire_balance *to, uint32_t *count)
{
    if (!json_is_array(rows)) {
        return false;
    }
    for (int zero = 0; zero < 2; zero++) {
        for (size_t i = 0; i < json_array_size(rows); i++) {
            struct wire_balance b;
            if (!one_balance(json_array_get(rows, i), &b)) {
                return false;
            }
            if ((b.wallet_e8 == 0) != zero) {
                continue;
            }
            if (*count == ANSWER_ROWS_MAX) {
                return zero;
            }
            to[(*count)++] = b;
        }
    }
    return true;
}

// Spot has no question for balances alone: they stand in its account.
bool decode_balances(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    const json_t *spot = json_object_get(root, "balances");
    return read_balances(spot ? spot : root, out->u.balances, &out->rows);
}

// ---------------------------------------------------------------------------------------------------------
// account

static bool read_permissions(const json_t *root, struct wire_account *a)
{
    struct json_reader r = {root, false};
    a->has_permissions = json_object_get(root, "canTrade") != NULL;
    json_read_bool(&r, "canTrade", &a->can_trade, OPTIONAL);
    json_read_bool(&r, "canDeposit", &a->can_deposit, OPTIONAL);
    json_read_bool(&r, "canWithdraw", &a->can_withdraw, OPTIONAL);
    json_read_i32(&r, "feeTier", &a->fee_tier, OPTIONAL);
    json_read_i64(&r, "updateTime", &a->update_time_ms, OPTIONAL);
    return !r.bad;
}

static bool read_totals(const json_t *root, struct wire_account *a)
{
    struct json_reader r = {root, false};
    json_read_e8_cut(&r, "totalWalletBalance", &a->wallet_e8, OPTIONAL);
    json_read_e8_cut(&r, "totalUnrealizedProfit", &a->unrealised_e8, OPTIONAL);
    json_read_e8_cut(&r, "totalMarginBalance", &a->margin_balance_e8, OPTIONAL);
    json_read_e8_cut(&r, "totalInitialMargin", &a->initial_e8, OPTIONAL);
    json_read_e8_cut(&r, "totalMaintMargin", &a->maint_e8, OPTIONAL);
    json_read_e8_cut(&r, "availableBalance", &a->available_e8, OPTIONAL);
    json_read_e8_cut(&r, "maxWithdrawAmount", &a->max_withdraw_e8, OPTIONAL);
    return !r.bad;
}

bool decode_account(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    struct wire_account *a = &out->u.account;
    memset((char *)a + offsetof(struct wire_account, position_rows), 0,
           sizeof *a - offsetof(struct wire_account, position_rows));
    const json_t *spot = json_object_get(root, "balances");
    const json_t *positions = json_object_get(root, "positions");
    a->spot = spot != NULL;
    return read_permissions(root, a) && read_totals(root, a) &&
           read_balances(spot ? spot : json_object_get(root, "assets"), a->balances, &out->rows) &&
           (!positions || read_positions(positions, a->positions, &a->position_rows));
}

// ---------------------------------------------------------------------------------------------------------
// trades, income

static bool one_trade(const json_t *row, void *to, const struct question *q, bool *keep)
{
    (void)q;
    (void)keep;
    struct wire_trade *t = to;
    struct json_reader r = {row, false};
    char side[8] = "";
    uint8_t buyer = 2;
    json_read_text(&r, "symbol", t->symbol, sizeof t->symbol, REQUIRED);
    json_read_u64(&r, "id", &t->id, REQUIRED);
    json_read_u64(&r, "orderId", &t->order_id, REQUIRED);
    json_read_e8(&r, "price", &t->price_e8, REQUIRED);
    json_read_e8(&r, "qty", &t->qty_e8, REQUIRED);
    json_read_e8_cut(&r, "quoteQty", &t->quote_qty_e8, OPTIONAL);
    json_read_e8_cut(&r, "commission", &t->fee_e8, REQUIRED);
    json_read_text(&r, "commissionAsset", t->fee_asset, sizeof t->fee_asset, REQUIRED);
    json_read_e8_cut(&r, "realizedPnl", &t->realised_e8, OPTIONAL);
    json_read_bool(&r, json_object_get(row, "maker") ? "maker" : "isMaker", &t->maker, REQUIRED);
    json_read_bool(&r, json_object_get(row, "buyer") ? "buyer" : "isBuyer", &buyer, OPTIONAL);
    json_read_text(&r, "side", side, sizeof side, buyer < 2 ? OPTIONAL : REQUIRED);
    json_read_i64(&r, "time", &t->time_ms, REQUIRED);
    t->side = side[0] ? decode_side(side) : buyer ? SIDE_BUY : SIDE_SELL;
    return !r.bad && t->side != 0 && t->price_e8 >= 0 && t->qty_e8 >= 0;
}

bool decode_trades(const json_t *root, struct answer *out, const struct question *q)
{
    struct row_list list = {out->u.trades, sizeof out->u.trades[0], ANSWER_ROWS_MAX, false, one_trade};
    return json_is_array(root) && decode_rows(root, list, q, out);
}

static bool one_income(const json_t *row, void *to, const struct question *q, bool *keep)
{
    (void)q;
    (void)keep;
    struct wire_income *x = to;
    struct json_reader r = {row, false};
    json_read_text(&r, "symbol", x->symbol, sizeof x->symbol, OPTIONAL); // a transfer has none
    json_read_text(&r, "incomeType", x->type, sizeof x->type, REQUIRED);
    json_read_text(&r, "asset", x->asset, sizeof x->asset, REQUIRED);
    json_read_e8_cut(&r, "income", &x->income_e8, REQUIRED);
    json_read_note(&r, "info", x->info, sizeof x->info);
    json_read_i64(&r, "time", &x->time_ms, REQUIRED);
    json_read_u64(&r, "tranId", &x->tran_id, OPTIONAL);
    const json_t *trade = json_object_get(row, "tradeId");
    if (!json_is_string(trade) || json_string_length(trade) > 0) { // "" when no trade is behind it
        json_read_u64(&r, "tradeId", &x->trade_id, OPTIONAL);
    }
    return !r.bad;
}

bool decode_income(const json_t *root, struct answer *out, const struct question *q)
{
    struct row_list list = {out->u.income, sizeof out->u.income[0], ANSWER_ROWS_MAX, false, one_income};
    return json_is_array(root) && decode_rows(root, list, q, out);
}

// ---------------------------------------------------------------------------------------------------------
// terms

bool decode_commission(const json_t *root, struct answer *out, const struct question *q)
{
    (void)q;
    struct json_reader r = {root, false};
    json_read_text(&r, "symbol", out->u.commission.symbol, sizeof out->u.commission.symbol, REQUIRED);
    json_read_e8(&r, "makerCommissionRate", &out->u.commission.maker_e8, REQUIRED);
    json_read_e8(&r, "takerCommissionRate", &out->u.commission.taker_e8, REQUIRED);
    return !r.bad;
}

static bool one_bracket(const json_t *row, const char *symbol, struct wire_bracket *b)
{
    memset(b, 0, sizeof *b);
    memcpy(b->symbol, symbol, sizeof b->symbol);
    struct json_reader r = {row, false};
    json_read_i32(&r, "bracket", &b->bracket, REQUIRED);
    json_read_i32(&r, "initialLeverage", &b->leverage, REQUIRED);
    b->cap_e8 = -1;
    json_read_bound(&r, "notionalCap", &b->cap_e8);
    json_read_bound(&r, "notionalFloor", &b->floor_e8);
    json_read_e8_cut(&r, "maintMarginRatio", &b->maint_e8, REQUIRED);
    json_read_e8_cut(&r, "cum", &b->cum_e8, REQUIRED);
    return !r.bad && b->cap_e8 > b->floor_e8 && b->floor_e8 >= 0 && b->maint_e8 >= 0 && b->cum_e8 >= 0;
}

static bool brackets_of(const json_t *row, struct answer *out, const struct question *q)
{
    struct json_reader r = {row, false};
    char symbol[24] = "";
    json_read_text(&r, "symbol", symbol, sizeof symbol, REQUIRED);
    const json_t *list = json_object_get(row, "brackets");
    if (r.bad || !json_is_array(list)) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(list) && question_wants(q, symbol); i++) {
        if (out->rows == ANSWER_ROWS_MAX ||
            !one_bracket(json_array_get(list, i), symbol, &out->u.brackets[out->rows++])) {
            return false;
        }
    }
    return true;
}

bool decode_brackets(const json_t *root, struct answer *out, const struct question *q)
{
    if (json_is_object(root)) {
        return brackets_of(root, out, q);
    }
    bool ok = json_is_array(root);
    for (size_t i = 0; ok && i < json_array_size(root); i++) {
        ok = brackets_of(json_array_get(root, i), out, q);
    }
    return ok;
}

static bool one_adl(const json_t *row, void *to, const struct question *q, bool *keep)
{
    struct wire_adl *x = to;
    struct json_reader r = {row, false};
    json_read_text(&r, "symbol", x->symbol, sizeof x->symbol, REQUIRED);
    struct json_reader of = {json_object_get(row, "adlQuantile"), false};
    x->both = x->longs = x->shorts = -1;
    json_read_i32(&of, "BOTH", &x->both, OPTIONAL);
    json_read_i32(&of, "LONG", &x->longs, OPTIONAL);
    json_read_i32(&of, "SHORT", &x->shorts, OPTIONAL);
    *keep = question_wants(q, x->symbol);
    return !r.bad && json_is_object(of.object) && !of.bad;
}

bool decode_adl(const json_t *root, struct answer *out, const struct question *q)
{
    struct row_list list = {out->u.adl, sizeof out->u.adl[0], ANSWER_ROWS_MAX, false, one_adl};
    return decode_rows(root, list, q, out);
}
