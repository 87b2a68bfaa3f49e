# SPDX-License-Identifier: GPL-3.0-or-later
"""eog in a sandbox, on a desk: what the demonstration and the tests of the main job do with it."""
import os
import signal
import subprocess

import screen
from postern_e2e import Home, POSTERN, wait_until

APP = "org.gnome.eog"
PICTURES = {"evening.jpg": 0.15, "harbour.jpg": 0.9, "island.jpg": 0.5}


class Album(Home):
    """A home with three pictures, on a desk."""

    def __init__(self, desk):
        super().__init__(home_name="anna", desk=desk)
        self.pictures = {}
        for name, hue in PICTURES.items():
            self.pictures[name] = screen.paint(hue=hue)
            self.pictures[name].save_jpeg(self.path("Pictures", name))
        self.write(".config/user-dirs.dirs", 'XDG_PICTURES_DIR="$HOME/Pictures"\nXDG_DOCUMENTS_DIR="$HOME/Documents"\nXDG_DOWNLOAD_DIR="$HOME/Downloads"\n')

    def start_viewer(self, name="evening.jpg"):
        path = os.path.join(self.home, "Pictures", name)
        log = open(os.path.join(self.root, "eog.log"), "ab")
        viewer = subprocess.Popen([POSTERN, "run", "--x11=host", "eog", path], env=self.env, cwd=self.home, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.children.append(viewer)
        return viewer

    def stop_viewer(self, viewer):
        viewer.send_signal(signal.SIGTERM)
        viewer.wait(10)
        wait_until(lambda: not [name for name in self.desk.windows() if ".jpg" in name or "Image Viewer" in name], "the viewer's window does not go")

    def wait_shown(self, name, limit=20.0):
        """Until the picture is on the screen. Returns "" or why it is not."""
        why = [""]

        def shown():
            why[0] = screen.shows(self.desk.look(), self.pictures[name])
            return not why[0]

        try:
            wait_until(shown, "", limit)
        except TimeoutError:
            pass
        return why[0]

    def inside(self, script, *arguments):
        """A shell with the viewer's identity, that is: with its rights."""
        return self.sh(script, *arguments, app=APP)
