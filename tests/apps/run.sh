#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab's scenarios with real browsers and a real Tor network: `make check-apps`. Options and last
# line as those of tests/lab/run.sh.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_SUITE=$here LAB_WORLDS=${LAB_WORLDS:-3} exec "$here/../lab/run.sh" "$@"
