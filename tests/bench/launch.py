# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a sandbox with one remembered grant, with ten thousand, and with one and a session bus: `postern run true`, in turn."""
import os
import subprocess
import time

import pst_bench as b


def run(quick=False):
    rounds, many = (5, 100) if quick else (60, 10000)
    with b.Home() as few, b.Home() as lots:
        few.grant(few.tree)
        for i in range(many):
            os.makedirs(os.path.join(lots.home, "Grants", f"{i // 100:03}", f"{i:05}"))
        subprocess.run([b.tool("tests", "bench", "bench-client"), "grants", b.APP, os.path.join(lots.home, "Grants"), str(many)],
                       env=lots.env, check=True)
        bus = dict(few.env, DBUS_SESSION_BUS_ADDRESS=b.start_bus(few.top, few.spawn)[1])
        ways = [("1 grant", few.env, "--no-bus"), (f"{many} grants", lots.env, "--no-bus"), ("1 grant, bus", bus, "--bus")]
        times = {way[0]: [] for way in ways}
        for r in range(-3, rounds):
            for name, env, option in ways if r % 2 == 0 else reversed(ways):
                start = time.monotonic()
                subprocess.run([b.postern(), "run", option, "--app", b.APP, "--", "true"], env=env, check=True, stdin=subprocess.DEVNULL)
                if r >= 0:
                    times[name].append((time.monotonic() - start) * 1e3)
        for name, t in times.items():
            b.report("launch", "total", name, t, "ms", times["1 grant"], limit=None if quick else 4)
