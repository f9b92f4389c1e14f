/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_MODEL_MODEL_H
#define LEAKTOP_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/fact.h"
#include "base/words.h"
#include "model/baseline.h"
#include "model/browser.h"
#include "model/configuration.h"
#include "model/history.h"
#include "model/killswitch.h"
#include "model/observed.h"
#include "model/outside.h"
#include "model/tor.h"

/* What is known. Sources post facts through the functions below, judge and views read it through a
 * const pointer. No I/O, no clock: every `now` is the wall clock in ns since 1970, passed in, so
 * that a capture file is judged exactly as the live wire was. All memory is bounded; it is taken at
 * start but for the ledger, which grows to its bound. All texts in here are already escaped. */

struct frame;
struct model;

/* ---- values ---- */

#define INTERFACE_NAME 64      /* an escaped interface name with NUL */
#define INTERFACE_ADDRESSES 16 /* kept with it; those beyond stand apart */
#define PROCESS_NAME 64

struct interface_address {
    struct address address;
    uint8_t prefix;
    bool temporary; /* IPv6, made for privacy and for a while (RFC 8981) */
};

/* Who put a route there (RTPROT_*, include/uapi/linux/rtnetlink.h). */
enum route_maker { MAKER_OTHER, MAKER_DHCP, MAKER_RA };

struct interface {
    uint32_t index;
    char name[INTERFACE_NAME];
    char kind[16];      /* as the kernel calls it (IFLA_INFO_KIND); "" hardware or unknown */
    uint16_t link_type; /* ARPHRD_*, 0 not known */
    bool up;            /* IFF_UP and carrier */
    bool present;       /* false: gone; kept because look-ups name it */
    uint32_t master;    /* index of the bridge or bond that it is a port of; 0 none */
    bool gateway_route; /* a route with a gateway leaves, or ever left, by it */
    bool host_route;    /* one to a single host does, or did: so a VPN's server is reached */
    /* By enum family: the gateway of the default route that leaves by it, or left by it last, and
     * how that route ranks: its metric, the least goes first; above 0xfffffff0 it is no default
     * route of the main table. FAMILY_NONE not known. */
    struct address gateways[2];
    uint32_t gateway_ranks[2];
    enum route_maker gateway_makers[2];
    /* What carries its packets, where it stands on another interface: the parent of a VLAN or
     * macvlan; of a tunnel that encrypts nothing, by which its outer packets leave. 0: it stands
     * alone, or not known. */
    uint32_t lower;
    enum role role;  /* computed by the model, */
    bool role_fixed; /* unless the source knows it (capture files) */
    uint8_t address_count;
    struct interface_address addresses[INTERFACE_ADDRESSES];
};

enum family { FAMILY_INDEX_4, FAMILY_INDEX_6, FAMILY_INDEXES };

enum route_state {
    ROUTE_UNKNOWN, /* not asked, or the kernel did not say */
    ROUTE_NONE,    /* no route: nothing of this family leaves */
    ROUTE_BLOCKED, /* unreachable, blackhole, prohibit, or into a dummy */
    ROUTE_PRESENT,
};

/* Where the kernel sends a packet for a public address. */
struct web_route {
    enum route_state state;
    uint32_t interface;             /* index, where present or blocked by a dummy */
    struct address gateway, source; /* FAMILY_NONE where there is none */
    bool mixed; /* public addresses take different ways: `interface` is the least protected */
};

/* How much of the Internet the kernel's IPsec policies encrypt that belong to no interface. */
enum ipsec_cover {
    IPSEC_UNKNOWN, /* they cannot be read without rights */
    IPSEC_NONE,
    IPSEC_SOME,
    IPSEC_ALL, /* every public address: the policy is the tunnel */
};

struct process {
    int32_t pid;    /* 0: not known */
    uint64_t start; /* starttime, tells a reused pid */
    uint32_t uid;
    bool uid_known;  /* the socket's owner is known although the process may not be */
    bool vpn_client; /* its name is that of a VPN client or Tor (tables) */
    bool tor;        /* of a Tor client */
    char name[PROCESS_NAME];
    char user[PROCESS_NAME];
};

#define COMMAND_TEXT 160

/* One look-up that was seen; or a STUN request, which counts apart (transport STUN, no name). */
struct lookup {
    uint64_t serial; /* 1, 2, ...; 0 never */
    uint64_t time_ns;
    uint64_t rtt_ns; /* valid where answered */
    uint32_t interface;
    enum role role; /* of that interface at that moment */
    enum transport transport;
    enum exposure exposure;
    struct address source, resolver;
    uint16_t source_port, resolver_port;
    uint16_t id, type, class, rcode;
    bool answered;
    bool own;        /* leaktop's own probe: counted nowhere */
    bool forwarded;  /* source is no address of this machine */
    bool settled;    /* process is final (or will never be known): counted in apps and ledger */
    bool onion;      /* an onion service's name, which is none of DNS (RFC 7686) */
    bool to_tor;     /* asked of a Tor client on this machine */
    bool stun_check; /* STUN: between peers (ICE), not a question to a server */
    bool by_ipsec;   /* its question left inside ESP: only the answer was seen in the clear */
    uint32_t packet; /* its packet, as model_hold_packet numbered it; 0: there is none */
    uint8_t copies;  /* seen on so many interfaces (bridge and port, VLAN and parent) */
    enum certainty certainty;
    enum excuse excuse;
    struct process process; /* who asked; where a local stub asked for somebody: that one, */
    char via[PROCESS_NAME]; /* and here the stub; "" none */
    /* Addresses of its answer, or the one that a STUN server saw; FAMILY_NONE ends. */
    struct address answers[FACT_ADDRESSES];
    struct address answered_by; /* somebody who was not asked; FAMILY_NONE: nobody else did */
    bool answered_twice;        /* and the second time with other addresses */
    uint8_t name_length;
    uint8_t name[NAME_WIRE_MAX]; /* wire form */
};

/* A line of the ledger: equal leaks are one line with a count. */
struct leak {
    uint64_t news; /* grows with each line that is new, or leaks anew after it was cleared */
    uint64_t first_ns, last_ns;
    uint32_t count;
    enum transport transport;
    enum exposure exposure;
    uint16_t type;
    struct address resolver;
    struct address forwarded_from; /* FAMILY_NONE: sent by this machine */
    char interface[INTERFACE_NAME];
    struct process process;
    enum certainty certainty;
    bool intended; /* no leak any more: the person said so, or it proved to be the VPN's own */
    struct address learned; /* STUN: the address that the server saw; FAMILY_NONE not known */
    uint8_t name_length;
    const uint8_t *name; /* wire form, the model's */
};

/* A packet behind a line of the ledger, as it was captured: the first of which there is one, or the
 * newest. */
struct evidence {
    const struct leak *leak;
    bool newest;
    uint64_t time_ns;
    uint32_t original;  /* octets on the wire, of which `length` are here */
    uint16_t link_type; /* LINKTYPE_ value */
    uint16_t length;
    const uint8_t *octets; /* the model's; never looked into */
};

struct used_resolver {
    struct address address;
    uint16_t port;
    enum transport transport;
    uint32_t interface;
    enum role role;
    enum exposure exposure; /* of the newest look-up there */
    uint64_t lookups, answers;
    uint64_t since_change; /* look-ups since the last network change */
    uint64_t first_ns, last_ns;
    uint64_t rtt_median_ns; /* 0: no answer yet */
};

/* A program, by name and user. */
#define APPS_MAX 1024
struct app {
    char name[PROCESS_NAME];
    char user[PROCESS_NAME];
    int32_t pids[8]; /* newest first, 0 ends */
    uint64_t lookups, exposed, bypass, tunnelled, open;
    uint64_t last_ns, leaked_ns, tunnelled_ns;    /* of its newest; 0 none */
    unsigned transports;                          /* 1 << enum transport */
    uint32_t by[TRANSPORT_COUNT][EXPOSURE_COUNT]; /* look-ups that it sent itself, */
    uint32_t by_stub[EXPOSURE_COUNT]; /* and that a resolver on this machine sent for it */
    uint32_t interfaces[4];           /* by which look-ups left, in order; 0 ends */
    struct address resolvers[4];      /* FAMILY_NONE ends */
    /* Connections to public addresses that left outside the tunnel while one was expected. */
    uint64_t connects, connected_ns;
    uint32_t connected_by;                  /* interface of the newest */
    uint32_t by_transport[TRANSPORT_COUNT]; /* look-ups */
    uint32_t stun, stun_outside;            /* STUN requests; those that are leaks */
    /* Requests to a Tor client: with a name in them; with an address alone; and of the latter those
     * whose name the program had looked up itself. */
    uint32_t tor_names, tor_addresses, tor_looked_up;
    uint64_t tor_ns, handed_ns; /* of the newest, and of the newest of those; 0 none */
};

#define EVENT_TEXT 160
struct event {
    uint64_t serial;
    uint64_t time_ns;
    /* "tunnel", "route", "interface", "resolver", "capture", "leak", "probe", "intended"; "note" is
     * the person's own, from outside */
    char kind[16];
    char interface[INTERFACE_NAME]; /* "" none */
    char text[EVENT_TEXT];
    enum state mark; /* what it is for the person; STATE_COUNT: neither good nor bad */
};

/* From the last moment with the tunnel as web route to the first after it. */
struct drop {
    uint64_t start_ns;
    uint64_t end_ns; /* 0: still down */
    char tunnel[INTERFACE_NAME];
    char cause[96]; /* by what it was recognised: "its interface was deleted" */
    bool partial;   /* one family left it (family), the other is still in the tunnel */
    enum family family;
    uint32_t lookups_left;  /* that left outside the tunnel meanwhile */
    uint32_t connects_left; /* TCP connections to public addresses, VPN clients' own not counted */
    uint64_t held;          /* packets that the kernel discarded on their way out meanwhile */
    bool held_known;
};

/* A TCP connection to a public address that left by an uplink while a tunnel was expected. */
struct connect {
    uint64_t time_ns;
    uint32_t interface;
    struct address source, destination;
    uint16_t source_port, port;
    bool own;
    struct process process;
};

/* What this machine told its neighbours about itself, without being asked by leaktop's person: a
 * name in an mDNS, LLMNR or NBNS message that left by a real link. */
struct told {
    uint64_t last_ns;
    uint64_t count;
    enum transport transport;
    uint32_t interface;
    bool host; /* its first label is this machine's own name, or begins with it: "host [aa:bb]" */
    uint8_t name_length;
    uint8_t name[NAME_WIRE_MAX]; /* wire form */
};

enum control_state {
    CONTROL_NONE,   /* nothing tried yet, or not since the capture started anew */
    CONTROL_SEEN,   /* a packet was seen by the present capture */
    CONTROL_MISSED, /* a probe was answered and its look-up never captured */
};

struct capture_info {
    bool possible; /* false: reason says why and what to type */
    bool running;
    bool file;  /* a capture file is judged */
    bool ended; /* end of file */
    enum control_state control;
    uint64_t packets, dropped, malformed;
    uint64_t since_ns; /* the present capture process runs since */
    uint64_t last_packet_ns;
    uint32_t restarts;
    char reason[192]; /* also: how far a damaged file was read */
};

/* What the person marked as intended: a look-up that fits all parts that are given. */
struct intended {
    char name[256];                 /* presentation form; "*.lan" is lan and all below it; "" any */
    struct address resolver;        /* FAMILY_NONE any */
    char interface[INTERFACE_NAME]; /* "" any */
    char program[PROCESS_NAME];     /* "" any */
};

/* Split DNS: names below domain are sent to resolver (FAMILY_NONE: any of that interface). */
struct split_domain {
    uint8_t length;
    uint8_t domain[NAME_WIRE_MAX]; /* wire form; the root alone is never split DNS */
    struct address resolver;
    uint32_t interface; /* 0: any */
    char source[64];    /* the file or service that says so */
};

/* Counted since start, own probes left out. STUN is counted in stun alone. */
struct totals {
    uint64_t lookups, answers;
    uint64_t stun[EXPOSURE_COUNT];
    uint64_t excused[EXCUSE_COUNT];
    uint64_t foreign_answers; /* answers that came from somebody who was not asked */
    uint64_t by_exposure[EXPOSURE_COUNT];
    uint64_t by_family_exposed[FAMILY_INDEXES]; /* leaks by the family that carried them */
    uint64_t by_family_tunnelled[FAMILY_INDEXES];
    uint64_t leaks_lost; /* not in the ledger because it was full */
};

/* Counted since the last network change. */
struct recent {
    uint64_t since_ns;
    uint64_t dropped_before; /* packets that the capture had dropped until then */
    /* Without those that have an excuse. */
    uint64_t by_exposure[EXPOSURE_COUNT];
    uint64_t last_leak_ns;
    uint64_t by_family_tunnelled[FAMILY_INDEXES];
    uint64_t tor_names; /* handed to a Tor client, by its SOCKS or DNS port */
};

/* Counted since the person last cleared the latch (else since start). */
struct latched {
    uint64_t leaks;                     /* look-ups exposed or bypassing */
    uint64_t by_family[FAMILY_INDEXES]; /* the same by the family that carried them */
    uint64_t onions;                    /* those that asked for an onion name */
    uint64_t first_ns, last_ns;
    uint32_t interface; /* of the last one */
    uint64_t stun;      /* STUN requests outside the tunnel; in none of the above */
    uint64_t stun_ns;   /* the last of them */
};

struct expectation_info {
    enum expectation expectation;
    bool automatic;    /* auto: may latch by itself; else the person said so */
    uint64_t since_ns; /* look-ups before it are not judged by it */
};

/* ---- making ---- */

/* A model, NULL without memory. seed keys its hash tables. */
struct model *model_new(uint64_t seed, uint64_t now);
void model_free(struct model *model);

/* ---- what sources post. Each marks the model as changed where something did. ---- */

/* Force a role by interface name (-t, -u). Once per name, before interfaces are set. */
void model_force_role(struct model *model, const char *name, enum role role);
/* The person's word; automatic=true is `auto`: latches to vpn by itself. */
void model_expect(struct model *model, enum expectation expectation, bool automatic, uint64_t now);
/* Interface as the kernel describes it now. Roles are settled by model_settle. */
void model_interface_set(struct model *model, const struct interface *interface, uint64_t now);
void model_interface_gone(struct model *model, uint32_t index, uint64_t now);
/* All addresses of this machine that had no place at their interfaces; replaces what was known. A
 * list without memory for it is not known: such an address is then taken for somebody else's. */
void model_more_addresses(
    struct model *model, const struct address *list, size_t count, uint64_t now);
void model_route_set(
    struct model *model, enum family family, const struct web_route *route, uint64_t now);
/* What the IPsec policies of a family encrypt. Settled by model_settle, as routes are. */
void model_ipsec_set(struct model *model, enum family family, enum ipsec_cover cover, uint64_t now);
/* What looks like a kill switch; replaces what was known. Unused bytes of *info are zero. */
void model_killswitch_set(struct model *model, const struct killswitch_info *info, uint64_t now);
/* After a batch of interface and route changes: roles, latch, drops, events. True where the network
 * changed in a way that calls for new probes. */
bool model_settle(struct model *model, uint64_t now);

/* What was seen until now tells no more of now (the clock was set, or the machine slept): the next
 * model_settle takes it for a change of the network. */
void model_begin_anew(struct model *model);
/* The machine slept for so long, until now. */
void model_slept(struct model *model, uint64_t span_ns, uint64_t now);

void model_configured_resolvers(
    struct model *model, const struct configured_resolver *list, size_t count, uint64_t now);
/* All that is set and bears on look-ups; replaces what was known. */
void model_settings(struct model *model, const struct setting *list, size_t count, uint64_t now);
void model_resolver_setup_set(
    struct model *model, const struct resolver_setup *setup, uint64_t now);

/* All profiles of browsers that could be read; replaces what was known. Fills since_ns in list. */
void model_browsers(struct model *model, struct browser_profile *list, size_t count, uint64_t now);

/* Names that leaktop itself asks for: look-ups of them count as own for the next 15 seconds. */
void model_own_name(struct model *model, const uint8_t *wire, size_t length, uint64_t now);

/* A look-up; serial, copies and role are the model's to fill, exposure the caller's (judge).
 * Returns the serial: that of an earlier one where this is a copy of it on another interface, in
 * which case the exposure worst for the person is kept. */
uint64_t model_lookup_add(struct model *model, const struct lookup *lookup);
/* The answer to a look-up or a STUN request. True where one is known that it answers, or that it
 * claims to answer (from an address that was not asked: noted, and the look-up waits on). */
bool model_answer(struct model *model, const struct fact *fact);
/* Outer packets of a tunnel to that address left by an interface: a look-up that was answered with
 * it is the client's own once the tunnel is there. */
void model_peer_seen(struct model *model, const struct fact *fact);
/* A name of the person's own VPN server ([vpn] server). False where it is no name, or no room. */
bool model_vpn_server(struct model *model, const char *name);
bool model_is_vpn_server(const struct model *model, const uint8_t *wire, size_t length);
/* An answer for which model_answer knew no question. What a policy encrypts never shows in the
 * clear on its way out, but its answer does on its way in, once it is decrypted: where policies or
 * ESP packets tell that this is so, it is taken for a look-up that left inside ESP. True where it
 * was; its process will not be known. */
bool model_answer_unasked(struct model *model, const struct fact *answer);
/* True where what this packet answers can only have left inside ESP: it came in by an uplink whose
 * family is encrypted as a whole. */
bool model_all_inside_ipsec(const struct model *model, const struct fact *answer);
/* ESP left by that interface within the last hour. */
bool model_esp_lately(const struct model *model, uint32_t interface, uint64_t now);
/* A name that this machine told its neighbours: an answer or announcement that left. */
void model_told_add(struct model *model, const struct fact *fact);
/* This machine's own name, as it may be told to neighbours; a first label. */
void model_host_name(struct model *model, const char *name);
/* The rule holds from now on, and for what was seen before. False where there is no more room. */
bool model_intend(struct model *model, const struct intended *rule);
/* All split DNS that is configured now; replaces what was known. */
void model_split_domains(
    struct model *model, const struct split_domain *list, size_t count, uint64_t now);
/* The command line of a process that asked, escaped and cut; kept for the newest processes. */
void model_command(struct model *model, const struct process *process, const char *command);
/* Keep a packet for a look-up that leaves as a leak: the number is put into that look-up before it
 * is added. It is forgotten where no line of the ledger takes it soon. 0 without memory. */
uint32_t model_hold_packet(struct model *model, const struct frame *frame);
/* Who asked, told once and later: process and via of *judged (a process that is all zeros: never to
 * be known), and exposure and excuse as judged with that knowledge. Until then the look-up is in no
 * ledger line and no app. */
void model_lookup_settle(struct model *model, uint64_t serial, const struct lookup *judged);
void model_connect_add(struct model *model, const struct connect *connect);
/* own: the connection is leaktop's. */
void model_connect_process(
    struct model *model, uint16_t source_port, const struct process *process, bool own);

/* A name that a connection told on its way out: in its hello, or in an unencrypted request (fact is
 * a FACT_HELLO or FACT_HTTP). Returns the row's serial, 0 where it counts for nothing. */
uint64_t model_site_add(struct model *model, const struct fact *fact);
/* Which program that was. */
void model_site_process(struct model *model, uint64_t serial, const struct process *process);
/* A SOCKS request (FACT_SOCKS). Returns its serial. */
uint64_t model_socks_add(struct model *model, const struct fact *fact);
/* Who sent it; who listens there. NULL: it will not be known. */
void model_socks_client(struct model *model, uint64_t serial, const struct process *process);
void model_socks_server(struct model *model, uint64_t serial, const struct process *process);
/* The look-up was asked of a Tor client on this machine (its DNSPort). */
void model_lookup_to_tor(struct model *model, uint64_t serial);
/* A Tor client was seen: at its port, or by what it does (port 0). */
void model_tor_seen(struct model *model, const struct process *process,
    const struct address *listens, uint16_t port, uint64_t now);
/* What the Tor project's service said through its port; address and reason may be NULL. */
void model_tor_exit(struct model *model, enum exit_state state, const struct address *address,
    const char *reason, uint64_t now);

/* Packets that the kernel discarded on their way out, running totals of this namespace by family.
 */
void model_held(struct model *model, const uint64_t totals[static FAMILY_INDEXES], uint64_t now);

/* A test begins, as the newest of its kind: names are to be asked for. Returns its serial. */
uint32_t model_test_start(struct model *model, enum test_kind kind, unsigned names, uint64_t now);
/* Names that failed are asked for of another service: so many more. */
void model_test_more(struct model *model, uint32_t test, unsigned names);
void model_test_end(struct model *model, uint32_t test, uint64_t now);
/* Returns the probe's serial; of *begin test, path, asked and control are read. Results come by
 * model_probe_done: reason may be NULL, egress may be NULL. */
uint64_t model_probe_start(struct model *model, const struct probe *begin, const uint8_t *wire,
    size_t length, uint64_t now);
void model_probe_done(struct model *model, uint64_t serial, enum probe_state state,
    const char *reason, const struct address *egress, uint64_t now);
/* A resolver came to ask. Of *came all but seen, test_seen, first_ns and last_ns are read; what is
 * not known of them ("", 0) leaves what was known before. */
void model_egress(struct model *model, const struct egress_resolver *came, uint64_t now);
/* What is known of all resolvers that came when this one was asked by this path: validates,
 * minimises, mixes_case and site of *traits, those that are known. */
void model_egress_traits(struct model *model, enum probe_path path, const struct address *asked,
    const struct egress_resolver *traits, uint64_t now);
/* The network of an address. A source that is believed less than the one before changes nothing. */
void model_network_set(struct model *model, const struct address *address,
    const struct network *network, uint64_t now);
/* What runs, since when, and what comes next. */
void model_activity_set(
    struct model *model, enum activity activity, const struct activity_state *state);
/* Periodic probes are held back: why, or "" */
void model_probes_held(struct model *model, const char *why);
/* The baseline to compare with, NULL: none. Copied. */
void model_baseline_set(struct model *model, const struct baseline *baseline, uint64_t now);
/* own, own_uplink, temporary and cgnat are found here, and nat64 where a translator of this machine
 * tells it. */
void model_public_set(
    struct model *model, enum family family, const struct public_address *value, uint64_t now);

void model_capture_set(struct model *model, const struct capture_info *info, uint64_t now);
void model_event(struct model *model, uint64_t now, const char *kind, const char *interface,
    const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The newest event is good (STATE_OK), bad (STATE_WARN, STATE_LEAK) or leaves something unknown; a
 * leak is one by its kind. */
void model_event_mark(struct model *model, enum state mark);
/* The person clears the leak latch: leaks up to now no longer make the verdict, the ledger stays.
 */
void model_clear_latch(struct model *model, uint64_t now);

/* ---- what judge and views read ---- */

/* Grows with every change that may alter a verdict or a screen. */
uint64_t model_revision(const struct model *model);
uint64_t model_start_ns(const struct model *model);
uint64_t model_last_change_ns(const struct model *model); /* time of the newest fact */
uint64_t model_cleared_ns(const struct model *model);     /* 0: never */

size_t model_interface_count(const struct model *model); /* gone ones included */
const struct interface *model_interface_at(const struct model *model, size_t position);
/* By kernel index, gone ones too; NULL not known. */
const struct interface *model_interface(const struct model *model, uint32_t index);
/* Its name; "if7" where it is not known; "-" for 0. Points into the model or a static buffer. */
const char *model_interface_name(const struct model *model, uint32_t index);
bool model_is_local(const struct model *model, const struct address *address);
const struct web_route *model_route(const struct model *model, enum family family);
const struct killswitch_info *model_killswitch(const struct model *model);
enum ipsec_cover model_ipsec(const struct model *model, enum family family);
/* The interface with role tunnel, or the one that last had it; NULL: never one. IPsec without an
 * interface stands for one: its name is "IPsec policy", its index 0. */
const struct interface *model_tunnel(const struct model *model);
/* True where what goes by it is hidden from the network next to this machine, by its kind, by what
 * carries it or by the person's word, and whether or not the web route is it. */
bool model_hides(const struct model *model, const struct interface *interface);
/* True where what leaves by it goes the way that the person counts on: a tunnel; where Tor is
 * expected, only one that -t names, for a VPN's is none. */
bool model_covers(const struct model *model, const struct interface *interface);
/* All of this family's web route is the tunnel now, by interface or by IPsec policy. */
bool model_family_in_tunnel(const struct model *model, enum family family);
/* The role that the web route of a family has: that of its interface, or tunnel where IPsec
 * policies encrypt all of it. */
enum role model_web_role(const struct model *model, enum family family);
/* All of some family's web route is the tunnel now. */
bool model_tunnel_up(const struct model *model);
const struct expectation_info *model_expectation(const struct model *model);

uint64_t model_lookup_newest(const struct model *model); /* serial, 0 none */
uint64_t model_lookup_oldest(const struct model *model); /* serial still kept */
const struct lookup *model_lookup(const struct model *model, uint64_t serial); /* NULL: evicted */

size_t model_told_count(const struct model *model);
const struct told *model_told_at(const struct model *model, size_t position);
/* The address is a neighbour on that interface's own network. */
bool model_on_link(const struct model *model, uint32_t interface, const struct address *address);
/* True where the rule fits a look-up (process, name, resolver and interface are read). */
bool model_rule_fits(
    const struct model *model, const struct intended *rule, const struct lookup *lookup);
size_t model_intended_count(const struct model *model);
const struct intended *model_intended_at(const struct model *model, size_t position);
size_t model_split_count(const struct model *model);
const struct split_domain *model_split_at(const struct model *model, size_t position);
/* True where some rule of the person fits. */
bool model_is_intended(const struct model *model, const struct lookup *lookup);
/* "" not known. */
const char *model_command_of(const struct model *model, const struct process *process);
/* That of the newest process with that number. */
const char *model_command_of_pid(const struct model *model, int32_t pid);

size_t model_leak_count(const struct model *model);
const struct leak *model_leak_at(
    const struct model *model, size_t position); /* in the order in which they were told apart */
/* Packets behind the lines of the ledger that are leaks, in no order: *out, false past the last.
 * Those that were not kept, because there was no room for more. */
bool model_evidence_at(const struct model *model, size_t position, struct evidence *out);
uint64_t model_evidence_lost(const struct model *model);
/* The newest of the lines' news; grows past them all with a leak for which there was no line. */
uint64_t model_leak_news(const struct model *model);
size_t model_used_count(const struct model *model);
const struct used_resolver *model_used_at(const struct model *model, size_t position);
size_t model_configured_count(const struct model *model);
const struct configured_resolver *model_configured_at(const struct model *model, size_t position);
size_t model_app_count(const struct model *model);
const struct app *model_app_at(const struct model *model, size_t position);
/* The look-up is one of those that this program's row counts. */
bool model_app_asked(const struct app *app, const struct lookup *lookup);
size_t model_observed_count(const struct model *model);
const struct observed *model_observed_at(const struct model *model, size_t position); /* no order */
/* Rows that made room for others. */
uint64_t model_observed_forgotten(const struct model *model);
const struct tor *model_tor(const struct model *model);
uint64_t model_socks_newest(const struct model *model); /* serial, 0 none */
const struct socks_request *model_socks(const struct model *model, uint64_t serial); /* NULL */
uint64_t model_event_newest(const struct model *model); /* serial, 0 none */
const struct event *model_event_get(const struct model *model, uint64_t serial); /* NULL evicted */
const struct history *model_history(const struct model *model);
size_t model_drop_count(const struct model *model); /* kept ones, oldest first */
const struct drop *model_drop_at(const struct model *model, size_t position);
/* Since when nothing that is asked by the tunnel is answered, though it is the web route; 0: no
 * reason to think so. */
uint64_t model_silent_ns(const struct model *model);
size_t model_connect_count(const struct model *model);
const struct connect *model_connect_at(const struct model *model, size_t position);
/* Grows when the tunnel that is up begins to speak to another far end than before: it roamed, or
 * its client chose another server without taking it down. The first after it came up is none. */
uint32_t model_peer_serial(const struct model *model);
/* The far end of a tunnel that was spoken to last; false: none seen. */
bool model_peer_newest(const struct model *model, struct address *address);
size_t model_probe_count(const struct model *model);
const struct probe *model_probe_at(const struct model *model, size_t position); /* oldest first */
const char *model_probes_held_reason(const struct model *model);
size_t model_egress_count(const struct model *model);
const struct egress_resolver *model_egress_at(const struct model *model, size_t position);
/* The newest test of a kind; its serial is 0 where there was none. */
const struct test *model_test(const struct model *model, enum test_kind kind);
/* Never NULL: what is not known has NETWORK_NOT_KNOWN and asn -1. */
const struct network *model_network_of(const struct model *model, const struct address *address);
/* What is known best of the network of the public address: by the above, or as the services said.
 */
const struct network *model_public_network(const struct model *model, enum family family);
/* Addresses of egress resolvers and the public ones, then those of the baseline, whose network
 * nobody but a service has told; false past the last. */
bool model_network_wanted(const struct model *model, size_t position, struct address *address);
const struct activity_state *model_activity(const struct model *model, enum activity activity);
size_t model_setting_count(const struct model *model);
const struct setting *model_setting_at(const struct model *model, size_t position);
size_t model_browser_count(const struct model *model);
const struct browser_profile *model_browser_at(const struct model *model, size_t position);
const struct resolver_setup *model_resolver_setup(const struct model *model);
const struct baseline *model_baseline(const struct model *model); /* NULL: none */
/* What would be a baseline now. False, and why, where it would be none: a tunnel is up, or nothing
 * is known yet. */
bool model_baseline_take(
    const struct model *model, uint64_t now, struct baseline *out, char *why, size_t why_size);
/* The network that this machine is in, by its uplink; "" not known. */
void model_baseline_network(const struct model *model, char out[static BASELINE_NETWORK]);
const struct public_address *model_public(const struct model *model, enum family family);
const struct capture_info *model_capture(const struct model *model);
const struct totals *model_totals(const struct model *model);
const struct recent *model_recent(const struct model *model);
const struct latched *model_latched(const struct model *model);

#endif
