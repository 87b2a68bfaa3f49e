# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of 1 and 16 MiB to a service and back: directly, through postern-dbus-proxy, through xdg-dbus-proxy (and a second one,
$PEER_XDG_DBUS_PROXY), through a forwarder that looks at nothing and is the least that any of these can cost, in turns, on one core and on all. Beside the time, what all that take part used of the processor: on one core and
an idle machine that is the same, and else the one that can be compared."""
import os
import shutil
import subprocess
import tempfile

import pst_bench as b

ECHO = "org.postern.Bench.Echo"
SIZES = (("1MiB", 1 << 20, 40), ("16MiB", 16 << 20, 3))


def cpu(pid):
    """Nanoseconds of the processor that this process has had."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
        return int(f.read().split()[0])


class Ways:
    """All of them at one bus. What a connection costs the bus depends on when it was made, by as much as a proxy costs (the one that is made fourth a
    thirtieth less than the first, whichever way it goes): so they are made anew for each round, in another order."""
    def __init__(self, cores, turn=0):
        self.cores, self.turn, self.children, self.addresses, self.pids = cores, turn, [], {}, {}

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="pst-payload-")
        bus, address = b.start_bus(self.dir, self.spawn)
        service = self.spawn([b.tool("tests", "bench", "bench-payload"), "serve", address], stdout=subprocess.PIPE, text=True)
        self.ready(service)
        self.addresses["direct"] = address
        for label, program in (("postern", b.tool("dbus-proxy", "postern-dbus-proxy")), ("forwarder", b.tool("tests", "bench", "bench-forwarder")), ("xdg-dbus-proxy", shutil.which("xdg-dbus-proxy")),
                               ("xdg-dbus-proxy-newer", os.environ.get("PEER_XDG_DBUS_PROXY"))):
            if program is None:
                continue
            path = os.path.join(self.dir, label)
            ours, theirs = os.pipe()
            proxy = self.spawn([program, f"--fd={theirs}", address, path, "--filter", f"--talk={ECHO}"], pass_fds=[theirs])
            os.close(theirs)
            if os.read(ours, 1) != b"x":
                raise RuntimeError(f"{program} did not start")
            self.pids[label] = proxy.pid
            self.addresses[label] = f"unix:path={path}"
        ways = list(self.addresses.items())
        turn = self.turn % len(ways)
        self.addresses = dict(ways[turn:] + ways[:turn])
        self.caller = self.spawn([b.tool("tests", "bench", "bench-payload"), "call", *self.addresses.values()], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True, bufsize=1)
        self.ready(self.caller)
        self.labels = list(self.addresses)
        self.common = [bus.pid, service.pid, self.caller.pid]
        return self

    def spawn(self, command, **more):
        more.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(command, preexec_fn=lambda: os.sched_setaffinity(0, self.cores), **more)
        self.children.append(process)
        return process

    @staticmethod
    def ready(process):
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("bench-payload did not start")

    def echoes(self, label, size, n):
        """Milliseconds each: the time, what all used of the processor, and the proxy of it."""
        proxy = [self.pids[label]] if label in self.pids else []
        before = [cpu(pid) for pid in (*self.common, *proxy)]
        self.caller.stdin.write(f"{self.labels.index(label)} {size} {n}\n")
        seconds = float(self.caller.stdout.readline())
        used = [cpu(pid) - was for pid, was in zip((*self.common, *proxy), before)]
        return seconds / n * 1e3, sum(used) / n / 1e6, (used[-1] if proxy else 0) / n / 1e6

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.kill()
            child.wait()
        shutil.rmtree(self.dir)


def run(quick=False):
    everywhere = os.sched_getaffinity(0)
    rounds = 2 if quick else 12
    for cores, which in (("one core", {max(everywhere)}), ("all cores", everywhere)):
        print(f"# payload, {cores}", flush=True)
        samples = {figure: {} for figure, _, _ in SIZES}
        for r in range(rounds):
            with Ways(which, r) as ways:
                for figure, size, n in SIZES:
                    for label in ways.labels:
                        ways.echoes(label, size, 1)  # its buffers have grown
                    for label in ways.labels:
                        samples[figure].setdefault(label, []).append(ways.echoes(label, size, 1 if quick else n))
        for figure, of_figure in samples.items():
            for k, what in enumerate(("", "_cpu_of_all", "_cpu_of_proxy")):
                of = {label: [sample[k] for sample in of_figure[label]] for label in sorted(of_figure)}
                for label in list(of)[1:] if k == 2 else of:
                    b.report("payload", f"echo_{figure}{what}", label, of[label], "ms", base=None if k == 2 else of["direct"],
                             limit=1 / 0.97 if k == 0 and label == "postern" and not quick else None)
