// SPDX-License-Identifier: Apache-2.0
// venue_http: the server's half of HTTP/1.1 for the embedded venue: reads one request out of a byte buffer,
// reads form parameters, writes the head of an answer. Pure text work: no sockets, no allocation, hostile
// input expected.
//
// The query and the body are handed on as they came: a signature is over these very bytes, so nothing is
// decoded before it has been checked. (That is why the venue does not use an HTTP library that parses the
// query itself.)
#ifndef TT_LIVE_VENUE_HTTP_H
#define TT_LIVE_VENUE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VENUE_HEAD_MAX = 16 * 1024,
    VENUE_BODY_MAX = 64 * 1024,
    VENUE_REQUEST_MAX = VENUE_HEAD_MAX + VENUE_BODY_MAX
};

enum venue_parse { VP_MORE, VP_DONE, VP_BAD, VP_TOO_LARGE, VP_UNSUPPORTED };

struct venue_request {
    char method[8];
    char path[256];
    const char *query, *body; // into the caller's bytes; not terminated
    size_t query_len, body_len;
    size_t total; // bytes of the whole request
    bool keep_alive;
    bool upgrade;          // asks for a WebSocket
    bool expects_continue; // the client waits for "100 Continue" before it sends the body
    char ws_key[32];       // Sec-WebSocket-Key
    char api_key[160];     // X-MBX-APIKEY, "" when absent; "?" when too long to be one
    uint32_t peer_ip;      // source address, host order; the caller fills it in
};

// Read a request from the n bytes at data. VP_MORE: not all there yet (expects_continue is set when the head
// is). A chunked body is joined in place, once it is whole; before that no byte is changed.
enum venue_parse venue_http_parse(struct venue_request *r, char *data, size_t n);

// Value of parameter `key` in `k=v&k=v`, percent-decoded, zero-terminated. 1 found, 0 absent, -1 malformed or
// too long for cap; *to is "" unless found.
int venue_http_param(const char *text, size_t n, const char *key, char *to, size_t cap);

struct venue_answer_head {
    int status;
    int32_t used_weight, order_count, order_count_10s, retry_after_s; // -1: header not sent
    bool keep_alive;
    bool html; // the body is HTML, else JSON
};
// An answer without any of these numbers, after which the connection ends.
#define VENUE_ANSWER_LAST(code) ((struct venue_answer_head){(code), -1, -1, -1, -1, false, false})
// Head of an answer with a body of body_len bytes; returns its length (cap 512 suffices).
size_t venue_http_head(char *buf, size_t cap, const struct venue_answer_head *h, size_t body_len);
// The same head with the time of day (RFC 9110, 6.6.1: a server that has a clock says it): n bytes of cap are
// used, wall_s since the epoch. Returns the new length.
size_t venue_http_add_date(char *buf, size_t cap, size_t n, int64_t wall_s);

#endif
