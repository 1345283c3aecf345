// SPDX-License-Identifier: Apache-2.0
// book_at TICK_E8 LOT_E8 LEVELS futures|spot: our own book of one symbol, to be held against a foreign
// client's at the same update id. Reads messages as the venue sent them, one a line: depth diffs, and the
// answer of GET depth where it came. Prints after each diff applied: its update id, then for bids and asks
// LEVELS pairs price:quantity in 1e-8, best first. Scanner, synchronisation and book are the engine's own.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/market/book.h"
#include "engine/venue/booksync.h"
#include "engine/venue/scan.h"

enum { LINE_MAX_BYTES = 1 << 20, HELD_MAX = 4096, TOP_MAX = 1000 };

static struct {
    int64_t tick_e8, lot_e8;
    size_t levels;
    bool spot;
    struct booksync sync;
    struct book *book;
    struct scan_msg msg;
    union {
        struct ev_book ev;
        uint8_t room[sizeof(struct ev_book) + SCAN_LEVELS_MAX * sizeof(struct level)];
    } event;
    char *held[HELD_MAX];
    size_t helds;
} at;

static const struct ev_book *to_event(const struct scan_msg *m)
{
    struct ev_book *e = &at.event.ev;
    *e = (struct ev_book){.first_id = m->first_id,
                          .last_id = m->last_id,
                          .prev_id = m->prev_id,
                          .bids = m->bids,
                          .asks = m->asks};
    for (uint32_t i = 0; i < m->bids + m->asks; i++) {
        e->levels[i].ticks = m->level[i].price_e8 / at.tick_e8;
        e->levels[i].lots = m->level[i].qty_e8 / at.lot_e8;
    }
    return e;
}

static void print_side(enum side side)
{
    static struct level top[TOP_MAX];
    size_t n = book_top(at.book, side, top, at.levels);
    for (size_t i = 0; i < n; i++) {
        printf(" %" PRId64 ":%" PRId64, top[i].ticks * at.tick_e8, top[i].lots * at.lot_e8);
    }
}

static void print_book(void)
{
    printf("%" PRIu64, book_last_id(at.book));
    print_side(SIDE_BUY);
    printf(" |");
    print_side(SIDE_SELL);
    printf("\n");
}

static bool scan(const char *line)
{
    return scan_market(line, strlen(line), &at.msg); // the line's buffer is longer than its text
}

static char *keep(const char *line)
{
    size_t n = strlen(line);
    char *copy = malloc(n + 17);
    if (!copy) {
        exit(1);
    }
    memset(copy + n, 0, 17);
    return memcpy(copy, line, n);
}

static void on_diff(const char *line)
{
    switch (booksync_on_diff(&at.sync, at.msg.first_id, at.msg.last_id, at.msg.prev_id)) {
    case SYNC_APPLY:
        book_apply(at.book, to_event(&at.msg));
        print_book();
        break;
    case SYNC_GAP:
        fprintf(stderr, "book_at: gap at %" PRIu64 "\n", at.msg.first_id);
        exit(3);
    case SYNC_BUFFER:
        if (at.helds < HELD_MAX) {
            at.held[at.helds++] = keep(line);
        }
        break;
    case SYNC_DROP:
        break;
    }
}

// The oldest buffered diff that the snapshot does not cover decides whether it fits.
static void on_snapshot(void)
{
    uint64_t last = at.msg.last_id, first_id = 0, prev_id = 0;
    const struct ev_book *snapshot = to_event(&at.msg);
    book_load(at.book, snapshot);
    for (size_t i = 0; i < at.helds && !first_id; i++) {
        if (scan(at.held[i]) && at.msg.last_id >= last) {
            first_id = at.msg.first_id;
            prev_id = at.msg.prev_id;
        }
    }
    if (!booksync_on_snapshot(&at.sync, last, first_id, prev_id)) {
        fprintf(stderr, "book_at: the snapshot is older than the first diff\n");
        exit(3);
    }
    for (size_t i = 0; i < at.helds; i++) {
        if (scan(at.held[i])) {
            on_diff(at.held[i]);
        }
        free(at.held[i]);
    }
    at.helds = 0;
}

int main(int argc, char **argv)
{
    static char line[LINE_MAX_BYTES + 17];
    void *memory = NULL;
    if (argc != 5 || (at.tick_e8 = strtoll(argv[1], NULL, 10)) <= 0 ||
        (at.lot_e8 = strtoll(argv[2], NULL, 10)) <= 0 || (at.levels = strtoul(argv[3], NULL, 10)) > TOP_MAX ||
        posix_memalign(&memory, 64, book_size()) != 0) {
        fprintf(stderr, "usage: book_at TICK_E8 LOT_E8 LEVELS futures|spot < messages\n");
        return 2;
    }
    at.spot = strcmp(argv[4], "spot") == 0;
    at.book = book_init(memory);
    booksync_init(&at.sync, at.spot);
    booksync_reset(&at.sync);
    while (fgets(line, LINE_MAX_BYTES, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (!scan(line)) {
            fprintf(stderr, "book_at: cannot read %.60s\n", line);
            return 3;
        }
        if (at.msg.kind == SCAN_DEPTH_SNAPSHOT) {
            on_snapshot();
        } else if (at.msg.kind == SCAN_DEPTH) {
            on_diff(line);
        }
    }
    free(memory);
    return 0;
}
