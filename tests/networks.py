"""Machines in a network of their own, all inside this one (Linux).

Each is a network namespace, joined to the others by a virtual switch. Nothing in them
reaches the network outside.
"""

import ipaddress
import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from conftest import refuse

# Not on the PATH of everybody.
IP = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
CLASSMATE = Path(__file__).parent / "classmate.py"
# Prints its own number, and holds the namespace until our end of its input is closed.
HOLDER = ["sh", "-c", "echo $$; exec cat"]


class Network:
    """A switch; `machine()` plugs one more in. Ends with the `with` block."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            refuse("Only Linux has network namespaces.")
        if not IP:
            refuse("There is no ip. Debian, Ubuntu: sudo apt install iproute2")
        self.rights = rights()
        self.stack = ExitStack()
        self.count = 0

    def __enter__(self) -> "Network":
        new_user = ["-r"] if self.rights == "user" else []
        self.switch = self.hold(["unshare", *new_user, "-n", *HOLDER])
        self.ip(self.switch, "link add br0 type bridge")
        self.ip(self.switch, "link set br0 up")
        return self

    def __exit__(self, *_) -> None:
        self.stack.close()

    def hold(self, command: list[str]) -> int:
        """Start a process that holds a namespace; return its number."""
        holder = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.stack.callback(holder.communicate)  # closes its input: it ends
        return int(holder.stdout.readline())

    def enter(self, holder: int) -> list[str]:
        """Return what runs a command in a namespace, as root there."""
        words = ["nsenter", "-t", str(holder), "-n"]
        return words + ["-U", "--preserve-credentials"] * (self.rights == "user")

    def ip(self, holder: int, words: str) -> None:
        """Run `ip` in a namespace."""
        subprocess.run([*self.enter(holder), IP, *words.split()], check=True)

    def machine(self, interface: str = "wlan0") -> "Machine":
        """Plug in one more machine."""
        self.count += 1
        holder = self.hold([*self.enter(self.switch), "unshare", "-n", *HOLDER])
        address = f"10.77.0.{self.count}"
        port = f"port{self.count}"
        self.ip(
            self.switch,
            f"link add {port} type veth peer name {interface} netns {holder}",
        )
        self.ip(self.switch, f"link set {port} master br0 up")
        self.ip(holder, "link set lo up")
        self.ip(holder, f"addr add {address}/24 dev {interface}")
        self.ip(holder, f"link set {interface} up")
        return Machine(self, holder, address, interface)


class Machine:
    """One machine of the network."""

    def __init__(
        self, network: Network, holder: int, address: str, interface: str
    ) -> None:
        self.network = network
        self.holder = holder
        self.address = address
        self.interface = interface

    def command(self, *words: str, **env: str) -> list[str]:
        """Return the command that runs a program on this machine."""
        assigned = [f"{name}={value}" for name, value in env.items()]
        return [*self.network.enter(self.holder), "env", *assigned, *words]

    def plug(self, *, is_in: bool) -> None:
        """Plug it in, or take it out of the network."""
        what = "up" if is_in else "down"
        self.network.ip(self.holder, f"link set {self.interface} {what}")

    def listening(self) -> set[tuple[str, int]]:
        """Return address and port of every socket that listens on this machine."""
        lines = subprocess.run(
            [
                *self.network.enter(self.holder),
                "cat",
                "/proc/net/tcp",
                "/proc/net/tcp6",
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        return {
            place(line.split()[1])
            for line in lines
            if len(line.split()) > 3 and line.split()[3] == "0A"
        }


def rights() -> str:
    """Return how this user makes namespaces: as "root", or as "user" of its own."""
    if os.geteuid() == 0:
        return "root"
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        refuse("This user may not make network namespaces; .ci/run allows it.")
    return "user"


def place(written: str) -> tuple[str, int]:
    """Return address and port as /proc/net writes them, such as 0100007F:1F90."""
    address, _, port = written.partition(":")
    if len(address) == 8:
        numbers = bytes.fromhex(address)[::-1]
        return ".".join(map(str, numbers)), int(port, 16)
    words = [bytes.fromhex(address[i : i + 8])[::-1] for i in range(0, 32, 8)]
    return f"[{ipaddress.ip_address(b''.join(words))}]", int(port, 16)


class Classmate:
    """A student at one of the machines: classmate.py, asked line by line."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        command = machine.command(sys.executable, str(CLASSMATE))
        self.popen = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> "Classmate":
        return self

    def __exit__(self, *_) -> None:
        self.popen.communicate()

    def __call__(self, do: str, *words: str):
        """Let them do something; return what comes of it."""
        self.popen.stdin.write(json.dumps([do, *words]) + "\n")
        self.popen.stdin.flush()
        return json.loads(self.popen.stdout.readline())
