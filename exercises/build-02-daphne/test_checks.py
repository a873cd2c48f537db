"""What the page promises, and the server under it."""

import re

from course.exercise import pages
from course.exercise.kit import expect


def test_the_page_has_a_status():
    """The page of a room has an element for its status."""
    page = pages.get("/chat/class/")
    expect(page.status == 200, f"/chat/class/ should have a page, not {page.status}.")
    expect(
        "chat-status" in page.ids,
        "The page should have an element with the id chat-status.",
    )
    expect("class" in page.text, "The page should still show the room's name.")


def test_the_page_opens_a_socket():
    """The page opens a socket, and shows its state."""
    page = pages.get("/chat/class/")
    expect("WebSocket(" in page.script, "A script in the page should open a WebSocket.")
    written = page.source + page.script
    for word in ("Connected.", "Disconnected"):
        expect(word in written, f"The page should say {word} in chat-status.")
    expect(
        "/ws" in written.replace("//ws", ""),
        "The path of the socket's URL should begin with /ws, before the page's path.",
    )


def test_the_socket_goes_to_the_page_s_own_host():
    """The socket goes to the host that the page comes from."""
    script = pages.get("/chat/class/").script
    fixed = re.search(r"localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0|:8000", script)
    expect(
        not fixed,
        f"The script contains {fixed and fixed[0]}, so the page works on no other"
        " computer. Take the host from location.",
    )


def test_runserver_is_daphne_s():
    """`runserver` is Daphne's, which supports WebSocket."""
    from django.core.management import get_commands

    owner = get_commands().get("runserver")
    owner = getattr(owner, "name", owner)
    expect(
        owner == "daphne",
        f"runserver is the one of {owner}. It should be Daphne's: the first app in"
        " INSTALLED_APPS that has a runserver wins.",
    )


def test_daphne_finds_the_application():
    """Daphne finds the ASGI application."""
    from django.conf import settings

    found = getattr(settings, "ASGI_APPLICATION", None)
    expect(
        found,
        "Daphne says: You have not set ASGI_APPLICATION. Set it in config/settings.py.",
    )
    expect(
        found == "config.asgi.application",
        f"ASGI_APPLICATION should be config.asgi.application, not {found}.",
    )


def test_django_s_own_checks_pass():
    """`manage.py check` finds nothing wrong."""
    from django.core.checks import ERROR, run_checks

    problems = [problem for problem in run_checks() if problem.level >= ERROR]
    expect(not problems, f"`manage.py check` says: {problems and problems[0].msg}")
