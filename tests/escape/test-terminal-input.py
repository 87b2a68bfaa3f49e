#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: answer one's own question on the terminal: keys typed ahead for the application that fall into the text agent; terminal answers (device status, title reports) that
the application provokes at the right moment; and, with standard input elsewhere, reading or writing the terminal's input by standard output or /dev/tty.

Known from: CVE-2017-5226 once more; xterm's and others' answerback and title-report injections (CVE-2003-0063, CVE-2022-45872 iTerm2); sudo's tty_tickets and use_pty rationale.

Must fail because: the application's terminal is another one; the agent discards what was typed before the question stood there, ignores its first moments, and stops the
application's output while it waits.

Control: an answer typed after the question is taken.
"""

import os
import re
import time

import harness


def start(host, script, *arguments, stdio=(0, 1, 2), app=harness.APP):
    return harness.Terminal(host.run_command(["/bin/sh", "-c", script, "sh", *arguments], app=app), host.env, host.home, stdio)


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    # no display: the text agent asks
    with harness.Host(display=None) as host:
        secret = host.write("Documents/secret", "CONTENTS of it\n")

        terminal = start(host, 'cat "$1"', secret, app="typed")
        try:
            asked = terminal.wait_for(b"Documents?", 10)
            tap.ok(asked, "control: the text agent asks", repr(terminal.output))
            found = re.search(rb"(\S+)  Allow this time", terminal.output) if terminal.wait_for(b"Allow this time", 5) else None
            key = found.group(1) if found else b"1"
            allowed = terminal.keep_typing(key + b"\n", until=b"CONTENTS")
            tap.ok(allowed, f"control: {key!r} typed after the question is an answer", repr(terminal.output))
        finally:
            terminal.close()

        # typed ahead: everything that could be an answer, before the question is there
        terminal = start(host, 'sleep 0.3; cat "$1"', secret, app="ahead")
        try:
            for _ in range(20):
                terminal.type(key + b"\ny\na\n1\n2\n3\nalways\nallow\n")
            terminal.wait_for(b"Documents", 10)
            end = time.monotonic() + 2.5
            while time.monotonic() < end:
                terminal.pump(0.1)
            tap.ok(b"CONTENTS" not in terminal.output, "keys typed ahead answer nothing", repr(terminal.output))
            terminal.type(b"\x03")
        finally:
            terminal.close()

        # the terminal's own answers: the application asks the terminal for reports all the time; a terminal would type the answers. Played here by the test.
        flood = 'while :; do printf "\\033[6n\\033[c\\033[21t\\033]52;c;?\\007"; sleep 0.01; done & cat "$1"; kill $!'
        terminal = start(host, flood, secret, app="reports")
        try:
            end = time.monotonic() + 4
            answered = 0
            seen = 0
            while time.monotonic() < end and terminal.process.poll() is None:
                terminal.pump(0.02)
                new = terminal.output[seen:].count(b"\x1b[6n")
                if new:
                    seen = len(terminal.output)
                    answered += 1
                    terminal.type(b"\x1b[24;80R\x1b[?1;2c\x1b]l" + key + b"\n" + key + b"\x1b\\")
            tap.note(f"{answered} reports were answered")
            tap.ok(answered > 0, "control: the application's reports reach the terminal")
            tap.ok(b"CONTENTS" not in terminal.output, "answers of the terminal are no answers to the question", repr(terminal.output[-1500:]))
            terminal.type(b"\x03")
        finally:
            terminal.close()

    # standard input is not the terminal, but standard output is: the desktop launcher's and the pipeline's case
    with harness.Host() as host:
        script = (
            'stty -a <&1 >/dev/null 2>&1 && echo tty-settings-read; '
            'stty -echo <&1 2>/dev/null && echo tty-settings-changed; '
            'echo reading >&2; '
            'timeout 1 cat <&1 | sed "s/^/stolen: /"; timeout 1 cat </dev/tty 2>/dev/null | sed "s/^/stolen by dev tty: /"; timeout 1 cat <&2 2>/dev/null | sed "s/^/stolen by 2: /"; echo end'
        )
        for stdio in ((1, 2), (0, 2), (2,)):
            report = os.path.join(host.private_home(), ".report")
            if os.path.exists(report):
                os.unlink(report)
            terminal = start(host, f"{{ {script}; }} | tee $HOME/.report", stdio=stdio)
            try:
                tap.ok(terminal.wait_for(b"reading", 10), f"control: the payload reads when something is typed, terminal on {stdio}", repr(terminal.output))
                terminal.type(b"PASSWORD typed for another program\n")
                terminal.wait(15)
                text = terminal.output.decode(errors="replace")
                if os.path.exists(report):
                    with open(report, encoding="utf-8", errors="replace") as file:
                        text += file.read()
                where = f"terminal on {stdio}, not on the others"
                if 0 not in stdio:
                    tap.ok("stolen" not in text, f"{where}: what is typed is not read", text)
                tap.ok("end" in text, f"control: {where}: the payload ran", text)
            finally:
                terminal.close()
    tap.done()


main()
