// SPDX-License-Identifier: Apache-2.0
// booksync: the rules of venue-api.md 5.4 as a state machine over ids. A futures diff names its predecessor
// (pu), so the chain is checked by equality and ids may skip; a spot diff must begin right after the last
// one. The first diff after a snapshot is the only one that may overlap it.
#include "engine/venue/booksync.h"

void booksync_init(struct booksync *s, bool spot)
{
    *s = (struct booksync){.state = SYNC_IDLE, .spot = spot};
}

void booksync_reset(struct booksync *s)
{
    s->state = SYNC_BUFFERING;
    s->first_after = 0;
    s->last_id = 0;
    s->two_feeds = s->two_feeds == TWO_FEEDS ? TWO_FEEDS : ONE_FEED;
}

// Does a diff that reaches beyond the snapshot `last` also begin inside it? prev_id 0: not told.
static bool joins_snapshot(const struct booksync *s, uint64_t last, uint64_t first_id, uint64_t prev_id)
{
    if (s->spot) {
        return first_id <= last + 1;
    }
    return first_id <= last || (prev_id != 0 && prev_id <= last);
}

static enum sync_verdict gap(struct booksync *s)
{
    s->gaps++;
    booksync_reset(s);
    return SYNC_GAP;
}

static enum sync_verdict apply(struct booksync *s, uint64_t last_id)
{
    s->first_after = 0;
    s->last_id = last_id;
    return SYNC_APPLY;
}

static enum sync_verdict on_first(struct booksync *s, uint64_t first_id, uint64_t last_id, uint64_t prev_id)
{
    if (last_id < s->last_id || (s->spot && last_id == s->last_id)) {
        return SYNC_DROP;
    }
    return joins_snapshot(s, s->last_id, first_id, prev_id) ? apply(s, last_id) : gap(s);
}

bool booksync_continues(const struct booksync *s, uint64_t first_id, uint64_t prev_id)
{
    if (s->state != SYNC_LIVE) {
        return false;
    }
    return s->spot ? first_id <= s->last_id + 1 : prev_id != 0 && prev_id <= s->last_id;
}

enum sync_verdict booksync_on_diff(struct booksync *s, uint64_t first_id, uint64_t last_id, uint64_t prev_id)
{
    if (s->state != SYNC_LIVE) {
        s->state = SYNC_BUFFERING;
        return SYNC_BUFFER;
    }
    if (s->first_after) {
        return on_first(s, first_id, last_id, prev_id);
    }
    if (last_id <= s->last_id) {
        s->duplicates += s->two_feeds == ONE_FEED;
        return SYNC_DROP;
    }
    if (s->spot ? first_id == s->last_id + 1 : prev_id == s->last_id) {
        s->two_feeds = s->two_feeds == TWO_FEEDS ? TWO_FEEDS : ONE_FEED;
        return apply(s, last_id);
    }
    return s->two_feeds && booksync_continues(s, first_id, prev_id) ? apply(s, last_id) : gap(s);
}

bool booksync_on_snapshot(struct booksync *s, uint64_t last_id, uint64_t oldest_first_id,
                          uint64_t oldest_prev_id)
{
    if (oldest_first_id != 0 && !joins_snapshot(s, last_id, oldest_first_id, oldest_prev_id)) {
        return false;
    }
    s->state = SYNC_LIVE;
    s->first_after = 1;
    s->last_id = last_id;
    return true;
}
