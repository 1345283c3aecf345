// SPDX-License-Identifier: Apache-2.0
// vectors_venue: shared by the three files that put the program's venue code before worked cases.
#ifndef TT_TESTS_VECTORS_VENUE_H
#define TT_TESTS_VECTORS_VENUE_H

#include <jansson.h>

#include "vectors.h"

// One run per group of the file; each item is passed, failed or skipped in the tally.
void vectors_payloads(const json_t *list, struct vector_tally *t);
void vectors_book_sync(const json_t *list, struct vector_tally *t);
void vectors_order_events(const json_t *list, struct vector_tally *t);
void vectors_filters(const json_t *group, struct vector_tally *t);

// Decimal text, integer or real to 1e-8; false when it is none.
bool vector_e8(const json_t *value, int64_t *e8);

// What we got beside what is wanted, member by member. Decimals compare as exact values, a wanted member that
// `got` does not have makes the case skipped (the program does not read it) unless another one differs.
void vectors_compare(struct vector_tally *t, const char *id, const json_t *got, const json_t *want);

#endif
