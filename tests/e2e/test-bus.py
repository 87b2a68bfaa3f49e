# SPDX-License-Identifier: GPL-3.0-or-later
"""The message bus in a sandbox: what is harmless works, the rest is asked for, once and in words, and nothing else is there."""
import errno
import os
import shlex
import signal
import subprocess
import sys

from bus import Bus, call
from inside import Servant
from postern_e2e import Home, ScriptedPerson, run_tests, wait_until

TALK, KEYS, SYSTEMD, NOTES, EOG = "org.example.Talk", "org.freedesktop.secrets", "org.freedesktop.systemd1", "org.freedesktop.ScreenSaver", "org.gnome.eog"
NAMES = (TALK, KEYS, SYSTEMD, NOTES, EOG)
EACCES = str(errno.EACCES)
BUS = ("--bus",)  # a start without one fails


def inside(home, *command, **more):
    return home.run(*command, options=BUS, **more)


def script(*commands):
    return ["sh", "-c", "; ".join(" ".join(shlex.quote(word) for word in command) for command in commands)]


def test_without(tap):
    with Home() as home, Bus(home, NAMES):
        person = ScriptedPerson(home)
        what = call(NOTES, "Inhibit", interface=NOTES)
        control = home.run(*what)
        tap.ok("served Inhibit" in control.stdout, "without an option the bus is there", control.stdout + control.stderr)
        result = home.run(*what, options=("--no-bus",))
        tap.ok(result.returncode != 0 and "served" not in result.stdout, "--no-bus: there is none", result.stdout + result.stderr)
        plan = home.postern("run", "--no-bus", "--print-plan", "true").stdout
        tap.ok("socket" not in plan and "# message buses: none, by --no-bus" in plan, "and the plan says so", plan)
        tap.ok("# message buses: session" in home.postern("run", "--print-plan", "true").stdout, "control: the plan has them otherwise")
        tap.ok(len(person.shown) == 0 and result.stderr.count("\n") <= 1, "nobody is asked, and nothing else is said", result.stderr)


def test_profile(tap):
    with Home() as home, Bus(home, NAMES):
        person = ScriptedPerson(home)
        what = [*call(NOTES, "Inhibit", interface=NOTES)]
        address = ["sh", "-c", 'echo "$DBUS_SESSION_BUS_ADDRESS"']
        home.write("no.profile", "[Application]\nBus=false\n")
        named = home.run(*what, options=("--profile", home.path("no.profile")))
        tap.ok(named.returncode != 0 and "served" not in named.stdout, "Bus=false in a profile that is named: there is no bus", named.stdout + named.stderr)
        home.write(".config/postern/profiles/escape-test.profile", "[Application]\nBus=false\n")
        found = home.run(*what)
        tap.ok(found.returncode != 0 and "served" not in found.stdout, "in one that the broker finds: none either", found.stdout + found.stderr)
        path = home.run(*what, env={"DBUS_SESSION_BUS_ADDRESS": home.env["DBUS_SESSION_BUS_ADDRESS"]}, options=("--no-bus",))
        tap.ok("served" not in path.stdout, "nor with both", path.stdout + path.stderr)
        told = home.run(*address)
        tap.ok(told.stdout == "disabled:\n", "and the program is told", told.stdout + told.stderr)
        socket = home.run("/usr/bin/python3", "-c", "import os, socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/user/%d/bus' % os.getuid())")
        tap.ok("ConnectionRefusedError" in socket.stderr, "who tries the place all the same is refused", socket.stdout + socket.stderr)
        tap.ok(not home.processes("postern-dbus-proxy"), "no proxy is left", home.processes("postern-dbus-proxy"))
        command = home.run(*what, options=BUS)
        tap.ok("served Inhibit" in command.stdout, "--bus goes before the profile", command.stdout + command.stderr)
        tap.ok(len(person.shown) == 0, "nobody is asked", person.titles())


def test_allow(tap):
    for abstract in (False, True):
        kind = "an abstract socket" if abstract else "a socket with a path"
        with Home() as home, Bus(home, NAMES, abstract):
            person = ScriptedPerson(home)
            result = inside(home, *script(call(TALK, "First"), call(TALK, "Second")))
            tap.ok("served First" in result.stdout and "served Second" in result.stdout, f"{kind}: allowed, both calls are answered", result.stdout + result.stderr)
            tap.ok(len(person.shown) == 1 and TALK in person.titles()[0], f"{kind}: one question, with the name", person.titles())
            again = inside(home, *call(TALK, "Third"))
            tap.ok("served Third" in again.stdout and len(person.shown) == 1, f"{kind}: the second start asks nothing", person.titles())
            grants = home.json("grants")
            tap.ok([(g["kind"], g["resource"], g["access"]) for g in grants] == [("bus", "session:" + TALK, "talk")], f"{kind}: the grant is listed", grants)


def test_used(tap):
    with Home() as home, Bus(home, NAMES):
        person = ScriptedPerson(home)
        used = lambda: {grant["resource"]: grant["last_use"] for grant in home.json("grants")}
        for name in (TALK, KEYS):
            home.postern("grant", "escape-test", "session:" + name, "--access", "talk")
        inside(home, *call(NOTES, "Inhibit", interface=NOTES))
        tap.ok(list(used().values()) == [0, 0], "a start, and a call of what is harmless, use no permission", str(used()))
        result = inside(home, *script(call(TALK, "First"), call(TALK, "Second")))
        wait_until(lambda: used()["session:" + TALK] > 0, "the use of a service is not noted")
        tap.ok("served Second" in result.stdout and used()["session:" + KEYS] == 0, "a call does, of the service that it went to", str(used()))
        tap.ok([event["resource"] for event in home.events("used")] == ["session:" + TALK], "and it is in the history, once", home.postern("log").stdout)
        tap.ok(len(person.shown) == 0, "nobody is asked", person.titles())


LONG = f"""
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
for _ in range(3):
    print(bus.call_sync("{NOTES}", "/", "{NOTES}", "Inhibit", GLib.Variant("(s)", ("x" * 3_000_000,)), None, 0, -1, None).unpack()[0])
"""


def test_long(tap):
    with Home() as home, Bus(home, NAMES):
        result = inside(home, "/usr/bin/python3", "-c", LONG)
        tap.ok(result.stdout.count("served Inhibit") == 3, "messages of 3 MB pass", result.stdout + result.stderr)


def test_deny(tap):
    with Home() as home, Bus(home, NAMES):
        person = ScriptedPerson(home, "deny once")
        result = inside(home, *script(call(TALK, "First"), call(TALK, "Second")))
        tap.ok("served" not in result.stdout and result.stderr.count("AccessDenied") == 2, "denied: both calls fail", result.stdout + result.stderr)
        tap.ok(len(person.shown) == 1, "and the second is not asked about", person.titles())


def test_catalogue(tap):
    with Home() as home, Bus(home, NAMES):
        person = ScriptedPerson(home, "deny once")
        quiet = inside(home, *call(NOTES, "Inhibit", interface=NOTES))
        tap.ok("served Inhibit" in quiet.stdout, "what the catalogue calls harmless is answered", quiet.stdout + quiet.stderr)
        tap.ok(len(person.shown) == 0, "without a question", person.titles())
        never = inside(home, *call(SYSTEMD, "StartTransientUnit", interface="org.freedesktop.systemd1.Manager"))
        tap.ok("AccessDenied" in never.stderr and "served" not in never.stdout, "what controls the host is refused", never.stdout + never.stderr)
        tap.ok(len(person.shown) == 0, "without a question too", person.titles())
        keys = inside(home, *call(KEYS, "SearchItems", interface="org.freedesktop.Secret.Service"))
        tap.ok("AccessDenied" in keys.stderr, "passwords are refused as the person says", keys.stdout + keys.stderr)
        tap.ok(len(person.shown) == 1 and "Passwords and keys" in person.titles()[0], "who was asked in words", person.titles())


def test_parts(tap):
    with Home() as home, Bus(home, NAMES):
        person = ScriptedPerson(home)
        search = call(KEYS, "SearchItems", interface="org.freedesktop.Secret.Service")
        read = call(KEYS, "GetSecrets", interface="org.freedesktop.Secret.Service")
        result = inside(home, *script(search, search, read, read))
        tap.ok(result.stdout.count("served") == 4, "looking for passwords and reading them: all are answered", result.stdout + result.stderr)
        tap.ok(len(person.shown) == 2 and person.titles()[0] != person.titles()[1], "reading them is a question of its own", person.titles())


# A call that leaves its interface out, which libraries do not offer.
NO_INTERFACE = r"""
import sys
from gi.repository import Gio
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
message = Gio.DBusMessage.new_method_call(sys.argv[1], "/", None, sys.argv[2])
reply = bus.send_message_with_reply_sync(message, Gio.DBusSendMessageFlags.NONE, 10000)[0]
print(reply.get_error_name() or reply.get_body())
"""


def test_no_interface(tap):
    wallet = "org.kde.kwalletd6"
    with Home() as home, Bus(home, (wallet,)):
        person = ScriptedPerson(home)
        home.grant("session:" + wallet, access="talk")
        result = inside(home, "/usr/bin/python3", "-c", NO_INTERFACE, wallet, "readPassword")
        tap.ok("AccessDenied" in result.stdout, "a call without an interface, which may be one of a part that is not granted: refused at once", result.stdout + result.stderr)
        tap.ok(len(person.shown) == 0, "without a question", person.titles())
        granted = inside(home, *call(wallet, "open", interface="org.kde.KWallet"))
        tap.ok("served open" in granted.stdout, "control: what is granted is answered", granted.stdout + granted.stderr)


def test_shared_connection(tap):
    notes, shell = "org.gtk.Notifications", "org.gnome.Shell"
    with Home() as home, Bus(home, (notes, shell)):
        person = ScriptedPerson(home, "deny once")
        other = inside(home, *call(notes, "CreateSession", interface="org.gnome.Mutter.RemoteDesktop"))
        tap.ok("AccessDenied" in other.stderr and len(person.shown) == 0, "what else is on the connection of a harmless name is refused", other.stdout + other.stderr)
        own = inside(home, *call(notes, "AddNotification", interface=notes))
        tap.ok("served AddNotification" in own.stdout, "control: the harmless interface answers", own.stdout + own.stderr)


def test_start_service(tap):
    """What a library does before its first call."""
    bus = "org.freedesktop.DBus"

    def start(name):
        return call(bus, "StartServiceByName", "string:" + name, "uint32:0", interface=bus, path="/org/freedesktop/DBus")

    with Home() as home, Bus(home, NAMES):
        person = ScriptedPerson(home)
        keys = inside(home, *script(start(KEYS), call(KEYS, "SearchItems", interface="org.freedesktop.Secret.Service")))
        reached = "not provided by any .service files"  # what the bus itself says
        tap.ok("uint32 2" in keys.stdout and "served SearchItems" in keys.stdout, "what runs is said to run, before anything is asked", keys.stdout + keys.stderr)
        tap.ok(len(person.shown) == 1, "and asked about is the first call", person.titles())
        other = inside(home, *script(start(NOTES), start(SYSTEMD)))
        tap.ok(other.stderr.count(reached) == 1 and other.stderr.count("AccessDenied") == 1 and len(person.shown) == 1, "a harmless one is started, and none that controls the host", other.stdout + other.stderr)


def test_both_buses(tap):
    with Home() as home, Bus(home, NAMES) as bus:
        ScriptedPerson(home)
        home.env["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address
        system = [word if word != "--session" else "--system" for word in call(TALK, "Hello")]
        result = inside(home, *script(call(TALK, "Hello"), system, ["sh", "-c", 'test -S "${AT_SPI_BUS_ADDRESS#unix:path=}" && echo accessible']))
        tap.ok(result.stdout.count("served Hello") == 2 and "accessible" in result.stdout, "the session, the system and the accessibility bus beside each other", result.stdout + result.stderr)
        grants = sorted(g["resource"] for g in home.json("grants"))
        tap.ok(grants == ["session:" + TALK, "system:" + TALK], "each is asked about apart", grants)


def test_one_permission_of_several(tap):
    """Each of these is one connection with several names, as of a desktop's shell or a file manager."""
    shell, files, nautilus = "org.gnome.Shell", "org.freedesktop.FileManager1", "org.gnome.Nautilus"
    others = [("an interface of another name", "org.gnome.Shell.Screenshot"), ("one that is nobody's by its name", "org.other.Script"),
              ("one of a name that is refused everywhere", "org.freedesktop.systemd1.Manager")]
    with Home() as home, Bus(home, (TALK, shell)):
        person = ScriptedPerson(home, "deny once")
        home.grant("session:" + TALK, access="talk")
        for what, interface in others:
            result = inside(home, *call(TALK, "Attack", interface=interface))
            tap.ok("AccessDenied" in result.stderr and "served" not in result.stdout, f"allowed one name of a connection, {what} is refused", result.stdout + result.stderr)
        own = inside(home, *call(TALK, "Hello"))
        tap.ok("served Hello" in own.stdout and len(person.shown) == 0, "control: the interface of the name is answered", own.stderr)
    with Home() as home, Bus(home, (TALK,)):
        home.grant("session:" + TALK, access="talk")
        result = inside(home, *call(TALK, "Hello", interface="org.other.Script"))
        tap.ok("served Hello" in result.stdout, "control: of a connection without other names every interface is", result.stderr)
    with Home() as home, Bus(home, (files, nautilus)):
        person = ScriptedPerson(home)
        shown = inside(home, *call(files, "ShowItems", interface=files))
        tap.ok("served ShowItems" in shown.stdout and len(person.shown) == 1, "a file manager is allowed to show files", shown.stderr)
        for interface in ("org.gnome.Nautilus.FileOperations2", "org.other.Script"):
            result = inside(home, *call(files, "TrashURIs", interface=interface))
            tap.ok("AccessDenied" in result.stderr and len(person.shown) == 1, f"and not to do what {interface} does", result.stdout + result.stderr)


# Calls what it reads on one connection: name, interface, member.
CALLER = r"""
import sys
from gi.repository import Gio
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
for line in sys.stdin:
    name, interface, member = line.split()
    try: print(bus.call_sync(name, "/", interface, member, None, None, 0, 20000, None).unpack()[0], flush=True)
    except Exception as error: print(error, flush=True)
"""


def test_permission_while_it_runs(tap):
    """What else the owner of a name is must be known before the first message to it goes out."""
    shell = "org.gnome.Shell"
    with Home() as home, Bus(home, (TALK, shell)):
        person = ScriptedPerson(home)
        result = inside(home, *script(call(TALK, "Attack", interface="org.other.Script"), call(TALK, "Hello")))
        tap.ok(len(person.shown) == 1 and "AccessDenied" in result.stderr, "allowed by a question, the very message that asked is refused when it may be another name's", result.stdout + result.stderr)
        tap.ok("served Hello 1" in result.stdout, "control: one of the name is answered", result.stderr)
    with Home() as home, Bus(home, (TALK, shell)):
        caller = home.start("/usr/bin/python3", "-c", CALLER, options=BUS)

        def ask(*words):
            caller.stdin.write(" ".join(words) + "\n")
            caller.stdin.flush()
            return caller.stdout.readline()

        ready = ask(NOTES, NOTES, "Inhibit")
        home.grant("session:" + TALK, access="talk")
        attack, own = ask(TALK, "org.other.Script", "Attack"), ask(TALK, TALK, "Hello")
        tap.ok("AccessDenied" in attack, "allowed by command while it is connected: the same", ready + attack)
        tap.ok("served Hello 1" in own, "control: one of the name is answered", own)
        caller.stdin.close()
        caller.wait(10)


def test_refused_part(tap):
    secret = "org.freedesktop.Secret.Service"
    with Home() as home, Bus(home, NAMES):
        caller = home.start("/usr/bin/python3", "-c", CALLER, options=BUS)

        def ask(member):
            caller.stdin.write(f"{KEYS} {secret} {member}\n")
            caller.stdin.flush()
            return caller.stdout.readline()

        first = ask("SearchItems")
        tap.ok("AccessDenied" in first, "nobody is there to be asked: refused", first)
        person = ScriptedPerson(home, "deny once")
        read = ask("GetSecrets")
        tap.ok("AccessDenied" in read and len(person.shown) == 1, "the passwords themselves are refused by the person", read)
        person.answer = lambda question: "allow once"
        again = ask("SearchItems")
        tap.ok("served SearchItems" in again and len(person.shown) == 2, "the first is asked about on the same connection, and answered", again)
        read = ask("GetSecrets")
        tap.ok("AccessDenied" in read and len(person.shown) == 2, "control: what the person refused stays refused", read)
        caller.stdin.close()
        caller.wait(10)


def test_names(tap):
    with Home() as home, Bus(home, NAMES):
        person = ScriptedPerson(home, "deny once")
        bus = "org.freedesktop.DBus"
        listed = inside(home, *call(bus, "ListNames", interface=bus, path="/org/freedesktop/DBus"))
        tap.ok(listed.returncode == 0 and all(name not in listed.stdout for name in (TALK, SYSTEMD, EOG)), "names that are not the application's business are not there", listed.stdout)
        tap.ok(NOTES in listed.stdout, "control: a harmless one is", listed.stdout)
        owner = inside(home, *call(bus, "GetNameOwner", "string:" + TALK, interface=bus, path="/org/freedesktop/DBus"))
        tap.ok("NameHasNoOwner" in owner.stderr, "nor do they have an owner", owner.stdout + owner.stderr)
        tap.ok(len(person.shown) == 0, "and that asks nothing", person.titles())
        # a program of the same name runs outside
        own = inside(home, *call(bus, "RequestName", "string:" + EOG, "uint32:4", interface=bus, path="/org/freedesktop/DBus"))
        tap.ok("uint32 1" in own.stdout, "owning a name: the application is told that it does", own.stdout + own.stderr)
        outside = subprocess.run(call(EOG, "Open"), env=home.env, capture_output=True, text=True)
        tap.ok("served Open 1" in outside.stdout, "and outside it is owned by who owned it, who was called by nobody", outside.stdout + outside.stderr)
        both = inside(home, *script(call(bus, "RequestName", "string:" + EOG, "uint32:4", interface=bus, path="/org/freedesktop/DBus"), call(EOG, "Open")))
        tap.ok("served" not in both.stdout and len(person.shown) == 1, "talking to the one outside is asked for", both.stdout + both.stderr)


def test_revoke(tap):
    with Home() as home, Bus(home, NAMES):
        person = ScriptedPerson(home, "deny once")
        home.grant("session:" + TALK, access="talk")
        # a new connection each time; so a shell that waits for a line stays in one sandbox
        shell = home.start("sh", "-c", "while read line; do " + " ".join(call(TALK, "Tick")) + " 2>&1; done", options=BUS)

        def tick():
            shell.stdin.write("\n")
            shell.stdin.flush()
            line = shell.stdout.readline()
            return line + (shell.stdout.readline() if line.startswith("method return") else "")

        first = tick()
        tap.ok("served Tick" in first and len(person.shown) == 0, "granted by command: no question", first)
        revoked = home.postern("revoke", "escape-test", "session:" + TALK)
        second = tick()
        tap.ok(revoked.returncode == 0 and "AccessDenied" in second and len(person.shown) == 1, "revoked: the next call of the running program is asked about", revoked.stderr + second)
        shell.stdin.close()
        shell.wait(10)


def test_invented_names(tap):
    with Home() as home, Bus(home, NAMES):
        person = ScriptedPerson(home, "deny once")
        result = inside(home, *script(*(call(f"org.invented.Name{i}", "Hello") for i in range(20))))
        tap.ok(result.stderr.count("AccessDenied") == 20, "twenty names that the application made up are refused", result.stderr)
        tap.ok(len(person.shown) == 8, "and the person is not asked without end", len(person.shown))


def test_many_connections(tap):
    crowd = """
import os, socket, sys
path, n = os.environ["DBUS_SESSION_BUS_ADDRESS"].split("=", 1)[1], 0
held = []
for i in range(150):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(0.5 if n >= 40 else 10)
    s.connect(path)
    s.sendall(b"\\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\\r\\n")
    held.append(s)
    try: n += s.recv(100).startswith(b"OK")
    except TimeoutError: break
print(n)
held.pop(0).close()
s.settimeout(10)
print(s.recv(100).startswith(b"OK"))
"""
    with Home() as home, Bus(home, NAMES):
        ScriptedPerson(home)
        result = inside(home, "/usr/bin/python3", "-c", crowd)
        tap.ok(result.stdout == "48\nTrue\n", "one application has 48 connections at once, and the next when one has ended", result.stdout + result.stderr)


def test_nobody_listens(tap):
    """What Postern's processes have to say goes where the application's own errors go, and somebody there has stopped reading. An application can have them say something
    at any time: by nonsense on a connection, or by asking for what is refused. Nobody may wait for that."""
    app, bus = "org.example.Loud", f"/run/user/{os.getuid()}/bus"
    with Home() as home, Bus(home, NAMES):
        ScriptedPerson(home, "deny once")
        picture, letter = home.write("Pictures/a", "a picture\n"), home.write("Documents/letter", "a letter\n")
        home.postern("grant", app, home.path("Pictures"))
        read, write = os.pipe()
        os.set_blocking(write, False)
        try:
            while True:
                os.write(write, bytes(4096))
        except BlockingIOError:
            os.set_blocking(write, True)
        servant = Servant(home, app, stderr=write)
        os.close(write)
        tap.ok(servant.ask("read", picture) == "ok 10", "it reads what was granted")
        servant.send("nonsense", bus)
        servant.send("read", letter)
        result = home.postern("revoke", app, home.path("Pictures"), timeout=60)
        answers = [servant.answer(), servant.answer(), servant.ask("read", picture), servant.ask("nonsense", bus)]
        tap.ok(result.returncode == 0 and answers == ["ok 0", EACCES, EACCES, "ok 0"], "revoked, and everybody goes on", f"{answers} {result.stdout} {result.stderr}")
        os.read(read, 1 << 20)
        servant.ask("nonsense", bus)
        tap.ok(b"a connection was closed" in os.read(read, 65536), "control: what is read is said")
        servant.end()
        os.close(read)


def test_held(tap):
    with Home() as home, Bus(home, NAMES):
        person = ScriptedPerson(home, None)
        asking = home.start(*call(TALK, "Wait"), options=BUS)
        question = person.wait_for_question()
        other = inside(home, *call(NOTES, "Inhibit", interface=NOTES))
        tap.ok("served Inhibit" in other.stdout, "while one call waits, others are answered", other.stdout + other.stderr)
        person.reply(question, "allow once")
        out, err = asking.communicate(timeout=20)
        tap.ok("served Wait" in out, "the one that waited is answered when it is allowed", out + err)

        killed = home.start(*call(TALK, "Wait"), options=BUS)
        question = person.wait_for_question(2)
        for pid in home.application(killed.pid):
            os.kill(pid, signal.SIGKILL)
        person.wait_withdrawn(question)
        tap.ok(True, "a caller that is killed takes its question with it")
        killed.wait(10)


def test_broker_again(tap):
    with Home() as home, Bus(home, NAMES):
        person = ScriptedPerson(home, None)
        asking = home.start(*call(TALK, "Wait"), options=BUS)
        person.wait_for_question()
        for pid in home.processes("postern-broker"):
            os.kill(pid, signal.SIGKILL)
        again = ScriptedPerson(home)
        again.wait_for_question()
        out, err = asking.communicate(timeout=20)
        tap.ok("served Wait" in out, "a question outlives the broker, and is answered by the next", out + err)


def test_proxy_killed(tap):
    with Home() as home, Bus(home, NAMES):
        ScriptedPerson(home)
        shell = home.start("sh", "-c", "echo ready; read line", options=BUS)
        shell.stdout.readline()
        proxies = home.processes("postern-dbus-proxy")
        tap.ok(len(proxies) == 1, "one proxy for the sandbox", proxies)
        for pid in proxies:
            os.kill(pid, signal.SIGKILL)
        status = shell.wait(10)
        tap.ok(status == 125, "proxy killed: the application is ended", status)
        wait_until(lambda: not home.processes("postern-fusefs"), "the gate stays")


def test_missing(tap):
    with Home() as home:
        ScriptedPerson(home)
        home.env.pop("DBUS_SESSION_BUS_ADDRESS", None)
        home.env["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nowhere/socket-that-is-not-there"
        result = inside(home, "true")
        tap.ok(result.returncode == 0, "a system bus that is only named: the program runs", result.stderr)
        home.env["DBUS_SYSTEM_BUS_ADDRESS"] = "tcp:host=localhost"
        result = inside(home, "true")
        tap.ok(result.returncode == 125 and result.stderr.count("\n") == 1 and "--bus" in result.stderr, "--bus, and no bus at all: one sentence, nothing started", result.stderr)
        result = home.run("sh", "-c", 'echo "$DBUS_SESSION_BUS_ADDRESS"')
        tap.ok(result.returncode == 0 and result.stdout == "disabled:\n" and result.stderr == "", "without the option the program runs without one, and nothing is said", result.stdout + result.stderr)
        plan = home.postern("run", "--print-plan", "true").stdout
        tap.ok("# message buses: none: the host has none" in plan, "but in the plan", plan)
        tap.ok("message buses" in home.postern("doctor").stdout, "and by doctor")


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
