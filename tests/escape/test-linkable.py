#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: two applications find out that they run for the same person on the same machine, and one person is followed across all of them, by a number that Postern itself gives out:
the machine-id of the sandbox, the private home's identity, the host name.

Known from: /etc/machine-id's own manual ("confidential, must not be exposed"); fingerprinting by snaps before per-snap ids.

Must fail because: each application has a machine-id of its own, random, the same at each of its starts.

Control: it is there, is well-formed, and stays.
"""

import re

import harness


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        def identity(app):
            return host.sh("cat /etc/machine-id; cat /var/lib/dbus/machine-id", app=app).stdout.split()

        first, again, other = identity("first"), identity("first"), identity("other")
        tap.ok(len(first) == 2 and re.fullmatch("[0-9a-f]{32}", first[0]) is not None and first[0] == first[1], "control: there is a machine-id", str(first))
        tap.ok(first == again, "control: it is the same at the next start", f"{first} {again}")
        tap.ok(first and other and first[0] != other[0], "another application has another", f"{first} {other}")
        with open("/etc/machine-id", encoding="utf-8") as file:
            real = file.read().strip()
        tap.ok(real not in first + other, "neither is the machine's")
        # an application cannot choose another's by its name
        for app in ("machine-id", "homes", "apps", "lock"):
            result = host.sh("cat /etc/machine-id; echo ran", app=app)
            tap.ok("ran" in result.stdout and first[0] not in result.stdout or result.returncode != 0, f"an application called {app} is one like the others, or is refused", result.stdout + result.stderr)
        tap.ok(identity("first") == first, "and takes nothing away from them")
    tap.done()


main()
