#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: an application whose profile lets it build sandboxes of its own (a browser) is root in a user namespace of its own: it takes away the mounts that cover something, mounts what it likes,
and keeps a mount namespace in which a grant was there when it is revoked.

Known from: CVE-2021-41133, CVE-2022-0185; mounts revealed by a nested namespace were CVE-2014-5207's and CVE-2013-1956's.

Must fail because: mounts that come from a more privileged namespace are locked together; there is nothing of the host below them anyway; and a revocation reaches every nested namespace.

Control: the nested namespace can be made with such a profile, mounts of its own work there, and what is granted can be read there.
"""

import os

import harness

REVEAL = r"""
unshare --user --map-root-user --mount /bin/sh -c '
  mount -t tmpfs own /var/tmp && echo own-mount
  for m in "$HOME/.config" "$HOME/Pictures" "$HOME" /proc /dev/pts /etc/passwd /usr /; do umount -l "$m" 2>/dev/null && echo "uncovered $m"; done
  mount -o remount,rw,bind /usr 2>/dev/null && touch /usr/postern-escape 2>/dev/null && echo "usr writable"
  mount -o remount,rw,bind "$HOME/Pictures" 2>/dev/null; echo planted >"$HOME/Pictures/planted" 2>/dev/null && echo "view writable"
  mkdir /var/tmp/all; mount --rbind / /var/tmp/all 2>/dev/null && cat "/var/tmp/all$1" 2>/dev/null
  cat "$1" 2>/dev/null; ls -a "$(dirname "$1")" 2>/dev/null
  mkdir /var/tmp/o /var/tmp/u /var/tmp/w 2>/dev/null; mount -t overlay o -o "lowerdir=$HOME/Pictures,upperdir=/var/tmp/u,workdir=/var/tmp/w" /var/tmp/o 2>/dev/null; cat /var/tmp/o/../secret 2>/dev/null
  cat "$HOME/Pictures/photo"
  echo ran' sh "$1"
"""

HOLD = r"""
unshare --user --map-root-user --mount --propagation unchanged /bin/sh -c 'cat "$1"; echo ready; read go; cat "$1" 2>/dev/null; ls "$(dirname "$1")" 2>/dev/null; echo done' sh "$1" &
wait
"""


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        secret = host.write("Documents/hidden/secret", "SECRET of the host\n")
        host.write("Documents/hidden/neighbour-name", "x")
        host.write("Pictures/photo", "a picture\n")
        profile = os.path.join(host.root, "nested.profile")
        with open(profile, "w", encoding="utf-8") as file:
            file.write("[Application]\nNestedNamespaces=true\n")
        options = ["--profile", profile]
        host.grant(host.path("Pictures"), "view")
        plain = host.sh("unshare --user true && echo made")
        tap.ok("made" not in plain.stdout, "without the profile there is no nested namespace", plain.stdout)
        made = host.sh("unshare --user true && echo made", options=options)
        tap.ok("made" in made.stdout, "control: with it there is", made.stdout + made.stderr)
        result = host.sh(REVEAL, secret, options=options)
        tap.ok("own-mount" in result.stdout and "ran" in result.stdout and "a picture" in result.stdout, "control: mounts of its own work, and what is granted is read", result.stdout + result.stderr)
        tap.ok("uncovered" not in result.stdout, "no mount of the sandbox can be taken away", result.stdout)
        tap.ok("writable" not in result.stdout and not os.path.exists(host.path("Pictures/planted")), "what is read-only stays so", result.stdout)
        tap.ok("SECRET" not in result.stdout and "neighbour-name" not in result.stdout, "nothing ungranted is revealed", result.stdout)

        # a namespace from before the revocation, with the mount in it
        child = host.start("/bin/sh", "-c", 'exec 3<&0; ' + HOLD.replace("read go;", "read go <&3;"), "sh", host.path("Pictures/photo"), options=options)
        lines = []
        for line in child.stdout:
            lines.append(line)
            if line == "ready\n":
                break
        tap.ok("a picture\n" in lines, "control: in the nested namespace the granted file is read", lines)
        revoked = host.postern("revoke", harness.APP, host.path("Pictures"))
        tap.ok(revoked.returncode == 0, "control: the grant is revoked", revoked.stderr)
        out, err = child.communicate("go\n", timeout=harness.LIMIT)
        tap.ok("done" in out, "control: the process in the nested namespace goes on", out + err)
        tap.ok("a picture" not in out and "photo" not in out, "after the revocation it reads nothing, neither the file nor its name", out)
    tap.done()


main()
