// SPDX-License-Identifier: Apache-2.0
// venue_rest_param: reading the parameters of a call, and the two or three shapes that many answers share.
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/decimal.h"
#include "live/venue_rest_call.h"

int call_param(struct venue_call *c, const char *key, char *to, size_t cap)
{
    int found = venue_http_param(c->query.p, c->query.n, key, to, cap);
    return found ? found : venue_http_param(c->body.p, c->body.n, key, to, cap);
}

bool call_text(struct venue_call *c, const char *key, char *to, size_t cap)
{
    return call_param(c, key, to, cap) == 1 && to[0];
}

bool call_int(struct venue_call *c, const char *key, int64_t def, int64_t *to)
{
    char text[24];
    int found = call_param(c, key, text, sizeof text);
    *to = def;
    return found == 0 || (found == 1 && decimal_parse(text, strlen(text), 0, to));
}

int32_t call_missing(struct venue_call *c, const char *key)
{
    snprintf(c->msg_text, sizeof c->msg_text,
             "Mandatory parameter '%s' was not sent, was empty/null, or malformed.", key);
    return call_refuse(c, -1102, c->msg_text);
}

int32_t call_invalid(struct venue_call *c, const char *key)
{
    snprintf(c->msg_text, sizeof c->msg_text, "Data sent for parameter '%s' is not valid.", key);
    return call_refuse(c, -1130, c->msg_text);
}

int32_t call_need(struct venue_call *c, const char *key, char *to, size_t cap)
{
    return call_text(c, key, to, cap) ? 0 : call_missing(c, key);
}

int32_t call_bool(struct venue_call *c, const char *key, bool def, bool *to)
{
    char text[8];
    int found = call_param(c, key, text, sizeof text);
    *to = found == 0 ? def : strcasecmp(text, "true") == 0;
    return found == 0 || *to || (found == 1 && strcasecmp(text, "false") == 0) ? 0 : call_invalid(c, key);
}

int32_t call_amount(struct venue_call *c, const char *key, uint8_t *has, int64_t *e8)
{
    char text[40];
    int found = call_param(c, key, text, sizeof text);
    *has = found == 1 && text[0]; // sent empty is as good as not sent
    bool ok = found == 0 || (found == 1 && (!text[0] || decimal_parse_e8(text, strlen(text), e8)));
    return ok ? 0 : call_refuse(c, -1111, "Precision is over the maximum defined for this asset.");
}

static int32_t find_instrument(struct venue_call *c, const char *key, bool must,
                               const struct instrument **ins)
{
    char symbol[24];
    *ins = NULL;
    int found = call_param(c, key, symbol, sizeof symbol);
    if (found == 0) {
        return must ? call_missing(c, key) : 0;
    }
    *ins = found == 1 ? exchange_instrument(c->v->exchange, symbol) : NULL;
    return *ins ? 0 : call_refuse(c, -1121, "Invalid symbol.");
}

int32_t call_symbol(struct venue_call *c, const struct instrument **ins)
{
    return find_instrument(c, "symbol", true, ins);
}

int32_t call_instrument(struct venue_call *c, const char *key, const struct instrument **ins)
{
    return find_instrument(c, key, true, ins);
}

int32_t call_symbol_or_all(struct venue_call *c, const struct instrument **ins)
{
    return find_instrument(c, "symbol", false, ins);
}

int32_t call_range(struct venue_call *c, const char *id_key, size_t def, size_t max, struct xch_range *r,
                   size_t *limit)
{
    int64_t n, from = -1;
    *r = (struct xch_range){0};
    if (!call_int(c, "limit", (int64_t)def, &n) || n < 1 || n > (int64_t)max) {
        return call_invalid(c, "limit");
    }
    *limit = (size_t)n;
    if (!call_int(c, "startTime", 0, &r->start_ms) || r->start_ms < 0) {
        return call_invalid(c, "startTime");
    }
    if (!call_int(c, "endTime", 0, &r->end_ms) || r->end_ms < 0) {
        return call_invalid(c, "endTime");
    }
    if (r->end_ms && r->start_ms > r->end_ms) {
        return call_refuse(c, -1023, "Start time is greater than end time.");
    }
    if (id_key && (!call_int(c, id_key, -1, &from) || from < -1)) {
        return call_invalid(c, id_key);
    }
    r->from_id = from < 0 ? 0 : from == 0 ? 1 : (uint64_t)from; // 0 sent: from the first on
    return 0;
}

int32_t call_one_or_all(struct venue_call *c, call_put *put, bool always_array)
{
    const struct instrument *ins, *all[INSTRUMENT_MAX];
    int32_t code = call_symbol_or_all(c, &ins);
    if (code) {
        return code;
    }
    size_t n = 1;
    all[0] = ins;
    if (!ins) {
        n = exchange_instruments(c->v->exchange, all);
    }
    bool array = always_array || !ins;
    jw_cstr(&c->w, array ? "[" : "");
    for (size_t i = 0; i < n; i++) {
        put(c, all[i]);
    }
    jw_cstr(&c->w, array ? "]" : "");
    return 0;
}

void call_put_error(struct venue_call *c, int32_t code)
{
    vj_open(&c->w, '{');
    vj_int(&c->w, "code", code);
    vj_text(&c->w, "msg", c->msg);
    vj_close(&c->w, '}');
}

void call_success(struct venue_call *c)
{
    jw_lit(&c->w, "{\"code\":200,\"msg\":\"success\"}");
}
