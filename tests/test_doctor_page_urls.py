"""What the doctor reads of pages: their comments, their scripts, the URLs of their sockets."""

import pytest

from tests.doctor_projects import DOCTOR  # noqa: F401  # it makes the package importable


def pages(**texts):
    """Return pages by their files: `room__js` is "room.js"."""
    from channels_doctor.page_values import Page
    from channels_doctor.pages_code import without_comments

    found = {}
    for name, text in texts.items():
        file = name.replace("__", ".")
        found[file] = Page(file, without_comments(file, text), found)
    return found


def paths(**texts):
    """Return the path of each socket, with a * for what varies; None if it's unknown."""
    from channels_doctor.page_sockets import address_of, sockets_of

    addresses = [
        address_of(one, ["chat.example"]) for one in sockets_of(pages(**texts))
    ]
    return [one and one.path.replace("\0", "*") for one in addresses]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("new WebSocket('ws://' + location.host + '/ws/' + room + '/')", ["/ws/*/"]),
        ("new WebSocket(`ws://${location.host}/ws/${room}/?a=${a}`)", ["/ws/*/"]),
        ('new WebSocket("/ws/lobby/")', ["/ws/lobby/"]),
        ('new WebSocket("lobby/")', [None]),
        ('new WebSocket("wss://chat.example/ws/")', ["/ws/"]),
        ('new WebSocket("wss://elsewhere.example/ws/")', [None]),
        ("new WebSocket(`ws://${location.host}${location.pathname}`)", [None]),
        ('new WebSocket(new URL("/ws/a/", location))', ["/ws/a/"]),
        ('const u = new URL("/", location); u.pathname = p; new WebSocket(u)', [None]),
        ('const at = "/ws/b/";\nnew ReconnectingWebSocket(at)', ["/ws/b/"]),
        ('new WebSocket(process.env.SERVER + "/ws/c/")', ["/ws/c/"]),
        ('new WebSocket(server || "ws://localhost:8000/ws/d/")', ["/ws/d/"]),
        ("new WebSocket((s ? 'wss:' : 'ws:') + '//' + location.host + '/e/')", ["/e/"]),
        (
            'const go = (at) => new WebSocket(at);\ngo("/f/");\ngo("/g/")',
            ["/f/", "/g/"],
        ),
        ('"https://x"; // new WebSocket("/h/")', []),
        ('/["\'/]/.test(x); new WebSocket("/i/") /* new WebSocket("/j/") */', ["/i/"]),
    ],
)
def test_the_path_of_a_socket_is_read_from_a_script(script, expected):
    assert paths(room__js=script) == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ('<p>new WebSocket("/a/")</p>', []),
        ('<!-- <script>new WebSocket("/a/")</script> -->', []),
        ('<script>new WebSocket("/ws/{{ room }}/")</script>', ["/ws/*/"]),
        ("<script>new WebSocket(\"{% url 'x' %}\")</script>", [None]),
        ('<div ws-connect="/ws/htmx/"></div>', ["/ws/htmx/"]),
        ("<div x-init=\"s = new WebSocket('/ws/alpine/')\"></div>", ["/ws/alpine/"]),
    ],
)
def test_the_path_of_a_socket_is_read_from_a_page(page, expected):
    assert paths(room__html=page) == expected


def test_a_constant_is_followed_to_the_script_that_exports_it():
    config = 'export const SERVER = "ws://localhost:8000/ws";'
    room = "import { SERVER as S } from './config';\nnew WebSocket(`${S}/chat/${id}/`);"
    assert paths(config__ts=config, room__tsx=room) == ["/ws/chat/*/"]


@pytest.mark.parametrize("file", ["room.js", "room.html", "room.vue"])
def test_blanking_comments_keeps_every_place(file):
    from channels_doctor.pages_code import only_scripts, without_comments

    text = "<script>\r\nlet a = '//'; // b\r\n/* c\r\n */ d\r\n</script>"
    blanked = without_comments(file, text)
    assert (len(blanked), blanked.count("\n")) == (len(text), text.count("\n"))
    assert "'//'" in blanked
    assert "b" not in blanked
    assert len(only_scripts(file, blanked)) == len(text)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        (r"ws/chat/$", "ws/chat/", True),
        (r"ws/chat/$", "aws/chat/", False),  # Django compares the whole path then
        (r"ws/chat/", "aws/chat/7", True),
        (r"^ws/(?P<a>\w+)/$", "ws/a-b/", False),
    ],
)
def test_a_regex_takes_the_paths_that_django_would_take(pattern, path, fits):
    from channels_doctor.routes import Segment

    assert (Segment(None, True, pattern, True).rest_of(path) is not None) == fits
