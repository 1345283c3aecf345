// SPDX-License-Identifier: Apache-2.0
#include "sim/sim_inject.h"

#include <string.h>

#include "base/check.h"
#include "engine/exchange/xch.h"

#define MS NS_PER_MS
#define S  NS_PER_S

static struct {
    bool acting;
    enum inject how;
    int what;
    int64_t begun_ns, ban_begun_ns, ban_ends_ns;
    enum front front;
    enum stream_fault stream;
    bool key_expired;
    uint64_t touched, banned_requests;
} in;
static struct rng rng;

static const enum sim_class ALL[] = {SIM_MARKET, SIM_USER, SIM_ORDER, SIM_CLERK};

// ----------------------------------------------------------------------------------------- the venue's front

static bool is(const struct sim_request *r, const char *method, const char *end)
{
    size_t n = strlen(r->path), k = strlen(end);
    return strcmp(r->method, method) == 0 && n >= k && strcmp(r->path + n - k, end) == 0;
}

static bool is_place(const struct sim_request *r)
{
    return is(r, "POST", "/order") || is(r, "POST", "/batchOrders");
}

static bool is_cancel(const struct sim_request *r)
{
    return is(r, "DELETE", "/order") || is(r, "DELETE", "/allOpenOrders") || is(r, "DELETE", "/batchOrders");
}

static bool chance(uint64_t of_hundred)
{
    return rng_below(&rng, 100) < of_hundred;
}

static struct sim_verdict answer(int status, const char *body, int32_t retry_after_s)
{
    return (struct sim_verdict){
        .door = DOOR_ANSWER, .status = status, .body = body, .retry_after_s = retry_after_s};
}

static struct sim_verdict executed_or_not(int status, const char *body)
{
    struct sim_verdict v = answer(status, body, -1);
    v.door = chance(50) ? DOOR_EXECUTE_HIDE : DOOR_ANSWER;
    return v;
}

static const char UNKNOWN[] =
    "{\"code\":-1006,\"msg\":\"An unexpected response was received from the message "
    "bus. Execution status unknown.\"}";

static struct sim_verdict limited(void)
{
    return answer(429, "{\"code\":-1003,\"msg\":\"Too many requests; current limit is 2400 per minute.\"}",
                  3);
}

static struct sim_verdict banned(void)
{
    if (in.ban_ends_ns == 0) {
        in.ban_begun_ns = world.now_ns;
        in.ban_ends_ns = world.now_ns + 40 * S;
    } else if (world.now_ns > in.ban_begun_ns + S && world.now_ns < in.ban_ends_ns) {
        in.banned_requests++;
    }
    int64_t left_ns = in.ban_ends_ns > world.now_ns ? in.ban_ends_ns - world.now_ns : 0;
    return answer(418, "{\"code\":-1003,\"msg\":\"Way too many requests; IP banned.\"}",
                  (int32_t)((left_ns + S - 1) / S));
}

static struct sim_verdict cut_after(void)
{
    return (struct sim_verdict){.door = chance(50) ? DOOR_EXECUTE_CUT : DOOR_CUT};
}

static struct sim_verdict late(void)
{
    return (struct sim_verdict){.door = DOOR_EXECUTE_LATE,
                                .delay_ns = (int64_t)(1 + rng_below(&rng, 12)) * S};
}

// The verdict of the front that acts now; door stays DOOR_PASS for what it does not care about.
static struct sim_verdict judge(const struct sim_request *r)
{
    static const struct sim_verdict pass = {.door = DOOR_PASS};
    bool place = is_place(r), cancel = is_cancel(r);
    switch (in.front) {
    case FRONT_OPEN:
        return pass;
    case FRONT_MAINTENANCE:
        return answer(503, "{\"code\":-1016,\"msg\":\"This service is no longer available.\"}", -1);
    case FRONT_LIMIT:
        return limited();
    case FRONT_BAN:
        return banned();
    case FRONT_ORDER_LIMIT:
        return place ? answer(429, "{\"code\":-1015,\"msg\":\"Too many new orders.\"}", 2) : pass;
    case FRONT_HTML:
        return answer(403, "<html><head><title>403</title></head><body>Request blocked.</body></html>", -1);
    case FRONT_UNKNOWN:
        return place && chance(40) ? executed_or_not(503, UNKNOWN) : pass;
    case FRONT_CANCEL_UNKNOWN:
        return cancel && chance(40) ? executed_or_not(503, UNKNOWN) : pass;
    case FRONT_TIMEOUT_CODE:
        return (place || cancel) && chance(30)
                   ? executed_or_not(408,
                                     "{\"code\":-1007,\"msg\":\"Timeout waiting for response from backend "
                                     "server. Send status unknown; execution status unknown.\"}")
                   : pass;
    case FRONT_CUT_AFTER:
        return (place || cancel) && chance(20) ? cut_after() : pass;
    case FRONT_LATE:
        return place && chance(20) ? late() : pass;
    case FRONT_CLOCK:
        return (place || cancel) && chance(30)
                   ? answer(400,
                            "{\"code\":-1021,\"msg\":\"Timestamp for this request is outside of the "
                            "recvWindow.\"}",
                            -1)
                   : pass;
    case FRONT_MARGIN:
        return place ? answer(400, "{\"code\":-2019,\"msg\":\"Margin is insufficient.\"}", -1) : pass;
    case FRONT_INVISIBLE:
        if (is(r, "GET", "/order") && world.now_ns < in.begun_ns + 15 * S) {
            return answer(400, "{\"code\":-2013,\"msg\":\"Order does not exist.\"}", -1);
        }
        return place && chance(30) ? (struct sim_verdict){.door = DOOR_EXECUTE_HIDE,
                                                          .status = 503,
                                                          .body = UNKNOWN,
                                                          .retry_after_s = -1}
                                   : pass;
    case FRONT_NO_RENEWAL:
        return is(r, "PUT", "/listenKey") || is(r, "POST", "/listenKey") ? answer(503, UNKNOWN, -1) : pass;
    }
    return pass;
}

static void at_the_door(const struct sim_request *r, struct sim_verdict *v)
{
    struct sim_verdict got = judge(r);
    if (sim_log_level() > 1) {
        sim_log("   -> %s %s %.*s%s", r->method, r->path, r->text_len > 200 ? 200 : (int)r->text_len,
                r->text_len ? r->text : "", got.door != DOOR_PASS ? "   (fault)" : "");
    }
    if (got.door != DOOR_PASS) {
        in.touched++;
        *v = got;
    }
}

// ---------------------------------------------------------------------------------------- what streams carry

static bool has(const char *text, const char *what)
{
    return strstr(text, what) != NULL;
}

static bool on_user_message(const char *text, int *extra, int64_t *delay_ns)
{
    in.key_expired |= has(text, "listenKeyExpired");
    bool report = has(text, "ORDER_TRADE_UPDATE");
    switch (in.stream) {
    case STREAM_USER_TWICE:
        *extra = chance(30);
        in.touched += (uint64_t)*extra;
        return true;
    case STREAM_USER_LATE:
        *delay_ns = report && chance(30) ? (int64_t)rng_below(&rng, 3000) * MS : 0;
        in.touched += *delay_ns > 0;
        return true;
    case STREAM_USER_LOST:
        if (report && in.touched == 0 && has(text, "\"x\":\"TRADE\"") && has(text, "\"c\":\"tt")) { // ours
            in.touched++;
            return false;
        }
        return true;
    default:
        return true;
    }
}

static bool on_market_message(const char *text, int *extra)
{
    bool depth = has(text, "\"depthUpdate\"");
    if (!depth) {
        return true;
    }
    if (in.stream == STREAM_GAP && in.touched < 5 && chance(5)) {
        in.touched++;
        return false;
    }
    if (in.stream == STREAM_DEPTH_FROZEN) {
        in.touched++;
        return false;
    }
    *extra = in.stream == STREAM_DEPTH_TWICE && chance(30);
    in.touched += (uint64_t)*extra;
    return true;
}

static bool on_message(enum venue_id site, enum sim_class c, const char *text, size_t n, int *extra,
                       int64_t *delay_ns)
{
    (void)site;
    (void)n;
    if (!in.acting) {
        return true;
    }
    return c == SIM_USER ? on_user_message(text, extra, delay_ns) : on_market_message(text, extra);
}

// ------------------------------------------------------------------------------------------------- the links

static void gone(enum sim_class c)
{
    sim_rules(VENUE_ASTER, c)->refused = true;
    sim_net_cut(VENUE_ASTER, c);
}

static void stall(enum sim_class c, enum sim_direction d)
{
    sim_rules(VENUE_ASTER, c)->stalled_until_ns[d] = SIM_NEVER;
    sim_rules(VENUE_ASTER, c)->stalled_since_ns = world.now_ns;
}

static void slow(enum sim_class c, int64_t latency_ns)
{
    sim_rules(VENUE_ASTER, c)->latency_ns = latency_ns;
    sim_rules(VENUE_ASTER, c)->jitter_ns = latency_ns / 4;
}

static void on_all(void (*act)(enum sim_class c))
{
    for (size_t i = 0; i < COUNT_OF(ALL); i++) {
        act(ALL[i]);
    }
}

static void deaf(enum sim_class c)
{
    stall(c, SIM_UP);
}

static void slow_by_much(enum sim_class c)
{
    slow(c, 350 * MS);
}

static void usual(enum sim_class c)
{
    *sim_rules(VENUE_ASTER, c) = SIM_RULES_USUAL;
}

// ------------------------------------------------------------------------------------------------- the venue

static struct instrument *venue_instrument(size_t i)
{
    return &sim_exchange(VENUE_ASTER)->market[i].ins;
}

static void begin_at_venue(enum inject how)
{
    switch (how) {
    case INJECT_HALT:
        venue_instrument(0)->status = INSTRUMENT_HALTED;
        break;
    case INJECT_NOTIONAL:
        venue_instrument(1)->min_notional_e8 = 350 * E8;
        break;
    case INJECT_FUNDING:
        venue_instrument(0)->funding_interval_h = venue_instrument(1)->funding_interval_h = 4;
        break;
    default: // INJECT_OUTAGE
        in.front = FRONT_MAINTENANCE;
        gone(SIM_MARKET);
        gone(SIM_USER);
        break;
    }
}

// ---------------------------------------------------------------------------------------------- the contract

void inject_init(void)
{
    sim_rng(&rng, "inject");
    sim_net_set_door(at_the_door);
    sim_net_set_filter(on_message);
}

void inject_begin(enum inject how, int what)
{
    memset(&in, 0, sizeof in);
    in.acting = true;
    in.how = how;
    in.what = what;
    in.begun_ns = world.now_ns;
    switch (how) {
    case INJECT_CUT:
        sim_net_cut(VENUE_ASTER, (enum sim_class)what);
        break;
    case INJECT_GONE:
        gone((enum sim_class)what);
        break;
    case INJECT_HALF_OPEN:
        stall((enum sim_class)what, SIM_DOWN);
        break;
    case INJECT_PARTITION:
        on_all(gone);
        break;
    case INJECT_DEAF:
        on_all(deaf);
        break;
    case INJECT_SLOW:
        if (what == SIM_CLASSES) {
            on_all(slow_by_much);
        } else {
            slow((enum sim_class)what, 200 * MS);
        }
        break;
    case INJECT_FLAP:
        break;
    case INJECT_FRONT:
        in.front = (enum front)what;
        break;
    case INJECT_STREAM:
        in.stream = (enum stream_fault)what;
        break;
    case INJECT_CLOCK:
        world.client_step_ns = what * S;
        break;
    case INJECT_FREEZE:
        world.frozen_until_ns = world.now_ns + (int64_t)(2 + rng_below(&rng, 50)) * S;
        break;
    default:
        begin_at_venue(how);
        break;
    }
}

void inject_act(void)
{
    if (in.how == INJECT_FLAP) {
        sim_net_cut(VENUE_ASTER, SIM_MARKET);
        sim_net_cut(VENUE_ASTER, SIM_USER);
    }
}

void inject_heal(void)
{
    on_all(usual);
    in.acting = false;
    in.front = FRONT_OPEN;
    in.stream = STREAM_WHOLE;
    world.client_step_ns = 0;
    venue_instrument(0)->status = INSTRUMENT_TRADING;
    venue_instrument(1)->min_notional_e8 = 5 * E8;
}

bool inject_has_end(enum inject how, int what)
{
    return how == INJECT_FREEZE || (how == INJECT_FRONT && (what == FRONT_BAN || what == FRONT_NO_RENEWAL)) ||
           (how == INJECT_STREAM && what == STREAM_USER_LOST);
}

bool inject_is_over(void)
{
    if (in.how == INJECT_FREEZE) {
        return world.now_ns >= world.frozen_until_ns;
    }
    if (in.stream == STREAM_USER_LOST) {
        return in.touched > 0;
    }
    return in.front == FRONT_BAN ? in.ban_ends_ns && world.now_ns >= in.ban_ends_ns : in.key_expired;
}

uint64_t inject_touched(void)
{
    return in.touched;
}

uint64_t inject_sent_while_banned(void)
{
    return in.banned_requests;
}

bool inject_hides_reports(void)
{
    return in.stream == STREAM_USER_LOST;
}
