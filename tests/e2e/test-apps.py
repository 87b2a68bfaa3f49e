# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that people have, with the message buses of a whole desktop: each starts, asks what a person would expect and nothing else, and does its
main job on a real file. On both buses there is whoever programs look for at their start, each with a name and a connection of its own; what they are
told is noted, so that a service which should not be reached is known to have been left alone."""
import os
import signal
import subprocess
import sys

import film
import screen
from bus import CONFIG
from desk import Desk
from postern_e2e import Home, POSTERN, run_tests, wait_idle, wait_until

SESSION = ("org.gnome.SessionManager", "org.freedesktop.portal.Desktop", "org.freedesktop.secrets", "org.freedesktop.systemd1", "org.gtk.vfs.Daemon",
           "org.gtk.vfs.UDisks2VolumeMonitor", "ca.desrt.dconf", "org.gnome.Shell", "org.freedesktop.IBus", "org.freedesktop.portal.IBus", "org.gnome.evince.Daemon",
           "org.gnome.OnlineAccounts", "org.gnome.SettingsDaemon.MediaKeys", "org.freedesktop.Tracker3.Miner.Files", "com.canonical.AppMenu.Registrar",
           "org.freedesktop.FileManager1", "org.kde.StatusNotifierWatcher")
SYSTEM = ("org.freedesktop.NetworkManager", "org.freedesktop.UPower", "org.freedesktop.login1", "org.freedesktop.hostname1", "org.freedesktop.Accounts",
          "org.freedesktop.systemd1", "org.freedesktop.PolicyKit1", "org.freedesktop.ColorManager", "org.freedesktop.UDisks2", "org.bluez")
# Nobody may reach these without having been asked about, and nobody is asked here.
OUT_OF_REACH = ("org.freedesktop.secrets", "org.freedesktop.systemd1", "org.gtk.vfs.Daemon", "org.gtk.vfs.UDisks2VolumeMonitor", "ca.desrt.dconf", "org.gnome.Shell",
                "org.freedesktop.IBus", "org.gnome.evince.Daemon", "org.gnome.OnlineAccounts", "org.freedesktop.Tracker3.Miner.Files", "org.freedesktop.NetworkManager",
                "org.freedesktop.UPower", "org.freedesktop.PolicyKit1", "org.freedesktop.UDisks2", "org.bluez")

# Notes every call on standard output, and answers the questions that libraries ask of everybody.
SERVICES = r"""
import sys
from gi.repository import Gio, GLib
address, names, kept = sys.argv[1], sys.argv[2:], []
def watch(name):
    def called(connection, message, incoming):
        if not incoming or message.get_message_type() != Gio.DBusMessageType.METHOD_CALL:
            return message
        member = message.get_member()
        print(name, member, flush=True)
        reply = message.new_method_reply()
        if member == "GetAll":
            reply.set_body(GLib.Variant("(a{sv})", ({"Connectivity": GLib.Variant("u", 4)},)))
        elif member == "GetManagedObjects":
            reply.set_body(GLib.Variant("(a{oa{sa{sv}}})", ({},)))
        elif member == "Get":
            reply.set_body(GLib.Variant("(v)", (GLib.Variant("u", 4),)))
        else:
            reply = Gio.DBusMessage.new_method_error_literal(message, "org.freedesktop.DBus.Error.UnknownMethod", "not here")
        connection.send_message(reply, Gio.DBusSendMessageFlags.NONE)
        return None
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
    connection.add_filter(called)
    connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName", GLib.Variant("(su)", (name, 4)), None, 0, -1, None)
    kept.append(connection)
for name in names:
    watch(name)
print("ready", flush=True)
GLib.MainLoop().run()
"""


class Desktop(Home):
    """A home with a letter, a form, a picture and a film, and with both buses full of services."""

    def __init__(self, desk):
        super().__init__(home_name="anna", desk=desk)
        self.write(".config/user-dirs.dirs", 'XDG_PICTURES_DIR="$HOME/Pictures"\nXDG_DOCUMENTS_DIR="$HOME/Documents"\nXDG_VIDEOS_DIR="$HOME/Videos"\n')
        self.notes = []
        config = os.path.join(self.runtime, "system.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(listen=f"unix:path={self.runtime}/system-bus").replace("<type>session", "<type>system"))
        daemon = self._child(["dbus-daemon", "--config-file", config, "--nofork", "--print-address=1"])
        self.env["DBUS_SYSTEM_BUS_ADDRESS"] = daemon.stdout.readline().strip()
        for address, names in ((self.env["DBUS_SESSION_BUS_ADDRESS"], SESSION), (self.env["DBUS_SYSTEM_BUS_ADDRESS"], SYSTEM)):
            path = os.path.join(self.root, f"notes-{len(self.notes)}")
            self.notes.append(path)
            with open(path, "wb") as file:
                self.children.append(subprocess.Popen([sys.executable, "-c", SERVICES, address, *names], env=self.env, stdin=subprocess.DEVNULL, stdout=file))
            wait_until(lambda path=path: "ready\n" in self._read(path), "the services of the desktop do not come up")

    def _child(self, command):
        child = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.children.append(child)
        return child

    @staticmethod
    def _read(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def calls(self):
        """(name, method) of every call that a service of the desktop got."""
        return [tuple(line.split()) for path in self.notes for line in self._read(path).splitlines() if " " in line]

    def launch(self, *command):
        self.said = os.path.join(self.root, "said")
        with open(self.said, "wb") as log:
            child = subprocess.Popen([POSTERN, "run", "--x11=host", *command], env=self.env, cwd=self.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.children.append(child)
        return child

    def end(self, child, before):
        child.send_signal(signal.SIGTERM)
        child.wait(10)
        wait_until(lambda: not set(self.desk.windows()) - before, "the window does not go")

    def check(self, tap, name, asked):
        """Whatever it has done: what was asked, and who was not reached."""
        log = self.postern("log").stdout
        tap.ok(self.n_asked() == asked and self.desk.dialog() is None, f"{name}: {asked or 'no'} question{'s' * (asked > 1)}", log)
        reached = sorted({call for call in self.calls() if call[0] in OUT_OF_REACH})
        tap.ok(reached == [], f"{name}: nobody is reached who was not asked about", reached)


def write_pdf(path):
    text = b"0.2 0.4 0.8 rg 20 20 100 60 re f 0 0 0 rg BT /F1 28 Tf 40 200 Td (The harbour form) Tj ET"
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 300] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
               b"<< /Length %d >>\nstream\n" % len(text) + text + b"\nendstream", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(out)


def blue_of_the_form(desk):
    """How much of the screen has the colour of the form's rectangle."""
    image = desk.look()
    step = 4
    return sum(screen.near(image.at(x, y), (51, 102, 204), 20) for y in range(0, image.height, step) for x in range(0, image.width, step))


MONITOR = """
import time
from gi.repository import Gio
begun = time.monotonic()
Gio.NetworkMonitor.get_default().get_network_available()
print("known" if time.monotonic() - begun < 5 else "waited for")
"""


def test_network_monitor(tap, desk):
    with Desktop(desk) as home:
        looked = ("org.freedesktop.NetworkManager", "GetAll")
        inside = home.run("/usr/bin/python3", "-c", MONITOR, timeout=60)
        tap.ok(inside.stdout == "known\n" and looked not in home.calls(), "what looks for the network at its start is not held, and learns nothing", inside.stdout + inside.stderr)
        home.check(tap, "the network monitor", 0)
        subprocess.run([sys.executable, "-c", MONITOR], env=home.env, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60)
        tap.ok(looked in home.calls(), "control: outside it asks NetworkManager", home.calls())
        home.grant("system:org.freedesktop.NetworkManager", access="talk")
        before = home.calls().count(looked)
        granted = home.run("/usr/bin/python3", "-c", MONITOR, timeout=60)
        tap.ok(granted.stdout == "known\n" and home.calls().count(looked) == before + 1, "granted, it is answered", granted.stdout + granted.stderr)


def test_viewers(tap, desk):
    for name in ("evince", "qpdfview"):
        with Desktop(desk) as home:
            write_pdf(home.path("Documents", "form.pdf"))
            before = set(desk.windows())
            child = home.launch(name, home.path("Documents", "form.pdf"))
            said = desk.answer("Allow this time")
            tap.ok("Documents" in said[0], f"{name}: the question is about the folder of the form", said)
            wait_until(lambda: blue_of_the_form(desk) > 100, f"{name} does not show the form")
            wait_idle(lambda: home.application(child.pid))
            desk.settle()
            desk.shot(name)
            tap.ok(True, f"{name}: the form is on the screen")
            home.check(tap, name, 1)
            home.end(child, before)


def test_open_dialog(tap, desk):
    with Desktop(desk) as home:
        write_pdf(home.path("Documents", "form.pdf"))
        before = set(desk.windows())
        child = home.launch("evince")
        desk.wait_window("Recent Documents")
        wait_idle(lambda: home.application(child.pid))
        desk.focus("Recent Documents")
        desk.key("ctrl+o")
        said = desk.answer("Allow this time")
        tap.ok("view your Documents" in said[0], "evince: its dialog for opening files looks into Documents first, which is asked about", said)
        desk.focus("Open Document")
        desk.settle()
        desk.shot("open-dialog")
        desk.type("form")
        wait_idle(lambda: home.application(child.pid))
        tap.ok(home.n_asked() == 1, "typing looks for the name in the folder, and does not ask for the desktop's index of all files", home.postern("log").stdout)
        desk.key("ctrl+l")
        desk.type(home.path("Documents", "form.pdf"))
        wait_idle(lambda: home.application(child.pid))
        desk.key("Return")
        wait_until(lambda: blue_of_the_form(desk) > 100, "the form does not come")
        tap.ok(True, "evince: and opens the form")
        home.check(tap, "the dialog for opening files", 1)
        home.end(child, before)


def test_film(tap, desk):
    with Desktop(desk) as home:
        pictures = [screen.paint(320, 210, hue=hue) for hue in (0.2, 0.8)]
        os.makedirs(home.path("Videos"), exist_ok=True)
        film.save_avi(home.path("Videos", "holiday.avi"), pictures, repeat=20)
        before = set(desk.windows())
        child = home.launch("totem", home.path("Videos", "holiday.avi"))
        said = desk.answer("Allow this time")
        tap.ok("Videos" in said[0], "totem: the question is about the folder of the film", said)
        for number, picture in enumerate(pictures):
            wait_until(lambda picture=picture: screen.shows(desk.look(), picture) == "", f"picture {number} of the film does not come", 30)
            desk.shot(f"totem-{number}")
        tap.ok(True, "totem: the film runs")
        home.check(tap, "totem", 1)
        home.end(child, before)


def test_calculator(tap, desk):
    with Desktop(desk) as home:
        before = set(desk.windows())
        child = home.launch("gnome-calculator")
        desk.wait_window("Calculator")
        wait_idle(lambda: home.application(child.pid))
        desk.settle()
        blank = desk.look().data
        desk.focus("Calculator")
        desk.type("6*7")
        desk.key("Return")
        wait_until(lambda: desk.look().data != blank, "nothing changes when it is typed into")
        desk.settle()
        desk.shot("calculator")
        desk.key("ctrl+c")
        copied = wait_until(lambda: desk.clipboard(), "the result is not in the clipboard")
        tap.ok(copied == "42", "gnome-calculator: six times seven", copied)
        home.check(tap, "gnome-calculator", 0)
        home.end(child, before)


def test_terminal(tap, desk):
    with Desktop(desk) as home:
        before = set(desk.windows())
        home.write("Documents/letter.txt", "the harbour was lovely\n")
        child = home.launch("terminator")
        wait_until(lambda: child.poll() is not None or set(desk.windows()) - before, "terminator shows no window")
        wait_idle(lambda: home.application(child.pid))
        window = sorted(set(desk.windows()) - before)
        tap.ok(child.poll() is None and window, "terminator starts", home._read(home.said))
        desk.focus(window[0])
        desk.type("cat Documents/letter.txt > .copy")
        desk.key("Return")
        said = desk.answer("Allow this time")
        tap.ok("Documents" in said[0], "what is typed into it asks for the folder", said)
        wait_until(lambda: home.sh("cat ~/.copy", app="terminator").stdout == "the harbour was lovely\n", "the command does not read the letter")
        desk.settle()
        desk.shot("terminator")
        tap.ok(True, "and reads the letter when it is allowed")
        home.check(tap, "terminator", 1)
        home.end(child, before)


def test_qt_editor(tap, desk):
    with Desktop(desk) as home:
        home.write("Documents/letter.txt", "first line\n")
        before = set(desk.windows())
        child = home.launch("featherpad", home.path("Documents", "letter.txt"))
        said = desk.answer("Allow this time")
        tap.ok("Documents" in said[0], "featherpad: the question is about the folder of the letter", said)
        desk.wait_window("letter.txt")
        wait_idle(lambda: home.application(child.pid))
        desk.focus("letter.txt")
        desk.key("ctrl+End")
        desk.type("second line")
        desk.key("ctrl+s")
        wait_until(lambda: home.read("Documents/letter.txt").rstrip() == b"first line\nsecond line", "featherpad does not save", 15)
        desk.settle()
        desk.shot("featherpad")
        tap.ok(True, "featherpad: edits and saves")
        home.check(tap, "featherpad", 1)
        home.end(child, before)


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
