#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: use descriptors that were open when Postern was started: a directory of the host, a file, a socket; standard input as a
directory; or descriptors of Postern's own that took the numbers 0 to 2 because those were closed.

Known from: CVE-2016-9962, CVE-2024-21626 (runc), CVE-2019-... "leaked fds" of firejail and of desktop launchers that forget O_CLOEXEC;
CVE-2003-0825-style surprises with closed standard descriptors.

Must fail because: exactly 0, 1 and 2 are inherited, a directory is never one of them, and closed ones are opened on /dev/null first.

Control: a plain shell with the same descriptors reads the secret through each; a pipe as standard input works inside.
"""

import os
import subprocess

import harness

LIST = 'for f in /proc/self/fd/*; do case ${f##*/} in 0|1|2) ;; *) [ -e "$f" ] && echo "open ${f##*/} $(readlink "$f")";; esac; done'
READ_DIRECTORY = r"""
open(my $out, ">", "$ENV{HOME}/.report") or exit 1;
if (opendir(my $h, "$d/")) { print $out join(" ", readdir $h), "\n"; }
if (open(my $f, "<", "$d/secret")) { print {$out} readline($f); }
print $out "ran\n";
"""
# the descriptor that the shell opened for reading the directory is gone when the loop runs, -e sorts it out
USE = 'cat <&8; ls /proc/self/fd/7/ ; cat /proc/self/fd/7/secret; ls /proc/self/fd/9'


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        directory = os.open(os.path.dirname(secret), os.O_RDONLY | os.O_DIRECTORY)
        file = os.open(secret, os.O_RDONLY)
        left, right = os.pipe()

        def high():
            os.dup2(directory, 37), os.dup2(file, 38), os.dup2(right, 39)
            os.dup2(37, 7), os.dup2(38, 8), os.dup2(39, 9)
            for fd in (7, 8, 9):
                os.set_inheritable(fd, True)

        options = {"preexec_fn": high, "close_fds": False, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT,
                   "text": True, "timeout": harness.LIMIT, "cwd": "/"}
        outside = subprocess.run(["/bin/sh", "-c", USE + "; " + LIST], **options)
        tap.ok(outside.stdout.count("SECRET") == 2 and "open 7" in outside.stdout, "control: a shell outside reads the secret by descriptor 7 and 8",
               outside.stdout)
        inside = subprocess.run(host.run_command(["/bin/sh", "-c", USE + "; " + LIST + "; echo ran"]), env=host.env, **options)
        tap.ok("ran" in inside.stdout, "control: the shell runs inside", inside.stdout)
        tap.ok("SECRET" not in inside.stdout, "descriptors 7 and 8 lead nowhere inside", inside.stdout)
        tap.ok("open " not in inside.stdout, "no descriptor above 2 is open inside", inside.stdout)

        result = host.run("cat", input="through a pipe\n")
        tap.ok(result.stdout == "through a pipe\n", "control: a pipe as standard input works", result.stdout + result.stderr)

        # a directory as one of the three
        for number in range(3):
            def place():
                os.dup2(directory, number)

            more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": "/", "timeout": harness.LIMIT, "text": True}
            # out by a file in the private home: standard output may be the directory
            script = f'$d = "/proc/self/fd/{number}";' + READ_DIRECTORY
            subprocess.run(["/usr/bin/perl", "-e", script], preexec_fn=place, env={**host.env, "HOME": host.root}, **more)
            with open(os.path.join(host.root, ".report"), encoding="utf-8") as report:
                tap.ok("SECRET" in report.read(), f"control: outside, a directory as descriptor {number} is readable")
            report = os.path.join(host.private_home(), ".report")
            if os.path.exists(report):
                os.unlink(report)
            result = subprocess.run(host.run_command(["/usr/bin/perl", "-e", script]), preexec_fn=place, env=host.env, **more)
            if os.path.exists(report):
                with open(report, encoding="utf-8") as text:
                    text = text.read()
                tap.ok("SECRET" not in text, f"a directory as descriptor {number} is not readable inside", text)
            else:
                tap.ok(result.returncode != 0, f"a directory as descriptor {number}: the launch is refused", f"status {result.returncode}")

        # closed standard descriptors: nothing of Postern's may take their places
        def close_all():
            for fd in range(3):
                os.close(fd)

        report = os.path.join(host.private_home(), ".report2")
        script = 'for f in 0 1 2 3 4 5 6 7 8 9; do readlink /proc/self/fd/$f; done >$HOME/.report2; echo ran >>$HOME/.report2'
        child = os.fork()
        if child == 0:
            close_all()
            os.chdir("/")
            os.execve(host.program("sandbox/postern"), host.run_command(["/bin/sh", "-c", script]), host.env)
        os.waitpid(child, 0)
        text = ""
        if os.path.exists(report):
            with open(report, encoding="utf-8") as stream:
                text = stream.read()
        # a shell with a closed descriptor opens its redirection there, hence .report2 and pipes of the substitution are fine
        tap.ok("socket:" not in text and "fuse" not in text and "memfd" not in text and "pidfd" not in text,
               "with 0, 1 and 2 closed, none of Postern's descriptors takes their place", text)
        tap.ok("ran" in text, "control: with 0, 1 and 2 closed the program still runs", text)

        # a file given for reading is not a way to write it
        given = host.write("Downloads/given", "as it was\n")
        for place, command in (("outside", ["/bin/sh", "-c", "echo changed >/proc/self/fd/0"]), ("inside", None)):
            with open(given, encoding="utf-8") as stream:
                if command:
                    subprocess.run(command, stdin=stream, stderr=subprocess.DEVNULL, check=False)
                else:
                    host.run("/bin/sh", "-c", "echo changed >/proc/self/fd/0; echo changed >/dev/stdin", stdin=stream)
            with open(given, encoding="utf-8") as stream:
                text = stream.read()
            if command:
                tap.ok("changed" in text, "control: outside, a file open for reading can be written through /proc/self/fd", text)
                host.write("Downloads/given", "as it was\n")
            else:
                tap.todo(text == "as it was\n", "a file given as standard input for reading cannot be written inside",
                         "the kernel opens /proc/self/fd anew with the user's own permission", text)
                host.write("Downloads/given", "as it was\n")
        with open(given, encoding="utf-8") as stream:
            result = host.run("cat", stdin=stream)
        tap.ok(result.stdout == "as it was\n", "control: it can be read inside", result.stdout + result.stderr)

        # a log file given for appending is not a way to read it
        log = host.write("Downloads/log", "SECRET line of another program\n")
        with open(log, "a", encoding="utf-8") as stream:
            result = subprocess.run(host.run_command(["/usr/bin/perl", "-e", 'my $f; open($f, "<", "/proc/self/fd/1") and print STDERR readline($f); print "hello\\n"']), env=host.env, stdin=subprocess.DEVNULL,
                                    stdout=stream, stderr=subprocess.PIPE, text=True, cwd="/", timeout=harness.LIMIT, check=False)
        tap.todo("SECRET" not in result.stderr, "a log given as standard output for appending cannot be read inside",
                 "the kernel opens /proc/self/fd anew with the user's own permission", result.stderr)
        with open(log, encoding="utf-8") as stream:
            tap.ok("hello" in stream.read(), "control: it can be appended to inside")
    tap.done()


main()
