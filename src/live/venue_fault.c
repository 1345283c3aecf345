// SPDX-License-Identifier: Apache-2.0
#include "live/venue_fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "config/value.h"

enum amount { AMOUNT_NONE, AMOUNT_TIME, AMOUNT_CODE };

static const struct {
    const char *name;
    enum amount amount;
    int64_t def;
} KNOBS[VF_COUNT] = {
    [VF_PLACE_503] = {"place-503", AMOUNT_NONE, 0},
    [VF_PLACE_LOST] = {"place-lost", AMOUNT_NONE, 0},
    [VF_PLACE_SILENT] = {"place-silent", AMOUNT_NONE, 0},
    [VF_PLACE_REJECT] = {"place-reject", AMOUNT_CODE, -2019},
    [VF_CANCEL_503] = {"cancel-503", AMOUNT_NONE, 0},
    [VF_CANCEL_LOST] = {"cancel-lost", AMOUNT_NONE, 0},
    [VF_CANCEL_REJECT] = {"cancel-reject", AMOUNT_CODE, -2011},
    [VF_READ_503] = {"read-503", AMOUNT_NONE, 0},
    [VF_HTML] = {"html", AMOUNT_NONE, 0},
    [VF_ANSWER_DELAY] = {"answer-delay", AMOUNT_TIME, 100 * NS_PER_MS},
    [VF_REPORT_DELAY] = {"report-delay", AMOUNT_TIME, 250 * NS_PER_MS},
    [VF_REPORT_TWICE] = {"report-twice", AMOUNT_NONE, 0},
    [VF_REPORT_DROP] = {"report-drop", AMOUNT_NONE, 0},
    [VF_INVISIBLE] = {"invisible", AMOUNT_TIME, NS_PER_S},
    [VF_CLOCK] = {"clock", AMOUNT_NONE, 0},
    [VF_SIGNATURE] = {"signature", AMOUNT_NONE, 0},
    [VF_LIMIT] = {"limit", AMOUNT_TIME, 5 * NS_PER_S},
    [VF_BAN] = {"ban", AMOUNT_TIME, 120 * NS_PER_S},
    [VF_MAINTENANCE] = {"maintenance", AMOUNT_NONE, 0},
    [VF_MARKET_SILENT] = {"market-silent", AMOUNT_NONE, 0},
    [VF_DEPTH_GAP] = {"depth-gap", AMOUNT_NONE, 0},
};

static const char HELP[] =
    "  place-503          new orders are executed, then answered 503\n"
    "  place-lost         new orders are answered 503 and not executed\n"
    "  place-silent       new orders are executed, then the connection is closed without an answer\n"
    "  place-reject CODE  new orders are refused with this code (-2019)\n"
    "  cancel-503         cancels are executed, then answered 503\n"
    "  cancel-lost        cancels are answered 503 and not executed\n"
    "  cancel-reject CODE cancels are refused with this code (-2011)\n"
    "  read-503           signed reads are answered 503\n"
    "  html               signed requests get a page of HTML with HTTP 500 and are not executed\n"
    "  answer-delay TIME  answers to orders come later: the user stream tells first (100 ms)\n"
    "  report-delay TIME  user-stream messages come later, others overtake them (250 ms)\n"
    "  report-twice       user-stream messages come twice\n"
    "  report-drop        user-stream messages are lost\n"
    "  invisible TIME     queries do not find orders younger than this (1 s)\n"
    "  clock              signed requests are refused for their nonce or timestamp\n"
    "  signature          signed requests are refused with -1022\n"
    "  limit TIME         requests are refused with 429 and Retry-After (5 s)\n"
    "  ban TIME           one strike refuses everything with 418 for so long (120 s)\n"
    "  maintenance        every request is answered 503, -1016\n"
    "  market-silent      market messages are lost\n"
    "  depth-gap          depth messages are lost, so that their chain breaks\n";

const char *venue_fault_help(void)
{
    return HELP;
}

void venue_faults_init(struct venue_faults *f, uint64_t seed)
{
    memset(f, 0, sizeof *f);
    rng_seed(&f->rng, seed);
}

bool venue_fault_strikes(struct venue_faults *f, enum venue_fault kind, int64_t *amount)
{
    struct venue_fault_knob *k = &f->knob[kind];
    if (!venue_fault_is_on(f, kind) || (int32_t)rng_below(&f->rng, 1000000) >= k->rate_ppm) {
        return false;
    }
    k->strikes++;
    k->left -= k->left > 0;
    if (amount) {
        *amount = k->amount;
    }
    return true;
}

// ------------------------------------------------------------------------------------------------- words

enum { WORDS_MAX = 6 };

// Split at blanks; "20 %" and "250 ms" are one word each, as in the configuration. The number of words.
static size_t split(char *text, char *word[WORDS_MAX])
{
    size_t n = 0;
    char *save = NULL;
    for (char *w = strtok_r(text, " \t", &save); w; w = strtok_r(NULL, " \t", &save)) {
        bool unit = n > 0 && (strcmp(w, "%") == 0 || strcmp(w, "ms") == 0 || strcmp(w, "s") == 0 ||
                              strcmp(w, "min") == 0);
        if (unit) {
            memmove(word[n - 1] + strlen(word[n - 1]), w, strlen(w) + 1); // over the blanks between them
            continue;
        }
        if (n == WORDS_MAX) {
            return WORDS_MAX + 1;
        }
        word[n++] = w;
    }
    return n;
}

static enum venue_fault find(const char *name)
{
    for (int i = 0; i < VF_COUNT; i++) {
        if (strcmp(KNOBS[i].name, name) == 0) {
            return (enum venue_fault)i;
        }
    }
    return VF_COUNT;
}

static bool take_amount(enum venue_fault kind, const char *word, struct venue_fault_knob *k, struct error *e)
{
    const char *why = "";
    enum amount wanted = KNOBS[kind].amount;
    char *end;
    if (word[0] == 'x') {
        long n = strtol(word + 1, &end, 10);
        k->left = (int32_t)n;
        return (n > 0 && n <= 1000000 && *end == 0) ||
               error_set(e, EXIT_USAGE, "fault %s: %.20s: write x1 to x1000000", KNOBS[kind].name, word);
    }
    if (wanted == AMOUNT_TIME) {
        return (value_parse(CU_DURATION, word, &k->amount, &why) &&
                k->amount <= INT64_C(3) * 86400 * NS_PER_S) ||
               error_set(e, EXIT_USAGE, "fault %s: %.20s: %s", KNOBS[kind].name, word,
                         why[0] ? why : "three days at most");
    }
    if (wanted == AMOUNT_CODE) {
        long code = strtol(word, &end, 10);
        k->amount = code;
        return (code < 0 && code > -10000 && *end == 0) ||
               error_set(e, EXIT_USAGE, "fault %s: %.20s: want a code from -1 to -9999", KNOBS[kind].name,
                         word);
    }
    return error_set(e, EXIT_USAGE, "fault %s: %.20s: only a rate and xN belong here", KNOBS[kind].name,
                     word);
}

bool venue_fault_set(struct venue_faults *f, const char *words, struct error *e)
{
    char text[128];
    char *word[WORDS_MAX];
    const char *why = "";
    if ((size_t)snprintf(text, sizeof text, "%s", words) >= sizeof text) {
        return error_set(e, EXIT_USAGE, "fault: longer than %zu characters", sizeof text - 1);
    }
    size_t n = split(text, word);
    if (n == 1 && strcmp(word[0], "off") == 0) {
        for (int i = 0; i < VF_COUNT; i++) {
            f->knob[i].rate_ppm = 0;
        }
        f->banned_until_ns = 0;
        return true;
    }
    enum venue_fault kind = n >= 2 && n <= WORDS_MAX ? find(word[0]) : VF_COUNT;
    if (kind == VF_COUNT) {
        return error_set(e, EXIT_USAGE, "fault \"%.40s\": write NAME RATE [AMOUNT] [xN], e.g. place-503 20%%",
                         words);
    }
    struct venue_fault_knob k = {.left = -1, .amount = KNOBS[kind].def, .strikes = f->knob[kind].strikes};
    int64_t rate_e8 = 0;
    if (strcmp(word[1], "off") != 0 &&
        (!value_parse(CU_FRACTION, word[1], &rate_e8, &why) || rate_e8 < 0 || rate_e8 > E8)) {
        return error_set(e, EXIT_USAGE, "fault %s: rate %.20s: want 0%% to 100%%", word[0], word[1]);
    }
    k.rate_ppm = (int32_t)(rate_e8 / 100);
    for (size_t i = 2; i < n; i++) {
        if (!take_amount(kind, word[i], &k, e)) {
            return false;
        }
    }
    f->knob[kind] = k;
    return true;
}

size_t venue_faults_json(const struct venue_faults *f, char *buf, size_t cap)
{
    size_t n = (size_t)snprintf(buf, cap, "{");
    for (int i = 0; i < VF_COUNT; i++) {
        const struct venue_fault_knob *k = &f->knob[i];
        if (k->rate_ppm == 0 && k->strikes == 0) {
            continue;
        }
        int w =
            snprintf(buf + n, cap - n,
                     "%s\"%s\":{\"rate_ppm\":%d,\"left\":%d,\"amount\":%" PRId64 ",\"strikes\":%" PRIu64 "}",
                     n > 1 ? "," : "", KNOBS[i].name, k->rate_ppm, k->left, k->amount, k->strikes);
        CHECK(w > 0 && (size_t)w < cap - n);
        n += (size_t)w;
    }
    CHECK(cap - n > 1);
    buf[n++] = '}';
    buf[n] = 0;
    return n;
}
