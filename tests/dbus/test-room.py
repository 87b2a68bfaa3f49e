# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of the bus an application takes. What the bus keeps for it costs everybody: each broadcast is compared with every match
rule, each call and answer with every call that is open. A session's bus has next to no limits of its own."""
import os

from sandboxed import RETRY, SandboxedWorld
from wire import BUS, CALL, ERROR, RETURN, SIGNAL, message, run_tests

LIMIT = "org.freedesktop.DBus.Error.LimitsExceeded"
POLICY = "session org.test.Talk * * allow\n"
RULES, ALL_RULES = 1024, 2048
CALLS, ALL_CALLS = 4096, 8192


class SessionWorld(SandboxedWorld):
    limits = {"max_match_rules_per_connection": 50000}  # as session.conf has it


def rule(i):
    return f"type='signal',interface='a.b',arg0='n{i}'"


def bus_bytes(one, member, *args, **how):
    return message(CALL, one.next_serial(), destination=BUS, path="/", member=member, body=args, signature="s" * len(args), **how)


def pour(one, make, n):
    """@n calls, some hundred at once; how many have been refused with LimitsExceeded, and what else was an error."""
    limited, wrong = 0, []
    for start in range(0, n, 250):
        one.sock.sendall(b"".join(make(start + i) for i in range(min(250, n - start))))
        one.sync()
        limited += sum(got.error == LIMIT for got in one.inbox)
        wrong += [got.error for got in one.inbox if got.type == ERROR and got.error != LIMIT]
        one.inbox.clear()
    return limited, wrong


def add_rules(one, n):
    return pour(one, lambda i: bus_bytes(one, "AddMatch", rule(i), interface=BUS), n)


def test_match_rules(tap):
    with SessionWorld() as world:
        sandbox, outside = world.sandbox(POLICY), world.connect()
        outside.own("org.test.Talk")
        tap.equal(add_rules(outside, ALL_RULES + 1000), (0, []), "control: the bus takes more of a program outside")
        first, second, third = (sandbox.connect() for _ in range(3))
        tap.equal(add_rules(first, 3000), (3000 - RULES, []), f"{RULES} of one connection")
        tap.equal(first.bus_call("AddMatch", rule("more")).error, LIMIT, "what is beyond is refused")
        outside.send(SIGNAL, path="/", interface="a.b", member="Tick", body=["n7"], signature="s")
        while first.next().member != "Tick":
            pass
        tap.ok(True, "control: what was added is told")
        tap.equal(add_rules(second, 3000), (3000 - RULES, []), "of another as many")
        tap.equal(add_rules(third, 10), (10, []), "then the application has all that it may have")

        tap.ok(second.bus_call("RemoveMatch", rule("none")).type == ERROR, "control: a rule that is not there cannot go")
        tap.equal(second.bus_call("AddMatch", rule("more")).error, LIMIT, "and makes no room")
        second.bus_call("RemoveMatch", rule(5) + ",path='/'")
        tap.equal(second.bus_call("AddMatch", rule("more")).error, LIMIT, "nor one that only looks like one of its own")
        tap.ok(second.bus_call("RemoveMatch", rule(5)).type == RETURN, "one of its own goes")
        tap.ok(third.bus_call("AddMatch", rule("more")).type == RETURN, "and makes room, for any of them")
        tap.equal(add_rules(third, 10), (10, []), "for one")
        second.sock.sendall(bus_bytes(second, "RemoveMatch", rule(6), interface=BUS, flags=1))
        second.sync()
        tap.equal(third.bus_call("AddMatch", rule("more")).type, RETURN, "also if it wanted no answer")
        first.close()
        while third.bus_call("AddMatch", rule("again")).error == LIMIT:  # each round is a turn of the proxy
            pass
        tap.equal(add_rules(third, 10), (0, []), "a connection that ends makes room")


def test_spelt_otherwise(tap):
    """Without wanting an answer, without the bus's interface, in a rule that is very long: it is counted, or refused."""
    with SessionWorld() as world:
        sandbox = world.sandbox(POLICY)
        one = sandbox.connect()
        pour(one, lambda i: bus_bytes(one, "AddMatch", rule(i), flags=1), RULES)
        tap.equal(one.bus_call("AddMatch", rule("more")).error, LIMIT, "what is spelt otherwise is counted")
        tap.equal(sandbox.connect().bus_call("AddMatch", f"arg0='{'x' * 1020}'").error, LIMIT, "a rule that is too long is refused")


def test_removed_in_vain(tap):
    """What the bus does not take for a removal makes no room."""
    with SessionWorld() as world:
        sandbox = world.sandbox(POLICY)
        one, two = sandbox.connect(), sandbox.connect()
        add_rules(one, RULES)
        got = one.reply_to(one.send(CALL, destination=BUS, path="/", interface=BUS, member="RemoveMatch", body=[rule(0), ""], signature="ss"))
        tap.equal((got.type, one.bus_call("AddMatch", rule("more")).error), (ERROR, LIMIT), "with an argument too many")
        one.send(CALL, path="/", interface=BUS, member="RemoveMatch", body=[rule(1)], signature="s", flags=1)
        tap.equal(one.bus_call("AddMatch", rule("more")).error, LIMIT, "without a destination")
        tap.ok(one.bus_call("RemoveMatch", rule(2)).type == RETURN, "control: a removal")
        tap.ok(one.bus_call("AddMatch", rule("more")).type == RETURN, "control: makes room")
        call_self(two, CALLS)
        add = [bus_bytes(two, "AddMatch", rule(i), interface=BUS, flags=1) for i in range(RULES)]
        two.sock.sendall(b"".join(add))
        refused = two.reply_to(two.send(CALL, destination=BUS, path="/", interface=BUS, member="RemoveMatch", body=[rule(3)], signature="s"))
        tap.equal(refused.error, LIMIT, "control: a removal that is not told the bus, since too many calls are open")
        third = sandbox.connect()
        tap.equal(third.bus_call("AddMatch", rule("more")).error, LIMIT, "it made no room")
        two.sock.sendall(bus_bytes(two, "RemoveMatch", rule(3), interface=BUS, flags=1))
        two.send(CALL, destination=BUS, path="/", interface=BUS, member="GetId", flags=0)
        two.next()
        # refused additions are not counted either
        got = two.reply_to(two.send(CALL, destination=BUS, path="/", interface=BUS, member="AddMatch", body=[rule(3)], signature="s"))
        tap.equal((got.error, third.bus_call("AddMatch", rule("more")).type), (LIMIT, RETURN), "what is refused takes no room")


def call_self(one, n):
    return pour(one, lambda i: message(CALL, one.next_serial(), destination=one.name, path="/", interface="a.b", member="Wait"), n)


def test_unanswered(tap):
    with SessionWorld() as world:
        sandbox, outside = world.sandbox(POLICY), world.connect()
        outside.own("org.test.Talk")
        tap.equal(call_self(outside, ALL_CALLS + 1000), (0, []), "control: the bus takes more of a program outside")
        first, second, third = (sandbox.connect() for _ in range(3))
        tap.equal(call_self(first, 5000), (5000 - CALLS, []), f"{CALLS} of one connection are open")
        serial = second.send(CALL, destination="org.test.Talk", path="/", interface="a.b", member="Ask")
        while (call := outside.next()).member != "Ask":
            pass
        outside.send(RETURN, destination=call.sender, reply_serial=call.serial)
        tap.ok(second.reply_to(serial).type == RETURN, "control: another is served")
        tap.equal(call_self(second, 5000), (5000 - CALLS, []), "of another as many")
        tap.equal(third.bus_call("GetNameOwner", "org.test.Talk").error, LIMIT, f"then the application has its {ALL_CALLS}")
        second.close()
        while (got := third.bus_call("GetNameOwner", "org.test.Talk")).error == LIMIT:
            pass
        tap.ok(got.type == RETURN, "a connection that ends makes room")


def test_held_descriptors(tap):
    """The descriptors of messages that wait for an answer are the proxy's meanwhile, and it has only so many."""
    with SandboxedWorld() as world:
        sandbox, service = world.sandbox(POLICY + "session org.test.Asked * * ask\n"), world.connect()
        service.own("org.test.Talk")
        greedy, other = sandbox.connect(), sandbox.connect()
        read, write = os.pipe()
        serials = [greedy.send(CALL, fds=[read] * 16, destination="org.test.Asked", path="/", interface="a.b", member="Keep") for _ in range(100)]
        greedy.sync()
        refused = {got.reply_serial for got in greedy.inbox if got.error == LIMIT}
        tap.equal(refused, set(serials[16:]), "256 wait, what is beyond is refused")
        last = greedy.send(CALL, destination="org.test.Asked", path="/", interface="a.b", member="Keep")
        greedy.sync()
        tap.equal([got.error for got in greedy.inbox if got.reply_serial == last], [], "control: a message without any waits")
        other.send(CALL, fds=[read], destination="org.test.Talk", path="/", interface="a.b", member="Take")
        while (got := service.next()).member != "Take":
            pass
        tap.equal(len(got.fds), 1, "control: another sends one")
        # what was held goes, and there is room again
        asked = sandbox.question()
        sandbox.set_policy(POLICY + "session org.test.Asked * * deny\n")
        sandbox.answer(asked, RETRY)
        tap.ok(greedy.reply_to(last).type == ERROR, "control: they are answered")
        sandbox.set_policy(POLICY + "session org.test.Asked * * ask\n")
        again = greedy.send(CALL, fds=[read] * 16, destination="org.test.Asked", path="/", interface="a.b", member="Keep")
        sandbox.question()
        greedy.sync()
        tap.equal([got.error for got in greedy.inbox if got.reply_serial == again], [], "and there is room for others")
        os.close(read), os.close(write)


run_tests(test_match_rules, test_spelt_otherwise, test_removed_in_vain, test_unanswered, test_held_descriptors)
