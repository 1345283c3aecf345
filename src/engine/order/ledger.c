// SPDX-License-Identifier: Apache-2.0
// ledger: see ledger.h for the accounts and the one idea. Everything that moves money ends in post(), which
// adds to one account what it takes from another; there is no other way to change a balance.
#include "engine/order/ledger.h"

#include <string.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/hash.h"

// What the postings of one operation have in common.
struct entry {
    uint64_t seq, id;
    uint16_t instrument;
    uint8_t venue, currency, kind;
    const char *client_id; // NULL: none
};

static int64_t add64(int64_t a, int64_t b)
{
    int64_t r;
    const bool overflow = __builtin_add_overflow(a, b, &r);
    CHECK(!overflow);
    return r;
}

static int64_t magnitude(int64_t v)
{
    CHECK(v != INT64_MIN);
    return v < 0 ? -v : v;
}

// ------------------------------------------------------------------------------------------------ accounts

static bool has_instrument(enum account a)
{
    return a != ACCOUNT_CASH && a != ACCOUNT_CAPITAL && a != ACCOUNT_EXTERNAL;
}

static bool has_strategy(enum account a)
{
    return has_instrument(a) && a != ACCOUNT_CLEARING && a != ACCOUNT_ROUNDING && a != ACCOUNT_HOLDING;
}

// Index of the balance: dimensions that the account does not have collapse.
static size_t row_index(enum account a, uint16_t instrument, uint8_t venue)
{
    CHECK(venue < VENUE_MAX);
    return has_instrument(a) && instrument < INSTRUMENT_MAX ? instrument : (size_t)INSTRUMENT_MAX + venue;
}

static size_t strategy_index(enum account a, enum strategy_id s)
{
    return has_strategy(a) ? (size_t)s : STRATEGY_NONE;
}

static int64_t *cell(struct ledger *l, enum account a, const struct entry *at, enum strategy_id s)
{
    return &l->balance_e8[a][at->currency][row_index(a, at->instrument, at->venue)][strategy_index(a, s)];
}

static void post(struct ledger *l, const struct entry *at, enum strategy_id s, enum account debit,
                 enum account credit, int64_t amount_e8)
{
    if (amount_e8 == 0) {
        return;
    }
    if (amount_e8 < 0) {
        const enum account swap = debit;
        debit = credit;
        credit = swap;
        amount_e8 = magnitude(amount_e8);
    }
    CHECK(l->count < LEDGER_POSTINGS_MAX && at->currency < CURRENCY_COUNT && (unsigned)s < STRATEGY_COUNT);
    int64_t *to = cell(l, debit, at, s), *from = cell(l, credit, at, s);
    *to = add64(*to, amount_e8);
    *from = add64(*from, -amount_e8);
    struct posting *p = &l->step[l->count++];
    *p = (struct posting){.seq = at->seq,
                          .trade_id = at->id,
                          .amount_e8 = amount_e8,
                          .instrument = at->instrument,
                          .debit = (uint8_t)debit,
                          .credit = (uint8_t)credit,
                          .currency = at->currency,
                          .strategy = (uint8_t)s,
                          .kind = at->kind,
                          .venue = at->venue};
    if (at->client_id != NULL) {
        memcpy(p->client_id, at->client_id, CLIENT_ID_MAX);
    }
    l->postings_total++;
    l->units_since_match[at->venue][at->currency]++;
}

// Amounts beyond a thousand million, or beside balances that have grown out of all sense, are lies of the
// venue: they are not posted (and must not trip our own overflow checks).
static bool amount_fits(const struct ledger *l, uint8_t venue, enum currency c, int64_t amount_e8)
{
    const int64_t cash = ledger_wallet_e8(l, venue, c);
    return amount_e8 <= LEDGER_AMOUNT_MAX_E8 && amount_e8 >= -LEDGER_AMOUNT_MAX_E8 &&
           cash <= 10 * LEDGER_AMOUNT_MAX_E8 && cash >= -10 * LEDGER_AMOUNT_MAX_E8;
}

static bool notional_fits(const struct ledger *l, const struct instrument *ins, int64_t lots,
                          int64_t price_e8)
{
    const __int128 n = lots < 0 ? -(__int128)lots : lots;
    const __int128 base_e8 = n * ins->lot_e8;
    const int64_t cost = l->total[ins->id].cost_e8;
    return base_e8 <= INT64_MAX && base_e8 * price_e8 / E8 <= LEDGER_AMOUNT_MAX_E8 &&
           cost <= 10 * LEDGER_AMOUNT_MAX_E8 && cost >= -10 * LEDGER_AMOUNT_MAX_E8;
}

void ledger_init(struct ledger *l)
{
    memset(l, 0, sizeof *l);
}

void ledger_begin_step(struct ledger *l)
{
    l->count = 0;
}

const struct posting *ledger_postings_of_step(const struct ledger *l, size_t *count)
{
    *count = l->count;
    return l->step;
}

bool ledger_open(struct ledger *l, uint64_t seq, uint8_t venue, enum currency c, int64_t wallet_e8)
{
    if (!amount_fits(l, venue, c, wallet_e8)) {
        return false;
    }
    const struct entry at = {.seq = seq,
                             .instrument = INSTRUMENT_NONE,
                             .venue = venue,
                             .currency = (uint8_t)c,
                             .kind = POSTING_CAPITAL};
    CHECK(*cell(l, ACCOUNT_CASH, &at, STRATEGY_NONE) == 0);
    post(l, &at, STRATEGY_NONE, ACCOUNT_CASH, ACCOUNT_CAPITAL, wallet_e8);
    l->units_since_match[venue][c] = 0;
    return true;
}

bool ledger_transfer(struct ledger *l, uint64_t seq, uint8_t venue, enum currency c, int64_t amount_e8)
{
    if (!amount_fits(l, venue, c, amount_e8)) {
        return false;
    }
    const struct entry at = {.seq = seq,
                             .instrument = INSTRUMENT_NONE,
                             .venue = venue,
                             .currency = (uint8_t)c,
                             .kind = POSTING_TRANSFER};
    post(l, &at, STRATEGY_NONE, ACCOUNT_CASH, ACCOUNT_EXTERNAL, amount_e8);
    return true;
}

// --------------------------------------------------------------------------------------------------- fills

static enum posting_kind kind_of_fill(uint8_t fill_kind)
{
    switch (fill_kind) {
    case FILL_SEAM:
        return POSTING_SEAM;
    case FILL_LIQUIDATION:
        return POSTING_LIQUIDATION;
    case FILL_ADL:
        return POSTING_ADL;
    default:
        return POSTING_FILL;
    }
}

static bool is_shared(const struct order_fill *f)
{
    return kind_of_fill(f->kind) != POSTING_FILL || f->strategy == STRATEGY_KILL;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

// Whose lots this fill is: share[] sums to the fill's signed lots.
static void share_out(const struct ledger *l, const struct order_fill *f, int64_t share[STRATEGY_COUNT])
{
    const struct position *part = l->part[f->instrument];
    int64_t left = f->signed_lots;
    memset(share, 0, STRATEGY_COUNT * sizeof share[0]);
    if (is_shared(f) && l->total[f->instrument].lots + left == 0) {
        for (int s = 0; s < STRATEGY_COUNT; s++) {
            share[s] = -part[s].lots;
        }
        return;
    }
    for (int s = 0; is_shared(f) && s < STRATEGY_COUNT; s++) {
        const bool gives = (part[s].lots > 0 && left < 0) || (part[s].lots < 0 && left > 0);
        const int64_t n = gives ? smaller(magnitude(part[s].lots), magnitude(left)) : 0;
        share[s] = left > 0 ? n : -n;
        left -= share[s];
    }
    share[f->strategy] += left;
}

// One strategy's part of a fill. Returns its signed notional as the position's arithmetic saw it.
static int64_t fill_part(struct ledger *l, const struct entry *at, const struct instrument *ins,
                         enum strategy_id s, int64_t lots, int64_t price_e8, int64_t *realised_e8)
{
    struct position *p = &l->part[ins->id][s];
    const int64_t cost_before = p->cost_e8;
    const int64_t realised = position_fill(p, ins, lots, price_e8);
    const int64_t notional = p->cost_e8 - cost_before - realised;
    const enum account income = at->kind == POSTING_SEAM ? ACCOUNT_SEAM : ACCOUNT_REALISED;
    post(l, at, s, ACCOUNT_POSITION_COST, ACCOUNT_CLEARING, notional);
    post(l, at, s, ACCOUNT_POSITION_COST, income, realised);
    *realised_e8 = add64(*realised_e8, realised);
    l->traded_e8[ins->id][s] = add64(l->traded_e8[ins->id][s], magnitude(notional));
    return notional;
}

// The fee, shared like the lots; what rounding leaves over goes to the last share.
static void fill_fee(struct ledger *l, const struct entry *fill_at, const struct order_fill *f,
                     const int64_t share[STRATEGY_COUNT])
{
    struct entry at = *fill_at;
    at.kind = POSTING_FEE;
    at.currency = f->fee_currency != CURRENCY_NONE ? f->fee_currency : fill_at->currency;
    int64_t lots_left = 0, fee_left = f->fee_e8;
    for (int s = 0; s < STRATEGY_COUNT; s++) {
        lots_left += magnitude(share[s]);
    }
    for (int s = 0; s < STRATEGY_COUNT; s++) {
        const int64_t lots = magnitude(share[s]);
        const int64_t fee = lots == 0 ? 0 : muldiv_round(fee_left, lots, lots_left);
        post(l, &at, (enum strategy_id)s, ACCOUNT_FEES, ACCOUNT_CASH, fee);
        fee_left -= fee;
        lots_left -= lots;
    }
}

// Base units of a spot fill, into or out of the wallet.
static void deliver(struct ledger *l, const struct entry *fill_at, const struct instrument *ins, int64_t lots)
{
    struct entry at = *fill_at;
    at.currency = (uint8_t)instrument_base(ins);
    if (ins->kind == INSTRUMENT_SPOT && at.currency != CURRENCY_NONE) {
        post(l, &at, STRATEGY_NONE, ACCOUNT_CASH, ACCOUNT_HOLDING, instrument_qty_e8(ins, lots));
    }
}

static bool base_fits(const struct ledger *l, const struct instrument *ins, const struct order_fill *f)
{
    const enum currency base = instrument_base(ins);
    return ins->kind != INSTRUMENT_SPOT || base == CURRENCY_NONE ||
           amount_fits(l, ins->venue, base, instrument_qty_e8(ins, f->signed_lots));
}

struct ledger_fill_result ledger_fill(struct ledger *l, uint64_t seq, const struct instrument *ins,
                                      const struct order_fill *f)
{
    CHECK(ins->kind != INSTRUMENT_INVERSE && ins->id == f->instrument && ins->id < INSTRUMENT_MAX);
    CHECK(f->signed_lots != 0 && f->price_e8 > 0 && f->strategy < STRATEGY_COUNT);
    const struct entry at = {.seq = seq,
                             .id = f->trade_id,
                             .instrument = ins->id,
                             .venue = ins->venue,
                             .currency = ins->settle,
                             .kind = (uint8_t)kind_of_fill(f->kind),
                             .client_id = f->client_id};
    struct ledger_fill_result out = {.posted = false};
    int64_t share[STRATEGY_COUNT], parts_e8 = 0;
    if (!notional_fits(l, ins, f->signed_lots, f->price_e8) ||
        !amount_fits(l, ins->venue, (enum currency)ins->settle, f->fee_e8) || !base_fits(l, ins, f)) {
        return out;
    }
    share_out(l, f, share);
    struct position *total = &l->total[ins->id];
    const int64_t cost_before = total->cost_e8;
    const int64_t venue_realised = position_fill(total, ins, f->signed_lots, f->price_e8);
    const int64_t notional = total->cost_e8 - cost_before - venue_realised;
    for (int s = 0; s < STRATEGY_COUNT; s++) {
        if (share[s] != 0) {
            parts_e8 += fill_part(l, &at, ins, (enum strategy_id)s, share[s], f->price_e8, &out.realised_e8);
        }
    }
    post(l, &at, STRATEGY_NONE, ACCOUNT_ROUNDING, ACCOUNT_CLEARING, notional - parts_e8);
    const int64_t paid = ins->kind == INSTRUMENT_SPOT ? -notional : venue_realised;
    post(l, &at, STRATEGY_NONE, ACCOUNT_CASH, ACCOUNT_CLEARING, paid);
    deliver(l, &at, ins, f->signed_lots);
    fill_fee(l, &at, f, share);
    l->spot[ins->id] = ins->kind == INSTRUMENT_SPOT;
    l->fills[ins->id][f->strategy]++;
    l->maker_fills[ins->id][f->strategy] += f->maker != 0;
    const bool same = f->fee_currency == CURRENCY_NONE || f->fee_currency == ins->settle;
    out.posted = true;
    out.wallet_change_e8 = paid - (same ? f->fee_e8 : 0);
    return out;
}

// ------------------------------------------------------------------------------------------------- funding

// Each strategy's part is in proportion to its own position; the last one with a position takes what rounding
// leaves.
static void share_funding(struct ledger *l, const struct entry *at, int64_t amount_e8)
{
    const int64_t total = l->total[at->instrument].lots;
    int64_t left = amount_e8;
    enum strategy_id last = STRATEGY_NONE;
    for (int s = 0; s < STRATEGY_COUNT; s++) {
        const int64_t lots = l->part[at->instrument][s].lots;
        last = lots != 0 ? (enum strategy_id)s : last;
    }
    for (int s = 0; s < (int)last; s++) {
        const int64_t lots = l->part[at->instrument][s].lots;
        const int64_t part = muldiv_round(amount_e8, total > 0 ? lots : -lots, magnitude(total));
        post(l, at, (enum strategy_id)s, ACCOUNT_CASH, ACCOUNT_FUNDING, part);
        left -= part;
    }
    post(l, at, last, ACCOUNT_CASH, ACCOUNT_FUNDING, left);
}

bool ledger_funding(struct ledger *l, uint64_t seq, const struct instrument *ins, uint8_t venue,
                    enum currency c, int64_t amount_e8)
{
    if (!amount_fits(l, venue, c, amount_e8)) {
        return false;
    }
    const uint16_t instrument = ins != NULL ? ins->id : (uint16_t)INSTRUMENT_NONE;
    const struct entry at = {.seq = seq,
                             .instrument = instrument,
                             .venue = venue,
                             .currency = (uint8_t)c,
                             .kind = POSTING_FUNDING};
    if (ins != NULL && l->total[instrument].lots != 0) {
        share_funding(l, &at, amount_e8);
    } else {
        post(l, &at, STRATEGY_NONE, ACCOUNT_CASH, ACCOUNT_FUNDING, amount_e8);
    }
    return true;
}

// ------------------------------------------------------------------------------------------ reconciliation

// The id of an adjustment is a function of its content.
static uint64_t fingerprint(int64_t a, int64_t b, int64_t c, int64_t d)
{
    const int64_t words[] = {a, b, c, d};
    return hash64(HASH64_START, words, sizeof words);
}

int64_t ledger_match_wallet(struct ledger *l, uint64_t seq, uint8_t venue, enum currency c,
                            int64_t venue_wallet_e8)
{
    const int64_t ours = ledger_wallet_e8(l, venue, c);
    if (!amount_fits(l, venue, c, venue_wallet_e8)) {
        return INT64_MAX;
    }
    const int64_t difference = add64(venue_wallet_e8, -ours);
    const bool rounding = (uint64_t)magnitude(difference) <= l->units_since_match[venue][c];
    const struct entry at = {.seq = seq,
                             .id = fingerprint(c, venue, ours, venue_wallet_e8),
                             .instrument = INSTRUMENT_NONE,
                             .venue = venue,
                             .currency = (uint8_t)c,
                             .kind = rounding ? POSTING_ROUNDING : POSTING_ADJUSTMENT};
    post(l, &at, STRATEGY_NONE, ACCOUNT_CASH, rounding ? ACCOUNT_ROUNDING : ACCOUNT_ADJUSTMENT, difference);
    l->units_since_match[venue][c] = 0;
    return rounding ? 0 : difference;
}

int64_t ledger_match_position(struct ledger *l, uint64_t seq, const struct instrument *ins,
                              enum strategy_id strategy, int64_t venue_lots, int64_t venue_entry_e8)
{
    CHECK(ins->kind == INSTRUMENT_LINEAR && ins->id < INSTRUMENT_MAX && (unsigned)strategy < STRATEGY_COUNT);
    struct position *total = &l->total[ins->id], *part = &l->part[ins->id][strategy];
    int64_t delta;
    if (__builtin_sub_overflow(venue_lots, total->lots, &delta)) {
        return INT64_MAX;
    }
    if (delta == 0) {
        return 0;
    }
    const struct entry at = {.seq = seq,
                             .id = fingerprint(ins->id, total->lots, venue_lots, venue_entry_e8),
                             .instrument = ins->id,
                             .venue = ins->venue,
                             .currency = ins->settle,
                             .kind = POSTING_ADJUSTMENT};
    const int64_t entry_e8 = venue_entry_e8 > 0 ? venue_entry_e8 : position_entry_e8(total, ins);
    if (!notional_fits(l, ins, venue_lots, entry_e8) || !notional_fits(l, ins, delta, entry_e8)) {
        return delta;
    }
    const int64_t total_before = total->cost_e8, part_before = part->cost_e8;
    total->lots = venue_lots;
    total->cost_e8 = venue_lots != 0 ? instrument_notional_e8(ins, entry_e8, venue_lots) : 0;
    position_fill(part, ins, delta, entry_e8);
    post(l, &at, strategy, ACCOUNT_POSITION_COST, ACCOUNT_ADJUSTMENT, part->cost_e8 - part_before);
    post(l, &at, strategy, ACCOUNT_ADJUSTMENT, ACCOUNT_CLEARING, total->cost_e8 - total_before);
    return delta;
}

void ledger_open_position(struct ledger *l, uint64_t seq, const struct instrument *ins,
                          enum strategy_id strategy, int64_t lots, int64_t entry_e8)
{
    CHECK(l->total[ins->id].lots == 0);
    ledger_match_position(l, seq, ins, strategy, lots, entry_e8);
}

static bool relot_fits(int64_t lots, int64_t old_lot_e8, int64_t new_lot_e8)
{
    const __int128 base_e8 = (__int128)lots * old_lot_e8;
    const __int128 n = base_e8 / new_lot_e8;
    return base_e8 % new_lot_e8 == 0 && n <= INT64_MAX && n >= INT64_MIN;
}

static void relot(struct position *p, int64_t old_lot_e8, int64_t new_lot_e8)
{
    p->lots = (int64_t)((__int128)p->lots * old_lot_e8 / new_lot_e8);
}

bool ledger_relot(struct ledger *l, uint16_t instrument, int64_t old_lot_e8, int64_t new_lot_e8)
{
    CHECK(instrument < INSTRUMENT_MAX && old_lot_e8 > 0 && new_lot_e8 > 0);
    for (int s = 0; s < STRATEGY_COUNT; s++) {
        if (!relot_fits(l->part[instrument][s].lots, old_lot_e8, new_lot_e8)) {
            return false;
        }
    }
    if (!relot_fits(l->total[instrument].lots, old_lot_e8, new_lot_e8)) {
        return false;
    }
    for (int s = 0; s < STRATEGY_COUNT; s++) {
        relot(&l->part[instrument][s], old_lot_e8, new_lot_e8);
    }
    relot(&l->total[instrument], old_lot_e8, new_lot_e8);
    return true;
}

// ---------------------------------------------------------------------------------------------------- look

int64_t ledger_balance_e8(const struct ledger *l, enum account a, enum currency c, uint16_t instrument,
                          enum strategy_id s)
{
    CHECK((unsigned)a < ACCOUNT_COUNT && (unsigned)c < CURRENCY_COUNT && (unsigned)s < STRATEGY_COUNT);
    const size_t strategy = strategy_index(a, s);
    if (has_instrument(a) && instrument < INSTRUMENT_MAX) {
        return l->balance_e8[a][c][instrument][strategy];
    }
    int64_t sum = 0;
    for (int v = 0; v < VENUE_MAX; v++) {
        sum = add64(sum, l->balance_e8[a][c][INSTRUMENT_MAX + v][strategy]);
    }
    return sum;
}

int64_t ledger_wallet_e8(const struct ledger *l, uint8_t venue, enum currency c)
{
    CHECK(venue < VENUE_MAX && (unsigned)c < CURRENCY_COUNT);
    return l->balance_e8[ACCOUNT_CASH][c][INSTRUMENT_MAX + venue][STRATEGY_NONE];
}

int64_t ledger_capital_e8(const struct ledger *l, uint8_t venue, enum currency c)
{
    CHECK(venue < VENUE_MAX && (unsigned)c < CURRENCY_COUNT);
    const size_t row = (size_t)INSTRUMENT_MAX + venue;
    return -add64(l->balance_e8[ACCOUNT_CAPITAL][c][row][STRATEGY_NONE],
                  l->balance_e8[ACCOUNT_EXTERNAL][c][row][STRATEGY_NONE]);
}

// Fees of one strategy in base units of a spot instrument; STRATEGY_COUNT: of all.
static int64_t base_fees_e8(const struct ledger *l, const struct instrument *ins, int strategy)
{
    const enum currency base = instrument_base(ins);
    int64_t sum = 0;
    for (int s = 0; s < STRATEGY_COUNT; s++) {
        const bool wanted = strategy == STRATEGY_COUNT || strategy == s;
        sum += wanted ? ledger_balance_e8(l, ACCOUNT_FEES, base, ins->id, (enum strategy_id)s) : 0;
    }
    return ins->kind == INSTRUMENT_SPOT && base != CURRENCY_NONE ? sum : 0;
}

int64_t ledger_holding_e8(const struct ledger *l, const struct instrument *ins)
{
    CHECK(ins->kind == INSTRUMENT_SPOT);
    return instrument_qty_e8(ins, l->total[ins->id].lots) - base_fees_e8(l, ins, STRATEGY_COUNT);
}

int64_t ledger_holding_value_e8(const struct ledger *l, const struct instrument *ins, int64_t price_e8)
{
    const int64_t held = instrument_notional_e8(ins, price_e8, l->total[ins->id].lots);
    return add64(held, -muldiv_round(base_fees_e8(l, ins, STRATEGY_COUNT), price_e8, E8));
}

int64_t ledger_sum_e8(const struct ledger *l, enum currency c)
{
    CHECK((unsigned)c < CURRENCY_COUNT);
    __int128 sum = 0;
    for (int a = 0; a < ACCOUNT_COUNT; a++) {
        for (int i = 0; i < LEDGER_ROWS; i++) {
            for (int s = 0; s < STRATEGY_COUNT; s++) {
                sum += l->balance_e8[a][c][i][s];
            }
        }
    }
    CHECK(sum <= INT64_MAX && sum >= INT64_MIN);
    return (int64_t)sum;
}

// Profit accounts of one strategy; the unrealised part is the caller's.
static struct snap_pnl booked(const struct ledger *l, enum currency c, uint16_t instrument,
                              enum strategy_id s)
{
    return (struct snap_pnl){
        .realised_e8 = -ledger_balance_e8(l, ACCOUNT_REALISED, c, instrument, s),
        .fees_e8 = ledger_balance_e8(l, ACCOUNT_FEES, c, instrument, s),
        .funding_e8 = -ledger_balance_e8(l, ACCOUNT_FUNDING, c, instrument, s),
        .seam_e8 = -ledger_balance_e8(l, ACCOUNT_SEAM, c, instrument, s),
        .adjustment_e8 = -ledger_balance_e8(l, ACCOUNT_ADJUSTMENT, c, instrument, s),
    };
}

struct snap_pnl ledger_pnl(const struct ledger *l, const struct instrument *ins, enum strategy_id s,
                           int64_t mark_e8)
{
    struct snap_pnl p = booked(l, (enum currency)ins->settle, ins->id, s);
    p.unrealised_e8 = mark_e8 > 0 ? position_unrealised_e8(&l->part[ins->id][s], ins, mark_e8) : 0;
    p.unrealised_e8 -= muldiv_round(base_fees_e8(l, ins, (int)s), mark_e8, E8);
    return p;
}

struct snap_pnl ledger_pnl_instrument(const struct ledger *l, const struct instrument *ins, int64_t mark_e8)
{
    struct snap_pnl sum = {0};
    int64_t cost_e8 = 0;
    for (int s = 0; s < STRATEGY_COUNT; s++) {
        const struct snap_pnl p = booked(l, (enum currency)ins->settle, ins->id, (enum strategy_id)s);
        pnl_add(&sum, &p);
        cost_e8 = add64(cost_e8, l->part[ins->id][s].cost_e8);
    }
    if (mark_e8 > 0) { // valued once: the parts' roundings would not add up to the account's
        sum.unrealised_e8 = add64(ledger_holding_value_e8(l, ins, mark_e8), -cost_e8);
    }
    return sum;
}

struct snap_pnl ledger_pnl_none(const struct ledger *l, enum currency c, enum strategy_id s)
{
    return booked(l, c, INSTRUMENT_NONE, s);
}

void pnl_add(struct snap_pnl *to, const struct snap_pnl *p)
{
    to->realised_e8 = add64(to->realised_e8, p->realised_e8);
    to->unrealised_e8 = add64(to->unrealised_e8, p->unrealised_e8);
    to->fees_e8 = add64(to->fees_e8, p->fees_e8);
    to->funding_e8 = add64(to->funding_e8, p->funding_e8);
    to->seam_e8 = add64(to->seam_e8, p->seam_e8);
    to->adjustment_e8 = add64(to->adjustment_e8, p->adjustment_e8);
}

int64_t pnl_net_e8(const struct snap_pnl *p)
{
    return p->realised_e8 + p->unrealised_e8 - p->fees_e8 + p->funding_e8 + p->seam_e8 + p->adjustment_e8;
}

// Sum of an account over currencies: an instrument settles in one. Not for HOLDING and FEES, which may be of
// the base currency.
static int64_t over_currencies(const struct ledger *l, enum account a, uint16_t instrument,
                               enum strategy_id s)
{
    int64_t sum = 0;
    for (int c = 0; c < CURRENCY_COUNT; c++) {
        sum += ledger_balance_e8(l, a, (enum currency)c, instrument, s);
    }
    return sum;
}

void ledger_check(const struct ledger *l)
{
    for (int c = 0; c < CURRENCY_COUNT; c++) {
        CHECK(ledger_sum_e8(l, (enum currency)c) == 0);
    }
    for (int i = 0; i < INSTRUMENT_MAX; i++) {
        const uint16_t ins = (uint16_t)i;
        int64_t lots = 0;
        for (int s = 0; s < STRATEGY_COUNT; s++) {
            const struct position *p = &l->part[i][s];
            CHECK(over_currencies(l, ACCOUNT_POSITION_COST, ins, (enum strategy_id)s) == p->cost_e8);
            CHECK(p->lots != 0 || p->cost_e8 == 0);
            lots += p->lots;
        }
        CHECK(lots == l->total[i].lots);
        // A spot fill is paid at once: nothing is left to clear.
        const int64_t clearing = over_currencies(l, ACCOUNT_CLEARING, ins, STRATEGY_NONE);
        CHECK(clearing == (l->spot[i] ? 0 : -l->total[i].cost_e8));
    }
}

const char *account_name(enum account a)
{
    static const char *const NAMES[ACCOUNT_COUNT] = {
        [ACCOUNT_CASH] = "CASH",
        [ACCOUNT_CLEARING] = "CLEARING",
        [ACCOUNT_POSITION_COST] = "POSITION_COST",
        [ACCOUNT_REALISED] = "REALISED",
        [ACCOUNT_FEES] = "FEES",
        [ACCOUNT_FUNDING] = "FUNDING",
        [ACCOUNT_SEAM] = "SEAM",
        [ACCOUNT_ADJUSTMENT] = "ADJUSTMENT",
        [ACCOUNT_ROUNDING] = "ROUNDING",
        [ACCOUNT_CAPITAL] = "CAPITAL",
        [ACCOUNT_EXTERNAL] = "EXTERNAL",
        [ACCOUNT_HOLDING] = "HOLDING",
    };
    return (unsigned)a < ACCOUNT_COUNT ? NAMES[a] : "?";
}

const char *posting_kind_name(enum posting_kind k)
{
    static const char *const NAMES[POSTING_KIND_COUNT] = {
        [POSTING_CAPITAL] = "CAPITAL",   [POSTING_FILL] = "FILL",
        [POSTING_FEE] = "FEE",           [POSTING_FUNDING] = "FUNDING",
        [POSTING_TRANSFER] = "TRANSFER", [POSTING_ADJUSTMENT] = "ADJUSTMENT",
        [POSTING_SEAM] = "SEAM",         [POSTING_LIQUIDATION] = "LIQUIDATION",
        [POSTING_ADL] = "ADL",           [POSTING_ROUNDING] = "ROUNDING",
    };
    return (unsigned)k < POSTING_KIND_COUNT ? NAMES[k] : "?";
}
