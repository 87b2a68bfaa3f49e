# SPDX-License-Identifier: GPL-3.0-or-later
"""What the escape tests have in common: a private host, victims on it, and results as TAP.

A Host is a home directory and a runtime directory of its own with a broker in it; the person's own Postern is never touched.
A test makes one, plants a secret, grants what it needs with `postern grant`, runs a payload with `postern run`, and looks whether the secret got out.
Every test has controls beside its attacks: a control that fails means that the attack's failure proves nothing.
"""

import contextlib
import ctypes
import json
import os
import pwd
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("POSTERN_BUILD") or os.path.join(HERE, "..", "..", "build")
BUILD = os.path.abspath(BUILD)
PAYLOADS = os.path.join(BUILD, "tests", "escape")
POSTERN = os.path.join(BUILD, "sandbox", "postern")
BROKER = os.path.join(BUILD, "broker", "postern-broker")
APP = "escape-test"
DISPLAY = f":{50000 + os.getpid() % 9999}"  # never a real one, lest somebody clicks there: the scripted agent registers for it
LIMIT = 20.0
SANITIZED = os.environ.get("POSTERN_SANITIZE", "none") != "none"
reports = []  # what the sanitizers say of a host's programs: the host, and when that is gone the text

libc = ctypes.CDLL(None, use_errno=True)


# ---------------------------------------------------------------- results


class Tap:
    """Test Anything Protocol, as meson reads it."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, passed, what, detail=""):
        self.count += 1
        if not passed:
            self.failed += 1
        print(f"{'ok' if passed else 'not ok'} {self.count} - {what}", flush=True)
        if detail and not passed:
            for line in str(detail).splitlines()[:60]:
                self.note(line)
        return passed

    def todo(self, passed, what, why, detail=""):
        """Known not to hold, and written down in SECURITY.md: shown as an expected failure."""
        self.count += 1
        print(f"{'ok' if passed else 'not ok'} {self.count} - {what} # TODO {why}", flush=True)
        if detail and not passed:
            for line in str(detail).splitlines()[:20]:
                self.note(line)

    def skip(self, what, why):
        self.count += 1
        print(f"ok {self.count} - {what} # SKIP {why}", flush=True)

    def note(self, text):
        for line in str(text).splitlines():
            print("# " + line.encode("utf-8", "backslashreplace").decode().replace("\x1b", "\\e"), flush=True)

    def done(self):
        if SANITIZED:
            said = "".join(read_reports())
            self.ok(not said, "the sanitizers have nothing to report of Postern's programs", said)
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)


def read_reports():
    """What the sanitizers have said so far, a text for each host. See common/pst-sanitized.c."""
    return [report if isinstance(report, str) else report.reports() for report in reports]


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def become_ordinary_user():
    """Postern refuses to run as root, and as root the controls would prove nothing."""
    if os.geteuid() != 0:
        return
    name = os.environ.get("POSTERN_TEST_USER")
    if not name:
        skip_all("run as an ordinary user (or set POSTERN_TEST_USER)")
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ.update(HOME=user.pw_dir, USER=name, LOGNAME=name)
    os.chdir("/")
    # once more from the start: the interpreter that root uses may be one that the user cannot read
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])


def wait_until(condition, what, limit=LIMIT):
    """For the few things that give no event; the pause is short and the limit an error."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.005)


# ---------------------------------------------------------------- a host of its own


class Host:
    def __init__(self, home_name="home", runtime=None, display=DISPLAY, start_broker=True, more_env=None):
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="postern-escape-"))
        self.home = os.path.join(self.root, home_name)
        self.runtime = runtime.format(home=self.home, root=self.root) if runtime else os.path.join(self.root, "run")
        self.children = []
        self.broker = None
        self.programs = None
        os.makedirs(self.home, 0o700, exist_ok=True)
        os.makedirs(self.runtime, 0o700, exist_ok=True)
        for name in ("Pictures", "Documents", "Downloads"):
            os.mkdir(os.path.join(self.home, name))
        self.env = {
            "HOME": self.home,
            "XDG_RUNTIME_DIR": self.runtime,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "USER": pwd.getpwuid(os.getuid()).pw_name,
            "TERM": "xterm",
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        if SANITIZED:
            self.env["POSTERN_SANITIZER_REPORTS"] = os.path.join(self.root, "sanitizers")
            with open(self.env["POSTERN_SANITIZER_REPORTS"], "x", encoding="utf-8"):
                reports.append(self)
        if display:
            self.env["DISPLAY"] = display
        for name, value in (more_env or {}).items():
            self.env[name] = value.format(home=self.home, root=self.root)
        if start_broker:
            self.start_broker()

    # -- files

    def path(self, *parts):
        return os.path.join(self.home, *parts)

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def private_home(self, app=APP):
        """As the host sees it; Postern makes it at the first start."""
        state = os.path.join(self.env.get("XDG_DATA_HOME", os.path.join(self.home, ".local", "share")), "postern")
        places = [os.path.join(state, "apps", app, "home"), os.path.join(state, "homes", app)]
        return next((place for place in places if os.path.isdir(place)), places[0])

    def install(self, program, app=APP):
        """Puts a payload into the application's private home, the one place inside that an ordinary user can fill. Returns its path as the sandbox sees it."""
        home = self.private_home(app)
        if not os.path.isdir(home):
            # let Postern make it, with the modes that it wants
            made = self.run("true", app=app)
            home = self.private_home(app)
            if not os.path.isdir(home):
                raise RuntimeError(f"no private home at {home}: status {made.returncode}: {made.stdout}{made.stderr}")
        target = os.path.join(home, "." + program)
        shutil.copy(os.path.join(PAYLOADS, program), target)
        os.chmod(target, 0o755)
        return os.path.join(self.home, "." + program)

    # -- programs

    def program(self, relative):
        return os.path.join(self.programs or BUILD, relative)

    def start_broker(self, *options):
        """In the foreground, so that it can be awaited and ended by its pid."""
        self.broker_log = open(os.path.join(self.root, "broker.log"), "ab")
        self.broker = subprocess.Popen([self.program("broker/postern-broker"), *options], env=self.env, stdin=subprocess.DEVNULL, stdout=self.broker_log,
                                       stderr=self.broker_log, start_new_session=True)
        self.children.append(self.broker)
        path = os.path.join(self.runtime, "postern", "broker")

        def reachable():
            if self.broker.poll() is not None:
                raise RuntimeError("the broker ended: " + self.broker_output())
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
                try:
                    probe.connect(path)
                    return True
                except OSError:
                    return False

        wait_until(reachable, "the broker does not listen at " + path)

    def broker_output(self):
        with open(os.path.join(self.root, "broker.log"), encoding="utf-8", errors="backslashreplace") as file:
            return file.read()

    def stop_broker(self):
        if self.broker is not None and self.broker.poll() is None:
            self.broker.terminate()
            self.broker.wait(LIMIT)

    def postern(self, *arguments, **options):
        options.setdefault("timeout", LIMIT)
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("env", self.env)
        options.setdefault("cwd", self.home)
        return subprocess.run([self.program("sandbox/postern"), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="backslashreplace", **options)

    def run_command(self, command, app=APP, options=()):
        if command[0].startswith(os.path.join(self.home, ".attack-")):
            # it exists inside only, and postern looks for the program outside
            command = ["/bin/sh", "-c", 'exec "$@"', "sh", *command]
        return [self.program("sandbox/postern"), "run", *(("--app", app) if app else ()), *options, "--", *command]

    def run(self, *command, app=APP, options=(), env=None, **more):
        more.setdefault("timeout", LIMIT)
        if "input" not in more:
            more.setdefault("stdin", subprocess.DEVNULL)
        more.setdefault("cwd", self.home)
        return subprocess.run(self.run_command(command, app, options), env={**self.env, **(env or {})}, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, errors="backslashreplace", **more)

    def start(self, *command, app=APP, options=(), env=None, **more):
        more.setdefault("stdin", subprocess.PIPE)
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.PIPE)
        more.setdefault("cwd", self.home)
        child = subprocess.Popen(self.run_command(command, app, options), env={**self.env, **(env or {})}, text=True,
                                 errors="backslashreplace", **more)
        self.children.append(child)
        return child

    def sh(self, script, *arguments, **more):
        """A line of shell inside."""
        return self.run("/bin/sh", "-c", script, "sh", *arguments, **more)

    def grant(self, resource, access="view", app=APP, more=()):
        result = self.postern("grant", app, resource, "--access", access, *more)
        if result.returncode != 0:
            raise RuntimeError(f"postern grant {resource}: {result.stdout}{result.stderr}")
        return result

    def agent(self):
        child = Agent(self)
        self.children.append(child.process)
        return child

    # -- end

    def reports(self):
        with open(self.env["POSTERN_SANITIZER_REPORTS"], encoding="utf-8", errors="backslashreplace") as file:
            return file.read()

    def close(self):
        for child in reversed(self.children):
            if child is not self.broker and child.poll() is None:
                child.kill()
                child.wait()
        self.stop_broker()
        if self in reports:
            reports[reports.index(self)] = self.reports()
        if os.environ.get("POSTERN_TEST_KEEP"):
            print("# kept", self.root)
            return
        remove_tree(self.root)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and self.broker is not None:
            print("# broker: " + "\n# ".join(self.broker_output().splitlines()[-20:]), flush=True)
        self.close()


def remove_tree(path):
    """rm copes with names and depths that Python's own walk does not; directories without permissions are opened up first."""
    subprocess.run(["chmod", "-R", "u+rwX", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


# ---------------------------------------------------------------- a person who never tires


class Agent:
    """Speaks org.postern.Agent1 through the little program escape-agent: questions come as JSON lines, answers go as words."""

    ANSWERS = {"allow": 1, "deny": 2, "hide": 3, "private": 4}
    LIFETIMES = {"once": 1, "session": 2, "always": 3}

    def __init__(self, host):
        self.process = subprocess.Popen([os.path.join(PAYLOADS, "escape-agent"), os.path.join(host.runtime, "postern", "broker"), host.env["DISPLAY"]],
                                        env=host.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.pending = b""
        self.questions = []
        ready = self.next_line(LIMIT)
        if ready != b"ready":
            raise RuntimeError("the agent could not register")

    def next_line(self, limit):
        end = time.monotonic() + limit
        while b"\n" not in self.pending:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return None
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                return None
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        return line

    def next_event(self, limit=LIMIT):
        line = self.next_line(limit)
        return json.loads(line) if line is not None else None

    def next_question(self, limit=LIMIT):
        """The next Show, as a dict of its details with its number as "question"; None after the limit."""
        end = time.monotonic() + limit
        while True:
            event = self.next_event(max(0, end - time.monotonic()))
            if event is None:
                return None
            if event["event"] == "show":
                self.questions.append(event)
                return event

    def answer(self, question, answer="allow", scope=None, access=None, lifetime="once"):
        number = question["question"]
        scope = question.get("scope", 0) if scope is None else scope
        access = question.get("access", 0) if access is None else access
        line = f"{number} {self.ANSWERS[answer]} {scope} {access} {self.LIFETIMES[lifetime]}\n"
        self.process.stdin.write(line.encode())


def finish(child, agent, text=None, limit=LIMIT):
    """Sends the text, refuses every question until the program ends, and returns its output."""
    if text is not None:
        child.stdin.write(text)
        child.stdin.flush()
        child.stdin.close()
        child.stdin = None
    end = time.monotonic() + limit
    while child.poll() is None and time.monotonic() < end:
        question = agent.next_question(0.05)
        if question is not None:
            agent.answer(question, "deny")
    return child.communicate(timeout=limit)


# ---------------------------------------------------------------- victims


class Victims:
    """What an attacker would like: a process with a secret, a server, shared memory. All of it made here, nothing of the person's."""

    def __init__(self, host):
        self.host = host
        self.secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        self.secret_dir = os.path.dirname(self.secret)
        self.marker = "hidden"
        self._memory = ctypes.create_string_buffer(b"SECRET in memory")
        self._process()
        self._sockets()
        self._shared_memory()

    def _process(self):
        ready_r, ready_w = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.chdir(self.secret_dir)
            os.dup2(os.open(self.secret, os.O_RDONLY), 0)
            libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
            libc.prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER, any: Yama must not be what stops the control
            os.write(ready_w, b"x")
            while True:
                signal.pause()
        os.close(ready_w)
        os.read(ready_r, 1)
        os.close(ready_r)

    def _sockets(self):
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.bind(("", 0))
        self.tcp.listen(64)
        self.port = self.tcp.getsockname()[1]
        self.abstract = f"postern-escape-{os.getpid()}"
        self.unix = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.unix.bind("\0" + self.abstract)
        self.unix.listen(64)

    def _shared_memory(self):
        libc.shmat.restype = ctypes.c_void_p
        self.shm_id = libc.shmget(0, 4096, 0o1600)
        address = libc.shmat(self.shm_id, None, 0)
        ctypes.memmove(address, b"SECRET", 6)
        self.shm_name = f"postern-escape-{os.getpid()}"
        with open("/dev/shm/" + self.shm_name, "w", encoding="ascii") as file:
            file.write("SECRET")

    def arguments(self):
        machine_id = ""
        with contextlib.suppress(OSError):
            with open("/etc/machine-id", encoding="ascii") as file:
                machine_id = file.read().strip()
        own = os.getuid()
        # a person if there is another one, else a system user that no composed /etc needs
        others = [user.pw_name for user in pwd.getpwall() if user.pw_uid not in (own, 0, 65534)]
        values = {
            "victim-pid": self.pid,
            "victim-address": hex(ctypes.addressof(self._memory)),
            "secret": self.secret,
            "marker": self.marker,
            "tcp-port": self.port,
            "abstract": self.abstract,
            "shm-id": self.shm_id,
            "shm-name": self.shm_name,
            "machine-id": machine_id,
            "other-user": others[-1] if others else "",
        }
        return [f"{key}={value}" for key, value in values.items() if value != ""]

    def alive(self):
        return os.waitpid(self.pid, os.WNOHANG) == (0, 0)

    def memory_is_untouched(self):
        with open(f"/proc/{self.pid}/mem", "rb") as file:
            file.seek(ctypes.addressof(self._memory))
            return file.read(6) == b"SECRET"

    def close(self):
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        libc.shmctl(self.shm_id, 0, None)
        with contextlib.suppress(OSError):
            os.unlink("/dev/shm/" + self.shm_name)
        self.tcp.close()
        self.unix.close()


# ---------------------------------------------------------------- terminals


class Terminal:
    """A pseudo-terminal with a program in front; `typed` says what lies in its input queue."""

    def __init__(self, command, env, cwd, stdio=(0, 1, 2)):
        self.master, slave = os.openpty()
        self.name = os.ttyname(slave)
        self.slave = slave
        self.output = b""

        def in_child():
            os.setsid()
            fcntl_ioctl(slave, 0x540E, 0)  # TIOCSCTTY
            null = os.open("/dev/null", os.O_RDWR)
            for fd in range(3):
                os.dup2(slave if fd in stdio else null, fd)

        self.process = subprocess.Popen(command, env=env, cwd=cwd, preexec_fn=in_child, close_fds=True)

    def pump(self, limit):
        """Reads what is there; False at the end of the file."""
        if not select.select([self.master], [], [], limit)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.output += data
        return bool(data)

    def wait_for(self, text, limit=LIMIT):
        end = time.monotonic() + limit
        while text not in self.output:
            if time.monotonic() > end or self.process.poll() is not None and not select.select([self.master], [], [], 0)[0]:
                return False
            self.pump(0.05)
        return True

    def wait(self, limit=LIMIT):
        end = time.monotonic() + limit
        while self.process.poll() is None:
            if time.monotonic() > end:
                self.process.kill()
                self.process.wait()
                raise TimeoutError("the program on the terminal does not end; its output: " + repr(self.output[-2000:]))
            self.pump(0.02)
        while select.select([self.master], [], [], 0)[0] and self.pump(0):
            pass
        return self.process.returncode

    def type(self, data):
        os.write(self.master, data)

    def keep_typing(self, data, until=None, limit=LIMIT):
        """Again and again, since who asks is deaf for its first moments, until the program has ended or shows something."""
        end = time.monotonic() + limit
        while self.process.poll() is None and time.monotonic() < end:
            if until is not None and until in self.output:
                return True
            self.type(data)
            stop = time.monotonic() + 0.2
            while time.monotonic() < stop:
                self.pump(0.02)
        self.wait(limit)
        return until is not None and until in self.output

    def typed(self):
        """What is in the input queue: what the shell would run next."""
        import fcntl
        import termios

        attributes = termios.tcgetattr(self.slave)
        attributes[3] &= ~(termios.ICANON | termios.ECHO)
        attributes[6][termios.VMIN] = 0
        attributes[6][termios.VTIME] = 0
        termios.tcsetattr(self.slave, termios.TCSANOW, attributes)
        fcntl.fcntl(self.slave, fcntl.F_SETFL, os.O_NONBLOCK)
        try:
            return os.read(self.slave, 65536)
        except BlockingIOError:
            return b""

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


def fcntl_ioctl(fd, request, value):
    return libc.ioctl(fd, ctypes.c_ulong(request), value)


# ---------------------------------------------------------------- payload output


def parse_report(text):
    """Lines of attack.h → list of (kind, outcome, what, why), and the rest as notes."""
    rows, notes = [], []
    for line in text.replace("\r\n", "\n").splitlines():
        # what TIOCSTI put into the queue is echoed in front of it
        parts = line.lstrip("#").split("\t")
        if len(parts) == 4 and parts[0] in ("control", "attack", "maybe"):
            rows.append(tuple(parts))
        elif line.strip():
            notes.append(line)
    return rows, notes


# ---------------------------------------------------------------- mounting as an ordinary user


def enter_own_mounts():
    """Runs the test once more in a user and mount namespace of its own (see escape-host.c), so that it can mount. Returns a function for that."""
    if "ESCAPE_HOST_OUT" not in os.environ:
        os.execv(os.path.join(PAYLOADS, "escape-host"), [os.path.join(PAYLOADS, "escape-host"), sys.executable, *sys.argv])
    out = int(os.environ.pop("ESCAPE_HOST_OUT"))
    answers = os.fdopen(int(os.environ.pop("ESCAPE_HOST_IN")), "r")
    os.set_inheritable(out, False)
    os.set_inheritable(answers.fileno(), False)

    def mount(*words):
        os.write(out, ("\t".join(words) + "\n").encode())
        error = int(answers.readline())
        if error:
            raise OSError(error, os.strerror(error), " ".join(words))

    return mount
