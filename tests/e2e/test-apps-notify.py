# SPDX-License-Identifier: GPL-3.0-or-later
"""Notifications of a sandboxed program, on a real daemon: without buttons they are shown, with buttons they are asked for, and what counts is what is in
the call, however it is sent."""
import os
import shutil
import subprocess
import sys

from desk import Desk
from postern_e2e import Home, run_tests, wait_until

APP = "org.gnome.Evince"
LIMIT = 20
QUESTION = "Allow “Document Viewer” to use notifications with buttons?"


class Dunst:
    def __init__(self, desk):
        self.desk = desk
        self.env = {**os.environ, **desk.env, "HOME": desk.root, "XDG_CONFIG_HOME": desk.root, "XDG_RUNTIME_DIR": desk.root}
        config = os.path.join(desk.root, "dunstrc")
        with open(config, "w", encoding="ascii") as file:
            file.write("[global]\nfont = Sans 11\nwidth = 460\nmouse_left_click = do_action\nmouse_right_click = close_current\n")
        self.daemon = subprocess.Popen(["dunst", "-conf", config], env=self.env, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.control("count", "displayed") == "0", "dunst does not come up")

    def control(self, *words):
        return subprocess.run(["dunstctl", *words], env=self.env, capture_output=True, text=True, timeout=LIMIT).stdout.strip()

    def shown(self):
        return int(self.control("count", "displayed"))

    def wait_shown(self, n):
        wait_until(lambda: self.shown() == n, f"dunst does not show {n} notifications")

    def click(self):
        """On the notification that is uppermost."""
        window = self.desk._x("search", "--onlyvisible", "--class", "^Dunst$").split()[0]
        place = dict(line.split("=") for line in self.desk._x("getwindowgeometry", "--shell", window).split())
        self.desk._x("mousemove", "--sync", int(place["X"]) + 60, int(place["Y"]) + 20)
        self.desk._x("click", "1")

    def clear(self):
        self.control("close-all")
        self.wait_shown(0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.daemon.terminate()
        self.daemon.wait(LIMIT)


def is_missing(tap):
    missing = [name for name in ("dunst", "notify-send") if shutil.which(name) is None]
    if missing:
        tap.skip("notifications", f"{missing[0]} is not installed")
    return bool(missing)


def test_plain(tap, desk):
    if is_missing(tap):
        return
    with Dunst(desk) as dunst, Home(home_name="anna", desk=desk) as home:
        sent = home.run("notify-send", "Two new letters", "from the harbour", app=APP)
        dunst.wait_shown(1)
        desk.settle()
        desk.shot("shown")
        tap.ok(sent.returncode == 0, "a notification without buttons is shown", sent.stderr)
        tap.ok(home.n_asked() == 0 and desk.dialog() is None, "and nobody is asked", home.postern("log").stdout)


WITH_BUTTON = r"""
from gi.repository import Gio, GLib
try:
    Gio.bus_get_sync(Gio.BusType.SESSION).call_sync("org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "Notify",
        GLib.Variant("(susssasa{sv}i)", ("Mail", 0, "", "Title", "text", ["open", "Open"], {}, 0)), None, 0, 20000, None)
    print("shown", flush=True)
except GLib.Error as error:
    print(Gio.DBusError.get_remote_error(error).rpartition(".")[2], flush=True)
"""


def test_buttons(tap, desk):
    if is_missing(tap):
        return
    with Dunst(desk) as dunst, Home(home_name="anna", desk=desk) as home:
        # one sandbox for all three. notify-send itself waits for a click on what was refused, so that is sent by hand.
        script = 'python3 -c "$1"; notify-send Without two && echo plain; python3 -c "$1"'
        sending = home.start("sh", "-c", script, "sh", WITH_BUTTON, app=APP)
        dialog = desk.wait_dialog()
        tap.ok(dunst.shown() == 0, "with a button, nothing is shown while it is asked")
        said = desk.answer("Deny", shot="question")
        tap.ok(said[0] == QUESTION, "the question speaks of buttons", said)
        dunst.wait_shown(1)
        out, err = sending.communicate(timeout=LIMIT)
        tap.ok(out.split() == ["AccessDenied", "plain", "AccessDenied"], "Deny: both with buttons fail, the one without is shown", out + err)
        tap.ok(home.n_asked() == 1 and dialog is not None, "and the second is not asked about", home.postern("log").stdout)
        dunst.clear()

        sending = home.start("notify-send", "--action=open=Open the letter", "With a button", "four", app=APP)
        desk.answer("Always allow")
        dunst.wait_shown(1)
        desk.settle()
        desk.shot("with-button")
        dunst.click()
        out, err = sending.communicate(timeout=LIMIT)
        tap.ok(out == "open\n", "Allow: it is shown, and a click on it reaches the program", out + err)
        dunst.clear()
        again = home.start("notify-send", "--action=open=Open", "With a button", "five", app=APP)
        dunst.wait_shown(1)
        tap.ok(home.n_asked() == 2 and desk.dialog() is None, "the next start asks nothing", home.postern("log").stdout)
        dunst.clear()
        again.wait(LIMIT)


# Every other way to send one with a button, of which none may be shown without a question; and a plain one as a control.
OTHER_WAYS = r"""
from gi.repository import Gio, GLib
bus, name, path = Gio.bus_get_sync(Gio.BusType.SESSION), "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
owner = bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner", GLib.Variant("(s)", (name,)), None, 0, -1, None).unpack()[0]
def send(to, interface, actions, flags=0, signature="(susssasa{sv}i)"):
    message = Gio.DBusMessage.new_method_call(to, path, interface, "Notify")
    arguments = ["Mail", 0, "", "Title", "text", actions, {}, 0]
    message.set_body(GLib.Variant(signature, tuple(arguments)))
    message.set_flags(Gio.DBusMessageFlags(flags))
    if flags & 1:
        bus.send_message(message, Gio.DBusSendMessageFlags.NONE)
        bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId", None, None, 0, -1, None)
        return "sent"
    reply = bus.send_message_with_reply_sync(message, Gio.DBusSendMessageFlags.NONE, 20000)[0]
    return reply.get_error_name() or "shown"
button = ["open", "Open"]
print(send(name, name, button), send(owner, name, button), send(name, None, button), send(owner, None, button), send(name, name, button, 1), send(owner, name, [""]), send(name, name, []), sep="\n")
"""


def test_other_ways(tap, desk):
    if is_missing(tap):
        return
    with Dunst(desk) as dunst, Home(home_name="anna", desk=desk) as home:
        sending = home.start("/usr/bin/python3", "-c", OTHER_WAYS, app=APP)
        said = desk.answer("Deny")
        out, err = sending.communicate(timeout=LIMIT)
        denied = "org.freedesktop.DBus.Error.AccessDenied"
        tap.ok(out.split() == [denied, denied, denied, denied, "sent", denied, "shown"], "refused: to the name, to its owner, without an interface, without a reply", out + err)
        dunst.wait_shown(1)
        tap.ok(home.n_asked() == 1 and said[0] == QUESTION, "after one question; only the one without buttons is on the screen", home.postern("log").stdout)


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
