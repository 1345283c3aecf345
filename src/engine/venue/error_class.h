// SPDX-License-Identifier: Apache-2.0
// error_class: what a venue's refusal means for an order. Pure; used by the session and by the decoders'
// tests.
#ifndef TT_ENGINE_VENUE_ERROR_CLASS_H
#define TT_ENGINE_VENUE_ERROR_CLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/venue/dialect.h"

// Class of an error (venue-api.md 6.3, 6.4): one of U R T C A P F M S N K L X. Without a code (>= 0) the
// status decides: 5xx, 408 and 403 U (failure-modes.md V11: a firewall's page proves nothing), 418 and 429 R,
// 401 and 451 A, other 4xx P; 0 when neither tells of an error. Codes that no list names are U: whether the
// order lives is not known.
char venue_error_class(int32_t http_status, int32_t code);

// Must an order count as possibly executed after this refusal of its placement (rule of doubt)? True for
// class U and T
// ("query first") and for every 5xx and 408, whatever the code, except -1008 (refused before the matching
// engine). Lost and malformed answers are in doubt anyway: struct answer says so.
bool venue_outcome_unknown(int32_t http_status, int32_t code);

// The same where the venue says by the text of a 5xx what it means (venue-api.md 6.5).
bool dialect_outcome_unknown(const struct dialect *d, int32_t http_status, int32_t code, const char *msg);

#endif
