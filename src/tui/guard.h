// SPDX-License-Identifier: Apache-2.0
// guard: does this F come from a hand that means it? Pure arithmetic on key times (console-design.md 5.1).
//
// A press is *held* when it looks like typing in the wrong window: 4 or more letters in the 600 ms before it
// (or right behind it in the same read), or a text field refused another capital in the last 2 s. A held
// press does the free part at once (fence, pull, cancel) and waits 3 s for one more F before anything is
// closed. A lone F, F F, or an F after a pause is never held.
//
// Owner: the pump thread.
#ifndef TT_TUI_GUARD_H
#define TT_TUI_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/decoder.h"

enum guard_verdict { GUARD_FLATTEN, GUARD_HOLD };

enum { GUARD_LETTERS = 4 };
#define GUARD_CONFIRM_NS (3 * INT64_C(1000000000))

struct guard {
    bool enabled;
    int64_t letter_ns[GUARD_LETTERS]; // times of the last letters that are no F, a ring
    unsigned letters;
    int64_t capital_ns; // last capital refused by a text field
    int64_t held_ns;    // when a press was held; INT64_MIN / 2 when none is
};

void guard_init(struct guard *g, bool enabled);

// Account for a key that is not F. `in_field`: a text field is open and refuses capitals.
void guard_note(struct guard *g, const struct key *k, bool in_field);

// Judge the F at keys[at] of the n keys that came in one read.
enum guard_verdict guard_judge(struct guard *g, const struct key *keys, size_t n, size_t at);

#endif
