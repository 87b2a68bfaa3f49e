#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: prepare the private home, which the application owns, for the next start: entries that are symlinks out of it, a FIFO on which the launcher would wait,
odd modes; and from outside (another application with a grant there): the private home itself, or a parent of it, swapped for a symlink.

Known from: CVE-2021-21284 (Docker userns-remap: files of the remapped root followed by the daemon), firejail's CVE-2020-17368 and the --private
symlink bugs (CVE-2017-5180), CVE-2019-14271 in spirit: the launcher works on what the confined side prepared.

Must fail because: everything of the private home is opened without following symlinks, and mounted only when it is a plain directory or file of the user's own.

Control: ordinary entries of the private home are there again at the next start; outside, each link leads to the secret.
"""

import os

import harness


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        hidden = os.path.dirname(secret)
        result = host.sh("mkdir -p $HOME/.config/keep; echo kept >$HOME/.config/keep/file; echo ran")
        tap.ok("ran" in result.stdout, "control: the private home can be written", result.stderr)
        result = host.sh("cat $HOME/.config/keep/file")
        tap.ok(result.stdout == "kept\n", "control: and is there again", result.stdout + result.stderr)
        tap.ok(not os.path.exists(host.path(".config/keep")), "control: it is not the person's own ~/.config")

        # entries prepared from inside
        entries = {
            "a symlink for .cache": ("ln -sfn '{0}' $HOME/.cache", ".cache/secret"),
            "a symlink for .mozilla": ("ln -sfn '{0}' $HOME/.mozilla", ".mozilla/secret"),
            "a relative symlink": ("ln -sfn ../../../../../../Documents/hidden $HOME/.relative", ".relative/secret"),
            "a symlink to the home's parent": ("ln -sfn .. $HOME/.up", ".up/home/Documents/hidden/secret"),
            "a symlink to a file": ("ln -sfn '{0}/secret' $HOME/.file", ".file"),
            "a symlink to /proc": ("ln -sfn /proc/self/root'{0}' $HOME/.proc", ".proc/secret"),
            "a symlink below .config": ("ln -sfn '{0}' $HOME/.config/link", ".config/link/secret"),
            "a symlink for .config itself": ("mv $HOME/.config $HOME/.config-real 2>/dev/null; ln -sfn '{0}' $HOME/.config", ".config/secret"),
            "a symlink for .local": ("mkdir -p $HOME/.local-old; mv $HOME/.local $HOME/.local-old/ 2>/dev/null; ln -sfn '{0}' $HOME/.local", ".local/secret"),
        }
        for what, (make, read) in entries.items():
            app = "prepare-" + "".join(letter for letter in what if letter.isalnum())
            prepared = host.sh(make.format(hidden) + "; echo ran", app=app)
            outside = host.private_home(app)
            name = read.split("/")[0]
            if not os.path.lexists(os.path.join(outside, name)):
                # mounted over and could not be replaced while it runs: do it from outside, as an escaped helper would
                tap.note(f"{what}: could not be prepared from inside: {prepared.stderr.strip()}")
            result = host.sh('cat "$HOME/$1"; ls -la "$HOME/${1%/*}/"; (echo planted >"$HOME/${1%/*}/planted") 2>/dev/null; echo ran', read, app=app)
            tap.ok("SECRET" not in result.stdout and "hidden/" not in result.stdout, f"{what} shows nothing at the next start", result.stdout + result.stderr)
            tap.ok(not os.path.exists(os.path.join(hidden, "planted")), f"{what} plants nothing at the next start")
            # the same entry placed from outside, where nothing stands in the way
            path = os.path.join(outside, name)
            harness.remove_tree(path) if os.path.isdir(path) and not os.path.islink(path) else (os.path.lexists(path) and os.unlink(path))
            os.symlink(hidden if read.endswith("/secret") and name != ".up" else secret, path)
            result = host.sh('cat "$HOME/$1"; ls -la "$HOME/${1%/*}/"; (echo planted >"$HOME/${1%/*}/planted") 2>/dev/null; echo ran', read, app=app)
            tap.ok("SECRET" not in result.stdout, f"{what}, placed from outside, shows nothing", result.stdout + result.stderr)
            tap.ok(not os.path.exists(os.path.join(hidden, "planted")), f"{what}, placed from outside, plants nothing")

        # things on which a careless launcher waits or trips
        app = "trips"
        result = host.sh("mkfifo $HOME/.fifo; mkdir -m 000 $HOME/.closed; touch $HOME/.plain; chmod 000 $HOME/.plain; mkdir $HOME/.config; rmdir $HOME/.config; mkfifo $HOME/.config; "
                         "ln -s .loop $HOME/.loop; echo ran", app=app)
        tap.ok("ran" in result.stdout, "control: odd entries can be made", result.stderr)
        result = host.sh("echo ran; ls -A $HOME", app=app)
        tap.ok("ran" in result.stdout, "a FIFO, a closed directory and a loop do not stop the next start", result.stderr)

        # the private home itself, and the directories it lies in
        for number, (what, up, target) in enumerate((
            ("the private home", 0, hidden),
            ("the private home, as another directory of the person's", 0, host.path("Documents")),
            ("the directory it lies in", 1, host.path("Documents")),
        )):
            app = f"swapped{number}"
            host.run("true", app=app)
            home = path = host.private_home(app)
            tap.ok(os.path.isdir(path), f"control: {what} is where the test thinks", path)
            for _ in range(up):
                path = os.path.dirname(path)
            below = os.path.join(target, os.path.relpath(home, path))
            os.rename(path, path + ".away")
            os.symlink(target, path)
            os.makedirs(below, exist_ok=True)
            with open(os.path.join(below, ".secret"), "w", encoding="utf-8") as file:
                file.write("SECRET\n")
            result = host.sh("cat $HOME/.secret $HOME/secret; ls -A $HOME; (echo planted >$HOME/.planted); echo ran", app=app)
            tap.ok("SECRET" not in result.stdout and not os.path.exists(os.path.join(below, ".planted")),
                   f"{what} swapped for a symlink: nothing shown, nothing planted", result.stdout + result.stderr)
            tap.ok(result.returncode != 0 and "ran" not in result.stdout and result.stderr.strip() != "" or "ran" in result.stdout, f"{what}: refused with a sentence, or put right",
                   result.stdout + result.stderr)
            os.unlink(path)
            os.rename(path + ".away", path)
        result = host.sh("cat $HOME/.config/keep/file")
        tap.ok(result.stdout == "kept\n", "control: the others are untouched", result.stdout + result.stderr)
    tap.done()


main()
