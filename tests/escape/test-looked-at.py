#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: have Postern itself walk into a file system on which the walk waits for Postern. The broker looks at names that an application chose: in its private home at each
start, and behind what it was granted when it asks for something. A link there that leads through /proc/PID/root into the sandbox's own gate makes the broker wait for
the gate, which waits for the broker: no launch, no question, and no revocation any more, of any application.

Known from: CVE-2022-2590 in spirit (a privileged reader held by a file system of the attacker's); FUSE mounts on which backup and indexing daemons hang.

Must fail because: the private home is looked at without following links, and nothing that the broker looks at leads through /proc.

Control: the links are there, and lead, from outside, to the gate.
"""

import os
import subprocess

import harness


def answers(host):
    """Does the broker still do what it is asked to?"""
    try:
        return host.postern("grants", timeout=8).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def leads_to_gate(path):
    """Without waiting: the gate holds a look at a name that it does not know."""
    child = subprocess.Popen(["/usr/bin/stat", "-L", path + "/Pictures"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return child.wait(5) == 0
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return True


def inner_pid(host, child):
    """A process of the sandbox, by its number on the host."""
    def find():
        for name in os.listdir("/proc"):
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except (OSError, ValueError):
                continue
            if words[:3] == [b"/bin/sh", b"-c", b"echo ready; read line; exec sleep 12345"] or words[:2] == [b"sleep", b"12345"]:
                return int(name)
        return None
    return harness.wait_until(find, "the program in the sandbox is not there")


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        host.run("true")
        inside = host.start("/bin/sh", "-c", "echo ready; read line; exec sleep 12345")
        inside.stdout.readline()
        pid = inner_pid(host, inside)
        gate = f"/proc/{pid}/root{host.home}"
        tap.ok(leads_to_gate(gate), "control: from outside, the link leads to the gate")
        tap.ok(answers(host), "control: the broker answers")

        # what a start looks at
        link = os.path.join(host.private_home(), ".config")
        harness.remove_tree(link)
        os.symlink(gate, link)
        try:
            result = host.run("/bin/echo", "ran", timeout=8)
            tap.ok("ran" in result.stdout or "symbolic link" in result.stderr, "a start is not held by a link in the private home", result.stdout + result.stderr)
        except subprocess.TimeoutExpired:
            tap.ok(False, "a start is not held by a link in the private home")
        tap.ok(answers(host), "nor is the broker")
        os.unlink(link)
        inside.kill()
        inside.wait()

    # a file that was granted, in a folder in which another application may change everything
    with harness.Host() as host:
        file = host.write("Shared/sub/file", "mine\n")
        host.grant(host.path("Shared"), "change", app="planter")
        host.grant(file, "view")
        inside = host.start("/bin/sh", "-c", "echo ready; read line; exec sleep 12345")
        inside.stdout.readline()
        gate = f"/proc/{inner_pid(host, inside)}/root{host.home}"
        tap.ok(host.sh('cat "$1"', file).stdout == "mine\n", "control: a file that was granted can be read")
        planted = host.sh('mv "$1" "$1.away"; ln -s "$2" "$1"; readlink "$1"', os.path.dirname(file), gate, app="planter")
        tap.ok(planted.stdout.strip() == gate and leads_to_gate(os.path.dirname(file)), "control: a link takes the place of the folder that it is in, and leads to the gate", planted.stderr)
        try:
            result = host.sh('cat "$1"; echo ran', file, timeout=8)
            tap.ok("ran" in result.stdout and "mine" not in result.stdout, "who reaches for it gets an answer", result.stdout + result.stderr)
        except subprocess.TimeoutExpired:
            tap.ok(False, "who reaches for it gets an answer")
        tap.ok(answers(host), "and the broker still answers")
        revoked = subprocess.Popen([host.program("sandbox/postern"), "revoke", "planter", "--all"], env=host.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            tap.ok(revoked.wait(8) == 0, "and revokes")
        except subprocess.TimeoutExpired:
            revoked.kill()
            tap.ok(False, "and revokes")
    tap.done()


main()
