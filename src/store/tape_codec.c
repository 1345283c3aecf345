// SPDX-License-Identifier: Apache-2.0
// tape_codec: one event <-> a few bytes, without loss: every field of the header and of the payload comes
// back.
//
// The idea: predict from the last event of the same type and instrument, store the difference as a zigzag
// varint, and let zstd squeeze the rest. Payloads of fixed size are treated as 64-bit words, whatever their
// fields are, so that a new field can never be forgotten here; book levels have a form of their own. All
// differences wrap (mod 2^64).
//
// Does not do: order or plausibility of events; event_valid() decides what may leave the decoder.
#include "store/tape_format.h"

#include <string.h>

enum { TAG_TYPE = 0x1f, TAG_INSTRUMENT = 0x20, TAG_REST = 0x40, TAG_SEQ = 0x80 };

_Static_assert(EV_TYPE_COUNT <= 32, "event type fits five bits of the tag");
_Static_assert(sizeof(struct ev_order) <= 8UL * CODEC_WORDS, "order report fits a slot");
_Static_assert(sizeof(struct instrument) <= 8UL * CODEC_WORDS, "instrument fits a slot");

static const uint64_t MS = 1000000;

// --------------------------------------------------------------------------------------------------- varints

static uint64_t zigzag(uint64_t d)
{
    return (d << 1) ^ (0 - (d >> 63));
}

static uint64_t unzigzag(uint64_t z)
{
    return (z >> 1) ^ (0 - (z & 1));
}

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

static uint8_t *put_delta(uint8_t *p, uint64_t now, uint64_t before)
{
    return put_varint(p, zigzag(now - before));
}

struct source {
    const uint8_t *p, *end;
    bool bad;
};

static uint64_t get_varint(struct source *s)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && s->p < s->end; shift += 7) {
        uint64_t b = *s->p++;
        if (shift == 63 && b > 1) {
            break;
        }
        v |= (b & 0x7f) << shift;
        if (b < 0x80) {
            return v;
        }
    }
    s->bad = true;
    return 0;
}

static uint64_t get_delta(struct source *s, uint64_t before)
{
    return before + unzigzag(get_varint(s));
}

// Venue times are whole milliseconds nearly always: an even code is milliseconds, code 1 announces plain
// nanoseconds.
static uint8_t *put_time(uint8_t *p, int64_t now, int64_t before)
{
    int64_t d = (int64_t)((uint64_t)now - (uint64_t)before);
    if (d % (int64_t)MS == 0) {
        return put_varint(p, zigzag((uint64_t)(d / (int64_t)MS)) * 2);
    }
    return put_varint(put_varint(p, 1), zigzag((uint64_t)d));
}

static int64_t get_time(struct source *s, int64_t before)
{
    uint64_t v = get_varint(s);
    uint64_t d = (v & 1) ? unzigzag(get_varint(s)) : unzigzag(v / 2) * MS;
    s->bad |= (v & 1) && v != 1;
    return (int64_t)((uint64_t)before + d);
}

// ---------------------------------------------------------------------------------------------------- header

void codec_reset(struct codec *c)
{
    memset(c, 0, sizeof *c);
    c->instrument = INSTRUMENT_NONE;
}

static size_t slot_index(uint16_t instrument)
{
    return instrument < INSTRUMENT_MAX ? instrument : INSTRUMENT_MAX;
}

static uint64_t header_rest(const struct event *ev)
{
    return (uint64_t)ev->venue | (uint64_t)ev->flags << 8 | (uint64_t)ev->pad0 << 16 |
           (uint64_t)ev->pad1 << 32;
}

static uint8_t *put_header(struct codec *c, struct codec_slot *s, const struct event *ev, uint8_t *p)
{
    uint8_t *tag = p++;
    *tag = (uint8_t)ev->type;
    if (ev->instrument != c->instrument) {
        *tag |= TAG_INSTRUMENT;
        p = put_varint(p, ev->instrument);
    }
    if (ev->seq != c->seq + 1) {
        *tag |= TAG_SEQ;
        p = put_delta(p, ev->seq, c->seq);
    }
    if (header_rest(ev) != s->rest || ev->pad2 != s->pad2) {
        *tag |= TAG_REST;
        p = put_varint(p, header_rest(ev));
        p = put_varint(p, (uint64_t)ev->pad2);
    }
    int64_t wall_less_mono = (int64_t)((uint64_t)ev->wall_ns - (uint64_t)ev->mono_ns);
    int64_t event_lag = (int64_t)((uint64_t)ev->venue_event_ns - (uint64_t)ev->venue_ns);
    p = put_delta(p, (uint64_t)ev->mono_ns, (uint64_t)c->mono_ns);
    p = put_delta(p, (uint64_t)wall_less_mono, (uint64_t)c->wall_less_mono_ns);
    p = put_time(p, ev->venue_ns, s->venue_ns);
    p = put_time(p, event_lag, s->event_lag_ns);
    return p;
}

// What the next event is predicted from; the same on both sides.
static void header_remember(struct codec *c, struct codec_slot *s, const struct event *ev)
{
    c->instrument = ev->instrument;
    c->seq = ev->seq;
    c->mono_ns = ev->mono_ns;
    c->wall_less_mono_ns = (int64_t)((uint64_t)ev->wall_ns - (uint64_t)ev->mono_ns);
    s->rest = header_rest(ev);
    s->pad2 = ev->pad2;
    s->venue_ns = ev->venue_ns;
    s->event_lag_ns = (int64_t)((uint64_t)ev->venue_event_ns - (uint64_t)ev->venue_ns);
}

// Fill the header but for size; NULL when the bytes are no header. Returns the slot.
static struct codec_slot *get_header(struct codec *c, struct source *in, struct event *ev)
{
    if (in->p >= in->end) {
        return NULL;
    }
    uint8_t tag = *in->p++;
    uint64_t instrument = (tag & TAG_INSTRUMENT) ? get_varint(in) : c->instrument;
    if ((tag & TAG_TYPE) >= EV_TYPE_COUNT || instrument > UINT16_MAX) {
        return NULL;
    }
    memset(ev, 0, EVENT_HEAD);
    ev->type = tag & TAG_TYPE;
    ev->instrument = (uint16_t)instrument;
    struct codec_slot *s = &c->slot[ev->type][slot_index(ev->instrument)];
    ev->seq = (tag & TAG_SEQ) ? get_delta(in, c->seq) : c->seq + 1;
    uint64_t rest = (tag & TAG_REST) ? get_varint(in) : s->rest;
    ev->pad2 = (tag & TAG_REST) ? (int64_t)get_varint(in) : s->pad2;
    ev->venue = (uint8_t)rest;
    ev->flags = (uint8_t)(rest >> 8);
    ev->pad0 = (uint16_t)(rest >> 16);
    ev->pad1 = (uint32_t)(rest >> 32);
    ev->mono_ns = (int64_t)get_delta(in, (uint64_t)c->mono_ns);
    ev->wall_ns = (int64_t)((uint64_t)ev->mono_ns + get_delta(in, (uint64_t)c->wall_less_mono_ns));
    ev->venue_ns = get_time(in, s->venue_ns);
    ev->venue_event_ns = (int64_t)((uint64_t)ev->venue_ns + (uint64_t)get_time(in, s->event_lag_ns));
    return s;
}

// ------------------------------------------------------------------------------------------ payload as words

static uint64_t word_load(const uint8_t *payload, size_t bytes, size_t i)
{
    uint64_t w = 0;
    size_t left = bytes - 8 * i;
    memcpy(&w, payload + 8 * i, left < 8 ? left : 8);
    return w;
}

static uint8_t *put_words(struct codec_slot *s, const struct event *ev, uint8_t *p)
{
    const uint8_t *payload = (const uint8_t *)ev + EVENT_HEAD;
    size_t bytes = ev->size - EVENT_HEAD;
    for (size_t i = 0; 8 * i < bytes; i++) {
        uint64_t w = word_load(payload, bytes, i);
        p = put_delta(p, w, s->word[i]);
        s->word[i] = w;
    }
    return p;
}

static void get_words(struct codec_slot *s, struct source *in, struct event *ev)
{
    uint8_t *payload = (uint8_t *)ev + EVENT_HEAD;
    size_t bytes = ev->size - EVENT_HEAD;
    for (size_t i = 0; 8 * i < bytes; i++) {
        uint64_t w = get_delta(in, s->word[i]);
        size_t left = bytes - 8 * i;
        memcpy(payload + 8 * i, &w, left < 8 ? left : 8);
        s->word[i] = w;
    }
}

// ----------------------------------------------------------------------------------------------------- books

static uint8_t *put_levels(const struct level *l, size_t n, int64_t *ticks_before, uint8_t *p)
{
    int64_t before = *ticks_before;
    for (size_t i = 0; i < n; i++) {
        p = put_delta(p, (uint64_t)l[i].ticks, (uint64_t)before);
        p = put_varint(p, zigzag((uint64_t)l[i].lots));
        before = l[i].ticks;
    }
    if (n) {
        *ticks_before = l[0].ticks;
    }
    return p;
}

static void get_levels(struct level *l, size_t n, int64_t *ticks_before, struct source *in)
{
    int64_t before = *ticks_before;
    for (size_t i = 0; i < n && !in->bad; i++) {
        l[i].ticks = (int64_t)get_delta(in, (uint64_t)before);
        l[i].lots = (int64_t)unzigzag(get_varint(in));
        before = l[i].ticks;
    }
    if (n) {
        *ticks_before = l[0].ticks;
    }
}

static uint8_t *put_book(struct codec *c, const struct event *ev, uint8_t *p)
{
    const struct ev_book *b = &ev->u.book;
    size_t k = slot_index(ev->instrument);
    p = put_delta(p, b->first_id, c->book_last_id[k]);
    p = put_delta(p, b->last_id, b->first_id);
    p = put_delta(p, b->prev_id, c->book_last_id[k]);
    p = put_varint(p, b->bids);
    p = put_varint(p, b->asks);
    p = put_levels(b->levels, b->bids, &c->book_ticks[k][0], p);
    p = put_levels(b->levels + b->bids, b->asks, &c->book_ticks[k][1], p);
    c->book_last_id[k] = b->last_id;
    return p;
}

static void get_book(struct codec *c, struct source *in, struct event *ev)
{
    struct ev_book *b = &ev->u.book;
    size_t k = slot_index(ev->instrument);
    b->first_id = get_delta(in, c->book_last_id[k]);
    b->last_id = get_delta(in, b->first_id);
    b->prev_id = get_delta(in, c->book_last_id[k]);
    uint64_t bids = get_varint(in), asks = get_varint(in);
    if (bids > EV_LEVELS_MAX || asks > EV_LEVELS_MAX - bids) {
        in->bad = true;
        return;
    }
    b->bids = (uint32_t)bids;
    b->asks = (uint32_t)asks;
    ev->size = (uint32_t)event_size(ev->type, bids + asks);
    get_levels(b->levels, bids, &c->book_ticks[k][0], in);
    get_levels(b->levels + bids, asks, &c->book_ticks[k][1], in);
    c->book_last_id[k] = b->last_id;
}

// ---------------------------------------------------------------------------------------------- whole events

static bool has_levels(unsigned type)
{
    return type == EV_BOOK_SNAPSHOT || type == EV_BOOK_DIFF;
}

// A varint takes at most 10 bytes for 8 of the event's; tag and escapes are within the slack.
size_t codec_bound(const struct event *ev)
{
    return 64 + 2 * (size_t)ev->size;
}

size_t codec_encode(struct codec *c, const struct event *ev, uint8_t *out)
{
    CHECK(ev->type < EV_TYPE_COUNT && ev->size >= EVENT_HEAD && ev->size <= EVENT_MAX);
    struct codec_slot *s = &c->slot[ev->type][slot_index(ev->instrument)];
    uint8_t *p = put_header(c, s, ev, out);
    if (has_levels(ev->type)) {
        p = put_book(c, ev, p);
    } else {
        CHECK(ev->size - EVENT_HEAD <= 8 * CODEC_WORDS);
        p = put_words(s, ev, p);
    }
    header_remember(c, s, ev);
    return (size_t)(p - out);
}

size_t codec_decode(struct codec *c, const uint8_t *in, size_t n, struct event *ev)
{
    struct source src = {.p = in, .end = in + n, .bad = false};
    struct codec_slot *s = get_header(c, &src, ev);
    if (!s || src.bad) {
        return 0;
    }
    if (has_levels(ev->type)) {
        get_book(c, &src, ev);
    } else {
        ev->size = (uint32_t)event_size(ev->type, 0);
        if (ev->size < EVENT_HEAD || ev->size - EVENT_HEAD > 8 * CODEC_WORDS) {
            return 0;
        }
        get_words(s, &src, ev);
    }
    if (src.bad || !event_valid(ev, ev->size)) {
        return 0;
    }
    header_remember(c, s, ev);
    return (size_t)(src.p - in);
}
