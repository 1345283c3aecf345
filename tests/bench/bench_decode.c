// SPDX-License-Identifier: Apache-2.0
// bench_decode: what a market message costs to decode: our scanner against jansson and, where Debian's
// libsimdjson-dev is installed, simdjson on-demand (simdjson_peer.cc), interleaved in one run, each turning
// every used field into an integer. Messages are built from recorded levels (tests/data). The best of GROUPS
// medians of ROUNDS rounds; the sums of all must agree, so none can skip work.
//
// Usage: bench_decode [--goal]; with --goal exits 1 when a message is decoded less than 25 times faster than
// by jansson, or slower than 1 ns per byte.
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "engine/venue/scan.h"
#include "wire/decode.h"

enum { ROUNDS = 7, GROUPS = 9, TEXT_MAX_BYTES = 16384, PADDING = 64, VARIANTS = 64, LEVELS_CAP = 20000 };

struct text {
    size_t n;
    char s[TEXT_MAX_BYTES + PADDING];
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

// Debian's simdjson when it is installed (mk/bench_decode.mk), otherwise NULL.
uint64_t simdjson_peer_sum(const char *text, size_t n, struct scan_level *to, bool raw) __attribute__((weak));

static uint64_t checked(uint64_t sum)
{
    if (sum == UINT64_MAX) {
        fail("simdjson refused a message");
    }
    return sum;
}

static uint64_t simdjson(const struct text *t) // as documented: get_string
{
    return checked(simdjson_peer_sum(t->s, t->n, g_msg.level, false));
}

static uint64_t simdjson_raw(const struct text *t) // raw tokens cut by hand
{
    return checked(simdjson_peer_sum(t->s, t->n, g_msg.level, true));
}

static double median(double *x)
{
    qsort(x, ROUNDS, sizeof *x, by_value);
    return x[ROUNDS / 2];
}

enum { SCANNER, JANSSON, SIMDJSON, SIMDJSON_RAW, DECODERS };

// Best medians in ns by decoder; simdjson's are 0 when it is not there.
static void measure(const struct kind *k, double bytes, double best[DECODERS])
{
    static uint64_t (*const DECODE[DECODERS])(const struct text *) = {scanner, oracle, simdjson,
                                                                      simdjson_raw};
    static const int TIMES[DECODERS] = {8, 1, 4, 4};
    int reps = 1 + (int)(40000 / bytes);
    int decoders = simdjson_peer_sum ? DECODERS : SIMDJSON;
    for (int g = 0; g < GROUPS; g++) {
        double x[DECODERS][ROUNDS] = {{0}};
        for (int r = 0; r < ROUNDS; r++) {
            uint64_t sum[DECODERS] = {0};
            for (int d = 0; d < decoders; d++) {
                x[d][r] = time_one(DECODE[d], k, reps * TIMES[d], &sum[d]);
                if (sum[d] / (uint64_t)TIMES[d] != sum[0] / (uint64_t)TIMES[0]) {
                    fail("the decoders disagree");
                }
            }
        }
        for (int d = 0; d < DECODERS; d++) {
            double m = median(x[d]);
            best[d] = g == 0 || m < best[d] ? m : best[d];
        }
    }
}

static bool report(const struct kind *k)
{
    double bytes = 0;
    double ns[DECODERS];
    for (int v = 0; v < VARIANTS; v++) {
        bytes += (double)k->texts[v].n / VARIANTS;
    }
    measure(k, bytes, ns);
    printf("%-14s %6.0f %8.1f %8.3f %10.0f %6.1fx", k->name, bytes, ns[SCANNER], ns[SCANNER] / bytes,
           ns[JANSSON], ns[JANSSON] / ns[SCANNER]);
    if (simdjson_peer_sum) {
        printf(" %10.0f %6.2fx %10.0f %6.2fx", ns[SIMDJSON], ns[SIMDJSON] / ns[SCANNER], ns[SIMDJSON_RAW],
               ns[SIMDJSON_RAW] / ns[SCANNER]);
    }
    printf("\n");
    return ns[JANSSON] / ns[SCANNER] >= 25.0 && ns[SCANNER] / bytes <= 1.0;
}

// ---------------------------------------------------------------------------------------------------------
// orders: the quick way of wire/decode_fast.c against the same structs through jansson

static const char ORDER[] =
    "{\"orderId\":48120077,\"symbol\":\"ETHUSDT\",\"status\":\"NEW\",\"clientOrderId\":\"tta-1a2b-000017\","
    "\"price\":\"3120.40\",\"avgPrice\":\"0.00000\",\"origQty\":\"0.250\",\"executedQty\":\"0\",\"cumQty\":"
    "\"0\","
    "\"cumQuote\":\"0\",\"timeInForce\":\"GTX\",\"type\":\"LIMIT\",\"reduceOnly\":false,\"closePosition\":"
    "false,"
    "\"side\":\"SELL\",\"positionSide\":\"BOTH\",\"stopPrice\":\"0\",\"workingType\":\"CONTRACT_PRICE\","
    "\"priceProtect\":false,\"origType\":\"LIMIT\",\"updateTime\":1767225600140}";
static const char UPDATE[] =
    "{\"e\":\"ORDER_TRADE_UPDATE\",\"E\":1767225601006,\"T\":1767225601002,\"o\":{\"s\":\"ETHUSDT\","
    "\"c\":\"tta-1a2b-000017\",\"S\":\"SELL\",\"o\":\"LIMIT\",\"f\":\"GTX\",\"q\":\"0.250\",\"p\":\"3120."
    "40\","
    "\"ap\":\"3120.40000\",\"sp\":\"0\",\"x\":\"TRADE\",\"X\":\"PARTIALLY_FILLED\",\"i\":48120077,\"l\":\"0."
    "100\","
    "\"z\":\"0.100\",\"L\":\"3120.40\",\"N\":\"USDT\",\"n\":\"0.01560200\",\"T\":1767225601002,\"t\":900123,"
    "\"b\":\"0\",\"a\":\"468.06000\",\"m\":true,\"R\":false,\"wt\":\"CONTRACT_PRICE\",\"ot\":\"LIMIT\","
    "\"ps\":\"BOTH\",\"cp\":false,\"rp\":\"0\"}}";
static struct answer g_answer;
static struct user_msg g_user;

static void decode_order(bool slow)
{
    g_answer.http_status = 200;
    (slow ? wire_decode_answer_slow : wire_decode_answer)(RQ_PLACE, ORDER, sizeof ORDER - 1, NULL, 0,
                                                          &g_answer);
    if (g_answer.malformed || g_answer.u.order.order_id != 48120077) {
        fail("the order's answer was not read");
    }
}

static void decode_update(bool slow)
{
    if (!(slow ? wire_decode_user_slow : wire_decode_user)(UPDATE, sizeof UPDATE - 1, &g_user) ||
        g_user.order.trade_id != 900123) {
        fail("the order's update was not read");
    }
}

static void report_orders(const char *name, size_t bytes, void (*decode)(bool slow))
{
    enum { TIMES = 2000 };
    double best[2] = {1e18, 1e18};
    for (int g = 0; g < GROUPS; g++) {
        for (int slow = 0; slow < 2; slow++) {
            double x[ROUNDS];
            for (int r = 0; r < ROUNDS; r++) {
                int64_t t0 = clock_mono_ns();
                for (int i = 0; i < TIMES; i++) {
                    decode(slow);
                }
                x[r] = (double)(clock_mono_ns() - t0) / TIMES;
            }
            double m = median(x);
            best[slow] = m < best[slow] ? m : best[slow];
        }
    }
    printf("%-14s %6zu %8.1f %8.3f %10.0f %6.1fx\n", name, bytes, best[0], best[0] / (double)bytes, best[1],
           best[1] / best[0]);
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
    printf("%-14s %6s %8s %8s %10s %7s%s\n", "message", "bytes", "scan ns", "ns/byte", "jansson ns", "ratio",
           simdjson_peer_sum ? "   simdjson   ratio raw tokens   ratio" : "");
    bool reached = true;
    for (int k = 0; k < SHOWN; k++) {
        if (kinds[k].levels) {
            build_depth(&kinds[k]);
        }
        reached &= report(&kinds[k]);
    }
    wire_json_init(); // as the program has it: jansson on an arena
    report_orders("order answer", sizeof ORDER - 1, decode_order);
    report_orders("order update", sizeof UPDATE - 1, decode_update);
    if (!simdjson_peer_sum) {
        printf("simdjson is not compared: tools/deps.sh bench installs it; then make again\n");
    }
    for (int k = 0; k < KINDS; k++) {
        free(kinds[k].texts);
    }
    if (!reached) {
        printf("goal (25 times jansson, 1 ns per byte) not reached in this run\n");
    }
    return argc > 1 && strcmp(argv[1], "--goal") == 0 && !reached;
}
