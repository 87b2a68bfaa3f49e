# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job: an unmodified picture viewer, a real dialog, real clicks, and the picture on the screen."""
import os
import signal
import sys
import time

import screen
from desk import Desk
from postern_e2e import ScriptedPerson, run_tests, wait_until
from viewer import APP, Album


def test_eog_allow(tap, desk):
    with Album(desk) as home:
        viewer = home.start_viewer()
        dialog = desk.wait_dialog()
        desk.settle()
        tap.ok(not screen.shows_anything_of_a_picture(desk.look()), "while it is asked, nothing of the picture is on the screen")
        tap.ok("Pictures" in dialog.get_name() and "Image Viewer" in dialog.get_name(), "the question names the application and the folder", dialog.get_name())
        said = desk.answer("Always allow", shot="question")
        tap.ok(any("evening.jpg" in line for line in said), "and the picture that it is after", said)
        why = home.wait_shown("evening.jpg")
        desk.settle()
        desk.shot("allowed")
        tap.ok(why == "", "Always allow: the picture is on the screen", why)
        tap.ok(home.n_asked() == 1, "eog a.jpg: one question", home.postern("log").stdout)
        desk.focus("jpg")
        desk.key("Right")
        why = home.wait_shown("harbour.jpg")
        tap.ok(why == "", "the next picture of the folder is there without a question", why)
        tap.ok(home.n_asked() == 1 and desk.dialog() is None, "none at all", home.postern("log").stdout)
        home.stop_viewer(viewer)

        viewer = home.start_viewer()
        why = home.wait_shown("evening.jpg")
        tap.ok(why == "", "second start: the picture is on the screen", why)
        tap.ok(home.n_asked() == 1 and desk.dialog() is None, "second start: nothing is asked", home.postern("log").stdout)

        begun = time.monotonic()
        revoked = home.postern("revoke", APP, home.path("Pictures"))
        took = time.monotonic() - begun
        tap.ok(revoked.returncode == 0 and took <= 1, "revoke while eog shows the folder: within a second", f"{took:.2f} s {revoked.stderr}")
        desk.focus("jpg")
        desk.key("Right")
        desk.answer("Deny", shot="after-revoking")
        tap.ok(screen.shows(desk.look(), home.pictures["harbour.jpg"]) != "", "the next picture is asked about, and not shown when it is denied")
        home.stop_viewer(viewer)


def test_eog_deny(tap, desk):
    with Album(desk) as home:
        viewer = home.start_viewer()
        desk.answer("Deny")
        desk.wait_window("evening.jpg")
        wait_until(lambda: shows_an_error(desk.look()), "eog shows no error")
        desk.settle()
        desk.shot("error")
        tap.ok(True, "Deny: eog shows its error")
        tap.ok(not screen.shows_anything_of_a_picture(desk.look()), "Deny: nothing of the picture is on the screen")
        tap.ok(home.n_asked() == 1, "Deny: one question", home.postern("log").stdout)
        home.stop_viewer(viewer)


def test_eog_deny_inside(tap, desk):
    with Album(desk) as home:
        home.env["DISPLAY"] = ":77"  # a person without a screen
        ScriptedPerson(home, "deny once")
        script = 'cat "$1/evening.jpg"; ls -a "$1"; for f in "$1"/*; do echo "$f"; done; find "$1"; cat "$1/harbour.jpg"'
        denied = home.inside(script, home.path("Pictures"))
        said = denied.stdout + denied.stderr.replace(home.path("Pictures", "evening.jpg"), "").replace(home.path("Pictures", "harbour.jpg"), "")
        tap.ok(all(word not in said for word in ("evening", "harbour", "island", "JFIF")), "Deny: nothing of the files or their names is readable inside", said)
        home.grant(home.path("Pictures"), app=APP)
        allowed = home.inside(script, home.path("Pictures"))
        tap.ok("evening" in allowed.stdout and "JFIF" in allowed.stdout, "control: when it is granted, the same script finds both", allowed.stderr)


def test_agent_killed(tap, desk):
    with Album(desk) as home:
        viewer = home.start_viewer()
        desk.wait_dialog()
        agents = home.processes("postern-agent")
        begun = time.monotonic()
        for pid in agents:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: [pid for pid in home.processes("postern-agent") if pid not in agents], "no new agent comes")
        desk.wait_dialog()
        took = time.monotonic() - begun
        tap.ok(took <= 2, "agent killed: its question is shown again", f"{took:.2f} s")
        tap.ok(not screen.shows_anything_of_a_picture(desk.look()), "and nothing was allowed meanwhile")
        desk.answer("Always allow")
        why = home.wait_shown("evening.jpg")
        tap.ok(why == "", "and can be answered", why)
        tap.ok(home.n_asked() == 1, "it is still one question", home.postern("log").stdout)
        home.stop_viewer(viewer)


def shows_an_error(image):
    """The bar in which eog says that a picture cannot be loaded has a round red sign, and nothing else on the screen is of that red."""
    red = 0
    for y in range(0, image.height, 2):
        for x in range(0, image.width, 2):
            r, g, b = image.at(x, y)
            red += r > 170 and g < 45 and b < 45
    return red > 150


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
