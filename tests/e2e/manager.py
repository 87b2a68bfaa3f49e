# SPDX-License-Identifier: GPL-3.0-or-later
"""A person at the manager's window: reads it through AT-SPI, and clicks where things are, with a real pointer."""
import os
import subprocess
import tempfile

from harness import BUILD, wait_until

PROGRAM = os.path.join(BUILD, "prompt-ui", "postern-settings")


class Manager:
    def __init__(self, home, desk, *arguments, env=None):
        self.home, self.desk, self.atspi = home, desk, desk.atspi
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([PROGRAM, "--new-window", *arguments], env={**os.environ, **home.env, **(env or {})}, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=self.errors, cwd="/")
        self.application = wait_until(self._application, "the manager does not come up on the accessibility bus")

    def _application(self):
        desktop = self.atspi.get_desktop(0)
        for i in range(desktop.get_child_count()):
            try:
                node = desktop.get_child_at_index(i)
                if node is not None and node.get_process_id() == self.process.pid and node.get_child_count() > 0:
                    return node
            except Exception:  # noqa: BLE001: it went away while it was looked at
                continue
        return None

    # -- reading

    def nodes(self):
        """All that is on the screen, from the top."""
        found = []

        def collect(node, depth):
            try:
                states = node.get_state_set()
                if not states.contains(self.atspi.StateType.VISIBLE) and depth > 1:
                    return
                found.append(node)
                if node.get_role() == self.atspi.Role.TABLE_CELL and node.get_child_count() == 0:
                    return
                for i in range(min(node.get_child_count(), 400)):
                    child = node.get_child_at_index(i)
                    if child is not None:
                        collect(child, depth + 1)
            except Exception:  # noqa: BLE001
                return

        collect(self.application, 0)
        return [node for node in found if self._showing(node)]

    def _showing(self, node):
        try:
            states = node.get_state_set()
            if not states.contains(self.atspi.StateType.SHOWING) or not states.contains(self.atspi.StateType.VISIBLE):
                return False
            component = node.get_component_iface()
            # what is gone says so by having no place
            return component is None or component.get_extents(self.atspi.CoordType.SCREEN).width > 0
        except Exception:  # noqa: BLE001
            return False

    def find(self, name, role=None, exact=True):
        for node in self.nodes():
            try:
                own = node.get_name() or ""
                if (own == name if exact else name in own) and (role is None or node.get_role() == role):
                    return node
            except Exception:  # noqa: BLE001
                continue
        return None

    def wait(self, name, role=None, exact=True, limit=15.0):
        try:
            return wait_until(lambda: self.find(name, role, exact), "", limit)
        except TimeoutError:
            raise TimeoutError(f"the window has no {name!r}; it says {self.names()}") from None

    def wait_gone(self, name, role=None, exact=True, limit=15.0):
        wait_until(lambda: self.find(name, role, exact) is None, f"the window still says {name!r}", limit)

    def names(self):
        found = []
        for node in self.nodes():
            try:
                found.append(node.get_name() or "")
            except Exception:  # noqa: BLE001: it went away while it was looked at
                continue
        return [name for name in found if name]

    def nameless(self):
        """The roles of what can be operated and has no name."""
        roles = self.atspi.Role
        operable = (roles.PUSH_BUTTON, roles.TOGGLE_BUTTON, roles.RADIO_BUTTON, roles.CHECK_BOX, roles.COMBO_BOX, roles.MENU_ITEM, roles.ENTRY, roles.TEXT,
                    roles.LIST_BOX, roles.LIST, roles.LIST_ITEM, roles.TREE_TABLE, roles.TABLE, roles.TOGGLE_BUTTON, roles.SPIN_BUTTON, roles.CALENDAR)
        found = []
        for node in self.nodes():
            labelled = any(relation.get_relation_type() == self.atspi.RelationType.LABELLED_BY for relation in node.get_relation_set())
            if node.get_role() in operable and not (node.get_name() or "").strip() and not labelled:
                found.append(f"{node.get_role_name()} in {(node.get_parent().get_name() or node.get_parent().get_role_name())!r}")
        return found

    # -- doing

    def click(self, name, role=None, exact=True, limit=15.0):
        node = self.wait(name, role, exact, limit)
        self.desk.settle(limit=2.0, quiet=0.1)
        self.desk.click(node)
        return node

    def button(self, name, exact=True):
        return self.click(name, self.atspi.Role.PUSH_BUTTON, exact)

    def choose(self, button, item, exact=True):
        """From the menu of a button."""
        self.button(button, exact)
        for role in (self.atspi.Role.RADIO_MENU_ITEM, self.atspi.Role.MENU_ITEM):
            node = None
            try:
                node = self.wait(item, role, limit=3.0)
            except Exception:  # noqa: BLE001: then the other kind
                continue
            self.desk.settle(limit=1.0, quiet=0.1)
            self.desk.click(node)
            return
        raise LookupError(f"the menu of {button!r} has no {item!r}; the window says {self.names()}")

    def menu(self, item):
        """From the window's menu."""
        self.click("Menu", self.atspi.Role.TOGGLE_BUTTON)
        self.click(item)

    def turn_to(self, view):
        """Applications, Resources, History."""
        self.click(view, self.atspi.Role.RADIO_BUTTON)

    def select(self, title):
        """In the list at the side: by the first line of its text."""
        roles = (self.atspi.Role.TABLE_CELL, self.atspi.Role.TABLE_ROW)

        def there():
            for node in self.nodes():
                if node.get_role() in roles and (node.get_name() or "").split("\n")[0] == title:
                    return node
            return None

        self.desk.click(wait_until(there, f"the list has no {title!r}"))

    def choose_path(self, path, accept):
        """In the file dialog that has just come up: types the path."""
        self.wait(accept, self.atspi.Role.PUSH_BUTTON)
        self.desk.settle(limit=2.0)
        self.desk.key("ctrl+l")
        self.desk.settle(limit=1.0, quiet=0.15)
        self.desk.key("ctrl+a")
        self.desk.type(path)
        self.desk.settle(limit=1.5)
        self.button(accept)

    def rest(self):
        """The pointer goes where nothing comes up below it."""
        self.desk._x("mousemove", "--sync", 3, 3)
        self.desk.settle()

    def key(self, *keys):
        self.desk.key(*keys)

    # -- end

    def said_wrong(self):
        """What it complained of on standard error."""
        self.errors.seek(0)
        return [line for line in self.errors.read().decode("utf-8", "replace").splitlines() if "CRITICAL" in line or "WARNING" in line and "postern" in line]

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print("# the manager's window: " + self.desk.shot("manager-failed"), flush=True)
        self.close()

