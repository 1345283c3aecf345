// SPDX-License-Identifier: Apache-2.0
// rng: seeded, reproducible random numbers: splitmix64 (seeding) and xoshiro256** (Blackman, Vigna 2018).
#ifndef TT_BASE_RNG_H
#define TT_BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t s[4];
};

uint64_t splitmix64(uint64_t *state);
void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
// Uniform in [0, n), n > 0 (multiply-shift; bias below 2^-32 for n < 2^32).
uint64_t rng_below(struct rng *r, uint64_t n);

#endif
