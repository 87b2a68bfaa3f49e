#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: use a writable grant of a parent (all of Home, ~/.config, ~/.local) to plant what the person's session will run: shell start-up files, autostart
entries, user units, desktop files; or to change keys, or Postern's own grants.

Known from: the usual critique of flatpak's --filesystem=home; CVE-2019-… "home access equals no sandbox"; git hooks and .bashrc in supply-chain attacks.

Must fail because: a grant of a parent never includes the protected set; what is protected stays protected however its parents are renamed.

Control: outside, the same payload plants every one; inside, the same grants let an ordinary file be made on the host.
"""

import hashlib
import os
import shutil
import subprocess

import harness

PROTECTED = [
    ".bashrc",
    ".profile",
    ".ssh/authorized_keys",
    ".gnupg/gpg.conf",
    ".config/autostart/evil.desktop",
    ".config/systemd/user/evil.service",
    ".local/share/applications/evil.desktop",
    ".local/share/keyrings/login.keyring",
    ".local/share/dbus-1/services/evil.service",
    ".local/share/postern/grants.db",
    ".mozilla/firefox/profiles.ini",
]

GRANTS = ["", ".config", ".config/autostart/..", ".local", ".local/share", ".ssh/.."]


def snapshot(top, names):
    """What is at each of the names and below: kind, mode and contents."""
    result = {}
    for name in names:
        path = os.path.join(top, name)
        if not os.path.lexists(path):
            result[name] = "absent"
            continue
        st = os.lstat(path)
        if os.path.islink(path):
            result[name] = "link to " + os.readlink(path)
        elif os.path.isfile(path):
            with open(path, "rb") as file:
                result[name] = f"file {st.st_mode:o} {st.st_nlink} " + hashlib.sha256(file.read()).hexdigest()[:12]
        else:
            result[name] = f"kind {st.st_mode:o}"
    return result


def plant(host, directory, target):
    subprocess.run([os.path.join(harness.PAYLOADS, "attack-plant"), f"root={directory}", f"target={target}"], stdout=subprocess.DEVNULL, check=True)


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()

    # outside: it works on a copy
    with harness.Host(start_broker=False) as host:
        for name in PROTECTED:
            plant(host, host.home, host.path(name))
            tap.ok(os.path.exists(host.path(name)), f"control: outside, {name} is planted")

    for existing in (True, False):
        with harness.Host() as host:
            label = "present" if existing else "absent"
            names = [name for name in PROTECTED if "grants.db" not in name]
            if existing:
                for name in names:
                    host.write(name, "the person's own\n")
            else:
                # the directories that every session has
                for name in (".config", ".local/share"):
                    os.makedirs(host.path(name), exist_ok=True)
            watched = list(names)
            for name in names:
                while os.path.dirname(name):
                    name = os.path.dirname(name)
                    if name not in (".config", ".local", ".local/share"):
                        watched.append(name)
            before = snapshot(host.home, watched)
            app = "plant"
            granted = []
            for directory in GRANTS:
                result = host.postern("grant", app, os.path.normpath(host.path(directory)), "--access", "change")
                if result.returncode == 0:
                    granted.append(directory or "Home")
            tap.note(f"protected files {label}: grants taken: {granted}")
            inner = host.install("attack-plant", app=app)
            wrote = 0
            for directory in ("", ".config", ".local", ".local/share"):
                for name in names:
                    if not name.startswith(directory):
                        continue
                    top = os.path.normpath(host.path(directory))
                    if os.path.join(host.home, name) == top:
                        continue
                    result = host.run(inner, f"root={top}", f"target={host.path(name)}", app=app)
                    if "done" not in result.stdout:
                        tap.ok(False, f"control: the payload runs for {name}", result.stdout + result.stderr)
                    wrote += "control: an ordinary file" in result.stdout
                    after = snapshot(host.home, watched)
                    if after != before:
                        changed = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
                        tap.ok(False, f"{label}: {name} with a grant of ~/{directory} leaves everything as it was", f"{changed}\n{result.stdout}")
                        # start afresh, so that the next failure is its own
                        for key in sorted(changed, reverse=True):
                            path = host.path(key)
                            if os.path.isdir(path) and not os.path.islink(path):
                                shutil.rmtree(path, ignore_errors=True)
                            elif os.path.lexists(path):
                                os.unlink(path)
                        if existing:
                            for each in names:
                                if not os.path.exists(host.path(each)):
                                    host.write(each, "the person's own\n")
                        before = snapshot(host.home, watched)
                    else:
                        tap.ok(True, f"{label}: {name} with a grant of ~/{directory} leaves everything as it was")
            tap.ok(wrote > 0 and os.path.exists(host.path("evil-file")), f"control: {label}: the grant of Home does let a file be made on the host", str(wrote))
            # reading is not included either
            if existing:
                result = host.sh('cat "$1"; ls "$2"; cp -r "$2" "$3/copy" 2>/dev/null', host.path(".ssh/authorized_keys"), host.path(".ssh"), host.home, app=app)
                # what the payload planted in the private home's ~/.ssh may be seen
                tap.ok("the person's own" not in result.stdout, "a grant of Home does not show ~/.ssh", result.stdout)
            # Postern's own state: the database must not be reachable, whatever was granted
            result = host.sh('ls -la "$1/.local/share/postern/"; find "$1/.local/share/postern" -name "*.db*" -o -name "*.sqlite*"', host.home, app=app)
            tap.ok(".db" not in result.stdout and "sqlite" not in result.stdout, "Postern's own state is not there", result.stdout)
    tap.done()


main()
