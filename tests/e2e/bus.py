# SPDX-License-Identifier: GPL-3.0-or-later
"""A session bus with services on it, for the tests of the message bus proxy."""
import os
import subprocess
import sys

from postern_e2e import end_processes, children_of

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>{listen}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

# Owns the names of its command line, and answers every method of each with its own words and the name that it was called by.
SERVICE = r"""
import sys, gi
from gi.repository import Gio, GLib
names, loop = sys.argv[1:], GLib.MainLoop()
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
calls = 0
def called(connection, message, incoming):
    global calls
    if incoming and message.get_message_type() == Gio.DBusMessageType.METHOD_CALL and message.get_interface() != "org.freedesktop.DBus.Peer":
        calls += 1
        reply = message.new_method_reply()
        reply.set_body(GLib.Variant("(s)", ("served %s %d" % (message.get_member(), calls),)))
        connection.send_message(reply, Gio.DBusSendMessageFlags.NONE)
        if message.get_member() == "Shout":
            connection.emit_signal(None, "/", "org.example.Talk", "Shouted", None)
        return None
    return message
bus.add_filter(called)
for name in names:
    result = bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName", GLib.Variant("(su)", (name, 4)), None, 0, -1, None)
    assert result.unpack() == (1,), name
print("ready", flush=True)
loop.run()
"""


class Bus:
    def __init__(self, home, names, abstract=False):
        self.before = set(children_of(os.getpid()))
        self.home = home
        listen = "unix:abstract=postern-test-%d" % os.getpid() if abstract else f"unix:path={home.runtime}/test-bus"
        config = os.path.join(home.runtime, "bus.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(listen=listen))
        daemon = subprocess.Popen(["dbus-daemon", "--config-file", config, "--nofork", "--print-address=1"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, text=True, env=home.env)
        self.address = daemon.stdout.readline().strip()
        home.env["DBUS_SESSION_BUS_ADDRESS"] = self.address
        home.env.pop("DBUS_SYSTEM_BUS_ADDRESS", None)
        self.service = subprocess.Popen([sys.executable, "-c", SERVICE, *names], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=home.env)
        if self.service.stdout.readline() != "ready\n":
            raise RuntimeError("the service did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end_processes(lambda: [pid for pid in children_of(os.getpid()) if pid not in self.before])


def call(name, member, *arguments, interface="org.example.Talk", path="/"):
    """The words of a command that calls a method on the session bus; arguments as "string:…", "uint32:…"."""
    return ["dbus-send", "--session", "--print-reply", f"--dest={name}", path, f"{interface}.{member}", *arguments]
