#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one payload outside, where its attacks must succeed, and inside, where they must not.

    payload.py NAME [--pty] [--stdio 0,1,2]

Outside means: as the ordinary user itself, and as "root" of a user namespace that the user made, since some attacks need the
capabilities that a careless sandbox leaves behind. An attack that succeeds in neither proves nothing, and fails the test, unless the
payload calls it "maybe" because it depends on the kernel.
"""

import argparse
import os
import subprocess
import sys

import harness

OUTSIDE = {
    "natively": [],
    "in a user namespace": ["unshare", "--user", "--map-root-user", "--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child"],
}


def run_on_terminal(command, host, stdio):
    terminal = harness.Terminal(command, host.env, host.home, stdio)
    try:
        status = terminal.wait()
        text = terminal.output.decode(errors="backslashreplace")
        return status, text, terminal.typed()
    finally:
        terminal.close()


def run_on_pipes(command, host):
    result = subprocess.run(command, env=host.env, cwd=host.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, errors="backslashreplace", timeout=harness.LIMIT)
    return result.returncode, result.stdout + result.stderr, b""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--pty", action="store_true")
    parser.add_argument("--stdio", default="0,1,2")
    options = parser.parse_args()
    harness.become_ordinary_user()

    tap = harness.Tap()
    stdio = tuple(int(word) for word in options.stdio.split(","))
    program = os.path.join(harness.PAYLOADS, options.name)

    with harness.Host() as host:
        victims = harness.Victims(host)
        try:
            arguments = victims.arguments()

            def run(command):
                return run_on_terminal(command, host, stdio) if options.pty else run_on_pipes(command, host)

            outside = {}
            for place, prefix in OUTSIDE.items():
                status, text, typed = run([*prefix, program, "where=outside", *arguments])
                rows, notes = harness.parse_report(text)
                if not rows:
                    tap.note(f"{place}: status {status}: {text[-500:]}")
                for kind, outcome, what, why in rows:
                    outside.setdefault(what, {})[place] = (kind, outcome, why)
                if options.pty and place == "natively" and "tiocsti" in options.name:
                    tap.ok(b"#" in typed, "control: outside, the injected characters are in the terminal's input queue", repr(typed))
            # the victims are unharmed by the controls, or were never right
            if not victims.alive():
                tap.ok(False, "the victim survives the controls")

            inner = host.install(options.name)
            status, text, typed = run(host.run_command([inner, "where=inside", *arguments]))
            rows, notes = harness.parse_report(text)
            for note in notes:
                tap.note(note)
            tap.ok(status == 0 and rows, "the payload runs inside", f"status {status}\n{text}")
            for kind, outcome, what, why in rows:
                if kind == "control":
                    tap.ok(outcome == "ok", f"control: {what}", why)
                    continue
                tap.ok(outcome == "refused", f"refused inside: {what}" + (f" ({why})" if why else ""), "it SUCCEEDED")
                shown = [place for place, row in outside.get(what, {}).items() if row[1] == "SUCCEEDED"]
                if shown:
                    tap.ok(True, f"control: {what} succeeds {shown[0]}")
                elif kind == "attack":
                    tap.ok(False, f"control: {what} succeeds somewhere outside", outside.get(what, "never tried"))
                else:
                    tap.note(f"control not possible here: {what} succeeds nowhere outside either")
            if options.pty:
                tap.ok(typed == b"", "nothing is in the terminal's input queue afterwards", repr(typed))
            tap.ok(victims.alive() and victims.memory_is_untouched(), "the victim lives, its memory untouched")
        finally:
            victims.close()
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
