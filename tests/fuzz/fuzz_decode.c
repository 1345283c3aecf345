// SPDX-License-Identifier: Apache-2.0
// Tries to break the JSON decoders: the input as the answer to a question (the first two bytes say which, and
// under what status) and as a message of the user stream. Nothing may read outside, and what is accepted must
// keep the promises of decode.h: rows within their arrays, text ended and printable.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "wire/decode.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct answer answer; // large: never on the stack
static struct user_msg msg;

#define CHECK_TEXT(field) check_text((field), sizeof(field))

static void check_text(const char *text, size_t cap)
{
    size_t n = strnlen(text, cap);
    CHECK(n < cap);
    for (size_t i = 0; i < n; i++) {
        CHECK(text[i] >= ' ' && text[i] <= '~');
    }
}

static void check_order(const struct wire_order *o)
{
    CHECK_TEXT(o->symbol);
    CHECK_TEXT(o->client_id);
    CHECK_TEXT(o->fee_asset);
    CHECK_TEXT(o->exec);
    CHECK_TEXT(o->status);
    CHECK_TEXT(o->type);
    CHECK_TEXT(o->tif);
    CHECK(o->side >= -1 && o->side <= 1 && o->code <= 0);
}

static void check_position(const struct wire_position *p)
{
    CHECK_TEXT(p->symbol);
    CHECK_TEXT(p->position_side);
    CHECK_TEXT(p->margin_type);
}

static void check_instrument(const struct instrument *ins)
{
    CHECK_TEXT(ins->symbol);
    CHECK(ins->tick_e8 > 0 && ins->lot_e8 > 0 && ins->contract_e8 > 0);
}

static void check_rows(const struct answer *a)
{
    static const uint32_t BOUND[RQ_COUNT] = {
        [RQ_PLACE] = ANSWER_BATCH_MAX,
        [RQ_CANCEL] = ANSWER_BATCH_MAX,
        [RQ_BATCH_PLACE] = ANSWER_BATCH_MAX,
        [RQ_BATCH_CANCEL] = ANSWER_BATCH_MAX,
        [RQ_AMEND] = 1,
        [RQ_QUERY_ORDER] = 1,
        [RQ_OPEN_ORDERS] = ANSWER_ROWS_MAX,
        [RQ_POSITIONS] = ANSWER_ROWS_MAX,
        [RQ_BALANCE] = ANSWER_ROWS_MAX,
        [RQ_TRADES] = ANSWER_ROWS_MAX,
        [RQ_EXCHANGE_INFO] = INSTRUMENT_MAX,
        [RQ_ACCOUNT] = ANSWER_ROWS_MAX,
        [RQ_BRACKETS] = ANSWER_ROWS_MAX,
        [RQ_INCOME] = ANSWER_ROWS_MAX,
        [RQ_FUNDING_INFO] = ANSWER_ROWS_MAX,
        [RQ_FUNDING_RATE] = ANSWER_ROWS_MAX,
        [RQ_PREMIUM] = ANSWER_ROWS_MAX,
        [RQ_KLINES] = ANSWER_KLINES_MAX,
        [RQ_TICKER] = ANSWER_ROWS_MAX,
        [RQ_MARKET_TRADES] = ANSWER_ROWS_MAX,
        [RQ_ADL] = ANSWER_ROWS_MAX,
    };
    CHECK(a->rows <= BOUND[a->kind]);
    for (uint32_t i = 0; i < a->rows; i++) {
        switch (a->kind) {
        case RQ_POSITIONS:
            check_position(&a->u.positions[i]);
            break;
        case RQ_BALANCE:
        case RQ_ACCOUNT:
            CHECK_TEXT(a->u.balances[i].asset);
            break;
        case RQ_TRADES:
            CHECK_TEXT(a->u.trades[i].symbol);
            CHECK_TEXT(a->u.trades[i].fee_asset);
            break;
        case RQ_BRACKETS:
            CHECK_TEXT(a->u.brackets[i].symbol);
            CHECK(a->u.brackets[i].cap_e8 > a->u.brackets[i].floor_e8);
            break;
        case RQ_INCOME:
            CHECK_TEXT(a->u.income[i].symbol);
            CHECK_TEXT(a->u.income[i].type);
            CHECK_TEXT(a->u.income[i].asset);
            CHECK_TEXT(a->u.income[i].info);
            break;
        case RQ_FUNDING_INFO:
            CHECK_TEXT(a->u.funding_info[i].symbol);
            CHECK(a->u.funding_info[i].interval_h >= 1 && a->u.funding_info[i].interval_h <= 24);
            break;
        case RQ_FUNDING_RATE:
            CHECK_TEXT(a->u.funding[i].symbol);
            break;
        case RQ_PREMIUM:
            CHECK_TEXT(a->u.premium[i].symbol);
            break;
        case RQ_KLINES:
            CHECK(a->u.klines[i].open_ms <= a->u.klines[i].close_ms);
            break;
        case RQ_TICKER:
            CHECK_TEXT(a->u.tickers[i].symbol);
            break;
        case RQ_MARKET_TRADES:
            CHECK(a->u.market_trades[i].price_e8 > 0);
            break;
        case RQ_ADL:
            CHECK_TEXT(a->u.adl[i].symbol);
            break;
        case RQ_EXCHANGE_INFO:
            check_instrument(&a->u.instruments[i]);
            break;
        default:
            check_order(&a->u.orders[i]);
            break;
        }
    }
}

static void check_answer(const struct answer *a, enum request_kind kind)
{
    CHECK(a->kind == kind);
    CHECK_TEXT(a->msg);
    CHECK(a->code <= 0);
    CHECK(!a->malformed || a->rows == 0);
    if (a->malformed || a->code < 0) {
        return;
    }
    check_rows(a);
    if (kind == RQ_ACCOUNT) {
        CHECK(a->u.account.position_rows <= ANSWER_ROWS_MAX);
        for (uint32_t i = 0; i < a->u.account.position_rows; i++) {
            check_position(&a->u.account.positions[i]);
        }
    } else if (kind == RQ_DEPTH) {
        CHECK(a->u.depth.bids <= ANSWER_DEPTH_MAX && a->u.depth.asks <= ANSWER_DEPTH_MAX);
    } else if (kind == RQ_LISTEN_KEY) {
        CHECK_TEXT(a->u.listen.key);
    } else if (kind == RQ_STP_MODE && a->rows == 0) {
        CHECK_TEXT(a->u.stp.mode);
    } else if (kind == RQ_TRANSFER) {
        CHECK_TEXT(a->u.transfer.status);
    }
}

static void check_user(const struct user_msg *m)
{
    CHECK(m->kind <= UM_KEY_EXPIRED);
    CHECK(m->balances <= COUNT_OF(m->balance) && m->positions <= COUNT_OF(m->position));
    CHECK_TEXT(m->reason);
    if (m->kind == UM_ORDER) {
        check_order(&m->order);
    }
    for (uint32_t i = 0; i < m->balances; i++) {
        CHECK_TEXT(m->balance[i].asset);
    }
    for (uint32_t i = 0; i < m->positions; i++) {
        check_position(&m->position[i]);
    }
}

// The quick way for orders must read what jansson reads.
static void check_both_ways(enum request_kind kind, const char *text, size_t n, bool user)
{
    static struct answer slow;
    static struct user_msg slow_msg;
    if (kind == RQ_PLACE || kind == RQ_CANCEL || kind == RQ_AMEND || kind == RQ_QUERY_ORDER) {
        slow.http_status = answer.http_status;
        wire_decode_answer_slow(kind, text, n, NULL, 0, &slow);
        CHECK(slow.malformed == answer.malformed && slow.code == answer.code && slow.rows == answer.rows);
        CHECK(slow.rows == 0 || memcmp(&slow.u.order, &answer.u.order, sizeof slow.u.order) == 0);
    }
    CHECK(wire_decode_user_slow(text, n, &slow_msg) == user && (!user || slow_msg.kind == msg.kind));
    CHECK(!user || (slow_msg.event_ms == msg.event_ms && slow_msg.transaction_ms == msg.transaction_ms));
    CHECK(!user || msg.kind != UM_ORDER || memcmp(&slow_msg.order, &msg.order, sizeof msg.order) == 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    wire_json_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char WANTED[2][24] = {"BTCUSDT", "ETHUSDT"};
    if (size < 2) {
        return 0;
    }
    // a fixed order, which the kept corpus knows
    static const uint8_t KINDS[] = {
        RQ_NONE,          RQ_PLACE,         RQ_CANCEL,       RQ_CANCEL_ALL,
        RQ_AMEND,         RQ_DEADMAN,       RQ_QUERY_ORDER,  RQ_OPEN_ORDERS,
        RQ_POSITIONS,     RQ_BALANCE,       RQ_TRADES,       RQ_EXCHANGE_INFO,
        RQ_DEPTH,         RQ_TIME,          RQ_LISTEN_KEY,   RQ_LISTEN_KEY_RENEW,
        RQ_COMMISSION,    RQ_POSITION_MODE, RQ_LEVERAGE,     RQ_MARGIN_TYPE,
        RQ_ACCOUNT,       RQ_BRACKETS,      RQ_INCOME,       RQ_FUNDING_INFO,
        RQ_FUNDING_RATE,  RQ_PREMIUM,       RQ_KLINES,       RQ_TICKER,
        RQ_MARKET_TRADES, RQ_MULTI_ASSETS,  RQ_STP_MODE,     RQ_ADL,
        RQ_TRANSFER,      RQ_BATCH_PLACE,   RQ_BATCH_CANCEL,
    };
    enum request_kind kind =
        (enum request_kind)(data[1] < COUNT_OF(KINDS) ? KINDS[data[1]] : data[1] % RQ_COUNT);
    size -= 2;
    char *copy = malloc(size ? size : 1); // exactly as long as the input, so that a read past it is seen
    CHECK(copy != NULL);
    memcpy(copy, data + 2, size);
    answer.http_status = data[0] % 8 == 7 ? 503 : 200;
    wire_decode_answer(kind, copy, size, WANTED, data[0] / 8 % 2 ? 2 : 0, &answer);
    check_answer(&answer, kind);
    bool user = wire_decode_user(copy, size, &msg);
    if (user) {
        check_user(&msg);
    }
    check_both_ways(kind, copy, size, user);
    free(copy);
    return 0;
}
