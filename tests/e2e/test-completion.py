# SPDX-License-Identifier: GPL-3.0-or-later
"""Completion as people have it: bash and zsh on a terminal, the Tab key, and what then stands on the line and what was offered."""
import os
import select
import shutil
import subprocess
import sys
import termios
import time

from postern_e2e import HERE, Home, run_tests

LIMIT = 20
COMPLETIONS = os.path.join(HERE, "..", "..", "data", "completions")
COMMANDS = {"run", "apps", "grants", "grant", "revoke", "why", "export", "import", "ps", "log", "allow", "settings", "doctor"}
APPS = {"org.example.Alpha", "org.example.Beta"}

# Each says in the pipe: what is offered, a line each; at ^T the line as it stands, and that it is the end.
BASH = r"""
PS1='> '
HISTFILE=
{more}
source {completions}/postern.bash
offered() {{ _postern "$@"; printf 'offer %s\n' "${{COMPREPLY[@]}}" >&9; }}
exec 9>{pipe}
complete -F offered postern
bind -x '"\C-t": printf "line %s\nend\n" "$READLINE_LINE" >&9'
bind 'set show-all-if-ambiguous off'
bind 'set bell-style none'
bind 'set completion-query-items 0'
printf 'end\n' >&9
"""

ZSH = r"""
PS1='> '
LISTMAX=100000
unsetopt beep
fpath=({completions} $fpath)
autoload -Uz compinit
compinit -D -u
exec 9>{pipe}
compadd() {{
  local -a hits
  if [[ ${{@[1,(i)(-|--)]}} != *-(O|A|D)* ]]; then
    builtin compadd -O hits "$@"
    (( $#hits )) && print -rl -- "offer "${{^hits}} >&9
  fi
  builtin compadd "$@"
}}
tell() {{ print -r -- "line $BUFFER" >&9; print end >&9 }}
zle -N tell
bindkey -e
bindkey '^T' tell
print end >&9
"""


class Shell:
    def __init__(self, home, command, setup):
        self.pipe = os.path.join(home.root, "told")
        if not os.path.exists(self.pipe):
            os.mkfifo(self.pipe)
        self.told = os.open(self.pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.pending = b""
        self.screen = b""
        script = os.path.join(home.root, "setup")
        with open(script, "w", encoding="utf-8") as file:
            file.write(setup)
        self.master, slave = os.openpty()
        termios.tcsetwinsize(slave, (50, 200))
        env = {**home.env, "TERM": "dumb", "INPUTRC": "/dev/null", "PATH": os.path.join(home.root, "bin") + ":" + home.env["PATH"]}
        self.process = subprocess.Popen(command, env=env, cwd=home.home, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        home.children.append(self.process)
        self.type(f"source {script}\r")
        self.answer()

    def type(self, text):
        os.write(self.master, text.encode())

    def answer(self):
        """The lines up to the next "end"; what the shell writes to its terminal meanwhile is taken, lest it wait."""
        end = time.monotonic() + LIMIT
        while b"end\n" not in self.pending:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"the shell does not answer; its screen: {self.screen[-600:]!r}")
            # without a writer yet, the pipe would be readable at once
            for fd in select.select([self.told, self.master], [], [], min(left, 0.05))[0]:
                try:
                    data = os.read(fd, 65536)
                except OSError:
                    continue
                if fd == self.told:
                    self.pending += data
                else:
                    self.screen += data
        lines, _end, self.pending = self.pending.partition(b"end\n")
        return lines.decode(errors="replace").splitlines()

    def tab(self, line):
        """Tab at the end of the line: (the line then, what was offered)."""
        self.type("\x15" + line + "\t\x14")
        told = self.answer()
        offers = {text[6:].strip() for text in told if text.startswith("offer ")} - {""}
        return next(text[5:] for text in told if text.startswith("line ")), offers

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.told)


def prepare(home):
    os.mkdir(os.path.join(home.root, "bin"))
    os.symlink(home.program("sandbox/postern"), os.path.join(home.root, "bin", "postern"))
    with open(os.path.join(home.root, "bin", "a-tool-of-mine"), "x", encoding="ascii") as file:
        os.chmod(file.fileno(), 0o755)
    home.write("profile-of-mine", "")
    for app in APPS:
        home.run("true", app=app)


def common(tap, shell, name):
    def completes(typed, wanted):
        line, offers = shell.tab(typed)
        tap.ok(line == wanted, f"{name}: {typed}⇥", f"{line!r}, not {wanted!r}; offered: {sorted(offers)}")

    def offers(typed, wanted, exact=True):
        line, found = shell.tab(typed)
        tap.ok(found == wanted if exact else wanted <= found, f"{name}: {typed}⇥ offers what there is", f"{sorted(found)}; the line: {line!r}")

    offers("postern ", COMMANDS, exact=False)
    completes("postern gra", "postern grant")
    completes("postern rev", "postern revoke ")
    completes("postern doc", "postern doctor ")
    for command in ("grants", "grant", "revoke", "why", "log"):
        offers(f"postern {command} ", APPS, exact=False)
    completes("postern grants org.example.A", "postern grants org.example.Alpha ")
    completes("postern grants --js", "postern grants --json ")
    completes("postern apps --js", "postern apps --json ")
    completes("postern revoke org.example.Alpha --al", "postern revoke org.example.Alpha --all ")
    completes("postern why org.example.Alpha Pict", "postern why org.example.Alpha Pictures/")
    completes("postern grant org.example.Beta Docum", "postern grant org.example.Beta Documents/")
    completes("postern grant org.example.Beta xdg:PIC", "postern grant org.example.Beta xdg:PICTURES ")
    completes("postern grant org.example.Beta xd", "postern grant org.example.Beta xdg:")
    offers("postern grant org.example.Beta xdg:", {"PICTURES", "DOCUMENTS"} if "bash" in name else {"xdg:PICTURES", "xdg:DOCUMENTS"}, exact=False)
    completes("postern why org.example.Beta xdg:DOC", "postern why org.example.Beta xdg:DOCUMENTS ")
    completes("postern grant org.example.Beta xdg:PICTURES --acc", "postern grant org.example.Beta xdg:PICTURES --access" + ("=" if name == "zsh" else " "))
    completes("postern grant org.example.Beta Pictures --access ch", "postern grant org.example.Beta Pictures --access change ")
    completes("postern grant org.example.Beta Pictures --access=ch", "postern grant org.example.Beta Pictures --access=change ")
    offers("postern grant org.example.Beta Pictures --for ", {"once", "session", "always", "7d"}, exact=False)
    offers("postern grant org.example.Beta Pictures --answer ", {"allow", "deny", "hide", "private", "ask"}, exact=False)
    completes("postern run --str", "postern run --strict ")
    completes("postern run --app org.example.B", "postern run --app org.example.Beta ")
    completes("postern run --app=org.example.B", "postern run --app=org.example.Beta ")
    completes("postern run --profile profile-of", "postern run --profile profile-of-mine ")
    completes("postern run --x11=ho", "postern run --x11=host ")
    completes("postern run --strict a-tool-o", "postern run --strict a-tool-of-mine ")
    completes("postern run -- a-tool-o", "postern run -- a-tool-of-mine ")
    completes("postern run cat Docum", "postern run cat Documents/")
    completes("postern run -- cat profile-of", "postern run -- cat profile-of-mine ")
    completes("postern nonsense Docu", "postern nonsense Docu")


def test_bash(tap):
    with Home(display=None) as home:
        prepare(home)
        shell = Shell(home, ["bash", "--norc", "--noprofile", "-i"], BASH.format(completions=COMPLETIONS, pipe=os.path.join(home.root, "told"), more=""))
        common(tap, shell, "bash")
        shell.close()


def test_bash_with_its_completions(tap):
    """On most desktops the package bash-completion is there, and changes how words are cut."""
    package = "/usr/share/bash-completion/bash_completion"
    if not os.path.exists(package):
        tap.skip("bash-completion", "it is not installed")
        return
    with Home(display=None) as home:
        prepare(home)
        shell = Shell(home, ["bash", "--norc", "--noprofile", "-i"], BASH.format(completions=COMPLETIONS, pipe=os.path.join(home.root, "told"), more="source " + package))
        common(tap, shell, "bash-completion")
        shell.close()


def test_zsh(tap):
    if shutil.which("zsh") is None:
        tap.skip("zsh", "it is not installed")
        return
    with Home(display=None) as home:
        prepare(home)
        shell = Shell(home, ["zsh", "-f", "-i"], ZSH.format(completions=COMPLETIONS, pipe=os.path.join(home.root, "told")))
        common(tap, shell, "zsh")
        shell.close()


def test_nothing_is_started(tap):
    """Whoever presses Tab has not asked for a broker."""
    with Home(display=None) as home:
        os.mkdir(os.path.join(home.root, "bin"))
        os.symlink(home.program("sandbox/postern"), os.path.join(home.root, "bin", "postern"))
        shell = Shell(home, ["bash", "--norc", "--noprofile", "-i"], BASH.format(completions=COMPLETIONS, pipe=os.path.join(home.root, "told"), more=""))
        line, offers = shell.tab("postern grants ")
        tap.ok(offers == set() and line == "postern grants ", "without a broker nothing is offered", (line, offers))
        tap.ok(not os.path.exists(os.path.join(home.runtime, "postern")), "and none is started")
        shell.close()


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
