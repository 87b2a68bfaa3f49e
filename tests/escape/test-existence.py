#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: find out which files there are without being allowed to see any: by the error (EACCES or ENOENT), or by the time that the answer takes, for a dictionary of names; before the question is
answered, while it stands on the screen of somebody who went for coffee, and after it was refused.

Known from: CVE-2021-30782-like existence oracles of macOS's sandbox; access(2) as an oracle in every chroot with set-id helpers; flatpak's document portal issue 3.

Must fail because: what lies in a closed door waits for the one question, whether it is there or not, and is refused alike. (At the top of Home a name that does not exist is ENOENT at once: programs look
for too many there. That each name that does exist costs a question is what is promised.)

Control: outside the two are told apart.
"""

import os
import subprocess

import harness

NAMES = ["diagnosis.pdf", "divorce", "tax-2025.ods", "not-there.pdf", "neither", "nor-this.ods"]
THERE = NAMES[:3]

PROBE = r"""
use POSIX ":sys_wait_h"; use Errno; use Time::HiRes qw(time sleep);
my ($dir, @names) = @ARGV;
my %pid;
for my $n (@names) {
  pipe(my $r, my $w);
  my $p = fork();
  if (!$p) { my @s = stat("$dir/$n"); syswrite($w, @s ? "there" : $!{ENOENT} ? "absent" : $!{EACCES} ? "refused" : "$!"); POSIX::_exit(0); }
  close $w; $pid{$n} = [$p, $r];
}
my $end = time + 1.5;
my %answer;
while (time < $end && keys %answer < @names) {
  for my $n (@names) { next if $answer{$n}; if (waitpid($pid{$n}[0], WNOHANG) > 0) { sysread($pid{$n}[1], $answer{$n}, 99); } }
  sleep 0.01;
}
print "$_=", $answer{$_} || "waits", "\n" for @names;
$| = 1; print "first\n";
<STDIN>;
for my $n (@names) { my @s = stat("$dir/$n"); print "$n=", (@s ? "there" : $!{ENOENT} ? "absent" : $!{EACCES} ? "refused" : "$!"), "\n"; }
print "second\n";
kill 9, $pid{$_}[0] for @names;
"""


def read_until(child, word):
    answers = {}
    for line in child.stdout:
        if line.strip() == word:
            break
        name, _, answer = line.strip().partition("=")
        answers[name] = answer
    return answers


def told_apart(answers):
    return {answers.get(name) for name in THERE} != {answers.get(name) for name in NAMES if name not in THERE}


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        for name in THERE:
            host.write(f"Documents/{name}", "SECRET\n")
        outside = subprocess.run(["/usr/bin/perl", "-e", PROBE, host.path("Documents"), *NAMES], input="\n", stdout=subprocess.PIPE, text=True, check=False)
        answers = dict(line.split("=", 1) for line in outside.stdout.splitlines() if "=" in line)
        tap.ok(told_apart(answers), "control: outside, what is there and what is not are told apart", str(answers))

        agent = host.agent()
        child = host.start("/usr/bin/perl", "-e", PROBE, host.path("Documents"), *NAMES, app="probe")
        question = agent.next_question()
        tap.ok(question is not None, "control: there is a question")
        answers = read_until(child, "first")
        tap.ok(len(answers) == len(NAMES) and not told_apart(answers), "while the question stands unanswered, they are not told apart", str(answers))
        if question is not None:
            agent.answer(question, "deny", scope=0)
        child.stdin.write("\n")
        child.stdin.flush()
        child.stdin = None
        answers = read_until(child, "second")
        tap.ok(len(answers) == len(NAMES) and not told_apart(answers), "nor after it was refused", str(answers))
        harness.finish(child, agent)
        agent.process.kill()
        agent.process.wait()

        # nobody to ask
        child = host.start("/usr/bin/perl", "-e", PROBE, host.path("Documents"), *NAMES, app="nobody")
        answers = read_until(child, "first")
        tap.ok(not told_apart(answers), "nor when nobody can be asked", str(answers))
        child.stdin.close()
        child.stdin = None
        child.communicate(timeout=harness.LIMIT)

        # denied for good, and hidden
        for answer in ("deny", "hide"):
            result = host.postern("grant", answer, host.path("Documents"), "--access", "view", "--answer", answer)
            if result.returncode != 0:
                result = host.postern("grant", answer, host.path("Documents"), "--access", "view", f"--{answer}")
            if result.returncode != 0:
                tap.note(f"no rule to {answer} by command: {result.stderr}")
                continue
            child = host.start("/usr/bin/perl", "-e", PROBE, host.path("Documents"), *NAMES, app=answer)
            answers = read_until(child, "first")
            tap.ok(len(answers) == len(NAMES) and not told_apart(answers), f"nor with a rule that says {answer}", str(answers))
            child.stdin.close()
            child.stdin = None
            child.communicate(timeout=harness.LIMIT)
    tap.done()


main()
