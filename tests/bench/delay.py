#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A resolver that is some way off: what it is asked, it asks of another one after a pause.

usage: delay.py ADDRESS OTHER MILLISECONDS
"""
import socket
import sys
import threading
import time


def forward(sock, query, peer, other, pause):
    time.sleep(pause)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as up:
        up.settimeout(4)
        up.sendto(query, (other, 53))
        try:
            sock.sendto(up.recv(4096), peer)
        except OSError:
            pass


def main():
    own, other, pause = sys.argv[1], sys.argv[2], int(sys.argv[3]) / 1000
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((own, 53))
    print("ready", flush=True)
    while True:
        query, peer = sock.recvfrom(4096)
        threading.Thread(target=forward, args=(sock, query, peer, other, pause), daemon=True).start()


if __name__ == "__main__":
    main()
