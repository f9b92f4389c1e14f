/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LEAKTOP_DECODE_DNS_H
#define LEAKTOP_DECODE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fact.h"
#include "decode/cursor.h"

/* DNS messages (RFC 1035, 4) and their relatives mDNS (RFC 6762), LLMNR (RFC 4795) and the name
 * service of NetBIOS (RFC 1002), which share header and sections. */

#define DNS_HEADER 12
/* The most octets from which a head is judged: header, longest name, and what stands fixed behind
 * it in a question (4) or a record (10). */
#define DNS_HEAD_MAX (DNS_HEADER + NAME_WIRE_MAX + 10)

enum dns_outcome {
    DNS_OK,
    DNS_SHORT, /* what is there is right, and more was on the wire than is there */
    DNS_BAD,   /* the message does not hold what it claims */
};

/* Header and first question; without a question, the first answer's owner stands for it. */
struct dns_head {
    uint16_t id;
    uint16_t flags; /* as on the wire: see enum dns_flag */
    uint16_t rcode; /* extended where the message carries EDNS (RFC 6891) */
    uint16_t questions, answers, authorities, additionals;
    uint16_t type, class; /* 0 where name_length is 0 */
    uint8_t name_length;  /* octets of the name, 0 where there is neither question nor answer */
    bool edns;
    uint8_t address_count; /* of addresses[] */
    /* Those of the A and AAAA records of the answer section, whoever owns them, as far as it is
     * there and unbroken. */
    struct address addresses[FACT_ADDRESSES];
};

enum dns_flag {
    DNS_RESPONSE = 0x8000,
    DNS_OPCODE = 0x7800,
    DNS_TRUNCATED = 0x0200,
    DNS_RECURSION_DESIRED = 0x0100,
};

/* Read the head of the message that begins at the cursor and ends with it; where the cursor is left
 * has no meaning. The name goes to name, and only name_length octets of it are written. Counts that
 * lie about later sections do not make a message bad: EDNS is then not found, nor more addresses.
 */
enum dns_outcome dns_read(
    struct cursor *message, struct dns_head *head, uint8_t name[static NAME_WIRE_MAX]);

/* Read one name, compressed or not, at the cursor, whose base is the start of the message. Returns
 * its uncompressed length; 0 with cursor->failed where it is none. Pointers must lead strictly
 * backwards, and not into the header. */
size_t dns_name_read(struct cursor *cursor, uint8_t name[static NAME_WIRE_MAX]);

/* RFC 1001, 14.1: turn the first label of a NetBIOS name in wire form into what it encodes, in
 * place: one label, without the padding, the service octet and the scope. Returns the new length,
 * 0 where the label is not so encoded. */
size_t dns_netbios_decode(uint8_t name[static NAME_WIRE_MAX], size_t length);

/* One resource record; rdata points into the message. */
struct dns_record {
    uint16_t type, class;
    uint32_t ttl; /* seconds */
    const uint8_t *rdata;
    uint16_t rdata_length;
    uint8_t owner_length;
    uint8_t owner[NAME_WIRE_MAX]; /* uncompressed */
};

/* A walk through the answer section of a complete message, which must outlive it. */
struct dns_answers {
    struct cursor at; /* at.failed once the message did not hold what it claims */
    uint16_t left;
};

/* Stand before the first answer. False where header or questions are broken. */
bool dns_answers_begin(struct dns_answers *walk, const uint8_t *message, size_t length);
/* The next answer into *record. False at the end, and where the record is broken. */
bool dns_answer_next(struct dns_answers *walk, struct dns_record *record);

/* The address of an A or AAAA record of class IN. False for all others. */
bool dns_record_address(const struct dns_record *record, struct address *address);
/* A cursor over the rdata of a TXT record for dns_text_next; empty for other types. */
struct cursor dns_record_texts(const struct dns_record *record);
/* The next character-string (raw octets, not terminated) of a TXT record. False at the end. */
bool dns_text_next(struct cursor *texts, const uint8_t **text, size_t *length);
/* The name in the rdata of a CNAME, NS, PTR or DNAME record that walk gave last. Returns its
 * length, 0 where there is none. */
size_t dns_record_name(const struct dns_answers *walk, const struct dns_record *record,
    uint8_t name[static NAME_WIRE_MAX]);

#endif
