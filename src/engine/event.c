// SPDX-License-Identifier: Apache-2.0
// event: sizes, structural checks and fingerprints of the one language of the house. The idea: each type has
// one fixed payload size (books add their levels), so that "is this really an event?" is a table look-up
// before any field is trusted. What an event means is not judged here: that is the stations' business.
#include "engine/event.h"

#include <string.h>

#include "base/hash.h"

// Prices and quantities of an outside event stay below this, so that products with steps can be checked in
// 128 bits.
#define GRID_MAX (INT64_C(1) << 52)

struct type_info {
    const char *name;
    size_t payload; // bytes after the header, without levels
};

static const struct type_info TYPES[EV_TYPE_COUNT] = {
    [EV_NONE] = {"none", 0},
    [EV_START] = {"start", sizeof(struct ev_start)},
    [EV_INSTRUMENT] = {"instrument", sizeof(struct instrument)},
    [EV_BOOK_SNAPSHOT] = {"book_snapshot", offsetof(struct ev_book, levels)},
    [EV_BOOK_DIFF] = {"book_diff", offsetof(struct ev_book, levels)},
    [EV_BOOK_STATE] = {"book_state", sizeof(struct ev_book_state)},
    [EV_TRADE] = {"trade", sizeof(struct ev_trade)},
    [EV_TOUCH] = {"touch", sizeof(struct ev_touch)},
    [EV_MARK] = {"mark", sizeof(struct ev_mark)},
    [EV_ORDER] = {"order", sizeof(struct ev_order)},
    [EV_ACCOUNT] = {"account", sizeof(struct ev_account)},
    [EV_LINK] = {"link", sizeof(struct ev_link)},
    [EV_BUDGET] = {"budget", sizeof(struct ev_budget)},
    [EV_LOAD] = {"load", sizeof(struct ev_load)},
    [EV_TIMER] = {"timer", sizeof(struct ev_timer)},
    [EV_OPERATOR] = {"operator", sizeof(struct ev_operator)},
    [EV_PREDICTION] = {"prediction", sizeof(struct ev_prediction)},
    [EV_MARGIN] = {"margin", sizeof(struct margin_table)},
};

static bool has_levels(enum event_type type)
{
    return type == EV_BOOK_SNAPSHOT || type == EV_BOOK_DIFF;
}

size_t event_size(enum event_type type, size_t levels)
{
    CHECK((unsigned)type < EV_TYPE_COUNT);
    CHECK(levels <= EV_LEVELS_MAX && (levels == 0 || has_levels(type)));
    return EVENT_HEAD + TYPES[type].payload + levels * sizeof(struct level);
}

void event_init(struct event *ev, enum event_type type, uint16_t instrument, size_t levels)
{
    size_t size = event_size(type, levels);
    memset(ev, 0, EVENT_HEAD + TYPES[type].payload);
    ev->size = (uint32_t)size;
    ev->type = (uint16_t)type;
    ev->instrument = instrument;
}

const char *event_type_name(enum event_type type)
{
    return (unsigned)type < EV_TYPE_COUNT ? TYPES[type].name : "unknown";
}

// ---------------------------------------------------------------------------------------------- validation

static bool on_grid(int64_t v)
{
    return v >= 0 && v < GRID_MAX;
}

static bool small_signed(int64_t v)
{
    return v > -GRID_MAX && v < GRID_MAX;
}

static bool side_valid(int8_t side)
{
    return side == SIDE_BUY || side == SIDE_SELL;
}

// Zero-terminated printable ASCII inside its field.
static bool text_valid(const char *s, size_t cap)
{
    size_t n = strnlen(s, cap);
    if (n == cap) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (s[i] < 0x20 || s[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

static bool instrument_valid(const struct instrument *x)
{
    return x->id < INSTRUMENT_MAX && x->venue < VENUE_MAX && x->kind <= INSTRUMENT_INVERSE &&
           x->status <= INSTRUMENT_HALTED && x->settle < CURRENCY_COUNT && x->price_decimals <= 8 &&
           x->qty_decimals <= 8 && text_valid(x->symbol, sizeof x->symbol) && x->symbol[0] != '\0' &&
           x->tick_e8 > 0 && x->lot_e8 > 0 && x->contract_e8 > 0 && on_grid(x->min_price_ticks) &&
           on_grid(x->max_price_ticks) && on_grid(x->min_qty_lots) && on_grid(x->max_qty_lots) &&
           x->min_notional_e8 >= 0;
}

static bool margin_valid(const struct margin_table *m)
{
    if (m->count > BRACKETS_MAX || m->funding_interval_h < 0 || m->funding_interval_h > 24 * 7) {
        return false;
    }
    for (uint32_t i = 0; i < m->count; i++) {
        const struct margin_bracket *b = &m->bracket[i];
        if (b->cap_e8 <= (i ? m->bracket[i - 1].cap_e8 : 0) || b->cum_e8 < 0 || b->ratio_e8 < 0 ||
            b->ratio_e8 > E8 || b->leverage < 0) {
            return false;
        }
    }
    return true;
}

static bool book_valid(const struct ev_book *b, size_t size)
{
    if (b->bids > EV_LEVELS_MAX || b->asks > EV_LEVELS_MAX - b->bids) {
        return false;
    }
    size_t n = (size_t)b->bids + b->asks;
    if (size != event_size(EV_BOOK_DIFF, n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!on_grid(b->levels[i].ticks) || !on_grid(b->levels[i].lots)) {
            return false;
        }
    }
    return true;
}

static bool order_valid(const struct ev_order *o)
{
    bool external = o->side == 0; // a report without an order (cancel-all) has no side
    return text_valid(o->client_id, sizeof o->client_id) && text_valid(o->text, sizeof o->text) &&
           on_grid(o->price_ticks) && on_grid(o->qty_lots) && on_grid(o->cum_lots) && on_grid(o->last_lots) &&
           o->kind <= RK_CANCEL_ALL_DONE && o->status <= OS_REJECTED && (external || side_valid(o->side)) &&
           o->source <= SOURCE_QUERY && o->drop_reason <= DROP_LINK && o->fill_kind <= FILL_MISSED &&
           o->fee_currency < CURRENCY_COUNT && o->tif <= TIF_GTX;
}

static bool account_valid(const struct ev_account *a)
{
    return a->kind <= AK_CONFIG && a->reason <= AR_READ && a->currency < CURRENCY_COUNT &&
           small_signed(a->position_lots);
}

static bool operator_valid(const struct ev_operator *o)
{
    return o->actor <= ACTOR_RULE && o->verb < VERB_COUNT && o->strategy < STRATEGY_COUNT &&
           text_valid(o->word, sizeof o->word);
}

static bool touch_valid(const struct ev_touch *t)
{
    return on_grid(t->bid_ticks) && on_grid(t->bid_lots) && on_grid(t->ask_ticks) && on_grid(t->ask_lots);
}

static bool trade_valid(const struct ev_trade *t)
{
    return on_grid(t->price_ticks) && on_grid(t->qty_lots) && side_valid(t->side);
}

static bool payload_valid(const struct event *ev)
{
    switch ((enum event_type)ev->type) {
    case EV_START:
        return ev->u.start.mode <= MODE_LIVE;
    case EV_INSTRUMENT:
        return instrument_valid(&ev->u.instrument_rev);
    case EV_MARGIN:
        return margin_valid(&ev->u.margin);
    case EV_BOOK_SNAPSHOT:
    case EV_BOOK_DIFF:
        return book_valid(&ev->u.book, ev->size);
    case EV_BOOK_STATE:
        return ev->u.book_state.state <= BOOK_STALE && ev->u.book_state.reason <= BOOK_REASON_FROZEN;
    case EV_TRADE:
        return trade_valid(&ev->u.trade);
    case EV_TOUCH:
        return touch_valid(&ev->u.touch);
    case EV_MARK:
        return ev->u.mark.mark_e8 >= 0 && ev->u.mark.index_e8 >= 0;
    case EV_ORDER:
        return order_valid(&ev->u.order);
    case EV_ACCOUNT:
        return account_valid(&ev->u.account);
    case EV_LINK:
        return ev->u.link.link < LINK_COUNT && ev->u.link.state <= LINK_UP &&
               text_valid(ev->u.link.text, sizeof ev->u.link.text);
    case EV_BUDGET:
        return ev->u.budget.lane <= 1 && ev->u.budget.used_pct <= 100;
    case EV_OPERATOR:
        return operator_valid(&ev->u.op);
    case EV_LOAD:
    case EV_TIMER:
    case EV_PREDICTION:
        return true;
    case EV_NONE:
    case EV_TYPE_COUNT:
        break;
    }
    return false;
}

bool event_valid(const struct event *ev, size_t bytes)
{
    if (bytes < EVENT_HEAD || ev->size > bytes || ev->type >= EV_TYPE_COUNT) {
        return false;
    }
    size_t fixed = event_size((enum event_type)ev->type, 0);
    if (has_levels((enum event_type)ev->type) ? ev->size < fixed : ev->size != fixed) {
        return false;
    }
    if (ev->instrument >= INSTRUMENT_MAX && ev->instrument != INSTRUMENT_NONE) {
        return false;
    }
    return ev->venue < VENUE_MAX && payload_valid(ev);
}

// --------------------------------------------------------------------------------------------- fingerprint

static uint64_t hash_u64(uint64_t h, uint64_t v)
{
    uint8_t b[8];
    for (int i = 0; i < 8; i++) {
        b[i] = (uint8_t)(v >> (8 * i));
    }
    return hash64(h, b, sizeof b);
}

// Length first, so that no two different lists of texts hash the same bytes.
static uint64_t hash_text(uint64_t h, const char *s, size_t cap)
{
    size_t n = strnlen(s, cap);
    return hash64(hash_u64(h, n), s, n);
}

uint64_t action_hash(uint64_t h, const struct action *a)
{
    uint64_t kind = (uint64_t)a->type | (uint64_t)a->instrument << 16 | (uint64_t)a->venue << 32 |
                    (uint64_t)a->strategy << 40 | (uint64_t)(uint8_t)a->side << 48 | (uint64_t)a->tif << 56;
    uint64_t flags = (uint64_t)a->reduce_only | (uint64_t)a->close_only << 8 | (uint64_t)a->sub << 16 |
                     (uint64_t)a->level << 24;
    h = hash_u64(h, a->cause_seq);
    h = hash_u64(h, kind);
    h = hash_u64(h, flags);
    h = hash_u64(h, (uint64_t)a->price_ticks);
    h = hash_u64(h, (uint64_t)a->qty_lots);
    h = hash_u64(h, (uint64_t)a->value);
    h = hash_u64(h, a->read_id);
    h = hash_u64(h, a->order_id);
    h = hash_text(h, a->client_id, sizeof a->client_id);
    return hash_text(h, a->text, sizeof a->text);
}
