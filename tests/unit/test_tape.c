// SPDX-License-Identifier: Apache-2.0
// Tries to break the tape: events of random content in every field that come back changed; files cut at every
// byte, with every byte damaged, with hostile lengths behind right checksums; a full disk; a seek that lands
// wrong.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <cmocka.h>

#include "base/hash.h"
#include "store/tape_format.h"
#include "unit/random_event.h"

static char dir[64];
static char path[96];
static struct event scratch;

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/tt-tape-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/t.tape", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static struct tape_header header_new(void)
{
    struct tape_header h = {
        .kind = TAPE_SESSION, .created_wall_ns = 1723161255030314667, .instrument_count = 2};
    snprintf(h.build, sizeof h.build, "0.1.0");
    snprintf(h.origin, sizeof h.origin, "%s",
             "a test that writes more than one hundred and twenty-seven characters "
             "of origin, since the sanitiser of outside text copies at most that many at once, to see that "
             "none gets "
             "lost between the pieces of the line");
    struct rng r;
    rng_seed(&r, 3);
    for (uint32_t i = 0; i < h.instrument_count; i++) {
        random_instrument(&r, &h.instruments[i]);
        h.instruments[i].id = (uint16_t)i;
        h.instruments[i].maker_fee_e8 = -1234;
    }
    return h;
}

static struct tape_writer *create(struct tape_header *h)
{
    struct error e = {0};
    unlink(path);
    *h = header_new();
    struct tape_writer *w = tape_create(path, h, "[run]\nalias = one\n", 1, &e);
    if (!w) {
        fail_msg("%s", e.text);
    }
    return w;
}

static uint64_t write_events(uint64_t seed, int count, size_t levels_max)
{
    struct tape_header h;
    struct tape_writer *w = create(&h);
    struct rng r;
    rng_seed(&r, seed);
    struct error e = {0};
    uint64_t seq = 0, sum = HASH64_START;
    int64_t mono = 0;
    for (int i = 0; i < count; i++) {
        random_event(&r, &scratch, levels_max);
        scratch.seq = seq += rng_below(&r, 50) ? 1 : 1 + rng_below(&r, 1000);
        scratch.mono_ns = mono += random_number(&r) & 0xffffffff;
        sum = hash64(sum, &scratch, scratch.size);
        assert_true(event_valid(&scratch, scratch.size));
        assert_true(tape_append(w, &scratch, &e));
    }
    assert_true(tape_close(w, &e));
    return sum;
}

// Read all; returns how many events came, *sum over their bytes, *e as it was at the end.
static int read_events(uint64_t *sum, struct error *e)
{
    struct tape_reader *t = tape_open(path, e);
    if (!t) {
        return -1;
    }
    int n = 0;
    *sum = HASH64_START;
    for (const struct event *ev; (ev = tape_next(t, e)) != NULL; n++) {
        *sum = hash64(*sum, ev, ev->size);
    }
    assert_null(tape_next(t, e));
    tape_reader_close(t);
    return n;
}

static void test_round_trip_is_exact(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        uint64_t want = write_events(seed, seed == 1 ? 1000 : 4000, seed == 1 ? EV_LEVELS_MAX : 60), got = 0;
        struct error e = {0};
        assert_int_equal(read_events(&got, &e), seed == 1 ? 1000 : 4000);
        assert_string_equal(e.text, "");
        assert_true(got == want);
    }
}

static void test_header_comes_back(void **state)
{
    (void)state;
    struct tape_header h;
    struct tape_writer *w = create(&h);
    struct error e = {0};
    assert_true(tape_close(w, &e));
    assert_null(tape_create(path, &h, NULL, 1, &e)); // never over an existing file
    assert_int_equal(e.exit_code, EXIT_CANT_CREATE);
    struct tape_reader *t = tape_open(path, &e);
    assert_non_null(t);
    const struct tape_header *got = tape_header(t);
    assert_int_equal(got->kind, TAPE_SESSION);
    assert_int_equal(got->version, TAPE_VERSION);
    assert_true(got->created_wall_ns == h.created_wall_ns);
    assert_string_equal(got->build, h.build);
    assert_string_equal(got->origin, h.origin);
    assert_int_equal(got->instrument_count, 2);
    for (int i = 0; i < 2; i++) {
        // not of the header: what orders may ask for matters where there is a venue
        h.instruments[i].tif_mask = h.instruments[i].base = 0;
        memset(h.instruments[i].pad, 0, sizeof h.instruments[i].pad);
        assert_memory_equal(&got->instruments[i], &h.instruments[i], sizeof h.instruments[i]);
    }
    assert_string_equal(tape_config(t), "[run]\nalias = one\n");
    int64_t first, last;
    assert_false(tape_span(t, &first, &last));
    assert_null(tape_next(t, &e));
    assert_string_equal(e.text, "");
    assert_false(tape_truncated(t));
    tape_reader_close(t);
}

// -------------------------------------------------------------------------------------------- cut and damage

static uint8_t *file_read(size_t *n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    uint8_t *b = malloc(*n);
    assert_int_equal(fread(b, 1, *n, f), *n);
    fclose(f);
    return b;
}

static void file_write(const uint8_t *b, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, b, n) == (ssize_t)n);
    close(fd);
}

// Three blocks, a gap and two hashes; ends[] gets the file offset after each record, events[] the events
// before it.
static uint8_t *small_tape(size_t *n, uint64_t *ends, int *events)
{
    struct tape_header h;
    struct tape_writer *w = create(&h);
    struct error e = {0};
    struct rng r;
    rng_seed(&r, 11);
    uint64_t seq = 0;
    ends[0] = tape_bytes(w);
    events[0] = 0;
    for (int block = 1; block <= 3; block++) {
        for (int i = 0; i < 4; i++) {
            random_event(&r, &scratch, 3);
            scratch.seq = ++seq;
            scratch.mono_ns = (int64_t)seq * 1000;
            assert_true(tape_append(w, &scratch, &e));
        }
        if (block < 3) {
            assert_true(tape_append_hash(w, seq, seq * 77, &e));
        } else {
            assert_true(tape_append_gap(w, seq + 1, seq + 10, &e));
        }
        assert_true(tape_flush(w, block == 3, &e));
        ends[block] = tape_bytes(w);
        events[block] = 4 * block;
    }
    assert_true(tape_close(w, &e));
    return file_read(n);
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    size_t n;
    uint64_t ends[4], sum;
    int events[4];
    uint8_t *b = small_tape(&n, ends, events);
    for (size_t cut = 0; cut < n; cut++) {
        file_write(b, cut);
        struct error e = {0};
        int got = read_events(&sum, &e);
        if (cut < ends[0]) {
            assert_int_equal(got, -1);
            assert_int_equal(e.exit_code, EXIT_DATA);
            continue;
        }
        // A block's events are there when the block is; the hash record behind it may be cut.
        int least = 0;
        for (int k = 0; k < 4; k++) {
            least = cut >= ends[k] ? events[k] : least;
        }
        assert_true(got == least || got == least + 4);
        assert_string_equal(e.text, "");
        struct tape_reader *t = tape_open(path, &e);
        assert_non_null(t);
        assert_true(tape_truncated(t));
        tape_reader_close(t);
    }
    free(b);
}

static void test_damage_of_every_byte(void **state)
{
    (void)state;
    size_t n;
    uint64_t ends[4], sum, whole_sum;
    int events[4];
    uint8_t *b = small_tape(&n, ends, events);
    struct error e = {0};
    int whole = read_events(&whole_sum, &e);
    assert_int_equal(whole, 12);
    for (size_t i = 0; i < n; i++) {
        for (int bit = 0; bit < 8; bit += 3) {
            b[i] ^= (uint8_t)(1 << bit);
            file_write(b, n);
            memset(&e, 0, sizeof e);
            int got = read_events(&sum, &e);
            b[i] ^= (uint8_t)(1 << bit);
            if (i < ends[0]) {
                assert_int_equal(got, -1); // prefix and header text are checksummed
            } else if (i < ends[3]) {
                // The index still names all records: damage in a gap or hash record costs no event.
                int before = i < ends[1] ? 0 : i < ends[2] ? 4 : 8;
                assert_true((got >= before && strstr(e.text, "damaged at offset")) ||
                            (got == 12 && sum == whole_sum));
            } else {
                assert_int_equal(got, 12); // index or trailer: found again by walking
                assert_true(sum == whole_sum);
            }
        }
    }
    free(b);
}

static void test_damage_is_named_once_with_its_place(void **state)
{
    (void)state;
    size_t n;
    uint64_t ends[4];
    int events[4];
    uint8_t *b = small_tape(&n, ends, events);
    b[ends[1] + TAPE_HEAD + 5] ^= 1;
    file_write(b, n);
    struct error e = {0};
    struct tape_reader *t = tape_open(path, &e);
    assert_non_null(t);
    for (int i = 0; i < 4; i++) {
        assert_non_null(tape_next(t, &e));
    }
    for (int again = 0; again < 3; again++) {
        char want[64];
        assert_null(tape_next(t, &e));
        snprintf(want, sizeof want, "damaged at offset %llu:", (unsigned long long)ends[1]);
        assert_non_null(strstr(e.text, want));
        assert_int_equal(e.exit_code, EXIT_DATA);
    }
    assert_true(tape_rewind(t, &e));
    assert_non_null(tape_next(t, &e));
    tape_reader_close(t);
    free(b);
}

// ------------------------------------------------------------------------------------------- hostile content

// A tape of one record with right checksums and any content.
static void hostile_file(struct tape_record r, const void *payload, size_t n)
{
    struct tape_header h;
    struct error e = {0};
    assert_true(tape_close(create(&h), &e));
    size_t size;
    uint8_t *b = file_read(&size);
    size_t start = TAPE_PREFIX + tape_get32(b + 12);
    uint8_t *all = malloc(start + TAPE_HEAD + n);
    memcpy(all, b, start);
    r.payload_crc = crc32c(0, payload, n);
    tape_record_pack(&r, all + start);
    memcpy(all + start + TAPE_HEAD, payload, n);
    file_write(all, start + TAPE_HEAD + n);
    free(all);
    free(b);
}

static int hostile_block(const uint8_t *raw, size_t n, uint32_t raw_claim, uint64_t count, struct error *e)
{
    uint8_t packed[4096];
    size_t k = ZSTD_compress(packed, sizeof packed, raw, n, 1);
    assert_false(ZSTD_isError(k));
    hostile_file(
        (struct tape_record){
            .type = TAPE_RECORD_EVENTS, .stored = (uint32_t)k, .raw = raw_claim, .value = count},
        packed, k);
    uint64_t sum;
    return read_events(&sum, e);
}

static void test_hostile_lengths(void **state)
{
    (void)state;
    struct error e = {0};
    // A book that claims 2^32 levels, one that claims more than fit, an endless varint, a type that does not
    // exist.
    static const uint8_t many[] = {EV_BOOK_DIFF, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0};
    static const uint8_t few[] = {EV_BOOK_DIFF, 0, 0, 0, 0, 0, 0, 0, 0xe0, 0x1f, 0xe0, 0x1f, 1, 1};
    static const uint8_t endless[] = {EV_TIMER, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff,     0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t type[] = {0x1f, 0, 0, 0, 0, 0};
    static const uint8_t none[] = {EV_NONE, 0, 0, 0, 0, 0};
    const struct {
        const uint8_t *p;
        size_t n;
    } cases[] = {{many, sizeof many},
                 {few, sizeof few},
                 {endless, sizeof endless},
                 {type, sizeof type},
                 {none, sizeof none}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(hostile_block(cases[i].p, cases[i].n, (uint32_t)cases[i].n, 1, &e), 0);
        assert_non_null(strstr(e.text, "malformed event"));
    }
    // Sizes that lie about the payload: less or more raw than there is, zstd bombs, absurd counts.
    static const uint8_t timer[] = {EV_TIMER, 0, 0, 0, 0, 2};
    assert_int_equal(hostile_block(timer, sizeof timer, sizeof timer, 1, &e), 1);
    assert_int_equal(hostile_block(timer, sizeof timer, sizeof timer - 1, 1, &e), 0);
    assert_int_equal(hostile_block(timer, sizeof timer, sizeof timer + 1, 1, &e), 0);
    assert_int_equal(hostile_block(timer, sizeof timer, sizeof timer, UINT64_MAX, &e), 1);
    assert_string_not_equal(e.text, "");
    assert_int_equal(hostile_block(timer, sizeof timer, UINT32_MAX, 1, &e), 0);
    assert_string_not_equal(e.text, "");
}

static void test_random_blocks_never_crash(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 5);
    uint8_t raw[256];
    static struct codec c;
    for (int i = 0; i < 20000; i++) {
        size_t n = 1 + rng_below(&r, sizeof raw);
        random_bytes(&r, raw, n);
        raw[0] = (uint8_t)rng_below(&r, EV_TYPE_COUNT);
        codec_reset(&c);
        for (size_t at = 0, k = 1; at < n && k; at += k) {
            k = codec_decode(&c, raw + at, n - at, &scratch);
            assert_true(k <= n - at);
        }
    }
}

static void test_not_a_tape(void **state)
{
    (void)state;
    struct error e = {0};
    assert_null(tape_open(dir, &e));
    assert_int_equal(e.exit_code, EXIT_NO_INPUT);
    assert_null(tape_open("/tmp/tt-no-such-file.tape", &e));
    assert_int_equal(e.exit_code, EXIT_NO_INPUT);
    file_write((const uint8_t *)"SQLite format 3 and then some more text", 39);
    assert_null(tape_open(path, &e));
    assert_int_equal(e.exit_code, EXIT_DATA);
    assert_non_null(strstr(e.text, "not a ticktower tape"));
}

// ----------------------------------------------------------------------------- seek, gaps, hashes, full disk

static void test_seek_equals_reading_from_the_start(void **state)
{
    (void)state;
    (void)write_events(21, 3000, 200);
    struct error e = {0};
    struct tape_reader *a = tape_open(path, &e), *b = tape_open(path, &e);
    int64_t first, last;
    assert_true(tape_span(a, &first, &last));
    for (int i = -1; i <= 21; i++) {
        int64_t t = first + (last - first) / 20 * i;
        assert_true(tape_rewind(a, &e));
        assert_true(tape_seek(b, t, &e));
        const struct event *x;
        while ((x = tape_next(a, &e)) && x->mono_ns < t) {
        }
        for (int k = 0; k < 3; k++) {
            const struct event *y = tape_next(b, &e);
            assert_int_equal(x == NULL, y == NULL);
            if (x) {
                assert_true(x->seq == y->seq && x->mono_ns >= t);
                x = tape_next(a, &e);
            }
        }
    }
    tape_reader_close(a);
    tape_reader_close(b);
}

static void test_gaps_and_hashes(void **state)
{
    (void)state;
    size_t n;
    uint64_t ends[4], sum;
    int events[4];
    uint8_t *b = small_tape(&n, ends, events);
    struct error e = {0};
    for (int indexed = 1; indexed >= 0; indexed--) {
        file_write(b, indexed ? n : ends[3]);
        assert_int_equal(read_events(&sum, &e), 12);
        struct tape_reader *t = tape_open(path, &e);
        assert_int_equal(tape_truncated(t), !indexed);
        assert_int_equal(tape_gaps(t), 0);
        assert_int_equal(tape_gaps_total(t), 10);
        assert_int_equal(tape_events_total(t), 12);
        while (tape_next(t, &e)) {
        }
        assert_int_equal(tape_gaps(t), 10);
        size_t count;
        const struct tape_hash *h = tape_hashes(t, &count);
        assert_int_equal(count, 2);
        assert_true(h[0].seq == 4 && h[0].action_hash == 4 * 77 && h[1].seq == 8 &&
                    h[1].action_hash == 8 * 77);
        tape_reader_close(t);
    }
    free(b);
}

static void test_full_disk_loses_nothing(void **state)
{
    (void)state;
    struct tape_header h;
    struct tape_writer *w = create(&h);
    struct error e = {0};
    struct rng r;
    rng_seed(&r, 31);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old, small = {.rlim_cur = tape_bytes(w) + 100000, .rlim_max = RLIM_INFINITY};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    uint64_t seq = 0, want = HASH64_START, got = 0;
    bool freed = false;
    int count = 0;
    for (int i = 0; i < 3000; i++) {
        random_event(&r, &scratch, 100);
        scratch.seq = ++seq;
        scratch.mono_ns = (int64_t)seq;
        while (!tape_append(w, &scratch, &e)) {
            assert_false(freed);
            assert_int_equal(e.exit_code, EXIT_CANT_CREATE);
            assert_non_null(strstr(e.text, path));
            assert_false(tape_flush(w, false, &e));
            struct stat st;
            assert_int_equal(stat(path, &st), 0);
            assert_true((uint64_t)st.st_size == tape_bytes(w)); // cut back to the last whole record
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
            freed = true;
            assert_true(tape_flush(w, false, &e));
        }
        want = hash64(want, &scratch, scratch.size);
        count++;
    }
    assert_true(freed);
    assert_true(tape_close(w, &e));
    memset(&e, 0, sizeof e);
    assert_int_equal(read_events(&got, &e), count);
    assert_true(got == want);
}

static void test_malformed_event_is_refused(void **state)
{
    (void)state;
    struct tape_header h;
    struct tape_writer *w = create(&h);
    struct error e = {0};
    event_init(&scratch, EV_TRADE, 0, 0); // side 0
    assert_false(tape_append(w, &scratch, &e));
    assert_int_equal(e.exit_code, EXIT_SOFTWARE);
    scratch.u.trade.side = SIDE_BUY;
    assert_true(tape_append(w, &scratch, &e));
    assert_true(tape_close(w, &e));
    uint64_t sum;
    assert_int_equal(read_events(&sum, &e), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_is_exact),
        cmocka_unit_test(test_header_comes_back),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_damage_of_every_byte),
        cmocka_unit_test(test_damage_is_named_once_with_its_place),
        cmocka_unit_test(test_hostile_lengths),
        cmocka_unit_test(test_random_blocks_never_crash),
        cmocka_unit_test(test_not_a_tape),
        cmocka_unit_test(test_seek_equals_reading_from_the_start),
        cmocka_unit_test(test_gaps_and_hashes),
        cmocka_unit_test(test_full_disk_loses_nothing),
        cmocka_unit_test(test_malformed_event_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
