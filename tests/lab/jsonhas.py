#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: jsonhas.py REPORT EXPRESSION...   prints those that do not hold of the report r"""
import json
import sys

with open(sys.argv[1], encoding="ascii") as file:
    r = json.load(file)
for expression in sys.argv[2:]:
    if not eval(expression):
        print(f"{sys.argv[1]}: not so: {expression}")
        print("  ", json.dumps(r["resolvers"]["egress"]), json.dumps(r["public_ip"]))
