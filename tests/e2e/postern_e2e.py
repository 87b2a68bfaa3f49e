# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests have in common.

A Home is a home directory and a runtime directory of its own, in which everything starts as it does for a person: the broker by the first
command, the agent by the broker. A ScriptedPerson answers the questions of a Home without a screen, and counts them. For the real dialog
on a screen see desk.py. What ends a test, however it ends: every process that came of it, for the test is their reaper.

Host, Agent and Tap come from the escape tests, where each is described.
"""

import ctypes
import json
import os
import signal
import sys
import threading
import time
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "escape"))
import harness  # noqa: E402
from harness import Host, Tap, become_ordinary_user, skip_all, wait_until  # noqa: E402, F401

ARTIFACTS = os.path.join(harness.BUILD, "artifacts", "e2e")
POSTERN = harness.POSTERN
PR_SET_CHILD_SUBREAPER = 36

# Orphans become the test's children, so that it can end them by their numbers.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children_of(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
    except OSError:
        pass
    return found


def descendants_of(pid):
    found = []
    for child in children_of(pid):
        found += [child, *descendants_of(child)]
    return found


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def executable_of(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def state_of(pid):
    """The letter of /proc/PID/stat; "" when the process is gone, "Z" when it is dead."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_alive(pid):
    return state_of(pid) not in ("", "Z", "X")


def cpu_ticks(pids):
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total


def wait_idle(pids, quiet=0.6, limit=20.0):
    """Until the processes have used no CPU for `quiet` seconds: they have started up, and wait for a person. pids: a function."""
    end = time.monotonic() + limit
    last, since = -1, time.monotonic()
    while time.monotonic() - since < quiet:
        now = cpu_ticks(pids())
        if now - last > 1 or last < 0:
            last, since = now, time.monotonic()
        if time.monotonic() > end:
            raise TimeoutError("the application does not come to rest")
        time.sleep(0.05)  # rest gives no event; only the clock of the processes tells it


def end_processes(pids, limit=5.0):
    """Ends the children whose numbers pids() gives, and whatever becomes a child by that; asks first, and insists after the limit."""
    end = time.monotonic() + limit
    while True:
        left = pids()
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL if time.monotonic() > end else signal.SIGTERM)
                os.waitpid(pid, os.WNOHANG)
            except (ProcessLookupError, ChildProcessError):
                pass
        if time.monotonic() > end + limit:
            print("# these processes cannot be ended:", [(pid, name_of(pid), state_of(pid)) for pid in left], flush=True)
            return
        time.sleep(0.01)  # what an ending process leaves becomes our child without an event


class Home(Host):
    def __init__(self, **options):
        """desk: a desk.Desk to be on; else there is a display only in name, for a ScriptedPerson."""
        options.setdefault("start_broker", False)
        self.desk = options.pop("desk", None)
        if self.desk is not None:
            options["display"] = self.desk.env["DISPLAY"]
        super().__init__(**options)
        if self.desk is not None:
            self.env.update(self.desk.env)
        self.kept = set(children_of(os.getpid()))

    # -- files

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    # -- what Postern says

    def json(self, *arguments):
        result = self.postern(*arguments, "--json")
        if result.returncode != 0:
            raise RuntimeError(f"postern {' '.join(arguments)}: {result.stderr}")
        if arguments[0] == "log":  # one object a line
            return [json.loads(line) for line in result.stdout.splitlines()]
        return json.loads(result.stdout)

    def events(self, what):
        return [event for event in self.json("log", "-n", "10000") if event["what"] == what]

    def n_asked(self):
        return len(self.events("asked"))

    # -- processes

    def started(self):
        """Every process that came of this home and lives."""
        found = []
        for child in children_of(os.getpid()):
            if child not in self.kept:
                found += [child, *descendants_of(child)]
        return [pid for pid in found if is_alive(pid)]

    def processes(self, program):
        """Those that run one of Postern's programs: "postern-broker", "postern-fusefs", …"""
        # by its short name: the gate does not let others see what it runs
        return [pid for pid in self.started() if name_of(pid) == program[:15]]

    def application(self, supervisor):
        """The processes inside, given the supervisor's: all below it but Postern's own. Known from outside by another pid namespace."""
        own = os.readlink("/proc/self/ns/pid")
        found = []
        for pid in descendants_of(supervisor):
            try:
                if os.readlink(f"/proc/{pid}/ns/pid") != own and os.path.basename(executable_of(pid)) != "postern":
                    found.append(pid)
            except OSError:
                pass
        return found

    def log_of_broker(self):
        try:
            with open(os.path.join(self.runtime, "postern", "broker.log"), encoding="utf-8", errors="backslashreplace") as file:
                return file.read()
        except OSError:
            return ""

    def close(self):
        for child in self.children:
            if child.poll() is None:
                child.terminate()
        end_processes(lambda: [pid for pid in children_of(os.getpid()) if pid not in self.kept])
        for child in self.children:
            child.poll()
        super().close()

    def __exit__(self, kind, value, trace):
        if kind is not None:
            if self.desk is not None:
                print("# the screen: " + self.desk.shot("failed"), flush=True)
            print("# the broker's log:\n# " + "\n# ".join(self.log_of_broker().splitlines()[-30:]), flush=True)
        self.close()


class ScriptedPerson:
    """Answers each question at once, by what `answer` says of it: a word of harness.Agent.ANSWERS with a lifetime ("allow always"), or None
    to leave it open. Give a function for an answer that depends on the question."""

    def __init__(self, home, answer="allow always", access=None):
        home.postern("apps")  # the broker has to be there
        self.home = home
        self.agent = home.agent()
        self.answer = answer if callable(answer) else lambda question: answer
        self.access = access
        self.shown, self.withdrawn = [], []
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._attend, daemon=True)
        self.thread.start()

    def _attend(self):
        while True:
            event = self.agent.next_event(3600)
            if event is None:
                return
            with self.changed:
                if event["event"] == "show":
                    # a question whose waiting lines have changed is shown again
                    if event["question"] not in [shown["question"] for shown in self.shown]:
                        self.shown.append(event)
                        self._reply(event)
                elif event["event"] == "withdraw":
                    self.withdrawn.append((event["number"], time.monotonic()))
                self.changed.notify_all()

    def _reply(self, question):
        words = self.answer(question)
        if words:
            answer, lifetime = words.split()
            access = question.get("access", 0)
            for i, (value, _label) in enumerate(question.get("accesses", [])):
                if value == self.access:
                    access = i
            self.agent.answer(question, answer, access=access, lifetime=lifetime)

    def reply(self, question, words):
        answer, lifetime = words.split()
        self.agent.answer(question, answer, lifetime=lifetime)

    def wait_for_question(self, n=1, limit=harness.LIMIT):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.shown) >= n, limit):
                raise TimeoutError(f"{len(self.shown)} of {n} questions came")
            return self.shown[n - 1]

    def wait_withdrawn(self, question, limit=harness.LIMIT):
        def found():
            return [when for number, when in self.withdrawn if number == question["question"]]

        with self.changed:
            if not self.changed.wait_for(found, limit):
                raise TimeoutError("the question is still shown")
            return found()[0]

    def titles(self):
        return [question.get("titles", [""])[0] for question in self.shown]


def run_tests(module_globals, make_desk=None):
    """Runs each function test_… with a Tap, and the desk that make_desk() makes if there is one; an exception is a failed point with its text."""
    become_ordinary_user()
    tap = Tap()
    desk = make_desk() if make_desk is not None else None
    wanted = sys.argv[1:]
    for name, function in list(module_globals.items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        try:
            if desk is not None:
                desk.name = name.removeprefix("test_").replace("_", "-")
            function(*((tap,) if desk is None else (tap, desk)))
        except Exception as error:  # noqa: BLE001
            tap.ok(False, f"{name}: {type(error).__name__}: {error}".replace("#", ""), traceback.format_exc())
    if desk is not None:
        desk.close()
    tap.done()
