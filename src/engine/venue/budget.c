// SPDX-License-Identifier: Apache-2.0
// budget: counting, and one table of shares.
#include "engine/venue/budget.h"

#include <string.h>

#include "base/check.h"
#include "base/clock.h"

static const int32_t SHARE_PCT[] = {
    [BUDGET_KILL] = 100, [BUDGET_CANCEL] = 100, [BUDGET_DEADMAN] = 90,
    [BUDGET_PLACE] = 75, [BUDGET_READ] = 60,
};

static const int64_t MINUTE_NS = 60 * NS_PER_S;
static const int64_t KILL_GAP_NS = 200 * NS_PER_MS;
static const int64_t HALVED_NS = 300 * NS_PER_S;

void budget_init(struct budget *b, int32_t weight_limit, int32_t order_limit)
{
    CHECK(weight_limit > 0 && order_limit > 0);
    *b = (struct budget){.line = {{.limit = weight_limit}, {.limit = order_limit}},
                         .minute_ends_ns = INT64_MIN};
}

void budget_set_limits(struct budget *b, int32_t weight_limit, int32_t order_limit)
{
    b->line[BUDGET_WEIGHT].limit = weight_limit > 0 ? weight_limit : b->line[BUDGET_WEIGHT].limit;
    b->line[BUDGET_ORDERS].limit = order_limit > 0 ? order_limit : b->line[BUDGET_ORDERS].limit;
}

void budget_align(struct budget *b, int64_t mono_ns, int64_t venue_ns)
{
    b->minute_ends_ns = mono_ns + MINUTE_NS - venue_ns % MINUTE_NS;
}

bool budget_roll(struct budget *b, int64_t mono_ns)
{
    if (mono_ns < b->minute_ends_ns) {
        return false;
    }
    int64_t ends = b->minute_ends_ns == INT64_MIN ? mono_ns : b->minute_ends_ns;
    b->minute_ends_ns = ends + ((mono_ns - ends) / MINUTE_NS + 1) * MINUTE_NS;
    for (int i = 0; i < BUDGET_LANES; i++) {
        b->line[i].used = b->line[i].under_way;
    }
    return true;
}

void budget_set_orders_10s(struct budget *b, int32_t limit)
{
    b->burst_limit = limit;
}

static void roll_burst(struct budget *b, int64_t mono_ns)
{
    int64_t second = mono_ns / NS_PER_S;
    if (second - b->burst_second >= BUDGET_BURST_S) {
        memset(b->burst, 0, sizeof b->burst);
        b->burst_second = second;
    }
    while (b->burst_second < second) {
        b->burst[++b->burst_second % BUDGET_BURST_S] = 0;
    }
}

// Orders of the last ten seconds and these fit the share.
static bool burst_fits(struct budget *b, int32_t pct, int32_t orders, int64_t mono_ns)
{
    if (b->burst_limit == 0 || orders == 0) {
        return true;
    }
    roll_burst(b, mono_ns);
    int64_t sum = orders;
    for (int i = 0; i < BUDGET_BURST_S; i++) {
        sum += b->burst[i];
    }
    return sum * 100 <= (int64_t)b->burst_limit * pct;
}

static bool fits(const struct budget_line *l, int32_t pct, int32_t n)
{
    return n == 0 || (int64_t)(l->used + n) * 100 <= (int64_t)l->limit * pct;
}

// Does a refusal still forbid it?
static bool forbidden(struct budget *b, enum budget_user user, int64_t mono_ns)
{
    if (mono_ns < b->banned_until_ns) {
        return true;
    }
    if (mono_ns >= b->refused_until_ns) {
        return false;
    }
    if (user > BUDGET_DEADMAN || mono_ns < b->next_cancel_ns) {
        return true;
    }
    b->next_cancel_ns = mono_ns + (user == BUDGET_KILL ? KILL_GAP_NS : NS_PER_S);
    return false;
}

bool budget_take(struct budget *b, enum budget_user user, int32_t weight, int32_t orders, int64_t mono_ns)
{
    CHECK(user <= BUDGET_READ);
    budget_roll(b, mono_ns);
    int32_t pct = SHARE_PCT[user];
    if (user == BUDGET_PLACE && mono_ns < b->halved_until_ns) {
        pct /= 2;
    }
    if (!fits(&b->line[BUDGET_WEIGHT], pct, weight) || !fits(&b->line[BUDGET_ORDERS], pct, orders) ||
        (user == BUDGET_PLACE && mono_ns < b->orders_refused_until_ns) ||
        !burst_fits(b, pct, orders, mono_ns) || forbidden(b, user, mono_ns)) {
        return false;
    }
    b->line[BUDGET_WEIGHT].used += weight;
    b->line[BUDGET_WEIGHT].under_way += weight;
    b->line[BUDGET_ORDERS].used += orders;
    b->line[BUDGET_ORDERS].under_way += orders;
    if (b->burst_limit) {
        b->burst[b->burst_second % BUDGET_BURST_S] += orders;
    }
    return true;
}

static void drop(struct budget_line *l, int32_t n, bool spent)
{
    l->under_way -= n;
    CHECK(l->under_way >= 0);
    if (!spent && l->used >= n) {
        l->used -= n;
    }
}

void budget_return(struct budget *b, int32_t weight, int32_t orders)
{
    drop(&b->line[BUDGET_WEIGHT], weight, false);
    drop(&b->line[BUDGET_ORDERS], orders, false);
    int32_t *now = &b->burst[b->burst_second % BUDGET_BURST_S];
    *now -= *now >= orders ? orders : *now;
}

static void learn(struct budget_line *l, int32_t header)
{
    if (header >= 0 && header < INT32_MAX / 4) {
        l->used = header + l->under_way;
    }
}

void budget_settle(struct budget *b, int32_t weight, int32_t orders, int32_t header_weight,
                   int32_t header_orders)
{
    drop(&b->line[BUDGET_WEIGHT], weight, true);
    drop(&b->line[BUDGET_ORDERS], orders, true);
    learn(&b->line[BUDGET_WEIGHT], header_weight);
    learn(&b->line[BUDGET_ORDERS], header_orders);
}

void budget_refused(struct budget *b, int32_t http_status, int32_t retry_after_s, int64_t mono_ns)
{
    const int32_t longest_s = 3 * 24 * 3600; // the longest ban that is known
    int32_t wait_s = retry_after_s >= 0 ? retry_after_s : http_status == 418 ? 120 : 60;
    int64_t until = mono_ns + (wait_s < longest_s ? wait_s : longest_s) * NS_PER_S;
    int64_t *edge = http_status == 418 ? &b->banned_until_ns : &b->refused_until_ns;
    *edge = until > *edge ? until : *edge;
    b->next_cancel_ns = mono_ns + NS_PER_S;
    b->halved_until_ns = until + HALVED_NS;
}

void budget_refused_orders(struct budget *b, int32_t retry_after_s, int64_t mono_ns)
{
    budget_roll(b, mono_ns);
    int64_t until =
        retry_after_s >= 0 && retry_after_s <= 3600 ? mono_ns + retry_after_s * NS_PER_S : b->minute_ends_ns;
    b->orders_refused_until_ns = until > b->orders_refused_until_ns ? until : b->orders_refused_until_ns;
    b->halved_until_ns = until + HALVED_NS;
}

int64_t budget_refused_until_ns(const struct budget *b, enum budget_lane lane)
{
    int64_t all = b->banned_until_ns > b->refused_until_ns ? b->banned_until_ns : b->refused_until_ns;
    return lane == BUDGET_ORDERS && b->orders_refused_until_ns > all ? b->orders_refused_until_ns : all;
}

int budget_mark(const struct budget *b, enum budget_lane lane)
{
    static const int MARKS[] = {100, 90, 75, 50, 25};
    const struct budget_line *l = &b->line[lane];
    for (unsigned i = 0; i < COUNT_OF(MARKS); i++) {
        if ((int64_t)l->used * 100 >= (int64_t)l->limit * MARKS[i]) {
            return MARKS[i];
        }
    }
    return 0;
}

void budget_slow(struct budget *b, int64_t mono_ns)
{
    b->halved_until_ns = mono_ns + HALVED_NS > b->halved_until_ns ? mono_ns + HALVED_NS : b->halved_until_ns;
}
