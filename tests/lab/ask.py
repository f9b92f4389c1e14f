#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A program with a resolver of its own: asks names of one server, and lives a moment longer.

usage: ask.py [--server ADDRESS] [--port N] [--device NAME] [--tcp] [--type A,AAAA] [--wait S]
              [--as COMM] [--linger S] [--count N] [--no-recursion] NAME...
Without --server: the first nameserver of /etc/resolv.conf. --count: so many names below each NAME.
Exit 0 if each was answered.
"""
import argparse
import os
import select
import socket
import struct
import sys
import time

TYPES = {"A": 1, "NS": 2, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "NB": 32, "SRV": 33,
         "SVCB": 64, "HTTPS": 65, "ANY": 255}


def first_server():
    with open("/etc/resolv.conf", encoding="utf-8") as text:
        for line in text:
            words = line.split()
            if words[:1] == ["nameserver"] and len(words) > 1:
                return words[1]
    sys.exit("ask.py: /etc/resolv.conf names no server")


def question(number, name, qtype, recursion=True):
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    head = struct.pack("!HHHHHH", number, 0x0100 if recursion else 0, 1, 0, 0, 0)
    return head + wire + struct.pack("!HH", qtype, 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server")
    parser.add_argument("--port", type=int, default=53)
    parser.add_argument("--device")
    parser.add_argument("--tcp", action="store_true")
    parser.add_argument("--no-recursion", action="store_true")
    parser.add_argument("--type", default="A")
    parser.add_argument("--wait", type=float, default=1.0)
    parser.add_argument("--linger", type=float, default=0.3)
    parser.add_argument("--as", dest="comm")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    if options.comm:
        with open("/proc/self/comm", "w", encoding="utf-8") as comm:
            comm.write(options.comm)
    server = options.server or first_server()
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    kind = socket.SOCK_STREAM if options.tcp else socket.SOCK_DGRAM
    sock = socket.socket(family, kind)
    sock.settimeout(options.wait)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if options.device:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, options.device.encode() + b"\0")
    waiting, number = set(), int.from_bytes(os.urandom(2), "big")
    try:
        sock.connect((server, options.port))
    except OSError as error:
        sys.exit(f"ask.py: {server}: {error}")
    names = [f"n{i}.{name}" for name in options.names for i in range(options.count)]
    for name in names or options.names:
        for qtype in options.type.split(","):
            number = (number + 1) & 0xFFFF
            query = question(number, name, TYPES[qtype], not options.no_recursion)
            try:
                sock.sendall(struct.pack("!H", len(query)) + query if options.tcp else query)
            except OSError as error:
                print(f"ask.py: {name}: {error}", file=sys.stderr)
            waiting.add(number)
    end, stream = time.monotonic() + options.wait, b""
    while waiting and (left := end - time.monotonic()) > 0:
        if not select.select([sock], [], [], left)[0]:
            break
        try:
            data = sock.recv(65535)
        except OSError:
            break
        if not data:
            break
        stream = stream + data if options.tcp else struct.pack("!H", len(data)) + data
        while len(stream) >= 2 and len(stream) >= 2 + struct.unpack("!H", stream[:2])[0]:
            length = struct.unpack("!H", stream[:2])[0]
            waiting.discard(struct.unpack("!H", stream[2:4])[0])
            stream = stream[2 + length:]
    time.sleep(options.linger)
    return 1 if waiting else 0


if __name__ == "__main__":
    sys.exit(main())
