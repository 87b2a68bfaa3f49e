#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack, imagined: one of Postern's own processes has been taken over through a bug in what it parses. What would it hold?

Known from: OpenSSH's privilege separation as the model; CVE-2018-10906 and friends for FUSE servers.

Must hold little because: fusefs has an empty root, no capabilities, no_new_privs, a system call filter, and a short list of descriptors, none of them a directory of the host that was
not granted; init has nothing of the host; neither can be traced by the application.

Control: the test's own process shows the opposite of each by the same means.
"""

import contextlib
import os
import re

import harness


def children(pid):
    result = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="utf-8") as file:
            result += [int(word) for word in file.read().split()]
    return result


def status(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def comm(pid):
    with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
        return file.read().strip()


def descriptors(pid):
    result = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            result[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
    return result


def is_closed(pid):
    """Not dumpable: others of the same user cannot look at it, nor trace it."""
    try:
        os.listdir(f"/proc/{pid}/fd")
        return False
    except PermissionError:
        return True


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        host.write("Documents/hidden/secret", "SECRET of the host\n")
        host.grant(host.path("Pictures"))
        child = host.start("/bin/sh", "-c", 'ls "$1"; echo ready; read go', "sh", host.path("Pictures"))
        line = child.stdout.readline()
        while line not in ("ready\n", ""):
            line = child.stdout.readline()
        tap.ok(line == "ready\n", "control: a sandbox runs", child.stderr.read() if not line else "")
        supervisor = child.pid
        family = {supervisor}
        todo = [supervisor]
        while todo:
            for pid in children(todo.pop()):
                family.add(pid)
                todo.append(pid)
        names = {pid: comm(pid) for pid in family}
        tap.note(f"processes: {names}")
        fusefs = [pid for pid, name in names.items() if name.startswith("postern-fusefs")]
        tap.ok(len(fusefs) == 1, "control: there is one fusefs", str(names))
        if len(fusefs) == 1:
            pid = fusefs[0]
            facts = status(pid)
            own = status(os.getpid())
            tap.ok(own["NoNewPrivs"] == "0", "control: the test itself has no no_new_privs")
            tap.ok(facts["Seccomp"] == "2", "fusefs has a system call filter", facts.get("Seccomp"))
            tap.ok(facts["NoNewPrivs"] == "1", "fusefs has no_new_privs")
            for key in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
                tap.ok(int(facts[key], 16) == 0, f"fusefs has no capabilities: {key}", facts[key])
            tap.ok(facts["Threads"] != "0", "control: its status is readable")
            for tid in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{tid}/status", encoding="utf-8") as file:
                    text = file.read()
                tap.ok("Seccomp:\t2" in text and "NoNewPrivs:\t1" in text, f"thread {comm(pid)} is confined as well", text)
            tap.ok(not is_closed(os.getpid()), "control: the test's own descriptors can be looked at")
            tap.ok(is_closed(pid), "fusefs is not dumpable: others of the same user cannot look at it")
            with open(f"/proc/{pid}/limits", encoding="utf-8") as file:
                limits = file.read()
            match = re.search(r"Max core file size\s+(\S+)", limits)
            tap.note(f"fusefs: core limit {match.group(1) if match else '?'}")
        # init and the application
        inits = [pid for pid in family if len(status(pid).get("NSpid", "").split()) == 2 and status(pid)["NSpid"].split()[1] == "1"]
        tap.ok(len(inits) == 1, "control: there is one init", str({pid: status(pid).get("NSpid") for pid in family}))
        for pid in inits:
            tap.ok(is_closed(pid), "init is not dumpable either")
            facts = status(pid)
            tap.ok(facts["Seccomp"] == "2" and facts["NoNewPrivs"] == "1" and int(facts["CapEff"], 16) == 0 and int(facts["CapPrm"], 16) == 0 and int(facts["CapBnd"], 16) == 0,
                   "init has the application's filter and no capabilities", {key: facts[key] for key in ("Seccomp", "NoNewPrivs", "CapEff", "CapPrm", "CapBnd")})
        # the supervisor keeps no directory of the host open that would hold up an umount, and no more than it needs
        listed = descriptors(supervisor)
        tap.note("the supervisor holds: " + ", ".join(f"{fd} {target}" for fd, target in sorted(listed.items())))
        tap.ok(not any(target.startswith(host.home + "/Documents") for target in listed.values()), "the supervisor holds nothing ungranted", str(listed))
        child.communicate("go\n", timeout=harness.LIMIT)
    tap.done()


main()
