#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: speak to the broker from inside: grant oneself what one likes, answer one's own question, read what others were granted.

Known from: CVE-2021-43784-like trust in a socket's place; snapd's CVE-2019-7304 ("dirty sock": the peer's uid was taken from what the peer said);
systemd's and dbus's sockets in careless containers.

Must fail because: the socket's directory is not in the sandbox; and where it is made visible by a grant of a parent (XDG_RUNTIME_DIR below Home), the broker refuses a peer
whose pid namespace is not its own.

Control: the same program outside gets its answers.
"""

import os
import subprocess

import harness


def report(tap, text, label, expect_success):
    rows, _ = harness.parse_report(text)
    tap.ok(bool(rows), f"{label}: the payload runs", text)
    for kind, outcome, what, why in rows:
        if kind == "control":
            tap.ok(outcome == "ok", f"control: {label}: {what}", why)
        elif kind == "attack":
            tap.ok((outcome == "SUCCEEDED") == expect_success, f"{'control: ' if expect_success else ''}{label}: {what} {'works' if expect_success else 'is refused'}", outcome + " " + why + "\n" + text)
        else:
            tap.note(f"{label}: {what}: {outcome} {why}")


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    # the runtime directory below a directory that is granted
    with harness.Host(runtime="{home}/Shared/run") as host:
        secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        socket = os.path.join(host.runtime, "postern", "broker")
        arguments = [f"socket={socket}", f"grant={host.path('Documents')}", "app=other-app"]
        result = subprocess.run([os.path.join(harness.PAYLOADS, "attack-broker-socket"), "where=outside", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                timeout=harness.LIMIT, check=False)
        report(tap, result.stdout, "outside", True)
        arguments[2] = "app=" + harness.APP
        inner = host.install("attack-broker-socket")
        result = host.run(inner, "where=inside", *arguments)
        report(tap, result.stdout + result.stderr, "inside, not granted", False)
        host.grant(host.path("Shared"), "change")
        result = host.sh('ls -la "$1"', os.path.dirname(socket))
        tap.note("with the grant, inside: " + (result.stdout + result.stderr).strip().replace("\n", " | "))
        result = host.run(inner, "where=inside", *arguments)
        report(tap, result.stdout + result.stderr, "inside, visible by a grant", False)
        # a link to it, a hard link elsewhere, a rename of its directory: the name does not matter
        os.symlink(socket, host.path("Shared/link"))
        result = host.run(inner, "where=inside", f"socket={host.path('Shared/link')}", *arguments[1:])
        report(tap, result.stdout + result.stderr, "inside, by a symlink", False)
        listing = host.postern("grants", harness.APP).stdout
        tap.ok("Documents" not in listing, "no grant was made", listing)
        result = host.sh('cat "$1"', secret)
        tap.ok("SECRET" not in result.stdout, "the secret is not readable", result.stdout)
        # replacing the socket by one's own, to hear what the next `postern` says to it: the directory is Postern's own state
        result = host.sh('rm -f "$1/broker"; mv "$1" "$1.away"; ls "$1.away"', os.path.dirname(socket))
        tap.ok(os.path.exists(socket), "the socket cannot be removed or its directory moved by the grant", result.stdout + result.stderr)
        if not os.path.exists(socket):
            tap.note("the grant of a parent of XDG_RUNTIME_DIR covers the broker's own directory")
    tap.done()


main()
