/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if_arp.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "decode/packet.h"
#include "guard/frames.h"
#include "guard/ring.h"
#include "sources/capture_filter.h"

/* A browser's hello with a key for post-quantum agreement is some 2100 octets, which offloading
 * shows as one packet, the server's name anywhere in it. What was joined to more is cut. With
 * immediate mode a packet takes a slot of this and some hundred octets of headers in the kernel's
 * ring, whatever its length: one to a page. */
#define SNAPLEN 3900
#define SLOT 4096
/* Thousands of packets: some milliseconds of the fastest flood, and as much as the memory of three
 * processes allows. */
#define BUFFER_BYTES (6 << 20)
#define BUFFER_PACKETS (BUFFER_BYTES / SLOT)
#define BATCH_PACKETS 1024
/* Above this rate batches are a pause apart, so that wake-ups stay few. Below it every packet is
 * seen at once: the socket that asked must still be there when its owner is looked for. */
#define BUSY_PACKETS_PER_S 2000
#define RATE_WINDOW_NS (10 * MS)
#define PAUSE_MS 2
#define STATISTICS_NS (100 * MS)
/* A piece of a hello is waited for some seconds: asked once in so many ms whether they are over. */
#define WAITING_MS 500
#define FILE_BUFFER (256 << 10)

#define MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

struct capture {
    pcap_t *pcap;
    struct packet_decoder *decoder;
    bool live;
    int link_type;
    unsigned tick_ns; /* of a time stamp's second part */
    struct ring_status status;
    uint64_t dropped; /* by the kernel */
    uint32_t drops_seen;
    struct ring *ring;     /* while it runs */
    struct frames *frames; /* likewise; NULL: no packet is kept */
    struct {
        const uint8_t *octets; /* of the packet that is decoded */
        uint32_t captured, original;
        uint64_t time_ns;
        uint32_t number; /* it was put into frames */
    } packet;
    int lifeline;
    bool cut_off; /* the lifeline has ended */
    /* file */
    int fd;
    uint64_t octets;
    int read_error;
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Packets that may turn out to be leaks: questions, the hellos that may begin encrypted ones, STUN.
 * Of DNSCrypt the answer is all that can be told. Main knows which of them left where. */
static bool may_prove_leak(const struct fact *fact)
{
    bool answer = fact->kind == FACT_ANSWER && fact->transport == TRANSPORT_DNSCRYPT;
    if (fact->direction == DIRECTION_IN || fact->link_type == ARPHRD_LOOPBACK)
        return answer && fact->link_type != ARPHRD_LOOPBACK;
    return answer || fact->kind == FACT_QUESTION || fact->kind == FACT_HELLO ||
           fact->kind == FACT_STUN;
}

/* False where nobody will make room any more. */
static bool wait_for_main(struct capture *capture)
{
    while (!frames_room(capture->frames)) {
        struct pollfd end = {.fd = capture->lifeline, .events = POLLIN};
        ring_flush(capture->ring);
        if (poll(&end, 1, PAUSE_MS) > 0 && end.revents != 0)
            return false;
    }
    return true;
}

/* What had waited and was given up is told while another packet is decoded: that one is no proof of
 * it. */
static uint32_t keep_frame(struct capture *capture, const struct fact *fact)
{
    if (!capture->packet.octets || fact->time_ns != capture->packet.time_ns ||
        !may_prove_leak(fact))
        return 0;
    if (capture->packet.number == 0 && (capture->live || wait_for_main(capture)))
        capture->packet.number = frames_put(capture->frames, fact->time_ns, capture->link_type,
            capture->packet.octets, capture->packet.captured, capture->packet.original);
    return capture->packet.number;
}

static void on_fact(void *context, const struct fact *fact)
{
    struct capture *capture = context;
    if (capture->frames)
        ring_frame(capture->ring, keep_frame(capture, fact));
    if (!ring_put(capture->ring, fact, !capture->live, capture->lifeline) && !capture->live) {
        capture->cut_off = true;
        pcap_breakloop(capture->pcap);
    }
}

static void on_packet(u_char *context, const struct pcap_pkthdr *header, const u_char *octets)
{
    struct capture *capture = (struct capture *)(void *)context;
    uint64_t time_ns =
        (uint64_t)header->ts.tv_sec * NS_PER_S + (uint64_t)header->ts.tv_usec * capture->tick_ns;
    if (capture->status.first_packet_ns == 0)
        capture->status.first_packet_ns = time_ns;
    capture->status.last_packet_ns = time_ns;
    uint32_t original = header->len > header->caplen ? header->len : header->caplen;
    capture->packet.octets = octets;
    capture->packet.captured = header->caplen;
    capture->packet.original = original;
    capture->packet.time_ns = time_ns;
    capture->packet.number = 0;
    packet_decode(
        capture->decoder, capture->link_type, octets, header->caplen, original, time_ns, 0);
    capture->packet.octets = NULL;
}

static void report(struct capture *capture, enum capture_state state)
{
    const struct packet_counts *counts = packet_counts(capture->decoder);
    capture->status.state = state;
    capture->status.packets = counts->packets;
    capture->status.questions = counts->questions;
    capture->status.malformed = counts->malformed;
    capture->status.dropped = capture->dropped;
    capture->status.link_type = capture->link_type;
    ring_flush(capture->ring);
    ring_report(capture->ring, &capture->status);
}

/* ---- opening ---- */

struct capture *capture_new(void)
{
    struct capture *capture = calloc(1, sizeof(*capture));
    if (!capture)
        return NULL;
    capture->fd = capture->lifeline = -1;
    uint64_t seed;
    if (getrandom(&seed, sizeof(seed), 0) == sizeof(seed))
        capture->decoder = packet_decoder_new(seed, on_fact, capture);
    if (!capture->decoder) {
        free(capture);
        return NULL;
    }
    return capture;
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    if (capture->pcap)
        pcap_close(capture->pcap);
    packet_decoder_free(capture->decoder);
    free(capture);
}

int capture_socket(const struct capture *capture)
{
    return capture->live ? pcap_fileno(capture->pcap) : -1;
}

static int set_filter(pcap_t *pcap)
{
    struct bpf_program program;
    return capture_filter(&program) ? pcap_setfilter(pcap, &program) : -1;
}

int capture_open_live(struct capture *capture, char *error, size_t error_size)
{
    char reason[PCAP_ERRBUF_SIZE] = "";
    capture->live = true;
    pcap_t *pcap = capture->pcap = pcap_create("any", reason);
    if (!pcap)
        goto failed;
    pcap_set_snaplen(pcap, SNAPLEN);
    pcap_set_buffer_size(pcap, BUFFER_BYTES);
    pcap_set_immediate_mode(pcap, 1);
    pcap_set_promisc(pcap, 0);
    capture->tick_ns = pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO) == 0 ? 1 : 1000;
    int result = pcap_activate(pcap);
    if (result < 0) {
        const char *detail = pcap_geterr(pcap);
        text_format(reason, sizeof(reason), "%s", *detail ? detail : pcap_statustostr(result));
        goto failed;
    }
    /* The older cooked header does not tell the interface. */
    if (pcap_set_datalink(pcap, DLT_LINUX_SLL2) < 0 || set_filter(pcap) < 0 ||
        pcap_setnonblock(pcap, 1, reason) < 0) {
        text_format(reason, sizeof(reason), "%s", pcap_geterr(pcap));
        goto failed;
    }
    capture->link_type = DLT_LINUX_SLL2;
    return 0;
failed:
    text_format(error, error_size, "cannot open the capture: %s", reason);
    return -1;
}

/* What libpcap reads by, so that a full buffer is the moment at which the consumer hears of what
 * was found, and the lifeline is heard while a pipe is silent. */
static ssize_t read_file(void *cookie, char *buffer, size_t size)
{
    struct capture *capture = cookie;
    if (capture->ring)
        report(capture, CAPTURE_RUNNING);
    for (;;) {
        struct pollfd ends[2] = {
            {.fd = capture->fd, .events = POLLIN}, {.fd = capture->lifeline, .events = POLLIN}};
        if (poll(ends, 2, -1) > 0 && ends[1].revents != 0) {
            capture->cut_off = true;
            return 0;
        }
        ssize_t length = read(capture->fd, buffer, size);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            capture->read_error = errno;
        else
            capture->octets += (uint64_t)length;
        return length;
    }
}

/* For ftello alone, which takes off what is still in the buffer. */
static int seek_file(void *cookie, off64_t *offset, int whence)
{
    const struct capture *capture = cookie;
    if (*offset != 0 || whence != SEEK_CUR)
        return -1;
    *offset = (off64_t)capture->octets;
    return 0;
}

int capture_open_file(struct capture *capture, int fd, int lifeline, char *error, size_t error_size)
{
    char reason[PCAP_ERRBUF_SIZE] = "";
    FILE *stream =
        fopencookie(capture, "r", (cookie_io_functions_t){.read = read_file, .seek = seek_file});
    if (!stream) {
        text_format(error, error_size, "out of memory");
        return -1;
    }
    setvbuf(stream, NULL, _IOFBF, FILE_BUFFER);
    capture->fd = fd;
    capture->lifeline = lifeline;
    capture->tick_ns = 1;
    capture->pcap = pcap_fopen_offline_with_tstamp_precision(
        stream, PCAP_TSTAMP_PRECISION_NANO, reason); /* owns stream where it succeeds */
    if (!capture->pcap) {
        fclose(stream);
        if (capture->read_error != 0)
            text_format(error, error_size, "cannot be read: %s", strerror(capture->read_error));
        else if (capture->octets == 0)
            text_format(error, error_size, "the file is empty");
        else
            text_format(error, error_size, "not a capture file (pcap, pcapng): %s", reason);
        return -1;
    }
    capture->link_type = pcap_datalink(capture->pcap);
    if (!packet_link_known(capture->link_type)) {
        const char *name = pcap_datalink_val_to_name(capture->link_type);
        text_format(error, error_size, "its link type %d (%s) is not one that is read here",
            capture->link_type, name ? name : "no name known");
        return -1;
    }
    return 0;
}

/* ---- running ---- */

static bool run_file(struct capture *capture)
{
    int result = pcap_loop(capture->pcap, -1, on_packet, (u_char *)capture);
    if (capture->cut_off)
        return true;
    if (result < 0) {
        const char *why =
            capture->read_error ? strerror(capture->read_error) : pcap_geterr(capture->pcap);
        text_format(capture->status.text, sizeof(capture->status.text),
            "stopped after %" PRIu64 " packets, at octet %jd: %s",
            packet_counts(capture->decoder)->packets, (intmax_t)ftello(pcap_file(capture->pcap)),
            why);
    }
    packet_end(capture->decoder);
    report(capture, CAPTURE_ENDED);
    return true;
}

static void count_drops(struct capture *capture)
{
    struct pcap_stat statistics;
    if (pcap_stats(capture->pcap, &statistics) < 0)
        return;
    /* A 32-bit count that may wrap. */
    capture->dropped += (uint32_t)(statistics.ps_drop - capture->drops_seen);
    capture->drops_seen = statistics.ps_drop;
}

struct pace {
    uint64_t window_ns, packets; /* since when, and how many since then */
    bool busy;
};

static void pace_count(struct pace *pace, uint64_t now, unsigned packets)
{
    uint64_t span = now - pace->window_ns;
    pace->packets += packets;
    if (span < RATE_WINDOW_NS)
        return;
    pace->busy = pace->packets * NS_PER_S > span * BUSY_PACKETS_PER_S;
    pace->window_ns = now;
    pace->packets = 0;
}

/* How long to sleep where nothing comes: without end, but for the kernel's count of drops, which is
 * looked at once after the last packet, and for what waits for a packet that does not come. */
static int sleep_ms(const struct capture *capture, bool uncounted)
{
    if (uncounted)
        return STATISTICS_NS / MS;
    return packet_waiting(capture->decoder) ? WAITING_MS : -1;
}

static bool run_live(struct capture *capture)
{
    struct pollfd ends[2] = {{.fd = capture->lifeline, .events = POLLIN},
        {.fd = pcap_get_selectable_fd(capture->pcap), .events = POLLIN}};
    struct pace pace = {0};
    uint64_t counted_ns = 0;
    bool uncounted = false;
    for (;;) {
        int ready = poll(ends, 2, sleep_ms(capture, uncounted));
        if (ends[0].revents != 0 && ready > 0)
            return true;
        int got = 0;
        if (ready > 0)
            got = pcap_dispatch(capture->pcap, BATCH_PACKETS, on_packet, (u_char *)capture);
        if (got < 0) {
            text_format(capture->status.text, sizeof(capture->status.text),
                "the capture broke off: %s", pcap_geterr(capture->pcap));
            report(capture, CAPTURE_FAILED);
            return false;
        }
        if (ready == 0 && packet_waiting(capture->decoder))
            packet_sweep(capture->decoder, clock_ns(CLOCK_REALTIME));
        uint64_t now = clock_ns(CLOCK_MONOTONIC);
        uncounted = got > 0;
        if (now - counted_ns >= STATISTICS_NS) {
            count_drops(capture);
            counted_ns = now;
            uncounted = false;
        }
        report(capture, CAPTURE_RUNNING);
        pace_count(&pace, now, (unsigned)got);
        /* A batch that filled a good part of the kernel's ring leaves no time to rest. */
        if (pace.busy && got < BUFFER_PACKETS / 4 && poll(ends, 1, PAUSE_MS) > 0)
            return true;
    }
}

bool capture_run(struct capture *capture, struct ring *ring, struct frames *frames, int lifeline)
{
    capture->ring = ring;
    capture->frames = frames;
    capture->lifeline = lifeline;
    report(capture, CAPTURE_RUNNING);
    return capture->live ? run_live(capture) : run_file(capture);
}
