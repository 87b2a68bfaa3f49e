# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a sandbox with one remembered grant, and with ten thousand: `postern run true`, in turn."""
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
        names = {few: "1 grant", lots: f"{many} grants"}
        times = {few: [], lots: []}
        for r in range(-3, rounds):
            for h in ((few, lots) if r % 2 == 0 else (lots, few)):
                start = time.monotonic()
                subprocess.run([b.postern(), "run", "--app", b.APP, "--", "true"], env=h.env, check=True, stdin=subprocess.DEVNULL)
                if r >= 0:
                    times[h].append((time.monotonic() - start) * 1e3)
        for h, t in times.items():
            b.report("launch", "total", names[h], t, "ms", times[few], limit=None if quick else 4)
