#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""differential_packets.py DIRECTORY: writes capture files with look-ups of many kinds, always the
same ones, for differential.sh. Nothing may be sent: scapy asks the link for hardware addresses that
are not given, so all are given here, and differential.sh runs this without a network."""

import logging
import random
import struct
import sys
from pathlib import Path

# It warns of a machine without addresses: that is how it shall run.
logging.getLogger("scapy.runtime").setLevel(logging.ERROR)

from scapy.all import (IP, IPOption_NOP, PPP, UDP, TCP, CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, IPv6,
                       IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                       IPv6ExtHdrRouting, PPPoE, Raw)

CLIENT4, SERVER4 = "192.0.2.10", "198.51.100.53"
CLIENT6, SERVER6 = "2001:db8::10", "2001:db8:53::53"
TYPES = [1, 2, 5, 6, 12, 15, 16, 28, 33, 35, 43, 48, 52, 64, 65, 255, 256, 257, 32768, 65280, 65535]
HOSTILE = [b"a.b", b"back\\slash", b"nul\0", b"\x1b]0;title\x07", b"\r\n\b", b"\x7f\x9b", b" ", b"-",
           b"\xe2\x80\xae", b"\xff\xfe\xfd", b"%s%n", b"<b>&\"'", b"\xc3\xa9t\xc3\xa9", b"x" * 63]


def ether():
    return Ether(src="02:00:00:00:00:10", dst="02:00:00:00:00:53")


def wire_name(labels):
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def random_name(source):
    kind = source.randrange(10)
    if kind == 0:
        return wire_name([b"x"] * 127)
    if kind == 1:
        return wire_name([b"y" * 63] * 3 + [b"y" * 61])
    if kind == 2:
        return wire_name([])
    labels = [source.choice(HOSTILE) if source.randrange(4) == 0 else
              bytes(source.choice(b"abcdefghijklmnopqrstuvwxyzABCDEF0123456789_-")
                    for _ in range(source.randrange(1, 20)))
              for _ in range(source.randrange(1, 5))]
    return wire_name(labels)


OPT = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)


def record(owner, rrtype, rdata, rrclass=1):
    return owner + struct.pack("!HHIH", rrtype, rrclass, 300, len(rdata)) + rdata


def question_message(source, name=None, flags=0x0100, rrclass=1):
    name = name if name is not None else random_name(source)
    edns = source.randrange(2)
    extra = source.randrange(8) == 0  # a second question, as no resolver sends it
    return (struct.pack("!6H", source.randrange(65536), flags, 1 + extra, 0, 0, edns) + name +
            struct.pack("!HH", source.choice(TYPES), rrclass) +
            (b"\xc0\x0c\0\1\0\1" if extra else b"") + OPT * edns)


def answer_message(source, size=0):
    name = random_name(source)
    records = [record(b"\xc0\x0c", 1, source.randbytes(4)) for _ in range(source.randrange(4))]
    while 16 * len(records) < size:
        records.append(record(b"\xc0\x0c", 1, source.randbytes(4)))
    rcode = source.choice([0, 0, 0, 2, 3, 5])
    return (struct.pack("!6H", source.randrange(65536), 0x8180 | rcode, 1, len(records), 0, 1) +
            name + struct.pack("!HH", source.choice(TYPES), 1) + b"".join(records) + OPT)


def message(source):
    return answer_message(source) if source.randrange(2) else question_message(source)


def ports(source, octets):
    client = source.randrange(1024, 5000)
    return (53, client) if octets[2] & 0x80 else (client, 53)


def ip4(octets, protocol_header):
    return IP(src=CLIENT4, dst=SERVER4, id=7) / protocol_header / Raw(octets)


def ip6(octets, protocol_header):
    chain = IPv6(src=CLIENT6, dst=SERVER6)
    return chain / protocol_header / Raw(octets)


def udp(source, octets):
    sport, dport = ports(source, octets)
    return UDP(sport=sport, dport=dport)


def datagram(source):
    octets = message(source)
    return (ip4 if source.randrange(2) else ip6)(octets, udp(source, octets))


class Capture:
    """One file; each packet is 1.001 ms after the one before."""

    def __init__(self, directory, name, linktype):
        self.file = open(directory / (name + ".pcap"), "wb")
        self.file.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, linktype))
        self.number = 0

    def add(self, packet):
        octets = bytes(packet)
        time_us = 1001 * self.number
        self.number += 1
        self.file.write(struct.pack("<4I", 1700000000 + time_us // 1000000, time_us % 1000000,
                                    len(octets), len(octets)) + octets)

    def close(self):
        self.file.close()


def ethernet(directory):
    source = random.Random(1)
    capture = Capture(directory, "ethernet", 1)
    outers = [lambda p: ether() / p, lambda p: ether() / Dot1Q(vlan=5) / p,
              lambda p: ether() / Dot1AD(vlan=6) / Dot1Q(vlan=7) / p,
              lambda p: ether() / PPPoE(sessionid=3) / PPP() / p]
    for number in range(600):
        packet = outers[number % 4](datagram(source))
        packet = Ether(bytes(packet))
        if len(packet) < 60:
            packet = packet / Raw(b"\0" * (60 - len(packet)))
        capture.add(packet)
    capture.close()


def cooked(directory):
    source = random.Random(2)
    capture = Capture(directory, "sll", 113)
    capture2 = Capture(directory, "sll2", 276)
    for _ in range(300):
        packet = datagram(source)
        proto = 0x0800 if IP in packet else 0x86DD
        capture.add(CookedLinux(pkttype=source.choice([0, 1, 2, 3, 4]), lladdrtype=1, lladdrlen=6,
                                proto=proto) / packet)
        capture2.add(CookedLinuxV2(pkttype=source.choice([0, 4]), ifindex=source.randrange(1, 9),
                                   lladdrtype=0xFFFE, lladdrlen=0, proto=proto) / packet)
    capture.close()
    capture2.close()


def other_links(directory):
    source = random.Random(3)
    for name, linktype in (("raw", 101), ("null", 0), ("loop", 108), ("ppp", 9)):
        capture = Capture(directory, name, linktype)
        for _ in range(150):
            packet = datagram(source)
            version4 = IP in packet
            head = {"raw": b"",
                    "null": struct.pack("<I", 2 if version4 else 30),
                    "loop": struct.pack(">I", 2 if version4 else 30),
                    "ppp": b"\xff\x03" + (b"\x00\x21" if version4 else b"\x00\x57")}[name]
            capture.add(Raw(head + bytes(packet)))
        capture.close()


def extensions(directory):
    source = random.Random(4)
    capture = Capture(directory, "extensions", 101)
    for _ in range(150):
        octets = message(source)
        chain = IPv6(src=CLIENT6, dst=SERVER6)
        for _ in range(source.randrange(4)):
            chain = chain / source.choice([IPv6ExtHdrHopByHop, IPv6ExtHdrDestOpt,
                                           lambda: IPv6ExtHdrRouting(addresses=[SERVER6]),
                                           lambda: IPv6ExtHdrFragment(id=9)])()
        capture.add(chain / udp(source, octets) / Raw(octets))
    for _ in range(50):
        octets = message(source)
        packet = IP(src=CLIENT4, dst=SERVER4, options=[IPOption_NOP()] * 4 * source.randrange(1, 5))
        capture.add(packet / udp(source, octets) / Raw(octets))
    capture.close()


def local_names(directory):
    source = random.Random(5)
    capture = Capture(directory, "local", 1)

    def netbios(text):
        padded = text.ljust(15)[:15].encode() + b"\x20"
        return b"\x20" + b"".join(bytes([65 + (c >> 4), 65 + (c & 15)]) for c in padded) + b"\0"

    for number in range(200):
        kind = number % 8
        name = wire_name([b"host%d" % number, b"local"])
        if kind == 0:
            sport, dport, octets = 5353, 5353, question_message(source, name, 0, 0x8001)
        elif kind == 1:
            sport, dport, octets = 5353, 5353, question_message(source, name, 0)
        elif kind == 2:  # announcement
            sport, dport = 5353, 5353
            octets = struct.pack("!6H", 0, 0x8400, 0, 2, 0, 0) + record(
                name, 1, b"\1\2\3\4", 0x8001) + record(b"\xc0\x0c", 28, b"\1" * 16, 0x8001)
        elif kind == 3:
            sport, dport = 40000, 5355
            octets = question_message(source, wire_name([b"host%d" % number]), 0)
        elif kind == 4:
            sport, dport = 5355, 40000
            octets = question_message(source, wire_name([b"host%d" % number]), 0x8000)
        elif kind in (5, 6):  # query, registration
            sport, dport = 137, 137
            octets = struct.pack("!6H", number, 0x0110 if kind == 5 else 0x2910, 1, 0, 0,
                                 kind - 5) + netbios("HOST%d" % number) + b"\0\x20\0\1"
            if kind == 6:
                octets += record(b"\xc0\x0c", 32, b"\0\0\1\2\3\4")
        else:
            sport, dport = 137, 137
            octets = struct.pack("!6H", number, 0x8500, 0, 1, 0, 0) + record(
                netbios("HOST%d" % number), 32, b"\0\0\1\2\3\4")
        header = UDP(sport=sport, dport=dport)
        capture.add(ether() / (ip4 if source.randrange(2) else ip6)(octets, header))
    capture.close()


def parts_of(payload, source):
    """Fragments of 8 to 64 octets at first, the rest in pieces of 1,200."""
    size = source.randrange(8, 72, 8)
    parts, at = [], 0
    while at < len(payload):
        parts.append((at, payload[at:at + size]))
        at += size
        if at > 400:
            size = 1200
    return parts


def fragments(directory):
    source = random.Random(6)
    capture = Capture(directory, "fragments", 101)
    for number in range(300):
        octets = message(source) if source.randrange(3) else answer_message(source, 3000)
        sport, dport = ports(source, octets)
        # Checksum 0 is "none" in IPv4; for IPv6 the comparison does not look at it.
        payload = struct.pack("!4H", sport, dport, 8 + len(octets), 0) + octets
        parts = parts_of(payload, source)
        last = parts[-1][0]
        if source.randrange(2):
            source.shuffle(parts)
        if source.randrange(3) == 0:
            parts.insert(source.randrange(len(parts)), source.choice(parts))
        for at, part in parts:
            if number % 2:
                capture.add(IP(src=CLIENT4, dst=SERVER4, id=number, proto=17, frag=at // 8,
                               flags="MF" if at != last else 0) / Raw(part))
            else:
                capture.add(IPv6(src=CLIENT6, dst=SERVER6) / IPv6ExtHdrFragment(
                    nh=17, offset=at // 8, m=int(at != last), id=number) / Raw(part))
    capture.close()


def streams(directory):
    source = random.Random(7)
    capture = Capture(directory, "streams", 101)
    for number in range(250):
        response = source.randrange(2)
        messages = []
        for _ in range(source.randrange(1, 6)):
            if response:
                octets = answer_message(source, source.choice([0, 0, 0, 5000]))
            else:
                octets = question_message(source)
            messages.append(struct.pack("!H", len(octets)) + octets)
        stream = b"".join(messages)
        isn = source.choice([1000, 0xFFFFFFF0, source.randrange(2**32)])
        client = 10000 + number
        network = IP(src=CLIENT4, dst=SERVER4) if number % 2 else IPv6(src=CLIENT6, dst=SERVER6)
        sport, dport = (53, client) if response else (client, 53)
        capture.add(network / TCP(sport=sport, dport=dport, seq=isn,
                                  flags="SA" if response else "S"))
        style = source.randrange(4)
        cuts = {0: [], 1: source.sample(range(1, len(stream)), min(len(stream) - 1, 6)),
                2: [1, 2, 3], 3: list(range(700, len(stream), 700))}[style]
        bounds = [0] + sorted(set(cuts)) + [len(stream)]
        parts = list(zip(bounds, bounds[1:]))
        order = source.randrange(3)
        # Out of order come packets of the wire, not what a network card glued together.
        if order == 1 and len(parts) > 1 and max(end - begin for begin, end in parts) <= 1460:
            swap = source.randrange(len(parts) - 1)
            parts[swap], parts[swap + 1] = parts[swap + 1], parts[swap]
        elif order == 2:
            parts.insert(source.randrange(len(parts)) + 1, source.choice(parts[:1]))
        for begin, end in parts:
            capture.add(network / TCP(sport=sport, dport=dport, seq=(isn + 1 + begin) % 2**32,
                                      ack=1, flags="PA") / Raw(stream[begin:end]))
        capture.add(network / TCP(sport=sport, dport=dport, flags="FA", ack=1,
                                  seq=(isn + 1 + len(stream)) % 2**32))
    capture.close()


def certificates(directory):
    """What DNSCrypt's clients ask for first, in the clear, on its usual ports, and the answers. Names
    that only resemble it stay on port 53, where they are look-ups like others."""
    source = random.Random(8)
    capture = Capture(directory, "dnscrypt", 101)
    for number in range(200):
        prefix = source.choice([b"dnscrypt-cert", b"DNSCrypt-Cert"])
        near_miss = number % 5 == 4
        if near_miss:
            labels = source.choice([[b"1", prefix], [b"2", prefix + b"s"], [b"2" + prefix], [b"22", prefix]])
        else:
            labels = [b"2", prefix]
        name = wire_name(labels + [b"resolver%d" % number, b"example"])
        server = 53 if near_miss else source.choice([53, 443, 5443])
        client, ident = 20000 + number, source.randrange(65536)
        asked = name + struct.pack("!HH", 16, 1)
        certificate = b"\x7cDNSC\0\2\0\0" + source.randbytes(116)
        question = struct.pack("!6H", ident, 0x0100, 1, 0, 0, 0) + asked
        answer = struct.pack("!6H", ident, 0x8580, 1, 1, 0, 0) + asked + record(b"\xc0\x0c", 16, certificate)
        if number % 2:
            there, back = IP(src=CLIENT4, dst=SERVER4), IP(src=SERVER4, dst=CLIENT4)
        else:
            there, back = IPv6(src=CLIENT6, dst=SERVER6), IPv6(src=SERVER6, dst=CLIENT6)
        capture.add(there / UDP(sport=client, dport=server) / Raw(question))
        capture.add(back / UDP(sport=server, dport=client) / Raw(answer))
    capture.close()


def main():
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for write in (ethernet, cooked, other_links, extensions, local_names, fragments, streams, certificates):
        write(directory)


if __name__ == "__main__":
    main()
