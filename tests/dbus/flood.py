# SPDX-License-Identifier: GPL-3.0-or-later
"""A flood of random and mutated messages, with descriptors, cut anywhere, through the real proxy, between two ends that both
write what they like. The bus is one of our own, so that every byte that comes out of the proxy is looked at: what arrives on
either side must be what the contract (dbus-proxy/filter.h) lets pass, with just the descriptors that it counts.

    flood.py [-n MESSAGES] [-s SEED]
"""
import array
import os
import random
import select
import socket
import struct
import sys

from wire import BUS, CALL, ERROR, NO_REPLY, OURS, PATIENCE, RETURN, SIGNAL, Message, World, message, put

POLICY = ["--filter", "--talk=org.t.Talk", "--see=org.t.See", "--call=org.t.Call=a.b.M@/x/*", "--own=org.t.Own", "--ask=org.t.Ask"]
OWNERS = {"org.t.Talk": ":1.5", "org.t.See": ":1.6", "org.t.Call": ":1.7", "org.t.Ask": ":1.8", "org.t.Hidden": ":1.66"}
SELF = ":1.1"
TALK = {"org.t.Talk", ":1.5", "org.t.Own", SELF}
CALLS = {"org.t.Call", ":1.7"}
HIDDEN = {"org.t.Hidden", ":1.66"}
NAMES = [*OWNERS, *OWNERS.values(), SELF, BUS, "org.t.Own", "org.t", "org.t.Talk.Below", ":1.99", None]
FREE = {"Hello", "GetId", "RemoveMatch", "ListNames", "ListActivatableNames"}
SEE = {"GetNameOwner", "NameHasOwner", "GetConnectionUnixProcessID", "GetConnectionUnixUser", "GetConnectionCredentials",
       "GetConnectionSELinuxSecurityContext", "GetAdtAuditSessionData"}
OWN = {"RequestName", "ReleaseName", "ListQueuedOwners"}
MEMBERS = ["M", "N", "AddMatch", "StartServiceByName", "BecomeMonitor", "UpdateActivationEnvironment", "Ping", *FREE, *SEE, *OWN]
ARGS = [*[name for name in NAMES if name], "type='signal'", "eavesdrop=true", "type='signal',eavesdrop = 'true'", "", "x" * 300]
MAX_SERIAL = 0xffffffff - 65536
LONG = 3  # of a hundred messages so many have a body that is not copied


class Forbidden(Exception):
    pass


def random_message(rng, from_bus):
    """Well-formed for the most part, and in the rest of its parts anything. Its serial is put in later."""
    kind = rng.choices((CALL, RETURN, ERROR, SIGNAL), (6, 2, 1, 2))[0]
    what = {"path": rng.choice(("/", "/x", "/x/y", "/xy", "/org/freedesktop/DBus")),
            "interface": rng.choice(("a.b", "a.c", BUS, "org.freedesktop.DBus.Properties", "org.freedesktop.DBus.Introspectable",
                                     "org.freedesktop.DBus.Peer")),
            "member": rng.choice(MEMBERS), "destination": rng.choice(NAMES)}
    if from_bus:
        what["destination"] = rng.choice((SELF, SELF, None))
        what["sender"] = rng.choice((":1.5", ":1.6", ":1.7", ":1.8", BUS, SELF, ":1.98", ":1.66"))
        if what["sender"] == ":1.66":  # whoever writes to the client itself is visible to it from then on
            kind, what["destination"] = SIGNAL, None
        if what["sender"] == BUS:
            what |= {"interface": BUS, "member": rng.choice(("NameOwnerChanged", "NameAcquired")), "path": "/org/freedesktop/DBus"}
    if what["destination"] == BUS and rng.random() < .8:
        what["interface"] = BUS
    if kind == CALL and rng.random() < .1:
        what["interface"] = None
    if kind in (RETURN, ERROR):
        what = {key: what[key] for key in ("destination", "sender") if key in what} | {"reply_serial": rng.randrange(1, 60)}
        if kind == ERROR:
            what["error"] = "a.b.E"
    what["body"], what["signature"] = rng.choice((((), ""), ([rng.choice(ARGS)], "s"), ([rng.choice(ARGS)] * 3, "sss"), ([7], "u"),
                                                  (["x" * rng.randrange(3000)], "s")))
    if rng.randrange(100) < LONG:
        what["body"], what["signature"] = [rng.choice("xyz") * rng.randrange(80_000, 200_000)], "s"
    n_fds = rng.choice((0, 0, 0, 1, 2, 5))
    if n_fds:
        what["fds"] = n_fds
    return bytearray(message(kind, 1, flags=rng.choice((0, 0, NO_REPLY, 2, 3)), order=rng.choice("<<<>"), **what)), n_fds


def mutate(rng, data, n_fds):
    """As it is most often: who is hung up at the first message shows little."""
    if rng.random() < .985:
        return data, n_fds
    for _ in range(rng.randrange(1, 4)):
        way, at = rng.randrange(5), rng.randrange(min(len(data), 400))
        if way == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            data[at] = rng.randrange(256)
        elif way == 2:
            del data[at:at + rng.randrange(9)]
        elif way == 3:
            data[at:at] = rng.randbytes(rng.randrange(9))
        else:
            n_fds = rng.randrange(4)
        if not data:
            break
    return data, n_fds


def first_of(one):
    """The first argument; None if there is none, or if the body is none: that is for the bus to find out."""
    try:
        return (one.args() or [None])[0]
    except (struct.error, UnicodeDecodeError, IndexError):
        return None


class End:
    """One end of a connection: what it has still to write, and what came, as messages."""

    def __init__(self, sock):
        self.sock, self.pending, self.buffer, self.n_fds, self.closed, self.used_fds = sock, [], bytearray(), 0, False, 0
        sock.setblocking(False)

    def queue(self, data, n_fds=0):
        if data:
            self.pending.append((bytes(data), n_fds))

    def write(self, null):
        try:
            while self.pending:
                data, n_fds = self.pending[0]
                ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null] * n_fds))] if n_fds else []
                sent = self.sock.sendmsg([data], ancillary)
                self.pending[0] = data[sent:], 0
                if sent == len(data):
                    self.pending.pop(0)
        except BlockingIOError:
            pass
        except OSError:
            self.pending.clear()

    def read(self):
        try:
            data, ancillary, flags, _ = self.sock.recvmsg(1 << 18, socket.CMSG_SPACE(253 * 4))
        except BlockingIOError:
            return
        except OSError:
            data, ancillary, flags = b"", [], 0
        if flags & socket.MSG_CTRUNC:
            raise Forbidden("more descriptors than there may be")
        for _, _, raw in ancillary:
            fds = array.array("i")
            fds.frombytes(raw[:len(raw) - len(raw) % fds.itemsize])
            self.n_fds += len(fds)
            for fd in fds:
                os.close(fd)
        self.closed = not data
        self.buffer += data

    def messages(self):
        while len(self.buffer) >= 16:
            order = "<" if self.buffer[:1] == b"l" else ">"
            body, _, fields = struct.unpack_from(order + "III", self.buffer, 4)
            size = 16 + fields + -fields % 8 + body
            if len(self.buffer) < size:
                break
            one = Message(bytes(self.buffer[:size]), [])
            counted = one.__dict__.get("fds") or 0
            self.used_fds += counted if isinstance(counted, int) else 0
            del self.buffer[:size]
            yield one
        if not self.buffer and self.n_fds != self.used_fds:
            raise Forbidden(f"{self.n_fds} descriptors have come, where the messages count {self.used_fds}")


def visible(name):
    return isinstance(name, str) and name not in HIDDEN and name not in (":1.99", "org.t", "org.t.Talk.Below")


class Conversation:
    """One connection of a client, from its first byte to the last."""

    def __init__(self, flood, path):
        self.flood, self.rng = flood, flood.rng
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(path)
        bus, _ = flood.listener.accept()
        self.client, self.bus = End(client), End(bus)
        # Calls of either side that may be answered. What has been mutated may have got another serial; so what the proxy has let
        # through counts as well, once.
        self.called, self.calls_seen, self.asked, self.serials = set(), set(), set(), set()
        self.hello = False

    def pump(self, until):
        """Both ends write and read until @until says so, or the bus's end is closed."""
        while not until() and not self.bus.closed:
            reading = [end.sock for end in (self.client, self.bus) if not end.closed]
            writing = [end.sock for end in (self.client, self.bus) if end.pending and not end.closed]
            readable, writable, _ = select.select(reading, writing, [], PATIENCE)
            if not readable and not writable:
                raise Forbidden("nothing moves any more")
            for end in (self.client, self.bus):
                if end.sock in writable:
                    end.write(self.flood.null)
                if end.sock in readable:
                    end.read()
            if self.hello:
                for one in self.bus.messages():
                    self.at_bus(one)
                for one in self.client.messages():
                    self.at_client(one)

    def begin(self):
        self.client.queue(b"\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n")
        self.pump(lambda: b"\r\n" in self.bus.buffer)
        self.bus.queue(b"OK 0123456789abcdef0123456789abcdef\r\n")
        self.pump(lambda: b"UNIX_FD\r\n" in self.bus.buffer)
        self.bus.queue(b"AGREE_UNIX_FD\r\n")
        self.pump(lambda: b"BEGIN\r\n" in self.bus.buffer)
        self.pump(lambda: b"AGREE_UNIX_FD\r\n" in self.client.buffer)
        del self.bus.buffer[:self.bus.buffer.index(b"BEGIN\r\n") + 7]
        self.client.buffer.clear()
        self.hello = True
        self.client.queue(message(CALL, 1, destination=BUS, interface=BUS, path="/", member="Hello"))
        self.asked.add(1)
        self.pump(lambda: not self.asked)

    def at_bus(self, one):
        """Does the contract let this pass?"""
        self.flood.arrived += 1
        name, argument = one.destination, first_of(one)
        good = True
        if one.type in (RETURN, ERROR):
            good = (name, one.reply_serial) in self.called
            self.called.discard((name, one.reply_serial))
        elif name is None and one.type == SIGNAL:
            pass
        elif name is None or name == BUS:
            good = one.type == CALL and self.bus_may(one, argument)
        elif name in CALLS:
            good = one.interface == "a.b" and one.member == "M" and (one.path == "/x" or one.path.startswith("/x/"))
        else:
            good = name in TALK
        if not good:
            raise Forbidden(f"at the bus: {one.data[:300]!r}")
        if one.type == CALL and not one.flags & NO_REPLY:
            if one.serial <= MAX_SERIAL:
                self.asked.add(one.serial)
            self.answer(one, name, argument)

    @staticmethod
    def bus_may(one, argument):
        if one.interface in ("org.freedesktop.DBus.Peer", "org.freedesktop.DBus.Introspectable"):
            return True
        if one.interface != BUS:
            return False
        own = one.serial > MAX_SERIAL
        if one.member == "AddMatch":
            return isinstance(argument, str) and "eavesdrop" not in argument
        if one.member in SEE:
            return own or visible(argument)
        if one.member == "StartServiceByName":
            return argument in ("org.t.Talk", "org.t.Own", BUS, SELF, *CALLS, ":1.5")
        if one.member in OWN:
            return argument == "org.t.Own"
        return one.member in FREE

    def answer(self, one, name, argument):
        """As a bus would, or not at all."""
        what = {"body": (), "signature": ""}
        kind = RETURN
        if name not in (None, BUS) or one.interface != BUS:
            pass
        elif one.member == "Hello":
            what = {"body": [SELF], "signature": "s"}
        elif one.member == "GetNameOwner":
            if argument in OWNERS:
                what = {"body": [OWNERS[argument]], "signature": "s"}
            else:
                kind, what = ERROR, {"error": "org.freedesktop.DBus.Error.NameHasNoOwner"}
        elif one.member in ("ListNames", "ListActivatableNames"):
            names = b""
            for each in (*OWNERS, *OWNERS.values(), SELF, BUS):
                names = put(names, "s", each)
            what = {"raw_body": struct.pack("<I", len(names)) + names, "signature": "as"}
        elif one.serial <= MAX_SERIAL and self.rng.random() < .1:
            return
        serial = self.rng.randrange(1, 1 << 30)
        self.bus.queue(message(kind, serial, destination=SELF, sender=name if name and name[0] == ":" else OWNERS.get(name, BUS),
                               reply_serial=one.serial, **what))

    def at_client(self, one):
        self.flood.returned += 1
        if one.type in (RETURN, ERROR):
            good = one.reply_serial in self.asked
            self.asked.discard(one.reply_serial)
        elif one.destination is None and one.type == SIGNAL:
            good = one.sender in (BUS, ":1.5", SELF)
            if one.sender == BUS and one.member == "NameOwnerChanged":
                good = visible(first_of(one))
        else:
            good = True
        if not good or (one.signature == "as" and HIDDEN & set(first_of(one) or HIDDEN)):
            raise Forbidden(f"at the client: {one.data[:300]!r}")
        if one.type != CALL or one.flags & NO_REPLY:
            return
        if (one.sender, one.serial) not in self.calls_seen:
            self.calls_seen.add((one.sender, one.serial))
            self.called.add((one.sender, one.serial))
        if self.rng.random() < .5:
            self.client.queue(message(RETURN, self.serial(), destination=one.sender, reply_serial=one.serial))

    def serial(self):
        while True:
            serial = self.rng.randrange(1, 1 << 24)
            if serial not in self.serials:
                self.serials.add(serial)
                return serial

    def send(self, from_bus):
        rng, end = self.rng, self.bus if from_bus else self.client
        data, n_fds = self.flood.pools[from_bus][rng.randrange(len(self.flood.pools[from_bus]))]
        data = bytearray(data)
        serial = rng.choice((0, 1, 5, MAX_SERIAL + 1, 0xffffffff)) if rng.random() < .002 else self.serial()
        struct.pack_into("<I" if data[:1] == b"l" else ">I", data, 8, serial)
        if data[1] == CALL:
            if from_bus:
                call = (Message(bytes(data), []).sender, serial)
                self.calls_seen.add(call)
                self.called.add(call)
            else:
                self.asked.add(serial)
        changed, n_fds = mutate(rng, data, n_fds)
        if rng.random() < .3:
            # in two: the descriptors come with the first half, as they must, or now and then with the second
            cut = rng.randrange(len(changed) + 1)
            late = rng.random() < .01
            end.queue(changed[:cut], 0 if late or cut == 0 else n_fds)
            end.queue(changed[cut:], n_fds if late or cut == 0 else 0)
        else:
            end.queue(changed, n_fds)
        self.flood.sent += 1

    def run(self, n):
        try:
            self.begin()
            for _ in range(n):
                self.send(self.rng.random() < .35)
                if self.rng.random() < .2:
                    self.client.write(self.flood.null), self.bus.write(self.flood.null)
                    self.pump(lambda: not self.client.pending and not self.bus.pending)
                if self.bus.closed or self.client.closed:
                    break
            self.pump(lambda: not self.client.pending and not self.bus.pending)
            if not self.client.closed:
                self.client.sock.shutdown(socket.SHUT_WR)
            # the proxy passes on what it has, and hangs up
            self.pump(lambda: False)
            for one in self.bus.messages():
                self.at_bus(one)
        finally:
            self.client.sock.close()
            self.bus.sock.close()


class Flood:
    def __init__(self, seed):
        self.rng, self.sent, self.arrived, self.returned, self.conversations = random.Random(seed), 0, 0, 0, 0
        self.pools = [[random_message(self.rng, from_bus) for _ in range(4000)] for from_bus in (False, True)]
        self.null = os.open("/dev/null", os.O_RDONLY)

    def run(self, n, each=None):
        """Until n messages have been sent; @each (process) is called after every tenth of them."""
        with World() as world:
            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.listener.settimeout(PATIENCE)
            world.path = f"{world.dir}/ours"
            self.listener.bind(world.path)
            self.listener.listen(8)
            path, process = world.start(OURS, *POLICY, stderr=-3)
            tenth = 1
            while self.sent < n:
                Conversation(self, path).run(self.rng.randrange(20, 120))
                self.conversations += 1
                if process.poll() is not None:
                    raise Forbidden(f"the proxy has ended: {process.returncode}")
                if each is not None and self.sent >= n * tenth / 10:
                    tenth += 1
                    each(process)
            self.listener.close()
        os.close(self.null)


def figures(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as lines:
        found = dict(line.split(":", 1) for line in lines)
    return int(found["VmRSS"].split()[0]), int(found["FDSize"])


def main():
    words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    n, seed = int(words.get("-n", 1_000_000)), int(words.get("-s", random.randrange(1 << 32)))
    flood, seen = Flood(seed), []
    try:
        flood.run(n, lambda process: seen.append(figures(process)))
    except Forbidden as wrong:
        print(f"seed {seed}, after {flood.sent} messages: {wrong}", file=sys.stderr)
        return 1
    print(f"seed {seed}: {flood.sent} messages in {flood.conversations} connections; {flood.arrived} arrived at the bus, {flood.returned} at "
          f"the clients; memory {seen[0][0]} to {seen[-1][0]} KiB, table of descriptors {seen[0][1]} to {seen[-1][1]}")
    if seen[-1][0] > seen[0][0] + 1024 or seen[-1][1] > seen[0][1]:
        print("not flat", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
