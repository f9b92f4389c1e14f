#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The arrows of doc/design.md: which folder of src/ may include which.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A may=(
  [base]="base"
  [decode]="decode base"
  [tables]="tables base"
  [model]="model base"
  [sources]="sources decode tables model base guard"
  [guard]="guard sources base"
  [judge]="judge model tables base"
  [views]="views model judge base"
  [watch]="watch views judge model sources guard decode tables base"
)
bad=0
for folder in "${!may[@]}"; do
  while IFS=: read -r file line; do
    target=${line#*\"}
    target=${target%%/*}
    [[ "$line" == */* ]] || continue
    [[ " ${may[$folder]} " == *" $target "* ]] && continue
    echo "$file: $folder/ must not know $target/" >&2
    bad=1
  done < <(grep -r --include='*.[ch]' -H '^#include "' "src/$folder" | sed 's/:#include /:/')
done
exit "$bad"
