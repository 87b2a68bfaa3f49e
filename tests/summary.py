#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the results of a meson test run: summary.py TESTLOG.JSON

A test that speaks TAP counts each of its points, any other counts once. The last line is
"N passed, N failed, N skipped"; the status is 1 if anything failed or nothing ran.
"""
import json
import re
import sys

passed = failed = skipped = 0
skips = []
failures = []
try:
    log = open(sys.argv[1], encoding="utf-8")
except OSError as error:
    print(f"there is no record of the tests: {error}", file=sys.stderr)
    print("0 passed, 1 failed, 0 skipped")
    sys.exit(1)
with log:
    for line in log:
        test = json.loads(line)
        result = test["result"]
        points = re.findall(r"^(not ok|ok)\b([^\n]*)", test.get("stdout") or "", re.MULTILINE)
        good = sum(1 for word, rest in points if word == "ok" and "# SKIP" not in rest.upper())
        skip = [rest for word, rest in points if "# SKIP" in rest.upper()]
        bad = [rest for word, rest in points if word == "not ok" and "# TODO" not in rest.upper()]
        if result == "SKIP" and not points:
            skipped += 1
            skips.append(test["name"])
            continue
        passed += good
        skipped += len(skip)
        skips += [f"{test['name']}:{rest}" for rest in skip]
        failed += len(bad)
        failures += [f"{test['name']}:{rest}" for rest in bad]
        ok = result in ("OK", "EXPECTEDFAIL", "SKIP")
        if ok and not points:
            passed += 1
        elif not ok and not bad:
            # crashed, timed out, or failed outside of its points
            failed += 1
            failures.append(f"{test['name']} ({result.lower()})")
for skip in skips:
    print(f"skipped: {skip}")
for failure in failures:
    print(f"failed: {failure}")
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or not passed else 0)
