// SPDX-License-Identifier: Apache-2.0
// decode_order: parts of answers and of user-stream messages that look alike in both. For wire/decode*.c
// only.
#ifndef TT_WIRE_DECODE_ORDER_H
#define TT_WIRE_DECODE_ORDER_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/venue/answer.h"

// Order object of a REST answer. *o is zeroed first. False: a field that matters is missing or unreadable.
bool decode_rest_order(const json_t *object, struct wire_order *o);
// `o` of ORDER_TRADE_UPDATE, or spot's flat executionReport, likewise.
bool decode_stream_order(const json_t *object, bool spot, struct wire_order *o);

// enum side of "BUY" or "SELL", 0 otherwise.
int8_t decode_side(const char *text);

// negative `code` of an error object with its msg; 0 when this is none.
int32_t decode_error(const json_t *object, char *msg, size_t cap);

#endif
