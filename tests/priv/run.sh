#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The three processes as /proc shows them, and what becomes of them when one dies. Needs root: it
# makes two network namespaces, joined by a link of their own, and sends nothing anywhere else.
#   tests/priv/run.sh [PROGRAM]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
program=$(realpath "${1:-./leaktop}")
here=lkpriv$$a
there=lkpriv$$b
work=$(mktemp -d)
stranger=12345 # a user without an account
passed=0
failed=0
skipped=0
main=
keeper=
capture=
responder=

if [ "$(id -u)" -ne 0 ] || ! ip netns add "$here" 2>/dev/null; then
  echo "SKIP privileges: needs root and network namespaces"
  echo "0 passed, 0 failed, 1 skipped"
  exit 0
fi

# Called by the trap and by the tests below.
# shellcheck disable=SC2317
cleanup() {
  local pid
  for pid in $main $keeper $capture $responder; do
    kill -KILL "$pid" 2>/dev/null
  done
  ip netns del "$here" 2>/dev/null
  ip netns del "$there" 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT
chmod 755 "$work"

verdict() { # NAME WRONG: an empty WRONG is good news
  if [ -z "$2" ]; then
    passed=$((passed + 1))
    echo "ok   $1"
  else
    failed=$((failed + 1))
    echo "FAIL $1: $2"
  fi
}

same() { # WHAT EXPECTED GOT
  [ "$2" = "$3" ] || printf '%s is "%s", expected "%s"; ' "$1" "$3" "$2"
}

field() { # PID NAME: a field of /proc/PID/status, blanks as one
  sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" 2>/dev/null | tr -s '[:blank:]' ' ' | sed 's/ $//'
}

running() { # PID: there, and no zombie
  [ -n "$1" ] && [ -d "/proc/$1" ] && [[ "$(field "$1" State)" != Z* ]]
}

child_of() { # PID COMM
  local pid
  local pids
  read -ra pids 2>/dev/null <"/proc/$1/task/$1/children" || [ "${#pids[@]}" -gt 0 ] || return 1
  for pid in "${pids[@]}"; do
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] && running "$pid" && echo "$pid" && return
  done
}

# within TENTHS COMMAND...: true as soon as it is, at most so many tenths of a second later
within() {
  local left=$1
  shift
  until "$@"; do
    [ "$((left -= 1))" -ge 0 ] || return 1
    sleep 0.1
  done
}

find_children() {
  keeper=$(child_of "$main" leaktop-keeper)
  [ -n "$keeper" ] && capture=$(child_of "$keeper" leaktop-capture)
  # In its sandbox, that is.
  [ -n "$keeper" ] && [ -n "$capture" ] && [ "$(field "$capture" Seccomp)" = 2 ] &&
    [ "$(field "$capture" Seccomp_filters)" = 2 ] && [ "$(field "$main" NoNewPrivs)" = 1 ]
}

gone() {
  local pid
  for pid in "$@"; do
    running "$pid" && return 1
  done
  return 0
}

start() { # COMMAND...: in the namespace, output in $work/out
  ip netns exec "$here" "$@" >"$work/out" 2>&1 </dev/null &
  main=$!
  disown "$main" # or bash tells of each one that is killed on purpose
  keeper=
  capture=
  within 30 find_children
}

stop() {
  kill -TERM "$main" 2>/dev/null
  within 20 gone "$main" "$keeper" "$capture" || kill -KILL "$main" "$keeper" "$capture" 2>/dev/null
}

say_gone() { # PID...
  local pid
  for pid in "$@"; do
    running "$pid" && printf '%s (%s) is still there; ' "$pid" "$(cat "/proc/$pid/comm")"
  done
}

look_up() { # NAME
  ip netns exec "$here" dig +tries=1 +time=1 @10.66.0.2 "$1" >/dev/null 2>&1
}

none=0000000000000000
keeps=0000000000082004 # CAP_NET_RAW (13), CAP_SYS_PTRACE (19), CAP_DAC_READ_SEARCH (2)

check_rights() { # PID CAPABILITIES BOUNDING SECCOMP
  same CapInh $none "$(field "$1" CapInh)"
  same CapPrm "$2" "$(field "$1" CapPrm)"
  same CapEff "$2" "$(field "$1" CapEff)"
  [ "$3" = any ] || same CapBnd "$3" "$(field "$1" CapBnd)"
  same CapAmb $none "$(field "$1" CapAmb)"
  same NoNewPrivs 1 "$(field "$1" NoNewPrivs)"
  same Seccomp "$4" "$(field "$1" Seccomp)"
}

check_user() { # PID UID GID GROUPS
  same Uid "$2 $2 $2 $2" "$(field "$1" Uid)"
  same Gid "$3 $3 $3 $3" "$(field "$1" Gid)"
  same Groups "$4" "$(field "$1" Groups)"
}

servant=$(id -u leaktop 2>/dev/null || id -u nobody)
servants=$(id -g leaktop 2>/dev/null || id -g nobody)

# ---- the namespaces ----
ip netns add "$there"
for each in "$here" "$there"; do
  ip netns exec "$each" sysctl -qw net.ipv6.conf.default.accept_dad=0
  ip -n "$each" link set lo up
done
ip link add u0 netns "$here" type veth peer name u0 netns "$there"
ip -n "$here" addr add 10.66.0.1/24 dev u0
ip -n "$there" addr add 10.66.0.2/24 dev u0
ip -n "$here" link set u0 up
ip -n "$there" link set u0 up
# Answers as a resolver nearby does: who asks is gone 20 milliseconds later.
cat >"$work/responder.py" <<'PY'
import socket, time
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.bind(("10.66.0.2", 53))
while True:
    query, asker = line.recvfrom(2048)
    time.sleep(0.02)
    line.sendto(query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12:query.index(b"\0", 12) + 5], asker)
PY
ip netns exec "$there" python3 "$work/responder.py" &
responder=$!
disown "$responder"

# ---- who they are and what they may ----
start env -u SUDO_UID -u SUDO_GID "$program" --headless --passive --log -
verdict "three processes run" "$([ -n "$capture" ] || echo "not found")"
verdict "main, started by root itself: user and groups" \
  "$(check_user "$main" "$servant" "$servants" "$servants")"
verdict "main: rights" "$(check_rights "$main" $none $none 0)"
verdict "keeper: user and groups" "$(check_user "$keeper" "$servant" "$servants" "$servants")"
verdict "keeper: three capabilities and a sandbox" "$(check_rights "$keeper" $keeps $none 2)"
verdict "capture: user and groups" "$(check_user "$capture" "$servant" "$servants" "$servants")"
verdict "capture: no capability, a sandbox" "$(check_rights "$capture" $none $none 2)"
verdict "keeper and capture are not dumpable: their /proc entries are root's" "$(
  same keeper 0 "$(stat -c %u "/proc/$keeper/mem")"
  same capture 0 "$(stat -c %u "/proc/$capture/mem")"
)"
verdict "capture holds what it needs and nothing else" "$(
  for link in "/proc/$capture/fd/"*; do
    case $(readlink "$link") in
    /dev/null | anon_inode:\[eventfd\] | socket:*) ;;
    *) printf '%s; ' "$(readlink "$link")" ;;
    esac
  done
)"
verdict "keeper holds no terminal and no file of main's" "$(
  for link in "/proc/$keeper/fd/"*; do
    case $(readlink "$link") in
    /dev/null | anon_inode:\[eventfd\] | anon_inode:\[pidfd\] | socket:* | /proc) ;;
    # What tells who sends: links to its programs, and the ring buffer that it reads.
    anon_inode:\[signalfd\] | anon_inode:bpf_link | anon_inode:bpf-map | anon_inode:\[eventpoll\]) ;;
    *) printf '%s; ' "$(readlink "$link")" ;;
    esac
  done
)"
verdict "main holds nothing of BPF" "$(
  for link in "/proc/$main/fd/"*; do
    case $(readlink "$link") in *bpf*) printf '%s; ' "$(readlink "$link")" ;; esac
  done
)"
verdict "main and capture have nothing of BPF in their memory" \
  "$(grep -h bpf "/proc/$main/maps" "/proc/$capture/maps" | grep -v 'libbpf\.so')"
verdict "each in a process group of its own" "$(
  # shellcheck disable=SC2046 # fields of stat(5), none with blanks but the name that is cut off
  for pid in "$keeper" "$capture"; do
    same "group of $pid" "$pid" "$(set -- $(sed 's/.*) //' "/proc/$pid/stat") && echo "$3")"
  done
)"
wake_ups() { # of keeper and capture
  awk '/ctxt_switches/ { sum += $2 } END { print sum }' "/proc/$keeper/status" "/proc/$capture/status"
}
# A new link still sends multicast listener reports for some seconds, which pass the filter for their
# hop-by-hop header: the namespace itself must have become quiet.
idle() {
  local before
  before=$(wake_ups)
  sleep 2
  woken=$(($(wake_ups) - before))
  [ "$woken" -eq 0 ]
}
woken=
within 6 idle
verdict "keeper and capture sleep where nothing happens" "$(same "wake-ups in 2 s" 0 "$woken")"

# ---- deaths ----
old=$capture
kill -KILL "$capture"
capture=
# The killed one may stand there for a moment while the kernel takes it down.
find_new() { find_children && [ "$capture" != "$old" ]; }
within 10 find_new
verdict "capture killed: a new one within a second" "$(
  [ -n "$capture" ] && [ "$capture" != "$old" ] || echo "none"
)"
verdict "the new capture has no more rights than the first" "$(
  check_user "$capture" "$servant" "$servants" "$servants"
  check_rights "$capture" $none $none 2
)"
noted() {
  grep -q 'capture ended' "$work/out" && grep -q 'capture is back' "$work/out"
}
verdict "the gap is an event" "$(within 10 noted || echo "not in the log")"

# A stopped one still holds all that it held, and sees nothing.
logged() { grep -q "$1" "$work/out"; }
backs() { grep -c 'capture is back' "$work/out"; }
before=$(backs)
kill -STOP "$capture"
verdict "capture stopped: main says so" \
  "$(within 10 logged 'stopped by a signal' || echo "not in the log")"
kill -CONT "$capture"
goes_on() { [ "$(backs)" -gt "$before" ]; }
verdict "capture goes on: main says so, and how long it saw nothing" \
  "$(within 10 goes_on || echo "not in the log")"
old=$capture
kill -STOP "$capture"
kill -KILL "$capture"
within 10 find_new
verdict "a stopped capture that is killed is replaced" "$(
  [ "$capture" != "$old" ] || echo "it is not"
)"
stop
verdict "SIGTERM to main ends all three" "$(say_gone "$main" "$keeper" "$capture")"

start "$program" --headless --passive
kill -KILL "$main"
within 10 gone "$main" "$keeper" "$capture"
verdict "main killed: nothing stays behind" "$(say_gone "$main" "$keeper" "$capture")"

start "$program" --headless --passive --log -
kill -KILL "$keeper"
within 10 gone "$keeper" "$capture"
verdict "keeper killed: capture ends" "$(say_gone "$keeper" "$capture")"
told() { grep -q 'keeps the rights has ended' "$work/out"; }
verdict "keeper killed: main learns it" "$(within 10 told || echo "not in the log")"
stop

start "$program" --headless --passive
kill -STOP "$keeper" "$capture"
kill -KILL "$main"
kill -CONT "$keeper" "$capture" 2>/dev/null
within 10 gone "$keeper" "$capture"
verdict "main killed while the others were stopped" "$(say_gone "$keeper" "$capture")"

# ---- whose program it is ----
start env SUDO_UID=$stranger SUDO_GID=23456 "$program" --headless --passive
verdict "started by sudo: main is who asked" "$(
  check_user "$main" $stranger 23456 23456
  check_rights "$main" $none $none 0
)"
verdict "started by sudo: the others are not" "$(
  check_user "$keeper" "$servant" "$servants" "$servants"
  check_user "$capture" "$servant" "$servants" "$servants"
)"
stop

start env SUDO_UID=12x SUDO_GID=-1 "$program" --headless --passive
verdict "a SUDO_UID that is no number is not believed" "$(
  check_user "$main" "$servant" "$servants" "$servants"
)"
stop

start "$program" --headless --passive --user daemon
verdict "--user" "$(check_user "$main" "$(id -u daemon)" "$(id -g daemon)" "$(id -G daemon)")"
stop

refused() { # WHAT COMMAND...: exit 2, one line that says WHAT
  local what=$1 status
  shift
  ip netns exec "$here" timeout 5 "$@" >"$work/out" 2>&1 </dev/null
  status=$?
  same "exit status" 2 "$status"
  same lines 1 "$(wc -l <"$work/out")"
  grep -q -- "$what" "$work/out" || printf 'it says: %s; ' "$(cat "$work/out")"
}
verdict "--user that does not exist" \
  "$(refused 'no user "no-such-user"' "$program" --headless --passive --user no-such-user)"
as_stranger=(setpriv "--reuid=$stranger" "--regid=$stranger" --clear-groups)
cp "$program" "$work/plain"
verdict "--user without root" \
  "$(refused 'only root' "${as_stranger[@]}" "$work/plain" --headless --passive --user daemon)"

# ---- without rights ----
ip netns exec "$here" "${as_stranger[@]}" timeout 20 "$work/plain" --once --duration 1 --passive --json \
  >"$work/out" 2>&1 </dev/null
verdict "without rights it runs, and says what to type" "$(
  grep -q 'setcap' "$work/out" || echo "no word of it: $(head -c 300 "$work/out")"
)"

# ---- file capabilities instead of root ----
cp "$program" "$work/capable"
if setcap cap_net_raw,cap_sys_ptrace,cap_dac_read_search+p "$work/capable" 2>/dev/null; then
  start "${as_stranger[@]}" "$work/capable" --headless --passive
  verdict "file capabilities: main" "$(
    check_user "$main" $stranger $stranger ""
    check_rights "$main" $none any 0
  )"
  verdict "file capabilities: keeper" "$(check_rights "$keeper" $keeps any 2)"
  verdict "file capabilities: capture" "$(check_rights "$capture" $none any 2)"
  stop
  # The rights are for watching, not for reading what others keep to themselves.
  printf 'secret\n' >"$work/secret"
  chmod 600 "$work/secret"
  verdict "file capabilities: -r opens with the user's own rights" \
    "$(refused 'Permission denied' "${as_stranger[@]}" "$work/capable" -r "$work/secret" --once)"
  setcap cap_net_raw,cap_sys_ptrace,cap_dac_read_search+ep "$work/capable"
  verdict "file capabilities that are effective: likewise" \
    "$(refused 'Permission denied' "${as_stranger[@]}" "$work/capable" -r "$work/secret" --once)"
else
  skipped=$((skipped + 1))
  echo "SKIP file capabilities: not on this file system"
fi

# ---- a capture file ----
mkfifo "$work/pipe"
reads_a_pipe() { # COMMAND...: the pipe is silent, so that the processes stand still
  sleep 30 >"$work/pipe" &
  writer=$!
  ip netns exec "$here" "$@" -r "$work/pipe" --once >"$work/out" 2>&1 </dev/null &
  main=$!
  keeper=
  capture=
  within 30 find_children
}
end_pipe() {
  kill "$main" "$writer" 2>/dev/null
  within 10 gone "$main" "$keeper" "$capture"
  wait "$main" "$writer" 2>/dev/null
}
reads_a_pipe "$program"
verdict "a file is read without any capability, in a sandbox" "$(
  check_rights "$main" $none $none 0
  check_rights "$keeper" $none $none 2
  check_rights "$capture" $none $none 2
  check_user "$capture" "$servant" "$servants" "$servants"
)"
end_pipe
verdict "a file: nothing stays behind" "$(say_gone "$main" "$keeper" "$capture")"
chmod 644 "$work/pipe"
reads_a_pipe "${as_stranger[@]}" "$work/plain"
verdict "a file, without root: likewise" "$(
  check_rights "$main" $none any 0
  check_rights "$keeper" $none any 2
  check_rights "$capture" $none any 2
)"
end_pipe

# ---- who asked ----
ip netns exec "$here" "$program" --once --duration 6 --passive --json >"$work/report" 2>"$work/out" \
  </dev/null &
main=$!
keeper=
capture=
within 20 find_children
for name in a b c d e; do
  look_up $name.example
  ip netns exec "$here" "${as_stranger[@]}" dig +tries=1 +time=1 @10.66.0.2 $name.test >/dev/null 2>&1
done
wait "$main" 2>/dev/null
# /proc is looked at after the packet was seen: on a busy machine one may be gone by then.
verdict "a dig that is gone in milliseconds is named, whoever ran it" "$(
  python3 - "$work/report" <<'PY'
import json, sys
apps = json.load(open(sys.argv[1]))["apps"]
for user in "root", "12345":
    named = sum(app["lookups"] for app in apps if app["name"] == "dig" and app["user"] == user)
    if named < 4:
        print(f"{user}: {named} of 5; apps:", json.dumps(apps))
PY
)"

xfrm_sockets() { # PID: how many of its descriptors are sockets of NETLINK_XFRM (6)
  for link in "/proc/$1/fd/"*; do
    readlink "$link"
  done | grep -cFx -f <(awk '$2 == 6 && $10 != 0 { print "socket:[" $10 "]" }' "/proc/$1/net/netlink")
}

# ---- IPsec policies: read by root, followed by somebody without rights ----
cat >"$work/unasked.py" <<'PY'
import socket
line = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
line.bind(("10.66.0.2", 0))
name = b"\7unasked\7example\0\0\1\0\1"
answer = b"\x12\x34\x81\x83\0\1\0\0\0\0\0\0" + name
for count in range(3): # as they come out of ESP: nobody asked in the clear
    packet = (53).to_bytes(2, "big") + (40000 + count).to_bytes(2, "big")
    packet += (8 + len(answer)).to_bytes(2, "big") + b"\0\0" + answer
    line.sendto(packet, ("10.66.0.1", 0))
PY
ipsec_report() { # COMMAND...: done while the machine with its policy is watched
  ip -n "$here" xfrm policy flush
  ip -n "$here" xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out priority 100 \
    tmpl src 10.66.0.1 dst 10.66.0.2 proto esp mode tunnel
  ip netns exec "$here" "$program" --once --duration 8 --passive --json >"$work/report" \
    2>"$work/out" </dev/null &
  main=$!
  keeper=
  capture=
  within 20 find_children
  sleep 5.3 # a capture that has just begun may have missed the question
  "$@"
  wait "$main" 2>/dev/null
  python3 -c 'import json, sys
report = json.load(open(sys.argv[1]))
print(report["verdict"], report["expectation"], report["routes"]["ipv4"]["role"])' "$work/report"
}
unasked() { ip netns exec "$there" python3 "$work/unasked.py"; }
spared() {
  ip -n "$here" xfrm policy add src 0.0.0.0/0 dst 10.66.0.2/32 dir out priority 50
  look_up spared.example
}
if ip -n "$here" route add default via 10.66.0.2 2>/dev/null &&
  ip -n "$here" xfrm policy add src 0.0.0.0/0 dst 10.0.0.0/8 dir out priority 9 2>/dev/null; then
  verdict "a policy without an interface is the tunnel, and answers out of it the evidence" \
    "$(same report "ok vpn tunnel" "$(ipsec_report unasked)")"
  verdict "a look-up that a policy lets pass in the clear is a leak" \
    "$(same report "leak vpn tunnel" "$(ipsec_report spared)")"
  start "$program" --headless --passive --log -
  verdict "main alone holds the socket of the policies" "$(
    same main 1 "$(xfrm_sockets "$main")"
    same keeper 0 "$(xfrm_sockets "$keeper")"
    same capture 0 "$(xfrm_sockets "$capture")"
  )"
  stop
  verdict "policies that go away are a drop" \
    "$(same report "unknown vpn uplink" "$(ipsec_report ip -n "$here" xfrm policy flush)")"
else
  skipped=$((skipped + 4))
  echo "skip IPsec policies: this kernel has none"
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
