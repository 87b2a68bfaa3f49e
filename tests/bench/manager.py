# SPDX-License-Identifier: GPL-3.0-or-later
"""The manager's window with 300 applications and 20,000 permissions: first paint, scrolling, search. The broker is made up
(bench-manager serve), so that what is measured is the window."""
import os
import shutil
import subprocess
import tempfile
import time

import pst_bench as b

APPS, GRANTS = 300, 20000
LIMITS = {"first-paint": 300, "scroll-applications": 50, "scroll-page": 50, "scroll-resources": 50, "scroll-history": 50, "search": 50}


def start_display(root):
    reader, writer = os.pipe()
    xvfb = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[writer])
    os.close(writer)
    with os.fdopen(reader) as file:
        return xvfb, ":" + file.readline().strip()


def run(quick=False):
    program = b.tool("tests", "bench", "bench-manager")
    rounds = 3 if quick else 10
    root = tempfile.mkdtemp(prefix="postern-bench-")
    home = os.path.join(root, "home")
    os.mkdir(home)
    os.mkdir(os.path.join(root, "run"), 0o700)
    xvfb, display = start_display(root)
    env = {**os.environ, "HOME": home, "XDG_RUNTIME_DIR": os.path.join(root, "run"), "DISPLAY": display, "GTK_THEME": "Adwaita",
           "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory", "LC_ALL": "C.UTF-8", "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
    broker = subprocess.Popen([program, "serve", str(APPS), str(GRANTS)], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    figures = {}
    try:
        if broker.stdout.readline().strip() != "ready":
            raise RuntimeError("the made-up broker did not start")
        for _ in range(rounds):
            done = subprocess.run([program, "look", str(time.clock_gettime_ns(time.CLOCK_MONOTONIC))], env=env, capture_output=True, text=True, timeout=120)
            if done.returncode != 0:
                raise RuntimeError(done.stderr.strip())
            for line in done.stdout.splitlines():
                if not line.startswith("#"):
                    name, value = line.split()
                    figures.setdefault(name, []).append(float(value))
        for name, limit in LIMITS.items():
            b.report("manager", name, "postern-settings", figures.get(name, []), "ms", limit=limit)
    finally:
        broker.stdin.close()
        broker.wait(10)
        xvfb.terminate()
        xvfb.wait(10)
        shutil.rmtree(root)
