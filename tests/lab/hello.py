#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A TLS client whose hello leaves in several small segments.

usage: hello.py ADDRESS NAME PIECES
"""
import socket
import ssl
import sys
import time


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    address, name, pieces = sys.argv[1], sys.argv[2], int(sys.argv[3])
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2"])
    out = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = out.read()
    with socket.create_connection((address, 443), timeout=2) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        step = len(hello) // pieces + 1
        for at in range(0, len(hello), step):
            sock.sendall(hello[at:at + step])
            time.sleep(0.05)
        sock.recv(1)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
