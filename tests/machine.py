"""A server without Docker, as far as a test can have one: deploy/install runs on it.

Everything that ships runs as it is: the scripts, the units' commands, Caddy, nginx. What
belongs to the machine has a stand-in: apt, users, and systemd, which starts the units as
plain processes. The machine's ports are free ones, not 80 and 443.
"""

import datetime
import ipaddress
import json
import os
import re
import shlex
import socketserver
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from conftest import STEPS, refuse
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from people import PATIENCE, Chat, log_in
from websockets.sync.client import connect

from course import compare, servers
from course.lessons import serving_in_a_thread
from course.processes import Process, free_port, is_listening
from course.servers import HOST, Server

STEP = STEPS[-1]

# What belongs to the machine, and not to the chat.
STAND_INS = {
    "apt-get": "exit 0",
    "useradd": "exit 0",
    "chown": "exit 0",
    "chgrp": "exit 0",
    "ss": "exit 0",
    # Root, and a user `chat` that isn't there yet.
    "id": '[ "$1" = -u ] && echo 0',
    "runuser": 'shift 3; exec "$@"',
    # An environment that has all packages already.
    "python3": """
        if [ "$1 $2" = "-m venv" ]; then
          mkdir -p "$3/bin"
          printf '#!/bin/sh\\nexec {python} "$@"\\n' >"$3/bin/python"
          printf '#!/bin/sh\\nexec {python} -m daphne "$@"\\n' >"$3/bin/daphne"
          printf '#!/bin/sh\\n' >"$3/bin/pip"
          chmod +x "$3"/bin/*
        else
          exec {python} "$@"
        fi
    """,
}

SYSTEMCTL = """#!{python}
import json, socket, sys
systemd = socket.socket(socket.AF_UNIX)
systemd.connect({socket!r})
systemd.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n")
answer = systemd.makefile().read()
sys.exit(answer or 0)
"""


class Systemd:
    """What `systemctl` does, for the units in one folder: their commands as processes."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = env
        self.running: dict[str, Process] = {}
        self.calls: list[list[str]] = []
        # From when to when a unit's process was ending, by time.monotonic().
        self.endings: list[tuple[float, float]] = []

    def do(self, verb: str, *words: str) -> None:
        """Do what one call of `systemctl` asks for."""
        self.calls.append([verb, *words])
        names = [word for word in words if not word.startswith("-")]
        if verb in ("restart", "reload-or-restart"):
            for name in names:
                if verb.startswith("reload") and name in self.running:
                    self.reload(name)
                else:
                    self.restart(name)
        else:
            assert verb in ("daemon-reload", "enable", "disable"), verb

    def restart(self, name: str) -> None:
        """Stop a unit's process, if it runs, and start it."""
        if name in self.running:
            self.end(name)
        unit, env = self.unit(name)
        process = Process(
            name,
            self.command(unit["ExecStart"][0]),
            Path(unit.get("WorkingDirectory", ["/"])[0]),
            self.folder / f"{name}.log",
            env,
        )
        process.__enter__()
        self.running[name] = process

    def end(self, name: str) -> None:
        """Stop a unit's process, and return when all that it has started is gone."""
        began = time.monotonic()
        process = self.running.pop(name)
        process.stop()
        while any(group == process.pid for group in groups()):
            time.sleep(0.05)
        self.endings.append((began, time.monotonic()))

    def reload(self, name: str) -> None:
        """Run the command with which a unit rereads its configuration."""
        unit, env = self.unit(name)
        command = self.command(unit["ExecReload"][0])
        subprocess.run(command, env=os.environ | env, check=True)

    def unit(self, name: str) -> tuple[dict[str, list[str]], dict[str, str]]:
        """Return the lines of a unit file, by their keys, and its environment."""
        stem, _, instance = name.partition("@")
        file = self.folder / f"{stem}{'@' if instance else ''}.service"
        unit: dict[str, list[str]] = {}
        for line in file.read_text().replace("%i", instance).splitlines():
            if line and line[0] not in "#[":
                key, _, value = line.partition("=")
                unit.setdefault(key, []).append(value)
        lines = [*unit.get("Environment", [])]
        for path in unit.get("EnvironmentFile", []):
            lines += Path(path).read_text().splitlines()
        pairs = [word.partition("=") for line in lines for word in shlex.split(line)]
        return unit, {key: value for key, _, value in pairs} | self.env

    def command(self, line: str) -> list[str]:
        """Return a command; root's nginx would not let its workers be root too."""
        if os.getuid() == 0:
            line = line.replace('"daemon off;"', '"daemon off; user root;"')
        return shlex.split(line)

    def stop(self) -> None:
        """Stop everything."""
        for process in self.running.values():
            process.stop()


def groups() -> Iterator[int]:
    """Return the process group of each process of this machine that has not ended."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
            if state != "Z":
                yield int(group)


@contextmanager
def answering(systemd: Systemd, socket: Path) -> Iterator[None]:
    """Let calls of the stand-in for `systemctl` reach the units."""

    class Call(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                systemd.do(*json.loads(self.rfile.readline()))
            except Exception as problem:
                self.wfile.write(f"systemctl: {problem!r}".encode())

    with (
        socketserver.UnixStreamServer(str(socket), Call) as server,
        serving_in_a_thread(server),
    ):
        yield


@dataclass
class Machine:
    """A machine, and the chat on it."""

    folder: Path
    env: dict[str, str]
    systemd: Systemd
    https_port: int
    http_port: int
    front_port: int
    ports: list[int]
    tls: ssl.SSLContext
    chat: "SecureChat" = None

    @property
    def origin(self) -> str:
        """Where browsers find the chat."""
        return f"https://localhost:{self.https_port}"

    def run(self, script: str, *arguments: str, **env: str):
        """Run a script of deploy/, as a person does who has the repository there."""
        command = ["bash", f"deploy/{script}", *arguments]
        return subprocess.run(
            command,
            cwd=self.folder / "source",
            env=self.env | env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def log(self, unit: str) -> str:
        """Return what the journal would hold of a unit."""
        return (self.folder / "units" / f"{unit}.log").read_text("utf-8", "replace")


class SecureChat(Chat):
    """The chat behind TLS; its people verify the certificate."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(Server(STEP, machine.https_port, None))
        self.home = machine.origin
        self.tls = machine.tls
        # One thread reads the socket while another sends the WebSocket handshake, and an
        # OpenSSL connection isn't safe for that. With TLS 1.3, session tickets arrive at
        # this moment; then the handshake is sometimes never sent. So sockets use TLS 1.2.
        self.tls_of_sockets = trusting(machine.folder / "certificate.pem")
        self.tls_of_sockets.maximum_version = ssl.TLSVersion.TLSv1_2

    def visitor(self, address: str = HOST) -> httpx.Client:
        """Return an HTTP client that nobody has logged in with, at an address of its own."""
        return self.stack.enter_context(
            httpx.Client(
                base_url=self.home,
                headers={"Origin": self.home},
                transport=httpx.HTTPTransport(
                    verify=self.tls, local_address=address, trust_env=False
                ),
                timeout=PATIENCE,
                trust_env=False,
            )
        )

    def browser_of(self, name: str) -> httpx.Client:
        """Return an HTTP client in which somebody is logged in."""
        client = self.visitor()
        log_in(client, name)
        return client

    def open_socket(self, path: str, headers: dict[str, str] | None = None):
        """Open a WebSocket over TLS."""
        socket = connect(
            self.home.replace("https", "wss") + path,
            origin=self.home,
            ssl=self.tls_of_sockets,
            additional_headers=headers,
            proxy=None,
            max_queue=None,
        )
        return self.stack.enter_context(socket)


@contextmanager
def new_machine(folder: Path, redis_url: str, postgres_url: str) -> Iterator[Machine]:
    """Prepare a machine on which nothing is installed yet."""
    for program in ("/usr/sbin/nginx", "/usr/bin/caddy"):
        if not os.access(program, os.X_OK):
            refuse(
                f"There is no {program}. Debian, Ubuntu: sudo apt install nginx caddy"
            )
    source, units, programs = (folder / name for name in ("source", "units", "bin"))
    compare.copy(STEP, source)
    units.mkdir()
    socket = Path(f"/tmp/systemd-{os.getpid()}-{free_port()}")  # its path must be short
    stand_ins(programs, socket)
    first = free_port(5)
    https_port, http_port, front_port, *ports = range(first, first + 5)
    change_ports(source / "deploy/systemd", front_port, ports)
    place = urlsplit(postgres_url)
    env = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CHAT_HOME": str(folder / "chat"),
        "CHAT_ETC": str(folder / "etc"),
        "CHAT_UNITS": str(units),
        "REDIS_URL": redis_url,
        "PGHOST": place.hostname,
        "PGPORT": str(place.port),
        "PGUSER": place.username,
        "PGDATABASE": "postgres",
    }
    of_units = {
        "HTTP_PORT": str(http_port),
        "FRONT": f"{HOST}:{front_port}",
        "XDG_DATA_HOME": str(folder / "caddy"),
        "XDG_CONFIG_HOME": str(folder / "caddy"),
    }
    keys = {key: env[key] for key in ("PGHOST", "PGPORT", "PGUSER")}
    systemd = Systemd(units, of_units | keys)
    tls = make_certificate(folder)
    machine = Machine(
        folder, env, systemd, https_port, http_port, front_port, ports, tls
    )
    subprocess.run(["dropdb", "--force", "--if-exists", "chat"], env=env, check=True)
    with ExitStack() as stack:
        stack.callback(socket.unlink, missing_ok=True)
        stack.enter_context(answering(systemd, socket))
        stack.callback(systemd.stop)
        machine.chat = stack.enter_context(SecureChat(machine))
        yield machine


def stand_ins(programs: Path, socket: Path) -> None:
    """Write the programs that stand in for those of the machine."""
    programs.mkdir()
    for name, text in STAND_INS.items():
        text = text.replace("{python}", shlex.quote(sys.executable))
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
    call = SYSTEMCTL.format(python=sys.executable, socket=str(socket))
    (programs / "systemctl").write_text(call)
    for program in programs.iterdir():
        program.chmod(0o755)


def change_ports(place: Path, front_port: int, ports: list[int]) -> None:
    """Write free ports into the files that say what differs from place to place."""
    for name, old, new in (
        ("listen.conf", "8080", front_port),
        ("upstream.conf", "8001", ports[0]),
        ("upstream.conf", "8002", ports[1]),
    ):
        text = (place / name).read_text()
        assert re.search(rf":{old}\b", text)
        (place / name).write_text(re.sub(rf":{old}\b", f":{new}", text))


def make_certificate(folder: Path) -> ssl.SSLContext:
    """Make a certificate for this machine; return what trusts it and nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))]
    now = datetime.datetime.now(datetime.UTC)
    usage = dict.fromkeys(
        ["content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
        + ["crl_sign", "encipher_only", "decipher_only"],
        False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage),
            critical=True,
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return trusting(folder / "certificate.pem")


def trusting(certificate: Path) -> ssl.SSLContext:
    """Return what trusts a certificate and nothing else."""
    return ssl.create_default_context(cafile=certificate)


def install(machine: Machine) -> str:
    """Install the chat as the page says, with people to try it; return what it prints."""
    files = [str(machine.folder / name) for name in ("certificate.pem", "key.pem")]
    result = machine.run("install", f"localhost:{machine.https_port}", *files)
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    caddy = machine.systemd.running["chat-caddy"]
    caddy.wait_until(lambda: is_listening(machine.https_port))
    # `demo` refuses to work on a public server, and its people are what tests log in as.
    lines = (machine.folder / "etc/chat.env").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if not line.startswith("#"))
    env = dict(pairs) | {"DEBUG": "1"}
    servers.manage(machine.folder / "chat/current", machine.env | env, "demo")
    return result.stdout
