#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs inside a test's network namespace: holds tun0 open and swallows what leaves by it, and sends
look-ups as it is told on standard input, a JSON object a line:

  {"to": address, "name": [label, ...], "count": n, "gap": seconds}
  {"stun": address}     one STUN Binding request

Labels are latin-1, so that any octet can be said. From the second of a count on, the first label
gets a number. Answers "sent TIME" when all have left."""
import fcntl
import json
import os
import select
import socket
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001


def question(number, labels):
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return struct.pack("!6H", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + name + b"\0\1\0\1"


def swallow(tun):
    while select.select([tun], [], [], 0)[0]:
        os.read(tun, 65536)


def main():
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"tun0", IFF_TUN_NO_PI))
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asker.setblocking(False)
    number = 0
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([tun, sys.stdin], [], [])
        if tun in ready:
            os.read(tun, 65536)
        if sys.stdin not in ready:
            continue
        line = sys.stdin.readline()
        if not line:
            return
        order = json.loads(line)
        if "stun" in order:
            number += 1
            asker.sendto(struct.pack("!HHI12s", 1, 0, 0x2112A442, str(number).encode()), (order["stun"], 3478))
            print("sent", time.time(), flush=True)
            continue
        labels = [label.encode("latin-1") for label in order["name"]]
        for i in range(order.get("count", 1)):
            number += 1
            first = labels[0] + str(i).encode() if i else labels[0]
            try:
                asker.sendto(question(number, [first, *labels[1:]]), (order["to"], 53))
            except ConnectionRefusedError:  # an answer to the one before: nobody listens there
                asker.sendto(question(number, [first, *labels[1:]]), (order["to"], 53))
            swallow(tun)
            if order.get("gap"):
                time.sleep(order["gap"])
        print("sent", time.time(), flush=True)


if __name__ == "__main__":
    main()
