// SPDX-License-Identifier: Apache-2.0
// memory: room for structs that hold fields on cache lines of their own (rings, the snapshot's triple
// buffer). calloc gives 16 bytes of alignment, which such a struct must not stand on.
#ifndef TT_BASE_MEMORY_H
#define TT_BASE_MEMORY_H

#include <stddef.h>

enum { MEMORY_LINE = 64 }; // bytes of a cache line on every x86-64

// `bytes` zeroed bytes (rounded up to whole lines) that begin on a cache line; every page is touched, so that
// no page fault comes later. NULL: no memory. The caller frees with free().
void *memory_new_aligned(size_t bytes);

#endif
