// SPDX-License-Identifier: Apache-2.0
// Tries to break the hot scanner: any bytes as a market message, against jansson's reading of the same bytes
// (support/scan_oracle.h): both refuse, or both accept and read the same. The message lies at the very end of
// a heap block with misleading text in the 16 bytes of allowance, so that a read beyond is seen, and what is
// accepted must keep the promises of scan.h.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "support/scan_oracle.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

uint64_t fuzz_scan_results[5]; // by enum oracle_result: what the cases were worth

enum { TEXT_CAP = 65536, ARENA_BYTES = 8 * 1024 * 1024 };

// jansson's memory: a bump pointer that starts over with each case (a large case falls back to malloc).
static char arena[ARENA_BYTES];
static size_t arena_used;
static bool arena_on;

static void *arena_malloc(size_t n)
{
    size_t need = (n + 15) & ~(size_t)15;
    if (!arena_on || need < n || need > ARENA_BYTES - arena_used) {
        return malloc(n);
    }
    void *p = arena + arena_used;
    arena_used += need;
    return p;
}

static void arena_free(void *p)
{
    if ((char *)p < arena || (char *)p >= arena + ARENA_BYTES) {
        free(p);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    json_object_seed(1);
    json_set_alloc_funcs(arena_malloc, arena_free);
    return 0;
}

static void check_promises(const struct scan_msg *m)
{
    CHECK(m->kind <= SCAN_FORCE_ORDER);
    CHECK(m->bids + m->asks <= SCAN_LEVELS_MAX);
    CHECK(memchr(m->symbol, 0, sizeof m->symbol) && memchr(m->stream, 0, sizeof m->stream));
    CHECK(m->event_ms >= 0 && m->transaction_ms >= 0 && m->price_e8 >= 0 && m->qty_e8 >= 0 &&
          m->mark_e8 >= 0);
    for (uint32_t i = 0; i < m->bids + m->asks; i++) {
        CHECK(m->level[i].price_e8 >= 0 && m->level[i].qty_e8 >= 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scan_msg m;
    static char scratch[TEXT_CAP];
    static const char BAIT[16] = {'0', '"', ']', ',', '[', '"', '1', '"',
                                  ',', '"', '2', '"', ']', ']', '}', '}'};
    const char *why = "";
    if (size > TEXT_CAP) {
        return 0;
    }
    char *text = malloc(size + 16);
    CHECK(text != NULL);
    memcpy(text, data, size);
    memcpy(text + size, BAIT, sizeof BAIT);
    bool ok = scan_market(text, size, &m);
    if (ok) {
        check_promises(&m);
    }
    arena_used = 0;
    arena_on = true;
    enum oracle_result r = oracle_compare(text, size, ok, &m, scratch, &why);
    arena_on = false;
    fuzz_scan_results[r]++;
    if (r == ORACLE_DIFFERS) {
        fprintf(stderr, "%s: %.*s\n", why, (int)size, text);
    }
    CHECK(r != ORACLE_DIFFERS);
    free(text);
    return 0;
}
