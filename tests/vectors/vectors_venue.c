// SPDX-License-Identifier: Apache-2.0
// vectors_venue: files of the venue kind (venue.json): signed requests as they go over the wire, error
// classes, funding, nonces. Payloads and state machines are in the two files beside it. No formula here:
// every figure comes from src/.
#include "vectors_venue.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/exchange/xch_formula.h"
#include "engine/venue/error_class.h"
#include "wire/eip712.h"
#include "wire/hex.h"
#include "wire/http1.h"
#include "wire/json.h"
#include "wire/sign.h"

enum { TEXT_CAP = 4096, WHY_CAP = 300 };

bool vector_e8(const json_t *value, int64_t *e8)
{
    return json_e8(value, e8, false);
}

static bool same_value(const json_t *got, const json_t *want)
{
    int64_t a, b;
    if (json_equal(got, want)) {
        return true;
    }
    return vector_e8(got, &a) && vector_e8(want, &b) && a == b;
}

// "0.open_time" and "0.openTime" are the same name.
static bool same_name(const char *a, const char *b)
{
    for (;;) {
        a += strspn(a, "_");
        b += strspn(b, "_");
        if (!*a || !*b || tolower((unsigned char)*a) != tolower((unsigned char)*b)) {
            return !*a && !*b;
        }
        a++;
        b++;
    }
}

static const json_t *find_fact(const json_t *got, const char *key)
{
    const json_t *exact = json_object_get(got, key);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)got, name, value)
    {
        if (!exact && same_name(name, key)) {
            return value;
        }
    }
    return exact;
}

void vectors_compare(struct vector_tally *t, const char *id, const json_t *got, const json_t *want)
{
    char why[WHY_CAP] = "";
    bool missing = false;
    const char *key;
    json_t *w;
    json_object_foreach((json_t *)want, key, w)
    {
        const json_t *g = find_fact(got, key);
        missing |= !g;
        if (g && !why[0] && !same_value(g, w)) {
            char *gs = json_dumps(g, JSON_ENCODE_ANY | JSON_COMPACT),
                 *ws = json_dumps(w, JSON_ENCODE_ANY | JSON_COMPACT);
            snprintf(why, sizeof why, "%.60s: got %.100s, want %.100s", key, gs, ws);
            free(gs);
            free(ws);
        }
    }
    if (missing && !why[0]) {
        t->skipped++;
    } else {
        vector_report(t, id, !why[0], why);
    }
}

// -------------------------------------------------------------------------------------------------------------
// requests

// Business parameters in their order, values percent-encoded.
static size_t business_text(const json_t *params, char *to, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(params); i++) {
        const json_t *pair = json_array_get(params, i);
        const char *value = json_string_value(json_array_get(pair, 1));
        n += (size_t)snprintf(to + n, cap - n, "%s%s=", i ? "&" : "",
                              json_string_value(json_array_get(pair, 0)));
        n += percent_encode(to + n, cap - n, value, strlen(value));
    }
    return n;
}

static struct signer *signer_of(const json_t *in, const char *scheme, struct error *e)
{
    if (strcmp(scheme, "aster-v3-eip712") == 0) {
        const char *user = json_string_value(json_object_get(in, "user"));
        return signer_new_eip712(vector_str(in, "private_key"), user, vector_str(in, "signer"),
                                 (uint32_t)vector_int(in, "chain_id"), vector_bool(in, "send_user"), e);
    }
    const char *key = vector_str(in, "api_key");
    return signer_new_hmac(*key ? key : "none", vector_str(in, "secret"), vector_int(in, "recvWindow"), e);
}

// The signed text, its digest and the signature of a whole text, as the vectors name them.
static void describe_signature(json_t *got, const json_t *in, const char *scheme, char *text)
{
    char *at = strstr(text, "&signature=");
    if (!at) {
        return;
    }
    json_object_set_new(got, "signed_text", json_stringn(text, (size_t)(at - text)));
    json_object_set_new(got, "signature", json_string(at + 11));
    if (strcmp(scheme, "aster-v3-eip712") != 0) {
        return;
    }
    uint8_t hash[32];
    char hex[67] = "0x";
    eip712_digest(hash, (uint32_t)vector_int(in, "chain_id"), text, (size_t)(at - text));
    hex_encode(hex + 2, hash, 32);
    json_object_set_new(got, "digest", json_stringn(hex, 66));
    eip712_struct_hash(hash, text, (size_t)(at - text));
    hex_encode(hex + 2, hash, 32);
    json_object_set_new(got, "struct_hash", json_stringn(hex, 66));
    char address[ADDRESS_TEXT];
    bool ours =
        eip712_recover(address, (uint32_t)vector_int(in, "chain_id"), text, (size_t)(at - text), at + 11) &&
        strcasecmp(address, vector_str(in, "signer")) == 0;
    json_object_set_new(got, "recovers", json_boolean(ours));
}

// Reads back the bytes that go over the wire: method, URL, headers that the vectors compare, body.
static void describe_wire(json_t *got, const char *base, char *wire)
{
    char *head_end = strstr(wire, "\r\n\r\n");
    char *method_end = strchr(wire, ' ');
    char *target_end = strstr(method_end + 1, " HTTP/1.1\r\n");
    json_object_set_new(got, "method", json_stringn(wire, (size_t)(method_end - wire)));
    json_object_set_new(got, "url",
                        json_sprintf("%s%.*s", base, (int)(target_end - method_end - 1), method_end + 1));
    json_object_set_new(got, "body", head_end[4] ? json_string(head_end + 4) : json_null());
    json_t *headers = json_object();
    *head_end = 0;
    for (char *line = strtok(target_end + 11, "\r\n"); line; line = strtok(NULL, "\r\n")) {
        char *colon = strstr(line, ": ");
        *colon = 0;
        if (strcmp(line, "Host") != 0 && strcmp(line, "User-Agent") != 0 &&
            strcmp(line, "Content-Length") != 0) {
            json_object_set_new(headers, line, json_string(colon + 2));
        }
    }
    json_object_set_new(got, "headers", headers);
}

static void run_mixed(const json_t *in, const json_t *want, const char *id, struct vector_tally *t)
{
    char text[TEXT_CAP], hex[65];
    struct error e;
    struct signer *s = signer_new_hmac("none", vector_str(in, "secret"), 0, &e);
    size_t n = (size_t)snprintf(text, sizeof text, "%s%s", vector_str(in, "query"), vector_str(in, "body"));
    if (!s || !signer_hmac_hex(s, hex, text, n)) {
        vector_report(t, id, false, "cannot sign");
    } else {
        json_t *got = json_pack("{s:s, s:s}", "signed_text", text, "signature", hex);
        vectors_compare(t, id, got, want);
        json_decref(got);
    }
    signer_free(s);
}

static void run_request(const json_t *item, struct vector_tally *t)
{
    const char *id = vector_str(item, "id"), *scheme = vector_str(item, "scheme");
    const json_t *in = json_object_get(item, "inputs"), *want = json_object_get(item, "expect");
    if (strcmp(scheme, "hmac-sha256-mixed") == 0) {
        run_mixed(in, want, id, t);
        return;
    }
    bool sign = strcmp(scheme, "aster-v3-eip712") == 0 || strcmp(scheme, "hmac-sha256") == 0;
    char text[TEXT_CAP] = "", wire[2 * TEXT_CAP];
    size_t n = business_text(json_object_get(in, "params"), text, sizeof text);
    struct error e;
    struct signer *s = sign ? signer_of(in, scheme, &e) : NULL;
    const char *api_key = s ? signer_api_key(s) : json_string_value(json_object_get(in, "api_key"));
    if (sign && !s) {
        vector_report(t, id, false, e.text);
        return;
    }
    if (s) {
        const json_t *nonce = json_object_get(in, "nonce");
        n = signer_sign(s, text, n, sizeof text - 1, (uint64_t)vector_int(in, nonce ? "nonce" : "timestamp"));
        text[n] = 0;
    }
    n = http1_build(wire, sizeof wire - 1, vector_str(in, "method"), "host", vector_str(in, "path"), text, n,
                    api_key);
    wire[n] = 0;
    json_t *got = json_object();
    describe_wire(got, vector_str(in, "base"), wire);
    describe_signature(got, in, scheme, text);
    const json_t *recovers = json_object_get(got, "recovers");
    if (recovers && !json_is_true(recovers)) {
        vector_report(t, id, false, "the venue's side recovers another signer");
    } else {
        vectors_compare(t, id, got, want);
    }
    json_decref(got);
    signer_free(s);
}

// ------------------------------------------------------------------------------------------------------------
// the others

// "group 3" as the name of an item that has no id of its own.
static const char *item_id(const json_t *item, const char *group, size_t i)
{
    static char id[64];
    const char *own = vector_str(item, "id");
    snprintf(id, sizeof id, "%s", *own ? own : "");
    if (!*own) {
        snprintf(id, sizeof id, "%s[%zu]", group, i);
    }
    return id;
}

static void run_error_class(const json_t *item, const char *id, struct vector_tally *t)
{
    int32_t http = (int32_t)vector_int(item, "http"), code = (int32_t)vector_int(item, "code");
    char class[2] = {venue_error_class(http, code), 0};
    // No class lets an order be sent again by itself: only evidence does (rule of doubt), so this answer is
    // one word.
    json_t *got = json_pack("{s:s, s:b, s:b}", "class", class, "execution_unknown_for_order",
                            venue_outcome_unknown(http, code), "may_resend_order_blindly", 0);
    vectors_compare(t, id, got, json_object_get(item, "expect"));
    json_decref(got);
}

static void run_funding(const json_t *item, const char *id, struct vector_tally *t)
{
    int64_t premium, interest, cap, floor, want;
    if (!vector_e8(json_object_get(item, "premium_avg"), &premium) ||
        !vector_e8(json_object_get(item, "interest"), &interest) ||
        !vector_e8(json_object_get(item, "cap"), &cap) ||
        !vector_e8(json_object_get(item, "floor"), &floor) ||
        !vector_e8(json_object_get(item, "expect_rate"), &want)) {
        t->skipped++; // finer than the 1e-8 in which rates are kept
        return;
    }
    int64_t got =
        xch_funding_rate_e8(premium, interest, (int32_t)vector_int(item, "interval_hours"), floor, cap);
    char why[WHY_CAP];
    snprintf(why, sizeof why, "rate: got %lld e-8, want %lld e-8", (long long)got, (long long)want);
    vector_report(t, id, got == want, why);
}

static void run_nonce(const json_t *item, const char *id, struct vector_tally *t)
{
    const json_t *clock = json_object_get(item, "clock_us"), *want = json_object_get(item, "expect");
    struct nonce g = {0};
    char why[WHY_CAP] = "another number of nonces";
    bool ok = json_array_size(clock) == json_array_size(want);
    for (size_t i = 0; ok && i < json_array_size(clock); i++) {
        uint64_t got = nonce_next(&g, json_integer_value(json_array_get(clock, i)));
        ok = got == (uint64_t)json_integer_value(json_array_get(want, i));
        snprintf(why, sizeof why, "[%zu]: got %llu", i, (unsigned long long)got);
    }
    vector_report(t, id, ok, why);
}

static void each(const json_t *root, const char *group,
                 void (*run)(const json_t *, const char *, struct vector_tally *), struct vector_tally *t)
{
    const json_t *list = json_object_get(root, group);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        run(item, item_id(item, group, i), t);
    }
}

void vectors_venue(json_t *root, struct vector_tally *t)
{
    static const char *const known[] = {"requests", "payloads",     "book_sync", "error_classes", "funding",
                                        "nonce",    "order_events", "filters",   "conventions",   "counts"};
    const json_t *requests = json_object_get(root, "requests");
    for (size_t i = 0; i < json_array_size(requests); i++) {
        run_request(json_array_get(requests, i), t);
    }
    vectors_payloads(json_object_get(root, "payloads"), t);
    vectors_book_sync(json_object_get(root, "book_sync"), t);
    each(root, "error_classes", run_error_class, t);
    each(root, "funding", run_funding, t);
    each(root, "nonce", run_nonce, t);
    vectors_order_events(json_object_get(root, "order_events"), t);
    vectors_filters(json_object_get(root, "filters"), t);
    const char *key;
    json_t *part;
    json_object_foreach(root, key, part)
    {
        bool is_known = !json_is_array(part);
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            is_known |= strcmp(key, known[i]) == 0;
        }
        t->skipped += is_known ? 0 : json_array_size(part); // a group nobody here reads
    }
}
