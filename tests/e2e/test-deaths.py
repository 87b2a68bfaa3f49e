# SPDX-License-Identifier: GPL-3.0-or-later
"""Each process of Postern is killed in turn while an application reads and writes: access ends or waits and never widens, nothing hangs, no file is damaged."""
import os
import signal
import sys
import time

from inside import WRITER, Servant
from postern_e2e import Home, ScriptedPerson, descendants_of, is_alive, run_tests, wait_until

LIMIT = 2.0  # no hang is longer


def only(pids, what):
    if len(pids) != 1:
        raise RuntimeError(f"{len(pids)} processes of {what}: {pids}")
    return pids[0]


def start_writer(home, options=()):
    """A writer that has written a hundred lines. Returns its process and how many lines it has been told are on the disk, later on."""
    home.grant(home.path("Documents"), access="change")
    process = home.start("/usr/bin/python3", "-c", WRITER, home.path("Documents/log"), options=options)
    for _ in range(100):
        if not process.stdout.readline():
            raise RuntimeError("the writer ended: " + process.stderr.read())
    return process


def check_file(tap, home, process, what):
    rest = process.stdout.read().split("\n")
    promised = max([int(word) for word in rest if word.isdigit()], default=99)
    lines = home.read("Documents/log").split(b"\n")
    whole = all(line == (b"line %08d " % i).ljust(99, b".") for i, line in enumerate(lines[:-1]))
    tap.ok(whole and lines[-1] == b"" and len(lines) - 1 > promised, f"{what}: the file is whole, with every line that was written",
           f"{len(lines) - 1} lines, {promised + 1} promised, the last {lines[-1]!r}")


def test_supervisor(tap):
    with Home() as home:
        process = start_writer(home)
        family = descendants_of(process.pid)
        begun = time.monotonic()
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: not any(is_alive(pid) for pid in family), "the sandbox outlives its supervisor", 10)
        tap.ok(time.monotonic() - begun <= LIMIT, "supervisor killed: the application and the gate end", f"{time.monotonic() - begun:.2f} s")
        process.wait()
        check_file(tap, home, process, "supervisor killed")


def test_init(tap):
    with Home() as home:
        process = start_writer(home)
        family = descendants_of(process.pid)
        applications = home.application(process.pid)
        inits = [pid for pid in family if set(applications) & set(descendants_of(pid))]
        begun = time.monotonic()
        os.kill(inits[-1], signal.SIGKILL)
        wait_until(lambda: not any(is_alive(pid) for pid in family), "the sandbox outlives its init", 10)
        status = process.wait(10)
        tap.ok(time.monotonic() - begun <= LIMIT, "init killed: everything ends", f"{time.monotonic() - begun:.2f} s")
        tap.ok(status != 0, "init killed: the status is not success", status)
        check_file(tap, home, process, "init killed")


def kill_gate(tap, options, what):
    with Home() as home:
        process = start_writer(home, options)
        family = descendants_of(process.pid)
        begun = time.monotonic()
        os.kill(only(home.processes("postern-fusefs"), "the gate"), signal.SIGKILL)
        wait_until(lambda: not any(is_alive(pid) for pid in family), "the sandbox outlives its gate", 10)
        status = process.wait(10)
        tap.ok(time.monotonic() - begun <= LIMIT, f"{what}: the application ends", f"{time.monotonic() - begun:.2f} s")
        tap.ok(status != 0, f"{what}: the status is not success", status)
        check_file(tap, home, process, what)


def test_gate(tap):
    kill_gate(tap, (), "gate killed")


def test_gate_strict(tap):
    kill_gate(tap, ("--strict",), "gate of a strict application killed")


def test_broker(tap):
    with Home() as home:
        known, new = home.write("Documents/known", "known\n"), home.write("Pictures/new", "new one\n")
        home.grant(home.path("Documents"), app="org.example.Servant")
        servant = Servant(home)
        tap.ok(servant.ask("read", known) == "ok 6", "what is granted is read")
        broker = only(home.processes("postern-broker"), "the broker")
        others = [pid for pid in home.started() if pid != broker]
        os.kill(broker, signal.SIGKILL)
        begun = time.monotonic()
        tap.ok(servant.ask("read", known) == "ok 6", "broker killed: what is granted is read")
        tap.ok(servant.ask("list", home.path("Documents")) == "ok known", "broker killed: and listed")
        wait_until(lambda: [pid for pid in home.processes("postern-broker") if pid not in others], "no new broker comes", 10)
        tap.ok(time.monotonic() - begun <= LIMIT, "broker killed: another starts", f"{time.monotonic() - begun:.2f} s")
        person = ScriptedPerson(home)
        tap.ok(servant.ask("read", new) == "ok 8", "and asks what is new")
        tap.ok(len(person.shown) == 1, "once", person.titles())
        tap.ok([grant["resource"] for grant in home.json("grants")].count(home.path("Documents")) == 1, "and knows the grants", home.postern("grants").stdout)
        servant.end()


def test_broker_during_a_question(tap):
    with Home() as home:
        path = home.write("Pictures/a", "a picture\n")
        person = ScriptedPerson(home, None)
        servant = Servant(home)
        servant.send("read", path)
        person.wait_for_question()
        os.kill(only(home.processes("postern-broker"), "the broker"), signal.SIGKILL)
        wait_until(lambda: home.postern("ps").returncode == 0 and home.processes("postern-broker"), "no new broker comes", 10)
        second = ScriptedPerson(home)
        tap.ok(servant.answer() == "ok 10", "broker killed during a question: it is asked again, and answered")
        tap.ok(len(second.shown) == 1, "once", second.titles())
        servant.end()


def test_broker_in_a_loop(tap):
    with Home() as home:
        confirmed = []
        for i in range(25):
            os.makedirs(home.path(f"Documents/{i}"))
            result = home.postern("grant", "org.example.Servant", home.path(f"Documents/{i}"), "--access", "view")
            if result.returncode == 0:
                confirmed.append(home.path(f"Documents/{i}"))
            for pid in home.processes("postern-broker"):
                os.kill(pid, signal.SIGKILL)
        kept = [grant["resource"] for grant in home.json("grants")]
        lost = [path for path in confirmed if path not in kept]
        tap.ok(len(confirmed) >= 20, "grants are confirmed while the broker is killed in a loop", f"{len(confirmed)} of 25")
        tap.ok(lost == [], "and none that was confirmed is lost", lost)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
