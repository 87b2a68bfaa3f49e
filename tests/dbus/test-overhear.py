# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to others, and what is said before anybody has decided: by an application on a bus that lets everybody overhear."""
import os

from sandboxed import Sandboxed, SandboxedWorld
from wire import BUS, CALL, RETURN, SIGNAL, message, run_tests

DENIED = "org.freedesktop.DBus.Error.AccessDenied"
POLICY = "session org.test.Talk * * allow\nsession org.test.Shut * * deny\n"
# as dbus-daemon reads them, all of them the same
RULES = ["eavesdrop=true", "eavesdrop='true'", "eavesdrop \t=true", "type='signal',eavesdrop=true", "eavesdrop=true,type='method_call'",
         "type='method_call', eavesdrop='tr'ue", "path='/',\neavesdrop\n=true"]


def overhears(world, listener):
    """Is it told of what two others say to each other?"""
    one, two = world.connect(), world.connect()
    one.send(SIGNAL, destination=two.name, path="/", interface="a.b", member="Secret")
    one.send(CALL, destination=two.name, path="/", interface="a.b", member="Secret")
    one.sync(), two.sync(), listener.sync()
    heard = [got.member for got in listener.inbox if got.member == "Secret"]
    listener.inbox.clear()
    return heard


def test_rules(tap):
    with SandboxedWorld() as world:
        outside, inside = world.connect(), world.sandbox(POLICY).connect()
        tap.equal(overhears(world, outside), [], "control: without a rule nobody is told")
        for rule in RULES:
            added = outside.bus_call("AddMatch", rule).type == RETURN
            tap.ok(added and overhears(world, outside), f"control: outside, {rule!r} overhears")
            outside.bus_call("RemoveMatch", rule)
            tap.equal(inside.bus_call("AddMatch", rule).error, DENIED, f"inside, {rule!r} is refused")
            tap.equal(overhears(world, inside), [], f"inside, {rule!r} hears nothing")
        # the same without the bus's interface, and without wanting an answer
        inside.send(CALL, destination=BUS, path="/", member="AddMatch", body=["eavesdrop=true"], signature="s")
        inside.send(CALL, destination=BUS, interface=BUS, path="/", member="AddMatch", body=["eavesdrop=true"], signature="s", flags=1)
        tap.equal(overhears(world, inside), [], "nor by a call that is spelt otherwise")
        tap.ok(inside.bus_call("AddMatch", "type='signal',arg0='eavesdrop'").type == RETURN, "control: a rule that only has the word in it is one")


def test_before_policy(tap):
    """What is sent before the first policy is there waits, and is judged by it."""
    with SandboxedWorld() as world:
        service, shut = world.connect(), world.connect()
        service.own("org.test.Talk"), shut.own("org.test.Shut")
        sandbox = Sandboxed(world, None)
        early = sandbox.connect(hello=False, auth=False)
        who = str(os.getuid()).encode().hex().encode()
        early.sock.sendall(b"\0AUTH EXTERNAL " + who + b"\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n" +
                           message(CALL, 1, destination=BUS, interface=BUS, path="/", member="Hello") +
                           message(CALL, 2, destination="org.test.Shut", interface="a.b", path="/", member="Secret") +
                           message(CALL, 3, destination="org.test.Talk", interface="a.b", path="/", member="Open"))
        names = service.bus_call("ListNames").args()[0]
        tap.equal(sorted(name for name in names if name[0] == ":"), sorted([service.name, shut.name]), "nobody has connected to the bus for it")
        early.sock.setblocking(False)
        try:
            tap.equal(early.sock.recv(1), None, "nothing is answered")
        except BlockingIOError:
            tap.ok(True, "nothing is answered")
        early.sock.setblocking(True)
        sandbox.set_policy(POLICY)
        while early.line() != b"AGREE_UNIX_FD":
            pass
        tap.ok(early.reply_to(1).type == RETURN, "control: then it is served")
        tap.equal(early.reply_to(2).error, DENIED, "what the policy refuses is refused")
        while service.next().member != "Open":
            pass
        tap.ok(True, "control: what it allows arrives")
        shut.sync()
        tap.equal([got.member for got in shut.inbox if got.type == CALL], [], "and nothing else")


run_tests(test_rules, test_before_policy)
