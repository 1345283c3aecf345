// SPDX-License-Identifier: Apache-2.0
// xch_stats: what general clients ask about a market: its last trades, bars and the day's figures, of what
// was played so far. Bars of one minute are kept without holes (a minute without a trade repeats the last
// close); every longer bar is added up from them when it is asked for.
#include <string.h>

#include "engine/exchange/xch.h"

#define MINUTE_MS      INT64_C(60000)
#define MINUTE_NS      (MINUTE_MS * NS_PER_MS)
#define KLINE_PACE_NS  (250 * NS_PER_MS) // venue-api.md 5.3
#define TICKER_PACE_NS (500 * NS_PER_MS)

enum { DAY_MINUTES = 1440, WEEK_START = 3 }; // the epoch was a Thursday: Monday lies three days before

// ------------------------------------------------------------------------------------------------ intervals

static const struct {
    const char *name;
    int32_t minutes; // 0: a calendar month
} INTERVALS[XCH_INTERVALS] = {{"1m", 1},    {"3m", 3},    {"5m", 5},    {"15m", 15},   {"30m", 30},
                              {"1h", 60},   {"2h", 120},  {"4h", 240},  {"6h", 360},   {"8h", 480},
                              {"12h", 720}, {"1d", 1440}, {"3d", 4320}, {"1w", 10080}, {"1M", 0}};

enum xch_interval xch_interval_parse(const char *name)
{
    int i = 0;
    while (i < XCH_INTERVALS && strcmp(name, INTERVALS[i].name) != 0) {
        i++;
    }
    return (enum xch_interval)i;
}

const char *xch_interval_name(enum xch_interval i)
{
    CHECK((unsigned)i < XCH_INTERVALS);
    return INTERVALS[i].name;
}

// Days since the epoch of the first of the month that lies `ahead` months after the month of `day`. The
// calendar in eras of 400 years, as in Howard Hinnant's description of the civil calendar.
static int64_t month_start(int64_t day, int ahead)
{
    int64_t z = day + 719468, era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t march = (5 * doy + 2) / 153 + ahead; // months since the last March
    int64_t year = era * 400 + yoe + march / 12;
    march %= 12;
    return year / 400 * 146097 + year % 400 * 365 + year % 400 / 4 - year % 400 / 100 +
           (153 * march + 2) / 5 - 719468;
}

// First minute of the bar that holds this minute, and of the bar after it.
static int64_t bar_start(enum xch_interval i, int64_t minute, int64_t *next)
{
    int64_t len = INTERVALS[i].minutes;
    if (len == 0) {
        int64_t day = minute / DAY_MINUTES;
        *next = month_start(day, 1) * DAY_MINUTES;
        return month_start(day, 0) * DAY_MINUTES;
    }
    int64_t shift = i == XCH_1W ? WEEK_START * DAY_MINUTES : 0;
    int64_t start = (minute + shift) / len * len - shift;
    *next = start + len;
    return start;
}

// ----------------------------------------------------------------------------------------------------- bars

static struct xch_kline *row(struct xch_bars *b, int64_t minute)
{
    return &b->row[minute % XCH_KLINES_MAX];
}

static void open_bar(struct xch_bars *b, int64_t minute, int64_t price_e8)
{
    *row(b, minute) = (struct xch_kline){.open_ms = minute * MINUTE_MS,
                                         .close_ms = (minute + 1) * MINUTE_MS - 1,
                                         .open_e8 = price_e8,
                                         .high_e8 = price_e8,
                                         .low_e8 = price_e8,
                                         .close_e8 = price_e8};
    b->last_min = minute;
    if (minute - b->first_min >= XCH_KLINES_MAX) {
        b->first_min = minute - XCH_KLINES_MAX + 1;
    }
}

// Minutes up to this one exist afterwards; those in between repeat the last close.
static void advance(struct xch_bars *b, int64_t minute)
{
    if (b->last_min < b->first_min || minute <= b->last_min) {
        return;
    }
    int64_t close = row(b, b->last_min)->close_e8;
    int64_t from = minute - b->last_min > XCH_KLINES_MAX ? minute - XCH_KLINES_MAX + 1 : b->last_min + 1;
    for (int64_t i = from; i <= minute; i++) {
        open_bar(b, i, close);
    }
}

// The bar that takes a new price at this minute; a first price opens it.
static struct xch_kline *bar_for(struct xch_bars *b, int64_t minute, int64_t price_e8)
{
    if (b->last_min < b->first_min) {
        b->first_min = minute;
        open_bar(b, minute, price_e8);
    }
    advance(b, minute);
    struct xch_kline *k = row(b, b->last_min);
    if (k->trades == 0) {
        k->open_e8 = k->high_e8 = k->low_e8 = price_e8;
    }
    k->high_e8 = price_e8 > k->high_e8 ? price_e8 : k->high_e8;
    k->low_e8 = price_e8 < k->low_e8 ? price_e8 : k->low_e8;
    k->close_e8 = price_e8;
    k->trades++;
    return k;
}

static void merge(struct xch_kline *to, const struct xch_kline *k)
{
    to->high_e8 = k->high_e8 > to->high_e8 ? k->high_e8 : to->high_e8;
    to->low_e8 = k->low_e8 < to->low_e8 ? k->low_e8 : to->low_e8;
    to->close_e8 = k->close_e8;
    to->lots += k->lots;
    to->buy_lots += k->buy_lots;
    to->quote_e8 += k->quote_e8;
    to->buy_quote_e8 += k->buy_quote_e8;
    to->first_id = to->first_id ? to->first_id : k->first_id;
    to->last_id = k->last_id ? k->last_id : to->last_id;
    to->trades += k->trades;
}

static struct xch_kline sum(const struct xch_bars *b, int64_t from, int64_t to)
{
    struct xch_kline k = b->row[from % XCH_KLINES_MAX];
    for (int64_t i = from + 1; i <= to; i++) {
        merge(&k, &b->row[i % XCH_KLINES_MAX]);
    }
    return k;
}

// The bar of an interval that holds this remembered minute; *next is the first minute after it.
static struct xch_kline bar_at(const struct xch_bars *b, enum xch_interval interval, int64_t minute,
                               int64_t *next)
{
    int64_t start = bar_start(interval, minute, next);
    int64_t from = start > b->first_min ? start : b->first_min;
    int64_t to = *next - 1 < b->last_min ? *next - 1 : b->last_min;
    struct xch_kline k = sum(b, from, to);
    k.open_ms = start * MINUTE_MS;
    k.close_ms = *next * MINUTE_MS - 1;
    return k;
}

bool xch_bar_running(const struct xch_bars *b, enum xch_interval interval, struct xch_kline *out)
{
    int64_t next;
    if (b->last_min < b->first_min) {
        return false;
    }
    *out = bar_at(b, interval, b->last_min, &next);
    return true;
}

size_t exchange_klines(const struct exchange *x, uint16_t instrument, enum xch_series series,
                       enum xch_interval interval, const struct xch_range *r, struct xch_kline *out,
                       size_t max)
{
    CHECK(instrument < x->cfg.instrument_count && (unsigned)interval < XCH_INTERVALS &&
          (unsigned)series < XCH_SERIES_COUNT);
    const struct xch_bars *b = &x->market[instrument].stats.bars[series];
    size_t all = 0, n = 0;
    int64_t next;
    for (int64_t i = b->first_min; i <= b->last_min; i = next) {
        int64_t start = bar_start(interval, i, &next);
        all += xch_in_range(r, UINT64_MAX, start * MINUTE_NS);
    }
    struct xch_range by_time = {.start_ms = r ? r->start_ms : 0};
    size_t skip = xch_range_skip(&by_time, all, max);
    for (int64_t i = b->first_min; i <= b->last_min && n < max; i = next) {
        int64_t start = bar_start(interval, i, &next);
        if (xch_in_range(r, UINT64_MAX, start * MINUTE_NS) && (skip == 0 || skip-- == 0)) {
            out[n++] = bar_at(b, interval, i, &next);
        }
    }
    return n;
}

bool exchange_ticker(const struct exchange *x, uint16_t instrument, struct xch_ticker *out)
{
    CHECK(instrument < x->cfg.instrument_count);
    const struct xch_stats *s = &x->market[instrument].stats;
    const struct xch_bars *b = &s->bars[XCH_SERIES_LAST];
    if (s->trades == 0) {
        return false;
    }
    const struct instrument *ins = &x->market[instrument].ins;
    const struct xch_trade *last = &s->trade[(s->trades - 1) % XCH_TAPE_MAX];
    int64_t from =
        b->last_min - DAY_MINUTES + 1 > b->first_min ? b->last_min - DAY_MINUTES + 1 : b->first_min;
    struct xch_kline k = sum(b, from, b->last_min);
    int64_t qty = instrument_qty_e8(ins, k.lots);
    *out = (struct xch_ticker){.open_e8 = k.open_e8,
                               .high_e8 = k.high_e8,
                               .low_e8 = k.low_e8,
                               .last_e8 = instrument_price_e8(ins, last->price_ticks),
                               .last_lots = last->qty_lots,
                               .lots = k.lots,
                               .quote_e8 = k.quote_e8,
                               .first_id = k.first_id,
                               .last_id = k.last_id,
                               .trades = k.trades,
                               .open_ms = k.open_ms,
                               .close_ms = x->now_ns / NS_PER_MS};
    out->weighted_e8 = qty ? muldiv_round(k.quote_e8, E8, qty) : out->last_e8;
    out->prev_close_e8 = from > b->first_min ? b->row[(from - 1) % XCH_KLINES_MAX].close_e8 : k.open_e8;
    return true;
}

// ----------------------------------------------------------------------------------------------- what comes
// in

// The minute is over: say so to those who listen, then begin the next one.
static void roll(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    struct xch_stats *s = &m->stats;
    int64_t minute = x->now_ns / MINUTE_NS, last = s->bars[XCH_SERIES_LAST].last_min;
    if (s->minute_due_ns == 0 || x->now_ns < s->minute_due_ns) {
        return;
    }
    for (int i = 0; i < XCH_INTERVALS && s->trades; i++) {
        int64_t next;
        bar_start((enum xch_interval)i, last, &next);
        if (minute >= next) {
            xch_publish_kline(x, m, (enum xch_interval)i, true, out);
        }
    }
    for (int i = 0; i < XCH_SERIES_COUNT; i++) {
        advance(&s->bars[i], minute);
    }
    s->minute_due_ns = (minute + 1) * MINUTE_NS;
    s->kline_due_ns = s->kline_due_ns ? x->now_ns : 0;
}

static void begin_minutes(const struct exchange *x, struct xch_stats *s)
{
    if (s->minute_due_ns == 0) {
        s->minute_due_ns = (x->now_ns / MINUTE_NS + 1) * MINUTE_NS;
    }
}

void xch_stats_trade(struct exchange *x, struct xch_market *m, const struct ev_trade *t, int64_t venue_ns,
                     const struct xch_sink *out)
{
    struct xch_stats *s = &m->stats;
    roll(x, m, out);
    begin_minutes(x, s);
    struct xch_trade *r = &s->trade[s->trades++ % XCH_TAPE_MAX];
    *r = (struct xch_trade){.id = t->trade_id,
                            .first_id = t->trade_id,
                            .last_id = t->trade_id,
                            .price_ticks = t->price_ticks,
                            .qty_lots = t->qty_lots,
                            .time_ns = venue_ns > 0 ? venue_ns : x->now_ns,
                            .side = t->side};
    int64_t price = instrument_price_e8(&m->ins, t->price_ticks);
    int64_t quote = instrument_notional_e8(&m->ins, price, t->qty_lots);
    struct xch_kline *k = bar_for(&s->bars[XCH_SERIES_LAST], x->now_ns / MINUTE_NS, price);
    k->lots += t->qty_lots;
    k->quote_e8 += quote;
    k->buy_lots += t->side == SIDE_BUY ? t->qty_lots : 0;
    k->buy_quote_e8 += t->side == SIDE_BUY ? quote : 0;
    k->first_id = k->first_id ? k->first_id : t->trade_id;
    k->last_id = t->trade_id;
    xch_publish_trade(x, m, r, out);
    if (out && out->publish && out->wanted) {
        s->kline_due_ns = s->kline_due_ns ? s->kline_due_ns : (x->now_ns / KLINE_PACE_NS + 1) * KLINE_PACE_NS;
        s->ticker_due_ns =
            s->ticker_due_ns ? s->ticker_due_ns : (x->now_ns / TICKER_PACE_NS + 1) * TICKER_PACE_NS;
    }
}

void xch_stats_agg(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    struct xch_agg *g = &m->agg;
    if (g->due_ns == 0) {
        return;
    }
    g->due_ns = 0;
    struct xch_stats *s = &m->stats;
    struct xch_trade *t = &s->agg[s->aggs++ % XCH_TAPE_MAX];
    *t = (struct xch_trade){.id = ++m->agg_id,
                            .first_id = g->first_id,
                            .last_id = g->last_id,
                            .price_ticks = g->price_ticks,
                            .qty_lots = g->lots,
                            .time_ns = g->venue_ns > 0 ? g->venue_ns : x->now_ns,
                            .side = g->side};
    xch_publish_agg(x, m, t, out);
}

void xch_stats_mark(struct exchange *x, struct xch_market *m)
{
    struct xch_stats *s = &m->stats;
    begin_minutes(x, s);
    bar_for(&s->bars[XCH_SERIES_MARK], x->now_ns / MINUTE_NS, m->mark.mark_e8);
    if (m->mark.index_e8) {
        bar_for(&s->bars[XCH_SERIES_INDEX], x->now_ns / MINUTE_NS, m->mark.index_e8);
    }
}

void xch_stats_on_time(struct exchange *x, struct xch_market *m, const struct xch_sink *out)
{
    struct xch_stats *s = &m->stats;
    roll(x, m, out);
    if (s->kline_due_ns && s->kline_due_ns <= x->now_ns) {
        s->kline_due_ns = 0;
        for (int i = 0; i < XCH_INTERVALS; i++) {
            xch_publish_kline(x, m, (enum xch_interval)i, false, out);
        }
    }
    if (s->ticker_due_ns && s->ticker_due_ns <= x->now_ns) {
        s->ticker_due_ns = 0;
        xch_publish_tickers(x, m, out);
    }
}

static int64_t or_never(int64_t due)
{
    return due ? due : INT64_MAX;
}

int64_t xch_stats_deadline(const struct xch_market *m)
{
    int64_t a = or_never(m->stats.minute_due_ns), b = or_never(m->stats.kline_due_ns),
            c = or_never(m->stats.ticker_due_ns);
    a = b < a ? b : a;
    return c < a ? c : a;
}
