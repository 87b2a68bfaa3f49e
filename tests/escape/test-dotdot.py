#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: ".." from the root of a granted tree, lexically and by descriptors, from the gate's roots, and from directories that are held while the grant is revoked.

Known from: path traversal everywhere; CVE-2015-2925 for mounts; CVE-2007-3847-like confusion of "../" after a symlink.

Must fail because: the kernel steps from a mount's root to the directory it is mounted on, which is the gate's; in the gate ".." of a root is itself; a detached clone's
root has no parent.

Control: ".." within a granted tree works; outside each path reads the secret.
"""

import os
import subprocess

import harness

SCRIPT = r"""
cd "$1" || exit 1
for up in .. ../.. ../../.. ../../../.. ../../../../..; do
  cat "$up/$2" "$up/Documents/hidden/secret" "$up/hidden/secret" "$up$3" 2>/dev/null
  ls -a "$up/Documents" "$up/hidden" "$up/Documents/hidden" 2>/dev/null
done
cat Sub/../../Documents/hidden/secret Sub/../Sub/../../Documents/hidden/secret ./.././Documents/./hidden//secret 2>/dev/null
cat "$1/../Documents/hidden/secret" "$1/Sub/../../Documents/hidden/secret" "$1//..//Documents//hidden//secret" 2>/dev/null
exec 9<. ; cat /proc/self/fd/9/../Documents/hidden/secret 2>/dev/null; ls /proc/self/fd/9/../Documents 2>/dev/null
echo ran
"""

HELD = r"""
cd "$1/Sub" || exit 1
exec 9<"$1"
echo ready
read go
cat ../../Documents/hidden/secret /proc/self/fd/9/../Documents/hidden/secret ../new 2>/dev/null
ls .. ../.. 2>/dev/null
cat "$1/new"
echo done
"""


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        host.write("Documents/neighbour-name", "x")
        host.write("Pictures/Sub/inner", "granted\n")
        host.write("Pictures/top", "granted\n")
        outside = subprocess.run(["/bin/sh", "-c", SCRIPT, "sh", host.path("Pictures"), "Documents/hidden/secret", secret], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        tap.ok(outside.stdout.count("SECRET") >= 6 and "neighbour-name" in outside.stdout, "control: outside the secret is read", outside.stdout)
        profile = os.path.join(host.root, "strict.profile")
        with open(profile, "w", encoding="utf-8") as file:
            file.write("[Application]\nStrict=true\n")
        host.grant(host.path("Pictures"), "change")
        for label, options in (("a live mount", []), ("the gate", ["--profile", profile])):
            result = host.sh('cd "$1/Sub" && cat ../top && cat ../Sub/inner', host.path("Pictures"), options=options)
            tap.ok(result.stdout.count("granted") == 2, f"control: {label}: .. within the tree works", result.stdout + result.stderr)
            for start in ("Pictures", "Pictures/Sub", "", ".config", "Documents"):
                result = host.sh(SCRIPT, host.path(start) if start else host.home, "Documents/hidden/secret", secret, options=options)
                tap.ok("SECRET" not in result.stdout and "neighbour-name" not in result.stdout, f"{label}: climbing from ~/{start} reads nothing", result.stdout)
            # the grant goes away while directories of it are held
            child = host.start("/bin/sh", "-c", HELD, "sh", host.path("Pictures"), options=options)
            ready = child.stdout.readline()
            tap.ok(ready == "ready\n", f"control: {label}: a directory is held", ready)
            revoked = host.postern("revoke", harness.APP, host.path("Pictures"))
            tap.ok(revoked.returncode == 0, f"control: {label}: the grant is revoked", revoked.stderr)
            host.write("Pictures/new", "SECRET made after the revocation\n")
            out, err = child.communicate("go\n", timeout=harness.LIMIT)
            tap.ok("done" in out, f"control: {label}: the process goes on", out + err)
            tap.ok("of the host" not in out and "neighbour-name" not in out and "hidden" not in out, f"{label}: a held directory leads nowhere else", out)
            if options:
                tap.ok("SECRET" not in out, f"{label}: a strict application has lost the tree itself as well", out)
            else:
                tap.note(f"{label}: a held directory of the revoked tree still works within the tree: " + out.replace("\n", " | ")[:200])
            tap.ok("made after" not in result.stdout, f"{label}: by its path the new file is not readable")
            os.unlink(host.path("Pictures/new"))
            host.grant(host.path("Pictures"), "change")
    tap.done()


main()
