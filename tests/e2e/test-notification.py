# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused without anybody having seen a question is told by a notification, and can be allowed there: to a service of the test's
own, which keeps what it is given, and to dunst, on a screen."""
import os
import shutil
import socket
import subprocess
import sys

from desk import Desk
from notifications import LIMIT, Service, connect, invoke
from postern_e2e import Home, run_tests, wait_until
from inside import Servant

EACCES = "13"
class ImpatientHome(Home):
    """Its broker waits a second for an answer."""

    def start_impatient(self):
        path = os.path.join(self.runtime, "postern", "broker")
        self.children.append(subprocess.Popen([self.program("broker/postern-broker"), "--question-timeout=1"], env=self.env, stdin=subprocess.DEVNULL,
                                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True))

        def reachable():
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
                return probe.connect_ex(path) == 0

        wait_until(reachable, "the broker does not listen")
        return self


def make_home(desk, agent=True):
    home = ImpatientHome(desk=desk)
    if not agent:
        # a display to which nobody gets through: no agent can be started there
        home.env.update(DISPLAY=":49999", GDK_BACKEND="x11")
    home.write("Pictures/a", "a picture\n")
    home.write("Documents/x", "a text\n")
    return home.start_impatient()


def test_nobody_answers(tap, desk):
    with Service(desk, ["actions", "body", "body-markup"]) as service, make_home(desk) as home:
        servant = Servant(home)
        path = home.path("Pictures/a")
        tap.ok(servant.ask("read", path) == EACCES, "nobody answers: it is refused")
        notice = service.shown.get(timeout=LIMIT)
        tap.note(notice)
        tap.ok("Pictures" in notice["body"] and "refused" in notice["body"], "a notification tells it", notice)
        tap.ok("\nAllow " in notice["body"] and "view your Pictures?" in notice["body"], "and asks", notice)
        tap.ok(list(notice["actions"].values()) == ["Allow this time"], "with one button", notice)
        tap.ok(home.json("grants") == [], "nothing is remembered by then", home.postern("grants").stdout)
        key = next(iter(notice["actions"]))

        # another program on the bus, which is not the service
        other = connect(service.gio, desk)
        for wrong_bus, number, word in ((other, notice["id"], key), (service.bus, notice["id"] + 1, key), (service.bus, notice["id"], "default")):
            invoke(service.gio, service.glib, wrong_bus, number, word)
        tap.ok(not home.events("granted"), "a click that somebody else claims, or on something else, gives nothing", home.postern("log").stdout)

        service.click(notice["id"], key)
        wait_until(lambda: home.events("granted"), "the click is not taken")
        tap.ok(wait_until(lambda: servant.ask("read", path) == "ok 10", "it is not allowed"), "a click on it, and the application reads the file")
        grants = home.json("grants")
        tap.ok([(grant["access"], grant["lifetime"]) for grant in grants] == [("view", "once")], "for this run, and to look only", grants)
        tap.ok(service.shown.empty(), "and there was one notification", service.shown.qsize())
        servant.end()
        tap.ok(service.closed.get(timeout=LIMIT) == notice["id"], "when the application ends, the notification goes")
        tap.ok(home.json("grants") == [], "and the permission", home.postern("grants").stdout)


def test_hostile_names(tap, desk):
    with Service(desk, ["actions", "body", "body-markup"]) as service, make_home(desk) as home:
        name = "<b>x</b>&amp;\u202egpj.\n<img src=\"file:///etc/passwd\"/>".replace("/", "\u2215")
        os.mkdir(home.path(name))
        inside = home.start("/bin/sh", "-c", 'ls "$1"; echo; read go; ls "$1" && echo listed', "sh", home.path(name))
        notice = service.shown.get(timeout=LIMIT)
        tap.note(notice)
        tap.ok("<" not in notice["body"] and "&lt;b&gt;" in notice["body"] and "&amp;amp;" in notice["body"], "markup in a file name is text", notice)
        tap.ok("\u202e" not in notice["body"] and notice["body"].count("\n") == 1, "and what turns text round, or begins a line, is not there", notice)
        service.click(notice["id"], next(iter(notice["actions"])))
        wait_until(lambda: home.events("granted"), "the click is not taken")
        out, _err = inside.communicate("go\n", timeout=LIMIT)
        tap.ok(out == "\nlisted\n", "control: what it allows is the folder of that name", out)
    with Service(desk, ["actions", "body"]) as service, make_home(desk) as home:
        os.mkdir(home.path("a<b"))
        servant = Servant(home)
        servant.ask("list", home.path("a<b"))
        notice = service.shown.get(timeout=LIMIT)
        tap.ok("a<b" in notice["body"], "a service that knows no markup is given the plain text", notice)
        servant.end()


def test_protected(tap, desk):
    with Service(desk, ["actions", "body"]) as service, make_home(desk) as home:
        home.write("Documents/vault.kdbx", "a secret\n")
        home.write(".ssh/id", "a secret\n")
        os.symlink(home.path(".ssh"), home.path("keys"))
        servant = Servant(home)
        servant.ask("list", home.path("keys"))
        notice = service.shown.get(timeout=LIMIT)
        tap.note(notice)
        tap.ok(notice["actions"] == {} and "keys" in notice["body"], "something protected cannot be allowed from a notification", notice)
        service.click(notice["id"], "allow-1")
        tap.ok(not home.events("granted"), "also not by a service that invents the button")
        servant.end()


def test_guessed(tap, desk):
    """An application that may show notifications with buttons puts one in the place of Postern's, with what the button of that one would be called."""
    with Service(desk, ["actions", "body"]) as service, make_home(desk) as home:
        servant = Servant(home)
        servant.ask("read", home.path("Pictures/a"))
        notice = service.shown.get(timeout=LIMIT)
        for number in range(100):
            service.click(notice["id"], f"allow-{number}")
        tap.ok(not home.events("granted"), "a click on a button that somebody else made under its number gives nothing", home.postern("log").stdout)
        service.click(notice["id"], next(iter(notice["actions"])))
        wait_until(lambda: home.events("granted"), "the click is not taken")
        tap.ok(True, "control: a click on its own does")
        servant.end()


def test_replaced(tap, desk):
    with Service(desk, ["actions", "body"]) as service, make_home(desk) as home:
        servant = Servant(home)
        servant.ask("read", home.path("Pictures/a"))
        first = service.shown.get(timeout=LIMIT)
        servant.ask("read", home.path("Documents/x"))
        second = service.shown.get(timeout=LIMIT)
        tap.ok(second["replaces"] == first["id"] and "Documents" in second["body"], "a second refusal takes the place of the first", (first, second))
        service.click(first["id"], next(iter(first["actions"])))
        tap.ok(not home.events("granted"), "a click that was meant for the first gives nothing")
        service.click(second["id"], next(iter(second["actions"])))
        wait_until(lambda: home.events("granted"), "the click is not taken")
        tap.ok([event["resource"] for event in home.events("granted")] == [home.path("Documents")], "control: a click on the second gives that", home.events("granted"))
        servant.end()


def test_guessed_key(tap, desk):
    """Many services let any program replace any notification. The person clicks on what the application has put in the place of
    ours, with a button of the key that it thinks ours has."""
    with Service(desk, ["actions", "body"]) as service, make_home(desk) as home:
        servant = Servant(home)
        servant.ask("read", home.path("Pictures/a"))
        notice = service.shown.get(timeout=LIMIT)
        for key in [f"allow-{i}" for i in range(1, 40)] + ["allow-", "allow", ""]:
            service.click(notice["id"], key)
        tap.ok(not home.events("granted"), "what can be guessed gives nothing", home.postern("log").stdout)
        service.click(notice["id"], next(iter(notice["actions"])))
        wait_until(lambda: home.events("granted"), "the click is not taken")
        servant.end()
        servant = Servant(home)
        servant.ask("read", home.path("Pictures/a"))
        tap.ok(service.shown.get(timeout=LIMIT)["actions"].keys() != notice["actions"].keys(), "and the next has another")
        servant.end()


def test_swapped(tap, desk):
    with Service(desk, ["actions", "body"]) as service, make_home(desk) as home:
        servant = Servant(home)
        servant.ask("read", home.path("Pictures/a"))
        notice = service.shown.get(timeout=LIMIT)
        os.rename(home.path("Pictures"), home.path("Old"))
        os.rename(home.path("Documents"), home.path("Pictures"))
        service.click(notice["id"], next(iter(notice["actions"])))
        told = service.shown.get(timeout=LIMIT)
        tap.ok(told["actions"] == {} and "changed" in told["body"], "what is not what was shown is not given", told)
        tap.ok(not home.events("granted"), "nothing is granted")
        servant.end()


def test_no_agent(tap, desk):
    with Service(desk, ["actions", "body"]) as service, make_home(desk, agent=False) as home:
        servant = Servant(home)
        tap.ok(servant.ask("read", home.path("Pictures/a")) == EACCES, "nobody can be asked: refused")
        notice = service.shown.get(timeout=LIMIT)
        tap.note(notice)
        tap.ok("Pictures" in notice["body"] and "nobody could be asked" in notice["body"], "and a notification tells it", notice)
        for _ in range(50):
            servant.ask("read", home.path("Pictures/a"))
        home.postern("ps")
        tap.ok(service.shown.empty(), "trying again and again brings no second one")
        service.click(notice["id"], next(iter(notice["actions"])))
        wait_until(lambda: servant.ask("read", home.path("Pictures/a")) == "ok 10", "it is not allowed")
        tap.ok(True, "a click on it, and the application reads the file")
        servant.end()


def test_dunst(tap, desk):
    if shutil.which("dunst") is None:
        tap.skip("dunst shows it", "dunst is not installed")
        return
    env = {**os.environ, **desk.env, "HOME": desk.root, "XDG_CONFIG_HOME": desk.root, "XDG_RUNTIME_DIR": desk.root}
    config = os.path.join(desk.root, "dunstrc")
    with open(config, "w", encoding="ascii") as file:
        file.write('[global]\nmarkup = full\nfont = Sans 11\nwidth = 460\n')
    daemon = subprocess.Popen(["dunst", "-conf", config], env=env, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def control(*words):
        return subprocess.run(["dunstctl", *words], env=env, capture_output=True, text=True, timeout=LIMIT)

    wait_until(lambda: control("count", "displayed").stdout.strip() == "0", "dunst does not come up")
    with make_home(desk) as home:
        servant = Servant(home)
        tap.ok(servant.ask("read", home.path("Pictures/a")) == EACCES, "dunst: refused")
        wait_until(lambda: control("count", "displayed").stdout.strip() == "1", "dunst does not show it")
        desk.settle()
        tap.note("the screen: " + desk.shot("notification"))
        acted = control("action", "0")
        tap.ok(acted.returncode == 0, "dunst: its button is used", acted.stderr)
        wait_until(lambda: home.events("granted"), "the click is not taken")
        tap.ok(servant.ask("read", home.path("Pictures/a")) == "ok 10", "dunst: and the application reads the file")
        servant.end()
    daemon.terminate()
    daemon.wait(LIMIT)


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
