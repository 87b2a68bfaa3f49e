#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: follow symlinks in a granted tree that point out of it, absolute, relative and through other symlinks; make such links oneself.

Known from: CVE-2022-24682-like "zip slip" for sandboxes; flatpak's CVE-2021-43860 neighbourhood; snapd's home interface.

Must fail because: a symlink is resolved by the kernel in the sandbox's own tree of names, so that its target is asked for like any path; the gate itself
never follows one.

Control: outside each link leads to the secret; inside, a link that stays in the granted tree works.
"""

import os

import harness


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        host.write(".ssh/id_rsa", "SECRET key\n")
        host.write("Pictures/real", "a picture\n")
        links = {
            "absolute": secret,
            "relative": "../Documents/hidden/secret",
            "directory": "../Documents/hidden",
            "home": "..",
            "root": "/",
            "ssh": "../.ssh",
            "proc": "/proc/self/root" + secret,
            "magic": "/proc/1/root" + secret,
            "chain": "absolute",
        }
        for name, target in links.items():
            os.symlink(target, host.path("Pictures", name))
        os.symlink("real", host.path("Pictures", "stays"))
        reads = ["absolute", "relative", "directory/secret", "home/Documents/hidden/secret", "root" + secret, "ssh/id_rsa", "proc", "chain"]
        for name in reads:
            with open(host.path("Pictures", name), encoding="utf-8") as file:
                tap.ok("SECRET" in file.read(), f"control: outside, {name} leads to a secret")
        for access, app in (("view", "links-view"), ("change", "links-change")):
            host.grant(host.path("Pictures"), access, app=app)
            result = host.sh('cat "$1/stays"', host.path("Pictures"), app=app)
            tap.ok("a picture" in result.stdout, f"control: with {access}, a link that stays in the tree works", result.stderr)
            for name in [*reads, "magic"]:
                result = host.sh('cat "$1"; ls -la "$1/" 2>&1; dd if="$1" bs=1 count=6 2>/dev/null', host.path("Pictures", name), app=app)
                tap.ok("SECRET" not in result.stdout and "hidden" not in result.stdout.replace("Documents/hidden", ""), f"with {access}, {name} leads nowhere",
                       result.stdout)
        # links that the application makes itself, followed by the gate on its behalf?
        app = "links-change"
        for target in (secret, "../Documents/hidden/secret", host.path(".ssh/id_rsa")):
            result = host.sh('rm -f "$1/mine"; ln -s "$2" "$1/mine" && cat "$1/mine"; echo appended >>"$1/mine"; truncate -s 0 "$1/mine"; chmod 0777 "$1/mine"',
                             host.path("Pictures"), target, app=app)
            tap.ok("SECRET" not in result.stdout, f"a link of one's own to {os.path.basename(target)} shows nothing", result.stdout)
        with open(secret, encoding="utf-8") as file:
            tap.ok(file.read() == "SECRET of the host\n" and os.stat(secret).st_mode & 0o777 == 0o600, "the secret is unchanged, its mode as well")
        # the same in the private home: dot entries are native mounts of it
        result = host.sh('ln -sfn "$1" $HOME/.link; cat $HOME/.link; ln -sfn "$2" $HOME/.dirlink; cat $HOME/.dirlink/secret; ls $HOME/.dirlink/', secret,
                         os.path.dirname(secret), app=app)
        tap.ok("SECRET" not in result.stdout and "secret" not in result.stdout, "links in the private home lead nowhere", result.stdout)
        # and at the next start, when the private home's entries are mounted: nothing may be mounted through them
        result = host.sh("cat $HOME/.link; cat $HOME/.dirlink/secret; ls -la $HOME/.dirlink/; echo evil >$HOME/.dirlink/planted; echo ran", app=app)
        tap.ok("SECRET" not in result.stdout and "ran" in result.stdout, "nor at the next start", result.stdout)
        tap.ok(not os.path.exists(os.path.join(os.path.dirname(secret), "planted")), "nothing was planted through them")
    tap.done()


main()
