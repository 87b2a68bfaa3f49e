#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: be asked about, and be remembered, under another application's name: argv[0], the process name, a desktop file planted where one may write, another program executed,
an application id with a slash in it.

Known from: CVE-2021-31855-like window spoofing; xdg-desktop-portal's reliance on /proc/PID/root/.flatpak-info (CVE-2021-21261 let a sandbox start
another under other settings); macOS TCC bypasses by executing a granted application (CVE-2020-9934 with $HOME).

Must fail because: the identity is fixed by the launcher, outside, from the executable and the host's desktop files; a connection carries it.

Control: two different programs get two identities, and a grant of one is not the other's.
"""

import os

import harness

DESKTOP = """[Desktop Entry]
Type=Application
Name=Passwords of the Bank
Exec={exec}
Icon=security-high
"""


def ask_as(host, agent, command, **options):
    """The question that a read of the secret by the command gives, denied."""
    child = host.start(*command, stdin=None, **options)
    question = agent.next_question(10)
    if question is not None:
        agent.answer(question, "deny")
    out, err = child.communicate(timeout=harness.LIMIT)
    return question, out + err


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        agent = host.agent()
        read = 'cat "$1"'
        plain, text = ask_as(host, agent, ["/bin/sh", "-c", read, "sh", secret], app=None)
        tap.ok(plain is not None, "control: there is a question", text)
        if plain is None:
            tap.done()
        tap.note(f"identity of the shell: {plain['app_id']!r} {plain['app_name']!r} {plain['executable']!r}")
        other, text = ask_as(host, agent, ["cat", secret], app=None)
        tap.ok(other is not None and other["app_id"] != plain["app_id"], "control: another program has another identity", str(other))

        def same(question, what, detail):
            # dpkg is asked beside: on a busy machine a first question goes without its answer, and says so.
            known = question is not None and "not known yet" not in (question["package"], plain["package"])
            keys = ("app_id", "app_name", "executable", "app_icon", *(("package",) if known else ()))
            tap.ok(question is not None and all(question[key] == plain[key] for key in keys), f"{what}: the identity stays the launcher's",
                   f"{ {key: question[key] for key in keys} if question else None} instead of { {key: plain[key] for key in keys} }; {detail}")

        tricks = {
            "exec -a": ["/bin/bash", "-c", 'exec -a /usr/bin/eog cat "$1"', "sh", secret],
            "process name": ["/usr/bin/perl", "-e", '$0 = "eog"; open(my $f, "<", $ARGV[0]) or exit 1; print <$f>', secret],
        }
        base = {}
        for what, command in tricks.items():
            base[what], _ = ask_as(host, agent, [command[0], *(["-c", 'cat "$1"', "sh", secret] if "bash" in command[0] else ["-e", 'open(my $f, "<", $ARGV[0]) or exit 1; print <$f>', secret])], app=None)
            question, text = ask_as(host, agent, command, app=None)
            tap.ok(question is not None and base[what] is not None and all(question[key] == base[what][key] for key in ("app_id", "app_name", "executable")), f"{what}: the identity stays",
                   f"{question} {text}")

        # another program executed inside asks as the first
        question, text = ask_as(host, agent, ["/bin/sh", "-c", 'exec /usr/bin/perl -e \'open(my $f, "<", $ARGV[0]) or exit 1; print <$f>\' "$1"', "sh", secret], app=None)
        same(question, "exec of another program", text)

        # a desktop file in the private home's ~/.local/share/applications
        plant = 'mkdir -p $HOME/.local/share/applications $HOME/.local/share/icons && printf "%s" "$2" >$HOME/.local/share/applications/$3.desktop; cat "$1"'
        for executable in ("sh", "/bin/sh", "/usr/bin/sh", "/usr/bin/dash"):
            ask_as(host, agent, ["/bin/sh", "-c", plant, "sh", secret, DESKTOP.format(exec=executable), plain["app_id"]], app=None)
        question, text = ask_as(host, agent, ["/bin/sh", "-c", read, "sh", secret], app=None)
        same(question, "a desktop file planted in the private home", text)
        tap.ok(question is not None and "Bank" not in str(question), "and its name is nowhere in the question", str(question))

        # environment from inside cannot reach the next start's launcher; environment from outside is the person's own. A planted executable:
        question, text = ask_as(host, agent, ["/bin/sh", "-c", 'cp /bin/cat $HOME/.eog; exec $HOME/.eog "$1"', "sh", secret], app=None)
        same(question, "a copied program", text)

        # a grant of one identity is not another's
        host.grant(host.path("Documents"), app=plain["app_id"])
        result = host.sh(read, secret, app=None)
        tap.ok("SECRET" in result.stdout, "control: the granted application reads", result.stdout + result.stderr)
        child = host.start("/usr/bin/perl", "-e", 'exec {"/bin/sh"} "sh", "-c", "cat \\"$ARGV[0]\\""', secret, app=None, stdin=None)
        question = agent.next_question(3)
        while question is not None:
            agent.answer(question, "deny")
            question = agent.next_question(0.5) if child.poll() is None else None
        out, err = child.communicate(timeout=harness.LIMIT)
        tap.ok("SECRET" not in out, "executing the granted application from another does not give its grants", out + err)

        # ids that would be paths
        for bad in ("../../../escaped", "a/b", "..", ".", "", "/etc", "a\nb", "x" * 300, "-x", ".hidden/../..", "a\x1b[31m"):
            result = host.run("true", app=None, options=("--app", bad))
            tap.ok(result.returncode != 0, f"the id {bad[:20]!r} is refused", result.stdout + result.stderr)
            tap.ok(len(result.stderr.strip().splitlines()) in (1, 2) if result.returncode else True, f"the id {bad[:20]!r}: with a sentence", result.stderr)
        tap.ok(not os.path.exists(host.path("escaped")) and not os.path.exists(host.path(".local/share/escaped")) and not os.path.exists(host.path(".local/escaped")), "nothing was made outside of the state directory")
    tap.done()


main()
