// SPDX-License-Identifier: Apache-2.0
// xch_reads: what anybody may ask about orders, executions, money and market; changes nothing. Every history
// is a bounded ring that is read by one rule (struct xch_range).
#include <string.h>

#include "engine/exchange/xch.h"

bool xch_in_range(const struct xch_range *r, uint64_t id, int64_t time_ns)
{
    int64_t ms = time_ns / NS_PER_MS;
    return !r || (id >= r->from_id && (r->start_ms == 0 || ms >= r->start_ms) &&
                  (r->end_ms == 0 || ms <= r->end_ms));
}

size_t xch_range_skip(const struct xch_range *r, size_t n, size_t max)
{
    bool newest = !r || (r->from_id == 0 && r->start_ms == 0);
    return newest && n > max ? n - max : 0;
}

static bool of_symbol(const struct exchange *x, const char *symbol, uint16_t instrument)
{
    return !symbol ||
           (instrument != INSTRUMENT_NONE && strcmp(x->market[instrument].ins.symbol, symbol) == 0);
}

// What a read asks for; each history looks at the fields it has.
struct ask {
    const struct exchange *x;
    const char *symbol;
    const struct xch_range *r;
    uint64_t order_id;
    enum xch_income_type type;
};
typedef bool asked_fn(const struct ask *a, const void *row);

// A ring of `size` rows of `bytes` each, of which `ever` were written.
struct ring {
    const void *rows;
    size_t bytes, size;
    uint64_t ever;
};

static const void *ring_row(const struct ring *g, uint64_t i)
{
    return (const char *)g->rows + i % g->size * g->bytes;
}

static size_t read_ring(const struct ring *g, asked_fn *asked, const struct ask *a, void *out, size_t max)
{
    uint64_t first = g->ever > g->size ? g->ever - g->size : 0;
    size_t all = 0, n = 0;
    for (uint64_t i = first; i < g->ever; i++) {
        all += asked(a, ring_row(g, i));
    }
    size_t skip = xch_range_skip(a->r, all, max);
    for (uint64_t i = first; i < g->ever && n < max; i++) {
        if (asked(a, ring_row(g, i)) && (skip == 0 || skip-- == 0)) {
            memcpy((char *)out + n++ * g->bytes, ring_row(g, i), g->bytes);
        }
    }
    return n;
}

// --------------------------------------------------------------------------------------------------- orders

static int32_t find_order(const struct exchange *x, const char *symbol, uint64_t order_id,
                          const char *client_id, const struct xch_slot **found, const char **msg)
{
    *found = NULL;
    if (!exchange_instrument(x, symbol)) {
        return xch_refuse(-1121, "Invalid symbol.", msg);
    }
    for (uint16_t i = x->newest; i != XCH_NO_SLOT && !*found; i = x->slot[i].older) {
        const struct xch_order *o = &x->slot[i].o;
        bool hit = order_id ? o->order_id == order_id
                            : client_id && client_id[0] && strcmp(o->client_id, client_id) == 0;
        if (hit && strcmp(o->symbol, symbol) == 0) {
            *found = &x->slot[i];
        }
    }
    return *found ? 0 : xch_refuse(-2013, "Order does not exist.", msg);
}

int32_t exchange_query(const struct exchange *x, const char *symbol, uint64_t order_id, const char *client_id,
                       struct xch_order *o, const char **msg)
{
    const struct xch_slot *s;
    int32_t code = find_order(x, symbol, order_id, client_id, &s, msg);
    if (code == 0) {
        *o = s->o;
    }
    return code;
}

int32_t exchange_query_open(const struct exchange *x, const char *symbol, uint64_t order_id,
                            const char *client_id, struct xch_order *o, const char **msg)
{
    const struct xch_slot *s;
    int32_t code = find_order(x, symbol, order_id, client_id, &s, msg);
    if (code == 0 && !s->open) {
        code = xch_refuse(-2013, "Order does not exist.", msg);
    }
    if (code == 0) {
        *o = s->o;
    }
    return code;
}

size_t exchange_open_orders(const struct exchange *x, const char *symbol, struct xch_order *out, size_t max)
{
    size_t n = 0;
    for (uint32_t i = 0; i < x->open_count && n < max; i++) {
        const struct xch_order *o = &x->slot[x->open[i]].o;
        if (!symbol || strcmp(o->symbol, symbol) == 0) {
            out[n++] = *o;
        }
    }
    return n;
}

static bool order_asked(const struct xch_order *o, const char *symbol, const struct xch_range *r, bool forced)
{
    return (!symbol || strcmp(o->symbol, symbol) == 0) && xch_in_range(r, o->order_id, o->created_ns) &&
           (!forced || strncmp(o->client_id, "autoclose-", 10) == 0);
}

static size_t orders(const struct exchange *x, const char *symbol, const struct xch_range *r, bool forced,
                     struct xch_order *out, size_t max)
{
    size_t all = 0, n = 0;
    for (uint16_t i = x->oldest; i != XCH_NO_SLOT; i = x->slot[i].newer) {
        all += order_asked(&x->slot[i].o, symbol, r, forced);
    }
    size_t skip = xch_range_skip(r, all, max);
    for (uint16_t i = x->oldest; i != XCH_NO_SLOT && n < max; i = x->slot[i].newer) {
        if (order_asked(&x->slot[i].o, symbol, r, forced) && (skip == 0 || skip-- == 0)) {
            out[n++] = x->slot[i].o;
        }
    }
    return n;
}

size_t exchange_orders(const struct exchange *x, const char *symbol, const struct xch_range *r,
                       struct xch_order *out, size_t max)
{
    return orders(x, symbol, r, false, out, max);
}

size_t exchange_force_orders(const struct exchange *x, const char *symbol, const struct xch_range *r,
                             struct xch_order *out, size_t max)
{
    return orders(x, symbol, r, true, out, max);
}

// ------------------------------------------------------------------------------------------------ account's
// logs

size_t exchange_fills(const struct exchange *x, const char *symbol, uint64_t from_trade_id,
                      struct xch_fill *out, size_t max)
{
    struct xch_range r = {.from_id = from_trade_id ? from_trade_id : 1}; // the oldest, not the newest
    return exchange_user_trades(x, symbol, 0, &r, out, max);
}

static bool fill_asked(const struct ask *a, const void *row)
{
    const struct xch_fill *f = row;
    return of_symbol(a->x, a->symbol, f->order.instrument) &&
           (a->order_id == 0 || f->order.order_id == a->order_id) &&
           xch_in_range(a->r, f->trade_id, f->time_ns);
}

size_t exchange_user_trades(const struct exchange *x, const char *symbol, uint64_t order_id,
                            const struct xch_range *r, struct xch_fill *out, size_t max)
{
    struct ring g = {x->fill, sizeof x->fill[0], XCH_TRADES_MAX, x->fills};
    return read_ring(&g, fill_asked, &(struct ask){.x = x, .symbol = symbol, .r = r, .order_id = order_id},
                     out, max);
}

static bool income_asked(const struct ask *a, const void *row)
{
    const struct xch_income *i = row;
    return (a->type == XI_ANY || i->type == a->type) && of_symbol(a->x, a->symbol, i->instrument) &&
           xch_in_range(a->r, i->tran_id, i->time_ns);
}

size_t exchange_income(const struct exchange *x, const char *symbol, enum xch_income_type type,
                       const struct xch_range *r, struct xch_income *out, size_t max)
{
    struct ring g = {x->income, sizeof x->income[0], XCH_INCOME_MAX, x->incomes};
    return read_ring(&g, income_asked, &(struct ask){.x = x, .symbol = symbol, .r = r, .type = type}, out,
                     max);
}

static bool funding_asked(const struct ask *a, const void *row)
{
    const struct xch_funding *f = row;
    return of_symbol(a->x, a->symbol, f->instrument) && xch_in_range(a->r, UINT64_MAX, f->time_ns);
}

size_t exchange_funding_history(const struct exchange *x, const char *symbol, const struct xch_range *r,
                                struct xch_funding *out, size_t max)
{
    struct ring g = {x->funding, sizeof x->funding[0], XCH_FUNDING_MAX, x->fundings};
    return read_ring(&g, funding_asked, &(struct ask){.x = x, .symbol = symbol, .r = r}, out, max);
}

static bool margin_asked(const struct ask *a, const void *row)
{
    const struct xch_margin_change *c = row;
    return of_symbol(a->x, a->symbol, c->instrument) && xch_in_range(a->r, UINT64_MAX, c->time_ns);
}

size_t exchange_margin_log(const struct exchange *x, const char *symbol, const struct xch_range *r,
                           struct xch_margin_change *out, size_t max)
{
    struct ring g = {x->margin, sizeof x->margin[0], XCH_MARGIN_LOG_MAX, x->margins};
    return read_ring(&g, margin_asked, &(struct ask){.x = x, .symbol = symbol, .r = r}, out, max);
}

// --------------------------------------------------------------------------------------------------- market

static bool trade_asked(const struct ask *a, const void *row)
{
    const struct xch_trade *t = row;
    return xch_in_range(a->r, t->id, t->time_ns);
}

static size_t tape(const struct xch_trade *rows, uint64_t ever, const struct xch_range *r,
                   struct xch_trade *out, size_t max)
{
    struct ring g = {rows, sizeof rows[0], XCH_TAPE_MAX, ever};
    return read_ring(&g, trade_asked, &(struct ask){.r = r}, out, max);
}

size_t exchange_trades(const struct exchange *x, uint16_t instrument, const struct xch_range *r,
                       struct xch_trade *out, size_t max)
{
    CHECK(instrument < x->cfg.instrument_count);
    const struct xch_stats *s = &x->market[instrument].stats;
    return tape(s->trade, s->trades, r, out, max);
}

size_t exchange_agg_trades(const struct exchange *x, uint16_t instrument, const struct xch_range *r,
                           struct xch_trade *out, size_t max)
{
    CHECK(instrument < x->cfg.instrument_count);
    const struct xch_stats *s = &x->market[instrument].stats;
    return tape(s->agg, s->aggs, r, out, max);
}

const struct instrument *exchange_instrument(const struct exchange *x, const char *symbol)
{
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        if (strcmp(x->market[i].ins.symbol, symbol) == 0) {
            return &x->market[i].ins;
        }
    }
    return NULL;
}

size_t exchange_instruments(const struct exchange *x, const struct instrument **out)
{
    for (uint32_t i = 0; i < x->cfg.instrument_count; i++) {
        out[i] = &x->market[i].ins;
    }
    return x->cfg.instrument_count;
}

bool exchange_is_spot(const struct exchange *x)
{
    return x->spot;
}

const struct xch_rules *exchange_rules(const struct exchange *x)
{
    return &x->cfg.rules;
}

void exchange_mark(const struct exchange *x, uint16_t instrument, struct ev_mark *out)
{
    CHECK(instrument < x->cfg.instrument_count);
    const struct xch_mark *k = &x->market[instrument].mark;
    *out = (struct ev_mark){.mark_e8 = k->mark_e8,
                            .index_e8 = k->index_e8 ? k->index_e8 : k->mark_e8,
                            .funding_rate_e8 = k->rate_e8,
                            .next_funding_ns = k->funding_due_ns};
}

bool exchange_touch(const struct exchange *x, uint16_t instrument, struct ev_touch *out)
{
    CHECK(instrument < x->cfg.instrument_count);
    const struct xch_market *m = &x->market[instrument];
    struct level bid, ask;
    if (!xch_best(m, SIDE_BUY, &bid) || !xch_best(m, SIDE_SELL, &ask)) {
        return false;
    }
    *out = (struct ev_touch){bid.ticks, bid.lots, ask.ticks, ask.lots, xch_seen_id(m)};
    return true;
}
