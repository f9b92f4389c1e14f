#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What really left the user's machine, by tcpdump at the router and tshark's decoders.

usage: truth.py CAPTURE MAC           prints one a line: time name type transport resolver source
       truth.py CAPTURE ADDRESS,...   the same of a machine known by its addresses

Plain look-ups on port 53; encrypted ones by their first hello (name: the server's, type '-'), told
from other encrypted connections by what the lab knows of its own servers; STUN requests (name and
type '-'); DNSCrypt by the certificate's question, and by each answer that came (its magic is all that
tells); and what was told to the neighbours (mdns, llmnr, nbns). A name that is not there is '-'.
"""
import re
import subprocess
import sys
from collections import Counter, namedtuple

Lookup = namedtuple("Lookup", "time name type transport resolver source")

TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA",
         33: "SRV", 64: "SVCB", 65: "HTTPS", 255: "ANY"}
PLAIN = {"udp", "tcp"}
ENCRYPTED = {"dot", "doq", "doh", "doh3", "dnscrypt"}
LOCAL = {"mdns": 5353, "llmnr": 5355, "nbns": 137}
# The lab's own resolver: who speaks of DNS on port 443, and where nothing else is served.
DOH_HOSTS = {"doh.example.org"}
DOH_ADDRESSES = {"198.51.100.90", "2001:db8:90::90"}
DNSCRYPT_PORT = 5443

FIELDS = ["frame.time_epoch", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "udp.dstport",
          "tcp.dstport", "udp.stream", "tcp.stream", "dns.flags.response", "dns.qry.name",
          "dns.qry.type", "tls.handshake.type", "tls.handshake.extensions_server_name", "stun.type",
          "nbns.flags.response", "nbns.name", "eth.dst"]
WANTED = ("dns.flags.response == 0 || nbns.flags.response == 0 || tls.handshake.type == 1 || "
          "stun.type == 0x0001 || stun.type == 0x0003")
DNSCRYPT_ANSWER = "udp.payload[0:8] == " + b"r6fnvWj8".hex(":")
# The tunnel's far end is no resolver, whatever port it listens on.
TUNNEL = "ip.addr == 192.0.2.66 && udp.port == 53"
DECODE_AS = [f"udp.port=={DNSCRYPT_PORT},dns", "udp.port==853,quic"]


class Sent:
    """tshark's fields of one packet."""

    def __init__(self, line):
        self.fields = dict(zip(FIELDS, line.split("\t")))
        self.udp = self["udp.dstport"] != ""
        self.port = int(self["udp.dstport"] or self["tcp.dstport"])
        self.destination = self["ip.dst"] or self["ipv6.dst"]

    def __getitem__(self, field):
        return self.fields[field]

    def lookup(self, name, qtype, transport):
        return Lookup(float(self["frame.time_epoch"]), name or "-", qtype, transport,
                      self.destination, self["ip.src"] or self["ipv6.src"])

    def questions(self, transport):
        """Each question of a DNS message or several; names absolute, and in lower case."""
        for name, number in zip(self["dns.qry.name"].split("|"), self["dns.qry.type"].split("|")):
            number = int(number, 0)
            name = "." if name == "<Root>" else name.lower().rstrip(".")
            yield self.lookup(name, TYPES.get(number, f"TYPE{number}"), transport)

    def plain(self):
        """The transport of a DNS message that can be read; None where it is of no port known."""
        if self.port == 53:
            return "udp" if self.udp else "tcp"
        if self.port == DNSCRYPT_PORT and "dnscrypt-cert" in self["dns.qry.name"]:
            return "dnscrypt"
        for transport, port in LOCAL.items():
            if self.port == port and transport != "nbns":
                return transport
        return None

    def encrypted(self):
        """What a hello begins; None where it is not about names."""
        if self.port == 853:
            return "doq" if self.udp else "dot"
        if self["tls.handshake.extensions_server_name"] in DOH_HOSTS or \
                self.destination in DOH_ADDRESSES:
            return "doh3" if self.udp else "doh"
        return None


def filters(who):
    """tshark's filters of what was sent by `who`, and to it."""
    if re.fullmatch("([0-9a-f]{2}:){5}[0-9a-f]{2}", who):
        return f"eth.src == {who}", f"eth.dst == {who}"
    fields = [("ipv6" if ":" in one else "ip", one) for one in who.split(",")]
    return ["(" + " || ".join(f"{field}.{way} == {one}" for field, one in fields) + ")"
            for way in ("src", "dst")]


def lookups(capture, who):
    """All that the machine `who`, a MAC or its addresses, sent, in order."""
    sent_by, sent_to = filters(who)
    command = ["tshark", "-n", "-r", capture,
               "-Y", f"!icmp && !icmpv6 && !({TUNNEL}) && (({sent_by} && ({WANTED})) || "
                     f"({sent_to} && {DNSCRYPT_ANSWER}))",
               "-T", "fields", "-E", "separator=/t", "-E", "aggregator=|", "-E", "occurrence=a"]
    for rule in DECODE_AS:
        command += ["-d", rule]
    for field in FIELDS:
        command += ["-e", field]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         check=False)
    if run.returncode != 0:
        sys.exit(f"truth.py: tshark: {run.stderr.strip()}")
    found, connections = [], set()
    for sent in map(Sent, run.stdout.splitlines()):
        if sent["eth.dst"] == who or sent.destination in who.split(","):
            found.append(sent.lookup("", "-", "dnscrypt")._replace(
                resolver=sent["ip.src"] or sent["ipv6.src"], source=sent.destination))
        elif sent["stun.type"]:
            found.append(sent.lookup("", "-", "stun"))
        elif sent["nbns.name"]:
            found.append(sent.lookup(sent["nbns.name"].split("<")[0].strip(), "NB", "nbns"))
        elif sent["dns.qry.name"]:
            if transport := sent.plain():
                found += sent.questions(transport)
        elif sent["tls.handshake.type"]:
            connection = sent["udp.stream"], sent["tcp.stream"]
            transport = sent.encrypted()
            if transport and connection not in connections:
                connections.add(connection)
                found.append(sent.lookup(
                    sent["tls.handshake.extensions_server_name"].split("|")[0].lower(), "-",
                    transport))
    return found


def read(path):
    """What main() printed."""
    with open(path, encoding="utf-8") as text:
        lines = [line.split() for line in text]
    return [Lookup(float(line[0]), *line[1:]) for line in lines]


def left(found):
    """Those that told a resolver something: no STUN, nothing of the local link."""
    return [each for each in found if each.transport in PLAIN | ENCRYPTED]


def counted(found):
    """How often each was asked: by name, type, transport and resolver."""
    return Counter((each.name, each.type, each.transport, each.resolver) for each in found)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for lookup in lookups(sys.argv[1], sys.argv[2]):
        print(f"{lookup.time:.6f} {' '.join(lookup[1:])}")
