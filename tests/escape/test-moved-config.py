#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: the same as test-startup-files.py, where the person keeps the configuration elsewhere (XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_RUNTIME_DIR): in directories whose names do not begin
with a dot, so that a grant of Home or of a parent reaches them, and with them the autostart entries, the desktop files, and Postern's own grants and socket.

Known from: CVE-2020-9934 (macOS TCC looked for its database by $HOME); path-based deny lists that know the default places only.

Must fail because: the protected set is also read with the moved directories in the place of ~/.config and ~/.local/share, and Postern's own directories are always in it.

Control: outside, the same payload plants every one; inside, the same grant lets an ordinary file be made.
"""

import hashlib
import os
import re
import subprocess

import harness

ENVIRONMENT = {"XDG_CONFIG_HOME": "{home}/Settings/config", "XDG_DATA_HOME": "{home}/Settings/data"}
TARGETS = [
    "Settings/config/autostart/evil.desktop",
    "Settings/config/systemd/user/evil.service",
    "Settings/data/applications/evil.desktop",
    "Settings/data/keyrings/login.keyring",
    "Settings/data/postern/grants.db",
]


def snapshot(host):
    """Everything that is protected, by name and content."""
    result = {}
    for top in ("Settings/config/autostart", "Settings/config/systemd", "Settings/data/applications", "Settings/data/keyrings"):
        path = host.path(top)
        result[top] = "absent" if not os.path.lexists(path) else "link" if os.path.islink(path) else "there"
        for directory, _, names in os.walk(path):
            for name in names:
                with open(os.path.join(directory, name), "rb") as file:
                    result[os.path.join(directory, name)] = hashlib.sha256(file.read()).hexdigest()[:8]
    result["grants"] = re.sub('"last_use": [0-9]*', "", host.postern("grants", "--json").stdout)
    return result


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host(start_broker=False) as host:
        for target in TARGETS:
            subprocess.run([os.path.join(harness.PAYLOADS, "attack-plant"), f"root={host.path('Settings')}" if os.path.isdir(host.path("Settings")) else f"root={host.home}", f"target={host.path(target)}"],
                           stdout=subprocess.DEVNULL, check=True)
            tap.ok(os.path.exists(host.path(target)), f"control: outside, {target} is planted")

    for existing in (True, False):
        label = "present" if existing else "absent"
        with harness.Host(more_env=ENVIRONMENT, runtime="{home}/Settings/run") as host:
            for directory in ("Settings/config", "Settings/data"):
                os.makedirs(host.path(directory), exist_ok=True)
            if existing:
                for target in TARGETS[:-1]:
                    host.write(target, "the person's own\n")
            app = "moved"
            # by every way to say it
            for directory in ("Settings", "Settings/config", "Settings/data"):
                host.grant(host.path(directory), "change", app=app)
            inner = host.install("attack-plant", app=app)
            before = snapshot(host)
            wrote = 0
            for target in TARGETS:
                for top in ("Settings", os.path.dirname(target).split("/autostart")[0].split("/systemd")[0].split("/applications")[0].split("/keyrings")[0].split("/postern")[0]):
                    result = host.run(inner, f"root={host.path(top)}", f"target={host.path(target)}", app=app)
                    wrote += "control: an ordinary file" in result.stdout
                    tap.ok("done" in result.stdout, f"control: {label}: the payload runs for {target} from {top}", result.stdout + result.stderr)
                    after = snapshot(host)
                    changed = {key: (before.get(key), after.get(key)) for key in {*before, *after} if before.get(key) != after.get(key)}
                    tap.ok(not changed, f"{label}: {target} with a grant of {top} leaves everything as it was", f"{changed}\n{result.stdout}")
                    if changed:
                        before = after
            tap.ok(wrote > 0 and os.path.exists(host.path("Settings/evil-file")), f"control: {label}: an ordinary file can be made in the granted directory", wrote)
            # reading Postern's state or the keyring
            result = host.sh('cat "$1/data/keyrings/login.keyring"; ls "$1/data/postern" "$1/run/postern"; cat "$1/data/postern/grants.db" | head -c 6', host.path("Settings"), app=app)
            tap.ok("own" not in result.stdout and "SQLite" not in result.stdout and "homes" not in result.stdout and "broker" not in result.stdout.split(), f"{label}: neither the keyring nor Postern's state is shown",
                   result.stdout)
            result = host.sh('rm -f "$1/run/postern/broker"; mv "$1/run/postern" "$1/run/gone"; mv "$1/run" "$1/gone"; mv "$1/data/postern" "$1/data/gone"; mv "$1/data" "$1/gone2"; echo ran', host.path("Settings"), app=app)
            tap.ok("ran" in result.stdout and os.path.exists(host.path("Settings/run/postern/broker")) and os.path.isdir(host.path("Settings/data/postern")),
                   f"{label}: Postern's socket and state stay where they are", result.stderr)
            # the home of another application is another application's
            host.sh("echo private >$HOME/.config/its-own", app="another")
            result = host.sh('cat "$1"/data/postern/*/another/.config/its-own "$1"/data/postern/apps/another/home/.config/its-own', host.path("Settings"), app=app)
            tap.ok("private" not in result.stdout, f"{label}: nor another application's private home", result.stdout)
    tap.done()


main()
