#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""differential_compare.py FACTS CAPTURE...: holds the messages that FACTS (tests/tools/facts.c)
finds in each capture file against those that tshark finds, one by one. Prints each difference and
a closing line; exit status 1 if there was one."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict

TRANSPORTS = {"dns": None, "mdns": "mdns", "llmnr": "llmnr", "nbns": "nbns"}
# Checksums left zero are no reason to leave a fragment out; and segments come in any order.
TSHARK = ["tshark", "-n", "-T", "pdml", "-o", "tcp.reassemble_out_of_order:TRUE", "-o",
          "tcp.desegment_tcp_streams:TRUE", "-o", "ip.defragment:TRUE", "-o",
          "udp.check_checksum:FALSE", "-o", "udp.ignore_ipv6_zero_checksum:TRUE"]
# Of tshark's own accord these ports of DNSCrypt are QUIC's and nobody's. Only for the capture that holds
# nothing else on them.
CERTIFICATES = ["-d", "udp.port==443,dns", "-d", "udp.port==5443,dns"]


def presentation(octets):
    """RFC 1035, 5.1, of an uncompressed name."""
    labels, at = [], 0
    while octets[at] != 0:
        label = octets[at + 1:at + 1 + octets[at]]
        labels.append("".join(
            "\\" + chr(o) if chr(o) in ".\\" else chr(o) if 0x20 < o < 0x7F else "\\%03d" % o
            for o in label))
        at += 1 + octets[at]
    return ".".join(labels) or "."


def field(element, *names):
    for name in names:
        found = element.find(".//field[@name='%s']" % name)
        if found is not None:
            return found
    return None


def name_and_type(message):
    """Of the first question, else of the first answer."""
    named = field(message, "dns.qry.name", "dns.resp.name", "nbns.name")
    if named is None:
        return "-", 0
    kind = field(message, "dns.qry.type", "dns.resp.type", "nbns.type")
    if named.get("name") == "nbns.name":
        return re.sub(r"<[0-9a-f]{2}>.*", "", named.get("show")).rstrip(), 32
    return presentation(bytes.fromhex(named.get("value"))), int(kind.get("show"), 0)


def answered(message):
    """Addresses of the answer section, as many as leaktop keeps."""
    section = field(message, "dns.answers")
    for tree in message.iter("field"):
        if tree.get("show") == "Answers" or tree.get("showname") == "Answers":
            section = tree
    if section is None:
        return []
    return [part.get("show") for part in section.iter("field") if part.get("name") in ("dns.a", "dns.aaaa")][:4]


def named(message, transport, response):
    """What the message asks for or tells of. On the local link each different question counts."""
    first = name_and_type(message)
    told = [first]
    if transport in ("mdns", "llmnr") and not response:
        parts = list(message.iter("field"))
        names = [part.get("value") for part in parts if part.get("name") == "dns.qry.name"]
        types = [int(part.get("show"), 0) for part in parts if part.get("name") == "dns.qry.type"]
        for name, kind in zip(names, types):
            whole = first[0] if name.startswith("c0") else presentation(bytes.fromhex(name))
            if (whole, kind) not in told:
                told.append((whole, kind))
    return told


def tshark_messages(capture):
    ports = CERTIFICATES if capture.endswith("/dnscrypt.pcap") else []
    run = subprocess.run(TSHARK + ports + ["-r", capture], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         check=True)
    for packet in ElementTree.fromstring(run.stdout).iter("packet"):
        layers = packet.findall("proto")
        network = [p for p in layers if p.get("name") in ("ip", "ipv6")][-1:]
        outer = [p for p in layers if p.get("name") in ("udp", "tcp")][-1:]
        number = int(field(packet, "num").get("show"))
        joined = any(field(packet, name) is not None for name in
                     ("tcp.segments", "ip.fragments", "ipv6.fragments"))
        for message in layers:
            if message.get("name") not in TRANSPORTS or not outer:
                continue
            response = field(message, "dns.flags.response", "nbns.flags.response")
            if response is None:
                continue
            transport = TRANSPORTS[message.get("name")] or outer[0].get("name")
            protocol = outer[0].get("name")
            answer = response.get("show") in ("1", "True")
            # tshark has no word for it: the look-up of a certificate is known by its name.
            if re.match(r"2\.dnscrypt-cert(\.|$)", name_and_type(message)[0], re.IGNORECASE):
                transport = "dnscrypt"
            for name, rrtype in named(message, transport, answer):
                yield number, joined, (
                    "answer" if answer else "question", name, rrtype,
                    field(network[0], "ip.src", "ipv6.src").get("show"),
                    int(field(outer[0], protocol + ".srcport").get("show")),
                    field(network[0], "ip.dst", "ipv6.dst").get("show"),
                    int(field(outer[0], protocol + ".dstport").get("show")), transport,
                    int(field(message, "dns.id", "nbns.id").get("show"), 0)), answered(message)


def type_number(text, known={}):
    """The tool prints mnemonics; they are learnt from the table in the source."""
    if not known:
        with open("src/base/words.c", encoding="ascii") as source:
            table = source.read().split("rrtypes[] = {")[1].split("};")[0]
        known.update((word, int(number)) for number, word in
                     re.findall(r'\{(\d+), "(\w+)"\}', table))
    return known[text] if text in known else int(text[4:])


def fact_messages(tool, capture):
    run = subprocess.run([tool, capture], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         check=True, text=True)
    print("%s: %s" % (capture.rsplit("/", 1)[-1], run.stderr.strip()))
    for line in run.stdout.splitlines():
        part = line.split("\t")
        if part[0] in ("question", "answer"):
            yield int(part[2]), part[17], (part[0], part[3], type_number(part[4]), part[6], int(part[7]),
                                 part[8], int(part[9]), part[10], int(part[11]))


def compare(tool, capture):
    passed = failed = 0
    ours, kept = defaultdict(list), {}
    for number, addresses, key in fact_messages(tool, capture):
        ours[key].append(number)
        kept[key, number] = [] if addresses == "-" else addresses.split(",")
    for number, joined, key, addresses in tshark_messages(capture):
        # A message in several packets is known to us as soon as its head is there.
        fitting = [n for n in ours[key] if n == number or (joined and n <= number)]
        if fitting:
            ours[key].remove(fitting[0])
            passed += 1
            found = kept[key, fitting[0]]
            # Of a message in several packets, those that are in the head of it.
            if found == addresses or joined and found == addresses[:len(found)]:
                passed += len(found)
            else:
                failed += 1
                print("frame %d %s: tshark %s, leaktop %s" % (number, key, addresses, found))
        else:
            failed += 1
            print("only tshark: frame %d %s" % (number, key))
    for key, numbers in ours.items():
        for number in numbers:
            failed += 1
            print("only leaktop: frame %d %s" % (number, key))
    return passed, failed


def main():
    results = [compare(sys.argv[1], capture) for capture in sys.argv[2:]]
    passed, failed = (sum(column) for column in zip(*results))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
