# SPDX-License-Identifier: GPL-3.0-or-later
"""A program is judged by all the names that it owns. Whatever the application does to make the proxy lose sight of them."""
import os
import socket

from sandboxed import SandboxedWorld
from wire import BUS, CALL, ERROR, RETURN, message, run_tests

DENIED = "org.freedesktop.DBus.Error.AccessDenied"
POLICY = """session org.test.Open * * allow
session org.test.Shut * * deny
session org.test.Family.* * * deny
session org.test.Asked * * ask
session org.test.Asked a.b Quiet allow
"""


def bus_bytes(serial, member, *args, signature=None):
    return message(CALL, serial, destination=BUS, interface=BUS, path="/org/freedesktop/DBus", member=member, body=args,
                   signature="s" * len(args) if signature is None else signature)


def secret(serial, destination="org.test.Open"):
    return message(CALL, serial, destination=destination, interface="x.y", path="/", member="Secret")


def members_of(service):
    service.sync()
    return [one.member for one in service.inbox if one.type == CALL]


def test_at_once(tap):
    """What is sent together with Hello is judged by the names of a family as well."""
    for name in ("org.test.Alone", "org.test.Shut", "org.test.Family.One"):
        with SandboxedWorld() as world:
            service = world.connect()
            service.own("org.test.Open"), service.own(name)
            client = world.sandbox(POLICY).connect(hello=False)
            client.sock.sendall(bus_bytes(1, "Hello") + secret(2))
            client.reply_to(1)
            if name == "org.test.Alone":
                while service.next().member != "Secret":
                    pass
                tap.ok(True, "control: nothing is refused of another name")
            else:
                tap.equal(client.reply_to(2).error, DENIED, f"{name} is refused")
                tap.equal(members_of(service), [], f"{name}: nothing has arrived")


def test_strike_out(tap):
    """The proxy's own match rules cannot be struck out by the application; its own can."""
    ours = "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',"
    with SandboxedWorld() as world:
        client = world.sandbox(POLICY).connect()
        client.sync()
        mine = "type='signal',interface='a.b',path_namespace='/org/target'"
        for rule in (mine, ours + "arg0='org.test.Open'"):
            client.bus_call("AddMatch", rule)
            tap.ok(client.bus_call("RemoveMatch", rule).type == RETURN, "control: a rule of its own")
            tap.ok(client.bus_call("RemoveMatch", rule).type == ERROR, "control: it is gone")
        for keys in ("arg0='org.test.Shut'", "arg0namespace='org.test.Family'", "arg0=org.test.Shut", "arg0=org.test.''Shut"):
            for more in ("", ",path_namespace='/org/freedesktop/DBus'", ", path_namespace ='/org'/freedesktop/DBus", ",path='/org/freedesktop/DBus'"):
                client.bus_call("RemoveMatch", ours + keys + more)
                client.bus_call("RemoveMatch", keys + more + "," + ours)
                client.bus_call("RemoveMatch", f"path_namespace='/org/freedesktop/DBus',{keys},{ours}")
        for name in ("org.test.Shut", "org.test.Family.One"):
            service = world.connect()
            service.own("org.test.Open"), service.own(name)
            client.sync()  # the proxy has been told of the owner
            got = client.reply_to(client.send(CALL, **{"destination": "org.test.Open", "interface": "x.y", "path": "/", "member": "Secret"}))
            tap.equal(got.error, DENIED, f"{name} is refused")
            tap.equal(members_of(service), [], f"{name}: nothing has arrived")
            service.bus_call("ReleaseName", "org.test.Open")


def test_start(tap):
    """A service that ran once is not started without a question; one that runs need not be."""
    with SandboxedWorld() as world:
        with open(f"{world.dir}/services/org.test.Asked.service", "w", encoding="utf-8") as out:
            out.write(f"[D-BUS Service]\nName=org.test.Asked\nExec=/bin/sh -c \"touch {world.dir}/started\"\n")
        world.connect().bus_call("ReloadConfig")
        policy = "session org.test.Asked * * ask\n"
        sandbox = world.sandbox(policy + "session org.test.Open * * allow\nsession org.test.F.* * * ask\n")
        service = world.connect()
        service.own("org.test.Asked")
        client = sandbox.connect()
        got = client.bus_call("StartServiceByName", "org.test.Asked", 0, signature="su")
        tap.ok(got.type == RETURN and got.args() == [2], "control: it runs already, and nobody is asked", got.error)
        service.bus_call("ReleaseName", "org.test.Asked")
        client.sync()
        serial = client.send(CALL, destination=BUS, interface=BUS, path="/org/freedesktop/DBus", member="StartServiceByName",
                             body=["org.test.Asked", 0], signature="su")
        client.sync()
        tap.ok(b"org.test.Asked" in sandbox.question()[1], "somebody is asked")
        tap.equal([one for one in client.inbox if one.reply_serial == serial], [], "and it waits")
        tap.ok(not os.path.exists(f"{world.dir}/started"), "nothing was started")


def test_later(tap):
    """A name that is refused while the application runs is refused under the other names of its owner, at once."""
    for line in ("session org.test.Late * * deny", "session org.test.Below.* * * deny"):
        with SandboxedWorld() as world:
            sandbox = world.sandbox(POLICY)
            service = world.connect()
            for name in ("org.test.Open", "org.test.Late", "org.test.Below.One"):
                service.own(name)
            client = sandbox.connect()
            client.sock.sendall(secret(1002) + secret(1003, service.name))
            while not service.take(serial=1003):
                service.inbox.append(service.next())
            tap.ok(True, "control: nothing is refused yet")
            # in the middle of a message, of which the proxy has the first half
            whole = message(CALL, 1010, destination="org.test.Open", interface="x.y", path="/", member="Long", body=["x" * 300_000], signature="s")
            client.sock.sendall(whole[:150_000])
            sandbox.connect().sync()
            sandbox.set_policy(POLICY + line + "\n")
            client.sock.sendall(whole[150_000:] + secret(1011) + secret(1012, service.name))
            tap.equal((client.reply_to(1011).error, client.reply_to(1012).error), (DENIED, DENIED), line)
            while not service.take(serial=1010):
                service.inbox.append(service.next())
            service.sync()
            tap.equal([one.serial for one in service.inbox if one.type == CALL], [1002], f"{line}: nothing has arrived")


def test_no_room(tap):
    """The application has taken all the match rules that a connection may have, so that the proxy cannot watch a name. It cannot go
    on unwatched."""
    for full in (False, True):
        with SandboxedWorld() as world:
            sandbox, service, client = world.sandbox(POLICY), world.connect(), None
            service.own("org.test.Open")
            client = sandbox.connect()
            client.sync()
            n = 0
            while full and client.bus_call("AddMatch", f"type='signal',arg0='n{n}'").type == RETURN:
                n += 1
            sandbox.set_policy(POLICY + "session org.test.Late * * deny\n")
            if full:
                tap.ok(client.is_closed() and n > 100, f"after {n} rules it is closed")
                client = sandbox.connect()
            client.sync()
            service.own("org.test.Late")
            client.sync()  # the proxy has been told of the owner
            client.sock.sendall(secret(5000))
            tap.equal(client.reply_to(5000).error, DENIED, "control: a connection that has room is served, and knows")


def test_coming_and_going(tap):
    """More programs come and go than the proxy remembers, each of which owns a name of a family for a moment. Whoever comes
    then is answered, and what has stayed is known."""
    with SandboxedWorld() as world:
        client = world.sandbox(POLICY).connect()
        stays = world.connect()
        stays.own("org.test.Open"), stays.own("org.test.Shut")
        client.sync()
        who = str(os.getuid()).encode().hex().encode()
        hello = b"\0AUTH EXTERNAL " + who + b"\r\nBEGIN\r\n" + bus_bytes(1, "Hello")
        for i in range(17_000):
            one = socket.socket(socket.AF_UNIX)
            one.connect(world.path)
            one.sendall(hello + bus_bytes(2, "RequestName", f"org.test.Family.n{i}", 4, signature="su"))
            got = b""
            while b"NameAcquired" not in got or f"n{i}".encode() not in got:
                got += one.recv(4096)
            one.close()
            if i % 500 == 0:
                client.sync(), client.inbox.clear()
        client.sync(), client.inbox.clear()
        late = world.connect()
        serial = late.send(CALL, destination=client.name, path="/", interface="a.b", member="Hi")
        call = client.next()
        while call.member != "Hi":
            call = client.next()
        client.send(RETURN, destination=late.name, reply_serial=call.serial)
        tap.ok(late.reply_to(serial).type == RETURN, "who comes after them is answered")
        client.sock.sendall(secret(50_000))
        tap.equal(client.reply_to(50_000).error, DENIED, "who was there before them is known")


run_tests(test_at_once, test_strike_out, test_start, test_later, test_no_room, test_coming_and_going)
