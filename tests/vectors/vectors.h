// SPDX-License-Identifier: Apache-2.0
// vectors: how a function of the program is put before a file of worked cases.
//
// Each tests/vectors/vectors_AREA.c registers adapters: one per `fn` of quant.json, which read `input`, call
// the program's own function, and return the `output` object. run_vectors.c compares by the rule of quant.md
// 13; a `fn` nobody registered is skipped, never passed. Files of the venue kind go whole to vectors_venue().
//
//     static json_t *run_mid_spread(const json_t *in) { ... return json_pack(...); }
//     VECTOR(mid_spread, run_mid_spread)
//
// Every .c file in this folder is linked; nothing else has to be edited to add one.
#ifndef TT_TESTS_VECTORS_H
#define TT_TESTS_VECTORS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vector_tally {
    size_t passed, failed, skipped;
};

// The outcome of one case; a failing one prints "FAIL id: why". why may be NULL when it passed.
void vector_report(struct vector_tally *t, const char *id, bool passed, const char *why);

// Reads input and returns a new output object. NULL: the program has no function for this input (skipped).
typedef json_t *(*vector_run)(const json_t *input);
void vector_register(const char *fn, vector_run run);

#define VECTOR(fn, run)                                                                                      \
    __attribute__((constructor)) static void vector_register_##fn(void)                                      \
    {                                                                                                        \
        vector_register(#fn, run);                                                                           \
    }

// Compare two JSON values: reals within abs + rel * |want|; strings, booleans, nulls and two integers equal;
// each member that `want` has must be in `got`. On a difference writes its place and both values to why.
bool vector_equal(const json_t *got, const json_t *want, double abs_tol, double rel_tol, char *why,
                  size_t cap);

// -- reading input; a missing or null number is NaN
double vector_num(const json_t *in, const char *key);
int64_t vector_int(const json_t *in, const char *key); // 0 when missing or no integer
bool vector_bool(const json_t *in, const char *key);
const char *vector_str(const json_t *in, const char *key); // "" when missing or no string
double vector_at(const json_t *array, size_t i);           // element as a number
// Array of numbers as a malloc'd array (never NULL; the caller frees); *n = its length.
double *vector_nums(const json_t *in, const char *key, size_t *n);
// Column `col` of an array of rows, e.g. the quantities of [[price, qty], ...].
double *vector_column(const json_t *in, const char *key, size_t col, size_t *n);

// -- writing output; NaN becomes null
json_t *vector_real(double x);
json_t *vector_reals(const double *x, size_t n);

// Builder of the venue adapters defines this (tests/vectors/vectors_venue.c); without it a venue file is
// skipped.
__attribute__((weak)) void vectors_venue(json_t *root, struct vector_tally *t);

#endif
