#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The screen in a real terminal: a private tmux server with fixed size, TERM, locale, zone and home.
# Most tests open scenes (tests/screen/scene.c), which no packet and no clock can change; the last
# ones open ./leaktop itself, in a network namespace without a way out.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
leaktop=${LEAKTOP:-$PWD/leaktop}
CC=${CC:-cc}
# The leak check stops the world by ptrace, and never ends where that is not allowed; scenes end by
# signals on purpose.
export ASAN_OPTIONS=detect_leaks=0
work=$(mktemp -d)
chmod 0755 "$work"
scene=$work/scene
socket=ltscreen$$-0
opened=0
space=ltscr$$
passed=0
failed=0
shown=

t() { env -u TMUX -u NO_COLOR -u COLORTERM TZ=UTC LC_ALL="${LOCALE:-C.UTF-8}" HOME="$work" \
  tmux -L "$socket" -f /dev/null "$@"; }
cleanup() {
  t kill-server 2>/dev/null
  ip netns del "$space" 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

ok() {
  passed=$((passed + 1))
  echo "ok   $1"
}
bad() {
  failed=$((failed + 1))
  echo "FAIL $1: $2"
}

# A server that is told to end may still hold its socket: each has its own.
fresh() {
  t kill-server 2>/dev/null
  opened=$((opened + 1))
  socket=ltscreen$$-$opened
}
# open COLUMNSxROWS COMMAND: a new pane that runs it; what it leaves behind stays to be seen.
open() {
  local size=$1
  shift
  fresh
  t new-session -d -x "${size%x*}" -y "${size#*x}" \
    "TERM=${TERMINAL-tmux-256color} $*; echo \"status \$?\"; exec sleep 1000"
  t set -g status off
  t resize-window -x "${size%x*}" -y "${size#*x}"
  wait_for "${FIRST:-Quit}"
}
look() { shown=$(t capture-pane -p); }
# wait_for TEXT: until it is on the screen, at most 5 s.
wait_for() {
  local i
  for ((i = 0; i < 100; i++)); do
    look
    grep -qF -- "$1" <<<"$shown" && return 0
    sleep 0.05
  done
  return 1
}
wait_gone() {
  local i
  for ((i = 0; i < 100; i++)); do
    look
    grep -qF -- "$1" <<<"$shown" || return 0
    sleep 0.05
  done
  return 1
}
keys() { t send-keys "$@"; }
pid() { pgrep -P "$(t display -p '#{pane_pid}')" -x "$1"; }

# sees NAME TEXT...: all of them are on the screen soon.
sees() {
  local name=$1 text
  shift
  for text in "$@"; do
    if ! wait_for "$text"; then
      bad "$name" "'$text' is not on the screen"
      # What was there instead.
      # shellcheck disable=SC2001
      sed 's/^/     | /' <<<"$shown"
      return 1
    fi
  done
  ok "$name"
}
misses() {
  local name=$1 text
  shift
  for text in "$@"; do
    if ! wait_gone "$text"; then
      bad "$name" "'$text' is on the screen"
      return 1
    fi
  done
  ok "$name"
}
# row NAME NUMBER TEXT: that row (from 1) holds the text.
row() {
  local line i
  for ((i = 0; i < 60; i++)); do
    look
    line=$(sed -n "${2}p" <<<"$shown")
    if [[ $line == *"$3"* ]]; then
      ok "$1"
      return 0
    fi
    sleep 0.05
  done
  bad "$1" "row $2 is '$line', not '$3'"
}
# fits NAME: nothing wrapped or overprinted: the verdict is above, the footer is the last row.
fits() {
  local last
  sleep 0.3
  look
  last=$(sed -n '$p' <<<"$shown")
  if ! head -n 2 <<<"$shown" | grep -q 'LEAK'; then
    bad "$1" "no verdict on the first two rows"
  elif [[ $last != *"Quit"* && $last != *"Back"* ]]; then
    bad "$1" "the last row is '$last'"
  else
    ok "$1"
  fi
}
# What the judge writes in a row is the judge's: the picture is compared without it.
picture() {
  sed -E -e '2s/^[0-9].*//' -e '2s/^( X LEAK ).*/\1/' \
    -e 's/^([> ][-+!X?] (ok|warn|leak|unknown|off) +[a-z0-9-]+ +).*/\1/'
}
# same NAME FILE: the whole screen. With UPDATE=1 in the environment the file is written anew: look at
# the difference before it is kept.
same() {
  local i wanted
  if [ -n "${UPDATE:-}" ]; then
    sleep 0.5
    look
    printf '%s\n' "$shown" >"$2"
  fi
  wanted=$(picture <"$2")
  for ((i = 0; i < 40; i++)); do
    look
    [ "$(picture <<<"$shown")" = "$wanted" ] && break
    sleep 0.05
  done
  if [ "$(picture <<<"$shown")" = "$wanted" ]; then
    ok "$1"
  else
    bad "$1" "another picture"
    diff <(echo "$wanted") <(picture <<<"$shown") | sed 's/^/     /'
  fi
}
# holds NAME COMMAND...: it succeeds.
holds() {
  local name=$1 said
  shift
  if said=$("$@" 2>&1); then
    ok "$name${said:+ (${said#ok })}"
  else
    bad "$name" "$said"
  fi
}

read -ra flags <<<"$(pkg-config --cflags --libs ncursesw)"
awk -f src/tables/encrypted.awk src/tables/encrypted.tsv >"$work/encrypted_rows.h"
if ! "$CC" -std=c11 -D_GNU_SOURCE -DLEAKTOP_VERSION='"test"' -Isrc -I"$work" -g -O1 \
  -fsanitize=address,undefined -fno-sanitize-recover=all -o "$scene" tests/screen/scene.c tests/screen/scenes.c tests/screen/scenes_outside.c tests/screen/scenes_programs.c tests/screen/scenes_timeline.c \
  src/base/*.c src/model/*.c src/judge/*.c src/tables/*.c src/views/learned.c src/views/programs.c src/views/screen/*.c "${flags[@]}"; then
  echo "FAIL scene: does not build"
  echo "0 passed, 1 failed"
  exit 1
fi

# --- The pictures ---

open 80x24 "$scene" leak
same "dashboard 80x24, all of it" tests/screen/dashboard-80x24.txt
open 40x12 "$scene" leak
same "dashboard 40x12, all of it" tests/screen/dashboard-40x12.txt
open 120x40 "$scene" leak
row "verdict on row 2 at 120x40" 2 "X LEAK   dns, ipv6: 2 look-ups left outside the tunnel by wlan0"
sees "what it means, beside it" "They did"
sees "routes of both families, the difference marked" "+ same" "X exposed"
sees "evidence beside the checks" "dns: evidence" "shop.example.com by dig (pid 9120, ana)"
sees "what cannot be seen" "cannot see: cookies"
look
order=$(grep -oE '^[> ][-+!X?] (ok|warn|leak|unknown|off) +[a-z0-9-]+' <<<"$shown" | awk '{print $NF}' | tr '\n' ' ')
if [ "$order" = "dns ipv6 browser-dns disconnect apps webrtc local-names public-ip " ]; then
  ok "eight checks in the design's order"
else
  bad "eight checks in the design's order" "$order"
fi
keys Down
sees "evidence follows the cursor" "ipv6: evidence"
open 80x24 "$scene" empty
row "nothing known: starting, no verdict" 2 "? UNKNOWN   starting"
open 80x24 "$scene" nocapture
sees "no rights: says what to type" "NO CAPTURE" "sudo leaktop"
open 80x24 "$scene" unprotected
row "no tunnel: unprotected" 2 "o UNPROTECTED"
open 80x24 "$scene" clean
row "all is well" 2 "+ OK"

# --- Sizes ---

open 80x24 "$scene" leak
keys j
wait_for ">X leak     ipv6"
for size in 120x40 80x24 40x12 60x20 80x12 110x30 500x200 72x20 24x6 80x24; do
  t resize-window -x "${size%x*}" -y "${size#*x}"
  fits "resize to $size"
done
sees "the selection stayed over all sizes" ">X leak     ipv6"
t resize-window -x 1 -y 1
sleep 0.2
for size in 20x5 2x1 1x9 24x3 23x9; do
  t resize-window -x "${size%x*}" -y "${size#*x}"
  sleep 0.2
  look
  if [[ $(head -n 1 <<<"$shown" | tr -d ' ') == X* ]]; then
    ok "resize to $size: the verdict alone"
  else
    bad "resize to $size" "row 1 is '$(head -n 1 <<<"$shown")'"
  fi
done
t resize-window -x 80 -y 24
keys Enter
wait_for "ipv6: X leak"
t resize-window -x 40 -y 12
sees "a popup stays open over a resize" "ipv6: X leak"
row "verdict above a popup at 40x12" 1 "X LEAK"
t resize-window -x 120 -y 40
sees "and when enlarged again" "ipv6: X leak" "Esc Back"

# --- Keys ---

open 80x24 "$scene" leak
keys Enter
sees "Enter: question, saw, means, evidence, do" "Question  Do look-ups" "Saw       2 of 13" \
  "Means     The local" "Evidence  1" "Do        1"
row "the verdict stays above it" 2 "X LEAK"
keys End
sees "End: what cannot be seen" "Not seen  cookies"
keys Escape
misses "Esc: back" "Question"
keys '?'
sees "?: help, all of it at 80x24" "up, k  down, j" "q, Ctrl-C" "Symbols: + ok" "name~part"
keys Escape
keys F1
sees "F1 is ?" "Symbols: + ok"
keys '?'
misses "? again: closed" "Symbols: + ok"
keys 2
sees "2: all look-ups" "look-ups" "13 seen, following newest" "by" "api.example.net"
keys Down Down
row "the cursor moved" 7 ">20:14:15 ! lan"
kill -USR1 "$(pid scene)"
sees "rows above are counted, none moves" "1 newer above"
row "the cursor stayed on its look-up" 7 ">20:14:15 ! lan"
keys Home
row "Home: follows the newest" 5 ">20:14:17 + tunnelled"
kill -USR1 "$(pid scene)"
row "and goes on to follow" 5 ">20:14:18 + tunnelled"
keys End
sees "End: the oldest" ">20:14:05"
keys Home Down Enter
sees "Enter: all of a look-up" "Name      more.example.net" "Left by   wg0 (tunnel)" "To        10.2.0.1:53 over udp" \
  "Answer    NOERROR" "Asked by  firefox (pid 4211, ana)"
keys Escape /
keys 'exposure=ex'
sees "/ filters as one types" "/exposure=ex" "2 of 15" "shop.example.com"
misses "and leaves the rest out" "host8.example.net"
keys ' app=dig'
sees "words must all match" "1 of 15"
keys Enter
sees "Enter keeps the filter in sight" "/exposure=ex app=dig" "1 of 15"
keys Escape
sees "Esc ends it" "15 seen"
keys / 'name~SHOP to=192 iface=wlan0' Enter
sees "name~ to= iface=, any letter case" "1 of 15" "shop.example.com"
keys / C-u 'zzz'
sees "an empty list says why" "0 of 15" "no look-up matches the filter"
keys Escape 1
sees "1: the dashboard again" "checks"
keys Tab
sees "Tab: the look-ups" ">20:14:18 + tunnelled"
keys Tab k k j
sees "and back, k and j move" ">X leak     ipv6"
keys PageDown
sees "PgDn: the last check" ">? unknown  public-ip"
keys Home r
sees "r says what it sends" "recheck dns: sends look-ups of names of its own"
sees "work under way shows" "live, probing"
keys R
sees "R says what it sends" "recheck all: sends look-ups"
keys z
sees "a key without meaning says so" "? lists the keys"

keys Space
sees "space: paused" "PAUSED since" "0 new"
kill -USR2 "$(pid scene)"
row "a leak meanwhile still changes the verdict" 2 "3 look-ups left outside"
sees "and is counted" "1 new"
misses "but the view is frozen" "late.example.com"
keys 2 /
keys app=dig Enter
sees "filter while frozen" "1 of 15"
misses "what came later is not in it" "late.example.com"
keys Escape Space
sees "space again: live" "late.example.com"
keys 1 c
sees "c says what will happen" "clear the leak?" "The list of leaks keeps them"
keys n
row "n: nothing happened" 2 "X LEAK"
keys c
wait_for "clear the leak?"
keys y
misses "y: cleared" "X LEAK"
keys v
sees "v says what will happen" "expect none?" "Nothing is counted on"
keys v
sees "v again: the next one" "expect vpn?"
keys Escape
sees "Esc: as it was" "stays as it was"
keys v y
sees "v, y: changed" "expect none"
keys q
sees "q ends it" "status 0"
misses "the screen is gone from the terminal" "look-ups"

open 80x24 "$scene" leak --passive
keys r
sees "r when passive: sends nothing" "passive: nothing is sent"

# --- Every way by which a name can leave, and every reason why one that left is no leak ---

open 80x24 "$scene" ways
row "names and STUN leak, each in its own row" 2 "X LEAK   dns, webrtc: 4 look-ups left outside by wlan0, last 20:14:16"
sees "STUN makes the row webrtc" "X leak     webrtc       1 STUN request left by wlan0 to 198.51.100.99"
keys 2
sees "encrypted look-ups: by their transport and the resolver's name" \
  "X bypass    wlan0 doh  8.8.8.8       -     dns.google" "X bypass    wlan0 doh3 1.1.1.1       -     -"
sees "STUN: by its server" "X exposed   wlan0 stun 198.51.100.99 STUN  198.51.100.99"
sees "what is no leak stands there with its reason" "o split DNS wlan0" "o net check wlan0" "o intended  wlan0" \
  "+ tunnelled wg0   dot  9.9.9.9"
keys Enter
sees "detail: marked as intended, by which rule" "look-up: o open, intended" \
  "No leak   marked as intended (cupsd asks for intended.example and below)"
keys a
sees "a on what is marked: says so" "that is marked as intended already"
keys Escape Down Enter
sees "detail: forwarded, for whom" "Asked by  172.17.0.2: forwarded for a container"
keys Escape Down Down Enter
sees "detail: split DNS, who says so" "No leak   split DNS (corp.lab by wlan0, says systemd-resolved)"
sees "detail: asked through a stub, with the command line" "Asked by  firefox (pid 4242, ana) via systemd-resolved" \
  "Command   /usr/lib/firefox-esr/firefox-esr --private-window" "https://shop.example.com/"
keys Escape a
sees "a on what is no leak: says so" "that is no leak already (Enter says why)"
keys Down Enter
sees "detail: STUN, what the server learned" "STUN: X exposed" "Learned   203.0.113.200" "To        198.51.100.99:3478"
keys Escape Down a
sees "a on what the tunnel carried: says so" "that left by the tunnel: no leak, nothing to mark"
keys Down Enter
sees "detail: encrypted, how it is known" "encrypted DNS: X bypass" "Known by  address alone" "Names     not seen"
keys Escape End Up Up Up Enter
sees "detail: the answer, and who answered without being asked" "Answer    NOERROR after 12 ms: 198.51.100.4" \
  "also by 192.0.2.1, who was not asked"
keys Escape / exposure=split
sees "the filter knows the reasons" "1 of 12" "wiki.corp.lab"
keys C-u app=fire Space bypass Enter
sees "and the transports' words" "1 of 12" "doh3"
open 120x40 "$scene" ways
sees "a way that leaked is not hidden by a later look-up that is none" "wlan0 192.0.2.53        udp                 4" \
  "36%  X exposed"

open 80x24 "$scene" odd
keys 2
sees "the one long word of a transport has its room" "X bypass    wlan0 dnscrypt 192.0.2.44    TXT"
keys End Enter
sees "detail: inside IPsec" "Left by   wlan0 (uplink), inside IPsec: only its answer was seen in the" "+ tunnelled"
keys Escape Up Up a
sees "a on a check between neighbours: says so" "that stayed on the local link"
keys Up Enter
sees "a server that no table knows is called no resolver" "Server    esc" "Known by  behaviour"
sees "a hostile name and command line stay text" 'esc\027[31m.very-long' '--\027]0;title\007'
keys a
sees "a long name keeps its end in a rule" "> 1  a program with blanks asks for ~" "doh.world.example  1 of 4 leaks" \
  'rule = program:a\032program\032with\032blanks'
if t capture-pane -p | LC_ALL=C grep -q '[^ -~]'; then
  bad "nothing but printable ASCII in it" "other bytes"
else
  ok "nothing but printable ASCII in it"
fi
open 80x24 "$scene" bootstrap
row "asked by somebody unknown: a leak first" 2 "X LEAK"
keys 2 Enter
sees "as its detail says" "look-up: X exposed" "gw.myvpn.example" "Answer    NOERROR after 12 ms: 203.0.113.77"
kill -USR1 "$(pid scene)"
sees "the tunnel came up to that address: bootstrap, in the open detail" "look-up: + bootstrap" \
  "No leak   the tunnel came up to the address answered"
misses "and no leak any more" "X LEAK"
keys Escape
sees "in the list too" "+ bootstrap wlan0 udp  192.0.2.53    A     gw.myvpn.example"
keys a
sees "nothing to mark there" "that is no leak already"

# --- What the outside sees; before and after ---

for size in 80x24 120x40 40x12; do
  open "$size" "$scene" outside
  keys 6
  same "before/after $size, all of it" "tests/screen/before-$size.txt"
  keys o
  same "as the outside sees it $size, all of it" "tests/screen/outside-$size.txt"
done
open 80x24 "$scene" outside
keys 6
sees "the address of before the tunnel" "198.51.100.77"
keys m
misses "masked: it is in no row" "198.51.100.77"
keys m Down Down Enter
sees "Enter: a row, whole" "DNS IPv4: X" "Before    192.0.2.53" "Now" "Says"
keys Escape
misses "Esc: back" "Says"
keys o
sees "o: who asks the world, by whom it was asked" "standard test" "203.0.113.9 AS64511 ExampleVPN (CH)" \
  "validates DNSSEC; sends whole names" "itself res7.zrh"
sees "a part of the address that is given away" "gives away a part of your address: 192.0.2.0/24"
keys PageDown
sees "services, one by one" "ifconfig.co: 203.0.113.7 by wg0" "an HTML page" "not using Mullvad"
keys PageDown PageDown
sees "a name from both ends" "left by wg0 at" "of the authority by" "answered after 31 ms"
keys End
sees "what is sent, and when" "k3v9q.probe.example"
keys m
misses "masked: names are not there" "k3v9q.probe.example"
keys m Escape x
sees "x asks, and says what it sends" "extended test?" "36 names" "y Send   n Do not"
keys n
sees "n: nothing is sent" "nothing is sent"
keys X
sees "X asks, too" "ask the public resolvers?" "Cloudflare, Google, Quad9"
keys Escape 1 Enter
sees "the detail of dns has it all" "dns: X leak"
keys End
sees "at its end" "Not seen  cookies"
open 80x24 "$scene" clean
keys 6
sees "no baseline: said, and what to do" "no baseline of this network" "Nothing to compare with"
open 80x24 "$scene" outside --passive
keys x
sees "--passive: x sends nothing" "passive: nothing is sent"

# --- Programs ---

for size in 80x24 120x40 40x12 200x60; do
  open "$size" "$scene" programs
  keys 4
  same "programs $size, all of it" "tests/screen/programs-$size.txt"
  fits "programs $size fits"
done
open 80x24 "$scene" programs
keys 4
sees "worst first; a program that nobody knows is no harm" ">X firefox-esr" "! steam" "o cupsd" "? unknown" \
  "v application" "worst first"
sees "the chosen one in words" "firefox-esr: leaks; 33 look-ups: 31 tunnelled, 2 exposed" \
  "by wg0, wlan0  over udp, doh  to 10.2.0.1, 1.1.1.1 +1"
keys s
sees "s: another order, its column marked" "most look-ups first" "look-upsv"
keys s s
row "by connections" 5 ">! steam "
keys s
row "last seen: its column comes" 4 "lastv"
keys s s
row "worst first again" 5 ">X firefox-esr"
keys Down
sees "rows are held once the cursor moved" "rows held, Home: sort" ">X dig"
for _ in 1 2 3; do
  kill -USR2 "$(pid scene)"
  sleep 0.1
done
row "a row's counts go on" 6 ">X dig           ana            5 "
row "and the rows stay" 5 " X firefox-esr"
kill -USR1 "$(pid scene)"
row "a new program comes at the end" 13 " + firefox       ana            1 "
keys Home
row "Home: sorted again" 5 ">X dig"
keys Down Enter
sees "Enter: who, which ways, which names" "firefox-esr: X leaks" "Left by   wg0 (tunnel), wlan0 (uplink)" \
  "Pids      4211, 4213, 4212" "rule = program:firefox-esr" "Command   --of a command line" \
  "20:14:45 X AAAA shop.example.com x2  wlan0 udp 192.0.2.53"
row "the verdict stays above it" 2 "X LEAK"
t resize-window -x 40 -y 12
sees "and stays open over a resize" "firefox-esr: X leaks"
t resize-window -x 80 -y 24
keys End
sees "End: its oldest name, and what cannot be seen" "page0.example.com" "Not seen  what it sent"
keys m
misses "masked: none of its names, nor its command line" "page0.example.com" "command line"
keys m Escape / app=st
sees "/ filters programs" "/app=st" "1 of 9" ">! steam"
misses "the others are not there" "avahi-daemon"
keys C-u exposure=leaks Enter
sees "by what they do" "2 of 9"
keys Enter
sees "connections of a program" "dig: X leaks"
keys Escape C-u Escape
open 80x24 "$scene" programs
keys 4 Down Down Enter
sees "connections outside the tunnel, one by one" "steam: ! connects outside" "20:14:50 wlan0 > 203.0.113.81 port 443"
keys m
misses "masked: not where to" "203.0.113.81"
keys m Escape / zzz Enter
sees "an empty list says why" "no program matches the filter"
keys Escape Space
sees "paused" "PAUSED"
kill -USR2 "$(pid scene)"
sees "and still" "1 new"
row "no row changes while it is paused" 6 " X dig           ana            2 "
keys Space
row "live again" 5 ">X dig           ana            3 "
open 80x24 "$scene" tor
keys 4
sees "with Tor: who leaves beside it, who by it" "X curl" "X firefox-esr" "+ firefox.real"
keys End
sees "in words" "firefox.real: by Tor; 0 look-ups; to Tor: 3 by name, 0 by address"
keys Enter
sees "names that were handed to Tor" "To Tor    3 requests by name" "+ news.example.org port 443"
keys m
misses "masked: not these" "example.org"
keys m Escape / app=curl Enter
wait_for "1 of 3"
keys Enter
sees "an address whose name was looked up before" "of these 1 looked up before" \
  "! 203.0.113.44, looked up as before.example.net" "socks5h"
keys Escape / C-u app=firefox-esr Enter
wait_for "1 of 3"
keys Enter
sees "STUN of a program: to whom, by which way, what it learned" "STUN      1 request, 1 outside Tor" \
  "X 198.51.100.99:3478 by wlan0, saw 203.0.113.200"
keys Escape Escape 3
sees "what Tor's exit learned" "VPN/Tor exit" "news.example.org" "+ 20:14:05 x2"
open 80x24 "$scene" programs --mask
keys 4
sees "masked: for whom look-ups were forwarded" "(hidden)"
misses "is not told" "172.17.0.2"
open 80x24 "$scene" crowd
keys 4
sees "ten thousand programs: as many as are kept" "applications  1024" ">X program"
keys End
sees "to the last of them" ">+ program"

# --- The timeline ---

for size in 40x12 80x24 120x40 200x60; do
  open "$size" "$scene" timeline
  keys 5
  same "timeline $size, all of it" "tests/screen/timeline-$size.txt"
  fits "timeline $size fits"
done
LOCALE=C open 80x24 "$scene" timeline --ascii
keys 5
sees "timeline in ASCII: lanes of the routes" "IPv4                      oooooo================X=================" \
  "exposed                   ................X.....X..?????????.....X"
look
if grep -q '[^ -~]' <<<"$shown"; then
  bad "timeline: nothing but ASCII" "other bytes"
else
  ok "timeline: nothing but ASCII"
fi
open 80x24 "$scene" timeline
keys 5
sees "what happened, to the millisecond" "20:19:34.118 ! tunnel     wg0 is no longer the web route" \
  "20:19:35.118 X leak       shop.example.com left by wlan0 over udp (dig)" "20:22:17.218 ? clock      the machine slept"
keys n
row "n: to the newest leak" 12 ">20:23:57.218 X leak"
keys n
row "n: to the leak before" 17 ">20:19:35.118 X leak       shop.example.com"
keys n n
sees "and says where there is none" "there is no leak before this line" ">20:18:04.000 X leak"
keys N
row "N: back" 17 ">20:19:35.118"
keys Enter
sees "Enter on a leak: its look-up" "look-up: X exposed" "Name      shop.example.com"
keys Escape Down Enter
sees "Enter on a drop: all that is known of it" "tunnel: ! warn" "Drop      20:19:34.118 to 20:19:36.218, 2.1 s" \
  "1 look-up and 0 connections left outside" "Around it 20:19:34.118"
keys Escape + + + +
sees "+: closer, with the line that is chosen in sight" "1 s a column" "==XXX=="
keys + +
sees "no closer than a second" "a column is a second: there is no closer"
keys - - - - - - - - - - - - - - - -
sees "-: wider, to half an hour" "30 min a column" "there is no wider"
kill -USR2 "$(pid scene)"
sees "lines above are counted, none moves" "Home: newest" ">20:19:34.118"
keys Home
row "Home: follows the newest" 10 ">20:23:58.218   note"
keys / iface=wg0
sees "/ filters events" "of 18" "wg0 is up"
misses "and leaves the rest out" "the machine slept"
keys C-u name~shop
sees "and leaks by the name that their line shows" "1 of 18" "shop.example.com"
keys C-u zzz Enter
sees "an empty list says why" "no event matches the filter"
keys Escape Space
sees "space: paused" "PAUSED"
keys 1 m 5
sees "masked: no name" "(hidden) left by wlan0"
misses "nowhere" "shop.example.com"
open 120x40 "$scene" timeline
sees "the wide dashboard has the lanes" "10 s a column" " IPv6          -----" " leak          ......"
open 80x24 "$scene" timeline
row "the small one has two of them in a row" 22 "leak     ....XX???X"

# --- As an observer saw it ---

for size in 80x24 120x40 40x12; do
  open "$size" "$scene" observers
  keys 3
  same "observers $size, all of it" "tests/screen/observers-$size.txt"
  fits "observers $size fits"
  keys Tab Tab
  same "one observer $size, all of it" "tests/screen/observer-$size.txt"
done
for view in 3 4; do
  open 80x24 "$scene" observers
  keys "$view"
  wait_for "name"
  keys Down
  for size in 24x4 40x12 24x6 72x20 500x200 80x12 60x20 110x30 23x3 1x1 160x50 80x24; do
    t resize-window -x "${size%x*}" -y "${size#*x}"
    sleep 0.1
    case $size in 24x4 | 23x3 | 1x1) continue ;; esac
    fits "view $view resized to $size"
  done
  wait_for "rows held"
  keys Enter
  wait_for "Esc Back"
  keys End
  for size in 24x4 40x12 24x6 500x200 1x1 80x24; do
    t resize-window -x "${size%x*}" -y "${size#*x}"
    sleep 0.1
  done
  sees "view $view: its page stays open over all sizes" "up/down Scroll  Esc Back"
done
open 80x24 "$scene" observers
keys 3
sees "who learned what" "as an observer saw it, since 20:14:03" "local network ISP           resolver      VPN" \
  ">router.example.org      X 20:14:56 x1 ? 20:14:56 x1 X 20:14:56 x1 -" \
  " inside dns.google       ~ 20:14:56 x1 ~ 20:14:56 x1 X 20:14:56 x1 -" \
  " cdn.example.net         X 20:14:52 x1 X 20:14:52 x1 -             -" \
  " _ipp._tcp.local         ! 20:14:51 x1 -             -             -" \
  " api.example.net         -             -             + 20:14:43 x8 + 20:14:53 x9"
sees "how many each" "learned: local 9 (7 leaked), ISP 3 to 8 (7), resolver 39 (4), VPN 34"
sees "and what no name tells" "not by names: pages, forms, cookies"
keys Tab
sees "Tab: one of them, with how and totals" "as the local network saw it" "X ocsp.example.com            20:14:55 20:14:55 1      certificate status" \
  "X updates.example.org         20:14:54 20:14:54 1      HTTP host" "local network: 9 names (7 leaked) + 2 encrypted, 12 times, from 192.0.2.7"
misses "not what it did not learn" "store.example.net"
keys Tab
sees "Tab: the ISP" "as the ISP saw it" "? router.example.org" "8 names (7 leaked, 5 presumed)"
misses "neighbours alone were asked that" "_ipp._tcp"
keys Tab
sees "Tab: resolvers, and who they are" "as the resolvers saw it" "look-ups: 198.51.100.53 Example ISP 1, 8.8.8.8 1"
keys Tab
sees "Tab: the VPN" "as the VPN saw it" "api.example.net             20:14:36 20:14:53 9      look-up, TLS server na~"
keys Tab
sees "Tab: all again" "as an observer saw it"
keys s
sees "s: newest first" "v newest first"
keys s
row "most often first" 6 ">api.example.net "
keys s
sees "by name" "name^"
keys s Down Enter
sees "Enter: who learned it, how, from which address" "who learned it" "inside 9.9.9.9: the names" \
  "Network   ~ learned the time alone" "Resolver  X learned name and time, which were to stay" \
  "from 192.0.2.7; encrypted look-up" "VPN, Tor  - learned nothing" "Program   chromium"
row "the verdict stays above it" 2 "X LEAK"
keys End
sees "End: what no name tells" "fingerprints"
keys Escape
sees "rows are held" "rows held"
kill -USR2 "$(pid scene)"
sees "a new name is counted" "46 names"
row "and moves no row" 7 ">inside 9.9.9.9"
keys Home
row "Home: sorted again" 6 ">late.example.com"
keys / status
sees "/ filters by how, too" "/status" "1 of 46" "ocsp.example.com"
keys C-u app=steam Enter
sees "and by program" "4 of 46"
keys Space
sees "paused" "PAUSED"
kill -USR2 "$(pid scene)"
sees "counted" "1 new"
keys Escape Space
sees "live again" "late.example.com        X 20:14:59 x2"
keys m
misses "masked: no name, no address" "example.org" "192.0.2.7"
keys Tab
sees "nor in the totals" "from (hidden)"
keys m '?' End
sees "the help says what stays outside" "Outside leaktop: cookies, logins"
open 80x24 "$scene" empty
keys 3
sees "nothing yet: said" "nobody learned a name yet"
open 80x24 "$scene" crowd
keys 3 End
sees "ten thousand names: as many as are kept" "2048 names, 7952 forgotten"
open 80x24 "$scene" hostile
keys 3
sees "hostile names are text" '\027[2J\007evil.example'
fits "and move nothing"

# --- Mark as intended ---

open 80x24 "$scene" ways
keys a
sees "a on a check: says where look-ups are" "a marks a look-up: Tab goes to them"
keys Tab Down
sees "on a leak the footer names it" "a Intended"
keys a
sees "a asks, the narrowest rule first" "mark as intended?" "rule 1 of 4" \
  "> 1  anybody asks for updates.example.org of 192.0.2.53     1 of 5 leaks" \
  "  4  anybody asks anything by wlan0                         5 of 5 leaks" \
  "rule = name:updates.example.org resolver:192.0.2.53"
row "the verdict stays above it" 2 "X LEAK"
keys a
sees "a again: the next rule" "rule 2 of 4" "> 2  anybody asks for updates.example.org and below"
keys Down Down
sees "a wide rule says so" "rule 4 of 4" "Wide: whoever asks" "rule = interface:wlan0"
keys Down
sees "after the last the first" "rule 1 of 4"
keys 3
sees "by its number" "rule 3 of 4" "rule = resolver:192.0.2.53 interface:wlan0"
keys m
misses "m hides names in it" "updates.example.org" "shop.example.com"
sees "and only names" "(hidden)" "3  anybody asks anything of 192.0.2.53 by wlan0"
keys m n
sees "n: nothing is marked" "nothing is marked" "X exposed   wlan0 udp  192.0.2.53    A     ~dates.example.org"
keys a Enter
sees "Enter marks: no leak, and still there" "o intended  wlan0 udp  192.0.2.53    A     ~dates.example.org"
row "one leak less in the verdict" 2 "3 look-ups left outside"
keys '?' PageDown
sees "the help keeps the line" "rule = name:updates.example.org resolver:192.0.2.53" "*.intended.example"
keys Escape 2 End Up Up Up Enter
wait_for "Name      shop.example.com"
keys a
sees "a in the detail of a look-up" "> 1  firefox asks for shop.example.com"
keys Escape
sees "Esc: back to it" "Name      shop.example.com"
keys a 2
sees "by the program alone: its STUN too" "> 2  firefox asks anything                                  3 of 4 leaks" "Wide: whatever that program asks"
keys y
sees "y: marked, seen in the detail at once" "look-up: o open, intended" "No leak   marked as intended (firefox asks anything)"
keys Escape 1
sees "webrtc is no leak any more" "- off      webrtc       1 STUN request outside the tunnel, none a leak"
open 120x40 "$scene" leak
keys Tab Down Down Down a
wait_for "> 1  dig asks for shop.example.com"
keys Enter
sees "a way that leaks by what is marked alone is intended" "█░░░░░░░░░   9%  o intended"
open 40x12 "$scene" ways
keys 2 Down a
sees "at 40x12: one rule at a time" "rule 1 of 4" "y Mark  a Next  n Leave"
row "at 40x12 the verdict stays" 1 "X LEAK"
keys a
sees "at 40x12: the next" "rule 2 of 4" "and below"
keys PageDown
sees "at 40x12: the line to keep" "rule = name:*.updates.example.org"
keys y
sees "at 40x12: marked" "o intended updates.example.org"
keys a
sees "at 40x12: says why not" "marked as intended already"

# --- Masking ---

open 120x40 "$scene" hostile
keys m
sees "m: masked" "(hidden)"
for view in dashboard 2 Enter; do
  [ "$view" = dashboard ] || keys "$view"
  sleep 0.3
  look
  if grep -qE 'example\.(com|net|org)|evil|gw1|203\.0\.113\.7|10\.2\.0\.2|192\.0\.2\.7|2001:db8::7' <<<"$shown"; then
    bad "nothing personal masked on $view" "$(grep -m1 -oE '[^ ]*(example\.(com|net|org)|evil|gw1|203\.0\.113\.7|10\.2\.0\.2|192\.0\.2\.7|2001:db8::7)[^ ]*' <<<"$shown")"
  else
    ok "nothing personal masked on $view"
  fi
done
open 80x24 "$scene" ways --mask
keys 2
wait_for "o split DNS"
for row in 1 2 3 4 5 6 7 8 9; do
  keys Enter
  wait_for "Esc Back"
  sleep 0.1
  look
  if grep -qE 'example|corp|ubuntu|google|203\.0\.113\.|198\.51\.100\.4$|172\.17|192\.0\.2\.7' <<<"$shown"; then
    bad "nothing personal masked in detail $row" "$(grep -m1 -E 'example|corp|ubuntu|google|203\.0\.113\.|198\.51\.100\.4$|172\.17|192\.0\.2\.7' <<<"$shown")"
  else
    ok "nothing personal masked in detail $row"
  fi
  keys Escape Down
done
open 80x24 "$scene" leak --mask
keys Enter
sleep 0.3
misses "--mask: a popup hides names" "shop.example.com"

# --- Hostile names ---

open 180x40 "$scene" hostile
keys 2
sees "ESC, BEL, BS, C1, bidi are escaped" '\027[2J\007evil.example' 'back\008\008space.example' \
  'c1\155[31mred.example' 'bidi\226\128\174gnp.example' 'dot\.inside.example'
sees "a process name too" 'fire\027]0;x\007'
sees "a long name keeps its registered end" "www.registered.example"
fits "hostile names move nothing"
if t capture-pane -p | LC_ALL=C grep -q '[^ -~]'; then
  bad "nothing but printable ASCII among hostile names" "other bytes"
else
  ok "nothing but printable ASCII among hostile names"
fi

# --- Colour, characters, terminals ---

colored() { t capture-pane -pe | grep -qE $'\e\\[[0-9;]*(3[0-7]|4[0-7]|9[0-7]|[34]8)[;m]'; }
open 120x40 "$scene" leak
if colored; then ok "colours where the terminal has them"; else bad "colours" "none"; fi
for way in "NO_COLOR=1 $scene leak" "$scene leak --no-color"; do
  open 120x40 "env $way"
  if colored; then bad "$way" "colour"; else ok "no colour: ${way//$work\//}"; fi
  sees "the words stay" "X LEAK" "? unknown" "! warn" "- off"
done
open 80x24 "env NO_COLOR= $scene leak"
if colored; then ok "NO_COLOR empty: colours"; else bad "NO_COLOR empty" "no colour"; fi
for TERMINAL in xterm xterm-256color screen tmux linux vt100; do
  open 120x40 "$scene" leak
  row "TERM=$TERMINAL" 2 "X LEAK   dns, ipv6"
  fits "TERM=$TERMINAL fits"
  keys Down
  sees "TERM=$TERMINAL: arrows" ">X leak     ipv6"
  keys q
  sees "TERM=$TERMINAL: ends" "status 0"
done
TERMINAL=dumb FIRST=status open 80x24 "$scene" leak
sees "TERM=dumb: why, and what else" 'TERM is "dumb"' "--once" "--headless" "status 2"
TERMINAL=nosuch FIRST=status open 80x24 "$scene" leak
sees "TERM unknown to terminfo" 'TERM is "nosuch"' "status 2"
TERMINAL='' FIRST=status open 80x24 "$scene" leak
sees "TERM empty" "TERM is not set" "status 2"
unset TERMINAL
for way in "env LC_ALL=C $scene leak" "$scene leak --ascii"; do
  open 120x40 "$way"
  wait_for "#########."
  if t capture-pane -p | LC_ALL=C grep -q '[^ -~]'; then
    bad "ASCII alone: ${way//$work\//}" "other bytes"
  elif grep -q '#########\.' <<<"$shown"; then
    ok "ASCII alone: ${way//$work\//}"
  else
    bad "ASCII alone: ${way//$work\//}" "no bar"
  fi
done

# --- To the shell and back; what libraries say ---

fresh
t new-session -d -x 80 -y 24 "TERM=tmux-256color PS1='shell> ' bash --norc --noprofile -i"
t set -g status off
wait_for "shell>"
keys "$scene leak" Enter
wait_for "Quit"
keys C-z
sees "Ctrl-Z: the shell" "Stopped" "shell>"
misses "with its own screen" "LEAK"
keys "fg" Enter
sees "fg: the screen again" "X LEAK" "Quit"
keys j
sees "and it listens" ">X leak     ipv6"
keys q
sees "and ends" "scene: over"
open 80x24 "$scene" complain
misses "what a library says does not touch the screen" "complains"
keys q
sees "it is said afterwards, harmless" "a library ?[31mcomplains" "status 0"

# --- What the holder of the terminal's other end sees ---

export TERM=xterm-256color TZ=UTC LC_ALL=C.UTF-8 HOME="$work"
unset NO_COLOR
run_pty() { timeout 90 python3 tests/screen/other_end.py "$@"; }
holds "0 bytes while nothing changes" run_pty idle "$scene" leak
holds "0 bytes on the timeline while nothing changes" env KEYS=5 timeout 90 python3 tests/screen/other_end.py idle "$scene" timeline
holds "restored after q" run_pty restore q "$scene" leak
holds "restored after SIGTERM" run_pty restore TERM "$scene" leak
holds "restored after SIGHUP" run_pty restore HUP "$scene" leak
holds "restored after a crash" run_pty restore CRASH "$scene" crash
holds "a lost terminal ends it, SIGHUP ignored" run_pty lost "$scene" leak
holds "the end of its input ends it" run_pty eof "$scene" leak
holds "a megabyte pasted" run_pty paste "$scene" leak

# --- The program itself ---

if [ -x "$leaktop" ] && ip netns add "$space" 2>/dev/null; then
  ip -n "$space" link set lo up
  inside=(ip netns exec "$space" "$leaktop" --passive)
  holds "leaktop: first frame" run_pty first "${inside[@]}"
  holds "leaktop: 0 bytes while nothing changes" env SETTLE=3 timeout 90 \
    python3 tests/screen/other_end.py idle "${inside[@]}"
  for how in q TERM HUP INT SEGV; do
    holds "leaktop: restored after $how" run_pty restore "$how" "${inside[@]}"
  done
  holds "leaktop: a lost terminal ends it, SIGHUP ignored" run_pty lost "${inside[@]}"
  sleep 0.5
  if ip netns pids "$space" | grep -q .; then
    bad "leaktop: nothing stays behind" "$(ip netns pids "$space" | wc -l) processes"
  else
    ok "leaktop: nothing stays behind"
  fi
  FIRST=status TERMINAL=dumb open 80x24 "${inside[@]}"
  sees "leaktop: TERM=dumb" 'TERM is "dumb"' "--once" "--headless" "status 2"
else
  bad "leaktop" "not built, or no right to make a network namespace"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
