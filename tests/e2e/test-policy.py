# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of applications beforehand: the administrator's policy, a profile's modules, and rules that are taken from one home to another."""
import json
import os
import subprocess
import sys

from bus import SERVICE, Bus, call
from postern_e2e import Home, ScriptedPerson, run_tests

TALK, OTHER = "org.example.Talk", "org.example.Other"
APP = "escape-test"

CATALOGUE = f"""[session {TALK}]
Title=The talker
Icon=x
Risk=It may hear what is said.
Verdict=ask
[session {OTHER}]
Title=Another
Icon=x
Risk=Some.
Verdict=ask
[module talkers]
Title=Talkers
session {TALK}=quiet
"""


class TwoServices(Bus):
    """Each on a connection of its own: a connection is judged by all its names."""

    def __init__(self, home):
        super().__init__(home, (TALK,))
        other = subprocess.Popen([sys.executable, "-c", SERVICE, OTHER], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=home.env)
        if other.stdout.readline() != "ready\n":
            raise RuntimeError("the other service did not start")


def policy(home, name, text):
    """A policy of a directory that the broker is told of."""
    directory = home.path("policy.d")
    os.makedirs(directory, mode=0o755, exist_ok=True)
    os.chmod(directory, 0o755)
    home.write(f"policy.d/{name}", text, 0o644)
    return directory


def test_module(tap):
    with Home() as home, TwoServices(home):
        home.write(".config/postern/services/talk.conf", CATALOGUE)
        person = ScriptedPerson(home, "deny once")
        control = home.run(*call(TALK, "First"), options=("--bus",))
        tap.ok("AccessDenied" in control.stderr and len(person.shown) == 1 and "The talker" in person.titles()[0],
               "control: without a profile it is asked for", person.titles() + [control.stderr])
        home.write(f".config/postern/profiles/{APP}.profile", "[Application]\nModules=talkers;\n")
        quiet = home.run(*call(TALK, "Second"), options=("--bus",))
        tap.ok("served Second" in quiet.stdout, "a profile that names the module: it works", quiet.stdout + quiet.stderr)
        tap.ok(len(person.shown) == 1, "without a question", person.titles())
        other = home.run(*call(OTHER, "Third", interface=OTHER), options=("--bus",))
        tap.ok("AccessDenied" in other.stderr and len(person.shown) == 2, "what the module does not speak of is asked for", person.titles())
        why = home.postern("why", APP, f"session:{TALK}").stdout
        tap.ok(why.startswith("allow\n") and "“Talkers” (talkers)" in why and f"{APP}.profile" in why, "why names the module and the profile", why)
        home.write(f".config/postern/profiles/{APP}.profile", "[Application]\nModules=talkers;singers\n")
        refused = home.run(*call(TALK, "Fourth"), options=("--bus",))
        tap.ok(refused.returncode == 125 and "“singers”" in refused.stderr and refused.stderr.count("\n") == 1,
               "a module that there is not stops the launch, in one sentence", refused.stderr)


def test_administrator(tap):
    with Home() as home, TwoServices(home):
        plan, picture = home.write("Work/plan", "the plan\n"), home.write("Pictures/a", "a picture\n")
        directory = policy(home, "office.conf", "[Lock Files]\n~/Work=deny\n[Default Files]\nxdg:PICTURES=view\n"
                           f"[Lock Bus]\nsession:{TALK}=deny\n[Default Bus]\nsession:{OTHER}=allow\n")
        home.start_broker("--policy-dir=" + directory)
        person = ScriptedPerson(home)
        work = home.run("cat", plan)
        tap.ok(work.returncode != 0 and "denied" in work.stderr, "what is locked is denied", work.stdout + work.stderr)
        granted = home.postern("grant", APP, "~/Work")
        again = home.run("cat", plan)
        tap.ok(granted.returncode == 0 and again.returncode != 0, "also with a rule of the person's", again.stdout + again.stderr)
        shown = home.run("cat", picture)
        tap.ok(shown.stdout == "a picture\n", "what is allowed for a start is", shown.stderr)
        talk = home.run(*call(TALK, "First"), options=("--bus",))
        tap.ok("AccessDenied" in talk.stderr, "a service that is locked is denied", talk.stdout + talk.stderr)
        other = home.run(*call(OTHER, "First", interface=OTHER), options=("--bus",))
        tap.ok("served First" in other.stdout, "one that is allowed for a start works", other.stdout + other.stderr)
        tap.ok(len(person.shown) == 0, "nobody is asked about any of it", person.titles())
        why = home.postern("why", APP, "~/Work/plan").stdout
        tap.ok(why.startswith("deny\n") and "office.conf, line 2." in why, "why names the file and the line", why)
        home.postern("grant", APP, "xdg:PICTURES", "--answer", "deny")
        denied = home.run("cat", picture)
        tap.ok(denied.returncode != 0 and "denied" in denied.stderr, "what was for a start the person may change", denied.stdout)

        policy(home, "slip.conf", "[Lock Files]\n~/Work=denied\n")
        stopped = home.run("cat", picture)
        tap.ok(stopped.returncode == 125 and "slip.conf, line 2:" in stopped.stderr and stopped.stderr.count("\n") == 1,
               "a slip stops launches, in one sentence that names file and line", stopped.stderr)
        os.unlink(home.path("policy.d/slip.conf"))
        os.chmod(directory, 0o777)
        open_to_all = home.run("cat", picture)
        tap.ok(open_to_all.returncode == 125 and "can be written by others" in open_to_all.stderr, "so does a directory that others can write", open_to_all.stderr)


def test_switches(tap):
    with Home() as home, Bus(home, (TALK,)):
        document = home.write("Documents/a", "a document\n")
        directory = policy(home, "kiosk.conf", f"[Application {APP}]\nLocked=true\nBus=false\n")
        home.start_broker("--policy-dir=" + directory)
        person = ScriptedPerson(home)
        refused = home.run("cat", document)
        tap.ok(refused.returncode != 0 and len(person.shown) == 0, "Locked=true: refused without a question", person.titles())
        talk = home.run(*call(TALK, "First"))
        tap.ok("served" not in talk.stdout and len(person.shown) == 0, "Bus=false: no bus", talk.stdout + talk.stderr)
        other = home.run("cat", document, app="other-test")
        tap.ok(other.stdout == "a document\n" and len(person.shown) == 1, "control: another application is asked about", other.stderr)


def test_export_import(tap):
    with Home() as home:
        document = home.write("Documents/a", "a document\n")
        person = ScriptedPerson(home, "deny once")
        for words in (("~/Documents",), ("~/odd\udcff",), ("session:org.example.Talk",), ("~/later", "--for", "30d")):
            granted = home.postern("grant", APP, *words)
            tap.ok(granted.returncode == 0, f"grant {words}", granted.stderr)
        home.postern("grant", "other-test", "~/Pictures", "--for", "session")
        first = home.postern("export", "./all.json")
        tap.ok(first.returncode == 0 and first.stdout == "", "export writes a file", first.stderr)
        with open(home.path("all.json"), encoding="utf-8") as file:
            text = file.read()
        tap.ok(os.stat(home.path("all.json")).st_mode & 0o777 == 0o600, "that is the person's alone")
        tap.ok(home.postern("export").stdout == text, "the same goes to the standard output")
        parsed = json.loads(text)
        tap.ok([app["id"] for app in parsed["apps"]] == [APP] and len(parsed["apps"][0]["rules"]) == 4, "it holds what is for good", text)
        again = home.postern("export", APP, "./all.json")
        tap.ok(again.returncode == 1 and "is there already" in again.stderr, "a file that is there is not replaced", again.stderr)
        tap.ok(home.postern("export", "--force", APP, "./all.json").returncode == 0, "but with --force")
        tap.ok(not [name for name in os.listdir(home.home) if name.startswith("all.json.")], "nothing is left beside it", os.listdir(home.home))
        nobody = home.postern("export", "nonexistent-app")
        tap.ok(nobody.returncode == 1 and "no application" in nobody.stderr, "a word that is no application is told", nobody.stderr)

        home.postern("revoke", APP, "--all")
        tap.ok(home.run("cat", document).returncode != 0, "control: without the rules it is denied")
        dry = home.postern("import", "--dry-run", "./all.json")
        tap.ok("Would be imported: 4 added, 0 changed, 0 removed." in dry.stdout and home.json("grants") != [] and
               len([g for g in home.json("grants") if g["app"] == APP and g["lifetime"] in ("always", "until")]) == 0, "--dry-run only tells", dry.stdout + dry.stderr)
        taken = home.postern("import", "-", stdin=None, input=text)
        tap.ok(taken.stdout == "Imported: 4 added, 0 changed, 0 removed.\n", "import takes them in", taken.stdout + taken.stderr)
        tap.ok(home.postern("export").stdout == text, "and they are the same")
        shown = home.run("cat", document, app=APP)
        tap.ok(shown.stdout == "a document\n" or "denied" in shown.stderr, "and hold", shown.stderr)
        same = home.postern("import", "./all.json")
        tap.ok("as it is here already" in same.stdout, "a second time nothing happens", same.stdout + same.stderr)


def test_bad_imports(tap):
    with Home() as home:
        home.postern("grant", APP, "~/Documents")
        before = home.postern("export").stdout
        rule = '{"kind":"files","resource":"%s","scope":"tree","access":"view","answer":"allow","lifetime":"always"}'
        export = '{"format":"postern-grants","version":1,"apps":[{"id":"%s","rules":[%s]}]}'
        cases = {
            "an empty one": ("", "no export"),
            "one cut off": (before[:-20], "damaged"),
            "one of a newer version": (before.replace('"version": 1', '"version": 2'), "newer version"),
            "one with an unknown key": (before.replace('"locked"', '"locket"'), "“locket”"),
            "one that gives ~/.ssh": (export % (APP, rule % home.path(".ssh")), "is protected"),
            "one that gives /etc": (export % (APP, rule % "/etc/shadow"), "is not in your home"),
            "one with bytes that are no text": ("\udcff\udcfe", "UTF-8"),
        }
        for what, (text, words) in cases.items():
            home.write("bad.json", text)
            result = home.postern("import", "--replace", "./bad.json")
            tap.ok(result.returncode == 1 and words in result.stderr and result.stderr.count("\n") == 1, f"{what} is refused in one sentence", result.stdout + result.stderr)
            tap.ok(home.postern("export").stdout == before, f"{what} has changed nothing")
        missing = home.postern("import", "./nowhere.json")
        tap.ok(missing.returncode == 1 and "cannot be opened" in missing.stderr, "a file that is not there is told", missing.stderr)
        with open(home.path("large.json"), "wb") as file:
            file.truncate(17 << 20)
        large = home.postern("import", "./large.json")
        tap.ok(large.returncode == 1 and "larger than 16 MiB" in large.stderr, "one that is too large is not read", large.stderr)
        protected = home.postern("import", "--protected", "-", stdin=None, input=export % (APP, rule % home.path(".ssh")))
        tap.ok(protected.returncode == 0, "with --protected the person has said so", protected.stderr)


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
