# SPDX-License-Identifier: GPL-3.0-or-later
"""Who does not read, who does not answer, who is many; and how it starts and ends."""
import os
import resource
import struct
import subprocess
import tempfile

from wire import BUS, CALL, OURS, RETURN, SIGNAL, Closed, Connection, World, message, run_tests


def rss_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def status(pid, key):
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(key + ":"))


SANITIZED = os.environ.get("POSTERN_SANITIZE", "none") != "none"


def is_small(process):
    """Its peak, of which 2.5 MiB are the program; a sanitizer needs more for itself."""
    return rss_kib(process.pid) < (400 if SANITIZED else 8) * 1024


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as line:
        return sum(int(word) for word in line.read().rsplit(")", 1)[1].split()[11:13])


def connections(path):
    with open("/proc/net/unix", encoding="ascii") as lines:
        return sum(line.rstrip().endswith(path) for line in lines)


def readable(pid):
    return os.access(f"/proc/{pid}/fd", os.R_OK)


def test_never_reads(tap):
    with World() as world:
        path, process = world.start(OURS, "--filter", "--talk=org.test.Talk")
        service, deaf, other = world.connect(), world.connect(path), world.connect(path)
        service.own("org.test.Talk")
        for one in (deaf, other):
            one.bus_call("AddMatch", "type='signal',interface='org.test.I'")
        for _ in range(400):
            for _ in range(5):
                service.send(SIGNAL, destination=deaf.name, path="/a", interface="org.test.I", member="Tick", body=["x" * 20000],
                             signature="s")
            service.sync()
            assert other.bus_call("GetId").type == RETURN
        tap.ok(True, "40 MB for who does not read: the others are served")
        tap.ok(is_small(process), "and nothing grows", rss_kib(process.pid))
        n = 0
        while n < 2000:
            n += deaf.next().member == "Tick"
        tap.ok(True, "when it reads, it gets everything")


def test_floods(tap):
    """A client that writes to a service that does not read: it is held back, others are not."""
    with World() as world:
        path, process = world.start(OURS, "--filter", "--talk=org.test.Talk")
        service, flood, other = world.connect(), world.connect(path), world.connect(path)
        service.own("org.test.Talk")
        flood.sock.setblocking(False)
        data = b""
        sent = 0
        try:
            while sent < 300_000_000:
                if not data:
                    data = message(CALL, flood.next_serial(), flags=1, destination=BUS, path="/", interface=BUS, member="GetId",
                                   raw_body=struct.pack("<I", 1_000_000) + b"x" * 1_000_000 + b"\0", signature="s")
                n = flood.sock.send(data)
                sent, data = sent + n, data[n:]
        except BlockingIOError:
            pass
        tap.ok(other.bus_call("GetId").type == RETURN, f"{sent} bytes in a flood: the others are served")
        tap.ok(is_small(process), "and nothing grows", rss_kib(process.pid))


def test_never_answers(tap):
    """Calls that nobody answers are remembered up to a limit, and what is beyond it is refused; the rest goes on."""
    with World() as world:
        path, process = world.start(OURS, "--filter", "--talk=org.test.Talk", stderr=subprocess.DEVNULL)
        service, client, other = world.connect(), world.connect(path), world.connect(path)
        service.own("org.test.Talk")
        refused = 0
        for _ in range(70):
            client.sock.sendall(b"".join(message(CALL, client.next_serial(), destination="org.test.Talk", path="/", member="M")
                                         for _ in range(1000)))
            other.sync()
            client.sync()
            refused += sum(m.error == "org.freedesktop.DBus.Error.LimitsExceeded" for m in client.inbox)
            client.inbox.clear()
        tap.ok(0 < refused < 20_000, f"70,000 calls without an answer: {refused} of them are refused")
        tap.ok(other.bus_call("GetId").type == RETURN, "others are served")
        tap.ok(is_small(process), "and little grows", rss_kib(process.pid))


def test_deaf_crowd(tap):
    """Many that do not read what is long: more than there are pipes for it."""
    with World() as world:
        path, process = world.start(OURS, "--filter", "--talk=org.test.Talk")
        service, other = world.connect(), world.connect(path)
        service.own("org.test.Talk")
        deaf = [world.connect(path) for _ in range(40)]
        body = os.urandom(1_000_000).hex()
        for one in deaf:
            one.send(CALL, destination="org.test.Talk", path="/", member="Give")
        for _ in deaf:
            call = service.next()
            while call.type != CALL:
                call = service.next()
            service.send(RETURN, destination=call.sender, reply_serial=call.serial, body=[body], signature="s")
            other.sync()
        tap.ok(True, "40 that do not read 2 MB each: the others are served")
        large = other.send(CALL, destination="org.test.Talk", path="/", member="Give", body=[body], signature="s")
        call = service.next()
        service.send(RETURN, destination=call.sender, reply_serial=call.serial, body=call.args(), signature="s")
        tap.ok(other.reply_to(large).args() == [body], "with what is long, too")
        tap.ok(is_small(process), "and nothing grows", rss_kib(process.pid))
        tap.ok(all(one.reply_to(one.serial).args() == [body] for one in deaf), "when they read, each gets all of it")


def test_stalls(tap):
    """Many that stop in the middle of something long and keep what they have: the others are served."""
    with World() as world:
        path, process = world.start(OURS, "--filter", "--talk=org.test.Talk")
        service, other = world.connect(), world.connect(path)
        service.own("org.test.Talk")
        for _ in range(40):
            one = world.connect(path)
            one.sock.sendall(message(CALL, one.next_serial(), destination="org.test.Talk", path="/", member="M", body=["x" * 1_000_000],
                                     signature="s")[:300_000])
        body = os.urandom(1_000_000).hex()
        large = other.send(CALL, destination="org.test.Talk", path="/", member="M", body=[body], signature="s")
        call = service.next()
        while call.type != CALL:
            call = service.next()
        service.send(RETURN, destination=call.sender, reply_serial=call.serial, body=call.args(), signature="s")
        tap.ok(other.reply_to(large).args() == [body], "40 that stop in the middle: another is served")
        tap.ok(is_small(process), "and nothing grows", rss_kib(process.pid))


def test_big(tap):
    with World() as world:
        path, process = world.start(OURS, "--filter", "--talk=org.test.Talk")
        service, client = world.connect(), world.connect(path)
        service.own("org.test.Talk")
        read, write = os.pipe()
        text = os.urandom(6_000_000).hex()
        pid = os.fork()
        if pid == 0:
            got = service.next()
            while got.type != CALL:
                got = service.next()
            service.send(RETURN, destination=got.sender, reply_serial=got.serial, body=got.args(), signature="s")
            os._exit(0 if len(got.fds) == 1 else 1)
        reply = client.call("org.test.Talk", "M", body=[text], signature="s", fds=[write])
        tap.ok(reply.args() == [text], "12 MB there and back")
        tap.equal(os.waitpid(pid, 0)[1], 0, "with a descriptor")
        tap.ok(is_small(process), "not kept whole", rss_kib(process.pid))
        os.close(read), os.close(write)


def test_many(tap):
    """1,000 that do nothing: two descriptors and little memory each, and nothing that anybody else would notice."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    n = 1000 if hard == resource.RLIM_INFINITY or hard >= 2200 else (hard - 100) // 2
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else 8192, hard))
    with World() as world:
        path, process = world.start(OURS, "--filter", "--talk=org.test.Talk")
        one = world.connect(path)
        before = status(process.pid, "VmRSS")
        idle = [Connection(path) for _ in range(n)]
        grown = status(process.pid, "VmRSS") - before
        tap.ok(SANITIZED or grown <= 4 * n, f"{n} idle clients: {grown} KiB more")
        tap.ok(status(process.pid, "FDSize") <= 4096, f"a table of {status(process.pid, 'FDSize')} descriptors")
        service = world.connect()
        service.own("org.test.Talk")
        serial = one.send(CALL, destination="org.test.Talk", path="/", member="M", body=["x" * 500_000], signature="s")
        call = service.next()
        while call.type != CALL:
            call = service.next()
        service.send(RETURN, destination=call.sender, reply_serial=call.serial, body=call.args(), signature="s")
        tap.ok(one.reply_to(serial).args() == ["x" * 500_000], "and one that calls")
        used = cpu_ticks(process.pid)
        for _ in range(100):
            one.sync()
        tap.ok(cpu_ticks(process.pid) - used <= 50, f"100 calls beside them take {cpu_ticks(process.pid) - used} ticks of the processor")
        for other in idle:
            other.close()
        while connections(path) > 2:  # the listening one and ours; each round is a turn of the proxy
            one.sync()
        tap.ok(one.bus_call("GetId").type == RETURN, "and when they are gone")
        again = [Connection(path) for _ in range(n)]
        more = status(process.pid, "VmRSS") - before
        tap.ok(SANITIZED or more <= grown + 1024, f"{n} more: no more memory than the first took", f"{more} KiB")
        for other in again:
            other.close()


def test_bus_dies(tap):
    with World() as world:
        path, process = world.start(OURS, "--filter", stderr=subprocess.DEVNULL)
        client = world.connect(path)
        world.processes[0].kill()
        tap.ok(client.is_closed(), "the bus dies: the client is hung up")
        try:
            Connection(path)
            tap.ok(False, "a new one is, too")
        except (Closed, BrokenPipeError, ConnectionResetError):
            tap.ok(True, "a new one is, too")
        tap.ok(process.poll() is None, "the proxy lives")


def test_end(tap):
    with World() as world:
        path, process = world.start(OURS, "--filter")
        client = world.connect(path)
        os.close(process.sync_fd)
        tap.equal(process.wait(20), 0, "it ends when --fd is closed")
        tap.ok(not os.path.exists(path), "and takes its socket with it")
        tap.ok(client.is_closed(), "and its clients")


def test_words(tap):
    def run(*args, **how):
        return subprocess.run([OURS, *args], capture_output=True, text=True, timeout=20, **how)
    tap.ok(run("--help").returncode == 0 and "--filter" in run("--help").stdout, "--help")
    tap.ok(run("--version").stdout.startswith("postern-dbus-proxy "), "--version")
    tap.ok(run().returncode == 1 and "usage" in run().stderr, "nothing: the usage")
    for args in (["unix:path=/x"], ["--bogus"], ["unix:path=/x", "/y", "--talk=nodots"], ["tcp:host=x", "/y"],
                 ["unix:path=/x", "/nonexistent/y"], ["unix:path=/x", "/" + "y" * 200]):
        result = run(*args)
        tap.ok(result.returncode == 1 and result.stderr.count("\n") == 1, f"{args}: one sentence", result.stderr)


def test_args(tap):
    with World() as world:
        second = f"{world.dir}/second"
        with tempfile.TemporaryFile() as file:
            file.write(b"--filter\0--see=org.test.See\0" + f"unix:path={world.path}\0{second}".encode())
            file.seek(0)
            path, _ = world.start(OURS, f"--args={file.fileno()}", "--filter", "--see=org.test.Two", pass_fds=(file.fileno(),))
        service = world.connect()
        service.own("org.test.See")
        service.own("org.test.Two")
        got = [[c.bus_call("NameHasOwner", name).args()[0] for name in ("org.test.See", "org.test.Two")]
               for c in (world.connect(path), world.connect(second))]
        tap.equal(got, [[1, 0], [0, 1]], "--args in the middle, and two buses of one proxy")


def test_confined(tap):
    with World() as world:
        _, process = world.start(OURS, "--filter")
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        tap.equal(status["NoNewPrivs"], "1", "no new privileges")
        if os.environ.get("POSTERN_SANITIZE", "none") == "none":
            tap.equal(status["Seccomp"], "2", "a list of system calls")
        tap.ok(not readable(process.pid), "it is not to be looked into")


run_tests(test_never_reads, test_floods, test_never_answers, test_deaf_crowd, test_stalls, test_big, test_many, test_bus_dies, test_end, test_words, test_args,
          test_confined)
