// SPDX-License-Identifier: Apache-2.0
// risk_rig: the gate, an order table and a clock, fresh for each test, behind the open door of
// support/door.h. Included by one test program at a time, behind cmocka.
#ifndef TT_TESTS_UNIT_RISK_RIG_H
#define TT_TESTS_UNIT_RISK_RIG_H

#include <stdlib.h>
#include <string.h>

#include "support/door.h"

enum { BTC, ETH };
#define SECOND INT64_C(1000000000)

struct world {
    struct risk r;
    struct orders o;
    int64_t now;
    struct risk_verdict v;
};

static struct world *W;

static void fresh(void)
{
    memset(W, 0, sizeof *W);
    W->now = 100 * SECOND;
    door_open(&W->r, W->now);
    orders_init(&W->o, 1);
}

static int setup(void **state)
{
    (void)state;
    W = calloc(1, sizeof *W);
    assert_non_null(W);
    fresh();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(W);
    return 0;
}

#endif
