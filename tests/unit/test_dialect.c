// SPDX-License-Identifier: Apache-2.0
// test_dialect: tries to find a hole in the table of differences: a dialect without a form that the session
// cannot do without, a path of another version, a stream on a link that the venue does not have, a name or a
// venue that finds the wrong row. The paths are those of venue-api.md 3.2 to 3.7, written out here anew.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/venue/dialect.h"

static void test_every_dialect_can_trade(void **state)
{
    (void)state;
    static const enum request_kind NEEDED[] = {RQ_PLACE,       RQ_CANCEL,  RQ_CANCEL_ALL, RQ_QUERY_ORDER,
                                               RQ_OPEN_ORDERS, RQ_BALANCE, RQ_TRADES,     RQ_EXCHANGE_INFO,
                                               RQ_DEPTH,       RQ_TIME,    RQ_LISTEN_KEY, RQ_LISTEN_KEY_RENEW,
                                               RQ_COMMISSION};
    for (int i = 0; i < DIALECT_COUNT; i++) {
        const struct dialect *d = dialect_get((enum dialect_id)i);
        assert_int_equal(d->id, i);
        assert_ptr_equal(dialect_find(d->name), d);
        for (size_t k = 0; k < sizeof NEEDED / sizeof NEEDED[0]; k++) {
            assert_true(dialect_offers(d, NEEDED[k]));
        }
        for (int k = 0; k < RQ_COUNT; k++) {
            const struct request_form *f = &d->form[k];
            if (f->path) {
                assert_true(f->path[0] == '/' && strlen(f->path) < 64 && strlen(f->method) < 8);
                assert_true(f->weight > 0);
                assert_int_equal(strncmp(f->path, d->spot ? "/api/" : "/fapi/", d->spot ? 5 : 6), 0);
            }
        }
        assert_true(d->stream[STREAM_DEPTH] && d->stream[STREAM_TOUCH] && d->stream[STREAM_TRADE]);
        for (int k = 0; k < STREAM_KINDS; k++) {
            assert_true(d->stream_at[k] < 2 && (!d->stream[k] || d->market_path[d->stream_at[k]]));
        }
        assert_true(d->weight_limit_min > 0 && d->order_limit_min > 0);
        assert_true(d->spot == !dialect_offers(d, RQ_POSITIONS) &&
                    d->spot == !dialect_offers(d, RQ_LEVERAGE));
        assert_int_equal(d->place_batch_max > 0, dialect_offers(d, RQ_BATCH_PLACE));
        assert_true(d->cancel_batch_max <= ANSWER_BATCH_MAX);
    }
    assert_null(dialect_find("bitmex"));
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        enum dialect_id dialect;
        enum request_kind kind;
        const char *method, *path;
        int signed_;
    } CASES[] = {
        {DIALECT_ASTER_V3, RQ_PLACE, "POST", "/fapi/v3/order", 1},
        {DIALECT_ASTER_V3, RQ_AMEND, "PUT", "/fapi/v3/order", 1},
        {DIALECT_ASTER_V3, RQ_ACCOUNT, "GET", "/fapi/v3/accountWithJoinMargin", 1},
        {DIALECT_ASTER_V3, RQ_BALANCE, "GET", "/fapi/v3/balance", 1},
        {DIALECT_ASTER_V3, RQ_LISTEN_KEY, "POST", "/fapi/v3/listenKey", 1},
        {DIALECT_ASTER_V3, RQ_BRACKETS, "GET", "/fapi/v3/leverageBracket", 1},
        {DIALECT_ASTER_V3, RQ_FUNDING_INFO, "GET", "/fapi/v3/fundingInfo", 0},
        {DIALECT_ASTER_V3, RQ_STP_MODE, "GET", "/fapi/v3/stpMode", 1},
        {DIALECT_ASTER_V3, RQ_BATCH_CANCEL, "DELETE", "/fapi/v3/batchOrders", 1},
        {DIALECT_BINANCE, RQ_STP_MODE, NULL, NULL, 0},
        {DIALECT_BINANCE, RQ_INCOME, "GET", "/fapi/v1/income", 1},
        {DIALECT_ASTER_SPOT, RQ_BATCH_CANCEL, NULL, NULL, 0},
        {DIALECT_ASTER_SPOT, RQ_FUNDING_INFO, NULL, NULL, 0},
        {DIALECT_ASTER_V1, RQ_PLACE, "POST", "/fapi/v1/order", 1},
        {DIALECT_ASTER_V1, RQ_AMEND, NULL, NULL, 0},
        {DIALECT_ASTER_V1, RQ_SET_STP, NULL, NULL, 0},
        {DIALECT_ASTER_V1, RQ_ACCOUNT, "GET", "/fapi/v4/account", 1},
        {DIALECT_ASTER_V1, RQ_BALANCE, "GET", "/fapi/v2/balance", 1},
        {DIALECT_ASTER_V1, RQ_POSITIONS, "GET", "/fapi/v2/positionRisk", 1},
        {DIALECT_ASTER_V1, RQ_LISTEN_KEY, "POST", "/fapi/v1/listenKey", 0},
        {DIALECT_ASTER_SPOT, RQ_BALANCE, "GET", "/api/v3/account", 1},
        {DIALECT_ASTER_SPOT, RQ_CANCEL_ALL, "DELETE", "/api/v3/allOpenOrders", 1},
        {DIALECT_ASTER_SPOT, RQ_DEADMAN, NULL, NULL, 0},
        {DIALECT_ASTER_SPOT_V1, RQ_PLACE, "POST", "/api/v1/order", 1},
        {DIALECT_ASTER_SPOT_V1, RQ_LISTEN_KEY_RENEW, "PUT", "/api/v1/listenKey", 0},
        {DIALECT_BINANCE, RQ_PLACE, "POST", "/fapi/v1/order", 1},
        {DIALECT_BINANCE, RQ_AMEND, "PUT", "/fapi/v1/order", 1},
        {DIALECT_BINANCE, RQ_ACCOUNT, "GET", "/fapi/v3/account", 1},
        {DIALECT_BINANCE, RQ_BALANCE, "GET", "/fapi/v3/balance", 1},
        {DIALECT_BINANCE, RQ_POSITIONS, "GET", "/fapi/v3/positionRisk", 1},
        {DIALECT_BINANCE, RQ_DEPTH, "GET", "/fapi/v1/depth", 0},
        {DIALECT_BINANCE, RQ_LISTEN_KEY_RENEW, "PUT", "/fapi/v1/listenKey", 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct request_form *f = &dialect_get(CASES[i].dialect)->form[CASES[i].kind];
        if (!CASES[i].path) {
            assert_null(f->path);
            continue;
        }
        assert_string_equal(f->path, CASES[i].path);
        assert_string_equal(f->method, CASES[i].method);
        assert_int_equal(f->signed_, CASES[i].signed_);
    }
}

static void test_venue_and_key_choose_the_dialect(void **state)
{
    (void)state;
    assert_int_equal(dialect_of(VENUE_ASTER, AUTH_EIP712)->id, DIALECT_ASTER_V3);
    assert_int_equal(dialect_of(VENUE_ASTER, AUTH_HMAC)->id, DIALECT_ASTER_V1);
    assert_int_equal(dialect_of(VENUE_SPOT, AUTH_EIP712)->id, DIALECT_ASTER_SPOT);
    assert_int_equal(dialect_of(VENUE_SPOT, AUTH_HMAC)->id, DIALECT_ASTER_SPOT_V1);
    assert_int_equal(dialect_of(VENUE_BINANCE, AUTH_HMAC)->id, DIALECT_BINANCE);
    assert_null(dialect_of(VENUE_BINANCE, AUTH_EIP712));
    for (int v = 0; v < VENUE_COUNT; v++) {
        for (int a = AUTH_EIP712; a <= AUTH_HMAC; a++) {
            const struct dialect *d = dialect_of((enum venue_id)v, (enum auth_scheme)a);
            assert_true(!d || d->auth == a);
            assert_true(!d || d->spot == (v == VENUE_SPOT));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_dialect_can_trade),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_venue_and_key_choose_the_dialect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
