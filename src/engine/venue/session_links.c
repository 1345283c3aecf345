// SPDX-License-Identifier: Apache-2.0
// session_links: when a link is connected, given up, or thought dead; and the planned change of a connection.
//
// A venue cuts every WebSocket at 24 h. Before that a second connection is opened beside the first; both feed
// the same books, where quantities are absolute, so that whatever comes twice or overlaps does no harm
// (booksync). The first is closed when the second has gone on from where every live book is; a second that
// fails leaves everything as it was and is tried again later. Liveness is judged by the age of data per
// stream, since a venue may acknowledge a subscription and then send nothing.
#include <string.h>

#include "base/check.h"
#include "base/fmt.h"
#include "base/text.h"
#include "engine/venue/session_state.h"

_Static_assert(sizeof(((struct link_cmd *)0)->text) == 2048, "all market streams fit one path");

static const int64_t JOIN_LIMIT_NS = 30 * NS_PER_S; // for the second connection to reach every live book
static const int64_t USER_OVERLAP_NS = 2 * NS_PER_S;
static const int64_t REPEATS_AFTER_NS = 5 * NS_PER_S;
static const int64_t CHANGE_RETRY_MAX_NS = 300 * NS_PER_S;

void session_tell_link(struct session *s, enum link_id link, const char *text)
{
    event_init(&s->ev, EV_LINK, INSTRUMENT_NONE, 0);
    struct ev_link *l = &s->ev.u.link;
    l->link = (uint8_t)link;
    l->state = s->link[link].state;
    l->rtt_ns = s->rtt_ns;
    l->clock_offset_ns = session_offset_ns(s);
    text_sanitise(l->text, sizeof l->text, text, strlen(text));
    session_emit(s);
}

// ------------------------------------------------------------------------------------------------ commands

static bool is_market(enum link_id link)
{
    return link == LINK_MARKET || link == LINK_MARKET2;
}

static bool carries(const struct session *s, enum link_id link, enum stream_kind kind)
{
    return s->d->stream[kind] && link_of(s, kind) == link;
}

static uint32_t known_bits(const struct session *s)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < s->c.instrument_count; i++) {
        bits |= s->market[i].known ? UINT32_C(1) << i : 0;
    }
    return bits;
}

static void market_path(const struct session *s, enum link_id link, struct fmt *f)
{
    fmt_str(f, s->d->market_path[link == LINK_MARKET2]);
    for (uint32_t i = 0, n = 0; i < s->c.instrument_count; i++) {
        for (int k = 0; s->market[i].known && k < STREAM_KINDS; k++) {
            if (carries(s, link, (enum stream_kind)k)) {
                fmt_str(f, n++ ? "/" : "");
                fmt_str(f, s->market[i].stream);
                fmt_str(f, s->d->stream[k]);
            }
        }
    }
}

static void command(struct session *s, enum link_cmd_type type, enum link_id link, unsigned which)
{
    s->cmd.type = (uint8_t)type;
    s->cmd.link = (uint8_t)link;
    s->cmd.which = (uint8_t)which;
    s->cmd.len = (uint16_t)strlen(s->cmd.text);
    s->out->command(s->out->ctx, &s->cmd);
}

static void send_connect(struct session *s, enum link_id link, unsigned which)
{
    struct fmt f = fmt_begin(s->cmd.text, sizeof s->cmd.text);
    s->cmd.text[0] = 0;
    if (is_market(link)) {
        market_path(s, link, &f);
    } else if (link == LINK_USER) {
        fmt_str(&f, s->d->user_path);
        fmt_str(&f, s->listen_key);
    }
    s->link[link].streams[which] = known_bits(s);
    command(s, LC_CONNECT, link, which);
}

static void send_close(struct session *s, enum link_id link, unsigned which)
{
    s->cmd.text[0] = 0;
    command(s, LC_CLOSE, link, which);
}

// ---------------------------------------------------------------------------------------------- connecting

// At most CONNECTS_MAX in CONNECTS_WINDOW_NS.
static bool quota_left(struct session *s, struct link_fsm *l)
{
    int64_t oldest = l->connects[l->connects_at];
    if (oldest && s->now - oldest < CONNECTS_WINDOW_NS) {
        return false;
    }
    l->connects[l->connects_at] = s->now;
    l->connects_at = (l->connects_at + 1) % CONNECTS_MAX;
    return true;
}

static void connect(struct session *s, enum link_id link)
{
    struct link_fsm *l = &s->link[link];
    if (!quota_left(s, l)) { // a person must look at it
        l->given_up = 1;
        l->next_ns = INT64_MAX;
        session_tell_link(s, link, "60 connects in 5 min: given up; reconcile to try again");
        return;
    }
    l->state = LINK_CONNECTING;
    l->closing = 0;
    l->next_ns = INT64_MAX;
    l->limit_ns = s->now + CONNECT_TIMEOUT_NS;
    arm(s, l->limit_ns);
    send_connect(s, link, l->which);
    session_tell_link(s, link, "connecting");
}

void links_start(struct session *s)
{
    if (!s->c.public_only) {
        connect(s, LINK_ORDER);
    }
    connect(s, LINK_REST);
    s->link[LINK_ORDER].limit_ns = s->link[LINK_REST].limit_ns = 0; // they keep themselves connected
}

void links_connect_markets(struct session *s)
{
    session_connect_soon(s, LINK_MARKET, s->now);
    if (s->d->market_path[1]) {
        session_connect_soon(s, LINK_MARKET2, s->now);
    }
    links_subscribe(s);
}

// A wait that doubles with each try up to a longest one, +-20 %.
static int64_t doubling(struct session *s, int32_t tries, int64_t longest_ns)
{
    int64_t wait = tries > 10 || (NS_PER_S << tries) > longest_ns ? longest_ns : NS_PER_S << tries;
    return wait + (int64_t)rng_below(&s->rng, (uint64_t)(wait * 2 / 5)) - wait / 5;
}

// At once, then 1 s doubling to 30 s; never more than one connect a second.
static int64_t back_off(struct session *s, struct link_fsm *l)
{
    if (l->state == LINK_UP && s->now - l->up_ns >= HEALTHY_NS) {
        l->tries = 0;
    }
    int64_t wait = l->tries > 0 ? doubling(s, l->tries - 1, BACKOFF_MAX_NS) : 0;
    l->tries += l->tries < 100;
    int64_t last = l->connects[(l->connects_at + CONNECTS_MAX - 1) % CONNECTS_MAX];
    int64_t soonest = last + NS_PER_S;
    return s->now + wait > soonest ? s->now + wait : soonest;
}

void session_connect_soon(struct session *s, enum link_id link, int64_t at_ns)
{
    struct link_fsm *l = &s->link[link];
    if (l->state == LINK_DOWN && !l->given_up) {
        l->next_ns = at_ns;
        if (s->now >= at_ns) {
            connect(s, link);
        } else {
            arm(s, at_ns);
        }
    }
}

void session_close_link(struct session *s, enum link_id link, const char *why)
{
    struct link_fsm *l = &s->link[link];
    if (l->state == LINK_DOWN || l->closing) {
        return;
    }
    l->closing = 1;
    l->limit_ns = s->now + CLOSE_TIMEOUT_NS;
    arm(s, l->limit_ns);
    send_close(s, link, l->which);
    session_tell_link(s, link, why);
}

void links_forgive(struct session *s)
{
    for (int i = 0; i < LINK_COUNT; i++) {
        struct link_fsm *l = &s->link[i];
        if (!l->given_up) {
            continue;
        }
        l->given_up = 0;
        l->tries = 0;
        memset(l->connects, 0, sizeof l->connects);
        if (i == LINK_USER) {
            setup_new_listen_key(s, s->now);
        } else {
            session_connect_soon(s, (enum link_id)i, s->now);
        }
    }
}

// ------------------------------------------------------------------------------------------ planned change

// When the connection that is up now shall be replaced: spread, so that not all links change together.
static void plan_change(struct session *s, struct link_fsm *l, int64_t up_ns)
{
    int64_t age = s->c.reconnect_after_ns;
    l->renew_ns = age ? up_ns + age + (int64_t)rng_below(&s->rng, (uint64_t)(age / 50 + 1)) : INT64_MAX;
    l->spare_tries = 0;
    arm(s, l->renew_ns);
}

void links_change(struct session *s, enum link_id link)
{
    struct link_fsm *l = &s->link[link];
    if (l->state != LINK_UP || l->closing || l->spare != SPARE_NONE) {
        return;
    }
    if (!quota_left(s, l)) {
        l->renew_ns = s->now + CHANGE_RETRY_MAX_NS;
        arm(s, l->renew_ns);
        return;
    }
    l->spare = SPARE_CONNECTING;
    l->joined = 0;
    l->renew_ns = INT64_MAX;
    l->spare_limit_ns = s->now + CONNECT_TIMEOUT_NS;
    arm(s, l->spare_limit_ns);
    send_connect(s, link, l->which ^ 1u);
    session_tell_link(s, link, "opening the next connection beside this one");
}

static void spare_close(struct session *s, enum link_id link)
{
    struct link_fsm *l = &s->link[link];
    l->spare = SPARE_CLOSING;
    l->spare_limit_ns = s->now + CLOSE_TIMEOUT_NS;
    arm(s, l->spare_limit_ns);
    send_close(s, link, l->which ^ 1u);
}

static void feeds_end(struct session *s, enum link_id link)
{
    struct link_fsm *l = &s->link[link];
    l->repeats_ns = s->now + REPEATS_AFTER_NS;
    if (carries(s, link, STREAM_DEPTH)) {
        market_two_feeds(s, false);
    }
}

// The second connection came to nothing: all stays as it is, another try later.
static void change_failed(struct session *s, enum link_id link, const char *why)
{
    struct link_fsm *l = &s->link[link];
    if (l->spare == SPARE_UP) {
        feeds_end(s, link);
    }
    if (l->spare == SPARE_CONNECTING || l->spare == SPARE_UP) {
        spare_close(s, link);
    }
    l->renew_ns = s->now + doubling(s, l->spare_tries + 2, CHANGE_RETRY_MAX_NS);
    l->spare_tries += l->spare_tries < 100;
    arm(s, l->renew_ns);
    session_tell_link(s, link, why);
}

// The second connection becomes the one in use.
static void take_over(struct session *s, enum link_id link, bool first_is_gone)
{
    struct link_fsm *l = &s->link[link];
    l->which ^= 1u;
    l->up_ns = l->spare_up_ns;
    l->last_rx_ns = l->spare_rx_ns;
    l->closing = 0;
    l->limit_ns = 0;
    l->spare = SPARE_NONE;
    feeds_end(s, link);
    plan_change(s, l, l->up_ns);
    if (!first_is_gone) {
        spare_close(s, link);
    }
    session_tell_link(s, link, "connection changed");
    if (link == LINK_USER) {
        account_reconcile_soon(s);
    } else if (carries(s, link, STREAM_DEPTH)) {
        market_abandon(s, l->joined);
    }
}

// Which instruments the second connection must have reached: those that are alive on the first.
static uint32_t alive_bits(const struct session *s, enum link_id link)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < s->c.instrument_count; i++) {
        const struct market *m = &s->market[i];
        bool alive = carries(s, link, STREAM_DEPTH)
                         ? m->book_state == BOOK_LIVE
                         : m->rx_ns[STREAM_MARK] && s->now - m->rx_ns[STREAM_MARK] < MARK_AGE_NS;
        bits |= m->known && alive ? UINT32_C(1) << i : 0;
    }
    return bits;
}

void links_joined(struct session *s, enum link_id link, uint16_t instrument, bool joined)
{
    struct link_fsm *l = &s->link[link];
    uint32_t bit = UINT32_C(1) << instrument;
    l->joined = joined ? l->joined | bit : l->joined & ~bit;
    uint32_t alive = alive_bits(s, link);
    if (alive && (alive & ~l->joined) == 0) {
        take_over(s, link, false);
    }
}

static void spare_on_time(struct session *s, enum link_id link)
{
    struct link_fsm *l = &s->link[link];
    if (l->spare == SPARE_NONE) {
        if (s->now >= l->renew_ns) {
            links_change(s, link);
        }
        arm(s, l->state == LINK_UP && l->renew_ns > s->now ? l->renew_ns : INT64_MAX); // else: it is closing
        return;
    }
    if (s->now < l->spare_limit_ns) {
        arm(s, l->spare_limit_ns);
        return;
    }
    if (l->spare == SPARE_CLOSING) {
        l->spare = SPARE_NONE;
        arm(s, l->renew_ns);
    } else if (l->spare == SPARE_CONNECTING) {
        change_failed(s, link, "no second connection in 10 s: this one stays, tried again later");
    } else if (link == LINK_USER || alive_bits(s, link) == 0) {
        take_over(s, link, false);
    } else {
        change_failed(s, link, "the second connection did not reach the books: this one stays");
    }
}

// ------------------------------------------------------------------------------------------- up and down

static void lost(struct session *s, enum link_id link, const char *reason)
{
    struct link_fsm *l = &s->link[link];
    if (l->spare == SPARE_UP) { // it is there already
        take_over(s, link, true);
        return;
    }
    if (l->spare == SPARE_CONNECTING) {
        spare_close(s, link);
    }
    int64_t retry = back_off(s, l);
    l->state = LINK_DOWN;
    l->closing = 0;
    l->limit_ns = 0;
    l->renew_ns = INT64_MAX;
    s->reconnects++;
    session_tell_link(s, link, reason);
    if (is_market(link)) {
        l->next_ns = retry;
        arm(s, retry);
        market_link_down(s, link);
    } else if (link == LINK_USER) {
        account_link_down(s);
        setup_new_listen_key(s, retry);
    }
    // The order connection and the clerk reconnect by themselves.
}

static void spare_opened(struct session *s, enum link_id link)
{
    struct link_fsm *l = &s->link[link];
    l->spare = SPARE_UP;
    l->spare_up_ns = l->spare_rx_ns = s->now;
    l->repeats_ns = INT64_MAX;
    l->spare_limit_ns = s->now + (link == LINK_USER ? USER_OVERLAP_NS : JOIN_LIMIT_NS);
    arm(s, l->spare_limit_ns);
    if (carries(s, link, STREAM_DEPTH)) {
        market_two_feeds(s, true);
    }
    links_subscribe(s);
}

void links_on_open(struct session *s, enum link_id link, unsigned which)
{
    struct link_fsm *l = &s->link[link];
    if (link == LINK_MARKET2 && !s->d->market_path[1]) {
        return; // the venue has no such link
    }
    if (which != l->which) {
        if (l->spare == SPARE_CONNECTING) {
            spare_opened(s, link);
        }
        return;
    }
    l->state = LINK_UP;
    l->next_ns = INT64_MAX;
    l->up_ns = l->last_rx_ns = s->now;
    l->limit_ns = l->closing ? l->limit_ns : 0;
    l->renew_ns = INT64_MAX;
    if (is_websocket(link)) {
        plan_change(s, l, s->now);
    }
    session_tell_link(s, link, "");
    if (is_market(link)) {
        market_link_up(s, link);
        links_subscribe(s);
        arm(s, s->now + SILENCE_NS);
    } else if (link == LINK_USER) {
        account_link_up(s);
    }
}

void links_on_closed(struct session *s, enum link_id link, unsigned which, const char *reason)
{
    struct link_fsm *l = &s->link[link];
    if (which == l->which) {
        if (l->state != LINK_DOWN) {
            lost(s, link, reason);
        }
    } else if (l->spare == SPARE_CLOSING) {
        l->spare = SPARE_NONE;
        arm(s, l->renew_ns);
    } else if (l->spare != SPARE_NONE) {
        if (l->spare == SPARE_UP) {
            feeds_end(s, link);
        }
        l->spare = SPARE_NONE;
        change_failed(s, link, "the second connection failed: this one stays, tried again later");
    }
}

bool links_hear(struct session *s, enum link_id link, unsigned which, bool *spare)
{
    struct link_fsm *l = &s->link[link];
    *spare = which != l->which;
    if (l->state != LINK_UP || (*spare ? l->spare != SPARE_UP : l->closing)) {
        return false;
    }
    *(*spare ? &l->spare_rx_ns : &l->last_rx_ns) = s->now;
    return true;
}

// --------------------------------------------------------------------------------------------- subscribing

static void send_subscribe(struct session *s, enum link_id link, unsigned which, uint32_t instrument)
{
    struct fmt f = fmt_begin(s->cmd.text, sizeof s->cmd.text);
    fmt_str(&f, "{\"method\":\"SUBSCRIBE\",\"params\":[");
    for (int k = 0, n = 0; k < STREAM_KINDS; k++) {
        if (carries(s, link, (enum stream_kind)k)) {
            fmt_str(&f, n++ ? ",\"" : "\"");
            fmt_str(&f, s->market[instrument].stream);
            fmt_str(&f, s->d->stream[k]);
            fmt_str(&f, "\"");
        }
    }
    fmt_str(&f, "],\"id\":");
    fmt_int(&f, (int64_t)instrument + 1);
    fmt_str(&f, "}");
    s->link[link].streams[which] |= UINT32_C(1) << instrument;
    command(s, LC_SEND, link, which);
}

// One message per instrument (at most four streams), no faster than half of what the venue takes.
static void subscribe_link(struct session *s, enum link_id link, unsigned which)
{
    struct link_fsm *l = &s->link[link];
    uint32_t missing = known_bits(s) & ~l->streams[which];
    for (uint32_t i = 0; missing && i < s->c.instrument_count; i++) {
        if (!(missing >> i & 1)) {
            continue;
        }
        if (s->now < l->subscribe_ns) {
            arm(s, l->subscribe_ns);
            return;
        }
        send_subscribe(s, link, which, i);
        l->subscribe_ns = s->now + 2 * NS_PER_S / s->d->messages_per_s;
    }
}

void links_subscribe(struct session *s)
{
    for (int k = 0; k < MARKET_LINKS; k++) {
        enum link_id link = k ? LINK_MARKET2 : LINK_MARKET;
        const struct link_fsm *l = &s->link[link];
        if (l->state == LINK_UP && !l->closing) {
            subscribe_link(s, link, l->which);
        }
        if (l->spare == SPARE_UP) {
            subscribe_link(s, link, l->which ^ 1u);
        }
    }
}

void links_on_reply(struct session *s, enum link_id link, int64_t code)
{
    if (code != 0) {
        session_close_link(s, link, "the venue refused a subscription");
    }
}

// ---------------------------------------------------------------------------------------------- data ages

// Newest message of a stream over all instruments that trade; *any: there is one.
static int64_t newest(const struct session *s, enum stream_kind kind, bool *any)
{
    int64_t at = 0;
    *any = false;
    for (uint32_t i = 0; i < s->c.instrument_count; i++) {
        const struct market *m = &s->market[i];
        if (m->known && m->ins.status == INSTRUMENT_TRADING) {
            *any = true;
            at = m->rx_ns[kind] > at ? m->rx_ns[kind] : at;
        }
    }
    return at;
}

static void close_for_age(struct session *s, enum link_id link, enum stream_kind kind, const char *why)
{
    char text[64];
    struct fmt f = fmt_begin(text, sizeof text);
    fmt_str(&f, why);
    fmt_str(&f, kind == STREAM_MARK ? "marks" : "book data");
    session_close_link(s, link, text);
}

// A stream that was subscribed and never came, or that stopped while others go on. Trades and touches may be
// rare; marks come each second, and a book does not stand still while its touch moves.
static bool stream_is_dead(struct session *s, enum link_id link, enum stream_kind kind)
{
    const struct link_fsm *l = &s->link[link];
    bool any, other;
    int64_t at = newest(s, kind, &any);
    if (!any || !carries(s, link, kind)) {
        return false;
    }
    if (at < l->up_ns) { // never since the link is up
        if (s->now - l->up_ns >= ROUTING_FAULT_NS) {
            close_for_age(s, link, kind, "routing fault? subscribed, 10 s without ");
            return true;
        }
        arm(s, l->up_ns + ROUTING_FAULT_NS);
        return false;
    }
    int64_t limit = at + MARK_AGE_NS;
    bool stopped = kind == STREAM_MARK ||
                   (kind == STREAM_DEPTH && newest(s, STREAM_TOUCH, &other) > at + MARK_AGE_NS / 2);
    if (stopped && s->now >= limit) {
        close_for_age(s, link, kind, "5 s without ");
        return true;
    }
    arm(s, s->now >= limit ? INT64_MAX : limit);
    return false;
}

static void ages_on_time(struct session *s, enum link_id link)
{
    struct link_fsm *l = &s->link[link];
    if (l->state != LINK_UP || l->closing) {
        return;
    }
    if (s->now - l->last_rx_ns >= SILENCE_NS) {
        session_close_link(s, link, "silent for 5 s");
        return;
    }
    arm(s, l->last_rx_ns + SILENCE_NS);
    if (!stream_is_dead(s, link, STREAM_DEPTH)) {
        stream_is_dead(s, link, STREAM_MARK);
    }
}

static void link_on_time(struct session *s, enum link_id link)
{
    struct link_fsm *l = &s->link[link];
    if (l->limit_ns && s->now >= l->limit_ns) {
        l->limit_ns = 0;
        if (l->closing) {
            lost(s, link, "closed, without an answer");
        } else if (l->state == LINK_CONNECTING) {
            session_close_link(s, link, "no connection in 10 s");
        }
    }
    if (is_market(link)) {
        ages_on_time(s, link);
    }
    if (l->state == LINK_DOWN && s->now >= l->next_ns) {
        connect(s, link);
    }
    spare_on_time(s, link);
    if (l->limit_ns) {
        arm(s, l->limit_ns);
    }
    if (l->state == LINK_DOWN) {
        arm(s, l->next_ns);
    }
}

void links_on_time(struct session *s)
{
    for (int i = 0; i < LINK_COUNT; i++) {
        if (is_websocket((enum link_id)i)) {
            link_on_time(s, (enum link_id)i);
        }
    }
    links_subscribe(s);
}
