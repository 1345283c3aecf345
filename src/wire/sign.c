// SPDX-License-Identifier: Apache-2.0
// sign: see sign.h. What is the same in every signature (curve context, domain separator, the address part of
// the text, the HMAC pads) is prepared once; a signature then writes into the caller's buffer and allocates
// nothing.
#include "wire/sign.h"

#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/text.h"
#include "wire/eip712.h"
#include "wire/hex.h"
#include "wire/hmac.h"
#include "wire/secret.h"

enum scheme { SCHEME_EIP712, SCHEME_HMAC };

struct signer {
    enum scheme scheme;
    bool locked; // the pages below are locked in memory
    // -- EIP-712
    secp256k1_context *curve; // blinded
    uint8_t key[32];          // secret
    uint8_t separator[32];
    char address[ADDRESS_TEXT];
    char tail[128]; // "&user=..&signer=.." or "&signer=.."
    size_t tail_len;
    // -- HMAC
    struct hmac_key hmac; // secret
    char api_key[160];
    int64_t recv_window_ms; // <= 0: not sent
};

// Where a request's text grows. `full` sticks: the caller checks once at the end.
struct out {
    char *buf;
    size_t n, cap;
    bool full;
};

static void put(struct out *o, const char *s, size_t n)
{
    if (o->full || o->cap - o->n < n) {
        o->full = true;
        return;
    }
    memcpy(o->buf + o->n, s, n);
    o->n += n;
}

static void put_u64(struct out *o, uint64_t v)
{
    char digits[20];
    size_t n = decimal_digits(digits, v);
    put(o, digits, n);
}

static void put_name(struct out *o, const char *name)
{
    if (o->n) {
        put(o, "&", 1);
    }
    put(o, name, strlen(name));
}

// ------------------------------------------------------------------------------------------------- curve and
// keys

static bool random_bytes(void *p, size_t n)
{
    return getrandom(p, n, 0) == (ssize_t)n; // up to 256 bytes are never cut short
}

static secp256k1_context *new_curve(void)
{
    secp256k1_context *c = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    uint8_t seed[32];
    bool ok = c && random_bytes(seed, sizeof seed) && secp256k1_context_randomize(c, seed);
    secret_wipe(seed, sizeof seed);
    if (!ok && c) {
        secp256k1_context_destroy(c);
    }
    return ok ? c : NULL;
}

static void point_bytes(uint8_t xy[64], const secp256k1_pubkey *point)
{
    uint8_t full[65]; // 0x04, x, y
    size_t n = sizeof full;
    secp256k1_ec_pubkey_serialize(secp256k1_context_static, full, &n, point, SECP256K1_EC_UNCOMPRESSED);
    memcpy(xy, full + 1, 64);
}

// False when the bytes are no valid private key.
static bool address_of_key(char address[ADDRESS_TEXT], const secp256k1_context *curve, const uint8_t key[32])
{
    secp256k1_pubkey point;
    if (!secp256k1_ec_pubkey_create(curve, &point, key)) {
        return false;
    }
    uint8_t xy[64];
    point_bytes(xy, &point);
    eip712_address_checksum(address, xy);
    return true;
}

static bool parse_key(uint8_t key[32], const char *hex)
{
    if (hex && hex[0] == '0' && (hex[1] | 0x20) == 'x') {
        hex += 2;
    }
    return hex && strlen(hex) == 64 && hex_decode(key, hex, 32);
}

static bool is_address(const char *s)
{
    uint8_t raw[20];
    return s && strlen(s) == 42 && s[0] == '0' && s[1] == 'x' && hex_decode(raw, s + 2, 20);
}

// ----------------------------------------------------------------------------------------------- making a
// signer

static struct signer *signer_alloc(enum scheme scheme, struct error *e)
{
    bool locked = false;
    struct signer *s = secret_alloc(sizeof *s, &locked);
    if (!s) {
        error_set(e, EXIT_OS, "signer: no memory for the key: free some and start again");
        return NULL;
    }
    s->scheme = scheme;
    s->locked = locked;
    return s;
}

static bool fill_tail(struct signer *s, const char *user, bool send_user)
{
    struct out o = {s->tail, 0, sizeof s->tail, false};
    if (send_user) {
        put(&o, "&user=", 6);
        put(&o, user, strlen(user));
    }
    put(&o, "&signer=", 8);
    put(&o, s->address, strlen(s->address));
    s->tail_len = o.n;
    return !o.full;
}

static bool fill_eip712(struct signer *s, const char *key_hex, const char *user, const char *signer_text,
                        bool send_user, struct error *e)
{
    if (!parse_key(s->key, key_hex)) {
        return error_set(e, EXIT_USAGE, "signer key: want 64 hex digits (an optional 0x before them)");
    }
    if ((send_user || (user && *user)) && !is_address(user)) {
        return error_set(e, EXIT_USAGE, "user address: want 0x and 40 hex digits of the main wallet");
    }
    s->curve = new_curve();
    if (!s->curve) {
        return error_set(e, EXIT_OS, "signer: the system gives no memory or no random numbers (getrandom)");
    }
    if (!address_of_key(s->address, s->curve, s->key)) {
        return error_set(e, EXIT_USAGE, "signer key: not a valid secp256k1 private key (zero or too large)");
    }
    if (user && strcasecmp(user, s->address) == 0) {
        return error_set(e, EXIT_USAGE,
                         "signer key belongs to the main wallet %s itself: create an API wallet "
                         "without withdrawal and use its key",
                         s->address);
    }
    if (signer_text && *signer_text) {
        if (strcasecmp(signer_text, s->address) != 0) {
            return error_set(e, EXIT_USAGE,
                             "signer address %.48s is not that of the key, which is %s: correct one",
                             signer_text, s->address);
        }
        text_copy(s->address, sizeof s->address, signer_text);
    }
    CHECK(fill_tail(s, user, send_user));
    return true;
}

struct signer *signer_new_eip712(const char *key_hex, const char *user, const char *signer_text,
                                 uint32_t chain_id, bool send_user, struct error *e)
{
    struct signer *s = signer_alloc(SCHEME_EIP712, e);
    if (s && !fill_eip712(s, key_hex, user, signer_text, send_user, e)) {
        signer_free(s);
        return NULL;
    }
    if (s) {
        eip712_separator(s->separator, chain_id);
    }
    return s;
}

struct signer *signer_new_hmac(const char *api_key, const char *secret, int64_t recv_window_ms,
                               struct error *e)
{
    struct signer *s = signer_alloc(SCHEME_HMAC, e);
    if (!s) {
        return NULL;
    }
    bool ok = true;
    if (!api_key || !*api_key || strlen(api_key) >= sizeof s->api_key || strpbrk(api_key, " \r\n")) {
        ok = error_set(e, EXIT_USAGE, "API key: want 1 to %zu characters without blanks",
                       sizeof s->api_key - 1);
    } else if (!secret || !*secret) {
        ok = error_set(e, EXIT_USAGE, "API secret is empty: set it beside the API key");
    } else if (!hmac_init(&s->hmac, secret, strlen(secret))) {
        ok = error_set(e, EXIT_OS, "signer: OpenSSL offers no SHA-256 here: check its configuration");
    }
    if (!ok) {
        signer_free(s);
        return NULL;
    }
    text_copy(s->api_key, sizeof s->api_key, api_key);
    s->recv_window_ms = recv_window_ms;
    return s;
}

void signer_free(struct signer *s)
{
    if (!s) {
        return;
    }
    if (s->curve) {
        secp256k1_context_destroy(s->curve);
    }
    if (s->scheme == SCHEME_HMAC) {
        hmac_free(&s->hmac);
    }
    secret_free(s, sizeof *s);
}

const char *signer_address(const struct signer *s)
{
    return s->address;
}

const char *signer_api_key(const struct signer *s)
{
    return s->scheme == SCHEME_HMAC ? s->api_key : NULL;
}

bool signer_is_locked(const struct signer *s)
{
    return s->locked;
}

// -------------------------------------------------------------------------------------------------------
// signing

bool signer_sign_digest(struct signer *s, uint8_t sig[65], const uint8_t digest[32])
{
    CHECK(s->scheme == SCHEME_EIP712);
    secp256k1_ecdsa_recoverable_signature r;
    if (!secp256k1_ecdsa_sign_recoverable(s->curve, &r, digest, s->key, NULL, NULL)) {
        return false;
    }
    int id = 0;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(s->curve, sig, &id, &r);
    sig[64] = (uint8_t)(27 + id);
    return true;
}

static void sign_eip712(struct signer *s, struct out *o, uint64_t nonce)
{
    put_name(o, "nonce=");
    put_u64(o, nonce);
    put(o, s->tail, s->tail_len);
    uint8_t digest[32], sig[65];
    char hex[130];
    if (o->full) {
        return;
    }
    eip712_digest_under(digest, s->separator, o->buf, o->n);
    if (!signer_sign_digest(s, sig, digest)) {
        o->full = true; // no nonce k was found: a chance of 2^-128 per try
        return;
    }
    hex_encode(hex, sig, sizeof sig);
    put(o, "&signature=0x", 13);
    put(o, hex, sizeof hex);
}

bool signer_hmac_hex(struct signer *s, char hex[65], const char *msg, size_t n)
{
    CHECK(s->scheme == SCHEME_HMAC);
    uint8_t mac[32];
    if (!hmac_sha256(&s->hmac, mac, msg, n)) {
        return false;
    }
    hex_encode(hex, mac, sizeof mac);
    hex[64] = 0;
    return true;
}

static void sign_hmac(struct signer *s, struct out *o, uint64_t timestamp_ms)
{
    if (s->recv_window_ms > 0) {
        put_name(o, "recvWindow=");
        put_u64(o, (uint64_t)s->recv_window_ms);
    }
    put_name(o, "timestamp=");
    put_u64(o, timestamp_ms);
    char hex[65];
    if (o->full || !signer_hmac_hex(s, hex, o->buf, o->n)) {
        o->full = true;
        return;
    }
    put(o, "&signature=", 11);
    put(o, hex, 64);
}

size_t signer_sign(struct signer *s, char *buf, size_t n, size_t cap, uint64_t stamp)
{
    CHECK(n <= cap);
    struct out o = {buf, n, cap, false};
    if (s->scheme == SCHEME_EIP712) {
        sign_eip712(s, &o, stamp);
    } else {
        sign_hmac(s, &o, stamp);
    }
    return o.full ? 0 : o.n;
}

// --------------------------------------------------------------------------------------------------- server
// side

// r || s || v with low s only, as every signer of this scheme writes it: a second form of a signature is
// refused.
static bool parse_signature(secp256k1_ecdsa_recoverable_signature *r, const char *hex)
{
    uint8_t raw[65];
    if (!hex || strlen(hex) != 132 || hex[0] != '0' || hex[1] != 'x' || !hex_decode(raw, hex + 2, 65) ||
        (raw[64] != 27 && raw[64] != 28)) {
        return false;
    }
    secp256k1_ecdsa_signature plain;
    return secp256k1_ecdsa_signature_parse_compact(secp256k1_context_static, &plain, raw) &&
           !secp256k1_ecdsa_signature_normalize(secp256k1_context_static, NULL, &plain) &&
           secp256k1_ecdsa_recoverable_signature_parse_compact(secp256k1_context_static, r, raw,
                                                               raw[64] - 27);
}

bool eip712_recover(char address[43], uint32_t chain_id, const char *msg, size_t n, const char *signature_hex)
{
    secp256k1_ecdsa_recoverable_signature r;
    secp256k1_pubkey point;
    uint8_t digest[32], xy[64];
    if (!parse_signature(&r, signature_hex)) {
        return false;
    }
    eip712_digest(digest, chain_id, msg, n);
    if (!secp256k1_ecdsa_recover(secp256k1_context_static, &point, &r, digest)) {
        return false;
    }
    point_bytes(xy, &point);
    eip712_address_lower(address, xy);
    return true;
}

bool eip712_generate(char key_hex[67], char address[43])
{
    secp256k1_context *curve = new_curve();
    uint8_t key[32];
    bool ok = false;
    for (int tries = 0; curve && !ok && tries < 8; tries++) { // a random 32 bytes is invalid once in 2^127
        ok = random_bytes(key, sizeof key) && address_of_key(address, curve, key);
    }
    if (ok) {
        memcpy(key_hex, "0x", 2);
        hex_encode(key_hex + 2, key, sizeof key);
        key_hex[66] = 0;
    }
    secret_wipe(key, sizeof key);
    if (curve) {
        secp256k1_context_destroy(curve);
    }
    return ok;
}

uint64_t nonce_next(struct nonce *g, int64_t wall_us)
{
    uint64_t now = wall_us > 0 ? (uint64_t)wall_us : 0;
    g->last_us = now > g->last_us ? now : g->last_us + 1;
    return g->last_us;
}

size_t percent_encode(char *to, size_t cap, const char *s, size_t n)
{
    static const char HEX[] = "0123456789ABCDEF";
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        bool keep = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                    c == '_' || c == '.' || c == '~';
        size_t need = keep ? 1 : 3;
        if (cap - len <= need) { // room for the terminator too
            return 0;
        }
        if (keep) {
            to[len] = (char)c;
        } else {
            to[len] = '%';
            to[len + 1] = HEX[c >> 4];
            to[len + 2] = HEX[c & 15];
        }
        len += need;
    }
    if (cap == 0) {
        return 0;
    }
    to[len] = 0;
    return len;
}
