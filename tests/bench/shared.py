# SPDX-License-Identifier: GPL-3.0-or-later
"""Postern as a candidate of the shared bench ($BENCH_SHARED): launch, mem, prompt, and fs on one core, on disk and on tmpfs.

The shared scripts make their own work directory with $XDG_RUNTIME_DIR in it. So that the broker is running before anything is
measured, as on a desktop, this waits for that directory and starts one there.
"""
import glob
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time

import pst_bench as b

# as run-peers.sh has them
FS_CORE = "-r 5 -R 3 -t open,stat,readdir,ls,create,seq_write_nosync,seq_read_back,seq_read_warm,rand_read_4k_back,tar,git"
FS_TMPFS = "-r 7 -R 5 -s 256 -t create,seq_write_nosync,tar,rm_rf,git"
FS_QUICK = "-r 1 -R 1 -n 500 -c 300 -s 64 -x 1 -T /usr/include/linux"


def shared(name):
    directory = os.environ.get("BENCH_SHARED")
    if not directory:
        sys.exit("Name the directory of the shared bench in BENCH_SHARED.")
    path = os.path.join(directory, name)
    if not os.access(path, os.X_OK):
        sys.exit(f"{path} is missing: BENCH_SHARED does not name the shared bench.")
    return path


class Scene:
    """A scratch TMPDIR and HOME for one shared script; a broker comes up in the run directory that it makes."""

    def __init__(self, tmp=None):
        self.top = tempfile.mkdtemp(prefix="pst-shared-", dir=tmp or os.environ.get("BENCH_DIR", os.path.expanduser("~")))
        self.home = os.path.join(self.top, "home")
        self.tmp = os.path.join(self.top, "tmp")
        os.mkdir(self.home)
        os.mkdir(self.tmp)
        self.env = dict(os.environ, HOME=self.home, TMPDIR=self.tmp)
        self.brokers = {}
        self.command, self.broker_env, self.owner = [], {}, os.geteuid()

    def watch(self):
        for run in glob.glob(os.path.join(self.tmp, "*", "run")):
            if run not in self.brokers and os.stat(run).st_uid == self.owner and os.stat(run).st_mode & 0o777 == 0o700:
                self.brokers[run] = subprocess.Popen([*self.command, b.tool("broker", "postern-broker")], stdin=subprocess.DEVNULL,
                                                     stdout=subprocess.DEVNULL, env={**self.env, "XDG_RUNTIME_DIR": run, **self.broker_env})

    def run(self, script, words, with_broker=True):
        p = subprocess.Popen([script, *words], env=self.env, stdout=subprocess.PIPE, text=True)
        while with_broker and not self.brokers and p.poll() is None:
            self.watch()
            time.sleep(0.005)
        out, _ = p.communicate()
        for broker in self.brokers.values():
            broker.terminate()
            broker.wait()
        self.brokers = {}
        print(out, end="", flush=True)
        if p.returncode != 0:
            b.failures.append(f"{os.path.basename(script)} ended with status {p.returncode}")
        rows = [line.split("\t") for line in out.splitlines()]
        return {(r[1], r[2]): r for r in rows if len(r) == 9}

    def start_bus(self):
        """A session bus of its own, for what is started with the buses. Ends by terminate()."""
        bus, self.env["DBUS_SESSION_BUS_ADDRESS"] = b.start_bus(self.top)
        return bus

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)


def limit(rows, figure, ours, value, factor=1.0, against=None):
    """rows[figure, ours] may be at most `value`, or `factor` times `against`."""
    if (figure, ours) not in rows:
        b.failures.append(f"{figure}: no figure for {ours}")
        return
    got = float(rows[figure, ours][3])
    most = value if against is None else factor * float(rows[figure, against][3])
    if not got <= most:
        b.failures.append(f"{figure}: {ours} {got:g}, allowed {most:g}")


def launch(quick=False):
    scene = Scene()
    try:
        bus = scene.start_bus()
        rows = scene.run(shared("launch.sh"), ["-n", "5" if quick else "40", f"postern={b.postern()} run --no-bus --",
                                               f"postern-bus={b.postern()} run --bus --"])
        for figure in ("start", "cpu"):
            limit(rows, figure, "postern", None, 1.2, "bwrap-realistic")
        limit(rows, "start", "postern-bus", None, 0.8, "bwrap-realistic+proxy")
        bus.terminate()
        bus.wait()
    finally:
        scene.close()


def dbus(quick=False):
    """The message bus proxy by itself beside xdg-dbus-proxy, and beside the one in $PEER_XDG_DBUS_PROXY: on one core, and on all."""
    newer = os.environ.get("PEER_XDG_DBUS_PROXY")
    more = [f"xdg-dbus-proxy-newer={newer} @bus @sock --filter --talk=org.bench.Echo"] if newer else []
    for cores, words in (("one core", {"BENCH_CPUS": str(max(os.sched_getaffinity(0)))}), ("all cores", {})):
        scene = Scene()
        try:
            scene.env.update(words)
            print(f"# dbus, {cores}", flush=True)
            rows = scene.run(shared("dbus.sh"), [*(("-r", "1", "-n", "5") if quick else ("-r", "5", "-n", "20")),
                                                 f"postern={b.tool('dbus-proxy', 'postern-dbus-proxy')} @bus @sock --filter --talk=org.bench.Echo", *more],
                             with_broker=False)
            compare_proxies(rows, cores, 0.5 if words else 0.8)
        finally:
            scene.close()


def compare_proxies(rows, cores, share):
    """share: of xdg-dbus-proxy's extra time a call that ours may add."""
    def median_of(figure, label):
        return float(rows[figure, label][3])

    for figure in ("call_getid", "call_echo"):
        direct, peer, ours = (median_of(figure, label) for label in ("direct", "xdg-dbus-proxy", "postern"))
        print(f"# {cores}: {figure}: {ours - direct:.3g} us more than direct, xdg-dbus-proxy {peer - direct:.3g}")
        if ours - direct > share * (peer - direct):
            b.failures.append(f"dbus, {cores}: {figure} adds {ours - direct:.3g} us, allowed {share * (peer - direct):.3g}")
    if cores == "one core":
        for figure in ("call_getid_mediator_cpu", "call_echo_mediator_cpu"):
            limit(rows, figure, "postern", None, 0.5, "xdg-dbus-proxy")
    for figure, least in (("pipelined", 0.85), ("signals_bursts_of_500", 0.85), ("signals_bursts_of_20000", 0.85), ("payload_1MiB", 0.97)):
        cost = float(rows[figure, "postern"][5])
        print(f"# {cores}: {figure}: {1 / cost:.3g} of direct")
        if 1 / cost < least:
            b.failures.append(f"dbus, {cores}: {figure} {1 / cost:.3g} of direct, wanted {least}")
    limit(rows, "start_to_first_reply", "postern", None, 0.6, "xdg-dbus-proxy")
    limit(rows, "mediator_rss_peak", "postern", 5)


def mem(quick=False):
    """As root alone: init and the gate cannot be looked into by their own user."""
    if os.geteuid() != 0:
        print("mem: left out: only root may read the memory of init and the gate", file=sys.stderr)
        return
    user = pwd.getpwnam(os.environ["BENCH_USER"])
    scene = Scene(user.pw_dir)
    try:
        os.chmod(scene.top, 0o755)
        os.chmod(scene.tmp, 0o755)
        os.chown(scene.home, user.pw_uid, user.pw_gid)
        scene.command = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups"]
        scene.broker_env = dict(HOME=user.pw_dir, XDG_DATA_HOME=scene.home)
        scene.owner = user.pw_uid
        rows = scene.run(shared("mem.sh"), [f"postern={b.postern()} run --no-bus --"])
        sums = [r for (figure, label), r in rows.items() if label == "postern" and figure.startswith("sum of")]
        if len(sums) != 1 or int(sums[0][8]) != 3 or not float(sums[0][6]) <= 3.5:
            b.failures.append(f"mem: PSS of three processes {sums[0][6] if sums else 'missing'}, allowed 3.5 MiB")
    finally:
        scene.close()


def fs(quick=False):
    for place, tmp, words in (("disk", None, FS_CORE), ("tmpfs", "/dev/shm", FS_TMPFS)):
        scene = Scene(tmp)
        try:
            scene.env["BENCH_CPUS"] = str(max(os.sched_getaffinity(0)))
            words = (FS_QUICK + " -t stat,open,create" if quick else words).split()
            print(f"# fs on {place}, everything on one core", flush=True)
            rows = scene.run(shared("fs.sh"), [*words, f"postern-strict={b.tool('fusefs', 'fusefs-standalone')} @src @mnt"], with_broker=False)
            compare(rows, place)
        finally:
            scene.close()


RATES = ("MiB/s", "IOPS")


def cost(row):
    value = float(row[3])
    return 1 / value if row[4] in RATES else value


def compare(rows, place):
    """Every row faster than the document portal and bindfs on libfuse 3, half of them faster than passthrough_hp."""
    figures = [f for (f, label) in rows if label == "postern-strict" and not f.startswith("server_")]
    for peer, share in (("document-portal", 1), ("bindfs-fuse3", 1), ("passthrough_hp", 0.5)):
        if not any(label == peer for _, label in rows):
            print(f"fs on {place}: {peer} was not there to compare with", file=sys.stderr)
            continue
        slower = [f for f in figures if not cost(rows[f, "postern-strict"]) < cost(rows[f, peer])]
        won = len(figures) - len(slower)
        print(f"# {place}: faster than {peer} in {won} of {len(figures)} rows" + (f"; not in {', '.join(slower)}" if slower else ""))
        if won < share * len(figures):
            b.failures.append(f"fs on {place}: faster than {peer} in {won} of {len(figures)} rows only")


SETUP = """#!/bin/sh
# started by bench-trigger on the display of the moment
cd '{top}' || exit 1
export HOME='{home}'
'{postern}' run --app {app} -- '{program}' <>fifo >answers 2>log &
echo $! >pid
n=0
while ! grep -q ready answers; do
	n=$((n + 1)); [ $n -lt 500 ] || exit 1
	sleep 0.02
done
touch ready
"""


class PromptScene(Scene):
    """A sandbox that bench-trigger can make ask; it starts with the first trigger, on that display and in that run directory."""

    def __init__(self):
        super().__init__()
        tree = os.path.join(self.home, "Bench")
        pictures = os.path.join(self.home, "Pictures")
        os.mkdir(tree)
        os.mkdir(pictures)
        for i in range(64):
            open(os.path.join(pictures, f"p{i}"), "w").close()
        program = shutil.copy(b.tool("tests", "bench", "bench-worker"), tree)
        os.mkfifo(os.path.join(self.top, "fifo"))
        setup = os.path.join(self.top, "setup")
        with open(setup, "w") as f:
            f.write(SETUP.format(top=self.top, home=self.home, postern=b.postern(), app=b.APP, program=program))
        os.chmod(setup, 0o755)
        # one grant, so that the worker's own program may be run
        first = os.path.join(self.top, "first-run")
        os.mkdir(first, 0o700)
        subprocess.run([b.postern(), "grant", b.APP, tree, "--access", "change"], check=True, capture_output=True,
                       env=dict(self.env, XDG_RUNTIME_DIR=first))
        b.stop_broker_of(first)
        self.trigger = f"postern={b.tool('tests', 'bench', 'bench-trigger')} {self.top} {pictures}/p"

    def close(self):
        try:
            with open(os.path.join(self.top, "pid")) as f:
                os.kill(int(f.read()), 15)
        except (OSError, ValueError):
            pass
        super().close()


def prompt(quick=False):
    """The way from an open in a running sandbox to the dialog on the screen, the agent resident."""
    scene = PromptScene()
    try:
        rows = scene.run(shared("prompt.sh"), ["-n", "5" if quick else "40", scene.trigger])
        limit(rows, "request_to_drawn", "postern", 25)
    finally:
        scene.close()
    prompt_tail(5 if quick else 60)


def prompt_tail(rounds):
    """The same, one sample at a time: promptbench tells p90 at most, and the limit is one for p95."""
    scene = PromptScene()
    children = []
    try:
        run = os.path.join(scene.tmp, "x", "run")
        os.makedirs(run, 0o700)
        bench = os.path.join(scene.top, "promptbench")
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "dbus-1", "x11", "xdamage"], check=True, text=True,
                               capture_output=True).stdout.split()
        subprocess.run(["gcc", "-O2", os.path.join(os.path.dirname(shared("prompt.sh")), "promptbench.c"), "-o", bench, *flags], check=True)
        r, w = os.pipe()
        children.append(subprocess.Popen(["Xvfb", "-displayfd", str(w), "-screen", "0", "1280x800x24", "-nolisten", "tcp"], pass_fds=[w],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        os.close(w)
        with os.fdopen(r) as f:
            display = ":" + f.readline().strip()
        scene.watch()
        env = dict(scene.env, XDG_RUNTIME_DIR=run, DISPLAY=display, GTK_THEME="Adwaita", GDK_BACKEND="x11")
        env.pop("DBUS_SESSION_BUS_ADDRESS", None)
        drawn = []
        for _ in range(rounds):
            out = subprocess.run([bench, "-n", "1", scene.trigger], env=env, text=True, capture_output=True, check=True).stdout
            drawn += [float(line.split("\t")[3]) for line in out.splitlines() if line.startswith("prompt\trequest_to_drawn")]
        b.report("prompt", "request_to_drawn", "postern, one by one", drawn, "ms", limit=25, limit_p95=50)
        print(f"# p95 of these: {b.quantile(drawn, .95):.3g} ms")
    finally:
        for broker in scene.brokers.values():
            broker.terminate()
            broker.wait()
        for c in children:
            c.terminate()
            c.wait()
        scene.close()
