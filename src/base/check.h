// SPDX-License-Identifier: Apache-2.0
// check: assertions that stay on in every build that can trade.
//
// CHECK states an invariant of ours. When it fails the engine must not go on: tt_check_failed() calls the
// hook (the program's crash path: restore the terminal, one record, _exit(70)) or aborts. The engine may use
// it: it is pure.
#ifndef TT_BASE_CHECK_H
#define TT_BASE_CHECK_H

#define CHECK(cond) ((cond) ? (void)0 : tt_check_failed(#cond, __FILE__, __LINE__))

// Compile-time size of an array.
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

_Noreturn void tt_check_failed(const char *what, const char *file, int line);

// Called before the abort, once; set at start-up by main, never from a second thread.
extern void (*tt_check_hook)(const char *what, const char *file, int line);

#endif
