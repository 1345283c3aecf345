// SPDX-License-Identifier: Apache-2.0
// guard: see guard.h. It can only ever delay the closing of positions, never the fence and the cancels.
#include "tui/guard.h"

#include "base/clock.h"

static const int64_t TYPING_NS = 600 * NS_PER_MS;
static const int64_t CAPITAL_NS = 2 * NS_PER_S;
static const int64_t NEVER = INT64_MIN / 2;

void guard_init(struct guard *g, bool enabled)
{
    *g = (struct guard){.enabled = enabled, .capital_ns = NEVER, .held_ns = NEVER};
    for (size_t i = 0; i < GUARD_LETTERS; i++) {
        g->letter_ns[i] = NEVER;
    }
}

static bool is_letter(int code)
{
    return code != 'F' && ((code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z'));
}

void guard_note(struct guard *g, const struct key *k, bool in_field)
{
    if (!is_letter(k->code)) {
        return;
    }
    g->letter_ns[g->letters++ % GUARD_LETTERS] = k->mono_ns;
    if (in_field && k->code >= 'A' && k->code <= 'Z') {
        g->capital_ns = k->mono_ns;
    }
}

static bool typing_before(const struct guard *g, int64_t now_ns)
{
    for (size_t i = 0; i < GUARD_LETTERS; i++) {
        if (now_ns - g->letter_ns[i] > TYPING_NS) {
            return false;
        }
    }
    return true;
}

static bool typing_behind(const struct key *keys, size_t n, size_t at)
{
    size_t letters = 0;
    for (size_t i = at + 1; i < n; i++) {
        letters += is_letter(keys[i].code);
    }
    return letters >= GUARD_LETTERS;
}

enum guard_verdict guard_judge(struct guard *g, const struct key *keys, size_t n, size_t at)
{
    int64_t now_ns = keys[at].mono_ns;
    bool confirms = now_ns - g->held_ns <= GUARD_CONFIRM_NS;
    bool stray =
        typing_before(g, now_ns) || typing_behind(keys, n, at) || now_ns - g->capital_ns <= CAPITAL_NS;
    if (!g->enabled || confirms || !stray) {
        g->held_ns = NEVER;
        return GUARD_FLATTEN;
    }
    g->held_ns = now_ns;
    return GUARD_HOLD;
}
