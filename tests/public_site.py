"""The last step as a public site: several processes, a real nginx, a real PostgreSQL."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from conftest import STEPS, refuse
from people import Chat

from course import compare, redis_server, servers
from course.processes import Process, free_port, is_listening
from course.servers import HOST, Server

STEP = STEPS[-1]


@dataclass
class Site:
    """The running site: nginx in front, two server processes behind it."""

    chat: Chat
    processes: list[Process]
    ports: list[int]
    origin: str
    folder: Path
    env: dict[str, str]
    ended: set[int] = field(default_factory=set)

    def end(self, index: int, how: signal.Signals) -> None:
        """End a server process: SIGTERM asks it to, SIGKILL does not."""
        self.ended.add(index)
        self.processes[index].popen.send_signal(how)

    def start_again(self, index: int) -> None:
        """Start a server process that was ended, at the port where it was."""
        self.processes[index].stop()
        self.processes[index].__enter__()
        self.wait_for(index)
        self.ended.discard(index)

    def wait_for(self, index: int) -> None:
        """Return once a server process answers."""
        address = f"http://{HOST}:{self.ports[index]}/healthz/live"
        self.processes[index].wait_until(lambda: servers.answers(address))


@contextmanager
def running_site(
    folder: Path, redis_url: str, *, server: str = "daphne", **env: str
) -> Iterator[Site]:
    """Start the site with the very files of deploy/; the Redis is there already."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        refuse("There is no nginx. Debian, Ubuntu: sudo apt install nginx")
    site = folder / "site"
    compare.copy(STEP, site)
    front_port = free_port(3)
    ports = [front_port + 1, front_port + 2]
    origin = f"http://{HOST}:{front_port}"
    env = {
        "DEBUG": "0",
        "SECRET_KEY": "long-enough-and-with-many-characters-0123456789-abcdef",
        "ORIGINS": origin,
        "REDIS_URL": redis_url,
        **env,
    }
    servers.manage(site, env, "migrate", "--verbosity=0")
    servers.manage(site, env, "collectstatic", "--noinput")
    servers.manage(site, env | {"DEBUG": "1"}, "demo")
    command_at = {"daphne": daphne, "uvicorn": uvicorn}[server]
    with ExitStack() as stack:
        processes = [
            Process(str(port), command_at(site, port), site, folder / str(port), env)
            for port in ports
        ]
        for process in processes:
            stack.enter_context(process)
        front = stack.enter_context(start_nginx(nginx, site, front_port, ports))
        chat = stack.enter_context(Chat(Server(STEP, front_port, front)))
        running = Site(chat, processes, ports, origin, site, env)
        for index in range(len(ports)):
            running.wait_for(index)
        front.wait_until(lambda: is_listening(front_port))
        yield running


def daphne(folder: Path, port: int) -> list[str]:
    """Return the command of the Dockerfile, for this machine and this port."""
    line = re.search(
        r"^CMD (\[.*\])$", (folder / "deploy/Dockerfile").read_text(), re.M
    )
    command = json.loads(line[1])
    command[command.index("0.0.0.0")] = HOST
    command[command.index("8000")] = str(port)
    return [sys.executable, "-m", *command]


def uvicorn(folder: Path, port: int) -> list[str]:
    """Return the other command that the Dockerfile names."""
    line = re.search(
        r"^# *CMD (\[.*\])$", (folder / "deploy/Dockerfile").read_text(), re.M
    )
    command = json.loads(line[1])
    command[command.index("0.0.0.0")] = HOST
    command[command.index("8000")] = str(port)
    return [sys.executable, "-m", *command]


def start_nginx(nginx: str, folder: Path, port: int, ports: list[int]) -> Process:
    """Start nginx with our nginx.conf, and what differs from place to place."""
    here = folder / "deploy"
    upstreams = "".join(f"server {HOST}:{port} max_fails=0;" for port in ports)
    (here / "upstream.conf").write_text(f"upstream chat {{ least_conn; {upstreams} }}")
    (here / "listen.conf").write_text(f"listen {HOST}:{port};")
    (here / "static").symlink_to(folder / "staticfiles")
    settings = "daemon off;"
    if os.getuid() == 0:
        settings += " user root;"
    command = [
        nginx,
        "-p",
        f"{here}/",
        "-c",
        "nginx.conf",
        "-e",
        "stderr",
        "-g",
        settings,
    ]
    return Process("nginx", command, here, folder.parent / "nginx.log")


@contextmanager
def running_postgres(folder: Path, logs: Path) -> Iterator[Process]:
    """Start a PostgreSQL of our own; its address is `process.url`."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = str(programs[-1]) if programs else shutil.which("initdb")
    if initdb is None:
        refuse("There is no PostgreSQL. Debian, Ubuntu: sudo apt install postgresql")
    as_user = []
    if os.getuid() == 0:  # PostgreSQL does not run as root
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres")
    data, port = folder / "data", free_port()
    command = [*as_user, initdb, "-D", str(data), "-U", "chat", "-A", "trust"]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    server = [*as_user, str(Path(initdb).with_name("postgres")), "-D", str(data)]
    server += ["-p", str(port), "-h", HOST, "-k", ""]
    log = logs / "postgres.log"
    with Process("PostgreSQL", server, folder, log) as process:
        process.url = f"postgres://chat@{HOST}:{port}/postgres"
        process.wait_until(lambda: answers(process.url))
        yield process


def answers(url: str) -> bool:
    """Tell whether a database takes connections; it listens before it does."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def redis_of_our_own(folder: Path) -> Iterator[Process]:
    """Start a Redis that a scene may stop and start; its address is `process.url`."""
    with redis_server.process(folder) as process:
        yield process
