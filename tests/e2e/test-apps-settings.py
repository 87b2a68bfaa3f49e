# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person changes in a program is kept from one start to the next, in the program's private home; the settings of the host (its dconf) are not
touched, nor read."""
import os
import subprocess
import sys

import screen
from desk import Desk
from postern_e2e import Home, POSTERN, run_tests, wait_idle, wait_until

# program, its id, its window, the key that changes something, and what that is
PROGRAMS = (
    ("gedit", "org.gnome.gedit", "gedit", "F9", "org.gnome.gedit.preferences.ui", "side-panel-visible"),
    ("eog", "org.gnome.eog", "evening", "F9", "org.gnome.eog.ui", "sidebar"),
    ("gnome-calculator", "org.gnome.Calculator", "Calculator", None, "org.gnome.calculator", "button-mode"),
)
DCONF = b"GVariant\0what the host has set"


class Settings(Home):
    def __init__(self, desk, app):
        super().__init__(home_name="anna", desk=desk)
        self.app = app
        self.dconf = self.write(".config/dconf/user", DCONF.decode())
        self.before = self.look()

    def look(self):
        """Of the host's settings all that would tell a change."""
        found = {}
        for folder, _folders, names in os.walk(self.path(".config")):
            for name in names:
                path = os.path.join(folder, name)
                state = os.stat(path)
                found[path] = (state.st_mtime_ns, state.st_size, state.st_ino)
        return found

    def keyfile(self):
        path = self.path(".local/share/postern/homes", self.app, ".config/glib-2.0/settings/keyfile")
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def setting(self, schema, key):
        """As another start of the same application has it."""
        return self.run("gsettings", "get", schema, key, app=self.app).stdout.strip()


def use(tap, desk, home, command, window, keys):
    """Starts the program, presses the keys in its window, and closes it as a person does."""
    before = set(desk.windows())
    log = open(os.path.join(home.root, "said"), "ab")
    child = subprocess.Popen([POSTERN, "run", "--x11=host", *command], env=home.env, cwd=home.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    log.close()
    home.children.append(child)
    desk.wait_window(window)
    wait_idle(lambda: home.application(child.pid))
    desk.settle()
    drawn = desk.look().data
    desk.focus(window)
    desk.key(*keys)
    wait_until(lambda: desk.look().data != drawn, f"{command[0]} does nothing")
    desk.settle()
    desk.shot(command[0])
    desk.key("ctrl+q")
    child.wait(10)
    wait_until(lambda: not set(desk.windows()) - before, f"the window of {command[0]} does not go")


def keep(tap, desk, program, app, window, key, schema, name):
    with Settings(desk, app) as home:
        command = [program]
        if program == "eog":
            screen.paint(hue=0.3).save_jpeg(home.path("Pictures", "evening.jpg"))
            home.postern("apps")
            home.grant(home.path("Pictures"), app=app)
            command.append(home.path("Pictures", "evening.jpg"))
        first = home.setting(schema, name)
        # the calculator's keys name what they choose, the others' change it from what it is
        use(tap, desk, home, command, window, [key or "ctrl+alt+p"])
        second = home.setting(schema, name)
        tap.ok(second not in ("", first) and name in home.keyfile(), f"{program}: what was changed is kept, in its private home", f"{first} {second} {home.keyfile()}")
        use(tap, desk, home, command, window, [key or "ctrl+alt+f"])
        third = home.setting(schema, name)
        wanted = first if key else "'financial'"
        tap.ok(third == wanted, f"{program}: the second start began with it", f"{first} {second} {third}")
        tap.ok(home.look() == home.before and home.read(".config/dconf/user") == DCONF, f"{program}: the host's settings are as they were", home.look())


PICTURES = """
from gi.repository import GLib
print(GLib.get_user_special_dir(GLib.UserDirectory.DIRECTORY_PICTURES), GLib.get_user_special_dir(GLib.UserDirectory.DIRECTORY_DOCUMENTS))
"""


def test_user_dirs(tap, desk):
    """Programs are told where Pictures is, and what they put in that file's place is not followed."""
    with Home(home_name="anna", desk=desk) as home:
        home.write(".config/user-dirs.dirs", 'XDG_PICTURES_DIR="$HOME/Bilder für uns"\n')
        found = home.run("/usr/bin/python3", "-c", PICTURES)
        tap.ok(found.stdout == f'{home.path("Bilder für uns")} {home.path("Documents")}\n', "a program finds Pictures under the name that it has", found.stdout + found.stderr)
        tap.ok(home.n_asked() == 0, "without a question")
        own = home.path(".local/share/postern/homes/escape-test/.config")
        planted = home.sh('rm ~/.config/user-dirs.dirs && ln -s "$HOME/planted" ~/.config/user-dirs.dirs && echo done')
        home.run("true")
        tap.ok(planted.stdout == "done\n" and os.path.islink(os.path.join(own, "user-dirs.dirs")) and not os.path.lexists(home.path("planted")),
               "a link in its place leads nowhere", planted.stdout + planted.stderr)
        os.rename(own, own + ".old")
        os.mkdir(home.path("elsewhere"))
        os.symlink(home.path("elsewhere"), own)
        home.run("true")
        tap.ok(os.listdir(home.path("elsewhere")) == [], "nor one in the place of its directory", os.listdir(home.path("elsewhere")))
        os.unlink(own)
        home.run("true")
        tap.ok("Bil" in home.read(os.path.join(own, "user-dirs.dirs")).decode(), "control: without the link it is written again")


def test_gedit(tap, desk):
    keep(tap, desk, *PROGRAMS[0])


def test_eog(tap, desk):
    keep(tap, desk, *PROGRAMS[1])


def test_calculator(tap, desk):
    keep(tap, desk, *PROGRAMS[2])


if __name__ == "__main__":
    sys.exit(run_tests(globals(), Desk))
