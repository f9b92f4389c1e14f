/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_WATCH_PRIVATE_H
#define LEAKTOP_WATCH_PRIVATE_H

/* For src/watch/ alone: the one place that knows everybody. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <uv.h>

#include "judge/judge.h"
#include "sources/splitdns.h"
#include "sources/discards.h"
#include "sources/statefolder.h"
#include "views/report.h"
#include "views/screen/screen.h"
#include "watch/errands.h"
#include "watch/ingest.h"
#include "watch/watch.h"

#define MS 1000000ULL
#define SECOND 1000000000ULL

struct alarms;
struct before;
struct browsers;
struct networks;
struct links;
struct networkmanager;
struct resolved;
struct killswitch;
struct xfrm;
struct prober;
struct publicip;
struct torexit;
struct log_view;

/* From FS_SPLIT on: the folders of split DNS. */
enum { FS_ETC, FS_FILE, FS_TARGET, FS_SPLIT, FS_COUNT = FS_SPLIT + SPLITDNS_FOLDER_COUNT };

enum timer {
    TIMER_MORE,        /* facts are left in the ring */
    TIMER_ASK,         /* questions about senders are gathered */
    TIMER_EXPIRE,      /* a process was not found in time */
    TIMER_CONTROL,     /* was an answered probe captured? */
    TIMER_CONNECTIONS, /* was one begun that was not captured? */
    TIMER_CHANGE,      /* routes are asked again */
    TIMER_SPLITS,      /* files of split DNS are read again */
    TIMER_LINK_FILES,  /* and those that the keeper opened */
    TIMER_DROP,        /* what the kernel holds back while the tunnel is down */
    TIMER_BASELINE,    /* values without a tunnel have stood for a while */
    TIMER_NETWORKS,    /* the next question about the network of an address */
    TIMER_BROWSERS,    /* a file of a profile was changed */
    TIMER_DRAW,
    TIMER_QUIET, /* no new leak for a while */
    TIMER_PROBE,
    TIMER_PUBLIC,
    TIMER_TOR,     /* its exit is asked for again */
    TIMER_SETTLED, /* the network changed a moment ago */
    TIMER_DURATION,
    TIMER_COUNTDOWN,
    TIMER_COUNT
};

struct watch {
    struct guard *guard;
    const struct options *options;
    enum watch_mode mode;
    bool file; /* a capture file is judged */
    int status;
    bool stopping;

    uv_loop_t loop;
    struct model *model;
    struct ingest ingest;
    struct verdict verdict;
    uint64_t judged_revision; /* of the model when the verdict was made */
    uint64_t judged_ns;

    struct links *links;       /* NULL for a file */
    uint32_t resolved_user;    /* of systemd-resolved; LINKS_OWN_USER: there is none */
    struct resolved *resolved; /* NULL for a file */
    struct networkmanager *networkmanager;
    struct xfrm *xfrm;             /* NULL: what IPsec policies there are is not known */
    struct killswitch *killswitch; /* NULL: the firewall's rules are not known */
    uint64_t routes_asked_ns;
    struct splitdns_links split_links; /* opened by the keeper */
    struct prober *prober;             /* NULL: passive or file */
    struct publicip *publicip;
    struct torexit *torexit; /* likewise */
    struct {
        bool wanted; /* the exit is to be asked for as soon as that may be */
        unsigned tries;
    } tor;
    struct statefolder state;
    struct before *before;     /* NULL for a file */
    struct networks *networks; /* likewise */
    struct browsers *browsers; /* likewise */
    struct screen *screen;
    struct screen_progress progress;
    struct log_view *log;
    bool had_terminal;     /* on standard input or error, at the start */
    struct alarms *alarms; /* NULL: nothing is to be told */

    uint32_t generation;       /* of the capture process, as last seen */
    uint64_t packets_at_start; /* counter when it started */
    bool seen;                 /* a packet since */
    bool missed;
    struct connections connections; /* at the last look, */
    uint64_t connections_packets;   /* and the packets seen until then */
    bool connections_doubt;         /* one more is looked at again in a moment */
    uint64_t running_ns;            /* when it was first found running; 0: it is not */
    uint64_t died_ns;
    bool stopped;     /* the capture process was, by a signal */
    uint64_t foreign; /* facts that were not well formed */
    bool showing;     /* the view is open */
    uint64_t drawn_ns;

    int clock_fd;                         /* -1: none */
    int64_t clock_lead_ns, sleep_lead_ns; /* of the wall and of the boot clock before the loop's */
    uv_poll_t clock_poll;
    uv_poll_t ring_poll, keeper_poll, links_poll, xfrm_poll, killswitch_poll, terminal_poll,
        output_poll, notes_poll;
    uv_timer_t timers[TIMER_COUNT];
    uv_fs_event_t resolver_events[FS_COUNT];
    uv_signal_t signals[8];
    size_t signal_count;
    int notes_fd;
    char notes_line[512];
    size_t notes_length;
    unsigned seconds_left;
    unsigned waits; /* for the capture to start */
    struct errands errands;
};

uint64_t watch_clock(void); /* wall clock, ns */

/* watch.c */
void watch_timer(struct watch *watch, enum timer timer, uv_timer_cb callback, uint64_t after_ms,
    uint64_t repeat_ms);
bool watch_timer_active(const struct watch *watch, enum timer timer);
void watch_stop(struct watch *watch, int status);

/* show.c: judge and redraw soon: at once when the last was 100 ms ago. */
void show_changed(struct watch *watch);
/* Judge now, where something changed. */
void show_judge(struct watch *watch);
/* Report of --once on standard output; sets the exit status. */
void show_report(struct watch *watch);

/* What a report is to say of the time that it covers. */
struct report_options show_report_options(const struct watch *watch, bool mask);

/* export.c: the report and the evidence into a folder; the note says where, or why not. */
void export_all(struct watch *watch);

/* network.c */
int network_open(struct watch *watch);
void network_close(struct watch *watch);
void network_read(struct watch *watch); /* what netlink has to say, now */
void network_recheck(struct watch *watch);
/* A policy encrypts a question to that resolver. */
bool network_encrypts(struct watch *watch, const struct address *resolver);
/* The keeper opened systemd-resolved's file of that link, and fd is taken; -1: there is none. */
void network_link_file(struct watch *watch, uint32_t index, int fd);

/* schedule.c: probes and the public address. */
/* The first round; libraries that open sockets and threads are begun here. */
void schedule_start(struct watch *watch);
void schedule_close(struct watch *watch);
void schedule_network_changed(struct watch *watch);
/* Facts were taken: another far end of a tunnel is asked about like a change of the network. */
void schedule_look_at_peers(struct watch *watch);
/* What is expected may have changed, or what the kernel says of routes: what may not be sent any
 * more is given up. */
void schedule_check_held(struct watch *watch);
/* r and R: ask what check needs, or everything for CHECK_COUNT. Says in the note what is sent. */
void schedule_recheck(struct watch *watch, int check);
/* By key as well: the extended test of names; the well-known public resolvers. */
void schedule_extended(struct watch *watch);
void schedule_public_resolvers(struct watch *watch);

/* captured.c: ring, keeper, how the capture fares. */
int captured_open(struct watch *watch);
void captured_close(struct watch *watch);
/* Take what is in the ring; true where more is left. */
bool captured_drain(struct watch *watch);
void captured_status(struct watch *watch);

/* clock.c: the wall clock is set, or the machine slept. */
void clock_open(struct watch *watch);
void clock_close(struct watch *watch);

/* notes.c: lines of a FIFO become events. */
void notes_open(struct watch *watch);
void notes_close(struct watch *watch);

#endif
