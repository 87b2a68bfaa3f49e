#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""programs.py SERVER   real programs on a tree that the strict gate serves

SERVER SRC MNT mounts the gate over SRC at MNT and stays in the foreground (fusefs-standalone). Each check does the work of a
program through MNT, often with another process at SRC at the same time, as when the user has the file open outside as well,
and then looks at the result from both sides.
"""
import fcntl
import mmap
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time

SKIPPED = 77
checks = []


class Skip(Exception):
    pass


def check(f):
    checks.append(f)
    return f


def need(program):
    if shutil.which(program) is None:
        raise Skip(f"no {program}")


def sh(directory, script):
    subprocess.run(["sh", "-eu", "-c", script], cwd=directory, check=True, stdin=subprocess.DEVNULL, env=dict(
        os.environ, HOME=directory, GIT_CONFIG_NOSYSTEM="1", GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="a",
        GIT_COMMITTER_EMAIL="a@b", LC_ALL="C.UTF-8"))


def equal(a, b, what):
    if a != b:
        raise AssertionError(f"{what}: {a!r} is not {b!r}")


def in_process(f, *args):
    """f in a child process, so that its file locks are its own. Returns a function that waits for it."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            f(*args)
            status = 0
        except BaseException as e:  # noqa: B902: it is reported, and this process ends
            print(f"  {type(e).__name__}: {e}", file=sys.stderr)
        os._exit(status)

    def wait():
        equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, f"{f.__name__} in another process")

    return wait


def insert(path, who, n):
    db = sqlite3.connect(path, timeout=60, isolation_level=None)
    for i in range(n):
        db.execute("insert into t values (?, ?)", (who, i))
    db.close()


@check
def sqlite_inside_and_outside(mnt, src):
    """Two writers, one on either side; the rollback journal and its locks keep them apart."""
    db = sqlite3.connect(f"{mnt}/x.db")
    db.execute("create table t (who text, n integer, unique (who, n))")
    db.commit()
    db.close()
    n = 150
    waits = [in_process(insert, f"{d}/x.db", d, n) for d in (mnt, src)]
    for w in waits:
        w()
    for d in (mnt, src):
        db = sqlite3.connect(f"{d}/x.db")
        equal(db.execute("select count(*) from t").fetchone()[0], 2 * n, f"rows seen at {d}")
        equal(db.execute("pragma integrity_check").fetchone()[0], "ok", f"integrity seen at {d}")
        db.close()


@check
def sqlite_reads_what_was_just_written_outside(mnt, src):
    """In turn, faster than any cached attribute expires: the lock must bring the other's pages."""
    a, b = (sqlite3.connect(f"{d}/turn.db", isolation_level=None) for d in (mnt, src))
    a.execute("create table t (n integer)")
    a.execute("insert into t values (0)")
    for i in range(100):
        writer, reader = (b, a) if i % 2 else (a, b)
        writer.execute("update t set n = n + 1")
        equal(reader.execute("select n from t").fetchone()[0], i + 1, f"turn {i}")
    a.close()
    b.close()


@check
def sqlite_only_reads(mnt, src):
    """Nothing of its own makes the reader's kernel look again: taking the lock must."""
    for reader_dir, writer_dir in ((mnt, src), (mnt, mnt)):
        path = f"{len(os.listdir(src))}.db"
        writer, reader = (sqlite3.connect(f"{d}/{path}", isolation_level=None) for d in (writer_dir, reader_dir))
        writer.execute("create table t (n integer)")
        writer.execute("insert into t values (0)")
        for i in range(50):
            equal(reader.execute("select n from t").fetchone()[0], i, f"look {i}")
            writer.execute("update t set n = n + 1")
        writer.close()
        reader.close()


@check
def flock_brings_what_was_written_outside(mnt, src):
    """Same size, so that nothing but the contents tells; the reader keeps its descriptor."""
    open(f"{src}/f", "w").write("0000")
    with open(f"{mnt}/f", "rb", buffering=0) as f:
        for i in range(100):
            equal(os.pread(f.fileno(), 4, 0), b"%04d" % i, f"round {i}")
            with open(f"{src}/f", "r+b", buffering=0) as g:
                fcntl.flock(g, fcntl.LOCK_EX)
                g.write(b"%04d" % (i + 1))
            fcntl.flock(f, fcntl.LOCK_SH)
            fcntl.flock(f, fcntl.LOCK_UN)


@check
def sqlite_wal(mnt, src):
    db = sqlite3.connect(f"{mnt}/wal.db", isolation_level=None)
    equal(db.execute("pragma journal_mode=wal").fetchone()[0], "wal", "journal mode")
    db.execute("create table t (who text, n integer, unique (who, n))")
    waits = [in_process(insert, f"{mnt}/wal.db", str(k), 100) for k in range(2)]
    for w in waits:
        w()
    equal(db.execute("select count(*) from t").fetchone()[0], 200, "rows")
    db.close()
    db = sqlite3.connect(f"{src}/wal.db")
    equal(db.execute("pragma integrity_check").fetchone()[0], "ok", "integrity")
    db.close()


@check
def sqlite_wal_is_for_one_side_at_a_time(mnt, src):
    """Its shared memory does not reach from one side to the other: whoever comes second must be refused, not be misled."""
    db = sqlite3.connect(f"{mnt}/w.db", isolation_level=None)
    db.execute("pragma journal_mode=wal")
    db.execute("create table t (n integer)")
    db.execute("insert into t values (0)")
    db.close()
    n = 0
    for first, second in ((mnt, src), (src, mnt), (mnt, src)):
        a = sqlite3.connect(f"{first}/w.db", isolation_level=None)
        a.execute("update t set n = n + 1")
        b = sqlite3.connect(f"{first}/w.db", isolation_level=None)
        b.execute("update t set n = n + 1")
        c = sqlite3.connect(f"{second}/w.db", isolation_level=None, timeout=0.1)
        try:
            c.execute("update t set n = n + 1")
            raise AssertionError(f"{first} uses the log, and so may {second}")
        except sqlite3.OperationalError:
            pass
        a.close()
        b.close()
        c.execute("update t set n = n + 1")  # now it may
        n += 3
        equal(c.execute("select n from t").fetchone()[0], n, "updates")
        c.close()

    def dies():
        d = sqlite3.connect(f"{mnt}/w.db", isolation_level=None)
        d.execute("update t set n = n + 1")
        os.kill(os.getpid(), 9)

    pid = os.fork()
    if pid == 0:
        dies()
    os.waitpid(pid, 0)
    e = sqlite3.connect(f"{src}/w.db", isolation_level=None, timeout=5)
    equal(e.execute("select n from t").fetchone()[0], n + 1, "updates after a kill")
    e.close()


@check
def git_work(mnt, src):
    need("git")
    sh(mnt, """
        git init -q -b main repo; cd repo
        for i in 1 2 3 4 5 6 7 8 9; do mkdir -p d$i; for j in 1 2 3 4 5 6 7 8 9; do echo $i $j >d$i/f$j; done; done
        git add -A; git commit -qm one
        git checkout -q -b side; git mv d1 moved; echo more >>d2/f2; ln -s d2 link; git add -A; git commit -qm two
        git checkout -q main; echo other >>d3/f3; git commit -qam three
        git merge -q side -m merged; git gc -q; git fsck --strict >/dev/null
        test -z "$(git status --porcelain)"
    """)
    sh(src, 'cd repo; git fsck >/dev/null; test "$(git log --oneline | wc -l)" = 4; git reset -q --hard; test -z "$(git status --porcelain)"')


@check
def vim_saves(mnt, src):
    need("vim")
    with open(f"{src}/text", "w") as f:
        f.write("one\ntwo\n")
    os.chmod(f"{src}/text", 0o640)
    os.link(f"{src}/text", f"{src}/second-name")
    sh(mnt, "vim -Nu NONE -es -c 'set backup swapfile backupcopy=auto' -c '%s/two/three/' -c wq text")
    for name in ("text", "second-name"):
        with open(f"{src}/{name}") as f:
            equal(f.read(), "one\nthree\n", f"{name} after vim")
    equal(os.stat(f"{src}/text").st_mode & 0o777, 0o640, "mode")
    equal(os.stat(f"{mnt}/text").st_nlink, 2, "links")


@check
def atomic_save(mnt, src):
    """As GLib's g_file_set_contents() does: other readers see the old or the new, never a mixture."""
    path = f"{mnt}/saved"
    open(path, "w").write("0" * 5000)
    stop = threading.Event()
    bad = []

    def look():
        while not stop.is_set():
            for d in (mnt, src):
                try:
                    data = open(f"{d}/saved").read()
                except OSError as e:
                    bad.append(str(e))
                    return
                if len(data) != 5000 or len(set(data)) != 1:
                    bad.append(data[:20])

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for i in range(300):
            with open(f"{path}.new", "w") as f:
                f.write(str(i % 10) * 5000)
                f.flush()
                os.fsync(f.fileno())
            os.rename(f"{path}.new", path)
    finally:
        stop.set()
        reader.join()
    equal(bad, [], "mixtures")


@check
def opens_while_it_is_replaced(mnt, src):
    """As fast as can be: whoever opens the name gets the old file or the new one, never an error."""
    def save(until):
        n = 0
        while time.monotonic() < until:
            with open(f"{mnt}/f.new", "w") as f:
                f.write("x" * 100)
            os.rename(f"{mnt}/f.new", f"{mnt}/f")
            n += 1
        if n < 100:
            raise AssertionError(f"only {n} saves")

    open(f"{mnt}/f", "w").write("x" * 100)
    end = time.monotonic() + 1.5
    wait = in_process(save, end)
    while time.monotonic() < end:
        with open(f"{mnt}/f") as f:
            equal(len(f.read()), 100, "size")
    wait()


@check
def a_removed_file_is_opened_again(mnt, src):
    with open(f"{mnt}/f", "w+") as f:
        f.write("still here")
        f.flush()
        os.unlink(f"{mnt}/f")
        with open(f"/proc/self/fd/{f.fileno()}") as g:
            equal(g.read(), "still here", "by way of /proc")


@check
def locks_reach_outside(mnt, src):
    open(f"{src}/lock", "w").write("x" * 100)
    for kind in ("fcntl", "flock"):
        for inner, outer in ((mnt, src), (src, mnt)):
            with open(f"{inner}/lock", "r+") as held:
                (fcntl.lockf if kind == "fcntl" else fcntl.flock)(held, fcntl.LOCK_EX)

                def refused():
                    with open(f"{outer}/lock", "r+") as f:
                        try:
                            (fcntl.lockf if kind == "fcntl" else fcntl.flock)(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        except BlockingIOError:
                            return
                        raise AssertionError(f"{kind}: locked at {inner} and again at {outer}")

                in_process(refused)()


@check
def a_waiting_lock_is_granted(mnt, src):
    open(f"{src}/wait", "w").write("x")
    r, w = os.pipe()
    with open(f"{src}/wait", "r+") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)

        def waits():
            with open(f"{mnt}/wait", "r+") as f:
                os.write(w, b"1")
                fcntl.lockf(f, fcntl.LOCK_EX)

        done = in_process(waits)
        os.read(r, 1)
        fcntl.lockf(held, fcntl.LOCK_UN)
        done()
    os.close(r)
    os.close(w)


@check
def locks_end_with_their_process(mnt, src):
    open(f"{src}/end", "w").write("x")

    def takes():
        f = open(f"{mnt}/end", "r+")
        fcntl.lockf(f, fcntl.LOCK_EX)
        os.kill(os.getpid(), 9)

    pid = os.fork()
    if pid == 0:
        takes()
    os.waitpid(pid, 0)
    with open(f"{src}/end", "r+") as f:
        end = time.monotonic() + 2
        while True:  # RELEASE is asynchronous
            try:
                fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)


@check
def record_locks(mnt, src):
    open(f"{src}/records", "w").write("x" * 100)
    with open(f"{mnt}/records", "r+") as f:
        fcntl.lockf(f, fcntl.LOCK_EX, 10, 20)
        fcntl.lockf(f, fcntl.LOCK_UN, 4, 22)  # a hole: 20-21 and 26-29 stay

        def outside():
            with open(f"{src}/records", "r+") as g:
                for start, free in ((0, True), (20, False), (22, True), (25, True), (26, False), (30, True)):
                    flock = fcntl.fcntl(g, fcntl.F_GETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, start, 1, 0))
                    equal(struct.unpack_from("h", flock)[0] == fcntl.F_UNLCK, free, f"byte {start} is free")

        in_process(outside)()


@check
def mapped_writes(mnt, src):
    with open(f"{mnt}/map", "w+b") as f:
        f.truncate(3 * 4096)
        with mmap.mmap(f.fileno(), 3 * 4096) as m:
            m[5000:5005] = b"hello"
            m.flush()
            equal(open(f"{src}/map", "rb").read()[5000:5005], b"hello", "written by mmap")
    # what was written outside is seen by a new opening
    with open(f"{src}/map", "r+b") as f:
        f.seek(5000)
        f.write(b"world")
    equal(open(f"{mnt}/map", "rb").read()[5000:5005], b"world", "read after a change outside")


@check
def appended_from_both_sides(mnt, src):
    def append(path, letter):
        with open(path, "ab", buffering=0) as f:
            for _ in range(500):
                f.write(letter * 7 + b"\n")

    open(f"{src}/log", "w").close()
    waits = [in_process(append, f"{d}/log", c) for d, c in ((mnt, b"i"), (src, b"o"))]
    for w in waits:
        w()
    lines = open(f"{src}/log", "rb").read().split(b"\n")
    equal((lines.count(b"i" * 7), lines.count(b"o" * 7), len(lines)), (500, 500, 1001), "lines")


@check
def holes_and_ranges(mnt, src):
    with open(f"{mnt}/sparse", "w+b") as f:
        f.truncate(1 << 20)
        f.seek(1 << 19)
        f.write(b"data")
        f.flush()
        native = os.open(f"{src}/sparse", os.O_RDONLY)
        for whence in (os.SEEK_DATA, os.SEEK_HOLE):
            equal(os.lseek(f.fileno(), 0, whence), os.lseek(native, 0, whence), f"lseek {whence}")
        os.close(native)
        os.posix_fallocate(f.fileno(), 1 << 20, 4096)
        equal(os.stat(f"{src}/sparse").st_size, (1 << 20) + 4096, "size after fallocate")
        with open(f"{mnt}/copied", "w+b") as g:
            left = 1 << 20
            while left > 0:
                left -= os.copy_file_range(f.fileno(), g.fileno(), left)
    equal(open(f"{src}/copied", "rb").read(), open(f"{src}/sparse", "rb").read()[:1 << 20], "copied")


@check
def extended_attributes(mnt, src):
    open(f"{src}/x", "w").close()
    os.setxattr(f"{mnt}/x", "user.a", b"1")
    equal(os.getxattr(f"{src}/x", "user.a"), b"1", "set inside")
    equal("user.a" in os.listxattr(f"{mnt}/x"), True, "listed")
    os.removexattr(f"{mnt}/x", "user.a")
    equal(os.listxattr(f"{src}/x"), [], "removed")
    os.symlink("x", f"{mnt}/link")
    for d in (mnt, src):
        equal(os.listxattr(f"{d}/link", follow_symlinks=False), [], "of a link")


@check
def a_removed_file_lives_on(mnt, src):
    f = open(f"{mnt}/gone", "w+")
    f.write("still")
    f.flush()
    os.unlink(f"{mnt}/gone")
    f.seek(0)
    equal(f.read(), "still", "read after unlink")
    equal(os.fstat(f.fileno()).st_nlink, 0, "links")
    os.fchmod(f.fileno(), 0o600)
    f.truncate(2)
    equal(os.fstat(f.fileno()).st_size, 2, "size")
    f.close()


@check
def rename_flags(mnt, src):
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    def renameat2(a, b, flags):
        return libc.renameat2(-100, f"{mnt}/{a}".encode(), -100, f"{mnt}/{b}".encode(), flags), ctypes.get_errno()

    for name in "ab":
        open(f"{mnt}/{name}", "w").write(name)
    equal(renameat2("a", "b", 1), (-1, 17), "RENAME_NOREPLACE")
    equal(renameat2("a", "b", 2)[0], 0, "RENAME_EXCHANGE")
    equal((open(f"{mnt}/a").read(), open(f"{src}/b").read()), ("b", "a"), "exchanged")


@check
def unpack_and_compare(mnt, src):
    need("tar")
    sh(mnt, "tar -C /usr/share -cf - common-licenses 2>/dev/null | tar -xf -; diff -r common-licenses /usr/share/common-licenses; "
            "cp -a common-licenses copy; diff -r copy common-licenses; rm -r copy common-licenses; test ! -e copy")
    equal(os.path.exists(f"{src}/copy"), False, "left behind")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.strip())
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        print("no /dev/fuse")
        return SKIPPED
    top = tempfile.mkdtemp(prefix="pst-programs-")
    src, mnt = f"{top}/src", f"{top}/mnt"
    os.mkdir(src)
    os.mkdir(mnt)
    server = subprocess.Popen([*sys.argv[1:], src, mnt], stdin=subprocess.DEVNULL)
    failed = 0
    try:
        end = time.monotonic() + 10
        while not os.path.ismount(mnt):
            if server.poll() is not None or time.monotonic() > end:
                sys.exit("the gate was not mounted")
            time.sleep(0.01)
        print(f"1..{len(checks)}")
        for i, f in enumerate(checks, 1):
            os.mkdir(f"{src}/{f.__name__}")
            note = ""
            try:
                f(f"{mnt}/{f.__name__}", f"{src}/{f.__name__}")
                ok = True
            except Skip as e:
                ok, note = True, f" # SKIP {e}"
            except (AssertionError, OSError, sqlite3.Error, subprocess.CalledProcessError) as e:
                ok, note = False, ""
                print(f"# {f.__name__}: {e}")
            failed += not ok
            print(f"{'ok' if ok else 'not ok'} {i} - {f.__name__}{note}", flush=True)
    finally:
        subprocess.run(["fusermount3", "-u", mnt], stderr=subprocess.DEVNULL)
        try:
            server.wait(3)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        subprocess.run(["fusermount3", "-uz", mnt], stderr=subprocess.DEVNULL)
        shutil.rmtree(top, ignore_errors=True)
    return 1 if failed else 0


sys.exit(main())
