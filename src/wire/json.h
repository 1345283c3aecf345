// SPDX-License-Identifier: Apache-2.0
// json: jansson as the decoders use it: one message at a time on a per-thread arena, and readers of fields
// that accept what venues really send (numbers as text, text as numbers) and remember the first thing that
// was wrong.
//
// The arena (4 MiB of address space per thread, touched only as needed) is in force between json_open and
// json_close; outside, jansson allocates as always. What does not fit comes from malloc and is returned at
// json_close.
#ifndef TT_WIRE_JSON_H
#define TT_WIRE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Parse one message (object or array, nothing behind it). NULL: no such JSON. json_close after every
// json_open, also after a NULL. No nesting on one thread.
json_t *json_open(const char *text, size_t n);
void json_close(json_t *root);

// Times that a message of this thread did not fit the arena (for tests).
uint64_t json_spills(void);

enum need { OPTIONAL, REQUIRED };

// Reads fields of one object. `bad` sticks: a required field is missing, or a field that is there cannot be
// read. Absent and null are the same. What is not read keeps its value.
struct json_reader {
    const json_t *object;
    bool bad;
};

// Sanitised text; bad when it does not fit in cap. A number is taken as its decimal digits.
void json_read_text(struct json_reader *r, const char *key, char *to, size_t cap, enum need need);
// As json_read_text, but cut to cap and never bad: for texts that only people read.
void json_read_note(struct json_reader *r, const char *key, char *to, size_t cap);
void json_read_i64(struct json_reader *r, const char *key, int64_t *v, enum need need);
void json_read_i32(struct json_reader *r, const char *key, int32_t *v, enum need need);
void json_read_u64(struct json_reader *r, const char *key, uint64_t *v, enum need need);
// Decimal in 1e-8, exact: quantities, order and fill prices, wallets.
void json_read_e8(struct json_reader *r, const char *key, int64_t *v, enum need need);
// The same with digits beyond 1e-8 cut off: averages and other computed figures.
void json_read_e8_cut(struct json_reader *r, const char *key, int64_t *v, enum need need);
// An upper bound or a sum: as json_read_e8_cut, optional, and what lies beyond 92 billion reads as INT64_MAX.
// Never negative.
void json_read_bound(struct json_reader *r, const char *key, int64_t *v);
// true, false, or these words as text in any case.
void json_read_bool(struct json_reader *r, const char *key, uint8_t *v, enum need need);

// One decimal value (text or number), exact or cut; false when it is none.
bool json_e8(const json_t *value, int64_t *v, bool cut);
// One whole number (number or text).
bool json_i64(const json_t *value, int64_t *v);

#endif
