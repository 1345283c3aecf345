// SPDX-License-Identifier: Apache-2.0
// xch_mark: mark price and funding estimate of perpetuals, derived from the perpetual and the spot as index
// (venue-api.md 7.2, 7.3): the recording has neither. Mark = median of the index carried by the funding rate,
// the index plus the five-minute average of mid - index, and the last trade. Funding = averaged premium of
// impact prices, later samples more.
#include "engine/exchange/xch.h"

#define IMPACT_NOTIONAL_E8 (20000 * E8) // USDT; 200 / (1 / max leverage) of a 100x contract: not published
#define BASIS_PERIOD_NS    (60 * NS_PER_S)
#define PREMIUM_PERIOD_NS  (5 * NS_PER_S) // 5,760 samples in 8 h
#define HOUR_NS            (3600 * NS_PER_S)

enum { IMPACT_LEVELS = XCH_WALK_MAX };

// What the rate is for.
static int64_t interval_ns(const struct xch_market *m)
{
    return (m->ins.funding_interval_h > 0 ? m->ins.funding_interval_h : 8) * HOUR_NS;
}

// How often it is settled: the interval, or less when funding is accelerated. Everything that depends on the
// time to the next settlement is stretched to the interval, so that rates look as they do at full length.
static int64_t period_ns(const struct exchange *x, const struct xch_market *m)
{
    return x->cfg.funding_period_ns > 0 ? x->cfg.funding_period_ns : interval_ns(m);
}

int64_t exchange_funding_period_ns(const struct exchange *x, uint16_t instrument)
{
    CHECK(instrument < x->cfg.instrument_count);
    return period_ns(x, &x->market[instrument]);
}

void xch_mark_init(struct xch_market *m, const struct xch_rules *rules)
{
    m->mark = (struct xch_mark){.rate_e8 = muldiv_round(rules->interest_e8, interval_ns(m), 8 * HOUR_NS)};
}

int64_t xch_mid_e8(const struct xch_market *m)
{
    struct level bid, ask;
    if (!xch_best(m, SIDE_BUY, &bid) || !xch_best(m, SIDE_SELL, &ask)) {
        return 0;
    }
    return (instrument_price_e8(&m->ins, bid.ticks) + instrument_price_e8(&m->ins, ask.ticks)) / 2;
}

static int64_t basis_mean_e8(const struct xch_mark *k)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < k->basis_count; i++) {
        sum += k->basis_e8[i];
    }
    return k->basis_count ? sum / (int64_t)k->basis_count : 0;
}

static int64_t carried_index_e8(const struct exchange *x, const struct xch_market *m)
{
    const struct xch_mark *k = &m->mark;
    int64_t left = k->funding_due_ns > x->now_ns ? k->funding_due_ns - x->now_ns : 0;
    left = muldiv_round(left, interval_ns(m), period_ns(x, m));
    return k->index_e8 + muldiv_round(muldiv_round(k->index_e8, k->rate_e8, E8), left, 8 * HOUR_NS);
}

static bool is_told(const struct exchange *x, const struct xch_mark *k)
{
    return k->told_ns && x->now_ns - k->told_ns < XCH_TOLD_NS;
}

static void compute(struct exchange *x, struct xch_market *m)
{
    struct xch_mark *k = &m->mark;
    if (is_told(x, k)) {
        return;
    }
    int64_t mid = xch_mid_e8(m), last = k->last_e8 ? k->last_e8 : mid;
    if (k->index_e8 && last) {
        k->mark_e8 = xch_median3(carried_index_e8(x, m), k->index_e8 + basis_mean_e8(k), last);
    } else if (last) {
        k->mark_e8 = mid ? mid : last; // no index in this recording: the perpetual's own mid stands in
    }
}

void xch_mark_on_index(struct exchange *x, struct xch_market *m, int64_t bid_e8, int64_t ask_e8)
{
    m->mark.index_e8 = bid_e8 / 2 + ask_e8 / 2;
    if (m->mark.mark_e8 == 0 && !x->spot) {
        compute(x, m);
    }
}

void xch_mark_on_trade(struct exchange *x, struct xch_market *m, int64_t price_e8)
{
    m->mark.last_e8 = price_e8;
    if (m->mark.mark_e8 == 0 && !x->spot) {
        compute(x, m);
    }
}

void xch_mark_on_told(struct exchange *x, struct xch_market *m, const struct ev_mark *t)
{
    struct xch_mark *k = &m->mark;
    if (x->spot || t->mark_e8 <= 0 || t->mark_e8 > XCH_PRICE_MAX_E8) {
        return;
    }
    k->told_ns = x->now_ns;
    k->mark_e8 = t->mark_e8;
    k->index_e8 = t->index_e8 > 0 && t->index_e8 <= XCH_PRICE_MAX_E8 ? t->index_e8 : k->index_e8;
    if (t->funding_rate_e8 > -E8 && t->funding_rate_e8 < E8) {
        k->rate_e8 = t->funding_rate_e8;
    }
    bool soon = t->next_funding_ns > x->now_ns && t->next_funding_ns - x->now_ns <= 24 * HOUR_NS;
    if (soon && x->cfg.funding_period_ns == 0) {
        k->funding_due_ns = t->next_funding_ns;
    }
}

static void sample_basis(struct exchange *x, struct xch_market *m)
{
    struct xch_mark *k = &m->mark;
    int64_t mid = xch_mid_e8(m);
    if (x->now_ns < k->basis_due_ns || !mid || !k->index_e8) {
        return;
    }
    k->basis_e8[k->basis_next] = mid - k->index_e8;
    k->basis_next = (k->basis_next + 1) % XCH_BASIS_SAMPLES;
    k->basis_count += k->basis_count < XCH_BASIS_SAMPLES;
    k->basis_due_ns = x->now_ns + BASIS_PERIOD_NS;
}

static int64_t impact_e8(struct exchange *x, const struct xch_market *m, enum side side)
{
    size_t n = book_top(m->book, side, x->top, IMPACT_LEVELS);
    return xch_impact_price_e8(&m->ins, x->top, n, IMPACT_NOTIONAL_E8);
}

static void sample_premium(struct exchange *x, struct xch_market *m)
{
    struct xch_mark *k = &m->mark;
    if (x->now_ns < k->premium_due_ns || !m->live || !k->index_e8 || is_told(x, k)) {
        return;
    }
    int64_t bid = impact_e8(x, m, SIDE_BUY), ask = impact_e8(x, m, SIDE_SELL);
    if (!bid || !ask) {
        return;
    }
    k->premium_n++;
    k->premium_sum += (__int128)xch_premium_e8(bid, ask, k->index_e8) * (int64_t)k->premium_n;
    int64_t n = (int64_t)k->premium_n;
    int64_t mean = (int64_t)(k->premium_sum / ((__int128)n * (n + 1) / 2));
    const struct xch_rules *r = &x->cfg.rules;
    int64_t cap = r->funding_cap_e8 ? r->funding_cap_e8 : INT64_MAX;
    k->rate_e8 = xch_funding_rate_e8(mean, r->interest_e8, (int32_t)(interval_ns(m) / HOUR_NS), -cap, cap);
    k->premium_due_ns = x->now_ns + PREMIUM_PERIOD_NS;
}

static void settle(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    struct xch_mark *k = &m->mark;
    if (k->funding_due_ns && x->now_ns >= k->funding_due_ns) {
        xch_settle_funding(x, m, out);
        k->premium_n = 0;
        k->premium_sum = 0;
        k->funding_due_ns = 0;
    }
    if (!k->funding_due_ns) {
        k->funding_due_ns = (x->now_ns / period_ns(x, m) + 1) * period_ns(x, m);
    }
}

bool xch_mark_on_time(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    struct xch_mark *k = &m->mark;
    if (x->spot) {
        k->publish_due_ns = INT64_MAX; // a spot market has neither mark nor funding
    }
    if (x->now_ns < xch_mark_deadline(m)) {
        return false;
    }
    settle(x, m, out);
    if (x->now_ns < k->publish_due_ns) {
        return false;
    }
    sample_basis(x, m);
    sample_premium(x, m);
    compute(x, m);
    if (k->mark_e8) {
        xch_stats_mark(x, m);
        xch_publish_mark(x, m, out);
    }
    k->publish_due_ns = (x->now_ns / x->cfg.mark_period_ns + 1) * x->cfg.mark_period_ns;
    return true;
}

int64_t xch_mark_deadline(const struct xch_market *m)
{
    int64_t a = m->mark.publish_due_ns, b = m->mark.funding_due_ns;
    return b && b < a ? b : a;
}
