/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode/dnscrypt.h"

#include "decode/dns.h"

bool dnscrypt_certificate(const uint8_t *name, size_t length)
{
    static const uint8_t labels[] = "\0012\015dnscrypt-cert";
    enum { LABELS = sizeof labels - 1 };
    if (length <= LABELS || name[1] != '2')
        return false;
    /* Clients may mix the letters' case (RFC 4343). Of these octets no two differ by it alone. */
    for (size_t i = 0; i < LABELS; i++) {
        uint8_t octet = name[i];
        if (octet >= 'A' && octet <= 'Z')
            octet |= 0x20;
        if (octet != labels[i])
            return false;
    }
    return true;
}

bool dnscrypt_asks(const struct cursor *datagram)
{
    size_t length = cursor_left(datagram);
    return length > DNS_HEADER && octets_u16(datagram->at + 4) == 1 &&
           dnscrypt_certificate(datagram->at + DNS_HEADER, length - DNS_HEADER);
}
