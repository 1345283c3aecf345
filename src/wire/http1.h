// SPDX-License-Identifier: Apache-2.0
// http1: our HTTP/1.1 client codec for one keep-alive connection, one request in flight. Builds a request
// into one buffer (one TLS record), parses the answer incrementally. No I/O, no allocation. What left us is
// known to the byte: the caller counts what it wrote.
#ifndef TT_WIRE_HTTP1_H
#define TT_WIRE_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Build a request. GET: text becomes the query; otherwise the body (form-urlencoded). api_key may be NULL.
// Returns the length, or 0 when cap is too small or method, host, path or api_key hold a blank or a control
// character.
size_t http1_build(char *buf, size_t cap, const char *method, const char *host, const char *path,
                   const char *text, size_t text_len, const char *api_key);

enum http1_state {
    HTTP1_HEAD,
    HTTP1_BODY,
    HTTP1_CHUNK_SIZE,
    HTTP1_CHUNK_DATA,
    HTTP1_CHUNK_END,
    HTTP1_TRAILER,
    HTTP1_UNTIL_CLOSE,
    HTTP1_DONE,
    HTTP1_BAD
};

enum { HTTP1_BODY_MAX = 4 * 1024 * 1024 };

struct http1_parser {
    uint8_t state;      // enum http1_state
    uint8_t keep_alive; // after DONE: the connection may be used again
    uint8_t chunked;
    uint8_t lines; // of the head and trailer so far
    uint32_t head_bytes;
    int32_t status;
    int32_t retry_after_s, used_weight_1m, order_count_1m; // headers, -1 absent
    int64_t content_length;                                // -1 unknown
    size_t line_len, body_len, body_cap;
    size_t chunk_left;
    char line[2048]; // current header or chunk-size line
    char *body;      // caller's buffer
};

// body: caller's buffer of cap bytes, cap > 17 (the body is zero-terminated: at most cap - 1 - 16 bytes are
// taken; a larger answer is BAD). Call again before each answer.
void http1_parser_init(struct http1_parser *p, char *body, size_t cap);
// Feed bytes; returns how many were used. Stops at the end of the answer (state DONE) or on error (BAD).
size_t http1_feed(struct http1_parser *p, const char *data, size_t n);
// The peer closed: DONE if the answer allowed that, else BAD.
void http1_on_close(struct http1_parser *p);

#endif
