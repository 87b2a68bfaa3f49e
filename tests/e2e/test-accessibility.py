# SPDX-License-Identifier: GPL-3.0-or-later
"""The accessibility bus: a screen reader outside sees and uses a sandboxed application; that sees and uses nobody else."""
import json
import os
import subprocess
import sys

from bus import CONFIG, Bus
from desk import Desk
from postern_e2e import Home, POSTERN, run_tests, wait_idle, wait_until

PYTHON = "/usr/bin/python3"
REGISTRY, DENIED = "org.a11y.atspi.Registry", "org.freedesktop.DBus.Error.AccessDenied"
OPTIONS = ("--bus", "--x11=host")

# A hostile application without a window. Its first argument is the unique name of another's connection; it registers, says its own
# name, and then does what it reads, a line of JSON each: [name, path, interface, member, signature, arguments], "signals", or
# "signal" and the like. It answers with the error's name, "ok", or a number.
PROBE = r"""
import json, os, sys
from gi.repository import Gio, GLib
victim, got, callers, address = sys.argv[1], [], [], sys.argv[2] if len(sys.argv) > 2 else ""
Flags = Gio.DBusConnectionFlags
bus = Gio.DBusConnection.new_for_address_sync(os.environ["AT_SPI_BUS_ADDRESS"], Flags.AUTHENTICATION_CLIENT | Flags.MESSAGE_BUS_CONNECTION, None, None)
ROOT = "/org/a11y/atspi/accessible/root"
DBUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
def send(name, path, interface, member, signature="()", arguments=()):
    message = Gio.DBusMessage.new_method_call(name, path, interface, member)
    if arguments: message.set_body(GLib.Variant(signature, tuple(tuple(a) if isinstance(a, list) and signature[1] == "(" else a for a in arguments)))
    return bus.send_message_with_reply_sync(message, Gio.DBusSendMessageFlags.NONE, 20000)[0]
def filtered(connection, message, incoming):
    if not incoming: return message
    kind, member = message.get_message_type(), message.get_member()
    if kind == Gio.DBusMessageType.SIGNAL and message.get_interface().startswith("org.a11y.atspi.Event."): got.append(message.get_sender())
    if kind != Gio.DBusMessageType.METHOD_CALL: return message
    callers.append(message.get_sender())
    reply, body = message.new_method_reply(), None
    if member == "GetApplicationBusAddress": body = GLib.Variant("(s)", (address,))
    elif member == "Get":
        what = message.get_body().unpack()[1]
        value = {"Name": GLib.Variant("s", "probe"), "ChildCount": GLib.Variant("i", 0), "Parent": GLib.Variant("(so)", ("", "/org/a11y/atspi/null"))}
        body = GLib.Variant("(v)", (value.get(what, GLib.Variant("s", "")),))
    elif member == "GetRole": body = GLib.Variant("(u)", (75,))
    elif member == "GetState": body = GLib.Variant("(au)", ([0, 0],))
    elif member == "GetInterfaces": body = GLib.Variant("(as)", (["org.a11y.atspi.Accessible", "org.a11y.atspi.Application"],))
    elif member == "GetItems": body = GLib.Variant("(a((so)(so)(so)iiassusau))", ([],))
    if body: reply.set_body(body)
    connection.send_message(reply, Gio.DBusSendMessageFlags.NONE)
    return None
bus.add_filter(filtered)
for match in ("type='signal'", "type='signal',interface='org.a11y.atspi.Event.Object'"):
    send(*DBUS, "AddMatch", "(s)", (match,))
embedded = send("org.a11y.atspi.Registry", ROOT, "org.a11y.atspi.Socket", "Embed", "((so))", ((bus.get_unique_name(), ROOT),))
print(bus.get_unique_name(), embedded.get_error_name() or "ok", flush=True)
for line in sys.stdin:
    what = json.loads(line)
    if what == "events":
        send(*DBUS, "GetId")
        print(sum(one == victim for one in got), flush=True)
    elif what == "caller":
        reply = send(callers[-1], "/", "org.freedesktop.DBus.Peer", "Ping") if callers else None
        print(reply.get_error_name() or "ok" if reply else "nobody", flush=True)
    elif what[0] == "signal":
        bus.emit_signal(None, what[1], what[2], what[3], GLib.Variant(what[4], tuple(tuple(a) if isinstance(a, list) else a for a in what[5])))
        send(*DBUS, "GetId")
        print("ok", flush=True)
    else:
        reply = send(*what)
        print(reply.get_error_name() or "ok", flush=True)
"""

# A screen reader that looks at everything once.
READER = r"""
import gi
gi.require_version("Atspi", "2.0")
from gi.repository import Atspi
desktop = Atspi.get_desktop(0)
names = []
for i in range(desktop.get_child_count()):
    child = desktop.get_child_at_index(i)
    if child is not None:
        names.append(child.get_name())
        [child.get_child_at_index(k) for k in range(child.get_child_count())]
print(names)
"""


def a11y_bus(desk):
    """A connection to the host's accessibility bus, and its address."""
    from gi.repository import Gio, GLib

    session = Gio.DBusConnection.new_for_address_sync(desk.env["DBUS_SESSION_BUS_ADDRESS"], Gio.DBusConnectionFlags(1 | 8), None, None)
    address = session.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, GLib.VariantType("(s)"), 0, -1, None).unpack()[0]
    session.close_sync(None)
    return Gio.DBusConnection.new_for_address_sync(address, Gio.DBusConnectionFlags(1 | 8), None, None), address


def call(bus, name, path, interface, member, arguments=None):
    return bus.call_sync(name, path, interface, member, arguments, None, 0, -1, None).unpack()


def application(desk, name):
    """The application of that name as a screen reader has it, or None."""
    desktop = desk.atspi.get_desktop(0)
    for i in range(desktop.get_child_count()):
        child = desktop.get_child_at_index(i)
        try:
            if child is not None and child.get_name() == name and child.get_child_count() > 0:
                return child
        except Exception:  # noqa: BLE001: it went away while it was looked at
            pass
    return None


def registered(bus):
    """The unique names of all registered applications, with what each calls itself."""
    from gi.repository import GLib

    found = {}
    # of a registry that is confused, the reply is empty
    for unique, path in (call(bus, REGISTRY, "/org/a11y/atspi/accessible/root", "org.a11y.atspi.Accessible", "GetChildren") or [[]])[0]:
        try:
            found[unique] = call(bus, unique, path, "org.freedesktop.DBus.Properties", "Get", GLib.Variant("(ss)", ("org.a11y.atspi.Accessible", "Name")))[0]
        except GLib.Error:
            pass
    return found


class Victim:
    """An editor outside of any sandbox, in which somebody writes."""

    def __init__(self, desk, home, bus):
        self.desk = desk
        self.process = subprocess.Popen(["mousepad"], env={**os.environ, **desk.env, "HOME": home.home, "XDG_RUNTIME_DIR": home.runtime}, cwd=home.home,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        desk.wait_window("mousepad")
        self.name = wait_until(lambda: [unique for unique, name in registered(bus).items() if name == "mousepad"], "the editor does not register")[0]

    def write(self):
        """Returns when a screen reader has heard of it."""
        from gi.repository import GLib

        heard = []
        listener = self.desk.atspi.EventListener.new(lambda event: heard.append(event.type))
        listener.register("object:text-changed")
        self.desk.focus("Mousepad")
        self.desk.type("secret")
        loop = GLib.MainContext.default()
        wait_until(lambda: [loop.iteration(False) for _ in range(50)] and heard, "the screen reader hears nothing of the editor")
        listener.deregister("object:text-changed")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(10)


class Probe:
    def __init__(self, process):
        self.process = process
        words = process.stdout.readline().split()
        self.name, self.embedded = words if len(words) == 2 else ("", process.stderr.read())

    def ask(self, *what):
        self.process.stdin.write(json.dumps(what[0] if len(what) == 1 else what) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return line.strip() or self.process.stderr.read()

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)


def probes(home, victim, host_address, argument=""):
    """The same program in a sandbox, and outside of it as the control."""
    words = [PYTHON, "-c", PROBE, victim, argument]
    inside = Probe(home.start(*words, options=("--bus",)))
    outside = Probe(subprocess.Popen(words, env={**home.env, "AT_SPI_BUS_ADDRESS": host_address}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, text=True))
    return inside, outside


def test_used_from_outside(tap, desk):
    with Home(desk=desk) as home:
        path = os.path.join(home.root, "log")
        with open(path, "ab") as log:
            process = subprocess.Popen([POSTERN, "run", *OPTIONS, "gedit"], env=home.env, cwd=home.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        home.children.append(process)
        desk.wait_window("gedit")
        editor = wait_until(lambda: application(desk, "gedit"), "the screen reader does not find the sandboxed editor")
        frame = editor.get_child_at_index(0)
        tap.ok("Untitled Document 1" in frame.get_name(), "a screen reader finds the frame of the sandboxed editor by its name", frame.get_name())
        new = desk._find(frame, lambda node: node.get_role() == desk.atspi.Role.PUSH_BUTTON and node.get_name() == "New", 14)
        tap.ok(new is not None and new.do_action(0), "and presses a button of it", desk.texts(frame))
        wait_until(lambda: "Untitled Document 2" in frame.get_name(), "nothing comes of the button")
        tap.ok(True, "which does what it does")
        desk.settle()
        desk.shot("used-from-outside")
        with open(path, encoding="utf-8", errors="replace") as file:
            tap.ok(home.n_asked() == 0, "nobody is asked anything for that", file.read())
        process.terminate()
        process.wait(10)


def test_sees_nobody(tap, desk):
    bus, address = a11y_bus(desk)
    with Home(desk=desk) as home, Victim(desk, home, bus) as victim:
        reader = [PYTHON, "-c", READER]
        outside = subprocess.run(reader, env={**home.env, **desk.env}, capture_output=True, text=True)
        inside = home.run(*reader, options=OPTIONS)
        tap.ok("'mousepad'" in outside.stdout, "control: outside, every program sees the editor", outside.stdout + outside.stderr)
        tap.ok("mousepad" not in inside.stdout and "gedit" not in inside.stdout, "in a sandbox, the same program does not", inside.stdout)

        from gi.repository import GLib  # noqa: F401

        root, controller = "/org/a11y/atspi/accessible/root", "/org/a11y/atspi/registry/deviceeventcontroller"
        properties = "org.freedesktop.DBus.Properties"
        attacks = [
            ("list the applications", REGISTRY, root, "org.a11y.atspi.Accessible", "GetChildren"),
            ("count them", REGISTRY, root, properties, "Get", "(ss)", ["org.a11y.atspi.Accessible", "ChildCount"]),
            ("take one", REGISTRY, root, "org.a11y.atspi.Accessible", "GetChildAtIndex", "(i)", [0]),
            ("read another's windows", victim.name, root, "org.a11y.atspi.Accessible", "GetChildren"),
            ("read another's objects", victim.name, "/org/a11y/atspi/cache", "org.a11y.atspi.Cache", "GetItems"),
            ("hear of events", REGISTRY, "/org/a11y/atspi/registry", REGISTRY, "RegisterEvent", "(sass)", ["object:", [], ""]),
            ("hear the keys", REGISTRY, controller, "org.a11y.atspi.DeviceEventController", "RegisterKeystrokeListener", "(oa(iisi)uau(bbb))",
             ["/a", [], 0, [0], [False, False, True]]),
            ("hear the mouse", REGISTRY, controller, "org.a11y.atspi.DeviceEventController", "RegisterDeviceEventListener", "(ou)", ["/a", 0]),
            ("move the mouse", REGISTRY, controller, "org.a11y.atspi.DeviceEventController", "GenerateMouseEvent", "(iis)", [1, 1, "abs"]),
            ("press a key", REGISTRY, controller, "org.a11y.atspi.DeviceEventController", "GenerateKeyboardEvent", "(isu)", [50, "", 3]),
            ("press a key of no interface", REGISTRY, controller, None, "GenerateKeyboardEvent", "(isu)", [50, "", 3]),
            ("register in another place", REGISTRY, "/org/a11y/atspi/registry", "org.a11y.atspi.Socket", "Embed", "((so))", [[victim.name, root]]),
            ("register another", REGISTRY, root, "org.a11y.atspi.Socket", "Embed", "((so))", [[victim.name, root]]),
            ("see all that is said", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", "(asu)", [[], 0]),
            ("see what is said to others", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "(s)", ["eavesdrop=true"]),
            ("find another's process", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixProcessID", "(s)", [victim.name]),
            ("strike another out", REGISTRY, root, "org.a11y.atspi.Socket", "Unembed", "((so))", [[victim.name, root]]),
        ]
        inside, outside = probes(home, victim.name, address)
        tap.ok(inside.embedded == "ok" and outside.embedded == "ok", "control: both register", inside.embedded + outside.embedded)
        refusals = (DENIED, "org.freedesktop.DBus.Error.NameHasNoOwner", "org.freedesktop.DBus.Error.ServiceUnknown")
        for what, *attack in attacks:
            answer = inside.ask(*attack)
            tap.ok(answer in refusals, f"it cannot {what}", answer)
        tap.ok(victim.name in registered(bus), "the editor is still there for a screen reader")
        for what, *attack in attacks:
            if what not in ("see all that is said", "register in another place", "strike another out"):
                answer = outside.ask(*attack)
                tap.ok(answer not in refusals, f"control: outside it can {what}", answer)
        needed = [("which events are wanted", "/org/a11y/atspi/registry", REGISTRY, "GetRegisteredEvents"),
                  ("which keys are wanted", controller, "org.a11y.atspi.DeviceEventController", "GetKeystrokeListeners"),
                  ("that a key was typed in it", controller, "org.a11y.atspi.DeviceEventController", "NotifyListenersSync", "((uiiiisb))", [[0, 0, 50, 0, 0, "a", True]])]
        for what, *attack in needed:
            answer = inside.ask(REGISTRY, *attack)
            tap.ok(answer == "ok", f"control: it may say or ask {what}", answer)

        victim.write()
        heard = outside.ask("events"), inside.ask("events")
        tap.ok(int(heard[0]) > 0 and heard[1] == "0", "of what is written in the editor it hears nothing; outside one does", heard)

        call(bus, inside.name, root, "org.a11y.atspi.Accessible", "GetRole")
        tap.ok(inside.ask("caller") == DENIED, "who has called it cannot be called")
        call(bus, outside.name, root, "org.a11y.atspi.Accessible", "GetRole")
        tap.ok(outside.ask("caller") != DENIED, "control: outside it can")
        answer = [outside.ask(*attacks[-1][1:]) for _ in range(2)]  # it was registered a second time
        tap.ok(victim.name not in registered(bus), "control: outside, one can strike another out", answer)
        inside.end()
        outside.end()
        tap.ok(home.n_asked() == 0, "nobody was asked about any of this")


def test_speaks_for_itself(tap, desk):
    bus, address = a11y_bus(desk)
    heard, other = [], "/org/a11y/atspi/accessible/1"

    def on_message(connection, message, incoming):
        if incoming and message.get_member() and message.get_message_type() == 4:
            heard.append((message.get_sender(), message.get_interface(), message.get_body().unpack()[0] if message.get_body() else None))
        return message

    with Home(desk=desk) as home, Victim(desk, home, bus) as victim:
        from gi.repository import GLib

        call(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", GLib.Variant("(s)", ("type='signal'",)))
        bus.add_filter(on_message)
        inside, outside = probes(home, victim.name, address)
        for probe in (inside, outside):
            probe.ask("signal", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", "(sss)", [victim.name, victim.name, ""])
            probe.ask("signal", "/org/a11y/atspi/registry", REGISTRY, "EventListenerDeregistered", "(ss)", [victim.name, "object:"])
            probe.ask("signal", "/org/a11y/atspi/cache", "org.a11y.atspi.Cache", "RemoveAccessible", "((so))", [[victim.name, other]])
            probe.ask("signal", "/org/a11y/atspi/cache", "org.a11y.atspi.Cache", "RemoveAccessible", "((so))", [[probe.name, other]])
        call(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId")
        ours, theirs = ([(interface, body) for sender, interface, body in heard if sender == probe.name] for probe in (inside, outside))
        tap.ok(ours == [("org.a11y.atspi.Cache", (inside.name, other))], "it says what is its own, and nothing in another's name", ours)
        tap.ok(len(theirs) == 4, "control: outside one can say anything", theirs)
        inside.end()
        outside.end()


def test_names_no_program(tap, desk):
    """Libraries of screen readers connect to the address that an application names; “unixexec:” is an address that starts a program."""
    _, address = a11y_bus(desk)
    with Home(desk=desk) as home:
        made = {}
        for which in (0, 1):
            mark = os.path.join(home.root, f"mark{which}")
            inside, outside = probes(home, "none", address, f"unixexec:path=/usr/bin/touch,argv1={mark}")
            probe, other = (inside, outside) if which == 0 else (outside, inside)
            other.end()
            read = subprocess.run([PYTHON, "-c", READER], env={**home.env, **desk.env}, capture_output=True, text=True)
            made[which] = os.path.exists(mark)
            if which == 0:
                tap.ok("'probe'" in read.stdout, "the screen reader finds the sandboxed application", read.stdout + read.stderr)
            probe.end()
        tap.ok(made[1], "control: outside, the application starts a program by its address")
        tap.ok(not made[0], "a sandboxed one does not")


def test_where_it_is(tap, desk):
    """Toolkits find the bus by the environment, by a service (Qt), or by a property of the X server that the host has set (Qt 5)."""
    runtime = f"/run/user/{os.getuid()}"
    ask = "dbus-send --session --print-reply=literal --dest=org.a11y.Bus /org/a11y/bus org.a11y.Bus.GetAddress"
    names = "dbus-send --bus=%s --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames"
    with Home(desk=desk) as home:
        outside = subprocess.run(ask.split(), env={**home.env, **desk.env}, capture_output=True, text=True).stdout.strip()
        # The registry is started by the first who calls it.
        subprocess.run(["dbus-send", f"--bus={outside}", "--print-reply", f"--dest={REGISTRY}", "/", "org.freedesktop.DBus.Peer.Ping"],
                       env={**home.env, **desk.env}, capture_output=True, check=True)
        inside = home.run("sh", "-c", f"{ask}; echo; {names % '$AT_SPI_BUS_ADDRESS'}", options=OPTIONS)
        tap.ok(outside and outside not in inside.stdout, "the address outside is not told", inside.stdout)
        tap.ok(f"unix:path={runtime}/at-spi-bus" in inside.stdout and REGISTRY in inside.stdout, "but the one inside, where the registry is", inside.stdout + inside.stderr)
        # the plan of a launch on a desktop, where the runtime directory has its usual place
        usual = {**home.env, **desk.env, "XDG_RUNTIME_DIR": runtime}
        plan = subprocess.run([POSTERN, "run", *OPTIONS, "--print-plan", "true"], env=usual, capture_output=True, text=True)
        link = f"{runtime}/at-spi/bus_{desk.env['DISPLAY'].lstrip(':')} -> {runtime}/at-spi-bus"
        tap.ok(link in plan.stdout, "and what the X server says leads there as well", plan.stdout + plan.stderr)


def test_no_bus(tap, desk):
    """There is nobody on the host who has an accessibility bus."""
    with Home(desk=desk) as home:
        config = os.path.join(home.root, "bare.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(listen=f"unix:path={home.root}/bare"))
        daemon = subprocess.Popen(["dbus-daemon", "--config-file", config, "--nofork", "--print-address=1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        home.env["DBUS_SESSION_BUS_ADDRESS"] = daemon.stdout.readline().strip()
        before = set(desk.windows())
        process = subprocess.Popen([POSTERN, "run", *OPTIONS, "gedit"], env=home.env, cwd=home.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        home.children.append(process)
        wait_until(lambda: process.poll() is not None or set(desk.windows()) - before, "without an accessibility bus the editor does not start")
        wait_idle(lambda: home.application(process.pid))
        tap.ok(process.poll() is None, "without an accessibility bus on the host the editor starts all the same")
        process.terminate()
        said = process.communicate(timeout=10)[0]
        tap.ok(said.count("\n") < 6, "and says little about it", said)
        daemon.kill()
        daemon.wait()


# Owns org.a11y.Bus and says nothing.
SILENT = r"""
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
bus.add_filter(lambda connection, message, incoming: None if incoming and message.get_member() == "GetAddress" else message)
bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName", GLib.Variant("(su)", ("org.a11y.Bus", 4)), None, 0, -1, None)
print("ready", flush=True)
GLib.MainLoop().run()
"""

# Connects to the accessibility bus, and says what becomes of that after it has done something else.
BESIDE = r"""
import os, socket, sys
a11y = socket.socket(socket.AF_UNIX)
a11y.connect(os.environ["AT_SPI_BUS_ADDRESS"].split("=", 1)[1])
try: a11y.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
except BrokenPipeError: pass  # it is closed already, which is told below
from gi.repository import Gio
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
print(bus.call_sync("org.freedesktop.ScreenSaver", "/", "org.freedesktop.ScreenSaver", "Inhibit", None, None, 0, 10000, None).unpack()[0], flush=True)
a11y.settimeout(30)
try: print("answered" if a11y.recv(100) else "closed", flush=True)
except ConnectionResetError: print("closed", flush=True)
"""


def test_bad_answers(tap, desk):
    """A service that names nonsense, and one that never answers."""
    other = "org.freedesktop.ScreenSaver"
    with Home(desk=desk) as home, Bus(home, (other, "org.a11y.Bus")):
        result = home.run(PYTHON, "-c", BESIDE, options=("--bus",))
        tap.ok("served Inhibit" in result.stdout and result.stdout.endswith("closed\n"), "an address that is none: the connection is closed", result.stdout + result.stderr)
    with Home(desk=desk) as home, Bus(home, (other,)):
        silent = subprocess.Popen([PYTHON, "-c", SILENT], env=home.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        silent.stdout.readline()
        program = home.start(PYTHON, "-c", BESIDE, options=("--bus",))
        first = program.stdout.readline()
        tap.ok(first == "served Inhibit 1\n", "nobody answers: the other bus does meanwhile", first)
        apps = home.postern("apps")
        tap.ok(apps.returncode == 0 and program.poll() is None, "so does the broker", apps.stderr)
        rest, err = program.communicate(timeout=30)
        tap.ok(rest == "closed\n", "and then the connection is closed", rest + err)
        silent.kill()
        silent.wait()


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
