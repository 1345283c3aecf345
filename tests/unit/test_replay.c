// SPDX-License-Identifier: Apache-2.0
// Tries to break the flight recorder: a session made by the real engine on the shipped market must verify to
// its last event, from any block size; one changed event, one changed checkpoint, lost events and a torn end
// must each be told apart. The fake venue takes every order and answers every read.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "config/config.h"
#include "engine/engine.h"
#include "store/replay.h"
#include "store/tape.h"

enum { MARKET_EVENTS = 6000, HASH_EVERY = 500, PENDING_MAX = 4096 };

static const char *const MARKET = "config/market/usdm-20240808.tape";
static char dir[64], path[96];

// What a session is made of, and how it is spoiled on the way to the tape.
struct recording {
    struct tape_writer *tape;
    struct engine *engine;
    void *mem;
    struct actions out;
    struct action pending[PENDING_MAX]; // the engine's actions, answered after the step
    unsigned first, last;
    uint64_t seq, actions, orders;
    int64_t now_ns;
    uint64_t change_seq; // the first accepted order from here on is cancelled, on the tape
    uint64_t changed_seq;
    uint64_t lose_from, lose_to;
    uint64_t wrong_hash_seq; // the first checkpoint from here on is wrong
    bool no_hashes;
};

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/tt-replay-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/s.tape", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static void to_tape(struct recording *r, struct event *ev)
{
    struct error e = {0};
    if (ev->seq >= r->lose_from && ev->seq <= r->lose_to) {
        if (ev->seq == r->lose_to) {
            assert_true(tape_append_gap(r->tape, r->lose_from, r->lose_to, &e));
        }
        return;
    }
    if (ev->seq >= r->change_seq && r->change_seq && ev->type == EV_ORDER &&
        ev->u.order.kind == RK_ACCEPTED) {
        ev->u.order.kind = RK_CANCELED;
        r->changed_seq = ev->seq;
        r->change_seq = 0;
    }
    assert_true(tape_append(r->tape, ev, &e));
    if (ev->seq % HASH_EVERY == 0 && !r->no_hashes) {
        bool wrong = r->wrong_hash_seq && ev->seq >= r->wrong_hash_seq;
        assert_true(tape_append_hash(r->tape, ev->seq, engine_action_hash(r->engine) ^ wrong, &e));
        assert_true(tape_flush(r->tape, false, &e));
        r->wrong_hash_seq = wrong ? 0 : r->wrong_hash_seq;
    }
}

static void step(struct recording *r, struct event *ev)
{
    ev->seq = ++r->seq;
    ev->mono_ns = r->now_ns;
    ev->wall_ns = r->now_ns + 1700000000000000000;
    engine_step(r->engine, ev, &r->out);
    for (uint32_t i = 0; i < r->out.count; i++) {
        assert_true(r->last - r->first < PENDING_MAX);
        r->pending[r->last++ % PENDING_MAX] = r->out.a[i];
    }
    r->actions += r->out.count;
    to_tape(r, ev);
}

static void report(struct recording *r, const struct action *a, enum report_kind kind)
{
    static struct event ev;
    event_init(&ev, EV_ORDER, a->instrument, 0);
    struct ev_order *o = &ev.u.order;
    memcpy(o->client_id, a->client_id, sizeof o->client_id);
    o->kind = (uint8_t)kind;
    o->source = kind == RK_SENT ? SOURCE_LOCAL : SOURCE_ANSWER;
    o->side = a->side;
    o->price_ticks = a->price_ticks;
    o->qty_lots = a->qty_lots;
    o->order_id = a->type == ACT_PLACE ? ++r->orders : a->order_id;
    step(r, &ev);
}

static void answer_read(struct recording *r, const struct action *a)
{
    static struct event ev;
    event_init(&ev, EV_ACCOUNT, a->instrument, 0);
    ev.u.account = (struct ev_account){.kind = a->sub == 0 ? AK_OPEN_ORDERS : AK_POSITION,
                                       .reason = AR_READ,
                                       .currency = CURRENCY_USDT,
                                       .from_read = 1,
                                       .request_mono_ns = r->now_ns,
                                       .read_id = a->read_id};
    step(r, &ev);
}

static void answer_all(struct recording *r)
{
    while (r->first != r->last) {
        struct action a = r->pending[r->first++ % PENDING_MAX];
        r->now_ns += 1000;
        if (a.type == ACT_PLACE) {
            report(r, &a, RK_SENT);
            report(r, &a, RK_ACCEPTED);
        } else if (a.type == ACT_CANCEL) {
            report(r, &a, RK_CANCELED);
        } else if (a.type == ACT_READ) {
            answer_read(r, &a);
        }
    }
}

static void say(struct recording *r, struct event *ev)
{
    step(r, ev);
    answer_all(r);
}

static void introduce(struct recording *r, const struct tape_header *h)
{
    static struct event ev;
    event_init(&ev, EV_START, INSTRUMENT_NONE, 0);
    ev.u.start = (struct ev_start){.seed = 1, .epoch = 7, .mode = MODE_BACKTEST, .equity_start_e8 = 50 * E8};
    say(r, &ev);
    for (uint16_t i = 0; i < 2; i++) {
        event_init(&ev, EV_INSTRUMENT, i, 0);
        ev.u.instrument_rev = h->instruments[i];
        say(r, &ev);
    }
    event_init(&ev, EV_ACCOUNT, INSTRUMENT_NONE, 0);
    ev.u.account = (struct ev_account){.kind = AK_BALANCE,
                                       .reason = AR_READ,
                                       .currency = CURRENCY_USDT,
                                       .from_read = 1,
                                       .wallet_e8 = 50 * E8};
    say(r, &ev);
}

// The market's events on the session's clock, with what the venue session adds to them.
static void play_market(struct recording *r)
{
    static struct event ev;
    struct error e = {0};
    struct tape_reader *t = tape_open(MARKET, &e);
    assert_non_null(t);
    introduce(r, tape_header(t));
    int64_t begin = 0, marked_ns[2] = {0, 0};
    for (int i = 0; i < MARKET_EVENTS;) {
        const struct event *m = tape_next(t, &e);
        assert_non_null(m);
        if (m->instrument > 1) {
            continue;
        }
        begin = begin ? begin : m->mono_ns - r->now_ns;
        r->now_ns = m->mono_ns - begin > r->now_ns ? m->mono_ns - begin : r->now_ns;
        memcpy(&ev, m, m->size);
        say(r, &ev);
        if (m->type == EV_BOOK_SNAPSHOT) {
            uint16_t instrument = m->instrument;
            event_init(&ev, EV_BOOK_STATE, instrument, 0);
            ev.u.book_state.state = BOOK_LIVE;
            say(r, &ev);
        }
        if (m->type == EV_TOUCH && r->now_ns - marked_ns[m->instrument] > NS_PER_S / 2) {
            marked_ns[m->instrument] = r->now_ns;
            int64_t price = m->u.touch.bid_ticks * tape_header(t)->instruments[m->instrument].tick_e8;
            event_init(&ev, EV_MARK, m->instrument, 0);
            ev.u.mark = (struct ev_mark){.mark_e8 = price, .index_e8 = price, .next_funding_ns = INT64_MAX};
            say(r, &ev);
        }
        i++;
    }
    tape_reader_close(t);
}

// Make a session tape; returns the engine's last hash.
static uint64_t record(struct recording *r)
{
    struct error e = {0};
    struct config *c = malloc(sizeof *c);
    struct engine_config ec;
    char text[16384];
    config_default(c);
    config_engine(c, &ec);
    assert_true(config_format(c, text, sizeof text) > 0);
    const struct tape_header h = {.kind = TAPE_SESSION, .build = "test", .origin = "test"};
    r->tape = tape_create(path, &h, text, 1, &e);
    assert_non_null(r->tape);
    r->mem = aligned_alloc(64, (engine_size() + 63) / 64 * 64);
    r->engine = engine_init(r->mem, engine_size(), &ec);
    r->now_ns = 1000000;
    play_market(r);
    uint64_t hash = engine_action_hash(r->engine);
    assert_true(tape_append_hash(r->tape, r->seq, hash, &e));
    assert_true(tape_close(r->tape, &e));
    free(r->mem);
    free(c);
    return hash;
}

static struct replay_proof prove(void)
{
    struct replay_proof p;
    struct error e = {0};
    if (!replay_verify(path, &p, &e)) {
        fail_msg("%s", e.text);
    }
    return p;
}

static struct recording *recording_new(void)
{
    struct recording *r = calloc(1, sizeof *r);
    assert_non_null(r);
    return r;
}

static void test_a_session_verifies(void **state)
{
    (void)state;
    struct recording *r = recording_new();
    uint64_t hash = record(r);
    assert_true(r->orders > 3); // it did trade: the test has teeth
    struct replay_proof p = prove();
    assert_true(p.same && p.verified_seq == r->seq && p.hash == hash && p.gap == 0 && !p.truncated);
    assert_true(p.events == r->seq && p.actions == r->actions && p.checkpoints == r->seq / HASH_EVERY + 1);
    free(r);
}

static void test_one_changed_event_is_found(void **state)
{
    (void)state;
    struct recording *r = recording_new();
    r->change_seq = 1700;
    record(r);
    struct replay_proof p = prove();
    assert_false(p.same);
    assert_true(r->changed_seq >= 1700);
    assert_true(p.differs_seq > r->changed_seq); // the first checkpoint that felt it
    assert_true(p.verified_seq == p.differs_seq - HASH_EVERY && p.verified_seq >= 1500);
    free(r);
}

static void test_one_changed_checkpoint_is_found(void **state)
{
    (void)state;
    struct recording *r = recording_new();
    r->wrong_hash_seq = 2400;
    record(r);
    struct replay_proof p = prove();
    assert_false(p.same);
    assert_int_equal(p.verified_seq, 2000);
    assert_int_equal(p.differs_seq, 2500);
    free(r);
}

static void test_lost_events_end_the_proof(void **state)
{
    (void)state;
    struct recording *r = recording_new();
    r->lose_from = 2200;
    r->lose_to = 2299;
    record(r);
    struct replay_proof p = prove();
    assert_true(p.same);
    assert_int_equal(p.verified_seq, 2000);
    assert_int_equal(p.gap, 100);
    // The player goes on behind the gap and says so.
    struct error e = {0};
    struct replay *play = replay_open(path, &e);
    int gaps = 0;
    enum replay_result x;
    while ((x = replay_step(play, &e)) == REPLAY_STEPPED || x == REPLAY_GAP) {
        gaps += x == REPLAY_GAP;
    }
    assert_int_equal(x, REPLAY_END);
    assert_int_equal(gaps, 1);
    assert_int_equal(replay_missing(play), 100);
    assert_true(replay_events(play) == r->seq - 100);
    replay_close(play);
    free(r);
}

static void test_torn_end_and_no_checkpoint(void **state)
{
    (void)state;
    struct recording *r = recording_new();
    record(r);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size / 2), 0);
    struct replay_proof p = prove();
    assert_true(p.same && p.truncated && p.verified_seq > 500 && p.verified_seq < r->seq);
    free(r);
    unlink(path);
    r = recording_new();
    r->no_hashes = true;
    r->lose_from = 1; // and the last one too: everything lost
    r->lose_to = 1;
    record(r);
    p = prove();
    assert_true(p.checkpoints <= 1);
    free(r);
}

static void test_rewind_gives_the_same_again(void **state)
{
    (void)state;
    struct recording *r = recording_new();
    record(r);
    struct error e = {0};
    struct replay *play = replay_open(path, &e);
    struct snapshot *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(replay_step(play, &e), REPLAY_STEPPED);
    }
    replay_snapshot(play, a);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(replay_step(play, &e), REPLAY_STEPPED);
    }
    assert_true(replay_rewind(play, &e));
    assert_null(replay_event(play));
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(replay_step(play, &e), REPLAY_STEPPED);
    }
    replay_snapshot(play, b);
    assert_memory_equal(a, b, sizeof *a);
    assert_int_equal(a->mode, MODE_REPLAY);
    assert_true(a->shell.replay_begin_ns < a->wall_ns && a->wall_ns < a->shell.replay_end_ns);
    free(a);
    free(b);
    replay_close(play);
    free(r);
}

static void test_a_market_is_watched_only(void **state)
{
    (void)state;
    struct error e = {0};
    struct replay_proof p;
    assert_false(replay_verify(MARKET, &p, &e));
    assert_int_equal(e.exit_code, EXIT_DATA);
    struct replay *play = replay_open(MARKET, &e);
    assert_non_null(play);
    for (int i = 0; i < 20000; i++) {
        assert_int_equal(replay_step(play, &e), REPLAY_STEPPED);
        for (uint32_t k = 0; k < replay_actions(play)->count; k++) {
            assert_int_not_equal(replay_actions(play)->a[k].type, ACT_PLACE);
        }
    }
    struct snapshot *s = calloc(1, sizeof *s);
    replay_snapshot(play, s);
    assert_int_equal(s->instrument_count, 2);
    assert_int_equal(s->ins[1].book_state, BOOK_LIVE);
    assert_true(s->ins[1].bids == SNAP_LEVELS && s->ins[1].trades > 0);
    free(s);
    replay_close(play);
}

// Tapes with right checksums whose order no engine would have written must end in one line, not in a broken
// invariant.
static void test_senseless_order_is_refused(void **state)
{
    (void)state;
    static const struct {
        uint64_t seq;
        int64_t mono_ns;
        const char *says;
    } cases[] = {{2, 50, "in time"}, {1, 200, "comes after"}, {0, 200, "comes after"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static struct event ev;
        struct error e = {0};
        const struct tape_header h = {.kind = TAPE_SESSION};
        unlink(path);
        struct tape_writer *w = tape_create(path, &h, "", 1, &e);
        event_init(&ev, EV_TIMER, INSTRUMENT_NONE, 0);
        ev.seq = 1;
        ev.mono_ns = 100;
        assert_true(tape_append(w, &ev, &e));
        ev.seq = cases[i].seq;
        ev.mono_ns = cases[i].mono_ns;
        assert_true(tape_append(w, &ev, &e) && tape_close(w, &e));
        struct replay *play = replay_open(path, &e);
        assert_int_equal(replay_step(play, &e), REPLAY_STEPPED);
        assert_int_equal(replay_step(play, &e), REPLAY_FAILED);
        assert_int_equal(e.exit_code, EXIT_DATA);
        assert_non_null(strstr(e.text, cases[i].says));
        replay_close(play);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_session_verifies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_changed_event_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_changed_checkpoint_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost_events_end_the_proof, setup, teardown),
        cmocka_unit_test_setup_teardown(test_torn_end_and_no_checkpoint, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rewind_gives_the_same_again, setup, teardown),
        cmocka_unit_test(test_a_market_is_watched_only),
        cmocka_unit_test_setup_teardown(test_senseless_order_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
