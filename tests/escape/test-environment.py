#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attack: read what the person's environment gives away: tokens and passwords, sockets of agents and buses, the path of the X cookie.

Known from: flatpak's and Docker's environment leaks; CI tokens stolen by a dependency's install script; SSH_AUTH_SOCK as the classic.

Must fail because: the environment is composed of names on a list; addresses of services are set only when the service is there.

Control: outside all are there; inside HOME, PATH, LANG, TERM and USER are set.
"""

import os
import subprocess

import harness

SECRETS = {
    "SSH_AUTH_SOCK": "/run/user/1000/SECRET-agent",
    "SSH_AGENT_PID": "4711SECRET",
    "GPG_AGENT_INFO": "SECRET:0:1",
    "AWS_SECRET_ACCESS_KEY": "SECRET",
    "GITHUB_TOKEN": "SECRET",
    "OPENAI_API_KEY": "SECRET",
    "NPM_TOKEN": "SECRET",
    "DATABASE_URL": "postgres://u:SECRET@h/d",
    "REDIS_CONNECTION": "rediss://:SECRET@h:1/0",
    "SOME_PAT": "SECRET",
    "DEPLOY_KEY": "SECRET",
    "PGPASSWORD": "SECRET",
    "SUDO_ASKPASS": "SECRET",
    "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/SECRET",
    "XAUTHORITY": "/run/SECRET",
    "ICEAUTHORITY": "/run/SECRET",
    "SESSION_MANAGER": "local/SECRET",
    "KRB5CCNAME": "KEYRING:SECRET",
    "DOCKER_HOST": "unix:///SECRET",
    "WAYLAND_DISPLAY": "wayland-SECRET",
    "WAYLAND_SOCKET": "77SECRET",
    "PULSE_SERVER": "unix:/SECRET",
    "PIPEWIRE_REMOTE": "SECRET",
    "I3SOCK": "/run/SECRET",
    "SWAYSOCK": "/run/SECRET",
    "TMUX": "/tmp/SECRET,1,0",
    "STY": "SECRET",
    "VSCODE_IPC_HOOK_CLI": "/run/SECRET",
    "GNOME_KEYRING_CONTROL": "/run/SECRET",
    "LD_PRELOAD": "/SECRET.so",
    "LD_LIBRARY_PATH": "/SECRET",
    "http_proxy": "http://u:SECRET@proxy:1",
    "MAIL": "/var/mail/SECRET",
    "OLDPWD": "/home/SECRET",
}


def main():
    harness.become_ordinary_user()
    tap = harness.Tap()
    with harness.Host() as host:
        outside = subprocess.run(["/usr/bin/env"], env={**host.env, **SECRETS, "LD_PRELOAD": ""}, stdout=subprocess.PIPE, text=True, check=True)
        tap.ok(outside.stdout.count("SECRET") >= len(SECRETS) - 1, "control: outside they are there")
        for label, environment in (("all at once", SECRETS),):
            # LD_PRELOAD would be obeyed by postern itself: its loader's complaint is not the sandbox's doing
            environment = {key: value for key, value in environment.items() if key not in ("LD_PRELOAD", "LD_LIBRARY_PATH")}
            result = host.run("/usr/bin/env", env=environment)
            for name in environment:
                lines = [line for line in result.stdout.splitlines() if line.startswith(name + "=")]
                tap.ok(not any("SECRET" in line for line in lines), f"{label}: {name} is not inside", str(lines))
            left = [line for line in result.stdout.splitlines() if "SECRET" in line]
            tap.ok(not left, f"{label}: nothing else carries it", str(left))
            for name in ("HOME", "PATH", "LANG", "USER"):
                tap.ok(any(line.startswith(name + "=") for line in result.stdout.splitlines()), f"control: {name} is set inside", result.stdout)
            result = host.sh("cat /proc/self/environ /proc/1/environ /proc/*/environ 2>/dev/null | tr '\\0' '\\n'", env=environment)
            tap.ok("SECRET" not in result.stdout, f"{label}: nor in any /proc/PID/environ", result.stdout)
            # where it lies in memory: the stack that exec made holds the new environment only
            result = host.sh("cat /proc/1/cmdline | tr '\\0' ' '; cat /proc/self/cmdline | tr '\\0' ' '", env=environment)
            tap.ok("SECRET" not in result.stdout, f"{label}: nor in a command line", result.stdout)
    tap.done()


main()
