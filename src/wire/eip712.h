// SPDX-License-Identifier: Apache-2.0
// eip712: the typed-data digest of Aster's v3 requests and Ethereum addresses (venue-api.md 2.3; EIP-712,
// EIP-55). Pure arithmetic over keccak256; keys and curves are in sign.c.
#ifndef TT_WIRE_EIP712_H
#define TT_WIRE_EIP712_H

#include <stddef.h>
#include <stdint.h>

enum { ADDRESS_TEXT = 43 }; // "0x", 40 digits, terminator

// keccak of the domain {AsterSignTransaction, 1, chain_id, zero contract}: once per signer.
void eip712_separator(uint8_t out[32], uint32_t chain_id);

// Digest of msg under a prepared separator.
void eip712_digest_under(uint8_t out[32], const uint8_t separator[32], const char *msg, size_t n);

// struct hash of Message(string msg), the inner part of the digest.
void eip712_struct_hash(uint8_t out[32], const char *msg, size_t n);

// Address of an uncompressed public key's 64 coordinate bytes: lower case, or in EIP-55 checksum case.
void eip712_address_lower(char out[ADDRESS_TEXT], const uint8_t xy[64]);
void eip712_address_checksum(char out[ADDRESS_TEXT], const uint8_t xy[64]);

#endif
