// SPDX-License-Identifier: Apache-2.0
// sim_faults: what goes wrong when. A fault acts for a while, then heals; after healing everything must be
// settled within a minute and every alarm cleared within three, and the alarms that the catalogue asks for
// (failure-modes.md 2; the row stands beside each) must have been raised meanwhile. In between nothing acts,
// and both sides are compared twice a second. The order of faults, their lengths and the pauses are drawn
// from the seed.
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "sim/sim_inject.h"

#define MS NS_PER_MS
#define S  NS_PER_S

enum { ALARMS = 3 };
static const int64_t LOOK_NS = 500 * MS;
// Invariant 27 wants a minute. A fill that was booked late has the average cost of another order of fills:
// the wallet differs until the second of two equal reads, 30 s apart, and again when the position is closed.
static const int64_t SETTLE_NS = 100 * S;
static const int64_t HELD_NS =
    180 * S; // a named cause may hold trading back: back-off, then its hold of 30 s
static const int64_t CALM_AFTER_NS = 60 * S, CALM_BEFORE_NS = 20 * S;

struct fault {
    const char *row, *name;
    enum inject how;
    int what;
    int least_s, most_s;
    const char *alarms[ALARMS];
    int blind_s; // nobody can know before: it takes a reconciliation
};

static const struct fault FAULTS[] = {
    {"N1", "market socket closes", INJECT_CUT, SIM_MARKET, 1, 5, {0}, 0},
    {"N1", "market socket gone", INJECT_GONE, SIM_MARKET, 10, 60, {"MD-STALE"}, 0},
    {"N2", "market socket half-open", INJECT_HALF_OPEN, SIM_MARKET, 10, 60, {"MD-STALE"}, 0},
    {"N3", "account socket closes", INJECT_CUT, SIM_USER, 1, 5, {0}, 0},
    {"N3", "account socket gone", INJECT_GONE, SIM_USER, 10, 60, {"USR-LOST"}, 0},
    {"N2", "account socket half-open", INJECT_HALF_OPEN, SIM_USER, 20, 60, {"USR-LOST"}, 0},
    {"N4", "order connections close", INJECT_CUT, SIM_ORDER, 1, 5, {0}, 0},
    {"N4", "order connections refused", INJECT_GONE, SIM_ORDER, 10, 60, {"ORD-LOST"}, 0},
    {"N4", "order connections half-open", INJECT_HALF_OPEN, SIM_ORDER, 10, 60, {"ORD-LOST"}, 0},
    {"N4", "REST reads refused", INJECT_GONE, SIM_CLERK, 10, 60, {0}, 0},
    {"N5", "connection breaks before the answer", INJECT_FRONT, FRONT_CUT_AFTER, 20, 60, {0}, 0},
    {"N6", "answers after their time-out", INJECT_FRONT, FRONT_LATE, 20, 60, {0}, 0},
    {"N7", "reports overtake answers", INJECT_SLOW, SIM_ORDER, 20, 60, {0}, 0},
    {"N7", "answers overtake reports", INJECT_SLOW, SIM_USER, 20, 60, {0}, 0},
    {"N9", "partition", INJECT_PARTITION, 0, 20, 90, {"MD-STALE", "USR-LOST", "ORD-LOST"}, 0},
    {"N10", "they do not hear us", INJECT_DEAF, 0, 30, 90, {"ORD-LOST"}, 0},
    {"N11", "slow drip", INJECT_SLOW, SIM_CLASSES, 20, 120, {"FEED-LAG"}, 0},
    {"N13", "sockets flap", INJECT_FLAP, 0, 10, 20, {0}, 0},
    {"V1", "503 on place, executed or not", INJECT_FRONT, FRONT_UNKNOWN, 20, 60, {0}, 0},
    {"V2", "503 on cancel, executed or not", INJECT_FRONT, FRONT_CANCEL_UNKNOWN, 20, 60, {0}, 0},
    {"V1", "-1007 on place and cancel", INJECT_FRONT, FRONT_TIMEOUT_CODE, 20, 60, {0}, 0},
    {"V4", "503 on place, then not visible", INJECT_FRONT, FRONT_INVISIBLE, 20, 30, {0}, 0},
    {"V7", "margin insufficient", INJECT_FRONT, FRONT_MARGIN, 10, 20, {0}, 0},
    {"V8", "429 on everything", INJECT_FRONT, FRONT_LIMIT, 5, 20, {"RATE-BUDGET"}, 0},
    {"V9", "418", INJECT_FRONT, FRONT_BAN, 40, 120, {"RATE-BUDGET"}, 0},
    {"V10", "-1015 on placements", INJECT_FRONT, FRONT_ORDER_LIMIT, 5, 20, {"RATE-BUDGET"}, 0},
    {"V11", "403 with HTML", INJECT_FRONT, FRONT_HTML, 10, 30, {"RATE-BUDGET"}, 60},
    {"V12", "-1021 now and then", INJECT_FRONT, FRONT_CLOCK, 10, 20, {0}, 0},
    {"V13", "listen key runs out", INJECT_FRONT, FRONT_NO_RENEWAL, 10, 4000, {0}, 0},
    {"V15", "instrument halted", INJECT_HALT, 0, 90, 180, {0}, 0},
    {"V15", "least notional raised", INJECT_NOTIONAL, 0, 90, 180, {0}, 0},
    {"V17", "funding interval halved", INJECT_FUNDING, 0, 1, 2, {0}, 0},
    {"V20", "maintenance", INJECT_OUTAGE, 0, 60, 300, {"MD-STALE", "USR-LOST"}, 0},
    {"O5", "reports come twice", INJECT_STREAM, STREAM_USER_TWICE, 20, 60, {0}, 0},
    {"O7", "reports come late", INJECT_STREAM, STREAM_USER_LATE, 20, 60, {0}, 0},
    {"O8", "a fill report never comes", INJECT_STREAM, STREAM_USER_LOST, 1, 600, {0}, 35},
    {"M1", "gap in the depth stream", INJECT_STREAM, STREAM_GAP, 10, 30, {0}, 0},
    {"M6", "depth stream frozen", INJECT_STREAM, STREAM_DEPTH_FROZEN, 10, 30, {"MD-STALE"}, 0},
    {"M7", "depth updates come twice", INJECT_STREAM, STREAM_DEPTH_TWICE, 10, 30, {0}, 0},
    {"T1", "our clock 3 s ahead", INJECT_CLOCK, 3, 90, 150, {"CLOCK-SKEW"}, 0},
    {"T2", "our clock steps an hour ahead", INJECT_CLOCK, 3600, 90, 150, {"CLOCK-SKEW"}, 0},
    {"T2", "our clock steps an hour back", INJECT_CLOCK, -3600, 90, 150, {"CLOCK-SKEW"}, 0},
    {"T4", "the process stands still", INJECT_FREEZE, 0, 1, 60, {"FROZEN"}, 0},
};
enum { FAULT_COUNT = COUNT_OF(FAULTS) };

static struct {
    enum { CALM, ACTING, HEALING } phase;
    const struct fault *now;
    int64_t begun_ns, healed_ns, next_ns, look_ns, end_ns, unsettled_ns, operated_ns;
    bool short_day;
    size_t order[FAULT_COUNT], at;
    bool blind_seam; // the recording started over while the fault acted or healed
    uint64_t helped;
    void (*operate)(enum verb verb, int64_t value, const char *word);
} f;
static struct rng rng;
static struct { // per fault
    uint64_t times, touched;
    int64_t settled_max_ns, back_max_ns;
} tally[FAULT_COUNT];

static int64_t between(int64_t least, int64_t most)
{
    return least + (int64_t)rng_below(&rng, (uint64_t)(most - least + 1));
}

static void shuffle(void)
{
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        f.order[i] = i;
    }
    for (size_t i = FAULT_COUNT - 1; i > 0; i--) {
        size_t k = (size_t)rng_below(&rng, i + 1), t = f.order[i];
        f.order[i] = f.order[k];
        f.order[k] = t;
    }
    f.at = 0;
}

void sim_faults_init(int64_t end_ns, bool short_day,
                     void (*operate)(enum verb verb, int64_t value, const char *word))
{
    sim_rng(&rng, "faults");
    f.end_ns = end_ns;
    f.short_day = short_day;
    f.operate = operate;
    f.next_ns = world.now_ns + 40 * S;
    f.look_ns = world.now_ns + 5 * S;
    inject_init();
    shuffle();
}

int64_t sim_faults_next_ns(void)
{
    return f.look_ns;
}

static const char *name_of(const struct fault *k)
{
    static char text[96];
    snprintf(text, sizeof text, "%s %s", k->row, k->name);
    return text;
}

// ---------------------------------------------------------------------------------------------------- acting

static void begin_fault(void)
{
    if (f.at == FAULT_COUNT) {
        shuffle();
    }
    f.now = &FAULTS[f.order[f.at++]];
    f.phase = ACTING;
    f.begun_ns = world.now_ns;
    bool own_end = inject_has_end(f.now->how, f.now->what);
    int64_t most = f.short_day ? (f.now->least_s + f.now->most_s) / 2 * S : f.now->most_s * S;
    f.healed_ns = world.now_ns + (own_end ? f.now->most_s * S : between(f.now->least_s * S, most));
    f.blind_seam = false;
    sim_log("==== %s", name_of(f.now));
    inject_begin(f.now->how, f.now->what);
}

static void end_fault(void)
{
    if (inject_sent_while_banned()) {
        sim_fail("%s: %llu requests were sent before the ban's end", name_of(f.now),
                 (unsigned long long)inject_sent_while_banned());
    }
    tally[f.now - FAULTS].times++;
    tally[f.now - FAULTS].touched += inject_touched();
    inject_heal();
    f.phase = HEALING;
    f.healed_ns = world.now_ns;
    f.unsettled_ns = 0;
    sim_log("==== healed: %s", name_of(f.now));
}

static void act(void)
{
    inject_act();
    if (inject_has_end(f.now->how, f.now->what)) {
        if (inject_is_over()) {
            end_fault();
            return;
        }
        if (world.now_ns >= f.healed_ns) {
            sim_fail("%s: it never happened", name_of(f.now));
        }
    } else if (world.now_ns >= f.healed_ns) {
        end_fault();
        return;
    }
    if (!inject_hides_reports() && !sim_check_unsettled()[0]) {
        (void)sim_check_settled(); // most leave the account as it is; what differs must agree after healing
    }
}

// --------------------------------------------------------------------------------------------------- healing

void sim_faults_seam(void)
{
    f.blind_seam |= f.phase != CALM;
}

// A seam (as a liquidation would) moves the position without an order of ours. Who was blind to it finds a
// strange trade afterwards and asks a person (V21). Refused signatures want one as well (V12). Otherwise
// nobody needs to be asked.
static void help(void)
{
    bool strange = f.blind_seam && sim_alarm_standing("POS-MISMATCH");
    bool refused = f.now->what == FRONT_CLOCK && strstr(sim_check_held(), "refused: see the codes");
    if ((strange || refused) && world.now_ns - f.operated_ns > 15 * S) {
        sim_log("==== the person says %s", strange ? ":reconcile" : "resume");
        f.helped++;
        f.operated_ns = world.now_ns;
        f.operate(strange ? VERB_RECONCILE : VERB_RESUME, 0, "");
    }
}

static void expect_alarms(void)
{
    for (size_t i = 0; i < ALARMS && f.now->alarms[i]; i++) {
        if (!sim_alarm_raised(f.now->alarms[i], f.begun_ns)) {
            sim_fail("%s: the alarm %s was never raised", name_of(f.now), f.now->alarms[i]);
        }
    }
}

// Alarms that stand without a fault: our orders come by the dozen a second.
static const char *standing(void)
{
    static char text[200];
    bool usual = sim_alarm_standing("LIMIT-80") || sim_alarm_standing("T2O-BUDGET");
    return usual ? "" : sim_alarms_standing(text, sizeof text);
}

static void calm_again(int64_t took_ns)
{
    int64_t *settled = &tally[f.now - FAULTS].settled_max_ns, *back = &tally[f.now - FAULTS].back_max_ns;
    *settled = f.unsettled_ns > *settled ? f.unsettled_ns : *settled;
    *back = took_ns > *back ? took_ns : *back;
    expect_alarms();
    for (int k = 0; k < 12; k++) {
        f.operate(VERB_ACK, 0, ""); // the person reads them all
    }
    sim_log("==== trading again %lld ms after healing", (long long)(took_ns / MS));
    f.phase = CALM;
    f.unsettled_ns = 0;
    f.next_ns = world.now_ns + (f.short_day ? between(5 * S, 20 * S) : between(60 * S, 900 * S));
}

static void look_after_healing(void)
{
    int64_t took = world.now_ns - f.healed_ns - f.now->blind_s * S;
    if (took < 0) {
        return;
    }
    help();
    const char *why = sim_check_unsettled(), *held = sim_check_held(), *alarms = standing();
    why = why[0] ? why : sim_check_settled();
    if (why[0] && took > SETTLE_NS) {
        sim_fail("%s: %lld s after healing not settled: %s", name_of(f.now), (long long)(took / S), why);
    }
    if ((held[0] || alarms[0]) && took > HELD_NS) {
        sim_fail("%s: %lld s after healing: %s%s%s", name_of(f.now), (long long)(took / S), held,
                 alarms[0] ? "; standing: " : "", alarms);
    }
    if (why[0]) {
        f.unsettled_ns = took;
        return;
    }
    if (!held[0] && !alarms[0]) {
        calm_again(took);
    }
}

// ------------------------------------------------------------------------------------------------------ calm

static void look_in_calm(void)
{
    const char *why = sim_check_unsettled();
    why = why[0] ? why : sim_check_held();
    if (!why[0]) {
        why = sim_check_settled();
        if (why[0] && strncmp(why, "wallet:", 7) != 0) {
            sim_fail("without a fault: %s", why);
        }
    }
    if (!why[0]) {
        f.unsettled_ns = 0;
    } else if (f.unsettled_ns == 0) {
        f.unsettled_ns = world.now_ns;
    } else if (world.now_ns - f.unsettled_ns > SETTLE_NS) {
        sim_fail("100 s without a fault and not settled: %s", why);
    }
    bool all = f.short_day && f.at == FAULT_COUNT;
    if (f.short_day && !all && world.now_ns >= f.end_ns) {
        sim_fail("the time was too short for every kind of fault");
    }
    if (world.now_ns >= f.end_ns || all) {
        if (!why[0]) {
            f.look_ns = SIM_NEVER;
            f.operate(VERB_QUIT, QUIT_CANCEL, "");
        }
        return;
    }
    if (world.now_ns >= f.next_ns) {
        begin_fault();
    }
}

void sim_faults_on_time(void)
{
    f.look_ns = world.now_ns + LOOK_NS;
    switch (f.phase) {
    case CALM:
        look_in_calm();
        break;
    case ACTING:
        act();
        break;
    case HEALING:
        look_after_healing();
        break;
    }
}

bool sim_faults_calm(void)
{
    return f.phase == CALM && world.now_ns > f.healed_ns + CALM_AFTER_NS &&
           world.now_ns < f.next_ns - CALM_BEFORE_NS;
}

void sim_faults_report(void)
{
    printf("a person had to help %llu times: a seam that nobody saw, or refused signatures\n",
           (unsigned long long)f.helped);
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        printf("%-4s %-36s %3llu times, %7llu touched, settled after %4.1f s, trading after %5.1f s\n",
               FAULTS[i].row, FAULTS[i].name, (unsigned long long)tally[i].times,
               (unsigned long long)tally[i].touched, (double)tally[i].settled_max_ns / 1e9,
               (double)tally[i].back_max_ns / 1e9);
    }
}
