# SPDX-License-Identifier: GPL-3.0-or-later
"""In sanitizer builds only: what a sanitizer says of one of Postern's programs fails the test that started it. Can that fail to be seen?

Each program is sent the signal of a bad access, which the address sanitizer reports as it reports one of the program's own.
"""
import os
import signal
import sys

from desk import Desk
from inside import Servant
from postern_e2e import Home, ScriptedPerson, harness, is_alive, run_tests, wait_until


def spoil(tap, home, pid, what):
    """Sends the signal, and takes the report out of those that fail this test."""
    tap.ok(home.reports() == "", f"{what}: there is no report before", home.reports())
    os.kill(pid, signal.SIGSEGV)
    wait_until(lambda: f"=={pid}==ABORTING" in home.reports() or not is_alive(pid), f"{what} lives on")
    said = home.reports()
    tap.ok(f"=={pid}==ERROR: AddressSanitizer" in said, f"{what}: its report is found", said)
    tap.ok(said in harness.read_reports(), f"{what}: and fails the test")
    os.truncate(home.env["POSTERN_SANITIZER_REPORTS"], 0)


def only(home, program):
    pids = wait_until(lambda: home.processes(program), f"no {program}")
    if len(pids) != 1:
        raise RuntimeError(f"{len(pids)} processes of {program}: {pids}")
    return pids[0]


def test_gate(tap, desk):
    with Home() as home:
        servant = Servant(home)
        tap.ok(servant.ask("list", "/") != "", "control: a sandbox runs")
        spoil(tap, home, only(home, "postern-fusefs"), "the gate")


def test_supervisor(tap, desk):
    with Home() as home:
        process = home.start("/bin/sh", "-c", "echo ready; read go")
        tap.ok(process.stdout.readline() == "ready\n", "control: a sandbox runs")
        spoil(tap, home, process.pid, "the supervisor")


def test_broker(tap, desk):
    with Home() as home:
        home.postern("apps")
        spoil(tap, home, only(home, "postern-broker"), "the broker")


def test_scripted_agent(tap, desk):
    with Home() as home:
        person = ScriptedPerson(home)
        spoil(tap, home, person.agent.process.pid, "the agent without a screen")


def test_agent(tap, desk):
    with Home(desk=desk) as home:
        home.write("Pictures/a", "a picture\n")
        home.start("cat", home.path("Pictures/a"))
        desk.wait_dialog()
        spoil(tap, home, only(home, "postern-agent"), "the agent")


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
