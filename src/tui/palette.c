// SPDX-License-Identifier: Apache-2.0
// palette: the verbs behind `:`. One table: name, usage, what it does, function; completion and the one-line
// description before Enter read the same table.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "tui/keys.h"
#include "tui/limits.h"
#include "tui/ui.h"

enum { WORDS_MAX = 4 };

struct words {
    int n;
    char word[WORDS_MAX][UI_FIELD_MAX];
};

typedef bool (*verb_run)(struct ui *ui, const struct words *in, const struct ui_world *w);

struct palette_verb {
    const char *name, *usage, *effect;
    verb_run run;
};

static const struct palette_verb *find_verb(const char *name);

static bool refuse(struct ui *ui, const struct ui_world *w, const char *verb, const char *why)
{
    const struct palette_verb *v = find_verb(verb);
    ui_say(ui, w, ROLE_TEXT, ":%s: %s; usage: %s", verb, why, v->usage);
    return false;
}

// Instrument whose name starts with the word (lower case); -1 none, -2 more than one. Where a word fits on
// several venues, the one that we trade on is meant.
static int find_symbol(const struct ui_world *w, const char *word)
{
    const struct snapshot *s = w->s;
    int found = -1, traded = -1;
    for (uint32_t i = 0; i < s->instrument_count; i++) {
        const struct instrument *d = &s->ins[i].def;
        char name[INSTRUMENT_NAME_MAX];
        instrument_name(d, name);
        if (strcasecmp(name, word) == 0) {
            return (int)i;
        }
        if (strncasecmp(name, word, strlen(word)) == 0) {
            bool ours = d->venue < VENUE_COUNT && s->venue[d->venue].traded;
            found = found == -1 ? (int)i : -2;
            traded = !ours ? traded : traded == -1 ? (int)i : -2;
        }
    }
    return found == -2 && traded >= 0 ? traded : found;
}

static bool verb_sym(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    int at = in->n == 2 ? find_symbol(w, in->word[1]) : -1;
    if (at < 0) {
        return refuse(ui, w, "sym", at == -2 ? "more than one symbol starts so" : "no such symbol");
    }
    ui->focus = at;
    ui->scroll = 0;
    return true;
}

static bool verb_view(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    if (in->n != 2 || in->word[1][1] || in->word[1][0] < '0' || in->word[1][0] > '9') {
        return refuse(ui, w, "view", "one digit");
    }
    act_view(ui, w, in->word[1][0]);
    return true;
}

static bool release(struct ui *ui, const char *alias, const struct ui_world *w)
{
    struct ui_command c = ui_command(w, VERB_RELEASE, INSTRUMENT_NONE);
    text_copy(c.op.word, sizeof c.op.word, alias);
    text_copy(c.text, sizeof c.text, "release the kill");
    return ui_send(ui, w, &c);
}

static bool verb_release(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    return in->n == 2 ? release(ui, in->word[1], w) : refuse(ui, w, "release", "type the account's alias");
}

static bool pause_resume(struct ui *ui, const struct words *in, const struct ui_world *w, bool resume)
{
    int at = in->n == 1 ? ui->focus : in->n == 2 ? find_symbol(w, in->word[1]) : -1;
    if (in->n == 2 && strcmp(in->word[1], "all") == 0) {
        at = INSTRUMENT_NONE;
    }
    if (at < 0) {
        return refuse(ui, w, in->word[0], "no such symbol");
    }
    trade_pause(ui, w, at, resume);
    return true;
}

static bool verb_pause(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    return pause_resume(ui, in, w, false);
}

// After a kill, resume is its release and wants the typed alias; before, it resumes the maker.
static bool verb_resume(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    bool killed = w->s->kill.latched || w->s->trading_state == TS_KILLED || w->s->shell.fence;
    if (!killed) {
        return pause_resume(ui, in, w, true);
    }
    return in->n == 2 ? release(ui, in->word[1], w)
                      : refuse(ui, w, "resume", "after a kill, type the account's alias");
}

static int step_of(const char *word)
{
    return strcmp(word, "+") == 0 || strcmp(word, "+1") == 0   ? 1
           : strcmp(word, "-") == 0 || strcmp(word, "-1") == 0 ? -1
                                                               : 0;
}

static bool verb_size(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    int step = in->n == 2 ? step_of(in->word[1]) : 0;
    if (!step) {
        return refuse(ui, w, "size", "+ or -");
    }
    trade_size(ui, w, step);
    return true;
}

static bool verb_spread(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    int step = in->n == 2 ? step_of(in->word[1]) : 0;
    if (!step) {
        return refuse(ui, w, "spread", "+1 or -1");
    }
    trade_spread(ui, w, step);
    return true;
}

static void ask_word(struct ui *ui, const struct ui_command *c)
{
    ui->pending = *c;
    ui->overlay = OVERLAY_WORD;
    ui->message_ns = 0;
    ui->field[0] = 0;
    ui->field_len = 0;
}

static bool verb_limit(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    enum limit_id id = in->n == 3 ? limit_find(in->word[1]) : LIMIT_COUNT;
    int64_t value;
    if (id == LIMIT_COUNT || !limit_parse(id, in->word[2], &value)) {
        return refuse(ui, w, "limit", in->n == 3 ? "no such limit or not a value" : "a name and a value");
    }
    struct ui_command c = ui_command(w, VERB_LIMIT, INSTRUMENT_NONE);
    c.op.sub = (uint8_t)id;
    c.op.value = value;
    snprintf(c.text, sizeof c.text, "limit %s %.20s", in->word[1][0] ? limit_label(id)->word : "",
             in->word[2]);
    if (value > w->s->limit[id].limit) {
        ask_word(ui, &c); // raising takes the typed word
        return true;
    }
    return ui_send(ui, w, &c);
}

static bool verb_reconcile(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    (void)in;
    struct ui_command c = ui_command(w, VERB_RECONCILE, INSTRUMENT_NONE);
    text_copy(c.text, sizeof c.text, "reconcile");
    return ui_send(ui, w, &c);
}

static bool verb_export(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    (void)in;
    act_export(ui, w, 'e');
    return true;
}

static bool verb_abort(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    (void)in;
    struct ui_command c = ui_command(w, VERB_ABORT_FLATTEN, INSTRUMENT_NONE);
    text_copy(c.text, sizeof c.text, "abort flatten");
    ask_word(ui, &c);
    return true;
}

static bool verb_ack(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    (void)in;
    act_ack(ui, w, 'a');
    return true;
}

static bool verb_fps(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    int fps = in->n == 2 ? atoi(in->word[1]) : 0;
    if (fps < 1 || fps > 20) {
        return refuse(ui, w, "fps", "1 to 20");
    }
    ui->want_fps = fps;
    return true;
}

static bool verb_palette(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    bool mono = in->n == 2 && strcmp(in->word[1], "mono") == 0;
    bool colour = in->n == 2 && strcmp(in->word[1], "default") == 0;
    if (!mono && !colour) {
        return refuse(ui, w, "palette", "mono or default");
    }
    ui->want_mono = mono;
    ui->want_colour = colour;
    return true;
}

static bool replaying(struct ui *ui, const struct ui_world *w, const char *verb)
{
    if (!ui->ports.transport) {
        ui_say(ui, w, ROLE_TEXT, ":%s drives a replay; this is not one", verb);
    }
    return ui->ports.transport != NULL;
}

// "14:52" or "14:52:31" on the day that is on the clock.
static bool parse_time_of_day(const char *text, int64_t *ns)
{
    int h = 0;
    int m = 0;
    int s = 0;
    char end;
    int got = sscanf(text, "%2d:%2d:%2d%c", &h, &m, &s, &end);
    if ((got != 2 && got != 3) || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59) {
        return false;
    }
    *ns = ((int64_t)h * 3600 + (int64_t)m * 60 + s) * NS_PER_S;
    return true;
}

static bool verb_seek(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    int64_t of_day;
    if (!replaying(ui, w, "seek")) {
        return false;
    }
    if (in->n != 2 || !parse_time_of_day(in->word[1], &of_day)) {
        return refuse(ui, w, "seek", "a time of day, 14:52 or 14:52:31");
    }
    const int64_t day_ns = 86400 * NS_PER_S;
    ui->ports.transport(ui->ports.ctx, 'g', w->s->wall_ns / day_ns * day_ns + of_day);
    return true;
}

static bool verb_speed(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    int64_t x100;
    if (!replaying(ui, w, "speed")) {
        return false;
    }
    if (in->n != 2 || !decimal_parse(in->word[1], strlen(in->word[1]), 2, &x100) || x100 <= 0 ||
        x100 > 100000) {
        return refuse(ui, w, "speed", "a factor, 0.1 to 1000");
    }
    ui->ports.transport(ui->ports.ctx, 's', x100);
    return true;
}

static bool verb_quit(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    (void)in;
    act_overlay(ui, w, 'q');
    return true;
}

static bool verb_log(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    (void)in;
    (void)w;
    ui->overlay = OVERLAY_LOG;
    return true;
}

static bool verb_help(struct ui *ui, const struct words *in, const struct ui_world *w)
{
    (void)in;
    act_overlay(ui, w, '?');
    return true;
}

static const struct palette_verb VERBS[] = {
    {"abort-flatten", ":abort-flatten", "stop closing positions (asks for a word); orders stay cancelled",
     verb_abort},
    {"ack", ":ack", "acknowledge the newest alarm", verb_ack},
    {"export", ":export", "write the session so far to one file", verb_export},
    {"fps", ":fps 5", "frames a second, 1 to 20", verb_fps},
    {"help", ":help", "the keys", verb_help},
    {"limit", ":limit gross 40",
     "set a limit: order position gross open-orders rate collar day-loss drawdown", verb_limit},
    {"log", ":log", "what was done: the operator log", verb_log},
    {"palette", ":palette mono", "colours: default or mono", verb_palette},
    {"pause", ":pause [eth|all]", "pause the maker: its quotes are pulled", verb_pause},
    {"quit", ":quit", "leave; asks what becomes of orders and positions", verb_quit},
    {"reconcile", ":reconcile", "read orders and positions from the venue and compare", verb_reconcile},
    {"release", ":release alias", "after a kill: trade again; the account's alias is the word", verb_release},
    {"resume", ":resume [eth|all|alias]", "resume the maker; after a kill, type the account's alias",
     verb_resume},
    {"seek", ":seek 14:52", "replay: go to a time of day", verb_seek},
    {"size", ":size +", "order size of the maker in focus, one step + or -", verb_size},
    {"speed", ":speed 10", "replay: times real time", verb_speed},
    {"spread", ":spread +1", "half spread of the maker in focus, one tick +1 or -1", verb_spread},
    {"sym", ":sym eth", "put a symbol in focus", verb_sym},
    {"view", ":view 5", "1 deck, 5 orders and fills, 8 latency", verb_view},
};

static const struct palette_verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++) {
        if (strcmp(VERBS[i].name, name) == 0) {
            return &VERBS[i];
        }
    }
    return NULL;
}

static void split(struct words *out, const char *line)
{
    memset(out, 0, sizeof *out);
    while (out->n < WORDS_MAX) {
        line += strspn(line, " ");
        size_t len = strcspn(line, " ");
        if (len == 0) {
            return;
        }
        size_t kept = len < UI_FIELD_MAX - 1 ? len : UI_FIELD_MAX - 1;
        memcpy(out->word[out->n++], line, kept);
        line += len;
    }
}

bool ui_palette_run(struct ui *ui, const char *line, const struct ui_world *w)
{
    struct words in;
    split(&in, line);
    if (in.n == 0) {
        return false;
    }
    const struct palette_verb *v = find_verb(in.word[0]);
    if (!v) {
        ui_say(ui, w, ROLE_TEXT, ":%.20s: no such command; Tab completes, :help lists the keys", in.word[0]);
        return false;
    }
    return v->run(ui, &in, w);
}

bool ui_palette_complete(char *line, size_t cap)
{
    if (strchr(line, ' ')) {
        return false;
    }
    size_t typed = strlen(line);
    const char *match = NULL;
    size_t common = 0;
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++) {
        const char *name = VERBS[i].name;
        if (strncmp(name, line, typed) != 0) {
            continue;
        }
        size_t same = 0;
        while (match && name[same] && name[same] == match[same]) {
            same++;
        }
        common = match ? (same < common ? same : common) : strlen(name);
        match = match ? match : name;
    }
    if (!match || common + 2 > cap) {
        return false;
    }
    bool whole = match[common] == 0;
    memcpy(line, match, common);
    line[common] = whole ? ' ' : 0;
    line[common + whole] = 0;
    return common + whole > typed;
}

const char *ui_palette_describe(const char *line, char *list, size_t cap)
{
    struct words in;
    split(&in, line);
    const struct palette_verb *v = in.n ? find_verb(in.word[0]) : NULL;
    if (v) {
        return v->effect;
    }
    size_t typed = in.n ? strlen(in.word[0]) : 0;
    size_t n = 0;
    list[0] = 0;
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++) {
        if (typed == 0 || strncmp(VERBS[i].name, in.word[0], typed) == 0) {
            int wrote = snprintf(list + n, cap - n, "%s%s", n ? " " : "", VERBS[i].name);
            n = wrote > 0 && n + (size_t)wrote < cap ? n + (size_t)wrote : cap - 1;
        }
    }
    return list[0] ? list : "no such command";
}
