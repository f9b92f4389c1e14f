#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""differential_hellos.py FACTS DIRECTORY [CAPTURE...]: writes captures of TLS and QUIC hellos and of STUN, and
holds what FACTS (tests/tools/facts.c) finds in them against what tshark finds, connection by
connection: server's name, offered protocols, ECH; STUN message by message with the address learned.
Nothing is sent. What the captures hold is known here too, so that where tshark finds nothing it can
be told whether we do. CAPTURE: files of what real clients said, for whose truth tshark stands alone; without
a DIRECTORY ("-") only these. Closing line: "N passed, N failed"."""

import hmac
import ipaddress
import random
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TSHARK = ["tshark", "-n", "-T", "pdml", "-o", "tcp.reassemble_out_of_order:TRUE", "-o",
          "tcp.desegment_tcp_streams:TRUE", "-o", "tls.desegment_ssl_records:TRUE", "-o",
          "tls.desegment_ssl_application_data:TRUE", "-o", "udp.check_checksum:FALSE", "-d", "udp.port==5000,stun",
          "-d", "udp.port==19302,stun", "-d", "udp.port==853,quic", "-r"]
BITS = {"http/1.0": 1, "http/1.1": 1, "h2": 2, "h3": 4, "h3-29": 4, "dot": 8, "doq": 16, "doq-i11": 16, "doq-i12": 16, "doq-i03": 16,
        "stun.turn": 32, "stun.nat-discovery": 32}
ECH = 16  # FACT_ECH
USERNAME = 64  # FACT_ICE


# ---- what a client says first ----

def extension(kind, octets):
    return struct.pack("!HH", kind, len(octets)) + octets


def hello(source, name, protocols, ech, size):
    parts = [extension(43, b"\4\3\4\3\3"), extension(10, b"\0\4\0\x1d\0\x17"),
             extension(13, b"\0\4\4\3\x08\4"),
             extension(51, struct.pack("!HHH", 36, 29, 32) + source.randbytes(32)),
             extension(source.choice([0x0A0A, 0x3A3A, 0xFAFA]), b"")]
    if name is not None:
        parts.append(extension(0, struct.pack("!HBH", len(name) + 3, 0, len(name)) + name))
    if protocols:
        listed = b"".join(bytes([len(p)]) + p.encode() for p in protocols)
        parts.append(extension(16, struct.pack("!H", len(listed)) + listed))
    if ech:
        parts.append(extension(0xFE0D, b"\0\0\1\0\1\7\0\x20" + source.randbytes(32) + b"\0\x90" +
                               source.randbytes(144)))
    source.shuffle(parts)
    if size:
        parts.insert(source.randrange(len(parts)), extension(21, b"\0" * size))
    joined = b"".join(parts)
    body = (b"\3\3" + source.randbytes(32) + b"\x20" + source.randbytes(32) + b"\0\6\x13\1\x13\2\xc0\x2f" +
            b"\1\0" + struct.pack("!H", len(joined)) + joined)
    return b"\1" + struct.pack("!I", len(body))[1:] + body


def records(source, message):
    """In one record, or in several, as RFC 8446, 5.1, allows."""
    size = source.choice([16384, 16384, 16384, 400])
    return b"".join(b"\x16\3\1" + struct.pack("!H", len(message[at:at + size])) + message[at:at + size]
                    for at in range(0, len(message), size))


# ---- QUIC (RFC 9001, 5; RFC 9369, 3.3) ----

QUIC = {1: (1, bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), "quic", 0xC0),
        2: (0x6B3343CF, bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"), "quicv2", 0xD0)}


def expand(secret, label, length):
    label = b"tls13 " + label.encode()
    info = struct.pack("!HB", length, len(label)) + label + b"\0\1"
    return hmac.digest(secret, info, "sha256")[:length]


def variable(number):
    return struct.pack("!H", 0x4000 | number)


def initial(source, version, connection, number, frames, least):
    number_of, salt, prefix, first = QUIC[version]
    secret = expand(hmac.digest(salt, connection, "sha256"), "client in", 32)
    key, iv, hp = (expand(secret, prefix + " " + what, size)
                   for what, size in (("key", 16), ("iv", 12), ("hp", 16)))
    frames += b"\0" * max(0, least - len(frames))
    header = (bytes([first | 1]) + struct.pack("!IB", number_of, len(connection)) + connection +
              b"\4" + b"abcd" + b"\0" + variable(2 + len(frames) + 16) + struct.pack("!H", number))
    nonce = bytes(a ^ b for a, b in zip(iv, struct.pack("!IQ", 0, number)))
    sealed = AESGCM(key).encrypt(nonce, frames, header)
    encryptor = Cipher(algorithms.AES(hp), modes.ECB()).encryptor()
    mask = encryptor.update(sealed[2:18])
    header = bytearray(header)
    header[0] ^= mask[0] & 0x0F
    header[-2] ^= mask[1]
    header[-1] ^= mask[2]
    return bytes(header) + sealed


def crypto(message, begin, end):
    return b"\6" + variable(begin) + variable(end - begin) + message[begin:end]


# ---- packets ----

class Capture:
    def __init__(self, path):
        self.file = open(path, "wb")
        self.file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        self.count = 0

    def add(self, source, destination, protocol, payload):
        if ":" in source:
            octets = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
        else:
            octets = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), self.count & 0xFFFF, 0, 64, protocol, 0)
        octets += ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed + payload
        self.count += 1
        self.file.write(struct.pack("<IIII", 1700000000 + self.count // 1000, self.count % 1000 * 1000,
                                    len(octets), len(octets)) + octets)


def tcp(sport, dport, sequence, flags, payload=b""):
    return struct.pack("!HHIIBBHHH", sport, dport, sequence % 2**32, 1, 5 << 4, flags, 65535, 0, 0) + payload


def udp(sport, dport, payload):
    return struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload


def offer(source, number):
    name = source.choice([b"www.example%d.org", b"dns%d.resolver.example", b"a-%d.b.c.d.e.f.example",
                          b"XN--%d-bcher-kva.example", None]) if number else b"www.example%d.org"
    name = name and name % number
    protocols = source.choice([[], ["h2", "http/1.1"], ["http/1.1"], ["dot"], ["h3"], ["doq"],
                               ["stun.turn"], ["x-other", "h2"]])
    return name, protocols, source.randrange(2) == 1


def expected(name, protocols, ech):
    bits = 0
    for protocol in protocols:
        bits |= BITS.get(protocol, 64)
    return (name.decode() if name else "-", bits, ech)


def write_tls(directory, truth):
    source = random.Random(21)
    capture = Capture(directory / "hellos.pcap")
    for number in range(500):
        client, server = (("192.0.2.10", "198.51.100.5") if number % 2 else ("2001:db8::10", "2001:db8:5::5"))
        sport, dport = 10000 + number, source.choice([443, 853, 8443])
        name, protocols, ech = offer(source, number)
        stream = records(source, hello(source, name, protocols, ech, source.choice([0, 0, 200, 1500, 9000])))
        isn = source.choice([1000, 0xFFFFFFF0, source.randrange(2**32)])
        capture.add(client, server, 6, tcp(sport, dport, isn, 2))
        capture.add(server, client, 6, tcp(dport, sport, 0, 0x12))
        size = source.choice([65000, 1440, 1440, 500, 97])
        parts = [(at, stream[at:at + size]) for at in range(0, len(stream), size)]
        order = source.randrange(3)
        if order == 1 and len(parts) > 1:
            swap = source.randrange(len(parts) - 1)
            parts[swap], parts[swap + 1] = parts[swap + 1], parts[swap]
        elif order == 2:
            parts.insert(source.randrange(len(parts)) + 1, parts[0])
        for at, part in parts:
            capture.add(client, server, 6, tcp(sport, dport, isn + 1 + at, 0x18, part))
        capture.add(client, server, 6, tcp(sport, dport, isn + 1 + len(stream), 0x18,
                                           b"\x17\3\3\0\x40" + source.randbytes(64)))
        truth[("tcp", sport)] = expected(name, protocols, ech)


def write_quic(directory, truth):
    source = random.Random(22)
    capture = Capture(directory / "initials.pcap")
    for number in range(300):
        client, server = (("192.0.2.10", "198.51.100.5") if number % 2 else ("2001:db8::10", "2001:db8:5::5"))
        sport, version = 20000 + number, source.choice([1, 1, 2])
        name, protocols, ech = offer(source, number)
        message = hello(source, name, protocols, ech, source.choice([0, 0, 300, 1300]))
        connection = source.randbytes(source.choice([8, 12, 20]))
        pieces = source.choice([1, 1, 2, 5])
        cuts = [0] + sorted(source.sample(range(1, len(message)), pieces - 1)) + [len(message)]
        frames = [crypto(message, begin, end) for begin, end in zip(cuts, cuts[1:])]
        in_order = source.randrange(2) == 0
        if not in_order:
            source.shuffle(frames)
        datagrams = [[]]
        for frame in frames:
            if sum(map(len, datagrams[-1])) + len(frame) > 1150 or source.randrange(4) == 0 and datagrams[-1]:
                datagrams.append([])
            while len(frame) > 1150:  # of one long frame, the parts
                begin = struct.unpack("!H", frame[1:3])[0] & 0x3FFF
                datagrams[-1].append(crypto(message, begin, begin + 1100))
                datagrams.append([])
                end = begin + (struct.unpack("!H", frame[3:5])[0] & 0x3FFF)
                frame = crypto(message, begin + 1100, end)
            datagrams[-1].append(frame)
        for at, held in enumerate(datagrams):
            packet = initial(source, version, connection, at, source.choice([b"", b"\1"]) + b"".join(held), 1150)
            capture.add(client, server, 17, udp(sport, 443, packet))
        truth[("udp", sport)] = expected(name, protocols, ech)


def write_stun(directory):
    source = random.Random(23)
    capture = Capture(directory / "stun.pcap")
    for number in range(300):
        v6 = number % 2 == 0
        client, server = ("2001:db8::10", "2001:db8:5::5") if v6 else ("192.0.2.10", "198.51.100.5")
        port = source.choice([3478, 19302, 5000])
        kind = source.choice([1, 3])
        transaction = source.randbytes(12)
        attributes = extension(0x8022, b"lead") if source.randrange(2) else b""
        if source.randrange(3) == 0:
            attributes += extension(6, b"ab:cd") + b"\0" * 3
        request = struct.pack("!HHI", kind, len(attributes), 0x2112A442) + transaction + attributes
        address = ipaddress.ip_address("2001:db8:77::%x" % (number + 1) if v6 else "203.0.113.%d" % (number % 250 + 1))
        pad = struct.pack("!I", 0x2112A442) + transaction
        if source.randrange(4):
            mapped = extension(0x20, b"\0" + (b"\2" if v6 else b"\1") + struct.pack("!H", 40000 ^ 0x2112) +
                               bytes(a ^ b for a, b in zip(address.packed, pad)))
        else:
            mapped = extension(1, b"\0" + (b"\2" if v6 else b"\1") + struct.pack("!H", 40000) + address.packed)
        response = struct.pack("!HHI", kind | 0x100, len(mapped), 0x2112A442) + transaction + mapped
        capture.add(client, server, 17, udp(30000 + number, port, request))
        capture.add(server, client, 17, udp(port, 30000 + number, response))


# ---- what others find ----

def field(element, name):
    return element.find(".//field[@name='%s']" % name)


def pdml(capture):
    run = subprocess.run(TSHARK + [str(capture)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return ElementTree.fromstring(run.stdout).iter("packet")


def tshark_hellos(capture):
    found = {}
    for packet in pdml(capture):
        outer = [p for p in packet.findall("proto") if p.get("name") in ("udp", "tcp")]
        for handshake in packet.iter("field"):
            if handshake.get("name") != "tls.handshake" or not outer:
                continue
            kind = field(handshake, "tls.handshake.type")
            if kind is None or kind.get("show") != "1":
                continue
            protocol = outer[-1].get("name")
            name = field(handshake, "tls.handshake.extensions_server_name")
            bits, ech = 0, False
            for part in handshake.iter("field"):
                if part.get("name") == "tls.handshake.extensions_alpn_str":
                    bits |= BITS.get(part.get("show"), 64)
                ech |= part.get("name") == "tls.handshake.extension.type" and int(part.get("show"), 0) == 0xFE0D
            found[(protocol, int(field(outer[-1], protocol + ".srcport").get("show")))] = (
                name.get("show") if name is not None else "-", bits, ech)
    return found


def facts(tool, capture):
    run = subprocess.run([tool, str(capture)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, text=True)
    print("%s: %s" % (capture.name, run.stderr.strip()))
    return [line.split("\t") for line in run.stdout.splitlines()]


def our_hellos(tool, capture):
    found = {}
    for part in facts(tool, capture):
        if part[0] != "hello":
            continue
        key = (part[10], int(part[7]))
        if key in found:
            print("told twice: %s" % (key,))
            found[key] = None
        else:
            found[key] = (part[3], int(part[16]), bool(int(part[15]) & ECH))
    return found


class Count:
    passed = failed = 0

    def check(self, good, *words):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(*words)


def write_recorded(directory):
    """What real clients said first, as it came and in two segments."""
    capture = Capture(directory / "recorded.pcap")
    for number, path in enumerate(sorted(Path("tests/data/hellos").glob("*.hex"))):
        octets = bytes.fromhex("".join(path.read_text().split()))
        for cut in (0, 1, len(octets) // 2):
            port = 40000 + 10 * number + (cut > 0) + (cut > 1)
            if octets[:2] != b"\x16\3":
                if cut == 0:  # by its connection ID, once more would be the same one
                    capture.add("192.0.2.10", "198.51.100.5", 17, udp(port, 443, octets))
                continue
            capture.add("192.0.2.10", "198.51.100.5", 6, tcp(port, 443, 0, 2))
            for at, part in ((0, octets[:cut]), (cut, octets[cut:])):
                if part:
                    capture.add("192.0.2.10", "198.51.100.5", 6, tcp(port, 443, 1 + at, 0x18, part))


def compare_recorded(tool, capture, count):
    ours, theirs = our_hellos(tool, capture), tshark_hellos(capture)
    for key in sorted(set(ours) | set(theirs)):
        count.check(ours.get(key) == theirs.get(key), capture.name, key, "tshark", theirs.get(key), "leaktop",
                    ours.get(key))
    print("%s: %d hellos" % (capture.name, len(theirs)))
    return len(theirs)


def compare_hellos(tool, capture, truth, count):
    ours, theirs = our_hellos(tool, capture), tshark_hellos(capture)
    unseen = 0
    for key, value in truth.items():
        count.check(ours.get(key) == value, capture.name, key, "said", value, "leaktop found", ours.get(key))
        if key in theirs:
            count.check(theirs[key] == ours.get(key), capture.name, key, "tshark", theirs[key], "leaktop",
                        ours.get(key))
        else:
            unseen += 1
    for key in set(ours) - set(truth):
        count.check(False, capture.name, key, "only leaktop", ours[key])
    for key in set(theirs) - set(truth):
        count.check(False, capture.name, key, "only tshark", theirs[key])
    # A version of tshark that joins no CRYPTO frames over several packets shows fewer. What was said is
    # found by us, as checked above.
    print("%s: %d connections, of which tshark shows %d" % (capture.name, len(truth), len(truth) - unseen))
    count.check(unseen < len(truth) / 2, capture.name, "tshark shows too few to compare with")


def compare_stun(tool, capture, count):
    theirs, ours, spoilt = [], [], set()
    for number, packet in enumerate(pdml(capture), 1):
        # Without the cookie tshark has another dissector for it, with names of its own.
        prefix = "stun" if field(packet, "stun.type") is not None else "classicstun"
        kind = field(packet, prefix + ".type")
        if kind is None or int(kind.get("show"), 0) not in (1, 3, 0x101, 0x103):
            continue
        if any(p.get("name") == "_ws.malformed" for p in packet.iter("proto")):
            spoilt.add(number)  # shown by tshark as far as it goes, by us not at all
            continue
        response = int(kind.get("show"), 0) & 0x100
        mapped = None
        for name in (".att.ipv4", ".att.ipv6"):
            found = field(packet, prefix + name)
            mapped = mapped or (found.get("show") if found is not None else None)
        username = any(f.get("name") == prefix + ".att.type" and int(f.get("show"), 0) == 6
                       for f in packet.iter("field"))
        theirs.append((number, "stun-answer" if response else "stun", int(kind.get("show"), 0),
                       str(ipaddress.ip_address(mapped)) if response and mapped else "-", username))
    for part in facts(tool, capture):
        if part[0].startswith("stun"):
            ours.append((int(part[2]), part[0], int(part[4].replace("TYPE", "")) if part[4].startswith("TYPE")
                         else {"A": 1, "ANY": 255}.get(part[4], -1), part[17], bool(int(part[15]) & USERNAME)))
    count.check(not spoilt & {part[0] for part in ours}, capture.name, "malformed STUN told")
    known = {(number, kind): (address, username) for number, kind, _, address, username in ours}
    for number, kind, _, address, username in theirs:
        count.check(known.pop((number, kind), None) == (address, username), "stun frame", number, kind, address,
                    username)
    for key, value in known.items():
        count.check(False, "stun only leaktop", key, value)
    print("%s: %d STUN messages, %d malformed ones" % (capture.name, len(theirs), len(spoilt)))
    return len(theirs)


def compare_generated(tool, directory, count):
    tls, quic = {}, {}
    directory.mkdir(parents=True, exist_ok=True)
    write_tls(directory, tls)
    write_quic(directory, quic)
    write_stun(directory)
    compare_hellos(tool, directory / "hellos.pcap", tls, count)
    compare_hellos(tool, directory / "initials.pcap", quic, count)
    write_recorded(directory)
    compare_recorded(tool, directory / "recorded.pcap", count)
    found = compare_stun(tool, directory / "stun.pcap", count)
    count.check(found == 600, "tshark finds", found, "STUN messages of 600")


def main():
    tool, count = sys.argv[1], Count()
    if sys.argv[2] != "-":
        compare_generated(tool, Path(sys.argv[2]), count)
    for capture in map(Path, sys.argv[3:]):
        hellos = compare_recorded(tool, capture, count)
        messages = compare_stun(tool, capture, count)
        count.check(hellos > 0 and messages > 0, capture.name, "holds no hellos or no STUN to compare")
    print("%d passed, %d failed" % (count.passed, count.failed))
    return 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main())
