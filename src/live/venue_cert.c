// SPDX-License-Identifier: Apache-2.0
#include "live/venue_cert.h"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>

// Clients that tell markets apart by the first label of the host name get such names below localhost.
static const char SUBJECT_NAMES[] =
    "IP:127.0.0.1,DNS:localhost,DNS:api.localhost,DNS:fapi.localhost,DNS:fstream.localhost,"
    "DNS:sapi.localhost,DNS:sstream.localhost";

enum { VALID_S = 365 * 24 * 3600 };

static bool add_extension(X509 *x, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = ext && X509_add_ext(x, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    return ok;
}

static bool set_serial(X509 *x)
{
    BIGNUM *n = BN_new();
    bool ok = n && BN_rand(n, 120, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
              BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
    BN_free(n);
    return ok;
}

// The certificate is its own authority: a client trusts exactly this one.
static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *x = X509_new();
    X509_NAME *name = x ? X509_get_subject_name(x) : NULL;
    bool ok = name && X509_set_version(x, 2) == 1 && set_serial(x) &&
              X509_gmtime_adj(X509_getm_notBefore(x), -86400) &&
              X509_gmtime_adj(X509_getm_notAfter(x), VALID_S) && X509_set_pubkey(x, key) == 1 &&
              X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                         (const unsigned char *)"ticktower embedded venue", -1, -1, 0) == 1 &&
              X509_set_issuer_name(x, name) == 1 &&
              add_extension(x, NID_basic_constraints, "critical,CA:TRUE") &&
              add_extension(x, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
              add_extension(x, NID_ext_key_usage, "serverAuth") &&
              add_extension(x, NID_subject_key_identifier, "hash") &&
              add_extension(x, NID_subject_alt_name, SUBJECT_NAMES) && X509_sign(x, key, EVP_sha256()) > 0;
    if (!ok) {
        X509_free(x);
        return NULL;
    }
    return x;
}

static bool write_pem(X509 *x, char *pem, size_t cap)
{
    BIO *b = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool ok = b && PEM_write_bio_X509(b, x) == 1;
    long n = ok ? BIO_get_mem_data(b, &text) : 0;
    ok = ok && n > 0 && (size_t)n < cap;
    if (ok) {
        memcpy(pem, text, (size_t)n);
        pem[n] = 0;
    }
    BIO_free(b);
    return ok;
}

static int pick_alpn(SSL *s, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                     unsigned in_len, void *arg)
{
    static const unsigned char HTTP11[] = "\x08http/1.1";
    (void)s;
    (void)arg;
    unsigned char *hit = NULL;
    int r = SSL_select_next_proto(&hit, out_len, HTTP11, sizeof HTTP11 - 1, in, in_len);
    *out = hit;
    return r == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

SSL_CTX *venue_cert_context(char *pem, size_t cap, struct error *e)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = key ? make_certificate(key) : NULL;
    SSL_CTX *ctx = x ? SSL_CTX_new(TLS_server_method()) : NULL;
    bool ok = ctx && write_pem(x, pem, cap) && SSL_CTX_use_certificate(ctx, x) == 1 &&
              SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
              SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1;
    if (ok) {
        SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_num_tickets(ctx, 0); // connections live long: nobody comes back to resume one
        SSL_CTX_set_alpn_select_cb(ctx, pick_alpn, NULL);
    } else {
        error_set(e, EXIT_OS,
                  "embedded venue: OpenSSL could not make a certificate; is its random source working?");
        SSL_CTX_free(ctx);
        ctx = NULL;
    }
    X509_free(x);
    EVP_PKEY_free(key);
    return ctx;
}
