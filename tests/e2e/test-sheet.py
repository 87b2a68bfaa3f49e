# SPDX-License-Identifier: GPL-3.0-or-later
"""The sheet of a first start, by real clicks; and runs that are kept to one folder."""
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time

import screen
from desk import Desk
from postern_e2e import POSTERN, is_alive, name_of, run_tests, wait_until
from viewer import APP, Album

CANCELLED = 123
PROFILE = """[Application]
Name=Image Viewer
Icon=org.gnome.eog
Executables=eog;
Reason=Shows your pictures and the others in the same folder
[Wants]
xdg:PICTURES=view
xdg:DOCUMENTS=change
"""


class Sheets(Album):
    """An album whose viewer wants something, and what is done with its sheet."""

    def __init__(self, desk, profile=PROFILE, installed=True):
        super().__init__(desk)
        self.profile = self.write(f".config/postern/profiles/{APP}.profile" if installed else "wanted.profile", profile)

    def start(self, *arguments, program="eog", options=()):
        log = open(os.path.join(self.root, "eog.log"), "ab")
        child = subprocess.Popen([POSTERN, "run", "--x11=host", *options, program, *arguments], env=self.env, cwd=self.home,
                                 stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.children.append(child)
        return child

    def said(self):
        with open(os.path.join(self.root, "eog.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def runs(self, program):
        return [pid for pid in self.started() if name_of(pid) == program]

    def switch_on(self, name):
        self.desk.click(self.desk.control(self.desk.dialog(), name))

    def is_on(self, name):
        states = self.desk.control(self.desk.dialog(), name).get_state_set()
        return states.contains(self.desk.atspi.StateType.CHECKED)

    def grants(self):
        return {os.path.relpath(grant["resource"], self.home): grant for grant in self.json("grants")}


def read(desk, limit=20.0):
    """Waits until the sheet can be answered, and reads it."""
    end = time.monotonic() + limit
    while True:
        dialog = desk.wait_ready(limit)
        try:
            return [dialog.get_name(), *desk.texts(dialog)]
        except Exception:  # noqa: BLE001: it was taken away meanwhile, and comes again
            if time.monotonic() > end:
                raise


def test_start(tap, desk):
    with Sheets(desk) as home:
        viewer = home.start(home.path("Pictures", "evening.jpg"))
        said = read(desk)
        desk.settle()
        desk.shot("sheet")
        tap.ok("Image Viewer" in said[0] and "first time" in said[0], "the sheet says whose it is", said)
        tap.ok("View your Pictures" in said and "View and change your Documents" in said, "what it wants, in our words", said)
        tap.ok(any(line.startswith("Image Viewer says: “Shows your pictures") for line in said), "and what its packager says, as a quotation", said)
        tap.ok(not home.is_on("View your Pictures") and not home.is_on("View and change your Documents"), "every switch is off")
        tap.ok(home.runs("eog") == [], "nothing of it runs meanwhile", home.runs("eog"))
        home.switch_on("View your Pictures")
        wait_until(lambda: home.is_on("View your Pictures"), "the switch does not move")
        desk.settle()
        desk.shot("switched-on")
        desk.click(desk.control(desk.dialog(), "Start"))
        desk.wait_no_dialog()
        why = home.wait_shown("evening.jpg")
        tap.ok(why == "", "Start: the picture is on the screen", why)
        tap.ok(home.n_asked() == 0 and desk.dialog() is None, "without a question", home.postern("log").stdout)
        grants = home.grants()
        tap.ok(list(grants) == ["Pictures"] and grants["Pictures"]["access"] == "view" and grants["Pictures"]["lifetime"] == "always",
               "what was switched on is a rule, and what was not is none", grants)
        home.stop_viewer(viewer)

        viewer = home.start(home.path("Pictures", "harbour.jpg"))
        why = home.wait_shown("harbour.jpg")
        tap.ok(why == "" and desk.dialog() is None, "second start: nothing is shown but the picture", why)
        home.stop_viewer(viewer)


def test_cancel(tap, desk):
    with Sheets(desk) as home:
        viewer = home.start(home.path("Pictures", "evening.jpg"))
        read(desk)
        home.switch_on("View your Pictures")
        desk.click(desk.control(desk.dialog(), "Cancel"))
        desk.wait_no_dialog()
        tap.ok(viewer.wait(10) == CANCELLED, "Cancel: the launch ends with a status of its own", viewer.returncode)
        tap.ok("Image Viewer" in home.said() and "not started" in home.said(), "and a sentence", home.said())
        tap.ok(home.grants() == {}, "nothing is allowed by a switch alone", home.grants())
        viewer = home.start(home.path("Pictures", "evening.jpg"))
        read(desk)
        tap.ok(True, "it is not remembered: the next start shows it again")
        viewer.send_signal(signal.SIGINT)
        desk.wait_no_dialog()
        tap.ok(viewer.wait(10) == -signal.SIGINT, "Ctrl-C: the sheet goes, and the launch ends by the signal", viewer.returncode)
        tap.ok(home.runs("eog") == [] and not home.runs("postern-fusefs"), "nothing is left of it")


def test_keys(tap, desk):
    """By keyboard alone: a person switches to the window, and goes through it with Tab."""
    with Sheets(desk) as home:
        viewer = home.start(home.path("Pictures", "evening.jpg"))
        read(desk)
        desk.key("Return")
        desk.settle()
        tap.ok(desk.dialog() is not None, "the sheet does not take the keyboard: Enter goes elsewhere")
        desk.focus("First start")
        desk.wait_ready(keys=True)
        order = []
        for _ in range(5):
            desk.key("Tab")
            desk.settle(1.0, 0.1)
            order.append(focused_name(desk))
        tap.ok([name for name in order if name] == ["Start", "View your Pictures", "View and change your Documents", "Details", "Cancel"],
               "Tab: every control has a name, and its turn", order)
        for _ in range(2):
            desk.key("Tab")
        desk.key("space")
        wait_until(lambda: home.is_on("View your Pictures"), "the space bar does not switch")
        desk.shot("keys")
        desk.key("Escape")
        desk.wait_no_dialog()
        tap.ok(viewer.wait(10) == CANCELLED, "Escape: cancelled", viewer.returncode)

        viewer = home.start(home.path("Pictures", "evening.jpg"))
        read(desk)
        desk.focus("First start")
        desk.wait_ready(keys=True)
        desk.key("Return")
        desk.wait_no_dialog()
        tap.ok(viewer.wait(10) == CANCELLED, "Enter without more starts nothing", viewer.returncode)


def test_two_starts(tap, desk):
    with Sheets(desk) as home:
        viewers = [home.start(home.path("Pictures", name)) for name in ("evening.jpg", "harbour.jpg")]
        read(desk)
        sheets = [name for name in desk.windows() if "First start" in name]
        tap.ok(len(sheets) == 1, "two starts at once: one sheet", desk.windows())
        desk.click(desk.control(desk.dialog(), "Cancel"))
        tap.ok([viewer.wait(10) for viewer in viewers] == [CANCELLED, CANCELLED], "and one answer for both")


def test_deaths(tap, desk):
    with Sheets(desk) as home:
        viewer = home.start(home.path("Pictures", "evening.jpg"))
        read(desk)
        for program in ("postern-agent", "postern-broker"):
            killed, before = home.processes(program), desk.window_ids("First start")
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not any(is_alive(pid) for pid in killed), f"{program} does not die")
            # It is another window, which takes no input at first either: the old one may still be there for a moment.
            wait_until(lambda: desk.window_ids("First start") - before, "the sheet does not come again")
            read(desk)
            tap.ok(home.runs("eog") == [] and viewer.poll() is None, f"{program} killed: the sheet is shown again, and nothing runs meanwhile")
        tap.ok(home.grants() == {}, "nothing was allowed by that", home.grants())
        home.switch_on("View your Pictures")
        wait_until(lambda: home.is_on("View your Pictures"), "the switch does not move")
        desk.click(desk.control(desk.dialog(), "Start"))
        why = home.wait_shown("evening.jpg")
        tap.ok(why == "", "and it can be answered", why)
        home.stop_viewer(viewer)


def test_only(tap, desk):
    with Album(desk) as home:
        os.mkdir(home.path("Pictures", "2026"))
        shutil.copy(home.path("Pictures", "evening.jpg"), home.path("Pictures", "2026", "evening.jpg"))
        home.write("notes.txt", "secret")
        home.write("Documents/letter.txt", "secret")
        for program in ("eog", "feh"):
            if shutil.which(program) is None:
                continue
            child = Sheets.start(home, home.path("Pictures", "2026", "evening.jpg"), program=program, options=["--only", "Pictures/2026", "--view"])
            why = home.wait_shown("evening.jpg")
            desk.settle()
            desk.shot(f"only-{program}")
            tap.ok(why == "" and desk.dialog() is None, f"--only: {program} shows the picture, and nothing is asked", why)
            child.send_signal(signal.SIGTERM)
            child.wait(10)
            wait_until(lambda: screen.shows(desk.look(), home.pictures["evening.jpg"]) != "", "the picture stays")
        script = """cd; echo home:; ls; echo pictures:; ls Pictures; echo in:; ls Pictures/2026; echo docs:; ls Documents; cat Documents/letter.txt
            cat notes.txt; cat Pictures/harbour.jpg | wc -c; touch Pictures/2026/new && echo wrote; touch new && echo made; echo x > .mine && echo own"""
        result = subprocess.run([POSTERN, "run", "--only", home.path("Pictures/2026"), "--view", "sh", "-c", script], env=home.env, cwd=home.path("Documents"),
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        out = result.stdout.split()
        tap.ok("home: Pictures pictures: 2026 in: evening.jpg docs: 0 own" == " ".join(out), "--only: that folder and the way to it are there, and nothing else",
               result.stdout + result.stderr)
        tap.ok("secret" not in result.stdout and "No such file" in result.stderr, "what is hidden is not there", result.stderr)
        tap.ok(home.n_asked() == 0, "nothing was asked", home.postern("log").stdout)
        changed = subprocess.run([POSTERN, "run", "--only", home.path("Pictures/2026"), "--change", "sh", "-c", 'echo y > "$1" && cat "$1"', "sh",
                                  home.path("Pictures/2026/new")], env=home.env, cwd=home.home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        tap.ok(changed.stdout == "y\n" and home.read("Pictures/2026/new") == b"y\n", "--change: it may write there", changed.stderr)
        tap.ok(home.json("grants") == [], "nothing of it is left", home.json("grants"))
        for options, word in ((["--only", "nothing", "--view"], "does not exist"), (["--only", "notes.txt", "--view"], "not a folder"),
                              (["--only", ".", "--view"], "whole home"), (["--only", "/etc", "--view"], "not in your home"),
                              (["--only", ".ssh", "--view"], "keys"), (["--only", "Pictures"], "--view"), (["--view"], "--only")):
            refused = subprocess.run([POSTERN, "run", *options, "true"], env=home.env, cwd=home.home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
            tap.ok(refused.returncode in (2, 125) and word in refused.stderr and refused.stderr.count("\n") == 1, f"{' '.join(options)}: refused in one sentence",
                   refused.stderr)


def test_one_folder(tap, desk):
    with Album(desk) as home:
        os.mkdir(home.path("Pictures", "2026"))
        shutil.copy(home.path("Pictures", "evening.jpg"), home.path("Pictures", "2026", "evening.jpg"))
        viewer = Sheets.start(home, home.path("Pictures", "2026", "evening.jpg"), program="feh", options=["--profile", "one-folder"])
        said = read(desk)
        desk.settle()
        desk.shot("sheet")
        tap.ok("folder" in said[0], "one folder: the sheet asks which", said)
        desk.click(desk.control(desk.dialog(), "Start"))
        desk.settle()
        tap.ok(desk.dialog() is not None, "without one there is no start")
        desk.click(desk.control(desk.dialog(), "Choose…"))
        desk.wait_window("folder that it may view")
        desk.settle()
        desk.shot("chooser")
        desk.focus("folder that it may view")
        desk.type(home.path("Pictures", "2026") + "/")
        desk.settle()
        desk.key("Return")
        wait_until(lambda: "~/Pictures/2026" in desk.texts(sheet_of(desk)), "the folder is not chosen")
        desk.settle()
        desk.wait_ready()  # it was covered, and has to be read again
        desk.shot("chosen")
        desk.click(desk.control(sheet_of(desk), "Start"))
        why = home.wait_shown("evening.jpg")
        tap.ok(why == "", "feh shows the picture in it", why)
        viewer.send_signal(signal.SIGTERM)
        viewer.wait(10)
        grants = home.json("grants")
        tap.ok([grant["resource"] for grant in grants] == [home.path("Pictures", "2026")], "that folder is its rule", grants)
        viewer = Sheets.start(home, home.path("Pictures", "2026", "evening.jpg"), program="feh", options=["--profile", "one-folder"])
        why = home.wait_shown("evening.jpg")
        tap.ok(why == "" and desk.dialog() is None and home.n_asked() == 0, "second start: it is remembered, and nothing is asked", why)
        viewer.send_signal(signal.SIGTERM)
        viewer.wait(10)


class Typing:
    """`postern run` on a terminal of its own, and a person who types."""

    def __init__(self, home, *arguments):
        env = home.env
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(home.home)
            os.execve(POSTERN, [POSTERN, "run", *arguments], env)
        self.seen = ""

    def wait_for(self, text, limit=20.0):
        end = time.monotonic() + limit
        while text not in self.seen:
            if time.monotonic() > end or not select.select([self.fd], [], [], end - time.monotonic())[0]:
                raise TimeoutError(f"{text!r} is not said, but {self.seen!r}")
            try:
                self.seen += os.read(self.fd, 4096).decode(errors="replace")
            except OSError:
                raise TimeoutError(f"{text!r} is not said, but {self.seen!r}") from None
        said, self.seen = self.seen.split(text, 1)
        return said

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        try:
            while os.read(self.fd, 4096):
                pass
        except OSError:
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_terminal(tap, desk):
    with Sheets(desk) as home:
        del home.env["DISPLAY"]
        typing = Typing(home, "--app", APP, "sh", "-c", 'ls "$1"; echo "pid $$ done"', "sh", home.path("Pictures"))
        said = typing.wait_for("View your Pictures (~/Pictures)? [y/N]")
        tap.ok("first time" in said and "Image Viewer says: “" in said, "on a terminal: the sheet as text", said)
        tap.ok("done" not in said, "before anything runs")
        typing.type("y\n")
        typing.wait_for("View and change your Documents (~/Documents)? [y/N]")
        typing.type("\n")
        typing.wait_for("Enter starts it, c cancels:")
        typing.type("\n")
        said = typing.wait_for("done")
        tap.ok("evening.jpg" in said and "Allow" not in said, "y, Enter, Enter: it starts with what was said yes to, without a question", said)
        tap.ok(typing.end() == 0 and list(home.grants()) == ["Pictures"], "and that alone is a rule", home.grants())
    with Sheets(desk) as home:
        del home.env["DISPLAY"]
        typing = Typing(home, "--app", APP, "echo", "started")
        typing.wait_for("[y/N]")
        typing.type("\x03")
        typing.wait_for("not started")
        tap.ok(typing.end() == CANCELLED, "Ctrl-C cancels")
        tap.ok(home.grants() == {} and not home.processes("postern-agent-tty"), "and nothing is left", home.grants())
        home.env["DISPLAY"] = ":4095"  # there is none
        begun = time.monotonic()
        result = subprocess.run([POSTERN, "run", "--app", APP, "echo", "started"], env=home.env, cwd=home.home, stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, timeout=60, start_new_session=True)
        tap.ok(result.stdout == "started\n" and home.grants() == {}, "where nobody can be asked it starts without the sheet, and nothing is allowed by that",
               f"{time.monotonic() - begun:.1f} s {result.stderr}")
        refused = subprocess.run([POSTERN, "run", "--profile", "one-folder", "ls"], env=home.env, cwd=home.home, stdin=subprocess.DEVNULL, capture_output=True,
                                 text=True, timeout=60, start_new_session=True)
        tap.ok(refused.returncode == 125 and "--only" in refused.stderr, "but what is kept to one folder does not start where nobody can say which", refused.stderr)
        typing = Typing(home, "--profile", "one-folder", "ls", home.home)
        typing.wait_for("The folder that it may view (its path; c cancels):")
        typing.type("Documents/nothing\n")
        typing.wait_for("Enter starts it, c cancels:")
        typing.type("\n")
        typing.wait_for("does not exist")
        typing.wait_for("c cancels):")
        typing.type("Documents\n")
        typing.wait_for("Enter starts it, c cancels:")
        typing.type("\n")
        said = typing.wait_for("Documents")
        tap.ok("Pictures" not in said and typing.end() == 0, "one folder: its path is typed, and asked for again when it cannot be given", said)


def sheet_of(desk):
    """The sheet, and not the folder chooser that belongs to it."""
    found = desk.dialog()
    if found is None or not any(word in found.get_name() for word in ("may “", "first time")):
        raise LookupError("the sheet is not in front")
    return found


def focused_name(desk):
    def has_focus(node):
        return node.get_state_set().contains(desk.atspi.StateType.FOCUSED) and node.get_role() != desk.atspi.Role.ALERT

    found = desk._find(desk.dialog(), has_focus)
    return (found.get_name() or "").replace("_", "") if found is not None else ""


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
