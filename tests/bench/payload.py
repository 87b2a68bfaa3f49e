# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of 1 and 16 MiB to a service and back: directly, through postern-dbus-proxy, through xdg-dbus-proxy (and a second one,
$PEER_XDG_DBUS_PROXY), in turns, on one core and on all."""
import os
import shutil
import subprocess
import tempfile

import pst_bench as b
import shared

ECHO = "org.postern.Bench.Echo"
SIZES = (("1MiB", 1 << 20, 40), ("16MiB", 16 << 20, 3))


def cpu(pid):
    """Nanoseconds of the processor that this process has had."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
        return int(f.read().split()[0])


class Ways:
    def __init__(self, cores):
        self.cores, self.children, self.callers, self.pids = cores, [], {}, {}

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="pst-payload-")
        config = os.path.join(self.dir, "bus.conf")
        with open(config, "w", encoding="ascii") as f:
            f.write(shared.BUS_CONFIG.format(path=os.path.join(self.dir, "bus")))
        bus = self.spawn("dbus-daemon", "--config-file", config, "--nofork", "--print-address=1", stdout=subprocess.PIPE)
        address = bus.stdout.readline().strip()
        self.ready(self.spawn(b.tool("tests", "bench", "bench-payload"), "serve", address, stdout=subprocess.PIPE))
        self.call("direct", address)
        for label, program in (("postern", b.tool("dbus-proxy", "postern-dbus-proxy")), ("xdg-dbus-proxy", shutil.which("xdg-dbus-proxy")),
                               ("xdg-dbus-proxy-newer", os.environ.get("PEER_XDG_DBUS_PROXY"))):
            if program is None:
                continue
            path = os.path.join(self.dir, label)
            ours, theirs = os.pipe()
            proxy = self.spawn(program, f"--fd={theirs}", address, path, "--filter", f"--talk={ECHO}", pass_fds=[theirs])
            os.close(theirs)
            if os.read(ours, 1) != b"x":
                raise RuntimeError(f"{program} did not start")
            self.pids[label] = proxy.pid
            self.call(label, f"unix:path={path}")
        return self

    def spawn(self, *command, **more):
        more.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(command, text=True, preexec_fn=lambda: os.sched_setaffinity(0, self.cores), **more)
        self.children.append(process)
        return process

    @staticmethod
    def ready(process):
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("bench-payload did not start")

    def call(self, label, address):
        self.callers[label] = self.spawn(b.tool("tests", "bench", "bench-payload"), "call", address, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, bufsize=1)
        self.ready(self.callers[label])

    def echoes(self, label, size, n):
        """Seconds, and the proxy's nanoseconds."""
        before = cpu(self.pids[label]) if label in self.pids else 0
        caller = self.callers[label]
        caller.stdin.write(f"{size} {n}\n")
        seconds = float(caller.stdout.readline())
        return seconds, (cpu(self.pids[label]) if label in self.pids else 0) - before

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.kill()
            child.wait()
        shutil.rmtree(self.dir)


def run(quick=False):
    everywhere = os.sched_getaffinity(0)
    rounds = 2 if quick else 9
    for cores, which in (("one core", {max(everywhere)}), ("all cores", everywhere)):
        print(f"# payload, {cores}", flush=True)
        with Ways(which) as ways:
            for figure, size, n in SIZES:
                n = 1 if quick else n
                labels = list(ways.callers)
                seconds, used = ({label: [] for label in labels} for _ in range(2))
                for r in range(-1, rounds):  # the first warms up
                    for k in range(len(labels)):
                        label = labels[(k + r) % len(labels)]
                        s, ns = ways.echoes(label, size, n)
                        if r >= 0:
                            seconds[label].append(s / n * 1e3)
                            used[label].append(ns / n / 1e6)
                for label in labels:
                    limit = None if quick or label != "postern" else 1 / 0.97
                    b.report("payload", f"echo_{figure}", label, seconds[label], "ms", base=seconds["direct"], limit=limit)
                for label in labels[1:]:
                    b.report("payload", f"echo_{figure}_proxy_cpu", label, used[label], "ms")
