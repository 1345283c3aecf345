// SPDX-License-Identifier: Apache-2.0
// Tries to break the promise of the decoder: the End key of any terminal, split by a slow link anywhere, must
// never come out as F; an F that a person presses must always come out, whatever bytes came before; pasted
// text never acts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "tui/decoder.h"
#include "tui/guard.h"
#include "tools/terminfo_keys.h"

static const int64_t GAPS_MS[] = {0, 30, 200, 900};
enum { GAPS = sizeof GAPS_MS / sizeof *GAPS_MS };

struct run {
    struct decoder d;
    int64_t now_ns;
    int kills, keys;
    int last;
};

static void run_init(struct run *r)
{
    memset(r, 0, sizeof *r);
    decoder_init(&r->d);
    r->now_ns = 1000 * NS_PER_S;
}

static void count(struct run *r, const struct key *k, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        r->kills += k[i].code == 'F';
        r->keys++;
        r->last = k[i].code;
    }
}

// Time passes with the ticks that the pump would make.
static void pass(struct run *r, int64_t ms)
{
    struct key k[DECODER_KEYS(0)];
    int64_t until = r->now_ns + ms * NS_PER_MS;
    while (decoder_deadline(&r->d) < until) {
        r->now_ns = decoder_deadline(&r->d) + NS_PER_MS;
        count(r, k, decoder_tick(&r->d, r->now_ns, k));
    }
    r->now_ns = until > r->now_ns ? until : r->now_ns;
}

static void feed(struct run *r, const char *bytes, size_t n)
{
    struct key k[DECODER_KEYS(4096)];
    assert_true(n <= 4096);
    size_t got = decoder_feed(&r->d, (const uint8_t *)bytes, n, r->now_ns, k);
    assert_true(got <= DECODER_KEYS(n));
    count(r, k, got);
}

static void type(struct run *r, const char *s)
{
    feed(r, s, strlen(s));
}

// ------------------------------------------------------------------------------------------------ keys of
// terminals

// One split: bytes [0, at) now, the rest after the gap.
static void split_once(const char *key, size_t at, int64_t gap_ms, bool complete)
{
    struct run r;
    run_init(&r);
    feed(&r, key, at);
    pass(&r, gap_ms);
    feed(&r, key + at, strlen(key) - at);
    assert_int_equal(r.kills, 0);
    if (complete) { // a whole key leaves no shadow: F right behind it acts
        type(&r, "F");
        assert_int_equal(r.kills, 1);
    } else {
        pass(&r, 1100);
        type(&r, "F");
        assert_int_equal(r.kills, 1);
    }
}

static void test_terminfo_keys_split_at_every_byte(void **state)
{
    (void)state;
    static const char *const TERMS[] = {"xterm",         "xterm-256color", "screen", "screen-256color",
                                        "tmux-256color", "linux",          "vt100",  "rxvt"};
    size_t tested = 0;
    for (size_t t = 0; t < sizeof TERMS / sizeof *TERMS; t++) {
        char *keys[TERMINFO_KEYS_MAX];
        size_t n = terminfo_keys(TERMS[t], keys);
        assert_true(n > 10);
        for (size_t i = 0; i < n; i++) {
            bool mouse = strncmp(keys[i], "\x1b[M", 3) == 0 || strncmp(keys[i], "\x1b[<", 3) == 0;
            for (size_t at = 0; at <= strlen(keys[i]); at++) {
                for (size_t g = 0; g < GAPS; g++) {
                    split_once(keys[i], at, GAPS_MS[g], !mouse);
                    tested++;
                }
            }
        }
        terminfo_keys_free(keys, n);
    }
    print_message("%zu splits\n", tested);
    assert_true(tested > 5000);
}

// Every combination of gaps between all bytes of every spelling of End.
static void test_end_with_every_gap_between_all_bytes(void **state)
{
    (void)state;
    static const char *const ENDS[] = {"\x1b[F",
                                       "\x1bOF",
                                       "\x1b[1;2F",
                                       "\x1b[1;5F",
                                       "\x1bO2F",
                                       "\x1bO5F",
                                       "\x1b[8~",
                                       "\x1b[4~",
                                       "\x1b[8$",
                                       "\x1b[8^",
                                       "\x1b[8@",
                                       "\x1b[1;2:1F",
                                       "\x9b"
                                       "F",
                                       "\x8f"
                                       "F"};
    for (size_t k = 0; k < sizeof ENDS / sizeof *ENDS; k++) {
        size_t n = strlen(ENDS[k]);
        size_t combinations = 1;
        for (size_t i = 1; i < n; i++) {
            combinations *= GAPS;
        }
        for (size_t c = 0; c < combinations; c++) {
            struct run r;
            run_init(&r);
            size_t code = c;
            feed(&r, ENDS[k], 1);
            for (size_t i = 1; i < n; i++, code /= GAPS) {
                pass(&r, GAPS_MS[code % GAPS]);
                feed(&r, ENDS[k] + i, 1);
            }
            assert_int_equal(r.kills, 0);
            assert_int_equal(r.last, TK_END);
        }
    }
}

// --------------------------------------------------------------------------------------------------- the
// kill key

static void test_kill_key_fires(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        int64_t gap_ms;
    } CASES[] = {
        {"", 0},
        {"F", 0},
        {"\x1b", 0},
        {"\x1b", 10},
        {"\x1b", 30},
        {"\x1b", 900},
        {"\x1b[", 1001},
        {"\x1bO", 1001},
        {"\x1b[1;2", 1500},
        {"p", 0},
        {" ", 0},
        {":sym", 0},
        {"\x1b]", 0},
        {"\x1bP", 0},
        {"\x1b]", 30},
        {"\xe2\x94", 0},
        {"\xff\xfe", 0},
        {"\r", 0},
        {"\x1b[M", 101},
        {"\x1b[[", 1001},
        {"\x1b\x1b", 0},
        {"\x03", 0},
        {"\x00", 0},
        {"\x1b[A", 0},
        {"\x1b]11;rgb:", 51},
        {"\x1b[200~abc", 501},
        {"\x1b[200~abc\x1b[201~", 25},
        {"\x1bOq", 0},
        {"\x1b[ ", 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct run r;
        run_init(&r);
        type(&r, CASES[i].before);
        int before = r.kills;
        pass(&r, CASES[i].gap_ms);
        type(&r, "F");
        if (r.kills != before + 1) {
            print_message("case %zu\n", i);
        }
        assert_int_equal(r.kills, before + 1);
    }
}

static void test_capital_spelled_as_number(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int kills;
    } CASES[] = {
        {"\x1b[70u", 1},      {"\x1b[70;2u", 1},   {"\x1b[102;2u", 1},   {"\x1b[102;65u", 1},
        {"\x1b[27;2;70~", 1}, {"\x1b[102u", 0},    {"\x1b[102;5u", 0},   {"\x1b[70;3u", 0},
        {"\x1b[70;2:3u", 0},  {"\x1b[70;2:1u", 1}, {"\x1b[27;5;70~", 0}, {"\x1b[27;2;71~", 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct run r;
        run_init(&r);
        type(&r, CASES[i].bytes);
        assert_int_equal(r.kills, CASES[i].kills);
    }
}

// Whatever came before, an F after 1.1 s of silence acts exactly once, and no input makes more keys than
// promised.
static void test_any_bytes_then_silence_then_kill(void **state)
{
    (void)state;
    static const char ALPHABET[] = "\x1b\x1b\x1b[[OO]P?;:0123456789~$^@MuRF \x07\\\x9b\x8f\xe2\x94\x80\x00q+";
    struct rng rng;
    rng_seed(&rng, 7);
    for (int i = 0; i < 40000; i++) {
        struct run r;
        run_init(&r);
        int n = 1 + (int)rng_below(&rng, 24);
        for (int b = 0; b < n; b++) {
            char byte = rng_below(&rng, 8) ? ALPHABET[rng_below(&rng, sizeof ALPHABET - 1)]
                                           : (char)rng_below(&rng, 256);
            feed(&r, &byte, 1);
            if (rng_below(&rng, 4) == 0) {
                pass(&r, GAPS_MS[rng_below(&rng, GAPS)]);
            }
        }
        pass(&r, 1100);
        int before = r.kills;
        type(&r, "F");
        assert_int_equal(r.kills, before + 1);
    }
}

// ------------------------------------------------------------------------------------------------- paste and
// burst

static void test_bracketed_paste_never_acts(void **state)
{
    (void)state;
    static const char PASTE[] = "\x1b[200~FLATTEN F F F pqx \x1b[F and \x1b[201 more F\n\x1b[201~";
    for (size_t at = 1; at < sizeof PASTE - 1; at++) {
        for (size_t g = 0; g < 3; g++) { // 900 ms of silence inside a paste counts as its end
            struct run r;
            run_init(&r);
            feed(&r, PASTE, at);
            pass(&r, GAPS_MS[g]);
            feed(&r, PASTE + at, sizeof PASTE - 1 - at);
            // A gap right after the ESC makes it a lone Esc: what follows is no paste then, but a burst.
            assert_true(r.kills == 0);
            assert_true(at == 1 || r.last == TK_PASTE);
        }
    }
}

static void test_unterminated_paste_yields_to_three_presses(void **state)
{
    (void)state;
    struct run r;
    run_init(&r);
    type(&r, "\x1b[200~some text");
    pass(&r, 100);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(r.kills, 0);
        type(&r, "F");
        pass(&r, 150);
    }
    assert_int_equal(r.kills, 1);
    type(&r, "F");
    assert_int_equal(r.kills, 2);
}

static void test_burst(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        int kills;
    } CASES[] = {
        {"buy BTC FAST now", "", 0}, // text pasted without brackets
        {"the quick brown Fox", "", 0},
        {"jjj F", " kkkkk", 1}, // 5 keys act before the burst is known
        {"\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A\x1b[AF", "",
         1},                     // arrows held while the link stood still
        {"FFFFFFFFFFFF", "", 1}, // F hammered while the link stood still
        {"++++++++++", "F", 1},
        {"          F", "", 1},
        {"pasted tail F", "", 1},
        {"pasted tailF", "", 0},
        {"F0F1F2F3F4F5", "", 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct run r;
        run_init(&r);
        type(&r, CASES[i].first);
        pass(&r, 5);
        type(&r, CASES[i].second);
        if (r.kills != CASES[i].kills) {
            print_message("case %zu: %d\n", i, r.kills);
        }
        assert_int_equal(r.kills, CASES[i].kills);
    }
}

static void test_commands_of_a_burst_are_dropped(void **state)
{
    (void)state;
    struct run r;
    run_init(&r);
    type(&r, "x x x x p p p");
    assert_int_equal(r.keys, 1);
    assert_int_equal(r.last, TK_BURST);
    pass(&r, 25);
    type(&r, "p");
    assert_int_equal(r.last, 'p');
}

static void test_answers_of_terminals_are_no_keys(void **state)
{
    (void)state;
    static const char *const ANSWERS[] = {"\x1b]11;rgb:FFFF/FFFF/FFFF\x1b\\",
                                          "\x1b]10;rgb:FF/F/FFF\x07",
                                          "\x1bP1+r544E=787465726D\x1b\\",
                                          "\x1bP>|XTerm(370)F\x1b\\",
                                          "\x1b[?64;1;2c",
                                          "\x1b[24;80R",
                                          "\x1b[?2026;2$y",
                                          "\x1b[I",
                                          "\x1b[O",
                                          "\x1b[MFFF",
                                          "\x1b[<0;70;70M"};
    for (size_t i = 0; i < sizeof ANSWERS / sizeof *ANSWERS; i++) {
        struct run r;
        run_init(&r);
        type(&r, ANSWERS[i]);
        assert_int_equal(r.kills, 0);
    }
}

// ------------------------------------------------------------------------------------------------------- the
// guard

static enum guard_verdict judge_after(const char *typed, int64_t gap_ms, bool in_field)
{
    struct guard g;
    guard_init(&g, true);
    int64_t now_ns = 100 * NS_PER_S;
    for (const char *c = typed; *c; c++) {
        struct key k = {.code = *c, .mono_ns = now_ns};
        guard_note(&g, &k, in_field);
        now_ns += 50 * NS_PER_MS;
    }
    struct key f = {.code = 'F', .mono_ns = now_ns + gap_ms * NS_PER_MS};
    return guard_judge(&g, &f, 1, 0);
}

static void test_guard_holds_only_typing(void **state)
{
    (void)state;
    assert_int_equal(judge_after("", 0, false), GUARD_FLATTEN);
    assert_int_equal(judge_after("FFFFFFFF", 0, false), GUARD_FLATTEN);
    assert_int_equal(judge_after("ppp", 0, false), GUARD_FLATTEN);
    assert_int_equal(judge_after("hell", 0, false), GUARD_HOLD);
    assert_int_equal(judge_after("hello ", 700, false), GUARD_FLATTEN);
    assert_int_equal(judge_after("1 2 + - 3", 0, false), GUARD_FLATTEN);
    assert_int_equal(judge_after("A", 100, true), GUARD_HOLD);
    assert_int_equal(judge_after("A", 2100, true), GUARD_FLATTEN);
    assert_int_equal(judge_after("A", 100, false), GUARD_FLATTEN);
}

static void test_guard_second_press_confirms(void **state)
{
    (void)state;
    struct guard g;
    guard_init(&g, true);
    for (int i = 0; i < 5; i++) {
        struct key k = {.code = 'a', .mono_ns = 100 * NS_PER_S + i};
        guard_note(&g, &k, false);
    }
    struct key f = {.code = 'F', .mono_ns = 100 * NS_PER_S + 10};
    assert_int_equal(guard_judge(&g, &f, 1, 0), GUARD_HOLD);
    f.mono_ns += 100 * NS_PER_MS; // still within 600 ms of the letters
    assert_int_equal(guard_judge(&g, &f, 1, 0), GUARD_FLATTEN);
    g.enabled = false;
    f.mono_ns += NS_PER_MS;
    assert_int_equal(guard_judge(&g, &f, 1, 0), GUARD_FLATTEN);
}

static void test_guard_letters_behind(void **state)
{
    (void)state;
    struct guard g;
    struct key k[6];
    guard_init(&g, true);
    for (size_t i = 0; i < 6; i++) {
        k[i] = (struct key){.code = "Foobar"[i], .mono_ns = 100 * NS_PER_S};
    }
    assert_int_equal(guard_judge(&g, k, 6, 0), GUARD_HOLD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terminfo_keys_split_at_every_byte),
        cmocka_unit_test(test_end_with_every_gap_between_all_bytes),
        cmocka_unit_test(test_kill_key_fires),
        cmocka_unit_test(test_capital_spelled_as_number),
        cmocka_unit_test(test_any_bytes_then_silence_then_kill),
        cmocka_unit_test(test_bracketed_paste_never_acts),
        cmocka_unit_test(test_unterminated_paste_yields_to_three_presses),
        cmocka_unit_test(test_burst),
        cmocka_unit_test(test_commands_of_a_burst_are_dropped),
        cmocka_unit_test(test_answers_of_terminals_are_no_keys),
        cmocka_unit_test(test_guard_holds_only_typing),
        cmocka_unit_test(test_guard_second_press_confirms),
        cmocka_unit_test(test_guard_letters_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
