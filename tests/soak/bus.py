# SPDX-License-Identifier: GPL-3.0-or-later
"""bus.py [-t SECONDS] [-n ROUNDS]   the message bus proxy for a long time (default 300 s, at most 1,000,000 rounds)

Connections, calls, descriptors both ways, long messages, questions with each answer and without, clients that leave in the
middle: what each does is checked in every round, while one client lives through all of it. The proxy's memory and its table of descriptors
must stay as they are, and no connection may be left behind.
"""
import os
import random
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "dbus"))
from flood import figures  # noqa: E402
from wire import BUS, CALL, OURS, PATIENCE, RETURN, SIGNAL, Connection, World, message  # noqa: E402

WARM_UP = 50
SAMPLES = 10
RSS_MAY_GROW = 512  # KiB
ANSWERS = ("ALLOW", "DENY", "RETRY", None)


class Soak:
    def __init__(self, world):
        self.world = world
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(PATIENCE)
        self.questions = self.ours.makefile("r")
        self.path, self.proxy = world.start(OURS, f"--ask-fd={theirs.fileno()}", "--filter", "--talk=org.test.Talk", "--ask=org.test.Ask",
                                            "--own=org.test.Own", pass_fds=(theirs.fileno(),), stderr=-3)
        theirs.close()
        self.service = world.connect()
        for name in ("org.test.Talk", "org.test.Ask"):
            self.service.own(name)
        self.lasting = world.connect(self.path)
        self.lasting.bus_call("AddMatch", "type='signal',interface='org.test.I'")
        self.body = os.urandom(200_000).hex()
        self.counts = dict.fromkeys(("connections", "calls", "descriptors", "long messages", "questions", "signals"), 0)
        self.answered = 0

    def want(self, good, what):
        if not good:
            raise RuntimeError(f"{what} went wrong")

    def served(self):
        """The service answers one call with what was in it."""
        call = self.service.next()
        while call.type != CALL:
            call = self.service.next()
        self.service.send(RETURN, destination=call.sender, reply_serial=call.serial, body=call.args(), signature=call.signature or "", fds=call.fds)
        n = len(call.fds)
        for fd in call.fds:
            os.close(fd)
        return n

    def echo(self, client, destination, body, fds=()):
        serial = client.send(CALL, destination=destination, path="/", member="Echo", interface="org.test.I", body=[body], signature="s", fds=fds)
        self.counts["calls"] += 1
        return serial

    def back(self, client, serial, body, n_fds):
        reply = client.reply_to(serial)
        self.want(reply.type == RETURN and reply.args() == [body] and len(reply.fds) == n_fds, "an echo")
        self.counts["descriptors"] += 2 * n_fds
        for fd in reply.fds:
            os.close(fd)

    def calls(self, client, i):
        read, write = os.pipe()
        for body, fds in (("small", []), ("small", [read, write]), (self.body[:1000 * (i % 400)], [write] * (i % 3))):
            serial = self.echo(client, "org.test.Talk", body, fds)
            self.want(self.served() == len(fds), "a descriptor")
            self.back(client, serial, body, len(fds))
            self.counts["long messages"] += len(body) > 100_000
        os.close(read), os.close(write)

    def question(self, client, i):
        answer = ANSWERS[i % len(ANSWERS)]
        fds = [self.ours.fileno()] * (i % 2)
        serial = self.echo(client, "org.test.Ask", self.body[:(i % 7) * 50_000] or "x", fds)
        number = self.questions.readline().split()[1]
        self.counts["questions"] += 1
        if answer == "RETRY":
            self.ours.sendall(f"RETRY {number}\n".encode())
            number, answer = self.questions.readline().split()[1], "ALLOW"
        if answer is None:
            return number
        self.ours.sendall(f"{answer} {number}\n".encode())
        if answer == "ALLOW":
            self.served()
            self.back(client, serial, self.body[:(i % 7) * 50_000] or "x", len(fds))
        else:
            self.want(client.reply_to(serial).error == "org.freedesktop.DBus.Error.AccessDenied", "a refusal")
        return None

    def leave(self, client, i):
        """In the middle of something, or not."""
        if i % 3 == 0:
            client.sock.sendall(message(CALL, client.next_serial(), destination="org.test.Talk", path="/", member="M", body=[self.body], signature="s")
                                [:(i * 997) % 390_000 + 1])
        client.close()

    def round(self, i):
        client = Connection(self.path)
        self.counts["connections"] += 1
        self.calls(client, i)
        # by the one that lives: of each who has ever owned a name that the policy names, something is kept
        for member, more, signature in (("RequestName", (4,), "su"), ("ReleaseName", (), "s")):
            self.want(self.lasting.bus_call(member, "org.test.Own", *more, signature=signature).args() == [1], "a name")
        pending = self.question(client, i)
        for to in (None, client.name):
            self.service.send(SIGNAL, destination=to, path="/a", interface="org.test.I", member="Tick", body=[self.body[:i % 9000]], signature="s")
        self.counts["signals"] += 2
        self.leave(client, i)
        if pending is not None:
            self.want(self.questions.readline().split() == ["WITHDRAW", pending], "a withdrawal")
        self.calls(self.lasting, i)
        self.lasting.sync()
        self.want(len(self.lasting.take(member="Tick")) >= 1, "a signal")
        self.lasting.inbox.clear(), self.service.inbox.clear()

    def connections(self):
        """Those of the proxy's own socket; what has been closed may take the proxy a moment."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.lasting.sync()
            with open("/proc/net/unix", encoding="ascii") as lines:
                n = sum(line.rstrip().endswith(self.path) for line in lines)
            if n == 2:
                break
        return n


def main():
    words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    seconds, most = float(words.get("-t", 300)), int(words.get("-n", 1_000_000))
    random.seed(1)
    bad, samples, i = [], [], 0
    with World() as world:
        soak = Soak(world)
        start = time.monotonic()
        while i < most and time.monotonic() < start + seconds or i <= WARM_UP:
            soak.round(i)
            i += 1
            if i >= WARM_UP and time.monotonic() >= start + seconds * len(samples) / SAMPLES:
                samples.append(figures(soak.proxy))
        samples.append(figures(soak.proxy))
        left = soak.connections()
        if soak.proxy.poll() is not None:
            bad.append(f"the proxy has ended: {soak.proxy.returncode}")
    print(f"soak\tdbus-proxy\ttable of descriptors {samples[0][1]} to {samples[-1][1]}\tRSS {', '.join(str(rss) for rss, _ in samples)} KiB"
          f"\tin {i} rounds: " + ", ".join(f"{n} {what}" for what, n in soak.counts.items()))
    if samples[-1][1] > samples[0][1]:
        bad.append(f"the table of descriptors has grown from {samples[0][1]} to {samples[-1][1]}")
    if samples[-1][0] > samples[0][0] + RSS_MAY_GROW:
        bad.append(f"memory has grown by {samples[-1][0] - samples[0][0]} KiB")
    if left != 2:
        bad.append(f"{left - 2} connections are left behind")
    for line in bad:
        print("not flat: " + line, file=sys.stderr)
    return 1 if bad else 0


sys.exit(main())
