/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_GUARD_GUARD_H
#define LEAKTOP_GUARD_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sources/flows.h"

/* The three processes (doc/design.md, "Three processes"). guard_start is called before any thread,
 * terminal or network library; when it returns, the caller is main: the invoking user, without
 * capabilities, no_new_privs set. */

struct frames;
struct ring;

struct guard_plan {
    const char *user; /* --user, or NULL: SUDO_UID, then "leaktop", then "nobody" */
    int capture_file; /* descriptor of a capture file to judge, or -1: live */
    bool frames;      /* packets that may prove a leak are wanted, to be exported */
};

struct guard {
    struct ring *ring;
    struct frames *frames; /* NULL: not wanted, or there is nothing to capture */
    int keeper;            /* socket to the keeper (SOCK_SEQPACKET); -1: there is none */
    pid_t keeper_pid;      /* 0: there is none */
    bool may_capture;      /* false: capture_reason says why and what to type */
    char capture_reason[192];
    bool others; /* the keeper may open the files of KEEPER_PROFILE */
    uid_t uid;   /* whom main has become */
    gid_t gid;
    char user[64];  /* escaped; "" not known */
    char home[256]; /* of that user; "" not known */
    /* Where that user is nobody's account: the folder /var/lib/leaktop, made theirs while there was
     * the right to; 0: there is none. */
    int state;
    /* What came with the newest message: a regular file to be read; 0: nothing. Who takes it sets
     * it to 0; else the next message closes it. */
    int passed;
};

/* The first thing that main does: where the program file gives rights (capabilities, set-user-ID),
 * what is opened before guard_start is opened with the user's own. */
void guard_prepare(void);

/* Fork keeper and capture, drop rights. 0, or -errno with a sentence in error. A missing right to
 * capture is no error. Ends the calling process's children when it ends in any way. */
int guard_start(const struct guard_plan *plan, struct guard *guard, char *error, size_t error_size);
/* Orderly end: tells the keeper, waits for it (bounded), frees the ring. */
void guard_stop(struct guard *guard);

/* --- Questions to the keeper. Fixed sizes both ways, each side checks what it receives. --- */

enum keeper_kind {
    KEEPER_OWNER = 1, /* main -> keeper: who holds the socket with this inode? and its answer */
    KEEPER_CAPTURE,   /* keeper -> main: what became of capture; value is one of the below */
    /* keeper -> main: value 1: the kernel notes who sends (KEEPER_FLOWS may be asked); 0: it does
     * not, text says why. main -> keeper: stop it. */
    KEEPER_EXACT,
    /* main -> keeper: who sent these packets? and its answer. The only kind that is a
     * struct keeper_flows. */
    KEEPER_FLOWS,
    KEEPER_COMMAND, /* keeper -> main: text is the command line of pid, told before it is named */
    /* main -> keeper: the file in which systemd-resolved keeps the state of the link with index
     * value. Its answer: the same index, and the file's descriptor beside it where there is one. */
    KEEPER_LINK,
    /* main -> keeper: the file `text` below the home of uid, of a browser (sources/otherhome.h);
     * or, where text is a pattern, the folder number value that fits it. Its answer: the same token
     * and uid; the file's descriptor beside it, or in text why there is none ("" there is none),
     * and in value the flags below; for a pattern the folder in text. Only where root started
     * leaktop. */
    KEEPER_PROFILE,
};

#define KEEPER_WHY_FOLDER 1U /* as of struct homefile_why */
#define KEEPER_WHY_DENIED 2U
/* A file of a browser that is longer is not handed over. */
#define KEEPER_PROFILE_MOST (4U << 20)

/* Of KEEPER_CAPTURE. Anything else: it died, and that is its wait status. */
#define CAPTURE_STARTED 0U
#define CAPTURE_STOPPED 0x10000U /* by a signal; it is there and sees nothing */
#define CAPTURE_GOES_ON 0x10001U

struct keeper_message {
    uint32_t kind;  /* enum keeper_kind */
    uint32_t value; /* KEEPER_CAPTURE: see above; KEEPER_OWNER answer: 1 found; KEEPER_COMMAND:
                       length of text; KEEPER_LINK: index */
    uint64_t token; /* chosen by main, comes back */
    uint64_t inode; /* socket inode asked for */
    uint32_t uid;   /* its owner: narrows the search */
    int32_t pid;    /* answer */
    uint64_t start; /* answer: starttime, field 22 of /proc/PID/stat: tells a reused pid */
    char name[16];  /* answer: comm, raw, NUL padded */
    /* KEEPER_OWNER answer: target of /proc/PID/exe, raw, cut; "" not known. KEEPER_COMMAND: raw,
     * words end with NUL. */
    char text[128];
};

/* Packets asked about at once: at most so many. */
#define KEEPER_FLOWS_MAX 32

struct keeper_flows {
    uint32_t kind;  /* KEEPER_FLOWS */
    uint32_t count; /* of each[] */
    struct keeper_flow {
        uint64_t token; /* chosen by main, comes back */
        struct flow flow;
        uint32_t found;              /* answer: enum flow_found */
        struct flow_process process; /* answer */
    } each[KEEPER_FLOWS_MAX];
};

union keeper_any {
    uint32_t kind; /* enum keeper_kind */
    struct keeper_message message;
    struct keeper_flows flows;
};

/* Octets of a message of that kind; 0: there is no such kind. */
size_t keeper_size(uint32_t kind);

/* Send a question; never blocks. False where there is no keeper or its queue is full. */
bool guard_ask_owner(struct guard *guard, uint64_t token, uint64_t inode, uint32_t uid);
bool guard_ask_flows(struct guard *guard, struct keeper_flows *flows);
bool guard_ask_link(struct guard *guard, uint32_t index);
/* path: at most 127 octets, else false. position: of a pattern. */
bool guard_ask_profile(
    struct guard *guard, uint64_t token, uint32_t uid, const char *path, uint32_t position);
/* From now on the kernel notes nothing more. */
void guard_stop_flows(struct guard *guard);
/* Next message from the keeper: 1 got one, 0 none now, -1 the keeper is gone (keeper = -1 then). */
int guard_receive(struct guard *guard, union keeper_any *message);

#endif
