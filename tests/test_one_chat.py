"""One chat, five times: what every step promises, spoken from outside to a real server.

Where the steps differ, the manifest says how (`can`, in steps/steps.toml), and a step
is held to what it does not promise too.
"""

import json

import httpx
import pytest
from conftest import STEPS
from people import Chat, closed_with, path_of
from websockets.exceptions import InvalidStatus

NOT_MESSAGES = {
    "no JSON": "oi",
    "an empty frame": "",
    "a list": "[]",
    "no object": "7",
    "no text": "{}",
    "a number as text": '{"text": 7}',
    "nothing as text": '{"text": null}',
    "empty text": '{"text": ""}',
    "10,000 characters": json.dumps({"text": "a" * 10_000}),
    "half a character": '{"text": "\\ud83d"}',
    "endless brackets": "[" * 100_000,
    "bytes": b"\x00\xff",
}


def test_ana_writes_and_bia_sees_it_once_and_caio_elsewhere_does_not(chat):
    room, elsewhere = chat.room("class"), chat.room("hallway")
    ana, bia = chat.enter(room, "ana"), chat.enter(room, "bia")
    caio = chat.enter(elsewhere, "caio")
    ana.say("oi")
    ana.say("and goodbye")
    assert [bia.hear()["text"], bia.hear()["text"]] == ["oi", "and goodbye"]
    assert [ana.hear()["text"], ana.hear()["text"]] == ["oi", "and goodbye"]
    caio.say("is anybody here?")
    assert caio.hear()["text"] == "is anybody here?"


def test_a_message_says_who_sent_it_where_and_through_which_server(chat):
    room = chat.room()
    bia = chat.enter(room, "bia")
    bia.say("oi")
    message = bia.hear()
    assert message["sender"] == "bia"
    assert message["room"] == room
    assert message["server"].startswith(f"{chat.port} (pid ")


def test_messages_keep_their_order(chat):
    room = chat.room()
    ana, bia = chat.enter(room, "ana"), chat.enter(room, "bia")
    # As many as the last step lets one person send at once.
    texts = [str(number) for number in range(10)]
    for text in texts:
        ana.say(text)
    assert [bia.hear()["text"] for _ in texts] == texts


@pytest.mark.parametrize("name", ["café com leite", "sala 1", "日本語", "😀", "AC/DC"])
def test_any_name_is_a_room(chat, name):
    room = chat.room(name)
    ana = chat.enter(room)
    ana.say("oi")
    assert ana.hear()["room"] == room
    page = chat.browser_of("ana").get(path_of(room))
    assert page.status_code == 200


@pytest.mark.parametrize(
    "text",
    ["olá, coração", "😀👩‍👩‍👧", "<script>alert(1)</script>", 'a "quote" \\ & ;'],
)
def test_text_arrives_as_it_was_typed(chat, text):
    ana = chat.enter(chat.room())
    ana.say(text)
    assert ana.hear()["text"] == text


@pytest.mark.parametrize("raw", NOT_MESSAGES.values(), ids=NOT_MESSAGES.keys())
def test_what_is_no_message_is_answered_and_disturbs_nobody(chat, raw):
    room = chat.room()
    ana, bia = chat.enter(room, "ana"), chat.enter(room, "bia")
    assert ana.send_raw(raw)
    ana.say("sorry")  # she is still there
    assert bia.hear()["text"] == "sorry"


def test_an_unknown_page_is_404(chat):
    assert chat.browser_of("ana").get("/nowhere/").status_code == 404


def test_the_first_page_is_the_lobby(chat):
    page = chat.browser_of("ana").get("/", follow_redirects=True)
    assert page.url.path == "/chat/"
    assert 'id="room-name-input"' in page.text


def test_a_newcomer_reads_what_was_said_where_the_chat_remembers(chat):
    room = chat.room()
    ana = chat.enter(room, "ana")
    ana.say("before")
    ana.hear()
    bia = chat.enter(room, "bia")
    ana.say("after")
    expected = ["before", "after"] if chat.step.can["remember"] else ["after"]
    assert [bia.hear()["text"] for _ in expected] == expected


def test_a_room_opens_a_websocket_where_the_chat_has_one(chat):
    path = f"/ws{path_of(chat.room())}"
    if chat.step.can["websocket"]:
        chat.enter(chat.room())
    elif chat.step.servers[0] == "wsgi":
        with pytest.raises(InvalidStatus) as refusal:
            chat.open_socket(path)
        assert refusal.value.response.status_code == 404
    else:
        reason, code = closed_with(chat.open_socket(path))
        assert "There is nothing at" in reason
        assert code == 4404


def test_an_unknown_socket_says_so_and_closes(chat):
    if chat.step.servers[0] == "wsgi":
        return  # no socket at all: the scene above
    reason, code = closed_with(chat.open_socket("/ws/nowhere/"))
    assert reason == "There is nothing at /ws/nowhere/."
    assert code == 4404


def test_a_stranger_is_let_in_where_nobody_needs_to_log_in(chat):
    room = chat.room()
    page = httpx.get(f"{chat.home}{path_of(room)}", timeout=30, trust_env=False)
    if not chat.step.can["login"]:
        assert page.status_code == 200
        return
    assert page.headers["Location"].startswith("/accounts/login/")
    assert closed_with(chat.open_socket(f"/ws{path_of(room)}")) == (
        "Log in first.",
        4401,
    )


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.folder)
def test_two_servers_share_a_room_or_do_not(serve, step):
    with serve(step, 2) as (first, second), Chat(first) as here, Chat(second) as there:
        room = here.room()
        ana, bia, caio = here.enter(room, "ana"), here.enter(room, "bia"), None
        caio = there.enter(room, "caio")
        ana.say("oi")
        assert bia.hear()["text"] == "oi"
        caio.say("I am over there")
        # Without sharing, what Caio hears first is himself: silence, and no error.
        expected = (
            ["oi", "I am over there"] if step.can["share"] else ["I am over there"]
        )
        assert [caio.hear()["text"] for _ in expected] == expected
        ana.say("Caio?")
        expected = ["I am over there", "Caio?"] if step.can["share"] else ["Caio?"]
        assert [bia.hear()["text"] for _ in expected] == expected
