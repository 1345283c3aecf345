// SPDX-License-Identifier: Apache-2.0
// replay: see replay.h. A session tape is stepped as it is. A market tape gets an introduction (start,
// instruments, market link) and a "book is live" after each snapshot, which the venue session would have
// said; its events are renumbered.
#include "store/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"

struct replay {
    struct tape_reader *tape;
    char *path;
    bool market;
    struct engine_config config;
    struct engine *engine;
    void *mem;
    struct actions actions;
    // -- the next event: on the tape (`next`) or said for a market tape (`said`)
    const struct event *next;
    bool at_end;
    struct error end; // why, when it was damage
    uint32_t intro;   // market: how much of the introduction has been said
    bool live_owed;   // market: a snapshot went by, "live" is to be said
    uint16_t live_instrument;
    struct event ev; // the event being stepped: own copy, renumbered where needed
    // -- progress
    bool stepped_any;
    uint64_t seq, tape_seq; // of the last step: the engine's, the tape's
    int64_t mono_ns;
    uint64_t events, action_count, missing;
    bool gap_told;
    uint8_t link[VENUE_MAX][LINK_COUNT];
};

// --------------------------------------------------------------------------------------------------- opening

// Everything on the tape is watched, nothing quoted.
static void market_config(const struct tape_header *h, struct engine_config *c)
{
    engine_config_default(c);
    c->maker.enabled = 0;
    c->instrument_count = 0;
    for (uint32_t i = 0; i < h->instrument_count; i++) {
        if (h->instruments[i].kind != INSTRUMENT_SPOT) {
            struct instrument_config *x = &c->instruments[c->instrument_count++];
            memset(x, 0, sizeof *x);
            memcpy(x->symbol, h->instruments[i].symbol, sizeof x->symbol);
            x->venue = h->instruments[i].venue;
        }
    }
}

static bool session_config(const struct replay *r, struct engine_config *c, struct error *e)
{
    const char *text = tape_config(r->tape);
    struct config *config = malloc(sizeof *config);
    if (!config) {
        return error_set(e, EXIT_OS, "replay: no memory");
    }
    config_default(config);
    struct error why = {0};
    bool ok = config_parse(config, "its configuration", text, strlen(text), &why);
    if (ok) {
        config_engine(config, c);
    } else {
        error_set(e, EXIT_DATA, "tape %.200s: %.200s", r->path, why.text);
    }
    free(config);
    return ok;
}

static void engine_begin(struct replay *r)
{
    r->engine = engine_init(r->mem, engine_size(), &r->config);
    r->next = NULL;
    r->at_end = r->live_owed = r->stepped_any = r->gap_told = false;
    r->end.text[0] = '\0';
    r->intro = 0;
    r->seq = r->tape_seq = r->events = r->action_count = r->missing = 0;
    r->mono_ns = 0;
    r->actions.count = 0;
    memset(r->link, LINK_DOWN, sizeof r->link);
}

static bool prepare(struct replay *r, struct error *e)
{
    r->tape = tape_open(r->path, e);
    if (!r->tape) {
        return false;
    }
    r->market = tape_header(r->tape)->kind == TAPE_MARKET;
    if (r->market) {
        market_config(tape_header(r->tape), &r->config);
    } else if (!session_config(r, &r->config, e)) {
        return false;
    }
    r->mem = memory_new_aligned(engine_size());
    if (!r->mem) {
        return error_set(e, EXIT_OS, "replay: no memory for the engine");
    }
    engine_begin(r);
    return true;
}

struct replay *replay_open(const char *path, struct error *e)
{
    struct replay *r = calloc(1, sizeof *r);
    if (r) {
        r->path = strdup(path);
    }
    if (!r || !r->path) {
        error_set(e, EXIT_OS, "replay: no memory");
        free(r);
        return NULL;
    }
    if (!prepare(r, e)) {
        replay_close(r);
        return NULL;
    }
    return r;
}

void replay_close(struct replay *r)
{
    if (r) {
        tape_reader_close(r->tape);
        free(r->mem);
        free(r->path);
        free(r);
    }
}

bool replay_rewind(struct replay *r, struct error *e)
{
    if (!tape_rewind(r->tape, e)) {
        return false;
    }
    engine_begin(r);
    return true;
}

// -------------------------------------------------------------------------------------------- the next event

static bool is_watched(const struct replay *r, uint16_t instrument)
{
    const struct tape_header *h = tape_header(r->tape);
    return instrument < h->instrument_count && h->instruments[instrument].kind != INSTRUMENT_SPOT;
}

// Have r->next point at the next event of the tape; false at its end or on damage.
static bool look(struct replay *r)
{
    while (!r->next && !r->at_end) {
        r->next = tape_next(r->tape, &r->end);
        r->at_end = r->next == NULL;
        if (r->next && r->market && !is_watched(r, r->next->instrument)) {
            r->next = NULL;
        }
    }
    return r->next != NULL;
}

int64_t replay_next_mono_ns(struct replay *r)
{
    return look(r) ? r->next->mono_ns : INT64_MAX;
}

static void say(struct replay *r, enum event_type type, uint16_t instrument)
{
    event_init(&r->ev, type, instrument, 0);
    r->ev.seq = r->seq + 1;
    r->ev.mono_ns = r->stepped_any ? r->mono_ns : r->next->mono_ns;
    r->ev.wall_ns = r->stepped_any ? r->next->wall_ns - (r->next->mono_ns - r->mono_ns) : r->next->wall_ns;
}

// What a venue session would have said at this point of a market; false when nothing is left to say.
static bool say_next(struct replay *r)
{
    const struct tape_header *h = tape_header(r->tape);
    if (r->intro == 0) {
        say(r, EV_START, INSTRUMENT_NONE);
        r->ev.u.start.mode = MODE_REPLAY;
        r->intro++;
        return true;
    }
    while (r->intro <= h->instrument_count) {
        uint32_t i = r->intro++ - 1;
        if (h->instruments[i].kind != INSTRUMENT_SPOT) {
            say(r, EV_INSTRUMENT, (uint16_t)i);
            r->ev.u.instrument_rev = h->instruments[i];
            return true;
        }
    }
    if (r->intro == h->instrument_count + 1) {
        say(r, EV_LINK, INSTRUMENT_NONE);
        r->ev.u.link.link = LINK_MARKET;
        r->ev.u.link.state = LINK_UP;
        r->intro++;
        return true;
    }
    if (r->live_owed) {
        say(r, EV_BOOK_STATE, r->live_instrument);
        r->ev.u.book_state.state = BOOK_LIVE;
        r->ev.u.book_state.reason = BOOK_REASON_SNAPSHOT;
        r->live_owed = false;
        return true;
    }
    return false;
}

static void take_tape_event(struct replay *r)
{
    memcpy(&r->ev, r->next, r->next->size);
    r->tape_seq = r->next->seq;
    r->ev.seq = r->events == 0 && !r->market ? r->next->seq : r->seq + 1;
    r->live_owed = r->market && r->ev.type == EV_BOOK_SNAPSHOT;
    r->live_instrument = r->ev.instrument;
    r->next = NULL;
    r->gap_told = false;
}

// Is the tape's next event one that may follow? Otherwise the result to return.
static enum replay_result check_order(struct replay *r, struct error *e)
{
    const struct event *n = r->next;
    if (r->stepped_any && n->mono_ns < r->mono_ns) {
        error_set(e, EXIT_DATA, "tape %s: event %llu lies before the one ahead of it in time", r->path,
                  (unsigned long long)n->seq);
        return REPLAY_FAILED;
    }
    if (r->market || !r->stepped_any || n->seq == r->tape_seq + 1) {
        return REPLAY_STEPPED;
    }
    if (n->seq <= r->tape_seq) {
        error_set(e, EXIT_DATA, "tape %s: event %llu comes after event %llu", r->path,
                  (unsigned long long)n->seq, (unsigned long long)r->tape_seq);
        return REPLAY_FAILED;
    }
    if (!r->gap_told) {
        r->missing += n->seq - r->tape_seq - 1;
        r->gap_told = true;
        return REPLAY_GAP;
    }
    return REPLAY_STEPPED;
}

enum replay_result replay_step(struct replay *r, struct error *e)
{
    if (!look(r)) {
        if (!r->end.text[0]) {
            return REPLAY_END;
        }
        if (e) {
            *e = r->end;
        }
        return REPLAY_FAILED;
    }
    enum replay_result order = check_order(r, e);
    if (order != REPLAY_STEPPED) {
        return order;
    }
    if (!r->market || !say_next(r)) {
        take_tape_event(r);
    }
    if (r->ev.type == EV_LINK) {
        r->link[r->ev.venue][r->ev.u.link.link] = r->ev.u.link.state;
    }
    engine_step(r->engine, &r->ev, &r->actions);
    r->stepped_any = true;
    r->seq = r->ev.seq;
    r->mono_ns = r->ev.mono_ns;
    r->events++;
    r->action_count += r->actions.count;
    return REPLAY_STEPPED;
}

// --------------------------------------------------------------------------------------------------- looking

const struct tape_reader *replay_tape(const struct replay *r)
{
    return r->tape;
}

const struct engine *replay_engine(const struct replay *r)
{
    return r->engine;
}

const struct actions *replay_actions(const struct replay *r)
{
    return &r->actions;
}

const struct event *replay_event(const struct replay *r)
{
    return r->stepped_any ? &r->ev : NULL;
}

uint64_t replay_events(const struct replay *r)
{
    return r->events;
}

uint64_t replay_action_count(const struct replay *r)
{
    return r->action_count;
}

uint64_t replay_missing(const struct replay *r)
{
    return r->missing;
}

void replay_snapshot(const struct replay *r, struct snapshot *s)
{
    engine_snapshot(r->engine, s);
    const struct tape_header *h = tape_header(r->tape);
    struct snap_shell *x = &s->shell;
    memset(x, 0, sizeof *x);
    s->mode = MODE_REPLAY;
    for (int v = 0; v < VENUE_COUNT; v++) {
        memcpy(x->site[v].link, r->link[v], sizeof x->site[v].link);
    }
    x->events = r->events;
    text_copy(x->mode_text, sizeof x->mode_text, "REPLAY");
    text_copy(x->venue_text, sizeof x->venue_text, r->market ? "market tape" : "session tape");
    text_copy(x->market_text, sizeof x->market_text, h->origin);
    text_copy(x->tape_path, sizeof x->tape_path, r->path);
    int64_t first = 0, last = 0;
    if (r->stepped_any && tape_span(r->tape, &first, &last)) {
        int64_t wall_less_mono = r->ev.wall_ns - r->ev.mono_ns;
        x->replay_begin_ns = first + wall_less_mono;
        x->replay_end_ns = last + wall_less_mono;
        x->replay_pct = last > first ? (int32_t)((r->mono_ns - first) * 100 / (last - first)) : 100;
    }
}

// ----------------------------------------------------------------------------------------------------- proof

// Compare with the checkpoints at this sequence number. False at the first difference.
static bool compare(struct replay_proof *p, const struct tape_hash *hash, size_t count, size_t *at,
                    uint64_t seq, uint64_t action_hash)
{
    while (*at < count && hash[*at].seq < seq) {
        ++*at; // of an event that is not on the tape
    }
    for (; *at < count && hash[*at].seq == seq; ++*at) {
        p->checkpoints++;
        p->hash = action_hash;
        p->hash_on_tape = hash[*at].action_hash;
        if (p->hash != p->hash_on_tape) {
            p->differs_seq = seq;
            return false;
        }
        p->verified_seq = seq;
    }
    return true;
}

static bool prove(struct replay *r, struct replay_proof *p, struct error *e)
{
    size_t count = 0, at = 0;
    const struct tape_hash *hash = tape_hashes(r->tape, &count);
    enum replay_result result;
    while ((result = replay_step(r, e)) == REPLAY_STEPPED) {
        if (!compare(p, hash, count, &at, r->seq, engine_action_hash(r->engine))) {
            break;
        }
    }
    p->events = r->events;
    p->actions = r->action_count;
    p->gap = tape_gaps_total(r->tape);
    p->gap = p->gap > r->missing ? p->gap : r->missing;
    p->truncated = tape_truncated(r->tape);
    p->same = p->differs_seq == 0 && p->checkpoints > 0;
    return result != REPLAY_FAILED;
}

bool replay_verify(const char *path, struct replay_proof *proof, struct error *e)
{
    memset(proof, 0, sizeof *proof);
    struct replay *r = replay_open(path, e);
    if (!r) {
        return false;
    }
    bool ok = r->market ? error_set(e, EXIT_DATA,
                                    "tape %s: a recorded market; only a session's tape can be verified", path)
                        : prove(r, proof, e);
    replay_close(r);
    return ok;
}
