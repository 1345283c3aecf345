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

#define ALL_TAPES                                                                                            \
    "--market", "config/market/coinm-20240808.tape", "--market", "config/market/spot-20240808.tape"

static int setup(void **state)
{
    (void)state;
    static const char *const ARGS[] = {"--wallet", "1000", ALL_TAPES, NULL};
    vc_start(&venue, ARGS);
    for (int i = 0; i < VENUE_COUNT; i++) {
        site[i] = vc_connect_port(&venue, venue.hello.site[i].port);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < VENUE_COUNT; i++) {
        vc_close(site[i]);
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
        assert_int_not_equal(h->site[i].port, 0);
        assert_int_not_equal(h->site[i].port, h->site[(i + 1) % VENUE_COUNT].port);
        assert_true(h->site[i].market[0] != 0);
        assert_string_not_equal(h->site[i].market, h->site[(i + 1) % VENUE_COUNT].market);
    }
}

// Which sites are served and where: as asked, else as fed; what cannot be is refused in one line.
static void test_sites_and_ports_as_asked(void **state)
{
    (void)state;
    char base[16], pair[32];
    struct vc_venue v;
    unsigned port = 20000 + (unsigned)getpid() % 20000;
    snprintf(base, sizeof base, "%u", port);
    snprintf(pair, sizeof pair, "%u,%u", port + 9, port + 7);
    const char *const two[] = {ALL_TAPES, "--sites", "binance,aster", "--port", base, NULL};
    vc_start(&v, two);
    assert_int_equal(v.hello.site[VENUE_ASTER].port, port);
    assert_int_equal(v.hello.site[VENUE_BINANCE].port, port + 1);
    assert_int_equal(v.hello.site[VENUE_SPOT].port, 0);
    assert_int_equal(vc_stop(&v), 0);
    const char *const each[] = {ALL_TAPES, "--sites", "spot,binance", "--port", pair, NULL};
    vc_start(&v, each);
    assert_int_equal(v.hello.site[VENUE_SPOT].port, port + 9);
    assert_int_equal(v.hello.site[VENUE_BINANCE].port, port + 7);
    assert_int_equal(v.hello.port, port + 9); // the first site served
    assert_int_equal(vc_stop(&v), 0);
    static const char *const BAD[][2] = {
        {"--sites", "aster,aster"}, {"--sites", "moon"}, {"--sites", ""},  {"--sites", "spot"},
        {"--port", "1,2,3,4"},      {"--port", "70000"}, {"--port", "-1"}, {"--port", "1,2"},
    };
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        char *argv[] = {(char *)"venue", (char *)"--market", (char *)VC_MARKET, (char *)BAD[i][0],
                        (char *)BAD[i][1]};
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
            fclose(stderr);
            _exit(cmd_venue(5, argv));
        }
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
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
            assert_int_equal(vc_call_text(site[i], "GET", CASES[k].path, ""), want);
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
        cmocka_unit_test(test_sites_and_ports_as_asked),
        cmocka_unit_test(test_paths_belong_to_their_sites),
        cmocka_unit_test(test_signatures_belong_to_their_paths),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
