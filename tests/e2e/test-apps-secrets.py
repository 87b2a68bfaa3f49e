# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords in a real keyring (gnome-keyring), looked up by a sandboxed program: asked about in words, read only after a question of its own, and refused so
that the program gets an error and ends."""
import os
import shutil
import subprocess
import sys
import time

from desk import Desk
from postern_e2e import Home, run_tests, wait_until

APP = "org.gnome.Evince"
LIMIT = 20
SERVICE = "Allow “Document Viewer” to use Passwords and keys?"
READING = "Allow “Document Viewer” to use the passwords themselves?"
LOOK_UP = ("secret-tool", "lookup", "server", "harbour", "user", "anna")


class Keyring(Home):
    """A home with an unlocked keyring in which there is one password."""

    def __init__(self, desk):
        super().__init__(home_name="anna", desk=desk)
        daemon = subprocess.Popen(["gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets", f"--control-directory={self.runtime}"],
                                  env=self.env, cwd=self.home, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.children.append(daemon)
        daemon.stdin.write(b"\n")  # the keyring's password, which makes it
        daemon.stdin.close()
        wait_until(lambda: self.outside("secret-tool", "store", "--label=Mail", "server", "harbour", "user", "anna", input="sesame").returncode == 0,
                   "the keyring does not come up")

    def outside(self, *command, **more):
        return subprocess.run(command, env=self.env, cwd=self.home, capture_output=True, text=True, timeout=LIMIT, **more)


def is_missing(tap):
    missing = [name for name in ("gnome-keyring-daemon", "secret-tool") if shutil.which(name) is None]
    if missing:
        tap.skip("the keyring", f"{missing[0]} is not installed")
    return bool(missing)


def test_allow(tap, desk):
    if is_missing(tap):
        return
    with Keyring(desk) as home:
        tap.ok(home.outside(*LOOK_UP).stdout == "sesame", "control: outside the password is there")
        looking = home.start(*LOOK_UP, app=APP)
        first = desk.answer("Always allow", shot="service")
        tap.ok(first[0] == SERVICE, "the service is asked about by its name in words", first)
        second = desk.answer("Allow this time", shot="reading")
        tap.ok(second[0] == READING, "reading is asked about apart", second)
        out, err = looking.communicate(timeout=LIMIT)
        tap.ok(out == "sesame" and looking.returncode == 0, "allowed, the password is read", out + err)
        tap.ok(home.n_asked() == 2, "with two questions", home.postern("log").stdout)
        again = home.start(*LOOK_UP, app=APP)
        third = desk.answer("Deny")
        out, err = again.communicate(timeout=LIMIT)
        tap.ok(third[0] == READING and out == "" and again.returncode != 0, "the next start asks for reading alone; denied, nothing is read", str(third) + out + err)


def test_deny(tap, desk):
    if is_missing(tap):
        return
    with Keyring(desk) as home:
        looking = home.start("sh", "-c", '"$@"; echo "ended with $?"; "$@"; echo "ended with $?"', "sh", *LOOK_UP, app=APP)
        said = desk.answer("Deny")
        begun = time.monotonic()
        out, err = looking.communicate(timeout=LIMIT)
        took = time.monotonic() - begun
        tap.ok(said[0] == SERVICE, "the service is asked about", said)
        tap.ok(out == "ended with 1\nended with 1\n" and "sesame" not in err, "denied, the program gets an error and ends; so it does when it tries again", out + err)
        tap.ok(took < 10 and home.n_asked() == 1, "at once, and with no other question", f"{took:.1f} s " + home.postern("log").stdout)


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
