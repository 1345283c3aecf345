// SPDX-License-Identifier: Apache-2.0
// risk: the door. A table of checks, each a few lines: given an order and the facts, return a refusal with
// its numbers or let it pass. The first refusal wins; the order of the table is the order in which a person
// would ask. Limits, losses and the hints for people are in limits.c.
#include "engine/risk/risk.h"

#include <string.h>

#include "base/check.h"
#include "base/fmt.h"
#include "base/hash.h"

// The sealed type: no other file can make one, copy one or look inside.
struct approved_order {
    struct order_intent intent;
    uint64_t revision; // of the exposures it was approved against
    uint64_t spent;
};

_Static_assert(sizeof(struct approved_order) <= sizeof(((struct risk *)0)->slot),
               "an approval fits its slot");

// No order of ours is worth more than a thousand million; keeps every product inside 128 bits and every sum
// inside 64.
#define NOTIONAL_MAX_E8 (INT64_C(1000000000) * E8)

// One question at the door.
struct ask {
    const struct risk *r;
    const struct order_intent *in;
    const struct risk_fact *f;
    const struct exposure *x;
    const struct exposure_book *book;
    int64_t now_ns;
    int64_t price_e8, value_e8; // known from check_intent on
    struct fmt *line;
};

static int64_t magnitude(int64_t v)
{
    return v < 0 ? -v : v;
}

// Appends "12.3450" in the instrument's own decimals.
static void say_price(const struct ask *q, int64_t price_e8)
{
    fmt_dec(q->line, price_e8, 8, q->f->def.price_decimals);
}

static void say_qty(const struct ask *q, int64_t lots)
{
    fmt_dec(q->line, instrument_qty_e8(&q->f->def, lots), 8, q->f->def.qty_decimals);
}

// "order value 12.00 over limit 10.00"
static enum refusal over(const struct ask *q, enum refusal why, const char *what, int64_t used_e8,
                         int64_t limit_e8)
{
    fmt_str(q->line, what);
    fmt_money(q->line, used_e8);
    fmt_str(q->line, " over limit ");
    fmt_money(q->line, limit_e8);
    return why;
}

static enum refusal refuse(const struct ask *q, enum refusal why, const char *text)
{
    fmt_str(q->line, text);
    return why;
}

// ------------------------------------------------------------------------------------- state and knowledge

static uint8_t lower_state(const struct ask *q)
{
    return q->r->trading_state > q->f->trading_state ? q->r->trading_state : q->f->trading_state;
}

static enum refusal check_state(const struct ask *q)
{
    switch (lower_state(q)) {
    case TS_RUN:
        return REFUSED_NOT;
    case TS_REDUCE:
        return q->in->reduce_only ? REFUSED_NOT
                                  : refuse(q, REFUSED_STATE, "state REDUCE: only reducing orders");
    case TS_QUIET:
        return refuse(q, REFUSED_STATE, "state QUIET: no orders until its cause is gone");
    case TS_KILLED:
        return refuse(q, REFUSED_STATE, "state KILLED: release it first");
    default:
        return refuse(q, REFUSED_STATE, "state HALT: restart");
    }
}

static enum refusal check_strategy(const struct ask *q)
{
    if (q->r->stopped[q->in->strategy]) {
        return refuse(q, REFUSED_STRATEGY, "strategy stopped for repeating itself: resume it");
    }
    return REFUSED_NOT;
}

static enum refusal check_instrument(const struct ask *q)
{
    const struct instrument *d = &q->f->def;
    const bool spot = d->kind == INSTRUMENT_SPOT && instrument_base(d) != CURRENCY_NONE;
    if (d->kind != INSTRUMENT_LINEAR && !spot) {
        return refuse(q, REFUSED_INSTRUMENT, "this kind of instrument is read-only");
    }
    if (q->f->def.status != INSTRUMENT_TRADING) {
        return refuse(q, REFUSED_INSTRUMENT, "halted by the venue");
    }
    return REFUSED_NOT;
}

static enum refusal check_missed(const struct ask *q)
{
    return q->f->missed_fill ? refuse(q, REFUSED_MISSED_FILL, "a fill is missing: fetch the trades first")
                             : REFUSED_NOT;
}

static enum refusal check_book(const struct ask *q)
{
    const int64_t stale_ns = q->f->book_stale_ns > 0 ? q->f->book_stale_ns : q->r->config.book_stale_ns;
    const int64_t age_ns = q->now_ns - q->f->book_mono_ns;
    if (q->f->book_state != BOOK_LIVE) {
        return refuse(q, REFUSED_BOOK, "book is not live");
    }
    if (q->f->book_suspect) {
        return refuse(q, REFUSED_BOOK, "book is suspect");
    }
    if (age_ns > stale_ns) {
        fmt_str(q->line, "book is ");
        fmt_secs(q->line, age_ns);
        fmt_str(q->line, " old, limit ");
        fmt_secs(q->line, stale_ns);
        return REFUSED_BOOK;
    }
    return REFUSED_NOT;
}

static enum refusal check_mark(const struct ask *q)
{
    const int64_t age_ns = q->now_ns - q->f->mark_mono_ns;
    if (q->f->mark_e8 <= 0) {
        return refuse(q, REFUSED_MARK, "mark price is unknown");
    }
    if (age_ns > RISK_MARK_STALE_NS) {
        fmt_str(q->line, "mark price is ");
        fmt_secs(q->line, age_ns);
        fmt_str(q->line, " old, limit ");
        fmt_secs(q->line, RISK_MARK_STALE_NS);
        return REFUSED_MARK;
    }
    return REFUSED_NOT;
}

static enum refusal check_losses(const struct ask *q)
{
    const struct risk *r = q->r;
    if (!r->equity_known) {
        return refuse(q, REFUSED_EQUITY, "equity is unknown: no account read yet");
    }
    if (r->latched & RISK_HIT_DAY_LOSS) {
        fmt_str(q->line, "daily loss reached ");
        fmt_pct(q->line, r->config.limit[LIMIT_DAY_LOSS]);
        fmt_str(q->line, ": release after 00:00 UTC");
        return REFUSED_DAY_LOSS;
    }
    if (r->latched & RISK_HIT_DRAWDOWN) {
        fmt_str(q->line, "drawdown reached ");
        fmt_pct(q->line, r->config.limit[LIMIT_DRAWDOWN]);
        fmt_str(q->line, ": needs the operator's release");
        return REFUSED_DRAWDOWN;
    }
    return REFUSED_NOT;
}

// -------------------------------------------------------------------------------------- price and quantity

static enum refusal check_price_range(const struct ask *q)
{
    const struct instrument *d = &q->f->def;
    const bool low = q->in->price_ticks < d->min_price_ticks;
    if (!low && (d->max_price_ticks == 0 || q->in->price_ticks <= d->max_price_ticks)) {
        return REFUSED_NOT;
    }
    fmt_str(q->line, "price ");
    say_price(q, q->price_e8);
    fmt_str(q->line, low ? " below the venue's minimum " : " above the venue's maximum ");
    say_price(q, instrument_price_e8(d, low ? d->min_price_ticks : d->max_price_ticks));
    return REFUSED_PRICE;
}

// PERCENT_PRICE of the venue, on mark. Applied to both sides, which is the stricter reading of its text.
static enum refusal check_percent_price(const struct ask *q)
{
    const struct instrument *d = &q->f->def;
    if (q->f->mark_e8 <= 0) {
        return REFUSED_NOT; // reached only by the kill, which may have lost the mark
    }
    const __int128 price = (__int128)q->price_e8 * E8;
    const bool low = d->percent_down_e8 > 0 && price < (__int128)q->f->mark_e8 * d->percent_down_e8;
    const bool high = d->percent_up_e8 > 0 && price > (__int128)q->f->mark_e8 * d->percent_up_e8;
    if (!low && !high) {
        return REFUSED_NOT;
    }
    const int64_t bound_e8 = muldiv_floor(q->f->mark_e8, low ? d->percent_down_e8 : d->percent_up_e8, E8);
    fmt_str(q->line, "price ");
    say_price(q, q->price_e8);
    fmt_str(q->line, low ? " below the venue's band from " : " above the venue's band to ");
    say_price(q, bound_e8);
    return REFUSED_PRICE;
}

static int64_t distance_e8(const struct ask *q)
{
    const __int128 away =
        q->price_e8 > q->f->mark_e8 ? q->price_e8 - q->f->mark_e8 : q->f->mark_e8 - q->price_e8;
    const __int128 d =
        (away * E8 + q->f->mark_e8 - 1) / q->f->mark_e8; // up: a hair beyond the collar is beyond
    return d > INT64_MAX ? INT64_MAX : (int64_t)d;
}

static enum refusal check_collar(const struct ask *q)
{
    const int64_t away_e8 = distance_e8(q), limit_e8 = q->r->config.limit[LIMIT_COLLAR];
    if (away_e8 <= limit_e8) {
        return REFUSED_NOT;
    }
    fmt_str(q->line, "price ");
    say_price(q, q->price_e8);
    fmt_str(q->line, " is ");
    fmt_pct(q->line, away_e8);
    fmt_str(q->line, " from mark, collar ");
    fmt_pct(q->line, limit_e8);
    return REFUSED_COLLAR;
}

static enum refusal check_qty(const struct ask *q)
{
    const struct instrument *d = &q->f->def;
    const bool low = q->in->qty_lots < d->min_qty_lots;
    if (!low && (d->max_qty_lots == 0 || q->in->qty_lots <= d->max_qty_lots)) {
        return REFUSED_NOT;
    }
    fmt_str(q->line, "quantity ");
    say_qty(q, q->in->qty_lots);
    fmt_str(q->line, low ? " below the venue's minimum " : " above the venue's maximum ");
    say_qty(q, low ? d->min_qty_lots : d->max_qty_lots);
    return REFUSED_QTY;
}

static enum refusal check_notional(const struct ask *q)
{
    if (q->value_e8 >= q->f->def.min_notional_e8) {
        return REFUSED_NOT;
    }
    fmt_str(q->line, "order is worth ");
    fmt_money(q->line, q->value_e8);
    fmt_str(q->line, ", the venue takes ");
    fmt_money(q->line, q->f->def.min_notional_e8);
    fmt_str(q->line, " or more");
    return REFUSED_NOTIONAL;
}

// ------------------------------------------------------------------------------------------------ exposure

static enum refusal check_order_value(const struct ask *q)
{
    const int64_t limit_e8 = q->r->config.limit[LIMIT_ORDER_VALUE];
    if (q->value_e8 <= limit_e8) {
        return REFUSED_NOT;
    }
    return over(q, REFUSED_ORDER_VALUE, "order value ", q->value_e8, limit_e8);
}

// |position| in lots if this order and all others of its side fill; 0 when they only reduce.
static int64_t worst_lots(const struct ask *q)
{
    const int64_t p = q->f->position_lots;
    const int64_t w = q->in->side == SIDE_BUY ? p + q->x->buy_lots + q->in->qty_lots
                                              : q->x->sell_lots + q->in->qty_lots - p;
    return w > 0 ? w : 0;
}

static enum refusal check_position(const struct ask *q)
{
    const int64_t worst_e8 = risk_value_e8(q->f, worst_lots(q));
    const int64_t limit_e8 = risk_limit_in_force_e8(q->r, LIMIT_POSITION_VALUE);
    return worst_e8 <= limit_e8 ? REFUSED_NOT
                                : over(q, REFUSED_POSITION, "position would reach ", worst_e8, limit_e8);
}

static enum refusal check_gross(const struct ask *q)
{
    int64_t gross_e8 = 0;
    for (int i = 0; i < INSTRUMENT_MAX; i++) {
        const struct risk_fact *f = &q->r->fact[i];
        const struct exposure *x = &q->book->ins[i];
        const bool exposed = f->position_lots != 0 || x->buy_lots > 0 || x->sell_lots > 0;
        if (exposed && f->mark_e8 <= 0) {
            return refuse(q, REFUSED_GROSS, "another instrument's position has no mark price");
        }
        int64_t worst_e8 = risk_worst_value_e8(f, x);
        if (i == q->in->instrument) {
            const int64_t with_e8 = risk_value_e8(f, worst_lots(q));
            worst_e8 = with_e8 > worst_e8 ? with_e8 : worst_e8;
        }
        gross_e8 = worst_e8 > INT64_MAX - gross_e8 ? INT64_MAX : gross_e8 + worst_e8;
    }
    const int64_t limit_e8 = risk_limit_in_force_e8(q->r, LIMIT_GROSS_VALUE);
    return gross_e8 <= limit_e8 ? REFUSED_NOT
                                : over(q, REFUSED_GROSS, "gross exposure would reach ", gross_e8, limit_e8);
}

static enum refusal check_reduce(const struct ask *q)
{
    const int64_t p = q->f->position_lots;
    const bool against = (p > 0 && q->in->side == SIDE_SELL) || (p < 0 && q->in->side == SIDE_BUY);
    if (!against) {
        return refuse(q, REFUSED_REDUCE,
                      p == 0 ? "nothing to reduce: position is flat" : "would add to the position");
    }
    const int64_t resting = q->in->close_only         ? 0
                            : q->in->side == SIDE_BUY ? q->x->reduce_buy_lots
                                                      : q->x->reduce_sell_lots;
    if (q->in->qty_lots <= magnitude(p) - resting) {
        return REFUSED_NOT;
    }
    fmt_str(q->line, "reduces ");
    say_qty(q, q->in->qty_lots);
    fmt_str(q->line, " of ");
    say_qty(q, magnitude(p));
    fmt_str(q->line, ", already resting ");
    say_qty(q, resting);
    return REFUSED_REDUCE;
}

// Spot: only what our own trades brought into the wallet is ours to sell, and what is on its way to be sold
// is not sold twice: the venue knows no reduce-only.
static enum refusal check_holding(const struct ask *q)
{
    const int64_t held = q->f->position_lots - q->x->sell_lots;
    if (q->f->def.kind != INSTRUMENT_SPOT || q->in->side != SIDE_SELL || q->in->qty_lots <= held) {
        return REFUSED_NOT;
    }
    fmt_str(q->line, "sells ");
    say_qty(q, q->in->qty_lots);
    fmt_str(q->line, ", our own trades left ");
    say_qty(q, held > 0 ? held : 0);
    return REFUSED_REDUCE;
}

static enum refusal check_room(const struct ask *q)
{
    return q->book->live < q->book->live_max
               ? REFUSED_NOT
               : refuse(q, REFUSED_OPEN_ORDERS, "the order table is full: cancel some");
}

static enum refusal check_open_orders(const struct ask *q)
{
    const int64_t own = q->r->config.limit[LIMIT_OPEN_ORDERS], venue = q->f->def.max_open_orders;
    const int64_t limit = venue > 0 && venue < own ? venue : own;
    if (q->x->orders < limit) {
        return REFUSED_NOT;
    }
    fmt_int(q->line, q->x->orders);
    fmt_str(q->line, " orders are open, limit ");
    fmt_int(q->line, limit);
    return REFUSED_OPEN_ORDERS;
}

static enum refusal check_self_cross(const struct ask *q)
{
    const bool buy = q->in->side == SIDE_BUY;
    const int64_t own = buy ? q->x->best_sell_ticks : q->x->best_buy_ticks;
    if (buy ? q->in->price_ticks < own : q->in->price_ticks > own) {
        return REFUSED_NOT;
    }
    fmt_str(q->line, "price ");
    say_price(q, q->price_e8);
    fmt_str(q->line, " would trade with our own order at ");
    say_price(q, instrument_price_e8(&q->f->def, own));
    return REFUSED_SELF_CROSS;
}

// ---------------------------------------------------------------------------------------------------- pace

#define ONE_SECOND_NS INT64_C(1000000000)

static int64_t capped(int64_t v, int64_t max)
{
    return v < max ? v : max;
}

int64_t risk_rate_used(const struct risk *r, int64_t mono_ns)
{
    uint32_t n = r->rate_count;
    while (n > 0) {
        const uint32_t oldest = (r->rate_head + RISK_RATE_MAX - n) % RISK_RATE_MAX;
        if (mono_ns - r->rate_mono_ns[oldest] < ONE_SECOND_NS) {
            break;
        }
        n--;
    }
    return n;
}

void risk_note_cancel(struct risk *r, int64_t mono_ns)
{
    r->rate_count = (uint32_t)risk_rate_used(r, mono_ns);
    r->rate_mono_ns[r->rate_head] = mono_ns;
    r->rate_head = (r->rate_head + 1) % RISK_RATE_MAX;
    r->rate_count += r->rate_count < RISK_RATE_MAX ? 1 : 0;
}

static enum refusal check_rate(const struct ask *q)
{
    const int64_t limit = capped(q->r->config.limit[LIMIT_ORDER_RATE], RISK_RATE_MAX);
    const int64_t used = risk_rate_used(q->r, q->now_ns);
    if (used < limit) {
        return REFUSED_NOT;
    }
    fmt_int(q->line, used);
    fmt_str(q->line, " orders and cancels in the last second, limit ");
    fmt_int(q->line, limit);
    return REFUSED_RATE;
}

static uint64_t fingerprint(const struct order_intent *in)
{
    const int64_t words[] = {in->instrument,  in->side,        in->tif,
                             in->reduce_only, in->price_ticks, in->qty_lots};
    return hash64(HASH64_START, words, sizeof words);
}

// How often the strategy placed this very order in the last second.
static int64_t repeats(const struct ask *q)
{
    const struct risk_repeat *p = &q->r->repeat[q->in->strategy];
    const uint64_t key = fingerprint(q->in);
    int64_t n = 0;
    for (uint32_t i = 0; i < RISK_REPEAT_MAX; i++) {
        n += p->key[i] == key && q->now_ns - p->mono_ns[i] < ONE_SECOND_NS;
    }
    return n;
}

static enum refusal check_repeat(const struct ask *q)
{
    const int64_t limit = capped(q->r->config.repeat_per_s, RISK_REPEAT_MAX);
    if (repeats(q) < limit) {
        return REFUSED_NOT;
    }
    fmt_str(q->line, "the same order ");
    fmt_int(q->line, limit);
    fmt_str(q->line, " times in 1 s: strategy stopped, resume it");
    return REFUSED_REPEAT;
}

// ---------------------------------------------------------------------------------------------------- door

enum { NEW_RISK = 1, REDUCING = 2, CLOSING = 4, ORDINARY = NEW_RISK | REDUCING, ALWAYS = ORDINARY | CLOSING };

static const struct check {
    enum refusal (*ask)(const struct ask *q);
    int of; // which orders are asked
} CHECKS[] = {
    {check_state, ORDINARY},       {check_strategy, ORDINARY},
    {check_instrument, ALWAYS},    {check_losses, NEW_RISK},
    {check_missed, NEW_RISK},      {check_book, NEW_RISK},
    {check_mark, ORDINARY},        {check_price_range, ALWAYS},
    {check_percent_price, ALWAYS}, {check_collar, ORDINARY},
    {check_qty, ALWAYS},           {check_notional, NEW_RISK},
    {check_order_value, NEW_RISK}, {check_reduce, REDUCING | CLOSING},
    {check_holding, ALWAYS},       {check_position, NEW_RISK},
    {check_gross, NEW_RISK},       {check_room, ALWAYS},
    {check_open_orders, ORDINARY}, {check_self_cross, ORDINARY},
    {check_rate, ORDINARY},        {check_repeat, ORDINARY},
};

static bool strategy_ok(const struct order_intent *in)
{
    const bool kill = in->strategy == STRATEGY_KILL;
    return in->strategy > STRATEGY_NONE && in->strategy < STRATEGY_EXTERNAL && kill == (in->close_only != 0);
}

// Fields in range, instrument known, and a notional that fits our arithmetic; fills price and value.
static enum refusal check_intent(struct ask *q)
{
    const struct order_intent *in = q->in;
    const bool side_ok = in->side == SIDE_BUY || in->side == SIDE_SELL;
    if (!side_ok || in->tif > TIF_GTX || in->reduce_only > 1 || !strategy_ok(in) || in->price_ticks <= 0 ||
        in->qty_lots <= 0) {
        return refuse(q, REFUSED_INVALID, "malformed order: a bug of the strategy");
    }
    const struct instrument *d = &q->f->def;
    if (d->tick_e8 <= 0 || d->lot_e8 <= 0) {
        return refuse(q, REFUSED_INSTRUMENT, "instrument is not known yet");
    }
    const __int128 price_e8 = (__int128)in->price_ticks * d->tick_e8;
    const __int128 qty_e8 = (__int128)in->qty_lots * d->lot_e8;
    if (price_e8 > INT64_MAX || qty_e8 > INT64_MAX || price_e8 * qty_e8 / E8 > NOTIONAL_MAX_E8) {
        return refuse(q, REFUSED_INVALID, "order is absurdly large: a bug of the strategy");
    }
    q->price_e8 = (int64_t)price_e8;
    q->value_e8 = d->kind == INSTRUMENT_INVERSE ? 0 : instrument_notional_e8(d, q->price_e8, in->qty_lots);
    return REFUSED_NOT;
}

static enum refusal ask_all(struct ask *q, int kind)
{
    enum refusal why = check_intent(q);
    for (size_t i = 0; why == REFUSED_NOT && i < COUNT_OF(CHECKS); i++) {
        why = CHECKS[i].of & kind ? CHECKS[i].ask(q) : REFUSED_NOT;
    }
    return why;
}

static void remember(struct risk *r, const struct ask *q)
{
    struct risk_repeat *p = &r->repeat[q->in->strategy];
    p->key[p->next] = fingerprint(q->in);
    p->mono_ns[p->next] = q->now_ns;
    p->next = (p->next + 1) % RISK_REPEAT_MAX;
    risk_note_cancel(r, q->now_ns); // placements and cancels share one rate
    r->approved_count++;
    if (!q->in->close_only) { // a kill's slices are under neither limit: their gauges would cry breach
        r->last_value_e8 = q->value_e8;
        r->last_distance_e8 = q->f->mark_e8 > 0 ? distance_e8(q) : 0;
    }
}

static struct approved_order *open_door(struct risk *r, const struct order_intent *in,
                                        const struct exposure_book *exposures, int64_t mono_ns, int kind,
                                        struct risk_verdict *why)
{
    struct risk_verdict unseen = {0};
    struct risk_verdict *v = why != NULL ? why : &unseen;
    struct fmt line = fmt_begin(v->text, sizeof v->text);
    v->refusal = REFUSED_INVALID;
    if (in->instrument >= INSTRUMENT_MAX) {
        fmt_str(&line, "no such instrument: a bug of the strategy");
        r->refused_count++;
        return NULL;
    }
    struct ask q = {.r = r,
                    .in = in,
                    .f = &r->fact[in->instrument],
                    .x = &exposures->ins[in->instrument],
                    .book = exposures,
                    .now_ns = mono_ns,
                    .line = &line};
    fmt_str(&line, q.f->def.symbol);
    fmt_str(&line, q.f->def.symbol[0] != '\0' ? ": " : "");
    v->refusal = (uint8_t)ask_all(&q, kind);
    if (v->refusal != REFUSED_NOT) {
        r->refused_count++;
        r->stopped[in->strategy < STRATEGY_COUNT ? in->strategy : 0] |= v->refusal == REFUSED_REPEAT;
        return NULL;
    }
    v->text[0] = '\0';
    remember(r, &q);
    struct approved_order *a = (struct approved_order *)(void *)r->slot;
    *a = (struct approved_order){.intent = *in, .revision = exposures->revision, .spent = 0};
    return a;
}

struct approved_order *risk_approve(struct risk *r, const struct order_intent *in,
                                    const struct exposure_book *exposures, int64_t mono_ns,
                                    struct risk_verdict *why)
{
    struct order_intent ordinary = *in;
    ordinary.close_only = 0;
    return open_door(r, &ordinary, exposures, mono_ns, in->reduce_only ? REDUCING : NEW_RISK, why);
}

struct approved_order *risk_approve_close(struct risk *r, const struct order_intent *in,
                                          const struct exposure_book *exposures, int64_t mono_ns,
                                          struct risk_verdict *why)
{
    struct order_intent closing = *in;
    closing.strategy = STRATEGY_KILL;
    closing.tif = TIF_IOC;
    closing.reduce_only = 1;
    closing.close_only = 1;
    if (r->trading_state == TS_HALT) {
        if (why != NULL) {
            struct fmt line = fmt_begin(why->text, sizeof why->text);
            fmt_str(&line, "state HALT: guard and dead-man cancel, restart to close");
            why->refusal = REFUSED_STATE;
        }
        r->refused_count++;
        return NULL;
    }
    return open_door(r, &closing, exposures, mono_ns, CLOSING, why);
}

struct order_intent approved_spend(struct approved_order *a, const struct exposure_book *exposures)
{
    CHECK(a != NULL && !a->spent && a->intent.qty_lots > 0);
    CHECK(a->revision == exposures->revision);
    a->spent = 1;
    return a->intent;
}
