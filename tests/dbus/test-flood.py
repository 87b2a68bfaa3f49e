# SPDX-License-Identifier: GPL-3.0-or-later
"""A short one of flood.py, of the same seed each time; `./dev soak bus` has the long one."""
import os

from flood import Flood, figures
from wire import run_tests


def test_flood(tap):
    flood, seen = Flood(11), []
    flood.run(25_000, lambda process: seen.append(figures(process)))
    tap.ok(True, f"{flood.sent} messages, {flood.arrived} at the bus, {flood.returned} at the clients: none that the contract forbids")
    tap.ok(flood.arrived > 3000 and flood.returned > 1500, "and not because nothing passes")
    if os.environ.get("POSTERN_SANITIZE", "none") == "none":
        tap.ok(seen[-1][0] <= seen[0][0] + 1024 and seen[-1][1] <= 256, "memory stays as it is, and the table of descriptors is that of the clients that come at once", str(seen))


run_tests(test_flood)
