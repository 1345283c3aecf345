// SPDX-License-Identifier: Apache-2.0
// decode_user: messages of the user streams, futures and spot (venue-api.md 5.5). Times may come as numbers
// or as text (ccxt and go-binance met both in listenKeyExpired); unknown events are ignored without error.
#include <string.h>

#include "wire/decode.h"
#include "wire/decode_fast.h"
#include "wire/decode_order.h"
#include "wire/json.h"

static bool read_balance(const json_t *row, struct wire_balance *b)
{
    memset(b, 0, sizeof *b);
    struct json_reader r = {row, false};
    json_read_text(&r, "a", b->asset, sizeof b->asset, REQUIRED);
    json_read_e8_cut(&r, "wb", &b->wallet_e8, REQUIRED);
    json_read_e8_cut(&r, "cw", &b->cross_e8, OPTIONAL);
    json_read_e8_cut(&r, "bc", &b->change_e8, OPTIONAL);
    return !r.bad;
}

// Spot tells free and locked; what we own is their sum.
static bool read_spot_balance(const json_t *row, struct wire_balance *b)
{
    memset(b, 0, sizeof *b);
    struct json_reader r = {row, false};
    json_read_text(&r, "a", b->asset, sizeof b->asset, REQUIRED);
    json_read_e8_cut(&r, "f", &b->available_e8, REQUIRED);
    json_read_e8_cut(&r, "l", &b->locked_e8, REQUIRED);
    return !r.bad && !__builtin_add_overflow(b->available_e8, b->locked_e8, &b->wallet_e8);
}

static bool read_position(const json_t *row, struct wire_position *p)
{
    memset(p, 0, sizeof *p);
    struct json_reader r = {row, false};
    json_read_text(&r, "s", p->symbol, sizeof p->symbol, REQUIRED);
    json_read_e8(&r, "pa", &p->qty_e8, REQUIRED);
    json_read_e8_cut(&r, "ep", &p->entry_e8, OPTIONAL);
    json_read_e8_cut(&r, "mp", &p->mark_e8, OPTIONAL);
    json_read_e8_cut(&r, "up", &p->unrealised_e8, OPTIONAL);
    json_read_e8_cut(&r, "iw", &p->isolated_e8, OPTIONAL);
    json_read_e8_cut(&r, "cr", &p->realised_e8, OPTIONAL);
    json_read_e8_cut(&r, "mm", &p->maint_e8, OPTIONAL);
    json_read_text(&r, "mt", p->margin_type, sizeof p->margin_type, OPTIONAL);
    json_read_text(&r, "ps", p->position_side, sizeof p->position_side, OPTIONAL);
    return !r.bad;
}

// Currencies the program knows first: beyond eight the others are dropped.
static bool read_balances(const json_t *rows, struct user_msg *out)
{
    enum { ROOM = sizeof out->balance / sizeof out->balance[0] };
    for (int known = 1; known >= 0; known--) {
        for (size_t i = 0; i < json_array_size(rows); i++) {
            struct wire_balance b;
            const json_t *row = json_array_get(rows, i);
            if (out->spot ? !read_spot_balance(row, &b) : !read_balance(row, &b)) {
                return false;
            }
            bool is_known = currency_parse(b.asset, strlen(b.asset)) != CURRENCY_NONE;
            if (is_known == (known == 1) && out->balances < ROOM) {
                out->balance[out->balances++] = b;
            }
        }
    }
    return true;
}

static bool read_positions(const json_t *rows, struct user_msg *out)
{
    if (json_array_size(rows) > ANSWER_ROWS_MAX) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        if (!read_position(json_array_get(rows, i), &out->position[i])) {
            return false;
        }
        out->positions++;
    }
    return true;
}

static bool is_list_or_absent(const json_t *v)
{
    return !v || json_is_array(v);
}

static bool on_order(const json_t *root, struct user_msg *out)
{
    out->kind = UM_ORDER;
    return decode_stream_order(json_object_get(root, "o"), false, &out->order);
}

static bool on_spot_order(const json_t *root, struct user_msg *out)
{
    out->kind = UM_ORDER;
    out->spot = 1;
    return decode_stream_order(root, true, &out->order);
}

static bool on_account(const json_t *root, struct user_msg *out)
{
    out->kind = UM_ACCOUNT;
    const json_t *a = json_object_get(root, "a");
    const json_t *b = json_object_get(a, "B");
    const json_t *p = json_object_get(a, "P");
    struct json_reader r = {a, false};
    json_read_text(&r, "m", out->reason, sizeof out->reason, REQUIRED);
    return !r.bad && is_list_or_absent(b) && is_list_or_absent(p) && read_balances(b, out) &&
           read_positions(p, out);
}

static bool on_spot_account(const json_t *root, struct user_msg *out)
{
    out->kind = UM_ACCOUNT;
    out->spot = 1;
    const json_t *b = json_object_get(root, "B");
    struct json_reader r = {root, false};
    json_read_text(&r, "m", out->reason, sizeof out->reason, OPTIONAL);
    return !r.bad && json_is_array(b) && read_balances(b, out);
}

static bool on_margin_call(const json_t *root, struct user_msg *out)
{
    out->kind = UM_MARGIN_CALL;
    const json_t *p = json_object_get(root, "p");
    struct json_reader r = {root, false};
    json_read_e8_cut(&r, "cw", &out->cross_e8, OPTIONAL);
    return !r.bad && is_list_or_absent(p) && read_positions(p, out);
}

static bool on_config(const json_t *root, struct user_msg *out)
{
    out->kind = UM_CONFIG;
    const json_t *modes = json_object_get(root, "ai");
    const json_t *leverage = json_object_get(root, "ac");
    if (modes) {
        struct json_reader r = {modes, false};
        json_read_bool(&r, "j", &out->multi_assets, OPTIONAL);
        json_read_bool(&r, "d", &out->hedge, OPTIONAL);
        json_read_bool(&r, "f", &out->fee_in_token, OPTIONAL);
        out->has_modes = 1;
        return json_is_object(modes) && !r.bad;
    }
    struct json_reader r = {leverage, false};
    memset(&out->position[0], 0, sizeof out->position[0]);
    json_read_text(&r, "s", out->position[0].symbol, sizeof out->position[0].symbol, REQUIRED);
    json_read_i32(&r, "l", &out->position[0].leverage, REQUIRED);
    out->positions = 1;
    return !r.bad;
}

static bool on_key_expired(const json_t *root, struct user_msg *out)
{
    (void)root;
    out->kind = UM_KEY_EXPIRED;
    return true;
}

static const struct {
    const char *name;
    bool (*read)(const json_t *root, struct user_msg *out);
} EVENT[] = {
    {"ORDER_TRADE_UPDATE", on_order},
    {"ACCOUNT_UPDATE", on_account},
    {"MARGIN_CALL", on_margin_call},
    {"ACCOUNT_CONFIG_UPDATE", on_config},
    {"listenKeyExpired", on_key_expired},
    {"executionReport", on_spot_order},
    {"outboundAccountPosition", on_spot_account},
};

static bool read_message(const json_t *root, struct user_msg *out)
{
    const json_t *inner = json_object_get(root, "data"); // combined form
    root = json_is_object(inner) && json_object_get(root, "stream") ? inner : root;
    const char *name = json_string_value(json_object_get(root, "e"));
    for (size_t i = 0; name && i < sizeof EVENT / sizeof EVENT[0]; i++) {
        if (strcmp(name, EVENT[i].name) == 0) {
            struct json_reader r = {root, false};
            json_read_i64(&r, "E", &out->event_ms, OPTIONAL);
            json_read_i64(&r, "T", &out->transaction_ms, OPTIONAL);
            return EVENT[i].read(root, out) && !r.bad;
        }
    }
    return json_is_object(root);
}

static void clear_message(struct user_msg *out)
{
    out->kind = UM_IGNORED;
    out->balances = 0;
    out->positions = 0;
    out->event_ms = 0;
    out->transaction_ms = 0;
    out->reason[0] = 0;
    out->spot = 0;
    out->has_modes = 0;
    out->multi_assets = 0;
    out->hedge = 0;
    out->fee_in_token = 0;
    out->cross_e8 = 0;
}

bool wire_decode_user(const char *text, size_t n, struct user_msg *out)
{
    clear_message(out);
    if (decode_fast_update(text, n, &out->order, &out->event_ms, &out->transaction_ms)) {
        out->kind = UM_ORDER;
        return true;
    }
    return wire_decode_user_slow(text, n, out);
}

bool wire_decode_user_slow(const char *text, size_t n, struct user_msg *out)
{
    clear_message(out);
    memset(&out->order, 0, sizeof out->order);
    json_t *root = json_open(text, n);
    bool ok = root && read_message(root, out);
    json_close(root);
    return ok;
}
