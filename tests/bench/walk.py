# SPDX-License-Identifier: GPL-3.0-or-later
"""A large tree through the strict gate: the descriptors and the memory of postern-fusefs while every entry is looked at."""
import os
import threading

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
        most = [0]
        stop = threading.Event()

        def watch():
            while not stop.wait(0.005):
                most[0] = max(most[0], b.proc_fds(fusefs))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            inside.send("walk", forest)
            count, error = (int(x) for x in inside.read().split())
        finally:
            stop.set()
            watcher.join()
        if error or count != dirs * (files + 1):
            raise RuntimeError(f"walked {count} entries of {dirs * (files + 1)}: {os.strerror(error)}")
        b.report("walk", "entries", "strict", [count], "entries")
        b.report("walk", "fusefs_descriptors", "strict", [most[0]], "fds", limit=1100)
        b.report("walk", "fusefs_rss_peak", "strict", [b.proc_status(fusefs, "VmHWM") / 1024], "MiB", limit=64)
        b.report("walk", "fusefs_rss_end", "strict", [b.proc_status(fusefs, "VmRSS") / 1024], "MiB", limit=64)
        inside.close()
