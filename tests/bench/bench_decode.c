// SPDX-License-Identifier: Apache-2.0
// bench_decode: what a market message costs to decode: our scanner against jansson, interleaved in one run,
// both turning every used field into an integer of 1e-8. Messages are built from recorded levels
// (tests/data). Medians of ROUNDS rounds; the sums of both must agree, so neither can skip work.
//
// Usage: bench_decode [--goal]; with --goal exits 1 when a depth message is decoded less than 25 times
// faster.
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "engine/venue/scan.h"

enum { ROUNDS = 15, TEXT_MAX_BYTES = 16384, VARIANTS = 64, LEVELS_CAP = 20000 };

struct text {
    size_t n;
    char s[TEXT_MAX_BYTES + 16];
};

struct kind {
    const char *name;
    int levels; // each side; 0: taken as recorded
    const char *event;
    struct text *texts;
};

static char g_levels[2][LEVELS_CAP][40]; // recorded levels as text, bids and asks
static size_t g_count[2];
static struct scan_msg g_msg;

static void fail(const char *what)
{
    fprintf(stderr, "bench_decode: %s\n", what);
    exit(1);
}

static void collect_levels(json_t *side, int which)
{
    size_t i;
    json_t *level;
    json_array_foreach(side, i, level)
    {
        if (g_count[which] < LEVELS_CAP) {
            snprintf(g_levels[which][g_count[which]++], sizeof g_levels[0][0], "[\"%s\",\"%s\"]",
                     json_string_value(json_array_get(level, 0)),
                     json_string_value(json_array_get(level, 1)));
        }
    }
}

// Read the recorded lines; keeps the levels of diffs and up to VARIANTS recorded messages of the small kinds.
static void load(const char *path, struct kind *kinds, size_t n_kinds)
{
    static char line[1 << 20];
    gzFile f = gzopen(path, "rb");
    if (!f) {
        fail("tests/data/usdm_lines.jsonl.gz is missing: run from the repository's root");
    }
    size_t have[8] = {0};
    while (gzgets(f, line, sizeof line)) {
        json_t *root = json_loads(strchr(line, '{'), 0, NULL);
        json_t *data = json_object_get(root, "data");
        const char *e = json_string_value(json_object_get(data, "e"));
        for (size_t k = 0; e && k < n_kinds; k++) {
            if (kinds[k].levels == 0 && strcmp(e, kinds[k].event) == 0 && have[k] < VARIANTS) {
                char *s = json_dumps(data, JSON_COMPACT | JSON_PRESERVE_ORDER);
                struct text *t = &kinds[k].texts[have[k]++];
                t->n = strlen(s);
                memcpy(t->s, s, t->n + 1);
                free(s);
            }
        }
        if (e && strcmp(e, "depthUpdate") == 0) {
            collect_levels(json_object_get(data, "b"), 0);
            collect_levels(json_object_get(data, "a"), 1);
        }
        json_decref(root);
    }
    gzclose(f);
}

static void build_depth(struct kind *k)
{
    size_t next[2] = {0, 0};
    for (int v = 0; v < VARIANTS; v++) {
        struct text *t = &k->texts[v];
        t->n = (size_t)snprintf(
            t->s, TEXT_MAX_BYTES,
            "{\"e\":\"depthUpdate\",\"E\":1723161256303,\"T\":1723161256302,\"s\":\"ETHUSDT\","
            "\"U\":5123107832349,\"u\":5123107837896,\"pu\":5123107832175");
        for (int side = 0; side < 2; side++) {
            t->n += (size_t)snprintf(t->s + t->n, TEXT_MAX_BYTES - t->n, ",\"%c\":[", side ? 'a' : 'b');
            for (int i = 0; i < k->levels; i++) {
                const char *level = g_levels[side][next[side]++ % g_count[side]];
                t->n += (size_t)snprintf(t->s + t->n, TEXT_MAX_BYTES - t->n, "%s%s", i ? "," : "", level);
            }
            t->n += (size_t)snprintf(t->s + t->n, TEXT_MAX_BYTES - t->n, "]");
        }
        t->n += (size_t)snprintf(t->s + t->n, TEXT_MAX_BYTES - t->n, "}");
    }
}

// aggTrade is not in the recording: the recorded trade in the documented form of the aggregated one.
static void build_agg_trade(struct kind *k, const struct kind *trade)
{
    for (int v = 0; v < VARIANTS; v++) {
        json_t *d = json_loads(trade->texts[v].s, 0, NULL);
        long long id = json_integer_value(json_object_get(d, "t"));
        long long ms = json_integer_value(json_object_get(d, "T"));
        k->texts[v].n = (size_t)snprintf(k->texts[v].s, TEXT_MAX_BYTES,
                                         "{\"e\":\"aggTrade\",\"E\":%lld,\"s\":\"ETHUSDT\",\"a\":%lld,\"p\":"
                                         "\"%s\",\"q\":\"%s\",\"f\":%lld,"
                                         "\"l\":%lld,\"T\":%lld,\"m\":%s}",
                                         ms + 5, id, json_string_value(json_object_get(d, "p")),
                                         json_string_value(json_object_get(d, "q")), id, id + 2, ms,
                                         json_is_true(json_object_get(d, "m")) ? "true" : "false");
        json_decref(d);
    }
}

// ------------------------------------------------------------------------------------------------------- the
// decoders

static uint64_t scanner(const struct text *t)
{
    if (!scan_market(t->s, t->n, &g_msg)) {
        fail("the scanner refused a message");
    }
    uint64_t sum = (uint64_t)(g_msg.event_ms + g_msg.transaction_ms + g_msg.price_e8 + g_msg.qty_e8 +
                              g_msg.ask_price_e8 + g_msg.ask_qty_e8) +
                   g_msg.first_id + g_msg.last_id + g_msg.prev_id + g_msg.trade_id + g_msg.first_trade_id +
                   g_msg.last_trade_id;
    for (uint32_t i = 0; i < g_msg.bids + g_msg.asks; i++) {
        sum += (uint64_t)(g_msg.level[i].price_e8 + g_msg.level[i].qty_e8);
    }
    return sum;
}

static uint64_t e8(const json_t *v)
{
    int64_t x = 0;
    const char *s = json_string_value(v);
    if (!s || !decimal_parse_e8(s, strlen(s), &x)) {
        fail("jansson: not a decimal");
    }
    return (uint64_t)x;
}

static uint64_t whole(const json_t *d, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(d, key));
}

static uint64_t side_of(const json_t *side, struct scan_level *to)
{
    uint64_t sum = 0;
    size_t i;
    json_t *level;
    json_array_foreach(side, i, level)
    {
        to[i].price_e8 = (int64_t)e8(json_array_get(level, 0));
        to[i].qty_e8 = (int64_t)e8(json_array_get(level, 1));
        sum += (uint64_t)(to[i].price_e8 + to[i].qty_e8);
    }
    return sum;
}

static uint64_t oracle(const struct text *t)
{
    json_t *d = json_loadb(t->s, t->n, 0, NULL);
    const char *e = json_string_value(json_object_get(d, "e"));
    uint64_t sum = whole(d, "E") + whole(d, "T");
    if (strcmp(e, "depthUpdate") == 0) {
        sum += whole(d, "U") + whole(d, "u") + whole(d, "pu");
        json_t *bids = json_object_get(d, "b");
        sum += side_of(bids, g_msg.level) +
               side_of(json_object_get(d, "a"), g_msg.level + json_array_size(bids));
    } else if (strcmp(e, "aggTrade") == 0) {
        sum += whole(d, "a") + whole(d, "f") + whole(d, "l") + e8(json_object_get(d, "p")) +
               e8(json_object_get(d, "q"));
    } else {
        sum += whole(d, "u") + e8(json_object_get(d, "b")) + e8(json_object_get(d, "B")) +
               e8(json_object_get(d, "a")) + e8(json_object_get(d, "A"));
    }
    json_decref(d);
    return sum;
}

// ---------------------------------------------------------------------------------------------------------
// measuring

static double time_one(uint64_t (*decode)(const struct text *), const struct kind *k, int reps, uint64_t *sum)
{
    int64_t t0 = clock_mono_ns();
    for (int r = 0; r < reps; r++) {
        for (int v = 0; v < VARIANTS; v++) {
            *sum += decode(&k->texts[v]);
        }
    }
    return (double)(clock_mono_ns() - t0) / (double)(reps * VARIANTS);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double measure(const struct kind *k)
{
    double ours[ROUNDS];
    double theirs[ROUNDS];
    double bytes = 0;
    for (int v = 0; v < VARIANTS; v++) {
        bytes += (double)k->texts[v].n / VARIANTS;
    }
    int reps = 1 + (int)(60000 / bytes);
    for (int r = 0; r < ROUNDS; r++) {
        uint64_t a = 0;
        uint64_t b = 0;
        ours[r] = time_one(scanner, k, reps * 8, &a);
        theirs[r] = time_one(oracle, k, reps, &b);
        if (a != b * 8) {
            fail("scanner and jansson disagree");
        }
    }
    qsort(ours, ROUNDS, sizeof ours[0], by_value);
    qsort(theirs, ROUNDS, sizeof theirs[0], by_value);
    double x = ours[ROUNDS / 2];
    double y = theirs[ROUNDS / 2];
    printf("%-16s %6.0f %11.1f %8.3f %12.0f %8.2f %7.1fx\n", k->name, bytes, x, x / bytes, y, y / bytes,
           y / x);
    return y / x;
}

int main(int argc, char **argv)
{
    struct kind kinds[] = {
        {"depth 5+5", 5, "depthUpdate", NULL},       {"depth 20+20", 20, "depthUpdate", NULL},
        {"depth 100+100", 100, "depthUpdate", NULL}, {"aggTrade", 0, "aggTrade", NULL},
        {"bookTicker", 0, "bookTicker", NULL},       {"trade", 0, "trade", NULL},
    };
    enum { KINDS = sizeof kinds / sizeof kinds[0], SHOWN = KINDS - 1 };
    for (int k = 0; k < KINDS; k++) {
        kinds[k].texts = calloc(VARIANTS, sizeof(struct text));
    }
    load("tests/data/usdm_lines.jsonl.gz", kinds, KINDS);
    build_agg_trade(&kinds[3], &kinds[5]);
    printf("%-16s %6s %11s %8s %12s %8s %8s\n", "message", "bytes", "scan ns", "ns/byte", "jansson ns",
           "ns/byte", "ratio");
    bool reached = true;
    for (int k = 0; k < SHOWN; k++) {
        if (kinds[k].levels) {
            build_depth(&kinds[k]);
        }
        double ratio = measure(&kinds[k]);
        reached = reached && (!kinds[k].levels || ratio >= 25.0);
    }
    for (int k = 0; k < KINDS; k++) {
        free(kinds[k].texts);
    }
    if (!reached) {
        printf("goal (depth at least 25x) not reached in this run\n");
    }
    return argc > 1 && strcmp(argv[1], "--goal") == 0 && !reached;
}
