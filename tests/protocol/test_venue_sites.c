// SPDX-License-Identifier: Apache-2.0
// Tries to mix up the three sites of the embedded venue: each must speak its own dialect on its own port,
// with its own account, and take only the signatures that its real counterpart takes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "protocol/venue_client.h"

static struct vc_venue venue;
static struct vc_conn *site[VENUE_COUNT];

static int setup(void **state)
{
    (void)state;
    static const char *const ARGS[] = {
        "--wallet", "1000",          "--market", "config/market/coinm-20240808.tape",
        "--sites",  "binance,aster", NULL};
    vc_start(&venue, ARGS);
    for (int i = 0; i < VENUE_COUNT; i++) {
        site[i] = venue.hello.site[i].port ? vc_connect_port(&venue, venue.hello.site[i].port) : NULL;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < VENUE_COUNT; i++) {
        if (site[i]) {
            vc_close(site[i]);
        }
    }
    return vc_stop(&venue);
}

static void test_three_ports_and_the_first_is_aster(void **state)
{
    (void)state;
    const struct venue_hello *h = &venue.hello;
    assert_int_equal(h->port, h->site[VENUE_ASTER].port);
    assert_string_equal(h->rest, h->site[VENUE_ASTER].rest);
    for (int i = 0; i < VENUE_COUNT; i++) {
        assert_int_not_equal(h->site[i].port, h->site[(i + 1) % VENUE_COUNT].port);
        assert_int_equal(h->site[i].port != 0, h->site[i].market[0] != 0);
    }
}

static void test_paths_belong_to_their_sites(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool at[VENUE_COUNT];
    } CASES[] = {
        {"/fapi/v3/ping", {true, false, false}},
        {"/fapi/v1/ping", {true, false, true}},
        {"/api/v3/ping", {false, true, false}},
        {"/api/v1/ping", {false, true, false}},
        {"/fapi/v2/ping", {false}},
        {"/api/v3/premiumIndex", {false}},
        {"/fapi/v3/", {false}},
        {"/fapi/v9/ping", {false}},
    };
    for (size_t k = 0; k < COUNT_OF(CASES); k++) {
        for (int i = 0; i < VENUE_COUNT; i++) {
            int want = CASES[k].at[i] ? 200 : 404;
            assert_true(!site[i] || vc_call_text(site[i], "GET", CASES[k].path, "") == want);
        }
    }
}

// Which signature opens which path: the wallet's v3 and nothing at Binance, the API key's the older paths.
static void test_signatures_belong_to_their_paths(void **state)
{
    (void)state;
    struct vc_conn *aster = site[VENUE_ASTER], *binance = site[VENUE_BINANCE];
    assert_int_equal(vc_call(aster, "GET", "/fapi/v3/balance", "", NULL), 200);
    assert_int_equal(vc_call(aster, "GET", "/fapi/v4/account", "", NULL), 200);
    assert_int_equal(vc_call_hmac(aster, "GET", "/fapi/v2/balance", ""), 200);
    assert_int_equal(vc_call_hmac(aster, "GET", "/fapi/v4/account", ""), 200);
    assert_int_equal(vc_call_hmac(aster, "GET", "/fapi/v3/balance", ""), 400);
    assert_int_equal(vc_code(aster), -1102); // no nonce in it
    assert_int_equal(vc_call_hmac(binance, "GET", "/fapi/v3/balance", ""), 200);
    assert_int_equal(vc_call(binance, "GET", "/fapi/v3/balance", "", NULL), 401);
    assert_int_equal(vc_code(binance), -2014);
    assert_int_equal(vc_call_text(binance, "POST", "/fapi/v1/listenKey", ""), 401);
    assert_int_equal(vc_call_hmac(binance, "POST", "/fapi/v1/listenKey", ""), 200);
    assert_int_equal(vc_call_text(aster, "GET", "/fapi/v2/balance", ""), 401);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_ports_and_the_first_is_aster),
        cmocka_unit_test(test_paths_belong_to_their_sites),
        cmocka_unit_test(test_signatures_belong_to_their_paths),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
