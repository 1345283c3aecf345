// SPDX-License-Identifier: Apache-2.0
// Tries to break the user stream: a naive book-keeper reads nothing but its texts, through a JSON library
// that is not ours, over an hour of the recorded market with random orders of every kind, amendments, changes
// of leverage and margin, transfers, funding each minute, seams and liquidations. At every step its open
// orders, positions and wallet must be those of the exchange; every pushed balance must be the old one plus
// what was told; the income log must add up to the wallet.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "unit/exchange_play.h"

enum { KNOWN_MAX = 2048 };

struct known { // an open order as the stream tells it
    uint64_t id;
    int64_t price_e8, qty_e8, cum_e8;
};

static struct {
    struct play p;
    struct known open[KNOWN_MAX];
    size_t open_count;
    int64_t qty_e8[INSTRUMENT_MAX];   // position
    int64_t cash_e8[INSTRUMENT_MAX];  // money that fills moved, without fees
    int64_t rp_e8[INSTRUMENT_MAX];    // realised as told
    int64_t wallet_e8, cross_e8;      // of the last ACCOUNT_UPDATE
    int64_t expected_e8;              // wallet by our own sums
    int64_t income_e8[XI_TYPE_COUNT]; // of the income call-back
    uint64_t last_trade, last_tran;
    int64_t last_ms;
    uint64_t texts, fills, amended, liquidations, fundings, insured, calls, configs, number, algos, triggered;
} k;

static int64_t e8(const json_t *o, const char *key)
{
    int64_t v = 0;
    const char *text = json_string_value(json_object_get(o, key));
    assert_non_null(text);
    assert_true(decimal_parse_e8(text, strlen(text), &v));
    return v;
}

static const char *str(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    assert_non_null(s);
    return s;
}

static size_t instrument_of(const char *symbol)
{
    for (size_t i = 0; i < k.p.instruments; i++) {
        if (strcmp(k.p.ins[i].symbol, symbol) == 0) {
            return i;
        }
    }
    fail_msg("unknown symbol %s", symbol);
    return 0;
}

static struct known *find(uint64_t id)
{
    for (size_t i = 0; i < k.open_count; i++) {
        if (k.open[i].id == id) {
            return &k.open[i];
        }
    }
    return NULL;
}

static void on_fill(const json_t *o, const char *exec)
{
    size_t i = instrument_of(str(o, "s"));
    int64_t sign = strcmp(str(o, "S"), "BUY") == 0 ? 1 : -1, last = e8(o, "l"), price = e8(o, "L");
    uint64_t trade = (uint64_t)json_integer_value(json_object_get(o, "t"));
    assert_true(last > 0 && last % k.p.ins[i].lot_e8 == 0 && trade > k.last_trade);
    assert_string_equal(str(o, "N"), "USDT");
    k.last_trade = trade;
    k.qty_e8[i] += sign * last;
    k.cash_e8[i] -= sign * instrument_notional_e8(&k.p.ins[i], price, last / k.p.ins[i].lot_e8);
    k.rp_e8[i] += e8(o, "rp");
    k.expected_e8 += e8(o, "rp") - e8(o, "n");
    if (k.qty_e8[i] == 0) {
        assert_int_equal(k.cash_e8[i], k.rp_e8[i]); // flat: all that was made is realised, to the last 1e-8
    }
    bool forced = strcmp(exec, "CALCULATED") == 0;
    assert_true(forced == (strncmp(str(o, "c"), "autoclose-", 10) == 0));
    k.liquidations += forced;
    k.fills++;
}

static struct known *know(uint64_t id)
{
    assert_true(k.open_count < KNOWN_MAX);
    k.open[k.open_count] = (struct known){.id = id};
    return &k.open[k.open_count++];
}

// A conditional order as Binance tells it; once triggered the ordinary event goes on under the same id.
static void on_algo(const json_t *m)
{
    const json_t *o = json_object_get(m, "o");
    const char *status = str(o, "X");
    uint64_t id = (uint64_t)json_integer_value(json_object_get(o, "aid"));
    struct known *f = find(id);
    if (!f) {
        assert_string_equal(status, "NEW");
        f = know(id);
    }
    assert_int_equal(f->cum_e8, 0);
    f->price_e8 = e8(o, "p");
    f->qty_e8 = e8(o, "q");
    if (strcmp(status, "CANCELED") == 0 || strcmp(status, "EXPIRED") == 0) {
        *f = k.open[--k.open_count];
    } else {
        k.triggered += strcmp(status, "TRIGGERED") == 0;
        assert_true(strcmp(status, "NEW") == 0 || strcmp(status, "TRIGGERED") == 0);
    }
    k.algos++;
}

static void on_order(const json_t *m)
{
    const json_t *o = json_object_get(m, "o");
    const char *exec = str(o, "x"), *status = str(o, "X");
    uint64_t id = (uint64_t)json_integer_value(json_object_get(o, "i"));
    struct known *f = find(id);
    bool trade = strcmp(exec, "TRADE") == 0 || strcmp(exec, "CALCULATED") == 0;
    bool over = strcmp(status, "NEW") != 0 && strcmp(status, "PARTIALLY_FILLED") != 0;
    bool renewed = f && strcmp(exec, "NEW") == 0; // also: a conditional triggered
    if (!f && (strcmp(exec, "NEW") == 0 || trade)) {
        f = know(id);
    }
    assert_non_null(f); // an amendment, a cancel, an expiry only of what we know
    f->price_e8 = e8(o, "p");
    f->qty_e8 = e8(o, "q");
    int64_t cum = e8(o, "z");
    assert_int_equal(cum, f->cum_e8 + e8(o, "l")); // nothing is missing and nothing told twice
    assert_true(trade || e8(o, "l") == 0);
    f->cum_e8 = cum;
    k.amended += strcmp(exec, "AMENDMENT") == 0 || (renewed && strcmp(str(o, "ot"), "LIMIT") == 0);
    if (trade) {
        on_fill(o, exec);
        assert_true((cum == f->qty_e8) == (strcmp(status, "FILLED") == 0));
    }
    if (over) {
        *f = k.open[--k.open_count];
    }
}

static void on_account(const json_t *m)
{
    const json_t *a = json_object_get(m, "a"), *b = json_array_get(json_object_get(a, "B"), 0), *row;
    const char *reason = str(a, "m");
    size_t n;
    assert_int_equal(json_array_size(json_object_get(a, "B")), 1);
    k.expected_e8 += e8(b, "bc");
    k.wallet_e8 = e8(b, "wb");
    k.cross_e8 = e8(b, "cw");
    assert_int_equal(k.wallet_e8, k.expected_e8);
    k.fundings += strcmp(reason, "FUNDING_FEE") == 0;
    k.insured += strcmp(reason, "INSURANCE_CLEAR") == 0;
    assert_true(strcmp(reason, "INSURANCE_CLEAR") != 0 || e8(b, "bc") > 0);
    json_array_foreach(json_object_get(a, "P"), n, row)
    {
        size_t i = instrument_of(str(row, "s"));
        assert_int_equal(e8(row, "pa"), k.qty_e8[i]);
        assert_int_equal(e8(row, "cr"), k.rp_e8[i]);
        bool isolated = strcmp(str(row, "mt"), "isolated") == 0;
        assert_true(isolated || e8(row, "iw") == 0);
    }
}

static void on_publish(void *ctx, enum xch_out_type type, const char *stream, const char *text, size_t n)
{
    (void)ctx;
    (void)stream;
    if (type == XO_MARKET_TEXT) {
        return;
    }
    json_t *m = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(m);
    int64_t at = json_integer_value(json_object_get(m, "E"));
    assert_true(at >= k.last_ms);
    k.last_ms = at;
    k.texts++;
    if (type == XO_ORDER && k.p.cfg.dialect == XCH_DIALECT_BINANCE &&
        strcmp(str(m, "e"), "ALGO_UPDATE") == 0) {
        on_algo(m);
    } else if (type == XO_ORDER) {
        assert_string_equal(str(m, "e"), "ORDER_TRADE_UPDATE");
        on_order(m);
    } else if (type == XO_ACCOUNT) {
        assert_string_equal(str(m, "e"), "ACCOUNT_UPDATE");
        on_account(m);
    } else if (type == XO_MARGIN_CALL) {
        assert_true(json_array_size(json_object_get(m, "p")) > 0);
        k.calls++;
    } else {
        assert_string_equal(str(m, "e"), "ACCOUNT_CONFIG_UPDATE");
        k.configs++;
    }
    json_decref(m);
}

static void on_income(void *ctx, const struct xch_income *i)
{
    (void)ctx;
    assert_true(i->amount_e8 != 0 && i->tran_id > k.last_tran);
    k.last_tran = i->tran_id;
    k.income_e8[i->type] += i->amount_e8;
}

// --------------------------------------------------------------------------------------------------- random
// clients

static int64_t near(const struct ev_touch *t, struct rng *r, uint64_t spread)
{
    int64_t base = rng_below(r, 2) ? t->bid_ticks : t->ask_ticks;
    return base + (int64_t)rng_below(r, 2 * spread + 1) - (int64_t)spread;
}

static void make_conditional(struct xch_order_request *q, const struct instrument *ins,
                             const struct ev_touch *t, struct rng *r)
{
    static const char *const TYPES[] = {"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
                                        "TRAILING_STOP_MARKET"};
    size_t which = rng_below(r, 5);
    snprintf(q->type, sizeof q->type, "%s", TYPES[which]);
    q->tif[0] = 0;
    q->has_price = which == 0 || which == 2;
    q->price_e8 = q->has_price ? instrument_price_e8(ins, near(t, r, 60)) : 0;
    q->has_stop = which != 4;
    q->stop_price_e8 = q->has_stop ? instrument_price_e8(ins, near(t, r, 60)) : 0;
    q->has_callback = which == 4;
    q->callback_pct_e8 = q->has_callback ? E8 / 10 : 0;
    q->mark_triggers = which != 4 && rng_below(r, 2);
    if ((which == 1 || which == 3) && rng_below(r, 2)) {
        q->close_position = 1;
        q->has_qty = q->reduce_only = 0;
        q->qty_e8 = 0;
    }
}

static void random_place(struct play *p)
{
    static const char *const TIFS[] = {"GTC", "IOC", "FOK", "GTX", "GTX", "GTC"};
    struct rng *r = &p->rng;
    struct xch_order_request q = {.has_qty = 1, .stp = (uint8_t)rng_below(r, 4)};
    uint16_t i = (uint16_t)rng_below(r, p->instruments);
    struct ev_touch t;
    struct xch_order o;
    struct xch_account a;
    const char *msg = "";
    if (!exchange_touch(p->x, i, &t)) {
        return;
    }
    const struct instrument *ins = &p->ins[i];
    exchange_account(p->x, &a);
    snprintf(q.symbol, sizeof q.symbol, "%s", ins->symbol);
    snprintf(q.client_id, sizeof q.client_id, "k-%llu", (unsigned long long)k.number++);
    // one way for 150 s, so that positions grow until the market breaks them
    int8_t way = (p->now_ns / (150 * NS_PER_S)) % 2 ? SIDE_BUY : SIDE_SELL;
    q.side = (int8_t)(rng_below(r, 10) ? way : -way);
    q.reduce_only = rng_below(r, 5) == 0;
    int64_t price = instrument_price_e8(ins, near(&t, r, 20));
    bool market = rng_below(r, 6) == 0;
    snprintf(q.type, sizeof q.type, "%s", market ? "MARKET" : "LIMIT");
    snprintf(q.tif, sizeof q.tif, "%s", market ? "" : TIFS[rng_below(r, 6)]);
    q.has_price = !market;
    q.price_e8 = market ? 0 : price;
    // up to what the account could open at 100x: often too much
    int64_t most = muldiv_floor(a.wallet_e8, 100 * E8, price) / ins->lot_e8;
    q.qty_e8 = instrument_qty_e8(ins, 1 + (int64_t)rng_below(r, (uint64_t)(most > 1 ? most : 1)));
    if (rng_below(r, 4) == 0) {
        make_conditional(&q, ins, &t, r);
    }
    int32_t code = exchange_place(p->x, &q, p->now_ns, &o, &msg, &p->sink);
    assert_true(code == 0 || code == -2022 || code == -2019 || code == -4164 || code == -2025 ||
                code == -2021 || code == -2027 || code == -4045 || code == -5022);
}

static const struct xch_order *random_open(struct play *p)
{
    static struct xch_order open[XCH_ORDERS_MAX];
    size_t n = exchange_open_orders(p->x, NULL, open, XCH_ORDERS_MAX);
    return n ? &open[rng_below(&p->rng, n)] : NULL;
}

static void random_cancel(struct play *p)
{
    const struct xch_order *v = random_open(p);
    struct xch_order o;
    const char *msg;
    if (v && rng_below(&p->rng, 8) == 0) {
        assert_int_equal(exchange_cancel_all(p->x, v->symbol, p->now_ns, &msg, &p->sink), 0);
    } else if (v) {
        assert_int_equal(exchange_cancel(p->x, v->symbol, v->order_id, NULL, p->now_ns, &o, &msg, &p->sink),
                         0);
    }
}

static void random_amend(struct play *p)
{
    const struct xch_order *v = random_open(p);
    struct xch_order o;
    const char *msg = "";
    if (!v) {
        return;
    }
    const struct instrument *ins = &p->ins[v->instrument];
    int64_t ticks = v->price_ticks + (int64_t)rng_below(&p->rng, 41) - 20;
    int64_t lots = 1 + (int64_t)rng_below(&p->rng, (uint64_t)(2 * v->qty_lots + 1));
    int32_t code = exchange_amend(p->x, v->symbol, 0, v->client_id, instrument_price_e8(ins, ticks),
                                  instrument_qty_e8(ins, lots), p->now_ns, &o, &msg, &p->sink);
    assert_true(code == 0 || code == -1020 || code == -1130 || code == -2021 || code == -2019 ||
                code == -2022 || code == -4164 || code == -2027 || code == -5022);
    if (code) {
        assert_int_equal(exchange_query_open(p->x, v->symbol, v->order_id, NULL, &o, &msg), 0);
        assert_true(o.price_ticks == v->price_ticks && o.qty_lots == v->qty_lots); // as it was
    }
}

static void random_setting(struct play *p)
{
    const struct instrument *ins = &p->ins[rng_below(&p->rng, p->instruments)];
    const char *msg;
    uint64_t tran;
    struct xch_account a;
    switch (rng_below(&p->rng, 5)) {
    case 0:
        exchange_set_leverage(p->x, ins->symbol, 100 + (int32_t)rng_below(&p->rng, 26), p->now_ns, &msg,
                              &p->sink);
        break;
    case 1: // refused most of the time: orders or positions are open
        exchange_set_isolated(p->x, ins->symbol, rng_below(&p->rng, 2), &msg);
        break;
    case 2:
        exchange_position_margin(p->x, ins->symbol, ((int64_t)rng_below(&p->rng, 21) - 10) * E8, p->now_ns,
                                 &msg, &p->sink);
        break;
    case 3:
        exchange_account(p->x, &a); // never broke for long, never rich
        if (a.wallet_e8 < 200 * E8) {
            assert_int_equal(
                exchange_transfer(p->x, CURRENCY_USDT, 500 * E8, p->now_ns, &tran, &msg, &p->sink), 0);
        } else {
            exchange_transfer(p->x, CURRENCY_USDT, -(int64_t)rng_below(&p->rng, 50) * E8, p->now_ns, &tran,
                              &msg, &p->sink);
        }
        break;
    default:
        exchange_countdown(p->x, ins->symbol, (int64_t)rng_below(&p->rng, 5000), p->now_ns, &msg);
    }
}

static void check_all(struct play *p)
{
    static struct xch_order open[XCH_ORDERS_MAX];
    struct xch_position pos[INSTRUMENT_MAX];
    size_t n = exchange_open_orders(p->x, NULL, open, XCH_ORDERS_MAX);
    assert_int_equal(n, k.open_count);
    for (size_t i = 0; i < n; i++) {
        const struct instrument *ins = &p->ins[open[i].instrument];
        const struct known *f = find(open[i].order_id);
        assert_non_null(f);
        assert_int_equal(f->price_e8, instrument_price_e8(ins, open[i].price_ticks));
        assert_int_equal(f->qty_e8, instrument_qty_e8(ins, open[i].qty_lots));
        assert_int_equal(f->cum_e8, instrument_qty_e8(ins, open[i].cum_lots));
    }
    assert_int_equal(exchange_positions(p->x, pos, INSTRUMENT_MAX), p->instruments);
    for (size_t i = 0; i < p->instruments; i++) {
        assert_int_equal(instrument_qty_e8(&p->ins[i], pos[i].lots), k.qty_e8[i]);
    }
    assert_int_equal(exchange_wallet_e8(p->x), k.expected_e8);
    int64_t sum = p->cfg.wallet_e8;
    for (int i = 0; i < XI_TYPE_COUNT; i++) {
        sum += k.income_e8[i];
    }
    assert_int_equal(exchange_wallet_e8(p->x), sum);
}

static void step(struct play *p)
{
    uint64_t dice = rng_below(&p->rng, 1600);
    if (dice < 30) {
        random_place(p);
    } else if (dice < 42) {
        random_cancel(p);
    } else if (dice < 50) {
        random_amend(p);
    } else if (dice < 52) {
        random_setting(p);
    } else if (dice < 1500) {
        return;
    }
    check_all(p);
}

// Maintenance so near to the initial margin that even a calm hour breaks some positions.
static void tight(struct xch_config *c)
{
    for (size_t i = 0; i < INSTRUMENT_MAX; i++) {
        c->brackets[i] = (struct xch_bracket_table){
            .count = 2,
            .row = {{0, 100000 * E8, 720000, 0, 125}, {100000 * E8, 1000000 * E8, 900000, 180 * E8, 100}}};
    }
}

static void keep(enum venue_id site, uint64_t seed, int64_t seconds)
{
    const char *msg;
    memset(&k, 0, sizeof k);
    xch_config_default(&k.p.cfg);
    k.p.cfg.wallet_e8 = k.expected_e8 = 1000 * E8;
    k.p.cfg.leverage = 100;
    k.p.cfg.funding_period_ns = 60 * NS_PER_S;
    k.p.cfg.dialect = site == VENUE_BINANCE ? XCH_DIALECT_BINANCE : XCH_DIALECT_ASTER;
    k.p.cfg.amend_as_new = site == VENUE_BINANCE;
    k.p.cfg.post_only_form = site == VENUE_BINANCE ? 2 : 0;
    tight(&k.p.cfg);
    k.p.sink = (struct xch_sink){.publish = on_publish, .income = on_income};
    play_open(&k.p, seed, site);
    assert_int_equal(exchange_set_isolated(k.p.x, k.p.ins[1].symbol, true, &msg), 0);
    play_until(&k.p, seconds, step);
    check_all(&k.p);
    print_message("%llu texts, %llu fills, %llu amended, %llu fundings, %llu liquidations, %llu insured, "
                  "%llu margin calls, %llu settings\n",
                  (unsigned long long)k.texts, (unsigned long long)k.fills, (unsigned long long)k.amended,
                  (unsigned long long)k.fundings, (unsigned long long)k.liquidations,
                  (unsigned long long)k.insured, (unsigned long long)k.calls, (unsigned long long)k.configs);
    play_close(&k.p);
}

static void test_an_hour_of_the_user_stream_is_the_whole_truth(void **state)
{
    (void)state;
    keep(VENUE_ASTER, 21, 3600);
    assert_true(k.fills > 2000 && k.amended > 100 && k.fundings > 20 && k.liquidations > 2);
    assert_true(k.insured > 0 && k.calls > 0 && k.configs > 10);
    assert_true(k.income_e8[XI_INSURANCE_CLEAR] > 0 && k.income_e8[XI_COMMISSION] < 0);
}

// The other dialect tells an amendment as NEW of an order that is known.
static void test_the_other_dialect_on_the_other_market(void **state)
{
    (void)state;
    keep(VENUE_BINANCE, 22, 1200);
    assert_true(k.fills > 200 && k.amended > 50 && k.fundings > 5);
    assert_true(k.algos > 50 && k.triggered > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_hour_of_the_user_stream_is_the_whole_truth),
        cmocka_unit_test(test_the_other_dialect_on_the_other_market),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
