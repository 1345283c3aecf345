// SPDX-License-Identifier: Apache-2.0
#include "live/venue_http.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

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

// "http://host/path", as a client writes it that takes the venue for a proxy: from the path on (RFC 9112,
// 3.2.2).
static struct span without_host(struct span target)
{
    size_t scheme = target.n > 8 && strncasecmp(target.p, "https://", 8) == 0  ? 8
                    : target.n > 7 && strncasecmp(target.p, "http://", 7) == 0 ? 7
                                                                               : 0;
    const char *path = scheme ? memchr(target.p + scheme, '/', target.n - scheme) : NULL;
    return path ? (struct span){path, target.n - (size_t)(path - target.p)} : target;
}

static bool parse_target(struct venue_request *r, struct span target)
{
    target = without_host(target);
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
    bool has_length, upgrade_websocket, connection_upgrade, version_13, chunked, odd_coding, expects;
    size_t length;
};

// A header whose value is handed on; what is too long becomes "?", which is never right.
static void keep_value(char *to, size_t cap, struct span value)
{
    bool fits = value.n < cap && !memchr(value.p, 0, value.n);
    struct span v = fits ? value : (struct span){"?", 1};
    memcpy(to, v.p, v.n);
    to[v.n] = 0;
}

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
        f->odd_coding |= f->chunked || !is(value, "chunked");
        f->chunked = true;
    } else if (is(name, "expect")) {
        f->expects |= is(value, "100-continue");
    } else if (is(name, "connection")) {
        f->connection_upgrade |= lists(value, "upgrade");
        r->keep_alive = (r->keep_alive || lists(value, "keep-alive")) && !lists(value, "close");
    } else if (is(name, "upgrade")) {
        f->upgrade_websocket |= lists(value, "websocket");
    } else if (is(name, "sec-websocket-version")) {
        f->version_13 = is(value, "13");
    } else if (is(name, "sec-websocket-key")) {
        keep_value(r->ws_key, sizeof r->ws_key, value);
    } else if (is(name, "x-mbx-apikey")) {
        keep_value(r->api_key, sizeof r->api_key, value);
    }
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

// The size line of a chunk at *p, which is moved behind it. VP_DONE, VP_MORE or VP_BAD.
static enum venue_parse chunk_size(const char **p, const char *end, size_t *size)
{
    const char *eol = memmem(*p, (size_t)(end - *p), "\r\n", 2);
    if (!eol) {
        return end - *p > 64 ? VP_BAD : VP_MORE;
    }
    size_t v = 0, digits = 0;
    for (const char *c = *p; c < eol && *c != ';'; c++, digits++) {
        int d = hex_digit(*c);
        if (d < 0 || digits == 6) {
            return VP_BAD;
        }
        v = v * 16 + (size_t)d;
    }
    *size = v;
    *p = eol + 2;
    return digits ? VP_DONE : VP_BAD;
}

// Walk over a chunked body of which n bytes are there; with `join` (only once it is known to be whole) its
// data are moved together at its start. Trailer lines are skipped.
static enum venue_parse chunks(char *data, size_t n, bool join, size_t *length, size_t *used)
{
    const char *p = data, *end = data + n;
    *length = 0;
    for (size_t size = 1; size;) {
        enum venue_parse got = chunk_size(&p, end, &size);
        if (got != VP_DONE) {
            return got;
        }
        if (*length + size > VENUE_BODY_MAX) {
            return VP_TOO_LARGE;
        }
        if (size && (size_t)(end - p) < size + 2) {
            return VP_MORE;
        }
        if (size && memcmp(p + size, "\r\n", 2) != 0) {
            return VP_BAD;
        }
        if (join) {
            memmove(data + *length, p, size);
        }
        *length += size;
        p += size ? size + 2 : 0;
    }
    for (const char *eol; (eol = memmem(p, (size_t)(end - p), "\r\n", 2)) != NULL;) {
        bool last = eol == p;
        p = eol + 2;
        if (last) {
            *used = (size_t)(p - data);
            return VP_DONE;
        }
    }
    return end - p > VENUE_HEAD_MAX ? VP_TOO_LARGE : VP_MORE;
}

static enum venue_parse parse_body(struct venue_request *r, const struct head_facts *f, char *data, size_t n)
{
    size_t length = f->length, used = length;
    if (f->odd_coding || (f->chunked && f->has_length)) {
        return f->odd_coding ? VP_UNSUPPORTED : VP_BAD; // two lengths: a smuggled request
    }
    if (!f->chunked && length > VENUE_BODY_MAX) {
        return VP_TOO_LARGE;
    }
    enum venue_parse got = f->chunked   ? chunks(data, n, false, &length, &used)
                           : n < length ? VP_MORE
                                        : VP_DONE;
    if (got != VP_DONE) {
        return got;
    }
    if (f->chunked) {
        chunks(data, n, true, &length, &used);
    }
    r->body = data;
    r->body_len = length;
    r->total += used;
    return VP_DONE;
}

enum venue_parse venue_http_parse(struct venue_request *r, char *data, size_t n)
{
    *r = (struct venue_request){0};
    size_t skip = n >= 2 && memcmp(data, "\r\n", 2) == 0 ? 2 : 0; // RFC 9112, 2.2: an empty line before it
    const char *begin = data + skip;
    size_t left = n - skip;
    if (skip && left >= 2 && memcmp(begin, "\r\n", 2) == 0) {
        return VP_BAD;
    }
    const char *end = memmem(begin, left < VENUE_HEAD_MAX ? left : VENUE_HEAD_MAX, "\r\n\r\n", 4);
    if (!end) {
        return n >= VENUE_HEAD_MAX ? VP_TOO_LARGE : VP_MORE;
    }
    struct head_facts f = {0};
    const char *p = begin;
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
    r->total = (size_t)(end - data) + 4;
    r->expects_continue = f.expects;
    r->upgrade = f.upgrade_websocket && f.connection_upgrade && f.version_13 && r->ws_key[0];
    return parse_body(r, &f, data + r->total, n - r->total);
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
    for (const char *p = text, *end = n ? text + n : text; p < end;) { // an absent query is NULL, 0
        const char *amp = memchr(p, '&', (size_t)(end - p));
        const char *stop = amp ? amp : end;
        if ((size_t)(stop - p) > klen && memcmp(p, key, klen) == 0 && p[klen] == '=') {
            int found = decode((struct span){p + klen + 1, (size_t)(stop - p) - klen - 1}, to, cap);
            to[0] = found == 1 ? to[0] : 0;
            return found;
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
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Payload Too Large";
    case 418:
        return "I'm a teapot";
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
    size_t n =
        (size_t)snprintf(buf, cap, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n", h->status,
                         reason(h->status), h->html ? "text/html" : "application/json", body_len);
    n = add_number(buf, cap, n, "X-MBX-USED-WEIGHT-1M", h->used_weight);
    n = add_number(buf, cap, n, "X-MBX-ORDER-COUNT-1M", h->order_count);
    n = add_number(buf, cap, n, "X-MBX-ORDER-COUNT-10S", h->order_count_10s);
    n = add_number(buf, cap, n, "Retry-After", h->retry_after_s);
    return n + (size_t)snprintf(buf + n, cap - n, "Connection: %s\r\n\r\n",
                                h->keep_alive ? "keep-alive" : "close");
}

size_t venue_http_add_date(char *buf, size_t cap, size_t n, int64_t wall_s)
{
    static const char DAY[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char MONTH[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t at = (time_t)wall_s;
    struct tm t;
    char line[64];
    CHECK(n >= 2 && n + sizeof line <= cap && gmtime_r(&at, &t));
    int k = snprintf(line, sizeof line, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n\r\n", DAY[t.tm_wday],
                     t.tm_mday, MONTH[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
    CHECK(k > 0 && k < (int)sizeof line);
    memcpy(buf + n - 2, line, (size_t)k); // in place of the empty line at its end
    return n - 2 + (size_t)k;
}
