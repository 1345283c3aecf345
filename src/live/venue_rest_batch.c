// SPDX-License-Identifier: Apache-2.0
// venue_rest_batch: several orders in one request. Every element of the JSON list becomes the form text of a
// request of its own and is served as such, so that one order and five are the same code; what it answers, or
// its error, is an element of the answer. venue-api.md 3.3.2.
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "live/venue_rest_call.h"
#include "wire/sign.h"

enum { BATCH_PLACE_MAX = 5, BATCH_CANCEL_MAX = 10, LIST_TEXT_MAX = 16 * 1024, ELEMENT_MAX = 2048 };

// The JSON list in a parameter: NULL with *code 0 when it was not sent.
static json_t *read_list(struct venue_call *c, const char *key, int32_t *code)
{
    char *text = c->v->body + sizeof c->v->body - LIST_TEXT_MAX; // far behind the answer that is being made
    int found = call_param(c, key, text, LIST_TEXT_MAX);
    *code = 0;
    if (found == 0) {
        return NULL;
    }
    json_t *list = found == 1 ? json_loads(text, 0, NULL) : NULL;
    if (!json_is_array(list)) {
        json_decref(list);
        *code = call_invalid(c, key);
        return NULL;
    }
    return list;
}

// One value as text; false for what no parameter can be.
static bool value_text(const json_t *v, char *to, size_t cap)
{
    int n = -1;
    if (json_is_string(v)) {
        n = snprintf(to, cap, "%s", json_string_value(v));
    } else if (json_is_integer(v)) {
        n = snprintf(to, cap, "%lld", (long long)json_integer_value(v));
    } else if (json_is_real(v)) {
        n = snprintf(to, cap, "%.12g", json_real_value(v));
    } else if (json_is_boolean(v)) {
        n = snprintf(to, cap, "%s", json_is_true(v) ? "true" : "false");
    }
    return n >= 0 && (size_t)n < cap;
}

// {"a":"b"} -> "a=b"; 0 when it is no object of plain values or too long.
static size_t form_of(json_t *object, char to[ELEMENT_MAX])
{
    const char *key;
    json_t *v;
    size_t n = 0;
    json_object_foreach(object, key, v)
    {
        char text[512];
        size_t k = strlen(key);
        if (k > 64 || n + k + 3 >= ELEMENT_MAX || !value_text(v, text, sizeof text)) {
            return 0;
        }
        n += (size_t)snprintf(to + n, ELEMENT_MAX - n, "%s%s=", n ? "&" : "", key);
        size_t len = percent_encode(to + n, ELEMENT_MAX - n, text, strlen(text));
        if (len == 0 && text[0]) {
            return 0;
        }
        n += len;
    }
    return n;
}

// Serve one element; its answer or its error is the next element of ours.
static void serve_element(struct venue_call *c, const char *form, size_t n, call_serve *serve)
{
    struct venue_call one = *c;
    size_t mark = c->w.n;
    one.query = (struct venue_text){form, n};
    one.body = (struct venue_text){"", 0};
    int32_t code = n ? serve(&one) : call_refuse(&one, -1102, "An element of the list is not an order.");
    if (code) {
        one.w.n = mark;
        call_put_error(&one, code);
    }
    c->w = one.w;
}

static int32_t serve_batch(struct venue_call *c, call_serve *serve)
{
    int32_t code;
    char form[ELEMENT_MAX];
    json_t *list = read_list(c, "batchOrders", &code);
    size_t n = json_array_size(list);
    if (code == 0 && !list) {
        code = call_missing(c, "batchOrders");
    } else if (code == 0 && (n < 1 || n > BATCH_PLACE_MAX)) {
        code = call_refuse(c, -4082, "Invalid number of batch place orders.");
    }
    code = code ? code : venue_limits_orders(&c->v->limits, c->now_ns / NS_PER_MS, (int32_t)n);
    c->orders_counted = list != NULL;
    if (code == -1015) {
        c->msg = "Too many new orders; the limit is told in exchangeInfo.";
    }
    if (code == 0) {
        vj_open(&c->w, '[');
        for (size_t i = 0; i < n; i++) {
            serve_element(c, form, form_of(json_array_get(list, i), form), serve);
        }
        vj_close(&c->w, ']');
    }
    json_decref(list);
    return code;
}

int32_t rest_batch_place(struct venue_call *c)
{
    return serve_batch(c, rest_place);
}

int32_t rest_batch_amend(struct venue_call *c)
{
    return serve_batch(c, rest_amend);
}

// --------------------------------------------------------------------------------------------------- cancel

static int32_t cancel_each(struct venue_call *c, const struct instrument *ins, const json_t *list,
                           const char *handle)
{
    size_t n = json_array_size(list);
    char form[ELEMENT_MAX];
    if (n < 1 || n > BATCH_CANCEL_MAX) {
        return call_refuse(c, -4032, "Exceed maximum cancel order size.");
    }
    vj_open(&c->w, '[');
    for (size_t i = 0; i < n; i++) {
        char text[128], encoded[400];
        size_t k = value_text(json_array_get(list, i), text, sizeof text)
                       ? percent_encode(encoded, sizeof encoded, text, strlen(text))
                       : 0;
        int len = k ? snprintf(form, sizeof form, "symbol=%s&%s=%s", ins->symbol, handle, encoded) : 0;
        serve_element(c, form, (size_t)len, rest_cancel);
    }
    vj_close(&c->w, ']');
    return 0;
}

int32_t batch_cancel_listed(struct venue_call *c, const struct instrument *ins, bool *any)
{
    static const char *const NAMES[][2] = {{"orderIdList", "orderId"},
                                           {"orderidlist", "orderId"},
                                           {"origClientOrderIdList", "origClientOrderId"},
                                           {"origclientorderidlist", "origClientOrderId"}};
    int32_t code = 0;
    *any = false;
    for (size_t i = 0; code == 0 && !*any && i < COUNT_OF(NAMES); i++) {
        json_t *list = read_list(c, NAMES[i][0], &code);
        *any = list != NULL;
        if (list) {
            code = cancel_each(c, ins, list, NAMES[i][1]);
        }
        json_decref(list);
    }
    return code;
}

int32_t rest_batch_cancel(struct venue_call *c)
{
    const struct instrument *ins;
    bool any = false;
    int32_t code = call_symbol(c, &ins);
    code = code ? code : batch_cancel_listed(c, ins, &any);
    return code || any
               ? code
               : call_refuse(c, -1102, "Param 'orderIdList' or 'origClientOrderIdList' must be sent.");
}
