// SPDX-License-Identifier: Apache-2.0
#include "live/ws_links.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/text.h"

enum { SEND_MAX = 2048, SEND_QUEUE = 8, RX_BYTES = 64 * 1024 };

struct ws {
    struct lws *wsi;
    struct ws_at at;
    bool open, closing;
    char *message; // WS_MESSAGE_MAX + WS_PADDING; NULL: never connected
    size_t len;
    bool too_long;
    int64_t first_ns, last_ns;
    unsigned queued;
    size_t out_len[SEND_QUEUE];
    unsigned char out[SEND_QUEUE][LWS_PRE + SEND_MAX];
};

struct ws_links {
    struct ws_links_config c;
    struct lws_context *lws;
    struct site {
        char host[128];
        struct lws_vhost *vhost; // NULL: not used
    } site[VENUE_COUNT];
    struct lws_vhost *vhost; // of the first used site, for descriptors
    struct ws ws[VENUE_COUNT][LINK_COUNT][WS_WHICH];
    struct order_socket {
        struct lws *wsi;
        int fd; // the caller's descriptor that wsi duplicates; -1 none
    } order[VENUE_COUNT][WS_ORDER_SOCKETS];
    int timer_fd;
    int64_t armed_ns;
    uint64_t bytes;
    bool shutting_down;
};

static struct ws *find(struct ws_links *w, struct ws_at at)
{
    CHECK(at.venue < VENUE_COUNT && at.link < LINK_COUNT && at.which < WS_WHICH);
    return &w->ws[at.venue][at.link][at.which];
}

static void reset(struct ws *l)
{
    l->wsi = NULL;
    l->open = false;
    l->closing = false;
    l->len = 0;
    l->too_long = false;
    l->queued = 0;
}

static void take_fragment(struct ws_links *w, struct ws *l, struct lws *wsi, const char *in, size_t len)
{
    int64_t now = clock_mono_ns();
    if (l->len == 0) {
        l->first_ns = now;
    }
    l->last_ns = now;
    w->bytes += len;
    if (l->len + len > WS_MESSAGE_MAX) {
        l->too_long = true;
    } else {
        memcpy(l->message + l->len, in, len);
        l->len += len;
    }
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) != 0) {
        return;
    }
    size_t n = l->len;
    bool bad = l->too_long;
    l->len = 0;
    l->too_long = false;
    if (bad) {
        ws_links_close(w, l->at);
        return;
    }
    memset(l->message + n, 0, WS_PADDING);
    w->c.on.text(w->c.on.ctx, l->at, l->message, n, l->first_ns);
}

static int send_one(struct ws *l, struct lws *wsi)
{
    if (l->queued == 0) {
        return 0;
    }
    size_t n = l->out_len[0];
    if (lws_write(wsi, l->out[0] + LWS_PRE, n, LWS_WRITE_TEXT) < (int)n) {
        return -1;
    }
    l->queued--;
    memmove(l->out[0], l->out[1], sizeof l->out[0] * l->queued);
    memmove(&l->out_len[0], &l->out_len[1], sizeof l->out_len[0] * l->queued);
    if (l->queued) {
        lws_callback_on_writable(wsi);
    }
    return 0;
}

static void gone(struct ws_links *w, struct ws *l, struct lws *wsi, const char *reason, size_t n)
{
    if (l->wsi != wsi) {
        return; // an older connection of this link
    }
    char text[64];
    text_sanitise(text, sizeof text, reason, n);
    reset(l);
    if (!w->shutting_down) {
        w->c.on.closed(w->c.on.ctx, l->at, text);
    }
}

static int on_ws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    struct ws_links *w = lws_context_user(lws_get_context(wsi));
    struct ws *l = lws_get_opaque_user_data(wsi); // NULL: not a link of ours
    if (!w || !l) {
        return 0;
    }
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        l->open = true;
        l->last_ns = clock_mono_ns();
        w->c.on.open(w->c.on.ctx, l->at);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        if (l->wsi != wsi || l->closing) {
            return -1;
        }
        take_fragment(w, l, wsi, in, len);
        return l->closing ? -1 : 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return l->closing ? -1 : send_one(l, wsi);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        gone(w, l, wsi, in ? in : "cannot connect", in ? len : 14);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        gone(w, l, wsi, l->closing ? "closed by us" : "closed by the venue", l->closing ? 12 : 19);
        return 0;
    default:
        return 0;
    }
}

static int on_wake(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    (void)in;
    (void)len;
    if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        struct ws_links *w = lws_context_user(lws_get_context(wsi));
        w->c.on.wake(w->c.on.ctx);
    }
    return 0;
}

static int on_timer(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    (void)in;
    (void)len;
    if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        struct ws_links *w = lws_context_user(lws_get_context(wsi));
        uint64_t n;
        ssize_t got = read(w->timer_fd, &n, sizeof n);
        (void)got;
        w->armed_ns = INT64_MAX;
        w->c.on.timer(w->c.on.ctx);
    }
    return 0;
}

static struct order_socket *find_order(struct ws_links *w, const struct lws *wsi, uint8_t *venue, int *which)
{
    for (uint8_t v = 0; v < VENUE_COUNT; v++) {
        for (int i = 0; i < WS_ORDER_SOCKETS; i++) {
            if (w->order[v][i].wsi == wsi) {
                *venue = v;
                *which = i;
                return &w->order[v][i];
            }
        }
    }
    return NULL;
}

static int on_order(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user;
    (void)in;
    (void)len;
    struct ws_links *w = lws_context_user(lws_get_context(wsi));
    uint8_t venue = 0;
    int which = 0;
    struct order_socket *o = w ? find_order(w, wsi, &venue, &which) : NULL;
    switch (reason) {
    case LWS_CALLBACK_RAW_RX_FILE:
    case LWS_CALLBACK_RAW_WRITEABLE_FILE:
        if (!o) {
            return -1; // replaced meanwhile
        }
        w->c.on.order_io(w->c.on.ctx, venue, which);
        return o->wsi == wsi ? 0 : -1;
    case LWS_CALLBACK_RAW_CLOSE_FILE:
        if (o) {
            // The socket hung up: let the order connection find that out by reading.
            *o = (struct order_socket){NULL, -1};
            if (!w->shutting_down) {
                w->c.on.order_io(w->c.on.ctx, venue, which);
            }
        }
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols PROTOCOLS[] = {
    {.name = "tt-ws", .callback = on_ws, .rx_buffer_size = RX_BYTES},
    {.name = "tt-wake", .callback = on_wake},
    {.name = "tt-timer", .callback = on_timer},
    {.name = "tt-order", .callback = on_order},
    {0},
};

// Half-open links show no error: a ping when nothing came for 5 s, and the link is dead when 11 s brought no
// sign of life (two pings missed; failure-modes.md N2).
static const lws_retry_bo_t PINGS = {.secs_since_valid_ping = 5, .secs_since_valid_hangup = 11};

static struct lws *adopt(struct ws_links *w, int fd, const char *protocol)
{
    int copy = dup(fd); // libwebsockets closes what it adopts
    if (copy < 0) {
        return NULL;
    }
    lws_sock_file_fd_type u = {.filefd = copy};
    struct lws *wsi = lws_adopt_descriptor_vhost(w->vhost, LWS_ADOPT_RAW_FILE_DESC, u, protocol, NULL);
    if (!wsi) {
        close(copy);
    }
    return wsi;
}

static void trust(struct lws_context_creation_info *info, const struct ws_site *site)
{
    if (site->ca_pem) {
        info->options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
        info->client_ssl_ca_mem = site->ca_pem;
        info->client_ssl_ca_mem_len = (unsigned)strlen(site->ca_pem);
    }
}

// One vhost per venue: each trusts its own certificate.
static bool make_context(struct ws_links *w)
{
    struct lws_context_creation_info info = {0};
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = PROTOCOLS;
    info.user = w;
    info.gid = -1;
    info.uid = -1;
    info.pt_serv_buf_size = 64 * 1024;
    info.http_proxy_address = ""; // else the library goes where http_proxy and socks_proxy say
#if defined(LWS_WITH_SOCKS5)
    info.socks_proxy_address = "";
#endif
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    lws_set_log_level(0, NULL);
    w->lws = lws_create_context(&info);
    for (int v = 0; w->lws && v < VENUE_COUNT; v++) {
        static const char *const NAME[VENUE_COUNT] = {"aster", "spot", "binance"};
        if (!w->c.site[v].host) {
            continue;
        }
        struct lws_context_creation_info own = info;
        own.vhost_name = NAME[v];
        trust(&own, &w->c.site[v]);
        text_copy(w->site[v].host, sizeof w->site[v].host, w->c.site[v].host);
        w->site[v].vhost = lws_create_vhost(w->lws, &own);
        if (!w->site[v].vhost) {
            return false;
        }
        w->vhost = w->vhost ? w->vhost : w->site[v].vhost;
    }
    return w->vhost != NULL;
}

static void name_sockets(struct ws_links *w)
{
    for (uint8_t v = 0; v < VENUE_COUNT; v++) {
        for (uint8_t l = 0; l < LINK_COUNT; l++) {
            for (uint8_t i = 0; i < WS_WHICH; i++) {
                w->ws[v][l][i].at = (struct ws_at){v, l, i};
            }
        }
        for (int i = 0; i < WS_ORDER_SOCKETS; i++) {
            w->order[v][i].fd = -1;
        }
    }
}

struct ws_links *ws_links_new(const struct ws_links_config *c, struct error *e)
{
    struct ws_links *w = calloc(1, sizeof *w);
    if (!w) {
        error_set(e, EXIT_OS, "out of memory for the WebSocket links");
        return NULL;
    }
    w->c = *c;
    name_sockets(w);
    w->armed_ns = INT64_MAX;
    w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    bool ok = w->timer_fd >= 0 && make_context(w) && adopt(w, c->wake_fd, "tt-wake") &&
              adopt(w, w->timer_fd, "tt-timer");
    if (!ok) {
        error_set(e, EXIT_OS,
                  "the network loop cannot start: out of memory or descriptors (raise `ulimit -n`)");
        ws_links_free(w);
        return NULL;
    }
    return w;
}

void ws_links_free(struct ws_links *w)
{
    if (!w) {
        return;
    }
    w->shutting_down = true;
    if (w->lws) {
        lws_context_destroy(w->lws);
    }
    if (w->timer_fd >= 0) {
        close(w->timer_fd);
    }
    for (int v = 0; v < VENUE_COUNT; v++) {
        for (int l = 0; l < LINK_COUNT; l++) {
            for (int i = 0; i < WS_WHICH; i++) {
                free(w->ws[v][l][i].message);
            }
        }
    }
    free(w);
}

bool ws_links_connect(struct ws_links *w, struct ws_at at, const char *path)
{
    struct ws *l = find(w, at);
    CHECK(w->site[at.venue].vhost);
    if (l->wsi) {
        ws_links_close(w, at);
    }
    l->message = l->message ? l->message : malloc(WS_MESSAGE_MAX + WS_PADDING);
    if (!l->message) {
        return false;
    }
    reset(l);
    struct lws_client_connect_info i = {0};
    i.context = w->lws;
    i.vhost = w->site[at.venue].vhost;
    i.address = i.host = i.origin = w->site[at.venue].host;
    i.port = w->c.site[at.venue].port;
    i.path = path;
    i.ssl_connection = w->c.site[at.venue].tls ? LCCSCF_USE_SSL : 0;
    i.alpn = "http/1.1";
    i.local_protocol_name = "tt-ws";
    i.ietf_version_or_minus_one = -1;
    i.opaque_user_data = l;
    i.retry_and_idle_policy = &PINGS;
    i.pwsi = &l->wsi;
    return lws_client_connect_via_info(&i) != NULL;
}

void ws_links_close(struct ws_links *w, struct ws_at at)
{
    struct ws *l = find(w, at);
    if (l->wsi && !l->closing) {
        l->closing = true;
        lws_set_timeout(l->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
    }
}

bool ws_links_send(struct ws_links *w, struct ws_at at, const char *text, size_t n)
{
    struct ws *l = find(w, at);
    if (!l->open || l->closing || l->queued == SEND_QUEUE || n > SEND_MAX) {
        return false;
    }
    memcpy(l->out[l->queued] + LWS_PRE, text, n);
    l->out_len[l->queued++] = n;
    lws_callback_on_writable(l->wsi);
    return true;
}

void ws_links_watch_order(struct ws_links *w, uint8_t venue, int which, int fd, bool want_write)
{
    CHECK(venue < VENUE_COUNT && which >= 0 && which < WS_ORDER_SOCKETS);
    struct order_socket *o = &w->order[venue][which];
    if (fd != o->fd) {
        if (o->wsi) {
            lws_set_timeout(o->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
        }
        o->wsi = fd >= 0 ? adopt(w, fd, "tt-order") : NULL;
        o->fd = o->wsi ? fd : -1;
    }
    if (want_write && o->wsi) {
        lws_callback_on_writable(o->wsi);
    }
}

void ws_links_arm(struct ws_links *w, int64_t deadline_ns)
{
    if (deadline_ns >= w->armed_ns || deadline_ns == INT64_MAX) {
        return;
    }
    if (deadline_ns < 1) {
        deadline_ns = 1;
    }
    struct itimerspec t = {.it_value = {.tv_sec = deadline_ns / NS_PER_S, .tv_nsec = deadline_ns % NS_PER_S}};
    if (timerfd_settime(w->timer_fd, TFD_TIMER_ABSTIME, &t, NULL) == 0) {
        w->armed_ns = deadline_ns;
    }
}

bool ws_links_service(struct ws_links *w, bool spin)
{
    return lws_service(w->lws, spin ? -1 : 0) >= 0;
}

uint64_t ws_links_bytes(const struct ws_links *w)
{
    return w->bytes;
}

int64_t ws_links_last_ns(const struct ws_links *w, uint8_t venue, enum link_id link)
{
    CHECK(venue < VENUE_COUNT && (unsigned)link < LINK_COUNT);
    const struct ws *l = w->ws[venue][link];
    return l[0].last_ns > l[1].last_ns ? l[0].last_ns : l[1].last_ns;
}
