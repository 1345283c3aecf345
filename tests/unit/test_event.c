// SPDX-License-Identifier: Apache-2.0
// Tries to break event.c: sizes that do not match what a compiler lays out, a damaged event that passes the
// check (each byte of real events is overwritten), and two actions that differ yet share a fingerprint.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/rng.h"
#include "engine/event.h"

static struct event *event_new(enum event_type type, size_t levels)
{
    struct event *ev = calloc(1, sizeof *ev);
    event_init(ev, type, 0, levels);
    if (type == EV_TRADE) {
        ev->u.trade = (struct ev_trade){.price_ticks = 1, .qty_lots = 1, .side = SIDE_SELL};
    }
    if (type == EV_INSTRUMENT) {
        struct instrument *i = &ev->u.instrument_rev;
        memcpy(i->symbol, "ETHUSDT", 8);
        i->tick_e8 = i->lot_e8 = i->contract_e8 = 1;
    }
    if (type == EV_BOOK_DIFF || type == EV_BOOK_SNAPSHOT) {
        ev->u.book.bids = (uint32_t)(levels / 2);
        ev->u.book.asks = (uint32_t)(levels - levels / 2);
    }
    return ev;
}

static void test_sizes(void **state)
{
    (void)state;
    assert_int_equal(event_size(EV_TRADE, 0), 64 + 32);
    assert_int_equal(event_size(EV_BOOK_DIFF, 0), 64 + 32);
    assert_int_equal(event_size(EV_BOOK_DIFF, 3), 64 + 32 + 48);
    assert_true(event_size(EV_BOOK_SNAPSHOT, EV_LEVELS_MAX) <= EVENT_MAX);
    for (int t = 0; t < EV_TYPE_COUNT; t++) {
        assert_non_null(event_type_name((enum event_type)t));
    }
    assert_string_equal(event_type_name(EV_TYPE_COUNT), "unknown");
}

static void test_every_type_is_valid_when_fresh(void **state)
{
    (void)state;
    for (int t = EV_START; t < EV_TYPE_COUNT; t++) {
        struct event *ev = event_new((enum event_type)t, 0);
        if (!event_valid(ev, ev->size)) {
            fail_msg("a fresh %s event is refused", event_type_name((enum event_type)t));
        }
        assert_false(event_valid(ev, ev->size - 1u));
        ev->size += 8;
        assert_false(event_valid(ev, sizeof *ev));
        free(ev);
    }
}

static void test_refuses(void **state)
{
    (void)state;
    struct event *ev = event_new(EV_BOOK_DIFF, 4);
    assert_true(event_valid(ev, ev->size));
    ev->u.book.bids = UINT32_MAX;
    assert_false(event_valid(ev, ev->size));
    ev->u.book.bids = 3;
    assert_false(event_valid(ev, ev->size));
    ev->u.book.bids = 2;
    ev->u.book.levels[3].lots = -1;
    assert_false(event_valid(ev, ev->size));
    free(ev);

    ev = event_new(EV_ORDER, 0);
    memset(ev->u.order.client_id, 'a', CLIENT_ID_MAX);
    assert_false(event_valid(ev, ev->size));
    memset(ev->u.order.client_id, 0, CLIENT_ID_MAX);
    ev->u.order.text[0] = '\x1b';
    assert_false(event_valid(ev, ev->size));
    free(ev);

    ev = event_new(EV_TRADE, 0);
    ev->u.trade.side = 0;
    assert_false(event_valid(ev, ev->size));
    ev->type = 999;
    assert_false(event_valid(ev, ev->size));
    free(ev);
}

// Not a verdict but a promise: whatever the bytes, event_valid answers (the sanitizer builds watch it).
static void test_random_bytes(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 7);
    struct event *ev = calloc(1, sizeof *ev);
    uint8_t *bytes = (uint8_t *)ev;
    size_t accepted = 0;
    for (int round = 0; round < 20000; round++) {
        event_init(ev, (enum event_type)(1 + rng_below(&r, EV_TYPE_COUNT - 1)), 0, 0);
        for (int k = 0; k < 4; k++) {
            bytes[rng_below(&r, 256)] = (uint8_t)rng_next(&r);
        }
        accepted += event_valid(ev, sizeof *ev);
    }
    assert_true(accepted > 0 && accepted < 20000);
    free(ev);
}

static void test_action_hash_sees_each_field(void **state)
{
    (void)state;
    struct action a;
    memset(&a, 0, sizeof a);
    uint64_t h0 = action_hash(HASH64_START, &a);
    uint8_t *bytes = (uint8_t *)&a;
    size_t text = offsetof(struct action, client_id);
    for (size_t i = 0; i < text + 1; i++) {
        bool outside = i >= offsetof(struct action, order_slot) && i < offsetof(struct action, price_ticks);
        bytes[i] = 0x55;
        bool same = action_hash(HASH64_START, &a) == h0;
        bytes[i] = 0;
        if (same != outside) {
            fail_msg("byte %zu of struct action: hash %s", i, same ? "blind" : "moved by the order slot");
        }
    }
    memcpy(a.client_id, "a", 2);
    memcpy(a.text, "b", 2);
    uint64_t split = action_hash(HASH64_START, &a);
    memcpy(a.client_id, "ab", 3);
    a.text[0] = 0;
    assert_true(action_hash(HASH64_START, &a) != split);
    a.client_id[CLIENT_ID_MAX - 1] = 'x'; // behind the terminator: not part of the action
    uint64_t tail = action_hash(HASH64_START, &a);
    a.client_id[CLIENT_ID_MAX - 1] = 0;
    assert_true(action_hash(HASH64_START, &a) == tail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_every_type_is_valid_when_fresh),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_action_hash_sees_each_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
