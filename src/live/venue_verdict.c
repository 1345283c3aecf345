// SPDX-License-Identifier: Apache-2.0
#include "live/venue_verdict.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum request_class { CLASS_OTHER, CLASS_PLACE, CLASS_CANCEL, CLASS_READ, CLASS_SIGNED };

static bool has(const char *text, size_t n, const char *what)
{
    return n > 0 && memmem(text, n, what, strlen(what)) != NULL;
}

static bool ends(const char *path, const char *with)
{
    size_t n = strlen(path), m = strlen(with);
    return n >= m && strcmp(path + n - m, with) == 0;
}

static enum request_class class_of(const struct venue_request *r)
{
    bool order = ends(r->path, "/order") || ends(r->path, "/batchOrders") || ends(r->path, "/allOpenOrders");
    bool is_signed = has(r->query, r->query_len, "signature=") || has(r->body, r->body_len, "signature=");
    if (order && strcmp(r->method, "DELETE") == 0) {
        return CLASS_CANCEL;
    }
    if (order && (strcmp(r->method, "POST") == 0 || strcmp(r->method, "PUT") == 0)) {
        return CLASS_PLACE;
    }
    return !is_signed ? CLASS_OTHER : strcmp(r->method, "GET") == 0 ? CLASS_READ : CLASS_SIGNED;
}

static void answer(struct venue_verdict *v, bool serve, int status, int code, const char *msg)
{
    v->serve = serve;
    v->replace = true;
    v->status = status;
    snprintf(v->body, sizeof v->body, "{\"code\":%d,\"msg\":\"%s\"}", code, msg);
}

static void unknown(struct venue_verdict *v, bool serve)
{
    answer(v, serve, 503, -1000, "Unknown error, please check your request or try again later.");
}

static int32_t whole_seconds(int64_t ns)
{
    return (int32_t)((ns + NS_PER_S - 1) / NS_PER_S);
}

// What concerns every request of an address or of the venue. True: decided.
static bool at_the_door(struct venue_verdict *v, struct venue_faults *f, int64_t now_ns)
{
    int64_t amount;
    if (venue_fault_strikes(f, VF_BAN, &amount)) {
        f->banned_until_ns = now_ns + amount;
    }
    if (now_ns < f->banned_until_ns) {
        answer(v, false, 418, -1003, "Way too many requests; IP banned.");
        v->retry_after_s = whole_seconds(f->banned_until_ns - now_ns);
        return true;
    }
    if (venue_fault_strikes(f, VF_MAINTENANCE, NULL)) {
        answer(v, false, 503, -1016, "This service is no longer available.");
        return true;
    }
    if (venue_fault_strikes(f, VF_LIMIT, &amount)) {
        answer(v, false, 429, -1003, "Too many requests.");
        v->retry_after_s = whole_seconds(amount);
        return true;
    }
    return false;
}

static bool at_the_desk(struct venue_verdict *v, struct venue_faults *f, bool wallet)
{
    if (venue_fault_strikes(f, VF_HTML, NULL)) {
        v->serve = false;
        v->replace = true;
        v->status = 500;
        v->html = true;
        snprintf(
            v->body, sizeof v->body,
            "<html><head><title>500 Internal Server Error</title></head><body><h1>500</h1></body></html>");
        return true;
    }
    if (venue_fault_strikes(f, VF_CLOCK, NULL)) {
        answer(v, false, 400, wallet ? -4225 : -1021,
               wallet ? "Nonce Expired" : "Timestamp for this request is outside of the recvWindow.");
        return true;
    }
    if (venue_fault_strikes(f, VF_SIGNATURE, NULL)) {
        answer(v, false, 400, -1022, "Signature for this request is not valid.");
        return true;
    }
    return false;
}

static void of_an_order(struct venue_verdict *v, struct venue_faults *f, bool place)
{
    int64_t code;
    if (venue_fault_strikes(f, place ? VF_PLACE_REJECT : VF_CANCEL_REJECT, &code)) {
        answer(v, false, 400, (int)code, "Refused on purpose.");
    } else if (venue_fault_strikes(f, place ? VF_PLACE_LOST : VF_CANCEL_LOST, NULL)) {
        unknown(v, false);
    } else if (venue_fault_strikes(f, place ? VF_PLACE_503 : VF_CANCEL_503, NULL)) {
        unknown(v, true);
    } else if (place && venue_fault_strikes(f, VF_PLACE_SILENT, NULL)) {
        v->silent = true;
    }
    if (!venue_fault_strikes(f, VF_ANSWER_DELAY, &v->hold_ns)) {
        v->hold_ns = 0;
    }
}

void venue_verdict_find(struct venue_verdict *v, struct venue_faults *f, const struct venue_request *r,
                        bool wallet, int64_t now_ns)
{
    *v = (struct venue_verdict){.serve = true, .retry_after_s = -1};
    if (at_the_door(v, f, now_ns)) {
        return;
    }
    enum request_class c = class_of(r);
    if (c == CLASS_OTHER || at_the_desk(v, f, wallet)) {
        return;
    }
    if (c == CLASS_PLACE || c == CLASS_CANCEL) {
        of_an_order(v, f, c == CLASS_PLACE);
    } else if (c == CLASS_READ && venue_fault_strikes(f, VF_READ_503, NULL)) {
        unknown(v, false);
    }
}
