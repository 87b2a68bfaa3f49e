#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: use the X server, the Wayland compositor, the session or system bus, the sound server, an ssh agent, CUPS, Docker: every socket that a desktop has, by its well-known path.

Known from: X11 as the hole of every early sandbox (any client reads every key); CVE-2017-9525-like bus escapes: StartTransientUnit on the user's
systemd; docker.sock.

Must fail because: /run, /tmp and the runtime directory are the sandbox's own and empty, but for the message buses' sockets, which are a filtering
proxy's (and not even these with --no-bus); the display is passed only with --x11=host or --wayland=host, with a warning.

Control: outside each socket made for the test answers; with --x11=host the X socket is there, and a line on standard error says so.
"""

import os
import socket
import subprocess
import sys

import harness

CONNECT = r"""
use Socket;
for my $path (@ARGV) {
  socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die;
  my $name = $path; $name =~ s/^@/\0/;
  print "$path ", (connect($s, pack_sockaddr_un($name)) ? "ANSWERS" : "no: $!"), "\n";
}
for my $d ("/tmp/.X11-unix", "/tmp/.ICE-unix", "/run/user", "/run", "/run/dbus", "/var/run") {
  opendir(my $h, $d) or next;
  print "$d: ", join(" ", grep { !/^\.\.?$/ } readdir $h), "\n";
}
"""


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        kept = []
        paths = []
        for name in ("bus", "wayland-0", "pulse/native", "pipewire-0", "gnupg/S.gpg-agent", "keyring/ssh", "systemd/private", "docker.sock", "at-spi/bus_0"):
            path = os.path.join(host.runtime, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            server.bind(path)
            server.listen(8)
            kept.append(server)
            paths.append(path)
        # an X server's two sockets, with a number nobody uses
        number = 2000 + os.getpid() % 5000
        os.makedirs("/tmp/.X11-unix", mode=0o1777, exist_ok=True)
        x_path = f"/tmp/.X11-unix/X{number}"
        for address in (x_path, "\0" + x_path):
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                server.bind(address)
            except OSError as error:
                tap.note(f"{address!r}: {error}")
                continue
            server.listen(8)
            kept.append(server)
        paths += [x_path, "@" + x_path]
        try:
            outside = subprocess.run(["/usr/bin/perl", "-e", CONNECT, *paths], stdout=subprocess.PIPE, text=True, check=False)
            tap.ok(outside.stdout.count("ANSWERS") >= len(paths) - 1, "control: outside they answer", outside.stdout)
            environment = {"DISPLAY": f":{number}", "WAYLAND_DISPLAY": "wayland-0", "DBUS_SESSION_BUS_ADDRESS": f"unix:path={host.runtime}/bus", "PULSE_SERVER": f"unix:{host.runtime}/pulse/native"}
            well_known = ["/run/dbus/system_bus_socket", "/run/cups/cups.sock", "/run/docker.sock", "/run/systemd/private", "/run/systemd/journal/socket", "/run/systemd/resolve/io.systemd.Resolve",
                          "/run/acpid.socket", "/run/snapd.socket", "/var/run/avahi-daemon/socket", "/run/pcscd/pcscd.comm", f"/run/user/{os.getuid()}/bus", "/run/nscd/socket"]
            result = host.run("/usr/bin/perl", "-e", CONNECT, *paths, *well_known, env=environment, options=["--no-bus"])
            tap.ok("no:" in result.stdout, "control: the program runs inside", result.stdout + result.stderr)
            for line in result.stdout.splitlines():
                if " no: " in line or "ANSWERS" in line:
                    tap.ok("ANSWERS" not in line, f"{line.split()[0].replace(str(number), 'N')} does not answer inside", line)
                else:
                    tap.note(line)
            result = host.sh('env | grep -E "^(DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|DBUS_)"; echo end', env=environment, options=["--no-bus"])
            # "disabled:" tells D-Bus libraries not to look for one
            left = [line for line in result.stdout.splitlines() if line not in ("DBUS_SESSION_BUS_ADDRESS=disabled:", "end")]
            tap.ok("end" in result.stdout and not left, "no address of a display or bus in the environment", result.stdout)
            inside = f"/run/user/{os.getuid()}/bus"
            result = host.run("/usr/bin/perl", "-e", CONNECT, *paths, *well_known, env=environment)
            answers = {line.split()[0] for line in result.stdout.splitlines() if "ANSWERS" in line}
            tap.ok(answers <= {inside, "/run/dbus/system_bus_socket"}, "with the message buses only the proxy answers", result.stdout)
            result = host.sh('ls -A "$XDG_RUNTIME_DIR" /run; env | grep ^DBUS_', env=environment)
            tap.ok(f"DBUS_SESSION_BUS_ADDRESS=unix:path={inside}" in result.stdout and host.runtime not in result.stdout, "and no address of the host's is told", result.stdout)
            result = host.run("/usr/bin/perl", "-e", CONNECT, x_path, env=environment, options=["--x11=host"])
            tap.ok("ANSWERS" in result.stdout, "control: with --x11=host the X socket answers", result.stdout + result.stderr)
            tap.ok(result.stderr.strip() != "", "and a line on standard error warns", result.stderr)
            result = host.run("/usr/bin/perl", "-e", CONNECT, *paths[:-2], env=environment, options=["--x11=host", "--no-bus"])
            tap.ok("ANSWERS" not in result.stdout, "--x11=host lets in nothing else", result.stdout)
        finally:
            for server in kept:
                server.close()
            if os.path.exists(x_path):
                os.unlink(x_path)
    tap.done()


sys.exit(main())
