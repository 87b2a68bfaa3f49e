# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong before anything starts: one sentence, what to do, a status that is not 0, and nothing lost; and that postern doctor sees it too.

What only an administrator can do to a machine (no /dev/fuse, no user namespaces, a full disk, root) is done in namespaces of the test's own."""
import ctypes
import os
import shutil
import sqlite3
import sys

from postern_e2e import Home, run_tests, wait_until

USAGE, NOT_FOUND, NOT_EXECUTABLE, CANNOT = 2, 127, 126, 125

libc = ctypes.CDLL(None, use_errno=True)
NEWUSER, NEWNS = 0x10000000, 0x20000
MS_RDONLY, MS_BIND, MS_MOVE, MS_PRIVATE_REC = 1, 4096, 8192, 0x44000


# ---------------------------------------------------------------- other machines


def mount(source, target, kind=None, flags=0, options=None):
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    if libc.mount(*words, ctypes.c_ulong(flags), None if options is None else os.fsencode(options)) != 0:
        raise OSError(ctypes.get_errno(), f"mount at {target}")


def machine(change, uid=None):
    """For preexec_fn: namespaces in which change() has been made; the program that starts there has no capabilities."""

    def prepare():
        own, group = os.getuid(), os.getgid()
        if libc.unshare(NEWUSER | NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        for name, text in (("setgroups", "deny"), ("uid_map", f"{own if uid is None else uid} {own} 1"), ("gid_map", f"{group if uid is None else uid} {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
        mount(None, "/", flags=MS_PRIVATE_REC)
        change()

    return prepare


def no_change():
    pass


def without_namespaces():
    with open("/proc/sys/user/max_user_namespaces", "w", encoding="ascii") as file:
        file.write("0")


def without_fuse(home):
    def change():
        devices = os.path.join(home.root, "dev")
        mount("tmpfs", devices, "tmpfs")
        for name in ("null", "zero", "full", "random", "urandom", "tty"):
            with open(os.path.join(devices, name), "x", encoding="ascii"):
                pass
            mount(f"/dev/{name}", os.path.join(devices, name), flags=MS_BIND)
        mount(devices, "/dev", flags=MS_MOVE)

    os.mkdir(os.path.join(home.root, "dev"))
    return change


def with_closed_fuse():
    # as good as the device with root's mode 0600: not to be opened, whatever one is in a namespace
    mount("/etc/shadow", "/dev/fuse", flags=MS_BIND)


def with_state(home, options="", flags=0):
    os.makedirs(state(home), exist_ok=True)
    return lambda: mount("tmpfs", state(home), "tmpfs", flags, options + ("," if options else "") + "mode=0700")


def state(home):
    return home.path(".local/share/postern")


# ---------------------------------------------------------------- what is expected


def refused(tap, what, result, status, *words):
    """One sentence, with all the words, and the status."""
    tap.note(f"{what}: {result.stderr.strip()}")
    tap.ok(result.returncode == status, f"{what}: status {status}", f"{result.returncode}: {result.stdout}{result.stderr}")
    tap.ok(result.stderr.count("\n") == 1 and result.stderr.endswith("\n") and result.stderr.startswith("postern"), f"{what}: one line", result.stderr)
    missing = [word for word in words if word not in result.stderr]
    tap.ok(not missing, f"{what}: says what, and what to do", f"{missing} not in {result.stderr}")
    tap.ok(result.stdout == "", f"{what}: nothing is printed for programs", result.stdout)


def examined(tap, what, result, subject, *words):
    """postern doctor has a problem with the subject, and a remedy for it."""
    lines = result.stdout.splitlines()
    at = [i for i, line in enumerate(lines) if line.startswith(f"problem  {subject} ")]
    told = "\n".join(lines[at[0]:at[0] + 2]) if at else ""
    tap.note(told)
    tap.ok(result.returncode == 1 and bool(at), f"doctor, {what}: a problem", result.stdout + result.stderr)
    tap.ok("→" in told and all(word in told for word in words), f"doctor, {what}: with the remedy", told)


# ---------------------------------------------------------------- the command line


def test_commands(tap):
    with Home() as home:
        refused(tap, "an unknown command", home.postern("frobnicate"), USAGE, "frobnicate", "postern --help")
        refused(tap, "a command with an escape in it", home.postern("a\x1b[2Jb\nc"), USAGE, "\\033", "postern --help")
        refused(tap, "an unknown option", home.postern("grants", "--nonsense"), USAGE, "--nonsense", "postern grants --help")
        refused(tap, "an unknown option of run", home.postern("run", "--nonsense", "true"), USAGE, "--nonsense", "postern run --help")
        refused(tap, "no command", home.postern("run"), USAGE, "postern run --help")
        refused(tap, "an unknown access", home.postern("grant", "cat", home.path("Pictures"), "--access", "fly"), USAGE, "fly", "view, change or save")
        refused(tap, "a number that is none", home.postern("log", "-n", "x"), USAGE, "x", "postern log --help")
        refused(tap, "an application that nobody knows", home.postern("revoke", "nobody", home.path("Pictures")), 1, "nobody", "postern apps")
        refused(tap, "what cannot be granted", home.postern("grant", "cat", "/etc", "--access", "view"), 1, "your home")
        refused(tap, "an application's name that is a path", home.postern("run", "--app", "../../x", "true"), CANNOT, "name")
        refused(tap, "a display that is not there", home.postern("run", "--wayland=host", "true"), CANNOT, "Wayland")
        nothing = home.postern()
        tap.ok(nothing.returncode == USAGE and nothing.stdout == "" and "Usage" in nothing.stderr, "no command at all: the usage", nothing.stdout)


def test_program(tap):
    with Home() as home:
        plain = home.write("plain", "text\n")
        refused(tap, "a missing program", home.postern("run", "nothing-of-this-name"), NOT_FOUND, "nothing-of-this-name", "PATH")
        refused(tap, "a missing path", home.postern("run", "./nothing"), NOT_FOUND, "./nothing", "No such file")
        refused(tap, "a folder", home.postern("run", "/usr"), NOT_EXECUTABLE, "/usr", "directory")
        refused(tap, "a file that is no program", home.postern("run", plain), NOT_EXECUTABLE, "plain", "Permission denied", "chmod")


def test_profile(tap):
    with Home() as home:
        def run(name):
            return home.postern("run", "--profile", home.path(name), "true")

        def written(name, text):
            home.write(name, text)
            return run(name)

        refused(tap, "a missing profile", run("nothing"), USAGE, "nothing", "No such file")
        home.write("closed", "[Application]\n", mode=0)
        refused(tap, "an unreadable profile", run("closed"), USAGE, "closed", "Permission denied")
        refused(tap, "a folder as profile", run("Pictures"), USAGE, "Pictures", "not a regular file")
        os.mkfifo(home.path("pipe"))
        refused(tap, "a pipe as profile", run("pipe"), USAGE, "pipe", "not a regular file")
        refused(tap, "an unknown key", written("p", "[Application]\nNme=x\n"), USAGE, "p, line 2", "Nme")
        refused(tap, "an unknown section", written("p", "\n[Sandbox]\n"), USAGE, "p, line 2", "[Sandbox]", "[Application], [Files] or [Wants]")
        refused(tap, "a key before any section", written("p", "Name=x\n"), USAGE, "p, line 1", "Name=x")
        refused(tap, "a key twice", written("p", "[Application]\nName=x\n\nName=y\n"), USAGE, "p, line 4", "Name", "twice")
        refused(tap, "a NUL byte", written("p", "[Application]\nName=x\0y\n"), USAGE, "p, line 2", "NUL", "plain text")
        refused(tap, "no text", written("p", "[Application]\nName=\udcff\n"), USAGE, "p", "UTF-8")
        refused(tap, "an unknown access", written("p", "[Files]\nxdg:PICTURES=fly\n"), USAGE, "p, line 2", "xdg:PICTURES", "view, change, save")
        refused(tap, "a bad truth value", written("p", "[Application]\nStrict=perhaps\n"), USAGE, "p, line 2", "Strict")
        control = written("p", "[Application]\nName=Fine\n")
        tap.ok(control.returncode == 0, "control: a good profile is taken", control.stderr)


# ---------------------------------------------------------------- places


def test_home(tap):
    with Home() as home:
        def run(value):
            env = {key: text for key, text in home.env.items() if key != "HOME"}
            if value is not None:
                env["HOME"] = value
            return home.postern("run", "true", env=env)

        refused(tap, "no HOME", run(None), CANNOT, "HOME", "set it")
        refused(tap, "a relative HOME", run("home"), CANNOT, "HOME", "set it")
        refused(tap, "a HOME that is missing", run(home.path("nowhere")), CANNOT, "nowhere", "create it")
        refused(tap, "a file as HOME", run(home.write("file", "")), CANNOT, "file", "not a directory", "set it")
        refused(tap, "HOME=/", run("/"), CANNOT, "(/)", "set it")
        refused(tap, "HOME=/usr/share", run("/usr/share"), CANNOT, "/usr/share", "set it")
        refused(tap, "somebody else's home", run("/root"), CANNOT, "/root", "set it")
        tap.ok(not os.path.exists(os.path.join(home.runtime, "postern")), "and for none of that a broker was started", os.listdir(home.runtime))


def test_home_is_a_link(tap):
    with Home() as home:
        os.rename(home.home, home.home + ".real")
        os.symlink("home.real", home.home)
        home.write("Pictures/a", "a picture\n")
        home.grant(home.path("Pictures"), app="cat")
        result = home.run("cat", home.path("Pictures/a"), app=None)
        tap.ok(result.returncode == 0 and result.stdout == "a picture\n", "a HOME that is a link is used as it is", result.stderr)
        inside = home.sh('echo "$HOME"; touch "$HOME/.mine"')
        tap.ok(inside.stdout == home.home + "\n" and inside.stderr == "", "and is the same path inside", inside.stdout + inside.stderr)
        tap.ok(not os.path.lexists(home.path(".mine")), "and what an application writes there goes to its own home")


def test_runtime_directory(tap):
    with Home() as home:
        def run(value):
            env = {key: text for key, text in home.env.items() if key != "XDG_RUNTIME_DIR"}
            if value is not None:
                env["XDG_RUNTIME_DIR"] = value
            return home.postern("run", "true", env=env)

        refused(tap, "no XDG_RUNTIME_DIR", run(None), CANNOT, "XDG_RUNTIME_DIR", "set it")
        refused(tap, "a missing XDG_RUNTIME_DIR", run(home.path("nowhere")), CANNOT, "nowhere", "set it")
        refused(tap, "an XDG_RUNTIME_DIR of somebody else", run("/usr"), CANNOT, "/usr", "0700")
        os.mkdir(home.path("open"))
        os.chmod(home.path("open"), 0o777)
        refused(tap, "an XDG_RUNTIME_DIR that is open to all", run(home.path("open")), CANNOT, "open", "0700")


# ---------------------------------------------------------------- the machine


def test_control(tap):
    with Home() as home:
        result = home.postern("run", "echo", "it runs", preexec_fn=machine(no_change))
        tap.ok(result.stdout == "it runs\n", "control: in namespaces in which nothing was changed, it runs", result.stderr)
    with Home() as home:  # its broker talks to nobody from another user namespace
        doctor = home.postern("doctor", preexec_fn=machine(no_change))
        tap.ok(doctor.returncode == 0 and "problem" not in doctor.stdout.split("Postern can work here.")[0], "and doctor finds no problem", doctor.stdout)
        tap.ok(all(word in doctor.stdout for word in ("kernel", "user namespaces", "/dev/fuse", "ptrace", "gate", "broker", "grants", "agent")), "having looked at everything",
               doctor.stdout)


def test_root(tap):
    with Home() as home:
        as_root = machine(no_change, uid=0)
        refused(tap, "root", home.postern("run", "true", preexec_fn=as_root), CANNOT, "root", "start it as the user")
        for command in (["grants"], ["grant", "cat", home.path("Pictures"), "--access", "view"], ["ps"]):
            refused(tap, f"root, {command[0]}", home.postern(*command, preexec_fn=as_root), 1, "root", "start it as the user")
        examined(tap, "root", home.postern("doctor", preexec_fn=as_root), "user", "as the user")
        tap.ok(not os.path.exists(state(home)), "and nothing of root's is left in the home", os.listdir(home.home))


def test_no_user_namespaces(tap):
    with Home() as home:
        refused(tap, "no user namespaces", home.postern("run", "true", preexec_fn=machine(without_namespaces)), CANNOT, "user namespaces", "sysctl")
        examined(tap, "no user namespaces", home.postern("doctor", preexec_fn=machine(without_namespaces)), "user namespaces", "sysctl")


def test_no_agent(tap):
    """An installation that lacks a program."""
    with Home() as home:
        parts = os.path.join(home.root, "parts")
        for program in ("sandbox/postern", "broker/postern-broker", "fusefs/postern-fusefs", "prompt-ui/postern-agent-tty"):
            os.makedirs(os.path.join(parts, os.path.dirname(program)), exist_ok=True)
            shutil.copy(home.program(program), os.path.join(parts, program))
        prepare = machine(lambda: mount(parts, os.path.dirname(os.path.dirname(home.program("sandbox/postern"))), flags=MS_BIND))
        examined(tap, "no agent", home.postern("doctor", preexec_fn=prepare), "postern-agent", "Install Postern again")


def test_no_fuse(tap):
    with Home() as home:
        change = without_fuse(home)
        refused(tap, "no /dev/fuse", home.postern("run", "true", preexec_fn=machine(change)), CANNOT, "/dev/fuse", "modprobe fuse")
        examined(tap, "no /dev/fuse", home.postern("doctor", preexec_fn=machine(change)), "/dev/fuse", "modprobe fuse")
    with Home() as home:
        refused(tap, "a closed /dev/fuse", home.postern("run", "true", preexec_fn=machine(with_closed_fuse)), CANNOT, "/dev/fuse", "Permission denied", "chmod 666")
        examined(tap, "a closed /dev/fuse", home.postern("doctor", preexec_fn=machine(with_closed_fuse)), "/dev/fuse", "chmod 0666")


def test_no_space(tap):
    with Home() as home:
        prepare = machine(with_state(home, "size=4k"))
        refused(tap, "no space for the grants", home.postern("run", "true", preexec_fn=prepare), CANNOT, ".local/share/postern", "Make room")
    with Home() as home:
        # the grants and its log, the folder of the homes: the application's own is one too many
        prepare = machine(with_state(home, "nr_inodes=4"))
        refused(tap, "no space for the private home", home.postern("run", "true", preexec_fn=prepare), CANNOT, "private home", "Make room")
    with Home() as home:
        prepare = machine(with_state(home, flags=MS_RDONLY))
        refused(tap, "a state directory that cannot be written", home.postern("run", "true", preexec_fn=prepare), CANNOT, "grants.db", "Read-only file system", "until you can")


# ---------------------------------------------------------------- the grants


def end_broker(home):
    """As at a log-out: what is written then is whole."""
    for pid in home.processes("postern-broker"):
        os.kill(pid, 15)
    wait_until(lambda: not home.processes("postern-broker") and not home.processes("postern-guard"), "the broker does not end")


def contents(path):
    with open(path, "rb") as file:
        return file.read()


def spoil(tap, what, change, *words):
    with Home() as home:
        home.write("Pictures/a", "a picture\n")
        home.grant(home.path("Pictures"), app="cat")
        end_broker(home)
        database = os.path.join(state(home), "grants.db")
        shutil.copy(database, home.path("copy.db"))
        change(database)
        before = contents(database) if os.path.isfile(database) and os.access(database, os.R_OK) else None
        refused(tap, what, home.run("cat", home.path("Pictures/a"), app=None), CANNOT, "grants.db", *words)
        refused(tap, f"{what}, grants", home.postern("grants"), 1, "grants.db", *words)
        refused(tap, f"{what}, grant", home.postern("grant", "head", home.path("Pictures"), "--access", "view"), 1, "grants.db", *words)
        examined(tap, what, home.postern("doctor"), "grants", "put back a copy", "move it away")
        if before is not None:
            tap.ok(contents(database) == before, f"{what}: the file is as it was")
        end_broker(home)
        if os.path.isdir(database):
            os.rmdir(database)
        shutil.copy(home.path("copy.db"), home.path("copy"))
        os.rename(home.path("copy"), database)
        again = home.run("cat", home.path("Pictures/a"), app=None)
        tap.ok(again.stdout == "a picture\n", f"{what}: with a copy of it put back, nothing is lost", again.stderr)


def overwrite(offset, data, length=None):
    def change(path):
        with open(path, "r+b") as file:
            file.seek(offset)
            file.write(data)
            if length is not None:
                file.truncate(length)

    return change


def newer(path):
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 999")
    database.close()


def as_directory(path):
    os.unlink(path)
    os.mkdir(path)


def test_database(tap):
    spoil(tap, "a newer database", newer, "newer version", "left as it is")
    spoil(tap, "a damaged database", overwrite(4096, b"\xa5" * 4096), "damaged", "left as it is")
    spoil(tap, "a database that was cut", overwrite(0, b"", 5000), "malformed", "left as it is")
    spoil(tap, "something else instead of the database", overwrite(0, b"GIF89a; this is a picture" * 40, 1000), "left as it is")
    spoil(tap, "a database that may not be read", lambda path: os.chmod(path, 0), "Permission denied", "until you can")
    spoil(tap, "a folder instead of the database", as_directory, "Is a directory")


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
