#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line: what is refused, how, and with which exit status; capture files that are cut,
# foreign, or none. Everything runs in a network namespace without a way out.
# ok() cannot fail, so "a && ok || bad" chooses one of the two.
# shellcheck disable=SC2015
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
leaktop=${LEAKTOP:-$PWD/leaktop}
schema=doc/report.schema.json
passed=0
failed=0
work=$(mktemp -d)
chmod 0755 "$work" # the main process is another user
space=ltopt$$
ip netns add "$space"
trap 'ip netns del "$space"; rm -rf "$work"' EXIT
ip -n "$space" link set lo up

ok() {
  passed=$((passed + 1))
  echo "ok   $1"
}
bad() {
  failed=$((failed + 1))
  echo "FAIL $1: $2"
}
run() {
  timeout 60 ip netns exec "$space" "$leaktop" "$@" >"$work/out" 2>"$work/err" </dev/null
}

# refused NAME WORD ARGUMENTS...: exit 2, nothing on standard output, one line that names WORD.
refused() {
  local name=$1 word=$2 status
  shift 2
  run "$@"
  status=$?
  if [ "$status" -ne 2 ]; then
    bad "$name" "status $status"
  elif [ -s "$work/out" ]; then
    bad "$name" "something on standard output"
  elif [ "$(wc -l <"$work/err")" -ne 1 ]; then
    bad "$name" "$(wc -l <"$work/err") lines on standard error"
  elif ! grep -qF -- "$word" "$work/err"; then
    bad "$name" "'$word' not named: $(cat "$work/err")"
  elif LC_ALL=C grep -q '[^[:print:]]' "$work/err"; then
    bad "$name" "control bytes on standard error"
  else
    ok "$name"
  fi
}

# judged NAME STATUS FILTER ARGUMENTS...: exit status, a report valid by the schema, of which the jq-like
# Python expression on `r` is true.
judged() {
  local name=$1 wanted=$2 expression=$3 status why
  shift 3
  run "$@" --json
  status=$?
  if [ "$status" -ne "$wanted" ]; then
    bad "$name" "status $status, not $wanted: $(head -c 300 "$work/err")"
    return
  fi
  why=$(/usr/bin/python3 - "$work/out" "$schema" "$expression" <<'PY'
import json, sys
import jsonschema
r = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator(json.load(open(sys.argv[2]))).validate(r)
if not eval(sys.argv[3]):
    sys.exit("not so: " + sys.argv[3] + " " + json.dumps(r["capture"]) + r["summary"])
PY
  ) 2>&1 || {
    bad "$name" "${why:-no valid report}"
    return
  }
  ok "$name"
}

refused "unknown long option" "--nonsense" --nonsense
refused "unknown short option" "-Z" -Z
refused "missing argument" "--duration" --duration
refused "duration of words" "soon" --once --duration soon
refused "negative duration" "-1" --once --duration -1
refused "unknown expectation" "hope" --expect hope
refused "a word too much" "extra" --once extra
refused "hostile option is escaped" "027" $'--\e]0;x\a'
refused "file that is not there" "-r" -r /nonexistent
refused "directory as a file" "-r" -r /etc
refused "configuration that is not there" "-c" --once --duration 1 --passive -c /nonexistent
refused "unknown user" "no-such-user" --once --user no-such-user
refused "log without headless" "--log" --log /tmp/x
printf 'nonsense\n' >"$work/text"
refused "text is no capture" "-r" -r "$work/text" --once
: >"$work/empty"
refused "empty file is no capture" "-r" -r "$work/empty" --once
printf '\x00\x01\n[bad' >"$work/config"
refused "configuration not understood" "line" --once --duration 1 --passive -c "$work/config"


# What the configuration file takes, and where it says that it does not: file and line.
# not_taken NAME SECTION LINE
not_taken() {
  printf '# a comment\n[%s]\n%s\n' "$2" "$3" >"$work/config"
  refused "configuration: $1" "config: line 3 is not understood: " --once --duration 1 --passive -c "$work/config"
}
not_taken "a key that is none" probe 'colour = red'
not_taken "a section that is none" prob 'zone = a.example'
not_taken "a line that is none" probe 'zone'
not_taken "seconds of words" probe 'interval = soon'
not_taken "too often" public-ip 'interval = 59'
not_taken "neither yes nor no" attribution 'exact = perhaps'
not_taken "a resolver without anything" encrypted-dns 'server = -'
not_taken "a resolver that is no name" encrypted-dns 'server = a..b'
not_taken "a resolver's address that is none" encrypted-dns 'server = dns.example 1.2.3'
not_taken "a wildcard for everything" encrypted-dns 'server = *.'
not_taken "a rule without a part" intended 'rule = '
not_taken "a rule with an unknown part" intended 'rule = user:me'
not_taken "a rule with a part twice" intended 'rule = name:a.example name:b.example'
not_taken "a rule for all names" intended 'rule = name:*.'
not_taken "a rule's resolver by name" intended 'rule = resolver:dns.google'
not_taken "a server that is no name" vpn 'server = a b'
not_taken "split DNS of everything" local 'split = .'
not_taken "split DNS with two resolvers" local 'split = lan 10.0.0.1 10.0.0.2'
not_taken "hostile bytes" intended "$(printf 'rule = program:\033]0;x\007')"
not_taken "a line that is too long" intended "rule = name:$(printf 'a%.0s' {1..300}).example"
{
  echo '[vpn]'
  for i in {1..65}; do echo "server = v$i.example"; done
} >"$work/config"
refused "configuration: one server too many" "config: line 66 " --once --duration 1 --passive -c "$work/config"
refused "configuration: a directory" "-c /etc: cannot be read" --once --duration 1 --passive -c /etc

run --version && grep -qE '^leaktop [0-9]' "$work/out" && ok "version" || bad "version" "$(cat "$work/out")"
run --help && grep -q -- --passive "$work/out" && ok "help" || bad "help" "no --passive in it"

/usr/bin/python3 - "$work" <<'PY'
import struct, sys
work = sys.argv[1]
def query(i, name):
    q = b"".join(bytes([len(p)]) + p for p in name.split(b".")) + b"\0\0\1\0\1"
    dns = struct.pack("!6H", i, 0x100, 1, 0, 0, 0) + q
    udp = struct.pack("!4H", 40000, 53, 8 + len(dns), 0) + dns
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, b"\x0a\0\0\7", b"\x0a\0\0\1") + udp
    return ip
def pcap(name, link, frames, end="<", magic=0xa1b2c3d4):
    with open(f"{work}/{name}", "wb") as f:
        f.write(struct.pack(end + "IHHiIII", magic, 2, 4, 0, 0, 65535, link))
        for i, frame in enumerate(frames):
            f.write(struct.pack(end + "IIII", 1700000000 + i, 5, len(frame), len(frame)) + frame)
ether = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0"
names = [b"a.example", b"b.example", b"c.example"]
pcap("ether.pcap", 1, [ether + query(i, n) for i, n in enumerate(names)])
pcap("swapped.pcap", 1, [ether + query(i, n) for i, n in enumerate(names)], ">")
pcap("nano.pcap", 1, [ether + query(i, n) for i, n in enumerate(names)], "<", 0xa1b23c4d)
pcap("raw.pcap", 101, [query(i, n) for i, n in enumerate(names)])
def sll2(index, hardware, kind, packet):
    return struct.pack("!HHIHBB8s", 0x0800, 0, index, hardware, kind, 6, b"") + packet
pcap("both.pcap", 276, [sll2(3, 65534, 4, query(1, b"in.example")), sll2(2, 1, 4, query(2, b"out.example")),
                        sll2(2, 1, 0, query(3, b"others.example"))])
data = open(f"{work}/ether.pcap", "rb").read()
open(f"{work}/cut.pcap", "wb").write(data[:-20])
open(f"{work}/head.pcap", "wb").write(data[:10])
lying = bytearray(data)
lying[24 + 16 + 14 + 20 + 8 + 37 - 6:][:0] = b""
at = 24 + 16 + len(ether + query(0, names[0]))
struct.pack_into("<I", lying, at + 8, 0x7fffffff)
open(f"{work}/lying.pcap", "wb").write(lying)
pcap("foreign.pcap", 147, [b"x" * 60])
bad = bytearray(query(9, b"a.example"))
bad[28 + 12] = 0x7f
pcap("malformed.pcap", 1, [ether + query(1, b"a.example"), ether + bytes(bad)])
import ssl
def hello(host, to):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2"])
    try:
        context.wrap_bio(incoming, outgoing, server_hostname=host).do_handshake()
    except ssl.SSLWantReadError:
        pass
    data = outgoing.read()
    tcp = struct.pack("!HHIIBBHHH", 40000, 443, 1, 1, 0x50, 0x18, 64240, 0, 0) + data
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0x4000, 64, 6, 0, b"\x0a\0\0\7", to) + tcp
pcap("hellos.pcap", 1, [ether + hello("doh.corp.example", b"\xc0\0\2\7"), ether + hello("www.example.org", b"\xc0\0\2\x09")])
hostile = query(5, b"a\x1b]0;x\x07.ex\x00mple")
pcap("hostile.pcap", 1, [ether + hostile])
PY
judged "Ethernet file, nothing expected" 4 'len(r["leaks"]) == 0 and r["capture"]["lookups"] == 3 and r["source"] == "file"' -r "$work/ether.pcap"
judged "Ethernet file, VPN expected" 1 'sorted(l["name"] for l in r["leaks"]) == ["a.example", "b.example", "c.example"] and all(l["interface"] == "eth0" for l in r["leaks"])' -r "$work/ether.pcap" -u eth0 -e vpn
judged "swapped byte order" 1 'len(r["leaks"]) == 3' -r "$work/swapped.pcap" -e vpn
judged "nanosecond time stamps" 1 'len(r["leaks"]) == 3 and r["time"]["seconds"] == 2' -r "$work/nano.pcap" -e vpn
judged "raw IP is a tunnel" 0 'len(r["leaks"]) == 0 and r["verdict"] == "ok"' -r "$work/raw.pcap" -t wg0
judged "SLL2, named by -t and -u" 1 '[l["name"] for l in r["leaks"]] == ["out.example"] and r["leaks"][0]["interface"] == "eth0" and r["leaks"][0]["process"] is None' -r "$work/both.pcap" -t wg0 -u eth0
judged "SLL2, auto" 1 '[l["name"] for l in r["leaks"]] == ["out.example"]' -r "$work/both.pcap"
judged "file cut in a packet" 1 'len(r["leaks"]) == 2 and r["capture"]["packets"] == 2' -r "$work/cut.pcap" -e vpn
run -r "$work/cut.pcap" -e vpn
grep -qi 'trunc\|cut' "$work/out" && ok "says that it was cut" || bad "says that it was cut" "$(head -4 "$work/out")"
judged "lying record length" 1 'len(r["leaks"]) == 1' -r "$work/lying.pcap" -e vpn
refused "cut in its header" "-r" -r "$work/head.pcap" --once
refused "unknown link type" "-r" -r "$work/foreign.pcap" --once
judged "malformed is counted, never judged" 4 'r["capture"]["malformed"] == 1 and r["capture"]["lookups"] == 1' -r "$work/malformed.pcap"
judged "hostile name is escaped" 1 'r["leaks"][0]["name"] == "a\\027]0\\;x\\007.ex\\000mple" or r["leaks"][0]["name"] == "a\\027]0;x\\007.ex\\000mple"' -r "$work/hostile.pcap" -e vpn
run -r "$work/hostile.pcap" -e vpn
LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f-\xff]' "$work/out" && bad "text report has no control bytes" "it has" || ok "text report has no control bytes"
judged "masked" 1 'r["leaks"][0]["name"] == "(hidden)" and "a.example" not in json.dumps(r)' -r "$work/ether.pcap" -e vpn --mask
timeout 20 ip netns exec "$space" "$leaktop" -r - -e vpn --json <"$work/ether.pcap" >"$work/out" 2>"$work/err"
[ $? -eq 1 ] && grep -q b.example "$work/out" && ok "standard input" || bad "standard input" "$(cat "$work/err")"

# Rules: all parts that are given must fit.
configured() {
  local name=$1 wanted=$2 expression=$3
  printf '%b' "$4" >"$work/config"
  judged "$name" "$wanted" "$expression" -r "$work/ether.pcap" -u eth0 -e vpn -c "$work/config"
}
left='sorted(l["name"] for l in r["leaks"])'
configured "a rule by name, other case" 1 "$left == ['b.example', 'c.example']" '[intended]\n  rule = name:A.Example\n'
configured "all below" 3 "$left == []" '[intended]\nrule=name:*.example\n'
configured "a name, but another resolver" 1 "len($left) == 3" '[intended]\nrule = name:*.example resolver:10.0.0.2\n'
configured "two rules" 1 "$left == ['c.example']" '[intended]\nrule = name:a.example resolver:10.0.0.1\n\trule = name:b.example interface:eth0 ; why\n'
configured "by interface alone" 3 "$left == []" '[intended]\nrule = interface:eth0\n'
configured "by a program that is not known" 1 "len($left) == 3" '[intended]\nrule = program:steam\n'
configured "the person's own VPN server" 1 "$left == ['a.example', 'c.example']" '[vpn]\nserver = b.example\n'
configured "a long comment is no line of its own" 1 "len($left) == 3" "#$(printf ' = %.0s' {1..200})\n"

configured "split DNS that no file tells" 1 "$left == ['b.example', 'c.example']" '[local]\nsplit = a.example\n'
configured "split DNS of another resolver" 1 "len($left) == 3" '[local]\nsplit = example 10.0.0.2\n'

# Encrypted resolvers: only what the tables or the configuration know.
encrypted() {
  local name=$1 wanted=$2 expression=$3
  printf '%b' "$4" >"$work/config"
  judged "$name" "$wanted" "$expression" -r "$work/hellos.pcap" -u eth0 -e vpn -c "$work/config"
}
hosts='sorted((l["name"] or "-", l["transport"], l["resolver"]) for l in r["leaks"])'
encrypted "hellos to nobody known" 3 "$hosts == []" ''
encrypted "a resolver by its name" 1 "$hosts == [('doh.corp.example', 'doh', '192.0.2.7')]" '[encrypted-dns]\nserver = doh.corp.example\n'
encrypted "all below a name" 1 "$hosts == [('doh.corp.example', 'doh', '192.0.2.7')]" '[encrypted-dns]\nserver = *.corp.example\n'
encrypted "an address alone" 1 "len(r['leaks']) == 1 and r['leaks'][0]['resolver'] == '192.0.2.9'" '[encrypted-dns]\nserver = - 192.0.2.9\n'
encrypted "an address beside a name serves others too" 3 "$hosts == []" '[encrypted-dns]\nserver = dns.other.example 192.0.2.9\n'

# Without -c: the first of three places, and not what somebody else may write.
mkdir -p "$work/xdg/leaktop"
chmod -R go+rX "$work"
placed() {
  local name=$1 wanted=$2 expression=$3
  XDG_CONFIG_HOME=$work/xdg judged "$name" "$wanted" "$expression" -r "$work/ether.pcap" -u eth0 -e vpn
}
placed "no configuration at all" 1 "len($left) == 3"
printf '[intended]\nrule = name:a.example\n' >"$work/xdg/leaktop/leaktop.conf"
placed "one below XDG_CONFIG_HOME" 1 "$left == ['b.example', 'c.example']"
chmod o+w "$work/xdg/leaktop/leaktop.conf"
XDG_CONFIG_HOME=$work/xdg refused "one that others may write to" "others may write" -r "$work/ether.pcap" --once
rm "$work/xdg/leaktop/leaktop.conf"
mkfifo "$work/xdg/leaktop/leaktop.conf"
XDG_CONFIG_HOME=$work/xdg refused "a FIFO in its place" "no plain file" -r "$work/ether.pcap" --once
rm "$work/xdg/leaktop/leaktop.conf"
printf 'nonsense\n' >"$work/xdg/leaktop/leaktop.conf"
XDG_CONFIG_HOME=$work/xdg refused "nonsense in its place" "leaktop.conf: line 1 " -r "$work/ether.pcap" --once
judged "-c goes before it" 1 "len($left) == 3" -r "$work/ether.pcap" -u eth0 -e vpn -c /dev/null

judged "nothing seen, nothing expected" 4 'r["verdict"] == "unprotected" and r["public_ip"]["ipv4"] is None' --once --duration 1 --passive
judged "VPN expected, none there" 3 'r["verdict"] == "unknown"' --once --duration 1 --passive -e vpn
# Split DNS that the system's files tell, on a wire of its own: there before, only later, never.
other=$space-far
ip netns add "$other"
trap 'ip netns del "$space"; ip netns del "$other"; rm -rf "$work"' EXIT
ip -n "$space" link add up0 type veth peer name up0 netns "$other"
ip -n "$space" addr add 10.9.0.2/24 dev up0
ip -n "$other" addr add 10.9.0.53/24 dev up0
ip -n "$space" link set up0 up
ip -n "$other" link set up0 up
ip -n "$space" route add default via 10.9.0.53
cp -a /etc "$work/etc"
mkdir -p "$work/etc/dnsmasq.d"
cat >"$work/ask.py" <<'PY'
import socket
for name in b"x.corp.example", b"y.other.example":
    question = b"".join(bytes([len(p)]) + p for p in name.split(b".")) + b"\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"\1\2\1\0\0\1\0\0\0\0\0\0" + question, ("10.9.0.53", 53))
PY
cat >"$work/watched" <<'SH'
mount --bind "$1/etc" /etc
{
  sleep 2
  [ "$3" = later ] && echo 'server=/corp.example/10.9.0.53' >/etc/dnsmasq.d/split.conf
  sleep 1
  /usr/bin/python3 "$1/ask.py"
} &
"$2" --once --duration 4 --passive -e vpn -u up0 --json
status=$?
wait
exit "$status"
SH
for when in never later before; do # "later" leaves the file that "before" finds
  timeout 30 ip netns exec "$space" unshare -m --propagation private sh "$work/watched" \
    "$work" "$leaktop" "$when" >"$work/out" 2>"$work/err" </dev/null
  names=$(/usr/bin/python3 -c 'import json, sys; print(*sorted(l["name"] for l in json.load(open(sys.argv[1]))["leaks"]))' "$work/out")
  wanted='y.other.example'
  [ "$when" = never ] && wanted='x.corp.example y.other.example'
  [ "$names" = "$wanted" ] && ok "split DNS in a file: $when" || bad "split DNS in a file: $when" "$names $(head -c 200 "$work/err")"
done

if id nobody >/dev/null 2>&1; then
  cp "$leaktop" "$work/leaktop-copy" && chmod 0755 "$work" "$work/leaktop-copy"
  timeout 20 ip netns exec "$space" setpriv --reuid nobody --regid nogroup --clear-groups \
    "$work/leaktop-copy" --once --duration 1 --passive -e vpn >"$work/out" 2>"$work/err" </dev/null
  [ $? -eq 3 ] && grep -q sudo "$work/out" && ok "without rights: unknown, and what to type" || bad "without rights" "$(head -5 "$work/out" "$work/err")"
fi
timeout 20 ip netns exec "$space" "$leaktop" --once --duration 1 --passive >/dev/full 2>"$work/err"
[ $? -eq 2 ] && grep -q written "$work/err" && ok "full disk" || bad "full disk" "$(cat "$work/err")"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
