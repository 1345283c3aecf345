// SPDX-License-Identifier: Apache-2.0
// alloc_pool: recycled small blocks for OpenSSL and libwebsockets, so that the hot thread calls malloc zero
// times in steady state. Each thread keeps its own free lists by size class; a block freed on another thread
// joins that thread's lists. Blocks above 64 KiB go to malloc. In AddressSanitizer builds the pool is off (it
// would hide bugs).
#ifndef TT_LIVE_ALLOC_POOL_H
#define TT_LIVE_ALLOC_POOL_H

#include <stdint.h>

// First call of main: before any OpenSSL or libwebsockets function allocates.
void alloc_pool_install(void);

// Blocks that this thread's pool had to take from malloc so far.
uint64_t alloc_pool_misses(void);

#endif
