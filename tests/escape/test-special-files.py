#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: use what is in a granted tree but is not a file: a socket whose server acts for the person (ssh's ControlMaster, emacs, gpg-agent with an odd home), a FIFO that a program of
the person reads commands from, a device node.

Known from: Docker's bind-mounted docker.sock; "read-only" bind mounts through which one still talks to sockets and writes to FIFOs: a mount's read-only flag protects neither.

What should hold: a grant to view says "look at files": a conversation with a program is not that.

Control: outside the socket answers and the FIFO takes a line; inside, plain files of the same tree can be read.
"""

import os
import select
import socket
import subprocess

import harness

TRY = r"""
use Socket; use Fcntl;
socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die;
print "socket ", (connect($s, pack_sockaddr_un("$ARGV[0]/server")) ? "ANSWERS" : "no: $!"), "\n";
my ($f, $p);
print "fifo ", (sysopen($f, "$ARGV[0]/fifo", O_WRONLY | O_NONBLOCK) && syswrite($f, "rm -rf\n") ? "TAKES" : "no: $!"), "\n";
open($p, "<", "$ARGV[0]/plain") and print readline($p);
"""


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        tree = host.path("Pictures")
        host.write("Pictures/plain", "a plain file\n")
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(os.path.join(tree, "server"))
        server.listen(64)
        os.mkfifo(os.path.join(tree, "fifo"))
        fifo = os.open(os.path.join(tree, "fifo"), os.O_RDWR | os.O_NONBLOCK)

        def drain():
            try:
                return os.read(fifo, 4096)
            except BlockingIOError:
                return b""

        outside = subprocess.run(["/usr/bin/perl", "-e", TRY, tree], stdout=subprocess.PIPE, text=True, check=False)
        tap.ok("socket ANSWERS" in outside.stdout and "fifo TAKES" in outside.stdout and drain() != b"", "control: outside both work", outside.stdout)
        profile = os.path.join(host.root, "strict.profile")
        with open(profile, "w", encoding="utf-8") as file:
            file.write("[Application]\nStrict=true\n")
        result = host.run("/usr/bin/perl", "-e", TRY, tree)
        tap.ok("ANSWERS" not in result.stdout and "TAKES" not in result.stdout and drain() == b"", "ungranted: neither works", result.stdout)
        for access in ("view", "change"):
            host.grant(tree, access)
            for label, options in (("a live mount", []), ("the gate", ["--profile", profile])):
                result = host.run("/usr/bin/perl", "-e", TRY, tree, options=options)
                taken = drain()
                tap.ok("a plain file" in result.stdout, f"control: {access}, {label}: the plain file is read", result.stdout + result.stderr)
                reached = [line for line in result.stdout.splitlines() if "ANSWERS" in line or "TAKES" in line]
                if access == "view" and label == "a live mount":
                    tap.todo(not reached and taken == b"", f"{access}, {label}: neither the socket answers nor the FIFO takes a line",
                             "a read-only mount does not keep from sockets and FIFOs; the gate does", result.stdout)
                elif access == "view":
                    tap.ok(not reached and taken == b"", f"{access}, {label}: neither the socket answers nor the FIFO takes a line", result.stdout)
                else:
                    tap.note(f"{access}, {label}: {reached}")
        while select.select([server], [], [], 0)[0]:
            server.accept()[0].close()
        server.close()
        os.close(fifo)
    tap.done()


main()
