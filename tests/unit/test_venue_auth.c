// SPDX-License-Identifier: Apache-2.0
// Tries to get into the embedded venue without the right: nonces out of order and too old, HMAC texts with
// one thing changed, times outside the window, keys that look like keys; and to ask for more than the limits
// allow, across minutes, ten-second windows, bans and many addresses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "live/venue_auth.h"
#include "live/venue_limits.h"
#include "wire/sign.h"

// The venue's published key and secret (venue-api.md 2.2), which guard nothing.
static const char KEY[] = "dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83";
static const char SECRET[] = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9";

static struct venue_auth *make_auth(char user_key[67], char signer_key[67])
{
    static struct venue_auth a;
    struct venue_credentials who = {.chain_id = ASTER_CHAIN_MAINNET};
    struct error e;
    memcpy(who.api_key, KEY, sizeof KEY);
    memcpy(who.api_secret, SECRET, sizeof SECRET);
    assert_true(eip712_generate(user_key, who.user) && eip712_generate(signer_key, who.signer));
    assert_true(venue_auth_init(&a, &who, 10000, &e));
    return &a;
}

// -------------------------------------------------------------------------------------------------- wallets

static int32_t check(struct venue_auth *a, struct signer *s, uint64_t nonce, int64_t now_ms)
{
    char text[1024] = "symbol=ETHUSDT";
    const char *msg = "";
    size_t n = signer_sign(s, text, strlen(text), sizeof text, nonce);
    struct venue_request r = {.query = text, .query_len = n};
    int32_t code = venue_auth_wallet(a, &r, now_ms, &msg);
    assert_true((code < 0) == (msg[0] != 0));
    return code;
}

// venue-api.md 2.4: the last 100 are kept; a repeat is refused; older than all kept is refused; so is outside
// the window.
static void test_nonces(void **state)
{
    (void)state;
    char user_key[67], key[67];
    struct error e;
    struct venue_auth *a = make_auth(user_key, key);
    struct signer *s = signer_new_eip712(key, a->who.user, NULL, a->who.chain_id, true, &e);
    assert_non_null(s);
    int64_t now = 1767225600000;
    uint64_t base = (uint64_t)now * 1000;
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal(check(a, s, base + 2 * i, now), 0);
    }
    assert_int_equal(check(a, s, base + 2 * 50, now), -4225);
    assert_int_equal(check(a, s, base - 1, now), -4225);      // older than all that are kept
    assert_int_equal(check(a, s, base + 2 * 50 + 1, now), 0); // new, though not the newest
    assert_int_equal(check(a, s, base, now), -4225);          // pushed out, but too old now
    assert_int_equal(check(a, s, base + 1000000, now), 0);
    assert_int_equal(check(a, s, base + 10001000, now), -4225);
    assert_int_equal(check(a, s, base - 10001000, now), -4225);
    signer_free(s);
    venue_auth_end(a);
}

// The main wallet may sign for itself, with nonces of its own; a wallet that is neither may not.
static void test_main_wallet_signs_and_a_stranger_does_not(void **state)
{
    (void)state;
    char user_key[67], key[67], strange_key[67], strange[43], nobody[43];
    struct error e;
    struct venue_auth *a = make_auth(user_key, key);
    assert_true(eip712_generate(strange_key, strange) && eip712_generate(key, nobody));
    struct signer *main_wallet = signer_new_eip712(user_key, nobody, NULL, a->who.chain_id, false, &e);
    struct signer *stranger = signer_new_eip712(strange_key, a->who.user, NULL, a->who.chain_id, true, &e);
    assert_true(main_wallet && stranger);
    int64_t now = 1767225600000;
    assert_int_equal(check(a, main_wallet, (uint64_t)now * 1000, now), 0);
    assert_int_equal(check(a, main_wallet, (uint64_t)now * 1000, now), -4225);
    assert_int_equal(check(a, stranger, (uint64_t)now * 1000, now), -2015);
    signer_free(main_wallet);
    signer_free(stranger);
    venue_auth_end(a);
}

// ----------------------------------------------------------------------------------------------------- HMAC

#define H1                                                                                                   \
    "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp="    \
    "1591702613943"
#define H1_SIGNED H1 "&signature=3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"
#define H2_QUERY  "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC"
#define H2_BODY                                                                                              \
    "quantity=1&price=9000&recvWindow=5000&timestamp=1591702613943&signature="                               \
    "30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4"

static void test_hmac_of_published_examples_and_what_is_near_them(void **state)
{
    (void)state;
    char user_key[67], key[67];
    struct venue_auth *a = make_auth(user_key, key);
    static const struct {
        const char *query, *body, *api_key;
        int64_t now;
        int32_t want;
    } CASES[] = {
        {H1_SIGNED, "", KEY, 1591702613943, 0},
        {"", H1_SIGNED, KEY, 1591702613943, 0},
        {H2_QUERY, H2_BODY, KEY, 1591702613943, 0},
        {H1 "&signature=3C661234138461FCC7A7D8746C6558C9842D4E10870D2ECBEDF7777CAD694AF9", "", KEY,
         1591702613943, 0},
        {H1_SIGNED, "", KEY, 1591702613943 + 5000, 0},
        {H1_SIGNED, "", KEY, 1591702613943 + 5001, -1021},
        {H1_SIGNED, "", KEY, 1591702613943 - 999, 0},
        {H1_SIGNED, "", KEY, 1591702613943 - 1000, -1021},
        {H1_SIGNED, "", "", 1591702613943, -2014},
        {H1_SIGNED, "", "short", 1591702613943, -2014},
        {H1_SIGNED, "", "dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc8 ", 1591702613943,
         -2014},
        {H1_SIGNED, "", "dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc84", 1591702613943,
         -2015},
        {H1, "", KEY, 1591702613943, -1102},
        {H1_SIGNED "&x=1", "", KEY, 1591702613943, -1022}, // not the last parameter
        {H1_SIGNED "0", "", KEY, 1591702613943, -1022},
        {H1_SIGNED, "x=1", KEY, 1591702613943, -1022},
        {"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&", H2_BODY, KEY, 1591702613943, -1022},
        {"timestamp=1591702613943&recvWindow=60001&signature=00", "", KEY, 1591702613943, -1130},
        {"timestamp=159170261394x&signature=00", "", KEY, 1591702613943, -1102},
        {"signature=00", "", KEY, 1591702613943, -1102},
        {"", "", KEY, 1591702613943, -1102},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const char *msg = "";
        struct venue_request r = {.query = CASES[i].query,
                                  .query_len = strlen(CASES[i].query),
                                  .body = CASES[i].body,
                                  .body_len = strlen(CASES[i].body)};
        snprintf(r.api_key, sizeof r.api_key, "%s", CASES[i].api_key);
        int32_t code = venue_auth_hmac(a, &r, CASES[i].now, &msg);
        if (code != CASES[i].want) {
            fail_msg("case %zu: %d (%s), want %d", i, (int)code, msg, (int)CASES[i].want);
        }
        assert_true((code < 0) == (msg[0] != 0));
    }
    venue_auth_end(a);
}

// --------------------------------------------------------------------------------------------------- limits

enum { HOME = 0x7f000001 };
static const int64_t NOON = 1767225600000;

static int ask(struct venue_limits *l, uint32_t ip, int64_t now_ms, int32_t weight, int32_t *retry)
{
    int32_t used = -1;
    int status = venue_limits_weight(l, ip, now_ms, weight, &used, retry);
    assert_in_range(used, 0, l->weight_limit);
    return status;
}

static void test_weight_rolls_with_the_minute_for_each_address(void **state)
{
    (void)state;
    struct venue_limits l;
    int32_t retry = -1;
    int64_t now = NOON + 45000;
    venue_limits_init(&l, 10, 2, 0);
    assert_int_equal(ask(&l, HOME, now, 8, &retry), 200);
    assert_int_equal(ask(&l, HOME, now, 3, &retry), 429);
    assert_int_equal(retry, 15);
    assert_int_equal(ask(&l, HOME, now, 2, &retry), 200); // a lighter one still fits
    assert_int_equal(ask(&l, HOME + 1, now, 10, &retry), 200);
    assert_int_equal(ask(&l, HOME, now + 15000, 10, &retry), 200);
    for (uint32_t ip = 2; ip < 2 + 4 * VENUE_ADDRESSES_MAX; ip++) { // more addresses than rows
        assert_int_equal(ask(&l, HOME + ip, now + 15000, 10, &retry), 200);
    }
}

static void test_orders_have_two_windows(void **state)
{
    (void)state;
    struct venue_limits l;
    venue_limits_init(&l, 10, 5, 3);
    assert_int_equal(venue_limits_orders(&l, NOON, 3), 0);
    assert_int_equal(venue_limits_orders(&l, NOON + 9999, 1), -1015);
    assert_int_equal(venue_limits_orders(&l, NOON + 10000, 3), -1015); // 6 in this minute
    assert_int_equal(venue_limits_orders(&l, NOON + 10000, 2), 0);
    assert_int_equal(venue_limits_orders(&l, NOON + 59999, 1), -1015);
    assert_int_equal(venue_limits_orders(&l, NOON + 60000, 3), 0);
}

// Whoever goes on while it is refused is banned: 2 minutes, then twice as long each time, at most 3 days; a
// client that waits as told is never banned.
static void test_ban_grows_and_ends(void **state)
{
    (void)state;
    struct venue_limits l;
    int32_t retry = 0;
    int64_t now = NOON, want_ms = 120000;
    venue_limits_init(&l, 10, 0, 0);
    for (int minute = 0; minute < 100; minute++, now += 60000) { // obedient: one refusal, then patience
        assert_int_equal(ask(&l, HOME, now, 10, &retry), 200);
        assert_int_equal(ask(&l, HOME, now, 1, &retry), 429);
    }
    for (int k = 0; k < 16; k++) {
        assert_int_equal(ask(&l, HOME, now, 10, &retry), 200);
        for (int i = 0; i < 20; i++) {
            assert_int_equal(ask(&l, HOME, now, 1, &retry), 429);
        }
        assert_int_equal(ask(&l, HOME, now, 1, &retry), 418);
        assert_int_equal(retry, want_ms / 1000);
        assert_int_equal(ask(&l, HOME, now + want_ms - 1, 1, &retry), 418);
        assert_int_equal(retry, 1);
        assert_int_equal(ask(&l, HOME + 1, now, 1, &retry), 200); // another address is free
        now += want_ms;
        want_ms = want_ms * 2 < INT64_C(259200000) ? want_ms * 2 : INT64_C(259200000);
        now += 60000 - now % 60000;
    }
    now += INT64_C(86400000) + 60000; // a day without a ban: it begins anew
    assert_int_equal(ask(&l, HOME, now, 10, &retry), 200);
    for (int i = 0; i < 21; i++) {
        ask(&l, HOME, now, 1, &retry);
    }
    assert_int_equal(retry, 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nonces),
        cmocka_unit_test(test_main_wallet_signs_and_a_stranger_does_not),
        cmocka_unit_test(test_hmac_of_published_examples_and_what_is_near_them),
        cmocka_unit_test(test_weight_rolls_with_the_minute_for_each_address),
        cmocka_unit_test(test_orders_have_two_windows),
        cmocka_unit_test(test_ban_grows_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
