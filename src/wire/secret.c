// SPDX-License-Identifier: Apache-2.0
// secret: see secret.h. Pages come straight from mmap, so that no allocator keeps a copy or a neighbour.
#include "wire/secret.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"

static size_t whole_pages(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (n + page - 1) / page * page;
}

void *secret_alloc(size_t n, bool *locked)
{
    CHECK(n > 0 && n <= 65536);
    void *p = mmap(NULL, whole_pages(n), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        return NULL;
    }
    bool ok = mlock(p, whole_pages(n)) == 0;
    (void)madvise(p, whole_pages(n), MADV_DONTDUMP); // an old kernel without it still has the lock
    if (locked) {
        *locked = ok;
    }
    return p;
}

void secret_free(void *p, size_t n)
{
    if (p) {
        secret_wipe(p, n);
        munmap(p, whole_pages(n));
    }
}

void secret_wipe(void *p, size_t n)
{
    OPENSSL_cleanse(p, n);
}
