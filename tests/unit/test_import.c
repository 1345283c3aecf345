// SPDX-License-Identifier: Apache-2.0
// Tries to break the importer, with recorded lines (tests/data/ORIGIN.md): values against jansson as an
// oracle, chains with a hole, lines that are damaged, cut, of two symbols, of two days, in three stamps and
// three packings; and checks that the shipped market is what its README says.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <zlib.h>
#include <zstd.h>
#include <cmocka.h>

#include "base/check.h"
#include "base/clock.h"
#include "store/import_binance.h"
#include "store/tape.h"

enum { LINES_MAX = 5000 };

static char dir[64], tape_path[96];
static char *eth[LINES_MAX], *btc[LINES_MAX],
    *spot[LINES_MAX]; // perpetual 2024 (ns), perpetual 2023 (us), spot 2024
static size_t eth_n, btc_n, spot_n;
static char warning[512];
static unsigned warnings;

static void load(const char *path, const char *stamp, char **to, size_t *n)
{
    gzFile f = gzopen(path, "rb");
    assert_non_null(f);
    char *line = malloc(1 << 20);
    while (gzgets(f, line, 1 << 20)) {
        if (strncmp(line, stamp, strlen(stamp)) == 0) {
            assert_true(*n < LINES_MAX);
            to[(*n)++] = strdup(line);
        }
    }
    free(line);
    gzclose(f);
}

static int group_setup(void **state)
{
    (void)state;
    load("tests/data/usdm_lines.jsonl.gz", "17231", eth, &eth_n);
    load("tests/data/usdm_lines.jsonl.gz", "16806", btc, &btc_n);
    load("tests/data/spot_lines.jsonl.gz", "17231", spot, &spot_n);
    assert_true(eth_n > 3000 && btc_n > 900 && spot_n > 300);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/tt-import-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(tape_path, sizeof tape_path, "%s/out.tape", dir);
    warnings = 0;
    warning[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

static void warn(void *ctx, const char *line)
{
    (void)ctx;
    warnings++;
    snprintf(warning, sizeof warning, "%s", line);
}

// Write lines first..last of a set, but for the one at `skip`; returns the path (static, one per slot).
static const char *file_of(int slot, char **lines, size_t first, size_t last, size_t skip)
{
    static char path[4][128];
    snprintf(path[slot], sizeof path[slot], "%s/in%d.jsonl", dir, slot);
    FILE *f = fopen(path[slot], "wb");
    for (size_t i = first; i < last; i++) {
        if (i != skip) {
            fputs(lines[i], f);
        }
    }
    fclose(f);
    return path[slot];
}

static struct import_options options(const char *a, const char *b)
{
    struct import_options o = {.files = b ? 2 : 1,
                               .path = {a, b},
                               .kind = {IMPORT_AUTO, IMPORT_AUTO},
                               .level = 1,
                               .bad_lines_max = 10,
                               .warn = warn};
    return o;
}

static struct import_report import(struct import_options o)
{
    struct import_report r;
    struct error e = {0};
    unlink(tape_path);
    if (!import_binance(&o, tape_path, &r, &e)) {
        fail_msg("%s", e.text);
    }
    return r;
}

static void refuse(struct import_options o, int code, const char *word)
{
    struct import_report r;
    struct error e = {0};
    assert_false(import_binance(&o, tape_path, &r, &e));
    assert_int_equal(e.exit_code, code);
    if (!strstr(e.text, word)) {
        fail_msg("\"%s\" does not say \"%s\"", e.text, word);
    }
    assert_int_not_equal(access(tape_path, F_OK), 0); // nothing half-made stays
}

// What must hold of every market tape; returns the number of diffs.
static uint64_t check_tape(const char *path, uint64_t *events)
{
    struct error e = {0};
    struct tape_reader *t = tape_open(path, &e);
    assert_non_null(t);
    uint64_t seq = 0, diffs = 0, book[INSTRUMENT_MAX] = {0};
    int64_t mono = 0;
    const struct event *ev;
    while ((ev = tape_next(t, &e)) != NULL) {
        assert_true(ev->seq == ++seq);
        assert_true(ev->mono_ns >= mono && ev->wall_ns == ev->mono_ns);
        mono = ev->mono_ns;
        const struct instrument *ins = &tape_header(t)->instruments[ev->instrument];
        assert_true(ev->instrument < tape_header(t)->instrument_count);
        if (ev->type == EV_BOOK_SNAPSHOT) {
            book[ev->instrument] = ev->u.book.last_id;
        } else if (ev->type == EV_BOOK_DIFF) {
            bool first = ev->u.book.first_id <= book[ev->instrument];
            assert_true(book[ev->instrument] > 0);
            assert_true(first || ev->u.book.prev_id == book[ev->instrument] ||
                        (ins->kind == INSTRUMENT_SPOT && ev->u.book.first_id == book[ev->instrument] + 1));
            book[ev->instrument] = ev->u.book.last_id;
            diffs++;
        } else {
            assert_true(ins->kind == INSTRUMENT_SPOT || book[ev->instrument] > 0); // nothing before the book
        }
        if (seq == 1) {
            assert_true(ev->type == EV_BOOK_SNAPSHOT || ins->kind == INSTRUMENT_SPOT);
        }
        assert_true(ev->type == EV_BOOK_SNAPSHOT ||
                    ev->venue_event_ns <= ev->mono_ns); // never before it was sent
    }
    assert_string_equal(e.text, "");
    tape_reader_close(t);
    *events = seq;
    return diffs;
}

// ------------------------------------------------------------------------------------------------ the oracle

static int64_t e8(const json_t *v)
{
    int64_t out = -1;
    assert_true(decimal_parse_e8(json_string_value(v), json_string_length(v), &out));
    return out;
}

static void expect_levels(const json_t *side, const struct level *l, uint32_t n, const struct instrument *ins)
{
    assert_int_equal(json_array_size(side), n);
    // The scanner gives asks best first in a snapshot as they come; order is the message's.
    for (uint32_t i = 0; i < n; i++) {
        const json_t *pair = json_array_get(side, i);
        assert_true(instrument_price_e8(ins, l[i].ticks) == e8(json_array_get(pair, 0)));
        assert_true(instrument_qty_e8(ins, l[i].lots) == e8(json_array_get(pair, 1)));
    }
}

static void expect_event(const json_t *d, const struct event *ev, const struct instrument *ins)
{
    const char *kind = json_string_value(json_object_get(d, "e"));
    assert_true(ev->venue_event_ns == json_integer_value(json_object_get(d, "E")) * NS_PER_MS);
    assert_true(ev->venue_ns == json_integer_value(json_object_get(d, "T")) * NS_PER_MS);
    if (strcmp(kind, "depthUpdate") == 0) {
        assert_int_equal(ev->type, EV_BOOK_DIFF);
        const struct ev_book *b = &ev->u.book;
        assert_true((json_int_t)b->first_id == json_integer_value(json_object_get(d, "U")) &&
                    (json_int_t)b->last_id == json_integer_value(json_object_get(d, "u")) &&
                    (json_int_t)b->prev_id == json_integer_value(json_object_get(d, "pu")));
        expect_levels(json_object_get(d, "b"), b->levels, b->bids, ins);
        expect_levels(json_object_get(d, "a"), b->levels + b->bids, b->asks, ins);
    } else if (strcmp(kind, "trade") == 0) {
        assert_int_equal(ev->type, EV_TRADE);
        assert_true(instrument_price_e8(ins, ev->u.trade.price_ticks) == e8(json_object_get(d, "p")));
        assert_true(instrument_qty_e8(ins, ev->u.trade.qty_lots) == e8(json_object_get(d, "q")));
        assert_int_equal(ev->u.trade.side, json_is_true(json_object_get(d, "m")) ? SIDE_SELL : SIDE_BUY);
        assert_true((json_int_t)ev->u.trade.trade_id == json_integer_value(json_object_get(d, "t")));
    } else {
        assert_int_equal(ev->type, EV_TOUCH);
        assert_true(instrument_price_e8(ins, ev->u.touch.bid_ticks) == e8(json_object_get(d, "b")));
        assert_true(instrument_qty_e8(ins, ev->u.touch.ask_lots) == e8(json_object_get(d, "A")));
    }
}

static void test_every_event_equals_its_line(void **state)
{
    (void)state;
    struct import_report r = import(options(file_of(0, eth, 0, eth_n, eth_n), NULL));
    assert_string_equal(r.file[0].instrument.symbol, "ETHUSDT");
    assert_int_equal(r.file[0].instrument.kind, INSTRUMENT_LINEAR);
    assert_true(r.file[0].grid_known && r.file[0].instrument.tick_e8 == E8 / 100);
    assert_int_equal(r.file[0].bad, 0);
    assert_int_equal(r.file[0].crossed, 0);
    struct error e = {0};
    struct tape_reader *t = tape_open(tape_path, &e);
    const struct instrument *ins = &tape_header(t)->instruments[0];
    size_t at = 0;
    while (!strstr(eth[at], "lastUpdateId")) {
        at++;
    }
    const struct event *ev = tape_next(t, &e);
    assert_int_equal(ev->type, EV_BOOK_SNAPSHOT);
    uint64_t snapshot_id = ev->u.book.last_id, compared = 0;
    ev = tape_next(t, &e);
    int64_t begin_ns = strtoll(eth[at], NULL, 10) - r.clock_offset_ns;
    while (ev && ev->type == EV_BOOK_DIFF && ev->mono_ns == begin_ns) {
        ev = tape_next(t, &e); // diffs that were received before the snapshot and reach beyond it
    }
    for (size_t i = at + 1; i < eth_n; i++) {
        json_t *m = json_loads(strchr(eth[i], ' ') + 1, 0, NULL);
        const json_t *d = json_object_get(m, "data");
        bool inside = strstr(eth[i], "depthUpdate") &&
                      (uint64_t)json_integer_value(json_object_get(d, "u")) < snapshot_id;
        if (!inside) {
            assert_non_null(ev);
            expect_event(d, ev, ins);
            assert_true(ev->mono_ns == strtoll(eth[i], NULL, 10) - r.clock_offset_ns);
            ev = tape_next(t, &e);
            compared++;
        }
        json_decref(m);
    }
    assert_null(ev);
    assert_true(compared > 3000);
    tape_reader_close(t);
}

static void test_two_feeds_on_one_clock(void **state)
{
    (void)state;
    struct import_report r =
        import(options(file_of(0, eth, 0, eth_n, eth_n), file_of(1, spot, 0, spot_n, spot_n)));
    uint64_t events = 0;
    assert_int_equal(check_tape(tape_path, &events), r.file[0].diffs);
    assert_true(events == r.events);
    assert_int_equal(r.file[1].instrument.kind, INSTRUMENT_SPOT);
    assert_true(r.file[1].touches > 20 && r.file[1].diffs == 0 && r.file[1].left_out > 10);
    int64_t least =
        r.file[0].delay_min_ns < r.file[1].delay_min_ns ? r.file[0].delay_min_ns : r.file[1].delay_min_ns;
    assert_true(r.clock_offset_ns == least);
    assert_true(r.clock_offset_ns < -1200 * NS_PER_MS && r.clock_offset_ns > -1300 * NS_PER_MS);
    struct import_options o = options(file_of(0, eth, 0, eth_n, eth_n), file_of(1, spot, 0, spot_n, spot_n));
    o.spot_all = true;
    r = import(o);
    assert_true(r.file[1].diffs > 10 && r.file[1].snapshots == 1 && r.file[1].left_out == 0 &&
                r.file[1].crossed == 0);
    check_tape(tape_path, &events);
    unlink(tape_path);
    struct import_report again = import(o);
    assert_memory_equal(&r, &again, sizeof r); // the same input gives the same
}

static void test_stamps_of_other_years(void **state)
{
    (void)state;
    struct import_report r = import(options(file_of(0, btc, 0, btc_n, btc_n), NULL));
    assert_true(r.clock_offset_ns > -100 * NS_PER_MS && r.clock_offset_ns < 100 * NS_PER_MS); // us, not ns
    assert_true(r.first_wall_ns / NS_PER_S == 1680652700);
    uint64_t events;
    assert_true(check_tape(tape_path, &events) > 100);
    assert_true(r.file[0].diffs > 100 && r.file[0].gaps == 0 && r.file[0].crossed == 0);
}

// ---------------------------------------------------------------------------------------------------- damage

static void test_a_hole_in_the_chain(void **state)
{
    (void)state;
    size_t hole = eth_n / 2;
    while (!strstr(eth[hole], "depthUpdate")) {
        hole++;
    }
    struct import_report r = import(options(file_of(0, eth, 0, eth_n, hole), NULL));
    assert_int_equal(r.file[0].gaps, 1);
    assert_true(r.file[0].unsynced_diffs > 10);
    struct error e = {0};
    struct tape_reader *t = tape_open(tape_path, &e);
    bool stale = false;
    uint64_t trades_after = 0;
    for (const struct event *ev; (ev = tape_next(t, &e)) != NULL;) {
        if (ev->type == EV_BOOK_STATE) {
            assert_int_equal(ev->u.book_state.state, BOOK_STALE);
            stale = true;
        }
        assert_false(stale && ev->type == EV_BOOK_DIFF);
        trades_after += stale && ev->type == EV_TRADE;
    }
    assert_true(stale && trades_after > 0);
    tape_reader_close(t);
}

static void test_bad_lines_are_numbered_and_limited(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\n",
        "1723161255088165267\n",
        "172316125508 {}\n",
        "x 1\n",
        "1723161255088165267 {\"e\":\"trade\"\n",
        "1723161255088165267 "
        "{\"e\":\"trade\",\"E\":1723161256322,\"T\":1723161256322,\"s\":\"ETHUSDT\",\"t\":1,\"p\":"
        "\"2681.625\",\"q\":\"1\",\"X\":\"MARKET\",\"m\":false}\n", // off the grid
        "1723161255088165267 "
        "{\"e\":\"trade\",\"E\":1723161256322,\"T\":1723161256322,\"s\":\"ETHUSDT\",\"t\":1,\"p\":"
        "\"-5\",\"q\":\"1\",\"X\":\"MARKET\",\"m\":false}\n",
    };
    char *lines[LINES_MAX];
    memcpy(lines, eth, sizeof lines);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        lines[1000 + 10 * i] = (char *)(uintptr_t)bad[i];
    }
    struct import_report r;
    struct error e = {0};
    struct import_options o = options(file_of(0, lines, 0, eth_n, eth_n), NULL);
    assert_true(import_binance(&o, tape_path, &r, &e));
    // An odd price makes the survey doubt the known grid: then the line is on the finer one and not bad.
    assert_int_equal(r.bad, COUNT_OF(bad) - 1);
    assert_false(r.file[0].grid_known);
    assert_true(r.file[0].instrument.tick_e8 == E8 / 1000);
    assert_int_equal(warnings, r.bad);
    assert_non_null(strstr(warning, "in0.jsonl:1061:"));
    unlink(tape_path);
    o.bad_lines_max = 3;
    refuse(o, EXIT_DATA, ":1031:");
}

static void test_prints_that_are_not_market_are_dropped(void **state)
{
    (void)state;
    char *lines[LINES_MAX];
    memcpy(lines, eth, sizeof lines);
    char fund[] =
        "1723161256088165267 {\"stream\":\"ethusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":1723161257322,"
        "\"T\":1723161257322,\"s\":\"ETHUSDT\",\"t\":1,\"p\":\"9999.99\",\"q\":\"1\",\"X\":\"INSURANCE_"
        "FUND\","
        "\"m\":false}}\n";
    lines[2000] = fund;
    struct import_report plain = import(options(file_of(0, eth, 0, eth_n, 2000), NULL));
    struct import_report r = import(options(file_of(0, lines, 0, eth_n, eth_n), NULL));
    assert_int_equal(r.file[0].not_market, 1);
    assert_true(r.events == plain.events && r.file[0].trades == plain.file[0].trades);
}

static void test_files_that_do_not_belong_together(void **state)
{
    (void)state;
    const char *a = file_of(0, eth, 0, eth_n, eth_n), *b = file_of(1, btc, 0, btc_n, btc_n);
    refuse(options(a, b), EXIT_DATA, "another day");
    refuse(options(a, file_of(2, eth, 0, eth_n, eth_n)), EXIT_DATA, "comes twice");
    refuse(options("/tmp/tt-no-such-file", NULL), EXIT_NO_INPUT, "cannot open");
    char *mixed[LINES_MAX];
    memcpy(mixed, eth, sizeof mixed);
    mixed[50] = btc[0];
    refuse(options(file_of(3, mixed, 0, 100, 100), NULL), EXIT_DATA, "symbol BTCUSDT after ETHUSDT");
    size_t snapshot = 0;
    while (!strstr(eth[snapshot], "lastUpdateId")) {
        snapshot++;
    }
    refuse(options(file_of(3, eth, 0, eth_n, snapshot), NULL), EXIT_DATA, "no book snapshot");
    FILE *f = fopen(tape_path, "wb");
    fclose(f);
    struct import_options o = options(a, NULL);
    struct import_report r;
    struct error e = {0};
    assert_false(import_binance(&o, tape_path, &r, &e));
    assert_int_equal(e.exit_code, EXIT_CANT_CREATE);
    assert_int_equal(access(tape_path, F_OK), 0); // somebody else's file stays
}

static void pack_gz(const char *from, const char *to, size_t cut)
{
    FILE *in = fopen(from, "rb");
    gzFile out = gzopen(to, "wb1");
    char buf[4096];
    for (size_t n; (n = fread(buf, 1, sizeof buf, in)) > 0;) {
        assert_int_equal(gzwrite(out, buf, (unsigned)n), n);
    }
    fclose(in);
    gzclose(out);
    if (cut) {
        assert_int_equal(truncate(to, (off_t)cut), 0);
    }
}

static void pack_zstd(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    static char raw[2 << 20], packed[3 << 20];
    size_t n = fread(raw, 1, sizeof raw, in);
    size_t k = ZSTD_compress(packed, sizeof packed, raw, n, 1);
    assert_false(ZSTD_isError(k));
    assert_int_equal(fwrite(packed, 1, k, out), k);
    fclose(in);
    fclose(out);
}

static void test_packings_and_cut_files(void **state)
{
    (void)state;
    const char *plain = file_of(0, eth, 0, eth_n, eth_n);
    struct import_report want = import(options(plain, NULL)), got;
    char gz[128], zst[128];
    snprintf(gz, sizeof gz, "%s/a.gz", dir);
    snprintf(zst, sizeof zst, "%s/a.zst", dir);
    pack_gz(plain, gz, 0);
    pack_zstd(plain, zst);
    got = import(options(gz, NULL));
    assert_true(got.events == want.events && !got.file[0].cut);
    got = import(options(zst, NULL));
    assert_true(got.events == want.events && !got.file[0].cut);
    pack_gz(plain, gz, 100000);
    got = import(options(gz, NULL));
    assert_true(got.file[0].cut && got.events > 100 && got.events < want.events && got.bad == 0);
    assert_int_equal(truncate(zst, 100000), 0);
    got = import(options(zst, NULL));
    assert_true(got.file[0].cut && got.events > 100 && got.events < want.events);
}

static void test_a_line_without_end(void **state)
{
    (void)state;
    char *lines[LINES_MAX];
    memcpy(lines, eth, sizeof lines);
    char *giant = malloc(3 << 20);
    memset(giant, 'x', (3 << 20) - 2);
    memcpy(giant + (3 << 20) - 2, "\n", 2);
    lines[500] = giant;
    struct import_report r = import(options(file_of(0, lines, 0, eth_n, eth_n), NULL));
    assert_int_equal(r.bad, 1);
    assert_non_null(strstr(warning, ":501: line longer than 1 MiB"));
    free(giant);
}

// ---------------------------------------------------------------------------------------- the shipped market

static void expect_in_readme(const char *path)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    static char bytes[8 << 20], readme[64 << 10];
    FILE *f = fopen(path, "rb");
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_true(n < sizeof bytes); // 8 MiB at most
    assert_int_equal(EVP_Digest(bytes, n, digest, &digest_len, EVP_sha256(), NULL), 1);
    char hex[65];
    for (unsigned i = 0; i < 32; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    f = fopen("config/market/README.md", "rb");
    readme[fread(readme, 1, sizeof readme - 1, f)] = '\0';
    fclose(f);
    assert_non_null(strstr(readme, hex));
}

static void test_shipped_market(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        uint64_t diffs, events;
        uint8_t kind;
        int64_t contract_e8;
    } TAPES[] = {{"config/market/usdm-20240808.tape", 6547 + 6581, 220072, INSTRUMENT_LINEAR, E8},
                 {"config/market/spot-20240808.tape", 3449 + 3432, 74856, INSTRUMENT_SPOT, E8},
                 {"config/market/coinm-20240808.tape", 26824 + 22887, 88666, INSTRUMENT_INVERSE, 100 * E8}};
    for (size_t i = 0; i < COUNT_OF(TAPES); i++) {
        uint64_t events = 0;
        struct error e = {0};
        assert_int_equal(check_tape(TAPES[i].path, &events), TAPES[i].diffs);
        assert_int_equal(events, TAPES[i].events);
        struct tape_reader *t = tape_open(TAPES[i].path, &e);
        assert_int_equal(tape_header(t)->instruments[0].kind, TAPES[i].kind);
        assert_true(tape_header(t)->instruments[0].contract_e8 == TAPES[i].contract_e8);
        tape_reader_close(t);
        expect_in_readme(TAPES[i].path);
    }
}

// A tape that is made with another file as its clock has that file's offset, and nothing else of it.
static void test_tapes_share_a_clock(void **state)
{
    (void)state;
    struct import_options o = options(file_of(0, eth, 0, eth_n, eth_n), NULL);
    struct import_report alone = import(o);
    struct import_report other = import(options(file_of(1, spot, 0, spot_n, spot_n), NULL));
    assert_true(other.clock_offset_ns != alone.clock_offset_ns);
    o.clock_files = 1;
    o.clock_path[0] = file_of(1, spot, 0, spot_n, spot_n);
    struct import_report r = import(o);
    int64_t early =
        alone.clock_offset_ns < other.clock_offset_ns ? alone.clock_offset_ns : other.clock_offset_ns;
    assert_true(r.clock_offset_ns == early && r.files == 1 && r.events == alone.events);
    assert_true(r.first_wall_ns - alone.first_wall_ns == alone.clock_offset_ns - early);
    // The other way round the offset must be the same, whichever file is early.
    o = options(file_of(1, spot, 0, spot_n, spot_n), NULL);
    o.clock_files = 1;
    o.clock_path[0] = file_of(0, eth, 0, eth_n, eth_n);
    r = import(o);
    assert_true(r.clock_offset_ns == early && r.events == other.events);
    unlink(tape_path);
    o.clock_path[0] = file_of(2, btc, 0, btc_n, btc_n);
    refuse(o, EXIT_DATA, "another day");
    o.clock_path[0] = "/tmp/tt-no-such-file";
    refuse(o, EXIT_NO_INPUT, "cannot open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_event_equals_its_line, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_feeds_on_one_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stamps_of_other_years, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_hole_in_the_chain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_lines_are_numbered_and_limited, setup, teardown),
        cmocka_unit_test_setup_teardown(test_prints_that_are_not_market_are_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_that_do_not_belong_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_packings_and_cut_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_line_without_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tapes_share_a_clock, setup, teardown),
        cmocka_unit_test(test_shipped_market),
    };
    return cmocka_run_group_tests(tests, group_setup, NULL);
}
