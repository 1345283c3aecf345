// SPDX-License-Identifier: Apache-2.0
// decode_rows: the readers behind the table in decode.c that fill lists: account (decode_account.c) and
// market (decode_market.c). For wire/decode*.c only. Each gets *out cleared as by wire_decode_answer and
// returns false when the body is not what the question gets.
#ifndef TT_WIRE_DECODE_ROWS_H
#define TT_WIRE_DECODE_ROWS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/venue/answer.h"

// What was asked for besides the kind: symbols; none means all.
struct question {
    const char (*wanted)[24];
    size_t n_wanted;
};

bool question_wants(const struct question *q, const char *symbol);

// Rows of one shape: an array, or the one object that a venue answers when a symbol was named. `one` reads
// element `row` into *to (zeroed) and returns false when it is malformed; *keep false leaves it out.
struct row_list {
    void *rows;
    size_t size;
    uint32_t max;
    bool whole; // more rows than max: malformed (a part is not the whole), otherwise the first ones count
    bool (*one)(const json_t *row, void *to, const struct question *q, bool *keep);
};
bool decode_rows(const json_t *root, struct row_list list, const struct question *q, struct answer *out);

typedef bool (*answer_reader)(const json_t *root, struct answer *out, const struct question *q);

bool decode_positions(const json_t *root, struct answer *out, const struct question *q);
bool decode_balances(const json_t *root, struct answer *out, const struct question *q);
bool decode_account(const json_t *root, struct answer *out, const struct question *q);
bool decode_trades(const json_t *root, struct answer *out, const struct question *q);
bool decode_commission(const json_t *root, struct answer *out, const struct question *q);
bool decode_brackets(const json_t *root, struct answer *out, const struct question *q);
bool decode_income(const json_t *root, struct answer *out, const struct question *q);
bool decode_adl(const json_t *root, struct answer *out, const struct question *q);

bool decode_depth(const json_t *root, struct answer *out, const struct question *q);
bool decode_funding_info(const json_t *root, struct answer *out, const struct question *q);
bool decode_funding_rates(const json_t *root, struct answer *out, const struct question *q);
bool decode_premium(const json_t *root, struct answer *out, const struct question *q);
bool decode_klines(const json_t *root, struct answer *out, const struct question *q);
bool decode_tickers(const json_t *root, struct answer *out, const struct question *q);
bool decode_market_trades(const json_t *root, struct answer *out, const struct question *q);

#endif
