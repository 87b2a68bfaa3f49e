# SPDX-License-Identifier: GPL-3.0-or-later
"""A granted tree inside a sandbox, against the same directory outside.

Two workers, one started natively and one by `postern run`, do the same passes over the same directory in turn (N G, G N, …), on
one core: the same files, the same page cache, the same disk. A pass is short and the fastest of a round's counts, so that what else
the machine does is not the figure; the ratio is the median over the rounds. What differs is the way: mounts to cross, the sandbox's seccomp
filter, and the gate if it is in the way. `live` is a plain grant, `strict` one that stays on FUSE.
"""
import os

import pst_bench as b

FILES, MIB = 10000, 1024

FIGURES = (  # figure, items per pass, passes per round, of a full and of a quick run; allowed ratio of a live tree
    ("open_read_close", (2000, 10), (500, 3), 1.05),
    ("stat", (2000, 10), (500, 3), 1.25),
    ("readdir", (FILES, 10), (500, 3), 1.05),
    ("read", (MIB, 3), (32, 3), 1.05),
    ("create_unlink", (1000, 10), (200, 3), 1.05),
    ("write_fsync", (200, 3), (20, 3), 1.05),
)


def run(quick=False, strict=False, rounds=None):
    rounds = rounds or (3 if quick else 15)
    kind = "strict" if strict else "live"
    which = 2 if quick else 1
    files, mib = (500, 32) if quick else (FILES, MIB)
    b.one_core()
    with b.Home() as home:
        home.grant(home.tree)
        native = home.native()
        native.ask("prepare", home.tree, files, mib)
        inside = home.sandboxed(home.strict_profile() if strict else None)
        for figure in FIGURES:
            name, (n, repeat), limit = figure[0], figure[which], figure[3]
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
