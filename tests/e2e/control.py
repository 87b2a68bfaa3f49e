# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection of the role "control", as the manager has it: calls, and what comes unasked."""
import os
import socket
import time

from gi.repository import GLib

from postern_e2e import harness

LIMIT = harness.LIMIT

CALL, NOTIFY, REPLY, ERROR = 1, 2, 3, 4


class ControlError(Exception):
    """The broker's sentence."""


class Control:
    def __init__(self, home, role="control"):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(os.path.join(home.runtime, "postern", "broker"))
        self.serial = 0
        self.unasked = []  # (member, arguments, when)
        self.call("Hello", "(us)", 1, role)

    def _receive(self, until):
        self.socket.settimeout(max(until - time.monotonic(), 0.001))
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the broker closed the connection")
        kind, serial, member, body = (lambda v: (v.get_child_value(0).get_byte(), v.get_child_value(1).get_uint32(),
                                                 v.get_child_value(2).get_string(), v.get_child_value(3).get_variant()))(
            GLib.Variant.new_from_bytes(GLib.VariantType("(yusv)"), GLib.Bytes.new(data), False))
        if kind in (CALL, NOTIFY):
            self.unasked.append((member, body.unpack(), time.monotonic()))
            return None
        return kind, serial, body.unpack()

    def send(self, member, signature="()", *arguments):
        """Returns a number for wait_reply()."""
        self.serial += 1
        packet = GLib.Variant("(yusv)", (CALL, self.serial, member, GLib.Variant(signature, arguments)))
        self.socket.send(packet.get_data_as_bytes().get_data())
        return self.serial

    def wait_reply(self, serial, limit=LIMIT):
        """The reply's arguments; ControlError with the sentence."""
        until = time.monotonic() + limit
        while True:
            got = self._receive(until)
            if got is not None and got[1] == serial:
                if got[0] == ERROR:
                    raise ControlError(got[2][0])
                return got[2]

    def call(self, member, signature="()", *arguments):
        return self.wait_reply(self.send(member, signature, *arguments))

    def watch(self, history=False):
        self.call("Watch", "(b)", history)
        return self

    def wait_changed(self, topics, app=None, limit=LIMIT):
        """When a Changed came that is about all of `topics`, alone or with those before; what came is forgotten."""
        until = time.monotonic() + limit
        seen = 0
        while True:
            while self.unasked:
                member, (bits, apps), when = self.unasked.pop(0)
                if member == "Changed" and (app is None or not apps or app in apps):
                    seen |= bits
                    if seen & topics == topics:
                        return when
            self._receive(until)

    def forget(self):
        """What has been told until now."""
        self.call("ListSandboxes")
        self.unasked.clear()

    def close(self):
        self.socket.close()
