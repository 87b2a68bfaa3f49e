# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused without anybody having seen a question is told by a notification, and can be allowed there: to a service of the test's
own, which keeps what it is given, and to dunst, on a screen."""
import os
import queue
import shutil
import socket
import subprocess
import sys
import threading

from desk import Desk
from postern_e2e import Home, run_tests, wait_until
from inside import Servant

EACCES = "13"
LIMIT = 20
SERVICE = """<node><interface name="org.freedesktop.Notifications">
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/></method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""


class Service:
    """org.freedesktop.Notifications, for one that reads its mail itself."""

    def __init__(self, desk, capabilities):
        from gi.repository import Gio, GLib

        self.gio, self.glib = Gio, GLib
        self.capabilities = capabilities
        self.shown, self.closed = queue.Queue(), queue.Queue()
        self.last = 0
        self.context = GLib.MainContext()
        self.loop = GLib.MainLoop.new(self.context, False)
        ready = threading.Event()

        def attend():
            self.context.push_thread_default()
            self.bus = connect(Gio, desk)
            info = Gio.DBusNodeInfo.new_for_xml(SERVICE).interfaces[0]
            self.bus.register_object("/org/freedesktop/Notifications", info, self._on_call, None, None)
            request_name(Gio, GLib, self.bus)
            ready.set()
            self.loop.run()

        self.thread = threading.Thread(target=attend, daemon=True)
        self.thread.start()
        if not ready.wait(LIMIT):
            raise TimeoutError("the notification service does not come up")

    def _on_call(self, _bus, _sender, _path, _interface, method, args, invocation):
        values = args.unpack()
        if method == "GetCapabilities":
            invocation.return_value(self.glib.Variant("(as)", (self.capabilities,)))
        elif method == "Notify":
            self.last = values[1] or self.last + 1
            invocation.return_value(self.glib.Variant("(u)", (self.last,)))
            actions = dict(zip(values[5][::2], values[5][1::2]))
            self.shown.put({"id": self.last, "replaces": values[1], "summary": values[3], "body": values[4], "actions": actions})
        else:
            self.closed.put(values[0])
            invocation.return_value(None)

    def click(self, number, key):
        invoke(self.gio, self.glib, self.bus, number, key)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.quit()
        self.bus.close_sync(None)


def connect(gio, desk):
    flags = gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    return gio.DBusConnection.new_for_address_sync(desk.env["DBUS_SESSION_BUS_ADDRESS"], flags, None, None)


def request_name(gio, glib, bus):
    reply = bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                          glib.Variant("(su)", ("org.freedesktop.Notifications", 4)), None, gio.DBusCallFlags.NONE, -1, None)
    if reply.unpack() != (1,):
        raise RuntimeError("there is a notification service already")


def invoke(gio, glib, bus, number, key):
    """Says that a button was clicked, and waits until the broker has heard it."""
    bus.emit_signal(None, "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "ActionInvoked", glib.Variant("(us)", (number, key)))
    bus.call_sync("org.postern.Broker1", "/org/postern/Broker1", "org.postern.Control1", "GetStatus", None, None, gio.DBusCallFlags.NONE, LIMIT * 1000, None)


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
