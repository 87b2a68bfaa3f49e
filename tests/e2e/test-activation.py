# SPDX-License-Identifier: GPL-3.0-or-later
"""How desktops start the broker: by its name on the session bus, and by its socket as systemd hands it over; and that it is one and the same."""
import os
import socket
import subprocess
import sys

from desk import BUS_CONFIG
from postern_e2e import HERE, Home, run_tests, wait_until

LIMIT = 20
DATA = os.path.join(HERE, "..", "..", "data")


def ask_on_bus(address):
    return subprocess.run(["gdbus", "call", "--address", address, "--dest", "org.postern.Broker1", "--object-path", "/org/postern/Broker1", "--method",
                           "org.postern.Control1.GetStatus"], capture_output=True, text=True, timeout=LIMIT)


def installed(home, name):
    """A file of data/, as it is installed, for the programs of this build."""
    with open(os.path.join(DATA, name), encoding="utf-8") as file:
        return file.read().replace("@libexecdir@", os.path.dirname(home.program("broker/postern-broker")))


def start_bus(home):
    config = os.path.join(home.root, "bus.conf")
    with open(config, "x", encoding="ascii") as file:
        file.write(BUS_CONFIG.format(root=home.root))
    bus = subprocess.Popen(["dbus-daemon", "--config-file", config, "--nofork", "--print-address=1"], env=home.env, cwd="/", stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    home.children.append(bus)
    home.env["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
    return home.env["DBUS_SESSION_BUS_ADDRESS"]


def test_bus(tap):
    with Home(display=None) as home:
        services = os.path.join(home.root, "services")
        os.mkdir(services)
        with open(os.path.join(services, "org.postern.Broker1.service"), "x", encoding="utf-8") as file:
            file.write(installed(home, "org.postern.Broker1.service.in"))
        address = start_bus(home)
        asked = ask_on_bus(address)
        tap.ok(asked.returncode == 0 and "database" in asked.stdout, "a call to its name starts the broker", asked.stdout + asked.stderr)
        tap.ok(len(home.processes("postern-broker")) == 1, "one", home.processes("postern-broker"))
        path = home.write("Pictures/a", "a picture\n")
        home.grant(home.path("Pictures"), app="cat")
        result = home.run("cat", path, app=None)
        tap.ok(result.stdout == "a picture\n", "it serves the command line and launches as well", result.stderr)
        tap.ok(len(home.processes("postern-broker")) == 1, "and is still the only one", home.processes("postern-broker"))


def test_bus_after_launch(tap):
    with Home(display=None) as home:
        os.mkdir(os.path.join(home.root, "services"))
        address = start_bus(home)
        home.postern("apps")
        wait_until(lambda: ask_on_bus(address).returncode == 0, "the broker does not take its name")
        tap.ok(True, "a broker that a command has started takes the name")


def test_socket(tap):
    with Home(display=None) as home:
        unit = installed(home, "postern-broker.socket")
        path = os.path.join(home.runtime, "postern", "broker")
        tap.ok("ListenSequentialPacket=%t/postern/broker\n" in unit, "the unit's socket is the one that Postern looks for", unit)
        os.makedirs(os.path.dirname(path), 0o700)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(path)
        os.chmod(path, 0o600)
        listener.listen(64)
        command = next(line for line in installed(home, "postern-broker.service.in").splitlines() if line.startswith("ExecStart=")).partition("=")[2]

        # as sd_listen_fds(3) has it
        script = 'exec 3<&"$1"; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$2"'
        broker = subprocess.Popen(["/bin/bash", "-c", script, "bash", str(listener.fileno()), command], env=home.env, cwd="/", pass_fds=[listener.fileno()],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        home.children.append(broker)
        listener.close()
        picture = home.write("Pictures/a", "a picture\n")
        home.grant(home.path("Pictures"), app="cat")
        tap.ok(home.run("cat", picture, app=None).stdout == "a picture\n", "a broker that was handed its socket serves")
        tap.ok(home.processes("postern-broker") == [broker.pid] and not home.processes("postern-guard"), "and no other was started", home.processes("postern-broker"))


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
