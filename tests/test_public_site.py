"""The last step as a public site: several processes, a real nginx, a real PostgreSQL."""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from conftest import STEPS, copy_step, refuse
from people import Chat, path_of
from websockets.exceptions import ConnectionClosed, InvalidStatus

from course import servers
from course.processes import Process, free_port, is_listening
from course.servers import HOST, Server

STEP = STEPS[-1]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nginx is elsewhere")


@dataclass
class Site:
    """The running site: nginx in front, two server processes behind it."""

    chat: Chat
    processes: list[Process]
    origin: str


@pytest.fixture
def site(tmp_path, redis_url):
    """Start the site with the very files of deploy/."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        refuse("There is no nginx. Debian, Ubuntu: sudo apt install nginx")
    folder = tmp_path / "site"
    copy_step(STEP, folder)
    port = free_port(3)
    ports = [port + 1, port + 2]
    origin = f"http://{HOST}:{port}"
    env = {
        "DEBUG": "0",
        "SECRET_KEY": "long-enough-and-with-many-characters-0123456789-abcdef",
        "ORIGINS": origin,
        "REDIS_URL": f"{redis_url}/7",
    }
    servers.manage(folder, env, "migrate", "--verbosity=0")
    servers.manage(folder, env, "collectstatic", "--noinput")
    servers.manage(folder, {"DEBUG": "1"} | {"REDIS_URL": env["REDIS_URL"]}, "demo")
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                Process(
                    str(port), daphne(folder, port), folder, tmp_path / str(port), env
                )
            )
            for port in ports
        ]
        front = stack.enter_context(start_nginx(nginx, folder, port, ports))
        for process, port_behind in zip(processes, ports, strict=True):
            process.wait_until(lambda port=port_behind: is_listening(port))
        front.wait_until(lambda: is_listening(port))
        chat = stack.enter_context(Chat(Server(STEP, port, front)))
        yield Site(chat, processes, origin)


def daphne(folder: Path, port: int) -> list[str]:
    """Return the command of the Dockerfile, for this machine and this port."""
    line = re.search(
        r"^CMD (\[.*\])$", (folder / "deploy/Dockerfile").read_text(), re.M
    )
    command = json.loads(line[1])
    command[command.index("0.0.0.0")] = HOST
    command[command.index("8000")] = str(port)
    return [sys.executable, "-m", *command]


def start_nginx(nginx: str, folder: Path, port: int, ports: list[int]) -> Process:
    """Start nginx with our nginx.conf, and what differs from place to place."""
    here = folder / "deploy"
    upstreams = "".join(
        f"server {HOST}:{port} max_fails=1 fail_timeout=5s;" for port in ports
    )
    (here / "upstream.conf").write_text(f"upstream chat {{ least_conn; {upstreams} }}")
    (here / "listen.conf").write_text(f"listen {HOST}:{port};")
    (here / "mime.types").write_text("types { text/css css; text/javascript js; }")
    (here / "static").symlink_to(folder / "staticfiles")
    settings = "daemon off; error_log stderr;"
    if os.getuid() == 0:
        settings += " user root;"
    command = [nginx, "-p", f"{here}/", "-c", "nginx.conf", "-g", settings]
    return Process("nginx", command, here, folder.parent / "nginx.log")


def test_ana_and_bia_meet_whichever_process_each_one_gets(site):
    room = site.chat.room()
    people = [site.chat.enter(room, name) for name in ("ana", "bia", "caio", "ana")]
    people[0].say("olá 😀")
    heard = [person.hear() for person in people]
    assert {message["text"] for message in heard} == {"olá 😀"}
    for person in people[1:]:
        person.say("oi")
    servers_seen = {people[0].hear()["server"] for _ in people[1:]} | {
        heard[0]["server"]
    }
    assert len(servers_seen) == 2


def test_the_page_comes_with_its_style_and_its_scripts(site):
    ana = site.chat.browser_of("ana")
    page = ana.get(path_of(site.chat.room()))
    assert page.status_code == 200
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
        assert ana.get(address).status_code == 200, address


def test_a_page_of_the_same_host_at_another_port_gets_no_socket(site):
    path = f"/ws{path_of(site.chat.room())}"
    site.chat.home = f"http://{HOST}:1"
    with pytest.raises(InvalidStatus) as refusal:
        site.chat.open_socket(path)
    assert refusal.value.response.status_code == 403


def test_when_one_process_is_killed_whoever_comes_finds_the_other(site):
    room = site.chat.room()
    people = [site.chat.enter(room, name) for name in ("ana", "bia", "caio", "ana")]
    site.processes[0].popen.kill()
    site.processes[0].popen.wait()
    cut = 0
    for person in people:
        try:
            person.say("still here?")
            person.hear()
        except ConnectionClosed:
            cut += 1
    assert 0 < cut < len(people)
    for name in ("ana", "bia", "caio"):
        person = site.chat.enter(room, name)
        person.say(f"{name} is back")
        while person.hear()["text"] != f"{name} is back":
            pass


def test_the_front_server_is_asked_for_health_without_logging_in(site):
    with httpx.Client(base_url=site.origin, trust_env=False) as monitor:
        assert monitor.get("/healthz/live").json() == {"status": "ok"}
        assert monitor.get("/healthz/ready").json()["status"] == "ok"


def test_no_traceback_and_no_secret_stands_in_any_log(site, tmp_path):
    room = site.chat.room()
    ana = site.chat.enter(room, "ana")
    ana.send_raw("no JSON")
    ana.say("a very private text")
    ana.hear()
    site.chat.stack.close()
    for process in site.processes:
        process.stop()
    logs = [
        path.read_text("utf-8", "replace")
        for path in tmp_path.glob("*")
        if path.is_file()
    ]
    logs.append((tmp_path / "site/deploy/access.log").read_text())
    for log in logs:
        assert "Traceback" not in log
        assert "a very private text" not in log
        assert "let-me-chat" not in log


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """A PostgreSQL of our own."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = str(programs[-1]) if programs else shutil.which("initdb")
    if initdb is None:
        refuse("There is no PostgreSQL. Debian, Ubuntu: sudo apt install postgresql")
    folder = tmp_path_factory.mktemp("postgres")
    as_user = []
    if os.getuid() == 0:  # PostgreSQL does not run as root
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        for parent in [folder, *folder.parents[:3]]:
            parent.chmod(0o755)
        shutil.chown(folder, "postgres")
    data, port = folder / "data", free_port()
    command = [*as_user, initdb, "-D", str(data), "-U", "chat", "-A", "trust"]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    server = [*as_user, str(Path(initdb).with_name("postgres")), "-D", str(data)]
    server += ["-p", str(port), "-h", HOST, "-k", ""]
    log = tmp_path_factory.mktemp("logs") / "postgres.log"
    with Process("PostgreSQL", server, folder, log) as process:
        process.wait_until(lambda: is_listening(port))
        process.port = port
        yield process


def test_the_step_passes_its_own_tests_on_postgresql_too(postgres, redis_url):
    url = f"postgres://chat@{HOST}:{postgres.port}/postgres"
    env = {"DATABASE_URL": url, "REDIS_URL": f"{redis_url}/8"}
    command = [sys.executable, "-m", "pytest", "-q"]
    result = subprocess.run(
        command, cwd=STEP.path, env=os.environ | env, capture_output=True, text=True
    )
    assert result.returncode == 0, f"{result.stdout}\n{postgres.log.read_text()}"
