/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_SEVERAL_H
#define LEAKTOP_DECODE_SEVERAL_H

#include "decode/cursor.h"
#include "decode/packet.h"

/* One message of mDNS asks for several names (RFC 6762, 5.3 and 8.1) and announces several (8.3).
 */

/* Of one message, names told beside the first. */
#define SEVERAL_MAX 15

/* After the fact of the message's first name: of a question, one for each further entry of its
 * question section; of an answer that leaves, one for each further owner in its answer section. The
 * same entry, or owner, is told once. message: as dns_read left it. fact: that of the first name;
 * it is overwritten. A message that breaks off gives what stands before that. Returns the number of
 * facts. */
size_t several_rest(
    const struct cursor *message, struct fact *fact, packet_sink *sink, void *context);

#endif
