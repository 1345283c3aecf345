// SPDX-License-Identifier: Apache-2.0
#include "live/venue_limits.h"

#include <stdbool.h>

#define FORGIVEN_MS (INT64_C(24) * 3600 * 1000) // so long after a ban the next one is a first one again

void venue_limits_init(struct venue_limits *l, int32_t weight, int32_t orders, int32_t orders_10s)
{
    *l = (struct venue_limits){.weight_limit = weight,
                               .order_limit = orders,
                               .order_limit_10s = orders_10s,
                               .ban_after = 20,
                               .ban_first_ms = INT64_C(120) * 1000,
                               .ban_max_ms = INT64_C(3) * 24 * 3600 * 1000};
}

// The row of an address; a new one takes a free row, else that of whom nothing was heard for the longest
// time and who is not banned the longest.
static struct venue_address *row_of(struct venue_limits *l, uint32_t ip)
{
    struct venue_address *oldest = &l->address[0];
    for (int i = 0; i < VENUE_ADDRESSES_MAX; i++) {
        struct venue_address *a = &l->address[i];
        if (a->ip == ip) {
            return a;
        }
        bool later = a->banned_until_ms != oldest->banned_until_ms
                         ? a->banned_until_ms < oldest->banned_until_ms
                         : a->minute < oldest->minute;
        oldest = oldest->ip && (!a->ip || later) ? a : oldest;
    }
    *oldest = (struct venue_address){.ip = ip};
    return oldest;
}

static int32_t seconds_up(int64_t ms)
{
    int64_t s = (ms + 999) / 1000;
    return s < 1 ? 1 : (int32_t)s;
}

static void ban(const struct venue_limits *l, struct venue_address *a, int64_t now_ms)
{
    bool forgiven = now_ms - a->banned_until_ms > FORGIVEN_MS;
    int64_t twice = a->ban_ms * 2;
    a->ban_ms = a->ban_ms == 0 || forgiven ? l->ban_first_ms : twice < l->ban_max_ms ? twice : l->ban_max_ms;
    a->banned_until_ms = now_ms + a->ban_ms;
    a->refused = 0;
}

int venue_limits_weight(struct venue_limits *l, uint32_t ip, int64_t now_ms, int32_t weight, int32_t *used,
                        int32_t *retry_after_s)
{
    struct venue_address *a = row_of(l, ip);
    if (now_ms / 60000 != a->minute) {
        a->minute = now_ms / 60000;
        a->weight = 0;
        a->refused = 0;
    }
    bool banned = now_ms < a->banned_until_ms;
    bool over = a->weight + weight > l->weight_limit;
    *used = a->weight;
    if (!banned && over && ++a->refused > l->ban_after) {
        ban(l, a, now_ms);
        banned = true;
    }
    if (banned) {
        *retry_after_s = seconds_up(a->banned_until_ms - now_ms);
        return 418;
    }
    if (over) {
        *retry_after_s = seconds_up(60000 - now_ms % 60000);
        return 429;
    }
    a->weight += weight;
    *used = a->weight;
    return 200;
}

int32_t venue_limits_orders(struct venue_limits *l, int64_t now_ms, int32_t n)
{
    if (now_ms / 60000 != l->minute) {
        l->minute = now_ms / 60000;
        l->orders = 0;
    }
    if (now_ms / 10000 != l->ten_seconds) {
        l->ten_seconds = now_ms / 10000;
        l->orders_10s = 0;
    }
    if ((l->order_limit && l->orders + n > l->order_limit) ||
        (l->order_limit_10s && l->orders_10s + n > l->order_limit_10s)) {
        return -1015;
    }
    l->orders += n;
    l->orders_10s += n;
    return 0;
}
