#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A DNSCrypt client, version 2 with X25519-XSalsa20Poly1305: asks for the certificate, then for a name.

usage: dnscrypt.py SERVER PORT PROVIDER NAME       exit 0 if it was answered
The certificate's signature is not verified: who the server is does not matter here.
"""
import os
import socket
import struct
import sys
import time

from nacl.bindings import crypto_box, crypto_box_keypair, crypto_box_open

from ask import question

ANSWER_MAGIC = b"r6fnvWj8"
TXT, A = 16, 1


def certificate(sock, provider):
    """(the resolver's key, the client's magic) of the newest certificate."""
    sock.send(question(0x4C42, provider, TXT))
    reply = sock.recv(4096)
    at = reply.index(b"DNSC")
    key, magic = struct.unpack_from("!72x32s8s", reply, at)
    return key, magic


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    server, port, provider, name = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    sock = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(1)
    sock.connect((server, port))
    key, magic = certificate(sock, provider)
    public, secret = crypto_box_keypair()
    nonce = os.urandom(12)
    query = question(0x4C43, name, A) + b"\x80"
    query += bytes(max(256, -(-len(query) // 64) * 64) - len(query))
    sock.send(magic + public + nonce + crypto_box(query, nonce + bytes(12), key, secret))
    reply = sock.recv(4096)
    if reply[:8] != ANSWER_MAGIC:
        sys.exit("dnscrypt.py: that is no answer")
    answer = crypto_box_open(reply[32:], reply[8:32], key, secret)
    time.sleep(0.3)
    return 0 if answer[:2] == b"\x4c\x43" else 1


if __name__ == "__main__":
    sys.exit(main())
