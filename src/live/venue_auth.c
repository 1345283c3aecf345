// SPDX-License-Identifier: Apache-2.0
#include "live/venue_auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "live/venue_http.h"
#include "wire/sign.h"

static int32_t refuse(int32_t code, const char *text, const char **msg)
{
    *msg = text;
    return code;
}

static bool parse_u64(const char *s, uint64_t *out)
{
    uint64_t v = 0;
    for (const char *p = s; *p; p++) {
        if (*p < '0' || *p > '9' || p - s >= 18) {
            return false;
        }
        v = v * 10 + (uint64_t)(*p - '0');
    }
    *out = v;
    return s[0] != 0;
}

static bool nonce_is_fresh(const struct venue_auth *a, uint64_t nonce, int64_t now_ms)
{
    int64_t off = (int64_t)(nonce / 1000) - now_ms;
    if (off > a->nonce_window_ms || off < -a->nonce_window_ms) {
        return false;
    }
    uint64_t smallest = UINT64_MAX;
    for (uint32_t i = 0; i < a->nonces; i++) {
        if (a->nonce[i] == nonce) {
            return false;
        }
        smallest = a->nonce[i] < smallest ? a->nonce[i] : smallest;
    }
    return a->nonces < VENUE_NONCES_KEPT || nonce > smallest;
}

static void nonce_keep(struct venue_auth *a, uint64_t nonce)
{
    if (a->nonces < VENUE_NONCES_KEPT) {
        a->nonce[a->nonces++] = nonce;
        return;
    }
    uint32_t oldest = 0;
    for (uint32_t i = 1; i < a->nonces; i++) {
        oldest = a->nonce[i] < a->nonce[oldest] ? i : oldest;
    }
    a->nonce[oldest] = nonce;
}

// Start of the last parameter, when it is `signature`.
static const char *signature_at(const char *text, size_t n)
{
    const char *amp = n ? memrchr(text, '&', n) : NULL;
    static const char NAME[] = "&signature=";
    size_t left = amp ? n - (size_t)(amp - text) : 0;
    return left > sizeof NAME - 1 && memcmp(amp, NAME, sizeof NAME - 1) == 0 ? amp : NULL;
}

int32_t venue_auth_check(struct venue_auth *a, const char *text, size_t n, int64_t now_ms, const char **msg)
{
    char nonce_text[24], signer[64], user[64], signature[160], address[43];
    uint64_t nonce = 0;
    const char *sig = signature_at(text, n);
    if (!sig || venue_http_param(sig + 1, n - (size_t)(sig + 1 - text), "signature", signature,
                                 sizeof signature) != 1) {
        return refuse(-1102, "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.",
                      msg);
    }
    size_t len = (size_t)(sig - text);
    if (venue_http_param(text, len, "nonce", nonce_text, sizeof nonce_text) != 1 ||
        !parse_u64(nonce_text, &nonce)) {
        return refuse(-1102, "Mandatory parameter 'nonce' was not sent, was empty/null, or malformed.", msg);
    }
    if (venue_http_param(text, len, "signer", signer, sizeof signer) != 1) {
        return refuse(-1102, "Mandatory parameter 'signer' was not sent, was empty/null, or malformed.", msg);
    }
    int has_user = venue_http_param(text, len, "user", user, sizeof user);
    if (strcasecmp(signer, a->signer) != 0 || has_user < 0 || (has_user && strcasecmp(user, a->user) != 0)) {
        return refuse(-2015, "Invalid API-key, IP, or permissions for action.", msg);
    }
    if (!eip712_recover(address, a->chain_id, text, len, signature) || strcasecmp(address, a->signer) != 0) {
        return refuse(-1022, "Signature for this request is not valid.", msg);
    }
    if (!nonce_is_fresh(a, nonce, now_ms)) {
        return refuse(-4225, "Nonce Expired", msg);
    }
    nonce_keep(a, nonce);
    return 0;
}

int32_t venue_limits_count(struct venue_limits *l, int64_t now_ms, int32_t weight, bool is_order,
                           int32_t *retry_after_s)
{
    int64_t minute = now_ms / 60000;
    if (minute != l->minute) {
        l->minute = minute;
        l->weight = l->orders = 0;
    }
    if (l->weight + weight > l->weight_limit) {
        *retry_after_s = (int32_t)(60 - now_ms / 1000 % 60);
        return -1003;
    }
    l->weight += weight;
    if (is_order && l->orders >= l->order_limit) {
        return -1015;
    }
    l->orders += is_order;
    return 0;
}
