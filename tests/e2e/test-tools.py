# SPDX-License-Identifier: GPL-3.0-or-later
"""One question for one intent, and what an answer means: on the tools that everybody has, without a screen."""
import os
import signal
import sys
import time

from inside import CROWD, Servant
from postern_e2e import Home, ScriptedPerson, is_alive, run_tests, wait_until

EACCES = "13"


def one_question(tap, person, home, what):
    tap.ok(len(person.shown) == 1, f"{what}: one question", f"{len(person.shown)}: {person.titles()}")
    tap.ok(home.n_asked() == 1, f"{what}: one question in the log", home.postern("log").stdout)


def test_cp(tap):
    with Home() as home:
        home.write("Documents/a", "the content of a\n")
        person = ScriptedPerson(home)
        result = home.run("cp", home.path("Documents/a"), home.path("Documents/b"), app=None)
        tap.ok(result.returncode == 0, "cp a b succeeds", result.stderr)
        tap.ok(home.read("Documents/b") == b"the content of a\n", "the copy is in the real folder")
        one_question(tap, person, home, "cp a b")


def test_sqlite(tap):
    with Home() as home:
        person = ScriptedPerson(home)
        statements = "create table t (x); insert into t values (1), (2); select sum(x) from t;"
        result = home.run("sqlite3", home.path("Documents/list.db"), statements, app=None)
        tap.ok(result.returncode == 0 and result.stdout == "3\n", "SQLite makes a database", result.stdout + result.stderr)
        tap.ok(os.path.exists(home.path("Documents/list.db")), "the database is in the real folder")
        one_question(tap, person, home, "sqlite3 list.db")
        again = home.run("sqlite3", home.path("Documents/list.db"), "pragma integrity_check; select count(*) from t;", app=None)
        tap.ok(again.stdout == "ok\n2\n", "and is whole when it is opened again", again.stdout + again.stderr)
        one_question(tap, person, home, "and that asks nothing more")


def test_crowd(tap):
    with Home() as home:
        for i in range(100):
            home.write(f"Pictures/file-{i:02d}", f"content {i}\n")
        person = ScriptedPerson(home)
        result = home.run("/usr/bin/python3", "-c", CROWD, home.path("Pictures"))
        tap.ok(result.stdout == "100 set()\n", "100 threads read 100 files", result.stdout + result.stderr)
        one_question(tap, person, home, "100 threads, 100 files")


def test_second_start(tap):
    with Home() as home:
        path = home.write("Pictures/a", "a picture\n")
        person = ScriptedPerson(home)
        first = home.run("cat", path, app=None)
        tap.ok(first.stdout == "a picture\n", "allowed: the first start reads it", first.stderr)
        second = home.run("cat", path, app=None)
        tap.ok(second.stdout == "a picture\n", "so does the second start", second.stderr)
        one_question(tap, person, home, "two starts")
        other = home.run("head", path, app=None)
        tap.ok(len(person.shown) == 2, "another program is asked about for itself", person.titles())
        tap.ok(other.stdout == "a picture\n", "and reads it when it is allowed", other.stderr)


def test_once(tap):
    with Home() as home:
        path = home.write("Pictures/a", "a picture\n")
        person = ScriptedPerson(home, "allow once")
        for start in (1, 2):
            result = home.run("cat", path, path, app=None)
            tap.ok(result.stdout == "a picture\n" * 2, f"allowed this time: start {start} reads it", result.stderr)
            tap.ok(len(person.shown) == start, f"and start {start} has asked", person.titles())


def test_deny(tap):
    with Home() as home:
        path = home.write("Pictures/secret-name", "a picture\n")
        person = ScriptedPerson(home, "deny once")
        script = 'cat "$1"; ls "$2"; cat "$2"/*; stat "$1"; echo "$2"/*; find "$2"'
        result = home.sh(script, path, home.path("Pictures"))
        said = (result.stdout + result.stderr).replace(path, "")
        tap.ok("a picture" not in said, "denied: nothing of the file is read", said)
        tap.ok("secret-name" not in said, "denied: its name is not to be found", said)
        tap.ok("Permission denied" in result.stderr, "denied: the program is told so", result.stderr)
        one_question(tap, person, home, "six attempts in one run")
        home.grant(home.path("Pictures"))
        control = home.sh(script, path, home.path("Pictures"))
        tap.ok("a picture" in control.stdout and "secret-name" in control.stdout, "control: when it is granted the same script finds both", control.stderr)


def test_guessing(tap):
    """As SECURITY.md has it: below what is not granted, what exists and what does not look the same."""
    with Home() as home:
        home.write("Pictures/there", "a picture\n")
        home.write("taxes/2026", "a secret\n")
        person = ScriptedPerson(home, "deny once")
        servant = Servant(home)
        answers = {name: servant.ask("stat", home.path(name)) for name in ("Pictures/there", "Pictures/nowhere", "taxes/2026", "taxes/1999")}
        tap.ok(set(answers.values()) == {EACCES}, "below a folder that is denied, there is no telling what exists", answers)
        tap.ok(servant.ask("stat", home.path("nothing")) == "2", "a name that is not in the home is not there")
        tap.ok(len(person.shown) == 2, "each folder was asked about once, the missing name not at all", person.titles())
        servant.end()


def test_hide(tap):
    with Home() as home:
        path = home.write("Pictures/a", "a picture\n")
        person = ScriptedPerson(home, "hide always")
        result = home.sh('cat "$1"; ls -A "$2"', path, home.path("Pictures"))
        tap.ok("No such file" in result.stderr and result.stdout == "", "hidden: the folder is empty", result.stdout + result.stderr)
        one_question(tap, person, home, "hidden")


def test_nobody_to_ask(tap):
    with Home(display=None) as home:
        path = home.write("Pictures/a", "a picture\n")
        begun = time.monotonic()
        result = home.run("cat", path, app=None)
        tap.ok(result.returncode != 0 and "a picture" not in result.stdout, "nobody can be asked: it is refused", result.stdout)
        tap.ok(time.monotonic() - begun < 5, "at once")
        tap.ok(home.json("grants") == [], "and nothing is remembered", home.postern("grants").stdout)


def test_log_flood(tap):
    """Nobody has to answer for a refusal where nobody can be asked, so an application can be refused as often as it likes."""
    with Home(display=None) as home:
        home.postern("settings", "history-rows", "1000")
        home.run("cat", home.write("Documents/x", "a text\n"), app="victim")
        before = [event for event in home.json("log", "-n", "10000") if event["app"] == "victim"]
        tap.ok(len(before) >= 2, "control: what another application did is in the log", before)
        script = """
import os, sys
for i in range(6000):
    try: os.stat("%s/%d" % (sys.argv[1], i))
    except OSError: pass
"""
        home.run("/usr/bin/python3", "-c", script, home.path("Pictures"), app="flood")
        log = home.json("log", "-n", "10000")
        tap.ok([event for event in log if event["app"] == "victim"] == before, "an application that is refused 6,000 times does not push that out",
               log[:2])
        tap.ok(len(log) < 400, "nor fills the log: it has a tenth of it", len(log))
        tap.ok(any(event["what"] == "left out" and "more event" in event["text"] for event in log), "and it is told that there was more", log[-3:])


def test_kept_for_itself(tap):
    with Home() as home:
        person = ScriptedPerson(home)
        first = home.sh('echo settings > "$HOME/.config-of-mine"; mkdir -p "$HOME/.config/x"; echo 1 > "$HOME/.config/x/y"; cat "$HOME/.config-of-mine"')
        second = home.sh('cat "$HOME/.config-of-mine" "$HOME/.config/x/y"')
        tap.ok(first.stdout == "settings\n" and second.stdout == "settings\n1\n", "what begins with a dot is the application's own, and lasts",
               first.stderr + second.stderr)
        tap.ok(person.shown == [], "and is never asked about", person.titles())
        tap.ok(not os.path.exists(home.path(".config-of-mine")), "the person's own home has nothing of it")
        other = home.sh('cat "$HOME/.config-of-mine"', app="another-app")
        tap.ok("No such file" in other.stderr, "nor has another application", other.stdout + other.stderr)


def test_revoke(tap):
    with Home() as home:
        path = home.write("Pictures/a", "a picture\n")
        person = ScriptedPerson(home, lambda question: "allow always" if len(person.shown) == 1 else "deny once")
        servant = Servant(home)
        tap.ok(servant.ask("read", path) == "ok 10", "granted: it reads the file")
        servant.ask("hold", path)
        begun = time.monotonic()
        result = home.postern("revoke", "org.example.Servant", home.path("Pictures"))
        took = time.monotonic() - begun
        opened, listed = servant.ask("read", path), servant.ask("list", home.path("Pictures"))
        tap.ok(result.returncode == 0, "revoke succeeds", result.stderr)
        tap.ok(opened == EACCES and listed == EACCES, "revoked: it can neither open nor list", f"{opened} {listed}")
        tap.ok(took <= 1.0, "within a second", f"{took:.3f} s")
        tap.ok("python3" in result.stdout and "Pictures/a" in result.stdout, "what it still holds is told", result.stdout)
        tap.ok(servant.ask("held", path) == "ok 10", "as documented, what was open can still be read")
        servant.end()


def test_revoke_strict(tap):
    with Home() as home:
        path = home.write("Pictures/a", "a picture\n")
        person = ScriptedPerson(home, lambda question: "allow always" if len(person.shown) == 1 else "deny once")
        servant = Servant(home, options=["--strict"])
        tap.ok(servant.ask("hold", path) == "ok" and servant.ask("read", path) == "ok 10", "strict: it reads the file")
        # more than it has read, and than the kernel has read ahead
        unread = home.write("Pictures/large", "x" * 5000000)
        servant.ask("hold", unread)
        home.postern("revoke", "org.example.Servant", home.path("Pictures"))
        answer = servant.ask("held", unread)
        tap.ok(not answer.startswith("ok"), "strict: revoked, what was open is cut", answer)
        servant.end()


def test_first_thing(tap):
    """What is the first thing in a folder that was just given ends as it does without a sandbox: nobody hears of a stale file handle."""
    with Home() as home:
        there = home.path("Documents/there")
        home.write("Documents/there/file", "text\n")
        os.symlink("nowhere", home.path("Documents/link"))
        ScriptedPerson(home, access=2)
        for n, (command, words) in enumerate((
                (("mkdir", home.path("Documents/new")), ""), (("mkdir", there), "File exists"), (("mkdir", "-p", there), ""),
                (("ln", "-s", "x", home.path("Documents/new-link")), ""), (("ln", "-s", "x", home.path("Documents/link")), "File exists"),
                (("ln", "-sf", "x", home.path("Documents/link")), ""), (("mkfifo", home.path("Documents/fifo")), ""),
                (("mkfifo", home.path("Documents/link")), "File exists"), (("rmdir", there), "Directory not empty"))):
            result = home.run(*command, app=f"org.example.First{n}")
            tap.ok(result.returncode == (1 if words else 0) and words in result.stderr, f"{' '.join(os.path.basename(w) for w in command)}: {words or 'succeeds'}",
                   result.stderr)


def test_asked_past_a_rule(tap):
    """A rule allows a name that leads to where nothing is given. Whatever is answered to the question that comes instead, about the folder
    above, it does not come again."""
    for words in ("deny once", "deny always", "allow once", "allow always"):
        with Home() as home:
            link = home.path("Documents/link")
            home.write("Documents/a", "text\n")
            os.symlink("/dev/shm", link)
            home.grant(link, app="org.example.Past")
            # what comes after the fifth is left open, and ends the test
            person = ScriptedPerson(home, lambda question, words=words: words if len(person.shown) <= 5 else None)
            result = home.run("ls", link + "/", app="org.example.Past")
            tap.ok(result.returncode != 0 and result.stdout == "", f"{words}: nothing is given there", result.stdout + result.stderr)
            tap.ok(len(person.shown) == 1, f"{words}: one question", f"{len(person.shown)}: {person.titles()}")


def test_killed_while_it_waits(tap):
    with Home() as home:
        path = home.write("Pictures/a", "a picture\n")
        person = ScriptedPerson(home, None)
        process = home.start("cat", path, app=None)
        question = person.wait_for_question()
        victims = wait_until(lambda: home.application(process.pid), "no application is there")
        begun = time.monotonic()
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(is_alive(pid) for pid in victims), "the application does not die")
        gone = time.monotonic() - begun
        withdrawn = person.wait_withdrawn(question) - begun
        tap.ok(gone <= 0.1, "killed while it waits: gone within 100 ms", f"{gone * 1000:.0f} ms")
        tap.ok(withdrawn <= 0.1, "and so is the question", f"{withdrawn * 1000:.0f} ms")
        tap.ok(process.wait(20) == -signal.SIGKILL, "postern run ends as a killed program does", process.returncode)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
