// SPDX-License-Identifier: Apache-2.0
#include "live/venue_http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"

struct span {
    const char *p;
    size_t n;
};

static struct span trim(struct span s)
{
    while (s.n && (*s.p == ' ' || *s.p == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

static bool is(struct span s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

// Does a comma-separated header value hold the word?
static bool lists(struct span s, const char *word)
{
    while (s.n) {
        const char *comma = memchr(s.p, ',', s.n);
        size_t k = comma ? (size_t)(comma - s.p) : s.n;
        if (is(trim((struct span){s.p, k}), word)) {
            return true;
        }
        size_t step = comma ? k + 1 : k;
        s.p += step;
        s.n -= step;
    }
    return false;
}

static bool parse_target(struct venue_request *r, struct span target)
{
    const char *q = memchr(target.p, '?', target.n);
    size_t path = q ? (size_t)(q - target.p) : target.n;
    if (path == 0 || target.p[0] != '/' || path >= sizeof r->path) {
        return false;
    }
    memcpy(r->path, target.p, path);
    r->path[path] = 0;
    r->query = q ? q + 1 : target.p + target.n;
    r->query_len = q ? target.n - path - 1 : 0;
    return true;
}

static bool parse_request_line(struct venue_request *r, struct span line)
{
    const char *a = memchr(line.p, ' ', line.n);
    if (!a || a == line.p || (size_t)(a - line.p) >= sizeof r->method) {
        return false;
    }
    memcpy(r->method, line.p, (size_t)(a - line.p));
    struct span rest = {a + 1, line.n - (size_t)(a - line.p) - 1};
    const char *b = memchr(rest.p, ' ', rest.n);
    if (!b) {
        return false;
    }
    struct span version = {b + 1, rest.n - (size_t)(b - rest.p) - 1};
    r->keep_alive = is(version, "HTTP/1.1");
    return (r->keep_alive || is(version, "HTTP/1.0")) &&
           parse_target(r, (struct span){rest.p, (size_t)(b - rest.p)});
}

static bool parse_length(struct span v, size_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < '0' || v.p[i] > '9' || n > VENUE_BODY_MAX) {
            return false;
        }
        n = n * 10 + (size_t)(v.p[i] - '0');
    }
    *out = n;
    return v.n > 0;
}

struct head_facts {
    bool has_length, upgrade_websocket, connection_upgrade, version_13, chunked;
    size_t length;
};

static bool parse_header(struct venue_request *r, struct head_facts *f, struct span line)
{
    const char *colon = memchr(line.p, ':', line.n);
    if (!colon || colon == line.p) {
        return false;
    }
    struct span name = {line.p, (size_t)(colon - line.p)};
    struct span value = trim((struct span){colon + 1, line.n - name.n - 1});
    if (is(name, "content-length")) {
        size_t length;
        if (!parse_length(value, &length) || (f->has_length && length != f->length)) {
            return false;
        }
        f->has_length = true;
        f->length = length;
    } else if (is(name, "transfer-encoding")) {
        f->chunked = true;
    } else if (is(name, "connection")) {
        f->connection_upgrade |= lists(value, "upgrade");
        r->keep_alive = (r->keep_alive || lists(value, "keep-alive")) && !lists(value, "close");
    } else if (is(name, "upgrade")) {
        f->upgrade_websocket |= lists(value, "websocket");
    } else if (is(name, "sec-websocket-version")) {
        f->version_13 = is(value, "13");
    } else if (is(name, "sec-websocket-key") && value.n < sizeof r->ws_key) {
        memcpy(r->ws_key, value.p, value.n);
        r->ws_key[value.n] = 0;
    }
    return true;
}

enum venue_parse venue_http_parse(struct venue_request *r, const char *data, size_t n)
{
    const char *end = memmem(data, n < VENUE_HEAD_MAX ? n : VENUE_HEAD_MAX, "\r\n\r\n", 4);
    if (!end) {
        return n >= VENUE_HEAD_MAX ? VP_TOO_LARGE : VP_MORE;
    }
    *r = (struct venue_request){0};
    struct head_facts f = {0};
    const char *p = data;
    for (bool first = true; p < end; first = false) {
        const char *eol = memmem(p, (size_t)(end + 2 - p), "\r\n", 2);
        struct span line = {p, (size_t)(eol - p)};
        if (first ? !parse_request_line(r, line) : !parse_header(r, &f, line)) {
            return VP_BAD;
        }
        p = eol + 2;
    }
    if (r->method[0] == 0) {
        return VP_BAD;
    }
    if (f.chunked) {
        return VP_UNSUPPORTED;
    }
    if (f.length > VENUE_BODY_MAX) {
        return VP_TOO_LARGE;
    }
    size_t head = (size_t)(end - data) + 4;
    if (n - head < f.length) {
        return VP_MORE;
    }
    r->body = data + head;
    r->body_len = f.length;
    r->total = head + f.length;
    r->upgrade = f.upgrade_websocket && f.connection_upgrade && f.version_13 && r->ws_key[0];
    return VP_DONE;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static int decode(struct span v, char *to, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i] == '+' ? ' ' : v.p[i];
        if (c == '%') {
            int hi = i + 2 < v.n ? hex_digit(v.p[i + 1]) : -1;
            int lo = hi < 0 ? -1 : hex_digit(v.p[i + 2]);
            if (lo < 0) {
                return -1;
            }
            c = (char)(hi * 16 + lo);
            i += 2;
        }
        if (c == 0 || len + 1 >= cap) {
            return -1;
        }
        to[len++] = c;
    }
    to[len] = 0;
    return 1;
}

int venue_http_param(const char *text, size_t n, const char *key, char *to, size_t cap)
{
    size_t klen = strlen(key);
    to[0] = 0;
    for (const char *p = text, *end = text + n; p < end;) {
        const char *amp = memchr(p, '&', (size_t)(end - p));
        const char *stop = amp ? amp : end;
        if ((size_t)(stop - p) > klen && memcmp(p, key, klen) == 0 && p[klen] == '=') {
            return decode((struct span){p + klen + 1, (size_t)(stop - p) - klen - 1}, to, cap);
        }
        p = stop + 1;
    }
    return 0;
}

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Payload Too Large";
    case 429:
        return "Too Many Requests";
    case 501:
        return "Not Implemented";
    case 503:
        return "Service Unavailable";
    default:
        return "Error";
    }
}

static size_t add_number(char *buf, size_t cap, size_t at, const char *name, int32_t v)
{
    if (v < 0) {
        return at;
    }
    int k = snprintf(buf + at, cap - at, "%s: %d\r\n", name, (int)v);
    return at + (size_t)k;
}

size_t venue_http_head(char *buf, size_t cap, const struct venue_answer_head *h, size_t body_len)
{
    CHECK(cap >= 512);
    size_t n = (size_t)snprintf(buf, cap,
                                "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n",
                                h->status, reason(h->status), body_len);
    n = add_number(buf, cap, n, "X-MBX-USED-WEIGHT-1M", h->used_weight);
    n = add_number(buf, cap, n, "X-MBX-ORDER-COUNT-1M", h->order_count);
    n = add_number(buf, cap, n, "Retry-After", h->retry_after_s);
    return n + (size_t)snprintf(buf + n, cap - n, "Connection: %s\r\n\r\n",
                                h->keep_alive ? "keep-alive" : "close");
}
