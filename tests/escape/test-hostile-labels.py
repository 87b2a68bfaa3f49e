#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: lie with names other than a file's: the name in a desktop file (which any program that may change ~/.local/share/applications wrote), the process name that `postern revoke` and
`postern ps` print, a name that is refused because nobody could be asked, and is printed for the person.

Known from: CVE-2023-28101 (flatpak: names with escape sequences), CVE-2021-25743 (kubectl printed escape sequences of objects), the ps(1) and top(1) variants of the same.

Must fail because: the one function that makes text fit to show stands before every agent, terminal and log, not before file names alone.

Control: the ordinary part of each name is shown.
"""

import os
import re

import harness

EVIL = "Ba\x1b[31mnk\u202e<b>&amp;\x07"
BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def strings_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings_of(each)


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        # of a desktop file
        host.write(".local/share/applications/evil.desktop", f"[Desktop Entry]\nType=Application\nName={EVIL}\nName[de]={EVIL}\nExec=/usr/bin/perl %f\nIcon=/tmp/{EVIL}.png\nComment={EVIL}\n")
        host.write("Documents/file", "contents\n")
        agent = host.agent()
        child = host.start("/usr/bin/perl", "-e", 'my $f; open($f, "<", $ARGV[0]) and print readline($f)', host.path("Documents/file"), app="evil", stdin=None)
        question = agent.next_question()
        tap.ok(question is not None, "control: there is a question")
        if question is not None:
            # the icon's path is opened, not shown
            bad = [text for key, value in question.items() if key != "app_icon" for text in strings_of(value) if BAD.search(text)]
            tap.ok(not bad, "nothing in the question that a person cannot see", repr(bad))
            tap.ok("nk" in question["app_name"] or question["app_name"] == "evil", "control: the name in the desktop file is shown, or none of it", question["app_name"])
            agent.answer(question, "allow", lifetime="always", scope=0)
        harness.finish(child, agent)
        for words in (["apps"], ["grants"], ["log"], ["ps"]):
            text = host.postern(*words)
            hit = BAD.search(text.stdout + text.stderr)
            tap.ok(hit is None, f"postern {words[0]} prints nothing odd of it", repr(text.stdout))

        # of a process that holds what is revoked
        host.grant(host.path("Documents"), app="holder")
        child = host.start("/usr/bin/perl", "-e", '$0 = "he\\e[31mld\\a"; my $f; open($f, "<", $ARGV[0]); $| = 1; print "ready\\n"; <STDIN>;', host.path("Documents/file"), app="holder")
        line = child.stdout.readline()
        tap.ok(line == "ready\n", "control: a process holds a file", line)
        text = host.postern("ps")
        tap.ok(BAD.search(text.stdout + text.stderr) is None and "holder" in text.stdout, "postern ps prints nothing odd", repr(text.stdout))
        text = host.postern("revoke", "holder", host.path("Documents"))
        tap.ok(BAD.search(text.stdout + text.stderr) is None, "postern revoke prints nothing odd of who holds it", repr(text.stdout + text.stderr))
        tap.note("postern revoke says: " + repr(text.stdout + text.stderr))
        child.communicate("\n", timeout=harness.LIMIT)

    # what is refused because nobody could be asked
    with harness.Host() as host:
        name = "re\x1b[31mfu\u202esed\nsecond line"
        os.mkdir(host.path(name))
        result = host.run("cat", host.path(name, "file"), app="refused")
        ours = "\n".join(line for line in result.stderr.splitlines() if not line.startswith("cat: "))
        tap.ok("refused" in ours, "control: the person is told", repr(result.stderr))
        tap.ok(BAD.search(ours) is None and not re.search("^second line", ours, re.M), "and nothing odd of the name", repr(ours))
        log = host.postern("log")
        tap.ok(BAD.search(log.stdout) is None and not re.search("^ *second line", log.stdout, re.M), "nor in postern log", repr(log.stdout))
    tap.done()


main()
