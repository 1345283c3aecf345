// SPDX-License-Identifier: Apache-2.0
// test_session_market: tries to get a wrong book out of a real market: recorded diffs against an independent
// book, and the same texts damaged at random.
#include "session_rig.h"

#include <jansson.h>
#include <zlib.h>

#include "base/rng.h"

static void market_text(struct rig *r, const char *text)
{
    rig_text(r, LINK_MARKET, 0, text);
}

static void set_depth(struct rig *r, uint64_t last_id)
{
    rig_answer_init(r, &r->depth, RQ_DEPTH);
    struct wire_depth *d = &r->depth.u.depth;
    *d = (struct wire_depth){.last_id = last_id, .bids = 1, .asks = 1};
    d->price_e8[0] = 3120 * E8;
    d->price_e8[1] = 3121 * E8;
    d->qty_e8[0] = d->qty_e8[1] = E8;
}

// -------------------------------------------------------------------------------------- recorded market,
// naive books

enum { TICKS_MAX = 600000 }; // ETHUSDT up to 6000.00

struct naive_book {
    int64_t lots[2][TICKS_MAX]; // bids, asks
};

static struct naive_book g_session_book, g_true_book;
static bool g_live;
static uint64_t g_checked;

static int64_t naive_best(const struct naive_book *b, int side)
{
    for (int64_t t = 0; t < TICKS_MAX; t++) {
        int64_t at = side == 0 ? TICKS_MAX - 1 - t : t;
        if (b->lots[side][at]) {
            return at;
        }
    }
    return side == 0 ? -1 : TICKS_MAX;
}

static void naive_apply(struct naive_book *b, const struct level *level, uint32_t bids, uint32_t asks)
{
    for (uint32_t i = 0; i < bids + asks; i++) {
        assert_in_range(level[i].ticks, 1, TICKS_MAX - 1);
        b->lots[i >= bids][level[i].ticks] = level[i].lots;
    }
}

static void on_book(struct rig *r, const struct event *ev)
{
    (void)r;
    if (ev->instrument != ETH) {
        return;
    }
    if (ev->type == EV_BOOK_STATE) {
        g_live = ev->u.book_state.state == BOOK_LIVE;
        return;
    }
    if (ev->type == EV_BOOK_SNAPSHOT) {
        memset(&g_session_book, 0, sizeof g_session_book);
    }
    naive_apply(&g_session_book, ev->u.book.levels, ev->u.book.bids, ev->u.book.asks);
    if (g_live) {
        assert_true(naive_best(&g_session_book, 0) < naive_best(&g_session_book, 1));
        g_checked++;
    }
}

static int64_t e8_of(const json_t *level, size_t which)
{
    int64_t v = 0;
    const char *s = json_string_value(json_array_get(level, which));
    assert_true(decimal_parse_e8(s, strlen(s), &v));
    return v;
}

// One side of a recorded book message into the independent book.
static void take_side(const json_t *side, int which)
{
    size_t i;
    json_t *level;
    json_array_foreach(side, i, level)
    {
        g_true_book.lots[which][e8_of(level, 0) / 1000000] = e8_of(level, 1) / 100000;
    }
}

static void fill_depth(const json_t *root, struct wire_depth *d)
{
    *d = (struct wire_depth){.last_id = (uint64_t)json_integer_value(json_object_get(root, "lastUpdateId"))};
    for (int which = 0; which < 2; which++) {
        size_t i;
        json_t *level;
        json_array_foreach(json_object_get(root, which ? "asks" : "bids"), i, level)
        {
            uint32_t at = d->bids + d->asks;
            d->price_e8[at] = e8_of(level, 0);
            d->qty_e8[at] = e8_of(level, 1);
            *(which ? &d->asks : &d->bids) += 1;
        }
    }
}

enum { RECORDED = 3200 };

static char *g_recorded[RECORDED];

static void load_recorded(void)
{
    static char line[1 << 20];
    gzFile f = gzopen("tests/data/usdm_lines.jsonl.gz", "rb");
    assert_non_null(f);
    for (int i = 0; i < RECORDED; i++) {
        assert_non_null(gzgets(f, line, sizeof line));
        line[strcspn(line, "\n")] = 0;
        g_recorded[i] = strdup(strchr(line, '{'));
    }
    gzclose(f);
}

// The truth, without any session: the snapshot, then every diff that reaches it or lies after it.
static void build_true_book(void)
{
    uint64_t last_id = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < RECORDED; i++) {
            json_t *root = json_loads(g_recorded[i], 0, NULL);
            json_t *data = json_object_get(root, "data");
            if (pass == 0 && json_object_get(root, "lastUpdateId")) {
                last_id = (uint64_t)json_integer_value(json_object_get(root, "lastUpdateId"));
                take_side(json_object_get(root, "bids"), 0);
                take_side(json_object_get(root, "asks"), 1);
            } else if (pass == 1 && json_object_get(data, "U") &&
                       (uint64_t)json_integer_value(json_object_get(data, "u")) >= last_id) {
                take_side(json_object_get(data, "b"), 0);
                take_side(json_object_get(data, "a"), 1);
            }
            json_decref(root);
        }
    }
}

static void test_recorded_market(void **state)
{
    (void)state;
    struct rig *r = rig_new();
    load_recorded();
    build_true_book();
    rig_start(r);
    r->on_book = on_book;
    r->withhold = UINT64_C(1) << RQ_DEPTH;
    g_live = false;
    for (int i = 0; i < RECORDED; i++) {
        rig_pass(r, 4 * NS_PER_MS); // the recording's average
        if (strncmp(g_recorded[i], "{\"lastUpdateId\"", 15) == 0) {
            json_t *root = json_loads(g_recorded[i], 0, NULL);
            rig_answer_init(r, &r->depth, RQ_DEPTH);
            fill_depth(root, &r->depth.u.depth);
            json_decref(root);
            rig_answer(r, rig_request(r, RQ_DEPTH), &r->depth);
        } else {
            market_text(r, g_recorded[i]);
        }
        free(g_recorded[i]);
        r->events = 0;
    }
    assert_true(g_live);
    assert_true(g_checked > 200);
    assert_memory_equal(&g_session_book, &g_true_book, sizeof g_true_book);
    struct session_status st;
    session_status(r->s, &st);
    assert_int_equal(st.gaps + st.bad_messages, 0);
    assert_true(r->count[EV_TOUCH] > 1000 && r->count[EV_TRADE] > 100);
    rig_free(r);
}

static void test_damaged_market_text(void **state)
{
    (void)state;
    static char line[1 << 20];
    struct rig *r = rig_new();
    struct rng rng;
    rng_seed(&rng, 99);
    rig_start(r);
    set_depth(r, 1);
    gzFile f = gzopen("tests/data/usdm_lines.jsonl.gz", "rb");
    while (gzgets(f, line, sizeof line)) {
        char *text = strchr(line, '{');
        size_t n = strcspn(text, "\n");
        text[n] = 0;
        for (int k = 0; k < 3; k++) {
            text[rng_below(&rng, n)] = (char)(' ' + rng_below(&rng, 95));
        }
        market_text(r, text);
        rig_run(r, 20 * NS_PER_MS);
        if (rig_count_commands(r, LC_CLOSE, LINK_MARKET)) {
            rig_close(r, LINK_MARKET);
            rig_run(r, 1200 * NS_PER_MS);
            rig_open(r, LINK_MARKET);
        }
        r->events = 0;
        r->commands = 0;
    }
    gzclose(f);
    struct session_status st;
    session_status(r->s, &st);
    assert_true(st.bad_messages > 100);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recorded_market),
        cmocka_unit_test(test_damaged_market_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
