#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Resolvers that behave badly, each on an address of its own: who asks them must not be fooled.

usage: bad_resolver.py MANNER=ADDRESS...
  silent     never answers
  late       answers after 3 s
  twice      answers twice
  wrong-id   answers with another message ID, and an address that is not true
  nxdomain   says of every name that there is none
  servfail   gives up
  truncates  says that the answer is too long, over TCP as well
  portal     gives 198.18.0.1 for every name, and a text that holds it
"""
import ipaddress
import socket
import struct
import sys
import threading
import time

A, TXT = 1, 16
NXDOMAIN, SERVFAIL, TRUNCATED = 3, 2, 0x0200


def answer(manner, query, own):
    """The answers to send, in order; a number is a pause in seconds."""
    at = 12
    while query[at]:
        at += 1 + query[at]
    qtype = struct.unpack_from("!H", query, at + 1)[0]
    question = query[12:at + 5]
    rcode = {"nxdomain": NXDOMAIN, "servfail": SERVFAIL}.get(manner, 0)
    if manner == "portal":
        own = "198.18.0.1"
    data = ipaddress.ip_address(own).packed if qtype == A else \
        bytes([len(own)]) + own.encode() if qtype == TXT else b""
    record = b"\xc0\x0c" + struct.pack("!HHIH", qtype, 1, 1, len(data)) + data
    if rcode or manner == "truncates" or not data:
        record = b""
    flags = 0x8180 | rcode | (TRUNCATED if manner == "truncates" else 0)
    message = query[:2] + struct.pack("!HHHHH", flags, 1, 1 if record else 0, 0, 0) + question + record
    if manner == "silent":
        return []
    if manner == "late":
        return [3, message]
    if manner == "twice":
        return [message, message]
    if manner == "wrong-id":
        return [bytes([query[0] ^ 0x55]) + message[1:]]
    return [message]


def reply(sock, manner, query, peer, own):
    try:
        for part in answer(manner, query, own):
            if isinstance(part, int):
                time.sleep(part)
            else:
                sock.sendto(part, peer)
    except (IndexError, struct.error):
        pass


def serve_udp(manner, own):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((own, 53))
    while True:
        query, peer = sock.recvfrom(4096)
        threading.Thread(target=reply, args=(sock, manner, query, peer, own), daemon=True).start()


def serve_tcp(manner, own):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((own, 53))
    sock.listen(16)
    while True:
        stream, _ = sock.accept()
        with stream:
            stream.settimeout(1)
            try:
                length = struct.unpack("!H", stream.recv(2, socket.MSG_WAITALL))[0]
                for part in answer(manner, stream.recv(length, socket.MSG_WAITALL), own):
                    if not isinstance(part, int):
                        stream.sendall(struct.pack("!H", len(part)) + part)
            except (OSError, IndexError, struct.error):
                pass


def main():
    for argument in sys.argv[1:]:
        manner, _, own = argument.partition("=")
        threading.Thread(target=serve_udp, args=(manner, own), daemon=True).start()
        threading.Thread(target=serve_tcp, args=(manner, own), daemon=True).start()
    time.sleep(0.1)
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
