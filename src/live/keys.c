// SPDX-License-Identifier: Apache-2.0
// keys: see keys.h. The text is parsed where it was read, in locked pages; a value is a pointer into them.
#include "live/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/text.h"
#include "live/keys_prompt.h"
#include "wire/secret.h"

enum { KEY_FILE_MAX = 4096 };

static const char *const NETWORKS[] = {"auto", "mainnet", "testnet"};

struct key_text { // pointers into the secret pages; NULL: not there
    char *venue, *network, *signer_key, *signer, *api_key, *secret, *expires, *withdraw;
};

static const struct {
    const char *name;
    size_t at;
} NAMES[] = {
    {"venue", offsetof(struct key_text, venue)},           {"network", offsetof(struct key_text, network)},
    {"signer_key", offsetof(struct key_text, signer_key)}, {"signer", offsetof(struct key_text, signer)},
    {"api_key", offsetof(struct key_text, api_key)},       {"secret", offsetof(struct key_text, secret)},
    {"expires", offsetof(struct key_text, expires)},       {"withdraw", offsetof(struct key_text, withdraw)},
};

static char **field_named(struct key_text *k, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(NAMES[i].name, name) == 0) {
            return (char **)(void *)((char *)k + NAMES[i].at);
        }
    }
    return NULL;
}

static char *trim(char *s)
{
    s += strspn(s, " \t");
    size_t n = strlen(s);
    while (n && strchr(" \t\r", s[n - 1])) {
        s[--n] = 0;
    }
    return s;
}

// Cuts the text into values. No message repeats a value: any line may be a key in the wrong place.
static bool parse_text(struct key_text *k, char *text, const char *from, struct error *e)
{
    int number = 1;
    for (char *line = text, *next; line; line = next, number++) {
        next = strchr(line, '\n');
        if (next) {
            *next++ = 0;
        }
        char *name = trim(line);
        char *equals = strchr(name, '=');
        if (*name == 0 || *name == '#') {
            continue;
        }
        if (!equals) {
            return error_set(e, EXIT_USAGE, "%s:%d: write name = value; see ticktower.conf(5)", from, number);
        }
        *equals = 0;
        char **to = field_named(k, trim(name));
        char *value = trim(equals + 1);
        if (!to || *to || *value == 0) {
            return error_set(e, EXIT_USAGE, "%s:%d: %s; see ticktower.conf(5), KEYS AND THEIR FILES", from,
                             number,
                             !to   ? "not a name of a key file"
                             : *to ? "this name stands here twice"
                                   : "no value");
        }
        *to = value;
    }
    return true;
}

// ------------------------------------------------------------------------------------------------------------
// what a key says of itself

// "2027-01-31" -> the end of that day.
static bool parse_day(const char *text, int64_t *end_s)
{
    struct tm tm = {0};
    const char *rest = strlen(text) == 10 ? strptime(text, "%Y-%m-%d", &tm) : NULL;
    if (!rest || *rest) {
        return false;
    }
    *end_s = (int64_t)timegm(&tm) + 86400;
    return true;
}

static bool check_limits(const struct key_text *k, int64_t wall_s, struct key_info *info, struct error *e)
{
    if (k->expires && !parse_day(k->expires, &info->expires_s)) {
        return error_set(e, EXIT_USAGE, "%s: expires: write a day like 2027-01-31", info->from);
    }
    if (info->expires_s && wall_s >= info->expires_s) {
        return error_set(e, EXIT_USAGE, "%s: the key has expired: make a new one at the venue", info->from);
    }
    if (k->withdraw && strcmp(k->withdraw, "no") != 0) {
        return error_set(e, EXIT_USAGE,
                         "%s: withdraw is not no: make a key without the right to withdraw at the venue",
                         info->from);
    }
    info->no_withdraw_stated = k->withdraw != NULL;
    return true;
}

// The file says where its key belongs, so that one of the test network never signs for money, or the reverse.
static bool check_place(const struct key_text *k, const struct endpoint *ep, const char *from,
                        struct error *e)
{
    const char *venue = config_venue_name((enum venue_id)ep->venue);
    if (!k->venue || !k->network) {
        return error_set(e, EXIT_USAGE, "%s: lacks venue = %s and network = %s: a key says where it belongs",
                         from, venue, NETWORKS[ep->network]);
    }
    // An API wallet of Aster may trade both of its markets.
    bool wallet = ep->auth == AUTH_EIP712 && ep->venue == VENUE_SPOT && strcmp(k->venue, "aster") == 0;
    if (strcmp(k->venue, venue) != 0 && !wallet) {
        return error_set(e, EXIT_USAGE, "%s: is not a key for %s: correct venue, or [venue.%s] key_file",
                         from, venue, venue);
    }
    if (strcmp(k->network, NETWORKS[ep->network]) != 0) {
        return error_set(e, EXIT_USAGE, "%s: is not a key for %s: name another file in [venue.%s] key_file",
                         from, NETWORKS[ep->network], venue);
    }
    return true;
}

// ------------------------------------------------------------------------------------------------------------
// the signer

static bool make_signer(struct endpoint *ep, const struct config_access *a, const struct key_text *k,
                        struct key_info *info, struct error *e)
{
    const char *venue = config_venue_name((enum venue_id)ep->venue);
    struct error why = {0};
    if (ep->auth == AUTH_HMAC) {
        if (!k->api_key || !k->secret) {
            return error_set(e, EXIT_USAGE, "%s: lacks api_key and secret (hmac)", info->from);
        }
        ep->signer = signer_new_hmac(k->api_key, k->secret, a->recv_window_ns / 1000000, &why);
    } else {
        if (!k->signer_key) {
            return error_set(e, EXIT_USAGE, "%s: lacks signer_key (eip712)", info->from);
        }
        if (!*a->user) {
            return error_set(
                e, EXIT_USAGE,
                "[venue.%s] user: write the main wallet's address there: a key that is the wallet's "
                "own must be told apart",
                venue);
        }
        ep->signer =
            signer_new_eip712(k->signer_key, a->user, k->signer, ep->chain_id, a->send_user != 0, &why);
    }
    if (!ep->signer) {
        return error_set(e, why.exit_code, "%s: %.300s", info->from, why.text);
    }
    info->locked = signer_is_locked(ep->signer);
    text_copy(info->address, sizeof info->address, ep->auth == AUTH_EIP712 ? signer_address(ep->signer) : "");
    return true;
}

static bool take_key(struct endpoint *ep, const struct config *c, char *text, int64_t wall_s,
                     struct key_info *info, struct error *e)
{
    struct key_text k = {0};
    if (info->source == KEY_PROMPT) {
        k.signer_key = ep->auth == AUTH_EIP712 ? text : NULL;
        k.api_key = ep->auth == AUTH_HMAC ? text : NULL;
        k.secret = ep->auth == AUTH_HMAC ? text + KEY_PROMPT_MAX : NULL;
    } else if (!parse_text(&k, text, info->from, e) || !check_place(&k, ep, info->from, e) ||
               !check_limits(&k, wall_s, info, e)) {
        return false;
    }
    return make_signer(ep, &c->access[ep->venue], &k, info, e);
}

// ------------------------------------------------------------------------------------------------------------
// sources

static bool read_whole(int fd, char *to, const char *from, struct error *e)
{
    size_t n = 0;
    for (;;) {
        ssize_t got = read(fd, to + n, KEY_FILE_MAX - n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 || n == KEY_FILE_MAX) {
            return error_set(e, EXIT_NO_INPUT, "%s: cannot be read, or larger than %d bytes", from,
                             KEY_FILE_MAX - 1);
        }
        if (got == 0) {
            break;
        }
        n += (size_t)got;
    }
    to[n] = 0;
    return !memchr(to, 0, n) || error_set(e, EXIT_USAGE, "%s: contains a zero byte: not a text file", from);
}

// The file that systemd keeps for us, if there is one; "" otherwise. The variable names a directory, not a
// secret.
static void credential_path(const struct endpoint *ep, char *to, size_t cap)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    int n = dir && dir[0] == '/'
                ? snprintf(to, cap, "%s/ticktower-%s-%s", dir, config_venue_name((enum venue_id)ep->venue),
                           NETWORKS[ep->network])
                : -1;
    if (n < 0 || n >= (int)cap || access(to, F_OK) != 0) {
        to[0] = 0;
    }
}

// systemd made it: root's or ours, read-only, in a directory that nobody else can enter.
static int open_credential(const char *path, struct error *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        error_set(e, EXIT_NO_INPUT, "%s: %m", path);
        return -1;
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) ||
        (st.st_mode & 027)) {
        error_set(e, EXIT_USAGE,
                  "%s: not as systemd leaves a credential (a file of root or of this user, not "
                  "for others): chmod 400 %s",
                  path, path);
        close(fd);
        return -1;
    }
    return fd;
}

static bool ask(const struct endpoint *ep, char *text, struct error *e)
{
    char label[128];
    const char *venue = config_venue_name((enum venue_id)ep->venue);
    const char *network = NETWORKS[ep->network];
    snprintf(label, sizeof label,
             "%s for %s, %s (not shown): ", ep->auth == AUTH_HMAC ? "API key" : "Key of the API wallet",
             venue, network);
    if (!keys_prompt(label, text, e)) {
        return false;
    }
    snprintf(label, sizeof label, "Secret for %s, %s (not shown): ", venue, network);
    return ep->auth != AUTH_HMAC || keys_prompt(label, text + KEY_PROMPT_MAX, e);
}

static bool read_source(struct endpoint *ep, const struct config *c, bool prompt, char *text,
                        struct key_info *info, struct error *e)
{
    const char *venue = config_venue_name((enum venue_id)ep->venue);
    const char *file = c->access[ep->venue].key_file;
    char what[48];
    snprintf(what, sizeof what, "[venue.%s] key_file", venue);
    text_copy(info->from, sizeof info->from, file);
    info->source = KEY_FILE;
    int fd = -1;
    if (*file) {
        fd = keys_open_private_file(what, file, true, e);
    } else {
        credential_path(ep, info->from, sizeof info->from);
        info->source = KEY_CREDENTIAL;
        fd = info->from[0] ? open_credential(info->from, e) : -1;
    }
    if (fd >= 0) {
        bool ok = read_whole(fd, text, info->from, e);
        return keys_hold(fd, &ep->key_fd)
                   ? ok
                   : error_set(e, EXIT_USAGE,
                               "%s: another process signs with this key: nonces are one "
                               "process's; end that one, or use a key of its own",
                               info->from);
    }
    if (info->from[0]) {
        return false;
    }
    if (!prompt || !keys_can_prompt()) {
        return error_set(
            e, EXIT_USAGE,
            "no key for %s on %s: write [venue.%s] key_file = /path (mode 0600), or give systemd the "
            "credential ticktower-%s-%s, or start on a terminal",
            venue, NETWORKS[ep->network], venue, venue, NETWORKS[ep->network]);
    }
    info->source = KEY_PROMPT;
    text_copy(info->from, sizeof info->from, "the terminal");
    return ask(ep, text, e);
}

bool keys_open(struct endpoint *ep, const struct config *c, int64_t wall_s, bool prompt,
               struct key_info *info, struct error *e)
{
    CHECK(ep->keys && !ep->signer);
    memset(info, 0, sizeof *info);
    char *text = secret_alloc(KEY_FILE_MAX + 1, NULL);
    if (!text) {
        return error_set(e, EXIT_OS, "no memory to read a key");
    }
    bool ok = read_source(ep, c, prompt, text, info, e) && take_key(ep, c, text, wall_s, info, e);
    secret_free(text, KEY_FILE_MAX + 1);
    if (!ok) {
        keys_let_go(&ep->key_fd);
    }
    return ok;
}

// ------------------------------------------------------------------------------------------------------------
// the process

extern char **environ;

bool keys_check_environment(struct error *e)
{
    static const char *const OWNERS[] = {"TICKTOWER", "ASTER", "BINANCE"};
    static const char *const WORDS[] = {"KEY", "SECRET"};
    for (char **v = environ; *v; v++) {
        size_t n = strcspn(*v, "=");
        for (size_t i = 0; i < COUNT_OF(OWNERS) * COUNT_OF(WORDS); i++) {
            const char *owner = OWNERS[i / COUNT_OF(WORDS)];
            const char *word = WORDS[i % COUNT_OF(WORDS)];
            if (strncmp(*v, owner, strlen(owner)) == 0 && memmem(*v, n, word, strlen(word))) {
                return error_set(
                    e, EXIT_USAGE,
                    "the environment holds %.*s: every process of this user can read it there; unset "
                    "it, put the key in a file (mode 0600) and name it in [venue.NAME] key_file",
                    (int)(n < 60 ? n : 60), *v);
            }
        }
    }
    return true;
}

void keys_harden_process(void)
{
    struct rlimit none = {0, 0};
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    setrlimit(RLIMIT_CORE, &none);
}
