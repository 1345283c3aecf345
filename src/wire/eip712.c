// SPDX-License-Identifier: Apache-2.0
// eip712: see eip712.h. The type hashes are constants of the scheme, printed in venue-api.md 2.3 and
// recomputed by tests/unit/test_sign.c from their texts.
#include "wire/eip712.h"

#include <string.h>

#include "wire/hex.h"
#include "wire/sign.h"

// keccak256("Message(string msg)")
static const uint8_t MESSAGE_TYPE[32] = {
    0xc4, 0xcf, 0xb5, 0x7e, 0xea, 0x37, 0x0e, 0xf2, 0xa9, 0x24, 0x03, 0xa7, 0xe8, 0x65, 0xb2, 0xde,
    0x26, 0x2d, 0x7c, 0xa2, 0x72, 0x33, 0x36, 0x65, 0xb5, 0x4a, 0xd7, 0xe6, 0xa6, 0x02, 0xef, 0x68,
};

void eip712_separator(uint8_t out[32], uint32_t chain_id)
{
    static const char TYPE[] =
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
    uint8_t word[5][32] = {{0}}; // type, name, version, chain id, contract (zero)
    keccak256(word[0], TYPE, sizeof TYPE - 1);
    keccak256(word[1], "AsterSignTransaction", 20);
    keccak256(word[2], "1", 1);
    for (int i = 0; i < 4; i++) {
        word[3][31 - i] = (uint8_t)(chain_id >> (8 * i));
    }
    keccak256(out, word, sizeof word);
}

void eip712_struct_hash(uint8_t out[32], const char *msg, size_t n)
{
    uint8_t word[64];
    memcpy(word, MESSAGE_TYPE, 32);
    keccak256(word + 32, msg, n);
    keccak256(out, word, sizeof word);
}

void eip712_digest_under(uint8_t out[32], const uint8_t separator[32], const char *msg, size_t n)
{
    uint8_t text[66] = {0x19, 0x01};
    memcpy(text + 2, separator, 32);
    eip712_struct_hash(text + 34, msg, n);
    keccak256(out, text, sizeof text);
}

void eip712_digest(uint8_t out[32], uint32_t chain_id, const char *msg, size_t n)
{
    uint8_t separator[32];
    eip712_separator(separator, chain_id);
    eip712_digest_under(out, separator, msg, n);
}

void eip712_address_lower(char out[ADDRESS_TEXT], const uint8_t xy[64])
{
    uint8_t hash[32];
    keccak256(hash, xy, 64);
    memcpy(out, "0x", 2);
    hex_encode(out + 2, hash + 12, 20);
    out[42] = 0;
}

void eip712_address_checksum(char out[ADDRESS_TEXT], const uint8_t xy[64])
{
    eip712_address_lower(out, xy);
    uint8_t hash[32];
    keccak256(hash, out + 2, 40);
    for (int i = 0; i < 40; i++) {
        unsigned nibble = (unsigned)(hash[i / 2] >> (i % 2 ? 0 : 4)) & 15;
        if (out[2 + i] >= 'a' && nibble >= 8) {
            out[2 + i] = (char)(out[2 + i] - 'a' + 'A');
        }
    }
}
