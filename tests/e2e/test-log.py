# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened: the log on the command line, as it grows, with hostile names in it, and allowing afterwards what was refused."""
import json
import os
import signal
import subprocess
import sys
import threading

from postern_e2e import Home, ScriptedPerson, is_alive, run_tests, wait_until


def stop_broker(home):
    for pid in home.processes("postern-broker"):
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda pid=pid: not is_alive(pid), "the broker's end")


class Follower:
    """postern log --follow, line by line."""

    def __init__(self, home, *arguments):
        self.process = subprocess.Popen([home.program("sandbox/postern"), "log", "--follow", *arguments], env=home.env, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, errors="surrogateescape")
        self.lines = []
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line)
                self.changed.notify_all()

    def wait(self, wanted, limit=20):
        with self.changed:
            if not self.changed.wait_for(lambda: any(wanted(line) for line in self.lines), limit):
                raise TimeoutError(f"not told: {self.lines}")

    def end(self):
        status = self.process.wait(20)
        self.thread.join(20)
        return status, self.process.stderr.read()


def test_filters(tap):
    with Home() as home:
        ScriptedPerson(home, "allow always")
        home.run("cat", home.write("Pictures/holiday.jpg", "a picture\n"), app="viewer")
        home.run("cat", home.write("Documents/letter.txt", "a text\n"), app="editor")
        log = home.json("log")
        tap.ok([event["row"] for event in log] == sorted(event["row"] for event in log), "the newest is last", log)
        kinds = [event["what"] for event in log if event["app"] == "viewer"]
        tap.ok(kinds == ["started", "asked", "granted", "used", "ended"], "question, answer and first use are in it", kinds)
        asked = home.events("asked")[0]
        tap.ok(os.path.basename(asked["program"]) == "cat" and asked["access"] == "view", "with the program that asked", asked)
        tap.ok({event["app"] for event in home.json("log", "viewer")} == {"viewer"}, "by application")
        tap.ok([e["what"] for e in home.json("log", "--what", "asked,granted")] == ["asked", "granted"] * 2, "by kind")
        tap.ok({e["app"] for e in home.json("log", "--text", "HOLIDAY")} == {"viewer"}, "by text, in any case")
        tap.ok(home.json("log", "--text", "no such text") == [] and home.json("log", "--since", "1h") == home.json("log"), "by time")
        tap.ok(home.json("log", "-n", "2") == home.json("log")[-2:], "and the newest of them alone")
        table = home.postern("log", "--what", "asked").stdout
        tap.ok(table.startswith("ROW") and "~/Pictures" in table, "a table for people", table)
        for arguments in (["--what", "nonsense"], ["--since", "nonsense"], ["-n", "0"], ["a", "b"]):
            result = home.postern("log", *arguments)
            tap.ok(result.returncode == 2 and result.stderr.startswith("postern log: "), f"{arguments} is refused", result.stderr)
        result = home.postern("log", "--text", "x" * 1000)
        tap.ok(result.returncode == 1 and "too long" in result.stderr, "as is a text of a thousand characters", result.stderr)


def test_follow(tap):
    with Home() as home:
        ScriptedPerson(home, "allow always")
        path = home.write("Pictures/a", "a picture\n")
        people, programs = Follower(home), Follower(home, "--json", "--what", "granted,used")
        home.run("cat", path, app="viewer")
        people.wait(lambda line: "granted" in line and "viewer" in line)
        programs.wait(lambda line: json.loads(line)["what"] == "used")
        home.run("cat", path, app="viewer")
        people.wait(lambda line: "ended" in line)
        tap.ok([json.loads(line)["what"] for line in programs.lines] == ["granted", "used"] * 1 + ["used"] * (len(programs.lines) - 2),
               "new rows are told as they come, by the filter", programs.lines)
        rows = [line.split()[0] for line in people.lines if line[:1].isdigit()]
        tap.ok(rows == sorted(set(rows), key=int), "each once, in order", people.lines)
        people.process.send_signal(signal.SIGINT)
        tap.ok(people.end() == (0, ""), "Ctrl-C ends it")
        before = home.json("log")[-1]["row"]
        new = Follower(home, "--json", "-n", "0")
        while not new.lines:  # until it is there
            home.run("cat", path, app="viewer")
        tap.ok(all(json.loads(line)["row"] > before for line in new.lines), "with -n 0 nothing that was before", new.lines)
        new.process.send_signal(signal.SIGINT)
        tap.ok(new.end() == (0, ""), "Ctrl-C ends that as well")
        stop_broker(home)
        status, text = programs.end()
        tap.ok(status == 1 and "the broker has ended" in text, "and it says so when the broker goes", text)


def test_hostile_names(tap):
    """Names that would command a terminal, or are no text at all."""
    with Home(display=None) as home:
        name = b"\x1b]0;owned\x07\x1b[2Jx\xff\xe2\x80\xae.jpg"
        os.makedirs(home.path("Pictures"), exist_ok=True)
        with open(os.path.join(os.fsencode(home.path("Pictures")), name), "wb") as file:
            file.write(b"x")
        follower = Follower(home)
        home.sh('cat "$1"/*', home.path("Pictures"), app="hostile")
        home.run("cat", os.path.join(home.path("Pictures"), os.fsdecode(name)), app="hostile")
        follower.wait(lambda line: "owned" in line)
        follower.process.send_signal(signal.SIGINT)
        follower.end()
        shown = "".join(follower.lines) + home.postern("log").stdout
        tap.ok("owned" in shown and not any(c in shown for c in "\x1b\x07\u202e"), "nothing of them reaches the terminal raw", repr(shown))
        exact = [bytes.fromhex(event["resource_bytes"]) for event in home.json("log") if "resource_bytes" in event]
        tap.ok(any(path.endswith(name) for path in exact), "and a program gets every byte", exact)


def test_allow(tap):
    with Home(display=None) as home:
        path = home.write("Pictures/a", "a picture\n")
        key = home.write(".ssh/id_rsa", "secret\n")
        home.run("cat", path, app="viewer")
        refused = home.events("refused")[-1]
        tap.ok(refused["resource"] == path, "control: it was refused", refused)
        other = home.write("Pictures/b", "another\n")
        result = home.postern("allow", str(refused["row"]))
        tap.ok(result.returncode == 0, "a refusal is allowed afterwards", result.stderr)
        tap.ok(home.run("cat", path, app="viewer").stdout == "a picture\n", "and the next time it works")
        tap.ok(home.run("cat", other, app="viewer").returncode != 0, "for exactly that file")
        grant = home.json("grants")[0]
        tap.ok((grant["resource"], grant["scope"], grant["access"], grant["lifetime"]) == (path, "file", "view", "always"), "one grant", grant)

        for what, change in (("became a link", lambda: (os.unlink(other), os.symlink(key, other))),
                             ("became a folder", lambda: (os.unlink(other), os.mkdir(other))),
                             ("went away", lambda: os.rmdir(other))):
            row = [event for event in home.events("refused") if event["resource"] == other][-1]["row"]
            change()
            result = home.postern("allow", str(row))
            tap.ok(result.returncode == 1 and "nothing was allowed" in result.stderr, f"not what {what} since", result.stderr)
        granted = home.events("granted")[-1]
        for row, word in ((granted["row"], "nothing was refused"), (999999999, "no such row")):
            result = home.postern("allow", str(row))
            tap.ok(result.returncode == 1 and word in result.stderr, f"nor {word}", result.stderr)
        for word in ("0", "-1", "x", "99999999999999999999"):
            tap.ok(home.postern("allow", word).returncode == 2, f"{word} is no row")


def test_settings(tap):
    with Home(display=None) as home:
        tap.ok(home.json("settings") == [{"history_days": 180, "history_rows": 100000, "unused_days": 90}], "the settings that nobody has set")
        tap.ok(home.postern("settings", "unused-days", "30").returncode == 0, "one is set")
        stop_broker(home)
        tap.ok(home.postern("settings", "unused-days").stdout == "30\n", "and lasts")
        for arguments in (["history-rows", "5"], ["history-days", "99999999"]):
            result = home.postern("settings", *arguments)
            tap.ok(result.returncode == 1 and "from" in result.stderr, f"{arguments} is out of range", result.stderr)
        for arguments in (["nonsense"], ["unused-days", "x"], ["unused-days", "-1"]):
            tap.ok(home.postern("settings", *arguments).returncode == 2, f"{arguments} makes no sense")
        tap.ok(home.postern("settings", "history-days", "forever").returncode == 0 and "for ever" in home.postern("settings").stdout, "for ever")


def test_damaged(tap):
    """What is in the history decides nothing: its loss keeps nobody from working."""
    with Home(display=None) as home:
        home.postern("grant", "viewer", home.path("Pictures"), "--access", "view")
        path = home.write("Pictures/a", "a picture\n")
        home.run("cat", path, app="viewer")
        stop_broker(home)
        history = os.path.join(home.home, ".local/share/postern/history.db")
        with open(history, "r+b") as file:
            file.write(b"garbage " * 1000)
        tap.ok(home.run("cat", path, app="viewer").stdout == "a picture\n", "a damaged history stops no application")
        tap.ok(os.path.exists(history + ".damaged"), "it is set aside")
        tap.ok([event["what"] for event in home.json("log")] == ["started", "used", "ended"], "and a new one begun", home.postern("log").stdout)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
