// SPDX-License-Identifier: Apache-2.0
// keys_prompt: one line from the person at the terminal: a secret without echo, or a word with it. Reads
// /dev/tty itself, never standard input, so that nothing piped in can pass for a person. Before the console
// and before threads.
#ifndef TT_LIVE_KEYS_PROMPT_H
#define TT_LIVE_KEYS_PROMPT_H

#include <stdbool.h>

#include "base/error.h"

enum { KEY_PROMPT_MAX = 256 }; // bytes of an answer, terminator included

bool keys_can_prompt(void); // there is a terminal
// Ask without echo; `to` has KEY_PROMPT_MAX bytes and should be secret memory. False with *e: no terminal,
// ^C, ^D, an empty or too long line, or two minutes without one.
bool keys_prompt(const char *label, char *to, struct error *e);
// The same with echo, for a typed word.
bool keys_prompt_word(const char *label, char *to, struct error *e);

#endif
