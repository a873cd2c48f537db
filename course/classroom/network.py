"""This machine's addresses on its networks, and the choice of one for the class."""

import ipaddress
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from course.errors import CourseError

LOOPBACK = "127.0.0.1"

# What a network is, by the name that the system gives it. The first that fits counts.
KINDS = [
    (re.compile(r"docker|^br-|^veth(?!ernet)|podman|^cni", re.I), "Docker"),
    (
        re.compile(
            r"vmnet|vboxnet|virtualbox|vmware|vethernet|hyper-v|wsl|^virbr", re.I
        ),
        "virtual machines",
    ),
    (
        re.compile(r"^(tun|tap|wg|utun|ppp|ipsec|zt)\d*|tailscale|vpn|wireguard", re.I),
        "VPN",
    ),
]

SHARING = """\
What sharing means: until Ctrl-C, everybody in this network can reach the lessons, the
five chats and the page for phones{redis}
Use a network that you trust, and type no secrets into the chats. The desk answers only
on this machine."""

FIREWALLS = {
    "win32": (
        "In PowerShell as administrator (the network must be of the private profile):\n"
        '  New-NetFirewallRule -DisplayName "Real-time Django class" -Profile Private'
        " -Direction Inbound -Action Allow -Protocol TCP -LocalPort {first}-{last},{redis}\n"
        "Afterwards:\n"
        '  Remove-NetFirewallRule -DisplayName "Real-time Django class"'
    ),
    "darwin": (
        "macOS asks whether Python may accept incoming connections: answer Allow.\n"
        "If it didn't ask: System Settings, Network, Firewall, Options, and add\n"
        "  {python}"
    ),
    "linux": (
        "With ufw:       sudo ufw allow proto tcp from {network} to any"
        " port {first}:{last},{redis}\n"
        "  afterwards:   sudo ufw delete allow proto tcp from {network} to any"
        " port {first}:{last},{redis}\n"
        "With firewalld: sudo firewall-cmd --add-port={first}-{last}/tcp"
        " --add-port={redis}/tcp\n"
        "                (until the next restart)"
    ),
}

NO_NETWORK = (
    "This machine is in no network, so nobody can join. The class starts on this machine\n"
    "only, for the projector. To let phones join, connect to the room's network (or make\n"
    "a hotspot with a phone), then start the class again."
)

NOBODY_YET = (
    "Nobody has joined yet. On a phone, open {url}. If the page never loads, this network"
    " keeps its guests apart (guest networks often do), or the firewall of this machine"
    " is closed. Use the hotspot of a phone or laptop, or a cable and a router."
)


@dataclass(frozen=True)
class Address:
    """One IPv4 address of this machine, in one of its networks."""

    ip: str
    interface: str
    prefix: int = 24

    @property
    def network(self) -> str:
        """The network, such as 192.168.1.0/24."""
        return str(ipaddress.ip_network(f"{self.ip}/{self.prefix}", strict=False))

    @property
    def kind(self) -> str:
        """What the network is, if it isn't the room's: Docker, a VPN; else empty."""
        return next((kind for name, kind in KINDS if name.search(self.interface)), "")

    @property
    def is_public(self) -> bool:
        """Tell whether the whole internet may reach this address."""
        return ipaddress.ip_address(self.ip).is_global

    def __str__(self) -> str:
        """Return the address with what a person should know about it."""
        notes = [self.interface]
        if self.kind:
            notes.append(f"{self.kind}: phones cannot reach it")
        if self.is_public:
            notes.append("a public address: the internet may reach it")
        return f"{self.ip}  ({'; '.join(notes)})"


def addresses() -> list[Address]:
    """Return this machine's addresses in networks: the likely ones first."""
    is_up = {name: stats.isup for name, stats in psutil.net_if_stats().items()}
    found = []
    for interface, entries in psutil.net_if_addrs().items():
        for entry in entries:
            if entry.family.name == "AF_INET" and is_up.get(interface, True):
                ip = ipaddress.ip_address(entry.address)
                if not (ip.is_loopback or ip.is_link_local):
                    mask = entry.netmask or "255.255.255.0"
                    prefix = ipaddress.ip_network(f"0.0.0.0/{mask}").prefixlen
                    found.append(Address(entry.address, interface, prefix))
    return sorted(found, key=lambda one: (bool(one.kind), one.is_public))


def choose(
    found: list[Address],
    wanted: str | None,
    ask: Callable[[str], str] | None,
) -> Address | None:
    """Return the address for the class; None if this machine is in no network.

    `wanted` is what was typed after --address; `ask` asks a person, where there is one.
    """
    if wanted == LOOPBACK:
        return None
    if wanted:
        for one in found:
            if wanted in (one.ip, one.interface):
                return one
        raise CourseError(
            f"This machine has no address {wanted}. It has:\n{listed(found) or '  none'}"
        )
    # The network of the room, and no other: nothing to ask.
    sure = [one for one in found if not (one.kind or one.is_public)]
    if len(sure) == 1:
        return sure[0]
    if not found:
        return None
    if ask is None:
        raise CourseError(
            "This machine has several addresses, or none that is surely the room's:\n"
            f"{listed(found)}\n"
            "Choose one: python3 -m course class --address "
            f"{found[0].ip}"
        )
    return asked(found, ask)


def asked(found: list[Address], ask: Callable[[str], str]) -> Address:
    """Return the address that a person chooses."""
    lines = "\n".join(f"  {number}  {one}" for number, one in enumerate(found, 1))
    question = f"Which network is the room's?\n{lines}\nType its number [1]: "
    while True:
        typed = ask(question).strip() or "1"
        if typed.isdecimal() and 1 <= int(typed) <= len(found):
            return found[int(typed) - 1]
        question = f"Type a number from 1 to {len(found)}: "


def listed(found: list[Address]) -> str:
    """Return the addresses, a line each."""
    return "\n".join(f"  {one}" for one in found)


def firewall(address: Address, first: int, last: int, redis: int) -> str:
    """Return what opens this system's firewall for the class, if phones can't connect."""
    words = FIREWALLS.get(sys.platform, FIREWALLS["linux"])
    return words.format(
        network=address.network,
        first=first,
        last=last,
        redis=redis,
        python=sys.executable,
    )
