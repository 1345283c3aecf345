// SPDX-License-Identifier: Apache-2.0
// session_state: the one block of memory behind session.h, and what its files offer each other. Private:
// nobody outside src/engine/venue includes it.
//
//   session.c          entry points
//   session_links.c    links, their back-off, the planned change of a connection, data ages
//   session_setup.c    clock, instruments, listen key: what must be known before trading
//   session_settings.c how the account is set up, and its terms of trade
//   session_income.c   funding that nobody told us of
//   session_request.c  requests in flight, budgets, texts
//   session_market.c   market messages to book and trade events, snapshots
//   session_orders.c   actions on orders
//   session_filter.c   the venue's filters, before anything is sent
//   session_batch.c    several of them in one request
//   session_reports.c  their answers
//   session_doubt.c    outcomes that nobody told us: queries until there is evidence
//   session_account.c  reads
//   session_user.c     the user stream
//
// Owner: the thread that owns the session. Nothing here is shared.
#ifndef TT_ENGINE_VENUE_SESSION_STATE_H
#define TT_ENGINE_VENUE_SESSION_STATE_H

#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "engine/venue/booksync.h"
#include "engine/venue/budget.h"
#include "engine/venue/scan.h"
#include "engine/venue/session.h"

enum {
    PENDING_MAX = 256,       // requests in flight or queued; tag & 255 is the slot
    PENDING_PLACE_MAX = 192, // placements and reads stop here, so that cancels always find a slot
    DOUBT_MAX = 256,         // unknown outcomes and placements in flight together
    DOUBT_PLACE_MAX = 48,    // as many: only the kill may still place
    KNOWN_MAX = 512,         // order id -> client id, for trade rows, which lack it
    DIFFS_MAX = 1024,        // buffered per instrument while a snapshot is awaited
    DIFF_BYTES = 512 * 1024,
    CONNECTS_MAX = 60, // per link in CONNECTS_WINDOW_NS, then give up
    MARKET_LINKS = 2,
    BATCH_MAX = 10,        // elements of a batch
    ORDER_FIELDS = 10,     // parameters of a placement
    FUNDING_SEEN = 32,     // payments of funding remembered
    USER_SEEN = 128,       // user messages remembered, to know what the second connection repeats
    PROBES = 5,            // clock offset is the median of so many
    BAD_MESSAGES_MAX = 10, // per minute, then the link is closed
    SNAPSHOTS_PER_MIN = 40,
    SNAPSHOT_FAILURES_MAX = 3, // then the socket is reconnected
    DEPTH_LIMIT = 1000,
};

// Fees until the venue's own are read (design.md 9): 1.0 and 4.0 bp.
enum { FEE_MAKER_E8 = 10000, FEE_TAKER_E8 = 40000 };

static const int64_t TIME_MAX_MS = INT64_C(4102444800000); // the year 2100
static const int64_t GRID_UNITS_MAX = INT64_C(1) << 50;    // ticks or lots; more is nonsense
static const int64_t MONEY_MAX_E8 = INT64_C(1) << 60;      // eleven billion; more is nonsense
static const int64_t SILENCE_NS = 5 * NS_PER_S;
static const int64_t CONNECT_TIMEOUT_NS = 10 * NS_PER_S;
static const int64_t CLOSE_TIMEOUT_NS = 2 * NS_PER_S;
static const int64_t CONNECTS_WINDOW_NS = 300 * NS_PER_S;
static const int64_t HEALTHY_NS = 60 * NS_PER_S;
static const int64_t BACKOFF_MAX_NS = 30 * NS_PER_S;
static const int64_t MARK_AGE_NS = 5 * NS_PER_S;       // marks are told once a second
static const int64_t ROUTING_FAULT_NS = 10 * NS_PER_S; // subscribed, and nothing comes (venue-api.md 1.3)
static const int64_t CLERK_TIMEOUT_NS = 5 * NS_PER_S;

#define STP_MODE "EXPIRE_MAKER" // a hedge must never be the one cancelled (venue-api.md 4.8)

// A request whose answer is awaited. An element of a batch has a slot too, but no request of its own: it is
// answered through the batch, which names its slots in `member`.
struct pending {
    uint32_t tag; // 0: free
    uint8_t kind; // enum request_kind
    uint8_t lane; // enum lane
    uint8_t close_only;
    uint8_t sent;    // the last byte was handed over
    uint8_t doubted; // RK_DOUBT or RK_CANCEL_DOUBT was already told
    uint8_t retried; // this is the second attempt
    uint8_t seen;    // an amend whose terms the stream has shown
    uint8_t members; // of a batch
    uint8_t member[BATCH_MAX];
    uint8_t tif, reduce_only;
    int8_t side;
    uint8_t sub;            // ACT_READ: 0 open orders, 1 position
    uint16_t instrument;    // or INSTRUMENT_NONE
    int32_t weight, orders; // taken from the budget
    int64_t queued_ns, sent_ns;
    uint64_t read_id, cause_seq, order_id;
    uint64_t trade_mark; // last trade id of the instrument when it was queued
    int64_t price_ticks, qty_lots;
    char client_id[CLIENT_ID_MAX];
};

// An order whose fate must be asked for.
struct doubt {
    uint8_t used;
    uint8_t querying;     // a query is in flight
    uint8_t cancel;       // the doubt is about a cancel
    uint8_t amend;        // or about an amend: price_ticks and qty_lots are what it wanted
    uint8_t open_clear;   // an open-order read after the acceptance window did not show it
    uint8_t trades_clear; // nor did our trades show one of an order that we do not know
    uint8_t tif, reduce_only;
    int8_t side;
    uint16_t instrument;
    int32_t stage;    // queries sent
    int32_t absent;   // "no such order" answers, at least 2 s apart
    int64_t born_ns;  // last byte of the request, or our best bound of it
    int64_t begun_ns; // when the doubt began
    int64_t next_ns;  // next query
    int64_t last_absent_ns;
    uint64_t order_id, trade_mark;
    int64_t price_ticks, qty_lots;
    char client_id[CLIENT_ID_MAX];
};

// A message of the user stream, to be recognised when the other connection tells it too.
struct user_seen {
    uint64_t hash;
    int64_t at_ns; // 0: free, or matched
    uint8_t which;
};

// A payment of funding that was told, and the entry of the income history that it matched.
struct funding_seen {
    int64_t change_e8, at_ms;
    uint64_t tran_id; // 0: not matched yet
};

struct known_order {
    uint64_t order_id;
    uint64_t trade_mark; // last trade id of the instrument before it could trade
    uint16_t instrument;
    char client_id[CLIENT_ID_MAX];
};

// A step of the start sequence, repeated until it succeeds.
enum task_state { TASK_WAIT, TASK_SENT, TASK_DONE };
struct task {
    uint32_t state; // enum task_state
    int32_t tries;
    int64_t retry_ns;
};

enum { TASK_MARGIN, TASK_LEVERAGE, TASK_COMMISSION, TASK_BRACKETS, TASK_FUNDING, INSTRUMENT_TASKS };

// Per configured instrument; the index is the instrument id.
struct market {
    struct instrument ins;
    struct margin_table margin;
    uint8_t ours;       // of this session's venue
    uint8_t known;      // exchangeInfo has told its grid
    uint8_t book_state; // as last told: enum book_state
    uint8_t snapshot_in_flight;
    uint8_t snapshot_failures; // in a row
    uint8_t gap_open;          // own trades may have been missed: gap_* say from where on
    uint8_t gap_strange;       // among the trades read since: one of an order that we do not know
    struct wire_symbol symbol; // what exchangeInfo says beside the instrument
    uint8_t drift_told;        // bit per enum account_config: differs, and that was told
    int64_t settings_ns;       // when margin type and leverage were last set
    int64_t next_funding_ms;
    uint64_t tick_inverse, lot_inverse;
    struct booksync sync;
    int64_t rx_ns[STREAM_KINDS]; // last message of each stream; 0 none since its link is up
    uint64_t last_print_id;      // of market trades; touches, marks: what the second connection repeats
    uint64_t last_touch_id;
    int64_t last_mark_ms;
    int64_t mark_e8, mark_ns; // last mark price, when it came
    struct task task[INSTRUMENT_TASKS];
    int64_t snapshot_ns; // not before
    int64_t last_diff_ns, median_gap_ns;
    uint64_t last_trade_id; // of our own trades, highest seen
    uint64_t gap_trade_id;  // ask for trades after this one
    int64_t gap_ms;         // or since this venue time, when no trade was seen yet
    int64_t trades_ns;      // ask for missed trades then; INT64_MAX: nothing missed
    char stream[24];        // lower case symbol
    uint32_t stream_len;
    uint32_t diffs, diff_bytes;
    uint64_t diff[DIFF_BYTES / 8];
};

// The connection opened beside the one in use, or the one just left.
enum spare_state { SPARE_NONE, SPARE_CONNECTING, SPARE_UP, SPARE_CLOSING };

struct link_fsm {
    uint8_t state;   // enum link_state, of the connection in use
    uint8_t closing; // LC_CLOSE was sent
    uint8_t given_up;
    uint8_t which; // the connection in use: 0, 1
    uint8_t spare; // enum spare_state of the other
    int32_t tries, spare_tries;
    int32_t connects_at; // ring position
    uint32_t joined;     // bit per instrument: the spare goes on where the books are
    uint32_t streams[2]; // bit per instrument: subscribed on this connection
    int64_t up_ns;       // since
    int64_t next_ns;     // connect then; INT64_MAX: not by itself
    int64_t limit_ns;    // connecting or closing must be over
    int64_t renew_ns;    // replace the connection then
    int64_t spare_up_ns, spare_limit_ns;
    int64_t repeats_ns;   // until then the two may tell the same
    int64_t subscribe_ns; // next SUBSCRIBE not before
    int64_t last_rx_ns, spare_rx_ns;
    int64_t connects[CONNECTS_MAX];
};

struct session {
    struct session_config c;
    const struct dialect *d;
    const struct session_out *out; // during a call only
    int64_t now, wall;             // of the call
    int64_t deadline;              // session_on_time is wanted then, or earlier than needed
    struct rng rng;
    struct budget budget;
    int32_t budget_mark[BUDGET_LANES]; // as last told
    struct link_fsm link[LINK_COUNT];
    // -- start sequence
    struct task time, info, mode, listen, multi, stp, terms;
    uint8_t multi_set, stp_set; // how far we went to set them
    uint8_t no_terms;           // no table of funding terms: the interval is read from past payments
    int64_t settings_due, terms_due, fees_due;
    int64_t key_ns; // last success about the listen key
    // -- funding
    int64_t income_due, income_from_ms; // read the income history then, from there; 0 nothing to look for
    int32_t income_tries;
    uint32_t funding_at;
    struct funding_seen funding[FUNDING_SEEN];
    char listen_key[96];
    uint8_t hedge, was_ready, first_user_up;
    uint8_t stopped; // signature, key or clock refused twice: a person must look
    int64_t auth_refused_ns, clock_refused_ns, clock_checked_ns;
    int32_t probe_count, probe_next, burst, rest_failures;
    int64_t probe_ns[PROBES];    // the venue's clock minus our steady one, as the last probes told
    int64_t venue_minus_mono_ns; // their median; our wall clock may step, this does not (T1, T2)
    int64_t rtt_ns;
    // -- timers, monotonic
    int64_t clock_due, info_due, renew_due, orders_due, positions_due, trades_due;
    int64_t config_quiet_ns; // our own settings echo on the user stream until then
    uint32_t read_orders;    // bit per instrument: open orders read since the user link came up
    uint8_t read_positions, read_balance;
    int64_t last_wallet_e8[CURRENCY_COUNT];
    int64_t last_user_ms; // venue time of the last user message
    int64_t user_rx_ns;   // when it came
    int64_t unseen_ns;    // since then an acknowledged order should show on the user stream; 0 none
    uint32_t user_seen_at;
    struct user_seen user_seen[USER_SEEN];
    // -- counters
    uint64_t bad_messages, reconnects;
    int64_t bad_window_ns;
    int32_t bad_in_window;
    int64_t snapshot_window_ns;
    int32_t snapshots_in_window;
    uint32_t generation;                                        // of tags
    uint32_t pending_count, place_count, doubt_count, known_at; // place_count: of the pending
    struct pending pending[PENDING_MAX];
    struct doubt doubt[DOUBT_MAX];
    struct known_order known[KNOWN_MAX];
    uint32_t batch_count; // actions collected for one request
    struct action batch[BATCH_MAX];
    struct market market[INSTRUMENT_MAX];
    // -- scratch
    struct link_cmd cmd;
    struct scan_msg msg;
    struct event ev;
};

static inline bool is_websocket(enum link_id link)
{
    return link == LINK_MARKET || link == LINK_MARKET2 || link == LINK_USER;
}
// Market link of a stream, by the dialect.
static inline enum link_id link_of(const struct session *s, enum stream_kind kind)
{
    return s->d->stream_at[kind] ? LINK_MARKET2 : LINK_MARKET;
}

static inline bool answer_succeeded(const struct answer *a)
{
    return !a->not_sent && !a->lost && !a->malformed && a->code >= 0 && a->http_status >= 200 &&
           a->http_status < 300;
}
static inline bool money_fits(int64_t v_e8)
{
    return v_e8 > -MONEY_MAX_E8 && v_e8 < MONEY_MAX_E8;
}
static inline enum currency currency_of(const char *asset)
{
    return currency_parse(asset, strlen(asset));
}

// -- session.c
static inline void arm(struct session *s, int64_t at_ns)
{
    s->deadline = at_ns < s->deadline ? at_ns : s->deadline;
}
void session_emit(struct session *s); // s->ev
bool session_is_ready(const struct session *s);
// Id of a configured instrument whose grid is known, INSTRUMENT_NONE otherwise.
uint16_t session_find(const struct session *s, const char *symbol);
static inline uint16_t session_instruments(const struct session *s)
{
    return (uint16_t)s->c.instrument_count;
}
// A venue's milliseconds as nanoseconds; 0 (unknown) for what no clock of this century shows.
static inline int64_t session_ns(int64_t ms)
{
    return ms > 0 && ms < TIME_MAX_MS ? ms * NS_PER_MS : 0;
}
static inline bool session_knows(const struct session *s, uint16_t instrument)
{
    return instrument < s->c.instrument_count && s->market[instrument].known;
}
// The venue's clock minus our wall clock as it is now; 0 not known yet.
static inline int64_t session_offset_ns(const struct session *s)
{
    return s->probe_count ? s->now + s->venue_minus_mono_ns - s->wall : 0;
}
static inline int64_t session_venue_ms(const struct session *s)
{
    return (s->probe_count ? s->now + s->venue_minus_mono_ns : s->wall) / NS_PER_MS;
}

// -- session_links.c
void session_tell_link(struct session *s, enum link_id link, const char *text);
void session_close_link(struct session *s, enum link_id link, const char *why); // the connection in use
void session_connect_soon(struct session *s, enum link_id link, int64_t at_ns);
void links_start(struct session *s); // the order connection and the clerk
void links_connect_markets(struct session *s);
void links_on_open(struct session *s, enum link_id link, unsigned which);
void links_on_closed(struct session *s, enum link_id link, unsigned which, const char *reason);
// Is this connection listened to? Notes the time. *spare: it is the second one.
bool links_hear(struct session *s, enum link_id link, unsigned which, bool *spare);
// May what comes now on this link have come before, over its other connection?
static inline bool links_repeat(const struct session *s, enum link_id link)
{
    return s->now < s->link[link].repeats_ns;
}
// The spare told something of an instrument that continues what we have (or does not).
void links_joined(struct session *s, enum link_id link, uint16_t instrument, bool joined);
// Replace the connection of a link now (a new listen key, an age); nothing when one is being replaced.
void links_change(struct session *s, enum link_id link);
void links_subscribe(struct session *s); // what became known since the connections were opened
void links_on_reply(struct session *s, enum link_id link, int64_t code);
void links_on_time(struct session *s);
void links_forgive(struct session *s); // a person asked: links that were given up may try again

// -- session_request.c
// Take a slot and budget, start s->cmd.rq. NULL: refused (budget, ban, full table).
struct pending *request_begin(struct session *s, enum request_kind kind, uint16_t instrument, enum lane lane);
// The same for n orders in one request: budget for all of them.
struct pending *request_begin_many(struct session *s, enum request_kind kind, uint16_t instrument,
                                   enum lane lane, uint32_t n);
// A slot without request and budget: an element of a batch.
struct pending *request_slot(struct session *s, enum request_kind kind, uint16_t instrument, enum lane lane);
void request_text(struct session *s, const char *name, const char *value); // percent-encodes the value
void request_int(struct session *s, const char *name, int64_t value);
void request_symbol(struct session *s, const struct pending *p);
void request_send(struct session *s, struct pending *p);
struct pending *request_find(struct session *s, uint32_t tag);
void request_free(struct session *s, struct pending *p);
void budget_tell(struct session *s);

// -- session_setup.c
void setup_start(struct session *s);
void setup_on_time(struct session *s);
void setup_on_answer(struct session *s, const struct pending *p, const struct answer *a);
void setup_clock_suspect(struct session *s); // a refusal hints at our clock
void setup_info_suspect(struct session *s);  // or at our instrument table
void setup_new_listen_key(struct session *s, int64_t not_before_ns);
void setup_tell_instrument(struct session *s, uint16_t i);
// Take a request for a task that is due; NULL when it is not, not now, or not offered by the venue (then it
// is done).
struct pending *task_begin(struct session *s, struct task *t, enum request_kind kind, uint16_t instrument);
void task_plain(struct session *s, struct task *t, enum request_kind kind); // without parameters
void task_failed(struct session *s, struct task *t);
void task_done(struct task *t);

// -- session_settings.c
void settings_advance(struct session *s); // ask what can be asked now
bool settings_on_answer(struct session *s, const struct pending *p, const struct answer *a); // false: not its
void settings_on_time(struct session *s);
void settings_changed(struct session *s, const struct user_msg *m); // told by the user stream
// A row of a position read sent at sent_ns: are margin type and leverage still ours?
void settings_check(struct session *s, uint16_t i, const struct wire_position *w, int64_t sent_ns);

// -- session_income.c
void income_note_push(struct session *s, int64_t change_e8, int64_t at_ms); // the stream told of a payment
void income_note_mark(struct session *s, uint16_t i, int64_t next_ms);      // next funding time, by the mark
void income_on_answer(struct session *s, const struct answer *a);
void income_on_time(struct session *s);

// -- session_market.c
void market_grid_changed(struct session *s, uint16_t i);
void market_link_up(struct session *s, enum link_id link);
void market_link_down(struct session *s, enum link_id link);
void market_on_text(struct session *s, enum link_id link, bool spare, const char *text, size_t n);
// Two connections feed the books from here on, or one again; books not in `joined` begin anew.
void market_two_feeds(struct session *s, bool two);
void market_abandon(struct session *s, uint32_t joined);
void market_on_time(struct session *s);
void market_on_snapshot(struct session *s, const struct pending *p, const struct answer *a);
void market_resync(struct session *s, uint16_t i, enum book_reason why);
// e8 to grid units, exact; false when off the grid.
bool market_ticks(const struct market *m, int64_t price_e8, int64_t *ticks);
bool market_lots(const struct market *m, int64_t qty_e8, int64_t *lots);

// -- session_orders.c
struct order_field {
    const char *name, *value;
};
void orders_on_action(struct session *s, const struct action *a);
void orders_on_sent(struct session *s, struct pending *p);
void orders_on_dropped(struct session *s, const struct pending *p, enum drop_reason why);
void orders_on_time(struct session *s);
void orders_single(struct session *s, const struct action *a); // place or cancel, in a request of its own
void orders_query(struct session *s, const struct action *a);  // ask what became of an order
enum lane orders_lane(const struct action *a);
// The parameters of a placement; values point into p, the instrument and text.
uint32_t orders_fields(const struct session *s, const struct pending *p, struct order_field *to,
                       char (*text)[32]);
// A slot for an action that shall be part of a batch; NULL when it was refused (and that reported).
struct pending *orders_element(struct session *s, const struct action *a, enum lane lane);
bool orders_send_cancel(struct session *s, const struct pending *from, enum lane lane, bool retried);
void deadman_failed(struct session *s, int32_t code);

// -- session_filter.c
// Why the venue would certainly refuse a placement or an amend; NULL: nothing speaks against it.
const char *filter_refuse(const struct session *s, const struct action *a);

// -- session_batch.c
bool batch_wants(const struct session *s, const struct action *a);
void batch_add(struct session *s, const struct action *a);
void batch_flush(struct session *s);
void batch_on_sent(struct session *s, const struct pending *leader);
void batch_on_dropped(struct session *s, const struct pending *leader, enum drop_reason why);
void batch_on_answer(struct session *s, const struct pending *leader, const struct answer *a);

// -- session_reports.c
struct ev_order *order_event(struct session *s, uint16_t instrument, enum report_kind kind,
                             enum report_source source);
// The same with what the request was about.
struct ev_order *pending_report(struct session *s, const struct pending *p, enum report_kind kind,
                                enum report_source source);
void report_why(struct ev_order *o, int32_t code, const char *text);
void orders_on_answer(struct session *s, const struct pending *p, const struct answer *a);
enum order_status orders_status(const char *status);
// Fill a report with what an order object of the venue says; false when a quantity is off the grid.
bool order_from_wire(struct session *s, const struct market *m, const struct wire_order *w,
                     struct ev_order *o);
void orders_remember(struct session *s, uint16_t instrument, uint64_t order_id, const char *client_id);
// The trade id after which trades of this order may have been missed: `mark`, or what was known when the
// order was placed, if that is older. A lost fill may be older than one that came since.
uint64_t orders_mark(const struct session *s, uint16_t instrument, const char *client_id, uint64_t mark);
const char *orders_recall(const struct session *s, uint16_t instrument, uint64_t order_id); // "" unknown
// Does this order object of the stream show what an amend of ours wanted?
bool orders_amend_seen(struct session *s, uint16_t instrument, const struct wire_order *w);

// -- session_doubt.c
// May another placement go out, so that there is a place for its doubt?
bool doubt_room(const struct session *s, bool close_only);
// The outcome of `p` is unknown: tell it once and ask until there is evidence.
void doubt_begin(struct session *s, const struct pending *p, int32_t code, const char *why);
// The venue says it does not know an order that we wanted to cancel: ask, tell nothing.
void doubt_ask(struct session *s, const struct pending *p);
// Evidence about an order came; the doubt, if any, is over.
void doubt_resolve(struct session *s, uint16_t instrument, const char *client_id, uint64_t order_id);
// The same from the stream; evidence about an amend is only what shows its terms, or the order's end.
void doubt_on_stream(struct session *s, uint16_t instrument, const struct wire_order *w,
                     enum report_kind kind);
// Does it show what an amend in doubt wanted? Then the doubt is over.
bool doubt_is_amended(struct session *s, uint16_t instrument, const struct wire_order *w);
void doubt_on_answer(struct session *s, const struct pending *p, const struct answer *a);
// A complete list of open orders, asked for at request_ns: orders not in it have one proof less to live.
void doubt_on_open_orders(struct session *s, uint16_t instrument, const struct answer *a, int64_t request_ns);
// The last page of our own trades since the oldest doubt, asked for at request_ns, was read and every trade
// was of an order that we know: none is of one in doubt.
void doubt_on_trades(struct session *s, uint16_t instrument, int64_t request_ns);
void doubt_on_time(struct session *s);

// -- session_account.c
void account_link_up(struct session *s);
void account_link_down(struct session *s);
void account_on_time(struct session *s);
void account_on_answer(struct session *s, const struct pending *p, const struct answer *a);
void account_read(struct session *s, const struct action *a);
void account_read_failed(struct session *s, const struct pending *p);
void account_ask_trades(struct session *s, uint16_t instrument, uint64_t after_trade_id);
void account_reconcile_soon(struct session *s);
struct ev_account *account_event(struct session *s, uint16_t instrument, enum account_kind kind,
                                 enum account_reason reason);
// Signed quantity in lots. False when off the grid.
bool account_lots(const struct market *m, int64_t qty_e8, int64_t *lots);
void account_note_trade(struct market *m, uint64_t trade_id);

// -- session_user.c
// What a trade is by the client id of its order: the venue's own orders have prefixes of their own (4.5).
enum fill_kind fill_kind_of_id(const char *client_id);
void account_on_user(struct session *s, unsigned which, const struct user_msg *m);
// The venue acknowledged an order of a request sent at sent_ns: the stream must tell of it too.
void user_expect(struct session *s, int64_t sent_ns);
void user_on_time(struct session *s);

#endif
