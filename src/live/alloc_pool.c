// SPDX-License-Identifier: Apache-2.0
// A block is preceded by 16 bytes that hold its size class. Class k holds blocks of 2^k bytes, k = 5..16.
#include "live/alloc_pool.h"

#include <libwebsockets.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/sanitizer.h"

enum { CLASS_MIN = 5, CLASS_MAX = 16, CLASS_LARGE = 63, HEAD = 16 };

struct block {
    uint64_t class;
    union {
        uint64_t size;      // large blocks
        struct block *next; // free blocks
    };
};
_Static_assert(sizeof(struct block) == HEAD, "the payload keeps malloc's alignment");

static _Thread_local struct block *free_list[CLASS_MAX + 1];
static _Thread_local uint64_t misses;

static unsigned class_of(size_t n)
{
    unsigned k = CLASS_MIN;
    while (((size_t)1 << k) < n) {
        k++;
    }
    return k;
}

static void *pool_malloc(size_t n)
{
    if (n == 0) {
        return NULL;
    }
    struct block *b;
    if (n > (size_t)1 << CLASS_MAX) {
        misses++;
        b = malloc(HEAD + n);
        if (!b) {
            return NULL;
        }
        b->class = CLASS_LARGE;
        b->size = n;
        return b + 1;
    }
    unsigned k = class_of(n);
    b = free_list[k];
    if (b) {
        free_list[k] = b->next;
    } else {
        misses++;
        b = malloc(HEAD + ((size_t)1 << k));
        if (!b) {
            return NULL;
        }
    }
    b->class = k;
    b->size = n;
    return b + 1;
}

static void pool_free(void *p)
{
    if (!p) {
        return;
    }
    struct block *b = (struct block *)p - 1;
    if (b->class == CLASS_LARGE) {
        free(b);
        return;
    }
    b->next = free_list[b->class];
    free_list[b->class] = b;
}

static void *pool_realloc(void *p, size_t n)
{
    if (!p) {
        return pool_malloc(n);
    }
    if (n == 0) {
        pool_free(p);
        return NULL;
    }
    struct block *b = (struct block *)p - 1;
    if (b->class != CLASS_LARGE && n <= (size_t)1 << b->class) {
        b->size = n;
        return p;
    }
    size_t old = b->size;
    void *q = pool_malloc(n);
    if (q) {
        memcpy(q, p, old < n ? old : n);
        pool_free(p);
    }
    return q;
}

static void *ssl_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return pool_malloc(n);
}

static void *ssl_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return pool_realloc(p, n);
}

static void ssl_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    pool_free(p);
}

static void *lws_pool_realloc(void *p, size_t n, const char *reason)
{
    (void)reason;
    return pool_realloc(p, n);
}

void alloc_pool_install(void)
{
#if !SANITIZED_ADDRESS
    // Refused only when OpenSSL has allocated before: then it keeps malloc and nothing breaks.
    (void)CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free);
    lws_set_allocator(lws_pool_realloc);
#else
    (void)ssl_malloc;
    (void)ssl_realloc;
    (void)ssl_free;
    (void)lws_pool_realloc;
#endif
}

uint64_t alloc_pool_misses(void)
{
    return misses;
}
