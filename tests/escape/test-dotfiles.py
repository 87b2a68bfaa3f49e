#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: reach what is protected by another name: ~/.bashrc is a link to ~/dotfiles/bashrc, ~/.config/autostart to ~/dotfiles/autostart, as many people keep them, and ~/dotfiles is granted for
change; or a folder that every application may ask for (~/Pictures) is a link to ~/.ssh.

Known from: the symlink farms of stow and chezmoi against every path-based rule (AppArmor's, snapd's home interface, macOS's protected folders).

Must fail because: the protected set is resolved, and where its members really lie is protected too; the real path of what is asked for is looked at before it is offered.

Control: other files of ~/dotfiles can be changed by the same grant.
"""

import os

import harness


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        host.write("dotfiles/bashrc", "the person's own\n")
        host.write("dotfiles/autostart/own.desktop", "the person's own\n")
        host.write("dotfiles/notes", "notes\n")
        os.symlink("dotfiles/bashrc", host.path(".bashrc"))
        os.makedirs(host.path(".config"))
        os.symlink(host.path("dotfiles/autostart"), host.path(".config/autostart"))
        host.grant(host.path("dotfiles"), "change")
        result = host.sh('echo more >>"$1/notes" && cat "$1/notes"', host.path("dotfiles"))
        tap.ok("more" in result.stdout, "control: another file of the folder can be changed", result.stdout + result.stderr)
        result = host.sh('cat "$1/bashrc" "$1/autostart/own.desktop"; echo evil >>"$1/bashrc"; echo evil >"$1/autostart/evil.desktop"; rm -f "$1/bashrc"; mv "$1/notes" "$1/bashrc"; '
                         'mv "$1/autostart" "$1/elsewhere"; ln -f "$1/notes" "$1/bashrc"; echo ran', host.path("dotfiles"))
        tap.ok("ran" in result.stdout and "own" not in result.stdout, "the real start-up files cannot be read by the grant", result.stdout)
        with open(host.path("dotfiles/bashrc"), encoding="utf-8") as file:
            tap.ok(file.read() == "the person's own\n", "nor changed")
        tap.ok(os.listdir(host.path("dotfiles/autostart")) == ["own.desktop"] and not os.path.exists(host.path("dotfiles/elsewhere")), "nor anything put beside them", os.listdir(host.path("dotfiles")))

    with harness.Host() as host:
        host.write(".ssh/id_rsa", "SECRET key\n")
        os.rmdir(host.path("Pictures"))
        os.symlink(".ssh", host.path("Pictures"))
        agent = host.agent()
        child = host.start("cat", host.path("Pictures/id_rsa"), stdin=None)
        question = agent.next_question(3)
        if question is None:
            tap.ok(True, "a folder that leads to keys is not offered at all")
        else:
            tap.ok(question["warning"] != "" and ".ssh" in str(question), "a folder that leads to keys is offered with a warning that says so", str(question))
            agent.answer(question, "deny")
        out, err = harness.finish(child, agent)
        tap.ok("SECRET" not in out, "and nothing is read without consent", out)
        # a grant from before it was a link is a grant of what was there then
        os.unlink(host.path("Pictures"))
        host.write("Pictures/photo", "a picture\n")
        host.grant(host.path("Pictures"), app="before")
        os.rename(host.path("Pictures"), host.path("Elsewhere"))
        os.symlink(".ssh", host.path("Pictures"))
        child = host.start("cat", host.path("Pictures/id_rsa"), app="before", stdin=None)
        out, err = harness.finish(child, agent)
        tap.ok("SECRET" not in out, "a folder that has become a link since it was granted gives nothing", out + err)
    tap.done()


main()
