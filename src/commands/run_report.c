// SPDX-License-Identifier: Apache-2.0
#include "commands/run_report.h"

#include <inttypes.h>

#include "base/check.h"
#include "base/decimal.h"

static const char *const STATIONS[ST_COUNT] = {
    "recv_decode", "book_features", "decide",        "encode",
    "sign",        "write",         "tick_to_order", "tick_to_order_less_sign",
    "engine_step", "order_rtt",     "key_to_cancel", "answer_to_order",
};

const char *station_name(enum station st)
{
    CHECK((unsigned)st < ST_COUNT);
    return STATIONS[st];
}

static const char *mode_name(uint8_t mode)
{
    static const char *const NAMES[] = {"sim", "replay", "backtest", "paper", "testnet", "live"};
    return mode < COUNT_OF(NAMES) ? NAMES[mode] : "?";
}

// A JSON string: our own paths and symbols, but a path may hold anything.
static void put_string(FILE *to, const char *s)
{
    fputc('"', to);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') {
            fprintf(to, "\\%c", c);
        } else if (c < 0x20) {
            fprintf(to, "\\u%04x", c);
        } else {
            fputc(c, to);
        }
    }
    fputc('"', to);
}

static void put_positions(FILE *to, const struct snapshot *s)
{
    fputs(",\"position_lots\":{", to);
    for (uint32_t i = 0; i < s->instrument_count; i++) {
        char name[INSTRUMENT_NAME_MAX];
        fprintf(to, "%s\"%s\":%" PRId64, i ? "," : "", instrument_name(&s->ins[i].def, name),
                s->ins[i].position_lots);
    }
    fputc('}', to);
}

static void put_pnl(FILE *to, const struct snap_pnl *p)
{
    fprintf(to,
            ",\"pnl_e8\":{\"realised\":%" PRId64 ",\"unrealised\":%" PRId64 ",\"fees\":%" PRId64
            ",\"funding\":%" PRId64 ",\"seam\":%" PRId64 ",\"adjustment\":%" PRId64 "}",
            p->realised_e8, p->unrealised_e8, p->fees_e8, p->funding_e8, p->seam_e8, p->adjustment_e8);
}

static void put_ledger(FILE *to, const struct snapshot *s)
{
    fputs(",\"ledger_sum_e8\":{", to);
    for (int c = 1; c < CURRENCY_COUNT; c++) {
        fprintf(to, "%s\"%s\":%" PRId64, c > 1 ? "," : "", currency_name((enum currency)c),
                s->ledger_sum_e8[c]);
    }
    fputc('}', to);
}

static void put_latency(FILE *to, const struct snapshot *s)
{
    fputs(",\"latency_ns\":{", to);
    for (int i = 0; i < ST_COUNT; i++) {
        const struct hist *h = &s->shell.station[i];
        fprintf(to,
                "%s\"%s\":{\"count\":%" PRIu64 ",\"p50\":%" PRId64 ",\"p95\":%" PRId64 ",\"p99\":%" PRId64
                ",\"p999\":%" PRId64 ",\"max\":%" PRId64 "}",
                i ? "," : "", STATIONS[i], h->count, hist_quantile(h, 500000), hist_quantile(h, 950000),
                hist_quantile(h, 990000), hist_quantile(h, 999000), h->max_ns);
    }
    fputc('}', to);
}

// What capital an instrument would need that cannot be quoted with ours.
static void put_hints(FILE *to, const struct snapshot *s)
{
    const char *comma = "";
    fputs(",\"hints\":[", to);
    for (uint32_t i = 0; i < s->instrument_count && i < INSTRUMENT_MAX; i++) {
        if (s->ins[i].capital_hint[0]) {
            fputs(comma, to);
            put_string(to, s->ins[i].capital_hint);
            comma = ",";
        }
    }
    fputc(']', to);
}

void run_report_json(FILE *to, const struct snapshot *s, const struct run_totals *t)
{
    fprintf(to,
            "{\"mode\":\"%s\",\"seconds\":%.3f,\"events\":%" PRIu64 ",\"orders_sent\":%" PRIu64
            ",\"fills\":%" PRIu64 ",\"open_orders\":%u",
            mode_name(s->mode), t->seconds, s->seq, s->orders_sent, s->fills, s->open_orders);
    put_positions(to, s);
    fprintf(to, ",\"equity_e8\":%" PRId64, s->equity_e8);
    put_pnl(to, &s->pnl);
    put_ledger(to, s);
    put_latency(to, s);
    put_hints(to, s);
    fputs(",\"tape\":", to);
    put_string(to, s->shell.tape_path);
    fputs(",\"database\":", to);
    put_string(to, s->shell.db_path);
    fprintf(to,
            ",\"action_hash\":\"%016" PRIx64 "\",\"rejects\":%" PRIu64 ",\"doubts\":%" PRIu64
            ",\"handshakes\":%" PRIu64 ",\"ring_overflow\":%" PRIu64 ",\"mallocs\":%" PRIu64
            ",\"rss_kib\":%ld,\"stored\":%s,\"exit_code\":%d}\n",
            s->action_hash, s->rejects, s->doubts, t->handshakes, s->shell.ring_overflow,
            s->shell.hot_mallocs, t->rss_kib, t->stored ? "true" : "false", t->exit_code);
}

static void put_money(FILE *to, const char *name, int64_t e8, bool sign)
{
    char text[32];
    decimal_format(text, e8, 8, 8);
    fprintf(to, "  %-12s %s%s USDT\n", name, sign && e8 > 0 ? "+" : "", text);
}

void run_report_text(FILE *to, const struct snapshot *s, const struct run_totals *t)
{
    fprintf(to,
            "%s, %.1f s: %" PRIu64 " events, %" PRIu64 " orders sent, %" PRIu64 " fills, %u orders open\n",
            s->shell.venue_text, t->seconds, s->seq, s->orders_sent, s->fills, s->open_orders);
    for (uint32_t i = 0; i < s->instrument_count; i++) {
        char lots[32];
        instrument_format_qty(&s->ins[i].def, s->ins[i].position_lots, lots);
        char name[INSTRUMENT_NAME_MAX];
        fprintf(to, "  %-12s position %s\n", instrument_name(&s->ins[i].def, name), lots);
        if (s->ins[i].capital_hint[0]) {
            fprintf(to, "  %-12s %s\n", "", s->ins[i].capital_hint);
        }
    }
    const struct snap_pnl *n = &s->pnl;
    put_money(to, "realised", n->realised_e8, true);
    put_money(to, "unrealised", n->unrealised_e8, true);
    put_money(to, "fees", -n->fees_e8, true);
    put_money(to, "funding", n->funding_e8, true);
    put_money(to, "seam", n->seam_e8 + n->adjustment_e8, true);
    put_money(to, "net",
              n->realised_e8 + n->unrealised_e8 - n->fees_e8 + n->funding_e8 + n->seam_e8 + n->adjustment_e8,
              true);
    put_money(to, "equity", s->equity_e8, false);
    fprintf(to, "  tape         %s\n  database     %s\n", s->shell.tape_path, s->shell.db_path);
}
