#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: rename: a granted file out of its tree, an ungranted one in, a granted directory itself, an exchange of both, and a held directory
descriptor that was moved (the path of `..` then leads elsewhere).

Known from: the chroot and bind-mount escape by renaming a directory out of the mount (CVE-2015-2925), and its Docker form.

Must fail because: renames do not cross mounts; on the gate both names need the grant; since Linux 4.3 a directory that has been moved out of its mount cannot be
climbed from.

Control: a rename within the tree works; outside each of the list succeeds.
"""

import os

import harness

HELD = r"""
cd "$1/deep/er" || exit 1
echo ready
read go
cat ../../../Documents/hidden/secret ../../Documents/hidden/secret ../../hidden/secret ../secret ../hidden/secret
ls ../ ../../ ../../../
echo done
"""


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        host.write("Documents/hidden/neighbour-name", "x")
        host.write("Pictures/mine", "granted\n")
        host.write("Pictures/deep/er/file", "granted\n")
        pairs = [
            ("out of the tree", "Pictures/mine", "Documents/hidden/planted"),
            ("out to the top of Home", "Pictures/mine", "planted"),
            ("into the tree", "Documents/hidden/secret", "Pictures/stolen"),
            ("the granted directory itself", "Pictures", "Images"),
            ("a door over the granted directory", "Documents", "Pictures/documents"),
        ]
        for what, source, target in pairs:
            os.rename(host.path(source), host.path(target))
            os.rename(host.path(target), host.path(source))
            tap.ok(True, f"control: outside, renaming {what} works")
        host.grant(host.path("Pictures"), "change", app="rename")
        result = host.sh('mv "$1/mine" "$1/moved" && mv "$1/moved" "$1/mine" && cat "$1/mine"', host.path("Pictures"), app="rename")
        tap.ok("granted" in result.stdout, "control: a rename within the tree works", result.stderr)
        for what, source, target in pairs:
            # python's and mv's rename fall back to copying: use the plain call
            result = host.run("/usr/bin/perl", "-e", 'print rename($ARGV[0], $ARGV[1]) ? "RENAMED\n" : "no: $!\n"', host.path(source), host.path(target), app="rename")
            tap.ok("RENAMED" not in result.stdout and not os.path.lexists(host.path(target)), f"renaming {what} fails", result.stdout + result.stderr)
        for name in ("Pictures/mine", "Pictures/deep/er/file"):
            tap.ok(os.path.exists(host.path(name)), f"{name} is still there")

        # somebody on the host moves a directory, which a process inside holds, next to the secret
        child = host.start("/bin/sh", "-c", HELD, "sh", host.path("Pictures"), app="rename")
        ready = child.stdout.readline()
        tap.ok(ready == "ready\n", "control: a process inside holds a directory of the tree", ready + (child.stderr.read() if not ready else ""))
        os.rename(host.path("Pictures/deep/er"), host.path("Documents/hidden/er"))
        try:
            out, err = child.communicate("go\n", timeout=harness.LIMIT)
        finally:
            os.rename(host.path("Documents/hidden/er"), host.path("Pictures/deep/er"))
        tap.ok("done" in out, "control: it goes on after the directory has been moved", out + err)
        tap.ok("SECRET" not in out and "neighbour-name" not in out, "it cannot climb from its new place", out)
        with open(secret, encoding="utf-8") as file:
            tap.ok(file.read() == "SECRET of the host\n", "the secret is unchanged")
    tap.done()


main()
