// SPDX-License-Identifier: Apache-2.0
// session_user: the user stream: what happened to our orders, balances and positions, as the venue pushes it.
//
// While two connections are open (planned change) every message comes twice; the second copy, recognised by
// its content and by coming over the other connection, is dropped, so that a change of balance is booked
// once. A stream that stays silent while the venue acknowledges orders over REST is dead, whatever its socket
// says.
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "engine/venue/session_state.h"

static const int64_t CLOCK_SLACK_MS = 5000; // a message from further in the future has a wrong time
static const int64_t REPEAT_NS = 10 * NS_PER_S;
static const int64_t UNSEEN_NS = 5 * NS_PER_S; // an acknowledged order must show on the stream within

// ---------------------------------------------------------------------------------------------- orders

static bool starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

enum fill_kind fill_kind_of_id(const char *client_id)
{
    return starts_with(client_id, "adl_autoclose") ? FILL_ADL
           : starts_with(client_id, "autoclose-")  ? FILL_LIQUIDATION
           : starts_with(client_id, "seam-")       ? FILL_SEAM
                                                   : FILL_ORDINARY;
}

static enum fill_kind fill_kind_of(const struct wire_order *w)
{
    enum fill_kind kind = fill_kind_of_id(w->client_id);
    return strcmp(w->status, "NEW_ADL") == 0                             ? FILL_ADL
           : kind == FILL_ORDINARY && strcmp(w->exec, "CALCULATED") == 0 ? FILL_LIQUIDATION
                                                                         : kind;
}

static enum report_kind report_kind_of(const struct wire_order *w)
{
    static const struct {
        const char *exec;
        enum report_kind kind;
    } KINDS[] = {
        {"NEW", RK_ACCEPTED},    {"TRADE", RK_FILL},        {"CANCELED", RK_CANCELED},
        {"EXPIRED", RK_EXPIRED}, {"REJECTED", RK_REJECTED}, {"AMENDMENT", RK_AMENDED},
    };
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (strcmp(w->exec, KINDS[i].exec) == 0) {
            return KINDS[i].kind;
        }
    }
    return w->last_qty_e8 > 0 && w->trade_id ? RK_FILL : RK_STATE;
}

static bool fill_of(const struct market *m, const struct wire_order *w, struct ev_order *o)
{
    o->trade_id = w->trade_id;
    o->last_price_e8 = w->last_price_e8;
    o->fee_e8 = w->fee_e8;
    o->fee_currency = (uint8_t)currency_of(w->fee_asset);
    o->maker = w->maker;
    o->fill_kind = (uint8_t)fill_kind_of(w);
    return market_lots(m, w->last_qty_e8, &o->last_lots) && o->last_lots > 0 && o->last_price_e8 > 0 &&
           money_fits(o->last_price_e8) && money_fits(o->fee_e8);
}

static void on_user_order(struct session *s, const struct user_msg *msg)
{
    const struct wire_order *w = &msg->order;
    uint16_t i = session_find(s, w->symbol);
    if (i == INSTRUMENT_NONE) {
        return; // an instrument that we neither trade nor watch
    }
    struct market *m = &s->market[i];
    enum report_kind kind = report_kind_of(w);
    if ((kind == RK_ACCEPTED || kind == RK_AMENDED) && orders_amend_seen(s, i, w)) {
        kind = RK_AMENDED; // NEW or AMENDMENT: what a venue tells after an amend is not documented
    }
    struct ev_order *o = order_event(s, i, kind, SOURCE_STREAM);
    bool exact = order_from_wire(s, m, w, o);
    if (kind == RK_FILL) {
        exact = fill_of(m, w, o) && exact;
        s->bad_messages += !exact;
    }
    if (!exact) {
        // Money or an order that we cannot express: the reads must settle it.
        account_ask_trades(s, i, m->last_trade_id);
        account_reconcile_soon(s);
        return;
    }
    s->ev.venue_ns = session_ns(msg->transaction_ms);
    s->ev.venue_event_ns = session_ns(msg->event_ms);
    orders_remember(s, i, w->order_id, w->client_id);
    doubt_on_stream(s, i, w, kind);
    if (kind == RK_FILL) {
        account_note_trade(m, w->trade_id);
    }
    session_emit(s);
}

// ---------------------------------------------------------------------------------------------- account

static enum account_reason reason_of(const char *reason)
{
    static const struct {
        const char *name;
        enum account_reason reason;
    } NAMES[] = {
        {"ORDER", AR_ORDER},
        {"FUNDING_FEE", AR_FUNDING},
        {"DEPOSIT", AR_DEPOSIT},
        {"ADMIN_DEPOSIT", AR_DEPOSIT},
        {"WITHDRAW", AR_WITHDRAW},
        {"ADMIN_WITHDRAW", AR_WITHDRAW},
        {"WITHDRAW_REJECT", AR_WITHDRAW},
        {"MARGIN_TYPE_CHANGE", AR_NONE},
    };
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(reason, NAMES[i].name) == 0) {
            return NAMES[i].reason;
        }
    }
    return AR_ADJUSTMENT;
}

static void stamp(struct session *s, const struct user_msg *msg)
{
    s->ev.venue_ns = session_ns(msg->transaction_ms);
    s->ev.venue_event_ns = session_ns(msg->event_ms);
}

// Funding on an isolated position names it; on a cross position nobody does.
static uint16_t funded_instrument(const struct session *s, const struct user_msg *msg)
{
    return msg->positions == 1 ? session_find(s, msg->position[0].symbol) : INSTRUMENT_NONE;
}

static void on_user_balance(struct session *s, const struct user_msg *msg, const struct wire_balance *w)
{
    enum currency c = currency_of(w->asset);
    enum account_reason reason = reason_of(msg->reason);
    if (c == CURRENCY_NONE) {
        return;
    }
    if (!money_fits(w->wallet_e8) || !money_fits(w->change_e8)) {
        s->bad_messages++;
        account_reconcile_soon(s);
        return;
    }
    uint16_t i = reason == AR_FUNDING ? funded_instrument(s, msg) : INSTRUMENT_NONE;
    struct ev_account *e = account_event(s, i, AK_BALANCE, reason);
    e->currency = (uint8_t)c;
    e->wallet_e8 = w->wallet_e8;
    e->change_e8 = w->change_e8;
    if (reason == AR_FUNDING && w->change_e8 == 0) {
        e->change_e8 = w->wallet_e8 - s->last_wallet_e8[c];
    }
    s->last_wallet_e8[c] = w->wallet_e8;
    if (reason == AR_FUNDING) {
        income_note_push(s, e->change_e8, msg->event_ms);
    }
    stamp(s, msg);
    session_emit(s);
}

static void on_user_position(struct session *s, const struct user_msg *msg, const struct wire_position *w)
{
    uint16_t i = session_find(s, w->symbol);
    int64_t lots;
    if (i == INSTRUMENT_NONE) {
        return;
    }
    if (!account_lots(&s->market[i], w->qty_e8, &lots)) {
        s->bad_messages++;
        account_reconcile_soon(s);
        return;
    }
    struct ev_account *e = account_event(s, i, AK_POSITION, reason_of(msg->reason));
    e->position_lots = lots;
    e->entry_e8 = w->entry_e8;
    stamp(s, msg);
    session_emit(s);
}

static void on_user_account(struct session *s, const struct user_msg *msg)
{
    for (uint32_t k = 0; k < msg->balances && k < COUNT_OF(msg->balance); k++) {
        on_user_balance(s, msg, &msg->balance[k]);
    }
    for (uint32_t k = 0; k < msg->positions && k < ANSWER_ROWS_MAX; k++) {
        on_user_position(s, msg, &msg->position[k]);
    }
}

// -------------------------------------------------------------------------------------------- repetition

static uint64_t hash_i64(uint64_t h, int64_t v)
{
    return hash64(h, &v, sizeof v);
}

static uint64_t hash_text(uint64_t h, const char *text)
{
    return hash64(h, text, strlen(text) + 1);
}

static uint64_t fingerprint(const struct user_msg *m)
{
    uint64_t h = hash_i64(hash_i64(hash_i64(m->kind, m->event_ms), m->transaction_ms), m->spot);
    h = hash_text(h, m->reason);
    if (m->kind == UM_ORDER) {
        const struct wire_order *w = &m->order;
        h = hash_text(hash_text(hash_text(h, w->client_id), w->exec), w->status);
        h = hash_i64(hash_i64(hash_i64(h, (int64_t)w->order_id), (int64_t)w->trade_id), w->cum_e8);
        h = hash_i64(hash_i64(h, w->price_e8), w->qty_e8);
    }
    for (uint32_t i = 0; i < m->balances && i < COUNT_OF(m->balance); i++) {
        h = hash_text(hash_i64(hash_i64(h, m->balance[i].wallet_e8), m->balance[i].change_e8),
                      m->balance[i].asset);
    }
    for (uint32_t i = 0; i < m->positions && i < ANSWER_ROWS_MAX; i++) {
        h = hash_text(hash_i64(hash_i64(h, m->position[i].qty_e8), m->position[i].entry_e8),
                      m->position[i].symbol);
    }
    return h;
}

// Did the other connection tell exactly this, not long ago? Each telling is matched once.
static bool told_by_other(struct session *s, unsigned which, const struct user_msg *m)
{
    uint64_t h = fingerprint(m);
    for (uint32_t i = 0; links_repeat(s, LINK_USER) && i < USER_SEEN; i++) {
        struct user_seen *u = &s->user_seen[i];
        if (u->at_ns && u->hash == h && u->which != which && s->now - u->at_ns < REPEAT_NS) {
            u->at_ns = 0;
            return true;
        }
    }
    s->user_seen[s->user_seen_at] = (struct user_seen){.hash = h, .at_ns = s->now, .which = (uint8_t)which};
    s->user_seen_at = (s->user_seen_at + 1) % USER_SEEN;
    return false;
}

void user_expect(struct session *s, int64_t sent_ns)
{
    const struct link_fsm *l = &s->link[LINK_USER];
    if (l->state == LINK_UP && s->user_rx_ns < sent_ns && s->unseen_ns == 0) {
        s->unseen_ns = s->now;
        arm(s, s->now + UNSEEN_NS);
    }
}

void user_on_time(struct session *s)
{
    if (s->unseen_ns == 0) {
        return;
    }
    if (s->now < s->unseen_ns + UNSEEN_NS) {
        arm(s, s->unseen_ns + UNSEEN_NS);
        return;
    }
    s->unseen_ns = 0;
    session_close_link(s, LINK_USER, "orders acknowledged, but no event for 5 s: connecting anew");
}

// --------------------------------------------------------------------------------------------- messages

void account_on_user(struct session *s, unsigned which, const struct user_msg *msg)
{
    s->user_rx_ns = s->now;
    s->unseen_ns = 0;
    if (told_by_other(s, which, msg)) {
        return;
    }
    if (msg->event_ms > s->last_user_ms && msg->event_ms <= session_venue_ms(s) + CLOCK_SLACK_MS) {
        s->last_user_ms = msg->event_ms;
    }
    switch (msg->kind) {
    case UM_ORDER:
        on_user_order(s, msg);
        break;
    case UM_ACCOUNT:
        on_user_account(s, msg);
        break;
    case UM_MARGIN_CALL:
        session_tell_link(s, LINK_USER, "margin call");
        account_reconcile_soon(s);
        break;
    case UM_CONFIG:
        settings_changed(s, msg);
        break;
    case UM_KEY_EXPIRED:
        session_close_link(s, LINK_USER, "the listen key expired");
        break;
    default:
        break;
    }
}
