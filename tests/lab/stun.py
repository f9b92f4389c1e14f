#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""STUN (RFC 8489), as far as a Binding request and its answer go.

usage: stun.py serve ADDRESS...           UDP and TCP on port 3478, TLS hellos swallowed on 5349
       stun.py ask [--tcp|--tls] [--as COMM] [--ice] ADDRESS [PORT]
       stun.py alike ADDRESS [PORT]       datagrams that look a little like it, and are none
"""
import ipaddress
import os
import socket
import ssl
import struct
import sys
import threading
import time

PORT, TLS_PORT, COOKIE = 3478, 5349, 0x2112A442
BINDING, SUCCESS = 0x0001, 0x0101
USERNAME, XOR_MAPPED = 0x0006, 0x0020


def message(kind, transaction, attributes=b""):
    return struct.pack("!HHI", kind, len(attributes), COOKIE) + transaction + attributes


def attribute(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def answer(request, peer):
    """The success response to a Binding request, None to anything else."""
    if len(request) < 20 or struct.unpack_from("!H", request)[0] != BINDING:
        return None
    transaction = request[8:20]
    address = ipaddress.ip_address(peer[0].split("%")[0])
    mask = (struct.pack("!I", COOKIE) + transaction)[:len(address.packed)]
    value = struct.pack("!BBH", 0, 1 if address.version == 4 else 2, peer[1] ^ COOKIE >> 16)
    value += bytes(a ^ b for a, b in zip(address.packed, mask))
    return message(SUCCESS, transaction, attribute(XOR_MAPPED, value))


def serve_udp(sock):
    while True:
        request, peer = sock.recvfrom(2048)
        reply = answer(request, peer)
        if reply:
            sock.sendto(reply, peer)


def serve_stream(stream, peer):
    with stream:
        stream.settimeout(3)
        try:
            while request := stream.recv(2048):
                reply = answer(request, peer)
                if reply:
                    stream.sendall(reply)
        except OSError:
            return


def serve_tcp(sock):
    while True:
        stream, peer = sock.accept()
        threading.Thread(target=serve_stream, args=(stream, peer), daemon=True).start()


def serve(addresses):
    for text in addresses:
        family = socket.AF_INET6 if ":" in text else socket.AF_INET
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.bind((text, PORT))
        threading.Thread(target=serve_udp, args=(udp,), daemon=True).start()
        for port in (PORT, TLS_PORT):
            tcp = socket.create_server((text, port), family=family)
            threading.Thread(target=serve_tcp, args=(tcp,), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


def ask(arguments):
    options = [a for a in arguments if a.startswith("--")]
    words = [a for a in arguments if not a.startswith("--")]
    if "--as" in options:
        with open("/proc/self/comm", "w", encoding="utf-8") as comm:
            comm.write(words.pop(0))
    server = words[0]
    port = int(words[1]) if len(words) > 1 else TLS_PORT if "--tls" in options else PORT
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    stream = "--tcp" in options or "--tls" in options
    sock = socket.socket(family, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
    sock.settimeout(1)
    sock.connect((server, port))
    if "--tls" in options:
        context = ssl.create_default_context()
        context.set_alpn_protocols(["stun.turn"])
        try:
            context.wrap_socket(sock, server_hostname="stun.example.org")
        except OSError:
            return 0
    ice = attribute(USERNAME, b"near:far") if "--ice" in options else b""
    sock.sendall(message(BINDING, os.urandom(12), ice))
    reply = sock.recv(2048)
    time.sleep(0.3)
    return 0 if struct.unpack_from("!H", reply)[0] == SUCCESS else 1


def alike(server, port):
    """Wrong magic cookie; right one and a length that is not; first bits not zero; cut short."""
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    good = message(BINDING, os.urandom(12))
    for data in (good[:4] + b"\x21\x12\xa4\x43" + good[8:], good[:2] + b"\0\x40" + good[4:],
                 b"\xc0" + good[1:], good[:19], good[:2] + b"\0\x03" + good[4:] + b"abc",
                 b"\0\0\0\0" + os.urandom(16), os.urandom(20)):
        sock.sendto(data, (server, port))
    time.sleep(0.3)
    return 0


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    verb, *rest = sys.argv[1:]
    if verb == "serve":
        serve(rest)
    elif verb == "ask":
        return ask(rest)
    elif verb == "alike":
        return alike(rest[0], int(rest[1]) if len(rest) > 1 else PORT)
    return 2


if __name__ == "__main__":
    sys.exit(main())
