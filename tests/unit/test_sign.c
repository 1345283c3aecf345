// SPDX-License-Identifier: Apache-2.0
// test_sign: tries to break signing: Keccak at every block boundary against a slow reference written from the
// definition; digests, signatures and HMACs against published and independently computed answers; keys,
// addresses and signatures that must be refused; buffers that are one byte too small.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "wire/eip712.h"
#include "wire/hex.h"
#include "wire/sign.h"

// The venue's published demonstration key (no funds), venue-api.md 2.3.
static const char KEY[] = "0x4fd0a42218f3eae43a6ce26d22544e986139a01e5b34a62db53757ffca81bae1";
static const char SIGNER[] = "0x21cF8Ae13Bb72632562c6Fff438652Ba1a151bb0";
static const char USER[] = "0x63DD5aCC6b1aa0f563956C0e534DD30B6dcF7C4e";

// --------------------------------------------------------------------------------------------------- slow
// reference

static uint64_t rol(uint64_t x, unsigned n)
{
    return n ? x << n | x >> (64 - n) : x;
}

// Round constants and rotation offsets are generated here, not copied, so that a slip in the table of the
// fast form shows.
static void reference_f(uint64_t a[5][5])
{
    unsigned lfsr = 1;
    for (int round = 0; round < 24; round++) {
        uint64_t c[5], b[5][5];
        for (int x = 0; x < 5; x++) {
            c[x] = a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4];
        }
        for (int x = 0; x < 5; x++) {
            for (int y = 0; y < 5; y++) {
                a[x][y] ^= c[(x + 4) % 5] ^ rol(c[(x + 1) % 5], 1);
            }
        }
        unsigned offset[5][5] = {{0}};
        for (int t = 0, x = 1, y = 0; t < 24; t++) {
            offset[x][y] = (unsigned)((t + 1) * (t + 2) / 2 % 64);
            int next = (2 * x + 3 * y) % 5;
            x = y;
            y = next;
        }
        for (int x = 0; x < 5; x++) {
            for (int y = 0; y < 5; y++) {
                b[y][(2 * x + 3 * y) % 5] = rol(a[x][y], offset[x][y]);
            }
        }
        for (int x = 0; x < 5; x++) {
            for (int y = 0; y < 5; y++) {
                a[x][y] = b[x][y] ^ (~b[(x + 1) % 5][y] & b[(x + 2) % 5][y]);
            }
        }
        for (unsigned j = 0; j < 7; j++) {
            if (lfsr & 1) {
                a[0][0] ^= UINT64_C(1) << ((1U << j) - 1);
            }
            lfsr = lfsr & 0x80 ? (lfsr << 1 ^ 0x71) & 0xff : lfsr << 1;
        }
    }
}

static void reference_keccak(uint8_t out[32], const uint8_t *msg, size_t n)
{
    uint8_t padded[1360] = {0};
    size_t len = (n / 136 + 1) * 136;
    memcpy(padded, msg, n);
    padded[n] ^= 0x01;
    padded[len - 1] ^= 0x80;
    uint64_t a[5][5] = {{0}};
    for (size_t at = 0; at < len; at += 136) {
        for (int i = 0; i < 17; i++) {
            uint64_t lane;
            memcpy(&lane, padded + at + 8 * i, 8);
            a[i % 5][i / 5] ^= lane;
        }
        reference_f(a);
    }
    for (int i = 0; i < 4; i++) {
        memcpy(out + 8 * i, &a[i][0], 8);
    }
}

static void assert_hash(const char *text, const char *hex)
{
    uint8_t h[32];
    char got[65] = {0};
    keccak256(h, text, strlen(text));
    hex_encode(got, h, 32);
    assert_string_equal(got, hex);
}

static void keccak_published(void **state)
{
    (void)state;
    assert_hash("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    assert_hash("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    assert_hash("The quick brown fox jumps over the lazy dog",
                "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15");
    assert_hash("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
                "8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");
    assert_hash("Message(string msg)", "c4cfb57eea370ef2a92403a7e865b2de262d7ca272333665b54ad7e6a602ef68");
    assert_hash("1", "c89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc6");
    assert_hash("AsterSignTransaction", "04dd1131d2ee96e6ed8c0489b64f3d9dcfa34fbc927a825cb16a351ac29e4542");
}

static void keccak_every_length(void **state)
{
    (void)state;
    uint8_t msg[700], want[32], got[32];
    for (size_t i = 0; i < sizeof msg; i++) {
        msg[i] = (uint8_t)(i * 31 + (i >> 3));
    }
    for (size_t n = 0; n <= sizeof msg; n++) {
        reference_keccak(want, msg, n);
        keccak256(got, msg, n);
        assert_memory_equal(want, got, 32);
    }
}

// --------------------------------------------------------------------------------------------------------------
// EIP-712

static void separators(void **state)
{
    (void)state;
    uint8_t s[32];
    char hex[65] = {0};
    eip712_separator(s, ASTER_CHAIN_MAINNET);
    hex_encode(hex, s, 32);
    assert_string_equal(hex, "a95d0a7a6f3f17fcebb0c2336645385ce79cde7523f71ab147fdb7f15e9f37f9");
    eip712_separator(s, ASTER_CHAIN_TESTNET);
    hex_encode(hex, s, 32);
    assert_string_equal(hex, "fad01b07bed5729a04dbb977fd86da612eba71d668660bf12cf10b3d65b74d94");
}

// The worked example of EIP-712 itself ("Mail"): its digest signed with the key keccak256("cow").
static void published_mail_example(void **state)
{
    (void)state;
    uint8_t key[32], digest[32], sig[65];
    char key_hex[67] = "0x", got[131] = {0};
    keccak256(key, "cow", 3);
    hex_encode(key_hex + 2, key, 32);
    const char *cow = "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826";
    struct signer *s = signer_new_eip712(key_hex, USER, cow, 1, true, NULL);
    assert_non_null(s);
    assert_true(hex_decode(digest, "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2", 32));
    assert_true(signer_sign_digest(s, sig, digest));
    hex_encode(got, sig, 65);
    assert_string_equal(got,
                        "4355c47d63924e8a72e509b65029052eb6c299d53a04e167c5775fd466751c9d07299936d304c153"
                        "f6443dfa05f40ff007d72911b6f72307f996231605b915621c");
    signer_free(s);
}

struct example {
    uint32_t chain;
    bool send_user;
    uint64_t nonce;
    const char *business, *digest, *signature;
};

// Examples E1..E4 of venue-api.md 2.3.
static const struct example EXAMPLES[] = {
    {1666, false, 1748310859508867,
     "symbol=ASTERUSDT&type=LIMIT&side=BUY&timeInForce=GTC&quantity=20&price=0.5",
     "ed6fe2804fb7a74d857c73d838ce3722b0f44d2c023c24bca0acb2bdf0d56267",
     "0xd82a6784f5eff00b95ecb88145cf7a5fa6803ea6f67e0217262073da628750a742bb3ba555af418320e55029afe358957808d"
     "4f810d73e"
     "a663d9c91852cd6d941c"},
    {714, true, 1767225600123456,
     "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=GTX&quantity=0.250&price=3120.40&newClientOrderId=pw-"
     "1a2b-000017"
     "&newOrderRespType=RESULT",
     "24cc3e0c61e827dc312b2f2c67da8343381ec321de5d0c69c0f92df14675c0c0",
     "0xe7d79bf39344f58c17c30af5731cc5985bd8f5b5f902a4f8c3f205f3addf8d5a6878c8d96998f29ef1e3ad057a718080e1d2d"
     "a8eca2be4"
     "0208c04a5f5791913f1b"},
    {1666, true, 1767225600223456,
     "symbol=BTCUSDT&origClientOrderIdList=%5B%22pw-1a2b-000018%22%2C%22pw-1a2b-000019%22%5D",
     "c5240be31e2a9b1f1bd3b562775ec3913a7e126375f2aeec7cdf267a0695ceb0",
     "0x75634ac26afc9bc943222b95b0049f93711a6ae48bb1157045dd3bc3aedf23534b020afcae1ec680a76ba06d1e4dd42a0b773"
     "fdf0cafeb"
     "b72b911112586fa52f1b"},
    {1666, true, 1767225600323456, "", "5133bed762520260e88cd0b518278a8c30059b7655d8acdf1647ccbdf7876b36",
     "0x284c959a78642e43c547ec569a2da40c4ed0ba8801d289156692dd3ac3969e301643a3685ed5c903eb76d6413b47fef13969e"
     "ae8ff74ef"
     "fef262c6cfae5659931b"},
};

static void lower(char *to, const char *from)
{
    for (; *from; from++) {
        *to++ = (char)(*from >= 'A' && *from <= 'Z' ? *from | 0x20 : *from);
    }
    *to = 0;
}

static void examples_sign_and_recover(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof EXAMPLES / sizeof EXAMPLES[0]; i++) {
        const struct example *x = &EXAMPLES[i];
        struct signer *s = signer_new_eip712(KEY, USER, SIGNER, x->chain, x->send_user, NULL);
        assert_non_null(s);
        char buf[1024] = {0};
        strcpy(buf, x->business);
        size_t n = signer_sign(s, buf, strlen(buf), sizeof buf - 1, x->nonce);
        assert_true(n > 0);
        buf[n] = 0;
        char *at = strstr(buf, "&signature=");
        assert_non_null(at);
        assert_string_equal(at + 11, x->signature);
        uint8_t digest[32];
        char hex[65] = {0}, address[43], want[43];
        eip712_digest(digest, x->chain, buf, (size_t)(at - buf));
        hex_encode(hex, digest, 32);
        assert_string_equal(hex, x->digest);
        lower(want, SIGNER);
        assert_true(eip712_recover(address, x->chain, buf, (size_t)(at - buf), at + 11));
        assert_string_equal(address, want);
        buf[0] = (char)(buf[0] ^ 1); // one flipped bit: another address, never the signer's
        if (eip712_recover(address, x->chain, buf, (size_t)(at - buf), at + 11)) {
            assert_string_not_equal(address, want);
        }
        signer_free(s);
    }
}

static void every_cap_is_respected(void **state)
{
    (void)state;
    struct signer *s = signer_new_eip712(KEY, USER, NULL, 714, true, NULL);
    struct signer *h = signer_new_hmac("k", "s", 5000, NULL);
    assert_non_null(s);
    assert_non_null(h);
    assert_string_equal(signer_address(s), SIGNER);
    char buf[512];
    strcpy(buf, "symbol=ETHUSDT");
    size_t full = signer_sign(s, buf, 14, sizeof buf, 1767225600123456);
    assert_true(full > 14);
    strcpy(buf, "symbol=ETHUSDT");
    size_t full_hmac = signer_sign(h, buf, 14, sizeof buf, 1767225600123);
    for (size_t cap = 14; cap < sizeof buf; cap++) {
        memset(buf, '#', sizeof buf);
        memcpy(buf, "symbol=ETHUSDT", 14);
        assert_int_equal(signer_sign(s, buf, 14, cap, 1767225600123456), cap >= full ? full : 0);
        assert_true(cap == sizeof buf || buf[cap] == '#');
        memcpy(buf, "symbol=ETHUSDT", 14);
        assert_int_equal(signer_sign(h, buf, 14, cap, 1767225600123), cap >= full_hmac ? full_hmac : 0);
    }
    signer_free(s);
    signer_free(h);
}

static void recover_refuses_nonsense(void **state)
{
    (void)state;
    char address[43], sig[140];
    const char *good = EXAMPLES[3].signature;
    const char *msg = "nonce=1767225600323456&user=0x63DD5aCC6b1aa0f563956C0e534DD30B6dcF7C4e"
                      "&signer=0x21cF8Ae13Bb72632562c6Fff438652Ba1a151bb0";
    assert_true(eip712_recover(address, 1666, msg, strlen(msg), good));
    assert_false(eip712_recover(address, 1666, msg, strlen(msg), NULL));
    for (size_t n = 0; n < strlen(good); n++) { // every truncation
        memcpy(sig, good, n);
        sig[n] = 0;
        assert_false(eip712_recover(address, 1666, msg, strlen(msg), sig));
    }
    for (size_t i = 0; i < strlen(good); i++) { // every digit spoilt
        strcpy(sig, good);
        sig[i] = 'g';
        assert_false(eip712_recover(address, 1666, msg, strlen(msg), sig));
    }
    strcpy(sig, good);
    memcpy(sig + 130, "1d", 2); // v = 29
    assert_false(eip712_recover(address, 1666, msg, strlen(msg), sig));
    memset(sig + 2, '0', 128); // r = s = 0
    memcpy(sig + 130, "1b", 2);
    assert_false(eip712_recover(address, 1666, msg, strlen(msg), sig));
    memset(sig + 66, 'f', 64); // s above the group order
    assert_false(eip712_recover(address, 1666, msg, strlen(msg), sig));
    strcpy(sig, good); // s' = n - s is the same signature in its high form: refused
    memcpy(sig + 66, "e9bc5c97a12a36fc148929bec4b8010d8144f1fdafd3b03ccd6f97bd21dfe7ae", 64);
    memcpy(sig + 130, "1c", 2);
    assert_false(eip712_recover(address, 1666, msg, strlen(msg), sig));
}

static void refusals(void **state)
{
    (void)state;
    struct error e;
    assert_null(signer_new_eip712(KEY, SIGNER, NULL, 1666, true, &e)); // the main wallet's own key
    assert_non_null(strstr(e.text, "API wallet"));
    char low[64];
    lower(low, SIGNER);
    assert_null(signer_new_eip712(KEY, low, NULL, 1666, false, &e)); // whatever its case, sent or not
    assert_null(signer_new_eip712(KEY, USER, USER, 1666, true, &e)); // signer is not the key's
    assert_null(signer_new_eip712(KEY, "0x12", NULL, 1666, true, &e));
    assert_null(signer_new_eip712(KEY, NULL, NULL, 1666, true, &e));
    assert_null(signer_new_eip712("0x12", USER, NULL, 1666, true, &e));
    assert_null(signer_new_eip712(NULL, USER, NULL, 1666, true, &e));
    assert_null(signer_new_eip712("0000000000000000000000000000000000000000000000000000000000000000", USER,
                                  NULL, 1, true, &e));
    assert_null(signer_new_eip712("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", USER,
                                  NULL, 1, true,
                                  &e)); // the group order itself
    assert_null(signer_new_hmac("", "s", 5000, &e));
    assert_null(signer_new_hmac("k\r\nX: y", "s", 5000, &e));
    assert_null(signer_new_hmac("k", "", 5000, &e));
    struct signer *s = signer_new_eip712(KEY + 2, NULL, low, 1666, false, NULL);
    assert_non_null(s);
    assert_string_equal(signer_address(s), low); // kept as given
    assert_null(signer_api_key(s));
    signer_free(s);
}

static void generated_keys_work(void **state)
{
    (void)state;
    char key[67], key2[67], address[43], got[43], want[43];
    assert_true(eip712_generate(key, address));
    assert_true(eip712_generate(key2, got));
    assert_string_not_equal(key, key2);
    struct signer *s = signer_new_eip712(key, USER, address, 1666, true, NULL);
    assert_non_null(s);
    char buf[512];
    size_t n = signer_sign(s, buf, 0, sizeof buf - 1, 1);
    buf[n] = 0;
    char *at = strstr(buf, "&signature=");
    assert_true(eip712_recover(got, 1666, buf, (size_t)(at - buf), at + 11));
    lower(want, address);
    assert_string_equal(got, want);
    signer_free(s);
}

// ------------------------------------------------------------------------------------------------------
// HMAC, the rest

static void hmac_examples(void **state)
{
    (void)state;
    struct signer *s = signer_new_hmac(
        "key", "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9", 5000, NULL);
    assert_non_null(s);
    char buf[512] = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC"; // H1
    size_t n = signer_sign(s, buf, strlen(buf), sizeof buf - 1, 1591702613943);
    buf[n] = 0;
    assert_string_equal(
        buf, "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000"
             "&timestamp=1591702613943&signature="
             "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9");
    char hex[65];
    const char *mixed =
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTCquantity=1&price=9000&recvWindow=5000"
        "&timestamp=1591702613943"; // H2
    assert_true(signer_hmac_hex(s, hex, mixed, strlen(mixed)));
    assert_string_equal(hex, "30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4");
    assert_string_equal(signer_api_key(s), "key");
    signer_free(s);
    // RFC 4231, case 6: a key longer than the block is hashed first (131 bytes of 0xaa).
    char key[132];
    memset(key, 0xaa, 131);
    key[131] = 0;
    s = signer_new_hmac("k", key, 0, NULL);
    assert_true(signer_hmac_hex(s, hex, "Test Using Larger Than Block-Size Key - Hash Key First", 54));
    assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    signer_free(s);
}

static void nonces_only_rise(void **state)
{
    (void)state;
    struct nonce g = {0};
    assert_int_equal(nonce_next(&g, 200), 200);
    assert_int_equal(nonce_next(&g, 100), 201);
    assert_int_equal(nonce_next(&g, -5), 202);
    assert_int_equal(nonce_next(&g, 202), 203);
    assert_int_equal(nonce_next(&g, 300), 300);
}

static void percent(void **state)
{
    (void)state;
    char to[64];
    assert_int_equal(percent_encode(to, sizeof to, "[4611,4612]", 11), 17);
    assert_string_equal(to, "%5B4611%2C4612%5D");
    assert_int_equal(percent_encode(to, 18, "[4611,4612]", 11), 17);
    assert_int_equal(percent_encode(to, 17, "[4611,4612]", 11), 0);
    assert_int_equal(percent_encode(to, sizeof to, "A-z_0.~", 7), 7);
    assert_int_equal(percent_encode(to, sizeof to, "\xff ", 2), 6);
    assert_string_equal(to, "%FF%20");
    assert_int_equal(percent_encode(to, 0, "a", 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keccak_published),
        cmocka_unit_test(keccak_every_length),
        cmocka_unit_test(separators),
        cmocka_unit_test(published_mail_example),
        cmocka_unit_test(examples_sign_and_recover),
        cmocka_unit_test(every_cap_is_respected),
        cmocka_unit_test(recover_refuses_nonsense),
        cmocka_unit_test(refusals),
        cmocka_unit_test(generated_keys_work),
        cmocka_unit_test(hmac_examples),
        cmocka_unit_test(nonces_only_rise),
        cmocka_unit_test(percent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
