#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: between the question and the mount, put something else in the place of what the person was shown: a symlink, another directory, another
file; at the last component or at a parent.

Known from: CVE-2021-30465 (runc: symlink exchange while mounting), CVE-2017-1002101 (Kubernetes subPath), CVE-2018-15664 (docker cp).

Must fail because: the real path is resolved and its device and inode noted when the question is made; what is opened for the mount is walked
without following symlinks and compared with them.

Control: without the exchange the same answer gives what was shown. The exchange is made when the question is on screen: no luck is needed.
"""

import os

import harness


def build(host):
    """Two trees that have the same names with different contents."""
    for name in ("Pictures", "Pictures.away", "Documents"):
        harness.remove_tree(host.path(name))
    for tree, text in (("Pictures/album/2026", "innocent"), ("Documents/hidden/2026", "SECRET")):
        host.write(f"{tree}/photo", text + " photo\n")
        host.write(f"{tree[:-5]}/photo", text + " photo\n")


def to_symlink(host, name, target):
    path = host.path(name)
    os.rename(path, path + ".away")
    os.symlink(target, path)


def to_other(host, name, other):
    path = host.path(name)
    os.rename(path, path + ".away")
    os.rename(host.path(other), path)


def attempt(host, agent, path, exchange, pick, strict=False):
    """Returns what the application printed and the questions it took. Every question after the first is denied."""
    build(host)
    app = f"swap-{attempt.count}"
    attempt.count += 1
    child = host.start("cat", host.path(path), app=app, stdin=None)
    first = agent.next_question(10)
    if first is None:
        child.kill()
        return None, []
    exchange()
    scope = pick(first)
    agent.answer(first, "allow", scope=scope, lifetime="once")
    questions = [first]
    while child.poll() is None:
        more = agent.next_question(0.05)
        if more is not None:
            questions.append(more)
            agent.answer(more, "deny")
    out, err = child.communicate(timeout=harness.LIMIT)
    return out + err, questions


attempt.count = 0


def widest(question):
    return 0


def narrowest(question):
    return len(question["scopes"]) - 1


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        agent = host.agent()
        target = host.path("Documents", "hidden")
        cases = [
            ("nothing", lambda: None),
            ("the directory by a symlink", lambda: to_symlink(host, "Pictures/album", target)),
            ("the directory by a relative symlink", lambda: to_symlink(host, "Pictures/album", "../Documents/hidden")),
            ("the directory by another directory", lambda: to_other(host, "Pictures/album", "Documents/hidden")),
            ("the whole of Pictures by a symlink", lambda: to_symlink(host, "Pictures", host.path("Documents"))),
            ("the whole of Pictures by another directory", lambda: to_other(host, "Pictures", "Documents")),
            ("the file by a symlink", lambda: to_symlink(host, "Pictures/album/photo", os.path.join(target, "photo"))),
            ("the file by another file", lambda: to_other(host, "Pictures/album/photo", "Documents/hidden/photo")),
            ("Home's parent link", lambda: to_symlink(host, "Pictures/album/2026", os.path.join(target, "2026"))),
        ]
        for what, exchange in cases:
            for which, pick in (("widest", widest), ("narrowest", narrowest)):
                path = "Pictures/album/2026/photo" if "Home" in what else "Pictures/album/photo"
                text, questions = attempt(host, agent, path, exchange, pick)
                if what == "nothing":
                    tap.ok(text is not None and "innocent" in text and len(questions) == 1, f"control: nothing exchanged, {which} scope: what was shown is read",
                           f"{text} {questions}")
                    continue
                name = f"exchanged: {what}, {which} scope"
                tap.ok(text is not None, f"{name}: the question came", "no question")
                # What is exchanged below a directory that was granted as a whole is that directory's business
                chosen = questions[0]["scopes"][pick(questions[0])][1] if questions else ""
                moved = {"the file by another file": "Pictures/album/photo", "the directory by another directory": "Pictures/album"}.get(what)
                if moved is not None and chosen != "" and host.path(moved).startswith(chosen + "/"):
                    tap.note(f"{name}: read {text.strip()!r}: it lies in the directory that was granted")
                    continue
                tap.ok(text is not None and "SECRET" not in text, f"{name}: the other is not read", f"{text} {questions}")
    tap.done()


main()
