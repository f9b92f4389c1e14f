#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All checks, one after the other. Each suite prints its own lines; the last line sums them up:
#   N passed, N failed, N skipped
# Suites named on the command line run alone.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2

passed=0
failed=0
skipped=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# suite NAME COMMAND...: its closing line "N passed, N failed[, N skipped]" is added up; without one it
# counts as one test by its exit status.
suite() {
  local name=$1 status line
  shift
  echo "== $name"
  "$@" 2>&1 </dev/null | tee "$out"
  status=${PIPESTATUS[0]}
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$out" | tail -n 1)
  if [ -n "$line" ]; then
    read -r p f s < <(sed -E 's/^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?.*/\1 \2 \4/' <<<"$line")
    passed=$((passed + p))
    failed=$((failed + f))
    skipped=$((skipped + ${s:-0}))
    if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
      echo "FAIL $name: ended with status $status"
      failed=$((failed + 1))
    fi
  elif [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
  else
    echo "FAIL $name: ended with status $status"
    failed=$((failed + 1))
  fi
}

suite_lint() { suite lint make --no-print-directory lint; }
suite_build() { suite build make --no-print-directory -j"$(nproc)" WERROR=1 BUILD=build-werror all units; }
suite_unit() {
  suite "sanitizer build" make --no-print-directory -j"$(nproc)" SANITIZE=1 WERROR=1 all units
  suite unit tests/unit/run.sh build-sanitize
}
suite_differential() { suite differential tests/differential.sh; }
suite_filter() { suite "kernel filter" tests/filter.sh; }
suite_options() { suite options tests/options/run.sh; }
suite_priv() { suite privileges tests/priv/run.sh; }
suite_screen() {
  suite screen tests/screen/run.sh
  suite "live screen" tests/screen/live.sh
}
suite_lab() { suite lab tests/lab/run.sh; }
suite_attribution() { suite "who asked" tests/lab/attribution.sh; }
suite_demo() { suite demo tests/demo/run.sh; }

all=(build unit lint differential filter options priv screen attribution lab demo)
for name in "${@:-${all[@]}}"; do
  "suite_$name"
done

echo
if [ "$skipped" -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
