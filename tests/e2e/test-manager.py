# SPDX-License-Identifier: GPL-3.0-or-later
"""The grant manager as a person uses it: every action by real clicks and keys, against the real broker; pictures of every state."""
import os
import signal
import sys
import time

from desk import Desk
from inside import Servant
from manager import Manager
from postern_e2e import Home, is_alive, run_tests, wait_until

EOG, SERVANT = "org.gnome.eog", "org.example.Servant"


class Scene(Home):
    """A home with some permissions, as they come together in a week."""

    def __init__(self, desk):
        super().__init__(desk=desk)
        self.write("Pictures/2026/harbour.jpg", "x")
        self.write("Pictures/2025/evening.jpg", "x")
        self.write("Documents/letter.txt", "x")
        os.makedirs(self.path("Music"), exist_ok=True)
        for app, resource, more in ((EOG, "Pictures", ()), (EOG, "Documents/letter.txt", ("--for", "7d")), ("org.gnome.gedit", "Documents", ("--access", "change")),
                                    ("org.gnome.gedit", "session:org.freedesktop.secrets", ("--access", "talk")),
                                    ("org.gnome.Evince", "Pictures", ()), ("org.gnome.Evince", "Music", ("--answer", "deny")),
                                    ("org.gnome.Evince", "Pictures/2026", ("--access", "change", "--for", "30d"))):
            result = self.postern("grant", app, resource if ":" in resource else self.path(resource), *more)
            if result.returncode != 0:
                raise RuntimeError(f"postern grant {app} {resource}: {result.stderr}")

    def rules(self, app=EOG):
        # one that has none, and was never started, is not known at all
        return {os.path.relpath(rule["resource"], self.home) if rule["resource"].startswith("/") else rule["resource"]: rule
                for rule in self.json("grants") if rule["app"] == app}

    def wait_rules(self, test, what, app=EOG, limit=5.0):
        wait_until(lambda: test(self.rules(app)), f"{what}; the rules are {self.rules(app)}", limit)


def test_views(tap, desk):
    with Scene(desk) as home, Manager(home, desk, EOG) as manager:
        manager.wait("Access to Pictures: View")
        desk.settle()
        desk.shot("application")
        tap.ok(manager.nameless() == [], "by application: every control has a name", manager.nameless())
        manager.click("Pictures", manager.atspi.Role.LIST_ITEM)
        manager.wait("How long: Always")
        desk.settle()
        desk.shot("permission")
        tap.ok(manager.nameless() == [], "one permission: every control has a name", manager.nameless())
        manager.key("Escape")
        manager.wait("Access to Pictures: View")
        tap.ok(True, "Escape leads back")
        manager.turn_to("Resources")
        manager.select("Pictures")
        manager.wait("Who may reach Pictures?")
        manager.wait("Access to Image Viewer, Pictures: View")
        desk.settle()
        desk.shot("resource")
        said = manager.names()
        tap.ok("Access to Document Viewer, Pictures/2026: View and change" in said, "by resource: who may reach a part of it is told as well", said)
        tap.ok(manager.nameless() == [], "by resource: every control has a name", manager.nameless())
        manager.select("Passwords and keys")
        manager.wait("Who may use Passwords and keys?")
        desk.settle()
        desk.shot("service")
        manager.turn_to("History")
        desk.settle()
        desk.shot("history")
        tap.ok(manager.nameless() == [], "history: every control has a name", manager.nameless())
        tap.ok(manager.said_wrong() == [], "and nothing went wrong unseen", manager.said_wrong())



def test_change(tap, desk):
    with Scene(desk) as home, Manager(home, desk, EOG) as manager:
        manager.choose("Access to Pictures: View", "View and change")
        home.wait_rules(lambda rules: rules["Pictures"]["access"] == "change", "the broker does not hear of View and change")
        manager.wait("Access to Pictures: View and change")
        desk.settle()
        desk.shot("bar")
        tap.ok(True, "view → change by the row's menu, and the row says so")
        manager.button("Undo")
        home.wait_rules(lambda rules: rules["Pictures"]["access"] == "view", "Undo does not take it back")
        manager.wait("Access to Pictures: View")
        tap.ok(True, "Undo takes it back")

        manager.click("Pictures", manager.atspi.Role.LIST_ITEM)
        manager.choose("How long: Always", "For a week")
        home.wait_rules(lambda rules: rules["Pictures"]["lifetime"] == "until", "the broker does not hear of a week")
        week = home.rules()["Pictures"]["until"] - time.time()
        tap.ok(abs(week - 7 * 86400) < 120, "shortened to a week", week)
        manager.wait("How long: Until", exact=False)
        manager.choose("How long: Until", "Until a day of your choice…", exact=False)
        manager.wait("Last day")
        desk.settle()
        desk.shot("calendar")
        manager.button("Until the end of this day")
        home.wait_rules(lambda rules: time.strftime("%H:%M:%S", time.localtime(rules["Pictures"]["until"])) == "23:59:59", "the calendar's day does not arrive")
        tap.ok(True, "until a day of the calendar")
        manager.choose("How long: Until", "Always", exact=False)
        home.wait_rules(lambda rules: rules["Pictures"]["lifetime"] == "always", "extended to always does not arrive")
        tap.ok(True, "extended to always")

        manager.button("Narrow…")
        desk.shot("narrow")
        manager.choose_path(home.path("Pictures/2026"), "Only This Folder")
        home.wait_rules(lambda rules: "Pictures/2026" in rules and "Pictures" not in rules, "the narrower scope does not arrive")
        tap.ok(True, "narrowed to a folder below")
        manager.key("ctrl+z")
        home.wait_rules(lambda rules: "Pictures" in rules and "Pictures/2026" not in rules, "Ctrl+Z does not take it back")
        tap.ok(True, "Ctrl+Z takes it back")
        tap.ok(manager.said_wrong() == [], "and nothing went wrong unseen", manager.said_wrong())


def test_revoke(tap, desk):
    with Scene(desk) as home, Manager(home, desk, EOG) as manager:
        manager.choose("Access to Pictures: View", "Revoke")
        home.wait_rules(lambda rules: "Pictures" not in rules, "Revoke does not arrive")
        manager.wait_gone("Access to Pictures: View")
        manager.wait("Revoked Pictures", exact=False)
        desk.settle()
        desk.shot("revoked")
        manager.button("Undo")
        home.wait_rules(lambda rules: "Pictures" in rules, "Undo does not arrive")
        manager.wait("Access to Pictures: View")
        tap.ok(True, "revoked by the row's menu, and taken back")

        manager.click("Documents/letter.txt", manager.atspi.Role.LIST_ITEM)
        manager.wait("Revoke", manager.atspi.Role.PUSH_BUTTON)
        manager.key("Delete")
        home.wait_rules(lambda rules: "Documents/letter.txt" not in rules, "Delete does not revoke")
        manager.wait("Access to Pictures: View")
        tap.ok(True, "the Delete key revokes, and leads back to the application")
        manager.key("ctrl+z")
        home.wait_rules(lambda rules: "Documents/letter.txt" in rules, "Ctrl+Z does not take Delete back")

        manager.button("Revoke all permissions")
        home.wait_rules(lambda rules: rules == {}, "Revoke All does not arrive")
        manager.wait("Revoked 2 permissions", exact=False)
        desk.settle()
        desk.shot("revoked-all")
        manager.button("Undo")
        home.wait_rules(lambda rules: len(rules) == 2, "Undo of Revoke All does not arrive")
        tap.ok(True, "all revoked with one click, and all taken back with another")
        tap.ok(manager.said_wrong() == [], "and nothing went wrong unseen", manager.said_wrong())


def test_add(tap, desk):
    with Scene(desk) as home, Manager(home, desk, EOG) as manager:
        manager.button("Add a permission")
        manager.wait("What “Image Viewer” may reach from now on, without a question:")
        desk.settle()
        desk.shot("add")
        tap.ok(manager.nameless() == [], "adding: every control has a name", manager.nameless())
        manager.key("Escape")
        manager.wait_gone("What “Image Viewer” may reach from now on, without a question:")
        # a service: everything by the keyboard
        manager.button("Add a permission")
        manager.wait("What “Image Viewer” may reach from now on, without a question:")
        desk.settle()
        manager.key("alt+w")
        manager.key("Down", "Down")
        desk.settle(limit=1.0)
        manager.key("Return")
        manager.wait("Service")
        desk.settle()
        desk.shot("add-service")
        manager.click("Add", manager.atspi.Role.PUSH_BUTTON)
        home.wait_rules(lambda rules: any(name.startswith(("session:", "system:")) for name in rules), "the added service does not arrive")
        tap.ok(True, "a service is added by hand")
        tap.ok(manager.said_wrong() == [], "and nothing went wrong unseen", manager.said_wrong())


def test_switches_and_reset(tap, desk):
    with Scene(desk) as home, Manager(home, desk, EOG) as manager:
        manager.click("Never ask", manager.atspi.Role.TOGGLE_BUTTON)
        manager.wait("Image Viewer never asks any more", exact=False)
        node = manager.wait("Never ask", manager.atspi.Role.TOGGLE_BUTTON)
        wait_until(lambda: node.get_state_set().contains(manager.atspi.StateType.CHECKED), "the switch is not on")
        tap.ok(True, "never ask: on")
        manager.button("Undo")
        wait_until(lambda: not node.get_state_set().contains(manager.atspi.StateType.CHECKED), "the switch does not go back with Undo")
        tap.ok(True, "and taken back by Undo, the switch with it")
        manager.click("Strict", manager.atspi.Role.TOGGLE_BUTTON)
        manager.wait("Image Viewer will be strict from its next start", exact=False)
        tap.ok(True, "strict: on")
        manager.click("Reset…", manager.atspi.Role.PUSH_BUTTON)
        manager.wait("Reset", manager.atspi.Role.PUSH_BUTTON)
        desk.settle()
        desk.shot("reset")
        tap.ok(manager.nameless() == [], "resetting: every control has a name", manager.nameless())
        manager.button("Reset")
        home.wait_rules(lambda rules: rules == {}, "Reset does not arrive")
        manager.button("Undo")
        home.wait_rules(lambda rules: len(rules) == 2, "Undo of Reset does not arrive")
        tap.ok(True, "reset with everything, and all of it taken back")
        tap.ok(manager.said_wrong() == [], "and nothing went wrong unseen", manager.said_wrong())


def test_held(tap, desk):
    with Scene(desk) as home:
        path = home.path("Pictures/2026/harbour.jpg")
        home.postern("grant", SERVANT, home.path("Pictures"))
        servant = Servant(home)
        tap.ok(servant.ask("hold", path) == "ok", "an application has a file open")
        with Manager(home, desk, SERVANT) as manager:
            manager.wait("In use now", exact=False)
            desk.settle()
            desk.shot("in-use")
            manager.choose("Access to Pictures: View", "Revoke")
            begun = time.monotonic()
            wait_until(lambda: not servant.ask("stat", home.path("Pictures/2025/evening.jpg")).startswith("ok"), "the application still sees it")
            tap.ok(time.monotonic() - begun <= 1, "revoked in the window: the running application is cut off within a second", time.monotonic() - begun)
            manager.wait("harbour.jpg", exact=False)
            desk.settle()
            desk.shot("held")
            tap.ok(True, "what it still holds open is told by name")
            manager.button("Stop Application")
            servant.process.wait(10)
            tap.ok(True, "Stop Application ends it")
            manager.wait_gone("Running")
            tap.ok(manager.said_wrong() == [], "and nothing went wrong unseen", manager.said_wrong())


def test_live(tap, desk):
    with Scene(desk) as home, Manager(home, desk, EOG) as manager:
        manager.wait("Access to Pictures: View")
        desk.settle()
        before = desk.look().data
        home.postern("grant", EOG, home.path("Music"))
        begun = time.monotonic()
        wait_until(lambda: desk.look().data != before, "the window does not change")
        took = time.monotonic() - begun
        manager.wait("Access to Music: View")
        tap.ok(took <= 0.2, "a permission given by a command is in the open window within 200 ms", f"{took * 1000:.0f} ms")
        home.postern("revoke", EOG, home.path("Music"))
        manager.wait_gone("Access to Music: View")
        tap.ok(True, "and goes when it is revoked by a command")
        with Manager(home, desk, EOG) as other:
            other.wait("Access to Pictures: View")
            home.postern("grant", EOG, home.path("Pictures"), "--access", "change")
            other.wait("Access to Pictures: View and change")
            manager.wait("Access to Pictures: View and change")
        tap.ok(True, "two windows show the same")


def test_search(tap, desk):
    with Scene(desk) as home, Manager(home, desk) as manager:
        manager.wait("Permissions", exact=False)
        manager.key("ctrl+f")
        manager.wait("Search", manager.atspi.Role.TEXT)
        desk.type("passw")
        wait_until(lambda: [name for name in manager.names() if "permission" in name and "\n" in name] == ["gedit\n2 permissions"],
                   f"the search does not find the one application: {manager.names()}")
        desk.settle()
        desk.shot("found")
        tap.ok(True, "Ctrl+F: an application is found by the service that it may use")
        desk.key("ctrl+a")
        desk.type("nothing of the kind")
        manager.wait("Nothing matches the search.")
        desk.shot("nothing-found")
        manager.key("Escape")
        manager.wait("Document Viewer\n3 permissions")
        tap.ok(True, "Escape ends the search, and all are there again")


def test_broker_gone(tap, desk):
    with Scene(desk) as home, Manager(home, desk, EOG) as manager:
        manager.wait("Access to Pictures: View")
        for pid in home.processes("postern-broker"):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: home.postern("grant", EOG, home.path("Music")).returncode == 0, "the broker does not come back")
        manager.wait("Access to Music: View")
        tap.ok(True, "the broker is killed and comes back: the window has found it by itself")


if __name__ == "__main__":
    sys.exit(run_tests(globals(), lambda: Desk(width=1100, height=760)))
