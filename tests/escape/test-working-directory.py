#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: start in a directory of the host that was not granted, and use the working directory, which needs no path.

Known from: CVE-2024-21626 (runc: a working directory below /proc/self/fd), CVE-2017-1002101's family.

Must fail because: the application's working directory is looked up by path inside, after the switch to the sandbox's own root.

Control: the same commands outside; inside, a granted working directory works and has the same path.
"""

import os
import subprocess

import harness

SCRIPT = 'ls -la . ; cat secret; cat ./secret; ls -la ..; cat ../../Documents/hidden/secret; cat /proc/self/cwd/secret; find /proc/self/cwd/. -maxdepth 1; pwd -P'


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        host.write("Documents/hidden/neighbour-name", "x\n")
        directory = os.path.dirname(secret)
        outside = subprocess.run(["/bin/sh", "-c", SCRIPT], cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        tap.ok(outside.stdout.count("SECRET") >= 3 and "neighbour-name" in outside.stdout, "control: outside the secret is read", outside.stdout)

        result = host.sh(SCRIPT, cwd=directory)
        text = result.stdout + result.stderr
        tap.ok("SECRET" not in text and "neighbour-name" not in text, "an ungranted working directory shows nothing inside", text)

        # outside of every gate: no path inside at all
        elsewhere = os.path.join(host.root, "elsewhere")
        os.mkdir(elsewhere)
        with open(os.path.join(elsewhere, "secret"), "w", encoding="utf-8") as file:
            file.write("SECRET\n")
        result = host.sh(SCRIPT, cwd=elsewhere)
        text = result.stdout + result.stderr
        tap.ok("SECRET" not in text, "a working directory outside of every gate shows nothing inside", text)

        # one that is gone
        gone = os.path.join(host.root, "gone")
        os.mkdir(gone)
        result = subprocess.run(["/bin/sh", "-c", 'rmdir "$1"; shift; exec "$@"', "sh", gone, *host.run_command(["/bin/sh", "-c", "echo ran; ls -la ..; pwd -P"])],
                                cwd=gone, env=host.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                timeout=harness.LIMIT, check=False)
        tap.ok("Pictures" not in result.stdout and "elsewhere" not in result.stdout, "a working directory that was removed leads nowhere", result.stdout)

        # below /proc: the runc way
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        os.set_inheritable(handle, True)
        result = subprocess.run(host.run_command(["/bin/sh", "-c", SCRIPT]), cwd=f"/proc/self/fd/{handle}", env=host.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=harness.LIMIT, pass_fds=(handle,), check=False)
        tap.ok("SECRET" not in result.stdout, "a working directory below /proc/self/fd shows nothing inside", result.stdout)

        host.write("Pictures/album/photo", "a photo\n")
        host.grant(host.path("Pictures"))
        result = host.sh("pwd -P; cat photo", cwd=host.path("Pictures", "album"))
        tap.ok("a photo" in result.stdout and host.path("Pictures", "album") in result.stdout, "control: a granted working directory works inside",
               result.stdout + result.stderr)
        result = host.sh("cat ../../Documents/hidden/secret; ls ../../Documents/hidden ../../Documents", cwd=host.path("Pictures", "album"))
        tap.ok("SECRET" not in result.stdout and "hidden" not in result.stdout, "climbing from it shows nothing", result.stdout)
    tap.done()


main()
