#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A neighbour that puts on the wire what it should not. Runs on the router.

usage: forge.py stranger DEVICE ASKED SOURCE     who asks ASKED gets an answer from SOURCE, at once
       forge.py flood DEVICE MAC ADDRESS COUNT   look-alike answers and questions to that machine, and
                                                 each tenth is no DNS at all
"""
import ipaddress
import os
import socket
import struct
import sys

FROM = "192.168.1.77"


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def packet(source, destination, source_port, port, payload):
    """IPv4 and UDP around it, without UDP's checksum."""
    udp = struct.pack("!HHHH", source_port, port, 8 + len(payload), 0) + payload
    addresses = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + addresses
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + udp


def stranger(device, asked, source):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    sock.bind((device, 0x0800))
    print("ready", flush=True)
    wanted = ipaddress.ip_address(asked).packed
    while True:
        data, sender = sock.recvfrom(2048)
        head = (data[0] & 15) * 4
        if data[9] != 17 or data[16:20] != wanted or len(data) < head + 20 or \
                data[head + 2:head + 4] != b"\0\x35":
            continue
        query = data[head + 8:]
        reply = query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + \
            query[12:query.index(b"\0", 12) + 5] + \
            struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + bytes([198, 51, 100, 66])
        port = struct.unpack_from("!H", data, head)[0]
        sock.sendto(packet(source, str(ipaddress.ip_address(data[12:16])), 53, port, reply),
                    (device, 0x0800, 0, 0, sender[4]))


def flood(device, mac, address, count):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((device, 0))
    ethernet = bytes.fromhex(mac.replace(":", "")) + b"\x02\0\0\0\0\x77\x08\0"
    for i in range(count):
        name = bytes([8]) + b"%08x" % i + b"\x05flood\x07example\0"
        flags = 0x8180 if i % 2 else 0x0100
        message = struct.pack("!HHHHHH", i & 0xFFFF, flags, 1, 0, 0, 0) + name + b"\0\1\0\1"
        if i % 10 == 0:
            message = message[:12] + b"\xc0\x0c" + os.urandom(20)  # a name that points at itself
        ports = (53, 1024 + i % 60000) if i % 2 else (1024 + i % 60000, 53)
        sock.send(ethernet + packet(FROM, address, *ports, message))


def main():
    if sys.argv[1:2] == ["stranger"] and len(sys.argv) == 5:
        stranger(*sys.argv[2:])
    elif sys.argv[1:2] == ["flood"] and len(sys.argv) == 6:
        flood(*sys.argv[2:5], int(sys.argv[5]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
