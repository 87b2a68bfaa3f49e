# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks share: a Postern of their own, workers, order statistics, one output format.

A `Home` is a fresh $HOME and $XDG_RUNTIME_DIR with its own broker, below the real home directory (so that the
files are on the disk that users have them on, and the paths are as deep as theirs). Nothing outside it is touched, only what was
started here is ended, and it is removed at the end.

Every figure is one tab-separated line, the format of the shared bench: suite, figure, label, median, unit, ratio, p10, p90,
number of samples. A ratio is the median, over the rounds, of this candidate's cost by the first candidate's in the same round.
"""
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("POSTERN_BUILD", os.path.normpath(os.path.join(HERE, "..", "..", "build")))
APP = "org.postern.Bench"


def tool(*parts):
    path = os.path.join(BUILD, *parts)
    if not os.access(path, os.X_OK):
        sys.exit(f"{path} is missing: build first, or name the build directory in POSTERN_BUILD.")
    return path


def postern():
    return tool("sandbox", "postern")


def median(values):
    return statistics.median(values)


def quantile(values, q):
    s = sorted(values)
    position = q * (len(s) - 1)
    low = int(position)
    return s[low] if low + 1 >= len(s) else s[low] + (position - low) * (s[low + 1] - s[low])


failures = []


def report(suite, figure, label, values, unit, base=None, limit=None, limit_p95=None, at_least=None):
    """Prints one figure; a limit that it misses is remembered (see finish)."""
    if not values:
        print(f"{suite}\t{figure}\t{label}\tfailed\t{unit}\t-\t-\t-\t0", flush=True)
        failures.append(f"{suite} {figure} {label}: no sample")
        return
    ratio = median([v / b for v, b in zip(values, base)]) if base else None
    print(f"{suite}\t{figure}\t{label}\t{median(values):.6g}\t{unit}\t{'-' if ratio is None else format(ratio, '.3f')}\t"
          f"{quantile(values, .1):.6g}\t{quantile(values, .9):.6g}\t{len(values)}", flush=True)
    shown = ratio if ratio is not None else median(values)
    if limit is not None and shown > limit:
        failures.append(f"{suite} {figure} {label}: {shown:.4g}, allowed {limit:g}")
    if limit_p95 is not None and quantile(values, .95) > limit_p95:
        failures.append(f"{suite} {figure} {label}: p95 {quantile(values, .95):.4g}, allowed {limit_p95:g}")
    if at_least is not None and shown < at_least:
        failures.append(f"{suite} {figure} {label}: {shown:.4g}, wanted {at_least:g}")


def finish():
    for f in failures:
        print(f"missed: {f}", file=sys.stderr)
    return 1 if failures else 0


def proc_children(pid):
    found = []
    for p in os.listdir("/proc"):
        if p.isdigit():
            try:
                with open(f"/proc/{p}/stat") as f:
                    s = f.read()
            except OSError:
                continue
            if int(s[s.rindex(")") + 2:].split()[1]) == pid:
                found.append((int(p), s[s.index("(") + 1:s.rindex(")")]))
    return found


def proc_fds(pid):
    """Open descriptors; of a process that does not let itself be looked into, the size of its descriptor table (64, 128, …)."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return proc_status(pid, "FDSize")


def proc_status(pid, key):
    """A figure of /proc/PID/status, e.g. VmRSS (KiB)."""
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    raise KeyError(key)


def one_core():
    """This process, and what it starts, on the last core only."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
"""


def start_bus(directory, spawn=subprocess.Popen):
    """A session bus of its own. Returns its process and address."""
    config = os.path.join(directory, "bus.conf")
    with open(config, "w", encoding="ascii") as f:
        f.write(BUS_CONFIG.format(path=os.path.join(directory, "bus")))
    bus = spawn(["dbus-daemon", "--config-file", config, "--nofork", "--print-address=1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    return bus, bus.stdout.readline().decode().strip()


class Worker:
    """A bench-worker; `prefix` is what runs it."""

    def __init__(self, prefix, program, env=None, log=None):
        self.process = subprocess.Popen([*prefix, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                        env=env, text=True, bufsize=1)
        self.pid = self.process.pid
        if self.read() != "ready":
            raise RuntimeError(f"{' '.join(prefix)} {program} did not start: {self.process.poll()}")

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the worker has ended, status {self.process.wait()}")
        line = line.rstrip("\n")
        if line.startswith("!"):
            raise RuntimeError(line[2:])
        return line

    def send(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")

    def ask(self, *words):
        self.send(*words)
        return self.read()

    def passes(self, figure, directory, n):
        return float(self.ask("pass", figure, directory, n))

    def fusefs(self):
        for pid, name in proc_children(self.pid):
            if name.startswith("postern-fusefs"[:15]):
                return pid
        raise RuntimeError("no postern-fusefs below the supervisor")

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("the worker did not end")
        finally:
            self.process.stdout.close()


class Home:
    def __init__(self, display=None):
        self.top = tempfile.mkdtemp(prefix="pst-bench-", dir=os.environ.get("BENCH_DIR", os.path.expanduser("~")))
        self.home = os.path.join(self.top, "home")
        self.run = os.path.join(self.top, "run")
        os.mkdir(self.home, 0o755)
        os.mkdir(self.run, 0o700)
        keep = ("PATH", "LANG", "LC_ALL", "USER", "LOGNAME", "TMPDIR")
        self.env = {k: v for k, v in os.environ.items() if k in keep}
        self.env.update(HOME=self.home, XDG_RUNTIME_DIR=self.run)
        if display:
            self.env["DISPLAY"] = display
        self.workers, self.others = [], []
        self.log = open(os.path.join(self.top, "log"), "ab")
        # the granted directory, with the worker's program: a sandbox shows nothing of the build tree
        self.tree = os.path.join(self.home, "Bench")
        os.mkdir(self.tree)
        self.program = shutil.copy(tool("tests", "bench", "bench-worker"), self.tree)
        self.broker = self.spawn([tool("broker", "postern-broker")])
        self.until(lambda: os.path.exists(os.path.join(self.run, "postern", "broker")), "the broker's socket")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for w in self.workers:
            if w.process.poll() is None:
                w.process.kill()
                w.process.wait()
        for p in reversed(self.others):
            if p.poll() is None:
                p.terminate()
                try:
                    p.wait(5)
                except subprocess.TimeoutExpired:
                    p.kill()
                    p.wait()
        self.log.close()
        if kind is not None:
            with open(os.path.join(self.top, "log"), "rb") as f:
                sys.stderr.buffer.write(f.read()[-4000:])
        shutil.rmtree(self.top, ignore_errors=True)

    def spawn(self, command, **more):
        p = subprocess.Popen(command, env=self.env, stdin=more.pop("stdin", subprocess.DEVNULL),
                             stdout=more.pop("stdout", self.log), stderr=self.log, **more)
        self.others.append(p)
        return p

    @staticmethod
    def until(condition, what, seconds=10):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError(f"{what}: not within {seconds} s")
            time.sleep(0.01)

    def cli(self, *words):
        r = subprocess.run([postern(), *words], env=self.env, text=True, capture_output=True)
        if r.returncode != 0:
            raise RuntimeError(f"postern {' '.join(words)}: {r.stderr.strip()}")
        return r.stdout

    def grant(self, path, access="change", app=APP):
        self.cli("grant", app, path, "--access", access)

    def native(self):
        w = Worker([], self.program, self.env, self.log)
        self.workers.append(w)
        return w

    def sandboxed(self, profile=None, app=APP):
        words = [postern(), "run", "--app", app]
        if profile:
            words += ["--profile", profile]
        w = Worker([*words, "--"], self.program, self.env, self.log)
        self.workers.append(w)
        return w

    def strict_profile(self):
        path = os.path.join(self.top, "strict.profile")
        with open(path, "w") as f:
            f.write("[Application]\nStrict=true\n")
        return path

    def signal_broker(self, number):
        os.kill(self.broker.pid, number)

    def stop_broker(self):
        self.signal_broker(signal.SIGSTOP)

    def continue_broker(self):
        self.signal_broker(signal.SIGCONT)


class Agent:
    """bench-client as the agent of `home`'s display."""

    def __init__(self, home):
        self.process = home.spawn([tool("tests", "bench", "bench-client"), "agent", home.env["DISPLAY"]], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True, bufsize=1)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("the agent did not start")

    def expect(self, event, question=None):
        """The next event of that name: (question, time)."""
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError("the agent has ended")
            words = line.split()
            if words[0] == event and question in (None, words[1]):
                return words[1], float(words[2])

    def answer(self, question, answer, lifetime):
        self.process.stdin.write(f"answer {question} {answer} {lifetime}\n")

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def stop_broker_of(run):
    """Ends the broker that was started on demand for the run directory `run`, if there is one."""
    mark = f"XDG_RUNTIME_DIR={run}".encode()
    for p in os.listdir("/proc"):
        if not p.isdigit():
            continue
        try:
            with open(f"/proc/{p}/comm") as f:
                name = f.read().strip()
            with open(f"/proc/{p}/environ", "rb") as f:
                ours = mark in f.read().split(b"\0")
        except OSError:
            continue
        if ours and name == "postern-broker":
            os.kill(int(p), signal.SIGTERM)
