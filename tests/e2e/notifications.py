# SPDX-License-Identifier: GPL-3.0-or-later
"""A notification service for tests, which keeps what it is given, and says what was clicked."""
import queue
import threading

LIMIT = 20
SERVICE = """<node><interface name="org.freedesktop.Notifications">
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/></method>
  <method name="CloseNotification"><arg type="u" direction="in"/></method>
  <signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""


class Service:
    """org.freedesktop.Notifications, for one that reads its mail itself."""

    def __init__(self, desk, capabilities):
        from gi.repository import Gio, GLib

        self.gio, self.glib = Gio, GLib
        self.capabilities = capabilities
        self.shown, self.closed = queue.Queue(), queue.Queue()
        self.last = 0
        self.context = GLib.MainContext()
        self.loop = GLib.MainLoop.new(self.context, False)
        ready = threading.Event()

        def attend():
            self.context.push_thread_default()
            self.bus = connect(Gio, desk)
            info = Gio.DBusNodeInfo.new_for_xml(SERVICE).interfaces[0]
            self.bus.register_object("/org/freedesktop/Notifications", info, self._on_call, None, None)
            request_name(Gio, GLib, self.bus)
            ready.set()
            self.loop.run()

        self.thread = threading.Thread(target=attend, daemon=True)
        self.thread.start()
        if not ready.wait(LIMIT):
            raise TimeoutError("the notification service does not come up")

    def _on_call(self, _bus, _sender, _path, _interface, method, args, invocation):
        values = args.unpack()
        if method == "GetCapabilities":
            invocation.return_value(self.glib.Variant("(as)", (self.capabilities,)))
        elif method == "Notify":
            self.last = values[1] or self.last + 1
            invocation.return_value(self.glib.Variant("(u)", (self.last,)))
            actions = dict(zip(values[5][::2], values[5][1::2]))
            self.shown.put({"id": self.last, "replaces": values[1], "summary": values[3], "body": values[4], "actions": actions})
        else:
            self.closed.put(values[0])
            invocation.return_value(None)

    def click(self, number, key):
        invoke(self.gio, self.glib, self.bus, number, key)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.loop.quit()
        self.bus.close_sync(None)


def connect(gio, desk):
    flags = gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    return gio.DBusConnection.new_for_address_sync(desk.env["DBUS_SESSION_BUS_ADDRESS"], flags, None, None)


def request_name(gio, glib, bus):
    reply = bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                          glib.Variant("(su)", ("org.freedesktop.Notifications", 4)), None, gio.DBusCallFlags.NONE, -1, None)
    if reply.unpack() != (1,):
        raise RuntimeError("there is a notification service already")


def invoke(gio, glib, bus, number, key):
    """Says that a button was clicked, and waits until the broker has heard it."""
    bus.emit_signal(None, "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "ActionInvoked", glib.Variant("(us)", (number, key)))
    bus.call_sync("org.postern.Broker1", "/org/postern/Broker1", "org.postern.Control1", "GetStatus", None, None, gio.DBusCallFlags.NONE, LIMIT * 1000, None)
