// SPDX-License-Identifier: Apache-2.0
// test_session_amend: tries to make an amended order have two sizes at once, or none: answers and events in
// both orders, in doubt, refused, on venues that cannot amend; batches whose elements fare differently, fail
// as a whole, or are answered with a list of another length; and orders that the venue's filters would
// refuse.
#include "session_orders_rig.h"

static struct action amend_action(const char *id)
{
    struct action a = place_action(id);
    a.type = ACT_AMEND;
    a.order_id = 48120077;
    a.price_ticks = 312050;
    a.qty_lots = 300;
    return a;
}

static size_t amend_sent(struct rig *r, const char *id)
{
    act(r, amend_action(id));
    size_t at = rig_request(r, RQ_AMEND);
    sent(r, at);
    return at;
}

// The order with these terms, as an answer to request `at`.
static void answer_terms(struct rig *r, size_t at, int64_t price_e8, int64_t qty_e8)
{
    rig_answer_init(r, &g_answer, (enum request_kind)r->command[at].rq.kind);
    struct wire_order *w = &g_answer.u.order;
    text_copy(w->symbol, sizeof w->symbol, "ETHUSDT");
    text_copy(w->client_id, sizeof w->client_id, "o");
    text_copy(w->status, sizeof w->status, "NEW");
    w->order_id = 48120077;
    w->price_e8 = price_e8;
    w->qty_e8 = qty_e8;
    w->side = SIDE_SELL;
    rig_answer(r, at, &g_answer);
}

static void user_terms(struct rig *r, const char *exec, int64_t price_e8, int64_t qty_e8)
{
    memset(&g_user, 0, sizeof g_user);
    g_user.kind = UM_ORDER;
    g_user.event_ms = r->wall / NS_PER_MS;
    struct wire_order *w = &g_user.order;
    text_copy(w->symbol, sizeof w->symbol, "ETHUSDT");
    text_copy(w->client_id, sizeof w->client_id, "o");
    text_copy(w->exec, sizeof w->exec, exec);
    text_copy(w->status, sizeof w->status, "NEW");
    w->order_id = 48120077;
    w->price_e8 = price_e8;
    w->qty_e8 = qty_e8;
    w->side = SIDE_SELL;
    session_on_user(r->s, 0, &g_user, r->now, r->wall, &r->out);
}

static const int64_t NEW_PRICE = 312050000000, NEW_QTY = 30000000, OLD_PRICE = 312040000000,
                     OLD_QTY = 25000000;

static void test_amend_texts(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    act(r, amend_action("o"));
    const struct request *rq = &r->command[rig_request(r, RQ_AMEND)].rq;
    assert_string_equal(rq->method, "PUT");
    assert_string_equal(rq->path, "/fapi/v3/order");
    assert_string_equal(rq->text, "symbol=ETHUSDT&orderId=48120077&quantity=0.300&price=3120.50");
    assert_int_equal(rq->signed_ && rq->on_order_link && !rq->close_only && rq->lane == LANE_PLACE, 1);
    struct action a = amend_action("o");
    a.order_id = 0;
    act(r, a);
    assert_string_equal(r->command[rig_request(r, RQ_AMEND)].rq.text,
                        "symbol=ETHUSDT&origClientOrderId=o&quantity=0.300&price=3120.50");
    rig_free(r);
    r = ready_rig_of(DIALECT_BINANCE);
    act(r, amend_action("o"));
    assert_string_equal(r->command[rig_request(r, RQ_AMEND)].rq.text,
                        "symbol=ETHUSDT&orderId=48120077&side=SELL&quantity=0.300&price=3120.50");
    rig_free(r);
}

// What the stream tells after an amend is AMENDMENT on one venue and may be NEW on another; before or after
// the answer: each path tells the new terms, and there is no doubt left.
static void test_amend_in_both_orders(void **state)
{
    (void)state;
    static const char *const EXECS[] = {"AMENDMENT", "NEW"};
    for (int i = 0; i < 4; i++) {
        struct rig *r = ready_rig_of(i & 2 ? DIALECT_BINANCE : DIALECT_ASTER_V3);
        size_t at = amend_sent(r, "o");
        if (i & 1) {
            answer_terms(r, at, NEW_PRICE, NEW_QTY);
            assert_int_equal(rig_report(r, "o", RK_AMENDED)->source, SOURCE_ANSWER);
            user_terms(r, EXECS[0], NEW_PRICE, NEW_QTY);
        } else {
            user_terms(r, EXECS[i / 2], NEW_PRICE, NEW_QTY);
            assert_int_equal(rig_report(r, "o", RK_AMENDED)->source, SOURCE_STREAM);
            answer_terms(r, at, NEW_PRICE, NEW_QTY);
        }
        assert_int_equal(rig_report(r, "o", RK_AMENDED)->price_ticks, 312050);
        assert_int_equal(rig_report(r, "o", RK_AMENDED)->qty_lots, 300);
        rig_run(r, 4 * NS_PER_S);
        assert_int_equal(rig_count_requests(r, RQ_QUERY_ORDER), 0);
        assert_null(rig_report(r, "o", RK_DOUBT));
        rig_free(r);
    }
}

static void test_event_then_lost_answer(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    size_t at = amend_sent(r, "o");
    user_terms(r, "AMENDMENT", NEW_PRICE, NEW_QTY);
    answer_lost(r, at);
    assert_null(rig_report(r, "o", RK_DOUBT));
    rig_free(r);
}

static void test_amend_refused(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    answer_error(r, amend_sent(r, "o"), 400, -4164);
    assert_int_equal(rig_report(r, "o", RK_AMEND_REJECTED)->code, -4164);
    answer_error(r, amend_sent(r, "o"), 400, -2013); // the order may be gone: asked for
    rig_run(r, NS_PER_MS);
    assert_int_equal(rig_count_requests(r, RQ_QUERY_ORDER), 1);
    act(r, amend_action("p"));
    size_t at = rig_request(r, RQ_AMEND);
    r->done[at] = 1;
    session_on_dropped(r->s, r->command[at].rq.tag, DROP_FENCE, r->now, r->wall, &r->out);
    assert_string_equal(rig_report(r, "p", RK_AMEND_REJECTED)->text, "not sent: the fence is up");
    rig_free(r);
}

// Nobody knows whether it was carried out. The old terms in a query prove nothing while the venue may still
// take the request; the new ones do at once.
static void test_amend_in_doubt(void **state)
{
    (void)state;
    struct rig *r = ready_rig();
    answer_error(r, amend_sent(r, "o"), 503, 0);
    assert_non_null(rig_report(r, "o", RK_DOUBT));
    for (int i = 0; i < 100; i++) { // ten seconds of the old terms
        rig_run(r, 100 * NS_PER_MS);
        for (size_t k = 0; k < r->commands; k++) {
            if (!r->done[k] && r->command[k].rq.kind == RQ_QUERY_ORDER) {
                answer_terms(r, k, OLD_PRICE, OLD_QTY);
            }
        }
    }
    user_terms(r, "TRADE", OLD_PRICE, OLD_QTY); // and a word of the stream that is not about it
    assert_null(rig_report(r, "o", RK_AMEND_REJECTED));
    assert_null(rig_report(r, "o", RK_AMENDED));
    for (int i = 0; i < 150 && !rig_report(r, "o", RK_AMEND_REJECTED); i++) {
        rig_run(r, 100 * NS_PER_MS);
        for (size_t k = 0; k < r->commands; k++) {
            if (!r->done[k] && r->command[k].rq.kind == RQ_QUERY_ORDER) {
                answer_terms(r, k, OLD_PRICE, OLD_QTY);
            }
        }
    }
    assert_non_null(rig_report(r, "o", RK_AMEND_REJECTED)); // the window has passed: it never will be
    assert_int_equal(rig_report(r, "o", RK_STATE)->price_ticks, 312040);
    rig_clear(r);
    answer_lost(r, amend_sent(r, "o"));
    rig_run(r, 400 * NS_PER_MS);
    answer_terms(r, rig_request(r, RQ_QUERY_ORDER), NEW_PRICE, NEW_QTY);
    assert_int_equal(rig_report(r, "o", RK_AMENDED)->qty_lots, 300);
    size_t asked = rig_count_requests(r, RQ_QUERY_ORDER);
    rig_run(r, 4 * NS_PER_S);
    assert_int_equal(rig_count_requests(r, RQ_QUERY_ORDER), asked);
    rig_free(r);
}

static void test_venue_without_amend(void **state)
{
    (void)state;
    static const enum dialect_id WITHOUT[] = {DIALECT_ASTER_V1, DIALECT_ASTER_SPOT, DIALECT_ASTER_SPOT_V1};
    for (size_t i = 0; i < 3; i++) {
        struct rig *r = ready_rig_of(WITHOUT[i]);
        act(r, amend_action("o"));
        assert_string_equal(rig_report(r, "o", RK_AMEND_REJECTED)->text,
                            "this venue cannot amend: cancelled instead");
        assert_string_equal(r->command[rig_request(r, RQ_CANCEL)].rq.text, "symbol=ETHUSDT&orderId=48120077");
        rig_free(r);
    }
}

// ----------------------------------------------------------------------------------------------------
// batches

static struct rig *batch_rig(enum dialect_id dialect)
{
    struct rig *r = rig_new_of(dialect);
    r->config.batch_place = r->config.batch_cancel = 1;
    rig_configure(r);
    rig_start(r);
    r->withhold = BIT64(RQ_PLACE) | BIT64(RQ_CANCEL) | BIT64(RQ_BATCH_PLACE) | BIT64(RQ_BATCH_CANCEL) |
                  BIT64(RQ_QUERY_ORDER);
    return r;
}

static void flush(struct rig *r)
{
    session_flush(r->s, r->now, r->wall, &r->out);
}

static void batch_rows(struct rig *r, enum request_kind kind, const int32_t *code, uint32_t n)
{
    rig_answer_init(r, &g_answer, kind);
    g_answer.rows = n;
    for (uint32_t i = 0; i < n; i++) {
        struct wire_order *w = &g_answer.u.orders[i];
        memset(w, 0, sizeof *w);
        w->code = code[i];
        w->order_id = 100 + i;
        w->qty_e8 = 25000000;
        text_copy(w->status, sizeof w->status, kind == RQ_BATCH_CANCEL ? "CANCELED" : "NEW");
    }
}

static void test_batch_place(void **state)
{
    (void)state;
    struct rig *r = batch_rig(DIALECT_ASTER_V3);
    act(r, place_action("a1"));
    assert_int_equal(rig_count_requests(r, RQ_PLACE), 0);
    flush(r); // alone: an ordinary placement
    assert_int_equal(rig_count_requests(r, RQ_PLACE), 1);
    for (int i = 0; i < 6; i++) {
        char id[16];
        snprintf(id, sizeof id, "b%d", i);
        struct action a = place_action(id);
        a.tif = i == 2 ? TIF_FOK : TIF_GTX;
        act(r, a);
    }
    assert_int_equal(rig_count_requests(r, RQ_BATCH_PLACE), 1); // five are a batch
    size_t at = rig_request(r, RQ_BATCH_PLACE);
    const struct request *rq = &r->command[at].rq;
    assert_string_equal(rq->path, "/fapi/v3/batchOrders");
    assert_int_equal(
        strncmp(rq->text,
                "batchOrders=%5B%7B%22symbol%22%3A%22ETHUSDT%22%2C%22side%22%3A%22SELL%22%2C%22type%22%3A"
                "%22LIMIT%22%2C%22timeInForce%22%3A%22GTX%22%2C%22quantity%22%3A%220.250%22%2C%22price%22"
                "%3A%223120.40%22%2C%22newClientOrderId%22%3A%22b0%22%2C%22newOrderRespType%22%3A%22ACK%22"
                "%7D%2C%7B",
                244),
        0);
    struct session_status st;
    session_status(r->s, &st);
    assert_int_equal(st.orders_used, 6); // each element counts
    rig_run(r, NS_PER_MS);
    assert_int_equal(rig_count_requests(r, RQ_PLACE), 2); // the sixth went with the next moment
    sent(r, at);
    assert_non_null(rig_report(r, "b0", RK_SENT));
    assert_non_null(rig_report(r, "b4", RK_SENT));
    static const int32_t CODES[] = {0, -2019, 0, -1007, -2021};
    batch_rows(r, RQ_BATCH_PLACE, CODES, 5);
    rig_answer(r, at, &g_answer);
    assert_int_equal(rig_report(r, "b0", RK_ACCEPTED)->order_id, 100);
    assert_int_equal(rig_report(r, "b1", RK_REJECTED)->code, -2019);
    assert_int_equal(rig_report(r, "b2", RK_ACCEPTED)->order_id, 102);
    assert_int_equal(rig_report(r, "b3", RK_DOUBT)->code, -1007);
    assert_non_null(rig_report(r, "b4", RK_EXPIRED)); // would cross
    rig_free(r);
}

static void test_batch_fails_as_a_whole(void **state)
{
    (void)state;
    static const int32_t OK[] = {0, 0, 0};
    for (int i = 0; i < 4; i++) {
        struct rig *r = batch_rig(DIALECT_BINANCE);
        act(r, place_action("x"));
        act(r, place_action("y"));
        flush(r);
        size_t at = rig_request(r, RQ_BATCH_PLACE);
        sent(r, at);
        if (i == 0) {
            answer_lost(r, at);
        } else if (i == 1) {
            answer_error(r, at, 400, -4083);
        } else if (i == 2) {
            batch_rows(r, RQ_BATCH_PLACE, OK, 3); // a list of another length
            rig_answer(r, at, &g_answer);
        } else {
            answer_error(r, at, 400, -1102); // a definite refusal is one
            assert_non_null(rig_report(r, "x", RK_REJECTED));
            assert_non_null(rig_report(r, "y", RK_REJECTED));
            rig_free(r);
            continue;
        }
        assert_non_null(rig_report(r, "x", RK_DOUBT));
        assert_non_null(rig_report(r, "y", RK_DOUBT));
        rig_free(r);
    }
}

static void test_batch_cancel(void **state)
{
    (void)state;
    struct rig *r = batch_rig(DIALECT_ASTER_V3);
    for (int i = 0; i < 3; i++) {
        struct action a = {.type = ACT_CANCEL, .instrument = ETH};
        snprintf(a.client_id, sizeof a.client_id, "c%d", i);
        act(r, a);
    }
    flush(r);
    size_t at = rig_request(r, RQ_BATCH_CANCEL);
    assert_string_equal(r->command[at].rq.method, "DELETE");
    assert_string_equal(r->command[at].rq.text,
                        "symbol=ETHUSDT&origClientOrderIdList=%5B%22c0%22%2C%22c1%22%2C%22c2%22%5D");
    assert_int_equal(r->command[at].rq.close_only, 1);
    sent(r, at);
    static const int32_t CODES[] = {0, -2011, 0};
    batch_rows(r, RQ_BATCH_CANCEL, CODES, 3);
    rig_answer(r, at, &g_answer);
    assert_non_null(rig_report(r, "c0", RK_CANCELED));
    assert_int_equal(rig_report(r, "c1", RK_CANCEL_REJECTED)->code, -2011);
    assert_non_null(rig_report(r, "c2", RK_CANCELED));
    rig_run(r, NS_PER_MS);
    assert_int_equal(rig_count_requests(r, RQ_QUERY_ORDER), 1); // c1: gone, or not?
    struct action a = {.type = ACT_CANCEL, .instrument = ETH, .order_id = 11};
    act(r, a);
    a.order_id = 12;
    act(r, a);
    a.instrument = BTC;
    act(r, a); // another symbol: the first two leave
    assert_string_equal(r->command[rig_request(r, RQ_BATCH_CANCEL)].rq.text,
                        "symbol=ETHUSDT&orderIdList=%5B11%2C12%5D");
    rig_free(r);
    r = batch_rig(DIALECT_ASTER_SPOT); // no batches there: one by one, at once
    act(r, (struct action){.type = ACT_CANCEL, .instrument = ETH, .order_id = 11});
    assert_int_equal(rig_count_requests(r, RQ_CANCEL), 1);
    rig_free(r);
}

static void test_overdue_batch_is_doubt_for_each(void **state)
{
    (void)state;
    struct rig *r = batch_rig(DIALECT_ASTER_V3);
    act(r, place_action("x"));
    act(r, place_action("y"));
    flush(r);
    size_t at = rig_request(r, RQ_BATCH_PLACE);
    sent(r, at);
    rig_run(r, 1010 * NS_PER_MS);
    assert_non_null(rig_report(r, "x", RK_DOUBT));
    assert_non_null(rig_report(r, "y", RK_DOUBT));
    static const int32_t OK[] = {0, 0};
    batch_rows(r, RQ_BATCH_PLACE, OK, 2);
    rig_answer(r, at, &g_answer); // evidence beats the timer
    assert_non_null(rig_report(r, "y", RK_ACCEPTED));
    rig_free(r);
}

// ----------------------------------------------------------------------------------------------------
// filters

static void test_filters_refuse_before_sending(void **state)
{
    (void)state;
    static struct answer info;
    struct rig *r = rig_new();
    r->withhold = BIT64(RQ_EXCHANGE_INFO);
    session_start(r->s, r->now, r->wall, &r->out);
    rig_serve(r);
    size_t at = rig_request(r, RQ_EXCHANGE_INFO);
    rig_fill_default(r, &r->command[at].rq, &info);
    struct instrument *eth = &info.u.info.instruments[1];
    eth->min_price_ticks = 100000;
    eth->max_price_ticks = 1000000;
    eth->min_qty_lots = 10;
    eth->max_qty_lots = 5000;
    eth->min_notional_e8 = 50 * E8;
    eth->percent_up_e8 = 105000000;
    eth->percent_down_e8 = 95000000;
    info.u.info.symbols[1].tifs = TIFS_GTC | TIFS_IOC | TIFS_GTX;
    rig_answer(r, at, &info);
    rig_start(r);
    assert_int_equal(session_instrument(r->s, ETH)->tif_mask, TIFS_GTC | TIFS_IOC | TIFS_GTX);
    rig_text(r, LINK_MARKET, 0,
             "{\"e\":\"markPriceUpdate\",\"E\":1767225600000,\"s\":\"ETHUSDT\",\"p\":\"3100.00\","
             "\"i\":\"3120.88\",\"P\":\"3119.94\",\"r\":\"0.0001\",\"T\":1767240000000}");
    const struct {
        int64_t price, qty;
        int side, tif, reduce;
        const char *why; // NULL: sent
    } CASES[] = {
        {312040, 250, SIDE_SELL, TIF_GTX, 0, NULL},
        {99999, 250, SIDE_BUY, TIF_GTX, 0, "price outside the venue's range"},
        {1000001, 250, SIDE_SELL, TIF_GTX, 0, "price outside the venue's range"},
        {312040, 9, SIDE_SELL, TIF_GTX, 0, "quantity below the venue's minimum"},
        {312040, 5001, SIDE_SELL, TIF_GTX, 0, "quantity above the venue's maximum"},
        {312040, 15, SIDE_SELL, TIF_GTX, 0, "value below the venue's minimum"},
        {312040, 15, SIDE_SELL, TIF_IOC, 1, NULL},
        {312040, 250, SIDE_SELL, TIF_FOK, 0, "this symbol does not take this time in force"},
        {325500, 250, SIDE_BUY, TIF_IOC, 0, NULL},
        {325501, 250, SIDE_BUY, TIF_IOC, 0, "price outside PERCENT_PRICE of the mark"},
        {400000, 250, SIDE_SELL, TIF_GTX, 0, NULL},
        {294499, 250, SIDE_SELL, TIF_IOC, 0, "price outside PERCENT_PRICE of the mark"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char id[8];
        snprintf(id, sizeof id, "f%d", (int)i);
        struct action a = place_action(id);
        a.price_ticks = CASES[i].price;
        a.qty_lots = CASES[i].qty;
        a.side = (int8_t)CASES[i].side;
        a.tif = (uint8_t)CASES[i].tif;
        a.reduce_only = (uint8_t)CASES[i].reduce;
        size_t before = rig_count_requests(r, RQ_PLACE);
        act(r, a);
        if (CASES[i].why) {
            assert_string_equal(rig_report(r, id, RK_REJECTED)->text, CASES[i].why);
            assert_int_equal(rig_report(r, id, RK_REJECTED)->source, SOURCE_LOCAL);
        }
        assert_int_equal(rig_count_requests(r, RQ_PLACE) - before, !CASES[i].why);
    }
    struct action a = place_action("a-client-id-of-thirty-seven-characters");
    act(r, a);
    assert_non_null(rig_report(r, a.client_id, RK_REJECTED));
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amend_texts),
        cmocka_unit_test(test_amend_in_both_orders),
        cmocka_unit_test(test_event_then_lost_answer),
        cmocka_unit_test(test_amend_refused),
        cmocka_unit_test(test_amend_in_doubt),
        cmocka_unit_test(test_venue_without_amend),
        cmocka_unit_test(test_batch_place),
        cmocka_unit_test(test_batch_fails_as_a_whole),
        cmocka_unit_test(test_batch_cancel),
        cmocka_unit_test(test_overdue_batch_is_doubt_for_each),
        cmocka_unit_test(test_filters_refuse_before_sending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
