#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: wait. A file system that is mounted on the host later, below a directory that was granted for viewing (a memory stick, a network share, an
encrypted folder), arrives by propagation in the sandbox without the read-only flag, and without having been asked for.

Known from: measured while Postern was designed; mount propagation in Docker's and Kubernetes' hostPath (rslave), runc issue 1688.

Must fail because: the live mount is made MS_PRIVATE before it is attached, and the gate's own tree has no propagation from the host.

Control: on the host the new mount is seen in the directory at once; and a slave bind mount, made as a careless sandbox would, shows it.
"""

import os
import subprocess

import harness

WATCH = r"""
ls "$1"
while read word; do
  case $word in
    look) ls -R "$1" 2>&1; cat "$1/later/arrived" 2>&1; (echo written >"$1/later/by-sandbox") 2>&1; (echo written >"$1/by-sandbox") 2>&1; grep -c later /proc/self/mountinfo; echo end;;
  esac
done
"""


def ask(child):
    child.stdin.write("look\n")
    child.stdin.flush()
    lines = []
    while True:
        line = child.stdout.readline()
        if line in ("end\n", ""):
            return "".join(lines)
        lines.append(line)


def main():
    harness.become_ordinary_user()
    mount = harness.enter_own_mounts()
    tap = harness.Tap()
    with harness.Host() as host:
        pictures = host.path("Pictures")
        os.mkdir(os.path.join(pictures, "later"))
        host.write("Pictures/photo", "a picture\n")
        # before the grant: what is mounted already must be read-only as well
        os.mkdir(os.path.join(pictures, "before"))
        mount("tmpfs", os.path.join(pictures, "before"))
        with open(os.path.join(pictures, "before", "file"), "w", encoding="utf-8") as file:
            file.write("mounted before\n")
        host.grant(pictures, "view")
        for label, options in (("a live mount", []), ("the gate", ["--profile", os.path.join(host.root, "strict.profile")])):
            if options:
                with open(options[1], "w", encoding="utf-8") as file:
                    file.write("[Application]\nStrict=true\n")
            child = host.start("/bin/sh", "-c", WATCH, "sh", pictures, options=options)
            first = ask(child)
            tap.ok("photo" in first, f"control: {label}: the granted directory is seen", first + (child.stderr.read() if child.poll() is not None else ""))
            result = host.sh('cat "$1/before/file"; (echo written >"$1/before/by-sandbox") 2>&1', pictures, options=options)
            tap.ok(not os.path.exists(os.path.join(pictures, "before", "by-sandbox")), f"{label}: a mount from before the grant cannot be written", result.stdout)

            mount("tmpfs", os.path.join(pictures, "later"))
            with open(os.path.join(pictures, "later", "arrived"), "w", encoding="utf-8") as file:
                file.write("SECRET that came later\n")
            os.mkdir(os.path.join(pictures, "later", "directory"))
            tap.ok(os.path.exists(os.path.join(pictures, "later", "arrived")), f"control: {label}: the new mount is there on the host")
            second = ask(child)
            tap.ok(not os.path.exists(os.path.join(pictures, "later", "by-sandbox")), f"{label}: the later mount cannot be written from inside", second)
            if label == "a live mount":
                tap.ok("SECRET" not in second, f"{label}: the later mount is not seen inside", second)
            tap.ok(not os.path.exists(os.path.join(pictures, "by-sandbox")), f"{label}: nor the directory itself", second)
            child.stdin.close()
            child.wait(harness.LIMIT)
            mount("umount", os.path.join(pictures, "later"))

        # the careless sandbox: bubblewrap's bind mounts are slaves of the host's
        if subprocess.run(["bwrap", "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            child = subprocess.Popen(["bwrap", "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "/bin/sh", "-c", WATCH, "sh", pictures], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True)
            ask(child)
            mount("tmpfs", os.path.join(pictures, "later"))
            with open(os.path.join(pictures, "later", "arrived"), "w", encoding="utf-8") as file:
                file.write("SECRET that came later\n")
            text = ask(child)
            if "SECRET" in text:
                tap.ok(True, "control: a slave bind mount shows it")
            else:
                tap.note("control not possible here: this bubblewrap's bind mounts do not show it")
            child.stdin.close()
            child.wait(harness.LIMIT)
            mount("umount", os.path.join(pictures, "later"))
    tap.done()


main()
