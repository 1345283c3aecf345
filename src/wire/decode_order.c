// SPDX-License-Identifier: Apache-2.0
// decode_order: see decode_order.h. Names of fields: venue-api.md 3.3.1 (REST) and 5.5 (stream).
#include "wire/decode_order.h"

#include <string.h>

#include "wire/json.h"

int8_t decode_side(const char *text)
{
    return strcmp(text, "BUY") == 0 ? SIDE_BUY : strcmp(text, "SELL") == 0 ? SIDE_SELL : 0;
}

int32_t decode_error(const json_t *object, char *msg, size_t cap)
{
    struct json_reader r = {object, false};
    int32_t code = 0;
    json_read_i32(&r, "code", &code, OPTIONAL); // may be a number as text
    if (code >= 0) {
        return 0;
    }
    json_read_note(&r, "msg", msg, cap);
    return code;
}

static void read_side(struct json_reader *r, const char *key, int8_t *side)
{
    char text[8] = "";
    json_read_text(r, key, text, sizeof text, REQUIRED);
    *side = decode_side(text);
    r->bad |= *side == 0;
}

bool decode_rest_order(const json_t *object, struct wire_order *o)
{
    memset(o, 0, sizeof *o);
    struct json_reader r = {object, false};
    json_read_text(&r, "symbol", o->symbol, sizeof o->symbol, REQUIRED);
    json_read_text(&r, "clientOrderId", o->client_id, sizeof o->client_id, REQUIRED);
    json_read_u64(&r, "orderId", &o->order_id, REQUIRED);
    json_read_text(&r, "status", o->status, sizeof o->status, REQUIRED);
    json_read_e8(&r, "origQty", &o->qty_e8, REQUIRED);
    json_read_e8(&r, "executedQty", &o->cum_e8, REQUIRED);
    json_read_e8(&r, "price", &o->price_e8, OPTIONAL);
    json_read_e8_cut(&r, "avgPrice", &o->avg_price_e8, OPTIONAL);
    json_read_e8_cut(&r, "stopPrice", &o->stop_price_e8, OPTIONAL);
    json_read_text(&r, "type", o->type, sizeof o->type, OPTIONAL);
    json_read_text(&r, "origType", o->orig_type, sizeof o->orig_type, OPTIONAL);
    json_read_text(&r, "timeInForce", o->tif, sizeof o->tif, OPTIONAL);
    json_read_text(&r, "positionSide", o->position_side, sizeof o->position_side, OPTIONAL);
    json_read_e8_cut(&r, "cumQuote", &o->cum_quote_e8, OPTIONAL);
    json_read_i64(&r, "time", &o->created_ms, OPTIONAL);
    json_read_i64(&r, "updateTime", &o->update_time_ms, OPTIONAL);
    json_read_bool(&r, "reduceOnly", &o->reduce_only, OPTIONAL);
    json_read_bool(&r, "closePosition", &o->close_position, OPTIONAL);
    read_side(&r, "side", &o->side);
    return !r.bad && o->qty_e8 >= 0 && o->cum_e8 >= 0 && o->price_e8 >= 0;
}

bool decode_stream_order(const json_t *object, bool spot, struct wire_order *o)
{
    memset(o, 0, sizeof *o);
    struct json_reader r = {object, false};
    json_read_text(&r, "s", o->symbol, sizeof o->symbol, REQUIRED);
    json_read_text(&r, "c", o->client_id, sizeof o->client_id, REQUIRED);
    json_read_u64(&r, "i", &o->order_id, REQUIRED);
    json_read_text(&r, "x", o->exec, sizeof o->exec, REQUIRED);
    json_read_text(&r, "X", o->status, sizeof o->status, REQUIRED);
    json_read_e8(&r, "z", &o->cum_e8, REQUIRED);
    json_read_e8(&r, "q", &o->qty_e8, REQUIRED);
    enum need trade = strcmp(o->exec, "TRADE") == 0 ? REQUIRED : OPTIONAL;
    json_read_e8(&r, "l", &o->last_qty_e8, trade);
    json_read_e8(&r, "L", &o->last_price_e8, trade);
    json_read_u64(&r, "t", &o->trade_id, trade);
    json_read_bool(&r, "m", &o->maker, trade);
    json_read_e8_cut(&r, "n", &o->fee_e8, OPTIONAL);
    json_read_text(&r, "N", o->fee_asset, sizeof o->fee_asset, OPTIONAL);
    json_read_e8_cut(&r, "rp", &o->realised_e8, OPTIONAL);
    json_read_i64(&r, "T", &o->trade_time_ms, OPTIONAL);
    o->update_time_ms = o->trade_time_ms;
    json_read_e8(&r, "p", &o->price_e8, OPTIONAL);
    json_read_e8_cut(&r, "ap", &o->avg_price_e8, OPTIONAL);
    json_read_e8_cut(&r, spot ? "P" : "sp", &o->stop_price_e8, OPTIONAL);
    if (spot) {
        json_read_e8_cut(&r, "Z", &o->cum_quote_e8, OPTIONAL);
        json_read_i64(&r, "O", &o->created_ms, OPTIONAL);
    }
    json_read_text(&r, "o", o->type, sizeof o->type, OPTIONAL);
    json_read_text(&r, "ot", o->orig_type, sizeof o->orig_type, OPTIONAL);
    json_read_text(&r, "f", o->tif, sizeof o->tif, OPTIONAL);
    json_read_text(&r, "ps", o->position_side, sizeof o->position_side, OPTIONAL);
    json_read_bool(&r, "R", &o->reduce_only, OPTIONAL);
    json_read_bool(&r, "cp", &o->close_position, OPTIONAL);
    read_side(&r, "S", &o->side);
    return !r.bad && o->qty_e8 >= 0 && o->cum_e8 >= 0 && o->last_qty_e8 >= 0 && o->price_e8 >= 0 &&
           o->last_price_e8 >= 0;
}
