// SPDX-License-Identifier: Apache-2.0
#include "live/venue_auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "wire/secret.h"
#include "wire/sign.h"

enum { RECV_WINDOW_MS = 5000, RECV_WINDOW_MAX_MS = 60000, AHEAD_MAX_MS = 1000 }; // venue-api.md 2.2

static int32_t refuse(int32_t code, const char *text, const char **msg)
{
    *msg = text;
    return code;
}

#define MISSING(name) "Mandatory parameter '" name "' was not sent, was empty/null, or malformed."

bool venue_auth_init(struct venue_auth *a, const struct venue_credentials *who, int64_t nonce_window_ms,
                     struct error *e)
{
    memset(a, 0, sizeof *a);
    a->who = *who;
    a->nonce_window_ms = nonce_window_ms;
    a->hmac = signer_new_hmac(who->api_key, who->api_secret, 0, e);
    secret_wipe(a->who.api_secret, sizeof a->who.api_secret);
    return a->hmac != NULL;
}

void venue_auth_end(struct venue_auth *a)
{
    signer_free(a->hmac);
    a->hmac = NULL;
}

bool venue_auth_token(struct venue_auth *a, const char *of, char to[VENUE_API_KEY_LEN + 1])
{
    char text[64];
    int n = snprintf(text, sizeof text, "token %.16s %llu", of, (unsigned long long)++a->tokens);
    return signer_hmac_hex(a->hmac, to, text, (size_t)n);
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

// --------------------------------------------------------------------------------------------------- nonces

static bool nonce_is_fresh(const struct venue_nonces *s, int64_t window_ms, uint64_t nonce, int64_t now_ms)
{
    int64_t off = (int64_t)(nonce / 1000) - now_ms;
    if (off > window_ms || off < -window_ms) {
        return false;
    }
    uint64_t smallest = UINT64_MAX;
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->kept[i] == nonce) {
            return false;
        }
        smallest = s->kept[i] < smallest ? s->kept[i] : smallest;
    }
    return s->count < VENUE_NONCES_KEPT || nonce > smallest;
}

static void nonce_keep(struct venue_nonces *s, uint64_t nonce)
{
    if (s->count < VENUE_NONCES_KEPT) {
        s->kept[s->count++] = nonce;
        return;
    }
    uint32_t oldest = 0;
    for (uint32_t i = 1; i < s->count; i++) {
        oldest = s->kept[i] < s->kept[oldest] ? i : oldest;
    }
    s->kept[oldest] = nonce;
}

// ------------------------------------------------------------------------------------------------ signature

struct span {
    const char *p;
    size_t n;
};

// The text before `signature=...` when that is the last parameter; .p NULL otherwise. to receives its value.
static struct span unsigned_part(struct span text, char *to, size_t cap)
{
    static const char NAME[] = "signature=";
    const char *amp = text.n ? memrchr(text.p, '&', text.n) : NULL;
    const char *at = amp ? amp + 1 : text.p;
    size_t left = text.n ? text.n - (size_t)(at - text.p) : 0;
    if (left < sizeof NAME || memcmp(at, NAME, sizeof NAME - 1) != 0 ||
        venue_http_param(at, left, "signature", to, cap) != 1) {
        return (struct span){NULL, 0};
    }
    return (struct span){text.p, (size_t)((amp ? amp : at) - text.p)};
}

int32_t venue_auth_wallet(struct venue_auth *a, const struct venue_request *r, int64_t now_ms,
                          const char **msg)
{
    char nonce_text[24], signer[64], user[64], signature[160], address[43];
    uint64_t nonce = 0;
    if (r->body_len && r->query_len) {
        return refuse(-1128, "Send the parameters in the query or in the body, not in both.", msg);
    }
    struct span all =
        r->body_len ? (struct span){r->body, r->body_len} : (struct span){r->query, r->query_len};
    struct span text = unsigned_part(all, signature, sizeof signature);
    if (!text.p) {
        return refuse(-1102, MISSING("signature"), msg);
    }
    if (venue_http_param(text.p, text.n, "nonce", nonce_text, sizeof nonce_text) != 1 ||
        !parse_u64(nonce_text, &nonce)) {
        return refuse(-1102, MISSING("nonce"), msg);
    }
    if (venue_http_param(text.p, text.n, "signer", signer, sizeof signer) != 1) {
        return refuse(-1102, MISSING("signer"), msg);
    }
    int has_user = venue_http_param(text.p, text.n, "user", user, sizeof user);
    bool main_wallet = strcasecmp(signer, a->who.user) == 0;
    if ((!main_wallet && strcasecmp(signer, a->who.signer) != 0) || has_user < 0 ||
        (has_user && strcasecmp(user, a->who.user) != 0 && strcasecmp(user, signer) != 0)) {
        return refuse(-2015, "Invalid API-key, IP, or permissions for action.", msg);
    }
    // Some libraries print bytes without 0x; the digits are the same.
    char hex[sizeof signature + 2];
    snprintf(hex, sizeof hex, "%s%s", strncmp(signature, "0x", 2) == 0 ? "" : "0x", signature);
    if (!eip712_recover(address, a->who.chain_id, text.p, text.n, hex) || strcasecmp(address, signer) != 0) {
        return refuse(-1022, "Signature for this request is not valid.", msg);
    }
    struct venue_nonces *seen = &a->nonces[main_wallet];
    if (!nonce_is_fresh(seen, a->nonce_window_ms, nonce, now_ms)) {
        return refuse(-4225, "Nonce Expired", msg);
    }
    nonce_keep(seen, nonce);
    return 0;
}

// ----------------------------------------------------------------------------------------------------- HMAC

int32_t venue_auth_key(const struct venue_auth *a, const struct venue_request *r, const char **msg)
{
    size_t n = strlen(r->api_key);
    bool well_formed = n == VENUE_API_KEY_LEN;
    for (size_t i = 0; i < n; i++) {
        char c = r->api_key[i];
        well_formed &= (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    if (!well_formed) {
        return refuse(-2014, "API-key format invalid.", msg);
    }
    return strcmp(r->api_key, a->who.api_key) == 0
               ? 0
               : refuse(-2015, "Invalid API-key, IP, or permissions for action.", msg);
}

// Value of a parameter of the query, else of the body: 1 found, 0 absent, -1 malformed.
static int find(const struct venue_request *r, const char *key, char *to, size_t cap)
{
    int found = venue_http_param(r->query, r->query_len, key, to, cap);
    return found ? found : venue_http_param(r->body, r->body_len, key, to, cap);
}

static int32_t check_time(const struct venue_request *r, int64_t now_ms, const char **msg)
{
    char text[24];
    uint64_t stamp = 0, window = RECV_WINDOW_MS;
    if (find(r, "timestamp", text, sizeof text) != 1 || !parse_u64(text, &stamp)) {
        return refuse(-1102, MISSING("timestamp"), msg);
    }
    int found = find(r, "recvWindow", text, sizeof text);
    if (found < 0 || (found && (!parse_u64(text, &window) || window > RECV_WINDOW_MAX_MS))) {
        return refuse(-1130, "Data sent for parameter 'recvWindow' is not valid.", msg);
    }
    if ((int64_t)stamp >= now_ms + AHEAD_MAX_MS) {
        return refuse(-1021, "Timestamp for this request was 1000ms ahead of the server's time.", msg);
    }
    return now_ms - (int64_t)stamp > (int64_t)window
               ? refuse(-1021, "Timestamp for this request is outside of the recvWindow.", msg)
               : 0;
}

// 64 hex digits of either case, in a time that does not tell where they differ.
static bool same_hex(const char *got, const char want[65])
{
    unsigned differ = strlen(got) != 64;
    for (size_t i = 0; i < 64 && !differ; i++) {
        char c = got[i] >= 'A' && got[i] <= 'F' ? (char)(got[i] + ('a' - 'A')) : got[i];
        differ |= (unsigned)(c ^ want[i]);
    }
    return !differ;
}

int32_t venue_auth_hmac(struct venue_auth *a, const struct venue_request *r, int64_t now_ms, const char **msg)
{
    char signature[160], want[65];
    int32_t code = venue_auth_key(a, r, msg);
    if (code) {
        return code;
    }
    struct span query = {r->query, r->query_len}, body = {r->body, r->body_len};
    struct span cut = unsigned_part(body, signature, sizeof signature);
    if (cut.p) {
        body = cut;
    } else {
        cut = unsigned_part(query, signature, sizeof signature);
        if (!cut.p) {
            return find(r, "signature", signature, sizeof signature)
                       ? refuse(-1022, "Signature for this request is not valid.", msg)
                       : refuse(-1102, MISSING("signature"), msg);
        }
        query = cut;
    }
    code = check_time(r, now_ms, msg);
    if (code) {
        return code;
    }
    CHECK(query.n + body.n <= sizeof a->message);
    memcpy(a->message, query.p, query.n);
    memcpy(a->message + query.n, body.p, body.n);
    bool ok = signer_hmac_hex(a->hmac, want, a->message, query.n + body.n) && same_hex(signature, want);
    return ok ? 0 : refuse(-1022, "Signature for this request is not valid.", msg);
}
