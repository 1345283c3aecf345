// SPDX-License-Identifier: Apache-2.0
#include "live/venue_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "base/text.h"

enum { WORDS_MAX = 6 };

static const char HELP[] =
    "  fault NAME RATE [AMOUNT] [xN]      turn a fault on (NAME off: off; `fault off`: all off)\n"
    "  faults                             those that are on, with how often they struck\n"
    "  cut market|user|all                close WebSocket connections\n"
    "  expire-key                         the listen key ends now\n"
    "  leverage SYMBOL N                  somebody changes the leverage\n"
    "  margin SYMBOL isolated|crossed     or the margin mode\n"
    "  order SYMBOL buy|sell QTY PRICE    somebody places an order by hand (client id web-N)\n"
    "  cancel SYMBOL                      somebody cancels all orders\n"
    "  transfer AMOUNT                    money comes in, or goes out when negative (USDT)\n"
    "  close SYMBOL                       the venue takes the position away (ADL)\n"
    "  halt SYMBOL, resume SYMBOL         new orders are refused, taken again\n"
    "  min-notional SYMBOL USDT           another least order value\n"
    "  position SYMBOL                    lots, entry and open orders as the venue has them\n";

const char *venue_command_help(void)
{
    return HELP;
}

struct call {
    struct venue_site *s;
    char *word[WORDS_MAX];
    size_t words;
    int64_t now_ns;
    char text[512]; // JSON members of the reply, or the error
};

static bool fail(struct call *c, const char *why)
{
    text_copy(c->text, sizeof c->text, why);
    return false;
}

static bool by_code(struct call *c, int32_t code, const char *msg)
{
    if (code) {
        snprintf(c->text, sizeof c->text, "%d %.200s", code, msg);
    }
    return code == 0;
}

static bool number(struct call *c, size_t i, int decimals, int64_t *to)
{
    return decimal_parse(c->word[i], strlen(c->word[i]), decimals, to) || fail(c, "not a number");
}

// -------------------------------------------------------------------------------------------------- deeds

static bool do_cut(struct call *c)
{
    bool user = strcmp(c->word[1], "market") != 0, market = strcmp(c->word[1], "user") != 0;
    int cut = 0;
    if (user && market && strcmp(c->word[1], "all") != 0) {
        return fail(c, "write cut market, cut user or cut all");
    }
    for (int i = 0; i < VENUE_CONNS_MAX; i++) {
        const struct stream_client *k = &c->s->streams.client[i];
        if (k->active && (k->user ? user : market)) {
            venue_net_close(c->s->net, i);
            cut++;
        }
    }
    snprintf(c->text, sizeof c->text, "\"cut\":%d", cut);
    return true;
}

static bool do_expire(struct call *c)
{
    c->s->rest->listen_until_ns = c->now_ns;
    return true;
}

static bool do_leverage(struct call *c)
{
    int64_t n;
    const char *msg = "";
    return number(c, 2, 0, &n) &&
           by_code(c,
                   exchange_set_leverage(c->s->exchange, c->word[1], n < 1000 ? (int32_t)n : 0, c->now_ns,
                                         &msg, &c->s->sink),
                   msg);
}

static bool do_margin(struct call *c)
{
    const char *msg = "";
    bool isolated = strcmp(c->word[2], "isolated") == 0;
    if (!isolated && strcmp(c->word[2], "crossed") != 0) {
        return fail(c, "write isolated or crossed");
    }
    return by_code(c, exchange_set_isolated(c->s->exchange, c->word[1], isolated, &msg), msg);
}

static bool do_order(struct call *c)
{
    struct xch_order_request r = {.has_price = 1, .has_qty = 1};
    struct xch_order o;
    const char *msg = "";
    r.side = strcmp(c->word[2], "buy") == 0 ? SIDE_BUY : SIDE_SELL;
    if (r.side == SIDE_SELL && strcmp(c->word[2], "sell") != 0) {
        return fail(c, "write buy or sell");
    }
    if (!number(c, 3, 8, &r.qty_e8) || !number(c, 4, 8, &r.price_e8)) {
        return false;
    }
    text_copy(r.symbol, sizeof r.symbol, c->word[1]);
    text_copy(r.type, sizeof r.type, "LIMIT");
    text_copy(r.tif, sizeof r.tif, "GTC");
    snprintf(r.client_id, sizeof r.client_id, "web-%" PRIu64, ++c->s->external);
    int32_t code = exchange_place(c->s->exchange, &r, c->now_ns, &o, &msg, &c->s->sink);
    if (code == 0) {
        snprintf(c->text, sizeof c->text, "\"orderId\":%" PRIu64, o.order_id);
    }
    return by_code(c, code, msg);
}

static bool do_cancel(struct call *c)
{
    const char *msg = "";
    return by_code(c, exchange_cancel_all(c->s->exchange, c->word[1], c->now_ns, &msg, &c->s->sink), msg);
}

static bool do_transfer(struct call *c)
{
    int64_t amount;
    uint64_t id;
    const char *msg = "";
    return number(c, 1, 8, &amount) &&
           by_code(
               c, exchange_transfer(c->s->exchange, CURRENCY_USDT, amount, c->now_ns, &id, &msg, &c->s->sink),
               msg);
}

static bool do_close(struct call *c)
{
    return exchange_force_close(c->s->exchange, c->word[1], c->now_ns, &c->s->sink) ||
           fail(c, "no position there");
}

static bool do_halt(struct call *c)
{
    return exchange_halt(c->s->exchange, c->word[1], strcmp(c->word[0], "halt") == 0) ||
           fail(c, "no such symbol");
}

static bool do_min_notional(struct call *c)
{
    int64_t v;
    return number(c, 2, 8, &v) &&
           (exchange_set_min_notional(c->s->exchange, c->word[1], v) || fail(c, "no such symbol"));
}

static bool do_position(struct call *c)
{
    static struct xch_order open[XCH_ORDERS_MAX];
    struct xch_position p[INSTRUMENT_MAX];
    const struct instrument *ins = exchange_instrument(c->s->exchange, c->word[1]);
    if (!ins) {
        return fail(c, "no such symbol");
    }
    size_t n = exchange_positions(c->s->exchange, p, INSTRUMENT_MAX), k = ins->id;
    CHECK(k < n);
    snprintf(c->text, sizeof c->text,
             "\"lots\":%" PRId64 ",\"entry_e8\":%" PRId64 ",\"openOrders\":%zu,\"wallet_e8\":%" PRId64,
             p[k].lots, p[k].entry_e8, exchange_open_orders(c->s->exchange, c->word[1], open, XCH_ORDERS_MAX),
             exchange_wallet_e8(c->s->exchange));
    return true;
}

static const struct {
    const char *name;
    size_t words;
    bool (*run)(struct call *c);
} DEEDS[] = {
    {"cut", 2, do_cut},
    {"expire-key", 1, do_expire},
    {"leverage", 3, do_leverage},
    {"margin", 3, do_margin},
    {"order", 5, do_order},
    {"cancel", 2, do_cancel},
    {"transfer", 2, do_transfer},
    {"close", 2, do_close},
    {"halt", 2, do_halt},
    {"resume", 2, do_halt},
    {"min-notional", 3, do_min_notional},
    {"position", 2, do_position},
};

// --------------------------------------------------------------------------------------------------- lines

static bool split(struct call *c, char *line)
{
    char *save = NULL;
    for (char *w = strtok_r(line, " \t", &save); w; w = strtok_r(NULL, " \t", &save)) {
        if (c->words == WORDS_MAX) {
            return fail(c, "too many words");
        }
        c->word[c->words++] = w;
    }
    return c->words > 0 || fail(c, "empty");
}

static bool run_one(struct call *c, const char *line)
{
    char text[512];
    struct error e = {0};
    if (strncmp(line, "fault ", 6) == 0) {
        return venue_fault_set(&c->s->faults, line + 6, &e) || fail(c, e.text);
    }
    text_copy(text, sizeof text, line);
    if (!split(c, text)) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(DEEDS); i++) {
        if (strcmp(DEEDS[i].name, c->word[0]) == 0) {
            return DEEDS[i].words == c->words
                       ? DEEDS[i].run(c)
                       : fail(c, "another number of words; see ticktower venue --help");
        }
    }
    return fail(c, "unknown command; see ticktower venue --help");
}

static size_t put_faults(struct venue_site *const site[VENUE_COUNT], char *reply, size_t cap)
{
    size_t n = (size_t)snprintf(reply, cap, "{\"ok\":true");
    for (int i = 0; i < VENUE_COUNT; i++) {
        if (site[i]) {
            n += (size_t)snprintf(reply + n, cap - n, ",\"%s\":", venue_dialects[i].name);
            n += venue_faults_json(&site[i]->faults, reply + n, cap - n - 2);
        }
    }
    reply[n++] = '}';
    reply[n] = 0;
    return n;
}

void venue_command_run(struct venue_site *const site[VENUE_COUNT], char *line, char *reply, size_t cap)
{
    size_t name = strcspn(line, ": ");
    enum venue_id only = line[name] == ':' ? venue_site_of(line, name) : VENUE_COUNT;
    if (line[name] == ':' && (only == VENUE_COUNT || !site[only])) {
        snprintf(reply, cap, "{\"ok\":false,\"error\":\"no such site here\"}");
        return;
    }
    line += only == VENUE_COUNT ? 0 : name + 1;
    line += strspn(line, " ");
    if (strcmp(line, "faults") == 0) {
        put_faults(site, reply, cap);
        return;
    }
    size_t n = (size_t)snprintf(reply, cap, "{\"ok\":true");
    for (int i = 0; i < VENUE_COUNT; i++) {
        if (!site[i] || (only != VENUE_COUNT && (int)only != i)) {
            continue;
        }
        struct call c = {.s = site[i], .now_ns = venue_site_now(site[i])};
        if (!run_one(&c, line)) {
            char safe[sizeof c.text];
            text_sanitise(safe, sizeof safe, c.text, strlen(c.text));
            for (char *q = safe; (q = strpbrk(q, "\"\\")) != NULL;) {
                *q = '\'';
            }
            snprintf(reply, cap, "{\"ok\":false,\"site\":\"%s\",\"error\":\"%s\"}", venue_dialects[i].name,
                     safe);
            return;
        }
        n += (size_t)snprintf(reply + n, cap - n, ",\"%s\":{%s}", venue_dialects[i].name, c.text);
    }
    snprintf(reply + n, cap - n, "}");
}
