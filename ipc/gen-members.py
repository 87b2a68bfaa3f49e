#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the interface descriptions into C constants: gen-members.py OUTPUT XML..."""
import re
import sys
import xml.etree.ElementTree as ET

out = ["/* Generated from the interface descriptions by gen-members.py. */", "#pragma once", ""]
for path in sys.argv[2:]:
    for interface in ET.parse(path).getroot().findall("interface"):
        name = interface.get("name")
        prefix = "PST_" + re.sub(r"\d+$", "", name.rsplit(".", 1)[1]).upper()
        out.append(f"/* {name} */")
        for method in interface.findall("method"):
            word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", method.get("name")).upper()
            for direction in ("in", "out"):
                types = "".join(a.get("type") for a in method.findall("arg") if a.get("direction") == direction)
                out.append(f'#define {prefix}_{word}_{direction.upper()} "({types})"')
            out.append(f'#define {prefix}_{word} "{method.get("name")}"')
        out.append("")
with open(sys.argv[1], "w", encoding="utf-8") as f:
    f.write("\n".join(out))
