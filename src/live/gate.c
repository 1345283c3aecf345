// SPDX-License-Identifier: Apache-2.0
#include "live/gate.h"

#include <string.h>
#include <unistd.h>

#include "config/value.h"
#include "live/keys.h"
#include "live/keys_prompt.h"

static const char GROUP[] = "gate";

// Limits that a person must have written down: a default is nobody's decision. What it means in money is said
// beside it (failure-modes.md C2).
static const struct written {
    const char *section, *key;
    enum limit_id limit; // LIMIT_COUNT: the capital
    bool of_capital;     // a share
} WRITTEN[] = {
    {"account", "capital", LIMIT_COUNT, false},
    {"risk", "day_loss", LIMIT_DAY_LOSS, true},
    {"risk", "drawdown", LIMIT_DRAWDOWN, true},
    {"risk", "order_value", LIMIT_ORDER_VALUE, false},
    {"risk", "position_value", LIMIT_POSITION_VALUE, false},
    {"risk", "gross_value", LIMIT_GROSS_VALUE, false},
};

static void check_limit(struct checks *out, const struct config *c, const struct written *w, const char *path)
{
    char value[48];
    char money[64] = "";
    int64_t v = w->limit == LIMIT_COUNT ? c->capital_e8 : c->limit[w->limit];
    value_format(w->of_capital ? CU_FRACTION : CU_MONEY, v, value);
    if (!config_is_written(c, w->section, w->key)) {
        checks_add(out, CHECK_RED, GROUP, w->key,
                   "[%s] %s does not stand in %.120s: write it there, in your own figure (the default, %s, "
                   "is nobody's "
                   "decision)",
                   w->section, w->key, path, value);
        return;
    }
    if (w->of_capital) {
        snprintf(money, sizeof money, ", that is %.2f USDT of the capital",
                 (double)c->capital_e8 / 1e8 * ((double)v / 1e8));
    }
    checks_add(out, CHECK_GREEN, GROUP, w->key, "%s%s", value, money);
}

static void check_alias(struct checks *out, const struct config *c)
{
    struct config standard;
    config_default(&standard);
    if (!config_is_written(c, "account", "alias") || strcmp(c->alias, standard.alias) == 0) {
        checks_add(out, CHECK_RED, GROUP, "alias",
                   "[account] alias is not set: give the account a name of your own, you will type it");
    } else {
        checks_add(out, CHECK_GREEN, GROUP, "alias", "%s", c->alias);
    }
}

static void check_guard(struct checks *out, const struct config *c)
{
    if (c->live.accept_no_guard) {
        checks_add(
            out, CHECK_YELLOW, GROUP, "guard",
            "none, accepted by [live] accept_no_guard: when this process dies, orders rest until the venue's "
            "countdown of %lld s ends, and the position stays open",
            (long long)(c->venue.deadman_ns / 1000000000));
    } else {
        checks_add(
            out, CHECK_RED, GROUP, "guard",
            "no second process with a key of its own watches over this one (this version has none): only "
            "[live] accept_no_guard = yes accepts that");
    }
}

void gate_config(struct checks *out, const struct config *c, const char *path)
{
    struct error e = {0};
    if (!path) {
        checks_add(out, CHECK_RED, GROUP, "config",
                   "--config FILE is missing: live does not run on defaults");
        path = "a configuration file";
    } else {
        int fd = keys_open_private_file("configuration", path, false, &e);
        checks_add(out, fd >= 0 ? CHECK_GREEN : CHECK_RED, GROUP, "config", "%s", fd >= 0 ? path : e.text);
        if (fd >= 0) {
            close(fd);
        }
    }
    for (size_t i = 0; i < sizeof WRITTEN / sizeof *WRITTEN; i++) {
        check_limit(out, c, &WRITTEN[i], path);
    }
    check_alias(out, c);
    check_guard(out, c);
}

void gate_environment(struct checks *out)
{
    struct error e = {0};
    if (!keys_check_environment(&e)) {
        checks_add(out, CHECK_RED, GROUP, "environment", "%s", e.text);
    }
}

bool gate_typed_word(const char *alias, const char *what, struct error *e)
{
    char label[512];
    char word[KEY_PROMPT_MAX];
    if (!keys_can_prompt()) {
        return error_set(
            e, EXIT_REFUSED,
            "live starts by a word typed at a terminal, also with --headless: there is none here");
    }
    snprintf(label, sizeof label, "REAL MONEY: %s\nType the account's name to start: ", what);
    if (!keys_prompt_word(label, word, e)) {
        if (e) {
            e->exit_code = EXIT_REFUSED;
        }
        return false;
    }
    return strcmp(word, alias) == 0 ||
           error_set(e, EXIT_REFUSED,
                     "that is not the account's name ([account] alias): nothing was started");
}

bool gate_tell(const struct checks *c, const char *command, FILE *to)
{
    uint32_t red = c->by_level[CHECK_RED];
    for (uint32_t i = 0; i < c->count; i++) {
        if (c->row[i].level == CHECK_RED) {
            fprintf(to, "ticktower %s: refused: %s %s: %s\n", command, c->row[i].group, c->row[i].name,
                    c->row[i].text);
        }
    }
    if (red) {
        fprintf(to,
                "ticktower %s: nothing was started: %u thing%s to put right; `ticktower doctor` shows all\n",
                command, red, red == 1 ? "" : "s");
    }
    return red == 0;
}
