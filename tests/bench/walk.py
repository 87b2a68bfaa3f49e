# SPDX-License-Identifier: GPL-3.0-or-later
"""A large tree through the strict gate: the descriptors and the memory of postern-fusefs when every entry has been looked at."""
import os

import pst_bench as b


def run(quick=False):
    dirs, files = (20, 100) if quick else (2000, 100)
    with b.Home() as home:
        forest = os.path.join(home.tree, "forest")
        os.mkdir(forest)
        home.grant(home.tree)
        home.native().ask("fill", forest, dirs, files)
        inside = home.sandboxed(home.strict_profile())
        inside.ask("walk", os.path.join(forest, "d0000"))
        fusefs = inside.fusefs()
        count, error = (int(x) for x in inside.ask("walk", forest).split())
        if error or count != dirs * (files + 1):
            raise RuntimeError(f"walked {count} entries of {dirs * (files + 1)}: {os.strerror(error)}")
        b.report("walk", "entries", "strict", [count], "entries")
        # nobody may look into postern-fusefs; but the size of its descriptor table is told, and that never shrinks
        b.report("walk", "fusefs_descriptor_table", "strict", [b.proc_status(fusefs, "FDSize")], "fds", limit=1100)
        b.report("walk", "fusefs_rss_peak", "strict", [b.proc_status(fusefs, "VmHWM") / 1024], "MiB", limit=64)
        b.report("walk", "fusefs_rss_end", "strict", [b.proc_status(fusefs, "VmRSS") / 1024], "MiB", limit=64)
        inside.close()
