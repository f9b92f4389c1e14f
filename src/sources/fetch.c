/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base/text.h"

/* Header lines count apart from the body, and no service needs so many. */
#define HEADERS_MAX_BYTES 16384U
#define FETCH_VIA_MAX 48

struct fetcher {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;
    size_t open_handles;
};

struct watched {
    uv_poll_t poll;
    struct fetcher *fetcher;
    curl_socket_t fd;
};

struct fetch {
    struct fetcher *fetcher;
    CURL *easy;
    struct curl_slist *connect_to, *headers;
    fetch_done *done;
    void *context;
    size_t header_bytes;
    bool too_long;
    char error[CURL_ERROR_SIZE];
    char via[FETCH_VIA_MAX];
    size_t length;
    char body[FETCH_BODY_MAX];
};

static void finish_done(struct fetcher *fetcher);

static void release(struct fetcher *fetcher)
{
    if (--fetcher->open_handles == 0)
        free(fetcher);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_socket_closed(uv_handle_t *handle)
{
    struct watched *watched = handle->data;
    struct fetcher *fetcher = watched->fetcher;
    free(watched);
    release(fetcher);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct watched *watched = poll->data;
    struct fetcher *fetcher = watched->fetcher;
    int running, flags = status < 0 ? CURL_CSELECT_ERR : 0;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(fetcher->multi, watched->fd, flags, &running);
    finish_done(fetcher);
}

static void on_timer(uv_timer_t *timer)
{
    struct fetcher *fetcher = timer->data;
    int running;
    curl_multi_socket_action(fetcher->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    finish_done(fetcher);
}

/* libcurl says before it closes a descriptor that it has no more use for it. */
static void forget_socket(struct fetcher *fetcher, curl_socket_t fd, struct watched *watched)
{
    if (!watched)
        return;
    curl_multi_assign(fetcher->multi, fd, NULL);
    uv_poll_stop(&watched->poll);
    uv_close((uv_handle_t *)&watched->poll, on_socket_closed);
}

static struct watched *watch_socket(struct fetcher *fetcher, curl_socket_t fd)
{
    struct watched *watched = calloc(1, sizeof *watched);
    if (!watched || uv_poll_init_socket(fetcher->loop, &watched->poll, fd) != 0) {
        /* Nothing is heard of it, and the fetch times out. */
        free(watched);
        return NULL;
    }
    watched->poll.data = watched;
    watched->fetcher = fetcher;
    watched->fd = fd;
    fetcher->open_handles++;
    curl_multi_assign(fetcher->multi, fd, watched);
    return watched;
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *assigned)
{
    (void)easy;
    struct fetcher *fetcher = context;
    struct watched *watched = assigned;
    if (what == CURL_POLL_REMOVE) {
        forget_socket(fetcher, fd, watched);
        return 0;
    }
    if (!watched)
        watched = watch_socket(fetcher, fd);
    if (watched)
        uv_poll_start(&watched->poll,
            (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
            on_socket);
    return 0;
}

static int on_curl_timer(CURLM *multi, long ms, void *context)
{
    (void)multi;
    struct fetcher *fetcher = context;
    if (ms < 0)
        uv_timer_stop(&fetcher->timer);
    else
        uv_timer_start(&fetcher->timer, on_timer, (uint64_t)ms, 0);
    return 0;
}

int fetch_open(struct fetcher **out, uv_loop_t *loop)
{
    *out = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return -ENOMEM;
    struct fetcher *fetcher = calloc(1, sizeof *fetcher);
    CURLM *multi = curl_multi_init();
    if (!fetcher || !multi) {
        free(fetcher);
        curl_multi_cleanup(multi);
        curl_global_cleanup();
        return -ENOMEM;
    }
    fetcher->loop = loop;
    fetcher->multi = multi;
    uv_timer_init(loop, &fetcher->timer);
    fetcher->timer.data = fetcher;
    fetcher->open_handles = 1;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, fetcher);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, fetcher);
    *out = fetcher;
    return 0;
}

void fetch_close(struct fetcher *fetcher)
{
    if (!fetcher)
        return;
    curl_multi_cleanup(fetcher->multi);
    uv_timer_stop(&fetcher->timer);
    uv_close((uv_handle_t *)&fetcher->timer, on_timer_closed);
    curl_global_cleanup();
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    size_t length = size * count;
    if (length > sizeof fetch->body - fetch->length) {
        fetch->too_long = true;
        return 0; /* ends the transfer */
    }
    memcpy(fetch->body + fetch->length, data, length);
    fetch->length += length;
    return length;
}

/* "Via: 1.1 a, 1.1 gate.example (squid)" -> "gate.example". */
static void keep_via(struct fetch *fetch, const char *line, size_t length)
{
    static const char name[] = "via:";
    size_t at = sizeof name - 1, end = length;
    if (length < at || strncasecmp(line, name, at) != 0)
        return;
    for (size_t i = at; i < length; i++)
        if (line[i] == ',')
            at = i + 1;
    while (at < length && strchr(" \t", line[at]) && line[at] != '\0')
        at++;
    while (at < length && line[at] != ' ') /* the protocol */
        at++;
    while (at < length && line[at] == ' ')
        at++;
    for (size_t i = at; i < end; i++)
        if (line[i] == '\0' || strchr(" \t\r\n(", line[i]))
            end = i;
    if (end > at)
        text_escape(line + at, end - at, fetch->via, sizeof fetch->via);
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct fetch *fetch = context;
    size_t length = size * count;
    if (length > HEADERS_MAX_BYTES - fetch->header_bytes) {
        fetch->too_long = true;
        return 0;
    }
    fetch->header_bytes += length;
    keep_via(fetch, data, length);
    return length;
}

static void set_manners(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTPS);
#endif
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* none, whatever the environment says */
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE, (long)FETCH_BODY_MAX);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, FETCH_TOTAL_MS);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, FETCH_CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "leaktop/" LEAKTOP_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* Nothing is carried over from one time to the next: neither a connection over the network
     * before, nor a session by which the service would know us again. */
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
#if LIBCURL_VERSION_NUM >= 0x075700
    /* libcurl looks names up in a thread, and would wait for it at the end of a transfer that timed
     * out: up to half a minute in which the loop stands still. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

static bool set_up(
    struct fetch *fetch, const char *host, const char *path, enum address_family family)
{
    CURL *easy = fetch->easy;
    char text[640];
    set_manners(easy);
    text_format(text, sizeof text, "https://%s%s", host, path);
    curl_easy_setopt(easy, CURLOPT_URL, text);
    /* The final dot makes the name absolute: no search domain of resolv.conf(5) is appended. In
     * the URL it would reach the service and the check of its certificate. */
    text_format(text, sizeof text, "%s:443:%s.:443", host, host);
    fetch->connect_to = curl_slist_append(NULL, text);
    if (!fetch->connect_to)
        return false;
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, fetch->connect_to);
    curl_easy_setopt(easy, CURLOPT_IPRESOLVE,
        family == FAMILY_IPV6 ? (long)CURL_IPRESOLVE_V6 : (long)CURL_IPRESOLVE_V4);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
    return true;
}

static bool want_json(struct fetch *fetch)
{
    fetch->headers = curl_slist_append(NULL, "Accept: application/json");
    return fetch->headers &&
           curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, fetch->headers) == CURLE_OK;
}

static struct fetch *fetch_new(struct fetcher *fetcher, fetch_done *done, void *context)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch)
        return NULL;
    fetch->fetcher = fetcher;
    fetch->done = done;
    fetch->context = context;
    fetch->easy = curl_easy_init();
    return fetch;
}

/* The name goes to the proxy as it stands in the URL. */
static bool set_up_socks(struct fetch *fetch, const struct address *socks, uint16_t port)
{
    CURL *easy = fetch->easy;
    char text[ADDRESS_TEXT + 40], address[ADDRESS_TEXT];
    uint8_t random[8];
    bool six = socks->family == FAMILY_IPV6;
    if (getrandom(random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        return false;
    text_format(text, sizeof text, "socks5h://%s%s%s:%u", six ? "[" : "",
        address_format(socks, address), six ? "]" : "", (unsigned)port);
    curl_easy_setopt(easy, CURLOPT_PROXY, text);
    for (size_t i = 0; i < sizeof random; i++)
        text_format(text + 2 * i, sizeof text - 2 * i, "%02x", random[i]);
    curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, text);
    curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, text);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, NULL);
    curl_easy_setopt(easy, CURLOPT_IPRESOLVE, (long)CURL_IPRESOLVE_WHATEVER);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, FETCH_SOCKS_MS);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, FETCH_SOCKS_MS);
    return true;
}

static struct fetch *begin(struct fetcher *fetcher, const char *host, const char *path,
    enum address_family family, bool json, fetch_done *done, void *context)
{
    struct fetch *fetch = fetch_new(fetcher, done, context);
    if (!fetch)
        return NULL;
    if (fetch->easy && set_up(fetch, host, path, family) && (!json || want_json(fetch)) &&
        curl_multi_add_handle(fetcher->multi, fetch->easy) == CURLM_OK)
        return fetch;
    fetch_cancel(fetch);
    return NULL;
}

struct fetch *fetch_begin(struct fetcher *fetcher, const char *host, const char *path,
    enum address_family family, fetch_done *done, void *context)
{
    return begin(fetcher, host, path, family, false, done, context);
}

struct fetch *fetch_begin_json(struct fetcher *fetcher, const char *host, const char *path,
    enum address_family family, fetch_done *done, void *context)
{
    return begin(fetcher, host, path, family, true, done, context);
}

struct fetch *fetch_begin_socks(struct fetcher *fetcher, const char *host, const char *path,
    const struct address *socks, uint16_t port, fetch_done *done, void *context)
{
    struct fetch *fetch = fetch_new(fetcher, done, context);
    if (!fetch)
        return NULL;
    if (fetch->easy && set_up(fetch, host, path, FAMILY_IPV4) && set_up_socks(fetch, socks, port) &&
        curl_multi_add_handle(fetcher->multi, fetch->easy) == CURLM_OK)
        return fetch;
    fetch_cancel(fetch);
    return NULL;
}

void fetch_cancel(struct fetch *fetch)
{
    if (!fetch)
        return;
    if (fetch->easy) {
        /* One that was never added is refused, and that is all. */
        curl_multi_remove_handle(fetch->fetcher->multi, fetch->easy);
        curl_easy_cleanup(fetch->easy);
    }
    curl_slist_free_all(fetch->connect_to);
    curl_slist_free_all(fetch->headers);
    free(fetch);
}

static const struct {
    CURLcode code;
    const char *why;
} failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "its name could not be looked up"},
    {CURLE_COULDNT_CONNECT, "no connection"},
    {CURLE_PROXY, "the proxy could not reach it"},
    {CURLE_OPERATION_TIMEDOUT, "timed out"},
    {CURLE_GOT_NOTHING, "closed without an answer"},
    {CURLE_PARTIAL_FILE, "the answer was cut short"},
    {CURLE_SSL_CONNECT_ERROR, "TLS: the handshake failed"},
    {CURLE_RECV_ERROR, "the connection broke"},
    {CURLE_SEND_ERROR, "the connection broke"},
    {CURLE_UNSUPPORTED_PROTOCOL, "what answers speaks no HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, "what answers speaks no HTTP"},
};

/* The libraries for TLS have words of their own for it, and no numbers in common. */
static const char *certificate_reason(const char *error)
{
    if (strstr(error, "expired"))
        return "TLS: the certificate has expired";
    if (strstr(error, "subject name") || strstr(error, "does not match"))
        return "TLS: the certificate is for another name";
    return "TLS: the certificate is not trusted";
}

static const char *failure_reason(CURLcode code, const char *error)
{
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return certificate_reason(error);
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (failures[i].code == code)
            return failures[i].why;
    return curl_easy_strerror(code);
}

/* Why there is no body to look at; NULL where there is one. */
static const char *reason(struct fetch *fetch, CURLcode code, char *text, size_t size)
{
    long status = 0;
    if (fetch->too_long || code == CURLE_FILESIZE_EXCEEDED)
        return "the answer is too long";
    if (code != CURLE_OK)
        return failure_reason(code, fetch->error);
    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200)
        return NULL;
    text_format(text, size, "status %ld%s", status,
        status >= 300 && status < 400 ? ", a redirect that is not followed" : "");
    return text;
}

static void finish_done(struct fetcher *fetcher)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(fetcher->multi, &left))) {
        struct fetch *fetch = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        char text[64], *local = NULL, *remote = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&fetch);
        curl_easy_getinfo(message->easy_handle, CURLINFO_LOCAL_IP, &local);
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIMARY_IP, &remote);
        struct fetch_result result = {.why = reason(fetch, message->data.result, text, sizeof text),
            .local = local,
            .remote = remote,
            .via = fetch->via};
        if (!result.why) {
            result.body = fetch->body;
            result.length = fetch->length;
        }
        fetch->done(fetch->context, &result);
        fetch_cancel(fetch);
    }
}
