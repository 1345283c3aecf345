// SPDX-License-Identifier: Apache-2.0
// error: how a function tells what went wrong in the world (not in our code: that is an assertion).
//
// A fallible function returns false / NULL / a negative value and, where the reason matters to a person,
// fills a `struct error`: one line that names the place and the remedy. Assertions (base/check.h) state our
// own invariants.
#ifndef TT_BASE_ERROR_H
#define TT_BASE_ERROR_H

#include <stdbool.h>

// Process exit codes; the one table (man page ticktower(1), EXIT STATUS).
enum exit_code {
    EXIT_OK = 0,           // done, and what had to be verified was verified
    EXIT_FAILED = 1,       // the command ran and its answer is "no" (verify differs, check failed)
    EXIT_USAGE = 2,        // bad command line, configuration or terminal; nothing was started
    EXIT_DATA = 65,        // a tape, database or model is damaged or of another version
    EXIT_NO_INPUT = 66,    // a file is missing or unreadable
    EXIT_UNAVAILABLE = 69, // the venue or a service could not be reached
    EXIT_SOFTWARE = 70,    // an invariant of ours is broken
    EXIT_OS = 71,          // the system refused memory, descriptors, threads
    EXIT_CANT_CREATE = 73, // an output file cannot be written
    EXIT_UNVERIFIED = 75,  // stopped, but the venue did not confirm that nothing is left
    EXIT_REFUSED = 77,     // testnet or live: something that must be green is red; nothing was started
};

struct error {
    int exit_code;  // enum exit_code to leave with, when this ends the program
    char text[480]; // one line, no newline: what, where, remedy
};

// Fill *e (may be NULL) printf-style; always returns false, so that `return error_set(...)` reads well.
bool error_set(struct error *e, int exit_code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
