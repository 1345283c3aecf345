// SPDX-License-Identifier: Apache-2.0
// decoder: see decoder.h. One state, one byte, at most two keys. Every state that swallows bytes ends by
// itself, by time or by count, because a state that does not end would swallow the kill key.
//
// It does not decide whether an F is a stray one (guard.h) and knows nothing of commands.
#include "tui/decoder.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"

static const int64_t ESC_NS = 25 * NS_PER_MS;      // a lone ESC is a key after this
static const int64_t PREFIX_NS = 1000 * NS_PER_MS; // an unfinished prefix explains an F for so long
static const int64_t STRING_NS = 50 * NS_PER_MS;   // terminals send their answers in one piece
static const int64_t MOUSE_NS = 100 * NS_PER_MS;
static const int64_t PASTE_NS = 500 * NS_PER_MS; // silence that ends a paste whose end mark was lost
static const int64_t BURST_NS = 20 * NS_PER_MS;
static const int64_t BY_HAND_NS = 20 * NS_PER_MS; // keys of a person are further apart
enum { STRING_MAX = 4096, BY_HAND_KILLS = 3 };

enum state {
    GROUND,
    ESCAPE,
    ESCAPE_LATE,
    CSI,
    CSI_BRACKET,
    SS3,
    MOUSE,
    STRING_INTRO,
    STRING,
    STRING_END,
    PASTE
};

struct sink {
    struct key *out;
    size_t n;
    int64_t now_ns;
};

static void emit(struct sink *s, int code, int value)
{
    s->out[s->n++] = (struct key){.code = code, .value = value, .mono_ns = s->now_ns};
}

void decoder_init(struct decoder *d)
{
    memset(d, 0, sizeof *d);
    for (size_t i = 0; i < DECODER_BURST; i++) {
        d->recent_ns[i] = INT64_MIN / 2;
    }
}

static void open_sequence(struct decoder *d, enum state state)
{
    d->state = (int)state;
    d->params_len = 0;
}

// A byte outside any sequence.
static void on_ground(struct decoder *d, struct sink *s, uint8_t b)
{
    d->state = GROUND;
    if (b >= 0x80) {
        if (b >= 0xc2 && b <= 0xf4) {
            d->utf8_left = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
            emit(s, TK_UNKNOWN, 0);
        } else if (d->utf8_left > 0) {
            d->utf8_left--;
        } else if (b == 0x9b || b == 0x8f) { // eight-bit CSI and SS3
            open_sequence(d, b == 0x9b ? CSI : SS3);
        }
        return;
    }
    d->utf8_left = 0;
    switch (b) {
    case 0x1b:
        d->state = ESCAPE;
        break;
    case '\r':
    case '\n':
        emit(s, TK_ENTER, 0);
        break;
    case '\t':
        emit(s, TK_TAB, 0);
        break;
    case 0x7f:
    case 0x08:
        emit(s, TK_BACKSPACE, 0);
        break;
    default:
        if (b < 0x20) {
            emit(s, TK_CTRL, b);
        } else {
            emit(s, b, 0);
        }
    }
}

// Up to three decimal parameters; missing ones are 0. Sub-parameters after ':' go to sub[].
static void parse_params(const struct decoder *d, int num[3], int sub[3])
{
    memset(num, 0, 3 * sizeof *num);
    memset(sub, 0, 3 * sizeof *sub);
    int at = 0;
    int *to = &num[0];
    for (size_t i = 0; i < d->params_len && at < 3; i++) {
        char c = d->params[i];
        if (c >= '0' && c <= '9') {
            *to = *to < 100000 ? *to * 10 + (c - '0') : *to;
        } else if (c == ':') {
            to = &sub[at];
        } else if (c == ';' && ++at < 3) {
            to = &num[at];
        }
    }
}

// xterm's modifyOtherKeys and the kitty protocol, when an earlier program left them on, spell a capital F as
// a number.
static bool spells_kill(int code, int modifiers, int event)
{
    int bits = modifiers > 0 ? modifiers - 1 : 0;
    bool shifted = (bits & (1 | 64)) != 0; // shift, caps lock
    bool other = (bits & (2 | 4 | 8 | 16 | 32)) != 0;
    return event != 3 && !other && (code == 'F' || (code == 'f' && shifted));
}

static int tilde_key(int number)
{
    switch (number) {
    case 1:
    case 7:
        return TK_HOME;
    case 2:
        return TK_INSERT;
    case 3:
        return TK_DELETE;
    case 4:
    case 8:
        return TK_END;
    case 5:
        return TK_PAGE_UP;
    case 6:
        return TK_PAGE_DOWN;
    default:
        return number >= 11 && number <= 34 ? TK_FUNCTION : TK_UNKNOWN;
    }
}

static int letter_key(uint8_t final)
{
    switch (final) {
    case 'A':
        return TK_UP;
    case 'B':
        return TK_DOWN;
    case 'C':
        return TK_RIGHT;
    case 'D':
        return TK_LEFT;
    case 'F':
        return TK_END;
    case 'H':
        return TK_HOME;
    case 'Z':
        return TK_BACKTAB;
    case 'M':
        return TK_ENTER; // keypad Enter, SS3 only
    default:
        return final >= 'P' && final <= 'S' ? TK_FUNCTION : TK_UNKNOWN;
    }
}

static void finish_csi(struct decoder *d, struct sink *s, uint8_t final)
{
    int num[3];
    int sub[3];
    d->state = GROUND;
    parse_params(d, num, sub);
    if (final == 'M' && d->params_len == 0) {
        d->state = MOUSE; // X10 report: three raw bytes follow, and one may be 'F'
        d->skip = 3;
    } else if (final == '~' && num[0] == 200) {
        d->state = PASTE;
        d->paste_bytes = 0;
        d->paste_match = 0;
        d->paste_kills = 0;
    } else if ((final == 'u' && spells_kill(num[0], num[1], sub[1])) ||
               (final == '~' && num[0] == 27 && spells_kill(num[2], num[1], 0))) {
        emit(s, 'F', 0);
    } else if (final == '~' || final == '$' || final == '^' ||
               final == '@') { // the last three: rxvt, with modifiers
        emit(s, tilde_key(num[0]), num[0]);
    } else {
        emit(s, final == 'M' ? TK_UNKNOWN : letter_key(final), 0);
    }
}

static void add_param(struct decoder *d, uint8_t b)
{
    if (d->params_len < DECODER_PARAMS_MAX) {
        d->params[d->params_len++] = (char)b;
    }
}

static void on_csi(struct decoder *d, struct sink *s, uint8_t b)
{
    bool query = d->params_len > 0 && d->params[0] == '?';
    if (b >= 0x30 && b <= 0x3f) {
        add_param(d, b);
    } else if (b == '[' && d->params_len == 0) {
        d->state = CSI_BRACKET;                                    // F1..F5 of the Linux console: ESC [ [ A
    } else if ((b >= 0x40 && b <= 0x7e) || (b == '$' && !query)) { // '$' ends rxvt's keys with Shift
        finish_csi(d, s, b);
    } else if (b < 0x20 || b == ' ' || b >= 0x7f) {
        on_ground(d, s, b); // not part of a sequence that a keyboard sends: a key of its own
    }
}

static void on_ss3(struct decoder *d, struct sink *s, uint8_t b)
{
    if ((b >= '0' && b <= '9') || b == ';') {
        add_param(d, b);
    } else if (b > 0x20 && b < 0x7f) {
        d->state = GROUND;
        emit(s, letter_key(b), 0);
    } else {
        on_ground(d, s, b);
    }
}

static void on_escape(struct decoder *d, struct sink *s, uint8_t b)
{
    bool late = d->state == ESCAPE_LATE; // the Esc key came out already
    if (b == '[' || b == 'O') {
        open_sequence(d, b == '[' ? CSI : SS3);
    } else if (!late && (b == ']' || b == 'P')) {
        d->state = STRING_INTRO;
        d->intro = (char)b;
    } else {
        if (!late) {
            emit(s, TK_ESC, 0);
        }
        on_ground(d, s, b);
    }
}

// ESC ] or ESC P came in one piece. A terminal's answer goes on with a digit or one of >$+!| ; a person's
// keys do not.
static void on_string_intro(struct decoder *d, struct sink *s, uint8_t b)
{
    bool digit = b >= '0' && b <= '9';
    if (digit || (d->intro == 'P' && strchr(">$+!|", b) && b)) {
        d->state = STRING;
        d->string_bytes = 0;
        return;
    }
    emit(s, TK_ESC, 0);
    emit(s, d->intro, 0);
    on_ground(d, s, b);
}

static void on_string(struct decoder *d, uint8_t b)
{
    if (b == 0x07 || (d->state == STRING_END && b == '\\') || ++d->string_bytes > STRING_MAX) {
        d->state = GROUND;
    } else {
        d->state = b == 0x1b ? STRING_END : STRING;
    }
}

// Inside a paste everything is counted until ESC [ 201 ~. If the end mark was lost, silence ends it
// (decoder_tick), or three F that only a hand can have typed.
static void on_paste(struct decoder *d, struct sink *s, uint8_t b)
{
    static const char end[] = "\x1b[201~";
    d->paste_bytes++;
    if (b == (uint8_t)end[d->paste_match]) {
        if (end[++d->paste_match] == 0) {
            d->state = GROUND;
            emit(s, TK_PASTE, (int)(d->paste_bytes - 6));
            return;
        }
    } else {
        d->paste_match = b == 0x1b;
    }
    if (b != 'F') {
        d->paste_kills = 0;
        return;
    }
    bool by_hand = d->paste_kills == 0 || s->now_ns - d->paste_kill_ns >= BY_HAND_NS;
    d->paste_kills = by_hand ? d->paste_kills + 1 : 1;
    d->paste_kill_ns = s->now_ns;
    if (d->paste_kills >= BY_HAND_KILLS) {
        d->state = GROUND;
        emit(s, 'F', 0);
    }
}

static void on_byte(struct decoder *d, struct sink *s, uint8_t b)
{
    bool restart = b == 0x1b && d->state != PASTE && d->state != STRING && d->state != ESCAPE;
    if (restart) {
        d->state = ESCAPE;
        return;
    }
    switch ((enum state)d->state) {
    case GROUND:
        on_ground(d, s, b);
        break;
    case ESCAPE:
    case ESCAPE_LATE:
        on_escape(d, s, b);
        break;
    case CSI:
        on_csi(d, s, b);
        break;
    case CSI_BRACKET:
        d->state = GROUND;
        emit(s, TK_FUNCTION, 0);
        break;
    case SS3:
        on_ss3(d, s, b);
        break;
    case MOUSE:
        d->state = --d->skip > 0 ? MOUSE : GROUND;
        break;
    case STRING_INTRO:
        on_string_intro(d, s, b);
        break;
    case STRING:
    case STRING_END:
        on_string(d, b);
        break;
    case PASTE:
        on_paste(d, s, b);
        break;
    }
}

static int64_t state_ns(const struct decoder *d)
{
    switch ((enum state)d->state) {
    case ESCAPE:
    case STRING_INTRO:
        return ESC_NS;
    case ESCAPE_LATE:
    case CSI:
    case CSI_BRACKET:
    case SS3:
        return PREFIX_NS;
    case MOUSE:
        return MOUSE_NS;
    case STRING:
    case STRING_END:
        return STRING_NS;
    case PASTE:
        return PASTE_NS;
    case GROUND:
        break;
    }
    return INT64_MAX;
}

int64_t decoder_deadline(const struct decoder *d)
{
    int64_t after = state_ns(d);
    return after == INT64_MAX ? INT64_MAX : d->last_ns + after;
}

static void expire(struct decoder *d, struct sink *s)
{
    if (d->state == ESCAPE && s->now_ns - d->last_ns > ESC_NS) {
        emit(s, TK_ESC, 0);
        d->state = ESCAPE_LATE;
    } else if (d->state == STRING_INTRO && s->now_ns - d->last_ns > ESC_NS) {
        emit(s, TK_ESC, 0);
        emit(s, d->intro, 0);
        d->state = GROUND;
    }
    if (d->state != GROUND && s->now_ns - d->last_ns > state_ns(d)) {
        if (d->state == PASTE) {
            emit(s, TK_PASTE, (int)d->paste_bytes);
        }
        d->state = GROUND;
    }
}

size_t decoder_tick(struct decoder *d, int64_t now_ns, struct key *out)
{
    struct sink s = {out, 0, now_ns};
    expire(d, &s);
    return s.n;
}

static bool is_word(int code)
{
    return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= '0' && code <= '9');
}

// One run of F (hammered while the link stood still) that touches no other letter or digit.
static bool isolated_kill(const struct decoder *d, const struct key *k, size_t n)
{
    size_t first = n;
    size_t last = 0;
    for (size_t i = 0; i < n; i++) {
        if (k[i].code == 'F') {
            first = first == n ? i : first;
            last = i;
        }
    }
    if (first == n) {
        return false;
    }
    for (size_t i = first; i <= last; i++) {
        if (k[i].code != 'F') {
            return false;
        }
    }
    bool before = first > 0 ? is_word(k[first - 1].code) : is_word(d->recent_code) && d->recent_code != 'F';
    bool after = last + 1 < n && is_word(k[last + 1].code);
    return !before && !after;
}

// How many of the keys remembered from earlier chunks lie within the burst window.
static size_t recent_keys(const struct decoder *d, int64_t now_ns)
{
    size_t count = 0;
    for (size_t i = 0; i < DECODER_BURST; i++) {
        count += now_ns - d->recent_ns[i] < BURST_NS;
    }
    return count;
}

// Replace the keys of a burst by one TK_BURST, and by the kill if it stands alone.
static size_t drop_burst(const struct decoder *d, struct key *k, size_t n, int64_t now_ns)
{
    bool kill = isolated_kill(d, k, n);
    struct sink s = {k, 0, now_ns};
    emit(&s, TK_BURST, (int)(kill ? n - 1 : n));
    if (kill) {
        emit(&s, 'F', 0);
    }
    return s.n;
}

static void remember(struct decoder *d, int code, size_t n, int64_t now_ns)
{
    for (size_t i = 0; i < n && i < DECODER_BURST; i++) {
        d->recent_ns[d->recent++ % DECODER_BURST] = now_ns;
    }
    if (n) {
        d->recent_code = code;
    }
}

size_t decoder_feed(struct decoder *d, const uint8_t *bytes, size_t n, int64_t now_ns, struct key *out)
{
    struct sink s = {out, 0, now_ns};
    expire(d, &s);
    size_t early = s.n;
    for (size_t i = 0; i < n; i++) {
        on_byte(d, &s, bytes[i]);
    }
    if (n) {
        d->last_ns = now_ns;
    }
    struct key *fresh = out + early;
    size_t count = s.n - early;
    size_t within = recent_keys(d, now_ns);
    int last = count ? fresh[count - 1].code : 0;
    if (within == 0) {
        d->recent_code = 0;
    }
    size_t kept = count + within > DECODER_BURST && count > 0 ? drop_burst(d, fresh, count, now_ns) : count;
    remember(d, last, count, now_ns);
    return early + kept;
}
