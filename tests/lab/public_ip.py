#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: public_ip.py REPORT STATE REGEX [NO-REGEX]

The check public-ip has this state; REGEX is found in its summary or evidence, NO-REGEX is not.
"""
import json
import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    check = next(c for c in json.load(file)["checks"] if c["id"] == "public-ip")
text = "\n".join([check["summary"], *check["evidence"]])
wrong = []
if check["state"] != sys.argv[2]:
    wrong.append(f"{check['state']}, not {sys.argv[2]}")
if not re.search(sys.argv[3], text):
    wrong.append(f"'{sys.argv[3]}' is missing")
if len(sys.argv) > 4 and re.search(sys.argv[4], text):
    wrong.append(f"'{sys.argv[4]}' should not be there")
for line in wrong:
    print("public-ip:", line)
if wrong:
    print(text)
    sys.exit(1)
