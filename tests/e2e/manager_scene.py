# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the manager look at."""
import os

from postern_e2e import Home, wait_until

EOG, SERVANT = "org.gnome.eog", "org.example.Servant"


class Scene(Home):
    """A home with some permissions, as they come together in a week."""

    def __init__(self, desk, administered=False):
        """administered: by what is written to policy.d in it, from now on."""
        super().__init__(desk=desk)
        if administered:
            directory = self.path("policy.d")
            os.mkdir(directory, 0o755)
            os.chmod(directory, 0o755)
            self.start_broker("--policy-dir=" + directory)
        self.write("Pictures/2026/harbour.jpg", "x")
        self.write("Pictures/2025/evening.jpg", "x")
        self.write("Documents/letter.txt", "x")
        os.makedirs(self.path("Music"), exist_ok=True)
        for app, resource, more in ((EOG, "Pictures", ()), (EOG, "Documents/letter.txt", ("--for", "7d")), ("org.gnome.gedit", "Documents", ("--access", "change")),
                                    ("org.gnome.gedit", "session:org.freedesktop.secrets", ("--access", "talk")),
                                    ("org.gnome.Evince", "Pictures", ()), ("org.gnome.Evince", "Music", ("--answer", "deny")),
                                    ("org.gnome.Evince", "Pictures/2026", ("--access", "change", "--for", "30d"))):
            result = self.postern("grant", app, resource if ":" in resource else self.path(resource), *more)
            if result.returncode != 0:
                raise RuntimeError(f"postern grant {app} {resource}: {result.stderr}")

    def rules(self, app=EOG):
        # one that has none, and was never started, is not known at all
        return {os.path.relpath(rule["resource"], self.home) if rule["resource"].startswith("/") else rule["resource"]: rule
                for rule in self.json("grants") if rule["app"] == app}

    def wait_rules(self, test, what, app=EOG, limit=5.0):
        try:
            wait_until(lambda: test(self.rules(app)), what, limit)
        except TimeoutError:
            raise TimeoutError(f"{what}; the rules are {self.rules(app)}") from None
