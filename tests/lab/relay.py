#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP from one address to another: what a NAT64 does for one server.

usage: relay.py ADDRESS PORT SERVER PORT
"""
import socket
import sys
import threading


def pump(source, sink):
    try:
        while octets := source.recv(65536):
            sink.sendall(octets)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def main():
    address, port, server, server_port = sys.argv[1:]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, int(port)), family=family) as listener:
        print("ready", flush=True)
        while True:
            client, _ = listener.accept()
            try:
                behind = socket.create_connection((server, int(server_port)), timeout=5)
            except OSError:
                client.close()
                continue
            threading.Thread(target=pump, args=(client, behind), daemon=True).start()
            threading.Thread(target=pump, args=(behind, client), daemon=True).start()


if __name__ == "__main__":
    main()
