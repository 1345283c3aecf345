// SPDX-License-Identifier: Apache-2.0
// count_malloc: counts the calls of malloc that this thread makes: a malloc of our own instead of the C
// library's, in the one program that includes this. Not in sanitizer builds, which own malloc: COUNTS_MALLOC
// is not defined there.
#ifndef TT_TESTS_SUPPORT_COUNT_MALLOC_H
#define TT_TESTS_SUPPORT_COUNT_MALLOC_H

#include <stddef.h>

#include "base/sanitizer.h"

#if !SANITIZED_ADDRESS && !SANITIZED_THREAD
#define COUNTS_MALLOC 1
static _Thread_local unsigned long mallocs;
void *__libc_malloc(size_t n);
void *malloc(size_t n);
void *malloc(size_t n)
{
    mallocs++;
    return __libc_malloc(n);
}
#endif

#endif
