// SPDX-License-Identifier: Apache-2.0
// decode_info: exchangeInfo to instruments. For wire/decode.c only.
#ifndef TT_WIRE_DECODE_INFO_H
#define TT_WIRE_DECODE_INFO_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/venue/answer.h"

// Fills rows, instruments, weight_limit_min, order_limit_min; an instrument that cannot be used is left out
// and named in msg. False: this is no exchangeInfo.
bool decode_exchange_info(const json_t *root, const char (*wanted)[24], size_t n_wanted, struct answer *out);

#endif
