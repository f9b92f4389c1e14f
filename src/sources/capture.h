/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_SOURCES_CAPTURE_H
#define LEAKTOP_SOURCES_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

struct frames;
struct ring;

/* Everything that touches packet bytes, run inside the capture process only.
 * lifeline: a descriptor whose end of file means that the others are gone: return. */

struct capture;

/* The decoder with its tables and its cryptography, whose start takes calls that the sandbox does
 * not allow. NULL without memory. */
struct capture *capture_new(void);
/* Open "any" with the kernel filter. Needs CAP_NET_RAW; called before rights are dropped.
 * 0, or -1 with the reason in error. */
int capture_open_live(struct capture *capture, char *error, size_t error_size);
/* A capture file (pcap, pcapng) on a descriptor that is read from its start; may be a pipe. Reads
 * its header, so it is called when all rights are gone. fd stays the caller's.
 * -1 where it is no capture file, reason in error. */
int capture_open_file(
    struct capture *capture, int fd, int lifeline, char *error, size_t error_size);
/* NULL is allowed. */
void capture_close(struct capture *capture);
/* The packet socket; -1 for a file. */
int capture_socket(const struct capture *capture);

/* Read until the lifeline ends (live) or the file ends, putting facts into the ring, and packets
 * that may prove a leak into frames (NULL: none), and reporting state. Called with all rights gone
 * and seccomp on; uses only calls of sandbox_capture. False where it ended by an error, which was
 * reported. */
bool capture_run(struct capture *capture, struct ring *ring, struct frames *frames, int lifeline);

#endif
