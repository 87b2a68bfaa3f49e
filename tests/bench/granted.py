# SPDX-License-Identifier: GPL-3.0-or-later
"""A granted tree inside a sandbox, against the same directory outside.

Two workers, one started natively and one by `postern run`, do the same passes over the same directory in turn (N G, G N, …), on
one core: the same files, the same page cache, the same disk. What differs is the way: mounts to cross, the sandbox's seccomp
filter, and the gate if it is in the way. `live` is a plain grant, `strict` one that stays on FUSE.
"""
import os

import pst_bench as b

FIGURES = (  # figure, items per pass, of a full and of a quick run, allowed ratio of a live tree
    ("open_read_close", 10000, 1000, 1.05),
    ("stat", 10000, 1000, 1.25),
    ("readdir", 10000, 1000, 1.05),
    ("read", 1024, 32, 1.05),
    ("create_unlink", 10000, 500, 1.05),
    ("write_fsync", 200, 20, 1.05),
)


def run(quick=False, strict=False, rounds=None):
    rounds = rounds or (3 if quick else 15)
    kind = "strict" if strict else "live"
    which = 2 if quick else 1
    b.one_core()
    with b.Home() as home:
        home.grant(home.tree)
        native = home.native()
        native.ask("prepare", home.tree, FIGURES[0][which], FIGURES[3][which])
        inside = home.sandboxed(home.strict_profile() if strict else None)
        for figure in FIGURES:
            name, n, limit = figure[0], figure[which], figure[3]
            # a pass of a few milliseconds is repeated, so that a passing interruption is not the figure
            repeat = {"stat": 3, "readdir": 10}.get(name, 1)
            times = {native: [], inside: []}
            for w in times:
                w.passes(name, home.tree, n)
            for r in range(rounds):
                for w in ((native, inside) if r % 2 == 0 else (inside, native)):
                    times[w].append(min(w.passes(name, home.tree, n) for _ in range(repeat)))
            per = 1e6 / n if name not in ("read", "readdir") else 1e3
            unit = "us" if name not in ("read", "readdir") else "ms"
            base = [t * per for t in times[native]]
            b.report("granted", name, "native", base, unit, base)
            b.report("granted", name, kind, [t * per for t in times[inside]], unit, base,
                     limit=None if strict or quick else limit)
        os.sync()
        inside.close()
        native.close()
