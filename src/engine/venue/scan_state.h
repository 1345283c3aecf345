// SPDX-License-Identifier: Apache-2.0
// scan_state: what one pass of the scanner has found: a span for each key that some message of ours has, and
// the levels, already converted. scan.c fills it, scan_take.c says what message it is. Private to the two.
#ifndef TT_ENGINE_VENUE_SCAN_STATE_H
#define TT_ENGINE_VENUE_SCAN_STATE_H

#include "engine/venue/scan.h"
#include "engine/venue/scan_text.h"

enum slot {
    SLOT_NONE,
    SLOT_EVENT,
    SLOT_EVENT_MS,
    SLOT_TIME,
    SLOT_SYMBOL,
    SLOT_FIRST_ID,
    SLOT_LAST_ID,
    SLOT_PREV_ID,
    SLOT_BID,
    SLOT_BID_QTY,
    SLOT_ASK,
    SLOT_ASK_QTY,
    SLOT_PRICE,
    SLOT_SETTLE,
    SLOT_QTY,
    SLOT_MAKER,
    SLOT_ORDER_TYPE,
    SLOT_FIRST_TRADE,
    SLOT_LAST_TRADE,
    SLOT_INDEX,
    SLOT_RATE,
    SLOT_TRADE_ID,
    SLOT_SNAPSHOT_ID,
    SLOT_BIDS,
    SLOT_ASKS,
    SLOT_RESULT,
    SLOT_REPLY_ID,
    SLOT_CODE,
    SLOT_KLINE,
    SLOT_FORCE,
    SLOT_STREAM,
    SLOT_DATA,
    SLOT_COUNT
};

struct levels {
    uint32_t first, count;
};

struct scan {
    const char *end;
    struct scan_msg *out;
    uint32_t seen;   // bit per slot of the object that carries the message
    uint32_t used;   // entries of out->level
    bool levels_bad; // an array of levels was something else
    bool enveloped;
    struct levels side[2]; // bids, asks
    struct span stream;
    struct span slot[SLOT_COUNT];
};

_Static_assert(SLOT_COUNT <= 32, "slots fit the mask");

#define BIT(slot) (UINT32_C(1) << (slot))

// What the spans say. False: a message of ours with something wrong in it.
bool scan_interpret(struct scan *c);

#endif
