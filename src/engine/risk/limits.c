// SPDX-License-Identifier: Apache-2.0
// limits: what the door measures against: the configured limits and their bounds, equity with the daily loss
// and the drawdown (latched), and the lines that tell a person which bound forbids what.
#include <string.h>

#include "base/check.h"
#include "base/fmt.h"
#include "engine/risk/risk.h"

#define DAY_NS       (INT64_C(86400) * 1000000000)
#define MONEY_MAX_E8 (INT64_C(1000000000) * E8)

// Upper bounds of every limit; nothing read from a file or typed by a person goes beyond.
static const int64_t LIMIT_MAX[LIMIT_COUNT] = {
    [LIMIT_ORDER_VALUE] = MONEY_MAX_E8,          [LIMIT_POSITION_VALUE] = MONEY_MAX_E8,
    [LIMIT_GROSS_VALUE] = MONEY_MAX_E8,          [LIMIT_OPEN_ORDERS] = 200,
    [LIMIT_ORDER_RATE] = RISK_RATE_MAX,          [LIMIT_COLLAR] = E8 / 2,
    [LIMIT_DAY_LOSS] = RISK_DAY_LOSS_CEILING_E8, [LIMIT_DRAWDOWN] = RISK_DRAWDOWN_CEILING_E8,
};

void risk_init(struct risk *r, const struct risk_config *config, int64_t capital_e8)
{
    memset(r, 0, sizeof *r);
    r->config = *config;
    for (int i = 0; i < LIMIT_COUNT; i++) {
        const int64_t v = config->limit[i];
        r->config.limit[i] = v < 0 ? 0 : v > LIMIT_MAX[i] ? LIMIT_MAX[i] : v;
    }
    r->capital_e8 = capital_e8;
    r->trading_state = TS_QUIET;
}

// -------------------------------------------------------------------------------------------------- equity

static int64_t day_of(int64_t wall_ns)
{
    return wall_ns / DAY_NS;
}

void risk_start(struct risk *r, int64_t equity_e8, int64_t day_pnl_e8, int64_t wall_ns)
{
    r->equity_known = 1;
    r->equity_e8 = equity_e8;
    r->day_start_equity_e8 = equity_e8 - day_pnl_e8;
    r->peak_equity_e8 = equity_e8;
    r->day = day_of(wall_ns);
}

// (from - to) / from as a fraction, 0 when nothing is lost; everything when there was nothing to lose from.
static int64_t lost_e8(int64_t from_e8, int64_t to_e8)
{
    if (to_e8 >= from_e8) {
        return 0;
    }
    if (from_e8 <= 0) {
        return E8;
    }
    const __int128 f = ((__int128)from_e8 - to_e8) * E8 / from_e8;
    return f > INT64_MAX ? INT64_MAX : (int64_t)f;
}

int64_t risk_day_loss_e8(const struct risk *r)
{
    return r->equity_known ? lost_e8(r->day_start_equity_e8, r->equity_e8) : 0;
}

int64_t risk_drawdown_e8(const struct risk *r)
{
    return r->equity_known ? lost_e8(r->peak_equity_e8, r->equity_e8) : 0;
}

uint32_t risk_on_equity(struct risk *r, int64_t equity_e8, int64_t wall_ns)
{
    if (!r->equity_known) {
        risk_start(r, equity_e8, 0, wall_ns);
    }
    if (day_of(wall_ns) > r->day) { // a clock that steps back does not turn the day a second time
        r->day = day_of(wall_ns);
        r->day_start_equity_e8 = equity_e8;
    }
    r->equity_e8 = equity_e8;
    r->peak_equity_e8 = equity_e8 > r->peak_equity_e8 ? equity_e8 : r->peak_equity_e8;
    uint32_t hit = 0;
    hit |= risk_day_loss_e8(r) >= r->config.limit[LIMIT_DAY_LOSS] ? RISK_HIT_DAY_LOSS : 0;
    hit |= risk_drawdown_e8(r) >= r->config.limit[LIMIT_DRAWDOWN] ? RISK_HIT_DRAWDOWN : 0;
    const uint32_t fresh = hit & ~(uint32_t)r->latched;
    if (fresh & RISK_HIT_DAY_LOSS) {
        r->day_loss_latched_day = r->day;
    }
    r->latched |= (uint8_t)fresh;
    return fresh;
}

void risk_on_transfer(struct risk *r, int64_t amount_e8)
{
    r->day_start_equity_e8 += amount_e8;
    r->peak_equity_e8 += amount_e8;
    r->equity_e8 += amount_e8;
}

bool risk_release(struct risk *r, char *text, size_t cap)
{
    struct fmt line = fmt_begin(text, cap);
    if (r->latched == 0) {
        fmt_str(&line, "no loss limit is in force");
        return false;
    }
    if ((r->latched & RISK_HIT_DAY_LOSS) && r->day <= r->day_loss_latched_day) {
        fmt_str(&line, "the daily loss limit holds until 00:00 UTC, then release it");
        return false;
    }
    if (r->latched & RISK_HIT_DRAWDOWN) {
        r->peak_equity_e8 = r->equity_e8;
    }
    r->latched = 0;
    fmt_str(&line, "loss limits released at equity ");
    fmt_money(&line, r->equity_e8);
    return true;
}

void risk_resume_strategy(struct risk *r, enum strategy_id s)
{
    CHECK((unsigned)s < STRATEGY_COUNT);
    r->stopped[s] = 0;
    memset(&r->repeat[s], 0, sizeof r->repeat[s]);
}

// -------------------------------------------------------------------------------------------------- values

int64_t risk_value_e8(const struct risk_fact *f, int64_t lots)
{
    if (f->mark_e8 <= 0 || f->def.lot_e8 <= 0 || f->def.kind == INSTRUMENT_INVERSE) {
        return 0;
    }
    const __int128 n = lots < 0 ? -(__int128)lots : lots;
    if (n * f->def.lot_e8 / E8 * f->mark_e8 > MONEY_MAX_E8) {
        return 2 * MONEY_MAX_E8; // as good as infinite: beyond every limit, and sums of it stay in range
    }
    return instrument_notional_e8(&f->def, f->mark_e8, (int64_t)n);
}

int64_t risk_worst_value_e8(const struct risk_fact *f, const struct exposure *x)
{
    const int64_t up = f->position_lots + x->buy_lots, down = x->sell_lots - f->position_lots;
    const int64_t worst = up > down ? up : down;
    return risk_value_e8(f, worst > 0 ? worst : 0);
}

int64_t risk_limit_in_force_e8(const struct risk *r, enum limit_id id)
{
    const int64_t limit = r->config.limit[id];
    const bool of_capital = id == LIMIT_POSITION_VALUE || id == LIMIT_GROSS_VALUE;
    if (!of_capital || !r->equity_known || r->capital_e8 <= 0 || r->equity_e8 >= r->capital_e8) {
        return limit;
    }
    return r->equity_e8 <= 0 ? 0 : muldiv_floor(limit, r->equity_e8, r->capital_e8);
}

int64_t risk_smallest_order_lots(const struct risk_fact *f)
{
    const struct instrument *d = &f->def;
    if (f->mark_e8 <= 0 || d->lot_e8 <= 0 || d->kind == INSTRUMENT_INVERSE) {
        return 0;
    }
    int64_t lots = d->min_qty_lots > 1 ? d->min_qty_lots : 1;
    const int64_t one_e8 = instrument_notional_e8(d, f->mark_e8, 1);
    if (one_e8 > 0 && d->min_notional_e8 > 0) {
        const int64_t by_value = d->min_notional_e8 / one_e8 + (d->min_notional_e8 % one_e8 != 0);
        lots = by_value > lots ? by_value : lots;
    }
    return lots;
}

// -------------------------------------------------------------------------------------------------- people

static int64_t gross_e8(const struct risk *r, const struct exposure_book *x)
{
    int64_t sum = 0;
    for (int i = 0; i < INSTRUMENT_MAX; i++) {
        sum += risk_worst_value_e8(&r->fact[i], &x->ins[i]);
    }
    return sum;
}

static int64_t largest_e8(const struct risk *r, const struct exposure_book *x)
{
    int64_t most = 0;
    for (int i = 0; i < INSTRUMENT_MAX; i++) {
        const int64_t v = risk_worst_value_e8(&r->fact[i], &x->ins[i]);
        most = v > most ? v : most;
    }
    return most;
}

static int64_t most_orders(const struct exposure_book *x)
{
    uint32_t most = 0;
    for (int i = 0; i < INSTRUMENT_MAX; i++) {
        most = x->ins[i].orders > most ? x->ins[i].orders : most;
    }
    return most;
}

struct snap_limit risk_limit_used(const struct risk *r, enum limit_id id,
                                  const struct exposure_book *exposures, int64_t mono_ns)
{
    CHECK((unsigned)id < LIMIT_COUNT);
    struct snap_limit s = {.used = 0, .limit = risk_limit_in_force_e8(r, id)};
    switch (id) {
    case LIMIT_ORDER_VALUE:
        s.used = r->last_value_e8;
        break;
    case LIMIT_POSITION_VALUE:
        s.used = largest_e8(r, exposures);
        break;
    case LIMIT_GROSS_VALUE:
        s.used = gross_e8(r, exposures);
        break;
    case LIMIT_OPEN_ORDERS:
        s.used = most_orders(exposures);
        break;
    case LIMIT_ORDER_RATE:
        s.used = risk_rate_used(r, mono_ns);
        break;
    case LIMIT_COLLAR:
        s.used = r->last_distance_e8;
        break;
    case LIMIT_DAY_LOSS:
        s.used = risk_day_loss_e8(r);
        break;
    default:
        s.used = risk_drawdown_e8(r);
        break;
    }
    return s;
}

static void say_limit(struct fmt *line, enum limit_id id, int64_t v)
{
    const bool fraction = id == LIMIT_COLLAR || id == LIMIT_DAY_LOSS || id == LIMIT_DRAWDOWN;
    if (fraction) {
        fmt_pct(line, v);
    } else if (id == LIMIT_OPEN_ORDERS || id == LIMIT_ORDER_RATE) {
        fmt_int(line, v);
    } else {
        fmt_money(line, v);
    }
}

bool risk_set_limit(struct risk *r, enum limit_id id, int64_t value, char *text, size_t cap)
{
    struct fmt line = fmt_begin(text, cap);
    if ((unsigned)id >= LIMIT_COUNT) {
        fmt_str(&line, "no such limit");
        return false;
    }
    const bool ok = value > 0 && value <= LIMIT_MAX[id];
    fmt_str(&line, ok ? "limit is " : "limit must be above 0 and at most ");
    say_limit(&line, id, ok ? value : LIMIT_MAX[id]);
    if (ok) {
        r->config.limit[id] = value;
    }
    return ok;
}

bool risk_limit_is_raise(const struct risk *r, enum limit_id id, int64_t value)
{
    return (unsigned)id < LIMIT_COUNT && value > r->config.limit[id];
}

// "BTCUSDT needs 124 USDT: smallest order 0.001 is 61.80, position cap 25.00". The capital that would do is
// the present one, scaled until the bound reaches the smallest order: the cap is a share of capital.
static void say_capital(const struct risk *r, const struct risk_fact *f, struct fmt *line, int64_t lots,
                        int64_t value_e8, const char *bound, int64_t cap_e8)
{
    const int64_t capital_e8 = r->equity_known && r->equity_e8 < r->capital_e8 ? r->equity_e8 : r->capital_e8;
    fmt_str(line, f->def.symbol);
    fmt_str(line, " needs ");
    if (cap_e8 > 0 && capital_e8 > 0) {
        const __int128 need_e8 = (__int128)value_e8 * capital_e8 / cap_e8;
        fmt_int(line, (int64_t)((need_e8 + E8 - 1) / E8));
    } else {
        fmt_str(line, "more");
    }
    fmt_str(line, " USDT: smallest order ");
    fmt_dec(line, instrument_qty_e8(&f->def, lots), 8, f->def.qty_decimals);
    fmt_str(line, " is ");
    fmt_money(line, value_e8);
    fmt_str(line, bound);
    fmt_money(line, cap_e8);
}

bool risk_capital_hint(const struct risk *r, uint16_t instrument, char *text, size_t cap)
{
    CHECK(instrument < INSTRUMENT_MAX);
    const struct risk_fact *f = &r->fact[instrument];
    struct fmt line = fmt_begin(text, cap);
    const int64_t lots = risk_smallest_order_lots(f);
    const int64_t value_e8 = risk_value_e8(f, lots);
    const int64_t position_e8 = risk_limit_in_force_e8(r, LIMIT_POSITION_VALUE);
    const int64_t gross_limit_e8 = risk_limit_in_force_e8(r, LIMIT_GROSS_VALUE);
    const int64_t order_e8 = r->config.limit[LIMIT_ORDER_VALUE];
    if (lots == 0) {
        return false;
    }
    if (value_e8 > position_e8) {
        say_capital(r, f, &line, lots, value_e8, ", position cap ", position_e8);
        return true;
    }
    if (value_e8 > gross_limit_e8) {
        say_capital(r, f, &line, lots, value_e8, ", gross cap ", gross_limit_e8);
        return true;
    }
    if (value_e8 > order_e8) {
        fmt_str(&line, f->def.symbol);
        fmt_str(&line, ": smallest order is ");
        fmt_money(&line, value_e8);
        fmt_str(&line, ", order limit ");
        fmt_money(&line, order_e8);
        fmt_str(&line, ": raise risk.order_value");
        return true;
    }
    return false;
}

const char *refusal_name(enum refusal r)
{
    static const char *const NAMES[REFUSED_COUNT] = {
        [REFUSED_NOT] = "approved",
        [REFUSED_STATE] = "state",
        [REFUSED_STRATEGY] = "strategy",
        [REFUSED_INSTRUMENT] = "instrument",
        [REFUSED_BOOK] = "book",
        [REFUSED_MARK] = "mark",
        [REFUSED_EQUITY] = "equity",
        [REFUSED_PRICE] = "price",
        [REFUSED_COLLAR] = "collar",
        [REFUSED_QTY] = "quantity",
        [REFUSED_NOTIONAL] = "notional",
        [REFUSED_ORDER_VALUE] = "order-value",
        [REFUSED_POSITION] = "position",
        [REFUSED_GROSS] = "gross",
        [REFUSED_OPEN_ORDERS] = "open-orders",
        [REFUSED_RATE] = "rate",
        [REFUSED_REPEAT] = "repeat",
        [REFUSED_SELF_CROSS] = "self-cross",
        [REFUSED_DAY_LOSS] = "day-loss",
        [REFUSED_DRAWDOWN] = "drawdown",
        [REFUSED_REDUCE] = "reduce-only",
        [REFUSED_MISSED_FILL] = "missed-fill",
        [REFUSED_INVALID] = "invalid",
    };
    return (unsigned)r < REFUSED_COUNT ? NAMES[r] : "?";
}
