"""What the page about Redis as a service shows, on Redis servers of our own."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import quote

import redis
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from course import redis_server
from course.processes import free_port, is_listening
from course.servers import HOST
from tools.record.laid import laid
from tools.record.scenes import output
from tools.record.stage import MissingProgram, Show, Stage
from tools.record.terminal import Terminal

RECIPE = "redis-as-a-service"
# A cluster node also listens on its port plus 10,000. That must stay below 32,768: from
# there on, an outgoing connection may hold the port, even for a minute after it ends.
NODE_PORTS = range(20_000, 22_700)
PASSWORD = "p@ss/w#rd?"
QUOTED = quote(PASSWORD, safe="")
CERTIFICATE = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
CERTIFICATE += ["-subj", "/CN=redis", "-addext", f"subjectAltName=IP:{HOST}"]
CERTIFICATE += ["-keyout", "key.pem", "-out", "ca.pem"]
TO_PUBSUB = "sed -i s/core.RedisChannelLayer/pubsub.RedisPubSubChannelLayer/"
USERS = (
    "user default on nopass ~* &* +@all\n"
    "user nozadd on >secret ~* &* +@all -@dangerous -zadd\n"
    "user noblock on >secret ~* &* +@all -@dangerous -@blocking\n"
)


@output("redis-tls")
def tls(stage: Stage) -> str:
    """A certificate of an unknown CA: without the CA, and with it."""
    if shutil.which("openssl") is None:
        raise MissingProgram("There is no openssl.")
    with laid(stage, RECIPE) as show:
        subprocess.run(CERTIFICATE, cwd=show.folder, check=True, capture_output=True)
        port = free_port()
        options = ["--tls-port", str(port), "--tls-auth-clients", "no"]
        for name, file in (("cert", "ca"), ("key", "key"), ("ca-cert", "ca")):
            options += [f"--tls-{name}-file", str(show.folder / f"{file}.pem")]
        with redis_of_our_own(stage, *options, "--requirepass", "secret"):
            show.natural.ports[port] = 6380
            url = f"rediss://:secret@{HOST}:{port}"
            text = "\n\n".join(
                tried(stage, show, f"{url}{query}")
                for query in ("", "?ssl_ca_certs=ca.pem")
            )
            return re.sub(r"_ssl\.c:\d+", "_ssl.c:1006", text)


@output("redis-password")
def password(stage: Stage) -> str:
    """A password with special characters: as it is, and quoted."""
    with (
        laid(stage, RECIPE) as show,
        redis_of_our_own(stage, "--requirepass", PASSWORD) as port,
    ):
        show.natural.ports[port] = 6379
        code = f"import urllib.parse; print(urllib.parse.quote({PASSWORD!r}, safe=''))"
        typed = f'python -c "{code}"'
        with terminal(stage, show, typed, ["-c", code]) as quoting:
            quoted = quoting.to_the_end().text()
        return "\n\n".join(
            [
                tried(stage, show, f"redis://:{PASSWORD}@{HOST}:{port}", "check"),
                quoted,
                tried(stage, show, f"redis://:{QUOTED}@{HOST}:{port}"),
            ]
        )


@output("redis-acl-500")
def no_zadd(stage: Stage) -> str:
    """A user that passes the check, and fails at the handshake."""
    with users(stage) as (show, port):
        return served_as("nozadd", stage, show, port, fails=InvalidStatus)


@output("redis-acl-1011")
def no_blocking(stage: Stage) -> str:
    """A user that passes the check and the handshake."""
    with users(stage) as (show, port):
        return served_as("noblock", stage, show, port, fails=ConnectionClosed)


@output("redis-acl-try")
def named(stage: Stage) -> str:
    """What the recipe's command says about both."""
    with users(stage) as (show, port):
        return "\n\n".join(
            tried(stage, show, f"redis://{user}:secret@{HOST}:{port}")
            for user in ("nozadd", "noblock")
        )


@output("redis-cluster", varies=True)
def cluster(stage: Stage) -> str:
    """Two nodes of a Redis Cluster: the default layer, a database, and Pub/Sub."""
    with laid(stage, RECIPE) as show, nodes(stage) as ports:
        for index, port in enumerate(ports):
            show.natural.ports[port] = 6379 + index
        url = f"redis://{HOST}:{ports[0]}"
        texts = [tried(stage, show, url, "check")]
        moved = ""
        while "group_add failed: MovedError" not in moved:  # half of all groups
            moved = tried(stage, show, url, first=False)
        texts += [moved, tried(stage, show, f"{url}/4")]
        settings = show.folder / "config" / "settings.py"
        text = settings.read_text("utf-8")
        pubsub = text.replace(
            "core.RedisChannelLayer", "pubsub.RedisPubSubChannelLayer"
        )
        settings.write_text(pubsub, "utf-8")
        texts.append(f"$ {TO_PUBSUB} config/settings.py\n{tried(stage, show, url)}")
        return "\n\n".join(texts)


@contextlib.contextmanager
def redis_of_our_own(
    stage: Stage, *options: str, port: int | None = None
) -> Iterator[int]:
    """Run a Redis with these options; give its port."""
    program = redis_server.real_program()
    if program is None:
        raise MissingProgram("There is no Redis. Debian, Ubuntu: apt install redis")
    logs = stage.folder / "redis"
    with redis_server.process(logs, program, *options, port=port) as server:
        yield int(server.url.rpartition(":")[2])


@contextlib.contextmanager
def users(stage: Stage) -> Iterator[tuple[Show, int]]:
    """Run a Redis with two users that lack a right each."""
    with laid(stage, RECIPE) as show:
        file = show.folder / "users.acl"
        file.write_text(USERS, "utf-8")
        with redis_of_our_own(stage, "--aclfile", str(file)) as port:
            show.natural.ports[port] = 6379
            yield show, port


@contextlib.contextmanager
def nodes(stage: Stage) -> Iterator[list[int]]:
    """Run a cluster of two nodes; give their ports."""
    with contextlib.ExitStack() as stack:
        ports = []
        for _ in range(2):
            port = free_port(among=NODE_PORTS)
            file = stage.folder / f"nodes-{port}.conf"
            options = ["--cluster-enabled", "yes", "--cluster-config-file", str(file)]
            node = redis_of_our_own(stage, *options, port=port)
            ports.append(stack.enter_context(node))
        clients = [redis.Redis(port=port) for port in ports]
        for client, slots in zip(clients, [(0, 8191), (8192, 16383)], strict=True):
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", *slots)
        clients[0].execute_command("CLUSTER", "MEET", HOST, ports[1])
        give_up = time.monotonic() + 30
        while not all(is_ready(client) for client in clients):
            assert time.monotonic() < give_up
            time.sleep(0.1)
        yield ports


def is_ready(client: redis.Redis) -> bool:
    """Tell whether a node knows all slots."""
    info = str(client.execute_command("CLUSTER", "INFO"))
    return "'ok'" in info or "cluster_state:ok" in info


def tried(
    stage: Stage, show: Show, url: str, command: str = "try_layer", first: bool = True
) -> str:
    """Set REDIS_URL and type a management command; return what it prints."""
    setting = f"$ export REDIS_URL='{show.natural(url)}'\n" if first else ""
    typed = f"python manage.py {command}"
    with terminal(stage, show, typed, ["manage.py", command], REDIS_URL=url) as one:
        return setting + one.to_the_end().text()


def terminal(
    stage: Stage, show: Show, typed: str, words: list[str], **env: str
) -> Terminal:
    """Type a Python command in the folder of the step."""
    command = [sys.executable, *words]
    return Terminal(typed, command, show.folder, show.natural, stage.log(), env)


def served_as(
    user: str, stage: Stage, show: Show, port: int, fails: type[Exception]
) -> str:
    """Serve the step as a user of Redis; return the check, and what the server logs."""
    url = f"redis://{user}:secret@{HOST}:{port}"
    checked = tried(stage, show, url, "check")
    at = show.ports[0]
    words = ["manage.py", "runserver", "--noreload", str(at)]
    typed = "python manage.py runserver"
    with terminal(stage, show, typed, words, REDIS_URL=url) as server:
        server.process.wait_until(lambda: is_listening(at))
        with contextlib.suppress(fails):
            place = f"{HOST}:{at}"
            address = f"ws://{place}/ws/chat/class/"
            with connect(address, origin=f"http://{place}", proxy=None) as page:
                page.send(json.dumps({"text": "oi"}))
                page.recv(timeout=20)
                page.recv(timeout=20)
            raise AssertionError("This should have failed.")
        said = server.until("DISCONNECT").text(since="HANDSHAKING")
    return f"{checked}\n\n{said}"
