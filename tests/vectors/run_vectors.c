// SPDX-License-Identifier: Apache-2.0
// run_vectors: `make vectors FILE=path` runs the program's own functions on worked cases, prints one line for
// each case that fails and closes with "N passed, N failed, N skipped". It holds no formula: the adapters
// beside it call the program. Exit 0 when nothing failed, 1 when something did, 2 when the file cannot be
// used.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

enum { FNS_MAX = 256, WHY_MAX = 256 };

static struct {
    const char *fn;
    vector_run run;
} registry[FNS_MAX];
static size_t registered;

void vector_register(const char *fn, vector_run run)
{
    if (registered == FNS_MAX) {
        fprintf(stderr, "vectors: more than %d functions registered; raise FNS_MAX\n", FNS_MAX);
        exit(2);
    }
    registry[registered].fn = fn;
    registry[registered++].run = run;
}

static vector_run find(const char *fn)
{
    for (size_t i = 0; i < registered; i++) {
        if (strcmp(registry[i].fn, fn) == 0) {
            return registry[i].run;
        }
    }
    return NULL;
}

void vector_report(struct vector_tally *t, const char *id, bool passed, const char *why)
{
    if (passed) {
        t->passed++;
        return;
    }
    t->failed++;
    printf("FAIL %s: %s\n", id, why ? why : "differs");
}

// ---------------------------------------------------------------------------------------------- comparison

static bool differs(char *why, size_t cap, const json_t *got, const json_t *want)
{
    char *g = got ? json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    char *w = json_dumps(want, JSON_ENCODE_ANY | JSON_COMPACT);
    snprintf(why, cap, "got %.90s, want %.90s", g ? g : "nothing", w ? w : "?");
    free(g);
    free(w);
    return false;
}

static void prefix(char *why, size_t cap, const char *place)
{
    char rest[WHY_MAX];
    snprintf(rest, sizeof rest, "%s", why);
    snprintf(why, cap, "%.40s: %.200s", place, rest);
}

static bool equal_object(const json_t *got, const json_t *want, double at, double rt, char *why, size_t cap)
{
    const char *key;
    json_t *w;
    json_object_foreach((json_t *)want, key, w)
    {
        if (!vector_equal(json_object_get(got, key), w, at, rt, why, cap)) {
            prefix(why, cap, key);
            return false;
        }
    }
    return true;
}

static bool equal_array(const json_t *got, const json_t *want, double at, double rt, char *why, size_t cap)
{
    if (json_array_size(got) != json_array_size(want)) {
        return differs(why, cap, got, want);
    }
    for (size_t i = 0; i < json_array_size(want); i++) {
        if (!vector_equal(json_array_get(got, i), json_array_get(want, i), at, rt, why, cap)) {
            char place[24];
            snprintf(place, sizeof place, "[%zu]", i);
            prefix(why, cap, place);
            return false;
        }
    }
    return true;
}

static bool equal_number(const json_t *got, const json_t *want, double at, double rt)
{
    if (json_is_integer(got) && json_is_integer(want)) {
        return json_integer_value(got) == json_integer_value(want);
    }
    double g = json_number_value(got);
    double w = json_number_value(want);
    return fabs(g - w) <= at + rt * fabs(w);
}

bool vector_equal(const json_t *got, const json_t *want, double abs_tol, double rel_tol, char *why,
                  size_t cap)
{
    if (json_is_number(got) && json_is_number(want)) {
        return equal_number(got, want, abs_tol, rel_tol) || differs(why, cap, got, want);
    }
    if (!got || json_typeof(got) != json_typeof(want)) {
        return differs(why, cap, got, want);
    }
    if (json_is_object(want)) {
        return equal_object(got, want, abs_tol, rel_tol, why, cap);
    }
    if (json_is_array(want)) {
        return equal_array(got, want, abs_tol, rel_tol, why, cap);
    }
    return json_equal(got, want) || differs(why, cap, got, want);
}

// ------------------------------------------------------------------------------------------------ adapters

static double number_or_nan(const json_t *j)
{
    return json_is_number(j) ? json_number_value(j) : (double)NAN;
}

double vector_num(const json_t *in, const char *key)
{
    return number_or_nan(json_object_get(in, key));
}

int64_t vector_int(const json_t *in, const char *key)
{
    const json_t *j = json_object_get(in, key);
    return json_is_integer(j) ? (int64_t)json_integer_value(j) : 0;
}

bool vector_bool(const json_t *in, const char *key)
{
    return json_is_true(json_object_get(in, key));
}

const char *vector_str(const json_t *in, const char *key)
{
    const char *s = json_string_value(json_object_get(in, key));
    return s ? s : "";
}

double vector_at(const json_t *array, size_t i)
{
    return number_or_nan(json_array_get(array, i));
}

static double *allocate(size_t n)
{
    double *x = calloc(n + 1, sizeof *x);
    if (!x) {
        fprintf(stderr, "vectors: out of memory\n");
        exit(2);
    }
    return x;
}

double *vector_nums(const json_t *in, const char *key, size_t *n)
{
    const json_t *a = json_object_get(in, key);
    *n = json_array_size(a);
    double *x = allocate(*n);
    for (size_t i = 0; i < *n; i++) {
        x[i] = vector_at(a, i);
    }
    return x;
}

double *vector_column(const json_t *in, const char *key, size_t col, size_t *n)
{
    const json_t *a = json_object_get(in, key);
    *n = json_array_size(a);
    double *x = allocate(*n);
    for (size_t i = 0; i < *n; i++) {
        x[i] = vector_at(json_array_get(a, i), col);
    }
    return x;
}

json_t *vector_real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *vector_reals(const double *x, size_t n)
{
    json_t *a = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(a, vector_real(x[i]));
    }
    return a;
}

// ---------------------------------------------------------------------------------------------------- runs

static void run_case(const json_t *c, struct vector_tally *t)
{
    const char *id = vector_str(c, "id");
    vector_run run = find(vector_str(c, "fn"));
    json_t *got = run ? run(json_object_get(c, "input")) : NULL;
    if (!got) {
        t->skipped++;
        return;
    }
    const json_t *tolerance = json_object_get(c, "tolerance");
    double at = json_number_value(json_object_get(tolerance, "abs"));
    double rt = json_number_value(json_object_get(tolerance, "rel"));
    char why[WHY_MAX] = "";
    const json_t *want = json_object_get(c, "output");
    bool ok = want && vector_equal(got, want, at, rt, why, sizeof why);
    vector_report(t, id, ok, want ? why : "the case has no output");
    json_decref(got);
}

// Without adapters for the venue each item of each list counts as skipped.
static void skip_venue(const json_t *root, struct vector_tally *t)
{
    const char *key;
    json_t *part;
    json_object_foreach((json_t *)root, key, part)
    {
        if (json_is_array(part) && strcmp(key, "conventions") != 0) {
            t->skipped += json_array_size(part);
        }
    }
}

static bool run_file(json_t *root, struct vector_tally *t)
{
    json_t *cases = json_object_get(root, "cases");
    if (json_is_array(cases)) {
        for (size_t i = 0; i < json_array_size(cases); i++) {
            run_case(json_array_get(cases, i), t);
        }
        return true;
    }
    if (!json_is_array(json_object_get(root, "requests"))) {
        return false;
    }
    if (vectors_venue) {
        vectors_venue(root, t);
    } else {
        skip_venue(root, t);
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make vectors FILE=path/to/file.json\n");
        return 2;
    }
    json_error_t e;
    json_t *root = json_load_file(argv[1], JSON_REJECT_DUPLICATES, &e);
    if (!root) {
        fprintf(stderr, "vectors: %s:%d: %s\n", argv[1], e.line, e.text);
        return 2;
    }
    struct vector_tally t = {0, 0, 0};
    bool known = run_file(root, &t);
    json_decref(root);
    if (!known) {
        fprintf(
            stderr,
            "vectors: %s: no \"cases\" and no \"requests\" list; want the form of quant.json or venue.json\n",
            argv[1]);
        return 2;
    }
    printf("%zu passed, %zu failed, %zu skipped\n", t.passed, t.failed, t.skipped);
    return t.failed ? 1 : 0;
}
