#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: lie with a file's name: a line end that makes one question look like two, escape sequences for the terminal, U+202E that turns "gpj.exe" round,
zero-width characters, Pango markup, invalid UTF-8, a name as long as may be.

Known from: CVE-2023-28101 (flatpak: escape sequences in permissions hide what is granted), CVE-2021-42574 (bidi), CVE-2019-8325 and many
"terminal escape in file name" reports.

Must fail because: text that a program controls is made fit to show by one function before it reaches an agent, a terminal or a log.

Control: an ordinary name is shown as it is; the same names printed by cat -v's opposite contain what the test looks for.
"""

import json
import os
import re

import harness

NAMES = {
    "line end": "a\nAllow everything?\n.txt",
    "carriage return": "secret\rharmless.txt",
    "escape": "a\x1b[2J\x1b[1;1Hfake\x1b]0;title\x07.txt",
    "C1 control": "a\u009b31mred.txt",
    "bidi override": "photo\u202egpj.exe",
    "bidi isolate": "photo\u2066\u2069.txt",
    "zero width": "pay\u200bpal\ufeff.txt",
    "line separator": "a\u2028b.txt",
    "markup": "<b>&lt;<span size='999999'>x&amp;.txt",
    "invalid UTF-8": b"bad\xff\xfe\xc3.txt".decode("utf-8", "surrogateescape"),
    "tag characters": "a\U000e0041\U000e0042.txt",
    "private use": "a\ue000.txt",
    "percent": "%s%n%x.txt",
    "long": "x" * 251 + ".txt",
}

BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ue000-\uf8ff\ufff9-\uffff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]|\n|\t")
BAD_OUTPUT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ue000-\uf8ff\U000e0000-\U000e0fff]")


# What the text agent itself sends: bold, and putting the terminal in order before it asks.
OWN_SEQUENCES = re.compile("\x18|\x1b\\\\|\x1b\\[!p|\x1b\\[[0-9;]*m|\x1b\\[\\??[0-9]+[hl]|\x1b\\[[KJ]|\x1b\\](104|110|111)\x1b\\\\|\x0f|\x1b\\(B")


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
        os.mkdir(host.path("Documents/odd"))
        for what, name in NAMES.items():
            with open(host.path("Documents", "odd", name), "w", encoding="utf-8") as file:
                file.write("contents\n")
        for what, name in NAMES.items():
            if what not in ("markup", "invalid UTF-8", "percent", "long"):
                tap.ok(BAD.search(name) is not None, f"control: the test's own eye sees {what}")
        agent = host.agent()

        # an ordinary name is shown as it is
        host.write("Documents/ordinary.txt", "contents\n")
        child = host.start("cat", host.path("Documents/ordinary.txt"), app="ordinary", stdin=None)
        question = agent.next_question()
        tap.ok(question is not None and any("ordinary.txt" in text for text in strings_of(question)), "control: an ordinary name is shown", str(question))
        if question:
            agent.answer(question, "deny")
        child.communicate(timeout=harness.LIMIT)

        for number, (what, name) in enumerate(NAMES.items()):
            app = f"names-{number}"
            child = host.start("cat", host.path("Documents", "odd", name), app=app, stdin=None)
            question = agent.next_question()
            if not tap.ok(question is not None, f"{what}: there is a question", child.poll()):
                child.kill()
                continue
            bad = [text for text in strings_of(question) if BAD.search(text)]
            tap.ok(not bad, f"{what}: nothing in the question that a person cannot see", json.dumps(bad))
            longest = max(len(text) for key in ("title", "intent", "warning") for text in [question.get(key, "")])
            tap.ok(longest < 400, f"{what}: title and intent are short", longest)
            # "always" for the file itself, so that the name goes to the store, the log and the lists
            agent.answer(question, "allow", scope=len(question["scopes"]) - 1, lifetime="always")
            out, err = child.communicate(timeout=harness.LIMIT)
            tap.ok("contents" in out, f"control: {what}: the file is read after consent", out + err)
            for command in (["grants"], ["grants", app], ["log"], ["apps"], ["why", app, host.path("Documents", "odd", name)]):
                result = host.postern(*command)
                text = result.stdout + result.stderr
                hit = BAD_OUTPUT.search(text)
                tap.ok(hit is None, f"{what}: postern {command[0]} prints nothing odd", repr(text[max(0, hit.start() - 60):hit.end() + 20]) if hit else "")
            result = host.postern("grants", app, "--json")
            try:
                json.loads(result.stdout)
                parsed = True
            except ValueError:
                parsed = False
            # for programs: characters of private use do no harm there
            tap.ok(parsed and not BAD_OUTPUT.search(re.sub("[\ue000-\uf8ff]", "", result.stdout)), f"{what}: postern grants --json is JSON", result.stdout + result.stderr)
            if "\n" in name:
                lines = [line for line in host.postern("grants", app).stdout.splitlines() if line.strip().startswith("Allow everything")]
                tap.ok(not lines, f"{what}: no line of its own in postern grants", str(lines))
        with open(os.path.join(host.root, "broker.log"), "rb") as file:
            log = file.read()
        tap.ok(re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", log) is None and "\u202e".encode() not in log, "nothing odd in what the broker prints")

    # the application's own names: argv[0], the command's name on disk, error messages of postern itself
    with harness.Host() as host:
        evil = "a\x1b[31m\u202enam\ne"
        for command in (["run", "--", evil], ["run", "--app", evil, "--", "true"], ["run", "--profile", "/nonexistent/" + evil, "--", "true"], ["grants", evil], ["why", evil, "/x"],
                        [evil], ["revoke", evil, "--all"], ["grant", "app", "/nonexistent/" + evil, "--access", "view"]):
            result = host.postern(*command)
            text = result.stdout + result.stderr
            hit = BAD_OUTPUT.search(text)
            tap.ok(hit is None, f"postern {command[0] if command[0] != evil else 'NAME'}: its message prints nothing odd", repr(text))

    # the text agent, on a terminal
    for what in ("escape", "bidi override", "line end", "invalid UTF-8"):
        with harness.Host(display=None) as host:
            name = NAMES[what]
            os.mkdir(host.path("Documents/odd"))
            with open(host.path("Documents", "odd", name), "w", encoding="utf-8") as file:
                file.write("contents\n")
            # output is the agent's alone: the application prints nothing
            terminal = harness.Terminal(host.run_command(["/bin/sh", "-c", 'cat "$1" >/dev/null 2>&1', "sh", host.path("Documents", "odd", name)]), host.env, host.home)
            try:
                asked = terminal.wait_for(b"Documents?", 10)
                terminal.keep_typing(b"\x03")
                text = terminal.output.decode("utf-8", "backslashreplace")
                tap.ok(asked, f"control: {what}: the text agent asks", repr(text))
                # the agent's own escape sequences are colours at most
                shown = OWN_SEQUENCES.sub("", text).replace("\r\n", "\n").replace("\r", "").replace("^C", "")
                hit = BAD_OUTPUT.search(shown)
                tap.ok(hit is None and "\x1b]0;" not in text and "\x1b[2J" not in text and "\x1b[1;1H" not in text and "\x07" not in shown, f"{what}: nothing odd on the terminal", repr(text))
                tap.ok(not re.search("^Allow everything\\?", shown, re.M), f"{what}: no line of its own on the terminal", repr(text))
            finally:
                terminal.close()
    tap.done()


main()
