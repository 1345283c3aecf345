// SPDX-License-Identifier: Apache-2.0
// venue_ws: the server's half of RFC 6455: the handshake answer and frames. Pure text work, no allocation.
//
// Client frames are masked, may be fragmented; control frames may stand between the fragments. No extensions.
#ifndef TT_LIVE_VENUE_WS_H
#define TT_LIVE_VENUE_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ws_opcode { WS_CONTINUE = 0, WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

enum { WS_FRAME_HEAD_MAX = 10, WS_CLIENT_MESSAGE_MAX = 64 * 1024 };

// "HTTP/1.1 101 ..." for a client's Sec-WebSocket-Key; returns the length (cap 256 suffices).
size_t ws_accept(char *buf, size_t cap, const char *key);

// Head of an unmasked, final frame; returns its length.
size_t ws_frame_head(uint8_t head[WS_FRAME_HEAD_MAX], enum ws_opcode op, size_t payload);

struct ws_frame {
    uint8_t opcode;
    bool fin;
    char *payload; // into data, unmasked in place
    size_t payload_len, total;
};
enum ws_parse { WS_MORE, WS_DONE, WS_BAD };
// Read one client frame from the n bytes at data.
enum ws_parse ws_frame_parse(struct ws_frame *f, char *data, size_t n);

#endif
