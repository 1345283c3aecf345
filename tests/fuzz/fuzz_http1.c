// SPDX-License-Identifier: Apache-2.0
// Tries to break the HTTP/1.1 client codec: the input as an answer, whole and cut in two and fed byte by
// byte; all three must end in the same state with the same body. The first byte says where to cut and how
// large the buffer is.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "wire/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CAP_MAX = 4096 };

struct reading {
    struct http1_parser p;
    size_t used;
    char body[CAP_MAX];
};

static struct reading whole, halves, bytes;

static void feed(struct reading *r, const char *data, size_t n)
{
    if (r->p.state == HTTP1_DONE || r->p.state == HTTP1_BAD || n == 0) {
        return;
    }
    char *copy = malloc(n); // exactly as long as the piece, so that a read past it is seen
    CHECK(copy != NULL);
    memcpy(copy, data, n);
    size_t used = http1_feed(&r->p, copy, n);
    CHECK(used <= n);
    CHECK(used == n || r->p.state == HTTP1_DONE || r->p.state == HTTP1_BAD);
    r->used += used;
    free(copy);
}

static void begin(struct reading *r, size_t cap)
{
    memset(r, 0, sizeof *r);
    http1_parser_init(&r->p, r->body, cap);
}

static void end(struct reading *r, size_t cap)
{
    if (r->p.state != HTTP1_DONE && r->p.state != HTTP1_BAD) {
        http1_on_close(&r->p);
    }
    CHECK(r->p.state == HTTP1_DONE || r->p.state == HTTP1_BAD);
    if (r->p.state == HTTP1_DONE) {
        CHECK(r->p.body_len + 17 <= cap && r->body[r->p.body_len] == 0);
        CHECK(r->p.status >= 200 && r->p.status <= 999);
    }
}

static void check_same(const struct reading *a, const struct reading *b)
{
    CHECK(a->p.state == b->p.state);
    if (a->p.state == HTTP1_DONE) {
        CHECK(a->used == b->used && a->p.status == b->p.status && a->p.keep_alive == b->p.keep_alive);
        CHECK(a->p.retry_after_s == b->p.retry_after_s && a->p.used_weight_1m == b->p.used_weight_1m);
        CHECK(a->p.body_len == b->p.body_len && memcmp(a->body, b->body, a->p.body_len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    const char *text = (const char *)data + 1;
    size_t n = size - 1;
    size_t cut = n * data[0] / 255;
    size_t cap = data[0] % 16 == 15 ? 18u + data[0] : CAP_MAX;
    begin(&whole, cap);
    begin(&halves, cap);
    begin(&bytes, cap);
    feed(&whole, text, n);
    feed(&halves, text, cut);
    feed(&halves, text + halves.used, n - cut);
    for (size_t i = 0; i < n; i++) {
        feed(&bytes, text + i, 1);
    }
    end(&whole, cap);
    end(&halves, cap);
    end(&bytes, cap);
    check_same(&whole, &halves);
    check_same(&whole, &bytes);
    return 0;
}
