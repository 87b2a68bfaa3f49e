# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxy as it serves a sandbox, with a policy by catalogue; supervisor and broker are played here, packet by packet."""
import os
import socket
import struct
import subprocess
import threading

from wire import OURS, PATIENCE, World

PACKET_CALL, PACKET_NOTIFY, PACKET_REPLY = 1, 2, 3
RETRY, DENY = 1, 2  # what a question comes to


def packet(kind, serial, member, signature, args):
    """GVariant's (yusv), of less than 256 bytes."""
    data = struct.pack("<B3xI", kind, serial) + member.encode() + b"\0"
    end = len(data)
    data += b"\0" * (-len(data) % 8) + args + b"\0" + signature.encode() + bytes([end])
    assert len(data) < 256
    return data


class Sandboxed:
    """Inside a World: a proxy of its session bus, that serves when it has a @policy. What it asks is in @questions as (serial, bytes)."""

    def __init__(self, world, policy):
        self.world, self.generation, self.questions = world, 0, []
        self.changed = threading.Condition()
        self.acknowledged = 0
        world.n += 1
        self.path = f"{world.dir}/sandbox{world.n}"
        self.link, link_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.broker, broker_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(64)
        fd = link_end.fileno()
        self.process = subprocess.Popen(["sh", "-c", f'exec "$0" --postern 3<&{fd} {fd}<&-' if fd != 3 else 'exec "$0" --postern', OURS],
                                        pass_fds=(fd,), stderr=None if os.environ.get("POSTERN_SANITIZE", "none") != "none" else -3)
        world.processes.append(self.process)
        socket.send_fds(self.link, [packet(PACKET_NOTIFY, 0, "Serve", "(ass)", b"session\0\x08" + b"\0" + b"\x09")],
                        [broker_end.fileno(), listener.fileno()])
        for one in (link_end, broker_end, listener):
            one.close()
        threading.Thread(target=self.supervise, daemon=True).start()
        threading.Thread(target=self.decide, daemon=True).start()
        if policy is not None:
            self.set_policy(policy)

    def supervise(self):
        while data := self.link.recv(65536):
            bus = socket.socket(socket.AF_UNIX)
            bus.connect(self.world.path)
            bus.setblocking(False)
            serial, = struct.unpack_from("<I", data, 4)
            socket.send_fds(self.link, [packet(PACKET_REPLY, serial, "", "(i)", struct.pack("<i", 0))], [bus.fileno()])
            bus.close()

    def decide(self):
        while data := self.broker.recv(65536):
            serial, = struct.unpack_from("<I", data, 4)
            with self.changed:
                if data[0] == PACKET_REPLY:
                    self.acknowledged = serial
                elif data[0] == PACKET_CALL:
                    self.questions.append((serial, data))
                self.changed.notify_all()

    def set_policy(self, policy):
        """Waits until it is in force."""
        fd = os.memfd_create("policy")
        os.write(fd, policy.encode())
        self.generation += 1
        socket.send_fds(self.broker, [packet(PACKET_CALL, self.generation, "SetPolicy", "(t)", struct.pack("<Q", self.generation))], [fd])
        os.close(fd)
        with self.changed:
            assert self.changed.wait_for(lambda: self.acknowledged == self.generation, PATIENCE), "the policy was not taken"

    def question(self):
        with self.changed:
            assert self.changed.wait_for(lambda: self.questions, PATIENCE), "nothing was asked"
            return self.questions.pop(0)

    def answer(self, question, outcome):
        self.broker.send(packet(PACKET_REPLY, question[0], "", "(u)", struct.pack("<I", outcome)))

    def connect(self, **how):
        return self.world.connect(self.path, **how)


class SandboxedWorld(World):
    def sandbox(self, policy):
        return Sandboxed(self, policy)
