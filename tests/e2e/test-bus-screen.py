# SPDX-License-Identifier: GPL-3.0-or-later
"""The message bus on a screen: real applications start with it and ask nothing, and a service is asked for in words, with real clicks."""
import os
import subprocess
import sys

from bus import SERVICE, call
from desk import Desk
from postern_e2e import Home, POSTERN, run_tests, wait_idle, wait_until

APPLICATIONS = ("eog", "gedit", "evince", "mousepad")
KEYS = "org.freedesktop.secrets"


def test_applications(tap, desk):
    for name in APPLICATIONS:
        with Home(desk=desk) as home:
            before = set(desk.windows())
            path = os.path.join(home.root, "log")
            with open(path, "ab") as log:
                process = subprocess.Popen([POSTERN, "run", "--x11=host", name], env=home.env, cwd=home.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            home.children.append(process)
            wait_until(lambda: process.poll() is not None or set(desk.windows()) - before, f"{name} shows no window")
            wait_idle(lambda: home.application(process.pid))
            desk.settle()
            desk.shot(name)
            with open(path, encoding="utf-8", errors="replace") as file:
                said = file.read()
            tap.ok(process.poll() is None and set(desk.windows()) - before, f"{name} starts with a message bus", said)
            tap.ok(home.n_asked() == 0 and desk.dialog() is None, f"{name}: no question", home.postern("log").stdout)
            process.terminate()
            process.wait(10)
            wait_until(lambda: not set(desk.windows()) - before, f"the window of {name} does not go")


def test_question(tap, desk):
    with Home(home_name="anna", desk=desk) as home:
        service = subprocess.Popen([sys.executable, "-c", SERVICE, KEYS], env=home.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        home.children.append(service)
        service.stdout.readline()
        search = call(KEYS, "SearchItems", interface="org.freedesktop.Secret.Service")
        asking = home.start(*search, app="org.gnome.Evince")
        said = desk.answer("Deny", shot="denied")
        out, err = asking.communicate(timeout=20)
        tap.ok(said[0] == "Allow “Document Viewer” to use Passwords and keys?", "the question has the application's and the service's names", said)
        tap.ok(any("It tried to call SearchItems" in line for line in said) and not any("\\x" in line for line in said), "and what was tried", said)
        tap.ok("AccessDenied" in err, "Deny: the call fails", out + err)
        asking = home.start(*search, app="org.gnome.Evince")
        desk.answer("Always allow", shot="allowed")
        out, err = asking.communicate(timeout=20)
        tap.ok("served SearchItems" in out, "Always allow: the call is answered", out + err)
        again = home.run(*search, app="org.gnome.Evince")
        tap.ok("served SearchItems" in again.stdout and home.n_asked() == 2, "the next start asks nothing", again.stderr)


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
