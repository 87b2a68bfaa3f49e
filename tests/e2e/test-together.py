# SPDX-License-Identifier: GPL-3.0-or-later
"""Two managers, the command line and three running applications change and use the same permissions: see together.py. The long form is
`./dev soak grants`."""
import os
import sys

from postern_e2e import Home, run_tests
from together import ALLOW, CHANGE, VIEW, Record, Together, Wrong

SECONDS = 8


def test_together(tap):
    with Home() as home:
        world = Together(home, "suite")
        try:
            world.run(SECONDS)
            tap.ok(True, f"{len(world.samples)} times at rest: the same everywhere, and what was acknowledged last")
            world.restart()
            tap.ok(True, "another broker has the same, and the applications may do the same")
        except Wrong as error:
            tap.ok(False, "the same everywhere, and what was acknowledged last", str(error))
        counts, samples = world.counts(), world.samples
        tap.note(", ".join(f"{n} {what}" for what, n in sorted(counts.items())))
        tap.note(f"the broker: (descriptors, KiB) {samples}")
        for what in ("manager: grant", "manager: change", "manager: remove", "manager: undo", "command: grant", "command: revoke",
                     "application: read given", "application: read refused", "application: append given", "application: append refused"):
            tap.ok(counts.get(what, 0) > 0, f"there was “{what}”", str(counts))
        tap.ok(world.person.shown != [], "a person was asked meanwhile")
        if samples:
            tap.ok(samples[-1][0] <= samples[0][0] + 2, "no descriptor is left in the broker", str(samples))
            # The address sanitizer keeps 256 MiB of what was freed.
            slack = 4096 if os.environ.get("POSTERN_SANITIZE", "none") == "none" else 4096 + (256 << 10)
            tap.ok(samples[-1][1] <= samples[0][1] + slack, "its memory is as it was", str(samples))
            world.end()


def test_the_check_itself(tap):
    """It would notice: a lost change is none of those that are possible."""
    place, record = ("app", "/x"), Record()
    record.start({})
    record.add(place, 1e12, 1e12 + 2, (VIEW, ALLOW))
    record.add(place, 1e12 + 1, 1e12 + 3, (CHANGE, ALLOW))
    tap.ok(record.possible(place) == {(VIEW, ALLOW), (CHANGE, ALLOW)}, "of two at the same time either may be the last", str(record.possible(place)))
    record.add(place, 1e12 + 4, 1e12 + 5, None)
    tap.ok(record.possible(place) == {None}, "what was begun after both is the last", str(record.possible(place)))
    record.add(place, 1e12 + 6, 1e12 + 7, (CHANGE, ALLOW), certain=False)
    tap.ok(record.possible(place) == {None, (CHANGE, ALLOW)}, "what may have happened may be there", str(record.possible(place)))


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
