# SPDX-License-Identifier: GPL-3.0-or-later
"""Small programs that the tests run inside, on the system's own Python (its text is passed with -c): the sandbox needs no file of ours."""

# Does what each line of its input says, and answers with a line: "ok …" or the number of the error.
SERVANT = r"""
import os, socket, sys
held = {}
def do(words):
    what, path = words[0], words[1]
    if what == "read":
        with open(path, "rb") as f: return "ok %d" % len(f.read())
    if what == "list":
        return "ok " + " ".join(sorted(os.listdir(path)))
    if what == "stat":
        return "ok %d" % os.stat(path).st_size
    if what == "write":
        with open(path, "wb") as f: f.write(words[2].encode())
        return "ok"
    if what == "hold":
        held[path] = open(path, "rb"); return "ok"
    if what == "held":
        return "ok %d" % len(os.pread(held[path].fileno(), 1000, 0))
    if what == "append":
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(fd, (words[2] + "\n").encode()); os.fsync(fd)
        finally: os.close(fd)
        return "ok"
    if what == "nonsense":
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path); s.sendall(b"nonsense"); return "ok %d" % len(s.recv(1))
print("ready", flush=True)
for line in sys.stdin:
    try: answer = do(line.rstrip("\n").split("\t"))
    except OSError as e: answer = str(e.errno)
    print(answer, flush=True)
"""

# Appends numbered lines for as long as it lives, and says each number when it is on the disk.
WRITER = r"""
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
n = 0
while True:
    os.write(fd, (b"line %08d " % n).ljust(99, b".") + b"\n")
    os.fsync(fd)
    print(n, flush=True)
    n += 1
"""

# A hundred threads open a hundred files, all at once.
CROWD = r"""
import sys, threading
gate = threading.Barrier(100)
results = []
def work(i):
    gate.wait()
    try:
        with open("%s/file-%02d" % (sys.argv[1], i)) as f: results.append(f.read() == "content %d\n" % i)
    except OSError as e: results.append(e.errno)
threads = [threading.Thread(target=work, args=(i,)) for i in range(100)]
for t in threads: t.start()
for t in threads: t.join()
print(results.count(True), set(results) - {True})
"""


class Servant:
    """A SERVANT in a sandbox of `home`."""

    def __init__(self, home, app="org.example.Servant", options=(), **more):
        self.process = home.start("/usr/bin/python3", "-c", SERVANT, app=app, options=options, bufsize=1, **more)
        self.pid = self.process.pid  # the supervisor
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("the application did not start: " + self.process.stderr.read())

    def send(self, *words):
        self.process.stdin.write("\t".join(words) + "\n")
        self.process.stdin.flush()

    def answer(self):
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, *words):
        self.send(*words)
        return self.answer()

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)
