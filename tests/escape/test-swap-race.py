#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: exchange a directory and a symlink that points out, as fast as the machine can, while questions are answered and grants made, 10^5 times
and more, in the hope that one of the steps between "shown" and "mounted" looks twice.

Known from: CVE-2021-30465 (runc), CVE-2018-15664 (docker cp), CVE-2019-19921; the method is theirs.

Must fail because: the path is walked once without following symlinks, to a descriptor, and it is the descriptor that is compared and cloned.

Control: a naive program outside (test, then open) reads the secret within the same number of exchanges.
"""

import os
import subprocess
import time

import harness

ENOUGH = 100_000
SECONDS = 18


def start_swapper(host):
    return subprocess.Popen([os.path.join(harness.PAYLOADS, "swapper"), host.path("Pictures/album"), host.path("Pictures/other")], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)


def stop_swapper(child):
    out, _ = child.communicate("\n", timeout=harness.LIMIT)
    return int(out or 0)


def naive(host):
    """lstat says directory, then open follows: the mistake."""
    directory = host.path("Pictures/album")
    for _ in range(200_000):
        try:
            if os.path.islink(directory):
                continue
            with open(directory + "/photo", encoding="utf-8") as file:
                if "SECRET" in file.read():
                    return True
        except OSError:
            pass
    return False


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        host.write("Pictures/album/photo", "innocent\n")
        host.write("Documents/hidden/photo", "SECRET\n")
        os.symlink(host.path("Documents/hidden"), host.path("Pictures/other"))

        swapper = start_swapper(host)
        found = naive(host)
        n_control = stop_swapper(swapper)
        tap.ok(found, f"control: a naive program reads the secret ({n_control} exchanges)")

        agent = host.agent()
        total = 0
        outcomes = {"innocent": 0, "SECRET": 0, "nothing": 0, "granted by its link": 0}
        leaks = []
        end = time.monotonic() + SECONDS
        rounds = 0
        swapper = start_swapper(host)
        path = host.path("Pictures/album/photo")
        try:
            while time.monotonic() < end:
                app = f"race-{rounds}"
                if rounds % 3 == 2:
                    # a grant by command, resolved while the exchange goes on, used by the next start
                    host.postern("grant", app, host.path("Pictures/album"), "--access", "view")
                child = host.start("cat", path, app=app, stdin=None)
                asked = []
                while child.poll() is None and time.monotonic() < end + 8:
                    question = agent.next_question(0.02)
                    if question is None:
                        continue
                    asked.append(question)
                    # the person sees Pictures/album: any question about the hidden place is refused
                    if "hidden" in question["resource"] or "Documents" in question["resource"] or len(asked) > 3:
                        agent.answer(question, "deny")
                    else:
                        agent.answer(question, "allow", scope=min(rounds % 2 + 1, len(question["scopes"]) - 1), lifetime="once")
                out, err = child.communicate(timeout=harness.LIMIT)
                kind = "SECRET" if "SECRET" in out else "innocent" if "innocent" in out else "nothing"
                if kind == "SECRET" and rounds % 3 == 2 and "hidden" in host.postern("why", app, host.path("Pictures/album")).stdout:
                    # the command was given while the name was a link: then that is what was granted, and is what Postern says
                    kind = "granted by its link"
                outcomes[kind] += 1
                if kind == "SECRET":
                    leaks.append(f"{app}: {[(q['resource'], q['title'], q['scopes']) for q in asked]}")
                rounds += 1
        finally:
            total = stop_swapper(swapper)
        tap.note(f"{rounds} rounds, {total} exchanges, {outcomes}")
        tap.ok(outcomes["SECRET"] == 0, "the secret is never read", "\n".join(leaks[:5]))
        tap.ok(total + n_control >= ENOUGH and rounds >= 20, f"enough was tried: {total} exchanges in {rounds} rounds")
        tap.ok(outcomes["innocent"] > 0, "control: what was shown is read in some rounds")
    tap.done()


main()
