// SPDX-License-Identifier: Apache-2.0
// vectors_exchange: the sections `filters` and `funding` of a venue file, run on the simulated exchange.
#ifndef TT_TESTS_VECTORS_EXCHANGE_H
#define TT_TESTS_VECTORS_EXCHANGE_H

#include "vectors.h"

void vectors_venue_filters(const json_t *filters, struct vector_tally *t);
void vectors_venue_funding(const json_t *funding, struct vector_tally *t);

#endif
