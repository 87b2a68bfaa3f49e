# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict that xdg-dbus-proxy lacks: what is held, what flows meanwhile, and what each answer does."""
import fcntl
import os
import socket
import struct
import termios

from wire import BUS, CALL, NO_AUTO_START, NO_REPLY, OURS, PATIENCE, RETURN, SIGNAL, World, message, run_tests

DENIED = "org.freedesktop.DBus.Error.AccessDenied"


class Asked:
    """A world with a proxy whose questions come to us."""

    def __init__(self, *options):
        self.options = options or ("--ask=org.test.Ask", "--talk=org.test.Free")

    def __enter__(self):
        self.world = World().__enter__()
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(PATIENCE)
        self.lines = self.ours.makefile("r")
        self.path, self.proxy = self.world.start(OURS, f"--ask-fd={theirs.fileno()}", "--filter", *self.options,
                                                 pass_fds=(theirs.fileno(),))
        theirs.close()
        self.service, self.free = self.world.connect(), self.world.connect()
        self.service.own("org.test.Ask")
        self.free.own("org.test.Free")
        self.client = self.world.connect(self.path)
        self.client.sync()
        return self

    def __exit__(self, *what):
        self.lines.close()
        self.ours.close()
        self.world.__exit__(*what)

    def question(self):
        return self.lines.readline().split()

    def answer(self, word, number):
        self.ours.sendall(f"{word} {number}\n".encode())

    def send(self, kind=CALL, destination="org.test.Ask", **how):
        how = {"path": "/org/test", "interface": "org.test.I", "member": "Ping"} | how
        return self.client.send(kind, destination=destination, **how)


def serve(service, n):
    """Answers n calls with their first argument."""
    while n:
        one = service.next()
        if one.type == CALL:
            service.send(RETURN, destination=one.sender, reply_serial=one.serial, body=one.args(), signature=one.signature or "")
            n -= 1


def test_allow(tap):
    with Asked() as asked:
        read, write = os.pipe()
        first = asked.send(body=["first"], signature="s")
        line = asked.question()
        tap.equal(line[:1] + line[2:], ["ASK", "0", "org.test.Ask", "org.test.I", "Ping", "/org/test"], "the question")
        second = asked.send(SIGNAL, member="Signal")
        third = asked.send(body=["third"], signature="s", fds=[write])
        fourth = asked.send(destination=asked.service.name, body=["fourth"], signature="s")
        free = asked.send(destination="org.test.Free")
        serve(asked.free, 1)
        tap.ok(asked.client.reply_to(free).type == RETURN, "another name answers meanwhile")
        tap.equal(asked.client.bus_call("NameHasOwner", "org.test.Ask").args(), [1], "the name is visible")
        asked.service.sync()
        tap.equal([m.member for m in asked.service.inbox if m.sender == asked.client.name], [], "nothing has arrived")
        asked.answer("ALLOW", line[1])
        got = [asked.service.next() for _ in range(4)]
        tap.equal([(m.serial, m.member) for m in got], [(first, "Ping"), (second, "Signal"), (third, "Ping"), (fourth, "Ping")],
                  "all arrive, in order, with their serials")
        tap.ok(len(got[2].fds) == 1 and not got[1].fds, "the descriptor is with its message")
        os.close(write)
        os.write(got[2].fds[0], b"!")
        tap.equal(os.read(read, 1), b"!", "and is that one")
        for fd in (read, got[2].fds[0]):
            os.close(fd)
        for one in (got[0], got[2], got[3]):
            asked.service.send(RETURN, destination=one.sender, reply_serial=one.serial)
        tap.ok(all(asked.client.reply_to(serial).type == RETURN for serial in (first, third, fourth)), "all are answered")
        later = asked.send()
        serve(asked.service, 1)
        tap.ok(asked.client.reply_to(later).type == RETURN, "a later call asks no more")


def test_deny(tap):
    with Asked() as asked:
        one = asked.send()
        line = asked.question()
        two = asked.send(flags=NO_REPLY)
        three = asked.send()
        asked.answer("DENY", line[1])
        tap.equal(asked.client.reply_to(one).error, DENIED, "the first is denied")
        tap.equal(asked.client.reply_to(three).error, DENIED, "and the one behind it")
        asked.client.sync()
        tap.equal([m for m in asked.client.inbox if m.reply_serial == two], [], "what wants no reply gets none")
        tap.equal(asked.client.reply_to(asked.send()).error, DENIED, "a later call is denied without a question")
        tap.equal(asked.client.bus_call("StartServiceByName", "org.test.Ask", 0, signature="su").error, DENIED, "nor is it started")
        asked.service.sync()
        tap.equal([m.member for m in asked.service.inbox if m.sender == asked.client.name], [], "nothing has arrived")


def test_withdrawn(tap):
    with Asked() as asked:
        asked.send()
        line = asked.question()
        other = asked.world.connect(asked.path)
        other.send(CALL, destination="org.test.Ask", path="/", member="Mine")
        mine = asked.question()
        tap.ok(mine[0] == "ASK" and mine[1] != line[1], "another client has its own question")
        asked.client.sock.close()
        tap.equal(asked.question(), ["WITHDRAW", line[1]], "who leaves withdraws")
        asked.answer("ALLOW", line[1])
        asked.answer("ALLOW", mine[1])
        got = asked.service.next()
        while got.type != CALL:
            got = asked.service.next()
        tap.equal(got.member, "Mine", "the other's is not touched")


def test_decider_gone(tap):
    with Asked() as asked:
        serial = asked.send()
        asked.question()
        asked.ours.shutdown(socket.SHUT_RDWR)
        tap.equal(asked.client.reply_to(serial).error, DENIED, "nobody left to ask: denied")
        other = asked.world.connect(asked.path)
        tap.equal(other.call("org.test.Ask", "Ping").error, DENIED, "and so for who comes later")


def test_start(tap):
    with Asked("--ask=org.act.Shown", "--ask-undecided") as asked:
        serial = asked.client.send(CALL, destination=BUS, interface=BUS, path="/", member="StartServiceByName",
                                   body=["org.act.Shown", 0], signature="su")
        line = asked.question()
        tap.equal(line[3], "org.act.Shown", "to start it is asked for")
        asked.answer("ALLOW", line[1])
        tap.ok("Spawn" in (asked.client.reply_to(serial).error or ""), "it is tried, and fails by itself")
        tap.equal(asked.client.bus_call("GetNameOwner", "org.test.Ask").error, "org.freedesktop.DBus.Error.NameHasNoOwner",
                  "what is undecided is not visible")
        serial = asked.send()
        line = asked.question()
        asked.answer("ALLOW", line[1])
        serve(asked.service, 1)
        tap.ok(asked.client.reply_to(serial).type == RETURN, "but may be asked for")
        tap.equal(asked.client.bus_call("GetNameOwner", "org.test.Ask").args(), [asked.service.name], "and is visible then")
        asked.client.bus_call("AddMatch", "type='signal'")
        asked.service.send(SIGNAL, path="/a", interface="org.test.I", member="Tick")
        asked.service.sync()
        asked.client.sync()
        tap.equal(len(asked.client.take(member="Tick")), 1, "and its signals arrive")


def test_retry(tap):
    with Asked() as asked:
        serial = asked.send(body=["x"], signature="s", fds=[0])
        line = asked.question()
        asked.answer("RETRY", line[1])
        again = asked.question()
        tap.ok(again[0] == "ASK" and again[1] != line[1], "judged anew by the same policy, it is asked anew")
        asked.answer("ALLOW", again[1])
        got = asked.service.next()
        while got.type != CALL:
            got = asked.service.next()
        tap.ok(got.serial == serial and len(got.fds) == 1, "and loses nothing")


def test_bounds(tap):
    with Asked() as asked:
        serials = [asked.send() for _ in range(600)]
        line = asked.question()
        refused = asked.client.reply_to(serials[-1])
        tap.equal(refused.error, "org.freedesktop.DBus.Error.LimitsExceeded", "no more than so many are held")
        big = asked.send(body=["x" * 20_000_000], signature="s")
        tap.equal(asked.client.reply_to(big).error, "org.freedesktop.DBus.Error.LimitsExceeded", "and no giants")
        asked.answer("DENY", line[1])
        tap.equal(asked.client.reply_to(serials[0]).error, DENIED, "the first was held")


def test_long_bodies(tap):
    """A long message behind a held one waits for it; one to somebody else passes, and what is released meanwhile does not cut it."""
    with Asked() as asked:
        held, passing = os.urandom(500_000).hex(), os.urandom(1_500_000).hex()
        first = asked.send(body=["first"], signature="s")
        line = asked.question()
        second = asked.send(body=[held], signature="s")
        serial = asked.client.next_serial()
        data = message(CALL, serial, destination="org.test.Free", path="/", interface="a.b", member="M", body=[passing], signature="s")
        asked.client.sock.sendall(data[:700_000])
        asked.world.connect(asked.path).sync()  # the proxy has had that
        asked.answer("ALLOW", line[1])
        asked.world.connect(asked.path).sync()
        asked.service.sync()
        tap.equal([m.member for m in asked.service.inbox if m.sender == asked.client.name], [], "nothing is put into the middle of a message")
        asked.client.sock.sendall(data[700_000:])
        got = [asked.service.next() for _ in range(2)]
        tap.ok([m.serial for m in got] == [first, second] and got[1].args() == [held], "what was held comes behind it, whole and in order")
        call = asked.free.next()
        while call.type != CALL:
            call = asked.free.next()
        tap.ok(call.serial == serial and call.args() == [passing], "and what passed is whole")


def test_answer_when_full(tap):
    """The answer comes when the client has so many calls open that the proxy cannot make one of its own."""
    for full in (False, True):
        with Asked("--ask-undecided") as asked:
            client, other = asked.client, asked.world.connect(asked.path)
            asked.send(destination="org.test.Free")
            line = asked.question()
            if full:
                # to itself, and it reads nothing: none of them is ever answered
                for first in range(1000, 1000 + 65536, 512):
                    client.sock.sendall(b"".join(message(CALL, first + i, destination=client.name, path="/", interface="a.b", member="C")
                                                 for i in range(512)))
                while struct.unpack("i", fcntl.ioctl(client.sock, termios.TIOCOUTQ, b"\0" * 4))[0]:
                    other.sync()
            asked.answer("ALLOW", line[1])
            if full:
                tap.ok(client.is_closed(), "it is closed")
            else:
                serve(asked.free, 1)
                tap.ok(True, "control: the call arrives")
            other.sync()
            tap.ok(asked.proxy.poll() is None and other.bus_call("GetId").type == RETURN, "others do not notice")


def test_many_names(tap):
    """The proxy has 65536 serials of its own, and asks for the owner of each name that is allowed: they go round."""
    with Asked("--ask-undecided") as asked:
        for first in range(0, 33_000, 250):
            serials = [asked.send(destination=f"org.test.n{i}", flags=NO_AUTO_START) for i in range(first, first + 250)]
            for _ in serials:
                asked.answer("ALLOW", asked.question()[1])
            last = [asked.client.reply_to(serial).error for serial in serials]
            asked.client.inbox.clear()
        tap.equal(set(last), {"org.freedesktop.DBus.Error.NameHasNoOwner"}, "the last of 33000 are answered like the first")


run_tests(test_allow, test_deny, test_withdrawn, test_decider_gone, test_start, test_retry, test_bounds, test_long_bodies, test_answer_when_full, test_many_names)
