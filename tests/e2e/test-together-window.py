# SPDX-License-Identifier: GPL-3.0-or-later
"""The manager's window beside the command line and a running application: how long until what one does is seen by the others. The window
is a real one: that it has changed is seen on the screen, what it says is read through AT-SPI, and it is clicked. Both times have the
looking, or the click, in them; the first is from the end of the command, which says that it is done when every gate has it."""
import statistics
import sys
import time

from desk import Desk
from inside import Servant
from manager import Manager
from postern_e2e import Home, run_tests, wait_until

APP = "org.example.Servant"
ROUNDS = 8
SHOWN, STOPPED = 0.2, 1.0  # seconds: a change by command is in the window; a revocation in the window is in force


def report(tap, what, times, bar):
    times = sorted(times)
    median, p95 = statistics.median(times), times[min(len(times) - 1, int(0.95 * len(times)))]
    tap.note(f"{what}: median {1000 * median:.0f} ms, p95 {1000 * p95:.0f} ms, of {len(times)}")
    tap.ok(median <= bar, f"{what}: within {1000 * bar:.0f} ms", str(times))
    # as tests/bench/run prints it
    tap.note(f"bench\ttogether\t{what}\tpostern-settings\t{1000 * median:.6g}\tms\t-\t{1000 * times[0]:.6g}\t{1000 * p95:.6g}\t{len(times)}")


def test_latencies(tap, desk):
    with Home(desk=desk) as home:
        names = [f"Pictures/picture-{n}" for n in range(ROUNDS)]
        for name in names:
            home.write(name, "a picture\n")
        home.write("Documents/first", "x")
        home.grant(home.path("Documents/first"), app=APP)
        home.postern("lock", APP)  # what is not given is refused, and not asked for
        servant = Servant(home, APP)
        with Manager(home, desk, APP) as manager:
            manager.wait("Access to Documents/first: View")
            appeared, stopped = [], []
            for name in names:
                desk.settle(limit=3.0, quiet=0.3)
                before = desk.look().data
                home.grant(home.path(name), app=APP)
                done = time.monotonic()
                wait_until(lambda before=before: desk.look().data != before, "the window does not change")
                appeared.append(time.monotonic() - done)
                manager.wait(f"Access to {name}: View")
            for name in names:
                tap.ok(servant.ask("read", home.path(name)) == "ok 10", f"the application reads {name}")
            for name in names:
                # what is said of a permission changes with its use, and its row with it
                desk.settle(limit=5.0, quiet=0.6)
                manager.button(f"Access to {name}: View")
                node = manager.wait("Revoke", desk.atspi.Role.MENU_ITEM)
                desk.settle(limit=1.0, quiet=0.1)
                begun = time.monotonic()
                desk.click(node)
                while servant.ask("stat", home.path(name)).startswith("ok") and time.monotonic() < begun + 10:
                    pass
                stopped.append(time.monotonic() - begun)
                manager.wait_gone(f"Access to {name}: View")
            report(tap, "granted by command → in the window, after the command", appeared, SHOWN)
            report(tap, "taken away in the window → the application cannot open it", stopped, STOPPED)
        servant.end()


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
