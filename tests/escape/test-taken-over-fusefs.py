#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: the process that parses what the hostile program writes, postern-fusefs, has been taken over. With its descriptors alone it asks the supervisor to mount trees that were never
attached, opens, renames and links names outside of the granted set, climbs from the trees it holds, and asks the broker about what is none of its business.

Known from: the model is OpenSSH's privilege separation (a monitor that trusts nothing of its slave); bugs of the kind: CVE-2021-21261 (a portal that trusted its caller's
environment), CVE-2022-21682.

Must fail because: the supervisor checks tree, kind, access and name itself; trees are detached clones; the broker answers a gate within its own application and gate roots.

Control: the file system works through the same program, and what was granted can be opened by the same calls.
"""

import os
import shutil
import sys

import harness


def main():
    harness.become_ordinary_user()
    mount = harness.enter_own_mounts()
    tap = harness.Tap()
    fusefs = os.path.join(harness.BUILD, "fusefs", "postern-fusefs")
    with harness.Host() as host:
        secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        host.write(".ssh/id_rsa", "SECRET key\n")
        for directory in ("Documents/files", "Documents/looks"):
            for name in ("other.txt", "secret", ".hidden"):
                host.write(f"{directory}/{name}", "SECRET neighbour\n")
            os.symlink("other.txt", host.path(directory, "other-link"))
            host.write(f"{directory}/mine.txt", "granted\n")
        host.write("Pictures/photo", "granted\n")
        host.write("Videos/film", "granted\n")
        before = {}
        for directory, _, names in os.walk(host.path("Documents")):
            for name in names:
                path = os.path.join(directory, name)
                st = os.lstat(path)
                before[path] = (st.st_ino, st.st_size, st.st_nlink, st.st_mode)

        real = os.path.join(host.root, "postern-fusefs")
        shutil.copy(fusefs, real)
        config = os.path.join(harness.PAYLOADS, "hostile-fusefs.conf")
        with open(os.path.join(host.root, "conf"), "w", encoding="utf-8") as file:
            file.write(real + "\n")
        mount("bind", os.path.join(host.root, "conf"), config)
        mount("bind", os.path.join(harness.PAYLOADS, "hostile-fusefs"), fusefs)

        app = harness.APP
        host.grant(host.path("Pictures"), "view")
        host.grant(host.path("Videos"), "change")
        host.grant(host.path("Documents/files/mine.txt"), "change")
        host.grant(host.path("Documents/looks/mine.txt"), "view")
        host.run("true")
        home = host.private_home()
        with open(os.path.join(home, ".targets"), "w", encoding="utf-8") as file:
            file.write(f"secret={secret}\nssh={host.path('.ssh')}\nhome={host.home}\napp={app}\n")
        agent = host.agent()
        child = host.start("/bin/sh", "-c", 'cat "$1/Pictures/photo" "$1/Videos/film" "$1/Documents/files/mine.txt" "$1/Documents/looks/mine.txt"; echo ready; read go; '
                           'cat "$1/Documents/hidden/secret" "$1/Documents/files/other.txt"; ls "$1/Documents/hidden"; echo done', "sh", host.home)
        granted = 0
        while True:
            line = child.stdout.readline()
            granted += line == "granted\n"
            if line in ("ready\n", ""):
                break
        tap.ok(granted == 4, "control: through the taken-over fusefs all four grants are read", f"{granted} {child.stderr.read() if child.poll() is not None else ''}")
        with open(os.path.join(home, ".go"), "w", encoding="utf-8") as file:
            file.write("go\n")
        report = os.path.join(home, ".report")

        def finished():
            # nothing that the hostile one asks for may be put to the person but what lies behind a gate
            event = agent.next_event(0.05)
            if event is not None and event["event"] == "show":
                agent.questions.append(event)
                agent.answer(event, "deny")
            if not os.path.exists(report):
                return child.poll() is not None
            with open(report, encoding="utf-8", errors="backslashreplace") as file:
                return "\nend\n" in file.read() or child.poll() is not None

        try:
            harness.wait_until(finished, "the report", 60)
        except TimeoutError:
            tap.ok(False, "control: the attacks end")
        with open(report, encoding="utf-8", errors="backslashreplace") as file:
            rows, notes = harness.parse_report(file.read())
        for note in notes:
            tap.note(note)
        tap.ok("end" in notes, "control: all attacks were tried", notes[-3:])
        for kind, outcome, what, why in rows:
            tap.ok(outcome in ("ok", "refused"), f"{'control: ' if kind == 'control' else 'refused: '}{what}", outcome)
        for question in agent.questions:
            tap.ok(question["resource"].startswith((host.home, "/media", "/run/media", "/mnt", "/srv")), f"a question about {question['resource'][:60]!r} is about something behind a gate", str(question))
        if child.poll() is None:
            out, err = harness.finish(child, agent, "go\n")
            tap.ok("SECRET" not in out, "afterwards the application reads nothing ungranted", out + err)

        # what the broker does not forgive: a start for each
        for number in range(40):
            for name in (".go", ".report"):
                if os.path.exists(os.path.join(home, name)):
                    os.unlink(os.path.join(home, name))
            with open(os.path.join(home, ".targets"), "w", encoding="utf-8") as file:
                file.write(f"secret={secret}\nssh={host.path('.ssh')}\nhome={host.home}\napp={app}\nfatal={number}\n")
            child = host.start("/bin/sh", "-c", 'echo ready; read go; cat "$1"', "sh", secret)
            child.stdout.readline()
            n_questions = len(agent.questions)
            with open(os.path.join(home, ".go"), "w", encoding="utf-8") as file:
                file.write("go\n")
            try:
                harness.wait_until(finished, "the report", 15)
            except TimeoutError:
                tap.ok(False, f"control: case {number} ends")
            text = ""
            if os.path.exists(report):
                with open(report, encoding="utf-8", errors="backslashreplace") as file:
                    text = file.read()
            if child.poll() is None:
                child.kill()
            out, err = child.communicate(timeout=harness.LIMIT)
            if "no more" in text:
                break
            rows, notes = harness.parse_report(text)
            what = next((note for note in notes if note.startswith("# trying")), f"case {number}")[9:]
            asked = [question["resource"] for question in agent.questions[n_questions:]]
            tap.ok(text != "" and all(row[1] == "refused" for row in rows) and "SECRET" not in out, f"refused, or the sandbox ended: {what}", f"{text} {out} {err}")
            outside = [path for path in asked if not path.startswith((host.home, "/media", "/run/media", "/mnt", "/srv"))]
            tap.ok(not outside, f"and nothing was put to the person: {what}", str(outside))
            tap.ok(host.broker.poll() is None, f"and the broker lives: {what}")
        after = {}
        for directory, _, names in os.walk(host.path("Documents")):
            for name in names:
                path = os.path.join(directory, name)
                st = os.lstat(path)
                after[path] = (st.st_ino, st.st_size, st.st_nlink, st.st_mode)
        tap.ok(after == before, "the files of Documents are as they were", {key: (before.get(key), after.get(key)) for key in {*before, *after} if before.get(key) != after.get(key)})
        tap.ok(not os.path.exists(host.path("Pictures/made-by-hostile")), "nothing was made in Pictures")
        tap.ok(host.broker.poll() is None, "the broker lives")
        result = host.postern("grants", app)
        tap.ok("hidden" not in result.stdout, "no grant was added", result.stdout)
    tap.done()


sys.exit(main())
