// SPDX-License-Identifier: Apache-2.0
// import_survey: the importer's first pass: what is in each file (one symbol, its kind and grid) and by how
// much the receive clock was off.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "store/import_internal.h"

enum { DELAYS_MAX = 1 << 22 }; // differences kept for the median; the minimum sees all of them
static const int64_t DAY_NS = 86400 * NS_PER_S;

struct survey {
    struct import_source source;
    char symbol[24];
    int64_t tick_e8, lot_e8; // greatest common divisors; 0 nothing seen
    uint64_t depths, with_prev, touches, with_time, contracts;
    int64_t first_receive_ns;
    int64_t *delay;
    size_t delays, delays_cap;
    int64_t delay_min;
};

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

static void grid_see(int64_t *g, int64_t v)
{
    if (v > 0 && (*g == 0 || v % *g != 0)) {
        *g = gcd(v, *g);
    }
}

static void levels_see(struct survey *v, const struct scan_msg *m)
{
    for (uint32_t i = 0; i < m->bids + m->asks; i++) {
        grid_see(&v->tick_e8, m->level[i].price_e8);
        grid_see(&v->lot_e8, m->level[i].qty_e8);
    }
}

static void message_see(struct survey *v, const struct scan_msg *m)
{
    switch ((enum scan_kind)m->kind) {
    case SCAN_DEPTH:
        v->depths++;
        v->with_prev += m->prev_id != 0;
        levels_see(v, m);
        break;
    case SCAN_DEPTH_SNAPSHOT:
        levels_see(v, m);
        break;
    case SCAN_TOUCH:
        v->touches++;
        v->with_time += m->event_ms != 0;
        grid_see(&v->tick_e8, m->price_e8);
        grid_see(&v->tick_e8, m->ask_price_e8);
        grid_see(&v->lot_e8, m->qty_e8);
        grid_see(&v->lot_e8, m->ask_qty_e8);
        break;
    case SCAN_TRADE:
        if (!m->not_market) {
            grid_see(&v->tick_e8, m->price_e8);
            grid_see(&v->lot_e8, m->qty_e8);
        }
        break;
    default:
        break;
    }
}

// ----------------------------------------------------------------------------------------------------- clock

static bool delay_see(struct survey *v, int64_t delay)
{
    v->delay_min = v->delays == 0 || delay < v->delay_min ? delay : v->delay_min;
    if (v->delays == DELAYS_MAX) {
        return true;
    }
    if (v->delays == v->delays_cap) {
        size_t cap = v->delays_cap ? 2 * v->delays_cap : 4096;
        int64_t *p = realloc(v->delay, cap * sizeof *p);
        if (!p) {
            return false;
        }
        v->delay = p;
        v->delays_cap = cap;
    }
    v->delay[v->delays++] = delay;
    return true;
}

static int compare_i64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t delay_median(struct survey *v)
{
    qsort(v->delay, v->delays, sizeof *v->delay, compare_i64);
    return v->delay[v->delays / 2];
}

// ----------------------------------------------------------------------------------------------- instruments

static int kind_decide(const struct survey *v, int wanted)
{
    if (wanted != IMPORT_AUTO) {
        return wanted;
    }
    if (strchr(v->symbol, '_')) {
        return IMPORT_INVERSE;
    }
    bool futures = v->with_prev > 0 || v->with_time > 0;
    return futures || v->depths + v->touches == 0 ? IMPORT_LINEAR : IMPORT_SPOT;
}

static uint8_t settle_of(const char *symbol, int kind)
{
    static const struct {
        const char *suffix;
        uint8_t currency;
    } QUOTES[] = {
        {"USDT", CURRENCY_USDT}, {"USDC", CURRENCY_USDC}, {"BTC", CURRENCY_BTC}, {"ETH", CURRENCY_ETH}};
    if (kind == IMPORT_INVERSE) {
        return strncmp(symbol, "BTC", 3) == 0   ? CURRENCY_BTC
               : strncmp(symbol, "ETH", 3) == 0 ? CURRENCY_ETH
                                                : 0;
    }
    size_t n = strlen(symbol);
    for (size_t i = 0; i < COUNT_OF(QUOTES); i++) {
        size_t k = strlen(QUOTES[i].suffix);
        if (n > k && strcmp(symbol + n - k, QUOTES[i].suffix) == 0) {
            return QUOTES[i].currency;
        }
    }
    return CURRENCY_NONE;
}

// A divisor of all values seen may be coarser than the true step; the power of ten inside it never is.
static int64_t power_of_ten(int64_t divisor)
{
    int64_t p = 1;
    while (divisor % (10 * p) == 0) {
        p *= 10;
    }
    return p;
}

// The known grid if every recorded price and quantity lies on it, else the one that the data shows.
static void instrument_make(const struct survey *v, int kind, uint16_t id, struct import_file_report *f)
{
    struct instrument *ins = &f->instrument;
    f->grid_known = import_known(v->symbol, kind, v->tick_e8, v->lot_e8, ins);
    if (!f->grid_known) {
        ins->tick_e8 = power_of_ten(v->tick_e8);
        ins->lot_e8 = power_of_ten(v->lot_e8);
        ins->contract_e8 = E8;
    }
    ins->id = id;
    ins->kind = (uint8_t)kind;
    ins->settle = settle_of(v->symbol, kind);
    ins->price_decimals = (uint8_t)decimal_places_of_step(ins->tick_e8);
    ins->qty_decimals = (uint8_t)decimal_places_of_step(ins->lot_e8);
    memcpy(ins->symbol, v->symbol, sizeof ins->symbol);
}

// ---------------------------------------------------------------------------------------------------- a file

static bool symbol_see(struct survey *v, const struct scan_msg *m, struct error *e)
{
    if (!m->symbol[0] || strcmp(m->symbol, v->symbol) == 0) {
        return true;
    }
    if (v->symbol[0]) {
        return error_set(e, EXIT_DATA, "%s:%llu: symbol %s after %s; one symbol a file, split it",
                         v->source.path, (unsigned long long)line_reader_number(v->source.reader), m->symbol,
                         v->symbol);
    }
    memcpy(v->symbol, m->symbol, sizeof v->symbol);
    return true;
}

static bool file_read(struct survey *v, struct error *e)
{
    struct import_source *s = &v->source;
    enum import_next next;
    while ((next = import_source_next(s, false, e)) == IMPORT_MESSAGE) {
        const struct scan_msg *m = &s->msg;
        if (v->first_receive_ns == 0) {
            v->first_receive_ns = s->receive_ns;
        }
        if (!symbol_see(v, m, e)) {
            return false;
        }
        message_see(v, m);
        if (m->event_ms > 0 && m->kind != SCAN_DEPTH_SNAPSHOT &&
            !delay_see(v, s->receive_ns - m->event_ms * NS_PER_MS)) {
            return error_set(e, EXIT_OS, "%s: no memory for the clock survey", s->path);
        }
    }
    return next == IMPORT_END;
}

static bool file_conclude(struct survey *v, int wanted, uint16_t id, struct import_file_report *f,
                          struct error *e)
{
    if (!v->symbol[0] || v->tick_e8 == 0 || v->lot_e8 == 0) {
        return error_set(e, EXIT_DATA, "%s: no market message of a symbol in it", v->source.path);
    }
    if (v->delays == 0) {
        return error_set(e, EXIT_DATA, "%s: no message with an event time: the clock cannot be checked",
                         v->source.path);
    }
    instrument_make(v, kind_decide(v, wanted), id, f);
    f->delay_min_ns = v->delay_min;
    f->delay_median_ns = delay_median(v);
    return true;
}

static bool file_survey(struct survey *v, const struct import_options *o, size_t i,
                        struct import_file_report *f, struct error *e)
{
    bool ok = import_source_open(&v->source, o, i, f, e) && file_read(v, e) &&
              file_conclude(v, o->kind[i], (uint16_t)i, f, e);
    import_source_close(&v->source);
    free(v->delay);
    v->delay = NULL;
    return ok;
}

static bool twice(const struct import_report *r, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (r->file[k].instrument.kind == r->file[i].instrument.kind &&
            strcmp(r->file[k].instrument.symbol, r->file[i].instrument.symbol) == 0) {
            return true;
        }
    }
    return false;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static bool same_day(const char *path, const char *first, int64_t a_ns, int64_t b_ns, struct error *e)
{
    return llabs(a_ns - b_ns) < DAY_NS ||
           error_set(e, EXIT_DATA,
                     "%s: recorded on another day than %s: one clock offset would not fit both; import them "
                     "apart",
                     path, first);
}

// Further files of the same recording, read for their clock alone.
static bool clocks_survey(struct survey *v, const struct import_options *o, int64_t begin_ns,
                          int64_t *offset_ns, struct error *e)
{
    struct import_options other = *o;
    other.files = o->clock_files;
    other.warn = NULL;
    memcpy(other.path, o->clock_path, sizeof other.path);
    for (size_t i = 0; i < other.files; i++) {
        struct import_file_report f = {0};
        memset(v, 0, sizeof *v);
        other.kind[i] = IMPORT_AUTO;
        if (!file_survey(v, &other, i, &f, e) ||
            !same_day(other.path[i], o->path[0], v->first_receive_ns, begin_ns, e)) {
            return false;
        }
        *offset_ns = least(*offset_ns, f.delay_min_ns);
    }
    return true;
}

bool import_survey(const struct import_options *o, struct import_report *report, struct error *e)
{
    struct survey *v = calloc(1, sizeof *v);
    if (!v) {
        return error_set(e, EXIT_OS, "import: no memory");
    }
    bool ok = true;
    int64_t begin = 0;
    for (size_t i = 0; ok && i < o->files; i++) {
        memset(v, 0, sizeof *v);
        struct import_file_report *f = &report->file[i];
        ok = file_survey(v, o, i, f, e);
        begin = i == 0 ? v->first_receive_ns : begin;
        report->first_wall_ns = i == 0 ? begin : least(report->first_wall_ns, v->first_receive_ns);
        ok = ok && same_day(o->path[i], o->path[0], v->first_receive_ns, begin, e);
        if (ok && twice(report, i)) {
            ok = error_set(e, EXIT_DATA, "%s: %s comes twice; one file an instrument", o->path[i],
                           f->instrument.symbol);
        }
        report->clock_offset_ns = i == 0 ? f->delay_min_ns : least(report->clock_offset_ns, f->delay_min_ns);
        struct import_file_report kept = {.instrument = f->instrument,
                                          .grid_known = f->grid_known,
                                          .delay_min_ns = f->delay_min_ns,
                                          .delay_median_ns = f->delay_median_ns};
        *f = kept; // lines and bad ones are counted again by the second pass
    }
    ok = ok && clocks_survey(v, o, begin, &report->clock_offset_ns, e);
    report->first_wall_ns -= report->clock_offset_ns;
    free(v);
    return ok;
}
