// SPDX-License-Identifier: Apache-2.0
#include "live/hot_venue.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "live/order_conn.h"
#include "wire/decode.h"

enum {
    QUEUE_COMMANDS = 512, // link commands waiting for the links
    ORDER_CONNS = 2,
    DEAD_MEN_MAX = 16, // more are not waited for
    SENT_MAX = 16,     // writes between two looks at the session; each connection has one in flight
    CLERK_ANSWERS = 64,
};

struct hot_venue {
    struct hot_venue_setup s;
    struct hot_venue_env env;
    uint8_t venue; // enum venue_id
    struct session *session;
    struct session_out out;
    struct paper *paper; // NULL: orders go to the venue
    struct paper_out paper_out;
    struct order_conn *orders[ORDER_CONNS]; // the order connection and its spare
    struct nonce own_nonce, *nonce;         // of both
    struct order_port {
        struct hot_venue *v;
        int index;
    } port[ORDER_CONNS];
    bool link_up[ORDER_CONNS];
    bool watched;                    // nothing is quoted here: no order connection until a request wants one
    bool resting;                    // the session asked for one, and it was not opened yet
    uint32_t dead_man[DEAD_MEN_MAX]; // tags of dead-man requests not yet answered or dropped
    unsigned dead_men;
    struct sent {
        uint32_t tag;
        uint8_t kind;
        int64_t mono_ns;
    } sent[SENT_MAX]; // written, not yet told
    unsigned sent_count;
    struct link_cmd *commands; // QUEUE_COMMANDS, ring
    unsigned command_head, command_tail;
    uint64_t bad_user;
};

// -------------------------------------------------------------------------------------- out of the session

static void on_paper_event(void *ctx, struct event *ev)
{
    struct hot_venue *v = ctx;
    v->env.event(v->env.ctx, ev);
}

static void on_session_event(void *ctx, struct event *ev)
{
    struct hot_venue *v = ctx;
    if (ev->type == EV_LINK && ev->u.link.link == LINK_REST && ev->u.link.state == LINK_UP) {
        for (int i = 0; i < ORDER_CONNS; i++) { // a clock probe
            order_conn_set_venue_clock(v->orders[i], session_venue_minus_mono(v->session));
        }
    }
    v->env.event(v->env.ctx, ev);
    if (v->paper) {
        paper_on_event(v->paper, ev, clock_mono_ns(), clock_wall_ns(), &v->paper_out);
    }
}

static void on_session_command(void *ctx, const struct link_cmd *cmd)
{
    struct hot_venue *v = ctx;
    CHECK(v->command_head - v->command_tail < QUEUE_COMMANDS);
    struct link_cmd *to = &v->commands[v->command_head++ % QUEUE_COMMANDS];
    to->type = cmd->type;
    to->link = cmd->link;
    to->len = cmd->len;
    to->which = cmd->which;
    if (cmd->type == LC_REQUEST) {
        request_copy(&to->rq, &cmd->rq);
        if (cmd->rq.kind == RQ_PLACE || cmd->rq.kind == RQ_CANCEL || cmd->rq.kind == RQ_AMEND) {
            latency_submitted(v->env.latency, v->venue, cmd->rq.tag);
        }
    } else {
        memcpy(to->text, cmd->text, sizeof to->text);
    }
}

// ------------------------------------------------------------------------------------------------ commands

static void give_to_clerk(struct hot_venue *v, const struct request *rq)
{
    struct clerk_job job = {
        .tag = rq->tag, .kind = rq->kind, .timeout_ns = rq->timeout_ns, .text_len = rq->text_len};
    memcpy(job.method, rq->method, sizeof job.method);
    memcpy(job.path, rq->path, sizeof job.path);
    memcpy(job.text, rq->text, rq->text_len);
    if (rq->signed_) {
        size_t n = order_conn_sign(v->orders[0], job.text, rq->text_len, sizeof job.text);
        CHECK(n > 0); // session texts leave room for any signature
        job.text_len = (uint16_t)n;
    }
    if (!clerk_submit(v->s.clerk, &job)) {
        session_on_dropped(v->session, rq->tag, DROP_BUDGET, clock_mono_ns(), clock_wall_ns(), &v->out);
    }
}

// The spare carries what would have to wait for an answer on the first connection. An order never overtakes
// the dead-man request that must stand before it.
static struct order_conn *pick_connection(struct hot_venue *v, const struct request *rq)
{
    bool first = order_conn_is_up(v->orders[0]), second = order_conn_is_up(v->orders[1]);
    if (first != second) { // each has a back-off of its own: nothing waits for the one that is down
        return v->orders[first ? 0 : 1];
    }
    bool free_to_overtake = rq->kind == RQ_CANCEL || rq->kind == RQ_CANCEL_ALL ||
                            rq->kind == RQ_OPEN_ORDERS || rq->kind == RQ_POSITIONS ||
                            (rq->kind == RQ_PLACE && v->dead_men == 0);
    bool spare = free_to_overtake && !order_conn_idle(v->orders[0]) && order_conn_idle(v->orders[1]);
    return v->orders[spare ? 1 : 0];
}

static void connect_orders(struct hot_venue *v)
{
    v->resting = false;
    for (int i = 0; i < ORDER_CONNS; i++) {
        order_conn_connect(v->orders[i]);
    }
}

static void send_request(struct hot_venue *v, const struct request *rq)
{
    if (!rq->on_order_link) {
        give_to_clerk(v, rq);
        return;
    }
    if (v->resting) {
        connect_orders(v); // the request waits there until it is up
    }
    if (rq->kind == RQ_DEADMAN && v->dead_men < DEAD_MEN_MAX) {
        v->dead_man[v->dead_men++] = rq->tag;
    }
    order_conn_submit(pick_connection(v, rq), rq);
}

static void do_command(struct hot_venue *v, const struct link_cmd *cmd)
{
    enum link_id link = (enum link_id)cmd->link;
    bool is_ws = link != LINK_ORDER && link != LINK_REST;
    struct ws_at at = {v->venue, cmd->link, cmd->which};
    switch (cmd->type) {
    case LC_CONNECT:
        if (is_ws && !ws_links_connect(v->env.links, at, cmd->text)) {
            session_on_closed(v->session, link, cmd->which, "cannot connect", clock_mono_ns(),
                              clock_wall_ns(), &v->out);
        } else if (link == LINK_ORDER && v->watched) {
            v->resting = true;
        } else if (link == LINK_ORDER) {
            connect_orders(v);
        }
        break;
    case LC_CLOSE:
        if (is_ws) {
            ws_links_close(v->env.links, at);
        }
        break;
    case LC_SEND:
        ws_links_send(v->env.links, at, cmd->text, cmd->len);
        break;
    default:
        send_request(v, &cmd->rq);
        break;
    }
}

bool hot_venue_run_command(struct hot_venue *v)
{
    if (v->command_tail == v->command_head) {
        return false;
    }
    const struct link_cmd *cmd = &v->commands[v->command_tail++ % QUEUE_COMMANDS];
    do_command(v, cmd);
    if (v->command_tail == v->command_head) {
        v->command_head = v->command_tail = 0; // start over in memory that is still warm
    }
    return true;
}

// ------------------------------------------------------------------------------ order connection's answers

// Only noted here: what else is ready goes out first, then the session is told.
static void on_sent(void *ctx, uint32_t tag, enum request_kind kind, int64_t mono_ns)
{
    struct hot_venue *v = ((struct order_port *)ctx)->v;
    latency_written(v->env.latency, v->venue, tag, mono_ns);
    if (kind == RQ_CANCEL_ALL || kind == RQ_CANCEL) {
        v->env.cancel_written(v->env.ctx, mono_ns);
    }
    CHECK(v->sent_count < SENT_MAX);
    v->sent[v->sent_count++] = (struct sent){tag, (uint8_t)kind, mono_ns};
}

// False: nothing was waiting to be told.
static bool tell_sent(struct hot_venue *v)
{
    struct sent told[SENT_MAX];
    unsigned n = v->sent_count;
    memcpy(told, v->sent, n * sizeof *told);
    v->sent_count = 0;
    for (unsigned i = 0; i < n; i++) {
        session_on_sent(v->session, told[i].tag, told[i].mono_ns, clock_mono_ns(), clock_wall_ns(), &v->out);
    }
    return n > 0;
}

static void dead_man_ends(struct hot_venue *v, uint32_t tag)
{
    for (unsigned i = 0; i < v->dead_men; i++) {
        if (v->dead_man[i] == tag) {
            v->dead_man[i] = v->dead_man[--v->dead_men];
            return;
        }
    }
}

static void on_dropped(void *ctx, uint32_t tag, enum drop_reason why)
{
    struct hot_venue *v = ((struct order_port *)ctx)->v;
    dead_man_ends(v, tag);
    session_on_dropped(v->session, tag, why, clock_mono_ns(), clock_wall_ns(), &v->out);
}

static void on_answer(void *ctx, uint32_t tag, const struct answer *a)
{
    struct hot_venue *v = ((struct order_port *)ctx)->v;
    dead_man_ends(v, tag);
    if (a->sent_mono_ns && a->received_mono_ns > a->sent_mono_ns && !a->lost && !a->not_sent) {
        hist_add(&v->env.latency->station[ST_ORDER_RTT], a->received_mono_ns - a->sent_mono_ns);
    }
    tell_sent(v); // an answer never comes before its "sent"
    latency_message(v->env.latency, a->received_mono_ns, false);
    session_on_answer(v->session, tag, a, clock_mono_ns(), clock_wall_ns(), &v->out);
}

// The session knows one order link: up while any of the two connections is.
static void on_order_state(void *ctx, bool up, const char *reason)
{
    struct order_port *p = ctx;
    struct hot_venue *v = p->v;
    bool was = v->link_up[0] || v->link_up[1];
    v->link_up[p->index] = up;
    bool is = v->link_up[0] || v->link_up[1];
    if (is && !was) {
        session_on_open(v->session, LINK_ORDER, 0, clock_mono_ns(), clock_wall_ns(), &v->out);
    } else if (!is) {
        session_on_closed(v->session, LINK_ORDER, 0, reason, clock_mono_ns(), clock_wall_ns(), &v->out);
    }
}

bool hot_venue_work(struct hot_venue *v)
{
    return order_conn_work(v->orders[0]) || order_conn_work(v->orders[1]) || tell_sent(v);
}

void hot_venue_process(struct hot_venue *v, int which)
{
    CHECK(which >= 0 && which < ORDER_CONNS);
    order_conn_process(v->orders[which]);
}

void hot_venue_watch(struct hot_venue *v)
{
    for (int i = 0; i < ORDER_CONNS; i++) {
        ws_links_watch_order(v->env.links, v->venue, i, order_conn_fd(v->orders[i]),
                             order_conn_wants_write(v->orders[i]));
        ws_links_arm(v->env.links, order_conn_deadline(v->orders[i]));
    }
    ws_links_arm(v->env.links, session_next_deadline(v->session));
    if (v->paper) {
        ws_links_arm(v->env.links, paper_next_deadline(v->paper));
    }
}

void hot_venue_warm(struct hot_venue *v)
{
    order_conn_warm(v->orders[0]);
}

// ------------------------------------------------------------------------------------------ into the session

void hot_venue_start(struct hot_venue *v)
{
    session_start(v->session, clock_mono_ns(), clock_wall_ns(), &v->out);
}

void hot_venue_on_action(struct hot_venue *v, const struct action *a)
{
    if (v->paper && paper_on_action(v->paper, a, clock_mono_ns(), clock_wall_ns(), &v->paper_out)) {
        return;
    }
    session_on_action(v->session, a, clock_mono_ns(), clock_wall_ns(), &v->out);
}

void hot_venue_flush(struct hot_venue *v)
{
    session_flush(v->session, clock_mono_ns(), clock_wall_ns(), &v->out);
}

void hot_venue_on_open(struct hot_venue *v, struct ws_at at)
{
    session_on_open(v->session, (enum link_id)at.link, at.which, clock_mono_ns(), clock_wall_ns(), &v->out);
}

void hot_venue_on_closed(struct hot_venue *v, struct ws_at at, const char *reason)
{
    session_on_closed(v->session, (enum link_id)at.link, at.which, reason, clock_mono_ns(), clock_wall_ns(),
                      &v->out);
}

void hot_venue_on_text(struct hot_venue *v, struct ws_at at, const char *text, size_t n, int64_t received_ns)
{
    static _Thread_local struct user_msg m;
    if (at.link != LINK_USER) {
        session_on_market(v->session, (enum link_id)at.link, at.which, text, n, received_ns, clock_wall_ns(),
                          &v->out);
    } else if (wire_decode_user(text, n, &m)) {
        session_on_user(v->session, at.which, &m, received_ns, clock_wall_ns(), &v->out);
    } else {
        // It may have been a fill: connect anew, so that the session reads what it missed.
        v->bad_user++;
        ws_links_close(v->env.links, at);
    }
}

void hot_venue_on_clerk(struct hot_venue *v)
{
    uint32_t tag;
    for (int i = 0; i < CLERK_ANSWERS; i++) {
        const struct answer *a = clerk_next(v->s.clerk, &tag);
        if (!a) {
            return;
        }
        latency_message(v->env.latency, 0, false);
        session_on_answer(v->session, tag, a, clock_mono_ns(), clock_wall_ns(), &v->out);
        clerk_release(v->s.clerk);
    }
}

void hot_venue_on_time(struct hot_venue *v, int64_t now_ns)
{
    if (session_next_deadline(v->session) <= now_ns) {
        session_on_time(v->session, now_ns, clock_wall_ns(), &v->out);
    }
    if (v->paper && paper_next_deadline(v->paper) <= now_ns) {
        paper_on_time(v->paper, now_ns, clock_wall_ns(), &v->paper_out);
    }
}

void hot_venue_fill_site(const struct hot_venue *v, int64_t now_ns, struct snap_site *x)
{
    struct session_status st;
    session_status(v->session, &st);
    memcpy(x->link, st.link, sizeof x->link);
    for (int i = 0; i < LINK_COUNT; i++) {
        int64_t last = ws_links_last_ns(v->env.links, v->venue, (enum link_id)i);
        x->link_age_ns[i] = last ? now_ns - last : 0;
    }
    x->resting = v->resting;
    x->account = v->paper ? SITE_PAPER : v->s.session.public_only ? SITE_PUBLIC : SITE_ACCOUNT;
    x->rtt_ns = st.rtt_ns;
    x->clock_offset_ns = st.clock_offset_ns;
    x->weight_used = st.weight_used;
    x->weight_limit = st.weight_limit;
    x->orders_used = st.orders_used;
    x->orders_limit = st.orders_limit;
    x->gaps = st.gaps;
    x->reconnects = st.reconnects;
}

uint64_t hot_venue_nonce_us(const struct hot_venue *v)
{
    return v->nonce->last_us;
}

uint64_t hot_venue_handshakes(const struct hot_venue *v)
{
    return order_conn_handshakes(v->orders[0]) + order_conn_handshakes(v->orders[1]);
}

// ------------------------------------------------------------------------------------------------- building

static bool make_orders(struct hot_venue *v, struct error *e)
{
    for (int i = 0; i < ORDER_CONNS; i++) {
        v->port[i] = (struct order_port){v, i};
        struct order_conn_setup oc = {
            .host = v->s.host,
            .port = v->s.port,
            .tls = v->s.tls,
            .ca_pem = v->s.ca_pem,
            .signer = v->s.signer,
            .nonce = v->nonce,
            .fence = v->env.fence,
            .ctx = &v->port[i],
            .sent = on_sent,
            .dropped = on_dropped,
            .answer = on_answer,
            .state = on_order_state,
        };
        v->orders[i] = order_conn_new(&oc, e);
        if (!v->orders[i]) {
            return false;
        }
    }
    return true;
}

static bool is_watched(const struct session_config *c)
{
    bool here = false, any = false; // a run that quotes nothing at all keeps its connections warm
    for (uint32_t i = 0; i < c->instrument_count; i++) {
        any |= c->instruments[i].quote != 0;
        here |= c->instruments[i].quote && c->instruments[i].venue == c->venue;
    }
    return any && !here;
}

struct hot_venue *hot_venue_new(const struct hot_venue_setup *s, const struct hot_venue_env *env,
                                struct error *e)
{
    // Page faults are taken now: windows that fill over minutes must not look like a leak.
    size_t sn = session_size();
    void *sm = memory_new_aligned(sn);
    struct hot_venue *v = calloc(1, sizeof *v);
    struct link_cmd *commands = memory_new_aligned(QUEUE_COMMANDS * sizeof *commands);
    struct session *session = sm ? session_init(sm, sn, &s->session) : NULL;
    if (!session || !v || !commands) {
        free(sm);
        free(v);
        free(commands);
        error_set(e, EXIT_OS, "out of memory for a venue (%zu MiB needed)", sn >> 20);
        return NULL;
    }
    v->s = *s;
    v->env = *env;
    v->nonce = s->nonce ? s->nonce : &v->own_nonce;
    v->venue = s->session.venue;
    v->watched = is_watched(&s->session);
    v->session = session;
    v->commands = commands;
    v->out = (struct session_out){.ctx = v, .event = on_session_event, .command = on_session_command};
    v->paper_out = (struct paper_out){.ctx = v, .event = on_paper_event};
    if (s->paper && !(v->paper = paper_new(s->paper))) {
        error_set(e, EXIT_OS, "out of memory for a paper account");
        hot_venue_free(v);
        return NULL;
    }
    if (!make_orders(v, e)) {
        hot_venue_free(v);
        return NULL;
    }
    return v;
}

void hot_venue_free(struct hot_venue *v)
{
    if (!v) {
        return;
    }
    for (int i = 0; i < ORDER_CONNS; i++) {
        order_conn_free(v->orders[i]);
    }
    paper_free(v->paper);
    free(v->session);
    free(v->commands);
    free(v);
}
