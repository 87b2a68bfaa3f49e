#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: a command, argument or file name that looks like an option of Postern's, to choose another identity, profile or display; or one of a
helper's that Postern starts.

Known from: CVE-2024-32462 (flatpak: --command=--bind=/path became an option of bubblewrap), CVE-2021-43860, CVE-2019-5029-like argument injections.

Must fail because: option parsing ends at the first word of the command, "--" or not, and no helper gets a word of the application's.

Control: the same options before the command have their effect.
"""

import os

import harness


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        host.grant(host.path("Documents"), app="trusted")
        result = host.run("cat", secret, app="trusted")
        tap.ok("SECRET" in result.stdout, "control: --app before the command chooses the identity", result.stdout + result.stderr)
        for words in (["run", "--", "--app", "trusted", "cat", secret], ["run", "--", "--app=trusted", "cat", secret], ["run", "--", "-h"], ["run", "--", "--help"], ["run", "--", "--version"],
                      ["run", "--", "--print-plan"], ["run", "--", "--", "cat", secret], ["run", "--", "--x11=host", "cat", secret], ["run", "--", ""], ["run", "--"], ["run"],
                      ["run", "--", "-"], ["run", "--", "--bind=/"]):
            result = host.postern(*words)
            tap.ok(result.returncode != 0 and "SECRET" not in result.stdout, f"{' '.join(words[1:4])!r} is a command that does not exist, not an option",
                   f"{result.returncode} {result.stdout} {result.stderr}")
            tap.ok(result.stdout == "" and result.stderr.strip() != "", f"{' '.join(words[1:4])!r}: one sentence", f"{result.stdout} {result.stderr}")
        # without "--", what follows the command is the command's
        for words in (["run", "echo", "--app", "trusted", "--version"], ["run", "--app", "echo-app", "echo", "--app", "trusted", "--version"],
                      ["run", "--", "echo", "--app", "trusted", "--version"]):
            result = host.postern(*words)
            tap.ok("--version" in result.stdout or "echo" in result.stdout and "coreutils" in result.stdout, f"{' '.join(words)!r}: the words are echo's own", result.stdout + result.stderr)
            tap.ok("postern 0" not in result.stdout, f"{' '.join(words)!r}: Postern takes none of them")
        result = host.postern("run", "cat", "--app", "trusted", secret)
        tap.ok("SECRET" not in result.stdout, "--app after the command chooses nothing", result.stdout)
        # a program whose file name is an option, found by PATH or by the working directory
        bin_directory = os.path.join(host.root, "bin")
        os.mkdir(bin_directory)
        for name in ("--app", "--print-plan", "-x"):
            path = os.path.join(bin_directory, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\necho the odd program ran\n")
            os.chmod(path, 0o755)
            result = host.postern("run", "--", name, "trusted", env={**host.env, "PATH": bin_directory + ":/usr/bin:/bin"})
            tap.ok("process" not in result.stdout and result.stdout.count("\n") <= 1, f"a program called {name} is that program, or an error", result.stdout + result.stderr)
        # words of the other commands
        for words in (["grants", "--", "--json"], ["why", "--", "--app", "/x"], ["revoke", "--", "--all", "x"], ["grant", "--", "--access", "view", "x"]):
            result = host.postern(*words)
            tap.ok(result.returncode < 126, f"{' '.join(words)!r} does no harm", f"{result.returncode} {result.stderr}")
        result = host.run("cat", secret, app="trusted")
        tap.ok("SECRET" in result.stdout, "control: the grants are as they were", result.stdout + result.stderr)
        # environment that the loader or the launcher would obey
        result = host.run("cat", secret, app="other", env={"POSTERN_APP": "trusted", "POSTERN_PROFILE": "/x", "LD_PRELOAD": "/nonexistent.so", "G_MESSAGES_DEBUG": "all", "BASH_ENV": secret})
        tap.ok("SECRET" not in result.stdout + result.stderr, "no variable of the environment chooses another identity", result.stdout + result.stderr)
    tap.done()


main()
