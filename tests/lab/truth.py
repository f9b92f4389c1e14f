#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What really left the user's machine in the clear, by tcpdump at the router and tshark's decoder.

usage: truth.py CAPTURE MAC    prints one look-up a line: time name type transport resolver source
"""
import subprocess
import sys
from collections import Counter, namedtuple

Lookup = namedtuple("Lookup", "time name type transport resolver source")

TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA",
         33: "SRV", 65: "HTTPS"}
FIELDS = ["frame.time_epoch", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "udp.dstport",
          "tcp.dstport", "dns.qry.name", "dns.qry.type"]


def lookups(capture, mac):
    """Each question that the machine with this MAC sent to a port 53, in order."""
    command = ["tshark", "-n", "-r", capture, "-Y",
               f"eth.src == {mac} && dns.flags.response == 0 && !icmp && !icmpv6 && "
               "(udp.dstport == 53 || tcp.dstport == 53)",
               "-T", "fields", "-E", "separator=/t", "-E", "aggregator=|", "-E", "occurrence=a"]
    for field in FIELDS:
        command += ["-e", field]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         check=False)
    if run.returncode != 0:
        sys.exit(f"truth.py: tshark: {run.stderr.strip()}")
    found = []
    for line in run.stdout.splitlines():
        epoch, src4, src6, dst4, dst6, udp, _, names, types = line.split("\t")
        for name, number in zip(names.split("|"), types.split("|")):
            number = int(number, 0)
            found.append(Lookup(float(epoch), name.lower().rstrip("."),
                                TYPES.get(number, f"TYPE{number}"), "udp" if udp else "tcp",
                                dst4 or dst6, src4 or src6))
    return found


def read(path):
    """What main() printed."""
    with open(path, encoding="utf-8") as text:
        rows = [line.split() for line in text]
    return [Lookup(float(row[0]), *row[1:]) for row in rows]


def counted(found):
    """How often each name was asked: by name, type, transport and resolver."""
    return Counter((one.name, one.type, one.transport, one.resolver) for one in found)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for one in lookups(sys.argv[1], sys.argv[2]):
        print(f"{one.time:.6f} {one.name or '.'} {' '.join(one[2:])}")
