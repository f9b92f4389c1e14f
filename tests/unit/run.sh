#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run every unit test program below a build folder, sum up what cmocka says.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=${1:-build}
passed=0
failed=0
skipped=0
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1
for source in $(find tests/unit -name 'test_*.c' | sort); do
  program=$build/${source%.c}
  output=$(timeout 300 "$program" 2>&1)
  status=$?
  p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s).*/\1/p' <<<"$output" | tail -n 1)
  f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p' <<<"$output" | tail -n 1)
  s=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test(s).*/\1/p' <<<"$output" | tail -n 1)
  passed=$((passed + ${p:-0}))
  failed=$((failed + ${f:-0}))
  skipped=$((skipped + ${s:-0}))
  if [ "$status" -ne 0 ]; then
    echo "FAIL $source"
    grep -vE '^\[ +(RUN|OK) ' <<<"$output" | tail -n 40
    [ "${f:-0}" -gt 0 ] || failed=$((failed + 1))
  else
    echo "ok   $source (${p:-0})"
    grep -E '^\[  SKIPPED \] [a-z_]' <<<"$output" | sed 's/^\[  SKIPPED \]/     skipped:/'
  fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
