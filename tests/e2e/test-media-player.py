# SPDX-License-Identifier: GPL-3.0-or-later
"""A media player in a sandbox is found and controlled from outside, under a name of its own, and under no other."""
import os
import shutil
import subprocess
import sys

from bus import Bus, call
from postern_e2e import Home, POSTERN, run_tests, wait_until

PYTHON, DBUS, PREFIX = "/usr/bin/python3", "org.freedesktop.DBus", "org.mpris.MediaPlayer2."
ROOT, PLAYER = "/org/mpris/MediaPlayer2", PREFIX + "Player"
MPRIS = "/usr/lib/mpv-mpris/mpris.so"  # of the package mpv-mpris

# Asks for the name of each line with the flags before it, or releases it, and says what the bus answered; answers every call with
# its own words. The harness calls it "escape-test".
OWNER = r"""
import sys
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
def called(connection, message, incoming):
    if incoming and message.get_message_type() == Gio.DBusMessageType.METHOD_CALL:
        reply = message.new_method_reply()
        reply.set_body(GLib.Variant("(s)", (sys.argv[1] + " got " + message.get_member(),)))
        connection.send_message(reply, Gio.DBusSendMessageFlags.NONE)
        return None
    return message
bus.add_filter(called)
print("ready", flush=True)
for line in sys.stdin:
    flags, name = line.split()
    member, arguments = ("ReleaseName", GLib.Variant("(s)", (name,))) if flags == "release" else ("RequestName", GLib.Variant("(su)", (name, int(flags))))
    reply = bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", member, arguments, None, 0, -1, None)
    print(reply.unpack()[0], flush=True)
"""


class Owner:
    def __init__(self, process):
        self.process = process
        self.first = process.stdout.readline()

    def __call__(self, flags, name):
        self.process.stdin.write(f"{flags} {name}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip() or self.process.stderr.read()

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)


def outside(home, *command):
    return subprocess.run(command, env=home.env, capture_output=True, text=True)


def has_owner(home, name):
    return "true" in outside(home, *call(DBUS, "NameHasOwner", "string:" + name, interface=DBUS, path="/org/freedesktop/DBus")).stdout


def status(home, name):
    return outside(home, *call(name, "Get", "string:" + PLAYER, "string:PlaybackStatus", interface=DBUS + ".Properties", path=ROOT)).stdout


def test_real_player(tap):
    if shutil.which("mpv") is None or not os.path.exists(MPRIS):
        tap.ok(False, "mpv and mpv-mpris are not installed; ./dev test installs them")
        return
    name = PREFIX + "mpv"
    with Home() as home, Bus(home, ()):
        process = subprocess.Popen([POSTERN, "run", "--bus", "mpv", "--no-video", "--ao=null", "--no-terminal", "--script=" + MPRIS, "av://lavfi:anullsrc"], env=home.env, cwd=home.home,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        home.children.append(process)
        wait_until(lambda: process.poll() is not None or '"Playing"' in status(home, name), "the sandboxed player is not found on the bus")
        tap.ok(process.poll() is None, "a media player in a sandbox is found on the bus, and plays")
        for member, expected in (("Pause", '"Paused"'), ("Play", '"Playing"'), ("PlayPause", '"Paused"')):
            result = outside(home, *call(name, member, interface=PLAYER, path=ROOT))
            wait_until(lambda expected=expected: expected in status(home, name), f"{member} does nothing: {status(home, name)} {result.stderr}")
            tap.ok(True, f"{member} from outside arrives")
        tap.ok(home.n_asked() == 0, "and nobody is asked", home.postern("log").stdout)
        outside(home, *call(name, "Quit", interface="org.mpris.MediaPlayer2", path=ROOT))
        process.wait(10)
        tap.ok(not has_owner(home, name), "when it has ended, so has its name")


def test_names(tap):
    own, others = PREFIX + "escape-test", [PREFIX + "spotify", PREFIX + "escape-test2", "org.mpris.MediaPlayer2", "escape.test", "org.gnome.eog", "org.freedesktop.secrets"]
    with Home() as home, Bus(home, ()):
        inside = Owner(home.start(PYTHON, "-c", OWNER, "inside", options=("--bus",)))
        tap.ok(inside("4", own) == "1" and has_owner(home, own), "control: it owns its own name, in truth", inside.first)
        answer = outside(home, *call(own, "Play", interface=PLAYER, path=ROOT))
        tap.ok("inside got Play" in answer.stdout, "and is called by it", answer.stderr)
        for name in others:
            told = inside("0", name)
            tap.ok(told == "1" and not has_owner(home, name), f"it is told that it owns {name}, and does not", told)
        tap.ok(inside("release", own) == "1" and not has_owner(home, own), "and gives its own name back")
        for i in range(8):
            inside("4", f"{own}.instance{i}")
        tap.ok(has_owner(home, f"{own}.instance7"), "of instances it may own eight")
        tap.ok(inside("4", f"{own}.instance8") == "1" and not has_owner(home, f"{own}.instance8"), "and not one more")
        inside.end()


def test_flags(tap):
    """1 allows to be replaced, 2 replaces, 4 does not wait in the queue."""
    name = PREFIX + "escape-test"
    with Home() as home, Bus(home, ()):
        first = Owner(subprocess.Popen([PYTHON, "-c", OWNER, "outside"], env=home.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        second = Owner(subprocess.Popen([PYTHON, "-c", OWNER, "second"], env=home.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        inside = Owner(home.start(PYTHON, "-c", OWNER, "inside", options=("--bus",)))

        def answers():
            return outside(home, *call(name, "Play", interface=PLAYER, path=ROOT)).stdout

        tap.ok(first("1", name) == "1", "a player outside, which lets itself be replaced")
        tap.ok(inside("2", name) == "1" and "outside got Play" in answers(), "is not replaced by one in a sandbox", answers())
        tap.ok(second("2", name) == "1" and "second got Play" in answers(), "control: by another outside it is", answers())
        first.end()
        second.end()
        tap.ok(not has_owner(home, name), "and that in the sandbox did not wait in the queue")
        tap.ok(inside("1", name) == "1" and "inside got Play" in answers(), "when nobody has the name it gets it", answers())
        third = Owner(subprocess.Popen([PYTHON, "-c", OWNER, "third"], env=home.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        tap.ok(third("6", name) == "3" and "inside got Play" in answers(), "and is not replaced in turn, as the bus is not told that it may be", answers())
        third.end()
        inside.end()


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
