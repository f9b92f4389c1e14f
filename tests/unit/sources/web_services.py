#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Web services for test_publicip_live: each answers as its family's list of manners says.

usage: web_services.py DIRECTORY
DIRECTORY holds cert.pem and key.pem, bad.pem and bad.key (another authority's),
old.pem and old.key (expired), `services` (host,
form and key a line), and `manners` (family and manners a line, read again for each connection: the
first manner is for the first connection of that family since the file changed, and so on; the last
one goes on). Each connection is written to `log` as family, host, request line and headers.
"""
import os
import socket
import ssl
import sys
import threading
import time

directory = sys.argv[1]
lock = threading.Lock()
state = {"text": None, "used": {}}
services = {}
with open(os.path.join(directory, "services"), encoding="ascii") as rows:
    for row in rows:
        host, form, key = (row.rstrip("\n").split("\t") + [""])[:3]
        services[host] = (form, key)


def context(name):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(
        os.path.join(directory, f"{name}.pem"), os.path.join(directory, f"{name}.key"))
    return made


contexts = {name: context(name) for name in ("cert", "bad", "old")}


def manner_of(family):
    with lock:
        with open(os.path.join(directory, "manners"), encoding="ascii") as rows:
            text = rows.read()
        if text != state["text"]:
            state["text"] = text
            state["used"] = {}
        for row in text.splitlines():
            parts = row.split()
            if parts[0] == family:
                at = state["used"].get(family, 0)
                state["used"][family] = at + 1
                return parts[1:][min(at, len(parts) - 2)]
    return "close"


def body_of(host, address):
    form, key = services[host]
    if form == "json":
        text = f'"{address}"'
        for part in reversed(key.strip("/").split("/")):
            text = f'{{"{part}":{text},"org":"AS64500 Example"}}'
        return text
    return f"h=x\n{key}={address}\n" if form == "lines" else f"{address}\n"


def respond(tls, manner, host):
    head = "HTTP/1.1 {}\r\nContent-Type: text/plain\r\n{}Connection: close\r\n\r\n"
    if manner == "html":
        tls.sendall((head.format("200 OK", "") + "<html><b>203.0.113.7</b></html>").encode())
    elif manner == "redirect":
        tls.sendall(head.format("302 Found", f"Location: https://{host}/\r\n").encode())
    elif manner == "limited":
        tls.sendall((head.format("429 Too Many Requests", "") + "slow down").encode())
    elif manner == "claim":  # a huge body is announced
        tls.sendall(head.format("200 OK", "Content-Length: 104857600\r\n").encode() + b"x" * 100)
        time.sleep(3)
    elif manner == "huge":  # and one that is not
        tls.sendall(head.format("200 OK", "").encode())
        for _ in range(1000):
            tls.sendall(b"203.0.113.7\n" * 300)
    elif manner == "headers":
        tls.sendall(b"HTTP/1.1 200 OK\r\n")
        for i in range(100000):
            tls.sendall(f"X-{i}: {'y' * 900}\r\n".encode())
    elif manner == "slow":
        for octet in head.format("200 OK", "") + "203.0.113.7":
            tls.sendall(octet.encode())
            time.sleep(1)
    else:
        text = body_of(host, manner)
        tls.sendall((head.format("200 OK", f"Content-Length: {len(text)}\r\n") + text).encode())


def serve(connection, family):
    manner = manner_of(family)
    try:
        connection.settimeout(8)
        if manner == "close":
            return
        if manner == "mute":
            time.sleep(7)
            return
        asked = {}
        chosen = contexts[manner if manner in ("bad", "old") else "cert"]
        chosen.sni_callback = lambda tls, name, _: asked.update({"host": name})
        tls = chosen.wrap_socket(connection, server_side=True)
        request = b""
        while b"\r\n\r\n" not in request and len(request) < 16384:
            got = tls.recv(4096)
            if not got:
                return
            request += got
        with lock, open(os.path.join(directory, "log"), "a", encoding="latin-1") as log:
            log.write(f"{family} {request.decode('latin-1')}".replace("\r\n", "|") + "\n")
        host = next(line[6:].decode() for line in request.split(b"\r\n")
                    if line.lower().startswith(b"host: "))
        respond(tls, manner, host)
        tls.unwrap()
    except (OSError, StopIteration, KeyError, ValueError):
        pass
    finally:
        connection.close()


def listen(family, address):
    server = socket.socket(family, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind((address, 443))
    server.listen(32)
    return server


def accept(server, family):
    while True:
        connection, _ = server.accept()
        threading.Thread(target=serve, args=(connection, family), daemon=True).start()


def answer_names():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("192.0.2.1", 53))
    os.write(1, b"ready")
    while True:
        question, asker = server.recvfrom(2048)
        at, labels = 12, []
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]])
            at += 1 + question[at]
        kind = question[at + 2]
        name = b".".join(labels).decode("latin-1")
        with lock:
            with open(os.path.join(directory, "log"), "a", encoding="latin-1") as log:
                log.write(f"dns {name}\n")
            with open(os.path.join(directory, "manners"), encoding="ascii") as rows:
                silent = "dns silent" in rows.read()
        if kind == 28 and silent:
            continue
        rdata = b""
        if name in services:
            rdata = (socket.inet_pton(socket.AF_INET6, "2001:db8::1") if kind == 28
                     else socket.inet_pton(socket.AF_INET, "192.0.2.1"))
        reply = question[:2] + (b"\x81\x80" if rdata else b"\x81\x83") + b"\0\1\0"
        reply += (b"\1" if rdata else b"\0") + b"\0\0\0\0" + question[12:at + 5]
        if rdata:
            reply += b"\xc0\x0c" + question[at + 1:at + 5] + b"\0\0\0\1"
            reply += len(rdata).to_bytes(2, "big") + rdata
        server.sendto(reply, asker)


listeners = [
    (listen(socket.AF_INET, "192.0.2.1"), "4"),
    (listen(socket.AF_INET6, "2001:db8::1"), "6"),
]
for listener in listeners:
    threading.Thread(target=accept, args=listener, daemon=True).start()
threading.Thread(target=answer_names, daemon=True).start()
sys.stdin.read()  # until the test is gone
