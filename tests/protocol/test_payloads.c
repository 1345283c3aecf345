// SPDX-License-Identifier: Apache-2.0
// test_payloads: tries to make the decoders and a session with a live book misread what both venues and spot
// send: the payloads of tests/data/payloads (written from the venues' documents), each field that we use
// compared; every scalar once as text and once as number; unknown members at every place; then every prefix
// and every changed byte, to the decoder and to the session. Afterwards the book must be the one before, or
// marked invalid, or the one that jansson reads in the changed text.
//
// make check changes each byte to a dozen others; `make check-payloads` (or --full) to all 255 others.
#include <ctype.h>

#include "payload_stage.h"
#include "support/scan_oracle.h"
#include "vectors/vectors_venue.h"

enum { FIXTURES_MAX = 256, TEXT_CAP = 32768 };

struct fixture {
    const json_t *item;
    const char *id, *where;
    char *text;
    size_t n;
    uint8_t dialect, venue;
    bool rest, user;
    enum request_kind kind;
};

static const struct {
    const char *path, *info; // the file and the place of its exchangeInfo
    uint8_t dialect, venue;
} FILES[] = {
    {"tests/data/payloads/aster_rest.json", "exchange-info", DIALECT_ASTER_V3, VENUE_ASTER},
    {"tests/data/payloads/aster_streams.json", "exchange-info", DIALECT_ASTER_V3, VENUE_ASTER},
    {"tests/data/payloads/spot.json", "spot-exchange-info", DIALECT_ASTER_SPOT, VENUE_SPOT},
    {"tests/data/payloads/binance.json", "binance-exchange-info", DIALECT_BINANCE, VENUE_BINANCE},
};

static json_t *g_file[COUNT_OF(FILES)];
static struct fixture g_fixture[FIXTURES_MAX];
static size_t g_fixtures;
static bool g_full;
static struct user_msg g_user;
static char g_text[TEXT_CAP];

static struct {
    uint64_t cases, decoded, unchanged, invalid, as_jansson;
} g_tally;

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        g_file[i] = json_load_file(FILES[i].path, JSON_REJECT_DUPLICATES, NULL);
        const json_t *list = json_object_get(g_file[i], "payloads");
        size_t k;
        json_t *item;
        json_array_foreach(list, k, item)
        {
            struct fixture *f = &g_fixture[g_fixtures++];
            f->item = item;
            f->id = vector_str(item, "id");
            f->where = vector_str(item, "where");
            f->rest = strcmp(vector_str(item, "kind"), "rest") == 0;
            f->user = strncmp(f->where, "user", 4) == 0;
            f->text = json_dumps(json_object_get(item, "payload"),
                                 JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
            f->n = strlen(f->text);
            f->dialect = FILES[i].dialect;
            f->venue = FILES[i].venue;
            if (f->rest && !vectors_request_kind(f->where, &f->kind)) {
                fail_msg("%s: nobody asks %s", f->id, f->where);
            }
        }
    }
    assert_true(g_fixtures >= 100);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < g_fixtures; i++) {
        free(g_fixture[i].text);
    }
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        json_decref(g_file[i]);
    }
    return 0;
}

// The facts of `text` read as this fixture must be the expected ones, none missing.
static void assert_facts(const struct fixture *f, const char *text, const char *what)
{
    struct vector_tally t = {0, 0, 0};
    json_t *got = json_object();
    bool known = vectors_payload_facts(f->item, text, got);
    if (!known || json_object_get(got, "malformed")) {
        fail_msg("%s: %s refused: %s", f->id, what, text);
    }
    vectors_compare(&t, f->id, got, json_object_get(f->item, "expect"));
    if (t.passed != 1) {
        fail_msg("%s: %s: %s: %s", f->id, what, t.skipped ? "a wanted field is not read" : "reads otherwise",
                 text);
    }
    json_decref(got);
}

static void test_every_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < g_fixtures; i++) {
        assert_true(json_object_size(json_object_get(g_fixture[i].item, "expect")) > 0);
        assert_facts(&g_fixture[i], g_fixture[i].text, "as sent");
    }
}

// ---------------------------------------------------------------------------------------------------------
// numbers as text and text as numbers

static bool is_number_text(const char *s, size_t n)
{
    size_t i = n > 0 && s[0] == '-';
    size_t whole = 0, part = 0;
    for (; i < n && isdigit((unsigned char)s[i]); i++) {
        whole++;
    }
    if (i < n && s[i] == '.') {
        for (i++; i < n && isdigit((unsigned char)s[i]); i++) {
            part++;
        }
        whole = part ? whole : 0;
    }
    bool zero_first = whole > 1 && s[s[0] == '-'] == '0'; // 007 is text and no JSON number
    return i == n && whole > 0 && !zero_first && whole + part <= 15;
}

// Where scalar `k` of the text lies: a number, or a quoted number that is a value (not a key).
static bool find_scalar(const char *s, size_t n, size_t k, size_t *at, size_t *len)
{
    for (size_t i = 0; i < n; i++) {
        size_t end = i;
        bool hit = false;
        if (s[i] == '"') {
            for (end = i + 1; end < n && s[end] != '"'; end++) {
                end += s[end] == '\\';
            }
            hit = s[end + 1] != ':' && is_number_text(s + i + 1, end - i - 1);
            end++;
        } else if (s[i] == '-' || isdigit((unsigned char)s[i])) {
            end = i + strspn(s + i, "-0123456789.eE+");
            hit = true;
        } else {
            continue;
        }
        if (hit && k-- == 0) {
            *at = i;
            *len = end - i;
            return true;
        }
        i = end - 1;
    }
    return false;
}

// Swap the form of the scalar at [at, at + len) in g_text.
static void swap_form(size_t at, size_t len)
{
    size_t n = strlen(g_text);
    if (g_text[at] == '"') {
        memmove(g_text + at + len - 1, g_text + at + len, n - at - len + 1);
        memmove(g_text + at, g_text + at + 1, n - at - 1);
    } else {
        memmove(g_text + at + len + 2, g_text + at + len, n - at - len + 1);
        memmove(g_text + at + 1, g_text + at, len);
        g_text[at] = g_text[at + len + 1] = '"';
    }
}

static void test_swapped_forms(void **state)
{
    (void)state;
    size_t swaps = 0;
    for (size_t i = 0; i < g_fixtures; i++) {
        const struct fixture *f = &g_fixture[i];
        size_t at, len, k = 0;
        for (; find_scalar(f->text, f->n, k, &at, &len); k++) {
            memcpy(g_text, f->text, f->n + 1);
            swap_form(at, len);
            assert_facts(f, g_text, "one scalar in the other form");
        }
        memcpy(g_text, f->text, f->n + 1);
        for (size_t each = k; each-- > 0;) { // from the last, so that the places of the others stay
            assert_true(find_scalar(g_text, strlen(g_text), each, &at, &len));
            swap_form(at, len);
        }
        assert_facts(f, g_text, "all scalars in the other form");
        swaps += k;
    }
    print_message("%zu scalars, each as text and as number\n", swaps);
    assert_true(swaps > 1000);
}

// ---------------------------------------------------------------------------------------------------------
// unknown members

// Copies the text with an unknown member behind '{' number `k` (SIZE_MAX: behind each), and another before
// the '}' that closes an object which has members. Returns how many '{' there are.
static size_t with_unknown(const struct fixture *f, size_t k)
{
    static const char FIRST[] = "\"zzNew\":{\"a\":[1,\"]}\\\"\",null],\"b\":-1.5e3}";
    static const char LAST[] = ",\"zz\":\"\\u00e9{\"";
    size_t n = 0, seen = 0, depth = 0;
    uint64_t marked = 0; // by depth
    bool inside = false;
    for (size_t i = 0; i < f->n; i++) {
        char c = f->text[i];
        inside ^= c == '"' && (i == 0 || f->text[i - 1] != '\\');
        bool empty = c == '{' && f->text[i + 1] == '}';
        if (!inside && c == '}' && (marked >> --depth & 1)) {
            n += (size_t)sprintf(g_text + n, "%s", LAST);
        }
        g_text[n++] = c;
        if (!inside && c == '{') {
            bool here = k == SIZE_MAX || k == seen;
            seen++;
            marked = here ? marked | UINT64_C(1) << depth : marked & ~(UINT64_C(1) << depth);
            depth++;
            n += here ? (size_t)sprintf(g_text + n, "%s%s", FIRST, empty ? "" : ",") : 0;
        }
    }
    g_text[n] = 0;
    return seen;
}

static void test_unknown_members(void **state)
{
    (void)state;
    size_t places = 0;
    for (size_t i = 0; i < g_fixtures; i++) {
        const struct fixture *f = &g_fixture[i];
        size_t objects = with_unknown(f, SIZE_MAX);
        assert_facts(f, g_text, "unknown members everywhere");
        for (size_t k = 0; k < objects; k++, places++) {
            with_unknown(f, k);
            assert_facts(f, g_text, "an unknown member");
        }
    }
    print_message("%zu objects with unknown members\n", places);
}

// ---------------------------------------------------------------------------------------------------------
// damage

// An own reading of a decimal, exponent allowed.
static bool own_e8(const json_t *v, long double *e8)
{
    char *end = NULL;
    if (json_is_string(v)) {
        *e8 = strtold(json_string_value(v), &end) * 1e8L;
        return end != json_string_value(v) && *end == 0;
    }
    *e8 = (long double)json_number_value(v) * 1e8L;
    return json_is_number(v);
}

static bool own_side(const json_t *rows, int side, struct mirror *m, long double tick, long double lot)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        long double price, qty;
        if (!own_e8(json_array_get(row, 0), &price) || !own_e8(json_array_get(row, 1), &qty) ||
            price > 9e18L || qty > 9e18L) {
            return false;
        }
        mirror_set(m, side, (struct level){(int64_t)(price / tick + 0.5L), (int64_t)(qty / lot + 0.5L)});
    }
    return json_is_array(rows);
}

// The book that jansson reads in this text: over `start` for a diff, fresh for a snapshot.
static bool own_book(const struct fixture *f, const char *text, size_t n, bool snapshot, struct mirror *m)
{
    static char clean[TEXT_CAP];
    oracle_clean(clean, text, n);
    json_t *root = json_loadb(clean, n, 0, NULL);
    const json_t *d = json_object_get(root, "data");
    d = json_is_object(d) ? d : root;
    *m = g_stage->start;
    if (snapshot) {
        m->n[0] = m->n[1] = 0;
    }
    bool words = json_is_array(json_object_get(d, "bids"));
    long double lot = f->venue == VENUE_SPOT ? 1e4L : 1e5L;
    bool ok = d && own_side(json_object_get(d, words ? "bids" : "b"), 0, m, 1e6L, lot) &&
              own_side(json_object_get(d, words ? "asks" : "a"), 1, m, 1e6L, lot);
    json_decref(root);
    return ok;
}

static void assert_book(const struct fixture *f, const char *text, size_t n, bool snapshot)
{
    const struct mirror *book = &g_stage->book;
    struct mirror own;
    if (book->state != BOOK_LIVE) {
        g_tally.invalid++;
        return;
    }
    if (!snapshot && mirror_same_levels(book, &g_stage->start)) {
        g_tally.unchanged++;
        return;
    }
    bool read = (!f->user && own_book(f, text, n, snapshot, &own));
    if (read && snapshot) { // the kept diff follows it
        const struct level kept[3] = {{312000, 2000}, {311990, 1500}, {312100, 4000}};
        for (size_t i = 0; i < 3; i++) {
            struct level l = kept[i];
            l.lots *= f->venue == VENUE_SPOT ? 10 : 1;
            mirror_set(&own, i == 2, l);
        }
    }
    if (!read || !mirror_same_levels(book, &own)) {
        fail_msg("%s: a wrong book after %.*s", f->id, (int)n, text);
    }
    g_tally.as_jansson++;
}

// One text to the decoder and to the session, which is put back afterwards.
static void feed(const struct fixture *f, const char *text, size_t n, bool snapshot)
{
    struct stage *s = g_stage;
    struct rig *r = s->r;
    char *copy = malloc(n ? n : 1); // exact size: a read beyond it shows under sanitizers
    memcpy(copy, text, n);
    g_tally.cases++;
    if (f->rest) {
        static const char WANTED[1][24] = {"ETHUSDT"};
        rig_answer_init(r, &g_decoded, f->kind);
        wire_decode_answer(f->kind, copy, n, WANTED, 1, &g_decoded);
        g_tally.decoded += !g_decoded.malformed;
        if (s->pending != SIZE_MAX) {
            rig_answer(r, s->pending, &g_decoded);
        }
    } else if (f->user) {
        if (wire_decode_user(copy, n, &g_user)) {
            g_tally.decoded++;
            session_on_user(r->s, 0, &g_user, r->now, r->wall, &r->out);
        }
    } else {
        stage_market(s, text, n);
    }
    free(copy);
    assert_book(f, text, n, snapshot);
    stage_restore(s);
}

static void damage(const struct fixture *f, bool snapshot)
{
    static const char SOME[] = "\"{}[],-05.e\\\x80";
    for (size_t cut = 0; cut < f->n; cut++) {
        feed(f, f->text, cut, snapshot);
    }
    memcpy(g_text, f->text, f->n + 1);
    for (size_t at = 0; at < f->n; at++) {
        size_t bytes = g_full ? 256 : sizeof SOME; // with its closing zero
        for (size_t b = 0; b < bytes; b++) {
            char c = g_full ? (char)b : SOME[b];
            if (c != f->text[at]) {
                g_text[at] = c;
                feed(f, g_text, f->n, snapshot);
            }
        }
        g_text[at] = f->text[at];
    }
}

static const char *info_of(const struct fixture *f)
{
    static char *text[COUNT_OF(FILES)];
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        for (size_t k = 0; k < g_fixtures && FILES[i].dialect == f->dialect; k++) {
            if (strcmp(g_fixture[k].id, FILES[i].info) == 0) {
                text[i] = g_fixture[k].text;
                return text[i];
            }
        }
    }
    fail_msg("%s: no exchangeInfo for its venue", f->id);
    return NULL;
}

static void test_damaged_texts(void **state)
{
    (void)state;
    size_t asked = 0, rest = 0;
    for (size_t i = 0; i < g_fixtures; i++) {
        const struct fixture *f = &g_fixture[i];
        bool snapshot = f->rest && f->kind == RQ_DEPTH;
        struct stage *s = stage_new((enum dialect_id)f->dialect, f->venue, info_of(f),
                                    f->rest ? f->kind : RQ_NONE, !snapshot);
        if (!f->rest && s->start.state != BOOK_LIVE) {
            fail_msg("%s: the book is not live to begin with", f->id);
        }
        rest += f->rest;
        asked += f->rest && s->pending != SIZE_MAX;
        damage(f, snapshot);
        stage_free(s);
    }
    print_message(
        "%zu payloads (%zu of %zu answers to a waiting question of the session): %llu texts, decoded "
        "%llu; book unchanged %llu, invalid %llu, as jansson reads %llu\n",
        g_fixtures, asked, rest, (unsigned long long)g_tally.cases, (unsigned long long)g_tally.decoded,
        (unsigned long long)g_tally.unchanged, (unsigned long long)g_tally.invalid,
        (unsigned long long)g_tally.as_jansson);
    assert_true(g_tally.as_jansson > 1000 && asked >= 10);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field),
        cmocka_unit_test(test_swapped_forms),
        cmocka_unit_test(test_unknown_members),
        cmocka_unit_test(test_damaged_texts),
    };
    g_full = argc > 1 && strcmp(argv[1], "--full") == 0;
    wire_json_init();
    return cmocka_run_group_tests(tests, setup, teardown);
}
