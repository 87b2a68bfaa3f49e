#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: hard links: of a granted file to a place outside of the grant (where another program would use it), of an ungranted file to a granted
place (where it could be read), and from view to change.

Known from: the classic /tmp hard link races (fs.protected_hardlinks); CVE-2023-… bubblewrap discussions on bind mounts of the same file system.

Must fail because: a live mount is a mount of its own, and links do not cross mounts (EXDEV); on the gate both names must be granted for change.

Control: a link within a tree granted for change works; outside every link of the list succeeds.
"""

import os

import harness


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        host.write("Pictures/mine", "granted\n")
        host.write("Videos/seen", "seen\n")
        pairs = [
            ("out of the granted tree", "Pictures/mine", "Documents/hidden/planted"),
            ("out to the top of Home", "Pictures/mine", "planted"),
            ("into the granted tree", "Documents/hidden/secret", "Pictures/stolen"),
            ("from view to change", "Videos/seen", "Pictures/changeable"),
            ("from change to view", "Pictures/mine", "Videos/new"),
        ]
        for what, source, target in pairs:
            os.link(host.path(source), host.path(target))
            tap.ok(os.path.exists(host.path(target)), f"control: outside, a link {what}")
            os.unlink(host.path(target))
        for app, options in (("hard-live", []), ("hard-strict", ["--strict"])):
            host.grant(host.path("Pictures"), "change", app=app)
            host.grant(host.path("Videos"), "view", app=app)
            if options:
                # a profile makes an application strict: every grant is served by the gate
                profile = os.path.join(host.root, "strict.profile")
                with open(profile, "w", encoding="utf-8") as file:
                    file.write("[Application]\nStrict=true\n")
                options = ["--profile", profile]
            label = "through the gate" if options else "on live mounts"
            result = host.sh('ln "$1/mine" "$1/second" && cat "$1/second"', host.path("Pictures"), app=app, options=options)
            tap.ok("granted" in result.stdout, f"control: {label}, a link within the tree works", result.stderr)
            for what, source, target in pairs:
                result = host.sh('ln "$1" "$2"; cat "$2"; ln -L "$1" "$2"', host.path(source), host.path(target), app=app, options=options)
                tap.ok(not os.path.lexists(host.path(target)), f"{label}, no link {what}", result.stderr)
                tap.ok("SECRET" not in result.stdout, f"{label}, nothing read: {what}", result.stdout)
            # by descriptor: /proc/self/fd with AT_SYMLINK_FOLLOW, which needs no name
            result = host.sh('exec 9<"$1"; ln -L /proc/self/fd/9 "$2"; echo changed >>"$2"', host.path("Videos/seen"), host.path("Pictures/byfd"), app=app, options=options)
            tap.ok(not os.path.lexists(host.path("Pictures/byfd")) or os.stat(host.path("Pictures/byfd")).st_ino != os.stat(host.path("Videos/seen")).st_ino,
                   f"{label}, no link from a descriptor", result.stderr)
            with open(host.path("Videos/seen"), encoding="utf-8") as file:
                tap.ok(file.read() == "seen\n", f"{label}, what may only be viewed is unchanged")
            for leftover in ("Pictures/second", "Pictures/byfd"):
                if os.path.lexists(host.path(leftover)):
                    os.unlink(host.path(leftover))
        with open(secret, encoding="utf-8") as file:
            tap.ok(file.read() == "SECRET of the host\n" and os.stat(secret).st_nlink == 1, "the secret is unchanged and has one name")
    tap.done()


main()
