// SPDX-License-Identifier: Apache-2.0
// hash: FNV-1a (64 bits) for fingerprints of actions and configurations, CRC-32C for blocks on disk.
#ifndef TT_BASE_HASH_H
#define TT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH64_START UINT64_C(0xcbf29ce484222325)

// Continue a running FNV-1a hash over n bytes.
uint64_t hash64(uint64_t h, const void *p, size_t n);

// CRC-32C (Castagnoli), start with 0; crc32c(0, "123456789", 9) = 0xE3069283.
uint32_t crc32c(uint32_t crc, const void *p, size_t n);

#endif
