// SPDX-License-Identifier: Apache-2.0
// vpin: see vpin.h. A trade is poured into the open bucket; what overflows starts the next. One huge trade
// may fill any number of buckets: those that would leave the ring again unseen are skipped, so the work is
// bounded by the ring.
#include "engine/signal/vpin.h"

#include <string.h>

#include "base/clock.h"
#include "base/dmath.h"

static const double TAU_S = 300.0;
static const double SPAN_S = 60.0; // that the 50 adaptive buckets should cover
static const int64_t WARM_NS = 10 * NS_PER_S;
static const int64_t SAMPLE_NS = 6 * NS_PER_S;
enum { DAY_S = 86400 };

void vpin_init(struct vpin *v)
{
    memset(v, 0, sizeof *v);
    v->start_weight = 1.0;
}

static void measure_volume(struct vpin *v, int64_t now_ns, int64_t lots)
{
    if (v->first_ns == 0) {
        v->first_ns = v->last_ns = now_ns;
    }
    double keep = dmath_exp(-(double)(now_ns - v->last_ns) * 1e-9 / TAU_S);
    v->volume_per_s = v->volume_per_s * keep + (double)lots / TAU_S;
    v->start_weight *= keep;
    v->last_ns = now_ns;
}

static int64_t next_bucket(const struct vpin *v)
{
    if (v->fixed_lots > 0) {
        return v->fixed_lots;
    }
    double lots = v->volume_per_s / (1.0 - v->start_weight) * SPAN_S / VPIN_BUCKETS;
    return lots >= 1.0 && lots < 0x1p52 ? (int64_t)lots : 1;
}

static void close_bucket(struct vpin *v)
{
    uint64_t at = v->complete % VPIN_BUCKETS;
    int64_t imbalance = v->net_lots < 0 ? -v->net_lots : v->net_lots;
    v->size_sum += v->bucket_lots - v->size[at];
    v->imbalance_sum += imbalance - v->imbalance[at];
    v->size[at] = v->bucket_lots;
    v->imbalance[at] = imbalance;
    v->complete++;
    v->filled_lots = 0;
    v->net_lots = 0;
}

static void pour(struct vpin *v, int side, int64_t lots)
{
    while (lots > 0) {
        if (v->filled_lots == 0) {
            v->bucket_lots = next_bucket(v);
            int64_t whole = lots / v->bucket_lots;
            if (whole > VPIN_BUCKETS) { // all alike: the last 50 are enough
                lots -= (whole - VPIN_BUCKETS) * v->bucket_lots;
            }
        }
        int64_t room = v->bucket_lots - v->filled_lots;
        int64_t take = lots < room ? lots : room;
        v->filled_lots += take;
        v->net_lots += side * take;
        lots -= take;
        if (take == room) {
            close_bucket(v);
        }
    }
}

// ------------------------------------------------------------------------------------------------- history

static uint8_t step_of(double value)
{
    int step = (int)(value * VPIN_STEPS);
    return (uint8_t)(step < VPIN_STEPS ? step : VPIN_STEPS - 1);
}

static void drop_oldest(struct vpin *v)
{
    v->histogram[v->step[v->tail++ % VPIN_HISTORY]]--;
}

static void sample(struct vpin *v, int64_t now_ns)
{
    double value = vpin_value(v);
    if (dmath_isnan(value) || (v->head != 0 && now_ns - v->sampled_ns < SAMPLE_NS)) {
        return;
    }
    uint32_t second = (uint32_t)((now_ns - v->first_ns) / NS_PER_S);
    while (v->tail != v->head && second - v->second[v->tail % VPIN_HISTORY] >= DAY_S) {
        drop_oldest(v);
    }
    if (v->head - v->tail == VPIN_HISTORY) {
        drop_oldest(v);
    }
    v->sampled_ns = now_ns;
    v->second[v->head % VPIN_HISTORY] = second;
    v->step[v->head % VPIN_HISTORY] = step_of(value);
    v->histogram[step_of(value)]++;
    v->head++;
}

void vpin_on_trade(struct vpin *v, int64_t now_ns, int side, int64_t lots)
{
    measure_volume(v, now_ns, lots);
    if (v->fixed_lots == 0 && now_ns - v->first_ns < WARM_NS) {
        return;
    }
    pour(v, side, lots);
    sample(v, now_ns);
}

double vpin_value(const struct vpin *v)
{
    return v->complete < VPIN_BUCKETS ? DMATH_NAN : (double)v->imbalance_sum / (double)v->size_sum;
}

double vpin_quantile(const struct vpin *v)
{
    uint32_t n = v->head - v->tail;
    double value = vpin_value(v);
    if (n < VPIN_RANK_MIN || dmath_isnan(value)) {
        return DMATH_NAN;
    }
    uint8_t step = step_of(value);
    uint32_t below = 0;
    for (uint8_t i = 0; i < step; i++) {
        below += v->histogram[i];
    }
    return ((double)below + 0.5 * (double)v->histogram[step]) / (double)n;
}
