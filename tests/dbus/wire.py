# SPDX-License-Identifier: GPL-3.0-or-later
"""D-Bus by hand: messages as bytes, so that a test can also say what no library would; a private bus, and proxies of it.

Every wait is for an event, and none is longer than PATIENCE.
"""
import array
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import traceback

PATIENCE = 20
BUS = "org.freedesktop.DBus"
CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
NO_REPLY, NO_AUTO_START = 1, 2
FIELDS = {"path": (1, "o"), "interface": (2, "s"), "member": (3, "s"), "error": (4, "s"), "reply_serial": (5, "u"),
          "destination": (6, "s"), "sender": (7, "s"), "signature": (8, "g"), "fds": (9, "u")}
BY_CODE = {code: (name, kind) for name, (code, kind) in FIELDS.items()}


def pad(data, n):
    return data + b"\0" * (-len(data) % n)


def put(data, kind, value, order="<"):
    if kind in "so":
        raw = value.encode() if isinstance(value, str) else value
        return pad(data, 4) + struct.pack(order + "I", len(raw)) + raw + b"\0"
    if kind == "g":
        return data + bytes([len(value)]) + value.encode() + b"\0"
    if kind in "ub":
        return pad(data, 4) + struct.pack(order + "I", int(value))
    raise ValueError(kind)


def message(kind, serial, body=(), signature="", flags=0, order="<", extra=(), raw_body=None, **fields):
    """The bytes of a message. @extra is a list of raw fields (code, type, value)."""
    data = b""
    for letter, value in zip(signature, body):
        data = put(data, letter, value, order)
    if raw_body is not None:
        data = raw_body
    if signature:
        fields["signature"] = signature
    header = b""
    for code, letter, value in [(*FIELDS[name], value) for name, value in fields.items() if value is not None] + list(extra):
        header = pad(header, 8) + bytes([code, 1, ord(letter), 0])
        header = put(header, letter, value, order)
    start = b"l" if order == "<" else b"B"
    return pad(start + bytes([kind, flags, 1]) + struct.pack(order + "III", len(data), serial, len(header)) + header, 8) + data


class Message:
    def __init__(self, data, fds):
        order = "<" if data[:1] == b"l" else ">"
        self.type, self.flags = data[1], data[2]
        length, self.serial, fields = struct.unpack_from(order + "III", data, 4)
        self.order, self.data, self.fds = order, data, fds
        at, end = 16, 16 + fields
        while at < end:
            at += -at % 8
            name, kind = BY_CODE[data[at]]
            value, at = self.get(data, at + 4, kind)
            setattr(self, name, value)
        self.body_start = end + -end % 8
        self.body = data[self.body_start:]

    def __getattr__(self, name):
        if name in FIELDS:
            return None
        raise AttributeError(name)

    def get(self, data, at, kind):
        if kind == "g":
            return data[at + 1:at + 1 + data[at]].decode(), at + data[at] + 2
        at += -at % 4
        number, = struct.unpack_from(self.order + "I", data, at)
        if kind in "ub":
            return number, at + 4
        return data[at + 4:at + 4 + number].decode(), at + 5 + number

    def args(self):
        out, at = [], 0
        if self.signature == "as":
            end = 4 + struct.unpack_from(self.order + "I", self.body, 0)[0]
            at, names = 4, []
            while at < end:
                name, at = self.get(self.body, at, "s")
                names.append(name)
            return [names]
        for letter in self.signature or "":
            if letter not in "soub":
                return out
            value, at = self.get(self.body, at, letter)
            out.append(value)
        return out


class Closed(Exception):
    pass


class Connection:
    """To a bus or a proxy. Not more than this: what is received is kept in @inbox until somebody takes it."""

    def __init__(self, path, hello=True, auth=True):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(path)
        self.buffer, self.fds, self.inbox, self.serial, self.name = b"", [], [], 0, None
        if auth:
            self.authenticate()
        if hello:
            self.name = self.bus_call("Hello").args()[0]

    def authenticate(self):
        self.sock.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        assert self.line().startswith(b"OK ")
        self.sock.sendall(b"NEGOTIATE_UNIX_FD\r\n")
        assert self.line() == b"AGREE_UNIX_FD"
        self.sock.sendall(b"BEGIN\r\n")

    def line(self):
        while b"\r\n" not in self.buffer:
            self.receive()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def receive(self):
        try:
            data, ancillary, _, _ = self.sock.recvmsg(1 << 18, socket.CMSG_SPACE(253 * 4))
        except ConnectionResetError:
            data, ancillary = b"", []
        for level, kind, raw in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds = array.array("i")
                fds.frombytes(raw[:len(raw) - len(raw) % fds.itemsize])
                self.fds += fds
        if not data:
            raise Closed
        self.buffer += data

    def next(self):
        """The next message from the socket."""
        while True:
            if len(self.buffer) >= 16:
                order = "<" if self.buffer[:1] == b"l" else ">"
                body, _, fields = struct.unpack_from(order + "III", self.buffer, 4)
                size = 16 + fields + -fields % 8 + body
                if len(self.buffer) >= size:
                    one = Message(self.buffer[:size], [])
                    self.buffer = self.buffer[size:]
                    n = one.fds = one.__dict__.get("fds") or 0
                    n = n if isinstance(n, int) else 0
                    one.fds, self.fds = self.fds[:n], self.fds[n:]
                    one.wanted_fds = n
                    return one
            self.receive()

    def next_serial(self):
        self.serial += 1
        return self.serial

    def send(self, kind, fds=(), serial=None, **what):
        serial = serial or self.next_serial()
        if fds:
            what["fds"] = len(fds)
        data = message(kind, serial, **what)
        if fds:
            sent = self.sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
            data = data[sent:]
        self.sock.sendall(data)
        return serial

    def reply_to(self, serial):
        """The reply to that call; what else comes goes to the inbox."""
        for one in self.inbox:
            if one.reply_serial == serial:
                self.inbox.remove(one)
                return one
        while True:
            one = self.next()
            if one.reply_serial == serial:
                return one
            self.inbox.append(one)

    def call(self, destination, member, interface="org.test.I", path="/org/test", **what):
        return self.reply_to(self.send(CALL, destination=destination, member=member, interface=interface, path=path, **what))

    def bus_call(self, member, *args, signature=None, **what):
        signature = "s" * len(args) if signature is None else signature
        return self.call(BUS, member, interface=BUS, path="/org/freedesktop/DBus", body=args, signature=signature, **what)

    def own(self, name):
        assert self.bus_call("RequestName", name, 4, signature="su").args() == [1]

    def sync(self):
        """All that the bus had for us before now is in the inbox."""
        self.bus_call("GetId")

    def take(self, **wanted):
        """Those messages of the inbox that have these fields."""
        out = [one for one in self.inbox if all(getattr(one, key) == value for key, value in wanted.items())]
        self.inbox = [one for one in self.inbox if one not in out]
        return out

    def is_closed(self):
        """It will be, if nothing more is to be had from it."""
        try:
            while True:
                self.inbox.append(self.next())
        except Closed:
            return True
        except TimeoutError:
            return False

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.sock.close()


class World:
    """A private bus, and what was started beside it."""
    limits = {}  # of the bus, beside those below

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="postern-dbus-")
        self.n, self.processes, self.connections = 0, [], []
        self.path = f"{self.dir}/bus"
        config = f"{self.dir}/bus.conf"
        os.mkdir(f"{self.dir}/services")
        with open(config, "w", encoding="utf-8") as out:
            out.write(f"<busconfig><type>session</type><listen>unix:path={self.path}</listen>"
                      f"<servicedir>{self.dir}/services</servicedir><policy context='default'>"
                      "<allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/></policy>"
                      "<limit name='max_outgoing_bytes'>1000000000</limit><limit name='max_completed_connections'>5000</limit>"
                      "<limit name='max_connections_per_user'>5000</limit><limit name='max_replies_per_connection'>200000</limit>" +
                      "".join(f"<limit name='{name}'>{limit}</limit>" for name, limit in self.limits.items()) + "</busconfig>")
        for name in ("org.act.Hidden", "org.act.Shown"):
            with open(f"{self.dir}/services/{name}.service", "w", encoding="utf-8") as out:
                out.write(f"[D-BUS Service]\nName={name}\nExec=/bin/false\n")
        daemon = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.processes.append(daemon)
        daemon.stdout.readline()
        return self

    def __exit__(self, *_):
        for one in self.connections:
            one.close()
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        shutil.rmtree(self.dir)

    def start(self, program, *options, pass_fds=(), **how):
        """A proxy, which is ready; its socket's path and the process, whose sync_fd is open."""
        self.n += 1
        path = f"{self.dir}/proxy{self.n}"
        ours, theirs = os.pipe()
        os.set_inheritable(theirs, True)
        process = subprocess.Popen([program, f"--fd={theirs}", f"unix:path={self.path}", path, *options],
                                   pass_fds=(theirs, *pass_fds), **how)
        os.close(theirs)
        self.processes.append(process)
        assert os.read(ours, 1) == b"x", "the proxy did not start"
        process.sync_fd = ours
        return path, process

    def connect(self, path=None, **how):
        one = Connection(path or self.path, **how)
        self.connections.append(one)
        return one


class Tap:
    n = failed = 0

    def ok(self, good, what, detail=""):
        self.n += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {what}", flush=True)
        if not good:
            for line in str(detail).splitlines():
                print("#", line, flush=True)

    def equal(self, got, wanted, what):
        self.ok(got == wanted, what, f"got    {got!r}\nwanted {wanted!r}")


def run_tests(*tests):
    tap = Tap()
    for test in tests:
        try:
            test(tap)
        except Exception:
            tap.ok(False, test.__name__, traceback.format_exc())
    print(f"1..{tap.n}")
    sys.exit(1 if tap.failed else 0)


OURS = os.environ.get("POSTERN_BUILD", "build") + "/dbus-proxy/postern-dbus-proxy"
# whose behaviour ours is compared with; another than the system's can be named
PEER = os.environ.get("PEER_XDG_DBUS_PROXY") or shutil.which("xdg-dbus-proxy")
# A sanitizer's reports, and nothing else, make a proxy's standard error worth reading; they go to the test's.
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
