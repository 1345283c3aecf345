// SPDX-License-Identifier: Apache-2.0
// keccak: original Keccak-256 (Bertoni, Daemen, Peeters, Van Assche: "The Keccak reference", 2011,
// version 3.0; rate 1088, capacity 512, padding 10*1 without the SHA-3 suffix). Our own because the
// distribution's OpenSSL has only the SHA-3 form. Checked against published answers in
// tests/unit/test_sign.c.
//
// The 25 lanes stay in local variables through all rounds: an array would be spilled and re-read in each
// step.
#include <string.h>

#include "wire/sign.h"

enum { RATE = 136, ROUNDS = 24 };

// Iota constants: the reference's linear feedback shift register, written out.
static const uint64_t IOTA[ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

static inline uint64_t rotate(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

// One output plane: chi over five lanes that rho and pi have brought together. Lane xy of the state is aXY.
#define CHI_PLANE(y, p, q, r, s, t)                                                                          \
    b0##y = (p) ^ (~(q) & (r));                                                                              \
    b1##y = (q) ^ (~(r) & (s));                                                                              \
    b2##y = (r) ^ (~(s) & (t));                                                                              \
    b3##y = (s) ^ (~(t) & (p));                                                                              \
    b4##y = (t) ^ (~(p) & (q))

static void keccak_f(uint64_t a[25])
{
    uint64_t a00 = a[0], a10 = a[1], a20 = a[2], a30 = a[3], a40 = a[4];
    uint64_t a01 = a[5], a11 = a[6], a21 = a[7], a31 = a[8], a41 = a[9];
    uint64_t a02 = a[10], a12 = a[11], a22 = a[12], a32 = a[13], a42 = a[14];
    uint64_t a03 = a[15], a13 = a[16], a23 = a[17], a33 = a[18], a43 = a[19];
    uint64_t a04 = a[20], a14 = a[21], a24 = a[22], a34 = a[23], a44 = a[24];
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t c0 = a00 ^ a01 ^ a02 ^ a03 ^ a04, c1 = a10 ^ a11 ^ a12 ^ a13 ^ a14;
        uint64_t c2 = a20 ^ a21 ^ a22 ^ a23 ^ a24, c3 = a30 ^ a31 ^ a32 ^ a33 ^ a34;
        uint64_t c4 = a40 ^ a41 ^ a42 ^ a43 ^ a44;
        uint64_t d0 = c4 ^ rotate(c1, 1), d1 = c0 ^ rotate(c2, 1), d2 = c1 ^ rotate(c3, 1);
        uint64_t d3 = c2 ^ rotate(c4, 1), d4 = c3 ^ rotate(c0, 1);
        uint64_t b00, b10, b20, b30, b40, b01, b11, b21, b31, b41, b02, b12, b22, b32, b42;
        uint64_t b03, b13, b23, b33, b43, b04, b14, b24, b34, b44;
        CHI_PLANE(0, a00 ^ d0, rotate(a11 ^ d1, 44), rotate(a22 ^ d2, 43), rotate(a33 ^ d3, 21),
                  rotate(a44 ^ d4, 14));
        CHI_PLANE(1, rotate(a30 ^ d3, 28), rotate(a41 ^ d4, 20), rotate(a02 ^ d0, 3), rotate(a13 ^ d1, 45),
                  rotate(a24 ^ d2, 61));
        CHI_PLANE(2, rotate(a10 ^ d1, 1), rotate(a21 ^ d2, 6), rotate(a32 ^ d3, 25), rotate(a43 ^ d4, 8),
                  rotate(a04 ^ d0, 18));
        CHI_PLANE(3, rotate(a40 ^ d4, 27), rotate(a01 ^ d0, 36), rotate(a12 ^ d1, 10), rotate(a23 ^ d2, 15),
                  rotate(a34 ^ d3, 56));
        CHI_PLANE(4, rotate(a20 ^ d2, 62), rotate(a31 ^ d3, 55), rotate(a42 ^ d4, 39), rotate(a03 ^ d0, 41),
                  rotate(a14 ^ d1, 2));
        a00 = b00 ^ IOTA[i], a10 = b10, a20 = b20, a30 = b30, a40 = b40;
        a01 = b01, a11 = b11, a21 = b21, a31 = b31, a41 = b41;
        a02 = b02, a12 = b12, a22 = b22, a32 = b32, a42 = b42;
        a03 = b03, a13 = b13, a23 = b23, a33 = b33, a43 = b43;
        a04 = b04, a14 = b14, a24 = b24, a34 = b34, a44 = b44;
    }
    a[0] = a00, a[1] = a10, a[2] = a20, a[3] = a30, a[4] = a40;
    a[5] = a01, a[6] = a11, a[7] = a21, a[8] = a31, a[9] = a41;
    a[10] = a02, a[11] = a12, a[12] = a22, a[13] = a32, a[14] = a42;
    a[15] = a03, a[16] = a13, a[17] = a23, a[18] = a33, a[19] = a43;
    a[20] = a04, a[21] = a14, a[22] = a24, a[23] = a34, a[24] = a44;
}

static void absorb(uint64_t a[25], const uint8_t block[RATE])
{
    for (size_t i = 0; i < RATE / 8; i++) {
        uint64_t lane; // lanes are little-endian, as is every machine this builds for (x86-64)
        memcpy(&lane, block + 8 * i, 8);
        a[i] ^= lane;
    }
    keccak_f(a);
}

void keccak256(uint8_t out[32], const void *data, size_t n)
{
    const uint8_t *p = data;
    uint64_t a[25] = {0};
    for (; n >= RATE; p += RATE, n -= RATE) {
        absorb(a, p);
    }
    uint8_t last[RATE] = {0};
    if (n) {
        memcpy(last, p, n);
    }
    last[n] = 0x01;
    last[RATE - 1] |= 0x80;
    absorb(a, last);
    memcpy(out, a, 32);
}
