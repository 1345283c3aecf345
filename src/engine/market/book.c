// SPDX-License-Identifier: Apache-2.0
// book: a tick ladder in pages. Ticks are grouped in pages of 64; a page holds one occupancy word, the sum of
// its lots and 64 quantities. A directory maps the 65,536 pages (4.2 million ticks) around the touch to a
// pool of pages, and a three-level 64-ary bitmap over the directory finds the next used page in three words,
// however wide the gap. So an update is two loads and a store, and neither a gap nor a sparse side costs a
// walk.
//
// Both sides use one code path: a level's key is its tick for bids and KEY_TOP - tick for asks, so "better"
// is always "higher key". Levels that have no page (outside the directory, or the pool is used up) rest in
// `far`, sorted by key; a level is in exactly one of the two places, and no far level belongs to a page that
// exists. The best level always has a page, the top one, and is read off its occupancy word: most updates
// change nothing else. When the top page leaves the middle half of the directory the side is re-based around
// it.
//
// Bounds: 1,536 pages and 4,096 far levels a side. What would not fit is the level farthest from the touch;
// it is dropped and counted (book_dropped). Memory: about 1.9 MiB, never cleared as a whole: occupancy
// decides what is read.
#include "engine/market/book.h"

#include <string.h>

#include "base/check.h"

enum {
    PAGE_BITS = 6,
    PAGE_TICKS = 64,
    DIR_PAGES = 65536,
    POOL_PAGES = 1536,
    FAR_MAX = 4096,
    L1_WORDS = DIR_PAGES / 64,
    L2_WORDS = L1_WORDS / 64,
};

#define KEY_TOP     (INT64_C(1) << 52)
#define NUMBER_NONE INT64_C(-1)

struct page_head {
    uint64_t mask; // bit i: the level of key number * 64 + i exists
    int64_t sum_lots;
    int64_t number; // key >> PAGE_BITS
};

struct far_level {
    int64_t key, lots;
};

struct ladder {
    int64_t top_number; // page that holds the best level; NUMBER_NONE: no levels
    size_t top_id;      // its place in the pool
    int64_t base;       // page number of directory entry 0; may be negative
    size_t levels;      // all levels of this side
    uint64_t dropped;
    size_t far_count;
    size_t free_count;
    uint64_t l3; // bit i: l2[i] is not zero
    uint64_t l2[L2_WORDS];
    uint64_t l1[L1_WORDS];   // bit: the directory entry has a page
    uint16_t dir[DIR_PAGES]; // pool index + 1; 0: no page
    uint16_t free_list[POOL_PAGES];
    struct page_head head[POOL_PAGES];
    struct far_level far[FAR_MAX]; // ascending key: the best is the last
    int64_t lots[POOL_PAGES][PAGE_TICKS];
};

struct book {
    uint64_t last_id;
    struct ladder side[2]; // bids, asks
};

_Static_assert(sizeof(struct book) <= (size_t)2 << 20, "a book stays below 2 MiB");

static int highest(uint64_t word)
{
    return 63 - __builtin_clzll(word);
}

static uint64_t below(int bit)
{
    return (UINT64_C(1) << bit) - 1;
}

// ------------------------------------------------------------------------------------- bitmap of the pages

static void bitmap_set(struct ladder *s, size_t at)
{
    s->l1[at >> 6] |= UINT64_C(1) << (at & 63);
    s->l2[at >> 12] |= UINT64_C(1) << (at >> 6 & 63);
    s->l3 |= UINT64_C(1) << (at >> 12);
}

static void bitmap_clear(struct ladder *s, size_t at)
{
    if (s->l1[at >> 6] &= ~(UINT64_C(1) << (at & 63))) {
        return;
    }
    if (s->l2[at >> 12] &= ~(UINT64_C(1) << (at >> 6 & 63))) {
        return;
    }
    s->l3 &= ~(UINT64_C(1) << (at >> 12));
}

// Highest used directory entry below `at` (0..DIR_PAGES), or -1.
static int64_t bitmap_prev(const struct ladder *s, size_t at)
{
    if (at == DIR_PAGES) {
        if (!s->l3) {
            return -1;
        }
        size_t i2 = (size_t)highest(s->l3);
        size_t i1 = i2 << 6 | (size_t)highest(s->l2[i2]);
        return (int64_t)(i1 << 6 | (size_t)highest(s->l1[i1]));
    }
    size_t i1 = at >> 6;
    uint64_t word = s->l1[i1] & below(at & 63);
    if (!word) {
        size_t i2 = i1 >> 6;
        word = s->l2[i2] & below(i1 & 63);
        if (!word) {
            word = s->l3 & below((int)i2);
            if (!word) {
                return -1;
            }
            i2 = (size_t)highest(word);
            word = s->l2[i2];
        }
        i1 = i2 << 6 | (size_t)highest(word);
        word = s->l1[i1];
    }
    return (int64_t)(i1 << 6 | (size_t)highest(word));
}

// Lowest used directory entry, or -1.
static int64_t bitmap_lowest(const struct ladder *s)
{
    if (!s->l3) {
        return -1;
    }
    size_t i2 = (size_t)__builtin_ctzll(s->l3);
    size_t i1 = i2 << 6 | (size_t)__builtin_ctzll(s->l2[i2]);
    return (int64_t)(i1 << 6 | (size_t)__builtin_ctzll(s->l1[i1]));
}

// ------------------------------------------------------------------------------------------ far-off levels

// First index whose key is not below `key`.
static size_t far_lower_bound(const struct ladder *s, int64_t key)
{
    size_t lo = 0;
    size_t hi = s->far_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->far[mid].key < key) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static bool far_has(const struct ladder *s, size_t at, int64_t key)
{
    return at < s->far_count && s->far[at].key == key;
}

static void far_erase(struct ladder *s, size_t at, size_t n)
{
    memmove(&s->far[at], &s->far[at + n], (s->far_count - at - n) * sizeof s->far[0]);
    s->far_count -= n;
}

// Open a gap of n entries before index `at`; a full array loses its worst levels first. Returns where the gap
// begins and in *n how wide it is (the new levels may themselves be the worst).
static size_t far_open(struct ladder *s, size_t at, size_t *n)
{
    size_t over = s->far_count + *n > FAR_MAX ? s->far_count + *n - FAR_MAX : 0;
    s->dropped += over;
    s->levels -= over;
    size_t old = over < at ? over : at;
    far_erase(s, 0, old);
    at -= old;
    *n -= over - old;
    memmove(&s->far[at + *n], &s->far[at], (s->far_count - at) * sizeof s->far[0]);
    s->far_count += *n;
    return at;
}

static void far_set(struct ladder *s, int64_t key, int64_t lots)
{
    size_t at = far_lower_bound(s, key);
    if (far_has(s, at, key)) {
        s->far[at].lots = lots;
        return;
    }
    s->levels++;
    size_t n = 1;
    at = far_open(s, at, &n);
    if (n == 1) {
        s->far[at] = (struct far_level){key, lots};
    }
}

// --------------------------------------------------------------------------------------------------- pages

static bool dir_index(const struct ladder *s, int64_t number, size_t *at)
{
    uint64_t rel = (uint64_t)(number - s->base);
    *at = (size_t)rel;
    return rel < DIR_PAGES;
}

static void page_release(struct ladder *s, size_t at)
{
    s->free_list[s->free_count++] = (uint16_t)(s->dir[at] - 1);
    s->dir[at] = 0;
    bitmap_clear(s, at);
}

// Move a whole page to `far` and give it back to the pool.
static void page_spill(struct ladder *s, size_t at)
{
    size_t id = (size_t)s->dir[at] - 1;
    uint64_t mask = s->head[id].mask;
    int64_t first = s->head[id].number << PAGE_BITS;
    size_t n = (size_t)__builtin_popcountll(mask);
    size_t keep = n;
    size_t to = far_open(s, far_lower_bound(s, first), &keep);
    for (size_t skip = n - keep; mask; mask &= mask - 1) {
        int bit = __builtin_ctzll(mask);
        if (skip) {
            skip--;
            continue;
        }
        s->far[to++] = (struct far_level){first + bit, s->lots[id][bit]};
    }
    page_release(s, at);
}

// Take the far levels of a fresh page into it.
static void page_collect(struct ladder *s, size_t id)
{
    struct page_head *h = &s->head[id];
    int64_t first = h->number << PAGE_BITS;
    size_t from = far_lower_bound(s, first);
    size_t to = from;
    while (to < s->far_count && s->far[to].key < first + PAGE_TICKS) {
        int bit = (int)(s->far[to].key - first);
        h->mask |= UINT64_C(1) << bit;
        h->sum_lots += s->far[to].lots;
        s->lots[id][bit] = s->far[to++].lots;
    }
    if (to > from) {
        far_erase(s, from, to - from);
    }
}

// Give the directory entry a page; a used-up pool gives up its worst page if that is worse than this one.
static bool page_create(struct ladder *s, size_t at)
{
    if (s->free_count == 0) {
        int64_t worst = bitmap_lowest(s);
        if (worst < 0 || (size_t)worst > at) {
            return false;
        }
        page_spill(s, (size_t)worst);
    }
    size_t id = s->free_list[--s->free_count];
    s->head[id] = (struct page_head){0, 0, s->base + (int64_t)at};
    s->dir[at] = (uint16_t)(id + 1);
    bitmap_set(s, at);
    if (s->far_count) {
        page_collect(s, id);
    }
    return true;
}

// Point the directory's middle at page `number`, the top one or better: so pages can only fall out at the low
// end. They go to `far`.
static void ladder_rebase(struct ladder *s, int64_t number)
{
    int64_t base = number - DIR_PAGES / 2;
    int64_t shift = base - s->base;
    size_t used = 0;
    uint16_t moved[POOL_PAGES];
    for (int64_t at = bitmap_prev(s, DIR_PAGES); at >= 0; at = bitmap_prev(s, (size_t)at)) {
        if (at < shift) {
            page_spill(s, (size_t)at);
            continue;
        }
        moved[used++] = (uint16_t)(s->dir[at] - 1);
        s->dir[at] = 0;
        bitmap_clear(s, (size_t)at);
    }
    s->base = base;
    for (size_t i = 0; i < used; i++) {
        size_t at = (size_t)(s->head[moved[i]].number - base);
        s->dir[at] = (uint16_t)(moved[i] + 1);
        bitmap_set(s, at);
    }
}

static bool needs_rebase(const struct ladder *s, int64_t number)
{
    return (uint64_t)(number - s->base - DIR_PAGES / 4) >= DIR_PAGES / 2;
}

// -------------------------------------------------------------------------------------------------- ladder

static void ladder_clear(struct ladder *s)
{
    for (int64_t at = bitmap_prev(s, DIR_PAGES); at >= 0; at = bitmap_prev(s, (size_t)at)) {
        page_release(s, (size_t)at);
    }
    s->top_number = NUMBER_NONE;
    s->levels = 0;
    s->far_count = 0;
}

static void ladder_init(struct ladder *s)
{
    memset(s, 0, offsetof(struct ladder, free_list));
    s->top_number = NUMBER_NONE;
    s->free_count = POOL_PAGES;
    for (size_t i = 0; i < POOL_PAGES; i++) {
        s->free_list[i] = (uint16_t)(POOL_PAGES - 1 - i);
    }
}

static void set_top(struct ladder *s, int64_t number, size_t at)
{
    s->top_number = number;
    s->top_id = (size_t)s->dir[at] - 1;
}

// The page `number` is better than all others and does not exist: create it in the middle half of the
// directory.
static void open_top(struct ladder *s, int64_t number)
{
    if (needs_rebase(s, number)) {
        ladder_rebase(s, number);
    }
    size_t at;
    bool inside = dir_index(s, number, &at);
    CHECK(inside);
    bool made = page_create(s, at); // the pool can give up a worse page
    CHECK(made);
    set_top(s, number, at);
}

// The top page went: the next one, or the page of the best far level.
static void find_top(struct ladder *s)
{
    int64_t at = bitmap_prev(s, DIR_PAGES);
    int64_t number = at >= 0 ? s->base + at : NUMBER_NONE;
    int64_t far = s->far_count ? s->far[s->far_count - 1].key >> PAGE_BITS : NUMBER_NONE;
    if (far > number) {
        open_top(s, far);
        return;
    }
    s->top_number = number;
    if (number == NUMBER_NONE) {
        return;
    }
    if (needs_rebase(s, number)) {
        ladder_rebase(s, number);
    }
    set_top(s, number, (size_t)(number - s->base));
}

// Set or remove a level of an existing page. One path without a branch on what was there: markets make that a
// coin toss, and a mispredicted branch costs more than the whole update.
static void page_set(struct ladder *s, size_t at, int64_t key, int64_t lots)
{
    size_t id = (size_t)s->dir[at] - 1;
    struct page_head *h = &s->head[id];
    int bit = (int)(key & (PAGE_TICKS - 1));
    uint64_t had = h->mask >> bit & 1;
    uint64_t has = lots > 0;
    int64_t *slot = &s->lots[id][bit];
    h->sum_lots += lots - (*slot & -(int64_t)had);
    h->mask ^= (had ^ has) << bit;
    s->levels += has - had;
    *slot = lots;
    if (h->mask == 0) {
        page_release(s, at);
        if (id == s->top_id) {
            find_top(s);
        }
    }
}

static void put_without_page(struct ladder *s, int64_t key, int64_t lots)
{
    int64_t number = key >> PAGE_BITS;
    size_t at;
    if (number > s->top_number) {
        open_top(s, number);
        at = (size_t)(number - s->base);
    } else if (!dir_index(s, number, &at) || !page_create(s, at)) {
        far_set(s, key, lots);
        return;
    }
    page_set(s, at, key, lots);
}

static void remove_without_page(struct ladder *s, int64_t key)
{
    size_t at = far_lower_bound(s, key);
    if (far_has(s, at, key)) {
        far_erase(s, at, 1);
        s->levels--;
    }
}

static void ladder_set(struct ladder *s, int64_t key, int64_t lots)
{
    size_t at;
    if (dir_index(s, key >> PAGE_BITS, &at) && s->dir[at]) {
        page_set(s, at, key, lots);
    } else if (lots > 0) {
        put_without_page(s, key, lots);
    } else {
        remove_without_page(s, key);
    }
}

static int64_t ladder_qty(const struct ladder *s, int64_t key)
{
    size_t at;
    if (dir_index(s, key >> PAGE_BITS, &at) && s->dir[at]) {
        size_t id = (size_t)s->dir[at] - 1;
        int bit = (int)(key & (PAGE_TICKS - 1));
        return s->head[id].mask >> bit & 1 ? s->lots[id][bit] : 0;
    }
    size_t i = far_lower_bound(s, key);
    return far_has(s, i, key) ? s->far[i].lots : 0;
}

// ------------------------------------------------------------------------------------------------ contract

// The same mapping in both directions.
static int64_t key_of(enum side side, int64_t ticks)
{
    return side == SIDE_BUY ? ticks : KEY_TOP - ticks;
}

static struct ladder *ladder_of(struct book *b, enum side side)
{
    return &b->side[side == SIDE_SELL];
}

static const struct ladder *ladder_at(const struct book *b, enum side side)
{
    return &b->side[side == SIDE_SELL];
}

// False when the side is empty: *out is then not written.
static bool best_of(enum side side, const struct ladder *s, struct level *out)
{
    if (s->top_number == NUMBER_NONE) {
        return false;
    }
    int bit = highest(s->head[s->top_id].mask);
    out->ticks = key_of(side, (s->top_number << PAGE_BITS) + bit);
    out->lots = s->lots[s->top_id][bit];
    return true;
}

size_t book_size(void)
{
    return sizeof(struct book);
}

struct book *book_init(void *mem)
{
    struct book *b = mem;
    b->last_id = 0;
    ladder_init(&b->side[0]);
    ladder_init(&b->side[1]);
    return b;
}

void book_clear(struct book *b)
{
    b->last_id = 0;
    ladder_clear(&b->side[0]);
    ladder_clear(&b->side[1]);
}

void book_set(struct book *b, enum side side, int64_t ticks, int64_t lots)
{
    CHECK(ticks >= 0 && ticks < KEY_TOP && lots >= 0);
    ladder_set(ladder_of(b, side), key_of(side, ticks), lots);
}

void book_load(struct book *b, const struct ev_book *s)
{
    book_clear(b);
    book_apply(b, s);
}

// A diff's levels lie far apart, and ten diffs a second do not keep them in the cache: fetch the directory
// entry of a level some levels ahead, then its page, so that the misses overlap instead of adding up.
enum { AHEAD_DIR = 16, AHEAD_PAGE = 8 };

static void fetch_dir(const struct ladder *s, int64_t key)
{
    size_t at;
    if (dir_index(s, key >> PAGE_BITS, &at)) {
        __builtin_prefetch(&s->dir[at]);
    }
}

static void fetch_page(const struct ladder *s, int64_t key)
{
    size_t at;
    if (dir_index(s, key >> PAGE_BITS, &at) && s->dir[at]) {
        size_t id = (size_t)s->dir[at] - 1;
        __builtin_prefetch(&s->head[id], 1);
        __builtin_prefetch(&s->lots[id][key & (PAGE_TICKS - 1)], 1);
    }
}

static void apply_side(struct book *b, enum side side, const struct level *levels, size_t n)
{
    const struct ladder *s = ladder_at(b, side);
    for (size_t i = 0; i < n && i < AHEAD_DIR; i++) {
        fetch_dir(s, key_of(side, levels[i].ticks));
    }
    for (size_t i = 0; i < n && i < AHEAD_PAGE; i++) {
        fetch_page(s, key_of(side, levels[i].ticks));
    }
    for (size_t i = 0; i < n; i++) {
        if (i + AHEAD_DIR < n) {
            fetch_dir(s, key_of(side, levels[i + AHEAD_DIR].ticks));
        }
        if (i + AHEAD_PAGE < n) {
            fetch_page(s, key_of(side, levels[i + AHEAD_PAGE].ticks));
        }
        book_set(b, side, levels[i].ticks, levels[i].lots);
    }
}

void book_apply(struct book *b, const struct ev_book *d)
{
    apply_side(b, SIDE_BUY, d->levels, d->bids);
    apply_side(b, SIDE_SELL, d->levels + d->bids, d->asks);
    b->last_id = d->last_id;
}

bool book_best(const struct book *b, enum side side, struct level *out)
{
    return best_of(side, ladder_at(b, side), out);
}

bool book_touch(const struct book *b, struct level *bid, struct level *ask)
{
    return best_of(SIDE_BUY, &b->side[0], bid) && best_of(SIDE_SELL, &b->side[1], ask);
}

int64_t book_qty(const struct book *b, enum side side, int64_t ticks)
{
    return ticks < 0 || ticks >= KEY_TOP ? 0 : ladder_qty(ladder_at(b, side), key_of(side, ticks));
}

size_t book_top(const struct book *b, enum side side, struct level *out, size_t n)
{
    const struct ladder *s = ladder_at(b, side);
    size_t got = 0;
    size_t far = s->far_count;
    for (int64_t at = bitmap_prev(s, DIR_PAGES); at >= 0 && got < n; at = bitmap_prev(s, (size_t)at)) {
        size_t id = (size_t)s->dir[at] - 1;
        int64_t first = s->head[id].number << PAGE_BITS;
        while (far && s->far[far - 1].key > first && got < n) {
            far--;
            out[got++] = (struct level){key_of(side, s->far[far].key), s->far[far].lots};
        }
        for (uint64_t mask = s->head[id].mask; mask && got < n;) {
            int bit = highest(mask);
            mask &= ~(UINT64_C(1) << bit);
            out[got++] = (struct level){key_of(side, first + bit), s->lots[id][bit]};
        }
    }
    while (far && got < n) {
        far--;
        out[got++] = (struct level){key_of(side, s->far[far].key), s->far[far].lots};
    }
    return got;
}

// Lots of one page at or above `key`.
static int64_t page_sum_from(const struct ladder *s, size_t id, int64_t key)
{
    int64_t first = s->head[id].number << PAGE_BITS;
    if (key <= first) {
        return s->head[id].sum_lots;
    }
    int64_t sum = 0;
    for (uint64_t mask = s->head[id].mask & ~below((int)(key - first)); mask; mask &= mask - 1) {
        sum += s->lots[id][__builtin_ctzll(mask)];
    }
    return sum;
}

int64_t book_depth_lots(const struct book *b, enum side side, int64_t limit_ticks)
{
    const struct ladder *s = ladder_at(b, side);
    int64_t limit = key_of(side, limit_ticks);
    uint64_t sum = 0; // unsigned: absurd quantities wrap instead of overflowing
    for (int64_t at = bitmap_prev(s, DIR_PAGES); at >= 0; at = bitmap_prev(s, (size_t)at)) {
        size_t id = (size_t)s->dir[at] - 1;
        if ((s->head[id].number << PAGE_BITS) + PAGE_TICKS <= limit) {
            break;
        }
        sum += (uint64_t)page_sum_from(s, id, limit);
    }
    for (size_t i = s->far_count; i > 0 && s->far[i - 1].key >= limit; i--) {
        sum += (uint64_t)s->far[i - 1].lots;
    }
    return (int64_t)sum;
}

size_t book_count(const struct book *b, enum side side)
{
    return ladder_at(b, side)->levels;
}

uint64_t book_dropped(const struct book *b)
{
    return b->side[0].dropped + b->side[1].dropped;
}

bool book_is_sane(const struct book *b)
{
    struct level bid;
    struct level ask;
    return book_touch(b, &bid, &ask) && bid.ticks < ask.ticks;
}

uint64_t book_last_id(const struct book *b)
{
    return b->last_id;
}
