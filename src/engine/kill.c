// SPDX-License-Identifier: Apache-2.0
// kill: see the header. kill_run looks at each leg (one instrument) and does what is due: cancel all, the
// next slice, the reads; then it folds the legs into FLAT and SEALED. Every event that could have put an
// order or a position at the venue makes the leg dirty, and only reads sent after that count.
#include "engine/kill.h"

#include <string.h>

#include "base/error.h"
#include "engine/engine_state.h"
#include "engine/kill_slice.h"

#define DEADMAN_KILL_MS 5000
#define SECOND_SWEEP_NS (250 * NS_PER_MS)
#define SWEEP_NS        NS_PER_S
#define SLICE_WAIT_NS   (250 * NS_PER_MS) // for its answer; doubt does not block the next
#define READ_SOON_NS    (100 * NS_PER_MS)
#define READ_LATER_NS   (500 * NS_PER_MS)
#define READ_WATCH_NS   (2 * NS_PER_S)    // between FLAT and SEALED
#define OTHER_APART_NS  (250 * NS_PER_MS) // two reads that agree against us
#define QUIT_LIMIT_NS   (15 * NS_PER_S)
#define FATES_NS        (3 * NS_PER_S) // for the last evidence about single orders
#define TICK_NS         (20 * NS_PER_MS)
#define TICK_PHASE_NS   (5 * NS_PER_S) // afterwards the engine's own tick is fine enough

enum { ROUNDS_ALWAYS = 3 }; // at 0, 0.25 and 1 s, FLAT or not

// ------------------------------------------------------------------------------------------------ legs

static int64_t own_lots(const struct engine *e, uint16_t i)
{
    return position_own_lots(e, i);
}

// Is it dust by the venue's minima? On spot the smallest value counts as well.
static bool is_dust(const struct engine *e, uint16_t i, int64_t lots)
{
    return kill_is_dust(&e->ins[i].def, lots, market_value_price_e8(e, i));
}

static bool concerns(const struct engine *e, uint16_t i)
{
    if (!instrument_is_traded(e, i)) {
        return false;
    }
    const struct instrument_state *s = &e->ins[i];
    return e->venue[s->def.venue].counts || e->kill.leg[i].concerned || s->orders_sent > 0 ||
           own_lots(e, i) != 0 || e->orders.exposures.ins[i].orders > 0 || s->venue.open_orders > 0 ||
           (s->venue.lots != 0 && s->def.kind == INSTRUMENT_LINEAR);
}

static void ask_cancel_all(struct engine *e, uint16_t i)
{
    struct kill_leg *l = &e->kill.leg[i];
    struct echo *x = echo_find(e, e->kill.echo_seq);
    bool first = l->cancel_asked_ns == 0;
    action_new(e, ACT_CANCEL_ALL, i)->close_only = 1; // the kill's lane
    l->cancel_asked_ns = e->now_ns;
    l->cancel_acked = 0;
    if (first) {
        l->dirty_ns = e->now_ns;
        if (x) {
            x->s.cancels_sent++;
        }
    }
}

// The venue's own countdown, short and not wound up again: if all else fails it cancels.
static void arm_short(struct engine *e, uint16_t i)
{
    struct instrument_state *s = &e->ins[i];
    if (s->def.kind == INSTRUMENT_SPOT) {
        return; // spot venues have no countdown
    }
    struct action *a = action_new(e, ACT_DEADMAN, i);
    a->value = DEADMAN_KILL_MS;
    a->close_only = 1;
    s->deadman_sent_ns = e->now_ns;
    s->deadman_ms = DEADMAN_KILL_MS;
}

static void start_leg(struct engine *e, uint16_t i)
{
    struct kill_leg *l = &e->kill.leg[i];
    int64_t lots = own_lots(e, i);
    *l = (struct kill_leg){
        .collar_e8 = e->config.kill.collar_e8,
        .progress_ns = e->now_ns,
        .progress_lots = lots < 0 ? -lots : lots,
        .slice_slot = ORDER_NONE,
        .concerned = 1,
    };
    ask_cancel_all(e, i);
}

static void start_sweep(struct engine *e, bool closing, uint64_t echo_seq)
{
    struct kill *k = &e->kill;
    k->sweeping = 1;
    k->closing = closing;
    k->flat = k->sealed = 0;
    k->phase = KP_SENT;
    k->rounds = 1;
    k->started_ns = e->now_ns;
    k->echo_seq = echo_seq;
    k->cost_estimate_e8 = 0;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        k->leg[i] = (struct kill_leg){.slice_slot = ORDER_NONE};
        if (concerns(e, i)) {
            k->cost_estimate_e8 += kill_cost_e8(e, i);
            start_leg(e, i);
        }
    }
    for (uint16_t i = 0; i < INSTRUMENT_MAX && k->latched; i++) { // after the cancels: they come first
        if (concerns(e, i)) {
            arm_short(e, i);
        }
    }
}

static void soil(struct engine *e, uint16_t i)
{
    struct kill *k = &e->kill;
    if (!k->sweeping) {
        return;
    }
    k->leg[i].concerned = 1;
    k->leg[i].dirty_ns = e->now_ns;
    k->leg[i].orders_empty_ns = 0;
    k->leg[i].position_empty_ns = 0;
    k->flat = k->sealed = 0;
}

// --------------------------------------------------------------------------------------------- reports

void kill_on_cancel_all(struct engine *e, uint16_t i, bool done)
{
    struct kill_leg *l = &e->kill.leg[i];
    if (!e->kill.sweeping || !done || l->cancel_asked_ns == 0) {
        return; // a failed one is repeated by the schedule
    }
    l->cancel_acked = 1;
    if (l->first_acked) {
        return;
    }
    l->first_acked = 1;
    l->dirty_ns = e->now_ns; // reads of before may have overtaken it on another connection
    struct echo *x = echo_find(e, e->kill.echo_seq);
    if (x && ++x->s.cancels_acked >= x->s.cancels_sent) {
        x->s.acked_ns = x->s.acked_ns ? x->s.acked_ns : echo_since(x, e->now_ns);
    }
}

void kill_on_fill(struct engine *e, uint16_t i)
{
    soil(e, i);
}

void kill_on_order_alive(struct engine *e, uint16_t i)
{
    soil(e, i);
}

void kill_on_slice_done(struct engine *e, uint16_t slot)
{
    uint16_t i = order_at(&e->orders, slot)->instrument;
    if (e->kill.leg[i].slice_slot == slot) {
        e->kill.leg[i].slice_slot = ORDER_NONE;
    }
}

// The venue's position is not ours. Two reads apart in time that agree with each other, with no fill heard
// since the first was sent: the venue is right, by a visible adjustment, and what it says is then closed.
// Slices of ours in between do not matter, or they would keep the question open for ever.
static void read_other_lots(struct engine *e, uint16_t i, int64_t lots, int64_t request_ns)
{
    struct kill_leg *l = &e->kill.leg[i];
    int64_t fill_ns = e->ins[i].last_fill_ns;
    l->position_empty_ns = 0;
    if (request_ns <= fill_ns) {
        return;
    }
    if (l->other_ns <= fill_ns || l->other_lots != lots) {
        l->other_ns = request_ns;
        l->other_lots = lots;
    } else if (request_ns - l->other_ns >= OTHER_APART_NS) {
        l->other_ns = 0;
        position_set_by_venue(e, i);
    }
}

static void read_same_lots(struct engine *e, uint16_t i, int64_t lots, int64_t request_ns)
{
    struct kill_leg *l = &e->kill.leg[i];
    bool empty = lots == 0 || is_dust(e, i, lots);
    l->other_ns = 0;
    if (request_ns >= l->dirty_ns) {
        l->dust = lots != 0 && empty;
        l->position_empty_ns = empty ? request_ns : 0;
    }
}

void kill_on_read(struct engine *e, uint16_t i, const struct ev_account *a)
{
    struct kill_leg *l = &e->kill.leg[i];
    struct venue_view *v = &e->ins[i].venue;
    bool orders = a->kind == AK_OPEN_ORDERS;
    int64_t asked_ns = orders ? v->orders_asked_ns : v->position_asked_ns;
    int64_t request_ns = a->request_mono_ns ? a->request_mono_ns : asked_ns;
    if (!e->kill.sweeping) {
        return;
    }
    if (!orders && a->position_lots != own_lots(e, i)) {
        read_other_lots(e, i, a->position_lots, request_ns);
    } else if (!orders) {
        read_same_lots(e, i, a->position_lots, request_ns);
    } else if (request_ns >= l->dirty_ns) {
        l->orders_empty_ns = a->count == 0 ? request_ns : 0;
    }
    if (l->orders_empty_ns == 0 || (e->kill.closing && l->position_empty_ns == 0)) {
        e->kill.flat = e->kill.sealed = 0;
    }
}

// ---------------------------------------------------------------------------------------------- slices

static int64_t reference_price_e8(const struct engine *e, uint16_t i)
{
    int64_t price = market_value_price_e8(e, i);
    return price > 0 ? price : position_entry_e8(&e->ledger.total[i], &e->ins[i].def);
}

static void widen_collar(struct engine *e, struct kill_leg *l, int64_t lots)
{
    int64_t left = lots < 0 ? -lots : lots;
    if (left < l->progress_lots) {
        l->progress_lots = left;
        l->progress_ns = e->now_ns;
    } else if (left > l->progress_lots) {
        l->progress_lots = left;
    } else if (e->now_ns - l->progress_ns >= e->config.kill.collar_double_ns) {
        l->collar_e8 =
            l->collar_e8 * 2 < e->config.kill.collar_max_e8 ? l->collar_e8 * 2 : e->config.kill.collar_max_e8;
        l->progress_ns = e->now_ns;
    }
}

static bool slice_is_due(const struct engine *e, uint16_t i)
{
    const struct kill_leg *l = &e->kill.leg[i];
    if (l->slice_ns && e->now_ns - l->slice_ns < e->config.kill.slice_gap_ns) {
        return false;
    }
    if (l->slice_slot == ORDER_NONE) {
        return true;
    }
    return order_at(&e->orders, l->slice_slot)->state == ORD_UNKNOWN ||
           e->now_ns - l->slice_ns >= SLICE_WAIT_NS;
}

static void send_slice(struct engine *e, uint16_t i, const struct slice *s)
{
    struct kill_leg *l = &e->kill.leg[i];
    struct order_intent in = {.instrument = i,
                              .venue = e->ins[i].def.venue,
                              .strategy = STRATEGY_KILL,
                              .side = s->side,
                              .tif = TIF_IOC,
                              .reduce_only = 1,
                              .close_only = 1,
                              .price_ticks = s->price_ticks,
                              .qty_lots = s->qty_lots};
    struct risk_verdict why;
    struct approved_order *ok = risk_approve_close(&e->risk, &in, &e->orders.exposures, e->now_ns, &why);
    l->slice_ns = e->now_ns;
    if (!ok) {
        if (e->now_ns - l->refused_ns >= NS_PER_S) {
            l->refused_ns = e->now_ns;
            action_log(e, i, why.text);
        }
        return;
    }
    l->slice_slot = order_place(&e->orders, ok, engine_stamp(e), action_new(e, ACT_PLACE, i));
    e->note[l->slice_slot] = (struct order_note){.echo_seq = e->kill.echo_seq};
    e->ins[i].last_place_ns = e->now_ns;
    l->slices++;
    e->kill.slices++;
    soil(e, i);
    struct echo *x = echo_find(e, e->kill.echo_seq);
    if (x) {
        x->s.closes_sent++;
    }
}

// On a perpetual the venue itself refuses to flip; on spot a slice in doubt may yet sell what it was for.
static int64_t closable_lots(const struct engine *e, uint16_t i)
{
    int64_t lots = own_lots(e, i);
    if (e->ins[i].def.kind == INSTRUMENT_SPOT) {
        lots -= e->orders.exposures.ins[i].sell_lots;
        lots = lots > 0 ? lots : 0;
    }
    return lots;
}

static void run_slices(struct engine *e, uint16_t i)
{
    struct kill_leg *l = &e->kill.leg[i];
    int64_t lots = closable_lots(e, i), price = reference_price_e8(e, i);
    bool told_flat = l->other_ns != 0 && l->other_lots == 0; // the venue says so: settle that first
    if (!e->kill.closing || lots == 0 || is_dust(e, i, lots) || price <= 0 || told_flat ||
        !slice_is_due(e, i)) {
        return;
    }
    widen_collar(e, l, lots);
    struct slice_input in = {
        &e->ins[i].def, &e->config.kill, engine_book(e, i), !cause_acts(e, CAUSE_BOOK, i),
        lots,           price,           l->collar_e8};
    struct slice s = kill_slice(&in);
    if (s.qty_lots > 0) {
        send_slice(e, i, &s);
    }
}

// ----------------------------------------------------------------------------------- cancels and reads

static int64_t round_due_ns(const struct kill *k)
{
    int64_t after = k->rounds == 1 ? SECOND_SWEEP_NS : (int64_t)(k->rounds - 1) * SWEEP_NS;
    return k->started_ns + after;
}

// What is due of one leg's cancels.
static void run_leg_cancels(struct engine *e, uint16_t i, bool round)
{
    struct kill_leg *l = &e->kill.leg[i];
    bool reborn = l->orders_empty_ns == 0 && l->first_acked && e->orders.exposures.ins[i].orders > 0 &&
                  e->now_ns - l->cancel_asked_ns >= SECOND_SWEEP_NS;
    if (l->cancel_asked_ns == 0) {
        start_leg(e, i); // an instrument that became known meanwhile
    } else if (round || reborn) {
        ask_cancel_all(e, i);
    }
}

// Legs that the venue has not acknowledged come first: where requests are rationed (429), the others would
// take the ration each time.
static void run_cancels(struct engine *e)
{
    struct kill *k = &e->kill;
    bool round = e->now_ns >= round_due_ns(k) && !k->sealed;
    bool wanted = k->rounds < ROUNDS_ALWAYS || !k->flat;
    k->rounds += round;
    for (int pass = 0; pass < 2; pass++) {
        for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
            if (concerns(e, i) && k->leg[i].first_acked == pass) {
                run_leg_cancels(e, i, round && wanted);
            }
        }
    }
}

// When the newest order byte can no longer land.
static int64_t window_end_ns(const struct engine *e)
{
    int64_t last = e->last_order_byte_ns > e->started_ns ? e->last_order_byte_ns : e->started_ns;
    return last + e->config.kill.accept_window_ns;
}

int64_t kill_seal_due_ns(const struct engine *e)
{
    return e->kill.sweeping && e->kill.flat && !e->kill.sealed ? window_end_ns(e) : 0;
}

// How old a read may be before another is wanted: soon while something is open, rarely while the window runs
// out.
static bool read_is_due(const struct engine *e, int64_t empty_ns, int64_t asked_ns, bool busy)
{
    if (e->kill.sealed) {
        return false;
    }
    if (empty_ns == 0) {
        bool early = e->now_ns - e->kill.started_ns < TICK_PHASE_NS;
        return e->now_ns - asked_ns >= (busy || !early ? READ_LATER_NS : READ_SOON_NS);
    }
    bool window_over = e->now_ns >= window_end_ns(e) && empty_ns < window_end_ns(e);
    return e->now_ns - asked_ns >= (window_over ? READ_SOON_NS : READ_WATCH_NS);
}

static void run_reads(struct engine *e, uint16_t i)
{
    const struct kill_leg *l = &e->kill.leg[i];
    const struct venue_view *v = &e->ins[i].venue;
    bool closing = e->kill.closing && own_lots(e, i) != 0 && !is_dust(e, i, own_lots(e, i));
    if (!l->first_acked && e->now_ns - l->cancel_asked_ns < SECOND_SWEEP_NS) {
        return; // the cancels first
    }
    bool stale_read = v->orders_asked_ns < l->dirty_ns, stale_position = v->position_asked_ns < l->dirty_ns;
    bool idle = e->orders.exposures.ins[i].orders == 0;
    if ((idle && stale_read && v->orders_read_id == 0) ||
        read_is_due(e, l->orders_empty_ns, v->orders_asked_ns, !idle)) {
        read_orders(e, i);
    }
    if ((idle && !closing && stale_position && v->position_read_id == 0) ||
        read_is_due(e, l->position_empty_ns, v->position_asked_ns, closing || !idle)) {
        read_position(e, i);
    }
}

// ------------------------------------------------------------------------------------- FLAT and SEALED

static bool leg_since(const struct engine *e, const struct kill_leg *l, int64_t since_ns)
{
    bool orders = l->orders_empty_ns > 0 && l->orders_empty_ns >= since_ns;
    bool position = !e->kill.closing || (l->position_empty_ns > 0 && l->position_empty_ns >= since_ns);
    return l->cancel_asked_ns > 0 && orders && position;
}

static bool all_since(const struct engine *e, int64_t since_ns)
{
    uint32_t known = 0;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        known += instrument_is_traded(e, i);
        if (concerns(e, i) && !leg_since(e, &e->kill.leg[i], since_ns)) {
            return false;
        }
    }
    return known > 0;
}

static bool place_is_waiting(const struct engine *e)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        for (uint16_t s = order_first(&e->orders, i); s != ORDER_NONE; s = order_next(&e->orders, s)) {
            if (order_at(&e->orders, s)->state == ORD_INTENT) {
                return true;
            }
        }
    }
    return false;
}

static bool all_acked(const struct engine *e)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (concerns(e, i) && !e->kill.leg[i].first_acked) {
            return false;
        }
    }
    return true;
}

static void tell_dust(struct engine *e)
{
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        if (concerns(e, i) && e->kill.closing && e->kill.leg[i].dust) {
            char text[80];
            struct fmt f = fmt_begin(text, sizeof text);
            fmt_instrument(&f, e, i);
            fmt_str(&f, "dust stays: ");
            fmt_dec(&f, instrument_qty_e8(&e->ins[i].def, own_lots(e, i)), 8, e->ins[i].def.qty_decimals);
            fmt_str(&f, " is below the venue's minimum");
            action_log(e, i, text);
        }
    }
}

// The echo of this sweep and those of an F pressed again meanwhile: each tells how long after its own key.
static bool is_sweeps_echo(const struct engine *e, const struct echo *x)
{
    return x->s.seq == e->kill.echo_seq || (x->s.verb == VERB_FLATTEN && x->s.seq > e->kill.echo_seq);
}

static void become_flat(struct engine *e)
{
    e->kill.flat = 1;
    tell_dust(e);
    alarm_set(&e->alarms, ALARM_KILL_UNCONF, INSTRUMENT_NONE, false, e->now_ns);
    for (uint32_t i = 0; i < e->echo_count; i++) {
        struct echo *x = &e->echo[i];
        if (is_sweeps_echo(e, x) && x->s.flat_ns == 0) {
            x->s.flat_ns = echo_since(x, e->now_ns);
        }
    }
}

static void become_sealed(struct engine *e)
{
    e->kill.sealed = 1;
    for (uint32_t i = 0; i < e->echo_count; i++) {
        struct echo *x = &e->echo[i];
        if (is_sweeps_echo(e, x)) {
            x->s.sealed_ns = x->s.sealed_ns ? x->s.sealed_ns : echo_since(x, e->now_ns);
            echo_done(e, x);
        }
    }
    action_log(e, INSTRUMENT_NONE,
               e->kill.closing ? "sealed: flat, and nothing in flight can still land"
                               : "sealed: no orders, and nothing in flight can still land");
}

static void judge(struct engine *e)
{
    struct kill *k = &e->kill;
    if (!k->flat && all_since(e, 1)) {
        become_flat(e);
    }
    if (k->flat && !k->sealed && all_since(e, window_end_ns(e)) && !place_is_waiting(e)) {
        become_sealed(e);
    }
    bool late = k->latched && !k->flat && e->now_ns - k->started_ns >= e->config.kill.unconfirmed_ns;
    if (alarm_set(&e->alarms, ALARM_KILL_UNCONF, INSTRUMENT_NONE, late && k->closing, e->now_ns)) {
        alarm_describe(&e->alarms, ALARM_KILL_UNCONF, INSTRUMENT_NONE,
                       "flatten not verified: trying on; close on the venue's own site if it stays");
    }
    k->phase = k->latched && !k->closing ? KP_ABORTED
               : k->sealed               ? KP_SEALED
               : k->flat                 ? KP_FLAT
               : late                    ? KP_UNCONF
               : all_acked(e)            ? KP_ACK
                                         : KP_SENT;
}

// ------------------------------------------------------------------------------------------------ quit

static void end_run(struct engine *e, int64_t code)
{
    e->kill.quit_done = 1;
    action_new(e, ACT_QUIT, INSTRUMENT_NONE)->value = code;
    struct echo *x = echo_find(e, e->kill.quit_echo_seq);
    if (x) {
        echo_done(e, x);
        echo_text(x, code == EXIT_OK ? "verified: nothing is left at the venue"
                                     : "not verified: look at the venue's own site");
    }
}

// The venue holds no order of ours any more, yet of some nobody told us the end. A cancel's answer is
// evidence; it is asked for once, and waited for only so long: the venue's word that nothing is left stands.
static bool fates_are_known(struct engine *e)
{
    struct kill *k = &e->kill;
    bool known = true;
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        for (uint16_t s = order_first(&e->orders, i), next; s != ORDER_NONE; s = next) {
            next = order_next(&e->orders, s);
            if (order_at(&e->orders, s)->strategy == STRATEGY_EXTERNAL) {
                continue;
            }
            known = false;
            if (k->fates_asked_ns == 0) {
                quotes_cancel(e, s, e->note[s].echo_seq);
            }
        }
    }
    k->fates_asked_ns = k->fates_asked_ns ? k->fates_asked_ns : e->now_ns;
    return known || e->now_ns - k->fates_asked_ns >= FATES_NS;
}

static void run_quit(struct engine *e)
{
    struct kill *k = &e->kill;
    if (!k->quitting || k->quit_done) {
        return;
    }
    bool real = e->mode == MODE_LIVE || e->mode == MODE_TESTNET;
    if (k->sealed) {
        if (fates_are_known(e)) {
            end_run(e, EXIT_OK);
        }
    } else if (!e->ready &&
               e->last_order_byte_ns == 0) { // never came to trading: nothing of this run can be left
        end_run(e, real ? EXIT_UNVERIFIED : EXIT_OK);
    } else if (e->now_ns >= k->quit_deadline_ns) {
        alarm_set(&e->alarms, ALARM_QUIT_UNVER, INSTRUMENT_NONE, true, e->now_ns);
        alarm_describe(&e->alarms, ALARM_QUIT_UNVER, INSTRUMENT_NONE,
                       "the venue did not confirm that nothing is left");
        end_run(e, EXIT_UNVERIFIED);
    }
}

void kill_run(struct engine *e)
{
    if (e->kill.sweeping) {
        run_cancels(e);
        for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
            if (concerns(e, i)) {
                run_slices(e, i);
                run_reads(e, i);
            }
        }
        judge(e);
    }
    run_quit(e);
}

int64_t kill_deadline(const struct engine *e)
{
    bool busy = e->kill.sweeping && !e->kill.flat && e->now_ns - e->kill.started_ns < TICK_PHASE_NS;
    return busy ? e->now_ns + TICK_NS : INT64_MAX;
}

// ----------------------------------------------------------------------------------------------- verbs

bool kill_flatten(struct engine *e, uint64_t echo_seq)
{
    struct kill *k = &e->kill;
    if (k->latched && k->closing) {
        for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
            if (concerns(e, i) && !k->leg[i].cancel_acked) {
                ask_cancel_all(e, i);
            }
        }
        return false;
    }
    k->latched = 1;
    k->flattens++;
    start_sweep(e, true, echo_seq);
    return true;
}

bool kill_abort(struct engine *e)
{
    if (!e->kill.latched || !e->kill.closing || e->kill.sealed) {
        return false;
    }
    e->kill.closing = 0;
    e->kill.flat = e->kill.sealed = 0;
    return true;
}

const char *kill_release(struct engine *e)
{
    struct kill *k = &e->kill;
    if (!k->latched && k->sweeping) {
        return "not now: the run is being ended";
    }
    if (!k->latched) {
        action_new(e, ACT_FENCE_OPEN,
                   INSTRUMENT_NONE); // a held F raised the fence and latched nothing (tui/guard.h)
        return NULL;
    }
    if (!k->sealed) {
        return k->flat ? "not yet: FLAT but not SEALED, an order in flight could still land"
                       : "not yet: the venue has not confirmed FLAT";
    }
    k->latched = k->sweeping = k->closing = k->flat = k->sealed = 0;
    k->phase = KP_ARMED;
    action_new(e, ACT_FENCE_OPEN, INSTRUMENT_NONE);
    for (uint16_t i = 0; i < INSTRUMENT_MAX; i++) {
        e->ins[i].paused = 1; // released, but not running: resume is a key of its own
        e->ins[i].dirty_quotes = 1;
    }
    return NULL;
}

void kill_quit(struct engine *e, bool flatten, uint64_t echo_seq)
{
    struct kill *k = &e->kill;
    if (k->quitting) {
        return;
    }
    k->quitting = 1;
    k->quit_echo_seq = echo_seq;
    k->quit_deadline_ns = e->now_ns + QUIT_LIMIT_NS;
    cause_set(e, CAUSE_QUIT, INSTRUMENT_NONE, true);
    if (flatten) {
        kill_flatten(e, echo_seq);
    } else if (!k->sweeping) {
        start_sweep(e, false, echo_seq);
    }
}

int64_t kill_cost_e8(const struct engine *e, uint16_t i)
{
    const struct instrument_state *s = &e->ins[i];
    int64_t lots = own_lots(e, i) < 0 ? -own_lots(e, i) : own_lots(e, i), price = market_value_price_e8(e, i);
    if (lots == 0 || price <= 0) {
        return 0;
    }
    int64_t spread = s->touch.ask_ticks > s->touch.bid_ticks ? s->touch.ask_ticks - s->touch.bid_ticks : 1;
    int64_t fee = muldiv_round(instrument_notional_e8(&s->def, price, lots), s->def.taker_fee_e8, E8);
    return fee + instrument_notional_e8(&s->def, spread * s->def.tick_e8, lots) / 2;
}
