# SPDX-License-Identifier: GPL-3.0-or-later
"""What no library would send. One attack a test, with a benign control beside it."""
import array
import os
import random
import socket
import struct
import threading

from wire import (BUS, CALL, ERROR, OURS, RETURN, SIGNAL, Closed, Connection, World, message, run_tests)

POLICY = ["--filter", "--talk=org.test.Talk"]


def call_bytes(serial, member="GetId", destination=BUS, interface=BUS, path="/", **how):
    return message(CALL, serial, destination=destination, interface=interface, path=path, member=member, **how)


def raw_hello(uid=None):
    who = str(os.getuid() if uid is None else uid).encode().hex().encode()
    return b"\0AUTH EXTERNAL " + who + b"\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n" + call_bytes(1, "Hello")


def check_closed(tap, path, world, data, what, fds=()):
    one = world.connect(path)
    try:
        if fds:
            socket.send_fds(one.sock, [data], fds)
        else:
            one.sock.sendall(data)
    except BrokenPipeError:
        pass
    tap.ok(one.is_closed(), what)
    two = world.connect(path)
    tap.ok(two.bus_call("GetId").type == RETURN, f"{what}: others do not notice")


def test_headers(tap):
    good = call_bytes(7)
    with World() as world:
        path, _ = world.start(OURS, *POLICY, stderr=-3)
        control = world.connect(path)
        control.sock.sendall(good)
        tap.ok(control.reply_to(7).type == RETURN, "control: the same message without the fault")
        for order in "<>":
            one = world.connect(path)
            one.sock.sendall(call_bytes(7, order=order))
            tap.ok(one.reply_to(7).type == RETURN, f"byte order {order}")
        for data, what in [
            (call_bytes(7, extra=[(10, "s", "x")]), "an unknown field"),
            (call_bytes(7, extra=[(6, "s", "org.other.Name")]), "a second destination"),
            (call_bytes(7, extra=[(3, "s", "ListNames")]), "a second member"),
            (call_bytes(7, extra=[(5, "u", 1)]), "a call that calls itself a reply"),
            (good[:8] + struct.pack("<I", 0) + good[12:], "serial 0"),
            (good[:8] + struct.pack("<I", 0xffffffff) + good[12:], "a serial of the proxy's own"),
            (good[:3] + b"\2" + good[4:], "another version"),
            (b"x" + good[1:], "no byte order"),
            (good[:1] + b"\0" + good[2:], "no type"),
            (good[:1] + b"\5" + good[2:], "an unknown type"),
            (good[:4] + struct.pack("<I", 128 << 20) + good[8:], "a body of 128 MiB"),
            (good[:12] + struct.pack("<I", 64 << 20) + good[16:], "a header of 64 MiB"),
            (call_bytes(7, destination="no name"), "a destination that is none"),
            (call_bytes(7, path="/a//b"), "a path that is none"),
            (call_bytes(7, interface="org..x"), "an interface that is none"),
            (call_bytes(7, member="a.b"), "a member that is none"),
            (call_bytes(7, destination=b"org.test.Talk\0x"), "a NUL in a name"),
            (message(SIGNAL, 7, path="/org/freedesktop/DBus/Local", interface="a.b", member="C"), "the local path"),
            (message(SIGNAL, 7, path="/", interface="org.freedesktop.DBus.Local", member="Disconnected"), "the local interface"),
            (call_bytes(7, raw_body=b"abcd"), "a body without a signature"),
            (call_bytes(7, fds=1), "a descriptor that is not there"),
            (call_bytes(7, fds=254), "more descriptors than there can be"),
            (call_bytes(7, "GetNameOwner", raw_body=b"\0" * (17 << 20), signature="s"), "a giant for the bus itself"),
        ]:
            check_closed(tap, path, world, data, what)
        check_closed(tap, path, world, good, "a descriptor that belongs to nothing", fds=[0])
        check_closed(tap, path, world, call_bytes(7, fds=1), "two descriptors for one", fds=[0, 0])


def test_serials(tap):
    """A serial that is used twice would get the list of names past the filter, as the reply to something else."""
    with World() as world:
        path, _ = world.start(OURS, *POLICY, stderr=-3)
        one = world.connect(path)
        one.sock.sendall(call_bytes(9, "ListNames") + call_bytes(9))
        try:
            while True:
                got = one.next()
                tap.ok(got.signature != "as" or set(got.args()[0]) <= {BUS, one.name}, "no hidden name gets through")
        except Closed:
            tap.ok(True, "it is closed")
        two = world.connect(path)
        for _ in range(2):
            two.sock.sendall(call_bytes(9))
            tap.ok(two.reply_to(9).type == RETURN, "control: used again when it was answered")


def test_replies(tap):
    """A reply goes only to who called, and once."""
    with World() as world:
        path, _ = world.start(OURS, *POLICY, stderr=-3)
        client, one, two = world.connect(path), world.connect(), world.connect()
        a = one.send(CALL, serial=77, destination=client.name, path="/", member="A")
        b = two.send(CALL, serial=77, destination=client.name, path="/", member="B")
        calls = [client.next() for _ in range(3)]
        calls = [call for call in calls if call.type == CALL]
        while len(calls) < 2:
            calls.append(client.next())
        client.send(RETURN, destination="org.test.Talk", reply_serial=77)
        client.send(RETURN, destination=BUS, reply_serial=77)
        client.send(RETURN, reply_serial=77)
        for name in (one.name, two.name, one.name, two.name):
            client.send(RETURN, destination=name, reply_serial=77, body=[name], signature="s")
        client.sync()
        tap.equal((one.reply_to(a).args(), two.reply_to(b).args()), ([one.name], [two.name]), "two callers of one serial")
        one.sync(), two.sync()
        tap.equal([m for m in one.inbox + two.inbox if m.type == RETURN], [], "and nothing twice")


def test_auth(tap):
    with World() as world:
        path, _ = world.start(OURS, *POLICY, stderr=-3)
        for data, what in [
            (b"AUTH EXTERNAL\r\n", "no NUL"),
            (b"\0\0AUTH EXTERNAL\r\n", "two NULs"),
            (b"\0auth external\r\n", "small letters"),
            (b"\0AUTH\nBEGIN\r\n", "a line feed in a line"),
            (b"\0AUTH \x80\r\n", "eight bits"),
            (b"\0" + b"A" * 20000, "a line without an end"),
            (b"\0BEGIN\r\n" + call_bytes(1, "Hello"), "BEGIN without AUTH"),
            (raw_hello(54321), "a wrong user, and on as if nothing were"),
            (b"\0AUTH ANONYMOUS\r\nBEGIN\r\n" + call_bytes(1, "Hello"), "BEGIN after a rejection"),
            (b"\0AUTH EXTERNAL\r\nCANCEL\r\nBEGIN\r\n" + call_bytes(1, "Hello"), "BEGIN after CANCEL"),
        ]:
            one = world.connect(path, hello=False, auth=False)
            one.sock.sendall(data)
            try:
                while True:
                    one.receive()
            except Closed:
                pass
            lines = one.buffer.split(b"\r\n")
            tap.ok(not any(line[:1] in (b"l", b"B") for line in lines), what, one.buffer)
        for data in (raw_hello(), b"\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n" + call_bytes(1, "Hello")):
            one = world.connect(path, hello=False, auth=False)
            one.sock.sendall(data)
            while one.line() != b"AGREE_UNIX_FD":
                pass
            tap.ok(one.reply_to(1).type == RETURN, "control: everything at once, as sd-bus does")


def test_split(tap):
    """Everything in two pieces, at every byte; and byte by byte."""
    hidden = call_bytes(2, "GetNameOwner", body=["org.hidden.Name"], signature="s")
    data = raw_hello() + hidden + call_bytes(3, "ListNames") + call_bytes(4, "Ping", "org.test.Talk", "a.b", body=["x" * 50], signature="s")
    with World() as world:
        path, _ = world.start(OURS, *POLICY)
        service = world.connect()
        service.own("org.test.Talk")
        results = set()
        for cut in list(range(1, len(data))) + [None]:
            one = Connection(path, hello=False, auth=False)
            if cut is None:
                for i in range(len(data)):
                    one.sock.sendall(data[i:i + 1])
            else:
                one.sock.sendall(data[:cut])
                other = Connection(path, hello=False, auth=False)  # a round trip of the proxy between the two
                other.sock.sendall(b"\0AUTH\r\n")
                other.line()
                other.close()
                one.sock.sendall(data[cut:])
            while one.line() != b"AGREE_UNIX_FD":
                pass
            name = one.reply_to(1).args()[0]
            got = [one.reply_to(2).error, sorted(one.reply_to(3).args()[0]) == sorted([BUS, name, service.name, "org.test.Talk"])]
            call = service.next()
            while call.member != "Ping":
                call = service.next()
            got.append((call.serial, call.args()[0]))
            results.add(str(got))
            one.close()
        tap.equal(results, {str(["org.freedesktop.DBus.Error.NameHasNoOwner", True, (4, "x" * 50)])}, f"{len(data)} cuts, one result")


def test_random(tap):
    """Mutated streams: the proxy lives, and what a hidden service gets is nothing."""
    random.seed(7)
    with World() as world:
        path, process = world.start(OURS, *POLICY, "--see=org.test.See", stderr=-3)
        victim = world.connect()
        victim.own("org.test.Hidden")
        victim.own("org.test.See")
        base = [call_bytes(3, "Secret", "org.test.Hidden", "a.b", body=["x"], signature="s"),
                call_bytes(4, "Secret", "org.test.See", "a.b"), call_bytes(5, "Secret", victim.name, "a.b"),
                message(SIGNAL, 6, destination="org.test.Hidden", path="/", interface="a.b", member="Secret"),
                message(ERROR, 7, destination=victim.name, reply_serial=3, error="a.b"), call_bytes(8, "ListNames")]
        for _ in range(1500):
            one = Connection(path)
            data = bytearray(b"".join(random.choice(base) for _ in range(3)))
            for _ in range(random.randrange(4)):
                data[random.randrange(len(data))] ^= 1 << random.randrange(8)
            try:
                if random.random() < .2:
                    socket.send_fds(one.sock, [data[:random.randrange(1, len(data))]], [0] * random.randrange(1, 5))
                one.sock.sendall(data)
            except OSError:
                pass
            one.close()
        tap.ok(process.poll() is None, "it lives")
        check = world.connect(path)
        tap.ok(check.bus_call("GetId").type == RETURN, "and serves")
        victim.sync()
        tap.equal([m.member for m in victim.inbox if m.member == "Secret" or m.type == ERROR], [], "nothing got through")
        check.close()
        tap.equal(wait_alone(path), True, "no connection is left behind")
        world.connections.remove(check)


# ---- long bodies, which go from socket to socket ---------------------------------

LONG = 1 << 20


def text(n):
    """n letters, of which no stretch is like another."""
    return os.urandom(n // 2 + 1).hex()[:n]


class BodyWorld(World):
    """With a service that may be talked to, and one that may not."""

    def __enter__(self):
        super().__enter__()
        self.proxy_path, self.proxy = self.start(OURS, *POLICY, stderr=-3)
        self.service, self.hidden = self.connect(), self.connect()
        self.service.own("org.test.Talk")
        self.hidden.own("org.test.Hidden")
        self.client = self.connect(self.proxy_path)
        return self

    def call_at_service(self):
        call = self.service.next()
        while call.type != CALL:
            call = self.service.next()
        return call

    def hidden_got(self):
        self.hidden.sync()
        return [m.member for m in self.hidden.inbox if m.type == CALL or m.member == "Secret"]


def talk(serial, body, **how):
    return call_bytes(serial, "Take", "org.test.Talk", "a.b", body=[body], signature="s", **how)


def held_by_nobody(read, write):
    """Was this pipe's end given to anybody who still has it?"""
    os.close(write)
    os.set_blocking(read, False)
    try:
        return os.read(read, 1) == b""
    except BlockingIOError:
        return False
    finally:
        os.close(read)


def test_body_descriptors(tap):
    """Descriptors in the middle of a body are nobody's: not the message's, not the next one's, not the proxy's."""
    for at in (1, 70_000, 300_000, LONG):
        with BodyWorld() as world:
            body, (read, write) = text(LONG), os.pipe()
            data, sock = talk(7, body), world.client.sock
            start = len(data) - LONG - 1
            sock.sendall(data[:start + at])
            other = world.connect(world.proxy_path)  # the proxy has had what was sent before: it is one thread
            other.sync()
            sock.sendmsg([data[start + at:start + at + 1]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [write]))])
            try:
                sock.sendall(data[start + at + 1:])
                mine, theirs = os.pipe()
                world.client.send(CALL, serial=8, destination="org.test.Talk", path="/", member="Next", fds=[theirs])
                call = world.call_at_service()
                tap.ok(call.args() == [body] and call.fds == [], f"at {at}: the message is whole, and has none")
                call = world.call_at_service()
                tap.ok(call.member == "Next" and len(call.fds) == 1 and os.fstat(call.fds[0]).st_ino == os.fstat(mine).st_ino,
                       f"at {at}: the next has its own")
                for fd in (mine, theirs, *call.fds):
                    os.close(fd)
            except (BrokenPipeError, ConnectionResetError):
                tap.ok(world.client.is_closed(), f"at {at}: the connection is closed")
            tap.ok(held_by_nobody(read, write), f"at {at}: nobody keeps it")
            tap.ok(other.bus_call("GetId").type == RETURN, f"at {at}: others do not notice")


def test_body_ends(tap):
    """What stands right behind a body is a message, and is judged, wherever the body ends."""
    with BodyWorld() as world:
        secret = call_bytes(2, "Secret", "org.test.Hidden", "a.b")
        for n in (LONG, LONG + 1, LONG - 1, 16384, 65536, 65536 + 16384, 100_000, 3 * LONG + 5):
            body = text(n)
            world.client.sock.sendall(talk(1, body) + secret + call_bytes(3))
            tap.ok(world.call_at_service().args() == [body], f"{n}: the body is whole")
            tap.equal(world.client.reply_to(2).error, "org.freedesktop.DBus.Error.ServiceUnknown", f"{n}: what is behind it is judged")
            tap.ok(world.client.reply_to(3).type == RETURN, f"{n}: and what is behind that passes")
            world.service.send(RETURN, destination=world.client.name, reply_serial=1)
            world.client.reply_to(1)
        tap.equal(world.hidden_got(), [], "nothing got through")


def test_body_lies(tap):
    """A body that is longer than what comes: what comes instead is body, and no message."""
    with BodyWorld() as world:
        secret = call_bytes(2, "Secret", "org.test.Hidden", "a.b")
        whole = talk(1, "x" * LONG)
        world.client.sock.sendall(whole[:-LONG // 2] + secret * 50)
        other = world.connect(world.proxy_path)
        other.sync()
        world.client.sock.close()
        tap.equal(world.hidden_got(), [], "a message within a body is none")
        # the string within is longer, or shorter, than the body: the bus says so, and hangs up
        for lie in (LONG - 1, LONG + 1):
            one = world.connect(world.proxy_path)
            data = talk(1, "x" * LONG)
            start = len(data) - LONG - 5
            one.sock.sendall(data[:start] + struct.pack("<I", lie) + data[start + 4:])
            tap.ok(one.is_closed(), f"a string of {lie} in a body for {LONG}: closed")
        tap.ok(other.bus_call("GetId").type == RETURN, "others do not notice")
        world.service.sync()
        tap.equal([m.member for m in world.service.inbox if m.member == "Take"], [], "and nothing arrives")


def test_body_vanishes(tap):
    """Each of the two ends goes away in the middle."""
    with BodyWorld() as world:
        data = talk(1, text(LONG))
        keeps = world.connect(world.proxy_path)
        for at in (20_000, 150_000, 600_000, len(data) - 1):
            one = world.connect(world.proxy_path)
            one.sock.sendall(data[:at])
            one.close()
            world.connections.remove(one)
            keeps.sync()
        world.service.sync()
        tap.equal([m.member for m in world.service.inbox if m.member == "Take"], [], "a body that is cut short does not arrive")
        # and on the way back: who has asked for it is gone while it is on its way
        for _ in range(4):
            one = world.connect(world.proxy_path)
            one.send(CALL, destination="org.test.Talk", path="/", member="Give")
            call = world.call_at_service()
            world.service.send(RETURN, destination=call.sender, reply_serial=call.serial, body=[text(8 * LONG)], signature="s")
            while len(one.buffer) < 200_000:
                one.receive()
            one.close()
            world.connections.remove(one)
        tap.ok(keeps.bus_call("GetId").type == RETURN, "others do not notice")
        world.client.close(), world.connections.remove(world.client)
        keeps.close(), world.connections.remove(keeps)
        tap.equal(wait_alone(world.proxy_path), True, "no connection is left behind")
    with BodyWorld() as world:
        world.client.sock.sendall(talk(1, text(LONG))[:300_000])
        world.processes[0].kill()
        tap.ok(world.client.is_closed(), "the bus goes away in the middle: closed")
        tap.ok(world.proxy.poll() is None, "the proxy lives")


def test_body_interleaved(tap):
    """Several at the same time, in pieces of all sizes, both ways, get nothing of each other."""
    random.seed(3)
    with BodyWorld() as world:
        clients = [world.connect(world.proxy_path) for _ in range(20)]  # more than there are pipes
        bodies = [text(LONG + 17 * i) for i in range(20)]
        left = {i: talk(1, bodies[i]) for i in range(20)}

        def write():
            while left:
                i = random.choice(list(left))
                n = clients[i].sock.send(left[i][:random.choice((1, 100, 5000, 70_000, 200_000))])
                left[i] = left[i][n:]
                if not left[i]:
                    del left[i]
        writer = threading.Thread(target=write)
        writer.start()
        for _ in clients:
            call = world.call_at_service()
            world.service.send(RETURN, destination=call.sender, reply_serial=1, body=call.args(), signature="s")
        writer.join()
        tap.ok(all(one.reply_to(1).args() == [body] for one, body in zip(clients, bodies)), "20 bodies there and back")


def wait_alone(path):
    """Only the listening socket is left of those that have this name."""
    for _ in range(2000):
        with open("/proc/net/unix", encoding="ascii") as lines:
            left = [line for line in lines if line.rstrip().endswith(path)]
        if len(left) == 1:
            return True
    return left


run_tests(test_headers, test_serials, test_replies, test_auth, test_split, test_random, test_body_descriptors, test_body_ends, test_body_lies,
          test_body_vanishes, test_body_interleaved)
