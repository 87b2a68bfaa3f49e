# SPDX-License-Identifier: GPL-3.0-or-later
"""together.py [-t SECONDS] [-s SEED]   two managers, the command line and three applications at the same permissions

Every change is made by whoever is next, at random, while the others are at it; the applications open what they may and what they may not
meanwhile, and a person answers. Every two seconds all of them stop, and then one state must be everywhere: what the broker lists, what each manager
listed after the last Changed that it was told of, what `postern grants` says, and what the applications can do. It must be the state
that the acknowledged changes lead to: on each place that of a change that no other was begun after. At the end it must still be that with a
broker that was started again.
"""
import os
import random
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from control import Control, ControlError  # noqa: E402
from inside import Servant  # noqa: E402
from postern_e2e import Home, ScriptedPerson, become_ordinary_user, wait_until  # noqa: E402

APPS = tuple(f"org.example.Together{n}" for n in ("One", "Two", "Three"))
FILES = tuple(f"Pictures/{n}" for n in "abcd")
ASKED = tuple(f"Downloads/{n}" for n in "xy")
VIEW, CHANGE = 1, 2
ALLOW, DENY = 1, 2
ALWAYS = 3
CONTENTS = ((VIEW, ALLOW), (CHANGE, ALLOW), (VIEW, DENY))  # one rule on a place at a time
GRANTS = 1
STRETCH = 2.0
PATIENCE = 30.0  # for one change, or one opening of a file
QUIET = 5.0  # in which a manager must have heard of everything
REFUSED = ("13", "30")
# What is given, taken and given again while one open is under way has the kernel walk twice, and then say so.
STALE = "116"
# What may be said to whoever comes too late.
LATE = ("There is no such rule any more", "The same things have been changed again since", "This change cannot be taken back any more")


class Wrong(Exception):
    """Something that must not be: what, and where."""


class Record:
    """What was acknowledged, on each place: (application, path)."""

    def __init__(self):
        self.lock = threading.Lock()
        self.made = {}  # place → [(begun, done, content or None, certain)]
        self.contents = {}  # number of a rule → (place, content)

    def start(self, state):
        """From now on: state is what is on every place."""
        with self.lock:
            now = time.monotonic()
            self.made = {place: [(now, now, content, True)] for place, content in state.items()}

    def add(self, place, begun, done, content, certain=True):
        with self.lock:
            self.made.setdefault(place, [(0, 0, None, True)]).append((begun, done, content, certain))

    def learn(self, number, place, content):
        with self.lock:
            known = self.contents.setdefault(number, (place, content))
            if known != (place, content):
                raise Wrong(f"rule {number} was {known} and is {(place, content)}: a number has two meanings")

    def possible(self, place):
        """What may be there now: what no certain change was begun after."""
        changes = self.made.get(place, [(0, 0, None, True)])
        last = max(begun for begun, _, _, certain in changes if certain)
        return {content for _, done, content, _ in changes if done >= last}


def stored(entries):
    """The person's rules that outlive a run, as they are compared: without when they were used last, and whether they are just now."""
    return sorted((e[0], e[1], e[2], bytes(e[3]).rstrip(b"\0").decode(), e[4], e[5], e[6], e[7], e[12], e[14]) for e in entries if e[0] and e[7] == ALWAYS)


def places(rules):
    """Of stored(): place → what it says."""
    found = {}
    for rule in rules:
        place = (rule[1], rule[3])
        if place in found:
            raise Wrong(f"two rules are on {place}")
        found[place] = (rule[5], rule[6])
    return found


class Actor:
    def __init__(self, world, seed):
        self.world, self.random = world, random.Random(seed)
        self.counts = {}

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def any_place(self):
        return self.random.choice(APPS), self.world.home.path(self.random.choice(FILES))

    def work(self, until):
        while time.monotonic() < until:
            self.step()


class Manager(Actor):
    """Knows what it listed when it was told of something, and nothing else."""

    def __init__(self, world, seed):
        super().__init__(world, seed)
        self.control = Control(world.home).watch()
        self.undos = []  # (number, [(place, what was there)])
        self.look()

    def look(self):
        self.entries = self.control.call("ListEntries", "(s)", "")[0]
        for rule in stored(self.entries):
            self.world.record.learn(rule[0], (rule[1], rule[3]), (rule[5], rule[6]))

    def hear(self, until):
        """TRUE if there was something."""
        if not self.control.unasked:  # something may have come before a reply
            try:
                self.control._receive(until)
            except TimeoutError:
                pass
        told = any(member == "Changed" and arguments[0] & GRANTS for member, arguments, _ in self.control.unasked)
        self.control.unasked.clear()
        if told:
            self.count("told")
            self.look()
        return told

    def step(self):
        while self.hear(time.monotonic()):
            pass
        known = stored(self.entries)
        what = self.random.choice(("grant", "change", "change", "remove", "remove", "undo"))
        if what != "grant" and not known:
            what = "grant"
        try:
            getattr(self, what)(known)
            self.count(what)
        except ControlError as error:
            if not str(error).startswith(LATE):
                raise
            self.count("too late")

    def grant(self, known):
        place, content, begun = self.any_place(), self.random.choice(CONTENTS), time.monotonic()
        number, _ = self.control.call("Grant", "(suayuuuux)", place[0], 1, place[1].encode() + b"\0", 0, *content, ALWAYS, 0)
        self.world.record.add(place, begun, time.monotonic(), content)
        self.world.record.learn(number, place, content)

    def change(self, known):
        rule, content, begun = self.random.choice(known), self.random.choice(CONTENTS), time.monotonic()
        place = (rule[1], rule[3])
        number, undo = self.control.call("ChangeGrant", "(tayuuuux)", rule[0], b"", 0, *content, ALWAYS, 0)
        self.world.record.add(place, begun, time.monotonic(), content)
        self.world.record.learn(number, place, content)
        self.undos.append((undo, [(place, (rule[5], rule[6]))]))

    def remove(self, known):
        rules, begun = self.random.sample(known, min(len(known), self.random.choice((1, 1, 1, 3)))), time.monotonic()
        removed, _, undo = self.control.call("RemoveGrants", "(at)", [rule[0] for rule in rules])
        done = time.monotonic()
        for rule in rules:
            if removed:
                self.world.record.add((rule[1], rule[3]), begun, done, None, removed == len(rules))
        if removed == len(rules):
            self.undos.append((undo, [((rule[1], rule[3]), (rule[5], rule[6])) for rule in rules]))

    def undo(self, known):
        if not self.undos:
            return
        number, back = self.undos.pop(self.random.choice((-1, self.random.randrange(len(self.undos)))))
        begun = time.monotonic()
        self.control.call("Undo", "(t)", number)
        for place, content in back:
            self.world.record.add(place, begun, time.monotonic(), content)


class Command(Actor):
    def step(self):
        place, begun = self.any_place(), time.monotonic()
        content = self.random.choice((*CONTENTS, None))
        if content is None:
            self.world.command("revoke", *place)
        else:
            self.world.command("grant", *place, "--access", ("view", "change")[content[0] - 1], "--answer", ("allow", "deny")[content[1] - 1])
        self.world.record.add(place, begun, time.monotonic(), content)
        self.count("revoke" if content is None else "grant")


class Application(Actor):
    def __init__(self, world, seed, app):
        super().__init__(world, seed)
        self.app, self.servant = app, Servant(world.home, app)

    def can(self, what, path, stale=False):
        answer = self.servant.ask(what, path, "more")
        if answer == STALE and stale:
            self.count("walked twice")
            return False
        if not answer.startswith("ok") and answer not in REFUSED:
            raise Wrong(f"{self.app} {what}s {path}: {answer!r}")
        self.count(f"{what} {'given' if answer.startswith('ok') else 'refused'}")
        return answer.startswith("ok")

    def step(self):
        self.can(self.random.choice(("read", "append")), self.world.home.path(self.random.choice((*FILES, *ASKED))), stale=True)


class Together:
    def __init__(self, home, seed):
        self.home = home
        for name in (*FILES, *ASKED):
            home.write(name, "a file\n")
        # what is asked for in one folder is given for good: the person changes the same permissions, too
        self.person = ScriptedPerson(home, lambda question: "allow always" if "Downloads" in str(question) else "deny once")
        self.record = Record()
        self.managers = [Manager(self, f"{seed} manager {n}") for n in (1, 2)]
        self.applications = [Application(self, f"{seed} {app}", app) for app in APPS]
        self.actors = [*self.managers, Command(self, f"{seed} command"), *self.applications]
        self.looker = Control(home)
        self.samples = []
        self.record.start({})

    def command(self, *words):
        result = self.home.postern(*words)
        # what is not there cannot be taken away, and then is not there
        if result.returncode != 0 and "there is no rule of yours" not in result.stderr:
            raise Wrong(f"postern {' '.join(words)}: {result.stderr}")

    def stretch(self, seconds):
        until, failed = time.monotonic() + seconds, []

        def work(actor):
            try:
                actor.work(until)
            except Exception as error:  # noqa: BLE001
                failed.append(error)

        threads = [threading.Thread(target=work, args=(actor,), daemon=True) for actor in self.actors]
        for thread in threads:
            thread.start()
        for actor, thread in zip(self.actors, threads):
            thread.join(max(until + PATIENCE - time.monotonic(), 0.1))
            if thread.is_alive():
                raise Wrong(f"{getattr(actor, 'app', type(actor).__name__)} waits for {PATIENCE} s; the broker says {self.home.log_of_broker()}")
        if failed:
            raise failed[0]

    def broker(self):
        return self.looker.call("GetStatus")[0]["pid"]

    def sample(self):
        pid = self.broker()
        with open(f"/proc/{pid}/status", encoding="ascii") as lines:
            figures = dict(line.split(":", 1) for line in lines)
        try:
            descriptors = len(os.listdir(f"/proc/{pid}/fd"))
        except PermissionError:
            descriptors = int(figures["FDSize"])
        self.samples.append((descriptors, int(figures["VmRSS"].split()[0])))

    def rules(self):
        return stored(self.looker.call("ListEntries", "(s)", "")[0])

    def check(self):
        """Everything is at rest: one state, everywhere. Returns it."""
        self.probe(places(self.rules()))
        rules = self.rules()
        state = places(rules)
        for manager in self.managers:
            until = time.monotonic() + QUIET
            # only what it is told makes it look
            while stored(manager.entries) != rules and time.monotonic() < until:
                manager.hear(until)
            if stored(manager.entries) != rules:
                raise Wrong(f"a manager was not told: it has {stored(manager.entries)}, the broker {rules}")
        self.check_command(rules)
        for app in APPS:
            for name in FILES:
                place = (app, self.home.path(name))
                if state.get(place) not in self.record.possible(place):
                    raise Wrong(f"a change is lost: {place} is {state.get(place)}, and was changed {self.record.made.get(place)}")
        self.record.start(state)
        return rules

    def check_command(self, rules):
        words = {"view": VIEW, "change": CHANGE, "allow": ALLOW, "deny": DENY}
        said = sorted((g["app"], g["resource"], words[g["access"]], words[g["answer"]]) for g in self.home.json("grants") if g["lifetime"] == "always")
        if said != sorted((rule[1], rule[3], rule[5], rule[6]) for rule in rules):
            raise Wrong(f"postern grants says {said}, the broker {rules}")

    def probe(self, state):
        for application in self.applications:
            for name in FILES:
                path = self.home.path(name)
                content = state.get((application.app, path))
                may = (content is not None and content[1] == ALLOW, content == (CHANGE, ALLOW))
                can = (application.can("read", path), application.can("append", path))
                if can != may:
                    raise Wrong(f"{application.app} can {can} and may {may} (read, write) {path}: {content}")

    def restart(self):
        """The broker dies; the next one must have the same, and tell the applications the same."""
        rules, pid = self.rules(), self.broker()
        os.kill(pid, signal.SIGKILL)

        def there():
            try:
                self.looker = Control(self.home)
                return self.broker() != pid
            except (OSError, ControlError):
                return False

        wait_until(there, "there is no other broker")
        wait_until(lambda: len(self.looker.call("ListSandboxes")[0]) == len(APPS), "the applications are not with the new broker")
        if self.rules() != rules:
            raise Wrong(f"after a restart the rules are {self.rules()}, before {rules}")
        self.check_command(rules)
        self.probe(places(rules))

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end or len(self.samples) < 2:
            self.stretch(STRETCH)
            self.check()
            self.sample()

    def counts(self):
        total = {}
        for actor in self.actors:
            for what, n in actor.counts.items():
                key = f"{type(actor).__name__.lower()}: {what}"
                total[key] = total.get(key, 0) + n
        return total

    def end(self):
        for application in self.applications:
            application.servant.end()


def main():
    words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    seconds, seed = float(words.get("-t", 60)), words.get("-s", "1")
    become_ordinary_user()
    bad = []
    with Home() as home:
        world = Together(home, seed)
        try:
            world.run(seconds)
            world.restart()
            world.end()
        except Wrong as error:
            bad.append(str(error))
    first, last = (world.samples[0], world.samples[-1]) if world.samples else ((0, 0), (0, 0))
    print(f"soak\tgrants\tdescriptors {first[0]} to {last[0]}\tRSS {', '.join(str(rss) for _, rss in world.samples)} KiB\t{len(world.samples)} times at rest: "
          + ", ".join(f"{n} {what}" for what, n in sorted(world.counts().items())))
    if last[0] > first[0] + 2:
        bad.append(f"descriptors have grown from {first[0]} to {last[0]}")
    if last[1] > first[1] + 4096:
        bad.append(f"memory has grown by {last[1] - first[1]} KiB")
    for line in bad:
        print("not as wanted: " + line, file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
