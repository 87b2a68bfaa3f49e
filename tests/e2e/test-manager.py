# SPDX-License-Identifier: GPL-3.0-or-later
"""The grant manager as a person uses it: every action by real clicks and keys, against the real broker; pictures of every state."""
import json
import os
import signal
import sys
import time

from desk import Desk
from inside import Servant
from manager import Manager
from manager_scene import EOG, SERVANT, Scene
from postern_e2e import run_tests, wait_until


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
        manager.rest()
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
        manager.wait("Only This Folder", manager.atspi.Role.PUSH_BUTTON)
        desk.settle()
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
        manager.wait("never asks any more", exact=False)
        node = manager.wait("Never ask", manager.atspi.Role.TOGGLE_BUTTON)
        wait_until(lambda: node.get_state_set().contains(manager.atspi.StateType.CHECKED), "the switch is not on")
        tap.ok(True, "never ask: on")
        manager.button("Undo")
        wait_until(lambda: not node.get_state_set().contains(manager.atspi.StateType.CHECKED), "the switch does not go back with Undo")
        tap.ok(True, "and taken back by Undo, the switch with it")
        manager.click("Strict", manager.atspi.Role.TOGGLE_BUTTON)
        manager.wait("will be strict from its next start", exact=False)
        tap.ok(True, "strict: on")
        desk.settle()
        manager.click("Reset…", manager.atspi.Role.PUSH_BUTTON)
        manager.wait("Reset", manager.atspi.Role.PUSH_BUTTON)
        tap.ok(manager.find("Reset “Image Viewer”?") is not None, "it has its name, though a switch is all that is kept of it", manager.names())
        desk.settle()
        desk.shot("reset")
        tap.ok(manager.nameless() == [], "resetting: every control has a name", manager.nameless())
        manager.button("Reset")
        home.wait_rules(lambda rules: rules == {}, "Reset does not arrive")
        manager.button("Undo")
        home.wait_rules(lambda rules: len(rules) == 2, "Undo of Reset does not arrive")
        tap.ok(True, "reset with everything, and all of it taken back")
        tap.ok(manager.said_wrong() == [], "and nothing went wrong unseen", manager.said_wrong())


def sees(pid, folder):
    """Is the folder mounted where that process is?"""
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8") as file:
        return any(line.split()[4] == folder for line in file)


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
            inside = home.application(servant.process.pid)[-1]
            tap.ok(sees(inside, home.path("Pictures")), "control: the running application has the folder")
            manager.choose("Access to Pictures: View", "Revoke")
            begun = time.monotonic()
            wait_until(lambda: not sees(inside, home.path("Pictures")), "the application still has the folder")
            tap.ok(True, "revoked in the window: the running application is cut off")
            tap.note(f"after {(time.monotonic() - begun) * 1000:.0f} ms")
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
        tap.ok(True, "a permission given by a command is in the open window")
        tap.note(f"after {took * 1000:.0f} ms; tests/bench measures it")
        home.postern("revoke", EOG, home.path("Music"))
        manager.wait_gone("Access to Music: View")
        tap.ok(True, "and goes when it is revoked by a command")
        with Manager(home, desk, EOG) as other:
            other.wait("Access to Pictures: View")
            home.postern("grant", EOG, home.path("Pictures"), "--access", "change")
            other.wait("Access to Pictures: View and change")
            manager.wait("Access to Pictures: View and change")
        tap.ok(True, "two windows show the same")


def test_administrator(tap, desk):
    with Scene(desk, administered=True) as home:
        home.postern("grant", EOG, home.path("Music"), "--access", "change")
        with Manager(home, desk, EOG) as manager:
            manager.wait("Access to Music: View and change")
            home.write("policy.d/office.conf", "[Lock Files]\n~/Music=deny\n~/Documents=view\n[Default Files]\n~/Videos=view\n", 0o644)
            # the broker looks when something is started or asked
            home.postern("why", EOG, home.path("Music"))
            manager.wait("Set by your administrator", exact=False)
            manager.rest()
            desk.shot("administrator")
            said = manager.names()
            tap.ok(any("Your administrator decides: Denied" in name for name in said), "what the administrator overrules is shown as such", said)
            tap.ok(any(name.startswith("Set by your administrator, until you change it") for name in said), "and what is set only by default", said)
            rows = [node for node in manager.nodes() if node.get_role() == manager.atspi.Role.LIST_ITEM and node.get_name() == "Music"]
            desk.click(rows[0])
            wait_until(lambda: manager.find("cannot be changed here", exact=False) or manager.find("your administrator decides", exact=False),
                       "the page of what is locked does not say so")
            desk.settle()
            desk.shot("administrator-permission")
            tap.ok(True, "its page says so in a sentence")
            tap.ok(manager.said_wrong() == [], "and nothing went wrong unseen", manager.said_wrong())


def test_from_a_question(tap, desk):
    """The question's details lead to the manager; not before the question can have been read."""
    with Scene(desk) as home:
        before = len(desk.windows())
        asking = home.start("cat", home.path("Pictures/2025/evening.jpg"), app=SERVANT)
        dialog = desk.wait_ready()
        desk.click(desk.control(dialog, "Details"))
        desk.settle(limit=1.0)
        desk.wait_ready()
        desk.shot("question-details")
        tap.ok("Permissions" not in desk.windows(), "control: the manager is not there yet", desk.windows())
        desk.click(desk.control(dialog, "All permissions of this application"))
        desk.wait_window("Permissions")
        tap.ok(len(desk.windows()) > before and desk.dialog() is not None, "the manager is beside the question, which stays open", desk.windows())
        desk.settle()
        desk.shot("manager-from-question")
        for pid in home.processes("postern-settings"):
            os.kill(pid, signal.SIGTERM)
        desk.answer("Deny")
        asking.wait(20)


def test_unknown(tap, desk):
    """What is named on the command line and has no page is said on a page, and waited for."""
    with Scene(desk) as home:
        with Manager(home, desk, "nosuchapp") as manager:
            manager.wait("Nothing to Show")
            manager.wait("You asked for “nosuchapp”. Nothing is installed", exact=False)
            desk.settle()
            desk.shot("unknown")
            tap.ok(not any(node.get_role() == manager.atspi.Role.INFO_BAR for node in manager.nodes()), "nobody knows it: a page says so, and no bar", manager.names())
            manager.select("Document Viewer")
            manager.wait("Access to Music: Denied")
            tap.ok(manager.find("Nothing to Show") is None, "another is chosen at the side", manager.names())
        with Manager(home, desk, "feh") as manager:
            manager.wait("You asked for “feh”. It has not been started", exact=False)
            desk.settle()
            desk.shot("not-started")
            home.postern("grant", "feh", home.path("Music"))
            manager.wait("Access to Music: View")
            tap.ok(True, "one that was never started: its page comes up as soon as there is one")
            tap.ok(manager.said_wrong() == [], "and nothing went wrong unseen", manager.said_wrong())


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


def test_folder_by_hand(tap, desk):
    with Scene(desk) as home, Manager(home, desk, EOG) as manager:
        manager.button("Add a permission")
        manager.wait("What “Image Viewer” may reach from now on, without a question:")
        manager.click("Folder", exact=False)
        for _ in range(2):
            node = manager.find("Other…", exact=False)
            if node is not None:
                desk.click(node)
                break
        manager.choose_path(home.path("Music"), "Open")
        desk.settle()
        manager.click("Add", manager.atspi.Role.PUSH_BUTTON)
        home.wait_rules(lambda rules: rules.get("Music", {}).get("access") == "view", "the added folder does not arrive")
        manager.wait("Access to Music: View")
        tap.ok(True, "a folder is added by hand, with the folder chooser")


def test_history(tap, desk):
    with Scene(desk) as home:
        path = home.path("Pictures/2026/harbour.jpg")
        home.postern("grant", SERVANT, home.path("Pictures"), "--answer", "deny")
        servant = Servant(home)
        tap.ok(not servant.ask("read", path).startswith("ok"), "an application is refused a picture")
        with Manager(home, desk) as manager:
            manager.wait("Permissions", exact=False)
            manager.turn_to("History")
            manager.wait("Was refused to view Pictures", exact=False)
            manager.click("What is shown", manager.atspi.Role.COMBO_BOX)
            desk.settle(limit=1.0)
            manager.click("Starts", manager.atspi.Role.MENU_ITEM)
            manager.wait("Started", exact=False)
            manager.wait_gone("Was refused to view Pictures", exact=False)
            desk.settle()
            desk.shot("history-starts")
            tap.ok(True, "the history, filtered by kind")
            desk.key("Home")  # the keyboard is in the filter still
            manager.click("Was refused to view Pictures", exact=False)
            desk.settle()
            desk.shot("history-refused")
            manager.choose("Allow…", "Always")
            home.wait_rules(lambda rules: any(rule["answer"] == "allow" for rule in rules.values()), "allowing afterwards does not arrive", SERVANT)
            tap.ok(True, "what was refused is allowed from the history")
            manager.button("Only This Application")
            manager.wait("Only org.example.Servant; show all applications")
            manager.wait_gone("gedit")
            tap.ok(True, "the history of one application")
            manager.button("Export the history")
            manager.wait("Export", manager.atspi.Role.PUSH_BUTTON)
            desk.key("ctrl+a")
            target = os.path.join(home.home, "out.jsonl")
            desk.type(target)
            desk.settle(limit=1.5)
            manager.button("Export")
            manager.wait("The history was exported", exact=False)
            with open(target, encoding="utf-8") as file:
                rows = [json.loads(line) for line in file]
            tap.ok(len(rows) > 0 and all(row["app"] == SERVANT for row in rows), "exported: a JSON object a line, of what the filter shows", rows[:2])
            tap.ok(manager.said_wrong() == [], "and nothing went wrong unseen", manager.said_wrong())


def test_preferences(tap, desk):
    with Scene(desk) as home, Manager(home, desk, EOG) as manager:
        def settings():
            return json.loads(home.postern("settings", "--json").stdout)[0]

        before = settings()
        manager.wait("Access to Pictures: View")
        manager.menu("Preferences…")
        manager.wait("Save", manager.atspi.Role.PUSH_BUTTON)
        desk.settle()
        desk.shot("preferences")
        tap.ok(manager.nameless() == [], "preferences: every control has a name", manager.nameless())
        desk.key("ctrl+a")
        desk.type("30")
        manager.button("Save")
        manager.wait("The preferences were saved", exact=False)
        tap.ok(settings() == {**before, "unused_days": 30}, "a permission that is not used ends after 30 days now, and nothing else has changed", settings())
        manager.menu("Preferences…")
        manager.wait("Save", manager.atspi.Role.PUSH_BUTTON)
        desk.settle()
        desk.key("ctrl+a")
        desk.type("0\t")
        desk.settle()
        desk.shot("preferences-never")
        said = [manager.atspi.Text.get_text(node, 0, -1) for node in manager.nodes() if node.get_role() == manager.atspi.Role.SPIN_BUTTON]
        tap.ok("Never" in said, "0 is said in a word", said)
        desk.key("Escape")
        manager.wait_gone("Save", manager.atspi.Role.PUSH_BUTTON)
        tap.ok(settings() == {**before, "unused_days": 30}, "Escape changes nothing")


def test_export_and_import(tap, desk):
    with Scene(desk) as home, Manager(home, desk, EOG) as manager:
        target = os.path.join(home.home, "mine.json")
        manager.wait("Access to Pictures: View")
        manager.menu("Export Permissions…")
        manager.wait("Export", manager.atspi.Role.PUSH_BUTTON)
        desk.key("ctrl+a")
        desk.type(target)
        desk.settle(limit=1.5)
        manager.button("Export")
        manager.wait("The permissions were exported", exact=False)
        tap.ok(os.path.exists(target) and os.stat(target).st_mode & 0o077 == 0, "exported to a file that only its owner can read")
        home.postern("revoke", EOG, "--all")
        manager.menu("Import Permissions…")
        manager.choose_path(target, "Import")
        manager.wait("Import these permissions?")
        desk.settle()
        desk.shot("import")
        said = manager.names()
        tap.ok(any("Permissions: 2 are added." in line for line in said), "added: it is said what comes", said)
        tap.ok(sum("Permissions: 2 are added." in line for line in said) >= 2, "replaced: nothing else would happen", said)
        manager.button("Import")
        home.wait_rules(lambda rules: "Pictures" in rules, "the import does not arrive")
        tap.ok(True, "imported, after it was said what that would do")
        manager.key("ctrl+z")
        home.wait_rules(lambda rules: rules == {}, "Undo of the import does not arrive")
        tap.ok(True, "and taken back")

        home.postern("grant", EOG, home.path("Music"))
        home.postern("grant", SERVANT, home.path("Music"))
        manager.select("Image Viewer")
        manager.wait("Access to Music: View")

        def import_again():
            manager.menu("Import Permissions…")
            manager.choose_path(target, "Import")
            manager.wait("Import these permissions?")

        import_again()
        said = manager.names()
        tap.ok(any("Yours stay." in line and "2 are added." in line for line in said), "add them to yours: nothing goes", said)
        tap.ok(any("for all applications" in line and "2 are added, 2 are removed." in line for line in said), "replace yours: it is said that two go", said)
        tap.ok(manager.nameless() == [], "every control of it has a name", manager.nameless())
        manager.button("Import")
        home.wait_rules(lambda rules: sorted(rules) == ["Documents/letter.txt", "Music", "Pictures"], "what was there does not stay")
        manager.key("ctrl+z")
        home.wait_rules(lambda rules: sorted(rules) == ["Music"], "Undo does not arrive")
        tap.ok(True, "added, and taken back")
        import_again()
        manager.click("Replace yours with them", manager.atspi.Role.RADIO_BUTTON)
        desk.settle()
        desk.shot("import-replace")
        manager.button("Import")
        home.wait_rules(lambda rules: sorted(rules) == ["Documents/letter.txt", "Pictures"], "what is not in the file does not go")
        tap.ok(home.rules(SERVANT) == {}, "replaced: the other application's is gone as well", home.rules(SERVANT))
        manager.key("ctrl+z")
        home.wait_rules(lambda rules: sorted(rules) == ["Music"] and sorted(home.rules(SERVANT)) == ["Music"], "Undo does not bring back what went")
        tap.ok(True, "and all of it comes back")
        home.postern("revoke", EOG, "--all")
        bad = home.write("bad.json", "{\"nothing\": true}")
        manager.menu("Import Permissions…")
        manager.choose_path(bad, "Import")
        wait_until(lambda: any(node.get_role() == manager.atspi.Role.INFO_BAR for node in manager.nodes()), "nothing is said about a file that is no export")
        desk.settle()
        desk.shot("import-refused")
        tap.ok(home.rules() == {}, "a file that is no export is refused, in one sentence")


if __name__ == "__main__":
    sys.exit(run_tests(globals(), lambda: Desk(width=1100, height=760)))
