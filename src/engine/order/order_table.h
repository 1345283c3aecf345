// SPDX-License-Identifier: Apache-2.0
// order_table: where orders are kept: slots, the two hash indices, the lists of live and finished orders, the
// sums of exposure and the set of known fills. Private to order/: order.c decides what a report means, this
// keeps the books straight. owner: as struct orders.
#ifndef TT_ENGINE_ORDER_ORDER_TABLE_H
#define TT_ENGINE_ORDER_ORDER_TABLE_H

#include "engine/order/order.h"

// What one order adds to the sums. Taken before a change, so that table_update can book the difference.
struct contribution {
    int64_t lots, price_ticks;
    bool live, doubt, reduce, missed;
};

struct contribution table_contribution(const struct order *r);

void table_init(struct orders *o);
// A zeroed slot with its client id indexed, in state FREE and on no list; the oldest finished order gives way
// when none is free. ORDER_NONE when every slot holds a live order.
uint16_t table_take(struct orders *o, const char *client_id);
// Index the venue's id: once per order; 0, or an id that another order has, is ignored.
void table_bind(struct orders *o, uint16_t slot, uint64_t order_id);
// The order changed from `before`, which it was when `was` was its state: move it between the lists, book the
// sums.
void table_update(struct orders *o, uint16_t slot, enum order_state was, struct contribution before);

bool table_fill_known(const struct orders *o, uint16_t instrument, uint64_t trade_id);
void table_fill_remember(struct orders *o, uint16_t instrument, uint64_t trade_id);

#endif
