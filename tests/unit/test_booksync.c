// SPDX-License-Identifier: Apache-2.0
// test_booksync: tries to get a wrong diff applied or a right one refused: the published cases of
// vectors/venue.json, gaps, duplicates, replays, stale snapshots, ids that skip, spot rules, and random
// streams with random losses where the truth is known.
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "engine/venue/booksync.h"

struct diff {
    uint64_t first, last, prev;
};

// What a session does: buffer, take the snapshot, offer the buffered diffs in order.
struct reader {
    struct booksync sync;
    struct diff buffered[4096];
    size_t n;
    uint64_t applied[4096];
    size_t applied_n;
};

static struct reader g;

static void start(bool spot)
{
    memset(&g, 0, sizeof g);
    booksync_init(&g.sync, spot);
    booksync_reset(&g.sync);
}

static enum sync_verdict offer(struct diff d)
{
    enum sync_verdict v = booksync_on_diff(&g.sync, d.first, d.last, d.prev);
    if (v == SYNC_GAP) {
        g.n = 0;
    }
    if (v == SYNC_GAP || v == SYNC_BUFFER) {
        g.buffered[g.n++] = d;
    }
    if (v == SYNC_APPLY) {
        g.applied[g.applied_n++] = d.last;
    }
    return v;
}

static bool snapshot(uint64_t last_id)
{
    struct diff oldest = {0, 0, 0};
    for (size_t i = 0; i < g.n && oldest.last == 0; i++) {
        if (g.buffered[i].last >= last_id) {
            oldest = g.buffered[i];
        }
    }
    if (!booksync_on_snapshot(&g.sync, last_id, oldest.first, oldest.prev)) {
        return false;
    }
    size_t n = g.n;
    g.n = 0;
    for (size_t i = 0; i < n; i++) {
        offer(g.buffered[i]);
    }
    return true;
}

static void test_published_cases(void **state)
{
    (void)state;
    json_t *root = json_load_file("tests/data/vectors/venue.json", 0, NULL);
    json_t *cases = json_object_get(root, "book_sync");
    assert_true(json_array_size(cases) > 0);
    size_t i, k;
    json_t *c, *e;
    json_array_foreach(cases, i, c)
    {
        start(false);
        json_array_foreach(json_object_get(c, "events"), k, e)
        {
            offer((struct diff){(uint64_t)json_integer_value(json_object_get(e, "U")),
                                (uint64_t)json_integer_value(json_object_get(e, "u")),
                                (uint64_t)json_integer_value(json_object_get(e, "pu"))});
        }
        snapshot(
            (uint64_t)json_integer_value(json_object_get(json_object_get(c, "snapshot"), "lastUpdateId")));
        json_t *expect = json_object_get(c, "expect");
        json_t *last = json_object_get(expect, "last_u");
        // "BUFFERING" in these cases means: the snapshot is kept, the first diff that joins it is still
        // awaited.
        bool live = g.sync.state == SYNC_LIVE && !g.sync.first_after;
        assert_int_equal(live, strcmp(json_string_value(json_object_get(expect, "state")), "LIVE") == 0);
        if (json_is_integer(last)) {
            assert_int_equal(g.sync.last_id, json_integer_value(last));
        } else {
            assert_int_equal(g.applied_n, 0);
        }
    }
    json_decref(root);
}

static void test_snapshot_older_than_buffer(void **state)
{
    (void)state;
    start(false);
    offer((struct diff){1010, 1015, 1009});
    assert_false(snapshot(1005));
    assert_int_equal(g.sync.state, SYNC_BUFFERING);
    assert_int_equal(g.n, 1); // the buffer is kept
    assert_true(snapshot(1012));
    assert_int_equal(g.sync.last_id, 1015);
}

static void test_snapshot_between_skipping_ids(void **state)
{
    (void)state;
    start(false);
    offer((struct diff){1000, 1004, 990});
    offer((struct diff){1020, 1024, 1004}); // ids 1005..1019 belong to other symbols
    assert_true(snapshot(1010));            // falls between: pu <= L <= u
    assert_int_equal(g.applied_n, 1);
    assert_int_equal(g.sync.last_id, 1024);
}

static void test_snapshot_newer_than_buffer(void **state)
{
    (void)state;
    start(false);
    offer((struct diff){1000, 1004, 990});
    assert_true(snapshot(1010));
    assert_int_equal(g.applied_n, 0);
    assert_int_equal(offer((struct diff){1005, 1008, 1004}), SYNC_DROP);
    assert_int_equal(offer((struct diff){1009, 1012, 1008}), SYNC_APPLY);
    assert_int_equal(offer((struct diff){1013, 1014, 1012}), SYNC_APPLY);
    // and when the first later diff does not reach back to it, that is a gap
    start(false);
    assert_true(snapshot(1010));
    assert_int_equal(offer((struct diff){1013, 1014, 1012}), SYNC_GAP);
}

static void test_gap_and_duplicate(void **state)
{
    (void)state;
    start(false);
    snapshot(100);
    assert_int_equal(offer((struct diff){99, 105, 98}), SYNC_APPLY);
    assert_int_equal(offer((struct diff){99, 105, 98}), SYNC_DROP);
    assert_int_equal(offer((struct diff){60, 70, 59}), SYNC_DROP);
    assert_int_equal(g.sync.duplicates, 2);
    struct booksync before = g.sync;
    assert_int_equal(offer((struct diff){104, 107, 103}),
                     SYNC_GAP); // overlaps, but follows another diff than ours
    g.sync = before;
    g.n = 0;
    assert_int_equal(offer((struct diff){108, 110, 107}), SYNC_GAP);
    assert_int_equal(g.sync.gaps, 1);
    assert_int_equal(offer((struct diff){111, 112, 110}), SYNC_BUFFER);
    assert_true(snapshot(109));
    assert_int_equal(g.sync.last_id, 112);
    assert_int_equal(g.applied_n, 3);
}

static void test_diff_without_prev_is_never_joined_by_it(void **state)
{
    (void)state;
    start(false);
    offer((struct diff){1010, 1015, 0});
    assert_false(snapshot(1005));
}

static void test_spot(void **state)
{
    (void)state;
    start(true);
    offer((struct diff){95, 100, 0});
    offer((struct diff){101, 103, 0});
    assert_true(snapshot(100));
    assert_int_equal(g.applied_n, 1); // u == L is old on spot
    assert_int_equal(offer((struct diff){104, 104, 0}), SYNC_APPLY);
    assert_int_equal(offer((struct diff){106, 107, 0}), SYNC_GAP);
    start(true);
    offer((struct diff){102, 103, 0});
    assert_false(snapshot(100));
    assert_true(snapshot(101));
}

// Random streams: after any losses and replays, what is applied is a contiguous run of the true stream from
// the snapshot on, and a loss is always noticed with the next diff.
// A second connection: what begins inside and reaches further is applied, what begins beyond is nothing to
// go on, and after the change a hole is a hole again.
static void test_two_feeds(void **state)
{
    (void)state;
    for (int spot = 0; spot < 2; spot++) {
        start(spot);
        assert_true(snapshot(100));
        assert_int_equal(offer((struct diff){99, 101, 98}), SYNC_APPLY);
        struct booksync *s = &g.sync;
        assert_false(booksync_continues(s, 103, 102));
        assert_true(booksync_continues(s, spot ? 102 : 103, 101)); // futures ids may skip
        assert_true(booksync_continues(s, 90, 89));
        assert_int_equal(booksync_continues(s, 95, 0), spot); // told by pu on futures only
        s->two_feeds = TWO_FEEDS;
        assert_int_equal(offer((struct diff){100, 104, 99}), SYNC_APPLY);
        assert_int_equal(offer((struct diff){102, 103, 101}), SYNC_DROP);
        assert_int_equal(s->duplicates, 0);                              // a repetition, not a fault
        assert_int_equal(offer((struct diff){106, 107, 105}), SYNC_GAP); // that is missing on both
        assert_int_equal(s->gaps, 1);
        assert_int_equal(s->two_feeds, TWO_FEEDS); // there are still two
        assert_true(snapshot(107));
        assert_int_equal(offer((struct diff){108, 108, 107}), SYNC_APPLY);
        s->two_feeds = TWO_FEEDS_ENDING;
        assert_int_equal(offer((struct diff){107, 110, 106}), SYNC_APPLY); // cut otherwise by the other one
        assert_int_equal(offer((struct diff){111, 111, 110}), SYNC_APPLY); // exact: one feed from here
        assert_int_equal(offer((struct diff){111, 113, 110}), SYNC_GAP);
    }
}

static void test_random_streams(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 7);
    for (int round = 0; round < 2000; round++) {
        bool spot = round & 1;
        start(spot);
        uint64_t prev = 500;
        uint64_t truth = 0; // last id that must be in the book, 0: not live
        bool lost = false;
        for (int i = 0; i < 60; i++) {
            struct diff d = {.first = prev + 1 + (spot ? 0 : rng_below(&rng, 4)), .prev = prev};
            d.last = d.first + rng_below(&rng, 5);
            prev = d.last;
            if (rng_below(&rng, 10) == 0) {
                lost = true;
                continue;
            }
            enum sync_verdict v = offer(d);
            if (truth) {
                assert_int_equal(v, lost ? SYNC_GAP : SYNC_APPLY);
                truth = lost ? 0 : d.last;
                assert_int_equal(g.sync.state == SYNC_LIVE ? g.sync.last_id : 0, truth);
            } else if (rng_below(&rng, 4) == 0 && snapshot(d.last)) {
                truth = g.sync.state == SYNC_LIVE ? d.last : 0;
            }
            lost = false;
            if (truth && rng_below(&rng, 6) == 0) {
                assert_int_equal(offer(d), SYNC_DROP);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_cases),
        cmocka_unit_test(test_snapshot_older_than_buffer),
        cmocka_unit_test(test_snapshot_between_skipping_ids),
        cmocka_unit_test(test_snapshot_newer_than_buffer),
        cmocka_unit_test(test_gap_and_duplicate),
        cmocka_unit_test(test_diff_without_prev_is_never_joined_by_it),
        cmocka_unit_test(test_spot),
        cmocka_unit_test(test_two_feeds),
        cmocka_unit_test(test_random_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
