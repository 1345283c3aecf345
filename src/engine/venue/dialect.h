// SPDX-License-Identifier: Apache-2.0
// dialect: what differs between the venues, as one constant table (venue-api.md 1.2, 1.3, 3.6, 3.7, 4.4, 5,
// 6). The session is one machine; whatever a venue does its own way is a column here and nowhere a condition
// on the venue's name.
//
// Constant data, readable from every thread.
#ifndef TT_ENGINE_VENUE_DIALECT_H
#define TT_ENGINE_VENUE_DIALECT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/config.h"
#include "engine/event.h"
#include "engine/venue/answer.h"

enum dialect_id {
    DIALECT_ASTER_V3,      // Aster futures, EIP-712
    DIALECT_ASTER_V1,      // Aster futures, HMAC with an old key
    DIALECT_ASTER_SPOT,    // Aster spot, EIP-712
    DIALECT_ASTER_SPOT_V1, // Aster spot, HMAC
    DIALECT_BINANCE,       // Binance USD-M, HMAC
    DIALECT_COUNT
};

// One kind of question. path NULL: the venue does not offer it.
struct request_form {
    const char *method, *path;
    uint8_t signed_; // 0: no signature (with HMAC the key's header goes with every request all the same)
    uint8_t on_order_link; // 1: the warm order connection; 0: the clerk
    uint8_t weight;        // taken from the weight budget
    uint8_t orders;        // taken from the order budget; of a batch: per element
};

enum stream_kind { STREAM_DEPTH, STREAM_TRADE, STREAM_TOUCH, STREAM_MARK, STREAM_KINDS };

// What a HTTP 5xx says by the beginning of its text (venue-api.md 6.5).
enum fate { FATE_UNKNOWN, FATE_REFUSED };
struct text_fate {
    const char *begins; // NULL ends the list
    uint8_t fate;       // enum fate
};

enum { DIALECT_CROSS_CODES = 4, DIALECT_5XX_TEXTS = 6 };

struct dialect {
    const char *name; // "aster-v3": configuration, log
    uint8_t id;       // enum dialect_id
    uint8_t auth;     // enum auth_scheme
    uint8_t spot;     // no positions, leverage, margin; balances per asset; spot's book chain (5.4)
    struct request_form form[RQ_COUNT];

    // -- market streams. Links are LINK_MARKET and, when some stream names it, LINK_MARKET2.
    const char *market_path[2];       // before the list of streams; [1] NULL: one link carries all
    const char *stream[STREAM_KINDS]; // after the symbol in lower case; NULL: not offered
    uint8_t stream_at[STREAM_KINDS];  // 0: first market link, 1: second
    uint8_t depth_joins_by_pu;        // diffs name their predecessor (futures); 0: U == previous u + 1
    uint16_t streams_per_message;     // of a SUBSCRIBE
    uint16_t messages_per_s;          // that the venue takes on one connection; we use half
    uint16_t streams_per_link;        // at most

    // -- user stream
    const char *user_path;  // before the listen key
    uint8_t key_in_renewal; // PUT carries listenKey=...

    // -- orders
    uint8_t reduce_only;                       // the parameter exists
    uint8_t amend_names_side;                  // PUT wants side=
    uint8_t place_batch_max, cancel_batch_max; // 0: no batches
    uint8_t client_id_max;                     // characters
    uint8_t tif_mask;                          // where the symbol does not tell: bit 1 << enum tif
    const char *stp_name; // parameter of an order that sets self-trade prevention; NULL: by account or not
    int16_t cross_codes[DIALECT_CROSS_CODES]; // refusals that mean "would take" for a post-only order (4.4)

    // -- limits until the venue tells its own (6.1); 0: no such limit
    int32_t weight_limit_min, order_limit_min, order_limit_10s;
    // -- server errors by text; an empty list: every 5xx leaves the outcome unknown
    struct text_fate server_error[DIALECT_5XX_TEXTS];
};

// Never NULL for a valid id.
const struct dialect *dialect_get(enum dialect_id id);
// By name, NULL when unknown.
const struct dialect *dialect_find(const char *name);
// The dialect that a venue speaks with this kind of key; NULL when it has none of that kind.
const struct dialect *dialect_of(enum venue_id venue, enum auth_scheme auth);

static inline bool dialect_offers(const struct dialect *d, enum request_kind kind)
{
    return d->form[kind].path != NULL;
}

#endif
