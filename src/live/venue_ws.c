// SPDX-License-Identifier: Apache-2.0
#include "live/venue_ws.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

size_t ws_accept(char *buf, size_t cap, const char *key)
{
    char joined[128];
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned char b64[64];
    unsigned n = 0;
    snprintf(joined, sizeof joined, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key); // RFC 6455, 1.3
    CHECK(EVP_Digest(joined, strlen(joined), digest, &n, EVP_sha1(), NULL) == 1);
    EVP_EncodeBlock(b64, digest, (int)n);
    int len = snprintf(buf, cap,
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: %s\r\n\r\n",
                       (const char *)b64);
    CHECK(len > 0 && (size_t)len < cap);
    return (size_t)len;
}

size_t ws_frame_head(uint8_t head[WS_FRAME_HEAD_MAX], enum ws_opcode op, size_t payload)
{
    head[0] = (uint8_t)(0x80u | op);
    if (payload < 126) {
        head[1] = (uint8_t)payload;
        return 2;
    }
    size_t bytes = payload < 65536 ? 2 : 8;
    head[1] = bytes == 2 ? 126 : 127;
    for (size_t i = 0; i < bytes; i++) {
        head[2 + i] = (uint8_t)(payload >> (8 * (bytes - 1 - i)));
    }
    return 2 + bytes;
}

enum ws_parse ws_frame_parse(struct ws_frame *f, char *data, size_t n)
{
    const uint8_t *u = (const uint8_t *)data;
    if (n < 2) {
        return WS_MORE;
    }
    *f = (struct ws_frame){.opcode = u[0] & 0x0f, .fin = u[0] & 0x80};
    bool control = f->opcode >= 8;
    bool known = f->opcode <= WS_BINARY || (f->opcode >= WS_CLOSE && f->opcode <= WS_PONG);
    size_t len = u[1] & 0x7f, at = 2;
    if ((u[0] & 0x70) || !(u[1] & 0x80) || !known || (control && (!f->fin || len > 125))) {
        return WS_BAD; // extensions, unmasked, unknown, or a fragmented control frame
    }
    size_t wide = len == 126 ? 2 : len == 127 ? 8 : 0;
    if (n < at + wide + 4) {
        return WS_MORE;
    }
    if (wide) {
        uint64_t v = 0;
        for (size_t i = 0; i < wide; i++) {
            v = v << 8 | u[at + i];
        }
        if (v > WS_CLIENT_MESSAGE_MAX) {
            return WS_BAD;
        }
        len = (size_t)v;
        at += wide;
    }
    if (n < at + 4 + len) {
        return WS_MORE;
    }
    const uint8_t *mask = u + at;
    f->payload = data + at + 4;
    f->payload_len = len;
    f->total = at + 4 + len;
    for (size_t i = 0; i < len; i++) {
        f->payload[i] = (char)((uint8_t)f->payload[i] ^ mask[i & 3]);
    }
    return WS_DONE;
}
