// SPDX-License-Identifier: Apache-2.0
// run_cases: the fuzz targets of this folder in one program, on cases made from the kept corpus
// (tests/fuzz/corpus) by a generator with a seed: the same seed gives the same cases on every machine, and
// each case can be made again alone. `make fuzz-long` runs 1e8 of them under sanitizers, `make check` a few.
//
//   run_cases [--cases N] [--part I/K] [--seed S] [--target NAME] [--case I] [--write NAME FOLDER]
//
// The cases are shared out by SHARE below; part I of K takes every K-th case. --case makes one case of
// --target alone and prints it. --write puts a target's corpus into a folder, one file each, for libFuzzer.
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/rng.h"

enum { CORPUS_MAX = 512, CASE_MAX = 8192, LINE_MAX_BYTES = 65536, SLICE = 4096 };

#define TARGETS(X) X(scan) X(decimal) X(keys) X(http1) X(venue) X(decode) X(config) X(tape)
#define DECLARE(name)                                                                                        \
    int fuzz_##name##_one(const uint8_t *data, size_t n);                                                    \
    int fuzz_##name##_init(int *argc, char ***argv) __attribute__((weak));
TARGETS(DECLARE)

extern uint64_t fuzz_scan_results[5]; // both accepted, both refused, no JSON, left open by JSON, differences

struct input {
    uint8_t *data;
    size_t n;
};

struct target {
    const char *name;
    int (*one)(const uint8_t *data, size_t n);
    int (*init)(int *argc, char ***argv);
    uint32_t share; // of 1000 cases
    const char *alphabet;
    struct input corpus[CORPUS_MAX];
    size_t inputs;
    uint64_t wanted, done;
};

#define JSON_BYTES "\"\"\"{}[]:,,.0123456789-+eE tfnabsupAB\\"
#define TARGET(name, share, alphabet)                                                                        \
    {                                                                                                        \
#name, fuzz_##name##_one, fuzz_##name##_init, share, alphabet, {{0, 0 } }, 0, 0, 0                   \
    }

static struct target TARGET_LIST[] = {
    TARGET(scan, 400, JSON_BYTES),
    TARGET(decimal, 300, "0123456789012345678901234567890.+-e "),
    TARGET(keys, 60, "\x1b[O;0123456789~ABCDRM<qF"),
    TARGET(http1, 80, "\r\n\r\n: 0123456789abcdefHTTP/1.;"),
    TARGET(venue, 80, "\r\n=&%: 0123456789abcdefHTTP/1."),
    TARGET(decode, 60, JSON_BYTES),
    TARGET(config, 10, "\n=[]#, 0123456789.abcdeuUSDT:\""),
    TARGET(tape, 10, "\x01\x02\x03\x04\xff\xfe\x80\x7f\x10"),
};

// What was under way, for the report of a crash.
static struct {
    const char *target;
    uint64_t seed, index;
} under_way;

static uint8_t built[CASE_MAX];
static size_t built_n;
static volatile sig_atomic_t stuck;
static uint64_t beats; // cases done, for the watchdog

// ---------------------------------------------------------------------------------------------------------
// corpus: one input each line, with \xHH, \n, \r and \\ for what a line cannot hold

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t unescape(uint8_t *to, const char *line)
{
    size_t n = 0;
    for (const char *p = line; *p && *p != '\n' && n < CASE_MAX; p++) {
        if (*p != '\\') {
            to[n++] = (uint8_t)*p;
            continue;
        }
        p++;
        if (*p == 'x' && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
            to[n++] = (uint8_t)(hex(p[1]) * 16 + hex(p[2]));
            p += 2;
        } else {
            to[n++] = *p == 'n' ? '\n' : *p == 'r' ? '\r' : (uint8_t)*p;
        }
    }
    return n;
}

static void read_corpus(struct target *t)
{
    static char line[LINE_MAX_BYTES];
    static uint8_t bytes[CASE_MAX];
    char path[128];
    snprintf(path, sizeof path, "tests/fuzz/corpus/%s.txt", t->name);
    FILE *f = fopen(path, "r");
    if (!f) {
        fprintf(stderr, "run_cases: %s is missing: run from the repository's root\n", path);
        exit(2);
    }
    while (fgets(line, sizeof line, f) && t->inputs < CORPUS_MAX) {
        size_t n = unescape(bytes, line);
        struct input *in = &t->corpus[t->inputs++];
        in->data = malloc(n ? n : 1);
        in->n = n;
        CHECK(in->data != NULL);
        memcpy(in->data, bytes, n);
    }
    fclose(f);
    CHECK(t->inputs > 0);
}

static int write_corpus(const struct target *t, const char *folder)
{
    for (size_t i = 0; i < t->inputs; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/kept-%03zu", folder, i);
        FILE *f = fopen(path, "wb");
        if (!f || fwrite(t->corpus[i].data, 1, t->corpus[i].n, f) != t->corpus[i].n || fclose(f) != 0) {
            fprintf(stderr, "run_cases: cannot write %s\n", path);
            return 1;
        }
    }
    return 0;
}

// ---------------------------------------------------------------------------------------------------------
// cases

static uint8_t odd_byte(struct rng *r, const struct target *t)
{
    return rng_below(r, 4) ? (uint8_t)t->alphabet[rng_below(r, strlen(t->alphabet))] : (uint8_t)rng_next(r);
}

static void make_room(size_t at, size_t n)
{
    memmove(built + at + n, built + at, built_n - at);
    built_n += n;
}

// A stretch of another input of the corpus goes in.
static void splice(struct rng *r, const struct target *t, size_t at)
{
    const struct input *other = &t->corpus[rng_below(r, t->inputs)];
    size_t from = other->n ? rng_below(r, other->n) : 0;
    size_t n = rng_below(r, 40);
    n = n < other->n - from ? n : other->n - from;
    n = n < CASE_MAX - built_n ? n : CASE_MAX - built_n;
    make_room(at, n);
    memcpy(built + at, other->data + from, n);
}

// A digit for a digit, a letter for a letter: what stays well-formed.
static void same_class(struct rng *r, size_t at)
{
    uint8_t c = built[at];
    if (c >= '0' && c <= '9') {
        built[at] = (uint8_t)('0' + rng_below(r, 10));
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
        built[at] = (uint8_t)((c & 0x20) | (uint8_t)('A' + rng_below(r, 26)));
    }
}

static void damage(struct rng *r, const struct target *t)
{
    size_t at = built_n ? rng_below(r, built_n) : 0;
    size_t run = 1 + rng_below(r, 16);
    run = run < built_n - at ? run : built_n - at;
    switch (rng_below(r, 14)) {
    case 0: // cut off
        built_n = rng_below(r, 4) ? built_n : at;
        break;
    case 1: // remove a stretch
        memmove(built + at, built + at + run, built_n - at - run);
        built_n -= run;
        break;
    case 2: // insert a byte
        if (built_n < CASE_MAX) {
            make_room(at, 1);
            built[at] = odd_byte(r, t);
        }
        break;
    case 3: // repeat a stretch
        if (run <= CASE_MAX - built_n) {
            make_room(at, run);
            memcpy(built + at, built + at + run, run);
        }
        break;
    case 4:
        splice(r, t, at);
        break;
    case 5: // flip a bit
        if (built_n) {
            built[at] ^= (uint8_t)(1u << rng_below(r, 8));
        }
        break;
    case 6:
    case 7:
        if (built_n) {
            built[at] = odd_byte(r, t);
        }
        break;
    default:
        if (built_n) {
            same_class(r, at);
        }
        break;
    }
}

// Case `index` of a target: an input of the corpus with one to four damages, now and then none.
static void make_case(const struct target *t, uint64_t seed, uint64_t index)
{
    struct rng r;
    uint64_t s = seed ^ (uint64_t)(unsigned char)t->name[0] << 56 ^ (uint64_t)(unsigned char)t->name[1] << 48;
    rng_seed(&r, splitmix64(&s) + index * UINT64_C(0x9e3779b97f4a7c15));
    const struct input *in = &t->corpus[rng_below(&r, t->inputs)];
    built_n = in->n;
    memcpy(built, in->data, in->n);
    uint64_t times = rng_below(&r, 64) ? 1 + rng_below(&r, 4) : 0;
    while (times-- > 0) {
        damage(&r, t);
    }
}

// ---------------------------------------------------------------------------------------------------------
// running

static void report_crash(void)
{
    char text[256];
    int n = snprintf(text, sizeof text,
                     "run_cases: FAILED in target %s, case %" PRIu64 ", seed %" PRIu64
                     ": run_cases --target %s --seed %" PRIu64 " --case %" PRIu64 " makes it again\n",
                     under_way.target, under_way.index, under_way.seed, under_way.target, under_way.seed,
                     under_way.index);
    ssize_t w = write(STDERR_FILENO, text, (size_t)n);
    (void)w;
}

static void on_signal(int sig)
{
    report_crash();
    signal(sig, SIG_DFL);
    raise(sig);
}

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

// Every 20 s: has a case ended since the last time?
static void on_alarm(int sig)
{
    static uint64_t last = UINT64_MAX;
    (void)sig;
    stuck = last == beats;
    last = beats;
    if (stuck) {
        report_crash();
        _exit(3);
    }
    alarm(20);
}

static void watch(void)
{
    if (__sanitizer_set_death_callback) {
        __sanitizer_set_death_callback(report_crash);
    }
    const int deadly[] = {SIGABRT, SIGILL, SIGSEGV, SIGBUS, SIGFPE}; // CHECK ends in SIGILL
    for (size_t i = 0; i < COUNT_OF(deadly); i++) {
        signal(deadly[i], on_signal);
    }
    signal(SIGALRM, on_alarm);
    alarm(20);
}

static void run_slice(struct target *t, uint64_t seed, uint64_t part, uint64_t parts)
{
    under_way.target = t->name;
    under_way.seed = seed;
    if (t->init) {
        t->init(NULL, NULL); // two targets give jansson's memory a place of their own
    }
    for (int i = 0; i < SLICE && t->done < t->wanted; i++) {
        under_way.index = t->done * parts + part;
        make_case(t, seed, under_way.index);
        t->one(built, built_n);
        t->done++;
        beats++;
    }
}

static void progress(uint64_t part, int64_t started_ns, const char *word)
{
    uint64_t sum = 0;
    char line[512];
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(TARGET_LIST); i++) {
        sum += TARGET_LIST[i].done;
        n += (size_t)snprintf(line + n, sizeof line - n, " %s %" PRIu64, TARGET_LIST[i].name,
                              TARGET_LIST[i].done);
    }
    double s = (double)(clock_mono_ns() - started_ns) * 1e-9;
    printf("fuzz part %" PRIu64 " %s: %" PRIu64 " cases in %.0f s, %.0f a second:%s\n", part, word, sum, s,
           (double)sum / (s > 0.001 ? s : 0.001), line);
    if (fuzz_scan_results[0]) {
        printf("fuzz part %" PRIu64 " scan: both accept %" PRIu64 ", both refuse %" PRIu64
               ", no JSON %" PRIu64 ", left open by JSON %" PRIu64 ", differences %" PRIu64 "\n",
               part, fuzz_scan_results[0], fuzz_scan_results[1], fuzz_scan_results[2], fuzz_scan_results[3],
               fuzz_scan_results[4]);
    }
    fflush(stdout);
}

// Targets take turns in proportion to what is left of each, so that a crash of any shows early.
static void run_all(uint64_t cases, uint64_t part, uint64_t parts, uint64_t seed)
{
    for (size_t i = 0; i < COUNT_OF(TARGET_LIST); i++) {
        struct target *t = &TARGET_LIST[i];
        t->wanted = (cases * t->share / 1000 + parts - 1 - part) / parts;
    }
    int64_t started = clock_mono_ns(), said = started;
    for (bool more = true; more;) {
        more = false;
        double furthest_behind = 1.0;
        size_t next = 0;
        for (size_t i = 0; i < COUNT_OF(TARGET_LIST); i++) {
            const struct target *t = &TARGET_LIST[i];
            double share = t->wanted ? (double)t->done / (double)t->wanted : 1.0;
            if (share < furthest_behind) {
                furthest_behind = share;
                next = i;
                more = true;
            }
        }
        if (more) {
            run_slice(&TARGET_LIST[next], seed, part, parts);
        }
        if (clock_mono_ns() - said > 10 * NS_PER_S) {
            said = clock_mono_ns();
            progress(part, started, "so far");
        }
    }
    progress(part, started, "done");
}

static struct target *find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(TARGET_LIST); i++) {
        if (strcmp(TARGET_LIST[i].name, name) == 0) {
            return &TARGET_LIST[i];
        }
    }
    fprintf(stderr, "run_cases: no target %s\n", name);
    exit(2);
}

static void run_one(struct target *t, uint64_t seed, uint64_t index)
{
    under_way.target = t->name;
    under_way.seed = seed;
    under_way.index = index;
    make_case(t, seed, index);
    printf("%zu bytes: ", built_n);
    for (size_t i = 0; i < built_n; i++) {
        bool plain = built[i] >= ' ' && built[i] < 0x7f && built[i] != '\\';
        printf(plain ? "%c" : "\\x%02x", built[i]);
    }
    printf("\n");
    fflush(stdout);
    if (t->init) {
        t->init(NULL, NULL);
    }
    t->one(built, built_n);
}

struct options {
    uint64_t cases, part, parts, seed, index;
    const char *target, *write_to;
    bool one;
};

static struct options read_options(int argc, char **argv)
{
    struct options o = {.cases = 1000000, .parts = 1, .seed = 20240808};
    for (int i = 1; i < argc; i += 2) { // each has a value behind it
        const char *next = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--cases") == 0) {
            o.cases = strtoull(next, NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            o.seed = strtoull(next, NULL, 10);
        } else if (strcmp(argv[i], "--target") == 0) {
            o.target = next;
        } else if (strcmp(argv[i], "--case") == 0) {
            o.index = strtoull(next, NULL, 10);
            o.one = true;
        } else if (strcmp(argv[i], "--part") == 0 && strchr(next, '/')) {
            o.part = strtoull(next, NULL, 10);
            o.parts = strtoull(strchr(next, '/') + 1, NULL, 10);
        } else if (strcmp(argv[i], "--write") == 0 && i + 2 < argc) {
            o.target = next;
            o.write_to = argv[i++ + 2];
        } else {
            fprintf(stderr, "run_cases: what is %s? (see the first comment of tests/fuzz/run_cases.c)\n",
                    argv[i]);
            exit(2);
        }
    }
    if (o.parts == 0 || o.part >= o.parts || (o.one && !o.target)) {
        fprintf(stderr, "run_cases: --part I/K wants I < K, --case wants --target\n");
        exit(2);
    }
    return o;
}

int main(int argc, char **argv)
{
    struct options o = read_options(argc, argv);
    for (size_t i = 0; i < COUNT_OF(TARGET_LIST); i++) {
        read_corpus(&TARGET_LIST[i]);
    }
    if (o.write_to) {
        return write_corpus(find(o.target), o.write_to);
    }
    watch();
    if (o.one) {
        run_one(find(o.target), o.seed, o.index);
        return 0;
    }
    for (size_t i = 0; o.target && i < COUNT_OF(TARGET_LIST); i++) {
        TARGET_LIST[i].share = strcmp(o.target, TARGET_LIST[i].name) == 0 ? 1000 : 0;
    }
    run_all(o.cases, o.part, o.parts, o.seed);
    return 0;
}
