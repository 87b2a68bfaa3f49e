# SPDX-License-Identifier: GPL-3.0-or-later
"""A desktop of its own: an Xvfb, a window manager, a session bus with the accessibility bus; and a person at it who reads the
dialog through AT-SPI, as a screen reader does, and clicks where a button is, with a real pointer (XTEST).

One for a test process: AT-SPI looks at the environment once."""

import os
import shutil
import subprocess
import tempfile
import time

import screen
from postern_e2e import ARTIFACTS, children_of, end_processes, is_alive, wait_until

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={root}</listen>
  <servicedir>{root}/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Desk:
    def __init__(self, width=1100, height=720, name="desk"):
        self.before = set(children_of(os.getpid()))
        self.name = name
        self.root = tempfile.mkdtemp(prefix="postern-desk-")
        self.programs = []
        self.n_shots = 0
        self.scale = 1
        self.env = {"NO_AT_BRIDGE": "", "GTK_THEME": "Adwaita", "GSETTINGS_BACKEND": "memory"}
        self._start_xvfb(width, height)
        self._start_bus()
        self._start_window_manager()
        self.hang_background()
        os.environ.update(DISPLAY=self.env["DISPLAY"], DBUS_SESSION_BUS_ADDRESS=self.env["DBUS_SESSION_BUS_ADDRESS"], GSETTINGS_BACKEND="memory")
        import gi

        gi.require_version("Atspi", "2.0")
        from gi.repository import Atspi, GLib

        # A program that ends while it is looked at is none of the reader's business.
        GLib.log_set_handler("dbind", GLib.LogLevelFlags.LEVEL_WARNING, lambda *_: None, None)
        self.atspi = Atspi
        Atspi.init()

    def _spawn(self, command, **options):
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=options.pop("stdout", subprocess.DEVNULL), stderr=subprocess.DEVNULL,
                                   cwd="/", start_new_session=True, **options)
        self.programs.append(program)
        return program

    def _start_xvfb(self, width, height):
        reader, writer = os.pipe()
        self._spawn(["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24", "-fbdir", self.root, "-nolisten", "tcp", "-noreset"],
                    pass_fds=[writer])
        os.close(writer)
        with os.fdopen(reader) as file:
            number = file.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        self.env["DISPLAY"] = ":" + number

    def _start_bus(self):
        # Nothing on this bus but accessibility: no portals, no settings of the machine's.
        services = os.path.join(self.root, "services")
        os.mkdir(services)
        shutil.copy("/usr/share/dbus-1/services/org.a11y.Bus.service", services)
        config = os.path.join(self.root, "bus.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write(BUS_CONFIG.format(root=self.root))
        bus = self._spawn(["dbus-daemon", "--config-file", config, "--nofork", "--print-address=1"], stdout=subprocess.PIPE, env={**os.environ, **self.env}, text=True)
        self.env["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()

    def _start_window_manager(self):
        environment = {**os.environ, **self.env}
        manager = ["metacity", "--sm-disable", "--no-composite"] if shutil.which("metacity") else ["openbox", "--sm-disable"]
        self._spawn(manager, env=environment)
        wait_until(lambda: b"window id" in self._xprop(), "the window manager does not come up")

    def _xprop(self):
        return subprocess.run(["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"], env={**os.environ, **self.env}, capture_output=True).stdout

    def hang_background(self):
        """Something softer than black behind the windows, for pictures that people look at."""
        if shutil.which("feh") is None:
            return
        width, height = 64, 48
        data = bytes(c for y in range(height) for x in range(width) for c in (58 + y // 2, 88 + y // 3 + x // 4, 108 + y // 4 + x // 3))
        path = os.path.join(self.root, "background.png")
        screen.Image(width, height, data).save_png(path)
        subprocess.run(["feh", "--no-fehbg", "--bg-scale", path], env={**os.environ, **self.env}, stdin=subprocess.DEVNULL, capture_output=True, check=False)

    def _x(self, *arguments):
        result = subprocess.run(["xdotool", *map(str, arguments)], env={**os.environ, **self.env}, capture_output=True, text=True)
        return result.stdout if result.returncode == 0 else None

    # -- the screen

    def look(self):
        return screen.read_framebuffer(os.path.join(self.root, "Xvfb_screen0"))

    def shot(self, what, folder=ARTIFACTS, around=None):
        """Keeps what is on the screen as a picture. Returns its path."""
        self.n_shots += 1
        path = os.path.join(folder, f"{self.name}-{self.n_shots:02d}-{what}.png")
        image = self.look()
        if around is not None:
            x, y, width, height = around
            image = image.crop(x - 40, y - 60, width + 80, height + 100)
        image.save_png(path)
        return path

    def settle(self, limit=3.0, quiet=0.25):
        """Until nothing on the screen has changed for a while, so that a screenshot shows no half-drawn window."""
        end, last, since = time.monotonic() + limit, None, time.monotonic()
        while time.monotonic() < end and time.monotonic() - since < quiet:
            data = self.look().data
            if data != last:
                last, since = data, time.monotonic()
            time.sleep(0.05)  # that nothing is drawn any more gives no event

    # -- windows

    def windows(self, pid_names=None):
        """The names of the windows that a person sees."""
        out = self._x("search", "--onlyvisible", "--name", ".") or ""
        names = [self._x("getwindowname", window) for window in out.split()]
        return [name.strip() for name in names if name and name.strip()]

    def window_ids(self, part):
        """Those of the windows that a person sees whose names have it, with their processes: a new client may be given the numbers of one that is gone."""
        found = (self._x("search", "--onlyvisible", "--name", part) or "").split()
        return {(window, (self._x("getwindowpid", window) or "").strip()) for window in found}

    def wait_window(self, part, limit=20.0):
        return wait_until(lambda: [name for name in self.windows() if part.lower() in name.lower()], f"no window called {part!r} appears; there are {self.windows()}",
                          limit)[0]

    def focus(self, part):
        out = self._x("search", "--onlyvisible", "--name", part) or ""
        for window in out.split():
            if self._x("windowactivate", "--sync", window) is not None:
                return True
        return False

    def key(self, *keys):
        self._x("key", "--clearmodifiers", *keys)

    def type(self, text):
        self._x("type", "--delay", "15", text)

    def clipboard(self):
        """What was copied last, as text; "" for nothing."""
        result = subprocess.run(["xclip", "-selection", "clipboard", "-o"], env={**os.environ, **self.env}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)
        return result.stdout if result.returncode == 0 else ""

    # -- the dialog

    def _find(self, node, test, depth=12):
        try:
            if test(node):
                return node
            if depth == 0:
                return None
            for i in range(node.get_child_count()):
                child = node.get_child_at_index(i)
                found = self._find(child, test, depth - 1) if child is not None else None
                if found is not None:
                    return found
        except Exception:  # noqa: BLE001: it went away while it was looked at
            pass
        return None

    def _showing(self, node):
        states = node.get_state_set()
        return states.contains(self.atspi.StateType.SHOWING) and states.contains(self.atspi.StateType.VISIBLE)

    def dialog(self):
        """The dialog that is on the screen, or None."""
        desktop = self.atspi.get_desktop(0)
        for i in range(desktop.get_child_count()):
            try:
                application = desktop.get_child_at_index(i)
                # the registry goes on naming a dead one for a while
                if application is None or application.get_name() != "postern-agent" or not is_alive(application.get_process_id()):
                    continue
                for j in range(application.get_child_count()):
                    window = application.get_child_at_index(j)
                    if window is not None and self._showing(window) and window.get_name():
                        return window
            except Exception:  # noqa: BLE001
                continue
        return None

    def wait_dialog(self, limit=20.0):
        return wait_until(self.dialog, "no dialog appears", limit)

    def wait_ready(self, limit=20.0, keys=False):
        """Until there is a dialog and what is done to it counts: at first it takes no input, so that it can be read, and says that it is busy.
        keys: it has the keyboard, and for long enough. Returns it."""

        def is_ready():
            dialog = self.dialog()
            try:
                states = dialog.get_state_set() if dialog is not None else None
            except Exception:  # noqa: BLE001: it went away while it was looked at, and may come again
                states = None
            if states is None or states.contains(self.atspi.StateType.BUSY) or (keys and not states.contains(self.atspi.StateType.ACTIVE)):
                return None
            return dialog

        return wait_until(is_ready, "no dialog appears that can be answered", limit)

    def wait_no_dialog(self, limit=10.0):
        wait_until(lambda: self.dialog() is None, "the dialog does not go", limit)

    def place(self, node):
        box = node.get_component_iface().get_extents(self.atspi.CoordType.SCREEN)
        # a program at twice the size counts in its own pixels
        return box.x * self.scale, box.y * self.scale, box.width * self.scale, box.height * self.scale

    def texts(self, node):
        """All that the dialog says, as a screen reader has it."""
        found = []

        def collect(each):
            if each.get_role() in (self.atspi.Role.LABEL, self.atspi.Role.RADIO_BUTTON, self.atspi.Role.PUSH_BUTTON) and self._showing(each) and each.get_name():
                found.append(each.get_name())
            return False

        self._find(node, collect)
        return found

    def control(self, dialog, name):
        roles = (self.atspi.Role.PUSH_BUTTON, self.atspi.Role.RADIO_BUTTON, self.atspi.Role.TOGGLE_BUTTON, self.atspi.Role.MENU_ITEM)

        def matches(node):
            return node.get_role() in roles and (node.get_name() or "").replace("_", "") == name and self._showing(node)

        found = self._find(dialog, matches)
        if found is None:
            raise LookupError(f"the dialog has no “{name}”; it says {self.texts(dialog)}")
        return found

    def click(self, node):
        x, y, width, height = self.place(node)
        self._x("mousemove", "--sync", x + width // 2, y + height // 2)
        self._x("click", "1")

    def answer(self, button, choose=(), limit=20.0, shot=None):
        """Waits for the dialog, reads it, chooses what is to be chosen and clicks the button. Returns all that it said."""
        dialog = self.wait_ready(limit)
        said = [dialog.get_name(), *self.texts(dialog)]
        if shot:
            self.settle()
            self.shot(shot)
        for name in choose:
            self.click(self.control(dialog, name))
            wait_until(lambda: self.control(dialog, name).get_state_set().contains(self.atspi.StateType.CHECKED), f"“{name}” is not chosen")  # noqa: B023
        self.click(self.control(dialog, button))
        wait_until(lambda: not self._asks(said[0]), "the dialog does not go", 10.0)
        return said

    def _asks(self, title):
        """Is there a dialog with this title? After an answer there may be the next one at once, in the same window."""
        try:
            dialog = self.dialog()
            return dialog is not None and dialog.get_name() == title
        except Exception:  # noqa: BLE001: it went away while it was looked at
            return False

    # -- end

    def close(self):
        end_processes(lambda: [pid for pid in children_of(os.getpid()) if pid not in self.before])
        for program in self.programs:
            program.poll()
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
