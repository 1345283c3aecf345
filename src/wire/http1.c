// SPDX-License-Identifier: Apache-2.0
// http1: see http1.h. The parser is a byte-driven state machine, so an answer may arrive in any pieces; whole
// runs of body bytes are copied at once. It is strict where two readings of an answer are possible (both
// lengths given, folded headers, lengths that differ): such an answer is BAD, which for an order means
// "unknown", never a guess.
#include "wire/http1.h"

#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/decimal.h"

enum {
    LINES_MAX = 128,
    HEAD_BYTES_MAX = 64 * 1024,
    BODY_MARGIN = 17
}; // terminator and 16 bytes for the scanner

// --------------------------------------------------------------------------------------------------------
// requests

struct out {
    char *buf;
    size_t n, cap;
};

// Appends; once something does not fit, n exceeds cap for ever.
static void put(struct out *o, const char *s, size_t n)
{
    if (o->n <= o->cap && o->cap - o->n >= n) {
        memcpy(o->buf + o->n, s, n);
        o->n += n;
    } else {
        o->n = o->cap + 1;
    }
}

static void put_text(struct out *o, const char *s)
{
    put(o, s, strlen(s));
}

static void put_size(struct out *o, size_t v)
{
    char digits[20];
    size_t n = decimal_digits(digits, v);
    put(o, digits, n);
}

// Nothing that could end a line or a word may come into the head.
static bool is_token(const char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f) {
            return false;
        }
    }
    return true;
}

size_t http1_build(char *buf, size_t cap, const char *method, const char *host, const char *path,
                   const char *text, size_t text_len, const char *api_key)
{
    if (!is_token(method) || !is_token(host) || !is_token(path) || (api_key && !is_token(api_key))) {
        return 0;
    }
    bool get = strcmp(method, "GET") == 0;
    bool body = !get && text_len > 0;
    struct out o = {buf, 0, cap};
    put_text(&o, method);
    put(&o, " ", 1);
    put_text(&o, path);
    if (get && text_len) {
        put(&o, "?", 1);
        put(&o, text, text_len);
    }
    put_text(&o, " HTTP/1.1\r\nHost: ");
    put_text(&o, host);
    put_text(&o, "\r\nUser-Agent: ticktower/" TT_VERSION "\r\n");
    if (api_key) {
        put_text(&o, "X-MBX-APIKEY: ");
        put_text(&o, api_key);
        put(&o, "\r\n", 2);
    }
    if (body) {
        put_text(&o, "Content-Type: application/x-www-form-urlencoded\r\n");
    }
    if (!get) { // a POST or PUT without a body must say so
        put_text(&o, "Content-Length: ");
        put_size(&o, text_len);
        put(&o, "\r\n", 2);
    }
    put(&o, "\r\n", 2);
    if (body) {
        put(&o, text, text_len);
    }
    return o.n <= cap ? o.n : 0;
}

// ---------------------------------------------------------------------------------------------------------
// answers

void http1_parser_init(struct http1_parser *p, char *body, size_t cap)
{
    CHECK(cap > BODY_MARGIN);
    p->state = HTTP1_HEAD;
    p->keep_alive = 1;
    p->chunked = 0;
    p->lines = 0;
    p->status = 0;
    p->retry_after_s = -1;
    p->used_weight_1m = -1;
    p->order_count_1m = -1;
    p->content_length = -1;
    p->line_len = 0;
    p->head_bytes = 0;
    p->chunk_left = 0;
    p->body_len = 0;
    p->body_cap = cap;
    p->body = body;
    body[0] = 0;
}

static void finish(struct http1_parser *p, enum http1_state state)
{
    p->state = (uint8_t)state;
    p->body[p->body_len] = 0;
    if (state == HTTP1_BAD) {
        p->keep_alive = 0;
    }
}

static size_t body_limit(const struct http1_parser *p)
{
    size_t room = p->body_cap - BODY_MARGIN;
    return room < HTTP1_BODY_MAX ? room : (size_t)HTTP1_BODY_MAX;
}

// Decimal digits only, at most 10 of them (a header's number); -1 otherwise.
static int64_t parse_number(const char *s)
{
    int64_t v = 0;
    size_t n = 0;
    for (; s[n] >= '0' && s[n] <= '9' && n <= 10; n++) {
        v = v * 10 + (s[n] - '0');
    }
    return n == 0 || n > 10 || s[n] ? -1 : v;
}

static int32_t parse_count(const char *s)
{
    int64_t v = parse_number(s);
    return v > INT32_MAX ? -1 : (int32_t)v;
}

// Is `word` one of the comma-separated tokens of the value?
static bool has_token(const char *value, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = value; *at;) {
        at += strspn(at, " \t,");
        size_t len = strcspn(at, ",");
        size_t used = len;
        while (used && (at[used - 1] == ' ' || at[used - 1] == '\t')) {
            used--;
        }
        if (used == n && strncasecmp(at, word, n) == 0) {
            return true;
        }
        at += len;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool on_status_line(struct http1_parser *p)
{
    const char *s = p->line;
    if (strncmp(s, "HTTP/1.", 7) != 0 || (s[7] != '0' && s[7] != '1') || s[8] != ' ' || !is_digit(s[9]) ||
        !is_digit(s[10]) || !is_digit(s[11]) || (s[12] != ' ' && s[12] != 0)) {
        return false;
    }
    p->status = (s[9] - '0') * 100 + (s[10] - '0') * 10 + (s[11] - '0');
    p->keep_alive = s[7] == '1';
    return p->status >= 100 && p->status <= 599 && p->status != 101; // we never ask to switch protocols
}

static bool on_content_length(struct http1_parser *p, const char *value)
{
    int64_t v = parse_number(value);
    if (v < 0 || (p->content_length >= 0 && v != p->content_length)) {
        return false;
    }
    p->content_length = v;
    return true;
}

static bool on_header(struct http1_parser *p, const char *name, const char *value)
{
    if (strcasecmp(name, "Content-Length") == 0) {
        return on_content_length(p, value);
    }
    if (strcasecmp(name, "Transfer-Encoding") == 0) {
        bool first = !p->chunked;
        p->chunked = 1;
        return first && strcasecmp(value, "chunked") == 0; // no other coding was asked for
    }
    if (strcasecmp(name, "Content-Encoding") == 0) {
        return strcasecmp(value, "identity") == 0;
    }
    if (strcasecmp(name, "Connection") == 0) {
        p->keep_alive = has_token(value, "close") ? 0 : has_token(value, "keep-alive") ? 1 : p->keep_alive;
    } else if (strcasecmp(name, "Retry-After") == 0) {
        p->retry_after_s = parse_count(value); // the date form stays "absent": then the defaults rule
    } else if (strcasecmp(name, "X-MBX-USED-WEIGHT-1M") == 0) {
        p->used_weight_1m = parse_count(value);
    } else if (strcasecmp(name, "X-MBX-ORDER-COUNT-1M") == 0) {
        p->order_count_1m = parse_count(value);
    }
    return true;
}

// Splits "name: value" in place. False: no colon, blanks around the name, folding.
static bool on_header_line(struct http1_parser *p)
{
    char *colon = strchr(p->line, ':');
    if (!colon || colon == p->line || colon[-1] == ' ' || colon[-1] == '\t' || p->line[0] == ' ' ||
        p->line[0] == '\t') {
        return false;
    }
    *colon = 0;
    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t n = strlen(value);
    while (n && (value[n - 1] == ' ' || value[n - 1] == '\t')) {
        value[--n] = 0;
    }
    return on_header(p, p->line, value);
}

// A header that says where the body ends must have been read whole.
static bool is_framing(const char *line)
{
    return strncasecmp(line, "Content-Length", 14) == 0 || strncasecmp(line, "Transfer-Encoding", 17) == 0;
}

// The empty line: what follows?
static void on_head_end(struct http1_parser *p)
{
    if (p->status < 200) { // informational: the real answer follows
        p->status = 0;
        p->content_length = -1;
        p->chunked = 0;
        return;
    }
    bool empty = p->status == 204 || p->status == 304 || (p->content_length == 0 && !p->chunked);
    bool ambiguous = p->chunked && p->content_length >= 0;
    if (!empty && (ambiguous || p->content_length > (int64_t)body_limit(p))) {
        finish(p, HTTP1_BAD);
    } else if (empty) {
        finish(p, HTTP1_DONE);
    } else if (p->chunked) {
        p->state = HTTP1_CHUNK_SIZE;
    } else if (p->content_length > 0) {
        p->state = HTTP1_BODY;
    } else {
        p->state = HTTP1_UNTIL_CLOSE;
        p->keep_alive = 0;
    }
}

static void on_chunk_size(struct http1_parser *p)
{
    size_t v = 0, n = 0;
    for (;; n++) {
        char c = p->line[n];
        unsigned d = is_digit(c)                                ? (unsigned)(c - '0')
                     : ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') ? (unsigned)((c | 0x20) - 'a' + 10)
                                                                : 16U;
        if (d == 16 || n == 8) {
            break;
        }
        v = v * 16 + d;
    }
    char end = p->line[n];
    if (n == 0 || (end != 0 && end != ';' && end != ' ' && end != '\t') || v > body_limit(p) - p->body_len) {
        finish(p, HTTP1_BAD);
        return;
    }
    p->chunk_left = v;
    p->state = v ? HTTP1_CHUNK_DATA : HTTP1_TRAILER;
}

static void on_line(struct http1_parser *p, bool cut)
{
    bool ok = true;
    switch (p->state) {
    case HTTP1_HEAD:
        if (p->status == 0) {
            ok = !cut && on_status_line(p);
        } else if (p->line_len == 0) {
            on_head_end(p);
        } else {
            ok = cut ? !is_framing(p->line) : on_header_line(p);
        }
        break;
    case HTTP1_CHUNK_SIZE:
        if (cut) {
            ok = false;
        } else {
            on_chunk_size(p);
        }
        break;
    case HTTP1_CHUNK_END: // the line end after a chunk's bytes
        ok = p->line_len == 0;
        p->state = HTTP1_CHUNK_SIZE;
        break;
    default: // HTTP1_TRAILER
        if (p->line_len == 0) {
            finish(p, HTTP1_DONE);
        }
        break;
    }
    if (!ok) {
        finish(p, HTTP1_BAD);
    }
}

// Collect one line; over-long ones are kept cut (a cookie of 4 kB is no reason to lose an answer).
static void take_line_byte(struct http1_parser *p, char c)
{
    bool chunk_size = p->state == HTTP1_CHUNK_SIZE || p->state == HTTP1_CHUNK_END;
    if (!chunk_size && ++p->head_bytes > HEAD_BYTES_MAX) {
        finish(p, HTTP1_BAD);
        return;
    }
    if (c == 0 || (chunk_size && p->line_len >= sizeof p->line - 1)) {
        finish(p, HTTP1_BAD);
        return;
    }
    if (c != '\n') {
        if (p->line_len < sizeof p->line - 1) {
            p->line[p->line_len] = c;
        }
        p->line_len++;
        return;
    }
    bool cut = p->line_len > sizeof p->line - 1;
    if (cut) {
        p->line[sizeof p->line - 1] = 0;
    } else {
        if (p->line_len && p->line[p->line_len - 1] == '\r') {
            p->line_len--;
        }
        p->line[p->line_len] = 0;
    }
    if (!chunk_size && ++p->lines > LINES_MAX) {
        finish(p, HTTP1_BAD);
        return;
    }
    on_line(p, cut);
    p->line_len = 0;
}

static size_t take_body(struct http1_parser *p, const char *data, size_t n, size_t want)
{
    size_t take = n < want ? n : want;
    memcpy(p->body + p->body_len, data, take);
    p->body_len += take;
    return take;
}

// A run of body bytes in one of the three body states; returns how many were used.
static size_t feed_body(struct http1_parser *p, const char *data, size_t n)
{
    size_t used;
    if (p->state == HTTP1_BODY) {
        used = take_body(p, data, n, (size_t)p->content_length - p->body_len);
        if (p->body_len == (size_t)p->content_length) {
            finish(p, HTTP1_DONE);
        }
    } else if (p->state == HTTP1_CHUNK_DATA) {
        used = take_body(p, data, n, p->chunk_left);
        p->chunk_left -= used;
        if (p->chunk_left == 0) {
            p->state = HTTP1_CHUNK_END;
        }
    } else {
        used = take_body(p, data, n, body_limit(p) - p->body_len);
        if (used < n) {
            finish(p, HTTP1_BAD);
        }
    }
    return used;
}

size_t http1_feed(struct http1_parser *p, const char *data, size_t n)
{
    size_t used = 0;
    while (used < n && p->state != HTTP1_DONE && p->state != HTTP1_BAD) {
        if (p->state == HTTP1_BODY || p->state == HTTP1_CHUNK_DATA || p->state == HTTP1_UNTIL_CLOSE) {
            used += feed_body(p, data + used, n - used);
        } else {
            take_line_byte(p, data[used++]);
        }
    }
    return used;
}

void http1_on_close(struct http1_parser *p)
{
    if (p->state == HTTP1_UNTIL_CLOSE) {
        finish(p, HTTP1_DONE);
    } else if (p->state != HTTP1_DONE) {
        finish(p, HTTP1_BAD);
    }
}
