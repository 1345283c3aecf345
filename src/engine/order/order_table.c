// SPDX-License-Identifier: Apache-2.0
// order_table: fixed arrays, chained hashes by slot number, doubly linked lists through the slots. Sums of
// exposure are kept by booking each order's contribution before and after a change; only the best own price
// may need a walk over the instrument's live orders, when the best one leaves.
#include "engine/order/order_table.h"

#include <string.h>

#include "base/check.h"
#include "base/hash.h"

_Static_assert(ORDERS_MAX < ORDER_NONE && ORDER_FILLS_MAX < ORDER_NONE, "indices fit 16 bits");

// --------------------------------------------------------------------------------------------------- index

static uint32_t client_bucket(const char *id)
{
    return (uint32_t)(hash64(HASH64_START, id, strnlen(id, CLIENT_ID_MAX)) % ORDER_BUCKETS);
}

static uint32_t venue_bucket(uint16_t instrument, uint64_t order_id)
{
    const uint64_t h = hash64(HASH64_START, &order_id, sizeof order_id);
    return (uint32_t)((h ^ instrument) % ORDER_BUCKETS);
}

static uint32_t fill_bucket(uint16_t instrument, uint64_t trade_id)
{
    const uint64_t h = hash64(HASH64_START, &trade_id, sizeof trade_id);
    return (uint32_t)((h ^ instrument) % ORDER_FILL_BUCKETS);
}

uint16_t order_find(const struct orders *o, const char *client_id)
{
    uint16_t s = o->by_client[client_bucket(client_id)];
    while (s != ORDER_NONE && strncmp(o->slot[s].client_id, client_id, CLIENT_ID_MAX) != 0) {
        s = o->slot[s].next_client;
    }
    return s;
}

uint16_t order_find_venue(const struct orders *o, uint16_t instrument, uint64_t order_id)
{
    uint16_t s = o->by_venue[venue_bucket(instrument, order_id)];
    while (s != ORDER_NONE && (o->slot[s].order_id != order_id || o->slot[s].instrument != instrument)) {
        s = o->slot[s].next_venue;
    }
    return s;
}

static void unindex_client(struct orders *o, uint16_t slot)
{
    uint16_t *at = &o->by_client[client_bucket(o->slot[slot].client_id)];
    while (*at != slot) {
        CHECK(*at != ORDER_NONE);
        at = &o->slot[*at].next_client;
    }
    *at = o->slot[slot].next_client;
}

static void unindex_venue(struct orders *o, uint16_t slot)
{
    const struct order *r = &o->slot[slot];
    uint16_t *at = &o->by_venue[venue_bucket(r->instrument, r->order_id)];
    while (*at != slot) {
        CHECK(*at != ORDER_NONE);
        at = &o->slot[*at].next_venue;
    }
    *at = r->next_venue;
}

void table_bind(struct orders *o, uint16_t slot, uint64_t order_id)
{
    struct order *r = &o->slot[slot];
    if (order_id == 0 || r->order_id != 0 || order_find_venue(o, r->instrument, order_id) != ORDER_NONE) {
        return;
    }
    r->order_id = order_id;
    uint16_t *head = &o->by_venue[venue_bucket(r->instrument, order_id)];
    r->next_venue = *head;
    *head = slot;
}

// --------------------------------------------------------------------------------------------------- lists

static void live_push(struct orders *o, uint16_t slot)
{
    struct order *r = &o->slot[slot];
    uint16_t *head = &o->live_head[r->instrument];
    r->prev = ORDER_NONE;
    r->next = *head;
    if (*head != ORDER_NONE) {
        o->slot[*head].prev = slot;
    }
    *head = slot;
}

static void done_push(struct orders *o, uint16_t slot)
{
    struct order *r = &o->slot[slot];
    r->prev = ORDER_NONE;
    r->next = o->done_head;
    if (o->done_head != ORDER_NONE) {
        o->slot[o->done_head].prev = slot;
    } else {
        o->done_tail = slot;
    }
    o->done_head = slot;
    o->done_count++;
}

static void live_remove(struct orders *o, uint16_t slot)
{
    const struct order *r = &o->slot[slot];
    if (r->prev != ORDER_NONE) {
        o->slot[r->prev].next = r->next;
    } else {
        CHECK(o->live_head[r->instrument] == slot);
        o->live_head[r->instrument] = r->next;
    }
    if (r->next != ORDER_NONE) {
        o->slot[r->next].prev = r->prev;
    }
}

static void done_remove(struct orders *o, uint16_t slot)
{
    const struct order *r = &o->slot[slot];
    if (r->prev != ORDER_NONE) {
        o->slot[r->prev].next = r->next;
    } else {
        CHECK(o->done_head == slot);
        o->done_head = r->next;
    }
    if (r->next != ORDER_NONE) {
        o->slot[r->next].prev = r->prev;
    } else {
        o->done_tail = r->prev;
    }
    o->done_count--;
}

// ------------------------------------------------------------------------------------------------ exposure

static int64_t not_below_zero(int64_t v)
{
    return v > 0 ? v : 0;
}

int64_t order_missed_lots(const struct order *r)
{
    return not_below_zero(r->cum_lots - r->base_lots - r->settled_lots - r->filled_lots);
}

int64_t order_exposed_lots(const struct order *r)
{
    if (!order_state_is_live((enum order_state)r->state)) {
        return order_missed_lots(r);
    }
    // The whole rest: what is open and what is filled but not booked. A doubtful cancel or amend takes
    // nothing off.
    return not_below_zero(r->qty_lots - r->base_lots - r->settled_lots - r->filled_lots);
}

struct contribution table_contribution(const struct order *r)
{
    return (struct contribution){
        .lots = order_exposed_lots(r),
        .price_ticks = r->price_ticks,
        .live = order_state_is_live((enum order_state)r->state),
        .doubt = r->state == ORD_UNKNOWN,
        .reduce = (r->flags & ORDF_REDUCE) != 0,
        .missed = order_missed_lots(r) > 0,
    };
}

static void add_lots(struct exposure *x, int8_t side, const struct contribution *c, int64_t sign)
{
    int64_t *all = side == SIDE_BUY ? &x->buy_lots : &x->sell_lots;
    int64_t *reduce = side == SIDE_BUY ? &x->reduce_buy_lots : &x->reduce_sell_lots;
    *all += sign * c->lots;
    if (c->reduce) {
        *reduce += sign * c->lots;
    }
    CHECK(*all >= 0 && *reduce >= 0 && *reduce <= *all);
}

// The best own price of one side, by walking the live orders.
static int64_t best_price(const struct orders *o, uint16_t instrument, int8_t side)
{
    int64_t best = side == SIDE_BUY ? 0 : INT64_MAX;
    for (uint16_t s = o->live_head[instrument]; s != ORDER_NONE; s = o->slot[s].next) {
        const struct order *r = &o->slot[s];
        const bool better =
            side == SIDE_BUY ? r->price_ticks > best : r->price_ticks < best && r->price_ticks > 0;
        if (r->side == side && better) {
            best = r->price_ticks;
        }
    }
    return best;
}

static void update_best(struct orders *o, const struct order *r, const struct contribution *before,
                        const struct contribution *after)
{
    struct exposure *x = &o->exposures.ins[r->instrument];
    int64_t *best = r->side == SIDE_BUY ? &x->best_buy_ticks : &x->best_sell_ticks;
    if (before->live == after->live && before->price_ticks == after->price_ticks) {
        return;
    }
    if (before->live && before->price_ticks == *best) {
        *best = best_price(o, r->instrument, r->side);
    } else if (after->live && after->price_ticks > 0) {
        const bool better = r->side == SIDE_BUY ? after->price_ticks > *best : after->price_ticks < *best;
        *best = better ? after->price_ticks : *best;
    }
}

static void move_between_lists(struct orders *o, uint16_t slot, enum order_state was)
{
    const bool was_live = order_state_is_live(was);
    const bool is_live = order_state_is_live((enum order_state)o->slot[slot].state);
    if (was != ORD_FREE && was_live == is_live) {
        return;
    }
    if (was != ORD_FREE && was_live) {
        live_remove(o, slot);
    } else if (was != ORD_FREE) {
        done_remove(o, slot);
    }
    if (is_live) {
        live_push(o, slot);
    } else {
        done_push(o, slot);
    }
}

void table_update(struct orders *o, uint16_t slot, enum order_state was, struct contribution before)
{
    const struct order *r = &o->slot[slot];
    struct exposure *x = &o->exposures.ins[r->instrument];
    const struct contribution after = table_contribution(r);
    move_between_lists(o, slot, was);
    add_lots(x, r->side, &before, -1);
    add_lots(x, r->side, &after, 1);
    x->orders += (uint32_t)after.live - (uint32_t)before.live;
    x->doubts += (uint32_t)after.doubt - (uint32_t)before.doubt;
    o->exposures.live += (uint32_t)after.live - (uint32_t)before.live;
    o->missed[r->instrument] += (uint32_t)after.missed - (uint32_t)before.missed;
    update_best(o, r, &before, &after);
    o->exposures.revision++;
}

// --------------------------------------------------------------------------------------------------- slots

// The oldest finished order without a missing fill, or the oldest; ORDER_NONE when nothing is finished.
static uint16_t oldest_done(const struct orders *o)
{
    uint16_t s = o->done_tail;
    while (s != ORDER_NONE && order_missed_lots(&o->slot[s]) > 0) {
        s = o->slot[s].prev;
    }
    return s != ORDER_NONE ? s : o->done_tail;
}

static uint16_t evict(struct orders *o)
{
    const uint16_t slot = oldest_done(o);
    if (slot == ORDER_NONE) {
        return ORDER_NONE;
    }
    struct order *r = &o->slot[slot];
    const struct contribution before = table_contribution(r);
    r->settled_lots += order_missed_lots(r);
    table_update(o, slot, (enum order_state)r->state, before);
    done_remove(o, slot);
    unindex_client(o, slot);
    if (r->order_id != 0) {
        unindex_venue(o, slot);
    }
    o->evicted++;
    return slot;
}

uint16_t table_take(struct orders *o, const char *client_id)
{
    uint16_t slot = o->free_head;
    if (slot != ORDER_NONE) {
        o->free_head = o->slot[slot].next;
    } else {
        slot = evict(o);
    }
    if (slot == ORDER_NONE) {
        return ORDER_NONE;
    }
    struct order *r = &o->slot[slot];
    memset(r, 0, sizeof *r);
    const size_t n = strnlen(client_id, CLIENT_ID_MAX - 1);
    memcpy(r->client_id, client_id, n);
    r->next = r->prev = r->next_venue = ORDER_NONE;
    r->ahead_lots = -1;
    uint16_t *head = &o->by_client[client_bucket(r->client_id)];
    r->next_client = *head;
    *head = slot;
    return slot;
}

void table_init(struct orders *o)
{
    memset(o, 0, sizeof *o);
    memset(o->by_client, 0xff, sizeof o->by_client);
    memset(o->by_venue, 0xff, sizeof o->by_venue);
    memset(o->fill_bucket, 0xff, sizeof o->fill_bucket);
    memset(o->live_head, 0xff, sizeof o->live_head);
    o->done_head = o->done_tail = ORDER_NONE;
    o->exposures.live_max = ORDERS_LIVE_MAX;
    for (int s = 0; s < ORDERS_MAX; s++) {
        o->slot[s].next = s + 1 < ORDERS_MAX ? (uint16_t)(s + 1) : (uint16_t)ORDER_NONE;
    }
    o->free_head = 0;
    for (int i = 0; i < INSTRUMENT_MAX; i++) {
        o->exposures.ins[i].best_sell_ticks = INT64_MAX;
    }
}

// --------------------------------------------------------------------------------------------------- fills

bool table_fill_known(const struct orders *o, uint16_t instrument, uint64_t trade_id)
{
    uint16_t i = o->fill_bucket[fill_bucket(instrument, trade_id)];
    while (i != ORDER_NONE) {
        if (o->fill[i].trade_id == trade_id && o->fill[i].instrument == instrument) {
            return true;
        }
        i = o->fill[i].next;
    }
    return false;
}

static void forget_fill(struct orders *o, uint16_t i)
{
    const struct order_fill_key *k = &o->fill[i];
    uint16_t *at = &o->fill_bucket[fill_bucket(k->instrument, k->trade_id)];
    while (*at != i) {
        CHECK(*at != ORDER_NONE);
        at = &o->fill[*at].next;
    }
    *at = k->next;
    if (k->trade_id > o->fill_forgotten[k->instrument]) {
        o->fill_forgotten[k->instrument] = k->trade_id;
    }
}

void table_fill_remember(struct orders *o, uint16_t instrument, uint64_t trade_id)
{
    const uint16_t i = (uint16_t)o->fill_next;
    if (o->fill_count == ORDER_FILLS_MAX) {
        forget_fill(o, i);
    } else {
        o->fill_count++;
    }
    uint16_t *head = &o->fill_bucket[fill_bucket(instrument, trade_id)];
    o->fill[i] = (struct order_fill_key){.trade_id = trade_id, .instrument = instrument, .next = *head};
    *head = i;
    o->fill_next = (o->fill_next + 1) % ORDER_FILLS_MAX;
}

// --------------------------------------------------------------------------------------------------- check

static void check_instrument(const struct orders *o, uint16_t instrument, const struct exposure *want,
                             uint32_t missed)
{
    const struct exposure *x = &o->exposures.ins[instrument];
    CHECK(x->buy_lots == want->buy_lots && x->sell_lots == want->sell_lots);
    CHECK(x->reduce_buy_lots == want->reduce_buy_lots && x->reduce_sell_lots == want->reduce_sell_lots);
    CHECK(x->orders == want->orders && x->doubts == want->doubts);
    CHECK(o->missed[instrument] == missed);
    CHECK(x->best_buy_ticks == best_price(o, instrument, SIDE_BUY));
    CHECK(x->best_sell_ticks == best_price(o, instrument, SIDE_SELL));
    uint32_t listed = 0;
    for (uint16_t s = o->live_head[instrument]; s != ORDER_NONE; s = o->slot[s].next) {
        CHECK(o->slot[s].instrument == instrument && order_state_is_live((enum order_state)o->slot[s].state));
        listed++;
        CHECK(listed <= ORDERS_MAX);
    }
    CHECK(listed == x->orders);
}

static void check_order(const struct orders *o, uint16_t slot)
{
    const struct order *r = &o->slot[slot];
    CHECK(r->cum_lots >= 0 && r->filled_lots >= 0 && r->base_lots >= 0 && r->settled_lots >= 0);
    CHECK(r->cum_lots >= r->base_lots + r->settled_lots + r->filled_lots);
    CHECK(r->side == SIDE_BUY || r->side == SIDE_SELL);
    CHECK(r->state != ORD_FREE && r->state <= ORD_ABSENT);
    CHECK(order_state_is_live((enum order_state)r->state) || (r->flags & ORDF_CANCEL_SENT) == 0);
    if (r->client_id[0] != '\0') {
        const uint16_t found = order_find(o, r->client_id);
        CHECK(found != ORDER_NONE && strcmp(o->slot[found].client_id, r->client_id) == 0);
    }
    CHECK(r->order_id == 0 || order_find_venue(o, r->instrument, r->order_id) == slot);
}

void orders_check(const struct orders *o)
{
    struct exposure want[INSTRUMENT_MAX] = {0};
    uint32_t missed[INSTRUMENT_MAX] = {0}, live = 0, done = 0;
    for (int s = 0; s < ORDERS_MAX; s++) {
        const struct order *r = &o->slot[s];
        if (r->state == ORD_FREE) {
            continue;
        }
        check_order(o, (uint16_t)s);
        const struct contribution c = table_contribution(r);
        struct exposure *x = &want[r->instrument];
        *(r->side == SIDE_BUY ? &x->buy_lots : &x->sell_lots) += c.lots;
        *(r->side == SIDE_BUY ? &x->reduce_buy_lots : &x->reduce_sell_lots) += c.reduce ? c.lots : 0;
        x->orders += c.live;
        x->doubts += c.doubt;
        missed[r->instrument] += c.missed;
        live += c.live;
        done += !c.live;
    }
    CHECK(live == o->exposures.live && done == o->done_count);
    for (int i = 0; i < INSTRUMENT_MAX; i++) {
        check_instrument(o, (uint16_t)i, &want[i], missed[i]);
    }
}
