// SPDX-License-Identifier: Apache-2.0
// test_session_random: tries to break the session with a venue that answers anything, late, twice or never,
// in every dialect: odd numbers, odd names, links that come and go, time that jumps.
#include "session_orders_rig.h"

#include "base/rng.h"

// ------------------------------------------------------------------------------------------- whatever the
// venue says

static struct rng g_rng;

// Small, huge, negative: numbers that arithmetic trips over.
static int64_t odd_number(void)
{
    static const int64_t ODD[] = {0,           1, -1, 100000, 25000000, INT64_MAX, INT64_MIN, INT64_MAX / 2,
                                  312040000000};
    return rng_below(&g_rng, 3) ? ODD[rng_below(&g_rng, sizeof ODD / sizeof ODD[0])]
                                : (int64_t)rng_next(&g_rng);
}

static void odd_text(char *to, size_t cap)
{
    static const char *const ODD[] = {"",     "ETHUSDT",  "BTCUSDT",     "XRPUSDT", "NEW", "FILLED",
                                      "USDT", "EXPIRED",  "CANCELED",    "TRADE",   "o1",  "autoclose-1",
                                      "GTX",  "isolated", "FUNDING_FEE", "cross",   "BTC", "CALCULATED"};
    text_copy(to, cap, ODD[rng_below(&g_rng, sizeof ODD / sizeof ODD[0])]);
}

static void odd_order(struct wire_order *w)
{
    odd_text(w->symbol, sizeof w->symbol);
    odd_text(w->client_id, sizeof w->client_id);
    odd_text(w->status, sizeof w->status);
    odd_text(w->exec, sizeof w->exec);
    odd_text(w->tif, sizeof w->tif);
    odd_text(w->fee_asset, sizeof w->fee_asset);
    w->order_id = (uint64_t)odd_number();
    w->trade_id = (uint64_t)odd_number();
    w->price_e8 = odd_number();
    w->qty_e8 = odd_number();
    w->cum_e8 = odd_number();
    w->last_qty_e8 = odd_number();
    w->last_price_e8 = odd_number();
    w->fee_e8 = odd_number();
    w->update_time_ms = odd_number();
    w->side = (int8_t)((int)rng_below(&g_rng, 3) - 1);
}

static void odd_rows(struct answer *a)
{
    a->rows = (uint32_t)rng_below(&g_rng, 4);
    for (uint32_t i = 0; i < a->rows; i++) {
        struct wire_position *p = &a->u.positions[i];
        switch (a->kind) {
        case RQ_POSITIONS:
            odd_text(p->symbol, sizeof p->symbol);
            odd_text(p->margin_type, sizeof p->margin_type);
            p->qty_e8 = odd_number();
            p->entry_e8 = odd_number();
            break;
        case RQ_BALANCE:
            odd_text(a->u.balances[i].asset, sizeof a->u.balances[i].asset);
            a->u.balances[i].wallet_e8 = odd_number();
            break;
        case RQ_TRADES:
            odd_text(a->u.trades[i].symbol, sizeof a->u.trades[i].symbol);
            a->u.trades[i].id = (uint64_t)odd_number();
            a->u.trades[i].qty_e8 = odd_number();
            a->u.trades[i].fee_e8 = odd_number();
            a->u.trades[i].time_ms = odd_number();
            a->u.trades[i].side = SIDE_BUY;
            break;
        case RQ_TIME:
            a->u.time.server_ms = odd_number();
            break;
        default:
            odd_order(&a->u.orders[i]);
            break;
        }
    }
}

static void odd_answer(struct rig *r, size_t at)
{
    static const int32_t CODES[] = {0,     0,     0,     -2011, -2013, -1007,
                                    -4225, -2019, -1125, -4046, -1003, INT32_MIN};
    static const int32_t STATUS[] = {200, 200, 200, 400, 503, 429, 0, 403, 999};
    rig_answer_init(r, &g_answer, (enum request_kind)r->command[at].rq.kind);
    if (rng_below(&g_rng, 2)) {
        g_answer.code = CODES[rng_below(&g_rng, sizeof CODES / sizeof CODES[0])];
        g_answer.http_status = STATUS[rng_below(&g_rng, sizeof STATUS / sizeof STATUS[0])];
    }
    g_answer.lost = rng_below(&g_rng, 8) == 0;
    g_answer.malformed = rng_below(&g_rng, 8) == 0;
    g_answer.not_sent = rng_below(&g_rng, 8) == 0;
    g_answer.used_weight = rng_below(&g_rng, 4) ? -1 : (int32_t)odd_number();
    g_answer.retry_after_s = rng_below(&g_rng, 4) ? 1 : (int32_t)rng_below(&g_rng, 5) - 1;
    odd_rows(&g_answer);
    if (rng_below(&g_rng, 3) == 0 && r->command[at].rq.kind == RQ_EXCHANGE_INFO) {
        g_answer.rows = 1;
        g_answer.u.instruments[0] = rig_instrument("ETHUSDT", rng_below(&g_rng, 2) ? 1 : 1000000);
    }
    rig_answer(r, at, &g_answer);
}

static void odd_action(struct rig *r)
{
    static const uint16_t TYPES[] = {ACT_PLACE,   ACT_PLACE, ACT_CANCEL,           ACT_CANCEL_ALL,
                                     ACT_DEADMAN, ACT_READ,  ACT_REQUEST_SNAPSHOT, ACT_AMEND};
    struct action a = place_action("o1");
    a.type = TYPES[rng_below(&g_rng, sizeof TYPES / sizeof TYPES[0])];
    a.instrument = (uint16_t)rng_below(&g_rng, 3);
    a.close_only = a.reduce_only = rng_below(&g_rng, 3) == 0;
    a.tif = (uint8_t)rng_below(&g_rng, 4);
    a.sub = (uint8_t)rng_below(&g_rng, 2);
    snprintf(a.client_id, sizeof a.client_id, "o%d", (int)rng_below(&g_rng, 50));
    act(r, a);
}

static void odd_user(struct rig *r)
{
    memset(&g_user, 0, sizeof g_user);
    g_user.kind = (uint8_t)rng_below(&g_rng, 6);
    g_user.event_ms = odd_number();
    g_user.transaction_ms = odd_number();
    g_user.balances = (uint32_t)rng_below(&g_rng, 3);
    g_user.positions = (uint32_t)rng_below(&g_rng, 3);
    odd_text(g_user.reason, sizeof g_user.reason);
    odd_order(&g_user.order);
    for (int i = 0; i < 3; i++) {
        odd_text(g_user.balance[i].asset, sizeof g_user.balance[i].asset);
        g_user.balance[i].wallet_e8 = odd_number() / 4;
        odd_text(g_user.position[i].symbol, sizeof g_user.position[i].symbol);
        g_user.position[i].qty_e8 = odd_number();
    }
    session_on_user(r->s, (unsigned)rng_below(&g_rng, 2), &g_user, r->now, r->wall, &r->out);
}

static void odd_market(struct rig *r)
{
    static uint64_t id = 1000;
    char text[400];
    uint64_t step = 1 + rng_below(&g_rng, 3);
    snprintf(text, sizeof text,
             "{\"e\":\"depthUpdate\",\"E\":1767225600104,\"T\":1767225600098,\"s\":\"ETHUSDT\",\"U\":%llu,"
             "\"u\":%llu,\"pu\":%llu,\"b\":[[\"3120.40\",\"1.204\"]],\"a\":[[\"3120.41\",\"0.330\"]]}",
             (unsigned long long)(id + 1), (unsigned long long)(id + step),
             (unsigned long long)(rng_below(&g_rng, 5) ? id : id - 1));
    id += rng_below(&g_rng, 4) ? step : 0;
    rig_text(r, rng_below(&g_rng, 5) ? LINK_MARKET : LINK_MARKET2, (unsigned)rng_below(&g_rng, 2), text);
}

static void odd_link(struct rig *r)
{
    enum link_id link = (enum link_id)rng_below(&g_rng, LINK_COUNT);
    unsigned which = link == LINK_ORDER || link == LINK_REST ? 0 : (unsigned)rng_below(&g_rng, 2);
    (rng_below(&g_rng, 2) ? rig_open_at : rig_close_at)(r, link, which);
}

static void odd_answers(struct rig *r)
{
    for (size_t i = 0; i < r->commands; i++) {
        if (!r->done[i] && rng_below(&g_rng, 2)) {
            sent(r, i);
        }
        if (!r->done[i] && rng_below(&g_rng, 2)) {
            odd_answer(r, i);
        } else if (!r->done[i] && rng_below(&g_rng, 4) == 0) {
            r->done[i] = 1;
            session_on_dropped(r->s, r->command[i].rq.tag, DROP_FENCE, r->now, r->wall, &r->out);
        }
    }
    if (r->commands > RIG_COMMANDS / 2) {
        r->commands = 0; // the rest is never answered
    }
}

// A round's session: any dialect, with batches or without, connections changed by plan every few seconds.
static struct rig *odd_rig(enum dialect_id dialect)
{
    struct rig *r = rig_new_of(dialect);
    r->config.batch_place = (uint8_t)rng_below(&g_rng, 2);
    r->config.batch_cancel = (uint8_t)rng_below(&g_rng, 2);
    r->config.reconnect_after_ns = (int64_t)rng_below(&g_rng, 20) * NS_PER_S;
    rig_configure(r);
    rig_start(r);
    assert_true(rig_ready(r));
    r->withhold = UINT64_MAX;
    return r;
}

// Requests are answered with anything, late, never, dropped or sent; links come and go; time jumps. Nothing
// must fail but the venue: every event stays valid (the rig checks), no assertion breaks, timers stay
// bounded. And what the session asks is always something that the venue offers.
static void test_whatever_the_venue_says(void **state)
{
    (void)state;
    rng_seed(&g_rng, 4711);
    for (int round = 0; round < 200; round++) {
        enum dialect_id dialect = (enum dialect_id)(round % DIALECT_COUNT);
        struct rig *r = odd_rig(dialect);
        for (int step = 0; step < 1500; step++) {
            r->events = 0;
            switch (rng_below(&g_rng, 9)) {
            case 0:
                odd_user(r);
                break;
            case 1:
                odd_link(r);
                break;
            case 2:
                rig_run(r, (int64_t)rng_below(&g_rng, 3000) * NS_PER_MS);
                break;
            case 3:
            case 4:
                odd_action(r);
                break;
            case 5:
                odd_market(r);
                break;
            default:
                odd_answers(r);
                break;
            }
            for (size_t i = 0; i < r->commands; i++) {
                const struct link_cmd *c = &r->command[i];
                assert_true(c->type != LC_REQUEST ||
                            strcmp(c->rq.path, dialect_get(dialect)->form[c->rq.kind].path) == 0);
            }
        }
        rig_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whatever_the_venue_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
