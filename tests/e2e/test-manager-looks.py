# SPDX-License-Identifier: GPL-3.0-or-later
"""The grant manager in other clothes: dark, high contrast, in German, where lines are read from the right, and at twice the size. Look at the
pictures after a change."""
import os
import sys

from desk import Desk
from harness import BUILD
from manager import Manager
from manager_scene import EOG, Scene
from postern_e2e import run_tests, wait_until

LOOKS = {
    "dark": {"GTK_THEME": "Adwaita:dark"},
    "contrast": {"GTK_THEME": "HighContrast"},
    "rtl": {"GTK_MODULES": os.path.join(BUILD, "tests", "e2e", "libgtk-rtl.so")},
    "german": {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"},
    "double": {"GDK_SCALE": "2"},
}


def look(tap, desk, name):
    with Scene(desk) as home, Manager(home, desk, EOG, env=LOOKS[name]) as manager:
        roles = manager.atspi.Role

        def shot(what):
            desk.settle()
            frame = next(node for node in manager.nodes() if node.get_role() == roles.FRAME)
            desk.shot(f"{name}-{what}", around=desk.place(frame))

        def rows():
            return [node for node in manager.nodes() if node.get_role() == roles.LIST_ITEM and (node.get_name() or "") in ("Pictures", "Bilder")]

        wait_until(rows, "no permission is shown")
        shot("application")
        tap.ok(manager.nameless() == [], f"{name}, application: every control has a name", manager.nameless())
        desk.click(rows()[0])
        shot("permission")
        manager.key("Escape")
        for i, view in enumerate(("resources", "history")):
            radios = [node for node in manager.nodes() if node.get_role() == roles.RADIO_BUTTON]
            radios.sort(key=lambda node: desk.place(node)[0], reverse=name == "rtl")
            desk.click(radios[i + 1])
            shot(view)
            tap.ok(manager.nameless() == [], f"{name}, {view}: every control has a name", manager.nameless())
        tap.ok(manager.said_wrong() == [], f"{name}: nothing went wrong unseen", manager.said_wrong())


def test_dark(tap, desk):
    look(tap, desk, "dark")


def test_contrast(tap, desk):
    look(tap, desk, "contrast")


def test_rtl(tap, desk):
    look(tap, desk, "rtl")


def test_german(tap, desk):
    look(tap, desk, "german")


def test_double(tap, desk):
    desk.scale = 2
    look(tap, desk, "double")
    desk.scale = 1


if __name__ == "__main__":
    sys.exit(run_tests(globals(), lambda: Desk(width=2060, height=1460, name="looks")))
