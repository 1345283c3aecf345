// SPDX-License-Identifier: Apache-2.0
// json: see json.h. The arena is a bump pointer: free() inside it does nothing, the whole is forgotten at
// json_close. A tree that fits is not even walked to be freed.
#include "wire/json.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/decimal.h"
#include "base/text.h"
#include "wire/decode.h"

enum { ARENA_BYTES = 4 * 1024 * 1024 };

struct arena {
    char *base; // NULL until the thread's first message
    size_t used;
    bool open;
    uint64_t outside; // blocks of the open message that came from malloc
    uint64_t spills;
};

static _Thread_local struct arena arena;
static pthread_key_t arena_key; // frees the arena of a thread that ends
static bool key_made;           // written by wire_json_init, before threads

static void *arena_malloc(size_t n)
{
    if (!arena.open) {
        return malloc(n);
    }
    size_t need = (n + 15) & ~(size_t)15;
    if (arena.base && need >= n && ARENA_BYTES - arena.used >= need) {
        void *p = arena.base + arena.used;
        arena.used += need;
        return p;
    }
    arena.outside++;
    return malloc(n);
}

static void arena_free(void *p)
{
    if (arena.base && (char *)p >= arena.base && (char *)p < arena.base + ARENA_BYTES) {
        return;
    }
    free(p);
}

void wire_json_init(void)
{
    json_object_seed(0); // takes entropy and memory now, not at the first message
    json_set_alloc_funcs(arena_malloc, arena_free);
    if (!key_made) {
        CHECK(pthread_key_create(&arena_key, free) == 0);
        key_made = true;
    }
}

// A program that never called wire_json_init, or a system without memory, decodes with plain malloc.
static void arena_make(void)
{
    if (key_made && !arena.base) {
        arena.base = malloc(ARENA_BYTES);
        if (arena.base && pthread_setspecific(arena_key, arena.base) != 0) {
            free(arena.base);
            arena.base = NULL;
        }
    }
}

json_t *json_open(const char *text, size_t n)
{
    CHECK(!arena.open);
    arena_make();
    arena.used = 0;
    arena.outside = 0;
    arena.open = true;
    // No JSON has a zero byte, and jansson passes over one that follows a number.
    return n > 0 && memchr(text, 0, n) ? NULL : json_loadb(text, n, 0, NULL);
}

void json_close(json_t *root)
{
    CHECK(arena.open);
    if (arena.outside || !arena.base) {
        json_decref(root);
        arena.spills += arena.base != NULL;
    }
    arena.open = false;
}

uint64_t json_spills(void)
{
    return arena.spills;
}

// --------------------------------------------------------------------------------------------------------
// fields

static const json_t *field(struct json_reader *r, const char *key, enum need need)
{
    const json_t *v = json_object_get(r->object, key);
    if (!v || json_is_null(v)) {
        r->bad |= need == REQUIRED;
        return NULL;
    }
    return v;
}

void json_read_text(struct json_reader *r, const char *key, char *to, size_t cap, enum need need)
{
    const json_t *v = field(r, key, need);
    if (!v) {
        return;
    }
    if (json_is_integer(v)) {
        char digits[32];
        size_t n = decimal_format(digits, json_integer_value(v), 0, 0);
        r->bad |= n >= cap;
        text_copy(to, cap, digits);
    } else if (json_is_string(v) && json_string_length(v) < cap && json_string_length(v) <= TEXT_MAX) {
        text_sanitise(to, cap, json_string_value(v), json_string_length(v));
    } else {
        r->bad = true;
    }
}

void json_read_note(struct json_reader *r, const char *key, char *to, size_t cap)
{
    const json_t *v = field(r, key, OPTIONAL);
    if (json_is_string(v)) {
        text_sanitise(to, cap, json_string_value(v), json_string_length(v));
    }
}

bool json_i64(const json_t *value, int64_t *v)
{
    if (json_is_integer(value)) {
        *v = json_integer_value(value);
        return true;
    }
    if (json_is_string(value)) {
        return decimal_parse(json_string_value(value), json_string_length(value), 0, v);
    }
    double d = json_real_value(value);
    if (!json_is_real(value) || fabs(d) > 9007199254740992.0 || d != (double)(int64_t)d) {
        return false;
    }
    *v = (int64_t)d;
    return true;
}

void json_read_i64(struct json_reader *r, const char *key, int64_t *v, enum need need)
{
    const json_t *f = field(r, key, need);
    int64_t value = 0;
    if (f && json_i64(f, &value)) {
        *v = value;
    } else {
        r->bad |= f != NULL;
    }
}

void json_read_i32(struct json_reader *r, const char *key, int32_t *v, enum need need)
{
    int64_t value = *v;
    json_read_i64(r, key, &value, need);
    if (value < INT32_MIN || value > INT32_MAX) {
        r->bad = true;
    } else {
        *v = (int32_t)value;
    }
}

void json_read_u64(struct json_reader *r, const char *key, uint64_t *v, enum need need)
{
    int64_t value = -1;
    bool there = field(r, key, need) != NULL;
    json_read_i64(r, key, &value, need);
    if (there && value >= 0) {
        *v = (uint64_t)value;
    } else {
        r->bad |= there; // negative or unreadable
    }
}

// Text like 1.5, 0E-8 or 1e3 (a Java number prints so) to 1e-8.
static bool text_e8(const char *s, size_t n, int64_t *v, bool cut)
{
    int64_t exponent = 0;
    size_t mantissa = 0;
    while (mantissa < n && (s[mantissa] | 0x20) != 'e') {
        mantissa++;
    }
    if (mantissa < n && (!decimal_parse(s + mantissa + 1, n - mantissa - 1, 0, &exponent) || exponent < -18 ||
                         exponent > 18)) {
        return false;
    }
    int scale = 8 + (int)exponent;
    if (scale < 0 || scale > 18) { // only zero is the same at every scale
        int64_t zero;
        bool ok = decimal_parse(s, mantissa, 0, &zero) && zero == 0;
        *v = ok ? 0 : *v;
        return ok;
    }
    const char *point = memchr(s, '.', mantissa);
    size_t places = point ? mantissa - (size_t)(point - s) - 1 : 0;
    if (cut && places > (size_t)scale) {
        for (size_t i = mantissa - (places - (size_t)scale); i < mantissa; i++) {
            if (s[i] < '0' || s[i] > '9') {
                return false;
            }
        }
        mantissa -= places - (size_t)scale;
    }
    return decimal_parse(s, mantissa, scale, v);
}

bool json_e8(const json_t *value, int64_t *v, bool cut)
{
    if (json_is_string(value)) {
        return text_e8(json_string_value(value), json_string_length(value), v, cut);
    }
    if (json_is_integer(value)) {
        return !__builtin_mul_overflow((int64_t)json_integer_value(value), E8, v);
    }
    double d = json_real_value(value) * 1e8; // 0.05 as a bare number: the nearest 1e-8 is what was meant
    if (!json_is_real(value) || fabs(d) > 9007199254740992.0) {
        return false;
    }
    *v = (int64_t)llround(d);
    return true;
}

static void read_e8(struct json_reader *r, const char *key, int64_t *v, enum need need, bool cut)
{
    const json_t *f = field(r, key, need);
    int64_t value = 0;
    if (f && json_e8(f, &value, cut)) {
        *v = value;
    } else {
        r->bad |= f != NULL;
    }
}

void json_read_e8(struct json_reader *r, const char *key, int64_t *v, enum need need)
{
    read_e8(r, key, v, need, false);
}

void json_read_e8_cut(struct json_reader *r, const char *key, int64_t *v, enum need need)
{
    read_e8(r, key, v, need, true);
}

void json_read_bound(struct json_reader *r, const char *key, int64_t *v)
{
    const json_t *f = field(r, key, OPTIONAL);
    if (!f) {
        return;
    }
    int64_t value = 0;
    const char *s = json_string_value(f);
    size_t n = s ? json_string_length(f) : 0;
    size_t whole = s ? strspn(s, "0123456789") : 0;
    bool plain = whole > 0 &&
                 (whole == n || (s[whole] == '.' && strspn(s + whole + 1, "0123456789") == n - whole - 1));
    if (json_e8(f, &value, true)) {
        r->bad |= value < 0;
        *v = value;
    } else if (json_is_real(f) && json_real_value(f) > 0 && json_real_value(f) < 9e10) {
        *v = (int64_t)(json_real_value(f) * 1e8); // a bare real of this size is not exact to begin with
    } else if (plain || (json_is_number(f) && json_number_value(f) > 0)) {
        *v = INT64_MAX; // a number, and too large
    } else {
        r->bad = true;
    }
}

void json_read_bool(struct json_reader *r, const char *key, uint8_t *v, enum need need)
{
    const json_t *f = field(r, key, need);
    if (json_is_boolean(f)) {
        *v = json_is_true(f);
    } else if (json_is_string(f) && strcasecmp(json_string_value(f), "true") == 0) {
        *v = 1;
    } else if (json_is_string(f) && strcasecmp(json_string_value(f), "false") == 0) {
        *v = 0;
    } else {
        r->bad |= f != NULL;
    }
}
