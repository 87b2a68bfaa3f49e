# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications that are started with nothing to open ask nothing: what they touch by themselves is their own."""
import os
import subprocess
import sys

from desk import Desk
from postern_e2e import Home, POSTERN, run_tests, wait_idle, wait_until

APPLICATIONS = ("eog", "gedit", "evince", "mousepad", "feh")


def start(tap, desk, name):
    with Home(desk=desk) as home:
        home.write("Pictures/a.txt", "not to be seen\n")
        before = set(desk.windows())
        log = open(os.path.join(home.root, "log"), "ab")
        process = subprocess.Popen([POSTERN, "run", "--x11=host", name], env=home.env, cwd=home.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        home.children.append(process)
        log.close()

        def come():
            return process.poll() is not None or set(desk.windows()) - before

        wait_until(come, f"{name} shows no window")
        wait_idle(lambda: home.application(process.pid))
        desk.settle()
        desk.shot(name)
        with open(os.path.join(home.root, "log"), encoding="utf-8", errors="replace") as file:
            said = file.read()
        # feh ends when there is nothing to show; the others wait for the person
        tap.ok(process.poll() is None or name == "feh", f"{name} starts", said)
        tap.ok(home.n_asked() == 0 and desk.dialog() is None, f"{name}, started with nothing: no question", home.postern("log").stdout)
        process.terminate()
        process.wait(10)
        wait_until(lambda: not set(desk.windows()) - before, f"the window of {name} does not go")


def test_silent(tap, desk):
    for name in APPLICATIONS:
        start(tap, desk, name)


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
