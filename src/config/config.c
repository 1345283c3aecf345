// SPDX-License-Identifier: Apache-2.0
// The parser walks inih's rows and stores through the table; formatting walks the table. Nothing here knows a
// key.
#include "config/config.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"
#include "config/hosts.h"
#include "config/table.h"
#include "config/value.h"

enum { ROWS_MAX = 256, FILE_MAX = 256 * 1024 };

struct parse {
    const char *text; // what is left to read
    int line;         // of the row in hand: the distribution's inih does not tell its handler
    struct config *c;
    const char *name;
    struct error *e;
    bool failed;
    bool seen[ROWS_MAX];
};

static int64_t *number_at(struct config *c, const struct config_row *row)
{
    return (int64_t *)(void *)((char *)c + row->offset);
}

static const char *unknown_hint(const char *section, const char *key)
{
    for (size_t i = 0; i < CONFIG_ROWS; i++) {
        if (strcmp(CONFIG_TABLE[i].key, key) == 0 && strcmp(CONFIG_TABLE[i].section, section) != 0) {
            return CONFIG_TABLE[i].section;
        }
    }
    return NULL;
}

static bool is_word(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n >= 1 && n <= 31 && s[n] == 0;
}

static const char *const VENUE_NAMES[VENUE_COUNT] = {"aster", "spot", "binance"};

const char *config_venue_name(enum venue_id venue)
{
    CHECK((unsigned)venue < VENUE_COUNT);
    return VENUE_NAMES[venue];
}

// Cut "spot:" off the word of *n bytes at *p; VENUE_COUNT when no venue has that name.
static enum venue_id cut_venue(const char **p, size_t *n)
{
    const char *colon = memchr(*p, ':', *n);
    if (!colon) {
        return VENUE_ASTER;
    }
    size_t len = (size_t)(colon - *p);
    enum venue_id v = VENUE_ASTER;
    while (v < VENUE_COUNT && (strlen(VENUE_NAMES[v]) != len || memcmp(*p, VENUE_NAMES[v], len) != 0)) {
        v++;
    }
    *p = colon + 1;
    *n -= len + 1;
    return v;
}

static const char *store_symbols(struct config_symbols *out, const char *text)
{
    struct config_symbols s = {0};
    for (const char *p = text + strspn(text, " ,\t"); *p; p += strspn(p, " ,\t")) {
        size_t n = strcspn(p, " ,\t");
        if (s.count == INSTRUMENT_MAX) {
            return "too many symbols (8 at most)";
        }
        enum venue_id venue = cut_venue(&p, &n);
        if (venue == VENUE_COUNT) {
            return "no such venue: write aster:, spot: or binance: before the symbol, or nothing for Aster "
                   "futures";
        }
        if (n == 0 || n >= sizeof s.name[0] || strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") < n) {
            return "write upper-case symbols separated by blanks, like ETHUSDT spot:ETHUSDT";
        }
        s.venue[s.count] = (uint8_t)venue;
        memcpy(s.name[s.count++], p, n);
        p += n;
    }
    *out = s;
    return NULL;
}

static const char *store_choice(int64_t *out, const char *choices, const char *text)
{
    static _Thread_local char why[128];
    int64_t index = 0;
    for (const char *p = choices; *p; index++) {
        size_t n = strcspn(p, " ");
        if (strlen(text) == n && memcmp(p, text, n) == 0) {
            *out = index;
            return NULL;
        }
        p += n + strspn(p + n, " ");
    }
    snprintf(why, sizeof why, "write one of: %s", choices);
    return why;
}

static const char *store_number(const struct config_row *row, int64_t *out, const char *text)
{
    static _Thread_local char range[160];
    const char *why;
    int64_t v;
    if (!value_parse(row->unit, text, &v, &why)) {
        return why;
    }
    if (v < row->min || (row->max && v > row->max)) {
        char lo[48];
        char hi[48] = "any";
        value_format(row->unit, row->min, lo);
        if (row->max) {
            value_format(row->unit, row->max, hi);
        }
        snprintf(range, sizeof range, "out of range: from %s to %s", lo, hi);
        return range;
    }
    *out = v;
    return NULL;
}

static bool is_address(const char *s)
{
    return strlen(s) == 42 && s[0] == '0' && s[1] == 'x' && strspn(s + 2, "0123456789abcdefABCDEF") == 40;
}

static const char *store_text(struct config *c, const struct config_row *row, const char *text)
{
    struct url url;
    if (strlen(text) >= (size_t)row->max) {
        return "too long";
    }
    if (*text && row->unit == CU_URL && !url_parse(&url, text)) {
        return "write an address like https://host or wss://host:port, without a path";
    }
    if (*text && row->unit == CU_ADDRESS && !is_address(text)) {
        return "write 0x and 40 hex digits";
    }
    if (*text && row->unit == CU_PATH && text[0] != '/') {
        return "write the file's absolute path, beginning with / (a key itself never stands here)";
    }
    text_copy((char *)c + row->offset, (size_t)row->max, text);
    return NULL;
}

// NULL or the reason why the text does not fit the row.
static const char *store(struct config *c, const struct config_row *row, const char *text)
{
    switch (row->unit) {
    case CU_WORD:
        if (!is_word(text)) {
            return "write 1 to 31 characters of a-z, 0-9 and -";
        }
        text_copy((char *)c + row->offset, 32, text);
        return NULL;
    case CU_SYMBOLS:
        return store_symbols((struct config_symbols *)(void *)((char *)c + row->offset), text);
    case CU_CHOICE:
        return store_choice(number_at(c, row), row->choices, text);
    case CU_FLAG:
        if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0) {
            return "write yes or no";
        }
        *number_at(c, row) = text[0] == 'y';
        return NULL;
    case CU_URL:
    case CU_ADDRESS:
    case CU_TEXT:
    case CU_PATH:
        return store_text(c, row, text);
    default:
        return store_number(row, number_at(c, row), text);
    }
}

// inih reads line by line through this, like fgets. A long comment is cut; any other line must fit whole,
// since inih would take its rest for a line of its own.
static char *next_line(char *buf, int cap, void *stream)
{
    struct parse *p = stream;
    size_t whole = strcspn(p->text, "\n");
    whole += p->text[whole] == '\n';
    if (whole == 0 || p->failed) {
        return NULL;
    }
    p->line++;
    size_t n = whole;
    if (n >= (size_t)cap) {
        if (!strchr("#;", p->text[strspn(p->text, " \t")])) {
            p->failed = true;
            error_set(p->e, EXIT_USAGE, "%s:%d: longer than %d characters", p->name, p->line, cap - 2);
            return NULL;
        }
        n = (size_t)cap - 1;
    }
    memcpy(buf, p->text, n);
    buf[n] = 0;
    p->text += whole;
    return buf;
}

// A secret pasted to the wrong place must not be repeated in a message.
static bool may_be_key(const struct config_row *row, const char *value)
{
    return row->unit == CU_PATH || strlen(value) >= 60;
}

static int on_row(void *user, const char *section, const char *key, const char *value)
{
    struct parse *p = user;
    int line = p->line;
    if (p->failed) {
        return 1;
    }
    for (size_t i = 0; i < CONFIG_ROWS; i++) {
        const struct config_row *row = &CONFIG_TABLE[i];
        if (strcmp(row->section, section) != 0 || strcmp(row->key, key) != 0) {
            continue;
        }
        const char *why = p->seen[i] ? "set twice: keep one of them" : store(p->c, row, value);
        p->seen[i] = true;
        p->c->written[i / 64] |= UINT64_C(1) << i % 64;
        if (why) {
            p->failed = true;
            error_set(p->e, EXIT_USAGE, "%s:%d: [%s] %s = %.60s: %s", p->name, line, section, key,
                      may_be_key(row, value) ? "(not shown)" : value, why);
        }
        return 1;
    }
    p->failed = true;
    const char *other = unknown_hint(section, key);
    error_set(p->e, EXIT_USAGE, "%s:%d: [%.40s] %.40s: unknown key%s%s%s; `ticktower config` lists all keys",
              p->name, line, section, key, other ? " (did you mean section [" : "", other ? other : "",
              other ? "]?)" : "");
    return 1;
}

void config_default(struct config *c)
{
    CHECK(CONFIG_ROWS <= ROWS_MAX && ROWS_MAX <= 64 * COUNT_OF(c->written));
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < CONFIG_ROWS; i++) {
        const char *why = store(c, &CONFIG_TABLE[i], CONFIG_TABLE[i].value);
        CHECK(why == NULL);
    }
}

bool config_parse(struct config *c, const char *name, const char *text, size_t n, struct error *e)
{
    if (memchr(text, 0, n)) {
        return error_set(e, EXIT_USAGE, "%s: contains a zero byte: not a text file", name);
    }
    char *copy = malloc(n + 1);
    if (!copy) {
        return error_set(e, EXIT_OS, "%s: out of memory", name);
    }
    memcpy(copy, text, n);
    copy[n] = 0;
    struct parse p = {.text = copy, .c = c, .name = name, .e = e};
    int line = ini_parse_stream(next_line, &p, on_row, &p);
    free(copy);
    if (p.failed) {
        return false;
    }
    if (line > 0) {
        return error_set(e, EXIT_USAGE, "%s:%d: neither [section], nor key = value, nor # comment", name,
                         line);
    }
    return config_check(c, name, e);
}

bool config_load(struct config *c, const char *path, struct error *e)
{
    FILE *f = fopen(path, "re");
    if (!f) {
        return error_set(e, EXIT_NO_INPUT, "%s: cannot read the configuration: %m", path);
    }
    char *text = malloc(FILE_MAX + 1);
    size_t n = text ? fread(text, 1, FILE_MAX + 1, f) : 0;
    bool bad = !text || ferror(f) || n > FILE_MAX;
    fclose(f);
    bool ok = bad ? error_set(e, EXIT_NO_INPUT, "%s: cannot be read, or larger than %d bytes", path, FILE_MAX)
                  : config_parse(c, path, text, n, e);
    free(text);
    return ok;
}

static bool listed_twice(const struct config *c, char *symbol)
{
    struct config_symbols all = c->quote;
    for (uint32_t i = 0; i < c->watch.count && all.count < INSTRUMENT_MAX; i++) {
        all.venue[all.count] = c->watch.venue[i];
        memcpy(all.name[all.count++], c->watch.name[i], sizeof all.name[0]);
    }
    for (uint32_t i = 0; i < all.count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (all.venue[i] == all.venue[j] && strcmp(all.name[i], all.name[j]) == 0) {
                text_copy(symbol, 24, all.name[i]);
                return true;
            }
        }
    }
    return false;
}

static bool check_access(const struct config *c, const char *name, struct error *e)
{
    for (enum venue_id v = VENUE_ASTER; v < VENUE_COUNT; v++) {
        const struct config_access *a = &c->access[v];
        struct url url;
        if (*a->rest && (!url_parse(&url, a->rest) || url.ws)) {
            return error_set(e, EXIT_USAGE, "%s: [venue.%s] rest wants https://", name, VENUE_NAMES[v]);
        }
        if (*a->ws && (!url_parse(&url, a->ws) || !url.ws)) {
            return error_set(e, EXIT_USAGE, "%s: [venue.%s] ws wants wss://", name, VENUE_NAMES[v]);
        }
        if (v == VENUE_BINANCE && a->auth != AUTH_HMAC) {
            return error_set(e, EXIT_USAGE, "%s: [venue.binance] auth: Binance knows hmac only", name);
        }
    }
    return true;
}

bool config_is_written(const struct config *c, const char *section, const char *key)
{
    for (size_t i = 0; i < CONFIG_ROWS; i++) {
        if (strcmp(CONFIG_TABLE[i].section, section) == 0 && strcmp(CONFIG_TABLE[i].key, key) == 0) {
            return c->written[i / 64] >> i % 64 & 1;
        }
    }
    return false;
}

bool config_trades_venue(const struct config *c, enum venue_id venue)
{
    bool quotes = false;
    for (uint32_t i = 0; i < c->quote.count; i++) {
        quotes |= c->quote.venue[i] == venue;
    }
    return c->quote.count == 0 ? config_uses_venue(c, venue) : quotes;
}

void config_visit_only_asked(struct config *c)
{
    if (config_is_written(c, "instruments", "watch")) {
        return;
    }
    const struct config_symbols all = c->watch;
    memset(&c->watch, 0, sizeof c->watch);
    for (uint32_t i = 0; i < all.count; i++) {
        if (config_trades_venue(c, (enum venue_id)all.venue[i])) {
            uint32_t to = c->watch.count++;
            memcpy(c->watch.name[to], all.name[i], sizeof all.name[i]);
            c->watch.venue[to] = all.venue[i];
        }
    }
}

bool config_uses_venue(const struct config *c, enum venue_id venue)
{
    bool uses = false;
    for (uint32_t i = 0; i < c->quote.count; i++) {
        uses |= c->quote.venue[i] == venue;
    }
    for (uint32_t i = 0; i < c->watch.count; i++) {
        uses |= c->watch.venue[i] == venue;
    }
    return uses;
}

bool config_check(const struct config *c, const char *name, struct error *e)
{
    char symbol[24];
    if (c->quote.count + c->watch.count == 0 || c->quote.count + c->watch.count > INSTRUMENT_MAX) {
        return error_set(e, EXIT_USAGE, "%s: [instruments] quote and watch need 1 to %d symbols together",
                         name, INSTRUMENT_MAX);
    }
    if (listed_twice(c, symbol)) {
        return error_set(e, EXIT_USAGE, "%s: [instruments] %s stands twice in quote and watch", name, symbol);
    }
    if (c->limit[LIMIT_POSITION_VALUE] > c->limit[LIMIT_GROSS_VALUE]) {
        return error_set(e, EXIT_USAGE,
                         "%s: [risk] position_value is above gross_value: one instrument would break "
                         "the limit for all",
                         name);
    }
    if (c->maker.order_value_e8 > c->limit[LIMIT_ORDER_VALUE]) {
        return error_set(e, EXIT_USAGE,
                         "%s: [strategy.maker] order_value is above [risk] order_value: no quote could "
                         "pass",
                         name);
    }
    if (c->venue.deadman_refresh_ns * 2 > c->venue.deadman_ns) {
        return error_set(e, EXIT_USAGE, "%s: [venue] deadman_refresh must be at most half of deadman", name);
    }
    if (c->kill.collar_e8 > c->kill.collar_max_e8) {
        return error_set(e, EXIT_USAGE, "%s: [kill] collar is above collar_max", name);
    }
    return check_access(c, name, e);
}

// -----------------------------------------------------------------------------------------------------------
// writing

struct out {
    char *buf;
    size_t cap, len;
};

static void put(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct out *o, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    size_t room = o->len < o->cap ? o->cap - o->len : 0;
    o->len += (size_t)vsnprintf(room ? o->buf + o->len : NULL, room, fmt, ap);
    va_end(ap);
}

static size_t finish(const struct out *o)
{
    return o->len < o->cap ? o->len : 0;
}

static void put_symbols(struct out *o, const struct config_symbols *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        bool named = s->venue[i] != VENUE_ASTER;
        put(o, "%s%s%s%s", i ? " " : "", named ? VENUE_NAMES[s->venue[i]] : "", named ? ":" : "", s->name[i]);
    }
}

static void put_choice(struct out *o, const char *choices, int64_t index)
{
    const char *p = choices;
    for (int64_t i = 0; i < index; i++) {
        p += strcspn(p, " ") + 1;
    }
    put(o, "%.*s", (int)strcspn(p, " "), p);
}

static void put_value(struct out *o, const struct config *c, const struct config_row *row)
{
    const char *at = (const char *)c + row->offset;
    int64_t v;
    memcpy(&v, at, sizeof v);
    char text[48];
    switch (row->unit) {
    case CU_WORD:
    case CU_URL:
    case CU_ADDRESS:
    case CU_TEXT:
    case CU_PATH:
        put(o, "%s", at);
        break;
    case CU_SYMBOLS:
        put_symbols(o, (const struct config_symbols *)(const void *)at);
        break;
    case CU_CHOICE:
        put_choice(o, row->choices, v);
        break;
    case CU_FLAG:
        put(o, "%s", v ? "yes" : "no");
        break;
    default:
        value_format(row->unit, v, text);
        put(o, "%s", text);
        break;
    }
}

static bool new_section(size_t i)
{
    return i == 0 || strcmp(CONFIG_TABLE[i].section, CONFIG_TABLE[i - 1].section) != 0;
}

size_t config_format(const struct config *c, char *buf, size_t cap)
{
    struct out o = {buf, cap, 0};
    for (size_t i = 0; i < CONFIG_ROWS; i++) {
        if (new_section(i)) {
            put(&o, "[%s]\n", CONFIG_TABLE[i].section);
        }
        put(&o, "%s = ", CONFIG_TABLE[i].key);
        put_value(&o, c, &CONFIG_TABLE[i]);
        put(&o, "\n");
    }
    return finish(&o);
}

// Wrap help text as comment lines of at most 100 columns.
static void put_comment(struct out *o, const char *text)
{
    while (*text) {
        size_t n = strlen(text);
        if (n > 98) {
            n = 98;
            while (n && text[n] != ' ') {
                n--;
            }
        }
        put(o, "# %.*s\n", (int)n, text);
        text += n + strspn(text + n, " ");
    }
}

static void put_range(struct out *o, const struct config_row *row)
{
    char lo[48];
    char hi[48];
    if (row->unit == CU_CHOICE) {
        put(o, "# One of: %s.\n", row->choices);
    } else if (row->unit < CU_FLAG && row->max) {
        value_format(row->unit, row->min, lo);
        value_format(row->unit, row->max, hi);
        put(o, "# From %s to %s.\n", lo, hi);
    }
}

size_t config_format_commented(char *buf, size_t cap)
{
    struct out o = {buf, cap, 0};
    put(&o,
        "# SPDX-License-Identifier: Apache-2.0\n"
        "# ticktower.conf: every key with its default. Made by `ticktower config`; see ticktower.conf(5).\n"
        "# Quantities carry a unit. Unknown keys are errors. A key left out has the value shown here.\n");
    for (size_t i = 0; i < CONFIG_ROWS; i++) {
        const struct config_row *row = &CONFIG_TABLE[i];
        if (new_section(i)) {
            put(&o, "\n[%s]\n", row->section);
        }
        put(&o, "\n");
        put_comment(&o, row->help);
        put_range(&o, row);
        put(&o, "%s =%s%s\n", row->key, *row->value ? " " : "", row->value);
    }
    return finish(&o);
}

size_t config_format_man(char *buf, size_t cap)
{
    struct out o = {buf, cap, 0};
    for (size_t i = 0; i < CONFIG_ROWS; i++) {
        const struct config_row *row = &CONFIG_TABLE[i];
        if (new_section(i)) {
            put(&o, "%s.Ss [%s]\n.Bl -tag -width Ds\n", i ? ".El\n" : "", row->section);
        }
        put(&o, ".It Cm %s Pq default: %s\n%s\n", row->key, *row->value ? row->value : "none", row->help);
    }
    put(&o, ".El\n");
    return finish(&o);
}

uint64_t config_hash(const struct config *c)
{
    char text[16384];
    size_t n = config_format(c, text, sizeof text);
    CHECK(n > 0);
    return hash64(HASH64_START, text, n);
}
