# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening, editing and saving a text is one intent, and one question; whatever an editor does to save it safely."""
import os
import subprocess
import sys

from desk import Desk
from postern_e2e import Home, POSTERN, run_tests, wait_until


def edit(tap, desk, name):
    with Home(desk=desk) as home:
        path = home.write("Documents/x.txt", "first line\n")
        log = open(os.path.join(home.root, "log"), "ab")
        process = subprocess.Popen([POSTERN, "run", "--x11=host", name, path], env=home.env, cwd=home.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        home.children.append(process)
        log.close()
        desk.answer("Always allow", shot=f"{name}-question")
        desk.wait_window("x.txt")
        desk.settle()
        desk.focus("x.txt")
        desk.key("ctrl+End", "Return")
        desk.type("second line")
        desk.settle()
        desk.key("ctrl+s")
        wait_until(lambda: b"second line" in home.read("Documents/x.txt"), f"{name} does not save", 15)
        desk.settle()
        desk.shot(f"{name}-saved")
        content = home.read("Documents/x.txt")
        tap.ok(content.startswith(b"first line\n") and content.rstrip().endswith(b"\nsecond line"), f"{name}: the text is in the real file", content)
        tap.ok(home.n_asked() == 1 and desk.dialog() is None, f"{name}: opened, edited and saved with one question", home.postern("log").stdout)
        process.terminate()
        process.wait(10)
        strangers = [other for other in os.listdir(home.path("Documents")) if other not in ("x.txt", "x.txt~")]
        tap.ok(strangers == [], f"{name}: and leaves nothing else there", strangers)
        wait_until(lambda: not [window for window in desk.windows() if "x.txt" in window], f"the window of {name} does not go")


def test_gedit(tap, desk):
    edit(tap, desk, "gedit")


def test_mousepad(tap, desk):
    edit(tap, desk, "mousepad")


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
