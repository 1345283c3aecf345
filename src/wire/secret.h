// SPDX-License-Identifier: Apache-2.0
// secret: memory for keys: whole pages of their own, locked against swapping, left out of core dumps, wiped
// when freed. What lives here is never printed. Owner: the caller; any thread, not shared.
#ifndef TT_WIRE_SECRET_H
#define TT_WIRE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

// n zeroed bytes (n <= 64 KiB); NULL when the system refuses memory. *locked (may be NULL) tells whether the
// pages are really locked: a limit (ulimit -l) may forbid it, and that is for a person to know, not a reason
// to stop.
void *secret_alloc(size_t n, bool *locked);

// Wipe and return memory of secret_alloc; n as then. NULL is fine.
void secret_free(void *p, size_t n);

// Overwrite n bytes in a way the compiler may not drop.
void secret_wipe(void *p, size_t n);

#endif
