// SPDX-License-Identifier: Apache-2.0
// bench_sign: what a signature costs beside its named alternatives, in the same run: EIP-712 of a whole order
// against one bare libsecp256k1 signature (goal: at most 1.1 x), HMAC against OpenSSL's one-shot HMAC()
// (goal: 0.7 us). Rounds alternate, the median of each counts, so that a slow moment of the machine hits both
// sides alike.
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "wire/hex.h"
#include "wire/sign.h"

enum { ROUNDS = 41, CURVE_PER_ROUND = 200, HMAC_PER_ROUND = 5000 };

static const char KEY[] = "4fd0a42218f3eae43a6ce26d22544e986139a01e5b34a62db53757ffca81bae1";
static const char USER[] = "0x63DD5aCC6b1aa0f563956C0e534DD30B6dcF7C4e";
static const char ORDER[] = "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=GTX&quantity=0.250&price=3120.40"
                            "&newClientOrderId=ttm0000abc-17&newOrderRespType=ACK";
static const char SECRET[] = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9";

static volatile uint8_t sink; // results are used

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x)
{
    qsort(x, ROUNDS, sizeof *x, by_value);
    return x[ROUNDS / 2];
}

static double ours(struct signer *s, int n)
{
    char buf[1024];
    memcpy(buf, ORDER, sizeof ORDER);
    int64_t start = clock_mono_ns();
    for (int i = 0; i < n; i++) {
        size_t len = signer_sign(s, buf, sizeof ORDER - 1, sizeof buf, 1767225600123456 + (uint64_t)i);
        sink ^= (uint8_t)buf[len - 1];
    }
    return (double)(clock_mono_ns() - start) / n;
}

static double bare_curve(const secp256k1_context *ctx, const uint8_t key[32], int n)
{
    uint8_t digest[32] = {1};
    secp256k1_ecdsa_recoverable_signature sig;
    int64_t start = clock_mono_ns();
    for (int i = 0; i < n; i++) {
        memcpy(digest, &i, sizeof i);
        secp256k1_ecdsa_sign_recoverable(ctx, &sig, digest, key, NULL, NULL);
        sink ^= sig.data[0];
    }
    return (double)(clock_mono_ns() - start) / n;
}

static double one_shot_hmac(int n)
{
    char text[256];
    uint8_t mac[32];
    unsigned len = 32;
    size_t size = (size_t)snprintf(text, sizeof text, "%s&recvWindow=5000&timestamp=1767225600123", ORDER);
    int64_t start = clock_mono_ns();
    for (int i = 0; i < n; i++) {
        text[0] = (char)('a' + i % 26);
        HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (const unsigned char *)text, size, mac, &len);
        sink ^= mac[0];
    }
    return (double)(clock_mono_ns() - start) / n;
}

static double recover(struct signer *s, int n)
{
    char buf[1024], address[43];
    memcpy(buf, ORDER, sizeof ORDER);
    buf[signer_sign(s, buf, sizeof ORDER - 1, sizeof buf - 1, 1767225600123456)] = 0;
    char *at = strstr(buf, "&signature=");
    int64_t start = clock_mono_ns();
    for (int i = 0; i < n; i++) {
        eip712_recover(address, ASTER_CHAIN_MAINNET, buf, (size_t)(at - buf), at + 11);
        sink ^= (uint8_t)address[5];
    }
    return (double)(clock_mono_ns() - start) / n;
}

int main(void)
{
    static double eip[ROUNDS], bare[ROUNDS], hmac[ROUNDS], once[ROUNDS], server[ROUNDS];
    struct signer *e = signer_new_eip712(KEY, USER, NULL, ASTER_CHAIN_MAINNET, true, NULL);
    struct signer *h = signer_new_hmac("key", SECRET, 5000, NULL);
    secp256k1_context *ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    uint8_t key[32], seed[32] = {7};
    if (!e || !h || !ctx || !hex_decode(key, KEY, 32) || !secp256k1_context_randomize(ctx, seed)) {
        fprintf(stderr, "bench_sign: cannot set up\n");
        return 1;
    }
    for (int i = 0; i < ROUNDS; i++) {
        eip[i] = ours(e, CURVE_PER_ROUND);
        bare[i] = bare_curve(ctx, key, CURVE_PER_ROUND);
        hmac[i] = ours(h, HMAC_PER_ROUND);
        once[i] = one_shot_hmac(HMAC_PER_ROUND);
        server[i] = recover(e, CURVE_PER_ROUND / 4);
    }
    double a = median(eip), b = median(bare), c = median(hmac), d = median(once);
    printf("eip712 order signed %.1f us, bare libsecp256k1 %.1f us: %.3f x (goal 1.1)\n", a / 1e3, b / 1e3,
           a / b);
    printf("hmac order signed %.2f us (goal 0.7), one-shot HMAC() alone %.2f us: %.2f x\n", c / 1e3, d / 1e3,
           c / d);
    printf("eip712 verified by the venue %.1f us\n", median(server) / 1e3);
    secp256k1_context_destroy(ctx);
    signer_free(e);
    signer_free(h);
    return a / b <= 1.1 && c <= 700 ? 0 : 1;
}
