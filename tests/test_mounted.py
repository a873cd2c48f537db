"""Each step at a part of somebody's site: a real nginx gives it /school/, and no more."""

import os
import re
import shutil
import sys
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest
from conftest import STEPS, refuse
from people import PASSWORD
from playwright.sync_api import expect

from course import compare, servers
from course.processes import Process, free_port, is_listening
from course.servers import HOST

expect.set_options(timeout=20_000)  # milliseconds; for a machine with other work to do

AT = "/school"
NGINX = """
pid nginx.pid;
events {{}}
http {{
  access_log off;
  server {{
    listen {host}:{front};
    location {at}/ {{
      proxy_pass http://{host}:{port}{path};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
    }}
  }}
}}
"""
DAPHNE = ["daphne", "-b", HOST, "-p", "{port}", "--root-path", AT]
BY_ASGI = ["-m", *DAPHNE, "config.asgi:application"]
BY_WSGI = ["-m", "waitress", f"--listen={HOST}:{{port}}", "config.wsgi:application"]
BY_HAND = ["manage.py", "runserver", "--noreload", f"{HOST}:{{port}}"]
# uvicorn puts the root path in front of what it is asked for, so nginx takes it off.
UVICORN = ["uvicorn", "--host", HOST, "--port", "{port}", "--root-path", AT]
BY_UVICORN = ["-m", *UVICORN, "config.asgi:application"]
WAYS = {
    "01 by runserver": (0, BY_HAND),
    "01 by waitress": (0, BY_WSGI),
    "02 by daphne": (1, BY_ASGI),
    "02 by waitress": (1, BY_WSGI),
    "03 by daphne": (2, BY_ASGI),
    "04 by daphne": (3, BY_ASGI),
    "05 by daphne": (4, BY_ASGI),
    "05 by uvicorn": (4, BY_UVICORN),
}


@pytest.fixture(scope="module", params=WAYS.values(), ids=WAYS)
def school(request, tmp_path_factory):
    """A step behind nginx: the step, and where browsers find the server."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        refuse("There is no nginx. Debian, Ubuntu: sudo apt install nginx")
    index, command = request.param
    step, folder = STEPS[index], tmp_path_factory.mktemp("school")
    compare.copy(step, folder / "step")
    url = request.getfixturevalue("redis_url") if "redis" in step.needs else None
    env = servers.environment_of(step, url) | {"MOUNTED_AT": AT}
    servers.prepare(step, folder / "step", env)
    front, port = free_port(), free_port()
    path = "/" if command is BY_UVICORN else ""
    conf = NGINX.format(host=HOST, front=front, at=AT, port=port, path=path)
    (folder / "nginx.conf").write_text(conf)
    options = "daemon off; error_log stderr;"
    if os.getuid() == 0:
        options += " user root;"
    conf = ["-p", f"{folder}/", "-c", "nginx.conf", "-g", options]
    command = [sys.executable, *(part.format(port=port) for part in command)]
    with ExitStack() as stack:
        for name, start, place, at in [
            ("server", command, folder / "step", port),
            ("nginx", [nginx, *conf], folder, front),
        ]:
            log = folder / f"{name}.log"
            process = stack.enter_context(Process(name, start, place, log, env))
            process.wait_until(lambda at=at: is_listening(at))
        yield step, f"http://{HOST}:{front}"


@pytest.fixture
def visit(school, browser):
    """Somebody at a browser that may ask for nothing outside of the school."""
    step, home = school
    page = browser.new_context(base_url=home).new_page()
    page.set_default_timeout(20_000)
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: check(asked.url))
    page.on("websocket", lambda socket: check(socket.url))
    page.on("response", lambda got: got.status >= 400 and wrong.append(got.url))

    def check(url):
        if not urlsplit(url).path.startswith(f"{AT}/") and not url.startswith("data:"):
            wrong.append(url)

    yield step, page
    page.context.close()
    assert not wrong


def log_in(page):
    page.locator("[name=username]").fill("ana")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button").click()


def test_a_message_goes_through_from_the_front_door_to_the_room(visit):
    step, page = visit
    page.goto(f"{AT}/")
    if step.can["login"]:
        log_in(page)
        page.wait_for_url(f"**{AT}/chat/")
        page.goto(f"{AT}/rooms/new/")
        page.get_by_label("Name").fill("AC/DC é")
        page.locator("main form button").first.click()
    else:
        page.locator("#room-name-input").fill("AC/DC é")
        page.locator("#room-name-submit").click()
    page.wait_for_url(f"**{AT}/chat/AC/DC%20%C3%A9/")
    connected = re.compile("Connected|Listening")
    expect(page.locator("#chat-status")).to_contain_text(connected)
    page.locator("#chat-message-input").fill("oi")
    page.locator("#chat-message-submit").click()
    expect(page.locator("#chat-log p:not(.pending) .text")).to_have_text("oi")
    # The style sheet is there, and so are the scripts: all that it says is in the panel.
    expect(page.locator("#wire-messages")).to_have_text("1")
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"
    page.get_by_role("link", name="Lobby").click()
    page.wait_for_url(f"**{AT}/chat/")


def test_the_other_transports_of_a_step_work_too(visit):
    step, page = visit
    if step.number not in {"01", "02"}:
        return  # they have one transport
    page.goto(f"{AT}/chat/class/")
    choices = page.locator("[name=transport]")
    for index in range(choices.count()):
        choices.nth(index).check()
        page.locator("#chat-message-input").fill(f"by way {index}")
        page.locator("#chat-message-submit").click()
        expect(page.locator("#chat-log .text").last).to_have_text(f"by way {index}")


def test_a_forgotten_slash_is_added_below_the_mount(school):
    _, home = school
    for path in ("/chat/class?a=b", ""):
        answer = httpx.get(f"{home}{AT}{path}", trust_env=False)
        assert answer.status_code in {301, 307}
        assert urlsplit(answer.headers["Location"]).path == f"{AT}{path[:11]}/"


def test_the_echo_sockets_are_below_the_mount(school, browser):
    step, home = school
    if step.number != "02":
        return  # only that one has them
    page = browser.new_context(base_url=home).new_page()
    page.goto(f"{AT}/echo/")
    page.locator("#chat-sender-input").select_option(
        label="/ws/echo/: a Channels consumer"
    )
    status = page.locator("#chat-status")
    expect(status).to_contain_text(f"{AT}/ws/echo/ is")
    page.context.close()


def test_logging_in_and_out_and_the_language_stay_below_the_mount(visit):
    step, page = visit
    if not step.can["login"]:
        return
    page.goto(f"{AT}/chat/")
    page.wait_for_url(f"**{AT}/accounts/login/?next={AT}/chat/")
    log_in(page)
    page.wait_for_url(f"**{AT}/chat/")
    page.get_by_role("button", name="Português").click()
    expect(page.locator("html")).to_have_attribute("lang", "pt-br")
    page.wait_for_url(f"**{AT}/chat/")
    assert {cookie["path"] for cookie in page.context.cookies()} == {f"{AT}/"}
    page.get_by_role("button", name="Sair").click()
    page.wait_for_url(f"**{AT}/accounts/login/")
