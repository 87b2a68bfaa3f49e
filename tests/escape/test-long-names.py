#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: names of 255 bytes and more, paths of PATH_MAX bytes, trees 10,000 levels deep, in the hope of a buffer, a recursion or a truncated path that is checked in one
length and opened in another.

Known from: CVE-2021-33909 (Sequoia: a path deeper than the kernel's int), CVE-2018-1000001 (getcwd), CVE-2021-3999; recursion in tools that walk.

Must fail because: paths are built to any length in the gate and compared whole; what is PATH_MAX or longer is refused, nothing is cut; nothing recurses by depth.

Control: the same names natively; ordinary work goes on afterwards in the same sandbox and in the gate.
"""

import os
import subprocess

import harness


def deep(top, depth):
    fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=fd)
        next_fd = os.open("d", os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
        os.close(fd)
        fd = next_fd
    with os.fdopen(os.open("bottom", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=fd), "w", encoding="utf-8") as file:
        file.write("SECRET at the bottom\n")
    os.close(fd)


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        for name in ("native-root", "native-closed"):
            os.mkdir(os.path.join(host.root, name))
        result = subprocess.run([os.path.join(harness.PAYLOADS, "attack-long-names"), f"root={host.root}/native-root", f"closed={host.root}/native-closed", "deep=1000", f"home={host.root}"],
                                stdout=subprocess.PIPE, text=True, timeout=harness.LIMIT, check=False)
        rows, _ = harness.parse_report(result.stdout)
        tap.ok(any(row[0] == "attack" and row[1] == "SUCCEEDED" for row in rows)
               and all(row[1] == "ok" for row in rows if row[0] == "control" and ("in the granted tree" in row[2] or "removed" in row[2])),
               "control: natively all of it works", result.stdout)

        inner = host.install("attack-long-names")
        profile = os.path.join(host.root, "strict.profile")
        with open(profile, "w", encoding="utf-8") as file:
            file.write("[Application]\nStrict=true\n")
        host.grant(host.path("Pictures"), "change")
        for label, options in (("a live mount", []), ("the gate", ["--profile", profile])):
            result = host.run(inner, f"root={host.path('Pictures')}", f"closed={host.path('Documents')}", f"deep={10000 if not options else 4000}", f"home={host.home}", options=options, timeout=60)
            rows, notes = harness.parse_report(result.stdout)
            tap.ok(result.returncode == 0 and bool(rows), f"{label}: the payload ends", f"{result.returncode} {result.stdout[-1000:]} {result.stderr}")
            for kind, outcome, what, why in rows:
                if kind == "control":
                    tap.ok(outcome == "ok", f"control: {label}: {what}", why)
                else:
                    tap.ok(outcome == "refused", f"{label}: refused: {what}", outcome)
            result = host.sh('echo after >"$1/after" && cat "$1/after"', host.path("Pictures"), options=options)
            tap.ok(result.stdout == "after\n", f"control: {label}: ordinary work goes on", result.stderr)

        # a deep tree that is there already, ungranted: walking towards it asks for the top only, and says nothing of the rest
        deep(host.path("Documents"), 3000)
        result = host.run("/usr/bin/perl", "-e", 'chdir $ARGV[0]; my $i = 0; $i++ while chdir "d"; print "$i\n"; my $f; open($f, "<", "bottom") and print readline($f)', host.path("Documents"))
        tap.ok("SECRET" not in result.stdout, "a deep ungranted tree shows nothing", result.stdout)
        # granted, through the gate: the whole walk by one process, relative, longer than PATH_MAX
        host.grant(host.path("Documents"), "view", app="walker")
        result = host.run("/usr/bin/perl", "-e", 'chdir $ARGV[0] or exit 1; my $i = 0; $i++ while chdir "d"; print "$i\n"; my $f; open($f, "<", "bottom") and print readline($f)',
                          host.path("Documents"), app="walker", options=["--profile", profile], timeout=40)
        tap.ok("3000\n" in result.stdout and "SECRET at the bottom" in result.stdout, "control: granted, a walk by one process reaches the bottom through the gate, 3,000 levels down",
               result.stdout + result.stderr)

        # asks with long paths: granting, listing and explaining them
        long_path = host.path("Documents") + ("/" + "p" * 250) * 20
        for words in (["grant", "long", long_path, "--access", "view"], ["why", "long", long_path], ["grant", "long", "/" + "x" * 5000, "--access", "view"], ["revoke", "long", long_path],
                      ["run", "--app", "long", "--", "/" + "x" * 5000], ["run", "--app", "long", "--", "x" * 5000]):
            result = host.postern(*words)
            tap.ok(0 <= result.returncode < 126 or result.returncode in (126, 127), f"postern {words[0]} with a path of {max(map(len, words))} bytes ends orderly", f"{result.returncode} {result.stderr[:300]}")
        tap.ok(host.broker.poll() is None, "the broker lives")
    tap.done()


main()
