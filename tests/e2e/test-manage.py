# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person changes while applications run, seen from another window and from inside: told at once, true at once, and taken back."""
import os
import sys
import time

from gi.repository import Gio, GLib

from bus import Bus
from control import Control, ControlError
from inside import Servant
from postern_e2e import Home, ScriptedPerson, run_tests, wait_until

GRANTS, APPS, SANDBOXES, HISTORY = 1, 2, 4, 8
EACCES, EROFS = "13", "30"
APP = "org.example.Servant"


def grants(control, app=APP):
    return control.call("ListEntries", "(s)", app)[0]


def check(tap, home, *arguments):
    result = home.postern(*arguments)
    tap.ok(result.returncode == 0, "postern " + " ".join(arguments[:2]), result.stderr)
    return result.stdout


def test_told_at_once(tap):
    with Home() as home:
        home.postern("apps")
        window = Control(home).watch()
        for what, arguments in (("a grant", ("grant", APP, home.path("Pictures"))), ("a revocation", ("revoke", APP, "--all"))):
            window.forget()
            begun = time.monotonic()
            check(tap, home, *arguments)
            done = time.monotonic()
            told = window.wait_changed(GRANTS, APP)
            tap.note(f"{what}: told {1000 * (told - begun):.0f} ms after the command was started, which took {1000 * (done - begun):.0f} ms")
            # the command ends when all gates have it; a window that had to wait longer than it would be told late
            tap.ok(told - done <= 0.2, f"{what} by command is told in another window within 200 ms", f"{told - done:.3f} s")
        window.forget()
        servant = Servant(home, APP)
        window.wait_changed(SANDBOXES, APP)
        tap.ok(True, "a start is told")
        window.forget()
        servant.end()
        window.wait_changed(SANDBOXES, APP)
        tap.ok(True, "an end is told")


def test_change_while_it_runs(tap):
    with Home() as home:
        path = home.write("Pictures/a", "a picture\n")
        servant = Servant(home, APP)
        window = Control(home).watch()
        home.grant(home.path("Pictures"), app=APP)
        tap.ok(servant.ask("read", path) == "ok 10", "it may view")
        (entry,) = grants(window)
        tap.ok(entry[15] & 1, "the rule is shown as in use", str(entry))
        now, undo = window.call("ChangeGrant", "(tayuuuux)", entry[0], b"", 0, 2, 1, 3, 0)
        tap.ok(servant.ask("write", path, "changed") == "ok" and home.read("Pictures/a") == b"changed", "changed to “change”, it writes into the real file")
        window.call("Undo", "(t)", undo)
        answer = servant.ask("append", path, "x")
        tap.ok(answer in (EACCES, EROFS) and home.read("Pictures/a") == b"changed", "taken back, it cannot write any more", answer)
        tap.ok(grants(window)[0][0] == entry[0] != now, "and the rule is the one that it was", f"{entry[0]} {now}")
        tap.ok(servant.ask("read", path) == "ok 7", "and viewing still works")
        servant.end()


def test_lock(tap):
    with Home() as home:
        allowed, other = home.write("Pictures/a", "a picture\n"), home.write("Documents/b", "a letter\n")
        person = ScriptedPerson(home, None)
        servant = Servant(home, APP)
        home.grant(home.path("Pictures"), app=APP)
        check(tap, home, "lock", APP)
        tap.ok(servant.ask("read", other) == EACCES, "locked: what no rule allows is refused to what runs", str(person.titles()))
        tap.ok(servant.ask("list", home.path("Documents")) == EACCES, "locked: so is a folder")
        tap.ok(servant.ask("read", allowed) == "ok 10", "locked: what a rule allows is allowed")
        tap.ok(person.shown == [], "locked: nothing was asked", str(person.titles()))
        wait_until(lambda: any("Documents" in str(event) for event in home.events("refused")), "the refusal is in the history")
        tap.ok("refused" in home.postern("why", APP, other).stdout, "postern why says so")
        check(tap, home, "unlock", APP)
        servant.send("read", other)
        person.wait_for_question(1)
        person.reply(person.shown[0], "allow once")
        tap.ok(servant.answer() == "ok 9", "unlocked: it is asked about, and allowed")
        # a question that is on the screen when it is locked
        servant.send("read", home.write("Downloads/c", "x"))
        question = person.wait_for_question(2)
        check(tap, home, "lock", APP)
        tap.ok(servant.answer() == EACCES, "locked: the question that was open is a refusal")
        person.wait_withdrawn(question)
        tap.ok(True, "and goes off the screen")
        servant.end()


def test_strict(tap):
    with Home() as home:
        path = home.write("Pictures/a", "a picture\n")
        check(tap, home, "strict", APP, "on")
        servant = Servant(home, APP)
        home.grant(home.path("Pictures"), app=APP)
        tap.ok(servant.ask("hold", path) == "ok" and servant.ask("held", path) == "ok 10", "strict: a file is opened")
        check(tap, home, "revoke", APP, home.path("Pictures"))
        answer = servant.ask("held", path)
        tap.ok(not answer.startswith("ok"), "strict: revoked, the next read of it fails", answer)
        servant.end()


def test_held_and_stop(tap):
    with Home() as home:
        path, single = home.write("Pictures/2026/a", "a picture\n"), home.write("Documents/b", "a letter\n")
        servant = Servant(home, APP)
        home.grant(home.path("Pictures"), app=APP)
        home.grant(single, app=APP)
        tap.ok(servant.ask("hold", path) == "ok" and servant.ask("hold", single) == "ok", "two files are opened")
        tap.ok(check(tap, home, "held", APP) == "Nothing.\n", "nothing is held that is not given")
        check(tap, home, "revoke", APP, "--all")
        held = check(tap, home, "held", APP)
        tap.ok("~/Pictures/2026/a" in held, "revoked: the file in the folder is still open, and named", held)
        tap.ok("~/Documents/b" in held, "revoked: so is the single file", held)
        home.grant(single, app=APP)
        held = check(tap, home, "held", APP)
        tap.ok("~/Documents/b" not in held and "~/Pictures/2026/a" in held, "what is given again is not listed any more", held)
        check(tap, home, "stop", APP)
        tap.ok(servant.process.wait(20) != 0, "postern stop ends it")
        tap.ok(check(tap, home, "held", APP) == "Nothing.\n", "and with it what it held")


def test_reset(tap):
    with Home() as home:
        path = home.write("Pictures/a", "a picture\n")
        person = ScriptedPerson(home, None)
        servant = Servant(home, APP)
        home.grant(home.path("Pictures"), app=APP)
        tap.ok(servant.ask("write", home.path(".settings"), "mine") == "ok", "it keeps settings")
        private = home.private_home(APP)
        refused = home.postern("reset", APP, "--home")
        tap.ok(refused.returncode == 1 and "running" in refused.stderr, "its home is not taken while it runs", refused.stderr)
        tap.ok(servant.ask("read", path) == "ok 10", "nor anything else")
        servant.end()
        window = Control(home).watch()
        wait_until(lambda: not window.call("GetApp", "(s)", APP)[0]["running"], "it has ended")
        size, files = window.call("HomeSize", "(s)", APP)
        tap.ok(files >= 1 and size > 0, "its home has a size", f"{size} {files}")
        held, undo = window.call("ResetApp", "(sb)", APP, True)
        tap.ok(not os.path.exists(private) and grants(window) == [], "reset: home and rules are gone")
        window.call("Undo", "(t)", undo)
        with open(os.path.join(private, ".settings"), encoding="utf-8") as file:
            tap.ok(file.read() == "mine" and len(grants(window)) == 1, "taken back: both are there again")
        servant = Servant(home, APP)
        tap.ok(servant.ask("read", path) == "ok 10" and servant.ask("read", home.path(".settings")) == "ok 4", "and work")
        servant.end()
        wait_until(lambda: not window.call("GetApp", "(s)", APP)[0]["running"], "it has ended again")
        check(tap, home, "reset", APP, "--home")
        servant = Servant(home, APP)
        tap.ok(servant.ask("read", home.path(".settings")) == "2", "reset by command: it starts with an empty home")
        servant.send("read", path)
        person.wait_for_question(1)
        tap.ok(True, "and is asked like a new one")
        person.reply(person.shown[0], "deny once")
        servant.answer()
        servant.end()


# Fills the home of the application that runs it with what is hard to measure and to remove.
HOSTILE = r"""
import os
home = os.path.expanduser("~/.trap"); os.mkdir(home)
for name, target in (("root", "/"), ("up", "../../../.."), ("self", "self")): os.symlink(target, os.path.join(home, name))
os.mkfifo(os.path.join(home, "fifo"))
os.makedirs(os.path.join(home, "closed/inner")); os.chmod(os.path.join(home, "closed"), 0)
at = os.open(home, os.O_RDONLY)
for _ in range(1500):
    os.mkdir("deep", dir_fd=at); next = os.open("deep", os.O_RDONLY, dir_fd=at); os.close(at); at = next
many = os.path.join(home, "many"); os.mkdir(many)
for i in range(10000): os.close(os.open(os.path.join(many, str(i)), os.O_CREAT, 0o600))
"""


def test_hostile_home(tap):
    with Home() as home:
        home.write("Documents/precious", "all of it\n")
        made = home.run("/usr/bin/python3", "-c", HOSTILE, app=APP, timeout=120)
        tap.ok(made.returncode == 0, "an application fills its home with traps", made.stderr)
        window, other = Control(home), Control(home)
        wait_until(lambda: not window.call("GetApp", "(s)", APP)[0]["running"], "it has ended")
        begun = time.monotonic()
        _, undo = window.call("ResetApp", "(sb)", APP, True)
        tap.ok(time.monotonic() - begun < 1, "reset takes a moment, whatever is in the home", f"{time.monotonic() - begun:.2f} s")
        window.call("Undo", "(t)", undo)
        slowest = 0.0
        measuring = window.send("HomeSize", "(s)", APP)
        for _ in range(50):
            begun = time.monotonic()
            other.call("ListSandboxes")
            slowest = max(slowest, time.monotonic() - begun)
        tap.ok(slowest < 0.5, "others are answered while it is measured", f"{slowest:.3f} s")
        size, files = window.wait_reply(measuring, 60)
        tap.ok(10000 <= files < 11000, "it is measured without leaving it", f"{files} files, {size} bytes")
        private = home.private_home(APP)
        window.call("ResetApp", "(sb)", APP, True)
        tap.ok(not os.path.exists(private), "and it is gone")
        tap.ok(home.read("Documents/precious") == b"all of it\n", "nothing outside of it is touched")


def test_on_the_bus(tap):
    with Home() as home, Bus(home, []):
        home.postern("apps")
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        window, other = (Gio.DBusConnection.new_for_address_sync(home.env["DBUS_SESSION_BUS_ADDRESS"], flags, None, None) for _ in range(2))
        context = GLib.MainContext.default()
        told = {"window": [], "other": []}

        def call(connection, method, arguments=None):
            return connection.call_sync("org.postern.Broker1", "/org/postern/Broker1", "org.postern.Control1", method, arguments, None, 0, 10000, None)

        def is_there():
            try:
                call(other, "GetStatus")
                return True
            except GLib.Error:
                return False

        wait_until(is_there, "the broker is not on the bus")
        for name, connection in (("window", window), ("other", other)):
            connection.signal_subscribe("org.postern.Broker1", "org.postern.Control1", "Changed", "/org/postern/Broker1", None, 0,
                                        lambda *arguments, name=name: told[name].append(arguments[5].unpack()))
        call(window, "Watch", GLib.Variant("(b)", (False,)))
        home.grant(home.path("Pictures"), app=APP)

        def seen():
            context.iteration(False)
            return any(topics & GRANTS and APP in apps for topics, apps in told["window"])

        wait_until(seen, "the window on the bus is not told")
        tap.ok(True, "who has called Watch on the session bus is told")
        call(other, "GetStatus")
        while context.iteration(False):
            pass
        tap.ok(told["other"] == [], "and nobody else", str(told["other"]))
        reply = call(window, "ListEntries", GLib.Variant("(s)", (APP,))).unpack()[0]
        tap.ok(len(reply) == 1 and reply[0][12] == 4, "a rule by command is one by command", str(reply))
        call(window, "Grant", GLib.Variant("(suayuuuux)", (APP, 1, home.path("Documents").encode() + b"\0", 0, 1, 1, 3, 0)))
        reply = call(window, "ListEntries", GLib.Variant("(s)", (APP,))).unpack()[0]
        tap.ok(reply[-1][12] == 3, "and one that a window makes is one of the manager", str(reply))


def test_errors(tap):
    with Home() as home:
        home.postern("apps")
        window = Control(home)
        for what, call in (("an unknown rule", ("ChangeGrant", "(tayuuuux)", 999, b"", 0, 1, 1, 3, 0)), ("an unknown step", ("Undo", "(t)", 999)),
                           ("an unknown switch", ("SetApp", "(sa{sv})", APP, {})), ("no application", ("GetApp", "(s)", ""))):
            try:
                if what == "an unknown switch":
                    window.call("SetApp", "(sa{sv})", APP, {"colour": GLib.Variant("b", True)})
                else:
                    window.call(*call)
                tap.ok(False, f"{what} is refused")
            except ControlError as error:
                tap.ok(str(error).endswith(".") and len(str(error)) > 20, f"{what} is refused with a sentence", str(error))
        for words in (("lock",), ("strict", APP), ("strict", APP, "perhaps"), ("reset",), ("stop",), ("held",)):
            result = home.postern(*words)
            tap.ok(result.returncode == 2 and result.stderr.count("\n") == 1, "postern " + " ".join(words) + ": one line, status 2", result.stderr)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
