/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/words.h"

#include <stddef.h>

#include "base/text.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define PICK(table, index) ((unsigned)(index) < LENGTH(table) ? (table)[index] : "?")

static const char *const transport_words[] = {
    [TRANSPORT_UDP] = "udp",
    [TRANSPORT_TCP] = "tcp",
    [TRANSPORT_DOT] = "dot",
    [TRANSPORT_DOQ] = "doq",
    [TRANSPORT_DOH] = "doh",
    [TRANSPORT_DOH3] = "doh3",
    [TRANSPORT_DNSCRYPT] = "dnscrypt",
    [TRANSPORT_MDNS] = "mdns",
    [TRANSPORT_LLMNR] = "llmnr",
    [TRANSPORT_NBNS] = "nbns",
    [TRANSPORT_STUN] = "stun",
};
_Static_assert(LENGTH(transport_words) == TRANSPORT_COUNT, "a word per transport");

static const char *const role_words[] = {
    [ROLE_UNKNOWN] = "unknown",
    [ROLE_LOOPBACK] = "loopback",
    [ROLE_TUNNEL] = "tunnel",
    [ROLE_UPLINK] = "uplink",
    [ROLE_OVERLAY] = "overlay",
    [ROLE_INNER] = "inner",
};
_Static_assert(LENGTH(role_words) == ROLE_COUNT, "a word per role");

static const char *const expectation_words[] = {
    [EXPECT_NONE] = "none",
    [EXPECT_VPN] = "vpn",
    [EXPECT_TOR] = "tor",
};
_Static_assert(LENGTH(expectation_words) == EXPECT_COUNT, "a word per expectation");

static const char *const exposure_words[] = {
    [EXPOSURE_UNKNOWN] = "unknown",
    [EXPOSURE_INTERNAL] = "internal",
    [EXPOSURE_TUNNELLED] = "tunnelled",
    [EXPOSURE_EXPOSED] = "exposed",
    [EXPOSURE_BYPASS] = "bypass",
    [EXPOSURE_LAN] = "lan",
    [EXPOSURE_BOOTSTRAP] = "bootstrap",
    [EXPOSURE_OPEN] = "open",
};
_Static_assert(LENGTH(exposure_words) == EXPOSURE_COUNT, "a word per exposure");

static const char exposure_symbols[] = {
    [EXPOSURE_UNKNOWN] = '?',
    [EXPOSURE_INTERNAL] = ' ',
    [EXPOSURE_TUNNELLED] = '+',
    [EXPOSURE_EXPOSED] = 'X',
    [EXPOSURE_BYPASS] = 'X',
    [EXPOSURE_LAN] = '!',
    [EXPOSURE_BOOTSTRAP] = '+',
    [EXPOSURE_OPEN] = 'o',
};
_Static_assert(LENGTH(exposure_symbols) == EXPOSURE_COUNT, "a symbol per exposure");

static const char *const certainty_words[] = {
    [CERTAINTY_PLAIN] = "",
    [CERTAINTY_NAME] = "name seen",
    [CERTAINTY_ADDRESS] = "address alone",
    [CERTAINTY_BEHAVIOUR] = "behaviour",
};
_Static_assert(LENGTH(certainty_words) == CERTAINTY_COUNT, "a word per certainty");

static const char *const excuse_words[] = {
    [EXCUSE_NONE] = "",
    [EXCUSE_CLIENT] = "the VPN client's own",
    [EXCUSE_SERVER_NAME] = "name of a VPN server",
    [EXCUSE_PEER] = "the tunnel came up to the address answered",
    [EXCUSE_SPLIT] = "split DNS",
    [EXCUSE_CONNECTIVITY] = "connectivity check",
    [EXCUSE_INTENDED] = "marked as intended",
};
_Static_assert(LENGTH(excuse_words) == EXCUSE_COUNT, "a word per excuse");

static const char *const state_words[] = {
    [STATE_OK] = "ok",
    [STATE_WARN] = "warn",
    [STATE_LEAK] = "leak",
    [STATE_UNKNOWN] = "unknown",
    [STATE_OFF] = "off",
    [STATE_UNPROTECTED] = "unprotected",
};
_Static_assert(LENGTH(state_words) == STATE_COUNT, "a word per state");

static const char state_symbols[] = {
    [STATE_OK] = '+',
    [STATE_WARN] = '!',
    [STATE_LEAK] = 'X',
    [STATE_UNKNOWN] = '?',
    [STATE_OFF] = '-',
    [STATE_UNPROTECTED] = 'o',
};
_Static_assert(LENGTH(state_symbols) == STATE_COUNT, "a symbol per state");

const char *transport_word(enum transport transport)
{
    return PICK(transport_words, transport);
}

bool transport_shows_type(enum transport transport, unsigned type)
{
    switch (transport) {
    case TRANSPORT_DOT:
    case TRANSPORT_DOQ:
    case TRANSPORT_DOH:
    case TRANSPORT_DOH3:
    case TRANSPORT_DNSCRYPT: /* a question for its certificate is in the clear */
        return type != 0;
    case TRANSPORT_STUN:
        return false;
    case TRANSPORT_UDP:
    case TRANSPORT_TCP:
    case TRANSPORT_MDNS:
    case TRANSPORT_LLMNR:
    case TRANSPORT_NBNS:
    case TRANSPORT_COUNT:
        break;
    }
    return true;
}

const char *role_word(enum role role)
{
    return PICK(role_words, role);
}

const char *expectation_word(enum expectation expectation)
{
    return PICK(expectation_words, expectation);
}

const char *exposure_word(enum exposure exposure)
{
    return PICK(exposure_words, exposure);
}

const char *certainty_word(enum certainty certainty)
{
    return PICK(certainty_words, certainty);
}

const char *excuse_word(enum excuse excuse)
{
    return PICK(excuse_words, excuse);
}

const char *state_word(enum state state)
{
    return PICK(state_words, state);
}

char state_symbol(enum state state)
{
    if ((unsigned)state >= LENGTH(state_symbols))
        return '?';
    return state_symbols[state];
}

char exposure_symbol(enum exposure exposure)
{
    if ((unsigned)exposure >= LENGTH(exposure_symbols))
        return '?';
    return exposure_symbols[exposure];
}

struct number_word {
    unsigned number;
    const char *word;
};

/* IANA, "Domain Name System (DNS) Parameters". */
static const struct number_word rrtypes[] = {
    {1, "A"},
    {28, "AAAA"},
    {65, "HTTPS"},
    {2, "NS"},
    {5, "CNAME"},
    {6, "SOA"},
    {10, "NULL"},
    {12, "PTR"},
    {13, "HINFO"},
    {15, "MX"},
    {16, "TXT"},
    {17, "RP"},
    {18, "AFSDB"},
    {24, "SIG"},
    {25, "KEY"},
    {29, "LOC"},
    /* NIMLOC in the registry, never deployed: on the wire it is the name service of NetBIOS. */
    {32, "NB"},
    {33, "SRV"},
    {35, "NAPTR"},
    {36, "KX"},
    {37, "CERT"},
    {39, "DNAME"},
    {41, "OPT"},
    {42, "APL"},
    {43, "DS"},
    {44, "SSHFP"},
    {45, "IPSECKEY"},
    {46, "RRSIG"},
    {47, "NSEC"},
    {48, "DNSKEY"},
    {49, "DHCID"},
    {50, "NSEC3"},
    {51, "NSEC3PARAM"},
    {52, "TLSA"},
    {53, "SMIMEA"},
    {55, "HIP"},
    {59, "CDS"},
    {60, "CDNSKEY"},
    {61, "OPENPGPKEY"},
    {62, "CSYNC"},
    {63, "ZONEMD"},
    {64, "SVCB"},
    {99, "SPF"},
    {104, "NID"},
    {105, "L32"},
    {106, "L64"},
    {107, "LP"},
    {108, "EUI48"},
    {109, "EUI64"},
    {128, "NXNAME"},
    {249, "TKEY"},
    {250, "TSIG"},
    {251, "IXFR"},
    {252, "AXFR"},
    {253, "MAILB"},
    {254, "MAILA"},
    {255, "ANY"},
    {256, "URI"},
    {257, "CAA"},
    {258, "AVC"},
    {259, "DOA"},
    {260, "AMTRELAY"},
    {261, "RESINFO"},
    {262, "WALLET"},
    {32768, "TA"},
    {32769, "DLV"},
};

static const struct number_word rcodes[] = {
    {0, "NOERROR"},
    {1, "FORMERR"},
    {2, "SERVFAIL"},
    {3, "NXDOMAIN"},
    {4, "NOTIMP"},
    {5, "REFUSED"},
    {6, "YXDOMAIN"},
    {7, "YXRRSET"},
    {8, "NXRRSET"},
    {9, "NOTAUTH"},
    {10, "NOTZONE"},
    {11, "DSOTYPENI"},
    {16, "BADVERS"},
    {17, "BADKEY"},
    {18, "BADTIME"},
    {19, "BADMODE"},
    {20, "BADNAME"},
    {21, "BADALG"},
    {22, "BADTRUNC"},
    {23, "BADCOOKIE"},
};

static const char *number_format(const struct number_word *table, size_t count, const char *prefix,
    unsigned number, char out[static RRTYPE_TEXT])
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].number == number) {
            text_format(out, RRTYPE_TEXT, "%s", table[i].word);
            return out;
        }
    }
    text_format(out, RRTYPE_TEXT, "%s%u", prefix, number);
    return out;
}

const char *rrtype_format(unsigned type, char out[static RRTYPE_TEXT])
{
    return number_format(rrtypes, LENGTH(rrtypes), "TYPE", type, out);
}

const char *rcode_format(unsigned rcode, char out[static RRTYPE_TEXT])
{
    return number_format(rcodes, LENGTH(rcodes), "RCODE", rcode, out);
}
