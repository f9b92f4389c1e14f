#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Swallows datagrams, where Debian has no server: a client's first words are enough.

usage: sink.py PORT[,PORT] ADDRESS...
"""
import select
import socket
import sys


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    socks = []
    for text in sys.argv[2:]:
        for port in sys.argv[1].split(","):
            sock = socket.socket(socket.AF_INET6 if ":" in text else socket.AF_INET,
                                 socket.SOCK_DGRAM)
            sock.bind((text, int(port)))
            socks.append(sock)
    print("ready", flush=True)
    while True:
        for sock in select.select(socks, [], [])[0]:
            sock.recv(65535)


if __name__ == "__main__":
    main()
